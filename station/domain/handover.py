"""The courier's figures beside ours, while he stands there (D6): by charging step first.

Another step is money and always red; the same step beyond the tolerance is amber; a price that
the tariff does not give is red. Near a step's edge both sides may be right, which is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from station.domain.refusals import Code
from station.domain.regions import Place
from station.domain.tariffs import NoZone, Tariff, charge, near_edge, same_step, tariff_for
from station.domain.vocabulary import CarrierCode, Fen, Grams

HEAVIEST_G = 50_000
DEAREST_FEN = 1_000_000


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing found. ``finding`` is None where both agree.

    ``our_fen`` is the tariff's price of our weight, ``their_fen`` of the courier's; None where
    no tariff covers the destination. ``edge`` says that our weight is close to a step's edge.
    """

    finding: Code | None
    difference_g: Grams
    our_fen: Fen | None = None
    their_fen: Fen | None = None
    edge: bool = False


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far the courier's weight may be from ours within one step: the larger of the two."""

    grams: Grams = 50
    percent: Decimal = Decimal(5)

    def allows(self, ours: Grams, theirs: Grams) -> bool:
        """True if the difference is within the tolerance."""
        return abs(theirs - ours) <= max(Decimal(self.grams), ours * self.percent / 100)


def implausible(weight_g: Grams, price_fen: Fen) -> bool:
    """True for figures that no parcel of clothes has: a slip of the finger."""
    return not 0 < weight_g <= HEAVIEST_G or not 0 <= price_fen <= DEAREST_FEN


def compare(
    ours_g: Grams,
    theirs_g: Grams,
    price_fen: Fen,
    *,
    carrier: CarrierCode,
    destination: Place,
    tariffs: tuple[Tariff, ...],
    tolerance: Tolerance,
    day: date,
) -> Compared:
    """Compare the courier's weight and price with our weight and the tariff of ``day``."""
    difference = theirs_g - ours_g
    tariff = tariff_for(tariffs, carrier, day)
    try:
        if tariff is None:
            return Compared(_by_weight(ours_g, theirs_g, tolerance), difference)
        ours = charge(tariff, destination, ours_g).fen
        theirs = charge(tariff, destination, theirs_g).fen
        same = same_step(tariff, destination, ours_g, theirs_g)
        edge = near_edge(tariff, destination, ours_g)
    except NoZone:
        return Compared(_by_weight(ours_g, theirs_g, tolerance), difference)
    if not same:
        finding: Code | None = Code.HANDOVER_STEP_DIFFERS
    elif price_fen != ours:
        finding = Code.HANDOVER_PRICE_DIFFERS
    else:
        finding = _by_weight(ours_g, theirs_g, tolerance)
    return Compared(finding, difference, ours, theirs, edge)


def _by_weight(ours_g: Grams, theirs_g: Grams, tolerance: Tolerance) -> Code | None:
    return None if tolerance.allows(ours_g, theirs_g) else Code.HANDOVER_WEIGHT_DIFFERS
