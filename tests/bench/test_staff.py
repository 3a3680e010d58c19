"""Badges and PINs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from argon2 import Type, extract_parameters

from station.db.models import Staff
from station.domain.refusals import Code, Refusal
from station.services import staff
from station.services.staff import Person, Role


def why(answer: Any) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


def test_a_badge_is_found_with_and_without_its_prefix(any_house: Any) -> None:
    for badge in ("0007", "PBID-0007"):
        found = any_house.read(staff.find, badge)
        assert isinstance(found, Person)
        assert (found.name, found.role) == ("阿明", Role.PACKER)


def test_an_unknown_badge_or_one_of_somebody_who_left_is_refused(house: Any) -> None:
    assert why(house.read(staff.find, "9999")) is Code.SIGN_UNKNOWN_BADGE
    house.write(lambda s: setattr(s.get(Staff, 1), "active", False))
    assert why(house.read(staff.find, "0007")) is Code.SIGN_UNKNOWN_BADGE


def test_a_pin_is_kept_as_a_slow_hash_and_checked(house: Any) -> None:
    slow = staff.hash_pin("246810")
    cost = extract_parameters(slow)
    assert (cost.type, cost.memory_cost >= 19 * 1024, cost.time_cost >= 2) == (Type.ID, True, True)
    person = replace(house.read(staff.find, "0007"), pin_hash=slow)
    assert "246810" not in person.pin_hash
    assert staff.pin_fits(person, "246810")
    assert not staff.pin_fits(person, "246811")
    assert not staff.pin_fits(Person(1, "x", Role.PACKER, "", "no hash"), "246810")


@pytest.mark.parametrize("pin", ["", "123", "abcd", "1234567890123", "１２３４", "12 34"])
def test_a_pin_that_is_none_is_not_hashed(pin: str) -> None:
    with pytest.raises(ValueError, match="4 to 12"):
        staff.hash_pin(pin)
