"""Tariffs as a sheet, a row for each zone: what a carrier's clerk sends and a spreadsheet edits.

A sheet has the usual shape alone: one first weight, one further step, a least price, a divisor.
Several bands, averages, surcharges and steps to the nearest exist in TOML only; ``left_out`` names
the tariffs that have them, because a sheet of such a tariff would be another tariff.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xlsxwriter import Workbook

from station.bills.files import open_sheets
from station.bills.trouble import StatementError
from station.domain.tariff_table import KeyFault, TariffError, load_tariffs, written
from station.domain.tariffs import Steps, Tariff, Zone
from station.domain.vocabulary import Fen
from station.orders.cells import Damaged, money
from station.orders.lists import Columns, Fields, read_list
from station.orders.people_and_packaging import carrier_in
from station.orders.table import is_workbook
from station.services.case_statistics import harmless

COLUMNS: Columns = {
    "carrier": ("承运商", "carrier"),
    "valid_from": ("生效日", "valid_from"),
    "valid_until": ("截止日", "valid_until"),
    "name": ("名称", "name"),
    "rounding": ("取整", "rounding"),
    "zone": ("区", "zone"),
    "places": ("地区", "places", "provinces"),
    "first_g": ("首重克", "first_g"),
    "first_fen": ("首重分", "first_fen"),
    "first_yuan": ("首重元", "first_yuan"),
    "step_g": ("续重克", "step_g"),
    "step_fen": ("续重分", "step_fen"),
    "step_yuan": ("续重元", "step_yuan"),
    "minimum_fen": ("最低分", "minimum_fen"),
    "minimum_yuan": ("最低元", "minimum_yuan"),
    "volume_divisor": ("体积除数", "volume_divisor", "divisor"),
}
_NEEDED = ("carrier", "valid_from", "places", "first_g", "step_g")
_WRITTEN = ("carrier", "valid_from", "valid_until", "name", "rounding", "zone", "places", "first_g",
            "first_yuan", "step_g", "step_yuan", "minimum_yuan", "volume_divisor")  # fmt: skip
_WHOLE = frozenset({"first_g", "step_g", "volume_divisor"})
_BETWEEN = re.compile(r"[、，,;；/]+")
_KEY = re.compile(r"tariff\[(\d+)\](?:\.zones\[(\d+)\])?\.?(.*)")

Entry = dict[str, Any]


def read_sheet(name: str, data: bytes) -> tuple[Tariff, ...]:
    """The tariffs of a CSV file. Raises TariffError with every mistake by its row and column."""
    reading = read_list(name, data, COLUMNS, _NEEDED, _row)
    if reading.review:
        raise TariffError(tuple(
            KeyFault(f"{one.where} {one.facts.get('column', '')}".strip(), one.code)
            for one in reading.review))
    table, rows = _gathered(reading.rows)
    try:
        return load_tariffs({"tariff": table})
    except TariffError as error:
        raise TariffError(tuple(
            KeyFault(_where(fault.key, rows), fault.what) for fault in error.faults)) from None


def read_upload(name: str, data: bytes) -> tuple[Tariff, ...]:
    """The tariffs of a CSV file, or of a workbook's first sheet. Raises TariffError alike."""
    if not is_workbook(data):
        return read_sheet(name, data)
    with TemporaryDirectory(prefix="tariffs-") as home:
        folder, source = Path(home, "sheets"), Path(home, "workbook")
        folder.mkdir()
        source.write_bytes(data)
        try:
            sheets = open_sheets(source, folder, name=name)
        except StatementError as trouble:
            raise TariffError((KeyFault(name[:100], str(trouble)),)) from None
        filled = [sheet.path.read_bytes() for sheet in sheets if sheet.path.stat().st_size]
    return read_sheet(name, filled[0] if filled else b"")


def _row(fields: Fields) -> tuple[Entry, Entry, int]:
    """What a row says of its tariff, what of its zone, and where it stands."""
    carrier = carrier_in(fields)
    head = {
        "carrier": str(carrier or ""), "valid_from": fields.text("valid_from", 10, needed=True),
        "valid_until": fields.text("valid_until", 10) or None, "name": fields.text("name", 100),
        "rounding": fields.text("rounding", 20) or "fen",
    }
    zone = {
        "name": fields.text("zone", 100),
        "places": [one for one in map(str.strip, _BETWEEN.split(
            fields.text("places", 4000, needed=True))) if one],
        "first_g": fields.whole("first_g", 1, 10**9), "first_fen": _fen(fields, "first"),
        "bands": [{"step_g": fields.whole("step_g", 1, 10**9), "step_fen": _fen(fields, "step")}],
    }
    if least := _fen(fields, "minimum", needed=False):
        zone["minimum_fen"] = least
    if divisor := fields.whole("volume_divisor", 1, 10**9):
        zone["volume_divisor"] = divisor
    return head, zone, fields.row.number


