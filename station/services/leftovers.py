"""What people and carriers wrote beside a parcel, once its buyer is to be forgotten.

Whole columns of words that name somebody go (notes of cases, reasons of holds, calls to the
platform). Where the words are the shop's own proof (why a weight was accepted, what a carrier
remarked), they stay, and what is known of the buyer is starred out of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import case as either
from sqlalchemy import or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from station.db.models import (
    Bill,
    BillDispute,
    BillFinding,
    Case,
    CasePayment,
    CourierIncident,
    HandoverCorrection,
    HandoverLine,
    Hold,
    OnceAnswer,
    Outbox,
    Parcel,
    PrintJob,
    Review,
    Signature,
    WaybillNumber,
    Weighing,
)
from station.domain.sight import NOBODY_KNOWN, Known, masked_words, without_known
from station.services.sight import known_of

Star = Callable[[str, Known], str]


def known_of_all(parcels: Iterable[Parcel]) -> Known:
    """Everything that is known of the buyers of these parcels."""
    known = NOBODY_KNOWN
    for parcel in parcels:
        known |= known_of(parcel)
    return known


def words_gone(
    session: Session, ids: Sequence[int], order_ids: Sequence[int], known: Known
) -> dict[str, int]:
    """Remove or star out the words about these parcels; how many rows of each kind changed."""
    cases = select(Case.id).where(Case.parcel_id.in_(ids))
    numbers = select(WaybillNumber.number).where(WaybillNumber.parcel_id.in_(ids))
    session.execute(update(OnceAnswer).where(OnceAnswer.answer != b"").values(answer=b""))
    drawn = session.scalars(
        update(Signature).where(or_(Signature.parcel_id.in_(ids), Signature.case_id.in_(cases)))
        .values(strokes=[]).returning(Signature.id)).all()
    calls = session.scalars(
        update(Outbox).where(Outbox.order_id.in_(order_ids))
        .values(payload={}, state=_withdrawn()).returning(Outbox.id)).all()
    noted = session.scalars(
        update(Case).where(Case.parcel_id.in_(ids)).values(note="").returning(Case.id)).all()
    starred = _starred(session, ids, cases, numbers, known)
    return {"signatures": len(drawn), "calls": len(calls), "cases": len(noted), "words": starred}


def _withdrawn() -> Any:
    """A call that still waited has nothing left to say."""
    return either((Outbox.state == "waiting", "withdrawn"), else_=Outbox.state)


def _starred(
    session: Session, ids: Sequence[int], cases: Any, numbers: Any, known: Known
) -> int:
    """Star the buyer out of words that stay; how many rows had him."""
    session.execute(update(Hold).where(Hold.parcel_id.in_(ids)).values(reason=""))
    places: tuple[tuple[InstrumentedAttribute[Any], Any], ...] = (
        (Hold.facts, Hold.parcel_id.in_(ids)),
        (Weighing.reason, Weighing.parcel_id.in_(ids)),
        (PrintJob.reason, PrintJob.parcel_id.in_(ids)),
        (HandoverLine.reason, HandoverLine.parcel_id.in_(ids)),
        (HandoverCorrection.reason, HandoverCorrection.parcel_id.in_(ids)),
        (CasePayment.how, CasePayment.case_id.in_(cases)),
        (CourierIncident.note, CourierIncident.waybill_no.in_(numbers)),
        (BillFinding.evidence, BillFinding.waybill_no.in_(numbers)),
        (BillDispute.reason, BillDispute.waybill_no.in_(numbers)),
    )
    others: tuple[tuple[InstrumentedAttribute[Any], Any], ...] = (
        (Bill.preview, Bill.state == "unknown"),
        (Review.facts, Review.id.is_not(None)),
    )
    return (sum(_star(session, column, where, known, masked_words) for column, where in places)
            + sum(_star(session, column, where, known, without_known) for column, where in others))


def _star(
    session: Session, column: InstrumentedAttribute[Any], where: Any, known: Known, star: Star
) -> int:
    """Star him out of each of these rows; ``star`` says whether others are starred, too."""
    model = column.class_
    changed = 0
    for row_id, value in session.execute(select(model.id, column).where(where)):
        shown = _without(value, known, star)
        if shown != value:
            session.execute(
                update(model).where(model.id == row_id).values({column: shown}))
            changed += 1
    return changed


def _without(value: Any, known: Known, star: Star) -> Any:
    """The same value, with the buyer starred out of every text in it."""
    if isinstance(value, str):
        return star(value, known)
    if isinstance(value, list):
        return [_without(each, known, star) for each in value]
    if isinstance(value, dict):
        return {name: _without(each, known, star) for name, each in value.items()}
    return value
