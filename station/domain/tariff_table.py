"""Tariffs as people write them (a table out of TOML), read with every mistake named by its key.

    [[tariff]]
    carrier = "STO"
    valid_from = 2026-01-01
    rounding = "fen"                # or "half_up_yuan"
    [[tariff.zones]]
    places = ["浙江", "江苏 苏州"]   # or ["*"] for everywhere else
    first_g = 1000
    first_fen = 500
    bands = [{ step_g = 1000, step_fen = 100 }]
    volume_divisor = 8000           # optional, cm³ per kilogram

Optional: ``valid_until``; a zone's ``name``, ``minimum_fen`` and ``average`` (brackets ``{ upto_g,
fen }`` by the month's average weight); a band's ``steps = "nearest"``; and surcharges:

    [[tariff.surcharges]]
    name = "偏远"
    basis = "parcel"                # kilogram, packaging; freight and value in ten-thousandths
    rate = 300
    places = ["新疆", "西藏"]        # optional, as above_g and minimum_fen

Unknown keys are refused, because a misspelt price would be no price. ``written`` turns a tariff
into such a table again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar, cast

from station.domain.regions import PROVINCES, written_path
from station.domain.tariffs import (
    EVERYWHERE,
    Average,
    Band,
    Basis,
    Bracket,
    Path,
    Rounding,
    Steps,
    Surcharge,
    Tariff,
    Zone,
)
from station.domain.vocabulary import CarrierCode


@dataclass(frozen=True, slots=True)
class KeyFault:
    """One mistake in a table: the key's path ("tariff[0].zones[1].first_g") and what is wrong."""

    key: str
    what: str


class TariffError(ValueError):
    """The table is no tariff; ``faults`` names every key that is wrong."""

    def __init__(self, faults: tuple[KeyFault, ...]) -> None:
        super().__init__("; ".join(f"{fault.key}: {fault.what}" for fault in faults))
        self.faults = faults


def load_tariffs(table: Mapping[str, object]) -> tuple[Tariff, ...]:
    """The tariffs of a whole table; raises TariffError with all mistakes, not only the first."""
    page = _Page("", table, [])
    page.only("tariff")
    tariffs = tuple(_tariff(item) for item in page.tables("tariff"))
    seen: set[tuple[CarrierCode, date]] = set()
    for index, tariff in enumerate(tariffs):
        if (tariff.carrier, tariff.valid_from) in seen:
            page.fault(f"tariff[{index}].valid_from", "a second tariff of one carrier and day")
        seen.add((tariff.carrier, tariff.valid_from))
    if page.faults:
        raise TariffError(tuple(page.faults))
    return tariffs


_Choice = TypeVar("_Choice", bound=str)


