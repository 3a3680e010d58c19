"""Server-sent events: which topics changed. A screen that hears its topic reads the page again.

Notices are lossy and carry no work (station/services/live.py). A heartbeat every five seconds
keeps the line alive, and tells the page that somebody still speaks: a station that hangs or sleeps
closes no connection (web/static/js/live.js). Every second the stream looks whether anybody still
listens, so that a closed screen gives its thread back. There are fewer places for streams than
threads: a screen that finds none asks again by itself, and the scans always find a thread. Another
computer gets a quarter of the places at most, so that none can keep the benches' screens from
hearing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, current_app, request

from station.services.live import Hub
from web.signin import is_this_computer, open_to_all

HEARTBEAT_S = 5.0
LOOK_S = 1.0
RESERVED_THREADS = 6
"""Threads that streams never take, so that scans and pages are answered with every screen open."""
_LEAST_EACH = 4

_CLOSING = "closing"

blueprint = Blueprint("stream", __name__)


class Streams:
    """The open streams of one web server: counted, bounded, and all ended by ``close``."""

    def __init__(self, hub: Hub, places: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.hub = hub
        self._places = threading.BoundedSemaphore(max(1, places))
        self._each = max(_LEAST_EACH, places // 4)
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._clock = clock

    def close(self) -> None:
        """End every stream: each looks within ``LOOK_S``, and those that wait are woken."""
        self._closing.set()
        self.hub.tell([_CLOSING])

    def open(
        self, topics: frozenset[str], gone: Callable[[], bool], caller: str = ""
    ) -> Iterator[bytes] | None:
        """The events of these topics until the listener is ``gone``; None if no place is free.

        ``caller`` is another computer's address, "" for this one's own screens.
        """
        if self._closing.is_set() or not self._place_for(caller):
            return None
        return _Stream(self._events(topics, gone), lambda: self._leave(caller))

    def _place_for(self, caller: str) -> bool:
        with self._lock:
            if caller and self._held[caller] >= self._each:
                return False
            if not self._places.acquire(blocking=False):
                return False
            self._held[caller] += 1
            return True

    def _leave(self, caller: str) -> None:
        with self._lock:
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]  # as many as are there now, not as ever were
            self._places.release()

    def _events(self, topics: frozenset[str], gone: Callable[[], bool]) -> Iterator[bytes]:
        with self.hub.listen(_CLOSING, *topics) as notices:
            yield b"retry: 1000\nevent: hello\ndata: \n\n"
            beat = self._clock() + HEARTBEAT_S
            while not self._closing.is_set() and not gone():
                changed = _gather(notices, LOOK_S) & topics
                if changed:
                    yield "".join(f"data: {topic}\n\n" for topic in sorted(changed)).encode()
                elif self._clock() >= beat:
                    yield b"event: beat\ndata: \n\n"
                else:
                    continue
                beat = self._clock() + HEARTBEAT_S


class _Stream(Iterator[bytes]):
    """Events that give their place back exactly once, even if nobody ever asked for the first."""

    def __init__(self, events: Iterator[bytes], release: Callable[[], None]) -> None:
        self._events = events
        self._release: Callable[[], None] | None = release

    def __next__(self) -> bytes:
        return next(self._events)

    def close(self) -> None:
        """Called by the server when the answer is over, however it ended."""
        release, self._release = self._release, None
        self._events.close()  # type: ignore[attr-defined]
        if release is not None:
            release()


def _gather(notices: queue.Queue[str], wait_s: float) -> frozenset[str]:
    """Wait for a notice, then take all that are there: ten changes are one re-read."""
    try:
        topics = {notices.get(timeout=wait_s)}
    except queue.Empty:
        return frozenset()
    while True:
        try:
            topics.add(notices.get_nowait())
        except queue.Empty:
            return frozenset(topics)


def _caller() -> str:
    address = request.remote_addr or "?"
    return "" if is_this_computer(address) else address


@blueprint.get("/events")
@open_to_all
def events() -> Response:
    """The stream of ``?topics=bench:1,parcels``; 503 while all places are taken."""
    topics = frozenset(request.args.get("topics", "").split(",")) - {""}
    streams: Streams = current_app.extensions["streams"]
    # waitress tells whether the client is still there only because serve.py asks it to.
    gone = request.environ.get("waitress.client_disconnected", lambda: False)
    stream = streams.open(topics, gone, _caller())
    if stream is None:
        return Response("busy", 503, {"Retry-After": "5"})
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
