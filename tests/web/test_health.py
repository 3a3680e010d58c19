"""`/api/v1/health`: well or not and why, in codes; nothing more for strangers."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import exc

from drivers.interfaces import DeviceState, Health
from station.db.models import Outbox
from station.db.trouble import Trouble, WritesStoppedError
from station.services import health as records
from web import health

FAR = {"REMOTE_ADDR": "192.168.1.20"}


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def ask(app: Flask) -> Callable[..., Any]:
    """What the station answers to somebody far away who has no key."""
    return lambda **facts: app.test_client().get(
        "/api/v1/health", environ_base=facts.get("environ", FAR))


def tell(shop: Any, state: DeviceState) -> None:
    bench = shop.station.benches["1"]
    bench.post(Health("1-scale", "scale", state, "COM4"))
    bench.scan("PBCMD-HELP")  # answered after the news before it


def test_a_stranger_hears_codes_and_nothing_else(open_shop: Any, ask: Any):
    open_shop.pay("A1", "JN8801-黑色-32")
    answer = ask()
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "reasons": []})


def test_whoever_may_pack_hears_of_the_queue_and_the_devices(open_shop: Any, ask: Any):
    told = ask(environ={"REMOTE_ADDR": "127.0.0.1"}).json
    assert set(told) == {"status", "reasons", "queue", "devices"}


@pytest.mark.parametrize("state", [
    state for state in DeviceState if state not in (DeviceState.READY, DeviceState.STARTING)])
def test_a_device_in_trouble_degrades_the_station_until_it_is_well(
    open_shop: Any, ask: Any, state: DeviceState
):
    tell(open_shop, state)
    answer = ask()
    assert answer.status_code == 200
    assert answer.json == {"status": "degraded", "reasons": [f"device_{state}"]}
    tell(open_shop, DeviceState.READY)
    assert ask().json["status"] == "ok"


def test_work_that_waits_too_long_is_told(open_shop: Any, ask: Any):
    open_shop.pay("A1", "JN8801-黑色-32")
    open_shop.add(Outbox(key="k", kind="shipped", payload={}, created_at=open_shop.clock.now,
                         due_at=open_shop.clock.now))
    open_shop.clock.later(minutes=15)
    assert ask().json["reasons"] == []
    open_shop.clock.later(seconds=1)
    assert ask().json["reasons"] == ["print_late", "platform_late"]
    open_shop.print_next()
    assert ask().json["reasons"] == ["platform_late"]


def test_a_disk_that_fills_up_is_told(
    open_shop: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(records.shutil, "disk_usage",
                        lambda _: Disk(2**40, 0, records.LITTLE_ROOM - 1))
    assert ask().json == {"status": "degraded", "reasons": ["disk_low"]}


@pytest.mark.parametrize("trouble", [Trouble.IO, Trouble.DAMAGED])
def test_a_station_that_writes_no_more_is_down(
    open_shop: Any, ask: Any, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
):
    def stopped() -> None:
        raise WritesStoppedError(trouble)

    monkeypatch.setattr(open_shop.station.db, "probe", stopped)
    answer = ask()
    assert answer.status_code == 503
    assert answer.json == {"status": "down", "reasons": [f"database_{trouble}"]}
    here = ask(environ={"REMOTE_ADDR": "127.0.0.1"})
    assert here.json == answer.json


def test_records_that_cannot_be_read_are_told_without_their_words(
    open_shop: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
):
    def unreadable(_work: Any) -> None:
        raise exc.OperationalError("SELECT 1", {"name": "张测试甲"}, ConnectionError("张测试甲"))

    monkeypatch.setattr(open_shop.station.db, "read", unreadable)
    answer = ask()
    assert answer.status_code == 503
    assert answer.json == {"status": "down", "reasons": ["database_gone"]}


def test_asking_changes_nothing(open_shop: Any, ask: Any):
    connection = open_shop.station.db.engine.connect()
    before = connection.exec_driver_sql("PRAGMA data_version").scalar()
    connection.rollback()
    for _ in range(3):
        ask()
    assert connection.exec_driver_sql("PRAGMA data_version").scalar() == before
    connection.close()


def test_the_troubles_of_devices_are_all_their_states_but_two():
    assert set(health.DEVICE_TROUBLES) == set(DeviceState) - {
        DeviceState.READY, DeviceState.STARTING}
