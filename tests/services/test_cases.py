"""Cases after the hand-over: opened once, claimed, answered, paid, and loud when overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from drivers.interfaces import Photograph
from station.db.models import Case, History, Outbox, Parcel, ShopOrder, Signature
from station.domain.cases import CaseKind, CaseMove, ClaimTerms
from station.domain.orders import RefundKind
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Flag
from station.services import case_alarms, cases, history, issuing, photographs

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]


@pytest.fixture
def gone(open_shop: Shop) -> Parcel:
    """A parcel of one pair of jeans and one shirt in the courier's hands."""
    parcel = open_shop.seal("2450000000000000901", JEANS, SHIRT)
    open_shop.hand_over(parcel)
    return open_shop.parcel(parcel.id)


def begin(shop: Shop, parcel: Parcel, kind: CaseKind, **facts: Any) -> Any:
    return shop.write(cases.begin, parcel.id, kind, shop.rules, who="客服小李", **facts)


def look(shop: Shop, case_id: int) -> Case:
    def read(session: Any) -> Case:
        case = session.get(Case, case_id)
        _ = case.pieces, case.payments
        return case

    return shop.read(read)


def steps(shop: Shop, case_id: int) -> list[tuple[str, str]]:
    query = select(History.kind, History.who).where(History.chain == f"case:{case_id}")
    return shop.read(lambda session: [
        (kind, who) for kind, who in session.execute(query.order_by(History.seq))])


# --- Opening --------------------------------------------------------------------------------------


def test_a_case_knows_its_courier_and_packer_by_itself(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.PACKING_DAMAGE)
    assert (case.courier, case.packer, case.waybill_no) == ("小吴", "阿明", gone.waybill_no)
    assert steps(open_shop, case.id) == [("case_opened", "客服小李")]


def test_the_same_kind_is_opened_once_and_goes_on_after_that(open_shop: Shop, gone: Parcel):
    first = begin(open_shop, gone, CaseKind.LOST)
    again = begin(open_shop, gone, CaseKind.LOST, return_no="7790000000001")
    other = begin(open_shop, gone, CaseKind.RETURN)
    assert first.id == again.id != other.id
    assert look(open_shop, first.id).return_no == "7790000000001"
    assert len(steps(open_shop, first.id)) == 1


def test_a_parcel_that_is_still_in_the_house_needs_no_case(open_shop: Shop):
    parcel = open_shop.seal("A1", JEANS)
    refused = begin(open_shop, parcel, CaseKind.LOST)
    assert refused == Refusal(Code.CASE_NOT_GONE, {"waybill_no": parcel.waybill_no})
    assert open_shop.read(lambda session: session.scalar(select(Case.id))) is None


@pytest.mark.rule("D8", "D9")
def test_the_stub_lies_apart_in_its_box(open_shop: Shop, gone: Parcel):
    assert begin(open_shop, gone, CaseKind.LOST).place == "claim"
    assert begin(open_shop, gone, CaseKind.UNREACHABLE).place == "unreachable"
    assert begin(open_shop, gone, CaseKind.RETURN).place == ""


def test_an_intercept_opens_its_case_by_itself(open_shop: Shop, gone: Parcel):
    open_shop.refund("2450000000000000901", RefundKind.REFUNDED)
    (case,) = open_shop.read(lambda session: session.scalars(select(Case)).all())
    assert (case.kind, case.state, case.note) == ("intercepted", "open", "refunded")
    open_shop.write(lambda session, *, now: issuing.intercept(
        session, session.get(Parcel, gone.id), kind="by_hand", now=now))
    assert len(open_shop.read(lambda session: session.scalars(select(Case)).all())) == 1


# --- Flags and notes ------------------------------------------------------------------------------


@pytest.mark.rule("S21")
@pytest.mark.parametrize(("kind", "flag"), [(CaseKind.EXCHANGE, Flag.BLUE),
                                            (CaseKind.RETURN, Flag.PURPLE)])
