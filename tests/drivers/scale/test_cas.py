"""CAS: the AP-1 frame and its check, the 22-byte line and its lamps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.cas import Cas22Decoder, CasAp1Decoder, block_check

D = Decimal


def ap1(state: str = "S", sign: str = " ", weight: str = " 1.230", unit: str = "kg") -> bytes:
    data = (state + sign + weight + unit).encode()
    check = 0
    for byte in data:
        check ^= byte
    return b"\x01\x02" + data + bytes([check]) + b"\x03\x04"


def line(
    weight: bytes = b"000018.5", *, header: bytes = b"ST", mode: bytes = b"GS", lamps: int = 0xC4,
    scale: bytes = b"1",
) -> bytes:
    return header + b"," + mode + b"," + scale + bytes([lamps]) + b"," + weight + b" kg\r\n"


@pytest.mark.parametrize(("state", "stable"), [("S", True), ("U", False)])
def test_the_state_says_whether_it_is_stable(state: str, stable: bool) -> None:
    (reading,) = CasAp1Decoder().feed(ap1(state))
    assert (reading.value, reading.unit, reading.stable) == (D("1.230"), "kg", stable)


def test_an_abnormal_state_has_no_weight() -> None:
    (reading,) = CasAp1Decoder().feed(ap1("F"))
    assert (reading.value, reading.status) == (None, "error")


@pytest.mark.parametrize(("weight", "unit", "value"), [
    (" 1.230", "kg", D("1.230")), ("12.345", "kg", D("12.345")), ("   845", " g", D(845)),
    (" 2.715", "lb", D("2.715")), ("  0.00", "oz", D(0)),
])
def test_weights_are_read_in_their_unit(weight: str, unit: str, value: Decimal) -> None:
    (reading,) = CasAp1Decoder().feed(ap1(weight=weight, unit=unit))
    assert (reading.value, reading.unit) == (value, unit.strip())


def test_the_sign_stands_before_the_weight() -> None:
    (reading,) = CasAp1Decoder().feed(ap1(sign="-"))
    assert reading.value == D("-1.230")


def test_the_check_is_the_xor_behind_stx() -> None:
    assert block_check(b"S  1.230kg") == ap1()[12]
    assert block_check(b"") == 0


def test_every_flipped_bit_is_refused() -> None:
    frame = ap1()
    for at in range(len(frame)):
        for bit in range(8):
            flipped = frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:]
            assert [r.value for r in CasAp1Decoder().feed(flipped)] == [], (at, bit)


@pytest.mark.parametrize("frame", [
    ap1("X"), ap1(sign="+"), ap1(weight="1 .230"), ap1(weight="      "), ap1(unit="k1"),
])
def test_a_frame_of_another_shape_is_refused_even_with_its_check(frame: bytes) -> None:
    assert CasAp1Decoder().feed(frame) == []


def test_acknowledgements_between_frames_do_no_harm() -> None:
    stream = b"\x06" + ap1() + b"\x06\x15\x06" + ap1("U") + b"\x06"
    assert [reading.stable for reading in CasAp1Decoder().feed(stream)] == [True, False]


def test_a_frame_cut_by_the_next_is_dropped() -> None:
    stream = ap1()[:8] + ap1(weight=" 1.240") + ap1(weight=" 1.250")
    assert [reading.value for reading in CasAp1Decoder().feed(stream)] == [D("1.240"), D("1.250")]


@given(grams=st.integers(0, 99999), negative=st.booleans(), size=st.integers(1, 20))
def test_whatever_is_shown_is_read_back(grams: int, negative: bool, size: int) -> None:
    stream = ap1(sign="-" if negative else " ", weight=f"{grams / 1000:6.3f}")
    decoder = CasAp1Decoder()
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.grams for reading in read] == [-grams if negative else grams]


# CI-600D p. 74: lamps from bit 6: stable, -, hold, print, gross, tare, zero
@pytest.mark.parametrize(("lamps", "header", "status", "stable"), [
    (0xC4, b"ST", "ok", True), (0x84, b"US", "ok", False), (0xC5, b"ST", "zero", True),
    (0x85, b"US", "zero", False), (0x84, b"ST", "ok", False), (0xC4, b"US", "ok", False),
    (0xCC, b"ST", "ok", True), (0xDC, b"ST", "ok", False),  # a held display is an old one
])
def test_lamps_and_header_say_the_state_together(
    lamps: int, header: bytes, status: str, stable: bool
) -> None:
    (reading,) = Cas22Decoder().feed(line(lamps=lamps, header=header))
    assert (reading.status, reading.stable, reading.value) == (status, stable, D("18.5"))


@pytest.mark.parametrize(("weight", "status"), [
    (b"+999999.", "overload"), (b"-999999.", "underload"), (b"        ", "overload"),
])
def test_out_of_range_has_no_number(weight: bytes, status: str) -> None:
    (reading,) = Cas22Decoder().feed(line(weight, header=b"OL"))
    assert (reading.value, reading.status, reading.unit) == (None, status, "kg")


@pytest.mark.parametrize(("mode", "expected"), [(b"GS", "gross"), (b"NT", "net")])
def test_gross_and_net_are_told(mode: bytes, expected: str) -> None:
    (reading,) = Cas22Decoder().feed(line(mode=mode))
    assert reading.mode == expected


@pytest.mark.parametrize("scale", [b"0", b"1", b"9", b":", b"A"])
def test_any_scale_number_will_do_and_is_no_digit_of_the_weight(scale: bytes) -> None:
    (reading,) = Cas22Decoder().feed(line(scale=scale))
    assert reading.value == D("18.5")


@pytest.mark.parametrize("damaged", [
    line(lamps=0x44), line(b"00018.5"), line(b"0000018.5"), line(b"0000 8.5"), line(b"00-018.5"),
    line(mode=b"TR"), line(header=b"QT"), line()[4:], line().replace(b" kg", b"kg"),
    line().replace(b" kg", b" k"), line().replace(b",1", b","),
])
def test_a_damaged_line_is_refused(damaged: bytes) -> None:
    assert Cas22Decoder().feed(damaged) == []


@given(tenths=st.integers(-99999, 999999), size=st.integers(1, 25))
def test_whatever_the_line_shows_is_read_back(tenths: int, size: int) -> None:
    stream, decoder = line(b"%8s" % f"{D(tenths) / 10:.1f}".encode()), Cas22Decoder()
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.value for reading in read] == [D(tenths) / 10]
