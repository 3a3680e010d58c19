"""The drift chart of a scale, an SVG picture: how far off it was at each check, and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 900, 320
LEFT, RIGHT, TOP, BOTTOM = 90, 20, 24, 44
HEADROOM = 1.25
FARTHEST = 5
"""So many tolerances off is the picture's edge; what is farther off stands at it, numbered."""


@dataclass(frozen=True, slots=True)
class Off:
    """One check: when, how many grams off, how many were allowed, and whether it passed."""

    at: datetime
    off_g: int
    tolerance_g: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One check in the picture's own units."""

    x: float
    y: float
    off_g: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the template draws: marks, the line through them, limits, and the axis' ends."""

    marks: tuple[Mark, ...]
    line: str
    zero_y: float
    upper_y: float
    lower_y: float
    tolerance_g: int
    first: datetime | None
    last: datetime | None


def chart(points: Sequence[Off]) -> Chart:
    """Place the checks; the last one's tolerance gives the limits that are drawn."""
    tolerance = points[-1].tolerance_g if points else 0
    edge = max(tolerance, 1) * FARTHEST
    farthest = max([abs(point.off_g) for point in points] + [tolerance, 1])
    reach = min(farthest, edge) * HEADROOM
    half = (HEIGHT - TOP - BOTTOM) / 2
    middle = TOP + half

    def high(grams: float) -> float:
        return round(middle - grams / reach * half, 1)

    marks = tuple(
        Mark(x, high(max(-edge, min(edge, point.off_g))), point.off_g, point.passed)
        for x, point in zip(_across(points), points, strict=True))
    return Chart(
        marks, " ".join(f"{mark.x},{mark.y}" for mark in marks), high(0), high(tolerance),
        high(-tolerance), tolerance, points[0].at if points else None,
        points[-1].at if points else None)


def _across(points: Sequence[Off]) -> list[float]:
    """Where each check stands between the first and the last."""
    room = WIDTH - LEFT - RIGHT
    if not points:
        return []
    start = points[0].at.timestamp()
    span = points[-1].at.timestamp() - start
    if not span:
        return [round(LEFT + room / 2, 1) for _ in points]
    return [round(LEFT + (point.at.timestamp() - start) / span * room, 1) for point in points]
