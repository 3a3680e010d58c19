"""A seeded album of barcode pictures, good and bad, each with what a perfect reader would say.

No public photographs travel with the project, so readers are measured on these. Every picture
draws its symbology, size, turn and trouble from its own number; pictures without any code are
there to catch false reads.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from simulators.camera import INK, PAPER, Grey, Laid, Optics, picture, sheet
from simulators.scanner import ean13_check

SIZE = (640, 480)
DOTS = 4  # dots of a drawn module
QUIET = 10  # modules of white on each side
ONE_IN_EMPTY = 12  # every so many pictures shows no code

SYMBOLOGIES = {
    "code128": (zxingcpp.BarcodeFormat.Code128, 40), "ean13": (zxingcpp.BarcodeFormat.EAN13, 20),
    "ean8": (zxingcpp.BarcodeFormat.EAN8, 5), "code39": (zxingcpp.BarcodeFormat.Code39, 10),
    "qr": (zxingcpp.BarcodeFormat.QRCode, 15),
    "datamatrix": (zxingcpp.BarcodeFormat.DataMatrix, 10),
}  # fmt: skip
"""Name to the writer's format and its share of the album in per cent."""


@dataclass(frozen=True)
class Snapshot:
    """One picture: what is on it (empty: no code), and what makes it hard."""

    number: int
    seen: Grey
    text: str
    symbology: str
    trouble: str
    module: float  # pixels
    turn: float  # degrees

    @property
    def is_upright(self) -> bool:
        """True if the code is turned by less than ten degrees."""
        return min(self.turn % 360, -self.turn % 360) < 10


SQUARE = ("qr", "datamatrix")

Trouble = Callable[[random.Random, float], tuple[Optics, float]]
"""Chance and module in pixels to the optics and the tilt."""


def _clean(_chance: random.Random, _module: float) -> tuple[Optics, float]:
    return Optics(noise=2), 0.0


def _defocus(chance: random.Random, module: float) -> tuple[Optics, float]:
    return Optics(blur=chance.uniform(0.2, 0.9) * module, noise=2), 0.0


def _motion(chance: random.Random, module: float) -> tuple[Optics, float]:
    path = chance.uniform(0.4, 1.7) * module
    return Optics(motion=path, heading=chance.uniform(0, 360), noise=2), 0.0


def _noise(chance: random.Random, _module: float) -> tuple[Optics, float]:
    return Optics(noise=chance.uniform(15, 60)), 0.0


def _dark(chance: random.Random, _module: float) -> tuple[Optics, float]:
    return Optics(light=chance.uniform(0.03, 0.25), noise=chance.uniform(1, 3)), 0.0


def _uneven(chance: random.Random, _module: float) -> tuple[Optics, float]:
    slope, glare = chance.uniform(0.5, 0.95), chance.uniform(0.2, 0.7)
    return Optics(slope=slope, glare=glare, noise=3), 0.0


def _tilted(chance: random.Random, module: float) -> tuple[Optics, float]:
    return Optics(noise=3, blur=0.2 * module), chance.uniform(0.1, 0.4)


def _smeared(_chance: random.Random, _module: float) -> tuple[Optics, float]:
    return Optics(noise=4), 0.0


TROUBLES: dict[str, Trouble] = {
    "clean": _clean, "defocus": _defocus, "motion": _motion, "noise": _noise, "dark": _dark,
    "uneven": _uneven, "tilted": _tilted, "smeared": _smeared,
}


def album(count: int, *, seed: int = 0, size: tuple[int, int] = SIZE) -> Iterator[Snapshot]:
    """So many pictures of an album; number n is the same whatever the count."""
    for number in range(count):
        yield snapshot(number, seed=seed, size=size)


def snapshot(number: int, *, seed: int = 0, size: tuple[int, int] = SIZE) -> Snapshot:
    """One picture of the album."""
    chance = random.Random(f"{seed}/{number}")
    trouble = chance.choice(list(TROUBLES))
    module = chance.uniform(1.4, 4.0)
    smear = chance.uniform(0.1, 0.4) if trouble == "smeared" else 0.0
    if number % ONE_IN_EMPTY == ONE_IN_EMPTY - 1:
        paper = written_page(chance)
        symbology = text = ""
    else:
        symbology = chance.choices(
            list(SYMBOLOGIES), [share for _, share in SYMBOLOGIES.values()])[0]
        text = text_for(symbology, chance)
        if symbology in SQUARE:
            smear *= 0.25  # what their error correction can carry
        paper = label_with(symbology, text, chance, smear)
    turn = chance.uniform(-8, 8) if chance.random() < 0.5 else chance.uniform(0, 360)
    x, y = chance.uniform(0.42, 0.58), chance.uniform(0.42, 0.58)
    laid = _fitted(paper, Laid(x, y, module / DOTS, turn), size)
    optics, tilt = TROUBLES[trouble](chance, laid.scale * DOTS)
    laid = replace(laid, tilt=tilt, away=chance.uniform(0, 360))
    seen = picture([(paper, laid)], optics, size=size, seed=chance.getrandbits(32))
    return Snapshot(number, seen, text, symbology, trouble, laid.scale * DOTS, turn)


