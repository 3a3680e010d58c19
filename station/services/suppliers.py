"""退换清单: defective goods go to their supplier and come back exchanged (I2, P7).

Goods leave the defect shelf, or the good one, at the moment they are listed, and stand on the
supplier's account until each piece is exchanged, paid for or refused; they are never available
meanwhile. Every step is a row of the chain ``supplier:<id>``, every piece a move of the stock's
ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from station.db.models import Case, Sku, SupplierLine, SupplierList
from station.db.session import notice
from station.domain.cases import CaseMove, CaseState
from station.domain.refusals import Code, Refusal
from station.domain.supplier_lists import MOVES, OPEN, CameBack, ListMove, ListState, may
from station.domain.vocabulary import Fen
from station.domain.waists import LARGEST_MM, SMALLEST_MM
from station.services import cases, stock
from station.services.history import record
from station.services.rules import Rules

TOPIC = "suppliers"
MOST_PIECES = 999
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Account:
    """What one supplier still has to exchange, since when, and the money that it gave."""

    supplier: str
    pieces: int
    since: datetime
    credited_fen: Fen


def subject(list_id: int) -> str:
    """A list's name in the history."""
    return f"supplier:{list_id}"


# --- The steps, each one transaction --------------------------------------------------------------


def make(
    session: Session, supplier: str, wanted: Mapping[str, int], rules: Rules, *, reason: str = "",
    from_shelf: bool = False, case_id: int | None = None, who: str, now: datetime,
) -> SupplierList | Refusal:
    """List pieces by SKU code; they leave the defect shelf (or the good one) with it, or nothing.

    A return that waits for its supplier is taken along (``case_id``), and ends with the list.
    """
    name = supplier.strip()[:64]
    if not name or not wanted:
        return Refusal(Code.SUPPLIER_NOTHING)
    found = {sku.code: sku for sku in session.scalars(select(Sku).where(Sku.code.in_(wanted)))}
    refusal = _not_listable(session, found, wanted, from_shelf=from_shelf) or _along(
        session, case_id, rules, who=who, now=now)
    if refusal is not None:
        return refusal
    made = SupplierList(
        supplier=name, state=str(ListState.LISTED), version=1, case_id=case_id, listed_at=now,
        listed_by=who, handed_to="",
    )
    for code, pieces in sorted(wanted.items()):
        made.lines.append(SupplierLine(
            sku=found[code], quantity=pieces, reason=reason.strip()[:200], exchanged=0, credited=0,
            refused=0, credited_fen=0))
    session.add(made)
    session.flush()
    for line in made.lines:
        stock.to_supplier(session, line.sku_id, line.quantity, from_shelf=from_shelf,
                          who=who, note=subject(made.id), now=now)
    facts = {"list": made.id, "pieces": sum(wanted.values()), "case": case_id or 0}
    record(session, subject(made.id), "supplier_listed", facts, now=now, who=who)
    notice(session, TOPIC)
    return made


def _not_listable(
    session: Session, found: Mapping[str, Sku], wanted: Mapping[str, int], *, from_shelf: bool
) -> Refusal | None:
    unknown = next((code for code in wanted if code not in found), None)
    if unknown is not None:
        return Refusal(Code.ITEM_UNKNOWN, {"code": unknown[:64]})
    stock.locked(session, [sku.id for sku in found.values()])
    for code, pieces in wanted.items():
        there = found[code].available if from_shelf else found[code].defect
        if not 0 < pieces <= min(there, MOST_PIECES):
            return Refusal(
                Code.SUPPLIER_TOO_MANY, {"sku": code, "asked": pieces, "there": max(there, 0)})
    return None


def _along(
    session: Session, case_id: int | None, rules: Rules, *, who: str, now: datetime
) -> Refusal | None:
    """Take a return along: it waits for the supplier from now on."""
    if case_id is None:
        return None
    case = cases.locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    if case.state == CaseState.AT_SUPPLIER:
        return None
    return cases.step(session, case, CaseMove.SEND_BACK, rules, who=who, now=now)


def hand_over(
    session: Session, list_id: int, taker: str, *, who: str, now: datetime
) -> SupplierList | Refusal:
    """The goods and one copy of the list go with whoever takes them to the supplier."""
    found = _stepped(session, list_id, ListMove.HAND)
    if isinstance(found, Refusal):
        return found
    if not taker.strip():
        return Refusal(Code.SUPPLIER_NOTHING)
    _move(found, ListMove.HAND)
    found.handed_at, found.handed_to = now, taker.strip()[:64]
    record(session, subject(list_id), "supplier_handed", {"list": list_id}, now=now, who=who)
    notice(session, TOPIC)
    return found


def come_back(
    session: Session, line_id: int, back: CameBack, rules: Rules, *, who: str, now: datetime
) -> SupplierList | Refusal:
    """Some pieces of a line are settled; the list ends with its last piece (I2).

    New pieces go on the shelf, each of a measured category by its own waist (I6); refused ones lie
    with the defects again.
    """
    list_id = session.scalar(select(SupplierLine.list_id).where(SupplierLine.id == line_id))
    found = _stepped(session, list_id, ListMove.BACK)
    if isinstance(found, Refusal):
        return found
    line = next(line for line in found.lines if line.id == line_id)
    refusal = _not_back(line, back)
    if refusal is not None:
        return refusal
    line.exchanged += back.exchanged
    line.credited += back.credited
    line.refused += back.refused
    line.credited_fen += back.credited_fen
    _move(found, ListMove.BACK)
    stock.from_supplier(session, line.sku_id, good=back.exchanged, defective=back.refused,
                        who=who, note=subject(found.id), now=now)
    facts = {
        "sku": line.sku.code, "exchanged": back.exchanged, "credited": back.credited,
        "refused": back.refused, "credited_fen": back.credited_fen,
        "waists_mm": " ".join(map(str, back.waists_mm)),
    }
    record(session, subject(found.id), "supplier_back", facts, now=now, who=who)
    if not any(one.left for one in found.lines):
        _settle(session, found, rules, who=who, now=now)
    notice(session, TOPIC)
    return found


