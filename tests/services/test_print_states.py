"""What a print job's row says at each step, to the page, the label and the second."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, History, Packaging, PageImage, PrintJob
from station.domain.refusals import Code, Refusal
from station.services import printing

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
ORDER = "2450000000000000901"
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def roll(open_shop: Shop) -> Shop:
    """The shop with a roll of a hundred labels, and an order that waits to be printed."""
    labels = Packaging(code="L", name="面单", kind="label", carrier="", stock=100)
    open_shop.write(lambda session, *, now: session.add(labels))  # noqa: ARG005 - a step of its own
    open_shop.pay(ORDER, JEANS)
    return open_shop


def labels_left(shop: Shop) -> int:
    return shop.read(lambda session: session.scalars(select(Packaging.stock)).one())


def begin(shop: Shop, *pages: bytes) -> printing.Due:
    due = shop.read(printing.next_due, bench="1")
    assert shop.write(
        printing.start_sending, due, printer="p1", sha256="a" * 64, pages=pages or [b"png"])
    return due


def sent(shop: Shop, due: printing.Due, proof: str = "none") -> None:
    shop.write(printing.sent, due.job_id, proof=proof, rules=shop.rules)


def page_sent(shop: Shop, due: printing.Due, page: int) -> None:
    shop.db.write(lambda session: printing.page_sent(session, due.job_id, page))


def scan(shop: Shop, who: str = "阿明") -> bool:
    (number,) = {job.waybill_no for job in shop.jobs()}
    found: bool = shop.write(
        printing.confirm_by_scan, number, rules=shop.rules, who=who, bench="1")
    return found


def job(shop: Shop) -> PrintJob:
    """The newest label's."""
    return shop.jobs()[-1]


def steps(shop: Shop, kind: str) -> list[dict[str, Any]]:
    """The facts of each such step in the history."""
    query = select(History.data).where(History.kind == kind).order_by(History.id)
    return shop.read(lambda session: [json.loads(data) for data in session.scalars(query)])


@pytest.mark.rule("D2")
def test_a_job_that_leaves_says_when_where_and_what_and_keeps_its_pictures(roll: Shop) -> None:
    begin(roll, b"one", b"two")
    row = job(roll)
    assert (row.sending_at, row.printer, row.sha256, row.pages) == (roll.now, "p1", "a" * 64, 2)
    pictures = roll.read(lambda session: [
        (image.page, image.png) for image in session.scalars(select(PageImage))])
    assert sorted(pictures) == [(1, b"one"), (2, b"two")]


def test_every_page_that_came_out_is_a_label_off_the_roll(roll: Shop) -> None:
    due = begin(roll, b"one", b"two", b"three")
    assert labels_left(roll) == 100
    sent(roll, due)
    assert labels_left(roll) == 97
    row = job(roll)
    assert (row.pages_sent, row.sent_at, row.proof) == (3, roll.now, "none")
    assert steps(roll, "print_sent") == [{"job": row.id, "proof": "none", "pages": 3}]


@pytest.mark.parametrize(("told", "used"), [(0, 1), (1, 1), (2, 2)])
def test_a_label_in_doubt_takes_what_is_known_off_the_roll_and_one_at_least(
    roll: Shop, told: int, used: int
) -> None:
    due = begin(roll, b"one", b"two", b"three")
    if told:
        page_sent(roll, due, told)
    roll.write(printing.maybe_sent, due.job_id, trouble="gone")
    assert labels_left(roll) == 100 - used
    assert job(roll).state == "in_doubt"


def test_a_page_that_is_told_late_takes_none_back(roll: Shop) -> None:
    due = begin(roll, b"one", b"two", b"three")
    page_sent(roll, due, 2)
    page_sent(roll, due, 1)
    assert job(roll).pages_sent == 2


def test_a_job_of_which_nothing_left_is_as_it_was_before(roll: Shop) -> None:
    due = begin(roll)
    roll.write(printing.not_sent, due.job_id, trouble="paper_out")
    row = job(roll)
    assert (row.state, row.sending_at, row.sent_at, row.pages_sent) == ("waiting", None, None, 0)
    assert roll.read(lambda session: session.scalars(select(PageImage)).all()) == []
    assert labels_left(roll) == 100
    begin(roll, b"anew")
    assert job(roll).trouble == ""


