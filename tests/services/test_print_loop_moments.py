"""When the print loop tries again, what it tells of its printer, and what its paper counts as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

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
from station.db.models import Packaging, PrintJob
from station.paper.addendum import render_addendum
from station.paper.fonts import Fonts
from station.paper.manifest import render_manifest
from station.paper.sheet import LabelSize
from station.paper.slip import render_slip
from station.paper.slip_text import Roll
from station.paper.stub import render_stub
from station.print_jobs import PrinterPlace, PrintLoop
from station.services import corrections, printing, slip_content, slips, stubs
from station.services.rules import Rules

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
LONG = "很长的留言" * 90  # fills a second page


@lru_cache(1)
def fonts() -> Fonts:
    return Fonts.find()


@dataclass
class Scripted:
    """A printer that answers each page with the next thing in its script, and then with NONE."""

    script: list[Proof | BaseException] = field(default_factory=list)
    answers: PaperState = PaperState.READY
    gone: bool = False
    pages: list[Bitmap] = field(default_factory=list)
    name: str = "1-printer"

    def status(self) -> PrinterStatus:
        if self.gone:
            raise DeviceGone(self.name, "socket://x", "unplugged")
        return PrinterStatus(self.answers)

    def print_page(self, page: Bitmap, *, job_id: int) -> Proof:
        assert page.rows
        assert job_id > 0
        said = self.script.pop(0) if self.script else Proof.NONE
        if isinstance(said, BaseException):
            raise said
        self.pages.append(page)
        return said

    def close(self) -> None:
        pass


@dataclass
class Stand:
    """A loop over a scripted printer, a clock that is set, and labels that are counted."""

    shop: Shop
    printer: Scripted
    roll: Roll | None = None
    ticks: float = 0.0
    told: list[Any] = field(default_factory=list)

    def loop(self) -> PrintLoop:
        place = PrinterPlace("1", self.printer, "socket://x", LabelSize.L100X150, roll=self.roll)
        return PrintLoop(place, self.shop.db, fonts(), self.shop.rules, now=lambda: self.shop.now,
                         emit=self.told.append, monotonic=lambda: self.ticks)

    def tries(self, loop: PrintLoop, seconds: int) -> list[float]:
        """The moments from now at which the printer was given something."""
        begin, moments = self.ticks, []
        for _ in range(seconds):
            left = len(self.printer.script)
            loop.step()
            if len(self.printer.script) < left:
                moments.append(self.ticks - begin)
            self.ticks += 1
        return moments

    def two_pages(self) -> None:
        self.shop.tell(self.shop.order("A1", JEANS, buyer_message=LONG))

    def all_printed(self) -> None:
        self.shop.db.write(lambda s: s.execute(update(PrintJob).values(state="confirmed")))

    def job(self) -> PrintJob:
        return self.shop.jobs("slip" if self.roll else "waybill")[-1]

    def labels(self) -> int:
        return self.shop.read(lambda s: s.scalar(select(Packaging.stock)))


@pytest.fixture
def stand(sqlite_database: Any, new_shop: type[Shop]) -> Stand:
    shop = new_shop(sqlite_database, Rules(low_pool=0))
    shop.receive_numbers()
    shop.stock_goods(JEANS)
    shop.db.write(lambda s: s.add(Packaging(
        code="L", name="面单纸", kind="label", carrier="", weight_g=0, stock=100, low_at=0)))
    return Stand(shop, Scripted())


# --- When it tries --------------------------------------------------------------------------------


@pytest.mark.fault("F8", "F29")
def test_a_printer_that_takes_nothing_is_tried_after_twice_the_time_up_to_a_quarter_minute(
    stand: Stand
) -> None:
    stand.shop.pay("A1", JEANS)
    stand.printer.script = [NotSent("p", "port", "refused")] * 7
    loop = stand.loop()
    assert stand.tries(loop, 47) == [0, 1, 3, 7, 15, 30, 45]
    stand.ticks += 15
    assert loop.step()
    stand.shop.pay("A2", JEANS)
    stand.printer.script = [NotSent("p", "port", "refused")] * 3
    assert stand.tries(loop, 5) == [0, 1, 3], "what was printed ended the long pauses"


def test_the_steps_end_when_nothing_is_left_and_say_so(stand: Stand) -> None:
    stand.shop.pay("A1", JEANS)
    stand.printer.script = [MaybeSent("p", "port", "gone")]
    loop = stand.loop()
    assert loop.step() is True, "what comes next is looked for at once"
    assert loop.step() is False
    stand.shop.pay("A2", JEANS)
    stand.printer.script = [NotSent("p", "port", "refused")]
    assert loop.step() is False


# --- What it tells of the printer -----------------------------------------------------------------


@pytest.mark.parametrize(("answers", "detail", "prints"), [
    (PaperState.READY, "", True), (PaperState.PAPER_LOW, "paper_low", True),
    (PaperState.UNKNOWN, "unknown", True), (PaperState.PAPER_OUT, "paper_out", False)])
def test_a_printer_is_told_of_with_its_place_and_the_time_of_the_change(
    stand: Stand, answers: PaperState, detail: str, prints: bool
) -> None:
    stand.shop.pay("A1", JEANS)
    stand.printer.answers = answers
    loop, begin = stand.loop(), stand.shop.now
    assert loop.step() is prints
    stand.shop.later(minutes=1)
    loop.step()
    state = DeviceState.READY if prints else DeviceState.ATTENTION
    assert stand.told == [Health("1-printer", "printer", state, "socket://x", detail, {}, begin)]


def test_a_printer_that_is_gone_says_why_and_is_told_of_again_when_it_is_back(
    stand: Stand
) -> None:
    stand.printer.gone = True
    loop, begin = stand.loop(), stand.shop.now
    loop.step()
    stand.shop.later(minutes=1)
    stand.printer.gone = False
    loop.step()
    assert stand.told == [
        Health("1-printer", "printer", DeviceState.GONE, "socket://x", "gone",
               {"reason": "unplugged"}, begin),
        Health("1-printer", "printer", DeviceState.READY, "socket://x", "", {}, stand.shop.now)]


# --- What its paper counts as ---------------------------------------------------------------------


@pytest.mark.pain("1")
@pytest.mark.parametrize(("pages", "state", "worth"), [
    ([Proof.PRINTED, Proof.PRINTED], "confirmed", Proof.PRINTED),
    ([Proof.PRINTED, Proof.NONE], "sent", Proof.NONE),
    ([Proof.NONE, Proof.PRINTED], "sent", Proof.NONE),
    ([Proof.CONSUMED, Proof.PRINTED], "sent", Proof.CONSUMED),
    ([Proof.NONE, Proof.CONSUMED], "sent", Proof.NONE),
])
def test_a_label_of_two_pages_is_printed_only_when_the_printer_says_so_of_both(
    stand: Stand, pages: list[Proof | BaseException], state: str, worth: Proof
) -> None:
    stand.two_pages()
    stand.printer.script = pages
    stand.loop().step()
    assert (len(stand.printer.pages), stand.job().state, stand.job().proof) == (2, state, worth)


def crashed(stand: Stand, _: pytest.MonkeyPatch) -> None:
    stand.printer.script = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        stand.loop().step()
    again = stand.loop()
    again.start()
    again.stop()


def unwritten(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = stand.loop()
    with monkeypatch.context() as patch:
        patch.setattr(printing, "sent", lambda *_a, **_k: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            loop.step()
    loop.step()


def ends(*said: Proof | Exception) -> Callable[[Stand, pytest.MonkeyPatch], None]:
    def play(stand: Stand, _: pytest.MonkeyPatch) -> None:
        stand.printer.script = list(said)
        stand.loop().step()
    return play


REFUSED, LOST = NotSent("p", "port", "refused"), MaybeSent("p", "port", "gone")
ENDS = [
    (ends(), "sent", 2, 2), (ends(Proof.PRINTED, Proof.PRINTED), "confirmed", 2, 2),
    (ends(REFUSED), "waiting", 0, 0), (ends(LOST), "in_doubt", 0, 1),
    (ends(Proof.NONE, REFUSED), "in_doubt", 1, 1), (ends(Proof.NONE, LOST), "in_doubt", 1, 1),
    (crashed, "in_doubt", 0, 1), (unwritten, "in_doubt", 1, 1),
]


@pytest.mark.rule("D10")
@pytest.mark.parametrize(("play", "state", "sent", "used"), ENDS)
def test_labels_are_used_up_whichever_way_their_printing_ends(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, play: Any, state: str, sent: int, used: int
) -> None:
    stand.two_pages()
    play(stand, monkeypatch)
    assert (stand.job().state, stand.job().pages_sent) == (state, sent)
    assert 100 - stand.labels() == used


@pytest.mark.rule("D10")
@pytest.mark.parametrize("play", [play for play, *_ in ENDS])
def test_a_receipt_roll_costs_no_label_whichever_way_its_printing_ends(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, play: Any
) -> None:
    stand.roll = Roll(576, "none")
    stand.shop.write(slips.request, slips.today(stand.shop.now), who="老周")
    play(stand, monkeypatch)
    assert stand.job().state in ("sent", "confirmed", "waiting", "in_doubt")
    assert stand.labels() == 100
    assert {one.kind for one in stand.told} == {"slip_printer"}


# --- Which paper it draws -------------------------------------------------------------------------

STROKES = [[[100, 100], [500, 400]]]


@pytest.mark.rule("D6")
def test_each_kind_of_job_comes_out_as_its_own_paper(stand: Stand) -> None:
    shop = stand.shop
    parcel = shop.seal("A1", JEANS)
    shop.hand_over(parcel)
    shop.write(corrections.correct, 1, parcel.waybill_no, weight_g=700, price_fen=800,
               reason="看错秤", courier="小吴", strokes=STROKES, who="老周")
    stand.all_printed()
    shop.write(slips.request, "handover:1", who="老周")
    for kind, owner in (("stub", {"parcel_id": parcel.id}), ("manifest", {"handover_id": 1}),
                        ("addendum", {"handover_id": 1})):
        shop.db.write(lambda s, kind=kind, owner=owner: s.add(
            PrintJob(kind=kind, created_at=shop.now, **owner)))
    told = [
        (render_stub, shop.read(stubs.stub_label, parcel.id, shop.rules)),
        (render_manifest, shop.read(stubs.manifest, 1)),
        (render_addendum, shop.read(stubs.addendum, 1)),
        (render_slip, shop.read(slip_content.slip_of, "handover:1", now=shop.now)),
    ]
    papers = [page for draw, content in told
              for page in draw(content, LabelSize.L100X150, fonts())]
    loop = stand.loop()
    while loop.step():
        pass
    assert sorted(one.rows for one in stand.printer.pages) == sorted(one.rows for one in papers)


@pytest.mark.parametrize("kind", ["stub", "manifest", "addendum", "slip", "poem"])
def test_a_job_that_belongs_to_nothing_takes_nobody_else_s_paper(stand: Stand, kind: str) -> None:
    stand.shop.hand_over(stand.shop.seal("A1", JEANS))
    stand.all_printed()
    stand.shop.db.write(lambda s: s.add(PrintJob(kind=kind, created_at=stand.shop.now)))
    loop = stand.loop()
    while loop.step():
        pass
    assert stand.shop.jobs(kind)[-1].state == "void"
    assert stand.printer.pages == []
