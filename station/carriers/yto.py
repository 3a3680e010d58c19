"""圆通 YTO Express: on request, at STO's price (S9)."""

from __future__ import annotations

import re

from station.carriers.carrier import Carrier, ordinary_example
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode

# The same far places as other ordinary express; the shop edits this list.
_UNREACHED = (
    "西藏 那曲", "西藏 阿里", "青海 玉树", "青海 果洛", "新疆 和田", "海南 三沙", "台湾", "香港",
    "澳门",
)  # fmt: skip

YTO = Carrier(
    code=CarrierCode.YTO,
    name="圆通速递",
    hotline="95554",
    number_rule=re.compile(
        r"YT[0-9]{13}|[A-Z0-9]{2}(?:[0-9]{8}|[0-9]{10,13})|[6-9][0-9]{17}|DD[89][0-9]{15}|Y[0-9]{12}"
    ),
    reach=Reach.without(_UNREACHED),
    example_tariff=ordinary_example(CarrierCode.YTO),
)
