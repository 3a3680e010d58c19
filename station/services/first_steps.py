"""What a new shop still has to bring in before the first parcel can be packed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session

from station.db.models import Packaging, Parcel, Sku, Staff, WaybillNumber
from station.domain.rights import Role


@dataclass(frozen=True, slots=True)
class Brought:
    """Which lists are there: at least one row of each. ``people``: somebody who packs."""

    goods: bool
    numbers: bool
    packaging: bool
    people: bool
    orders: bool


def brought(session: Session) -> Brought:
    """Look for one row of each; cheap however much there is."""
    packs = select(Staff.id).where(Staff.active, Staff.role == str(Role.PACKER))
    return Brought(
        goods=_any(session, exists(select(Sku.id))),
        numbers=_any(session, exists(select(WaybillNumber.id))),
        packaging=_any(session, exists(select(Packaging.id))),
        people=_any(session, exists(packs)),
        orders=_any(session, exists(select(Parcel.id))),
    )


def _any(session: Session, rows: Exists) -> bool:
    return bool(session.scalar(select(rows)))
