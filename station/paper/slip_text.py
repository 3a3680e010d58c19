"""A slip as lines of a receipt printer's own type, and those lines as dots where it has no Chinese.

Paper has columns: an ASCII character fills one, any other two. A table that is too wide for the
paper stands on it in two or more lines a row, each under its own head. Nothing is cut off: what is
too long for its column goes on below.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from drivers.interfaces import Bitmap, SlipBars, SlipLine, SlipPart
from drivers.printer.slips import AIR_ROWS, BAR_ROWS
from station.paper import code128
from station.paper.document import Column
from station.paper.fonts import Fonts, clean
from station.paper.layout import tokens, wrap
from station.paper.png import to_png
from station.paper.sheet import LabelSize
from station.paper.slip import Slip, render_slip

COLUMN, TYPE, LINE = 12, 24, 30
"""Dots: a column's width, the height of the type, and of a line with its air."""

_INDENT = 2
_WIDEST_MODULE, _LEAST_MODULE = 3, 2  # dots: an eighth of a millimetre alone is too fine
_LEAST_WIDEST = 20  # columns that a cell may fill before it goes on below: a waybill number's


@dataclass(frozen=True, slots=True)
class Roll:
    """A receipt printer's paper: how many dots wide it prints, and in which type of its own.

    ``characters``: the Chinese ones that it has, "gb18030" or "gb2312"; "none" draws everything.
    """

    dots: int
    characters: str = "none"

    @property
    def columns(self) -> int:
        """How many ASCII characters stand in a line."""
        return self.dots // COLUMN


def columns_of(text: str) -> int:
    """How many columns a text fills."""
    return sum(1 if char.isascii() else 2 for char in text)


def slip_lines(slip: Slip, roll: Roll, *, shop: str) -> list[tuple[SlipPart, ...]]:
    """The lines of every copy of a slip, with its code among them."""
    return [tuple(_copy(slip, copy, roll, shop)) for copy in range(1, slip.copies + 1)]