def test_when_the_first_page_is_out_the_second_cannot_be_not_sent(roll: Shop) -> None:
    due = begin(roll, b"one", b"two")
    page_sent(roll, due, 1)
    roll.write(printing.not_sent, due.job_id, trouble="paper_out")
    assert job(roll).state == "in_doubt"
    alarm = roll.read(lambda session: session.scalars(select(Alarm)).one())
    assert alarm.facts == {
        "waybill_no": job(roll).waybill_no, "trouble": "paper_out", "job": job(roll).id}


@pytest.mark.fault("F8")
def test_a_label_whose_last_page_is_known_to_be_out_is_confirmed_by_its_first(roll: Shop) -> None:
    due = begin(roll, b"one", b"two")
    page_sent(roll, due, 2)
    roll.write(printing.maybe_sent, due.job_id, trouble="unknown")
    assert scan(roll)
    row = job(roll)
    assert (row.state, row.sent_at, row.pages_sent) == ("confirmed", roll.now, 2)


def test_a_scan_tells_who_read_it_and_leaves_the_time_of_printing(roll: Shop) -> None:
    sent(roll, begin(roll))
    printed = roll.now
    roll.later(minutes=3)
    assert scan(roll)
    row = job(roll)
    assert (row.sent_at, row.confirmed_at, row.confirmed_by) == (printed, roll.now, "scan:阿明")
    assert scan(roll) is False, "nothing is left to be confirmed"


def test_a_scan_by_nobody_in_particular_is_a_scan_all_the_same(roll: Shop) -> None:
    sent(roll, begin(roll))
    assert scan(roll, who="")
    assert job(roll).confirmed_by == "scan"


def test_a_persons_word_leaves_the_time_of_printing_and_is_taken_once(roll: Shop) -> None:
    due = begin(roll)
    sent(roll, due)
    printed = roll.now
    roll.later(minutes=3)
    look = {"came_out": True, "rules": roll.rules, "who": "阿明"}
    assert roll.write(printing.settle_doubt, due.job_id, **look) is None
    row = job(roll)
    assert (row.sent_at, row.confirmed_at, row.confirmed_by) == (printed, roll.now, "word:阿明")
    assert roll.write(printing.settle_doubt, due.job_id, **look) == Refusal(
        Code.PRINT_NOTHING, {"state": "confirmed"})


def test_a_persons_word_about_a_label_in_doubt_sets_the_time_of_printing(roll: Shop) -> None:
    due = begin(roll)
    roll.write(printing.maybe_sent, due.job_id, trouble="gone")
    roll.write(
        printing.settle_doubt, due.job_id, came_out=True, rules=roll.rules, who="阿明")
    assert (job(roll).state, job(roll).sent_at) == ("confirmed", roll.now)
    assert [parcel.state for parcel in [roll.parcel(due.parcel_id)]] == ["printed"]


@pytest.mark.pain("12")
def test_a_copy_begins_with_nothing_sent_and_counts_on(roll: Shop) -> None:
    due = begin(roll)
    sent(roll, due, "printed")
    before = roll.parcel(due.parcel_id).version
    for copy in (1, 2):
        again = roll.write(printing.request_reprint, due.parcel_id, reason="TORN" * 60, who="阿明",
                           bench="2")
        assert (again.copy, again.bench, again.who, len(again.reason)) == (copy, "2", "阿明", 200)
        assert (again.pages, again.pages_sent, again.waybill_no) == (0, 0, job(roll).waybill_no)
        assert roll.parcel(due.parcel_id).version == before + copy
        next_one = roll.read(printing.next_due, bench="2")
        assert (next_one.copy, next_one.job_id) == (copy, again.id)
        assert roll.write(
            printing.start_sending, next_one, printer="p2", sha256="b" * 64, pages=[b"png"])
        sent(roll, next_one, "printed")
    assert roll.parcel(due.parcel_id).copies == 3
    assert [(one["copy"], len(one["reason"])) for one in steps(roll, "print_again")] == [
        (1, 200), (2, 200)]


