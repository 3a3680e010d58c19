"""Product pictures as they are drawn: what comes in is looked at, what goes out tells nothing."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from station.domain.garments import measures_of
from station.paper import pictures
from station.paper.fonts import Fonts
from station.paper.pictures import Looked, NoPicture, SizeRow, SizeTable

pytestmark = pytest.mark.rule("M2")
RED, GREEN = (200, 30, 30), (30, 180, 60)


@cache
def fonts() -> Fonts:
    return Fonts.find()


def file_of(picture: Image.Image, kind: str = "JPEG", **facts: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **facts)
    return file.getvalue()


def plain(width: int = 800, height: int = 600, mode: str = "RGB", color: Any = RED) -> Image.Image:
    return Image.new(mode, (width, height), color)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def finished(edited: bytes, *, is_sold_out: bool = False, watermark: str = "海风小店") -> bytes:
    return pictures.finished(
        edited, watermark=watermark, is_sold_out=is_sold_out, fonts=fonts())


def png_of_size(width: int, height: int) -> bytes:
    """A PNG file that says it is so large, and has hardly a byte of it."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""))


def why(data: bytes) -> str:
    with pytest.raises(NoPicture) as refused:
        pictures.look(data)
    return refused.value.why


# --- What comes in ------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_three_kinds_of_picture_may_come_in(kind: str, suffix: str) -> None:
    assert pictures.look(file_of(plain(), kind)) == Looked(suffix)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "PDF"])
def test_other_kinds_are_not_even_tried(kind: str) -> None:
    assert why(file_of(plain(), kind)) == "unreadable"


