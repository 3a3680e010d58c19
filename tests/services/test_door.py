"""A scanner at the door: the parcels find their hand-over themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from station.db.models import Handover, HandoverLine
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode
from station.services import door, handover

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"


@pytest.mark.rule("D6")
def test_each_parcel_goes_to_its_carriers_hand_over(open_shop: Shop) -> None:
    open_shop.receive_numbers(CarrierCode.SF)
    ordinary = open_shop.seal("2450000000000004001", JEANS)
    express = open_shop.seal("2450000000000004002", JEANS, buyer="b", buyer_message="发顺丰")
    for parcel in (ordinary, express):
        open_shop.write(door.scan_at_door, parcel.waybill_no)
    rows = open_shop.read(lambda s: s.execute(
        select(Handover.carrier, HandoverLine.parcel_id).join(HandoverLine)).all())
    assert sorted(map(tuple, rows)) == [("SF", express.id), ("STO", ordinary.id)]


def test_what_was_read_is_said_on_the_screen_for_a_moment(open_shop: Shop) -> None:
    parcel = open_shop.seal("2450000000000004003", JEANS)
    pile = open_shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id)
    assert open_shop.read(door.last_scan, pile, now=open_shop.now) is None
    open_shop.write(door.scan_at_door, parcel.waybill_no)
    first = open_shop.read(door.last_scan, pile, now=open_shop.now)
    assert (first.waybill_no, first.code) == (parcel.waybill_no, "")
    open_shop.write(door.scan_at_door, parcel.waybill_no)
    again = open_shop.read(door.last_scan, pile, now=open_shop.now)
    assert again.code == Code.HANDOVER_TWICE
    assert again.seq > first.seq
    open_shop.later(seconds=30)
    assert open_shop.read(door.last_scan, pile, now=open_shop.now) is None


def test_an_unknown_code_is_told_where_somebody_is_working(open_shop: Shop) -> None:
    nowhere = open_shop.write(door.scan_at_door, "773999999999999")
    assert nowhere.code == Code.WAYBILL_UNKNOWN
    pile = open_shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id)
    open_shop.write(door.scan_at_door, "773999999999999")
    said = open_shop.read(door.last_scan, pile, now=open_shop.now)
    assert said.code == Code.WAYBILL_UNKNOWN
