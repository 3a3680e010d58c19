"""The scanner types what it reads, and errs as scanners do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scanner import Scanner, aim_of, ean13_check
from simulators.scanner_faults import SENTENCES, ScannerFault

EAN = "6901234567892"


def typed(scanner: Scanner, code: str, now: float = 0.0) -> bytes:
    scanner.scan(code, now)
    return scanner.speak(now)


@pytest.mark.parametrize(
    ("suffix", "end"),
    [("cr", b"\r"), ("crlf", b"\r\n"), ("lf", b"\n"), ("tab", b"\t"), ("none", b"")],
)
def test_a_code_is_typed_with_its_suffix(suffix, end):
    assert typed(Scanner(suffix=suffix), "773000000000001") == b"773000000000001" + end


def test_an_unknown_suffix_is_refused():
    with pytest.raises(ValueError, match="no scanner suffix 'bell'; known are cr"):
        Scanner(suffix="bell")


def test_aim_identifiers_tell_an_ean_from_a_waybill():
    scanner = Scanner(aim=True)
    assert typed(scanner, EAN) == b"]E0" + EAN.encode() + b"\r"
    assert typed(scanner, "773000000000001") == b"]C0773000000000001\r"
    assert aim_of("6901234567893") == "]C0", "thirteen digits with a wrong check are no EAN"
    assert aim_of("笔记本") == "]Q0"


def test_the_ean_check_digit_is_gs1s():
    assert ean13_check("690123456789") == "2"
    assert ean13_check("400638133393") == "1"


@given(st.text("0123456789", min_size=12, max_size=12))
def test_every_ean_made_has_a_sum_divisible_by_ten(digits):
    code = digits + ean13_check(digits)
    assert sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(code)) % 10 == 0


def test_ten_codes_within_a_fifth_of_a_second_are_all_typed():
    scanner = Scanner()
    codes = [f"{number:013d}" for number in range(10)]
    scanner.burst(codes, 0.0)
    assert scanner.speak(0.1).count(b"\r") == 6
    rest = scanner.speak(0.2)
    assert rest.count(b"\r") == 4
    assert rest.endswith(b"0000000000009\r")


def test_an_idle_scanner_says_nothing():
    assert Scanner().speak(100.0) == b""


def test_a_bounce_types_the_code_twice_within_a_moment():
    scanner = Scanner()
    scanner.set_fault("bounce", on=True)
    assert typed(scanner, EAN) == EAN.encode() + b"\r"
    assert scanner.speak(0.11) == b""
    assert scanner.speak(0.12) == EAN.encode() + b"\r"


def test_a_misread_changes_one_character():
    scanner = Scanner()
    scanner.set_fault("misread", on=True)
    wrong = typed(scanner, EAN).rstrip(b"\r").decode()
    assert sum(a != b for a, b in zip(wrong, EAN, strict=True)) == 1


def test_truncated_no_read_and_no_suffix():
    for fault, expected in [
        ("truncated", b"690123\r"), ("no_read", b"NR\r"), ("no_suffix", EAN.encode()),
    ]:  # fmt: skip
        scanner = Scanner()
        scanner.set_fault(fault, on=True)
        assert typed(scanner, EAN) == expected


def test_garbage_comes_before_the_code():
    scanner = Scanner()
    scanner.set_fault("garbage", on=True)
    said = typed(scanner, EAN)
    assert said.endswith(EAN.encode() + b"\r")
    assert len(said) == 4 + 13 + 1


def test_a_silent_scanner_beeps_and_sends_nothing():
    scanner = Scanner()
    scanner.set_fault("silent", on=True)
    assert typed(scanner, EAN) == b""
    assert scanner.scanned == [EAN]


def test_slow_typing_takes_thirty_milliseconds_a_character():
    scanner = Scanner()
    scanner.set_fault("slow_typing", on=True)
    assert typed(scanner, "123456") == b"1"
    assert scanner.speak(0.1) == b"234"
    assert scanner.speak(1.0) == b"56\r"


def test_slow_scans_do_not_mix():
    scanner = Scanner()
    scanner.set_fault("slow_typing", on=True)
    scanner.burst(["123", "456"], 0.0, within=0.01)
    assert scanner.speak(9.0) == b"123\r456\r"


def test_glued_scans_come_in_pairs_without_a_break():
    scanner = Scanner()
    scanner.set_fault("glued", on=True)
    assert typed(scanner, "111") + typed(scanner, "222") == b"111222\r"


def test_the_hosts_handshake_is_heard():
    scanner = Scanner()
    assert scanner.hear(b"\x06\x15\x07x", 0.0) == b""
    assert scanner.beeps == ["good", "bad", "beep"]


def test_faults_are_known_by_name_and_have_sentences():
    assert set(SENTENCES) == set(ScannerFault)
    assert all(" · " in fault.sentence for fault in ScannerFault)
    with pytest.raises(ValueError, match="no scanner fault 'tired'; known are bounce"):
        Scanner().set_fault("tired", on=True)


@pytest.mark.parametrize("fault", list(ScannerFault))
def test_every_fault_can_be_switched_off_again(fault):
    scanner = Scanner()
    scanner.set_fault(fault, on=True)
    scanner.set_fault(fault, on=False)
    assert typed(scanner, EAN) == EAN.encode() + b"\r"


def test_the_state_tells_the_last_scan():
    scanner = Scanner(suffix="tab", aim=True)
    typed(scanner, EAN)
    state = scanner.state()
    assert (state["suffix"], state["aim"], state["scanned"], state["last"]) == ("tab", True, 1, EAN)


def test_a_scanner_on_a_split_wire_is_heard_whole(rig):
    scanner = Scanner()
    bench = rig(scanner)
    bench.call()
    bench.line.faults.split = 1
    scanner.scan(EAN, 0.0)
    bench.line.step()
    assert bench.read(14) == EAN.encode() + b"\r"