def _copy(slip: Slip, copy: int, roll: Roll, shop: str) -> Iterator[SlipPart]:
    width = roll.columns
    yield from _centred(shop, width)
    for line in _wrapped(slip.title, width // 2):
        yield SlipLine(_padded(line, width // 2), large=True)
    yield from _centred(slip.which(copy), width)
    yield from _bars(slip.code, roll.dots)
    yield from _facts([("单号 No", slip.number), *slip.head_of(copy)], width)
    if slip.rows:
        yield SlipLine("-" * width)
        yield from map(SlipLine, _table(slip.columns, slip.rows, width))
        yield SlipLine("-" * width)
    yield from _facts(slip.totals, width)
    for signer in slip.signers:
        yield SlipLine("")
        yield from map(SlipLine, _wrapped(f"{signer}:", width))
        yield from map(SlipLine, ("", "_" * width))


def _bars(code: str, dots: int) -> Iterator[SlipBars]:
    """The code as wide as the paper allows; beside it is the white that the roll leaves anyway.

    No code, or one that is too long for the paper, is left out: its number is written below.
    """
    across = (len(code) + 2) * 11 + 13  # modules, all in code set B, as a printer is told it
    module = min(_WIDEST_MODULE, dots // across)
    if code and module >= _LEAST_MODULE:
        yield SlipBars(code, module, _row(code, module, dots))


def _row(code: str, module: int, dots: int) -> bytes:
    """One row of the code's dots in the middle of the paper."""
    row = Image.new("1", (dots, 1))
    left = (dots - code128.modules(code) * module) // 2
    for number, width in enumerate(code128.widths(code)):
        if number % 2 == 0:
            row.paste(1, (left, 0, left + width * module, 1))
        left += width * module
    return row.tobytes()


def _told(text: str) -> str:
    """The text as it can be set: white space is one blank, nothing in it is unseen."""
    return "".join(char for char in clean(text) if unicodedata.category(char)[0] != "C")


def _wrapped(text: str, width: int) -> list[str]:
    """A text in lines of a width; none for an empty one."""
    found = wrap(tokens(_told(text)), width, columns_of)
    return ["".join(line).rstrip() for line in found]


def _padded(line: str, width: int) -> str:
    """A line in the middle of a width."""
    return " " * ((width - columns_of(line)) // 2) + line


def _centred(text: str, width: int) -> Iterator[SlipLine]:
    return (SlipLine(_padded(line, width)) for line in _wrapped(text, width))


def _facts(facts: Sequence[tuple[str, str]], width: int) -> Iterator[SlipLine]:
    """Lines of "name: value"; what goes on below is indented, and a fact without value left out."""
    for name, value in facts:
        if not value:
            continue
        first, *_ = lines = _wrapped(f"{name}: {value}", width)
        yield SlipLine(first)
        rest = _told(f"{name}: {value}")[len(first):].lstrip() if len(lines) > 1 else ""
        for line in _wrapped(rest, width - _INDENT):
            yield SlipLine(" " * _INDENT + line)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A column with the width that it is given, and its number among the cells."""

    column: Column
    width: int
    at: int


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The table's lines, its head first; columns without a word in them are left out."""
    decks = _decks([
        _Placed(column, _natural(column, [row[at] for row in rows], width), at)
        for at, column in enumerate(columns) if any(row[at].strip() for row in rows)
    ], width)
    for row in ([column.title for column in columns], *rows):
        for number, deck in enumerate(decks):
            yield from _deck_lines(deck, row, _INDENT if number else 0)


def _natural(column: Column, cells: Sequence[str], width: int) -> int:
    """As wide as the widest cell and the longest word of the title, within what is sensible."""
    words = _told(column.title).split()
    widest = max(map(columns_of, (*map(_told, cells), *words)), default=1)
    return min(widest, max(_LEAST_WIDEST, width // 2), width - _INDENT)


def _decks(columns: Sequence[_Placed], width: int) -> list[list[_Placed]]:
    """The columns in as few lines as they fit; each but the first is indented."""
    decks: list[list[_Placed]] = []
    left = 0
    for column in columns:
        if column.width + 1 > left or not decks:
            decks.append([])
            left = width + 1 - (_INDENT if len(decks) > 1 else 0)
        decks[-1].append(column)
        left -= column.width + 1
    return decks


def _deck_lines(deck: Sequence[_Placed], row: Sequence[str], indent: int) -> Iterator[str]:
    cells = [_wrapped(row[column.at], column.width) for column in deck]
    for number in range(max(map(len, cells), default=0)):
        parts = [_stood(cell[number] if number < len(cell) else "", column)
                 for cell, column in zip(cells, deck, strict=True)]
        yield (" " * indent + " ".join(parts)).rstrip()


def _stood(text: str, placed: _Placed) -> str:
    air = " " * (placed.width - columns_of(text))
    return air + text if placed.column.align == "right" else text + air


def slip_pictures(slip: Slip, paper: Roll | LabelSize, fonts: Fonts, *, shop: str) -> list[bytes]:
    """How every page of every copy will look on this paper, as PNG files."""
    if isinstance(paper, Roll):
        copies = slip_lines(slip, paper, shop=shop)
        pages = [slip_picture(lines, paper, fonts) for lines in copies]
    else:
        pages = render_slip(slip, paper, fonts)
    return [to_png(page) for page in pages]


# --- The same lines as dots ------------------------------------------------------------------


def slip_picture(lines: Sequence[SlipPart], roll: Roll, fonts: Fonts) -> Bitmap:
    """The lines drawn as a receipt printer would set them, one character to a cell."""
    heights = [_height(line) for line in lines]
    image = Image.new("1", (roll.dots, sum(heights) + TYPE))
    top = 0
    for line, height in zip(lines, heights, strict=True):
        if isinstance(line, SlipLine):
            _draw(image, line, top, fonts)
        else:
            bars = Image.frombytes("1", (roll.dots, 1), line.row)
            image.paste(bars.resize((roll.dots, BAR_ROWS)), (0, top))
        top += height
    return Bitmap(image.width, image.height, image.tobytes())


def _height(line: SlipPart) -> int:
    return LINE + TYPE * line.large if isinstance(line, SlipLine) else BAR_ROWS + AIR_ROWS


def _draw(image: Image.Image, line: SlipLine, top: int, fonts: Fonts) -> None:
    times, left = 1 + line.large, 0
    for char in line.text:
        cell = columns_of(char) * COLUMN * times
        mask, x, y = _fitted(fonts.marked(char) or " ", TYPE * times, cell, fonts)
        if mask is not None:
            image.paste(1, (left + x, top + y), mask)
        left += cell


def _fitted(
    char: str, size: int, cell: int, fonts: Fonts
) -> tuple[Image.Image | None, int, int]:
    """A character's ink and where it lies in its cell; a broad letter is made as narrow as that."""
    glyph = fonts.glyph(char, size)
    mask, ground = glyph.mask, size * 22 // 25
    if mask is None:
        return None, 0, 0
    if glyph.advance > cell or mask.width > cell:
        share = cell / max(glyph.advance, mask.width)
        narrow = max(1, min(cell, round(mask.width * share)))
        mask = mask.resize((narrow, mask.height), Image.Resampling.NEAREST)
    return mask, (cell - mask.width) // 2, max(0, ground + glyph.top)
