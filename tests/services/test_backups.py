"""The clock copies the database as often as the shop wants, and says so when it cannot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from station.db import backup
from station.jobs import BackupLoop
from station.services.backups import Plan, keep_copies

if TYPE_CHECKING:
    from conftest import Shop


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tmp_path / "backups", timedelta(hours=24), keep=3)


def test_a_copy_is_made_at_once_and_then_as_often_as_wanted(shop: Shop, plan: Plan) -> None:
    made = []
    for _ in range(10):
        made.append(keep_copies(shop.db, plan, now=shop.now))
        shop.later(hours=9)
    assert made == [True, False, False] * 3 + [True]
    assert len(backup.copies(plan.folder)) == 3


@pytest.mark.fault("F10")
def test_a_clock_that_was_ahead_does_not_stop_the_copies(shop: Shop, plan: Plan) -> None:
    keep_copies(shop.db, plan, now=shop.now + timedelta(days=300))
    assert keep_copies(shop.db, plan, now=shop.now)


@pytest.mark.fault("F11")
def test_a_copy_that_cannot_be_made_is_an_alarm_until_one_is(
    shop: Shop, plan: Plan, tmp_path: Path
) -> None:
    plan.folder.write_text("a file where the folder should be")
    for _ in range(3):
        assert not keep_copies(shop.db, plan, now=shop.now)
    assert shop.alarms() == ["backup_failed"]
    plan.folder.unlink()
    assert keep_copies(shop.db, plan, now=shop.now)
    assert shop.alarms() == []


def test_a_hand_made_copy_of_an_upgrade_does_not_stand_for_the_days(
    shop: Shop, plan: Plan
) -> None:
    backup.make(shop.db.url, plan.folder, now=shop.now, kind="before-upgrade-0001")
    assert keep_copies(shop.db, plan, now=shop.now)


def test_the_loop_makes_the_copy_that_is_due(sqlite_shop: Shop, plan: Plan) -> None:
    loop = BackupLoop(sqlite_shop.db, plan, now=lambda: sqlite_shop.now)
    assert not loop.step()
    assert not loop.step()
    (copy,) = backup.copies(plan.folder)
    assert copy.at == sqlite_shop.now
