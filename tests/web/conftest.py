"""A real station without devices, its pages, and a browser's and a program's way to ask them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from drivers.interfaces import Reading, ReadingStatus, WeighingMode
from station import config as configuration
from station.bootstrap import Station, build
from station.db.models import Packaging, Sku, SkuBarcode, Staff
from station.domain.orders import Consignee, OrderLine, PaidOrder
from station.domain.rights import Role
from station.domain.vocabulary import CarrierCode
from station.services import handover, intake, numbers, printing, sessions, stock
from station.services.sessions import Life
from web.app import create_app

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in the shop
HOME = Consignee(
    "林小满", "13900000101", "浙江省", "台州市", "温岭市", "城东街道试验路1号", "317500"
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PIN = "246810"
STROKES = [[[100, 600], [200, 200], [300, 700]], [[420, 300], [600, 300]], [[700, 500]]]

SETTINGS = """
[station]
shop = "海风<b>小店"
[web]
allowed_hosts = ["bench.shop.lan"]
threads = 8
[webhook]
secret = "{secret}"
[[bench]]
name = "1"
[bench.scale]
protocol = "st-gs"
port = "loop://"
[[bench.scanner]]
name = "left"
port = "loop://left"
[packing]
bounce_ms = 0
[weighing]
settle_s = 0
tolerance_g = 20
[[bench]]
name = "2"
"""


@dataclass
class Clock:
    """Time that moves only when told to."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Shop:
    """The station behind the pages, with ways to give it goods, orders and weights."""

    station: Station
    clock: Clock
    skus: dict[str, int] = field(default_factory=dict)

    def write(self, step: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.station.write(step, *args, **facts)

    def read(self, look: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.station.read(look, *args, **facts)

    def stock_goods(self, code: str, pieces: int = 10, **facts: Any) -> None:
        item_no, color, size = code.split("-")
        about = {"weight_g": 500, "location": "A-01-2", "title": "直筒牛仔裤", **facts}

        def book(session: Any, *, now: datetime) -> int:
            sku = Sku(code=code, item_no=item_no, color=color, size=size, **about)
            session.add(sku)
            session.flush()
            session.add(SkuBarcode(barcode=f"69{sku.id:011d}", sku_id=sku.id))
            stock.receive(session, sku.id, pieces, now=now)
            return int(sku.id)

        self.skus[code] = self.write(book)

    def add(self, row: Any) -> None:
        def enter(session: Any, *, now: datetime) -> None:
            session.add(row)

        self.write(enter)

    def receive_numbers(self, carrier: CarrierCode = CarrierCode.STO, count: int = 20) -> None:
        rows = [(carrier, f"7731000000{n:05d}") for n in range(count)]
        self.write(numbers.receive, rows, batch="test")

    def order(self, order_no: str, *skus: str, **facts: Any) -> PaidOrder:
        lines = tuple(
            OrderLine(str(n), sku, "牛仔裤", sku.split("-")[0], "黑色", "32", 1, 12800)
            for n, sku in enumerate(skus, 1)
        )
        about: dict[str, Any] = {"buyer": f"tb_{order_no}", "consignee": HOME, **facts}
        return PaidOrder(
            platform="taobao", order_no=order_no, paid_at=self.clock.now, lines=lines, **about
        )

    def pay(self, order_no: str, *skus: str, **facts: Any) -> intake.Taken:
        told = [self.order(order_no, *skus, **facts)]
        return self.write(intake.take_orders, told, self.station.rules, source="test")[0]

    def print_next(self) -> str:
        """Print the next due job as a printer's thread would; its waybill number."""
        due = self.read(printing.next_due, bench="1")
        png = b"\x89PNG\r\n\x1a\n"
        self.write(printing.start_sending, due, printer="p1", sha256="0" * 64, pages=[png])
        self.write(printing.sent, due.job_id, proof="none", rules=self.station.rules)
        return str(self.read(lambda session: session.get(printing.PrintJob, due.job_id).waybill_no))

    def printed(self, order_no: str, *skus: str, **facts: Any) -> str:
        """A paid order whose waybill is on paper: its number."""
        self.pay(order_no, *skus, **facts)
        return self.print_next()

    def put_on_scale(self, grams: int) -> None:
        """The scale's stable reading now; an empty pan before it."""
        for value in (0, grams):
            self.station.benches["1"].post(Reading(
                Decimal(value), "g", Decimal(value), stable=True, mode=WeighingMode.GROSS,
                status=ReadingStatus.OK, raw=b"ST,GS,%+08d g\r\n" % value, at=time.monotonic(),
            ))

    def seal(self, order_no: str, *skus: str, grams: int = 600, **facts: Any) -> str:
        """A parcel that was packed, weighed and signed, without the bench's steps."""
        number = self.printed(order_no, *skus, **facts)

        def sign(session: Any, *, now: datetime) -> None:
            parcel = session.query(intake.Parcel).filter_by(waybill_no=number).one()
            parcel.state, parcel.weight_g, parcel.packer = "signed", grams, "阿明"
            parcel.signed_at = now

        self.write(sign)
        return number

    def hand_over(self, *numbers: str) -> None:
        """Give sealed STO parcels to their courier at the door."""

        def whole(session: Any, *, now: datetime) -> None:
            rules = self.station.rules
            pile = handover.open_session(session, CarrierCode.STO, who="老周", now=now).id
            for number in numbers:
                parcel_id = session.query(intake.Parcel).filter_by(waybill_no=number).one().id
                handover.scan(session, pile, number, who="老周", now=now)
                handover.enter_figures(session, pile, parcel_id, weight_g=640, price_fen=850,
                                       rules=rules, who="老周", now=now)
                handover.accept(session, pile, parcel_id, manager="陈姐", reason="价", now=now)
            handover.close(session, pile, courier="小吴", strokes=STROKES, who="老周", rules=rules,
                           now=now)

        self.write(whole)

    def parcel_id(self, waybill_no: str) -> int:
        return int(self.read(lambda session: session.query(intake.Parcel).filter_by(
            waybill_no=waybill_no).one().id))

    def hire(self, name: str, role: str, badge: str) -> None:
        self.add(Staff(name=name, role=role, badge=f"PBID-{badge}", pin_hash=pin_hash()))

    def staff_id(self, name: str) -> int:
        return int(self.read(lambda session: session.query(Staff).filter_by(name=name).one().id))

    def session_of(self, name: str, role: str = "manager") -> str:
        """The token of a new session of somebody, who is hired if he is not there."""
        if not self.read(lambda session: session.query(Staff).filter_by(name=name).count()):
            self.hire(name, role, f"S-{name}")
        return str(self.write(sessions.begin, self.staff_id(name), place="test"))

    def key_of(self, name: str, role: str = "keeper") -> str:
        """A key for a program."""
        return str(self.write(sessions.make_key, name, Role(role)))


@cache
def pin_hash() -> str:
    """A hash of ``PIN`` that is quick to check: that a real one is slow is tested of its own."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> configuration.Config:
    text = SETTINGS.replace("{secret}", SECRET)
    text = text.replace("[station]", f'[station]\ndatabase = "{sqlite_url}"')
    return configuration.parse(text, tmp_path)


@pytest.fixture
def shop(settings: configuration.Config) -> Iterator[Shop]:
    """A station whose benches run; no device is opened."""
    clock = Clock()
    station = build(settings, now=clock)
    for bench in station.benches.values():
        bench.start()
    yield Shop(station, clock)
    for bench in station.benches.values():
        bench.stop()
    station.db.close()


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    """With goods, numbers, a bag and two people."""
    shop.receive_numbers()
    shop.stock_goods("JN8801-黑色-32")
    shop.stock_goods("JN8801-黑色-33", location="A-01-3")
    shop.stock_goods("TS1103-白色-M", weight_g=180, location="B-02-1", title="圆领T恤")
    shop.add(Packaging(code="BAG1", name="大号快递袋", kind="bag", weight_g=20, stock=90, low_at=5,
                       checklist=["排出空气", "封口贴牢"]))
    shop.hire("阿明", "packer", "7")
    shop.hire("陈姐", "manager", "1")
    return shop


class Compiled(BytecodeCache):
    """The pages' templates, compiled once however many stations show them."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> Iterator[None]:
    """What builds a page's address depends on its rule alone: half of what an app costs to make."""
    compiled, known = Rule._compile_builder, {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, str(rule.defaults), append_unknown
        if key not in known:
            known[key] = compiled(rule, append_unknown)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", remembered)
        yield


@pytest.fixture
def app(shop: Shop) -> Flask:
    """The pages; here nobody is signed out by the clock, which tests move by days."""
    made = create_app(shop.station)
    made.jinja_env.bytecode_cache = COMPILED
    made.extensions["doorkeeper"].life = Life(timedelta(days=3650), timedelta(days=3650))
    return made


@dataclass
class Browser:
    """A browser on our own pages: keeps the cookie, sends the token and the fetch headers."""

    client: FlaskClient
    origin: str = "http://localhost"

    def get(self, path: str, **facts: Any) -> Any:
        return self.client.get(path, **facts)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return str(answer.text)

    def token(self) -> str:
        page = self.client.get("/import").text
        found = re.search(r'name="packbench-token" content="([^"]+)"', page)
        assert found
        return found[1]

    def known_token(self) -> str:
        """The token of the page that is open: its cookie's; where there is none a page is read."""
        kept = self.client.get_cookie("packbench-80")
        return kept.value if kept else self.token()

    def headers(self) -> dict[str, str]:
        return {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}

    def form(self, path: str, **fields: Any) -> Any:
        return self.client.post(
            path, data={"token": self.known_token(), **fields}, headers=self.headers()
        )

    def send(self, path: str, body: Any) -> Any:
        headers = {**self.headers(), "X-Packbench-Token": self.known_token()}
        return self.client.post(path, json=body, headers=headers)

    def scan(self, code: str, bench: str = "1") -> str:
        answer = self.send(f"/bench/{bench}/scan", {"code": code})
        assert answer.status_code == 200, answer.text
        return str(answer.text)


KEEPER = "老周"
"""Who is signed in on the browser: a manager, so that a test that is about something else need not
think of rights. ``stranger`` is nobody."""


@pytest.fixture
def browser(app: Flask, shop: Shop) -> Browser:
    return signed_in(app, shop, KEEPER, "manager")


def signed_in(app: Flask, shop: Shop, name: str, role: str) -> Browser:
    """A browser on which somebody is signed in."""
    client = app.test_client()
    for port in (80, 443):
        client.set_cookie(f"packbench-session-{port}", shop.session_of(name, role))
    return Browser(client)


@pytest.fixture
def browser_of(app: Flask, shop: Shop) -> Callable[[str], Browser]:
    """A browser for each role: ``browser_of("service")``."""
    return lambda role: signed_in(app, shop, f"某{role}", role)


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """A browser at the bench's own computer on which nobody is signed in."""
    return Browser(app.test_client())


@pytest.fixture
def program(app: Flask, shop: Shop) -> FlaskClient:
    """A local program with a keeper's key: no cookie, no Origin."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {shop.key_of('robot')}"
    return client
