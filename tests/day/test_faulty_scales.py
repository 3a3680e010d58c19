"""What the station makes of each fault of a scale, in virtual time and without a thread.

A parcel of 820 g is laid on a simulated scale that has one fault. The bytes go through the driver
to the rule of the stable weight, as at the bench, and this table says what becomes of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.registry import SCALES, scale_stream
from simulators.pan import Pan
from simulators.scale import Scale, ScaleFault, dialect_named
from simulators.scale_faults import SPOILERS, script
from station.domain.refusals import Code
from station.domain.weights import PanRules, PanWatch, TakenWeight

PARCEL = 820
TICK = 0.05
DIALECTS = {
    "st_gs": ("st-gs", {}), "yaohua": ("yaohua-continuous", {"unit": "kg"}),
    "toledo_8217": ("toledo-8217", {"unit": "kg"}),
}
PAGE = Path(__file__).parents[2] / "docs" / "protocols" / "scales.md"


@dataclass
class Room:
    """One scale, its driver and the pan's watch, with time that is stepped."""

    dialect: str = "st_gs"
    seed: int = 3
    now: float = 0.0
    taken: list[int] = field(default_factory=list)
    code: Code | None = None

    def __post_init__(self) -> None:
        self.pan = Pan(seed=self.seed)
        self.scale = Scale(self.pan, dialect_named(self.dialect), seed=self.seed)
        protocol, settings = DIALECTS[self.dialect]
        self.ask = SCALES[protocol].ask
        self.stream = scale_stream("scale", protocol, settings)
        self.stream.reset()
        self.watch = PanWatch(PanRules(division_g=Decimal(5)), scale="scale")

    def live(self, seconds: float) -> Room:
        for _ in range(round(seconds / TICK)):
            self.now = round(self.now + TICK, 3)
            self._hear()
            verdict = self.watch.verdict(self.now)
            if isinstance(verdict, TakenWeight):
                self.taken.append(verdict.grams)
                self.watch.taken(verdict)
            else:
                self.code = verdict.code
        return self

    def _hear(self) -> None:
        said = b""
        if self.ask is not None and round(self.now / TICK) % 4 == 0:
            said += self.scale.hear(self.ask({}), self.now)
        said += self.scale.speak(self.now)
        events = self.stream.feed(said, self.now) if said else self.stream.quiet(self.now)
        for reading in events:
            self.watch.feed(reading)

    def set(self, fault: ScaleFault, *, on: bool = True) -> Room:
        self.scale.set_fault(fault, on=on, now=self.now)
        return self

    def lay(self, grams: int = PARCEL) -> Room:
        self.pan.put("parcel", grams, self.now)
        return self


def with_fault(fault: ScaleFault, dialect: str = "st_gs", seconds: float = 12) -> Room:
    return Room(dialect).live(1).set(fault).live(1).lay().live(seconds)


RIGHT = {
    # the weight is taken, once, and it is right: the damaged frames are refused, the others heard
    ScaleFault.LATE: "st_gs", ScaleFault.LYING_STABLE: "st_gs", ScaleFault.SIGN_LOST: "st_gs",
    ScaleFault.STUTTER: "st_gs", ScaleFault.HEAD_LOST: "st_gs", ScaleFault.DIGIT_LOST: "st_gs",
    ScaleFault.DIGIT_DOUBLED: "st_gs", ScaleFault.DIGIT_FLIPPED: "st_gs",
    ScaleFault.CHATTER: "st_gs", ScaleFault.RESTARTING: "st_gs", ScaleFault.POUNDS: "st_gs",
    ScaleFault.GARBAGE: "yaohua", ScaleFault.PARITY_ON: "toledo_8217",
    ScaleFault.ZERO_FLICKER: "yaohua", ScaleFault.TRUNCATED: "yaohua",
}
NOTHING: dict[ScaleFault, tuple[str, Code]] = {
    # nothing is taken, and the bench says why
    ScaleFault.FROZEN: ("st_gs", Code.WEIGHT_EMPTY),
    ScaleFault.WRONG_CHECKSUM: ("yaohua", Code.WEIGHT_SILENT),
    ScaleFault.TARE_LEFT_ON: ("st_gs", Code.WEIGHT_NET),
    ScaleFault.NEVER_STABLE: ("st_gs", Code.WEIGHT_MOTION),
    ScaleFault.SILENT: ("st_gs", Code.WEIGHT_SILENT),
    ScaleFault.OVERLOAD: ("st_gs", Code.WEIGHT_OVERLOAD),
    ScaleFault.RUN_TOGETHER: ("st_gs", Code.WEIGHT_SILENT),
    ScaleFault.WRONG_SPEED: ("st_gs", Code.WEIGHT_SILENT),
    ScaleFault.CATTY: ("st_gs", Code.WEIGHT_UNIT),
    ScaleFault.BLANK_UNIT: ("st_gs", Code.WEIGHT_UNIT),
    ScaleFault.COUNTING: ("st_gs", Code.WEIGHT_UNIT),
    ScaleFault.TARE_FRAMES: ("st_gs", Code.WEIGHT_MOTION),
    ScaleFault.NEGATIVE: ("st_gs", Code.WEIGHT_NEGATIVE),
    ScaleFault.SELDOM: ("st_gs", Code.WEIGHT_MOTION),
    ScaleFault.BURSTS: ("st_gs", Code.WEIGHT_STALE),
}
LIES = {
    # the scale says a wrong weight steadily and no byte shows it: what the parcel should weigh
    # does, and the daily check with a known weight
    ScaleFault.HALF_WEIGHT: 410, ScaleFault.DRIFT: 845,
}


