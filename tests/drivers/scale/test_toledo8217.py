"""Toledo 8217: golden answers of the Mettler DIVA service manual, pp. 39-45, and the traps."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.toledo8217 import ASK, Toledo8217Decoder

D = Decimal


def with_parity(frame: bytes) -> bytes:
    """Put even parity into bit 7, as a port at 8N1 sees a 7E1 line."""
    return bytes(byte | 0x80 if bin(byte).count("1") % 2 else byte for byte in frame)


WEIGHTS = [
    (b"\x0201.230\r", D("1.230"), None, True, "gross", "ok"),          # p. 40: WW.WWW in kg
    (b"\x0204.85\r", D("4.85"), None, True, "gross", "ok"),            # p. 40: WW.WW in lb
    (b"\x0201.230N\r", D("1.230"), None, True, "net", "ok"),           # p. 40: N is net
    (b"\x02 1.230\r", D("1.230"), None, True, "gross", "ok"),          # blanks for leading zeros
    (b"\x02012.50\r", D("12.50"), None, None, None, "ok"),             # the longer form of clones
]

STATUSES = [  # p. 41, table of the status byte; bit 6 is always set
    (0x41, None, None, False, "gross", "motion"),
    (0x42, None, None, None, "gross", "overload"),
    (0x44, None, None, True, "gross", "underload"),
    (0x48, None, None, None, "gross", "ok"),
    (0x50, None, None, None, "gross", "zero"),
    (0x61, None, None, False, "net", "motion"),
    (0x70, None, None, None, "net", "zero"),
    (0x43, None, None, False, "gross", "motion"),
    (0x45, None, None, False, "gross", "motion"),
]


def test_the_question_is_a_bare_w() -> None:
    assert ASK == b"W"


@pytest.mark.rule("D6")
@pytest.mark.parametrize("golden", WEIGHTS, ids=lambda golden: repr(golden[0]))
def test_a_weight_is_read_as_displayed(golden: Any, facts: Callable[..., Any]) -> None:
    frame, *expected = golden
    assert facts(Toledo8217Decoder().feed(frame)) == [tuple(expected)]


@pytest.mark.rule("D6")
@pytest.mark.parametrize("golden", STATUSES, ids=lambda golden: hex(golden[0]))
def test_a_status_is_never_a_weight(golden: Any, facts: Callable[..., Any]) -> None:
    status, *expected = golden
    assert facts(Toledo8217Decoder().feed(b"\x02?%c\r" % status)) == [tuple(expected)]


@pytest.mark.parametrize("frame", [b"\x02?\x00\r", b"\x02?\x40\r", b"\x02?\x60\r"])
def test_a_status_without_bits_is_nothing_new_and_neither_zero_nor_the_last_weight(
    frame: bytes,
) -> None:
    decoder = Toledo8217Decoder()
    decoder.feed(b"\x0201.230\r")
    assert decoder.feed(frame) == []
    assert (decoder.frames, decoder.refused) == (2, 0)


@pytest.mark.parametrize(("unit", "grams"), [
    ("kg", D("1230.000")), ("g", D("1.230")), ("lb", D("1.230") * D("453.59237")), (None, None),
])
def test_the_unit_is_the_configured_one_and_otherwise_unknown(
    unit: str | None, grams: Decimal | None
) -> None:
    (reading,) = Toledo8217Decoder(unit=unit).feed(b"\x0201.230\r")
    assert (reading.unit, reading.grams) == (unit, grams)


def test_a_7e1_scale_read_at_8n1_is_understood_and_its_parity_checked() -> None:
    frame = with_parity(b"\x0201.230N\r")
    (reading,) = Toledo8217Decoder().feed(frame)
    assert (reading.value, reading.mode, reading.raw) == (D("1.230"), "net", frame)


def test_every_flipped_bit_of_a_frame_with_parity_is_refused() -> None:
    frame = with_parity(b"\x0201.230\r")
    for at in range(len(frame)):
        for bit in range(8):
            flipped = frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:]
            assert Toledo8217Decoder().feed(flipped) == []


def test_masking_can_be_switched_off() -> None:
    assert Toledo8217Decoder(parity_bit=False).feed(with_parity(b"\x0201.230\r")) == []


@pytest.mark.parametrize("frame", [
    b"\x021.230\r", b"\x02123\r", b"\x020123.4\r", b"\x0201.2300\r", b"\x02-1.230\r", b"\x02\r",
    b"\x02?\r", b"\x02?\x21\r", b"\x02?AA\r", b"\x0201.230G\r", b"\x0201 230\r", b"\x02E\r",
    b"\x020 .230\r", b"\x02\xb01.230\r", b"01.230\r", b"\x0201.230",
])
def test_what_the_manual_does_not_show_is_refused(frame: bytes) -> None:
    assert Toledo8217Decoder().feed(frame) == []


def test_a_frame_cut_short_by_the_next_is_dropped() -> None:
    readings = Toledo8217Decoder().feed(b"\x0201.2\x0202.340\r1.230\r\x0202.350\r")
    assert [reading.value for reading in readings] == [D("2.340"), D("2.350")]


def test_a_lost_digit_does_not_turn_kilograms_into_pounds_of_another_weight() -> None:
    decoder = Toledo8217Decoder()
    readings = decoder.feed(b"\x0212.345\r\x0212.345\r\x0212.45\r\x0212.345\r")
    assert [reading.value for reading in readings] == [D("12.345")] * 3


def test_an_echo_and_an_endless_answer_do_no_harm() -> None:
    decoder = Toledo8217Decoder()
    assert decoder.feed(b"\x02E\rhello" + b"\x02" + b"9" * 10000 + b"\r") == []
    assert len(decoder._cutter._frame) == 0
    assert decoder.feed(b"\x0201.230\r")[0].value == D("1.230")


def test_nothing_of_a_half_answer_survives_a_reset() -> None:
    decoder = Toledo8217Decoder()
    decoder.feed(b"\x0201.")
    decoder.reset()
    assert decoder.feed(b"230\r") == []


@given(st.lists(st.integers(0, 99999), min_size=1), st.integers(1, 9), st.booleans())
def test_any_chunking_gives_the_same_readings(grams: list[int], size: int, parity: bool) -> None:
    stream = b"".join(b"\x02%02d.%03d\r" % divmod(weight, 1000) for weight in grams)
    stream = with_parity(stream) if parity else stream
    decoder = Toledo8217Decoder(unit="kg")
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.grams for reading in read] == grams


@given(st.binary(max_size=100))
def test_noise_never_raises(noise: bytes) -> None:
    decoder = Toledo8217Decoder()
    decoder.feed(noise)
    decoder.reset()
    assert decoder.feed(b"\x0201.230\r")[0].value == D("1.230")
