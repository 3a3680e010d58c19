"""A manager's one-time code: once, for half a minute, and not to be guessed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from argon2 import PasswordHasher

from station.db.models import History
from station.domain.refusals import Code, Refusal
from station.services import overrides, people, staff
from station.services.staff import Person, Role

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("246810")


@pytest.fixture
def managed(shop: Any) -> Any:
    for name, role in (("陈姐", Role.MANAGER), ("王总", Role.MANAGER), ("阿明", Role.PACKER)):
        shop.write(people.hire, name, role, name, HASH)
    return shop


def code_of(shop: Any, name: str) -> str:
    person = shop.read(staff.find, name)
    return str(shop.read(overrides.shown, person.id, now=shop.now).barcode)


def redeem(shop: Any, code: str, place: str = "bench 1") -> str:
    """The manager's name, or why not."""
    found = overrides.redeem(shop.db, code, place=place, now=shop.now)
    return str(found.code) if isinstance(found, Refusal) else found.name


def test_the_code_shown_names_its_manager_once(managed: Any) -> None:
    code = code_of(managed, "王总")
    assert redeem(managed, code) == "王总"
    assert redeem(managed, code) == Code.SIGN_USED_CODE
    managed.later(seconds=30)
    assert redeem(managed, code) == Code.SIGN_USED_CODE
    assert redeem(managed, code_of(managed, "王总")) == "王总"


def test_the_digits_alone_are_as_good_as_the_bars(managed: Any) -> None:
    assert redeem(managed, code_of(managed, "陈姐").removeprefix("PBOTP-")) == "陈姐"


def test_an_old_code_and_one_of_a_packer_are_worth_nothing(managed: Any) -> None:
    old = code_of(managed, "陈姐")
    managed.later(seconds=61)
    assert redeem(managed, old) == Code.SIGN_WRONG_CODE
    assert redeem(managed, code_of(managed, "阿明")) == Code.SIGN_WRONG_CODE


def test_a_new_secret_ends_the_old_codes(managed: Any) -> None:
    old = code_of(managed, "陈姐")
    managed.write(overrides.renew, managed.read(staff.find, "陈姐").id, who="陈姐")
    assert code_of(managed, "陈姐") != old
    assert redeem(managed, old) == Code.SIGN_WRONG_CODE


def test_a_manager_who_has_left_accepts_nothing(managed: Any) -> None:
    code = code_of(managed, "陈姐")
    managed.write(people.leave, managed.read(staff.find, "陈姐").id)
    assert redeem(managed, code) == Code.SIGN_WRONG_CODE


@pytest.mark.fault("F26")
def test_codes_are_not_guessed(managed: Any) -> None:
    answers = [redeem(managed, f"PBOTP-{n:06d}", f"page 10.0.0.{n}") for n in range(40)]
    looked_at = [one for one in answers if one != Code.SIGN_LOCKED]
    assert len(looked_at) <= 5
    assert redeem(managed, code_of(managed, "陈姐")) == Code.SIGN_LOCKED
    managed.later(minutes=6)
    assert redeem(managed, code_of(managed, "陈姐")) == "陈姐"


def test_of_two_benches_that_scan_one_code_one_is_the_second(managed: Any) -> None:
    code, answers = code_of(managed, "陈姐"), []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(redeem(managed, code, f"bench {n}")))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str).count("陈姐") == 1
    assert answers.count(str(Code.SIGN_USED_CODE)) == 3


@pytest.mark.fault("F10", "F16")
@pytest.mark.parametrize("back", [20, 60, 90, 3600])
def test_a_clock_that_jumps_back_makes_no_used_code_good_again(managed: Any, back: int) -> None:
    used = []
    for _ in range(4):
        used.append(code_of(managed, "陈姐"))
        assert redeem(managed, used[-1]) == "陈姐"
        managed.later(seconds=30)
    managed.later(seconds=-back)
    assert {redeem(managed, code, f"page {n}") for n, code in enumerate(used)} <= {
        str(Code.SIGN_USED_CODE), str(Code.SIGN_WRONG_CODE)}


def test_every_use_and_every_refusal_is_in_the_history(managed: Any) -> None:
    code = code_of(managed, "陈姐")
    redeem(managed, code)
    redeem(managed, code)
    kinds = managed.read(lambda session: [
        (row.chain.partition(":")[0], row.kind, row.who)
        for row in session.query(History).filter(History.kind.startswith("override"))
        .order_by(History.id)
    ])
    assert kinds == [("staff", "override", "陈姐"), ("override", "override_refused", "")]
    assert not managed.read(lambda session: [
        row for row in session.query(History) if code[-6:] in row.data
    ])


@pytest.mark.parametrize("text", ["", "PBOTP-", "12345", "1234567", "１２３４５６", "12345a"])
def test_what_is_no_code_is_told_apart(text: str, managed: Any) -> None:
    assert not overrides.is_code(text)
    assert redeem(managed, text) == Code.SIGN_WRONG_CODE


def test_the_phone_gets_the_same_codes(managed: Any) -> None:
    person = managed.read(staff.find, "陈姐")
    assert isinstance(person, Person)
    uri = managed.read(overrides.phone_uri, person.id, "海风小店")
    assert uri.startswith("otpauth://totp/Packbench%20")
    assert "secret=" in uri
