"""The address chooses where pictures come from, and each source says in words what it lacks."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivers.camera import sources
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import (
    NEW,
    FileEye,
    FolderEye,
    LiveEye,
    decoded,
    open_camera,
    shown,
)
from drivers.interfaces import DeviceGone, PortBusy, PortRefused

SIZE = (320, 240)
SETTINGS = CameraSettings()
LOOPING = CameraSettings(loop=True)


def tone(level: int) -> Any:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Five pictures, each lighter than the one before, ten a second."""
    path = tmp_path / "bench.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for level in range(0, 250, 50):
        writer.write(tone(level))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "frames"
    made.mkdir()
    return made


def write(folder: Path, name: str, level: int = 128) -> None:
    _, data = cv2.imencode(Path(name).suffix, tone(level))
    (folder / name).write_bytes(data.tobytes())


def levels(eye: Any, clock: Any, reads: int = 100) -> list[int]:
    """The tones of the pictures that come until the source is gone."""
    found = []
    try:
        for _ in range(reads):
            if eye.read_some() == NEW:
                taken = eye.take()
                found.append(-1 if taken is None else round(float(taken.mean()), -1))
            clock.pass_by(0.02)
    except DeviceGone:
        pass
    finally:
        eye.close()
    return [int(level) for level in found]


def opened(url: object, clock: Any, settings: CameraSettings = SETTINGS) -> Any:
    eye = open_camera(str(url), device="camera", settings=settings, clock=clock)
    if isinstance(eye, FileEye | FolderEye):
        eye._wait = clock.pass_by
    return eye


# --- video files --------------------------------------------------------------------------------


def test_a_video_file_is_played_to_its_end(video: Path, clock: Any) -> None:
    assert levels(opened(video, clock), clock) == [0, 50, 100, 150, 200]


def test_a_video_is_played_at_its_own_speed(video: Path, clock: Any) -> None:
    eye, begun = opened(video, clock), clock.now
    for _ in range(5):
        while eye.read_some() != NEW:
            pass
    eye.close()
    assert clock.now - begun == pytest.approx(0.4, abs=0.05)


def test_a_video_can_be_played_faster(video: Path, clock: Any) -> None:
    eye, begun = opened(video, clock, CameraSettings(play_fps=100)), clock.now
    for _ in range(5):
        while eye.read_some() != NEW:
            pass
    eye.close()
    assert clock.now - begun == pytest.approx(0.04, abs=0.01)


def test_a_video_that_ends_is_gone(video: Path, clock: Any) -> None:
    eye = opened(video, clock)
    for _ in range(5):
        assert eye.read_some() == NEW
        clock.pass_by(1)
    with closing(eye), pytest.raises(DeviceGone, match="the video has ended"):
        eye.read_some()


def test_a_video_can_begin_again(video: Path, clock: Any) -> None:
    assert levels(opened(video, clock, LOOPING), clock, 60)[:7] == [0, 50, 100, 150, 200, 0, 50]


def test_a_file_that_is_no_video_is_refused(tmp_path: Path, clock: Any) -> None:
    other = tmp_path / "letter.avi"
    other.write_text("Dear shop")
    with pytest.raises(PortRefused, match="this file is no video"):
        opened(other, clock)


def test_a_file_that_is_not_there_is_gone(tmp_path: Path, clock: Any) -> None:
    with pytest.raises(DeviceGone, match="no such camera or video file"):
        opened(tmp_path / "bench.avi", clock)


# --- folders ------------------------------------------------------------------------------------


def test_a_folder_is_shown_in_the_order_of_names(folder: Path, clock: Any) -> None:
    for name, level in (("b.png", 100), ("a.jpg", 50), ("c.jpeg", 150)):
        write(folder, name, level)
    assert levels(opened(f"frames://{folder}", clock), clock) == [50, 100, 150]


def test_pictures_written_later_are_shown_later(folder: Path, clock: Any) -> None:
    write(folder, "1.png", 50)
    eye = opened(f"frames://{folder}", clock)
    assert eye.read_some() == NEW
    assert eye.read_some() == b""
    write(folder, "2.png", 100)
    clock.pass_by(1)
    assert eye.read_some() == NEW
    assert int(eye.take().mean()) == 100
    eye.close()


def test_what_is_unfinished_or_no_picture_is_not_shown(folder: Path, clock: Any) -> None:
    write(folder, ".3.png")
    (folder / "notes.txt").write_text("x")
    eye = opened(f"frames://{folder}", clock)
    with closing(eye):
        assert eye.read_some() == b""


def test_a_folder_can_begin_again(folder: Path, clock: Any) -> None:
    for level in (50, 100):
        write(folder, f"{level:03}.png", level)
    shown_levels = levels(opened(f"frames://{folder}", clock, LOOPING), clock, 30)
    assert shown_levels[:5] == [50, 100, 50, 100, 50]


