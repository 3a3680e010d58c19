"""What paper says of a parcel: whom it goes to, and its goods in the order of the shelves."""

from __future__ import annotations

from station.db.models import Parcel
from station.domain.labels import GoodsLine
from station.domain.orders import Consignee


def consignee_of(parcel: Parcel) -> Consignee:
    """Whom the parcel goes to."""
    return Consignee(
        parcel.name, parcel.phone, parcel.province, parcel.city, parcel.district, parcel.street,
        parcel.postcode, parcel.company,
    )


def goods_of(parcel: Parcel) -> tuple[GoodsLine, ...]:
    """The goods field, in the order of the shelves (I3); equal articles are counted together."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for line in parcel.lines:
        if line.quantity and line.sku is not None:
            sku = line.sku
            key = (sku.location, sku.item_no, sku.color, sku.size)
            counts[key] = counts.get(key, 0) + line.quantity
    return tuple(
        GoodsLine(item_no, color, size, count, location)
        for (location, item_no, color, size), count in sorted(counts.items())
    )
