"""The keys and the rows that they seal: do they belong together, and sealing anew (换密钥)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, Table, bindparam, select, type_coerce, update
from sqlalchemy.orm import Session

from station.db.keys import Keyring, KeyTrouble, is_sealed
from station.db.models import Base
from station.db.sealed import SEALED
from station.db.session import Database

_TOGETHER = 200
_PROBES = ("shop_order", "parcel", "signature", "page_image")


@dataclass(frozen=True, slots=True)
class Standing:
    """How many values each key seals; ``clear`` of them stand unsealed."""

    by_key: Mapping[str, int]
    clear: int


def check_keys(session: Session, keys: Keyring) -> None:
    """Compare the key file with what it sealed. Raises KeyTrouble if it is lost or another's."""
    needed = {name for table in _PROBES for name in _probe(session, table)}
    if not needed:
        return
    if not keys.path.exists():
        raise KeyTrouble(
            f"密钥文件 {keys.path} 不见了，姓名、电话、地址都打不开：请从备份处放回它，不要新建"
            f" / the key file {keys.path} is gone, and no name, phone or address can be opened:"
            " put it back from where you keep its copy; a new one would not help")
    missing = sorted(needed - keys.ids)
    if missing:
        raise KeyTrouble(
            f"{keys.path} 不是这个数据库的密钥文件（缺 {', '.join(missing)}）"
            f" / {keys.path} does not belong to this database: it lacks {', '.join(missing)}")


def _probe(session: Session, name: str) -> Iterator[str]:
    """The ids of the keys that sealed the oldest and the newest row of a table."""
    table = Base.metadata.tables[name]
    column = next(_sealed_columns(table))
    for order in (table.c.id.asc(), table.c.id.desc()):
        kept = session.scalar(select(_raw(column)).order_by(order).limit(1))
        if kept and is_sealed(kept):
            yield key_id(kept)


def key_id(kept: str | bytes) -> str:
    """Which key sealed a value."""
    head = kept[:12]
    return (head.decode() if isinstance(head, bytes) else head)[4:]


def standing(session: Session) -> Standing:
    """Look at every sealed column of every row; slow where there are millions."""
    by_key: dict[str, int] = {}
    clear = 0
    for table in sealed_tables():
        for column in _sealed_columns(table):
            values = session.scalars(select(_raw(column)).execution_options(yield_per=1000))
            for kept in values:
                if is_sealed(kept):
                    by_key[key_id(kept)] = by_key.get(key_id(kept), 0) + 1
                elif kept:
                    clear += 1
    return Standing(by_key, clear)


def seal_anew(database: Database, keys: Keyring, *, forget: bool) -> int:
    """Make a new key and seal every value with it; how many. The old key is let go if asked to.

    Some rows at a time, so it can be broken off and run again at any moment. A station that is at
    work meanwhile still seals with the old key: stop it first.
    """
    keys.add_key()
    done = sum(_seal_table(database, table) for table in sealed_tables())
    if forget:
        keys.forget_others()
    return done


def sealed_tables() -> list[Table]:
    """The tables that hold personal data."""
    return [table for table in Base.metadata.sorted_tables if list(_sealed_columns(table))]


def _sealed_columns(table: Table) -> Iterator[Column[Any]]:
    return (column for column in table.columns if isinstance(column.type, SEALED))


def _raw(column: Column[Any]) -> Any:
    """The column as it is kept, not opened."""
    kind: Any = column.type
    return type_coerce(column, kind.impl_instance)


def _seal_table(database: Database, table: Table) -> int:
    done, key = 0, next(iter(table.primary_key.columns))
    columns = list(_sealed_columns(table))
    change = update(table).where(key == bindparam("row_key")).values(
        {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in columns})
    after: Any = None
    while True:
        count, after = database.write(
            partial(_seal_some, key=key, columns=columns, change=change, after=after))
        done += count
        if after is None:
            return done


def _seal_some(
    session: Session, *, key: Column[Any], columns: list[Column[Any]], change: Any, after: Any
) -> tuple[int, Any]:
    query = select(key, *columns).order_by(key).limit(_TOGETHER).with_for_update(key_share=True)
    rows = session.execute(query if after is None else query.where(key > after)).all()
    if not rows:
        return 0, None
    session.connection().execute(change, [
        {"row_key": row[0],
         **{f"new_{column.name}": value for column, value in zip(columns, row[1:], strict=True)}}
        for row in rows])
    return len(rows) * len(columns), rows[-1][0]
