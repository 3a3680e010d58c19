"""Code 128: golden symbols worked by hand, the shortest codes, and two readers as witnesses."""

from __future__ import annotations

import itertools
import string

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from station.paper import code128

ASCII = "".join(map(chr, range(128)))


def drawing(data: str, module: int = 2) -> Image.Image:
    """The code as a grey picture with its quiet zones."""
    quiet = [0] * (code128.QUIET_MODULES * module)
    row = list(quiet)
    for at, width in enumerate(code128.widths(data)):
        row += [1 - at % 2] * (width * module)
    row += quiet
    light = bytes(0 if ink else 255 for ink in row)
    return Image.frombytes("L", (len(row), 40), light * 40)


def read(data: str) -> bytes:
    """What zxing-cpp reads from the drawn code."""
    found = zxingcpp.read_barcodes(drawing(data), zxingcpp.BarcodeFormat.Code128)
    assert len(found) == 1
    return bytes(found[0].bytes)


# start, data, check, stop; the check is start + 1·v1 + 2·v2 + … modulo 103
GOLDEN = {
    "A": [104, 33, 34, 106],  # (104 + 33) mod 103
    "12": [105, 12, 14, 106],  # (105 + 12) mod 103
    "123456": [105, 12, 34, 56, 44, 106],  # 105 + 12 + 68 + 168 = 353
    "AB1": [104, 33, 34, 17, 50, 106],  # 104 + 33 + 68 + 51 = 256
    "YT1234567890123": [104, 57, 52, 17, 99, 23, 45, 67, 89, 1, 23, 45, 106],
}


@pytest.mark.parametrize("data", GOLDEN)
def test_the_symbols_are_those_worked_out_by_hand(data: str) -> None:
    assert code128.symbols(data) == GOLDEN[data]


def test_the_check_symbol_is_the_weighted_sum() -> None:
    values = code128.symbols("773000000000017")
    *body, check, stop = values
    assert stop == 106
    assert check == (body[0] + sum(at * value for at, value in enumerate(body[1:], 1))) % 103


def test_every_symbol_is_eleven_modules_and_the_stop_thirteen() -> None:
    for value, widths in enumerate(map(str, code128._WIDTHS)):
        modules = [int(width) for width in widths]
        assert sum(modules) == (13 if value == 106 else 11)
        bars = sum(modules[::2])
        assert value == 106 or bars % 2 == 0  # the standard's own parity of the bars


def test_no_two_symbols_look_alike() -> None:
    assert len({str(widths) for widths in code128._WIDTHS}) == 107


@pytest.mark.parametrize(("data", "symbols"), [
    ("773000000000017", 9),  # fifteen digits: fourteen in pairs, a switch, one alone
    ("12345678901234", 7),  # all in pairs
    ("YT1234567890123", 10),
    ("EA123456789CN", 11),
    ("a\x01b", 4),  # one control character is shifted to, not switched to
    ("99", 1),
])
def test_the_code_is_as_short_as_it_can_be(data: str, symbols: int) -> None:
    assert len(code128.symbols(data)) - 3 == symbols


@pytest.mark.parametrize("data", ["773000000000017", "YT1234567890123", "EA123456789CN",
                                  "%PB-DONE%", "DD:SF1000000000017", ASCII, "\x00", "\x7f", "9"])
def test_a_reader_reads_what_was_written(data: str) -> None:
    assert read(data) == data.encode()


@given(st.text(st.sampled_from(ASCII), min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_ascii_text_reads_back(data: str) -> None:
    assert read(data) == data.encode()


@given(st.text(st.sampled_from(string.digits + "AB\x01\x02ab"), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_other_writer_is_shorter(data: str) -> None:
    theirs = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.Code128).to_image(scale=1)
    assert code128.modules(data) <= theirs.shape[1] - 20  # theirs has ten modules each side


def test_all_short_texts_are_as_short_as_a_search_finds() -> None:
    for length in (1, 2, 3, 4):
        for letters in itertools.product("1a\x01", repeat=length):
            data = "".join(letters)
            assert len(code128.symbols(data)) - 3 == shortest(data), repr(data)


def shortest(data: str) -> int:
    """The fewest symbols after the start symbol, by a search in breadth that knows no tricks."""
    states, spent = {(0, code_set) for code_set in "ABC"}, 0
    while not any(at == len(data) for at, _ in states):
        states |= {after for state in states for after in one_symbol_on(data, *state)}
        spent += 1
    return spent


def one_symbol_on(data: str, at: int, code_set: str) -> set[tuple[int, str]]:
    """Where one symbol can lead from a place and a set; "ab" is B for one character, then A."""
    if len(code_set) == 2:
        fits = ord(data[at]) >= 32 if code_set[1] == "b" else ord(data[at]) < 96
        return {(at + 1, code_set[0])} if fits else set()
    if code_set == "C":
        pair = data[at : at + 2]
        ahead = {(at + 2, "C")} if len(pair) == 2 and pair.isdigit() else set()
        return ahead | {(at, "A"), (at, "B")}
    fits = ord(data[at]) >= 32 if code_set == "B" else ord(data[at]) < 96
    other = "A" if code_set == "B" else "B"
    return {(at, other), (at, "C"), (at, code_set + other.lower())} | (
        {(at + 1, code_set)} if fits else set()
    )


@pytest.mark.parametrize("data", ["", "快递", "abc快", "é", "٣"])
def test_what_code_128_cannot_carry_is_refused(data: str) -> None:
    with pytest.raises(code128.Unencodable):
        code128.widths(data)


def test_the_width_is_told_in_modules() -> None:
    assert code128.modules("12") == 3 * 11 + 13
    assert sum(code128.widths("12")) == code128.modules("12")


def test_a_code_begins_and_ends_with_a_bar() -> None:
    assert len(code128.widths("773000000000017")) % 2 == 1
