"""Before the van leaves: each parcel that must not go, or should and does not, by name (D6)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from station.db.models import Handover, HandoverLine, History, Hold, Parcel
from station.domain.parcel import ParcelState
from station.domain.vocabulary import SHOP_ZONE

NAMED = 12
"""Numbers that are named in one line of the screen; the count tells the rest."""

_NOT_SEALED = (
    ParcelState.PRINTED, ParcelState.PACKING, ParcelState.PACKED, ParcelState.WEIGHED,
)  # fmt: skip
_GONE = (ParcelState.STOPPED, ParcelState.VOID)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble with the parcels that have it, at most ``NAMED`` of them by number.

    ``code``: stopped and held (scanned, but refunded or held meanwhile: out again), unpriced,
    differs, missing, surplus (scanned, but not of this pile: not into the van), not_sealed
    (of today, but unweighed or unsigned).
    """

    code: str
    count: int
    numbers: tuple[str, ...]
    blocks: bool


def unscanned(handover: Handover) -> Select[Any]:
    """The parcels of the pile that nobody has scanned, oldest deadline first."""
    scanned = exists().where(
        HandoverLine.handover_id == handover.id, HandoverLine.parcel_id == Parcel.id)
    return (
        select(Parcel)
        .where(Parcel.carrier == handover.carrier, Parcel.state == str(ParcelState.SIGNED),
               ~scanned)
        .order_by(Parcel.deadline, Parcel.id)
    )


def waiting(session: Session, handover: Handover) -> int:
    """How many of the pile nobody has scanned yet."""
    pile = unscanned(handover).order_by(None).with_only_columns(func.count(Parcel.id))
    return session.scalar(pile) or 0


def troubles(session: Session, handover: Handover) -> tuple[Trouble, ...]:
    """Everything that is wrong with an open pile, what blocks it first."""
    lines = select(Parcel.waybill_no).join(HandoverLine, HandoverLine.parcel_id == Parcel.id).where(
        HandoverLine.handover_id == handover.id)
    held = exists().where(Hold.parcel_id == Parcel.id, Hold.released_at.is_(None))
    asked = {
        "stopped": lines.where(Parcel.state.in_(_GONE)),
        "held": lines.where(Parcel.state.not_in(_GONE), held),
        "differs": lines.where(Parcel.state.not_in(_GONE), HandoverLine.state == "differs"),
        "unpriced": lines.where(Parcel.state.not_in(_GONE), HandoverLine.state == "scanned"),
        "missing": unscanned(handover).order_by(None).with_only_columns(Parcel.waybill_no),
    }
    found = [_trouble(session, code, query, blocks=True) for code, query in asked.items()]
    found.append(_surplus(session, handover))
    found.append(_trouble(session, "not_sealed", _due_today(handover), blocks=False))
    return tuple(one for one in found if one.count)


def _trouble(
    session: Session, code: str, query: Select[Any], *, blocks: bool
) -> Trouble:
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    numbers: tuple[str, ...] = ()
    if count:
        named = session.scalars(query.order_by(Parcel.id).limit(NAMED))
        numbers = tuple(number or "" for number in named)
    return Trouble(code, count, numbers, blocks)


def _due_today(handover: Handover) -> Select[Any]:
    """Parcels of this carrier that should leave today and are printed, but not sealed yet."""
    day = handover.opened_at.astimezone(SHOP_ZONE).date()
    tonight = datetime.combine(day + timedelta(days=1), time.min, SHOP_ZONE)
    return select(Parcel.waybill_no).where(
        Parcel.carrier == handover.carrier, Parcel.state.in_([str(one) for one in _NOT_SEALED]),
        Parcel.deadline <= tonight,
    )


def _surplus(session: Session, handover: Handover) -> Trouble:
    """What was scanned and refused, and was not taken up later: it must not be in the van."""
    refused = session.scalars(
        select(History.data).where(
            History.chain == f"handover:{handover.id}", History.kind == "refused")
        .order_by(History.seq)
    )
    told = [json.loads(data) for data in refused]  # written by the hand-over
    numbers = dict.fromkeys(
        one["waybill_no"] for one in told if one["code"] != "handover.twice")
    taken = set(session.scalars(
        select(Parcel.waybill_no).join(HandoverLine, HandoverLine.parcel_id == Parcel.id)
        .where(HandoverLine.handover_id == handover.id, Parcel.waybill_no.in_(numbers))
    )) if numbers else set()
    left = [number for number in numbers if number not in taken]
    return Trouble("surplus", len(left), tuple(left[:NAMED]), blocks=False)
