"""Many do one thing at one moment, on both databases: each hears an answer, none a race."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from station.db.models import Alarm, Handover, HandoverLine, Outbox, Parcel, PrintJob, Sku
from station.domain.orders import RefundKind
from station.domain.vocabulary import CarrierCode
from station.services import (
    changes,
    handover,
    history,
    intake,
    numbers,
    offers,
    printing,
    refunds,
    stock,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
ORDER = "2450000000000008001"
STROKES = [[[100, 100], [500, 400]]]


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Run the steps in threads that start at one moment; their results in order. Raises theirs."""
    start, results = threading.Barrier(len(steps)), [None] * len(steps)
    failed: list[BaseException] = []

    def run(place: int, step: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            results[place] = step()
        except Exception as error:  # noqa: BLE001 - a thread's end: told to the test below
            failed.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return results


def count(shop: Shop, table: Any) -> int:
    return shop.read(lambda s: s.scalar(select(func.count()).select_from(table)))


def whole(shop: Shop) -> None:
    """Goods, numbers, labels and history agree with each other."""
    def look(session: Any) -> tuple[Any, ...]:
        lines = [line for parcel in session.scalars(select(Parcel)) for line in parcel.lines]
        held = {sku.id: sum(row.reserved for row in lines if row.sku_id == sku.id) - sku.reserved
                for sku in session.scalars(select(Sku))}
        live = session.execute(
            select(PrintJob.parcel_id, func.count())
            .where(PrintJob.kind == "waybill", PrintJob.state != "void", PrintJob.copy == 0)
            .group_by(PrintJob.parcel_id)
        ).all()
        return set(held.values()), {jobs for _, jobs in live}, list(history.verify(session))

    reserved, labels, breaks = shop.read(look)
    assert (reserved - {0}, labels - {1}, breaks) == (set(), set(), [])
    for counts in shop.read(numbers.ledger).values():
        assert counts["received"] == sum(
            counts[state] for state in ("unused", "taken", "printed", "voided")
        )


@pytest.mark.rule("D2")
@pytest.mark.fault("F7", "F13", "F16")
def test_thirty_two_tellings_of_one_order_are_one_order_and_none_an_error(
    open_shop: Shop,
) -> None:
    order = open_shop.order(ORDER, JEANS, SHIRT)
    told = together(*[lambda: open_shop.tell(order)[0] for _ in range(32)])
    assert sorted(row.outcome for row in told) == ["known"] * 31 + ["new"]
    assert len({row.waybill_no for row in told}) == 1
    assert count(open_shop, Parcel) == count(open_shop, PrintJob) == 1
    assert open_shop.sku(JEANS).reserved == open_shop.sku(SHIRT).reserved == 1
    whole(open_shop)


@pytest.mark.rule("D2", "S20")
@pytest.mark.fault("F7", "F13")
def test_thirty_two_orders_share_what_is_left_on_the_shelf(shop: Shop) -> None:
    shop.receive_numbers(count=40)
    shop.stock_goods(JEANS, 20)
    shop.stock_goods(SHIRT, 40)
    orders = [shop.order(f"24500000000000081{n:02d}", *pair, buyer=f"b{n}")
              for n in range(32) for pair in [(JEANS, SHIRT) if n % 2 else (SHIRT, JEANS)]]
    told = together(*[lambda order=order: shop.tell(order)[0] for order in orders])
    printing_now = [row for row in told if not row.holds]
    assert len(printing_now) == len({row.waybill_no for row in printing_now}) == 20
    assert (shop.sku(JEANS).reserved, shop.sku(JEANS).available) == (20, 0)
    assert count(shop, PrintJob) == 20
    whole(shop)


@pytest.mark.rule("S10")
def test_orders_of_one_buyer_that_come_at_once_leave_goods_and_numbers_whole(
    open_shop: Shop,
) -> None:
    orders = [open_shop.order(f"24500000000000082{n:02d}", JEANS) for n in range(8)]
    together(*[lambda order=order: open_shop.tell(order) for order in orders])
    assert open_shop.sku(JEANS).reserved == 8
    whole(open_shop)


@pytest.mark.fault("F7")
def test_eight_who_take_numbers_from_a_short_pool_never_share_one(shop: Shop) -> None:
    shop.receive_numbers(count=5)
    shop.stock_goods(JEANS, 20)
    orders = [shop.order(f"24500000000000083{n:02d}", JEANS, buyer=f"b{n}") for n in range(8)]
    told = together(*[lambda order=order: shop.tell(order)[0] for order in orders])
    taken = [row.waybill_no for row in told if row.waybill_no]
    assert len(taken) == len(set(taken)) == 5
    assert count(shop, Alarm) >= 1
    whole(shop)


@pytest.mark.rule("D6")
def test_a_hand_over_opened_by_six_tablets_at_once_is_one(open_shop: Shop) -> None:
    def begin() -> int:
        return open_shop.write(
            lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id
        )

    assert len(set(together(*[begin] * 6))) == 1
    assert count(open_shop, Handover) == 1


@pytest.mark.rule("D6")
def test_one_parcel_scanned_by_four_hands_at_once_is_in_the_pile_once(open_shop: Shop) -> None:
    parcel = open_shop.seal(ORDER, JEANS)
    pile = open_shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id
    )
    answers = together(*[
        lambda: open_shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
        for _ in range(4)
    ])
    assert len([one for one in answers if isinstance(one, HandoverLine)]) == 1
    assert count(open_shop, HandoverLine) == 1


