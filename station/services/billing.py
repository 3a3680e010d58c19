"""The month's end (D12): a carrier's statement joined with what was handed over to that carrier.

Statement and parcels may have a million rows each. Both are cut into parts by number, each part is
matched in memory, and the findings are put back into the statement's order, so that memory stays
bounded however long the month was.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Protocol, Self, cast

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from station.bills.shipments import read_shipments, short_shipments
from station.bills.spool import PARTS, Spool
from station.bills.statement import StatementFile, busiest
from station.bills.trouble import StatementError
from station.db.models import ImportedFile, Parcel, WaybillNumber
from station.domain.bill_findings import Finding, FindingKind, Totals
from station.domain.bill_prices import Prices
from station.domain.bill_quick import (
    LINE_FACTS,
    NO_MORE_OF_LINE,
    NO_MORE_OF_PARCEL,
    PARCEL_FACTS,
)
from station.domain.reconciliation import Terms
from station.domain.statements import ReviewRow, Shipment, StatementLine, Trouble
from station.domain.tariffs import Tariff
from station.domain.vocabulary import SHOP_ZONE, Grams
from station.domain.written_numbers import mother
from station.services import cases, tariffs
from station.services.beside import Beside, may_fork
from station.services.bill_match import Matcher, Order, in_order, match_all
from station.services.bill_parcels import parcels_as_agreed, size_of

_EVERY = 5000  # rows between two words of progress
_ASKED_TOGETHER = 500  # numbers in one question to the database
_WORTH_IT = 16 * 1024 * 1024  # bytes of a list from which a second process is worth its start
_SOURCE, _HANDED_ON = StatementLine._fields.index("source"), Shipment._fields.index("handed_on")
_SAMPLED = 300  # numbers by which our own records tell whose statement it is

Progress = Callable[[str, int], None]
"""What is being read or matched, and how many rows of it are done."""


class Book(Protocol):
    """Where the parcels come from that a statement should be about."""

    def of_month(self, carrier: str, month: str) -> Iterator[tuple[Any, ...]]:
        """The parcels handed over in the month, and any others that are at hand anyway.

        They are Shipments, or the first facts of one where the others are not told.
        """
        ...

    def lookup(self, numbers: Sequence[str]) -> Iterator[Shipment]:
        """The parcels of these numbers, of any month, as far as they are known."""
        ...

    @property
    def complete(self) -> bool:
        """Whether ``lookup`` knows every month."""
        ...

    def sample(self, numbers: Collection[str]) -> Iterator[Shipment]:
        """The parcels of these numbers, wherever they are."""
        ...

    def averages(
        self, carrier: str, month: str, book: tuple[Tariff, ...]
    ) -> Mapping[tuple[str, str], Grams]:
        """The average weights by which a contract prices the parcels of about this month."""
        ...

    @property
    def weight(self) -> int:
        """Bytes of a list that a second process may read by itself; 0 where it may not."""
        ...


@dataclass(frozen=True, slots=True)
class ListedBook:
    """Parcels out of a JSON file (station/bills/shipments.py); it holds what it holds."""

    path: Path
    complete: bool = False

    def of_month(
        self, carrier: str, month: str  # noqa: ARG002 - all of it
    ) -> Iterator[tuple[Any, ...]]:
        """Every parcel of the file, those with nothing special about them by their first facts."""
        return short_shipments(self.path)

    def lookup(self, numbers: Sequence[str]) -> Iterator[Shipment]:  # noqa: ARG002 - see of_month
        """Nothing: all parcels were told already."""
        return iter(())

    def averages(
        self, carrier: str, month: str, book: tuple[Tariff, ...]  # noqa: ARG002 - as above
    ) -> Mapping[tuple[str, str], Grams]:
        """None: a list may hold a part of the month."""
        return {}

    @property
    def weight(self) -> int:
        """The size of the file."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def sample(self, numbers: Collection[str]) -> Iterator[Shipment]:
        """The parcels of these numbers, out of the whole file."""
        return (one for one in read_shipments(self.path) if one.waybill_no in numbers)


