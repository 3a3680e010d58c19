"""Bars are found by their gradients, whichever way they lie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drivers.camera.regions import Region, find_regions
from drivers.camera.steps import Picture, read_zxing, strip, unblurred
from simulators.camera import Optics

WAYBILL = "773112345678901"


def the_bars(seen: Any) -> Region:
    striped = [region for region in find_regions(seen) if region.striped]
    return max(striped, key=lambda region: region.weight)


@pytest.mark.parametrize("turn", [0, 10, 30, 45, 60, 80, 90, 120, 150, 175])
def test_the_angle_of_the_bars_is_found(draw: Callable[..., Any], turn: int) -> None:
    region = the_bars(draw(("code128", WAYBILL), turn=turn))
    off = (np.degrees(region.angle) - turn + 90) % 180 - 90
    assert abs(off) < 2
    assert (region.x, region.y) == pytest.approx((320, 240), abs=15)


def test_the_region_has_the_size_of_the_code(draw: Callable[..., Any]) -> None:
    region = the_bars(draw(("code128", WAYBILL), turn=33, scale=0.5))
    # 15 digits are 10 symbols and the stop of 13: 123 modules of 2 pixels; 30 modules are high.
    assert region.along == pytest.approx(134 * 2, abs=50)
    assert region.down == pytest.approx(30 * 2, abs=30)


def test_a_square_code_is_found_and_is_not_striped(draw: Callable[..., Any]) -> None:
    (region, *_) = [one for one in find_regions(draw(("qr", "https://example.invalid/773")))
                    if not one.striped]
    assert (region.x, region.y) == pytest.approx((320, 240), abs=20)
    assert region.along == pytest.approx(region.down, rel=0.3)


def test_noise_alone_has_strength_and_no_direction() -> None:
    chance = np.random.default_rng(2)
    noise = chance.integers(0, 256, (480, 640), np.uint8)
    assert [region for region in find_regions(noise) if region.striped] == []


def test_what_changes_everywhere_alike_is_no_place() -> None:
    chance = np.random.default_rng(2)
    assert find_regions(chance.integers(0, 256, (480, 640), np.uint8)) == []


def test_an_even_picture_has_no_region() -> None:
    assert find_regions(np.full((480, 640), 128, np.uint8)) == []


def test_no_more_regions_are_given_than_asked_for(draw: Callable[..., Any]) -> None:
    seen = draw(*(("code128", f"77300000000000{number}") for number in range(5)), scale=0.25)
    assert len(find_regions(seen, 2)) == 2
    assert len(find_regions(seen)) <= 4


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1920, 1080)])
def test_regions_are_in_the_pixels_of_the_picture(
    draw: Callable[..., Any], size: tuple[int, int]
) -> None:
    region = the_bars(draw(("code128", WAYBILL), size=size, turn=20))
    assert (region.x, region.y) == pytest.approx((size[0] / 2, size[1] / 2), abs=20)


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (1920, 1080), (2560, 1440)])
def test_a_region_is_the_bars_and_a_cell_around_them_at_every_size_of_picture(
    size: tuple[int, int]
) -> None:
    cell = 8 * max(size[0] / 1280, 1)
    left, right, top, bottom = (round(cell * number) for number in (10, 50, 6, 20))
    seen = np.full(size[::-1], 255, np.uint8)
    seen[top:bottom, left:right] = np.arange(right - left) // (cell / 2) % 2 * 255
    found = find_regions(seen)
    assert [region.striped for region in found] == [True, False]
    for region in found:
        assert (region.x, region.y) == pytest.approx((30 * cell, 13 * cell), abs=cell * 0.3)
        assert (region.along, region.down) == pytest.approx((42 * cell, 16 * cell), abs=cell * 0.3)


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, -2.0])
def test_a_map_takes_the_region_to_the_middle_of_its_crop_and_leaves_its_margin(
    angle: float
) -> None:
    region = Region(300, 200, along=80, down=30, angle=angle, striped=True, weight=1)
    matrix, size = region.matrix(2.0, 7.5)
    assert size == (80 * 2 + 15, 30 * 2 + 15)
    assert matrix @ (300, 200, 1) == pytest.approx((size[0] / 2, size[1] / 2))
    end = (300 + 40 * np.cos(angle), 200 + 40 * np.sin(angle), 1)
    assert matrix @ end == pytest.approx((size[0] - 7.5, size[1] / 2)), "bars stand upright"
    foot = (300 - 15 * np.sin(angle), 200 + 15 * np.cos(angle), 1)
    assert matrix @ foot == pytest.approx((size[0] / 2, size[1] - 7.5)), "and are not mirrored"


@pytest.mark.parametrize("turn", [0, 50, 100, 310])
def test_a_cutting_stands_upright_and_knows_the_way_back(
    draw: Callable[..., Any], turn: int
) -> None:
    picture = Picture(draw(("code128", WAYBILL), turn=turn))
    cutting = next(picture.cuttings(2.0, striped_only=True))
    assert [text for text, *_ in read_zxing(cutting.grey)] == [WAYBILL]
    assert np.mean(cutting.outline(), axis=0) == pytest.approx((320, 240), abs=15)


def test_regions_and_cuttings_are_found_once(label: Any) -> None:
    picture = Picture(label)
    assert picture.regions is picture.regions
    assert next(picture.cuttings(2.0)) is next(picture.cuttings(2.0))
    assert next(picture.cuttings(1.0)) is not next(picture.cuttings(2.0))


def test_a_region_of_a_whole_large_picture_is_not_enlarged_without_end() -> None:
    stripes = np.tile(np.repeat([0, 255], 6), 200)[:1900].astype(np.uint8)
    seen = np.full((1400, 2000), 255, np.uint8)
    seen[:900, :1900] = stripes
    cutting = next(Picture(seen).cuttings(2.0))
    assert max(cutting.grey.shape) < 2000


def test_a_strip_has_full_contrast_and_keeps_its_bars() -> None:
    band = np.repeat([100, 110] * 20, 8).astype(np.float32)
    drawn = strip(band)
    assert drawn.shape == (24, 640)
    assert (int(drawn.min()), int(drawn.max())) == (0, 255)
    assert (drawn == drawn[0]).all()


def test_an_even_strip_stays_even() -> None:
    assert np.ptp(strip(np.full(80, 90, np.float32))) == 0


@pytest.mark.parametrize("sigma", [1.5, 2.5, 3.5])
def test_blur_is_undone_as_far_as_its_size_is_known(sigma: float) -> None:
    sharp = np.repeat(np.random.default_rng(4).integers(0, 2, 60) * 200.0, 8).astype(np.float32)
    reach = np.arange(-20, 21)
    kernel = np.exp(-((reach / sigma) ** 2) / 2)
    blurred = np.convolve(np.pad(sharp, 20, mode="edge"), kernel / kernel.sum(), "valid")
    restored = unblurred(blurred.astype(np.float32), sigma)
    assert restored.shape == sharp.shape
    assert np.abs(restored - sharp).mean() < 0.85 * np.abs(blurred - sharp).mean()


@pytest.mark.parametrize("optics", [Optics(blur=1.6), Optics(blur=1.9)])
def test_bars_that_the_lens_has_run_together_are_parted(
    draw: Callable[..., Any], optics: Optics
) -> None:
    from drivers.camera.steps import sharpened  # noqa: PLC0415 - named where it is tested

    seen = draw(("code128", WAYBILL), optics=optics)
    assert read_zxing(seen, turned=True, thorough=True) == []
    assert WAYBILL in {text for reads in sharpened(Picture(seen)) for text, *_ in reads}
