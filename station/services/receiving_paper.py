"""The receiving slip that both sign, and labels with barcodes for goods that bear none (I1, I5)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from station.db.models import Sku
from station.domain.record_codes import record_code
from station.domain.vocabulary import SHOP_ZONE
from station.paper import code128
from station.paper.fonts import Fonts
from station.paper.pdf import coded, illustrated
from station.services import receiving
from station.services.bill_paper import yuan
from station.services.items import sku_of

MOST_LABELS = 500


def slip(session: Session, receipt_id: int, *, shop: str, fonts: Fonts) -> bytes:
    """The slip as PDF. Raises LookupError where there is none."""
    receipt = receiving.one(session, receipt_id)
    if receipt is None:
        raise LookupError(receipt_id)
    data = {
        "shop": shop, "number": str(receipt.id),
        "code": coded(record_code(f"receipt:{receipt.id}")), "supplier": receipt.supplier,
        "day": f"{receipt.begun_at.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M}",
        "who": receipt.begun_by, "brought_by": receipt.brought_by,
        "pieces": str(sum(line.pieces for line in receipt.lines)),
        "faulty": str(sum(line.faulty for line in receipt.lines)),
        "amount": yuan(sum(line.amount_fen for line in receipt.lines)),
        "freight": yuan(receipt.freight_fen),
        "rows": [
            {"code": line.sku.code, "item": line.sku.item_no,
             "look": f"{line.sku.color} {line.sku.size}".strip(), "title": line.sku.title,
             "pieces": str(line.pieces), "faulty": str(line.faulty or ""),
             "price": yuan(line.price_fen), "note": line.batch_note}
            for line in receipt.lines
        ],
    }
    return illustrated("receiving_slip", data, {}, fonts)


def labels(
    session: Session, wanted: Iterable[tuple[int, int]], *, fonts: Fonts
) -> bytes:
    """A label for each piece (SKU id and how many), at most ``MOST_LABELS``; no piece: no label.

    Raises LookupError where nothing is to be printed.
    """
    drawn: list[dict[str, object]] = []
    for sku_id, pieces in wanted:
        drawn += [_label(session.get_one(Sku, sku_id))] * pieces
    if not drawn:
        raise LookupError("no labels")
    return illustrated("item_labels", {"labels": drawn[:MOST_LABELS]}, {}, fonts)


def of_code(session: Session, code: str) -> int | None:
    """The SKU that a scanned or typed code stands for."""
    sku = sku_of(session, code)
    return None if sku is None else sku.id


def _label(sku: Sku) -> dict[str, object]:
    barcode = next((one.barcode for one in sku.barcodes if one.barcode.isascii()), sku.code)
    bars = list(code128.widths(barcode)) if barcode.isascii() else []
    return {"barcode": barcode if bars else "", "bars": bars, "item": sku.item_no,
            "color": sku.color, "size": sku.size, "title": sku.title, "place": sku.location}
