"""When a scale's number is this parcel's weight, and what a wrong weight would mean.

A number on a scale is believed only if all of this holds: the scale itself says stable, and the
value stayed within one division for the settling time (scales call a creeping load stable, and
moving ones repeat a value several times, so neither alone is enough); it is younger than a second;
and the pan was empty, or carries another load, since the last parcel was weighed. A pan that
rested below zero has a tare left on, or something was lifted off it: nothing laid on it weighs what
the scale says until it shows an empty pan again. Protocols
without a stable flag must show one unchanged value for longer than the settling time, in time and
never in a number of frames. Whatever else the scale says is a refusal with its own name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import islice, takewhile
from operator import itemgetter
from typing import Protocol

from station.domain.refusals import Code, Refusal
from station.domain.verification import Line
from station.domain.vocabulary import Grams, Message

FLAGLESS_SETTLE_S = 1.0
"""Without a stable flag a moving load shows the same value for up to four frames: wait longer."""

_EMPTY_HOLD_S = 0.3  # "empty" of a flagless scale, "below zero" of any: believed after this long
_SILENT_AGES = 3  # readings this many times too old are silence, not a late frame
_WINDOW_FRAMES = 8192  # 200 frames a second through the longest settling time there is, 30 s
_FRAMES_KEPT = 64  # of the window, the latest: what proves the weight


class PanReading(Protocol):
    """What is read of a scale's frame: drivers.interfaces.Reading has this shape."""

    @property
    def grams(self) -> Decimal | None:
        """The exact weight, or None."""

    @property
    def stable(self) -> bool | None:
        """The scale's own flag, None where its protocol has none."""

    @property
    def mode(self) -> str | None:
        """gross, net, tare or None."""

    @property
    def status(self) -> str:
        """ok, motion, overload, underload, zero, error, ambiguous or unsupported."""

    @property
    def raw(self) -> bytes:
        """The frame as it came."""

    @property
    def at(self) -> float:
        """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class PanRules:
    """When a reading is believed. Seconds and grams; ``empty_g`` is what still counts as empty."""

    settle_s: float = 1.0
    max_age_s: float = 1.0
    division_g: Decimal = Decimal(5)
    allow_net: bool = False

    @property
    def empty_g(self) -> Decimal:
        """Two divisions: what a scale at rest may wander, and less than any parcel."""
        return 2 * self.division_g

    @property
    def change_g(self) -> Decimal:
        """A load this much off the last parcel's is another load; drift and a touch are less."""
        return max(4 * self.division_g, Decimal(20))


@dataclass(frozen=True, slots=True)
class TakenWeight:
    """An accepted weight with the raw frames that prove it."""

    grams: Grams
    frames: tuple[bytes, ...]
    scale: str = ""


