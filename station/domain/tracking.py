"""Where a parcel is after it left: what carriers tell, and what it may come to (D8, D9)."""

from __future__ import annotations

from enum import StrEnum

from station.domain.cases import CaseKind


class TrackState(StrEnum):
    """What a carrier tells of a parcel."""

    MOVING = "moving"
    DELIVERING = "delivering"
    TROUBLE = "trouble"
    RETURNING = "returning"  # to us
    DELIVERED = "delivered"
    RETURNED = "returned"


ENDED = frozenset({TrackState.DELIVERED, TrackState.RETURNED})
"""States after which a parcel cannot be lost any more."""


def proposed(state: TrackState) -> CaseKind | None:
    """The kind of case that a state proposes at once: what comes back could not be delivered."""
    return CaseKind.UNREACHABLE if state is TrackState.RETURNING else None
