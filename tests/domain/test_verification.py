"""What a scanned piece is told: decided from values alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.refusals import Code, Refusal
from station.domain.verification import (
    WAIST_MAX_MM,
    WAIST_MIN_MM,
    Article,
    Line,
    complete,
    judge,
    judge_waist,
    to_measure,
    typed_waist,
)

JEANS_31 = Article(1, "JN-B-31", "JN8801", "黑色", "31")
JEANS_32 = Article(2, "JN-B-32", "JN8801", "黑色", "32")
JEANS_BLUE_31 = Article(3, "JN-L-31", "JN8801", "蓝色", "31")
JEANS_BLUE_32 = Article(4, "JN-L-32", "JN8801", "蓝色", "32")
SHIRT = Article(5, "TS-W-M", "TS1103", "白色", "M")


def line(article: Article, quantity: int = 1, packed: int = 0, **facts: Any) -> Line:
    return Line(facts.pop("id", article.sku_id or 0), article, quantity, packed, **facts)


def why(verdict: Line | Refusal) -> Code | None:
    return verdict.code if isinstance(verdict, Refusal) else None


@pytest.mark.rule("D4")
@pytest.mark.parametrize(
    ("scanned", "expected"),
    [
        (JEANS_31, None),
        (JEANS_32, Code.ITEM_WRONG_SIZE),
        (JEANS_BLUE_31, Code.ITEM_WRONG_COLOR),
        (JEANS_BLUE_32, Code.ITEM_WRONG_COLOR),
        (SHIRT, Code.ITEM_WRONG),
        (None, Code.ITEM_UNKNOWN),
    ],
)
def test_each_way_of_being_wrong_has_its_own_answer(
    scanned: Article | None, expected: Code | None
) -> None:
    assert why(judge([line(JEANS_31)], scanned)) == expected


@pytest.mark.pain("40")
def test_a_wrong_size_names_the_size_that_is_wanted() -> None:
    verdict = judge([line(JEANS_31)], JEANS_32)
    assert isinstance(verdict, Refusal)
    assert verdict.facts["size"] == "32"
    assert verdict.facts["wanted_size"] == "31"


def test_the_nearest_missing_line_explains_a_wrong_piece() -> None:
    verdict = judge([line(JEANS_BLUE_31), line(JEANS_31, 1, 1)], JEANS_BLUE_32)
    assert why(verdict) is Code.ITEM_WRONG_SIZE


def test_a_line_that_is_full_still_explains_when_nothing_else_is_missing() -> None:
    assert why(judge([line(JEANS_31, 1, 1)], JEANS_32)) is Code.ITEM_WRONG_SIZE


def test_an_article_of_the_same_look_under_another_code_is_still_wrong() -> None:
    twin = replace(JEANS_31, sku_id=77, code="OLD-31")
    assert why(judge([line(JEANS_31)], twin)) is Code.ITEM_WRONG


def test_articles_without_an_item_number_are_never_kin() -> None:
    nameless = Article(8, "X1", "", "黑色", "31")
    other = Article(9, "X2", "", "黑色", "32")
    assert why(judge([line(nameless)], other)) is Code.ITEM_WRONG


def test_one_too_many_is_refused_and_says_how_many_belong_in() -> None:
    verdict = judge([line(SHIRT, 2, 2)], SHIRT)
    assert isinstance(verdict, Refusal)
    assert verdict.code is Code.ITEM_TOO_MANY
    assert verdict.facts["quantity"] == 2


@pytest.mark.parametrize("count", [0, -1, 3, 999])
def test_a_count_that_does_not_fit_puts_nothing_in(count: int) -> None:
    assert why(judge([line(SHIRT, 2)], SHIRT, count)) is Code.ITEM_TOO_MANY


def test_a_refunded_line_takes_nothing_and_says_why() -> None:
    assert why(judge([line(SHIRT, refunded=True)], SHIRT)) is Code.ITEM_REFUNDED


def filled(verdict: tuple[Line, ...] | Refusal) -> dict[int, int]:
    """How many pieces are in each line that changes."""
    assert isinstance(verdict, tuple)
    return {each.id: each.packed for each in verdict}


def test_a_second_line_of_the_same_article_takes_what_the_first_no_longer_needs() -> None:
    lines = [line(JEANS_31, 1, 1, id=10), line(JEANS_31, 1, 0, id=11)]
    assert filled(judge(lines, JEANS_31)) == {11: 1}


def test_a_refunded_line_leaves_its_twin_open() -> None:
    lines = [line(JEANS_31, id=10, refunded=True), line(JEANS_31, id=11)]
    assert filled(judge(lines, JEANS_31)) == {11: 1}


def test_a_count_may_spread_over_no_more_than_is_missing_of_the_article() -> None:
    lines = [line(SHIRT, 2, 1, id=1), line(SHIRT, 1, 0, id=2)]
    assert why(judge(lines, SHIRT, 3)) is Code.ITEM_TOO_MANY


def test_a_count_fills_the_first_line_and_goes_on_to_the_next() -> None:
    lines = [line(SHIRT, 2, 1, id=1), line(JEANS_31, id=2), line(SHIRT, 3, 0, id=3)]
    assert filled(judge(lines, SHIRT, 3)) == {1: 2, 3: 2}


lines_strategy = st.lists(
    st.builds(
        Line,
        id=st.integers(1, 99),
        article=st.sampled_from([JEANS_31, JEANS_32, JEANS_BLUE_31, SHIRT]),
        quantity=st.integers(1, 4),
        packed=st.integers(0, 4),
        refunded=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda each: each.id,
)


@given(lines_strategy, st.sampled_from([JEANS_31, SHIRT, JEANS_BLUE_32, None]), st.integers(-2, 6))
def test_nothing_is_ever_put_into_a_line_that_does_not_miss_it(
    lines: list[Line], article: Article | None, count: int
) -> None:
    verdict = judge(lines, article, count)
    if isinstance(verdict, Refusal):
        return
    assert article is not None
    before = {each.id: each for each in lines}
    assert sum(each.packed - before[each.id].packed for each in verdict) == count
    for each in verdict:
        assert each.article.sku_id == article.sku_id
        assert before[each.id].packed < each.packed <= each.needed


# --- Whole, and measured ------------------------------------------------------------------------


def test_a_parcel_is_complete_with_exactly_its_content() -> None:
    assert complete([line(SHIRT, 2, 2), line(JEANS_31, 1, 1)])
    assert not complete([line(SHIRT, 2, 1), line(JEANS_31, 1, 1)])
    assert not complete([line(SHIRT, 2, 3)])


def test_a_refunded_piece_that_is_inside_keeps_the_parcel_open() -> None:
    assert not complete([line(SHIRT, 1, 1), line(JEANS_31, 1, 1, refunded=True)])
    assert complete([line(SHIRT, 1, 1), line(JEANS_31, 1, 0, refunded=True)])


def test_a_parcel_without_content_is_never_complete() -> None:
    assert not complete([])
    assert not complete([line(SHIRT, 1, 0, refunded=True)])


@pytest.mark.rule("D4")
def test_a_piece_that_was_not_measured_keeps_the_parcel_open() -> None:
    jeans = line(JEANS_31, 2, 2, measure=True, measured_mm=(740,))
    assert jeans.unmeasured == 1
    assert not complete([jeans])
    assert to_measure([line(SHIRT, 1, 1), jeans]) is jeans
    assert complete([replace(jeans, measured_mm=(740, 745))])


@pytest.mark.rule("D4")
@pytest.mark.parametrize(
    ("measured", "expected"),
    [(740, None), (750, None), (730, None), (751, Code.MEASURE_OFF), (729, Code.MEASURE_OFF),
     (399, Code.MEASURE_IMPLAUSIBLE), (1601, Code.MEASURE_IMPLAUSIBLE),
     (31, Code.MEASURE_IMPLAUSIBLE), (0, Code.MEASURE_IMPLAUSIBLE)],
)
def test_a_waist_must_be_within_a_centimetre_of_what_the_buyer_confirmed(
    measured: int, expected: Code | None
) -> None:
    jeans = line(JEANS_31, 1, 1, measure=True, waist_mm=740)
    assert why(judge_waist([jeans], jeans, measured, 10)) == expected


def test_the_number_on_the_size_label_is_known_to_be_copied() -> None:
    jeans = line(JEANS_31, 1, 1, measure=True, waist_mm=740)
    refused = judge_waist([jeans], jeans, 31, 10)
    assert isinstance(refused, Refusal)
    assert refused.facts["copied"] == 1


def test_a_waist_that_nobody_confirmed_takes_any_plausible_value() -> None:
    jeans = line(JEANS_31, 1, 1, measure=True)
    assert judge_waist([jeans], jeans, 833, 10) is jeans


def test_an_off_waist_of_an_unconfirmed_line_has_no_wanted_value() -> None:
    confirmed = line(JEANS_31, 1, 1, measure=True, waist_mm=740)
    refused = judge_waist([confirmed], confirmed, 900, 10)
    assert isinstance(refused, Refusal)
    assert refused.facts["wanted_mm"] == 740


def test_the_value_finds_the_line_whose_waist_it_has() -> None:
    narrow = line(JEANS_31, 1, 1, id=1, measure=True, waist_mm=740)
    wide = line(JEANS_31, 1, 0, id=2, measure=True, waist_mm=790)
    assert judge_waist([narrow, wide], narrow, 788, 10) is wide


def test_a_full_line_cannot_take_another_lines_piece() -> None:
    narrow = line(JEANS_31, 1, 1, id=1, measure=True, waist_mm=740)
    full = line(JEANS_31, 1, 1, id=2, measure=True, waist_mm=790, measured_mm=(790,))
    assert why(judge_waist([narrow, full], narrow, 788, 10)) is Code.MEASURE_OFF


def test_a_confirmed_waist_is_served_before_one_that_nobody_confirmed() -> None:
    anyone = line(JEANS_31, 1, 1, id=1, measure=True)
    confirmed = line(JEANS_31, 1, 0, id=2, measure=True, waist_mm=740)
    assert judge_waist([anyone, confirmed], anyone, 742, 10) is confirmed


@pytest.mark.parametrize(
    ("typed", "size", "meant"),
    [(74, "31", 740), (740, "31", 740), (745, "31", 745), (160, "31", 1600), (161, "31", 161),
     (39, "31", 39), (76, "76", 76), (31, "31", 31), (1600, "31", 1600), (84, "175/84A", 84)],
)
def test_a_typed_waist_is_millimetres_or_whole_centimetres(
    typed: int, size: str, meant: int
) -> None:
    assert typed_waist(typed, line(replace(JEANS_31, size=size))) == meant


@given(st.integers(0, 9999), st.sampled_from(["31", "76", "M", "175/84A", "28-29"]))
def test_no_typed_number_is_plausible_both_ways(typed: int, size: str) -> None:
    waist = typed_waist(typed, line(replace(JEANS_31, size=size)))
    assert waist in (typed, typed * 10)
    if waist != typed:
        assert not WAIST_MIN_MM <= typed <= WAIST_MAX_MM
        assert WAIST_MIN_MM <= waist <= WAIST_MAX_MM
