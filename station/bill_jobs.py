"""The loop that works on carriers' bills, each in a process of its own.

A million lines take half a minute of a processor: in the station's own process the scans would
wait for them. The child opens the database itself, says how far it is on its standard output, and
ends; whatever it leaves behind unfinished is begun anew.

``python -m station.bill_jobs`` is that child; it reads its task from its standard input.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from station.bills.trouble import StatementError
from station.db.keys import Keyring
from station.db.session import Database
from station.domain.vocabulary import FURTHER, name_further
from station.jobs import Clock, Loop
from station.services import bill_files, bill_stars, billing, bills
from station.services.bill_import import Importer

logger = logging.getLogger(__name__)

_SAID_EVERY = 0.4  # seconds between two words of progress
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Task:
    """One bill for the child: which, in which database, with which prices, and what time it is."""

    url: str
    key_file: Path | None
    bill_id: int
    folder: Path
    asked: billing.Asked
    now: datetime


class BillLoop(Loop):
    """Takes the bills that wait, one after the other. ``asked`` gives the prices of the moment."""

    def __init__(
        self, db: Database, folder: Path, asked: Callable[[], billing.Asked], *, now: Clock,
        every: float = 10.0,
    ) -> None:
        super().__init__("bills", every=every)
        self._db, self._folder, self._asked, self._now = db, folder, asked, now
        self._child: subprocess.Popen[bytes] | None = None
        self._may_be_clear = True  # files of an earlier version, until none is found

    def start(self) -> None:
        """Let go of clear copies that a kill left behind, then start."""
        bill_files.clear_left(self._folder)
        super().start()

    def step(self) -> bool:
        """Work on the bill that waits longest."""
        bill_id = self._db.read(partial(bills.next_bill, now=self._now()))
        if bill_id is None:
            self._may_be_clear = self._may_be_clear and bill_files.seal_one(
                self._folder, self._db.keys)
            return self._may_be_clear or bill_stars.star_one(
                self._db, self._folder, now=self._now())
        if self._db.write(partial(bills.claim, bill_id=bill_id, now=self._now())):
            self._work(bill_id)
        return True

    def stop(self) -> None:
        """End; the bill in hand waits for the next start."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
        super().stop()

    def _work(self, bill_id: int) -> None:
        keys = self._db.keys
        task = Task(
            self._db.url, keys.path if keys is not None else None, bill_id, self._folder,
            self._asked(), self._now(),
        )
        code = self._in_child(task)
        if code == 0:
            # The child's commits woke nobody here.
            self._db.write(partial(bills.told, now=self._now()))
        elif self._stopping.is_set():
            self._db.write(partial(bills.put_back, bill_id=bill_id, now=self._now()))
        else:
            logger.error("the work on a bill broke off (%s)", code)
            error = StatementError("broke_off", ended=code)
            self._db.write(partial(bills.fail, bill_id=bill_id, error=error, now=self._now()))

    def _in_child(self, task: Task) -> int:
        """Run the child until it ends; its exit code."""
        command = [sys.executable, "-m", "station.bill_jobs"]
        paths = os.pathsep.join(path for path in sys.path if path)
        place = str(bill_files.fresh_workplace(self._folder))
        with subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths, "TMPDIR": place, "TEMP": place, "TMP": place},
        ) as child:
            self._child = child
            assert child.stdin is not None  # noqa: S101 - asked for above
            assert child.stdout is not None  # noqa: S101 - the same
            # Names first: the prices in the task speak of further carriers.
            child.stdin.write(pickle.dumps({str(code): one for code, one in FURTHER.items()}))
            child.stdin.write(pickle.dumps(task))
            child.stdin.close()
            for line in child.stdout:
                stage, _, done = line.decode().strip().partition(" ")
                self._db.write(partial(
                    bills.progress, bill_id=task.bill_id, stage=stage, done=int(done),
                    now=self._now(),
                ))
        self._child = None
        bill_files.fresh_workplace(self._folder)
        return child.returncode


def main() -> int:
    """Do the task on standard input; 0 when the bill is done, failed, or unknown."""
    name_further(pickle.load(sys.stdin.buffer))  # noqa: S301 - the station's own words
    task: Task = pickle.load(sys.stdin.buffer)  # noqa: S301 - the same
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    gc.disable()  # millions of rows and no cycle among them
    begun = time.monotonic()
    db = Database(task.url, keys=Keyring(task.key_file) if task.key_file else None)
    try:
        Importer(
            db, task.folder, task.asked,
            lambda: task.now.astimezone(UTC) + timedelta(seconds=time.monotonic() - begun),
            _Said(),
        ).work(task.bill_id)
    finally:
        db.close()
    return 0


class _Said:
    """Says on standard output how far the work is, a few times a second."""

    def __init__(self) -> None:
        self._stage, self._at = "", 0.0

    def __call__(self, stage: str, done: int) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._at >= _SAID_EVERY:
            self._stage, self._at = stage, now
            sys.stdout.write(f"{stage} {done}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
