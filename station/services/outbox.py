"""Calls to the shop platform that must happen (D3): rows, retried with back-off, told once.

The row is written in the transaction of the step that causes it; its key is sent along, so that
a platform which heard the call but whose answer was lost can tell that it is the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Outbox, Parcel
from station.db.session import notice
from station.services.alarms import raise_alarm
from station.services.rules import Rules

_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
_GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is due."""

    id: int
    key: str
    kind: str
    payload: dict[str, Any]


def tell_platform(
    session: Session, parcel: Parcel, moment: str, rules: Rules, *, now: datetime
) -> None:
    """Write a "shipped" call for each order of the parcel, if this is the shop's moment for it."""
    if not rules.platform_url or moment != rules.ship_call_at:
        return
    for order in parcel.orders:
        _write(session, order.platform, order.order_no, parcel, now)


def _write(
    session: Session, platform: str, order_no: str, parcel: Parcel, now: datetime
) -> None:
    key = f"shipped:{platform}:{order_no}:{parcel.waybill_no}"
    if session.scalar(select(Outbox.id).where(Outbox.key == key)) is not None:
        return
    session.add(
        Outbox(
            key=key, kind="shipped", created_at=now, due_at=now,
            payload={
                "platform": platform, "order_no": order_no, "carrier": parcel.carrier,
                "waybill_no": parcel.waybill_no,
            },
        )
    )
    notice(session, "outbox")


def next_call(session: Session, *, now: datetime) -> Call | None:
    """The call that is due longest."""
    row = session.scalar(
        select(Outbox)
        .where(Outbox.state == "waiting", Outbox.due_at <= now)
        .order_by(Outbox.due_at, Outbox.id)
        .limit(1)
    )
    return None if row is None else Call(row.id, row.key, row.kind, dict(row.payload))


def done(session: Session, call_id: int, *, now: datetime) -> None:
    """The platform took it."""
    row = session.get_one(Outbox, call_id)
    row.state, row.done_at, row.trouble = "done", now, ""
    notice(session, "outbox")


def failed(
    session: Session, call_id: int, *, trouble: str, final: bool = False, now: datetime
) -> None:
    """It did not go through: try later, twice as long each time; give up loudly after a day."""
    row = session.get_one(Outbox, call_id)
    row.attempts += 1
    row.trouble = trouble[:200]
    row.due_at = now + min(_FIRST_WAIT * 2 ** min(row.attempts - 1, 12), _LONGEST_WAIT)
    if final or now - row.created_at > _GIVE_UP_AFTER:
        row.state = "given_up"
        raise_alarm(
            session, "platform_not_told", f"outbox:{row.id}",
            {"order_no": str(row.payload.get("order_no", "")), "trouble": row.trouble}, now=now,
        )
    notice(session, "outbox")
