"""A whole house for the tests of a day: simulated devices and a station, each its own process.

The tests speak to both over HTTP, the two speak to each other in bytes, and what became durable is
read from the database's file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from simulators.caller import Caller, until
from simulators.catalogue import Item
from simulators.day import Places
from simulators.hands import Hands
from simulators.shop import (
    SHANGHAI,
    Event,
    Order,
    OrderLine,
    deliver,
    make_orders,
    paid_event,
    refund_of,
)
from station.config import CONFIG_NAME
from station.db.session import Database

T = TypeVar("T")
READY = "打包台已打开"

SETTINGS = """\
[station]
shop = "试验小店"
database = "sqlite:///station.db"
[web]
port = 0
[webhook]
secret = "{secret}"
[[bench]]
name = "1"
[bench.scale]
protocol = "st-gs"
port = "{scale}"
[[bench.scanner]]
port = "{scanner}"
[bench.printer]
language = "{language}"
port = "{printer}"
[orders]
platform_url = "{control}/platform"
[weighing]
settle_s = 0.3
[tariffs]
file = "shop/tariffs.toml"
"""


@contextmanager
def child(*command: object) -> Iterator[subprocess.Popen[str]]:
    """A Python program of ours that runs until the block is left."""
    words = [sys.executable, "-m", *map(str, command)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            yield process
        finally:
            process.terminate()


def ours(*command: object) -> None:
    """Run a program of ours that ends by itself, and must end well."""
    words = [sys.executable, "-m", *map(str, command)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def key_of(folder: Path) -> str:
    """A key to the hand-over for the robot, as a shop would make one."""
    path = folder / "robot.key"
    ours("web.cli", "key", "add", "robot", "--role", "keeper", "--file", path,
         "-c", folder / CONFIG_NAME)
    return path.read_text(encoding="ascii").strip()


@dataclass
class House:
    """Where everything is, and what a test does there. ``orders`` are those told so far."""

    folder: Path
    urls: dict[str, str]
    station: str = ""
    key: str = ""
    process: subprocess.Popen[bytes] | None = None
    person: Hands | None = None
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def places(self) -> Places:
        return Places(self.station, self.urls["control"], key=self.key)

    @property
    def control(self) -> Caller:
        return Caller(self.urls["control"])

    @property
    def hands(self) -> Hands:
        assert self.person is not None
        return self.person

    @property
    def items(self) -> list[Item]:
        return [Item(**facts) for facts in self.control.get("/items")]

    # --- The station ----------------------------------------------------------------------------

    def open(self) -> None:
        """Start the station and wait until it says where it is."""
        words = [sys.executable, "-m", "web.cli", "serve", "-c", str(self.folder / CONFIG_NAME)]
        said = self.folder / "said.txt"
        with said.open("wb") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out)

        def ready() -> str:
            lines = said.read_text(encoding="utf-8").splitlines()
            return next((line for line in lines if READY in line), "")

        self.station = until(ready, "the station").rsplit(" ", 1)[-1].rstrip("/")
        self.person = Hands(self.station, self.urls["control"])

    def close(self, *, kill: bool = False) -> None:
        """End the station; ``kill`` as a power cut would."""
        assert self.process is not None
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(60)
        self.process = None

    def read(self, look: Callable[..., T], *args: Any, **facts: Any) -> T:
        """What the records hold now."""
        database = Database(f"sqlite:///{self.folder / 'station.db'}")
        try:
            return database.read(lambda session: look(session, *args, **facts))
        finally:
            database.close()

    # --- The shop -------------------------------------------------------------------------------

    def pays(self, *lines: tuple[str, int], message: str = "", **facts: Any) -> Order:
        """A new buyer pays for these SKUs (code, pieces); nobody has been told yet."""
        number = len(self.orders)
        shelf = {item.sku: item for item in self.items}
        made = make_orders(list(shelf.values()), 1, datetime.now(SHANGHAI), seed=9000 + number)[0]
        chosen = tuple(
            OrderLine(f"{made.order_no}{place}", shelf[sku], pieces)
            for place, (sku, pieces) in enumerate(lines)
        )
        order = replace(
            made, buyer=f"buyer-{number}", lines=chosen, buyer_message=message, seller_memo="",
            **facts,
        )
        self.orders[order.order_no] = order
        return order

    def same_buyer(self, first: Order, second: Order) -> Order:
        """The second order as if the first one's buyer had paid it."""
        self.orders[second.order_no] = replace(second, buyer=first.buyer)
        return self.orders[second.order_no]

    def tell(self, event: Event) -> dict[str, Any]:
        """Deliver a message of the platform; the station's answer."""
        status, body = deliver(event, self.station, self.urls["secret"], int(time.time()))
        assert status == 200, body
        return dict(json.loads(body))

    def tell_paid(self, order: Order) -> dict[str, Any]:
        return self.tell(paid_event(order))

    def tell_refunded(self, order: Order) -> dict[str, Any]:
        return self.tell(refund_of(order.order_no, "cancelled", datetime.now(SHANGHAI)))

    # --- The paper ------------------------------------------------------------------------------

    def pages(self) -> list[dict[str, Any]]:
        """What came out of the printer."""
        return list(self.control.get("/printer/pages"))

    def label_of(self, order: Order, *, beside: int = 0) -> dict[str, Any]:
        """Wait for the label of an order; its page. ``beside`` pages are older and not meant."""
        def shipped() -> str | None:
            told = self.control.get("/platform/shipped").get(order.order_no)
            return told["waybill_no"] if told else None

        number = until(shipped, f"the platform to hear of {order.order_no}")

        def printed() -> dict[str, Any] | None:
            fresh = [page for page in self.pages() if page["number"] > beside]
            return next((page for page in fresh if number in page["codes"]), None)

        return until(printed, f"the label {number}")

    def printer_is(self, *words: str) -> None:
        """Wait until the bench's screen says this of the printer."""
        until(
            lambda: set(self.hands.look().device("printer")) & set(words),
            f"the printer to be {' or '.join(words)}",
        )


@contextmanager
def built(folder: Path, *, orders: int, language: str = "escpos") -> Iterator[House]:
    """A house with its lists brought in, and an export of so many orders."""
    shop = folder / "shop"
    ours("simulators", "files", shop, "--orders", orders, "--numbers", 60, "--seed", 3)
    with ExitStack() as stack:
        devices = stack.enter_context(child(
            "simulators", "bench", "--items", shop / "items.json", "--speed", 4, "--seed", 3,
            "--printer-language", language,
        ))
        assert devices.stdout is not None
        house = House(folder, json.loads(devices.stdout.readline()))
        settings = SETTINGS.format(language=language, **house.urls)
        (folder / CONFIG_NAME).write_text(settings, encoding="utf-8")
        lists = [path for path in sorted(shop.glob("*.csv")) if orders or "Export" not in path.name]
        ours("web.cli", "import", "-c", folder / CONFIG_NAME, *lists)
        house.key = key_of(folder)
        house.open()
        stack.callback(house.close)
        yield house


@pytest.fixture(scope="module")
def build_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., House]]:
    """Builds houses, and takes them down when the module's tests are done."""
    with ExitStack() as stack:
        yield lambda **facts: stack.enter_context(built(tmp_path_factory.mktemp("house"), **facts))
