"""The bench's one queue, served by one thread at a time, in the order of arrival.

Whoever waits for a verdict serves the queue himself if nobody else does; what devices post is
served by the bench's own thread. A scan over HTTP so costs no hand-over between threads, and the
order is the queue's all the same (docs/decisions/0015).
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from drivers.interfaces import DeviceEvent, Health, NoRead, Reading, Scan
from drivers.scanner.bounce import Bounce
from station.bench.core import Witness, unseen
from station.bench.flow import Flow
from station.bench.settings import BenchSettings
from station.db.session import Database
from station.domain.screen import BenchView, Mood
from station.services.live import Hub
from station.services.repeats import Once, Repeated
from station.services.rules import Rules
from station.services.trouble import Trouble, trouble_of

logger = logging.getLogger(__name__)

TICK_S = 0.1
"""How often the bench looks at the clock, the notices and a weight that changes."""
_WRONG = frozenset({Mood.BAD, Mood.ALARM})
_LOOK_EVERY_S = 2.0  # another process, on PostgreSQL, sends no notice


_TROUBLES = {
    Trouble.FULL: "bench.disk_full", Trouble.IO: "bench.disk_broken",
    Trouble.DAMAGED: "bench.records_damaged", Trouble.LOCKED: "bench.records_locked",
    Trouble.GONE: "bench.records_gone",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A scan or touch somebody waits for."""

    step: Callable[[], None]
    answer: Future[BenchView]
    once: Once | None = None


