"""A serial scanner's stream for the device's owner thread: framing, bounce, name and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from drivers.interfaces import DeviceEvent, NoRead, Scan
from drivers.scanner.bounce import Bounce
from drivers.scanner.framing import ScannerFraming
from drivers.scanner.learning import Lesson

PATIENCE = 1.0
"""Seconds after which an unfinished code has lost its suffix; the slowest byte takes 9 ms."""


class ScannerStream:
    """Turns what is read into named, stamped scans; quiet ends a code where no suffix does."""

    def __init__(self, device: str, framing: ScannerFraming, bounce: Bounce) -> None:
        self._device, self._framing, self._bounce = device, framing, bounce
        self._last_byte = 0.0
        self._lesson: Lesson | None = None

    def teach(self, lesson: Lesson | None, heard: Callable[[], object] = lambda: None) -> None:
        """Let the next scans be a lesson and no codes, until it is over; None ends it.

        ``heard`` is called in this scanner's thread after each.
        """
        self._heard, self._lesson = heard, lesson

    @property
    def frames(self) -> int:
        """Codes and no-reads so far."""
        return self._framing.frames

    @property
    def refused(self) -> int:
        """What could be no code so far."""
        return self._framing.refused

    def feed(self, data: bytes, at: float) -> Sequence[DeviceEvent]:
        """Frame what was read at monotonic second ``at``."""
        lesson = self._lesson
        if lesson is not None and not lesson.is_over:
            lesson.hear(data)
            return []
        given_up = self._give_up(at)
        self._last_byte = at
        return [*given_up, *self._tell(self._framing.feed(data), at)]

    def quiet(self, at: float) -> Sequence[DeviceEvent]:
        """Take note that nothing came for the read timeout, which is the idle time set."""
        lesson = self._lesson
        if lesson is not None and lesson.pause():
            self._heard()
            return []
        given_up = self._give_up(at)
        return [*given_up, *self._tell(self._framing.flush(), at)]

    def reset(self) -> None:
        """Forget a half-received code (after a reconnect)."""
        self._framing.reset()

    def _give_up(self, at: float) -> Sequence[DeviceEvent]:
        if self._framing.waits_for_suffix and at - self._last_byte >= PATIENCE:
            return self._tell(self._framing.abandon(), at)
        return []

    def _tell(self, codes: Iterable[Scan | NoRead], at: float) -> Sequence[DeviceEvent]:
        return [
            replace(code, device=self._device, at=at) for code in codes
            if isinstance(code, NoRead) or not self._bounce.is_bounce(self._device, code.data, at)
        ]