@dataclass(frozen=True, slots=True)
class StationBook:
    """Parcels out of the station's database, with what their cases mean for the bill (D9).

    ``troubles`` by waybill number go before the cases; ``before`` tells in which month an earlier
    bill has charged for these numbers.
    """

    session: Session
    troubles: Mapping[str, Trouble] = field(default_factory=lambda: MappingProxyType({}))
    complete: bool = True
    before: Callable[[Sequence[str]], Mapping[str, str]] = field(default=lambda _: {})
    weight: int = 0  # a connection to the database cannot be shared with a fork

    def of_month(self, carrier: str, month: str) -> Iterator[Shipment]:
        """The parcels handed over in the month, to this carrier where one is named."""
        first, after = month_bounds(month)
        query = parcels_as_agreed().where(
            Parcel.handed_over_at >= first, Parcel.handed_over_at < after,
            Parcel.waybill_no.is_not(None),
        )
        if carrier:
            query = query.where(Parcel.carrier == carrier)
        return self._shipments(query)

    def lookup(self, numbers: Sequence[str]) -> Iterator[Shipment]:
        """Parcels by number, and numbers that are ours but void or unused."""
        for start in range(0, len(numbers), _ASKED_TOGETHER):
            asked = numbers[start : start + _ASKED_TOGETHER]
            known = set()
            for found in self._shipments(parcels_as_agreed().where(Parcel.waybill_no.in_(asked))):
                known.add(found.waybill_no)
                yield found
            rest = [number for number in asked if number not in known]
            query = select(WaybillNumber.number, WaybillNumber.carrier)
            for number, carrier in self.session.execute(
                query.where(WaybillNumber.number.in_(rest))
            ):
                yield Shipment(number, carrier, "", "")

    def sample(self, numbers: Collection[str]) -> Iterator[Shipment]:
        """The parcels of these numbers."""
        return self.lookup(sorted(numbers))

    def averages(
        self, carrier: str, month: str, book: tuple[Tariff, ...]
    ) -> Mapping[tuple[str, str], Grams]:
        """Out of what was handed over."""
        return tariffs.averages_about(self.session, carrier, month, book)

    def _shipments(self, query: Select[*tuple[Any, ...]]) -> Iterator[Shipment]:
        rows = self.session.execute(query.execution_options(yield_per=_EVERY))
        for part in rows.partitions():
            numbers = [row.waybill_no for row in part]
            troubles = {**cases.cases_for_bill(self.session, numbers), **self.troubles}
            before = self.before(numbers)
            for row in part:
                sent = self._shipment(row, troubles)
                billed_in = before.get(sent.waybill_no, "")
                yield sent._replace(billed_in=billed_in) if billed_in else sent

    def _shipment(self, row: Row[Any], troubles: Mapping[str, Trouble]) -> Shipment:
        number, gone = cast("str", row.waybill_no), row.handed_over_at
        return Shipment(
            number, row.carrier, row.province, row.city, row.district, row.weight_g,
            gone.astimezone(SHOP_ZONE).date().isoformat() if gone else "",
            row.courier_weight_g, row.courier_price_fen, row.accepted, size_of(row),
            troubles.get(number, ""), "",
            f"{row.weighed_at.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M:%S}" if row.weighed_at else "",
            row.packer, row.handover or "", row.courier or "",
        )


