"""Receiving by scanner alone: one code in, one answer out (I1).

Every piece scanned counts one, or as many as the digits scanned before it; 撤销 takes the
last back, 完成 ends the counting.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import GoodsReceipt, GoodsReceiptLine
from station.domain.commands import Command, command_of, is_private
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Message
from station.services import receiving, slips


def scan(
    session: Session, code: str, *, receipt_id: int, who: str, now: datetime
) -> Message | Refusal:
    """Answer one barcode."""
    code = code.strip()
    command = command_of(code)
    if command is not None:
        return _command(session, command, receipt_id, who=who, now=now)
    if is_private(code):
        return Refusal(Code.BENCH_NOT_NOW, {"code": code[:64]})
    return _counted(receiving.count(session, receipt_id, code))


def _command(
    session: Session, command: Command, receipt_id: int, *, who: str, now: datetime
) -> Message | Refusal:
    if command.value.isdigit():
        return _said(receiving.type_digit(session, receipt_id, command.value), "count.said_digits")
    if command is Command.UNDO:
        return _said(receiving.undo(session, receipt_id), "count.said_undone")
    if command is Command.SLIP:
        asked = slips.request(session, f"receipt:{receipt_id}", who=who, now=now)
        return asked if isinstance(asked, Refusal) else Message("case_said.slip")
    if command is Command.DONE:
        return _said(receiving.check(session, receipt_id, who=who, now=now), "receipt.said_checked")
    return Refusal(Code.BENCH_NOT_NOW)


def _said(receipt: GoodsReceipt | Refusal, code: str) -> Message | Refusal:
    if isinstance(receipt, Refusal):
        return receipt
    return Message(code, {"digits": receipt.digits or "1"})


def _counted(line: GoodsReceiptLine | Refusal) -> Message | Refusal:
    if isinstance(line, Refusal):
        return line
    sku = line.sku
    return Message("count.said_counted", {
        "item_no": sku.item_no, "color": sku.color, "size": sku.size, "pieces": line.pieces})
