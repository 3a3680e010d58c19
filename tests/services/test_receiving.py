"""Goods that a supplier brings: counted, checked together, booked only then; and what is owed."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from station.db.models import (
    Alarm,
    GoodsReceipt,
    GoodsReceiptLine,
    History,
    Sku,
    SkuBarcode,
    StockMove,
    SupplierPayment,
)
from station.domain.goods_receipts import MOVES, ReceiptMove, ReceiptState, may, own_barcode
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Message
from station.paper.fonts import Fonts
from station.services import (
    history,
    offers,
    receiving,
    receiving_paper,
    receiving_scans,
    stock,
    supplier_ledger,
)
from station.services.receiving import LineFacts, NewArticle

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = [pytest.mark.rule("I1"), pytest.mark.rule("P5")]
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
MILL = "温岭针织厂"


class Door:
    """The keeper at the door, with the goods and whoever brought them before him."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.id = self.begin().id

    def begin(self) -> GoodsReceipt:
        made = self.shop.write(receiving.begin, MILL, who="仓管")
        assert isinstance(made, GoodsReceipt), made
        return made

    def scan(self, code: str) -> Message | Refusal:
        known = {sku: f"69{sku_id:011d}" for sku, sku_id in self.shop.skus.items()}
        return self.shop.write(
            receiving_scans.scan, known.get(code, code), receipt_id=self.id, who="仓管")

    def step(self, what: Any, **facts: Any) -> Any:
        return self.shop.write(what, self.id, who="仓管", **facts)

    def tell(self, code: str, *numbers: Any, **facts: Any) -> Any:
        line = next(one for one in self.slip().lines if one.sku.code == code)
        return self.shop.write(receiving.tell, line.id, LineFacts(*numbers, **facts), who="仓管")

    def book(self, brought_by: str = "老李") -> Any:
        return self.shop.write(receiving.book, self.id, brought_by, who="仓管")

    def slip(self) -> GoodsReceipt:
        found = self.shop.read(receiving.one, self.id)
        assert found is not None
        return found

    def counted(self) -> dict[str, int]:
        return {line.sku.code: line.pieces for line in self.slip().lines}

    def stock(self, code: str) -> tuple[int, int]:
        sku = self.shop.read(stock.find_by_code, code)
        return sku.on_hand, sku.defect


@pytest.fixture
def door(open_shop: Shop) -> Door:
    return Door(open_shop)


def test_goods_are_stock_only_when_both_have_signed(door: Door):
    before = door.stock(SHIRT)[0]
    for _ in range(3):
        door.scan(SHIRT)
    assert door.stock(SHIRT)[0] == before
    assert isinstance(door.step(receiving.check), GoodsReceipt)
    assert door.stock(SHIRT)[0] == before
    assert door.book().state == ReceiptState.BOOKED
    assert door.stock(SHIRT)[0] == before + 3
    move = door.shop.read(lambda session: session.scalar(
        select(StockMove).where(StockMove.note == receiving.subject(door.id))))
    assert (move.kind, move.quantity, move.who) == ("receive", 3, "仓管")
    kinds = door.shop.read(lambda session: list(session.scalars(
        select(History.kind).where(History.chain == receiving.subject(door.id))
        .order_by(History.seq))))
    assert kinds == ["receipt_begun", "receipt_checked", "receipt_booked"]
    assert door.shop.read(lambda session: list(history.verify(session))) == []


def test_nothing_is_booked_twice_or_without_a_name(door: Door):
    door.scan(SHIRT)
    assert door.book() == Refusal(Code.RECEIPT_NOT_NOW)
    door.step(receiving.check)
    assert door.book("  ") == Refusal(Code.RECEIPT_NOBODY)
    before = door.stock(SHIRT)[0]
    door.book()
    assert door.book() == Refusal(Code.RECEIPT_NOT_NOW)
    assert door.stock(SHIRT)[0] == before + 1
    assert door.slip().brought_by == "老李"


def test_faulty_pieces_go_to_the_defect_shelf(door: Door):
    on_hand, defect = door.stock(SHIRT)
    for code in ("PBCMD-1", "PBCMD-2", SHIRT):
        door.scan(code)
    door.tell(SHIRT, 12, 2)
    door.step(receiving.check)
    door.book()
    assert door.stock(SHIRT) == (on_hand + 10, defect + 2)