def test_the_platform_gets_the_flag_and_the_whole_note(
    open_shop: Shop, kind: CaseKind, flag: Flag
):
    open_shop.rules = with_platform(open_shop)
    parcel = open_shop.seal("A1", JEANS, seller_memo="要系带")
    open_shop.hand_over(parcel)
    begin(open_shop, parcel, kind)
    (told,) = memos(open_shop)
    assert told["flag"] == flag
    assert told["memo"].startswith("要系带\n")
    begin(open_shop, parcel, kind)
    assert len(memos(open_shop)) == 1
    order = open_shop.read(lambda session: session.scalar(select(ShopOrder)))
    assert (order.flag, order.seller_memo) == (flag, told["memo"])


def test_only_the_order_that_was_named_is_flagged(open_shop: Shop):
    open_shop.tell(open_shop.order("A1", JEANS), open_shop.order("A2", SHIRT))
    (parcel_id,) = open_shop.read(lambda session: session.scalars(select(Parcel.id)).all())
    open_shop.print_next()

    def seal(session: Any, *, now: Any) -> None:
        parcel = session.get(Parcel, parcel_id)
        parcel.state, parcel.weight_g, parcel.packer, parcel.signed_at = "signed", 700, "阿明", now

    open_shop.write(seal)
    open_shop.hand_over(open_shop.parcel(parcel_id))
    begin(open_shop, open_shop.parcel(parcel_id), CaseKind.RETURN, order_no="A2")
    flags = open_shop.read(lambda session: dict(session.execute(
        select(ShopOrder.order_no, ShopOrder.flag)).all()))
    assert flags == {"A1": Flag.NONE, "A2": Flag.PURPLE}


def test_a_note_that_overtakes_one_not_told_yet_replaces_it(open_shop: Shop):
    open_shop.rules = with_platform(open_shop)
    parcel = open_shop.seal("A1", JEANS)
    open_shop.hand_over(parcel)
    begin(open_shop, parcel, CaseKind.RETURN)
    begin(open_shop, parcel, CaseKind.EXCHANGE)
    rows = open_shop.read(lambda session: session.execute(
        select(Outbox.state, Outbox.payload).where(Outbox.kind == "memo").order_by(Outbox.id)
    ).all())
    assert [state for state, _ in rows] == ["withdrawn", "waiting"]
    assert rows[1].payload["flag"] == Flag.BLUE
    assert rows[1].payload["memo"] == "退货登记\n换货登记"


def with_platform(shop: Shop) -> Any:
    return replace(shop.rules, platform_url="http://127.0.0.1:1")


def memos(shop: Shop) -> list[dict[str, Any]]:
    query = select(Outbox.payload).where(Outbox.kind == "memo", Outbox.state == "waiting")
    return shop.read(lambda session: list(session.scalars(query)))


# --- Claims ---------------------------------------------------------------------------------------


@pytest.mark.rule("D8")
def test_a_claim_is_answered_and_paid_in_parts_until_all_is_there(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.LOST)
    claimed = open_shop.write(cases.claim, case.id, open_shop.rules, fen=25_600, ticket="T-77",
                              who="客服小李")
    assert (claimed.state, claimed.claimed_fen, claimed.ticket) == ("claimed", 25_600, "T-77")
    assert claimed.deadline == open_shop.now + days(7)
    open_shop.write(cases.answer, case.id, open_shop.rules, fen=20_000, who="客服小李")
    open_shop.write(cases.pay, case.id, open_shop.rules, fen=12_000, how="转账", who="财务")
    half = look(open_shop, case.id)
    assert (half.state, half.paid_fen, half.closed_at) == ("promised", 12_000, None)
    open_shop.write(cases.pay, case.id, open_shop.rules, fen=8_000, how="月账单抵扣", who="财务")
    done = look(open_shop, case.id)
    assert (done.state, done.paid_fen, done.deadline) == ("settled", 20_000, None)
    assert [row.fen for row in done.payments] == [12_000, 8_000]
    assert [kind for kind, _ in steps(open_shop, case.id)] == [
        "case_opened", "case_claim", "case_answer", "case_payment", "case_payment", "case_paid"]


def test_a_refused_claim_can_be_claimed_again_or_settled(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.SHORT)
    open_shop.write(cases.claim, case.id, open_shop.rules, fen=500, who="李")
    word(open_shop, case.id, CaseMove.REFUSE, "说没有证据")
    assert look(open_shop, case.id).state == "refused"
    open_shop.write(cases.claim, case.id, open_shop.rules, fen=500, who="李")
    word(open_shop, case.id, CaseMove.REFUSE, "还是不赔")
    word(open_shop, case.id, CaseMove.SETTLE, "算了")
    assert look(open_shop, case.id).closed_at == open_shop.now


