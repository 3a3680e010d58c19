"""退货验收 (I8, I6): each piece that comes back is scanned, judged, and booked exactly once.

A scanned piece lies on the table until somebody says what it is: good pieces go on the shelf again,
defective ones on the defect shelf (I2), wrong ones nowhere. Of a measured category each pair's
waist is needed first. What was never in the parcel, or came back already, cannot be booked: it can
only be noted as wrong. All cases of a parcel share one count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import Case, CasePiece, ParcelLine
from station.db.session import notice
from station.domain.cases import (
    CaseKind,
    CaseMove,
    CaseState,
    PieceVerdict,
    may_come_back,
)
from station.domain.refusals import Code, Refusal
from station.domain.verification import Article, Line, judge_waist, typed_waist
from station.domain.vocabulary import Fen
from station.services import cases, stock
from station.services.alarms import raise_alarm
from station.services.history import record
from station.services.items import sku_of
from station.services.rules import Rules

MOST_DIGITS = 4

_BOOKED = (str(PieceVerdict.GOOD), str(PieceVerdict.DEFECTIVE))
_REFUNDING = frozenset({CaseKind.RETURN, CaseKind.UNREACHABLE})
"""Kinds of which the buyer's money goes back once the goods are inspected."""


@dataclass(frozen=True, slots=True)
class OnTable:
    """The piece that was scanned and not judged yet; ``doubt`` is why it cannot be booked."""

    piece: CasePiece
    doubt: Refusal | None = None


def shipped(session: Session, parcel_id: int) -> dict[int, int]:
    """The pieces that left with the parcel, by SKU."""
    rows = session.execute(
        select(ParcelLine.sku_id, func.sum(ParcelLine.quantity))
        .where(ParcelLine.parcel_id == parcel_id, ParcelLine.sku_id.is_not(None))
        .group_by(ParcelLine.sku_id)
    )
    return {key: int(count) for key, count in rows if key is not None and count}


def came_back(session: Session, parcel_id: int) -> dict[int, int]:
    """The pieces of the parcel that were booked in again, by SKU, over all of its cases."""
    rows = session.execute(
        select(CasePiece.sku_id, func.count())
        .join(Case, Case.id == CasePiece.case_id)
        .where(Case.parcel_id == parcel_id, CasePiece.verdict.in_(_BOOKED))
        .group_by(CasePiece.sku_id)
    )
    return {key: int(count) for key, count in rows}


def on_table(case: Case) -> CasePiece | None:
    """The piece that waits for its verdict."""
    return next((piece for piece in case.pieces if not piece.verdict), None)


# --- The steps, each one transaction --------------------------------------------------------------


def scan_piece(
    session: Session, case_id: int, code: str, rules: Rules, *, who: str, now: datetime
) -> OnTable | Refusal:
    """A piece out of the returned parcel. The first one says that the goods have arrived."""
    case = _inspecting(session, case_id, rules, who=who, now=now)
    if isinstance(case, Refusal):
        return case
    waiting = on_table(case)
    if waiting is not None:
        return Refusal(Code.CASE_PIECE_PENDING, named(waiting))
    sku = sku_of(session, code)
    if sku is None:
        return Refusal(Code.ITEM_UNKNOWN, {"code": code[:64]})
    piece = CasePiece(sku_id=sku.id, sku=sku, verdict="", entry="", who=who, at=now)
    case.pieces.append(piece)
    case.version += 1
    session.flush()
    notice(session, cases.TOPIC)
    return OnTable(piece, _doubt(session, case, piece))


def _inspecting(
    session: Session, case_id: int, rules: Rules, *, who: str, now: datetime
) -> Case | Refusal:
    """The locked case while pieces are looked at; goods that nobody announced arrive by this."""
    case = cases.locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    if case.state == CaseState.INSPECTING:
        return case
    refusal = cases.step(session, case, CaseMove.ARRIVE, rules, who=who, now=now)
    if refusal is not None:
        return refusal
    case.arrived_at = case.arrived_at or now
    return case


