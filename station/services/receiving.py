"""入库清点: what a supplier brought is counted, checked with whoever brought it, then booked (I1).

Good pieces go on the shelf and are offered to the orders that wait for them, faulty ones on the
defect shelf (I2). A batch that differs from the first says so to all who pack it (P4). Every
step is a row of the chain ``receipt:<id>``, every piece a move of the stock's ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from station.db.models import GoodsReceipt, GoodsReceiptLine, Sku, SkuBarcode
from station.db.session import notice
from station.domain.commands import is_private
from station.domain.goods_receipts import MOVES, ReceiptMove, ReceiptState, may, own_barcode
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Fen
from station.services import counting, stock
from station.services.alarms import raise_alarm
from station.services.counting import MOST_PIECES
from station.services.history import record
from station.services.items import is_article, sku_of

TOPIC = "receiving"
MOST_FEN = 10_000_000
BATCH = "batch_differs"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class NewArticle:
    """What somebody says of goods that nobody knew: one unified item number, colour and size."""

    item_no: str
    color: str = ""
    size: str = ""
    title: str = ""
    category: str = ""
    location: str = ""
    barcode: str = ""

    @property
    def code(self) -> str:
        """The merchant code that such goods get: item number, colour and size in one."""
        return "-".join(part for part in (self.item_no, self.color, self.size) if part)[:64]


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is told of one line beside its count; None leaves the price unknown."""

    pieces: int
    faulty: int = 0
    price_fen: Fen | None = None
    batch_note: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether the numbers can be meant."""
        return (0 <= self.faulty <= self.pieces <= MOST_PIECES
                and 0 <= (self.price_fen or 0) <= MOST_FEN)


def subject(receipt_id: int) -> str:
    """A slip's name in the history."""
    return f"receipt:{receipt_id}"


# --- The slip, each step one transaction ----------------------------------------------------------


def begin(session: Session, supplier: str, *, who: str, now: datetime) -> GoodsReceipt | Refusal:
    """Goods of this supplier stand at the door."""
    name = supplier.strip()[:64]
    if not name:
        return Refusal(Code.RECEIPT_NOTHING)
    receipt = GoodsReceipt(
        supplier=name, state=ReceiptState.COUNTING, begun_at=now, begun_by=who, brought_by="",
        freight_fen=0, digits="", last_pieces=0, ended_by="")
    session.add(receipt)
    session.flush()
    record(session, subject(receipt.id), "receipt_begun", {"receipt": receipt.id}, now=now, who=who)
    notice(session, TOPIC)
    return receipt


def type_digit(session: Session, receipt_id: int, digit: str) -> GoodsReceipt | Refusal:
    """One more digit of how many pieces the next scan stands for."""
    receipt = _stepped(session, receipt_id, ReceiptMove.COUNT)
    if isinstance(receipt, Refusal):
        return receipt
    return counting.type_digit(receipt, digit) or receipt


def count(session: Session, receipt_id: int, code: str) -> GoodsReceiptLine | Refusal:
    """One piece came, or as many as the digits before it say."""
    receipt = _stepped(session, receipt_id, ReceiptMove.COUNT)
    if isinstance(receipt, Refusal):
        return receipt
    sku = sku_of(session, code)
    if sku is None:
        return Refusal(Code.RECEIPT_UNKNOWN, {"code": code[:64]})
    return _count(session, receipt, sku)


def _count(session: Session, receipt: GoodsReceipt, sku: Sku) -> GoodsReceiptLine | Refusal:
    line = next((one for one in receipt.lines if one.sku_id == sku.id), None)
    if line is None:
        line = GoodsReceiptLine(sku_id=sku.id, sku=sku, pieces=0, faulty=0, batch_note="",
                                price_fen=last_price(session, receipt.supplier, sku.id))
        receipt.lines.append(line)
    pieces = counting.next_pieces(receipt, line.pieces)
    if isinstance(pieces, Refusal):
        return pieces
    line.pieces += pieces
    session.flush()
    counting.remember(receipt, line.id, pieces)
    notice(session, TOPIC)
    return line


