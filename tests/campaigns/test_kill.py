"""A few deaths of `campaigns/kill.py`: at each of the first steps of a life, and at random."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")


@pytest.fixture(scope="module")
def kill(campaign: Callable[[str], ModuleType]) -> ModuleType:
    return campaign("kill")


@pytest.fixture
def deaths(kill: ModuleType, tmp_path: Path) -> Iterator[Any]:
    kill.furnish(f"sqlite:///{tmp_path / 'station.db'}")
    with kill.printer(tmp_path) as address:
        yield kill.Deaths(tmp_path, address, 1)


@pytest.mark.fault("F9")
@pytest.mark.pain("5")
def test_a_station_killed_at_many_steps_loses_and_doubles_nothing(deaths: Any) -> None:
    number = 0
    for beat in range(1, 900, 19):
        number += 1
        if not deaths.one(number, die_at=beat):
            break
    assert deaths.seen["kills"] > 10
    assert deaths.seen["answered order"] > 0
    assert not deaths.one(number + 1, die_at=1_000_000), "a life without a death ends by itself"
    assert deaths.seen["answered signed"] > 0
    assert deaths.seen["answered scan"] > deaths.seen["answered signed"]


@pytest.mark.fault("F9")
@pytest.mark.pain("44")
def test_a_station_killed_at_random_moments_loses_and_doubles_nothing(deaths: Any) -> None:
    for number in range(8):
        deaths.one(number, after_s=0.05 + 0.06 * number)
    assert deaths.seen["kills"] == 8


@pytest.mark.parametrize(("lie", "said"), [
    ("UPDATE parcel_line SET packed = 0", "answered"),
    ("UPDATE parcel SET state = 'packed' WHERE state = 'signed'", "was signed and is"),
    ("DELETE FROM alarm", ""),
    ("UPDATE shop_order SET order_no = 'x' || order_no", "is lost"),
    ("UPDATE print_job SET state = 'waiting'", "would print again"),
])
def test_a_loss_that_is_planted_is_seen(
    kill: ModuleType, deaths: Any, lie: str, said: str
) -> None:
    deaths.one(1, die_at=1_000_000)
    database = kill.Database(deaths.url)
    database.write(lambda session: session.execute(kill.text("PRAGMA defer_foreign_keys=ON")))
    try:
        def look(session: Any) -> None:
            session.execute(kill.text(lie))
            deaths._compare(session, Counter({1: 1}))

        if said:
            with pytest.raises(kill.Violation, match=said):
                database.write(look)
        else:
            database.write(look)
    finally:
        database.close()
