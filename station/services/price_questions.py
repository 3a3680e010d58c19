"""What would it cost, and what would change: tariffs asked before anybody pays by them (D6)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Packaging
from station.domain.price_lines import Worked, work_out
from station.domain.refusals import Refusal
from station.domain.regions import Place, Region
from station.domain.tariff_table import load_tariffs, written
from station.domain.tariffs import (
    NO_EXTRAS,
    Dimensions,
    Extras,
    NoZone,
    Tariff,
    charge,
    tariff_for,
)
from station.domain.vocabulary import CarrierCode, Fen, Grams
from station.services.figures import size_of
from station.services.tariffs import price_book, why_not

WEIGHED_G = (500, 1000, 1500, 2000, 3000, 5000, 10_000)
"""The weights at which two tariffs are laid beside each other."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One carrier's price with its working-out; None where it has none for the place."""

    carrier: CarrierCode
    tariff: Tariff | None
    worked: Worked | None


def packaging_sizes(session: Session) -> Mapping[str, tuple[str, Dimensions]]:
    """Name and size of every packaging whose size is known, by its code."""
    rows = session.scalars(select(Packaging).order_by(Packaging.code))
    return {row.code: (row.name, size) for row in rows if (size := size_of(row)) is not None}


def what_if(
    session: Session, fallback: Iterable[Tariff], *, place: Place, day: date, weight_g: Grams,
    dims_mm: Dimensions | None = None, extras: Extras = NO_EXTRAS,
) -> tuple[Offer, ...]:
    """What this parcel costs with every carrier on a day, the cheapest first."""
    book = price_book(session, fallback)
    offers = []
    for carrier in CarrierCode:
        tariff = tariff_for(book, carrier, day)
        try:
            worked = work_out(tariff, place, weight_g, dims_mm, extras) if tariff else None
        except NoZone:
            worked = None
        offers.append(Offer(carrier, tariff, worked))
    return tuple(sorted(offers, key=_fen))


def _fen(offer: Offer) -> tuple[bool, Fen]:
    return offer.worked is None, offer.worked.charge.fen if offer.worked else 0


@dataclass(frozen=True, slots=True)
class Change:
    """One price before and after; None where there is none."""

    place: str
    weight_g: Grams
    before: Fen | None
    after: Fen | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A tariff that is about to be taken: what it changes, and why it cannot be."""

    tariff: Tariff
    before: Tariff | None
    changes: tuple[Change, ...]
    refusal: Refusal | None


def drafts(
    session: Session, fallback: Iterable[Tariff], tariffs: Iterable[Tariff]
) -> tuple[Draft, ...]:
    """Each new tariff beside the one that would hold on its first day without it."""
    book = price_book(session, fallback)
    found = []
    for tariff in tariffs:
        before = tariff_for(book, tariff.carrier, tariff.valid_from)
        found.append(Draft(
            tariff, before, _changes(before, tariff), why_not(session, tariff)))
    return tuple(found)


def _changes(before: Tariff | None, after: Tariff) -> tuple[Change, ...]:
    """The prices that differ, in one place of every zone of either tariff."""
    places = dict.fromkeys(
        min(zone.places, key=len) for tariff in (before, after) if tariff for zone in tariff.zones)
    rows = [
        Change(" ".join(path) or "*", grams, _price(before, path, grams),
               _price(after, path, grams))
        for path in places for grams in WEIGHED_G
    ]  # fmt: skip
    return tuple(row for row in rows if row.before != row.after)


def _price(tariff: Tariff | None, path: tuple[str, ...], grams: Grams) -> Fen | None:
    names = (*path, "", "", "")[:3]
    try:
        return charge(tariff, Region(*names), grams).fen if tariff else None
    except NoZone:
        return None


def read_toml(text: str) -> tuple[Tariff, ...]:
    """The tariffs of a TOML text. Raises TariffError with every mistake, or ValueError."""
    return load_tariffs(tomllib.loads(text))


def write_toml(tariffs: Iterable[Tariff]) -> str:
    """Tariffs as TOML that ``read_toml`` reads again."""
    blocks = [_block(written(tariff)) for tariff in tariffs]
    return "\n".join(blocks)


def _block(table: Mapping[str, object]) -> str:
    lines = ["[[tariff]]"]
    lines += [f"{key} = {_value(value)}" for key, value in table.items()
              if key not in ("zones", "surcharges")]
    for part in ("zones", "surcharges"):
        rows = table.get(part)
        for row in rows if isinstance(rows, list) else []:
            lines.append(f"\n[[tariff.{part}]]")
            lines += [f"{key} = {_value(value)}" for key, value in row.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
