"""What must happen next: loops that take rows and do them, each in its own thread.

``OutboxLoop`` tells the shop platform, ``FolderLoop`` reads files dropped into a folder,
``ClockLoop`` does what only time brings about; print_jobs.py prints.
A loop is woken by the notice that follows a commit, and looks by itself every now and then,
because a notice may be lost and another process may have written the row.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import threading
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from station.db.session import Database
from station.services import (
    backups,
    case_alarms,
    chores,
    imports,
    offers,
    outbox,
    photographs,
    printing,
    promises,
    slips,
    stock_take_watch,
    tracking,
)
from station.services.rules import Rules

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Loop(ABC):
    """A thread that does one piece of work after another and sleeps while there is none."""

    def __init__(self, name: str, *, every: float) -> None:
        self.name = name
        self._every = every
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def step(self) -> bool:
        """Do one piece of work. True if there may be more at once."""

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the piece of work in hand, and wait for that."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(15)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                more = self.step()
            except Exception:
                # A loop that dies would be work that silently never happens; the next round
                # starts from the rows again.
                logger.exception("%s: this piece of work failed", self.name)
                more = False
            if not more:
                self._wake.wait(self._every)


class OutboxLoop(Loop):
    """Tells the shop platform what it must know (D3), over HTTP, until it has heard."""

    def __init__(
        self, db: Database, url: str, *, now: Clock, every: float = 2.0, timeout: float = 5.0
    ) -> None:
        super().__init__("outbox", every=every)
        self._db, self._url, self._now, self._timeout = db, url.rstrip("/"), now, timeout

    def step(self) -> bool:
        """Make the call that is due longest."""
        if self._db.read(partial(outbox.next_call, now=self._now())) is None:
            return False
        call = self._db.write(partial(outbox.claim, now=self._now()))
        if call is None:
            return False  # another station's loop was faster
        trouble, final = self._post(call)
        if trouble:
            self._db.write(
                partial(
                    outbox.failed, call_id=call.id, trouble=trouble, final=final, now=self._now()
                )
            )
        else:
            self._db.write(partial(outbox.done, call_id=call.id, now=self._now()))
        return True

    def _post(self, call: outbox.Call) -> tuple[str, bool]:
        """("", _) when heard; else what went wrong, and whether trying again is useless."""
        body = json.dumps({**call.payload, "idempotency_key": call.key}).encode()
        url = f"{self._url}/{call.kind}"
        if not url.startswith(("http://", "https://")):
            return "platform_url is not http(s)", True
        request = urllib.request.Request(  # noqa: S310 - looked at just above
            url, data=body, method="POST",
            headers={"Content-Type": "application/json", "Idempotency-Key": call.key},
        )
        try:
            with _OPENER.open(request, timeout=self._timeout) as answer:
                answer.read(65536)
        except urllib.error.HTTPError as error:
            error.close()
            return f"HTTP {error.code}", 400 <= error.code < 500 and error.code not in (408, 429)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return type(error).__name__, False
        return "", False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A platform that sends us elsewhere (to sign in, say) has not heard the call."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer then counts as the failure that it is."""


_OPENER = urllib.request.build_opener(_NoRedirect)


_STAMP, _PUT_AWAY = "%Y%m%dT%H%M%S", re.compile(r"\d{8}T\d{6}-")
"""How the name of a file that was put away begins."""


