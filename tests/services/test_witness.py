"""The camera at a bench: the pictures it takes as evidence, and which codes it may tell."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from drivers.interfaces import SEVERAL, DeviceEvent, DeviceState, Health, NoRead, Scan
from drivers.interfaces import Photograph as Picture
from station.db.models import History
from station.services import photographs
from station.services.photographs import Moment
from station.witness import REMEMBERED_S, Expectation, Sight, Witness

JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


class Camera:
    """Gives what it is told to give."""

    name = "1-camera"

    def __init__(self, *shots: Picture | Exception | None) -> None:
        self.shots = list(shots)

    def photograph(self) -> Picture | None:
        shot = self.shots.pop(0)
        if isinstance(shot, Exception):
            raise shot
        return shot


@pytest.fixture
def parcel_id(sqlite_shop: Any) -> int:
    return sqlite_shop.pay("1001", "JN8801-黑色-32").parcel_id


class Clock:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


def witness(shop: Any, *shots: Any, clock: Clock | None = None, here: int | None = None) -> Witness:
    clock = clock or Clock()
    parcel = SimpleNamespace(id=here) if here is not None else None
    return Witness(Camera(*shots), shop.db, bench="1", now=lambda: shop.now, every=60,
                   view=lambda: SimpleNamespace(parcel=parcel), monotonic=clock,
                   wait=clock.pass_by)


def kinds(shop: Any, parcel_id: int) -> list[str]:
    query = select(History.kind).where(
        History.chain == f"parcel:{parcel_id}", History.kind.like("photograph%"))
    return list(shop.read(lambda session: session.scalars(query).all()))


@pytest.mark.rule("D8")
def test_each_moment_asked_for_becomes_a_photograph(sqlite_shop: Any, parcel_id: int):
    seeing = witness(sqlite_shop, Picture(JPEG, 640, 360, 0.1), Picture(JPEG, 640, 360, 0.2))
    seeing.see(Moment.OPEN, parcel_id, "阿明")
    seeing.see(Moment.WEIGHED, parcel_id, "")
    assert [seeing.step(), seeing.step(), seeing.step()] == [True, True, False]
    kept = sqlite_shop.read(photographs.of_parcel, parcel_id)
    assert [(row.moment, row.who, row.camera, row.bench) for row in kept] == [
        ("open", "阿明", "1-camera", "1"), ("weighed", "", "1-camera", "1")]


@pytest.mark.parametrize("shot", [None, ValueError("no photograph fits into 10 bytes")],
                         ids=["stale", "does not fit"])
def test_a_moment_that_passed_unseen_is_on_record_and_the_next_one_is_taken(
    sqlite_shop: Any, parcel_id: int, shot: Any
):
    seeing = witness(sqlite_shop, shot, Picture(JPEG, 640, 360, 0.0))
    seeing.see(Moment.OPEN, parcel_id, "阿明")
    seeing.see(Moment.WEIGHED, parcel_id, "阿明")
    while seeing.step():
        pass
    assert kinds(sqlite_shop, parcel_id) == ["photograph_missing", "photographed"]


def test_nothing_is_written_while_nothing_is_asked(sqlite_shop: Any, parcel_id: int):
    assert witness(sqlite_shop).step() is False
    assert kinds(sqlite_shop, parcel_id) == []


def test_what_was_asked_before_the_end_is_still_taken(sqlite_shop: Any, parcel_id: int):
    seeing = witness(sqlite_shop, Picture(JPEG, 640, 360, 0.0))
    seeing.start()
    seeing.see(Moment.OPEN, parcel_id, "")
    seeing.stop()
    assert len(sqlite_shop.read(photographs.of_parcel, parcel_id)) == 1


def test_a_parcel_that_is_not_there_stops_no_witness(sqlite_shop: Any, parcel_id: int):
    seeing = witness(sqlite_shop, Picture(b"no jpeg", 1, 1, 0.0), Picture(JPEG, 1, 1, 0.0))
    seeing.see(Moment.OPEN, parcel_id, "")
    seeing.see(Moment.WEIGHED, parcel_id, "")
    with pytest.raises(ValueError, match="JPEG"):  # its thread logs this and goes on
        seeing.step()
    assert seeing.step()
    (row,) = sqlite_shop.read(photographs.of_parcel, parcel_id)
    assert row.moment == "weighed"
    assert json.loads(json.dumps(row.sha256)) == row.sha256


@pytest.mark.rule("D8")
def test_a_picture_from_before_the_parcel_was_opened_is_none_of_it(
    sqlite_shop: Any, parcel_id: int
):
    clock = Clock()
    seeing = witness(sqlite_shop, Picture(JPEG, 1, 1, 0.5), Picture(JPEG, 1, 1, 0.55),
                     Picture(JPEG, 2, 2, 0.02), clock=clock, here=parcel_id)
    seeing.see(Moment.OPEN, parcel_id, "阿明", since=clock() - 0.1)
    assert seeing.step()
    (kept,) = sqlite_shop.read(photographs.of_parcel, parcel_id)
    assert kept.width == 2  # the first one that was taken since
    assert kinds(sqlite_shop, parcel_id) == ["photographed"]


@pytest.mark.rule("D8")
def test_where_no_younger_picture_comes_the_moment_passed_unseen(sqlite_shop: Any, parcel_id: int):
    frozen = [Picture(JPEG, 1, 1, 0.5 + n / 20) for n in range(30)]
    seeing = witness(sqlite_shop, *frozen, here=parcel_id)
    seeing.see(Moment.OPEN, parcel_id, "阿明", since=99.9)
    assert seeing.step()
    assert kinds(sqlite_shop, parcel_id) == ["photograph_missing"]


@pytest.mark.rule("D8")
@pytest.mark.parametrize(("age", "kind"), [(0.4, "photographed"), (0.1, "photograph_missing")])
def test_a_late_witness_keeps_no_picture_of_the_next_parcel(
    sqlite_shop: Any, parcel_id: int, age: float, kind: str
):
    clock = Clock()
    seeing = witness(sqlite_shop, Picture(JPEG, 1, 1, age), clock=clock, here=parcel_id + 1)
    seeing.see(Moment.WEIGHED, parcel_id, "阿明", since=90.0)
    clock.pass_by(0.3)
    assert seeing.step()
    assert kinds(sqlite_shop, parcel_id) == [kind]


def test_a_late_picture_counts_while_nothing_else_was_opened(sqlite_shop: Any, parcel_id: int):
    clock = Clock()
    for here in (None, parcel_id):
        seeing = witness(sqlite_shop, Picture(JPEG, 1, 1, 0.0), clock=clock, here=here)
        seeing.see(Moment.WEIGHED, parcel_id, "阿明", since=90.0)
        clock.pass_by(5)
        assert seeing.step()
    assert kinds(sqlite_shop, parcel_id) == ["photographed"] * 2


# --- Which codes count ------------------------------------------------------------------------


def test_an_answer_is_remembered_for_a_second_and_then_asked_anew(
    sqlite_shop: Any, parcel_id: int
):
    clock = Clock()
    number = sqlite_shop.parcel(parcel_id).waybill_no
    asked: list[object] = []

    class Counting:
        def read(self, look: Any) -> Any:
            asked.append(look)
            return sqlite_shop.db.read(look)

    expectation = Expectation(Counting(), with_items=False, monotonic=clock)  # type: ignore[arg-type]
    assert [expectation(number), expectation(number), expectation("nonsense")] == [
        True, True, False]
    assert len(asked) == 2
    sqlite_shop.db.write(
        lambda session: setattr(_parcel(session, parcel_id), "state", "handed_over"))
    assert expectation(number)
    clock.seconds += REMEMBERED_S
    assert not expectation(number)


def _parcel(session: Any, parcel_id: int) -> Any:
    from station.db.models import Parcel  # noqa: PLC0415 - one test's own

    return session.get(Parcel, parcel_id)


def test_a_bench_of_strangers_keeps_the_memory_small(sqlite_shop: Any):
    expectation = Expectation(sqlite_shop.db, with_items=False, monotonic=Clock())
    for number in range(300):
        assert not expectation(f"STRANGER{number}")
    assert len(expectation._known) <= 256


def test_a_database_that_does_not_answer_says_no_and_is_asked_again(sqlite_shop: Any):
    class Gone:
        def read(self, look: Any) -> Any:  # noqa: ARG002 - it looks at nothing
            raise OperationalError("SELECT", {}, Exception("gone"))

    expectation = Expectation(Gone(), with_items=False)  # type: ignore[arg-type]
    assert not expectation("773112345678901")
    assert expectation._known == {}


# --- What is handed on to the bench -----------------------------------------------------------


class Bench:
    def __init__(self) -> None:
        self.parcel: object = None
        self.posted: list[DeviceEvent] = []

    def post(self, event: DeviceEvent) -> None:
        self.posted.append(event)

    def view(self) -> Any:
        return SimpleNamespace(parcel=self.parcel)


def seen(at: float, text: str = "773112345678901") -> Scan:
    return Scan(text, device="1-camera", at=at)


def test_of_waybills_seen_one_after_the_other_at_once_the_first_counts():
    bench = Bench()
    sight = Sight(lambda: bench, with_items=False)
    for at, text in ((10.0, "A1"), (10.1, "C1"), (11.0, "D1")):
        sight(seen(at, text))
    assert [event.data for event in bench.posted] == ["A1", "D1"]


def test_of_waybills_that_come_together_none_is_guessed_and_it_is_told_once():
    bench = Bench()
    sight = Sight(lambda: bench, with_items=False)
    for text in ("A1", "B1", "C1"):
        sight(replace(seen(10.0, text), beside=2))
    sight(seen(11.0, "D1"))
    told, opened = bench.posted
    assert told == NoRead(SEVERAL, device="1-camera", at=10.0)
    assert opened == seen(11.0, "D1")


def test_labels_that_come_together_beside_an_open_parcel_are_no_news():
    bench = Bench()
    bench.parcel = "open"
    sight = Sight(lambda: bench, with_items=False)
    sight(replace(seen(10.0), beside=1))
    assert bench.posted == []


def test_a_waybill_in_sight_disturbs_no_open_parcel_but_health_is_always_told():
    bench = Bench()
    sight = Sight(lambda: bench, with_items=False)
    bench.parcel = "open"
    health = Health("1-camera", "camera", DeviceState.READY, "0")
    sight(seen(10.0))
    sight(health)
    assert bench.posted == [health]
    bench.parcel = None
    sight(seen(12.0))
    assert bench.posted == [health, seen(12.0)]


def test_where_goods_count_all_that_comes_into_sight_is_told():
    bench = Bench()
    bench.parcel = "open"
    sight = Sight(lambda: bench, with_items=True)
    sight(seen(10.0, "A1"))
    sight(seen(10.0, "B1"))
    assert len(bench.posted) == 2
