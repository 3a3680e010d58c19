"""Input events and boot reports to scans: any chunking, lost events, Alt, suffix or idle."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import NoRead, Scan
from drivers.scanner.bounce import Bounce
from drivers.scanner.evdev_scanner import BootReports, InputEvents, KeyboardStream
from drivers.scanner.framing import ScannerFraming, Suffix
from drivers.scanner.keyboard import DAMAGE
from drivers.scanner.serial_scanner import ScannerStream

KEYS = {
    **{sign: 2 + at for at, sign in enumerate("1234567890-=")},
    **{sign: 16 + at for at, sign in enumerate("QWERTYUIOP")},
    **{sign: 30 + at for at, sign in enumerate("ASDFGHJKL")},
    **{sign: 44 + at for at, sign in enumerate("ZXCVBNM")},
    "\r": 28, "\t": 15, " ": 57, "]": 27,
}
SHIFT, ALT = 42, 56
KEYPAD = (82, 79, 80, 81, 75, 76, 77, 71, 72, 73)
KEY, SYN, LED, MSC = 1, 0, 0x11, 4
DROPPED = (SYN, 3, 0)


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 1714550000, 123456, kind, code, value)


def pressed(key: int) -> bytes:
    return b"".join((
        event(MSC, 4, 458756), event(KEY, key, 1), event(SYN, 0, 0),
        event(KEY, key, 0), event(SYN, 0, 0),
    ))


def typed(text: str) -> bytes:
    """What a scanner sends for a text: shift around each capital letter."""
    stream = b""
    for sign in text:
        if sign.isalpha():
            stream += event(KEY, SHIFT, 1) + pressed(KEYS[sign]) + event(KEY, SHIFT, 0)
        else:
            stream += pressed(KEYS[sign])
    return stream


def alt(number: int) -> bytes:
    digits = b"".join(pressed(KEYPAD[int(digit)]) for digit in str(number))
    return event(KEY, ALT, 1) + digits + event(KEY, ALT, 0)


def stream_of(suffix: Suffix = Suffix.AUTO, *, prefix: str = "") -> KeyboardStream:
    framing = ScannerFraming(suffix, prefix=prefix)
    return KeyboardStream(InputEvents(), ScannerStream("left", framing, Bounce()))


def codes(events: Iterable[object]) -> list[str]:
    return [one.data if isinstance(one, Scan) else one.reason
            for one in events if isinstance(one, Scan | NoRead)]


def test_an_event_is_twenty_four_bytes() -> None:
    assert len(event(KEY, 30, 1)) == 24


@pytest.mark.pain("32")
def test_a_waybill_typed_by_a_scanner_is_a_scan() -> None:
    (scan,) = stream_of().feed(typed("YT7654321098765\r"), 5.0)
    assert isinstance(scan, Scan)
    assert (scan.data, scan.device, scan.at) == ("YT7654321098765", "left", 5.0)


@given(size=st.integers(1, 60))
def test_any_chunking_gives_the_same_scans(size: int) -> None:
    stream, events = typed("SF123-45\r") + typed("690123\r"), stream_of()
    read = [one for at in range(0, len(stream), size)
            for one in events.feed(stream[at:at + size], at / 1000)]
    assert codes(read) == ["SF123-45", "690123"]


def test_tab_ends_a_code_too() -> None:
    assert codes(stream_of(Suffix.TAB).feed(typed("690123\t690124\t"), 1.0)) == ["690123", "690124"]


def test_without_a_suffix_quiet_ends_a_code() -> None:
    stream = stream_of(Suffix.NONE)
    assert codes(stream.feed(typed("690123"), 1.0)) == []
    assert codes(stream.quiet(1.1)) == ["690123"]
    assert (stream.frames, stream.refused) == (1, 0)


def test_chinese_typed_as_numbers_with_alt_arrives() -> None:
    read = stream_of().feed(alt(31508) + alt(35760) + alt(26412) + typed("13\r"), 1.0)
    assert codes(read) == ["笔记本13"]


def test_a_prefix_is_taken_off_and_its_absence_refused() -> None:
    read = stream_of(prefix="-").feed(typed("-690123\r690124\r"), 1.0)
    assert codes(read) == ["690123", "undecodable"]


def test_an_aim_identifier_is_kept_beside_the_data() -> None:
    (scan,) = stream_of().feed(typed("]C0690123\r"), 1.0)
    assert isinstance(scan, Scan)
    assert (scan.aim, scan.data) == ("]C0", "690123")


@pytest.mark.parametrize("lost", [event(*DROPPED), pressed(59), pressed(1)])
def test_a_code_in_which_keys_were_lost_or_strange_is_refused_and_the_next_is_read(
    lost: bytes,
) -> None:
    stream = stream_of()
    read = stream.feed(typed("6901") + lost + typed("23\r") + typed("690124\r"), 1.0)
    assert codes(read) == ["undecodable", "690124"]
    assert stream.refused == 1


def test_a_key_held_down_types_once() -> None:
    held = event(KEY, KEYS["7"], 1) + event(KEY, KEYS["7"], 2) * 5 + event(KEY, KEYS["7"], 0)
    assert codes(stream_of().feed(held + typed("8\r"), 1.0)) == ["78"]


def test_the_caps_lamp_turns_the_letters() -> None:
    lamp = event(LED, 1, 1) + event(LED, 0, 1)
    assert InputEvents().feed(lamp + pressed(KEYS["A"])) == "A"
    assert InputEvents().feed(event(LED, 1, 0) + pressed(KEYS["A"])) == "a"


@pytest.mark.parametrize("other", [event(LED, 0, 0), event(MSC, 1, 0), event(SYN, 1, 0)])
def test_nothing_but_the_caps_lamp_turns_them_back(other: bytes) -> None:
    assert InputEvents().feed(event(LED, 1, 1) + other + pressed(KEYS["A"])) == "A"


def test_nothing_of_a_half_code_survives_a_reset() -> None:
    stream = stream_of()
    stream.feed(typed("6901") + event(KEY, SHIFT, 1) + b"\x01\x02", 1.0)
    stream.reset()
    assert codes(stream.feed(typed("2\r"), 2.0)) == ["2"]


def test_events_that_type_nothing_do_not_count_as_a_code_going_on() -> None:
    stream = stream_of()
    assert stream.feed(event(SYN, 0, 0), 1.0) == ()


def report(modifiers: int, *usages: int) -> bytes:
    return bytes([modifiers, 0, *usages, *bytes(6 - len(usages))])


NOTHING = report(0)


def test_boot_reports_type_like_keys() -> None:
    reports = report(2, 0x04) + NOTHING + report(0, 0x05) + NOTHING + report(0, 0x27) + NOTHING
    assert BootReports().feed(reports + report(0, 0x28)) == "Ab0\r"


def test_every_usage_types_what_the_usage_tables_say() -> None:
    letters = "".join(BootReports().feed(report(0, usage)) for usage in range(0x04, 0x1E))
    digits = "".join(BootReports().feed(report(0, usage)) for usage in range(0x1E, 0x28))
    signs = "".join(BootReports().feed(report(0, usage)) for usage in range(0x2B, 0x39))
    keypad = "".join(BootReports().feed(report(0, usage)) for usage in range(0x54, 0x64))
    assert (letters, digits) == ("abcdefghijklmnopqrstuvwxyz", "1234567890")
    assert signs == "\t -=[]\\\\;'`,./"
    assert keypad == "/*-+\r1234567890."


def test_a_balance_in_keyboard_mode_types_letters_with_alt_and_digits_plainly() -> None:
    reports = (
        report(4, 0x5F) + report(4) + report(4, 0x5B) + report(4) + NOTHING      # Alt 7 3
        + report(0, 0x2C) + NOTHING + report(0, 0x1E) + NOTHING + report(0, 0x24) + NOTHING)
    assert BootReports().feed(reports) == "I 17"


def test_several_keys_in_one_report_are_typed_in_their_order() -> None:
    assert BootReports().feed(report(4, 0x5E, 0x5D) + NOTHING) == "A"
    assert BootReports().feed(report(0, 0x1E, 0x1F, 0x20) + NOTHING) == "123"


def test_a_key_that_stays_down_between_reports_types_once() -> None:
    assert BootReports().feed(report(0, 0x1E) + report(0, 0x1E, 0x1F) + report(0, 0x1F)) == "12"


def test_more_keys_than_a_report_holds_are_damage() -> None:
    assert BootReports().feed(report(0, 1, 1, 1, 1, 1, 1)) == DAMAGE
    assert BootReports().feed(report(0, 0x66)) == DAMAGE


def test_a_key_that_was_down_through_a_report_too_full_is_not_typed_again() -> None:
    reports = report(0, 0x1E) + report(0, 1) + report(0, 0x1E) + NOTHING + report(0, 0x1F)
    assert BootReports().feed(reports) == f"1{DAMAGE}2"


@given(size=st.integers(1, 20))
def test_reports_arrive_whole_whatever_the_chunks(size: int) -> None:
    stream = (report(2, 0x04) + NOTHING + report(0, 0x1E) + NOTHING) * 3
    reports = BootReports()
    text = "".join(reports.feed(stream[at:at + size]) for at in range(0, len(stream), size))
    assert text == "A1A1A1"


def test_boot_reports_forget_on_reset() -> None:
    reports = BootReports()
    reports.feed(report(2, 0x04) + b"\x00")
    reports.reset()
    assert reports.feed(report(0, 0x04)) == "a"


@given(st.binary(max_size=400))
def test_any_bytes_give_text_and_no_error(noise: bytes) -> None:
    for typing in (InputEvents(), BootReports()):
        assert isinstance(typing.feed(noise), str)
        assert len(typing._rest) < 24
