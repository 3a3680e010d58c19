"""Toledo continuous: each bit of the status words, the checksum, and frames found in any stream."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.toledo_continuous import ToledoContinuousDecoder, checksum

D = Decimal
ALWAYS = 0x20
NET, NEGATIVE, RANGE, MOTION, KILOGRAMS, POWER_UP = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40


def frame(
    digits: str, *, swa: int = 5, swb: int = KILOGRAMS, swc: int = 0, tare: str = "     0",
    with_checksum: bool = True,
) -> bytes:
    """Build a frame as IND445 p. 50 draws it; the status words' bit 5 is always set."""
    body = bytes((2, swa | ALWAYS, swb | ALWAYS, swc | ALWAYS))
    body += digits.rjust(6).encode() + tare.encode() + b"\r"
    return body + bytes([-sum(body) % 128]) if with_checksum else body


def read(stream: bytes, *, with_checksum: bool = True) -> list[tuple[Decimal | None, str]]:
    decoder = ToledoContinuousDecoder(with_checksum=with_checksum)
    return [(reading.value, reading.status.value) for reading in decoder.feed(stream)]


@pytest.mark.parametrize(("places", "value"), [
    (0, 123400), (1, 12340), (2, 1234), (3, D("123.4")), (4, D("12.34")), (5, D("1.234")),
    (6, D("0.1234")), (7, D("0.01234")),
])
def test_the_low_bits_of_swa_place_the_point(places: int, value: Decimal) -> None:
    """Wildcat p. 41: X00, X0, X, X.X, .XX, .XXX, .XXXX, .XXXXX."""
    assert read(frame("1234", swa=places)) == [(value, "ok")]


@pytest.mark.parametrize("increment", [0x08, 0x10, 0x18])
def test_the_increment_in_swa_does_not_change_the_weight(increment: int) -> None:
    assert read(frame("1230", swa=5 | increment)) == [(D("1.230"), "ok")]


@pytest.mark.parametrize(("swb", "value", "unit", "mode", "stable"), [
    (0, D("1.230"), "lb", "gross", True),
    (KILOGRAMS, D("1.230"), "kg", "gross", True),
    (KILOGRAMS | NET, D("1.230"), "kg", "net", True),
    (KILOGRAMS | NEGATIVE, D("-1.230"), "kg", "gross", True),
    (KILOGRAMS | MOTION, D("1.230"), "kg", "gross", False),
    (KILOGRAMS | NET | NEGATIVE | MOTION, D("-1.230"), "kg", "net", False),
])
def test_each_bit_of_swb_means_what_the_manual_says(
    swb: int, value: Decimal, unit: str, mode: str, stable: bool
) -> None:
    (reading,) = ToledoContinuousDecoder().feed(frame("1230", swb=swb))
    assert (reading.value, reading.unit, reading.stable) == (value, unit, stable)
    assert reading.mode is not None
    assert reading.mode.value == mode


@pytest.mark.parametrize(("swb", "status"), [
    (RANGE, "overload"), (RANGE | MOTION, "overload"), (RANGE | NEGATIVE, "underload"),
    (POWER_UP, "error"), (POWER_UP | MOTION, "error"), (POWER_UP | RANGE, "overload"),
])
@pytest.mark.parametrize("digits", ["999999", "      ", "------", "     0"])
def test_out_of_range_and_not_yet_zeroed_have_no_number_whatever_is_sent(
    swb: int, status: str, digits: str
) -> None:
    assert read(frame(digits, swb=swb | KILOGRAMS)) == [(None, status)]


@pytest.mark.parametrize(("unit_bits", "unit"), [
    (0, "kg"), (1, "g"), (2, "t"), (3, "oz"), (4, "ozt"), (5, "dwt"),
])
def test_other_units_stand_in_swc(unit_bits: int, unit: str) -> None:
    (reading,) = ToledoContinuousDecoder().feed(frame("842", swa=2, swc=unit_bits))
    assert (reading.unit, reading.value) == (unit, 842)


@pytest.mark.parametrize("swc", [6, 7, 0x10, 0x11])
def test_a_free_unit_a_short_ton_and_an_expanded_display_are_no_weight(swc: int) -> None:
    assert read(frame("842", swc=swc)) == [(None, "unsupported")]


def test_the_print_key_changes_nothing() -> None:
    assert read(frame("1230", swc=0x08)) == [(D("1.230"), "ok")]


def test_a_tare_is_not_taken_for_the_weight() -> None:
    assert read(frame("1230", tare="   500", swb=KILOGRAMS | NET)) == [(D("1.230"), "ok")]


@pytest.mark.parametrize("digits", ["12 30 ", "1230  ", " 1 230", "-1230 ", "1.230 ", "ABCDEF"])
def test_digits_that_are_no_right_aligned_number_are_refused(digits: str) -> None:
    assert read(frame(digits)) == []


def test_zero_below_zero_is_zero() -> None:
    (reading,) = ToledoContinuousDecoder().feed(frame("0", swb=KILOGRAMS | NEGATIVE))
    assert str(reading.value) == "0.000"


def test_the_checksum_is_that_of_a_real_indicator() -> None:
    """The visible A behind 15 kg in a published capture is this checksum."""
    assert checksum(b"\x02*0     15     0\r") == ord("A")


@pytest.mark.parametrize("wrong", range(1, 128, 9))
def test_any_other_checksum_is_refused(wrong: int) -> None:
    good = frame("1230")
    assert read(good[:17] + bytes([good[17] ^ wrong])) == []


def test_without_checksum_the_next_frame_follows_at_once() -> None:
    stream = frame("1230", with_checksum=False) * 3
    assert read(stream, with_checksum=False) == [(D("1.230"), "ok")] * 3


def test_a_stream_with_checksums_is_read_without_looking_at_them_too() -> None:
    stream = frame("1230") * 3
    assert read(stream, with_checksum=False) == [(D("1.230"), "ok")] * 3


def test_a_changed_point_is_damage_until_it_stays() -> None:
    stream = frame("1230") * 4 + frame("1230", swa=4) + frame("1230") * 2
    assert {value for value, _ in read(stream)} == {D("1.230")}
    assert read(frame("1230") * 2 + frame("1230", swa=4) * 3)[-1] == (D("12.30"), "ok")


def test_a_frame_within_a_broken_one_is_found() -> None:
    assert read(frame("1230")[:9] + frame("1240") + frame("1250")) == [
        (D("1.240"), "ok"), (D("1.250"), "ok")]


@given(
    digits=st.integers(0, 999999), places=st.integers(0, 7), negative=st.booleans(),
    net=st.booleans(), motion=st.booleans(), size=st.integers(1, 20),
)
def test_whatever_an_indicator_can_show_is_read_back(
    digits: int, places: int, negative: bool, net: bool, motion: bool, size: int
) -> None:
    swb = KILOGRAMS | NEGATIVE * negative | NET * net | MOTION * motion
    stream, decoder = frame(str(digits), swa=places, swb=swb), ToledoContinuousDecoder()
    read = [one for at in range(0, 18, size) for one in decoder.feed(stream[at:at + size])]
    expected = D(digits) * D(10) ** (2 - places) * (-1 if negative else 1)
    assert [(reading.value, reading.stable) for reading in read] == [(expected, not motion)]


@given(st.binary(max_size=80))
def test_noise_is_held_only_as_long_as_a_frame(noise: bytes) -> None:
    decoder = ToledoContinuousDecoder()
    decoder.feed(noise)
    decoder.reset()
    assert [reading.value for reading in decoder.feed(frame("1230"))] == [D("1.230")]
