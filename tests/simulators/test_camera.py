"""The simulated camera draws what a real one would see, and the same seed draws the same."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from simulators.camera import (
    INK,
    PAPER,
    Laid,
    Optics,
    corners,
    exposed,
    jpeg,
    paper_of,
    picture,
    sheet,
    wooden,
)
from simulators.mechanism import Page

SIZE = (320, 240)
BLANK = np.full((SIZE[1], SIZE[0]), 128, np.uint8)


def white(width: int = 100, height: int = 60) -> Image.Image:
    return sheet(np.zeros((height, width), bool))


def half_black(width: int = 200, height: int = 120) -> Image.Image:
    """Ink on its left half."""
    dots = np.zeros((height, width), bool)
    dots[:, : width // 2] = True
    return sheet(dots)


def flat(paper: Image.Image, laid: Laid | None = None, optics: Optics | None = None) -> Any:
    where = laid or Laid(scale=1.0)
    return picture([(paper, where)], optics or Optics(), size=SIZE, table=BLANK)


def test_the_same_seed_gives_the_same_picture() -> None:
    optics = Optics(noise=10, glare=0.5)
    one, two, other = (picture([(white(), Laid())], optics, size=SIZE, seed=seed)
                       for seed in (3, 3, 4))
    assert (one == two).all()
    assert (one != other).any()


def test_a_picture_is_grey_bytes_of_the_size_asked_for() -> None:
    seen = picture([], size=(64, 48))
    assert seen.shape == (48, 64)
    assert seen.dtype == np.uint8


def test_paper_and_ink_lie_where_they_were_laid() -> None:
    seen = flat(half_black())
    assert seen[120, 100] == pytest.approx(INK, abs=2)
    assert seen[120, 220] == pytest.approx(PAPER, abs=2)
    assert seen[10, 10] == 128


def test_a_page_of_the_printer_can_be_laid_down() -> None:
    page = Page(1, 12, 2, b"\xff\xf0\x00\x00", "", 0.0)
    paper = np.asarray(paper_of(page))
    assert paper.shape == (2, 12)
    assert (paper[0] == INK).all()
    assert (paper[1] == PAPER).all()


def test_a_turn_is_clockwise() -> None:
    seen = flat(half_black(100, 100), Laid(scale=1.0, turn=90))
    assert seen[90, 160] == pytest.approx(INK, abs=2), "what was left is now above"
    assert seen[150, 160] == pytest.approx(PAPER, abs=2)


def test_half_the_scale_is_half_the_size() -> None:
    large = (flat(white(), Laid(scale=1.0)) > 200).sum()
    small = (flat(white(), Laid(scale=0.5)) > 200).sum()
    assert large / small == pytest.approx(4, rel=0.1)


def test_fine_dots_are_averaged_and_not_left_out() -> None:
    dots = np.indices((200, 200)).sum(axis=0) % 2 == 0
    seen = flat(sheet(dots), Laid(scale=0.25))
    assert seen[120, 160] == pytest.approx((PAPER + INK) / 2, abs=3)


def test_the_last_page_lies_on_top() -> None:
    seen = picture([(half_black(), Laid(scale=1)), (white(), Laid(scale=1))], size=SIZE)
    assert seen[120, 130] == pytest.approx(PAPER, abs=2)


def test_a_page_may_hang_over_the_edge() -> None:
    assert flat(white(), Laid(x=0.0, y=0.0, scale=1.0))[0, 0] == pytest.approx(PAPER, abs=2)
    assert (flat(white(), Laid(x=3.0, scale=1.0)) == 128).all()


def test_a_tilted_page_is_narrower_where_it_is_far() -> None:
    found = corners(white(), Laid(scale=1.0, tilt=0.4, away=0), SIZE)
    left, right = found[3][1] - found[0][1], found[2][1] - found[1][1]
    assert left > right > 0.4 * left


@given(st.floats(-720, 720), st.floats(0, 0.4), st.floats(0, 360))
def test_corners_stay_in_their_order(turn: float, tilt: float, away: float) -> None:
    points = np.array(corners(white(), Laid(turn=turn, tilt=tilt, away=away), SIZE))
    edges = np.roll(points, -1, axis=0) - points
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    assert (turns > 0).all(), "the page would be folded or seen from behind"


# --- optics -------------------------------------------------------------------------------------


def edge(optics: Optics) -> Any:
    """A step from black to white, seen through these optics: one row of it."""
    scene = np.zeros((60, 120), np.float32)
    scene[:, 60:] = 200
    return exposed(scene, optics, np.random.default_rng(0))[30].astype(int)


def rise(row: Any) -> int:
    """How many pixels lie between a tenth and nine tenths."""
    return int(((row > 20) & (row < 180)).sum())


def test_a_perfect_lens_keeps_an_edge() -> None:
    assert rise(edge(Optics())) == 0


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_an_edge_is_as_wide_as_the_blur(sigma: float) -> None:
    assert rise(edge(Optics(blur=sigma))) == pytest.approx(2.56 * sigma, abs=1.5)


def test_movement_across_an_edge_widens_it_and_along_it_does_not() -> None:
    assert rise(edge(Optics(motion=10, heading=0))) == pytest.approx(8, abs=2)
    assert rise(edge(Optics(motion=10, heading=90))) == 0


def test_movement_leaves_the_middle_where_it_was() -> None:
    row = edge(Optics(motion=8))
    assert abs(int(np.argmin(np.abs(row - 100))) - 60) <= 1


def test_light_scales_and_clips() -> None:
    assert edge(Optics(light=0.1))[-1] == 20
    assert edge(Optics(light=4))[-1] == 255


def test_a_slope_darkens_one_side() -> None:
    seen = flat(white(300, 220), optics=Optics(slope=0.8))
    assert seen[120, 20] > 3 * seen[120, 300]


def test_glare_is_white_somewhere_and_nowhere_darker() -> None:
    plain, glared = flat(white()), flat(white(), optics=Optics(glare=0.9))
    assert glared.max() == 255
    assert (glared.astype(int) >= plain).all()


@settings(max_examples=10)
@given(st.floats(2, 30))
def test_noise_has_the_sigma_asked_for(sigma: float) -> None:
    scene = np.full((200, 200), 128, np.float32)
    seen = exposed(scene, Optics(noise=sigma), np.random.default_rng(1))
    assert float(seen.std()) == pytest.approx(sigma, rel=0.1)
    assert float(seen.mean()) == pytest.approx(128, abs=1)


def test_the_table_is_wood_and_not_one_tone() -> None:
    table = wooden((640, 480), np.random.default_rng(5))
    assert table.shape == (480, 640)
    assert 3 < float(table.std()) < 20
    assert 80 < float(table.mean()) < 160


def test_a_jpeg_is_a_jpeg() -> None:
    seen = flat(white())
    opened = Image.open(BytesIO(jpeg(seen)))
    assert opened.format == "JPEG"
    assert np.abs(np.asarray(opened).astype(int) - seen).mean() < 3
    assert len(jpeg(seen, quality=5)) < len(jpeg(seen, quality=95))
