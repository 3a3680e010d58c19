"""Text in the printer's own font and barcodes by their numbers: the rest of the page stays dots.

What is sent is read by the simulator's interpreters, which share no line with the encoders, and the
ZPL by zpl-renderer-js.
"""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from drivers.interfaces import Area, Bars, Bitmap, Words
from drivers.printer import MODELS, PRINTERS, for_line, of_model
from drivers.printer.native import Face, code_of, gb2312, line_of, without
from simulators.mechanism import Ask, Complaint, End, Feed, Note, Page, Paper, Strip, Tear
from simulators.printer import READERS, Printer
from station.paper import code128
from station.paper.fonts import Fonts
from station.paper.samples import sample_waybill
from station.paper.sheet import LabelSize
from station.paper.waybill import render_waybill

NUMBER = "773000000000017"
WAYS = [("tspl", "tss24"), ("tspl", "tss32"), ("tspl", "none"), ("zpl", "simsun"), ("zpl", "none"),
        ("cpcl", "hprt"), ("cpcl", "gbunsg"), ("cpcl", "none"), ("epl", "none")]
WITH_FONT = [way for way in WAYS if way[1] != "none"]
FACES = (Face("16", 16), Face("24", 24), Face("32", 32))


def sent(language: str, font: str, page: Bitmap, **others: Any) -> bytes:
    given_font = {} if font == "none" else {"font": font}
    _, spoken = PRINTERS[language]("p", {"route": "native", **given_font, **others}, lambda _: None)
    return b"".join(spoken.page(page))


def printed(language: Any, stream: bytes, width: int, height: int) -> Page:
    device = Printer(language, paper=Paper(width=width, label_rows=height))
    device.hear(stream, 0.0)
    device.speak(60.0)
    assert not device.mechanism.complaints
    (paper,) = device.pages
    assert paper.whole
    return paper


def part(page: Bitmap | Page, area: Area) -> bytes:
    picture = Image.frombytes("1", (page.width, page.height), page.rows)
    return picture.crop(
        (area.x, area.y, area.x + area.width, area.y + area.height)).tobytes()


@pytest.fixture(scope="module")
def waybills() -> dict[LabelSize, Bitmap]:
    fonts = Fonts.find()
    return {size: render_waybill(sample_waybill(), size, fonts)[0] for size in LabelSize}


@pytest.fixture(params=list(LabelSize))
def told_waybill(waybills: dict[LabelSize, Bitmap], request: pytest.FixtureRequest) -> Bitmap:
    return waybills[request.param]


# --- A waybill --------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "font"), WAYS)
def test_the_barcodes_of_a_native_waybill_have_their_exact_bars(
    told_waybill: Bitmap, numbers_read: Any, language: str, font: str
) -> None:
    page = told_waybill
    paper = printed(language, sent(language, font, page), page.width, page.height)
    codes = [piece for piece in page.pieces if isinstance(piece, Bars)]
    assert len(codes) == 2
    for code in codes:
        assert part(paper, code.ink) == part(page, code.ink)
    read = numbers_read(Bitmap(paper.width, paper.height, paper.rows))
    assert read == [[NUMBER], [NUMBER]]


@pytest.mark.parametrize(("language", "font"), WAYS)
def test_what_is_no_text_is_the_same_dot_for_dot(
    told_waybill: Bitmap, language: str, font: str
) -> None:
    """Rules, frames, white on black, and, without a font of the printer's, all of it."""
    page = told_waybill
    paper = printed(language, sent(language, font, page), page.width, page.height)
    words = [] if font == "none" else [
        area for piece in page.pieces if isinstance(piece, Words)
        for area in (piece.ink, piece.room)]
    there = Bitmap(paper.width, paper.height, paper.rows)
    assert without(there, words).rows == without(page, words).rows


@pytest.mark.parametrize(("language", "font"), WITH_FONT)
def test_the_words_of_a_native_waybill_are_read_as_they_were_written(
    told_waybill: Bitmap, language: str, font: str
) -> None:
    page = told_waybill
    paper = printed(language, sent(language, font, page), page.width, page.height)
    written = {piece.text.rstrip() for piece in page.pieces if isinstance(piece, Words)}
    assert {note for note in paper.notes if note != NUMBER} <= written
    for words in ("申通快递 STO", "310-03A 021", "要系带，尺码不要发错。共3笔一起发！"):
        assert words in paper.notes


