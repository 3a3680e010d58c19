"""Bills kept: brought once, worked on whole or not at all, mapped, withdrawn, closed (D12)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from station.carriers import example_tariffs
from station.db.models import Bill, BillFinding, Parcel
from station.domain.cases import CaseKind
from station.domain.refusals import Code, Refusal
from station.services import (
    bill_import,
    bill_months,
    bill_reports,
    billing,
    bills,
    cases,
    disputes,
    handover,
    history,
    loose_credits,
)
from station.services.loose_credits import LooseCredit

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.rule("D12")
JEANS = "JN8801-黑色-32"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]
HEADER = ("业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量", "运费", "备注")
ODD = ("哪天", "单子", "去哪", "几公斤", "多少钱")


def sheet(*rows: Sequence[object], header: Sequence[str] = HEADER) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def line(number: str, weight: str = "1", fee: str = "5.00", remark: str = "",
         day: str = "2026-11-23 18:00:00") -> list[object]:
    return [day, number, "浙江省", "台州市", weight, fee, remark]


class Office:
    """The desk at which bills are brought and worked on."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop, self.folder = shop, folder
        self.heard: list[tuple[str, int]] = []

    def bring(self, data: bytes, name: str = "申通2026年11月.csv", **facts: str) -> Any:
        digest = sha256(data).hexdigest()
        (self.folder / digest).write_bytes(data)
        about = {"carrier": "", "month": "", "who": "王姐", **facts}
        return self.shop.write(bills.take, digest, name, **about)

    def work(self) -> bill_reports.BillView:
        bill_id = self.shop.read(bills.next_bill, now=self.shop.now)
        assert self.shop.write(bills.claim, bill_id)
        asked = billing.Asked(example_tariffs())
        bill_import.Importer(
            self.shop.db, self.folder, asked, lambda: self.shop.now,
            lambda stage, done: self.heard.append((stage, done)),
        ).work(bill_id)
        return self.view(bill_id)

    def take(self, data: bytes, **facts: str) -> bill_reports.BillView:
        brought = self.bring(data, **facts)
        assert not isinstance(brought, Refusal), brought
        return self.work()

    def view(self, bill_id: int) -> bill_reports.BillView:
        return self.shop.read(bill_reports.bill, bill_id)

    def found(self, bill_id: int, kind: str = "") -> list[tuple[str, str, int]]:
        rows = self.shop.read(bill_reports.findings, bill_id, kind)
        return [(one.waybill_no, one.finding, one.fen) for one in rows]


@pytest.fixture
def office(open_shop: Shop, tmp_path: Path) -> Office:
    return Office(open_shop, tmp_path)


def handed_over(shop: Shop, *orders: str) -> list[str]:
    """Parcels that the courier has taken; their numbers."""
    sealed = [shop.seal(order, JEANS) for order in orders]

    def whole(session: Any, *, now: Any) -> None:
        pile = handover.open_session(session, sealed[0].carrier, who="仓管", now=now).id
        for parcel in sealed:
            handover.scan(session, pile, parcel.waybill_no, who="仓管", now=now)
            handover.enter_figures(
                session, pile, parcel.id, weight_g=620, price_fen=500, rules=shop.rules,
                who="仓管", now=now)
        handover.close(session, pile, courier="王师傅", strokes=STROKES, who="仓管",
                       rules=shop.rules, now=now)

    shop.write(whole)
    return [str(parcel.waybill_no) for parcel in sealed]


ORDERS = ("2450000000000000901", "2450000000000000902", "2450000000000000903")


def test_a_bill_is_kept_with_every_finding_its_layout_and_its_totals(office: Office):
    first, second, third = handed_over(office.shop, *ORDERS)
    view = office.take(sheet(line(first), line(second, "3", "7"), ["合计", "", "", "", "", "12"]))
    assert (view.state, view.carrier, view.month) == ("done", "STO", "2026-11")
    assert office.found(view.id) == [
        (second, "heavier_step", 200), (third, "missing_from_bill", -500)]
    assert office.found(view.id, "matched") == [(first, "matched", 0)]
    assert (view.totals.billed_fen, view.totals.stated_fen) == (1200, 1200)
    assert view.totals.billed_fen - view.totals.owed_fen == view.totals.difference_fen == -300
    assert ("运单号", "waybill") in view.columns[0][1]
    assert {stage for stage, _ in office.heard} == {"lines", "parcels", "matched", "kept"}


