"""Nearly all pictures of a bench are the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.camera.reader import Reader
from drivers.camera.stillness import RELOOK, Stillness
from simulators.camera import Optics

WAYBILL = "773112345678901"


def noisy(seen: Any, sigma: float, number: int) -> Any:
    chance = np.random.default_rng(number)
    return np.clip(seen + chance.normal(0, sigma, seen.shape), 0, 255).astype(np.uint8)


def test_the_first_picture_is_looked_at(empty: Any) -> None:
    assert not Stillness().rests(empty, 0.0)


@pytest.mark.parametrize("sigma", [0, 3, 8])
def test_a_scene_at_rest_rests_whatever_its_noise(empty: Any, sigma: float) -> None:
    still = Stillness()
    still.rests(noisy(empty, sigma, 0), 0.0)
    assert all(still.rests(noisy(empty, sigma, number), number / 20) for number in range(1, 15))


def test_a_scene_at_rest_is_looked_at_once_a_second(empty: Any) -> None:
    still = Stillness()
    looks = [number for number in range(41) if not still.rests(empty, number / 8)]
    assert looks == [0, 8, 16, 24, 32, 40]
    assert RELOOK == 1.0


def test_a_label_laid_down_is_noticed_at_once(empty: Any, label: Any) -> None:
    still = Stillness()
    still.rests(empty, 0.0)
    assert still.rests(empty, 0.1)
    assert not still.rests(label, 0.2)
    assert still.rests(label, 0.3)
    assert not still.rests(empty, 0.4)


def test_a_label_laid_down_in_the_dark_is_noticed_too(empty: Any, label: Any) -> None:
    still = Stillness()
    still.rests((empty * 0.08).astype(np.uint8), 0.0)
    assert not still.rests((label * 0.08).astype(np.uint8), 0.1)


@pytest.mark.parametrize(("light", "noise", "change"), [(0, 3, 4), (40, 3, 4), (200, 10, 11)])
def test_a_change_counts_by_the_contrast_of_the_scene(light: int, noise: int, change: int) -> None:
    """Three grey levels in the dark, and a twentieth of what lies between black and white."""
    scene = np.full((270, 480), 20, np.uint8)
    scene[:, :40] += light
    spot = np.zeros_like(scene)
    spot[100:110, 200:210] = 1  # one cell of a stamp
    still = Stillness()
    still.rests(scene, 0.0)
    assert still.rests(scene + spot * noise, 0.1)
    assert not still.rests(scene + spot * change, 0.2)


def test_light_that_fades_slowly_is_noticed_in_the_end(empty: Any) -> None:
    still = Stillness()
    faded = [(empty * (1 - number / 100)).astype(np.uint8) for number in range(30)]
    looked = [not still.rests(seen, number / 50) for number, seen in enumerate(faded)]
    assert looked.count(True) >= 3


def test_after_forgetting_the_next_picture_is_looked_at(empty: Any) -> None:
    still = Stillness()
    still.rests(empty, 0.0)
    still.forget()
    assert not still.rests(empty, 0.1)


def test_a_picture_that_moves_is_looked_at_as_it_is(empty: Any, label: Any) -> None:
    still = Stillness()
    still.rests(empty, 0.0)
    still.rests(label, 0.1)
    assert still.best(label) is label


def test_a_label_lost_in_noise_is_read_from_the_mean(draw: Callable[..., Any]) -> None:
    dim = draw(("code128", WAYBILL), optics=Optics(light=0.04), scale=0.4)
    still, reader = Stillness(), Reader(budget_ms=1e9)
    shots = [noisy(dim, 6, number) for number in range(20)]
    alone = [reader.look(shot, {WAYBILL}).texts for shot in shots[:3]]
    assert alone == [[], [], []]
    for number, shot in enumerate(shots):
        still.rests(shot, number / 20)
    assert reader.look(still.best(shots[-1]), {WAYBILL}).texts == [WAYBILL]


def test_the_mean_has_its_contrast_stretched(empty: Any) -> None:
    still = Stillness()
    dim = (empty * 0.1).astype(np.uint8)
    for number in range(4):
        still.rests(dim, number / 20)
    best = still.best(dim)
    assert int(best.min()) <= 2
    assert int(best.max()) >= 250


def test_one_grey_level_is_contrast_enough_to_stretch() -> None:
    still, seen = Stillness(), np.full((90, 160), 7, np.uint8)
    seen[:, 80:] = 8
    for number in range(3):
        still.rests(seen, number / 20)
    best = still.best(seen)
    assert set(np.unique(best[:, :80])) == {0}
    assert set(np.unique(best[:, 80:])) == {255}


def test_a_picture_of_one_tone_has_no_contrast_to_stretch() -> None:
    still, plain = Stillness(), np.full((90, 160), 77, np.uint8)
    for number in range(3):
        still.rests(plain, number / 20)
    assert set(np.unique(still.best(plain))) == {0}
