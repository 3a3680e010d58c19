"""申通 STO Express: the default carrier of rule S9."""

from __future__ import annotations

import re

from station.carriers.carrier import Carrier, ordinary_example
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode

# Ordinary express thins out on the plateau and in the far desert; the shop edits this list.
_UNREACHED = (
    "西藏 那曲", "西藏 阿里", "西藏 昌都", "青海 玉树", "青海 果洛", "新疆 和田", "新疆 克孜勒苏",
    "海南 三沙", "台湾", "香港", "澳门",
)  # fmt: skip

STO = Carrier(
    code=CarrierCode.STO,
    name="申通快递",
    hotline="95543",
    number_rule=re.compile(
        r"(?:77|43|88|99)[0-9]{12,15}|STO[0-9]{10}"
        r"|(?:268|[3-9]68|[58]88|773)[0-9]{9,13}|(?:11|22|40)[0-9]{10}|(?:33|55|66)[0-9]{11}|4[0-9]{12}"
    ),
    reach=Reach.without(_UNREACHED),
    example_tariff=ordinary_example(CarrierCode.STO),
)