def test_a_difference_keeps_the_evidence_of_bench_and_hand_over(office: Office):
    (number,) = handed_over(office.shop, ORDERS[0])
    view = office.take(sheet(line(number, "3", "7")))
    (one,) = office.shop.read(bill_reports.findings, view.id)
    assert (one.about["ours_g"], one.about["theirs_g"], one.about["packer"]) == (600, 3000, "阿明")
    (told,) = office.shop.read(lambda session: list(
        bill_reports.all_findings(session, view.id)))
    assert (told.fen, told.ours_g, told.courier, told.reason) == (200, 600, "王师傅",
                                                                  "above_the_step")


def test_the_same_file_twice_is_told(office: Office):
    (number,) = handed_over(office.shop, ORDERS[0])
    office.take(sheet(line(number)))
    again = office.bring(sheet(line(number)), name="又一次.csv")
    assert again == Refusal(Code.BILL_KNOWN, {"name": "申通2026年11月.csv", "bill": 1})


@pytest.mark.parametrize(("data", "code"), [
    (b"%PDF-1.7", "not_a_spreadsheet"), (b"", "empty"), (sheet(), "no_lines"),
    (b'"a,b\n', "unknown_layout"),
])
def test_a_file_that_cannot_be_read_says_why_and_keeps_nothing(
    office: Office, data: bytes, code: str
):
    view = office.take(data)
    row = office.shop.read(lambda session: session.get(Bill, view.id))
    assert row.code in (code, "broken_quotes")
    assert view.state in ("failed", "unknown")
    assert view.state == "unknown" or all(view.said)
    assert office.shop.read(lambda session: session.query(BillFinding).count()) == 0


def test_a_failed_file_may_be_brought_again(office: Office):
    view = office.take(b"%PDF-1.7")
    assert view.state == "failed"
    assert office.bring(b"%PDF-1.7").state == "waiting"


def test_work_that_broke_off_leaves_nothing_that_counts_and_is_begun_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    numbers = handed_over(office.shop, *ORDERS)
    data = sheet(*(line(number) for number in numbers))
    office.bring(data)
    monkeypatch.setattr(bill_import, "_TOGETHER", 2)
    monkeypatch.setattr(bill_import, "_finish", None)
    with pytest.raises(TypeError):
        office.work()
    assert office.view(1).state == "working"
    assert office.shop.read(bill_reports.months) == ()
    assert office.shop.read(bills.next_bill, now=office.shop.now) is None
    monkeypatch.undo()
    office.shop.later(minutes=3)
    view = office.work()
    assert view.state == "done"
    assert office.shop.read(lambda session: session.query(BillFinding).count()) == 3


def test_only_one_worker_takes_a_bill(office: Office):
    office.bring(sheet(line("773999999999999")))
    assert office.shop.write(bills.claim, 1)
    assert not office.shop.write(bills.claim, 1)
    office.shop.write(bills.put_back, 1)
    assert office.shop.read(bills.next_bill, now=office.shop.now) == 1


def test_a_worker_that_says_how_far_it_is_keeps_its_bill(office: Office):
    office.bring(sheet(line("773999999999999")))
    assert office.shop.write(bills.claim, 1)
    office.shop.later(seconds=100)
    office.shop.write(bills.progress, 1, "lines", 5000)
    office.shop.later(seconds=100)
    assert office.shop.read(bills.next_bill, now=office.shop.now) is None
    assert (office.view(1).stage, office.view(1).done) == ("lines", 5000)


def odd(number: str) -> bytes:
    return sheet(["2026-11-23", number, "浙江省", "1", "5"], header=ODD)


def test_an_unknown_layout_is_mapped_once_and_remembered(office: Office):
    first, second = handed_over(office.shop, *ORDERS[:2])
    view = office.take(odd(first), name="bill.csv")
    assert (view.state, view.preview[0]) == ("unknown", ODD)
    meanings = {0: "day", 1: "waybill", 2: "province", 3: "charged", 4: "total"}
    assert not isinstance(
        office.shop.write(bills.map_columns, view.id, 0, meanings, "STO", 0, who="王姐"), Refusal)
    view = office.work()
    assert (view.state, view.carrier, view.preview) == ("done", "STO", ())
    assert office.found(view.id, "matched") == [(first, "matched", 0)]
    later = office.take(odd(second), name="another.csv")
    assert (later.state, office.found(later.id, "matched")) == ("done", [(second, "matched", 0)])


