"""Find my scale, the driving half: listening, asking, bounded seconds, and what is told."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from drivers.interfaces import DeviceError, DeviceGone, PortBusy, PortRefused
from drivers.port import Port
from drivers.scale.find import Outcome, judge
from drivers.scale.protocols import SCALES
from drivers.scale.search import (
    ASK_SECONDS,
    LINES,
    LISTEN_SECONDS,
    Found,
    Search,
    report,
    shown,
    stanza,
)

Says = Callable[[dict[str, Any], bytes], bytes]
"""What a scale says at a line when it has just heard these bytes (b"" for nothing asked)."""


class Line(Port):
    """A port whose time passes with each read."""

    def __init__(self, bench: Bench, line: dict[str, Any]) -> None:
        super().__init__("fake://", "find")
        self._bench, self._line, self._heard = bench, line, b""

    def cancel(self) -> None:
        """Nothing is ever blocked."""

    def _read(self) -> bytes:
        self._bench.now += self._bench.step
        heard, self._heard = self._heard, b""
        return self._bench.says(self._line, heard)

    def _send(self, data: bytes) -> Iterator[int]:
        self._bench.asked.append(data)
        self._heard = data
        yield len(data)

    def _release(self) -> None:
        self._bench.opened -= 1


class Bench:
    """A scale on a port, with a clock of its own."""

    def __init__(self, says: Says, step: float = 0.1) -> None:
        self.says, self.now, self.opened, self.step = says, 0.0, 0, step
        self.asked: list[bytes] = []
        self.told: list[str] = []
        self.refuses: set[str] = set()

    def open(self, url: str, *, device: str, read_timeout: float, **line: Any) -> Port:
        assert read_timeout <= 0.1
        if line["parity"] in self.refuses:
            raise PortRefused(device, url, "cannot be opened with these settings")
        self.opened += 1
        assert self.opened == 1, "one port at a time"
        return Line(self, line)

    def look(self, **given: float) -> Found:
        found = self.search(**given).look("COM3")
        assert self.opened == 0
        return found

    def search(self, **given: Any) -> Search:
        return Search(opener=self.open, clock=lambda: self.now, tell=self.told.append, **given)


def is_line(line: dict[str, Any], baudrate: int, bytesize: int = 8, parity: str = "N") -> bool:
    return (line["baudrate"], line["bytesize"], line["parity"]) == (baudrate, bytesize, parity)


def stream(frame: bytes, baudrate: int, bytesize: int = 8, parity: str = "N") -> Says:
    """A scale that speaks by itself; garbage at any other line."""
    def says(line: dict[str, Any], _: bytes) -> bytes:
        return frame if is_line(line, baudrate, bytesize, parity) else b"\xf8\x9c\xe6\x06"
    return says


def answer(question: bytes, frame: bytes, baudrate: int = 9600, **line: Any) -> Says:
    def says(at: dict[str, Any], heard: bytes) -> bytes:
        return frame if heard == question and is_line(at, baudrate, **line) else b""
    return says


@pytest.mark.fault("F3")
@pytest.mark.parametrize(("frame", "line", "protocol"), [
    (b"ST,GS,+001.230kg\r\n", (9600,), "st-gs"),
    (b"\x02+00123431C\x03", (1200,), "yaohua-continuous"),
    (b"ST,+0001.230 kg\r\n", (2400, 7, "E"), "and-standard"),
    (b"+   845.2 g \r\n", (600,), "shuangjie"),
    (b"\x02-0   2345     0\r\x16", (4800, 7, "E"), "toledo-continuous"),
])
def test_a_stream_is_found_at_its_speed_and_parity(
    frame: bytes, line: tuple[Any, ...], protocol: str
) -> None:
    bench = Bench(stream(frame, *line))
    found = bench.look()
    assert found.verdict.outcome is Outcome.FOUND
    assert found.verdict.best is not None
    assert found.verdict.best.protocol == protocol
    assert found.line["baudrate"] == line[0]
    assert bench.asked == [], "who speaks is not asked"


@pytest.mark.parametrize(("question", "frame", "line", "protocol"), [
    (b"W", b"\x0201.230\r", {"bytesize": 7, "parity": "E"}, "toledo-8217"),
    (b"SI\r\n", b"S S      1.230 kg\r\n", {}, "mt-sics"),
    (b"\nW\r", b"\n 1G       1.845kg \r", {}, "sma"),
    (b"w", b"          84.5 g  \r\n", {}, "kern"),
    (b"98000001\r\n", b"9900184500000008\r\n", {}, "dibal"),
    (b"\x02AB03\x03", b"\x02AB+00123431F\x03", {}, "yaohua-command"),
    (b"SI\r\n", b"S S      1.230 kg\r\n", {"baudrate": 2400}, "mt-sics"),
])
def test_a_silent_scale_is_found_by_asking(
    question: bytes, frame: bytes, line: dict[str, Any], protocol: str
) -> None:
    found = Bench(answer(question, frame, **line)).look()
    assert found.verdict.best is not None
    assert (found.verdict.best.protocol, found.asked) == (protocol, question)


def test_a_scale_that_asks_back_is_answered() -> None:
    def cas(line: dict[str, Any], heard: bytes) -> bytes:
        return {b"\x05": b"\x06", b"\x11": b"\x01\x02S  1.230kg\x71\x03\x04"}.get(heard, b"")

    bench = Bench(cas)
    found = bench.look()
    assert found.verdict.best is not None
    assert found.verdict.best.protocol == "cas-ap1"
    assert bench.asked[-2:] == [b"\x05", b"\x11"]


def test_the_two_equals_formats_are_told_and_not_chosen() -> None:
    found = Bench(stream(b"=0012.340", 9600)).look()
    assert found.verdict.outcome is Outcome.AMBIGUOUS
    assert stanza(found) == ""
    told = "\n".join(report(found))
    assert "yaohua-equals-reversed" in told
    assert "known load" in told


def test_bytes_that_nothing_explains_end_after_all_lines_and_are_told() -> None:
    bench = Bench(lambda *_: b"\xf8\x9c\xe6\x06")
    found = bench.look()
    assert found.verdict.outcome is Outcome.UNREADABLE
    assert bench.asked == []
    assert len(bench.told) == len(LINES)
    assert "读不懂" in "\n".join(report(found))


def test_bytes_of_an_unknown_make_are_shown_at_the_speed_at_which_they_can_be_read() -> None:
    found = Bench(stream(b"W: 0.820kg??\r\n", 4800)).look()
    assert (found.verdict.outcome, found.line["baudrate"]) == (Outcome.UNREADABLE, 4800)
    told = "\n".join(report(found))
    assert "4800 8N1" in told
    assert "W: 0.820kg??" in told


def test_bytes_that_are_no_text_are_shown_as_digits_and_not_too_many() -> None:
    found = Bench(lambda *_: b"\xf8\x1b\xe6\x06" * 100).look()
    assert "f8 1b e6 06" in "\n".join(report(found))
    assert len(found.verdict.sample) <= 48


def test_silence_is_silence_at_every_speed_and_the_whole_search_is_bounded() -> None:
    bench = Bench(lambda *_: b"")
    found = bench.look()
    assert found.verdict.outcome is Outcome.SILENT
    assert bench.now < LISTEN_SECONDS + 100 * ASK_SECONDS
    assert bench.told[0] == "COM3 9600 8N1"
    assert "nothing answers" in "\n".join(report(found))


def test_every_question_asks_and_changes_nothing() -> None:
    bench = Bench(lambda *_: b"")
    bench.look()
    forbidden = {b"Z", b"T", b"Z\r", b"T\r", b"Z\r\n", b"T\r\n", b"\xcc", b"\x1bT", b"t", b"D"}
    assert not forbidden & set(bench.asked)


def test_a_line_that_the_port_refuses_is_passed_over() -> None:
    bench = Bench(stream(b"ST,GS,+001.230kg\r\n", 2400))
    bench.refuses = {"E", "O"}
    found = bench.look()
    assert found.verdict.best is not None
    assert found.line["baudrate"] == 2400


@pytest.mark.parametrize(("error", "words"), [
    (PortBusy("find", "COM3", "another program holds this port"), "被别的程序占用"),
    (DeviceGone("find", "COM3", "there is no such port"), "没有这个端口"),
    (PortRefused("find", "COM3", "no rights"), "打不开这个端口"),
])
def test_a_port_that_cannot_be_opened_says_why_in_both_languages(
    error: DeviceError, words: str
) -> None:
    def refuse(*_: Any, **__: Any) -> Port:
        raise error

    found = Search(opener=refuse).look("COM3")
    assert found.trouble.startswith(words)
    assert error.reason in found.trouble
    told = "\n".join(report(found))
    assert found.trouble in told
    assert "nothing answers" not in told  # nobody has asked


def test_the_stanza_is_what_station_toml_wants() -> None:
    written = stanza(Bench(stream(b"\x02+00123431C\x03", 1200)).look())
    scale = tomllib.loads(written)["bench"]["scale"]
    assert scale == {"protocol": "yaohua-continuous", "port": "COM3", "baudrate": 1200}
    assert "# the unit is not sent" in written


def test_the_stanza_names_a_line_that_differs_from_the_protocols_own() -> None:
    found = Bench(stream(b"ST,+0001.230 kg\r\n", 9600)).look()
    scale = tomllib.loads(stanza(found))["bench"]["scale"]
    assert scale == {"protocol": "and-standard", "port": "COM3", "baudrate": 9600,
                     "bytesize": 8, "parity": "N"}


def test_a_report_names_those_that_read_alike() -> None:
    frame = b"\n  01.85LB\r\n00\r\x03"
    told = "\n".join(report(Found("COM3", judge(frame * 9), LINES[1], b"W\r")))
    assert "nci-scp01" in told
    assert "读法相同 read alike: nci-ecr, fedex" in told
    assert "asked with b'W\\r'" in told


# --- USB scales, and a second look ---------------------------------------------------------------

REPORT = bytes.fromhex("03040200e001")  # stable, grams, 480: a scale's input report (HID POS 4.4)


def usb(says: Says) -> tuple[Search, Bench]:
    bench = Bench(says)

    def opener(_url: str, *, device: str, read_timeout: float, **line: Any) -> Port:
        assert not line, "a USB scale has no line"
        bench.opened += 1
        return Line(bench, line)

    return Search(opener=opener, clock=lambda: bench.now), bench


@pytest.mark.parametrize(("says", "outcome"), [
    (REPORT, Outcome.FOUND), (b"", Outcome.SILENT),
    (b"\x03\xff\xff\xff\xff\xff", Outcome.UNREADABLE),
])
def test_a_usb_scale_is_listened_to_at_no_line_and_asked_nothing(
    says: bytes, outcome: Outcome
) -> None:
    search, bench = usb(lambda _line, _heard: says)
    found = search.look("hidraw://0922:8003")
    assert found.verdict.outcome is outcome
    assert (found.line, found.asked, bench.asked, bench.opened) == ({}, None, [], 0)
    assert shown(found.line) == "USB"
    assert bench.now <= 2 * LISTEN_SECONDS + 0.2


def test_a_second_look_listens_as_before_or_asks_as_before() -> None:
    search, _ = usb(lambda _line, _heard: REPORT)
    assert REPORT in search.sample(Found("hid:", judge(b""), {}), 1.0)
    question = next(its.ask({}) for its in SCALES.values() if its.ask is not None)
    asked = Bench(lambda _line, heard: b"answer" if heard == question else b"")
    search = Search(opener=asked.open, clock=lambda: asked.now)
    data = search.sample(Found("/dev/x", judge(b""), asked=question), 1.0)
    assert data.startswith(b"answer")
    assert asked.asked.count(question) >= 2
    assert asked.opened == 0


def test_an_answer_that_no_protocol_reads_is_remembered_and_the_next_question_is_put() -> None:
    bench = Bench(lambda _line, heard: b"\xfe?\xfd" if heard else b"")
    found = Search(opener=bench.open, clock=lambda: bench.now).look("/dev/x")
    assert found.verdict.outcome is not Outcome.FOUND
    assert found.verdict.outcome is not Outcome.SILENT
    assert len(set(bench.asked)) > 1


def test_a_usb_scale_that_wakes_late_is_waited_for_twice_as_long() -> None:
    search, bench = usb(lambda _line, _heard: REPORT if bench.now > 1.7 * LISTEN_SECONDS else b"")
    assert search.look("hidraw://0922:8003").verdict.outcome is Outcome.FOUND


def test_silence_names_no_line_and_no_question() -> None:
    found = Bench(lambda _line, _heard: b"").look()
    assert (found.verdict.outcome, found.line, found.asked, found.trouble) == (
        Outcome.SILENT, LINES[0], None, "")


def test_a_report_ends_with_what_to_write_where_one_protocol_was_found_and_only_there() -> None:
    one = Found("COM3", judge(b"ST,GS,+001.230kg\r\n" * 9))
    *_, blank, last = report(one)
    assert (blank, last) == ("", stanza(one))
    assert last.startswith("[bench.scale]")
    two = Found("COM3", judge(b"=0012.340" * 9))
    assert stanza(two) == ""
    assert not any("[bench.scale]" in line for line in report(two))
    silent = list(report(Found("COM3", judge(b""), trouble="taken by another program")))
    assert silent[1:] == ["  taken by another program"]


# --- At which lines, for how long, how often ------------------------------------------------------

USUAL = ("9600 8N1", "9600 7E1", "2400 8N1", "4800 8N1", "1200 8N1", "19200 8N1", "600 8N1",
         "115200 8N1", "38400 8N1", "2400 7E1", "4800 7E1", "1200 7E1", "9600 8O1", "9600 7O2")


def test_what_cannot_be_read_is_listened_to_at_every_usual_line_and_shown_at_the_first() -> None:
    bench = Bench(lambda *_: b"\xf8\x9c\xe6\x06")
    found = bench.look()
    assert tuple(bench.told) == tuple(f"COM3 {line}" for line in USUAL)
    assert shown(found.line) == "9600 8N1"


def test_questions_are_put_at_the_protocols_own_lines_first_and_then_at_four_other_speeds() -> None:
    bench = Bench(lambda *_: b"")
    bench.look()
    plain = [line for line in dict.fromkeys(bench.told) if line.endswith("8N1")]
    assert plain == [f"COM3 {speed} 8N1" for speed in (9600, 2400, 4800, 19200, 1200)]


EIGHTH = 0.125  # seconds, which add up without any rounding


def test_a_silent_port_is_heard_once_and_each_question_is_waited_for_no_longer_than_set() -> None:
    bench = Bench(lambda *_: b"", EIGHTH)
    bench.look(listen_seconds=1.5, ask_seconds=0.5)
    assert bench.now == 1.5 + 0.5 * len(bench.asked)
    usual = Bench(lambda *_: b"")
    usual.look()
    assert usual.now == pytest.approx(1.5 + 0.4 * len(usual.asked), abs=0.11 * len(usual.asked))


@pytest.mark.parametrize(("size", "reads"), [(512, 4), (513, 4), (511, 5), (2048, 1)])
def test_two_thousand_bytes_are_enough_however_long_they_are_waited_for(
    size: int, reads: int
) -> None:
    bench = Bench(lambda *_: (b"ST,GS,+001.230kg\r\n" * 200)[:size], EIGHTH)
    bench.look()
    assert bench.now == reads * EIGHTH


def test_who_answers_is_asked_three_times_and_who_does_not_once() -> None:
    bench = Bench(answer(b"SI\r\n", b"S S      1.230 kg\r\n"))
    bench.look()
    assert bench.asked[-3:] == [b"SI\r\n"] * 3
    assert set(Counter(bench.asked[:-3]).values()) == {1}


def test_a_speed_at_which_nothing_comes_does_not_end_the_search_of_a_scale_that_is_heard() -> None:
    def says(line: dict[str, Any], _: bytes) -> bytes:
        if is_line(line, 2400):
            return b"ST,GS,+001.230kg\r\n"
        return b"\xf8\x9c" if is_line(line, 9600) else b""

    found = Bench(says).look()
    assert found.verdict.best is not None
    assert (found.verdict.best.protocol, found.line["baudrate"]) == ("st-gs", 2400)


def test_a_usb_scale_is_known_by_three_reports() -> None:
    search, bench = usb(lambda _line, _heard: REPORT)
    best = search.look("hidraw://0922:8003").verdict.best
    assert best is not None
    assert best.evidence == "3 frames, 100% of the bytes, 0 refused; last: 480 g"
    assert (best.covered, best.has_check, best.refused) == (1.0, False, 0)
    assert bench.now == pytest.approx(0.3)


def test_a_second_look_goes_on_to_its_end_and_answers_who_asks_back() -> None:
    def cas(_: dict[str, Any], heard: bytes) -> bytes:
        return {b"\x05": b"\x06", b"\x11": b"frame"}.get(heard, b"")

    bench = Bench(cas, EIGHTH)
    found = Found("/dev/x", judge(b""), asked=b"\x05")
    assert bench.search(ask_seconds=0.5).sample(found, 1.0) == b"\x06frame" * 4
    assert (bench.now, bench.asked) == (1.0, [b"\x05", b"\x11"] * 4)
    heard = Bench(lambda *_: b"12345678", EIGHTH)
    assert heard.search().sample(Found("/dev/x", judge(b"")), 1.0) == b"12345678" * 8
    chatty = Bench(lambda _, heard: b"x" * 1024 if heard else b"", EIGHTH)
    question = Found("/dev/x", judge(b""), asked=b"SI\r\n")
    assert len(chatty.search(ask_seconds=0.5).sample(question, 9.0)) == 2048


def test_a_decimal_comma_that_was_heard_is_written_down() -> None:
    found = Found("COM3", judge(b"ST,GS,+0001,230kg\r\n" * 9), LINES[1])
    assert found.verdict.best is not None
    scale = tomllib.loads(stanza(found))["bench"]["scale"]
    assert scale["decimal_comma"] is found.verdict.best.has_comma is True


def test_bytes_that_carry_a_parity_bit_are_told_with_what_to_do() -> None:
    def even(byte: int) -> int:
        return byte | (0x80 if byte.bit_count() % 2 else 0)

    sent = bytes(even(byte) for byte in b"W 12.345 kilo 67890 G~\r\n" * 9)
    told = "\n".join(report(Found("COM3", judge(sent), LINES[1])))
    assert "7 位带校验" in told


def test_an_8217_weight_of_another_length_is_no_weight() -> None:
    decoder = SCALES["toledo-8217"].build({"decimals": 2, "unit": "kg"})
    told = [[one.value for one in decoder.feed(frame)]
            for frame in (b"\x02 1234\r", b"\x02 12340\r", b"\x02 1235\r")]
    assert told == [[Decimal("12.34")], [], [Decimal("12.35")]]
