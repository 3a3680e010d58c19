"""What real scales have been seen to do, and what careless readers made of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from drivers.scale import cas, kern, mt_sics, nci, ohaus, sartorius, shop_scales, sma
from drivers.scale.chinese import SHUANGJIE_COMMANDS
from drivers.scale.protocols import SCALES
from drivers.scale.toledo_continuous import checksum

D = Decimal


def read(name: str, stream: bytes, **settings: Any) -> list[Any]:
    return list(SCALES[name].build(settings).feed(stream))


def test_a_sign_in_a_column_of_its_own_is_not_lost() -> None:
    """A tare left on shows as a negative net, which is never a parcel's weight."""
    (reading,) = read("ohaus-defender", b"-  1.845 kg    N\r\n")
    assert reading.grams == -1845


@pytest.mark.parametrize(("name", "line"), [
    ("and-standard", b"OL,+999999.9  g\r\n"), ("and-csv", b"OL,+9999999E+19, ct\r\n"),
    ("cas-22", b"OL,GS,1\x84,999999.9 kg\r\n"), ("rinstrum", b"\x02  99.999O\x03"),
])
def test_an_overload_sent_as_a_number_has_no_number(name: str, line: bytes) -> None:
    (reading,) = read(name, line)
    assert (reading.value, reading.grams, reading.status) == (None, None, "overload")


@pytest.mark.parametrize(("name", "line"), [
    ("and-standard", b"ST,+0001.230hkg\r\n"), ("shuangjie", b"+   1.230 tl\r\n"),
    ("adam-16", b"+       1.230 tj\r\n"),
])
def test_a_catty_or_tael_is_named_and_never_kilograms(name: str, line: bytes) -> None:
    (reading,) = read(name, line)
    assert (reading.value, reading.grams, reading.status) == (None, None, "unsupported")


@pytest.mark.parametrize(("name", "line"), [
    ("and-standard", b"QT,+00000012 PC\r\n"), ("adam-16", b"           12PCS\r\n"),
    ("sterling", b"Count      12 Pieces\r\n"),
])
def test_a_count_is_a_number_and_no_weight(name: str, line: bytes) -> None:
    (reading,) = read(name, line)
    assert (reading.value, reading.unit, reading.grams) == (12, "pcs", None)


@pytest.mark.parametrize(("name", "line"), [
    ("sma", b"\n 1T       0.250kg \r"), ("keli-asked", b"\x02TW:0000.25(kg)\x03"),
    ("mt-sics", b"T S      0.250 kg\r\n"), ("adam-cpw", b"T + 0.25 kg\r\n"),
    ("sartorius-sbi22", b"T     +    0.250 kg \r\n"),
])
def test_a_tare_says_that_it_is_one_and_is_not_called_stable(name: str, line: bytes) -> None:
    (reading,) = read(name, line)
    assert reading.mode == "tare"


def test_the_first_number_in_a_csv_line_is_not_the_weight() -> None:
    (reading,) = read("and-csv", b"88.8,2024/05/01,10:00:00,ST,+0001.250, kg\r\n")
    assert reading.value == D("1.250")


def test_the_clock_behind_an_interval_print_is_not_the_weight() -> None:
    (reading,) = read("ohaus-print", b"       84.50 g    00:01:15\r\n")
    assert reading.grams == D("84.50")


def test_a_total_keeps_its_number_and_can_never_be_a_parcel() -> None:
    (reading,) = read("ohaus-print", b"      845.00 g TOTAL\r\n")
    assert (reading.value, reading.grams) == (845, None)


@pytest.mark.parametrize(("name", "moving", "still"), [
    ("sartorius-sbi22", b"N     +    84.52    \r\n", b"N     +    84.52 g  \r\n"),
    ("sartorius-sbi16", b"+    84.52    \r\n", b"+    84.52 g  \r\n"),
    ("kern", b"        84.52 \r\n", b"        84.52 g  \r\n"),
])
def test_a_blank_unit_means_moving_and_is_no_change_of_the_streams_shape(
    name: str, moving: bytes, still: bytes
) -> None:
    readings = read(name, still * 12 + moving * 3 + still)
    assert [reading.stable for reading in readings] == [True] * 12 + [False] * 3 + [True]
    assert {reading.value for reading in readings} == {D("84.52")}


