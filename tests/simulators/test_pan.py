"""The pan: a damped spring with things on it, in closed form."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.pan import Pan


def shown(pan: Pan, now: float) -> Decimal | None:
    return pan.face(now).value


def still_time(pan: Pan, start: float) -> float:
    """Seconds from ``start`` until the pan says that it is stable."""
    return next(t / 100 for t in range(1000) if pan.face(start + t / 100).stable)


def test_an_empty_pan_shows_a_stable_zero():
    face = Pan().face(0.0)
    assert (face.value, face.stable, face.at_zero, face.net) == (0, True, True, False)


def test_a_load_settles_to_its_weight_rounded_to_the_division():
    pan = Pan(division=Decimal(5))
    pan.put("box", 983, 10.0)
    assert shown(pan, 15.0) == 985
    assert pan.face(15.0).stable


def test_a_load_overshoots_before_it_settles():
    pan = Pan(division=Decimal(1))
    pan.put("box", 1000, 0.0)
    course = [shown(pan, t / 100) for t in range(200)]
    assert max(course) > 1100
    assert course[0] < 50
    assert course[-1] == 1000


def test_motion_is_flagged_until_the_swing_is_within_half_a_division():
    pan = Pan()
    pan.put("box", 1000, 0.0)
    settled = still_time(pan, 0.0)
    assert 0.5 < settled < 2.5
    assert all(not pan.face(t / 100).stable for t in range(int(settled * 100) - 1))
    late = [shown(pan, settled + t / 10) for t in range(30)]
    assert max(late) - min(late) <= 5


def test_a_light_thing_settles_sooner_than_a_heavy_one():
    light, heavy = Pan(), Pan()
    light.put("shirt", 150, 0.0)
    heavy.put("crate", 20000, 0.0)
    assert still_time(light, 0.0) < still_time(heavy, 0.0)


def test_taking_a_thing_off_swings_below_zero_and_returns():
    pan = Pan(division=Decimal(1))
    pan.put("box", 1000, 0.0)
    assert pan.remove("box", 10.0) == 1000
    assert min(shown(pan, 10 + t / 100) or 0 for t in range(100)) < 0
    assert shown(pan, 20.0) == 0


def test_a_second_load_during_the_swing_joins_it():
    pan = Pan()
    pan.put("one", 1000, 0.0)
    before = pan.face(0.1).value
    pan.put("two", 500, 0.1)
    assert abs((pan.face(0.1001).value or 0) - (before or 0)) <= 10, "the needle does not jump"
    assert shown(pan, 10.0) == 1500


def test_time_may_jump():
    walked, jumped = Pan(), Pan()
    for pan in (walked, jumped):
        pan.put("box", 730, 0.0)
    for t in range(300):
        walked.face(t / 100)
    assert walked.face(3.0) == jumped.face(3.0)


def test_items_are_named_once_and_removed_by_name():
    pan = Pan()
    pan.put("box", 100, 0.0)
    with pytest.raises(ValueError, match="lies on the pan already"):
        pan.put("box", 100, 0.0)
    with pytest.raises(ValueError, match="'bag' is not on the pan; on it: box"):
        pan.remove("bag", 0.0)
    pan.clear(0.0)
    with pytest.raises(ValueError, match="on it: nothing"):
        pan.remove("box", 0.0)


def test_tare_shows_net_and_survives_an_empty_pan_as_a_negative():
    pan = Pan()
    pan.put("tray", 300, 0.0)
    assert pan.press_tare(10.0)
    assert (pan.face(10.0).value, pan.face(10.0).net) == (0, True)
    pan.put("shirt", 150, 10.0)
    assert shown(pan, 20.0) == 150
    pan.clear(20.0)
    assert shown(pan, 30.0) == -300
    assert pan.press_tare(30.0), "taring the empty pan clears the tare"
    assert (pan.face(30.0).value, pan.face(30.0).net) == (0, False)


def test_tare_and_zero_are_refused_while_it_moves():
    pan = Pan()
    pan.put("tray", 300, 0.0)
    assert not pan.press_tare(0.1)
    assert not pan.press_zero(0.1)
    assert pan.tare == 0


def test_zero_is_refused_beyond_two_percent_of_the_capacity():
    pan = Pan(capacity=30000)
    pan.put("heavy", 700, 0.0)
    assert not pan.press_zero(10.0)
    pan.clear(10.0)
    pan.put("light", 500, 20.0)
    assert pan.press_zero(30.0)
    assert shown(pan, 30.0) == 0


def test_overload_shows_no_number_from_nine_divisions_above_the_capacity():
    pan = Pan(capacity=3000, division=Decimal(5))
    pan.put("brick", 3045, 0.0)
    assert shown(pan, 20.0) == 3045
    pan.put("feather", 10, 20.0)
    face = pan.face(40.0)
    assert (face.value, face.over) == (None, True)


def test_far_below_zero_shows_no_number():
    pan = Pan(division=Decimal(5))
    pan.put("box", 500, 0.0)
    pan.power_on(10.0)
    pan.clear(10.0)
    face = pan.face(20.0)
    assert (face.value, face.under) == (None, True)


def test_switching_on_makes_what_lies_there_zero():
    pan = Pan()
    pan.put("forgotten", 400, 0.0)
    pan.power_on(10.0)
    assert shown(pan, 10.0) == 0
    pan.put("box", 1000, 10.0)
    assert shown(pan, 20.0) == 1000


def test_drift_creeps_while_the_pan_says_stable():
    pan = Pan()
    pan.put("box", 1000, 0.0)
    pan.start_drift(8.0, 10.0)
    assert shown(pan, 12.5) == 1020
    assert pan.face(12.5).stable
    pan.start_drift(0.0, 12.5)
    assert shown(pan, 13.0) == 1000


def test_noise_is_the_same_for_the_same_seed():
    def course(seed: int) -> list[Decimal | None]:
        pan = Pan(noise=10.0, division=Decimal(1), seed=seed)
        return [shown(pan, t / 10) for t in range(50)]

    assert course(1) == course(1)
    assert course(1) != course(2)
    assert len(set(course(1))) > 5


@given(st.lists(st.tuples(st.integers(1, 3000), st.floats(0.01, 2.0)), min_size=1, max_size=8))
def test_whatever_is_put_and_when_the_pan_comes_to_rest_at_the_sum(loads):
    pan, now = Pan(), 0.0
    for number, (grams, wait) in enumerate(loads):
        pan.put(f"item {number}", grams, now)
        now += wait
    face = pan.face(now + 20)
    assert face.stable
    assert abs((face.value or 0) - sum(grams for grams, _ in loads)) <= 5


@pytest.mark.parametrize(("capacity", "division"), [(0, 5), (3000, 0), (-1, 5)])
def test_an_impossible_scale_is_refused(capacity, division):
    with pytest.raises(ValueError, match="cannot be"):
        Pan(capacity=capacity, division=Decimal(division))
