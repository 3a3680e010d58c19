"""Badges and PINs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import Alarm, Staff
from station.domain.refusals import Code, Refusal
from station.services import staff
from station.services.staff import Person, Role


def why(answer: Any) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


def alarms(house: Any) -> list[Alarm]:
    return list(house.read(lambda session: session.scalars(select(Alarm)).all()))


def test_a_badge_is_found_with_and_without_its_prefix(any_house: Any) -> None:
    for badge in ("0007", "PBID-0007"):
        found = any_house.read(staff.find, badge, now=any_house.now)
        assert isinstance(found, Person)
        assert (found.name, found.role) == ("阿明", Role.PACKER)


def test_an_unknown_badge_or_one_of_somebody_who_left_is_refused(house: Any) -> None:
    assert why(house.read(staff.find, "9999", now=house.now)) is Code.SIGN_UNKNOWN_BADGE
    house.write(lambda s: setattr(s.get(Staff, 1), "active", False))
    assert why(house.read(staff.find, "0007", now=house.now)) is Code.SIGN_UNKNOWN_BADGE


def test_a_pin_is_kept_as_a_slow_hash_and_checked(house: Any) -> None:
    person = house.read(staff.find, "0007", now=house.now)
    assert person.pin_hash.startswith("$argon2id$")
    assert "246810" not in person.pin_hash
    assert staff.pin_fits(person, "246810")
    assert not staff.pin_fits(person, "246811")
    assert not staff.pin_fits(Person(1, "x", Role.PACKER, "", "no hash"), "246810")


@pytest.mark.parametrize("pin", ["", "123", "abcd", "1234567890123", "１２３４", "12 34"])
def test_a_pin_that_is_none_is_not_hashed(pin: str) -> None:
    with pytest.raises(ValueError, match="4 to 12"):
        staff.hash_pin(pin)


@pytest.mark.fault("F26")
def test_five_wrong_pins_lock_the_badge_for_a_while(any_house: Any) -> None:
    def wrong() -> Refusal:
        person = any_house.read(staff.find, "0007", now=any_house.now)
        return any_house.write(lambda s: staff.note_pin(
            s, person, right=False, bench="1", now=any_house.now))

    left = [wrong().facts["left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    person = any_house.read(staff.find, "0007", now=any_house.now)
    assert staff.is_locked(person)
    assert [alarm.code for alarm in alarms(any_house)] == ["pin_locked"]
    later = any_house.read(staff.find, "0007", now=any_house.now + timedelta(minutes=16))
    assert not staff.is_locked(later)


def test_a_right_pin_forgets_the_wrong_ones(house: Any) -> None:
    def note(*, right: bool) -> None:
        person = house.read(staff.find, "0007", now=house.now)
        house.write(lambda s: staff.note_pin(s, person, right=right, bench="1", now=house.now))

    for right in (False, False, True):
        note(right=right)
    assert house.read(staff.find, "0007", now=house.now).wrong_pins == 0
    note(right=False)
    assert house.read(staff.find, "0007", now=house.now).wrong_pins == 1
