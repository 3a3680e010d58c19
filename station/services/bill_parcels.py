"""The parcels that a bill is about, with the figures that were agreed with the courier (D6, D12).

What was signed for at the door holds until a signed correction says otherwise.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select

from station.db.models import (
    Handover,
    HandoverCorrection,
    HandoverLine,
    Packaging,
    Parcel,
    Stub,
)
from station.domain.tariffs import Dimensions

_L, _C = HandoverLine, HandoverCorrection


def parcels_as_agreed() -> Select[*tuple[Any, ...]]:
    """Parcels with the hand-over that took them, which a stub names, and their standing figures.

    ``accepted``: a manager, or the courier by a signed correction, stands for the courier's weight.
    """
    corrected = _C.id.is_not(None)
    newest = select(func.max(_C.id)).group_by(_C.handover_id, _C.parcel_id).scalar_subquery()
    return (
        select(
            Parcel.waybill_no, Parcel.carrier, Parcel.province, Parcel.city, Parcel.district,
            Parcel.weight_g, Parcel.handed_over_at, Parcel.weighed_at, Parcel.packer,
            case((corrected, _C.weight_g), else_=_L.courier_weight_g).label("courier_weight_g"),
            case((corrected, _C.price_fen), else_=_L.courier_price_fen).label("courier_price_fen"),
            func.coalesce(or_(corrected, _L.state == "accepted"), False).label("accepted"),
            Parcel.length_mm, Parcel.width_mm, Parcel.height_mm,
            Packaging.length_mm.label("box_length_mm"), Packaging.width_mm.label("box_width_mm"),
            Packaging.height_mm.label("box_height_mm"),
            Handover.number.label("handover"), Handover.courier,
        )
        .outerjoin(Packaging, Packaging.id == Parcel.packaging_id)
        .outerjoin(Stub, Stub.parcel_id == Parcel.id)
        .outerjoin(Handover, Handover.id == Stub.handover_id)
        .outerjoin(_L, and_(_L.handover_id == Stub.handover_id, _L.parcel_id == Parcel.id))
        .outerjoin(_C, and_(
            _C.handover_id == Stub.handover_id, _C.parcel_id == Parcel.id, _C.id.in_(newest)))
    )


def size_of(row: Row[Any]) -> Dimensions | None:
    """The parcel's own size where it was measured, else its packaging's, else None."""
    for size in ((row.length_mm, row.width_mm, row.height_mm),
                 (row.box_length_mm, row.box_width_mm, row.box_height_mm)):  # fmt: skip
        if all(size):
            return size
    return None
