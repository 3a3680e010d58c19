"""A scanner at the courier's door: what it reads goes to the hand-over of the parcel's carrier.

The keeper's hands are full: he scans the pile, and the parcels find their sessions themselves. A
session that nobody opened yet is opened by its first parcel.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Handover, HandoverLine, History, Parcel
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode
from station.services import handover
from station.services.history import record
from station.services.rules import Rules

AT_THE_DOOR = "door"
FRESH = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class DoorScan:
    """The last thing that was read at the door: ``code`` is "" where the parcel was taken up."""

    seq: int
    waybill_no: str
    code: str
    facts: dict[str, str | int]


def scan_at_door(
    session: Session, code: str, *, rules: Rules | None = None, now: datetime
) -> HandoverLine | Refusal:
    """Take one parcel of any carrier's pile up, or say why it does not go."""
    handover_id = _session_for(session, code, now=now)
    if handover_id is None:
        return Refusal(Code.WAYBILL_UNKNOWN, {"code": code})
    found = handover.scan(
        session, handover_id, code, rules=rules, who=AT_THE_DOOR, now=now)
    refused, facts = "", {}
    if isinstance(found, Refusal):
        refused, facts = str(found.code), dict(found.facts)
    record(
        session, f"handover:{handover_id}", "at_the_door",
        {"waybill_no": code, "code": refused, "facts": facts}, now=now, who=AT_THE_DOOR,
    )
    return found


def _session_for(session: Session, code: str, *, now: datetime) -> int | None:
    """The hand-over this code belongs to; for an unknown code, the one that was opened last."""
    carrier = session.scalar(select(Parcel.carrier).where(Parcel.waybill_no == code))
    if carrier is not None:
        return handover.open_session(
            session, CarrierCode(carrier), who=AT_THE_DOOR, now=now
        ).id
    last = select(Handover.id).where(Handover.state == "open").order_by(Handover.id.desc())
    return session.scalar(last.limit(1))


def last_scan(session: Session, handover_id: int, *, now: datetime) -> DoorScan | None:
    """What was read at the door a moment ago for this hand-over, for its screen to say."""
    row = session.scalar(
        select(History)
        .where(History.chain == f"handover:{handover_id}", History.kind == "at_the_door")
        .order_by(History.seq.desc()).limit(1)
    )
    if row is None or now - row.at > FRESH:
        return None
    facts = json.loads(row.data)  # written by scan_at_door
    return DoorScan(row.id, facts["waybill_no"], facts["code"], facts["facts"])
