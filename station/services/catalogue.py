"""What the shop owns, read from its lists: goods, packaging, staff. New lines add, known update."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Courier, Packaging, Sku, SkuBarcode, Staff
from station.db.session import notice
from station.orders.goods import GoodsRow
from station.orders.people_and_packaging import CourierRow, PackagingRow, StaffRow
from station.services import stock
from station.services.history import record
from station.services.staff import Role, add_staff, change_staff


@dataclass(slots=True)
class Booked:
    """How a list went in: new lines, changed ones, those known already as they are, and barcodes
    that stand for another SKU."""

    added: int = 0
    updated: int = 0
    known: int = 0
    conflicts: list[str] = field(default_factory=list)


def book_goods(session: Session, goods: Iterable[GoodsRow], *, now: datetime) -> Booked:
    """Enter articles. A barcode that belongs to another SKU stays there and is reported."""
    result = Booked()
    for facts in goods:
        sku = session.scalar(select(Sku).where(Sku.code == facts.sku))
        if sku is None:
            sku = Sku(code=facts.sku, item_no=facts.item_no, on_hand=0, reserved=0, defect=0)
            session.add(sku)
            _describe(sku, facts)
            session.flush()
            if facts.stock:
                stock.receive(session, sku.id, facts.stock, note="goods list", now=now)
            result.added += 1
        else:
            _note_known(session, sku, facts, result)
        result.conflicts += _barcodes(session, sku, facts)
    notice(session, "stock")
    return result


def _note_known(session: Session, sku: Sku, facts: GoodsRow, result: Booked) -> None:
    """Describe a known article anew, and count whether that says anything new of it."""
    new_barcode = bool(facts.barcode) and session.get(SkuBarcode, facts.barcode) is None
    _describe(sku, facts)
    if new_barcode or session.is_modified(sku):
        result.updated += 1
    else:
        result.known += 1


def _describe(sku: Sku, facts: GoodsRow) -> None:
    sku.item_no, sku.color, sku.size = facts.item_no, facts.color, facts.size
    sku.title, sku.category, sku.measure_waist = facts.title, facts.category, facts.measure_waist
    sku.weight_g = facts.weight_g if facts.weight_g is not None else sku.weight_g
    sku.location = facts.location or sku.location or ""


def _barcodes(session: Session, sku: Sku, facts: GoodsRow) -> list[str]:
    if not facts.barcode:
        return []
    known = session.get(SkuBarcode, facts.barcode)
    if known is None:
        session.add(SkuBarcode(barcode=facts.barcode, sku_id=sku.id))
        return []
    return [facts.barcode] if known.sku_id != sku.id else []


CHECKLIST = (
    "挤出空气 air pressed out", "胶带封好 sealed with tape", "面单贴正面 waybill on the front",
)
"""The packing standard (D5) for packaging that brings no list of its own."""


def book_packaging(
    session: Session, consumables: Iterable[PackagingRow], *, now: datetime
) -> Booked:
    """Enter consumables; the stock of a known one is left as it was counted."""
    result = Booked()
    for facts in consumables:
        row = session.scalar(select(Packaging).where(Packaging.code == facts.code))
        if row is None:
            row = Packaging(code=facts.code, stock=facts.stock)
            session.add(row)
            result.added += 1
        else:
            result.updated += 1
        row.name, row.kind, row.weight_g = facts.name, facts.kind, facts.weight_g
        row.low_at, row.carrier = facts.low_at, str(facts.carrier or "")
        row.contact, row.phone = facts.contact, facts.phone
        row.checklist = row.checklist or list(CHECKLIST)
        if facts.size_mm is not None:  # a list without sizes forgets none
            row.length_mm, row.width_mm, row.height_mm = facts.size_mm
        session.flush()
        record(
            session, f"packaging:{row.code}", "listed", {"name": row.name, "stock": row.stock},
            now=now,
        )
    notice(session, "packaging")
    return result


def book_couriers(
    session: Session, couriers: Iterable[CourierRow], *, now: datetime
) -> Booked:
    """Enter couriers (D11); a known one gets his new phone number."""
    result = Booked()
    for facts in couriers:
        carrier = str(facts.carrier or "")
        row = session.scalar(
            select(Courier).where(Courier.carrier == carrier, Courier.name == facts.name)
        )
        if row is None:
            session.add(Courier(carrier=carrier, name=facts.name, phone=facts.phone))
            result.added += 1
        else:
            row.phone = facts.phone or row.phone
            result.updated += 1
    record(session, "couriers", "listed", {"added": result.added}, now=now)
    return result


def book_staff(
    session: Session, people: Iterable[tuple[StaffRow, str]], *, now: datetime
) -> Booked:
    """Enter people with the hash of their PIN; a known one gets the new badge, role and PIN."""
    result = Booked()
    for facts, pin_hash in people:
        row = session.scalar(select(Staff).where(Staff.name == facts.name))
        if row is None:
            add_staff(session, facts.name, Role(facts.role), facts.badge, pin_hash, now=now)
            result.added += 1
        else:
            change_staff(session, row, Role(facts.role), facts.badge, pin_hash, now=now)
            result.updated += 1
    return result
