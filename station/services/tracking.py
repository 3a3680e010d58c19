"""What carriers tell of parcels that left, and the parcels of which nobody has heard (D8, D9).

A parcel that has not arrived when its carrier's limit is over is proposed as lost; one that comes
back is proposed as unreachable. A person opens the case, or says that it is none. Parcels are
missed only of carriers that do tell: where nothing is ever told, silence means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Case, Parcel, ParcelTrack, Stub
from station.db.session import Database, notice
from station.domain.cases import CaseKind
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.tracking import ENDED, proposed
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.orders.tracking import Tracked
from station.services import cases
from station.services.alarms import close_alarm, raise_alarm
from station.services.couriers import who_took
from station.services.history import record
from station.services.rules import Rules

ALARM = "maybe_case"
_TELLS_WITHIN = timedelta(days=7)  # a carrier that told something so lately does tell
_DAYS_BACK = 3  # so many days are looked at again, in case the station was off
_TOGETHER = 100
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case that the station proposes, and what is known of its parcel."""

    parcel_id: int
    waybill_no: str
    carrier: str
    kind: str
    state: str
    heard_at: datetime | None
    gone_at: datetime | None


def tell(
    session: Session, told: Tracked, rules: Rules, *, now: datetime
) -> dict[str, str | int]:
    """Take one state; the answer says what became of it, or why nothing did.

    An older one than is known changes nothing: carriers tell out of order.
    """
    parcel = session.scalar(
        select(Parcel).where(Parcel.waybill_no == told.waybill_no)
        .with_for_update(key_share=True))
    facts: dict[str, str | int] = {"waybill_no": told.waybill_no}
    if parcel is None:
        return {**facts, "outcome": str(Code.WAYBILL_UNKNOWN)}
    if told.carrier is not None and told.carrier != parcel.carrier:
        return {**facts, "outcome": str(Code.HANDOVER_OTHER_CARRIER), "carrier": parcel.carrier}
    if parcel.state != ParcelState.HANDED_OVER:
        return {**facts, "outcome": str(Code.CASE_NOT_GONE)}
    row = _track(session, parcel, rules)
    if row.at is not None and told.at <= row.at:
        return {**facts, "outcome": "older", "state": row.state}
    if row.state in ENDED:  # the carrier takes it back: the parcel is missed again
        row.due_at = _counts_as_lost(parcel, rules)
    row.state, row.at, row.told_at = str(told.state), told.at, now
    record(session, f"parcel:{parcel.id}", "tracked", {"track": str(told.state)}, now=now)
    if told.state in ENDED:
        row.due_at, row.proposal = None, ""
        close_alarm(session, ALARM, f"parcel:{parcel.id}", now=now)
    elif kind := proposed(told.state):
        _propose(session, row, parcel, kind, now=now)
    notice(session, cases.TOPIC)
    return {**facts, "outcome": "taken", "state": row.state}


def _track(session: Session, parcel: Parcel, rules: Rules) -> ParcelTrack:
    """The parcel's row, made now if there is none; the parcel is locked."""
    row = session.get(ParcelTrack, parcel.id)
    if row is None:
        row = ParcelTrack(
            parcel_id=parcel.id, carrier=parcel.carrier, state="", proposal="",
            due_at=_counts_as_lost(parcel, rules))
        session.add(row)
    return row


def _counts_as_lost(parcel: Parcel, rules: Rules) -> datetime | None:
    limit = timedelta(days=cases.terms_of(rules, parcel.carrier).lost_days)
    return parcel.handed_over_at + limit if parcel.handed_over_at else None


def _propose(
    session: Session, row: ParcelTrack, parcel: Parcel, kind: CaseKind, *, now: datetime
) -> None:
    """Propose a case once, unless the parcel has one of this kind already."""
    row.due_at = None
    known = select(Case.id).where(Case.parcel_id == parcel.id, Case.kind == str(kind))
    if row.proposal == kind or session.scalar(known.limit(1)) is not None:
        return
    row.proposal, row.proposed_at = str(kind), now
    courier, phone = who_took(session, parcel.id)
    gone_on = parcel.handed_over_at or now
    raise_alarm(session, ALARM, f"parcel:{parcel.id}", {
        "waybill_no": parcel.waybill_no or "", "carrier": parcel.carrier, "case_kind": str(kind),
        "days": (now - gone_on).days, "courier": courier, "phone": phone}, now=now)
    record(session, f"parcel:{parcel.id}", "case_proposed", {"case_kind": str(kind)}, now=now)


