"""What a camera above the bench sees: printed pages on a table, as well or badly as you like.

``picture`` draws given 1-bit pages into a photograph: laid anywhere, turned, tilted, out of focus,
moved, dim, glaring, noisy. The same seed gives the same picture, byte for byte. Physics in the
order of a real camera: paper and table, light, lens, movement, sensor.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]
"""A picture in grey: height x width bytes, 0 is black."""

FINER = 2  # the scene is drawn this much finer and averaged down, as a sensor's pixels do
PAPER, INK = 235, 25
HD = (1280, 720)


class Page(Protocol):
    """A 1-bit page: ``rows`` is ``height`` x ceil(width/8) bytes, MSB first, 1 = black."""

    @property
    def width(self) -> int:
        """Dots in a row."""
        ...

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def rows(self) -> bytes:
        """The dots."""
        ...


@dataclass(frozen=True)
class Laid:
    """Where a page lies: its centre as shares of the picture, and how it is turned.

    ``scale`` is picture pixels for one dot of the page, ``turn`` degrees clockwise, ``tilt`` the
    share by which the far edge is shorter, ``away`` the direction of that edge in degrees.
    """

    x: float = 0.5
    y: float = 0.5
    scale: float = 0.5
    turn: float = 0.0
    tilt: float = 0.0
    away: float = 0.0


@dataclass(frozen=True)
class Optics:
    """How well the camera sees. All at their defaults is a perfect picture.

    ``blur`` is the lens' sigma in pixels, ``motion`` the path in pixels towards ``heading``
    degrees, ``light`` a share of good light, ``slope`` the share by which one side is darker,
    ``glare`` a white spot's strength from 0 to 1, ``noise`` the sensor's sigma in grey levels.
    """

    blur: float = 0.0
    motion: float = 0.0
    heading: float = 0.0
    light: float = 1.0
    slope: float = 0.0
    glare: float = 0.0
    noise: float = 0.0


PERFECT = Optics()


def sheet(dots: NDArray[np.bool_] | Grey) -> Image.Image:
    """A page from dots, True or non-zero is ink, as paper and ink in grey."""
    return Image.fromarray(np.where(np.asarray(dots) != 0, INK, PAPER).astype(np.uint8))


def paper_of(page: Page) -> Image.Image:
    """The printed page as paper and ink in grey."""
    stride = (page.width + 7) // 8
    rows = np.frombuffer(page.rows, np.uint8).reshape(page.height, stride)
    return sheet(np.unpackbits(rows, axis=1)[:, : page.width])


def picture(
    laid: Sequence[tuple[Image.Image, Laid]], optics: Optics = PERFECT, *,
    size: tuple[int, int] = HD, seed: int = 0, table: Grey | None = None,
) -> Grey:
    """Photograph sheets on the bench, the last one on top. ``table`` replaces the wood."""
    chance = np.random.default_rng(seed)
    wood = wooden(size, chance) if table is None else table
    scene = Image.fromarray(wood).resize((size[0] * FINER, size[1] * FINER), Image.Resampling.BOX)
    for paper, where in laid:
        _lay(scene, paper, where)
    seen = np.asarray(scene.reduce(FINER), dtype=np.float32)
    return exposed(seen, optics, chance)


def exposed(scene: NDArray[np.float32], optics: Optics, chance: np.random.Generator) -> Grey:
    """Photograph a scene that is given in grey levels."""
    seen = _lit(scene, optics, chance)
    seen = _focused(seen, optics.blur)
    seen = _moved(seen, optics.motion, optics.heading)
    if optics.noise:
        seen = seen + chance.normal(0.0, optics.noise, seen.shape).astype(np.float32)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)


def wooden(size: tuple[int, int], chance: np.random.Generator) -> Grey:
    """An empty table: boards with grain, mid grey."""
    width, height = size
    grain = chance.normal(0.0, 1.0, (height, max(2, width // 40)))
    smooth = np.cumsum(grain, axis=0)
    smooth -= smooth.mean(axis=0)
    levels = 120 + 12 * smooth / max(1e-6, float(np.abs(smooth).max()))
    boards = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    return np.asarray(boards.resize(size, Image.Resampling.BICUBIC))


def jpeg(seen: Grey, *, quality: int = 85) -> bytes:
    """The picture as a webcam sends it."""
    out = io.BytesIO()
    Image.fromarray(seen).save(out, "JPEG", quality=quality)
    return out.getvalue()


def corners(paper: Image.Image, where: Laid, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Where the page's corners appear: upper left, upper right, lower right, lower left."""
    wide, high = paper.width * where.scale / 2, paper.height * where.scale / 2
    turn, away = math.radians(where.turn), math.radians(where.away)
    reach = math.hypot(wide, high)
    found = []
    for across, down in ((-wide, -high), (wide, -high), (wide, high), (-wide, high)):
        x = across * math.cos(turn) - down * math.sin(turn)
        y = across * math.sin(turn) + down * math.cos(turn)
        # A point towards "away" is farther from the lens, and so nearer to the centre.
        depth = 1 + where.tilt * (x * math.cos(away) + y * math.sin(away)) / reach
        found.append((size[0] * where.x + x / depth, size[1] * where.y + y / depth))
    return found


