"""A page as a printer can say it itself: text in its own Chinese font, barcodes by their numbers.

What a page says of its dots (``Bitmap.pieces``) is taken out of them where the printer is certain
to have the characters and there is room for them; all the rest stays dots. So there is one layout,
and nothing of it is lost: a line that cannot be told is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from drivers.interfaces import Area, Bars, Bitmap, Words

HARMLESS = re.compile(r"[A-Za-z0-9 !#$%&'()*+,\-./:;<=>?@\[\]{|}\u0080-\U0010ffff]+")
"""What may stand in a printer's text: neither quotes nor ``\\ ^ ~ _ ` `` nor anything invisible."""

LEAST_SHARE = 0.6
"""Of a line's size in the layout: a font that is smaller still would no longer be read."""
MOST_TIMES = 4
PLAIN = re.compile(r"[A-Za-z0-9\-]+")
START = {103: "A", 104: "B", 105: "C"}
LATCH = {99: "C", 100: "B", 101: "A"}
STOP = 106


@dataclass(frozen=True, slots=True, order=True)
class Face:
    """One size of a printer's Chinese font; letters and digits are half as wide as high."""

    name: str
    dots: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in the printer's own font, ``times`` as large, from its upper left corner."""

    face: Face
    times: int
    x: int
    y: int
    data: bytes

    @property
    def size(self) -> int:
        """Its height in dots."""
        return self.face.dots * self.times


@dataclass(frozen=True, slots=True)
class Code:
    """A Code 128 as runs of (code set, text), so that the printer has nothing to choose."""

    runs: tuple[tuple[str, str], ...]
    bars: Bars


@dataclass(frozen=True, slots=True)
class Told:
    """A page taken apart: what the printer sets itself, and the dots that are left."""

    lines: tuple[Line, ...]
    barcodes: tuple[bytes, ...]
    rest: Bitmap


def told(page: Bitmap, faces: Sequence[Face], barcode: Callable[[Code], bytes | None]) -> Told:
    """Take out of a page the lines that ``faces`` can set, and the barcodes that have a command."""
    lines = {words: line for words in page.pieces if isinstance(words, Words)
             and (line := line_of(words, faces))}
    spelled = {bars: command for bars in page.pieces if isinstance(bars, Bars)
               and (code := code_of(bars)) and (command := barcode(code))}
    rest = without(page, [*(words.ink for words in lines), *(bars.ink for bars in spelled)])
    return Told(tuple(lines.values()), tuple(spelled.values()), rest)


def line_of(words: Words, faces: Sequence[Face]) -> Line | None:
    """Set a line in the largest face that has room for it; None if it is to stay dots."""
    text = words.text.rstrip()
    data = gb2312(text)
    if not data or text.startswith(" "):
        return None
    room = words.room
    sizes = [(face.dots * times, -times, face)
             for face in faces for times in range(1, MOST_TIMES + 1)]
    for size, times, face in sorted(sizes, reverse=True):
        if LEAST_SHARE * room.height <= size <= room.height and len(data) * size <= 2 * room.width:
            return Line(face, -times, room.x, room.y + (room.height - size) // 2, data)
    return None


def gb2312(text: str) -> bytes | None:
    """The text in the code of every Chinese printer; None with anything it need not have.

    GB2312's two bytes are both above A0: none of them is a quote, a line end or a sign.
    """
    if not HARMLESS.fullmatch(text):
        return None
    try:
        return text.encode("gb2312")
    except UnicodeEncodeError:
        return None


def code_of(bars: Bars) -> Code | None:
    """A barcode's text by its code sets; None if it holds more than letters, digits and hyphens."""
    code_set, *values = bars.values[:-2]  # without the check and the stop symbol
    using, told_by_set = START.get(code_set, ""), []
    for value in values:
        if value in LATCH and LATCH[value] != using:
            using = LATCH[value]
        elif (character := _character(using, value)) is not None:
            told_by_set.append((using, character))
        else:
            return None
    runs = tuple((name, "".join(text for _, text in run))
                 for name, run in groupby(told_by_set, key=lambda each: each[0]))
    is_plain = all(PLAIN.fullmatch(text) for _, text in runs)
    return Code(runs, bars) if runs and is_plain and bars.values[-1] == STOP else None


def _character(code_set: str, value: int) -> str | None:
    if code_set == "C":
        return f"{value:02}" if value < 100 else None
    is_sign = code_set == "B" or (code_set == "A" and value < 64)
    return chr(value + 32) if is_sign else None


def without(page: Bitmap, areas: Sequence[Area]) -> Bitmap:
    """The page with the areas left white."""
    stride, width = page.stride, page.stride * 8
    lines = [int.from_bytes(page.rows[start:start + stride], "big")
             for start in range(0, len(page.rows), stride)]
    for area in areas:
        white = ~(((1 << area.width) - 1) << (width - area.x - area.width))
        for y in range(area.y, area.y + area.height):
            lines[y] &= white
    return replace(page, rows=b"".join(line.to_bytes(stride, "big") for line in lines), pieces=())
