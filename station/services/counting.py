"""Counting with a scanner: digits before a piece count a stack, and the last scan can be undone.

What a place (a sheet of a stock-take, a receiving slip) needs for it stands in its own row, so
that a count goes on after a restart where it was.
"""

from __future__ import annotations

from typing import Protocol

from station.domain.refusals import Code, Refusal

MOST_PIECES = 9999
"""Of one article at one place: more is a slip of the finger."""


class Counting(Protocol):
    """A place where pieces are counted."""

    digits: str
    """Wait for the next piece, which then counts as so many."""
    last_line_id: int | None
    last_pieces: int
    """What 撤销 takes back, and from which line."""


def type_digit(place: Counting, digit: str) -> Refusal | None:
    """One more digit of how many pieces the next scan stands for; leading zeros are none."""
    digits = (place.digits + digit).lstrip("0")
    if len(digits) > len(str(MOST_PIECES)):
        return Refusal(Code.COUNT_TOO_MANY, {"most": MOST_PIECES})
    place.digits = digits
    return None


def next_pieces(place: Counting, already: int) -> int | Refusal:
    """How many pieces the scan stands for that a line gets which has ``already`` so many."""
    pieces = int(place.digits or "1")
    if already + pieces > MOST_PIECES:
        return Refusal(Code.COUNT_TOO_MANY, {"most": MOST_PIECES})
    return pieces


def remember(place: Counting, line_id: int | None = None, pieces: int = 0) -> None:
    """Note what can be undone, nothing without a line; the digits are used up."""
    place.digits, place.last_line_id, place.last_pieces = "", line_id, pieces
