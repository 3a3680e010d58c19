"""A statement against the station's own records: from the database, and out of a list (D12)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from simulators import statement_files, statements
from station.bills.shipments import shipment
from station.bills.statement import StatementFile, read_statement
from station.bills.trouble import StatementError
from station.carriers import example_tariffs
from station.db.models import Handover, Packaging, Parcel
from station.domain.bill_findings import Finding, Totals
from station.domain.bill_prices import Prices
from station.domain.cases import CaseKind
from station.domain.reconciliation import Terms, match
from station.domain.tariffs import Average, Bracket
from station.domain.vocabulary import CarrierCode
from station.services import billing, cases, corrections, handover

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.rule("D12")
JEANS = "JN8801-黑色-32"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]
HEADER = ("业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量", "运费", "备注")
ASKED = billing.Asked(example_tariffs())


def bill(path: Path, *lines: Sequence[object], total: str = "") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *lines,
        *([["合计", "", "", "", "", total]] if total else [])])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def line(number: str | None, weight: str = "1", fee: str = "5.00",
    remark: str = "") -> list[object]:
    return ["2026-11-23 18:00:00", number, "浙江省", "台州市", weight, fee, remark]


def hand_over(shop: Shop, parcel: Parcel, grams: int = 620) -> None:
    """Hand one parcel to the courier, at his weight."""

    def whole(session: Any, *, now: Any) -> None:
        pile = handover.open_session(session, parcel.carrier, who="仓管", now=now).id
        handover.scan(session, pile, parcel.waybill_no, who="仓管", now=now)
        handover.enter_figures(
            session, pile, parcel.id, weight_g=grams, price_fen=500, rules=shop.rules, who="仓管",
            now=now)
        handover.close(
            session, pile, courier="王师傅", strokes=STROKES, who="仓管", rules=shop.rules, now=now)

    shop.write(whole)


def reconciled(
    shop: Shop, *paths: Path, asked: billing.Asked = ASKED, **facts: Any
) -> tuple[list[Finding], Totals]:
    def look(session: Any) -> tuple[list[Finding], Totals]:
        with ExitStack() as stack:
            files = [stack.enter_context(StatementFile(path)) for path in paths]
            book = billing.StationBook(session, **facts)
            with billing.reconcile(files, book, asked) as found:
                return list(found.findings()), found.totals

    return shop.read(look)


def test_a_parcel_that_was_handed_over_is_matched(open_shop: Shop, tmp_path: Path):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)
    findings, totals = reconciled(
        open_shop, bill(tmp_path / "b.csv", line(parcel.waybill_no), total="5.00"))
    assert [one.finding for one in findings] == ["matched"]
    assert (totals.billed_fen, totals.owed_fen, totals.stated_fen) == (500, 500, 500)


def test_a_difference_brings_the_evidence_of_the_bench_and_the_hand_over(
    open_shop: Shop, tmp_path: Path
):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel, 640)
    (one,), _ = reconciled(open_shop, bill(tmp_path / "b.csv", line(parcel.waybill_no, "3", "7")))
    assert (one.finding, one.fen, one.ours_g, one.theirs_g) == ("heavier_step", 200, 600, 3000)
    assert (one.packer, one.courier, one.courier_g) == ("阿明", "王师傅", 640)
    assert one.handover_no.startswith("STO")
    assert one.handed_on == "2026-11-23"


def test_what_is_not_on_the_bill_is_missing_and_what_was_never_ours_is_not_ours(
    open_shop: Shop, tmp_path: Path
):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)
    findings, _ = reconciled(open_shop, bill(tmp_path / "b.csv", line("773999999999999")))
    assert [(one.finding, one.reason) for one in findings] == [
        ("not_ours", "unknown_number"), ("missing_from_bill", "not_billed")]


def test_numbers_that_never_left_are_known_as_ours(open_shop: Shop, tmp_path: Path):
    sealed = open_shop.seal("2450000000000000901", JEANS)
    unused = "773100000000005"
    findings, _ = reconciled(
        open_shop, bill(tmp_path / "b.csv", line(sealed.waybill_no), line(unused)))
    assert [(one.finding, one.reason) for one in findings] == [
        ("not_ours", "never_handed_over")] * 2


def test_a_parcel_of_another_month_is_found_by_its_number(open_shop: Shop, tmp_path: Path):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)
    asked = billing.Asked(example_tariffs(), month="2026-12")
    path = bill(tmp_path / "b.csv", line(parcel.waybill_no))
    (one,), _ = reconciled(open_shop, path, asked=asked)
    assert (one.finding, one.reason) == ("other_month", "handed_over_then")


@pytest.mark.rule("D8", "D9")
def test_open_cases_say_that_nothing_is_owed(open_shop: Shop, tmp_path: Path):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)
    troubles = {parcel.waybill_no: "unreachable"}
    path = bill(tmp_path / "b.csv", line(parcel.waybill_no))
    (one,), _ = reconciled(open_shop, path, troubles=troubles)
    assert (one.finding, one.fen) == ("unreachable_but_billed", 500)
    nobody = bill(tmp_path / "c.csv", line("773999999999999"))
    findings, totals = reconciled(open_shop, nobody, troubles=troubles)
    assert [one.finding for one in findings] == ["not_ours"]
    assert totals.unbilled_rightly == 1


@pytest.mark.parametrize(("moment", "month"), [
    ("2026-10-31T15:59:59+00:00", "2026-10"), ("2026-10-31T16:00:00+00:00", "2026-11"),
    ("2026-11-30T15:59:59+00:00", "2026-11"), ("2026-11-30T16:00:00+00:00", "2026-12"),
])
def test_a_month_begins_and_ends_at_the_shops_midnight(moment: str, month: str):
    from datetime import datetime  # noqa: PLC0415 - the only test that needs it

    first, after = billing.month_bounds(month)
    assert first <= datetime.fromisoformat(moment) < after


def test_a_statement_in_two_files_is_one_statement(open_shop: Shop, tmp_path: Path):
    first, second = (open_shop.seal(f"245000000000000090{n}", JEANS) for n in (1, 2))
    for parcel in (first, second):
        hand_over(open_shop, parcel)
    paths = [bill(tmp_path / f"{n}.csv", line(parcel.waybill_no), total="5.00")
             for n, parcel in enumerate((second, first))]
    findings, totals = reconciled(open_shop, *paths)
    assert [(one.finding, one.source) for one in findings] == [
        ("matched", "0.csv"), ("matched", "1.csv")]
    assert totals.stated_fen == 1000


def test_two_carriers_in_one_call_are_refused(open_shop: Shop, tmp_path: Path):
    other = tmp_path / "圆通.csv"
    other.write_text("快递单号,重量,运费\n773100000000001,1,5\n", encoding="utf-8")
    with pytest.raises(StatementError) as wrong:
        reconciled(open_shop, bill(tmp_path / "b.csv", line("773100000000001")), other)
    assert wrong.value.code == "two_carriers"


@pytest.mark.parametrize(("name", "text", "code"), [
    ("x.csv", "快递单号,重量,运费\n773100000000001,1,5\n", "unknown_carrier"),
    ("申通.csv", "快递单号,重量,运费\n773100000000001,1,5\n", "unknown_month"),
])
def test_what_nothing_tells_must_be_said(
    open_shop: Shop, tmp_path: Path, name: str, text: str, code: str
):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StatementError) as wrong:
        reconciled(open_shop, path)
    assert wrong.value.code == code
    asked = billing.Asked(example_tariffs(), "STO", "2026-11")
    findings, _ = reconciled(open_shop, path, asked=asked)
    assert [one.finding for one in findings] == ["not_ours"]


def test_the_same_file_again_is_known(shop: Shop):
    files = {"a" * 64: "bill.csv", "b" * 64: "more.csv"}
    assert shop.read(billing.told_before, list(files)) == {}
    shop.write(billing.remember, files, {"matched": 3})
    first = shop.now
    shop.later(days=1)
    shop.write(billing.remember, files, {"matched": 4})
    assert shop.read(billing.told_before, list(files)) == dict.fromkeys(files, first)


# --- Generated months, with the truth -------------------------------------------------------------


@pytest.fixture
def months(tmp_path: Path) -> Callable[[int], Iterator[tuple[Any, Any, Path, Path]]]:
    """Months by seed: as made, as written, the statement's path and the parcels' path."""

    def make(seed: int) -> tuple[Any, Any, Path, Path]:
        layout = statement_files.LAYOUTS[seed % 5]
        kinds = (*statements.MISTAKES, *statements.HARMLESS)
        mistakes = {kind: (seed * 31 + place * 17) % 3 for place, kind in enumerate(kinds)}
        month = statements.make_month(
            layout.partition("_")[0], ("2026-11", "2026-02", "2027-01")[seed % 3], 1 + seed % 11,
            seed=seed, mistakes=mistakes)
        encoding = ("gb18030", "utf-8-sig", "utf-8")[seed % 3]
        written = statement_files.write(
            month, layout, seed=seed, spreadsheet=seed % 50 == 7, encoding=encoding,
            clean=seed % 9 == 0)
        path = tmp_path / written.name
        path.write_bytes(written.data)
        ours = tmp_path / "ours.json"
        ours.write_text(json.dumps(list(statements.shipments(month))), encoding="utf-8")
        return month, written, path, ours

    return make


def as_truth(findings: Sequence[Finding]) -> list[tuple[Any, ...]]:
    return sorted(
        (one.row, one.waybill_no, one.finding, one.ours, one.theirs, one.fen) for one in findings)


def the_truth(month: Any, written: Any) -> list[tuple[Any, ...]]:
    return sorted(
        (one["row"] or 0, *(one[key] for key in ("waybill", "finding", "ours", "theirs", "fen")))
        for one in statement_files.truth(month, written))


@pytest.mark.parametrize("block", range(20))
def test_thousands_of_statements_find_every_planted_mistake_and_none_extra(block: int, months):
    prices = Prices(example_tariffs())
    for seed in range(block * 100, block * 100 + 100):
        month, written, path, _ = months(seed)
        statement = read_statement(path)
        assert (statement.carrier, statement.month) == (month.carrier, month.month), seed
        assert statement.total_fen == month.stated_fen, seed
        parcels = [shipment(one) for one in statements.shipments(month)]
        terms = Terms(statement.month, prices, statement.carrier)
        findings, totals = list(match(statement.lines, parcels, terms)), Totals()
        for one in findings:
            totals.add(one)
        last = totals.close(statement.total_fen)
        assert as_truth([*findings, *([last] if last else [])]) == the_truth(month, written), seed
        assert totals.difference_fen == month.stated_fen - totals.owed_fen, seed


@pytest.mark.parametrize("seed", range(3000, 3030))
def test_a_month_joined_on_disk_finds_the_same(seed: int, months, monkeypatch):
    monkeypatch.setattr("station.bills.spool._TOGETHER", 2)
    month, written, path, ours = months(seed)
    with StatementFile(path) as file, billing.reconcile(
        [file], billing.ListedBook(ours), ASKED
    ) as found:
        findings = list(found.findings())
        assert as_truth(findings) == the_truth(month, written)
        spared = sum(one.trouble == "lost" for one in month.sent) - sum(
            one.finding == "lost_but_billed" and one.reason == "our_case" for one in findings)
        assert found.totals.unbilled_rightly == spared
    in_file = [one.row for one in findings if one.row]
    assert in_file == sorted(in_file)
    assert [one.row for one in findings] == in_file + [0] * (len(findings) - len(in_file))


def test_the_same_statement_twice_charges_for_everything_twice(months):
    _, _, path, ours = months(3000)
    with StatementFile(path) as one, StatementFile(path, name="again.csv") as two, (
        billing.reconcile([one, two], billing.ListedBook(ours), ASKED)
    ) as found:
        second = [line for line in found.findings() if line.source == "again.csv"]
    assert {line.finding for line in second} <= {
        "billed_twice", "not_ours", "credit", "insurance_line", "total_differs"}


def test_whoever_waits_is_told_how_far_it_is(months, monkeypatch):
    monkeypatch.setattr(billing, "_EVERY", 2)
    _, written, path, ours = months(3001)
    told: list[tuple[str, int]] = []
    with StatementFile(path) as file, billing.reconcile(
        [file], billing.ListedBook(ours), ASKED, progress=lambda *what: told.append(what)
    ):
        pass
    assert ("lines", len(written.rows)) in told
    assert {what for what, _ in told} == {"lines", "parcels", "matched"}
    assert told[-1] == ("matched", len(written.rows))


def test_a_file_that_breaks_off_leaves_nothing_on_disk(tmp_path: Path, monkeypatch, months):
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    monkeypatch.setattr("station.bills.spool._TOGETHER", 2)
    _, _, path, ours = months(3002)
    with path.open("ab") as file:
        file.write(b"x,\r\n" * 60 + b'1,2,"never closed')
    with StatementFile(path) as opened, pytest.raises(StatementError) as wrong:
        billing.reconcile([opened], billing.ListedBook(ours), ASKED)
    assert wrong.value.code == "broken_quotes"
    assert list((tmp_path / "temp").iterdir()) == []


@pytest.mark.rule("D9")
def test_a_case_at_the_desk_is_a_deduction_on_the_bill(open_shop: Shop, tmp_path: Path):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)
    open_shop.write(cases.begin, parcel.id, CaseKind.UNREACHABLE, open_shop.rules, who="李")
    (one,), totals = reconciled(open_shop, bill(tmp_path / "b.csv", line(parcel.waybill_no)))
    assert (one.finding, one.reason, one.fen) == ("unreachable_but_billed", "our_case", 500)
    assert totals.owed_fen == 0


# --- What was agreed after the closing, and prices by the month's average -------------------------


def left(shop: Shop, order_no: str, grams: int, courier_g: int, **facts: Any) -> tuple[int, Parcel]:
    """A parcel that left, with the manager's word where the figures differ; its hand-over too."""
    parcel = shop.seal(order_no, JEANS, grams=grams, buyer=order_no)
    pile = shop.write(
        lambda s, *, now: handover.open_session(s, parcel.carrier, who="仓管", now=now).id)
    shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
    shop.write(handover.enter_figures, pile, parcel.id, weight_g=courier_g, price_fen=900,
               rules=shop.rules, who="仓管")
    shop.write(handover.accept, pile, parcel.id, manager="陈姐", reason="急")
    closed = shop.write(handover.close, pile, courier="王师傅", strokes=STROKES, who="仓管",
                        rules=shop.rules, **facts)
    assert closed.state == "closed"
    return pile, parcel


