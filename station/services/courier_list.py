"""The courier's list: a file or pasted text with numbers, weights and prices, read into rows (D6).

Each cell that cannot be read is named by row and column. What a bare weight counts in is said by
its column's heading; without one, decimals are kilograms and whole numbers from 30 on are grams,
because no parcel of clothes weighs 30 kg or 29 g.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from station.bills.cells import BadCell, clean, is_blank, money, waybill_no, weight
from station.bills.cells import size as size_of
from station.bills.files import open_sheets
from station.bills.layouts import FIELDS, plain
from station.domain.tariffs import Dimensions
from station.domain.vocabulary import Fen, Grams

MOST_ROWS = 5000
LONGEST_TEXT = 400_000
_HEADER_WITHIN = 15  # rows
_GRAMS_FROM = 30
_SEPARATORS = re.compile(r"\t|\s*[,，;；|]\s*")
_BY_KILOGRAM = re.compile(r"千克|公斤|kg", re.IGNORECASE)
_BY_GRAM = re.compile(r"克|(?<![a-z])g(?![a-z])", re.IGNORECASE)

_NAMES: Mapping[str, frozenset[str]] = {
    "waybill": frozenset(FIELDS["waybill"]),
    "weight": frozenset(FIELDS["actual"]) | {"重量", "快递重量", "称重", "weight", "净重", "毛重"},
    "charged": frozenset(FIELDS["charged"]) - {"重量", "weight"},
    "price": frozenset(FIELDS["total"]) | frozenset(FIELDS["fee"]) | {"价格", "单价", "价钱"},
    "size": frozenset(FIELDS["size"]),
}


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that cannot be read: its row and column as a spreadsheet counts, and why."""

    row: int
    column: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """One parcel of the list. Where ``faults`` are, the figures are not all there."""

    row: int
    waybill_no: str
    weight_g: Grams | None
    price_fen: Fen | None = None
    charged_g: Grams | None = None
    dims_mm: Dimensions | None = None
    faults: tuple[CellFault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each meaning stands, and the grams of a weight's unit (0: by its look)."""

    at: Mapping[str, int]
    unit_g: int = 0


def read_file(name: str, data: bytes) -> tuple[ListRow, ...]:
    """The rows of a CSV or XLSX. Raises StatementError for a file that is no table."""
    with tempfile.TemporaryDirectory(prefix="station-list-") as place:
        path = Path(place) / "list"
        path.write_bytes(data)
        unpacked = Path(place) / "sheets"
        unpacked.mkdir()
        for sheet in open_sheets(path, unpacked, name=name):
            rows = read_rows(sheet.rows())
            if rows:
                return rows
    return ()


def read_pasted(text: str) -> tuple[ListRow, ...]:
    """The rows of pasted text: cells apart by tabs, commas or blanks, as they were copied."""
    lines = enumerate(text[:LONGEST_TEXT].splitlines(), 1)
    return read_rows((number, _split(line)) for number, line in lines if line.strip())


def _split(line: str) -> list[str]:
    cells = _SEPARATORS.split(line.strip("\r\n"))
    return cells if len(cells) > 1 else line.split()


def read_rows(records: Iterable[tuple[int, Sequence[str]]]) -> tuple[ListRow, ...]:
    """The parcels among numbered rows of cells; titles, blank rows and totals are no parcels."""
    columns: _Columns | None = None
    found: list[ListRow] = []
    for number, record in records:
        if columns is None and number <= _HEADER_WITHIN and (header := _header(record)):
            columns = header
        elif any(clean(cell) for cell in record) and len(found) < MOST_ROWS:
            row = _row(number, record, columns or _guessed(record))
            if row is not None:
                found.append(row)
    return tuple(found)


def _header(record: Sequence[str]) -> _Columns | None:
    """The columns, if this row names at least the number's and a weight's or price's."""
    at: dict[str, int] = {}
    for index, cell in enumerate(record):
        for meaning, names in _NAMES.items():
            if meaning not in at and plain(cell) in names:
                at[meaning] = index
                break
    if "weight" not in at and "charged" in at:
        at["weight"] = at.pop("charged")
    if "waybill" not in at or not {"weight", "price"} & at.keys():
        return None
    heading = record[at["weight"]] if "weight" in at else ""
    by_gram = _BY_GRAM.search(_BY_KILOGRAM.sub("", heading))
    unit = 1000 if _BY_KILOGRAM.search(heading) else 1 if by_gram else 0
    return _Columns(at, unit)


def _guessed(record: Sequence[str]) -> _Columns:
    """Columns of a row under no heading: the number, then weight and price as they come."""
    filled = [index for index, cell in enumerate(record) if clean(cell)]
    number = next((index for index in filled if _is_number(record[index])), filled[0])
    rest = [index for index in filled if index > number][:2]
    return _Columns({"waybill": number, **dict(zip(("weight", "price"), rest, strict=False))})


def _is_number(cell: str) -> bool:
    text = clean(cell)
    return len(text) >= 8 and text.isascii() and any(letter.isdigit() for letter in text)


def _row(number: int, record: Sequence[str], columns: _Columns) -> ListRow | None:
    cells = {
        meaning: record[index] if index < len(record) else ""
        for meaning, index in columns.at.items()
    }
    faults: list[CellFault] = []
    waybill = _waybill(number, cells["waybill"], columns, faults)
    figures = [cells.get(name, "") for name in ("weight", "price", "charged")]
    if waybill is None or (not waybill and all(is_blank(clean(cell)) for cell in figures)):
        return None
    unit = columns.unit_g

    def read(name: str) -> int | None:
        text = cells.get(name, "")
        try:
            return money(text) if name == "price" else weight(text, unit or _unit(text))
        except BadCell as bad:
            faults.append(_fault(number, columns, name, bad.code, text))
            return None

    weight_g, price_fen, charged_g = read("weight"), read("price"), read("charged")
    if weight_g is None and not faults:
        faults.append(_fault(number, columns, "weight", "no_weight", cells.get("weight", "")))
    return ListRow(
        number, waybill, weight_g, price_fen, charged_g, _size(cells.get("size", "")),
        tuple(faults),
    )


def _waybill(
    number: int, cell: str, columns: _Columns, faults: list[CellFault]
) -> str | None:
    """The number in a cell; None for a title or a row of totals, "" for one that is damaged."""
    text = clean(cell)
    try:
        found = waybill_no(cell)
    except BadCell as bad:
        if not any(letter.isdigit() for letter in text):
            return None
        faults.append(_fault(number, columns, "waybill", bad.code, text))
        return text[:40]
    if found:
        return found
    if "waybill" in columns.at and len(columns.at) > 1 and not text:
        faults.append(_fault(number, columns, "waybill", "missing_number", ""))
        return ""
    return None


def _unit(text: str) -> int:
    bare = clean(text).replace(",", "")
    return 1 if bare.isdigit() and int(bare) >= _GRAMS_FROM else 1000


def _size(text: str) -> Dimensions | None:
    try:
        return size_of(text)
    except BadCell:
        return None


def _fault(number: int, columns: _Columns, name: str, code: str, text: str) -> CellFault:
    return CellFault(number, column_name(columns.at.get(name, 0)), code, clean(text)[:40])


def column_name(index: int) -> str:
    """A column as a spreadsheet names it: 0 is "A", 26 is "AA"."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