def test_a_damaged_picture_is_taken_as_none(folder: Path, clock: Any) -> None:
    (folder / "1.jpg").write_bytes(b"\xff\xd8 not at all")
    (folder / "2.jpg").write_bytes(b"")
    write(folder, "3.png", 100)
    assert levels(opened(f"frames://{folder}", clock), clock) == [-1, -1, 100]


def test_a_picture_that_was_removed_meanwhile_is_taken_as_none(folder: Path, clock: Any) -> None:
    write(folder, "1.png")
    eye = opened(f"frames://{folder}", clock)
    with closing(eye):
        assert eye.read_some() == NEW
        (folder / "1.png").unlink()
        assert eye.take() is None


def test_a_folder_that_vanishes_is_gone(folder: Path, clock: Any) -> None:
    eye = opened(f"frames://{folder}", clock)
    shutil.rmtree(folder)
    clock.pass_by(1)
    with closing(eye), pytest.raises(DeviceGone):
        eye.read_some()


def test_a_folder_that_is_not_there_is_gone(folder: Path, clock: Any) -> None:
    with pytest.raises(DeviceGone, match="no such folder"):
        opened(f"frames://{folder}/deeper", clock)


def test_a_folder_may_have_blanks_in_its_name(tmp_path: Path, clock: Any) -> None:
    blank = tmp_path / "a b"
    blank.mkdir()
    opened(f"frames://{tmp_path}/a%20b", clock).close()


def test_waiting_for_the_next_picture_can_be_broken_off(folder: Path, clock: Any) -> None:
    write(folder, "1.png")
    eye = open_camera(f"frames://{folder}", device="c", settings=SETTINGS, clock=clock)
    assert eye.read_some() == NEW
    reading = threading.Thread(target=eye.read_some)
    eye.cancel()
    reading.start()
    reading.join(60)
    assert not reading.is_alive(), "0.04 s would have passed by the set clock only"
    eye.close()


class Waiting:
    """Waits by the set clock, and remembers how long."""

    def __init__(self, clock: Any) -> None:
        self.clock, self.waited = clock, list[float]()

    def __call__(self, seconds: float) -> None:
        self.waited.append(round(seconds, 6))
        self.clock.pass_by(seconds)


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize(("fps", "waited"), [
    (0.0, [0.04]), (8.0, [0.125]), (2.0, [0.2, 0.2, 0.1]), (4.0, [0.2, 0.05]),
])
def test_the_next_picture_is_waited_for_in_pieces_of_a_fifth_of_a_second(
    kind: str, fps: float, waited: list[float], folder: Path, clock: Any
) -> None:
    for name in ("1.png", "2.png", "3.png"):
        write(folder, name)
    waiting, settings = Waiting(clock), CameraSettings(play_fps=fps)
    eye: FileEye | FolderEye
    if kind == "file":
        eye = FileEye("x", "c", FakeCapture(9), settings=settings, clock=clock, wait=waiting)
    else:
        eye = FolderEye("x", "c", folder, settings=settings, clock=clock, wait=waiting)
    assert (eye.read_some(), waiting.waited) == (NEW, [])
    assert [eye.read_some() for _ in waited] == [b""] * (len(waited) - 1) + [NEW]
    assert waiting.waited == waited
    clock.pass_by(60)
    assert (eye.read_some(), waiting.waited) == (NEW, waited), "late, and not waited for"
    eye.close()


def test_pictures_that_were_missed_are_not_made_up_for(clock: Any) -> None:
    waiting = Waiting(clock)
    eye = FileEye("x", "c", FakeCapture(9), settings=CameraSettings(play_fps=8.0), clock=clock,
                  wait=waiting)
    assert eye.read_some() == NEW
    clock.pass_by(60)
    assert eye.read_some() == NEW
    assert eye.read_some() == NEW, "at once, for it is late as well"
    assert waiting.waited == [], "and then the clock goes on from here"
    assert (eye.read_some(), waiting.waited) == (NEW, [0.125])


# --- cameras and streams ------------------------------------------------------------------------


class FakeCapture:
    """Stands for ``cv2.VideoCapture``: so many pictures, then none."""

    def __init__(self, pictures: int = 2, *, opens: bool = True) -> None:
        self.left, self.opens = pictures, opens
        self.set_to: dict[int, float] = {}
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opens

    def set(self, prop: int, value: float) -> bool:
        self.set_to[prop] = value
        return True

    def get(self, _prop: int) -> float:
        return 0.0

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def retrieve(self) -> tuple[bool, Any]:
        return self.left >= 0, tone(90)

    def release(self) -> None:
        self.released = True


