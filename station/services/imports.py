"""Files of a shop, recognised by their headers and booked: exports, goods, numbers, packaging.

A file is read whole, outside any transaction, before anything is booked. Rows are booked a few at a
time, so that the bench never waits long for the database; each order is all or nothing, and a file
that is read again, after a crash in its middle too, changes only what was not booked yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.bills import layouts
from station.bills.files import open_sheets
from station.bills.trouble import StatementError
from station.carriers import number_doubts
from station.db.models import ImportedFile, Review
from station.db.sealed import keys_for
from station.db.session import Database, notice
from station.domain.orders import NeedsReview, PaidOrder, RefundNotice, SourceReading
from station.orders import goods, numbers, people_and_packaging, taobao
from station.orders.lists import ListReading
from station.orders.recognise import recognise
from station.orders.table import Unreadable, is_workbook, read_table
from station.services import catalogue, intake, offers, refunds, staff
from station.services import numbers as pool
from station.services.history import canonical
from station.services.orderbook import same_receiver
from station.services.rules import Rules

File = tuple[str, bytes]

SUFFIXES = frozenset({".csv", ".xlsx", ".xls"})
"""Names of files in a folder that are lists or exports end so."""

LARGEST_FILE = 64 * 1024 * 1024
_TOGETHER = 2  # orders that share one transaction, unless one buyer has more
_ROWS_TOGETHER = 20  # rows of a list that do
_NUMBERS_TOGETHER = 500


@dataclass(slots=True)
class FileReport:
    """What became of one file. ``counts`` says how many rows by outcome."""

    name: str
    kind: str
    known: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    review: list[NeedsReview] = field(default_factory=list)
    warnings: list[NeedsReview] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What became of all files of one import."""

    files: list[FileReport] = field(default_factory=list)

    def is_rejected(self, name: str) -> bool:
        """True if nothing of this file could be read, nor any sheet of this workbook."""
        mine = [
            one for one in self.files
            if any(part == name or part.startswith(f"{name} [") for part in one.name.split(", "))
        ]
        return all(one.kind == "unknown" for one in mine)

    @property
    def review(self) -> list[NeedsReview]:
        """Everything that a person must look at."""
        return [row for one in self.files for row in one.review]


def take_files(
    db: Database, files: Sequence[File], rules: Rules, *, now: datetime,
    closed: Sequence[str] = (),
) -> Report:
    """Read and book the files; exports given together are joined, lists come before orders.

    Every sheet of a workbook is a file of its own, named after both. Lists of a ``closed`` kind are
    refused: who brings them has no right to.
    """
    report = Report()
    tables = [table for name, data in files for table in _tables(name, data, report)]
    kinds = [(name, data, _kind(name, data)) for name, data in tables]
    for name, data, kind in kinds:
        if kind in closed:
            refused = NeedsReview("list_not_allowed", name, "")
            report.files.append(FileReport(name, kind, review=[refused]))
        elif kind in _LISTS:
            report.files.append(_take_list(db, name, data, kind, now=now))
        elif not kind.startswith("taobao"):
            report.files.append(_unknown(name, data))
    exports = [(name, data) for name, data, kind in kinds if kind.startswith("taobao")]
    if exports:
        report.files.append(_take_export(db, exports, rules, now=now))
    db.write(partial(_note_files, kinds=kinds, report=report, now=now))
    offers.offer_held(db, rules, now=now)
    return report


def _tables(name: str, data: bytes, report: Report) -> Iterator[File]:
    """The file itself, or the sheets of a workbook as CSV, unpacked by a child inside limits."""
    if not is_workbook(data) or len(data) > LARGEST_FILE:
        yield name, data
        return
    with TemporaryDirectory(prefix="import-") as home:
        folder, source = Path(home, "sheets"), Path(home, "workbook")
        folder.mkdir()
        source.write_bytes(data)
        try:
            sheets = open_sheets(source, folder, name=name)
        except StatementError as trouble:
            row = NeedsReview("unreadable_workbook", name, "file", {"why": str(trouble)})
            report.files.append(FileReport(name, "unknown", review=[row]))
            return
        for sheet in sheets:
            if sheet.path.stat().st_size:
                yield f"{name} [{sheet.name}]", sheet.path.read_bytes()


