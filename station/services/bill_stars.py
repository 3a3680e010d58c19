"""Carriers' statements of which a buyer is to be forgotten: written anew without him (D12).

A statement is the shop's own account and stays, but some carriers name the consignee of every
line. Which lines are his is known by his waybill numbers, which stay, so nothing of him must be
remembered until it is done: of his lines go all words but places and what names the charge. The
work is a chore until it succeeds, may be killed anywhere, and waits while the carrier is still
asked for money for one of his parcels, because a claim needs the statement as it came.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from station.bills.files import Sheet, open_sheets
from station.bills.trouble import StatementError
from station.db.models import Bill, BillDispute, BillFinding, Chore, Parcel, WaybillNumber
from station.db.session import Database
from station.domain.sight import STARS, without_phones
from station.services import bill_files, chores
from station.services.history import record

CHORE = "bill:"
_ASKING = ("open", "told")
_AT_REST = ("done", "failed", "withdrawn")
_WORDS = frozenset({"remark"})  # a column of a known meaning that may still name somebody
_FIGURES = re.compile(r"[-+\d\s.,:/%¥￥年月日时分秒kKgG*×x]*|[A-Za-z0-9-]{1,40}")


def ask(session: Session, numbers: Sequence[str], *, now: datetime) -> None:
    """Let every statement be written anew that has a line with one of these waybill numbers."""
    bills = session.scalars(
        select(BillFinding.bill_id).where(BillFinding.waybill_no.in_(numbers)).distinct())
    for bill_id in sorted(bills):
        chores.ask(session, f"{CHORE}{bill_id}", now=now)


def due(session: Session) -> int | None:
    """A statement that can be written anew now, the one that has waited longest first."""
    names = session.scalars(
        select(Chore.name).where(Chore.name.startswith(CHORE)).order_by(Chore.since, Chore.name))
    for name in names:
        bill = session.get(Bill, int(name.removeprefix(CHORE)))
        if bill is None or (bill.state in _AT_REST and not _claimed(session, bill.id)):
            return int(name.removeprefix(CHORE))
    return None


def _claimed(session: Session, bill_id: int) -> bool:
    claims = select(BillDispute.id).where(
        BillDispute.bill_id == bill_id, BillDispute.state.in_(_ASKING),
        BillDispute.waybill_no.in_(_forgotten(bill_id)))
    return session.scalar(claims.limit(1)) is not None


def _forgotten(bill_id: int) -> Select[str]:
    """The numbers in a statement whose buyers were forgotten."""
    return (
        select(BillFinding.waybill_no)
        .join(WaybillNumber, WaybillNumber.number == BillFinding.waybill_no)
        .join(Parcel, Parcel.id == WaybillNumber.parcel_id)
        .where(BillFinding.bill_id == bill_id, Parcel.phone_digest == "", Parcel.name_digest == ""))


def star_one(db: Database, folder: Path, *, now: datetime) -> bool:
    """Write one due statement anew; False if none is due, or it cannot be read for now."""
    bill_id = db.read(due)
    if bill_id is None:
        return False
    bill, numbers, asked = db.read(partial(_facts, bill_id=bill_id))
    digest = ""
    if bill is not None:
        try:
            digest = _starred(db, folder / bill.sha256, bill, numbers)
        except StatementError as error:
            if error.code != "no_file":  # whoever removed it by hand was before us
                return False
    db.write(partial(_done, bill_id=bill_id, asked=asked, digest=digest, now=now))
    return True


def _facts(session: Session, bill_id: int) -> tuple[Bill | None, frozenset[str], int]:
    numbers = frozenset(session.scalars(_forgotten(bill_id)))
    return session.get(Bill, bill_id), numbers, session.get_one(Chore, f"{CHORE}{bill_id}").asked


def _done(session: Session, *, bill_id: int, asked: int, digest: str, now: datetime) -> None:
    """Strike it off, unless somebody else was forgotten meanwhile."""
    session.execute(
        delete(Chore).where(Chore.name == f"{CHORE}{bill_id}", Chore.asked == asked))
    if digest:
        record(session, f"bill:{bill_id}", "bill_starred", {"sha256": digest}, now=now)


def _starred(db: Database, path: Path, bill: Bill, numbers: Collection[str]) -> str:
    known = {header for _, table in bill.columns for header, meaning in table
             if meaning not in _WORDS}
    with bill_files.opened(path, db.keys, name=bill.name) as clear, tempfile.TemporaryDirectory(
        prefix="station-bill-", dir=clear.parent
    ) as unpacked:
        sheets = open_sheets(clear, Path(unpacked), name=bill.name)
        written = clear.parent / "starred"
        _write(written, [(sheet, _rows(sheet, known, numbers)) for sheet in sheets])
        return bill_files.replace(path, db.keys, written)


def _rows(
    sheet: Sheet, known: Collection[str], numbers: Collection[str]
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table with their numbers, his without words."""
    kept: frozenset[int] = frozenset()
    for number, row in sheet.rows():
        named = frozenset(at for at, cell in enumerate(row) if cell.strip() in known)
        kept = named if len(named) > 1 else kept  # a header; there may be several below each other
        if any(cell.strip().strip("'=\"\t") in numbers for cell in row):
            yield number, [
                cell if at in kept else _without_words(cell) for at, cell in enumerate(row)]
        else:
            yield number, row


def _without_words(cell: str) -> str:
    return without_phones(cell) if _FIGURES.fullmatch(cell) else STARS


def _write(path: Path, tables: Sequence[tuple[Sheet, Iterator[tuple[int, list[str]]]]]) -> None:
    """One table as CSV, several as a workbook; every row stays where it was."""
    if len(tables) == 1:
        with path.open("w", encoding="utf-8", newline="") as text:
            table, last = csv.writer(text), 0
            for number, row in tables[0][1]:
                text.write("\r\n" * (number - last - 1))
                table.writerow(row)
                last = number
        return
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(str(path), options) as book:
        for sheet, rows in tables:
            page = book.add_worksheet(sheet.name)
            if sheet.hidden:
                page.hide()
            for number, row in rows:
                for at, cell in enumerate(row):
                    page.write_string(number - 1, at, cell)
