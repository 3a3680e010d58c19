"""A parcel's whole way over the bench, by scanning alone."""

from __future__ import annotations

from typing import Any

import pytest

from station.domain.screen import Mood, Step
from station.services import history, signing

PIN = "246810"
BAR = {"JN-B-31": "6900000000001", "TS-W-M": "6900000000003", "TS-W-L": "6900000000004"}


def wanted(sku: str, quantity: int = 1, waist_mm: int | None = None) -> tuple[Any, ...]:
    return sku, quantity, waist_mm


@pytest.mark.rule("D4", "D5", "D6")
def test_a_parcel_is_packed_weighed_and_signed_by_scanning_alone(any_house: Any) -> None:
    house = any_house
    desk = house.flow()
    desk.clear_pan()
    parcel = house.print_parcel(wanted("TS-W-M", 2), wanted("JN-B-31", 1, 740))
    assert desk.view().step is Step.IDLE
    assert desk.scan("PBID-0007").packer == "阿明"
    assert desk.scan(parcel.waybill_no).step is Step.ITEMS
    assert desk.scan(BAR["TS-W-M"]).verdict.mood is Mood.GOOD
    assert desk.scan(BAR["TS-W-M"]).step is Step.ITEMS
    assert desk.scan(BAR["JN-B-31"]).step is Step.MEASURE
    assert desk.digits("742").entry == "742"
    view = desk.done()
    assert (view.step, view.verdict.message.code) == (Step.MATERIAL, "parcel.complete")
    assert desk.done().parcel.packaging == "BAG-STO"
    assert desk.view().parcel.checklist == ("压出空气", "贴好胶带")
    assert desk.done().step is Step.WEIGH
    view = desk.put(2 * 160 + 560 + 20 + 4)
    assert (view.step, view.parcel.weight_g) == (Step.SIGN, 904)
    desk.scan("PBID-0007")
    desk.digits(PIN)
    view = desk.done()
    assert (view.step, view.parcel, view.verdict.mood) == (Step.IDLE, None, Mood.DONE)
    stored = house.parcel(parcel)
    assert (stored.state, stored.packer, stored.weight_g, stored.bench) == (
        "signed", "阿明", 904, "")
    assert house.read(lambda s: list(signing.broken_seals(s))) == []
    assert list(house.read(lambda s: list(history.verify(s)))) == []
    assert house.packaging("BAG-STO").stock == 99
