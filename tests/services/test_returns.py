"""What comes back: every piece scanned, judged and booked once; what goes out again, a parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.db.models import Case, History, Parcel, SkuBarcode, StockMove
from station.domain.cases import CaseKind, PieceVerdict
from station.domain.orders import RefundKind
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Flag
from station.services import cases, offers, replacements, returns, stock
from station.services.replacements import Wanted

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT, OTHER = "JN8801-黑色-32", "TS1103-白色-M", "TS1103-黑色-L"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]
GOOD, DEFECTIVE, WRONG = PieceVerdict.GOOD, PieceVerdict.DEFECTIVE, PieceVerdict.WRONG


class Table:
    """The returns' table: one case, its pieces scanned and judged one after the other."""

    def __init__(self, shop: Shop, kind: CaseKind = CaseKind.RETURN) -> None:
        shop.stock_goods(OTHER)
        parcel = shop.seal("2450000000000000901", JEANS, SHIRT)
        shop.hand_over(parcel)
        self.shop, self.parcel = shop, shop.parcel(parcel.id)
        self.case_id = self.begin(kind).id

    def begin(self, kind: CaseKind) -> Any:
        return self.shop.write(cases.begin, self.parcel.id, kind, self.shop.rules, who="李")

    def do(self, step: Any, *args: Any, **facts: Any) -> Any:
        return self.shop.write(step, self.case_id, *args, who="老周", **facts)

    def scan(self, code: str) -> Any:
        return self.do(returns.scan_piece, code, self.shop.rules)

    def judge(self, verdict: PieceVerdict) -> Any:
        return self.do(returns.judge, verdict)

    def take(self, code: str, verdict: PieceVerdict = GOOD) -> Any:
        self.scan(code)
        return self.judge(verdict)

    def type(self, digits: str) -> None:
        for figure in digits:
            self.shop.db.write(lambda session, figure=figure: returns.digit(
                session, self.case_id, int(figure)))

    def finish(self, **facts: Any) -> Any:
        return self.do(returns.finish, self.shop.rules, **facts)

    def stock(self, code: str) -> tuple[int, int]:
        sku = self.shop.sku(code)
        return sku.on_hand, sku.defect

    @property
    def case(self) -> Case:
        def look(session: Any) -> Case:
            case = session.get(Case, self.case_id)
            _ = case.pieces, case.replacement
            return case

        return self.shop.read(look)


@pytest.fixture
def table(open_shop: Shop) -> Table:
    return Table(open_shop)


# --- Pieces ---------------------------------------------------------------------------------------


@pytest.mark.rule("I8")
def test_good_pieces_go_on_the_shelf_again_and_the_case_moves_by_itself(table: Table):
    assert table.stock(JEANS) == (9, 0)
    assert table.scan(JEANS).doubt is None
    assert table.case.state == "inspecting"
    table.judge(GOOD)
    assert table.stock(JEANS) == (10, 0)
    assert table.finish().state == "inspected"


def test_a_piece_is_known_by_its_barcode_and_by_what_a_two_dimensional_code_says(table: Table):
    body = f"69{table.shop.skus[JEANS]:010d}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10

    def give(session: Any, *, now: Any) -> None:
        session.add(SkuBarcode(barcode=f"{body}{check}", sku_id=table.shop.skus[JEANS]))

    table.shop.write(give)
    assert table.scan(f"010{body}{check}21S1").piece.sku_id == table.shop.skus[JEANS]


@pytest.mark.rule("I2", "I8")
def test_a_defective_piece_lies_on_the_defect_shelf_and_can_be_sold_to_nobody(table: Table):
    table.take(SHIRT, DEFECTIVE)
    assert table.stock(SHIRT) == (9, 1)
    assert table.shop.sku(SHIRT).available == 9


@pytest.mark.rule("I8")
def test_what_is_not_as_it_left_is_booked_nowhere(table: Table):
    table.take(JEANS, WRONG)
    assert table.stock(JEANS) == (9, 0)
    assert [piece.verdict for piece in table.case.pieces] == ["wrong"]


