"""校秤: a known weight on the scale once a day; a scale that failed today does not weigh.

Each check is a row that is never changed, and a line of the scale's own history chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import ScaleCheck
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.domain.scale_checks import CheckRules, CheckState, Shown, due, judge, state
from station.domain.vocabulary import SHOP_ZONE, Grams
from station.domain.weights import TakenWeight
from station.services.alarms import close_alarm, raise_alarm
from station.services.history import record

DRIFT_DAYS = 90
_MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that was booked: what the scale showed, and the known weights still due today."""

    shown: Shown
    tolerance_g: Grams
    left: tuple[Grams, ...]


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """One check of the past, for the drift chart."""

    at: datetime
    shown: Shown
    tolerance_g: Grams
    who: str


@dataclass(frozen=True, slots=True)
class ScaleStanding:
    """A scale as its checks of today show it."""

    scale: str
    state: CheckState
    due_g: tuple[Grams, ...]
    last: DriftPoint | None


def book(
    session: Session,
    known_g: Grams,
    taken: TakenWeight,
    *,
    rules: CheckRules,
    bench: str,
    who: str,
    now: datetime,
) -> Checked:
    """Keep what the scale shows of a known weight, and say whether it may go on weighing."""
    shown = judge(known_g, taken.grams, rules)
    frames = [frame.hex() for frame in taken.frames]
    session.add(ScaleCheck(
        scale=taken.scale, day=_day(now), known_g=known_g, shown_g=taken.grams,
        tolerance_g=rules.tolerance_g, passed=shown.passed, frames=frames, bench=bench, who=who,
        at=now,
    ))
    record(
        session, f"scale:{taken.scale}"[:48], "checked",
        {"known_g": known_g, "shown_g": taken.grams, "tolerance_g": rules.tolerance_g,
         "passed": shown.passed}, now=now, who=who, bench=bench,
    )
    session.flush()
    today = _today(session, taken.scale, now)
    _alarm(session, taken.scale, shown, failed=state(today, rules) is CheckState.FAILED, now=now)
    notice(session, "scales")
    return Checked(shown, rules.tolerance_g, due(today, rules))


def _alarm(session: Session, scale: str, shown: Shown, *, failed: bool, now: datetime) -> None:
    if failed:
        facts: dict[str, str | int] = {
            "scale": scale, "known_g": shown.known_g, "shown_g": shown.shown_g}
        raise_alarm(session, "scale_failed", scale, facts, now=now)
    else:
        close_alarm(session, "scale_failed", scale, now=now)


def refusal(session: Session, scale: str, rules: CheckRules, *, now: datetime) -> Refusal | None:
    """Why this scale may not weigh now; None if it may."""
    if not scale:
        return None
    found = standing(session, scale, rules, now=now)
    if found.state is CheckState.FAILED and found.last is not None:
        facts: dict[str, str | int] = {
            "known_g": found.last.shown.known_g, "shown_g": found.last.shown.shown_g}
        return Refusal(Code.SCALE_FAILED, facts)
    if found.state is CheckState.DUE and rules.required:
        return Refusal(Code.SCALE_UNCHECKED, {"known_g": found.due_g[0]})
    return None


def standing(
    session: Session, scale: str, rules: CheckRules, *, now: datetime
) -> ScaleStanding:
    """How the scale stands today; ``last`` is its failed check, or else its last one at all."""
    today = _today(session, scale, now)
    failed = select(ScaleCheck).where(
        ScaleCheck.scale == scale, ScaleCheck.day == _day(now), ScaleCheck.passed.is_(False))
    newest = select(ScaleCheck).where(ScaleCheck.scale == scale).order_by(ScaleCheck.id.desc())
    now_is = state(today, rules)
    row = session.scalar(newest.limit(1))
    if now_is is CheckState.FAILED:
        row = session.scalar(failed.order_by(ScaleCheck.id.desc()).limit(1))
    return ScaleStanding(scale, now_is, due(today, rules), _point(row) if row else None)


def drift(session: Session, scale: str, *, now: datetime) -> tuple[DriftPoint, ...]:
    """The checks of the last ninety days, oldest first."""
    rows = session.scalars(
        select(ScaleCheck)
        .where(ScaleCheck.scale == scale, ScaleCheck.at >= now - timedelta(days=DRIFT_DAYS))
        .order_by(ScaleCheck.id.desc()).limit(_MOST_POINTS)
    ).all()
    return tuple(_point(row) for row in reversed(rows))


def _today(session: Session, scale: str, now: datetime) -> tuple[Shown, ...]:
    rows = session.scalars(
        select(ScaleCheck).where(ScaleCheck.scale == scale, ScaleCheck.day == _day(now))
        .order_by(ScaleCheck.id)
    )
    return tuple(Shown(row.known_g, row.shown_g, row.passed) for row in rows)


def _point(row: ScaleCheck) -> DriftPoint:
    return DriftPoint(
        row.at, Shown(row.known_g, row.shown_g, row.passed), row.tolerance_g, row.who)


def _day(now: datetime) -> str:
    return now.astimezone(SHOP_ZONE).date().isoformat()
