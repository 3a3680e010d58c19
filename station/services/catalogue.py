"""What the shop owns, read from its lists: goods, packaging, staff. New lines add, known update."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Packaging, Sku, SkuBarcode
from station.db.session import notice
from station.services import stock
from station.services.history import record


@dataclass(frozen=True, slots=True)
class GoodsFacts:
    """One article as a goods list tells it. ``stock`` is booked in only when the SKU is new."""

    code: str
    item_no: str
    color: str = ""
    size: str = ""
    title: str = ""
    barcodes: tuple[str, ...] = ()
    weight_g: int | None = None
    location: str = ""
    category: str = ""
    measure_waist: bool = False
    stock: int = 0
    picture: str = ""


@dataclass(slots=True)
class Booked:
    """How a list went in: new lines, known ones, and barcodes that stand for another SKU."""

    added: int = 0
    updated: int = 0
    conflicts: list[str] = field(default_factory=list)


def book_goods(session: Session, goods: Iterable[GoodsFacts], *, now: datetime) -> Booked:
    """Enter articles. A barcode that belongs to another SKU stays there and is reported."""
    result = Booked()
    for facts in goods:
        sku = session.scalar(select(Sku).where(Sku.code == facts.code))
        if sku is None:
            sku = Sku(code=facts.code, item_no=facts.item_no, on_hand=0, reserved=0, defect=0)
            session.add(sku)
            _describe(sku, facts)
            session.flush()
            if facts.stock:
                stock.receive(session, sku.id, facts.stock, note="goods list", now=now)
            result.added += 1
        else:
            _describe(sku, facts)
            result.updated += 1
        result.conflicts += _barcodes(session, sku, facts)
    notice(session, "stock")
    return result


def _describe(sku: Sku, facts: GoodsFacts) -> None:
    sku.item_no, sku.color, sku.size = facts.item_no, facts.color, facts.size
    sku.title, sku.category, sku.measure_waist = facts.title, facts.category, facts.measure_waist
    sku.weight_g = facts.weight_g if facts.weight_g is not None else sku.weight_g
    sku.location = facts.location or sku.location or ""
    sku.picture = facts.picture or sku.picture or ""


def _barcodes(session: Session, sku: Sku, facts: GoodsFacts) -> list[str]:
    conflicts = []
    for code in facts.barcodes:
        known = session.get(SkuBarcode, code)
        if known is None:
            session.add(SkuBarcode(barcode=code, sku_id=sku.id))
        elif known.sku_id != sku.id:
            conflicts.append(code)
    return conflicts


@dataclass(frozen=True, slots=True)
class PackagingFacts:
    """One consumable as a list tells it. ``stock`` counts only when it is new."""

    code: str
    name: str
    kind: str
    weight_g: int = 0
    stock: int = 0
    low_at: int = 0
    carrier: str = ""
    contact: str = ""
    phone: str = ""
    checklist: tuple[str, ...] = ()


CHECKLIST = ("挤出空气 air pressed out", "胶带封好 sealed with tape", "面单贴正面 waybill on the front")
"""The packing standard (D5) for packaging that brings no list of its own."""


def book_packaging(
    session: Session, consumables: Iterable[PackagingFacts], *, now: datetime
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
        row.low_at, row.carrier = facts.low_at, facts.carrier
        row.contact, row.phone = facts.contact, facts.phone
        row.checklist = list(facts.checklist or CHECKLIST)
        session.flush()
        record(
            session, f"packaging:{row.code}", "listed", {"name": row.name, "stock": row.stock},
            now=now,
        )
    notice(session, "packaging")
    return result
