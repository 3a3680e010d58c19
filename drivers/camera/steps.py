"""The rungs of the reader's ladder: each looks at a picture in one way, in small pieces of work.

A step yields after each piece what it has read there, so that the ladder may stop between two
pieces: because it has what it wants, or because its time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.camera.regions import Region, find_regions
from drivers.camera.vision import Grey, opencv, zbar, zxing

Corners = tuple[tuple[float, float], ...]
"""Four points in pixels of the picture, around the code."""

Read = tuple[str, str, str, Corners]
"""Text, symbology, AIM identifier (empty if the decoder gives none), corners."""

ZXING_NAMES = {
    "Code128": "code128", "EAN13": "ean13", "EAN8": "ean8", "Code39": "code39",
    "QRCode": "qr", "DataMatrix": "datamatrix",
}  # fmt: skip
ZBAR_NAMES = {
    "CODE128": "code128", "EAN13": "ean13", "EAN8": "ean8", "CODE39": "code39", "QRCODE": "qr",
}  # fmt: skip
AIM = {
    "code128": "]C0", "ean13": "]E0", "ean8": "]E4", "code39": "]A0", "qr": "]Q1",
    "datamatrix": "]d1",
}  # fmt: skip
"""ISO/IEC 15424 identifiers for decoders that give none."""

MARGIN = 0.12
"""White beside a region, as a share of its length: a quiet zone is ten modules."""

ZOOM = 2.0
LARGEST_SIDE = 1400
"""Pixels; a region is enlarged no further, so that one piece of work stays small."""

BANDS = 5
STRIP_ROWS = 24
BLURS = (1.5, 2.5, 3.5)
"""Sigmas of defocus, in pixels of a region enlarged twice, that are tried to be undone."""

NOISE_TO_SIGNAL = 0.005


@dataclass(frozen=True, slots=True)
class Cutting:
    """An upright piece of the picture, and the way back to the picture's pixels."""

    grey: Grey
    region: Region
    back: NDArray[np.float64]

    def placed(self, corners: Corners) -> Corners:
        """Give points of the cutting as points of the picture."""
        points = np.array([[x, y, 1.0] for x, y in corners]) @ self.back.T
        return tuple((float(x), float(y)) for x, y in points)

    def outline(self) -> Corners:
        """Give the cutting's own corners in the picture."""
        height, width = self.grey.shape
        return self.placed(((0, 0), (width, 0), (width, height), (0, height)))


class Picture:
    """A grey picture with what steps share: its regions and their cuttings, found once."""

    def __init__(self, grey: Grey) -> None:
        self.grey = grey
        self._cuttings: dict[tuple[int, float], Cutting] = {}

    @cached_property
    def regions(self) -> list[Region]:
        """Where codes may be, the most promising first."""
        return find_regions(self.grey)

    def cuttings(self, zoom: float, *, striped_only: bool = False) -> Iterator[Cutting]:
        """Each region upright, ``zoom`` times as large as in the picture."""
        for number, region in enumerate(self.regions):
            if region.striped or not striped_only:
                if (number, zoom) not in self._cuttings:
                    self._cuttings[number, zoom] = _cut(self.grey, region, zoom)
                yield self._cuttings[number, zoom]