def _kind(name: str, data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        return "unknown"
    return recognise(name, data) or "unknown"


def _unknown(name: str, data: bytes) -> FileReport:
    """Why a file cannot be taken: too large, no table that can be read, or of no known kind."""
    if len(data) > LARGEST_FILE:
        return FileReport(name, "unknown", review=[NeedsReview("file_too_large", name, "")])
    try:
        header = read_table(name, data).header
    except Unreadable as unreadable:
        return FileReport(name, "unknown", review=list(unreadable.review))
    layout = layouts.recognise(header)
    code = "carrier_bill" if layout is not None and layout.tells_prices else "unknown_file"
    return FileReport(name, "unknown", review=[NeedsReview(code, name, "")])


def _take_list(
    db: Database, name: str, data: bytes, kind: str, *, now: datetime
) -> FileReport:
    reading, rows, book = _LISTS[kind](name, data)
    report = FileReport(
        name, kind, review=list(reading.review), warnings=list(reading.warnings)
    )
    if reading.review:
        return report
    together = _NUMBERS_TOGETHER if kind == "waybill_numbers" else _ROWS_TOGETHER
    for start in range(0, len(rows), together):
        part = rows[start : start + together]
        for key, count in db.write(partial(book, part, now)).items():
            report.counts[key] = report.counts.get(key, 0) + count
    return report


Booking = Callable[[Sequence[Any], datetime, Session], dict[str, int]]
"""Books some rows of a list in one transaction; how many by outcome."""

Read = tuple[ListReading[Any], Sequence[Any], Booking]


def _goods(name: str, data: bytes) -> Read:
    reading = goods.read_goods(name, data)
    return reading, reading.rows, _booking(catalogue.book_goods)


def _booking(book: Callable[..., catalogue.Booked]) -> Booking:
    def booked(rows: Sequence[Any], now: datetime, session: Session) -> dict[str, int]:
        return _counts(book(session, rows, now=now))

    return booked


def _numbers(name: str, data: bytes) -> Read:
    reading = numbers.read_numbers(name, data, number_doubts)
    pairs = [
        (row.carrier, number) for row in reading.rows if row.carrier for number in row.numbers
    ]

    def book(part: Sequence[Any], now: datetime, session: Session) -> dict[str, int]:
        got = pool.receive(session, part, batch=name[:64], now=now)
        counts = {"added": got.added, "known": got.known}
        return {**counts, "conflicts": len(got.conflicts)} if got.conflicts else counts

    return reading, pairs, book


def _packaging(name: str, data: bytes) -> Read:
    reading = people_and_packaging.read_packaging(name, data)
    return reading, reading.rows, _booking(catalogue.book_packaging)


def _couriers(name: str, data: bytes) -> Read:
    reading = people_and_packaging.read_couriers(name, data)
    return reading, reading.rows, _booking(catalogue.book_couriers)


def _staff(name: str, data: bytes) -> Read:
    reading = people_and_packaging.read_staff(name, data)
    # Hashing a PIN takes a tenth of a second on purpose: not inside a transaction.
    hashed = [(row, staff.hash_pin(row.pin)) for row in reading.rows]
    return reading, hashed, _booking(catalogue.book_staff)


_LISTS: dict[str, Callable[[str, bytes], Read]] = {
    "goods": _goods,
    "waybill_numbers": _numbers,
    "packaging": _packaging,
    "couriers": _couriers,
    "staff": _staff,
}


def _counts(booked: catalogue.Booked) -> dict[str, int]:
    counts = {"added": booked.added, "updated": booked.updated}
    if booked.known:
        counts["known"] = booked.known
    return {**counts, "conflicts": len(booked.conflicts)} if booked.conflicts else counts


def _take_export(
    db: Database, files: Sequence[File], rules: Rules, *, now: datetime
) -> FileReport:
    reading = taobao.read_export(files)
    report = FileReport(", ".join(name for name, _ in files), "taobao", review=list(reading.review))
    report.counts = dict(reading.ignored)
    book_reading(db, reading, rules, source="export", now=now, counts=report.counts)
    return report


def book_reading(
    db: Database, reading: SourceReading, rules: Rules, *, source: str, now: datetime,
    counts: dict[str, int],
) -> None:
    """Book what a source said: its refunds, then its orders, then what needs a person.

    Refunds go first, so that no label prints of an order whose money the same file calls back.
    """
    for start in range(0, len(reading.refunds), _TOGETHER):
        part = reading.refunds[start : start + _TOGETHER]
        db.write(partial(_tell_refunds, notices=part, rules=rules, now=now))
        counts["refunds"] = counts.get("refunds", 0) + len(part)
    for together in _by_buyer(reading.orders):
        taken = db.write(
            partial(intake.take_orders, orders=together, rules=rules, source=source, now=now)
        )
        for row in taken:
            counts[row.outcome] = counts.get(row.outcome, 0) + 1
    if reading.review:
        db.write(partial(note_review, rows=reading.review, now=now))
        counts["review"] = len(reading.review)


def _tell_refunds(
    session: Session, notices: Sequence[RefundNotice], rules: Rules, *, now: datetime
) -> None:
    for refund in notices:
        refunds.tell_refund(session, refund, rules, now=now)


def _by_buyer(orders: Iterable[PaidOrder]) -> Iterator[list[PaidOrder]]:
    """The orders a few at a time; one buyer's to one address never apart."""
    groups: dict[str, list[PaidOrder]] = {}
    for order in sorted(orders, key=lambda order: (order.paid_at, order.order_no)):
        groups.setdefault(same_receiver(order.buyer, order.consignee), []).append(order)
    together: list[PaidOrder] = []
    for group in groups.values():
        together += group
        if len(together) >= _TOGETHER:
            yield together
            together = []
    if together:
        yield together


def note_review(session: Session, rows: Iterable[NeedsReview], *, now: datetime) -> None:
    """Keep what a person must look at; the same row of the same content is kept once."""
    for row in rows:
        facts = dict(row.facts)
        text = canonical(
            {"code": row.code, "source": row.source, "where": row.where, "facts": facts}
        )
        digest = keys_for(session).digest("review", sha256(text.encode()).hexdigest())
        if session.scalar(select(Review.id).where(Review.digest == digest)) is None:
            session.add(
                Review(code=row.code, source=row.source[:200], place=row.where[:64], facts=facts,
                       digest=digest, at=now)
            )
    notice(session, "review")


def _note_files(
    session: Session, kinds: Sequence[tuple[str, bytes, str]], report: Report, *, now: datetime
) -> None:
    """Remember each file by its digest, and say which were read before."""
    counts = {key: one for one in report.files for key in (one.name, *one.name.split(", "))}
    for name, data, kind in kinds:
        digest = sha256(data).hexdigest()
        known = session.get(ImportedFile, digest) is not None
        for one in report.files:
            if name in one.name.split(", "):
                one.known = one.known or known
        if not known and kind != "unknown":
            row = counts.get(name)
            session.add(
                ImportedFile(sha256=digest, name=name[:200], kind=kind, at=now,
                             counts=dict(row.counts) if row else {})
            )
            session.flush()


def settle_review(session: Session, review_id: int, *, who: str, now: datetime) -> None:
    """A person dealt with it."""
    row = session.get(Review, review_id)
    if row is not None and row.settled_at is None:
        row.settled_at, row.settled_by = now, who
        notice(session, "review")
