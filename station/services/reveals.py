"""显示个人信息: a buyer's data in clear, for a reason, with a record of who saw it.

The record is a row of the parcel's history and names no buyer. Whoever reveals more than usual
within an hour raises an alarm, which only those who answer for personal data take away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import (
    Case,
    History,
    PageImage,
    Parcel,
    Photograph,
    PrintJob,
    Signature,
)
from station.domain.sight import RevealWhy
from station.services.alarms import raise_alarm
from station.services.dossier import SignatureView, signature_view
from station.services.history import record

MANY = "reveals_many"
"""The alarm: one person looked at more buyers than usual."""

KIND = "revealed"
WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ClearOrder:
    """One order's own words and receiver."""

    order_no: str
    buyer: str
    name: str
    phone: str
    address: str
    buyer_message: str
    seller_memo: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: what it is ("waybill", "stub", a photograph's moment), its type, its bytes."""

    what: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Clear:
    """Everything personal of one parcel, for one page."""

    parcel_id: int
    waybill_no: str
    carrier: str
    name: str
    phone: str
    company: str
    address: str
    postcode: str
    note: str
    orders: tuple[ClearOrder, ...]
    case_notes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    signatures: tuple[SignatureView, ...]


def reveal(
    session: Session, parcel_id: int, why: RevealWhy, *, who: str, most: int, now: datetime
) -> Clear | None:
    """Show one parcel's buyer to ``who`` and record it; None if there is no such parcel."""
    parcel = session.get(Parcel, parcel_id)
    if parcel is None:
        return None
    clear = _clear(session, parcel)
    note(session, parcel_id, why, what="parcel", who=who, most=most, now=now)
    return clear


def note(
    session: Session, parcel_id: int, why: RevealWhy, *, what: str, who: str, most: int,
    now: datetime,
) -> None:
    """Record that somebody sees this parcel's buyer; an alarm if it were too many in an hour."""
    facts = {"why_reveal": str(why), "what": what}
    record(session, f"parcel:{parcel_id}", KIND, facts, now=now, who=who)
    count = lately(session, now=now, who=who)
    if count > most:
        raise_alarm(session, MANY, f"reveals:{who}"[:64],
                    {"who": who, "count": count, "most": most}, now=now)


def lately(session: Session, *, now: datetime, who: str = "") -> int:
    """How many reveals there were within the last hour, by one person or by all."""
    query = select(func.count(History.id)).where(
        History.kind == KIND, History.at > now - WITHIN, History.at <= now)
    return session.scalar(query.where(History.who == who) if who else query) or 0


def why_of(row: History) -> str:
    """The reason that a reveal's row names."""
    return str(json.loads(row.data)["why_reveal"])


def _clear(session: Session, parcel: Parcel) -> Clear:
    notes = session.scalars(
        select(Case.note).where(Case.parcel_id == parcel.id).order_by(Case.id))
    signed = session.scalars(
        select(Signature).where(Signature.parcel_id == parcel.id).order_by(Signature.id))
    return Clear(
        parcel.id, parcel.waybill_no or "", parcel.carrier, parcel.name, parcel.phone,
        parcel.company, _address(parcel), parcel.postcode, parcel.note,
        orders=tuple(
            ClearOrder(order.order_no, order.buyer, order.name, order.phone, _address(order),
                       order.buyer_message, order.seller_memo)
            for order in parcel.orders),
        case_notes=tuple(text for text in notes if " " in text or not text.isascii()),
        pictures=(*_labels(session, parcel.id), *_photographs(session, parcel.id)),
        signatures=tuple(signature_view(row) for row in signed),
    )


def _address(row: object) -> str:
    parts = (str(getattr(row, name)) for name in ("province", "city", "district", "street"))
    return " ".join(part for part in parts if part)


def _labels(session: Session, parcel_id: int) -> list[Picture]:
    rows = session.execute(
        select(PrintJob.kind, PageImage.png).join(PageImage, PageImage.job_id == PrintJob.id)
        .where(PrintJob.parcel_id == parcel_id).order_by(PrintJob.id, PageImage.page))
    return [Picture(kind, "image/png", png) for kind, png in rows]


def _photographs(session: Session, parcel_id: int) -> list[Picture]:
    rows = session.execute(
        select(Photograph.moment, Photograph.jpeg)
        .where(Photograph.parcel_id == parcel_id, Photograph.removed_at.is_(None))
        .order_by(Photograph.id))
    return [Picture(moment, "image/jpeg", jpeg) for moment, jpeg in rows if jpeg]
