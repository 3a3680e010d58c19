"""One sheet may hold several tables, one below the other, each with a header of its own.

Below the parcels stands what was paid for lost ones, say, or what packaging cost. A title over such
a table (理赔明细) says what its amounts are where its columns do not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from station.bills.guesses import unit_by_values
from station.bills.layouts import Layout, recognise
from station.bills.rows import Below, Rows, ShortLine
from station.domain.statements import LineKind, ReviewRow, StatementLine
from station.domain.vocabulary import Fen

Row = tuple[int, list[str]]

_PEEKED = 40
_FREIGHT = re.compile(r"运费|快递费|应收|账单|对账|补录")
_KINDS: tuple[tuple[LineKind, re.Pattern[str]], ...] = (
    ("credit", re.compile(r"理赔|赔付|赔偿|赔款|退款|返款|返利|返还|扣款|扣减|减免")),
    ("insurance", re.compile(r"保价|保险")),
    ("surcharge", re.compile(r"包装|附加|增值|其[他它]费|加收|偏远|耗材|物料")),
    ("return", re.compile(r"退(?:件|回|货)")),
)


def kind_of(title: str) -> LineKind:
    """What a table charges for by its title; freight where that says nothing else."""
    if _FREIGHT.search(title):
        return "freight"
    return next((kind for kind, words in _KINDS if words.search(title)), "freight")


def in_one(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """The rows of a table that is printed in blocks of columns side by side, one block a row."""
    for number, row in rows:
        yield number, row[:width]
        for start in range(width, len(row), width):
            block = row[start : start + width]
            if any(map(str.strip, block)):
                yield number, block


@dataclass(slots=True)
class Tables:
    """The tables of one sheet in their order; ``review`` is complete when all have been read."""

    layout: Layout
    source: str
    month: str = ""
    title: str = ""
    review: list[ReviewRow] = field(default_factory=list)
    _sums: list[tuple[Fen, Fen | None]] = field(default_factory=list)

    def each(
        self, rows: Iterator[Row], header: int
    ) -> Iterator[Iterator[ShortLine | StatementLine]]:
        """The lines of each table, to be read to their end before the next one is asked for."""
        layout, kind = self.layout, kind_of(self.title)
        while True:
            reader = Rows(layout, self.source, month=self.month, kind=kind)
            lines = reader.lines(rows, header)
            if layout.tells_prices or not self.layout.tells_prices:
                yield lines
                self._take(reader)
            else:
                self._pass(lines, header)
            if reader.below is None:
                return
            kind = kind_of(reader.below.title)
            layout, rows, header = _begun(reader.below, rows)

    def billed(self, fen: Fen) -> None:
        """Note what the lines of the table that was just read come to."""
        self._sums.append((fen, None))

    def stated(self) -> Fen | None:
        """The total that the sheet states; None where it states none.

        Each table may have its own, and the last of them may be the sum of all: whichever agrees
        better with the lines.
        """
        if all(total is None for _, total in self._sums):
            return None
        billed = sum(fen for fen, _ in self._sums)
        each = sum(fen if total is None else total for fen, total in self._sums)
        last = self._sums[-1][1]
        found = [each] if last is None else [each, last]
        return min(found, key=lambda total: abs(total - billed))

    def _take(self, reader: Rows) -> None:
        self.review += reader.review
        fen, total = self._sums.pop()[0], reader.total_fen
        # What is given back often stands there without a sign.
        self._sums.append((fen, -total if total is not None and -total == fen else total))

    def _pass(self, lines: Iterator[ShortLine | StatementLine], header: int) -> None:
        """Leave out a table that names parcels and charges nothing."""
        passed = sum(1 for _ in lines)
        self.review.append(ReviewRow(header, "charges_nothing", "", str(passed), self.source))


def _begun(below: Below, rows: Iterator[Row]) -> tuple[Layout, Iterator[Row], int]:
    """The layout of a header that stands below another table, with the rows behind it."""
    top = list(itertools.islice(rows, _PEEKED))
    layout, header = below.layout, below.row
    both = recognise(below.record, top[0][1]) if top else None
    if both is not None and both.height > 1:
        layout, header = both, top[0][0]
    weights = [row[at] for _, row in top for at in (layout.at.get("charged", -1),)
               if 0 <= at < len(row)]
    return layout.weighed(unit_by_values(weights)), itertools.chain(top, rows), header
