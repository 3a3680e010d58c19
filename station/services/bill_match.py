"""Matches a month part by part: nearly all lines by the short way, the rest by thought.

What was found lies in a spool by its place in the statement, so that the parts of a hash come out
in the statement's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from station.bills.spool import PARTS, Spool
from station.domain.bill_findings import Finding, Totals
from station.domain.bill_quick import LINE_FACTS, PARCEL_FACTS, quick
from station.domain.reconciliation import Terms, match, rightly_unbilled
from station.domain.statements import Shipment, StatementLine
from station.domain.written_numbers import mother
from station.services.beside import Beside

Row = tuple[Any, ...]
Progress = Callable[[str, int], None]

_FOLDED = 5  # cells of a finding that is simply right, in the spool
_RETURN_OF = StatementLine._fields.index("return_of")


@dataclass(frozen=True, slots=True)
class Order:
    """Where each row of a statement in several sources stands among all its rows."""

    offsets: Mapping[str, int]
    rows: int

    @classmethod
    def of(cls, last_rows: Mapping[str, int]) -> Order:
        """The order of sources whose last rows these are."""
        offsets, rows = {}, 0
        for source, last in last_rows.items():
            offsets[source] = rows
            rows += last + 1
        return cls(offsets, rows)

    def part(self, place: int) -> int:
        """The part of the spool in which a place lies."""
        return min(PARTS - 1, place * PARTS // (self.rows or 1))


@dataclass(slots=True)
class Matcher:
    """Matches parts. ``strangers`` looks for numbers that are not among the month's parcels."""

    terms: Terms
    order: Order
    totals: Totals
    strangers: Callable[[list[StatementLine], list[Shipment]], list[Shipment]]
    _is_right: Callable[[Row, Row], bool] = field(init=False)

    def __post_init__(self) -> None:
        terms = self.terms
        self._is_right = quick(terms.month, terms.carrier, terms.prices, terms.atlas)

    def match_part(self, lines: Iterator[Row], parcels: Iterator[Row], found: Spool) -> None:
        """Match the lines of one part with its parcels, and put what was found in its place."""
        book = {row[0]: row for row in parcels}
        waiting: list[list[Row]] = [[] for _ in range(PARTS)]
        hard = self._by_the_short_way(_together(lines), book, waiting)
        asked = [StatementLine(*row) for row in hard]
        known = [Shipment(*row) for row in book.values()]
        known += self.strangers(asked, known)
        for number, finding in enumerate(match(asked, known, self.terms)):
            self.totals.add(finding)
            self._put(finding, number, waiting)
        self.totals.unbilled_rightly += _spared(asked, known, self.terms)
        for part, rows in enumerate(waiting):
            found.extend(part, rows)

    def _by_the_short_way(
        self, together: dict[str, Row | list[Row]], book: dict[str, Row],
        waiting: list[list[Row]],
    ) -> list[Row]:
        """Put aside what is simply right, and take its parcel out of the book; the lines left."""
        is_right, offsets, rows = self._is_right, self.order.offsets, self.order.rows or 1
        hard: list[Row] = []
        count = fen = 0
        for number, line in together.items():
            if isinstance(line, list):
                hard += line
                continue
            parcel = book.get(number)
            if (
                parcel is None or len(line) != LINE_FACTS or len(parcel) != PARCEL_FACTS
                or not is_right(line, parcel)
            ):
                hard.append(line)
                continue
            del book[number]
            count, fen = count + 1, fen + line[2]
            place = offsets[line[8]] + line[0]
            waiting[place * PARTS // rows].append((place, line[0], number, line[2], line[8]))
        self.totals.add_matched(fen, count)
        return hard

    def _put(self, finding: Finding, number: int, waiting: list[list[Row]]) -> None:
        """Put a finding where its row stands; what has no row behind all others, by its number."""
        place = self.order.rows
        if finding.row:
            place = self.order.offsets[finding.source] + finding.row
        else:
            number = 0
        waiting[self.order.part(place)].append((place, number, *finding))


def match_all(
    matcher: Matcher, lines: Spool, parcels: Spool, found: Spool, tell: Progress, *, apart: bool
) -> None:
    """Match all parts, every other one in a second process where there is one."""
    if not apart:
        _match_parts(matcher, range(PARTS), lines, parcels, found, tell)
        return
    with Spool() as theirs:
        theirs.prepare()
        lines.settle()
        parcels.settle()

        def others() -> Totals:
            matcher.totals = Totals()
            _match_parts(matcher, range(1, PARTS, 2), lines, parcels, theirs, _silent)
            theirs.settle()
            return matcher.totals

        beside = Beside(others, apart=True)
        try:
            _match_parts(matcher, range(0, PARTS, 2), lines, parcels, found, tell)
            matcher.totals.join(beside.result())
        finally:
            beside.leave()
        theirs.take_over()
        found.absorb(theirs)
        tell("matched", matcher.totals.lines)


def _match_parts(  # noqa: PLR0917 - the same
    matcher: Matcher, parts: range, lines: Spool, parcels: Spool, found: Spool, tell: Progress
) -> None:
    for part in parts:
        matcher.match_part(lines.rows(part), parcels.rows(part), found)
        lines.drop(part)
        parcels.drop(part)
        tell("matched", matcher.totals.lines)


def _silent(_what: str, _done: int) -> None:
    """Nobody is watching."""


def _together(lines: Iterator[Row]) -> dict[str, Row | list[Row]]:
    """The lines by the number that they are about: one line, or a list where there are several."""
    together: dict[str, Row | list[Row]] = {}
    for line in lines:
        number = line[1] if len(line) == LINE_FACTS else line[_RETURN_OF] or line[1]
        number = mother(number) if "-" in number else number
        held = together.get(number)
        if held is None:
            together[number] = line
        elif isinstance(held, list):
            held.append(line)
        else:
            together[number] = [held, line]
    return together


def in_order(found: Spool) -> Iterator[Finding]:
    """The findings by the places of their rows."""
    for part in range(PARTS):
        for row in sorted(found.rows(part)):
            yield _unfolded(row)


def _unfolded(row: Row) -> Finding:
    """A finding out of the spool; one that is simply right was put away as its few facts."""
    if len(row) == _FOLDED:
        _, number, waybill_no, fen, source = row
        return Finding(number, waybill_no, "matched", fen, fen, 0, source=source)
    return Finding._make(row[2:])


def _spared(asked: list[StatementLine], known: list[Shipment], terms: Terms) -> int:
    """Parcels of the month without freight, of which that is right."""
    spared = [one for one in known if one.trouble and rightly_unbilled(one, terms)]
    if not spared:
        return 0
    billed = {mother(line.waybill_no) for line in asked if line.kind == "freight"}
    return sum(mother(one.waybill_no) not in billed for one in spared)
