"""What the station knows of a carrier (S9): numbers, reach, sorting text and an example price.

A number's shape cannot name its carrier, so the number rule only warns of a typing mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from station.domain.regions import Place, Reach, place_path
from station.domain.vocabulary import CarrierCode


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier.

    ``example_tariff`` is one entry of a tariff table (station/domain/tariff_table.py); prices are
    examples, because every shop negotiates its own. ``reach`` is a starting point that the
    configuration overrides.
    """

    code: CarrierCode
    name: str
    hotline: str
    number_rule: re.Pattern[str]
    reach: Reach
    example_tariff: Mapping[str, object]
    number_fault: Callable[[str], str | None] = lambda _number: None

    def doubts_about(self, number: str) -> str | None:
        """What looks wrong with a waybill number: "check_digit", "country", "unusual", or None.

        "unusual" numbers are allowed: carriers change their shapes.
        """
        if fault := self.number_fault(number):
            return fault
        return None if self.number_rule.fullmatch(number) else "unusual"

    def sorting_code(self, place: Place) -> str:
        """The large sorting text (大头笔) of a destination: "浙江 台州 温岭"."""
        return " ".join(place_path(place))


def example(code: CarrierCode, zones: list[dict[str, object]], name: str) -> Mapping[str, object]:
    """One entry of a tariff table, valid since 2026, that nobody can change by accident."""
    return MappingProxyType(
        {"carrier": str(code), "valid_from": "2026-01-01", "name": name, "zones": zones}
    )


def ordinary_example(code: CarrierCode) -> Mapping[str, object]:
    """The example price of ordinary express (STO = YTO, S9): by whole kilograms."""
    zones: list[dict[str, object]] = [
        {
            "places": ["上海", "江苏", "浙江", "安徽"],
            "first_g": 1000,
            "first_fen": 500,
            "bands": [{"step_g": 1000, "step_fen": 100}],
            "volume_divisor": 8000,
        },
        {
            "places": ["*"],
            "first_g": 1000,
            "first_fen": 800,
            "bands": [{"step_g": 1000, "step_fen": 500}],
            "volume_divisor": 8000,
        },
    ]
    return example(code, zones, "普通快递示例 ordinary express, example")


def express_example(code: CarrierCode) -> Mapping[str, object]:
    """The example price of the dearer pair (EMS = SF, S9): by half kilograms, in three zones."""
    near = ["浙江", "上海", "江苏", "安徽", "福建", "江西"]
    far = ["新疆", "西藏", "青海", "甘肃", "宁夏", "内蒙古", "海南", "云南", "贵州"]
    zones: list[dict[str, object]] = [
        {
            "places": places,
            "first_g": 500,
            "first_fen": 2000,
            "bands": [{"step_g": 500, "step_fen": step_fen}],
        }
        for places, step_fen in ((near, 600), (["*"], 900), (far, 1500))
    ]
    return example(code, zones, "特快示例 express, example")