def correct(shop: Shop, pile: int, parcel: Parcel, grams: int, fen: int | None = 500) -> None:
    shop.write(
        corrections.correct, pile, parcel.waybill_no, weight_g=grams, price_fen=fen,
        reason="看错秤", courier="王师傅", strokes=STROKES, who="老周")


@pytest.mark.rule("D6")
def test_a_signed_correction_takes_back_a_weight_that_was_accepted_at_the_door(
    open_shop: Shop, tmp_path: Path
):
    pile, parcel = left(open_shop, "2450000000000000901", 620, 2900)
    path = bill(tmp_path / "b.csv", line(parcel.waybill_no, "3", "7"))
    (before,), _ = reconciled(open_shop, path)
    assert (before.finding, before.reason) == ("matched", "accepted_at_handover")
    correct(open_shop, pile, parcel, 2900)
    correct(open_shop, pile, parcel, 640)
    (after,), _ = reconciled(open_shop, path)
    assert (after.finding, after.courier_g, after.fen) == ("heavier_step", 640, 200)
    assert after.reason != "accepted_at_handover"


@pytest.mark.rule("D6")
def test_a_signed_correction_to_more_is_owed_as_the_courier_charges_it(
    open_shop: Shop, tmp_path: Path
):
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)
    pile = open_shop.read(lambda s: s.scalars(select(Handover.id)).one())
    path = bill(tmp_path / "b.csv", line(parcel.waybill_no, "3", "7"))
    (before,), _ = reconciled(open_shop, path)
    assert (before.reason, before.courier_g) == ("above_the_step", 620)
    correct(open_shop, pile, parcel, 2900, None)
    (after,), _ = reconciled(open_shop, path)
    assert (after.reason, after.courier_g) == ("accepted_at_handover", 2900)
    (told,) = open_shop.read(billing.handed_over)
    assert (told["courier_g"], told["accepted"]) == (2900, True)


