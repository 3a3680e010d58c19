"""One thread owns one device: open, ask, read, decode, tell; and open again when it is gone.

The thread is the only one that touches the port; others leave it words to say (``say``). It tells
a ``Health`` whenever the device's state changes, logs once when a device goes and once when it is
back, and lets no value from before a break survive it, nor one from before the computer slept.
Clock, waiting and opener are arguments, so that tests need no time.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from drivers.garble import fault_of
from drivers.interfaces import (
    DeviceError,
    DeviceEvent,
    DeviceState,
    Emit,
    Health,
    PortBusy,
    PortRefused,
)
from drivers.port import Port

FIRST_WAIT = 0.5
LONGEST_WAIT = 5.0
STOP_SECONDS = 8.0
"""Longer than the longest thing the thread can be in: a TCP connection being tried."""

UNREADABLE_IN_A_ROW = 3
TAIL = 64
TAIL_SHOWN = 16
SLEPT_SECONDS = 5.0
"""The calendar clock ran on so much longer than the monotonic one: the computer was asleep."""

COMMANDS_WAITING = 4
UNREADABLE_HINT = "波特率/校验/协议? baud rate, parity, protocol?"

logger = logging.getLogger(__name__)

Clock = Callable[[], float]
Wait = Callable[[float], object]
Opener = Callable[[], Port]


class Source(Protocol):
    """What the thread needs of a device family: bytes in, events out, and two counts."""

    @property
    def frames(self) -> int:
        """Valid frames so far, never reset."""
        ...

    @property
    def refused(self) -> int:
        """Frames so far that made no sense, never reset."""
        ...

    def feed(self, data: bytes, at: float) -> Sequence[DeviceEvent]:
        """Decode what was read at monotonic second ``at``."""
        ...

    def quiet(self, at: float) -> Sequence[DeviceEvent]:
        """Take note that nothing has come for the port's read timeout."""
        ...

    def reset(self) -> None:
        """Forget a half-received frame (after a reconnect)."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """The bytes that a polled device is asked with, and the seconds between them.

    ``reply`` is for devices that answer a question with one of their own: what they say, and
    what they then want to hear (CAS: ACK, and DC1).
    """

    ask: bytes
    every: float
    reply: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What people call the device: its name, family ("scale", "scanner") and port."""

    name: str
    kind: str
    port: str


