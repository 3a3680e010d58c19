"""Waybill numbers as statements write them: parts of a shipment, and digits that went lost.

A spreadsheet keeps fifteen digits of a number and shows six; what it dropped comes back as zeros.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_PART = re.compile(r"([A-Z]{0,3}\d{9,})(?:-\d{1,3}){1,2}-?")
_KEPT_DIGITS, _SHOWN_DIGITS = 15, 6
_SHORTEST = 12
_SURE = 3  # zeros that stand where a digit stood: by chance once in a thousand


def mother(number: str) -> str:
    """The number of the shipment whose part this is: 773…-1 and 773…-002 are parts of 773….

    A number that is no part of another one is its own.
    """
    match = _PART.fullmatch(number) if "-" in number else None
    return match[1] if match else number


def lost_digits(number: str) -> int:
    """How many of a number's last digits look like zeros that a spreadsheet put in their place."""
    if len(number) < _SHORTEST or not number.isdigit() or number[-1] != "0":
        return 0
    told = len(number.rstrip("0"))
    if told <= _SHOWN_DIGITS:
        return len(number) - _SHOWN_DIGITS
    return len(number) - _KEPT_DIGITS if told <= _KEPT_DIGITS < len(number) else 0


def are_rounded(numbers: Collection[str]) -> bool:
    """Whether a column's numbers all lost digits: too many zeros for chance, in every long one."""
    lost = [lost_digits(number) for number in numbers if len(number) >= _SHORTEST]
    return len(lost) > 1 and all(lost) and sum(lost) >= _SURE
