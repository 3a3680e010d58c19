"""Two benches, one shop: parcels wander between them, and never are at both."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from station.bench import Bench, BenchSettings
from station.bench.flow import Flow
from station.domain.refusals import Code
from station.domain.screen import BenchView, Mood, Step
from station.services.live import Hub

BAR = {"TS-W-M": "6900000000003", "HD-G-XL": "6900000000006"}
PIN = "246810"


def item(sku: str, quantity: int = 1) -> tuple[str, int, None]:
    return sku, quantity, None


class Desk:
    """A bench's flow by another name, on the same database."""

    def __init__(self, house: Any, name: str) -> None:
        self.flow = Flow(name, house.db, house.rules, BenchSettings(),
                         clock=lambda: house.now, monotonic=lambda: house.seconds)
        self.flow.resume()

    def scan(self, *codes: str) -> BenchView:
        for code in codes:
            self.flow.scan(code)
        return self.flow.view(0)

    @property
    def code(self) -> str:
        verdict = self.flow.view(0).verdict
        return verdict.message.code if verdict else ""


@pytest.fixture
def desks(any_house: Any) -> tuple[Desk, Desk]:
    return Desk(any_house, "A"), Desk(any_house, "B")


def test_a_parcel_open_at_one_bench_is_refused_at_the_other(
    any_house: Any, desks: tuple[Desk, Desk]
) -> None:
    left, right = desks
    parcel = any_house.print_parcel(item("TS-W-M"))
    left.scan(parcel.waybill_no)
    view = right.scan(parcel.waybill_no)
    assert right.code == Code.WAYBILL_OPEN_ELSEWHERE
    assert view.verdict.message.facts["bench"] == "A"
    assert view.parcel is None


def test_a_parcel_left_at_one_bench_is_finished_at_the_other(
    any_house: Any, desks: tuple[Desk, Desk]
) -> None:
    left, right = desks
    parcel = any_house.print_parcel(item("TS-W-M", 2))
    left.scan(parcel.waybill_no, BAR["TS-W-M"], "PBCMD-NEXT")
    view = right.scan(parcel.waybill_no, BAR["TS-W-M"])
    assert view.step is Step.MATERIAL
    assert any_house.parcel(parcel).bench == "B"


def test_undo_at_the_second_bench_knows_what_was_scanned_at_the_first(
    any_house: Any, desks: tuple[Desk, Desk]
) -> None:
    left, right = desks
    parcel = any_house.print_parcel(item("TS-W-M", 2), item("HD-G-XL"))
    left.scan(parcel.waybill_no, BAR["HD-G-XL"], "PBCMD-NEXT")
    right.scan(parcel.waybill_no, "PBCMD-UNDO")
    assert right.code == "item.undone"
    assert any_house.packed(parcel) == {"TS-W-M": 0, "HD-G-XL": 0}


def test_each_bench_has_its_own_parcel_and_lock(
    any_house: Any, desks: tuple[Desk, Desk]
) -> None:
    left, right = desks
    first, second = any_house.print_parcel(item("TS-W-M", 2)), any_house.print_parcel(
        item("HD-G-XL", 2))
    left.scan(first.waybill_no, "rubbish")
    view = right.scan(second.waybill_no, BAR["HD-G-XL"])
    assert not view.locked
    assert left.scan().locked
    assert any_house.packed(second) == {"HD-G-XL": 1}


def test_a_stopped_parcel_moves_to_the_bench_that_scans_it(
    any_house: Any, desks: tuple[Desk, Desk]
) -> None:
    left, right = desks
    parcel = any_house.print_parcel(item("TS-W-M", 2), state="stopped")
    assert left.scan(parcel.waybill_no).step is Step.APART
    assert right.scan(parcel.waybill_no).step is Step.APART
    left.flow.look_again()
    assert left.scan().step is Step.IDLE
    assert left.code == "parcel.changed_elsewhere"


@pytest.mark.fault("F26")
def test_a_managers_pin_locked_at_one_bench_is_locked_at_the_other(
    any_house: Any, desks: tuple[Desk, Desk]
) -> None:
    parcels = [any_house.print_parcel(item("TS-W-M")) for _ in desks]
    for desk, parcel in zip(desks, parcels, strict=True):
        desk.scan(parcel.waybill_no, BAR["TS-W-M"], "PBCMD-DONE", "PBCMD-DONE")
        any_house.write(weigh_by_hand, parcel.id, any_house)
        desk.flow.look_again()
        assert desk.scan("PBID-0007").step is Step.SIGN
    left, right = desks
    for _ in range(5):
        left.scan(*(f"PBCMD-{digit}" for digit in "111111"), "PBCMD-DONE")
    right.scan(*(f"PBCMD-{digit}" for digit in PIN), "PBCMD-DONE")
    assert right.code == Code.SIGN_LOCKED
    assert right.flow.view(0).verdict.message.facts["minutes"] == 5


def weigh_by_hand(session: Any, parcel_id: int, house: Any) -> None:
    from station.domain.weights import TakenWeight  # noqa: PLC0415 - for this one step
    from station.services import weighing  # noqa: PLC0415 - the same

    bench = "A" if parcel_id == 1 else "B"
    weighing.weigh(session, parcel_id, TakenWeight(180, (b"x",)), rules=house.rules, bench=bench,
                   who="", now=house.now)


@pytest.mark.fault("F7")
@pytest.mark.pain("28")
def test_many_benches_pack_at_once_without_a_scan_lost(any_house: Any) -> None:
    hub = Hub()
    any_house.db.on_commit = hub.tell
    benches = [
        Bench(f"b{n}", any_house.db, hub, any_house.rules, BenchSettings(bounce_s=0),
              clock=lambda: any_house.now, monotonic=lambda: any_house.seconds)
        for n in range(4)
    ]
    parcels = [any_house.print_parcel(item("TS-W-M", 6), item("HD-G-XL", 4)) for _ in benches]
    views: dict[str, BenchView] = {}

    def work(bench: Bench, number: str) -> None:
        bench.scan(number)
        for code in ["TS-W-M"] * 6 + ["HD-G-XL"] * 4:
            views[bench.name] = bench.scan(BAR[code])

    for bench in benches:
        bench.start()
    threads = [threading.Thread(target=work, args=(bench, parcel.waybill_no))
               for bench, parcel in zip(benches, parcels, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for bench in benches:
        bench.stop()
    assert [view.verdict.mood for view in views.values()] == [Mood.DONE] * 4
    for parcel in parcels:
        assert any_house.packed(parcel) == {"TS-W-M": 6, "HD-G-XL": 4}
        assert any_house.history(parcel).count("item") == 10
