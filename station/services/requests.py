"""A buyer asks what is known of him, or to be forgotten: he is found by what he can name, shown as
counts and states, handed his file, or told what stands against erasing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from station.db.models import (
    ArchivedStub,
    Case,
    Destruction,
    History,
    PageImage,
    Parcel,
    Photograph,
    PrintJob,
    Signature,
)
from station.domain.refusals import Refusal
from station.services import erasure, reveals
from station.services.history import record
from station.services.screens import receiver

MOST = 500
"""Parcels that one request is about at most."""

_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one parcel's buyer, without showing it.

    ``person`` numbers the phones that were found, for two may have one name; ``obstacle`` is why
    it cannot be erased now; ``is_erased`` if it was already.
    """

    parcel_id: int
    waybill_no: str
    carrier: str
    state: str
    receiver: str
    paid_at: datetime
    orders: tuple[str, ...]
    person: int
    labels: int
    photographs: int
    signatures: int
    cases: int
    has_words: bool
    is_archived: bool
    is_erased: bool
    obstacle: Refusal | None


def kept_of(session: Session, parcel_ids: Sequence[int], *, now: datetime) -> tuple[Kept, ...]:
    """Parcel by parcel, the newest first."""
    parcels = session.scalars(
        select(Parcel).where(Parcel.id.in_(parcel_ids)).order_by(Parcel.id.desc())).all()
    phones = list(dict.fromkeys(parcel.phone_digest for parcel in parcels))
    return tuple(_kept(session, parcel, phones, now) for parcel in parcels)


def _kept(session: Session, parcel: Parcel, phones: list[str], now: datetime) -> Kept:
    def count(column: Any, *where: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count(column)).where(*where)) or 0

    jobs = select(PrintJob.id).where(PrintJob.parcel_id == parcel.id)
    drawn = session.scalars(select(Signature.strokes).where(Signature.parcel_id == parcel.id))
    return Kept(
        parcel.id, parcel.waybill_no or "", parcel.carrier, parcel.state, receiver(parcel),
        parcel.paid_at, tuple(order.order_no for order in parcel.orders),
        person=phones.index(parcel.phone_digest) + 1,
        labels=count(PageImage.id, PageImage.job_id.in_(jobs)),
        photographs=count(Photograph.id, Photograph.parcel_id == parcel.id,
                          Photograph.removed_at.is_(None)),
        signatures=sum(1 for strokes in drawn if strokes),
        cases=count(Case.id, Case.parcel_id == parcel.id),
        has_words=bool(parcel.note),
        is_archived=count(ArchivedStub.parcel_id, ArchivedStub.parcel_id == parcel.id) > 0,
        is_erased=not parcel.phone_digest,
        obstacle=erasure.why_not(session, [parcel.id], now=now),
    )


def hand_out(
    session: Session, parcel_ids: Sequence[int], *, who: str, now: datetime
) -> dict[str, Any]:
    """Everything personal of these parcels for their owner's file; that it was made is recorded."""
    told = erasure.export(session, parcel_ids)
    ids = [parcel["parcel"] for parcel in told["parcels"]]
    for parcel_id in ids:
        record(session, f"parcel:{parcel_id}", "exported", {}, now=now, who=who)
    if ids:
        record(session, "privacy", "exported", {"parcels": len(ids)}, now=now, who=who)
    return {"made_at": now.isoformat(), **told}


# --- What was done --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """One time that a buyer was seen in clear: by whom, why, of which parcel."""

    at: datetime
    who: str
    parcel_id: int
    waybill_no: str
    why: str


@dataclass(frozen=True, slots=True)
class Erased:
    """One record of destruction."""

    id: int
    at: datetime
    who: str
    reason: str
    parcels: int


def looks(session: Session) -> tuple[Look, ...]:
    """The newest reveals, the newest first."""
    rows = session.scalars(
        select(History).where(History.kind == reveals.KIND)
        .order_by(History.id.desc()).limit(_SHOWN)).all()
    ids = {row.id: int(row.chain.partition(":")[2]) for row in rows}
    parcels = session.execute(
        select(Parcel.id, Parcel.waybill_no).where(Parcel.id.in_(ids.values())))
    numbers = {row.id: row.waybill_no for row in parcels}
    return tuple(
        Look(row.at, row.who, ids[row.id], numbers.get(ids[row.id]) or "", reveals.why_of(row))
        for row in rows)


def erased(session: Session) -> tuple[Erased, ...]:
    """The newest records of destruction, the newest first."""
    rows = session.scalars(select(Destruction).order_by(Destruction.id.desc()).limit(_SHOWN))
    return tuple(Erased(row.id, row.at, row.who, row.reason, len(row.parcels)) for row in rows)
