"""How a price comes about, line by line, for people who want to check it.

The lines of ``work_out`` add up to ``charge`` to the fen; a line of 0 fen only explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from station.domain.regions import Place
from station.domain.tariffs import (
    NO_EXTRAS,
    Basis,
    Charge,
    Dimensions,
    Extras,
    Steps,
    Tariff,
    Zone,
    charge,
    climb,
    surcharge_fen,
    volumetric_weight_g,
    zone_of,
)
from station.domain.vocabulary import Fen, Grams


class PriceLine(NamedTuple):
    """One line: a code with words ("price.first"), its facts, and what it adds."""

    code: str
    facts: Mapping[str, str | int]
    fen: Fen


@dataclass(frozen=True, slots=True)
class Worked:
    """A price with its working-out."""

    charge: Charge
    zone: Zone
    lines: tuple[PriceLine, ...]


def work_out(
    tariff: Tariff,
    destination: Place,
    weight_g: Grams,
    dims_mm: Dimensions | None = None,
    extras: Extras = NO_EXTRAS,
) -> Worked:
    """The price of one parcel with its lines. Raises as ``charge`` does."""
    found = charge(tariff, destination, weight_g, dims_mm, extras)
    zone = zone_of(tariff, destination)
    volume_g = volumetric_weight_g(zone.volume_divisor, dims_mm)
    heavier = max(weight_g, volume_g)
    lines = [
        *_size(zone, weight_g, volume_g), *_freight(zone, heavier, found, extras)
    ]
    freight = sum(line.fen for line in lines)
    lines += _surcharges(tariff, destination, heavier, freight, extras)
    if rounded := found.fen - sum(line.fen for line in lines):
        lines.append(PriceLine("price.rounded", {"rounding": str(tariff.rounding)}, rounded))
    return Worked(found, zone, tuple(lines))


def _size(zone: Zone, weight_g: Grams, volume_g: Grams) -> Iterator[PriceLine]:
    """Which of the two weights counts, where there are two."""
    if volume_g:
        code = "price.by_size" if volume_g > weight_g else "price.by_scale"
        facts = {"size_g": volume_g, "scale_g": weight_g, "divisor": zone.volume_divisor or 0}
        yield PriceLine(code, facts, 0)


def _freight(
    zone: Zone, weight_g: Grams, found: Charge, extras: Extras
) -> Iterator[PriceLine]:
    so_far = 0
    steps = _averaged(zone, weight_g, extras) if found.averaged else _single(zone, weight_g)
    for line in steps:
        so_far += line.fen
        yield line
    if so_far < zone.minimum_fen:
        yield PriceLine(
            "price.minimum", {"minimum_fen": zone.minimum_fen}, zone.minimum_fen - so_far)


def _averaged(zone: Zone, weight_g: Grams, extras: Extras) -> Iterator[PriceLine]:
    if zone.average is None:  # pragma: no cover - an averaged price has its average
        return
    known = extras.average_g is not None
    bracket = zone.average.bracket(weight_g if extras.average_g is None else extras.average_g)
    yield PriceLine(
        "price.average" if known else "price.average_unknown",
        {"average_g": extras.average_g if extras.average_g is not None else weight_g,
         "upto_g": bracket.upto_g},
        bracket.fen,
    )


def _single(zone: Zone, weight_g: Grams) -> Iterator[PriceLine]:
    yield PriceLine("price.first", {"first_g": zone.first_g}, zone.first_fen)
    for taken, band in climb(zone, weight_g):
        code = "price.further" if band.steps is Steps.UP else "price.further_nearest"
        facts = {"steps": taken, "step_g": band.step_g, "step_fen": band.step_fen}
        yield PriceLine(code, facts, taken * band.step_fen)


def _surcharges(
    tariff: Tariff, destination: Place, weight_g: Grams, freight: Fen, extras: Extras
) -> Iterator[PriceLine]:
    for one in tariff.surcharges:
        fen = surcharge_fen(one, destination, weight_g, freight, extras)
        if fen:
            part = "rate_fen" if one.basis not in (Basis.FREIGHT, Basis.VALUE) else "percent"
            rate: str | int = one.rate if part == "rate_fen" else percent(one.rate)
            yield PriceLine(
                f"price.surcharge_{one.basis}", {"surcharge": one.name, part: rate}, fen)


def percent(rate: int) -> str:
    """Ten-thousandths as a percentage: 750 -> "7.5"."""
    return f"{rate / 100:g}"
