"""What a printer needs of a port, and the one way to hold a bounded conversation over it.

A ``Wire`` is the shape of ``drivers.port.Port``; python-escpos' transports are brought into the
same shape by ``escpos_transport``. Nothing here knows a printer language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from drivers.interfaces import DeviceError

DRAIN_SECONDS = 0.2
"""A printer that babbles without end is drained for this long and no longer."""

Answer = TypeVar("Answer")
Clock = Callable[[], float]
Pause = Callable[[float], object]


class Wire(Protocol):
    """Bytes to and from one printer. Every call is bounded in time and raises only DeviceError."""

    def read_some(self) -> bytes:
        """Return what has arrived, or b"" after a short wait."""
        ...

    def write(self, data: bytes) -> object:
        """Hand over all of ``data``.

        A failure raises DeviceError; its attribute ``written`` is the number of bytes known to
        have left, None or missing when that is not known.
        """
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


@runtime_checkable
class Spool(Protocol):
    """A wire that keeps a page to itself until it is complete, as a print queue does."""

    def finish(self) -> None:
        """Hand the page to the queue; the wire cannot be used afterwards."""
        ...


OpenWire = Callable[[], Wire]


def surely_written(error: DeviceError) -> int | None:
    """Return how many bytes of the failed write left the computer, None if nobody knows."""
    written = getattr(error, "written", None)
    return written if isinstance(written, int) else None


class Conversation:
    """Questions and answers over a wire, each with its own end in monotonic seconds."""

    def __init__(self, wire: Wire, *, clock: Clock, answer_seconds: float) -> None:
        self._wire, self._clock, self._answer_seconds = wire, clock, answer_seconds

    @property
    def now(self) -> float:
        """Monotonic seconds by the injected clock."""
        return self._clock()

    def send(self, data: bytes) -> None:
        """Write ``data`` and expect nothing."""
        self._wire.write(data)

    def drain(self) -> None:
        """Throw away what an earlier question left behind, for a bounded time."""
        end = self._clock() + DRAIN_SECONDS
        while self._wire.read_some() and self._clock() < end:
            pass

    def listen(self, feed: Callable[[bytes], Answer | None], seconds: float) -> Answer | None:
        """Give arriving bytes to ``feed`` until it returns an answer; None after ``seconds``."""
        end = self._clock() + seconds
        while True:
            data = self._wire.read_some()
            answer = feed(data) if data else None
            if answer is not None or self._clock() >= end:
                return answer

    def ask(self, request: bytes, feed: Callable[[bytes], Answer | None]) -> Answer | None:
        """Send a request and listen for its answer; None if none comes in time."""
        self.send(request)
        return self.listen(feed, self._answer_seconds)
