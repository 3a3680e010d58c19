"""邮政 EMS: where ordinary express does not reach (S9); it reaches everywhere."""

from __future__ import annotations

import re

from station.carriers.carrier import Carrier, express_example
from station.domain import s10
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode


def number_fault(number: str) -> str | None:
    """The fault of an international number (S10 check digit); domestic numbers carry none."""
    return s10.fault(number) if s10.is_s10(number) else None


EMS = Carrier(
    code=CarrierCode.EMS,
    name="邮政EMS",
    hotline="11183",
    number_rule=re.compile(
        r"[A-Z]{2}[0-9]{9}[A-Z]{2}|(?:1[0-2]|5[0-2]|9[0-9]|8[0-9])[0-9]{11}|1[0-9]{12}|P[A-Z][0-9]{11}"
    ),
    reach=Reach(),
    example_tariff=express_example(CarrierCode.EMS),
    number_fault=number_fault,
)
