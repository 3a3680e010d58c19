"""CSV files as spreadsheets and shop platforms write them: a header by name, rows by number.

A file is read whole or not at all: bytes that are no text, an unclosed quote or a missing column
give one entry for review and no row.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from station.domain.orders import NeedsReview
from station.orders.cells import clean

_FIELD_LIMIT = 131_072
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ENCODINGS = ("utf-8-sig", "gb18030")


class Unreadable(Exception):
    """The file as a whole cannot be used; carries what a person has to look at."""

    def __init__(self, *review: NeedsReview) -> None:
        super().__init__(*(entry.code for entry in review))
        self.review = review


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts it (the header is 1) and its cleaned cells."""

    source: str
    number: int
    cells: Mapping[str, str]

    @property
    def where(self) -> str:
        """Where it stands: "row 7"."""
        return f"row {self.number}"

    def text(self, *names: str) -> str:
        """The first cell with content among these columns, "" if none has any."""
        return next((self.cells[name] for name in names if self.cells.get(name)), "")

    def review(self, code: str, **facts: str) -> NeedsReview:
        """An entry for review that points at this row."""
        return NeedsReview(code, self.source, self.where, facts)


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows under their header. ``torn`` rows have too many or too few fields."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    torn: tuple[NeedsReview, ...] = ()
    blank: int = 0

    def has(self, *names: str) -> bool:
        """Whether all these columns are there."""
        return all(name in self.header for name in names)


def is_workbook(data: bytes) -> bool:
    """Whether these are an .xlsx's or an .xls's bytes, and no text."""
    return data.startswith(_SPREADSHEETS)


def decode(name: str, data: bytes) -> str:
    """The file's text: UTF-8 with or without its mark, else GB18030, both strictly.

    GB18030 contains GBK and has the rare characters of names that GBK lacks. Raises Unreadable
    with the line where the text breaks off.
    """
    if is_workbook(data):
        raise Unreadable(NeedsReview("spreadsheet_not_csv", name, "file"))
    failures = []
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            failures.append(error.start)
    line = data.count(b"\n", 0, max(failures)) + 1
    raise Unreadable(NeedsReview("undecodable", name, f"line {line}", {"line": str(line)}))


def read_table(name: str, data: bytes) -> Table:
    """The table of a file; raises Unreadable if it has no header, or breaks off inside a field."""
    records = _records(name, decode(name, data))
    if not records or not any(clean(cell) for cell in records[0]):
        raise Unreadable(NeedsReview("empty_file", name, "file"))
    header = _header(name, records[0])
    rows, torn, blank = [], [], 0
    for number, record in enumerate(records[1:], start=2):
        cells = [clean(cell) for cell in record]
        if not any(cells):
            blank += 1
        elif len(cells) < len(header) or any(cells[len(header) :]):
            facts = {"fields": str(len(cells)), "columns": str(len(header))}
            torn.append(NeedsReview("field_count", name, f"row {number}", facts))
        else:
            named = {key: cell for key, cell in zip(header, cells, strict=False) if key}
            rows.append(Row(name, number, MappingProxyType(named)))
    return Table(name, header, tuple(rows), tuple(torn), blank)


def header_of(name: str, data: bytes) -> tuple[str, ...]:
    """The header alone, () where the file has none that can be read."""
    try:
        records = _records(name, decode(name, data), only_first=True)
        return _header(name, records[0]) if records else ()
    except Unreadable:
        return ()


def require(table: Table, *needed: Iterable[str]) -> None:
    """Raises Unreadable naming every missing column; each ``needed`` lists names of one column."""
    missing = [names for names in map(tuple, needed) if not any(n in table.header for n in names)]
    if missing:
        raise Unreadable(
            *(
                NeedsReview("missing_column", table.name, "row 1", {"column": "/".join(names)})
                for names in missing
            )
        )


def _header(name: str, record: list[str]) -> tuple[str, ...]:
    """Column names without blanks around them; an unnamed tail of empty fields is dropped."""
    header = [clean(cell) for cell in record]
    while header and not header[-1]:
        header.pop()
    twice = [column for column, count in Counter(header).items() if column and count > 1]
    if twice:
        raise Unreadable(NeedsReview("column_twice", name, "row 1", {"column": "/".join(twice)}))
    return tuple(header)


def _records(name: str, text: str, *, only_first: bool = False) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            if only_first:
                break
    except csv.Error:
        line = str(reader.line_num)
        facts = {"line": line}
        raise Unreadable(NeedsReview("broken_quotes", name, f"line {line}", facts)) from None
    return records
