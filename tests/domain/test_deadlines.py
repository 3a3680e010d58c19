"""When a paid order must have left: rule S9, in the shop's zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.deadlines import Urgency, deadline, urgency
from station.domain.vocabulary import SHOP_ZONE


def shop(day, hour, minute=0, second=0, micro=0):
    return datetime(2026, 11, day, hour, minute, second, micro, tzinfo=SHOP_ZONE)


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("paid", "due"),
    [
        (shop(20, 15, 59, 59), shop(21, 0)),
        (shop(20, 15, 59, 59, 999_999), shop(21, 0)),
        (shop(20, 16, 0, 0), shop(21, 16)),
        (shop(20, 16, 0, 1), shop(21, 16, 0, 1)),
        (shop(20, 23, 59, 59), shop(21, 23, 59, 59)),
        (shop(20, 0, 0, 0), shop(21, 0)),
        (shop(20, 0, 0, 1), shop(21, 0)),
        (shop(30, 10), datetime(2026, 12, 1, tzinfo=SHOP_ZONE)),
        (datetime(2028, 2, 28, 9, tzinfo=SHOP_ZONE), datetime(2028, 2, 29, tzinfo=SHOP_ZONE)),
    ],
)
def test_paid_before_four_leaves_the_same_day_else_within_a_day(paid, due):
    assert deadline(paid) == due


@pytest.mark.rule("S9")
@pytest.mark.fault("F10")
def test_the_day_is_the_shops_wherever_the_time_was_written():
    paid = datetime(2026, 11, 20, 7, 59, 59, tzinfo=UTC)  # 15:59:59 in the shop
    assert deadline(paid) == shop(21, 0)
    assert deadline(paid + timedelta(seconds=1)) == shop(21, 16)


def test_deadlines_are_kept_in_utc():
    assert deadline(shop(20, 10)).tzinfo is UTC


def test_a_presales_clock_starts_on_its_promised_day():
    assert deadline(shop(20, 20), ship_after=shop(30, 0)) == deadline(shop(30, 0))
    assert deadline(shop(20, 20), ship_after=shop(10, 0)) == deadline(shop(20, 20))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        deadline(datetime(2026, 11, 20, 10))  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="without a zone"):
        urgency(shop(20, 10), datetime(2026, 11, 20, 10))  # noqa: DTZ001 - the same


MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    datetime(2035, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)


@pytest.mark.rule("S9")
@given(paid=MOMENTS)
def test_no_deadline_is_later_than_a_day_or_before_the_payment(paid):
    due = deadline(paid)
    assert timedelta(0) < due - paid <= timedelta(hours=24)
    if paid.astimezone(SHOP_ZONE).time() >= time(16):
        assert due - paid == timedelta(hours=24)


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (timedelta(hours=3), Urgency.OK),
        (timedelta(hours=2), Urgency.OK),
        (timedelta(hours=2) - timedelta(seconds=1), Urgency.NEAR),
        (timedelta(seconds=1), Urgency.NEAR),
        (timedelta(0), Urgency.LATE),
        (timedelta(hours=-5), Urgency.LATE),
    ],
)
def test_near_is_less_than_two_hours_and_late_is_from_the_moment_on(left, level):
    now = shop(20, 12)
    assert urgency(now + left, now) is level


def test_near_can_be_set():
    now = shop(20, 12)
    assert urgency(now + timedelta(hours=3), now, near=timedelta(hours=4)) is Urgency.NEAR
