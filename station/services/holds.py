"""Holds (扣留): why a parcel may not go on. The promise's clock stands still while one is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from station.db.models import Hold, Parcel
from station.db.session import notice
from station.domain.refusals import Code
from station.services.history import record


def open_holds(parcel: Parcel) -> list[Hold]:
    """The parcel's holds that nobody has released yet, oldest first."""
    return [hold for hold in parcel.holds if hold.released_at is None]


def hold(
    session: Session,
    parcel: Parcel,
    code: Code,
    facts: Mapping[str, str | int] | None = None,
    *,
    now: datetime,
    who: str = "",
) -> Hold:
    """Hold the parcel; a hold of the same code that is open already only gets the new facts."""
    for existing in open_holds(parcel):
        if existing.code == code:
            if existing.facts != dict(facts or {}):
                existing.facts = dict(facts or {})
                tell(session, parcel)
            return existing
    row = Hold(parcel_id=parcel.id, code=str(code), facts=dict(facts or {}), since=now, by=who)
    parcel.holds.append(row)
    if parcel.held_since is None:
        parcel.held_since = now
    parcel.version += 1
    record(session, f"parcel:{parcel.id}", "held", {"code": str(code)}, now=now, who=who)
    tell(session, parcel)
    return row


def release(
    session: Session,
    parcel: Parcel,
    code: Code | None = None,
    *,
    now: datetime,
    who: str = "",
    reason: str = "",
) -> bool:
    """Release the open holds of ``code``, or all. True if the parcel is free to go on now.

    When the last hold goes, the deadline moves by as long as the parcel was held (S9); both the
    hold and the new deadline are in the history.
    """
    matching = [row for row in open_holds(parcel) if code is None or row.code == code]
    for row in matching:
        row.released_at, row.released_by, row.reason = now, who, reason
    if matching:
        parcel.version += 1
        tell(session, parcel)
    if open_holds(parcel):
        return False
    if matching and parcel.held_since is not None:
        parcel.deadline += _stood_still(parcel, parcel.held_since, now)
        notice(session, "print_jobs")  # its label may have waited for this
        parcel.held_since = None
        record(
            session, f"parcel:{parcel.id}", "released",
            {"codes": [row.code for row in matching], "reason": reason,
             "deadline": parcel.deadline.isoformat()},
            now=now, who=who,
        )
    return True


def _stood_still(parcel: Parcel, since: datetime, now: datetime) -> timedelta:
    """How long the hold stopped the clock, which does not run before a presale's day anyway."""
    starts = [
        max(order.paid_at, order.ship_after or order.paid_at)
        for order in parcel.orders if order.paid_at is not None
    ]
    return max(now - max(since, min(starts, default=since)), timedelta(0))


def is_held_for(parcel: Parcel, code: Code) -> bool:
    """True while a hold of this code is open."""
    return any(row.code == code for row in open_holds(parcel))


def tell(session: Session, parcel: Parcel) -> None:
    """Tell the screens that this parcel changed, and the bench where it is open."""
    notice(session, "parcels")
    if parcel.bench:
        notice(session, f"bench:{parcel.bench}")
