"""A tariff as the cells of a form, and a form's cells as a tariff: every mistake beside its cell.

A cell's name is the place of its value in the table of station/domain/tariff_table.py
("zones.0.bands.1.step_fen"), so that whatever that table's reader finds wrong lands on its cell.
Money is written in yuan, a share in percent; a row whose cells are all empty is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from station.domain.tariff_table import TariffError, load_tariffs, written
from station.domain.tariffs import Tariff
from station.domain.vocabulary import CarrierCode
from station.orders.cells import Damaged, money, whole

HEAD = ("valid_from", "valid_until", "name", "rounding")
ZONE = ("name", "places", "first_g", "first_fen", "minimum_fen", "volume_divisor")
BAND = ("step_g", "step_fen", "upto_g", "steps")
BRACKET = ("upto_g", "fen")
SURCHARGE = ("name", "basis", "rate", "places", "above_g", "minimum_fen")
MOST_ROWS = 60
_CHOSEN = frozenset({"steps", "basis"})  # a choice says nothing where the rest is empty
_BETWEEN = re.compile(r"[、，,;；/\n]+")
_INDEX = re.compile(r"\[(\d+)\]")
_LARGEST_WHOLE = 10**9
_CODES = (
    ("missing: only", "band_needs_end"), ("missing", "missing"), ("must be a list", "missing"),
    ("must be a whole", "bad_number"), ("must be at least", "out_of_range"),
    ("must be more than", "not_rising"), ("must be a day", "bad_day"),
    ("ends before", "ends_before"), ("the last band", "last_band_open"),
    ("must lie whole", "uneven_band"), ("unknown", "unknown_choice"),
)

Cells = dict[str, str]


@dataclass(slots=True)
class Form:
    """What a form says: its tariff if nothing is wrong, else what is, by the cell's name."""

    cells: Cells
    tariff: Tariff | None = None
    faults: dict[str, str] = field(default_factory=dict)

    def rows(self, part: str, *, spare: int = 0) -> list[int]:
        """The numbers of a part's rows ("zones", "zones.0.bands"), with some empty ones behind."""
        start = part + "."
        found = {int(match[1]) for name in self.cells
                 if (match := re.match(re.escape(start) + r"(\d+)\.", name))}
        last = max(found, default=-1)
        return sorted(found) + list(range(last + 1, last + 1 + spare))


def cells_of(tariff: Tariff) -> Cells:
    """The cells in which a tariff is edited."""
    table: dict[str, Any] = written(tariff)
    return dict(_flat("", {key: table[key] for key in (*HEAD, "zones", "surcharges")
                           if key in table}))


def _flat(path: str, value: Any) -> Iterable[tuple[str, str]]:
    key = path.rpartition(".")[2]
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(f"{path}.{name}".lstrip("."), one)
    elif key == "places":
        yield path, "、".join(value)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _flat(f"{path}.{index}", one)
    else:
        yield path, _written(key, value)


def _written(key: str, value: Any) -> str:
    if _is_money(key):
        return f"{value // 100}.{value % 100:02d}"
    return str(value)


def _is_money(key: str) -> bool:
    return key == "rate" or key.endswith("fen")


def read(carrier: CarrierCode, cells: Mapping[str, str]) -> Form:
    """The tariff that a form's cells say, or every mistake in them by the cell's name."""
    form = Form({name: text.strip() for name, text in cells.items()})
    reader = _Reader(form)
    entry = {"carrier": str(carrier), **reader.row("", HEAD)}
    entry["zones"], zone_rows = reader.zones()
    surcharges, surcharge_rows = reader.table("surcharges", SURCHARGE)
    if surcharges:
        entry["surcharges"] = surcharges
    try:
        (form.tariff,) = load_tariffs({"tariff": [entry]})
    except TariffError as error:
        rows = {**zone_rows, "surcharges": surcharge_rows}
        for fault in error.faults:
            form.faults.setdefault(_cell(fault.key, rows), _code(fault.what, fault.key))
    if form.faults:
        form.tariff = None
    return form


class _Reader:
    """Reads rows of cells into tables, and notes the cells that hold no such value."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def zones(self) -> tuple[list[dict[str, Any]], dict[str, list[int]]]:
        """The zones, and in which rows of the form they, their bands and averages stand."""
        zones, rows = [], dict[str, list[int]]()
        rows["zones"] = []
        for number in self.form.rows("zones")[:MOST_ROWS]:
            path = f"zones.{number}"
            zone = self.row(path, ZONE)
            bands, rows[f"{path}.bands"] = self.table(f"{path}.bands", BAND)
            average, rows[f"{path}.average"] = self.table(f"{path}.average", BRACKET)
            if zone or bands or average:
                zones.append({**zone, "bands": bands, **({"average": average} if average else {})})
                rows["zones"].append(number)
        return zones, rows

    def table(
        self, part: str, names: tuple[str, ...]
    ) -> tuple[list[dict[str, Any]], list[int]]:
        """The rows of a part that are not empty, and their numbers in the form."""
        found = [(number, self.row(f"{part}.{number}", names))
                 for number in self.form.rows(part)[:MOST_ROWS]]
        kept = [(number, row) for number, row in found if row.keys() - _CHOSEN]
        return [row for _, row in kept], [number for number, _ in kept]

    def row(self, path: str, names: tuple[str, ...]) -> dict[str, Any]:
        """The values of a row's cells, without the empty ones."""
        values = {}
        for name in names:
            cell = f"{path}.{name}".lstrip(".")
            if text := self.form.cells.get(cell, ""):
                values[name] = self._value(cell, name, text)
        return values

    def _value(self, cell: str, name: str, text: str) -> Any:
        if name == "places":
            return [one for part in _BETWEEN.split(text) if (one := part.strip())]
        if name not in ("name", "rounding", "valid_from", "valid_until", *_CHOSEN):
            try:
                return money(text) if _is_money(name) else whole(text, 0, _LARGEST_WHOLE)
            except Damaged as damaged:
                self.form.faults[cell] = damaged.code
                return 1  # so that nothing else is found wrong with it
        return text[:100]


def _cell(key: str, rows: Mapping[str, list[int]]) -> str:
    """The cell of a key of the table ("tariff[0].zones[1].bands[0].step_fen")."""
    path = ""
    for name in _INDEX.sub(r".\1", key).split(".")[2:]:
        numbers = rows.get(path, [])
        step = str(numbers[int(name)]) if name.isdigit() and int(name) < len(numbers) else name
        if path.endswith("places"):
            break
        path = f"{path}.{step}".lstrip(".")
    return path


def _code(what: str, key: str) -> str:
    if "in another zone" in what:
        return "place_twice"
    if "places[" in key:
        return "bad_place"
    return next((code for words, code in _CODES if what.startswith(words)), "bad_value")
