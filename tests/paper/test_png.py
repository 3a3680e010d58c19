"""Pages as PNG: what is on the label is what is in the file, and back."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.interfaces import Bitmap
from station.paper.png import from_png, to_png


@st.composite
def bitmaps(draw: st.DrawFn) -> Bitmap:
    """Any small page whose pad bits are 0."""
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 12))
    stride = (width + 7) // 8
    last = 0xFF << (stride * 8 - width) & 0xFF
    rows = b"".join(
        row[:-1] + bytes([row[-1] & last])
        for row in (draw(st.binary(min_size=stride, max_size=stride)) for _ in range(height))
    )
    return Bitmap(width, height, rows)


@given(bitmaps())
def test_a_page_comes_back_from_its_png_dot_for_dot(page: Bitmap) -> None:
    assert from_png(to_png(page)) == page


def test_the_file_is_one_bit_black_on_white_and_knows_its_size() -> None:
    page = Bitmap(16, 2, bytes([0x80, 0, 0, 0]))
    with Image.open(io.BytesIO(to_png(page))) as image:
        assert image.format == "PNG"
        assert image.mode == "1"
        assert image.getpixel((0, 0)) == 0
        assert image.getpixel((1, 0)) == 255
        assert abs(image.info["dpi"][0] - 203.2) < 0.1


def test_a_grey_picture_is_cut_at_middle_grey() -> None:
    image = Image.new("L", (9, 1), 255)
    image.putpixel((0, 0), 127)
    image.putpixel((1, 0), 128)
    file = io.BytesIO()
    image.save(file, "PNG")
    assert from_png(file.getvalue()) == Bitmap(9, 1, bytes([0x80, 0]))
