"""Goods that go to their supplier: set apart, handed over, exchanged piece by piece (I2, P7)."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from station.db.models import Case, History, Sku, StockMove, SupplierLine, SupplierList
from station.domain.cases import CaseKind, CaseState, PieceVerdict
from station.domain.refusals import Code, Refusal
from station.domain.supplier_lists import CameBack, ListState
from station.paper.fonts import Fonts
from station.services import cases, returns, stock, supplier_paper, suppliers

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = [pytest.mark.rule("I2"), pytest.mark.rule("P7")]
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


class Counter:
    """The warehouse keeper with the defect shelf before him."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def spoil(self, code: str, pieces: int) -> None:
        def whole(session: Any, *, now: Any) -> None:
            for _ in range(pieces):
                stock.to_defect(session, self.shop.skus[code], parcel_id=None, who="仓管",
                                note="开线", now=now)

        self.shop.write(whole)

    def make(self, wanted: dict[str, int], **facts: Any) -> Any:
        return self.shop.write(
            suppliers.make, "温岭针织厂", wanted, self.shop.rules, who="仓管", **facts)

    def hand(self, list_id: int) -> Any:
        return self.shop.write(suppliers.hand_over, list_id, "老李", who="仓管")

    def out(self, wanted: dict[str, int], **facts: Any) -> SupplierList:
        """A list of goods that are with the supplier."""
        self.spoil_all(wanted)
        made = self.make(wanted, **facts)
        assert isinstance(made, SupplierList), made
        assert isinstance(self.hand(made.id), SupplierList)
        return self.list(made.id)

    def spoil_all(self, wanted: dict[str, int]) -> None:
        for code, pieces in wanted.items():
            self.spoil(code, pieces)

    def back(self, line: SupplierLine, *counts: int, **facts: Any) -> Any:
        return self.shop.write(
            suppliers.come_back, line.id, CameBack(*counts, **facts), self.shop.rules, who="仓管")

    def list(self, list_id: int) -> SupplierList:
        found = self.shop.read(suppliers.one, list_id)
        assert found is not None
        return found

    def stock(self, code: str) -> tuple[int, int]:
        sku = self.shop.sku(code)
        return sku.on_hand, sku.defect


@pytest.fixture
def counter(open_shop: Shop) -> Counter:
    return Counter(open_shop)


def test_listed_goods_leave_the_defect_shelf_at_that_moment(counter: Counter):
    before = counter.stock(SHIRT)
    counter.spoil(SHIRT, 3)
    made = counter.make({SHIRT: 2}, reason="领口开线")
    assert counter.stock(SHIRT) == (before[0] - 3, 1)
    line = counter.list(made.id).lines[0]
    assert (line.quantity, line.left, line.reason) == (2, 2, "领口开线")
    (account,) = counter.shop.read(suppliers.accounts)
    assert (account.supplier, account.pieces, account.since) == ("温岭针织厂", 2, made.listed_at)


def test_goods_of_the_good_shelf_go_back_too(counter: Counter):
    on_hand, defect = counter.stock(SHIRT)
    counter.make({SHIRT: 2}, from_shelf=True)
    assert counter.stock(SHIRT) == (on_hand - 2, defect)


@pytest.mark.parametrize(("wanted", "facts", "code"), [
    ({SHIRT: 2}, {}, Code.SUPPLIER_TOO_MANY), ({SHIRT: 0}, {}, Code.SUPPLIER_TOO_MANY),
    ({SHIRT: 10**6}, {"from_shelf": True}, Code.SUPPLIER_TOO_MANY),
    ({"没有": 1}, {}, Code.ITEM_UNKNOWN), ({}, {}, Code.SUPPLIER_NOTHING),
    ({SHIRT: 1}, {"case_id": 99}, Code.CASE_NO_PARCEL),
])
def test_what_is_not_there_is_not_listed_and_nothing_is_booked(
    counter: Counter, wanted: dict[str, int], facts: dict[str, Any], code: Code
):
    counter.spoil(SHIRT, 1)
    before = counter.stock(SHIRT)
    refused = counter.make(wanted, **facts)
    assert isinstance(refused, Refusal)
    assert refused.code is code
    assert counter.stock(SHIRT) == before
    assert counter.shop.read(suppliers.lists) == []


