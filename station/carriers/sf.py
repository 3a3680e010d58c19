"""顺丰 SF Express: on request, at EMS's price (S9)."""

from __future__ import annotations

import re

from station.carriers.carrier import Carrier, example, express_example
from station.domain.regions import Reach
from station.domain.vocabulary import CarrierCode

# SF's public list price, for shops whose contract follows it: half kilograms, whole yuan, and a
# parcel's size counting double outside the home region. Weights from 100 kg on (rounded to the
# nearest kilogram) are not covered: a shop of clothes sends none.
LIST_TARIFF = {
    **example(
        CarrierCode.SF,
        [
            {
                "places": ["上海", "江苏", "浙江", "安徽"],
                "first_g": 1000,
                "first_fen": 1200,
                "bands": [{"step_g": 500, "step_fen": 100}],
                "volume_divisor": 12000,
            },
            {
                "places": ["*"],
                "first_g": 1000,
                "first_fen": 2200,
                "bands": [{"step_g": 500, "step_fen": 500}],
                "volume_divisor": 6000,
            },
        ],
        "顺丰标快示例 SF list price, example",
    ),
    "rounding": "half_up_yuan",
}

SF = Carrier(
    code=CarrierCode.SF,
    name="顺丰速运",
    hotline="95338",
    price_class=CarrierCode.EMS,
    number_rule=re.compile(r"SF[A-Z0-9][0-9]{12}|[0-9]{12}|[0-9]{15}"),
    reach=Reach(),
    example_tariff=express_example(CarrierCode.SF),
)
