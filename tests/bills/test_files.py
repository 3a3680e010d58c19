"""Files that are too large, broken, locked, or something else: refused with the reason."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.sheets import xlsx
from station.bills import files
from station.bills.files import MIB, Limits, open_sheets
from station.bills.statement import read_statement
from station.bills.trouble import StatementError

Put = Callable[..., Path]
LINE = ("2026-11-02", "773000000000001", "浙江省", "杭州市", 1, 5.0, "")


def refusal(path: Path, limits: Limits | None = None) -> StatementError:
    with pytest.raises(StatementError) as refused:
        read_statement(path, limits=limits)
    return refused.value


def archive(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as target:
        for name, data in entries.items():
            target.writestr(name, data)
    return path


@pytest.mark.parametrize(("start", "code", "kind"), [
    (b"", "empty", ""), (b"%PDF-1.7\n", "not_a_spreadsheet", "PDF"),
    (b"<html><table><tr><td>x", "not_a_spreadsheet", "HTML"),
    (b"\r\n  <TABLE>", "not_a_spreadsheet", "HTML"), (b"Rar!\x1a\x07", "not_a_spreadsheet", "RAR"),
    (b"\x89PNG\r\n", "not_a_spreadsheet", "PNG"), (b"\x00\x01\x02", "not_a_spreadsheet", "binary"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_spreadsheet", ""),
])
def test_what_is_no_table_is_named(put: Put, start: bytes, code: str, kind: str):
    refused = refusal(put(start, "账单.xls"))
    assert refused.code == code
    assert kind in str(refused)
    assert "账单.xls" in str(refused)
    assert " / " in str(refused)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    assert refusal(tmp_path / "none.csv").code == "no_file"


def test_a_file_beyond_the_limit_is_not_read(put: Put, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    assert refusal(put(b"x" * 1001)).code == "too_big"


@pytest.mark.fault("F22")
def test_a_bomb_is_refused_by_its_index_without_unpacking(tmp_path: Path):
    sheet = b"<row>" + b" " * (200 * MIB) + b"</row>"
    path = archive(tmp_path / "bomb.xlsx",
                   {"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": sheet})
    assert path.stat().st_size < MIB
    refused = refusal(path)
    assert refused.code == "inflates"
    assert refused.facts["mib"] >= 200


@pytest.mark.fault("F22")
def test_many_entries_that_are_small_alone_are_summed_up(tmp_path: Path):
    entries = {f"xl/{n}.xml": b" " * MIB for n in range(64)}
    path = archive(tmp_path / "many.xlsx", {"xl/workbook.xml": b"<x/>", **entries})
    assert refusal(path).code == "inflates"


@pytest.mark.fault("F22")
def test_more_entries_than_any_workbook_has_are_refused(tmp_path: Path):
    entries = {f"xl/{n}.xml": b"" for n in range(5000)}
    path = archive(tmp_path / "entries.xlsx", {"xl/workbook.xml": b"<x/>", **entries})
    assert refusal(path).code == "inflates"


@pytest.mark.fault("F22")
def test_an_index_that_is_huge_itself_is_never_loaded(tmp_path: Path):
    path = archive(tmp_path / "index.xlsx", {"x" * 60_000 + str(n): b"" for n in range(20)})
    assert refusal(path).code == "broken_zip"


@pytest.mark.fault("F22")
def test_an_index_that_lies_about_sizes_meets_the_childs_limits(tmp_path: Path):
    """The index says 100 bytes; what unpacks is stopped by the memory limit, or found broken."""
    rows = b"".join(b'<row><c t="inlineStr"><is><t>x</t></is></c></row>' for _ in range(50_000))
    head = (b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b"<sheetData>")
    ordinary = xlsx([("s", [["x"]], ())])
    path = tmp_path / "liar.xlsx"
    with zipfile.ZipFile(io.BytesIO(ordinary)) as source, zipfile.ZipFile(
        path, "w", zipfile.ZIP_DEFLATED
    ) as target:
        for name in source.namelist():
            if name.endswith("sheet1.xml"):
                target.writestr(name, head + rows * 40 + b"</sheetData></worksheet>")
            else:
                target.writestr(name, source.read(name))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", data, at + 24, 100)
        at = data.find(b"PK\x01\x02", at + 4)
    path.write_bytes(data)
    assert refusal(path, Limits(memory=300 * MIB)).code in ("too_much", "unreadable", "inflates")


@pytest.mark.fault("F22")
def test_a_sheet_that_claims_a_cell_in_its_last_corner_does_not_fill_the_memory(tmp_path: Path):
    path = tmp_path / "corner.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "x")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    assert refusal(path).code == "too_much"


@pytest.mark.fault("F22")
def test_a_small_memory_is_enough_for_nothing_and_said(put: Put):
    lines = ((f"{n:01000d}", "773000000000001", 5) for n in range(60_000))
    rows = [("业务时间", "运单号", "运费"), *lines]
    refused = refusal(put(rows, "bill.xlsx"), Limits(memory=64 * MIB))
    assert refused.code == "too_much"
    assert "64 MiB" in str(refused)


@pytest.mark.fault("F22")
def test_time_is_limited(put: Put, monkeypatch: pytest.MonkeyPatch):
    def late(*arguments, **facts):
        raise subprocess.TimeoutExpired("child", facts["timeout"])

    monkeypatch.setattr(files.subprocess, "run", late)
    refused = refusal(put([LINE], "bill.xlsx"), Limits(seconds=7))
    assert (refused.code, refused.facts["seconds"]) == ("too_slow", 14)


@pytest.mark.parametrize("returncode", [-24, -9])
def test_a_child_that_was_stopped_for_its_time_is_told_so(
    put: Put, monkeypatch: pytest.MonkeyPatch, returncode: int
):
    done = subprocess.CompletedProcess([], returncode, b"", b"")
    monkeypatch.setattr(files.subprocess, "run", lambda *_a, **_f: done)
    assert refusal(put([LINE], "bill.xlsx")).code == "too_slow"


def test_the_limits_grow_with_an_honest_file_and_end_somewhere():
    limits = Limits()
    assert limits.memory_for(MIB) == 512 * MIB
    assert limits.memory_for(400 * MIB) == 1456 * MIB
    assert limits.memory_for(10_000 * MIB) == 2048 * MIB
    assert Limits(memory=5).memory_for(10**9) == 5


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "xxxxxxxxxx">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)) + b"]>"
OUTSIDE = b'<!DOCTYPE l SYSTEM "file:///etc/passwd" [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


@pytest.mark.fault("F22")
@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE], ids=["laughs", "outside"])
def test_what_a_workbook_would_have_put_in_for_a_name_is_never_put_in(
    tmp_path: Path, doctype: bytes
):
    """Entities that grow without end or fetch a file: neither is known, and the cell unreadable."""
    plain = tmp_path / "plain.xlsx"
    with xlsxwriter.Workbook(str(plain)) as book:
        sheet = book.add_worksheet("x")
        sheet.write_row(0, 0, ["业务日期", "运单号", "目的省份", "目的城市", "结算重量", "运费"])
        sheet.write_row(1, 0, LINE[:6])
    with zipfile.ZipFile(plain) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    words = entries["xl/sharedStrings.xml"]
    head, mark, rest = words.partition(b"?>\n")
    entries["xl/sharedStrings.xml"] = head + mark + doctype + rest.replace(
        "杭州市".encode(), b"&j;")
    assert refusal(archive(tmp_path / "evil.xlsx", entries)).code == "unreadable"
    entries["xl/sharedStrings.xml"] = head + mark + doctype + rest
    (line,) = read_statement(archive(tmp_path / "asleep.xlsx", entries)).lines
    assert line.waybill_no == LINE[1]


@pytest.mark.fault("F22")
def test_a_row_of_many_thousand_columns_is_read_past(put: Put):
    """It was compared with itself in every width; the time grew with the square of its columns."""
    head = "业务日期,运单号,目的省份,目的城市,结算重量,运费"
    wide = ",".join(["x"] * 60_000 + ["运单号"])
    text = "\n".join((wide, head, ",".join(map(str, LINE[:6])), ""))
    (line,) = read_statement(put(text.encode(), "宽.csv")).lines
    assert line.waybill_no == LINE[1]


@pytest.mark.fault("F22")
def test_a_cell_that_never_ends_is_named_by_its_line(put: Put):
    text = "业务日期,运单号,目的省份,目的城市,结算重量,运费\n2026-11-02," + "A" * 2_000_000
    refused = refusal(put(text.encode(), "长.csv"))
    assert (refused.code, "2" in str(refused)) == ("broken_quotes", True)


def test_a_locked_workbook_is_told_so(tmp_path: Path):
    path = archive(tmp_path / "locked.xlsx", {"xl/workbook.xml": b"<x/>"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refusal(path).code == "encrypted"


@pytest.mark.parametrize("entries",
    [{"word/document.xml": b"x"}, {"content.xml": b"x"}, {"a.csv": b"x"}])
def test_another_kind_of_zip_is_no_workbook(tmp_path: Path, entries: dict[str, bytes]):
    refused = refusal(archive(tmp_path / "bill.xlsx", entries))
    assert (refused.code, refused.facts["kind"]) == ("not_a_spreadsheet", "ZIP")


def test_a_workbook_of_nonsense_is_unreadable(tmp_path: Path):
    path = archive(tmp_path / "bill.xlsx", {"xl/workbook.xml": b"<nonsense"})
    assert refusal(path).code == "unreadable"


@pytest.mark.parametrize("keep", [10, 100, -1, -22])
def test_a_workbook_that_was_cut_off_is_broken(put: Put, keep: int):
    whole = put([LINE], "whole.xlsx").read_bytes()
    assert refusal(put(whole[:keep], "cut.xlsx")).code in ("broken_zip", "unreadable")


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from((b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf")))
def test_no_bytes_break_the_reader(tmp_path: Path, data: bytes, start: bytes):
    path = tmp_path / "any.csv"
    path.write_bytes(start + data)
    with pytest.raises(StatementError):
        read_statement(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_text_is_read_in_any_encoding_with_any_delimiter(
    put: Put, header: tuple[str, ...], encoding: str, delimiter: str
):
    rows = [header, tuple(map(str, LINE))]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    statement = read_statement(put(text.encode(encoding), "bill.csv"))
    assert [(line.waybill_no, line.city) for line in statement.lines] == [
        ("773000000000001", "杭州市")]


def test_commas_inside_quotes_do_not_choose_the_delimiter(put: Put):
    text = '运单号;运费;备注\n773000000000001;"1,234.00";"a,b,c,d,e"\n'
    (line,) = read_statement(put(text.encode())).lines
    assert line.fee_fen == 123400


def test_bytes_that_are_no_text_are_told_with_their_line(put: Put, header: tuple[str, ...]):
    good = ",".join(header).encode("gb18030") + b"\n"
    refused = refusal(put(good + b"2026-11-02,\xff\xff\xff\n"))
    assert (refused.code, refused.facts["line"]) == ("undecodable", 2)


def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line(
    put: Put, header: tuple[str, ...]
):
    text = ",".join(header) + '\n2026-11-02,773000000000001,a,b,1,"5.00\n' + "x\n" * 5
    refused = refusal(put(text.encode()))
    assert refused.code == "broken_quotes"
    assert refused.facts["line"] > 1


@pytest.mark.fault("F20")
def test_formulas_are_never_computed_only_what_they_last_showed_is_read(tmp_path: Path):
    path = tmp_path / "bill.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for column, name in enumerate(("运单号", "运费", "备注")):
        sheet.write(0, column, name)
    sheet.write(1, 0, "773000000000001")
    sheet.write_formula(1, 1, "=2+3", value=7.5)
    sheet.write_formula(1, 2, '=WEBSERVICE("http://x.invalid/")', value="备注在此")
    book.close()
    (line,) = read_statement(path).lines
    assert (line.fee_fen, line.remark) == (750, "备注在此")


def test_every_sheet_with_a_header_is_read_and_the_others_are_not(tmp_path: Path):
    header, data = ["运单号", "运费"], ["773000000000001", 5]
    path = tmp_path / "bill.xlsx"
    path.write_bytes(xlsx([
        ("汇总", [["本月", "321.00"]], ()), ("上半月", [header, data], ()),
        ("下半月", [["标题"], header, ["773000000000002", 6]], ()), ("空", [], ()),
    ]))  # fmt: skip
    lines = read_statement(path).lines
    assert [(line.source, line.row, line.fee_fen) for line in lines] == [
        ("bill.xlsx [上半月]", 2, 500), ("bill.xlsx [下半月]", 3, 600)]


def test_rows_of_a_sheet_that_begins_further_down_keep_their_numbers(tmp_path: Path):
    path = tmp_path / "bill.xlsx"
    path.write_bytes(xlsx([("s", [[], [], ["", "运单号", "运费"], [], ["", "773000000000001", 5]],
        ())]))
    (line,) = read_statement(path).lines
    assert line.row == 5


def test_unpacked_tables_are_gone_afterwards(put: Put, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    read_statement(put([("运单号", "运费"), ("773000000000001", 5)], "bill.xlsx"))
    with pytest.raises(StatementError):
        read_statement(put([("a", "b")], "other.xlsx"))
    assert list((tmp_path / "temp").iterdir()) == []


def test_the_child_alone_says_what_happened_by_its_exit_code(put: Put, tmp_path: Path):
    child = str(files._CHILD)
    good = put([LINE], "bill.xlsx")
    bad = put(b"PK\x03\x04", "bad.xlsx")
    for path, code in ((good, 0), (bad, 3)):
        done = subprocess.run(
            [sys.executable, "-I", child, str(path), str(tmp_path), str(600 * MIB), "20"],
            capture_output=True, check=False)
        assert done.returncode == code


def test_the_sheet_of_a_csv_has_no_name(put: Put, tmp_path: Path):
    (sheet,) = open_sheets(put([LINE]), tmp_path)
    assert (sheet.name, sheet.encoding, sheet.delimiter) == ("", "utf-8", ",")
