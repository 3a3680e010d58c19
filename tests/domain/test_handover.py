"""The courier's figures beside ours: by charging step first, in yuan, then in grams."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.carriers import example_tariffs
from station.domain.handover import Tolerance, compare, implausible
from station.domain.refusals import Code
from station.domain.regions import Region
from station.domain.tariffs import charge, same_step, tariff_for
from station.domain.vocabulary import CarrierCode

DAY = date(2026, 11, 23)
TARIFFS = example_tariffs()
NEAR, FAR = Region("浙江省", "台州市", "温岭市"), Region("新疆维吾尔自治区", "乌鲁木齐市")


def found(ours: int, theirs: int, fen: int, place: Region = NEAR) -> Code | None:
    return compare(
        ours, theirs, fen, carrier=CarrierCode.STO, destination=place, tariffs=TARIFFS,
        tolerance=Tolerance(50, Decimal(5)), day=DAY,
    ).finding


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("ours", "theirs", "fen", "finding"),
    [(620, 620, 500, None),
     (620, 670, 500, None),
     (620, 671, 500, Code.HANDOVER_WEIGHT_DIFFERS),
     (620, 1000, 500, Code.HANDOVER_WEIGHT_DIFFERS),
     (980, 1001, 600, Code.HANDOVER_STEP_DIFFERS),
     (1001, 980, 500, Code.HANDOVER_STEP_DIFFERS),
     (620, 620, 501, Code.HANDOVER_PRICE_DIFFERS)],
)
def test_findings_in_their_order(ours: int, theirs: int, fen: int, finding: Code | None) -> None:
    assert found(ours, theirs, fen) == finding


def test_near_a_steps_edge_both_may_be_right() -> None:
    one = compare(990, 1010, 600, carrier=CarrierCode.STO, destination=NEAR, tariffs=TARIFFS,
                  tolerance=Tolerance(), day=DAY)
    assert one.edge
    assert (one.our_fen, one.their_fen, one.difference_g) == (500, 600, 20)


def test_without_a_tariff_grams_alone_decide() -> None:
    for tariffs, place in (((), NEAR), (TARIFFS, Region("火星"))):
        one = compare(620, 900, 1, carrier=CarrierCode.STO, destination=place, tariffs=tariffs,
                      tolerance=Tolerance(), day=DAY)
        assert (one.finding, one.our_fen) in (
            (Code.HANDOVER_WEIGHT_DIFFERS, None), (Code.HANDOVER_PRICE_DIFFERS, one.our_fen),
            (Code.HANDOVER_WEIGHT_DIFFERS, one.our_fen))


weights = st.integers(1, 30_000)


@given(weights, weights, st.sampled_from([NEAR, FAR]))
def test_agreement_means_same_step_same_price_and_near_enough(
    ours: int, theirs: int, place: Region
) -> None:
    tariff = tariff_for(TARIFFS, CarrierCode.STO, DAY)
    assert tariff is not None
    fen = charge(tariff, place, ours).fen
    if found(ours, theirs, fen, place) is None:
        assert same_step(tariff, place, ours, theirs)
        assert abs(ours - theirs) <= max(50, ours * 0.05)
    assert found(ours, ours, fen, place) is None


@pytest.mark.parametrize(
    ("grams", "fen", "slip"),
    [(0, 500, True), (-1, 500, True), (50_001, 500, True), (50_000, 0, False),
     (600, 1_000_001, True), (600, -1, True)],
)
def test_a_slip_of_the_finger_is_told(grams: int, fen: int, slip: bool) -> None:
    assert implausible(grams, fen) is slip
