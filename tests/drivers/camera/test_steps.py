"""What each rung of the ladder sees by itself, and what is left to the rungs above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.camera.regions import Region
from drivers.camera.steps import (
    LADDER,
    Cutting,
    Picture,
    read_zxing,
    sharpened,
    strip,
)
from drivers.camera.vision import opencv, zbar, zxing
from simulators.camera import Optics

WAYBILL = "773112345678901"
QR = "https://example.invalid/t/773112345678901"
BARS, SQUARES = ("code128", WAYBILL), ("qr", QR)
DARK = Optics(light=0.05, noise=1)


def readers(seen: Any) -> set[str]:
    """The rungs that read the code of this picture."""
    return {step.name for step in LADDER for reads in step.look(Picture(seen))
            for text, *_ in reads if text in {WAYBILL, QR}}


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize("code", [BARS, SQUARES], ids=["bars", "squares"])
def test_light_on_dark_is_left_to_the_thorough_look(
    draw: Callable[..., Any], code: tuple[str, str], turn: int
) -> None:
    seen = draw(code, turn=turn)
    assert "thorough" in readers(255 - seen)
    assert {"regions", "softened", "zbar-regions", "thorough", "contrast"} <= readers(seen)


@pytest.mark.parametrize("turn", [0, 90])
def test_bars_in_the_dark_come_out_where_the_contrast_is_raised(
    draw: Callable[..., Any], turn: int
) -> None:
    assert {"regions", "contrast"} <= readers(draw(BARS, turn=turn, optics=DARK))


@pytest.mark.parametrize("noise", [40, 50, 60])
def test_bars_in_noise_come_out_where_it_is_averaged_or_smoothed(
    draw: Callable[..., Any], noise: int
) -> None:
    seen = draw(BARS, optics=Optics(noise=noise))
    assert {"regions", "zbar-half", "softened"} <= readers(seen)


def test_the_plain_look_is_for_what_stands_upright_and_dark_on_light(
    draw: Callable[..., Any]
) -> None:
    upright, lying = draw(BARS), draw(BARS, turn=90)
    assert [read_zxing(one) != [] for one in (upright, lying, 255 - draw(SQUARES))] == [
        True, False, False]
    assert read_zxing(lying, turned=True)
    assert read_zxing(255 - draw(SQUARES), thorough=True)


def test_what_only_bars_bear_is_tried_on_bars_alone(draw: Callable[..., Any]) -> None:
    both = Picture(draw(BARS, SQUARES))
    assert {cutting.region.striped for cutting in both.cuttings(2.0)} == {True, False}
    assert {cutting.region.striped for cutting in both.cuttings(2.0, striped_only=True)} == {True}
    squares = Picture(draw(SQUARES))
    squares.regions = [one for one in squares.regions if not one.striped]
    assert list(sharpened(squares)) == []


def test_an_outline_is_the_cutting_s_four_corners_in_the_picture() -> None:
    region = Region(0, 0, 40, 20, 0.0, striped=True, weight=1)
    back = np.array([[0.5, 0, 100], [0, 0.5, 50]])
    cutting = Cutting(np.zeros((20, 40), np.uint8), region, back)
    assert cutting.outline() == ((100, 50), (120, 50), (120, 60), (100, 60))


def test_one_grey_level_is_contrast_enough_for_a_strip() -> None:
    drawn = strip(np.repeat([100, 101] * 20, 8).astype(np.float32))
    assert (int(drawn.min()), int(drawn.max())) == (0, 255)


def test_the_libraries_are_loaded_once_and_keep_to_one_core() -> None:
    assert all(load() is load() is not None for load in (opencv, zxing, zbar))
    assert opencv().getNumThreads() == 1
