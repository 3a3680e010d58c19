"""A carrier's statements from their file to their findings: taken once, mapped, withdrawn (D12).

A bill's states, and what moves it on::

    waiting ──> working ──> done ──> withdrawn (with a reason; its lines no longer count)
       ^           ├──────> unknown   nobody knows its columns yet; mapping them makes it wait again
       │           └──────> failed    the file says why; the same file brought again waits again
       └── again ── done    (prices or cases have changed; not while a dispute rests on it)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from station.bills.layouts import ToldLayout, checked, fingerprint
from station.bills.trouble import StatementError
from station.db.models import Bill, BillClosing, BillDispute, BillFinding, BillLayout
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.services.history import record

TOPIC = "bills"
"""Told to screens, and to the loop that works on waiting bills."""
STALE = timedelta(minutes=2)
"""After this long without a word from whoever works on a bill, somebody else begins it anew."""

_GONE_ON = ("failed", "withdrawn")
_CLEARED = 5000  # lines deleted in one transaction


def take(
    session: Session, digest: str, name: str, *, carrier: str, month: str, who: str, now: datetime
) -> Bill | Refusal:
    """Let a brought file wait to be worked on; refused if its content was brought before."""
    known = session.scalar(
        select(Bill).where(Bill.sha256 == digest).with_for_update(key_share=True))
    if known is not None and known.state not in _GONE_ON:
        facts: dict[str, str | int] = {"name": known.name, "bill": known.id}
        return Refusal(Code.BILL_KNOWN, facts)
    if carrier and month and is_closed(session, carrier, month):
        return Refusal(Code.BILL_CLOSED, {"carrier": carrier, "month": month})
    bill = known or Bill(sha256=digest, name=name[:200], brought_at=now)
    bill.name, bill.asked_carrier, bill.asked_month = name[:200], carrier, month
    bill.brought_at, bill.brought_by = now, who
    _wait(bill)
    session.add(bill)
    session.flush()
    record(session, f"bill:{bill.id}", "brought", {"sha256": digest}, now=now, who=who)
    notice(session, TOPIC)
    return bill


def _wait(bill: Bill) -> None:
    bill.state, bill.stage, bill.done, bill.code, bill.facts = "waiting", "", 0, "", {}
    bill.seen_at = bill.done_at = None


def is_closed(session: Session, carrier: str, month: str) -> bool:
    """Whether a manager has closed this carrier's month."""
    held = select(BillClosing.id).where(
        BillClosing.carrier == carrier, BillClosing.month == month,
        BillClosing.reopened_at.is_(None),
    )
    return session.scalar(held) is not None


def next_bill(session: Session, *, now: datetime) -> int | None:
    """The bill that waits longest, or one whose worker has not been heard of for a while."""
    stale = and_(Bill.state == "working",
                 or_(Bill.seen_at < now - STALE, Bill.seen_at > now + STALE))
    return session.scalar(
        select(Bill.id).where(or_(Bill.state == "waiting", stale)).order_by(Bill.id).limit(1)
    )


def claim(session: Session, bill_id: int, *, now: datetime) -> bool:
    """Begin to work on a bill; False if somebody else was faster."""
    bill = _locked(session, bill_id)
    free = bill.state == "waiting" or (
        bill.state == "working" and (bill.seen_at is None or abs(now - bill.seen_at) > STALE)
    )
    if free:
        bill.state, bill.seen_at, bill.version = "working", now, bill.version + 1
        notice(session, TOPIC)
    return free


