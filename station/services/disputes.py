"""Differences that the carrier is asked to give back, tracked to their credit in a later bill.

``open`` on our list, ``told`` to the carrier, ``credited`` by a later bill (or by hand, where the
money came another way), ``dropped`` with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Bill, BillDispute, BillFinding, Case
from station.db.session import notice
from station.domain.bill_findings import CHARGES_FREIGHT
from station.domain.reconciliation import BUT_BILLED
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Fen
from station.services.cases import cases_for_bill
from station.services.history import record

STANDING = ("open", "told")
"""States in which the money is still asked for."""
_MOST = 20_000  # disputes opened in one step


def dispute(
    session: Session, bill_id: int, finding_ids: Collection[int] = (), *, kind: str = "",
    who: str, now: datetime,
) -> int | Refusal:
    """Put chosen differences, or all of a kind, on the list; how many are new there.

    Only what was charged beyond what is owed can be asked back.
    """
    bill = session.get(Bill, bill_id)
    if bill is None or bill.state != "done":
        return Refusal(Code.BILL_NOT_DONE, {"name": bill.name if bill else ""})
    query = (
        select(BillFinding)
        .outerjoin(BillDispute, BillDispute.finding_id == BillFinding.id)
        .where(BillFinding.bill_id == bill_id, BillFinding.fen > 0, BillDispute.id.is_(None))
        .order_by(BillFinding.id).limit(_MOST)
    )
    chosen = (
        BillFinding.finding == kind if kind else BillFinding.id.in_(list(finding_ids)[:_MOST]))
    rows = list(session.scalars(query.where(chosen)))
    for row in rows:
        session.add(BillDispute(
            finding_id=row.id, bill_id=bill_id, carrier=bill.carrier, month=bill.month,
            waybill_no=row.waybill_no, finding=row.finding, fen=row.fen, opened_at=now,
            opened_by=who,
        ))
    if rows:
        facts = {"count": len(rows), "fen": sum(row.fen for row in rows)}
        record(session, f"bill:{bill_id}", "disputed", facts, now=now, who=who)
        notice(session, "bills")
    return len(rows)


def tell_carrier(session: Session, carrier: str, *, who: str, now: datetime) -> int:
    """Note that the carrier has been given the open list; how many disputes that were."""
    rows = list(session.scalars(select(BillDispute).where(
        BillDispute.carrier == carrier, BillDispute.state == "open")))
    for row in rows:
        row.state, row.told_at = "told", now
    if rows:
        record(session, f"disputes:{carrier}", "told", {"count": len(rows)}, now=now, who=who)
        notice(session, "bills")
    return len(rows)


def credit(session: Session, bill: Bill, *, now: datetime) -> int:
    """Settle what a bill's credit lines give back for; how many disputes they touched."""
    credits_ = session.scalars(select(BillFinding).where(
        BillFinding.bill_id == bill.id, BillFinding.finding == "credit",
        BillFinding.waybill_no != "", BillFinding.theirs < 0,
    ).order_by(BillFinding.id))
    touched = 0
    for line in credits_:
        standing = session.scalars(select(BillDispute).where(
            BillDispute.carrier == bill.carrier, BillDispute.waybill_no == line.waybill_no,
            BillDispute.state.in_(STANDING),
        ).order_by(BillDispute.id)).all()
        touched += spread(session, standing, -(line.theirs or 0), bill, now)
    return touched


def ask_back_for_cases(session: Session, carrier: str, *, now: datetime) -> int:
    """Dispute the freight that earlier bills charged for what is lost or undeliverable by now (D9).

    A parcel's case often opens after its bill was paid: its deduction is due in the next one.
    """
    query = (
        select(BillFinding, Bill.month).join(Bill, Bill.id == BillFinding.bill_id)
        .outerjoin(BillDispute, BillDispute.finding_id == BillFinding.id)
        .where(
            Bill.carrier == carrier, Bill.state == "done",
            BillFinding.waybill_no.in_(select(Case.waybill_no).where(Case.carrier == carrier)),
            BillFinding.finding.in_(CHARGES_FREIGHT), BillFinding.theirs > 0,
            BillDispute.id.is_(None),
        ).order_by(BillFinding.id).limit(_MOST)
    )
    rows = session.execute(query).all()
    troubles = cases_for_bill(session, [row.waybill_no for row, _ in rows])
    due = [(row, month, troubles[row.waybill_no]) for row, month in rows
           if row.waybill_no in troubles]
    for row, month, trouble in due:
        session.add(BillDispute(
            finding_id=row.id, bill_id=row.bill_id, carrier=carrier, month=month,
            waybill_no=row.waybill_no, finding=BUT_BILLED[trouble], fen=row.theirs, opened_at=now,
        ))
        record(session, f"bill:{row.bill_id}", "disputed", {"count": 1}, now=now)
    session.flush()
    return len(due)


def spread(  # noqa: PLR0917 - the money, from where to where, when and by whom
    session: Session, standing: Sequence[BillDispute], fen: Fen, bill: Bill, now: datetime,
    who: str = "",
) -> int:
    """Give the money to disputes, the oldest first; how many got some. The rest is not ours."""
    touched = 0
    for row in standing:
        given = min(fen, row.fen - row.credited_fen)
        if given <= 0:
            continue
        row.credited_fen, row.credited_in, fen = row.credited_fen + given, bill.id, fen - given
        if row.credited_fen >= row.fen:
            row.state, row.settled_at = "credited", now
        touched += 1
        record(session, f"bill:{row.bill_id}", "credited",
               {"dispute": row.id, "fen": given, "bill": bill.id}, now=now, who=who)
    return touched


def settle(
    session: Session, dispute_id: int, state: str, fen: Fen, reason: str, *, who: str,
    now: datetime,
) -> BillDispute | Refusal:
    """End a dispute by hand: ``credited`` with the money that came, or ``dropped``; why is kept."""
    row = session.scalar(
        select(BillDispute).where(BillDispute.id == dispute_id).with_for_update(key_share=True))
    if row is None or row.state not in STANDING or state not in ("credited", "dropped"):
        return Refusal(Code.BILL_NONE)
    if not reason.strip():
        return Refusal(Code.BILL_REASON_NEEDED)
    row.state, row.settled_at, row.settled_by, row.reason = state, now, who, reason.strip()[:200]
    if state == "credited":
        row.credited_fen = max(0, min(fen, row.fen))
    facts = {"dispute": row.id, "state": state, "fen": row.credited_fen, "reason": row.reason}
    record(session, f"bill:{row.bill_id}", "settled", facts, now=now, who=who)
    notice(session, "bills")
    return row
