"""Statements as they come: titles, dirt, totals, credits, several amounts in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.statement_files import SF_FULL, SF_SHORT
from station.bills.layouts import ToldLayout
from station.bills.statement import busiest, month_in, read_statement
from station.bills.trouble import StatementError
from station.domain.statements import Statement

Read = Callable[..., Statement]
NUMBER = "773000000000001"
LINE = ("2026-11-02 18:05:00", NUMBER, "浙江省", "杭州市", "1", "5.00", "")


def row(**cells: object) -> tuple[object, ...]:
    names = ("day", "number", "province", "city", "weight", "fee", "remark")
    return tuple(cells.get(name, usual) for name, usual in zip(names, LINE, strict=True))


def sf_full(**cells: object) -> list[object]:
    return [cells.get(name.split("\n")[0], "") for name in SF_FULL]


def test_a_plain_statement_is_read_whole(sto: Read):
    statement = sto(LINE, ("合计", "", "", "", "", "5.00"))
    (line,) = statement.lines
    assert (statement.carrier, statement.month, statement.total_fen) == ("STO", "2026-11", 500)
    assert line[:9] == (2, NUMBER, 500, "freight", "2026-11-02", "浙江省", "杭州市", 1000,
        "bill.csv")
    assert statement.review == ()


def test_titles_name_carrier_and_month_before_anything_else(read: Read, header):
    statement = read([["圆通速递 2026年10月 对账单"], [], header, LINE])
    assert (statement.carrier, statement.month) == ("YTO", "2026-10")
    assert statement.lines[0].row == 4


def test_when_a_file_was_made_is_not_its_month(read: Read, header):
    statement = read([["制表时间：2026-12-03"], ["2026年11月账单"], header, LINE])
    assert statement.month == "2026-11"


@pytest.mark.parametrize(("text", "month"), [
    ("2026年11月", "2026-11"), ("申通2026年1月账单", "2026-01"), ("bill-202611.csv", "2026-11"),
    ("2026-11-01至2026-11-30", "2026-11"), ("2026.11", "2026-11"), ("12026113", ""), ("", ""),
    ("打印日期 2026-12-01", ""), ("20261101", ""),
])
def test_a_month_is_found_in_a_title(text: str, month: str):
    assert month_in(text) == month


def test_without_a_title_the_busiest_month_counts():
    assert busiest(Counter({"2026-11": 5, "2026-12": 2, "": 9})) == "2026-11"
    assert busiest(Counter({"": 9})) == ""


def test_blank_rows_repeated_headers_and_subtotals_are_no_lines(sto: Read, header):
    statement = sto(
        LINE, (), ("", "", ""), header, row(number="773000000000002"),
        ("小计", "", "", "", "", "10.00"), ("本页小计", "", "", "", "", "10.00"),
        row(number="773000000000003"), ("合计", "", "", "", "", "15.00"),
        ("制表：", "张三", "复核：", "", ""), ("备注：请于十日内核对",),
    )
    assert [line.waybill_no[-1] for line in statement.lines] == ["1", "2", "3"]
    assert (statement.total_fen, statement.review) == (1500, ())


@pytest.mark.parametrize("total", [
    ("合计", "", "", "", "", "321.00"), ("总计：", "", "", "", "3", "321.00"),
    ("合 计", "", "", "", "", 321),
    ("", "合计", "", "", "", "¥321.00元"), ("合计", "42", "", "", "63kg", "321.00"),
    ("合计", "1000000", "", "", "", "321.00"), ("合计：42票", "", "", "", "", "321.00"),
    ("", "", "", "", "合计", "321.00"), ("合计：321.00元",), ("本期应付金额：¥321.00",),
    ("合计金额", "", "", "", "", "", "321.00"), ("Total", "", "", "", "", "321"),
    ("合计(元)", "", "", "", "", "321.00"), ("本月合计", "", "", "", "", "321.00"),
])
def test_a_total_is_found_wherever_it_stands(sto: Read, total: tuple[object, ...]):
    statement = sto(LINE, total)
    assert (len(statement.lines), statement.total_fen) == (1, 32100)


def test_the_last_total_counts(sto: Read):
    statement = sto(LINE, ("合计", "", "", "", "", "5"), LINE, ("总计", "", "", "", "", "10"))
    assert statement.total_fen == 1000


def test_a_statement_without_a_total_states_none(sto: Read):
    assert sto(LINE).total_fen is None


def test_a_total_that_cannot_be_read_is_seen(sto: Read):
    statement = sto(LINE, ("合计", "", "", "", "", "见附件"))
    assert statement.total_fen is None
    assert [one.code for one in statement.review] == ["unreadable_total"]


def test_a_credit_needs_no_number(sto: Read):
    statement = sto(LINE,
        row(number="", province="", city="", weight="", fee="-6.00", remark="返点"))
    line = statement.lines[1]
    assert (line.kind, line.fee_fen, line.waybill_no, line.remark) == ("credit", -600, "", "返点")
    assert statement.review == ()


def test_a_credit_may_name_its_parcel(sto: Read):
    (_, line) = sto(LINE, row(fee="-5.00", remark="丢件理赔")).lines
    assert (line.kind, line.waybill_no, line.trouble) == ("credit", NUMBER, "")


def test_a_charge_without_a_number_counts_and_is_seen(sto: Read):
    statement = sto(LINE, row(number="", weight="", fee="50", remark="面单费"))
    assert statement.lines[1].fee_fen == 5000
    assert [(one.row, one.code) for one in statement.review] == [(3, "missing_number")]


def test_a_damaged_number_counts_and_is_seen(sto: Read):
    statement = sto(row(number="7.73E+14"))
    (line,) = statement.lines
    assert (line.damaged, line.fee_fen, line.waybill_no) == (True, 500, "7.73E+14")
    assert statement.review[0][:4] == (2, "damaged_number", "运单号", "7.73E+14")


@pytest.mark.parametrize(("cells", "code", "column"), [
    ({"fee": "面议"}, "bad_money", "运费"), ({"weight": "重"}, "bad_weight", "结算重量"),
    ({"day": "昨天"}, "bad_day", "业务时间"),
])
def test_a_cell_that_cannot_be_read_is_seen_with_row_and_column(
    sto: Read, cells: dict[str, str], code: str, column: str
):
    statement = sto(LINE, row(**cells))
    assert len(statement.lines) == 2
    (seen,) = statement.review
    assert (seen.row, seen.code, seen.column) == (3, code, column)
    assert seen.value in cells.values()


@pytest.mark.parametrize(("remark", "trouble"), [
    ("丢件", "lost"), ("破损", "damaged"), ("退回件", "returned"), ("无法送达", "unreachable"),
    ("加急", ""),
])
def test_a_remark_on_the_freight_says_what_became_of_the_parcel(
    sto: Read, remark: str, trouble: str
):
    (line,) = sto(row(remark=remark)).lines
    assert (line.kind, line.trouble, line.remark) == ("freight", trouble, remark)


@pytest.mark.parametrize("dirty", [
    {"number": f"  {NUMBER} "}, {"number": f'="{NUMBER}"'}, {"number": f"'{NUMBER}"},
    {"number": f"{NUMBER}.0"}, {"fee": "¥5.00"}, {"fee": "5.00元"}, {"fee": "５．００"},
    {"weight": "1kg"}, {"weight": "1000g"}, {"day": "2026/11/2 18:05"}, {"day": "46328.75"},
    {"day": "20261102"}, {"province": " 浙江省"}, {"city": "杭州市 "},
])
def test_dirt_changes_nothing(sto: Read, dirty: dict[str, str]):
    assert sto(row(**dirty)).lines[0] == sto(LINE).lines[0]


def test_short_rows_are_read_as_far_as_they_go(sto: Read):
    (line,) = sto(LINE[:6]).lines
    assert line.fee_fen == 500


def test_a_statement_of_weights_tells_no_prices(read: Read, header):
    statement = read([header[:5], LINE[:5], ("合计", "", "", "", "1")])
    (line,) = statement.lines
    assert (line.fee_fen, line.charged_g, statement.total_fen) == (None, 1000, None)


def test_an_empty_fee_among_fees_is_a_fee_of_nothing(sto: Read):
    assert sto(row(fee="")).lines[0].fee_fen == 0


def test_sf_charges_insurance_in_a_line_of_its_own(read: Read):
    first = sf_full(日期="2026-11-03", 运单号码="SF1385628700001", 计费重量="1", 费用="22",
        应收费用="17.6",
                    单票折扣="0.8", 目的地省名="广东省", 目的地城市名="广州市", 实际重量="0.62")
    second = sf_full(运单号码="SF1385628700001", 对方地区="广州", 费用="1", 应收费用="1",
        费用类型="保价")
    statement = read([SF_FULL, first, second])
    freight, insurance = statement.lines
    assert statement.carrier == "SF"
    assert (freight.fee_fen, freight.gross_fen, freight.charged_g, freight.actual_g) == (
        1760, 2200, 1000, 620)
    assert (insurance.kind, insurance.fee_fen) == ("insurance", 100)


def test_sf_tells_the_size_that_a_volume_weight_comes_from(read: Read):
    cells = {"轻抛尺寸": "50×40×15"}
    (line,) = read([SF_FULL,
        sf_full(运单号码="SF1385628700002", 计费重量="2.5", 应收费用="15", **cells)]).lines
    assert (line.size_mm, line.charged_g) == ((500, 400, 150), 2500)


def test_a_return_names_the_number_that_it_returns(read: Read):
    cells = {"退回件关联原运单号": "SF1385628700001"}
    (line,) = read([SF_FULL, sf_full(运单号码="SF1385628700009", 应收费用="15", **cells)]).lines
    assert (line.kind, line.return_of, line.about) == (
        "return", "SF1385628700001", "SF1385628700001")


@pytest.mark.parametrize(("fee", "insurance", "total", "found"), [
    ("22", "", "22", [("freight", 2200)]),
    ("22", "1", "23", [("freight", 2200), ("insurance", 100)]),
    ("22", "1", "26", [("freight", 2200), ("insurance", 100), ("surcharge", 300)]),
    ("22", "1", "18.6", [("freight", 1760), ("insurance", 100)]),
    ("", "2", "2", [("insurance", 200)]),
    ("22", "1", "22", [("freight", 2200)]), ("-5", "", "-5", [("credit", -500)]),
])
def test_amounts_beside_the_freight_become_lines_that_add_up(
    read: Read, fee: str, insurance: str, total: str, found: list[tuple[str, int]]
):
    cells = {"运单号码": "SF1385628700001", "对方地区": "广州", "计费重量": "1", "费用(元)": fee,
             "保费": insurance, "应付金额": total}
    lines = read([SF_SHORT, [cells.get(name, "") for name in SF_SHORT]]).lines
    assert [(line.kind, line.fee_fen) for line in lines] == found
    assert {line.row for line in lines} == {2}


def test_first_and_further_weight_in_two_columns_are_one_freight(read: Read):
    (line,) = read([("运单号", "重量", "首重费", "续重费"), (NUMBER, "2", "8", "5")]).lines
    assert (line.kind, line.fee_fen) == ("freight", 1300)


def test_surcharge_columns_become_lines(read: Read):
    lines = read([("运单号", "重量", "运费", "偏远附加费", "包装费"),
        (NUMBER, "1", "8", "3", "1.5")]).lines
    assert [(line.kind, line.fee_fen) for line in lines] == [("freight", 800), ("surcharge", 450)]


@pytest.mark.parametrize(("kind", "found"), [
    ("运费", "freight"), ("快递费", "freight"), ("保价费", "insurance"),
    ("偏远附加费", "surcharge"), ("退件费", "return"),
    ("超长费加收", "surcharge"), ("", "freight"),
])
def test_a_rows_type_says_what_it_charges_for(read: Read, kind: str, found: str):
    (line,) = read([("运单号", "费用类型", "重量", "运费"), (NUMBER, kind, "1", "5")]).lines
    assert line.kind == found


def test_a_grams_column_counts_grams(read: Read):
    (line,) = read([("邮件号", "重量(克)", "总邮资(元)"), ("9810000000001", "620", "20")]).lines
    assert line.charged_g == 620


def test_one_column_may_hold_province_and_city(read: Read):
    (line,) = read([("邮件号", "寄达地", "重量", "总邮资"),
        ("9810000000001", "广东省广州市", "1", "20")]).lines
    assert (line.province, line.city) == ("广东省", "广州市")


def test_merged_headings_of_a_spreadsheet_are_read(read: Read):
    rows = [
        ["圆通 2026年11月"], ["揽收时间", "快递单号", "目的地", "", "重量", "", "费用", "", "备注"],
        ["", "", "省", "市", "计费", "实际", "运费", "合计", ""],
        ["2026-11-02", "YT8000000000001", "浙江", "杭州", 1, 0.72, 5.0, 5.0, ""],
    ]
    (line,) = read(rows, "bill.xlsx", merged=("C2:D2", "E2:F2", "G2:H2")).lines
    assert (line.province, line.city, line.charged_g, line.actual_g, line.fee_fen) == (
        "浙江", "杭州", 1000, 720, 500)
    assert line.row == 4


def test_numbers_typed_as_numbers_in_a_spreadsheet_stay_whole(read: Read, header):
    (line,) = read([header, [*LINE[:1], 773000000000017, *LINE[2:]]], "bill.xlsx").lines
    assert line.waybill_no == "773000000000017"


def test_numbers_too_long_for_a_spreadsheet_are_damaged_not_guessed(read: Read, header):
    statement = read([header, [*LINE[:1], 123456789012345678.0, *LINE[2:]]], "bill.xlsx")
    assert statement.lines[0].damaged


def test_an_unknown_layout_is_told_with_the_columns_that_were_seen(read: Read):
    with pytest.raises(StatementError) as wrong:
        read([("哪天", "单子", "多少钱", "几斤"), ("2026-11-02", NUMBER, "5", "1")])
    assert wrong.value.code == "unknown_layout"
    assert "哪天、单子、多少钱、几斤" in str(wrong.value)
    assert NUMBER not in str(wrong.value)


def test_an_unknown_layout_is_read_once_it_is_told(read: Read):
    told = ToldLayout({"哪天": "day", "单子": "waybill", "多少钱": "fee", "几斤": "charged"}, "YTO",
        500)
    statement = read([("哪天", "单子", "多少钱", "几斤"), ("2026-11-02", NUMBER, "5", "3")],
        told=told)
    assert statement.carrier == "YTO"
    assert statement.lines[0].charged_g == 1500


def test_a_header_without_lines_is_told(read: Read, header):
    with pytest.raises(StatementError) as wrong:
        read([header, ("合计", "", "", "", "", "0")])
    assert wrong.value.code == "no_lines"


@pytest.mark.fault("F27")
def test_names_and_phones_of_people_are_not_kept(read: Read):
    cells = {"运单号码": "SF1385628700001", "应收费用": "15", "收件人": "张测试",
             "收件人联系手机号": "13912345678", "收件地址": "试验路1号"}
    statement = read([SF_FULL, sf_full(**cells)])
    assert not any(word in repr(statement) for word in ("张测试", "13912345678", "试验路"))


def test_the_same_rows_give_the_same_statement_as_csv_and_spreadsheet(read: Read, header,
    tmp_path: Path):
    rows = [header, LINE, row(number="773000000000002", remark="丢件"),
        ("合计", "", "", "", "", "10")]
    csv, sheet = read(rows, "bill.csv"), read(rows, "bill.xlsx")
    assert [line._replace(source="") for line in csv.lines] == [
        line._replace(source="") for line in sheet.lines]
    assert csv.total_fen == sheet.total_fen == 1000


def test_a_file_may_be_read_under_its_own_name(tmp_path: Path, header):
    path = tmp_path / "upload-1"
    path.write_text("\n".join([",".join(header), ",".join(LINE)]), encoding="utf-8")
    statement = read_statement(path, name="顺丰 202610.csv")
    assert statement.month == "2026-10"
    assert statement.lines[0].source == "顺丰 202610.csv"


_cells = st.tuples(
    st.sampled_from(("2026-11-02 18:05:00", "2026/11/2", "昨天", "", "合计", "20261102")),
    st.sampled_from((NUMBER, f" {NUMBER}", "7.73E+14", "", "42", "SF1385628700001", "sf138562870")),
    st.sampled_from(("浙江省", "浙江", "", "浙江杭州")), st.sampled_from(("杭州市", "", "义乌")),
    st.sampled_from(("1", "1kg", "", "0", "重")),
    st.sampled_from(("5.00", "-5", "", "0", "¥5", "免费")),
    st.sampled_from(("", "", "丢件", "=1+1", "保价")),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_cells, min_size=1, max_size=5))
def test_the_short_way_reads_what_the_long_way_reads(
    sto: Read, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, ...]]
):
    short = sto(LINE, *rows)
    with monkeypatch.context() as patch:
        patch.setattr("station.bills.rows._simple", lambda _layout: ())
        assert sto(LINE, *rows) == short


@pytest.mark.parametrize(("names", "cells", "fee", "gross"), [
    (("首重费", "续重费", "运费"), ("8", "5", "13"), 1300, None),
    (("首重费", "续重费", "运费", "合计"), ("8", "5", "13", "13"), 1300, None),
    (("首重费", "续重费", "运费", "折后金额"), ("8", "5", "13", "11.7"), 1170, 1300),
    (("首重费", "续重费", "运费"), ("8", "5", "11.7"), 1170, 1300),
    (("续重费", "运费"), ("5", "8"), 1300, None),
])
def test_a_freight_beside_its_parts_counts_once(
    read: Read, names: tuple[str, ...], cells: tuple[str, ...], fee: int, gross: int | None
):
    (line,) = read([("运单号", "重量", *names), (NUMBER, "2", *cells)]).lines
    assert (line.kind, line.fee_fen, line.gross_fen) == ("freight", fee, gross)


MERGED = ("日期", "运单号码", "对方地区", "计费重量", "费用类型", "费用(元)")


def test_what_stands_beside_the_freight_belongs_to_the_merged_number_above(read: Read):
    lines = read([
        MERGED, ("2026-11-02", "SF1385628700001", "广州", "1", "运费", "26"),
        ("", "", "", "", "保价", "2"), ("", "", "", "", "包装服务", "3"),
        ("合计", "", "", "", "", "31"),
    ]).lines
    assert [(line.row, line.waybill_no, line.kind) for line in lines] == [
        (2, "SF1385628700001", "freight"), (3, "SF1385628700001", "insurance"),
        (4, "SF1385628700001", "surcharge"),
    ]


@pytest.mark.parametrize("cells", [
    ("2026-11-03", "", "", "", "保价", "2"), ("", "", "", "1", "保价", "2"),
    ("", "", "", "", "运费", "26"), ("", "", "", "", "面单费", "2"),
])
def test_a_charge_of_its_own_without_a_number_belongs_to_nobody(
    read: Read, cells: tuple[str, ...]
):
    statement = read([
        MERGED, ("2026-11-02", "SF1385628700001", "广州", "1", "运费", "26"), cells,
    ])
    assert [line.waybill_no for line in statement.lines] == ["SF1385628700001", ""]
    assert [row.code for row in statement.review] == ["missing_number"]
