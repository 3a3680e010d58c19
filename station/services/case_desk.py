"""What the pages of cases show: the list by deadline, a parcel's cases, one case with everything.

Read models only. A name is shown with its first character alone; the case's page shows prices,
because whoever settles a case needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from station.db.models import Case, Parcel, Signature, Sku
from station.domain.cases import (
    BY_CARRIER,
    FLAGS,
    CaseKind,
    CaseMove,
    CaseState,
    moves_of,
    owes,
)
from station.domain.deadlines import Urgency, urgency
from station.services import dossier, photographs, returns
from station.services.dossier import Happened, SignatureView, signature_view
from station.services.photographs import PhotographView
from station.services.screens import goods, receiver
from station.services.sight import masked

NEAR = timedelta(days=1)
SHOWN = ("open", "overdue", "carrier", "shop", "closed")
"""The list's tabs: all open ones, those overdue, those where the carrier or the shop is next."""

_LIMIT = 300


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of the list."""

    id: int
    kind: str
    state: str
    carrier: str
    waybill_no: str
    owes: str
    deadline: datetime | None
    urgency: str
    claimed_fen: int
    paid_fen: int
    place: str
    note: str
    goods: str
    flag: int


@dataclass(frozen=True, slots=True)
class Board:
    """One tab of the list, the soonest first, with the counts of all."""

    tab: str
    counts: Mapping[str, int]
    rows: tuple[CaseRow, ...]


def board(session: Session, *, tab: str, now: datetime) -> Board:
    """The cases of a tab; an unknown tab is "open"."""
    tab = tab if tab in SHOWN else "open"
    counts = {name: session.scalar(select(func.count(Case.id)).where(_in_tab(name, now))) or 0
              for name in SHOWN}
    order = Case.deadline if tab != "closed" else Case.closed_at.desc()
    found = session.scalars(
        select(Case).where(_in_tab(tab, now)).order_by(order, Case.id).limit(_LIMIT)
        .options(selectinload(Case.parcel).selectinload(Parcel.lines))
    )
    return Board(tab, counts, tuple(_row(case, now) for case in found))


_CARRIER_IS_NEXT = (CaseState.CLAIMED, CaseState.PROMISED)


def _in_tab(tab: str, now: datetime) -> ColumnElement[bool]:
    opened = Case.closed_at.is_(None)
    brings = Case.kind.in_([str(kind) for kind in BY_CARRIER])
    coming = Case.state == str(CaseState.COMING)
    carrier = Case.state.in_([str(state) for state in _CARRIER_IS_NEXT]) | (coming & brings)
    others = coming | (Case.state == str(CaseState.AT_SUPPLIER))
    conditions: dict[str, ColumnElement[bool]] = {
        "open": opened,
        "overdue": opened & (Case.deadline <= now),
        "carrier": opened & carrier,
        "shop": opened & ~carrier & ~others,
        "closed": ~opened,
    }
    return conditions[tab]


def _row(case: Case, now: datetime) -> CaseRow:
    kind, state = CaseKind(case.kind), CaseState(case.state)
    word = urgency(case.deadline, now, NEAR) if case.deadline is not None else Urgency.OK
    return CaseRow(
        case.id, case.kind, case.state, case.carrier, case.waybill_no, str(owes(kind, state)),
        case.deadline, str(word), case.claimed_fen, case.paid_fen, case.place,
        masked(case.parcel, case.note),
        "；".join(goods(line) for line in case.parcel.lines if line.quantity),
        int(FLAGS.get(kind, 0)),
    )


# --- Finding by a scan ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What a number stands for: a parcel, and the case to go on with, None where it is not clear.

    ``order_no`` is the number itself where it was an order's.
    """

    parcel_id: int
    case_id: int | None
    order_no: str = ""


def find(session: Session, number: str) -> Found | None:
    """A waybill number (void ones too), a returning parcel's number, an order's number."""
    number = number.strip()
    coming = session.scalar(
        select(Case).where(Case.return_no == number, Case.return_no != "")
        .order_by(Case.closed_at.is_not(None), Case.id.desc()).limit(1)
    )
    if coming is not None:
        return Found(coming.parcel_id, coming.id)
    parcel = dossier.find(session, number)
    if parcel is None:
        return None
    is_order = any(order.order_no == number for order in parcel.orders)
    under_way = session.scalars(
        select(Case.id).where(Case.parcel_id == parcel.id, Case.closed_at.is_(None))
    ).all()
    case_id = under_way[0] if len(under_way) == 1 else None
    return Found(parcel.id, case_id, number if is_order else "")


