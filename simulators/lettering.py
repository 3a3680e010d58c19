"""How a simulated printer draws its built-in text: legible, not pretty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

LINE_ROWS = 30
SIZE = 24
"""Dots of a Chinese character, each way; a letter is half as wide."""
# Pillow looks for these names in the system's font folders.
FONTS = ("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc", "msyh.ttc",
         "PingFang.ttc", "DroidSansFallbackFull.ttf")  # fmt: skip


@lru_cache(maxsize=16)
def face(size: int = SIZE) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The first Chinese font that the system has, else Pillow's own (no Chinese)."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            continue
    return ImageFont.load_default(size)


@dataclass(frozen=True, slots=True)
class Letter:
    """A character of a receipt printer: its cell's width in dots, and how much larger it is set."""

    text: str
    width: int
    wide: int = 1
    high: int = 1


def typed(line: Sequence[Letter], width: int) -> tuple[bytes, int]:
    """A line as a receipt printer sets it, letter by letter on one ground line.

    Returns dot rows, 1 = black, and the bytes per row; oddities are blanks.
    """
    highest = max((letter.high for letter in line), default=1)
    image = Image.new("1", (width, SIZE * (highest - 1) + LINE_ROWS), 0)
    left = 0
    for letter in line:
        image.paste(_cell(letter), (left, SIZE * (highest - letter.high)))
        left += letter.width * letter.wide
    return image.tobytes(), (width + 7) // 8


def _cell(letter: Letter) -> Image.Image:
    text = letter.text if letter.text.isprintable() else " "
    broad = max(letter.width, round(face(SIZE).getlength(text)))
    cell = Image.new("1", (broad, SIZE), 0)
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    pen.text((broad / 2, SIZE * 0.88), text, fill=1, font=face(SIZE), anchor="ms")
    return cell.resize((letter.width * letter.wide, SIZE * letter.high), Image.Resampling.NEAREST)


def in_cells(text: str, size: int) -> tuple[bytes, int]:
    """A line as a label printer sets it: a Chinese character fills a square, a letter half of one.

    Returns dot rows, 1 = black, and the bytes per row.
    """
    widths = [size if len(letter.encode("gb18030", "replace")) > 1 else size // 2
              for letter in text]
    image = Image.new("1", (max(1, sum(widths)), size), 0)
    left = 0
    for letter, width in zip(text, widths, strict=True):
        cell = Image.new("1", (width, size), 0)
        pen = ImageDraw.Draw(cell)
        pen.fontmode = "1"
        pen.text((width / 2, size * 0.88), letter, fill=1, font=face(size), anchor="ms")
        image.paste(cell, (left, 0))
        left += width
    return image.tobytes(), (image.width + 7) // 8
