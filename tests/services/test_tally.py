"""The day in numbers, out of the records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from station.db.models import History
from station.domain.orders import RefundKind
from station.services import handover, printing
from station.services.history import record
from station.services.tally import Tally, labels, tally

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def counted(shop: Any) -> Tally:
    return shop.read(tally)


def test_an_order_counts_as_paid_and_only_once(open_shop: Any):
    open_shop.pay("1001", "JN8801-黑色-32")
    open_shop.pay("1001", "JN8801-黑色-32")
    assert counted(open_shop).paid == 1


def test_a_refund_told_before_the_payment_is_no_paid_order(open_shop: Any):
    open_shop.refund("1001", RefundKind.CANCELLED)
    assert counted(open_shop).paid == 0


def test_a_label_is_unfinished_then_printed_then_confirmed(open_shop: Any):
    taken = open_shop.pay("1001", "JN8801-黑色-32")
    assert counted(open_shop).unfinished == 1
    open_shop.print_next()
    sent = counted(open_shop)
    assert (sent.printed, sent.confirmed, sent.unfinished) == (1, 0, 0)
    open_shop.write(
        printing.confirm_by_scan, taken.waybill_no, rules=open_shop.rules, who="", bench="1"
    )
    assert counted(open_shop).confirmed == 1


def test_a_copy_is_the_same_label_and_both_can_be_looked_at(open_shop: Any):
    taken = open_shop.pay("1001", "JN8801-黑色-32")
    open_shop.print_next()
    open_shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="阿明", bench="1"
    )
    open_shop.print_next()
    assert counted(open_shop).printed == 1
    found = open_shop.read(labels)
    assert [(label.waybill_no, label.copy, label.pages) for label in found] == [
        (taken.waybill_no, 0, (b"png",)), (taken.waybill_no, 1, (b"png",)),
    ]


def test_an_order_without_stock_is_held(open_shop: Any):
    open_shop.pay("1001", *["JN8801-黑色-32"] * 500)
    assert (counted(open_shop).held, counted(open_shop).unfinished) == (1, 0)


@pytest.mark.parametrize(("kind", "facts", "name"), [
    ("item_refused", {"why": "item.wrong_size"}, "wrong_items_caught"),
    ("figures", {"finding": "handover.step_differs"}, "courier_mismatches"),
    ("complete", {}, "packed"), ("signed", {}, "signed"), ("taken_apart", {}, "stopped"),
])
def test_what_happened_is_counted_from_the_history(
    open_shop: Any, kind: str, facts: dict[str, str], name: str
):
    before = getattr(counted(open_shop), name)
    open_shop.write(record, "parcel:77", kind, facts)
    assert getattr(counted(open_shop), name) == before + 1


@pytest.mark.parametrize(("kind", "facts"), [
    ("item_refused", {"why": "parcel.note_unread"}), ("figures", {"finding": ""}),
])
def test_what_was_no_mistake_is_not_counted_as_one(
    open_shop: Any, kind: str, facts: dict[str, str]
):
    open_shop.write(record, "parcel:77", kind, facts)
    assert (counted(open_shop).wrong_items_caught, counted(open_shop).courier_mismatches) == (0, 0)


def test_packing_one_parcel_twice_is_one_packed_parcel(open_shop: Any):
    for _ in range(2):
        open_shop.write(record, "parcel:77", "complete", {})
    assert counted(open_shop).packed == 1


@pytest.mark.rule("D6")
def test_a_parcel_in_the_couriers_hands_is_counted(open_shop: Any):
    parcel = open_shop.seal("1001", "JN8801-黑色-32")
    pile = open_shop.write(handover.open_session, parcel.carrier, who="赵仓")
    open_shop.write(handover.scan, pile.id, parcel.waybill_no, who="赵仓")
    fee = open_shop.write(
        handover.enter_figures, pile.id, parcel.id, weight_g=600, price_fen=1,
        rules=open_shop.rules, who="赵仓",
    ).our_fen
    open_shop.write(
        handover.enter_figures, pile.id, parcel.id, weight_g=600, price_fen=fee,
        rules=open_shop.rules, who="赵仓",
    )
    open_shop.write(
        handover.close, pile.id, courier="申师傅", strokes=[[[1, 1], [900, 900]]],
        rules=open_shop.rules, who="赵仓",
    )
    assert (counted(open_shop).handed_over, counted(open_shop).courier_mismatches) == (1, 1)


def test_a_changed_row_breaks_the_chain(open_shop: Any):
    open_shop.pay("1001", "JN8801-黑色-32")
    assert counted(open_shop).chain_ok
    assert counted(open_shop).ledger_ok

    def forge(session: Any, *, now: datetime) -> None:
        session.execute(update(History).values(data="{}"))

    open_shop.write(forge)
    assert not counted(open_shop).chain_ok
