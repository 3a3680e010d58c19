"""The shop's settings as the services need them: plain values, built once from station.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from station.domain.cases import ClaimTerms
from station.domain.labels import Sender
from station.domain.regions import Reach
from station.domain.scale_checks import CheckRules
from station.domain.tariffs import Tariff
from station.domain.vocabulary import CarrierCode


@dataclass(frozen=True, slots=True)
class Rules:
    """What the shop decided: carriers, windows, tolerances. Defaults are the handbook's."""

    sender: Sender = field(default_factory=lambda: Sender("", "", ""))
    shop: str = ""
    default_carrier: CarrierCode = CarrierCode.STO
    reach: Mapping[CarrierCode, Reach] = field(default_factory=dict)
    tariffs: tuple[Tariff, ...] = ()
    merge_window: timedelta = timedelta(hours=24)
    low_pool: int = 50
    ship_call_at: str = "printed"  # printed | packed | handed_over (D3)
    platform_url: str = ""
    mask: bool = True
    waist_tolerance_mm: int = 10
    weight_tolerance_g: int = 15
    weight_tolerance_percent: Decimal = Decimal(2)
    scale_error_g: int = 5
    scale_checks: CheckRules = field(default_factory=CheckRules)
    handover_tolerance_g: int = 50
    handover_tolerance_percent: Decimal = Decimal(5)
    claim_terms: Mapping[str, ClaimTerms] = field(default_factory=dict)  # by carrier code
