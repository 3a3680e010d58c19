"""Two keepers at the shelf, the door and the supplier's list at one moment, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from station.db.models import (
    CountSheet,
    GoodsReceiptLine,
    History,
    PrintJob,
    Sku,
    StockMove,
    StockTake,
    SupplierLine,
    SupplierList,
)
from station.domain.refusals import Code, Refusal
from station.domain.supplier_lists import CameBack
from station.services import (
    history,
    receiving,
    slips,
    stock,
    stock_takes,
    supplier_ledger,
    suppliers,
)
from station.services.receiving import NewArticle

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
MILL = "温岭针织厂"
pytestmark = pytest.mark.fault("F7")


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Run the steps in threads that start at one moment; their results in order."""
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        start.wait(60)
        return step()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def count(shop: Shop, table: Any) -> int:
    return int(shop.read(lambda s: s.scalar(select(func.count()).select_from(table))))


def refused(results: list[Any]) -> list[Code]:
    return sorted(one.code for one in results if isinstance(one, Refusal))


def holds(shop: Shop) -> None:
    """The chains verify, and every SKU's counters are the sum of its moves."""
    def look(session: Any) -> None:
        assert list(history.verify(session)) == []
        for sku in session.scalars(select(Sku)):
            moves = dict(session.execute(
                select(StockMove.kind, func.sum(StockMove.quantity))
                .where(StockMove.sku_id == sku.id).group_by(StockMove.kind)).all())
            assert sku.on_hand == sum(moves.get(kind, 0) for kind in (
                "receive", "adjust", "exchanged", "return")) - sum(
                moves.get(kind, 0) for kind in ("ship", "defect")), sku.code
            assert sku.defect == moves.get("defect", 0) - moves.get("to_supplier", 0), sku.code

    shop.read(look)


def begun(shop: Shop, *codes: str) -> int:
    """A slip with these pieces counted."""
    receipt_id = int(shop.write(receiving.begin, MILL, who="仓管").id)
    for code in codes:
        shop.db.write(lambda session, code=code: receiving.count(session, receipt_id, code))
    return receipt_id


def test_of_two_who_begin_the_months_count_at_once_one_does(open_shop: Shop) -> None:
    for _ in range(4):
        said = together(*[lambda: open_shop.write(stock_takes.begin, who="仓管")] * 4)
        assert refused(said) == [Code.COUNT_ANOTHER_OPEN] * 3
        (take,) = [one for one in said if isinstance(one, StockTake)]
        open_shop.write(stock_takes.withdraw, take.id, who="仓管")
    holds(open_shop)


def test_a_slip_that_two_book_at_once_is_stock_once(open_shop: Shop) -> None:
    receipt_id = begun(open_shop, SHIRT, SHIRT)
    open_shop.write(receiving.check, receipt_id, who="仓管")
    said = together(*[lambda: open_shop.write(receiving.book, receipt_id, "老李", who="甲")] * 4)
    assert refused(said) == [Code.RECEIPT_NOT_NOW] * 3
    assert open_shop.sku(SHIRT).on_hand == 12
    holds(open_shop)


def test_two_scanners_on_one_slip_count_every_piece_once(open_shop: Shop) -> None:
    receipt_id = begun(open_shop)
    together(*[lambda code=code: open_shop.db.write(
        lambda session: receiving.count(session, receipt_id, code))
        for code in [JEANS, SHIRT] * 6])
    counted = open_shop.read(lambda session: list(session.scalars(
        select(GoodsReceiptLine.pieces).where(GoodsReceiptLine.receipt_id == receipt_id))))
    assert counted == [6, 6]


def test_an_article_that_two_enter_at_once_is_one(open_shop: Shop) -> None:
    two = [begun(open_shop), begun(open_shop)]
    said = together(*[lambda at=at: open_shop.write(
        receiving.enter_article, at, NewArticle("QZ01", "灰", "M"), who="仓管") for at in two])
    assert refused(said) == [Code.RECEIPT_KNOWN]
    assert open_shop.read(lambda session: session.scalar(
        select(func.count()).select_from(Sku).where(Sku.code == "QZ01-灰-M"))) == 1