@pytest.mark.rule("P4")
def test_a_batch_that_differs_is_told_to_all_concerned(door: Door):
    door.scan(SHIRT)
    door.tell(SHIRT, 1, batch_note="领口深一点")
    door.step(receiving.check)
    assert door.shop.sku(SHIRT).batch_note == ""
    door.book()
    assert door.shop.sku(SHIRT).batch_note == "领口深一点"
    alarm = door.shop.read(lambda session: session.scalar(
        select(Alarm).where(Alarm.code == "batch_differs")))
    assert alarm.facts == {"sku": SHIRT, "note": "领口深一点"}


def test_a_batch_without_a_word_leaves_the_former_note(door: Door):
    door.scan(SHIRT)
    door.tell(SHIRT, 1, batch_note="深")
    door.step(receiving.check)
    door.book()
    door.id = door.begin().id
    door.scan(SHIRT)
    door.step(receiving.check)
    door.book()
    assert door.shop.sku(SHIRT).batch_note == "深"


def test_goods_that_nobody_knew_get_one_number_and_a_barcode(door: Door):
    assert door.scan("NEW") == Refusal(Code.RECEIPT_UNKNOWN, {"code": "NEW"})
    made = door.step(receiving.enter_article, article=NewArticle(
        "QZ01", "灰", "均码", "袜子", location="B-02"))
    assert isinstance(made, GoodsReceiptLine)
    assert (made.sku.code, made.pieces) == ("QZ01-灰-均码", 1)
    barcode = door.shop.read(lambda session: session.scalar(
        select(SkuBarcode.barcode).where(SkuBarcode.sku_id == made.sku_id)))
    assert barcode == own_barcode(made.sku_id)
    assert isinstance(door.scan(barcode), Message)
    assert door.counted() == {"QZ01-灰-均码": 2}


@pytest.mark.parametrize(("article", "why"), [
    (NewArticle(""), Code.RECEIPT_NOTHING),
    (NewArticle("PBCMD-DONE"), Code.RECEIPT_NOTHING),
    (NewArticle("X1", barcode="PBID-007"), Code.RECEIPT_NOTHING),
    (NewArticle("JN8801", "黑色", "32"), Code.RECEIPT_KNOWN),
])
def test_an_article_that_cannot_be_says_why(door: Door, article: NewArticle, why: Code):
    assert door.step(receiving.enter_article, article=article).code is why
    assert door.counted() == {}


def test_a_barcode_of_another_article_is_not_taken_away(door: Door):
    taken = f"69{door.shop.skus[SHIRT]:011d}"
    refusal = door.step(receiving.enter_article, article=NewArticle("X1", barcode=taken))
    assert refusal == Refusal(Code.RECEIPT_KNOWN, {"code": taken})


def test_undo_takes_back_a_digit_first_then_the_last_scan_and_no_more(door: Door):
    for code in ("PBCMD-3", SHIRT, SHIRT, "PBCMD-5", "PBCMD-UNDO", "PBCMD-UNDO"):
        door.scan(code)
    assert door.counted() == {SHIRT: 3}
    assert door.scan("PBCMD-UNDO") == Refusal(Code.RECEIPT_NOT_NOW)


def test_more_than_anybody_carries_is_a_slip(door: Door):
    for digit in "9999":
        door.scan(f"PBCMD-{digit}")
    assert door.scan("PBCMD-9").code == Code.COUNT_TOO_MANY
    door.scan(SHIRT)
    assert door.scan(SHIRT).code == Code.COUNT_TOO_MANY
    assert door.counted() == {SHIRT: 9999}


@pytest.mark.parametrize("facts", [
    LineFacts(1, 2), LineFacts(-1), LineFacts(10_000), LineFacts(1, -1), LineFacts(1, 0, -1),
    LineFacts(1, 0, receiving.MOST_FEN + 1),
])
def test_numbers_that_cannot_be_are_refused(door: Door, facts: LineFacts):
    door.scan(SHIRT)
    (line,) = door.slip().lines
    assert door.shop.write(receiving.tell, line.id, facts, who="x").code is Code.RECEIPT_NUMBERS
    assert door.counted() == {SHIRT: 1}
    assert door.step(receiving.check, freight_fen=-1).code is Code.RECEIPT_NUMBERS


def test_a_slip_without_pieces_or_supplier_is_none(door: Door):
    assert door.shop.write(receiving.begin, "  ", who="x") == Refusal(Code.RECEIPT_NOTHING)
    assert door.step(receiving.check) == Refusal(Code.RECEIPT_NOTHING)
    door.scan(SHIRT)
    door.tell(SHIRT, 0)
    assert door.step(receiving.check) == Refusal(Code.RECEIPT_NOTHING)