def _cut(grey: Grey, region: Region, zoom: float) -> Cutting:
    cv2 = opencv()
    zoom = min(zoom, LARGEST_SIDE / max(region.along, region.down))
    matrix, size = region.matrix(zoom, (region.along * MARGIN + 16) * zoom)
    upright = cv2.warpAffine(
        grey, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Cutting(upright, region, cv2.invertAffineTransform(matrix))


@dataclass(frozen=True, slots=True)
class Step:
    """A rung: its name, as reads tell it, and how it looks at a picture."""

    name: str
    look: Callable[[Picture], Iterator[Sequence[Read]]]


# --- the two decoders ---------------------------------------------------------------------------


@cache
def _zxing_formats() -> Any:
    return zxing().barcode_formats_from_str(",".join(ZXING_NAMES))


def read_zxing(grey: Grey, *, turned: bool = False, thorough: bool = False) -> list[Read]:
    """Read with zxing-cpp; ``turned`` also looks along columns, ``thorough`` for light on dark."""
    found = zxing().read_barcodes(
        grey, formats=_zxing_formats(), try_rotate=turned, try_invert=thorough,
        try_downscale=thorough, text_mode=zxing().TextMode.Plain)
    return [
        (one.text, ZXING_NAMES[one.format.name], one.symbology_identifier, _zxing_corners(one))
        for one in found
    ]


def _zxing_corners(one: Any) -> Corners:
    at = one.position
    points = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    return tuple((float(point.x), float(point.y)) for point in points)


@cache
def _zbar_symbols() -> list[Any]:
    return [zbar().ZBarSymbol[name] for name in ZBAR_NAMES]


def read_zbar(grey: Grey) -> list[Read]:
    """Read with ZBar through pyzbar; bytes that are no UTF-8 are no read."""
    found: list[Read] = []
    for one in zbar().decode(np.ascontiguousarray(grey), symbols=_zbar_symbols()):
        try:
            text = one.data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        box = one.rect
        right, bottom = box.left + box.width, box.top + box.height
        corners = ((box.left, box.top), (right, box.top), (right, bottom), (box.left, bottom))
        found.append((text, ZBAR_NAMES[one.type], "", corners))
    return found


# --- the steps ----------------------------------------------------------------------------------


def quick(picture: Picture) -> Iterator[Sequence[Read]]:
    """zxing-cpp on the picture as it is: most labels in one millisecond."""
    yield read_zxing(picture.grey)


def regions(picture: Picture) -> Iterator[Sequence[Read]]:
    """Each region upright and twice as large: its averaged bands, then zxing-cpp on all of it.

    Noise goes with the root of the rows that are averaged, and bars stay.
    """
    for cutting in picture.cuttings(ZOOM):
        if cutting.region.striped:
            yield from _read_profiles(cutting, _bands(cutting))
        yield _placed(cutting, read_zxing(cutting.grey, turned=not cutting.region.striped))


def sharpened(picture: Picture) -> Iterator[Sequence[Read]]:
    """Averaged bands with a lens' blur undone: only averages are quiet enough to bear it."""
    for cutting in picture.cuttings(ZOOM, striped_only=True):
        for sigma in BLURS:
            bands = [unblurred(band, sigma) for band in _bands(cutting)]
            yield from _read_profiles(cutting, bands)


def softened(picture: Picture) -> Iterator[Sequence[Read]]:
    """zxing-cpp on each enlarged region with its noise smoothed, 2D codes' too."""
    cv2 = opencv()
    for cutting in picture.cuttings(ZOOM):
        soft = cv2.GaussianBlur(cutting.grey, (0, 0), 1.5)
        yield _placed(cutting, read_zxing(soft, turned=not cutting.region.striped))


def zbar_regions(picture: Picture) -> Iterator[Sequence[Read]]:
    """ZBar on each region, upright: it bears glare and blur that zxing-cpp does not."""
    for cutting in picture.cuttings(1.0):
        yield _placed(cutting, read_zbar(cutting.grey))


def thorough(picture: Picture) -> Iterator[Sequence[Read]]:
    """zxing-cpp on the whole picture with all that it can do: columns, small, light on dark.

    By itself it looks for light squares on dark ground, but not for light bars.
    """
    yield read_zxing(picture.grey, turned=True, thorough=True)
    yield read_zxing(opencv().bitwise_not(picture.grey), turned=True)


def contrast(picture: Picture) -> Iterator[Sequence[Read]]:
    """zxing-cpp after the contrast has been raised in every part by itself (CLAHE)."""
    raised = opencv().createCLAHE(2.0, (8, 8)).apply(picture.grey)
    yield read_zxing(raised, turned=True)


def zbar_half(picture: Picture) -> Iterator[Sequence[Read]]:
    """ZBar at half the size: noise is averaged away, and it costs a quarter."""
    cv2 = opencv()
    size = (max(1, picture.grey.shape[1] // 2), max(1, picture.grey.shape[0] // 2))
    half = cv2.resize(picture.grey, size, interpolation=cv2.INTER_AREA)
    yield [
        (text, kind, aim, tuple((2 * x, 2 * y) for x, y in corners))
        for text, kind, aim, corners in read_zbar(half)
    ]


def zbar_whole(picture: Picture) -> Iterator[Sequence[Read]]:
    """ZBar on the picture as it is: the base reader of every such program."""
    yield read_zbar(picture.grey)


LADDER = (
    Step("quick", quick), Step("regions", regions), Step("sharpened", sharpened),
    Step("zbar-half", zbar_half), Step("softened", softened), Step("zbar-regions", zbar_regions),
    Step("thorough", thorough), Step("contrast", contrast), Step("zbar-whole", zbar_whole),
)  # fmt: skip
"""In the order of what they find for what they cost, as measured by benchmarks/camera.py."""


def _placed(cutting: Cutting, reads: Sequence[Read]) -> list[Read]:
    return [(text, kind, aim, cutting.placed(corners)) for text, kind, aim, corners in reads]


def _bands(cutting: Cutting) -> list[NDArray[np.float32]]:
    """The mean rows of a cutting's bands, from top to bottom."""
    edges = np.linspace(0.1, 0.9, BANDS + 1) * cutting.grey.shape[0]
    return [
        cutting.grey[int(top): int(bottom)].mean(axis=0, dtype=np.float32)
        for top, bottom in pairwise(edges)
    ]


def _read_profiles(
    cutting: Cutting, bands: Sequence[NDArray[np.float32]]
) -> Iterator[Sequence[Read]]:
    """Read each band as zxing-cpp sees it, and as ZBar does."""
    for band in bands:
        drawn = strip(band)
        reads = read_zxing(drawn) or read_zbar(drawn)
        yield [(text, kind, aim, cutting.outline()) for text, kind, aim, _ in reads]


def strip(band: NDArray[np.float32]) -> Grey:
    """Draw a row of brightness as a picture: full contrast, twice as wide, a few rows high."""
    cv2 = opencv()
    wide = cv2.resize(band[np.newaxis], None, fx=2, fy=1, interpolation=cv2.INTER_CUBIC)
    dark, bright = np.percentile(wide, (3, 97))
    level = np.clip((wide - dark) * (255 / max(float(bright - dark), 1.0)), 0, 255)
    return np.repeat(level.astype(np.uint8), STRIP_ROWS, axis=0)


def unblurred(band: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Undo a Gaussian blur as far as the noise allows (Wiener's filter)."""
    padding = 60
    padded = np.pad(band, padding, mode="edge")
    blur = np.exp(-2 * (np.pi * sigma * np.fft.rfftfreq(padded.size)) ** 2)
    undone = np.fft.rfft(padded) * blur / (blur * blur + NOISE_TO_SIGNAL)
    return np.fft.irfft(undone, padded.size)[padding:-padding].astype(np.float32)
