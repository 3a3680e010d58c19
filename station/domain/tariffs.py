"""What a carrier charges: first weight and steps by destination, in whole fen and grams.

freight = first + begun steps above the first weight, summed over bands when heavier parcels pay
another step; the weight is the larger of real and volumetric (length * width * height / divisor).
A zone may have a least price, or one price by the month's average weight (均重) for every parcel up
to a limit. Surcharges come on top, then the whole is rounded. STO and YTO share a price, EMS and
SF share one (S9).

This is the only price there is: the hand-over, the what-if page and the check of the monthly bill
all ask ``charge``, and the working-out of a price (station/domain/price_lines.py) is its sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from station.domain.regions import Place, lies_in, place_path
from station.domain.vocabulary import FURTHER, CarrierCode, Fen, Grams, Millimetres

Dimensions = tuple[Millimetres, Millimetres, Millimetres]
Path = tuple[str, ...]

EVERYWHERE: frozenset[Path] = frozenset({()})

PRICE_CLASS = {
    CarrierCode.STO: CarrierCode.STO,
    CarrierCode.YTO: CarrierCode.STO,
    CarrierCode.EMS: CarrierCode.EMS,
    CarrierCode.SF: CarrierCode.EMS,
}
"""The carrier whose tariff each one shares that has none of its own (S9)."""


def price_class(carrier: CarrierCode) -> CarrierCode:
    """The carrier whose tariff counts where this one has none: often itself."""
    further = FURTHER.get(carrier)
    return PRICE_CLASS.get(carrier) or CarrierCode((further and further.price_class) or carrier)


class Rounding(StrEnum):
    """How the whole fee is rounded: not at all, or to the jiao or yuan, half up or always up."""

    FEN = "fen"
    HALF_UP_JIAO = "half_up_jiao"
    UP_JIAO = "up_jiao"
    HALF_UP_YUAN = "half_up_yuan"
    UP_YUAN = "up_yuan"

    def of(self, fen: Fen) -> Fen:
        """The fee after rounding."""
        unit = {"fen": 1, "jiao": 10, "yuan": 100}[self.value.rpartition("_")[2]]
        return -(-fen // unit) * unit if self.value.startswith("up_") else (
            (fen + unit // 2) // unit * unit)


class Steps(StrEnum):
    """How a part of a step counts: as a whole one, or by whichever whole one is nearer."""

    UP = "up"
    NEAREST = "nearest"


class Basis(StrEnum):
    """What a surcharge is counted by; ``rate`` is fen, or ten-thousandths for the last two."""

    PARCEL = "parcel"
    KILOGRAM = "kilogram"  # each begun kilogram above ``above_g``
    PACKAGING = "packaging"  # each packaging bought from the carrier
    FREIGHT = "freight"
    VALUE = "value"  # of the declared value


@dataclass(frozen=True, slots=True)
class Band:
    """The price of further weight up to ``upto_g`` in all (None: without end)."""

    step_g: Grams
    step_fen: Fen
    upto_g: Grams | None = None
    steps: Steps = Steps.UP


@dataclass(frozen=True, slots=True)
class Bracket:
    """One price up to a weight."""

    upto_g: Grams
    fen: Fen


@dataclass(frozen=True, slots=True)
class Average:
    """One price for every parcel up to ``upto_g``, by the month's average weight of them (均重)."""

    brackets: tuple[Bracket, ...]

    @property
    def upto_g(self) -> Grams:
        """The heaviest parcel that is priced by the average; heavier ones are priced singly."""
        return self.brackets[-1].upto_g

    def bracket(self, average_g: Grams) -> Bracket:
        """The bracket that an average weight falls in."""
        return next(
            (one for one in self.brackets if average_g <= one.upto_g), self.brackets[-1])


