"""Columns that hold personal data: sealed when written, opened when read, findable by digests.

Each engine has its keys; a column finds them by the dialect that it is asked with. What is empty
stays empty, so that "has no note" can be asked of the database.
"""

from __future__ import annotations

import json
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, Engine, LargeBinary, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from station.db.keys import Keyring, KeyTrouble

_KEYS: WeakKeyDictionary[Dialect, Keyring] = WeakKeyDictionary()


def use(engine: Engine, keys: Keyring) -> None:
    """Seal and open with ``keys`` whatever goes through ``engine``."""
    _KEYS[engine.dialect] = keys


def keys_of(dialect: Dialect) -> Keyring:
    """The keys of an engine. Raises KeyTrouble if it was given none."""
    keys = _KEYS.get(dialect)
    if keys is None:
        raise KeyTrouble("没有给数据库指定密钥文件 / no key file was named for this database")
    return keys


def keys_for(session: Session) -> Keyring:
    """The keys of the session's database."""
    return keys_of(session.get_bind().dialect)


class SealedText(TypeDecorator[str]):
    """Text that the database keeps sealed. ``place`` is "table.column"."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal it."""
        return keys_of(dialect).seal(self.place, value) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open it."""
        return keys_of(dialect).open(self.place, value) if value else value


class SealedBytes(TypeDecorator[bytes]):
    """Bytes that the database keeps sealed."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal them."""
        return keys_of(dialect).seal_bytes(self.place, value) if value else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open them."""
        return keys_of(dialect).open_bytes(self.place, bytes(value)) if value else value


class SealedJson(TypeDecorator[Any]):
    """A list or table that the database keeps as one sealed JSON string."""

    impl = JSON
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Seal it."""
        if not value:
            return value
        return keys_of(dialect).seal(self.place, json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Open it."""
        if not value or not isinstance(value, str):
            return value
        return json.loads(keys_of(dialect).open(self.place, value))


SEALED = (SealedText, SealedBytes, SealedJson)
"""The kinds of columns that hold personal data."""
