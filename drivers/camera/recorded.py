"""What the flight recorder keeps of a camera: that it opened, was lost, and how fast it was.

Its pictures are never kept: they show whoever stands at the bench.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from drivers.camera.sources import Eye
from drivers.camera.vision import Colour
from drivers.flight import FlightRecorder
from drivers.interfaces import DeviceError

RATE_SECONDS = 30.0
"""How often the pictures of a second are put on record."""

Clock = Callable[[], float]


def recorded(
    opener: Callable[..., Eye], recorder: FlightRecorder, clock: Clock = time.monotonic
) -> Callable[..., Eye]:
    """Return an opener of cameras before which a recorder stands."""

    def opened(source: str, **given: Any) -> Eye:
        try:
            eye = opener(source, **given)
        except DeviceError as error:
            recorder.note(f"not opened: {type(error).__name__}")
            raise
        recorder.note("opened")
        return RecordedEye(eye, recorder, clock)

    return opened


class RecordedEye(Eye):
    """An eye whose recorder is told what becomes of it."""

    def __init__(self, inner: Eye, recorder: FlightRecorder, clock: Clock) -> None:
        super().__init__(inner.url, inner.device)
        self._inner, self._recorder, self._clock = inner, recorder, clock
        self._since, self._pictures, self._damaged = clock(), 0, 0

    def cancel(self) -> None:
        """Wake a blocked read."""
        self._inner.cancel()

    def take(self) -> Colour | None:
        """Return the newest picture, None if it cannot be decoded."""
        picture = self._inner.take()
        self._damaged += picture is None
        return picture

    def _tell_rate(self, now: float) -> None:
        passed = now - self._since
        if passed > 0:
            damaged = f", {self._damaged} damaged" if self._damaged else ""
            self._recorder.note(f"{self._pictures / passed:.1f} pictures a second{damaged}")
        self._since, self._pictures, self._damaged = now, 0, 0

    def _read(self) -> bytes:
        try:
            data = self._inner.read_some()
        except DeviceError as error:
            self._tell_rate(self._clock())
            self._recorder.note(f"lost: {type(error).__name__}")
            raise
        self._pictures += bool(data)
        now = self._clock()
        if now - self._since >= RATE_SECONDS:
            self._tell_rate(now)
        return data

    def _release(self) -> None:
        self._tell_rate(self._clock())
        self._recorder.note("closed")
        self._inner.close()
