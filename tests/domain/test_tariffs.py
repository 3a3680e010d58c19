"""Prices: exact step edges, zones, size, rounding, and tables with mistakes."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from station.domain.regions import Region
from station.domain.tariff_table import KeyFault, TariffError, load_tariffs
from station.domain.tariffs import (
    Band,
    Charge,
    NoZone,
    Rounding,
    Tariff,
    Zone,
    charge,
    near_edge,
    nearest_edge_g,
    same_step,
    tariff_for,
    volumetric_weight_g,
    zone_of,
)
from station.domain.vocabulary import CarrierCode

NEAR, FAR = Region("浙江省", "台州市", "温岭市"), Region("新疆维吾尔自治区", "和田地区")
EVERYWHERE = frozenset({()})

TOML = """
[[tariff]]
carrier = "STO"
valid_from = 2026-01-01
name = "contract"
[[tariff.zones]]
places = ["浙江", "江苏"]
first_g = 1000
first_fen = 500
bands = [{ step_g = 1000, step_fen = 100 }]
volume_divisor = 8000
[[tariff.zones]]
places = ["*"]
first_g = 1000
first_fen = 800
bands = [{ step_g = 1000, step_fen = 500 }]
[[tariff]]
carrier = "SF"
valid_from = 2026-06-01
rounding = "half_up_yuan"
[[tariff.zones]]
places = ["*"]
first_g = 1000
first_fen = 1240
bands = [{ upto_g = 5000, step_g = 500, step_fen = 130 }, { step_g = 1000, step_fen = 210 }]
"""


@pytest.fixture
def tariffs():
    return load_tariffs(tomllib.loads(TOML))


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("grams", "fen", "charged", "step"),
    [
        (1, 500, 1000, 0),
        (999, 500, 1000, 0),
        (1000, 500, 1000, 0),
        (1001, 600, 2000, 1),
        (2000, 600, 2000, 1),
        (2001, 700, 3000, 2),
        (10_000, 1400, 10_000, 9),
    ],
)
def test_every_gram_beyond_a_step_costs_the_next_one(tariffs, grams, fen, charged, step):
    assert charge(tariffs[0], NEAR, grams) == Charge(fen, charged, step)


def test_the_rest_of_the_country_costs_more(tariffs):
    assert charge(tariffs[0], FAR, 2500).fen == 800 + 2 * 500


@pytest.mark.parametrize(
    ("grams", "fen"),
    [
        (1000, 1200),  # 12.40 is rounded to 12 yuan
        (1500, 1400),  # 13.70
        (2000, 1500),  # 15.00
        (5000, 2300),  # 12.40 + 8 · 1.30 = 22.80
        (5001, 2500),  # + 2.10 = 24.90
        (6000, 2500),
        (6001, 2700),
    ],
)
def test_bands_follow_each_other_and_the_fee_is_rounded_half_up(tariffs, grams, fen):
    assert charge(tariffs[1], NEAR, grams).fen == fen


@pytest.mark.parametrize(("first", "fen"), [(1249, 1200), (1250, 1300), (1299, 1300), (1300, 1300)])
def test_half_a_yuan_goes_up(first, fen):
    zone = Zone(EVERYWHERE, 1000, first, (Band(500, 0),))
    tariff = Tariff(CarrierCode.SF, date(2026, 1, 1), (zone,), Rounding.HALF_UP_YUAN)
    assert charge(tariff, NEAR, 1).fen == fen


@pytest.mark.parametrize(
    ("dims", "volume"),
    [
        ((400, 300, 200), 3000),  # 24,000 cm³ / 8000 = 3 kg
        ((400, 300, 201), 3015),
        ((1, 1, 1), 1),
        (None, 0),
    ],
)
def test_size_counts_as_weight_rounded_up(dims, volume):
    assert volumetric_weight_g(8000, dims) == volume


def test_the_larger_of_weight_and_size_is_charged(tariffs):
    light = charge(tariffs[0], NEAR, 500, (400, 300, 200))
    assert (light.charged_weight_g, light.volumetric) == (3000, True)
    heavy = charge(tariffs[0], NEAR, 3500, (400, 300, 200))
    assert (heavy.charged_weight_g, heavy.volumetric) == (4000, False)


def test_size_does_not_matter_where_there_is_no_divisor(tariffs):
    assert charge(tariffs[0], FAR, 500, (900, 900, 900)).charged_weight_g == 1000


@pytest.mark.parametrize(
    ("grams", "dims"), [(0, None), (-1, None), (1, (0, 1, 1)), (1, (1, -1, 1))]
)
def test_a_weight_or_size_that_is_none_has_no_price(tariffs, grams, dims):
    with pytest.raises(ValueError, match="positive"):
        charge(tariffs[0], NEAR, grams, dims)


def test_the_longest_place_decides_and_everywhere_else_is_last():
    def zone(fen, *places):
        return Zone(frozenset(places), 1000, fen, (Band(1000, 1),))

    zones = (zone(3, ()), zone(1, ("浙江", "台州")), zone(2, ("浙江",)))
    tariff = Tariff(CarrierCode.STO, date(2026, 1, 1), zones)
    assert zone_of(tariff, NEAR).first_fen == 1
    assert zone_of(tariff, Region("浙江", "杭州市")).first_fen == 2
    assert zone_of(tariff, FAR).first_fen == 3


def test_a_destination_without_a_price_is_told():
    zone = Zone(frozenset({("浙江",)}), 1000, 500, (Band(1000, 100),))
    tariff = Tariff(CarrierCode.STO, date(2026, 1, 1), (zone,))
    with pytest.raises(NoZone, match="新疆 和田"):
        charge(tariff, FAR, 1)


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("a", "b", "same"),
    [(980, 1000, True), (980, 1001, False), (1001, 2000, True), (2000, 2001, False)],
)
def test_two_weights_are_compared_by_what_they_cost(tariffs, a, b, same):
    assert same_step(tariffs[0], NEAR, a, b) is same


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("grams", "distance", "near"),
    [
        (979, 21, False),
        (980, 20, True),
        (1000, 0, True),
        (1001, 1, True),
        (1020, 20, True),
        (1021, 21, False),
        (1500, 500, False),
        (3, 997, False),
    ],
)
def test_close_to_an_edge_both_sides_may_be_right(tariffs, grams, distance, near):
    assert nearest_edge_g(tariffs[0], NEAR, grams) == distance
    assert near_edge(tariffs[0], NEAR, grams) is near


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("carrier", "day", "found"),
    [
        (CarrierCode.STO, date(2026, 7, 1), CarrierCode.STO),
        (CarrierCode.YTO, date(2026, 7, 1), CarrierCode.STO),
        (CarrierCode.SF, date(2026, 7, 1), CarrierCode.SF),
        (CarrierCode.SF, date(2026, 5, 1), None),
        (CarrierCode.EMS, date(2026, 7, 1), None),
        (CarrierCode.STO, date(2025, 12, 31), None),
    ],
)
def test_yto_costs_what_sto_costs_unless_it_has_its_own_price(tariffs, carrier, day, found):
    tariff = tariff_for(tariffs, carrier, day)
    assert (tariff and tariff.carrier) is found


def test_the_newest_price_that_is_valid_counts():
    def dated(month):
        zone = Zone(EVERYWHERE, 1000, month, (Band(1000, 1),))
        return Tariff(CarrierCode.STO, date(2026, month, 1), (zone,))

    tariffs = [dated(3), dated(1), dated(9)]
    found = tariff_for(tariffs, CarrierCode.STO, date(2026, 8, 31))
    assert found == dated(3)


BANDS = st.lists(
    st.tuples(st.integers(1, 2000), st.integers(0, 2000), st.integers(1, 5)), min_size=1, max_size=3
)


def built(first_g, first_fen, bands, rounding=Rounding.FEN):
    """A tariff whose bands end at whole steps, as the table's reader demands."""
    edge, made = first_g, []
    for step_g, step_fen, steps in bands[:-1]:
        edge += step_g * steps
        made.append(Band(step_g, step_fen, edge))
    step_g, step_fen, _ = bands[-1]
    zone = Zone(EVERYWHERE, first_g, first_fen, (*made, Band(step_g, step_fen)))
    return Tariff(CarrierCode.STO, date(2026, 1, 1), (zone,), rounding)


