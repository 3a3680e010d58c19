"""PINs are guessed slowly, whoever guesses, wherever, and however often the station restarts."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from station.db.models import History
from station.domain.refusals import Code, Refusal
from station.services import history, people, pins, staff
from station.services.staff import Person, Role

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("246810")


def why(answer: Any) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


@pytest.fixture
def guarded(shop: Any) -> Any:
    """A shop with a manager and a packer."""
    for name, role in (("陈姐", Role.MANAGER), ("阿明", Role.PACKER)):
        shop.write(people.hire, name, role, name, HASH)
    return shop


@pytest.fixture
def manager(guarded: Any) -> Person:
    found: Person = guarded.read(staff.find, "陈姐")
    return found


def guess(shop: Any, person: Person, *, right: bool = False, place: str = "bench 1") -> Code | None:
    """A try without its slow hash."""
    refused = pins.admit(shop.db, f"staff:{person.id}", place, now=shop.now)
    if refused is not None:
        return why(refused)
    return why(shop.write(pins.settle, person, place, right=right))


def test_five_wrong_pins_lock_the_badge_and_raise_an_alarm(guarded: Any, manager: Person) -> None:
    left = []
    for _ in range(5):
        assert pins.admit(guarded.db, f"staff:{manager.id}", "bench 1", now=guarded.now) is None
        left.append(guarded.write(pins.settle, manager, "bench 1", right=False).facts["left"])
    assert left == [4, 3, 2, 1, 0]
    assert guess(guarded, manager, right=True) is Code.SIGN_LOCKED
    assert guarded.alarms() == ["pin_locked"]
    assert manager.id in guarded.read(pins.locked, now=guarded.now)


def test_the_wait_doubles_with_each_further_wrong_pin(guarded: Any, manager: Person) -> None:
    for _ in range(5):
        guess(guarded, manager)
    for minutes in (5, 10, 20, 40, 60, 60):
        guarded.later(minutes=minutes, seconds=-1)
        assert guess(guarded, manager) is Code.SIGN_LOCKED
        guarded.later(seconds=2)
        assert guess(guarded, manager) is Code.SIGN_WRONG_PIN


def test_a_right_pin_forgets_the_wrong_ones(guarded: Any, manager: Person) -> None:
    for right in (False, False, False, False, True, False, False, False, False):
        assert guess(guarded, manager, right=right) is (None if right else Code.SIGN_WRONG_PIN)
    assert guess(guarded, manager, right=True) is None


@pytest.mark.fault("F26")
def test_ten_thousand_guesses_get_no_more_than_twenty_an_hour_through(
    sqlite_shop: Any
) -> None:
    shop = sqlite_shop
    shop.write(people.hire, "陈姐", Role.MANAGER, "1", HASH)
    person = shop.read(staff.find, "1")
    start, looked_at = shop.now, []
    for number in range(10_000):  # as fast as a program asks: one each 1.5 s, over four hours
        shop.now = start + timedelta(seconds=1.5 * number)
        if guess(shop, person, place=f"page 10.0.0.{number % 250}") is Code.SIGN_WRONG_PIN:
            looked_at.append(shop.now)
    most = max(
        sum(1 for other in looked_at if at <= other < at + timedelta(hours=1)) for at in looked_at
    )
    assert most <= 20
    assert len(looked_at) < 20
    turned_away = shop.read(
        lambda session: session.query(History).filter_by(kind="pin_turned_away").count()
    )
    assert 0 < turned_away < 20  # kept, and no flood of rows


@pytest.mark.fault("F26")
def test_the_lock_is_in_the_records_and_outlives_a_restart(
    guarded: Any, manager: Person, new_shop: Any
) -> None:
    from station.db.session import Database  # noqa: PLC0415 - a second process's own

    for _ in range(5):
        guess(guarded, manager)
    again = Database(guarded.db.url)
    other = new_shop(again, guarded.rules, guarded.now)
    assert guess(other, manager, right=True) is Code.SIGN_LOCKED
    again.close()


@pytest.mark.fault("F26")
def test_guesses_side_by_side_are_all_counted(guarded: Any, manager: Person) -> None:
    """Twenty at once: five are looked at, before any of them is known to be wrong."""
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(
            pins.admit(guarded.db, f"staff:{manager.id}", f"page {n}", now=guarded.now)))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer is None for answer in answers) == 5


def test_whoever_goes_through_all_badges_at_one_place_is_stopped(guarded: Any) -> None:
    for number in range(30):
        guarded.write(people.hire, f"员工{number}", Role.PACKER, f"B{number}", HASH)
    seen = [
        guess(guarded, guarded.read(staff.find, f"B{number}"), place="page 10.0.0.9")
        for number in range(30)
    ]
    assert seen.count(Code.SIGN_WRONG_PIN) == pins.PLACE_TRIES
    someone = guarded.read(staff.find, "B29")
    assert guess(guarded, someone, right=True, place="bench 1") is None
    guarded.later(hours=1, seconds=1)
    assert guess(guarded, someone, right=True, place="page 10.0.0.9") is None


def test_right_pins_all_day_at_one_bench_never_lock_it(guarded: Any, manager: Person) -> None:
    for _ in range(60):
        assert guess(guarded, manager, right=True) is None


def test_a_manager_lets_somebody_try_again_at_once(guarded: Any, manager: Person) -> None:
    for _ in range(5):
        guess(guarded, manager)
    guarded.write(pins.unlock, manager.id, who="陈姐")
    assert guess(guarded, manager, right=True) is None
    assert not guarded.read(lambda session: list(history.verify(session)))


def test_a_pin_is_proven_with_its_slow_hash(guarded: Any, manager: Person) -> None:
    def prove(pin: str) -> Code | None:
        return why(pins.prove(guarded.db, manager, pin, place="bench 1", now=guarded.now))

    assert prove("246810") is None
    assert prove("246811") is Code.SIGN_WRONG_PIN
    assert prove("") is Code.SIGN_WRONG_PIN


@given(st.integers(0, 10_000))
def test_the_wait_never_shrinks_and_ends_within_the_hour(tries: int) -> None:
    assert timedelta(0) <= pins.wait_after(tries) <= pins.wait_after(tries + 1)
    assert pins.wait_after(tries) <= pins.LONGEST_WAIT
