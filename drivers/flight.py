"""The flight recorder: the last minutes of every byte both ways of one device, and replaying them.

A ``FlightRecorder`` stands before a device's port and keeps a ring of moments: bytes in, bytes
out, opened, closed, lost. The ring is bounded in bytes and in seconds. ``write_flight`` puts it
into a file of JSON lines, whose first line says of which device, with which settings and why;
``read_flight`` takes it back, and ``drivers.replay`` decodes it again.

Personal data: what is sent to a printer holds names, so a printer's recorder never keeps more than
lengths and digests of it. What a scanner reads may hold anything; it is kept in memory and left
out of the file unless it is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from drivers.interfaces import DeviceError
from drivers.port import Port, open_port

MOST_BYTES = 256 * 1024
MOST_SECONDS = 600.0
MOMENT_COST = 64
"""Bytes that a moment counts for beside its data: the ring is bounded even by empty ones."""

SHORT = 16
QUESTION = re.compile(rb"[\x1b\x10\x1d~]|READSTA|\r\n")
"""A printer is asked for its status with so few bytes at most, and they begin like this.

Anything else is the page itself, be it the short end of a longer piece.
"""

VERSION = 1
LONGEST_FILE = 8 * 1024 * 1024

Direction = Literal["in", "out", "note"]
PortOpener = Callable[..., Port]


class NotAFlight(ValueError):
    """A file is no flight recording; the message says what is wrong with which line."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something on the wire: monotonic seconds, direction, and the bytes or a note's words.

    ``left_out`` is the length of data that is not kept, of which ``digest`` is all that is known.
    """

    at: float
    direction: Direction
    data: bytes = b""
    note: str = ""
    left_out: int = 0
    digest: str = ""

    @property
    def size(self) -> int:
        """How many bytes passed."""
        return self.left_out or len(self.data)

    def without_content(self) -> Moment:
        """The same moment with a length and a digest in place of its bytes."""
        if not self.data:
            return self
        return Moment(self.at, self.direction, b"", "", len(self.data), digest(self.data))


@dataclass(frozen=True, slots=True)
class About:
    """Whose flight it is: enough to decode it again with nothing else at hand."""

    device: str
    kind: str
    port: str
    protocol: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flight:
    """A recording: of which device, saved when (text) and why, and its moments, oldest first."""

    about: About
    saved_at: str
    why: str
    moments: tuple[Moment, ...]


def digest(data: bytes) -> str:
    """Name bytes without showing them; sixteen characters tell two of them apart."""
    return hashlib.sha256(data).hexdigest()[:16]


class FlightRecorder:
    """Keeps the last moments of one device. Written to by its owner thread, read by any.

    ``opener`` is what it stands before. With ``keeps_output`` False long output is never kept.
    """

    def __init__(
        self, about: About, *, opener: PortOpener = open_port,
        clock: Callable[[], float] = time.monotonic, keeps_output: bool = True,
        most_bytes: int = MOST_BYTES, most_seconds: float = MOST_SECONDS,
    ) -> None:
        self.about = about
        self._opener, self._clock, self._keeps_output = opener, clock, keeps_output
        self._most_bytes, self._most_seconds = most_bytes, most_seconds
        self._moments: deque[Moment] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def open(self, url: str, **line: Any) -> Port:
        """Open the port behind the recorder; a port that does not open is a moment too."""
        try:
            port = self._opener(url, **line)
        except DeviceError as error:
            self.note(f"not opened: {type(error).__name__}")
            raise
        self.note("opened")
        return RecordedPort(port, self)

    def heard(self, data: bytes) -> None:
        """Keep what the device said."""
        self._keep(Moment(self._clock(), "in", data))

    def said(self, data: bytes) -> None:
        """Keep what the device was told."""
        moment = Moment(self._clock(), "out", data)
        hidden = not self._keeps_output and not (len(data) <= SHORT and QUESTION.match(data))
        self._keep(moment.without_content() if hidden else moment)

    def note(self, words: str) -> None:
        """Keep what happened beside the bytes; a note never carries a device's text."""
        self._keep(Moment(self._clock(), "note", note=words))

    def moments(self) -> tuple[Moment, ...]:
        """The ring as it is now, oldest first."""
        with self._lock:
            return tuple(self._moments)

    def _keep(self, moment: Moment) -> None:
        with self._lock:
            self._moments.append(moment)
            self._bytes += _cost(moment)
            horizon = moment.at - self._most_seconds
            while self._bytes > self._most_bytes or self._moments[0].at < horizon:
                self._bytes -= _cost(self._moments.popleft())


