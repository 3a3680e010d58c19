"""Where pictures come from. The URL chooses the world, as for ports.

``0`` or ``/dev/v4l/by-id/…`` is a camera, ``rtsp://…`` one in the network, ``http://…`` a stream of
JPEG pictures (MJPEG), ``frames:///folder`` a folder into which pictures are written, and any other
path a video file.

An ``Eye`` is a port whose bytes say only that a new picture is there; the picture itself waits
until it is taken, and only the newest does. So taking is the only thing that costs.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from drivers.camera.settings import CameraSettings
from drivers.camera.vision import Colour, opencv
from drivers.interfaces import DeviceError, DeviceGone, PortBusy, PortRefused
from drivers.port import Port, shown

NEW = b"."
"""What an eye's ``read_some`` returns for a new picture."""

READ_SECONDS = 0.2
OPEN_MS, READ_MS = 4000, 3000
USUAL_FPS = 25.0
PICTURES = frozenset({".jpg", ".jpeg", ".png"})

Wait = Callable[[float], object]
Clock = Callable[[], float]


class Eye(Port):
    """A source of pictures: ``read_some`` waits for the next, ``take`` hands the newest over."""

    @abstractmethod
    def take(self) -> Colour | None:
        """Return the newest picture, None if it cannot be decoded."""

    def cancel(self) -> None:
        """Wake a blocked read where that is possible; elsewhere its timeout ends it soon."""

    def _send(self, data: bytes) -> Iterator[int]:
        raise OSError(f"a camera takes no bytes ({len(data)} were sent)")


class LiveEye(Eye):
    """A camera or a network stream, through OpenCV. ``read_some`` lasts until the next picture."""

    def __init__(self, url: str, device: str, capture: Any) -> None:
        super().__init__(url, device)
        self._capture = capture

    def take(self) -> Colour | None:
        """Decode the picture that was read last."""
        good, frame = self._capture.retrieve()
        return frame if good else None

    def _read(self) -> bytes:
        if not self._capture.grab():
            raise OSError("the camera gives no more pictures; is its cable in?")
        return NEW

    def _release(self) -> None:
        self._capture.release()


class PlayedEye(Eye):
    """What shows ``fps`` pictures a second by the clock; one that was missed is not made up for."""

    def __init__(
        self, url: str, device: str, fps: float, clock: Clock, wait: Wait | None
    ) -> None:
        super().__init__(url, device)
        self._clock = clock
        self._bell = threading.Event()
        self._wait: Wait = wait or self._bell.wait
        self._every = 1 / fps
        self._due = clock()

    def cancel(self) -> None:
        """Wake a blocked read."""
        self._bell.set()

    def _read(self) -> bytes:
        left = self._due - self._clock()
        if left > 0:
            self._wait(min(left, READ_SECONDS))
            if self._due > self._clock():
                return b""
        self._due = max(self._due + self._every, self._clock())
        return self._next()

    @abstractmethod
    def _next(self) -> bytes:
        """Go on to the next picture: NEW, or b"" if there is none yet."""


class FileEye(PlayedEye):
    """A video file, played at its own speed. At its end it begins again, or the device is gone."""

    def __init__(
        self, url: str, device: str, capture: Any, *, settings: CameraSettings, clock: Clock,
        wait: Wait | None = None,
    ) -> None:
        fps = settings.play_fps or capture.get(opencv().CAP_PROP_FPS) or USUAL_FPS
        super().__init__(url, device, fps, clock, wait)
        self._capture, self._loop = capture, settings.loop

    def take(self) -> Colour | None:
        """Decode the picture that was read last."""
        good, frame = self._capture.retrieve()
        return frame if good else None

    def _next(self) -> bytes:
        if not self._capture.grab():
            self._begin_again()
        return NEW

    def _begin_again(self) -> None:
        rewound = self._loop and self._capture.set(opencv().CAP_PROP_POS_FRAMES, 0)
        if not rewound or not self._capture.grab():
            raise OSError("the video has ended")

    def _release(self) -> None:
        self._capture.release()


