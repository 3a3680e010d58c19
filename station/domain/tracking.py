"""Where a parcel is after it left: what carriers tell, and what it may come to (D8, D9)."""

from __future__ import annotations

from enum import StrEnum

from station.domain.cases import CaseKind
from station.domain.parcel import Sentence


class TrackState(StrEnum):
    """What a carrier tells of a parcel."""

    MOVING = "moving"
    DELIVERING = "delivering"
    TROUBLE = "trouble"
    RETURNING = "returning"
    DELIVERED = "delivered"
    RETURNED = "returned"


STATES: dict[TrackState, Sentence] = {
    TrackState.MOVING: Sentence("在路上", "On its way"),
    TrackState.DELIVERING: Sentence("正在派送", "Out for delivery"),
    TrackState.TROUBLE: Sentence("派送有疑难", "The delivery meets trouble"),
    TrackState.RETURNING: Sentence("正在退回", "On its way back to us"),
    TrackState.DELIVERED: Sentence("已签收", "Delivered"),
    TrackState.RETURNED: Sentence("已退回", "Back with us"),
}

ENDED = frozenset({TrackState.DELIVERED, TrackState.RETURNED})
"""States after which a parcel cannot be lost any more."""


def proposed(state: TrackState) -> CaseKind | None:
    """The kind of case that a state proposes at once: what comes back could not be delivered."""
    return CaseKind.UNREACHABLE if state is TrackState.RETURNING else None
