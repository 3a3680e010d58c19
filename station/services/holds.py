"""Holds (扣留): why a parcel may not go on. The promise's clock stands still while one is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

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
            existing.facts = dict(facts or {})
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
        parcel.deadline += now - parcel.held_since
        parcel.held_since = None
        record(
            session, f"parcel:{parcel.id}", "released",
            {"codes": [row.code for row in matching], "reason": reason,
             "deadline": parcel.deadline.isoformat()},
            now=now, who=who,
        )
    return True


def tell(session: Session, parcel: Parcel) -> None:
    """Tell the screens that this parcel changed, and the bench where it is open."""
    notice(session, "parcels")
    if parcel.bench:
        notice(session, f"bench:{parcel.bench}")
