"""The shop's settings as the services need them: plain values, built once from station.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from station.domain.labels import Sender
from station.domain.vocabulary import CarrierCode


@dataclass(frozen=True, slots=True)
class Rules:
    """What the shop decided: carriers, windows, tolerances. Defaults are the handbook's."""

    sender: Sender = field(default_factory=lambda: Sender("", "", ""))
    shop: str = ""
    merge_window: timedelta = timedelta(hours=24)
    low_pool: int = 50
    ship_call_at: str = "printed"  # printed | packed | handed_over (D3)
    platform_url: str = ""
    mask: bool = True
    unreachable: Mapping[CarrierCode, tuple[str, ...]] = field(default_factory=dict)
    waist_tolerance_mm: int = 10
    weight_tolerance_g: int = 15
    weight_tolerance_percent: float = 2.0
    handover_tolerance_g: int = 50
    handover_tolerance_percent: float = 5.0
