"""Everything beside the benches: platform, keeper, customer service, courier, clocks and time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bench_hands import packed
from metal import WEIGHTS
from sqlalchemy import select

from station.db.models import HandoverLine, Parcel, PrintJob, ShopOrder
from station.domain.orders import Consignee, OrderLine, PaidOrder, RefundKind, RefundNotice
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode, Flag
from station.services import changes, events, handover, intake, numbers, printing, refunds, stock

if TYPE_CHECKING:
    from warehouse_day import Day

STROKES = [[[100, 100], [500, 400]]]
MEMOS = ("",) * 8 + ("送袋子", "改发顺丰", "共2笔", "腰围82cm")
LIVE = ("reserved", "printed", "packing", "packed", "weighed", "signed")


@dataclass
class Post:
    """A message of the platform that may be told any number of times, or never."""

    event_id: str
    told: PaidOrder | RefundNotice

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.told).encode()).hexdigest()


class OfficeHands:
    """Whoever is not a packer."""

    def __init__(self, day: Day) -> None:
        self.day, self.chance = day, day.chance
        self.orders: dict[str, PaidOrder] = {}
        self.post: list[Post] = []
        self.planted: set[str] = set()
        self.refunding: dict[str, str] = {}
        self.piles: dict[str, int] = {}
        self.away = False  # the platform's messages stay where they are

    def choose(self) -> tuple[str, Callable[[], None]]:
        """What happens next outside the benches."""
        acts = {
            self.pay: 16, self.deliver: 26, self.refund: 3, self.goods: 2, self.numbers: 1,
            self.clock: 4, self.outbox: 9, self.tray: 8, self.reprint: 2, self.hold: 1,
            self.release: 3, self.address: 1, self.courier: 14, self.time: 6, self.jump: 1,
            self.idle_restart: 1,
        }
        act = self.chance.choices(list(acts), list(acts.values()))[0]

        def done() -> None:
            act()
            self.look_into_bags()

        return act.__name__, done

    # --- The platform -----------------------------------------------------------------------------

    def pay(self) -> None:
        """A customer pays; the platform writes its message."""
        n = len(self.orders)
        order_no = f"2450{self.day.seed:06d}{n:09d}"
        who = self.chance.randint(0, n)  # sometimes a customer who bought before
        home = Consignee(f"顾客某{who:03d}", f"139{self.day.seed % 1000:03d}{who:05d}", "浙江省",
                         "台州市", "温岭市", f"隐私路{who:03d}号", "317500")
        self.planted |= {home.name, home.phone, home.street}
        skus = [self.chance.choice(list(self.day.skus)) for _ in range(self.chance.randint(1, 3))]
        lines = tuple(
            OrderLine(str(k), sku, "衣", "", "", "", self.chance.choice((1, 1, 1, 2)), 9900,
                      waist_mm=820 if sku == "JN-B-32" else None)
            for k, sku in enumerate(skus, 1))
        flag = self.chance.choice((Flag.NONE,) * 9 + (Flag.RED, Flag.YELLOW))
        order = PaidOrder("taobao", order_no, f"tb_{who}", self.day.wall, home, lines,
                          seller_memo=self.chance.choice(MEMOS), flag=flag)
        self.orders[order_no] = order
        if self.chance.random() < 0.93:  # else the message never comes
            self.post.append(Post(f"evt-{order_no}", order))
            if self.chance.random() < 0.8:
                self.deliver(-1)

    def deliver(self, which: int | None = None) -> None:
        """One of the messages under way arrives; it may stay under way and come again."""
        if self.away or not self.post:
            return
        post = self.post[self.chance.randrange(len(self.post)) if which is None else which]
        again = self.chance.random() < 0.25
        self.tell_now(post)
        if not again:
            self.post.remove(post)

    def tell_now(self, post: Post) -> None:
        """This message arrives."""
        if isinstance(post.told, PaidOrder):
            self.day.write(events.take_paid, post.event_id, post.digest, post.told, self.day.rules)
        else:
            self.day.write(
                events.take_refund, post.event_id, post.digest, post.told, self.day.rules)
            self._heard_refund(post.told)
        self.day.happened["webhooks"] += 1

    def _heard_refund(self, told: RefundNotice) -> None:
        if told.kind in (RefundKind.REFUNDED, RefundKind.CANCELLED) and told.line_no is None:
            self.day.watch.gone.add(told.order_no)

    def refund(self) -> None:
        """Somebody wants the money back, or gets it, or not after all."""
        if not self.orders:
            return
        order_no = self.chance.choice(list(self.orders))
        before = self.refunding.get(order_no, "")
        if before == "gone":
            return
        kinds = [RefundKind.REFUND_REQUESTED, RefundKind.REFUNDED, RefundKind.CANCELLED]
        kind = self.chance.choice(kinds if before != "asked" else
                                  [RefundKind.REFUND_CLOSED, RefundKind.REFUNDED])
        line = self.chance.choice((None, None, "1", "9"))
        self.refunding[order_no] = {
            RefundKind.REFUND_REQUESTED: "asked", RefundKind.REFUND_CLOSED: "",
        }.get(kind, "gone")
        told = RefundNotice("taobao", order_no, kind, self.day.wall, line)
        self.post.append(Post(f"ref-{order_no}-{len(self.day.trace)}", told))
        if self.chance.random() < 0.6:
            self.deliver(-1)

    def catch_up(self) -> None:
        """The evening's export holds every order and every refund, heard before or not."""
        orders = list(self.orders.values())
        self.day.write(intake.take_orders, orders, self.day.rules, source="taobao")
        for post in self.post:
            if isinstance(post.told, RefundNotice):
                self.day.write(refunds.tell_refund, post.told, self.day.rules)
                self._heard_refund(post.told)

    def known(self, session: Any) -> set[str]:
        """The orders that the station has."""
        return set(session.scalars(
            select(ShopOrder.order_no).where(ShopOrder.paid_at.is_not(None))))

    # --- The keeper and customer service ----------------------------------------------------------

    def goods(self) -> None:
        code, pieces = self.chance.choice(list(self.day.skus)), self.chance.randint(1, 6)

        def book(session: Any, *, now: Any) -> int:
            stock.receive(session, self.day.skus[code], pieces, now=now)
            return pieces

        before = self.day.read(self._received, code)
        try:
            self.day.write(book)
        finally:  # after a power cut somebody looks whether it was booked
            self.day.watch.received[code] += self.day.read(self._received, code) - before

    def _received(self, session: Any, code: str) -> int:
        moves = stock.StockMove
        rows = session.scalars(select(moves.quantity).where(
            moves.sku_id == self.day.skus[code], moves.kind == "receive"))
        return sum(rows)

    def numbers(self) -> None:
        carrier = self.chance.choice((CarrierCode.STO, CarrierCode.STO, CarrierCode.SF))
        many, before = self.chance.randint(1, 8), self.day.watch.pool
        try:
            self.day.more_numbers(carrier, many)
        finally:
            if self.day.watch.pool == before:
                counted = self.day.read(lambda s: sum(
                    one["received"] for one in numbers.ledger(s).values()))
                self.day.watch.pool = counted

    def doubts(self) -> list[PrintJob]:
        """The labels of which nobody knows whether they came out."""
        return self.day.read(lambda s: list(s.scalars(
            select(PrintJob).where(PrintJob.state == "in_doubt").order_by(PrintJob.id))))

    def tray(self) -> None:
        """Somebody looks at what came out for a label in doubt, and says so."""
        jobs = self.doubts()
        if not jobs:
            return
        job = self.chance.choice(jobs)
        papers = [paper for printer in self.day.printers.values() for paper in printer.papers
                  if paper.job_id == job.id]
        came_out = sum(paper.whole for paper in papers) == job.pages and all(
            not paper.destroyed for paper in papers)
        if not came_out:
            for paper in papers:
                paper.destroyed = True
            self.day.watch.asked_again[job.parcel_id or 0] += 1
        self.day.write(printing.settle_doubt, job.id, came_out=came_out, rules=self.day.rules,
                       who="阿明")
        self.day.happened["doubts settled"] += 1

    def tear(self, parcel_id: int) -> None:
        """Every paper of this parcel is torn to pieces."""
        jobs = set(self.day.read(lambda s: list(s.scalars(
            select(PrintJob.id).where(PrintJob.parcel_id == parcel_id)))))
        for printer in self.day.printers.values():
            for paper in printer.papers:
                paper.destroyed = paper.destroyed or paper.job_id in jobs

    def _some_parcel(self, *states: str) -> int | None:
        ids = self.day.read(lambda s: list(s.scalars(
            select(Parcel.id).where(Parcel.state.in_(states)).order_by(Parcel.id))))
        return self.chance.choice(ids) if ids else None

    def reprint(self) -> None:
        parcel_id = self._some_parcel("printed", "packing", "packed", "weighed", "signed")
        if parcel_id is None:
            return
        self.tear(parcel_id)
        self.day.watch.asked_again[parcel_id] += 1
        self.day.write(printing.request_reprint, parcel_id, reason="TORN", who="", bench="")

    def hold(self) -> None:
        if (parcel_id := self._some_parcel(*LIVE)) is not None:
            self.day.write(intake.hold_by_hand, parcel_id, who="小美", reason="等等")

    def release(self) -> None:
        code = self.chance.choice((
            Code.ORDER_BY_HAND, Code.ORDER_BUNDLE_INCOMPLETE, Code.ORDER_REFUND_ASKED,
            Code.ORDER_TOLD_DIFFERENTLY, Code.ORDER_FLAG_YELLOW, Code.ITEM_DEFECT))
        if (parcel_id := self._some_parcel("waiting", *LIVE)) is not None:
            self.day.write(intake.release_by_hand, parcel_id, code, self.day.rules, who="小美",
                           reason="好")

    def address(self) -> None:
        if not self.orders or (parcel_id := self._some_parcel(*LIVE)) is None:
            return
        home = self.chance.choice(list(self.orders.values())).consignee
        new = replace(home, street=f"{home.street}附{self.chance.randint(1, 9)}")
        self.day.write(changes.change_address, parcel_id, new, self.day.rules, who="小美",
                       reason="改")

    def look_into_bags(self) -> None:
        """The records of a parcel may have been emptied by what was told: so is its bag."""
        for bag in self.day.bags.values():
            stored = self.day.read(packed, bag.parcel_id)
            if stored != +bag.contents:
                self.take_off_pans(bag.parcel_id)  # a bag is emptied beside the pan
            bag.contents = stored

    # --- The courier ------------------------------------------------------------------------------

    def courier(self) -> None:
        carrier = self.chance.choice((CarrierCode.STO, CarrierCode.STO, CarrierCode.SF))
        pile = self.day.write(
            lambda s, *, now: handover.open_session(s, carrier, who="仓管", now=now).id)
        signed, lines = self.day.read(lambda s: (
            [(p.id, p.waybill_no) for p in s.scalars(
                select(Parcel).where(Parcel.state == "signed", Parcel.carrier == str(carrier))
                .order_by(Parcel.id))],
            {line.parcel_id: line.state for line in s.scalars(
                select(HandoverLine).where(HandoverLine.handover_id == pile)
                .order_by(HandoverLine.id))}))
        for parcel_id, number in signed:
            self.take_off_pans(parcel_id)
            if parcel_id not in lines and self.chance.random() < 0.8:
                self.day.write(handover.scan, pile, number, who="仓管")
        for parcel_id, state in lines.items():
            if state not in ("agreed", "accepted"):
                self._figures(pile, parcel_id)
        if lines and self.chance.random() < 0.7:
            self._close(pile, [one for one, _ in signed])

    def take_off_pans(self, parcel_id: int) -> None:
        """The bag of this parcel lies on no pan any more."""
        for scale, bag in self.day.pans.items():
            if bag is not None and bag.parcel_id == parcel_id:
                self.day.pans[scale] = None

    def _figures(self, pile: int, parcel_id: int) -> None:
        bag = self.day.bags.get(parcel_id)
        grams = (bag.grams(WEIGHTS) if bag else 500) + self.chance.choice((0, 0, 0, 900))
        self.day.write(handover.enter_figures, pile, parcel_id, weight_g=grams, price_fen=500,
                       rules=self.day.rules, who="仓管")
        if self.chance.random() < 0.9:
            self.day.write(handover.accept, pile, parcel_id, manager="老王", reason="对")

    def _close(self, pile: int, expected: list[int]) -> None:
        missing = [handover.Missing(one, "明天") for one in expected]
        closed = self.day.write(handover.close, pile, courier="王师傅", strokes=STROKES,
                                missing=missing, rules=self.day.rules, who="仓管")
        if not isinstance(closed, Refusal):
            self.day.happened["hand-overs closed"] += 1

    # --- Clocks -----------------------------------------------------------------------------------

    def clock(self) -> None:
        self.day.clock_loop.step()

    def outbox(self) -> None:
        self.day.outbox_loop.step()

    def time(self) -> None:
        minutes = self.chance.choice((1, 5, 20, 60))
        self.day.wall += timedelta(minutes=minutes)
        self.day.mono += minutes * 60

    def jump(self) -> None:
        """Somebody, or a time server, sets the clock."""
        self.day.wall += timedelta(minutes=self.chance.choice((-120, -7, 3, 90, 60 * 24)))
        self.day.happened["clock jumps"] += 1

    def idle_restart(self) -> None:
        self.day.restart()
