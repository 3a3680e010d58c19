"""Suffix and prefix from three scans: what may be learned, and what must not be guessed."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import Scan
from drivers.scanner.bounce import Bounce
from drivers.scanner.framing import LONGEST, ScannerFraming, Suffix
from drivers.scanner.learning import Lesson, NotLearned, learn, scans_from
from drivers.scanner.serial_scanner import ScannerStream

CODES = (b"773000111222333", b"773000444555666", b"6901234567892")


def scans(prefix: bytes = b"", end: bytes = b"\r\n") -> list[bytes]:
    return [prefix + code + end for code in CODES]


@pytest.mark.parametrize(("end", "name", "suffix"), [
    (b"\r", "cr", Suffix.CR), (b"\n", "lf", Suffix.LF), (b"\r\n", "crlf", Suffix.CRLF),
    (b"\t", "tab", Suffix.TAB), (b"", "none", Suffix.NONE),
])
def test_the_suffix_is_what_ends_all_three(end: bytes, name: str, suffix: Suffix) -> None:
    learned = learn(scans(end=end))
    assert (learned.suffix_name, learned.suffix, learned.prefix) == (name, suffix, "")
    assert learned.settings() == {"suffix": name}


@pytest.mark.parametrize("prefix", ["#", "~", "*:", "\x02", "\x02#", "@ "])
def test_signs_before_all_three_are_a_prefix(prefix: str) -> None:
    learned = learn(scans(prefix.encode()))
    assert learned.prefix == prefix
    assert learned.codes == tuple(code.decode() for code in CODES)
    assert learned.settings() == {"suffix": "crlf", "prefix": prefix}


def test_waybills_of_one_carrier_begin_alike_without_a_prefix() -> None:
    learned = learn([b"YT7000000001\r", b"YT7000000002\r", b"YT7000000003\r"])
    assert learned.prefix == ""


def test_an_aim_identifier_is_no_prefix() -> None:
    assert learn(scans(b"]C0")).prefix == ""
    assert learn(scans(b"#]C0")).prefix == "#"


def test_where_the_codes_are_known_the_prefix_may_be_letters() -> None:
    known = [code.decode() for code in CODES]
    assert learn(scans(b"S1"), known).prefix == "S1"
    assert learn(scans(b"S1]C0"), known).prefix == "S1"
    assert learn(scans(), known).prefix == ""


@pytest.mark.parametrize(("given_scans", "known", "words"), [
    (scans()[:2], (), "3 scans are needed, not 2"),
    ([*scans()[:2], b"6901234567892\t"], (), "end differently"),
    ([b"1\r\r", b"2\r\r", b"3\r\r"], (), "strangely"),
    ([b"1\r2\r3\r", b"", b""], (), "end differently"),
    ([b"773\r"] * 3, (), "scan three different labels"),
    ([b"#\r", b"#1\r", b"#2\r"], (), "holds no code"),
    ([b"\xff\r", b"1\r", b"2\r"], (), "damaged"),
    (scans(), ["773000111222333"], "3 known codes"),
    (scans(), ["1", "2", "3"], "does not hold the code"),
    ([b"S1773000111222333\r", b"S2773000444555666\r", b"S16901234567892\r"],
     [code.decode() for code in CODES], "different prefixes"),
])
def test_scans_that_do_not_agree_teach_nothing(
    given_scans: list[bytes], known: list[str], words: str
) -> None:
    with pytest.raises(NotLearned, match=words):
        learn(given_scans, known)


@given(
    prefix=st.sampled_from(["", "#", "\x02", "*"]),
    end=st.sampled_from([b"\r", b"\n", b"\r\n", b"\t"]),
    codes=st.lists(st.from_regex(r"[0-9A-Z]{4,20}", fullmatch=True),
                   min_size=3, max_size=3, unique=True),
)
def test_what_was_learned_reads_the_same_scans(prefix: str, end: bytes, codes: list[str]) -> None:
    stream = [prefix.encode() + code.encode() + end for code in codes]
    learned = learn(stream)
    framing = ScannerFraming(learned.suffix, prefix=learned.prefix)
    read = [scan for piece in stream for scan in framing.feed(piece)]
    assert [scan.data for scan in read if isinstance(scan, Scan)] == codes


# --- A lesson while the station runs ----------------------------------------------------------


def test_a_lesson_ends_each_scan_with_its_pause_and_itself_with_the_third() -> None:
    lesson = Lesson()
    for code in CODES:
        lesson.hear(code[:5])
        lesson.hear(code[5:] + b"\r\n")
        assert lesson.pause()
        assert lesson.pause() is False  # more quiet is nothing new
    assert lesson.is_over
    lesson.hear(b"more\r\n")
    assert not lesson.pause()
    assert learn(lesson.scans).settings() == {"suffix": "crlf"}


class Played:
    """A port that plays pieces, b"" being a pause; afterwards nothing ever comes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read_some(self) -> bytes:
        return self.pieces.pop(0)


def test_scans_are_taken_from_a_port_each_as_its_pause_comes_and_no_fourth_is_waited_for() -> None:
    port = Played(b"", b"A1", b"23\r", b"", b"", b"A456\r", b"", b"A789\r", b"", b"more\r", b"")
    taken = scans_from(port)
    assert next(taken) == b"A123\r"
    assert port.pieces[0] == b"", "told at its pause, before anything else is read"
    assert list(taken) == [b"A456\r", b"A789\r"]
    assert port.pieces == [b"more\r", b""]


def test_a_flood_makes_a_lesson_no_larger() -> None:
    lesson = Lesson()
    for _ in range(100):
        lesson.hear(b"x" * 1000)
    assert lesson.pause()
    assert len(lesson.scans[0]) == LONGEST


def test_scans_of_a_lesson_are_no_codes_and_the_next_one_is() -> None:
    stream = ScannerStream("left", ScannerFraming(Suffix.CR), Bounce())
    heard: list[int] = []
    lesson = Lesson()
    stream.teach(lesson, lambda: heard.append(len(lesson.scans)))
    for number, code in enumerate(CODES):
        assert stream.feed(code + b"\t", 10.0 + number) == []
        assert stream.quiet(10.3 + number) == []
    assert heard == [1, 2, 3]
    assert learn(lesson.scans).suffix_name == "tab"
    (scan,) = stream.feed(CODES[0] + b"\r", 20.0)
    assert isinstance(scan, Scan)


def test_a_lesson_can_be_broken_off() -> None:
    stream = ScannerStream("left", ScannerFraming(Suffix.CR), Bounce())
    stream.teach(Lesson())
    assert stream.feed(CODES[0] + b"\r", 1.0) == []
    stream.teach(None)
    assert len(stream.feed(CODES[0] + b"\r", 2.0)) == 1


def test_what_was_learned_is_told_as_the_configuration_wants_it() -> None:
    rows = learn(scans(b"#", b"\t")).rows("/dev/ttyUSB0", baudrate=19200)
    assert tomllib.loads("\n".join(rows)) == {"bench": {"scanner": [
        {"port": "/dev/ttyUSB0", "baudrate": 19200, "suffix": "tab", "prefix": "#"}]}}


def test_what_is_written_in_chinese_stays_readable_in_the_configuration() -> None:
    assert 'name = "左边的枪 😀"' in learn(scans()).rows("/dev/ttyUSB0", name="左边的枪 😀")