def test_a_lost_question_mark_does_not_make_a_moving_weight_stable() -> None:
    moving = b"   0.845 kg   ?G\r\n"
    assert read("ohaus-defender", moving.replace(b"?", b"")) == []


@pytest.mark.parametrize(("lamp", "header", "stable"), [
    (b"\xc4", b"ST", True), (b"\x84", b"ST", False), (b"\xc4", b"US", False),
])
def test_where_the_lamp_and_the_header_differ_it_is_not_stable(
    lamp: bytes, header: bytes, stable: bool
) -> None:
    (reading,) = read("cas-22", header + b",GS,1" + lamp + b",+001.845 kg\r\n")
    assert reading.stable is stable


def test_a_checksum_that_is_a_start_byte_does_not_cost_its_frame() -> None:
    """A steady weight whose checksum is STX would otherwise never be read."""
    body = next(body for n in range(10000)
                if checksum(body := b"\x02-0 %6d     0\r" % n) == 0x02)
    readings = read("toledo-continuous", (body + b"\x02") * 3)
    assert len(readings) == 3


def test_every_flipped_bit_of_a_checked_frame_is_refused() -> None:
    frames = {
        "toledo-continuous": b"\x02-0   2345     0\r\x16",
        "dibal": b"9900184500000008\r\n",
        "cas-ap1": b"\x01\x02S  1.230kg\x71\x03\x04",
    }
    for name, frame in frames.items():
        body = len(frame.rstrip(b"\r\n"))
        for at in range(body):
            for bit in range(8):
                flipped = frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:]
                assert [r.value for r in read(name, flipped)] == [], (name, at, bit)


def test_status_zero_beside_a_weight_does_not_make_it_zero() -> None:
    (reading,) = read("hid-pos", b"\x03\x02\x0c\xff\x30\x00")
    assert (reading.grams, reading.stable) == (D("4.8") * D("453.59237"), None)


def test_a_positive_exponent_is_positive_and_a_negative_one_negative() -> None:
    assert [read("hid-pos", bytes([3, 4, 2, exponent, 12, 0]))[0].value
            for exponent in (0, 1, 2, 0xFF, 0xFE)] == [12, 120, 1200, D("1.2"), D("0.12")]


def test_several_reports_in_one_read_are_taken_apart() -> None:
    reports = b"\x03\x03\x02\x00\x4d\x03" + b"\x03\x04\x02\x00\x4e\x03"
    assert [reading.value for reading in read("hid-pos", reports)] == [845, 846]


def test_a_hiddev_weight_needs_its_scaling_first() -> None:
    decoder = SCALES["hiddev"].build({"unit": "oz"})
    weight, scaling = bytes.fromhex("40008d001d010000"), bytes.fromhex("41008d00ffffffff")
    assert list(decoder.feed(weight)) == []
    (reading,) = decoder.feed(scaling + bytes(8) + weight)
    assert (reading.value, reading.unit) == (D("28.5"), "oz")
    decoder.reset()
    assert list(decoder.feed(weight)) == []


def test_a_hiddev_weight_of_a_senseless_scaling_or_sign_is_refused() -> None:
    scaling, weight = bytes.fromhex("41008d0063000000"), bytes.fromhex("40008d001d010000")
    assert read("hiddev", scaling + weight) == []
    assert read("hiddev", bytes.fromhex("41008d00ffffffff40008d00ffffffff")) == []


def test_a_shop_scales_unit_can_be_set_otherwise() -> None:
    (reading,) = read("elicom", b"\x00\x18\x45\x5d", unit="lb")
    assert (reading.value, reading.unit) == (D("1.845"), "lb")


