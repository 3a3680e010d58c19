"""The printer's built-in text: legible, and never in the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.lettering import LINE_ROWS, drawn, face, in_cells


def test_a_line_is_as_wide_as_the_paper_and_thirty_rows_high():
    rows, stride = drawn("Hello", 576)
    assert (stride, len(rows)) == (72, 72 * LINE_ROWS)
    assert any(rows)


def test_different_words_look_different():
    assert drawn("Paid", 200) != drawn("Sold", 200)
    assert drawn("1", 200) != drawn("7", 200)


def test_an_empty_line_is_white():
    assert not any(drawn("", 80)[0])
    assert not any(drawn("\x00\x1e\u202e", 80)[0])


def test_text_that_is_too_long_is_cut_at_the_edge():
    rows, stride = drawn("8" * 500, 80)
    assert (stride, len(rows)) == (10, 300)


def test_without_a_chinese_font_it_still_prints(monkeypatch):
    monkeypatch.setattr("simulators.lettering.FONTS", ("no-such-font.ttf",))
    face.cache_clear()
    try:
        assert any(drawn("ABC", 80)[0])
    finally:
        face.cache_clear()


@pytest.mark.parametrize("width", [1, 7, 8, 9, 800])
def test_any_width_of_paper_will_do(width):
    rows, stride = drawn("X", width)
    assert stride == (width + 7) // 8
    assert len(rows) == stride * LINE_ROWS


@given(st.text(max_size=30))
def test_no_text_breaks_the_pen(text):
    rows, stride = drawn(text, 80)
    assert len(rows) == stride * LINE_ROWS


def test_in_cells_a_chinese_character_fills_a_square_and_a_letter_half_of_one():
    rows, stride = in_cells("收A1", 24)
    assert (stride, len(rows)) == (6, 6 * 24)
    assert any(rows)
    assert in_cells("收", 16)[1] == 2
    assert in_cells("", 24)[1] == 1


@given(st.text(max_size=12), st.sampled_from([16, 24, 32, 64]))
def test_any_text_in_cells_is_as_high_as_its_type(text, size):
    rows, stride = in_cells(text, size)
    assert len(rows) == stride * size
