"""A receipt printer that is out of order: its slips are moved to the label printer, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, History, PrintJob
from station.domain.refusals import Code, Refusal
from station.jobs import ClockLoop
from station.services import printing, slips
from station.services.rules import Rules

if TYPE_CHECKING:
    from conftest import Shop

DAY = "day:2026-11-23"


def asked(shop: Shop, about: str = DAY) -> PrintJob:
    job = shop.write(slips.request, about, who="老周")
    assert isinstance(job, PrintJob)
    return job


def states(shop: Shop) -> list[tuple[str, str]]:
    return shop.read(lambda s: [tuple(row) for row in s.execute(
        select(PrintJob.kind, PrintJob.state).where(PrintJob.about != "").order_by(PrintJob.id))])


def due(shop: Shop, *, slips_only: bool) -> Any:
    return shop.read(printing.next_due, bench="1", slips=slips_only)


def begin(shop: Shop, job: Any, printer: str) -> bool:
    begun: bool = shop.write(
        printing.start_sending, job, printer=printer, sha256="", pages=[b"png"])
    return begun


@pytest.mark.rule("I1")
@pytest.mark.pain("6")
def test_a_moved_slip_leaves_the_one_queue_and_stands_in_the_other(open_shop: Shop) -> None:
    job = asked(open_shop)
    assert (due(open_shop, slips_only=True).job_id, due(open_shop, slips_only=False)) == (
        job.id, None)
    moved = open_shop.write(slips.move_to_label, job.id, who="阿明")
    assert due(open_shop, slips_only=True) is None
    assert due(open_shop, slips_only=False).job_id == moved.id
    assert states(open_shop) == [("slip", "void"), ("slip_label", "waiting")]
    assert moved.copy == job.copy == 0, "nothing was printed: it is no 补打"
    said = open_shop.read(lambda s: s.scalars(select(History).where(
        History.kind == "slip_moved")).all())
    assert [(row.chain, row.who) for row in said] == [("station", "阿明")]
    assert begin(open_shop, due(open_shop, slips_only=False), "1")
    open_shop.write(printing.sent, moved.id, proof="printed", rules=Rules())
    assert asked(open_shop).copy == 1


@pytest.mark.fault("F8")
def test_whoever_is_first_has_it_and_the_other_is_told(open_shop: Shop) -> None:
    """The printer comes back while somebody moves its slip: never on both papers."""
    job = asked(open_shop)
    seen = due(open_shop, slips_only=True)  # by the loop, just before the person's touch
    open_shop.write(slips.move_to_label, job.id, who="阿明")
    assert not begin(open_shop, seen, "1-slips"), "the receipt printer does not begin it"
    again = open_shop.write(slips.move_to_label, job.id, who="阿明")
    assert again == Refusal(Code.SLIP_NOT_WAITING, {"state": "void"})
    assert states(open_shop) == [("slip", "void"), ("slip_label", "waiting")]


@pytest.mark.fault("F8")
@pytest.mark.parametrize("end", ["sending", "in_doubt", "sent"])
def test_what_may_be_on_paper_is_not_moved_before_somebody_has_looked(
    open_shop: Shop, end: str
) -> None:
    job = asked(open_shop)
    assert begin(open_shop, due(open_shop, slips_only=True), "1-slips")
    if end == "in_doubt":
        open_shop.write(printing.maybe_sent, job.id, trouble="gone")
    if end == "sent":
        open_shop.write(printing.sent, job.id, proof="none", rules=Rules())
    refused = open_shop.write(slips.move_to_label, job.id, who="阿明")
    assert refused == Refusal(Code.SLIP_NOT_WAITING, {"state": end})
    assert states(open_shop) == [("slip", end)]


def test_a_torn_slip_goes_to_the_label_printer_after_the_person_s_word(open_shop: Shop) -> None:
    job = asked(open_shop)
    begin(open_shop, due(open_shop, slips_only=True), "1-slips")
    open_shop.write(printing.maybe_sent, job.id, trouble="gone")
    open_shop.write(printing.settle_doubt, job.id, came_out=False, rules=Rules(), who="阿明")
    fresh = open_shop.read(lambda s: s.scalars(
        select(PrintJob.id).where(PrintJob.state == "waiting")).one())
    moved = open_shop.write(slips.move_to_label, fresh, who="阿明")
    assert moved.copy == 1, "the paper says that it was printed before"


def test_a_slip_is_not_asked_for_beside_the_one_that_was_moved(open_shop: Shop) -> None:
    job = asked(open_shop)
    open_shop.write(slips.move_to_label, job.id, who="阿明")
    refused = open_shop.write(slips.request, DAY, who="老周")
    assert refused == Refusal(Code.SLIP_UNDER_WAY, {"about": DAY})


@pytest.mark.parametrize("kind", ["waybill", "slip_label"])
def test_only_a_slip_of_the_receipt_printer_is_moved(open_shop: Shop, kind: str) -> None:
    open_shop.pay("2450000000000001042", "JN8801-黑色-32")
    job = asked(open_shop)
    moved = open_shop.write(slips.move_to_label, job.id, who="阿明")
    wrong = moved.id if kind == "slip_label" else open_shop.jobs("waybill")[0].id
    assert open_shop.write(slips.move_to_label, wrong, who="阿明") == Refusal(
        Code.SLIP_NOT_WAITING, {"state": "none"})
    assert open_shop.write(slips.move_to_label, 999, who="阿明") == Refusal(
        Code.SLIP_NOT_WAITING, {"state": "none"})


def waits(shop: Shop) -> list[tuple[str, str, bool]]:
    return shop.read(lambda s: [
        (row.code, row.facts["about"], row.acknowledged_at is None)
        for row in s.scalars(select(Alarm).where(Alarm.code == slips.WAITS).order_by(Alarm.id))])


@pytest.mark.pain("4")
def test_a_slip_that_nobody_prints_is_told_once_as_a_slip(open_shop: Shop) -> None:
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    asked(open_shop)
    open_shop.later(minutes=4)
    clock.step()
    assert open_shop.alarms() == []
    open_shop.later(minutes=7)
    clock.step()
    clock.step()
    assert open_shop.alarms() == ["slip_waits"], "and not as a label"
    assert waits(open_shop) == [("slip_waits", DAY, True)]
    open_shop.acknowledge_all()
    clock.step()
    assert waits(open_shop) == [("slip_waits", DAY, False)], "whoever has seen it is left alone"


@pytest.mark.parametrize("way", ["moved", "printed"])
def test_the_alarm_goes_when_the_slip_does(open_shop: Shop, way: str) -> None:
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    job = asked(open_shop)
    open_shop.later(minutes=6)
    clock.step()
    if way == "moved":
        open_shop.write(slips.move_to_label, job.id, who="阿明")
    else:
        begin(open_shop, due(open_shop, slips_only=True), "1-slips")
    assert waits(open_shop) == [("slip_waits", DAY, False)]
    clock.step()
    assert open_shop.alarms() == []
