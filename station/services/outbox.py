"""Calls to the shop platform that must happen (D3): rows, retried with back-off, told once.

A platform that is away for days has missed nothing when it is back: no call expires.

The row is written in the transaction of the step that causes it; its key is sent along, so that
a platform which heard the call but whose answer was lost can tell that it is the same one. An order
is told "shipped" once. Where its number becomes void before the call was made, the call is
withdrawn; where the platform may have heard it, the new number is told as "changed".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from station.db.models import Outbox, Parcel, ShopOrder
from station.db.session import notice
from station.domain.orders import RefundKind
from station.services.alarms import close_alarm, raise_alarm
from station.services.rules import Rules

_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
_TOLD_AFTER = timedelta(hours=24)  # then somebody hears that the platform does not
_LEASE = timedelta(seconds=30)  # longer than a call may take: nobody else makes it meanwhile
_NOT_TOLD = "platform_not_told"
_OF_A_NUMBER = ("shipped", "changed")
"""Calls that name a waybill number; a note (services/memos.py) is told whatever becomes of it."""
_GONE = (RefundKind.REFUNDED, RefundKind.CANCELLED)


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
    """Write the call for each order of the parcel, if this is the shop's moment for it.

    Nothing is told of an order whose money went back while others travel on in its parcel.
    """
    if not rules.platform_url or moment != rules.ship_call_at:
        return
    for order in parcel.orders:
        if order.refund not in _GONE:
            _write(session, order, parcel, now)


def _write(session: Session, order: ShopOrder, parcel: Parcel, now: datetime) -> None:
    key = f"shipped:{order.platform}:{order.order_no}:{parcel.waybill_no}"
    earlier = session.scalars(
        select(Outbox).where(Outbox.order_id == order.id, Outbox.kind.in_(_OF_A_NUMBER))
        .order_by(Outbox.id.desc())
    ).all()
    if any(row.key == key for row in earlier):
        return
    payload = {
        "platform": order.platform, "order_no": order.order_no, "carrier": parcel.carrier,
        "waybill_no": parcel.waybill_no,
    }
    heard = next((row for row in earlier if _was_begun(row)), None)
    if heard is not None:
        payload["replaces"] = str(heard.payload["waybill_no"])
    session.add(
        Outbox(
            key=key, kind="shipped" if heard is None else "changed", order_id=order.id,
            created_at=now, due_at=now, payload=payload,
        )
    )
    notice(session, "outbox")


def _was_begun(row: Outbox) -> bool:
    """True if a call may have left the house: it was claimed, so it is due at another time."""
    return row.state in ("done", "given_up") or row.due_at != row.created_at


def withdraw(session: Session, orders: Iterable[ShopOrder]) -> None:
    """Their parcel's number becomes void: calls that were not answered yet must not tell it."""
    rows = session.scalars(
        select(Outbox)
        .where(Outbox.order_id.in_([order.id for order in orders]), Outbox.state == "waiting",
               Outbox.kind.in_(_OF_A_NUMBER))
        .order_by(Outbox.id).with_for_update(key_share=True)
    )
    for row in rows:
        row.state = "withdrawn"


def next_call(session: Session, *, now: datetime) -> Call | None:
    """The call that is due longest."""
    row = session.scalar(_due(now))
    return None if row is None else Call(row.id, row.key, row.kind, dict(row.payload))


def _due(now: datetime) -> Select[Outbox]:
    """The call that is due longest. No wait is longer than the longest: what is due later than that
    was written by a clock that was wrong.
    """
    late = or_(Outbox.due_at <= now, Outbox.due_at > now + _LONGEST_WAIT)
    return (
        select(Outbox).where(Outbox.state == "waiting", late)
        .order_by(Outbox.due_at, Outbox.id).limit(1)
    )


def claim(session: Session, *, now: datetime) -> Call | None:
    """Take the call that is due longest; whoever took it makes it, and after a crash another."""
    row = session.scalar(_due(now).with_for_update(skip_locked=True, key_share=True))
    if row is None:
        return None
    row.due_at = now + _LEASE
    return Call(row.id, row.key, row.kind, dict(row.payload))


def done(session: Session, call_id: int, *, now: datetime) -> None:
    """The platform took it, even if the call was withdrawn while it was made."""
    row = session.get_one(Outbox, call_id, with_for_update={"key_share": True})
    row.state, row.done_at, row.trouble = "done", now, ""
    close_alarm(session, _NOT_TOLD, f"outbox:{row.id}", now=now)
    notice(session, "outbox")


def failed(
    session: Session, call_id: int, *, trouble: str, final: bool = False, now: datetime
) -> None:
    """It did not go through: try later, twice as long each time.

    Only what the platform refused is given up. A platform that is away is asked for as long as it
    takes; after a day somebody is told, once for each call.
    """
    row = session.get_one(Outbox, call_id, with_for_update={"key_share": True})
    if row.state != "waiting":
        return
    row.attempts += 1
    row.trouble = trouble[:200]
    row.due_at = now + min(_FIRST_WAIT * 2 ** min(row.attempts - 1, 12), _LONGEST_WAIT)
    if final:
        row.state = "given_up"
    if final or now - row.created_at > _TOLD_AFTER:
        raise_alarm(
            session, _NOT_TOLD, f"outbox:{row.id}",
            {"order_no": str(row.payload.get("order_no", "")), "trouble": row.trouble}, now=now,
        )
    notice(session, "outbox")