@pytest.mark.parametrize(("language", "font"), WITH_FONT)
def test_a_native_waybill_is_a_fraction_of_its_black(
    told_waybill: Bitmap, language: str, font: str
) -> None:
    _, spoken = PRINTERS[language]("p", {"route": "inked"}, lambda _: None)
    inked = sum(map(len, spoken.page(told_waybill)))
    assert len(sent(language, font, told_waybill)) < min(inked * 0.4, 8000)


@pytest.mark.parametrize("data", ["77302711", "P-0A", NUMBER])
def test_another_reader_of_zpl_draws_the_same_bars(draw_zpl: Any, data: str) -> None:
    page = coded_page(data, 3, height=64)
    stream = sent("zpl", "none", page)
    assert (b"^BC" in stream) == (data != NUMBER), "told where one code set is enough"
    drawn = draw_zpl(stream, 100, 8)
    assert bytes(byte ^ 0xFF for byte in drawn.tobytes()) == page.rows


# --- Barcodes -------------------------------------------------------------------------------------


def coded_page(data: str, module: int, width: int = 800, height: int = 60) -> Bitmap:
    """A page with one Code 128, as the layout draws it."""
    picture = Image.new("1", (width, height))
    pen, x = ImageDraw.Draw(picture), 40
    for place, wide in enumerate(code128.widths(data)):
        if place % 2 == 0:
            pen.rectangle((x, 8, x + wide * module - 1, 47), fill=1)
        x += wide * module
    bars = Bars(code128.values(data), module, Area(40, 8, x - 40, 40))
    return Bitmap(width, height, picture.tobytes(), (bars,))


@pytest.mark.parametrize("language", ["tspl", "zpl", "cpcl", "epl"])
@pytest.mark.parametrize(
    "data", [NUMBER, "YT1234567890123", "SF1020304050607", "JD01A23456789", "EA123456785CN", "1234",
             "P-000045", "a1b2", "0" * 18])
@pytest.mark.parametrize("module", [2, 3])
def test_every_carriers_number_has_the_same_bars_told_or_drawn(
    language: str, data: str, module: int
) -> None:
    page = coded_page(data, module)
    paper = printed(language, sent(language, "none", page), page.width, page.height)
    assert paper.rows == page.rows


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[A-Z0-9\-]{1,16}", fullmatch=True), st.sampled_from(["tspl", "zpl", "epl"]))
def test_any_number_has_the_same_bars_told_or_drawn(data: str, language: str) -> None:
    page = coded_page(data, 2)
    assert printed(language, sent(language, "none", page), 800, 60).rows == page.rows


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=12),
       st.sampled_from(["tspl", "zpl", "cpcl", "epl"]))
@example('"\r\nPRINT 9', "tspl")
@example("^XZ~JA", "zpl")
@example(">;12", "zpl")
@example("!105", "tspl")
def test_a_code_with_signs_in_it_is_drawn_and_never_told(data: str, language: str) -> None:
    page = coded_page(data, 1)
    stream = sent(language, "none", page)
    paper = printed(language, stream, 800, 60)
    assert paper.rows == page.rows
    if code_of(page.pieces[0]) is None:  # type: ignore[arg-type]
        assert not paper.notes
    else:
        assert set(data) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    ("data", "in_sets"),
    [("12345678", "C"), ("P-0A", "B"), ("a1b2", "B"), ("JD01A23456789", "BCB"), (NUMBER, "CB")])
def test_a_number_is_told_where_the_language_can_say_its_code_sets(
    data: str, in_sets: str
) -> None:
    """TSPL knows a sign for every change, ZPL and EPL2 none that all readers obey, CPCL no set."""
    page = coded_page(data, 2)
    whole = {"tspl": True, "zpl": len(in_sets) == 1, "epl": len(in_sets) == 1, "cpcl": False}
    for language, is_told in whole.items():
        paper = printed(language, sent(language, "none", page), 800, 60)
        assert bool(paper.notes) == is_told, language


