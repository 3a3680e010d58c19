"""Cameras as scanners and witnesses: ``camera_worker`` makes one from its configured values."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from drivers.camera.recorded import recorded
from drivers.camera.settings import CAMERA_SETTINGS, CameraSettings, SettingError, read_settings
from drivers.camera.sources import Eye, open_camera
from drivers.camera.worker import CameraStream, CameraWorker
from drivers.flight import FlightRecorder
from drivers.interfaces import Emit
from drivers.port import shown
from drivers.worker import Identity

__all__ = ["CAMERA_SETTINGS", "CameraSettings", "CameraWorker", "SettingError", "camera_worker"]

EyeOpener = Callable[..., Eye]
"""``drivers.camera.sources.open_camera``, or what stands for it in a test."""


def camera_worker(
    name: str, source: str, *, settings: Mapping[str, Any], emit: Emit,
    clock: Callable[[], float] = time.monotonic, opener: EyeOpener = open_camera,
    recorder: FlightRecorder | None = None,
) -> CameraWorker:
    """Build the owner of a camera, not yet started, without opening it. Raises SettingError.

    ``source`` is a camera's number or path, a video file, ``http://…``, ``rtsp://…`` or
    ``frames:///folder``; ``settings`` are those of ``CameraSettings``; ``recorder`` is told when
    the camera comes and goes.
    """
    if recorder is not None:
        opener = recorded(opener, recorder, clock)
    values = read_settings(name, settings)
    return CameraWorker(
        Identity(name, "camera", shown(source)),
        CameraStream(name, values, clock=clock),
        partial(opener, source, device=name, settings=values, clock=clock),
        emit, silent_after=values.silent_after, clock=clock,
    )