def test_a_piece_that_never_left_with_the_parcel_is_told_and_cannot_be_booked(table: Table):
    found = table.scan(OTHER)
    assert found.doubt.code == Code.CASE_NOT_IN_PARCEL
    for verdict in (GOOD, DEFECTIVE):
        assert table.judge(verdict).code == Code.CASE_NOT_IN_PARCEL
    assert table.judge(WRONG).verdict == "wrong"
    assert table.stock(OTHER) == (10, 0)


@pytest.mark.rule("I8")
def test_nothing_is_restocked_twice_not_even_in_another_case(table: Table):
    table.take(JEANS)
    assert table.scan(JEANS).doubt.code == Code.CASE_TOO_MANY_BACK
    assert table.judge(GOOD).code == Code.CASE_TOO_MANY_BACK
    table.do(returns.undo)
    table.finish()
    table.case_id = table.begin(CaseKind.EXCHANGE).id
    assert table.scan(JEANS).doubt.code == Code.CASE_TOO_MANY_BACK
    assert table.stock(JEANS) == (10, 0)


def test_one_piece_is_judged_before_the_next_is_scanned(table: Table):
    table.scan(JEANS)
    refused = table.scan(SHIRT)
    assert refused.code == Code.CASE_PIECE_PENDING
    assert refused.facts["item_no"] == "JN8801"
    assert table.finish().code == Code.CASE_PIECE_PENDING


def test_a_barcode_that_nobody_knows_stays_unknown(table: Table):
    assert table.scan("6900000000000") == Refusal(Code.ITEM_UNKNOWN, {"code": "6900000000000"})
    assert table.judge(GOOD) == Refusal(Code.CASE_NO_PIECE)


def test_an_inspection_without_a_piece_is_none(table: Table):
    table.take(JEANS)
    table.do(returns.undo)
    table.do(returns.undo)
    assert table.finish() == Refusal(Code.CASE_NO_PIECE)


@pytest.mark.rule("I7")
def test_what_came_back_is_in_the_ledger_with_the_number_it_left_by(table: Table):
    table.take(JEANS)
    table.take(SHIRT, DEFECTIVE)
    query = select(StockMove.kind, StockMove.quantity, StockMove.waybill_no).where(
        StockMove.kind.in_(("ship", "return", "defect"))).order_by(StockMove.id)
    moves = table.shop.read(lambda session: [tuple(row) for row in session.execute(query)])
    number = table.parcel.waybill_no
    assert moves[2:] == [("return", 1, number), ("return", 1, number), ("defect", 1, "")]


def test_a_verdict_given_by_mistake_is_taken_back_with_its_booking(table: Table):
    table.take(JEANS)
    table.take(SHIRT, DEFECTIVE)
    table.do(returns.undo)
    assert table.stock(SHIRT) == (9, 0)
    table.judge(GOOD)
    assert table.stock(SHIRT) == (10, 0)
    kinds = table.shop.read(lambda session: list(session.scalars(
        select(History.kind).where(History.chain == f"case:{table.case_id}"))))
    assert kinds.count("case_piece_undone") == 1


def test_a_piece_that_was_sold_again_meanwhile_stays_booked(table: Table):
    table.take(JEANS)
    table.shop.pay("A2", *[JEANS] * 10, buyer="tb_other")
    assert table.do(returns.undo).code == Code.CASE_PIECE_SOLD
    assert table.stock(JEANS) == (10, 0)


# --- Waists ---------------------------------------------------------------------------------------


@pytest.fixture
def measured(open_shop: Shop) -> Table:
    """Jeans whose waist must be measured before they are restocked."""
    table = Table(open_shop)

    def needs(session: Any, *, now: Any) -> None:
        sku = session.get(stock.Sku, open_shop.skus[JEANS])
        sku.measure_waist = True

    open_shop.write(needs)
    return table


@pytest.mark.rule("I6")
def test_jeans_that_come_back_are_measured_before_they_are_booked(measured: Table):
    measured.scan(JEANS)
    assert measured.judge(GOOD).code == Code.MEASURE_NEEDED
    assert measured.stock(JEANS) == (9, 0)
    measured.type("815")
    assert measured.judge(GOOD).waist_mm == 815
    assert measured.stock(JEANS) == (10, 0)