def test_a_number_told_in_epl_is_the_line_of_the_manual() -> None:
    """Zebra's EPL2 manual, B: x, y, turn, 1C, narrow bar, wide bar, height, no text below."""
    assert b'\r\nB40,8,0,1C,2,4,40,N,"1234"\r\n' in sent("epl", "none", coded_page("1234", 2))


def test_a_code_without_its_stop_or_of_no_code_set_is_drawn() -> None:
    area = Area(0, 0, 10, 10)
    assert code_of(Bars((105, 12, 34, 7, 106), 2, area)) is not None
    assert code_of(Bars((105, 12, 34, 7, 99), 2, area)) is None
    assert code_of(Bars((98, 12, 34, 7, 106), 2, area)) is None
    assert code_of(Bars((103, 65, 33, 7, 106), 2, area)) is None, "a control character"
    assert code_of(Bars((105, 102, 12, 7, 106), 2, area)) is None, "FNC1 is no text"
    assert code_of(Bars((105, 7, 106), 2, area)) is None, "nothing in it"


# --- Text from outside ----------------------------------------------------------------------------

TRAILS = [chr(code) for code in range(0x4E00, 0x9FA6)
          if (coded := chr(code).encode("gb18030"))[1:2] in b"@[\\]^_`{|}~" and len(coded) == 2]
EVIL = ['"\r\nPRINT 9,9\r\n', '收"', "^XZ^XA~JA", "_22_5E", "\\[R]", "\r\nCLS", "\x1b!R", "~HS",
        "PRINT", "! 0 200 200 1 9", "】【，。·—…", "𠮷䶮㐂", "囗凗黍", "  两头空  ", "FORM",
        '";CUT',        "".join(random.Random(3).sample(TRAILS, 8))]
LINES = st.sampled_from(EVIL) | st.text(max_size=14) | st.lists(
    st.sampled_from([*'"\\^~_\r\n收件人黍A1,;!', *TRAILS[:40]]), max_size=14).map("".join)


def worded(lines: list[str]) -> Bitmap:
    """A page with lines of text, a black box standing for the ink of each."""
    picture = Image.new("1", (800, 40 * len(lines) + 8))
    pen, pieces = ImageDraw.Draw(picture), []
    for place, text in enumerate(lines):
        wide = min(760, 32 * len(text))
        if wide:
            top = 8 + place * 40
            pen.rectangle((16, top + 3, 16 + wide - 1, top + 28), fill=1)
            pieces.append(
                Words(text, Area(16, top + 3, wide, 26), Area(16, top, 32 * len(text), 32)))
    return Bitmap(*picture.size, picture.tobytes(), tuple(pieces))


def understood(language: str, stream: bytes, page: Bitmap) -> list[Any]:
    reader = READERS[language](Paper(width=page.width, label_rows=page.height))
    actions = reader.feed(stream)
    assert not reader.mid_command
    return actions


@pytest.mark.fault("F21")
@pytest.mark.parametrize(("language", "font"), WITH_FONT)
@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=4))
@example(EVIL)
def test_text_from_outside_is_text_or_dots_and_never_a_command(
    language: str, font: str, lines: list[str]
) -> None:
    page = worded(lines)
    actions = understood(language, sent(language, font, page), page)
    white = understood(language, sent(language, font, worded([""] * len(lines))), page)
    others = [action for action in actions if not isinstance(action, Strip | Feed | Note)]
    assert others == [action for action in white if not isinstance(action, Strip | Feed | Note)]
    assert not any(isinstance(action, Complaint | Tear | Ask) for action in actions)
    assert sum(isinstance(action, End) for action in actions) == 1
    notes = [action.text for action in actions if isinstance(action, Note)]
    written = [text.rstrip() for text in lines]
    assert all(note in written for note in notes)


@given(LINES)
@example("收件人：张三（先生）")
def test_what_goes_as_text_has_no_byte_that_begins_or_ends_anything(text: str) -> None:
    data = gb2312(text)
    if data is not None:
        assert not set(data) & set(b'"\\^~_`' + bytes(range(32)) + bytes([127]))
        assert all(byte > 0xA0 for byte in data if byte > 126)
        assert data.decode("gb2312") == text