@dataclass(frozen=True, slots=True)
class Zone:
    """Destinations of one price. ``places`` are short paths; the empty path is everywhere else."""

    places: frozenset[Path]
    first_g: Grams
    first_fen: Fen
    bands: tuple[Band, ...]
    volume_divisor: int | None = None  # mm³ per gram, equal to cm³ per kilogram
    name: str = ""
    minimum_fen: Fen = 0
    average: Average | None = None


@dataclass(frozen=True, slots=True)
class Surcharge:
    """What comes on top of the freight: for far places, fuel, insurance, packaging."""

    name: str
    basis: Basis
    rate: int
    places: frozenset[Path] = EVERYWHERE
    above_g: Grams = 0  # parcels that are not heavier do not pay it
    minimum_fen: Fen = 0


@dataclass(frozen=True, slots=True)
class Tariff:
    """One carrier's (or price class's) prices from ``valid_from`` on.

    ``valid_until`` is its last day, None where only a newer tariff ends it. ``version`` is its
    number in the records, 0 for one that is not kept there.
    """

    carrier: CarrierCode
    valid_from: date
    zones: tuple[Zone, ...]
    rounding: Rounding = Rounding.FEN
    name: str = ""
    surcharges: tuple[Surcharge, ...] = ()
    valid_until: date | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Extras:
    """What a price may depend on beside weight, size and place.

    ``average_g`` is the month's average where it is known; until then a parcel's own weight stands
    for it.
    """

    value_fen: Fen = 0
    packagings: int = 0
    average_g: Grams | None = None


NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True)
class Charge:
    """A price: ``charged_weight_g`` is the end of the step paid for, ``step`` 0 the first weight.

    ``volumetric`` says that the size decided, not the scale; ``averaged`` that the month's average
    does, so that nobody can say this one parcel's price before the month is over.
    """

    fen: Fen
    charged_weight_g: Grams
    step: int
    volumetric: bool = False
    averaged: bool = False


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
    tariff: Tariff,
    destination: Place,
    weight_g: Grams,
    dims_mm: Dimensions | None = None,
    extras: Extras = NO_EXTRAS,
) -> Charge:
    """The price of one parcel. Raises ValueError for a weight or size that is not positive."""
    if weight_g <= 0 or (dims_mm is not None and min(dims_mm) <= 0):
        raise ValueError("weight and size must be positive")
    zone = zone_of(tariff, destination)
    volume_g = volumetric_weight_g(zone.volume_divisor, dims_mm)
    heavier = max(weight_g, volume_g)
    freight, charged, step, averaged = _freight(zone, heavier, extras.average_g)
    due = (surcharge_fen(one, destination, heavier, freight, extras)
           for one in tariff.surcharges)
    fen = tariff.rounding.of(freight + sum(due))
    return Charge(fen, charged, step, volumetric=volume_g > weight_g, averaged=averaged)


def _freight(
    zone: Zone, weight_g: Grams, average_g: Grams | None
) -> tuple[Fen, Grams, int, bool]:
    """Freight, end of the step paid for, that step, and whether the average decides."""
    average = zone.average
    if average is not None and weight_g <= average.upto_g:
        fen = average.bracket(weight_g if average_g is None else average_g).fen
        return max(fen, zone.minimum_fen), average.upto_g, 0, True
    fen, edge, steps = zone.first_fen, zone.first_g, 0
    for taken, band in climb(zone, weight_g):
        fen, edge, steps = fen + taken * band.step_fen, edge + taken * band.step_g, steps + taken
    above_average = 0 if average is None else 1
    return max(fen, zone.minimum_fen), edge, steps + above_average, False