def case_ids(session: Session, parcel_id: int) -> list[int]:
    """Every case of the parcel, the oldest first."""
    query = select(Case.id).where(Case.parcel_id == parcel_id).order_by(Case.id)
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class ParcelCases:
    """A parcel at the desk: what it holds, and its cases, open ones first."""

    id: int
    waybill_no: str
    carrier: str
    state: str
    receiver: str
    goods: tuple[str, ...]
    orders: tuple[str, ...]
    packer: str
    handed_over_at: datetime | None
    cases: tuple[CaseRow, ...]


def parcel_cases(session: Session, parcel_id: int, *, now: datetime) -> ParcelCases | None:
    """The parcel with every case that it ever had."""
    parcel = session.get(Parcel, parcel_id)
    if parcel is None:
        return None
    rows = session.scalars(
        select(Case).where(Case.parcel_id == parcel_id)
        .order_by(Case.closed_at.is_not(None), Case.id)
    )
    return ParcelCases(
        parcel.id, parcel.waybill_no or "", parcel.carrier, parcel.state, receiver(parcel),
        tuple(goods(line) for line in parcel.lines if line.quantity),
        tuple(order.order_no for order in parcel.orders), parcel.packer, parcel.handed_over_at,
        tuple(_row(case, now) for case in rows),
    )


# --- One case -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the parcel: how many left, and how many were booked in again."""

    code: str
    item_no: str
    color: str
    size: str
    left: int
    back: int
    measure: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece that came back; ``verdict`` "" while it lies on the table."""

    item_no: str
    color: str
    size: str
    verdict: str
    entry: str
    waist_mm: int | None
    measure: bool
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The replacement parcel."""

    waybill_no: str
    carrier: str
    state: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything about one case."""

    row: CaseRow
    parcel: ParcelCases
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    courier: str
    packer: str
    return_no: str
    ticket: str
    promised_fen: int | None
    moves: tuple[CaseMove, ...]
    articles: tuple[Article, ...]
    pieces: tuple[Piece, ...]
    payments: tuple[tuple[int, str, str, datetime], ...]
    signatures: tuple[SignatureView, ...]
    replacement: Sent | None
    refund_fen: int
    photographs: tuple[PhotographView, ...]
    steps: tuple[Happened, ...]

    @property
    def on_table(self) -> Piece | None:
        """The piece that waits for its verdict."""
        return next((piece for piece in self.pieces if not piece.verdict), None)

    @property
    def may_sign(self) -> bool:
        """Whether a courier can sign for what he brought."""
        return self.closed_at is None and CaseKind(self.row.kind) in BY_CARRIER

    @property
    def may_inspect(self) -> bool:
        """Whether pieces can be scanned."""
        return self.row.state == CaseState.INSPECTING or CaseMove.ARRIVE in self.moves


def case_view(session: Session, case_id: int, *, now: datetime) -> CaseView | None:
    """The case's page."""
    case = session.get(Case, case_id)
    parcel = parcel_cases(session, case.parcel_id, now=now) if case is not None else None
    if case is None or parcel is None:
        return None
    signed = session.scalars(
        select(Signature).where(Signature.case_id == case_id).order_by(Signature.id))
    sent = case.replacement
    return CaseView(
        row=_row(case, now), parcel=parcel, opened_at=case.opened_at, opened_by=case.opened_by,
        closed_at=case.closed_at, courier=case.courier, packer=case.packer,
        return_no=case.return_no, ticket=case.ticket, promised_fen=case.promised_fen,
        moves=moves_of(CaseKind(case.kind), CaseState(case.state)),
        articles=_articles(session, case), pieces=tuple(_piece(case)),
        payments=tuple((row.fen, row.how, row.who, row.at) for row in case.payments),
        signatures=tuple(signature_view(row) for row in signed),
        replacement=Sent(sent.waybill_no or "", sent.carrier, sent.state) if sent else None,
        refund_fen=returns.refundable(case),
        photographs=photographs.of_parcel(session, case.parcel_id),
        steps=dossier.steps_of(session, case_id),
    )


def _articles(session: Session, case: Case) -> tuple[Article, ...]:
    left = returns.shipped(session, case.parcel_id)
    back = returns.came_back(session, case.parcel_id)
    skus = session.scalars(select(Sku).where(Sku.id.in_(left)).order_by(Sku.code))
    return tuple(
        Article(sku.code, sku.item_no, sku.color, sku.size, left[sku.id], back.get(sku.id, 0),
                sku.measure_waist)
        for sku in skus
    )


def _piece(case: Case) -> list[Piece]:
    return [
        Piece(row.sku.item_no, row.sku.color, row.sku.size, row.verdict, row.entry, row.waist_mm,
              row.sku.measure_waist, row.who, row.at)
        for row in case.pieces
    ]
