"""A camera's settings are checked before anything is opened."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.camera import CAMERA_SETTINGS, CameraSettings, SettingError, camera_worker
from drivers.camera.settings import RANGES, read_settings


def test_nothing_given_is_a_webcam_over_a_bench() -> None:
    settings = read_settings("over bench", {})
    assert settings == CameraSettings()
    assert (settings.width, settings.height) == (1280, 720)
    assert settings.cpu_percent == 30
    assert settings.photo_kb == 200


def test_what_is_given_is_kept() -> None:
    given = {"width": 1920, "looks_per_second": 4, "loop": True, "region": [0.1, 0, 0.5, 1]}
    settings = read_settings("over bench", given)
    assert settings.width == 1920
    assert settings.looks_per_second == 4
    assert settings.loop is True
    assert settings.region == (0.1, 0.0, 0.5, 1.0)


def test_an_unknown_word_is_told_with_the_nearest_known_one() -> None:
    with pytest.raises(SettingError, match=r"over bench: .*'looks_per_secnd'; did you mean looks_"):
        read_settings("over bench", {"looks_per_secnd": 4})


def test_a_word_like_none_is_told_with_all_of_them() -> None:
    with pytest.raises(SettingError, match="budget_ms, cpu_percent"):
        read_settings("over bench", {"xyzzy": 4})


@pytest.mark.parametrize("word", sorted(RANGES))
def test_a_number_has_its_range(word: str) -> None:
    low, high = RANGES[word]
    for wrong in (low - 1, high + 1, "8", True, None, [1]):
        with pytest.raises(SettingError, match=f"{word} = .* is not a number from"):
            read_settings("over bench", {word: wrong})
    kind = type(getattr(CameraSettings(), word))
    for right in (low, high):
        assert getattr(read_settings("over bench", {word: kind(right)}), word) == right


@pytest.mark.parametrize("word", ["width", "height", "photo_kb"])
def test_pixels_and_kilobytes_are_whole(word: str) -> None:
    with pytest.raises(SettingError, match=word):
        read_settings("over bench", {word: 640.5})


@pytest.mark.parametrize("wrong", [
    "whole", [0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 1, 0], [0.5, 0, 0.6, 1],
    [0, 0.5, 1, 0.6], [0, 0, 1.5, 1], [0, 0, 1, float("inf")], [2, 0, 0.5, 1],
    [-0.1, 0, 1, 1], [0, 0, True, 1], [0, 0, "1", 1], 4, None, [0, 0, float("nan"), 1],
])
def test_a_region_is_a_part_of_the_picture(wrong: Any) -> None:
    with pytest.raises(SettingError, match=r"region = .*shares of the picture"):
        read_settings("over bench", {"region": wrong})


@pytest.mark.parametrize("given", [[0, 0, 1, 1], [0.3, 0.3, 0.7, 0.7], [0.000001, 0.000001, 1, 1]])
def test_a_region_may_reach_to_the_edge_by_any_rounding(given: list[float]) -> None:
    assert read_settings("over bench", {"region": given}).region == tuple(given)


@pytest.mark.parametrize("word", ["loop", "reads"])
@pytest.mark.parametrize("wrong", [1, 0, "yes", None])
def test_a_switch_is_true_or_false(word: str, wrong: Any) -> None:
    with pytest.raises(SettingError, match=rf"{word} = .* is not true or false"):
        read_settings("over bench", {word: wrong})


def test_every_setting_is_either_ranged_or_checked_by_itself() -> None:
    assert RANGES.keys() | {"region", "loop", "reads"} == CAMERA_SETTINGS


def test_a_mistake_is_found_before_anything_is_opened() -> None:
    def opener(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing was to be opened")

    with pytest.raises(SettingError):
        camera_worker("c", "0", settings={"fps": 3}, emit=print, opener=opener)
    worker = camera_worker("c", "0", settings={}, emit=print, opener=opener)
    assert not worker.is_running
    assert worker.photograph() is None


def test_a_password_in_the_address_is_not_shown() -> None:
    worker = camera_worker(
        "c", "rtsp://admin:geheim@192.0.2.7:554/1", settings={}, emit=print)
    assert worker.health.port == "rtsp://192.0.2.7:554/1"
    assert worker.health.kind == "camera"
