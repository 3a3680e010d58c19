"""Several tables on one sheet, sheets beside the bill, and columns that a spreadsheet cut."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from unittest import mock

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.bills import sheet_child
from station.bills.below import kind_of
from station.bills.layouts import another_header, recognise
from station.bills.statement import read_statement
from station.domain.statements import Statement

pytestmark = pytest.mark.rule("D12")
Read = Callable[..., Statement]
HEADER = ("业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量", "运费", "备注")
FIRST = ("2026-11-02", "773100000001230", "浙江省", "杭州市", "0.72", "5.00", "")
SECOND = ("2026-11-03", "773100000001237", "江苏省", "苏州市", "0.54", "5.00", "")


def told(statement: Statement) -> list[tuple[str, int | None, str]]:
    """Number, amount and kind of every line."""
    return [(line.waybill_no, line.fee_fen, line.kind) for line in statement.lines]


@pytest.mark.parametrize(("title", "header", "row", "kind", "fen"), [
    ("理赔明细", ("序号", "快递单号", "理赔原因", "理赔金额"), ("1", FIRST[1], "破损", "8.00"),
     "credit", -800),
    ("退款", ("运单号", "金额"), (FIRST[1], "8.00"), "credit", -800),
    ("退款", ("运单号", "金额"), (FIRST[1], "-8.00"), "credit", -800),
    ("", ("运单号", "金额", "说明"), (FIRST[1], "-8.00", "丢件"), "credit", -800),
    ("其他费用", ("日期", "运单号", "费用类型", "金额"), ("2026-11-06", FIRST[1], "包装费", "3.00"),
     "surcharge", 300),
    ("保价", ("日期", "运单号", "金额"), ("2026-11-06", FIRST[1], "1.00"), "insurance", 100),
    ("", ("运单号", "保价费"), (FIRST[1], "1.00"), "insurance", 100),
    ("退件", ("运单号", "运费", "重量"), (FIRST[1], "5.00", "0.7"), "return", 500),
])
def test_a_table_below_is_read_by_its_own_header(
    read: Read, title: str, header: tuple[str, ...], row: tuple[str, ...], kind: str, fen: int
):
    statement = read([
        HEADER, FIRST, ("合计", "", "", "", "", "5.00"), (), (title,), header, row])
    assert told(statement) == [(FIRST[1], 500, "freight"), (FIRST[1], fen, kind)]
    assert statement.total_fen == 500 + fen
    assert not statement.review


def test_more_parcels_below_may_have_their_columns_in_another_order(read: Read):
    statement = read([
        HEADER, FIRST, ("合计", "", "", "", "", "5.00"), ("补录件",),
        ("运单号", "运费(元)", "结算重量(g)", "目的省", "目的市", "扫描时间"),
        ("773100000001237", "5.00", "540", "江苏省", "苏州市", "2026-11-03"), ("合计", "5.00")])
    assert statement.lines[1][:8] == (
        6, "773100000001237", 500, "freight", "2026-11-03", "江苏省", "苏州市", 540)
    assert statement.total_fen == 1000
    assert not statement.review


def test_a_header_of_two_rows_may_stand_below(read: Read):
    statement = read([
        HEADER, FIRST, (), ("快递单号", "运费", "", "目的地", ""), ("", "首重", "续重", "省", "市"),
        ("773100000001237", "4.00", "1.00", "江苏省", "苏州市")])
    assert told(statement)[1:] == [("773100000001237", 500, "freight")]
    assert statement.lines[1].city == "苏州市"


@pytest.mark.parametrize(("totals", "stated"), [
    ((("合计", "", "", "", "", "5.00"), ("合计", "8.00")), -300),  # each its own
    ((("合计", "", "", "", "", "5.00"), ("应付总计", "-3.00")), -300),  # the last is both's
    ((("合计", "", "", "", "", "5.00"), ()), -300),
    (((), ("总计", "-2.00")), -200),  # and whether it agrees is for others to say
    (((), ()), None),
])
def test_the_total_of_a_sheet_is_that_of_all_its_tables(
    read: Read, totals: tuple[tuple[str, ...], ...], stated: int | None
):
    statement = read([
        HEADER, FIRST, totals[0], ("理赔明细",), ("运单号", "理赔金额"), (FIRST[1], "8.00"),
        totals[1]])
    assert statement.total_fen == stated


@pytest.mark.parametrize("rows", [
    (("按省汇总",), ("省份", "票数", "", "", "重量", "金额"),
     ("浙江省", "1", "", "", "0.72", "5.00"),
     ("其他", "7", "", "", "6.8", "62.00"), ("合计", "8", "", "", "", "67.00")),
    (("制表人：张三", "", "审核：", "", "日期：2026-12-01", ""),),
    (("合计（大写）：人民币伍元整", "", "", "", "小写：", "5.00"),),
    (("本期费用", "", "", "", "", "5.00"), ("应付合计", "", "", "", "", "5.00")),
    (("本页小计", "", "", "", "", "5.00"), ("承前页", "", "", "", "", "5.00"),
     ("累计", "", "", "", "", "5.00")),
    (("总合计", "", "", "", "", "5.00"),),
])
def test_what_stands_below_the_parcels_is_no_parcel(read: Read, rows: tuple[tuple[str, ...], ...]):
    statement = read([HEADER, FIRST, *rows])
    assert told(statement) == [(FIRST[1], 500, "freight")]
    assert statement.total_fen in (None, 500)
    assert not statement.review


def test_parcels_behind_an_overview_count_again(read: Read):
    statement = read([HEADER, FIRST, ("省份", "票数"), ("浙江", "1"), SECOND])
    assert [line.waybill_no for line in statement.lines] == [FIRST[1], SECOND[1]]


def test_blocks_side_by_side_are_one_table(read: Read):
    header = ("日期", "运单号", "重量", "运费", "保价费")
    statement = read([
        (*header, "", *header), ("2026-11-02", FIRST[1], "0.7", "5.00", "", "",
                                 "2026-11-03", SECOND[1], "0.5", "5.00", "1.00"),
        ("2026-11-04", "773100000001244", "0.5", "5.00")])
    assert told(statement) == [
        (FIRST[1], 500, "freight"), (SECOND[1], 500, "freight"), (SECOND[1], 100, "insurance"),
        ("773100000001244", 500, "freight")]


def test_a_header_may_speak_two_languages(read: Read):
    statement = read([
        ("业务时间 Date", "运单号 Waybill No.", "Weight(kg) 结算重量", "运费 Freight\n(元)"),
        ("2026-11-02", FIRST[1], "0.72", "5.00")])
    assert statement.lines[0][:8] == (2, FIRST[1], 500, "freight", "2026-11-02", "", "", 720)


@pytest.mark.parametrize("title", ["对账周期：2026.10.26-2026.11.25", "2026-10-26 至 2026-11-25"])
def test_a_period_that_crosses_months_leaves_the_month_to_the_lines(read: Read, title: str):
    assert read([(title,), HEADER, FIRST, SECOND]).month == "2026-11"


def test_numbers_that_a_spreadsheet_cut_are_damaged_all_of_them(read: Read):
    rows = [("2026-11-02", f"81001234567890{n}000", "浙江省", "杭州市", "0.7", "5.00", "")
            for n in (1, 1, 2)]
    statement = read([HEADER, *rows])
    assert [line.damaged for line in statement.lines] == [True] * 3
    assert [row.code for row in statement.review] == ["damaged_number"] * 3


def test_one_number_with_zeros_among_whole_ones_is_read(read: Read):
    rows = [("2026-11-02", number, "浙江省", "杭州市", "0.7", "5.00", "")
            for number in ("810012345678901000", "810012345678901037")]
    statement = read([HEADER, *rows])
    assert [line.damaged for line in statement.lines] == [False, False]
    assert not statement.review


def workbook(*sheets: tuple[str, list[tuple[object, ...]]], hidden: str = "") -> bytes:
    """An XLSX of these sheets, one of them hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def read_book(
    folder: Path, *sheets: tuple[str, list[tuple[object, ...]]], hidden: str = ""
) -> Statement:
    """What is read out of such a workbook."""
    path = folder / "申通2026年11月.xlsx"
    path.write_bytes(workbook(*sheets, hidden=hidden))
    return read_statement(path)


