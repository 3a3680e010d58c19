"""Counting by scanner alone: one code in, one answer out (I9).

A place's barcode opens its sheet; there every piece scanned counts one, or as many as the digits
scanned before it. 撤销 takes the last back, 完成 ends the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import CountLine, CountSheet
from station.domain.commands import Command, command_of, is_private
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Message
from station.services import stock_takes
from station.services.items import sku_of

ELSEWHERE = "count.said_elsewhere"
"""Said of goods that lie at another place than theirs: counted, but look."""


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a scan; ``sheet_id`` is the sheet to go on with, 0 the list of places."""

    words: Message | Refusal
    sheet_id: int | None = None


def scan(
    session: Session, code: str, *, take_id: int, sheet_id: int | None = None, who: str,
    now: datetime,
) -> Said:
    """Answer one barcode, at the list of places or in the sheet of one."""
    code = code.strip()
    command = command_of(code)
    if sheet_id is not None and command is not None:
        return _command(session, command, sheet_id, who=who, now=now)
    if is_private(code):
        return Said(Refusal(Code.BENCH_NOT_NOW, {"code": code[:64]}))
    if sheet_id is not None and sku_of(session, code) is not None:
        return _counted(stock_takes.count(session, sheet_id, code))
    if stock_takes.is_place(session, code):
        return _opened(stock_takes.open_place(session, take_id, code, who=who, now=now))
    return Said(Refusal(Code.ITEM_UNKNOWN, {"code": code[:64]}))


def _command(
    session: Session, command: Command, sheet_id: int, *, who: str, now: datetime
) -> Said:
    if command.value.isdigit():
        typed = stock_takes.type_digit(session, sheet_id, command.value)
        return _said(typed, "count.said_digits")
    if command is Command.UNDO:
        return _said(stock_takes.undo(session, sheet_id), "count.said_undone")
    if command is Command.DONE:
        ended = stock_takes.finish(session, sheet_id, who=who, now=now)
        if isinstance(ended, Refusal):
            return Said(ended)
        pieces = sum(line.counted for line in ended.lines)
        facts: dict[str, str | int] = {"place": ended.location, "pieces": pieces}
        return Said(Message("count.said_done", facts), sheet_id=0)
    return Said(Refusal(Code.BENCH_NOT_NOW))


def _said(sheet: CountSheet | Refusal, code: str) -> Said:
    if isinstance(sheet, Refusal):
        return Said(sheet)
    return Said(Message(code, {"digits": sheet.digits or "1"}))


def _counted(line: CountLine | Refusal) -> Said:
    if isinstance(line, Refusal):
        return Said(line)
    sku = line.sku
    facts: dict[str, str | int] = {
        "item_no": sku.item_no, "color": sku.color, "size": sku.size, "pieces": line.counted}
    here = line.expected is not None
    return Said(Message("count.said_counted" if here else ELSEWHERE,
                        facts if here else {**facts, "place": sku.location}))


def _opened(sheet: CountSheet | Refusal) -> Said:
    if isinstance(sheet, Refusal):
        return Said(sheet)
    return Said(Message("count.said_place", {"place": sheet.location}), sheet_id=sheet.id)
