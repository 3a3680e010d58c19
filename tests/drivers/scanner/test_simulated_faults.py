"""Every fault of the simulated scanner: right or refused, never split, merged or doubled.

Docs: docs/faults.md says the same in words.
"""

from __future__ import annotations

import pytest

from drivers.interfaces import DeviceEvent, NoRead, Scan
from drivers.scanner.bounce import Bounce
from drivers.scanner.framing import ScannerFraming, Suffix
from drivers.scanner.serial_scanner import ScannerStream
from simulators.scanner import Scanner
from simulators.scanner_faults import ScannerFault

CODES = ("773112345678901", "012345678905", "SF1234567890123")
EVERY = 10.0
IDLE = 0.08

RIGHT = [
    ScannerFault.BOUNCE, ScannerFault.SLOW_TYPING, ScannerFault.TWO_SUFFIXES,
    ScannerFault.OTHER_SUFFIX, ScannerFault.LATE_SUFFIX, ScannerFault.AIM_SWITCHED,
    ScannerFault.HELD_TRIGGER, ScannerFault.BATCHED,
]
"""Nothing is lost or doubled, and nobody notices."""

REFUSED = {
    ScannerFault.NO_READ: ["no_read"] * 3,
    ScannerFault.NO_SUFFIX: ["undecodable"] * 3,
    ScannerFault.NULS: ["undecodable"] * 3,
    ScannerFault.FLOOD: ["too_long"] * 3,
    ScannerFault.BELLS: ["undecodable"] * 3,
    ScannerFault.SILENT: [],
}
"""The station says that nothing was read, each time."""

ALTERED = {
    ScannerFault.TRUNCATED: ["7731123", "012345", "SF12345"],
    ScannerFault.PREFIXED: [f"#{code}" for code in CODES],
    ScannerFault.LOWER_CASE: [*CODES[:2], "sf1234567890123"],
    ScannerFault.ZERO_ADDED: [f"0{code}" for code in CODES],
    ScannerFault.FIRST_LOST: [code[1:] for code in CODES],
    ScannerFault.LAST_LOST: [code[:-1] for code in CODES],
    ScannerFault.REVERSED: [code[::-1] for code in CODES],
    ScannerFault.SPACED: [f" {code} " for code in CODES],  # the bench strips blanks
    ScannerFault.BANNER: [word for code in CODES for word in ("SCANNER V2.17 READY", code)],
}
"""The device itself has changed the code: what it sent is told as it was sent, and is unknown."""

PARTLY = {
    ScannerFault.GLUED: ["!undecodable", CODES[1], "!undecodable"],
    ScannerFault.PAUSES: ["!undecodable", "5678901", "!undecodable", "678905", "!undecodable",
                          "7890123"],
}
"""A code that lost its end is given up; the next one is right, and nothing grows together."""

BY_CHANCE = (ScannerFault.MISREAD, ScannerFault.GARBAGE, ScannerFault.EIGHTH_BIT)


def heard(
    faults: list[ScannerFault], suffix: Suffix = Suffix.CR, seed: int = 3, codes=CODES,
) -> list[DeviceEvent]:
    """What the station hears of three labels, ten seconds apart, in steps of ten milliseconds."""
    scanner = Scanner(suffix="cr", seed=seed)
    for fault in faults:
        scanner.set_fault(fault, on=True)
    stream = ScannerStream("left", ScannerFraming(suffix), Bounce())
    events: list[DeviceEvent] = []
    pulled, quiet_since = 0, 0.0
    for step in range(int(EVERY * (len(codes) + 1) * 100)):
        now = step / 100
        if pulled < len(codes) and now >= EVERY * pulled:
            scanner.scan(codes[pulled], now)
            pulled += 1
        if data := scanner.speak(now):
            events += stream.feed(data, now)
            quiet_since = now
        elif now - quiet_since >= IDLE:
            events += stream.quiet(now)
            quiet_since = now
    return events


def words(events: list[DeviceEvent]) -> list[str]:
    return [event.data if isinstance(event, Scan) else f"!{event.reason}" for event in events
            if isinstance(event, Scan | NoRead)]


def test_every_fault_has_its_answer():
    answered = {*RIGHT, *REFUSED, *ALTERED, *PARTLY, *BY_CHANCE}
    assert answered == set(ScannerFault)
    assert len(ScannerFault) >= 25


@pytest.mark.parametrize("fault", RIGHT)
@pytest.mark.parametrize("suffix", [Suffix.CR, Suffix.AUTO])
def test_what_can_be_read_right_is_read_right_and_once(fault, suffix):
    assert words(heard([fault], suffix)) == list(CODES)


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_read_is_refused_and_never_guessed(fault):
    assert words(heard([fault])) == [f"!{reason}" for reason in REFUSED[fault]]


@pytest.mark.parametrize("fault", ALTERED)
@pytest.mark.parametrize("suffix", [Suffix.CR, Suffix.AUTO])
def test_what_the_device_changed_is_told_as_it_came(fault, suffix):
    assert words(heard([fault], suffix)) == ALTERED[fault]


@pytest.mark.parametrize("fault", PARTLY)
def test_half_a_code_never_grows_into_the_next(fault):
    assert words(heard([fault])) == PARTLY[fault]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("fault", BY_CHANCE)
def test_damage_never_makes_another_label_of_it(fault, seed):
    """Noise may hold a line end of its own; the code behind it is then whole, and in its turn."""
    told = [word for word in words(heard([fault], seed=seed)) if word in CODES]
    assert told == [code for code in CODES if code in told]


def test_a_scanner_without_suffix_is_understood_where_none_is_set():
    assert words(heard([ScannerFault.NO_SUFFIX], Suffix.AUTO)) == list(CODES)
    assert words(heard([ScannerFault.NO_SUFFIX], Suffix.NONE)) == list(CODES)


@pytest.mark.parametrize("fault", ScannerFault)
def test_after_the_mending_the_next_label_is_right(fault):
    scanner = Scanner(suffix="cr", seed=1)
    stream = ScannerStream("left", ScannerFraming(Suffix.CR), Bounce())
    scanner.set_fault(fault, on=True)
    scanner.scan(CODES[0], 0.0)
    for step in range(1000):
        now = step / 100
        if data := scanner.speak(now):
            stream.feed(data, now)
        stream.quiet(now)
    scanner.set_fault(fault, on=False)
    scanner.scan(CODES[1], 12.0)
    (scan,) = stream.feed(scanner.speak(12.0), 12.0)
    assert scan.data == CODES[1]
