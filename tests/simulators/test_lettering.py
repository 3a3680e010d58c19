"""The printer's built-in text: legible, and never in the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.lettering import LINE_ROWS, Letter, face, in_cells, typed


def line(text: str, wide: int = 1, high: int = 1) -> list[Letter]:
    return [Letter(char, 12 if char.isascii() else 24, wide, high) for char in text]


def test_a_line_is_as_wide_as_the_paper_and_thirty_rows_high():
    rows, stride = typed(line("Hello 收"), 576)
    assert (stride, len(rows)) == (72, 72 * LINE_ROWS)
    assert any(rows)


def test_different_words_look_different():
    assert typed(line("Paid"), 200) != typed(line("Sold"), 200)
    assert typed(line("1"), 200) != typed(line("7"), 200)


def test_an_empty_line_is_white():
    assert not any(typed([], 80)[0])
    assert not any(typed(line("\x00\x1e\u202e"), 80)[0])


def test_text_that_is_too_long_is_cut_at_the_edge():
    rows, stride = typed(line("8" * 500), 80)
    assert (stride, len(rows)) == (10, 300)


def test_letters_of_both_sizes_stand_on_one_ground_line():
    rows, stride = typed([*line("收", 2, 2), *line("A")], 72)
    assert len(rows) == stride * (LINE_ROWS + 24)
    assert not any(rows[row * stride + 6] for row in range(24)), "the small one hangs in the air"
    assert any(rows[row * stride + 6] for row in range(24, 48))


def test_without_a_chinese_font_it_still_prints(monkeypatch):
    monkeypatch.setattr("simulators.lettering.FONTS", ("no-such-font.ttf",))
    face.cache_clear()
    try:
        assert any(typed(line("ABC"), 80)[0])
    finally:
        face.cache_clear()


@pytest.mark.parametrize("width", [1, 7, 8, 9, 800])
def test_any_width_of_paper_will_do(width):
    rows, stride = typed(line("X"), width)
    assert stride == (width + 7) // 8
    assert len(rows) == stride * LINE_ROWS


@given(st.text(max_size=30))
def test_no_text_breaks_the_pen(text):
    rows, stride = typed(line(text), 80)
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
