"""Numbers and times as people in the shop read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import show

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("grams", "shown"), [
    (None, "—"), (0, "0 g"), (999, "999 g"), (1000, "1.000 kg"), (1005, "1.005 kg"),
    (-250, "-250 g"), (-1250, "-1.250 kg"),
])
def test_grams(grams: int | None, shown: str) -> None:
    assert show.grams(grams) == shown


@pytest.mark.parametrize(("fen", "shown"), [
    (None, "—"), (0, "¥0.00"), (5, "¥0.05"), (1250, "¥12.50"), (-1, "-¥0.01"),
])
def test_yuan(fen: int | None, shown: str) -> None:
    assert show.yuan(fen) == shown


@given(st.integers(-10**9, 10**9))
def test_money_and_weight_lose_nothing(value: int) -> None:
    assert int(show.yuan(value).replace("¥", "").replace(".", "")) == value
    assert int(show.grams(value).split()[0].replace(".", "")) == value


@pytest.mark.parametrize(("grams", "shown"), [(None, "—"), (500, "0.5 kg"), (2000, "2 kg")])
def test_charging_steps(grams: int | None, shown: str) -> None:
    assert show.kilos(grams) == shown


def test_lengths_are_centimetres() -> None:
    assert show.centimetres(825) == "82.5 cm"
    assert show.centimetres(None) == "—"


def test_times_are_the_shops() -> None:
    assert show.clock(NOON) == "11-23 12:00"
    assert show.second(NOON) == "2026-11-23 12:00:00"
    assert show.clock(None) == show.second(None) == "—"


@pytest.mark.parametrize(("left", "shown"), [
    (timedelta(minutes=5), "还有5分"), (timedelta(hours=2, minutes=3), "还有2小时3分"),
    (timedelta(days=1, hours=4), "还有1天4小时"), (timedelta(0), "已晚0分"),
    (timedelta(minutes=-61), "已晚1小时1分"),
])
def test_what_is_left_until_a_deadline(left: timedelta, shown: str) -> None:
    assert show.until(NOON + left, NOON) == shown


@given(st.text(alphabet="0123456789ABC", max_size=40))
def test_grouping_only_adds_blanks(code: str) -> None:
    assert show.grouped(code).replace(" ", "") == code


@pytest.mark.parametrize(("name", "is_known"), [
    ("黑色", True), ("浅蓝", True), ("没听过", False), ("", False),
])
def test_a_colour_is_drawn_by_its_name(name: str, is_known: bool) -> None:
    assert (show.swatch(name) != show.swatch("?")) is is_known


def test_the_last_colour_in_a_name_counts() -> None:
    assert show.swatch("米白") == show.swatch("白")


def test_equal_rows_in_a_run_are_one_row_with_their_number() -> None:
    assert show.folded(["a"] * 13 + ["b", "a"]) == ["a ×13", "b", "a"]
    assert show.folded([]) == []
