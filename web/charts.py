"""Charts as plain shapes that a template draws as SVG: no script, and readable without colour.

Every bar carries its own words and figure, and asked and owed differ by pattern, not by hue alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 720
_ROW, _BAR, _WORDS, _FIGURES = 34, 22, 210, 130
_SLOT, _HEIGHT, _FOOT = 116, 180, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its box, its words, its amount in fen, and which of its group it is."""

    x: int
    y: int
    width: int
    height: int
    words: str
    fen: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in a box of this size, and where zero lies."""

    width: int
    height: int
    zero: int
    bars: tuple[Bar, ...]


def lying(rows: Sequence[tuple[str, str, int]]) -> Chart:
    """Lying bars of amounts (name, words, fen), which may be below zero.

    The largest fills the room; amounts below zero lie to the left of the zero line.
    """
    room = WIDTH - _WORDS - _FIGURES
    most = max((fen for _, _, fen in rows), default=0)
    least = min((fen for _, _, fen in rows), default=0)
    span = max(most, 0) - min(least, 0) or 1
    zero = _WORDS + room * -min(least, 0) // span
    bars = []
    for index, (name, words, fen) in enumerate(rows):
        width = max(2, room * abs(fen) // span)
        y = index * _ROW + (_ROW - _BAR) // 2
        bars.append(Bar(zero - width if fen < 0 else zero, y, width, _BAR, words, fen, name))
    return Chart(WIDTH, max(_ROW, len(rows) * _ROW), zero, tuple(bars))


def standing(groups: Sequence[tuple[str, int, int]]) -> Chart:
    """Pairs of standing bars (words, billed fen, owed fen), one pair per month and carrier."""
    most = max((max(billed, owed) for _, billed, owed in groups), default=0) or 1
    bars = []
    for index, (words, billed, owed) in enumerate(groups):
        for place, (part, fen) in enumerate((("billed", billed), ("owed", owed))):
            height = max(1, _HEIGHT * max(fen, 0) // most)
            x = index * _SLOT + 16 + place * 40
            bars.append(Bar(x, _HEIGHT - height + 8, 36, height, words, fen, part))
    return Chart(max(WIDTH, len(groups) * _SLOT), _HEIGHT + _FOOT, _HEIGHT + 8, tuple(bars))
