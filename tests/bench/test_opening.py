"""The waybill's scan: one answer for each state of the parcel, and never two benches at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from station.db.models import History, Parcel, PrintJob, StockMove, WaybillNumber
from station.domain.refusals import Code, Refusal
from station.services import holds, items, packing
from station.services.contents import OpenParcel


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


def opened(house: Any, number: str, bench: str = "1") -> OpenParcel | Refusal:
    return house.write(packing.open_parcel, number, rules=house.rules, bench=bench, who="阿明",
                       now=house.now)


def why(house: Any, number: str, bench: str = "1") -> str:
    answer = opened(house, number, bench)
    return str(answer.code) if isinstance(answer, Refusal) else "opened"


def change(house: Any, parcel: Any, **values: Any) -> None:
    def set_them(session: Any) -> None:
        row = session.get(Parcel, parcel.id)
        for name, value in values.items():
            setattr(row, name, value)

    house.write(set_them)


@pytest.mark.rule("D4", "I3")
def test_opening_shows_what_belongs_in_and_where_it_lies(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("JN-B-31", 1, 740), item("TS-W-M", 2))
    found = opened(any_house, parcel.waybill_no)
    assert isinstance(found, OpenParcel)
    assert found.state == "packing"
    assert found.receiver == "林** 台州市"
    assert [(line.article.code, line.missing, line.location) for line in found.lines] == [
        ("JN-B-31", 1, "A-01"), ("TS-W-M", 2, "B-01")]
    assert found.lines[0].waist_mm == 740
    assert found.proposed is not None
    assert found.proposed.code == "BAG-STO"


def test_opening_claims_the_parcel_for_this_bench(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M"))
    assert why(any_house, parcel.waybill_no, "1") == "opened"
    assert why(any_house, parcel.waybill_no, "2") == Code.WAYBILL_OPEN_ELSEWHERE
    assert why(any_house, parcel.waybill_no, "1") == "opened"
    assert any_house.parcel(parcel).bench == "1"


def test_open_elsewhere_names_the_bench(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M"))
    opened(any_house, parcel.waybill_no, "7")
    answer = opened(any_house, parcel.waybill_no, "1")
    assert isinstance(answer, Refusal)
    assert answer.facts["bench"] == "7"


@pytest.mark.parametrize(
    ("state", "code"),
    [("signed", Code.WAYBILL_SEALED), ("handed_over", Code.WAYBILL_SHIPPED),
     ("void", Code.WAYBILL_VOID), ("stopped", Code.WAYBILL_STOPPED),
     ("waiting", Code.WAYBILL_NOT_PRINTED)],
)
def test_each_state_has_its_own_answer(house: Any, state: str, code: Code) -> None:
    parcel = house.print_parcel(item("TS-W-M"), state=state)
    assert why(house, parcel.waybill_no) == code


def test_a_number_nobody_knows_is_unknown_and_kept(house: Any) -> None:
    assert why(house, "YT0000000000000") == Code.WAYBILL_UNKNOWN
    kinds = house.read(lambda s: s.scalars(
        select(History.kind).where(History.chain == "bench:1")).all())
    assert list(kinds) == ["waybill_refused"]


@pytest.mark.rule("S11")
@pytest.mark.pain("13")
def test_old_paper_is_refused_and_names_the_new_number(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))

    def void(session: Any) -> None:
        session.add(WaybillNumber(carrier="STO", number="7700000000000009", state="voided",
                                  parcel_id=parcel.id, received_at=house.now))

    house.write(void)
    answer = opened(house, "7700000000000009")
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WAYBILL_VOID
    assert answer.facts["new"] == parcel.waybill_no


@pytest.mark.parametrize("job", ["waiting"])
def test_a_label_that_is_not_printed_cannot_be_packed(house: Any, job: str) -> None:
    parcel = house.print_parcel(item("TS-W-M"), state="reserved", job=job)
    answer = opened(house, parcel.waybill_no)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.facts["job"]) == (Code.WAYBILL_NOT_PRINTED, job)


@pytest.mark.parametrize("job", ["sending", "sent", "in_doubt"])
def test_scanning_the_fresh_label_confirms_its_print(any_house: Any, job: str) -> None:
    parcel = any_house.print_parcel(item("TS-W-M"), state="reserved", job=job)
    assert why(any_house, parcel.waybill_no) == "opened"
    query = select(PrintJob).where(PrintJob.parcel_id == parcel.id)
    stored = any_house.read(lambda session: session.scalar(query))
    assert (stored.state, stored.confirmed_by) == ("confirmed", "scan:阿明")
    assert any_house.parcel(parcel).state == "packing"


def test_a_held_parcel_says_why(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M"))
    any_house.write(lambda session: holds.hold(
        session, session.get(Parcel, parcel.id), Code.ORDER_REFUND_ASKED, now=any_house.now))
    answer = opened(any_house, parcel.waybill_no)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.facts["why"]) == (Code.WAYBILL_HELD, "order.refund_asked")
    assert any_house.parcel(parcel).bench == ""


def test_one_bench_has_one_parcel(house: Any) -> None:
    first, second = house.print_parcel(item("TS-W-M")), house.print_parcel(item("TS-W-L"))
    opened(house, first.waybill_no)
    answer = opened(house, second.waybill_no)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WAYBILL_OTHER_OPEN
    assert answer.facts["waybill_no"] == first.waybill_no
    assert house.parcel(second).bench == ""


def test_refused_waybills_are_in_the_parcels_history(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"), state="signed")
    why(house, parcel.waybill_no)
    assert house.history(parcel) == ["paid", "print_confirmed", "waybill_refused"]


def test_a_stopped_parcel_stays_at_the_bench_that_found_it(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"), state="stopped")
    change(house, parcel, bench="7")
    assert why(house, parcel.waybill_no) == Code.WAYBILL_STOPPED
    assert house.parcel(parcel).bench == "1"


def test_a_busy_bench_does_not_take_a_stopped_parcel_as_well(house: Any) -> None:
    first, stopped = house.print_parcel(item("TS-W-M")), house.print_parcel(
        item("TS-W-L"), state="stopped")
    opened(house, first.waybill_no)
    assert why(house, stopped.waybill_no) == Code.WAYBILL_STOPPED
    assert house.parcel(stopped).bench == ""


def test_a_parcel_left_full_is_weighed_afresh_when_it_comes_back(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    opened(house, parcel.waybill_no)
    house.write(items.scan_item, parcel.id, "TS-W-M", bench="1", who="", now=house.now)
    change(house, parcel, state="weighed", weight_g=180)
    assert house.write(packing.leave, parcel.id, bench="1", who="", now=house.now)
    found = opened(house, parcel.waybill_no, "2")
    assert isinstance(found, OpenParcel)
    assert (found.state, found.weight_g, found.bench) == ("packed", None, "2")


def test_leaving_a_parcel_of_another_bench_does_nothing(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    opened(house, parcel.waybill_no, "2")
    assert not house.write(packing.leave, parcel.id, bench="1", who="", now=house.now)
    assert house.parcel(parcel).bench == "2"


@pytest.mark.rule("D4")
@pytest.mark.fault("F7")
def test_of_many_benches_that_scan_at_once_exactly_one_opens_the_parcel(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M"))
    start, answers = threading.Barrier(6), []

    def scan(bench: str) -> None:
        start.wait()
        answers.append(why(any_house, parcel.waybill_no, bench))

    threads = [threading.Thread(target=scan, args=(f"b{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["opened"] + [str(Code.WAYBILL_OPEN_ELSEWHERE)] * 5
    assert any_house.history(parcel).count("opened") == 1


@pytest.mark.pain("28")
def test_scans_from_two_threads_never_put_in_one_piece_too_many(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M", 3))
    opened(any_house, parcel.waybill_no)
    start, results = threading.Barrier(6), []

    def scan() -> None:
        start.wait()
        results.append(any_house.write(
            items.scan_item, parcel.id, "TS-W-M", bench="1", who="", now=any_house.now))

    threads = [threading.Thread(target=scan) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not isinstance(result, Refusal) for result in results) == 3
    assert any_house.packed(parcel) == {"TS-W-M": 3}
    assert any_house.parcel(parcel).state == "packed"


# --- Given up, left, repacked, taken apart ------------------------------------------------------


def test_giving_up_takes_everything_out_again(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M", 2), note="易碎")
    opened(any_house, parcel.waybill_no)
    steps = {"bench": "1", "who": "阿明", "now": any_house.now}
    any_house.write(packing.acknowledge_note, parcel.id, **steps)
    any_house.write(items.scan_item, parcel.id, "TS-W-M", **steps)
    left = any_house.write(packing.put_back, parcel.id, **steps)
    assert isinstance(left, OpenParcel)
    stored = any_house.parcel(parcel)
    assert (stored.state, stored.bench, stored.note_read_by) == ("printed", "", "")
    assert any_house.packed(parcel) == {"TS-W-M": 0}


def test_the_label_of_a_parcel_that_was_given_up_opens_it_again(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    opened(house, parcel.waybill_no)
    house.write(packing.put_back, parcel.id, bench="1", who="", now=house.now)
    assert why(house, parcel.waybill_no, "2") == "opened"


@pytest.mark.parametrize("step", ["acknowledge_note", "put_back", "repack"])
def test_no_step_touches_a_parcel_of_another_bench(house: Any, step: str) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    opened(house, parcel.waybill_no, "2")
    answer = house.write(getattr(packing, step), parcel.id, bench="1", who="", now=house.now)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.PARCEL_NONE_OPEN


def test_a_parcel_that_is_still_being_packed_needs_no_repacking(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"))
    opened(house, parcel.waybill_no)
    answer = house.write(packing.repack, parcel.id, bench="1", who="", now=house.now)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.BENCH_NOT_NOW


def test_a_signed_parcel_is_opened_again_from_a_free_bench(house: Any) -> None:
    parcel = house.print_parcel(item("TS-W-M"), state="signed")
    change(house, parcel, content_hash="x", packer="阿明", weight_g=180, signed_at=house.now)
    found = house.write(packing.repack, parcel.id, bench="1", who="", now=house.now)
    assert isinstance(found, OpenParcel)
    stored = house.parcel(parcel)
    assert (stored.state, stored.content_hash, stored.packer, stored.weight_g) == (
        "packing", "", "", None)


def test_a_signed_parcel_waits_until_the_bench_is_free(house: Any) -> None:
    first, signed = house.print_parcel(item("TS-W-M")), house.print_parcel(
        item("TS-W-L"), state="signed")
    opened(house, first.waybill_no)
    answer = house.write(packing.repack, signed.id, bench="1", who="", now=house.now)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WAYBILL_OTHER_OPEN


def test_taking_a_stopped_parcel_apart_puts_the_goods_back(any_house: Any) -> None:
    parcel = any_house.print_parcel(item("TS-W-M", 2), state="stopped")

    def refund(session: Any) -> None:
        for order in session.get(Parcel, parcel.id).orders:
            order.refund = "refunded"

    any_house.write(refund)
    why(any_house, parcel.waybill_no)
    ended = any_house.write(packing.take_apart, parcel.id, rules=any_house.rules, bench="1",
                            who="阿明", now=any_house.now)
    assert ended == "cancelled"
    stored = any_house.parcel(parcel)
    assert (stored.state, stored.bench) == ("void", "")
    moves = any_house.read(lambda s: s.scalars(
        select(StockMove.kind).where(StockMove.parcel_id == parcel.id)).all())
    assert list(moves) == ["release"]