def test_of_two_parcels_only_the_corrected_one_changes(open_shop: Shop, tmp_path: Path):
    pile, one = left(open_shop, "2450000000000000901", 620, 2900)
    _, other = left(open_shop, "2450000000000000902", 620, 2900)
    correct(open_shop, pile, one, 640)
    lines = [line(parcel.waybill_no, "3", "7") for parcel in (one, other)]
    path = bill(tmp_path / "b.csv", *lines)
    findings, totals = reconciled(open_shop, path)
    assert [found.courier_g for found in findings] == [640, 2900]
    assert totals.lines == 2


def test_a_contract_by_the_average_is_checked_by_the_months_own_average(
    open_shop: Shop, tmp_path: Path
):
    sto = next(one for one in example_tariffs() if one.carrier is CarrierCode.STO)
    zones = tuple(
        replace(zone, average=Average((Bracket(500, 230), Bracket(3000, 300))))
        for zone in sto.zones)
    asked = billing.Asked((replace(sto, zones=zones),))
    _, light = left(open_shop, "2450000000000000901", 401, 2900)
    alone = bill(tmp_path / "a.csv", line(light.waybill_no, "0.4", "2.30"))
    (one,), totals = reconciled(open_shop, alone, asked=asked)
    assert (one.finding, totals.owed_fen) == ("matched", 230)
    _, heavy = left(open_shop, "2450000000000000902", 1205, 2900)
    both = bill(tmp_path / "b.csv", line(light.waybill_no, "0.4", "3.00"),
                line(heavy.waybill_no, "1.2", "3.00"))
    findings, totals = reconciled(open_shop, both, asked=asked)
    assert [found.finding for found in findings] == ["matched", "matched"]
    assert totals.owed_fen == 600


def test_a_large_box_is_owed_by_its_size_also_on_the_bill(open_shop: Shop, tmp_path: Path):
    sto = next(one for one in example_tariffs() if one.carrier is CarrierCode.STO)
    zones = tuple(replace(zone, volume_divisor=8000) for zone in sto.zones)
    asked = billing.Asked((replace(sto, zones=zones),))
    parcel = open_shop.seal("2450000000000000901", JEANS)
    hand_over(open_shop, parcel)

    def box(session: Any, *, now: Any) -> None:
        made = Packaging(code="BOX", name="大箱", kind="box", length_mm=400, width_mm=300,
                         height_mm=200)
        session.add(made)
        session.flush()
        session.get_one(Parcel, parcel.id).packaging_id = made.id

    path = bill(tmp_path / "b.csv", line(parcel.waybill_no, "3", "7"))
    assert reconciled(open_shop, path, asked=asked)[0][0].finding == "heavier_step"
    open_shop.write(box)
    (one,), totals = reconciled(open_shop, path, asked=asked)
    assert (one.finding, totals.owed_fen) == ("matched", 700)
