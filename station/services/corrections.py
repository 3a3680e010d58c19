"""A figure put right after the van has left: a record of its own, signed by the courier (D6).

The hand-over itself stays as it was signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import (
    Handover,
    HandoverCorrection,
    HandoverLine,
    Parcel,
    PrintJob,
    Signature,
)
from station.db.session import notice
from station.domain.handover import implausible
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Fen, Grams
from station.services.dossier import SignatureView, signature_view
from station.services.history import canonical, record

Strokes = Sequence[Sequence[Sequence[int]]]

ROLE = "courier-amends"


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """One correction as it is shown and printed."""

    id: int
    waybill_no: str
    weight_g: Grams
    price_fen: Fen | None
    before_weight_g: Grams | None
    before_price_fen: Fen | None
    reason: str
    courier: str
    who: str
    at: datetime
    signature: SignatureView | None


def correct(
    session: Session, handover_id: int, waybill_no: str, *, weight_g: Grams,
    price_fen: Fen | None, reason: str, courier: str, strokes: Strokes, who: str, now: datetime,
) -> HandoverCorrection | Refusal:
    """Put the figures of a parcel right that left with a closed hand-over."""
    line = session.scalar(
        select(HandoverLine).join(Parcel, Parcel.id == HandoverLine.parcel_id)
        .where(HandoverLine.handover_id == handover_id, Parcel.waybill_no == waybill_no,
               HandoverLine.state != "missing")
        .with_for_update(key_share=True)
    )
    handover = session.get(Handover, handover_id)
    if handover is None or handover.state != "closed" or line is None:
        return Refusal(Code.HANDOVER_NO_CORRECTION, {"waybill_no": waybill_no[:64]})
    if implausible(weight_g, price_fen):
        return Refusal(
            Code.HANDOVER_IMPLAUSIBLE, {"weight_g": weight_g, "price_fen": price_fen or 0})
    if not reason.strip():
        return Refusal(Code.SIGN_REASON_NEEDED)
    if not courier.strip() or not strokes:
        return Refusal(Code.HANDOVER_NO_SIGNATURE)
    return _write(
        session, handover, line, weight_g=weight_g, price_fen=price_fen, reason=reason,
        courier=courier, strokes=strokes, who=who, now=now,
    )


def _write(
    session: Session, handover: Handover, line: HandoverLine, *, weight_g: Grams,
    price_fen: Fen | None, reason: str, courier: str, strokes: Strokes, who: str, now: datetime,
) -> HandoverCorrection:
    before = standing(session, line)
    facts = {
        "number": handover.number, "waybill_no": line.parcel.waybill_no, "before": list(before),
        "weight_g": weight_g, "price_fen": price_fen, "reason": reason.strip()[:200],
    }
    signed = Signature(
        handover_id=handover.id, parcel_id=line.parcel_id, role=ROLE, who=courier.strip()[:64],
        how="drawn", strokes=[[list(point) for point in stroke] for stroke in strokes],
        signed_hash=sha256(canonical(facts).encode()).hexdigest(), at=now,
    )
    session.add(signed)
    session.flush()
    row = HandoverCorrection(
        handover_id=handover.id, parcel_id=line.parcel_id, weight_g=weight_g,
        price_fen=price_fen, before_weight_g=before[0], before_price_fen=before[1],
        reason=reason.strip()[:200], courier=signed.who, who=who, signature_id=signed.id, at=now,
    )
    session.add(row)
    session.flush()
    record(session, f"handover:{handover.id}", "corrected",
           {**facts, "signed": signed.signed_hash}, now=now, who=who)
    notice(session, f"handover:{handover.id}")
    return row


def standing(session: Session, line: HandoverLine) -> tuple[Grams | None, Fen | None]:
    """The figures that hold for a line: its newest correction's, else what was signed for."""
    newest = session.scalar(
        select(HandoverCorrection)
        .where(HandoverCorrection.handover_id == line.handover_id,
               HandoverCorrection.parcel_id == line.parcel_id)
        .order_by(HandoverCorrection.id.desc()).limit(1)
    )
    if newest is None:
        return line.courier_weight_g, line.courier_price_fen
    return newest.weight_g, newest.price_fen


def of_handover(session: Session, handover_id: int) -> tuple[CorrectionView, ...]:
    """The corrections of one hand-over in their order."""
    rows = session.execute(
        select(HandoverCorrection, Parcel.waybill_no, Signature)
        .join(Parcel, Parcel.id == HandoverCorrection.parcel_id)
        .join(Signature, Signature.id == HandoverCorrection.signature_id)
        .where(HandoverCorrection.handover_id == handover_id).order_by(HandoverCorrection.id)
    )
    return tuple(
        CorrectionView(
            row.id, number or "", row.weight_g, row.price_fen, row.before_weight_g,
            row.before_price_fen, row.reason, row.courier, row.who, row.at,
            signature_view(signed),
        )
        for row, number, signed in rows
    )


def ask_for_addendum(
    session: Session, handover_id: int, *, who: str, bench: str = "", now: datetime
) -> bool:
    """Write the print job of the addendum; False where nothing was corrected."""
    if not of_handover(session, handover_id):
        return False
    session.add(PrintJob(
        kind="addendum", handover_id=handover_id, bench=bench, created_at=now, who=who))
    notice(session, "print_jobs")
    record(session, f"handover:{handover_id}", "addendum", {}, now=now, who=who)
    return True
