"""USB scales of HID usage page 0x8D: every status, unit and exponent, and reports of all shapes."""

from __future__ import annotations

import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Reading
from drivers.scale.hid_pos import HiddevDecoder, HidPosDecoder

D = Decimal
STABLE, MOVING, ZERO = 4, 3, 2
GRAM, KILOGRAM, OUNCE, POUND = 2, 3, 11, 12


def report(
    status: int, unit: int, exponent: int, magnitude: int, *, numbered: bool = True
) -> bytes:
    body = struct.pack("<BBbH", status, unit, exponent, magnitude)
    return b"\x03" + body if numbered else body


def one(data: bytes) -> Reading:
    (reading,) = HidPosDecoder().feed(data)
    return reading


# HID point of sale usage tables 1.02, section 4.5: the scale's status
@pytest.mark.parametrize(("status", "expected", "stable"), [
    (1, "error", None), (3, "ok", False), (4, "ok", True), (5, "underload", None),
    (6, "overload", None), (7, "error", None), (8, "error", None),
])
def test_each_status_means_what_the_tables_say(
    status: int, expected: str, stable: bool | None
) -> None:
    reading = one(report(status, GRAM, 0, 845))
    assert (reading.status, reading.stable) == (expected, stable)
    assert (reading.value is None) == (expected != "ok")


# The same, section 4.4: the weight's unit
@pytest.mark.parametrize(("number", "unit", "grams"), [
    (1, "mg", D("0.001")), (2, "g", D(1)), (3, "kg", D(1000)), (4, "ct", D("0.2")),
    (6, "gr", D("0.06479891")), (7, "dwt", D("1.55517384")), (8, "t", D(1000000)),
    (10, "ozt", D("31.1034768")), (11, "oz", D("28.349523125")), (12, "lb", D("453.59237")),
])
def test_each_unit_converts_exactly(number: int, unit: str, grams: Decimal) -> None:
    reading = one(report(STABLE, number, 0, 1))
    assert (reading.unit, reading.grams) == (unit, grams)


@pytest.mark.parametrize(("number", "unit"), [(5, "tael"), (9, "ton")])
def test_a_tael_and_a_short_ton_are_named_and_not_weighed(number: int, unit: str) -> None:
    reading = one(report(STABLE, number, 0, 1))
    assert (reading.value, reading.unit, reading.status) == (None, unit, "unsupported")


def test_no_unit_is_no_grams() -> None:
    reading = one(report(STABLE, 0, 0, 845))
    assert (reading.value, reading.unit, reading.grams) == (845, None, None)


@pytest.mark.parametrize(("exponent", "value"), [
    (-6, "0.000845"), (-4, "0.0845"), (-3, "0.845"), (-2, "8.45"), (-1, "84.5"), (0, "845"),
    (1, "8450"), (2, "84500"), (3, "845000"),
])
def test_the_exponent_is_signed(exponent: int, value: str) -> None:
    assert str(one(report(STABLE, GRAM, exponent, 845)).value) == value


@pytest.mark.parametrize("exponent", [-128, -7, 4, 127])
def test_an_exponent_of_no_scale_is_refused(exponent: int) -> None:
    assert HidPosDecoder().feed(report(STABLE, GRAM, exponent, 845)) == []


def test_the_magnitude_has_two_bytes_low_first() -> None:
    assert one(b"\x03\x04\x0b\xff\x34\x19").value == D("645.2")


@pytest.mark.parametrize("status", [0, 9, 255])
def test_a_status_outside_the_tables_is_refused(status: int) -> None:
    assert HidPosDecoder().feed(report(status, GRAM, 0, 845)) == []


@pytest.mark.parametrize("unit", [13, 200])
def test_a_unit_outside_the_tables_is_refused(unit: int) -> None:
    assert HidPosDecoder().feed(report(STABLE, unit, 0, 845)) == []


def test_zero_is_told_only_with_a_zero() -> None:
    empty, loaded = one(report(ZERO, OUNCE, -1, 0)), one(report(ZERO, POUND, -1, 48))
    assert (empty.status, empty.value, empty.stable) == ("zero", D("0.0"), True)
    assert (loaded.status, loaded.value, loaded.stable) == ("ok", D("4.8"), None)


def test_below_zero_the_unsigned_magnitude_is_not_a_weight() -> None:
    reading = one(report(5, OUNCE, -1, 5))
    assert (reading.value, reading.grams, reading.status) == (None, None, "underload")


def test_a_report_may_come_without_its_number_or_with_a_zero_before_it() -> None:
    plain = report(STABLE, GRAM, 0, 845, numbered=False)
    assert one(plain).value == one(b"\x03" + plain).value == one(b"\x00\x03" + plain).value == 845


