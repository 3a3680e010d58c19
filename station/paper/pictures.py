"""Product pictures as they are drawn: checked, upright, 710 px wide, with watermark and marks.

What comes in may be anything, so a file is looked at before it is unpacked, and unpacked by the
readers of three kinds of picture only. What goes out is drawn anew on an empty canvas: nothing
that a camera or telephone wrote beside the picture, its place least of all, goes along.
"""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageCms, ImageDraw, ImageOps

from station.domain.garments import Measure
from station.domain.vocabulary import Millimetres
from station.paper.fonts import Fonts, font_of

WIDTH = 710
"""Pixels: how wide the handbook wants a main picture (M2)."""
LARGEST_FILE = 25 * 1024 * 1024
MOST_PIXELS = 50_000_000
TALLEST = 4
"""Times its width, and as wide for its height: a longer strip is no picture of a garment."""

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
"""What may come in."""

SOLD_OUT = "已售完 SOLD OUT"
_QUALITY = 90
_LABELS = zxingcpp.barcode_formats_from_str("Code128")  # what waybills carry
_INK, _PAPER, _SOFT, _LINE, _HEAD = "#16181d", "#ffffff", "#6b665b", "#d8d1c1", "#ece7db"
_ONE = threading.Lock()  # one large picture in memory at a time, however many come at once
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, OverflowError, IndexError, KeyError, TypeError,
    struct.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)
"""What Pillow's readers say of a file that is none, or damaged, or a trap."""


class NoPicture(Exception):
    """This file cannot be used; ``why`` is unreadable, too_large, too_small or strip."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One size of the table with its measures, None where nobody measured."""

    size: str
    values: tuple[Millimetres | None, ...]
    is_sold_out: bool = False


