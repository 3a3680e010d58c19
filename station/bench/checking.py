"""What the bench does with the scale itself: its daily check with known weights, and its zero."""

from __future__ import annotations

from station.bench.questions import Questions
from station.bench.standing import Asking
from station.domain.refusals import Code, Refusal
from station.domain.screen import Mood, Step
from station.domain.weights import PanWatch
from station.services import scale_checks
from station.services.scale_checks import Checked

UNFIT = frozenset({Code.SCALE_FAILED, Code.SCALE_UNCHECKED})
"""Refusals of the scale, not of the parcel: they hold until the scale has passed its check."""

ZERO_REACH_G = 100
"""More than a scale drifts and less than any parcel: with more on the pan it is not zeroed."""

_QUIET_STEPS = (Step.IDLE, Step.WEIGH, Step.WEIGHT_OFF, Step.CHECK)


class Checking(Questions):
    """Known weights and the scale's zero."""

    def ask_check(self, code: str) -> None:
        """PBCMD-CHECK: begin the check with the first weight that is due today, or do it again."""
        rules = self.rules.scale_checks
        if self.pan is None or not rules.weights_g or self.step not in _QUIET_STEPS:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
            return
        found = self.read(
            scale_checks.standing, self.settings.scale, rules, now=self.now())
        self._ask_for((found.due_g or rules.weights_g)[0])
        self.answer(Mood.INFO, "check.begun", {"known_g": self.standing.known_g})

    def _ask_for(self, known_g: int) -> None:
        self.standing.forget()
        self.standing.asking, self.standing.known_g = Asking.CHECK, known_g

    def check_if_ready(self, pan: PanWatch, monotonic: float) -> bool:
        """Take the known weight by itself when it lies still. True if one was taken."""
        taken = pan.verdict(monotonic)
        if isinstance(taken, Refusal):
            return False
        checked: Checked = self.step_with(
            scale_checks.book, self.standing.known_g, taken, rules=self.rules.scale_checks)
        pan.taken(taken)
        self.standing.forget()
        self._tell(checked)
        return True

    def _tell(self, checked: Checked) -> None:
        facts: dict[str, str | int] = {
            "known_g": checked.shown.known_g, "shown_g": checked.shown.shown_g,
            "off_g": checked.shown.off_g, "tolerance_g": checked.tolerance_g,
        }
        if not checked.shown.passed:
            self.answer(Mood.BAD, "check.failed", facts)
        elif checked.left:
            self._ask_for(checked.left[0])
            self.answer(Mood.GOOD, "check.next", {**facts, "known_g": checked.left[0]})
        else:
            self.answer(Mood.DONE, "check.passed", facts)

    def zero(self, code: str) -> None:
        """PBCMD-ZERO: tell the scale that what it shows now is nothing; only with an empty pan."""
        grams = self.pan.current(self.monotonic())[1] if self.pan is not None else None
        if self.pan is None:
            self.refuse_scan(code, Code.BENCH_NOT_NOW)
        elif grams is not None and abs(grams) > ZERO_REACH_G:
            self.refuse(Refusal(Code.WEIGHT_NOT_CLEARED))
        elif self.tell_scale("zero"):
            self.answer(Mood.INFO, "scale.zero_sent")
        else:
            self.refuse(Refusal(Code.SCALE_NO_COMMAND))
