"""The daily check as rows: kept for ever, counted by the shop's day, and heeded by the weighing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, History, ScaleCheck
from station.db.session import Database
from station.domain.refusals import Code
from station.domain.scale_checks import CheckRules, CheckState
from station.domain.weights import TakenWeight
from station.services import scale_checks

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in the shop
RULES = CheckRules((500,), tolerance_g=5)
STRICT = CheckRules((500,), tolerance_g=5, required=True)


class Scale:
    """One scale of a shop, checked at any time."""

    def __init__(self, db: Database, name: str = "1-scale") -> None:
        self.db, self.name = db, name

    def shows(self, grams: int, now: datetime = MORNING, known: int = 500) -> Any:
        taken = TakenWeight(grams, (b"ST,GS,x", b"ST,GS,y"), self.name)
        return self.db.write(lambda session: scale_checks.book(
            session, known, taken, rules=RULES, bench="1", who="阿明", now=now))

    def refusal(self, rules: CheckRules = RULES, now: datetime = MORNING) -> Code | None:
        found = self.db.read(lambda session: scale_checks.refusal(
            session, self.name, rules, now=now))
        return found.code if found else None

    def standing(self, now: datetime = MORNING) -> Any:
        return self.db.read(lambda session: scale_checks.standing(
            session, self.name, RULES, now=now))


@pytest.fixture
def scale(database: Database) -> Scale:
    return Scale(database)


@pytest.mark.rule("D6")
def test_a_scale_that_failed_today_does_not_weigh_until_it_passes(scale: Scale) -> None:
    assert scale.refusal() is None
    assert not scale.shows(540).shown.passed
    assert scale.refusal() is Code.SCALE_FAILED
    assert scale.shows(502).shown.passed
    assert scale.refusal() is None


def test_an_unchecked_scale_weighs_unless_the_shop_wants_the_check(scale: Scale) -> None:
    assert (scale.refusal(RULES), scale.refusal(STRICT)) == (None, Code.SCALE_UNCHECKED)
    scale.shows(500)
    assert scale.refusal(STRICT) is None


def test_a_day_begins_at_the_shops_midnight(scale: Scale) -> None:
    scale.shows(540)
    before = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    assert scale.refusal(now=before) is Code.SCALE_FAILED
    assert scale.refusal(now=before + timedelta(minutes=1)) is None
    assert scale.refusal(STRICT, now=before + timedelta(minutes=1)) is Code.SCALE_UNCHECKED


def test_one_scale_says_nothing_of_another(scale: Scale, database: Database) -> None:
    scale.shows(540)
    assert Scale(database, "2-scale").refusal() is None


def test_every_check_is_a_row_and_a_line_of_the_history(scale: Scale, database: Database) -> None:
    scale.shows(540)
    scale.shows(501, MORNING + timedelta(minutes=5))

    def look(session: Any) -> tuple[list[Any], list[str]]:
        rows = session.scalars(select(ScaleCheck).order_by(ScaleCheck.id)).all()
        chain = session.scalars(select(History.kind).where(History.chain == "scale:1-scale"))
        return [(row.day, row.known_g, row.shown_g, row.passed, row.who, row.frames[0])
                for row in rows], list(chain)

    rows, kinds = database.read(look)
    assert rows == [("2026-11-23", 500, 540, False, "阿明", b"ST,GS,x".hex()),
                    ("2026-11-23", 500, 501, True, "阿明", b"ST,GS,x".hex())]
    assert kinds == ["checked", "checked"]


def test_a_failure_is_an_alarm_until_the_scale_passes(scale: Scale, database: Database) -> None:
    def open_alarms(session: Any) -> list[tuple[str, Any]]:
        rows = session.scalars(select(Alarm).where(Alarm.acknowledged_at.is_(None)))
        return [(row.code, row.facts["shown_g"]) for row in rows]

    scale.shows(540)
    assert database.read(open_alarms) == [("scale_failed", 540)]
    scale.shows(500)
    assert database.read(open_alarms) == []


def test_the_drift_is_told_oldest_first_and_only_of_the_last_months(scale: Scale) -> None:
    for days, grams in ((200, 400), (40, 499), (3, 501), (0, 503)):
        scale.shows(grams, MORNING - timedelta(days=days))
    points = scale.db.read(lambda session: scale_checks.drift(session, "1-scale", now=MORNING))
    assert [(point.shown.shown_g, point.shown.off_g) for point in points] == [
        (499, -1), (501, 1), (503, 3)]


def test_the_drift_reaches_back_ninety_days_to_the_second(scale: Scale) -> None:
    for seconds, grams in ((1, 498), (0, 499)):
        scale.shows(grams, MORNING - timedelta(days=90, seconds=seconds))
    points = scale.db.read(lambda session: scale_checks.drift(session, "1-scale", now=MORNING))
    assert [(point.shown.shown_g, point.tolerance_g, point.who) for point in points] == [
        (499, 5, "阿明")]


def test_of_very_many_checks_the_drift_shows_the_newest(scale: Scale) -> None:
    def many(session: Any) -> None:
        session.add_all(ScaleCheck(
            scale="1-scale", day="2026-11-22", known_g=500, shown_g=number, tolerance_g=5,
            passed=True, frames=[], bench="1", who="", at=MORNING - timedelta(days=1),
        ) for number in range(402))

    scale.db.write(many)
    points = scale.db.read(lambda session: scale_checks.drift(session, "1-scale", now=MORNING))
    assert [point.shown.shown_g for point in points] == list(range(2, 402))


def test_a_scale_with_a_long_name_has_a_history_too(database: Database) -> None:
    name = "s" * 60
    Scale(database, name).shows(500)
    chains = database.read(lambda session: list(session.scalars(select(History.chain))))
    assert chains == ["scale:" + "s" * 42]


def test_a_refusal_names_what_was_shown_or_the_first_weight_that_is_due(scale: Scale) -> None:
    two = CheckRules((500, 2000), tolerance_g=5, required=True)

    def facts() -> Any:
        found = scale.db.read(lambda session: scale_checks.refusal(
            session, scale.name, two, now=MORNING))
        return found.facts if found else None

    assert facts() == {"known_g": 500}
    scale.shows(500)
    assert facts() == {"known_g": 2000}
    scale.shows(2011, known=2000)
    assert facts() == {"known_g": 2000, "shown_g": 2011}
    scale.shows(2001, known=2000)
    assert facts() is None


def test_a_booked_check_says_what_is_left(scale: Scale) -> None:
    checked = scale.shows(1003, known=1000)
    assert (checked.shown.off_g, checked.tolerance_g, checked.left) == (3, 5, (500,))
    assert scale.shows(500).left == ()


def test_the_standing_names_the_failed_check_even_if_another_weight_passed_later(
    scale: Scale,
) -> None:
    scale.shows(540)
    scale.shows(1000, known=1000)
    found = scale.standing()
    assert (found.state, found.last.shown.shown_g, found.due_g) == (CheckState.FAILED, 540, (500,))


def test_two_scales_that_failed_each_name_their_own_check(
    scale: Scale, database: Database
) -> None:
    other = Scale(database, "2-scale")
    scale.shows(540)
    other.shows(460)
    assert [one.standing().last.shown.shown_g for one in (scale, other)] == [540, 460]
    other.shows(500)
    assert (other.standing().state, other.standing().last.shown.shown_g) == (
        CheckState.PASSED, 500)


def test_a_bench_without_a_scale_has_nothing_to_check(database: Database) -> None:
    assert Scale(database, "").refusal(STRICT) is None