def _doubt(session: Session, case: Case, piece: CasePiece) -> Refusal | None:
    """Why this piece cannot be booked in: it never left with the parcel, or is back already."""
    why = may_come_back(
        shipped(session, case.parcel_id), came_back(session, case.parcel_id), piece.sku_id)
    if not why:
        return None
    code = Code.CASE_NOT_IN_PARCEL if why == "not_in_parcel" else Code.CASE_TOO_MANY_BACK
    return Refusal(code, {**named(piece), "waybill_no": case.waybill_no})


def digit(session: Session, case_id: int, figure: int) -> CasePiece | Refusal:
    """One digit of the waist of the piece on the table."""
    piece = _waiting(session, case_id)
    if isinstance(piece, CasePiece):
        piece.entry = (piece.entry + str(figure))[-MOST_DIGITS:]
        notice(session, cases.TOPIC)
    return piece


def measure(session: Session, case_id: int) -> CasePiece | Refusal:
    """The digits are complete: the waist of the piece on the table (I6)."""
    piece = _waiting(session, case_id)
    if isinstance(piece, Refusal):
        return piece
    return _measured(piece) or piece


def _measured(piece: CasePiece) -> Refusal | None:
    """Turn the digits into millimetres; a number copied from the label is none."""
    line = _as_line(piece)
    waist = typed_waist(int(piece.entry or 0), line)
    piece.entry = ""
    found = judge_waist((line,), line, waist, 0)
    if isinstance(found, Refusal):
        return found
    piece.waist_mm = waist
    return None


def _as_line(piece: CasePiece) -> Line:
    sku = piece.sku
    return Line(piece.id, Article(sku.id, sku.code, sku.item_no, sku.color, sku.size), 1)


def _waiting(session: Session, case_id: int) -> CasePiece | Refusal:
    case = cases.locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    return on_table(case) or Refusal(Code.CASE_NO_PIECE)


def judge(
    session: Session, case_id: int, verdict: PieceVerdict, *, who: str, now: datetime
) -> CasePiece | Refusal:
    """Say what the piece on the table is, and book it where it belongs."""
    case = cases.locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    piece = on_table(case)
    if piece is None:
        return Refusal(Code.CASE_NO_PIECE)
    refusal = _not_bookable(session, case, piece, verdict)
    if refusal is not None:
        return refusal
    piece.verdict, piece.entry, piece.who, piece.at = str(verdict), "", who, now
    case.version += 1
    if verdict is not PieceVerdict.WRONG:
        stock.come_back(
            session, piece.sku_id, parcel_id=case.parcel_id, waybill_no=case.waybill_no,
            defective=verdict is PieceVerdict.DEFECTIVE, who=who, now=now)
    facts = {"piece": piece.id, "sku": piece.sku.code, "verdict": str(verdict)}
    if piece.waist_mm is not None:
        facts["measured_mm"] = piece.waist_mm
    record(session, cases.subject(case.id), "case_piece", facts, now=now, who=who)
    notice(session, cases.TOPIC)
    return piece


def _not_bookable(
    session: Session, case: Case, piece: CasePiece, verdict: PieceVerdict
) -> Refusal | None:
    if verdict is PieceVerdict.WRONG:
        return None
    doubt = _doubt(session, case, piece)
    if doubt is not None or verdict is PieceVerdict.DEFECTIVE or not piece.sku.measure_waist:
        return doubt
    if piece.entry:
        refusal = _measured(piece)
        if refusal is not None:
            return refusal
    return None if piece.waist_mm is not None else Refusal(Code.MEASURE_NEEDED, named(piece))


def undo(
    session: Session, case_id: int, *, who: str, now: datetime
) -> CasePiece | Refusal:
    """Take back the last digit, the piece on the table, or the verdict that was given last."""
    case = cases.locked(session, case_id)
    if case is None or case.state != CaseState.INSPECTING or not case.pieces:
        return Refusal(Code.CASE_NO_PIECE)
    piece = on_table(case) or case.pieces[-1]
    if piece.entry:
        piece.entry = piece.entry[:-1]
    elif not piece.verdict:
        case.pieces.remove(piece)
        session.delete(piece)
    else:
        refusal = _unbook(session, case, piece, who=who, now=now)
        if refusal is not None:
            return refusal
    case.version += 1
    notice(session, cases.TOPIC)
    return piece


