"""What a parcel should have cost, and where the carrier's destination is another than ours.

A month asks the same few prices a million times, so each is computed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from station.domain.regions import (
    MUNICIPALITIES,
    NO_DISTRICT,
    Region,
    province_of,
    short_name,
)
from station.domain.statements import Shipment, StatementLine
from station.domain.tariffs import (
    NO_EXTRAS,
    Charge,
    Dimensions,
    Extras,
    NoZone,
    Surcharge,
    Tariff,
    Zone,
    charge,
    near_edge,
    surcharges_at,
    tariff_for,
    zone_of,
)
from station.domain.vocabulary import CarrierCode, Fen, Grams

_KEPT = 100_000  # prices remembered at once
_ZONE = re.compile(  # how price lists name zones, which are no places
    r"同城|[省市区]?[内外]|[本外跨异邻]省|[一二三四五六七八九十]区|偏远(?:地区)?|全国|江浙沪皖?|其[他它](?:地区|省份)?")

PlaceNames = tuple[str, str, str]
"""Province, city and district as they are written; city and district may be ""."""
ByPlace = tuple[str, str, str, str, str]
"""Carrier, day, province, city and district."""
Key = TypeVar("Key")
Value = TypeVar("Value")


class _Priced(NamedTuple):
    """A place's tariff and zone; zones of one price have one number."""

    number: int
    tariff: Tariff
    zone: Zone
    region: Region
    extras: Extras


class _Table(dict[Grams, Charge | None]):
    """The price of every weight that was asked for in one zone."""

    def __init__(self, priced: _Priced | None) -> None:
        super().__init__()
        self._priced = priced

    def __missing__(self, grams: Grams) -> Charge | None:
        if len(self) > _KEPT:
            self.clear()
        priced = self._priced
        found = _charge(priced, grams) if priced else None
        self[grams] = found
        return found


class _Remembered(dict[Key, Value]):
    """What a function said, by what it was asked; forgets everything when it grows too large."""

    def __init__(self, ask: Callable[[Key], Value]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, key: Key) -> Value:
        if len(self) > _KEPT:
            self.clear()
        found = self[key] = self._ask(key)
        return found


class Prices:
    """The tariffs of a month, asked by carrier, day, place and weight.

    ``averages`` are the average weights by carrier and month ("2026-11"), for contracts that price
    by them.
    """

    def __init__(
        self, tariffs: tuple[Tariff, ...], *, scale_error_g: Grams = 20,
        averages: Mapping[tuple[str, str], Grams] = MappingProxyType({}),
    ) -> None:
        self._tariffs = tariffs
        self._averages = averages
        self._scale_error_g = scale_error_g
        self._zones: dict[tuple[str, str, PlaceNames], _Priced | None] = {}
        self._numbers: dict[tuple[int, tuple[Surcharge, ...], Grams | None], int] = {}
        self.tables = _Remembered(self.table)
        self._by_price: dict[int, _Table] = {}
        self._charges: dict[tuple[int, Grams, Dimensions | None], Charge] = {}

    def of(
        self, carrier: str, day: str, place: PlaceNames, grams: Grams,
        size_mm: Dimensions | None = None,
    ) -> Charge | None:
        """The price of one parcel; None where no tariff of that day covers the place."""
        priced = self._zones.get((carrier, day, place)) or self._priced(carrier, day, place)
        if priced is None or grams <= 0:
            return None
        key = (priced.number, grams, size_mm)
        found = self._charges.get(key)
        if found is None:
            if len(self._charges) > _KEPT:
                self._charges.clear()
            found = _charge(priced, grams, size_mm)
            self._charges[key] = found
        return found

    def table(self, key: ByPlace) -> _Table:
        """The prices of one carrier, day and place by weight; one for all places of a price."""
        carrier, day, *place = key
        priced = self._priced(carrier, day, (place[0], place[1], place[2]))
        return _Table(None) if priced is None else self._by_price.setdefault(
            priced.number, _Table(priced))

    def is_near_edge(self, carrier: str, day: str, place: PlaceNames, grams: Grams) -> bool:
        """Whether the weight is so close to a step's edge that both sides may be right."""
        priced = self._priced(carrier, day, place)
        return priced is not None and near_edge(
            priced.tariff, priced.region, grams, self._scale_error_g
        )

    def _priced(self, carrier: str, day: str, place: PlaceNames) -> _Priced | None:
        key = (carrier, day, place)
        if key not in self._zones:
            if len(self._zones) > _KEPT:
                self._zones.clear()
            self._zones[key] = self._look(carrier, day, place)
        return self._zones[key]

    def _look(self, carrier: str, day: str, place: PlaceNames) -> _Priced | None:
        if carrier not in CarrierCode or not day:
            return None
        tariff = tariff_for(self._tariffs, CarrierCode(carrier), date.fromisoformat(day))
        region = Region(*place)
        if tariff is None:
            return None
        try:
            zone = zone_of(tariff, region)
        except NoZone:
            return None
        average = self._averages.get((carrier, day[:7])) if zone.average else None
        price = (id(zone), surcharges_at(tariff, region), average)
        number = self._numbers.setdefault(price, len(self._numbers))
        extras = NO_EXTRAS if average is None else Extras(average_g=average)
        return _Priced(number, tariff, zone, region, extras)


def _charge(priced: _Priced, grams: Grams, size_mm: Dimensions | None = None) -> Charge:
    return charge(priced.tariff, priced.region, grams, size_mm, priced.extras)


class Atlas:
    """Tells whether two written places are two places; remembers what it has compared."""

    def __init__(self) -> None:
        self.known: _Remembered[tuple[PlaceNames, str, str], bool] = _Remembered(
            lambda key: _differ(*key))

    def differs(self, ours: Shipment, theirs: StatementLine) -> bool:
        """True where the line names another province, or another city, than ours.

        A name that is missing, or is a code instead of a name, says nothing. A county that is
        written in the place of its city is the same place.
        """
        place = (ours.province, ours.city, ours.district)
        return self.known[place, theirs.province, theirs.city]


def _differ(ours: PlaceNames, province: str, city: str) -> bool:
    our_province, their_province = short_name(ours[0]), province_of(province)
    if their_province is not None and their_province != our_province:
        return True
    if our_province in MUNICIPALITIES and their_province is not None:
        return False  # what is written as its city may be any of its districts
    name = short_name(city)
    if not _is_name(city) or not ours[1]:
        return False
    return name not in {our_province, short_name(ours[1]), short_name(ours[2])}


def _is_name(city: str) -> bool:
    return (
        city not in NO_DISTRICT and _ZONE.fullmatch(city) is None
        and all("\u4e00" <= letter <= "\u9fff" for letter in city)
    )


def their_place(ours: Shipment, theirs: StatementLine) -> PlaceNames:
    """The place that a line names, with our province where it names only a city."""
    return (theirs.province or ours.province, theirs.city, "")


def share(part: Fen, fee: Fen, gross: Fen | None) -> Fen:
    """A part of the gross price after the discount that made ``gross`` into ``fee``, half up."""
    if not gross or fee == gross:
        return part
    return (2 * part * fee + gross) // (2 * gross)
