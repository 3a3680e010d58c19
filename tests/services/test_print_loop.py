"""The print loop does what the rows say, one step at a time, without thread or waiting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
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
from station.db.models import PageImage, Parcel
from station.domain.refusals import Code
from station.paper.fonts import Fonts
from station.paper.png import from_png
from station.paper.sheet import LabelSize
from station.print_jobs import PrinterPlace, PrintLoop
from station.services import history, printing
from station.services.rules import Rules

if TYPE_CHECKING:
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
    ticks: float = 0.0

    def loop(self, *also: str) -> PrintLoop:
        place = PrinterPlace("1", self.printer, "socket://x", LabelSize.L100X150, also)
        return PrintLoop(
            place, self.shop.db, fonts(), self.shop.rules, now=lambda: self.shop.now,
            emit=self.told.append, monotonic=lambda: self.ticks,
        )

    def states(self) -> list[str]:
        return [job.state for job in self.shop.jobs()]

    def health(self) -> list[tuple[DeviceState, str]]:
        return [(one.state, one.detail) for one in self.told if isinstance(one, Health)]


@pytest.fixture
def bench(open_shop: Shop) -> Bench:
    return Bench(open_shop, PaperPrinter())


@pytest.mark.rule("D2")
@pytest.mark.pain("12")
def test_a_waiting_label_is_printed_and_its_picture_kept(bench: Bench) -> None:
    bench.shop.pay("2450000000000001001", JEANS)
    loop = bench.loop()
    assert loop.step()
    assert not loop.step()
    assert bench.states() == ["sent"]
    png = bench.shop.read(lambda s: s.scalars(select(PageImage.png)).one())
    assert from_png(png) == bench.printer.pages[0]


@pytest.mark.pain("6")
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
def test_a_printer_that_answered_and_is_silent_now_is_told_apart(bench: Bench) -> None:
    """It is off, or its address is another printer's now: whoever stands there looks."""
    loop = bench.loop()
    loop.step()
    bench.printer.answers = PaperState.UNKNOWN
    loop.step()
    loop.step()
    bench.printer.answers = PaperState.READY
    loop.step()
    assert bench.health() == [
        (DeviceState.READY, ""), (DeviceState.READY, "unanswered"), (DeviceState.READY, "")]


@pytest.mark.fault("F8")
def test_a_link_lost_before_the_first_byte_prints_later(bench: Bench) -> None:
    bench.shop.pay("2450000000000001004", JEANS)
    bench.printer.fails = [NotSent("p", "port", "refused")]
    loop = bench.loop()
    assert not loop.step()
    assert bench.states() == ["waiting"]
    bench.ticks += 1
    assert loop.step()
    assert (bench.states(), len(bench.printer.pages)) == (["sent"], 1)


@pytest.mark.fault("F8", "F29")
def test_a_printer_that_takes_nothing_is_asked_less_and_less_often(bench: Bench) -> None:
    bench.shop.pay("2450000000000001014", JEANS)
    bench.printer.fails = [NotSent("p", "port", "refused")] * 100
    loop = bench.loop()
    for _ in range(600):  # ten minutes
        bench.ticks += 1
        loop.step()
    tries = 100 - len(bench.printer.fails)
    assert 30 < tries < 50
    bench.printer.fails.clear()
    bench.ticks += 15
    assert loop.step()


def test_a_job_that_waits_again_does_not_wake_its_own_printer(
    sqlite_url: str, new_shop: Callable[..., Shop]
) -> None:
    """A loop that its own writing wakes spins, and fills the history while a cable is out."""
    from station.db.session import Database  # noqa: PLC0415 - only here

    heard: list[str] = []
    with closing(Database(sqlite_url, on_commit=heard.extend)) as db:
        shop = new_shop(db, Rules(low_pool=0))
        shop.receive_numbers()
        shop.stock_goods(JEANS)
        shop.pay("2450000000000001015", JEANS)
        assert "print_jobs" in heard
        heard.clear()
        due = shop.read(printing.next_due, bench="1")
        shop.write(printing.start_sending, due, printer="p", sha256="", pages=[b"png"])
        shop.write(printing.not_sent, due.job_id, trouble="gone")
    assert "print_jobs" not in heard
    assert "parcels" in heard