def test_a_hidden_copy_is_left_out_and_said(tmp_path: Path):
    rows: list[tuple[object, ...]] = [HEADER, FIRST, SECOND]
    statement = read_book(tmp_path, ("账单", rows), ("原始数据", rows), hidden="原始数据")
    assert len(statement.lines) == 2
    assert [(row.code, row.value) for row in statement.review] == [("hidden_sheet", "原始数据")]


def test_a_sheet_that_stands_there_twice_is_billed_once_and_said(tmp_path: Path):
    rows: list[tuple[object, ...]] = [HEADER, FIRST, SECOND]
    statement = read_book(tmp_path, ("账单", [("申通对账单",), *rows]), ("账单 (2)", rows))
    assert len(statement.lines) == 2
    assert [(row.code, row.value) for row in statement.review] == [("repeated_sheet", "账单 (2)")]


def test_sheets_of_equal_length_that_differ_in_one_cell_are_both_billed(tmp_path: Path):
    other = (*FIRST[:5], "6.00", "")
    statement = read_book(tmp_path, ("华东", [HEADER, FIRST]), ("华南", [HEADER, other]))
    assert [line.fee_fen for line in statement.lines] == [500, 600]
    assert not statement.review


@pytest.mark.parametrize("filtered", [True, False])
def test_rows_that_nobody_sees_are_billed_and_said(tmp_path: Path, filtered: bool):
    book = openpyxl.load_workbook(BytesIO(workbook(("账单", [HEADER, FIRST, SECOND]))))
    if filtered:
        book["账单"].auto_filter.ref = "A1:G3"
    book["账单"].row_dimensions[3].hidden = True
    path = tmp_path / "申通2026年11月.xlsx"
    book.save(path)
    statement = read_statement(path)
    assert len(statement.lines) == 2
    assert [(row.code, row.value) for row in statement.review] == [("hidden_rows", "1")]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=300), st.integers(1, 5000))
