"""The two moments at the bench that a camera is told of."""

from __future__ import annotations

from typing import Any

import pytest

from station.bench import BenchSettings
from station.bench.flow import Flow
from station.domain.weights import PanRules

BAR = {"TS-W-M": "6900000000003", "TS-W-L": "6900000000004"}
WEIGHT = 160 + 20


@pytest.fixture
def opened() -> list[float]:
    """Since when, monotonic, each parcel that was to be seen had been open."""
    return []


@pytest.fixture
def seen(house: Any, desk: Any, opened: list[float]) -> list[tuple[str, int, str]]:
    """What the camera over the desk was told, as (moment, parcel, who)."""
    told: list[tuple[str, int, str]] = []

    def note(moment: Any, parcel: int, who: str, *, since: float) -> None:
        told.append((str(moment), parcel, who))
        opened.append(since)

    flow = Flow(
        "1", house.db, house.rules, BenchSettings(scale="1-scale", pan=PanRules()),
        clock=lambda: house.now, monotonic=lambda: house.seconds,
        witness=note)
    flow.resume()
    desk.flow = flow
    desk.clear_pan()
    return told


@pytest.mark.rule("D8")
def test_the_last_item_and_the_accepted_weight_are_seen_with_who_was_there(
    house: Any, desk: Any, seen: list[Any]
):
    parcel = house.print_parcel(("TS-W-M", 2, None))
    desk.scan("PBID-0007", parcel.waybill_no, BAR["TS-W-M"])
    assert seen == []
    desk.scan(BAR["TS-W-M"])
    assert seen == [("open", parcel.id, "阿明")]
    desk.scan("PBMAT-BAG-STO")
    desk.done()
    desk.put(2 * 160 + 20)
    assert seen == [("open", parcel.id, "阿明"), ("weighed", parcel.id, "阿明")]


@pytest.mark.rule("D8")
def test_the_camera_is_told_since_when_the_parcel_lies_there(
    house: Any, desk: Any, seen: list[Any], opened: list[float]
):
    parcel = house.print_parcel(("TS-W-M", 1, None))
    before = house.seconds
    desk.scan(parcel.waybill_no)
    after = house.seconds
    house.seconds += 60
    desk.scan(BAR["TS-W-M"])
    assert len(seen) == len(opened) == 1
    assert before <= opened[0] <= after


def test_a_weight_that_is_off_is_seen_only_once_a_manager_accepts_it(
    house: Any, desk: Any, seen: list[Any]
):
    parcel = house.print_parcel(("TS-W-M", 1, None))
    desk.pack(parcel, "TS-W-M")
    desk.put(WEIGHT + 200)
    assert [moment for moment, _, _ in seen] == ["open"]
    desk.scan("PBCMD-ACCEPT", "PBWHY-CHECKED")
    desk.scan("PBID-0001")
    desk.digits("246810")
    desk.done()
    assert [moment for moment, _, _ in seen] == ["open", "weighed"], desk.code()


def test_refused_items_and_undone_ones_are_no_moment(house: Any, desk: Any, seen: list[Any]):
    parcel = house.print_parcel(("TS-W-M", 1, None))
    desk.scan(parcel.waybill_no, BAR["TS-W-L"])
    desk.ok()
    assert seen == []
    desk.scan(BAR["TS-W-M"], "PBCMD-REPACK", "PBCMD-UNDO", BAR["TS-W-M"])
    assert [moment for moment, _, _ in seen] == ["open", "open"]  # packed anew: seen anew


def test_a_measured_waist_that_completes_is_seen(house: Any, desk: Any, seen: list[Any]):
    parcel = house.print_parcel(("JN-B-32", 1, 820))
    desk.scan(parcel.waybill_no, "6900000000002")
    assert seen == []
    desk.digits("82")
    desk.done()
    assert [moment for moment, _, _ in seen] == ["open"]
