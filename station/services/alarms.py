"""Alarms: things that somebody must notice, open until acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Alarm
from station.db.session import notice
from station.domain.rights import Right


def raise_alarm(
    session: Session, code: str, subject: str, facts: Mapping[str, str | int], *, now: datetime
) -> Alarm:
    """Open an alarm; one that is open already for the same subject only gets the new facts."""
    found = session.scalar(
        select(Alarm).where(
            Alarm.code == code, Alarm.subject == subject, Alarm.acknowledged_at.is_(None)
        )
    )
    if found is not None:
        if found.facts != dict(facts):
            found.facts = dict(facts)
            notice(session, "alarms")
        return found
    alarm = Alarm(code=code, subject=subject, facts=dict(facts), at=now)
    session.add(alarm)
    notice(session, "alarms")
    return alarm


def close_alarm(session: Session, code: str, subject: str, *, now: datetime) -> None:
    """Close an alarm whose cause is gone, as if the station had acknowledged it."""
    open_ones = select(Alarm).where(
        Alarm.code == code, Alarm.subject == subject, Alarm.acknowledged_at.is_(None)
    )
    for alarm in session.scalars(open_ones):
        alarm.acknowledged_at, alarm.acknowledged_by = now, "station"
        notice(session, "alarms")


RESERVED = {"reveals_many": Right.PRIVACY}
"""Alarms about somebody, who is not to take them away himself, with the right that does."""


def acknowledge(session: Session, alarm_id: int, *, who: str, now: datetime) -> None:
    """Note who saw it; a second acknowledgement changes nothing."""
    alarm = session.get(Alarm, alarm_id)
    if alarm is not None and alarm.acknowledged_at is None:
        alarm.acknowledged_at, alarm.acknowledged_by = now, who
        notice(session, "alarms")


def right_to_acknowledge(session: Session, alarm_id: int) -> Right:
    """Which right it takes to say that this alarm was seen."""
    code = session.scalar(select(Alarm.code).where(Alarm.id == alarm_id))
    return RESERVED.get(code or "", Right.ALARMS)