def test_hidden_rows_are_counted_however_the_file_is_cut(hidden: list[int], chunk: int):
    signs = ["", 'hidden="1"', "hidden='true'", 'hidden="0"']
    rows = "".join(f'<row r="{n}" spans="1:9" {signs[one]} ht="15"><c r="A{n}"/></row>'
                   for n, one in enumerate(hidden, 1))
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{rows}</sheetData>")
    with zipfile.ZipFile(data) as book, mock.patch.object(sheet_child, "_CHUNK", chunk):
        assert sheet_child._hidden_in(book, "worksheets/sheet1.xml") == sum(
            one in (1, 2) for one in hidden)


def test_a_bill_that_is_hidden_altogether_is_read(tmp_path: Path):
    statement = read_book(
        tmp_path, ("说明", [("见隐藏表",)]), ("账单", [HEADER, FIRST]), hidden="账单")
    assert told(statement) == [(FIRST[1], 500, "freight")]


def test_a_sheet_of_weights_beside_prices_charges_nothing_twice(tmp_path: Path):
    statement = read_book(
        tmp_path, ("汇总", [("项目", "票数", "金额"), ("运费", 1, 5)]), ("账单", [HEADER, FIRST]),
        ("称重明细", [("运单号", "实际重量"), (FIRST[1], 0.72)]))
    assert told(statement) == [(FIRST[1], 500, "freight")]
    assert [row.code for row in statement.review] == ["charges_nothing"]


def test_weights_below_prices_charge_nothing_either(read: Read):
    statement = read([HEADER, FIRST, (), ("运单号", "实际重量"), (FIRST[1], "0.72")])
    assert told(statement) == [(FIRST[1], 500, "freight")]
    assert [(row.code, row.value) for row in statement.review] == [("charges_nothing", "1")]


def test_a_sheet_of_its_own_gives_back(tmp_path: Path):
    statement = read_book(
        tmp_path, ("运费明细", [HEADER, FIRST, ("合计", "", "", "", "", "5.00")]),
        ("理赔", [("运单号", "金额"), (FIRST[1], 13), ("合计", 13)]))
    assert told(statement) == [(FIRST[1], 500, "freight"), (FIRST[1], -1300, "credit")]
    assert statement.total_fen == -800


@pytest.mark.parametrize(("title", "kind"), [
    ("理赔明细", "credit"), ("11月运费及理赔对账单", "freight"), ("", "freight"),
    ("保价服务", "insurance"), ("包装耗材", "surcharge"), ("退件", "return"), ("明细", "freight"),
])
def test_a_title_says_what_its_table_charges_for(title: str, kind: str):
    assert kind_of(title) == kind


@pytest.mark.parametrize("row", [
    HEADER, ("制表人", "审核"), ("2026-11-02", "773100000001230"), ("运单号",), ("单号", "备注"),
    (),
])
def test_other_rows_begin_no_table(row: tuple[str, ...]):
    layout = recognise(HEADER)
    assert layout is not None
    assert another_header(row, layout) is None
