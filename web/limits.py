"""What one connection may cost: how long it may take to ask, and that it never stops the server.

waitress bounds what a request may carry. It lets a request come one byte at a time for ever,
though, and the size of a piece be a number of any length; and its wake-up call fails once the
server is closed, or goes to whoever has the file's number by then. All are mended here, in its own
terms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from waitress.trigger import trigger

from web import bodies

LARGEST_HEADER = 32 * 1024
"""Bytes of a request's first line and headers."""
LARGEST_UPLOAD = 64 * 1024 * 1024
"""Bytes of a body that any view takes; each view says how many of them it takes itself."""
SLOWEST = 64 * 1024
"""Bytes a second: a body that comes more slowly than this is given up."""
LARGEST_MARK = 4096
"""Bytes that may say how large the next piece of a body in pieces is, or follow the last one."""
IDLE_S = 75
"""Seconds that a connection may stay open without asking for anything."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and for how many seconds a request may be on its way."""

    connections: int = 200
    request_s: float = 30.0


class Bell(trigger):  # type: ignore[misc]  # waitress carries no types
    """Wakes the server's loop. Harmless when the loop is over: an answer may end after it."""

    def __init__(self, map: dict[int, Any]) -> None:  # noqa: A002 - waitress's own name
        self._ringing = threading.Lock()
        super().__init__(map)

    def _physical_pull(self) -> None:
        with self._ringing:
            if not self._closed:
                super()._physical_pull()

    def _close(self) -> None:
        with self._ringing:
            super()._close()


class Channel(bodies.Channel):
    """A connection that knows since when the request that comes in by it has been coming."""

    _coming: Any = None
    _since = 0.0

    def received(self, data: bytes) -> bool:
        """Take the next bytes."""
        taken = bool(super().received(data))
        if self.request is not self._coming:
            self._coming, self._since = self.request, time.monotonic()
        if _without_sense(self.request):
            self.will_close = True
        return taken

    def is_late(self, now: float, request_s: float) -> bool:
        """True if the request should have been here by ``now``, monotonic seconds."""
        coming = self.request
        if coming is None:
            return False
        body_s = coming.content_length / SLOWEST if coming.headers_finished else 0
        return now - self._since > request_s + body_s


def _without_sense(coming: Any) -> bool:
    """True for a body in pieces whose pieces have no size: waitress would wait for it for ever."""
    if coming is None or not coming.chunked or coming.body_rcv is None:
        return False
    body = coming.body_rcv
    return len(body.control_line) + len(body.trailer) > LARGEST_MARK


def drop_late(channels: Iterable[Any], now: float, request_s: float) -> None:
    """Let the loop close each connection whose request does not come to an end."""
    for channel in channels:
        if channel.is_late(now, request_s):
            channel.will_close = True