def _cost(moment: Moment) -> int:
    return len(moment.data) + len(moment.note) + MOMENT_COST


class Overheard:
    """A line before which a recorder stands: what passes by it, what fails, and its end."""

    _inner: Any
    _recorder: FlightRecorder
    _closed: bool

    def read_some(self) -> bytes:
        """Return what has arrived; b"" after the read timeout. Raises DeviceGone."""
        try:
            data: bytes = self._inner.read_some()
        except DeviceError as error:
            self._recorder.note(f"lost: {type(error).__name__}")
            raise
        if data:
            self._recorder.heard(data)
        return data

    def write(self, data: bytes) -> None:
        """Hand all bytes to the operating system. Raises WriteFailed."""
        self._recorder.said(data)
        try:
            self._inner.write(data)
        except DeviceError as error:
            self._recorder.note(f"not written: {type(error).__name__}")
            raise

    def close(self) -> None:
        """Let go of the port."""
        if not self._closed:
            self._closed = True
            self._recorder.note("closed")
            self._inner.close()


class RecordedPort(Overheard, Port):
    """A port whose recorder hears all that passes."""

    def __init__(self, inner: Port, recorder: FlightRecorder) -> None:
        super().__init__(inner.url, inner.device)
        self._inner, self._recorder = inner, recorder
        self.counts_bytes = inner.counts_bytes

    def cancel(self) -> None:
        """Wake a blocked read."""
        self._inner.cancel()

    def _read(self) -> bytes:
        return self.read_some()

    def _send(self, data: bytes) -> Iterator[int]:
        self.write(data)
        yield len(data)

    def _release(self) -> None:
        self._inner.close()


def write_flight(
    path: Path, about: About, moments: Iterable[Moment], *, saved_at: str, why: str,
    with_content: bool = True,
) -> None:
    """Write a recording, whole or not at all; without its content only lengths and digests."""
    first = {
        "flight": VERSION, "device": about.device, "kind": about.kind, "port": about.port,
        "protocol": about.protocol, "settings": dict(about.settings), "saved_at": saved_at,
        "why": why,
    }
    kept = [moment if with_content else moment.without_content() for moment in moments]
    start = kept[0].at if kept else 0.0
    lines = [first, *(_written(moment, start) for moment in kept)]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    half = path.with_name(path.name + ".part")
    with half.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _written(moment: Moment, start: float) -> dict[str, object]:
    at: dict[str, object] = {"at": round(moment.at - start, 4)}
    if moment.direction == "note":
        return at | {"note": moment.note}
    if moment.left_out:
        return at | {moment.direction: {"bytes": moment.left_out, "sha256": moment.digest}}
    return at | {moment.direction: moment.data.hex()}


def read_flight(path: Path) -> Flight:
    """Read a recording. Raises NotAFlight, which names the line, or OSError."""
    if path.stat().st_size > LONGEST_FILE:
        raise NotAFlight(f"{path.name}: larger than any recording")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise NotAFlight(f"{path.name}: is no text") from None
    if lines == [""]:
        raise NotAFlight(f"{path.name}: is empty")
    first = _object(path.name, 1, lines[0])
    if first.get("flight") != VERSION:
        raise NotAFlight(f"{path.name}: line 1 does not say flight {VERSION}")
    settings = first.get("settings")
    device, kind, port, protocol = (
        str(first.get(name, "")) for name in ("device", "kind", "port", "protocol"))
    about = About(device, kind, port, protocol, settings if isinstance(settings, dict) else {})
    moments = tuple(
        _read(path.name, number, line) for number, line in enumerate(lines[1:], 2) if line.strip())
    return Flight(about, str(first.get("saved_at", "")), str(first.get("why", "")), moments)


def _object(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotAFlight(f"{name}: line {number} is no JSON object")
    return found


def _read(name: str, number: int, line: str) -> Moment:
    found = _object(name, number, line)
    try:
        at = float(found["at"])
        if "note" in found:
            return Moment(at, "note", note=str(found["note"]))
        direction: Direction = "in" if "in" in found else "out"
        data = found[direction]
        if isinstance(data, dict):
            return Moment(
                at, direction, left_out=int(data["bytes"]), digest=str(data["sha256"]))
        return Moment(at, direction, bytes.fromhex(data))
    except (KeyError, TypeError, ValueError):
        raise NotAFlight(f"{name}: line {number} is no moment") from None
