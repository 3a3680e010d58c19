"""What screens hear after a commit: topics that changed. Lossy on purpose; it carries no work."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

_WAITING = 64  # a screen that falls further behind misses notices and re-reads anyway


class Hub:
    """Passes topics ("bench:1", "orders", "handover:3") to every screen that listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[queue.Queue[str], frozenset[str]] = {}

    def tell(self, topics: Iterable[str]) -> None:
        """Hand each topic to whoever listens to it; one whose queue is full misses it."""
        told = dict.fromkeys(topics)
        if not told:
            return
        with self._lock:
            listeners = list(self._listeners.items())
        for listener, wanted in listeners:
            with suppress(queue.Full):
                for topic in told:
                    if not wanted or topic in wanted:
                        listener.put_nowait(topic)

    @contextmanager
    def listen(self, *topics: str) -> Iterator[queue.Queue[str]]:
        """A queue of these topics, or of all where none is named, as long as the block lasts."""
        listener: queue.Queue[str] = queue.Queue(_WAITING)
        with self._lock:
            self._listeners[listener] = frozenset(topics)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.pop(listener, None)
