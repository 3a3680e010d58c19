"""A reconciliation told to others: as JSON for programs, as XLSX for the carrier's clerk.

Text from a statement is never anything but text: no cell of the XLSX is a formula or a link,
whatever it begins with.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from station.domain.bill_findings import REASONS, Finding, FindingKind, Totals
from station.domain.statements import ReviewRow

KINDS: dict[FindingKind, tuple[str, str]] = {
    "matched": ("相符", "matched"),
    "not_ours": ("非我方快件", "not ours"),
    "missing_from_bill": ("账单漏记", "missing from the bill"),
    "billed_twice": ("重复收费", "billed twice"),
    "heavier_step": ("计费重量偏高", "heavier step"),
    "lighter_step": ("计费重量偏低", "lighter step"),
    "price_not_by_tariff": ("单价不符", "price not by the tariff"),
    "other_destination": ("目的地不符", "other destination"),
    "other_month": ("非本月快件", "other month"),
    "lost_but_billed": ("丢件仍收费", "lost but billed"),
    "damaged_but_billed": ("破损仍收费", "damaged but billed"),
    "unreachable_but_billed": ("无法送达仍收费", "unreachable but billed"),
    "returned_but_billed": ("退回仍收费", "returned but billed"),
    "insurance_line": ("保价费", "insurance"),
    "credit": ("退款返点", "credit"),
    "total_differs": ("合计不符", "total differs"),
}
"""Every finding in Chinese and English."""

_ENCODE: Callable[[object], str] = json.JSONEncoder(ensure_ascii=False).encode
_MOST_ROWS = 1_000_000  # of findings in one sheet; the format ends at 1,048,576
_COLUMNS = (
    ("行 row", 8), ("运单号 waybill", 20), ("差异 finding", 16), ("账单金额 billed 元", 12),
    ("应付金额 owed 元", 12), ("差额 difference 元", 12), ("原因 reason", 34),
    ("账单重量 billed g", 12), ("我方重量 ours g", 12), ("账单目的地 billed to", 20),
    ("面单目的地 sent to", 20), ("账单日期 billed on", 12), ("交接日期 handed over", 12),
    ("交接单 hand-over", 16), ("快递员 courier", 10), ("快递员重量 courier g", 12),
    ("称重时间 weighed at", 20), ("打包员 packer", 10), ("备注 remark", 24), ("来源 source", 20),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says beside its findings. ``files`` are name and SHA-256 of each file read."""

    carrier: str
    month: str
    totals: Totals
    files: tuple[tuple[str, str], ...] = ()
    review: Sequence[ReviewRow] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


def write_json(path: Path, told: Told, findings: Iterable[Finding]) -> None:
    """Write everything as one JSON object; ``lines`` holds a line of the file for each finding.

    Amounts are whole fen. The file is put in place when it is complete.
    """
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        head = _head(told)
        file.write(_ENCODE(head)[:-1] + ', "lines": [')
        before = "\n"
        for finding in findings:
            file.write(before + as_json(finding))
            before = ",\n"
        file.write("\n]}\n")
    beside.replace(path)


def as_json(finding: Finding) -> str:
    """One finding as JSON; what matches, nearly every line of a month, without the encoder."""
    if finding.finding == "matched" and not finding.reason and finding.waybill_no.isalnum():
        return (
            f'{{"row": {finding.row}, "waybill": "{finding.waybill_no}", "finding": "matched", '
            f'"ours": {finding.ours}, "theirs": {finding.theirs}, "fen": 0, '
            f'"source": {_quoted(finding.source)}}}'
        )
    return _ENCODE(as_object(finding))


@functools.lru_cache(maxsize=64)
def _quoted(source: str) -> str:
    return _ENCODE(source)


def as_object(finding: Finding) -> dict[str, Any]:
    """One finding as JSON has it: ``waybill, finding, ours, theirs, fen`` first, in fen."""
    told: dict[str, Any] = {
        "row": finding.row or None, "waybill": finding.waybill_no, "finding": finding.finding,
        "ours": finding.ours, "theirs": finding.theirs, "fen": finding.fen,
    }  # fmt: skip
    if finding.reason:
        told["reason"] = finding.reason
    if finding.also:
        told["also"] = [{"finding": kind, "fen": fen} for kind, fen in finding.also]
    if finding.reason not in ("", "sum"):
        told["evidence"] = evidence(finding)
    told["source"] = finding.source
    return told


def evidence(finding: Finding) -> dict[str, Any]:
    """What both sides say about the parcel; what nobody knows is left out."""
    every = {
        "ours_g": finding.ours_g, "theirs_g": finding.theirs_g,
        "ours_place": finding.ours_place, "theirs_place": finding.theirs_place,
        "day": finding.day, "handed_on": finding.handed_on, "weighed_at": finding.weighed_at,
        "packer": finding.packer, "handover": finding.handover_no, "courier": finding.courier,
        "courier_g": finding.courier_g, "remark": finding.remark,
    }  # fmt: skip
    return {name: value for name, value in every.items() if value not in (None, "")}


def _head(told: Told) -> dict[str, Any]:
    totals = told.totals
    return {
        "carrier": told.carrier, "month": told.month,
        "files": [{"name": name, "sha256": digest} for name, digest in told.files],
        "totals": {
            "lines": totals.lines, "billed_fen": totals.billed_fen,
            "stated_fen": totals.stated_fen, "owed_fen": totals.owed_fen,
            "difference_fen": totals.difference_fen,
            "unbilled_rightly": totals.unbilled_rightly,
            "by_finding": {
                kind: {"count": count, "fen": totals.fen.get(kind, 0)}
                for kind, count in sorted(totals.count.items())
            },
        },
        "review": [row._asdict() for row in told.review],
    }  # fmt: skip


