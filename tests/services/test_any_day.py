"""Whatever happens in whatever order: goods, numbers, labels and history agree afterwards."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from station.carriers import example_tariffs, reach_table
from station.db.models import (
    Handover,
    HandoverLine,
    Outbox,
    Parcel,
    ParcelLine,
    PrintJob,
    Sku,
    StockMove,
    WaybillNumber,
)
from station.db.session import Database
from station.domain.orders import PaidOrder, RefundKind
from station.domain.parcel import ENDED, Move, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode, Flag
from station.services import (
    changes,
    handover,
    history,
    intake,
    issuing,
    items,
    numbers,
    offers,
    outbox,
    packing,
    printing,
    refunds,
    stock,
)
from station.services.holds import open_holds
from station.services.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

GOODS = ("JN8801-黑色-32", "JN8801-黑色-33", "TS1103-白色-M")
BUYERS = ("tb_a", "tb_b")
MEMOS = ("", "送袋子", "改发顺丰", "共2笔", "不要申通", "腰围82cm")
LIVE = (ParcelState.RESERVED, ParcelState.PRINTED, ParcelState.PACKING, ParcelState.PACKED,
        ParcelState.WEIGHED, ParcelState.SIGNED)


class AnyDay(RuleBasedStateMachine):
    """A shop in which everything may happen at any moment."""

    orders = Bundle("orders")

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop
        self.order_numbers = (f"24500000000000{n:05d}" for n in count(20001))
        self.batches = count(1)
        self.received = dict.fromkeys(GOODS, 0)
        for code in GOODS:
            shop.stock_goods(code, 4)
            self.received[code] += 4
        self.more_numbers(CarrierCode.STO, 4)

    def teardown(self) -> None:
        self.shop.db.close()

    def parcels(self, *states: ParcelState) -> list[int]:
        query = select(Parcel.id).where(Parcel.state.in_([str(state) for state in states]))
        return self.shop.read(lambda s: list(s.scalars(query.order_by(Parcel.id))))

    # --- Orders ---

    @rule(target=orders, goods=st.lists(st.sampled_from(GOODS), min_size=1, max_size=3),
          buyer=st.sampled_from(BUYERS), memo=st.sampled_from(MEMOS),
          flag=st.sampled_from([Flag.NONE, Flag.NONE, Flag.RED, Flag.YELLOW]),
          presale=st.sampled_from([None, None, None, 30]))
    def pay(
        self, goods: list[str], buyer: str, memo: str, flag: Flag, presale: int | None
    ) -> PaidOrder:
        day = self.shop.now + timedelta(hours=presale) if presale else None
        order = self.shop.order(
            next(self.order_numbers), *goods, buyer=buyer, seller_memo=memo, flag=flag,
            ship_after=day,
        )
        self.shop.tell(order)
        return order

    @rule(order=orders, memo=st.sampled_from(MEMOS),
          flag=st.sampled_from([Flag.NONE, Flag.RED, Flag.YELLOW]),
          street=st.sampled_from(["", "", "别处路9号"]))
    def tell_again(self, order: PaidOrder, memo: str, flag: Flag, street: str) -> None:
        where = replace(order.consignee, street=street or order.consignee.street)
        self.shop.tell(replace(order, seller_memo=memo, flag=flag, consignee=where))

    @rule(order=orders, kind=st.sampled_from(list(RefundKind)),
          line=st.sampled_from([None, None, "1", "2", "77"]))
    def refund(self, order: PaidOrder, kind: RefundKind, line: str | None) -> None:
        self.shop.refund(order.order_no, kind, line)

    @rule(target=orders, kind=st.sampled_from(list(RefundKind)),
          line=st.sampled_from([None, "1", "77"]))
    def refund_before_the_payment(self, kind: RefundKind, line: str | None) -> PaidOrder:
        order = self.shop.order(next(self.order_numbers), *GOODS[:2], buyer=BUYERS[0])
        self.shop.refund(order.order_no, kind, line)
        self.shop.tell(order)
        return order

    # --- What comes ---

    @rule(hours=st.integers(0, 20))
    def time_goes_by(self, hours: int) -> None:
        self.shop.later(hours=hours)

    @rule(code=st.sampled_from(GOODS), pieces=st.integers(1, 4))
    def goods_come(self, code: str, pieces: int) -> None:
        self.shop.write(stock.receive, self.shop.skus[code], pieces)
        self.received[code] += pieces

    @rule(carrier=st.sampled_from([CarrierCode.STO, CarrierCode.SF, CarrierCode.YTO]),
          many=st.integers(1, 3))
    def more_numbers(self, carrier: CarrierCode, many: int) -> None:
        batch = next(self.batches)
        rows = [(carrier, f"{carrier}{batch:05d}{n:05d}") for n in range(many)]
        self.shop.write(numbers.receive, rows, batch=str(batch))

    @rule()
    def offer(self) -> None:
        offers.offer_held(self.shop.db, self.shop.rules, now=self.shop.now)

    # --- Paper ---

    @rule(end=st.sampled_from(["sent", "proven", "not_sent", "maybe", "scanned", "crash"]))
    def print_one(self, end: str) -> None:
        shop = self.shop
        due = shop.read(printing.next_due, bench="1")
        if due is None or not shop.write(
            printing.start_sending, due, printer="p", sha256="", pages=[b"png"]
        ):
            return
        if end in ("sent", "proven"):
            proof = "printed" if end == "proven" else "none"
            shop.write(printing.sent, due.job_id, proof=proof, rules=shop.rules)
        elif end == "crash":
            shop.write(printing.recover, printer="p")
        elif end == "scanned" and due.parcel_id is not None and due.kind == "waybill":
            number = shop.parcel(due.parcel_id).waybill_no
            shop.write(
                printing.confirm_by_scan, number, rules=shop.rules, who="", bench="1"
            )
            shop.write(printing.sent, due.job_id, proof="none", rules=shop.rules)
        else:
            tell = printing.not_sent if end == "not_sent" else printing.maybe_sent
            shop.write(tell, due.job_id, trouble="gone")

    @rule(came_out=st.booleans())
    def settle_doubts(self, *, came_out: bool) -> None:
        doubtful = [job.id for job in self.shop.jobs() if job.state == "in_doubt"]
        for job_id in doubtful[:1]:
            self.shop.write(
                printing.settle_doubt, job_id, came_out=came_out, rules=self.shop.rules, who="阿明"
            )

    @rule(pick=st.integers(0, 9))
    def reprint(self, pick: int) -> None:
        for parcel_id in self.parcels(*LIVE)[pick : pick + 1]:
            self.shop.write(
                printing.request_reprint, parcel_id, reason="TORN", who="", bench="1"
            )

    @rule()
    def tell_platform(self) -> None:
        call = self.shop.write(outbox.claim)
        if call is not None:
            self.shop.write(outbox.done, call.id)

    # --- The bench ---

    @rule(pick=st.integers(0, 5), faulty=st.booleans())
    def open_at_the_bench(self, pick: int, *, faulty: bool) -> None:
        shop, at = self.shop, {"bench": "1", "who": "阿明"}
        for parcel_id in self.parcels(ParcelState.PRINTED)[pick : pick + 1]:
            number = shop.parcel(parcel_id).waybill_no
            opened = shop.write(packing.open_parcel, number, rules=shop.rules, **at)
            if isinstance(opened, Refusal):
                return
            shop.write(packing.acknowledge_note, parcel_id, **at)
            if faulty:
                shop.write(items.defect, parcel_id, opened.lines[0].article.code, **at)
            else:
                shop.write(packing.leave, parcel_id, **at)

    @rule(pick=st.integers(0, 5))
    def seal(self, pick: int) -> None:
        """Packed, weighed and signed, with the steps' own moves."""
        def finish(session: Any, parcel_id: int, *, now: Any) -> None:
            parcel = issuing.locked(session, parcel_id)
            if open_holds(parcel) or any(one.reserved < one.quantity for one in parcel.lines):
                return
            steps = [Move.OPEN, Move.COMPLETE, Move.WEIGH, Move.SIGN]
            for step in steps[parcel.state == ParcelState.PACKING :]:
                issuing.move(parcel, step)
            for line in parcel.lines:
                line.packed = line.quantity
            parcel.weight_g, parcel.signed_at, parcel.bench = 620, now, ""

        ready = self.parcels(ParcelState.PRINTED, ParcelState.PACKING)
        for parcel_id in ready[pick : pick + 1]:
            self.shop.write(finish, parcel_id)

    @rule()
    def take_apart(self) -> None:
        for parcel_id in self.parcels(ParcelState.STOPPED)[:1]:
            self.shop.write(
                refunds.take_apart, parcel_id, self.shop.rules, who="阿明", bench="1"
            )

    # --- By hand ---

    @rule(pick=st.integers(0, 9), code=st.sampled_from([
        Code.ORDER_BUNDLE_INCOMPLETE, Code.ORDER_REFUND_ASKED, Code.ORDER_TOLD_DIFFERENTLY,
        Code.ORDER_BY_HAND, Code.ORDER_FLAG_YELLOW, Code.ITEM_DEFECT, Code.ORDER_NO_STOCK,
    ]))
    def release(self, pick: int, code: Code) -> None:
        for parcel_id in self.parcels(*LIVE, ParcelState.WAITING)[pick : pick + 1]:
            self.shop.write(
                intake.release_by_hand, parcel_id, code, self.shop.rules, who="小美", reason="好"
            )

    @rule(pick=st.integers(0, 9))
    def hold(self, pick: int) -> None:
        for parcel_id in self.parcels(*ParcelState)[pick : pick + 1]:
            self.shop.write(intake.hold_by_hand, parcel_id, who="小美", reason="等等")

    @rule(pick=st.integers(0, 9), street=st.sampled_from(["新路2号", "新路3号"]))
    def change_address(self, pick: int, street: str) -> None:
        home = replace(self.shop.order("x", GOODS[0]).consignee, street=street)
        for parcel_id in self.parcels(*ParcelState)[pick : pick + 1]:
            self.shop.write(
                changes.change_address, parcel_id, home, self.shop.rules, who="小美", reason="改"
            )

    @rule(pick=st.integers(0, 9),
          carrier=st.sampled_from([CarrierCode.SF, CarrierCode.STO, CarrierCode.YTO]))
    def change_carrier(self, pick: int, carrier: CarrierCode) -> None:
        for parcel_id in self.parcels(*ParcelState)[pick : pick + 1]:
            self.shop.write(
                changes.change_carrier, parcel_id, carrier, self.shop.rules, who="小美", reason="改"
            )

    @rule(order=consumes(orders))
    def split(self, order: PaidOrder) -> None:
        def find(session: Any) -> tuple[int | None, int]:
            row = session.scalars(
                select(changes.ShopOrder).where(changes.ShopOrder.order_no == order.order_no)
            ).one()
            return row.parcel_id, row.id

        parcel_id, order_id = self.shop.read(find)
        if parcel_id is not None:
            self.shop.write(
                changes.split_order, parcel_id, order_id, self.shop.rules, who="小美"
            )

    # --- The courier ---

    @rule(carrier=st.sampled_from([CarrierCode.STO, CarrierCode.SF]), leave=st.booleans(),
          close=st.booleans())
    def hand_over(self, carrier: CarrierCode, *, leave: bool, close: bool) -> None:
        shop = self.shop
        pile = shop.write(
            lambda s, *, now: handover.open_session(s, carrier, who="仓管", now=now).id
        )
        sealed = [shop.parcel(one) for one in self.parcels(ParcelState.SIGNED)]
        mine = [parcel for parcel in sealed if parcel.carrier == carrier]
        for parcel in mine[leave:]:
            shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
            shop.write(
                handover.enter_figures, pile, parcel.id, weight_g=620, price_fen=500,
                rules=shop.rules, who="仓管",
            )
            shop.write(handover.accept, pile, parcel.id, manager="王经理", reason="对")
        missing = [handover.Missing(parcel.id, "明天") for parcel in mine]
        if close:
            shop.write(
                handover.close, pile, courier="王师傅", strokes=[[[1, 1], [9, 9]]],
                missing=missing, rules=shop.rules, who="仓管",
            )

    # --- What must always be true ---

    @invariant()
    def numbers_balance(self) -> None:
        for counts in self.shop.read(numbers.ledger).values():
            states = ("unused", "taken", "printed", "voided")
            assert counts["received"] == sum(counts[state] for state in states)

    @invariant()
    def goods_are_conserved(self) -> None:
        for code, sku_id in self.shop.skus.items():
            sku, moves, held = self.shop.read(lambda s, sku_id=sku_id: (
                s.get(Sku, sku_id), _moves(s, sku_id), _held(s, sku_id)))
            shipped, faulty = moves.get("ship", 0), moves.get("defect", 0)
            assert sku.on_hand + shipped + sku.defect == self.received[code] == moves["receive"]
            assert sku.defect == faulty
            assert sku.on_hand >= sku.reserved == held >= 0

    @invariant()
    def every_parcel_is_in_order(self) -> None:
        self.shop.read(_every_parcel_is_in_order)

    @invariant()
    def labels_are_in_order(self) -> None:
        def look(session: Any) -> None:
            for job in session.scalars(select(PrintJob).where(PrintJob.kind == "waybill")):
                assert job.state == "void" or job.waybill_no == job.parcel.waybill_no
            open_jobs = session.execute(
                select(func.count()).where(
                    PrintJob.kind == "waybill", PrintJob.state.in_(("waiting", "sending")),
                ).group_by(PrintJob.parcel_id)
            )
            assert {n for (n,) in open_jobs} <= {1}

        self.shop.read(look)

    @invariant()
    def the_platform_hears_shipped_once(self) -> None:
        calls = self.shop.read(lambda s: s.execute(
            select(Outbox.order_id, func.count())
            .where(Outbox.kind == "shipped", Outbox.state != "withdrawn")
            .group_by(Outbox.order_id)).all())
        assert {many for _, many in calls} <= {1}

    @invariant()
    def hand_overs_hold_what_they_say(self) -> None:
        def look(session: Any) -> None:
            for line in session.scalars(select(HandoverLine).join(Handover)):
                gone = line.state in handover.DONE and line.handover.state == "closed"
                assert not gone or line.parcel.state == ParcelState.HANDED_OVER

        self.shop.read(look)

    @invariant()
    def history_verifies(self) -> None:
        assert self.shop.read(lambda s: list(history.verify(s))) == []


