"""Balances with lines of their own: A&D, SMA, Ohaus, Sartorius, Kern, Adam."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Reading
from drivers.scale.protocols import SCALES

D = Decimal


def read(name: str, stream: bytes) -> list[Reading]:
    return list(SCALES[name].build({}).feed(stream))


# How each maker writes a number of thousandths of a kilogram, by the field widths of its manual.
WRITERS: dict[str, Callable[[int], bytes]] = {
    "and-standard": lambda n: b"ST,%s kg\r\n" % f"{n / 1000:+09.3f}".encode(),
    "and-csv": lambda n: b"ST,%s, kg\r\n" % f"{n / 1000:+09.3f}".encode(),
    "sma": lambda n: b"\n 1G  %skg \r" % f"{n / 1000:10.3f}".encode(),
    "ohaus-defender": lambda n: (
        b"-" if n < 0 else b" ") + b"%s kg    G\r\n" % f"{abs(n) / 1000:7.3f}".encode(),
    "ohaus-print": lambda n: b"%s kg    \r\n" % f"{n / 1000:12.3f}".encode(),
    "sartorius-sbi22": lambda n: b"N     %s%s kg \r\n" % (
        b"-" if n < 0 else b"+", f"{abs(n) / 1000:9.3f}".encode()),
    "sartorius-sbi16": lambda n: b"%s%s kg \r\n" % (
        b"-" if n < 0 else b"+", f"{abs(n) / 1000:9.3f}".encode()),
    "kern": lambda n: b" %s%s kg \r\n" % (
        b"-" if n < 0 else b" ", f"{abs(n) / 1000:10.3f}".encode()),
    "adam-16": lambda n: b"%s%s kg\r\n" % (
        b"-" if n < 0 else b" ", f"{abs(n) / 1000:12.3f}".encode()),
    "adam-cpw": lambda n: b"G %s %.3f kg\r\n" % (b"-" if n < 0 else b"+", abs(n) / 1000),
    "shuangjie": lambda n: b"%s%s kg\r\n" % (
        b"-" if n < 0 else b"+", f"{abs(n) / 1000:8.3f}".encode()),
    "rinstrum": lambda n: b"\x02%s%sG\x03" % (
        b"-" if n < 0 else b" ", f"{abs(n) / 1000:7.3f}".encode()),
    "keli-asked": lambda n: b"\x02GW:%s(kg)\x03" % f"{n / 1000:07.3f}".encode(),
}


@pytest.mark.parametrize("name", WRITERS)
@given(grams=st.integers(-9999, 99999), size=st.integers(1, 30))
def test_whatever_a_scale_shows_is_read_back_with_its_sign(
    name: str, grams: int, size: int
) -> None:
    stream, decoder = WRITERS[name](grams), SCALES[name].build({})
    got = [r for at in range(0, len(stream), size) for r in decoder.feed(stream[at:at + size])]
    assert [reading.value for reading in got] == [D(grams) / 1000]
    assert got[0].unit in ("kg", None)


def weights(name: str, stream: bytes) -> set[tuple[Decimal, Decimal]]:
    """The numbers read, with their grams; a damaged unit may be told as unsupported instead."""
    decoder = SCALES[name].build({"unit": "kg"} if SCALES[name].options else {})
    return {(reading.value, reading.grams) for reading in decoder.feed(stream)
            if reading.value is not None and reading.grams is not None}


@pytest.mark.parametrize("name", WRITERS)
def test_a_lost_byte_anywhere_gives_no_other_weight(name: str) -> None:
    good = WRITERS[name](12345)
    for at in range(len(good)):
        stream = good * 3 + good[:at] + good[at + 1:] + good * 2
        assert weights(name, stream) == {(D("12.345"), D("12.345") * 1000)}, at


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("extra", [b"0", b"9", b" ", b".", b"-", b"k", b"\x00", b"\xff"])
def test_a_byte_too_many_anywhere_gives_no_other_weight(name: str, extra: bytes) -> None:
    good = WRITERS[name](12345)
    for at in range(1, len(good)):
        stream = good * 3 + good[:at] + extra + good[at:] + good * 2
        assert weights(name, stream) == {(D("12.345"), D("12.345") * 1000)}, at


@pytest.mark.parametrize("name", WRITERS)
def test_a_fresh_reset_decoder_reads_no_tail_as_a_weight(name: str) -> None:
    good = WRITERS[name](12345)
    for start in range(1, len(good)):
        decoder = SCALES[name].build({})
        decoder.reset()
        assert {reading.value for reading in decoder.feed(good[start:] + good * 2)} <= {D("12.345")}


@pytest.mark.parametrize(("header", "stable"), [(b"ST", True), (b"US", False), (b"QT", True)])
def test_aandd_says_stable_in_its_header(header: bytes, stable: bool) -> None:
    (reading,) = read("and-standard", header + b",+0001.230 kg\r\n")
    assert reading.stable is stable


@pytest.mark.parametrize("compared", [b"LO", b"OK", b"HI", b"--"])
def test_aandds_comparator_is_passed_over(compared: bytes) -> None:
    (reading,) = read("and-standard", b"ST," + compared + b",+0001.230 kg\r\n")
    assert (reading.value, reading.grams) == (D("1.230"), 1230)
    (out,) = read("and-standard", b"OL," + compared + b",+9999.999 kg\r\n")
    assert (out.value, out.status) == (None, "overload")


@pytest.mark.parametrize("before", [
    b"", b"LAB-1,", b"2024/05/01,12:00:00,", b"LAB-1,2024/05/01,12:00:00,", b"12.5,2024,1.0,",
])
def test_what_stands_before_aandds_header_is_no_weight(before: bytes) -> None:
    (reading,) = read("and-csv", before + b"ST,+0001.230, kg\r\n")
    assert reading.value == D("1.230")


@pytest.mark.parametrize(("letters", "mode", "stable"), [
    (b"G ", "gross", True), (b"N ", "net", True), (b"T ", "tare", None), (b"g ", "gross", True),
    (b"n ", "net", True), (b"GM", "gross", False), (b"NM", "net", False), (b"TM", "tare", None),
])
def test_sma_says_mode_and_motion_in_letters(
    letters: bytes, mode: str, stable: bool | None
) -> None:
    (reading,) = read("sma", b"\n 1" + letters + b"      1.230kg \r")
    assert reading.value == D("1.230")
    assert (reading.mode, reading.stable) == (mode, stable)


@pytest.mark.parametrize(("state", "status", "has_value"), [
    (b" ", "ok", True), (b"Z", "zero", True), (b"O", "overload", True), (b"U", "underload", True),
    (b"E", "error", False), (b"I", "error", False), (b"T", "error", False),
])
def test_sma_says_its_state_first(state: bytes, status: str, has_value: bool) -> None:
    (reading,) = read("sma", b"\n" + state + b"1G       1.230kg \r")
    assert (reading.status, reading.value is not None) == (status, has_value)


def test_sma_pounds_and_ranges() -> None:
    (reading,) = read("sma", b"\n 2N      100000lb \r")
    assert (reading.value, reading.unit) == (100000, "lb")


@pytest.mark.parametrize(("legend", "mode"), [
    (b"G", "gross"), (b"N", "net"), (b"NET", "net"), (b"T", "tare"),
])
@pytest.mark.parametrize(("mark", "stable"), [(b" ", True), (b"?", False)])
def test_a_defender_says_motion_and_mode_behind_the_unit(
    legend: bytes, mode: str, mark: bytes, stable: bool
) -> None:
    (reading,) = read("ohaus-defender", b"   1.230 kg   " + mark + legend + b"\r\n")
    assert (reading.mode, reading.stable) == (mode, stable)


@pytest.mark.parametrize(("tail", "stable"), [
    (b"", True), (b" ?", False), (b"     ", True), (b" ? 00:00:15", False),
    (b"    00:00:00", True), (b"     NET WT", True), (b" TOTAL", None),
])
def test_ohaus_print_reads_what_stands_behind_the_unit(tail: bytes, stable: bool | None) -> None:
    (reading,) = read("ohaus-print", b"       84.50 g" + tail + b"\r\n")
    assert (reading.value, reading.stable) == (D("84.50"), stable)


@pytest.mark.parametrize(("name", "mode"), [
    (b"N     ", "net"), (b"G     ", "gross"), (b"G#    ", "gross"), (b"T     ", "tare"),
    (b"T1    ", "tare"), (b"      ", None),
])
def test_sartorius_says_what_it_sends_in_front(name: bytes, mode: str | None) -> None:
    (reading,) = read("sartorius-sbi22", name + b"+    84.52 g  \r\n")
    assert (reading.value, reading.mode) == (D("84.52"), mode)


@pytest.mark.parametrize(("words", "status"), [
    (b"High", "overload"), (b"Low", "underload"), (b"OFF", "error"), (b"Cal. Ext.", "error"),
    (b"ERR 054", "error"), (b"APP.ER", "error"), (b"DIS.ER", "error"), (b"PRT.ER", "error"),
])
def test_sartorius_says_its_state_in_words(words: bytes, status: str) -> None:
    (reading,) = read("sartorius-sbi22", b"Stat     " + words.ljust(11) + b"\r\n")
    assert (reading.value, reading.status) == (None, status)


@pytest.mark.parametrize("name", [b"X", b"N2", b"Stat", b"GG", b"n"])
def test_an_identifier_that_sartorius_does_not_have_is_refused(name: bytes) -> None:
    assert read("sartorius-sbi22", name.ljust(6) + b"+    84.52 g  \r\n") == []


@pytest.mark.parametrize("name", [b"Qnt   ", b"Prc   "])
def test_a_sartorius_count_or_percentage_is_no_weight(name: bytes) -> None:
    (reading,) = read("sartorius-sbi22", name + b"+       48    \r\n")
    assert (reading.value, reading.status) == (None, "unsupported")


@pytest.mark.parametrize(("line", "value", "stable"), [
    (b"          84.5 g  ", D("84.5"), None),     # eighteen, not in the manuals
    (b"         84.5 g  ", D("84.5"), True),      # seventeen, FKB-A p. 37
    (b"        84.5 g  ", D("84.5"), True),       # sixteen, PCB p. 35
    (b"M-       84.5 g ", D("-84.5"), True),
    (b"        84.5    ", D("84.5"), False),
    (b"          84.5 ", D("84.5"), False),
])
def test_kern_says_motion_by_leaving_out_the_unit(
    line: bytes, value: Decimal, stable: bool | None
) -> None:
    (reading,) = read("kern", line + b"\r\n")
    assert (reading.value, reading.stable) == (value, stable)


@pytest.mark.parametrize("line", [b"       Error", b"           Error"])
def test_kern_says_error(line: bytes) -> None:
    (reading,) = read("kern", line + b"\r\n")
    assert (reading.value, reading.status) == (None, "error")


@pytest.mark.parametrize(("unit", "status"), [
    (b" g ", "ok"), (b"kg ", "ok"), (b" lb", "ok"), (b"PCS", "ok"), (b" tl", "unsupported"),
])
def test_adams_unit_stands_in_the_last_three(unit: bytes, status: str) -> None:
    (reading,) = read("adam-16", b"        84.52" + unit + b"\r\n")
    assert reading.status == status


@pytest.mark.parametrize("line", [b"        84.52   ", b"         84.52 g ", b"       84.52 g "])
def test_an_adam_line_without_unit_or_of_another_width_is_refused(line: bytes) -> None:
    assert read("adam-16", line + b"\r\n") == []


@pytest.mark.parametrize(("field", "behind", "is_line"), [
    (12, 0, False), (13, 0, True), (14, 0, True), (14, 4, True), (14, 5, False), (16, 0, False),
])
def test_a_kern_line_has_thirteen_to_eighteen_characters(
    field: int, behind: int, is_line: bool
) -> None:
    line = b"84.5".rjust(field) + b" " * behind
    assert [one.value for one in read("kern", line + b"\r\n")] == [D("84.5")] * is_line


@pytest.mark.parametrize(("width", "stable"), [(15, None), (16, True), (17, True), (18, None)])
def test_a_kern_line_is_stable_only_at_the_widths_of_the_manuals(
    width: int, stable: bool | None
) -> None:
    line = (b"84.5".rjust(12) + b" g").ljust(width)
    assert [one.stable for one in read("kern", line + b"\r\n")] == [stable]


@pytest.mark.parametrize(("width", "is_line"), [(17, True), (21, True), (22, False)])
def test_a_radwag_line_has_twenty_one_characters_at_most(width: int, is_line: bool) -> None:
    line = (b"SI   " + b"1.845".rjust(10) + b" g").ljust(width)
    assert [one.value for one in read("radwag", line + b"\r\n")] == [D("1.845")] * is_line