@pytest.mark.pain("7")
def test_a_label_drawn_for_the_copy_before_is_not_printed_for_this_one(roll: Shop) -> None:
    sent(roll, begin(roll))
    parcel_id = job(roll).parcel_id
    ask = {"reason": "TORN", "who": "", "bench": ""}
    roll.write(printing.request_reprint, parcel_id, **ask)
    drawn = roll.read(printing.next_due, bench="1")
    roll.write(printing.start_sending, drawn, printer="p1", sha256="", pages=[b"png"])
    sent(roll, drawn)
    roll.write(printing.request_reprint, parcel_id, **ask)
    late = {"printer": "p2", "sha256": "", "pages": [b"png"]}
    assert roll.write(printing.start_sending, drawn, **late) is False, "it is out already"
    assert roll.write(
        printing.start_sending, replace(drawn, job_id=job(roll).id), **late) is False


@pytest.mark.rule("D6")
def test_a_stub_is_no_label_whatever_becomes_of_it(roll: Shop) -> None:
    (label,) = roll.jobs()

    def put(session: Any, *, now: Any) -> int:
        stub = PrintJob(kind="stub", parcel_id=label.parcel_id, created_at=now, state="sending")
        session.add(stub)
        session.flush()
        return stub.id

    roll.write(printing.sent, roll.write(put), proof="printed", rules=roll.rules)
    assert roll.parcel(label.parcel_id).state == "reserved"
    roll.write(printing.not_drawn, roll.write(put), trouble="x")
    assert roll.parcel(label.parcel_id).holds == []
    assert roll.jobs("stub")[-1].trouble == "unprintable"


def test_long_words_are_kept_as_far_as_their_columns_go(roll: Shop) -> None:
    due = begin(roll)
    roll.write(printing.not_sent, due.job_id, trouble="x" * 50)
    assert job(roll).trouble == "x" * 40
    roll.write(printing.maybe_sent, begin(roll).job_id, trouble="y" * 50)
    assert job(roll).trouble == "y" * 40
    scan(roll, who="阿" * 64)
    assert job(roll).confirmed_by == "scan:" + "阿" * 59


@pytest.mark.fault("F9")
def test_a_job_is_given_up_when_it_has_been_sending_for_more_than_ten_minutes(roll: Shop) -> None:
    begin(roll)
    begun = roll.now
    roll.now = begun + TEN_MINUTES
    assert roll.read(printing.never_ending, now=roll.now) == []
    roll.now += timedelta(seconds=1)
    assert roll.read(printing.never_ending, now=roll.now) == [job(roll).id]
    assert roll.write(printing.give_up_sending) == 1
    assert (job(roll).state, job(roll).trouble) == ("in_doubt", "restart")
    assert roll.write(printing.give_up_sending) == 0


def test_characters_without_a_glyph_are_named_by_their_numbers(roll: Shop) -> None:
    row = job(roll)
    roll.write(printing.unprintable, row.id, characters="\x07𬱖")
    alarm = roll.read(lambda session: session.scalars(
        select(Alarm).where(Alarm.code == "print_failed")).one())
    assert alarm.facts == {
        "waybill_no": row.waybill_no, "job": row.id, "characters": "U+0007 U+2CC56"}


def test_paper_of_no_parcel_is_due_with_no_version_and_leaves_as_any_other(roll: Shop) -> None:
    def put(session: Any, *, now: Any) -> None:
        session.add(PrintJob(kind="manifest", bench="1", created_at=now))

    sent(roll, begin(roll))
    roll.write(put)
    due = roll.read(printing.next_due, bench="1")
    assert (due.kind, due.parcel_id, due.parcel_version) == ("manifest", None, None)
    sent(roll, begin(roll))
    assert [one.state for one in roll.jobs("manifest")] == ["sent"]
    assert labels_left(roll) == 98


def test_only_benches_that_are_named_print_what_is_theirs(roll: Shop) -> None:
    sent(roll, begin(roll))
    roll.write(printing.request_reprint, job(roll).parcel_id, reason="TORN", who="", bench="3")
    for benches, finds in ((("1", ()), False), (("1", ("2",)), False), (("1", ("2", "3")), True),
                           (("3", ()), True)):
        found = roll.read(printing.next_due, bench=benches[0], also=benches[1])
        assert (found is not None) == finds
