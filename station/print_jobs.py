"""Printing as work that must happen: one loop owns a printer and prints the jobs that are its.

A bench's label printer draws whatever is due there. A receipt printer prints slips alone, in its
own type where it has every character of a slip, and drawn where it has not; while the station has
one, slips come out there and not on labels.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import cast

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
    SlipPart,
)
from drivers.printer.slips import is_sayable
from station.db.session import Database
from station.jobs import Clock, Loop
from station.paper.addendum import render_addendum
from station.paper.fonts import Fonts, Unprintable
from station.paper.manifest import render_manifest
from station.paper.png import to_png
from station.paper.sheet import LabelSize
from station.paper.slip import Slip, render_slip
from station.paper.slip_text import Roll, slip_lines, slip_picture
from station.paper.stub import render_stub
from station.paper.waybill import render_waybill
from station.services import printing, slip_content, slips, stubs
from station.services.rules import Rules

logger = logging.getLogger(__name__)

Text = tuple[SlipPart, ...]
Page = Bitmap | Text
"""What is printed at once: a drawn page, or the lines of a slip."""


@dataclass(frozen=True, slots=True)
class PrinterPlace:
    """A printer and where it stands: its bench, its port as configured, its paper.

    ``also`` are the benches without such a printer of their own, whose paper comes out here.
    One with a ``roll`` is a receipt printer and prints slips alone; the others print them, too,
    unless ``draws_slips`` is False because the station has a receipt printer.
    """

    bench: str
    printer: Printer
    port: str
    size: LabelSize
    also: tuple[str, ...] = ()
    roll: Roll | None = None
    draws_slips: bool = True

    @property
    def slips(self) -> bool | None:
        """True if it prints slips alone, False if none, None if whatever is due."""
        if self.roll is not None:
            return True
        return None if self.draws_slips else False

    @property
    def kind(self) -> str:
        """What the screen calls it."""
        return "printer" if self.roll is None else "slip_printer"


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
        self._has_answered = False
        self._pause, self._not_before = _FIRST_PAUSE, float("-inf")

    @property
    def _uses_labels(self) -> bool:
        """False for a receipt printer, whose paper nobody counts."""
        return self._place.roll is None

    def start(self) -> None:
        """Put what a crash left behind in doubt, then start."""
        self._db.write(
            partial(printing.recover, printer=self._place.printer.name, labels=self._uses_labels,
                    now=self._now())
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
        due = self._db.read(partial(
            printing.next_due, bench=place.bench, also=place.also, slips=place.slips))
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
                    labels=self._uses_labels, now=self._now(),
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
            self._tell(DeviceState.READY, self._remark(status.state))
        else:
            self._tell(DeviceState.ATTENTION, str(status.state))
        return status

    def _remark(self, state: PaperState) -> str:
        """What is said of a printer that may print. One that fell silent may be another one now."""
        if state is PaperState.UNKNOWN:
            return "unanswered" if self._has_answered else "unknown"
        self._has_answered = True
        return "paper_low" if state is PaperState.PAPER_LOW else ""

    def _tell(
        self, state: DeviceState, detail: str, facts: dict[str, str] | None = None
    ) -> None:
        health = Health(
            self._place.printer.name, self._place.kind, state, self._place.port, detail,
            facts or {},
        )
        if self._health is None or replace(self._health, since=None) != health:
            self._health = replace(health, since=self._now())
            self._emit(self._health)

    def _draw(self, due: printing.Due) -> list[Page] | None:
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

    def _pages(self, session: Session, due: printing.Due) -> list[Page]:
        place = self._place
        if place.roll is None:
            return [*draw(session, due, self._rules, place.size, self._fonts, self._now())]
        slip = _slip(session, due, self._now())
        copies = slip_lines(slip, place.roll, shop=self._rules.shop)
        return [self._as_printable(lines, place.roll) for lines in copies]

    def _as_printable(self, lines: Text, roll: Roll) -> Page:
        """The lines themselves if the printer's own type has all they need, else their picture."""
        known = roll.characters
        told = "".join(line.text for line in lines)
        if known != "none" and is_sayable(told, known):
            return lines
        return slip_picture(lines, roll, self._fonts)

    def _picture(self, page: Page) -> Bitmap:
        """What is kept of a page: its dots, or how a slip's lines look."""
        roll = self._place.roll
        if isinstance(page, Bitmap) or roll is None:
            return cast(Bitmap, page)
        return slip_picture(page, roll, self._fonts)

    def _begin(self, due: printing.Due, pages: Sequence[Page]) -> bool:
        digest = sha256(b"".join(map(_content, pages))).hexdigest()
        begun = self._db.write(
            partial(
                printing.start_sending, due=due, printer=self._place.printer.name, sha256=digest,
                pages=[to_png(self._picture(page)) for page in pages], now=self._now(),
            )
        )
        self._begun = due if begun else None
        return begun

    def _send(self, due: printing.Due, pages: Sequence[Page]) -> bool:
        proofs = []
        for number, page in enumerate(pages, 1):
            try:
                proofs.append(self._print(page, due.job_id))
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
        self._sent(due, max(proofs, key=list(Proof).index))  # the job is worth its worst page
        return True

    def _print(self, page: Page, job_id: int) -> Proof:
        printer = self._place.printer
        if isinstance(page, Bitmap):
            return printer.print_page(page, job_id=job_id)
        return printer.print_slip(page, job_id=job_id)

    def _sent(self, due: printing.Due, proof: Proof) -> None:
        self._db.write(
            partial(
                printing.sent, job_id=due.job_id, proof=str(proof), rules=self._rules,
                labels=self._uses_labels, now=self._now(),
            )
        )
        self._begun, self._pause = None, _FIRST_PAUSE

    def _failed(
        self, tell: Callable[..., None], due: printing.Due, error: DeviceError
    ) -> None:
        logger.warning("%s", error)
        self._db.write(
            partial(tell, job_id=due.job_id, trouble=error.reason, labels=self._uses_labels,
                    now=self._now())
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
    if due.kind in (slips.KIND, slips.ON_LABEL):
        return render_slip(_slip(session, due, now), size, fonts)
    raise ValueError(f"no paper is known for a print job of kind {due.kind!r}")


def _slip(session: Session, due: printing.Due, now: datetime) -> Slip:
    """What the slip says now, and that it was printed before. Raises LookupError."""
    slip = slip_content.slip_of(session, due.about, now=now)
    if slip is None:
        raise LookupError(due.about)
    return replace(slip, again=due.copy)


def _content(page: Page) -> bytes:
    """What a page's digest is made of."""
    if isinstance(page, Bitmap):
        return page.rows
    return "".join(f"{line.text}\n" for line in page).encode()
