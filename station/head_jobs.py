"""The signed heads of the history on their way out of the database: signed hourly, kept in a file.

The file only grows. What a courier's leaving signed is in the database first and follows here;
after a crash it follows at the next start. A file that knows more than the database is never
shortened: somebody is told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from station.db.session import Database
from station.jobs import Loop
from station.services import heads
from station.services.alarms import close_alarm, raise_alarm

Clock = Callable[[], datetime]


def read_lines(path: Path) -> Iterator[str]:
    """The lines of the file; none if there is no file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file
    except FileNotFoundError:
        return


class HeadLoop(Loop):
    """Signs what moved every hour, and appends every signed head to the file."""

    def __init__(self, db: Database, path: Path, *, now: Clock, every: float = 2.0) -> None:
        super().__init__("heads", every=every)
        self._db, self._path, self._now = db, path, now
        self._written: int | None = None  # the newest head in the file, None before it was read

    def step(self) -> bool:
        """Sign one head if it is due; then bring the file up to the database.

        Rows that piled up wait for the next round: the scans' writes come first.
        """
        self._db.write(partial(heads.sign_if_due, now=self._now()))
        if self._written is None:
            self._written = last_in(self._path)
            self._compare(self._written)
        found = self._db.read(partial(heads.since, seq=self._written))
        if found:
            append(self._path, [head.line for head in found])
            self._written = found[-1].seq
        return len(found) == heads.AT_ONCE

    def _compare(self, written: int) -> None:
        """Tell somebody if the file knows heads that the database has lost."""
        known = self._db.read(heads.newest)
        tell = partial(_lost, known=known, written=written, now=self._now()) if written > known \
            else partial(_found, now=self._now())
        self._db.write(tell)


def _lost(session: Session, *, known: int, written: int, now: datetime) -> None:
    raise_alarm(session, "history_cut", "heads", {"known": known, "written": written}, now=now)


def _found(session: Session, *, now: datetime) -> None:
    close_alarm(session, "history_cut", "heads", now=now)


def last_in(path: Path) -> int:
    """The highest number in the file; 0 if there is none."""
    last = 0
    for line in read_lines(path):
        try:
            last = max(last, heads.read_line(line).seq)
        except ValueError:
            continue  # `station verify` names it
    return last


def append(path: Path, lines: list[str]) -> None:
    """Write the lines at the end, durable when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")  # a line that a crash cut short stays alone
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())
