"""Pictures of parcels as evidence: kept whole, shown, removed by the rule, and never unseen."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from drivers.interfaces import Photograph as Picture
from station.db.models import History, Parcel, Photograph, WaybillNumber
from station.services import dossier, history, photographs, sightings
from station.services.photographs import Moment

JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"
MONTH = timedelta(days=30)


def picture(data: bytes = JPEG, age: float = 0.0) -> Picture:
    return Picture(data, 640, 360, age)


def told(shop: Any, parcel_id: int, kind: str) -> list[dict[str, Any]]:
    query = select(History.data).where(
        History.chain == f"parcel:{parcel_id}", History.kind == kind).order_by(History.seq)
    return [json.loads(row) for row in shop.read(lambda session: session.scalars(query).all())]


@pytest.fixture
def parcel(open_shop: Any) -> Parcel:
    return open_shop.seal("1001", "JN8801-黑色-32")


def do(shop: Any, step: Any) -> Any:
    """Run ``step(session)`` in one transaction."""
    return shop.db.write(step)


def shoot(shop: Any, parcel: Parcel, moment: str = Moment.OPEN, **facts: Any) -> Any:
    shot = facts.pop("shot", picture())
    return shop.write(photographs.keep, parcel.id, moment, shot, camera="1-camera", bench="1",
                      who="阿明", **facts)


@pytest.mark.rule("D8")
def test_a_photograph_is_kept_with_its_hash_and_who_was_there(open_shop: Any, parcel: Parcel):
    kept = shoot(open_shop, parcel, shot=picture(age=0.4))
    assert kept.sha256 == sha256(JPEG).hexdigest()
    assert (kept.who, kept.camera, kept.bench, kept.moment) == ("阿明", "1-camera", "1", "open")
    assert kept.taken_at == open_shop.now - timedelta(seconds=0.4)
    assert open_shop.read(photographs.jpeg, kept.id) == JPEG
    assert told(open_shop, parcel.id, "photographed") == [{
        "photograph": kept.id, "moment": "open", "camera": "1-camera", "sha256": kept.sha256,
        "bytes": len(JPEG)}]


def test_the_parcels_page_has_its_photographs_in_order(open_shop: Any, parcel: Parcel):
    shoot(open_shop, parcel)
    shoot(open_shop, parcel, Moment.WEIGHED)
    shown = open_shop.read(dossier.dossier, parcel.waybill_no).photographs
    assert [shot.moment for shot in shown] == ["open", "weighed"]


@pytest.mark.parametrize("data", [
    b"", b"\x89PNG\r\n", JPEG[:-2], b"\xff\xd8\xff" + bytes(photographs.MOST_BYTES) + b"\xff\xd9",
], ids=["empty", "png", "cut off", "too large"])
def test_what_is_no_whole_picture_of_bounded_size_is_refused(
    open_shop: Any, parcel: Parcel, data: bytes
):
    with pytest.raises(ValueError, match="photograph"):
        shoot(open_shop, parcel, shot=picture(data))
    assert open_shop.read(photographs.of_parcel, parcel.id) == ()
    assert told(open_shop, parcel.id, "photographed") == []


def test_a_moment_without_a_picture_is_on_record(open_shop: Any, parcel: Parcel):
    open_shop.write(photographs.note_missing, parcel.id, Moment.WEIGHED, camera="1-camera")
    assert told(open_shop, parcel.id, "photograph_missing") == [
        {"moment": "weighed", "camera": "1-camera"}]


def test_pictures_older_than_the_rule_go_and_leave_a_record(open_shop: Any, parcel: Parcel):
    old = shoot(open_shop, parcel)
    open_shop.later(days=29)
    young = shoot(open_shop, parcel, Moment.WEIGHED)
    assert not open_shop.read(photographs.is_due, MONTH, now=open_shop.now)
    open_shop.later(days=2)
    assert open_shop.read(photographs.is_due, MONTH, now=open_shop.now)
    assert open_shop.write(photographs.remove_due, MONTH) == 1
    assert open_shop.read(photographs.jpeg, old.id) is None
    assert open_shop.read(photographs.jpeg, young.id) == JPEG
    rows = open_shop.read(photographs.of_parcel, parcel.id)
    assert [(row.sha256, row.removed_at) for row in rows] == [
        (old.sha256, open_shop.now), (young.sha256, None)]
    assert told(open_shop, parcel.id, "photograph_removed") == [
        {"photograph": old.id, "moment": "open", "sha256": old.sha256, "days": 30}]
    assert open_shop.write(photographs.remove_due, MONTH) == 0
    assert list(open_shop.read(lambda session: list(history.verify(session)))) == []


def test_many_due_pictures_are_removed_in_bounded_steps(open_shop: Any, parcel: Parcel):
    for _ in range(5):
        shoot(open_shop, parcel)
    open_shop.later(days=31)
    removed = [open_shop.write(photographs.remove_due, MONTH, most=2) for _ in range(4)]
    assert removed == [2, 2, 1, 0]
    assert len(told(open_shop, parcel.id, "photograph_removed")) == 5


@pytest.mark.rule("D8")
def test_pictures_that_a_case_needs_stay_until_it_ends(open_shop: Any, parcel: Parcel):
    kept = shoot(open_shop, parcel)
    hold, release = photographs.hold, photographs.release
    assert do(open_shop, lambda session: hold(session, parcel.id, "claim:1")) == 1
    assert do(open_shop, lambda session: hold(session, parcel.id, "claim:2")) == 0
    open_shop.later(days=100)
    assert open_shop.write(photographs.remove_due, MONTH) == 0
    assert do(open_shop, lambda session: release(session, parcel.id, "claim:2")) == 0
    assert do(open_shop, lambda session: release(session, parcel.id, "claim:1")) == 1
    assert open_shop.write(photographs.remove_due, MONTH) == 1
    assert open_shop.read(photographs.jpeg, kept.id) is None


def forge(shop: Any, photograph_id: int, **values: Any) -> None:
    do(shop, lambda session: session.execute(
        update(Photograph).where(Photograph.id == photograph_id).values(**values)))


def altered(shop: Any) -> list[int]:
    return [row.id for row in shop.read(lambda session: list(photographs.damaged(session)))]


@pytest.mark.rule("D7")
def test_a_changed_exchanged_or_lost_picture_shows(open_shop: Any, parcel: Parcel):
    shots = [shoot(open_shop, parcel) for _ in range(4)]
    assert altered(open_shop) == []
    other = JPEG.replace(b"picture", b"another")
    forge(open_shop, shots[0].id, jpeg=other)
    forge(open_shop, shots[1].id, jpeg=other, sha256=sha256(other).hexdigest())
    forge(open_shop, shots[2].id, jpeg=None)
    assert altered(open_shop) == [shot.id for shot in shots[:3]]


def test_a_picture_slipped_in_beside_the_history_shows(open_shop: Any, parcel: Parcel):
    row = Photograph(
        parcel_id=parcel.id, moment="open", camera="x", bench="", who="", taken_at=open_shop.now,
        width=1, height=1, size=len(JPEG), sha256=sha256(JPEG).hexdigest(), jpeg=JPEG, kept_for="")
    do(open_shop, lambda session: session.add(row))
    assert len(altered(open_shop)) == 1


def test_what_was_removed_by_the_rule_is_no_damage(open_shop: Any, parcel: Parcel):
    shoot(open_shop, parcel)
    open_shop.later(days=31)
    open_shop.write(photographs.remove_due, MONTH)
    assert altered(open_shop) == []


@given(ages=st.lists(st.integers(0, 400), max_size=8), days=st.integers(1, 365))
@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_rule_removes_exactly_what_is_older(sqlite_shop: Any, ages: list[int], days: int):
    if "parcel" not in vars(sqlite_shop):
        sqlite_shop.parcel_id = sqlite_shop.pay(f"{sqlite_shop.now}", "JN8801-黑色-32").parcel_id
    owner = Parcel(id=sqlite_shop.parcel_id)
    do(sqlite_shop, lambda session: session.execute(delete(Photograph)))
    kept = {shoot(sqlite_shop, owner, shot=picture(age=age * 86400.0)).id: age for age in ages}
    sqlite_shop.write(photographs.remove_due, timedelta(days=days), most=100)
    rows = sqlite_shop.read(photographs.of_parcel, owner.id)
    assert {row.id for row in rows if not row.removed_at} == {
        key for key, age in kept.items() if age <= days}


# --- What a camera may count ------------------------------------------------------------------


def sees(shop: Any, code: str, *, items: bool = False) -> bool:
    return shop.read(sightings.is_expected, code, with_items=items)


def test_a_waybill_counts_until_its_parcel_is_sealed(open_shop: Any):
    taken = open_shop.pay("1001", "JN8801-黑色-32")
    number = open_shop.parcel(taken.parcel_id).waybill_no
    assert sees(open_shop, number)
    sealed = open_shop.seal("1002", "TS1103-白色-M")
    assert not sees(open_shop, sealed.waybill_no)


@pytest.mark.rule("S11")
def test_void_paper_and_stopped_parcels_count_wherever_they_turn_up(open_shop: Any):
    parcel = open_shop.parcel(open_shop.pay("1001", "JN8801-黑色-32").parcel_id)

    def mark(session: Any, state: str, now: Any) -> None:
        session.get(Parcel, parcel.id).state = state

    open_shop.write(mark, "stopped")
    assert sees(open_shop, parcel.waybill_no)
    open_shop.write(mark, "handed_over")
    assert not sees(open_shop, parcel.waybill_no)

    def void(session: Any, now: Any) -> None:
        session.execute(update(WaybillNumber).where(WaybillNumber.number == parcel.waybill_no)
                        .values(state="voided"))

    open_shop.write(void)
    assert sees(open_shop, parcel.waybill_no)


def test_goods_count_only_where_they_are_asked_for(open_shop: Any):
    assert not sees(open_shop, "JN8801-黑色-32")
    assert sees(open_shop, "JN8801-黑色-32", items=True)


@pytest.mark.parametrize("code", [
    "773112345678901", "PBCMD-DONE", "PBID-0001", "PBMAT-BAG-STO", "6901234567892", "' OR 1=1", "",
])
def test_strangers_and_commands_that_lie_in_sight_never_count(open_shop: Any, code: str):
    assert not sees(open_shop, code, items=True)


def test_an_unused_number_of_the_pool_is_no_waybill_yet(open_shop: Any):
    assert not sees(open_shop, "773100000000009")
