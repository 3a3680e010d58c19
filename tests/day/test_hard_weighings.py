"""Ten recordings of a scale in clumsy hands, and the weights that a person would write down.

Each is a stream of lines as scales of that family send them, ten a second, heard by the decoder and
judged by the station's rule. What is written down is taken once; the last column is what the bench
says at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from drivers.interfaces import Reading
from drivers.registry import scale_stream
from station.domain.refusals import Code, Refusal
from station.domain.weights import PanRules, PanWatch

TICK = 0.1
Part = tuple[bytes, float]
"""A line without its end, and for how many seconds it is repeated; b"" is silence."""


@dataclass
class Bench:
    """A scale's stream, what the station makes of it, and the weights that were taken."""

    protocol: str
    settings: dict[str, Any] = field(default_factory=dict)
    rules: PanRules = field(default_factory=PanRules)
    taken: list[int] = field(default_factory=list)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.stream = scale_stream("scale", self.protocol, self.settings)
        self.watch = PanWatch(self.rules)

    def hears(self, parts: list[Part]) -> str:
        """Play the recording; return what the bench says in the end."""
        said = ""
        for line in _ticks(parts):
            self.now = round(self.now + TICK, 6)
            if line == b"OFF":
                self.stream.reset()
                self.watch.clear()
            elif line:
                for reading in self.stream.feed(line + b"\r\n", self.now):
                    assert isinstance(reading, Reading)
                    self.watch.feed(reading)
            verdict = self.watch.verdict(self.now)
            said = verdict.code if isinstance(verdict, Refusal) else "taken"
            if not isinstance(verdict, Refusal):
                self.watch.taken(verdict)
                self.taken.append(verdict.grams)
        return str(said)


def _ticks(parts: list[Part]) -> Iterator[bytes]:
    for line, seconds in parts:
        yield from [line] * max(1, round(seconds / TICK))


def st(grams: float, *, stable: bool = True, mode: bytes = b"GS") -> bytes:
    return b"%s,%s,%s%7.3fkg" % (
        b"ST" if stable else b"US", mode, b"-" if grams < 0 else b"+", abs(grams) / 1000)


def moving(*grams: float, mode: bytes = b"GS") -> list[Part]:
    return [(st(one, stable=False, mode=mode), 0.3) for one in grams]


EMPTY: Part = (st(0), 1.0)

