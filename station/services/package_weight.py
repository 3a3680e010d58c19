"""A weight that the carrier's own system tells: beside ours before the hand-over, or after it.

Before the scan it waits; in an open hand-over it is compared at once; a parcel that is on its way
already keeps it as a telling of its own, and another charging step is an alarm, because the bill
will say so too.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Handover, HandoverLine, Parcel, Stub
from station.domain.handover import implausible
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.orders.package_weight import PackageWeight
from station.services import figures, handover
from station.services.alarms import raise_alarm
from station.services.couriers import who_took
from station.services.rules import Rules

WHO = "webhook"


def tell(
    session: Session, told: PackageWeight, rules: Rules, *, now: datetime
) -> dict[str, str | int]:
    """Take one weight; the answer says what became of it, or why nothing did."""
    parcel = session.scalar(
        select(Parcel).where(Parcel.waybill_no == told.waybill_no)
        .with_for_update(key_share=True)
    )
    facts: dict[str, str | int] = {"waybill_no": told.waybill_no}
    if parcel is None:
        return {**facts, "outcome": str(Code.WAYBILL_UNKNOWN)}
    if told.carrier is not None and told.carrier != parcel.carrier:
        return {**facts, "outcome": str(Code.HANDOVER_OTHER_CARRIER), "carrier": parcel.carrier}
    if implausible(told.weight_g, None):
        return {**facts, "outcome": str(Code.HANDOVER_IMPLAUSIBLE), "weight_g": told.weight_g}
    given = figures.Figures(
        told.weight_g, None, told.charged_g, told.dims_mm, "webhook")
    if parcel.state == ParcelState.HANDED_OVER:
        return {**facts, **_after_it_left(session, parcel, given, rules, now=now)}
    if parcel.state != ParcelState.SIGNED:
        return {**facts, "outcome": str(Code.LIST_NOT_IN_PILE), "state": parcel.state}
    return {**facts, **_in_the_pile(session, parcel, given, rules, now=now)}


def _in_the_pile(
    session: Session, parcel: Parcel, given: figures.Figures, rules: Rules, *, now: datetime
) -> dict[str, str | int]:
    line = session.scalar(
        select(HandoverLine).join(Handover, Handover.id == HandoverLine.handover_id)
        .where(HandoverLine.parcel_id == parcel.id, Handover.state == "open")
    )
    if line is None:
        figures.keep(session, parcel.id, given, who=WHO, now=now)
        return {"outcome": "waits"}
    found = handover.take_figures(
        session, line.handover_id, parcel.id, given, rules=rules, who=WHO, now=now)
    code = getattr(found, "finding", None) or getattr(found, "code", None)
    return {"outcome": str(code or "agreed")}


def _after_it_left(
    session: Session, parcel: Parcel, given: figures.Figures, rules: Rules, *, now: datetime
) -> dict[str, str | int]:
    """The hub's own scale: kept beside what was signed for at the door."""
    stub = session.get(Stub, parcel.id)
    figures.keep(
        session, parcel.id, given, handover_id=stub.handover_id if stub else None, who=WHO,
        now=now,
    )
    found = figures.against_ours(session, parcel, given, rules, now=parcel.handed_over_at or now)
    if found.finding is not Code.HANDOVER_STEP_DIFFERS:
        return {"outcome": str(found.finding or "agreed")}
    courier, phone = who_took(session, parcel.id)
    raise_alarm(
        session, "weighed_heavier_later", f"parcel:{parcel.id}",
        {"waybill_no": parcel.waybill_no or "", "carrier": parcel.carrier,
         "ours_g": parcel.weight_g or 0, "theirs_g": max(given.weight_g, given.charged_g or 0),
         "courier": courier, "phone": phone}, now=now,
    )
    return {"outcome": str(found.finding)}