def write_xlsx(path: Path, told: Told, findings: Iterable[Finding], *, now: datetime) -> int:
    """Write the summary and every difference with its evidence; the number of differences left out.

    Nothing is left out before a sheet is full.
    """
    beside = path.with_name(path.name + ".part")
    book = Workbook(str(beside), {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    })  # fmt: skip
    try:
        book.set_properties({"title": f"{told.carrier} {told.month} 对账", "created": now})
        book.set_size(2400, 1400)
        _summary(book, told)
        left_out = _differences(book, findings)
    finally:
        book.close()
    beside.replace(path)
    return left_out


def _summary(book: Workbook, told: Told) -> None:
    sheet = book.add_worksheet("汇总 summary")
    bold, yuan = book.add_format({"bold": True}), _yuan_format(book)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 16)
    totals = told.totals
    rows: list[tuple[str, object, int | None]] = [
        ("快递公司 carrier", told.carrier, None),
        ("账期 month", told.month, None),
        ("账单行数 lines", totals.lines, None),
        ("账单各行之和 sum of the lines", "", totals.billed_fen),
        ("账单合计 stated total", "" if totals.stated_fen is not None else "—", totals.stated_fen),
        ("我方核算 owed", "", totals.owed_fen),
        ("差额 difference", "", totals.difference_fen),
    ]
    rows += [(note, text, None) for note, text in told.notes.items()]
    rows += [(f"文件 {name}", digest, None) for name, digest in told.files]
    for at, (name, value, fen) in enumerate(rows):
        _text(sheet, at, 0, name, bold)
        _cell(sheet, at, 1, value)
        if fen is not None:
            sheet.write_number(at, 1, fen / 100, yuan)
    _by_kind(sheet, len(rows) + 1, totals, bold, yuan)
    _review(sheet, len(rows) + len(KINDS) + 4, told.review, bold)


def _by_kind(sheet: Worksheet, at: int, totals: Totals, bold: Format, yuan: Format) -> None:
    for column, name in enumerate(("差异 finding", "件数 count", "差额 difference 元")):
        _text(sheet, at, column, name, bold)
    found = [kind for kind in KINDS if totals.count.get(kind)]
    for row, kind in enumerate(found, at + 1):
        _text(sheet, row, 0, " ".join(KINDS[kind]))
        sheet.write_number(row, 1, totals.count[kind])
        sheet.write_number(row, 2, totals.fen.get(kind, 0) / 100, yuan)


def _review(sheet: Worksheet, at: int, review: Sequence[ReviewRow], bold: Format) -> None:
    if not review:
        return
    _text(sheet, at, 0, "请人工查看 to be looked at", bold)
    for row, seen in enumerate(review[:10_000], at + 1):
        for column, value in enumerate((f"{seen.source} {seen.row}", seen.code, seen.value)):
            _text(sheet, row, column, value)


def _differences(book: Workbook, findings: Iterable[Finding]) -> int:
    sheet = book.add_worksheet("差异 differences")
    bold, yuan = book.add_format({"bold": True, "text_wrap": True}), _yuan_format(book)
    sheet.freeze_panes(1, 2)
    for column, (name, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        _text(sheet, 0, column, name, bold)
    at = left_out = 0
    for finding in findings:
        if finding.finding == "matched":
            continue
        if at >= _MOST_ROWS:
            left_out += 1
            continue
        at += 1
        _difference(sheet, at, finding, yuan)
    sheet.autofilter(0, 0, at, len(_COLUMNS) - 1)
    return left_out


def _difference(sheet: Worksheet, at: int, finding: Finding, yuan: Format) -> None:
    kinds = [KINDS[finding.finding][0], *(KINDS[kind][0] for kind, _ in finding.also)]
    reason = " ".join(REASONS[finding.reason])
    amounts = {3: finding.theirs, 4: finding.ours, 5: finding.fen}
    for column, fen in amounts.items():
        if fen is not None:
            sheet.write_number(at, column, fen / 100, yuan)
    cells = {
        0: finding.row or None, 1: finding.waybill_no, 2: "、".join(kinds), 6: reason,
        7: finding.theirs_g, 8: finding.ours_g, 9: finding.theirs_place, 10: finding.ours_place,
        11: finding.day, 12: finding.handed_on, 13: finding.handover_no, 14: finding.courier,
        15: finding.courier_g, 16: finding.weighed_at, 17: finding.packer, 18: finding.remark,
        19: finding.source,
    }  # fmt: skip
    for column, value in cells.items():
        _cell(sheet, at, column, value)


def _cell(sheet: Worksheet, row: int, column: int, value: object) -> None:
    if isinstance(value, int):
        sheet.write_number(row, column, value)
    elif value:
        _text(sheet, row, column, str(value))


def _text(
    sheet: Worksheet, row: int, column: int, text: str, format_: Format | None = None
) -> None:
    """Text as text, cut where the format ends a cell."""
    sheet.write_string(row, column, text[:32_767], format_)


def _yuan_format(book: Workbook) -> Format:
    return book.add_format({"num_format": "0.00"})