class _Page:
    """One table being read: hands out checked values and collects what is wrong with the rest."""

    def __init__(self, path: str, table: Mapping[str, object], faults: list[KeyFault]) -> None:
        self.path, self.table, self.faults = path, table, faults

    def fault(self, key: str, what: str) -> None:
        self.faults.append(KeyFault(f"{self.path}.{key}".lstrip("."), what))

    def only(self, *keys: str) -> None:
        for key in self.table:
            if key not in keys:
                self.fault(key, f"unknown key, known are {', '.join(keys)}")

    def whole(self, key: str, low: int = 0) -> int:
        value = self.table.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(key, "missing" if value is None else "must be a whole number")
        elif not low <= value <= 10**9:
            self.fault(key, f"must be at least {low} and at most 1000000000")
        else:
            return value
        return max(low, 1)

    def maybe_whole(self, key: str, low: int = 1) -> int | None:
        return self.whole(key, low) if self.table.get(key) is not None else None

    def text(self, key: str, otherwise: str | None = None) -> str:
        value = self.table.get(key, otherwise)
        if isinstance(value, str):
            return value
        self.fault(key, "missing" if value is None else "must be text")
        return ""

    def day(self, key: str) -> date:
        value = self.table.get(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                value = ""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.fault(key, "missing" if value is None else "must be a day like 2026-01-31")
        return date.min

    def choice(
        self, key: str, known: Iterable[_Choice], otherwise: _Choice | None = None
    ) -> _Choice:
        text = self.text(key, otherwise)
        words = list(known)
        if text and text not in words:
            self.fault(key, f"unknown: {text!r}, known are {', '.join(words)}")
        return next((one for one in words if one == text), words[0])

    def tables(self, key: str) -> list[_Page]:
        value = self.table.get(key)
        if not isinstance(value, list) or not value:
            self.fault(key, "missing" if value is None else "must be a list with an entry")
            return []
        pages = []
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                path = f"{self.path}.{key}[{index}]".lstrip(".")
                pages.append(_Page(path, cast("Mapping[str, object]", item), self.faults))
            else:
                self.fault(f"{key}[{index}]", "must be a table")
        return pages


def _tariff(page: _Page) -> Tariff:
    page.only("carrier", "valid_from", "valid_until", "rounding", "name", "zones", "surcharges")
    zones = tuple(_zone(item) for item in page.tables("zones"))
    _only_once(page, zones)
    given = page.table.get("surcharges") is not None
    first = page.day("valid_from")
    last = page.day("valid_until") if page.table.get("valid_until") is not None else None
    if last is not None and last < first:
        page.fault("valid_until", "ends before it begins")
    return Tariff(
        carrier=page.choice("carrier", CarrierCode),
        valid_from=first,
        zones=zones,
        rounding=page.choice("rounding", Rounding, Rounding.FEN),
        name=page.text("name", ""),
        surcharges=tuple(map(_surcharge, page.tables("surcharges"))) if given else (),
        valid_until=last,
    )


def _surcharge(page: _Page) -> Surcharge:
    page.only("name", "basis", "rate", "places", "above_g", "minimum_fen")
    return Surcharge(
        name=page.text("name"),
        basis=page.choice("basis", Basis),
        rate=page.whole("rate"),
        places=_places(page) if "places" in page.table else EVERYWHERE,
        above_g=page.whole("above_g") if "above_g" in page.table else 0,
        minimum_fen=page.whole("minimum_fen") if "minimum_fen" in page.table else 0,
    )


def _only_once(page: _Page, zones: tuple[Zone, ...]) -> None:
    """A place in two zones would have two prices."""
    seen: set[tuple[str, ...]] = set()
    for index, zone in enumerate(zones):
        for place in zone.places & seen:
            page.fault(f"zones[{index}].places", f"{' '.join(place) or '*'} is in another zone too")
        seen |= zone.places


def _zone(page: _Page) -> Zone:
    page.only("places", "first_g", "first_fen", "bands", "volume_divisor", "name", "minimum_fen",
              "average")  # fmt: skip
    first_g = page.whole("first_g", low=1)
    return Zone(
        places=_places(page),
        first_g=first_g,
        first_fen=page.whole("first_fen"),
        bands=_bands(page, first_g),
        volume_divisor=page.maybe_whole("volume_divisor"),
        name=page.text("name", ""),
        minimum_fen=page.whole("minimum_fen") if "minimum_fen" in page.table else 0,
        average=_average(page) if "average" in page.table else None,
    )


def _average(page: _Page) -> Average:
    """Brackets by rising weight; the last one is the heaviest parcel that counts."""
    brackets, before = [], 0
    for item in page.tables("average"):
        item.only("upto_g", "fen")
        bracket = Bracket(item.whole("upto_g", 1), item.whole("fen"))
        if bracket.upto_g <= before:
            item.fault("upto_g", f"must be more than {before}")
        before = bracket.upto_g
        brackets.append(bracket)
    return Average(tuple(brackets) or (Bracket(1, 0),))


def _places(page: _Page) -> frozenset[tuple[str, ...]]:
    value = page.table.get("places")
    if not isinstance(value, list) or not value:
        page.fault("places", "missing" if value is None else "must be a list of places")
        return frozenset()
    found = []
    for index, text in enumerate(value):
        try:
            found.append(() if text == "*" else written_path(str(text)))
        except ValueError as error:
            page.fault(f"places[{index}]", str(error))
    return frozenset(found)


def _bands(page: _Page, first_g: int) -> tuple[Band, ...]:
    """The bands in order; only the last is open, and each ends at a whole number of its steps.

    Otherwise one gram more could cost less, or a step could be paid half.
    """
    bands, edge, items = [], first_g, page.tables("bands")
    for index, item in enumerate(items):
        item.only("step_g", "step_fen", "upto_g", "steps")
        last = index == len(items) - 1
        band = Band(
            item.whole("step_g", 1), item.whole("step_fen"), item.maybe_whole("upto_g"),
            item.choice("steps", Steps, Steps.UP),
        )
        if last and band.upto_g is not None:
            item.fault("upto_g", "the last band has no end")
        elif not last and band.upto_g is None:
            item.fault("upto_g", "missing: only the last band has no end")
        elif band.upto_g is not None and _uneven(band, edge):
            item.fault("upto_g", f"must lie whole steps of {band.step_g} g above {edge} g")
        edge = band.upto_g or edge
        bands.append(band)
    return tuple(bands)


def _uneven(band: Band, edge: int) -> bool:
    above = (band.upto_g or 0) - edge
    return above <= 0 or above % band.step_g != 0


def written(tariff: Tariff) -> dict[str, object]:
    """The tariff as one entry of a table, in one order, without what is left at its default."""
    return _given({
        "carrier": str(tariff.carrier),
        "valid_from": tariff.valid_from.isoformat(),
        "valid_until": tariff.valid_until.isoformat() if tariff.valid_until else None,
        "name": tariff.name,
        "rounding": str(tariff.rounding),
        "zones": [_written_zone(zone) for zone in tariff.zones],
        "surcharges": [_written_surcharge(one) for one in tariff.surcharges] or None,
    })


def _written_zone(zone: Zone) -> dict[str, object]:
    return _given({
        "name": zone.name,
        "places": written_places(zone.places),
        "first_g": zone.first_g,
        "first_fen": zone.first_fen,
        "bands": [
            _given({"step_g": band.step_g, "step_fen": band.step_fen, "upto_g": band.upto_g,
                    "steps": None if band.steps is Steps.UP else str(band.steps)})
            for band in zone.bands
        ],
        "volume_divisor": zone.volume_divisor,
        "minimum_fen": zone.minimum_fen or None,
        "average": zone.average and [
            {"upto_g": one.upto_g, "fen": one.fen} for one in zone.average.brackets],
    })


def _written_surcharge(one: Surcharge) -> dict[str, object]:
    return _given({
        "name": one.name, "basis": str(one.basis), "rate": one.rate,
        "places": None if one.places == EVERYWHERE else written_places(one.places),
        "above_g": one.above_g or None, "minimum_fen": one.minimum_fen or None,
    })


def _given(table: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in table.items() if value is not None and value != ""}


def written_places(places: frozenset[Path]) -> list[str]:
    """Places as people write them, in the provinces' usual order; "*" is everywhere else."""
    def order(path: Path) -> tuple[int, Path]:
        return (PROVINCES.index(path[0]) if path else len(PROVINCES), path)

    return [" ".join(path) or "*" for path in sorted(places, key=order)]
