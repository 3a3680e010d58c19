"""Orders travel together only while none makes another wait (S10); carriers that reach (S9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from station.domain.orders import RefundKind
from station.domain.refusals import Code
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode, Flag
from station.services import changes, handover, history, numbers, offers, stock

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
FIRST, SECOND = "2450000000000006001", "2450000000000006002"


@pytest.mark.rule("S10", "D2")
@pytest.mark.parametrize("printed", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_an_order_that_is_short_of_goods_stops_no_other(
    open_shop: Shop, *, printed: bool, together: bool
) -> None:
    ready = open_shop.order(FIRST, JEANS)
    short = open_shop.order(SECOND, *[SHIRT] * 11)
    if together:
        first, second = open_shop.tell(ready, short)
    else:
        first = open_shop.tell(ready)[0]
        if printed:
            open_shop.print_next()
        second = open_shop.tell(short)[0]
    assert first.parcel_id != second.parcel_id
    assert open_shop.parcel(first.parcel_id).waybill_no == first.waybill_no
    assert (first.holds, second.holds) == ((), (Code.ORDER_NO_STOCK,))


@pytest.mark.rule("S10")
def test_an_order_that_can_go_does_not_join_one_that_waits_for_goods(open_shop: Shop) -> None:
    open_shop.pay(FIRST, *[SHIRT] * 11)
    assert open_shop.pay(SECOND, JEANS).holds == ()


@pytest.mark.rule("S10")
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("waits_for", ["stock", "catalogue"])
def test_orders_that_both_wait_for_goods_leave_on_one_label(
    open_shop: Shop, waits_for: str, *, together: bool
) -> None:
    new = "NEW1-红-M"
    skus = [new] if waits_for == "catalogue" else [SHIRT] * 11
    orders = [open_shop.order(FIRST, *skus), open_shop.order(SECOND, *skus)]
    if together:
        open_shop.tell(*orders)
    else:
        for order in orders:
            open_shop.tell(order)
    if waits_for == "catalogue":
        open_shop.stock_goods(new)
    else:
        open_shop.write(stock.receive, open_shop.skus[SHIRT], 20)
    assert open_shop.write(offers.retry_held, open_shop.rules) == 1
    assert open_shop.print_next()
    assert not open_shop.print_next()


@pytest.mark.rule("S10", "S9")
@pytest.mark.parametrize("first", ["presale", "normal"])
def test_a_presale_does_not_keep_what_can_go_today(open_shop: Shop, first: str) -> None:
    presale = replace(
        open_shop.order(FIRST, JEANS), ship_after=open_shop.now + timedelta(days=9)
    )
    normal = open_shop.order(SECOND, SHIRT)
    orders = [presale, normal] if first == "presale" else [normal, presale]
    taken = {row.order_no: row for order in orders for row in open_shop.tell(order)}
    assert taken[SECOND].holds == ()
    assert taken[FIRST].parcel_id != taken[SECOND].parcel_id


@pytest.mark.rule("S10")
@pytest.mark.parametrize("why", ["refund", "yellow", "masked"])
def test_an_order_with_a_reason_to_wait_leaves_the_ready_parcel_alone(
    open_shop: Shop, why: str
) -> None:
    first = open_shop.pay(FIRST, JEANS)
    open_shop.print_next()
    second = open_shop.order(SECOND, SHIRT)
    if why == "refund":
        open_shop.refund(SECOND, RefundKind.REFUND_REQUESTED)
    if why == "yellow":
        second = replace(second, flag=Flag.YELLOW)
    if why == "masked":
        second = replace(second, consignee=replace(second.consignee, phone="139****0101"))
    open_shop.tell(second)
    parcel = open_shop.parcel(first.parcel_id)
    assert (parcel.state, parcel.waybill_no, len(parcel.orders)) == (
        "printed", first.waybill_no, 1)


@pytest.mark.rule("S10")
def test_a_note_that_names_two_orders_brings_even_the_short_one_in(open_shop: Shop) -> None:
    first = open_shop.pay(FIRST, JEANS)
    second = open_shop.pay(SECOND, *[SHIRT] * 11, seller_memo="两单一起发")
    assert second.parcel_id == first.parcel_id
    assert second.holds == (Code.ORDER_NO_STOCK,)


@pytest.mark.rule("S20", "S10")
def test_goods_that_come_are_offered_to_a_parcel_that_has_its_number_already(
    open_shop: Shop,
) -> None:

    open_shop.pay(FIRST, JEANS)
    second = open_shop.pay(SECOND, *[SHIRT] * 11, seller_memo="两单一起发")
    assert open_shop.parcel(second.parcel_id).state == "reserved"
    open_shop.write(stock.receive, open_shop.skus[SHIRT], 1)
    assert open_shop.write(offers.retry_held, open_shop.rules) == 1
    assert open_shop.holds(second.parcel_id) == []
    assert open_shop.print_next() == open_shop.parcel(second.parcel_id).waybill_no


def test_joining_before_anything_printed_uses_up_no_number(open_shop: Shop) -> None:
    first = open_shop.pay(FIRST, JEANS)
    second = open_shop.pay(SECOND, SHIRT)
    assert second.waybill_no == first.waybill_no
    assert open_shop.read(numbers.ledger)["STO"]["voided"] == 0
    assert [job.state for job in open_shop.jobs()] == ["waiting"]


def test_paper_is_not_given_up_for_an_order_if_no_number_is_left(shop: Shop) -> None:
    shop.receive_numbers(count=1)
    shop.stock_goods(JEANS)
    first = shop.pay(FIRST, JEANS)
    shop.print_next()
    second = shop.pay(SECOND, JEANS)
    assert shop.parcel(first.parcel_id).state == "printed"
    assert second.holds == (Code.ORDER_POOL_EMPTY,)


@pytest.mark.rule("S9")
def test_an_order_that_refuses_a_carrier_does_not_join_its_parcel(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.YTO)
    first = open_shop.pay(FIRST, JEANS)
    second = open_shop.pay(SECOND, SHIRT, buyer_message="不要申通")
    assert first.parcel_id != second.parcel_id
    assert open_shop.parcel(second.parcel_id).carrier == "YTO"


def test_an_order_that_joins_makes_the_note_due_again(open_shop: Shop) -> None:
    first = open_shop.pay(FIRST, JEANS)

    def read(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        locked(session, first.parcel_id).note_read_by = "阿明"

    open_shop.write(read)
    open_shop.pay(SECOND, SHIRT, buyer_message="送个袋子")
    assert open_shop.parcel(first.parcel_id).note_read_by == ""


def test_splitting_before_anything_printed_keeps_the_number(open_shop: Shop) -> None:
    first = open_shop.pay(FIRST, JEANS)
    open_shop.pay(SECOND, SHIRT)
    order_id = open_shop.parcel(first.parcel_id).orders[1].id
    open_shop.write(changes.split_order, first.parcel_id, order_id, open_shop.rules, who="小美")
    assert open_shop.parcel(first.parcel_id).waybill_no == first.waybill_no
    assert len({open_shop.print_next(), open_shop.print_next()} - {""}) == 2


# --- Where nobody goes ----------------------------------------------------------------------------


def nowhere(shop: Shop) -> None:
    """From now on no carrier goes to the buyer's province."""
    shop.rules = replace(
        shop.rules, reach={code: Reach.without(("浙江",)) for code in CarrierCode}
    )


