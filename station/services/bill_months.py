"""A carrier's month is closed by a manager's signature, and reopened only with a trace (D12).

What is signed is one canonical text of the month: its bills by digest, their totals, its disputes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import Bill, BillClosing, BillDispute
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.services.bills import is_closed
from station.services.history import canonical, record
from station.services.signing import Stroke

_UNFINISHED = ("waiting", "working", "unknown")


def close(
    session: Session, carrier: str, month: str, *, who: str, strokes: Sequence[Stroke] = (),
    now: datetime,
) -> BillClosing | Refusal:
    """Close the month in a manager's name. Refused without a bill, or while one is unfinished."""
    if is_closed(session, carrier, month):
        return Refusal(Code.BILL_CLOSED, {"carrier": carrier, "month": month})
    unfinished = session.scalar(
        select(Bill.name).where(Bill.state.in_(_UNFINISHED), Bill.carrier.in_((carrier, "")))
        .order_by(Bill.id).limit(1)
    )
    if unfinished is not None:
        return Refusal(Code.BILL_NOT_DONE, {"name": unfinished})
    signed = signed_text(session, carrier, month)
    if not signed["bills"]:
        return Refusal(Code.BILL_NONE, {"carrier": carrier, "month": month})
    digest = sha256(canonical(signed).encode()).hexdigest()
    kept = [[[int(x), int(y)] for x, y, *_ in stroke] for stroke in strokes]
    closing = BillClosing(
        carrier=carrier, month=month, totals=signed, closed_at=now, closed_by=who,
        how="drawn" if kept else "badge", strokes=kept, signed_hash=digest,
    )
    session.add(closing)
    record(session, _chain(carrier, month), "closed", {"signed": digest, "how": closing.how},
           now=now, who=who)
    notice(session, "bills")
    return closing


def reopen(
    session: Session, carrier: str, month: str, *, reason: str, who: str, now: datetime
) -> BillClosing | Refusal:
    """Open a closed month again; the closing stays, with who opened it and why."""
    closing = session.scalar(select(BillClosing).where(
        BillClosing.carrier == carrier, BillClosing.month == month,
        BillClosing.reopened_at.is_(None),
    ).with_for_update(key_share=True))
    if closing is None:
        return Refusal(Code.BILL_NONE, {"carrier": carrier, "month": month})
    if not reason.strip():
        return Refusal(Code.BILL_REASON_NEEDED)
    closing.reopened_at, closing.reopened_by = now, who
    closing.reason = reason.strip()[:200]
    record(session, _chain(carrier, month), "reopened", {"reason": closing.reason}, now=now,
           who=who)
    notice(session, "bills")
    return closing


def _chain(carrier: str, month: str) -> str:
    return f"month:{carrier}:{month}"


def signed_text(session: Session, carrier: str, month: str) -> dict[str, Any]:
    """What a closing's signature covers, as it stands now."""
    rows = session.scalars(select(Bill).where(
        Bill.carrier == carrier, Bill.month == month, Bill.state == "done").order_by(Bill.id))
    bills = [{"sha256": row.sha256, "totals": row.totals} for row in rows]
    disputes = session.execute(
        select(func.count(), func.coalesce(func.sum(BillDispute.fen), 0)).where(
            BillDispute.carrier == carrier, BillDispute.month == month,
            BillDispute.state != "dropped",
        )
    ).one()
    return {
        "carrier": carrier, "month": month, "bills": bills,
        "disputes": {"count": disputes[0], "fen": int(disputes[1])},
    }


def still_holds(session: Session, closing: BillClosing) -> bool:
    """Whether the month's bills are still what was signed; disputes go on after the closing."""
    now = signed_text(session, closing.carrier, closing.month)
    return bool(now["bills"] == closing.totals.get("bills"))
