"""Addresses change and merged orders part, before and after the label is on paper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from station.domain.orders import RefundKind
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode
from station.services import changes, history, numbers

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


def move(shop: Shop, parcel_id: int | None, **facts: str) -> Any:
    home = shop.order("x", JEANS).consignee
    return shop.write(
        changes.change_address, parcel_id, replace(home, **facts), shop.rules, who="小美",
        reason="买家改地址",
    )


@pytest.mark.rule("S11")
def test_an_address_that_changes_before_printing_keeps_its_number(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000003001", JEANS)
    assert not move(open_shop, taken.parcel_id, street="新路2号").reprinted
    assert open_shop.print_next() == taken.waybill_no
    assert open_shop.parcel(taken.parcel_id).street == "新路2号"


@pytest.mark.rule("S11")
@pytest.mark.pain("13")
def test_an_address_that_changes_after_printing_voids_the_paper(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000003002", JEANS)
    open_shop.print_next()
    assert move(open_shop, taken.parcel_id, street="新路2号").reprinted
    fresh = open_shop.print_next()
    assert fresh not in ("", taken.waybill_no)
    assert open_shop.read(numbers.ledger)["STO"]["voided"] == 1


@pytest.mark.rule("S9", "S11")
def test_a_new_place_may_need_another_carrier_and_its_number(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.EMS)
    taken = open_shop.pay("2450000000000003003", JEANS)
    place = {"province": "西藏自治区", "city": "拉萨市", "district": "城关区"}
    unreached = replace(
        open_shop.rules,
        reach={**open_shop.rules.reach, CarrierCode.STO: type(
            open_shop.rules.reach[CarrierCode.STO]).without(("西藏",))},
    )
    open_shop.rules = unreached
    move(open_shop, taken.parcel_id, **place)
    parcel = open_shop.parcel(taken.parcel_id)
    assert parcel.carrier == "EMS"
    assert parcel.waybill_no not in (None, "", taken.waybill_no)


def test_a_corrected_address_lets_a_masked_order_print(open_shop: Shop) -> None:
    order = open_shop.order("2450000000000003004", JEANS)
    taken = open_shop.tell(replace(order, consignee=replace(order.consignee, name="林**")))[0]
    move(open_shop, taken.parcel_id)
    assert open_shop.print_next()


def test_what_left_the_house_goes_where_it_went(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000003005", JEANS)

    def leave(session: Any, *, now: object) -> None:
        session.merge(parcel).state = "handed_over"

    open_shop.write(leave)
    assert move(open_shop, parcel.id, street="新路2号").code == Code.PARCEL_CHANGED


@pytest.mark.rule("S10")
def test_a_merged_order_can_be_taken_out_by_hand(open_shop: Shop) -> None:
    first = open_shop.pay("2450000000000003006", JEANS)
    second = open_shop.pay("2450000000000003007", SHIRT, buyer_message="包起来")
    old = open_shop.print_next()
    order_id = open_shop.parcel(first.parcel_id).orders[1].id
    done = open_shop.write(
        changes.split_order, first.parcel_id, order_id, open_shop.rules, who="小美"
    )
    assert done.parcel_id != first.parcel_id == second.parcel_id
    printed = {open_shop.print_next(), open_shop.print_next()}
    assert len(printed - {"", old}) == 2
    assert open_shop.parcel(first.parcel_id).note == ""
    assert (open_shop.sku(JEANS).reserved, open_shop.sku(SHIRT).reserved) == (1, 1)
    assert list(open_shop.read(lambda s: list(history.verify(s)))) == []


def test_the_only_order_of_a_parcel_cannot_be_taken_out(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000003008", JEANS)
    order_id = open_shop.parcel(taken.parcel_id).orders[0].id
    refused = open_shop.write(
        changes.split_order, taken.parcel_id, order_id, open_shop.rules, who="小美"
    )
    assert refused.code == Code.PARCEL_CHANGED


@pytest.mark.rule("S10")
@pytest.mark.parametrize("which", [0, 1])
def test_what_was_refunded_is_not_parted_from_what_ships(open_shop: Shop, which: int) -> None:
    first = open_shop.pay("2450000000000003009", JEANS)
    open_shop.pay("2450000000000003010", SHIRT)
    open_shop.refund("2450000000000003010", RefundKind.REFUNDED)
    order_id = open_shop.parcel(first.parcel_id).orders[which].id
    refused = open_shop.write(
        changes.split_order, first.parcel_id, order_id, open_shop.rules, who="小美"
    )
    assert refused.code == Code.PARCEL_CHANGED
    assert open_shop.print_next() == first.waybill_no
