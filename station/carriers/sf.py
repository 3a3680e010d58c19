"""顺丰 SF Express: on request, at EMS's price (S9)."""

from __future__ import annotations

import re

from station.carriers.carrier import Carrier, express_example
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode

SF = Carrier(
    code=CarrierCode.SF,
    name="顺丰速运",
    hotline="95338",
    number_rule=re.compile(r"SF[A-Z0-9][0-9]{12}|[0-9]{12}|[0-9]{15}"),
    reach=Reach(),
    example_tariff=express_example(CarrierCode.SF),
)