def undo(session: Session, receipt_id: int) -> GoodsReceipt | Refusal:
    """Take the digits back, or else what was counted last."""
    receipt = _stepped(session, receipt_id, ReceiptMove.COUNT)
    if isinstance(receipt, Refusal):
        return receipt
    if receipt.digits:
        receipt.digits = receipt.digits[:-1]
        return receipt
    line = next((one for one in receipt.lines if one.id == receipt.last_line_id), None)
    if line is None:
        return Refusal(Code.RECEIPT_NOT_NOW)
    line.pieces = max(line.pieces - receipt.last_pieces, 0)
    line.faulty = min(line.faulty, line.pieces)
    counting.remember(receipt)
    notice(session, TOPIC)
    return receipt


def enter_article(
    session: Session, receipt_id: int, article: NewArticle, *, who: str, now: datetime
) -> GoodsReceiptLine | Refusal:
    """Goods that nobody knew get their item number, and a barcode of ours if they bear none."""
    receipt = _stepped(session, receipt_id, ReceiptMove.COUNT)
    if isinstance(receipt, Refusal):
        return receipt
    if not article.item_no or is_private(article.code) or is_private(article.barcode):
        return Refusal(Code.RECEIPT_NOTHING)
    for code in filter(None, (article.code, article.barcode)):
        if is_article(session, code):
            return Refusal(Code.RECEIPT_KNOWN, {"code": code[:64]})
    sku = Sku(code=article.code, item_no=article.item_no, color=article.color,
              size=article.size, title=article.title, category=article.category,
              location=article.location, on_hand=0, reserved=0, defect=0)
    session.add(sku)
    session.flush()
    session.add(SkuBarcode(barcode=article.barcode or own_barcode(sku.id), sku_id=sku.id))
    session.flush()
    record(session, subject(receipt.id), "article_entered", {"sku": sku.code}, now=now, who=who)
    notice(session, "stock")
    return _count(session, receipt, sku)


def tell(
    session: Session, line_id: int, facts: LineFacts, *, who: str, now: datetime
) -> GoodsReceiptLine | Refusal:
    """Put a line right: how many came, how many of them are faulty, the price, what differs."""
    line = session.get(GoodsReceiptLine, line_id)
    receipt = _stepped(session, line.receipt_id if line else 0, ReceiptMove.COUNT)
    if isinstance(receipt, Refusal) or line is None:
        return receipt if isinstance(receipt, Refusal) else Refusal(Code.RECEIPT_NOT_NOW)
    if not facts.is_sound:
        return Refusal(Code.RECEIPT_NUMBERS, {"most": MOST_PIECES})
    line.pieces, line.faulty, line.price_fen = facts.pieces, facts.faulty, facts.price_fen
    line.batch_note = facts.batch_note.strip()[:200]
    told = {"sku": line.sku.code, "pieces": facts.pieces, "faulty": facts.faulty}
    record(session, subject(receipt.id), "receipt_line_told", told, now=now, who=who)
    notice(session, TOPIC)
    return line


def check(
    session: Session, receipt_id: int, *, freight_fen: Fen = 0, who: str, now: datetime
) -> GoodsReceipt | Refusal:
    """Counted: the slip can be printed and looked through with whoever brought the goods."""
    receipt = _stepped(session, receipt_id, ReceiptMove.CHECK)
    if isinstance(receipt, Refusal):
        return receipt
    if not any(line.pieces for line in receipt.lines):
        return Refusal(Code.RECEIPT_NOTHING)
    if not 0 <= freight_fen <= MOST_FEN:
        return Refusal(Code.RECEIPT_NUMBERS, {"most": MOST_PIECES})
    receipt.lines = [line for line in receipt.lines if line.pieces]
    receipt.freight_fen = freight_fen
    counting.remember(receipt)
    return _moved(session, receipt, ReceiptMove.CHECK, "receipt_checked", who=who, now=now)


def reopen(
    session: Session, receipt_id: int, *, who: str, now: datetime
) -> GoodsReceipt | Refusal:
    """Whoever brought the goods counts otherwise: count again."""
    receipt = _stepped(session, receipt_id, ReceiptMove.REOPEN)
    if isinstance(receipt, Refusal):
        return receipt
    return _moved(session, receipt, ReceiptMove.REOPEN, "receipt_reopened", who=who, now=now)


