"""Where simulated devices take their time from: the wall (at any speed) or a test's hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that only grow. Every simulator asks one of these and nothing else."""

    def now(self) -> float:
        """Virtual seconds since the simulation began."""
        ...


class WallClock:
    """The computer's monotonic clock, ``speed`` times as fast (60 = an hour in a minute)."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed is {speed}; it must be greater than 0")
        self.speed = speed
        self._start = time.monotonic()

    def now(self) -> float:
        """Virtual seconds since this clock was made."""
        return (time.monotonic() - self._start) * self.speed


class HandClock:
    """A clock that moves only when told: a test's whole day takes no time."""

    def __init__(self, at: float = 0.0) -> None:
        self._at = at

    def now(self) -> float:
        """The second that the hand shows."""
        return self._at

    def advance(self, seconds: float) -> float:
        """Move the hand; return the new second. ValueError if it would go back."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        self._at += seconds
        return self._at
