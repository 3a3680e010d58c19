"""When a paid order must have left (S9): same day if paid before 16:00, never later than 24 hours.

The clock stops while a parcel is held: services/holds.py moves the deadline when the hold ends.
Times are aware; the day is the shop's.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from station.domain.vocabulary import SHOP_ZONE

CUT_OFF = time(16, 0)
PROMISE = timedelta(hours=24)
NEAR = timedelta(hours=2)


class Urgency(StrEnum):
    """How close a deadline is."""

    LATE = "late"
    NEAR = "near"
    OK = "ok"


def deadline(paid_at: datetime, ship_after: datetime | None = None) -> datetime:
    """The moment (UTC) by which the order must have left the house.

    Paid before CUT_OFF (exclusive, shop's zone): the end of that day, which is the following
    midnight. Otherwise 24 hours after payment. A presale's clock starts at ``ship_after``, if that
    is later.
    """
    start = paid_at if ship_after is None else max(paid_at, ship_after)
    local = _aware(start).astimezone(SHOP_ZONE)
    promised = start + PROMISE
    if local.time() < CUT_OFF:
        promised = min(promised, _midnight_after(local))
    return promised.astimezone(UTC)


def urgency(due: datetime, now: datetime, near: timedelta = NEAR) -> Urgency:
    """Late from the deadline on, near when less than ``near`` is left, else ok."""
    left = _aware(due) - _aware(now)
    if left <= timedelta(0):
        return Urgency.LATE
    return Urgency.NEAR if left < near else Urgency.OK


def _midnight_after(local: datetime) -> datetime:
    return datetime.combine(local.date() + timedelta(days=1), time(0), SHOP_ZONE)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is no time")
    return moment
