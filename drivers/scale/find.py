"""Find my scale: from bytes to the protocol that explains them, with evidence and with doubts.

``judge`` is pure: every decoder reads the same captured bytes, and the one whose frames account
for nearly all of them wins. Two that read the same bytes differently, in weight or in stability,
are both named and none is chosen. Nothing is taken for found by a port's name, or because it
took a question without complaint. What drives the ports is ``search``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from drivers.garble import Fault, fault_of
from drivers.interfaces import Reading, ReadingStatus
from drivers.scale.protocols import SCALES, ScaleProtocol

FILLER = b"\r\n\x02\x03\x06"
"""Bytes that end or announce a frame and are not kept with it by every decoder."""

LIKELY = 0.6
NEAR = 0.1
"""Two protocols whose confidence is as near as this are not told apart by it."""

SHOWN = 3
SAMPLE = 48
"""Bytes that nothing explains, kept for a person: who knows the make may know them."""


@dataclass(frozen=True, slots=True)
class Match:
    """How one protocol reads the captured bytes.

    ``covered`` is the share of the bytes that its valid frames account for; ``frames`` counts
    these, ``refused`` those that it cut out and could not read. ``has_comma`` tells that one had a
    decimal comma.
    """

    protocol: str
    frames: int
    refused: int
    covered: float
    has_check: bool
    readings: tuple[Reading, ...]
    has_comma: bool = False

    @property
    def confidence(self) -> float:
        """From 0 to 1: all bytes explained, many frames, and a check behind each."""
        by_number = self.frames / (self.frames + 1)
        doubt = 1 - self.covered * by_number
        return 1 - (doubt / 2 if self.has_check and self.covered > LIKELY else doubt)

    @property
    def evidence(self) -> str:
        """Put into words what speaks for it."""
        checks = ", every check right" if self.has_check else ""
        shown = ", ".join(dict.fromkeys(_shown(reading) for reading in self.readings[-SHOWN:]))
        return (f"{self.frames} frames{checks}, {self.covered:.0%} of the bytes, "
                f"{self.refused} refused; last: {shown or 'no weight'}")


class Outcome(Enum):
    """What became of a search."""

    FOUND = "found"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"  # bytes come and nothing explains them
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome with all likely protocols, best first, and the doubts that a person must settle.

    ``same`` names protocols that read exactly the same as the best one; ``sample`` is the
    beginning of bytes that nothing explains.
    """

    outcome: Outcome
    matches: tuple[Match, ...] = ()
    same: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    sample: bytes = b""

    @property
    def legible(self) -> float:
        """The share of the sample that people can read: most at the scale's own speed."""
        readable = sum(0x20 <= byte < 0x7F or byte in FILLER for byte in self.sample)
        return readable / len(self.sample) if self.sample else 0.0

    @property
    def shown(self) -> str:
        """The sample for a person: as text where it is some, else as hexadecimal digits."""
        if self.legible > LIKELY:
            return repr(self.sample)[2:-1]
        return self.sample.hex(" ")

    @property
    def guess(self) -> Fault | None:
        """What the unexplained bytes look like; a network converter's line is set in itself."""
        return fault_of(self.sample)

    @property
    def best(self) -> Match | None:
        """The protocol that was found; None where none was, or several were."""
        return self.matches[0] if self.outcome is Outcome.FOUND else None


def match(
    name: str, protocol: ScaleProtocol, data: bytes, *, is_answer: bool = False
) -> Match:
    """Let one protocol read captured bytes, which may begin and end in mid frame.

    An answer begins with a frame, because the line was quiet before the question.
    """
    decoder = protocol.build({})
    if not is_answer:
        decoder.reset()
    readings = tuple(decoder.feed(data))
    content = _length(data)
    covered = sum(_length(reading.raw) for reading in readings) / content if content else 0.0
    return Match(
        name, len(readings), decoder.refused, min(1.0, covered), protocol.has_check, readings,
        has_comma=getattr(decoder, "has_comma", False))


def judge(
    data: bytes, protocols: Mapping[str, ScaleProtocol] = SCALES, *, is_answer: bool = False
) -> Verdict:
    """Say which protocol captured bytes are of, or that several are possible, or none."""
    if not data:
        return Verdict(Outcome.SILENT)
    if len(set(data)) == 1:
        return _unexplained(data)  # a line held low by a wrong speed, or by a break
    read = [match(name, its, data, is_answer=is_answer)
            for name, its in protocols.items() if its.is_serial]
    likely = sorted(
        (found for found in read if found.confidence >= LIKELY),
        key=lambda found: -found.confidence)
    if not likely:
        return _unexplained(data)
    best = likely[0]
    near = [other for other in likely[1:] if best.confidence - other.confidence <= NEAR]
    same = tuple(other.protocol for other in near if _facts(other) == _facts(best)
                 and other.protocol != protocols[best.protocol].twin)
    rivals = [other for other in near if other.protocol not in same]
    if rivals:
        return Verdict(Outcome.AMBIGUOUS, (best, *rivals), same, (_which([best, *rivals]),))
    return Verdict(Outcome.FOUND, (best, *likely[1:]), same, tuple(_doubts(best)))


def _unexplained(data: bytes) -> Verdict:
    return Verdict(Outcome.UNREADABLE, sample=data[:SAMPLE])


def _doubts(best: Match) -> Iterable[str]:
    numbers = [reading for reading in best.readings if reading.value is not None]
    if any(reading.status is ReadingStatus.AMBIGUOUS for reading in best.readings):
        yield ("the number does not tell where its point is: put a known load on, then write "
               "decimal_comma = true, or decimals = 3 or what it is")
    elif not numbers:
        yield "no weight was sent: put something on the pan and look again"
    elif all(reading.unit is None for reading in numbers):
        yield "the unit is not sent: put a known load on, then write unit = \"kg\" or what it is"


def _which(rivals: Sequence[Match]) -> str:
    if len({tuple(reading.value for reading in rival.readings) for rival in rivals}) == 1:
        return ("all read the same weight and differ in what they say of its stability: "
                "take the one of your scale's make")
    read = "; ".join(
        f"{rival.protocol} reads {_shown(rival.readings[-1])}" for rival in rivals)
    return f"the bytes do not tell which: {read}. Put a known load on and take the one that agrees"


def _facts(found: Match) -> list[tuple[object, ...]]:
    return [
        (reading.value, reading.unit, reading.status, reading.stable, reading.mode)
        for reading in found.readings
    ]


def _shown(reading: Reading) -> str:
    if reading.value is None:
        return reading.status.value
    return f"{reading.value} {reading.unit or '(no unit)'}"


def _length(data: bytes) -> int:
    return len(data.translate(None, FILLER))