@pytest.mark.parametrize(("header", "meanings"), [
    (0, {0: "day"}), (0, {1: "waybill"}), (0, {1: "waybill", 4: "nonsense"}),
    (7, {1: "waybill", 4: "total"}), (-1, {1: "waybill", 4: "total"}),
    (0, {1: "waybill", 40: "total"}), (0, {}),
])
def test_a_mapping_without_number_and_amount_is_refused(
    office: Office, header: int, meanings: dict[int, str]
):
    view = office.take(odd("773999999999999"), name="bill.csv")
    told = office.shop.write(bills.map_columns, view.id, header, meanings, "STO", 0, who="王姐")
    assert told == Refusal(Code.BILL_UNMAPPED)
    assert office.view(view.id).state == "unknown"


def test_a_month_in_two_bills_misses_nothing_and_charges_nothing_twice(office: Office):
    first, second, third = handed_over(office.shop, *ORDERS)
    one = office.take(sheet(line(first)))
    assert [found[1] for found in office.found(one.id)] == ["missing_from_bill"] * 2
    other = office.take(sheet(line(second), line(first)), name="申通2026年11月补.csv")
    assert office.found(other.id) == [
        (first, "billed_twice", 500), (third, "missing_from_bill", -500)]
    assert office.found(one.id) == [(third, "missing_from_bill", -500)]
    totals = office.view(one.id).totals
    assert (totals.difference_fen, totals.billed_fen - totals.owed_fen) == (-500, -500)


def test_a_freight_of_an_earlier_month_is_not_owed_again(office: Office):
    (number,) = handed_over(office.shop, ORDERS[0])
    office.take(sheet(line(number)))
    view = office.take(sheet(line(number, day="2026-12-02 10:00:00")), name="申通2026年12月.csv")
    (one,) = office.shop.read(bill_reports.findings, view.id)
    assert (one.finding, one.reason) == ("billed_twice", "billed_before")


def test_a_withdrawn_bill_no_longer_counts(office: Office):
    (number,) = handed_over(office.shop, ORDERS[0])
    view = office.take(sheet(line(number, "3", "7")))
    assert office.shop.write(bills.withdraw, view.id, reason=" ", who="王姐") == Refusal(
        Code.BILL_REASON_NEEDED)
    office.shop.write(bills.withdraw, view.id, reason="快递重开了", who="王姐")
    month = office.shop.read(bill_reports.month, "STO", "2026-11")
    assert (month.billed_fen, office.view(view.id).reason) == (0, "快递重开了")
    better = office.take(sheet(line(number)), name="better.csv")
    assert office.found(better.id) == []


def test_a_bill_is_reconciled_again_when_something_has_changed(office: Office):
    (number,) = handed_over(office.shop, ORDERS[0])
    view = office.take(sheet(line(number, "3", "7")))

    def heavier(session: Any, *, now: Any) -> None:
        session.query(Parcel).filter_by(waybill_no=number).one().weight_g = 2500

    office.shop.write(heavier)
    office.shop.write(bills.again, view.id, who="王姐")
    assert office.found(office.work().id) == []


# --- Disputes -------------------------------------------------------------------------------------


def disputed(office: Office) -> tuple[str, bill_reports.BillView]:
    (number,) = handed_over(office.shop, ORDERS[0])
    view = office.take(sheet(line(number, "3", "7")))
    assert office.shop.write(disputes.dispute, view.id, kind="heavier_step", who="王姐") == 1
    return number, view


def test_chosen_differences_are_disputed_once(office: Office):
    number, view = disputed(office)
    (one,) = office.shop.read(bill_reports.findings, view.id)
    assert one.dispute == "open"
    assert office.shop.write(disputes.dispute, view.id, [one.id], who="王姐") == 0
    (row,) = office.shop.read(bill_reports.disputes)
    assert (row.waybill_no, row.fen, row.state) == (number, 200, "open")


def test_what_was_not_charged_cannot_be_asked_back(office: Office):
    handed_over(office.shop, *ORDERS[:2])
    view = office.take(sheet(line("773999999999999")))
    assert office.shop.write(disputes.dispute, view.id, kind="missing_from_bill", who="王姐") == 0
    assert office.shop.write(disputes.dispute, view.id, kind="not_ours", who="王姐") == 1


