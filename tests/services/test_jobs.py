"""The loops do what the rows say, one step at a time, without their threads and without waiting."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from drivers.interfaces import (
    Bitmap,
    DeviceGone,
    DeviceState,
    Health,
    MaybeSent,
    NotSent,
    PaperState,
    PrinterStatus,
    Proof,
)
from station.db.models import Outbox, PageImage, Parcel, Review
from station.domain.refusals import Code
from station.jobs import ClockLoop, FolderLoop, OutboxLoop, PrinterPlace, PrintLoop
from station.paper.fonts import Fonts
from station.paper.png import from_png
from station.paper.sheet import LabelSize

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

JEANS = "JN8801-黑色-32"


@lru_cache(1)
def fonts() -> Fonts:
    return Fonts.find()


@dataclass
class PaperPrinter:
    """A printer that keeps its pages, and fails as the test tells it to."""

    name: str = "1-printer"
    answers: PaperState = PaperState.READY
    gone: bool = False
    fails: list[Exception | None] = field(default_factory=list)
    proof: Proof = Proof.NONE
    pages: list[Bitmap] = field(default_factory=list)
    closed: bool = False

    def status(self) -> PrinterStatus:
        if self.gone:
            raise DeviceGone(self.name, "port", "unplugged")
        return PrinterStatus(self.answers)

    def print_page(self, page: Bitmap, *, job_id: int) -> Proof:
        assert job_id > 0
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            raise failure
        self.pages.append(page)
        return self.proof

    def close(self) -> None:
        self.closed = True


@dataclass
class Bench:
    shop: Shop
    printer: PaperPrinter
    told: list[Any] = field(default_factory=list)

    def loop(self) -> PrintLoop:
        place = PrinterPlace("1", self.printer, "socket://x", LabelSize.L100X150)
        return PrintLoop(
            place, self.shop.db, fonts(), self.shop.rules, now=lambda: self.shop.now,
            emit=self.told.append,
        )

    def states(self) -> list[str]:
        return [job.state for job in self.shop.jobs()]

    def health(self) -> list[tuple[DeviceState, str]]:
        return [(one.state, one.detail) for one in self.told if isinstance(one, Health)]


@pytest.fixture
def bench(open_shop: Shop) -> Bench:
    return Bench(open_shop, PaperPrinter())


@pytest.mark.rule("D2")
def test_a_waiting_label_is_printed_and_its_picture_kept(bench: Bench) -> None:
    bench.shop.pay("2450000000000001001", JEANS)
    loop = bench.loop()
    assert loop.step()
    assert not loop.step()
    assert bench.states() == ["sent"]
    png = bench.shop.read(lambda s: s.scalars(select(PageImage.png)).one())
    assert from_png(png) == bench.printer.pages[0]


@pytest.mark.parametrize("state", [PaperState.PAPER_OUT, PaperState.COVER_OPEN, PaperState.HOT])
def test_no_job_is_begun_while_the_printer_asks_for_a_person(
    bench: Bench, state: PaperState
) -> None:
    bench.shop.pay("2450000000000001002", JEANS)
    bench.printer.answers = state
    loop = bench.loop()
    assert not loop.step()
    assert not loop.step()
    assert bench.states() == ["waiting"]
    assert bench.health() == [(DeviceState.ATTENTION, str(state))]
    bench.printer.answers = PaperState.READY
    loop.step()
    assert bench.states() == ["sent"]
    assert bench.health()[-1] == (DeviceState.READY, "")


def test_an_unplugged_printer_is_told_once_and_other_work_goes_on(bench: Bench) -> None:
    bench.printer.gone = True
    bench.shop.pay("2450000000000001003", JEANS)
    loop = bench.loop()
    assert not loop.step()
    assert not loop.step()
    assert bench.health() == [(DeviceState.GONE, "gone")]
    assert bench.states() == ["waiting"]


def test_a_silent_printer_is_unknown_not_ready(bench: Bench) -> None:
    bench.printer.answers = PaperState.UNKNOWN
    bench.loop().step()
    assert bench.health() == [(DeviceState.READY, "unknown")]


@pytest.mark.fault("F8")
def test_a_link_lost_before_the_first_byte_prints_later(bench: Bench) -> None:
    bench.shop.pay("2450000000000001004", JEANS)
    bench.printer.fails = [NotSent("p", "port", "refused")]
    loop = bench.loop()
    assert not loop.step()
    assert loop.step()
    assert (bench.states(), len(bench.printer.pages)) == (["sent"], 1)


@pytest.mark.fault("F8")
def test_a_link_lost_after_the_first_byte_prints_nothing_more(bench: Bench) -> None:
    bench.shop.pay("2450000000000001005", JEANS)
    bench.printer.fails = [MaybeSent("p", "port", "gone")]
    loop = bench.loop()
    loop.step()
    assert not loop.step()
    assert (bench.states(), bench.printer.pages) == (["in_doubt"], [])


def test_a_second_page_that_fails_leaves_the_whole_job_in_doubt(bench: Bench) -> None:
    order = bench.shop.order("2450000000000001006", JEANS, buyer_message="很长的留言" * 300)
    bench.shop.tell(order)
    bench.printer.fails = [None, NotSent("p", "port", "refused")]
    loop = bench.loop()
    loop.step()
    assert bench.states() == ["in_doubt"]
    assert not loop.step()


def test_an_address_no_font_can_draw_holds_its_parcel_only(bench: Bench) -> None:
    rare = bench.shop.order("2450000000000001007", JEANS)
    bench.shop.tell(replace(rare, consignee=replace(rare.consignee, street="城东街道\ue000路1号")))
    bench.shop.pay("2450000000000001008", JEANS, buyer="tb_b")
    loop = bench.loop()
    while loop.step():
        pass
    held = bench.shop.read(lambda s: s.scalars(select(Parcel).where(Parcel.held_since.is_not(None)))
                           .one().holds[0].code)
    assert held == Code.PRINT_UNPRINTABLE
    assert sorted(bench.states()) == ["sent", "waiting"]


def test_starting_after_a_crash_puts_what_was_being_sent_in_doubt(bench: Bench) -> None:
    bench.shop.pay("2450000000000001009", JEANS)
    bench.printer.fails = [KeyboardInterrupt()]
    loop = bench.loop()
    with pytest.raises(KeyboardInterrupt):
        loop.step()
    assert bench.states() == ["sending"]
    again = bench.loop()
    again.start()
    again.stop()
    assert bench.states() == ["in_doubt"]
    assert bench.printer.closed


# --- Telling the platform -------------------------------------------------------------------------


class Platform(ThreadingHTTPServer):
    """A shop platform that keeps what it hears and answers what the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.heard: list[dict[str, Any]] = []
        self.answers: list[int] = []


