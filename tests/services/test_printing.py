"""A print job's honest states: nothing is lost, nothing in doubt prints again by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, Handover, HandoverLine, Outbox, PrintJob
from station.domain.orders import RefundKind, RefundNotice
from station.domain.refusals import Code, Refusal
from station.services import intake, numbers, printing, refunds
from station.services.printing_facts import goods_of

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
ORDER = "2450000000000000701"


def begin(shop: Shop) -> printing.Due:
    due = shop.read(printing.next_due, bench="1")
    assert shop.write(
        printing.start_sending, due, printer="p1", sha256="0" * 64, pages=[b"png"]
    )
    return due


def states(shop: Shop) -> list[str]:
    return [job.state for job in shop.jobs()]


@pytest.mark.rule("D2")
def test_a_sent_label_makes_the_parcel_printed_and_its_number_used(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    assert open_shop.parcel(taken.parcel_id).state == "printed"
    assert states(open_shop) == ["sent"]
    assert open_shop.read(numbers.ledger)["STO"]["printed"] == 1


def test_the_printers_own_word_confirms(open_shop: Shop) -> None:
    open_shop.pay(ORDER, JEANS)
    open_shop.print_next(proof="printed")
    assert states(open_shop) == ["confirmed"]


def test_reading_the_fresh_label_back_confirms_it(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    assert open_shop.write(
        printing.confirm_by_scan, taken.waybill_no, rules=open_shop.rules, who="阿明", bench="1"
    )
    assert states(open_shop) == ["confirmed"]


def test_a_job_of_which_no_byte_left_waits_again_and_says_why(open_shop: Shop) -> None:
    open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    open_shop.write(printing.not_sent, due.job_id, trouble="paper_out")
    job = open_shop.jobs()[0]
    assert (job.state, job.trouble) == ("waiting", "paper_out")
    assert open_shop.print_next()


@pytest.mark.fault("F8", "F9")
@pytest.mark.pain("1")
def test_a_job_in_doubt_never_prints_again_by_itself(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    open_shop.write(printing.maybe_sent, due.job_id, trouble="gone")
    assert open_shop.read(printing.next_due, bench="1") is None
    assert open_shop.read(lambda s: s.scalars(select(Alarm.code)).all()) == ["print_in_doubt"]
    assert open_shop.parcel(taken.parcel_id).state == "reserved"


@pytest.mark.fault("F9")
def test_what_was_being_sent_at_a_crash_is_in_doubt_after_the_restart(open_shop: Shop) -> None:
    open_shop.pay(ORDER, JEANS)
    begin(open_shop)
    assert open_shop.write(printing.recover, printer="another") == 0
    assert open_shop.write(printing.recover, printer="p1") == 1
    assert states(open_shop) == ["in_doubt"]


def test_scanning_a_label_in_doubt_settles_it_and_the_parcel_goes_on(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    open_shop.write(printing.maybe_sent, due.job_id, trouble="gone")
    open_shop.write(
        printing.confirm_by_scan, taken.waybill_no, rules=open_shop.rules, who="", bench="1"
    )
    assert open_shop.parcel(taken.parcel_id).state == "printed"


@pytest.mark.fault("F8", "F9")
def test_the_first_page_read_back_does_not_vouch_for_the_second(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = open_shop.read(printing.next_due, bench="1")
    open_shop.write(
        printing.start_sending, due, printer="p1", sha256="", pages=[b"one", b"two"]
    )
    open_shop.db.write(lambda session: printing.page_sent(session, due.job_id, 1))
    open_shop.write(printing.maybe_sent, due.job_id, trouble="gone")
    scan = (printing.confirm_by_scan, taken.waybill_no)
    open_shop.write(*scan, rules=open_shop.rules, who="", bench="1")
    assert open_shop.parcel(taken.parcel_id).state == "printed"
    assert states(open_shop) == ["in_doubt"]
    open_shop.write(
        printing.settle_doubt, due.job_id, came_out=True, rules=open_shop.rules, who="阿明"
    )
    assert states(open_shop) == ["confirmed"]


@pytest.mark.fault("F9")
def test_a_first_page_read_while_the_second_leaves_waits_for_the_end(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = open_shop.read(printing.next_due, bench="1")
    open_shop.write(
        printing.start_sending, due, printer="p1", sha256="", pages=[b"one", b"two"]
    )
    scan = (printing.confirm_by_scan, taken.waybill_no)
    open_shop.write(*scan, rules=open_shop.rules, who="", bench="1")
    assert states(open_shop) == ["sending"]
    open_shop.write(printing.sent, due.job_id, proof="none", rules=open_shop.rules)
    open_shop.write(*scan, rules=open_shop.rules, who="", bench="1")
    assert states(open_shop) == ["confirmed"]


def test_a_persons_word_that_none_came_out_writes_a_marked_copy(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    open_shop.write(printing.maybe_sent, due.job_id, trouble="gone")
    open_shop.write(
        printing.settle_doubt, due.job_id, came_out=False, rules=open_shop.rules, who="阿明"
    )
    assert states(open_shop) == ["void", "waiting"]
    assert open_shop.jobs()[1].copy == 1
    assert open_shop.print_next() == taken.waybill_no


@pytest.mark.pain("12")
def test_a_reprint_asks_why_and_counts_its_copies(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    ask = {"who": "阿明", "bench": "1"}
    refused = open_shop.write(printing.request_reprint, taken.parcel_id, reason=" ", **ask)
    assert refused == Refusal(Code.PRINT_REASON_NEEDED)
    for copy in (1, 2):
        job = open_shop.write(printing.request_reprint, taken.parcel_id, reason="TORN", **ask)
        assert job.copy == copy
        assert open_shop.print_next() == taken.waybill_no
    label = open_shop.read(
        printing.waybill_label,
        printing.Due(3, "waybill", taken.parcel_id, 0, None, 2), open_shop.rules,
        now=open_shop.now,
    )
    assert label.copy == 2


def test_a_label_that_is_still_to_be_printed_is_not_printed_again(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    refused = open_shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1"
    )
    assert refused == Refusal(Code.PRINT_NOTHING, {"state": "waiting"})


@pytest.mark.pain("7")
def test_a_refund_between_drawing_and_sending_keeps_the_label_from_printing(
    open_shop: Shop,
) -> None:
    open_shop.pay(ORDER, JEANS)
    due = open_shop.read(printing.next_due, bench="1")
    notice = RefundNotice("taobao", ORDER, RefundKind.REFUND_REQUESTED, open_shop.now)
    open_shop.write(refunds.tell_refund, notice, open_shop.rules)
    assert not open_shop.write(
        printing.start_sending, due, printer="p1", sha256="", pages=[b"png"]
    )


def test_a_refund_while_bytes_leave_voids_the_paper_that_comes_out(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    notice = RefundNotice("taobao", ORDER, RefundKind.REFUNDED, open_shop.now)
    open_shop.write(refunds.tell_refund, notice, open_shop.rules)
    open_shop.write(printing.sent, due.job_id, proof="none", rules=open_shop.rules)
    assert open_shop.parcel(taken.parcel_id).state == "stopped"


@pytest.mark.pain("9")
def test_jobs_print_in_the_order_they_were_written(open_shop: Shop) -> None:
    taken = [open_shop.pay(f"24500000000000008{n:02d}", JEANS, buyer=f"b{n}") for n in range(4)]
    assert [open_shop.print_next() for _ in taken] == [row.waybill_no for row in taken]


def test_characters_no_font_has_hold_the_parcel_and_the_next_one_prints(open_shop: Shop) -> None:
    first = open_shop.pay(ORDER, JEANS)
    second = open_shop.pay("2450000000000000702", JEANS, buyer="tb_b")
    due = open_shop.read(printing.next_due, bench="1")
    open_shop.write(printing.unprintable, due.job_id, characters="𬱖")
    held = open_shop.parcel(first.parcel_id).holds[0]
    assert (held.code, held.facts) == (Code.PRINT_UNPRINTABLE, {"characters": "U+2CC56"})
    assert open_shop.print_next() == second.waybill_no


@pytest.mark.rule("D1", "I3")
def test_the_goods_field_lists_equal_articles_once_in_the_order_of_the_shelves(
    open_shop: Shop,
) -> None:
    open_shop.stock_goods("AA1-红-M", location="A-00")
    taken = open_shop.pay(ORDER, JEANS, "AA1-红-M", JEANS)
    due = open_shop.read(printing.next_due, bench="1")
    label = open_shop.read(
        printing.waybill_label, due, open_shop.rules, now=open_shop.now
    )
    assert [(line.item_no, line.quantity) for line in label.goods] == [("AA1", 1), ("JN8801", 2)]
    assert label.waybill_no == taken.waybill_no


@pytest.mark.rule("D3")
def test_the_platform_is_told_once_when_the_label_is_printed(open_shop: Shop) -> None:
    from dataclasses import replace  # noqa: PLC0415 - only here

    open_shop.rules = replace(open_shop.rules, platform_url="http://127.0.0.1:9")
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    open_shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1"
    )
    open_shop.print_next()
    rows = open_shop.read(lambda s: s.scalars(select(Outbox)).all())
    assert [row.payload["waybill_no"] for row in rows] == [taken.waybill_no]


@pytest.mark.fault("F8")
def test_a_hand_that_is_faster_than_the_printers_proof_is_believed(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    open_shop.write(
        printing.confirm_by_scan, taken.waybill_no, rules=open_shop.rules, who="阿明", bench="1"
    )
    assert open_shop.parcel(taken.parcel_id).state == "printed"
    for late in (
        lambda: open_shop.write(
            printing.sent, due.job_id, proof="none", rules=open_shop.rules),
        lambda: open_shop.write(printing.maybe_sent, due.job_id, trouble="gone"),
        lambda: open_shop.write(printing.not_sent, due.job_id, trouble="gone"),
    ):
        late()
        assert states(open_shop) == ["confirmed"]


@pytest.mark.parametrize("name", ["阿" * 64])
def test_the_longest_name_of_staff_fits_into_a_confirmation(open_shop: Shop, name: str) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next()
    open_shop.write(
        printing.confirm_by_scan, taken.waybill_no, rules=open_shop.rules, who=name, bench="1"
    )
    assert open_shop.jobs()[0].confirmed_by.startswith("scan:阿")


# --- What comes too late, twice, or for nothing ---------------------------------------------------


def manifest(shop: Shop, state: str = "waiting") -> int:
    """A paper that belongs to no parcel."""
    def put(session: Any, *, now: Any) -> int:
        job = PrintJob(kind="manifest", bench="1", created_at=now, state=state)
        session.add(job)
        session.flush()
        return job.id

    return shop.write(put)


def test_word_that_a_waiting_job_is_out_changes_nothing(open_shop: Shop) -> None:
    open_shop.pay(ORDER, JEANS)
    (job,) = open_shop.jobs()
    open_shop.write(printing.sent, job.id, proof="printed", rules=open_shop.rules)
    assert states(open_shop) == ["waiting"]
    assert open_shop.jobs()[0].pages_sent == 0


def test_paper_of_no_pages_takes_no_label_off_the_roll(open_shop: Shop) -> None:
    job = manifest(open_shop, "void")
    open_shop.write(printing.sent, job, proof="none", rules=open_shop.rules)
    assert [one.state for one in open_shop.jobs("manifest")] == ["void"]


def test_a_paper_that_cannot_be_drawn_and_is_void_already_stays_so(open_shop: Shop) -> None:
    job = manifest(open_shop, "void")
    open_shop.write(printing.not_drawn, job, trouble="x")
    (one,) = open_shop.jobs("manifest")
    assert (one.state, one.trouble) == ("void", "unprintable")
    alarm = open_shop.read(lambda s: s.scalars(select(Alarm)).one())
    assert alarm.code == "print_failed"


def test_a_scan_of_a_number_that_nobody_has_confirms_nothing(open_shop: Shop) -> None:
    assert not open_shop.write(
        printing.confirm_by_scan, "773999", rules=open_shop.rules, who="", bench="1")


def test_a_paper_of_no_parcel_prints_again_as_its_next_copy(open_shop: Shop) -> None:
    job = manifest(open_shop, "in_doubt")
    assert open_shop.write(
        printing.settle_doubt, job, came_out=False, rules=open_shop.rules, who="阿明") is None
    first, second = open_shop.jobs("manifest")
    assert (first.state, second.state, second.copy) == ("void", "waiting", first.copy + 1)


def test_a_label_that_is_not_out_yet_cannot_be_asked_for_again(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    refused = open_shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1")
    assert isinstance(refused, Refusal)
    assert refused.code == Code.PRINT_NOTHING


def test_a_job_left_sending_for_ever_is_in_doubt_and_the_oldest_due_is_known(
    open_shop: Shop
) -> None:
    open_shop.pay(ORDER, JEANS)
    assert open_shop.read(printing.oldest_due) == open_shop.now
    begin(open_shop)
    assert open_shop.read(printing.oldest_due) is None
    assert open_shop.write(printing.give_up_sending) == 0
    open_shop.later(days=1)
    assert open_shop.write(printing.give_up_sending) == 1
    assert states(open_shop) == ["in_doubt"]


def test_goods_that_were_taken_out_of_a_parcel_are_not_on_its_label(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    parcel = open_shop.parcel(taken.parcel_id)
    assert len(goods_of(parcel)) == 1
    parcel.lines[0].quantity = 0
    assert goods_of(parcel) == ()


def test_a_job_that_began_already_does_not_begin_again(open_shop: Shop) -> None:
    open_shop.pay(ORDER, JEANS)
    due = begin(open_shop)
    assert not open_shop.write(
        printing.start_sending, due, printer="p2", sha256="1" * 64, pages=[b"png"])
    assert open_shop.jobs()[0].printer == "p1"


def test_there_is_no_doubt_about_a_paper_that_waits(open_shop: Shop) -> None:
    job = manifest(open_shop)
    refused = open_shop.write(
        printing.settle_doubt, job, came_out=True, rules=open_shop.rules, who="阿明")
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.facts) == (Code.PRINT_NOTHING, {"state": "waiting"})


def test_the_label_of_a_parcel_that_is_held_is_not_printed_again(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next(proof="printed")
    assert isinstance(open_shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1"), PrintJob)
    open_shop.print_next(proof="printed")
    open_shop.write(intake.hold_by_hand, taken.parcel_id, who="小美", reason="等等")
    refused = open_shop.write(
        printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1")
    assert isinstance(refused, Refusal)
    assert refused.code == Code.PRINT_NOTHING


def test_a_paper_that_is_confirmed_stays_so_when_its_like_prints_again(open_shop: Shop) -> None:
    taken = open_shop.pay(ORDER, JEANS)
    open_shop.print_next(proof="printed")
    open_shop.write(printing.request_reprint, taken.parcel_id, reason="TORN", who="", bench="1")
    assert states(open_shop) == ["confirmed", "waiting"]


def test_a_parcel_whose_figures_nobody_agreed_to_gets_no_stub(open_shop: Shop) -> None:
    agreed = open_shop.pay(ORDER, JEANS)
    asked = open_shop.pay("2450000000000000702", JEANS, buyer="tb_other")

    def close(session: Any, *, now: Any) -> None:
        pile = Handover(number="STO-1", carrier="STO", opened_at=now)
        for taken, state in ((agreed, "agreed"), (asked, "asked")):
            pile.lines.append(HandoverLine(parcel_id=taken.parcel_id, state=state))
        session.add(pile)
        session.flush()
        printing.request_manifest(session, pile, bench="1", now=now)

    open_shop.write(close)
    assert [(job.parcel_id, job.waybill_no) for job in open_shop.jobs("stub")] == [
        (agreed.parcel_id, agreed.waybill_no)]
    assert len(open_shop.jobs("manifest")) == 1
