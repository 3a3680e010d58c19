"""Keli, Shuangjie and the FF frame; Dibal, Elicom and P05; the captured oddities."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Reading
from drivers.scale.captured import DollarDecoder, SterlingDecoder, TicketDecoder
from drivers.scale.chinese import BcdDecoder, KeliDecoder, ShuangjieDecoder
from drivers.scale.shop_scales import DibalDecoder, ElicomDecoder, ToledoP05Decoder

D = Decimal


def bcd(digits: int, *, decimals: int = 3, flags: int = 0x40) -> bytes:
    return bytes((0xFF, flags | decimals + 1)) + bytes.fromhex(f"{digits:06}")[::-1]


@pytest.mark.parametrize(("decimals", "value"), [
    (0, D(12340)), (1, D("1234.0")), (2, D("123.40")), (3, D("12.340")), (4, D("1.2340")),
])
def test_the_status_of_an_ff_frame_places_the_point(decimals: int, value: Decimal) -> None:
    (reading,) = BcdDecoder().feed(bcd(12340, decimals=decimals))
    assert reading.value == value


@pytest.mark.parametrize(("flags", "value", "stable", "status"), [
    (0x40, D("1.230"), True, "ok"), (0x00, D("1.230"), False, "ok"),
    (0x60, D("-1.230"), True, "ok"), (0x48, D("1.230"), True, "ok"),
    (0xC0, None, None, "overload"), (0xA0, None, None, "underload"),
])
def test_the_flags_of_an_ff_frame(
    flags: int, value: Decimal | None, stable: bool | None, status: str
) -> None:
    (reading,) = BcdDecoder(unit="kg").feed(bcd(1230, flags=flags))
    assert (reading.value, reading.stable, reading.status) == (value, stable, status)


@pytest.mark.parametrize("frame", [
    b"\xff\x44\x3a\x12\x00", b"\xff\x44\x30\xa2\x00", b"\xff\x44\x30\x12\xf0",
    b"\xff\x40\x30\x12\x00", b"\x44\x30\x12\x00",
])
def test_an_ff_frame_without_ten_digits_or_places_is_refused(frame: bytes) -> None:
    assert BcdDecoder().feed(frame) == []


def test_an_ff_frame_short_of_a_byte_costs_itself_only() -> None:
    stream = bcd(1230) + bcd(1230)[:4] + bcd(1240) + bcd(1250)
    assert [reading.value for reading in BcdDecoder().feed(stream)] == [
        D("1.230"), D("1.240"), D("1.250")]


def test_an_ff_frame_whose_point_moves_is_damage() -> None:
    stream = bcd(1230) * 4 + bcd(1230, decimals=2) + bcd(1230)
    assert {reading.value for reading in BcdDecoder().feed(stream)} == {D("1.230")}


@given(digits=st.integers(0, 999999), negative=st.booleans(), size=st.integers(1, 6))
def test_whatever_an_ff_frame_holds_is_read_back(digits: int, negative: bool, size: int) -> None:
    stream, decoder = bcd(digits, flags=0x40 | 0x20 * negative), BcdDecoder(unit="kg")
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.grams for reading in read] == [-digits if negative else digits]


@pytest.mark.parametrize(("stream", "value", "mode"), [
    (b"0018.45(kg)\r\n", D("18.45"), None), (b"=0018.45(kg)\r\n", D("18.45"), None),
    (b"00018.4(kg)\r\n", D("18.4"), None), (b"-018.45(kg)\r\n", D("-18.45"), None),
    (b"\x02GW:0018.45(kg)\x03", D("18.45"), "gross"),
    (b"\x02NW:-017.45(kg)\x03", D("-17.45"), "net"),
    (b"\x02TW:0001.00(kg)\x03", D("1.00"), "tare"),
])
def test_kelis_lines_and_answers(stream: bytes, value: Decimal, mode: str | None) -> None:
    (reading,) = KeliDecoder().feed(stream)
    assert (reading.value, reading.unit, reading.mode, reading.stable) == (value, "kg", mode, None)


@pytest.mark.parametrize("stream", [
    b"018.45(kg)\r\n", b"00018.45(kg)\r\n", b"0018.45(kg\r\n", b"0018.45kg\r\n",
    b"\x02XW:0018.45(kg)\x03", b"\x02GW0018.45(kg)\x03", b"0018.45(tael)\r\n", b"       (kg)\r\n",
])
def test_a_damaged_keli_line_is_refused(stream: bytes) -> None:
    assert KeliDecoder().feed(stream) == []


@pytest.mark.parametrize(("line", "value", "unit"), [
    (b"+   845.2 g ", D("845.2"), "g"), (b"-   845.2 g ", D("-845.2"), "g"),
    (b"+   1.845 kg", D("1.845"), "kg"), (b"    1.845kg ", D("1.845"), "kg"),
    (b"+   1.845   ", D("1.845"), None),
])
def test_shuangjies_line(line: bytes, value: Decimal, unit: str | None) -> None:
    (reading,) = ShuangjieDecoder().feed(line + b"\r\n")
    assert (reading.value, reading.unit, reading.stable) == (value, unit, None)


def test_shuangjies_unit_may_be_set_where_none_is_sent() -> None:
    (reading,) = ShuangjieDecoder(unit="g").feed(b"+   845.2   \r\n")
    assert reading.grams == D("845.2")


def dibal(status: str = "0", weight: str = "01845", amount: str = "000000") -> bytes:
    body = f"99{status}{weight}0{amount}".encode()
    return body + bytes([reduce(xor, body)]) + b"\r\n"


def test_the_dibal_answer_of_a_published_example_has_its_check() -> None:
    assert dibal(weight="00316") == b"9900031600000004\r\n"


@given(st.integers(0, 99999))
def test_a_dibal_weight_has_three_decimals(grams: int) -> None:
    (reading,) = DibalDecoder().feed(dibal(weight=f"{grams:05}"))
    assert (reading.grams, reading.unit, reading.stable) == (grams, "kg", None)


@pytest.mark.parametrize(("answer", "status"), [
    (dibal(weight="XXXXX"), "motion"), (dibal(weight="XXXXX", amount="XXXXXX"), "motion"),
    (dibal(status="1"), "error"),
])
def test_crossed_out_digits_are_no_weight(answer: bytes, status: str) -> None:
    (reading,) = DibalDecoder().feed(answer)
    assert (reading.value, reading.status) == (None, status)


@pytest.mark.parametrize("answer", [
    dibal()[:15] + b"?\r\n", dibal()[1:], dibal(weight="1X845"), dibal(weight="0184"),
])
def test_a_damaged_dibal_answer_is_refused(answer: bytes) -> None:
    assert DibalDecoder().feed(answer) == []


def elicom(grams: int) -> bytes:
    digits = bytes.fromhex(f"{grams:06}")
    return digits + bytes([sum(digits) % 256])


@given(st.lists(st.integers(0, 999999), min_size=1, max_size=5), st.integers(1, 7))
def test_elicom_answers_are_read_whatever_the_chunks(grams: list[int], size: int) -> None:
    stream, decoder = b"".join(map(elicom, grams)), ElicomDecoder()
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.grams for reading in read] == grams
    assert {reading.stable for reading in read} == {True}


def test_elicom_says_moving_with_one_byte() -> None:
    stream = b"\xbb\xbb" + elicom(1845) + b"\xbb"
    assert [(r.value, r.stable) for r in ElicomDecoder().feed(stream)] == [
        (None, False), (None, False), (D("1.845"), True), (None, False)]


def test_elicom_between_noise_is_believed_when_two_agree() -> None:
    stream = b"\xcc\x12" + elicom(1845) * 3
    assert [reading.grams for reading in ElicomDecoder().feed(stream)] == [1845] * 3
    assert ElicomDecoder().feed(b"\x12\x34" + elicom(1845)) == []


def test_elicom_holds_no_more_than_two_answers() -> None:
    decoder = ElicomDecoder()
    decoder.feed(bytes(range(256)) * 20)
    assert len(decoder._cutter._buffer) <= 8
    decoder.reset()
    assert [reading.grams for reading in decoder.feed(elicom(1845))] == [1845]


@pytest.mark.parametrize(("answer", "value", "status", "stable"), [
    (b"\x0201845\x03", D("1.845"), "ok", None), (b"\x0200000\x03", D(0), "ok", None),
    (b"\x02IIIII\x03", None, "motion", False), (b"\x02NNNNN\x03", None, "underload", None),
    (b"\x02SSSSS\x03", None, "overload", None),
])
def test_toledo_p05(answer: bytes, value: Decimal | None, status: str, stable: bool | None) -> None:
    (reading,) = ToledoP05Decoder(unit="kg").feed(answer)
    assert (reading.value, reading.status, reading.stable) == (value, status, stable)


@pytest.mark.parametrize("answer", [b"\x021845\x03", b"\x02001845\x03", b"\x02INSIN\x03"])
def test_a_damaged_p05_answer_is_refused(answer: bytes) -> None:
    assert ToledoP05Decoder().feed(answer) == []


@pytest.mark.parametrize(("line", "value", "unit", "mode"), [
    (b"WGross   1.845 lb", D("1.845"), "lb", "gross"),
    (b"Gross   1.845 lb", D("1.845"), "lb", "gross"),
    (b"Net  -  0.155 lb", D("-0.155"), "lb", "net"),
    (b"SCTare   0.250 lb", D("0.250"), "lb", "tare"),
    (b"SCOCount      48 Pieces", D(48), "pcs", None),
    (b"OCount      48 Pieces", D(48), "pcs", None),
])
def test_sterlings_answers_with_whole_or_lost_echo(
    line: bytes, value: Decimal, unit: str, mode: str | None
) -> None:
    (reading,) = SterlingDecoder().feed(line + b"\r\n")
    assert (reading.value, reading.unit, reading.mode) == (value, unit, mode)


@pytest.mark.parametrize("line", [
    b"ross   1.845 lb", b"SCOWWGross   1.845 lb", b"Gross   1.845", b"Gross   lb",
    b"Gross 1.8 45 lb",
])
def test_a_sterling_answer_that_has_lost_its_word_is_refused(line: bytes) -> None:
    assert SterlingDecoder().feed(line + b"\r\n") == []


def test_the_dollar_stream_has_no_unit_and_no_point() -> None:
    readings = DollarDecoder().feed(b"23\r$000123\r$000124\r$0001")
    assert [(reading.value, reading.grams) for reading in readings] == [(123, None), (124, None)]


def ticket(tare: str = "0.15", gross: str = "2.00", net: str = "1.85", unit: str = "kg") -> bytes:
    lines = [
        "^KJIK000", "2024-05-01", "09:30:00", f"  {tare} kg", f"  {gross} kg", "0", "0",
        f"  {net} {unit}", f"  {net} {unit}", "    0 pcs", " ", " ", "E", "~P1", "",
    ]
    return "\r\n".join(lines).encode()


def read_ticket(stream: bytes) -> list[Reading]:
    return list(TicketDecoder().feed(stream))


def test_a_ticket_is_one_reading_of_its_net_weight() -> None:
    (reading,) = read_ticket(ticket())
    assert (reading.value, reading.unit, reading.mode) == (D("1.85"), "kg", "net")


@pytest.mark.parametrize("stream", [
    ticket(net="1.80"), ticket(unit="lb"), ticket(tare="x"), ticket()[20:], ticket()[:-20],
    ticket().replace(b"2024-05-01\r\n", b""), ticket().replace(b"~", b""),
])
def test_a_ticket_that_does_not_add_up_or_is_not_whole_is_refused(stream: bytes) -> None:
    assert read_ticket(stream) == []


def test_a_ticket_cut_by_the_next_is_dropped() -> None:
    assert len(read_ticket(ticket()[:60] + ticket() + ticket())) == 2


def test_after_a_pause_one_elicom_answer_is_believed_at_once() -> None:
    """Behind damage an answer waits for a second one; a pause says that it begins anew."""
    answer = b"\x00\x18\x45\x5d"
    decoder = ElicomDecoder()
    assert not decoder.feed(b"\xff" + answer)
    decoder.quiet()
    assert [one.value for one in decoder.feed(answer)] == [D("1.845")]
    decoder.feed(b"\xff" + answer)
    decoder.reset()
    assert [one.value for one in decoder.feed(answer)] == [D("1.845")]