@pytest.mark.parametrize("fen", [0, -1, 10_000_001])
def test_an_amount_that_is_a_slip_is_refused_and_changes_nothing(
    open_shop: Shop, gone: Parcel, fen: int
):
    case = begin(open_shop, gone, CaseKind.LOST)
    for step in (cases.claim, cases.answer, cases.pay):
        refused = open_shop.write(step, case.id, open_shop.rules, fen=fen, who="李")
        assert refused == Refusal(Code.CASE_AMOUNT)
    assert look(open_shop, case.id).state == "open"


def test_money_cannot_come_for_what_was_not_claimed(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.LOST)
    refused = open_shop.write(cases.pay, case.id, open_shop.rules, fen=100, who="李")
    assert refused == Refusal(Code.CASE_NOT_CLAIMED)


def test_a_step_that_the_table_lacks_is_refused_in_words(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.RETURN)
    refused = open_shop.write(cases.claim, case.id, open_shop.rules, fen=100, who="李")
    assert refused.code == Code.CASE_NOT_NOW
    assert refused.facts == {
        "case_kind": "return", "case_state": "open", "case_move": "claim"}
    by_word = word(open_shop, case.id, CaseMove.INSPECT)
    assert by_word.code == Code.CASE_NOT_NOW


def test_a_case_is_not_opened_again_beside_another_open_one(open_shop: Shop, gone: Parcel):
    first = begin(open_shop, gone, CaseKind.LOST)
    word(open_shop, first.id, CaseMove.WITHDRAW, "找到了")
    second = begin(open_shop, gone, CaseKind.LOST)
    refused = word(open_shop, first.id, CaseMove.REOPEN)
    assert refused == Refusal(Code.CASE_ANOTHER_OPEN, {"case_kind": "lost"})
    word(open_shop, second.id, CaseMove.WITHDRAW)
    word(open_shop, first.id, CaseMove.REOPEN)
    assert look(open_shop, first.id).closed_at is None


def word(shop: Shop, case_id: int, move: CaseMove, reason: str = "") -> Any:
    return shop.write(cases.go_on, case_id, move, shop.rules, who="李", reason=reason)


def days(count: int) -> Any:
    return timedelta(days=count)


def test_a_case_that_nobody_knows_is_refused_at_every_door(open_shop: Shop):
    for step, facts in ((cases.claim, {"fen": 1}), (cases.pay, {"fen": 1}),
                        (cases.expect, {}), (cases.answer, {"fen": 1})):
        refused = open_shop.write(step, 99, open_shop.rules, who="李", **facts)
        assert refused == Refusal(Code.CASE_NO_PARCEL)


# --- The courier signs ----------------------------------------------------------------------------


@pytest.mark.rule("S22", "D11")
def test_the_courier_signs_for_the_damage_that_he_saw(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.CARRIER_DAMAGE, note="箱子压扁")
    signed = open_shop.write(
        cases.sign_damage, case.id, courier="小郑", strokes=STROKES, who="老周")
    assert signed.courier == "小郑"
    row = open_shop.read(lambda session: session.scalar(
        select(Signature).where(Signature.case_id == case.id)))
    assert (row.role, row.who, row.how, len(row.signed_hash)) == ("courier", "小郑", "drawn", 64)
    assert steps(open_shop, case.id)[-1] == ("case_signed", "老周")


@pytest.mark.parametrize(("courier", "strokes"), [("", STROKES), ("小郑", []), ("小郑", [[]])])
def test_a_signature_without_a_name_or_a_line_is_none(
    open_shop: Shop, gone: Parcel, courier: str, strokes: Any
):
    case = begin(open_shop, gone, CaseKind.CARRIER_DAMAGE)
    refused = open_shop.write(
        cases.sign_damage, case.id, courier=courier, strokes=strokes, who="老周")
    assert refused == Refusal(Code.CASE_NO_SIGNATURE)


def test_no_courier_signs_for_what_the_shop_packed_badly(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.PACKING_DAMAGE)
    refused = open_shop.write(
        cases.sign_damage, case.id, courier="小郑", strokes=STROKES, who="老周")
    assert refused.code == Code.CASE_NOT_NOW