class Bench:
    """One packing bench. ``scan`` and ``touch`` return when the verdict is durable."""

    def __init__(
        self,
        name: str,
        db: Database,
        hub: Hub,
        rules: Rules,
        settings: BenchSettings,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        witness: Witness = unseen,
    ) -> None:
        self.name = name
        self._hub = hub
        self._monotonic = monotonic
        self._flow = Flow(
            name, db, rules, settings, clock=clock, monotonic=monotonic, witness=witness,
        )
        self._beep: Callable[[str], object] = lambda _: None
        self._bounce = Bounce(settings.bounce_s)
        self._queue: queue.SimpleQueue[_Asked | DeviceEvent] = queue.SimpleQueue()
        self._turn = threading.Lock()  # held by the one thread that serves the queue
        self._door = threading.Lock()  # held for a moment while something is put in, or to stop
        self._posted = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._view = self._flow.view(0)
        self._ticked = self._looked = self._told = monotonic()

    # --- For everybody --------------------------------------------------------------------------

    def start(self) -> None:
        """Find the parcel that is open here and begin to listen."""
        with self._door:
            if self._thread is not None:
                return
            self._stopping = False
            ears = ExitStack()
            heard = ears.enter_context(self._hub.listen("parcels"))  # before the first look
            self._thread = threading.Thread(
                target=self._run, args=(ears, heard), name=f"bench-{self.name}"
            )
            with self._turn:
                self._guarded(self._flow.resume)
                self._publish()
            self._thread.start()

    def stop(self) -> None:
        """Answer what is waiting, then end the thread. Harmless if it was never started."""
        with self._door:
            thread, self._thread = self._thread, None
            self._stopping = True
        self._posted.set()
        if thread is not None and thread.ident is not None:  # else start was broken off (Ctrl-C)
            thread.join()

    def tell_scale_by(self, tell: Callable[[str], bool]) -> None:
        """Give the bench a way to tell its scale "zero"; before ``start``."""
        self._flow.tell_scale = tell

    def beep_by(self, beep: Callable[[str], object]) -> None:
        """Give the bench a way to let a scanner beep, by its device's name; before ``start``."""
        self._beep = beep

    def scan(
        self, code: str, *, aim: str | None = None, source: str = "page",  # noqa: ARG002 - doors may know it; no code means another thing by its symbology
        once: Once | None = None,
    ) -> BenchView:
        """Take one barcode and wait for the verdict; the same one bounced leaves all as it is.

        ``source`` "touch" is a finger on a button: it never bounces. ``once`` is the request's key;
        Repeated is raised, and nothing done, if it was used before.
        """
        at = self._monotonic()
        return self._ask(lambda: self._scanned(code, source, at), once)

    def touch(self, action: str, *, once: Once | None = None, **facts: Any) -> BenchView:
        """Take what a finger gives ("sign" with strokes, or a command's name), and wait."""
        return self._ask(lambda: self._flow.touch(action, facts), once)

    def post(self, event: DeviceEvent) -> None:
        """Take what a device says, from its own thread, without waiting."""
        self._queue.put(event)
        self._posted.set()

    def view(self) -> BenchView:
        """The bench as it was after the last event. Cheap, from any thread."""
        return self._view

    def answered(self) -> dict[str, int]:
        """How many answers of each kind were given since the start. From any thread."""
        return {str(mood): self._flow.answered[mood] for mood in Mood}

    def _ask(self, step: Callable[[], None], once: Once | None) -> BenchView:
        asked = _Asked(step, Future(), once)
        with self._door:
            if self._thread is None:
                raise RuntimeError(f"bench {self.name} is not running")
            self._queue.put(asked)
        self._serve()
        return asked.answer.result()

    # --- The turn -------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Serve what is in the queue, unless another thread is at it: then that one will.

        The queue is looked at once more after the turn is given up, because something may have
        been put in by a thread that saw the turn still taken.
        """
        while not self._queue.empty() and self._turn.acquire(blocking=False):
            try:
                self._drain()
            finally:
                self._turn.release()

    def _drain(self) -> None:
        while True:
            try:
                event = self._queue.get_nowait()
            except queue.Empty:
                return
            self._take(event)

    # --- The thread -----------------------------------------------------------------------------

    def _run(self, ears: ExitStack, heard: queue.Queue[str]) -> None:
        with ears:
            while not self._stopping:
                self._posted.wait(TICK_S)
                self._posted.clear()
                self._serve()
                if self._monotonic() - self._ticked >= TICK_S:
                    with self._turn:
                        self._tick(heard)
                    self._serve()  # what came meanwhile saw the turn taken and waits for us
        self._serve()

    def _take(self, event: _Asked | DeviceEvent) -> None:
        if isinstance(event, _Asked):
            self._serve_asked(event)
        elif isinstance(event, Reading):
            self._flow.reading(event)
            self._guarded(self._weigh)
        else:
            self._guarded(lambda: self._device(event))
            self._publish()

    def _serve_asked(self, asked: _Asked) -> None:
        try:
            if asked.once is not None and self._flow.is_repeat(asked.once):
                raise Repeated(asked.once.key)
        except Exception as error:  # noqa: BLE001 - told to him who waits; the next must be served
            asked.answer.set_exception(error)
            return
        self._flow.once = asked.once
        self._guarded(asked.step)
        self._flow.once = None
        self._publish(asked.answer)

    def _scanned(self, code: str, source: str, at: float) -> None:
        if source == "touch" or not self._bounce.is_bounce(source, code, at):
            self._flow.scan(code)

    def _device(self, event: DeviceEvent) -> None:
        if isinstance(event, Scan):
            self._scanned_by(event)  # its driver has dropped the bounces already
        elif isinstance(event, NoRead):
            self._flow.no_read(event)
        elif isinstance(event, Health):
            self._flow.health(event)

    def _scanned_by(self, event: Scan) -> None:
        """A scanner's code; at a mistake it beeps itself, where the packer's hand and ear are."""
        self._flow.scan(event.data, event.device)
        verdict = self._flow.standing.verdict
        if verdict is not None and verdict.mood in _WRONG:
            self._beep(event.device)

    def _weigh(self) -> None:
        if self._flow.weigh_if_ready(self._monotonic()):
            self._publish()

    def _tick(self, heard: queue.Queue[str]) -> None:
        now = self._ticked = self._monotonic()
        if self._was_changed(heard) or now - self._looked >= _LOOK_EVERY_S:
            self._looked = now
            self._guarded(self._flow.look_again)
        self._guarded(lambda: self._flow.rest(now))
        self._guarded(self._weigh)
        self._publish()

    def _was_changed(self, heard: queue.Queue[str]) -> bool:
        """True if a notice says that parcels changed; drains what was heard."""
        changed = False
        while True:
            try:
                changed = heard.get_nowait() == "parcels" or changed
            except queue.Empty:
                return changed

    def _guarded(self, step: Callable[[], object]) -> None:
        """Run one step; whatever goes wrong is told on the screen, and the bench goes on."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the end of one event; the next must be served
            # The error's text may quote a row with a name in it: only its kind is logged.
            logger.error("bench %s: a step failed with %s", self.name, type(error).__name__)
            said = _TROUBLES.get(trouble_of(error), "bench.trouble")
            self._flow.answer(Mood.ALARM, said, {"error": type(error).__name__})

    def _publish(self, answer: Future[BenchView] | None = None) -> None:
        """Swap the view if anything changed, answer who waits, then tell the screens."""
        view = self._flow.view(self._view.revision)
        changed = view != self._view
        if changed:
            view = replace(view, revision=view.revision + 1)
            self._view = view
        if answer is not None:
            answer.set_result(self._view)
        if changed:
            self._hub.tell((f"bench:{self.name}",))

