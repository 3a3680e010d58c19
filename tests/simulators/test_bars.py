"""The scanner's eye: Code 128 read from dots, against symbols drawn by zxing-cpp."""

from __future__ import annotations

import random

import numpy as np
import pytest
import zxingcpp

from simulators.bars import PATTERNS, drawn, read_codes, read_row, spelled
from simulators.mechanism import Page

START_A, START_B, START_C = 103, 104, 105
FNC1, SHIFT, TO_C, TO_B, TO_A = 102, 98, 99, 100, 101


def symbol(text: str, *, scale: int = 3) -> np.ndarray:
    """A Code 128 symbol with quiet zones, True where black."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    return np.array(barcode.to_image(scale=scale, add_quiet_zones=True)) < 128


def page_with(*placed: tuple[np.ndarray, int, int], width: int = 800, height: int = 1200) -> Page:
    """A page with pictures at x, y."""
    dots = np.zeros((height, width), np.bool_)
    for picture, x, y in placed:
        dots[y : y + picture.shape[0], x : x + picture.shape[1]] |= picture
    return Page(1, width, height, np.packbits(dots, axis=1).tobytes(), "", 0.0)


def row_of(values: list[int], *, module: int = 2, check: int | None = None) -> np.ndarray:
    """A row of dots that spells these symbol values (start first), written from the table."""
    weighted = values[0] + sum(place * value for place, value in enumerate(values))
    spelled = [*values, weighted % 103 if check is None else check]
    widths = [int(w) for value in spelled for w in PATTERNS[value]] + [2, 3, 3, 1, 1, 1, 2]
    bars = [bit for i, w in enumerate(widths) for bit in [(i + 1) % 2] * (w * module)]
    return np.array([0] * 20 + bars + [0] * 20, np.uint8)


@pytest.mark.parametrize(
    "number",
    ["773012345678901", "YT1234567890123", "SF1029384756012", "9812345678901", "JDVA01234567890",
     "@CMD:DONE", "a", "AbC-123 xyz~"],
)  # fmt: skip
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_number_is_read_from_its_bars(number, scale):
    picture = symbol(number, scale=scale)
    assert read_codes(page_with((picture, 10, 100), width=1600)) == [number]


def test_two_hundred_random_numbers_are_read_exactly():
    chance = random.Random(20261123)
    for _ in range(200):
        number = chance.choice(("77", "YT", "SF", "98")) + str(chance.randrange(10**12, 10**13))
        place = chance.randrange(0, 40), chance.randrange(0, 1000)
        assert read_codes(page_with((symbol(number), *place))) == [number]


def test_several_numbers_are_told_from_top_to_bottom_each_once():
    one, two = symbol("773000000000001", scale=2), symbol("YT0000000000002", scale=2)
    page = page_with((two, 0, 600), (one, 0, 100), (one, 0, 900))
    assert read_codes(page) == ["773000000000001", "YT0000000000002"]


def test_two_numbers_beside_each_other_are_both_read():
    one, two = symbol("7730001", scale=2), symbol("7730002", scale=2)
    assert read_codes(page_with((one, 0, 100), (two, 420, 100))) == ["7730001", "7730002"]


def test_text_and_frames_around_do_not_disturb():
    dots = np.random.default_rng(5).random((60, 300)) < 0.4
    page = page_with((dots, 20, 30), (symbol("773000000000001"), 40, 200), (dots, 300, 500))
    assert read_codes(page) == ["773000000000001"]


def test_a_blank_or_burnt_page_gives_nothing():
    assert read_codes(page_with()) == []
    picture = symbol("773000000000001").copy()
    picture[:, 150:158] = False
    assert read_codes(page_with((picture, 0, 100))) == []


def test_half_a_symbol_gives_nothing():
    picture = symbol("773000000000001")
    assert read_codes(page_with((picture[:, :200], 0, 100))) == []
    assert read_codes(page_with((picture[:, 200:], 0, 100))) == []


def test_a_torn_page_is_read_as_far_as_it_came_out():
    page = page_with((symbol("773000000000001")[:20], 0, 10), height=30)
    assert read_codes(page) == ["773000000000001"]


def test_a_wrong_check_symbol_is_no_number():
    assert list(read_row(row_of([START_B, 33, 34], check=0))) == []
    assert list(read_row(row_of([START_B, 33, 34]))) == ["AB"]


def test_a_symbol_without_data_is_no_number():
    assert list(read_row(row_of([START_C]))) == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([START_C, 77, 30, 1], "773001"),
        ([START_C, 12, TO_B, 33], "12A"),
        ([START_C, 12, TO_A, 33], "12A"),
        ([START_B, 33, TO_C, 45, 67], "A4567"),
        ([START_B, 65, TO_A, 65], "a\x01"),
        ([START_A, 33, 73, TO_B, 73], "A\ti"),
        ([START_A, 33, TO_C, 1], "A01"),
        ([START_B, 33, SHIFT, 73, 73], "A\ti"),
        ([START_A, 33, SHIFT, 73, 73], "Ai\t"),
        ([START_C, FNC1, 1, 2], "\x1d0102"),
        ([START_B, FNC1, 33, 96], "\x1dA"),
    ],
)
def test_code_sets_switch_and_shift_as_the_standard_says(values, text):
    assert list(read_row(row_of(values))) == [text]


def test_each_pattern_is_eleven_modules_and_unique():
    assert len(PATTERNS) == len(set(PATTERNS)) == 106
    assert all(sum(map(int, pattern)) == 11 for pattern in PATTERNS)


def test_an_empty_row_spells_nothing():
    assert list(read_row(np.zeros(800, np.uint8))) == []
    assert list(read_row(np.ones(800, np.uint8))) == []


# --- Drawn by a printer that is told a number ---------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "text"),
    [([("C", "773000")], "773000"), ([("B", "YT"), ("C", "12345678"), ("B", "9")], "YT123456789"),
     ([("A", "SF"), ("C", "10")], "SF10"), ([("B", "a-1")], "a-1")])
def test_what_is_drawn_is_read_here_and_elsewhere(runs, text):
    rows, stride, across = drawn(spelled(runs), 3, 40)
    assert stride == (across + 7) // 8
    dots = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(40, stride), axis=1) == 1
    assert read_codes(page_with((dots, 80, 80))) == [text]
    grey = np.where(np.pad(dots, 40), 0, 255).astype(np.uint8)
    assert [found.text for found in zxingcpp.read_barcodes(grey)] == [text]


@pytest.mark.parametrize("runs", [[("C", "123")], [("C", "1A")], [("A", "a")], [("B", "收")]])
def test_a_code_set_refuses_what_it_does_not_have(runs):
    with pytest.raises(ValueError, match="code set"):
        spelled(runs)
