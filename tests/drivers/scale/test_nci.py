"""NCI SCP-01, ECR, FedEx and UPS: status bits by their tables, and answers that lie."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Reading
from drivers.scale.nci import NciDecoder, UpsDecoder

D = Decimal


def answer(field: bytes = b"  01.85KG", status: bytes = b"00") -> bytes:
    return b"\n" + field + b"\r\n" + status + b"\r\x03"


def ecr(status: bytes) -> bytes:
    return b"\nS" + status + b"\r\x03"


def one(stream: bytes) -> Reading:
    (reading,) = NciDecoder().feed(stream)
    return reading


# NCI 6702: the bits of the two status bytes, each '0' plus its flags
@pytest.mark.parametrize(("status", "expected"), [
    (b"00", "ok"), (b"10", "ok"), (b"20", "zero"), (b"40", "error"), (b"80", "error"),
    (b"01", "underload"), (b"02", "overload"), (b"04", "error"), (b"08", "error"),
    (b"03", "overload"), (b"12", "overload"), (b"11", "underload"), (b"30", "zero"),
])
def test_each_status_bit_means_what_the_table_says(status: bytes, expected: str) -> None:
    reading = one(answer(status=status))
    assert reading.status == expected
    assert (reading.value is None) == (expected in ("error", "underload", "overload"))


@pytest.mark.parametrize(("status", "stable"), [(b"00", True), (b"10", False), (b"20", True)])
def test_motion_is_the_first_bit(status: bytes, stable: bool) -> None:
    assert one(answer(status=status)).stable is stable


@pytest.mark.parametrize(("status", "mode"), [
    (b"00", None), (b"0p0", "gross"), (b"0p4", "net"), (b"0p5", "net"), (b"0p3", "gross"),
])
def test_net_stands_in_a_third_byte_that_the_second_announces(
    status: bytes, mode: str | None
) -> None:
    assert one(answer(status=status)).mode == mode


def test_a_third_byte_comes_with_flags_in_the_second_too() -> None:
    assert one(answer(status=b"0r0")).status == "overload"


@pytest.mark.parametrize("status", [b"0", b"0p", b"000", b"@0", b"0@", b"0p@", b"0p44", b" 0", b""])
def test_a_status_of_other_bytes_is_refused(status: bytes) -> None:
    assert NciDecoder().feed(answer(status=status)) == []


@pytest.mark.parametrize(("field", "value", "unit"), [
    (b"  01.85KG", D("1.85"), "kg"), (b" 012.40LB", D("12.40"), "lb"),
    (b"-000.25KG", D("-0.25"), "kg"), (b"   845G", D(845), "g"),
    (b" 12.500OZ", D("12.500"), "oz"), (b"  1.850kg", D("1.850"), "kg"),
])
def test_weights_are_read_in_their_own_unit(field: bytes, value: Decimal, unit: str) -> None:
    reading = one(answer(field))
    assert (reading.value, reading.unit, reading.status) == (value, unit, "ok")


@pytest.mark.parametrize(("signs", "expected"), [
    (b"^^^^^^", "overload"), (b"______", "underload"), (b"------", "error"),
])
@pytest.mark.parametrize("unit", [b"LB", b"KG"])
def test_signs_in_place_of_digits_are_a_state(signs: bytes, unit: bytes, expected: str) -> None:
    reading = one(answer(signs + unit))
    assert (reading.value, reading.status) == (None, expected)


@pytest.mark.parametrize("field", [b"^^-^^^KG", b"  0 .85KG", b"  01.85", b"  01.85st", b"KG", b""])
def test_a_field_that_is_neither_number_nor_state_gives_no_weight(field: bytes) -> None:
    assert [r.value for r in NciDecoder().feed(answer(field)) if r.value is not None] == []


@pytest.mark.parametrize(("status", "expected", "stable"), [
    (b"10", "motion", False), (b"20", "zero", True), (b"02", "overload", None),
    (b"01", "underload", None), (b"40", "error", None),
])
def test_an_ecr_scale_sends_only_its_status_when_there_is_no_weight(
    status: bytes, expected: str, stable: bool | None
) -> None:
    reading = one(ecr(status))
    assert (reading.value, reading.status, reading.stable) == (None, expected, stable)


def test_an_ecr_status_without_flags_is_no_news() -> None:
    decoder = NciDecoder()
    assert decoder.feed(ecr(b"00")) == []
    assert (decoder.frames, decoder.refused) == (1, 0)


def test_an_unknown_question_is_an_error() -> None:
    assert one(b"\n?\r\x03").status == "error"


def test_two_answers_run_together_are_refused_and_the_next_is_read() -> None:
    stream = answer()[:-1] + answer(b"  01.95KG") + answer(b"  02.05KG")
    assert [reading.value for reading in NciDecoder().feed(stream)] == [D("2.05")]


def test_a_lost_digit_is_seen_in_the_fields_width() -> None:
    decoder = NciDecoder()
    stream = answer() * 3 + answer(b"  1.85KG") + answer()
    assert len(decoder.feed(stream)) == 4
    assert decoder.refused == 1


@given(grams=st.integers(0, 99999), motion=st.booleans(), size=st.integers(1, 30))
def test_whatever_is_shown_is_read_back(grams: int, motion: bool, size: int) -> None:
    stream = answer(b"%3d.%03dKG" % divmod(grams, 1000), b"10" if motion else b"00")
    decoder = NciDecoder()
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [(reading.grams, reading.stable) for reading in read] == [(grams, not motion)]


@pytest.mark.parametrize(("line", "value", "stable", "mode"), [
    (b"  4.25 lb. GR  \r\n\x03", D("4.25"), True, "gross"),
    (b"  4.25 lb. gr  \r\n\x03", D("4.25"), False, "gross"),
    (b"  4.25 lb. NT  \r\n\x03", D("4.25"), True, "net"),
    (b"  4.25 kg GR  \r\n\x03", D("4.25"), True, "gross"),
    (b"- 0.25 lb. NT  \r\n\x03", D("-0.25"), True, "net"),
])
def test_ups_says_motion_with_small_letters(
    line: bytes, value: Decimal, stable: bool, mode: str
) -> None:
    (reading,) = UpsDecoder().feed(line)
    assert (reading.value, reading.stable, reading.mode) == (value, stable, mode)


def test_ups_says_overload_with_nothing() -> None:
    (reading,) = UpsDecoder().feed(b"\r\x03")
    assert (reading.value, reading.status) == (None, "overload")


@pytest.mark.parametrize("line", [
    b"  4.25 lb. GR  \r\x03", b"  4.25 lb. GR  \n\x03", b"  4.25 lb. Gr  \r\n\x03",
    b"  4.25 GR  \r\n\x03", b"lb. GR  \r\n\x03", b"\n\x03", b"\r\n\x03", b"  4.25 lb.  \r\n\x03",
])
def test_a_damaged_ups_answer_gives_nothing(line: bytes) -> None:
    assert UpsDecoder().feed(line) == []
