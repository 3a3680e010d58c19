"""Yaohua's outputs: golden frames by manual page, checks, and what cannot be told apart."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.framing import FrameDecoder
from drivers.scale.yaohua import (
    YaohuaCommandDecoder,
    YaohuaContinuousDecoder,
    check,
    command,
)
from drivers.scale.yaohua_a12 import YaohuaWgDecoder, YaohuaWwDecoder
from drivers.scale.yaohua_equals import YaohuaEqualsDecoder

D = Decimal


def straight(unit: str | None = None) -> YaohuaEqualsDecoder:
    return YaohuaEqualsDecoder(low_digit_first=False, unit=unit)


def backwards(unit: str | None = None) -> YaohuaEqualsDecoder:
    return YaohuaEqualsDecoder(low_digit_first=True, unit=unit)


GOLDEN = [
    # D9/A9+ protocol sheet: sign, six digits, decimals, XOR; the checks below are worked by hand
    (YaohuaContinuousDecoder, b"\x02+00000001B\x03", D(0), None, None, "ok"),
    (YaohuaContinuousDecoder, b"\x02+00123431C\x03", D("1.234"), None, None, "ok"),
    (YaohuaContinuousDecoder, b"\x02+001560019\x03", D(1560), None, None, "ok"),
    (YaohuaContinuousDecoder, b"\x02-00005031B\x03", D("-0.050"), None, None, "ok"),
    # A23P manual p. 26: a reply names what was asked, B gross, C tare, D net
    (YaohuaCommandDecoder, b"\x02AB+00123431F\x03", D("1.234"), None, "gross", "ok"),
    (YaohuaCommandDecoder, b"\x02AC+00010031B\x03", D("0.100"), None, "tare", "ok"),
    (YaohuaCommandDecoder, b"\x02AD+00113431A\x03", D("1.134"), None, "net", "ok"),
    # A26 manual p. 13, formats 2 and 1
    (straight, b"=0012.340", D("12.340"), None, None, "ok"),
    (straight, b"=-012.340", D("-12.340"), None, None, "ok"),
    (backwards, b"=043.2100", D("12.340"), None, None, "ok"),
    (backwards, b"=043.210-", D("-12.340"), None, None, "ok"),
    # A12(E) manual p. 13
    (YaohuaWwDecoder, b"ww012.340kg", D("12.340"), "kg", "gross", "ok"),
    (YaohuaWwDecoder, b"wn-0012.3lb", D("-12.3"), "lb", "net", "ok"),
    (YaohuaWwDecoder, b"wt000.500kg\r\n", D("0.500"), "kg", "tare", "ok"),
    (YaohuaWgDecoder, b"WG012.340kg36\r\n", D("12.340"), "kg", "gross", "ok"),
    (YaohuaWgDecoder, b"WN-00.120kg25\r\n", D("-0.120"), "kg", "net", "ok"),
    (YaohuaWgDecoder, b"         OL23\r\n", None, None, None, "overload"),
    (YaohuaWgDecoder, b"         LO23\r\n", None, None, None, "underload"),
]


@pytest.mark.rule("D6")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: repr(golden[1]))
def test_a_frame_is_read_as_displayed(golden: Any, facts: Callable[..., Any]) -> None:
    build, frame, value, unit, mode, status = golden
    assert facts(build().feed(frame)) == [(value, unit, None, mode, status)]


@pytest.mark.parametrize(("body", "written"), [
    (b"+0015600", b"19"), (b"+0000000", b"1B"), (b"AB", b"03"), (b"AE", b"04"),
    (b"        ", b"00"), (b"AZ", b"1B"), (b"+" + b"0" * 6 + b"4", b"1F"),
])
def test_the_check_is_the_xor_in_two_hexadecimal_digits(body: bytes, written: bytes) -> None:
    assert check(body) == written


def test_the_question_for_gross_is_the_manuals() -> None:
    assert command("A", "B") == bytes.fromhex("02 41 42 30 33 03")  # A23P manual p. 26


@pytest.mark.parametrize("build", [YaohuaContinuousDecoder, YaohuaCommandDecoder])
def test_the_unit_is_the_configured_one(build: Any) -> None:
    frame = b"\x02AB+00123431F\x03" if build is YaohuaCommandDecoder else b"\x02+00123431C\x03"
    (plain,), (told,) = build().feed(frame), build(unit="kg").feed(frame)
    assert (plain.unit, plain.grams, told.grams) == (None, None, 1234)


def test_the_same_bytes_mean_two_weights_and_only_the_configuration_tells() -> None:
    (one,), (other,) = straight().feed(b"=000.3000"), backwards().feed(b"=000.3000")
    assert (one.value, other.value) == (D("0.3000"), D("3.000"))


def test_every_flipped_bit_of_a_checked_frame_is_refused() -> None:
    frame = b"\x02+00123431C\x03"
    for at in range(len(frame)):
        for bit in range(8):
            flipped = frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:]
            assert YaohuaContinuousDecoder().feed(flipped) == []


def test_a_tail_and_a_head_around_one_whole_frame_give_one_reading() -> None:
    decoder = YaohuaContinuousDecoder()
    readings = decoder.feed(b"03301B\x03\x02+00003301B\x03\x02+000033")
    assert [reading.value for reading in readings] == [D(33)]


def test_a_frame_cut_by_the_next_is_dropped_and_the_next_is_read() -> None:
    readings = YaohuaContinuousDecoder().feed(b"\x02+00123\x02+00123431C\x03")
    assert [reading.value for reading in readings] == [D("1.234")]


@pytest.mark.parametrize("frame", [
    b"\x02+00123451A\x03",    # five decimals do not exist
    b"\x02 00123431" + b"7\x03", b"\x02+0012343" + b"1c\x03", b"\x02+0012A431C\x03", b"\x02\x03",
    b"\x02+0012341C\x03", b"\x02+001234311C\x03", b"\x02AB+00123431F\x03",
])
def test_a_continuous_frame_of_another_make_is_refused(frame: bytes) -> None:
    assert YaohuaContinuousDecoder().feed(frame) == []


def test_a_price_and_a_handshake_are_valid_and_no_reading() -> None:
    decoder = YaohuaCommandDecoder()
    assert decoder.feed(command("A", "A") + b"\x02AE+00010031D\x03") == []
    assert (decoder.frames, decoder.refused) == (2, 0)


@pytest.mark.parametrize("frame", [
    b"\x02AB+00123431E\x03", b"\x02AG+00123431A\x03", b"\x02AB*00123431E\x03", b"\x02\x03",
])
def test_a_damaged_reply_is_refused(frame: bytes) -> None:
    assert YaohuaCommandDecoder().feed(frame) == []


@pytest.mark.parametrize("frame", [
    b"=0012.34=", b"=0012..40", b"=00123x40", b"=+0-12.34", b"0012.340",
])
def test_an_equals_frame_that_is_no_number_is_refused(frame: bytes) -> None:
    assert straight().feed(frame) == []


def test_a_lost_byte_of_an_equals_frame_costs_that_frame_only() -> None:
    readings = straight().feed(b"=0012.340=012.340=0012.350=0012.360")
    assert [reading.value for reading in readings] == [D("12.340"), D("12.350"), D("12.360")]


def test_a_moved_point_in_an_equals_stream_is_damage() -> None:
    readings = straight().feed(b"=0012.340" * 3 + b"=00123.40" + b"=0012.340")
    assert [reading.value for reading in readings] == [D("12.340")] * 4


def test_the_ww_output_needs_no_line_ends_and_loses_nothing_between_noise() -> None:
    decoder = YaohuaWwDecoder()
    readings = decoder.feed(b"kgww012.340kgww012.350kg\r\nw#ww012.360kgwww012.370kg")
    assert [reading.value for reading in readings] == [
        D("12.340"), D("12.350"), D("12.360"), D("12.370")]


@pytest.mark.parametrize("frame", [
    b"ww12.340kg", b"ww0012.340kg", b"ww012.340k", b"wx012.340kg", b"ww012,340kg", b"ww-012-340kg",
    b"ww       kg", b"WW012.340kg", b"ww012.340hkg",
])
def test_a_ww_frame_of_another_length_or_unit_is_refused(frame: bytes) -> None:
    assert YaohuaWwDecoder().feed(frame + b"\r\n") == []


def test_the_ww_buffer_stays_small() -> None:
    decoder = YaohuaWwDecoder()
    for _ in range(100):
        decoder.feed(b"w" * 1000)
    assert len(decoder._cutter._buffer) < 16


@pytest.mark.parametrize("line", [
    b"WG012.340kg37", b"WG012.340kg3", b"WT012.340kg2" + b"5", b"        OL23", b"         OL24",
    b"WG012 340kg2" + b"8", b"012.340kg36",
])
def test_a_wg_line_with_a_wrong_check_is_refused(line: bytes) -> None:
    assert YaohuaWgDecoder().feed(line + b"\r\n") == []


def wg_line(body: bytes) -> bytes:
    return body + check(body) + b"\r\n"


STREAMS: list[tuple[Callable[[], FrameDecoder], Callable[[int], bytes]]] = [
    (lambda: YaohuaContinuousDecoder(unit="kg"),
     lambda g: b"\x02+%06d3" % g + check(b"+%06d3" % g) + b"\x03"),
    (lambda: YaohuaCommandDecoder(unit="kg"),
     lambda g: b"\x02AB+%06d3" % g + check(b"AB+%06d3" % g) + b"\x03"),
    (lambda: straight("kg"), lambda g: b"=0%03d.%03d" % divmod(g, 1000)),
    (lambda: backwards("kg"), lambda g: b"=" + (b"%03d.%03d" % divmod(g, 1000))[::-1] + b"0"),
    (YaohuaWwDecoder, lambda g: b"ww%03d.%03dkg" % divmod(g, 1000)),
    (YaohuaWgDecoder, lambda g: wg_line(b"WG%03d.%03dkg" % divmod(g, 1000))),
]


@pytest.mark.parametrize("number", range(len(STREAMS)))
@given(grams=st.lists(st.integers(0, 999999), min_size=1, max_size=9), size=st.integers(1, 40))
def test_any_chunking_gives_the_same_readings(number: int, grams: list[int], size: int) -> None:
    build, encode = STREAMS[number]
    stream, decoder = b"".join(encode(weight) for weight in grams), build()
    read = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.grams for reading in read] == grams


@pytest.mark.parametrize("number", range(len(STREAMS)))
@given(noise=st.binary(max_size=80))
def test_after_noise_and_a_reset_the_next_frame_is_read(number: int, noise: bytes) -> None:
    build, encode = STREAMS[number]
    decoder = build()
    decoder.feed(noise)
    decoder.reset()
    assert [reading.grams for reading in decoder.feed(encode(12340))] == [12340]
