"""What is black on a page, and nothing else: rectangles and small bitmaps instead of one large one.

A framed label has hardly a blank row or column, so leaving those out saves nothing. Its rules and
bars are rectangles, though, which every page language draws with a few bytes, and what is left
without them is lines of text with white between. Together they are the page, dot for dot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from drivers.interfaces import Bitmap

COMMAND_BYTES = 24
"""What one more command costs in any language, roughly: white cheaper than this is sent along."""
RULE_DOTS = 64
"""No stroke of a character is as wide as this, so wider runs of black are rules and boxes."""
BAR_DOTS = 24
"""Runs of black as high as this are bars, frames and the stems of large characters."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A black rectangle, in dots."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of the page as a bitmap: ``rows`` of ``stride`` bytes from byte ``column`` on."""

    column: int
    y: int
    stride: int
    rows: bytes

    @property
    def x(self) -> int:
        """Dots from the left edge."""
        return self.column * 8

    @property
    def height(self) -> int:
        """Rows."""
        return len(self.rows) // self.stride


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page as patches that do not touch each other's bytes, and bars to be drawn over them."""

    patches: Sequence[Patch]
    bars: Sequence[Bar]


def whole(page: Bitmap) -> Patch:
    """Return the page as the one patch that it is."""
    return Patch(0, 0, page.stride, page.rows)


def drawing(page: Bitmap) -> Drawing:
    """Return the page's bars and what is left of it in patches; both empty for a white page."""
    stride = page.stride
    lines = [
        int.from_bytes(page.rows[start : start + stride], "big")
        for start in range(0, len(page.rows), stride)
    ]
    width = stride * 8
    bars = [*_taken(lines, _wide(lines), width), *_taken(lines, _high(lines), width)]
    return Drawing(tuple(_patches(lines, stride)), tuple(bars))


def _taken(lines: list[int], black: Sequence[int], width: int) -> Iterator[Bar]:
    """Take the worthwhile rectangles of ``black`` out of the lines."""
    for bar in _rectangles(black, width):
        if bar.width * bar.height >= COMMAND_BYTES * 8:
            white = ~(((1 << bar.width) - 1) << (width - bar.x - bar.width))
            for y in range(bar.y, bar.y + bar.height):
                lines[y] &= white
            yield bar


def _wide(lines: Sequence[int]) -> list[int]:
    """Return the dots that lie in horizontal runs of RULE_DOTS or more."""
    wide = []
    for line in lines:
        for step in _steps(RULE_DOTS):
            line &= line << step  # noqa: PLW2901 - a run shrinks to its beginning …
        for step in _steps(RULE_DOTS):
            line |= line >> step  # noqa: PLW2901 - … and grows again
        wide.append(line)
    return wide


def _high(lines: Sequence[int]) -> list[int]:
    """Return the dots that lie in vertical runs of BAR_DOTS or more."""
    high = list(lines)
    for step in _steps(BAR_DOTS):
        high = [a & b for a, b in zip(high, [*high[step:], *[0] * step], strict=False)]
    for step in _steps(BAR_DOTS):
        high = [a | b for a, b in zip(high, [*[0] * step, *high[:-step]], strict=False)]
    return high


def _steps(length: int) -> Iterator[int]:
    """Yield shifts, each at most the sum so far plus one, that add up to ``length`` - 1."""
    done = 1
    while done < length:
        step = min(done, length - done)
        yield step
        done += step


def _rectangles(lines: Sequence[int], width: int) -> Iterator[Bar]:
    """Yield the rectangles that the same run makes in successive lines, by their last line."""
    begun: dict[tuple[int, int], int] = {}
    before = 0
    for y, line in enumerate(chain(lines, (0,))):
        if line == before:
            continue
        before, now = line, dict.fromkeys(_runs(line, width), y)
        for run in [run for run in begun if run not in now]:
            top = begun.pop(run)
            yield Bar(run[0], top, run[1] - run[0], y - top)
        begun = now | begun


def _runs(line: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of each run of black in a line, from the left."""
    while line:
        left = line.bit_length()
        right = (~line & ((1 << left) - 1)).bit_length()
        yield width - left, width - right
        line &= (1 << right) - 1


def _patches(lines: Sequence[int], stride: int) -> Iterator[Patch]:
    """Cut what is black along white rows and columns, as long as that saves bytes."""
    waiting = [(0, stride, 0, len(lines))]
    while waiting:
        left, right, top, bottom = area = waiting.pop()
        mask = ((1 << (right - left) * 8) - 1) << (stride - right) * 8
        parts = [
            (first, last, *band)
            for band in _pieces([line & mask for line in lines[top:bottom]], top, right - left)
            for first, last in _columns(lines[slice(*band)], mask, stride)
        ]
        if parts == [area]:
            yield Patch(left, top, right - left, _cut(lines, area, stride))
        else:
            waiting += reversed(parts)


def _columns(lines: Sequence[int], mask: int, stride: int) -> Iterator[tuple[int, int]]:
    together = 0
    for line in lines:
        together |= line
    return _pieces((together & mask).to_bytes(stride, "big"), 0, len(lines))


def _pieces(black: Sequence[int], first: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of the pieces of a sequence between gaps worth a command.

    One place of a gap costs ``size`` bytes.
    """
    begin = end = first  # the same as long as nothing black was met
    for place, value in enumerate(black, first):
        if not value:
            continue
        if begin == end:
            begin = place
        elif (place - end) * size > COMMAND_BYTES:
            yield begin, end
            begin = place
        end = place + 1
    if begin < end:
        yield begin, end


def _cut(lines: Sequence[int], area: tuple[int, int, int, int], stride: int) -> bytes:
    left, right, top, bottom = area
    return b"".join(line.to_bytes(stride, "big")[left:right] for line in lines[top:bottom])
