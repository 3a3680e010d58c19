"""售后: cases of parcels that were handed over, opened once and taken from step to step.

One model for all: lost, damaged, unreachable, returned, exchanged, called back, short, wrong (D8,
D9, S21, S22). A case of a kind that is open already goes on instead of being opened twice. Every
step is a row of the history's chain ``case:<id>`` with who and when; the states are the table in
domain/cases.py. The pieces that come back are services/returns.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Case, CasePayment, Handover, Parcel, ShopOrder, Signature, Stub
from station.db.session import notice
from station.domain.cases import (
    BY_CARRIER,
    ENDED,
    FLAGS,
    CaseKind,
    CaseMove,
    CaseState,
    ClaimTerms,
    after,
    due,
    may,
    trouble_of,
)
from station.domain.parcel import ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.statements import Trouble
from station.domain.vocabulary import Fen
from station.services import photographs
from station.services.alarms import close_alarm
from station.services.history import canonical, record
from station.services.memos import write_memo
from station.services.rules import Rules

TOPIC = "cases"
"""The notice that a case changed."""
DUE = "case_due"
"""The alarm of a case whose next step is overdue."""
MOST_FEN = 100_000_00
"""More than this is a slip of the finger."""

_ASKED_TOGETHER = 500
_WORDS = {CaseKind.RETURN: "退货登记", CaseKind.EXCHANGE: "换货登记"}
_PLACES = {
    CaseKind.LOST: "claim", CaseKind.CARRIER_DAMAGE: "claim", CaseKind.SHORT: "claim",
    CaseKind.UNREACHABLE: "unreachable",
}
"""The box in which the stub lies apart (D8, D9)."""

Strokes = Sequence[Sequence[Sequence[int]]]


def subject(case_id: int) -> str:
    """The case's name in history and alarms."""
    return f"case:{case_id}"