class PanWatch:
    """Watches one scale's readings and says when they are a weight. Not shared between threads.

    ``last_g`` is the last weight that was taken from this scale, None if none ever was: after a
    restart it comes from the database, so that a parcel left on the pan is not weighed twice.
    """

    def __init__(self, rules: PanRules, *, scale: str = "", last_g: Grams | None = None) -> None:
        self.rules = rules
        self.scale = scale
        self._last_g = last_g
        self._cleared = False
        self._below_since: float | None = None
        self._below_mode: str | None = None
        self._zero_lost = False
        self._window: deque[PanReading] = deque(maxlen=_WINDOW_FRAMES)

    def feed(self, reading: PanReading) -> None:
        """Take the next reading; readings must come in the order of their times."""
        if self._window and self._breaks(self._window[-1], reading):
            self._window.clear()
        self._window.append(reading)
        if _trouble(reading, self.rules) is None and self._looks_empty():
            self._cleared, self._zero_lost = True, False
        self._look_below(reading)

    def clear(self) -> None:
        """The scale was away: forget what was seen, also that the pan was empty."""
        self._window.clear()
        self._cleared = self._zero_lost = False
        self._below_since = None

    def taken(self, weight: TakenWeight) -> None:
        """This weight was booked: the pan must be cleared, or change, before the next one."""
        self._last_g = weight.grams
        self._cleared = False

    def verdict(self, now: float) -> TakenWeight | Refusal:
        """The weight on the pan at monotonic ``now``, or why there is none."""
        problem = self._problem(now)
        if problem is not None:
            return Refusal(problem)
        steady = self._steady()
        if steady is None:
            return Refusal(Code.WEIGHT_MOTION)
        last_g = self._still_there(steady[-1])
        if last_g is not None:
            return Refusal(Code.WEIGHT_NOT_CLEARED, {"last_g": last_g})
        frames = tuple(reading.raw for reading in steady[-_FRAMES_KEPT:])
        return TakenWeight(_whole_grams(steady[-1]), frames, self.scale)

    def current(self, now: float) -> tuple[Code | None, Grams | None]:
        """What the screen shows: the problem, if any, and the grams if the number is one."""
        problem = self._problem(now)
        shown = (None, Code.WEIGHT_MOTION, Code.WEIGHT_EMPTY, Code.WEIGHT_NEGATIVE, Code.WEIGHT_NET)
        if problem not in shown or not self._window or self._window[-1].grams is None:
            return problem, None
        if problem is None and self._steady() is None:
            problem = Code.WEIGHT_MOTION
        if problem is Code.WEIGHT_EMPTY and not self._may_be_laid_on():
            problem = Code.WEIGHT_MOTION  # who sees "empty" lays the next parcel on at once
        return problem, _whole_grams(self._window[-1])

    def _breaks(self, before: PanReading, reading: PanReading) -> bool:
        """True if nothing seen earlier may count together with ``reading``."""
        gap = reading.at - before.at
        return gap < 0 or gap > self.rules.max_age_s or _trouble(before, self.rules) is not None

    def _problem(self, now: float) -> Code | None:
        if not self._window:
            return Code.WEIGHT_SILENT
        latest = self._window[-1]
        age = now - latest.at
        if age > self.rules.max_age_s:
            late = age <= _SILENT_AGES * self.rules.max_age_s
            return Code.WEIGHT_STALE if late else Code.WEIGHT_SILENT
        trouble = _trouble(latest, self.rules)
        if trouble is None and _grams(latest) <= self.rules.empty_g:
            return Code.WEIGHT_EMPTY
        has_lost = self._zero_lost and latest.mode == self._below_mode  # no longer once untared
        return Code.WEIGHT_NEGATIVE if trouble is None and has_lost else trouble

    def _look_below(self, reading: PanReading) -> None:
        """Take note of a pan that rests below zero; one that only swings there is no news."""
        rests = reading.stable is not False
        if not rests or _trouble(reading, self.rules) is not Code.WEIGHT_NEGATIVE:
            self._below_since = None
        elif self._below_since is None:
            self._below_since = reading.at
        elif reading.at - self._below_since >= _EMPTY_HOLD_S:
            self._zero_lost, self._below_mode = True, reading.mode

    def _steady(self) -> list[PanReading] | None:
        """The readings of the settling time, if they all agree and reach back far enough."""
        latest = self._window[-1]
        flagless = latest.stable is None
        settle = max(self.rules.settle_s, FLAGLESS_SETTLE_S) if flagless else self.rules.settle_s
        spread = Decimal(0) if flagless else self.rules.division_g
        chosen = self._same_load(spread, settle)
        lasted = latest.at - chosen[0].at
        long_enough = lasted > settle if flagless else lasted >= settle
        return chosen if long_enough else None

    def _same_load(self, spread: Decimal, settle: float) -> list[PanReading]:
        """The last readings within ``spread`` of each other, back to just over ``settle``.

        None of them was in motion or in trouble: such a frame empties the window.
        """
        chosen: list[PanReading] = []
        low = high = _grams(self._window[-1])
        for reading in reversed(self._window):
            value = _grams(reading)
            low, high = min(low, value), max(high, value)
            if high - low > spread:
                break
            chosen.append(reading)
            if chosen[0].at - reading.at > settle:
                break
        return chosen[::-1]

    def _looks_empty(self) -> bool:
        """True if the pan is seen empty at rest, twice; a frame in motion never counts.

        A single zero between two weights is a flicker of the line and no empty pan.
        """
        latest = self._window[-1]
        empty = takewhile(self._is_empty, reversed(self._window))
        if latest.stable is not None:
            return len(list(islice(empty, 2))) == 2
        return any(latest.at - reading.at >= _EMPTY_HOLD_S for reading in empty)

    def _is_empty(self, reading: PanReading) -> bool:
        return abs(_grams(reading)) <= self.rules.empty_g

    def _may_be_laid_on(self) -> bool:
        """True if what is laid on the pan now would be another load, whatever it weighs."""
        return self._cleared or self._last_g is None

    def _still_there(self, reading: PanReading) -> Grams | None:
        """The last parcel's weight if what lies on the pan may be that parcel."""
        if self._cleared or self._last_g is None:
            return None
        apart = abs(_grams(reading) - self._last_g)
        return None if apart > self.rules.change_g else self._last_g


def _trouble(reading: PanReading, rules: PanRules) -> Code | None:
    """What makes this frame no weight, whatever came before it."""
    by_status = _BY_STATUS.get(reading.status)
    if by_status is not None:
        return by_status
    if reading.mode == "tare":
        return Code.WEIGHT_TARE
    trouble = None if reading.status == "zero" else _number_trouble(reading, rules)
    return Code.WEIGHT_MOTION if trouble is None and reading.stable is False else trouble


