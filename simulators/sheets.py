"""The smallest XLSX that spreadsheet programs open (ECMA-376): written here by hand, cell by cell.

Cells are text, numbers, or moments; merged cells keep their text in the upper left corner, and the
others are empty, as a carrier's export has them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

Cell = str | int | float | datetime | None

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MOMENT_STYLE = 1
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets count local days from here

_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument'
    '.spreadsheetml.styles+xml"/>{sheets}</Types>'
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/>'
)
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)


def xlsx(sheets: Sequence[tuple[str, Iterable[Sequence[Cell]], Sequence[str]]]) -> bytes:
    """A workbook of sheets: each a name, its rows, and its merged ranges ("C3:D3")."""
    target = BytesIO()
    numbers = range(1, len(sheets) + 1)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in _parts([name for name, _, _ in sheets]).items():
            archive.writestr(path, text)
        for number, (_, rows, merged) in zip(numbers, sheets, strict=True):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                for piece in _sheet(rows, merged):
                    part.write(piece.encode())
    return target.getvalue()


def _parts(names: Sequence[str]) -> dict[str, str]:
    """The parts that say what the other parts are."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    return {
        "[Content_Types].xml": _TYPES.format(
            sheets="".join(_SHEET_TYPE.format(n=n) for n in numbers)),
        "_rels/.rels": _relations(
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            f'{related}<Relationship Id="rId{len(names) + 1}" Type="{_OFFICE}/styles" '
            'Target="styles.xml"/>'),
        "xl/styles.xml": _STYLES,
    }  # fmt: skip


def _relations(inside: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _sheet(rows: Iterable[Sequence[Cell]], merged: Sequence[str]) -> Iterable[str]:
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(number, column, cell) for column, cell in enumerate(row))
        yield f'<row r="{number}">{cells}</row>'
    yield "</sheetData>"
    if merged:
        ranges = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
        yield f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>'
    yield "</worksheet>"


def _cell(row: int, column: int, cell: Cell) -> str:
    place = f"{column_name(column)}{row}"
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        text = escape(cell)
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(cell, datetime):
        days = (cell.replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400
        return f'<c r="{place}" s="{_MOMENT_STYLE}"><v>{days!r}</v></c>'
    return f'<c r="{place}"><v>{cell!r}</v></c>'


def column_name(column: int) -> str:
    """The letters of a column that is counted from 0: A, Z, AA."""
    name = ""
    while column >= 0:
        name = chr(65 + column % 26) + name
        column = column // 26 - 1
    return name
