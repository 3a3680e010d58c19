"""Pictures drawn for the tests, and an eye that plays a script instead of looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from drivers.camera.settings import CameraSettings
from drivers.camera.sources import NEW, Eye
from drivers.camera.worker import CameraStream, CameraWorker
from drivers.interfaces import DeviceEvent, DeviceGone, Health, Scan
from drivers.worker import Identity
from simulators.camera import PERFECT, Grey, Laid, Optics, picture, sheet
from simulators.snapshots import SIZE, Snapshot, album, code_dots

WAYBILL = "773112345678901"


@pytest.fixture(scope="session")
def pictures() -> list[Snapshot]:
    """A small album: every trouble, every symbology, and pictures without a code."""
    return list(album(72, seed=5))


def drawn(
    *codes: tuple[str, str], optics: Optics = PERFECT, turn: float = 0.0, scale: float = 0.5,
    size: tuple[int, int] = SIZE,
) -> Grey:
    """A picture of codes, one below the other: pairs of symbology and text."""
    room = 1 / (len(codes) + 1)
    laid = [
        (sheet(code_dots(kind, text)), Laid(0.5, room * (number + 1), scale, turn))
        for number, (kind, text) in enumerate(codes)
    ]
    return picture(laid, optics, size=size, seed=4)


@pytest.fixture(scope="session")
def draw() -> Callable[..., Grey]:
    """``draw(("code128", text), …, optics=, turn=, scale=, size=)``."""
    return drawn


@pytest.fixture(scope="session")
def label() -> Grey:
    """A sharp waybill number, upright."""
    return drawn(("code128", WAYBILL))


@pytest.fixture(scope="session")
def empty() -> Grey:
    """The bench with nothing on it."""
    return picture([], size=SIZE, seed=4)


def coloured(grey: Grey) -> Grey:
    """The same picture as a camera gives it: three equal channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)


Shot = Grey | None | float | Exception


class ScriptedEye(Eye):
    """Plays shots ``every`` so many seconds: a picture, None for a damaged one, a number for so
    many seconds without any, an error that is raised. After the last the cable is out.
    """

    def __init__(self, shots: Sequence[Shot], clock: Any, every: float = 0.125) -> None:
        super().__init__("fake://", "camera")
        self._shots: Iterator[Shot] = iter(shots)
        self._clock, self._every = clock, every
        self._newest: Grey | None = None
        self.taken = 0
        self.is_closed = False

    def take(self) -> Grey | None:
        self.taken += 1
        return self._newest

    def _read(self) -> bytes:
        shot = next(self._shots, OSError("unplugged"))
        if isinstance(shot, Exception):
            raise shot
        if isinstance(shot, float):
            self._clock.pass_by(shot)
            return b""
        self._clock.pass_by(self._every)
        self._newest = None if shot is None else coloured(shot)
        return NEW

    def _release(self) -> None:
        self.is_closed = True


@dataclass
class Stand:
    """A camera's worker run in the test's own thread over scripted eyes, and all that it told."""

    clock: Any
    eyes: list[ScriptedEye | Exception] = field(default_factory=list)
    told: list[DeviceEvent] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    busy: Callable[[], float] = lambda: 0.0
    stream: CameraStream | None = None
    worker: CameraWorker | None = None

    def eye(self, *shots: Shot, every: float = 0.125) -> ScriptedEye:
        """Add what the next opening finds."""
        made = ScriptedEye(shots, self.clock, every)
        self.eyes.append(made)
        return made

    def build(self, expected: Any = None, **settings: Any) -> CameraWorker:
        """Make the worker; looks have no budget, so that a busy machine changes nothing."""
        settings = {"budget_ms": 1000, **settings}
        values = CameraSettings(**settings)
        self.stream = CameraStream("camera", values, clock=self.clock, busy=self.busy)
        self.worker = CameraWorker(
            Identity("camera", "camera", "fake://"), self.stream, self._open, self.told.append,
            silent_after=values.silent_after, clock=self.clock, wait=self._wait)
        self.worker.expect(expected)
        return self.worker

    def run(self, expected: Any = None, **settings: Any) -> list[str]:
        """Own the camera until the eyes are used up; return the codes that were told."""
        self.build(expected, **settings).run()
        return self.codes

    def _open(self) -> Eye:
        assert self.worker is not None
        if not self.eyes:
            self.worker.request_stop()
            raise DeviceGone("camera", "fake://", "the test is over")
        found = self.eyes.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.pass_by(seconds)

    @property
    def codes(self) -> list[str]:
        """The texts of the scans told, in order."""
        return [told.data for told in self.told if isinstance(told, Scan)]

    @property
    def states(self) -> list[str]:
        """The states told, in order."""
        return [told.state.value for told in self.told if isinstance(told, Health)]


@pytest.fixture
def stand(clock: Any) -> Stand:
    return Stand(clock)
