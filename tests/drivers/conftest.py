"""Doubles for the devices' owner threads: a port that plays a script, and time that is set."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.interfaces import DeviceError, DeviceEvent, DeviceGone, Health, Reading
from drivers.port import Port
from drivers.worker import DeviceWorker, Identity


class SetClock:
    """Monotonic seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


Step = bytes | float | Exception | Callable[[], bytes]


class ScriptedPort(Port):
    """Plays steps: bytes arrive, a number is that many seconds of silence, an error is raised.

    After the last step the device is gone, as if its cable had been pulled.
    """

    def __init__(self, steps: Sequence[Step], clock: SetClock) -> None:
        super().__init__("fake://", "fake")
        self._steps: Iterator[Step] = iter(steps)
        self._clock = clock
        self.written: list[tuple[float, bytes]] = []
        self.write_fault: Exception | None = None
        self.is_closed = False
        self.cancelled = threading.Event()

    def cancel(self) -> None:
        self.cancelled.set()

    def _read(self) -> bytes:
        step = next(self._steps, DeviceGone("fake", "fake://", "unplugged"))
        if isinstance(step, Exception):
            raise step
        if isinstance(step, bytes):
            self._clock.pass_by(0.01)
            return step
        if callable(step):
            return step()
        self._clock.pass_by(step)
        return b""

    def _send(self, data: bytes) -> Iterator[int]:
        if self.write_fault is not None:
            raise self.write_fault
        self.written.append((self._clock.now, data))
        yield len(data)

    def _release(self) -> None:
        self.is_closed = True


@dataclass
class Desk:
    """A worker run in the test's own thread over a list of ports, and all that it told."""

    clock: SetClock
    ports: list[ScriptedPort | DeviceError] = field(default_factory=list)
    told: list[DeviceEvent] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    worker: DeviceWorker | None = None

    def port(self, *steps: Step) -> ScriptedPort:
        """Add the port that the next opening finds."""
        port = ScriptedPort(steps, self.clock)
        self.ports.append(port)
        return port

    def fail(self, error: DeviceError) -> None:
        """Let the next opening fail."""
        self.ports.append(error)

    def open(self, *_: Any, **__: Any) -> Port:
        """Stand for ``open_port``; after the last port the worker is stopped."""
        assert self.worker is not None
        if not self.ports:
            self.worker.request_stop()
            raise DeviceGone("fake", "fake://", "the test is over")
        found = self.ports.pop(0)
        if isinstance(found, DeviceError):
            raise found
        return found

    def wait(self, seconds: float) -> None:
        """Stand for the back-off's waiting."""
        self.waits.append(seconds)
        self.clock.pass_by(seconds)

    def run(self, source: Any, **options: Any) -> list[DeviceEvent]:
        """Own the device until the ports are used up; return what was told."""
        self.worker = DeviceWorker(
            Identity("bench scale", "scale", "fake://"), source, self.open, self.told.append,
            clock=self.clock, wait=self.wait, now=lambda: datetime(2024, 5, 1, tzinfo=UTC),
            **options,
        )
        self.worker.run()
        return self.told

    @property
    def states(self) -> list[str]:
        """The states told, in order, without the one that ends the test."""
        return [told.state.value for told in self.told if isinstance(told, Health)]

    @property
    def readings(self) -> list[Reading]:
        """The readings told, in order."""
        return [told for told in self.told if isinstance(told, Reading)]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def desk(clock: SetClock) -> Desk:
    return Desk(clock)
