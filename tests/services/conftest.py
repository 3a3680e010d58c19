"""A small shop on a fresh database: goods, numbers, and orders to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from station.carriers import example_tariffs, reach_table
from station.db.models import Alarm, Parcel, PrintJob, Sku, SkuBarcode
from station.db.session import Database
from station.domain.orders import (
    Consignee,
    OrderLine,
    PaidOrder,
    RefundKind,
    RefundNotice,
)
from station.domain.refusals import Refusal
from station.domain.vocabulary import CarrierCode, Flag
from station.services import alarms, handover, intake, numbers, printing, refunds, stock
from station.services.rules import Rules

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in the shop

STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]

HOME = Consignee(
    "林小满", "13900000101", "浙江省", "台州市", "温岭市", "城东街道试验路1号", "317500"
)


@dataclass
class Shop:
    """The database with the shop's rules, and a clock that only moves when told to."""

    db: Database
    rules: Rules
    now: datetime = MORNING
    skus: dict[str, int] = field(default_factory=dict)

    def write(self, step: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.db.write(lambda session: step(session, *args, now=self.now, **facts))

    def read(self, look: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.db.read(lambda session: look(session, *args, **facts))

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def stock_goods(self, code: str, pieces: int = 10, **facts: Any) -> int:
        item_no, color, size = (*code.split("-"), "", "")[:3]
        sku = Sku(code=code, item_no=item_no, color=color, size=size, on_hand=0, reserved=0,
                  defect=0, **{"weight_g": 500, "location": "A-01", **facts})

        def book(session: Any, *, now: datetime) -> int:
            session.add(sku)
            session.flush()
            session.add(SkuBarcode(barcode=f"69{sku.id:011d}", sku_id=sku.id))
            stock.receive(session, sku.id, pieces, now=now)
            return sku.id

        self.skus[code] = self.write(book)
        return self.skus[code]

    def receive_numbers(self, carrier: CarrierCode = CarrierCode.STO, count: int = 10) -> None:
        start = {"STO": "7731", "YTO": "YT1", "SF": "SF1", "EMS": "981"}[carrier]
        width = 15 if carrier != CarrierCode.EMS else 13
        rows = [(carrier, f"{start}{n:0{width - len(start)}d}") for n in range(count)]
        self.write(numbers.receive, rows, batch="test")

    def order(self, order_no: str, *skus: str, **facts: Any) -> PaidOrder:
        lines = tuple(
            OrderLine(str(n), sku, "牛仔裤", sku.split("-")[0], "黑色", "32", 1, 12800)
            for n, sku in enumerate(skus, 1)
        )
        order = PaidOrder("taobao", order_no, "tb_lin", self.now, HOME, lines)
        return replace(order, **facts)

    def pay(self, order_no: str, *skus: str, **facts: Any) -> intake.Taken:
        order = self.order(order_no, *skus, **facts)
        return self.tell(order)[0]

    def tell(self, *orders: PaidOrder, source: str = "webhook") -> list[intake.Taken]:
        return self.write(intake.take_orders, orders, self.rules, source=source)

    def parcel(self, parcel_id: int | None) -> Parcel:
        def look(session: Any) -> Parcel:
            parcel = session.get(Parcel, parcel_id)
            _ = [line.sku for line in parcel.lines], parcel.orders, parcel.holds
            return parcel

        return self.read(look)

    def sku(self, code: str) -> Sku:
        return self.read(lambda session: session.get(Sku, self.skus[code]))

    def jobs(self, kind: str = "waybill") -> list[PrintJob]:
        query = select(PrintJob).where(PrintJob.kind == kind).order_by(PrintJob.id)
        return self.read(lambda session: session.scalars(query).all())

    def print_next(self, bench: str = "1", proof: str = "none") -> str:
        """Print the next due job as a printer thread would; its waybill number, "" if none."""
        due = self.read(printing.next_due, bench=bench)
        if due is None:
            return ""
        assert self.write(
            printing.start_sending, due, printer="p1", sha256="0" * 64, pages=[b"png"]
        )
        self.write(printing.sent, due.job_id, proof=proof, rules=self.rules)
        return next(job.waybill_no for job in self.jobs() if job.id == due.job_id)

    def seal(self, order_no: str, *skus: str, grams: int = 600, **facts: Any) -> Parcel:
        """A parcel that was printed, packed, weighed and signed, without the bench's steps."""
        taken = self.pay(order_no, *skus, **facts)
        self.print_next()

        def sign(session: Any, *, now: datetime) -> None:
            parcel = session.get(Parcel, taken.parcel_id)
            parcel.state, parcel.weight_g, parcel.packer = "signed", grams, "阿明"
            parcel.signed_at = now
            for line in parcel.lines:
                line.packed = line.quantity

        self.write(sign)
        return self.parcel(taken.parcel_id)

    def hand_over(self, *parcels: Parcel, courier: str = "小吴") -> None:
        """Give sealed parcels of one carrier to their courier, at the weights that we took."""

        def whole(session: Any, *, now: Any) -> None:
            pile = handover.open_session(session, parcels[0].carrier, who="老周", now=now).id
            for parcel in parcels:
                handover.scan(session, pile, parcel.waybill_no, who="老周", now=now)
                handover.enter_figures(session, pile, parcel.id, weight_g=parcel.weight_g,
                                       price_fen=500, rules=self.rules, who="老周", now=now)
                handover.accept(session, pile, parcel.id, manager="陈姐", reason="价", now=now)
            closed = handover.close(session, pile, courier=courier, strokes=STROKES, who="老周",
                                    rules=self.rules, now=now)
            assert not isinstance(closed, Refusal), closed

        self.write(whole)

    def refund(self, order_no: str, kind: RefundKind, line: str | None = None) -> None:
        notice = RefundNotice("taobao", order_no, kind, self.now, line)
        self.write(refunds.tell_refund, notice, self.rules)

    def alarms(self) -> list[str]:
        """The codes of the open alarms."""
        query = select(Alarm.code).where(Alarm.acknowledged_at.is_(None)).order_by(Alarm.id)
        return self.read(lambda session: list(session.scalars(query)))

    def acknowledge_all(self) -> None:
        def see(session: Any, *, now: datetime) -> None:
            for alarm_id in session.scalars(select(Alarm.id)).all():
                alarms.acknowledge(session, alarm_id, who="王经理", now=now)

        self.write(see)

    def holds(self, parcel_id: int | None) -> list[str]:
        """The codes of the parcel's open holds."""
        return [row.code for row in self.parcel(parcel_id).holds if row.released_at is None]

    def flagged(self, order: PaidOrder, flag: Flag) -> PaidOrder:
        return replace(order, flag=flag)


@pytest.fixture(scope="session")
def new_shop() -> type[Shop]:
    """How to make a shop on another database."""
    return Shop


@pytest.fixture
def shop(database: Database) -> Shop:
    """An empty shop with the example tariffs and the carriers' own reach, on each database."""
    return Shop(database, Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0))


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    """A shop with goods on the shelf and STO numbers in the pool."""
    shop.receive_numbers()
    shop.stock_goods("JN8801-黑色-32")
    shop.stock_goods("TS1103-白色-M", weight_g=180)
    return shop


@pytest.fixture
def sqlite_shop(sqlite_database: Database) -> Shop:
    """A big shop on SQLite only, for what does not depend on the kind of database."""
    rules = Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0)
    shop = Shop(sqlite_database, rules)
    shop.receive_numbers(count=500)
    shop.stock_goods("JN8801-黑色-32", 500)
    return shop