@pytest.mark.parametrize("data", [
    b"", b"\xff\xd8\xff", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"MZ" + bytes(100),
    b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBPVP8 ",
], ids=["empty", "head", "svg", "program", "png head", "webp head"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert why(data) == "unreadable"


@pytest.mark.parametrize("size", [(60_000, 60_000), (12_000, 9_000), (7_100, 7_100)])
def test_a_file_that_would_unpack_into_too_much_is_refused_before_it_is_unpacked(
    size: tuple[int, int]
) -> None:
    assert why(png_of_size(*size)) == "too_large"


def test_a_file_of_too_many_bytes_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST_FILE", 1000)
    monkeypatch.setattr(Image, "open", None)
    assert why(bytes(1001)) == "too_large"


@pytest.mark.parametrize(("size", "said"), [
    ((709, 709), "too_small"), ((710, 2841), "strip"), ((2841, 710), "strip"), ((710, 2840), ""),
    ((710, 178), ""), ((710, 177), "strip"), ((1, 1), "too_small"),
])
def test_too_small_and_too_long_pictures_are_refused(size: tuple[int, int], said: str) -> None:
    data = file_of(plain(*size), "PNG")
    assert (why(data) if said else pictures.look(data).suffix) == (said or ".png")


def test_the_width_that_counts_is_that_of_the_upright_picture() -> None:
    lying = plain(900, 700)
    exif = lying.getexif()
    exif[0x0112] = 6  # the camera was held upright: 700 wide
    assert why(file_of(lying, exif=exif)) == "too_small"


@settings(max_examples=60)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_damage_is_a_refusal_or_a_picture_and_never_a_crash(kind: str, data: Any) -> None:
    whole = bytearray(file_of(plain(720, 200), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[:data.draw(st.integers(0, len(whole)))])
    try:
        said = opened(pictures.edited(cut)).width
    except NoPicture as refused:
        said = refused.why
    assert said in (pictures.WIDTH, "unreadable", "too_large", "too_small", "strip")


def labelled(code: str, angle: int = 0) -> Image.Image:
    """A garment with a label of this code on it."""
    bars = Image.fromarray(zxingcpp.create_barcode(
        code, zxingcpp.BarcodeFormat.Code128).to_image(scale=2)).convert("RGB")
    picture = plain(1280, 720, color=(70, 90, 120))
    picture.paste(bars.resize((bars.width, 90)).rotate(angle, expand=True), (300, 200))
    return picture


@pytest.mark.parametrize("angle", [0, 90, 180])
def test_a_label_in_the_picture_is_read(angle: int) -> None:
    assert pictures.look(file_of(labelled("77310000000017", angle))).codes == ("77310000000017",)


# --- What goes out ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(710, 500), (1280, 720), (3000, 4000), (800, 3000)])
def test_a_picture_becomes_710_wide_and_keeps_its_shape(size: tuple[int, int]) -> None:
    made = opened(pictures.edited(file_of(plain(*size))))
    assert (made.format, made.mode, made.width) == ("PNG", "RGB", 710)
    assert made.height == round(size[1] * 710 / size[0])


def test_a_picture_taken_sideways_stands_upright() -> None:
    lying = plain(1000, 800)
    lying.paste(GREEN, (0, 0, 100, 800))  # the camera's left edge
    exif = lying.getexif()
    exif[0x0112] = 6
    made = opened(pictures.edited(file_of(lying, exif=exif)))
    assert made.size == (710, round(1000 * 710 / 800))
    assert made.getpixel((350, 20))[1] > 150  # is now above
    assert made.getpixel((350, made.height - 20))[0] > 150


def test_nothing_that_the_telephone_wrote_beside_the_picture_goes_out() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETPHONE"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (28.0, 22.0, 11.0)  # where the shop is
    photo = file_of(plain(), exif=exif, comment=b"SECRETNOTE")
    assert b"SECRETPHONE" in photo
    assert b"SECRETNOTE" in photo
    edited = pictures.edited(photo)
    for data in (edited, finished(edited)):
        assert b"SECRET" not in data
        assert b"Exif" not in data
        assert b"eXIf" not in data
        assert not opened(data).getexif()
        assert set(opened(data).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_words_inside_a_png_do_not_go_out_either() -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "SECRETNAME")
    edited = pictures.edited(file_of(plain(), "PNG", pnginfo=told))
    assert b"SECRETNAME" not in edited
    assert b"SECRETNAME" not in finished(edited)


@pytest.mark.parametrize(("mode", "color"), [
    ("L", 128), ("P", 3), ("CMYK", (0, 200, 200, 20)), ("1", 1),
])
def test_every_way_of_keeping_colours_is_read(mode: str, color: Any) -> None:
    kind = "JPEG" if mode in ("L", "CMYK") else "PNG"
    assert opened(pictures.edited(file_of(plain(mode=mode, color=color), kind))).mode == "RGB"


def test_what_is_see_through_becomes_white() -> None:
    made = opened(pictures.edited(file_of(plain(mode="RGBA", color=(0, 0, 0, 0)), "PNG")))
    assert made.getpixel((300, 300)) == (255, 255, 255)


def test_colours_are_those_that_screens_show() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    kept = opened(pictures.edited(file_of(plain(), "PNG", icc_profile=profile)))
    assert kept.getpixel((9, 9)) == RED  # a profile of another kind of numbers is left alone
    damaged = opened(pictures.edited(file_of(plain(), "PNG", icc_profile=b"x" * 200)))
    assert damaged.getpixel((9, 9)) == RED
    screen = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = opened(pictures.edited(file_of(plain(), "PNG", icc_profile=screen)))
    assert all(abs(a - b) <= 2 for a, b in zip(same.getpixel((9, 9)), RED, strict=True))


def test_the_watermark_stands_in_the_lower_right_corner_alone() -> None:
    edited = pictures.edited(file_of(plain(color=(90, 90, 90))))
    made = opened(finished(edited)).convert("L")
    corner = made.crop((500, made.height - 60, 710, made.height))
    assert max(corner.tobytes()) > 180
    rest = made.crop((0, 0, 710, made.height - 70))
    assert max(rest.tobytes()) - min(rest.tobytes()) < 8
    other = opened(finished(edited, watermark="别家")).convert("L")
    assert made.tobytes() != other.tobytes()


def test_a_watermark_of_any_words_is_drawn() -> None:
    edited = pictures.edited(file_of(plain()))
    for words in ("", "店" * 300, "a\u0301\U0010ffff\n<b>"):
        assert opened(finished(edited, watermark=words)).width == 710


@pytest.mark.rule("M14")
def test_sold_out_is_a_band_with_words_and_the_garment_still_shows() -> None:
    edited = pictures.edited(file_of(plain(color=(250, 250, 250))))
    made = opened(finished(edited, is_sold_out=True)).convert("L")
    middle = made.height // 2
    assert made.getpixel((4, middle)) < 90
    assert made.getpixel((4, middle - 80)) > 240
    band = made.crop((0, middle - 50, 710, middle + 50))
    assert max(band.tobytes()) > 245  # white words
    assert finished(edited) != finished(edited, is_sold_out=True)


# --- The size table -----------------------------------------------------------------------------


def table(*rows: SizeRow, kind: str = "牛仔裤", item_no: str = "JN8801") -> Image.Image:
    made = SizeTable(item_no, measures_of(kind), rows)
    return opened(pictures.size_table(made, shop="海风小店", fonts=fonts()))


def row(size: str, *values: int | None, is_sold_out: bool = False) -> SizeRow:
    return SizeRow(size, values, is_sold_out)


@pytest.mark.rule("M6")
def test_the_table_is_710_wide_and_grows_with_its_sizes() -> None:
    one = table(row("28", 1000, 820, 980, 580, 370))
    three = table(*(row(size, 1000, 820, 980, None, 370) for size in ("28", "29", "30")))
    assert one.width == three.width == 710
    assert three.height == one.height + 2 * 58
    assert one.format == "JPEG"


@pytest.mark.rule("M6")
def test_every_value_of_the_table_is_drawn() -> None:
    pixels = {table(row("28", *values)).tobytes() for values in (
        (1000, 820, 980, 580, 370), (1000, 820, 980, 580, 371), (1000, 825, 980, 580, 370),
        (1000, None, 980, 580, 370))}
    assert len(pixels) == 4


@pytest.mark.rule("M6", "M14")
def test_a_size_that_is_sold_out_is_said_in_its_row() -> None:
    values = (1000, 820, 980, 580, 370)
    there, gone = table(row("28", *values)), table(row("28", *values, is_sold_out=True))
    assert there.size == gone.size
    assert there.tobytes() != gone.tobytes()


@pytest.mark.rule("M6")
@pytest.mark.parametrize("kind", ["T恤", "连衣裙", "半身裙", "牛仔裤"])
def test_every_kind_of_garment_fits_however_long_its_names(kind: str) -> None:
    values: tuple[int | None, ...] = (1234,) * len(measures_of(kind))
    made = table(row("均码超长尺码名字", *values), kind=kind, item_no="W" * 64)
    edge = made.crop((690, 100, 710, made.height)).convert("L")
    assert min(edge.tobytes()) > 230  # nothing runs over the right margin


def test_a_table_without_sizes_is_a_table() -> None:
    assert table().height > 200
