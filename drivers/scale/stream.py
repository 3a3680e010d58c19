"""A scale's stream for the device's owner thread: stamps each reading, passes only the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drivers.interfaces import DeviceEvent, Reading

BACKLOG = 2048
"""Bytes in one read that nobody can have sent just now: two seconds of a 9600 baud line."""


class CountingDecoder(Protocol):
    """Bytes to readings, sans I/O: eats any chunking, bounded buffer, resynchronises itself.

    It counts its valid and its refused frames.
    """

    frames: int
    refused: int

    def feed(self, data: bytes) -> Sequence[Reading]:
        """Take the next bytes; return the readings that they complete, oldest first."""
        ...

    def quiet(self) -> None:
        """Take note that nothing came for a read timeout."""
        ...

    def reset(self) -> None:
        """Forget a half-received frame."""
        ...


class ScaleStream:
    """Feeds a decoder. What has waited in a buffer is older than its time of reading says.

    So of several readings in one read only the newest is passed on, and a read so large that it
    must be a backlog is thrown away whole: its newest frame may itself be old, because a full
    buffer keeps the oldest bytes.
    """

    def __init__(self, decoder: CountingDecoder) -> None:
        self._decoder = decoder

    @property
    def frames(self) -> int:
        """Valid frames so far."""
        return self._decoder.frames

    @property
    def refused(self) -> int:
        """Frames so far that made no sense."""
        return self._decoder.refused

    def feed(self, data: bytes, at: float) -> Sequence[DeviceEvent]:
        """Decode what was read at monotonic second ``at``; at most one reading."""
        if len(data) >= BACKLOG:
            self.reset()
            return ()
        newest = self._decoder.feed(data)[-1:]
        return [_stamped(reading, at) for reading in newest]

    def quiet(self, at: float) -> Sequence[DeviceEvent]:  # noqa: ARG002 - scales say it all
        """Take note that nothing came for a read timeout: a scale's silence completes nothing."""
        self._decoder.quiet()
        return ()

    def reset(self) -> None:
        """Forget a half-received frame (after a reconnect)."""
        self._decoder.reset()


def _stamped(reading: Reading, at: float) -> Reading:
    """The reading with its time; ``dataclasses.replace`` takes five times as long."""
    return Reading(
        reading.value, reading.unit, reading.grams, reading.stable, reading.mode, reading.status,
        reading.raw, at,
    )