def test_pieces_that_two_list_at_once_leave_the_shelf_once(open_shop: Shop) -> None:
    def list_all() -> Any:
        return open_shop.write(suppliers.make, MILL, {SHIRT: 6, JEANS: 6}, open_shop.rules,
                               from_shelf=True, who="仓管")

    said = together(list_all, list_all, list_all)
    assert refused(said) == [Code.SUPPLIER_TOO_MANY] * 2
    assert (open_shop.sku(SHIRT).on_hand, open_shop.sku(JEANS).on_hand) == (4, 4)
    holds(open_shop)


def test_pieces_that_two_settle_at_once_come_back_once(open_shop: Shop) -> None:
    made = open_shop.write(suppliers.make, MILL, {SHIRT: 4}, open_shop.rules, from_shelf=True,
                           who="仓管")
    open_shop.write(suppliers.hand_over, made.id, "小王", who="仓管")
    line = open_shop.read(lambda session: session.scalar(select(SupplierLine.id)))
    said = together(*[lambda: open_shop.write(
        suppliers.come_back, line, CameBack(exchanged=3), open_shop.rules, who="仓管")] * 3)
    assert refused(said) == [Code.SUPPLIER_TOO_MANY] * 2
    assert open_shop.sku(SHIRT).on_hand == 9
    holds(open_shop)


def test_a_list_that_is_withdrawn_while_it_is_handed_over_is_one_of_both(open_shop: Shop) -> None:
    for _ in range(3):
        made = open_shop.write(suppliers.make, MILL, {SHIRT: 1}, open_shop.rules,
                               from_shelf=True, who="仓管")
        said = together(
            lambda at=made.id: open_shop.write(suppliers.withdraw, at, who="甲"),
            lambda at=made.id: open_shop.write(suppliers.hand_over, at, "小王", who="乙"))
        assert refused(said) == [Code.SUPPLIER_NOT_NOW]
    assert count(open_shop, SupplierList) == 3
    holds(open_shop)


def test_a_count_that_is_booked_while_goods_are_received_loses_no_piece(open_shop: Shop) -> None:
    take = open_shop.write(stock_takes.begin, who="仓管")
    sheet = open_shop.write(stock_takes.open_place, take.id, "A-01", who="仓管")
    typed = {open_shop.skus[JEANS]: 9, open_shop.skus[SHIRT]: 12}
    open_shop.write(stock_takes.count_typed, sheet.id, typed, who="仓管")
    open_shop.write(stock_takes.finish, sheet.id, who="仓管")
    open_shop.write(stock_takes.explain, take.id, dict.fromkeys(typed, "清点"), who="仓管")
    receipt_id = begun(open_shop, SHIRT, JEANS)
    open_shop.write(receiving.check, receipt_id, who="仓管")
    said = together(
        lambda: open_shop.write(stock_takes.book, take.id, who="陈姐"),
        lambda: open_shop.write(receiving.book, receipt_id, "老李", who="仓管"),
        lambda: open_shop.write(stock_takes.book, take.id, who="王姐"))
    assert refused(said) == [Code.COUNT_NOT_NOW]
    assert (open_shop.sku(JEANS).on_hand, open_shop.sku(SHIRT).on_hand) == (10, 13)
    holds(open_shop)


def test_a_slip_that_two_ask_for_at_once_prints_once(open_shop: Shop) -> None:
    receipt_id = begun(open_shop, SHIRT)
    open_shop.write(receiving.check, receipt_id, who="仓管")
    about = f"receipt:{receipt_id}"
    said = together(*[lambda: open_shop.write(slips.request, about, who="仓管")] * 4)
    assert refused(said) == [Code.SLIP_UNDER_WAY] * 3
    assert count(open_shop, PrintJob) == 1


# --- What changes meanwhile -----------------------------------------------------------------------


def moved(shop: Shop, code: str, place: str) -> None:
    shop.db.write(lambda session: setattr(session.get(Sku, shop.skus[code]), "location", place))


