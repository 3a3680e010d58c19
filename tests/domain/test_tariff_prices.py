"""Surcharges, least prices, averages, roundings: and that the working-out is the price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.bill_prices import Prices
from station.domain.handover import Tolerance, compare
from station.domain.price_lines import percent, work_out
from station.domain.regions import Region
from station.domain.tariff_table import TariffError, load_tariffs, written
from station.domain.tariffs import (
    EVERYWHERE,
    Average,
    Band,
    Basis,
    Bracket,
    Extras,
    Rounding,
    Steps,
    Surcharge,
    Tariff,
    Zone,
    charge,
    climb,
    nearest_edge_g,
    same_step,
    surcharges_at,
    tariff_for,
)
from station.domain.vocabulary import CarrierCode

HANGZHOU, URUMQI = Region("浙江省", "杭州市"), Region("新疆", "乌鲁木齐市")
FROM = date(2026, 1, 1)
ZONE = Zone(EVERYWHERE, 1000, 500, (Band(1000, 100),), 8000)


def tariff(zone: Zone = ZONE, *surcharges: Surcharge, **facts: object) -> Tariff:
    return replace(
        Tariff(CarrierCode.STO, FROM, (zone,), surcharges=surcharges), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "place", "grams", "extras", "extra"),
    [
        (Surcharge("偏远", Basis.PARCEL, 300, frozenset({("新疆",)})), URUMQI, 800, Extras(), 300),
        (Surcharge("偏远", Basis.PARCEL, 300, frozenset({("新疆",)})), HANGZHOU, 800, Extras(), 0),
        (Surcharge("偏远", Basis.KILOGRAM, 200), HANGZHOU, 1001, Extras(), 400),
        (Surcharge("超重", Basis.KILOGRAM, 200, above_g=3000), HANGZHOU, 3000, Extras(), 0),
        (Surcharge("超重", Basis.KILOGRAM, 200, above_g=3000), HANGZHOU, 3001, Extras(), 200),
        (Surcharge("燃油", Basis.FREIGHT, 750), HANGZHOU, 1500, Extras(), 45),
        (Surcharge("保价", Basis.VALUE, 50), HANGZHOU, 800, Extras(), 0),
        (Surcharge("保价", Basis.VALUE, 50), HANGZHOU, 800, Extras(value_fen=20_001), 100),
        (Surcharge("保价", Basis.VALUE, 50, minimum_fen=150), HANGZHOU, 800,
         Extras(value_fen=20_000), 150),
        (Surcharge("包装", Basis.PACKAGING, 120), HANGZHOU, 800, Extras(packagings=2), 240),
    ],
)  # fmt: skip
def test_a_surcharge_comes_on_top_where_it_applies(one, place, grams, extras, extra):
    bare = charge(tariff(), place, grams).fen
    assert charge(tariff(ZONE, one), place, grams, None, extras).fen == bare + extra
    assert surcharges_at(tariff(ZONE, one), place) == ((one,) if place is URUMQI or not (
        one.places - EVERYWHERE) else ())


@pytest.mark.parametrize(
    ("rounding", "fen"),
    [(Rounding.FEN, 1249), (Rounding.HALF_UP_JIAO, 1250), (Rounding.UP_JIAO, 1250),
     (Rounding.HALF_UP_YUAN, 1200), (Rounding.UP_YUAN, 1300)],
)  # fmt: skip
def test_the_whole_fee_is_rounded_once(rounding: Rounding, fen: int):
    assert charge(tariff(replace(ZONE, first_fen=1249), rounding=rounding), HANGZHOU, 1).fen == fen


def test_a_least_price_holds_for_the_freight():
    cheap = replace(ZONE, first_fen=200, minimum_fen=350)
    assert charge(tariff(cheap), HANGZHOU, 900).fen == 350
    assert charge(tariff(cheap), HANGZHOU, 3000).fen == 400


@pytest.mark.parametrize(("grams", "steps"), [(1000, 0), (1499, 0), (1500, 1), (2499, 1), (5000, 4),
                                              (5400, 4), (5001, 4), (6001, 5)])  # fmt: skip
def test_a_step_may_count_by_the_nearer_whole(grams: int, steps: int):
    zone = replace(ZONE, bands=(Band(1000, 100, 5000, Steps.NEAREST),
                                Band(2000, 70, None, Steps.NEAREST)))
    assert sum(taken for taken, _ in climb(zone, grams)) == steps
    assert charge(tariff(zone), HANGZHOU, grams).step == steps


@pytest.mark.rule("D12")
def test_a_contract_by_average_prices_every_light_parcel_alike():
    average = Average((Bracket(300, 210), Bracket(500, 230), Bracket(3000, 300)))
    mean = tariff(replace(ZONE, average=average))
    known = Extras(average_g=480)
    assert {charge(mean, HANGZHOU, grams, None, known).fen for grams in (80, 900, 3000)} == {230}
    single = charge(mean, HANGZHOU, 3001, None, known)
    assert (single.fen, single.averaged, single.step) == (800, False, 4)
    unknown = charge(mean, HANGZHOU, 250)
    assert (unknown.fen, unknown.averaged, unknown.charged_weight_g) == (210, True, 3000)
    assert same_step(mean, HANGZHOU, 80, 2999)
    assert not same_step(mean, HANGZHOU, 3000, 3001)
    assert nearest_edge_g(mean, HANGZHOU, 2990) == 10


def test_an_average_above_the_last_bracket_pays_the_last():
    assert Average((Bracket(300, 210), Bracket(500, 230))).bracket(900).fen == 230


def test_a_stated_end_ends_a_tariff():
    old = tariff(valid_until=date(2026, 5, 31))
    new = tariff(valid_from=date(2026, 7, 1))
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 1)]
    assert [tariff_for((old, new), CarrierCode.YTO, day) for day in days] == [old, None, new]


def test_percentages_are_said_without_needless_noughts():
    assert [percent(rate) for rate in (750, 1000, 5, 33)] == ["7.5", "10", "0.05", "0.33"]


# --- Properties -----------------------------------------------------------------------------------

PLACES = st.sampled_from([HANGZHOU, URUMQI, Region("吉林省", "吉林市")])
SURCHARGES = st.lists(
    st.builds(
        Surcharge, name=st.just("费"), basis=st.sampled_from(Basis), rate=st.integers(0, 900),
        places=st.sampled_from([EVERYWHERE, frozenset({("新疆",), ("西藏",)})]),
        above_g=st.integers(0, 4000), minimum_fen=st.integers(0, 500),
    ),
    max_size=3,
)
EXTRAS = st.builds(
    Extras, value_fen=st.integers(0, 100_000), packagings=st.integers(0, 3),
    average_g=st.none() | st.integers(1, 4000),
)
AVERAGES = st.none() | st.lists(
    st.tuples(st.integers(1, 900), st.integers(0, 900)), min_size=1, max_size=3
).map(lambda rises: Average(tuple(
    Bracket(sum(rise for rise, _ in rises[: at + 1]), fen) for at, (_, fen) in enumerate(rises)
)))  # fmt: skip


@st.composite
def zones(draw: st.DrawFn, averages: st.SearchStrategy[Average | None] = AVERAGES) -> Zone:
    first = edge = draw(st.integers(1, 3000))
    bands = []
    for last in (False,) * draw(st.integers(0, 2)) + (True,):
        step, count = draw(st.integers(1, 2000)), draw(st.integers(1, 5))
        edge += step * count
        bands.append(Band(step, draw(st.integers(0, 900)), None if last else edge,
                          draw(st.sampled_from(Steps))))
    return Zone(
        EVERYWHERE, first, draw(st.integers(0, 4000)), tuple(bands),
        draw(st.sampled_from([None, 6000, 8000])), draw(st.sampled_from(["", "一区"])),
        draw(st.integers(0, 2000)), draw(averages),
    )


@st.composite
def tariffs(draw: st.DrawFn, averages: st.SearchStrategy[Average | None] = AVERAGES) -> Tariff:
    return Tariff(
        draw(st.sampled_from(list(CarrierCode))), FROM, (draw(zones(averages)),),
        draw(st.sampled_from(Rounding)), "合同", tuple(draw(SURCHARGES)),
        draw(st.sampled_from([None, date(2026, 12, 31)])),
    )


DIMS = st.none() | st.tuples(*[st.integers(1, 800)] * 3)


@given(made=tariffs(st.none()), place=PLACES, dims=DIMS, extras=EXTRAS,
       weights=st.tuples(st.integers(1, 40_000), st.integers(1, 40_000)))
def test_with_every_surcharge_more_weight_never_costs_less(made, place, dims, extras, weights):
    light, heavy = sorted(weights)
    assert charge(made, place, light, dims, extras).fen <= charge(
        made, place, heavy, dims, extras).fen


@given(made=tariffs(), place=PLACES, dims=DIMS, extras=EXTRAS, grams=st.integers(1, 40_000))
def test_the_working_out_adds_up_to_the_price(made, place, dims, extras, grams):
    worked = work_out(made, place, grams, dims, extras)
    assert worked.charge == charge(made, place, grams, dims, extras)
    assert sum(line.fen for line in worked.lines) == worked.charge.fen


@given(made=tariffs(), grams=st.integers(1, 40_000))
def test_the_weight_at_the_edge_is_the_last_of_its_step(made, grams):
    distance = nearest_edge_g(made, HANGZHOU, grams)
    around = [grams + distance + 1, grams - distance]
    assert distance >= 0
    assert any(near > 0 and not same_step(made, HANGZHOU, grams, near) for near in around) or (
        grams - distance == 0)


@given(made=tariffs())
def test_a_tariff_that_is_written_is_read_again(made):
    assert load_tariffs({"tariff": [written(made)]}) == (made,)


@pytest.mark.rule("D6", "D12")
@given(made=tariffs(), place=PLACES, dims=DIMS, grams=st.integers(1, 40_000))
def test_hand_over_what_if_and_bill_ask_one_price(made, place, dims, grams):
    made = replace(made, carrier=CarrierCode.STO)
    day = date(2026, 3, 5)
    asked = work_out(made, place, grams, dims).charge.fen
    names = (place.province, place.city, place.district)
    assert Prices((made,)).of("YTO", day.isoformat(), names, grams, dims).fen == asked
    found = compare(
        grams, grams, asked, carrier=CarrierCode.YTO, destination=place, tariffs=(made,),
        tolerance=Tolerance(), day=day, dims_mm=dims,
    )
    assert (found.finding, found.our_fen) == (None, asked)


@given(made=tariffs(st.none()), grams=st.integers(1, 40_000))
def test_parcels_of_one_zone_may_differ_in_their_surcharges(made, grams):
    prices = Prices((replace(made, carrier=CarrierCode.STO),))
    for place in (HANGZHOU, URUMQI, HANGZHOU):
        names = (place.province, place.city, place.district)
        asked = prices.of("STO", "2026-03-05", names, grams)
        assert asked == charge(made, place, grams)


def test_a_bill_by_average_is_checked_by_the_months_average():
    average = Average((Bracket(300, 210), Bracket(3000, 300)))
    made = tariff(replace(ZONE, average=average))
    prices = Prices((made,), averages={("STO", "2026-11"): 280})
    place = ("浙江省", "杭州市", "")
    assert prices.of("STO", "2026-11-03", place, 900).fen == 210
    assert prices.of("STO", "2026-12-03", place, 900).fen == 300


# --- Faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"valid_until": "2025-01-01"}, "tariff[0].valid_until"),
        ({"surcharges": [{"name": "费", "basis": "moon", "rate": 1}]},
         "tariff[0].surcharges[0].basis"),
        ({"surcharges": [{"name": "费", "basis": "parcel", "rate": -1}]},
         "tariff[0].surcharges[0].rate"),
        ({"surcharges": [{"name": "费", "basis": "parcel", "rate": 1, "places": ["月球"]}]},
         "tariff[0].surcharges[0].places[0]"),
        ({"zones": [{"places": ["*"], "first_g": 1, "first_fen": 1,
                     "bands": [{"step_g": 1, "step_fen": 1, "steps": "down"}]}]},
         "tariff[0].zones[0].bands[0].steps"),
        ({"zones": [{"places": ["*"], "first_g": 1, "first_fen": 1,
                     "bands": [{"step_g": 1, "step_fen": 1}],
                     "average": [{"upto_g": 5, "fen": 1}, {"upto_g": 5, "fen": 2}]}]},
         "tariff[0].zones[0].average[1].upto_g"),
    ],
)  # fmt: skip
def test_a_wrong_surcharge_or_average_is_named(change, key):
    with pytest.raises(TariffError) as raised:
        load_tariffs({"tariff": [{**written(tariff()), **change}]})
    assert key in [fault.key for fault in raised.value.faults]
