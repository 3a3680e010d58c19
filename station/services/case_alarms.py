"""Cases whose next step is overdue are loud, once per step (D8): the clock asks, not a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from station.db.models import Alarm, Case
from station.db.session import Database
from station.domain.cases import CaseKind, CaseState, owes
from station.services.alarms import raise_alarm
from station.services.cases import DUE, subject

_TOGETHER = 100  # alarms that share one transaction


def watch(db: Database, *, now: datetime) -> int:
    """Say which cases are overdue; writes only if there is news. How many."""
    overdue = db.read(partial(unsaid, now=now))
    for start in range(0, len(overdue), _TOGETHER):
        db.write(partial(say, case_ids=overdue[start : start + _TOGETHER], now=now))
    return len(overdue)


def unsaid(session: Session, *, now: datetime) -> list[int]:
    """Open cases past their deadline of which that was not said since, the oldest first."""
    said = select(Alarm.id).where(
        Alarm.subject == "case:" + cast(Case.id, String), Alarm.code == DUE,
        Alarm.at >= Case.deadline,
    )
    query = (
        select(Case.id)
        .where(Case.closed_at.is_(None), Case.deadline <= now, ~said.exists())
        .order_by(Case.deadline, Case.id)
    )
    return list(session.scalars(query))


def say(session: Session, case_ids: Sequence[int], *, now: datetime) -> None:
    """One alarm per case, with what it is, who owes the next step, and since when."""
    for case_id in case_ids:
        case = session.get(Case, case_id)
        if case is None or case.closed_at is not None or case.deadline is None:
            continue
        if case.deadline > now:
            continue
        party = owes(CaseKind(case.kind), CaseState(case.state))
        facts: dict[str, str | int] = {
            "case": case.id, "waybill_no": case.waybill_no, "case_kind": case.kind,
            "case_state": case.state, "owes": str(party), "deadline": case.deadline.isoformat(),
        }
        raise_alarm(session, DUE, subject(case.id), facts, now=now)