def climb(zone: Zone, weight_g: Grams) -> list[tuple[int, Band]]:
    """The steps that a weight pays for above the first weight, band by band."""
    begin, taken = zone.first_g, []
    for band in zone.bands:
        if weight_g <= begin:
            break
        end = weight_g if band.upto_g is None else min(weight_g, band.upto_g)
        half = band.step_g // 2 if band.steps is Steps.NEAREST else band.step_g - 1
        taken.append(((end - begin + half) // band.step_g, band))
        begin = band.upto_g or end
    return taken


def surcharge_fen(
    one: Surcharge, destination: Place, weight_g: Grams, freight_fen: Fen, extras: Extras
) -> Fen:
    """What one surcharge adds for a parcel; 0 where it does not apply."""
    if weight_g <= one.above_g:
        return 0
    counted = {
        Basis.PARCEL: 1,
        Basis.KILOGRAM: -(-(weight_g - one.above_g) // 1000),
        Basis.PACKAGING: extras.packagings,
        Basis.FREIGHT: freight_fen,
        Basis.VALUE: extras.value_fen,
    }[one.basis]
    if not counted or not _applies(one, place_path(destination)):
        return 0
    fen = counted * one.rate
    if one.basis in (Basis.FREIGHT, Basis.VALUE):
        fen = (fen + 5_000) // 10_000
    return max(fen, one.minimum_fen)


def surcharges_at(tariff: Tariff, destination: Place) -> tuple[Surcharge, ...]:
    """The surcharges that can come up at a destination: parcels of one zone may differ in them."""
    path = place_path(destination)
    return tuple(one for one in tariff.surcharges if _applies(one, path))


def _applies(one: Surcharge, path: Path) -> bool:
    return any(lies_in(path, place) for place in one.places)


def volumetric_weight_g(divisor: int | None, dims_mm: Dimensions | None) -> Grams:
    """Grams that a size counts for, rounded up; 0 where the size does not matter."""
    if divisor is None or dims_mm is None:
        return 0
    length, width, height = dims_mm
    return -(-length * width * height // divisor)


def same_step(tariff: Tariff, destination: Place, a_g: Grams, b_g: Grams) -> bool:
    """Whether two weights of one parcel fall in the same charging step."""
    zone = zone_of(tariff, destination)
    return _step(zone, a_g) == _step(zone, b_g)


def nearest_edge_g(tariff: Tariff, destination: Place, weight_g: Grams) -> Grams:
    """How many grams separate the weight from the closest edge between two steps."""
    zone = zone_of(tariff, destination)
    step = _step(zone, weight_g)
    farthest = weight_g + zone.first_g + 2 * max((band.step_g for band in zone.bands), default=0)
    if zone.average is not None:
        farthest = max(farthest, zone.average.upto_g + 1)
    end = _last(weight_g, farthest, lambda grams: _step(zone, grams) <= step)
    if step == 0:
        return end - weight_g
    begin = _last(0, weight_g, lambda grams: _step(zone, grams) < step)
    return min(end - weight_g, weight_g - begin)


def near_edge(
    tariff: Tariff, destination: Place, weight_g: Grams, scale_error_g: Grams = 20
) -> bool:
    """Whether both sides may be right: the weight is within the scales' error of a step's edge."""
    return nearest_edge_g(tariff, destination, weight_g) <= scale_error_g


def tariff_for(tariffs: Iterable[Tariff], carrier: CarrierCode, day: date) -> Tariff | None:
    """The newest tariff valid on ``day``: the carrier's own if it has one, else its class's."""
    valid = [tariff for tariff in tariffs if is_valid(tariff, day)]
    for code in (carrier, price_class(carrier)):
        own = [tariff for tariff in valid if tariff.carrier is code]
        if own:
            return max(own, key=lambda tariff: tariff.valid_from)
    return None


def is_valid(tariff: Tariff, day: date) -> bool:
    """Whether the day lies between the tariff's first and last day."""
    return tariff.valid_from <= day and (
        tariff.valid_until is None or day <= tariff.valid_until)


def _step(zone: Zone, weight_g: Grams) -> int:
    return _freight(zone, weight_g, None)[2]


def _last(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The last whole number from ``low`` to ``high`` for which it holds, if it holds at low."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
