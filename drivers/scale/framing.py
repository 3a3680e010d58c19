"""Cutting a stream into frames: the part that all scale protocols share.

Streams start and end in mid frame, lose bytes and repeat them. Each cutter has a bounded buffer
and finds its feet again by itself; what the frames mean is left to the protocol's decoder.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol

from drivers.interfaces import Reading

LINE_LIMIT = 64
FIRM = 10


class Cutter(Protocol):
    """Bytes to whole frames, whatever the chunks."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return the frames they complete."""
        ...

    def reset(self) -> None:
        """Forget a half-received frame."""
        ...


class Lines:
    """Cuts at CR and LF, either or both; empty and endless lines are dropped.

    ``ends`` names other bytes to cut at, such as ETX.
    """

    def __init__(self, limit: int = LINE_LIMIT, *, ends: bytes = b"\r\n") -> None:
        self._limit = limit
        self._ends = re.compile(b"[" + re.escape(ends) + b"]")
        self._line = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return the lines they complete without their ends."""
        *ended, rest = self._ends.split(data)
        lines = [line for piece in ended if (line := self._end(piece))]
        self._take(rest)
        return lines

    def reset(self) -> None:
        """Forget a half-received line."""
        self._begin_line()

    def _begin_line(self) -> None:
        self._line.clear()
        self._too_long = False

    def _end(self, piece: bytes) -> bytes:
        self._take(piece)
        line = b"" if self._too_long else bytes(self._line)
        self._begin_line()
        return line

    def _take(self, piece: bytes) -> None:
        self._too_long = self._too_long or len(self._line) + len(piece) > self._limit
        if self._too_long:
            self._line.clear()
        else:
            self._line += piece


class HeadlessLines(Lines):
    """Lines that begin with no word of their own: the tail of one may look like a whole one.

    After a reset, which is what a port's opening does, the stream may be in mid line: what comes
    before the first line end is dropped, unless the line was quiet before it came.
    """

    def __init__(self, limit: int = LINE_LIMIT, *, ends: bytes = b"\r\n") -> None:
        super().__init__(limit, ends=ends)
        self._in_mid_line = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return the lines they complete without their ends."""
        if self._in_mid_line:
            _, *after = self._ends.split(data, maxsplit=1)
            if not after:
                return []
            self._in_mid_line, data = False, after[0]
        return super().feed(data)

    def reset(self) -> None:
        """Forget a half-received line, and drop what is left of it when it comes."""
        super().reset()
        self._in_mid_line = True

    def quiet(self) -> None:
        """Take note that nothing came for longer than a pause within a line."""
        self._in_mid_line = False


class Envelopes:
    """Cuts from a start byte to an end byte; a new start byte drops what was unfinished."""

    def __init__(self, start: bytes, end: bytes, limit: int) -> None:
        self._start, self._end, self._limit = start, end, limit
        self._frame = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return the frames they complete, start and end byte included."""
        frames = []
        for byte in data:
            if byte in self._start:
                self._frame = bytearray((byte,))
            elif self._frame:
                self._frame.append(byte)
                if self._is_whole(byte):
                    frames.append(bytes(self._frame))
                    self._frame.clear()
                elif len(self._frame) >= self._limit:
                    self._frame.clear()
        return frames

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._frame.clear()

    def _is_whole(self, byte: int) -> bool:
        return byte in self._end


class FixedLengths(Envelopes):
    """Cuts frames that have a start byte, a length and no end byte."""

    def __init__(self, start: bytes, length: int) -> None:
        super().__init__(start, b"", length)

    def _is_whole(self, byte: int) -> bool:  # noqa: ARG002 - the length alone decides
        return len(self._frame) == self._limit


class Windows:
    """Cuts frames of one length whose last bytes may be anything, their own start byte included.

    A candidate that does not fit gives up its start byte only, so that a whole frame within or
    behind a damaged one is still found.
    """

    def __init__(self, start: bytes, length: int, fits: Callable[[bytes], object]) -> None:
        self._start = re.compile(b"[" + re.escape(start) + b"]") if start else re.compile(b"(?s:.)")
        self._length, self._fits = length, fits
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, return what begins like a frame and has its length."""
        stream = self._buffer + data
        frames, at = [], 0
        while (found := self._start.search(stream, at)) is not None:
            at = found.start()
            frame = stream[at:at + self._length]
            if len(frame) < self._length:
                break
            frames.append(frame)
            at += self._length if self._fits(frame) else 1
        self._buffer = stream[at:] if found is not None else b""
        return frames

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._buffer = b""


class SteadyShape:
    """Refuses a frame whose shape (length, unit, place of the point) is not the stream's own.

    A frame without a checksum that has lost or gained a digit still reads as a number: +000.876
    becomes +00.876 or, at the other end, a tenth. Its length tells. A scale changes the shape
    of its frames only when somebody changes its unit or range, so a new shape is believed when
    as many frames in a row have shown it as the old one had, at least 2 and at most ``FIRM``.
    """

    def __init__(self) -> None:
        self._shape: Hashable = None
        self._rival: Hashable = None
        self._seen = self._rival_seen = 0

    def admits(self, shape: Hashable) -> bool:
        """Take note of one frame's shape; False if the frame is to be held for damaged."""
        if self._shape is None or shape == self._shape:
            self._shape, self._rival = shape, None
            self._seen = min(self._seen + 1, FIRM)
            return True
        self._rival_seen = self._rival_seen + 1 if shape == self._rival else 1
        self._rival = shape
        if self._rival_seen < max(2, self._seen):
            return False
        self._shape, self._rival, self._seen = shape, None, self._rival_seen
        return True

    def forget(self) -> None:
        """Believe the next frame's shape, whatever it is (after a reconnect)."""
        self._shape = self._rival = None
        self._seen = self._rival_seen = 0


class FrameDecoder(ABC):
    """A scale's decoder: cuts, decodes each frame by itself, and counts.

    ``frames`` counts the valid frames since construction, those without news among them;
    ``refused`` those that were cut out and made no sense. Both survive ``reset``.
    """

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._shape = SteadyShape()
        self.frames = 0
        self.refused = 0

    def feed(self, data: bytes) -> Sequence[Reading]:
        """Take the next bytes; return the readings that they complete, oldest first."""
        readings: list[Reading] = []
        for frame in self._cutter.feed(data):
            decoded = self.decode(frame)
            if decoded is None:
                self.refused += 1
            else:
                self.frames += 1
                readings.extend(decoded)
        return readings

    def reset(self) -> None:
        """Forget a half-received frame and the stream's shape (after a reconnect)."""
        self._cutter.reset()
        self._shape.forget()

    def quiet(self) -> None:
        """Take note that nothing came for a read timeout: what comes next begins a frame."""
        rest = getattr(self._cutter, "quiet", None)
        if rest is not None:
            rest()

    @abstractmethod
    def decode(self, frame: bytes) -> Sequence[Reading] | None:
        """Decode one frame: its reading, () if valid without news, None if it is not valid."""
