"""The parcel as values: what the bench knows of it, and how far it may be touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from station.db.models import Packaging, Parcel, ParcelLine
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.verification import Article, Line
from station.services import contents, packing
from station.services.contents import DEFAULT_CHECKLIST, Material, OpenParcel, guard


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


PARCEL = OpenParcel(
    id=1, state=ParcelState.PACKING, bench="1", waybill_no="7731", carrier="STO", note="", flag=0,
    orders=1, note_read=False, held=False, deadline=datetime(2026, 11, 23, 16, tzinfo=UTC),
    lines=(Line(1, Article(1, "A", "I", "", ""), 2), Line(2, Article(2, "B", "I", "", ""), 1)),
)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, None),
        ({"state": ParcelState.PACKED}, None),
        ({"state": ParcelState.WEIGHED}, None),
        ({"state": ParcelState.STOPPED}, Code.WAYBILL_STOPPED),
        ({"state": ParcelState.STOPPED, "bench": "2"}, Code.WAYBILL_STOPPED),
        ({"state": ParcelState.SIGNED}, Code.PARCEL_NONE_OPEN),
        ({"bench": "2"}, Code.PARCEL_NONE_OPEN),
        ({"bench": ""}, Code.PARCEL_NONE_OPEN),
        ({"held": True}, Code.WAYBILL_HELD),
    ],
)
def test_who_may_touch_a_parcel(facts: dict[str, Any], code: Code | None) -> None:
    refusal = guard(replace(PARCEL, **facts), "1")
    assert (refusal.code if refusal else None) == code


def test_no_parcel_cannot_be_touched() -> None:
    refusal = guard(None, "1")
    assert refusal is not None
    assert refusal.code is Code.PARCEL_NONE_OPEN


@pytest.mark.rule("S10")
@pytest.mark.parametrize(
    ("facts", "due"),
    [({}, False), ({"note": "x"}, True), ({"flag": 1}, True), ({"flag": 2}, False),
     ({"orders": 2}, True), ({"note": "x", "note_read": True}, False)],
)
def test_what_must_be_read_first(facts: dict[str, Any], due: bool) -> None:
    assert replace(PARCEL, **facts).note_due is due


def test_one_line_is_exchanged_and_the_others_stay() -> None:
    changed = PARCEL.with_line(replace(PARCEL.lines[1], packed=1))
    assert [line.packed for line in changed.lines] == [0, 1]
    assert [line.packed for line in PARCEL.lines] == [0, 0]


def test_packaging_without_a_checklist_has_the_shops_own() -> None:
    assert PARCEL.checklist == DEFAULT_CHECKLIST
    own = replace(PARCEL, material=Material("BOX", "纸箱", 120, ("封箱",)))
    assert own.checklist == ("封箱",)


def test_an_unknown_parcel_is_nothing(any_house: Any) -> None:
    assert any_house.read(contents.read, 99) is None
    assert any_house.write(contents.lock, 99) is None
    assert any_house.read(contents.open_at, "1") is None
    assert any_house.read(contents.why_held, 99) == ""


def test_reading_and_locking_see_the_same_lines(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("JN-B-31", 1, 740), item("TS-W-M", 2))
    seen, locked = any_house.read(contents.read, parcel.id), any_house.write(
        contents.lock, parcel.id)
    assert seen.lines == locked.lines
    assert seen.lines[0].waist_mm == 740
    assert seen.lines[0].measure
    assert seen.lines[1].weight_g == 160


def test_lines_that_a_refund_emptied_are_not_shown(house: Any) -> None:
    parcel = house.print_parcel(item("JN-B-31"), item("TS-W-M", 2))

    def drop(session: Any) -> None:
        line = session.query(ParcelLine).filter_by(sku_id=house.skus["JN-B-31"]).one()
        line.quantity = line.reserved = 0

    house.write(drop)
    assert [line.article.code for line in house.read(contents.read, parcel.id).lines] == ["TS-W-M"]


def test_a_line_whose_article_is_unknown_still_shows_its_code(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M", 2))

    def forget(session: Any) -> None:
        session.query(ParcelLine).one().sku_id = None

    house.write(forget)
    line = house.read(contents.read, parcel.id).lines[0]
    assert (line.article.code, line.article.sku_id) == ("TS-W-M", None)


def test_a_parcel_without_lines_is_shown_all_the_same(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    house.write(lambda s: s.delete(s.query(ParcelLine).one()))
    assert house.read(contents.read, parcel.id).lines == ()


@pytest.mark.parametrize(
    ("name", "city", "shown"),
    [("林小满", "台州市", "林** 台州市"), ("A", "", "A** 浙江省"), ("", "台州市", "台州市")],
)
def test_the_receiver_is_masked(house: Any, name: str, city: str, shown: str) -> None:
    parcel = house.print_parcel(item("TS-W-M"))

    def rename(session: Any) -> None:
        row = session.get(Parcel, parcel.id)
        row.name, row.city = name, city

    house.write(rename)
    assert house.read(contents.read, parcel.id).receiver == shown


def test_no_phone_and_no_street_reach_the_bench(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    text = repr(house.read(contents.read, parcel.id))
    assert "13900000101" not in text
    assert "试验路" not in text
    assert "小满" not in text


@pytest.mark.rule("D5")
@pytest.mark.parametrize(("carrier", "proposed"), [("STO", "BAG-STO"), ("YTO", "BAG-YTO"),
                                                   ("SF", "BOX")])
def test_the_carriers_own_bag_is_proposed(house: Any, carrier: str, proposed: str) -> None:
    parcel = house.print_parcel(item("TS-W-M"), carrier=carrier)
    assert house.read(contents.read, parcel.id).proposed.code == proposed


def test_tape_and_labels_are_never_proposed(house: Any) -> None:
    def only_tape(session: Any) -> None:
        for row in session.query(Packaging):
            row.kind = "tape"

    house.write(only_tape)
    parcel = house.print_parcel(item("TS-W-M"))
    assert house.read(contents.read, parcel.id).proposed is None


def test_a_bench_finds_only_its_own_open_parcel(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M"))
    any_house.print_parcel(item("TS-W-L"))
    any_house.write(packing.open_parcel, parcel.waybill_no, rules=any_house.rules, bench="2",
                    who="", now=any_house.now)
    assert any_house.read(contents.open_at, "1") is None
    assert any_house.read(contents.open_at, "2").waybill_no == parcel.waybill_no


@pytest.mark.parametrize("state", ["printed", "signed", "handed_over", "void"])
def test_a_parcel_that_is_finished_is_open_nowhere(house: Any, state: str) -> None:
    parcel = house.print_parcel(item("TS-W-M"), state=state)
    house.write(lambda s: setattr(s.get(Parcel, parcel.id), "bench", "1"))
    assert house.read(contents.open_at, "1") is None
