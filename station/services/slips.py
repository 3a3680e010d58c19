"""小票: slips asked for by a person, as print jobs of their own, and how far each has come.

A slip is named by its subject ("handover:3", services/slip_content.py says what each tells). One
that waits or is being sent is not asked for a second time; every other time is a person's decision
and stands on the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from station.db.models import Chain, PrintJob
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import SHOP_ZONE
from station.services.history import record
from station.services.slip_content import slip_of

KIND = "slip"
_ON_ITS_WAY = ("waiting", "sending")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SlipJob:
    """One printing of a slip, for the pages."""

    id: int
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
    printed = session.scalar(select(func.count(PrintJob.id)).where(*_of(about))) or 0
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
    return PrintJob.about == about, PrintJob.kind == KIND


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
        SlipJob(row.id, row.state, row.copy, row.who, row.printer, row.trouble, row.pages,
                row.pages_sent, row.created_at)
        for row in rows
    )


def subject_of(session: Session, job_id: int) -> str | None:
    """What a slip's job is about; None if it is no slip's."""
    return session.scalar(
        select(PrintJob.about).where(PrintJob.id == job_id, PrintJob.kind == KIND))
