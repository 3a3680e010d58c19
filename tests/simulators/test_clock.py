"""Time is an argument."""

from __future__ import annotations

import pytest

from simulators.clock import HandClock, WallClock


def test_a_hand_clock_moves_only_when_told():
    clock = HandClock(5.0)
    assert (clock.now(), clock.now()) == (5.0, 5.0)
    assert clock.advance(2.5) == 7.5
    assert clock.now() == 7.5


def test_a_hand_clock_does_not_go_back():
    with pytest.raises(ValueError, match="cannot go back by 1"):
        HandClock().advance(-1)


def test_a_wall_clock_runs_as_fast_as_it_is_told(monkeypatch):
    wall = iter([100.0, 100.0, 101.0])
    monkeypatch.setattr("simulators.clock.time.monotonic", lambda: next(wall))
    clock = WallClock(speed=60)
    assert clock.now() == 0.0
    assert clock.now() == 60.0


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_that_stands_still_or_runs_backwards_is_refused(speed):
    with pytest.raises(ValueError, match="greater than 0"):
        WallClock(speed)
