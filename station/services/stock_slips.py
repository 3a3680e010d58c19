"""Slips of the warehouse: goods received, which both sign (I1), and a place to be counted (I9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import CountSheet, GoodsReceipt, Sku
from station.paper.document import Column
from station.paper.record_page import yuan
from station.paper.slip import Slip

_RECEIVED = (
    Column("货号 Item", 24), Column("颜色尺码 Look", 26), Column("件 Pcs", 10, "right"),
    Column("次品 Faulty", 10, "right"), Column("单价 元", 14, "right"), Column("批次 Note", 16),
)
_COUNTED = (
    Column("货号 Item", 30), Column("颜色尺码 Look", 40), Column("点到 Counted", 30, "right"),
)
_TO_WRITE_ON = "________"


def receipt(session: Session, key: int, _now: datetime) -> Slip | None:
    """入库单: what was counted, for whoever brought it to check; None while it is being counted."""
    row = session.get(GoodsReceipt, key)
    if row is None or row.state == "counting":
        return None
    lines = [
        (line.sku.item_no or line.sku.code, _look(line.sku), str(line.pieces),
         str(line.faulty or ""), yuan(line.price_fen) if line.price_fen is not None else "",
         line.batch_note)
        for line in row.lines
    ]
    faulty = sum(line.faulty for line in row.lines)
    totals = (
        ("合计 Total", f"{sum(line.pieces for line in row.lines)} 件 pieces"),
        ("次品 Faulty", f"{faulty} 件" if faulty else ""),
        ("金额 Amount", f"{yuan(sum(line.amount_fen for line in row.lines))} 元"),
        ("运费 Freight", f"{yuan(row.freight_fen)} 元" if row.freight_fen else ""),
    )
    return Slip(
        "入库单 Receiving", str(row.id), row.begun_at, _RECEIVED, tuple(lines),
        (("供应商 Supplier", row.supplier),), totals,
        (f"送货 Brought by {row.brought_by}".strip(), f"收货 Received by {row.begun_by}".strip()))


def count(session: Session, key: int, now: datetime) -> Slip | None:
    """盘点表: the goods of one place, and room for what is counted there, never what should be."""
    row = session.get(CountSheet, key)
    if row is None:
        return None
    goods = session.scalars(
        select(Sku).where(Sku.location == row.location).order_by(Sku.item_no, Sku.code))
    lines = [(sku.item_no or sku.code, _look(sku), _TO_WRITE_ON) for sku in goods]
    return Slip(
        "盘点表 Count", f"{row.take.month} {row.location or '没有货位'}", now, _COUNTED,
        tuple(lines), (("货位 Place", row.location or "没有货位 none"),), (), ("盘点 Counted by",))


def _look(sku: Sku) -> str:
    return f"{sku.color} {sku.size}".strip()
