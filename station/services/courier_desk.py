"""What the hand-over and the stubs' pages show: ours against the courier's, line by line (D6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from station.db.models import Courier, Handover, HandoverLine, Parcel, PrintJob, Signature, Stub
from station.domain.parcel import ParcelState
from station.domain.regions import place_path
from station.domain.tariffs import NoZone, charge, tariff_for
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.services import handover as handovers
from station.services.dossier import SignatureView, signature_view
from station.services.rules import Rules


@dataclass(frozen=True, slots=True)
class LineView:
    """One parcel of a hand-over. ``*_step_g`` is the weight that is charged for, where known."""

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


@dataclass(frozen=True, slots=True)
class Desk:
    """One hand-over. ``absent`` are the parcels of the pile that nobody has scanned yet."""

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

    @property
    def expected(self) -> int:
        """Parcels of the pile, scanned or not."""
        return len([line for line in self.lines if line.state != "missing"]) + len(self.absent)

    def count(self, *states: str) -> int:
        """Lines in any of these states."""
        return len([line for line in self.lines if line.state in states])

    def line(self, parcel_id: int | None) -> LineView | None:
        """The line to be filled in: the one asked for, else the newest that is not settled."""
        due = [line for line in self.lines if line.state in ("scanned", "differs")]
        asked = [line for line in self.lines if line.parcel_id == parcel_id]
        return next(iter(asked or due[::-1]), None)


def desk(session: Session, handover_id: int, rules: Rules, *, now: datetime) -> Desk | None:
    """The hand-over of this id with all its lines; None if there is none."""
    row = session.get(Handover, handover_id)
    if row is None:
        return None
    day = now.astimezone(SHOP_ZONE).date()
    lines = session.scalars(
        select(HandoverLine).where(HandoverLine.handover_id == row.id)
        .order_by(HandoverLine.id).options(joinedload(HandoverLine.parcel))
    ).all()
    scanned = {line.parcel_id for line in lines}
    pile = handovers.expected(session, row.carrier) if row.state == "open" else []
    signed = session.scalar(
        select(Signature).where(Signature.handover_id == row.id, Signature.role == "courier")
    )
    names = session.scalars(select(Courier.name).where(Courier.carrier == row.carrier))
    return Desk(
        row.id, row.number, row.carrier, row.state, row.opened_at, row.opened_by, row.closed_at,
        row.courier, tuple(_line(line, rules, day) for line in lines),
        tuple(_absent(parcel, rules, day) for parcel in pile if parcel.id not in scanned),
        tuple(names), signature_view(signed) if signed else None,
    )


def _line(line: HandoverLine, rules: Rules, day: date) -> LineView:
    parcel = line.parcel
    ours_step, our_fen = _charge(parcel, parcel.weight_g, rules, day)
    return LineView(
        parcel.id, parcel.waybill_no or "", " ".join(place_path(parcel)[:2]), line.state,
        parcel.weight_g, ours_step, our_fen if line.our_fee_fen is None else line.our_fee_fen,
        line.courier_weight_g, _charge(parcel, line.courier_weight_g, rules, day)[0],
        line.courier_price_fen, line.finding, line.accepted_by, line.reason,
    )


def _absent(parcel: Parcel, rules: Rules, day: date) -> LineView:
    step, fen = _charge(parcel, parcel.weight_g, rules, day)
    return LineView(
        parcel.id, parcel.waybill_no or "", " ".join(place_path(parcel)[:2]), "absent",
        parcel.weight_g, step, fen,
    )


def _charge(
    parcel: Parcel, grams: int | None, rules: Rules, day: date
) -> tuple[int | None, int | None]:
    """The weight charged for and the fee, by the tariff of the day; None where it says nothing."""
    tariff = tariff_for(rules.tariffs, CarrierCode(parcel.carrier), day)
    if tariff is None or not grams:
        return None, None
    try:
        charged = charge(tariff, parcel, grams)
    except NoZone:
        return None, None
    return charged.charged_weight_g, charged.fen


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


@dataclass(frozen=True, slots=True)
class StubRow:
    """One stub (底单), with the print job whose page can be shown."""

    waybill_no: str
    carrier: str
    day: str
    handover_id: int
    filed_at: datetime
    weight_g: int | None
    packer: str
    job_id: int | None


@dataclass(frozen=True, slots=True)
class StubSearch:
    """What was asked for, and the stubs that answer it; at most 200."""

    carrier: str = ""
    day: str = ""
    number: str = ""
    rows: tuple[StubRow, ...] = field(default_factory=tuple)


def stubs(session: Session, *, carrier: str = "", day: str = "", number: str = "") -> StubSearch:
    """Stubs by carrier, day ("2026-11-23") and number or its end; all where nothing is asked."""
    query = select(Stub, Parcel).join(Parcel, Parcel.id == Stub.parcel_id)
    if carrier:
        query = query.where(Stub.carrier == carrier)
    if day:
        query = query.where(Stub.day == day)
    if number:
        query = query.where(Stub.waybill_no.endswith(number, autoescape=True))
    found = session.execute(query.order_by(Stub.filed_at.desc(), Stub.parcel_id).limit(200)).all()
    pictures = _stub_jobs(session, [stub.parcel_id for stub, _ in found])
    rows = tuple(
        StubRow(
            stub.waybill_no, stub.carrier, stub.day, stub.handover_id, stub.filed_at,
            parcel.weight_g, parcel.packer, pictures.get(stub.parcel_id),
        )
        for stub, parcel in found
    )
    return StubSearch(carrier, day, number, rows)


def _stub_jobs(session: Session, parcel_ids: list[int]) -> dict[int, int]:
    """The newest stub job of each parcel that has a page to show."""
    jobs = session.execute(
        select(PrintJob.parcel_id, func.max(PrintJob.id))
        .where(PrintJob.parcel_id.in_(parcel_ids), PrintJob.kind == "stub", PrintJob.images.any())
        .group_by(PrintJob.parcel_id)
    )
    return {parcel_id: job_id for parcel_id, job_id in jobs if parcel_id is not None}
