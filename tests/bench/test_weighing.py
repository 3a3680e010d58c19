"""The weight of a parcel, gram by gram: where it agrees, what is told, and who it is booked to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import History, Packaging, Sku, Weighing
from station.domain.parcel import ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.weights import TakenWeight
from station.services import consumables, items, packing, weighing
from station.services.contents import read
from station.services.staff import Person, Role

BOSS = Person(2, "老王", Role.MANAGER, "PBID-0001", "")
FRAMES = (b"ST,GS,+0.340kg", b"ST,GS,+0.341kg")


class Weigher:
    """Somebody at bench 1 with parcels that are full, in their bag, and ticked off."""

    def __init__(self, house: Any) -> None:
        self.house = house

    def full(self, pieces: int = 2, bag: str = "BAG-STO") -> int:
        """A parcel of so many shirts of 160 g, in a bag of 20 g."""
        parcel = self.house.print_parcel(("TS-W-M", pieces, None))
        self.do(packing.open_parcel, parcel.waybill_no, rules=self.house.rules)
        self.do(items.scan_item, parcel.id, "TS-W-M", quantity=pieces)
        if bag:
            self.do(consumables.choose, parcel.id, bag)
        self.do(consumables.confirm_checklist, parcel.id)
        return parcel.id

    def do(self, step: Any, *args: Any, **facts: Any) -> Any:
        facts = {"who": "阿明", "bench": "1", "now": self.house.now, **facts}
        return self.house.write(step, *args, **facts)

    def weigh(self, parcel_id: int, grams: int, scale: str = "1-scale") -> Any:
        taken = TakenWeight(grams, FRAMES, scale)
        return self.do(weighing.weigh, parcel_id, taken, rules=self.house.rules)

    def accept(self, parcel_id: int, reason: str = "CHECKED") -> Any:
        return self.house.write(weighing.accept, parcel_id, manager=BOSS, reason=reason,
                                bench="1", now=self.house.now)

    def explained(self, parcel_id: int) -> list[str]:
        content = self.house.read(read, parcel_id)
        told = self.house.read(weighing.explanations, content, self.house.rules)
        return [message.code for message in told]

    def told(self, parcel_id: int) -> tuple[str, Any, str, str]:
        """The last line of the parcel's history: kind, facts, who, bench."""
        chain = select(History).where(History.chain == f"parcel:{parcel_id}")
        row = self.house.read(lambda session: session.scalars(
            chain.order_by(History.id.desc())).first())
        return row.kind, json.loads(row.data), row.who, row.bench

    def shirt_weighs(self, grams: int | None) -> None:
        self.house.write(lambda session: setattr(
            session.get(Sku, self.house.skus["TS-W-M"]), "weight_g", grams))

    def without_bags(self) -> None:
        self.house.write(lambda session: [
            session.delete(row) for row in session.scalars(select(Packaging))])


@pytest.fixture
def weigher(house: Any) -> Weigher:
    return Weigher(house)


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("grams", "agrees"), [(325, True), (355, True), (324, False), (356, False)])
def test_a_weight_agrees_up_to_the_tolerance_and_not_a_gram_beyond(
    weigher: Weigher, grams: int, agrees: bool
) -> None:
    assert isinstance(weigher.weigh(weigher.full(), grams), weighing.Weighed) is agrees


def test_what_was_weighed_is_told_with_the_parcel_as_it_stands_now(weigher: Weigher) -> None:
    parcel_id = weigher.full()
    weighed = weigher.weigh(parcel_id, 341)
    assert (weighed.grams, weighed.expected.grams, weighed.parcel.state) == (
        341, 340, ParcelState.WEIGHED)
    kind, facts, who, bench = weigher.told(parcel_id)
    assert (kind, who, bench) == ("weighed", "阿明", "1")
    assert facts == {"grams": 341, "expected_g": 340, "tolerance_g": 15, "scale": "1-scale",
                     "frames": [frame.hex() for frame in FRAMES]}


def test_the_history_tells_a_weight_that_is_off(weigher: Weigher) -> None:
    parcel_id = weigher.full()
    weigher.weigh(parcel_id, 200)
    kind, facts, _, _ = weigher.told(parcel_id)
    assert (kind, facts["grams"], facts["expected_g"]) == ("weight_off", 200, 340)


def test_what_cannot_be_compared_is_weighed_and_its_weight_kept(weigher: Weigher) -> None:
    weigher.shirt_weighs(None)
    parcel_id = weigher.full()
    weighed = weigher.weigh(parcel_id, 1)
    assert (weighed.grams, weighed.expected.grams, weighed.parcel.state) == (
        1, None, ParcelState.WEIGHED)


def test_without_a_bag_the_pieces_alone_are_expected(weigher: Weigher) -> None:
    weigher.without_bags()
    assert weigher.weigh(weigher.full(bag=""), 320).expected.grams == 320


