"""A page taken apart into bars and patches is the page, whatever is on it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Bitmap
from drivers.printer.ink import BAR_DOTS, RULE_DOTS, Bar, Patch, drawing, whole


def put_together(page, drawn):
    """Draw bars and patches dot by dot; every dot of a patch must be new."""
    dots = [[0] * page.stride * 8 for _ in range(page.height)]
    touched = set()
    for patch in drawn.patches:
        assert len(patch.rows) == patch.stride * patch.height
        for y in range(patch.height):
            for column in range(patch.stride):
                place = (patch.y + y, patch.column + column)
                assert place not in touched, "two patches share a byte"
                touched.add(place)
                byte = patch.rows[y * patch.stride + column]
                for bit in range(8):
                    dots[place[0]][place[1] * 8 + bit] = byte >> (7 - bit) & 1
    for bar in drawn.bars:
        for y in range(bar.y, bar.y + bar.height):
            dots[y][bar.x : bar.x + bar.width] = [1] * bar.width
    return bytes(
        sum(bit << (7 - place) for place, bit in enumerate(row[start : start + 8]))
        for row in dots
        for start in range(0, page.stride * 8, 8)
    )


def page_of(width, height, *boxes):
    """A page with black boxes (x, y, width, height)."""
    stride = (width + 7) // 8
    rows = [0] * height
    for x, y, wide, high in boxes:
        for row in range(y, min(height, y + high)):
            rows[row] |= (((1 << wide) - 1) << stride * 8) >> (x + wide)
    mask = ((1 << width) - 1) << (stride * 8 - width)
    return Bitmap(width, height, b"".join((row & mask).to_bytes(stride, "big") for row in rows))


BOXES = st.lists(
    st.tuples(
        st.integers(0, 150), st.integers(0, 90), st.integers(1, 150), st.integers(1, 90)
    ),
    max_size=12,
)


@given(st.integers(1, 160), st.integers(1, 100), BOXES)
def test_any_boxes_come_back_dot_for_dot(width, height, boxes):
    page = page_of(width, height, *boxes)
    assert put_together(page, drawing(page)) == page.rows


@given(st.integers(1, 90), st.integers(1, 50), st.integers(0, 1 << 30), st.integers(0, 255))
def test_any_noise_comes_back_dot_for_dot(width, height, seed, thinned):
    page = page_of(width, height)
    noise = bytearray(seed.to_bytes(4, "big") * (len(page.rows) // 4 + 1))[: len(page.rows)]
    mask = 0xFF << (-width % 8) & 0xFF
    for place in range(len(noise)):
        noise[place] &= thinned
        if place % page.stride == page.stride - 1:
            noise[place] &= mask
    page = Bitmap(width, height, bytes(noise))
    assert put_together(page, drawing(page)) == page.rows


def test_a_white_page_is_nothing():
    assert drawing(page_of(800, 1200)) == drawing(page_of(8, 1))
    assert not drawing(page_of(800, 1200)).patches


def test_a_whole_page_is_one_patch():
    page = page_of(16, 2, (0, 0, 3, 2))
    assert whole(page) == Patch(0, 0, 2, page.rows)
    assert (whole(page).x, whole(page).height) == (0, 2)


def test_a_frame_is_four_bars_and_no_dots():
    page = page_of(
        800, 400, (10, 10, 780, 3), (10, 387, 780, 3), (10, 10, 3, 380), (787, 10, 3, 380)
    )
    drawn = drawing(page)
    assert not drawn.patches
    assert set(drawn.bars) == {
        Bar(10, 10, 780, 3), Bar(10, 387, 780, 3), Bar(10, 13, 3, 374), Bar(787, 13, 3, 374),
    }  # fmt: skip


def test_the_bars_of_a_barcode_are_bars():
    bars = [(20 + 9 * number, 30, 3, 100) for number in range(30)]
    drawn = drawing(page_of(400, 200, *bars))
    assert [(bar.x, bar.y, bar.width, bar.height) for bar in drawn.bars] == bars
    assert not drawn.patches


def test_short_strokes_stay_dots():
    drawn = drawing(page_of(200, 100, (8, 8, RULE_DOTS - 1, BAR_DOTS - 1)))
    assert not drawn.bars
    (patch,) = drawn.patches
    assert (patch.column, patch.y, patch.stride, patch.height) == (1, 8, 8, BAR_DOTS - 1)


def test_two_far_words_are_two_patches_and_two_near_ones_are_one():
    far = drawing(page_of(800, 40, (0, 0, 20, 20), (700, 0, 20, 20)))
    near = drawing(page_of(800, 40, (0, 0, 20, 20), (32, 0, 20, 20)))
    assert [patch.x for patch in far.patches] == [0, 696]
    assert len(near.patches) == 1


@pytest.mark.parametrize(
    ("box", "is_bar"),
    [
        ((8, 8, 64, 3), True),  # as wide as no stroke is, and 24 bytes: as dear as a command
        ((8, 8, 63, 4), False),
        ((8, 8, 64, 2), False),
        ((8, 8, 8, 24), True),  # the same upright
        ((8, 8, 9, 23), False),
        ((8, 8, 7, 24), False),
    ],
)
def test_black_is_a_bar_where_that_costs_no_more(box, is_bar):
    drawn = drawing(page_of(160, 64, *[box]))
    assert list(drawn.bars) == ([Bar(*box)] if is_bar else [])
    assert bool(drawn.patches) != is_bar


@pytest.mark.parametrize(("gap", "patches"), [(2, 1), (3, 2)])
def test_white_is_sent_along_where_it_costs_no_more_than_a_command(gap, patches):
    """24 bytes: 2 bytes of 12 rows each beside each other, 2 rows of 12 bytes one below another."""
    beside = page_of(160, 16, (0, 0, 8, 12), (8 + 8 * gap, 0, 8, 12))
    below = page_of(96, 32, *[(x, y, 20, 5) for x in (0, 25, 50, 76) for y in (0, 5 + gap)])
    assert len(drawing(beside).patches) == patches
    assert len(drawing(below).patches) == patches


def test_a_bar_in_the_upper_right_corner_is_a_bar_from_its_first_row_on():
    assert list(drawing(page_of(160, 220, (159, 0, 1, 200))).bars) == [Bar(159, 0, 1, 200)]


def test_white_at_the_right_edge_is_left_out():
    (patch,) = drawing(page_of(800, 20, (784, 0, 8, 20))).patches
    assert (patch.x, patch.stride) == (784, 1)


def test_patches_come_from_the_top_left_in_reading_order():
    drawn = drawing(page_of(800, 400, (0, 0, 9, 9), (700, 0, 9, 9), (0, 300, 9, 9)))
    places = [(patch.y, patch.x) for patch in drawn.patches]
    assert places == sorted(places)
    assert len(places) == 3


def test_a_page_is_taken_apart_in_a_few_milliseconds():
    text = [(30 + 26 * (n % 28), 40 + 40 * (n // 28), 20, 22) for n in range(28 * 25)]
    page = page_of(800, 1200, (10, 10, 780, 3), (10, 10, 3, 1180), (787, 10, 3, 1180), *text)
    seconds = []
    for _ in range(9):
        start = time.process_time()
        drawing(page)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.05


@pytest.mark.parametrize("width", [1, 7, 8, 9, 799])
def test_a_black_page_is_one_bar_if_it_is_large(width):
    drawn = drawing(page_of(width, 200, (0, 0, width, 200)))
    assert put_together(page_of(width, 200, (0, 0, width, 200)), drawn)
    assert len(drawn.bars) + len(drawn.patches) == 1