@pytest.mark.parametrize(
    "text", ["𠮷", "䶮", "㐂先生", "ñ", 'a"b', "a^b", "a~b", "a_b", "a\\b", "a\tb", "a\nb", "",
             "a\x7fb", "\u200b", "한", "`"])
def test_what_a_chinese_printer_need_not_have_stays_dots(text: str) -> None:
    assert gb2312(text) is None


@pytest.mark.parametrize(("language", "font"), WITH_FONT)
def test_a_rare_name_is_drawn_beside_text_that_is_told(language: str, font: str) -> None:
    page = worded(["𠮷田", "收件人"])
    paper = printed(language, sent(language, font, page), page.width, page.height)
    assert paper.notes == ("收件人",)
    rare = Area(0, 0, 800, 44)
    assert part(paper, rare) == part(page, rare)


@given(st.text("收件人1A, -中", min_size=1, max_size=20), st.integers(10, 100),
       st.integers(10, 800))
def test_a_line_is_never_larger_than_its_room(text: str, size: int, width: int) -> None:
    room = Area(40, 40, width, size)
    line = line_of(Words(text, room, room), FACES)
    if line is not None:
        across = sum(line.size if letter > "\x7f" else line.size // 2 for letter in text.rstrip())
        assert across <= width
        assert 0.6 * size <= line.size <= size
        assert room.y <= line.y
        assert line.y + line.size <= room.y + size


@pytest.mark.parametrize(
    ("text", "height", "width", "dots"),
    [
        ("收件", 24, 48, 24),  # a room that it just fills
        ("收件", 24, 47, 16),
        ("1A2B", 24, 48, 24),
        ("收件", 40, 400, 32),
        ("收件", 26, 400, 24),
        ("收件人", 40, 72, 24),  # six tenths of the size in the layout, and no less
        ("收件人", 41, 72, None),
        ("收件", 15, 400, None),
        ("收", 160, 400, 128),  # four times as large, and no more
        ("收", 214, 400, None),
    ],
)
def test_a_line_is_set_in_the_largest_size_that_has_room_for_it(
    text: str, height: int, width: int, dots: int | None
) -> None:
    line = line_of(Words(text, Area(0, 0, 1, 1), Area(40, 80, width, height)), FACES)
    assert (line and line.size) == dots
    if line and dots:
        assert (line.x, line.y) == (40, 80 + (height - dots) // 2), "in the middle of its height"
        assert line.times == dots // line.face.dots


def test_of_two_ways_to_a_size_the_larger_letters_are_magnified_less() -> None:
    room = Area(0, 0, 400, 32)
    line = line_of(Words("收件", room, room), FACES)
    assert line is not None
    assert (line.face.dots, line.times) == (32, 1)


def rooms(*sizes: int) -> Bitmap:
    """A page with a line for each of these heights in dots, each with room for four characters."""
    height = sum(sizes) + 8 * len(sizes)
    picture, pieces, top = Image.new("1", (800, height)), [], 0
    for size in sizes:
        area = Area(16, top, 4 * size, size)
        ImageDraw.Draw(picture).rectangle((16, top, 16 + 4 * size - 1, top + size - 1), fill=1)
        pieces.append(Words("收件", area, area))
        top += size + 8
    return Bitmap(800, height, picture.tobytes(), tuple(pieces))


@pytest.mark.parametrize(("language", "font"), WITH_FONT)
@pytest.mark.parametrize("sizes", [(64, 16, 96, 24), (32, 96, 16), (64,), (16,)])
def test_each_line_is_as_large_on_paper_as_the_layout_has_room_for(
    language: str, font: str, sizes: tuple[int, ...]
) -> None:
    page = rooms(*sizes)
    paper = printed(language, sent(language, font, page), page.width, page.height)
    assert sorted(paper.notes) == ["收件"] * len(sizes)
    picture = Image.frombytes("1", (paper.width, paper.height), paper.rows)
    for piece in page.pieces:
        assert isinstance(piece, Words)
        x, y, room = piece.room.x, piece.room.y, piece.room.height
        _, top, right, bottom = picture.crop((x, y, 800, y + room)).getbbox() or (0, 0, 0, 0)
        assert 0.6 * room - 4 <= bottom - top <= room
        assert 0.6 * room * 2 - 4 <= right <= room * 2, "two characters, as wide as high"


def test_in_zpl_every_byte_of_text_but_letters_and_digits_is_spelled() -> None:
    stream = sent("zpl", "simsun", worded(["收 A-1,b", "éß"]))
    assert re.findall(rb"\^FH_\^FD(.*?)\^FS", stream) == [b"_E6_94_B6_20A_2D1_2Cb"]


@pytest.mark.parametrize("font", ["hprt", "gbunsg"])
def test_a_cpcl_page_with_text_leaves_letters_as_large_as_it_found_them(font: str) -> None:
    stream = sent("cpcl", font, rooms(96, 16))
    assert [found for found in stream.split(b"\r\n") if found.startswith(b"SETMAG")][-1:] == [
        b"SETMAG 1 1"]
    assert b"SETMAG" not in sent("cpcl", font, coded_page(NUMBER, 2)), "nothing is told there"
    assert b"ENCODING" not in sent("cpcl", font, coded_page(NUMBER, 2))


def test_a_line_that_begins_with_a_space_is_drawn() -> None:
    room = Area(0, 0, 400, 24)
    assert line_of(Words(" 收", room, room), FACES) is None
    assert line_of(Words("收 ", room, room), FACES) is not None


def test_without_leaves_everything_else_as_it_was() -> None:
    page = Bitmap(24, 3, b"\xff" * 9)
    assert without(page, [Area(4, 1, 10, 1)]).rows == b"\xff\xff\xff\xf0\x03\xff\xff\xff\xff"


# --- Which route --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name, model in MODELS.items() if "font" in model.settings])
def test_a_model_with_a_known_font_is_told_text_on_a_slow_line_only(name: str) -> None:
    model = MODELS[name]
    known = of_model("front", model.language, {"model": name})
    slow = for_line("/dev/ttyUSB0", model.language, {**known, "baudrate": 9600})
    assert slow["route"] == "native"
    assert "route" not in for_line("/dev/ttyUSB0", model.language, {**known, "baudrate": 115_200})
    assert "route" not in for_line("socket://far:9100", model.language, known)
    kept = for_line("/dev/ttyUSB0", model.language, {**known, "route": "inked"})
    assert kept["route"] == "inked"


def test_a_line_that_turns_out_slow_is_told_text_if_the_font_is_known(told_waybill: Bitmap) -> None:
    for language, font in WITH_FONT:
        _, spoken = PRINTERS[language]("p", {"font": font}, lambda _: None)
        assert b"".join(spoken.page(told_waybill, slow=True)) == sent(language, font, told_waybill)
        assert len(b"".join(spoken.page(told_waybill))) > 14_000


def test_a_page_that_is_turned_by_the_driver_is_drawn(told_waybill: Bitmap) -> None:
    """CPCL has no turned label: the driver turns the dots, and says nothing of what they mean."""
    stream = sent("cpcl", "hprt", told_waybill, direction=1)
    assert b"TEXT" not in stream
    paper = printed("cpcl", stream, told_waybill.width, told_waybill.height)
    upside_down = Image.frombytes("1", (paper.width, paper.height), paper.rows).rotate(180)
    assert upside_down.tobytes() == told_waybill.rows


@pytest.mark.parametrize(("language", "font"), WITH_FONT)
def test_text_is_shifted_with_the_page(language: str, font: str) -> None:
    page = worded(["收件人"])
    plain = printed(language, sent(language, font, page), page.width, page.height)
    shifted = printed(
        language, sent(language, font, page, reference_x=16, reference_y=24), 816, page.height + 24)
    moved = Image.frombytes("1", (shifted.width, shifted.height), shifted.rows).crop(
        (16, 24, 816, page.height + 24))
    if language == "tspl":  # its simulator leaves REFERENCE out: the others show the shift
        assert shifted.notes == plain.notes
    else:
        assert moved.tobytes() == plain.rows