@pytest.mark.rule("D6")
@pytest.mark.parametrize("rival", ["refund", "close", "scan", "address"])
def test_closing_a_hand_over_beside_a_rival_ends_in_one_truth(
    open_shop: Shop, rival: str
) -> None:
    parcel = open_shop.seal(ORDER, JEANS, grams=620)
    late = open_shop.seal("2450000000000008002", SHIRT, buyer="tb_b")
    pile = open_shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id
    )
    open_shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
    open_shop.write(
        handover.enter_figures, pile, parcel.id, weight_g=620, price_fen=500,
        rules=open_shop.rules, who="仓管",
    )

    def close() -> Any:
        return open_shop.write(
            handover.close, pile, courier="王师傅", strokes=STROKES, rules=open_shop.rules,
            who="仓管", missing=[handover.Missing(late.id, "明天发")],
        )

    home = open_shop.order(ORDER, JEANS).consignee
    rivals: dict[str, Callable[[], Any]] = {
        "refund": lambda: open_shop.refund(ORDER, RefundKind.REFUNDED),
        "close": close,
        "scan": lambda: open_shop.write(handover.scan, pile, late.waybill_no, who="仓管"),
        "address": lambda: open_shop.write(
            changes.change_address, parcel.id, replace(home, street="新路2号"),
            open_shop.rules, who="小美", reason="改地址",
        ),
    }
    together(close, rivals[rival])
    row = open_shop.parcel(parcel.id)
    closed = open_shop.read(lambda s: s.get(Handover, pile).state) == "closed"
    left = row.state == "handed_over"
    assert closed == left or rival == "address"
    if rival == "refund":
        assert (row.intercept != "") == left
        assert left or row.state == "stopped"
    sku = open_shop.sku(JEANS)
    assert sku.on_hand == (9 if left else 10)
    lines = open_shop.read(lambda s: list(s.scalars(select(HandoverLine.state))))
    assert not closed or "scanned" not in lines
    whole(open_shop)


@pytest.mark.fault("F7")
@pytest.mark.pain("2")
def test_two_benches_print_each_label_once(shop: Shop) -> None:
    shop.receive_numbers(count=20)
    shop.stock_goods(JEANS, 20)
    for n in range(12):
        shop.pay(f"24500000000000084{n:02d}", JEANS, buyer=f"b{n}")
    printed: list[int] = []

    def bench(name: str) -> None:
        while (due := shop.read(printing.next_due, bench=name)) is not None:
            if shop.write(printing.start_sending, due, printer=name, sha256="", pages=[b"png"]):
                printed.append(due.job_id)
                shop.write(printing.sent, due.job_id, proof="none", rules=shop.rules)

    together(lambda: bench("1"), lambda: bench("2"), lambda: bench("3"))
    assert len(printed) == len(set(printed)) == 12
    whole(shop)


@pytest.mark.parametrize("rival", ["refund", "scan", "reprint", "merge"])
def test_the_moment_a_label_leaves_has_one_outcome(open_shop: Shop, rival: str) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = open_shop.read(printing.next_due, bench="1")

    def send() -> bool:
        begun = open_shop.write(
            printing.start_sending, due, printer="p", sha256="", pages=[b"png"]
        )
        if begun:
            open_shop.write(printing.sent, due.job_id, proof="none", rules=open_shop.rules)
        return begun

    rivals: dict[str, Callable[[], Any]] = {
        "refund": lambda: open_shop.refund(ORDER, RefundKind.REFUNDED),
        "scan": lambda: open_shop.write(
            printing.confirm_by_scan, taken.waybill_no, rules=open_shop.rules, who="", bench="1"
        ),
        "reprint": lambda: open_shop.write(
            printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1"
        ),
        "merge": lambda: open_shop.pay("2450000000000008003", SHIRT),
    }
    begun, _ = together(send, rivals[rival])
    state = open_shop.parcel(taken.parcel_id).state
    if rival == "refund":
        assert state == ("stopped" if begun else "void")
    if rival == "merge":
        live = [job for job in open_shop.jobs() if job.state != "void"]
        assert [job.waybill_no for job in live] == [
            open_shop.parcel(taken.parcel_id).waybill_no]
    whole(open_shop)


