"""The same code within 300 ms is one scan; afterwards, or from elsewhere, it is another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner.bounce import WINDOW, Bounce


@pytest.mark.fault("F6")
@pytest.mark.parametrize(("seconds", "bounces"), [
    (0.0, True), (0.05, True), (0.299, True), (0.301, False), (1.0, False), (3600.0, False),
])
def test_a_repeat_is_a_bounce_for_300_ms(seconds: float, bounces: bool) -> None:
    bounce = Bounce()
    assert not bounce.is_bounce("left", "A1", 50.0)
    assert bounce.is_bounce("left", "A1", 50.0 + seconds) is bounces


def test_the_last_moment_of_the_window_is_still_a_bounce() -> None:
    bounce = Bounce(0.25)
    assert [bounce.is_bounce("left", "A1", at) for at in (50.0, 50.25, 50.75)] == [
        False, True, False]


@pytest.mark.rule("D4")
def test_two_equal_items_are_two_scans() -> None:
    bounce = Bounce()
    times = (10.0, 10.1, 10.8, 10.85, 11.6)
    assert [bounce.is_bounce("left", "A1", at) for at in times] == [
        False, True, False, True, False]


def test_a_code_kept_before_the_scanner_stays_one_scan() -> None:
    bounce = Bounce()
    seen = [bounce.is_bounce("left", "A1", 10 + step * 0.2) for step in range(20)]
    assert seen == [False] + [True] * 19
    assert not bounce.is_bounce("left", "A1", 10 + 19 * 0.2 + 0.31)


def test_other_codes_and_other_scanners_are_never_bounces() -> None:
    bounce = Bounce()
    seen = [("left", "A1"), ("left", "A2"), ("right", "A1"), ("right", "A2")]
    assert not any(bounce.is_bounce(*scan, 10.0) for scan in seen)


def test_a_code_seen_between_two_reads_of_another_does_not_make_it_new() -> None:
    bounce = Bounce()
    assert [bounce.is_bounce("left", code, 10.0) for code in ("A1", "A2", "A1")] == [
        False, False, True]


def test_the_window_can_be_set_to_nothing() -> None:
    bounce = Bounce(0)
    assert not any(bounce.is_bounce("left", "A1", 10.0) for _ in range(3))


def test_what_is_older_than_the_window_is_forgotten() -> None:
    bounce = Bounce()
    for number in range(1000):
        bounce.is_bounce("left", str(number), number * 0.1)
    assert len(bounce._last) <= 4


@pytest.mark.fault("F6")
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12"), st.floats(0, 0.5))))
def test_a_scan_counts_exactly_if_its_code_was_away_for_longer_than_the_window(
    steps: list[tuple[str, str, float]],
) -> None:
    bounce, at, last = Bounce(), 0.0, {}
    for device, code, pause in steps:
        at += pause
        away = at - last.get((device, code), float("-inf"))
        if abs(away - WINDOW) > 1e-6:
            assert bounce.is_bounce(device, code, at) == (away <= WINDOW)
        else:
            bounce.is_bounce(device, code, at)
        last[device, code] = at