def _locked(session: Session, bill_id: int) -> Bill:
    query = select(Bill).where(Bill.id == bill_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def progress(session: Session, bill_id: int, stage: str, done: int, *, now: datetime) -> None:
    """Say how far the work is."""
    session.execute(
        update(Bill).where(Bill.id == bill_id, Bill.state == "working")
        .values(stage=stage, done=done, seen_at=now)
    )
    notice(session, TOPIC)


def told(session: Session, *, now: datetime) -> None:  # noqa: ARG001 - a step
    """Tell the screens what another process has changed."""
    notice(session, TOPIC)


def put_back(session: Session, bill_id: int, *, now: datetime) -> None:  # noqa: ARG001 - a step
    """Stop working on a bill: it waits again, and is begun anew."""
    bill = _locked(session, bill_id)
    if bill.state == "working":
        _wait(bill)


def fail(session: Session, bill_id: int, error: StatementError, *, now: datetime) -> None:
    """Keep why a bill cannot be read, in the words of its facts."""
    bill = _locked(session, bill_id)
    bill.state, bill.code, bill.facts = "failed", error.code, dict(error.facts)
    record(session, f"bill:{bill_id}", "failed", {"code": error.code}, now=now)
    notice(session, TOPIC)


def ask_columns(
    session: Session, bill_id: int, rows: list[list[str]], *, now: datetime  # noqa: ARG001 - a step
) -> None:
    """Let a person say what the columns of an unknown layout mean."""
    bill = _locked(session, bill_id)
    bill.state, bill.preview, bill.code = "unknown", rows, "unknown_layout"
    notice(session, TOPIC)


def map_columns(  # noqa: PLR0917 - what a person says of a layout, one by one
    session: Session, bill_id: int, header: int, meanings: Mapping[int, str], carrier: str,
    unit_g: int, *, who: str, now: datetime,
) -> Bill | Refusal:
    """Remember what the columns of the bill's header row mean, and let the bill wait again.

    ``header`` counts the preview's rows from 0, ``meanings`` its columns. Refused without a column
    for the number and one for an amount or a weight, or with two columns of one name.
    """
    bill = _locked(session, bill_id)
    told = None if bill.state != "unknown" else _told(bill, header, meanings, carrier, unit_g)
    if told is None:
        return Refusal(Code.BILL_UNMAPPED)
    key = fingerprint(bill.preview[header])
    layout = session.get(BillLayout, key) or BillLayout(fingerprint=key, mapped_at=now)
    layout.columns, layout.carrier, layout.unit_g = dict(told.columns), told.carrier, told.unit_g
    layout.mapped_at, layout.mapped_by = now, who
    session.add(layout)
    bill.preview, bill.asked_carrier = [], bill.asked_carrier or carrier
    _wait(bill)
    record(session, f"bill:{bill_id}", "mapped", {"fingerprint": key}, now=now, who=who)
    notice(session, TOPIC)
    return bill


def _told(
    bill: Bill, header: int, meanings: Mapping[int, str], carrier: str, unit_g: int
) -> ToldLayout | None:
    if not 0 <= header < len(bill.preview):
        return None
    names = bill.preview[header]
    columns = {names[at]: meaning for at, meaning in meanings.items() if at < len(names)}
    told = {*columns.values()}
    if "" in columns or len(columns) != len(meanings) or not told & _CHARGED:
        return None
    table = {"columns": columns, "carrier": carrier, "unit_g": unit_g or None}
    try:
        return checked(bill.name, table)
    except StatementError:
        return None


_CHARGED = frozenset({"total", "fee", "fee_part", "charged", "actual"})


def known_layouts(session: Session) -> dict[str, ToldLayout]:
    """The layouts that people have mapped, by their headers' fingerprints."""
    return {
        row.fingerprint: ToldLayout(row.columns, row.carrier, row.unit_g)
        for row in session.scalars(select(BillLayout))
    }


def again(session: Session, bill_id: int, *, who: str, now: datetime) -> Bill | Refusal:
    """Reconcile a bill anew, because prices, cases or hand-overs have changed."""
    bill = _locked(session, bill_id)
    refusal = _fixed(session, bill)
    if refusal is not None:
        return refusal
    _wait(bill)
    record(session, f"bill:{bill_id}", "again", {}, now=now, who=who)
    notice(session, TOPIC)
    return bill


def withdraw(
    session: Session, bill_id: int, *, reason: str, who: str, now: datetime
) -> Bill | Refusal:
    """Take a bill out of its month, because the carrier sent a better one; its lines stay."""
    bill = _locked(session, bill_id)
    refusal = _fixed(session, bill)
    if refusal is not None:
        return refusal
    if not reason.strip():
        return Refusal(Code.BILL_REASON_NEEDED)
    bill.state, bill.code = "withdrawn", ""
    bill.facts = {"reason": reason.strip()[:200], "who": who}
    record(session, f"bill:{bill_id}", "withdrawn", {"reason": reason.strip()[:200]}, now=now,
           who=who)
    notice(session, TOPIC)
    return bill


def _fixed(session: Session, bill: Bill) -> Refusal | None:
    """Why a bill's findings must stay as they are; None where they may change."""
    if bill.state not in ("done", "failed", "unknown"):
        return Refusal(Code.BILL_NOT_DONE, {"name": bill.name})
    if is_closed(session, bill.carrier, bill.month):
        return Refusal(Code.BILL_CLOSED, {"carrier": bill.carrier, "month": bill.month})
    leant = or_(BillDispute.bill_id == bill.id, BillDispute.credited_in == bill.id)
    disputes = session.scalar(select(func.count()).select_from(BillDispute).where(leant))
    if disputes:
        return Refusal(Code.BILL_DISPUTED, {"count": disputes})
    return None


def clear(session: Session, bill_id: int, *, now: datetime) -> int:  # noqa: ARG001 - a step
    """Delete some of the lines that an earlier try left behind; how many they were."""
    some = select(BillFinding.id).where(BillFinding.bill_id == bill_id).limit(_CLEARED)
    ids = list(session.scalars(some))
    if ids:
        session.execute(delete(BillFinding).where(
            BillFinding.bill_id == bill_id, BillFinding.id.between(min(ids), max(ids))
        ))
    return len(ids)
