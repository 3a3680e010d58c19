"""What a wrong setting leaves in the bytes is told apart, or nothing is said."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.garble import ENOUGH, Fault, fault_of

LINES = [
    b"ST,GS,+000.820kg\r\n", b"S S      0.820 kg\r\n", b"ww000.820kg\r\n", b"=0000.820=0000.820",
]


def with_parity(text: bytes, *, odd: bool = False) -> bytes:
    return bytes(b | 0x80 if (b.bit_count() % 2 == 1) is not odd else b for b in text)


def at_wrong_speed(text: bytes, factor: float) -> bytes:
    """The bits of an 8N1 line as a receiver at another speed samples them."""
    bits = [1, 1] + [bit for byte in text for bit in [0, *(byte >> n & 1 for n in range(8)), 1, 1]]
    found, at = [], 0.0
    while int(at + 9 * factor) < len(bits):
        if bits[int(at)]:
            at += 0.25
            continue
        middle = at + factor / 2
        found.append(sum(bits[int(middle + factor * (n + 1))] << n
                         for n in range(8) if int(middle + factor * (n + 1)) < len(bits)))
        at += 9.5 * factor
    return bytes(found)


@pytest.mark.parametrize("line", LINES)
def test_clean_text_of_another_make_is_a_wrong_protocol(line: bytes) -> None:
    assert fault_of(line * 4) is Fault.PROTOCOL


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("odd", [False, True])
def test_seven_bits_with_parity_read_as_eight_are_told(line: bytes, odd: bool) -> None:
    assert fault_of(with_parity(line * 4, odd=odd)) is Fault.PARITY


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("factor", [0.5, 0.25, 2.0, 4.0])
def test_a_wrong_speed_is_told(line: bytes, factor: float) -> None:
    garbled = at_wrong_speed(line * 8, factor)[:64]
    assert fault_of(garbled) in (Fault.SPEED, Fault.STILL)


@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"\x80"])
def test_one_byte_for_ever_is_a_still_line(byte: bytes) -> None:
    assert fault_of(byte * 40) is Fault.STILL


@given(st.binary(max_size=ENOUGH - 1))
def test_a_few_bytes_tell_nothing(data: bytes) -> None:
    assert fault_of(data) is None


def test_noise_is_never_taken_for_a_parity() -> None:
    chance = random.Random(1)
    told = {fault_of(chance.randbytes(64)) for _ in range(300)}
    assert told == {Fault.SPEED}


def test_twelve_bytes_are_enough_and_eleven_are_not() -> None:
    assert fault_of(b"ST,GS,+000.8") is Fault.PROTOCOL
    assert fault_of(b"ST,GS,+000.") is None


def test_text_may_have_a_tenth_of_noise_and_no_more() -> None:
    text = b"ST,GS,+000.820kg\r\nST"
    assert fault_of(text[:18] + b"\xff\x80") is Fault.PROTOCOL
    assert fault_of(text[:17] + b"\x00\x1f\x00") is Fault.SPEED


def test_the_delete_sign_is_no_text() -> None:
    assert fault_of(b"ST,GS,+000.820kg\r" + b"\x7f" * 3) is Fault.SPEED


@pytest.mark.parametrize("odd", [False, True])
def test_a_tenth_of_the_parity_bits_may_be_wrong_in_either_parity(odd: bool) -> None:
    sent = with_parity(b"ST,GS,+000.820kg\r\nST", odd=odd)
    for wrong, told in ((2, Fault.PARITY), (3, Fault.SPEED)):
        assert fault_of(bytes(b ^ 0x80 for b in sent[:wrong]) + sent[wrong:]) is told
