"""Refunds in every order, of every line, known or not: none is ever ignored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from station.db.models import ParcelLine
from station.domain.orders import RefundKind, RefundNotice
from station.domain.refusals import Code
from station.services import history, intake, refunds

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
ORDER = "2450000000000005001"
GONE = [RefundKind.REFUNDED, RefundKind.CANCELLED]


def in_state(shop: Shop, parcel_id: int | None, state: str) -> None:
    def be(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        locked(session, parcel_id).state = state

    shop.write(be)


@pytest.mark.parametrize("kind", [*GONE, RefundKind.REFUND_REQUESTED])
def test_a_refund_of_a_line_nobody_knows_holds_the_parcel_and_is_told(
    open_shop: Shop, kind: RefundKind
) -> None:
    taken = open_shop.pay(ORDER, JEANS, SHIRT)
    open_shop.refund(ORDER, kind, line="245000000000000500177")
    assert open_shop.holds(taken.parcel_id) == [Code.ORDER_REFUND_ASKED]
    assert open_shop.alarms() == ["refund_asked"]
    assert open_shop.print_next() == ""


@pytest.mark.parametrize("kind", [*GONE, RefundKind.REFUND_REQUESTED])
def test_a_refund_of_a_line_nobody_knows_holds_when_it_came_before_the_payment(
    open_shop: Shop, kind: RefundKind
) -> None:
    open_shop.refund(ORDER, kind, line="245000000000000500177")
    taken = open_shop.pay(ORDER, JEANS, SHIRT)
    assert taken.holds == (Code.ORDER_REFUND_ASKED,)
    assert open_shop.alarms() == ["refund_asked"]
    assert len(open_shop.parcel(taken.parcel_id).lines) == 2


@pytest.mark.parametrize("first", ["refund", "payment"])
def test_an_only_line_is_meant_whatever_number_the_refund_gives(
    open_shop: Shop, first: str
) -> None:
    if first == "refund":
        open_shop.refund(ORDER, RefundKind.REFUNDED, line="77")
        taken = open_shop.pay(ORDER, JEANS)
        assert (taken.outcome, taken.parcel_id) == ("refunded", None)
    else:
        taken = open_shop.pay(ORDER, JEANS)
        open_shop.refund(ORDER, RefundKind.REFUNDED, line="77")
        assert open_shop.parcel(taken.parcel_id).state == "void"
    assert open_shop.sku(JEANS).reserved == 0


def test_a_line_asked_back_before_the_payment_is_held(open_shop: Shop) -> None:
    open_shop.refund(ORDER, RefundKind.REFUND_REQUESTED, line="2")
    taken = open_shop.pay(ORDER, JEANS, SHIRT)
    assert taken.holds == (Code.ORDER_REFUND_ASKED,)
    open_shop.refund(ORDER, RefundKind.REFUND_CLOSED, line="2")
    assert open_shop.print_next() == open_shop.parcel(taken.parcel_id).waybill_no


def test_a_person_who_ships_all_the_same_is_not_asked_again_by_the_same_news(
    open_shop: Shop,
) -> None:
    taken = open_shop.pay(ORDER, JEANS, SHIRT)
    told = open_shop.now
    open_shop.refund(ORDER, RefundKind.REFUND_REQUESTED)
    open_shop.refund(ORDER, RefundKind.REFUNDED, line="77")
    open_shop.later(minutes=5)
    open_shop.write(
        intake.release_by_hand, taken.parcel_id, Code.ORDER_REFUND_ASKED, open_shop.rules,
        who="小美", reason="买家撤销了",
    )
    notice = RefundNotice("taobao", ORDER, RefundKind.REFUND_REQUESTED, told)
    open_shop.write(refunds.tell_refund, notice, open_shop.rules)
    open_shop.refund(ORDER, RefundKind.REFUNDED, line="77")
    assert open_shop.holds(taken.parcel_id) == []
    open_shop.refund(ORDER, RefundKind.REFUND_REQUESTED)
    assert open_shop.holds(taken.parcel_id) == [Code.ORDER_REFUND_ASKED]


@pytest.mark.fault("F15")
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_news_in_any_order_ends_as_the_latest_says(
    open_shop: Shop, order: tuple[int, ...]
) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    kinds = (RefundKind.REFUND_REQUESTED, RefundKind.REFUND_CLOSED, RefundKind.REFUND_REQUESTED)
    start = open_shop.now
    news = [RefundNotice("taobao", ORDER, kind, start + timedelta(minutes=n))
            for n, kind in enumerate(kinds)]
    open_shop.later(hours=1)
    for index in order:
        open_shop.write(refunds.tell_refund, news[index], open_shop.rules)
    assert open_shop.holds(taken.parcel_id) == [Code.ORDER_REFUND_ASKED]
    closed = RefundNotice("taobao", ORDER, RefundKind.REFUND_CLOSED, start + timedelta(minutes=9))
    open_shop.write(refunds.tell_refund, closed, open_shop.rules)
    assert open_shop.print_next() == taken.waybill_no


def test_an_old_request_changes_nothing_but_is_told(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    old = RefundNotice("taobao", ORDER, RefundKind.REFUND_REQUESTED, open_shop.now)
    open_shop.later(minutes=5)
    open_shop.refund(ORDER, RefundKind.REFUND_CLOSED)
    open_shop.write(refunds.tell_refund, old, open_shop.rules)
    assert open_shop.holds(taken.parcel_id) == []
    assert open_shop.alarms() == ["refund_asked"]


def test_money_that_is_gone_counts_whenever_it_is_told(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    old = RefundNotice("taobao", ORDER, RefundKind.REFUNDED, open_shop.now)
    open_shop.later(minutes=5)
    open_shop.refund(ORDER, RefundKind.REFUND_CLOSED)
    open_shop.write(refunds.tell_refund, old, open_shop.rules)
    assert open_shop.parcel(taken.parcel_id).state == "void"


def test_a_refund_asked_and_then_paid_while_packing_leaves_no_hold_behind(
    open_shop: Shop,
) -> None:
    first = open_shop.pay(ORDER, JEANS)
    open_shop.pay("2450000000000005002", SHIRT)
    open_shop.print_next()
    in_state(open_shop, first.parcel_id, "packing")
    open_shop.refund(ORDER, RefundKind.REFUND_REQUESTED)
    open_shop.refund(ORDER, RefundKind.REFUNDED)
    done = open_shop.write(
        refunds.take_apart, first.parcel_id, open_shop.rules, who="阿明", bench="1"
    )
    assert (done, open_shop.holds(first.parcel_id)) == ("reissued", [])
    assert open_shop.print_next() == open_shop.parcel(first.parcel_id).waybill_no


def test_a_refunded_line_of_an_unknown_article_no_longer_holds_the_rest(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS, "NEW-1")
    assert taken.holds == (Code.ORDER_UNKNOWN_SKU,)
    open_shop.refund(ORDER, RefundKind.REFUNDED, line="2")
    assert open_shop.holds(taken.parcel_id) == []
    assert open_shop.print_next()


def test_every_new_kind_of_refund_after_the_hand_over_asks_again(open_shop: Shop) -> None:
    parcel = open_shop.seal(ORDER, JEANS)
    in_state(open_shop, parcel.id, "handed_over")
    open_shop.refund(ORDER, RefundKind.REFUND_REQUESTED)

    def acknowledge(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        locked(session, parcel.id).intercept_acknowledged_by = "仓管"

    open_shop.write(acknowledge)
    open_shop.acknowledge_all()
    open_shop.refund(ORDER, RefundKind.REFUNDED)
    row = open_shop.parcel(parcel.id)
    assert (row.intercept, row.intercept_acknowledged_by) == ("refunded", "")
    assert open_shop.alarms() == ["intercept"]


@pytest.mark.pain("41")
@pytest.mark.parametrize(
    "state", ["waiting", "reserved", "printed", "packing", "packed", "weighed", "signed",
              "handed_over", "stopped", "void"],
)
@pytest.mark.parametrize("kind", list(RefundKind))
def test_a_refund_in_every_state_keeps_goods_and_history_whole(
    open_shop: Shop, kind: RefundKind, state: str
) -> None:
    for order, line in enumerate([None, "1", "77"], int(ORDER)):
        parcel_id = open_shop.pay(str(order), JEANS, SHIRT, buyer=f"tb_{order}").parcel_id
        if state not in ("waiting", "reserved"):
            open_shop.print_next()
        if state == "void":
            open_shop.refund(str(order), RefundKind.CANCELLED)
        elif state != "waiting":
            in_state(open_shop, parcel_id, state)
        open_shop.refund(str(order), kind, line=line)
        parcel = open_shop.parcel(parcel_id)
        stopped = parcel.state in ("stopped", "void") or bool(open_shop.holds(parcel_id))
        if kind != RefundKind.REFUND_CLOSED and state != "handed_over" and line is None:
            assert stopped
        if kind != RefundKind.REFUND_CLOSED and state == "handed_over":
            assert parcel.intercept == kind
    held = open_shop.read(lambda s: s.scalar(select(func.sum(ParcelLine.reserved))))
    assert open_shop.sku(JEANS).reserved + open_shop.sku(SHIRT).reserved == held
    assert list(open_shop.read(lambda s: list(history.verify(s)))) == []


def test_a_refunded_line_keeps_its_number_when_the_payment_comes_later(open_shop: Shop) -> None:
    open_shop.refund(ORDER, RefundKind.REFUNDED, line="1")
    taken = open_shop.pay(ORDER, JEANS, SHIRT)
    assert [line.sku.code for line in open_shop.parcel(taken.parcel_id).lines] == [SHIRT]
    again = open_shop.order(ORDER, JEANS, SHIRT)
    assert open_shop.tell(replace(again, seller_memo=""))[0].outcome == "known"
