"""How a simulated printer draws its built-in text: legible, not pretty."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

LINE_ROWS = 30
# Pillow looks for these names in the system's font folders.
FONTS = ("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc", "msyh.ttc",
         "PingFang.ttc", "DroidSansFallbackFull.ttf")  # fmt: skip


@lru_cache(maxsize=1)
def face() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The first Chinese font that the system has, else Pillow's own (no Chinese)."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, 24, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            continue
    return ImageFont.load_default(24)


def drawn(text: str, width: int) -> tuple[bytes, int]:
    """One line of text as dot rows, 1 = black, and the bytes per row; oddities are blanks."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    image = Image.new("1", (width, LINE_ROWS), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    pen.text((0, 0), text, fill=1, font=face())
    return image.tobytes(), (width + 7) // 8
