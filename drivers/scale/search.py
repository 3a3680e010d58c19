"""Drives a port to find the scale on it: listens at the usual lines, then asks; bounded seconds.

A stream that is heard at no speed at all is none: silence is the same at every speed, so the
speeds are tried only where bytes come. Questions are those that ask for a weight and change
nothing; they are put at each protocol's own line first, then at other speeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from drivers.garble import Fault
from drivers.interfaces import DeviceError, DeviceGone, PortBusy, Reading
from drivers.port import Port, open_port
from drivers.scale.find import Match, Outcome, Verdict, judge
from drivers.scale.protocols import SCALES, ScaleProtocol

Line = Mapping[str, Any]
Tell = Callable[[str], None]
Opener = Callable[..., Port]

DEFAULT: Line = {"baudrate": 9600, "bytesize": 8, "parity": "N", "stopbits": 1}
LISTEN_SECONDS = 1.5
ASK_SECONDS = 0.4
TIMES = 3
"""Answers wanted before a question counts as understood."""

CAPTURE = 2048
READ_SECONDS = 0.1


def line(**settings: Any) -> Line:
    """Return a whole line: what is not named is 9600 8N1."""
    return {**DEFAULT, **settings}


LINES: tuple[Line, ...] = (
    line(), line(bytesize=7, parity="E"), line(baudrate=2400), line(baudrate=4800),
    line(baudrate=1200), line(baudrate=19200), line(baudrate=600), line(baudrate=115200),
    line(baudrate=38400), line(baudrate=2400, bytesize=7, parity="E"),
    line(baudrate=4800, bytesize=7, parity="E"), line(baudrate=1200, bytesize=7, parity="E"),
    line(parity="O"), line(bytesize=7, parity="O", stopbits=2),
)
"""Lines to listen at, the usual ones first."""

USB_PROTOCOL = "hid-pos"
OTHER_SPEEDS = (2400, 4800, 19200, 1200)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found on one port: the verdict, at which line, and what had to be asked."""

    port: str
    verdict: Verdict
    line: Line = field(default_factory=lambda: DEFAULT)
    asked: bytes | None = None
    trouble: str = ""


class Search:
    """Looks for a scale on one port after the other. Time and opener are arguments."""

    def __init__(
        self, *, opener: Opener = open_port, clock: Callable[[], float] = time.monotonic,
        tell: Tell = lambda _: None, protocols: Mapping[str, ScaleProtocol] = SCALES,
        listen_seconds: float = LISTEN_SECONDS, ask_seconds: float = ASK_SECONDS,
    ) -> None:
        self._opener, self._clock, self._tell = opener, clock, tell
        self._protocols = protocols
        self._replies = {its.ask({}): its.reply for its in protocols.values()
                         if its.ask is not None and its.reply is not None}
        self._listen, self._ask = listen_seconds, ask_seconds

    def look(self, port: str) -> Found:
        """Look for a scale on this port; never raises a DeviceError, it is part of the answer."""
        try:
            if is_usb(port):
                return self._reported(port)
            heard = self._listened(port)
            return heard if heard.verdict.outcome is not Outcome.SILENT else self._asked(port)
        except DeviceError as error:
            return Found(port, Verdict(Outcome.SILENT), trouble=in_words(error))

    def sample(self, found: Found, seconds: float) -> bytes:
        """Take bytes once more as they were found: heard, or asked for. Raises DeviceError."""
        end, data = self._clock() + seconds, b""
        line = {} if is_usb(found.port) else found.line
        with closing(self._opener(
                found.port, device="find", read_timeout=READ_SECONDS, **line)) as opened:
            if found.asked is None:
                return self._capture(seconds, opened)
            while self._clock() < end and len(data) < CAPTURE:
                opened.write(found.asked)
                data += self._capture(self._ask / 2, opened, found.asked)
        return data

    def _listened(self, port: str) -> Found:
        """Listen at each line until one explains what comes; at once done if nothing comes."""
        heard = Found(port, Verdict(Outcome.SILENT))
        for at in LINES:
            verdict = self._at(port, at, partial(self._capture, self._listen))
            if verdict is None:
                continue
            if verdict.matches:
                return Found(port, verdict, at)
            if verdict.outcome is Outcome.SILENT and heard.verdict.outcome is Outcome.SILENT:
                return heard
            if not heard.verdict.sample or verdict.legible > heard.verdict.legible:
                heard = Found(port, verdict, at)
        return heard

    def _reported(self, port: str) -> Found:
        """Listen to a USB scale, which speaks unasked and knows one protocol only."""
        decoder = self._protocols[USB_PROTOCOL].build({})
        readings: list[Reading] = []
        end = self._clock() + 2 * self._listen
        with closing(self._opener(port, device="find", read_timeout=READ_SECONDS)) as opened:
            while self._clock() < end and decoder.frames < TIMES:
                readings += decoder.feed(opened.read_some())
        if not decoder.frames:
            outcome = Outcome.UNREADABLE if decoder.refused else Outcome.SILENT
            return Found(port, Verdict(outcome), {})
        right = Match(USB_PROTOCOL, decoder.frames, decoder.refused, 1.0, has_check=False,
                      readings=tuple(readings))
        return Found(port, Verdict(Outcome.FOUND, (right,)), {})

    def _asked(self, port: str) -> Found:
        """Ask for a weight in every way, at the protocols' own lines first."""
        heard = Found(port, Verdict(Outcome.SILENT))
        for at, questions in self._rounds():
            for question in questions:
                verdict = self._at(port, at, partial(self._answers, question), question)
                if verdict is None or verdict.outcome is Outcome.SILENT:
                    continue
                heard = Found(port, verdict, at, question)
                if verdict.matches:
                    return heard
        return heard

    def _rounds(self) -> Iterator[tuple[Line, list[bytes]]]:
        """Yield lines with the questions to put at them."""
        usual: dict[tuple[Any, ...], dict[bytes, None]] = {}
        for protocol in self._protocols.values():
            if protocol.ask is not None and protocol.is_serial:
                key = tuple(line(**protocol.line).values())
                usual.setdefault(key, {})[protocol.ask({})] = None
        for speed in (None, *OTHER_SPEEDS):
            for values, questions in usual.items():
                at = dict(zip(DEFAULT, values, strict=True))
                yield at if speed is None else {**at, "baudrate": speed}, list(questions)

    def _at(
        self, port: str, at: Line, capture: Callable[[Port], bytes], question: bytes | None = None
    ) -> Verdict | None:
        """Judge what is captured at a line; None if the port cannot be set to it.

        An answer is first taken for one of those protocols that ask this question.
        """
        self._tell(f"{port} {shown(at)}")
        try:
            with closing(self._opener(
                port, device="find", read_timeout=READ_SECONDS, **at)) as opened:
                data = capture(opened)
        except DeviceError:
            if at == LINES[0]:
                raise
            return None
        asked = {name: its for name, its in self._protocols.items()
                 if question is not None and its.ask is not None and its.ask({}) == question}
        verdict = judge(data, asked, is_answer=True)
        if verdict.matches:
            return verdict
        return judge(data, self._protocols, is_answer=question is not None)

    def _capture(self, seconds: float, port: Port, question: bytes = b"") -> bytes:
        """Read for so many seconds, or until there is more than enough.

        A question that comes back is answered, whichever protocol wants it so.
        """
        data, end = b"", self._clock() + seconds
        comes, answer = self._replies.get(question, (None, b""))
        while self._clock() < end and len(data) < CAPTURE:
            piece = port.read_some()
            if piece == comes:
                port.write(answer)
            data += piece
        return data

    def _answers(self, question: bytes, port: Port) -> bytes:
        """Ask once, and again if something came back."""
        data = b""
        for _ in range(TIMES):
            port.write(question)
            piece = self._capture(self._ask, port, question)
            if not piece:
                break
            data += piece
        return data


