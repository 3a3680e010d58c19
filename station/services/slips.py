"""小票: slips asked for by a person, as print jobs of their own, and how far each has come.

A slip is named by its subject ("handover:3", services/slip_content.py says what each tells). One
that waits or is being sent is not asked for a second time; every other time is a person's decision
and stands on the paper. One that waits for a receipt printer that is out of order can be moved to
the label printer; it never stands in both queues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from station.db.models import Alarm, Chain, PrintJob
from station.db.session import Database, notice
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import SHOP_ZONE
from station.services.alarms import close_alarm, raise_alarm
from station.services.history import record
from station.services.slip_content import slip_of

KIND = "slip"
ON_LABEL = "slip_label"
"""A slip that a person moved from the receipt printer to the label printer."""

WAITS = "slip_waits"
_LONG = timedelta(minutes=5)  # a receipt printer takes a slip in seconds
_ON_ITS_WAY = ("waiting", "sending")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SlipJob:
    """One printing of a slip, for the pages."""

    id: int
    kind: str
    state: str
    copy: int
    who: str
    printer: str
    trouble: str
    pages: int
    pages_sent: int
    created_at: datetime


def request(
    session: Session, about: str, *, who: str, bench: str = "", now: datetime
) -> PrintJob | Refusal:
    """Write the print job of a subject's slip, or say why there is none to print."""
    if slip_of(session, about, now=now) is None:
        return Refusal(Code.SLIP_NOTHING, {"about": about[:48]})
    # Two who ask at once wait for each other at the head of the chain that tells of it.
    session.execute(
        select(Chain.name).where(Chain.name == chain_of(about)).with_for_update(key_share=True))
    if under_way(session, about):
        return Refusal(Code.SLIP_UNDER_WAY, {"about": about})
    last = session.scalar(select(func.max(PrintJob.copy)).where(*_of(about)))
    printed = 0 if last is None else last + 1
    job = PrintJob(
        kind=KIND, about=about, bench=bench, who=who, copy=printed, created_at=now,
        pages=0, pages_sent=0)
    session.add(job)
    session.flush()
    record(session, chain_of(about), "slip_asked", {"job": job.id, "copy": printed},
           now=now, who=who, bench=bench)
    notice(session, "print_jobs")
    notice(session, "slips")
    return job


def under_way(session: Session, about: str) -> bool:
    """Whether a printing of this slip waits or is being sent."""
    query = select(func.count(PrintJob.id)).where(*_of(about))
    return bool(session.scalar(query.where(PrintJob.state.in_(_ON_ITS_WAY))))


def _of(about: str) -> tuple[ColumnElement[bool], ...]:
    return PrintJob.about == about, PrintJob.kind.in_((KIND, ON_LABEL))


def chain_of(about: str) -> str:
    """The history that a slip's printing belongs to: its subject's, or the station's."""
    kind, _, key = about.partition(":")
    if kind in ("day", "shift", "count"):
        return "station"
    return f"handover:{key}" if kind == "addendum" else about


def today(now: datetime) -> str:
    """The subject of today's report."""
    return f"day:{now.astimezone(SHOP_ZONE).date()}"


def shift(staff_id: int, now: datetime) -> str:
    """The subject of one person's day."""
    return f"shift:{now.astimezone(SHOP_ZONE).date()}:{staff_id}"


def of_subject(session: Session, about: str) -> tuple[SlipJob, ...]:
    """The printings of a subject's slip, newest first."""
    rows = session.scalars(
        select(PrintJob).where(*_of(about)).order_by(PrintJob.id.desc()).limit(_SHOWN))
    return tuple(
        SlipJob(row.id, row.kind, row.state, row.copy, row.who, row.printer, row.trouble, row.pages,
                row.pages_sent, row.created_at)
        for row in rows
    )


def subject_of(session: Session, job_id: int) -> str | None:
    """What a slip's job is about; None if it is no slip's."""
    return session.scalar(
        select(PrintJob.about)
        .where(PrintJob.id == job_id, PrintJob.kind.in_((KIND, ON_LABEL))))


def move_to_label(
    session: Session, job_id: int, *, who: str, now: datetime
) -> PrintJob | Refusal:
    """Void the waiting job of a slip and write one for the label printer, both or neither.

    A slip of which a byte may have left is not moved: a person says first what became of it.
    """
    job = session.scalar(
        select(PrintJob).where(PrintJob.id == job_id, PrintJob.kind == KIND)
        .with_for_update(key_share=True).execution_options(populate_existing=True))
    if job is None or job.state != "waiting":
        return Refusal(Code.SLIP_NOT_WAITING, {"state": job.state if job else "none"})
    job.state = "void"
    session.flush()  # before the other is there: one subject has one printing under way
    moved = PrintJob(
        kind=ON_LABEL, about=job.about, bench=job.bench, who=who, copy=job.copy, created_at=now,
        pages=0, pages_sent=0)
    session.add(moved)
    session.flush()
    record(session, chain_of(job.about), "slip_moved", {"job": moved.id, "instead_of": job.id},
           now=now, who=who)
    no_longer_waits(session, job.id, now=now)
    notice(session, "print_jobs")
    notice(session, "slips")
    return moved


# --- Slips that nobody prints ---------------------------------------------------------------------


def waiting_long(session: Session, *, now: datetime) -> Sequence[PrintJob]:
    """The slips that a receipt printer should have taken long ago, the oldest first."""
    return session.scalars(
        select(PrintJob)
        .where(PrintJob.kind == KIND, PrintJob.state == "waiting",
               PrintJob.created_at < now - _LONG)
        .order_by(PrintJob.id)).all()


def watch(db: Database, *, now: datetime) -> bool:
    """Say of each slip that waits long that it does, once; writes only if there is news."""
    if not db.read(partial(_unsaid, now=now)):
        return False
    db.write(partial(_say, now=now))
    return True


def _unsaid(session: Session, *, now: datetime) -> list[PrintJob]:
    told = set(session.scalars(select(Alarm.subject).where(Alarm.code == WAITS)))
    return [job for job in waiting_long(session, now=now) if f"job:{job.id}" not in told]


def _say(session: Session, *, now: datetime) -> None:
    for job in _unsaid(session, now=now):
        facts = {"about": job.about, "slip_kind": job.about.partition(":")[0]}
        raise_alarm(session, WAITS, f"job:{job.id}", facts, now=now)


def no_longer_waits(session: Session, job_id: int, *, now: datetime) -> None:
    """The slip is being printed, or moved: nobody need look for it any more."""
    close_alarm(session, WAITS, f"job:{job_id}", now=now)
