"""What the hand-over and the stubs' pages show: ours against the courier's, line by line (D6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from station.db.models import (
    Courier,
    CourierFigure,
    Handover,
    HandoverLine,
    Parcel,
    Signature,
)
from station.domain.handover import AMBER
from station.domain.parcel import ParcelState
from station.domain.regions import place_path
from station.domain.tariffs import Charge, NoZone, Tariff, charge, near_edge, tariff_for
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.services import corrections, figures, van
from station.services.corrections import CorrectionView
from station.services.dossier import SignatureView, signature_view
from station.services.holds import open_holds
from station.services.rules import Rules
from station.services.tariffs import price_book
from station.services.van import Trouble

NEWEST = 12
"""Settled lines that a screen shows of a hand-over under way; its whole list is one touch away."""
MOST_DUE = 40
"""Lines and parcels that wait for a hand, shown at once."""

_DUE = ("scanned", "differs")


@dataclass(frozen=True, slots=True)
class LineView:
    """One parcel of a hand-over. ``*_step_g`` is the weight that is charged for, where known.

    ``edge`` says that our weight is so close to a step's edge that both sides may be right,
    ``volumetric`` that the parcel's size decides its price. ``corrections`` counts the figures
    that were replaced.
    """

    parcel_id: int
    waybill_no: str
    destination: str
    state: str
    ours_g: int | None
    ours_step_g: int | None
    our_fen: int | None
    theirs_g: int | None = None
    theirs_step_g: int | None = None
    their_fen: int | None = None
    finding: str = ""
    accepted_by: str = ""
    reason: str = ""
    edge: bool = False
    volumetric: bool = False
    corrections: int = 0

    @property
    def mood(self) -> str:
        """The line's colour and sign: good, warn, bad, or "" where nothing is said yet."""
        if self.state in ("agreed", "accepted"):
            return "good"
        if self.state == "differs" and self.finding in AMBER:
            return "warn"
        return "bad" if self.state in ("differs", "missing") else ""


@dataclass(frozen=True, slots=True)
class Desk:
    """One hand-over. ``absent`` are the parcels of the pile that nobody has scanned yet.

    Of a long pile a screen shows what waits for a hand and what was settled last; ``counts`` and
    ``waiting`` count all of it, by line state and of the pile, and ``whole`` says that no line is
    left out.
    """

    id: int
    number: str
    carrier: str
    state: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    courier: str
    lines: tuple[LineView, ...]
    absent: tuple[LineView, ...]
    couriers: tuple[str, ...] = ()
    signature: SignatureView | None = None
    counts: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    whole: bool = True
    troubles: tuple[Trouble, ...] = ()
    corrections: tuple[CorrectionView, ...] = ()

    @property
    def expected(self) -> int:
        """Parcels of the pile, scanned or not."""
        return self.count("scanned", "agreed", "differs", "accepted") + self.waiting

    def count(self, *states: str) -> int:
        """Lines in any of these states."""
        return sum(self.counts.get(state, 0) for state in states)

    def line(self, parcel_id: int | None) -> LineView | None:
        """The line to be filled in: the one asked for, else the newest that is not settled."""
        due = [line for line in self.lines if line.state in _DUE]
        asked = [line for line in self.lines if line.parcel_id == parcel_id]
        return next(iter(asked or due[::-1]), None)


def keeper(session: Session, handover_id: int) -> str | None:
    """Who opened a hand-over; None if there is none."""
    return session.scalar(select(Handover.opened_by).where(Handover.id == handover_id))


def desk(
    session: Session, handover_id: int, rules: Rules, *, whole: bool = False,
    picked: int | None = None, now: datetime,
) -> Desk | None:
    """The hand-over of this id; None if there is none. ``picked`` is a parcel shown in any case."""
    row = session.get(Handover, handover_id)
    if row is None:
        return None
    whole = whole or row.state != "open"
    shown = _Shown(price_book(session, rules.tariffs), now.astimezone(SHOP_ZONE).date())
    signed = session.scalar(
        select(Signature).where(Signature.handover_id == row.id, Signature.role == "courier")
    )
    counted = session.execute(
        select(HandoverLine.state, func.count()).where(HandoverLine.handover_id == row.id)
        .group_by(HandoverLine.state)
    )
    names = session.scalars(
        select(Courier.name).where(Courier.carrier == row.carrier, Courier.active)
        .order_by(Courier.name)
    )
    open_now = row.state == "open"
    counts = {line[0]: line[1] for line in counted}
    lines = _lines(session, row.id, picked, whole=whole)
    changed = _corrected(session, row.id, [line.parcel_id for line in lines])
    return Desk(
        row.id, row.number, row.carrier, row.state, row.opened_at, row.opened_by, row.closed_at,
        row.courier,
        tuple(shown.line(line, changed.get(line.parcel_id, 0)) for line in lines),
        tuple(shown.absent(parcel) for parcel in _absent(session, row, whole=whole)),
        tuple(names), signature_view(signed) if signed else None, counts,
        van.waiting(session, row) if open_now else 0,
        whole or len(lines) == sum(counts.values()),
        van.troubles(session, row) if open_now else (),
        () if open_now else corrections.of_handover(session, row.id),
    )


