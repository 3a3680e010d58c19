"""The courier's figures beside ours, while he stands there (D6): by charging step first.

Another step is money and always red; a price that the tariff does not give is red; the same step
beyond the tolerance is amber. Near a step's edge both sides may be right, which is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from station.domain.refusals import Code
from station.domain.regions import Place
from station.domain.tariffs import (
    Dimensions,
    NoZone,
    Tariff,
    charge,
    near_edge,
    tariff_for,
)
from station.domain.vocabulary import CarrierCode, Fen, Grams

HEAVIEST_G = 50_000
DEAREST_FEN = 1_000_000

AMBER = frozenset({Code.HANDOVER_WEIGHT_DIFFERS})
"""Findings that cost nothing by themselves; every other one is red."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing found. ``finding`` is None where both agree.

    ``our_fen`` is the tariff's price of our weight, ``their_fen`` of the courier's; None where
    no tariff covers the destination. ``volumetric`` says that the size decides, ``edge`` that our
    weight is close to a step's edge. ``version`` is the tariff's number in the records, 0 where it
    is none of them.
    """

    finding: Code | None
    difference_g: Grams
    our_fen: Fen | None = None
    their_fen: Fen | None = None
    edge: bool = False
    volumetric: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far the courier's weight may be from ours within one step: the larger of the two."""

    grams: Grams = 50
    percent: Decimal = Decimal(5)

    def allows(self, ours: Grams, theirs: Grams) -> bool:
        """True if the difference is within the tolerance."""
        return abs(theirs - ours) <= max(Decimal(self.grams), ours * self.percent / 100)


def implausible(weight_g: Grams, price_fen: Fen | None) -> bool:
    """True for figures that no parcel of clothes has: a slip of the finger."""
    return not 0 < weight_g <= HEAVIEST_G or not 0 <= (price_fen or 0) <= DEAREST_FEN


def compare(
    ours_g: Grams,
    theirs_g: Grams,
    price_fen: Fen | None,
    *,
    carrier: CarrierCode,
    destination: Place,
    tariffs: tuple[Tariff, ...],
    tolerance: Tolerance,
    day: date,
    dims_mm: Dimensions | None = None,
    charged_g: Grams | None = None,
) -> Compared:
    """Compare the courier's weight and price with our weight and the tariff of ``day``.

    ``charged_g`` is the weight that he charges for, where he names it beside the one he read. A
    price of None was not told. Where a contract prices by the month's average, no single price can
    be wrong yet.
    """
    difference = theirs_g - ours_g
    by_weight = None if tolerance.allows(ours_g, theirs_g) else Code.HANDOVER_WEIGHT_DIFFERS
    tariff = tariff_for(tariffs, carrier, day)
    try:
        if tariff is None:
            return Compared(by_weight, difference)
        ours = charge(tariff, destination, ours_g, dims_mm)
        theirs = charge(tariff, destination, max(theirs_g, charged_g or 0), dims_mm)
        edge = not ours.volumetric and near_edge(tariff, destination, ours_g)
    except NoZone:
        return Compared(by_weight, difference)
    if theirs.step != ours.step:
        finding: Code | None = Code.HANDOVER_STEP_DIFFERS
    elif price_fen not in (None, ours.fen) and not ours.averaged:
        finding = Code.HANDOVER_PRICE_DIFFERS
    else:
        finding = by_weight
    return Compared(
        finding, difference, ours.fen, theirs.fen, edge, ours.volumetric, tariff.version,
    )