def _moves(session: Any, sku_id: int) -> dict[str, int]:
    rows = session.execute(
        select(StockMove.kind, func.sum(StockMove.quantity))
        .where(StockMove.sku_id == sku_id).group_by(StockMove.kind)
    )
    return dict(rows.all())


def _held(session: Any, sku_id: int) -> int:
    return sum(session.scalars(select(ParcelLine.reserved).where(ParcelLine.sku_id == sku_id)))


def _every_parcel_is_in_order(session: Any) -> None:
    states = dict(session.execute(select(WaybillNumber.number, WaybillNumber.state)).all())
    for parcel in session.scalars(select(Parcel)):
        held = bool(open_holds(parcel))
        assert held == (parcel.held_since is not None)
        assert not held or parcel.state not in ENDED
        if parcel.state == ParcelState.WAITING:
            assert parcel.waybill_no is None
        if parcel.state in LIVE:
            assert states[parcel.waybill_no] in ("taken", "printed")
            owner = session.scalar(select(WaybillNumber.carrier).where(
                WaybillNumber.number == parcel.waybill_no))
            assert owner == parcel.carrier
            assert held or all(line.reserved == line.quantity for line in parcel.lines)
            assert any(line.quantity for line in parcel.lines)
        if parcel.state == ParcelState.VOID:
            assert states.get(parcel.waybill_no, "voided") == "voided"
            assert not any(line.reserved for line in parcel.lines)
        if parcel.state not in (*ENDED, ParcelState.STOPPED):
            gone = (RefundKind.REFUNDED, RefundKind.CANCELLED)
            assert not any(order.refund in gone and line.quantity
                           for order in parcel.orders for line in parcel.lines
                           if line.order_line.order_id == order.id)
            assert not refunds.is_asked(parcel) or held


@pytest.mark.rule("D2", "I7", "S10", "S20")
@pytest.mark.pain("3")
@pytest.mark.fault("F15")
def test_any_day_leaves_goods_numbers_labels_and_history_whole(
    sqlite_url: str, tmp_path: Path, new_shop: Any
) -> None:
    places, empty = count(), tmp_path / "empty.db"
    (tmp_path / "station.db").rename(empty)
    rules = Rules(
        reach=reach_table(), tariffs=example_tariffs(), low_pool=0,
        platform_url="http://127.0.0.1:9",
    )

    def fresh_day() -> AnyDay:
        path = tmp_path / f"{next(places)}.db"
        shutil.copy(empty, path)
        return AnyDay(new_shop(Database(f"sqlite:///{path}"), rules))

    run_state_machine_as_test(fresh_day, settings=settings(
        max_examples=25, stateful_step_count=40, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    ))
