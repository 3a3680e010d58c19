"""Of a camera the flight recorder keeps its comings and goings and its speed, and no picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drivers.camera import camera_worker
from drivers.camera.recorded import RATE_SECONDS, recorded
from drivers.camera.sources import NEW, Eye
from drivers.flight import About, FlightRecorder
from drivers.interfaces import DeviceGone


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Pictures(Eye):
    """An eye that shows so many pictures, some of them damaged, ``every`` so many seconds."""

    def __init__(self, time: Time, count: int, damaged: int = 0) -> None:
        super().__init__("cam", "1-camera")
        self.time, self.left, self.damaged, self.is_open = time, count, damaged, True
        self.every = 0.1

    def read_some(self) -> bytes:
        if not self.left:
            raise DeviceGone("1-camera", "cam", "its cable is out")
        self.left -= 1
        self.time.now += self.every
        return NEW

    def take(self) -> Any:
        self.damaged -= 1
        return None if self.damaged >= 0 else np.zeros((2, 2, 3), np.uint8)

    def _read(self) -> bytes:
        return b""

    def _release(self) -> None:
        self.is_open = False


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def recorder(time: Time) -> FlightRecorder:
    return FlightRecorder(About("1-camera", "camera", "cam"), clock=time)


def notes(recorder: FlightRecorder) -> list[str]:
    return [moment.note for moment in recorder.moments()]


def test_a_cameras_speed_and_its_loss_are_on_record(recorder: FlightRecorder, time: Time) -> None:
    inner = Pictures(time, round(RATE_SECONDS * 10) + 20, damaged=3)
    eye = recorded(lambda *_args, **_more: inner, recorder, time)("cam", device="1-camera")
    assert [eye.take() is None for _ in range(4)] == [True, True, True, False]
    for _ in range(inner.left):
        assert eye.read_some() == NEW
    with pytest.raises(DeviceGone):
        eye.read_some()
    eye.close()
    eye.close()
    assert notes(recorder) == [
        "opened", "10.0 pictures a second, 3 damaged", "10.0 pictures a second",
        "lost: DeviceGone", "closed"]
    assert not inner.is_open
    assert not any(moment.size for moment in recorder.moments())


def test_a_slow_cameras_speed_is_told_each_half_minute(
    recorder: FlightRecorder, time: Time
) -> None:
    inner = Pictures(time, 6)
    inner.every = 30.0
    eye = recorded(lambda *_args, **_more: inner, recorder, time)("cam")
    for told in (1, 2, 3):
        eye.read_some()
        assert notes(recorder) == ["opened", *["0.0 pictures a second"] * told]
    inner.every = 15.0
    eye.read_some()
    assert len(notes(recorder)) == 4
    eye.read_some()
    assert notes(recorder)[4:] == ["0.1 pictures a second"]
    eye.close()


def test_a_camera_that_does_not_open_is_on_record(recorder: FlightRecorder, time: Time) -> None:
    def away(*_args: Any, **_more: Any) -> Eye:
        raise DeviceGone("1-camera", "cam", "not there")

    with pytest.raises(DeviceGone):
        recorded(away, recorder, time)("cam")
    assert notes(recorder) == ["not opened: DeviceGone"]


def test_a_cameras_owner_has_the_recorder_before_its_eye(
    recorder: FlightRecorder, time: Time
) -> None:
    worker = camera_worker(
        "1-camera", "cam", settings={}, emit=lambda _: None, clock=time,
        opener=lambda *_args, **_more: Pictures(time, 0), recorder=recorder)
    worker._wait = lambda _seconds: worker.request_stop()
    worker.run()
    assert notes(recorder) == ["opened", "lost: DeviceGone", "closed"]


def test_a_wait_for_a_picture_is_cut_short_through_the_recorder(
    recorder: FlightRecorder, time: Time
) -> None:
    inner = Pictures(time, 1)
    told: list[bool] = []
    inner.cancel = lambda: told.append(True)  # type: ignore[method-assign]
    recorded(lambda *_args, **_more: inner, recorder, time)("cam").cancel()
    assert told == [True]
