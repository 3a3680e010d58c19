"""A blank sheet for every place, to be counted by hand: the goods, never how many should be (I9).
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Sku
from station.domain.record_codes import record_code
from station.paper.fonts import Fonts
from station.paper.pdf import coded, illustrated
from station.services import stock_takes


def pdf(session: Session, take_id: int, *, shop: str, fonts: Fonts) -> bytes:
    """The sheets as one PDF. Raises LookupError where there is no such stock-take."""
    take = stock_takes.one(session, take_id)
    if take is None:
        raise LookupError(take_id)
    goods: dict[str, list[dict[str, str]]] = defaultdict(list)
    for sku in session.scalars(select(Sku).order_by(Sku.location, Sku.item_no, Sku.code)):
        goods[sku.location].append({
            "code": sku.code, "item": sku.item_no, "title": sku.title,
            "look": f"{sku.color} {sku.size}".strip()})
    data = {
        "shop": shop, "number": str(take.id), "month": take.month,
        "sheets": [{"place": sheet.location, "code": coded(record_code(f"count:{sheet.id}")),
                    "rows": goods[sheet.location]}
                   for sheet in take.sheets],
    }
    return illustrated("count_sheets", data, {}, fonts)