def test_an_elicom_answer_after_noise_counts_when_another_follows() -> None:
    decoder = SCALES["elicom"].build({})
    answer = b"\x00\x18\x45\x5d"
    assert len(decoder.feed(b"\x17" + answer)) == 0
    assert len(decoder.feed(answer)) == 2
    assert len(decoder.feed(answer + b"\xbb")) == 2


@pytest.mark.parametrize(("line", "number"), [
    (b'I4 A "B012345"\r\n', "B012345"), (b"I4 A B012345\r\n", "B012345"),
    (b'@ A "B012345"\r\n', "B012345"), (b"S S  1.230 kg\r\n", None), (b"I1 A 0123\r\n", None),
    (b"I4 A\r\n", None),
])
def test_an_identification_tells_the_serial_number(line: bytes, number: str | None) -> None:
    assert mt_sics.serial_number(line) == number


def test_the_questions_and_commands_are_the_makers() -> None:
    asked = {name: its.ask({}) for name, its in SCALES.items() if its.ask is not None}
    assert asked == {
        "toledo-8217": b"W", "toledo-p05": b"\x05", "mt-sics": b"SI\r\n",
        "yaohua-command": b"\x02AB03\x03", "keli-asked": b"A", "nci-scp01": b"W\r",
        "nci-ecr": b"W\r", "fedex": b"W\r", "ups-worldship": b"\r", "sma": b"\nW\r",
        "cas-ap1": b"\x05", "dibal": b"98000001\r\n", "elicom": b"\xaa", "adam-cpw": b"G\r\n",
        "kern": b"w", "sartorius-sbi22": b"\x1bP", "sartorius-sbi16": b"\x1bP",
        "sterling": b"W\r", "radwag": b"SI\r\n",
    }
    assert (cas.SEND, shop_scales.ELICOM_ZERO, nci.ASK, sma.ASK) == (
        b"\x11", b"\xcc", b"W\r", b"\nW\r")
    assert (mt_sics.COMMANDS["repeat"], mt_sics.COMMANDS["zero"], mt_sics.COMMANDS["tare"]) == (
        b"SIR\r\n", b"Z\r\n", b"T\r\n")
    assert (kern.COMMANDS["stable"], sartorius.COMMANDS["tare"], ohaus.ASK) == (
        b"s", b"\x1bT", b"IP\r\n")
    assert SHUANGJIE_COMMANDS["tare"] == b"\x1bt"


def test_the_dibal_question_carries_its_own_check() -> None:
    check = 0
    for byte in b"9800000":
        check ^= byte
    assert shop_scales.DIBAL_ASK[-3:] == bytes([check]) + b"\r\n"


# Recordings as run lengths: what a person would write down is what the scale calls stable.
RUNS = [
    (b" N", 1), (b"-  1.205 kg    N", 40), (b"-  1.205 kg   ?N", 6), (b"-  0.940 kg   ?N", 3),
    (b"-  0.310 kg   ?N", 4), (b"   0.000 kg    G", 30), (b"   0.015 kg   ?G", 3),
    (b"   0.420 kg   ?G", 4), (b"   0.455 kg   ?G", 30), (b"   0.455 kg    G", 50),
    (b"   0.455", 1),
]


def test_a_recording_gives_exactly_the_weights_that_a_person_would_write_down() -> None:
    stream = b"\r\n".join(line for line, times in RUNS for _ in range(times))
    decoder = SCALES["ohaus-defender"].build({})
    decoder.reset()
    stable = [reading.value for reading in decoder.feed(stream) if reading.stable]
    assert list(dict.fromkeys(stable)) == [D("-1.205"), D(0), D("0.455")]
    assert len(stable) == 40 + 30 + 50


def test_every_reading_keeps_its_raw_bytes() -> None:
    (reading,) = read("mt-sics", b"S S      1.230 kg\r\n")
    assert reading.raw == b"S S      1.230 kg"
