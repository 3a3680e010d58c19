"""What the pages read: the queue, a parcel's dossier, the courier's desk; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from station.db.models import Packaging, Parcel, Review
from station.domain.orders import Consignee
from station.domain.refusals import Code
from station.domain.rights import RIGHTS, Role
from station.domain.vocabulary import CarrierCode
from station.services import courier_desk, dossier, events, handover, holds, issuing, screens, sight

ELSEWHERE = Consignee("王五", "13900000202", "浙江省", "杭州市", "西湖区", "某路2号", "310000")


def queue(shop: Any, tab: str) -> screens.Queue:
    found: screens.Queue = shop.read(screens.order_queue, tab=tab, now=shop.now)
    return found


def add(shop: Any, row: Any) -> None:
    def enter(session: Any, *, now: Any) -> None:
        session.add(row)

    shop.write(enter)


# --- The queue ----------------------------------------------------------------------------------


@pytest.mark.rule("S9")
def test_a_parcel_is_due_then_late(open_shop: Any) -> None:
    open_shop.pay("A1", "JN8801-黑色-32")
    due = queue(open_shop, "due")
    assert [row.receiver for row in due.rows] == ["林** 浙江 台州"]
    assert due.counts == {"due": 1, "late": 0, "held": 0, "stopped": 0, "review": 0}
    open_shop.later(days=2)
    assert queue(open_shop, "due").rows == ()
    assert len(queue(open_shop, "late").rows) == 1


def test_a_row_says_what_is_in_it_and_where_it_stands(open_shop: Any) -> None:
    open_shop.pay("A1", "JN8801-黑色-32", "TS1103-白色-M")
    row = queue(open_shop, "due").rows[0]
    assert row.goods == "JN8801/黑色/32；TS1103/白色/M"
    assert (row.pieces, row.orders, row.print_state) == (2, 1, "waiting")
    open_shop.print_next()
    row = queue(open_shop, "due").rows[0]
    assert (row.state, row.print_state) == ("printed", "sent")


@pytest.mark.rule("S20")
def test_a_held_parcel_is_in_no_other_tab(open_shop: Any) -> None:
    open_shop.pay("A1", "NO-SUCH-SKU")
    held = queue(open_shop, "held")
    assert [hold.code for hold in held.rows[0].holds] == ["order.unknown_sku"]
    open_shop.later(days=3)
    assert queue(open_shop, "late").rows == ()
    assert queue(open_shop, "held").counts["held"] == 1


def test_a_stopped_parcel_and_one_to_intercept_share_a_tab(open_shop: Any) -> None:
    stopped = open_shop.seal("A1", "JN8801-黑色-32")
    gone = open_shop.seal("A2", "JN8801-黑色-32", consignee=ELSEWHERE)

    def stop_both(session: Any, *, now: Any) -> None:
        issuing.stop(session, session.get(Parcel, stopped.id), kind="refunded", now=now)
        session.get(Parcel, gone.id).state = "handed_over"
        session.flush()
        issuing.stop(session, session.get(Parcel, gone.id), kind="refunded", now=now)

    open_shop.write(stop_both)
    assert {row.id for row in queue(open_shop, "stopped").rows} == {stopped.id, gone.id}
    assert queue(open_shop, "due").rows == ()


def test_the_soonest_comes_first_and_at_most_two_hundred(open_shop: Any) -> None:
    later = open_shop.pay("A1", "JN8801-黑色-32")
    sooner = open_shop.pay("A2", "JN8801-黑色-32", consignee=ELSEWHERE)

    def hurry(session: Any, *, now: Any) -> None:
        session.get(Parcel, sooner.parcel_id).deadline = now + timedelta(minutes=1)
        facts = {column.name: getattr(session.get(Parcel, later.parcel_id), column.name)
                 for column in Parcel.__table__.columns if column.name not in ("id", "waybill_no")}
        session.add_all([Parcel(**facts) for _ in range(210)])

    open_shop.write(hurry)
    rows = queue(open_shop, "due").rows
    assert rows[0].id == sooner.parcel_id
    assert len(rows) == 200
    assert queue(open_shop, "due").counts["due"] == 212


def test_rows_to_review_are_shown_until_settled(open_shop: Any) -> None:
    for n in range(2):
        add(open_shop, Review(code="no_lines", source="x.csv", place=f"row {n}", facts={},
                              digest=str(n) * 64, at=open_shop.now))
    assert [row.place for row in queue(open_shop, "review").reviews] == ["row 1", "row 0"]
    assert queue(open_shop, "due").counts["review"] == 2


def test_an_unknown_tab_is_the_first(open_shop: Any) -> None:
    assert queue(open_shop, "' or 1=1").tab == "due"


def test_the_home_page_counts_states_numbers_and_hand_overs(open_shop: Any) -> None:
    open_shop.pay("A1", "JN8801-黑色-32")
    open_shop.write(handover.open_session, CarrierCode.STO, who="老周")
    home = open_shop.read(screens.home, now=open_shop.now)
    assert home.states == {"reserved": 1}
    assert [(pool.carrier, pool.unused) for pool in home.pools] == [("STO", 9)]
    assert [carrier for _, carrier, _ in home.handovers] == ["STO"]


@pytest.mark.rule("D10")
def test_packagings_say_when_they_run_low(open_shop: Any) -> None:
    for code, kind, stock in (("B2", "bag", 9), ("B1", "box", 2), ("T1", "tape", 1)):
        add(open_shop, Packaging(code=code, name=code, kind=kind, stock=stock, low_at=3,
                                 weight_g=10, checklist=[]))
    found = open_shop.read(screens.packagings, "STO")
    assert [(each.code, each.low) for each in found] == [("B1", True), ("B2", False)]


def test_a_line_that_nobody_knows_is_a_question_mark(open_shop: Any) -> None:
    taken = open_shop.pay("A1", "NO-SUCH-SKU")
    line = open_shop.read(
        lambda session: [screens.goods(row) for row in session.get(Parcel, taken.parcel_id).lines]
    )
    assert line == ["NO/黑色/32"]


# --- The dossier --------------------------------------------------------------------------------


@pytest.mark.pain("36")
def test_a_dossier_is_found_by_every_number_it_ever_had(open_shop: Any) -> None:
    taken = open_shop.pay("A1", "JN8801-黑色-32")
    old = open_shop.print_next()

    def change(session: Any, *, now: Any) -> None:
        parcel = session.get(Parcel, taken.parcel_id)
        issuing.reissue(session, parcel, open_shop.rules, reason="address", now=now)

    open_shop.write(change)
    for number in (old, "A1"):
        found = open_shop.read(dossier.dossier, number)
        assert found.id == taken.parcel_id
    assert found.waybill_no != old
    assert dict(found.numbers)[old] == "voided"
    assert [job.state for job in found.jobs] == ["void", "waiting"]
    assert open_shop.read(dossier.dossier, "nothing") is None


def test_a_dossier_tells_what_happened_in_order(open_shop: Any) -> None:
    parcel = open_shop.seal("A1", "JN8801-黑色-32")
    found = open_shop.read(dossier.dossier, parcel.waybill_no)
    assert [row.seq for row in found.history] == list(range(1, len(found.history) + 1))
    assert found.history[0].kind == "paid"
    assert found.goods == ("JN8801/黑色/32",)
    assert found.receiver == "林** 浙江 台州"
    job = found.jobs[0]
    assert open_shop.read(sight.label, job.id, job.pages[0], RIGHTS[Role.PACKER]) == b"png"
    assert open_shop.read(sight.label, job.id, 9, RIGHTS[Role.PACKER]) is None


def test_a_dossier_names_its_holds_with_who_released_them(open_shop: Any) -> None:
    taken = open_shop.pay("A1", "NO-SUCH-SKU")

    def release(session: Any, *, now: Any) -> None:
        parcel = session.get(Parcel, taken.parcel_id)
        holds.release(session, parcel, Code.ORDER_UNKNOWN_SKU, now=now, who="小王", reason="改")

    open_shop.write(release)
    hold = open_shop.read(dossier.dossier, "A1").holds[0]
    assert (hold.code, hold.released_by, hold.reason) == ("order.unknown_sku", "小王", "改")


# --- The courier's desk -------------------------------------------------------------------------


def opened(shop: Any) -> int:
    return int(shop.write(handover.open_session, CarrierCode.STO, who="老周").id)


def desk(shop: Any, handover_id: int) -> courier_desk.Desk:
    found = shop.read(courier_desk.desk, handover_id, shop.rules, now=shop.now)
    assert found is not None
    return found  # type: ignore[no-any-return]


@pytest.mark.rule("D6")
def test_the_desk_shows_ours_beside_the_couriers(open_shop: Any) -> None:
    parcel = open_shop.seal("A1", "JN8801-黑色-32", grams=600)
    other = open_shop.seal("A2", "JN8801-黑色-32", grams=700, consignee=ELSEWHERE)
    key = opened(open_shop)
    assert [line.waybill_no for line in desk(open_shop, key).absent] == [
        parcel.waybill_no, other.waybill_no]
    open_shop.write(handover.scan, key, parcel.waybill_no, who="老周")
    open_shop.write(handover.enter_figures, key, parcel.id, weight_g=2600, price_fen=900,
                    rules=open_shop.rules, who="老周")
    found = desk(open_shop, key)
    line = found.lines[0]
    assert (line.ours_g, line.theirs_g, line.their_fen) == (600, 2600, 900)
    assert line.ours_step_g is not None
    assert line.theirs_step_g is not None
    assert line.ours_step_g < line.theirs_step_g
    assert line.finding == "handover.step_differs"
    assert (found.expected, found.count("differs")) == (2, 1)
    assert found.line(None) == line
    assert found.line(other.id) == line


def test_a_desk_without_tariff_shows_no_steps(open_shop: Any) -> None:
    open_shop.seal("A1", "JN8801-黑色-32")
    key = opened(open_shop)
    open_shop.rules = replace(open_shop.rules, tariffs=())
    line = desk(open_shop, key).absent[0]
    assert (line.ours_step_g, line.our_fen) == (None, None)


def test_there_is_no_desk_without_a_hand_over(open_shop: Any) -> None:
    assert open_shop.read(courier_desk.desk, 77, open_shop.rules, now=open_shop.now) is None


@pytest.mark.rule("D6")
def test_piles_closed_hand_overs_and_stubs_are_found(open_shop: Any) -> None:
    parcel = open_shop.seal("A1", "JN8801-黑色-32", grams=600)
    piles = {pile.carrier: pile for pile in open_shop.read(courier_desk.piles)}
    assert (piles["STO"].parcels, piles["SF"].parcels) == (1, 0)
    key = opened(open_shop)
    open_shop.write(handover.scan, key, parcel.waybill_no, who="老周")
    price = desk(open_shop, key).lines[0].our_fen
    open_shop.write(handover.enter_figures, key, parcel.id, weight_g=600, price_fen=price,
                    rules=open_shop.rules, who="老周")
    closed = open_shop.write(handover.close, key, courier="小吴", strokes=[[[1, 1], [2, 2]]],
                             rules=open_shop.rules, who="老周")
    assert closed.state == "closed"
    assert [(row.courier, row.parcels) for row in open_shop.read(courier_desk.closed)] == [
        ("小吴", 1)]
    signature = desk(open_shop, key).signature
    assert signature is not None
    assert signature.strokes == (((1, 1), (2, 2)),)


# --- Events told over HTTP ----------------------------------------------------------------------


@pytest.mark.fault("F16")
def test_an_event_is_taken_once(open_shop: Any) -> None:
    def tell(event: str, digest: str) -> events.Answer:
        order = open_shop.order("A1", "JN8801-黑色-32")
        answer = open_shop.write(events.take_paid, event, digest, order, open_shop.rules)
        assert isinstance(answer, events.Answer)
        return answer

    first = tell("e1", "a" * 64)
    assert first.outcome == "taken"
    assert tell("e1", "a" * 64) == events.Answer("known", first.facts)
    assert tell("e1", "b" * 64) == events.Answer("conflict", {})
    assert tell("e2", "a" * 64).facts["outcome"] == "known"


def test_an_event_that_fails_is_not_remembered(open_shop: Any) -> None:
    class Failing:
        tariffs = ()

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("stop")

    order = open_shop.order("A1", "JN8801-黑色-32")
    with pytest.raises(RuntimeError):
        open_shop.write(events.take_paid, "e1", "a" * 64, order, Failing())
    taken = open_shop.write(events.take_paid, "e1", "a" * 64, order, open_shop.rules)
    assert taken.outcome == "taken"
