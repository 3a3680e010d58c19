"""Where in a picture a code may be: by gradients, and turned upright.

The bars of a 1D code are the one thing on a bench where nearly all brightness changes point the
same way; the squares of a 2D code change much, in two ways. Both are told from the structure
tensor, the mean of the gradients' products over small cells: its strength says how much changes,
its coherence (0 to 1) how much of that points one way, and its angle which way. (Bigun and
Granlund, 1987.) Noise changes alike in all directions and so has strength without coherence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from drivers.camera.vision import Grey, opencv

WORKING_WIDTH = 1280
"""Gradients are taken at this width at most: half of it would grey the bars of a waybill."""

CELL = 8
"""Pixels of the working size to a cell's side."""

COHERENT = 0.55
LOUD = 0.12
QUIET_PERCENT = 20
"""So much of a picture is taken to show nothing: what changes there is noise, as everywhere."""

LEAST_CELLS = 3

@dataclass(frozen=True, slots=True)
class Region:
    """A turned rectangle of the picture, in its pixels. ``angle`` is across the bars, in radians.

    ``along`` is its length across the bars, ``down`` its height along them, ``striped`` tells a 1D
    code's region from a 2D code's, ``weight`` how much changes in it.
    """

    x: float
    y: float
    along: float
    down: float
    angle: float
    striped: bool
    weight: float

    def matrix(self, zoom: float, margin: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
        """The affine map from picture to upright crop, and the crop's size."""
        width, height = self.along * zoom + 2 * margin, self.down * zoom + 2 * margin
        cos, sin = np.cos(self.angle) * zoom, np.sin(self.angle) * zoom
        shift_x = width / 2 - cos * self.x - sin * self.y
        shift_y = height / 2 + sin * self.x - cos * self.y
        return (
            np.array([[cos, sin, shift_x], [-sin, cos, shift_y]]),
            (int(np.ceil(width)), int(np.ceil(height))),
        )


def find_regions(grey: Grey, most: int = 4) -> list[Region]:
    """Up to ``most`` places worth a closer look, the most promising first."""
    cv2 = opencv()
    shrink = max(1.0, grey.shape[1] / WORKING_WIDTH)
    small = grey if shrink == 1 else cv2.resize(
        grey, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    heaviest = sorted(_candidates(small), key=lambda region: -region.weight)
    found = _by_turns(heaviest)[:most]
    return [
        Region(r.x * shrink, r.y * shrink, r.along * shrink, r.down * shrink, r.angle,
               r.striped, r.weight)
        for r in found
    ]


def _by_turns(heaviest: list[Region]) -> list[Region]:
    """Striped and unstriped by turns: a square around writing is often heavier than the bars."""
    pairs = zip_longest(
        (region for region in heaviest if region.striped),
        (region for region in heaviest if not region.striped))
    return [region for pair in pairs for region in pair if region is not None]


def _candidates(small: Grey) -> Iterator[Region]:
    across, down, cross = _tensor(small)
    directed = np.hypot(across - down, 2 * cross)
    strength = across + down
    quiet = float(np.percentile(strength, QUIET_PERCENT))
    strength = np.maximum(strength - quiet, 1e-3)
    loud = strength > max(LOUD * float(np.percentile(strength, 99)), quiet / 2, 1.0)
    stripes = loud & (directed > COHERENT * strength)
    angle = np.arctan2(2 * cross, across - down)
    for cells in _clusters(stripes):
        yield _region(cells, angle, directed, striped=True)
    for cells in _clusters(loud):
        yield _region(cells, angle, strength, striped=False)


def _tensor(small: Grey) -> tuple[NDArray[np.float32], ...]:
    """The tensor's three numbers for each cell, smoothed over its neighbours."""
    cv2 = opencv()
    smooth = cv2.GaussianBlur(small, (3, 3), 0)
    gx, gy = cv2.Sobel(smooth, cv2.CV_16S, 1, 0), cv2.Sobel(smooth, cv2.CV_16S, 0, 1)
    size = (max(1, small.shape[1] // CELL), max(1, small.shape[0] // CELL))
    products = (
        cv2.multiply(one, other, dtype=cv2.CV_32F)
        for one, other in ((gx, gx), (gy, gy), (gx, gy)))
    return tuple(
        cv2.blur(cv2.resize(one, size, interpolation=cv2.INTER_AREA), (3, 3)) for one in products)


def _clusters(mask: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows and columns of the cells of each connected patch that is not too small."""
    cv2 = opencv()
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] >= LEAST_CELLS:
            rows, columns = np.nonzero(labels == number)
            yield rows, columns


def _region(
    cells: tuple[NDArray[np.intp], NDArray[np.intp]], angle: NDArray[np.float32],
    weight: NDArray[np.float32], *, striped: bool,
) -> Region:
    """The rectangle around the cells, turned so that the bars stand upright."""
    rows, columns = cells
    heavy = weight[cells]
    turned = _mean_angle(angle[cells], heavy) if striped else 0.0
    x, y = (columns + 0.5) * CELL, (rows + 0.5) * CELL
    u = x * np.cos(turned) + y * np.sin(turned)
    v = -x * np.sin(turned) + y * np.cos(turned)
    middle_u, middle_v = (u.max() + u.min()) / 2, (v.max() + v.min()) / 2
    return Region(
        float(middle_u * np.cos(turned) - middle_v * np.sin(turned)),
        float(middle_u * np.sin(turned) + middle_v * np.cos(turned)),
        float(u.max() - u.min() + CELL), float(v.max() - v.min() + CELL),
        turned, striped, float(heavy.sum()),
    )


def _mean_angle(doubled: NDArray[np.float32], weight: NDArray[np.float32]) -> float:
    """The gradients' direction: angles are doubled, because left to right is right to left."""
    across = float((weight * np.cos(doubled)).sum())
    down = float((weight * np.sin(doubled)).sum())
    return float(np.arctan2(down, across)) / 2