@pytest.mark.rule("S9")
def test_an_order_that_no_carrier_takes_is_held_and_prints_nothing(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.EMS)
    nowhere(open_shop)
    taken = open_shop.pay(FIRST, JEANS)
    assert taken.holds == (Code.ORDER_NONE_REACHES,)
    assert open_shop.print_next() == ""


@pytest.mark.rule("S9", "S11")
def test_an_address_that_a_carrier_reaches_lets_it_go(open_shop: Shop) -> None:
    nowhere(open_shop)
    taken = open_shop.pay(FIRST, JEANS)
    elsewhere = replace(
        open_shop.order(FIRST, JEANS).consignee, province="上海市", city="上海市",
        district="徐汇区",
    )
    open_shop.write(
        changes.change_address, taken.parcel_id, elsewhere, open_shop.rules, who="小美",
        reason="买家换地址",
    )
    assert open_shop.holds(taken.parcel_id) == []
    assert open_shop.print_next() == open_shop.parcel(taken.parcel_id).waybill_no


@pytest.mark.rule("S9", "S11")
def test_an_address_that_nobody_reaches_holds_a_printed_parcel(open_shop: Shop) -> None:
    taken = open_shop.pay(FIRST, JEANS)
    open_shop.print_next()
    nowhere(open_shop)
    home = open_shop.order(FIRST, JEANS).consignee
    open_shop.write(
        changes.change_address, taken.parcel_id, replace(home, street="新路2号"),
        open_shop.rules, who="小美", reason="买家换地址",
    )
    assert Code.ORDER_NONE_REACHES in open_shop.holds(taken.parcel_id)
    assert open_shop.print_next() == ""