# --- Overdue --------------------------------------------------------------------------------------


@pytest.mark.rule("D8")
def test_an_overdue_step_is_said_once_and_again_when_the_next_one_is_late(
    open_shop: Shop, gone: Parcel
):
    shop = open_shop
    case = begin(shop, gone, CaseKind.SHORT)
    assert case_alarms.watch(shop.db, now=shop.now) == 0
    shop.later(days=2)
    assert case_alarms.watch(shop.db, now=shop.now) == 1
    assert case_alarms.watch(shop.db, now=shop.now) == 0
    assert shop.alarms() == ["case_due"]
    shop.acknowledge_all()
    shop.later(hours=5)
    assert case_alarms.watch(shop.db, now=shop.now) == 0
    shop.write(cases.claim, case.id, shop.rules, fen=100, who="李")
    shop.later(days=7)
    assert case_alarms.watch(shop.db, now=shop.now) == 1


def test_a_step_that_is_made_silences_its_alarm(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.SHORT)
    open_shop.later(days=3)
    case_alarms.watch(open_shop.db, now=open_shop.now)
    word(open_shop, case.id, CaseMove.SETTLE)
    assert open_shop.alarms() == []


def test_the_days_of_a_carrier_come_from_the_settings(open_shop: Shop, gone: Parcel):
    open_shop.rules = replace(open_shop.rules, claim_terms={"STO": ClaimTerms(3, 5)})
    case = begin(open_shop, gone, CaseKind.LOST)
    assert case.deadline == open_shop.now + days(5)
    open_shop.write(cases.claim, case.id, open_shop.rules, fen=100, who="李")
    assert look(open_shop, case.id).deadline == open_shop.now + days(3)


# --- What others ask ------------------------------------------------------------------------------


@pytest.mark.rule("D9", "D12")
def test_the_bill_hears_the_weightiest_case_of_a_parcel_unless_it_was_withdrawn(
    open_shop: Shop, gone: Parcel
):
    number = gone.waybill_no
    assert bill(open_shop, number) == {}
    begin(open_shop, gone, CaseKind.RETURN)
    assert bill(open_shop, number) == {}
    unreachable = begin(open_shop, gone, CaseKind.UNREACHABLE)
    assert bill(open_shop, number, "7799") == {number: "unreachable"}
    lost = begin(open_shop, gone, CaseKind.LOST)
    assert bill(open_shop, number) == {number: "lost"}
    word(open_shop, lost.id, CaseMove.WITHDRAW)
    word(open_shop, unreachable.id, CaseMove.SETTLE)
    assert bill(open_shop, number) == {number: "unreachable"}


def bill(shop: Shop, *numbers: str | None) -> dict[str, str]:
    return shop.read(cases.cases_for_bill, numbers)


def test_the_history_of_a_case_is_a_chain_that_holds(open_shop: Shop, gone: Parcel):
    case = begin(open_shop, gone, CaseKind.LOST)
    open_shop.write(cases.claim, case.id, open_shop.rules, fen=100, who="李")
    assert open_shop.read(lambda session: list(history.verify(session, f"case:{case.id}"))) == []


@pytest.mark.rule("D8")
def test_pictures_of_the_parcel_stay_while_any_of_its_cases_is_open(open_shop: Shop, gone: Parcel):
    jpeg = b"\xff\xd8\xff" + b"x" * 20 + b"\xff\xd9"
    open_shop.write(photographs.keep, gone.id, "open", Photograph(jpeg, 1, 1, 0.0), camera="c")
    first, second = begin(open_shop, gone, CaseKind.LOST), begin(open_shop, gone, CaseKind.SHORT)
    assert kept_for(open_shop, gone) == f"case:{first.id}"
    word(open_shop, first.id, CaseMove.SETTLE)
    assert kept_for(open_shop, gone) == f"case:{second.id}"
    word(open_shop, second.id, CaseMove.SETTLE)
    assert kept_for(open_shop, gone) == ""
    word(open_shop, second.id, CaseMove.REOPEN)
    assert kept_for(open_shop, gone) == f"case:{second.id}"


def kept_for(shop: Shop, parcel: Parcel) -> str:
    (picture,) = shop.read(photographs.of_parcel, parcel.id)
    return str(picture.kept_for)
