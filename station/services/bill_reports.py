"""What the pages and papers show of bills: months, one bill, its differences, the disputes.

Read models only. A bill's findings are counted by the bill itself, so that a page of a million
lines asks for a hundred of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from station.bills.trouble import StatementError
from station.db.models import Bill, BillClosing, BillDispute, BillFinding, History
from station.domain.bill_findings import FINDINGS, Finding, FindingKind, Totals
from station.domain.statements import ReviewRow
from station.services.bill_import import totals_of
from station.services.bill_months import still_holds

PAGE = 100
_EVERY = 2000
_STANDING = ("open", "told")
_UNKNOWN: Mapping[str, Any] = {
    "ours_g": None, "theirs_g": None, "ours_place": "", "theirs_place": "", "day": "",
    "handed_on": "", "weighed_at": "", "packer": "", "handover": "", "courier": "",
    "courier_g": None, "remark": "", "also": (),
}
"""Evidence of which nothing is known."""


@dataclass(frozen=True, slots=True)
class BillView:
    """One bill. ``said`` is why it failed, in Chinese and English; ``columns`` its layout."""

    id: int
    name: str
    sha256: str
    carrier: str
    month: str
    state: str
    stage: str
    done: int
    said: tuple[str, str]
    reason: str
    columns: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    preview: tuple[tuple[str, ...], ...]
    totals: Totals
    review: tuple[ReviewRow, ...]
    brought_at: datetime
    brought_by: str
    disputed_fen: int
    disputed: int
    credited_fen: int
    closed: bool


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with its evidence (``about`` has all its names), and what became of its dispute.
    """

    id: int
    row: int
    waybill_no: str
    finding: FindingKind
    ours: int | None
    theirs: int | None
    fen: int
    reason: str
    about: Mapping[str, Any]
    dispute: str


@dataclass(frozen=True, slots=True)
class DisputeView:
    """One dispute with the bill it came from."""

    id: int
    bill_id: int
    carrier: str
    month: str
    waybill_no: str
    finding: FindingKind
    fen: int
    credited_fen: int
    credited_in: int | None
    state: str
    reason: str
    opened_at: datetime
    opened_by: str


@dataclass(frozen=True, slots=True)
class ClosingView:
    """One closing of a month; ``holds`` says whether its bills are still what was signed."""

    closed_at: datetime
    closed_by: str
    how: str
    strokes: Sequence[Any]
    signed_hash: str
    holds: bool
    reopened_at: datetime | None
    reopened_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MonthView:
    """A carrier's month: the sums of its bills, what is disputed, and its closings, last first."""

    carrier: str
    month: str
    bills: tuple[BillView, ...]
    billed_fen: int
    owed_fen: int
    difference_fen: int
    disputed_fen: int
    credited_fen: int
    closings: tuple[ClosingView, ...] = field(default=())

    @property
    def closed(self) -> bool:
        """Whether a closing holds."""
        return any(one.reopened_at is None for one in self.closings)


def bill(session: Session, bill_id: int) -> BillView | None:
    """One bill by its id."""
    row = session.get(Bill, bill_id)
    return None if row is None else _view(session, row)


def _view(session: Session, row: Bill) -> BillView:
    count, fen, credited = session.execute(select(
        func.count(), func.coalesce(func.sum(BillDispute.fen), 0),
        func.coalesce(func.sum(BillDispute.credited_fen), 0),
    ).where(BillDispute.bill_id == row.id, BillDispute.state != "dropped")).one()
    closed = session.scalar(select(func.count()).select_from(BillClosing).where(
        BillClosing.carrier == row.carrier, BillClosing.month == row.month,
        BillClosing.reopened_at.is_(None)))
    columns = tuple((name, tuple((a, b) for a, b in table)) for name, table in row.columns)
    return BillView(
        row.id, row.name, row.sha256, row.carrier, row.month, row.state, row.stage, row.done,
        _said(row), str(row.facts.get("reason", "")), columns,
        tuple(tuple(cells) for cells in row.preview), totals_of(row.totals),
        tuple(ReviewRow(*one) for one in row.review), row.brought_at, row.brought_by,
        int(fen), count, int(credited), bool(closed),
    )


def _said(row: Bill) -> tuple[str, str]:
    if row.state != "failed":
        return "", ""
    zh, _, en = str(StatementError(row.code, **row.facts)).partition(" / ")
    return zh, en


def waiting(session: Session) -> tuple[BillView, ...]:
    """Bills that are in nobody's month yet: waiting, worked on, unknown, failed."""
    rows = session.scalars(
        select(Bill).where(Bill.state.not_in(("done", "withdrawn"))).order_by(Bill.id.desc()))
    return tuple(_view(session, row) for row in rows)


def months(session: Session) -> tuple[MonthView, ...]:
    """Every carrier's months that have bills, the newest first."""
    rows = session.scalars(
        select(Bill).where(Bill.state.in_(("done", "withdrawn")))
        .order_by(Bill.month.desc(), Bill.carrier, Bill.id)
    )
    found: dict[tuple[str, str], list[BillView]] = {}
    for row in rows:
        found.setdefault((row.carrier, row.month), []).append(_view(session, row))
    return tuple(_month(session, *key, tuple(views)) for key, views in found.items())


def month(session: Session, carrier: str, name: str) -> MonthView | None:
    """One carrier's month; None where no bill tells of it."""
    return next(
        (one for one in months(session) if (one.carrier, one.month) == (carrier, name)), None)


