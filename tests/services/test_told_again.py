"""What changes after the payment reaches the parcel, or a person who decides (S10, S11, S20)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode, Flag
from station.services import changes, history, intake

if TYPE_CHECKING:
    from conftest import Shop

    from station.db.models import Parcel

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
ORDER = "2450000000000004001"


def read_note(shop: Shop, parcel_id: int | None) -> None:
    def read(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        locked(session, parcel_id).note_read_by = "阿明"

    shop.write(read)


def in_state(shop: Shop, parcel_id: int | None, state: str) -> None:
    def be(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        locked(session, parcel_id).state = state

    shop.write(be)


@pytest.mark.rule("S10")
def test_a_memo_edited_after_the_payment_is_on_the_parcel_and_to_be_read_again(
    open_shop: Shop,
) -> None:
    order = open_shop.order(ORDER, JEANS, seller_memo="黑色32")
    taken = open_shop.tell(order)[0]
    open_shop.print_next()
    read_note(open_shop, taken.parcel_id)
    assert open_shop.tell(replace(order, seller_memo="改成33码"))[0].outcome == "changed"
    parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.note, parcel.note_read_by) == ("改成33码", "")
    assert open_shop.holds(taken.parcel_id) == []


@pytest.mark.rule("S10")
def test_the_same_memo_told_again_stays_read(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS, seller_memo="黑色32")
    taken = open_shop.tell(order)[0]
    read_note(open_shop, taken.parcel_id)
    assert open_shop.tell(order)[0].outcome == "known"
    assert open_shop.parcel(taken.parcel_id).note_read_by == "阿明"


def test_a_road_that_knows_no_memo_clears_none(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS, seller_memo="黑色32", buyer_message="包好")
    taken = open_shop.tell(order)[0]
    open_shop.tell(replace(order, seller_memo="", buyer_message=""))
    assert open_shop.parcel(taken.parcel_id).note == "黑色32\n包好"


@pytest.mark.rule("S10", "D4")
@pytest.mark.parametrize("state", ["packed", "weighed", "signed"])
def test_a_memo_edited_when_the_parcel_is_full_waits_for_a_person(
    open_shop: Shop, state: str
) -> None:
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    open_shop.print_next()
    in_state(open_shop, taken.parcel_id, state)
    open_shop.tell(replace(order, seller_memo="改成33码"))
    hold = open_shop.parcel(taken.parcel_id).holds[0]
    assert (hold.code, hold.facts["what"]) == (Code.ORDER_TOLD_DIFFERENTLY, "note")


@pytest.mark.rule("S18")
def test_a_memo_that_only_gained_the_parcels_own_number_holds_nothing(open_shop: Shop) -> None:
    parcel = open_shop.seal(ORDER, JEANS)
    order = open_shop.order(ORDER, JEANS, seller_memo=f"已发申通 {parcel.waybill_no}")
    open_shop.tell(order)
    assert open_shop.holds(parcel.id) == []


def test_a_label_that_was_drawn_with_the_former_note_is_drawn_anew(open_shop: Shop) -> None:
    from station.services import printing  # noqa: PLC0415 - only here

    order = open_shop.order(ORDER, JEANS)
    open_shop.tell(order)
    due = open_shop.read(printing.next_due, bench="1")
    open_shop.tell(replace(order, seller_memo="改成33码"))
    assert not open_shop.write(
        printing.start_sending, due, printer="p", sha256="", pages=[b"png"]
    )
    assert open_shop.print_next()


@pytest.mark.rule("S10")
def test_a_memo_that_now_names_three_orders_waits_for_them(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    open_shop.tell(replace(order, seller_memo="共3笔"))
    assert open_shop.holds(taken.parcel_id) == [Code.ORDER_BUNDLE_INCOMPLETE]
    assert open_shop.print_next() == ""
    open_shop.tell(replace(order, seller_memo="不用合并了，先发"))
    assert open_shop.holds(taken.parcel_id) == []
    assert open_shop.print_next() == taken.waybill_no


@pytest.mark.rule("S8")
def test_a_waist_confirmed_after_the_payment_reaches_the_line(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS, buyer_message="腰围82cm")
    taken = open_shop.tell(order)[0]
    open_shop.tell(replace(order, seller_memo="买家确认腰围86cm"))
    assert open_shop.parcel(taken.parcel_id).lines[0].waist_mm == 860
    assert open_shop.holds(taken.parcel_id) == []


@pytest.mark.rule("S8", "D4")
def test_a_waist_that_changes_when_pieces_are_in_waits_for_a_person(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS, buyer_message="腰围82cm")
    taken = open_shop.tell(order)[0]

    def pack(session: Any, *, now: Any) -> None:
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        locked(session, taken.parcel_id).lines[0].packed = 1

    open_shop.write(pack)
    open_shop.tell(replace(order, seller_memo="买家确认腰围86cm"))
    facts = open_shop.parcel(taken.parcel_id).holds[0].facts
    assert facts["what"] == "waist"


# --- The carrier ----------------------------------------------------------------------------------


@pytest.mark.rule("S9", "S11")
def test_a_carrier_asked_for_before_printing_is_taken(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    again = open_shop.tell(replace(order, seller_memo="改发顺丰"))[0]
    parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.carrier, again.holds) == ("SF", ())
    assert open_shop.print_next() == parcel.waybill_no != taken.waybill_no


@pytest.mark.rule("S9", "S11")
def test_a_carrier_asked_for_after_printing_waits_for_a_person_who_may_give_it(
    open_shop: Shop,
) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    old = open_shop.print_next()
    open_shop.tell(replace(order, seller_memo="改发顺丰"))
    parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.carrier, parcel.holds[0].facts["what"]) == ("STO", "carrier")
    done = open_shop.write(
        changes.change_carrier, taken.parcel_id, CarrierCode.SF, open_shop.rules, who="小美",
        reason="买家要求",
    )
    assert done.reprinted
    assert open_shop.print_next() not in ("", old)
    assert open_shop.parcel(taken.parcel_id).carrier == "SF"
    assert list(open_shop.read(lambda s: list(history.verify(s)))) == []


def test_a_carrier_that_a_person_chose_is_not_changed_by_a_note(open_shop: Shop) -> None:
    for carrier in (CarrierCode.SF, CarrierCode.YTO):
        open_shop.receive_numbers(carrier)
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    open_shop.write(
        changes.change_carrier, taken.parcel_id, CarrierCode.YTO, open_shop.rules, who="小美",
        reason="价格一样",
    )
    open_shop.tell(replace(order, seller_memo="发顺丰"))
    parcel: Parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.carrier, parcel.carrier_reason) == ("YTO", "by_hand")


def test_a_person_may_not_change_the_carrier_of_what_left(open_shop: Shop) -> None:
    parcel = open_shop.seal(ORDER, JEANS)
    in_state(open_shop, parcel.id, "handed_over")
    refused = open_shop.write(
        changes.change_carrier, parcel.id, CarrierCode.YTO, open_shop.rules, who="小美", reason="x"
    )
    assert refused.code == Code.PARCEL_CHANGED


@pytest.mark.rule("S9")
def test_an_unclear_wish_goes_by_the_rule_and_is_told(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS, buyer_message="发中通快递")
    assert open_shop.parcel(taken.parcel_id).carrier == "STO"
    assert open_shop.alarms() == ["carrier_unclear"]


# --- Address and content --------------------------------------------------------------------------


@pytest.mark.rule("S11")
def test_a_person_is_asked_once_about_an_address_however_often_it_is_told(
    open_shop: Shop,
) -> None:
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    moved = replace(order, consignee=replace(order.consignee, street="别处路9号"))
    open_shop.tell(moved)
    open_shop.write(
        changes.change_address, taken.parcel_id, moved.consignee, open_shop.rules, who="小美",
        reason="买家确认",
    )
    for told in (moved, order, moved, order):  # two roads that keep disagreeing
        assert open_shop.tell(told)[0].holds == ()
    assert open_shop.print_next() == taken.waybill_no
    third = replace(order, consignee=replace(order.consignee, street="第三处路1号"))
    assert open_shop.tell(third)[0].holds == (Code.ORDER_TOLD_DIFFERENTLY,)


def test_two_questions_about_one_order_are_both_on_its_hold(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS)
    taken = open_shop.tell(order)[0]
    open_shop.tell(replace(order, consignee=replace(order.consignee, street="别处路9号")))
    line = replace(order.lines[0], quantity=2)
    open_shop.tell(replace(order, lines=(line,)))
    assert open_shop.parcel(taken.parcel_id).holds[0].facts["what"] == "address,lines"


@pytest.mark.parametrize("change", [{"sku": ""}, {"sku": "", "color": "", "size": ""}])
def test_a_road_that_knows_less_of_the_goods_tells_the_same_goods(
    open_shop: Shop, change: dict[str, str]
) -> None:
    order = open_shop.order(ORDER, JEANS)
    open_shop.tell(order)
    vague = replace(order, lines=(replace(order.lines[0], **change),))
    assert open_shop.tell(vague)[0].outcome == "known"


@pytest.mark.parametrize("change", [{"sku": SHIRT}, {"quantity": 2}, {"sku": "", "size": "33"}])
def test_other_goods_are_held_for_a_person(open_shop: Shop, change: dict[str, Any]) -> None:
    order = open_shop.order(ORDER, JEANS)
    open_shop.tell(order)
    other = replace(order, lines=(replace(order.lines[0], **change),))
    assert open_shop.tell(other)[0].holds == (Code.ORDER_TOLD_DIFFERENTLY,)


def test_a_line_that_is_told_again_as_refunded_is_taken_out(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS, SHIRT)
    taken = open_shop.tell(order)[0]
    gone = replace(order.lines[0], refunded=True)
    open_shop.tell(replace(order, lines=(gone, order.lines[1])))
    assert (open_shop.sku(JEANS).reserved, open_shop.sku(SHIRT).reserved) == (0, 1)
    assert open_shop.print_next() == taken.waybill_no


# --- Flags ----------------------------------------------------------------------------------------


@pytest.mark.rule("S20")
def test_one_of_two_yellow_orders_that_turns_red_lets_nothing_go(open_shop: Shop) -> None:
    first, second = (open_shop.order(f"24500000000000041{n}", JEANS) for n in (1, 2))
    taken = open_shop.tell(first, second)[0]
    for order in (first, second):
        open_shop.tell(replace(order, flag=Flag.YELLOW))
    open_shop.tell(replace(first, flag=Flag.RED))
    assert open_shop.print_next() == ""
    open_shop.tell(replace(second, flag=Flag.RED))
    assert open_shop.parcel(taken.parcel_id).flag == Flag.RED
    assert open_shop.print_next() == taken.waybill_no


@pytest.mark.rule("S20")
def test_a_yellow_flag_after_the_hand_over_is_an_intercept_not_a_hold(open_shop: Shop) -> None:
    parcel = open_shop.seal(ORDER, JEANS)
    in_state(open_shop, parcel.id, "handed_over")
    open_shop.tell(open_shop.order(ORDER, JEANS, flag=Flag.YELLOW))
    assert open_shop.holds(parcel.id) == []
    assert open_shop.parcel(parcel.id).intercept == "flag_yellow"
    assert open_shop.alarms() == ["intercept"]


def test_a_parcel_held_by_hand_after_it_left_is_to_be_called_back(open_shop: Shop) -> None:
    parcel = open_shop.seal(ORDER, JEANS)
    open_shop.write(intake.hold_by_hand, parcel.id, who="王经理", reason="地址不对")
    assert open_shop.holds(parcel.id) == [Code.ORDER_BY_HAND]
    other = open_shop.seal("2450000000000004002", JEANS, buyer="tb_b")
    in_state(open_shop, other.id, "handed_over")
    open_shop.write(intake.hold_by_hand, other.id, who="王经理", reason="地址不对")
    assert (open_shop.holds(other.id), open_shop.parcel(other.id).intercept) == ([], "by_hand")
