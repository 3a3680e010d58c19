"""One thread owns one camera: it keeps the newest picture, looks at some, and starves nobody.

The thread and its states are those of every device (drivers/worker.py). Here is what a camera
adds: how often it looks, what a look tells, and the photograph that others may ask for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from drivers.camera.photograph import squeezed
from drivers.camera.presence import Presence
from drivers.camera.reader import Code, Expected, Reader
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import Eye
from drivers.camera.stillness import Stillness
from drivers.camera.vision import Colour, Grey, opencv
from drivers.interfaces import DeviceEvent, DeviceState, Emit, Photograph, Scan
from drivers.port import Port
from drivers.worker import DeviceWorker, Identity

Clock = Callable[[], float]
HINT = "图像损坏? damaged pictures: its cable, hub or network?"
CONFIRM_UNEXPECTED = 2
"""Looks that must read a code where the bench has not said which codes it expects."""


class CameraStream:
    """Pictures to scans, for the camera's owner thread.

    ``busy`` is the processor time of the thread in seconds. A look is begun when the last one is
    long enough ago for its share of the processor, and for the looks per second that are set.
    """

    def __init__(
        self, device: str, settings: CameraSettings, *, reader: Reader | None = None,
        clock: Clock = time.monotonic, busy: Clock = time.thread_time,
    ) -> None:
        self._device, self._settings, self._clock, self._busy = device, settings, clock, busy
        self._reader = reader or Reader(budget_ms=settings.budget_ms)
        self._presence = Presence(settings.leave_ms / 1000)
        self._still = Stillness()
        self._newest: tuple[Colour, float] | None = None
        self._look_from: tuple[float, float] | None = None
        self._is_good = True
        self.eye: Eye | None = None
        self.expected: Expected = None
        self.frames = self.refused = self.looks = 0

    def feed(self, data: bytes, at: float) -> Sequence[DeviceEvent]:  # noqa: ARG002
        """Take note of a new picture at monotonic second ``at``; look at it if it is time."""
        if self.eye is None or not self._is_due(at):
            self._count()
            return []
        self._look_from = at, self._busy()
        frame = self.eye.take()
        self._is_good = frame is not None
        self._count()
        if frame is None:
            return []
        self._newest = frame, at
        return self._look(frame, at) if self._settings.reads else []

    def quiet(self, at: float) -> Sequence[DeviceEvent]:  # noqa: ARG002
        """Do nothing: no picture, no scan."""
        return []

    def reset(self) -> None:
        """Let no picture from before a break be anything any more."""
        self._newest = self._look_from = None
        self._is_good = True
        self._presence.broken()
        self._still.forget()

    def photograph(self, now: float) -> Photograph | None:
        """The newest picture as a JPEG file; None if it is too old. Any thread may ask."""
        newest = self._newest
        if newest is None:
            return None
        frame, at = newest
        age = max(0.0, now - at)
        if age * 1000 > self._settings.stale_ms:
            return None
        return Photograph(*squeezed(frame, self._settings.photo_kb * 1000), age)

    def _count(self) -> None:
        """Count a picture; one that was not decoded is taken to be as the last that was."""
        self.frames += self._is_good
        self.refused += not self._is_good

    def _is_due(self, at: float) -> bool:
        if self._look_from is None:
            return True
        begun, busy = self._look_from
        share = self._settings.cpu_percent / 100
        pause = max(1 / self._settings.looks_per_second, (self._busy() - busy) / share)
        return at - begun >= pause

    def _look(self, frame: Colour, at: float) -> list[DeviceEvent]:
        grey = self._looked_at(frame)
        if self._still.rests(grey, at) and not self._presence.waits:
            return []
        expected, told = self.expected, self._presence.told
        picture = self._still.best(grey)
        texts = self._read(picture, expected, told)
        confirm = CONFIRM_UNEXPECTED if expected is None else 1
        arrived = self._presence.note(texts, at, confirm=confirm)
        if arrived and expected is not None:
            # A look ends with the first new code: is there another one beside it?
            texts |= self._read(picture, expected, self._presence.told)
            arrived += self._presence.note(texts, at)
        beside = len(arrived) - 1
        return [self._scan(texts[text], at, beside) for text in arrived]

    def _read(
        self, picture: Grey, expected: Expected, known: frozenset[str]
    ) -> dict[str, Code]:
        self.looks += 1
        found = self._reader.look(picture, expected, known=known)
        return {code.text: code for code in found.codes}

    def _scan(self, code: Code, at: float, beside: int) -> Scan:
        return Scan(code.text, code.aim, code.text.encode()[:64], self._device, at, beside)

    def _looked_at(self, frame: Colour) -> Grey:
        """The part of the picture that is looked at, in grey."""
        height, width = frame.shape[:2]
        x, y, wide, high = self._settings.region
        left, top = min(round(x * width), width - 1), min(round(y * height), height - 1)
        right, bottom = round((x + wide) * width), round((y + high) * height)
        part = frame[top : max(bottom, top + 1), left : max(right, left + 1)]
        cv2 = opencv()
        grey = part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
        return np.asarray(grey, np.uint8)


class CameraWorker(DeviceWorker):
    """The owner of one camera. ``expect`` and ``photograph`` may be called from any thread."""

    def __init__(
        self, identity: Identity, stream: CameraStream, opener: Callable[[], Eye], emit: Emit, *,
        silent_after: float, clock: Clock = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._stream, self._time = stream, clock
        self._opens = opener
        super().__init__(
            identity, stream, self._open, emit,
            silent_after=silent_after, clock=clock, wait=wait, hint=HINT)

    def expect(self, expected: Expected) -> None:
        """Say which codes count from now on: a test, the codes themselves, or None for any.

        The test is called in the camera's thread: it must be quick and must not raise.
        """
        self._stream.expected = expected

    def photograph(self) -> Photograph | None:
        """The newest picture as a JPEG file of bounded size with its age.

        None if it is stale, and while the camera is gone: what it saw last proves nothing now.
        """
        if self.health.state is not DeviceState.READY:
            return None
        return self._stream.photograph(self._time())

    def _open(self) -> Port:
        eye = self._opens()
        self._stream.eye = eye
        return eye