def in_words(error: DeviceError) -> str:
    """Say in both languages why a port cannot be looked at."""
    if isinstance(error, PortBusy):
        why = "被别的程序占用，请先关掉它"
    elif isinstance(error, DeviceGone):
        why = "没有这个端口，或者线没插好"
    else:
        why = "打不开这个端口"
    return f"{why} · {error.reason}"


def is_usb(port: str) -> bool:
    """True for the port of a USB HID device, which has no speed and is asked nothing."""
    return port.startswith(("hid:", "hidraw:", "file:///dev/hidraw"))


def shown(at: Line) -> str:
    """Write a line as people do: 9600 8N1."""
    if not at:
        return "USB"
    return f"{at['baudrate']} {at['bytesize']}{at['parity']}{at['stopbits']}"


def stanza(found: Found) -> str:
    """Return what to write into station.toml; nothing where no single protocol was found."""
    best = found.verdict.best
    if best is None:
        return ""
    lines = ["[bench.scale]", f'protocol = "{best.protocol}"', f'port = "{found.port}"']
    for name, value in found.line.items():
        if value != DEFAULT[name] or name in SCALES[best.protocol].line:
            lines.append(f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}")
    if best.has_comma:
        lines.append("decimal_comma = true")
    return "\n".join([*lines, *(f"# {doubt}" for doubt in found.verdict.doubts)]) + "\n"


def report(found: Found) -> Iterator[str]:
    """Yield what to tell a person about one port, Chinese first."""
    verdict = found.verdict
    if found.trouble:
        yield f"{found.port}: 打不开 cannot be opened"
        yield f"  {found.trouble}"
        return
    yield f"{found.port}: {_WORDS[verdict.outcome]}"
    if verdict.outcome is not Outcome.SILENT:
        asked = f", 询问 asked with {found.asked!r}" if found.asked else ""
        yield f"  {shown(found.line)}{asked}"
    if verdict.sample:
        yield f"  字节 bytes: {verdict.shown}"
    if verdict.guess in _HINTS:
        yield f"  注意 note: {_HINTS[verdict.guess]}"
    for one in verdict.matches:
        yield f"  {one.confidence:4.0%}  {one.protocol}: {one.evidence}"
    if verdict.same:
        yield f"  读法相同 read alike: {', '.join(verdict.same)}"
    yield from (f"  注意 note: {doubt}" for doubt in verdict.doubts)
    if verdict.best is not None:
        yield ""
        yield stanza(found)


_HINTS = {
    Fault.PARITY: "7 位带校验；网络转换器要在它自己的设置里改"
                  " seven bits with parity: set a network converter's own line to it",
    Fault.STILL: "只有一个不变的字节：线接错 one byte that never changes: a wrong cable",
}
_WORDS = {
    Outcome.FOUND: "找到秤 a scale",
    Outcome.AMBIGUOUS: "有秤，但协议不能确定 a scale, and several protocols are possible",
    Outcome.UNREADABLE: "有数据但都读不懂 bytes come that no known protocol explains",
    Outcome.SILENT: "没有回应 nothing answers (检查电源和接线 check power and cable)",
}
