"""A receipt printer at a bench: what its loop prints is read back from the simulated paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from drivers.interfaces import DeviceGone, DeviceState, Health
from drivers.port import WriteFailed
from drivers.printer import build_printer
from simulators.mechanism import Paper
from simulators.printer import Printer as Receipts
from station import config as configuration
from station.bootstrap import Station, build
from station.db.models import PageImage, PrintJob
from station.paper.fonts import Fonts
from station.paper.png import from_png
from station.paper.sheet import LabelSize
from station.paper.slip_text import Roll, slip_lines, slip_picture
from station.print_jobs import PrinterPlace, PrintLoop
from station.services import printing, slip_content, slips, stock, suppliers
from station.services.rules import Rules

if TYPE_CHECKING:
    from conftest import Shop

SHIRT = "TS1103-白色-M"
ROLL = Roll(576, "gb18030")


@lru_cache(1)
def fonts() -> Fonts:
    return Fonts.find()


@dataclass
class Wire:
    """The simulated printer as a port; after ``takes`` bytes it is pulled out."""

    desk: Desk
    said: bytes = b""

    def read_some(self) -> bytes:
        self.desk.time += 0.02
        self.desk.on_read(self.desk)
        said, self.said = self.said, b""
        return said + self.desk.device.speak(self.desk.time)

    def write(self, data: bytes) -> None:
        desk = self.desk
        if desk.takes is not None and desk.heard + len(data) > desk.takes:
            part = data[: desk.takes - desk.heard]
            desk.hear(self, part)
            desk.takes = None
            raise WriteFailed("1-slips", "memory://", "gone", written=len(part))
        desk.hear(self, data)

    def close(self) -> None:
        self.desk.device.hung_up(self.desk.time)


@dataclass
class Desk:
    """A receipt printer, its loop, and what may go wrong."""

    shop: Shop
    roll: Roll = ROLL
    device: Receipts = field(default_factory=lambda: Receipts(
        "escpos", paper=Paper(width=576, kind="roll"), speed_mm=4000.0))
    settings: dict[str, Any] = field(default_factory=dict)
    takes: int | None = None
    heard: int = 0
    time: float = 100.0
    unplugged: bool = False
    on_read: Callable[[Desk], None] = lambda _: None
    told: list[Any] = field(default_factory=list)

    def hear(self, wire: Wire, data: bytes) -> None:
        self.heard += len(data)
        wire.said += self.device.hear(data, self.time)

    def open(self, *_: Any, **__: Any) -> Wire:
        if self.unplugged:
            raise DeviceGone("1-slips", "memory://", "no such device")
        return Wire(self)

    def loop(self) -> PrintLoop:
        settings = {"feed": "dots", "cut": "feed", "head_dots": self.roll.dots, **self.settings}
        printer = build_printer(
            "1-slips", "socket://slips:9100", "escpos", settings, clock=lambda: self.time,
            pause=self.wait, opener=self.open)  # type: ignore[arg-type]
        place = PrinterPlace(
            "1", printer, "memory://", LabelSize.L100X150, also=("2",), roll=self.roll)
        return PrintLoop(place, self.shop.db, fonts(), self.shop.rules,
                         now=lambda: self.shop.now, emit=self.told.append,
                         monotonic=lambda: self.time)

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def ask(self, about: str, **facts: Any) -> PrintJob:
        made = self.shop.write(slips.request, about, who="老周", **facts)
        assert isinstance(made, PrintJob), made
        return made

    def papers(self) -> list[tuple[str, ...]]:
        """The lines on each piece of paper, as the printer set them."""
        self.time += 60
        self.device.mechanism.advance(self.time)
        return [page.notes for page in self.device.pages]

    def job(self) -> PrintJob:
        return self.shop.jobs("slip")[-1]


@pytest.fixture
def desk(sqlite_database: Any, new_shop: type[Shop]) -> Desk:
    shop = new_shop(sqlite_database, Rules(shop="甲店"))
    shop.stock_goods(SHIRT)
    return Desk(shop)


def supplier_list(desk: Desk, supplier: str = "温岭针织厂") -> str:
    def spoil(session: Any, *, now: Any) -> None:
        stock.to_defect(session, desk.shop.skus[SHIRT], parcel_id=None, who="仓管", note="",
                        now=now)

    desk.shop.write(spoil)
    made = desk.shop.write(suppliers.make, supplier, {SHIRT: 1}, desk.shop.rules,
                           reason="开线", who="仓管")
    return f"supplier:{made.id}"


def expected(desk: Desk, about: str) -> list[tuple[str, ...]]:
    slip = desk.shop.read(slip_content.slip_of, about, now=desk.shop.now)
    copies = slip_lines(slip, desk.roll, shop="甲店")
    return [tuple(line.text for line in lines if line.text) for lines in copies]


@pytest.mark.rule("I2", "P7")
def test_both_copies_stand_on_paper_word_for_word_each_cut_off(desk: Desk) -> None:
    about = supplier_list(desk)
    desk.ask(about)
    assert desk.loop().step()
    first, second = desk.papers()
    assert [first, second] == expected(desk, about)
    assert "第1联/共2联" in first[2]
    assert "留存 Kept by: 仓库留存" in second
    assert desk.device.mechanism.cuts == 2
    assert (desk.device.mechanism.complaints, desk.job().state) == ([], "confirmed")


def test_the_picture_that_is_kept_is_that_of_the_lines(desk: Desk) -> None:
    about = supplier_list(desk)
    desk.ask(about)
    desk.loop().step()
    kept = desk.shop.read(lambda s: s.scalars(select(PageImage.png).order_by(PageImage.page)).all())
    slip = desk.shop.read(slip_content.slip_of, about, now=desk.shop.now)
    drawn = [slip_picture(lines, ROLL, fonts()) for lines in slip_lines(slip, ROLL, shop="甲店")]
    assert [from_png(png) for png in kept] == drawn


@pytest.mark.parametrize(("characters", "supplier"), [
    ("none", "温岭针织厂"), ("gb2312", "镕镕服饰"), ("gb18030", "𠮷田商店")])
def test_a_slip_that_the_printer_s_type_cannot_say_is_drawn(
    desk: Desk, characters: str, supplier: str
) -> None:
    desk.roll = Roll(576, characters)
    about = supplier_list(desk, supplier)
    desk.ask(about)
    desk.loop().step()
    assert desk.papers() == [(), ()], "no text was sent"
    slip = desk.shop.read(slip_content.slip_of, about, now=desk.shop.now)
    for page, lines in zip(
        desk.device.pages, slip_lines(slip, desk.roll, shop="甲店"), strict=True
    ):
        drawn = slip_picture(lines, desk.roll, fonts())
        assert page.rows == drawn.rows[: len(page.rows)]
        assert page.height == drawn.height


@pytest.mark.parametrize("settings", [{"proof": "barrier"}, {"status": "none", "proof": "none"}])
def test_a_printer_that_proves_nothing_is_said_to_have_been_sent_it(
    desk: Desk, settings: dict[str, str]
) -> None:
    desk.settings = settings
    desk.ask(slips.today(desk.shop.now))
    desk.loop().step()
    assert (desk.job().state, len(desk.papers())) == ("sent", 1)


def test_a_slip_printed_again_says_so_on_paper(desk: Desk) -> None:
    day = slips.today(desk.shop.now)
    for _ in range(2):
        desk.ask(day)
        desk.loop().step()
    first, second = desk.papers()
    assert not [line for line in first if "补打" in line]
    assert "补打 Printed again: 1" in second


@pytest.mark.fault("F21")
def test_words_from_outside_are_words_on_a_slip(desk: Desk) -> None:
    about = supplier_list(desk, "甲\x1b@\x1dV\x00\x10\x04\x01厂\x1bp")
    desk.ask(about)
    desk.loop().step()
    assert desk.papers() == expected(desk, about)
    (named,) = [line for line in desk.papers()[0] if line.startswith("供应商")]
    assert re.sub(r"\s", "", named) == "供应商Supplier:甲@V厂p"
    assert desk.device.mechanism.cuts == 2


# --- Trouble --------------------------------------------------------------------------------------


def copy_bytes(desk: Desk) -> int:
    """How many bytes the printer is told for one printing of two copies."""
    desk.ask(supplier_list(desk))
    desk.loop().step()
    heard, desk.heard = desk.heard, 0
    desk.device.pages.clear()
    return heard


@pytest.mark.pain("6")
def test_a_cable_pulled_at_any_byte_neither_loses_nor_doubles_nor_claims_a_slip(desk: Desk) -> None:
    whole = copy_bytes(desk)
    for cut in range(0, whole, 149):
        desk.device.pages.clear()
        desk.heard, desk.takes = 0, cut
        about = supplier_list(desk)
        desk.ask(about)
        loop = desk.loop()
        loop.step()
        loop.step()
        state, papers = desk.job().state, desk.papers()
        if state == "confirmed":  # nothing had left when the cable went: it was sent again whole
            assert papers[-2:] == expected(desk, about)
        else:
            assert state == "in_doubt", (cut, state)
            before = len(desk.device.pages)
            for _ in range(5):
                desk.time += 60
                loop.step()
            assert len(desk.device.pages) == before, f"printed again by itself after {cut} bytes"


@pytest.mark.pain("6")
@pytest.mark.parametrize("trouble", ["paper_out", "cover_open", "jam"])
def test_trouble_in_the_middle_of_a_slip_asks_for_a_person(desk: Desk, trouble: str) -> None:
    def strike(at: Desk) -> None:
        if at.device.mechanism.busy and not at.device.mechanism.halted:
            at.device.set_fault(trouble, on=True, now=at.time)

    desk.device.mechanism.rows_per_second = 200
    desk.on_read = strike
    desk.ask(slips.today(desk.shop.now))
    loop = desk.loop()
    loop.step()
    assert desk.job().state == "in_doubt"
    assert desk.shop.alarms() == ["slip_in_doubt"]
    desk.on_read = lambda _: None
    assert not loop.step()
    assert [(one.state, one.kind) for one in desk.told if isinstance(one, Health)][-1] == (
        DeviceState.ATTENTION, "slip_printer")
    desk.device.set_fault(trouble, on=False, now=desk.time)
    loop.step()
    assert desk.job().state == "in_doubt", "nothing in doubt prints by itself"


def test_the_printer_dies_between_two_copies_and_a_person_has_both_printed_anew(desk: Desk) -> None:
    whole = copy_bytes(desk)
    desk.takes = whole // 2 + 20  # in the head of the second copy
    about = supplier_list(desk)
    job = desk.ask(about)
    loop = desk.loop()
    loop.step()
    assert (desk.job().state, desk.job().pages_sent) == ("in_doubt", 1)
    assert desk.papers()[0] == expected(desk, about)[0]
    desk.device.pages.clear()
    desk.shop.write(printing.settle_doubt, job.id, came_out=False, rules=desk.shop.rules,
                    who="老周")
    loop.step()
    assert desk.job().state == "confirmed"
    again = [tuple(line for line in page if "补打" not in line) for page in desk.papers()[-2:]]
    assert again == expected(desk, about)


def test_an_unplugged_printer_keeps_its_slips_waiting(desk: Desk) -> None:
    desk.unplugged = True
    desk.ask(slips.today(desk.shop.now))
    loop = desk.loop()
    assert not loop.step()
    assert desk.job().state == "waiting"
    desk.unplugged = False
    assert loop.step()
    assert (desk.job().state, len(desk.papers())) == ("confirmed", 1)


def test_what_a_slip_told_of_is_gone_and_those_behind_it_print(desk: Desk) -> None:
    about = supplier_list(desk)
    job = desk.ask(about)
    desk.shop.db.write(lambda s: setattr(s.get(PrintJob, job.id), "about", "supplier:99"))
    desk.ask(slips.today(desk.shop.now))
    loop = desk.loop()
    while loop.step():
        pass
    assert [each.state for each in desk.shop.jobs("slip")] == ["void", "confirmed"]
    assert desk.shop.alarms() == ["slip_failed"]


# --- Where slips come out -------------------------------------------------------------------------

BENCHES = """
[station]
database = "{url}"
[[bench]]
name = "1"
[bench.printer]
port = "loop://a"
[[bench]]
name = "2"
[bench.printer]
port = "loop://b"
{slips}
[[bench]]
name = "3"
"""
SLIPS = '[bench.slip_printer]\nport = "loop://c"\npaper_mm = 58\ncharacters = "gb2312"'


def places(station: Station) -> dict[str, PrinterPlace]:
    loops = station.loops["print_jobs"]
    return {loop._place.printer.name: loop._place for loop in loops}  # type: ignore[attr-defined]


def built(url: str, slips_table: str, folder: Any) -> dict[str, PrinterPlace]:
    station = build(configuration.parse(BENCHES.format(url=url, slips=slips_table), folder))
    try:
        found = places(station)
        assert set(found) <= set(station.desk.places)
        return found
    finally:
        station.db.close()


def test_one_slip_printer_serves_every_bench_that_has_none(sqlite_url: str, tmp_path: Any) -> None:
    found = built(sqlite_url, SLIPS, tmp_path)
    assert set(found) == {"1-printer", "2-printer", "2-slips"}
    roll = found["2-slips"]
    assert (roll.roll, roll.slips, roll.kind) == (Roll(384, "gb2312"), True, "slip_printer")
    assert roll.also == ("1", "3")
    assert found["1-printer"].slips is found["2-printer"].slips is False
    assert found["1-printer"].also == ("3",)


def test_without_a_slip_printer_labels_bear_the_slips(sqlite_url: str, tmp_path: Any) -> None:
    found = built(sqlite_url, "", tmp_path)
    assert set(found) == {"1-printer", "2-printer"}
    assert {place.slips for place in found.values()} == {None}
