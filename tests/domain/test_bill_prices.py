"""The prices that a bill is compared with: remembered, and none where no tariff speaks."""

from __future__ import annotations

import pytest

from station.carriers import example_tariffs
from station.domain.bill_findings import FINDINGS, REASONS
from station.domain.bill_prices import Atlas, Prices
from station.domain.statements import Shipment, StatementLine

pytestmark = pytest.mark.rule("D12")
PRICES = Prices(example_tariffs())
SENT = Shipment(
    "773000000000001", "STO", "广东省", "广州市", weight_g=720, handed_on="2026-11-05"
)
LINE = StatementLine(
    5, "773000000000001", 800, day="2026-11-05", province="广东", city="广州", charged_g=1000
)


def test_prices_that_are_asked_for_more_than_are_remembered_stay_right(
    monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("station.domain.bill_prices._KEPT", 3)
    prices, atlas = Prices(example_tariffs()), Atlas()
    for grams in (500, 1500, 2500, 3500, 4500, 500):
        price = prices.of("STO", "2026-11-05", ("广东", str(grams), ""), grams)
        assert price is not None
        assert price.fen == 800 + 500 * (grams // 1000)
        assert not atlas.differs(SENT, LINE._replace(city=f"0{grams}"))


def test_an_unknown_carrier_or_day_has_no_price():
    assert PRICES.of("DHL", "2026-11-05", ("广东", "", ""), 500) is None
    assert PRICES.of("STO", "", ("广东", "", ""), 500) is None
    assert PRICES.of("STO", "2026-11-05", ("广东", "", ""), 0) is None
    assert PRICES.of("STO", "2020-01-01", ("广东", "", ""), 500) is None


def test_every_finding_and_reason_has_words_in_both_languages():
    assert len(set(FINDINGS)) == 16
    assert all(zh and en for reason, (zh, en) in REASONS.items() if reason)