class FolderEye(PlayedEye):
    """Pictures in a folder, shown in the order of their names as they are written.

    A camera's software writes into it, or a recording is played from it. Names that begin with a
    dot are not finished yet. ``loop`` begins again after the last one.
    """

    def __init__(
        self, url: str, device: str, folder: Path, *, settings: CameraSettings, clock: Clock,
        wait: Wait | None = None,
    ) -> None:
        super().__init__(url, device, settings.play_fps or USUAL_FPS, clock, wait)
        self._folder, self._loop = folder, settings.loop
        self._shown = ""

    def take(self) -> Colour | None:
        """Decode the picture shown; None if it is damaged, or has been taken away since."""
        try:
            return decoded((self._folder / self._shown).read_bytes())
        except FileNotFoundError:
            return None

    def _next(self) -> bytes:
        following = self._following()
        if following:
            self._shown = following
            return NEW
        return b""

    def _following(self) -> str:
        """The name after the one shown, the first again when looping, "" if there is none."""
        names = sorted(
            name for name in os.listdir(self._folder)  # noqa: PTH208 - names are all that is asked
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURES)
        later = (name for name in names if name > self._shown)
        return next(later, names[0] if names and self._loop else "")

    def _release(self) -> None:
        self._shown = ""


def decoded(data: bytes) -> Colour | None:
    """A JPEG or PNG file as a picture, None if it is damaged."""
    cv2 = opencv()
    raw = np.frombuffer(data, np.uint8)
    frame = cv2.imdecode(raw, cv2.IMREAD_COLOR) if raw.size else None
    return None if frame is None else np.asarray(frame, np.uint8)


def open_camera(
    url: str, *, device: str, settings: CameraSettings, clock: Clock = time.monotonic,
) -> Eye:
    """Open a source of pictures.

    Raises DeviceGone if it is not there, PortBusy if another program has it, PortRefused if it may
    not be opened.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme in ("http", "https"):
        from drivers.camera.mjpeg import open_mjpeg  # noqa: PLC0415 - it needs this module's Eye

        return open_mjpeg(url, device)
    if scheme == "frames":
        folder = Path(unquote(urlsplit(url).path))
        if not folder.is_dir():
            raise DeviceGone(device, url, "there is no such folder")
        return FolderEye(url, device, folder, settings=settings, clock=clock)
    if scheme in ("rtsp", "rtsps"):
        return LiveEye(shown(url), device, _captured(url, device, settings, url))
    camera = _camera(url)
    if camera is not None:
        _check_device(device, url, camera)
        return LiveEye(url, device, _captured(camera, device, settings, url))
    if not Path(url).is_file():
        raise DeviceGone(device, url, "there is no such camera or video file; is its cable in?")
    video = _captured(url, device, settings, url)
    return FileEye(url, device, video, settings=settings, clock=clock)


def _camera(url: str) -> int | str | None:
    """What OpenCV opens a camera by: its number, or its path; None for anything else."""
    if url.isdigit():
        return int(url)
    return url if url.startswith("/dev/") else None


def _check_device(device: str, url: str, camera: int | str) -> None:
    """Say in words what OpenCV would only refuse."""
    if not sys.platform.startswith("linux"):
        return
    path = Path(f"/dev/video{camera}" if isinstance(camera, int) else camera)
    if not path.exists():
        raise DeviceGone(device, url, f"there is no {path}; is the camera's cable in?")
    if not os.access(path, os.R_OK | os.W_OK):
        raise PortRefused(device, url, f"{path} may not be opened; join the group video")


def _captured(source: int | str, device: str, settings: CameraSettings, url: str) -> Any:
    cv2 = opencv()
    live = not (isinstance(source, str) and Path(source).is_file())
    try:
        capture = _opened(cv2, source, settings)
    except cv2.error as fault:
        raise DeviceGone(device, shown(url), "it cannot be opened") from fault
    if capture.isOpened():
        return capture
    capture.release()
    raise _unopened(device, shown(url), is_camera=live and "://" not in str(source), live=live)


def _opened(cv2: Any, source: int | str, settings: CameraSettings) -> Any:
    """Open with the size asked for, one thread, and as few waiting pictures as can be."""
    if isinstance(source, str) and not source.startswith("/dev/"):
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS,
                  cv2.CAP_PROP_N_THREADS, 1]
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
    capture = cv2.VideoCapture(source)
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # HD fits USB 2 only so
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _unopened(device: str, url: str, *, is_camera: bool, live: bool) -> DeviceError:
    if is_camera:
        return PortBusy(device, url, "the camera is there but gives nothing; who else uses it?")
    if live:
        return DeviceGone(device, url, "no stream comes from this address")
    return PortRefused(device, url, "this file is no video")
