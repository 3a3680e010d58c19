"""Digests by which sealed rows are found again: a phone, its last four digits, a name, a buyer.

They are written with the row itself, whoever writes it, so that none can be forgotten.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Mapper

from station.db.keys import Keyring
from station.db.models.orders import ShopOrder
from station.db.models.parcels import Parcel
from station.db.sealed import keys_of

_EXTENSION = re.compile(r"[转,;xX#].*|ext.*", re.DOTALL)
_LONGEST_LOCAL = 12  # an area code and a number; 13 digits that begin with 86 carry the country


def phone_digits(phone: str) -> str:
    """The digits of a phone as it is dialled at home: no country code, no extension."""
    digits = "".join(re.findall(r"\d", _EXTENSION.sub("", unicodedata.normalize("NFKC", phone))))
    digits = digits.removeprefix("00") if digits.startswith("0086") else digits
    return digits.removeprefix("86") if len(digits) > _LONGEST_LOCAL else digits


def phone_digest(keys: Keyring, phone: str) -> str:
    """By the whole number; "" for none."""
    return _digest(keys, "phone", phone_digits(phone))


def phone4_digest(keys: Keyring, phone: str) -> str:
    """By the last four digits, which customers name; "" for a shorter number."""
    digits = phone_digits(phone)
    return _digest(keys, "phone4", digits[-4:] if len(digits) >= 4 else "")


def name_digest(keys: Keyring, name: str) -> str:
    """By the whole name, blanks and widths aside; "" for none."""
    return _digest(keys, "name", _plain(name))


def buyer_digest(keys: Keyring, buyer: str) -> str:
    """By the buyer's name on the platform; "" for none."""
    return _digest(keys, "buyer", _plain(buyer))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _digest(keys: Keyring, purpose: str, text: str) -> str:
    return keys.digest(purpose, text) if text else ""


_FILLED = {
    Parcel: {
        "name_digest": ("name", name_digest), "phone_digest": ("phone", phone_digest),
        "phone4_digest": ("phone", phone4_digest),
    },
    ShopOrder: {
        "buyer_digest": ("buyer", buyer_digest), "phone_digest": ("phone", phone_digest),
    },
}


def _fill(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    attributes = inspect(row).attrs
    for column, (source, digest) in _FILLED[type(row)].items():
        if attributes[source].history.has_changes():
            value = getattr(row, source)
            setattr(row, column, digest(keys_of(connection.dialect), value) if value else "")


def fill_digests() -> None:
    """From now on, write the digests with their rows."""
    for model in _FILLED:
        event.listen(model, "before_insert", _fill)
        event.listen(model, "before_update", _fill)
