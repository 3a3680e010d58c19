"""The pan of a scale: what lies on it, how it settles, and what the display shows. No bytes here.

The platform is a damped spring: after each change of load the displayed weight swings about the
true one and comes to rest. Its course is computed in closed form, so time may jump as it likes.
All weights are grams.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from decimal import Decimal

SWING_HZ = 2.2  # undamped frequency of a bench platform
DAMPING = 0.45  # below 1: it overshoots by about a fifth
STILL_AFTER = 0.4  # seconds for which a scale watches its weight before it says "stable"


@dataclass(frozen=True, slots=True)
class Face:
    """What the display shows at one moment.

    ``value`` is grams rounded to the division, net if ``net``; None while the scale shows no
    number (over or under its range). ``tare`` is what is being subtracted.
    """

    value: Decimal | None
    stable: bool
    net: bool
    over: bool
    under: bool
    at_zero: bool
    tare: Decimal
    division: Decimal


@dataclass(frozen=True, slots=True)
class _Swing:
    """The motion since the last change: where it began, how fast, and when."""

    since: float
    distance: float  # grams away from the load at that moment
    speed: float  # grams per second at that moment


class Pan:
    """A platform with named items on it."""

    def __init__(
        self,
        *,
        capacity: int = 30000,
        division: Decimal = Decimal(5),
        noise: float = 0.0,
        seed: int = 0,
    ) -> None:
        if capacity <= 0 or division <= 0:
            raise ValueError(f"a scale of {capacity} g by {division} g cannot be")
        self.capacity, self.division, self.noise = capacity, division, noise
        self.drift = 0.0  # grams per second, since ``drift_since``
        self.items: dict[str, int] = {}
        self._drift_since = 0.0
        self._chance = random.Random(seed)
        self._tare = Decimal(0)
        self._zero = 0.0
        self._swing = _Swing(-1e9, 0.0, 0.0)

    @property
    def load(self) -> int:
        """The true weight of everything on the pan."""
        return sum(self.items.values())

    @property
    def tare(self) -> Decimal:
        """What the scale subtracts."""
        return self._tare

    def put(self, item: str, grams: int, now: float) -> None:
        """Lay an item on the pan. ValueError if one of that name lies there already."""
        if item in self.items:
            raise ValueError(f"{item!r} lies on the pan already; remove it first")
        self._move({**self.items, item: grams}, now)

    def remove(self, item: str, now: float) -> int:
        """Take an item off; return its grams. ValueError names what does lie there."""
        if item not in self.items:
            there = ", ".join(self.items) or "nothing"
            raise ValueError(f"{item!r} is not on the pan; on it: {there}")
        grams = self.items[item]
        self._move({name: g for name, g in self.items.items() if name != item}, now)
        return grams

    def clear(self, now: float) -> None:
        """Take everything off."""
        self._move({}, now)

    def start_drift(self, grams_per_second: float, now: float) -> None:
        """Let the reading creep from now on; 0 stops and forgets the creep."""
        self.drift, self._drift_since = grams_per_second, now

    def press_tare(self, now: float) -> bool:
        """Take the present weight as tare; an empty pan clears it. False while it moves."""
        if not self.still(now):
            return False
        self._tare = max(self._rounded(self._gross(now)), Decimal(0))
        return True

    def preset_tare(self, grams: Decimal) -> None:
        """Set the tare to a known weight; 0 clears it."""
        self._tare = grams

    def press_zero(self, now: float) -> bool:
        """Call the present weight zero: refused while moving or beyond 2 % of the capacity."""
        if not self.still(now) or abs(self._gross(now)) > self.capacity * 0.02:
            return False
        self._zero += self._gross(now)
        self._tare = Decimal(0)
        return True

    def power_on(self, now: float) -> None:
        """What a restart does: whatever lies on the pan is zero, and the tare is gone."""
        self._zero = self._true(now)
        self._tare = Decimal(0)

    def still(self, now: float) -> bool:
        """True once the swing stays within half a division and has been watched for a moment."""
        if now - self._swing.since < STILL_AFTER:
            return False
        return self._envelope(now - STILL_AFTER / 2) < float(self.division) / 2

    def face(self, now: float) -> Face:
        """The display now."""
        gross = self._gross(now)
        if self.noise:
            gross += self._chance.gauss(0, self.noise)
        over = gross > self.capacity + 9 * float(self.division)
        under = gross < -20 * float(self.division)
        rounded = self._rounded(gross)
        return Face(
            value=None if over or under else rounded - self._tare,
            stable=self.still(now),
            net=self._tare != 0,
            over=over,
            under=under,
            at_zero=rounded == 0,
            tare=self._tare,
            division=self.division,
        )

    def _move(self, items: dict[str, int], now: float) -> None:
        before = self.load
        distance, speed = self._motion(now)
        self.items = items
        self._swing = _Swing(now, distance + before - self.load, speed)

    def _rounded(self, grams: float) -> Decimal:
        return Decimal(round(grams / float(self.division))) * self.division

    def _gross(self, now: float) -> float:
        return self._true(now) - self._zero

    def _true(self, now: float) -> float:
        creep = self.drift * (now - self._drift_since) if self.drift else 0.0
        return self.load + self._motion(now)[0] + creep

    def _motion(self, now: float) -> tuple[float, float]:
        """Distance from rest and its speed: the free response of a damped spring."""
        swing = self._swing
        passed = now - swing.since
        omega = 2 * math.pi * SWING_HZ
        decay, turn = DAMPING * omega, omega * math.sqrt(1 - DAMPING**2)
        if passed * decay > 50:
            return 0.0, 0.0
        a, b = swing.distance, (swing.speed + decay * swing.distance) / turn
        fade = math.exp(-decay * passed)
        wave_cos, wave_sin = math.cos(turn * passed), math.sin(turn * passed)
        where = fade * (a * wave_cos + b * wave_sin)
        speed = fade * (turn * (b * wave_cos - a * wave_sin)) - decay * where
        return where, speed

    def _envelope(self, now: float) -> float:
        swing = self._swing
        omega = 2 * math.pi * SWING_HZ
        decay, turn = DAMPING * omega, omega * math.sqrt(1 - DAMPING**2)
        reach = math.hypot(swing.distance, (swing.speed + decay * swing.distance) / turn)
        return reach * math.exp(-min(decay * (now - swing.since), 700.0))