def book(
    session: Session, receipt_id: int, brought_by: str, *, who: str, now: datetime
) -> GoodsReceipt | Refusal:
    """Both signed the slip: the goods are stock from now on."""
    receipt = _stepped(session, receipt_id, ReceiptMove.BOOK)
    if isinstance(receipt, Refusal):
        return receipt
    if not brought_by.strip():
        return Refusal(Code.RECEIPT_NOBODY)
    receipt.brought_by = brought_by.strip()[:64]
    for line in sorted(receipt.lines, key=lambda one: one.sku_id):
        stock.receive(session, line.sku_id, line.pieces, who=who, note=subject(receipt.id), now=now)
        if line.faulty:
            stock.set_apart(session, line.sku_id, line.faulty, who=who, note=subject(receipt.id),
                            now=now)
        if line.batch_note:
            _differs(session, line, now=now)
    receipt.ended_at, receipt.ended_by = now, who
    return _moved(session, receipt, ReceiptMove.BOOK, "receipt_booked", who=who, now=now)


def _differs(session: Session, line: GoodsReceiptLine, *, now: datetime) -> None:
    """All concerned are told: at the bench whenever it is packed, and on the first page now."""
    line.sku.batch_note = line.batch_note
    raise_alarm(session, BATCH, f"sku:{line.sku_id}",
                {"sku": line.sku.code, "note": line.batch_note}, now=now)


def withdraw(
    session: Session, receipt_id: int, *, who: str, now: datetime
) -> GoodsReceipt | Refusal:
    """The goods go away again; nothing is booked."""
    receipt = _stepped(session, receipt_id, ReceiptMove.WITHDRAW)
    if isinstance(receipt, Refusal):
        return receipt
    receipt.ended_at, receipt.ended_by = now, who
    return _moved(session, receipt, ReceiptMove.WITHDRAW, "receipt_withdrawn", who=who, now=now)


def _stepped(
    session: Session, receipt_id: int, move: ReceiptMove
) -> GoodsReceipt | Refusal:
    """The locked slip, if the table has this move from where it is."""
    receipt = session.scalar(
        select(GoodsReceipt).where(GoodsReceipt.id == receipt_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True))
    if receipt is None or not may(ReceiptState(receipt.state), move):
        return Refusal(Code.RECEIPT_NOT_NOW)
    return receipt


def _moved(
    session: Session, receipt: GoodsReceipt, move: ReceiptMove, kind: str, *, who: str,
    now: datetime,
) -> GoodsReceipt:
    receipt.state = MOVES[move][1]
    facts = {"receipt": receipt.id, "pieces": sum(line.pieces for line in receipt.lines)}
    record(session, subject(receipt.id), kind, facts, now=now, who=who)
    notice(session, TOPIC)
    return receipt


# --- What pages and papers show -------------------------------------------------------------------


def last_price(session: Session, supplier: str, sku_id: int) -> Fen | None:
    """What one piece cost the last time that this supplier brought it."""
    return session.scalar(
        select(GoodsReceiptLine.price_fen).join(GoodsReceipt)
        .where(GoodsReceipt.supplier == supplier, GoodsReceiptLine.sku_id == sku_id,
               GoodsReceipt.state == ReceiptState.BOOKED, GoodsReceiptLine.price_fen.is_not(None))
        .order_by(GoodsReceipt.id.desc()).limit(1))


def one(session: Session, receipt_id: int) -> GoodsReceipt | None:
    """A slip with its lines and goods."""
    return session.scalar(
        select(GoodsReceipt).where(GoodsReceipt.id == receipt_id)
        .options(selectinload(GoodsReceipt.lines).joinedload(GoodsReceiptLine.sku)))


def newest(session: Session) -> Sequence[GoodsReceipt]:
    """Open slips first, then the newest."""
    ended = GoodsReceipt.ended_at.is_not(None)
    return session.scalars(
        select(GoodsReceipt).order_by(ended, GoodsReceipt.id.desc()).limit(_SHOWN)
        .options(selectinload(GoodsReceipt.lines))).all()
