"""The daily check of a scale with known weights: what passed, what is due, whether it may weigh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from station.domain.vocabulary import Grams


class CheckState(StrEnum):
    """Where a scale stands today."""

    DUE = "due"  # not every known weight has been put on it yet
    PASSED = "passed"
    FAILED = "failed"  # the last check with one of the weights was off


@dataclass(frozen=True, slots=True)
class CheckRules:
    """The shop's known weights, how far a scale may be off, and whether the check is a must."""

    weights_g: tuple[Grams, ...] = (500,)
    tolerance_g: Grams = 5
    required: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a scale showed of one known weight, and whether that was near enough then."""

    known_g: Grams
    shown_g: Grams
    passed: bool

    @property
    def off_g(self) -> int:
        """How much too heavy, or negative, too light."""
        return self.shown_g - self.known_g


def judge(known_g: Grams, shown_g: Grams, rules: CheckRules) -> Shown:
    """Compare what the scale shows with what the weight is."""
    return Shown(known_g, shown_g, passed=abs(shown_g - known_g) <= rules.tolerance_g)


def due(today: Iterable[Shown], rules: CheckRules) -> tuple[Grams, ...]:
    """The known weights that have not passed today, in the order of the settings.

    The last check with a weight counts: one that failed may be put right and done again.
    """
    last = {shown.known_g: shown.passed for shown in today}
    return tuple(weight for weight in rules.weights_g if not last.get(weight, False))


def state(today: Iterable[Shown], rules: CheckRules) -> CheckState:
    """Where the scale stands, its checks of today given oldest first.

    A failure counts even of a weight that is no longer in the settings.
    """
    shown = tuple(today)
    last = {one.known_g: one.passed for one in shown}
    if not all(last.values()):
        return CheckState.FAILED
    return CheckState.DUE if due(shown, rules) else CheckState.PASSED