Plug = Callable[[FakeCapture], list[tuple[Any, ...]]]


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plug]:
    """Let OpenCV find this capture, and say how it was asked."""
    asked: list[tuple[Any, ...]] = []

    def plug(capture: FakeCapture) -> list[tuple[Any, ...]]:
        monkeypatch.setattr(cv2, "VideoCapture", lambda *how: asked.append(how) or capture)
        return asked

    monkeypatch.setattr(sources, "_check_device", lambda *_: None)
    return plug


@pytest.mark.parametrize(("url", "opened_by"), [
    ("0", 0), ("12", 12),
    ("/dev/v4l/by-id/usb-cam-index0", "/dev/v4l/by-id/usb-cam-index0"),
])
def test_a_camera_is_opened_by_number_or_path(
    plugged: Plug, url: str, opened_by: int | str, clock: Any
) -> None:
    capture = FakeCapture()
    asked = plugged(capture)
    eye = opened(url, clock)
    assert isinstance(eye, LiveEye)
    assert asked == [(opened_by,)]
    assert capture.set_to[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert capture.set_to[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert capture.set_to[cv2.CAP_PROP_BUFFERSIZE] == 1
    assert capture.set_to[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    eye.close()
    assert capture.released


def test_a_pulled_camera_is_gone(plugged: Plug, clock: Any) -> None:
    plugged(FakeCapture(pictures=2))
    eye = opened("0", clock)
    assert [eye.read_some(), eye.read_some()] == [NEW, NEW]
    assert eye.take() is not None
    with closing(eye), pytest.raises(DeviceGone, match=r"camera \(0\).*is its cable in"):
        eye.read_some()
    assert eye.take() is None


def test_a_camera_that_gives_nothing_is_used_by_another_program(plugged: Plug, clock: Any) -> None:
    capture = FakeCapture(opens=False)
    plugged(capture)
    with pytest.raises(PortBusy, match="who else uses it"):
        opened("0", clock)
    assert capture.released


def test_a_stream_is_opened_with_limits_and_its_password_is_not_told(
    plugged: Plug, clock: Any
) -> None:
    capture = FakeCapture(opens=False)
    asked = plugged(capture)
    with pytest.raises(DeviceGone) as told:
        opened("rtsp://admin:geheim@192.0.2.7/1", clock)
    assert "geheim" not in str(told.value)
    assert "no stream comes from this address" in str(told.value)
    url, backend, limits = asked[0]
    assert url == "rtsp://admin:geheim@192.0.2.7/1"
    assert backend == cv2.CAP_FFMPEG
    assert limits == [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 4000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 3000,
        cv2.CAP_PROP_N_THREADS, 1]
    assert capture.released


def test_an_error_of_opencv_is_a_device_that_is_gone(
    monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    def broken(*_: Any) -> Any:
        raise cv2.error("no backend")

    monkeypatch.setattr(cv2, "VideoCapture", broken)
    with pytest.raises(DeviceGone, match="it cannot be opened"):
        opened("rtsp://192.0.2.7/1", clock)


@pytest.mark.skipif(not Path("/dev").is_dir(), reason="there are device files on Unix only")
@pytest.mark.parametrize("url", ["77", "/dev/v4l/by-id/nothing-here"])
def test_a_camera_that_is_not_there_is_said_by_its_path(url: str, clock: Any) -> None:
    with pytest.raises(DeviceGone, match=r"there is no /dev/.*is the camera's cable in"):
        opened(url, clock)


def test_a_camera_that_may_not_be_opened_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PortRefused, match="join the group video"):
        opened("/dev/null", clock)


def test_nothing_can_be_written_to_an_eye(video: Path, clock: Any) -> None:
    eye = opened(video, clock)
    with closing(eye), pytest.raises(DeviceGone, match="a camera takes no bytes"):
        eye.write(b"hello")


def test_decoding_takes_pictures_and_nothing_else() -> None:
    _, png = cv2.imencode(".png", tone(10))
    found = decoded(png.tobytes())
    assert found is not None
    assert found.shape == (240, 320, 3)
    assert decoded(b"") is None
    assert decoded(b"GIF89a") is None
    assert decoded(png.tobytes()[:60]) is None


@pytest.mark.parametrize(("url", "seen"), [
    ("http://a:b@192.0.2.1:81/v?x=1", "http://192.0.2.1:81/v?x=1"),
    ("rtsp://user@host/1", "rtsp://host/1"), ("http://host/v", "http://host/v"),
    ("0", "0"), ("/dev/video0", "/dev/video0"), ("C:\\bench.avi", "C:\\bench.avi"),
])
def test_an_address_is_shown_without_its_password(url: str, seen: str) -> None:
    assert shown(url) == seen