def test_a_line_that_was_counted_down_to_nothing_is_gone_from_the_slip(door: Door):
    door.scan(SHIRT)
    door.scan(JEANS)
    door.tell(SHIRT, 0)
    door.scan("PBCMD-DONE")
    assert door.counted() == {JEANS: 1}


def test_what_the_bringer_counts_otherwise_is_counted_again(door: Door):
    door.scan(SHIRT)
    door.step(receiving.check)
    assert door.scan(SHIRT) == Refusal(Code.RECEIPT_NOT_NOW)
    assert door.scan("PBCMD-1") == Refusal(Code.RECEIPT_NOT_NOW)
    assert door.scan("PBCMD-UNDO") == Refusal(Code.RECEIPT_NOT_NOW)
    assert door.scan("PBCMD-DONE") == Refusal(Code.RECEIPT_NOT_NOW)
    assert door.step(receiving.enter_article, article=NewArticle("X")).code is Code.RECEIPT_NOT_NOW
    assert door.tell(SHIRT, 5) == Refusal(Code.RECEIPT_NOT_NOW)
    door.step(receiving.reopen)
    assert isinstance(door.scan(SHIRT), Message)
    assert door.step(receiving.reopen) == Refusal(Code.RECEIPT_NOT_NOW)


def test_goods_that_are_not_taken_change_nothing(door: Door):
    before = door.stock(SHIRT)
    door.scan(SHIRT)
    assert door.step(receiving.withdraw).state == ReceiptState.WITHDRAWN
    assert door.stock(SHIRT) == before
    assert door.step(receiving.withdraw) == Refusal(Code.RECEIPT_NOT_NOW)
    assert door.shop.write(receiving.tell, 99, LineFacts(1), who="x").code is Code.RECEIPT_NOT_NOW


@pytest.mark.parametrize("code", ["PBID-007", "PBCMD-WEIGH", "PBCMD-NOSUCH"])
def test_what_means_nothing_here_says_so(door: Door, code: str):
    assert door.scan(code).code == Code.BENCH_NOT_NOW


@pytest.mark.rule("S20")
def test_goods_that_an_order_waits_for_are_offered_to_it(door: Door):
    shop = door.shop
    shop.stock_goods("QZ01-灰-均码", 0)
    taken = shop.pay("A1", "QZ01-灰-均码")
    assert shop.parcel(taken.parcel_id).state == "waiting"
    door.scan("QZ01-灰-均码")
    door.step(receiving.check)
    door.book()
    shop.write(offers.retry_held, shop.rules)
    assert shop.parcel(taken.parcel_id).state == "reserved"


def test_the_table_of_moves_has_no_way_back_from_the_end():
    for move in ReceiptMove:
        assert not may(ReceiptState.BOOKED, move)
        assert not may(ReceiptState.WITHDRAWN, move)
    assert {target for _, target in MOVES.values()} == set(ReceiptState)


@given(st.integers(0, 9_999_999_999))
def test_our_own_barcodes_are_sound_ean_13_and_all_different(number: int):
    code = own_barcode(number)
    assert len(code) == 13
    assert code[2:12] == f"{number:010d}"
    odd, even = code[-1::-2], code[-2::-2]
    assert (sum(map(int, odd)) + 3 * sum(map(int, even))) % 10 == 0


def test_a_number_too_large_for_a_barcode_is_refused():
    assert own_barcode(400638) == "2100004006386"
    with pytest.raises(ValueError, match="10000000000"):
        own_barcode(10_000_000_000)


# --- On paper -------------------------------------------------------------------------------------


def words_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]


def test_the_slip_names_every_piece_and_has_room_for_two_signatures(door: Door):
    door.scan(SHIRT)
    door.tell(SHIRT, 12, 2, 3550, batch_note="#领口[深]")
    door.step(receiving.check, freight_fen=800)
    fonts = Fonts.find()
    (page,) = words_of(door.shop.read(receiving_paper.slip, door.id, shop="小店", fonts=fonts))
    for words in (MILL, "TS1103", "12", "35.50", "355.00", "8.00", "领口[深]", "仓库签字",
                  "送货人签字"):
        assert words in page
    with pytest.raises(LookupError):
        door.shop.read(receiving_paper.slip, 99, shop="", fonts=fonts)