def test_a_doubt_that_two_people_settle_at_once_prints_one_copy(open_shop: Shop) -> None:
    open_shop.pay(ORDER, JEANS)
    due = open_shop.read(printing.next_due, bench="1")
    open_shop.write(printing.start_sending, due, printer="p", sha256="", pages=[b"png"])
    open_shop.write(printing.maybe_sent, due.job_id, trouble="gone")
    together(*[
        lambda: open_shop.write(
            printing.settle_doubt, due.job_id, came_out=False, rules=open_shop.rules, who="阿明"
        )
        for _ in range(4)
    ])
    assert [job.state for job in open_shop.jobs()] == ["void", "waiting"]


@pytest.mark.pain("11")
def test_a_reprint_asked_for_twice_at_once_is_one_copy(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    together(*[
        lambda: open_shop.write(
            printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1"
        )
        for _ in range(6)
    ])
    assert [job.copy for job in open_shop.jobs()] == [0, 1]


@pytest.mark.fault("F7")
def test_a_refund_told_by_many_roads_at_once_is_one_refund(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    together(*[lambda: open_shop.refund(ORDER, RefundKind.REFUNDED) for _ in range(8)])
    assert open_shop.parcel(taken.parcel_id).state == "void"
    assert open_shop.sku(JEANS).reserved == 0
    whole(open_shop)


def test_a_refund_and_its_payment_at_once_ship_nothing(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS)
    together(
        lambda: open_shop.tell(order), lambda: open_shop.refund(ORDER, RefundKind.REFUNDED)
    )
    assert open_shop.print_next() == ""
    assert open_shop.sku(JEANS).reserved == 0
    whole(open_shop)


@pytest.mark.rule("S20")
def test_goods_that_come_are_offered_by_many_and_given_once(shop: Shop) -> None:
    shop.receive_numbers(count=20)
    shop.stock_goods(JEANS, 0)
    for n in range(10):
        shop.pay(f"24500000000000085{n:02d}", JEANS, buyer=f"b{n}")
    shop.write(stock.receive, shop.skus[JEANS], 6)
    together(*[
        lambda: offers.offer_held(shop.db, shop.rules, now=shop.now) for _ in range(4)
    ])
    assert (shop.sku(JEANS).reserved, count(shop, PrintJob)) == (6, 6)
    whole(shop)


def test_one_list_of_numbers_imported_by_four_at_once_is_there_once(shop: Shop) -> None:
    rows = [(CarrierCode.STO, f"7731{n:011d}") for n in range(50)]
    got = together(*[lambda: shop.write(numbers.receive, rows, batch="x") for _ in range(4)])
    assert sum(one.added for one in got) == 50
    assert shop.read(numbers.ledger)["STO"]["received"] == 50


@pytest.mark.fault("F7", "F13")
def test_a_busy_hour_of_everything_at_once_ends_whole(shop: Shop) -> None:
    shop.rules = replace(shop.rules, platform_url="http://127.0.0.1:9")
    shop.receive_numbers(count=100)
    shop.stock_goods(JEANS, 30)
    shop.stock_goods(SHIRT, 30)

    def buyer(n: int) -> None:
        for turn in range(4):
            order_no = f"245000000000009{n:02d}{turn}"
            taken = shop.pay(order_no, *[JEANS, SHIRT][:: 1 if n % 2 else -1], buyer=f"b{n}")
            if turn == 2:
                shop.refund(order_no, RefundKind.REFUNDED)
            if turn == 3 and taken.parcel_id:
                shop.write(
                    intake.hold_by_hand, taken.parcel_id, who="小美", reason="等一下"
                )

    def bench() -> None:
        for _ in range(20):
            due = shop.read(printing.next_due, bench="1")
            if due is not None and shop.write(
                printing.start_sending, due, printer="p", sha256="", pages=[b"png"]
            ):
                shop.write(printing.sent, due.job_id, proof="none", rules=shop.rules)

    def keeper() -> None:
        for _ in range(5):
            shop.write(stock.receive, shop.skus[JEANS], 2)
            offers.offer_held(shop.db, shop.rules, now=shop.now)

    together(*[lambda n=n: buyer(n) for n in range(6)], bench, bench, keeper)
    whole(shop)
    keys = shop.read(lambda s: list(s.scalars(select(Outbox.key))))
    assert len(keys) == len(set(keys))


@pytest.mark.pain("42")
def test_taking_a_parcel_apart_twice_at_once_gives_its_goods_back_once(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    open_shop.refund(ORDER, RefundKind.REFUNDED)
    together(*[
        lambda: open_shop.write(
            refunds.take_apart, taken.parcel_id, open_shop.rules, who="阿明", bench="1"
        )
        for _ in range(4)
    ])
    assert (open_shop.sku(JEANS).on_hand, open_shop.sku(JEANS).reserved) == (10, 0)
    whole(open_shop)
