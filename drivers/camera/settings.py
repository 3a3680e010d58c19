"""A camera's settings: typed, ranged, and refused with the nearest known name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

WHOLE = (0.0, 0.0, 1.0, 1.0)


class SettingError(ValueError):
    """A camera's setting is unknown or out of range; the message says which and what to write."""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """How a camera is used; every value has a default that suits a webcam over a bench.

    ``width`` and ``height`` are asked of the camera. ``looks_per_second`` is the most that is
    decoded, ``cpu_percent`` the share of one core that looking may take, ``budget_ms`` the time of
    one look. ``region`` is where codes are looked for: left, top, width, height as shares of the
    picture. ``leave_ms`` is how long a code must be out of the picture before it counts again.
    ``reads`` is off for a camera that only takes pictures.
    ``stale_ms`` is the age at which a picture is no evidence any more, ``photo_kb`` the largest
    photograph. ``silent_after`` is the seconds without a picture until the camera counts as
    silent. ``play_fps`` is the speed of files, 0 is their own; ``loop`` starts them again.
    """

    width: int = 1280
    height: int = 720
    looks_per_second: float = 8.0
    cpu_percent: float = 30.0
    budget_ms: float = 40.0
    region: tuple[float, float, float, float] = WHOLE
    leave_ms: float = 1500.0
    reads: bool = True
    stale_ms: float = 2000.0
    photo_kb: int = 200
    silent_after: float = 3.0
    play_fps: float = 0.0
    loop: bool = False


RANGES: Mapping[str, tuple[float, float]] = {
    "width": (160, 7680), "height": (120, 4320), "looks_per_second": (0.2, 60),
    "cpu_percent": (1, 100), "budget_ms": (1, 1000), "leave_ms": (0, 60_000),
    "stale_ms": (100, 60_000), "photo_kb": (10, 5000), "silent_after": (0.5, 60),
    "play_fps": (0, 240),
}  # fmt: skip
CAMERA_SETTINGS = frozenset(item.name for item in fields(CameraSettings))
"""The names of all settings."""


def read_settings(camera: str, given: Mapping[str, Any]) -> CameraSettings:
    """Check what the configuration gives; raise SettingError on the first fault."""
    return CameraSettings(**{word: _value(camera, word, value) for word, value in given.items()})


def _value(camera: str, word: str, value: Any) -> Any:
    if word not in CAMERA_SETTINGS:
        near = get_close_matches(word, CAMERA_SETTINGS, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else ", ".join(sorted(CAMERA_SETTINGS))
        raise SettingError(f"摄像头 camera {camera}: 未知设置 unknown setting {word!r}; {hint}")
    if word == "region":
        return _region(camera, value)
    if word in ("loop", "reads"):
        if not isinstance(value, bool):
            raise _refused(camera, word, value, "true or false")
        return value
    low, high = RANGES[word]
    wanted = int if isinstance(getattr(CameraSettings(), word), int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted) or not low <= value <= high:
        raise _refused(camera, word, value, f"a number from {low:g} to {high:g}")
    return value


def _region(camera: str, value: Any) -> tuple[float, ...]:
    """Four shares that describe a part of the picture that is not empty."""
    if _are_shares(value):
        left, top, width, height = (float(share) for share in value)
        if width > 0 and height > 0 and left + width <= 1.000001 and top + height <= 1.000001:
            return left, top, width, height
    raise _refused(
        camera, "region", value, "[left, top, width, height] as shares of the picture, 0 to 1")


def _are_shares(value: Any) -> bool:
    return (
        isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 4
        and all(
            isinstance(share, int | float) and not isinstance(share, bool) and share >= 0
            for share in value)
    )


def _refused(camera: str, word: str, value: Any, wanted: str) -> SettingError:
    return SettingError(f"摄像头 camera {camera}: {word} = {value!r} 无效 is not {wanted}")
