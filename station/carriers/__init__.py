"""The four carriers of rule S9, one file each, and those that a shop adds by its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from station.carriers.carrier import Carrier
from station.carriers.ems import EMS
from station.carriers.further import carrier_of
from station.carriers.sf import SF
from station.carriers.sto import STO
from station.carriers.yto import YTO
from station.config import OtherCarrier
from station.domain.regions import Reach
from station.domain.tariff_table import load_tariffs
from station.domain.tariffs import Tariff
from station.domain.vocabulary import FURTHER, CarrierCode, Further, name_further

__all__ = [
    "CARRIERS",
    "Carrier",
    "add_further",
    "example_tariffs",
    "number_doubts",
    "reach_table",
]

_FOUR = {carrier.code: carrier for carrier in (STO, YTO, EMS, SF)}
_all = dict(_FOUR)
CARRIERS: Mapping[CarrierCode, Carrier] = MappingProxyType(_all)


def add_further(carriers: Iterable[OtherCarrier]) -> None:
    """Let the carriers be the four and these, in this whole process (vocabulary.name_further)."""
    told = {one.code: one for one in carriers}
    name_further({
        code: Further((one.name, code, *one.names), one.prices) for code, one in told.items()})
    _all.clear()
    _all.update({**_FOUR, **{code: carrier_of(code, told[code]) for code in FURTHER}})


def example_tariffs() -> tuple[Tariff, ...]:
    """The example prices of the four carriers, for a shop that has not entered its own."""
    examples = [dict(one.example_tariff) for one in CARRIERS.values() if one.example_tariff]
    return load_tariffs({"tariff": examples})


def reach_table(
    unreachable: Mapping[CarrierCode, tuple[str, ...]] | None = None,
) -> dict[CarrierCode, Reach]:
    """Where each carrier goes. Places given for a carrier replace its own list; () keeps it.

    Raises ValueError naming a place that begins with no province.
    """
    given = unreachable or {}
    return {
        code: Reach.without(given[code]) if given.get(code) else carrier.reach
        for code, carrier in CARRIERS.items()
    }


def number_doubts(carrier: CarrierCode, number: str) -> str | None:
    """What looks wrong with this carrier's number: "check_digit", "country", "unusual", None."""
    return CARRIERS[carrier].doubts_about(number)