def _lay(scene: Image.Image, paper: Image.Image, where: Laid) -> None:
    """Put the sheet into the scene, drawn no coarser than the page's own dots need."""
    shown = corners(paper, where, (scene.width // FINER, scene.height // FINER))
    target = [(x * FINER, y * FINER) for x, y in shown]
    left, top = (math.floor(min(axis)) - 1 for axis in zip(*target, strict=True))
    right, bottom = (math.ceil(max(axis)) + 1 for axis in zip(*target, strict=True))
    paper = _thinned(paper, where.scale * FINER)
    source = [(0, 0), (paper.width, 0), (paper.width, paper.height), (0, paper.height)]
    inside = [(x - left, y - top) for x, y in target]
    bend = _homography(inside, source)
    size = (right - left, bottom - top)
    drawn = paper.transform(
        size, Image.Transform.PERSPECTIVE, bend, Image.Resampling.BICUBIC, fillcolor=PAPER)
    mask = Image.new("L", paper.size, 255).transform(
        size, Image.Transform.PERSPECTIVE, bend, Image.Resampling.BILINEAR, fillcolor=0)
    scene.paste(drawn, (left, top), mask)


def _thinned(paper: Image.Image, scale: float) -> Image.Image:
    """The sheet averaged down where its dots are finer than the scene."""
    factor = int(1 / scale) if scale < 1 else 1
    return paper.reduce(factor) if factor > 1 else paper


def _homography(
    seen: Sequence[tuple[float, float]], source: Sequence[tuple[float, float]]
) -> list[float]:
    """The eight numbers that lead from points of the picture to points of the page."""
    rows: list[list[float]] = []
    wanted: list[float] = []
    for (x, y), (u, v) in zip(seen, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows), np.array(wanted))]


def _lit(
    scene: NDArray[np.float32], optics: Optics, chance: np.random.Generator
) -> NDArray[np.float32]:
    height, width = scene.shape
    side = np.linspace(1.0, 1.0 - optics.slope, width, dtype=np.float32)
    lit = scene * (optics.light * side)
    if optics.glare:
        x, y = chance.uniform(0.3, 0.7, 2) * (width, height)
        across = (np.arange(width, dtype=np.float32) - x) ** 2
        down = (np.arange(height, dtype=np.float32)[:, None] - y) ** 2
        spot = np.exp(-(across + down) / np.float32((height / 6) ** 2))
        lit = lit + 255 * optics.glare * spot
    return np.asarray(lit, dtype=np.float32)


def _focused(seen: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur by a Gaussian kernel, rows and columns apart."""
    if sigma <= 0:
        return seen
    reach = max(1, math.ceil(3 * sigma))
    weights = np.exp(-((np.arange(-reach, reach + 1) / sigma) ** 2) / 2).astype(np.float32)
    weights /= weights.sum()
    for axis in (0, 1):
        padded = np.pad(seen, [(reach, reach) if at == axis else (0, 0) for at in (0, 1)], "edge")
        length = seen.shape[axis]
        windows = (np.take(padded, range(at, at + length), axis) for at in range(len(weights)))
        seen = np.asarray(
            sum(weight * part for weight, part in zip(weights, windows, strict=True)), np.float32)
    return seen


def _moved(seen: NDArray[np.float32], path: float, heading: float) -> NDArray[np.float32]:
    """Average the picture along a straight path, half a pixel at a time."""
    if path <= 0:
        return seen
    margin = math.ceil(path / 2) + 1  # what comes in from outside looks like the edge
    image = Image.fromarray(np.pad(seen, margin, "edge"))
    steps = np.linspace(-path / 2, path / 2, max(2, math.ceil(path * 2) + 1))
    total = np.zeros_like(seen)
    for step in steps:
        across = float(step) * math.cos(math.radians(heading))
        down = float(step) * math.sin(math.radians(heading))
        moved = image.transform(
            image.size, Image.Transform.AFFINE, (1, 0, across, 0, 1, down),
            Image.Resampling.BILINEAR)
        total += np.asarray(moved)[margin:-margin, margin:-margin]
    return np.asarray(total / len(steps), np.float32)

