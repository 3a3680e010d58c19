"""One thread owns one camera: scans once per appearance, starves nobody, forgets what is old."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from drivers.camera import camera_worker
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import open_camera
from drivers.camera.worker import HINT
from drivers.interfaces import DeviceGone, DeviceState, Health, PortBusy, PortRefused, Scan

WAYBILL = "773112345678901"
OTHER = "773112345678902"


@pytest.fixture(scope="session")
def other(draw: Callable[..., Any]) -> Any:
    return draw(("code128", OTHER), turn=15)


@pytest.fixture(scope="session")
def both(draw: Callable[..., Any]) -> Any:
    return draw(("code128", WAYBILL), ("code128", OTHER), scale=0.35)


# --- scans --------------------------------------------------------------------------------------


def test_a_label_held_before_the_camera_is_one_scan(stand: Any, label: Any, empty: Any) -> None:
    stand.eye(*[empty] * 4, *[label] * 40)
    assert stand.run({WAYBILL}) == [WAYBILL]


def test_a_scan_says_what_was_read_where_and_when(stand: Any, label: Any) -> None:
    stand.eye(label)
    stand.run({WAYBILL})
    (scan,) = [told for told in stand.told if isinstance(told, Scan)]
    assert scan == Scan(WAYBILL, "]C0", WAYBILL.encode(), "camera", 1000.125)


def test_a_label_that_has_left_and_comes_back_is_two_scans(
    stand: Any, label: Any, empty: Any
) -> None:
    stand.eye(*[label] * 4, *[empty] * 20, *[label] * 4)
    assert stand.run({WAYBILL}) == [WAYBILL, WAYBILL]


def test_a_mere_witness_reads_nothing_and_still_takes_pictures(stand: Any, label: Any) -> None:
    stand.eye(*[label] * 4)
    worker = stand.build({WAYBILL}, reads=False)
    pictures: list[Any] = []
    shoot = worker._stream.feed

    def feed(data: bytes, at: float) -> Any:
        told = shoot(data, at)
        pictures.append(worker._stream.photograph(stand.clock.now))
        return told

    worker._stream.feed = feed
    worker.run()
    assert stand.codes == []
    assert worker._stream.looks == 0
    assert all(picture is not None for picture in pictures)
    assert pictures


def test_a_hand_that_passes_over_the_label_makes_no_second_scan(
    stand: Any, label: Any, empty: Any
) -> None:
    stand.eye(*[label] * 4, *[empty] * 5, *[label] * 4)
    assert stand.run({WAYBILL}) == [WAYBILL]


def test_a_label_that_lies_there_does_not_hide_the_next_one(
    stand: Any, label: Any, both: Any
) -> None:
    stand.eye(*[label] * 10, *[both] * 3)
    assert stand.run({WAYBILL, OTHER}) == [WAYBILL, OTHER]


def test_codes_that_come_into_sight_together_say_so(
    stand: Any, both: Any, label: Any, empty: Any
) -> None:
    stand.eye(*[both] * 3, *[empty] * 20, *[label] * 3)
    stand.run({WAYBILL, "773112345678902"})
    scans = [event for event in stand.told if isinstance(event, Scan)]
    assert [scan.beside for scan in scans] == [1, 1, 0]


def test_only_what_is_expected_is_told(stand: Any, both: Any) -> None:
    stand.eye(*[both] * 10)
    assert stand.run(lambda text: text == OTHER) == [OTHER]


def test_what_is_expected_may_change_while_the_camera_runs(
    stand: Any, label: Any, empty: Any
) -> None:
    def expect_both() -> float:
        stand.worker.expect({WAYBILL, OTHER})
        return 0.0

    eye = stand.eye(*[label] * 2, *[empty] * 20, *[label] * 3)
    stand.build({OTHER})
    shots = eye._shots
    count = iter(range(100))

    def script() -> Any:
        for shot in shots:
            if next(count) == 20:
                expect_both()
            yield shot

    eye._shots = script()
    stand.worker.run()
    assert stand.codes == [WAYBILL]


def test_where_nothing_is_expected_two_looks_must_agree(stand: Any, label: Any, empty: Any) -> None:
    stand.eye(label, *[empty] * 20)
    assert stand.run(None) == []
    stand.eye(label, label, *[empty] * 20)
    assert stand.run(None) == [WAYBILL]


def test_codes_outside_the_region_are_not_looked_for(stand: Any, draw: Callable[..., Any]) -> None:
    seen = draw(("code128", WAYBILL), ("code128", OTHER), scale=0.35)
    stand.eye(*[seen] * 8)
    assert stand.run({WAYBILL, OTHER}, region=(0.0, 0.5, 1.0, 0.5)) == [OTHER]


# --- looks and their share ----------------------------------------------------------------------


def test_no_more_looks_are_made_than_are_set(stand: Any, label: Any, empty: Any) -> None:
    eye = stand.eye(*[empty, label] * 75, every=1 / 30)
    stand.run({WAYBILL}, looks_per_second=4.0)
    assert eye.taken <= 4 * 5 + 1
    assert eye.taken >= 15


@pytest.mark.pain("37")
def test_looking_takes_no_more_than_its_share_of_a_core(
    stand: Any, label: Any, empty: Any, clock: Any
) -> None:
    worked = [0.0]
    stand.busy = lambda: worked[0]
    eye = stand.eye(*[empty, label] * 150, every=1 / 30)
    stand.build({WAYBILL}, cpu_percent=30.0, looks_per_second=30.0)
    look = stand.stream._reader.look

    def dear_look(*given: Any, **named: Any) -> Any:
        worked[0] += 0.1
        clock.pass_by(0.1)
        return look(*given, **named)

    stand.stream._reader.look = dear_look
    begun = clock.now
    stand.worker.run()
    assert stand.stream.looks >= 10
    assert worked[0] <= 0.33 * (clock.now - begun) + 0.1
    assert eye.taken < 150, "of 300"


def test_a_bench_at_rest_is_looked_at_once_a_second(stand: Any, empty: Any) -> None:
    eye = stand.eye(*[empty] * 81)
    stand.run({WAYBILL})
    assert eye.taken == pytest.approx(81, abs=1)
    assert stand.stream.looks <= 12


def test_pictures_that_are_not_looked_at_are_not_even_decoded(stand: Any, empty: Any) -> None:
    eye = stand.eye(*[empty] * 120, every=1 / 60)
    stand.run({WAYBILL}, looks_per_second=5.0)
    assert eye.taken <= 11
    assert stand.stream.frames == 120


# --- health -------------------------------------------------------------------------------------


def test_a_camera_that_gives_pictures_is_ready(stand: Any, empty: Any) -> None:
    stand.eye(*[empty] * 3)
    stand.run()
    assert stand.states[:2] == ["starting", "ready"]
    assert all(told.kind == "camera" for told in stand.told if isinstance(told, Health))


@pytest.mark.pain("37")
def test_a_camera_that_vanishes_is_gone_and_back_when_it_returns(
    stand: Any, empty: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for _ in range(2):
        stand.eye(*[empty] * 3)
        stand.eyes.append(DeviceGone("camera", "fake://", "no such camera"))
    stand.run()
    assert stand.states == ["starting", "ready", "gone", "ready", "gone"]
    assert [record.message for record in caplog.records].count("camera (fake://) is back") == 1
    assert len(caplog.records) == 3, "gone, back, gone"


def test_coming_back_is_tried_more_and_more_slowly(stand: Any) -> None:
    stand.eyes += [DeviceGone("camera", "fake://", "no such camera")] * 6
    stand.run()
    assert stand.waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_label_that_lay_there_all_the_while_is_no_second_scan(stand: Any, label: Any) -> None:
    stand.eye(*[label] * 5)
    stand.eye(*[label] * 20)
    assert stand.run({WAYBILL}) == [WAYBILL]


def test_a_camera_without_pictures_is_silent(stand: Any, empty: Any) -> None:
    stand.eye(*[empty] * 3, *[0.2] * 20, *[empty] * 3)
    stand.run()
    assert stand.states[:4] == ["starting", "ready", "silent", "ready"]


def test_damaged_pictures_are_told_with_what_to_look_at(stand: Any, empty: Any) -> None:
    stand.eye(*[empty] * 3, *[None] * 40, *[empty] * 8)
    stand.run()
    assert stand.states[:4] == ["starting", "ready", "misconfigured", "ready"]
    (told,) = [one for one in stand.told
               if isinstance(one, Health) and one.state is DeviceState.MISCONFIGURED]
    assert told.detail == "unreadable"
    assert told.facts["hint"] == HINT
    assert "baud" not in HINT


def test_a_single_damaged_picture_is_nothing(stand: Any, label: Any, empty: Any) -> None:
    stand.eye(empty, None, *[empty] * 5, None, *[label] * 3)
    assert stand.run({WAYBILL}) == [WAYBILL]
    assert stand.states[:2] == ["starting", "ready"]
    assert "misconfigured" not in stand.states


def test_a_camera_that_another_program_uses_is_busy(stand: Any, empty: Any) -> None:
    stand.eyes.append(PortBusy("camera", "fake://", "who else uses it?"))
    stand.eye(*[empty] * 2)
    stand.run()
    assert stand.states[:3] == ["starting", "busy", "ready"]


def test_a_camera_that_may_not_be_opened_stops_until_it_is_configured(stand: Any) -> None:
    stand.eyes.append(PortRefused("camera", "fake://", "join the group video"))
    stand.run()
    assert stand.states == ["starting", "misconfigured"]


def test_every_eye_is_closed_again(stand: Any, empty: Any) -> None:
    eyes = [stand.eye(*[empty] * 2) for _ in range(3)]
    stand.run()
    assert all(eye.is_closed for eye in eyes)


def test_a_driver_that_fails_is_told_and_not_silent(
    stand: Any, label: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: str) -> bool:
        raise RuntimeError("a mistake in the caller's test")

    stand.eye(*[label] * 3)
    stand.build(broken)
    stand.worker.start()
    stand.worker._thread.join(60)
    assert stand.states[-1] == "gone"
    assert stand.told[-1].detail == "driver_failed"
    assert "its driver has failed" in caplog.text


# --- photographs --------------------------------------------------------------------------------


def test_a_photograph_is_of_the_newest_picture(stand: Any, empty: Any, label: Any) -> None:
    stand.eye(empty, label)
    stand.run()
    stand.stream._newest = (np.full((90, 160, 3), 200, np.uint8), stand.clock.now - 0.5)
    photo = stand.stream.photograph(stand.clock.now)
    assert photo.age == pytest.approx(0.5)
    assert (photo.width, photo.height) == (160, 90)
    opened = np.asarray(Image.open(BytesIO(photo.jpeg)))
    assert opened.mean() == pytest.approx(200, abs=2)


def test_a_camera_that_is_gone_gives_no_evidence_however_fresh_its_last_picture(
    stand: Any, label: Any
) -> None:
    stand.eye(label)
    stand.run({WAYBILL})
    assert stand.states[-1] == "gone"
    assert stand.stream.photograph(stand.clock.now) is not None
    assert stand.worker.photograph() is None


def test_a_picture_that_is_too_old_is_no_evidence(stand: Any, empty: Any) -> None:
    stand.eye(empty)
    stand.run()
    frame = np.zeros((90, 160, 3), np.uint8)
    stand.stream._newest = (frame, stand.clock.now - 1.9)
    assert stand.stream.photograph(stand.clock.now) is not None
    stand.stream._newest = (frame, stand.clock.now - 2.1)
    assert stand.stream.photograph(stand.clock.now) is None


def test_no_picture_from_before_a_break_is_shown_after_it(stand: Any, empty: Any) -> None:
    seen: list[Any] = []

    def asked_at_the_second_opening() -> Any:
        seen.append(stand.stream.photograph(stand.clock.now))
        yield 0.0
        seen.append(stand.stream.photograph(stand.clock.now))
        yield empty
        yield empty
        seen.append(stand.stream.photograph(stand.clock.now))

    stand.eye(empty, empty)
    stand.eye()._shots = asked_at_the_second_opening()
    stand.run(stale_ms=60_000)
    before, quiet, after = seen
    assert before is None
    assert quiet is None
    assert after is not None


def test_a_photograph_keeps_its_limit(stand: Any, clock: Any) -> None:
    chance = np.random.default_rng(3)
    stand.build(photo_kb=60)
    stand.stream._newest = (chance.integers(0, 256, (720, 1280, 3), np.uint8), clock.now)
    photo = stand.stream.photograph(stand.clock.now)
    assert len(photo.jpeg) <= 60_000


def test_a_camera_not_yet_started_has_no_photograph(stand: Any) -> None:
    assert stand.build().photograph() is None


# --- with a thread and real sources -------------------------------------------------------------


def until(events: queue.SimpleQueue[Any], wanted: Callable[[Any], bool]) -> Any:
    while True:
        event = events.get(timeout=60)
        if wanted(event):
            return event


def is_scan(event: Any) -> bool:
    return isinstance(event, Scan)


def state_is(state: str) -> Callable[[Any], bool]:
    return lambda event: isinstance(event, Health) and event.state == state


def test_a_video_file_is_scanned(tmp_path: Path, label: Any, empty: Any) -> None:
    path = tmp_path / "bench.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (640, 480))
    for seen in [*[empty] * 5, *[label] * 15]:
        writer.write(cv2.cvtColor(seen, cv2.COLOR_GRAY2BGR))
    writer.release()
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    worker = camera_worker(
        "film", str(path), settings={"loop": True, "cpu_percent": 100, "budget_ms": 1000},
        emit=events.put)
    worker.expect({WAYBILL})
    worker.start()
    try:
        assert until(events, is_scan).data == WAYBILL
        assert worker.photograph() is not None
    finally:
        assert worker.stop()


def test_a_folder_that_vanishes_and_returns_is_watched_again(
    tmp_path: Path, label: Any, empty: Any
) -> None:
    folder = tmp_path / "frames"

    def lay(name: str, seen: Any) -> None:
        folder.mkdir(exist_ok=True)
        unfinished = folder / f".{name}"
        cv2.imwrite(str(unfinished), seen)
        unfinished.rename(folder / name)

    lay("1.png", empty)
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    worker = camera_worker(
        "folder", f"frames://{folder}", emit=events.put,
        settings={"loop": True, "cpu_percent": 100, "budget_ms": 1000})
    worker._wait = lambda _: threading.Event().wait(0.01)
    worker.expect({WAYBILL})
    worker.start()
    try:
        until(events, state_is("ready"))
        (folder / "1.png").unlink()
        folder.rmdir()
        until(events, state_is("gone"))
        lay("2.png", label)
        assert until(events, is_scan).data == WAYBILL
    finally:
        assert worker.stop()


def test_stopping_is_prompt_while_nothing_comes(tmp_path: Path) -> None:
    ready = threading.Event()

    def opener(*given: Any, **named: Any) -> Any:
        ready.set()
        return open_camera(*given, **named)

    worker = camera_worker(
        "folder", f"frames://{tmp_path}", settings={}, emit=lambda _: None, opener=opener)
    worker.start()
    assert ready.wait(60)
    assert worker.stop(5)
    assert not worker.is_running


def test_settings_reach_the_source() -> None:
    given: list[Any] = []

    def opener(url: str, **named: Any) -> Any:
        given.append((url, named["device"], named["settings"]))
        raise PortRefused("over bench", url, "that was all")

    worker = camera_worker(
        "over bench", "0", settings={"width": 640, "height": 480}, emit=lambda _: None,
        opener=opener)
    worker.run()
    assert given == [("0", "over bench", CameraSettings(width=640, height=480))]
