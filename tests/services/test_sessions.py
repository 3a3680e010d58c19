"""Sessions and keys: random, kept as digests, and worth nothing once they have ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from station.db.models import History, ProgramKey, SignIn
from station.domain.refusals import Code, Refusal
from station.domain.rights import RIGHTS, Right, Role
from station.services import people, sessions, staff
from station.services.sessions import Life, Somebody

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("246810")


@pytest.fixture
def staffed(shop: Any) -> Any:
    shop.write(people.hire, "陈姐", Role.MANAGER, "1", HASH)
    shop.write(people.hire, "阿明", Role.PACKER, "7", HASH)
    return shop


def begun(shop: Any, name: str = "阿明", **facts: Any) -> str:
    person = shop.read(staff.find, {"陈姐": "1", "阿明": "7"}[name])
    return str(shop.write(sessions.begin, person.id, place="page", **facts))


def who(shop: Any, token: str) -> Somebody | None:
    found: Somebody | None = shop.read(sessions.look, token)
    return found


def test_a_session_knows_its_person_and_his_rights(staffed: Any) -> None:
    found = who(staffed, begun(staffed))
    assert found is not None
    assert (found.name, found.role) == ("阿明", Role.PACKER)
    assert found.may(Right.PACK)
    assert not found.may(Right.STAFF)


@pytest.mark.fault("F25")
def test_what_is_kept_cannot_be_used(staffed: Any) -> None:
    token = begun(staffed)
    key = staffed.write(sessions.make_key, "robot", Role.KEEPER)
    kept = staffed.read(lambda session: [
        *(row.digest for row in session.query(SignIn)),
        *(row.digest for row in session.query(ProgramKey)),
    ])
    assert all(token not in one and key not in one for one in kept)
    for digest in kept:
        assert who(staffed, digest) is None
        assert staffed.read(sessions.key_owner, digest) is None


@pytest.mark.fault("F25")
def test_signing_in_again_ends_the_session_before(staffed: Any) -> None:
    first = begun(staffed)
    second = begun(staffed, "陈姐", before=first)
    assert first != second
    assert who(staffed, first) is None
    assert who(staffed, second).name == "陈姐"


def test_out_here_leaves_the_others_and_everywhere_leaves_none(staffed: Any) -> None:
    here, there, other = begun(staffed), begun(staffed), begun(staffed, "陈姐")
    staffed.write(sessions.end, who(staffed, here), "out")
    assert who(staffed, here) is None
    assert who(staffed, there) is not None
    assert staffed.write(sessions.end_all, who(staffed, there).staff_id, who="陈姐") == 1
    assert who(staffed, there) is None
    assert who(staffed, other) is not None


@pytest.mark.parametrize("change", ["role", "pin", "list", "leave"])
def test_a_changed_person_is_signed_out(staffed: Any, change: str) -> None:
    token = begun(staffed)
    staff_id = who(staffed, token).staff_id
    if change == "role":
        staffed.write(people.give_role, staff_id, Role.KEEPER)
    elif change == "pin":
        staffed.write(people.give_pin, staff_id, HASH)
    elif change == "leave":
        staffed.write(people.leave, staff_id)
    else:
        staffed.write(lambda session, now: staff.change_staff(
            session, session.get(staff.Staff, staff_id), Role.PACKER, "7", HASH, now=now))
    assert who(staffed, token) is None


def test_a_session_ends_with_idleness_and_with_the_shift(staffed: Any) -> None:
    life, begin = Life(timedelta(minutes=15), timedelta(hours=12)), staffed.now
    minute = timedelta(minutes=1)
    assert not life.is_over(begin, begin, begin + 15 * minute)
    assert life.is_over(begin, begin, begin + 16 * minute)
    assert life.is_over(begin, begin + 719 * minute, begin + 721 * minute)


def test_a_touch_keeps_it_alive(staffed: Any) -> None:
    token = begun(staffed)
    staffed.later(minutes=10)
    staffed.write(sessions.touch, who(staffed, token).sign_in, seen_at=staffed.now)
    assert who(staffed, token).seen_at == staffed.now


def test_a_program_s_key_has_its_role_s_rights_until_it_is_taken_back(staffed: Any) -> None:
    key = staffed.write(sessions.make_key, "robot", Role.KEEPER, who="陈姐")
    owner = staffed.read(sessions.key_owner, key)
    assert (owner.name, owner.rights) == ("robot", RIGHTS[Role.KEEPER])
    assert [name for name, *_ in staffed.read(sessions.keys)] == ["robot"]
    newer = staffed.write(sessions.make_key, "robot", Role.PACKER)
    assert staffed.read(sessions.key_owner, key) is None
    assert staffed.write(sessions.end_key, "robot")
    assert staffed.read(sessions.key_owner, newer) is None
    assert not staffed.write(sessions.end_key, "robot")


def test_no_program_is_ever_a_manager(staffed: Any) -> None:
    refused = staffed.write(sessions.make_key, "robot", Role.MANAGER)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.SIGN_NOT_ALLOWED


def test_the_first_manager_is_named_once(shop: Any) -> None:
    assert isinstance(shop.write(people.first_manager, "陈姐", "1", HASH), int)
    second = shop.write(people.first_manager, "别人", "2", HASH)
    assert second.code is Code.SIGN_NOT_NEW
    assert [one.name for one in shop.read(people.listed, now=shop.now)] == ["陈姐"]


def test_a_name_or_a_badge_is_somebody_s_once_and_the_rest_of_the_step_stays(shop: Any) -> None:
    shop.write(people.hire, "陈姐", Role.MANAGER, "1", HASH)
    for name, badge in (("陈姐", "2"), ("别人", "1")):
        assert shop.write(people.hire, name, Role.PACKER, badge, HASH).code is Code.SIGN_TAKEN


def test_the_last_manager_stays(staffed: Any) -> None:
    boss = staffed.read(staff.find, "1").id
    assert staffed.write(people.leave, boss).code is Code.SIGN_LAST_MANAGER
    assert staffed.write(people.give_role, boss, Role.PACKER).code is Code.SIGN_LAST_MANAGER
    staffed.write(people.hire, "王总", Role.MANAGER, "2", HASH)
    assert staffed.write(people.leave, boss) is None
    assert staffed.read(staff.find, "1").code is Code.SIGN_UNKNOWN_BADGE


def test_who_came_and_went_is_in_the_history_without_any_token(staffed: Any) -> None:
    token = begun(staffed)
    staffed.write(sessions.end, who(staffed, token), "out")
    nobody = Somebody()
    staffed.write(sessions.note_refused, nobody, Right.STAFF, "GET /staff")
    rows = staffed.read(lambda session: [
        (row.kind, row.data) for row in session.query(History).order_by(History.id)
    ])
    assert {"signed_in", "signed_out", "refused"} <= {kind for kind, _ in rows}
    assert not any(token in data for _, data in rows)
    assert staffed.read(lambda session: session.execute(text("select 1")).scalar()) == 1