def locked(session: Session, case_id: int) -> Case | None:
    """The case, its parcel and its row locked in that order and read anew; None if unknown."""
    parcel_id = session.scalar(select(Case.parcel_id).where(Case.id == case_id))
    if parcel_id is None:
        return None
    _locked_parcel(session, parcel_id)
    return session.scalar(
        select(Case).where(Case.id == case_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def _locked_parcel(session: Session, parcel_id: int) -> Parcel | None:
    return session.scalar(
        select(Parcel).where(Parcel.id == parcel_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )


# --- Opening --------------------------------------------------------------------------------------


def begin(
    session: Session, parcel_id: int, kind: CaseKind, rules: Rules, *, who: str, note: str = "",
    return_no: str = "", order_no: str = "", now: datetime,
) -> Case | Refusal:
    """Open a case of a parcel that left, or go on with the open one of this kind.

    A return or an exchange shows on the platform: its flag on the order that was named, or on all
    of the parcel's.
    """
    parcel = _locked_parcel(session, parcel_id)
    if parcel is None:
        return Refusal(Code.CASE_NO_PARCEL)
    if parcel.state != ParcelState.HANDED_OVER:
        return Refusal(Code.CASE_NOT_GONE, {"waybill_no": parcel.waybill_no or ""})
    case = open_case(
        session, parcel, kind, who=who, note=note, terms=terms_of(rules, parcel.carrier), now=now)
    if return_no and not case.return_no:
        case.return_no = return_no[:40]
        case.version += 1
    if kind in FLAGS:
        named = [order for order in parcel.orders if order.order_no == order_no]
        _show_flag(session, parcel, kind, named or parcel.orders, rules, now=now)
    return case


def open_case(
    session: Session, parcel: Parcel, kind: CaseKind, *, who: str = "", note: str = "",
    terms: ClaimTerms | None = None, now: datetime,
) -> Case:
    """The parcel's open case of this kind, opened now if there is none; the parcel is locked."""
    found = session.scalar(
        select(Case).where(
            Case.parcel_id == parcel.id, Case.kind == str(kind), Case.closed_at.is_(None))
    )
    if found is not None:
        return found
    case = Case(
        kind=str(kind), state=str(CaseState.OPEN), version=1, parcel_id=parcel.id,
        carrier=parcel.carrier, waybill_no=parcel.waybill_no or "", return_no="",
        courier=_courier_of(session, parcel.id), packer=parcel.packer,
        place=_PLACES.get(kind, ""), note=note[:200], ticket="", claimed_fen=0, paid_fen=0,
        opened_at=now, opened_by=who,
        deadline=due(kind, CaseState.OPEN, since=now, gone_at=parcel.handed_over_at,
                     terms=terms or ClaimTerms()),
    )
    session.add(case)
    session.flush()
    facts = {"case": case.id, "case_kind": str(kind), "waybill_no": case.waybill_no}
    record(session, subject(case.id), "case_opened", facts, now=now, who=who)
    record(session, f"parcel:{parcel.id}", "case_opened", facts, now=now, who=who)
    photographs.hold(session, parcel.id, subject(case.id))
    notice(session, TOPIC)
    return case


def _courier_of(session: Session, parcel_id: int) -> str:
    """The courier who signed for the parcel."""
    name = session.scalar(
        select(Handover.courier).join(Stub, Stub.handover_id == Handover.id)
        .where(Stub.parcel_id == parcel_id)
    )
    return name or ""


def _show_flag(
    session: Session, parcel: Parcel, kind: CaseKind, orders: Iterable[ShopOrder], rules: Rules, *,
    now: datetime,
) -> None:
    flag = FLAGS[kind]
    write_memo(session, orders, _WORDS[kind], rules, flag=flag, now=now)
    parcel.flag = int(flag)


def terms_of(rules: Rules, carrier: str) -> ClaimTerms:
    """What this carrier promised about complaints and lost parcels."""
    return rules.claim_terms.get(carrier, ClaimTerms())


# --- From step to step ----------------------------------------------------------------------------


def step(
    session: Session, case: Case, move: CaseMove, rules: Rules, *, who: str, now: datetime,
    facts: Mapping[str, str | int] | None = None,
) -> Refusal | None:
    """Make one move of the table with a locked case; refused where the table has none."""
    kind, state = CaseKind(case.kind), CaseState(case.state)
    if not may(kind, state, move):
        return Refusal(
            Code.CASE_NOT_NOW,
            {"case_kind": case.kind, "case_state": case.state, "case_move": str(move)})
    case.state = str(after(kind, state, move))
    reached = CaseState(case.state)
    case.version += 1
    case.closed_at = now if reached in ENDED else None
    case.deadline = due(
        kind, reached, since=now, gone_at=case.parcel.handed_over_at,
        terms=terms_of(rules, case.carrier))
    record(session, subject(case.id), f"case_{move}", facts or {}, now=now, who=who)
    close_alarm(session, DUE, subject(case.id), now=now)
    _keep_pictures(session, case)
    notice(session, TOPIC)
    return None


def _keep_pictures(session: Session, case: Case) -> None:
    """The parcel's pictures stay as long as any of its cases is open."""
    if case.closed_at is None:
        photographs.hold(session, case.parcel_id, subject(case.id))
        return
    photographs.release(session, case.parcel_id, subject(case.id))
    other = session.scalar(
        select(Case.id).where(
            Case.parcel_id == case.parcel_id, Case.id != case.id, Case.closed_at.is_(None))
        .order_by(Case.id).limit(1)
    )
    if other is not None:
        photographs.hold(session, case.parcel_id, subject(other))


def _stepped(
    session: Session, case_id: int, move: CaseMove, rules: Rules, *, who: str, now: datetime,
    facts: Mapping[str, str | int] | None = None,
) -> Case | Refusal:
    case = locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    return step(session, case, move, rules, who=who, facts=facts, now=now) or case


def expect(
    session: Session, case_id: int, rules: Rules, *, return_no: str = "", who: str, now: datetime
) -> Case | Refusal:
    """The goods come back, by the parcel of this number where it is known."""
    case = _stepped(session, case_id, CaseMove.EXPECT, rules, who=who,
                    facts={"return_no": return_no[:40]}, now=now)
    if isinstance(case, Case) and return_no:
        case.return_no = return_no[:40]
    return case


def claim(
    session: Session, case_id: int, rules: Rules, *, fen: Fen, ticket: str = "", who: str,
    now: datetime,
) -> Case | Refusal:
    """Ask the carrier for money; the days of his promise to answer run from now (D8)."""
    if not 0 < fen <= MOST_FEN:
        return Refusal(Code.CASE_AMOUNT)
    case = _stepped(session, case_id, CaseMove.CLAIM, rules, who=who,
                    facts={"claimed_fen": fen, "ticket": ticket[:64]}, now=now)
    if isinstance(case, Case):
        case.claimed_fen, case.claimed_at = fen, now
        case.ticket = ticket[:64] or case.ticket
    return case


def answer(
    session: Session, case_id: int, rules: Rules, *, fen: Fen, who: str, now: datetime
) -> Case | Refusal:
    """The carrier agreed to pay this much."""
    if not 0 < fen <= MOST_FEN:
        return Refusal(Code.CASE_AMOUNT)
    case = _stepped(session, case_id, CaseMove.ANSWER, rules, who=who,
                    facts={"promised_fen": fen}, now=now)
    if isinstance(case, Case):
        case.promised_fen = fen
        _close_if_paid(session, case, rules, who=who, now=now)
    return case


def pay(
    session: Session, case_id: int, rules: Rules, *, fen: Fen, how: str = "", who: str,
    now: datetime,
) -> Case | Refusal:
    """Money arrived, one of several payments maybe; the case ends when all of it is there."""
    if not 0 < fen <= MOST_FEN:
        return Refusal(Code.CASE_AMOUNT)
    case = locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    if not case.claimed_fen:
        return Refusal(Code.CASE_NOT_CLAIMED)
    case.payments.append(CasePayment(fen=fen, how=how[:64], who=who, at=now))
    case.paid_fen += fen
    case.version += 1
    record(session, subject(case.id), "case_payment",
           {"paid_fen": fen, "sum_fen": case.paid_fen, "how": how[:64]}, now=now, who=who)
    notice(session, TOPIC)
    _close_if_paid(session, case, rules, who=who, now=now)
    return case


def _close_if_paid(
    session: Session, case: Case, rules: Rules, *, who: str, now: datetime
) -> None:
    asked = case.promised_fen if case.promised_fen is not None else case.claimed_fen
    if case.paid_fen >= asked and may(CaseKind(case.kind), CaseState(case.state), CaseMove.PAID):
        step(session, case, CaseMove.PAID, rules, who=who, now=now)


def go_on(
    session: Session, case_id: int, move: CaseMove, rules: Rules, *, who: str, reason: str = "",
    now: datetime,
) -> Case | Refusal:
    """A step that needs no more than a person's word: refuse, settle, withdraw, send back, reopen.

    A case is not opened again while another one of its kind is open.
    """
    case = locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    if move is CaseMove.REOPEN and _another_open(session, case):
        return Refusal(Code.CASE_ANOTHER_OPEN, {"case_kind": case.kind})
    if move not in _BY_WORD:
        return Refusal(Code.CASE_NOT_NOW, {
            "case_kind": case.kind, "case_state": case.state, "case_move": str(move)})
    return step(session, case, move, rules, who=who, facts={"reason": reason[:200]},
                now=now) or case


_BY_WORD = frozenset({
    CaseMove.REFUSE, CaseMove.SETTLE, CaseMove.WITHDRAW, CaseMove.SEND_BACK, CaseMove.REOPEN,
    CaseMove.EXPECT,
})


def _another_open(session: Session, case: Case) -> bool:
    other = select(Case.id).where(
        Case.parcel_id == case.parcel_id, Case.kind == case.kind, Case.closed_at.is_(None))
    return session.scalar(other.limit(1)) is not None


def sign_damage(
    session: Session, case_id: int, *, courier: str, strokes: Strokes, who: str, now: datetime
) -> Case | Refusal:
    """The courier signs on receipt that the parcel is damaged (S22); bound to what he saw."""
    case = locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    if case.closed_at is not None or case.kind not in {str(kind) for kind in BY_CARRIER}:
        return Refusal(Code.CASE_NOT_NOW, {
            "case_kind": case.kind, "case_state": case.state, "case_move": "sign"})
    if not courier.strip() or not any(strokes):
        return Refusal(Code.CASE_NO_SIGNATURE)
    case.courier = courier.strip()[:64]
    case.version += 1
    seen = canonical({
        "case": case.id, "kind": case.kind, "waybill_no": case.waybill_no,
        "return_no": case.return_no, "note": case.note, "courier": case.courier,
        "pieces": [[piece.sku_id, piece.verdict] for piece in case.pieces],
    })
    digest = sha256(seen.encode()).hexdigest()
    session.add(Signature(
        case_id=case.id, role="courier", who=case.courier, how="drawn",
        strokes=[[list(point) for point in stroke] for stroke in strokes],
        signed_hash=digest, at=now,
    ))
    record(session, subject(case.id), "case_signed", {"signed": digest}, now=now, who=who)
    notice(session, TOPIC)
    return case


def is_signed(session: Session, case_id: int) -> bool:
    """Whether a courier signed for the damage."""
    signed = select(Signature.id).where(Signature.case_id == case_id)
    return session.scalar(signed.limit(1)) is not None


# --- What others ask of cases ---------------------------------------------------------------------


def cases_for_bill(session: Session, numbers: Sequence[str]) -> dict[str, Trouble]:
    """What the carrier may not bill in full, by waybill number (D9, D12): lost, damaged, …

    Open or settled, a case counts; one that was withdrawn does not. Of several the weightiest.
    """
    found: dict[str, Trouble] = {}
    for start in range(0, len(numbers), _ASKED_TOGETHER):
        rows = session.execute(
            select(Case.waybill_no, Case.kind, Case.arrived_at)
            .where(Case.waybill_no.in_(numbers[start : start + _ASKED_TOGETHER]),
                   Case.state != str(CaseState.WITHDRAWN))
        )
        for number, kind, arrived_at in rows:
            trouble = trouble_of(CaseKind(kind), back=arrived_at is not None)
            if trouble and _weight(trouble) < _weight(found.get(number, "")):
                found[number] = trouble
    return found


_WEIGHTIEST: tuple[Trouble, ...] = ("lost", "damaged", "unreachable", "returned", "")


def _weight(trouble: Trouble) -> int:
    return _WEIGHTIEST.index(trouble)