def test_a_label_that_cannot_be_laid_out_is_set_aside_and_those_behind_it_print(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from station import print_jobs  # noqa: PLC0415 - only here

    first = bench.shop.pay("2450000000000001016", JEANS)
    bench.shop.pay("2450000000000001017", JEANS, buyer="tb_b")
    draw = print_jobs.render_waybill

    def broken(label: Any, *more: Any) -> Any:
        if label.waybill_no == first.waybill_no:
            raise ZeroDivisionError
        return draw(label, *more)

    monkeypatch.setattr(print_jobs, "render_waybill", broken)
    loop = bench.loop()
    while loop.step():
        pass
    assert bench.states() == ["waiting", "sent"]
    assert bench.shop.parcel(first.parcel_id).holds[0].code == Code.PRINT_UNPRINTABLE
    assert "print_failed" in bench.shop.alarms()


def test_a_stub_that_cannot_be_drawn_is_void_and_told(bench: Bench) -> None:
    from station.db.models import PrintJob  # noqa: PLC0415 - only here

    bench.shop.write(lambda s, *, now: s.add(PrintJob(kind="stub", created_at=now)))
    loop = bench.loop()
    assert loop.step()
    assert not loop.step()
    assert [job.state for job in bench.shop.jobs("stub")] == ["void"]
    assert bench.shop.alarms() == ["print_failed"]


@pytest.mark.fault("F9", "F11")
def test_a_label_whose_end_could_not_be_written_is_in_doubt_at_the_next_step(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.shop.pay("2450000000000001018", JEANS)
    loop = bench.loop()
    with monkeypatch.context() as patch:
        patch.setattr(printing, "sent", lambda *_a, **_k: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            loop.step()
    assert bench.states() == ["sending"]
    assert not loop.step()
    assert (bench.states(), len(bench.printer.pages)) == (["in_doubt"], 1)


def test_labels_of_a_bench_without_a_printer_come_out_at_another(bench: Bench) -> None:
    taken = bench.shop.pay("2450000000000001019", JEANS)
    bench.shop.print_next()
    bench.shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="2"
    )
    assert not bench.loop().step()
    assert bench.loop("2").step()
    assert bench.states()[-1] == "sent"


@pytest.mark.rule("D6", "D2")
def test_fresh_waybills_print_before_the_stubs_of_a_big_hand_over(bench: Bench) -> None:
    from station.db.models import PrintJob  # noqa: PLC0415 - only here

    parcel = bench.shop.seal("2450000000000001020", JEANS)

    def stubs(session: Any, *, now: Any) -> None:
        for kind in ("stub", "stub", "manifest"):
            session.add(PrintJob(kind=kind, parcel_id=parcel.id, created_at=now))

    bench.shop.write(stubs)
    bench.shop.pay("2450000000000001021", JEANS, buyer="tb_b")
    kinds = []
    for _ in range(4):
        due = bench.shop.read(printing.next_due, bench="1")
        kinds.append(due.kind)
        bench.shop.write(printing.start_sending, due, printer="p", sha256="", pages=[b"png"])
    assert kinds == ["waybill", "manifest", "stub", "stub"]


@pytest.mark.rule("D6")
@pytest.mark.parametrize("trouble", ["held", "intercepted"])
def test_a_stub_prints_whatever_happened_to_its_parcel_since(bench: Bench, trouble: str) -> None:
    from station.db.models import PrintJob  # noqa: PLC0415 - only here

    parcel = bench.shop.seal("2450000000000001022", JEANS)

    def gone(session: Any, *, now: Any) -> None:
        row = session.get(Parcel, parcel.id)
        row.state, row.held_since = "handed_over", now if trouble == "held" else None
        row.intercept = trouble
        session.add(PrintJob(kind="stub", parcel_id=parcel.id, created_at=now))

    bench.shop.write(gone)
    assert bench.loop().step()
    assert [job.state for job in bench.shop.jobs("stub")] == ["sent"]
    assert list(bench.shop.read(lambda s: list(history.verify(s)))) == []


@pytest.mark.fault("F8")
@pytest.mark.pain("1")
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


@pytest.mark.pain("5")
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