class FolderLoop(Loop):
    """Reads exports dropped into a folder, once each file has stopped growing.

    Files of one round are read together, because an order list and its detail list belong
    together; read files move to ``done/``, files nobody can read to ``rejected/``, and are removed
    from there after ``keep``, for they name every buyer in clear. 0 keeps them for ever.
    """

    def __init__(
        self, db: Database, folder: Path, rules: Rules, *, now: Clock, every: float = 2.0,
        keep: timedelta = timedelta(0),
    ) -> None:
        super().__init__("drop folder", every=every)
        self._keep = keep
        self._db, self._folder, self._rules, self._now = db, folder, rules, now
        self._seen: dict[Path, tuple[int, int]] = {}

    def step(self) -> bool:
        """Import the files that did not change since the last look."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._remove_old()
        present = {path: _stamp(path) for path in self._folder.iterdir() if _is_export(path)}
        settled = sorted(path for path, mark in present.items() if self._seen.get(path) == mark)
        self._seen = present
        if not settled or len(settled) != len(present):
            return False  # a partner file may still be arriving
        files = [(path, data) for path in settled if (data := _content(path)) is not None]
        report = imports.take_files(
            self._db, [(path.name, data) for path, data in files], self._rules, now=self._now()
        )
        for path, _ in files:
            _put_away(path, "rejected" if report.is_rejected(path.name) else "done", self._now())
        return False

    def _remove_old(self) -> None:
        """Remove the files that were put away long enough ago; their names say when."""
        if not self._keep:
            return
        last = f"{self._now() - self._keep:{_STAMP}}"
        away = [*self._folder.glob("done/*"), *self._folder.glob("rejected/*")]
        for path in away:
            if _PUT_AWAY.match(path.name) and path.name < last and path.is_file():
                path.unlink(missing_ok=True)


def _is_export(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.suffix.lower() in imports.SUFFIXES


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _content(path: Path) -> bytes | None:
    """The file's bytes; None if another program still holds it, as Excel does on Windows.

    A file that is too large is read up to where that shows, and no further.
    """
    try:
        with path.open("rb") as file:
            return file.read(imports.LARGEST_FILE + 1)
    except OSError as error:
        logger.warning("%s cannot be read yet: %s", path.name, type(error).__name__)
        return None


def _put_away(path: Path, where: str, now: datetime) -> None:
    """Move a read file; two of one name within a second both stay."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    stem, number = f"{now:{_STAMP}}", 0
    while (target := folder / f"{stem}{f'-{number}' if number else ''}-{path.name}").exists():
        number += 1
    path.replace(target)


class BackupLoop(Loop):
    """Copies the database as often as the shop wants; looks once a minute whether one is due."""

    def __init__(
        self, db: Database, plan: backups.Plan, *, now: Clock, every: float = 60.0
    ) -> None:
        super().__init__("backup", every=every)
        self._db, self._plan, self._now = db, plan, now

    def step(self) -> bool:
        """Make the copy that is due, if one is."""
        backups.keep_copies(self._db, self._plan, now=self._now())
        return False


class ClockLoop(Loop):
    """What only time brings: a presale's day, late parcels, jobs that nobody prints any more.

    Photographs older than ``keep_photographs`` are removed; 0 keeps them for ever.
    """

    def __init__(
        self, db: Database, rules: Rules, *, now: Clock, every: float = 60.0,
        keep_photographs: timedelta = timedelta(0),
    ) -> None:
        super().__init__("clock", every=every)
        self._db, self._rules, self._now = db, rules, now
        self._keep_photographs = keep_photographs

    def step(self) -> bool:
        """Offer held parcels what has become available, and say what is late."""
        now = self._now()
        offers.offer_held(self._db, self._rules, now=now)
        promises.watch(self._db, now=now)
        slips.watch(self._db, now=now)
        case_alarms.watch(self._db, now=now)
        tracking.watch(self._db, self._rules, now=now)
        chores.empty_log(self._db)
        stock_take_watch.watch(self._db, now=now)
        if self._db.read(partial(printing.never_ending, now=now)):
            self._db.write(partial(printing.give_up_sending, now=now))
        return self._remove_photographs(now)

    def _remove_photographs(self, now: datetime) -> bool:
        """Remove some of the pictures that are due; True if there may be more."""
        rule = partial(photographs.is_due, keep_for=self._keep_photographs, now=now)
        if not self._keep_photographs or not self._db.read(rule):
            return False
        removed = self._db.write(
            partial(photographs.remove_due, keep_for=self._keep_photographs, now=now)
        )
        return removed == photographs.REMOVED_AT_ONCE
