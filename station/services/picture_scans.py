"""Pictures and measurements by scanner alone: one code in, one answer out (M6, M11).

An article's code leads to its pictures; digits and 完成 enter the size's measures. Only the camera
is asked elsewhere, because no transaction waits for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from station.domain.commands import Command, command_of, is_private
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Message
from station.services import garment_sizes
from station.services.items import sku_of


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a scan; ``sku_id`` is another SKU to go on with."""

    words: Message | Refusal
    sku_id: int | None = None


def takes_picture(code: str) -> bool:
    """True for the command that takes the next picture: 下一个."""
    return command_of(code.strip()) is Command.NEXT


def scan(
    session: Session, code: str, *, sku_id: int | None = None, who: str, now: datetime
) -> Said:
    """Answer one barcode, on the overview or on a SKU's page."""
    code = code.strip()
    command = command_of(code)
    if command is not None and sku_id is not None:
        return Said(_command(session, command, sku_id, who=who, now=now))
    if is_private(code):
        return Said(Refusal(Code.BENCH_NOT_NOW, {"code": code[:64]}))
    sku = sku_of(session, code)
    if sku is None:
        return Said(Refusal(Code.ITEM_UNKNOWN, {"code": code[:64]}))
    if not sku.item_no:
        return Said(Refusal(Code.PICTURE_NO_ARTICLE))
    facts: dict[str, str | int] = {"item_no": sku.item_no, "color": sku.color, "size": sku.size}
    return Said(Message("picture.said_article", facts), None if sku.id == sku_id else sku.id)


def _command(
    session: Session, command: Command, sku_id: int, *, who: str, now: datetime
) -> Message | Refusal:
    if command.value.isdigit():
        return garment_sizes.type_digit(session, sku_id, command.value)
    if command is Command.UNDO:
        return garment_sizes.undo(session, sku_id)
    if command is Command.DONE:
        return garment_sizes.enter(session, sku_id, who=who, now=now)
    return Refusal(Code.BENCH_NOT_NOW)