@pytest.mark.rule("I6")
def test_centimetres_are_understood_and_the_label_is_no_measure(measured: Table):
    measured.scan(JEANS)
    measured.type("32")
    assert measured.judge(GOOD).code == Code.MEASURE_IMPLAUSIBLE
    measured.type("82")
    assert measured.shop.db.write(
        lambda session: returns.measure(session, measured.case_id)).waist_mm == 820
    assert measured.judge(GOOD).verdict == "good"


def test_a_wrong_digit_is_taken_back_and_faulty_jeans_need_no_tape(measured: Table):
    measured.scan(JEANS)
    measured.type("819")
    measured.do(returns.undo)
    assert measured.case.pieces[0].entry == "81"
    assert measured.judge(DEFECTIVE).waist_mm is None


# --- What follows ---------------------------------------------------------------------------------


def test_customer_service_is_told_what_to_refund(table: Table):
    table.take(JEANS)
    table.take(SHIRT, DEFECTIVE)
    table.finish()
    assert "refund_due" in table.shop.alarms()
    assert table.shop.read(lambda session: returns.refundable(
        session.get(Case, table.case_id))) == 2 * 12_800


@pytest.mark.rule("S22")
def test_damage_by_the_carrier_needs_his_signature_or_a_reason(open_shop: Shop):
    table = Table(open_shop, CaseKind.CARRIER_DAMAGE)
    table.take(JEANS, DEFECTIVE)
    assert table.finish() == Refusal(Code.CASE_NO_SIGNATURE)
    table.do(cases.sign_damage, courier="小郑", strokes=STROKES)
    assert table.finish().state == "inspected"
    other = replace_case(table)
    assert other.finish(unsigned="快递员放下就走了").state == "inspected"


def replace_case(table: Table) -> Table:
    """Another damaged case of the same parcel, the first one done."""
    table.do(cases.go_on, cases.CaseMove.SETTLE, table.shop.rules)
    table.case_id = table.begin(CaseKind.CARRIER_DAMAGE).id
    table.take(SHIRT, DEFECTIVE)
    return table


@pytest.mark.rule("D9")
def test_a_claim_goes_on_with_its_own_day_when_the_goods_come_back_meanwhile(open_shop: Shop):
    table = Table(open_shop, CaseKind.UNREACHABLE)
    table.do(cases.claim, open_shop.rules, fen=500)
    asked = open_shop.now
    open_shop.later(days=3)
    table.take(JEANS)
    table.take(SHIRT)
    done = table.finish()
    assert (done.state, done.deadline) == ("claimed", asked + timedelta(days=7))
    assert open_shop.read(cases.cases_for_bill, [table.parcel.waybill_no]) == {
        table.parcel.waybill_no: "unreachable"}


def test_a_parcel_that_was_called_back_counts_as_returned_once_it_is_here(open_shop: Shop):
    table = Table(open_shop)
    number = table.parcel.waybill_no
    open_shop.refund("2450000000000000901", RefundKind.REFUNDED)
    table.case_id = open_shop.read(lambda session: session.scalar(
        select(Case.id).where(Case.kind == "intercepted")))
    assert open_shop.read(cases.cases_for_bill, [number]) == {}
    table.take(JEANS)
    assert open_shop.read(cases.cases_for_bill, [number]) == {number: "returned"}


def test_goods_that_wait_for_somebody_are_offered_when_they_come_back(open_shop: Shop):
    table = Table(open_shop)
    open_shop.pay("A2", *[JEANS] * 10, buyer="tb_other")
    held = open_shop.read(lambda session: session.scalar(
        select(Parcel.id).order_by(Parcel.id.desc())))
    assert open_shop.holds(held) == ["order.no_stock"]
    table.take(JEANS)
    offers.offer_held(open_shop.db, open_shop.rules, now=open_shop.now)
    assert open_shop.holds(held) == []


# --- The replacement ------------------------------------------------------------------------------


