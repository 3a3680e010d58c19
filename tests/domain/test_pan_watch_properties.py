"""Whatever a scale and a packer do: no weight in motion, none of the parcel before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from station.domain.refusals import Code, Refusal
from station.domain.weights import PanRules, PanWatch, TakenWeight

DIVISION = 5


@dataclass(frozen=True)
class Frame:
    grams: Decimal | None
    at: float
    stable: bool | None
    mode: str | None = "gross"
    status: str = "ok"
    raw: bytes = b"f"


frames = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-2000, 5000)),
        st.floats(0.001, 1.5),
        st.sampled_from([True, False, None]),
        st.sampled_from(["gross", "net", "tare", None]),
        st.sampled_from(["ok", "ok", "ok", "motion", "overload", "zero", "error", "unsupported"]),
    ),
    max_size=60,
)


@pytest.mark.fault("F5")
@given(frames, st.floats(0, 3))
@settings(deadline=None)
def test_whatever_comes_a_taken_weight_was_stable_steady_fresh_and_gross(
    story: list[tuple[int | None, float, bool | None, str | None, str]], later: float
) -> None:
    watch = PanWatch(PanRules())
    at, fed = 0.0, []
    for grams, gap, stable, mode, status in story:
        at += gap
        frame = Frame(None if grams is None else Decimal(grams), at, stable, mode, status)
        fed.append(frame)
        watch.feed(frame)
    verdict = watch.verdict(at + later)
    if isinstance(verdict, Refusal):
        assert verdict.code.startswith("weight.")
        return
    window = fed[-len(verdict.frames):]
    values = [frame.grams for frame in window]
    assert later <= 1.0
    assert window[-1].at - window[0].at >= 1.0
    assert all(frame.stable is not False for frame in window)
    assert all(frame.status in ("ok", "zero") for frame in window)
    assert all(frame.mode in ("gross", None) for frame in window)
    assert all(value is not None for value in values)
    assert max(values) - min(values) <= DIVISION
    assert verdict.grams > 10


@pytest.mark.fault("F4", "F5")
@given(st.integers(15, 3000), st.integers(-4, 4), st.lists(st.integers(-500, 4000), max_size=20))
@settings(deadline=None)
def test_a_parcel_that_stays_is_never_weighed_again_however_it_is_pushed(
    load: int, divisions: int, bumps: list[int]
) -> None:
    watch = PanWatch(PanRules())
    at = _rest(watch, 0.0, 0)
    at = _rest(watch, at, load)
    verdict = watch.verdict(at)
    assert isinstance(verdict, TakenWeight)
    watch.taken(verdict)
    for value in bumps:
        at += 0.1
        watch.feed(Frame(Decimal(value), at, stable=False))
    at = _rest(watch, at, load + divisions * DIVISION)
    again = watch.verdict(at)
    assert isinstance(again, Refusal)
    assert again.code in (Code.WEIGHT_NOT_CLEARED, Code.WEIGHT_EMPTY, Code.WEIGHT_NEGATIVE)


def _rest(watch: PanWatch, at: float, grams: int) -> float:
    for _ in range(20):
        at += 0.1
        watch.feed(Frame(Decimal(grams), at, stable=True))
    return at


class Pan(RuleBasedStateMachine):
    """A packer who weighs one parcel after the other, and does silly things between."""

    @initialize(flagged=st.booleans())
    def set_up(self, flagged: bool) -> None:
        self.watch = PanWatch(PanRules())
        self.at = 0.0
        self.on_pan: str = ""  # which parcel lies there
        self.load = 0
        self.stable = True if flagged else None
        self.parcels = 0
        self.weighed: list[str] = []

    def say(self, grams: int, seconds: float, *, moving: bool = False) -> None:
        for n in range(round(seconds * 10)):
            self.at += 0.1
            # Without a flag, motion shows only as a value that does not stand still.
            value = grams + (n % 3) * 30 if moving else grams
            stable = self.stable if self.stable is None or not moving else False
            self.watch.feed(Frame(Decimal(value), self.at, stable=stable))
            self.take()

    def take(self) -> None:
        verdict = self.watch.verdict(self.at)
        if isinstance(verdict, TakenWeight):
            assert self.on_pan, "a weight was taken from an empty pan"
            assert verdict.grams == self.load
            self.weighed.append(self.on_pan)
            self.watch.taken(verdict)

    @precondition(lambda self: not self.on_pan)
    @rule(load=st.integers(40, 400).map(lambda n: n * DIVISION))
    def put_a_parcel_on(self, load: int) -> None:
        self.parcels += 1
        self.on_pan, self.load = f"parcel {self.parcels}", load
        self.say(load // 2, 0.4, moving=True)
        self.say(load, 2.0)

    @precondition(lambda self: self.on_pan)
    @rule()
    def take_it_off(self) -> None:
        self.on_pan, self.load = "", 0
        self.say(60, 0.3, moving=True)
        self.say(0, 1.0)

    @precondition(lambda self: self.on_pan)
    @rule(push=st.integers(-300, 600))
    def bump_it(self, push: int) -> None:
        self.say(self.load + push, 0.5, moving=True)
        self.say(self.load, 1.5)

    @rule(seconds=st.floats(0.5, 8))
    def fall_silent(self, seconds: float) -> None:
        self.at += seconds

    @rule()
    def pull_the_cable(self) -> None:
        self.watch.clear()
        self.say(self.load, 2.0)

    @rule(seconds=st.floats(0.1, 3))
    def wait(self, seconds: float) -> None:
        self.say(self.load, seconds)

    @invariant()
    def no_parcel_is_weighed_twice(self) -> None:
        assert len(set(self.weighed)) == len(self.weighed)

    @invariant()
    def every_parcel_that_lay_still_was_weighed(self) -> None:
        assert set(self.weighed) == {f"parcel {n}" for n in range(1, self.parcels + 1)}


Pan.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestPan = Pan.TestCase