def test_a_dispute_ends_with_the_credit_of_a_later_bill(office: Office):
    number, view = disputed(office)
    assert office.shop.write(disputes.tell_carrier, "STO", who="王姐") == 1
    later = office.take(
        sheet(line(number, "", "-2.00", "退还多收", day="2026-12-05 10:00:00")),
        name="申通2026年12月.csv")
    (row,) = office.shop.read(bill_reports.disputes)
    assert (row.state, row.credited_fen, row.credited_in) == ("credited", 200, later.id)
    assert office.view(view.id).credited_fen == 200


@pytest.mark.rule("D9")
def test_what_was_paid_for_a_parcel_that_is_lost_by_now_is_asked_back(office: Office):
    lost, fine = handed_over(office.shop, *ORDERS[:2])
    first = office.take(sheet(line(lost), line(fine)))

    def lose(session: Any, *, now: Any) -> None:
        parcel = session.query(Parcel).filter_by(waybill_no=lost).one()
        cases.open_case(session, parcel, CaseKind.LOST, now=now)

    office.shop.write(lose)
    december = sheet(line(lost, "", "-5.00", "丢件理赔", day="2026-12-05 10:00:00"))
    later = office.take(december, name="申通2026年12月.csv")
    (row,) = office.shop.read(bill_reports.disputes)
    assert (row.waybill_no, row.finding, row.fen) == (lost, "lost_but_billed", 500)
    assert (row.bill_id, row.state, row.credited_in) == (first.id, "credited", later.id)


def test_half_a_credit_leaves_the_dispute_standing(office: Office):
    number, _ = disputed(office)
    office.take(sheet(line(number, "", "-1.50", "退还", day="2026-12-05 10:00:00")),
                name="申通2026年12月.csv")
    (row,) = office.shop.read(bill_reports.disputes)
    assert (row.state, row.credited_fen) == ("open", 150)


def test_a_credit_for_another_number_settles_nothing(office: Office):
    disputed(office)
    office.take(sheet(line("773999999999998", "", "-2", "退还", day="2026-12-05 10:00:00")),
                name="申通2026年12月.csv")
    assert [row.state for row in office.shop.read(bill_reports.disputes)] == ["open"]


def loose_money(office: Office, yuan: str) -> LooseCredit:
    """A later bill gives money back and names no parcel."""
    later = sheet(line("", "", yuan, "返还", day="2026-12-05 10:00:00"),
                  line("773999999999998", day="2026-12-05 10:00:00"))
    office.take(later, name="申通2026年12月.csv")
    (credit,) = office.shop.read(loose_credits.loose)
    return credit


@pytest.mark.parametrize(("yuan", "credited", "state", "left"), [
    ("-2.00", 200, "credited", []), ("-1.99", 199, "open", []), ("-5.01", 200, "credited", [301]),
])
def test_money_without_a_number_settles_what_a_person_says(
    office: Office, yuan: str, credited: int, state: str, left: list[int]
):
    disputed(office)
    credit = loose_money(office, yuan)
    (row,) = office.shop.read(bill_reports.disputes)
    assert (row.state, row.credited_fen) == ("open", 0)  # nobody guesses
    assert office.shop.write(loose_credits.link, credit.id, [row.id], who="王姐") == credited
    (row,) = office.shop.read(bill_reports.disputes)
    assert (row.state, row.credited_fen, row.credited_in) == (state, credited, credit.bill_id)
    assert [one.left for one in office.shop.read(loose_credits.loose)] == left
    told = office.shop.read(bill_reports.history, f"bill:{row.bill_id}")
    assert any(step.kind == "credited" and step.who == "王姐" for step in told)


def test_money_is_not_given_twice_nor_to_another_carriers_dispute(office: Office):
    disputed(office)
    credit = loose_money(office, "-2.00")
    nothing = Refusal(Code.BILL_NONE)
    assert office.shop.write(loose_credits.link, credit.id, [], who="王姐") == nothing
    assert office.shop.write(loose_credits.link, credit.id, [99], who="王姐") == nothing
    assert office.shop.write(loose_credits.link, 9999, [1], who="王姐") == nothing
    assert office.shop.write(loose_credits.link, credit.id, [1], who="王姐") == 200
    assert office.shop.write(loose_credits.link, credit.id, [1], who="王姐") == nothing


@pytest.mark.parametrize(("state", "fen", "credited"), [("dropped", 0, 0), ("credited", 999, 200)])
def test_a_dispute_is_settled_by_hand_with_a_reason(
    office: Office, state: str, fen: int, credited: int
):
    disputed(office)
    assert office.shop.write(disputes.settle, 1, state, fen, "", who="王姐") == Refusal(
        Code.BILL_REASON_NEEDED)
    row = office.shop.write(disputes.settle, 1, state, fen, "微信退款", who="王姐")
    assert (row.state, row.credited_fen) == (state, credited)
    assert office.shop.write(disputes.settle, 1, state, fen, "又来", who="王姐") == Refusal(
        Code.BILL_NONE)


