"""What a carrier charges: first weight and steps by destination, in whole fen and grams.

fee = first + ceil((weight - first weight) / step) * step fee, summed over bands when heavier
parcels pay another step; the weight is the larger of real and volumetric
(length * width * height / divisor). STO and YTO share a price, EMS and SF share one (S9).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from station.domain.regions import Place, lies_in, place_path
from station.domain.vocabulary import CarrierCode, Fen, Grams, Millimetres

Dimensions = tuple[Millimetres, Millimetres, Millimetres]

PRICE_CLASS = {
    CarrierCode.STO: CarrierCode.STO,
    CarrierCode.YTO: CarrierCode.STO,
    CarrierCode.EMS: CarrierCode.EMS,
    CarrierCode.SF: CarrierCode.EMS,
}


class Rounding(StrEnum):
    """How the whole fee is rounded: not at all, or half a yuan and more up to the next yuan."""

    FEN = "fen"
    HALF_UP_YUAN = "half_up_yuan"


@dataclass(frozen=True, slots=True)
class Band:
    """The price of further weight up to ``upto_g`` in all (None: without end)."""

    step_g: Grams
    step_fen: Fen
    upto_g: Grams | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """Destinations of one price. ``places`` are short paths; the empty path is everywhere else."""

    places: frozenset[tuple[str, ...]]
    first_g: Grams
    first_fen: Fen
    bands: tuple[Band, ...]
    volume_divisor: int | None = None  # mm³ per gram, equal to cm³ per kilogram


@dataclass(frozen=True, slots=True)
class Tariff:
    """One carrier's (or price class's) prices from ``valid_from`` on."""

    carrier: CarrierCode
    valid_from: date
    zones: tuple[Zone, ...]
    rounding: Rounding = Rounding.FEN
    name: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A price: ``charged_weight_g`` is the end of the step paid for, ``step`` 0 the first weight.

    ``volumetric`` says that the size decided, not the scale.
    """

    fen: Fen
    charged_weight_g: Grams
    step: int
    volumetric: bool = False


class NoZone(LookupError):
    """The tariff has no price for this destination."""


def zone_of(tariff: Tariff, destination: Place) -> Zone:
    """The zone with the longest path that leads to the destination; raises NoZone."""
    path = place_path(destination)
    found: tuple[int, Zone] | None = None
    for zone in tariff.zones:
        for place in zone.places:
            if lies_in(path, place) and (found is None or len(place) > found[0]):
                found = (len(place), zone)
    if found is None:
        raise NoZone(f"{tariff.carrier} {tariff.valid_from}: {' '.join(path[:2])}")
    return found[1]


def charge(
    tariff: Tariff, destination: Place, weight_g: Grams, dims_mm: Dimensions | None = None
) -> Charge:
    """The price of one parcel. Raises ValueError for a weight or size that is not positive."""
    if weight_g <= 0 or (dims_mm is not None and min(dims_mm) <= 0):
        raise ValueError("weight and size must be positive")
    zone = zone_of(tariff, destination)
    volume_g = volumetric_weight_g(zone.volume_divisor, dims_mm)
    fen, charged, step = _climb(zone, max(weight_g, volume_g))
    if tariff.rounding is Rounding.HALF_UP_YUAN:
        fen = (fen + 50) // 100 * 100
    return Charge(fen, charged, step, volumetric=volume_g > weight_g)


def volumetric_weight_g(divisor: int | None, dims_mm: Dimensions | None) -> Grams:
    """Grams that a size counts for, rounded up; 0 where the size does not matter."""
    if divisor is None or dims_mm is None:
        return 0
    length, width, height = dims_mm
    return _ceil_div(length * width * height, divisor)


def same_step(tariff: Tariff, destination: Place, a_g: Grams, b_g: Grams) -> bool:
    """Whether two weights of one parcel fall in the same charging step."""
    return charge(tariff, destination, a_g).step == charge(tariff, destination, b_g).step


def nearest_edge_g(tariff: Tariff, destination: Place, weight_g: Grams) -> Grams:
    """How many grams separate the weight from the closest edge between two steps."""
    zone = zone_of(tariff, destination)
    _, end, step = _climb(zone, weight_g)
    return end - weight_g if step == 0 else min(end - weight_g, weight_g - _begin(zone, weight_g))


def near_edge(
    tariff: Tariff, destination: Place, weight_g: Grams, scale_error_g: Grams = 20
) -> bool:
    """Whether both sides may be right: the weight is within the scales' error of a step's edge."""
    return nearest_edge_g(tariff, destination, weight_g) <= scale_error_g


def tariff_for(tariffs: Iterable[Tariff], carrier: CarrierCode, day: date) -> Tariff | None:
    """The newest tariff valid on ``day``: the carrier's own if it has one, else its class's."""
    valid = [tariff for tariff in tariffs if tariff.valid_from <= day]
    for code in (carrier, PRICE_CLASS[carrier]):
        own = [tariff for tariff in valid if tariff.carrier is code]
        if own:
            return max(own, key=lambda tariff: tariff.valid_from)
    return None


def _climb(zone: Zone, weight_g: Grams) -> tuple[Fen, Grams, int]:
    """Fee, end of the step paid for, and number of steps, for a weight."""
    fen, edge, steps = zone.first_fen, zone.first_g, 0
    for band in zone.bands:
        if weight_g <= edge:
            break
        top = weight_g if band.upto_g is None else min(weight_g, band.upto_g)
        taken = _ceil_div(top - edge, band.step_g)
        fen, edge, steps = fen + taken * band.step_fen, edge + taken * band.step_g, steps + taken
    return fen, edge, steps


def _begin(zone: Zone, weight_g: Grams) -> Grams:
    """The edge below the step that this weight pays for."""
    low, high = 0, weight_g
    step = _climb(zone, weight_g)[2]
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _climb(zone, middle)[2] < step else (low, middle - 1)
    return low


def _ceil_div(a: int, b: int) -> int:
    return -(-a // b)
