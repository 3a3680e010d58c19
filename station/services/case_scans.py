"""The desk of returns and claims by scanning alone: one code in, one answer out.

At the list a parcel's or a returning parcel's number opens its case; a kind's barcode opens one.
Inside a case goods are scanned and judged by command barcodes, digits are a waist, DONE ends the
inspection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import Case, CasePiece
from station.domain.cases import CaseKind, PieceVerdict
from station.domain.commands import (
    BADGE_PREFIX,
    PACKAGING_PREFIX,
    REASON_PREFIX,
    Command,
    case_kind_of,
    command_of,
    is_private,
)
from station.domain.record_codes import record_of
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Message
from station.services import case_desk, cases, returns, slips
from station.services.rules import Rules

_VERDICTS = {
    Command.GOOD: PieceVerdict.GOOD, Command.DEFECT: PieceVerdict.DEFECTIVE,
    Command.WRONG: PieceVerdict.WRONG,
}


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a scan: what is said, and where to go on (a case, a parcel)."""

    words: Message | Refusal
    case_id: int | None = None
    parcel_id: int | None = None
    order_no: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the scanner points: a case, a parcel without one, or the list; and who holds it."""

    case_id: int | None = None
    parcel_id: int | None = None
    order_no: str = ""
    who: str = ""


def scan(session: Session, code: str, place: Place, rules: Rules, *, now: datetime) -> Said:
    """Answer one barcode."""
    code = code.strip()
    if is_private(code):
        return _private(session, code, place, rules, now=now)
    found = case_desk.find(session, (record_of(code) or code).removeprefix("stub:"))
    if found is not None:
        return _go_to(session, found)
    if place.case_id is not None:
        return _piece(session, code, place, rules, now=now)
    return Said(Refusal(Code.CASE_NO_PARCEL, {"code": code[:64]}))


def _private(
    session: Session, code: str, place: Place, rules: Rules, *, now: datetime
) -> Said:
    kind, command = case_kind_of(code), command_of(code)
    if kind is not None:
        return _open(session, kind, place, rules, now=now)
    if command is not None:
        return _command(session, command, place, rules, now=now)
    known = code.startswith((BADGE_PREFIX, PACKAGING_PREFIX, REASON_PREFIX))
    why = Code.BENCH_NOT_NOW if known else Code.BENCH_UNKNOWN_COMMAND
    return Said(Refusal(why, {"code": code[:64]}))


def _go_to(session: Session, found: case_desk.Found) -> Said:
    if found.case_id is None:
        return Said(Message("case_said.choose"), parcel_id=found.parcel_id,
                    order_no=found.order_no)
    case = session.get_one(Case, found.case_id)
    facts: dict[str, str | int] = {
        "case": case.id, "case_kind": case.kind, "case_state": case.state}
    return Said(Message("case_said.found", facts), case_id=case.id)


def _open(
    session: Session, kind: CaseKind, place: Place, rules: Rules, *, now: datetime
) -> Said:
    """A kind's barcode opens a case of the parcel that lies here."""
    parcel_id = place.parcel_id
    if parcel_id is None and place.case_id is not None:
        parcel_id = session.get_one(Case, place.case_id).parcel_id
    if parcel_id is None:
        return Said(Refusal(Code.CASE_NO_PARCEL))
    case = cases.begin(session, parcel_id, kind, rules, who=place.who, order_no=place.order_no,
                       now=now)
    if isinstance(case, Refusal):
        return Said(case)
    return Said(
        Message("case_said.found", {
            "case": case.id, "case_kind": case.kind, "case_state": case.state}), case_id=case.id)


def _command(
    session: Session, command: Command, place: Place, rules: Rules, *, now: datetime
) -> Said:
    case_id, who = place.case_id, place.who
    if case_id is None:
        return Said(Refusal(Code.BENCH_NOT_NOW))
    if command is Command.DONE:
        return _done(session, case_id, rules, who=who, now=now)
    if command is Command.SLIP:
        asked = slips.request(session, f"case:{case_id}", who=who, now=now)
        return Said(asked if isinstance(asked, Refusal) else Message("case_said.slip"))
    if command is Command.UNDO:
        return _told(returns.undo(session, case_id, who=who, now=now), "case_said.undone")
    return _verdict_or_digit(session, case_id, command, who=who, now=now)


def _verdict_or_digit(
    session: Session, case_id: int, command: Command, *, who: str, now: datetime
) -> Said:
    if command in _VERDICTS:
        piece = returns.judge(session, case_id, _VERDICTS[command], who=who, now=now)
        return _told(piece, "case_said.judged")
    if command.value.isdigit():
        return _told(returns.digit(session, case_id, int(command.value)), "case_said.entry")
    return Said(Refusal(Code.BENCH_NOT_NOW))


def _done(session: Session, case_id: int, rules: Rules, *, who: str, now: datetime) -> Said:
    """The digits are complete, or else the inspection is."""
    case = cases.locked(session, case_id)
    waiting = returns.on_table(case) if case is not None else None
    if waiting is not None and waiting.entry:
        return _told(returns.measure(session, case_id), "case_said.measured")
    ended = returns.finish(session, case_id, rules, who=who, now=now)
    if isinstance(ended, Refusal):
        return Said(ended)
    return Said(Message("case_said.inspected", {"count": len(ended.pieces)}))


def _piece(
    session: Session, code: str, place: Place, rules: Rules, *, now: datetime
) -> Said:
    """Anything else is a piece that came back."""
    found = returns.scan_piece(
        session, place.case_id or 0, code, rules, who=place.who, now=now)
    if isinstance(found, Refusal):
        return Said(found)
    if found.doubt is not None:
        return Said(found.doubt)
    measured = found.piece.sku.measure_waist
    word = "case_said.piece_measure" if measured else "case_said.piece"
    return Said(Message(word, returns.named(found.piece)))


def _told(piece: CasePiece | Refusal, word: str) -> Said:
    if isinstance(piece, Refusal):
        return Said(piece)
    facts = {**returns.named(piece), "verdict": piece.verdict, "entry": piece.entry}
    if piece.waist_mm is not None:
        facts["measured_mm"] = piece.waist_mm
    return Said(Message(word, facts))
