"""What is measured of a garment, and how a number without a unit is read (M6)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain import garments
from station.domain.garments import measures_of, millimetres, size_order
from web import words

pytestmark = pytest.mark.rule("M6")
ALL = {one.key: one for kind in ("T恤", "连衣裙", "半裙", "牛仔裤") for one in measures_of(kind)}


@pytest.mark.parametrize(("said", "names"), [
    (("T恤", ""), "衣长 胸围 肩宽 袖长"),
    (("", "圆领T恤"), "衣长 胸围 肩宽 袖长"),
    (("牛仔裤", ""), "裤长 腰围 臀围 大腿围 脚口"),
    (("", "", "直筒牛仔裤"), "裤长 腰围 臀围 大腿围 脚口"),
    (("", "碎花连衣裙"), "裙长 胸围 腰围 肩宽"),
    (("半身裙", ""), "裙长 腰围 臀围"),
    (("裤装", "连衣裙"), "裤长 腰围 臀围 大腿围 脚口"),  # the category before the title
    ((), "衣长 胸围 肩宽 袖长"),
])
def test_the_category_or_the_title_says_what_is_measured(said: tuple[str, ...], names: str) -> None:
    assert [one.zh for one in measures_of(*said)] == names.split()


@pytest.mark.parametrize(("key", "number", "mm"), [
    ("waist", 82, 820), ("waist", 820, 820), ("waist", 825, 825), ("waist", 8, None),
    ("sleeve", 61, 610), ("sleeve", 615, 615), ("sleeve", 85, 850), ("hem", 18, 180),
    ("hem", 185, 185), ("trousers", 102, 1020), ("trousers", 1020, 1020),
    ("trousers", 9999, None), ("length", 0, None), ("shoulder", 44, 440),
])
def test_a_number_is_centimetres_where_a_garment_can_be_that_large(
    key: str, number: int, mm: int | None
) -> None:
    assert ALL[key].scanned(number) == mm


@given(st.sampled_from(sorted(ALL)), st.integers(0, 9999))
def test_what_is_read_is_always_a_size_that_a_garment_can_have(key: str, number: int) -> None:
    mm = ALL[key].scanned(number)
    assert mm is None or (ALL[key].fits(mm) and mm in (number, 10 * number))


@pytest.mark.parametrize(("text", "mm"), [
    ("82", 820), ("82.5", 825), (" 61,5 ", 615), ("0", 0), ("100.0", 1000), ("", None),
    ("82.55", None), ("-82", None), ("82cm", None), ("1e3", None), ("８２", None), ("1000", None),
    (".5", None),
])
def test_centimetres_are_written_with_a_tenth_at_most(text: str, mm: int | None) -> None:
    assert millimetres(text) == mm


@given(st.text(max_size=6))
def test_any_text_is_a_length_or_none(text: str) -> None:
    mm = millimetres(text)
    assert mm is None or 0 <= mm < 10_000


@given(st.integers(0, 9999))
def test_every_whole_millimetre_can_be_written(mm: int) -> None:
    assert millimetres(f"{mm / 10:.1f}") == mm


def test_sizes_hang_as_in_a_shop() -> None:
    hung = ["9", "28", "30", "XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL", "10XL", "均码"]
    mixed = random.Random(7).sample(hung, len(hung))
    assert sorted(mixed, key=size_order) == hung
    assert size_order("xl")[:2] == size_order("1XL")[:2]
    assert size_order("2XL")[:2] == size_order("XXL")[:2]


def test_every_measure_has_the_same_words_on_paper_and_on_the_screen() -> None:
    for key, one in ALL.items():
        said = words.say(f"garment.{key}")
        assert (said.zh, said.en) == (one.zh, one.en)
        assert 0 < one.smallest < one.largest < 9999
    assert garments.MAY_DIFFER_MM == 10
