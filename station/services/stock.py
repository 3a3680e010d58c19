"""Goods on the shelf: set aside, let go, shipped, found faulty, received (I3, I7).

Every change is a row in the ledger of moves and a change of the SKU's counters in the same
transaction, so that both always agree. Rows are locked by ascending id, which keeps two
transactions from waiting for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Sku, SkuBarcode, StockMove
from station.db.session import notice


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU of which fewer pieces can be promised than are wanted."""

    sku: str
    wanted: int
    available: int


def locked(session: Session, sku_ids: Mapping[int, int] | set[int]) -> dict[int, Sku]:
    """The SKUs by id, locked in ascending order."""
    rows = session.scalars(
        select(Sku).where(Sku.id.in_(sku_ids)).order_by(Sku.id).with_for_update()
    )
    return {sku.id: sku for sku in rows}


def reserve(
    session: Session, wanted: Mapping[int, int], *, parcel_id: int, now: datetime
) -> list[Shortage]:
    """Set all of ``wanted`` (SKU id to pieces) aside, or nothing and say what is short."""
    skus = locked(session, wanted)
    short = [
        Shortage(skus[key].code, pieces, max(skus[key].available, 0))
        for key, pieces in sorted(wanted.items())
        if skus[key].available < pieces
    ]
    if short:
        return short
    for key, pieces in wanted.items():
        skus[key].reserved += pieces
        _move(session, key, "reserve", pieces, parcel_id=parcel_id, now=now)
    return []


def release(session: Session, pieces: Mapping[int, int], *, parcel_id: int, now: datetime) -> None:
    """Put pieces that were set aside back among those that can be promised."""
    skus = locked(session, pieces)
    for key, count in pieces.items():
        skus[key].reserved -= count
        _move(session, key, "release", count, parcel_id=parcel_id, now=now)


def ship(
    session: Session, pieces: Mapping[int, int], *, parcel_id: int, waybill_no: str, now: datetime
) -> None:
    """Book pieces out: they left with ``waybill_no`` (I7)."""
    skus = locked(session, pieces)
    for key, count in pieces.items():
        skus[key].reserved -= count
        skus[key].on_hand -= count
        _move(session, key, "ship", count, parcel_id=parcel_id, waybill_no=waybill_no, now=now)


def to_defect(
    session: Session, sku_id: int, *, parcel_id: int | None, who: str, note: str, now: datetime
) -> Sku:
    """Move one piece to the defect shelf. It was set aside for ``parcel_id`` where one is given."""
    sku = locked(session, {sku_id})[sku_id]
    sku.on_hand -= 1
    sku.defect += 1
    if parcel_id is not None:
        sku.reserved -= 1
    _move(session, sku_id, "defect", 1, parcel_id=parcel_id, now=now, who=who, note=note)
    return sku


def receive(
    session: Session, sku_id: int, pieces: int, *, who: str = "", note: str = "", now: datetime
) -> None:
    """Book pieces in. Held parcels that wait for them are offered by ``intake.retry_held``."""
    sku = locked(session, {sku_id})[sku_id]
    sku.on_hand += pieces
    _move(session, sku_id, "receive", pieces, now=now, who=who, note=note)


def find_by_code(session: Session, code: str) -> Sku | None:
    """The SKU that a merchant code or a piece's barcode stands for."""
    found = session.scalar(select(Sku).where(Sku.code == code))
    if found is not None:
        return found
    return session.scalar(
        select(Sku).join(SkuBarcode, SkuBarcode.sku_id == Sku.id).where(SkuBarcode.barcode == code)
    )


def _move(
    session: Session,
    sku_id: int,
    kind: str,
    quantity: int,
    *,
    now: datetime,
    parcel_id: int | None = None,
    waybill_no: str = "",
    who: str = "",
    note: str = "",
) -> None:
    session.add(
        StockMove(
            sku_id=sku_id, kind=kind, quantity=quantity, parcel_id=parcel_id,
            waybill_no=waybill_no, who=who, note=note, at=now,
        )
    )
    notice(session, "stock")
