"""What must happen next: loops that take rows and do them, each in its own thread.

``PrintLoop`` prints the waiting jobs of one bench, ``OutboxLoop`` tells the shop platform,
``FolderLoop`` reads files dropped into a folder, ``ClockLoop`` does what only time brings about.
A loop is woken by the notice that follows a commit, and looks by itself every now and then,
because a notice may be lost and another process may have written the row.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
import threading
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from drivers.interfaces import (
    Bitmap,
    DeviceError,
    DeviceState,
    Emit,
    Health,
    NotSent,
    PaperState,
    Printer,
    PrinterStatus,
    Proof,
)
from station.db.session import Database
from station.paper.addendum import render_addendum
from station.paper.fonts import Fonts, Unprintable
from station.paper.manifest import render_manifest
from station.paper.png import to_png
from station.paper.sheet import LabelSize
from station.paper.stub import render_stub
from station.paper.waybill import render_waybill
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
    stubs,
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


@dataclass(frozen=True, slots=True)
class PrinterPlace:
    """A printer and where it stands: its bench, its port as configured, its paper.

    ``also`` are the benches without a printer of their own, whose labels come out here.
    """

    bench: str
    printer: Printer
    port: str
    size: LabelSize
    also: tuple[str, ...] = ()


_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds


class PrintLoop(Loop):
    """The owner of one printer: prints its bench's jobs, and says how the printer is."""

    def __init__(
        self, place: PrinterPlace, db: Database, fonts: Fonts, rules: Rules, *,
        now: Clock, emit: Emit, every: float = 1.0, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(f"printer {place.printer.name}", every=every)
        self._place, self._db, self._fonts, self._rules = place, db, fonts, rules
        self._now, self._emit, self._monotonic = now, emit, monotonic
        self._health: Health | None = None
        self._begun: printing.Due | None = None  # its first byte may have left, its end is not told
        self._pause, self._not_before = _FIRST_PAUSE, float("-inf")

    def start(self) -> None:
        """Put what a crash left behind in doubt, then start."""
        self._db.write(
            partial(printing.recover, printer=self._place.printer.name, now=self._now())
        )
        super().start()

    def stop(self) -> None:
        """End, and let go of the port."""
        super().stop()
        self._place.printer.close()

    def step(self) -> bool:
        """Print the job that is due, if there is one and the printer is able to."""
        self._settle()
        status = self._look()
        if status is None or not status.may_print or self._pausing():
            return False
        place = self._place
        due = self._db.read(partial(printing.next_due, bench=place.bench, also=place.also))
        if due is None:
            return False
        pages = self._draw(due)
        if pages is None or not self._begin(due, pages):
            return True
        return self._send(due, pages)

    def _settle(self) -> None:
        """A job whose end could not be written (a full disk, say) is in doubt, not forgotten."""
        if self._begun is not None:
            self._db.write(
                partial(
                    printing.maybe_sent, job_id=self._begun.job_id, trouble="unknown",
                    now=self._now(),
                )
            )
            self._begun = None

    def _pausing(self) -> bool:
        """A printer that took nothing is left alone for a while, longer each time."""
        return self._monotonic() < self._not_before

    def _look(self) -> PrinterStatus | None:
        """Ask the printer how it is, and tell the bench when that has changed."""
        try:
            status = self._place.printer.status()
        except DeviceError as error:
            self._tell(DeviceState.GONE, "gone", {"reason": error.reason})
            return None
        if status.may_print:
            low = status.state is PaperState.PAPER_LOW
            unknown = status.state is PaperState.UNKNOWN
            self._tell(DeviceState.READY, "paper_low" if low else "unknown" if unknown else "")
        else:
            self._tell(DeviceState.ATTENTION, str(status.state))
        return status

    def _tell(
        self, state: DeviceState, detail: str, facts: dict[str, str] | None = None
    ) -> None:
        health = Health(
            self._place.printer.name, "printer", state, self._place.port, detail, facts or {}
        )
        if self._health is None or replace(self._health, since=None) != health:
            self._health = replace(health, since=self._now())
            self._emit(self._health)

    def _draw(self, due: printing.Due) -> list[Bitmap] | None:
        """The job's pages; None if they cannot be drawn, which sets the job aside."""
        try:
            return self._db.read(partial(self._pages, due=due))
        except Unprintable as error:
            missing = "".join(sorted(error.characters))
            step = partial(printing.unprintable, characters=missing)
        except DBAPIError:
            raise  # nothing is wrong with the job: the next round looks again
        except Exception as error:
            # One job ends here: whatever is wrong with its facts, those behind it must print.
            logger.exception("print job %s cannot be drawn", due.job_id)
            step = partial(printing.not_drawn, trouble=type(error).__name__)
        self._db.write(partial(step, job_id=due.job_id, now=self._now()))
        return None

    def _pages(self, session: Session, due: printing.Due) -> list[Bitmap]:
        return draw(session, due, self._rules, self._place.size, self._fonts, self._now())

    def _begin(self, due: printing.Due, pages: Sequence[Bitmap]) -> bool:
        digest = sha256(b"".join(page.rows for page in pages)).hexdigest()
        begun = self._db.write(
            partial(
                printing.start_sending, due=due, printer=self._place.printer.name, sha256=digest,
                pages=[to_png(page) for page in pages], now=self._now(),
            )
        )
        self._begun = due if begun else None
        return begun

    def _send(self, due: printing.Due, pages: Sequence[Bitmap]) -> bool:
        proofs = []
        for number, page in enumerate(pages, 1):
            try:
                proofs.append(self._place.printer.print_page(page, job_id=due.job_id))
            except NotSent as error:
                self._failed(printing.not_sent, due, error)
                self._not_before = self._monotonic() + self._pause
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
                return False
            except DeviceError as error:  # MaybeSent, or one that says nothing about the bytes
                self._failed(printing.maybe_sent, due, error)
                return True
            if number < len(pages):
                self._db.write(partial(printing.page_sent, job_id=due.job_id, page=number))
        self._sent(due, Proof.PRINTED if set(proofs) == {Proof.PRINTED} else proofs[-1])
        return True

    def _sent(self, due: printing.Due, proof: Proof) -> None:
        self._db.write(
            partial(
                printing.sent, job_id=due.job_id, proof=str(proof), rules=self._rules,
                now=self._now(),
            )
        )
        self._begun, self._pause = None, _FIRST_PAUSE

    def _failed(
        self, tell: Callable[..., None], due: printing.Due, error: DeviceError
    ) -> None:
        logger.warning("%s", error)
        self._db.write(
            partial(tell, job_id=due.job_id, trouble=error.reason, now=self._now())
        )
        self._begun = None


def draw(  # noqa: PLR0917 - the job, and everything that shapes its paper
    session: Session, due: printing.Due, rules: Rules, size: LabelSize, fonts: Fonts, now: datetime
) -> list[Bitmap]:
    """The pages of a job as they will be printed. Raises Unprintable."""
    if due.kind == "waybill":
        return render_waybill(printing.waybill_label(session, due, rules, now=now), size, fonts)
    if due.kind == "stub":
        return render_stub(stubs.stub_label(session, due.parcel_id or 0, rules), size, fonts)
    if due.kind == "manifest":
        return render_manifest(stubs.manifest(session, due.handover_id or 0), size, fonts)
    if due.kind == "addendum":
        return render_addendum(stubs.addendum(session, due.handover_id or 0), size, fonts)
    raise ValueError(f"no paper is known for a print job of kind {due.kind!r}")


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
        case_alarms.watch(self._db, now=now)
        tracking.watch(self._db, self._rules, now=now)
        chores.empty_log(self._db)
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