def test_a_label_for_every_piece_and_no_more_than_a_roll(door: Door):
    fonts = Fonts.find()
    sku_id = door.shop.skus[SHIRT]
    pages = words_of(door.shop.read(receiving_paper.labels, [(sku_id, 2)], fonts=fonts))
    assert len(pages) == 2
    assert "TS1103" in pages[0]
    assert f"69{sku_id:011d}" in pages[0]
    many = door.shop.read(receiving_paper.labels, [(sku_id, 501)], fonts=fonts)
    assert len(pypdf.PdfReader(BytesIO(many)).pages) == receiving_paper.MOST_LABELS
    with pytest.raises(LookupError):
        door.shop.read(receiving_paper.labels, [(sku_id, 0)], fonts=fonts)
    assert door.shop.read(receiving_paper.of_code, SHIRT) == sku_id
    assert door.shop.read(receiving_paper.of_code, "NOSUCH") is None


def test_goods_without_any_plain_code_get_a_label_without_bars(door: Door):
    def bare(session: Any, *, now: Any) -> int:
        sku = Sku(code="袜子", item_no="袜子", on_hand=0, reserved=0, defect=0)
        session.add(sku)
        session.flush()
        return sku.id

    pages = words_of(door.shop.read(
        receiving_paper.labels, [(door.shop.write(bare), 1)], fonts=Fonts.find()))
    assert "袜子" in pages[0]


# --- The supplier's ledger ------------------------------------------------------------------------


def booked(door: Door, code: str, *numbers: Any, freight: int = 0) -> None:
    door.scan(code)
    door.tell(code, *numbers)
    door.step(receiving.check, freight_fen=freight)
    door.book()


@pytest.mark.rule("P6")
def test_a_supplier_is_owed_for_good_pieces_and_freight_less_what_was_paid(door: Door):
    booked(door, SHIRT, 12, 2, 3550, freight=800)
    paid = door.shop.write(supplier_ledger.pay, MILL, 10_000, day=date(2026, 11, 24),
                           note="=HYPERLINK(1)", who="陈姐")
    assert isinstance(paid, SupplierPayment)
    book = door.shop.read(supplier_ledger.ledger, MILL)
    assert book.owed_fen == 10 * 3550 + 800 - 10_000
    goods, money = book.rows
    assert (goods.day, goods.pieces, goods.goods_fen) == (date(2026, 11, 23), 10, 35_500)
    assert (money.receipt_id, money.paid_fen) == (None, 10_000)
    rows = list(csv.reader(StringIO(supplier_ledger.as_csv(book).decode("utf-8-sig"))))
    assert rows[0] == list(supplier_ledger.COLUMNS)
    assert rows[1][3:6] == ["355.00", "8.00", "0.00"]
    assert rows[2][-1] == "'=HYPERLINK(1)"
    assert rows[-1][-2:] == ["欠", "263.00"]


@pytest.mark.rule("P6")
def test_goods_without_a_price_are_named_and_cost_nothing_yet(door: Door):
    booked(door, SHIRT, 3)
    (row,) = door.shop.read(supplier_ledger.ledger, MILL).rows
    assert (row.goods_fen, row.note) == (0, "1 种没有价钱")


@pytest.mark.rule("P6")
def test_a_payment_by_mistake_is_taken_back_by_its_negative(door: Door):
    booked(door, SHIRT, 1, 0, 500)
    for amount in (700, -700):
        door.shop.write(supplier_ledger.pay, MILL, amount, day=date(2026, 11, 24), who="x")
    assert door.shop.read(supplier_ledger.ledger, MILL).owed_fen == 500
    (book,) = door.shop.read(supplier_ledger.ledgers)
    assert [row.paid_fen for row in book.rows] == [0, 700, -700]


@pytest.mark.rule("P6")
@pytest.mark.parametrize("amount", [0, receiving.MOST_FEN + 1, -receiving.MOST_FEN - 1])
def test_an_amount_that_cannot_be_is_refused(door: Door, amount: int):
    booked(door, SHIRT, 1, 0, 500)
    pay = door.shop.write(supplier_ledger.pay, MILL, amount, day=date(2026, 11, 24), who="x")
    assert pay.code is Code.RECEIPT_NUMBERS


@pytest.mark.rule("P6")
def test_only_a_supplier_that_brought_something_can_be_paid(door: Door):
    door.scan(SHIRT)
    pay = door.shop.write(supplier_ledger.pay, MILL, 100, day=date(2026, 11, 24), who="x")
    assert pay == Refusal(Code.RECEIPT_NO_SUPPLIER)
    assert door.shop.read(supplier_ledger.ledgers) == []


def test_the_last_price_is_offered_the_next_time(door: Door):
    booked(door, SHIRT, 1, 0, 3550)
    door.id = door.begin().id
    door.scan(SHIRT)
    (line,) = door.slip().lines
    assert line.price_fen == 3550
    assert [one.id for one in door.shop.read(receiving.newest)] == [door.id, door.id - 1]