def _lines(
    session: Session, handover_id: int, picked: int | None, *, whole: bool
) -> list[HandoverLine]:
    """All lines, or of a pile under way those that are due, the newest and the one picked."""
    query = (
        select(HandoverLine).where(HandoverLine.handover_id == handover_id)
        .order_by(HandoverLine.id.desc())
        .options(joinedload(HandoverLine.parcel).joinedload(Parcel.packaging))
    )
    if whole:
        return list(session.scalars(query))[::-1]
    due = session.scalars(query.where(HandoverLine.state.in_(_DUE)).limit(MOST_DUE)).all()
    newest = session.scalars(query.limit(NEWEST)).all()
    asked = session.scalars(query.where(HandoverLine.parcel_id == picked)).all() if picked else ()
    found = {line.id: line for line in (*due, *newest, *asked)}
    return [found[key] for key in sorted(found)]


def _absent(session: Session, row: Handover, *, whole: bool) -> list[Parcel]:
    if row.state != "open":
        return []
    query = van.unscanned(row).options(joinedload(Parcel.packaging))
    return list(session.scalars(query if whole else query.limit(MOST_DUE)))


def _corrected(session: Session, handover_id: int, parcels: list[int]) -> dict[int, int]:
    """How many figures of each parcel were replaced by others."""
    told = session.execute(
        select(CourierFigure.parcel_id, func.count())
        .where(CourierFigure.handover_id == handover_id, CourierFigure.parcel_id.in_(parcels),
               CourierFigure.before_weight_g.is_not(None))
        .group_by(CourierFigure.parcel_id)
    )
    return {row[0]: row[1] for row in told}


@dataclass(frozen=True, slots=True)
class _Shown:
    """Turns rows into what a screen shows, by the tariffs of one day."""

    tariffs: tuple[Tariff, ...]
    day: date

    def line(self, line: HandoverLine, corrected: int) -> LineView:
        parcel = line.parcel
        ours = self._charge(parcel, parcel.weight_g)
        heavier = max(line.courier_weight_g or 0, line.courier_charged_g or 0)
        theirs = self._charge(parcel, heavier or None)
        return LineView(
            parcel.id, parcel.waybill_no or "", " ".join(place_path(parcel)[:2]), line.state,
            parcel.weight_g, ours.charged_weight_g if ours else None,
            line.our_fee_fen if line.our_fee_fen is not None else ours.fen if ours else None,
            line.courier_weight_g, theirs.charged_weight_g if theirs else None,
            line.courier_price_fen, line.finding, line.accepted_by, line.reason,
            self._is_near_edge(parcel, ours) if line.state == "differs" else False,
            ours.volumetric if ours else False, corrected,
        )

    def absent(self, parcel: Parcel) -> LineView:
        ours = self._charge(parcel, parcel.weight_g)
        held = open_holds(parcel)
        return LineView(
            parcel.id, parcel.waybill_no or "", " ".join(place_path(parcel)[:2]), "absent",
            parcel.weight_g, ours.charged_weight_g if ours else None, ours.fen if ours else None,
            finding=held[0].code if held else "",
        )

    def _charge(self, parcel: Parcel, grams: int | None) -> Charge | None:
        """The price by the tariff of the day; None where it says nothing."""
        tariff = tariff_for(self.tariffs, CarrierCode(parcel.carrier), self.day)
        if tariff is None or not grams:
            return None
        try:
            return charge(tariff, parcel, grams, figures.dims_of(parcel))
        except NoZone:
            return None

    def _is_near_edge(self, parcel: Parcel, ours: Charge | None) -> bool:
        tariff = tariff_for(self.tariffs, CarrierCode(parcel.carrier), self.day)
        if tariff is None or ours is None or ours.volumetric or not parcel.weight_g:
            return False
        return near_edge(tariff, parcel, parcel.weight_g)


@dataclass(frozen=True, slots=True)
class PileView:
    """One carrier's pile, and its hand-over if one is under way."""

    carrier: str
    parcels: int
    handover_id: int | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class ClosedView:
    """A hand-over that is over."""

    id: int
    number: str
    carrier: str
    courier: str
    closed_at: datetime | None
    parcels: int


def piles(session: Session) -> tuple[PileView, ...]:
    """Every carrier that has sealed parcels or an open hand-over."""
    waiting = session.execute(
        select(Parcel.carrier, func.count(Parcel.id))
        .where(Parcel.state == str(ParcelState.SIGNED)).group_by(Parcel.carrier)
    )
    counts = {row.carrier: row[1] for row in waiting}
    rows = session.scalars(select(Handover).where(Handover.state == "open"))
    under_way = {row.carrier: row for row in rows}
    return tuple(
        PileView(
            code, counts.get(code, 0),
            under_way[code].id if code in under_way else None,
            under_way[code].number if code in under_way else "",
        )
        for code in CarrierCode
    )


def closed(session: Session) -> tuple[ClosedView, ...]:
    """The hand-overs closed last, newest first, at most 30."""
    gone = (
        select(func.count(HandoverLine.id))
        .where(HandoverLine.handover_id == Handover.id, HandoverLine.state != "missing")
        .scalar_subquery()
    )
    rows = session.execute(
        select(Handover, gone).where(Handover.state == "closed")
        .order_by(Handover.closed_at.desc()).limit(30)
    )
    return tuple(
        ClosedView(row.id, row.number, row.carrier, row.courier, row.closed_at, count)
        for row, count in rows
    )
