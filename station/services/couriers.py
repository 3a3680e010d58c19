"""Carriers and couriers (D11): whom to call, who comes, and what happened with whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import (
    CarrierContact,
    Courier,
    CourierIncident,
    Handover,
    HandoverLine,
    Parcel,
    Stub,
    WaybillNumber,
)
from station.db.session import notice
from station.domain.couriers import Incident
from station.domain.vocabulary import CarrierCode
from station.services.history import record

CHAIN = "couriers"


@dataclass(frozen=True, slots=True)
class CourierView:
    """A courier, how often he came, and what was noted, by kind."""

    id: int
    carrier: str
    name: str
    phone: str
    active: bool
    handovers: int
    last_at: datetime | None
    differed: int
    incidents: dict[str, int]


@dataclass(frozen=True, slots=True)
class CarrierView:
    """A carrier with its hotline, the shop's own contact there, and its couriers."""

    code: CarrierCode
    name: str
    hotline: str
    contact: str
    phone: str
    account: str
    note: str
    couriers: tuple[CourierView, ...]


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One thing that was noted."""

    courier: str
    carrier: str
    kind: str
    waybill_no: str
    note: str
    at: datetime
    by: str


def strangers(session: Session) -> tuple[str, ...]:
    """Codes of parcels or numbers whose carrier the settings do not name any more."""
    used = select(Parcel.carrier).union(select(WaybillNumber.carrier))
    return tuple(sorted(set(session.scalars(used)) - set(CarrierCode)))


def directory(session: Session) -> tuple[CarrierView, ...]:
    """Every carrier with its couriers, those who still come first."""
    contacts = {row.carrier: row for row in session.scalars(select(CarrierContact))}
    people = _couriers(session)
    return tuple(
        _carrier(code, contacts.get(code), tuple(one for one in people if one.carrier == code))
        for code in CarrierCode
    )


def _carrier(
    code: CarrierCode, row: CarrierContact | None, people: tuple[CourierView, ...]
) -> CarrierView:
    about = CARRIERS[code]
    own = (row.contact, row.phone, row.account, row.note) if row else ("", "", "", "")
    return CarrierView(code, about.name, about.hotline, *own, people)


def _couriers(session: Session) -> list[CourierView]:
    came = {row[0]: row for row in session.execute(
        select(Handover.courier_id, func.count(Handover.id), func.max(Handover.closed_at))
        .where(Handover.courier_id.is_not(None)).group_by(Handover.courier_id)
    )}
    differed = {row[0]: row[1] for row in session.execute(
        select(Handover.courier_id, func.count(HandoverLine.id))
        .join(HandoverLine, HandoverLine.handover_id == Handover.id)
        .where(Handover.courier_id.is_not(None), HandoverLine.state == "accepted")
        .group_by(Handover.courier_id)
    )}
    noted: dict[int, Counter[str]] = {}
    for courier_id, kind in session.execute(
        select(CourierIncident.courier_id, CourierIncident.kind)
    ):
        noted.setdefault(courier_id, Counter())[kind] += 1
    rows = session.scalars(select(Courier).order_by(Courier.active.desc(), Courier.name))
    return [
        CourierView(
            row.id, row.carrier, row.name, row.phone, row.active,
            came[row.id][1] if row.id in came else 0, came[row.id][2] if row.id in came else None,
            differed.get(row.id, 0), dict(noted.get(row.id, {})),
        )
        for row in rows
    ]


def incidents(session: Session, *, courier_id: int | None = None) -> tuple[IncidentView, ...]:
    """What was noted, newest first, at most 100; of one courier, or of all."""
    query = select(CourierIncident, Courier).join(
        Courier, Courier.id == CourierIncident.courier_id)
    if courier_id is not None:
        query = query.where(Courier.id == courier_id)
    rows = session.execute(query.order_by(CourierIncident.id.desc()).limit(100))
    return tuple(
        IncidentView(person.name, person.carrier, row.kind, row.waybill_no, row.note, row.at,
                     row.by)
        for row, person in rows
    )  # fmt: skip


def save_contact(
    session: Session, carrier: CarrierCode, *, contact: str, phone: str, account: str, note: str,
    who: str, now: datetime,
) -> None:
    """Whom to call at a carrier, for bags and waybills that run low too."""
    row = session.get(CarrierContact, str(carrier))
    if row is None:
        row = CarrierContact(carrier=str(carrier))
        session.add(row)
    row.contact, row.phone = contact.strip()[:64], phone.strip()[:64]
    row.account, row.note = account.strip()[:64], note.strip()[:200]
    record(session, CHAIN, "contact", {"carrier": str(carrier)}, now=now, who=who)
    notice(session, CHAIN)


def save_courier(
    session: Session, courier_id: int | None, *, carrier: CarrierCode, name: str, phone: str,
    active: bool, who: str, now: datetime,
) -> int | None:
    """A courier, new or changed; None where the name is empty, or another one bears it.

    Nobody is ever deleted: his signatures stay his.
    """
    name = name.strip()[:64]
    same = _named(session, str(carrier), name)
    if not name or (same is not None and same.id != courier_id):
        return None
    row = session.get(Courier, courier_id) if courier_id is not None else None
    if row is None:
        row = Courier(carrier=str(carrier), name=name)
        session.add(row)
    row.name, row.phone, row.active = name, phone.strip()[:64], active
    session.flush()
    record(session, CHAIN, "courier", {"courier": row.id, "active": active}, now=now, who=who)
    notice(session, CHAIN)
    return row.id


def note_incident(
    session: Session, courier_id: int, *, kind: Incident, waybill_no: str, note: str, who: str,
    now: datetime,
) -> int | None:
    """Note what happened with a courier; None if there is no such courier."""
    if session.get(Courier, courier_id) is None:
        return None
    row = CourierIncident(
        courier_id=courier_id, kind=str(kind), waybill_no=waybill_no.strip()[:40],
        note=note.strip()[:400], at=now, by=who,
    )
    session.add(row)
    session.flush()
    facts = {"courier": courier_id, "kind": str(kind), "waybill_no": row.waybill_no}
    record(session, CHAIN, "incident", facts, now=now, who=who)
    notice(session, CHAIN)
    return row.id


def at_the_door(session: Session, carrier: str, name: str, phone: str) -> Courier:
    """The courier who signs: one from the directory, or a new one that it learns now."""
    name, phone = name.strip()[:64], phone.strip()[:64]
    row = _named(session, carrier, name)
    if row is None:
        row = Courier(carrier=carrier, name=name, phone=phone, active=True)
        session.add(row)
        session.flush()
    row.phone = row.phone or phone
    return row


def has_left(session: Session, carrier: str, name: str) -> bool:
    """Whether this courier is in the directory as one who comes no more."""
    row = _named(session, carrier, name.strip())
    return row is not None and not row.active


def phone_known(session: Session, carrier: str, name: str) -> bool:
    """Whether a courier of this name can be called."""
    row = _named(session, carrier, name.strip())
    return row is not None and row.phone != ""


def _named(session: Session, carrier: str, name: str) -> Courier | None:
    return session.scalar(
        select(Courier).where(Courier.carrier == carrier, Courier.name == name)
        .order_by(Courier.active.desc(), Courier.id).limit(1)
    )


def who_took(session: Session, parcel_id: int) -> tuple[str, str]:
    """Name and number of the courier who has a parcel; "" where nobody took it."""
    row = session.execute(
        select(Handover.courier, Handover.courier_phone)
        .join(Stub, Stub.handover_id == Handover.id).where(Stub.parcel_id == parcel_id)
    ).first()
    return (row[0], row[1]) if row else ("", "")
