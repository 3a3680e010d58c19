"""A page as a PNG file and back: 1 bit deep, with the paper's true size written in it."""

from __future__ import annotations

import io

from PIL import Image, ImageChops

from drivers.interfaces import Bitmap

DOTS_PER_INCH = 203.2  # 8 dots to the millimetre


def to_png(page: Bitmap) -> bytes:
    """The page as PNG, black on white."""
    image = ImageChops.invert(to_image(page))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return file.getvalue()


def to_image(page: Bitmap) -> Image.Image:
    """The page as a Pillow image of mode "1" in which ink is 1."""
    return Image.frombytes("1", (page.width, page.height), page.rows)


def from_png(data: bytes) -> Bitmap:
    """A page from a PNG: what is darker than middle grey is ink."""
    with Image.open(io.BytesIO(data)) as image:
        grey = image.convert("L")
    ink = grey.point([255 if value < 128 else 0 for value in range(256)], "1")
    return Bitmap(ink.width, ink.height, ink.tobytes())
