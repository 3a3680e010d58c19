"""供应商账: what each supplier brought, what it cost, what was paid, and what is owed (P6).

Goods count from the day their slip was booked; faulty pieces are not paid for. Money that a
supplier gave for returned goods (I2) stands on its account of exchanges, not here.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from io import StringIO

from sqlalchemy import select, union
from sqlalchemy.orm import Session, selectinload

from station.db.models import GoodsReceipt, SupplierPayment
from station.db.session import notice
from station.domain.goods_receipts import Ledger, LedgerRow, ReceiptState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import SHOP_ZONE, Fen
from station.services.bill_paper import yuan
from station.services.case_statistics import harmless
from station.services.history import record
from station.services.receiving import MOST_FEN, TOPIC

COLUMNS = ("日期", "入库单", "件数", "货款", "运费", "已付", "说明")
"""The header of the exported table."""


def pay(
    session: Session, supplier: str, amount_fen: Fen, *, day: date, note: str = "", who: str,
    now: datetime,
) -> SupplierPayment | Refusal:
    """Money went to a supplier that the shop knows; a negative amount takes a mistake back."""
    name = supplier.strip()
    if name not in suppliers(session):
        return Refusal(Code.RECEIPT_NO_SUPPLIER)
    if not 0 < abs(amount_fen) <= MOST_FEN:
        return Refusal(Code.RECEIPT_NUMBERS, {"most": MOST_FEN})
    payment = SupplierPayment(supplier=name, day=day, amount_fen=amount_fen,
                              note=note.strip()[:200], who=who, at=now)
    session.add(payment)
    session.flush()
    facts = {"payment": payment.id, "amount_fen": amount_fen}
    record(session, f"payment:{payment.id}", "supplier_paid", facts, now=now, who=who)
    notice(session, TOPIC)
    return payment


def suppliers(session: Session) -> Sequence[str]:
    """Everybody who ever brought goods or got money, by name."""
    brought = select(GoodsReceipt.supplier).where(GoodsReceipt.state == ReceiptState.BOOKED)
    known = union(brought, select(SupplierPayment.supplier)).subquery()
    return session.scalars(select(known.c[0]).order_by(known.c[0])).all()


def ledger(session: Session, supplier: str) -> Ledger:
    """A supplier's papers, the oldest first."""
    receipts = session.scalars(
        select(GoodsReceipt)
        .where(GoodsReceipt.supplier == supplier, GoodsReceipt.state == ReceiptState.BOOKED)
        .options(selectinload(GoodsReceipt.lines)))
    payments = session.scalars(
        select(SupplierPayment).where(SupplierPayment.supplier == supplier)
        .order_by(SupplierPayment.id))
    rows = [_goods(receipt) for receipt in receipts]
    rows += [LedgerRow(paid.day, None, 0, 0, 0, paid.amount_fen, paid.note) for paid in payments]
    return Ledger(supplier, tuple(sorted(rows, key=lambda row: (row.day, row.receipt_id or 0))))


def _goods(receipt: GoodsReceipt) -> LedgerRow:
    booked = receipt.ended_at or receipt.begun_at
    unpriced = sum(line.price_fen is None for line in receipt.lines)
    return LedgerRow(
        booked.astimezone(SHOP_ZONE).date(), receipt.id,
        sum(line.pieces - line.faulty for line in receipt.lines),
        sum(line.amount_fen for line in receipt.lines), receipt.freight_fen, 0,
        f"{unpriced} 种没有价钱" if unpriced else "")


def ledgers(session: Session) -> list[Ledger]:
    """All suppliers' papers."""
    return [ledger(session, name) for name in suppliers(session)]


def as_csv(book: Ledger) -> bytes:
    """The ledger for a spreadsheet: UTF-8 with its mark, and no note is a formula."""
    out = StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for row in book.rows:
        table.writerow([
            row.day.isoformat(), row.receipt_id or "", row.pieces, yuan(row.goods_fen),
            yuan(row.freight_fen), yuan(row.paid_fen), harmless(row.note)])
    table.writerow(["", "", "", "", "", "欠", yuan(book.owed_fen)])
    return out.getvalue().encode("utf-8-sig")
