"""S9: late and nearly late are loud, once per parcel; so is paper that nobody prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from station.db.models import Alarm, Parcel, PrintJob
from station.db.session import Database
from station.domain.deadlines import NEAR, Urgency, urgency
from station.domain.parcel import ENDED, ParcelState
from station.services import slips
from station.services.alarms import close_alarm, raise_alarm

_WORDS = {Urgency.LATE: "late", Urgency.NEAR: "nearly_late"}
_UNDER_WAY = [
    str(state) for state in ParcelState if state not in (*ENDED, ParcelState.STOPPED)
]
_TOGETHER = 100  # alarms that share one transaction
_LONG = timedelta(minutes=10)
_PATIENCE = timedelta(hours=1)


def watch(db: Database, *, now: datetime) -> int:
    """Say what is late, near, or waits at a printer; writes only if there is news. How many."""
    due = db.read(partial(unsaid, now=now))
    for start in range(0, len(due), _TOGETHER):
        part = due[start : start + _TOGETHER]
        db.write(partial(say, parcel_ids=part, now=now))
    if db.read(partial(_waiting_long, now=now)):
        db.write(partial(say_what_waits, now=now))
    return len(due)


def unsaid(session: Session, *, now: datetime) -> list[int]:
    """Parcels that are late or nearly so and of which that was not said yet, soonest first."""
    found: list[int] = []
    for word, until in (("late", now), ("nearly_late", now + NEAR)):
        subject = "parcel:" + cast(Parcel.id, String)
        said = select(Alarm.id).where(Alarm.subject == subject, Alarm.code.in_((word, "late")))
        query = (
            select(Parcel.id)
            .where(Parcel.state.in_(_UNDER_WAY), Parcel.held_since.is_(None))
            .where(Parcel.deadline <= until, ~said.exists())
            .order_by(Parcel.deadline, Parcel.id)
        )
        found += session.scalars(query)
    return list(dict.fromkeys(found))


def say(session: Session, parcel_ids: Sequence[int], *, now: datetime) -> None:
    """One alarm per parcel and word; a parcel that is late is no longer nearly so."""
    for parcel_id in parcel_ids:
        parcel = session.get_one(Parcel, parcel_id)
        word = _WORDS.get(urgency(parcel.deadline, now))
        if word is None:
            continue
        subject = f"parcel:{parcel_id}"
        if word == "late":
            close_alarm(session, "nearly_late", subject, now=now)
        facts = {"waybill_no": parcel.waybill_no or "", "deadline": parcel.deadline.isoformat()}
        raise_alarm(session, word, subject, facts, now=now)


def _waiting_long(session: Session, *, now: datetime) -> dict[str, int]:
    """Labels per bench that could print and have waited long: no printer there takes them."""
    rows = session.execute(
        select(PrintJob.bench, func.count(PrintJob.id))
        .outerjoin(Parcel, Parcel.id == PrintJob.parcel_id)
        .where(PrintJob.state == "waiting", PrintJob.created_at < now - _LONG,
               PrintJob.kind != slips.KIND)
        .where(Parcel.held_since.is_(None))
        .where(Parcel.id.is_(None) | Parcel.state.not_in(
            [str(ParcelState.STOPPED), str(ParcelState.VOID)]
        ))
        .group_by(PrintJob.bench)
    )
    return {bench: int(count) for bench, count in rows}


def say_what_waits(session: Session, *, now: datetime) -> None:
    """One alarm per bench whose labels do not come out."""
    for bench, count in _waiting_long(session, now=now).items():
        seen = select(Alarm.id).where(
            Alarm.code == "print_waits", Alarm.subject == f"bench:{bench}",
            Alarm.acknowledged_at > now - _PATIENCE,
        )
        if session.scalar(seen.limit(1)) is not None:
            continue  # who has seen it gets some time to mend the printer
        facts: dict[str, str | int] = {"count": count, "bench": bench}
        raise_alarm(session, "print_waits", f"bench:{bench}", facts, now=now)
