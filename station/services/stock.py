"""Goods on the shelf: set aside, let go, shipped, found faulty, received (I3, I7).

Every change is a row in the ledger of moves and a change of the SKU's counters in the same
transaction, so that both always agree. Rows are locked by ascending id, which keeps two
transactions from waiting for each other in a circle.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Sku, SkuBarcode, StockMove
from station.db.session import notice

FREED = "goods"
"""The notice that goods can be promised again: a held parcel may wait for them (S20)."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU of which fewer pieces can be promised than are wanted."""

    sku: str
    wanted: int
    available: int


def locked(session: Session, sku_ids: Iterable[int]) -> dict[int, Sku]:
    """The SKUs by id, locked in ascending order and read anew.

    A SKU that was looked up before it was locked may have other counters by now.
    """
    rows = session.scalars(
        select(Sku).where(Sku.id.in_(sku_ids)).order_by(Sku.id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
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
    notice(session, FREED)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A parcel that leaves: its pieces by SKU id, and how many of them were set aside for it.

    A parcel that a person let go although a piece was missing in the books holds more than was
    set aside for it.
    """

    parcel_id: int
    waybill_no: str
    pieces: Mapping[int, int]
    set_aside: Mapping[int, int]


def ship(session: Session, parcels: Iterable[Leaving], *, now: datetime) -> None:
    """Book pieces out: they left with their parcels' waybill numbers (I7)."""
    leaving = list(parcels)
    skus = locked(session, {key for parcel in leaving for key in parcel.pieces})
    for parcel in leaving:
        for key, count in parcel.pieces.items():
            skus[key].reserved -= parcel.set_aside.get(key, 0)
            skus[key].on_hand -= count
            _move(
                session, key, "ship", count, parcel_id=parcel.parcel_id,
                waybill_no=parcel.waybill_no, now=now,
            )


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


def set_apart(
    session: Session, sku_id: int, pieces: int, *, who: str, note: str, now: datetime
) -> None:
    """Move pieces that nobody set aside to the defect shelf: they came faulty (I1, I2)."""
    sku = locked(session, {sku_id})[sku_id]
    sku.on_hand -= pieces
    sku.defect += pieces
    _move(session, sku_id, "defect", pieces, who=who, note=note, now=now)


def to_supplier(
    session: Session, sku_id: int, pieces: int, *, from_shelf: bool, who: str, note: str,
    now: datetime,
) -> None:
    """Pieces leave for their supplier: from the defect shelf, or by it from the good one."""
    sku = locked(session, {sku_id})[sku_id]
    if from_shelf:
        sku.on_hand -= pieces
        _move(session, sku_id, "defect", pieces, who=who, note=note, now=now)
    else:
        sku.defect -= pieces
    _move(session, sku_id, "to_supplier", pieces, who=who, note=note, now=now)


def from_supplier(
    session: Session, sku_id: int, *, good: int, defective: int, who: str, note: str, now: datetime
) -> None:
    """Pieces come back from their supplier: exchanged ones are good, refused ones as they went."""
    sku = locked(session, {sku_id})[sku_id]
    if good:
        sku.on_hand += good
        _move(session, sku_id, "exchanged", good, who=who, note=note, now=now)
        notice(session, FREED)
    if defective:
        sku.defect += defective
        _move(session, sku_id, "to_supplier", -defective, who=who, note=note, now=now)


def receive(
    session: Session, sku_id: int, pieces: int, *, who: str = "", note: str = "", now: datetime
) -> None:
    """Book pieces in. Held parcels that wait for them are offered by ``offers.retry_held``."""
    sku = locked(session, {sku_id})[sku_id]
    sku.on_hand += pieces
    _move(session, sku_id, "receive", pieces, now=now, who=who, note=note)
    notice(session, FREED)


def adjust(
    session: Session, sku_id: int, pieces: int, *, who: str, note: str, now: datetime
) -> Sku:
    """Book what a count found more than the books say; ``pieces`` is negative for what is missing.

    More may then be promised than there is (``available`` below zero): the caller says so.
    """
    sku = locked(session, {sku_id})[sku_id]
    sku.on_hand += pieces
    _move(session, sku_id, "adjust", pieces, who=who, note=note, now=now)
    if pieces > 0:
        notice(session, FREED)
    return sku


def come_back(
    session: Session, sku_id: int, *, parcel_id: int, waybill_no: str, defective: bool = False,
    who: str, now: datetime,
) -> None:
    """Book one inspected piece of a parcel in again (I8): on the shelf, or the defect shelf."""
    sku = locked(session, {sku_id})[sku_id]
    sku.on_hand += 1
    _move(session, sku_id, "return", 1, parcel_id=parcel_id, waybill_no=waybill_no, who=who,
          now=now)
    if defective:
        to_defect(session, sku_id, parcel_id=None, who=who, note=waybill_no, now=now)
    else:
        notice(session, FREED)


def go_again(
    session: Session, sku_id: int, *, parcel_id: int, waybill_no: str, defective: bool = False,
    who: str, now: datetime,
) -> bool:
    """Take such a booking back. False if the piece was promised to somebody meanwhile."""
    sku = locked(session, {sku_id})[sku_id]
    if (sku.defect if defective else sku.available) < 1:
        return False
    if defective:
        sku.defect -= 1
        sku.on_hand += 1
        _move(session, sku_id, "defect", -1, who=who, note=waybill_no, now=now)
    sku.on_hand -= 1
    _move(session, sku_id, "return", -1, parcel_id=parcel_id, waybill_no=waybill_no, who=who,
          now=now)
    return True


def find_by_code(session: Session, code: str) -> Sku | None:
    """The SKU that a merchant code or a piece's barcode stands for."""
    found = session.scalar(select(Sku).where(Sku.code == code))
    if found is not None:
        return found
    return session.scalar(
        select(Sku).join(SkuBarcode, SkuBarcode.sku_id == Sku.id).where(SkuBarcode.barcode == code)
    )


def find_article(
    session: Session, *, code: str, item_no: str = "", color: str = "", size: str = ""
) -> Sku | None:
    """The SKU of an order's line: by its merchant code, else the one of that article and look.

    Orders without codes name article, colour and size; they count only where exactly one SKU has
    all three, and an article without a code is never guessed.
    """
    found = find_by_code(session, code) if code else None
    names = {name for name in (item_no, code) if name}
    if found is not None or not names:
        return found
    wanted = (_plain(color), _plain(size))
    rows = session.scalars(select(Sku).where(Sku.item_no.in_(names)).order_by(Sku.id)).all()
    fitting = [sku for sku in rows if (_plain(sku.color), _plain(sku.size)) == wanted]
    return fitting[0] if len(fitting) == 1 else None


def _plain(text: str) -> str:
    """A colour or size without what two people write differently: blanks, case, full width."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


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
