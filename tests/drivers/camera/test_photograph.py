"""A photograph is evidence: recent, legible, and never larger than allowed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drivers.camera.photograph import Photograph, squeezed
from drivers.camera.reader import Reader

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
