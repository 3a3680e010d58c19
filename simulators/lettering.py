"""How a simulated printer draws its built-in text: legible, not pretty."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

LINE_ROWS = 30
# Pillow looks for these names in the system's font folders.
FONTS = ("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc", "msyh.ttc",
         "PingFang.ttc", "DroidSansFallbackFull.ttf")  # fmt: skip


@lru_cache(maxsize=16)
def face(size: int = 24) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The first Chinese font that the system has, else Pillow's own (no Chinese)."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            continue
    return ImageFont.load_default(size)


def drawn(text: str, width: int) -> tuple[bytes, int]:
    """One line of text as dot rows, 1 = black, and the bytes per row; oddities are blanks."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    image = Image.new("1", (width, LINE_ROWS), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    pen.text((0, 0), text, fill=1, font=face())
    return image.tobytes(), (width + 7) // 8


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
