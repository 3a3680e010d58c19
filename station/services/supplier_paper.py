"""The list of goods that go to a supplier, on paper in two copies: the buyer's and the warehouse's.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from station.domain.record_codes import record_code
from station.domain.vocabulary import SHOP_ZONE
from station.paper.fonts import Fonts
from station.paper.pdf import coded, illustrated
from station.services import suppliers

COPIES = ("进货留存", "仓库留存")
"""Whose copy each is (I2)."""


def pdf(session: Session, list_id: int, *, shop: str, fonts: Fonts) -> bytes:
    """Both copies as one PDF. Raises LookupError where there is no such list."""
    found = suppliers.one(session, list_id)
    if found is None:
        raise LookupError(list_id)
    data = {
        "shop": shop, "copies": list(COPIES), "number": str(found.id), "supplier": found.supplier,
        "code": coded(record_code(f"supplier:{found.id}")),
        "day": f"{found.listed_at.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M}", "who": found.listed_by,
        "taker": found.handed_to, "case": str(found.case_id or ""),
        "pieces": str(sum(line.quantity for line in found.lines)),
        "rows": [
            {"code": line.sku.code, "item": line.sku.item_no,
             "look": f"{line.sku.color} {line.sku.size}".strip(), "title": line.sku.title,
             "pieces": str(line.quantity), "reason": line.reason}
            for line in found.lines
        ],
    }
    return illustrated("supplier_list", data, {}, fonts)
