"""Reports of a reconciliation: for programs and for the carrier's clerk; text stays text."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from station.bills.told import KINDS, Told, as_json, as_object, write_json, write_xlsx
from station.domain.bill_findings import FINDINGS, Finding, Totals
from station.domain.statements import ReviewRow

NOW = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
RIGHT = Finding(4, "773000000000000", "matched", 500, 500, 0, source="bill.csv")
HEAVY = Finding(
    8, "773000000000005", "heavier_step", 800, 1800, 1000, "above_the_step",
    (("price_not_by_tariff", 100),), 420, 3000, "新疆 乌鲁木齐", "新疆 乌鲁木齐", "2026-11-06",
    "2026-11-06", "2026-11-06T09:00:00+00:00", "阿明", "H-7", "王师傅", 430, "加急", "bill.csv",
)  # fmt: skip
ABSENT = Finding(0, "773000000000003", "missing_from_bill", 1300, 0, -1300, "not_billed")
TOTAL = Finding(0, "", "total_differs", 100, 200, 100, "sum")


def told(*findings: Finding, review: tuple[ReviewRow, ...] = ()) -> Told:
    totals = Totals()
    for one in findings:
        if one.finding != "total_differs":
            totals.add(one)
    totals.close(2300)
    return Told("STO", "2026-11", totals, (("bill.csv", "0" * 64),), review)


def test_a_finding_as_json_begins_with_what_programs_ask_for():
    assert list(as_object(HEAVY))[:6] == ["row", "waybill", "finding", "ours", "theirs", "fen"]
    object_ = json.loads(as_json(HEAVY))
    assert object_ == as_object(HEAVY)
    assert object_["also"] == [{"finding": "price_not_by_tariff", "fen": 100}]
    assert object_["evidence"]["packer"] == "阿明"
    assert object_["evidence"]["handover"] == "H-7"


def test_what_nobody_knows_is_left_out():
    assert as_object(ABSENT)["evidence"] == {}
    assert as_object(ABSENT)["row"] is None
    assert "evidence" not in as_object(TOTAL)


@pytest.mark.parametrize("source", ["bill.csv", '账单 "十一月".csv', "back\\slash"])
def test_the_short_way_to_json_says_what_the_encoder_says(source: str):
    finding = RIGHT._replace(source=source)
    assert json.loads(as_json(finding)) == as_object(finding)


def test_the_json_file_holds_totals_review_and_every_line(tmp_path: Path):
    path = tmp_path / "out.json"
    review = (ReviewRow(9, "bad_money", "运费", "面议", "bill.csv"),)
    findings = [RIGHT, HEAVY, ABSENT]
    write_json(path, told(*findings, review=review), findings)
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert (whole["carrier"], whole["month"]) == ("STO", "2026-11")
    assert [line["waybill"] for line in whole["lines"]] == [one.waybill_no for one in findings]
    assert whole["totals"]["billed_fen"] == whole["totals"]["stated_fen"] == 2300
    assert whole["totals"]["difference_fen"] == sum(line["fen"] for line in whole["lines"])
    assert whole["totals"]["by_finding"]["heavier_step"] == {"count": 1, "fen": 1000}
    assert whole["review"][0]["column"] == "运费"
    assert whole["files"] == [{"name": "bill.csv", "sha256": "0" * 64}]
    assert [one.name for one in tmp_path.iterdir()] == ["out.json"]


def test_a_report_of_nothing_is_whole_json(tmp_path: Path):
    write_json(tmp_path / "out.json", told(), ())
    assert json.loads((tmp_path / "out.json").read_text())["lines"] == []


def test_a_report_that_fails_leaves_the_old_one(tmp_path: Path):
    path = tmp_path / "out.json"
    path.write_text("old")

    def breaking():
        yield RIGHT
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        write_json(path, told(RIGHT), breaking())
    assert path.read_text() == "old"


def rows(path: Path, sheet: str) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()


def test_the_spreadsheet_lists_differences_with_money_and_evidence(tmp_path: Path):
    path = tmp_path / "out.xlsx"
    findings = [RIGHT, HEAVY, ABSENT, TOTAL]
    assert write_xlsx(path, told(*findings), findings, now=NOW) == 0
    header, heavy, absent, total = rows(path, "差异 differences")
    assert heavy[:7] == [8, "773000000000005", "计费重量偏高、单价不符", 18.0, 8.0, 10.0,
                         "计费重量高一档以上 charged in a heavier step than our weight"]
    assert {"阿明", "H-7", "王师傅", 430.0} <= set(heavy)
    assert (absent[1], absent[5], total[2]) == ("773000000000003", -13.0, "合计不符")
    assert len(header) == len(heavy) == 20


def test_the_summary_adds_up_and_shows_what_to_look_at(tmp_path: Path):
    path = tmp_path / "out.xlsx"
    review = (ReviewRow(9, "bad_money", "运费", "面议", "bill.csv"),)
    write_xlsx(path, told(RIGHT, HEAVY, ABSENT, review=review), [RIGHT, HEAVY, ABSENT], now=NOW)
    cells = {row[0]: row[1] for row in rows(path, "汇总 summary") if row[0]}
    assert cells["账单合计 stated total"] == 23.0
    assert cells["差额 difference"] == -3.0
    assert cells["文件 bill.csv"] == "0" * 64
    assert cells["bill.csv 9"] == "bad_money"


@pytest.mark.fault("F20")
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", "＝", "http://", "{="])
def test_text_that_looks_like_a_formula_or_a_link_is_text(tmp_path: Path, begin: str):
    path = tmp_path / "out.xlsx"
    evil = f'{begin}cmd|"/c calc"!A1'
    finding = HEAVY._replace(remark=evil, waybill_no=evil, theirs_place=evil, source=evil)
    review = (ReviewRow(1, "bad_money", "运费", evil, evil),)
    write_xlsx(path, told(finding, review=review), [finding], now=NOW)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8", "replace")
            assert "<f>" not in text
            assert "<hyperlink" not in text
            if name.startswith("xl/worksheets/sheet2"):
                row = re.search(r'<row r="2".*?</row>', text, re.DOTALL)
                assert row is not None
                assert re.findall(r'r="B2"[^>]*t="(\w+)"', row[0]) == ["inlineStr"]
    _, row_read = rows(path, "差异 differences")
    assert str(row_read[1]).strip() == evil.strip()


@settings(max_examples=30, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_text_breaks_the_spreadsheet(tmp_path: Path, text: str):
    path = tmp_path / "any.xlsx"
    finding = HEAVY._replace(remark=text.encode("utf-8", "ignore").decode(), source="x")
    write_xlsx(path, told(finding), [finding], now=NOW)
    assert len(rows(path, "差异 differences")) == 2


def test_a_cell_is_cut_where_the_format_ends_it(tmp_path: Path):
    path = tmp_path / "out.xlsx"
    finding = HEAVY._replace(remark="长" * 40_000)
    write_xlsx(path, told(finding), [finding], now=NOW)
    _, row = rows(path, "差异 differences")
    assert row[18] == "长" * 32_767


def test_what_no_longer_fits_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("station.bills.told._MOST_ROWS", 3)
    path = tmp_path / "out.xlsx"
    assert write_xlsx(path, told(HEAVY), [HEAVY] * 5, now=NOW) == 2
    assert len(rows(path, "差异 differences")) == 4


def test_every_finding_has_its_words():
    assert set(KINDS) == set(FINDINGS)
    assert all(zh and en for zh, en in KINDS.values())