def test_a_person_may_give_it_to_a_carrier_all_the_same(open_shop: Shop) -> None:
    nowhere(open_shop)
    taken = open_shop.pay(FIRST, JEANS)
    open_shop.write(
        changes.change_carrier, taken.parcel_id, CarrierCode.STO, open_shop.rules, who="小美",
        reason="网点答应送",
    )
    assert open_shop.print_next() == open_shop.parcel(taken.parcel_id).waybill_no != ""


def test_a_refused_only_carrier_is_held(open_shop: Shop) -> None:
    taken = open_shop.pay(FIRST, JEANS, buyer_message="不要申通，不要圆通，不要EMS，不要顺丰")
    assert taken.holds == (Code.ORDER_NONE_REACHES,)


# --- What a new number undoes ---------------------------------------------------------------------


@pytest.mark.rule("S11", "D6")
def test_a_new_label_takes_the_parcel_out_of_an_open_hand_over(open_shop: Shop) -> None:
    parcel = open_shop.seal(FIRST, JEANS)

    def pile(session: Any, *, now: Any) -> int:
        return handover.open_session(session, CarrierCode.STO, who="仓管", now=now).id

    number = open_shop.write(pile)
    open_shop.write(handover.scan, number, parcel.waybill_no, who="仓管")
    open_shop.write(
        handover.enter_figures, number, parcel.id, weight_g=600, price_fen=500,
        rules=open_shop.rules, who="仓管",
    )
    home = open_shop.order(FIRST, JEANS).consignee
    open_shop.write(
        changes.change_address, parcel.id, replace(home, street="新路2号"), open_shop.rules,
        who="小美", reason="买家改地址",
    )
    answer = open_shop.write(
        handover.close, number, courier="王师傅", strokes=[[[1, 1], [9, 9]]],
        rules=open_shop.rules, who="仓管",
    )
    assert answer.code == Code.HANDOVER_MISSING
    assert list(open_shop.read(lambda s: list(history.verify(s)))) == []


@pytest.mark.rule("D10", "D5")
@pytest.mark.parametrize(("sealed", "left"), [(True, 9), (False, 10)])
def test_a_bag_that_was_not_sealed_goes_back_when_a_parcel_is_issued_anew(
    open_shop: Shop, *, sealed: bool, left: int
) -> None:
    from station.db.models import Packaging  # noqa: PLC0415 - only here

    taken = open_shop.pay(FIRST, JEANS)
    open_shop.print_next()

    def pack(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        bag = Packaging(code="BAG-M", name="中号袋", kind="bag", stock=9)
        session.add(bag)
        session.flush()
        parcel = locked(session, taken.parcel_id)
        parcel.packaging_id, parcel.state = bag.id, "signed" if sealed else "packed"
        parcel.signed_at = now if sealed else None

    open_shop.write(pack)
    home = open_shop.order(FIRST, JEANS).consignee
    open_shop.write(
        changes.change_address, taken.parcel_id, replace(home, street="新路2号"),
        open_shop.rules, who="小美", reason="买家改地址",
    )
    assert open_shop.parcel(taken.parcel_id).packaging_id is None
    from sqlalchemy import select  # noqa: PLC0415 - only here

    assert open_shop.read(lambda s: s.scalars(select(Packaging.stock)).one()) == left


@pytest.mark.rule("D10")
def test_every_label_that_leaves_the_printer_is_taken_off_the_roll(open_shop: Shop) -> None:
    from sqlalchemy import select  # noqa: PLC0415 - only here

    from station.db.models import Packaging  # noqa: PLC0415 - only here

    def roll(session: Any, *, now: Any) -> None:
        session.add(Packaging(code="ROLL", name="面单卷", kind="label", stock=500, low_at=499))

    open_shop.write(roll)
    for n in range(2):
        open_shop.pay(f"245000000000000610{n}", JEANS, buyer=f"b{n}")
        open_shop.print_next()
    assert open_shop.read(lambda s: s.scalars(select(Packaging.stock)).one()) == 498
    assert open_shop.alarms() == ["consumable_low"]
