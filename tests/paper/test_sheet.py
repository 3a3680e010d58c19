"""A page: dots where they were asked for, bars whole, and a record of every text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.interfaces import Bars, Bitmap, Words
from station.paper import code128
from station.paper.fonts import Fonts
from station.paper.png import to_image
from station.paper.sheet import Box, DoesNotFit, LabelSize, Sheet, Style, module_for


@pytest.fixture
def sheet(fonts: Fonts) -> Sheet:
    return Sheet(LabelSize.L76X130, fonts)


def ink(sheet: Sheet, box: Box) -> int:
    """How many dots of a box are black."""
    crop = to_image(sheet.bitmap()).crop((box.x, box.y, box.right, box.bottom))
    return crop.convert("L").histogram()[255]


@pytest.mark.parametrize(("size", "dots"), [("100x150", (800, 1200)), ("76x130", (608, 1040))])
def test_a_label_has_eight_dots_to_the_millimetre(size: str, dots: tuple[int, int]) -> None:
    assert (LabelSize(size).width, LabelSize(size).height) == dots


def test_an_empty_page_is_all_paper(sheet: Sheet) -> None:
    page = sheet.bitmap()
    assert (page.width, page.height, page.stride) == (608, 1040, 76)
    assert page.rows == bytes(76 * 1040)


def test_a_filled_box_is_exactly_as_large_as_asked(sheet: Sheet) -> None:
    sheet.fill(Box(10, 20, 30, 40))
    assert ink(sheet, sheet.box) == 30 * 40
    assert ink(sheet, Box(10, 20, 30, 40)) == 30 * 40


def test_the_first_dot_of_a_row_is_the_highest_bit(sheet: Sheet) -> None:
    sheet.fill(Box(0, 0, 1, 1))
    sheet.fill(Box(9, 1, 1, 1))
    rows = sheet.bitmap().rows
    assert rows[0] == 0x80
    assert rows[76 + 1] == 0x40


def test_a_frame_lies_inside_its_box(sheet: Sheet) -> None:
    sheet.frame(Box(10, 10, 50, 40), 3)
    assert ink(sheet, sheet.box) == 50 * 40 - 44 * 34


def test_rules_are_solid_or_dashed(sheet: Sheet) -> None:
    sheet.rule(0, 0, 100, thickness=2)
    assert ink(sheet, Box(0, 0, 200, 5)) == 200
    sheet.rule(0, 10, 100, thickness=1, dash=10)
    assert ink(sheet, Box(0, 10, 200, 5)) == 50
    sheet.upright(300, 0, 20, thickness=2)
    assert ink(sheet, Box(290, 0, 20, 30)) == 40


@given(st.integers(0, 50), st.integers(0, 50))
def test_parts_of_a_box_make_up_the_box(width: int, height: int) -> None:
    box = Box(3, 4, 100, 80)
    assert box.top_part(height).h + box.under(height).h == box.h
    assert box.top_part(height).bottom == box.under(height).y
    assert box.left_part(width).right == box.beside(width).x
    assert box.beside(width).right == box.right
    assert box.under(height).bottom == box.bottom


def test_writing_is_recorded_with_its_place(sheet: Sheet) -> None:
    end = sheet.write("name", "样例", 100, 50, Style(40, 40))
    assert end == 180
    (placed,) = sheet.placed
    assert (placed.field, placed.text, placed.size) == ("name", "样例", 40)
    assert placed.box == Box(100, 50, 80, 40)
    assert ink(sheet, placed.box) == ink(sheet, sheet.box) > 100


def test_words_of_the_form_are_not_recorded(sheet: Sheet) -> None:
    sheet.write("", "收", 100, 50, Style(40, 40))
    assert sheet.placed == []


def test_white_on_black_takes_ink_away(sheet: Sheet) -> None:
    sheet.fill(Box(100, 50, 80, 40))
    sheet.write("copy", "补打", 100, 50, Style(40, 40, ink=0))
    assert 0 < ink(sheet, sheet.box) < 80 * 40 - 100


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_a_line_stands_where_its_style_says(sheet: Sheet, align: str) -> None:
    box = Box(100, 100, 300, 60)
    assert sheet.flow("name", "样例", box, Style(40, 20, align=align)) == ()
    expected = {"left": 100, "center": 210, "right": 320}[align]
    assert sheet.placed[0].box.x == expected


def test_a_middle_style_leaves_as_much_above_as_below(sheet: Sheet) -> None:
    sheet.flow("name", "样例", Box(0, 100, 300, 200), Style(40, 20, middle=True))
    box = sheet.placed[0].box
    assert abs((box.y - 100) - (300 - box.bottom)) <= 2


def test_a_flow_shrinks_and_then_hands_back_the_rest(sheet: Sheet) -> None:
    box = Box(0, 0, 200, 60)
    assert sheet.flow("a", "样" * 4, box, Style(40, 20)) == ()
    assert sheet.placed[-1].size == 40
    assert sheet.flow("b", "样" * 12, box, Style(40, 20)) == ()
    assert 20 <= sheet.placed[-1].size < 40
    rest = sheet.flow("c", "样" * 50, box, Style(40, 20))
    drawn = "".join(placed.text for placed in sheet.placed if placed.field == "c")
    assert len(drawn) + len("".join(rest)) == 50
    assert rest


def test_a_spaced_number_shrinks_to_one_line(sheet: Sheet) -> None:
    sheet.spaced("number", "7" * 40, Box(0, 0, 400, 40), Style(32, 10))
    (placed,) = sheet.placed
    assert placed.text == "7" * 40
    assert placed.box.right <= 400 + placed.size


def test_a_number_that_cannot_fit_is_refused_not_cut(sheet: Sheet) -> None:
    with pytest.raises(DoesNotFit):
        sheet.spaced("number", "7" * 400, Box(0, 0, 400, 40), Style(32, 14))


@pytest.mark.parametrize("module", [2, 3, 4])
def test_bars_are_whole_multiples_of_the_module(
    sheet: Sheet, module: int, picture: Callable[..., Image.Image],
    runs: Callable[..., list[tuple[int, int]]],
) -> None:
    sheet.barcode("7730017", Box(0, 100, 608, 80), module)
    (code,) = sheet.codes
    image = picture(sheet.bitmap())
    for y in (100, 140, 179):
        widths = runs(image, y, code.bars.x, code.bars.right)
        assert [ink for ink, _ in widths] == [1 - at % 2 for at in range(len(widths))]
        assert [dots for _, dots in widths] == [
            width * module for width in code128.widths("7730017")
        ]
    assert ink(sheet, Box(0, 0, 608, 100)) == ink(sheet, Box(0, 180, 608, 100)) == 0


def test_a_barcode_keeps_its_quiet_zone_inside_its_box(sheet: Sheet) -> None:
    wide = code128.modules("7730017") * 3
    sheet.barcode("7730017", Box(0, 0, wide + 60, 50), 3)
    assert sheet.codes[0].bars.x >= 30
    with pytest.raises(DoesNotFit):
        sheet.barcode("7730017", Box(0, 0, wide + 59, 50), 3)


@pytest.mark.parametrize(("data", "width", "module"), [
    ("773000000000017", 760, 3), ("773000000000017", 500, 3), ("773000000000017", 400, 2),
    ("EA123456789CN", 760, 3), ("EA123456789CN", 400, 2),
])
def test_the_widest_module_that_fits_is_taken(data: str, width: int, module: int) -> None:
    assert module_for(data, width) == module


def test_a_code_too_long_for_the_paper_is_refused_without_its_text() -> None:
    with pytest.raises(DoesNotFit) as refused:
        module_for("A" * 60, 576)
    assert "AAA" not in str(refused.value)


def test_signature_strokes_are_drawn_into_their_box(sheet: Sheet) -> None:
    box = Box(100, 100, 300, 120)
    sheet.strokes([((0, 0), (1000, 1000)), ((0, 1000), (1000, 0))], box)
    assert ink(sheet, box) == ink(sheet, sheet.box) > 800
    assert ink(sheet, Box(100, 100, 20, 20)) > 0
    assert ink(sheet, Box(380, 200, 20, 20)) > 0


def test_a_tap_of_the_pen_is_a_dot(sheet: Sheet) -> None:
    sheet.strokes([((500, 500),)], Box(0, 0, 100, 100))
    assert ink(sheet, Box(40, 40, 20, 20)) == ink(sheet, sheet.box) > 8


@given(st.lists(st.lists(
    st.tuples(st.integers(-500, 2000), st.integers(-500, 2000)), max_size=6), max_size=4))
def test_no_stroke_leaves_its_box(strokes: list[list[tuple[int, int]]]) -> None:
    page = Sheet(LabelSize.L76X130, Fonts([]))
    box = Box(100, 100, 200, 80)
    page.strokes(strokes, box)
    assert ink(page, box) == ink(page, page.box)


def test_a_background_is_copied_not_drawn_on(fonts: Fonts) -> None:
    background = Sheet(LabelSize.L76X130, fonts)
    page = Sheet(LabelSize.L76X130, fonts, background)
    page.fill(page.box)
    page.write("", "收", 10, 10, Style(20, 20))
    assert background.image.getbbox() is None
    assert not background.bitmap().pieces


# --- What the dots mean -------------------------------------------------------------------------


def pieces_of(sheet: Sheet, kind: type) -> list[Any]:
    return [piece for piece in sheet.bitmap().pieces if isinstance(piece, kind)]


def test_black_text_is_told_with_the_box_of_its_ink(sheet: Sheet) -> None:
    sheet.write("name", "收件人 A1", 40, 40, Style(32, 32, bold=True))
    (words,) = pieces_of(sheet, Words)
    assert words.text == "收件人 A1"
    around = words.ink
    box = Box(around.x, around.y, around.width, around.height)
    assert ink(sheet, box) == ink(sheet, sheet.box)
    for smaller in (box.beside(1), box.left_part(box.w - 1), box.under(1), box.top_part(box.h - 1)):
        assert ink(sheet, smaller) < ink(sheet, box)
    assert (words.room.x, words.room.y, words.room.height) == (40, 40, 32)


def test_white_text_and_text_that_something_is_drawn_over_are_only_dots(sheet: Sheet) -> None:
    sheet.fill(Box(0, 0, 200, 60))
    sheet.write("", "内件", 10, 10, Style(32, 32, ink=0))
    sheet.write("", "划掉", 10, 200, Style(32, 32))
    sheet.rule(0, 216, 300)
    sheet.write("", "  ", 10, 300, Style(32, 32))
    sheet.write("", "留下", 10, 400, Style(32, 32))
    assert [words.text for words in pieces_of(sheet, Words)] == ["留下"]


def test_a_barcode_is_told_by_its_symbols(sheet: Sheet) -> None:
    sheet.barcode("773000000000017", Box(0, 100, 608, 80), 2)
    (bars,) = pieces_of(sheet, Bars)
    (code,) = sheet.codes
    assert bars.values == tuple(code128.symbols("773000000000017"))
    assert (bars.ink.x, bars.ink.width, bars.module) == (code.bars.x, code.bars.w, 2)


def test_what_a_background_says_is_said_again(fonts: Fonts) -> None:
    background = Sheet(LabelSize.L76X130, fonts)
    background.write("", "寄", 10, 10, Style(20, 20))
    page = Sheet(LabelSize.L76X130, fonts, background)
    assert [words.text for words in pieces_of(page, Words)] == ["寄"]


def test_pages_are_equal_by_their_dots_alone(sheet: Sheet) -> None:
    sheet.write("", "寄", 10, 10, Style(20, 20))
    told = sheet.bitmap()
    assert told == Bitmap(told.width, told.height, told.rows)
    assert "寄" not in repr(told)
