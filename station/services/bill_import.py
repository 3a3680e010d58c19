"""The work on one waiting bill: read, recognise, reconcile, keep every finding (D12).

All or nothing although a million lines do not fit into one transaction: the findings are written
some thousands at a time while the bill is "working", and nobody counts them before its last
transaction has made it "done". A try that broke off is cleared away by the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from station.bills.statement import StatementFile, preview
from station.bills.told import evidence
from station.bills.trouble import StatementError
from station.db.models import Bill, BillFinding
from station.db.session import Database, notice
from station.domain.bill_findings import CHARGES_FREIGHT, Finding, Totals
from station.services import bill_files, billing, bills, disputes
from station.services.history import record
from station.services.tariffs import price_book

_TOGETHER = 2000  # findings written in one transaction: twenty milliseconds of it
_REVIEW_KEPT = 500
_ASKED = 500


@dataclass(frozen=True, slots=True)
class Importer:
    """Works on claimed bills. ``folder`` holds their files by digest; ``tell`` hears how far it is.
    """

    db: Database
    folder: Path
    asked: billing.Asked
    clock: Callable[[], datetime]
    tell: billing.Progress

    def work(self, bill_id: int) -> None:
        """Work on a bill until it is done, failed, or unknown. Whatever else raises."""
        self._clear(bill_id)
        bill = self.db.read(lambda session: session.get_one(Bill, bill_id))
        try:
            self._reconcile(bill)
        except StatementError as error:
            self._clear(bill_id)
            self._not_read(bill, error)

    def _clear(self, bill_id: int) -> None:
        while self.db.write(partial(bills.clear, bill_id=bill_id, now=self.clock())):
            pass

    def _not_read(self, bill: Bill, error: StatementError) -> None:
        if error.code != "unknown_layout":
            self.db.write(partial(bills.fail, bill_id=bill.id, error=error, now=self.clock()))
            return
        with self._opened(bill) as path:
            rows = preview(path, name=bill.name)
        self.db.write(partial(bills.ask_columns, bill_id=bill.id, rows=rows, now=self.clock()))

    def _reconcile(self, bill: Bill) -> None:
        known = self.db.read(bills.known_layouts)
        with self._opened(bill) as path, StatementFile(
            path, name=bill.name, known=known
        ) as file:
            self.db.write(partial(_recognised, bill_id=bill.id, columns=file.columns()))
            look = partial(_found, file=file, bill=bill, asked=self.asked, tell=self.tell)
            with self.db.read(look) as found:
                closed = partial(bills.is_closed, carrier=found.carrier, month=found.month)
                if self.db.read(closed):
                    raise StatementError("closed_month", name=bill.name, month=found.month)
                self._keep(bill.id, found)
                self.db.write(
                    partial(_finish, bill_id=bill.id, found=found, now=self.clock()))

    def _opened(self, bill: Bill) -> AbstractContextManager[Path]:
        return bill_files.opened(self.folder / bill.sha256, self.db.keys, name=bill.name)

    def _keep(self, bill_id: int, found: billing.Reconciliation) -> None:
        done = 0
        for rows in _batches(found.findings(), bill_id):
            self.db.write(partial(_insert, rows=rows))
            done += len(rows)
            self.tell("kept", done)


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    session.execute(insert(BillFinding), rows)


def _recognised(session: Session, bill_id: int, columns: list[Any]) -> None:
    session.get_one(Bill, bill_id).columns = [list(table) for table in columns]
    notice(session, bills.TOPIC)


def _found(
    session: Session, file: StatementFile, bill: Bill, asked: billing.Asked, tell: billing.Progress
) -> billing.Reconciliation:
    """The findings by what the station knows: hand-overs, cases, and bills that came before."""
    terms = billing.Asked(
        price_book(session, asked.tariffs), bill.asked_carrier or file.carrier, bill.asked_month,
        asked.scale_error_g,
    )
    month = bill.asked_month or file.month
    book = billing.StationBook(session, before=partial(charged_before, session, bill.id, month))
    return billing.reconcile([file], book, terms, progress=tell)


def charged_before(
    session: Session, bill_id: int, month: str, numbers: Sequence[str]
) -> dict[str, str]:
    """In which month another bill has charged a freight for these numbers, up to the month."""
    found: dict[str, str] = {}
    for start in range(0, len(numbers), _ASKED):
        query = (
            select(BillFinding.waybill_no, Bill.month).join(Bill, Bill.id == BillFinding.bill_id)
            .where(
                BillFinding.waybill_no.in_(numbers[start : start + _ASKED]), Bill.state == "done",
                Bill.id != bill_id, BillFinding.finding.in_(CHARGES_FREIGHT),
            )
        )
        if month:
            query = query.where(Bill.month <= month)
        found.update({row.waybill_no: row.month for row in session.execute(query)})
    return found


def _batches(findings: Iterator[Finding], bill_id: int) -> Iterator[list[dict[str, Any]]]:
    while rows := [_row(bill_id, one) for one in itertools.islice(findings, _TOGETHER)]:
        yield rows


def _row(bill_id: int, one: Finding) -> dict[str, Any]:
    about = evidence(one) if one.reason else {}
    if one.also:
        about["also"] = [list(part) for part in one.also]
    return {
        "bill_id": bill_id, "row": one.row, "waybill_no": one.waybill_no[:40],
        "finding": one.finding, "ours": one.ours, "theirs": one.theirs, "fen": one.fen,
        "reason": one.reason, "evidence": about,
    }


def _finish(
    session: Session, bill_id: int, found: billing.Reconciliation, *, now: datetime
) -> None:
    """Make the bill count: its totals, what it gives back, and what it makes up for."""
    bill = session.scalars(
        select(Bill).where(Bill.id == bill_id).with_for_update(key_share=True)).one()
    bill.carrier, bill.month, bill.state, bill.stage = found.carrier, found.month, "done", ""
    bill.totals, bill.done_at, bill.done = totals_table(found.totals), now, found.totals.lines
    bill.review = [list(row) for row in found.review[:_REVIEW_KEPT]]
    session.flush()
    _make_up(session, bill)
    asked_back = disputes.ask_back_for_cases(session, bill.carrier, now=now)
    credited = disputes.credit(session, bill, now=now)
    facts: Mapping[str, Any] = {
        "carrier": found.carrier, "month": found.month, "lines": found.totals.lines,
        "difference_fen": found.totals.difference_fen, "credited": credited,
        "asked_back": asked_back,
    }
    record(session, f"bill:{bill_id}", "done", facts, now=now)
    notice(session, bills.TOPIC)


def _make_up(session: Session, bill: Bill) -> None:
    """A month told in several bills: what this one charges is no longer missing from the others."""
    others = session.scalars(select(Bill).where(
        Bill.carrier == bill.carrier, Bill.month == bill.month, Bill.state == "done",
        Bill.id != bill.id,
    )).all()
    charged = select(BillFinding.waybill_no).where(
        BillFinding.bill_id == bill.id, BillFinding.finding.in_(CHARGES_FREIGHT))
    for other in others:
        missing = (BillFinding.bill_id == other.id, BillFinding.finding == "missing_from_bill")
        session.execute(
            delete(BillFinding).where(*missing, BillFinding.waybill_no.in_(charged))
            .execution_options(synchronize_session=False)
        )
        count, fen, owed = session.execute(select(
            func.count(), func.coalesce(func.sum(BillFinding.fen), 0),
            func.coalesce(func.sum(BillFinding.ours), 0),
        ).where(*missing)).one()
        other.totals = _without_missing(other.totals, count, int(fen or 0), int(owed or 0))


def _without_missing(
    totals: Mapping[str, Any], count: int, fen: int, owed: int
) -> dict[str, Any]:
    """Totals in which so many parcels are missing, and no more."""
    before = totals["by_finding"].get("missing_from_bill", {"count": 0, "fen": 0})
    by_finding = {**totals["by_finding"], "missing_from_bill": {"count": count, "fen": fen}}
    if not count:
        del by_finding["missing_from_bill"]
    return {
        **totals, "by_finding": by_finding,
        "difference_fen": totals["difference_fen"] - before["fen"] + fen,
        "owed_fen": totals["owed_fen"] + before["fen"] + owed,
    }


def totals_table(totals: Totals) -> dict[str, Any]:
    """Totals as they are kept with the bill."""
    return {
        "lines": totals.lines, "billed_fen": totals.billed_fen, "owed_fen": totals.owed_fen,
        "stated_fen": totals.stated_fen, "difference_fen": totals.difference_fen,
        "unbilled_rightly": totals.unbilled_rightly,
        "by_finding": {
            kind: {"count": count, "fen": totals.fen.get(kind, 0)}
            for kind, count in totals.count.items()
        },
    }


def totals_of(table: Mapping[str, Any]) -> Totals:
    """Totals out of what is kept with a bill."""
    by_finding = table.get("by_finding", {})
    return Totals(
        table.get("lines", 0), table.get("billed_fen", 0), table.get("owed_fen", 0),
        table.get("stated_fen"), {kind: one["count"] for kind, one in by_finding.items()},
        {kind: one["fen"] for kind, one in by_finding.items()},
        table.get("unbilled_rightly", 0),
    )
