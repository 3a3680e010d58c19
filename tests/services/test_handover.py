"""The pile goes to the courier, and nothing leaves unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from station.db.models import Handover, HandoverLine, History, Parcel, Stub
from station.domain.orders import RefundKind, RefundNotice
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode
from station.services import dossier, handover, history, packing, printing, refunds, stubs

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]


def begin(shop: Shop, carrier: CarrierCode = CarrierCode.STO) -> int:
    return shop.write(lambda s, *, now: handover.open_session(s, carrier, who="仓管", now=now).id)


def scan(shop: Shop, pile: int, waybill_no: str | None) -> Any:
    return shop.write(handover.scan, pile, waybill_no, who="仓管")


def figures(shop: Shop, pile: int, parcel: Parcel, grams: int, fen: int) -> Any:
    return shop.write(
        handover.enter_figures, pile, parcel.id, weight_g=grams, price_fen=fen,
        rules=shop.rules, who="仓管",
    )


def close(shop: Shop, pile: int, **facts: Any) -> Any:
    given = {"courier": "王师傅", "strokes": STROKES, "who": "仓管", "rules": shop.rules, **facts}
    return shop.write(handover.close, pile, **given)


@pytest.mark.rule("D6", "I7")
def test_an_agreed_parcel_leaves_with_the_couriers_signature_and_its_stub_is_filed(
    open_shop: Shop,
) -> None:
    parcel = open_shop.seal("2450000000000000901", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    assert figures(open_shop, pile, parcel, 640, 500).finding is None
    done = close(open_shop, pile)
    assert (done.state, done.courier) == ("closed", "王师傅")
    assert open_shop.parcel(parcel.id).state == "handed_over"
    sku = open_shop.sku(JEANS)
    assert (sku.on_hand, sku.reserved) == (9, 0)
    stub = open_shop.read(lambda s: s.scalars(select(Stub)).one())
    assert (stub.carrier, stub.day, stub.waybill_no) == ("STO", "2026-11-23", parcel.waybill_no)
    assert [job.kind for job in open_shop.jobs("manifest") + open_shop.jobs("stub")] == [
        "manifest", "stub"]


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("grams", "fen", "finding"),
    [(1040, 600, Code.HANDOVER_STEP_DIFFERS),
     (640, 900, Code.HANDOVER_PRICE_DIFFERS),
     (900, 500, Code.HANDOVER_WEIGHT_DIFFERS),
     (665, 500, None)],
)
def test_the_couriers_figures_are_compared_by_step_then_price_then_grams(
    open_shop: Shop, grams: int, fen: int, finding: Code | None
) -> None:
    parcel = open_shop.seal("2450000000000000902", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    found = figures(open_shop, pile, parcel, grams, fen)
    assert (found.finding, found.our_fen) == (finding, 500)


@pytest.mark.rule("D6")
def test_a_difference_blocks_until_corrected(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000903", JEANS, grams=980)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    assert figures(open_shop, pile, parcel, 1020, 600).edge
    assert close(open_shop, pile).code == Code.HANDOVER_UNRESOLVED
    figures(open_shop, pile, parcel, 990, 500)
    assert close(open_shop, pile).state == "closed"


@pytest.mark.rule("D6")
def test_a_manager_may_accept_a_difference_with_a_reason(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000904", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 1200, 600)
    accept = {"manager": "王经理"}
    refused = open_shop.write(handover.accept, pile, parcel.id, reason=" ", **accept)
    assert refused == Refusal(Code.SIGN_REASON_NEEDED)
    open_shop.write(handover.accept, pile, parcel.id, reason="体积大", **accept)
    assert close(open_shop, pile).state == "closed"


def test_correcting_keeps_the_old_figures_in_the_history(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000905", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 6200, 3000)
    figures(open_shop, pile, parcel, 620, 500)
    rows = open_shop.read(lambda s: s.scalars(
        select(History.data).where(History.kind == "figures")
        .order_by(History.seq)
    ).all())
    assert '"before":[6200,3000]' in rows[1]


@pytest.mark.parametrize(("grams", "fen"), [(0, 500), (-5, 500), (99_999_999, 500), (600, -1)])
def test_figures_that_no_parcel_has_are_refused(open_shop: Shop, grams: int, fen: int) -> None:
    parcel = open_shop.seal("2450000000000000906", JEANS)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    assert figures(open_shop, pile, parcel, grams, fen).code == Code.HANDOVER_IMPLAUSIBLE


@pytest.mark.rule("D6")
def test_the_manifest_closes_only_with_every_expected_parcel_scanned_or_named(
    open_shop: Shop,
) -> None:
    here = open_shop.seal("2450000000000000907", JEANS, grams=620)
    absent = open_shop.seal("2450000000000000908", JEANS, buyer="tb_b")
    pile = begin(open_shop)
    scan(open_shop, pile, here.waybill_no)
    figures(open_shop, pile, here, 620, 500)
    refused = close(open_shop, pile)
    assert refused == Refusal(
        Code.HANDOVER_MISSING, {"count": 1, "numbers": absent.waybill_no or ""}
    )
    blank = handover.Missing(absent.id, "  ")
    assert close(open_shop, pile, missing=[blank]).code == Code.HANDOVER_MISSING
    named = handover.Missing(absent.id, "找不到，正在查")
    assert close(open_shop, pile, missing=[named]).state == "closed"
    assert open_shop.parcel(absent.id).state == "signed"
    paper = open_shop.read(stubs.manifest, pile)
    assert [row.waybill_no for row in paper.missing] == [absent.waybill_no]


@pytest.mark.rule("D6")
@pytest.mark.parametrize("facts", [{"courier": " "}, {"strokes": []}])
def test_without_the_couriers_name_and_signature_nothing_leaves(
    open_shop: Shop, facts: dict[str, Any]
) -> None:
    parcel = open_shop.seal("2450000000000000909", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 620, 500)
    assert close(open_shop, pile, **facts).code == Code.HANDOVER_NO_SIGNATURE


def test_what_does_not_belong_to_the_pile_says_why(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    sealed = open_shop.seal("2450000000000000910", JEANS)
    express = open_shop.seal("2450000000000000911", JEANS, buyer="b", buyer_message="发顺丰")
    unpacked = open_shop.pay("2450000000000000912", JEANS, buyer="c")
    open_shop.print_next()
    pile = begin(open_shop)
    scan(open_shop, pile, sealed.waybill_no)
    answers = {
        sealed.waybill_no: Code.HANDOVER_TWICE,
        express.waybill_no: Code.HANDOVER_OTHER_CARRIER,
        unpacked.waybill_no: Code.HANDOVER_NOT_SEALED,
        "773999999999999": Code.WAYBILL_UNKNOWN,
    }
    assert {number: scan(open_shop, pile, number).code for number in answers} == answers
    assert open_shop.read(
        lambda s: s.scalar(select(func.count()).select_from(HandoverLine))
    ) == 1


def test_a_refund_after_the_scan_is_seen_before_the_van_leaves(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000913", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 620, 500)
    notice = RefundNotice("taobao", "2450000000000000913", RefundKind.REFUNDED, open_shop.now)
    open_shop.write(refunds.tell_refund, notice, open_shop.rules)
    assert close(open_shop, pile).code == Code.HANDOVER_STOPPED
    open_shop.write(handover.take_back, pile, parcel.id, who="仓管")
    assert close(open_shop, pile).code == Code.HANDOVER_MISSING


@pytest.mark.rule("D6")
def test_a_parcel_that_is_taken_out_again_tells_it_in_its_own_history(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000915", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    open_shop.write(handover.take_back, pile, parcel.id, who="仓管")
    open_shop.write(handover.take_back, pile, parcel.id, who="仓管")  # it is no more in the pile
    number = open_shop.read(lambda s: s.get_one(Handover, pile).number)
    told = [
        row for row in open_shop.read(dossier.happened, parcel.id)
        if row.kind == "out_of_handover"]
    assert [(row.who, row.data["handover"]) for row in told] == [("仓管", number)]


def test_a_refund_after_the_hand_over_is_an_intercept_to_acknowledge(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000914", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 620, 500)
    close(open_shop, pile)
    notice = RefundNotice("taobao", "2450000000000000914", RefundKind.REFUNDED, open_shop.now)
    open_shop.write(refunds.tell_refund, notice, open_shop.rules)
    assert open_shop.parcel(parcel.id).intercept == "refunded"


def test_opening_twice_is_one_session_and_a_closed_one_takes_nothing(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000915", JEANS, grams=620)
    pile = begin(open_shop)
    assert begin(open_shop) == pile
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 620, 500)
    close(open_shop, pile)
    assert close(open_shop, pile).code == Code.HANDOVER_CLOSED
    assert scan(open_shop, pile, "x").code == Code.HANDOVER_CLOSED
    assert begin(open_shop) != pile


def test_the_stub_says_who_packed_what_and_what_the_courier_wrote(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000000916", JEANS, grams=620)
    pile = begin(open_shop)
    scan(open_shop, pile, parcel.waybill_no)
    figures(open_shop, pile, parcel, 640, 500)
    close(open_shop, pile)
    stub = open_shop.read(stubs.stub_label, parcel.id, open_shop.rules)
    assert (stub.packer, stub.weight_g, stub.courier_weight_g, stub.courier_price_fen) == (
        "阿明", 620, 640, 500)
    assert list(open_shop.read(lambda s: list(history.verify(s)))) == []


def agreed(shop: Shop, order_no: str, **facts: Any) -> tuple[Parcel, int]:
    parcel = shop.seal(order_no, JEANS, grams=620, **facts)
    pile = begin(shop)
    scan(shop, pile, parcel.waybill_no)
    figures(shop, pile, parcel, 620, 500)
    return parcel, pile


def test_naming_a_parcel_missing_that_lies_here_changes_nothing(open_shop: Shop) -> None:
    parcel, pile = agreed(open_shop, "2450000000000000920")
    names = [handover.Missing(parcel.id, "看错了"), handover.Missing(parcel.id, "又一次"),
             handover.Missing(4711, "没有这个")]
    assert close(open_shop, pile, missing=names).state == "closed"
    lines = open_shop.read(lambda s: list(s.scalars(select(HandoverLine.state))))
    assert lines == ["agreed"]


def test_a_parcel_named_twice_is_missing_once(open_shop: Shop) -> None:
    _, pile = agreed(open_shop, "2450000000000000921")
    absent = open_shop.seal("2450000000000000922", JEANS, buyer="tb_b")
    names = [handover.Missing(absent.id, "找不到"), handover.Missing(absent.id, "还是没有")]
    assert close(open_shop, pile, missing=names).state == "closed"
    assert len(open_shop.read(stubs.manifest, pile).missing) == 1


def test_an_empty_pile_cannot_be_closed_by_naming_what_is_not_expected(open_shop: Shop) -> None:
    pile = begin(open_shop)
    names = [handover.Missing(4711, "没有这个")]
    assert close(open_shop, pile, missing=names).code == Code.HANDOVER_MISSING


def test_a_label_that_shows_up_after_its_parcel_left_is_an_alarm(open_shop: Shop) -> None:
    parcel, pile = agreed(open_shop, "2450000000000000923")
    close(open_shop, pile)
    open_shop.seal("2450000000000000924", JEANS, buyer="tb_b")
    second = scan(open_shop, begin(open_shop), parcel.waybill_no)
    assert second.code == Code.WAYBILL_SHIPPED
    assert open_shop.alarms() == ["duplicate_label"]


def test_figures_for_a_parcel_that_was_held_since_the_scan_are_refused(open_shop: Shop) -> None:
    parcel, pile = agreed(open_shop, "2450000000000000925")
    notice = RefundNotice(
        "taobao", "2450000000000000925", RefundKind.REFUND_REQUESTED, open_shop.now
    )
    open_shop.write(refunds.tell_refund, notice, open_shop.rules)
    assert figures(open_shop, pile, parcel, 620, 500).code == Code.WAYBILL_HELD
    assert close(open_shop, pile).code == Code.WAYBILL_HELD


@pytest.mark.rule("D6")
def test_the_list_proves_the_history_as_it_was_when_the_courier_signed(open_shop: Shop) -> None:
    _, pile = agreed(open_shop, "2450000000000000926")
    absent = open_shop.seal("2450000000000000927", JEANS, buyer="tb_b")
    close(open_shop, pile, missing=[handover.Missing(absent.id, "找不到")])
    before = open_shop.read(stubs.manifest, pile).chain_head
    while (due := open_shop.read(printing.next_due, bench="1")) is not None:
        open_shop.write(printing.start_sending, due, printer="p", sha256="", pages=[b"png"])
        open_shop.write(printing.sent, due.job_id, proof="none", rules=open_shop.rules)
    assert open_shop.read(stubs.manifest, pile).chain_head == before != ""
    kinds = open_shop.read(lambda s: list(s.scalars(
        select(History.kind).where(History.chain == f"handover:{pile}")
        .order_by(History.seq))))
    assert kinds[-2:] == ["print_sending", "print_sent"]


@pytest.mark.rule("D6")
@pytest.mark.pain("45")
def test_closing_a_big_pile_takes_few_statements_for_each_parcel(sqlite_shop: Shop) -> None:
    from sqlalchemy import event  # noqa: PLC0415 - only here

    shop = sqlite_shop
    parcels = [shop.seal(f"24500000000000940{n:02d}", JEANS, buyer=f"b{n}") for n in range(40)]
    pile = begin(shop)
    for parcel in parcels:
        scan(shop, pile, parcel.waybill_no)
        figures(shop, pile, parcel, 600, 500)
    statements: list[str] = []
    engine = shop.db._writer._engine
    event.listen(engine, "before_cursor_execute",
                 lambda *facts: statements.append(facts[2]))
    assert close(shop, pile).state == "closed"
    assert len(statements) / len(parcels) < 14
    assert shop.sku(JEANS).on_hand == 460


def test_a_parcel_that_was_missing_once_can_still_be_opened_again(open_shop: Shop) -> None:
    _, pile = agreed(open_shop, "2450000000000000928")
    absent = open_shop.seal("2450000000000000929", JEANS, buyer="tb_b")
    close(open_shop, pile, missing=[handover.Missing(absent.id, "留着检查")])
    opened = open_shop.write(packing.repack, absent.id, bench="1", who="阿明")
    assert not isinstance(opened, Refusal)
