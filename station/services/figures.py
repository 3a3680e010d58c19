"""What the courier says a parcel weighs and costs: by touch, by his list or by his company (D6).

Each telling is a row of its own with what stood there before, so that a correction loses nothing.
Figures of a parcel that nobody has scanned yet wait for its scan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import CourierFigure, HandoverLine, Packaging, Parcel
from station.db.session import notice
from station.domain.handover import Compared, Tolerance, compare
from station.domain.regions import Region
from station.domain.tariffs import Dimensions
from station.domain.vocabulary import SHOP_ZONE, CarrierCode, Fen, Grams
from station.services.history import record
from station.services.rules import Rules
from station.services.tariffs import price_book


@dataclass(frozen=True, slots=True)
class Figures:
    """One telling. ``charged_g`` is the weight he charges for, where he names it beside his own.

    ``source``: touch, list, webhook. ``list_name`` and ``row`` say where in which list.
    """

    weight_g: Grams
    price_fen: Fen | None = None
    charged_g: Grams | None = None
    dims_mm: Dimensions | None = None
    source: str = "touch"
    list_name: str = ""
    row: int | None = None


def dims_of(parcel: Parcel) -> Dimensions | None:
    """The parcel's own size where it was measured, else its packaging's, else None."""
    own = size_of(parcel)
    return size_of(parcel.packaging) if own is None and parcel.packaging is not None else own


def size_of(one: Parcel | Packaging) -> Dimensions | None:
    """The size that stands in a row, None unless all of it does."""
    if one.length_mm and one.width_mm and one.height_mm:
        return (one.length_mm, one.width_mm, one.height_mm)
    return None


def against_ours(
    session: Session, parcel: Parcel, told: Figures, rules: Rules, *, now: datetime
) -> Compared:
    """The courier's figures beside ours, by the tariff of today."""
    return compare(
        parcel.weight_g or 0, told.weight_g, told.price_fen,
        carrier=CarrierCode(parcel.carrier),
        destination=Region(parcel.province, parcel.city, parcel.district),
        tariffs=price_book(session, rules.tariffs),
        tolerance=Tolerance(rules.handover_tolerance_g, rules.handover_tolerance_percent),
        day=now.astimezone(SHOP_ZONE).date(), dims_mm=dims_of(parcel), charged_g=told.charged_g,
    )


def settle(
    session: Session, line: HandoverLine, told: Figures, rules: Rules, *, who: str, now: datetime
) -> Compared:
    """Compare a scanned parcel's figures and keep both sides on its line."""
    keep(session, line.parcel_id, told, line=line, who=who, now=now)
    return _lay_on(session, line, told, rules, who=who, now=now)


def keep(
    session: Session, parcel_id: int, told: Figures, *, line: HandoverLine | None = None,
    handover_id: int | None = None, who: str, now: datetime,
) -> CourierFigure:
    """Write one telling down, with what the line said before it."""
    length, width, height = told.dims_mm or (None, None, None)
    row = CourierFigure(
        parcel_id=parcel_id, handover_id=line.handover_id if line else handover_id,
        weight_g=told.weight_g, charged_g=told.charged_g, price_fen=told.price_fen,
        before_weight_g=line.courier_weight_g if line else None,
        before_price_fen=line.courier_price_fen if line else None,
        length_mm=length, width_mm=width, height_mm=height, source=told.source,
        list_name=told.list_name[:200], row=told.row, at=now, who=who,
    )
    session.add(row)
    return row


def pick_up(
    session: Session, line: HandoverLine, rules: Rules, *, now: datetime
) -> Compared | None:
    """Lay the figures that waited for this parcel's scan on its line; None if there are none."""
    waiting = session.scalar(
        select(CourierFigure)
        .where(CourierFigure.parcel_id == line.parcel_id, CourierFigure.handover_id.is_(None))
        .order_by(CourierFigure.id.desc()).limit(1)
    )
    if waiting is None:
        return None
    waiting.handover_id = line.handover_id
    told = Figures(
        waiting.weight_g, waiting.price_fen, waiting.charged_g, None, waiting.source,
        waiting.list_name, waiting.row,
    )
    return _lay_on(session, line, told, rules, who=waiting.who, now=now)


def _lay_on(
    session: Session, line: HandoverLine, told: Figures, rules: Rules, *, who: str, now: datetime
) -> Compared:
    before = [line.courier_weight_g, line.courier_price_fen]
    found = against_ours(session, line.parcel, told, rules, now=now)
    line.courier_weight_g, line.courier_charged_g = told.weight_g, told.charged_g
    if told.price_fen is not None:
        line.courier_price_fen = told.price_fen
    line.our_fee_fen, line.tariff_id = found.our_fen, found.version or None
    line.finding = str(found.finding or "")
    line.state = "agreed" if found.finding is None else "differs"
    line.accepted_by = line.reason = ""
    facts = {
        "waybill_no": line.parcel.waybill_no or "", "before": before, "weight_g": told.weight_g,
        "price_fen": told.price_fen, "source": told.source, "ours_g": line.parcel.weight_g or 0,
        "our_fen": found.our_fen, "finding": line.finding,
    }
    record(session, f"handover:{line.handover_id}", "figures", facts, now=now, who=who)
    notice(session, f"handover:{line.handover_id}")
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """One telling as it is shown: when, how, by whom, and what it replaced."""

    at: datetime
    source: str
    who: str
    weight_g: Grams
    price_fen: Fen | None
    charged_g: Grams | None
    before_weight_g: Grams | None
    before_price_fen: Fen | None
    list_name: str
    row: int | None


def tellings(session: Session, handover_id: int, waybill_no: str) -> tuple[Told, ...]:
    """Everything that was told about a parcel in a hand-over, in its order."""
    rows = session.scalars(
        select(CourierFigure).join(Parcel, Parcel.id == CourierFigure.parcel_id)
        .where(Parcel.waybill_no == waybill_no, CourierFigure.handover_id == handover_id)
        .order_by(CourierFigure.id)
    )
    return tuple(
        Told(row.at, row.source, row.who, row.weight_g, row.price_fen, row.charged_g,
             row.before_weight_g, row.before_price_fen, row.list_name, row.row)
        for row in rows
    )  # fmt: skip