class DeviceWorker:
    """The owner of one device. ``start`` it once; ``stop`` wakes it at once and joins it.

    ``silent_after`` is the number of seconds without a valid frame after which the device counts
    as silent, or as misconfigured if bytes do come; None for a device that may rest, which is
    then ready as soon as its port has survived one read. ``hint`` is told with a device whose data
    make no sense: what to look at first.
    """

    def __init__(
        self, identity: Identity, source: Source, opener: Opener, emit: Emit, *,
        silent_after: float | None = None, question: Question | None = None,
        clock: Clock = time.monotonic, wait: Wait | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC), hint: str = UNREADABLE_HINT,
    ) -> None:
        self._identity, self._source, self._opener, self._emit = identity, source, opener, emit
        self._silent_after, self._question = silent_after, question
        self._clock, self._now, self._hint = clock, now, hint
        self._stopping = threading.Event()
        self._wait: Wait = wait if wait is not None else self._stopping.wait
        self._thread: threading.Thread | None = None
        self._port: Port | None = None
        self._tail = b""
        self._lost = self._proved = False
        self._commands: queue.Queue[bytes] = queue.Queue(COMMANDS_WAITING)
        self._health = self._word(DeviceState.STARTING)
        self._begin_session()

    @property
    def name(self) -> str:
        """The device's name."""
        return self._identity.name

    @property
    def health(self) -> Health:
        """The state last told; safe to read from any thread."""
        return self._health

    @property
    def is_running(self) -> bool:
        """True while the thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; a second call is an error of the caller's."""
        if self._thread is not None:
            raise RuntimeError(f"{self.name} has been started before")
        self._thread = threading.Thread(target=self._live, name=f"device {self.name}", daemon=True)
        self._thread.start()

    def say(self, command: bytes) -> bool:
        """Leave a command for the device, said in the thread's next turn; False if it is not ready.

        What was not said before a break is never said after it.
        """
        if self._health.state is not DeviceState.READY:
            return False
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            return False
        return True

    def request_stop(self) -> None:
        """Ask the thread to end and wake it; returns at once."""
        self._stopping.set()
        port = self._port
        if port is not None:
            port.cancel()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """End the thread and wait for it; False if it has not ended after ``timeout`` seconds."""
        self.request_stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self.is_running

    def run(self) -> None:
        """Own the device in this thread until it is stopped or its port is refused."""
        self._emit(self._health)
        pause = FIRST_WAIT
        while not self._stopping.is_set():
            try:
                self._session()
            except PortRefused as error:
                self._lose(DeviceState.MISCONFIGURED, "port_refused", error)
                return
            except DeviceError as error:
                busy = isinstance(error, PortBusy)
                state = DeviceState.BUSY if busy else DeviceState.GONE
                self._lose(state, "port_busy" if busy else "gone", error)
            if self._stopping.is_set():
                break
            pause = FIRST_WAIT if self._proved else pause
            self._proved = False
            self._wait(pause)
            pause = min(pause * 2, LONGEST_WAIT)

    def _live(self) -> None:
        try:
            self.run()
        except Exception as defect:
            # The thread ends here whatever it was; ending unheard would look like a quiet scale.
            logger.exception("%s: its driver has failed", self.name)
            self._tell(DeviceState.GONE, "driver_failed", reason=type(defect).__name__)

    def _begin_session(self) -> None:
        self._source.reset()
        self._tail = b""
        self._forget_commands()
        self._calendar = self._now()
        self._heard = self._last_byte = self._next_question = self._clock()
        self._frames = self._source.frames
        self._refused = self._source.refused

    def _session(self) -> None:
        with closing(self._opener()) as port:
            self._port = port
            try:
                self._begin_session()
                while not self._stopping.is_set():
                    before = self._clock()
                    self._turn(port)
                    if self._has_slept(self._clock() - before):
                        self._tell(DeviceState.STARTING, "slept")
                        return
            finally:
                self._port = None

    def _has_slept(self, turn: float) -> bool:
        """True if the computer was suspended in this turn: what a buffer holds is of no known age.

        The monotonic clock stands still in a suspended computer and the calendar does not.
        """
        before, self._calendar = self._calendar, self._now()
        return (self._calendar - before).total_seconds() - turn > SLEPT_SECONDS

    def _forget_commands(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._commands.get_nowait()

    def _put_commands(self, port: Port) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                port.write(self._commands.get_nowait())

    def _turn(self, port: Port) -> None:
        self._put_commands(port)
        self._put_question(port)
        data = port.read_some()
        at = self._clock()
        if data:
            self._last_byte = at
            self._tail = (self._tail + data)[-TAIL:]
            self._put_reply(port, data)
        events = self._source.feed(data, at) if data else self._source.quiet(at)
        self._judge(at)
        for event in events:
            self._emit(event)

    def _put_question(self, port: Port) -> None:
        question = self._question
        if question is not None and self._clock() >= self._next_question:
            port.write(question.ask)
            self._next_question = self._clock() + question.every

    def _put_reply(self, port: Port, data: bytes) -> None:
        question = self._question
        if question is not None and question.reply is not None and data == question.reply[0]:
            port.write(question.reply[1])

    def _judge(self, at: float) -> None:
        """Tell the state if what has come, or has not come, changes it."""
        if self._source.frames > self._frames:
            self._frames, self._refused = self._source.frames, self._source.refused
            self._heard = at
            self._find_ready()
        elif self._silent_after is None:
            self._judge_at_rest()
        elif at - self._heard >= self._silent_after:
            if at - self._last_byte < self._byte_patience(self._silent_after):
                self._tell_unreadable()
            else:
                self._tell(DeviceState.SILENT, "no_frames", seconds=f"{self._silent_after:g}")

    def _byte_patience(self, silent_after: float) -> float:
        """Return how fresh the last byte must be for the device to count as speaking nonsense.

        Half a frame and then nothing is silence, so a byte must be young to start the complaint;
        a device that babbles now and then does not go back and forth between the two.
        """
        complaining = self._health.state is DeviceState.MISCONFIGURED
        return silent_after if complaining else silent_after / 2

    def _judge_at_rest(self) -> None:
        if self._source.refused - self._refused >= UNREADABLE_IN_A_ROW:
            self._tell_unreadable()
        elif self._health.state is not DeviceState.MISCONFIGURED:
            self._find_ready()

    def _find_ready(self) -> None:
        self._proved = True
        if self._lost:
            logger.info("%s (%s) is back", self.name, self._identity.port)
            self._lost = False
        self._tell(DeviceState.READY)

    def _lose(self, state: DeviceState, detail: str, error: DeviceError) -> None:
        if not self._lost:
            logger.warning("%s", error)
            self._lost = True
        self._tell(state, detail, reason=error.reason)

    def _tell_unreadable(self) -> None:
        fault = fault_of(self._tail)
        guess = {"guess": str(fault)} if fault is not None else {}
        self._tell(
            DeviceState.MISCONFIGURED, "unreadable",
            hint=self._hint, bytes=self._tail[-TAIL_SHOWN:].hex(" "), **guess,
        )

    def _tell(self, state: DeviceState, detail: str = "", **facts: str) -> None:
        """Tell a change of state, and nothing while it stays the same."""
        if (state, detail) != (self._health.state, self._health.detail):
            self._health = self._word(state, detail, **facts)
            self._emit(self._health)

    def _word(self, state: DeviceState, detail: str = "", **facts: str) -> Health:
        who = self._identity
        return Health(who.name, who.kind, state, who.port, detail, facts, self._now())