def test_reports_waiting_in_a_queue_come_in_their_order() -> None:
    queue = b"".join(report(STABLE, GRAM, 0, grams) for grams in (840, 845, 850))
    assert [reading.value for reading in HidPosDecoder().feed(queue)] == [840, 845, 850]


@pytest.mark.parametrize("data", [
    b"\x03", b"\x03\x04\x02", b"\x09\x04\x02\x00\x4d\x03", b"\x04\x04\x02\x00\x4d\x03",
    report(STABLE, GRAM, 0, 845) + b"\x04\x04\x02\x00\x4d\x03", bytes(64), bytes(7),
])
def test_a_report_of_another_kind_is_refused(data: bytes) -> None:
    decoder = HidPosDecoder()
    assert decoder.feed(data) == []
    assert decoder.refused == 1


def test_an_empty_read_is_nothing() -> None:
    decoder = HidPosDecoder()
    assert decoder.feed(b"") == []
    assert (decoder.frames, decoder.refused) == (0, 0)


def test_a_reset_has_nothing_to_forget() -> None:
    decoder = HidPosDecoder()
    decoder.feed(b"\x03\x04\x02")
    decoder.reset()
    assert decoder.feed(report(STABLE, GRAM, 0, 845))[0].value == 845


@given(
    unit=st.sampled_from([GRAM, KILOGRAM, OUNCE, POUND]), exponent=st.integers(-4, 2),
    magnitude=st.integers(0, 0xFFFF), moving=st.booleans(),
)
def test_whatever_a_scale_can_report_is_read_back(
    unit: int, exponent: int, magnitude: int, moving: bool
) -> None:
    reading = one(report(MOVING if moving else STABLE, unit, exponent, magnitude))
    assert reading.value == D(magnitude) * D(10) ** exponent
    assert reading.stable is not moving


@given(st.binary(max_size=40))
def test_any_report_gives_readings_or_nothing(noise: bytes) -> None:
    for reading in HidPosDecoder().feed(noise):
        assert reading.value is None or reading.value >= 0


def events(scaling: int, weight: int) -> bytes:
    """Two hiddev events: usages 0x8D0041 and 0x8D0040 with their values."""
    return struct.pack("<Ii", 0x8D0041, scaling) + struct.pack("<Ii", 0x8D0040, weight)


@given(scaling=st.integers(-4, 2), weight=st.integers(0, 0xFFFF), size=st.integers(1, 16))
def test_hiddev_events_are_read_whatever_the_chunks(
    scaling: int, weight: int, size: int
) -> None:
    stream, decoder = events(scaling, weight), HiddevDecoder(unit="oz")
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.value for reading in read] == [D(weight) * D(10) ** scaling]
    assert read[0].stable is None


def test_other_usages_between_are_passed_over() -> None:
    other = struct.pack("<Ii", 0x8D0070, 4)
    stream = other + events(-1, 285) + other + struct.pack("<Ii", 0x8D0040, 286)
    assert [reading.value for reading in HiddevDecoder().feed(stream)] == [D("28.5"), D("28.6")]


@pytest.mark.parametrize(("exponent", "magnitude", "value"), [
    (-3, 0, "0"), (-3, 1, "0.001"), (-3, 0xFFFF, "65.535"), (3, 1, "1000"), (-6, 1, "0.000001"),
    (-3, -1, None), (-3, 0x10000, None), (4, 1, None), (-7, 1, None),
])
def test_hiddev_tells_what_two_bytes_can_hold_and_nothing_beyond(
    exponent: int, magnitude: int, value: str | None
) -> None:
    decoder = HiddevDecoder(unit="kg")
    read = decoder.feed(struct.pack("<IiIi", 0x008D0041, exponent, 0x008D0040, magnitude))
    assert [one.value for one in read] == ([] if value is None else [D(value)])
    assert (decoder.frames, decoder.refused) == ((0, 1) if value is None else (1, 0))


def test_hiddev_events_come_in_any_pieces_and_a_weight_needs_its_scaling() -> None:
    scaling = struct.pack("<Ii", 0x008D0041, -2)
    weights = [struct.pack("<Ii", 0x008D0040, grams) for grams in (123, 456)]
    decoder = HiddevDecoder(unit="kg")
    assert not decoder.feed(weights[0])
    stream = scaling + weights[0] + weights[1]
    read = [one for at in range(0, len(stream), 3) for one in decoder.feed(stream[at:at + 3])]
    assert [one.value for one in read] == [D("1.23"), D("4.56")]
    decoder.feed(scaling[:3])
    decoder.reset()
    assert not decoder.feed(weights[0])