@dataclass(frozen=True, slots=True)
class SizeTable:
    """What an article's sizes measure."""

    item_no: str
    measures: tuple[Measure, ...]
    rows: tuple[SizeRow, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture that can be used: its suffix, and what the Code 128 barcodes in it say."""

    suffix: str
    codes: tuple[str, ...] = ()


def look(data: bytes) -> Looked:
    """Look at a picture before it is taken in. Raises NoPicture."""
    with _ONE:
        picture, suffix = _read(data)
        found = zxingcpp.read_barcodes(picture.convert("L"), formats=_LABELS)
    return Looked(suffix, tuple(code.text for code in found))


def edited(data: bytes) -> bytes:
    """The picture upright and 710 px wide, as a PNG file without a word beside it."""
    with _ONE:
        picture, _ = _read(data)
        return _saved(_scaled(picture), "PNG")


def finished(edited_file: bytes, *, watermark: str, is_sold_out: bool, fonts: Fonts) -> bytes:
    """The JPEG for the shop: the edited picture with its watermark, and what the stock says."""
    with _ONE:
        picture = _scaled(_read(edited_file)[0])
    if is_sold_out:
        picture = _band(picture, fonts)
    return _saved(_stamped(picture, watermark, fonts), "JPEG")


def _read(data: bytes) -> tuple[Image.Image, str]:
    """The picture on an empty canvas, in the colours of screens, and its suffix."""
    if len(data) > LARGEST_FILE:
        raise NoPicture("too_large")
    try:
        with Image.open(io.BytesIO(data), formats=tuple(SUFFIXES)) as opened:
            kind = opened.format or ""
            _check_size(*opened.size)
            opened.draft("RGB", (2 * WIDTH, 2 * WIDTH))  # a JPEG comes no larger than is needed
            upright = ImageOps.exif_transpose(opened)
            _check_width(*upright.size)
            return _plain(upright), SUFFIXES[kind]
    except _BROKEN as error:
        is_bomb = isinstance(
            error, Image.DecompressionBombError | Image.DecompressionBombWarning)
        raise NoPicture("too_large" if is_bomb else "unreadable") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise NoPicture("too_large")
    if max(width, height) > TALLEST * min(width, height):
        raise NoPicture("strip")


def _check_width(width: int, _height: int) -> None:
    if width < WIDTH:
        raise NoPicture("too_small")


def _plain(picture: Image.Image) -> Image.Image:
    """Its pixels alone; what is see-through becomes white."""
    profile = picture.info.get("icc_profile")
    see_through = "A" in picture.getbands() or "transparency" in picture.info
    canvas = Image.new("RGB", picture.size, _PAPER)
    if see_through:
        layer = picture.convert("RGBA")
        canvas.paste(layer, mask=layer.getchannel("A"))
    else:
        canvas.paste(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return _true_colours(canvas, profile) if profile and picture.mode in ("RGB", "RGBA") else canvas


def _true_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    """Telephones write wider colours than screens show: untold, a red skirt becomes a dull one."""
    try:
        told = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(picture, told, ImageCms.createProfile("sRGB"))
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return picture  # a damaged profile: the numbers as they are
    canvas = Image.new("RGB", picture.size)
    canvas.paste(turned or picture)
    return canvas


def _scaled(picture: Image.Image) -> Image.Image:
    if picture.width == WIDTH:
        return picture
    height = max(1, round(picture.height * WIDTH / picture.width))
    return picture.resize((WIDTH, height), Image.Resampling.LANCZOS)


def _saved(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "JPEG":
        picture.save(file, kind, quality=_QUALITY, optimize=True)
    else:
        picture.save(file, kind)
    return file.getvalue()


# --- Words on pictures ----------------------------------------------------------------------------


class _Pen:
    """Writes on a picture with soft edges, as screens show it."""

    def __init__(self, picture: Image.Image, fonts: Fonts) -> None:
        self.draw, self._fonts = ImageDraw.Draw(picture), fonts

    def write(
        self, place: tuple[int, int], words: str, size: int, *, ink: str | tuple[int, ...] = _INK,
        bold: bool = False, at: str = "l",
    ) -> None:
        """One line, its baseline at ``place``: from there, up to there or around it (l, r, m)."""
        fonts, text = self._fonts, self._fonts.marked(words)
        wide = fonts.width(text, size, bold=bold)
        x, y = place[0] - {"l": 0, "m": wide // 2, "r": wide}[at], place[1]
        for char in text:
            face = fonts.face_for(char, bold=bold)
            if face is not None:
                self.draw.text((x, y), char, fill=ink, font=font_of(face, size), anchor="ls")
            x += fonts.width(char, size, bold=bold)


def _band(picture: Image.Image, fonts: Fonts) -> Image.Image:
    """Sold out: a dark band across the middle, so that the garment still shows (M14)."""
    layer = Image.new("RGBA", picture.size)
    pen, middle = _Pen(layer, fonts), picture.height // 2
    pen.draw.rectangle((0, middle - 56, WIDTH, middle + 56), fill=(22, 24, 29, 190))
    pen.write((WIDTH // 2, middle + 20), SOLD_OUT, 60, ink=_PAPER, bold=True, at="m")
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _stamped(picture: Image.Image, words: str, fonts: Fonts) -> Image.Image:
    """The shop's name in a corner: white with a thin shadow shows on every garment."""
    layer = Image.new("RGBA", picture.size)
    pen, right, base = _Pen(layer, fonts), WIDTH - 18, picture.height - 20
    for shift, ink in ((2, (0, 0, 0, 120)), (0, (255, 255, 255, 190))):
        pen.write((right + shift, base + shift), _short(words, 20), 30, ink=ink, bold=True, at="r")
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


# --- The size table -------------------------------------------------------------------------------


_MARGIN, _TOP, _HEADER, _ROW, _FOOT = 24, 104, 76, 58, 84
_RIGHT = WIDTH - _MARGIN


def size_table(table: SizeTable, *, shop: str, fonts: Fonts) -> bytes:
    """The table as a picture of its own, in centimetres (M6)."""
    bottom = _TOP + _HEADER + _ROW * len(table.rows)
    picture = Image.new("RGB", (WIDTH, bottom + _FOOT), _PAPER)
    pen, columns = _Pen(picture, fonts), _columns(len(table.measures))
    pen.write((_MARGIN, 56), f"{_short(table.item_no, 16)} 尺码表", 40, bold=True)
    pen.write((_MARGIN, 88), "单位 cm · size table", 22, ink=_SOFT)
    pen.draw.rectangle((_MARGIN, _TOP, _RIGHT, _TOP + _HEADER), fill=_HEAD)
    heads = [("尺码", "size"), *((one.zh, one.en) for one in table.measures)]
    for x, (zh, en) in zip(columns, heads, strict=True):
        pen.write((x, _TOP + 36), zh, 28, bold=True, at="m")
        pen.write((x, _TOP + 62), en, 18, ink=_SOFT, at="m")
    for number, row in enumerate(table.rows):
        _row(pen, columns, row, _TOP + _HEADER + _ROW * number)
    pen.draw.rectangle((_MARGIN, _TOP, _RIGHT, bottom), outline=_LINE, width=2)
    said = "手工平铺测量，误差 1 cm 以内 · measured by hand, within 1 cm"
    pen.write((_MARGIN, bottom + 34), said, 18, ink=_SOFT)
    pen.write((_RIGHT, bottom + 66), _short(shop, 24), 22, ink=_SOFT, at="r")
    return _saved(picture, "JPEG")


def _row(pen: _Pen, columns: Sequence[int], row: SizeRow, y: int) -> None:
    ink = _SOFT if row.is_sold_out else _INK
    pen.draw.line((_MARGIN, y, _RIGHT, y), fill=_LINE, width=2)
    base = y + (30 if row.is_sold_out else 39)
    pen.write((columns[0], base), _short(row.size, 6), 28, ink=ink, bold=True, at="m")
    if row.is_sold_out:
        pen.write((columns[0], y + 51), "售完 sold out", 16, ink=ink, at="m")
    for x, value in zip(columns[1:], row.values, strict=True):
        said = "—" if value is None else f"{value / 10:.1f}".removesuffix(".0")
        pen.write((x, y + 39), said, 28, ink=ink, at="m")


def _columns(measures: int) -> list[int]:
    """The middles of the columns; the first, for the sizes, is a little wider."""
    wide = WIDTH - 2 * _MARGIN
    first = min(150, wide // (measures + 1))
    each = (wide - first) / measures
    return [_MARGIN + first // 2,
            *(_MARGIN + first + round(each * (n + 0.5)) for n in range(measures))]


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[:most - 1]}…"
