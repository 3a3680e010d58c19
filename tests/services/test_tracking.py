"""What carriers tell of parcels that left: the station proposes what is lost or comes back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from station.db.models import Alarm, Parcel, ParcelTrack
from station.domain.cases import CaseKind
from station.domain.tracking import ENDED, TrackState
from station.domain.vocabulary import CarrierCode
from station.orders.tracking import Tracked, parse_tracking
from station.services import cases, tracking

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = [pytest.mark.rule("D8"), pytest.mark.rule("D9")]
SHIRT = "TS1103-白色-M"
LIMIT = timedelta(days=10)


class Road:
    """One or more parcels on the road, and the carrier that tells of them."""

    def __init__(self, shop: Shop, *orders: str) -> None:
        self.shop = shop
        self.parcels = [self.send(order) for order in orders]
        self.gone = shop.now

    def send(self, order: str) -> Parcel:
        parcel = self.shop.seal(order, SHIRT)
        self.shop.hand_over(parcel)
        return self.shop.parcel(parcel.id)

    def tell(self, state: TrackState, *, after: timedelta = timedelta(hours=1), index: int = 0,
             **facts: Any) -> Any:
        told = Tracked(**{
            "waybill_no": str(self.parcels[index].waybill_no), "carrier": None, "state": state,
            "at": self.gone + after, **facts})
        return self.shop.write(tracking.tell, told, self.shop.rules)

    def watch(self, after: timedelta) -> int:
        return tracking.watch(self.shop.db, self.shop.rules, now=self.gone + after)

    def proposed(self) -> list[tuple[str, str]]:
        return [(one.waybill_no, one.kind) for one in self.shop.read(tracking.proposals)]

    def alarms(self) -> list[dict[str, Any]]:
        return self.shop.read(lambda session: list(session.scalars(
            select(Alarm.facts).where(Alarm.code == tracking.ALARM))))


@pytest.fixture
def road(open_shop: Shop) -> Road:
    return Road(open_shop, "2450000000000000901")


def test_a_parcel_that_does_not_arrive_is_proposed_as_lost_once(road: Road):
    assert road.tell(TrackState.MOVING)["outcome"] == "taken"
    assert road.watch(LIMIT - timedelta(seconds=1)) == 0
    assert road.watch(LIMIT) == 1
    number = str(road.parcels[0].waybill_no)
    assert road.proposed() == [(number, "lost")]
    (facts,) = road.alarms()
    assert (facts["waybill_no"], facts["case_kind"], facts["days"]) == (number, "lost", 10)
    assert road.watch(LIMIT + timedelta(days=5)) == 0
    assert len(road.alarms()) == 1


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_arrived_is_never_missed(road: Road, state: TrackState):
    road.tell(TrackState.MOVING)
    road.tell(state, after=timedelta(days=3))
    assert road.watch(LIMIT + timedelta(days=50)) == 0
    assert road.proposed() == []


def test_what_arrives_after_all_is_proposed_no_longer(road: Road):
    road.tell(TrackState.MOVING)
    road.watch(LIMIT)
    road.tell(TrackState.DELIVERED, after=LIMIT + timedelta(days=1))
    assert road.proposed() == []


def test_what_comes_back_is_proposed_as_unreachable_at_once(road: Road):
    road.tell(TrackState.TROUBLE)
    assert road.proposed() == []
    road.tell(TrackState.RETURNING, after=timedelta(days=4))
    assert road.proposed() == [(str(road.parcels[0].waybill_no), "unreachable")]
    assert road.watch(LIMIT + timedelta(days=1)) == 0


def test_parcels_nobody_tells_of_are_missed_where_their_carrier_tells_of_others(open_shop: Shop):
    road = Road(open_shop, "2450000000000000901", "2450000000000000902")
    assert road.watch(LIMIT) == 0  # nothing is ever told: silence means nothing
    road.shop.now = road.gone + LIMIT - timedelta(days=1)
    road.tell(TrackState.DELIVERED, index=1, after=timedelta(days=2))
    assert road.watch(LIMIT) == 1
    assert road.proposed() == [(str(road.parcels[0].waybill_no), "lost")]


def test_tellings_may_come_twice_and_out_of_order(road: Road):
    road.tell(TrackState.DELIVERED, after=timedelta(days=3))
    assert road.tell(TrackState.DELIVERED, after=timedelta(days=3))["outcome"] == "older"
    assert road.tell(TrackState.MOVING, after=timedelta(days=1)) == {
        "waybill_no": str(road.parcels[0].waybill_no), "outcome": "older", "state": "delivered"}


def test_a_case_that_is_open_is_not_proposed_again(road: Road):
    road.tell(TrackState.MOVING)
    shop = road.shop
    shop.write(cases.begin, road.parcels[0].id, CaseKind.LOST, shop.rules, who="李")
    road.watch(LIMIT)
    assert road.proposed() == []
    assert road.alarms() == []


def test_a_proposal_ends_with_its_case_or_a_persons_word(open_shop: Shop):
    road = Road(open_shop, "2450000000000000901", "2450000000000000902")
    for index in (0, 1):
        road.tell(TrackState.MOVING, index=index)
    road.watch(LIMIT)
    assert len(road.proposed()) == 2
    first, second = (parcel.id for parcel in road.parcels)
    open_shop.write(cases.begin, first, CaseKind.LOST, open_shop.rules, who="李")
    assert open_shop.write(tracking.dismiss, second, who="李")
    assert not open_shop.write(tracking.dismiss, second, who="李")
    assert not open_shop.write(tracking.dismiss, 999, who="李")
    assert road.proposed() == []
    assert road.watch(LIMIT + timedelta(days=1)) == 0


@pytest.mark.parametrize(("facts", "outcome"), [
    ({"waybill_no": "773999999999999"}, "waybill.unknown"),
    ({"carrier": CarrierCode.SF}, "handover.other_carrier"),
])
def test_what_is_told_of_no_parcel_of_ours_says_so(road: Road, facts: Any, outcome: str):
    assert road.tell(TrackState.MOVING, **facts)["outcome"] == outcome


def test_a_parcel_that_has_not_left_is_not_tracked(open_shop: Shop):
    parcel = open_shop.seal("2450000000000000901", SHIRT)
    told = Tracked(str(parcel.waybill_no), None, TrackState.MOVING, open_shop.now)
    assert open_shop.write(tracking.tell, told, open_shop.rules)["outcome"] == "case.not_gone"


TOLD = st.lists(st.tuples(st.sampled_from(TrackState), st.integers(0, 20)), max_size=8)


@given(told=TOLD)
@settings(max_examples=10, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_telling_counts_in_whatever_order_they_come(road: Road, told: Any):
    road.shop.db.write(lambda session: session.execute(delete(ParcelTrack)))
    for state, day in told:
        road.tell(state, after=timedelta(days=day))
    road.watch(timedelta(days=40))
    days = {day: state for state, day in reversed(told)}  # of one moment the first counts
    newest = days[max(days)] if days else None
    assert len(road.proposed()) == (newest is not None and newest not in ENDED)


def test_words_that_come_along_are_read_by_nobody():
    told = parse_tracking(json.dumps({**GOOD, "words": "签收人：张三 13900000001"}).encode())
    assert isinstance(told, Tracked)
    assert "张三" not in repr(told)


GOOD = {"waybill_no": "773100000001230", "state": "delivered", "at": "2026-11-25T10:00:00+08:00"}


def test_a_body_is_read_strictly():
    told = parse_tracking(json.dumps({**GOOD, "carrier": "STO"}).encode())
    assert told == Tracked(
        "773100000001230", CarrierCode.STO, TrackState.DELIVERED,
        datetime.fromisoformat("2026-11-25T02:00:00+00:00"))


@pytest.mark.parametrize(("bent", "path"), [
    ({"state": "3"}, "state"), ({"at": "2026-11-25 10:00:00"}, "at"), ({"at": 1}, "at"),
    ({"waybill_no": 773100000001230}, "waybill_no"),
    ({"carrier": "UPS"}, "carrier"),
])
def test_every_wrong_place_of_a_body_is_named(bent: dict[str, Any], path: str):
    errors = parse_tracking(json.dumps({**GOOD, **bent}).encode())
    assert isinstance(errors, tuple)
    assert [error.path for error in errors] == [path]