@pytest.mark.parametrize("step", ["weigh", "accept"])
def test_a_parcel_that_nobody_knows_is_not_weighed(weigher: Weigher, step: str) -> None:
    refused = weigher.weigh(77, 340) if step == "weigh" else weigher.accept(77)
    assert refused == Refusal(Code.PARCEL_NONE_OPEN)


@pytest.mark.parametrize("step", ["weigh", "accept"])
def test_a_parcel_of_another_bench_is_not_weighed_here(weigher: Weigher, step: str) -> None:
    parcel_id = weigher.full()
    weigher.weigh(parcel_id, 180)
    facts = {"bench": "2"}
    if step == "weigh":
        refused = weigher.do(weighing.weigh, parcel_id, TakenWeight(340, FRAMES, "1-scale"),
                             rules=weigher.house.rules, **facts)
    else:
        refused = weigher.house.write(weighing.accept, parcel_id, manager=BOSS, reason="CHECKED",
                                      now=weigher.house.now, **facts)
    assert isinstance(refused, Refusal)
    assert (refused.code, (refused.facts or {})["bench"]) == (Code.PARCEL_NONE_OPEN, "1")


def test_one_gram_is_a_weight_and_nothing_is_none(weigher: Weigher) -> None:
    parcel_id = weigher.full()
    assert weigher.weigh(parcel_id, 0) == Refusal(Code.WEIGHT_EMPTY)
    assert weigher.weigh(parcel_id, 1).code is Code.WEIGHT_OFF


# --- A manager accepts --------------------------------------------------------------------------


@pytest.mark.rule("D6")
def test_the_last_weight_of_this_parcel_is_what_is_accepted(weigher: Weigher) -> None:
    other = weigher.full()
    weigher.weigh(other, 190)
    weigher.do(packing.leave, other)
    parcel_id = weigher.full()
    for grams in (180, 200):
        weigher.weigh(parcel_id, grams)
    accepted = weigher.accept(parcel_id)
    assert (accepted.grams, accepted.expected.grams, accepted.expected.tolerance_g) == (
        200, 340, 15)
    assert accepted.parcel.state is ParcelState.WEIGHED
    rows = weigher.house.read(lambda session: session.scalars(
        select(Weighing).order_by(Weighing.id)).all())
    assert [row.accepted_by for row in rows] == ["", "", "老王"]
    assert weigher.told(parcel_id) == (
        "weight_accepted", {"grams": 200, "expected_g": 340, "reason": "CHECKED"}, "老王", "1")


def test_a_reason_is_kept_up_to_two_hundred_letters(weigher: Weigher) -> None:
    parcel_id = weigher.full()
    weigher.weigh(parcel_id, 180)
    weigher.accept(parcel_id, "布" * 300)
    row = weigher.house.read(lambda session: session.scalars(select(Weighing)).one())
    assert row.reason == "布" * 200
    assert weigher.told(parcel_id)[1]["reason"] == "布" * 200


# --- What would explain it ----------------------------------------------------------------------


def test_a_heavy_parcel_is_explained_within_its_own_tolerance(weigher: Weigher) -> None:
    """2 % of 4,020 g are 81 g: a shirt that is 70 g lighter than it should be explains it."""
    weigher.shirt_weighs(2000)
    parcel_id = weigher.full()
    assert weigher.weigh(parcel_id, 2020 + 70).facts["tolerance_g"] == 81
    assert weigher.explained(parcel_id) == ["explain.missing"]


def test_a_parcel_without_a_bag_was_not_weighed_without_it(weigher: Weigher) -> None:
    weigher.without_bags()
    parcel_id = weigher.full(bag="")
    weigher.weigh(parcel_id, 320 - 16)
    assert weigher.explained(parcel_id) == ["explain.nothing"]


def test_a_bag_that_was_left_beside_the_scale_is_thought_of(weigher: Weigher) -> None:
    weigher.house.write(lambda session: setattr(session.scalar(
        select(Packaging).where(Packaging.code == "BAG-STO")), "weight_g", 60))
    parcel_id = weigher.full()
    weigher.weigh(parcel_id, 320)
    assert weigher.explained(parcel_id) == ["explain.no_packaging"]


# --- The last weight of a scale -----------------------------------------------------------------


def test_a_scale_remembers_its_own_last_weight(weigher: Weigher) -> None:
    parcel_id = weigher.full()
    for grams, scale in ((345, "1-scale"), (343, "2-scale"), (341, "1-scale")):
        weigher.weigh(parcel_id, grams, scale)
    assert [weigher.house.read(weighing.last_weight, scale)
            for scale in ("1-scale", "2-scale", "3-scale")] == [341, 343, None]
