"""What a parcel should weigh, and what would explain that it does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.verification import Article, Line
from station.domain.weights import Expected, WeightRules, expected, explain


def line(code: str, grams: int | None, quantity: int = 1, **facts: Any) -> Line:
    item, size = (*code.split("-"), "")[:2]
    sku_id = sum(code.encode())
    return Line(1, Article(sku_id, code, item, "黑色", size), quantity, quantity,
                weight_g=grams, **facts)


RULES = WeightRules(15, Decimal(2), 5)


def test_pieces_and_packaging_add_up() -> None:
    assert expected([line("JN-31", 560), line("TS-M", 160, 2)], 20, RULES) == Expected(900, 18)


def test_without_settings_fifteen_grams_two_percent_or_the_scales_error_are_allowed() -> None:
    rules = WeightRules()
    assert (rules.tolerance_g, rules.tolerance_percent, rules.scale_error_g) == (15, 2, 5)


def test_a_light_parcel_has_the_tolerance_in_grams() -> None:
    assert expected([line("TS-M", 160)], 20, RULES).tolerance_g == 15


def test_a_heavy_parcel_has_the_tolerance_in_percent_rounded_up() -> None:
    assert expected([line("JN-31", 561, 5)], 20, RULES) == Expected(2825, 57)


def test_the_tolerance_is_never_below_what_the_scale_may_be_off() -> None:
    rules = WeightRules(0, Decimal(0), 10)
    assert expected([line("TS-M", 160)], 20, rules).tolerance_g == 10


def test_a_piece_that_nobody_weighed_leaves_nothing_to_compare() -> None:
    found = expected([line("TS-M", 160), line("NEW-M", None)], 20, RULES)
    assert found == Expected(None, None)


def test_refunded_lines_weigh_nothing() -> None:
    lines = [line("TS-M", 160), line("JN-31", None, refunded=True)]
    assert expected(lines, 20, RULES).grams == 180


def test_a_piece_that_weighs_nothing_adds_nothing() -> None:
    assert expected([line("TS-M", 160), line("CARD", 0)], 20, RULES).grams == 180


def test_an_empty_parcel_has_no_expected_weight() -> None:
    assert expected([], 20, RULES).grams is None


def said(diff: int, lines: list[Line], **facts: Any) -> list[str]:
    """The explanations as short text, best first."""
    told = explain(diff, lines, **{"tolerance_g": 15, **facts})
    return [
        " ".join([message.code, *(str(v) for k, v in sorted((message.facts or {}).items())
                                  if k in ("sku", "count", "other_size"))])
        for message in told
    ]


def test_a_light_parcel_misses_the_piece_that_weighs_the_difference() -> None:
    lines = [line("JN-31", 560), line("TS-M", 160)]
    assert said(-158, lines) == ["explain.missing 1 TS-M"]
    assert said(-555, lines) == ["explain.missing 1 JN-31"]


def test_a_line_that_was_paid_back_explains_nothing() -> None:
    lines = [line("JN-31", 560), line("TS-M", 160, refunded=True)]
    assert said(163, lines) == said(163, lines[:1]) == ["explain.nothing"]


def test_a_heavy_parcel_has_a_piece_too_many() -> None:
    assert said(163, [line("JN-31", 560), line("TS-M", 160)]) == ["explain.extra 1 TS-M"]


def test_two_pieces_may_be_missing_where_two_belong_in() -> None:
    assert said(-320, [line("TS-M", 160, 2)]) == ["explain.missing 2 TS-M"]
    assert said(-320, [line("TS-M", 160, 1)]) == ["explain.nothing"]


def test_three_pieces_are_never_guessed() -> None:
    """Whoever forgot three of a thing has packed another order."""
    for diff in (-480, 480):
        assert said(diff, [line("TS-M", 160, 3)]) == ["explain.nothing"]


def test_two_pieces_may_be_too_many_of_a_thing_that_belongs_in_once() -> None:
    assert said(320, [line("TS-M", 160)]) == ["explain.extra 2 TS-M"]


def test_of_what_fits_alike_the_likelier_comes_first() -> None:
    """One piece before two, a piece before the bag, the bag before a swap."""
    lines = [line("TS-M", 160, 2), line("HD-M", 320)]
    assert said(-320, lines) == ["explain.missing 1 HD-M", "explain.missing 2 TS-M"]
    assert said(-160, [line("TS-M", 160)], packaging_g=160, siblings=[line("TS-XS", 0)]) == [
        "explain.missing 1 TS-M", "explain.no_packaging"]
    assert said(-80, [line("JN-38", 640)], packaging_g=80, siblings=[line("JN-31", 560)]) == [
        "explain.no_packaging", "explain.swapped 31 JN-38"]


def test_what_leaves_exactly_the_tolerance_is_still_a_guess() -> None:
    assert said(-145, [line("TS-M", 160)]) == ["explain.missing 1 TS-M"]
    assert said(-144, [line("TS-M", 160)]) == ["explain.nothing"]


def test_another_item_is_no_swap_however_well_it_would_fit() -> None:
    siblings = [line("TS-M", 160), line("JN-31", 560)]
    assert said(-400, [line("JN-31", 560)], siblings=siblings) == ["explain.nothing"]


def test_the_better_fit_comes_first() -> None:
    lines = [line("TS-M", 160), line("TS-L", 170)]
    assert said(-168, lines)[0] == "explain.missing 1 TS-L"
    assert said(-161, lines)[0] == "explain.missing 1 TS-M"


def test_the_rest_that_stays_unexplained_is_told() -> None:
    best = explain(-158, [line("TS-M", 160)], tolerance_g=15)[0]
    assert best.facts is not None
    assert best.facts["rest_g"] == 2


def test_a_sibling_may_have_come_in_instead() -> None:
    lines = [line("JN-31", 560)]
    siblings = [line("JN-31", 560), line("JN-38", 640), line("TS-M", 160)]
    assert said(80, lines, siblings=siblings) == ["explain.swapped JN-31".replace(
        "JN-31", "38 JN-31")]


def test_a_swap_that_would_explain_nothing_is_not_offered() -> None:
    siblings = [line("JN-30", 559), line("JN-32", 560)]
    assert said(40, [line("JN-31", 560)], siblings=siblings, tolerance_g=50) == ["explain.nothing"]


def test_a_parcel_may_have_been_weighed_without_its_bag() -> None:
    assert said(-120, [line("JN-31", 560)], packaging_g=120) == ["explain.no_packaging"]


def test_a_difference_that_no_piece_explains_is_said_to_be_one() -> None:
    assert said(-300, [line("JN-31", 560), line("TS-M", 160)]) == ["explain.nothing"]


def test_pieces_without_a_weight_explain_nothing() -> None:
    assert said(-160, [line("NEW", None), line("JN-31", 560)]) == ["explain.nothing"]


def test_no_more_than_three_guesses_are_offered() -> None:
    lines = [line(f"TS-{size}", 160) for size in ("S", "M", "L", "XL", "XXL")]
    assert len(explain(-160, lines, tolerance_g=15)) == 3


@given(
    st.lists(st.tuples(st.integers(20, 900), st.integers(1, 3)), min_size=1, max_size=5),
    st.integers(-2000, 2000),
    st.integers(1, 60),
)
def test_no_guess_leaves_more_than_the_tolerance(
    pieces: list[tuple[int, int]], diff: int, tolerance: int
) -> None:
    lines = [line(f"I{n}-M", grams, count) for n, (grams, count) in enumerate(pieces)]
    for message in explain(diff, lines, tolerance_g=tolerance, packaging_g=20):
        facts = message.facts or {}
        if message.code != "explain.nothing":
            assert int(facts["rest_g"]) <= tolerance


@pytest.mark.parametrize("missing", [0, 1, 2])
@given(noise=st.integers(-14, 14))
def test_a_single_missing_piece_is_always_among_the_guesses(missing: int, noise: int) -> None:
    lines = [line("JN-31", 560), line("TS-M", 160), line("HD-XL", 820)]
    diff = -(lines[missing].weight_g or 0) + noise
    assert f"explain.missing 1 {lines[missing].article.code}" in said(diff, lines)
