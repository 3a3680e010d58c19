"""What the day's checks with known weights say of a scale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.scale_checks import CheckRules, CheckState, Shown, due, judge, state

RULES = CheckRules((500, 2000), tolerance_g=5)


@pytest.mark.parametrize(("shown", "passed"), [
    (500, True), (505, True), (495, True), (506, False), (494, False), (0, False), (-500, False),
])
def test_a_scale_may_be_off_by_the_tolerance_and_no_gram_more(shown: int, passed: bool) -> None:
    judged = judge(500, shown, RULES)
    assert (judged.passed, judged.off_g) == (passed, shown - 500)


def test_a_day_without_a_check_is_due() -> None:
    assert (state([], RULES), due([], RULES)) == (CheckState.DUE, (500, 2000))


def test_every_known_weight_must_pass() -> None:
    first = judge(500, 501, RULES)
    assert (state([first], RULES), due([first], RULES)) == (CheckState.DUE, (2000,))
    both = [first, judge(2000, 1998, RULES)]
    assert (state(both, RULES), due(both, RULES)) == (CheckState.PASSED, ())


def test_the_last_check_with_a_weight_counts() -> None:
    bad, good = judge(500, 540, RULES), judge(500, 500, RULES)
    other = judge(2000, 2000, RULES)
    assert state([bad, other], RULES) is CheckState.FAILED
    assert state([bad, other, good], RULES) is CheckState.PASSED
    assert state([good, other, bad], RULES) is CheckState.FAILED


def test_a_failure_counts_even_of_a_weight_that_left_the_settings() -> None:
    assert state([Shown(1000, 900, passed=False)], RULES) is CheckState.FAILED


def test_without_known_weights_nothing_is_ever_due() -> None:
    assert state([], CheckRules(())) is CheckState.PASSED


@given(st.lists(st.tuples(st.sampled_from([500, 2000]), st.integers(0, 3000))))
def test_a_scale_has_passed_exactly_when_the_last_check_of_each_weight_has(
    checks: list[tuple[int, int]],
) -> None:
    shown = [judge(known, value, RULES) for known, value in checks]
    last = dict(checks)
    passed = all(abs(last.get(known, -9999) - known) <= 5 for known in RULES.weights_g)
    assert (state(shown, RULES) is CheckState.PASSED) is passed
