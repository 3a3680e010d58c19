"""Lists that the shop keeps itself (goods, numbers, packaging, staff): read whole or not at all.

Columns go by name, Chinese or English. Every wrong cell is told with its row and column; as long
as one is wrong, no row of the file is handed out, so that nothing is ever half read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from station.domain.orders import NeedsReview
from station.orders.cells import Damaged, is_scientific, narrow, one_line, whole
from station.orders.table import Row, Table, Unreadable, read_table, require

T = TypeVar("T")
Columns = Mapping[str, tuple[str, ...]]  # field -> the names its column may bear

_YES = frozenset({"是", "1", "y", "yes", "true", "√", "要", "量"})
_NO = frozenset({"", "否", "0", "n", "no", "false", "不", "不量"})


@dataclass(frozen=True, slots=True)
class ListReading(Generic[T]):
    """The rows of a list, or none and what has to be corrected. Warnings let the rows pass."""

    rows: tuple[T, ...] = ()
    review: tuple[NeedsReview, ...] = ()
    warnings: tuple[NeedsReview, ...] = ()


class Fields:
    """One row by field names: hands out checked values and notes what is wrong with the others."""

    def __init__(self, row: Row, columns: Columns) -> None:
        self.row, self.columns = row, columns
        self.faults: list[NeedsReview] = []
        self.warnings: list[NeedsReview] = []

    def fault(self, field: str, code: str, **facts: str) -> None:
        """Notes that a field of this row is wrong; the row, and with it the file, is not taken."""
        self.faults.append(self.row.review(code, column=self._column(field), **facts))

    def warn(self, field: str, code: str, **facts: str) -> None:
        """Notes something odd that does not keep the row from being taken."""
        self.warnings.append(self.row.review(code, column=self._column(field), **facts))

    def raw(self, field: str) -> str:
        """The cleaned cell, "" where column or content is missing."""
        return self.row.text(*self.columns[field])

    def text(self, field: str, longest: int, *, needed: bool = False) -> str:
        """Text on one line; a fault if it is longer than ``longest``, or missing but needed."""
        text = one_line(self.raw(field))
        if needed and not text:
            self.fault(field, "missing_value")
        elif len(text) > longest:
            self.fault(field, "too_long", longest=str(longest))
        return text

    def code(self, field: str, longest: int, *, needed: bool = False) -> str:
        """A code that is scanned or looked up: printable ASCII or Chinese, never 6.9E+12."""
        text = self.text(field, longest, needed=needed)
        if is_scientific(text):
            self.fault(field, "damaged_number")
        return text

    def whole(self, field: str, low: int, high: int, unit: str = "") -> int | None:
        """A whole number (a trailing ``unit`` letter is allowed), None where the cell is empty."""
        text = narrow(self.raw(field)).strip().lower()
        if not text:
            return None
        for ending in unit.split():
            text = text.removesuffix(ending).strip()
        try:
            return whole(text, low, high)
        except Damaged:
            self.fault(field, "bad_number", low=str(low), high=str(high))
            return None

    def yes(self, field: str) -> bool:
        """A yes or no (是/否, 1/0, yes/no); an empty cell is no."""
        text = self.raw(field).lower()
        if text not in _YES | _NO:
            self.fault(field, "not_yes_or_no")
        return text in _YES

    def choice(self, field: str, known: Mapping[str, str], otherwise: str | None = None) -> str:
        """One of the ``known`` words, as its code; an empty cell is ``otherwise``."""
        text = narrow(self.raw(field)).strip()
        if not text and otherwise is not None:
            return otherwise
        found = known.get(text) or known.get(text.lower()) or known.get(text.upper())
        if found is None:
            self.fault(field, "unknown_choice" if text else "missing_value", value=text[:20])
        return found or ""

    def _column(self, field: str) -> str:
        names = self.columns[field]
        return next((name for name in names if name in self.row.cells), names[0])


def read_list(
    name: str,
    data: bytes,
    columns: Columns,
    needed: Iterable[str],
    build: Callable[[Fields], T],
    *,
    unique: Callable[[T], Iterable[tuple[str, str]]] = lambda _row: (),
) -> ListReading[T]:
    """The list in a file. ``unique`` gives the (field, value) pairs that no two rows may share."""
    try:
        table = read_table(name, data)
        require(table, *(columns[field] for field in needed))
    except Unreadable as unreadable:
        return ListReading(review=unreadable.review)
    built: list[T] = []
    review, warnings = list(table.torn), list[NeedsReview]()
    seen: dict[tuple[str, str], Row] = {}
    for row in table.rows:
        fields = Fields(row, columns)
        made = build(fields)
        _refuse_twins(fields, unique(made), seen)
        built.append(made)
        review += fields.faults
        warnings += fields.warnings
    return _whole(table, built, review, warnings)


def _whole(
    table: Table, built: Sequence[T], review: list[NeedsReview], warnings: list[NeedsReview]
) -> ListReading[T]:
    if not built and not review:
        review.append(NeedsReview("empty_file", table.name, "file"))
    return ListReading(() if review else tuple(built), tuple(review), tuple(warnings))


def _refuse_twins(
    fields: Fields, keys: Iterable[tuple[str, str]], seen: dict[tuple[str, str], Row]
) -> None:
    for field, value in keys:
        if not value:
            continue
        if (field, value) in seen:
            fields.fault(field, "twice", first=seen[field, value].where)
        else:
            seen[field, value] = fields.row
