"""Money that a bill gives back without naming a parcel: a person says which disputes it settles.

The station never guesses it: a round sum of 返利 is no answer to a dispute. What was given from a
credit stands with its line (``given``: dispute and fen), so that no fen is given twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Bill, BillDispute, BillFinding
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Fen
from station.services.disputes import STANDING, spread

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class LooseCredit:
    """A credit without a number: its bill and row, the money, and what of it is not given yet."""

    id: int
    bill_id: int
    carrier: str
    month: str
    row: int
    fen: Fen
    left: Fen
    remark: str


def loose(session: Session) -> tuple[LooseCredit, ...]:
    """The credits without a number of which something is left, the newest bill's first."""
    query = (
        select(BillFinding, Bill.carrier, Bill.month).join(Bill, Bill.id == BillFinding.bill_id)
        .where(
            BillFinding.finding == "credit", BillFinding.waybill_no == "", BillFinding.theirs < 0,
            Bill.state == "done",
        ).order_by(BillFinding.bill_id.desc(), BillFinding.row).limit(_SHOWN)
    )
    found = (
        LooseCredit(row.id, row.bill_id, carrier, month, row.row, -(row.theirs or 0), left(row),
                    str(row.evidence.get("remark", "")))
        for row, carrier, month in session.execute(query)
    )
    return tuple(one for one in found if one.left > 0)


def left(row: BillFinding) -> Fen:
    """What of a credit line is not given to a dispute yet."""
    given: list[Any] = row.evidence.get("given", [])
    return -(row.theirs or 0) - sum(int(fen) for _, fen in given)


def link(
    session: Session, finding_id: int, dispute_ids: Collection[int], *, who: str, now: datetime
) -> Fen | Refusal:
    """Settle chosen disputes, the oldest first, with a credit's money; the fen that were given.

    Only the same carrier's, and only what is still asked for; the rest of the credit stays.
    """
    row = session.scalar(
        select(BillFinding).where(BillFinding.id == finding_id).with_for_update(key_share=True))
    if row is None or row.finding != "credit" or row.waybill_no or left(row) <= 0:
        return Refusal(Code.BILL_NONE)
    bill = session.get_one(Bill, row.bill_id)
    chosen = session.scalars(
        select(BillDispute).where(
            BillDispute.id.in_(list(dispute_ids)[:_SHOWN]), BillDispute.carrier == bill.carrier,
            BillDispute.state.in_(STANDING),
        ).order_by(BillDispute.id).with_for_update(key_share=True)
    ).all()
    before = {one.id: one.credited_fen for one in chosen}
    if bill.state != "done" or not spread(session, chosen, left(row), bill, now, who):
        return Refusal(Code.BILL_NONE)
    given = [[one.id, fen] for one in chosen if (fen := one.credited_fen - before[one.id])]
    row.evidence = {**row.evidence, "given": [*row.evidence.get("given", []), *given]}
    notice(session, "bills")
    return sum(fen for _, fen in given)
