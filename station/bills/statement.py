"""A carrier's statement out of a file: title, header, lines, totals, and what a person must see.

The rows are read as a stream, so that a million lines need no more memory than a hundred. What the
file itself says of carrier, month and total is known when all lines have been read.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from station.bills.below import Tables, in_one
from station.bills.cells import clean
from station.bills.files import Limits, Sheet, open_sheets
from station.bills.guesses import unit_by_values
from station.bills.layouts import (
    Layout,
    Record,
    ToldLayout,
    apply,
    carrier_in,
    fingerprint,
    recognise,
    seen,
    stranger_in,
)
from station.bills.rows import ShortLine
from station.bills.trouble import StatementError
from station.domain.statements import ReviewRow, Statement, StatementLine
from station.domain.vocabulary import Fen
from station.domain.written_numbers import are_rounded

_TITLES_DIFFER = 2048  # bytes by which a sheet and its copy may differ: their titles
_ABOVE = 40  # rows in which a header must begin
_PREVIEWED, _WIDEST, _CUT = 12, 60, 40  # rows, columns and characters of a preview
_MONTH = re.compile(r"(?<!\d)(20\d\d)\s*(?:年|[-/.])?\s*(1[0-2]|0?[1-9])(?:\s*月|(?!\d))")
_MADE = re.compile(r"制表|打印|生成|导出|下载|created|printed", re.IGNORECASE)


class StatementFile:
    """A statement being read; use it in a ``with``, because unpacked tables lie on disk meanwhile.

    ``told`` is the layout that a person told for this file, ``known`` those that people told
    before, by their headers' fingerprints.
    ``carrier`` and ``month`` are what was given, else what titles, columns and the file's name say.
    ``stranger`` is the name of a carrier in the titles that is none of ours.
    ``total_fen``, ``review`` and ``days`` (lines by month of their day) are complete after
    ``lines()`` is.
    """

    def __init__(
        self, path: Path, *, name: str = "", told: ToldLayout | None = None,
        limits: Limits | None = None, known: Mapping[str, ToldLayout] = MappingProxyType({}),
    ) -> None:
        self._known = known
        self.name = name or path.name
        self.path = path
        self.carrier = told.carrier if told else ""
        self.month = ""
        self.stranger = ""
        self.total_fen: Fen | None = None
        self.review: list[ReviewRow] = []
        self.days: Counter[str] = Counter()
        self._told = told
        self._limits = limits or Limits()
        self._folder: Path | None = None
        self._tables: list[tuple[Sheet, Layout, int]] = []

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="station-bill-"))
        try:
            sheets = open_sheets(self.path, self._folder, name=self.name, limits=self._limits)
            self._look(sheets)
        except BaseException:
            self._forget()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self._forget()

    def lines(self) -> Iterator[StatementLine]:
        """Every amount of the statement in its order.

        Raises StatementError if there is none, or the file breaks off.
        """
        for line in self.short_lines():
            yield line if isinstance(line, StatementLine) else StatementLine(*line)

    def short_lines(self) -> Iterator[ShortLine | StatementLine]:
        """The same as ``lines``, but the first cells alone where the others say nothing."""
        days: Counter[str] = Counter()
        totals = []
        for sheet, layout, header in self._tables:
            several = len(self._tables) > 1
            part = f"{self.name} [{sheet.name}]" if several else self.name
            tables = Tables(layout, part, self.month, sheet.name if several else "")
            rows = in_one(sheet.rows(), layout.block) if layout.block else sheet.rows()
            for lines in tables.each(rows, header):
                fen = 0
                for line in lines:
                    days[line[4]] += 1
                    fen += line[2] or 0
                    yield line
                tables.billed(fen)
            self.review += tables.review
            totals.append(tables.stated())
        if not days:
            raise StatementError("no_lines", name=self.name)
        for day, count in days.items():
            self.days[day[:7]] += count
        stated = [total for total in totals if total is not None]
        if stated and len(stated) == len(totals):
            self.total_fen = sum(stated)

    def _look(self, sheets: tuple[Sheet, ...]) -> None:
        """Find each table's header, and whose statement of which month it is."""
        titles, tops, aside = [self.name], [], list[str]()
        for sheet in sheets:
            top = [(number, row) for number, row in itertools.islice(sheet.rows(), _ABOVE)]
            tops += [row for _, row in top]
            found = self._header(top)
            if found is None:
                aside += [clean(cell) for _, row in top for cell in row]
            else:
                at, layout = found
                self._tables.append((sheet, layout, top[at][0] + layout.height - 1))
                titles += [clean(cell) for _, row in top[:at] for cell in row]
                titles.append(sheet.name)
        if not self._tables:
            raise StatementError("unknown_layout", name=self.name, columns=seen(tops))
        self._leave_out("hidden_sheet", [one for one in self._tables if one[0].hidden])
        self._leave_out("charges_nothing", [one for one in self._tables if not one[1].tells_prices])
        self._leave_out("repeated_sheet", list(_repeated(self._tables)))
        self.review += [
            ReviewRow(header, "hidden_rows", "", str(sheet.hidden_rows), self.name)
            for sheet, _, header in self._tables if sheet.hidden_rows
        ]
        titles += aside  # an overview on a sheet of its own, say
        self._name_carrier(titles)
        self.month = self.month or next(filter(None, map(month_in, (*titles[1:], titles[0]))), "")

    def _leave_out(self, why: str, tables: list[tuple[Sheet, Layout, int]]) -> None:
        """Leave out tables beside which there are others: these are what is billed."""
        if len(tables) == len(self._tables):
            return
        for one in tables:
            self._tables.remove(one)
            self.review.append(ReviewRow(one[2], why, "", one[0].name[:40], self.name))

    def _header(self, top: list[tuple[int, list[str]]]) -> tuple[int, Layout] | None:
        for guess in (False,) if self._told else (False, True):
            for index, (_, row) in enumerate(top):
                below = top[index + 1][1] if index + 1 < len(top) else None
                layout = self._layout(row, below, guess=guess)
                if layout is not None:
                    return index, _weighed(layout, top[index + layout.height :])
        return None

    def _layout(self, row: Record, below: Record | None, *, guess: bool) -> Layout | None:
        if self._told:
            return apply(self._told, row)
        known = self._known.get(fingerprint(row)) if self._known else None
        return apply(known, row) if known else recognise(row, below, guess=guess)

    def columns(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What was recognised: each table's name, with its column names and their meanings."""
        return [
            (sheet.name, [(layout.columns[index], meaning) for index, meaning in sorted(
                [(index, meaning) for meaning, index in layout.at.items()]
                + [(index, meaning) for meaning, many in layout.many.items() for index in many]
            ) if index < len(layout.columns)])
            for sheet, layout, _ in self._tables
        ]

    def _name_carrier(self, titles: list[str]) -> None:
        named = {carrier_in(title) for title in titles[1:]} - {""}
        self.stranger = "" if named else next(filter(None, map(stranger_in, titles)), "")
        by_columns = {"" if self.stranger else layout.carrier for _, layout, _ in self._tables}
        by_columns.discard("")
        for found in (named, by_columns, {carrier_in(titles[0])}):
            if not self.carrier and len(found) == 1:
                self.carrier = next(iter(found))

    def _forget(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _repeated(
    tables: list[tuple[Sheet, Layout, int]]
) -> Iterator[tuple[Sheet, Layout, int]]:
    """The tables that say the same as one before them, row for row below the header."""
    known: set[bytes] = set()
    sizes = [sheet.path.stat().st_size for sheet, _, _ in tables]
    for (sheet, layout, header), size in zip(tables, sizes, strict=True):
        if sum(abs(size - other) <= _TITLES_DIFFER for other in sizes) < 2:
            continue  # no other is as long as this one: nothing is read for it
        said = hashlib.sha256()
        for number, row in sheet.rows():
            if number > header and any(row):
                said.update(repr([clean(cell) for cell in row]).encode())
        if said.digest() in known:
            yield sheet, layout, header
        known.add(said.digest())


def _weighed(layout: Layout, below: list[tuple[int, list[str]]]) -> Layout:
    """The layout with what its first rows tell: the unit of weights, whether numbers are cut."""
    at = layout.at.get("charged", layout.at.get("actual", -1))
    number_at = layout.at["waybill"]
    numbers = [clean(row[number_at]) for _, row in below if len(row) > number_at]
    layout = replace(layout, rounded=are_rounded(numbers))
    if at < 0:
        return layout
    cells = [row[at] for _, row in below if len(row) > max(at, number_at) and row[number_at]]
    return layout.weighed(unit_by_values(cells))


def read_statement(
    path: Path, *, name: str = "", told: ToldLayout | None = None, limits: Limits | None = None
) -> Statement:
    """A whole statement in memory. Raises StatementError; then nothing of it was taken."""
    with StatementFile(path, name=name, told=told, limits=limits) as file:
        lines = tuple(file.lines())
        month = file.month or busiest(file.days)
        return Statement(file.carrier, month, lines, file.total_fen, tuple(file.review))


def busiest(days: Counter[str]) -> str:
    """The month with most lines, "" where no line has a day."""
    known = [(count, month) for month, count in days.items() if month]
    return max(known)[1] if known else ""


def month_in(text: str) -> str:
    """The month that a title or a file's name speaks of ("2026年11月", "202611"), else "".

    When a file was made says nothing, nor do the two ends of a period that crosses months.
    """
    found: set[str] = set() if _MADE.search(text) else {
        f"{match[1]}-{int(match[2]):02d}" for match in _MONTH.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def preview(path: Path, *, name: str = "") -> list[list[str]]:
    """The first rows of a file's longest beginning, for a page on which a person maps its columns.

    Raises StatementError where the file is no table.
    """
    with tempfile.TemporaryDirectory(prefix="station-bill-") as folder:
        sheets = open_sheets(path, Path(folder), name=name)
        tops = [[row for _, row in itertools.islice(sheet.rows(), _PREVIEWED)] for sheet in sheets]
    best = max(tops, key=lambda top: sum(map(len, top)), default=[])
    return [[clean(cell)[:_CUT] for cell in row[:_WIDEST]] for row in best]