def test_a_disputed_bill_is_neither_withdrawn_nor_done_again(office: Office):
    _, view = disputed(office)
    for step in (bills.again, bills.withdraw):
        facts = {"reason": "x"} if step is bills.withdraw else {}
        refused = office.shop.write(step, view.id, who="王姐", **facts)
        assert refused == Refusal(Code.BILL_DISPUTED, {"count": 1})


# --- Months ---------------------------------------------------------------------------------------


def test_a_month_is_closed_by_a_signature_over_its_bills(office: Office):
    _, view = disputed(office)
    closing = office.shop.write(bill_months.close, "STO", "2026-11", who="李经理", strokes=STROKES)
    assert (closing.how, len(closing.signed_hash)) == ("drawn", 64)
    assert office.shop.read(bill_reports.month, "STO", "2026-11").closed
    for refused in (
        office.shop.write(bill_months.close, "STO", "2026-11", who="李经理"),
        office.shop.write(bills.again, view.id, who="王姐"),
        office.bring(sheet(line("1" * 12)), carrier="STO", month="2026-11"),
    ):
        assert refused == Refusal(Code.BILL_CLOSED, {"carrier": "STO", "month": "2026-11"})


def test_a_bill_of_a_closed_month_that_does_not_say_so_fails_in_words(office: Office):
    disputed(office)
    office.shop.write(bill_months.close, "STO", "2026-11", who="李经理")
    view = office.take(sheet(line("773999999999999")), name="late.csv")
    assert (view.state, "已经关了" in view.said[0]) == ("failed", True)
    assert office.found(view.id) == []


def test_a_month_without_a_bill_or_with_one_unfinished_is_not_closed(office: Office):
    assert office.shop.write(bill_months.close, "STO", "2026-11", who="李经理") == Refusal(
        Code.BILL_NONE, {"carrier": "STO", "month": "2026-11"})
    office.bring(sheet(line("773999999999999")))
    assert office.shop.write(bill_months.close, "STO", "2026-11", who="李经理") == Refusal(
        Code.BILL_NOT_DONE, {"name": "申通2026年11月.csv"})


def test_a_month_is_reopened_only_with_a_trace(office: Office):
    disputed(office)
    office.shop.write(bill_months.close, "STO", "2026-11", who="李经理")
    assert office.shop.write(
        bill_months.reopen, "STO", "2026-11", reason="", who="李经理"
    ) == Refusal(Code.BILL_REASON_NEEDED)
    office.shop.write(bill_months.reopen, "STO", "2026-11", reason="补账单", who="李经理")
    month = office.shop.read(bill_reports.month, "STO", "2026-11")
    (closing,) = month.closings
    assert (month.closed, closing.reopened_by, closing.reason) == (False, "李经理", "补账单")
    office.shop.write(bill_months.close, "STO", "2026-11", who="李经理")
    kinds = [row.kind for row in office.shop.read(bill_reports.history, "month:STO:2026-11")]
    assert kinds == ["closed", "reopened", "closed"]
    assert office.shop.read(lambda session: list(history.verify(session))) == []


def test_a_closing_betrays_a_bill_that_was_changed_behind_it(office: Office):
    disputed(office)
    office.shop.write(bill_months.close, "STO", "2026-11", who="李经理")
    (closing,) = office.shop.read(bill_reports.month, "STO", "2026-11").closings
    assert closing.holds

    def tamper(session: Any, *, now: Any) -> None:
        row = session.get(Bill, 1)
        row.totals = {**row.totals, "billed_fen": 1}

    office.shop.write(tamper)
    (closing,) = office.shop.read(bill_reports.month, "STO", "2026-11").closings
    assert not closing.holds


def test_a_page_shows_a_hundred_differences_and_goes_on_behind_them(office: Office):
    rows = [line(f"7739{n:011d}") for n in range(150)]
    view = office.take(sheet(*rows))
    first = office.shop.read(bill_reports.findings, view.id)
    rest = office.shop.read(bill_reports.findings, view.id, after=first[-1].id)
    assert (len(first), len(rest)) == (100, 50)
    (one,) = office.shop.read(bill_reports.findings, view.id, number="00149")
    assert one.waybill_no == "773900000000149"