@given(
    first_g=st.integers(1, 3000),
    first_fen=st.integers(0, 5000),
    bands=BANDS,
    rounding=st.sampled_from(Rounding),
    a=st.integers(1, 60_000),
    b=st.integers(1, 60_000),
)
def test_more_weight_never_costs_less(first_g, first_fen, bands, rounding, a, b):
    tariff = built(first_g, first_fen, bands, rounding)
    light, heavy = charge(tariff, NEAR, min(a, b)), charge(tariff, NEAR, max(a, b))
    assert light.fen <= heavy.fen
    assert light.step <= heavy.step
    assert light.charged_weight_g <= heavy.charged_weight_g


@given(first_g=st.integers(1, 3000), bands=BANDS, grams=st.integers(1, 60_000))
def test_the_weight_paid_for_is_an_exact_edge(first_g, bands, grams):
    tariff = built(first_g, 500, bands)
    paid = charge(tariff, NEAR, grams)
    assert paid.charged_weight_g >= grams
    at_edge = charge(tariff, NEAR, paid.charged_weight_g)
    assert at_edge == paid
    assert charge(tariff, NEAR, paid.charged_weight_g + 1).step == paid.step + 1


@given(first_g=st.integers(1, 3000), bands=BANDS, grams=st.integers(1, 60_000))
def test_the_distance_to_an_edge_leads_to_an_edge(first_g, bands, grams):
    tariff = built(first_g, 500, bands)
    distance = nearest_edge_g(tariff, NEAR, grams)
    assume(grams - distance > 0)
    step = charge(tariff, NEAR, grams).step
    up = charge(tariff, NEAR, grams + distance + 1).step == step + 1
    down = distance < grams and charge(tariff, NEAR, grams - distance).step == step - 1
    assert up or down


