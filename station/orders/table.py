"""CSV files as spreadsheets and shop platforms write them: a header by name, rows by number.

A file is read whole or not at all: bytes that are no text, an unclosed quote or a missing column
give one entry for review and no row.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from station.domain.orders import NeedsReview
from station.orders.cells import clean

_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ENCODINGS = ("utf-8-sig", "gb18030")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16, a spreadsheet's "Unicode text"
_TITLES = 6  # rows that may stand above the header
_DELIMITERS = ",\t;"
_DELIMITER_NAMED = re.compile(r"sep=([,;\t|])\r?\n?", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_BLANK_AFTER_QUOTE = re.compile(r'(?<=")[\t ]+(?=[,;\r\n]|\Z)')
_ROUNDED = re.compile(r"[1-9][0-9]{14}0{2,}")  # a number keeps fifteen digits in a spreadsheet


class Unreadable(Exception):
    """The file as a whole cannot be used; carries what a person has to look at."""

    def __init__(self, *review: NeedsReview) -> None:
        super().__init__(*(entry.code for entry in review))
        self.review = review


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts it (from 1) and its cleaned cells.

    ``rounded`` names the columns with a bare number of which a spreadsheet may have kept only the
    first fifteen digits.
    """

    source: str
    number: int
    cells: Mapping[str, str]
    rounded: frozenset[str] = frozenset()

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
    """A file's rows under their header. ``torn`` rows have too many or too few fields.

    ``blank`` rows say nothing: they are empty, or the header once more.
    """

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
    """The file's text: UTF-8 with or without its mark, else GB18030; UTF-16 by its mark; strictly.

    GB18030 contains GBK and has the rare characters of names that GBK lacks. Raises Unreadable
    with the line where the text breaks off.
    """
    if is_workbook(data):
        raise Unreadable(NeedsReview("spreadsheet_not_csv", name, "file"))
    failures = []
    for encoding in ("utf-16",) if data.startswith(_WIDE_MARKS) else _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            failures.append(error.start)
    line = data.count(b"\n", 0, max(failures)) + 1
    raise Unreadable(NeedsReview("undecodable", name, f"line {line}", {"line": str(line)}))


def read_table(name: str, data: bytes) -> Table:
    """The table of a file; raises Unreadable if it has no header, or breaks off inside a field."""
    records = _records(name, decode(name, data))
    top = _header_at(records)
    if not records or not any(clean(cell) for cell in records[top]):
        raise Unreadable(NeedsReview("empty_file", name, "file"))
    written = _header(records[top])
    header, twice = _once(written)
    rows, torn, blank = [], [], 0
    for number, record in enumerate(records[top + 1 :], start=top + 2):
        cells = [clean(cell) for cell in record]
        if twice and len(cells) >= len(header):
            _join(cells, twice, name, number)
        if not any(cells) or tuple(cells[: len(header)]) in (written, header):
            blank += 1
        elif len(cells) < len(header) or any(cells[len(header) :]):
            facts = {"fields": str(len(cells)), "columns": str(len(header))}
            torn.append(NeedsReview("field_count", name, f"row {number}", facts))
        else:
            named = {key: cell for key, cell in zip(header, cells, strict=False) if key}
            rows.append(Row(name, number, MappingProxyType(named), _rounded(header, record)))
    return Table(name, header, tuple(rows), tuple(torn), blank)


def header_of(name: str, data: bytes) -> tuple[str, ...]:
    """The header alone, () where the file has none that can be read."""
    try:
        records = _records(name, decode(name, data), most=_TITLES)
        return _once(_header(records[_header_at(records)]))[0] if records else ()
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


def _header(record: list[str]) -> tuple[str, ...]:
    """Column names without blanks around them; an unnamed tail of empty fields is dropped."""
    header = [clean(cell) for cell in record]
    while header and not header[-1]:
        header.pop()
    return tuple(header)


def _once(written: tuple[str, ...]) -> tuple[tuple[str, ...], Mapping[str, tuple[int, ...]]]:
    """The header with each name at its first place only, and where the doubled ones stand."""
    header = tuple("" if name in written[:at] else name for at, name in enumerate(written))
    doubled = {name for name, count in Counter(written).items() if name and count > 1}
    return header, {name: tuple(at for at, one in enumerate(written) if one == name)
                    for name in sorted(doubled)}


def _join(
    cells: list[str], twice: Mapping[str, tuple[int, ...]], name: str, number: int
) -> None:
    """Put what columns of one name say into the first of them; raises Unreadable if they differ.

    A copied column, and one that was left empty, are no reason to refuse a file.
    """
    for column, places in twice.items():
        said = {cells[at] for at in places} - {""}
        if len(said) > 1:
            facts = {"column": column, "columns": "、".join(map(_letter, places))}
            raise Unreadable(NeedsReview("column_twice", name, f"row {number}", facts))
        for at in places:
            cells[at] = ""
        cells[places[0]] = said.pop() if said else ""


def _letter(at: int) -> str:
    """How a spreadsheet calls its column: A, B, … Z, AA, AB …"""
    rest, last = divmod(at, 26)
    return (_letter(rest - 1) if rest else "") + chr(65 + last)


def _header_at(records: Sequence[Sequence[str]]) -> int:
    """Where the header stands: below blank rows, and below titles, which fill one cell alone."""
    filled = [sum(1 for cell in record if clean(cell)) for record in records[:_TITLES]]
    first = next((at for at, cells in enumerate(filled) if cells), 0)
    if filled[first:] and filled[first] == 1:
        return next((at for at, cells in enumerate(filled) if cells > 2), first)
    return first


def _rounded(header: Iterable[str], record: Iterable[str]) -> frozenset[str]:
    found = [key for key, cell in zip(header, record, strict=False)
             if len(cell) >= 17 and _ROUNDED.fullmatch(cell)]
    return frozenset(found)


def _records(name: str, text: str, *, most: int | None = None) -> list[list[str]]:
    """The fields of all rows, or of the first ``most``; the row that only names the delimiter
    (sep=;) counts as a blank one."""
    delimiter = _delimiter(text)
    if delimiter != "\t":
        text = _BLANK_AFTER_QUOTE.sub("", text)
    reader = csv.reader(io.StringIO(_DELIMITER_NAMED.sub("\n", text, count=1)
                                    if _DELIMITER_NAMED.match(text) else text, newline=""),
                        delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            if most is not None and len(records) >= most:
                break
    except csv.Error:
        line = str(reader.line_num)
        facts = {"line": line}
        raise Unreadable(NeedsReview("broken_quotes", name, f"line {line}", facts)) from None
    return records


def _delimiter(text: str) -> str:
    """What parts the fields: named by the file, or the commonest in its first row with any."""
    if named := _DELIMITER_NAMED.match(text):
        return named[1]
    for line, _ in zip(io.StringIO(text), range(_TITLES), strict=False):
        bare = _QUOTED.sub("", line)
        if counts := {sign: bare.count(sign) for sign in _DELIMITERS if sign in bare}:
            return max(counts, key=lambda sign: counts[sign])
    return ","
