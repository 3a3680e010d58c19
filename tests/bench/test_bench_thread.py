"""The bench's queue and thread: order, bounces, notices, restarts, and trouble that is survived."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from drivers.interfaces import (
    DeviceState,
    Health,
    NoRead,
    Reading,
    ReadingStatus,
    Scan,
    WeighingMode,
)
from station import config as configuration
from station.bench import Bench, BenchSettings
from station.bench.bench import TICK_S
from station.db.models import History, Parcel
from station.domain.refusals import Code
from station.domain.screen import BenchView, Mood, Step
from station.services import issuing
from station.services.live import Hub

BAR = "6900000000003"


def item(sku: str, quantity: int = 1) -> tuple[str, int, None]:
    return sku, quantity, None


class Room:
    """A running bench whose clock moves one second with every scan."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.hub = Hub()
        house.db.on_commit = self.hub.tell
        self.bench: Bench = house.bench(self.hub)
        self.bench.start()

    def scan(self, code: str, source: str = "page", later: float = 1.0) -> BenchView:
        self.house.seconds += later
        return self.bench.scan(code, source=source)

    def until(self, good: Callable[[BenchView], bool]) -> BenchView:
        """The first view that is as wanted. Time goes on: the bench looks by its clock."""
        with self.hub.listen() as heard:
            late = time.monotonic() + 60
            while time.monotonic() < late:
                view = self.bench.view()
                if good(view):
                    return view
                self.house.seconds += TICK_S
                with suppress(queue.Empty):
                    heard.get(timeout=0.2)
        raise AssertionError(f"it never came: {self.bench.view()}")


@pytest.fixture
def room(house: Any) -> Iterator[Room]:
    made = Room(house)
    yield made
    made.bench.stop()


def code_of(view: BenchView) -> str:
    return view.verdict.message.code if view.verdict else ""


# --- Waiting for the verdict --------------------------------------------------------------------


@pytest.mark.pain("44")
def test_a_scan_returns_when_its_verdict_is_durable(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 2))
    assert room.scan(parcel.waybill_no).step is Step.ITEMS
    view = room.scan(BAR)
    assert view.verdict.mood is Mood.GOOD
    assert room.house.packed(parcel) == {"TS-W-M": 1}


def test_the_view_is_the_last_answers_view(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 2))
    view = room.scan(parcel.waybill_no)
    assert room.bench.view().parcel == view.parcel
    assert room.bench.view().revision >= view.revision


def test_every_change_counts_the_revision_up_and_is_told(room: Room) -> None:
    with room.hub.listen() as heard:
        before = room.bench.view().revision
        view = room.scan("unknown")
        assert view.revision > before
        topics = {heard.get(timeout=60)}
    assert "bench:1" in topics


def test_many_fingers_at_once_are_served_one_after_the_other(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 5))
    room.scan(parcel.waybill_no)
    views: list[BenchView] = []
    threads = [
        threading.Thread(target=lambda n=n: views.append(room.bench.scan(BAR, source=f"s{n}")))
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(view.parcel.items[0].packed for view in views) == [1, 2, 3, 4, 5]


def test_a_touch_is_a_command_or_a_scan(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 2))
    assert room.bench.touch("scan", code=parcel.waybill_no).step is Step.ITEMS
    assert code_of(room.bench.touch("help")) == "prompt.items"
    assert room.bench.touch("next").step is Step.IDLE
    assert code_of(room.bench.touch("dance")) == Code.BENCH_UNKNOWN_COMMAND


# --- Bounces ------------------------------------------------------------------------------------


@pytest.mark.fault("F6")
@pytest.mark.pain("11")
def test_a_keyboard_scan_that_bounces_is_one(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 5))
    room.scan(parcel.waybill_no)
    room.scan(BAR)
    room.scan(BAR, later=0.1)
    assert room.scan(BAR, later=0.2).parcel.items[0].packed == 1
    assert room.scan(BAR, later=0.5).parcel.items[0].packed == 2


@pytest.mark.fault("F6")
def test_the_same_code_from_two_scanners_is_two(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 5))
    room.scan(parcel.waybill_no)
    room.scan(BAR, "left")
    assert room.scan(BAR, "right", later=0.0).parcel.items[0].packed == 2


