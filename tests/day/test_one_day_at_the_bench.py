"""One whole day over HTTP and bytes: a robot packs, plants mistakes, and hands the parcels over.

The day happens once; each test looks at one side of what is left of it: the robot's account, the
records, the paper in the printer's tray, and what the platform heard.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from simulators.caller import until
from simulators.day import Day
from simulators.robot import ANSWERS, Trick
from station.db.models import (
    Handover,
    HandoverLine,
    Hold,
    Packaging,
    PackagingMove,
    Parcel,
    ParcelLine,
    PrintJob,
    ShopOrder,
    Signature,
    Sku,
    StockMove,
    Stub,
    WaybillNumber,
    Weighing,
)
from station.domain.parcel import ParcelState
from station.services import history, numbers, signing
from station.services.tally import Tally, tally

EXPORTED, TOLD = 4, 6
DECK = (
    Trick.WAIST_OFF, Trick.WRONG_SIZE, Trick.LEFT_OUT, Trick.WRONG_COLOUR, Trick.TOO_MANY,
    Trick.REFUNDED, Trick.UNKNOWN, Trick.BADGE, Trick.WRONG_ITEM, Trick.GIFT,
)


@dataclass(frozen=True)
class Past:
    """The day that was: the house it happened in, the robot, its account, and the numbers."""

    house: Any
    robot: Day
    account: dict[str, Any]
    numbers: Tally

    def read(self, look: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.house.read(look, *args, **facts)

    def rows(self, *what: Any) -> list[Any]:
        return self.house.read(lambda session: session.execute(select(*what)).all())

    def column(self, statement: Any) -> list[Any]:
        return self.house.read(lambda session: session.scalars(statement).all())


@pytest.fixture(scope="module")
def past(build_house: Callable[..., Any]) -> Past:
    """A small day with one of each kind of trouble."""
    house = build_house(orders=EXPORTED)
    exported = json.loads((house.folder / "shop" / "orders.json").read_text(encoding="utf-8"))
    day = Day(
        house.places, house.urls["secret"], exported=[order["order_no"] for order in exported],
        orders=TOLD, seed=3, deck=DECK, each=2, courier_wrong=0.5,
    )
    account = day.work()

    def everything_printed() -> Tally | None:
        counted = house.read(tally)
        return counted if not counted.unfinished else None

    return Past(house, day, account, until(everything_printed, "the last stub", 90))


# --- What the robot saw ---------------------------------------------------------------------------


def test_nothing_surprised_the_robot(past: Past):
    assert past.account["surprises"] == []


@pytest.mark.rule("D4")
@pytest.mark.parametrize("trick", [trick for trick in DECK if trick in ANSWERS])
def test_every_planted_mistake_was_made_and_caught(past: Past, trick: Trick):
    assert past.account["planted"][trick] == 1
    assert past.account["caught"] == past.account["planted"]


@pytest.mark.rule("D4")
def test_the_records_name_every_wrong_piece_that_was_scanned(past: Past):
    wrong = (
        Trick.WRONG_ITEM, Trick.WRONG_COLOUR, Trick.WRONG_SIZE, Trick.TOO_MANY, Trick.UNKNOWN
    )
    assert past.numbers.wrong_items_caught == len(wrong)


@pytest.mark.rule("D6")
def test_a_forgotten_piece_and_a_gift_ring_and_nothing_else_does(past: Past):
    taken = past.column(select(Weighing).where(Weighing.agrees.is_(False)))
    wrong = [(row.grams - row.expected_g, row.accepted_by) for row in taken]
    assert len(wrong) == past.numbers.weight_alarms == 2
    (forgotten,) = [diff for diff, accepted in wrong if not accepted]
    (gift,) = [diff for diff, accepted in wrong if accepted]
    assert forgotten < -100
    assert gift > 200


# --- Orders and labels ----------------------------------------------------------------------------


@pytest.mark.rule("D2")
def test_every_order_is_kept_once_however_often_it_was_told(past: Past):
    told = past.rows(ShopOrder.order_no, ShopOrder.told)
    assert len(told) == len({number for number, _ in told}) == EXPORTED + TOLD
    assert max(times for _, times in told) > 1


@pytest.mark.rule("S20")
def test_the_order_that_nobody_can_fill_is_held_and_nothing_prints(past: Past):
    (code,) = past.column(select(Hold.code).where(Hold.released_at.is_(None)))
    assert code == "order.no_stock"
    (parcel,) = past.column(select(Parcel).where(Parcel.held_since.is_not(None)))
    assert parcel.waybill_no is None
    assert past.numbers.held == past.account["held"] == 1


@pytest.mark.rule("D2")
def test_an_order_cancelled_before_it_was_paid_never_becomes_a_parcel(past: Past):
    (gone,) = past.robot.gone
    query = select(ShopOrder.parcel_id).where(ShopOrder.order_no == gone)
    assert past.column(query) == [None]


@pytest.mark.pain("3")
def test_no_two_whole_pages_are_the_same_label(past: Past):
    seen = Counter(page["sha256"] for page in past.house.pages() if page["whole"])
    assert seen.most_common(1)[0][1] == 1


def test_every_label_stub_and_manifest_can_be_scanned_from_exactly_one_whole_page(past: Past):
    whole = Counter(page["codes"][0] for page in past.house.pages()
                    if page["whole"] and page["codes"])
    labels = past.column(
        select(PrintJob.waybill_no).where(PrintJob.kind == "waybill").distinct()
    )
    gone = past.column(
        select(Parcel.waybill_no).where(Parcel.state == str(ParcelState.HANDED_OVER))
    )
    stubs = [f"DD:{number}" for number in gone]  # never to be taken for the parcel's own
    lists = [f"PBS-H{number}" for number in past.column(select(Handover.id))]  # opens its record
    assert len(lists) == len(past.account["manifests"]) > 0
    assert whole == Counter([*labels, *stubs, *lists])


def test_each_label_that_was_torn_was_printed_once_more_with_its_copy_mark(past: Past):
    again = past.rows(PrintJob.waybill_no, PrintJob.copy, PrintJob.reason)
    copies = [(number, copy, reason) for number, copy, reason in again if copy]
    assert len(copies) == past.account["reprints"] >= 1
    assert {(copy, reason) for _, copy, reason in copies} == {(1, "TORN")}
    torn = {page["codes"][0] for page in past.house.pages() if page["torn"] and page["codes"]}
    assert {number for number, _, _ in copies} == torn


@pytest.mark.rule("D3")
def test_the_platform_heard_of_every_printed_order_once_and_never_two_numbers(past: Past):
    shop = past.house.control.get("/state")["shop"]
    assert shop["duplicates"] == 0
    assert shop["contradictions"] == []
    assert set(past.house.control.get("/platform/shipped")) == past.robot.expected


# --- Numbers, goods, bags -------------------------------------------------------------------------


def test_received_numbers_are_unused_taken_printed_or_voided(past: Past):
    for carrier, counts in past.read(numbers.ledger).items():
        ends = sum(counts[end] for end in ("unused", "taken", "printed", "voided"))
        assert counts["received"] == ends == 60, carrier
    assert past.numbers.ledger_ok


def test_no_number_belongs_to_two_parcels(past: Past):
    taken = past.rows(WaybillNumber.number, WaybillNumber.parcel_id)
    owned = [number for number, parcel in taken if parcel is not None]
    assert len(owned) == len(set(owned)) == past.numbers.printed


@pytest.mark.rule("I7")
def test_goods_are_conserved_piece_by_piece(past: Past):
    moves: dict[int, Counter[str]] = {}
    for sku, kind, quantity in past.rows(StockMove.sku_id, StockMove.kind, StockMove.quantity):
        moves.setdefault(sku, Counter())[kind] += quantity
    for sku in past.column(select(Sku)):
        moved = moves.get(sku.id, Counter())
        assert sku.on_hand == moved["receive"] - moved["ship"] - moved["defect"]
        assert sku.reserved == moved["reserve"] - moved["release"] - moved["ship"]
        assert 0 <= sku.reserved <= sku.on_hand


@pytest.mark.rule("I7")
def test_what_left_the_stock_is_what_the_couriers_took(past: Past):
    gone = str(ParcelState.HANDED_OVER)
    packed = past.column(
        select(func.sum(ParcelLine.packed)).join(Parcel).where(Parcel.state == gone)
    )
    shipped = past.column(select(func.sum(StockMove.quantity)).where(StockMove.kind == "ship"))
    assert packed == shipped != [0]


@pytest.mark.rule("D10")
def test_every_bag_that_was_used_is_off_the_shelf(past: Past):
    for bag in past.column(select(Packaging)):
        moved = past.column(
            select(func.coalesce(func.sum(PackagingMove.quantity), 0))
            .where(PackagingMove.packaging_id == bag.id)
        )[0]
        started = {"BOX-M": 80, "LABEL": 2000}.get(bag.code, 300)
        assert bag.stock == started + moved


# --- Sealed, signed, handed over ------------------------------------------------------------------


@pytest.mark.rule("D5")
def test_every_seal_still_holds(past: Past):
    signed = past.column(select(Parcel.id).where(Parcel.content_hash != ""))
    assert len(signed) == past.account["signed"]
    assert past.read(lambda session: list(signing.broken_seals(session))) == []


@pytest.mark.rule("D5")
def test_one_packer_signed_with_badge_and_the_others_with_the_pen(past: Past):
    how = past.column(select(Signature.how).where(Signature.role == "packer"))
    assert Counter(how) == {"badge": 1, "drawn": past.account["signed"] - 1}


@pytest.mark.rule("D6")
def test_each_parcel_that_left_was_weighed_by_frames_of_the_scale(past: Past):
    parcels = past.column(select(Parcel).where(Parcel.state == str(ParcelState.HANDED_OVER)))
    for parcel in parcels:
        taken = past.column(
            select(Weighing).where(Weighing.parcel_id == parcel.id).order_by(Weighing.id.desc())
        )[0]
        assert taken.grams == parcel.weight_g
        assert all(bytes.fromhex(frame).startswith(b"ST,GS") for frame in taken.frames)


@pytest.mark.rule("D6")
def test_every_wrong_slip_was_caught_and_one_was_accepted_by_the_manager(past: Past):
    assert past.account["courier_caught"] == past.account["courier_mismatches"] > 0
    assert past.numbers.courier_mismatches == past.account["courier_mismatches"]
    accepted = past.rows(HandoverLine.state, HandoverLine.accepted_by, HandoverLine.reason)
    named = [(by, reason) for state, by, reason in accepted if state == "accepted"]
    assert [by for by, _ in named] == ["王经理"]


@pytest.mark.rule("D6")
def test_every_parcel_of_the_pile_is_handed_over_or_named_missing(past: Past):
    lines = Counter(past.column(select(HandoverLine.state)))
    assert lines["missing"] == past.account["missing"] == 1
    assert lines["agreed"] + lines["accepted"] == past.account["handed_over"]
    assert lines.total() == past.account["signed"]
    assert past.numbers.handed_over == past.account["handed_over"]


@pytest.mark.rule("D6")
def test_every_hand_over_has_a_courier_who_signed_and_stubs_for_what_he_took(past: Past):
    closed = past.rows(Handover.state, Handover.courier, Handover.id)
    assert {state for state, _, _ in closed} == {"closed"}
    for _, courier, handover_id in closed:
        assert courier.endswith("师傅")
        signed = select(func.count(Signature.id)).where(Signature.handover_id == handover_id)
        assert past.column(signed) == [1]
    assert past.column(select(func.count(Stub.parcel_id))) == [past.account["handed_over"]]


@pytest.mark.rule("D6")
def test_manifests_and_stubs_came_out_of_the_printer(past: Past):
    jobs = Counter(past.column(select(PrintJob.kind).where(PrintJob.state == "confirmed")))
    assert jobs["manifest"] == len(past.account["manifests"])
    assert jobs["stub"] == past.account["handed_over"]
    assert past.numbers.unfinished == 0


# --- The refunded parcel, and the record of all ---------------------------------------------------


@pytest.mark.rule("D2")
def test_the_parcel_refunded_on_the_bench_was_taken_apart_and_its_number_voided(past: Past):
    (parcel,) = past.column(select(Parcel).where(Parcel.state == str(ParcelState.VOID)))
    (number,) = past.column(
        select(WaybillNumber).where(WaybillNumber.parcel_id == parcel.id)
    )
    assert number.state == "voided"
    assert past.numbers.stopped == past.account["apart"] == 1


def test_all_chains_of_the_history_hold(past: Past):
    assert past.read(lambda session: list(history.verify(session))) == []
    assert past.numbers.chain_ok


def test_the_numbers_of_the_day_agree_with_each_other(past: Past):
    counted = past.numbers
    assert counted.paid == past.account["paid"] == EXPORTED + TOLD
    assert counted.printed == counted.confirmed
    assert counted.packed == counted.weighed == counted.signed == past.account["signed"]
    assert counted.printed == counted.signed + counted.stopped
    assert counted.handed_over == counted.signed - past.account["missing"]
