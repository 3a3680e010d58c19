"""盘点: which month a stock-take counts for, when it is due, and what may happen to one (I9).

Each month's goods are counted between the 28th and the month's last day, place by place, blind:
whoever counts does not see what should be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from station.domain.parcel import Sentence

FIRST_DAY = 28
"""The window opens on this day and closes with the month."""
LATE_UNTIL = 14
"""A count begun so early in a month makes up for the month before."""


class TakeState(StrEnum):
    """How far a stock-take is."""

    COUNTING = "counting"
    BOOKED = "booked"
    WITHDRAWN = "withdrawn"


class SheetState(StrEnum):
    """How far the count of one place is."""

    WAITING = "waiting"
    COUNTING = "counting"
    COUNTED = "counted"


TAKE_STATES: dict[TakeState, Sentence] = {
    TakeState.COUNTING: Sentence("正在盘点", "Being counted"),
    TakeState.BOOKED: Sentence("差异已入账", "Differences are booked"),
    TakeState.WITHDRAWN: Sentence("已撤销，库存没变", "Withdrawn; no stock was changed"),
}

SHEET_STATES: dict[SheetState, Sentence] = {
    SheetState.WAITING: Sentence("还没点", "Not counted yet"),
    SheetState.COUNTING: Sentence("正在点", "Being counted"),
    SheetState.COUNTED: Sentence("点完", "Counted"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What was counted of one SKU beside what should be there, over all places."""

    sku_id: int
    counted: int
    expected: int
    reason: str = ""

    @property
    def pieces(self) -> int:
        """How many more lie there than should; negative if some are missing."""
        return self.counted - self.expected


def month_of(day: date) -> str:
    """The month ("2026-11") that a count begun on this day of the shop's calendar is for."""
    if day.day <= LATE_UNTIL:
        return month_before(day)
    return f"{day:%Y-%m}"


def month_before(day: date) -> str:
    """The month before this day's."""
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def is_due(day: date) -> bool:
    """Whether the month's count should be made now: from the 28th to the month's last day."""
    return day.day >= FIRST_DAY
