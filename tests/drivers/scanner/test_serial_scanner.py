"""The scanner's stream: names, times, bounces and codes whose end never comes."""

from __future__ import annotations

import pytest

from drivers.interfaces import NoRead, Scan
from drivers.scanner.bounce import Bounce
from drivers.scanner.framing import ScannerFraming, Suffix
from drivers.scanner.serial_scanner import PATIENCE, ScannerStream


def stream(suffix: Suffix = Suffix.AUTO) -> ScannerStream:
    return ScannerStream("left", ScannerFraming(suffix), Bounce())


def test_a_scan_carries_its_scanner_and_its_moment() -> None:
    (scan,) = stream().feed(b"]C0A1\r", 12.5)
    assert scan == Scan("A1", "]C0", b"]C0A1", "left", 12.5)


def test_a_no_read_carries_them_too() -> None:
    (lost,) = stream().feed(b"NR\r", 12.5)
    assert lost == NoRead("no_read", b"NR", "left", 12.5)


@pytest.mark.rule("D4")
@pytest.mark.fault("F6")
def test_a_bounce_is_silent_and_a_second_item_counts() -> None:
    scans = stream()
    found = [scans.feed(b"A1\r", at) for at in (1.0, 1.1, 1.9)]
    assert [len(events) for events in found] == [1, 0, 1]


def test_two_no_reads_are_two() -> None:
    assert len(stream().feed(b"NR\rNR\r", 1.0)) == 2


def test_a_burst_of_ten_within_200_ms_loses_none_and_keeps_its_order() -> None:
    scans = stream()
    sent = [f"7730012345678{number:02}" for number in range(10)]
    found = [scan for number, code in enumerate(sent)
             for scan in scans.feed(code.encode() + b"\r", 5 + number * 0.02)]
    assert [scan.data for scan in found if isinstance(scan, Scan)] == sent


def test_quiet_ends_a_code_of_a_scanner_without_suffix() -> None:
    scans = stream()
    assert scans.feed(b"6901234567892", 1.0) == []
    assert [getattr(event, "data", None) for event in scans.quiet(1.08)] == ["6901234567892"]


def test_a_code_on_a_slow_line_is_not_broken_where_a_suffix_is_set() -> None:
    scans = stream(Suffix.CR)
    found = []
    for number, byte in enumerate(b"6901234567892\r"):
        found += scans.feed(bytes([byte]), 1 + number * 0.5)
        found += scans.quiet(1.08 + number * 0.5)
    assert [getattr(event, "data", None) for event in found] == ["6901234567892"]


@pytest.mark.parametrize("moment", ["quiet", "feed"])
def test_a_code_that_lost_its_suffix_does_not_grow_into_the_next(moment: str) -> None:
    scans, later = stream(Suffix.CR), 1.0 + PATIENCE
    scans.feed(b"6901234567892", 1.0)
    found = list(scans.quiet(later)) if moment == "quiet" else []
    found += scans.feed(b"A1\r", later)
    assert [getattr(event, "data", getattr(event, "reason", "")) for event in found] == [
        "undecodable", "A1"]


def test_counts_of_codes_and_of_nonsense_are_kept_over_a_reset() -> None:
    scans = stream()
    scans.feed(b"A1\r\x00\rA2\r69", 1.0)
    scans.reset()
    assert (scans.frames, scans.refused) == (2, 1)
    assert scans.quiet(1.1) == []
