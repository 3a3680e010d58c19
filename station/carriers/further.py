"""A carrier that a shop adds by its settings alone: 中通, 韵达, 极兔, whoever comes to its door.

What the four know from their files is told here: names, hotline, shapes of numbers.
A tariff of its own is taken on the tariffs' page, a bill's columns are told on the bill's page.
"""

from __future__ import annotations

import re

from station.carriers.carrier import Carrier
from station.config import OtherCarrier
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode


def carrier_of(code: CarrierCode, told: OtherCarrier) -> Carrier:
    """The carrier as the station knows the four. Without shapes every number is taken as usual."""
    shapes = "|".join(map(_pattern, told.numbers)) or ".*"
    return Carrier(
        code=code, name=told.name, hotline=told.hotline, number_rule=re.compile(shapes),
        reach=Reach(), example_tariff={},
    )


def _pattern(shape: str) -> str:
    """A shape of numbers: # is a digit, ? a digit or letter, everything else stands for itself."""
    signs = {"#": "[0-9]", "?": "[A-Z0-9]"}
    return "".join(signs.get(sign) or re.escape(sign) for sign in shape)
