"""The label that ZPL, CPCL and EPL are drawn on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.dots import Dots
from simulators.mechanism import End, Strip


def rows_of(dots: Dots) -> bytes:
    strip = dots.label()[0]
    assert isinstance(strip, Strip)
    return strip.rows


def test_a_new_label_is_white_and_padded_to_bytes():
    assert rows_of(Dots(12, 3)) == bytes(6)


def test_a_bitmap_stands_where_it_is_put_at_any_dot():
    dots = Dots(16, 2)
    assert dots.put(3, 1, 1, b"\xff")
    assert rows_of(dots) == b"\x00\x00\x1f\xe0"


def test_white_is_transparent():
    dots = Dots(8, 1)
    dots.put(0, 0, 1, b"\xf0")
    dots.put(0, 0, 1, b"\x0f")
    assert rows_of(dots) == b"\xff"


@pytest.mark.parametrize(("x", "y", "fits"), [(9, 0, False), (0, 2, False), (8, 1, True)])
def test_what_hangs_over_is_cut_off_and_told(x, y, fits):
    assert Dots(16, 2).put(x, y, 1, b"\xff") is fits


def test_white_that_hangs_over_is_nothing_lost():
    dots = Dots(10, 1)
    assert dots.put(8, 0, 1, b"\xc0")
    assert dots.put(0, 5, 1, b"\x00")
    assert rows_of(dots) == b"\x00\xc0"


def test_a_box_is_black_and_cut_at_the_edge():
    dots = Dots(8, 4)
    assert dots.box(2, 1, 3, 2)
    assert rows_of(dots) == b"\x00\x38\x38\x00"
    assert not dots.box(6, 3, 4, 4)
    assert rows_of(dots) == b"\x00\x38\x38\x03"


def test_turned_is_upside_down_and_mirrored():
    dots = Dots(10, 2)
    dots.put(0, 0, 2, b"\xc0\x40")
    assert rows_of(dots.turned()) == b"\x00\x00\x80\xc0"


@given(st.integers(1, 30), st.integers(1, 9), st.binary(min_size=1, max_size=9))
def test_turned_twice_is_itself(width, height, rows):
    dots = Dots(width, height)
    dots.put(0, 0, 1, rows)
    assert rows_of(dots.turned().turned()) == rows_of(dots)


def test_a_label_is_printed_as_often_as_asked_and_ends_each_time():
    actions = Dots(8, 1).label(3)
    assert [type(action) for action in actions] == [Strip, End] * 3
    assert actions[1] == End("label", 8)