@given(
    grams=st.integers(1, 30_000),
    dims=st.tuples(*[st.integers(1, 1000)] * 3),
    divisor=st.sampled_from([5000, 6000, 8000, 12000]),
)
def test_size_never_makes_a_parcel_cheaper(grams, dims, divisor):
    zone = Zone(EVERYWHERE, 1000, 500, (Band(1000, 100),), divisor)
    tariff = Tariff(CarrierCode.STO, date(2026, 1, 1), (zone,))
    assert charge(tariff, NEAR, grams, dims).fen >= charge(tariff, NEAR, grams).fen


# --- tables -------------------------------------------------------------------------------------


def test_a_table_is_read_whole(tariffs):
    sto, sf = tariffs
    assert (sto.carrier, sto.valid_from, sto.name) == (
        CarrierCode.STO,
        date(2026, 1, 1),
        "contract",
    )
    assert sto.zones[0].places == {("浙江",), ("江苏",)}
    assert sf.rounding is Rounding.HALF_UP_YUAN


def test_a_day_may_be_written_as_text():
    text = TOML.replace("valid_from = 2026-01-01", 'valid_from = "2026-01-01"')
    assert load_tariffs(tomllib.loads(text)) == load_tariffs(tomllib.loads(TOML))


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ('carrier = "STO"', 'carrier = "ZTO"', "tariff[0].carrier", "unknown: 'ZTO'"),
        ('carrier = "STO"', "carrier = 5", "tariff[0].carrier", "must be text"),
        ('carrier = "STO"', "", "tariff[0].carrier", "missing"),
        ('carrier = "STO"', 'carier = "STO"', "tariff[0].carier", "unknown key"),
        ("2026-01-01", '"1. Januar"', "tariff[0].valid_from", "must be a day"),
        ("2026-01-01", "2026-01-01T00:00:00", "tariff[0].valid_from", "must be a day"),
        ("valid_from = 2026-01-01", "", "tariff[0].valid_from", "missing"),
        ('"half_up_yuan"', '"up"', "tariff[1].rounding", "unknown: 'up'"),
        ('["浙江", "江苏"]', "[]", "tariff[0].zones[0].places", "list of places"),
        ('["浙江", "江苏"]', '"浙江"', "tariff[0].zones[0].places", "list of places"),
        ('["浙江", "江苏"]', '["浙江", "火星"]', "tariff[0].zones[0].places[1]", "火星"),
        ('["浙江", "江苏"]', '["*"]', "tariff[0].zones[1].places", "another zone"),
        ("first_g = 1000", "first_g = 0", "tariff[0].zones[0].first_g", "at least 1"),
        ("first_g = 1000", "first_g = 0.5", "tariff[0].zones[0].first_g", "whole number"),
        ("first_g = 1000", "first_g = true", "tariff[0].zones[0].first_g", "whole number"),
        ("first_fen = 500", "first_fen = 5.00", "tariff[0].zones[0].first_fen", "whole number"),
        ("first_fen = 500", "first_fen = -1", "tariff[0].zones[0].first_fen", "at least 0"),
        ("first_fen = 500", "", "tariff[0].zones[0].first_fen", "missing"),
        ("volume_divisor = 8000", "volume_divisor = 0", "zones[0].volume_divisor", "at least 1"),
        ("step_g = 1000, step_fen = 100", "step_fen = 100", "bands[0].step_g", "missing"),
        ("upto_g = 5000, ", "", "tariff[1].zones[0].bands[0].upto_g", "only the last"),
        ("upto_g = 5000", "upto_g = 5200", "tariff[1].zones[0].bands[0].upto_g", "whole steps"),
        ("upto_g = 5000", "upto_g = 900", "tariff[1].zones[0].bands[0].upto_g", "whole steps"),
        ("step_g = 1000, step_fen = 210", "step_g = 1000, step_fen = 210, upto_g = 9000",
         "tariff[1].zones[0].bands[1].upto_g", "has no end"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_key(old, new, key, what):
    assert old in TOML
    with pytest.raises(TariffError) as raised:
        load_tariffs(tomllib.loads(TOML.replace(old, new, 1)))
    assert any(fault.key.endswith(key) and what in fault.what for fault in raised.value.faults)
    assert key in str(raised.value)


def test_all_mistakes_are_told_at_once():
    text = TOML.replace("first_fen = ", "first_fen = -").replace('"STO"', '"XX"')
    with pytest.raises(TariffError) as raised:
        load_tariffs(tomllib.loads(text))
    assert len(raised.value.faults) == 4


def test_two_tariffs_of_one_carrier_and_day_are_refused():
    text = TOML.replace('"SF"', '"STO"').replace("2026-06-01", "2026-01-01")
    with pytest.raises(TariffError, match="second tariff"):
        load_tariffs(tomllib.loads(text))


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({}, KeyFault("tariff", "missing")),
        ({"tariff": []}, KeyFault("tariff", "must be a list with an entry")),
        ({"tariff": {}}, KeyFault("tariff", "must be a list with an entry")),
        ({"tariff": [5]}, KeyFault("tariff[0]", "must be a table")),
        ({"tarif": []}, KeyFault("tarif", "unknown key, known are tariff")),
    ],
)
def test_a_table_of_another_shape_is_refused(table, fault):
    with pytest.raises(TariffError) as raised:
        load_tariffs(table)
    assert fault in raised.value.faults


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.text(max_size=5) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tariff", "zones", "places", "bands", "carrier", "first_g"]), inner
        )
    ),
    max_leaves=12,
)


@given(table=st.dictionaries(st.sampled_from(["tariff", "x"]), PLAIN, max_size=2))
def test_no_table_makes_the_reader_fall(table):
    with pytest.raises(TariffError):
        load_tariffs(table)
