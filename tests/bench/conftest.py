"""One bench on a fresh database: goods, people, bags, printed parcels, and clocks that obey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from station.bench import Bench, BenchSettings
from station.bench.flow import Flow
from station.db.models import (
    History,
    Packaging,
    Parcel,
    ParcelLine,
    PrintJob,
    ShopOrder,
    ShopOrderLine,
    Sku,
    SkuBarcode,
    StockMove,
    WaybillNumber,
)
from station.db.session import Database
from station.domain.orders import RefundKind, RefundNotice
from station.domain.refusals import Code
from station.domain.screen import BenchView
from station.domain.weights import PanRules
from station.services import holds, refunds, staff
from station.services.history import record
from station.services.live import Hub
from station.services.rules import Rules
from station.services.staff import Role

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PIN = "246810"
PIN_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
"""Quick to check: that a real one is slow is looked at in test_staff.py."""

GOODS = {
    # code: (item, colour, size, grams, place, measured)
    "JN-B-31": ("JN8801", "黑色", "31", 560, "A-01", True),
    "JN-B-32": ("JN8801", "黑色", "32", 580, "A-02", True),
    "TS-W-M": ("TS1103", "白色", "M", 160, "B-01", False),
    "TS-W-L": ("TS1103", "白色", "L", 170, "B-02", False),
    "TS-R-M": ("TS1103", "红色", "M", 160, "B-03", False),
    "HD-G-XL": ("HD2207", "灰色", "XL", 620, "C-01", False),
}
BARCODES = {code: f"69{n:011d}" for n, code in enumerate(GOODS, 1)}


def want(sku: str, quantity: int = 1, waist_mm: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist_mm


@dataclass
class House:
    """The packing room: a database with goods, and a bench named "1" driven by hand."""

    db: Database
    rules: Rules = field(default_factory=Rules)
    now: datetime = MORNING
    seconds: float = 1000.0
    skus: dict[str, int] = field(default_factory=dict)
    numbers: int = 0

    # --- the room ---

    def write(self, step: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.db.write(lambda session: step(session, *args, **facts))

    def read(self, look: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.db.read(lambda session: look(session, *args, **facts))

    def furnish(self) -> None:
        def fill(session: Any) -> None:
            for code, (item, color, size, grams, place, measured) in GOODS.items():
                sku = Sku(code=code, item_no=item, color=color, size=size, weight_g=grams,
                          location=place, measure_waist=measured, on_hand=50, reserved=0, defect=0)
                session.add(sku)
                session.flush()
                self.skus[code] = sku.id
                session.add(SkuBarcode(barcode=BARCODES[code], sku_id=sku.id))
                session.add(StockMove(sku_id=sku.id, kind="receive", quantity=50, at=self.now))
            session.add(Packaging(code="BAG-STO", name="申通中号袋", kind="bag", weight_g=20,
                                  stock=100, low_at=10, carrier="STO", contact="张经理",
                                  phone="021-555", checklist=["压出空气", "贴好胶带"]))
            session.add(Packaging(code="BAG-YTO", name="圆通袋", kind="bag", weight_g=18,
                                  stock=100, low_at=10, carrier="YTO", checklist=[]))
            session.add(Packaging(code="BOX", name="纸箱", kind="box", weight_g=120, stock=20,
                                  low_at=5, checklist=[]))
            people = (("阿明", Role.PACKER, "0007"), ("老王", Role.MANAGER, "0001"))
            for name, role, badge in people:
                staff.add_staff(session, name, role, badge, PIN_HASH, now=self.now)

        self.write(fill)

    def print_parcel(
        self, *wants: tuple[str, int, int | None], state: str = "printed", note: str = "",
        flag: int = 0, orders: int = 1, carrier: str = "STO", job: str = "sent",
    ) -> Parcel:
        """A paid parcel with its goods set aside and its label printed."""
        self.numbers += 1
        number = f"7731{self.numbers:011d}"

        def add(session: Any) -> Parcel:
            parcel = Parcel(
                state=state, carrier=carrier, waybill_no=number, merge_key=number, name="林小满",
                phone="13900000101", province="浙江省", city="台州市", district="温岭市",
                street="试验路1号", paid_at=self.now, deadline=self.now + timedelta(hours=14),
                created_at=self.now, note=note, flag=flag, copies=1,
            )
            session.add(parcel)
            session.flush()
            record(session, f"parcel:{parcel.id}", "paid", {"carrier": carrier}, now=self.now)
            for n in range(orders):
                order = ShopOrder(platform="taobao", order_no=f"{number}{n}", buyer="tb_lin",
                                  paid_at=self.now, received_at=self.now, parcel_id=parcel.id)
                session.add(order)
                session.flush()
            for n, (code, quantity, waist) in enumerate(wants):
                line = ShopOrderLine(order_id=order.id, line_no=str(n), sku_code=code,
                                     quantity=quantity, waist_mm=waist)
                session.add(line)
                session.flush()
                session.add(ParcelLine(
                    parcel_id=parcel.id, order_line_id=line.id, sku_id=self.skus[code],
                    quantity=quantity, reserved=quantity, waist_mm=waist, measured_mm=[],
                ))
                session.get(Sku, self.skus[code]).reserved += quantity
            session.add(WaybillNumber(carrier=carrier, number=number, state="printed",
                                      parcel_id=parcel.id, received_at=self.now))
            session.add(PrintJob(kind="waybill", state=job, parcel_id=parcel.id,
                                 waybill_no=number, created_at=self.now))
            return parcel

        return self.write(add)

    def parcel(self, parcel: Parcel) -> Parcel:
        def look(session: Any) -> Parcel:
            found = session.get(Parcel, parcel.id)
            _ = [line.sku for line in found.lines], found.holds, found.packaging
            return found

        return self.read(look)

    def stop(self, parcel: Parcel) -> None:
        """The platform tells that the money of the whole parcel went back."""
        def tell(session: Any) -> None:
            for order in session.get(Parcel, parcel.id).orders:
                told = RefundNotice("taobao", order.order_no, RefundKind.REFUNDED, self.now)
                refunds.tell_refund(session, told, self.rules, now=self.now)

        self.write(tell)

    def hold(self, parcel: Parcel) -> None:
        """A named person holds the parcel."""
        self.write(lambda session: holds.hold(
            session, session.get(Parcel, parcel.id), Code.ORDER_BY_HAND, now=self.now))

    def packed(self, parcel: Parcel) -> dict[str, int]:
        """What is in the parcel, by the records: SKU code to pieces."""
        return {line.sku.code: line.packed for line in self.parcel(parcel).lines}

    def history(self, parcel: Parcel) -> list[str]:
        query = select(History.kind).where(History.chain == f"parcel:{parcel.id}")
        return list(self.read(lambda session: session.scalars(query.order_by(History.seq)).all()))

    def packaging(self, code: str) -> Packaging:
        query = select(Packaging).where(Packaging.code == code)
        return self.read(lambda session: session.scalar(query))

    # --- the bench ---

    def flow(self, **settings: Any) -> Worktop:
        settings = {"scale": "1-scale", "pan": PanRules(), **settings}
        flow = Flow("1", self.db, self.rules, BenchSettings(**settings),
                    clock=lambda: self.now, monotonic=lambda: self.seconds)
        flow.resume()
        return Worktop(self, flow)

    def bench(self, hub: Hub | None = None, **settings: Any) -> Bench:
        settings = {"scale": "1-scale", **settings}
        return Bench("1", self.db, hub or Hub(), self.rules, BenchSettings(**settings),
                     clock=lambda: self.now, monotonic=lambda: self.seconds)


@dataclass
class Worktop:
    """A bench's flow and what a packer does with it."""

    house: House
    flow: Flow

    def scan(self, *codes: str) -> BenchView:
        for code in codes:
            self.house.seconds += 1
            self.flow.scan(code)
        return self.view()

    def ok(self) -> BenchView:
        return self.scan("PBCMD-OK")

    def done(self) -> BenchView:
        return self.scan("PBCMD-DONE")

    def digits(self, digits: str) -> BenchView:
        return self.scan(*(f"PBCMD-{digit}" for digit in digits))

    def view(self) -> BenchView:
        return self.flow.view(0)

    def code(self) -> str:
        """The last answer's code."""
        verdict = self.view().verdict
        return verdict.message.code if verdict else ""

    def put(self, grams: int, seconds: float = 2.0, **facts: Any) -> BenchView:
        """Let the scale say ``grams`` ten times a second for so long."""
        for _ in range(round(seconds * 10)):
            self.house.seconds += 0.1
            self.flow.reading(reading(grams, self.house.seconds, **facts))
            self.flow.weigh_if_ready(self.house.seconds)
        return self.view()

    def clear_pan(self) -> BenchView:
        return self.put(0, 1.0)

    def pack(self, parcel: Parcel, *skus: str, waist: str = "") -> BenchView:
        """Open the parcel and scan everything in, with its bag and checklist."""
        self.scan(parcel.waybill_no or "")
        for sku in skus:
            self.scan(BARCODES[sku])
            if waist:
                self.digits(waist)
                self.done()
        self.scan("PBMAT-BAG-STO")
        return self.done()


def reading(
    grams: float | None, at: float, *, stable: bool | None = True,
    status: ReadingStatus = ReadingStatus.OK, mode: WeighingMode | None = WeighingMode.GROSS,
) -> Reading:
    value = None if grams is None else Decimal(str(grams))
    raw = f"ST,GS,{grams}g\r\n".encode()
    return Reading(value, "g", value, stable, mode, status, raw, at)


def _house(db: Database) -> House:
    house = House(db)
    house.furnish()
    return house


@pytest.fixture
def house(sqlite_database: Database) -> House:
    """The packing room on SQLite."""
    return _house(sqlite_database)


@pytest.fixture
def any_house(database: Database) -> House:
    """The packing room on each kind of database."""
    return _house(database)


@pytest.fixture
def desk(house: House) -> Worktop:
    """A bench at rest, with an empty pan."""
    worktop = house.flow()
    worktop.clear_pan()
    return worktop