DAMAGES = [fault for fault in SPOILERS if fault is not ScaleFault.POUNDS]


def test_every_fault_is_in_the_table_once() -> None:
    names = [*RIGHT, *NOTHING, *LIES]
    assert (set(names), len(names)) == (set(ScaleFault), len(ScaleFault))
    assert len(ScaleFault) >= 25


def test_without_a_fault_the_weight_is_taken_once() -> None:
    for dialect in DIALECTS:
        assert Room(dialect).live(2).lay().live(8).taken == [PARCEL]


@pytest.mark.parametrize(("fault", "dialect"), RIGHT.items(), ids=str)
def test_the_right_weight_is_taken_once_in_spite_of_it(fault: ScaleFault, dialect: str) -> None:
    assert with_fault(fault, dialect).taken == [PARCEL]


@pytest.mark.parametrize(("fault", "expected"), NOTHING.items(), ids=str)
def test_nothing_is_taken_and_the_bench_says_why(
    fault: ScaleFault, expected: tuple[str, Code]
) -> None:
    dialect, code = expected
    room = with_fault(fault, dialect)
    assert (room.taken, room.code) == ([], code)


@pytest.mark.parametrize("fault", {*NOTHING} - {ScaleFault.NEGATIVE}, ids=str)
def test_the_weight_is_taken_when_the_fault_is_mended(fault: ScaleFault) -> None:
    room = with_fault(fault, NOTHING[fault][0])
    room.set(fault, on=False)
    room.pan.preset_tare(Decimal(0))
    assert room.live(8).taken == [PARCEL]


def test_after_a_pan_below_zero_the_parcel_is_laid_on_anew() -> None:
    room = with_fault(ScaleFault.NEGATIVE).set(ScaleFault.NEGATIVE, on=False).live(8)
    assert (room.taken, room.code) == ([], Code.WEIGHT_NEGATIVE)
    room.pan.remove("parcel", room.now)
    assert room.live(2).lay().live(8).taken == [PARCEL]


@pytest.mark.parametrize(("fault", "shown"), LIES.items(), ids=str)
def test_a_steady_lie_is_left_to_what_the_parcel_should_weigh(
    fault: ScaleFault, shown: int
) -> None:
    assert with_fault(fault).taken[0] == shown


def test_a_lying_scale_fails_its_daily_check() -> None:
    room = Room().set(ScaleFault.HALF_WEIGHT).live(1).lay(500).live(6)
    assert room.taken == [250]


def test_a_wire_fault_beside_a_scale_fault_gives_no_wrong_weight() -> None:
    for fault in SPOILERS:
        if fault is ScaleFault.POUNDS:
            continue
        room = with_fault(fault).set(ScaleFault.GARBAGE).live(6)
        assert set(room.taken) <= {PARCEL}, fault


@pytest.mark.parametrize("seed", range(12))
def test_a_bad_day_by_its_seed_is_the_same_each_time_and_books_no_garbled_weight(
    seed: int,
) -> None:
    def day() -> list[int]:
        room = Room(seed=seed)
        room.scale.begin_script(seed, 60, 0.0, DAMAGES)
        for n in range(6):
            room.live(4)
            room.pan.put(f"p{n}", 820, room.now)
            room.live(5)
            room.pan.remove(f"p{n}", room.now)
        return room.taken

    first = day()
    assert first == day()
    assert first
    assert all(abs(grams - PARCEL) <= 5 for grams in first), first


def test_a_script_switches_off_all_that_it_switched_on() -> None:
    turns = script(7, 300)
    assert len(turns) > 20
    assert [turn.at for turn in turns] == sorted(turn.at for turn in turns)
    assert [(on.fault, on.on, off.on) for on, off in zip(turns[::2], turns[1::2], strict=True)] \
        == [(off.fault, True, False) for off in turns[1::2]]
    assert script(7, 300) == turns


def test_the_page_tells_of_every_fault() -> None:
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {fault.value for fault in ScaleFault} <= listed
