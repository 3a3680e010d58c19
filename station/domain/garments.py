"""What is measured of a garment for its size table, and how far two measurements may differ (M6).

Numbers are whole millimetres; a number that comes without a unit is centimetres where a garment
can be that large, else millimetres: 82 and 820 are the same waist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from station.domain.vocabulary import Millimetres

MAY_DIFFER_MM = 10
"""Two measurements of one size agree within a centimetre; else somebody measures again."""

_CENTIMETRES = re.compile(r"(\d{1,3})(?:[.,](\d))?", re.ASCII)
_LETTERS = re.compile(r"(\d{0,2})(X*)([SML])")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure by its name in the records, in both languages, and how large it may be."""

    key: str
    zh: str
    en: str
    smallest: Millimetres
    largest: Millimetres

    def fits(self, mm: int) -> bool:
        """True if a garment can have this measure."""
        return self.smallest <= mm <= self.largest

    def scanned(self, number: int) -> Millimetres | None:
        """A number without a unit in millimetres; None if no garment is so large or small."""
        return next((mm for mm in (number * 10, number) if self.fits(mm)), None)


_LENGTH = Measure("length", "衣长", "length", 250, 1600)
_CHEST = Measure("chest", "胸围", "chest", 500, 1800)
_WAIST = Measure("waist", "腰围", "waist", 450, 1500)
_HIPS = Measure("hips", "臀围", "hips", 500, 1800)
_SHOULDER = Measure("shoulder", "肩宽", "shoulder", 250, 700)
_SLEEVE = Measure("sleeve", "袖长", "sleeve", 80, 900)
_SKIRT = Measure("skirt", "裙长", "length", 200, 1600)

_TOPS = (_LENGTH, _CHEST, _SHOULDER, _SLEEVE)
_OF_KIND: tuple[tuple[str, tuple[Measure, ...]], ...] = (
    ("连衣裙", (_SKIRT, _CHEST, _WAIST, _SHOULDER)),
    ("裙", (_SKIRT, _WAIST, _HIPS)),
    ("裤", (
        Measure("trousers", "裤长", "length", 200, 1300), _WAIST, _HIPS,
        Measure("thigh", "大腿围", "thigh", 300, 1000), Measure("hem", "脚口", "hem", 150, 900),
    )),
)


def measures_of(*words: str) -> tuple[Measure, ...]:
    """The measures of the kind of garment that category or title name; tops where neither does."""
    for text in words:
        for kind, measures in _OF_KIND:
            if kind in text:
                return measures
    return _TOPS


def millimetres(centimetres: str) -> Millimetres | None:
    """A length written in centimetres, with a tenth at most; None for anything else."""
    written = _CENTIMETRES.fullmatch(centimetres.strip())
    return int(written[1]) * 10 + int(written[2] or 0) if written else None


def size_order(size: str) -> tuple[int, int, str]:
    """Sorts sizes as a shop hangs them: 28, 29, 30; S, M, L, XL, 2XL; then other words."""
    if size.isascii() and size.isdigit():
        return 0, int(size), ""
    letters = _LETTERS.fullmatch(size.strip().upper())
    if letters is None:
        return 2, 0, size
    steps = int(letters[1] or 0) or len(letters[2])
    return 1, {"S": -1 - steps, "M": 0, "L": 1 + steps}[letters[3]], size