@pytest.mark.rule("I9")
@pytest.mark.parametrize("goods_go_along", [True, False])
def test_goods_whose_place_changes_during_a_count_are_not_expected_twice(
    open_shop: Shop, goods_go_along: bool
) -> None:
    take = open_shop.write(stock_takes.begin, who="仓管")

    def counted(place: str, **pieces: int) -> Any:
        sheet = open_shop.write(stock_takes.open_place, take.id, place, who="仓管")
        for code, number in pieces.items():
            for _ in range(number):
                open_shop.db.write(lambda session, code=code: stock_takes.count(
                    session, sheet.id, code))
        return open_shop.write(stock_takes.finish, sheet.id, who="仓管")

    counted("A-01", **{JEANS: 10, SHIRT: 0 if goods_go_along else 10})
    moved(open_shop, SHIRT, "B-09")
    counted("B-09", **{SHIRT: 10 if goods_go_along else 0})
    named = open_shop.write(stock_takes.book, take.id, who="陈姐")
    assert isinstance(named, Refusal)
    assert (named.code, named.facts["skus"]) == (Code.COUNT_MOVED, SHIRT)
    counted("A-01", **{JEANS: 10, SHIRT: 0 if goods_go_along else 10})
    assert open_shop.write(stock_takes.book, take.id, who="陈姐").state == "booked"
    assert open_shop.sku(SHIRT).on_hand == 10
    assert open_shop.read(lambda session: session.scalar(select(CountSheet.state).where(
        CountSheet.location == "A-01"))) == "counted"
    holds(open_shop)


@pytest.mark.rule("I1")
def test_articles_whose_long_names_begin_alike_are_told_apart_or_refused(open_shop: Shop) -> None:
    receipt_id = begun(open_shop)
    long = "货" * 64
    first = open_shop.write(
        receiving.enter_article, receipt_id, NewArticle(long, "灰"), who="仓管")
    again = open_shop.write(
        receiving.enter_article, receipt_id, NewArticle(long, "黑"), who="仓管")
    assert first.sku.code == long
    assert isinstance(again, Refusal)
    assert again.code is Code.RECEIPT_KNOWN


@pytest.mark.rule("P6", "I2")
def test_no_sum_of_money_outgrows_the_books(open_shop: Shop) -> None:
    made = open_shop.write(suppliers.make, MILL, {SHIRT: 4}, open_shop.rules, from_shelf=True,
                           who="仓管")
    open_shop.write(suppliers.hand_over, made.id, "小王", who="仓管")
    line = open_shop.read(lambda session: session.scalar(select(SupplierLine.id)))
    for fen in (9_999_999, 10_000_000, 10**9, 2**31, 2**63, 10**30):
        open_shop.write(suppliers.come_back, line, CameBack(credited=1, credited_fen=fen),
                        open_shop.rules, who="仓管")
    given = open_shop.read(lambda session: session.get(SupplierLine, line).credited_fen)
    assert given == 9_999_999
    receipt_id = begun(open_shop, SHIRT)
    for fen in (-1, 2**31, 2**63, 10**30):
        assert isinstance(open_shop.write(
            receiving.check, receipt_id, freight_fen=fen, who="仓管"), Refusal)
    open_shop.write(receiving.check, receipt_id, freight_fen=10_000_000, who="仓管")
    open_shop.write(receiving.book, receipt_id, "老李", who="仓管")
    for fen in (0, 2**31, -(2**31), 2**63, 10**30):
        assert isinstance(open_shop.write(
            supplier_ledger.pay, MILL, fen, day=open_shop.now.date(), who="仓管"), Refusal)
    (book,) = open_shop.read(supplier_ledger.ledgers)
    assert book.owed_fen == 10_000_000


def test_every_step_of_a_keeper_is_a_row_of_its_chain(open_shop: Shop) -> None:
    receipt_id = begun(open_shop, SHIRT)
    open_shop.write(receiving.check, receipt_id, who="仓管")
    open_shop.write(receiving.reopen, receipt_id, who="仓管")
    open_shop.write(receiving.check, receipt_id, who="仓管")
    open_shop.write(receiving.book, receipt_id, "老李", who="仓管")
    kinds = open_shop.read(lambda session: list(session.scalars(
        select(History.kind).where(History.chain == f"receipt:{receipt_id}")
        .order_by(History.seq))))
    assert kinds == ["receipt_begun", "receipt_checked", "receipt_reopened", "receipt_checked",
                     "receipt_booked"]
    assert open_shop.read(stock.find_by_code, SHIRT).on_hand == 11