def _month(
    session: Session, carrier: str, name: str, views: tuple[BillView, ...]
) -> MonthView:
    counted = [view for view in views if view.state == "done"]
    closings = session.scalars(select(BillClosing).where(
        BillClosing.carrier == carrier, BillClosing.month == name).order_by(BillClosing.id.desc()))
    return MonthView(
        carrier, name, views, sum(view.totals.billed_fen for view in counted),
        sum(view.totals.owed_fen for view in counted),
        sum(view.totals.difference_fen for view in counted),
        sum(view.disputed_fen for view in views), sum(view.credited_fen for view in views),
        tuple(ClosingView(
            one.closed_at, one.closed_by, one.how, one.strokes, one.signed_hash,
            still_holds(session, one), one.reopened_at, one.reopened_by, one.reason,
        ) for one in closings),
    )


def findings(
    session: Session, bill_id: int, kind: str = "", *, number: str = "", after: int = 0
) -> tuple[FindingView, ...]:
    """A page of a bill's differences (or of one kind, matched lines too) behind an id."""
    query = _wanted(bill_id, kind, number).where(BillFinding.id > after)
    rows = session.execute(query.order_by(BillFinding.id).limit(PAGE))
    return tuple(
        FindingView(
            row.id, row.row, row.waybill_no, _kind(row.finding), row.ours, row.theirs, row.fen,
            row.reason, {**_UNKNOWN, **row.evidence}, state or "",
        )
        for row, state in rows
    )


def _wanted(bill_id: int, kind: str, number: str) -> Select[BillFinding, str]:
    query = (
        select(BillFinding, BillDispute.state)
        .outerjoin(BillDispute, BillDispute.finding_id == BillFinding.id)
        .where(BillFinding.bill_id == bill_id)
    )
    if number:
        query = query.where(BillFinding.waybill_no.endswith(number, autoescape=True))
    return query.where(_of_kind(kind)) if kind or not number else query


def _of_kind(kind: str) -> ColumnElement[bool]:
    if kind in FINDINGS:
        return BillFinding.finding == kind
    # Named one by one, so that the index over (bill, finding) serves a million matched lines.
    return BillFinding.finding.in_([one for one in FINDINGS if one != "matched"])


def all_findings(session: Session, bill_id: int, *, matched: bool = True) -> Iterator[Finding]:
    """Every finding of a bill as it was found, in the statement's order."""
    query = select(BillFinding).where(BillFinding.bill_id == bill_id)
    if not matched:
        query = query.where(_of_kind(""))
    rows = session.scalars(query.order_by(BillFinding.id).execution_options(yield_per=_EVERY))
    for row in rows:
        yield _finding(row)
        session.expunge(row)


def _finding(row: BillFinding) -> Finding:
    about = row.evidence
    kind: Any = row.finding
    return Finding(
        row.row, row.waybill_no, kind, row.ours, row.theirs, row.fen, row.reason,
        tuple((kind_, fen) for kind_, fen in about.get("also", ())), about.get("ours_g"),
        about.get("theirs_g"), about.get("ours_place", ""), about.get("theirs_place", ""),
        about.get("day", ""), about.get("handed_on", ""), about.get("weighed_at", ""),
        about.get("packer", ""), about.get("handover", ""), about.get("courier", ""),
        about.get("courier_g"), about.get("remark", ""),
    )


def disputes(session: Session, carrier: str = "", state: str = "") -> tuple[DisputeView, ...]:
    """The disputes, the standing ones first, five hundred at most."""
    query = select(BillDispute)
    if carrier:
        query = query.where(BillDispute.carrier == carrier)
    if state:
        query = query.where(BillDispute.state == state)
    standing = BillDispute.state.in_(_STANDING)
    rows = session.scalars(query.order_by(standing.desc(), BillDispute.id.desc()).limit(500))
    return tuple(
        DisputeView(
            row.id, row.bill_id, row.carrier, row.month, row.waybill_no, _kind(row.finding),
            row.fen, row.credited_fen, row.credited_in, row.state, row.reason, row.opened_at,
            row.opened_by,
        )
        for row in rows
    )


def carriers_with_disputes(session: Session) -> tuple[str, ...]:
    """The carriers with whom a dispute stands."""
    return tuple(session.scalars(
        select(BillDispute.carrier).where(BillDispute.state.in_(_STANDING)).distinct()
        .order_by(BillDispute.carrier)))


def disputed_findings(session: Session, carrier: str) -> Iterator[Finding]:
    """The findings on which a carrier's standing disputes rest."""
    query = (
        select(BillFinding).join(BillDispute, BillDispute.finding_id == BillFinding.id)
        .where(BillDispute.carrier == carrier, BillDispute.state.in_(_STANDING))
        .order_by(BillDispute.id)
    )
    for row in session.scalars(query.execution_options(yield_per=_EVERY)):
        yield _finding(row)
        session.expunge(row)


def _kind(text: str) -> FindingKind:
    return next(kind for kind in FINDINGS if kind == text)


def dispute_sums(session: Session) -> dict[str, tuple[int, int, int]]:
    """By state: how many disputes there are, their fen, and what was given back."""
    rows = session.execute(select(
        BillDispute.state, func.count(), func.sum(BillDispute.fen),
        func.sum(BillDispute.credited_fen),
    ).group_by(BillDispute.state))
    return {state: (count, int(fen), int(back)) for state, count, fen, back in rows}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a bill or a month."""

    at: datetime
    who: str
    kind: str
    facts: Mapping[str, Any]


def history(session: Session, chain: str) -> tuple[Happened, ...]:
    """What happened to a bill ("bill:3") or a month ("month:STO:2026-11"), the last first."""
    rows = session.scalars(
        select(History).where(History.chain == chain).order_by(History.seq.desc()).limit(50))
    return tuple(Happened(row.at, row.who, row.kind, json.loads(row.data)) for row in rows)
