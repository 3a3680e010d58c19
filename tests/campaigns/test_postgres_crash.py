"""One crash of `campaigns/postgres_crash.py`, on a PostgreSQL of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(sys.platform == "win32", reason="no unix sockets there"),
]


@pytest.fixture(scope="module")
def crash(campaign: Callable[[str], ModuleType], postgres_cluster: Any) -> ModuleType:
    """The campaign; the shared cluster is only asked for so that a machine without one skips."""
    return campaign("postgres_crash")


@pytest.mark.fault("F9", "F17")
def test_a_postgresql_killed_under_load_keeps_every_answer(crash: ModuleType) -> None:
    seen = crash.crashes(1, 20261128)
    assert seen["crashes"] == 1
    assert seen["answered"] > 0
    assert seen["in doubt"] == crash.THREADS


def test_an_answer_that_is_gone_and_a_number_that_changed_are_seen(
    crash: ModuleType, postgres_cluster: Any
) -> None:
    name = postgres_cluster.create("template0")
    url = postgres_cluster.url(name)
    crash.furnish(url)
    database = crash.Database(url, keys=crash.keys_of(url))
    number = crash.tell(database, "1")
    assert crash.tell(database, "1") == number, "told again it is the same order"
    database.close()
    crash.check(url, url, {"1": number}, ["1", "2"])
    for lost in ({"3": "77"}, {"1": "77"}):
        with pytest.raises(crash.Violation, match="is lost"):
            crash.check(url, url, lost, [])
    postgres_cluster.drop(name)
