"""The four carriers of rule S9, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from station.carriers.carrier import Carrier
from station.carriers.ems import EMS
from station.carriers.sf import SF
from station.carriers.sto import STO
from station.carriers.yto import YTO
from station.domain.regions import Reach
from station.domain.tariff_table import load_tariffs
from station.domain.tariffs import Tariff
from station.domain.vocabulary import CarrierCode

__all__ = ["CARRIERS", "Carrier", "example_tariffs", "number_doubts", "reach_table"]

CARRIERS: Mapping[CarrierCode, Carrier] = MappingProxyType(
    {carrier.code: carrier for carrier in (STO, YTO, EMS, SF)}
)


def example_tariffs() -> tuple[Tariff, ...]:
    """The example prices of all four carriers, for a shop that has not entered its own."""
    return load_tariffs({"tariff": [dict(one.example_tariff) for one in CARRIERS.values()]})


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