def _not_back(line: SupplierLine, back: CameBack) -> Refusal | None:
    facts: dict[str, str | int] = {"sku": line.sku.code, "asked": back.pieces, "there": line.left}
    if not back.is_sound or back.pieces > line.left or (
            line.credited_fen + back.credited_fen > cases.MOST_FEN):
        return Refusal(Code.SUPPLIER_TOO_MANY, facts)
    if not line.sku.measure_waist:
        return None
    sku = line.sku
    if len(back.waists_mm) != back.exchanged or any(
        not SMALLEST_MM <= waist <= LARGEST_MM for waist in back.waists_mm
    ):
        return Refusal(Code.MEASURE_NEEDED, {
            "item_no": sku.item_no, "color": sku.color, "size": sku.size})
    return None


def _settle(
    session: Session, found: SupplierList, rules: Rules, *, who: str, now: datetime
) -> None:
    """Every piece has its end: the list has, and the return that it was made for."""
    _move(found, ListMove.SETTLE)
    found.settled_at = now
    record(session, subject(found.id), "supplier_settled", {"list": found.id}, now=now, who=who)
    if found.case_id is None:
        return
    case = cases.locked(session, found.case_id)
    others = session.scalar(select(func.count()).select_from(SupplierList).where(
        SupplierList.case_id == found.case_id, SupplierList.id != found.id,
        SupplierList.state.in_([str(state) for state in OPEN])))
    if case is not None and case.state == CaseState.AT_SUPPLIER and not others:
        cases.step(session, case, CaseMove.SETTLE, rules, who=who,
                   facts={"list": found.id}, now=now)


def withdraw(
    session: Session, list_id: int, *, who: str, now: datetime
) -> SupplierList | Refusal:
    """The goods stay after all: all of them lie with the defects again."""
    found = _stepped(session, list_id, ListMove.WITHDRAW)
    if isinstance(found, Refusal):
        return found
    _move(found, ListMove.WITHDRAW)
    for line in found.lines:
        stock.from_supplier(session, line.sku_id, good=0, defective=line.quantity, who=who,
                            note=subject(list_id), now=now)
    record(session, subject(list_id), "supplier_withdrawn", {"list": list_id}, now=now, who=who)
    notice(session, TOPIC)
    return found


def _stepped(
    session: Session, list_id: int | None, move: ListMove
) -> SupplierList | Refusal:
    """The locked list, if the table has this move from where it is."""
    found = None if list_id is None else session.scalar(
        select(SupplierList).where(SupplierList.id == list_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True))
    if found is None or not may(ListState(found.state), move):
        return Refusal(Code.SUPPLIER_NOT_NOW, {"list_state": found.state if found else "none"})
    return found


def _move(found: SupplierList, move: ListMove) -> None:
    found.state = str(MOVES[move][1])
    found.version += 1


# --- What pages and papers show -------------------------------------------------------------------


def defective(session: Session) -> Sequence[Sku]:
    """The goods on the defect shelf."""
    return session.scalars(
        select(Sku).where(Sku.defect > 0).order_by(Sku.item_no, Sku.code).limit(_SHOWN)).all()


def lists(session: Session, supplier: str = "", *, ended: bool = False) -> Sequence[SupplierList]:
    """Open lists, the oldest first; or those that ended, the newest first."""
    query = select(SupplierList).options(
        selectinload(SupplierList.lines).joinedload(SupplierLine.sku)).limit(_SHOWN)
    states = [str(state) for state in OPEN]
    if ended:
        query = query.where(SupplierList.state.not_in(states)).order_by(SupplierList.id.desc())
    else:
        query = query.where(SupplierList.state.in_(states)).order_by(SupplierList.id)
    if supplier:
        query = query.where(SupplierList.supplier == supplier)
    return session.scalars(query).all()


def one(session: Session, list_id: int) -> SupplierList | None:
    """A list with its lines and goods."""
    return session.scalar(
        select(SupplierList).where(SupplierList.id == list_id)
        .options(selectinload(SupplierList.lines).joinedload(SupplierLine.sku)))


def accounts(session: Session) -> tuple[Account, ...]:
    """Every supplier with pieces still out, or money given: the separate account of I2 and P7."""
    found: dict[str, Account] = {}
    rows = session.scalars(
        select(SupplierList).where(SupplierList.state != str(ListState.WITHDRAWN))
        .options(selectinload(SupplierList.lines)).order_by(SupplierList.listed_at))
    for row in rows:
        left = sum(line.left for line in row.lines)
        given = sum(line.credited_fen for line in row.lines)
        before = found.get(row.supplier, Account(row.supplier, 0, row.listed_at, 0))
        found[row.supplier] = Account(
            row.supplier, before.pieces + left,
            before.since if before.pieces else row.listed_at, before.credited_fen + given)
    return tuple(one for one in found.values() if one.pieces or one.credited_fen)


def case_waits(session: Session, case_id: int) -> Case | None:
    """The return whose faulty pieces may go to their supplier."""
    case = session.get(Case, case_id)
    waits = {str(CaseState.INSPECTED), str(CaseState.AT_SUPPLIER)}
    return case if case is not None and case.state in waits else None
