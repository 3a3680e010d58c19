"""What the station knows of one buyer, given out or destroyed by request (PIPL), with a record.

Destroyed are the names, phones, addresses, words and pictures. What remains proves the trade
without telling whose it was: numbers, goods, weights, hashes, and the history, which never held
any of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.orm import Session

from station.db.models import (
    Archive,
    ArchivedStub,
    Case,
    Destruction,
    PageImage,
    Parcel,
    Photograph,
    PrintJob,
    ShopOrder,
    WaybillNumber,
)
from station.db.models.findable import name_digest, phone_digest
from station.db.sealed import keys_for
from station.domain.parcel import ENDED, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.sight import masked_words
from station.domain.vocabulary import SHOP_ZONE
from station.services import bill_stars, chores, leftovers
from station.services.history import canonical, record

RETENTION = timedelta(days=3 * 365 + 1)
"""How long a trade must stay provable with its parties (电子商务法 31): three years."""

TOGETHER = 50
"""Parcels whose data is destroyed in one transaction."""

_OF_ORDER = (
    "buyer", "name", "phone", "company", "street", "buyer_message", "seller_memo", "shipping_wish",
)
_OF_PARCEL = ("name", "phone", "company", "street", "note")


def parcels_of(
    session: Session, *, phone: str = "", order_no: str = "", name: str = ""
) -> list[int]:
    """The parcels of the person with this phone, of the one who placed this order, or of this name.

    Several people may have one name.
    """
    digests = {phone_digest(keys_for(session), phone)} if phone else set()
    found: set[int] = set()
    if order_no:
        for row in session.scalars(select(ShopOrder).where(ShopOrder.order_no == order_no)):
            digests.add(row.phone_digest)
            found |= {row.parcel_id} if row.parcel_id is not None else set()
    if named := name_digest(keys_for(session), name):
        found |= set(session.scalars(select(Parcel.id).where(Parcel.name_digest == named)))
    digests -= {""}
    orders = select(ShopOrder.parcel_id).where(ShopOrder.phone_digest.in_(digests))
    theirs = select(Parcel.id).where(or_(Parcel.phone_digest.in_(digests), Parcel.id.in_(orders)))
    return sorted(found | set(session.scalars(theirs)))


def export(session: Session, parcel_ids: Sequence[int]) -> dict[str, Any]:
    """Everything personal that is kept of these parcels, as plain values for a JSON file."""
    parcels = session.scalars(
        select(Parcel).where(Parcel.id.in_(parcel_ids)).order_by(Parcel.id)).all()
    return {"parcels": [_told(session, parcel) for parcel in parcels]}


def _told(session: Session, parcel: Parcel) -> dict[str, Any]:
    pages = session.scalars(
        select(PageImage.id).join(PrintJob, PageImage.job_id == PrintJob.id)
        .where(PrintJob.parcel_id == parcel.id)).all()
    pictures = session.scalars(select(Photograph.id).where(
        Photograph.parcel_id == parcel.id, Photograph.removed_at.is_(None))).all()
    places = ("province", "city", "district", "postcode")
    return {
        "parcel": parcel.id, "waybill_no": parcel.waybill_no, "carrier": parcel.carrier,
        "state": parcel.state, "paid_at": parcel.paid_at.isoformat(),
        **{name: getattr(parcel, name) for name in (*_OF_PARCEL, *places)},
        "orders": [
            {"platform": order.platform, "order_no": order.order_no,
             **{name: getattr(order, name) for name in (*_OF_ORDER, *places)},
             "goods": [{"sku": line.sku_code, "title": line.title, "quantity": line.quantity}
                       for line in order.lines]}
            for order in parcel.orders],
        "cases": [{"kind": row.kind, "opened_at": row.opened_at.isoformat(), "note": row.note}
                  for row in session.scalars(
                      select(Case).where(Case.parcel_id == parcel.id).order_by(Case.id))],
        "label_pages": len(pages), "photographs": len(pictures),
    }


def why_not(session: Session, parcel_ids: Sequence[int], *, now: datetime) -> Refusal | None:
    """Why the data of these parcels must be kept for now: under way, disputed, or too young."""
    rows = session.execute(
        select(Parcel.waybill_no, Parcel.state, Parcel.handed_over_at, Parcel.created_at)
        .where(Parcel.id.in_(parcel_ids)).order_by(Parcel.id)).all()
    if not rows:
        return Refusal(Code.PRIVACY_NOBODY)
    for number, state, gone, made in rows:
        facts = {"waybill_no": number or "-"}
        if ParcelState(state) not in ENDED:
            return Refusal(Code.PRIVACY_UNDER_WAY, facts)
        if (gone or made) + RETENTION > now:
            until = ((gone or made) + RETENTION).date().isoformat()
            return Refusal(Code.PRIVACY_RETENTION, {**facts, "until": until})
    case = session.scalar(select(Case.waybill_no).where(
        Case.parcel_id.in_(parcel_ids), Case.closed_at.is_(None)).limit(1))
    return None if case is None else Refusal(Code.PRIVACY_CASE_OPEN, {"waybill_no": case})


def erase(
    session: Session, parcel_ids: Sequence[int], *, who: str, reason: str, now: datetime
) -> Destruction | Refusal:
    """Destroy the personal data of these parcels and their orders, and record it (销毁记录)."""
    refusal = why_not(session, parcel_ids, now=now)
    return refusal or destroy(session, parcel_ids, who=who, reason=reason, now=now)


def destroy(
    session: Session, parcel_ids: Sequence[int], *, who: str, reason: str, now: datetime
) -> Destruction:
    """The destruction itself, for one who has made sure that nothing stands against it."""
    if session.connection().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete=ON"))  # what is overwritten leaves no trace
        chores.ask(session, chores.EMPTY_LOG, now=now)
    parcels = session.scalars(
        select(Parcel).where(Parcel.id.in_(parcel_ids)).order_by(Parcel.id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    orders = [order for parcel in parcels for order in parcel.orders]
    known = leftovers.known_of_all(parcels)
    for parcel in parcels:
        parcel.merge_key = ""
        parcel.version += 1  # a page that was drawn of it before is out of date
        _blank(parcel, _OF_PARCEL)
    for order in orders:
        order.seen = []
        _blank(order, _OF_ORDER)
    session.flush()
    ids = [parcel.id for parcel in parcels]
    counts = {"parcels": len(ids), "orders": len(orders), **_pictures_gone(session, ids, now),
              **leftovers.words_gone(session, ids, [order.id for order in orders], known)}
    bill_stars.ask(session, _numbers(session, ids), now=now)
    numbers = [order.order_no for order in orders]
    return _record(session, ids, numbers, counts, who, masked_words(reason, known), now)


def _numbers(session: Session, ids: Sequence[int]) -> Sequence[str]:
    return session.scalars(
        select(WaybillNumber.number).where(WaybillNumber.parcel_id.in_(ids))).all()


def _blank(row: Any, names: Sequence[str]) -> None:
    for name in names:
        setattr(row, name, "")


def _pictures_gone(session: Session, ids: Sequence[int], now: datetime) -> dict[str, int]:
    """Remove label pages, photographs and the archives' keys; hashes stay. Nothing prints any more.
    """
    session.execute(
        update(PrintJob).where(PrintJob.parcel_id.in_(ids), PrintJob.state == "waiting")
        .values(state="void"))
    jobs = select(PrintJob.id).where(PrintJob.parcel_id.in_(ids))
    pages = session.scalars(
        delete(PageImage).where(PageImage.job_id.in_(jobs)).returning(PageImage.id))
    shots = session.scalars(
        update(Photograph)
        .where(Photograph.parcel_id.in_(ids), Photograph.removed_at.is_(None))
        .values(jpeg=None, removed_at=now).returning(Photograph.id))
    sealed = session.scalars(
        update(ArchivedStub)
        .where(ArchivedStub.parcel_id.in_(ids), ArchivedStub.shredded_at.is_(None))
        .values(key=None, shredded_at=now).returning(ArchivedStub.parcel_id))
    return {"pages": len(pages.all()), "photographs": len(shots.all()),
            "archived": len(sealed.all())}


# --- When an older copy takes the database's place ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one record says was destroyed: by its hash, its parcels and their orders' numbers."""

    hash: str
    parcels: tuple[int, ...]
    orders: tuple[str, ...]