# --- What only time brings ------------------------------------------------------------------------


def watch(db: Database, rules: Rules, *, now: datetime) -> int:
    """Propose what counts as lost by now; writes only if there is news. How many."""
    missed = db.read(partial(overdue, rules=rules, now=now))
    for start in range(0, len(missed), _TOGETHER):
        part = missed[start : start + _TOGETHER]
        db.write(partial(propose_lost, parcel_ids=part, rules=rules, now=now))
    return len(missed)


def overdue(session: Session, rules: Rules, *, now: datetime) -> list[int]:
    """Parcels past their carrier's limit that have not arrived, and those nobody ever told of."""
    told = session.scalars(
        select(ParcelTrack.parcel_id).where(ParcelTrack.due_at <= now)
        .order_by(ParcelTrack.due_at)).all()
    return [*told, *(one for carrier in _telling(session, now)
                     for one in _never_told_of(session, carrier, rules, now))]


def _telling(session: Session, now: datetime) -> Sequence[str]:
    """The carriers that told something lately."""
    return [str(code) for code in CarrierCode if session.scalar(
        select(ParcelTrack.parcel_id).where(
            ParcelTrack.carrier == str(code), ParcelTrack.told_at > now - _TELLS_WITHIN)
        .limit(1)) is not None]


def _never_told_of(
    session: Session, carrier: str, rules: Rules, now: datetime
) -> Sequence[int]:
    limit = cases.terms_of(rules, carrier).lost_days
    last = (now - timedelta(days=limit)).astimezone(SHOP_ZONE).date()
    days = [(last - timedelta(days=back)).isoformat() for back in range(_DAYS_BACK)]
    query = (
        select(Stub.parcel_id).join(Parcel, Parcel.id == Stub.parcel_id)
        .outerjoin(ParcelTrack, ParcelTrack.parcel_id == Stub.parcel_id)
        .where(
            Stub.day.in_(days), Stub.carrier == carrier, ParcelTrack.parcel_id.is_(None),
            Parcel.handed_over_at <= now - timedelta(days=limit))
        .order_by(Stub.parcel_id)
    )
    return session.scalars(query).all()


def propose_lost(
    session: Session, parcel_ids: Sequence[int], rules: Rules, *, now: datetime
) -> None:
    """Propose each as lost, if nothing was told of it meanwhile."""
    parcels = session.scalars(
        select(Parcel).where(Parcel.id.in_(parcel_ids)).order_by(Parcel.id)
        .with_for_update(key_share=True)).all()
    for parcel in parcels:
        row = _track(session, parcel, rules)
        if row.due_at is not None and row.due_at <= now:
            _propose(session, row, parcel, CaseKind.LOST, now=now)
    notice(session, cases.TOPIC)


# --- What a person makes of it --------------------------------------------------------------------


def proposals(session: Session) -> tuple[Proposal, ...]:
    """The cases that wait for a person's word, the oldest first; those that were opened are gone.
    """
    opened = select(Case.id).where(
        Case.parcel_id == ParcelTrack.parcel_id, Case.kind == ParcelTrack.proposal)
    rows = session.execute(
        select(ParcelTrack, Parcel.waybill_no, Parcel.handed_over_at)
        .join(Parcel, Parcel.id == ParcelTrack.parcel_id)
        .where(ParcelTrack.proposal != "", ~opened.exists())
        .order_by(ParcelTrack.proposed_at, ParcelTrack.parcel_id).limit(_SHOWN))
    return tuple(
        Proposal(row.parcel_id, number or "", row.carrier, row.proposal, row.state, row.at, gone)
        for row, number, gone in rows)


def dismiss(session: Session, parcel_id: int, *, who: str, now: datetime) -> bool:
    """A person knows better: no case. False where none was proposed."""
    row = session.get(ParcelTrack, parcel_id, with_for_update=True)
    if row is None or not row.proposal:
        return False
    record(session, f"parcel:{parcel_id}", "proposal_dismissed", {"case_kind": row.proposal},
           now=now, who=who)
    row.proposal = ""
    close_alarm(session, ALARM, f"parcel:{parcel_id}", now=now)
    notice(session, cases.TOPIC)
    return True
