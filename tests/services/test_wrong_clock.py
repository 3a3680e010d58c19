"""A computer starts in 2031 because its battery is empty, works, and is put right: nothing waits
until 2031 comes.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import Bill, Outbox
from station.domain.refusals import Code, Refusal
from station.services import bills, heads, history, outbox, overrides, people, pins, staff
from station.services.sessions import Life
from station.services.staff import Person, Role

YEARS = timedelta(days=5 * 365)
HASH = staff.hash_pin("246810")

pytestmark = pytest.mark.fault("F10")


@pytest.fixture
def ahead(shop: Any) -> Any:
    """A shop with a manager, whose clock is years ahead."""
    shop.write(people.hire, "陈姐", Role.MANAGER, "1", HASH)
    shop.now += YEARS
    return shop


def put_right(shop: Any) -> None:
    shop.now -= YEARS


def manager(shop: Any) -> Person:
    found: Person = shop.read(staff.find, "1")
    return found


def guess(shop: Any, *, right: bool = False) -> Code | None:
    person = manager(shop)
    answer = pins.admit(shop.db, f"staff:{person.id}", "bench 1", now=shop.now)
    if answer is None:
        answer = shop.write(pins.settle, person, "bench 1", right=right)
    return answer.code if isinstance(answer, Refusal) else None


def test_a_lock_lasts_its_minutes_and_not_its_years(ahead: Any) -> None:
    for _ in range(5):
        guess(ahead)
    assert guess(ahead) is Code.SIGN_LOCKED
    put_right(ahead)
    assert guess(ahead, right=True) is Code.SIGN_LOCKED  # putting the clock right is no way out
    ahead.later(minutes=4)
    assert guess(ahead, right=True) is Code.SIGN_LOCKED
    ahead.later(minutes=2)
    assert guess(ahead, right=True) is None


def test_a_place_that_was_locked_opens_within_the_hour(ahead: Any) -> None:
    for n in range(20):
        pins.admit(ahead.db, f"staff:{n}", "bench 1", now=ahead.now)
    put_right(ahead)
    assert guess(ahead, right=True) is Code.SIGN_LOCKED
    ahead.later(minutes=61)
    assert guess(ahead, right=True) is None


def redeem(shop: Any) -> str:
    code = shop.read(overrides.shown, manager(shop).id, now=shop.now).code
    found = overrides.redeem(shop.db, code, place="bench 1", now=shop.now)
    return str(found.code) if isinstance(found, Refusal) else found.name


def test_a_managers_code_works_again_once_each(ahead: Any) -> None:
    assert redeem(ahead) == "陈姐"
    put_right(ahead)
    assert redeem(ahead) == "陈姐"
    assert redeem(ahead) == Code.SIGN_USED_CODE
    ahead.later(seconds=30)
    assert redeem(ahead) == "陈姐"


def test_a_code_of_just_before_is_worth_nothing_after_the_clock_was_wrong(ahead: Any) -> None:
    redeem(ahead)
    put_right(ahead)
    old = ahead.read(overrides.shown, manager(ahead).id, now=ahead.now).code
    ahead.later(seconds=30)
    found = overrides.redeem(ahead.db, old, place="bench 1", now=ahead.now)
    assert isinstance(found, Refusal)


def test_heads_of_the_history_are_signed_every_hour_again(ahead: Any) -> None:
    def happen(session: Any, *, now: Any) -> None:
        history.record(session, "parcel:1", "scan", {}, now=now)

    ahead.write(happen)
    assert ahead.write(heads.sign_if_due)
    put_right(ahead)
    ahead.write(happen)
    assert ahead.write(heads.sign_if_due)
    ahead.write(happen)
    assert not ahead.write(heads.sign_if_due)
    ahead.later(hours=1)
    assert ahead.write(heads.sign_if_due)
    assert ahead.read(heads.prove, []).breaks == []


def test_a_call_that_failed_is_made_again_within_minutes(ahead: Any) -> None:
    ahead.db.write(lambda session: session.add(Outbox(
        key="k", kind="memo", payload={}, created_at=ahead.now, due_at=ahead.now)))
    call = ahead.write(outbox.claim)
    ahead.write(outbox.failed, call.id, trouble="HTTP 503")
    put_right(ahead)
    assert ahead.read(outbox.next_call, now=ahead.now) is not None
    again = ahead.write(outbox.claim)
    assert again.key == call.key
    assert ahead.write(outbox.claim) is None  # who makes it has it for himself


def test_a_call_that_waits_by_a_right_clock_waits(shop: Any) -> None:
    shop.db.write(lambda session: session.add(Outbox(
        key="k", kind="memo", payload={}, created_at=shop.now, due_at=shop.now)))
    for _ in range(15):
        call = shop.write(outbox.claim)
        shop.write(outbox.failed, call.id, trouble="HTTP 503")
        assert shop.write(outbox.claim) is None
        due = shop.read(lambda session: session.scalar(select(Outbox.due_at)))
        assert due - shop.now <= timedelta(minutes=10)
        shop.now = due


def test_a_bill_whose_worker_died_in_another_time_is_begun_anew(ahead: Any) -> None:
    bill = ahead.write(bills.take, "d" * 64, "b.csv", carrier="", month="", who="")
    assert ahead.write(bills.claim, bill.id)
    assert ahead.read(bills.next_bill, now=ahead.now) is None
    put_right(ahead)
    assert ahead.read(bills.next_bill, now=ahead.now) == bill.id
    assert ahead.write(bills.claim, bill.id)
    assert ahead.read(bills.next_bill, now=ahead.now) is None
    assert ahead.read(lambda session: session.get(Bill, bill.id)).state == "working"


@pytest.mark.fault("F25")
def test_a_session_of_another_time_is_over(shop: Any) -> None:
    life, now = Life(), shop.now
    assert life.is_over(now + YEARS, now + YEARS, now)
    assert life.is_over(now, now + YEARS, now)
    assert not life.is_over(now + timedelta(minutes=2), now + timedelta(minutes=2), now)
    assert not life.is_over(now, now, now)


def test_nothing_of_the_history_breaks_by_it(ahead: Any) -> None:
    guess(ahead)
    put_right(ahead)
    guess(ahead)
    assert ahead.read(partial(lambda session: list(history.verify(session)))) == []