def send(table: Table, *wanted: Wanted) -> Any:
    return table.do(replacements.replace, wanted, table.shop.rules)


@pytest.mark.rule("S21")
def test_the_replacement_is_a_parcel_of_its_own_that_prints_at_once(open_shop: Shop):
    table = Table(open_shop, CaseKind.EXCHANGE)
    table.take(SHIRT)
    table.finish()
    case = send(table, Wanted(OTHER))
    assert case.state == "replacing"
    parcel = open_shop.parcel(case.replacement_id)
    assert (parcel.state, parcel.flag, parcel.orders) == ("reserved", Flag.BLUE, [])
    assert parcel.waybill_no not in (None, table.parcel.waybill_no)
    assert [job.waybill_no for job in open_shop.jobs()] == [
        table.parcel.waybill_no, parcel.waybill_no]
    assert open_shop.sku(OTHER).reserved == 1
    assert table.parcel.waybill_no in parcel.note


@pytest.mark.rule("S21")
def test_carrier_and_number_go_into_the_first_order_once_the_courier_has_it(open_shop: Shop):
    open_shop.rules = replace(open_shop.rules, platform_url="http://127.0.0.1:1")
    table = Table(open_shop, CaseKind.EXCHANGE)
    parcel = leave(table, send(table, Wanted(OTHER)))
    order = open_shop.read(lambda session: session.get(Parcel, table.parcel.id).orders[0])
    assert order.seller_memo == f"换货登记\n补发 申通快递 {parcel.waybill_no}"
    assert order.flag == Flag.BLUE
    assert table.case.state == "settled"
    shipped = open_shop.read(lambda session: list(session.scalars(
        select(cases.ShopOrder.told))))
    assert shipped == [1]


def leave(table: Table, case: Case) -> Parcel:
    """The replacement printed, packed, signed and handed over."""
    shop = table.shop
    shop.print_next()

    def sign(session: Any, *, now: Any) -> None:
        parcel = session.get(Parcel, case.replacement_id)
        parcel.state, parcel.weight_g, parcel.packer, parcel.signed_at = "signed", 300, "阿明", now

    shop.write(sign)
    shop.hand_over(shop.parcel(case.replacement_id))
    return shop.parcel(case.replacement_id)


def test_a_claim_stays_a_claim_while_the_new_parcel_is_on_its_way(open_shop: Shop):
    table = Table(open_shop, CaseKind.LOST)
    table.do(cases.claim, open_shop.rules, fen=25_600)
    case = send(table, Wanted(JEANS, 1, 820), Wanted(SHIRT))
    assert case.state == "claimed"
    leave(table, case)
    assert table.case.state == "claimed"


def test_no_order_joins_a_replacement_though_buyer_and_address_are_the_same(open_shop: Shop):
    table = Table(open_shop, CaseKind.WRONG)
    case = send(table, Wanted(OTHER))
    taken = open_shop.pay("A3", JEANS)
    assert (taken.outcome, taken.parcel_id != case.replacement_id) == ("new", True)


def test_what_is_short_holds_the_replacement_like_any_parcel(open_shop: Shop):
    table = Table(open_shop, CaseKind.SHORT)
    case = send(table, Wanted(OTHER, 50))
    assert open_shop.holds(case.replacement_id) == ["order.no_stock"]
    assert open_shop.parcel(case.replacement_id).waybill_no is None


def test_one_replacement_and_only_of_what_there_is(open_shop: Shop):
    table = Table(open_shop, CaseKind.SHORT)
    assert send(table) == Refusal(Code.CASE_NO_GOODS)
    assert send(table, Wanted(OTHER, 0)) == Refusal(Code.CASE_NO_GOODS)
    assert send(table, Wanted("XX")) == Refusal(Code.ITEM_UNKNOWN, {"code": "XX"})
    assert table.case.replacement is None
    send(table, Wanted(OTHER))
    assert send(table, Wanted(OTHER)).code == Code.CASE_REPLACED
    table.do(cases.go_on, cases.CaseMove.SETTLE, table.shop.rules)
    assert send(table, Wanted(OTHER)).code == Code.CASE_NOT_NOW