def test_exchanged_pieces_are_in_stock_again_and_the_list_ends_with_the_last(counter: Counter):
    on_hand, _ = counter.stock(SHIRT)
    found = counter.out({SHIRT: 3})
    (line,) = found.lines
    counter.back(line, 1)
    assert counter.stock(SHIRT) == (on_hand - 2, 0)
    assert counter.list(found.id).state == ListState.HANDED
    counter.back(line, 0, 1, 0, credited_fen=1200)
    counter.back(line, 0, 0, 1)
    ended = counter.list(found.id)
    assert (ended.state, ended.lines[0].left) == (ListState.SETTLED, 0)
    assert counter.stock(SHIRT) == (on_hand - 2, 1)  # the refused one lies with the defects
    (account,) = counter.shop.read(suppliers.accounts)
    assert (account.pieces, account.credited_fen) == (0, 1200)
    kinds = counter.shop.read(lambda session: list(session.scalars(
        select(History.kind).where(History.chain == suppliers.subject(found.id))
        .order_by(History.seq))))
    assert kinds == ["supplier_listed", "supplier_handed", *["supplier_back"] * 3,
                     "supplier_settled"]


@pytest.mark.parametrize("back", [
    CameBack(), CameBack(3), CameBack(-1, 2), CameBack(1, 1, 1), CameBack(1, credited_fen=100),
    CameBack(0, 1, credited_fen=10**9),
])
def test_more_than_is_out_or_money_for_nothing_is_refused(counter: Counter, back: CameBack):
    (line,) = counter.out({SHIRT: 2}).lines
    before = counter.stock(SHIRT)
    refused = counter.shop.write(
        suppliers.come_back, line.id, back, counter.shop.rules, who="仓管")
    assert isinstance(refused, Refusal)
    assert refused.code is Code.SUPPLIER_TOO_MANY
    assert counter.stock(SHIRT) == before


@pytest.mark.rule("I6")
@pytest.mark.parametrize(("waists", "taken"), [
    ((812, 815), True), ((812,), False), ((), False), ((812, 32), False),
])
def test_new_jeans_are_measured_one_by_one(
    counter: Counter, waists: tuple[int, ...], taken: bool
):
    def measure(session: Any) -> None:
        session.get_one(Sku, counter.shop.skus[JEANS]).measure_waist = True

    counter.shop.db.write(measure)
    (line,) = counter.out({JEANS: 2}).lines
    said = counter.back(line, 2, waists_mm=waists)
    assert isinstance(said, SupplierList) is taken
    if not taken:
        assert said.code is Code.MEASURE_NEEDED


def test_steps_come_in_their_order(counter: Counter):
    counter.spoil(SHIRT, 1)
    made = counter.make({SHIRT: 1})
    (line,) = counter.list(made.id).lines
    assert counter.back(line, 1).code is Code.SUPPLIER_NOT_NOW
    assert counter.shop.write(
        suppliers.hand_over, made.id, " ", who="仓管").code is Code.SUPPLIER_NOTHING
    counter.hand(made.id)
    assert counter.hand(made.id).code is Code.SUPPLIER_NOT_NOW
    assert counter.shop.write(
        suppliers.withdraw, made.id, who="仓管").code is Code.SUPPLIER_NOT_NOW
    assert counter.shop.write(suppliers.hand_over, 99, "老李", who="仓管").code is (
        Code.SUPPLIER_NOT_NOW)


