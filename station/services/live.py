"""What screens hear after a commit: topics that changed. Lossy on purpose; it carries no work."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_WAITING = 64  # a screen that falls further behind misses notices and re-reads anyway


class Hub:
    """Passes topics ("bench:1", "orders", "handover:3") to every screen that listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[queue.Queue[str]] = set()

    def tell(self, topics: Iterable[str]) -> None:
        """Hand each topic to every listener; one whose queue is full misses it."""
        wanted = list(dict.fromkeys(topics))
        if not wanted:
            return
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            for topic in wanted:
                try:
                    listener.put_nowait(topic)
                except queue.Full:
                    break

    @contextmanager
    def listen(self) -> Iterator[queue.Queue[str]]:
        """A queue of topics for as long as the block lasts."""
        listener: queue.Queue[str] = queue.Queue(_WAITING)
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)
