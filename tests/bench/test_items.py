"""Piece by piece into the parcel: what goes in, what is refused, what comes out again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from station.db.models import History, Parcel, ParcelLine, ShopOrderLine, Sku, SkuBarcode, StockMove
from station.domain.refusals import Code, Refusal
from station.services import holds, items, packing
from station.services.items import Measured, Scanned, Undone

BAR = {"JN-B-31": "6900000000001", "JN-B-32": "6900000000002", "TS-W-M": "6900000000003",
       "TS-W-L": "6900000000004", "TS-R-M": "6900000000005", "HD-G-XL": "6900000000006"}


def item(sku: str, quantity: int = 1, waist: int | None = None) -> tuple[str, int, int | None]:
    return sku, quantity, waist


class Packer:
    """Somebody who does one service step after the other at bench 1."""

    def __init__(self, house: Any, *wants: Any, **facts: Any) -> None:
        self.house = house
        self.parcel = house.print_parcel(*wants, **facts)
        self.do(packing.open_parcel, self.parcel.waybill_no, rules=house.rules)

    def do(self, step: Any, *args: Any, **facts: Any) -> Any:
        return self.house.write(step, *args, bench="1", who="阿明", now=self.house.now, **facts)

    def scan(self, code: str, quantity: int = 1) -> Scanned | Refusal:
        return self.do(items.scan_item, self.parcel.id, BAR.get(code, code), quantity=quantity)

    def measure(self, mm: int) -> Measured | Refusal:
        return self.do(items.measure, self.parcel.id, mm, rules=self.house.rules)

    def undo(self) -> Undone | Refusal:
        return self.do(items.undo_last, self.parcel.id)

    def defect(self, code: str) -> Any:
        return self.do(items.defect, self.parcel.id, BAR.get(code, code))

    @property
    def state(self) -> str:
        return str(self.house.parcel(self.parcel).state)

    @property
    def inside(self) -> dict[str, int]:
        return dict(self.house.packed(self.parcel))

    def lines(self) -> list[ParcelLine]:
        return list(self.house.parcel(self.parcel).lines)


def why(answer: Any) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


# --- Scanning -----------------------------------------------------------------------------------


@pytest.mark.rule("D4")
def test_the_last_right_scan_closes_the_content_by_itself(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M", 2), item("HD-G-XL"))
    first = packer.scan("TS-W-M")
    assert isinstance(first, Scanned)
    assert not first.completed
    packer.scan("HD-G-XL")
    last = packer.scan("TS-W-M")
    assert isinstance(last, Scanned)
    assert last.completed
    assert packer.state == "packed"
    assert packer.house.parcel(packer.parcel).packed_at is not None


@pytest.mark.rule("D4")
@pytest.mark.pain("39")
@pytest.mark.parametrize(
    ("scanned", "code"),
    [("TS-W-L", Code.ITEM_WRONG_SIZE), ("TS-R-M", Code.ITEM_WRONG_COLOR),
     ("HD-G-XL", Code.ITEM_WRONG), ("4006381333931", Code.ITEM_UNKNOWN),
     ("https://qm.qq.com/x", Code.ITEM_UNKNOWN), ("'; DROP TABLE sku; --", Code.ITEM_UNKNOWN)],
)
def test_wrong_pieces_are_told_apart_and_change_nothing(
    any_house: Any, scanned: str, code: Code
) -> None:
    packer = Packer(any_house, item("TS-W-M"))
    assert why(packer.scan(scanned)) is code
    assert packer.inside == {"TS-W-M": 0}
    assert any_house.history(packer.parcel)[-1] == "item_refused"


def test_the_merchants_code_is_as_good_as_the_barcode(house: Any) -> None:
    packer = Packer(house, item("TS-W-M", 2))
    assert isinstance(packer.scan("TS-W-M"), Scanned)
    assert isinstance(packer.do(items.scan_item, packer.parcel.id, "TS-W-M"), Scanned)


@pytest.mark.parametrize(
    ("stored", "scanned"), [("036000291452", "0036000291452"), ("0036000291452", "036000291452")]
)
def test_a_upc_is_known_with_and_without_its_leading_zero(
    house: Any, stored: str, scanned: str
) -> None:
    packer = Packer(house, item("TS-W-M"))

    def add(session: Any) -> None:
        session.add(SkuBarcode(barcode=stored, sku_id=house.skus["TS-W-M"]))

    house.write(add)
    assert isinstance(packer.scan(scanned), Scanned)


def test_a_count_puts_in_several_pieces_at_once(house: Any) -> None:
    packer = Packer(house, item("TS-W-M", 5))
    assert isinstance(packer.scan("TS-W-M", 4), Scanned)
    assert why(packer.scan("TS-W-M", 2)) is Code.ITEM_TOO_MANY
    assert packer.inside == {"TS-W-M": 4}


def test_a_count_spreads_over_the_lines_of_two_orders_and_comes_out_again(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M", 2), item("TS-W-M", 3))
    packer.scan("TS-W-M")
    counted = packer.scan("TS-W-M", 4)
    assert isinstance(counted, Scanned)
    assert counted.completed
    assert [line.packed for line in packer.lines()] == [2, 3]
    undone = packer.undo()
    assert isinstance(undone, Undone)
    assert (undone.quantity, sum(line.packed for line in packer.lines())) == (4, 1)
    assert packer.state == "packing"


def test_one_piece_more_after_the_parcel_is_full_is_one_too_many(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))
    packer.scan("TS-W-M")
    assert why(packer.scan("TS-W-M")) is Code.ITEM_TOO_MANY
    assert packer.inside == {"TS-W-M": 1}


@pytest.mark.rule("S10")
def test_nothing_goes_in_before_the_note_was_read(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"), note="要礼盒", flag=1)
    assert why(packer.scan("TS-W-M")) is Code.PARCEL_NOTE_UNREAD
    packer.do(packing.acknowledge_note, packer.parcel.id)
    assert isinstance(packer.scan("TS-W-M"), Scanned)
    assert house.parcel(packer.parcel).note_read_by == "阿明"


@pytest.mark.rule("S10")
@pytest.mark.parametrize("facts", [{"note": "易碎"}, {"flag": 1}, {"orders": 2}])
def test_a_note_a_red_flag_or_several_orders_must_be_acknowledged(house: Any, facts: Any) -> None:
    packer = Packer(house, item("TS-W-M"), **facts)
    assert why(packer.scan("TS-W-M")) is Code.PARCEL_NOTE_UNREAD


@pytest.mark.parametrize("facts", [{"note": "  \n"}, {"flag": 3}, {"orders": 1}])
def test_a_plain_parcel_needs_no_acknowledgement(house: Any, facts: Any) -> None:
    assert isinstance(Packer(house, item("TS-W-M"), **facts).scan("TS-W-M"), Scanned)


@pytest.mark.pain("41")
def test_a_refunded_line_is_refused_by_its_own_name(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M"), item("HD-G-XL"))

    def refund(session: Any) -> None:
        line = session.scalar(select(ShopOrderLine).where(ShopOrderLine.sku_code == "TS-W-M"))
        line.refund = "refunded"

    any_house.write(refund)
    assert why(packer.scan("TS-W-M")) is Code.ITEM_REFUNDED
    last = packer.scan("HD-G-XL")
    assert isinstance(last, Scanned)
    assert last.completed


def test_a_refund_that_was_closed_again_does_not_stop_the_line(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))

    def refund(session: Any) -> None:
        session.scalar(select(ShopOrderLine)).refund = "refund_closed"

    house.write(refund)
    assert isinstance(packer.scan("TS-W-M"), Scanned)


def test_a_parcel_that_is_held_takes_nothing_more(house: Any) -> None:
    packer = Packer(house, item("TS-W-M", 2))
    packer.scan("TS-W-M")
    house.write(lambda session: holds.hold(
        session, session.get(Parcel, packer.parcel.id), Code.ORDER_BY_HAND, now=house.now))
    assert why(packer.scan("TS-W-M")) is Code.WAYBILL_HELD
    assert packer.inside == {"TS-W-M": 1}


@pytest.mark.parametrize(
    ("state", "code"), [("stopped", Code.WAYBILL_STOPPED), ("signed", Code.PARCEL_NONE_OPEN),
                        ("printed", Code.PARCEL_NONE_OPEN), ("void", Code.PARCEL_NONE_OPEN)])
def test_a_parcel_that_is_not_open_takes_nothing(house: Any, state: str, code: Code) -> None:
    packer = Packer(house, item("TS-W-M"))
    house.write(lambda session: setattr(session.get(Parcel, packer.parcel.id), "state", state))
    assert why(packer.scan("TS-W-M")) is code
    assert packer.inside == {"TS-W-M": 0}


def test_a_parcel_that_does_not_exist_is_refused(house: Any) -> None:
    answer = house.write(items.scan_item, 999, "TS-W-M", bench="1", who="", now=house.now)
    assert why(answer) is Code.PARCEL_NONE_OPEN


def test_every_scan_is_in_the_history_with_what_it_did(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))
    packer.scan("TS-W-L")
    packer.scan("TS-W-M")
    rows = house.read(lambda session: session.execute(
        select(History.kind, History.data, History.who)
        .where(History.chain == f"parcel:{packer.parcel.id}").order_by(History.seq)).all())
    kinds = [row.kind for row in rows]
    assert kinds == ["paid", "print_confirmed", "opened", "item_refused", "item", "complete"]
    assert '"why":"item.wrong_size"' in rows[3].data
    assert '"packed":1' in rows[4].data
    assert rows[4].who == "阿明"


def test_a_very_long_code_is_kept_shortened(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))
    assert why(packer.scan("x" * 4000)) is Code.ITEM_UNKNOWN
    row = house.read(lambda session: session.scalar(
        select(History.data).where(History.kind == "item_refused")))
    assert len(row) < 200


@pytest.mark.pain("43")
def test_a_scan_takes_a_handful_of_statements(sqlite_database: Any, house: Any) -> None:
    packer = Packer(house, item("TS-W-M", 9), item("HD-G-XL", 9), item("TS-R-M", 9))
    statements: list[str] = []
    engine = house.db._writer._engine

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        packer.scan("TS-W-M")
    finally:
        event.remove(engine, "before_cursor_execute", count)
    work = [text for text in statements if not text.startswith(("BEGIN", "COMMIT"))]
    assert len(work) <= 6, work


# --- Measuring ----------------------------------------------------------------------------------


@pytest.mark.rule("D4")
def test_a_pair_of_jeans_is_in_only_when_it_was_measured(any_house: Any) -> None:
    packer = Packer(any_house, item("JN-B-31", 1, 740))
    packer.scan("JN-B-31")
    assert packer.state == "packing"
    done = packer.measure(745)
    assert isinstance(done, Measured)
    assert done.completed
    assert packer.state == "packed"
    assert packer.lines()[0].measured_mm == [745]


def test_the_next_piece_waits_until_this_one_was_measured(house: Any) -> None:
    packer = Packer(house, item("JN-B-31", 2, 740))
    packer.scan("JN-B-31")
    assert why(packer.scan("JN-B-31")) is Code.MEASURE_NEEDED
    packer.measure(740)
    assert isinstance(packer.scan("JN-B-31"), Scanned)


@pytest.mark.parametrize(
    ("mm", "code"), [(760, Code.MEASURE_OFF), (31, Code.MEASURE_IMPLAUSIBLE),
                     (1700, Code.MEASURE_IMPLAUSIBLE)])
def test_a_value_that_cannot_be_is_refused_and_may_be_measured_again(
    house: Any, mm: int, code: Code
) -> None:
    packer = Packer(house, item("JN-B-31", 1, 740))
    packer.scan("JN-B-31")
    assert why(packer.measure(mm)) is code
    assert packer.lines()[0].measured_mm == []
    assert isinstance(packer.measure(741), Measured)


def test_nothing_to_measure_is_said(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))
    assert why(packer.measure(740)) is Code.BENCH_NOT_NOW
    other = house.write(items.measure, 999, 740, rules=house.rules, bench="1", who="",
                        now=house.now)
    assert why(other) is Code.PARCEL_NONE_OPEN


def test_a_waist_that_nobody_confirmed_is_noted(house: Any) -> None:
    packer = Packer(house, item("JN-B-31", 1, None))
    packer.scan("JN-B-31")
    done = packer.measure(833)
    assert isinstance(done, Measured)
    assert done.confirmed_mm is None
    assert packer.lines()[0].measured_mm == [833]


def test_two_waists_of_one_article_each_find_their_line(any_house: Any) -> None:
    packer = Packer(any_house, item("JN-B-31", 1, 740), item("JN-B-31", 1, 790))
    packer.scan("JN-B-31")
    packer.measure(788)
    packer.scan("JN-B-31")
    done = packer.measure(741)
    assert isinstance(done, Measured)
    assert done.completed
    assert [(line.packed, line.measured_mm) for line in packer.lines()] == [(1, [741]), (1, [788])]


def test_a_counted_scan_asks_for_each_pieces_waist(house: Any) -> None:
    packer = Packer(house, item("JN-B-31", 2, 740))
    packer.scan("JN-B-31", 2)
    packer.measure(740)
    assert packer.state == "packing"
    packer.measure(745)
    assert packer.state == "packed"


# --- Undoing ------------------------------------------------------------------------------------


def test_undo_takes_the_last_scan_out_and_then_the_one_before(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M", 3), item("HD-G-XL", 2))
    packer.scan("TS-W-M")
    packer.scan("HD-G-XL")
    packer.scan("TS-W-M", 2)
    undone = packer.undo()
    assert isinstance(undone, Undone)
    assert (undone.line.article.code, undone.quantity) == ("TS-W-M", 2)
    assert packer.inside == {"TS-W-M": 1, "HD-G-XL": 1}
    packer.undo()
    assert packer.inside == {"TS-W-M": 1, "HD-G-XL": 0}
    packer.undo()
    assert packer.inside == {"TS-W-M": 0, "HD-G-XL": 0}
    assert why(packer.undo()) is Code.BENCH_NOT_NOW


def test_undo_of_the_last_piece_opens_the_content_again(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M"))
    packer.scan("TS-W-M")
    undone = packer.undo()
    assert isinstance(undone, Undone)
    assert packer.state == undone.parcel.state == "packing"
    assert any_house.parcel(packer.parcel).packed_at is None
    again = packer.scan("TS-W-M")
    assert isinstance(again, Scanned)
    assert again.completed


def test_undo_takes_a_piece_out_that_still_waits_for_its_measure(house: Any) -> None:
    packer = Packer(house, item("JN-B-31", 2, 740))
    packer.scan("JN-B-31")
    packer.measure(740)
    packer.scan("JN-B-31")
    packer.undo()
    assert packer.lines()[0].measured_mm == [740]
    assert packer.inside == {"JN-B-31": 1}
    packer.undo()
    assert packer.lines()[0].measured_mm == []


def test_undo_finds_a_piece_that_its_waist_moved_to_another_line(house: Any) -> None:
    packer = Packer(house, item("JN-B-31", 1, 740), item("JN-B-31", 1, 790))
    packer.scan("JN-B-31")
    packer.measure(788)
    packer.undo()
    assert [(line.packed, line.measured_mm) for line in packer.lines()] == [(0, []), (0, [])]


def test_a_weighed_parcel_is_repacked_rather_than_undone(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))
    packer.scan("TS-W-M")
    house.write(lambda s: setattr(s.get(Parcel, packer.parcel.id), "state", "weighed"))
    assert why(packer.undo()) is Code.BENCH_NOT_NOW
    packer.do(packing.repack, packer.parcel.id)
    assert packer.inside == {"TS-W-M": 0}
    assert why(packer.undo()) is Code.BENCH_NOT_NOW


# --- Defects ------------------------------------------------------------------------------------


@pytest.mark.rule("D4", "I2")
def test_a_faulty_piece_goes_to_its_shelf_and_the_parcel_waits(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M", 2))
    packer.scan("TS-W-M")
    line = packer.defect("TS-W-M")
    assert line.article.code == "TS-W-M"
    stored = any_house.parcel(packer.parcel)
    assert [hold.code for hold in stored.holds] == [Code.ITEM_DEFECT]
    assert (stored.bench, stored.state) == ("", "packing")
    assert packer.inside == {"TS-W-M": 1}
    sku = any_house.read(lambda session: session.get(Sku, any_house.skus["TS-W-M"]))
    assert (sku.on_hand, sku.defect, sku.reserved) == (49, 1, 2)
    kinds = any_house.read(lambda s: s.scalars(
        select(StockMove.kind).where(StockMove.parcel_id == packer.parcel.id)).all())
    assert list(kinds) == ["defect", "reserve"]


def test_a_faulty_piece_that_was_packed_already_comes_out(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"), item("HD-G-XL"))
    packer.scan("TS-W-M")
    packer.defect("TS-W-M")
    assert packer.inside == {"TS-W-M": 0, "HD-G-XL": 0}


def test_a_faulty_piece_that_was_not_measured_yet_comes_out(house: Any) -> None:
    packer = Packer(house, item("JN-B-31", 2, 740))
    packer.scan("JN-B-31")
    packer.defect("JN-B-31")
    assert packer.inside == {"JN-B-31": 0}


def test_a_parcel_whose_replacement_is_missing_waits_for_goods(any_house: Any) -> None:
    packer = Packer(any_house, item("TS-W-M"))

    def sell_out(session: Any) -> None:
        sku = session.get(Sku, any_house.skus["TS-W-M"])
        sku.on_hand = sku.reserved = 1

    any_house.write(sell_out)
    packer.defect("TS-W-M")
    release = {"now": any_house.now, "who": "老王", "reason": "换好了"}
    any_house.write(lambda session: holds.release(
        session, session.get(Parcel, packer.parcel.id), Code.ITEM_DEFECT, **release))
    answer = packer.do(packing.open_parcel, packer.parcel.waybill_no, rules=any_house.rules)
    assert why(answer) is Code.WAYBILL_HELD
    assert answer.facts["why"] == Code.ORDER_NO_STOCK


def test_a_released_parcel_goes_on_where_it_stood(house: Any) -> None:
    packer = Packer(house, item("TS-W-M", 2))
    packer.scan("TS-W-M")
    packer.defect("TS-W-M")
    house.write(lambda session: holds.release(
        session, session.get(Parcel, packer.parcel.id), now=house.now, who="老王"))
    packer.do(packing.open_parcel, packer.parcel.waybill_no, rules=house.rules)
    last = packer.scan("TS-W-M")
    assert isinstance(last, Scanned)
    assert last.completed


@pytest.mark.parametrize(("scanned", "code"), [("HD-G-XL", Code.ITEM_WRONG),
                                               ("nothing", Code.ITEM_UNKNOWN)])
def test_only_a_piece_of_this_parcel_can_be_its_defect(
    house: Any, scanned: str, code: Code
) -> None:
    packer = Packer(house, item("TS-W-M"))
    assert why(packer.defect(scanned)) is code
    assert house.parcel(packer.parcel).holds == []


def test_a_parcel_that_is_full_is_opened_before_a_defect_is_taken_out(house: Any) -> None:
    packer = Packer(house, item("TS-W-M"))
    packer.scan("TS-W-M")
    assert why(packer.defect("TS-W-M")) is Code.BENCH_NOT_NOW