class _Door(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def told(shop: Shop, platform: Platform) -> OutboxLoop:
    url = f"http://127.0.0.1:{platform.server_port}"
    shop.rules = replace(shop.rules, platform_url=url)
    shop.pay("2450000000000001010", JEANS)
    shop.print_next()
    return OutboxLoop(shop.db, url, now=lambda: shop.now)


def outbox(shop: Shop) -> list[tuple[str, int]]:
    return shop.read(lambda s: [(r.state, r.attempts) for r in s.scalars(select(Outbox))])


@pytest.mark.rule("D3")
def test_the_platform_hears_once_that_the_order_ships(open_shop: Shop, platform: Platform) -> None:
    loop = told(open_shop, platform)
    assert loop.step()
    assert not loop.step()
    assert [call["order_no"] for call in platform.heard] == ["2450000000000001010"]
    assert outbox(open_shop) == [("done", 0)]


@pytest.mark.rule("D3")
def test_a_platform_that_fails_is_told_again_later_with_the_same_key(
    open_shop: Shop, platform: Platform
) -> None:
    loop = told(open_shop, platform)
    platform.answers = [500, 503, 200]
    for _ in range(3):
        loop.step()
        assert not loop.step()
        open_shop.later(minutes=1)
    assert len({call["idempotency_key"] for call in platform.heard}) == 1
    assert outbox(open_shop) == [("done", 2)]


def test_a_platform_that_refuses_is_given_up_loudly(open_shop: Shop, platform: Platform) -> None:
    loop = told(open_shop, platform)
    platform.answers = [422]
    loop.step()
    assert outbox(open_shop) == [("given_up", 1)]


def test_a_platform_that_is_away_for_a_day_is_given_up(open_shop: Shop, platform: Platform) -> None:
    loop = told(open_shop, platform)
    platform.answers = [500] * 3
    loop.step()
    open_shop.later(hours=25)
    loop.step()
    assert outbox(open_shop)[0][0] == "given_up"


# --- Dropped files --------------------------------------------------------------------------------

GOODS = "商家编码,货号,颜色,尺码,标题,条码,重量克,库位,类目,库存,量腰围\n"


def test_a_dropped_file_is_read_once_it_stopped_growing(open_shop: Shop, tmp_path: Path) -> None:
    loop = FolderLoop(open_shop.db, tmp_path / "inbox", open_shop.rules, now=lambda: open_shop.now)
    loop.step()
    dropped = tmp_path / "inbox" / "goods.csv"
    dropped.write_text(GOODS, "utf-8")
    loop.step()
    dropped.write_text(GOODS + "ZZ-1,ZZ,红,M,裙子,,300,B-01,裙,5,否\n", "utf-8")
    loop.step()
    assert dropped.exists()
    loop.step()
    assert [path.parent.name for path in (tmp_path / "inbox").rglob("*.csv")] == ["done"]


def test_a_file_nobody_can_read_is_put_aside_and_told(open_shop: Shop, tmp_path: Path) -> None:
    loop = FolderLoop(open_shop.db, tmp_path, open_shop.rules, now=lambda: open_shop.now)
    (tmp_path / "holiday.csv").write_bytes(b"\xff\xfe\x00nonsense")
    loop.step()
    loop.step()
    assert [path.parent.name for path in tmp_path.rglob("*.csv")] == ["rejected"]


def test_the_clock_prints_a_presale_when_its_day_has_come(open_shop: Shop) -> None:
    from datetime import timedelta  # noqa: PLC0415 - only here

    order = open_shop.order("2450000000000001011", JEANS)
    open_shop.tell(replace(order, ship_after=open_shop.now + timedelta(days=2)))
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    clock.step()
    assert open_shop.jobs() == []
    open_shop.later(days=3)
    clock.step()
    assert len(open_shop.jobs()) == 1
    assert open_shop.read(lambda s: s.scalars(select(Review)).all()) == []
