"""A known weight proves what a frame cannot tell: which of two protocols, and in which unit.

``prove`` lets every candidate read the same bytes, taken while the known weight lay on the pan. One
that reads that weight, steadily and in the end, agrees. Where the scale sends no unit each usual
one is tried, and the one that makes it true is named; so is the place of a point that is not
told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.measures import GRAMS
from drivers.scale.protocols import SCALES

UNITS = ("kg", "g", "斤", "lb", "oz")
"""What a scale may be set to that sends no unit; the known weight tells which."""

POINTS: Mapping[str, tuple[Any, ...]] = {"decimal_comma": (True,), "decimals": (3, 2, 1, 0)}
"""The settings that tell where a number's point is, and what they may be."""

STEADY = 2
"""So many readings must agree at the end; a scale that is asked gives no more in the time."""

TOLERANCE = Decimal("0.03")
LEAST_G = Decimal(10)


@dataclass(frozen=True, slots=True)
class Proven:
    """How one protocol reads the known weight; ``unit`` is what must be set, None if it is sent.

    ``point`` is what must be set for the number's point, empty for nothing.
    """

    protocol: str
    unit: str | None
    value: Decimal
    grams: Decimal
    agrees: bool
    sent_unit: str | None = None
    point: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The weight for a person: "0.500 kg = 500 g"."""
        return f"{self.value} {self.sent_unit or self.unit} = {self.grams.normalize():f} g"


def prove(
    data: bytes, candidates: Iterable[str], known_g: int, *, is_answer: bool = False
) -> tuple[Proven, ...]:
    """Say how each candidate reads the bytes, those that agree first.

    A candidate that reads no steady weight in them is left out.
    """
    found = [proven for name in candidates
             if (proven := _proven(name, data, known_g, is_answer=is_answer)) is not None]
    return tuple(sorted(found, key=lambda one: not one.agrees))


def _proven(name: str, data: bytes, known_g: int, *, is_answer: bool) -> Proven | None:
    """Return the first reading that agrees, else the first: as it comes, then with each point."""
    settings: list[Mapping[str, Any]] = [{}]
    settings += [{word: value} for word in POINTS if word in SCALES[name].options
                 for value in POINTS[word]]
    tried = [proven for point in settings if (proven := _pointed(
        name, point, data, known_g, is_answer=is_answer)) is not None]
    return next((one for one in tried if one.agrees), tried[0] if tried else None)


def _pointed(
    name: str, point: Mapping[str, Any], data: bytes, known_g: int, *, is_answer: bool
) -> Proven | None:
    decoder = SCALES[name].build(point)
    if not is_answer:
        decoder.reset()
    last = _steady(decoder.feed(data))
    if last is None or last.value is None:
        return None
    if getattr(decoder, "has_comma", False):
        point = {"decimal_comma": True}
    if last.grams is not None:
        agrees = near(last.grams, known_g)
        return Proven(name, None, last.value, last.grams, agrees, last.unit, point)
    if last.unit is not None:
        return None  # a count, or a unit that is no weight's
    tried = {unit: last.value * GRAMS[unit] for unit in UNITS}
    fitting = [unit for unit, grams in tried.items() if near(grams, known_g)]
    unit = fitting[0] if fitting else UNITS[0]
    return Proven(name, unit, last.value, tried[unit], len(fitting) == 1, point=point)


def _steady(readings: Sequence[Reading]) -> Reading | None:
    """Return the last reading, if it and the one before are the same weight at rest."""
    last = [one for one in readings if one.value is not None][-STEADY:]
    still = all(one.stable is not False and one.status is ReadingStatus.OK for one in last)
    same = len({(one.value, one.unit) for one in last}) == 1
    return last[-1] if len(last) == STEADY and still and same else None


def near(grams: Decimal, known_g: int) -> bool:
    """True if this can be the known weight: 3 percent, or 10 g, off at most."""
    return abs(grams - known_g) <= max(LEAST_G, known_g * TOLERANCE)