def forgotten(session: Session) -> list[Forgotten]:
    """Every destruction that is on record."""
    rows = session.execute(select(Destruction.hash, Destruction.parcels, Destruction.orders))
    return [Forgotten(row.hash, tuple(row.parcels), tuple(row.orders)) for row in rows]


def forget_again(session: Session, records: Sequence[Forgotten], *, now: datetime) -> int:
    """Destroy what these records destroyed and an older copy has brought back; how many parcels.

    A parcel is taken for the same only if an order of the same number is in it: the copy may be of
    another shop.
    """
    known = {each.hash for each in forgotten(session)}
    found: set[int] = set()
    for each in records:
        if each.hash not in known:
            found |= set(session.scalars(select(ShopOrder.parcel_id).where(
                ShopOrder.parcel_id.in_(each.parcels), ShopOrder.order_no.in_(each.orders))))
    if found:
        destroy(session, sorted(found), who="station", reason="restored", now=now)
    return len(found)


# --- When the retention ends ----------------------------------------------------------------------


def is_due(session: Session, *, now: datetime) -> bool:
    """True if anybody's data has been kept for as long as it must be."""
    return bool(due(session, now=now, most=1))


def due(session: Session, *, now: datetime, most: int = TOGETHER) -> list[int]:
    """Parcels whose retention is over and that no open case needs, the oldest first.

    They lie in archives, or were ended without being shipped.
    """
    last = (now - RETENTION).astimezone(SHOP_ZONE).date().isoformat()
    open_case = select(Case.id).where(
        Case.parcel_id == ArchivedStub.parcel_id, Case.closed_at.is_(None))
    query = (
        select(ArchivedStub.parcel_id).join(Archive, Archive.id == ArchivedStub.archive_id)
        .where(Archive.day < last, ArchivedStub.shredded_at.is_(None), ~open_case.exists())
        .order_by(Archive.day, ArchivedStub.parcel_id).limit(most)
    )
    found = list(session.scalars(query))
    unsent = (
        select(Parcel.id)
        .where(Parcel.state == str(ParcelState.VOID), Parcel.created_at < now - RETENTION,
               Parcel.phone_digest != "")
        .order_by(Parcel.id).limit(most - len(found))
    )
    return found if len(found) == most else [*found, *session.scalars(unsent)]


def fade(session: Session, *, now: datetime) -> int:
    """Destroy the personal data of some parcels whose retention is over; how many."""
    ids = due(session, now=now)
    if ids:
        destroy(session, ids, who="station", reason="retention", now=now)
    return len(ids)


def _record(  # noqa: PLR0917 - the facts of the record, in its order
    session: Session, ids: list[int], orders: list[str], counts: dict[str, int], who: str,
    reason: str, now: datetime,
) -> Destruction:
    facts: dict[str, Any] = {
        "at": now.astimezone(UTC).isoformat(), "who": who[:64], "reason": reason[:200],
        "parcels": ids, "orders": orders, "counts": counts,
    }
    digest = hashlib.sha256(canonical(facts).encode()).hexdigest()
    row = Destruction(**{**facts, "at": now}, hash=digest)
    session.add(row)
    session.flush()
    for parcel_id in ids:
        record(session, f"parcel:{parcel_id}", "erased",
               {"record": row.id, "sha256": digest}, now=now, who=who[:64])
    record(session, "privacy", "erased", {"record": row.id, "sha256": digest}, now=now,
           who=who[:64])
    return row