def test_a_finger_never_bounces(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 33))
    room.scan(parcel.waybill_no)
    room.scan("PBCMD-QTY", "touch")
    room.scan("PBCMD-3", "touch")
    assert room.scan("PBCMD-3", "touch", later=0.0).entry == "33"


def test_a_serial_scanners_bounces_were_dropped_by_its_driver(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M", 5))
    room.scan(parcel.waybill_no)
    for _ in range(3):
        room.bench.post(Scan(BAR, device="1-scanner"))
    room.until(lambda view: view.parcel is not None and view.parcel.items[0].packed == 3)


# --- Devices ------------------------------------------------------------------------------------


def test_a_posted_scan_needs_nobody_to_wait(room: Room) -> None:
    parcel = room.house.print_parcel(item("TS-W-M"))
    room.bench.post(Scan(parcel.waybill_no, device="1-scanner"))
    room.until(lambda view: view.step is Step.ITEMS)


def test_devices_tell_how_they_are(room: Room) -> None:
    room.bench.post(Health("1-printer", "printer", DeviceState.ATTENTION, "usb", "paper_out"))
    room.bench.post(NoRead("no_read", device="1-scanner"))
    view = room.until(lambda view: code_of(view) == Code.BENCH_NO_READ)
    assert [(d.name, d.state, d.detail) for d in view.devices] == [
        ("1-printer", "attention", "paper_out")]


def test_readings_show_the_weight_and_take_it_when_it_is_due(house: Any, room: Room) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    for code in (parcel.waybill_no, BAR, "PBMAT-BAG-STO", "PBCMD-DONE"):
        room.scan(code)
    for n in range(60):
        house.seconds += 0.1
        grams = Decimal(0 if n < 20 else 184)
        room.bench.post(Reading(
            value=grams, unit="g", grams=grams, stable=True, mode=WeighingMode.GROSS,
            status=ReadingStatus.OK, raw=b"ST", at=house.seconds,
        ))
        room.bench.touch("help")  # an answer proves that the reading before it was taken
    view = room.bench.view()
    assert (view.step, view.parcel.weight_g) == (Step.SIGN, 184)
    assert view.weight.grams == 184


def test_readings_write_nothing_to_the_database(house: Any, room: Room) -> None:
    count = select(History.id)
    before = len(house.read(lambda s: s.scalars(count).all()))
    for n in range(50):
        room.bench.post(Health("1-scale", "scale", DeviceState.READY, "COM3", str(n)))
    room.until(lambda view: bool(view.devices) and view.devices[0].detail == "49")
    assert len(house.read(lambda s: s.scalars(count).all())) == before


# --- News from elsewhere ------------------------------------------------------------------------


def test_a_refund_told_elsewhere_rings_at_the_bench_at_once(house: Any, room: Room) -> None:
    parcel = house.print_parcel(item("TS-W-M", 2))
    room.scan(parcel.waybill_no)
    house.write(lambda s: issuing.stop(s, s.get(Parcel, parcel.id), kind="refunded", now=house.now))
    house.seconds += 1  # less than the bench lets pass before it looks without a notice
    view = room.until(lambda view: code_of(view) == Code.WAYBILL_STOPPED)
    assert (view.verdict.mood, view.locked) == (Mood.ALARM, True)


def test_a_change_of_which_no_notice_came_is_found_in_time(house: Any, room: Room) -> None:
    parcel = house.print_parcel(item("TS-W-M", 2))
    room.scan(parcel.waybill_no)
    house.write(lambda s: setattr(s.get(Parcel, parcel.id), "state", "stopped"))
    house.seconds += 3
    room.until(lambda view: code_of(view) == Code.WAYBILL_STOPPED)


# --- Starting, stopping, failing ----------------------------------------------------------------


def test_a_bench_that_does_not_run_says_so(house: Any) -> None:
    bench = house.bench()
    assert bench.view().step is Step.IDLE
    with pytest.raises(RuntimeError, match="bench 1 is not running"):
        bench.scan("x")
    bench.stop()
    bench.start()
    bench.start()
    bench.stop()
    bench.stop()
    with pytest.raises(RuntimeError, match="not running"):
        bench.touch("help")


def test_a_bench_whose_start_was_broken_off_can_be_stopped_and_started(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    bench = house.bench()
    with monkeypatch.context() as patched:
        patched.setattr(type(bench._flow), "resume", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench.start()
    bench.stop()
    with pytest.raises(RuntimeError, match="not running"):
        bench.scan("x")
    bench.start()
    bench.stop()


@pytest.mark.pain("46")
def test_a_restarted_bench_goes_on_with_its_parcel(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M", 2))
    first = Room(house)
    first.scan(parcel.waybill_no)
    first.scan(BAR)
    first.bench.stop()
    second = Room(house)
    view = second.until(lambda view: view.parcel is not None)
    assert (view.step, view.parcel.items[0].packed) == (Step.ITEMS, 1)
    assert second.scan(BAR).step is Step.MATERIAL
    second.bench.stop()


def test_a_failing_database_is_told_on_the_screen_and_survived(
    house: Any, room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    parcel = house.print_parcel(item("TS-W-M", 2))
    room.scan(parcel.waybill_no)

    def full(_work: Any) -> None:
        raise OSError("database or disk is full, near 林小满 13900000101")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(house.db, "write", full)
        view = room.scan(BAR)
    assert (code_of(view), view.verdict.mood, view.locked) == ("bench.trouble", Mood.ALARM, True)
    assert "OSError" in caplog.text
    assert "13900000101" not in caplog.text
    room.scan("PBCMD-OK")
    assert room.scan(BAR).parcel.items[0].packed == 1


def test_a_step_that_was_stored_before_the_trouble_is_found_again(
    house: Any, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = house.print_parcel(item("TS-W-M", 2))
    write = house.db.write

    def stored_then_lost(work: Any) -> None:
        write(work)
        raise ConnectionError("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(house.db, "write", stored_then_lost)
        assert code_of(room.scan(parcel.waybill_no)) == "bench.trouble"
    view = room.scan("PBCMD-OK")
    assert view.parcel is not None
    assert view.parcel.waybill_no == parcel.waybill_no


# --- Settings -----------------------------------------------------------------------------------


def test_the_settings_come_from_the_configuration(tmp_path: Path) -> None:
    config = configuration.parse("""
        [weighing]
        settle_s = 0.5
        [packing]
        bounce_ms = 0
        [[bench]]
        name = "A"
        [bench.scale]
        port = "COM3"
        division_g = 2
        [[bench.scanner]]
        name = "hand"
        port = "COM4"
        [bench.printer]
        port = "COM5"
    """, tmp_path)
    settings = BenchSettings.of(config, config.benches[0])
    assert settings.scale == "A-scale"
    assert (settings.pan.settle_s, int(settings.pan.division_g), settings.bounce_s) == (0.5, 2, 0)
    assert [(d.name, d.kind, d.state) for d in settings.devices] == [
        ("A-scale", "scale", "starting"), ("A-hand", "scanner", "starting"),
        ("A-printer", "printer", "starting")]


def test_a_bench_may_have_no_devices_at_all(tmp_path: Path) -> None:
    config = configuration.parse('[[bench]]\nname = "A"\n', tmp_path)
    settings = BenchSettings.of(config, config.benches[0])
    assert (settings.scale, settings.devices) == ("", ())


def test_a_scan_that_comes_while_the_bench_looks_around_is_served_at_once(
    house: Any, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.bench.bench.TICK_S", 30.0)
    looking, may_go_on = threading.Event(), threading.Event()

    def look() -> None:
        looking.set()
        may_go_on.wait(60)

    monkeypatch.setattr(room.bench._flow, "look_again", look)
    house.seconds += 60
    room.bench.post(Health("1-scale", "scale", DeviceState.READY, "COM3", "woken"))
    assert looking.wait(60)
    asker = threading.Thread(target=room.bench.scan, args=("PBCMD-HELP",))
    asker.start()
    while room.bench._queue.empty():
        pass  # until the scan is in and has found the turn taken
    may_go_on.set()
    asker.join(60)
    assert not asker.is_alive()