def handed_over(session: Session) -> list[dict[str, Any]]:
    """Everything that couriers took, as a list for programs (see station/bills/shipments.py)."""
    rows = session.execute(
        parcels_as_agreed().where(Parcel.handed_over_at.is_not(None)).order_by(Parcel.handed_over_at))
    return [
        {
            "waybill": row.waybill_no, "carrier": row.carrier, "province": row.province,
            "city": row.city, "station_g": row.weight_g,
            "handed_at": f"{row.handed_over_at.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M:%S}",
            "courier_g": row.courier_weight_g, "accepted": row.accepted,
        }
        for row in rows
    ]


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month ("2026-11") in the shop's zone, and of the next one."""
    first = datetime(int(month[:4]), int(month[5:7]), 1, tzinfo=SHOP_ZONE)
    return first, (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person said about a statement, and the prices to check it by."""

    tariffs: tuple[Tariff, ...]
    carrier: str = ""
    month: str = ""
    scale_error_g: int = 20


class Reconciliation:
    """A statement's findings, on disk while they are looked at; use it in a ``with``."""

    def __init__(self, carrier: str, month: str, found: Spool) -> None:
        self.carrier, self.month = carrier, month
        self.totals = Totals()
        self.review: list[ReviewRow] = []
        self.spool = found

    def findings(self) -> Iterator[Finding]:
        """Every finding in the statement's order; then what is missing, then the total's."""
        return in_order(self.spool)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.spool.__exit__(kind, error, where)


def reconcile(
    files: Sequence[StatementFile], book: Book, asked: Asked, *, progress: Progress | None = None
) -> Reconciliation:
    """Match the opened files, which are one statement in parts, with the book's parcels.

    Raises StatementError where a file cannot be read, or nothing tells its carrier or month.
    """
    tell = progress or _silent
    apart = may_fork() and book.weight > _WORTH_IT
    with ExitStack() as ours:
        lines, parcels = ours.enter_context(Spool()), ours.enter_context(Spool())
        early = _begin_parcels(book, parcels, ours, apart=apart)
        last_rows = _put_lines(files, lines, tell)
        carrier, month = _whose_and_when(files, asked, book, lines)
        if early is not None:
            known = early.result()
            parcels.take_over()
        else:
            known = _put_parcels(book.of_month(carrier, month), parcels, tell)
        if book.complete:
            known = ("", "")
        prices = Prices(
            asked.tariffs, scale_error_g=asked.scale_error_g,
            averages=book.averages(carrier, month, asked.tariffs),
        )
        found = Reconciliation(carrier, month, Spool())
        try:
            order = Order.of(last_rows)
            matcher = Matcher(
                Terms(month, prices, carrier, known), order, found.totals,
                partial(_strangers, book) if book.complete else _nobody,
            )
            match_all(matcher, lines, parcels, found.spool, tell, apart=apart)
            _close(found, files, order)
        except BaseException:
            found.__exit__(None, None, None)
            raise
        return found


def _begin_parcels(
    book: Book, parcels: Spool, ours: ExitStack, *, apart: bool
) -> Beside[tuple[str, str]] | None:
    """Put a list's parcels aside in a second process, while the lines are read here."""
    if not apart:
        return None
    parcels.prepare()

    def put() -> tuple[str, str]:
        months = _put_parcels(book.of_month("", ""), parcels, _silent)
        parcels.settle()
        return months

    beside = Beside(put, apart=True)
    ours.callback(beside.leave)
    return beside


def _silent(_what: str, _done: int) -> None:
    """Nobody is watching."""


def _put_lines(
    files: Sequence[StatementFile], spool: Spool, tell: Progress
) -> dict[str, int]:
    """Put all lines aside by number; the last row of each source, in their order."""
    last: dict[str, int] = {}
    done, waiting = 0, _Waiting(spool)
    parts = waiting.parts
    for file in files:
        for line in file.short_lines():
            last[cast("str", line[_SOURCE])] = line[0]
            if len(line) == LINE_FACTS:
                number = line[1]
                number = mother(number) if "-" in number else number
                parts[hash(number) % PARTS].append(line)
            else:
                full = StatementLine(*line)
                short = full[:LINE_FACTS] if full[LINE_FACTS:] == NO_MORE_OF_LINE else full
                parts[hash(full.about) % PARTS].append(short)
            done += 1
            if done % _EVERY == 0:
                waiting.put()
                tell("lines", done)
    waiting.put()
    tell("lines", done)
    return last


def _put_parcels(
    shipments: Iterable[tuple[Any, ...]], spool: Spool, tell: Progress
) -> tuple[str, str]:
    """Put all parcels aside by number; the first and last month that they cover."""
    days: set[str] = set()
    done, waiting = 0, _Waiting(spool)
    parts = waiting.parts
    for shipment in shipments:
        short = shipment
        if len(shipment) != PARCEL_FACTS and shipment[PARCEL_FACTS:] == NO_MORE_OF_PARCEL:
            short = shipment[:PARCEL_FACTS]
        number = short[0]
        parts[hash(mother(number) if "-" in number else number) % PARTS].append(short)
        days.add(short[_HANDED_ON])
        done += 1
        if done % _EVERY == 0:
            waiting.put()
            tell("parcels", done)
    waiting.put()
    tell("parcels", done)
    known = sorted(day[:7] for day in days if day)
    return (known[0], known[-1]) if known else ("", "")


class _Waiting:
    """Rows that wait to be put aside some thousands at a time."""

    def __init__(self, spool: Spool) -> None:
        self.parts: list[list[tuple[Any, ...]]] = [[] for _ in range(PARTS)]
        self._spool = spool

    def put(self) -> None:
        """Put them all aside."""
        for part, rows in enumerate(self.parts):
            self._spool.extend(part, rows)
            rows.clear()


def _whose_and_when(
    files: Sequence[StatementFile], asked: Asked, book: Book, lines: Spool
) -> tuple[str, str]:
    """Carrier and month: as a person said, else the files, else our own records of its numbers."""
    carrier, month = _agreed_carrier(files, asked), _agreed_month(files, asked)
    if carrier and month:
        return carrier, month
    numbers = {row[1] for row in itertools.islice(lines.rows(0), _SAMPLED)} - {""}
    for part in range(1, PARTS):
        if len(numbers) < _SAMPLED:
            numbers |= {row[1] for row in itertools.islice(lines.rows(part), _SAMPLED)} - {""}
    known = [one for one in book.sample(numbers) if one.handed_on]
    carrier = carrier or _most(one.carrier for one in known)
    month = month or _most(one.handed_on[:7] for one in known)
    if not carrier:
        stranger = next((file for file in files if file.stranger), None)
        if stranger is not None:
            raise StatementError("other_carrier", name=stranger.name, found=stranger.stranger)
        raise StatementError("unknown_carrier", name=files[0].name)
    if not month:
        raise StatementError("unknown_month", name=files[0].name)
    return carrier, month


def _most(told: Iterable[str]) -> str:
    """What more than half of them say, else ""."""
    counts = Counter(told)
    found, count = counts.most_common(1)[0] if counts else ("", 0)
    return found if 2 * count > counts.total() else ""


def _agreed_carrier(files: Sequence[StatementFile], asked: Asked) -> str:
    """Whose statement it is: as a person said, else as the files say; they must agree."""
    if asked.carrier:
        return asked.carrier
    named = list(dict.fromkeys(file.carrier for file in files if file.carrier))
    if not named:
        return ""
    if len(named) > 1:
        other = next(file for file in files if file.carrier == named[1])
        raise StatementError("two_carriers", name=other.name, found=named[1], asked=named[0])
    return named[0]


def _agreed_month(files: Sequence[StatementFile], asked: Asked) -> str:
    """Which month it is: as a person said, else as titles say, else of most lines."""
    month = asked.month or next((file.month for file in files if file.month), "")
    return month or next(filter(None, (busiest(file.days) for file in files)), "")


def _strangers(
    book: Book, asked: list[StatementLine], known: list[Shipment]
) -> list[Shipment]:
    """What the book knows of numbers that are not among the month's parcels."""
    numbers = {line.return_of or line.waybill_no for line in asked} - {""}
    numbers |= {mother(number) for number in numbers}
    numbers.difference_update(shipment.waybill_no for shipment in known)
    return list(book.lookup(sorted(numbers))) if numbers else []


def _nobody(_asked: list[StatementLine], _known: list[Shipment]) -> list[Shipment]:
    """No more parcels: the book told all it knows."""
    return []


def _close(
    found: Reconciliation, files: Sequence[StatementFile], order: Order
) -> None:
    """The stated totals, if every file states one, against the sum of the lines."""
    found.review = [row for file in files for row in file.review]
    stated = [file.total_fen for file in files if file.total_fen is not None]
    differs = found.totals.close(sum(stated) if len(stated) == len(files) else None)
    if differs is not None:
        found.spool.extend(PARTS - 1, [(order.rows + 1, 0, *differs)])


def told_before(session: Session, digests: Iterable[str]) -> dict[str, datetime]:
    """Which of these files (SHA-256) were reconciled before, and when."""
    query = select(ImportedFile.sha256, ImportedFile.at)
    rows = session.execute(query.where(ImportedFile.sha256.in_(list(digests))))
    return {row.sha256: row.at for row in rows}


def remember(
    session: Session, files: Mapping[str, str], counts: Mapping[FindingKind, int], *, now: datetime
) -> None:
    """Note that these files (SHA-256 to name) were reconciled; one known already stays as it is."""
    known = told_before(session, files)
    for digest, name in files.items():
        if digest not in known:
            session.add(ImportedFile(
                sha256=digest, name=name[:200], kind="statement", at=now, counts={**counts}
            ))  # fmt: skip