def _number_trouble(reading: PanReading, rules: PanRules) -> Code | None:
    if reading.grams is None or not reading.grams.is_finite():
        return Code.WEIGHT_UNIT
    if reading.grams < -rules.empty_g:
        return Code.WEIGHT_NEGATIVE
    return Code.WEIGHT_NET if reading.mode == "net" and not rules.allow_net else None


_BY_STATUS = {
    "motion": Code.WEIGHT_MOTION,
    "overload": Code.WEIGHT_OVERLOAD,
    "underload": Code.WEIGHT_NEGATIVE,
    "error": Code.WEIGHT_ERROR,
    "unsupported": Code.WEIGHT_UNIT,
    "ambiguous": Code.WEIGHT_AMBIGUOUS,
}


def _grams(reading: PanReading) -> Decimal:
    """The reading's number; a scale that only says "at zero" means 0."""
    grams = reading.grams
    return grams if grams is not None and grams.is_finite() else Decimal(0)


def _whole_grams(reading: PanReading) -> Grams:
    return int(_grams(reading).to_integral_value(rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class WeightRules:
    """How far a parcel's weight may be from what its content should weigh (settings)."""

    tolerance_g: Grams = 15
    tolerance_percent: Decimal = Decimal(2)
    scale_error_g: Grams = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """What a parcel should weigh; None where nobody weighed one of its SKUs."""

    grams: Grams | None
    tolerance_g: Grams | None


def expected(lines: Iterable[Line], packaging_g: Grams, rules: WeightRules) -> Expected:
    """Sum of the pieces and the packaging, with its tolerance.

    The tolerance is the largest of the shop's grams, its percent of the whole, and what the scale
    itself may be off: a tolerance below the scale's error would ring for nothing, and a fixed
    number of grams would ring for every heavy parcel.
    """
    lines = [line for line in lines if line.needed]
    if not lines or any(line.weight_g is None for line in lines):
        return Expected(None, None)
    grams = packaging_g + sum(line.needed * (line.weight_g or 0) for line in lines)
    share = (grams * rules.tolerance_percent / 100).to_integral_value(rounding=ROUND_CEILING)
    return Expected(grams, max(rules.tolerance_g, int(share), rules.scale_error_g))


def explain(
    diff_g: int,
    lines: Sequence[Line],
    *,
    tolerance_g: Grams,
    packaging_g: Grams = 0,
    siblings: Sequence[Line] = (),
    limit: int = 3,
) -> tuple[Message, ...]:
    """What would explain a parcel that is ``diff_g`` too heavy (or, negative, too light).

    Best first, by what the explanation leaves over; none leaves more than the tolerance. Of those
    that leave the same, one piece comes before two, then the bag, then a swap. ``siblings`` are the
    other colours and sizes of the same items, as lines of quantity 1: one of them may have come in
    instead.
    """
    causes = [*_miscounts(diff_g, lines), *_no_packaging(diff_g, packaging_g),
              *_swaps(diff_g, lines, siblings)]
    fitting = sorted((cause for cause in causes if cause[0] <= tolerance_g), key=itemgetter(0))
    if not fitting:
        return (Message("explain.nothing", {"diff_g": diff_g}),)
    return tuple(Message(code, {**facts, "rest_g": rest}) for rest, code, facts in fitting[:limit])


_Cause = tuple[int, str, dict[str, str | int]]
"""What it leaves unexplained, its words, and their facts."""


def _miscounts(diff_g: int, lines: Sequence[Line]) -> Iterator[_Cause]:
    """One or two pieces of a line missing, or extra."""
    missing = diff_g < 0
    for count in (1, 2):
        for line, grams in _weighed(lines):
            if missing and count > line.needed:
                continue
            rest = abs(abs(diff_g) - count * grams)
            yield (rest, "explain.missing" if missing else "explain.extra",
                   {**_piece(line), "count": count})


def _no_packaging(diff_g: int, packaging_g: Grams) -> Iterator[_Cause]:
    if packaging_g:
        yield abs(diff_g + packaging_g), "explain.no_packaging", {}


def _swaps(diff_g: int, lines: Sequence[Line], siblings: Sequence[Line]) -> Iterator[_Cause]:
    for line, grams in _weighed(lines):
        for other, other_g in _weighed(siblings):
            rest = abs(diff_g - (other_g - grams))
            if other.article.item_no != line.article.item_no or rest >= abs(diff_g):
                continue  # another thing, or it would explain nothing of the difference
            yield rest, "explain.swapped", {
                **_piece(line), "other_color": other.article.color,
                "other_size": other.article.size,
            }


def _weighed(lines: Sequence[Line]) -> Iterator[tuple[Line, Grams]]:
    """The lines of which something is in the parcel, with what a piece weighs."""
    return ((line, line.weight_g) for line in lines if line.weight_g and line.needed)


def _piece(line: Line) -> dict[str, str | int]:
    article = line.article
    return {
        "sku": article.code, "item_no": article.item_no,
        "color": article.color, "size": article.size,
    }
