"""The libraries that look at pictures, loaded when the first camera needs them and not before.

OpenCV costs 0.2 s and some 40 MB; a station without a camera pays neither.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.uint8]
"""A picture in grey: height x width bytes, 0 is black."""

Colour: TypeAlias = NDArray[np.uint8]
"""A picture in colour: height x width x 3 bytes, blue first, as OpenCV keeps it."""

V4L_TIMEOUT = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"


@cache
def opencv() -> Any:
    """OpenCV, told to use one core, to keep its warnings, and not to wait 10 s for a picture.

    A pulled camera is said once, by its worker; OpenCV would say it at each attempt.
    """
    os.environ.setdefault(V4L_TIMEOUT, "3")  # seconds; it is read once, while loading
    cv2 = import_module("cv2")
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2


@cache
def zxing() -> Any:
    """The zxing-cpp reader."""
    return import_module("zxingcpp")


@cache
def zbar() -> Any:
    """The ZBar reader, through pyzbar."""
    return import_module("pyzbar.pyzbar")


def load_all() -> None:
    """Load all three; costs nothing once it is done."""
    for load in (opencv, zxing, zbar):
        load()
