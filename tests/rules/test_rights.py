"""Every door of the pages names the right it takes; what names none is closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from station import config as configuration
from station.bootstrap import build
from station.domain.rights import RIGHTS, SEAT, Right, Role, holders, may
from web import signin
from web.app import create_app

OPEN_TO_CHANGE = {
    "people.signed_in", "people.sign_out", "people.claim", "people.own_pin",
    "webhook.paid", "webhook.refunded", "carrier_webhook.package_weight",
    "carrier_webhook.tracking",
}
"""Views that change something and are open: each checks by itself who asks."""


@pytest.fixture
def rules(sqlite_url: str, tmp_path: Any) -> Iterator[Any]:
    station = build(configuration.parse(f'[station]\ndatabase = "{sqlite_url}"', tmp_path))
    app = create_app(station)
    yield [(rule, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()]
    station.db.close()


def test_every_view_that_changes_something_names_the_right_it_takes(rules: Any) -> None:
    silent = {
        rule.endpoint for rule, view in rules
        if {"POST", "PUT", "PATCH", "DELETE"} & rule.methods and not hasattr(view, "right")
    }
    assert not silent, "put @needs(Right.…) of web/signin.py under the route of these views"


def test_only_the_door_itself_and_signed_messages_change_something_for_anybody(rules: Any) -> None:
    found = {
        rule.endpoint for rule, view in rules
        if "POST" in rule.methods and getattr(view, "right", "") is None
    }
    assert found == OPEN_TO_CHANGE


def test_what_names_no_right_is_closed() -> None:
    assert signin.right_of(object(), "GET") is Right.LOOK
    assert signin.right_of(object(), "POST") is Right.MANAGE
    assert holders(Right.MANAGE) == (Role.MANAGER,)


def test_the_manager_holds_every_right_and_nobody_else_the_manager_s_own() -> None:
    assert RIGHTS[Role.MANAGER] == frozenset(Right)
    for right in (Right.ACCEPT, Right.STAFF, Right.MANAGE, Right.PRIVACY, Right.ARCHIVE):
        assert holders(right) == (Role.MANAGER,)


def test_every_role_is_in_the_table_and_less_than_the_manager() -> None:
    assert set(RIGHTS) == set(Role)
    for role in set(Role) - {Role.MANAGER}:
        assert RIGHTS[role] < RIGHTS[Role.MANAGER]
    assert not may(Role.COURIER, Right.LOOK)
    assert RIGHTS[Role.PACKER] > SEAT