def _unbook(
    session: Session, case: Case, piece: CasePiece, *, who: str, now: datetime
) -> Refusal | None:
    if piece.verdict in _BOOKED and not stock.go_again(
        session, piece.sku_id, parcel_id=case.parcel_id, waybill_no=case.waybill_no,
        defective=piece.verdict == PieceVerdict.DEFECTIVE, who=who, now=now,
    ):
        return Refusal(Code.CASE_PIECE_SOLD, named(piece))
    record(session, cases.subject(case.id), "case_piece_undone",
           {"piece": piece.id, "sku": piece.sku.code, "verdict": piece.verdict}, now=now, who=who)
    piece.verdict, piece.waist_mm = "", None
    return None


def finish(
    session: Session, case_id: int, rules: Rules, *, unsigned: str = "", who: str, now: datetime
) -> Case | Refusal:
    """Every piece was looked at. Damage by the carrier needs his signature, or a reason (S22).

    A claim that the carrier has not answered goes on, with the day he promised.
    """
    case = cases.locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    refusal = _unfinished(session, case, unsigned)
    if refusal is None:
        facts: dict[str, str | int] = {"pieces": len(case.pieces), "reason": unsigned[:200]}
        refusal = cases.step(
            session, case, CaseMove.INSPECT, rules, who=who, facts=facts, now=now)
    if refusal is not None:
        return refusal
    _hint_refund(session, case, now=now)
    if case.claimed_at is not None:
        asked_on = case.claimed_at
        cases.step(session, case, CaseMove.CLAIM, rules, who=who,
                   facts={"claimed_fen": case.claimed_fen, "ticket": case.ticket}, now=now)
        terms = cases.terms_of(rules, case.carrier)
        case.deadline = asked_on + timedelta(days=terms.answer_days)
    return case


def _unfinished(session: Session, case: Case, unsigned: str) -> Refusal | None:
    waiting = on_table(case)
    if waiting is not None:
        return Refusal(Code.CASE_PIECE_PENDING, named(waiting))
    if case.state == CaseState.INSPECTING and not case.pieces:
        return Refusal(Code.CASE_NO_PIECE)
    if case.kind != CaseKind.CARRIER_DAMAGE or unsigned.strip():
        return None
    return None if cases.is_signed(session, case.id) else Refusal(Code.CASE_NO_SIGNATURE)


def _hint_refund(session: Session, case: Case, *, now: datetime) -> None:
    """Tell customer service what the buyer is owed now, and for which pieces."""
    if CaseKind(case.kind) not in _REFUNDING:
        return
    counts = {verdict: sum(piece.verdict == verdict for piece in case.pieces)
              for verdict in PieceVerdict}
    facts: dict[str, str | int] = {
        "waybill_no": case.waybill_no, "case": case.id, "refund_fen": refundable(case),
        **{str(verdict): count for verdict, count in counts.items()},
    }
    raise_alarm(session, "refund_due", cases.subject(case.id), facts, now=now)


def refundable(case: Case) -> Fen:
    """What the buyer paid for the pieces that came back as they left (the defective ones too)."""
    prices: dict[int, list[Fen]] = {}
    for line in case.parcel.lines:
        if line.sku_id is not None and line.order_line is not None:
            prices.setdefault(line.sku_id, []).extend([line.order_line.price_fen] * line.quantity)
    total = 0
    for piece in case.pieces:
        if piece.verdict in _BOOKED and prices.get(piece.sku_id):
            total += prices[piece.sku_id].pop()
    return total


def named(piece: CasePiece) -> dict[str, str | int]:
    """The piece's article as facts for a sentence."""
    sku = piece.sku
    return {"item_no": sku.item_no, "color": sku.color, "size": sku.size}