RECORDINGS: dict[str, tuple[str, list[Part], list[int], str]] = {
    "put down slowly, in steps that each look at rest": ("st-gs", [
        EMPTY, *((st(at), 0.4) for at in range(60, 820, 60)), *moving(830, 815), (st(820), 2),
    ], [820], Code.WEIGHT_NOT_CLEARED),
    "picked up, held over the pan, put back": ("st-gs", [
        EMPTY, *moving(300, 700), (st(820), 2), *moving(500, 40, 0, 10, 400, 790), (st(820), 2),
    ], [820], Code.WEIGHT_NOT_CLEARED),
    "two parcels one after the other, no zero between": ("st-gs", [
        EMPTY, (st(820), 2), *moving(1400, 2060), (st(2060), 0.5), *moving(1900, 1300),
        (st(1240), 2),
    ], [820, 1240], Code.WEIGHT_NOT_CLEARED),
    "two parcels of nearly one weight, no zero between: told, not booked": ("st-gs", [
        EMPTY, (st(820), 2), *moving(1200, 900), (st(835), 2),
    ], [820], Code.WEIGHT_NOT_CLEARED),
    "a hand rests on the parcel and trembles": ("st-gs", [
        EMPTY, *moving(900), *((st(one), 0.3) for one in (1310, 1290, 1325, 1300, 1340) * 3),
        *moving(900), (st(820), 2),
    ], [820], Code.WEIGHT_NOT_CLEARED),
    "creeps while the scale calls it stable": ("st-gs", [
        EMPTY, *((st(820 + 4 * at), 0.4) for at in range(12)), (st(868), 1.5),
    ], [868], Code.WEIGHT_NOT_CLEARED),
    "switched off and on in mid weighing, the parcel on the pan": ("st-gs", [
        EMPTY, *moving(500), (st(820), 0.5), (b"OFF", 0.1), (b"", 4), (b",+  0.0", 0.1),
        (st(0), 3), *moving(-400), (st(-820), 1), *moving(100), (st(420), 3),
    ], [], Code.WEIGHT_NEGATIVE),
    "the unit key is pressed: kilograms, grams, pounds, jin": ("st-gs", [
        EMPTY, *moving(400), (st(820), 2), (b"ST,GS,+    820 g", 2.5), (b"ST,GS,+  1.808lb", 2.5),
        (b"ST,GS,+ 1.640jin", 2.5), (b"ST,GS,+ 0.000jin", 2), (b"ST,GS,+ 2.480jin", 3),
    ], [820, 1240], Code.WEIGHT_NOT_CLEARED),
    "the tare key is pressed under a parcel, and another is laid on after it": ("st-gs", [
        EMPTY, *moving(400), (st(820), 2), (st(0, mode=b"NT"), 2),
        *moving(-300, mode=b"NT"), (st(-820, mode=b"NT"), 1), *moving(100, mode=b"NT"),
        (st(420, mode=b"NT"), 3),
    ], [820], Code.WEIGHT_NET),
    "the same on a scale that does not say net": ("and-standard", [
        (b"ST,+0000.000 kg", 1), (b"ST,+0000.820 kg", 2), (b"ST,+0000.000 kg", 2),
        (b"US,-0000.300 kg", 0.3), (b"ST,-0000.820 kg", 1), (b"ST,+0000.420 kg", 3),
    ], [820], Code.WEIGHT_NEGATIVE),
    "below zero when all is taken off, zeroed, and used again": ("st-gs", [
        EMPTY, (st(820), 2), *moving(100, -60), (st(-35), 1.5), (st(0), 1), *moving(700),
        (st(640), 2),
    ], [820, 640], Code.WEIGHT_NOT_CLEARED),
    "the head of a printed ticket between the lines": ("st-gs", [
        EMPTY, *moving(400), (st(820), 0.3), (b"  WEIGHT NOTE  No. 0012", 0.1),
        (b"2024-05-01 12:30:15", 0.1), (st(820), 0.4), (b"GROSS      9.999kg", 0.1),
        (b"--------------------", 0.1), (st(820), 1.2),
    ], [820], Code.WEIGHT_NOT_CLEARED),
}


@pytest.mark.rule("D6")
@pytest.mark.fault("F2")
@pytest.mark.parametrize("name", RECORDINGS)
def test_what_is_taken_is_what_a_person_would_write_down(name: str) -> None:
    protocol, parts, weights, told = RECORDINGS[name]
    bench = Bench(protocol)
    said = bench.hears(parts)
    assert (bench.taken, said) == (weights, told)


def test_a_fine_scale_that_drifts_a_digit_while_stable_is_taken_once_as_it_ends() -> None:
    lines = [b"ST,GS,   245.6 g", b"ST,GS,   245.5 g", b"ST,GS,   245.4 g", b"ST,GS,   245.5 g"]
    bench = Bench("st-gs", rules=PanRules(division_g=Decimal("0.1")))
    bench.hears([(b"ST,GS,     0.0 g", 1), *((line, 0.7) for line in lines * 2)])
    assert bench.taken == [246]


def test_a_scale_without_a_flag_takes_no_weight_from_a_pan_that_was_tared_under_a_parcel() -> None:
    bench = Bench("keli")
    parts = [(b"0000.00(kg)", 1), (b"0000.82(kg)", 2), (b"0000.00(kg)", 2), (b"-000.82(kg)", 1),
             (b"0000.42(kg)", 3)]
    assert bench.hears([(b"", 0.1), *parts]) == Code.WEIGHT_NEGATIVE
    assert bench.taken == [820]
    assert bench.hears([(b"0000.00(kg)", 1), (b"0000.42(kg)", 3)]) == Code.WEIGHT_NOT_CLEARED
    assert bench.taken == [820, 420]