def test_a_withdrawn_list_puts_the_goods_back_with_the_defects(counter: Counter):
    counter.spoil(SHIRT, 2)
    before = counter.stock(SHIRT)
    made = counter.make({SHIRT: 2})
    assert isinstance(counter.shop.write(suppliers.withdraw, made.id, who="仓管"), SupplierList)
    assert counter.stock(SHIRT) == before
    assert counter.shop.read(suppliers.accounts) == ()
    (ended,) = counter.shop.read(suppliers.lists, ended=True)
    assert ended.state == ListState.WITHDRAWN


def test_a_return_goes_along_and_ends_with_its_list(counter: Counter):
    shop = counter.shop
    parcel = shop.seal("2450000000000000901", SHIRT)
    shop.hand_over(parcel)
    case = shop.write(cases.begin, parcel.id, CaseKind.RETURN, shop.rules, who="李")
    shop.write(returns.scan_piece, case.id, SHIRT, shop.rules, who="李")
    shop.write(returns.judge, case.id, PieceVerdict.DEFECTIVE, who="李")
    shop.write(returns.finish, case.id, shop.rules, who="李")
    assert shop.read(suppliers.case_waits, case.id) is not None
    made = counter.make({SHIRT: 1}, case_id=case.id)
    assert shop.read(lambda session: session.get_one(Case, case.id).state) == CaseState.AT_SUPPLIER
    counter.hand(made.id)
    counter.back(counter.list(made.id).lines[0], 1)
    assert shop.read(lambda session: session.get_one(Case, case.id).state) == CaseState.SETTLED
    assert shop.read(suppliers.case_waits, case.id) is None


def test_the_list_prints_in_two_copies_marked_with_whose_they_are(counter: Counter):
    found = counter.out({SHIRT: 2}, reason='#set page(width: 1pt) *"; = $x$ \\')
    data = counter.shop.read(
        supplier_paper.pdf, found.id, shop="海风小店", fonts=Fonts.find(()))
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages]
    assert len(pages) == 2
    assert "进货留存" in pages[0]
    assert "仓库留存" in pages[1]
    assert all("温岭针织厂" in page and "TS1103" in page for page in pages)
    assert '#set page(width: 1pt)' in pages[0]
    with pytest.raises(LookupError):
        counter.shop.read(supplier_paper.pdf, 99, shop="", fonts=Fonts.find(()))


STEPS = st.lists(st.tuples(st.sampled_from(["make", "hand", "back", "withdraw"]),
                           st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), max_size=12)


@given(steps=STEPS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture],
          deadline=None)
def test_no_order_of_steps_loses_a_piece_or_makes_one(counter: Counter, steps: Any):
    start = sum(counter.stock(SHIRT)) + pieces_out(counter) + gone(counter)
    if counter.stock(SHIRT)[0] > 1:
        counter.spoil(SHIRT, 1)
    for step, one, two, three in steps:
        lists = counter.shop.read(suppliers.lists)
        at = lists[one % len(lists)] if lists else None
        if step == "make":
            counter.make({SHIRT: one}, from_shelf=bool(two))
        elif at is not None and step == "hand":
            counter.hand(at.id)
        elif at is not None and step == "withdraw":
            counter.shop.write(suppliers.withdraw, at.id, who="仓管")
        elif at is not None:
            counter.back(at.lines[0], one % 2, two, three)
    on_hand, defect = counter.stock(SHIRT)
    assert on_hand + defect + pieces_out(counter) + gone(counter) == start
    assert min(on_hand, defect) >= 0
    moved = dict(counter.shop.read(lambda session: session.execute(
        select(StockMove.kind, func.sum(StockMove.quantity))
        .where(StockMove.sku_id == counter.shop.skus[SHIRT]).group_by(StockMove.kind)).all()))
    assert defect == moved.get("defect", 0) - moved.get("to_supplier", 0)


def pieces_out(counter: Counter) -> int:
    """Pieces on suppliers' accounts."""
    return sum(row.pieces for row in counter.shop.read(suppliers.accounts))


def gone(counter: Counter) -> int:
    """Pieces that suppliers paid for."""
    return counter.shop.read(lambda session: session.scalar(
        select(func.coalesce(func.sum(SupplierLine.credited), 0))))
