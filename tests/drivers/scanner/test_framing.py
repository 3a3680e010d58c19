"""Codes out of bytes: suffixes, AIM identifiers, character sets, and what is no code."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import NoRead, Scan
from drivers.scanner.framing import LONGEST, ScannerFraming, Suffix


def codes(found: Sequence[Scan | NoRead]) -> list[str]:
    return [item.data if isinstance(item, Scan) else f"!{item.reason}" for item in found]


def chunked(framing: ScannerFraming, stream: bytes, size: int) -> list[Scan | NoRead]:
    found: list[Scan | NoRead] = []
    for at in range(0, len(stream), size):
        found += framing.feed(stream[at:at + size])
    return found


@pytest.mark.pain("33")
@pytest.mark.parametrize("suffix", [b"\r", b"\n", b"\r\n", b"\t", b"\t\r\n"])
def test_any_usual_suffix_ends_a_code_without_being_set(suffix: bytes) -> None:
    framing = ScannerFraming()
    found = framing.feed(b"773001234567890" + suffix + b"6901234567892" + suffix)
    assert codes(found) == ["773001234567890", "6901234567892"]


@pytest.mark.parametrize(("suffix", "sent"), [
    (Suffix.CR, b"\r"), (Suffix.LF, b"\n"), (Suffix.CRLF, b"\r\n"), (Suffix.TAB, b"\t"),
])
def test_a_set_suffix_ends_a_code(suffix: Suffix, sent: bytes) -> None:
    assert codes(ScannerFraming(suffix).feed((b"A1" + sent) * 2)) == ["A1", "A1"]


@pytest.mark.pain("33")
def test_a_scanner_without_suffix_is_ended_by_quiet() -> None:
    for suffix in (Suffix.AUTO, Suffix.NONE):
        framing = ScannerFraming(suffix)
        assert framing.feed(b"6901234") == []
        assert framing.feed(b"567892") == []
        assert codes(framing.flush()) == ["6901234567892"]
        assert framing.flush() == []


def test_once_a_suffix_has_been_seen_quiet_no_longer_ends_a_code() -> None:
    framing = ScannerFraming()
    framing.feed(b"A1\r")
    framing.feed(b"69012345")
    assert framing.flush() == []
    assert codes(framing.feed(b"67892\r")) == ["6901234567892"]


def test_a_code_whose_suffix_never_comes_can_be_given_up() -> None:
    framing = ScannerFraming(Suffix.CR)
    framing.feed(b"69012345")
    (lost,) = framing.abandon()
    assert lost == NoRead("undecodable", b"69012345")
    assert framing.abandon() == []
    assert codes(framing.feed(b"A1\r")) == ["A1"]


@pytest.mark.parametrize(("sent", "aim", "data"), [
    # JADAK FlexPoint manual, appendix C; Symbol LS1203 manual, table B-2
    (b"]C0773001234567890", "]C0", "773001234567890"),
    (b"]C1AIMID", "]C1", "AIMID"),
    (b"]A7AIMID", "]A7", "AIMID"),
    (b"]E06901234567892", "]E0", "6901234567892"),
    (b"]E496385074", "]E4", "96385074"),
    (b"]Q1\xe8\xa1\xa3\xe6\x9c\x8d", "]Q1", "衣服"),
    (b"]X0412356", "]X0", "412356"),
    (b"]d2010690123456789\x1d10AB", "]d2", "010690123456789\x1d10AB"),
    (b"773001234567890", None, "773001234567890"),
    (b"]C", None, "]C"),
    (b"A]C0", None, "A]C0"),
])
def test_the_aim_identifier_is_taken_off_and_kept(sent: bytes, aim: str, data: str) -> None:
    (scan,) = ScannerFraming().feed(sent + b"\r")
    assert scan == Scan(data, aim, sent)


def test_the_gs1_separator_stays_in_the_data() -> None:
    (scan,) = ScannerFraming().feed(b"]C10106901234567892\x1d21A7\r")
    assert isinstance(scan, Scan)
    assert scan.data == "0106901234567892\x1d21A7"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_is_read_in_either_encoding(encoding: str) -> None:
    (scan,) = ScannerFraming().feed("货号：牛仔裤/蓝/32".encode(encoding) + b"\r")
    assert isinstance(scan, Scan)
    assert scan.data == "货号：牛仔裤/蓝/32"


@pytest.mark.parametrize("text", [
    "收件人：䶮浩然", "镕基 13900000101", "颜色:深蓝;尺码:32", "JN8801-黑色-32", "，。①②【】",
])
def test_rare_characters_among_daily_ones_are_read(text: str) -> None:
    for encoding in ("utf-8", "gb18030"):
        (scan,) = ScannerFraming().feed(text.encode(encoding) + b"\r")
        assert isinstance(scan, Scan), encoding
        assert scan.data == text


@pytest.mark.parametrize(("text", "is_read"), [
    ("䶮", True), ("䶮䶮", False), ("䶮䶮衣", False), ("䶮䶮衣服裤子", True),
    ("䶮䶮䶮衣服裤子", False),
])
def test_one_rare_character_or_a_third_of_them_is_a_text_and_more_is_noise(
    text: str, is_read: bool
) -> None:
    assert codes(ScannerFraming().feed(text.encode("gb18030") + b"\r")) == [
        text if is_read else "!undecodable"]


@pytest.mark.parametrize("noise", [
    "汻婼窏扨".encode("gb18030") + b"6901234567892",  # what two-byte noise looks like
    "\ue000A1".encode(), "\ue5e5".encode("gb18030"), b"\xfe\xfe" * 8,
])
def test_noise_that_happens_to_decode_is_refused(noise: bytes) -> None:
    assert codes(ScannerFraming().feed(noise + b"\rA1\r")) == ["!undecodable", "A1"]


def test_four_kilobytes_of_noise_are_refused_and_the_next_code_is_right() -> None:
    chance, accepted = random.Random(7), 0
    for _ in range(200):
        framing = ScannerFraming(Suffix.CR)
        noise = chance.randbytes(4096).replace(b"\r", b"\n").replace(b"\n", b"\x0b")
        told = codes(framing.feed(noise + b"\r6901234567892\r"))
        accepted += not told[0].startswith("!")
        assert told[1:] == ["6901234567892"]
    assert accepted == 0


@pytest.mark.parametrize("sent", [b"NR", b"]X0NR"])
def test_the_text_nr_is_no_barcode(sent: bytes) -> None:
    (found,) = ScannerFraming().feed(sent + b"\r")  # Honeywell 1300g manual p. 58
    assert found == NoRead("no_read", sent)


def test_the_no_read_text_can_be_set() -> None:
    framing = ScannerFraming(no_read="NOREAD")
    assert codes(framing.feed(b"NR\rNOREAD\r")) == ["NR", "!no_read"]


@pytest.mark.parametrize("sent", [
    b"\x00A1", b"A\x001", b"A\x7f1", b"A\x1b1", b"A\x081", b"\x1eA", b"\xff\xfe\xff", b"A\x80",
    b"]C0", b"\xc2\x85",
])
def test_control_characters_and_broken_text_are_refused(sent: bytes) -> None:
    framing = ScannerFraming()
    assert codes(framing.feed(sent + b"\r6901234567892\r")) == ["!undecodable", "6901234567892"]
    assert (framing.frames, framing.refused) == (1, 1)


def test_a_tab_inside_a_code_is_refused_where_the_suffix_is_set() -> None:
    assert codes(ScannerFraming(Suffix.CR).feed(b"A\t1\r")) == ["!undecodable"]


def test_a_set_prefix_is_taken_off() -> None:
    (scan,) = ScannerFraming(prefix="#").feed(b"#]C0A1\r")
    assert scan == Scan("A1", "]C0", b"#]C0A1")


def test_a_code_without_the_set_prefix_has_lost_its_head() -> None:
    assert codes(ScannerFraming(prefix="##").feed(b"#A1\r##A1\r##\r")) == [
        "!undecodable", "A1", "!undecodable"]


@pytest.mark.parametrize("size", [1, 100, 5000])
def test_a_code_that_is_too_long_is_told_and_the_next_is_read(size: int) -> None:
    framing, stream = ScannerFraming(), b"9" * (LONGEST + 1) + b"\r" + b"A1\r"
    found = chunked(framing, stream, size)
    assert codes(found) == ["!too_long", "A1"]
    assert len(found[0].raw) == 64


def test_the_longest_code_is_read() -> None:
    (scan,) = ScannerFraming().feed(b"9" * LONGEST + b"\r")
    assert isinstance(scan, Scan)
    assert len(scan.data) == LONGEST


@pytest.mark.fault("F34")
def test_a_scanner_that_never_stops_takes_no_memory() -> None:
    framing = ScannerFraming()
    for _ in range(100):
        framing.feed(b"9" * 10000)
    assert len(framing._code) == LONGEST
    assert codes(framing.flush()) == ["!too_long"]


def test_nothing_of_half_a_code_survives_a_reset() -> None:
    framing = ScannerFraming()
    framing.feed(b"69012")
    framing.reset()
    assert codes(framing.feed(b"34567892\r")) == ["34567892"]


def test_ten_codes_in_one_burst_all_arrive_in_order() -> None:
    expected = [f"77300123456789{digit}" for digit in range(10)]
    burst = "".join(f"]C0{code}\r\n" for code in expected).encode()
    assert codes(ScannerFraming().feed(burst)) == expected


SIGNS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
CODE = st.text(SIGNS, min_size=1, max_size=30)


@given(sent=st.lists(CODE, max_size=10), size=st.integers(1, 50),
       suffix=st.sampled_from([b"\r", b"\n", b"\r\n", b"\t"]))
def test_any_chunking_gives_the_same_codes(sent: list[str], size: int, suffix: bytes) -> None:
    stream = b"".join(code.encode() + suffix for code in sent)
    whole, framing = ScannerFraming().feed(stream), ScannerFraming()
    assert chunked(framing, stream, size) == whole
    assert len(whole) == len(sent)


@pytest.mark.fault("F2")
@given(st.binary(max_size=300))
def test_noise_never_raises_and_the_code_after_it_is_whole(noise: bytes) -> None:
    framing = ScannerFraming()
    framing.feed(noise + b"\r")
    assert codes(framing.feed(b"6901234567892\r")) == ["6901234567892"]


@pytest.mark.parametrize("sent", [
    b"\x02773001234567890\x03\r", b"\x02773001234567890\x03\r\n",
    b"\xef\xbb\xbf773001234567890\r",
])
def test_what_stands_around_a_code_by_custom_is_taken_off(sent: bytes) -> None:
    assert codes(ScannerFraming().feed(sent)) == ["773001234567890"]


def test_stx_and_etx_without_a_suffix_end_with_quiet_and_two_at_once_are_never_merged() -> None:
    framing = ScannerFraming()
    framing.feed(b"\x02773001234567890\x03")
    assert codes(framing.flush()) == ["773001234567890"]
    framing.feed(b"\x02773001234567890\x03\x02773001234567891\x03")
    assert codes(framing.flush()) == ["!undecodable"]


def test_a_learned_stx_prefix_and_etx_go_together() -> None:
    framing = ScannerFraming(prefix="\x02")
    assert codes(framing.feed(b"\x027730012\x03\r\x027730013\r")) == ["7730012", "7730013"]


@pytest.mark.parametrize("sent", [b"\x02773001234\r", b"773001234\x03\r", b"77\x03\x0230\r"])
def test_half_an_envelope_is_damage(sent: bytes) -> None:
    assert codes(ScannerFraming().feed(sent)) == ["!undecodable"]


@pytest.mark.parametrize("sign", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\u2028"])
def test_a_code_with_signs_that_nobody_sees_is_refused(sign: str) -> None:
    assert codes(ScannerFraming().feed(f"7730{sign}01\r".encode())) == ["!undecodable"]


@pytest.mark.parametrize("words", [
    b"NR", b"NOREAD", b"NoRead", b"NO READ", b"no_read", b"ERROR", b"\x18", b"\x02NOREAD\x03",
])
def test_the_makers_words_for_nothing_read_are_no_codes(words: bytes) -> None:
    assert codes(ScannerFraming().feed(words + b"\r")) == ["!no_read"]


@pytest.mark.parametrize("words", [b"ERRORS", b"NR1", b"NOREAD7", b"SNR"])
def test_what_only_begins_like_a_no_read_is_a_code(words: bytes) -> None:
    assert codes(ScannerFraming().feed(words + b"\r")) == [words.decode()]


@pytest.mark.parametrize(("make", "sent", "code"), [
    ("honeywell", b"j773001234567890\r", "773001234567890"),
    ("honeywell", b"d6901234567892\r", "6901234567892"),
    ("newland", b"sQR text\r", "QR text"), ("newland", b"jYT123\r", "YT123"),
    ("zebra", b"D773001234567890\r", "773001234567890"),
    ("zebra", b"P01QR text\r", "QR text"), ("zebra", b"A6901234567892\r", "6901234567892"),
    ("zebra", b"]C0773001234567890\r", "773001234567890"),
    ("zebra", b"773001234567890\r", "!undecodable"), ("honeywell", b"j\r", "!undecodable"),
    ("honeywell", b"773001234567890\r", "!undecodable"), ("zebra", b"NR\r", "!no_read"),
    ("", b"j773001234567890\r", "j773001234567890"),
])
def test_a_makes_own_code_identifier_is_taken_off_where_it_is_set(
    make: str, sent: bytes, code: str
) -> None:
    assert codes(ScannerFraming(code_id=make).feed(sent)) == [code]


@pytest.mark.parametrize(("sent", "read"), [
    ("统一".encode("gbk"), "统一"), ("统一 500ml".encode("gbk"), "统一 500ml"),
    ("A统一B".encode("gbk"), "A统一B"), ("衣衣".encode(), "衣衣"), ("衣衣".encode("gbk"), "衣衣"),
    ("Größe L".encode(), "Größe L"), ("Café".encode(), "Café"), ("Привет".encode(), "Привет"),
    ("一".encode("gbk"), "!undecodable"), ("²".encode(), "!undecodable"),
    ("𠮷野家".encode("gb18030"), "𠮷野家"), ("テスト".encode("shift_jis"), "!undecodable"),
    ("€5".encode(), "€5"), ("张三".encode("gbk"), "张三"),
])
def test_what_is_text_in_two_character_sets_is_read_as_the_likely_one_or_refused(
    sent: bytes, read: str
) -> None:
    assert codes(ScannerFraming().feed(sent + b"\r")) == [read]


@pytest.mark.parametrize("mark", sorted(
    f"]{letter}{m}" for letter in "ABCDEFGHIJKLMNOPQRSUXdehopz" for m in "0123456789ABCDEF"))
def test_every_aim_identifier_is_taken_off_and_kept(mark: str) -> None:
    (scan,) = ScannerFraming().feed(mark.encode() + b"773001234567890\r")
    assert isinstance(scan, Scan)
    assert (scan.aim, scan.data) == (mark, "773001234567890")
