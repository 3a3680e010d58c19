"""The short way through a month says nothing that the long way would not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.carriers import example_tariffs
from station.domain.bill_prices import Prices
from station.domain.bill_quick import LINE_FACTS, PARCEL_FACTS, quick
from station.domain.reconciliation import Terms, match
from station.domain.statements import Shipment, StatementLine

PRICES = Prices(example_tariffs())
TERMS = Terms("2026-11", PRICES, "STO")
IS_RIGHT = quick(TERMS.month, TERMS.carrier, TERMS.prices, TERMS.atlas)
SENT = Shipment("A1", "STO", "广东省", "广州市", "", 620, "2026-11-05")
LINE = StatementLine(2, "A1", 800, "freight", "2026-11-05", "广东省", "广州市", 1000)
_DAYS = st.sampled_from(("2026-11-05", "2026-11-30", "2026-10-31", "2026-12-01", ""))
_PLACES = st.sampled_from((("广东省", "广州市"), ("浙江省", ""), ("", "深圳市"), ("月球", "")))


@given(
    st.builds(LINE._replace, fee_fen=st.sampled_from((None, 500, 800, 1300, -500)), day=_DAYS,
              kind=st.sampled_from(("freight", "freight", "credit", "insurance")),
              charged_g=st.one_of(st.none(), st.integers(1, 9000))), _PLACES,
    st.builds(SENT._replace, carrier=st.sampled_from(("STO", "STO", "SF")), handed_on=_DAYS,
              weight_g=st.one_of(st.none(), st.integers(1, 9000))), _PLACES,
)
def test_the_short_way_never_says_more_than_the_long_way(
    line: StatementLine, there: tuple[str, str], parcel: Shipment, here: tuple[str, str]
):
    line = line._replace(province=there[0], city=there[1])
    parcel = parcel._replace(province=here[0], city=here[1])
    if IS_RIGHT(line[:LINE_FACTS], parcel[:PARCEL_FACTS]):
        (one,) = match([line], [parcel], TERMS)
        assert (one.finding, one.reason, one.fen) == ("matched", "", 0)


@given(st.integers(1, 30_000), st.integers(0, 2))
def test_it_knows_what_is_right_and_what_is_not(grams: int, more: int):
    price = PRICES.of("STO", "2026-11-05", ("广东省", "广州市", ""), grams)
    assert price is not None
    line = LINE._replace(fee_fen=price.fen + more, charged_g=price.charged_weight_g)
    assert IS_RIGHT(line[:LINE_FACTS], SENT._replace(weight_g=grams)[:PARCEL_FACTS]) is (
        more == 0)


@pytest.mark.parametrize("change", [
    {"kind": "insurance"}, {"fee_fen": None}, {"fee_fen": 801}, {"day": "2026-10-31"},
    {"province": "浙江省"}, {"city": "深圳市"}, {"charged_g": None}, {"charged_g": 1001},
])
def test_whatever_needs_a_thought_is_left_to_the_long_way(change: dict[str, object]):
    assert IS_RIGHT(LINE[:LINE_FACTS], SENT[:PARCEL_FACTS])
    assert not IS_RIGHT(LINE._replace(**change)[:LINE_FACTS], SENT[:PARCEL_FACTS])
