"""The ST,GS family: golden lines by maker, the traps, damaged lines."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.st_gs import StGsDecoder

D = Decimal

GOLDEN = [
    # Excell 20key-6PS manual p. 14: sign, seven characters, unit of two; grams a byte shorter
    (b"ST,GS,+001.230kg", D("1.230"), "kg", True, "gross", "ok"),
    (b"US,NT,-000.415lb", D("-0.415"), "lb", False, "net", "ok"),
    (b"ST,GS,+000842.g", D(842), "g", True, "gross", "ok"),
    (b"ST,NT,+11.03.50hkg", None, "hkg", True, "net", "unsupported"),
    # Shanghai Bison, RS-232 format sheet: 21 bytes, unit right-justified in four
    (b"ST,GS,+  42.105   g", D("42.105"), "g", True, "gross", "ok"),
    (b"ST,TR,+001.5000  kg", D("1.5000"), "kg", True, "tare", "ok"),
    (b"US,NT,-0012.305  lb", D("-12.305"), "lb", False, "net", "ok"),
    (b"OL,GS,+            ", None, None, None, "gross", "overload"),
    (b"OL,NT,-            ", None, None, None, "net", "underload"),
    # T-Scale NHB, as captured from the device: one comma, unit glued, two blanks behind
    (b"ST,GS    13.4g  ", D("13.4"), "g", True, "gross", "ok"),
    (b"US,NT -  13.4g  ", D("-13.4"), "g", False, "net", "ok"),
    # T-Scale QHW, as captured: two commas, unit apart, no sign
    (b"ST,GS,   118.2 g", D("118.2"), "g", True, "gross", "ok"),
    # Dini Argeo 3590 string: address before, unit after a comma
    (b"01ST,GS,   1.240,kg", D("1.240"), "kg", True, "gross", "ok"),
    (b"ST,NT,  -0.240,kg", D("-0.240"), "kg", True, "net", "ok"),
    (b"UL,GS,  -9.999,kg", None, "kg", None, "gross", "underload"),
    # Rinstrum format 4: a number may end in its point
    (b"ST,GS,+000120.kg", D(120), "kg", True, "gross", "ok"),
    (b"ST,GS, 00013.20 kg", D("13.20"), "kg", True, "gross", "ok"),
    # the unit that scales for the Chinese market show, in the three ways of writing it
    ("ST,GS,+  1.230斤".encode(), D("1.230"), "斤", True, "gross", "ok"),
    ("ST,GS,+  1.230斤".encode("gb18030"), D("1.230"), "斤", True, "gross", "ok"),
    ("ST,GS,+  1.230公斤".encode("gb18030"), D("1.230"), "kg", True, "gross", "ok"),
    (b"ST,GS,+     12pcs", D(12), "pcs", True, "gross", "ok"),
]


@pytest.mark.rule("D6")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: repr(golden[0]))
def test_a_line_is_read_as_its_maker_means_it(golden: Any, facts: Callable[..., Any]) -> None:
    line, *expected = golden
    assert facts(StGsDecoder().feed(line + b"\r\n")) == [tuple(expected)]


def test_grams_are_exact() -> None:
    (reading,) = StGsDecoder().feed(b"ST,GS,+001.568lb\r\n")
    assert reading.grams == D("1.568") * D("453.59237") == D("711.23283616")


def test_the_raw_frame_is_kept() -> None:
    (reading,) = StGsDecoder().feed(b"ST,GS,+001.230kg\r\n")
    assert reading.raw == b"ST,GS,+001.230kg"


@pytest.mark.parametrize("line", [
    b"OL,GS,+9999999E+19kg", b"OL,GS,+999999.9 kg", b"OL,NT,+0.000kg",
])
def test_an_overload_written_as_a_number_is_no_number(line: bytes) -> None:
    (reading,) = StGsDecoder().feed(line + b"\r\n")
    assert (reading.value, reading.grams, reading.status) == (None, None, "overload")


def test_a_count_has_no_grams() -> None:
    (reading,) = StGsDecoder().feed(b"ST,GS,+    125pcs\r\n")
    assert reading.grams is None


@pytest.mark.parametrize("unit", [b"hkg", b"tl", b"tj", b"xx"])
def test_a_unit_that_is_not_in_the_table_is_named_and_never_guessed(unit: bytes) -> None:
    (reading,) = StGsDecoder().feed(b"ST,GS,+ 12.345" + unit + b"\r\n")
    assert (reading.value, reading.grams, reading.status) == (None, None, "unsupported")
    assert reading.unit == unit.decode()


@pytest.mark.parametrize("minus", [b"-  1.640", b"-001.640", b"  -1.640", b"- 01.640"])
def test_a_sign_apart_from_its_digits_still_counts(minus: bytes) -> None:
    (reading,) = StGsDecoder().feed(b"ST,NT," + minus + b"kg\r\n")
    assert reading.value == D("-1.640")


def test_minus_zero_is_zero() -> None:
    (reading,) = StGsDecoder().feed(b"ST,GS,-000.000kg\r\n")
    assert str(reading.value) == "0.000"


def test_a_line_without_a_unit_has_no_grams_unless_a_unit_is_configured() -> None:
    line = b"ST,GS,+001.230\r\n"
    (unknown,), (told,) = StGsDecoder().feed(line), StGsDecoder(unit="kg").feed(line)
    assert (unknown.unit, unknown.grams) == (None, None)
    assert (told.unit, told.grams) == ("kg", 1230)


def test_the_unit_in_the_line_beats_the_configured_one() -> None:
    (reading,) = StGsDecoder(unit="kg").feed(b"ST,GS,+001230.g\r\n")
    assert (reading.unit, reading.grams) == ("g", 1230)


@pytest.mark.parametrize("line", [
    b"S    20.7g  ",            # the tail of a line, which looks like a stable weight
    b",GS,+001.230kg", b"+001.230kg", b"GS,+001.230kg", b"   13.4g  ",
    b"ST,GS,+001.230kgST,GS,+001.230kg", b"ST,GS,+00ST,GS,+001.230kg",
    b"ST,GS,+001.2.30kg", b"ST,GS,+001 230kg", b"ST,GS,+1E3kg", b"ST,GS,0x10kg",
    b"ST,GS,++01.230kg", b"ST,GS,+-01.230kg", b"ST,GS,        kg", b"ST,GS,+------kg",
    b"ST,GS,+001.230k'", b"ST,GS,+001.230kg 7", b"QQ,GS,+001.230kg", b"ST,XX,+001.230kg",
    b"ST;GS,+001.230kg", b"st,gs,+001.230kg", b"OL,GS,\x00\x01", b"ST,GS,+001.230kilograms",
])
def test_what_is_not_whole_is_refused(line: bytes) -> None:
    decoder = StGsDecoder()
    assert decoder.feed(line + b"\r\n") == []
    assert (decoder.frames, decoder.refused) == (0, 1)


def test_a_stream_that_opens_in_mid_frame_gives_its_first_whole_line() -> None:
    readings = StGsDecoder().feed(b"S    20.7g  \r\nST,GS    21.9g  \r\nST,GS    2")
    assert [reading.value for reading in readings] == [D("21.9")]


def test_noise_on_opening_costs_one_line() -> None:
    readings = StGsDecoder().feed(b"\x00\x00\x7f\x7fST,GS    21.9g  \r\nST,GS    22.0g  \r\n")
    assert [reading.value for reading in readings] == [D("22.0")]


def test_nothing_of_a_half_line_survives_a_reset() -> None:
    decoder = StGsDecoder()
    decoder.feed(b"ST,GS,+00")
    decoder.reset()
    assert decoder.feed(b"1.230kg\r\n") == []


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b"\r\r\n"])
def test_any_line_end_will_do(end: bytes) -> None:
    assert len(StGsDecoder().feed((b"ST,GS,+001.230kg" + end) * 3)) == 3


@pytest.mark.parametrize("damaged", [b"ST,GS,+00.876kg", b"ST,GS,+000.87kg", b"ST,GS,+0000.876kg"])
def test_a_lost_or_gained_digit_shows_in_the_length(damaged: bytes) -> None:
    decoder = StGsDecoder()
    good = b"ST,GS,+000.876kg\r\n"
    assert len(decoder.feed(good * 2 + damaged + b"\r\n" + good)) == 3
    assert decoder.refused == 1


def test_a_scale_that_changes_its_unit_is_believed_after_as_many_frames_as_before() -> None:
    decoder = StGsDecoder()
    decoder.feed(b"ST,GS,+000.876kg\r\n" * 4)
    values = [len(decoder.feed(b"ST,GS,+00876.g\r\n")) for _ in range(6)]
    assert values == [0, 0, 0, 1, 1, 1]


def test_a_long_used_length_yields_to_ten_frames_of_another() -> None:
    decoder = StGsDecoder()
    decoder.feed(b"ST,GS,+000.876kg\r\n" * 1000)
    values = [len(decoder.feed(b"ST,GS,+00876.g\r\n")) for _ in range(11)]
    assert values == [0] * 9 + [1, 1]


def test_an_overload_is_told_whatever_its_length() -> None:
    decoder = StGsDecoder()
    decoder.feed(b"ST,GS,+000.876kg\r\n" * 20)
    assert [reading.status for reading in decoder.feed(b"OL,GS,\r\n")] == ["overload"]


def test_an_endless_line_takes_no_memory_and_the_next_line_is_read() -> None:
    decoder = StGsDecoder()
    for _ in range(1000):
        decoder.feed(b"ST,GS,+" * 100)
    assert [r.value for r in decoder.feed(b"\r\nST,GS,+001.230kg\r\n")] == [D("1.230")]
    assert len(decoder._cutter._line) == 0


@given(
    values=st.lists(st.integers(0, 99999), min_size=1, max_size=8),
    cuts=st.lists(st.integers(1, 25), min_size=1),
)
def test_any_chunking_gives_the_same_readings(values: list[int], cuts: list[int]) -> None:
    stream = b"".join(b"ST,GS,+%03d.%03dkg\r\n" % divmod(value, 1000) for value in values)
    whole, cut, at = StGsDecoder().feed(stream), StGsDecoder(), 0
    pieces = []
    while at < len(stream):
        size = cuts[at % len(cuts)]
        pieces += cut.feed(stream[at:at + size])
        at += size
    assert pieces == whole
    assert [reading.grams for reading in whole] == values


@given(noise=st.binary(max_size=200))
def test_noise_never_raises_and_never_weighs(noise: bytes) -> None:
    decoder = StGsDecoder()
    readings = decoder.feed(noise)
    assert all(b"," in reading.raw for reading in readings)
    decoder.feed(b"\r\n")
    assert decoder.feed(b"ST,GS,+001.230kg\r\n" * 2)[-1].value == D("1.230")
