"""The cameras' page names every setting, every step and every state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivers.camera import CAMERA_SETTINGS
from drivers.camera.settings import CameraSettings
from drivers.camera.steps import LADDER
from drivers.interfaces import DeviceState

PAGE = (Path(__file__).parents[3] / "docs" / "protocols" / "cameras.md").read_text("utf-8")
QUOTED = set(re.findall(r"`([^`]+)`", PAGE))


def test_every_setting_is_on_the_page() -> None:
    assert QUOTED >= CAMERA_SETTINGS


@pytest.mark.parametrize("word", [
    "looks_per_second", "cpu_percent", "budget_ms", "leave_ms", "stale_ms", "photo_kb",
    "silent_after", "play_fps",
])
def test_defaults_on_the_page_are_the_defaults(word: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{word}` |")]
    assert float(row.rstrip("| ").rpartition("|")[2]) == getattr(CameraSettings(), word)


def test_the_steps_are_on_the_page_in_the_order_of_the_ladder() -> None:
    names = [step.name for step in LADDER]
    assert re.findall(r"\d\. `([\w-]+)`:", PAGE) == names


@pytest.mark.parametrize("state", [
    DeviceState.READY, DeviceState.SILENT, DeviceState.GONE, DeviceState.BUSY,
    DeviceState.MISCONFIGURED,
])
def test_every_state_of_a_camera_is_explained(state: DeviceState) -> None:
    assert state.value in QUOTED
