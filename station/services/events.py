"""Events told over HTTP: each event id is taken once, durably, and answered from then on.

The sender may tell an event any number of times. The same id with another body is a mistake of
the sender and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from station.db.models import WebhookEvent
from station.db.sealed import keys_for
from station.domain.orders import PaidOrder, RefundNotice
from station.orders.package_weight import PackageWeight
from station.orders.tracking import Tracked
from station.services import intake, package_weight, refunds, tracking
from station.services.rules import Rules


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender hears. ``outcome``: taken, known, or conflict (other body, same id)."""

    outcome: str
    facts: dict[str, Any]


def take_paid(
    session: Session, event_id: str, body_sha256: str, order: PaidOrder, rules: Rules, *,
    now: datetime,
) -> Answer:
    """Take a paid order in, once per event id."""
    def book() -> dict[str, Any]:
        taken = intake.take_orders(session, [order], rules, source="webhook", now=now)[0]
        return {
            "order_no": taken.order_no, "outcome": taken.outcome,
            "waybill_no": taken.waybill_no, "holds": list(taken.holds),
        }
    return _once(session, event_id, body_sha256, book, now)


def take_refund(
    session: Session, event_id: str, body_sha256: str, notice: RefundNotice, rules: Rules, *,
    now: datetime,
) -> Answer:
    """Take a refund notice in, once per event id."""
    def book() -> dict[str, Any]:
        refunds.tell_refund(session, notice, rules, now=now)
        return {"order_no": notice.order_no, "outcome": str(notice.kind)}
    return _once(session, event_id, body_sha256, book, now)


def take_weight(
    session: Session, event_id: str, body_sha256: str, told: PackageWeight, rules: Rules, *,
    now: datetime,
) -> Answer:
    """Take a weight that a carrier tells, once per event id."""
    def book() -> dict[str, Any]:
        return dict(package_weight.tell(session, told, rules, now=now))
    return _once(session, event_id, body_sha256, book, now)


def take_tracking(
    session: Session, event_id: str, body_sha256: str, told: Tracked, rules: Rules, *,
    now: datetime,
) -> Answer:
    """Take what a carrier tells of a parcel on its way, once per event id."""
    def book() -> dict[str, Any]:
        return dict(tracking.tell(session, told, rules, now=now))
    return _once(session, event_id, body_sha256, book, now)


def _once(
    session: Session, event_id: str, body_sha256: str, book: Callable[[], dict[str, Any]],
    now: datetime,
) -> Answer:
    body = keys_for(session).digest("webhook", body_sha256)
    known = session.get(WebhookEvent, event_id)
    if known is not None:
        same = known.body_sha256 == body
        return Answer("known", dict(known.answer)) if same else Answer("conflict", {})
    # The event's row goes first: told twice at once, the second waits here and fails the key.
    event = WebhookEvent(event_id=event_id, body_sha256=body, answer={}, at=now)
    session.add(event)
    session.flush()
    event.answer = book()
    return Answer("taken", dict(event.answer))