def _fen(fields: Fields, what: str, *, needed: bool = True) -> Fen:
    """A price in its column of yuan or in its column of fen, never in both."""
    yuan, fen = fields.raw(f"{what}_yuan"), fields.raw(f"{what}_fen")
    if yuan and fen:
        fields.fault(f"{what}_yuan", "two_prices")
    elif fen:
        return fields.whole(f"{what}_fen", 0, 10**9) or 0
    elif not yuan and needed:
        fields.fault(f"{what}_yuan", "missing_value")
    try:
        amount = money(yuan)
    except Damaged:
        amount = -1
    if amount < 0:
        fields.fault(f"{what}_yuan", "bad_money")
    return amount


def _gathered(
    rows: Iterable[tuple[Entry, Entry, int]]
) -> tuple[list[Entry], list[list[int]]]:
    """Rows of one carrier and day are the zones of one tariff; which rows each tariff stands in."""
    table: dict[tuple[str, str], Entry] = {}
    numbers: dict[tuple[str, str], list[int]] = {}
    for head, zone, number in rows:
        key = head["carrier"], head["valid_from"]
        entry = table.setdefault(key, {**head, "zones": []})
        first = {name: value for name, value in entry.items() if name != "zones"}
        if first != head:
            raise TariffError((KeyFault(f"row {number}", "differs from the tariff's first row"),))
        entry["zones"].append(zone)
        numbers.setdefault(key, []).append(number)
    return list(table.values()), list(numbers.values())


def _where(key: str, rows: list[list[int]]) -> str:
    """A key of the table as the row and column that it came from."""
    match = _KEY.fullmatch(key)
    if match is None:
        return key
    ours = rows[int(match[1])]
    row = ours[int(match[2])] if match[2] else ours[0]
    column = re.split(r"[.\[]", match[3].replace("bands[0].", ""))[0]
    return f"row {row} {COLUMNS[column][0] if column in COLUMNS else column}".strip()


def left_out(tariffs: Iterable[Tariff]) -> tuple[Tariff, ...]:
    """The tariffs that a sheet cannot say."""
    return tuple(
        one for one in tariffs
        if one.surcharges or not all(map(_is_usual, one.zones)))


def _is_usual(zone: Zone) -> bool:
    (band, *more) = zone.bands
    return not more and band.steps is Steps.UP and zone.average is None


def _cells(tariffs: Iterable[Tariff]) -> Iterable[list[str]]:
    """The header, then a row for each zone of what a sheet can say."""
    yield [COLUMNS[name][0] for name in _WRITTEN]
    kept = tuple(tariffs)
    apart = left_out(kept)
    for tariff in kept:
        if tariff in apart:
            continue
        table: Any = written(tariff)
        for zone in table["zones"]:
            yield [_cell(name, table, zone) for name in _WRITTEN]


def _cell(name: str, table: Mapping[str, Any], zone: Mapping[str, Any]) -> str:
    source = {
        **zone, **zone["bands"][0], "zone": zone.get("name"), "name": table.get("name"),
        "places": "、".join(zone["places"]),
        **{key: table.get(key) for key in ("carrier", "valid_from", "valid_until", "rounding")},
    }
    if name.endswith("_yuan"):
        fen = source.get(name.replace("_yuan", "_fen"))
        return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"
    return str(source.get(name) or "")


def write_csv(tariffs: Iterable[Tariff]) -> bytes:
    """The sheet as CSV that a spreadsheet opens and ``read_sheet`` reads again."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in _cells(tariffs))
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(tariffs: Iterable[Tariff]) -> bytes:
    """The sheet as a workbook; every cell but a whole number is text."""
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "strings_to_formulas": False,
                         "strings_to_urls": False}) as book:  # fmt: skip
        sheet = book.add_worksheet("价目 tariffs")
        for number, row in enumerate(_cells(tariffs)):
            for column, (name, cell) in enumerate(zip(_WRITTEN, row, strict=True)):
                if number and name in _WHOLE and cell:
                    sheet.write_number(number, column, int(cell))
                else:
                    sheet.write_string(number, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(_WRITTEN) - 1, 12)
    return file.getvalue()