def text_for(symbology: str, chance: random.Random) -> str:
    """A code as a bench meets it: a waybill number, an article number, an address in a QR code."""
    digits = "".join(chance.choices("0123456789", k=12))
    if symbology == "ean13":
        return digits + ean13_check(digits)
    if symbology == "ean8":
        seven = digits[:7]
        return seven + str(-sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(seven)) % 10)
    if symbology == "code39":
        return f"K{digits[:6]}-{digits[6:8]}"
    if symbology == "qr":
        return f"https://example.invalid/t/{digits}"
    prefix = chance.choice(["77", "YT", "SF", "10"])
    return prefix + digits + digits[0]


def symbol(symbology: str, text: str, *, bar_modules: int = 30) -> NDArray[np.bool_]:
    """The code's modules, True is black, drawn one dot each; bars are ``bar_modules`` high."""
    code = zxingcpp.create_barcode(text, SYMBOLOGIES[symbology][0])
    drawn = np.asarray(code.to_image(scale=1, add_quiet_zones=False, add_hrt=False)) < 128
    if symbology in SQUARE:
        return drawn
    return np.repeat(drawn[:1], bar_modules, axis=0)


def code_dots(symbology: str, text: str, *, dots: int = DOTS, bar_modules: int = 30) -> Grey:
    """The code with its quiet zones, 1 is ink."""
    modules = np.pad(symbol(symbology, text, bar_modules=bar_modules), QUIET)
    return np.kron(modules, np.ones((dots, dots), np.uint8)).astype(np.uint8)


def label_with(symbology: str, text: str, chance: random.Random, smear: float = 0.0) -> Image.Image:
    """A small label: the code among lines of writing. ``smear`` of its length is rubbed off."""
    code = sheet(code_dots(symbology, text, bar_modules=chance.randrange(14, 45)))
    width, height = max(code.width, 320), code.height + 160
    label = Image.new("L", (width, height), PAPER)
    _write(label, chance, range(8, 70, 16))
    label.paste(code, ((width - code.width) // 2, 80))
    _write(label, chance, range(code.height + 88, height - 10, 16))
    if smear:
        _rub(label, chance, smear)
    return label


def written_page(chance: random.Random) -> Image.Image:
    """A page without a code: writing, a ruled table, stripes such as a garment's."""
    page = Image.new("L", (600, 480), PAPER)
    draw = ImageDraw.Draw(page)
    _write(page, chance, range(8, 200, 16))
    for line in range(210, 300, chance.randrange(9, 24)):
        draw.line([(20, line), (580, line)], fill=INK, width=2)
    across = 20
    while across < 580:
        width = chance.randrange(3, 14)
        draw.rectangle([across, 310, across + width, 460], fill=INK)
        across += width + chance.randrange(3, 14)
    return page


def _write(page: Image.Image, chance: random.Random, lines: range) -> None:
    draw = ImageDraw.Draw(page)
    for line in lines:
        words = "".join(chance.choices("ABCDEFGHKLMNPRSTUVXYZ 0123456789 -", k=60))
        draw.text((10, line), words, fill=INK)


def _rub(label: Image.Image, chance: random.Random, share: float) -> None:
    """Rub a slanting stripe off: what a thumb or a crease does."""
    draw = ImageDraw.Draw(label)
    top = chance.uniform(80, label.height - 120)
    thick = share * (label.height - 160)
    fall = chance.uniform(-0.15, 0.15) * label.width
    draw.polygon(
        [(0, top), (label.width, top + fall), (label.width, top + fall + thick), (0, top + thick)],
        fill=PAPER - 20)


def _fitted(paper: Image.Image, laid: Laid, size: tuple[int, int]) -> Laid:
    """The same, but small enough to be in the picture whichever way it is turned."""
    diagonal = float(np.hypot(paper.width, paper.height)) * laid.scale
    room = 1.15 * min(size)
    return replace(laid, scale=laid.scale * room / diagonal) if diagonal > room else laid
