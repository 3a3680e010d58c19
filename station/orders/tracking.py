"""Where a parcel is, told by its carrier or by a service that asks the carriers (D8, D9).

Only the state and its time are read: the words beside them name buyers and couriers. It comes
signed like the orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from station.domain.tracking import TrackState
from station.domain.vocabulary import CarrierCode
from station.orders.fields import Choice, FieldError, Moment, Record, Text
from station.orders.webhook import read_body

TRACKING = Record(
    needed={
        "waybill_no": Text(40, 6, pattern=r"[A-Za-z0-9-]+"),
        "state": Choice(tuple(TrackState)),
        "at": Moment("When the carrier saw it so."),
    },
    optional={"carrier": Choice(CarrierCode)},
)


@dataclass(frozen=True, slots=True)
class Tracked:
    """One parcel's state at a time. ``carrier`` is None where it is not named."""

    waybill_no: str
    carrier: CarrierCode | None
    state: TrackState
    at: datetime


def parse_tracking(body: bytes) -> Tracked | tuple[FieldError, ...]:
    """The state in a body, or everything that is wrong with it."""
    found, errors = read_body(TRACKING, body)
    if errors:
        return tuple(errors)
    carrier = found.get("carrier")
    return Tracked(
        found["waybill_no"].upper(), CarrierCode(carrier) if carrier else None,
        TrackState(found["state"]), found["at"])
