"""The barcode that each of the shop's own records bears on paper, and what record it stands for.

A record is named as its slip's subject is: "handover:3". The code is as short as can be, so that it
fits a roll of 58 mm in bars that any scanner reads. A stub bears its waybill's number under a
prefix, because it must never be taken for the parcel.
"""

from __future__ import annotations

import re

RECORD_PREFIX = "PBS-"
STUB_PREFIX = "DD:"
_LETTERS = {
    "handover": "H", "addendum": "A", "supplier": "S", "case": "C", "archive": "F", "receipt": "R",
    "count": "N", "day": "D", "shift": "W",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_CODE = re.compile(r"PBS-([A-Z])([0-9]{1,18})")
_DAY = re.compile(r"20([0-9]{2})-([0-9]{2})-([0-9]{2})(?::([0-9]{1,9}))?")


def record_code(about: str) -> str:
    """The barcode of a record: "PBS-H3" for "handover:3". "" for what has none."""
    kind, _, key = about.partition(":")
    if (day := _DAY.fullmatch(key)) is not None:
        key = "".join(part or "" for part in day.groups())
    letter = _LETTERS.get(kind, "")
    return f"{RECORD_PREFIX}{letter}{key}" if letter and key.isdigit() and key.isascii() else ""


def record_of(code: str) -> str | None:
    """The record that a scanned code stands for, None if it is no record's code.

    "stub:" and the waybill number stand for a stub. Whether there is such a record is not asked.
    """
    if code.startswith(STUB_PREFIX) and len(code) > len(STUB_PREFIX):
        return f"stub:{code.removeprefix(STUB_PREFIX)}"
    found = _CODE.fullmatch(code)
    if found is None or found[1] not in _KINDS:
        return None
    about = f"{_KINDS[found[1]]}:{_key(_KINDS[found[1]], found[2])}"
    return about if record_code(about) == code else None


def _key(kind: str, digits: str) -> str:
    if kind not in ("day", "shift"):
        return digits
    day = f"20{digits[:2]}-{digits[2:4]}-{digits[4:6]}"
    return f"{day}:{digits[6:]}" if kind == "shift" else day
