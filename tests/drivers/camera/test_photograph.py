"""A photograph is evidence: recent, legible, and never larger than allowed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from drivers.camera.photograph import squeezed
from drivers.camera.reader import Reader
from drivers.interfaces import Photograph

HD = (720, 1280, 3)


def noise(level: int = 256, shape: tuple[int, ...] = HD) -> Any:
    """The worst that a JPEG encoder can meet."""
    return np.random.default_rng(1).integers(0, level, shape, np.uint8)


@pytest.mark.parametrize("most", [200_000, 60_000, 10_000])
@pytest.mark.parametrize("level", [2, 30, 256])
def test_it_is_never_larger_than_allowed(most: int, level: int) -> None:
    data, width, height = squeezed(noise(level), most)
    assert len(data) <= most
    opened = Image.open(BytesIO(data))
    assert opened.format == "JPEG"
    assert opened.size == (width, height)
    assert width / height == pytest.approx(16 / 9, abs=0.05)


def encoded(seen: Any, quality: int) -> bytes:
    good, data = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert good
    return bytes(data.tobytes())


@pytest.mark.parametrize("quality", [88, 75, 60, 45])
def test_quality_is_given_up_in_four_steps_and_none_needlessly(quality: int) -> None:
    seen = noise(shape=(48, 64, 3))
    best = encoded(seen, quality)
    assert squeezed(seen, len(best)) == (best, 64, 48)


def test_then_a_quarter_of_each_side_is_given_up() -> None:
    seen = noise(shape=(48, 64, 3))
    data, *size = squeezed(seen, len(encoded(seen, 45)) - 1)
    assert size == [48, 36]
    assert len(data) > 0


@pytest.mark.parametrize(("side", "is_kept"), [(32, True), (31, False)])
def test_a_picture_has_thirty_two_pixels_at_least(side: int, is_kept: bool) -> None:
    for shape in ((side, 64, 3), (64, side, 3)):
        if is_kept:
            assert squeezed(noise(shape=shape), 100_000)[1:] == (shape[1], shape[0])
        else:
            with pytest.raises(ValueError, match="no photograph fits"):
                squeezed(noise(shape=shape), 100_000)


def test_an_ordinary_picture_keeps_its_size() -> None:
    plain = np.full(HD, 120, np.uint8)
    assert squeezed(plain, 200_000)[1:] == (1280, 720)


def test_the_label_can_still_be_read_on_it(draw: Callable[..., Any]) -> None:
    seen = draw(("code128", "773112345678901"), size=(1280, 720))
    colour = np.repeat(seen[:, :, None], 3, axis=2)
    data, _, _ = squeezed(colour, 60_000)
    kept = np.asarray(Image.open(BytesIO(data)).convert("L"))
    assert Reader(budget_ms=1e9).look(kept).texts == ["773112345678901"]


def test_nothing_but_the_picture_is_in_the_file() -> None:
    opened = Image.open(BytesIO(squeezed(np.full(HD, 90, np.uint8), 200_000)[0]))
    assert not opened.getexif()


def test_what_can_never_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="no photograph fits into 10 bytes"):
        squeezed(noise(), 10)


def test_a_photograph_says_how_old_it_was() -> None:
    assert Photograph(b"jpeg", 1280, 720, 0.25).age == 0.25
