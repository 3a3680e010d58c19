"""Waybill numbers: received from a carrier in lists, taken once, printed or voided, never reused.

The ledger always balances: received = unused + taken + printed + voided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from station.db.models import WaybillNumber
from station.db.session import notice
from station.domain.vocabulary import CarrierCode
from station.services.alarms import raise_alarm

_CHUNK = 500

ARRIVED = "numbers_arrived"
"""The notice that a pool was filled: a held parcel may wait for its number."""


@dataclass(frozen=True, slots=True)
class Received:
    """How an imported list of numbers went in."""

    added: int
    known: int
    conflicts: tuple[str, ...] = ()  # numbers that another carrier brought before


def receive(
    session: Session,
    numbers: Iterable[tuple[CarrierCode, str]],
    *,
    batch: str,
    now: datetime,
) -> Received:
    """Add numbers to their carrier's pool; one that is known already is left as it is.

    A number names one parcel whatever the carrier, so one that another carrier brought before is
    not taken a second time; it is reported.
    """
    wanted = {number: str(carrier) for carrier, number in numbers}
    known = _known(session, list(wanted))
    rows = [
        {"carrier": carrier, "number": number, "batch": batch, "received_at": now,
         "state": "unused"}
        for number, carrier in wanted.items()
        if number not in known
    ]
    if rows:
        session.execute(insert(WaybillNumber), rows)
        notice(session, ARRIVED)
    notice(session, "numbers")
    conflicts = tuple(number for number, carrier in known.items() if wanted[number] != carrier)
    return Received(len(rows), len(known) - len(conflicts), conflicts)


def _known(session: Session, numbers: list[str]) -> dict[str, str]:
    """Those of the numbers that the pool has, with their carriers."""
    found: dict[str, str] = {}
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        rows = session.execute(
            select(WaybillNumber.number, WaybillNumber.carrier)
            .where(WaybillNumber.number.in_(part))
        )
        found.update((number, carrier) for number, carrier in rows)
    return found


def take(
    session: Session, carrier: CarrierCode, *, parcel_id: int, low_at: int, now: datetime
) -> str | None:
    """Bind the carrier's oldest unused number to the parcel; None if the pool is empty."""
    row = session.scalar(
        select(WaybillNumber)
        .where(WaybillNumber.carrier == str(carrier), WaybillNumber.state == "unused")
        .order_by(WaybillNumber.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if row is None:
        raise_alarm(session, "pool_empty", str(carrier), {"carrier": str(carrier)}, now=now)
        return None
    row.state, row.parcel_id, row.taken_at = "taken", parcel_id, now
    _warn_when_low(session, carrier, low_at, now)
    return row.number


def has_unused(session: Session, carrier: CarrierCode) -> bool:
    """True if the carrier's pool has a number left."""
    unused = select(WaybillNumber.id).where(
        WaybillNumber.carrier == str(carrier), WaybillNumber.state == "unused"
    )
    return session.scalar(unused.limit(1)) is not None


def unused(session: Session, carrier: CarrierCode, *, at_most: int) -> int:
    """How many numbers the carrier's pool has left, counted no further than ``at_most``."""
    left = session.scalars(
        select(WaybillNumber.id)
        .where(WaybillNumber.carrier == str(carrier), WaybillNumber.state == "unused")
        .limit(at_most)
    )
    return len(left.all())


def _warn_when_low(session: Session, carrier: CarrierCode, low_at: int, now: datetime) -> None:
    left = unused(session, carrier, at_most=low_at + 1)
    if left <= low_at:
        raise_alarm(
            session, "pool_low", str(carrier), {"carrier": str(carrier), "left": left}, now=now
        )


def printed(session: Session, number: str, *, now: datetime) -> None:
    """The number is on paper."""
    _end(session, number, "printed", now)


def void(session: Session, number: str, *, now: datetime) -> None:
    """The number will never be used: its paper, if any, is refused from now on."""
    _end(session, number, "voided", now)


def _end(session: Session, number: str, state: str, now: datetime) -> None:
    row = session.scalar(
        select(WaybillNumber).where(WaybillNumber.number == number)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if row is not None and row.state != "voided":
        row.state, row.ended_at = state, now
        notice(session, "numbers")


def ledger(session: Session) -> dict[str, dict[str, int]]:
    """Per carrier, how many numbers are in each state."""
    result: dict[str, dict[str, int]] = {}
    rows = session.execute(
        select(WaybillNumber.carrier, WaybillNumber.state, func.count()).group_by(
            WaybillNumber.carrier, WaybillNumber.state
        )
    )
    for carrier, state, count in rows:
        counts = result.setdefault(
            carrier, {"received": 0, "unused": 0, "taken": 0, "printed": 0, "voided": 0}
        )
        counts[state] = count
        counts["received"] += count
    return result
