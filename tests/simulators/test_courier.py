"""The courier: honest by nature, wrong by seed, and the truth is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.courier import Courier, Mistake, Parcel, Tariff


def pile(count: int = 200) -> list[Parcel]:
    return [Parcel(f"77{number:013d}", 340 + 37 * number % 4000) for number in range(count)]


@pytest.mark.parametrize(
    ("grams", "fen"), [(1, 600), (1000, 600), (1001, 800), (2000, 800), (2001, 1000), (5000, 1400)]
)
def test_a_part_of_a_step_is_charged_as_a_whole_one(grams, fen):
    assert Tariff().price(grams) == fen


@pytest.mark.parametrize(
    ("grams", "next_step"), [(340, 1030), (1000, 1030), (1001, 2030), (2000, 2030)]
)
def test_the_next_step_lies_just_beyond_the_boundary(grams, next_step):
    tariff = Tariff()
    assert tariff.next_step(grams) == next_step
    assert tariff.price(next_step) == tariff.price(grams) + tariff.step_fen


@given(st.integers(1, 50_000), st.integers(1, 2000), st.integers(1, 2000))
def test_the_next_step_always_costs_one_step_more(grams, first, step):
    tariff = Tariff(first_grams=first, step_grams=max(step, 100), step_fen=150)
    assert tariff.price(tariff.next_step(grams)) == tariff.price(grams) + 150


def test_an_honest_courier_writes_what_his_scale_shows():
    slips = Courier().write([Parcel("1", 983), Parcel("2", 1004)])
    assert [(slip.grams, slip.fen) for slip in slips] == [(980, 600), (1000, 600)]
    assert all(slip.mistake is Mistake.NONE for slip in slips)
    assert [slip.true_grams for slip in slips] == [983, 1004]


def test_a_feather_weighs_at_least_one_division():
    assert Courier(division=10).read(2) == 10


def test_the_slips_come_in_the_piles_order():
    parcels = pile()
    slips = Courier(wrong=0.5, seed=4).write(parcels)
    assert [slip.waybill_no for slip in slips] == [parcel.waybill_no for parcel in parcels]


def test_every_mistake_occurs_and_every_marked_slip_is_wrong():
    courier = Courier(wrong=0.4, seed=1)
    slips = courier.write(pile())
    assert {slip.mistake for slip in slips} == set(Mistake)
    for slip in slips:
        right = (courier.read(slip.true_grams), slip.true_fen)
        assert ((slip.grams, slip.fen) != right) == (slip.mistake is not Mistake.NONE)


def test_a_price_mistake_leaves_the_weight_right():
    courier = Courier(wrong=1.0, seed=1)
    slips = [slip for slip in courier.write(pile()) if slip.mistake is Mistake.PRICE]
    assert slips
    assert all(slip.grams == courier.read(slip.true_grams) for slip in slips)


def test_swapped_slips_change_places_in_pairs():
    slips = Courier(wrong=0.3, seed=2).write(pile())
    swapped = [slip for slip in slips if slip.mistake is Mistake.SWAPPED]
    assert swapped
    assert len(swapped) % 2 == 0
    read = Courier().read
    assert sorted(s.grams for s in swapped) == sorted(read(s.true_grams) for s in swapped)


def test_a_lone_parcel_cannot_be_swapped():
    for seed in range(40):
        slip = Courier(wrong=1.0, seed=seed).write([Parcel("1", 980)])[0]
        assert slip.mistake is not Mistake.SWAPPED


def test_the_truth_remembers_every_pile():
    courier = Courier(wrong=0.2, seed=3)
    first, second = courier.write(pile(10)), courier.write(pile(5))
    assert courier.truth == [*first, *second]
    assert courier.truth[0].as_json()["waybill_no"] == "770000000000000"


def test_the_same_seed_errs_the_same_way():
    assert Courier(wrong=0.3, seed=7).write(pile()) == Courier(wrong=0.3, seed=7).write(pile())


def test_each_parcel_may_have_its_own_tariff():
    far = Tariff(first_grams=500, first_fen=2000, step_grams=500, step_fen=900)
    slip = Courier().write([Parcel("1", 1200, far)])[0]
    assert slip.fen == 2000 + 2 * 900


@given(st.integers(0, 500), st.floats(0, 1), st.lists(st.integers(50, 20_000), max_size=30))
def test_no_pile_confuses_the_courier(seed, wrong, weights):
    parcels = [Parcel(str(number), grams) for number, grams in enumerate(weights)]
    slips = Courier(seed=seed, wrong=wrong).write(parcels)
    assert len(slips) == len(parcels)
    assert all(slip.grams > 0 and slip.fen > 0 for slip in slips)
