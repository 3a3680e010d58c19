"""A paid order becomes a parcel, all or nothing, and exactly once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from station.db.models import Alarm, Parcel, PrintJob, StockMove
from station.domain.orders import RefundKind, RefundNotice
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode, Flag
from station.services import history, intake, numbers, offers, refunds, stock

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


def count(shop: Shop, table: Any) -> int:
    return shop.read(lambda session: session.scalar(select(func.count()).select_from(table)))


def alarms(shop: Shop) -> list[str]:
    return shop.read(lambda session: list(session.scalars(select(Alarm.code))))


@pytest.mark.rule("D2", "S12")
def test_payment_reserves_goods_takes_a_number_and_writes_the_print_job(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000101", JEANS, SHIRT)

    parcel = open_shop.parcel(taken.parcel_id)
    assert (taken.outcome, parcel.state, parcel.carrier) == ("new", "reserved", "STO")
    assert parcel.waybill_no == taken.waybill_no is not None
    assert open_shop.sku(JEANS).reserved == open_shop.sku(SHIRT).reserved == 1
    assert [job.state for job in open_shop.jobs()] == ["waiting"]


@pytest.mark.rule("D2")
def test_the_same_order_told_ten_times_by_two_roads_is_one_order(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000000101", JEANS)
    for source in ("webhook", "export") * 5:
        outcomes = open_shop.tell(order, source=source)
    assert outcomes[0].outcome == "known"
    assert count(open_shop, Parcel) == count(open_shop, PrintJob) == 1
    assert open_shop.sku(JEANS).reserved == 1


def test_one_order_told_by_eight_threads_at_once_is_one_order(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000000101", JEANS)
    failed: list[BaseException] = []

    def tell() -> None:
        try:
            open_shop.tell(order)
        except Exception as error:  # noqa: BLE001 - a thread's end: the test looks at it
            failed.append(error)

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert count(open_shop, Parcel) == 1
    assert open_shop.sku(JEANS).reserved == 1


@pytest.mark.rule("S20", "D2")
def test_no_stock_holds_the_order_prints_nothing_and_tells_somebody(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000101", *[JEANS] * 11)
    parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.state, taken.holds) == ("waiting", (Code.ORDER_NO_STOCK,))
    assert open_shop.jobs() == []
    assert open_shop.sku(JEANS).reserved == 0
    assert alarms(open_shop) == ["no_stock"]


@pytest.mark.rule("S20", "S9")
def test_arriving_stock_is_offered_to_the_nearest_deadline_first_and_prints(
    open_shop: Shop,
) -> None:
    late = replace(open_shop.order("2450000000000000102", *[JEANS] * 11), buyer="tb_other")
    first = open_shop.tell(late)[0]
    open_shop.later(minutes=90)
    open_shop.write(stock.receive, open_shop.skus[JEANS], 1)
    assert open_shop.write(offers.retry_held, open_shop.rules) == 1
    parcel = open_shop.parcel(first.parcel_id)
    assert parcel.state == "reserved"
    assert parcel.holds[0].released_at is not None


@pytest.mark.rule("S9")
def test_the_promise_stands_still_while_held_and_moves_by_as_much(open_shop: Shop) -> None:
    order = open_shop.flagged(open_shop.order("2450000000000000103", JEANS), Flag.YELLOW)
    taken = open_shop.tell(order)[0]
    before = open_shop.parcel(taken.parcel_id).deadline
    open_shop.later(hours=3)
    assert open_shop.write(
        intake.release_by_hand, taken.parcel_id, Code.ORDER_FLAG_YELLOW, open_shop.rules,
        who="王经理", reason="可以发货",
    )
    parcel = open_shop.parcel(taken.parcel_id)
    assert parcel.deadline == before + timedelta(hours=3)
    assert parcel.state == "reserved"


@pytest.mark.rule("S20")
def test_a_yellow_flag_told_later_holds_and_red_lets_it_go(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000000104", JEANS)
    taken = open_shop.tell(order)[0]
    open_shop.tell(open_shop.flagged(order, Flag.YELLOW))
    assert open_shop.print_next() == ""
    open_shop.tell(open_shop.flagged(order, Flag.RED))
    assert open_shop.print_next() == taken.waybill_no


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("hour", "minute", "second", "due"),
    [(15, 59, 59, datetime(2026, 11, 23, 16, 0, tzinfo=UTC)),
     (16, 0, 0, datetime(2026, 11, 24, 8, 0, tzinfo=UTC))],
)
def test_the_cut_off_is_exclusive(
    open_shop: Shop, hour: int, minute: int, second: int, due: datetime
) -> None:
    paid = datetime(2026, 11, 23, hour - 8, minute, second, tzinfo=UTC)
    taken = open_shop.pay("2450000000000000105", JEANS, paid_at=paid)
    assert open_shop.parcel(taken.parcel_id).deadline == due


@pytest.mark.rule("S9")
def test_the_buyers_wish_chooses_the_carrier(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    taken = open_shop.pay("2450000000000000106", JEANS, buyer_message="请发顺丰")
    assert open_shop.parcel(taken.parcel_id).carrier == "SF"
    other = open_shop.pay("2450000000000000107", JEANS, buyer_message="不要顺丰", buyer="tb_b")
    assert open_shop.parcel(other.parcel_id).carrier == "STO"


@pytest.mark.rule("D10")
def test_an_empty_pool_holds_the_parcel_and_new_numbers_print_it(shop: Shop) -> None:
    shop.stock_goods(JEANS)
    taken = shop.pay("2450000000000000108", JEANS)
    assert taken.holds == (Code.ORDER_POOL_EMPTY,)
    shop.receive_numbers(count=1)
    assert shop.write(offers.retry_held, shop.rules) == 1
    assert shop.parcel(taken.parcel_id).waybill_no
    assert shop.write(offers.retry_held, shop.rules) == 0


def test_a_number_is_never_given_twice_and_the_ledger_balances(open_shop: Shop) -> None:
    taken = [open_shop.pay(f"24500000000000002{n:02d}", JEANS, buyer=f"b{n}") for n in range(5)]
    assert len({row.waybill_no for row in taken}) == 5
    ledger = open_shop.read(numbers.ledger)["STO"]
    assert ledger == {"received": 10, "unused": 5, "taken": 5, "printed": 0, "voided": 0}


@pytest.mark.rule("S10", "D1")
def test_orders_of_one_buyer_to_one_address_become_one_parcel(open_shop: Shop) -> None:
    first = open_shop.order("2450000000000000301", JEANS)
    second = open_shop.order("2450000000000000302", SHIRT)
    taken = open_shop.tell(first, second)
    assert [row.outcome for row in taken] == ["new", "merged"]
    assert len(open_shop.jobs()) == 1
    parcel = open_shop.parcel(taken[0].parcel_id)
    assert len(parcel.orders) == len(parcel.lines) == 2


@pytest.mark.rule("S10", "S11")
def test_an_order_that_joins_a_printed_parcel_voids_the_paper_and_prints_all(
    open_shop: Shop,
) -> None:
    first = open_shop.pay("2450000000000000301", JEANS)
    old = open_shop.print_next()
    second = open_shop.pay("2450000000000000302", SHIRT)
    assert second.parcel_id == first.parcel_id
    assert second.waybill_no not in (None, old)
    assert [job.state for job in open_shop.jobs()] == ["void", "waiting"]
    assert open_shop.read(numbers.ledger)["STO"]["voided"] == 1


def test_another_address_or_another_wish_is_another_parcel(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    first = open_shop.order("2450000000000000301", JEANS)
    elsewhere = replace(
        open_shop.order("2450000000000000302", SHIRT),
        consignee=replace(first.consignee, street="城西街道试验路2号"),
    )
    express = open_shop.order("2450000000000000303", SHIRT, seller_memo="发顺丰")
    assert len({row.parcel_id for row in open_shop.tell(first, elsewhere, express)}) == 3


@pytest.mark.rule("S10")
def test_a_note_that_names_three_orders_waits_for_all_three_or_a_named_person(
    open_shop: Shop,
) -> None:
    open_shop.pay("2450000000000000301", JEANS, seller_memo="共3笔")
    second = open_shop.pay("2450000000000000302", SHIRT)
    assert second.holds == (Code.ORDER_BUNDLE_INCOMPLETE,)
    third = open_shop.pay("2450000000000000303", SHIRT)
    assert third.holds == ()
    assert open_shop.print_next() == third.waybill_no


@pytest.mark.rule("S10")
def test_a_person_may_split_an_incomplete_bundle(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000301", JEANS, seller_memo="3笔一起")
    open_shop.write(
        intake.release_by_hand, taken.parcel_id, Code.ORDER_BUNDLE_INCOMPLETE, open_shop.rules,
        who="小美", reason="买家同意分开",
    )
    assert open_shop.parcel(taken.parcel_id).state == "reserved"
    late = open_shop.pay("2450000000000000302", SHIRT)
    assert late.parcel_id != taken.parcel_id


@pytest.mark.rule("S11")
def test_an_order_told_with_another_address_is_held_for_a_person(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000000401", JEANS)
    open_shop.tell(order)
    moved = replace(order, consignee=replace(order.consignee, street="别处路9号"))
    assert open_shop.tell(moved)[0].holds == (Code.ORDER_TOLD_DIFFERENTLY,)
    assert open_shop.print_next() == ""


def test_two_spellings_of_one_address_are_the_same(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000000401", JEANS)
    open_shop.tell(order)
    spelt = replace(order.consignee, province="浙江", city="台州", district="温岭市")
    assert open_shop.tell(replace(order, consignee=spelt))[0].outcome == "known"


@pytest.mark.rule("S8")
def test_the_confirmed_waist_travels_with_the_line(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000501", JEANS, buyer_message="腰围82cm")
    assert open_shop.parcel(taken.parcel_id).lines[0].waist_mm == 820


def test_an_unknown_article_holds_until_the_catalogue_knows_it(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000502", "NEW-1")
    assert taken.holds == (Code.ORDER_UNKNOWN_SKU,)
    open_shop.stock_goods("NEW-1")
    assert open_shop.write(offers.retry_held, open_shop.rules) == 1


def test_a_masked_consignee_is_held(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000000503", JEANS)
    masked = replace(order, consignee=replace(order.consignee, name="林**"))
    assert open_shop.tell(masked)[0].holds == (Code.ORDER_MASKED,)


# --- Refunds, at any moment ----------------------------------------------------------------------


def refund(shop: Shop, order_no: str, kind: RefundKind, line: str | None = None) -> None:
    notice = RefundNotice("taobao", order_no, kind, shop.now, line)
    shop.write(refunds.tell_refund, notice, shop.rules)


def test_a_refund_told_before_the_payment_ships_nothing(open_shop: Shop) -> None:
    refund(open_shop, "2450000000000000601", RefundKind.REFUNDED)
    taken = open_shop.pay("2450000000000000601", JEANS)
    assert (taken.outcome, taken.parcel_id) == ("refunded", None)
    assert open_shop.jobs() == []


def test_a_refund_before_printing_lets_goods_and_number_go(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000602", JEANS)
    refund(open_shop, "2450000000000000602", RefundKind.REFUNDED)
    assert open_shop.parcel(taken.parcel_id).state == "void"
    assert open_shop.sku(JEANS).reserved == 0
    assert open_shop.print_next() == ""
    ledger = open_shop.read(numbers.ledger)["STO"]
    assert (ledger["voided"], ledger["unused"]) == (1, 9)


def test_a_refund_after_printing_stops_the_parcel_loudly_until_taken_apart(
    open_shop: Shop,
) -> None:
    taken = open_shop.pay("2450000000000000603", JEANS)
    open_shop.print_next()
    refund(open_shop, "2450000000000000603", RefundKind.CANCELLED)
    assert open_shop.parcel(taken.parcel_id).state == "stopped"
    assert alarms(open_shop) == ["stopped"]
    done = open_shop.write(
        refunds.take_apart, taken.parcel_id, open_shop.rules, who="阿明", bench="1"
    )
    assert done == "cancelled"
    assert open_shop.sku(JEANS).available == 10


def test_a_refund_asked_for_holds_and_a_closed_one_lets_go(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000604", JEANS)
    refund(open_shop, "2450000000000000604", RefundKind.REFUND_REQUESTED)
    assert open_shop.print_next() == ""
    refund(open_shop, "2450000000000000604", RefundKind.REFUND_CLOSED)
    assert open_shop.print_next() == taken.waybill_no


def test_one_refunded_line_before_printing_leaves_the_rest(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000000605", JEANS, SHIRT)
    refund(open_shop, "2450000000000000605", RefundKind.REFUNDED, line="1")
    assert (open_shop.sku(JEANS).reserved, open_shop.sku(SHIRT).reserved) == (0, 1)
    assert open_shop.print_next() == taken.waybill_no


def test_one_refunded_line_after_printing_prints_a_new_label_for_the_rest(
    open_shop: Shop,
) -> None:
    taken = open_shop.pay("2450000000000000606", JEANS, SHIRT)
    old = open_shop.print_next()
    refund(open_shop, "2450000000000000606", RefundKind.REFUNDED, line="1")
    parcel = open_shop.parcel(taken.parcel_id)
    assert parcel.state == "reserved"
    assert open_shop.print_next() == parcel.waybill_no != old


@pytest.mark.parametrize("kind", list(RefundKind))
def test_every_refund_told_twice_means_the_same(open_shop: Shop, kind: RefundKind) -> None:
    open_shop.pay("2450000000000000607", JEANS)
    refund(open_shop, "2450000000000000607", kind)
    once = open_shop.read(lambda s: list(s.execute(select(StockMove.kind))))
    refund(open_shop, "2450000000000000607", kind)
    assert open_shop.read(lambda s: list(s.execute(select(StockMove.kind)))) == once


@pytest.mark.rule("I7")
def test_the_ledger_of_moves_agrees_with_the_counters(open_shop: Shop) -> None:
    open_shop.pay("2450000000000000608", JEANS, JEANS)
    open_shop.pay("2450000000000000609", JEANS, buyer="tb_b")
    refund(open_shop, "2450000000000000609", RefundKind.REFUNDED)
    moves = open_shop.read(
        lambda s: dict(s.execute(
            select(StockMove.kind, func.sum(StockMove.quantity))
            .where(StockMove.sku_id == open_shop.skus[JEANS]).group_by(StockMove.kind)
        ).all())
    )
    sku = open_shop.sku(JEANS)
    assert sku.on_hand == moves["receive"]
    assert sku.reserved == moves["reserve"] - moves["release"] == 2


def test_everything_that_happened_is_in_chains_that_verify(open_shop: Shop) -> None:
    open_shop.pay("2450000000000000610", JEANS)
    open_shop.print_next()
    refund(open_shop, "2450000000000000610", RefundKind.REFUNDED)
    assert list(open_shop.read(lambda s: list(history.verify(s)))) == []
