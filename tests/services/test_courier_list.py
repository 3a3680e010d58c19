"""The courier's list: read cell by cell, answered row by row, taken whole or not at all."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from station.bills.trouble import StatementError
from station.db.models import CourierFigure, HandoverLine, ImportedFile
from station.domain.orders import RefundKind
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode
from station.services import courier_list, courier_told, handover
from station.services import figures as figures_told
from station.services.courier_list import ListRow, column_name, read_file, read_pasted

if TYPE_CHECKING:
    from conftest import Shop

JEANS = "JN8801-黑色-32"
ONE, TWO = "773000000000011", "773000000000012"


def figures(rows: tuple[ListRow, ...]) -> list[tuple[str, int | None, int | None]]:
    return [(row.waybill_no, row.weight_g, row.price_fen) for row in rows]


# --- Reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\t0.82\t5\n{TWO}\t1.2\t6.5",
        f"{ONE} 0.82kg 5元\n\n{TWO}  1.2公斤 6.50",
        f"{ONE}，820克，5\n{TWO}，1200g，¥6.5",
        f"单号,重量(kg),价格\n{ONE},0.82,5\n{TWO},1.2,6.5\n合计,2.02,11.5",
        f"序号\t快递单号\t运费(元)\t重量（克）\n1\t{ONE}\t5\t820\n2\t{TWO}\t6.5\t1200",
        f"申通 11月23日\n{ONE} 820 5\n{TWO} 1200 6.5\n谢谢老板",
    ],
)
def test_a_list_is_read_as_people_write_it(text: str) -> None:
    assert figures(read_pasted(text)) == [(ONE, 820, 500), (TWO, 1200, 650)]


def test_a_list_may_tell_weights_alone(capsys: Any) -> None:
    assert figures(read_pasted(f"{ONE} 0.82")) == [(ONE, 820, None)]


def test_a_charged_weight_beside_the_real_one_is_kept_apart() -> None:
    (row,) = read_pasted(f"运单号\t实际重量kg\t计费重量kg\t尺寸\n{ONE}\t0.82\t1\t30*25*6")
    assert (row.weight_g, row.charged_g, row.dims_mm) == (820, 1000, (300, 250, 60))


@pytest.mark.parametrize(
    ("text", "row", "column", "code"),
    [
        (f"单号\t重量\t价格\n{ONE}\t八百\t5", 2, "B", "bad_weight"),
        (f"单号\t价格\t重量\n{ONE}\t五块\t0.8", 2, "B", "bad_money"),
        (f"单号\t重量\t价格\n{ONE}\t\t5", 2, "B", "no_weight"),
        ("单号\t重量\t价格\n7.73E+14\t0.8\t5", 2, "A", "damaged_number"),
        ("单号\t重量\t价格\n\t0.8\t5", 2, "A", "missing_number"),
        (f"{ONE} 1.2.3 5", 1, "B", "bad_weight"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_row_and_column(
    text: str, row: int, column: str, code: str
) -> None:
    (fault,) = [fault for one in read_pasted(text) for fault in one.faults]
    assert (fault.row, fault.column, fault.code) == (row, column, code)


def workbook(*rows: tuple[Any, ...]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
    return buffer.getvalue()


def test_a_workbook_is_read_and_its_formulas_are_never_run() -> None:
    data = workbook(("交接清单",), ("运单号", "重量kg", "价格"), (ONE, 0.82, 5),
                    (TWO, "=1+1", "6.5"))
    rows = read_file("清单.xlsx", data)
    assert figures(rows)[0] == (ONE, 820, 500)
    assert rows[1].weight_g is None or rows[1].weight_g == 0


def test_a_csv_of_the_couriers_own_computer_is_read() -> None:
    data = f"运单号,重量,价格\r\n{ONE},0.82,5\r\n".encode("gb18030")
    assert figures(read_file("清单.csv", data)) == [(ONE, 820, 500)]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"%PDF-1.4 no table"])
def test_a_file_that_is_no_table_says_so(data: bytes) -> None:
    with pytest.raises(StatementError):
        read_file("清单.xlsx", data)


def test_columns_are_named_as_a_spreadsheet_does() -> None:
    assert [column_name(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@given(st.text(alphabet=f"0123456789.,\t\n 单号重量kg克元{ONE}\"=+-", max_size=300))
def test_whatever_is_pasted_is_read_or_named(text: str) -> None:
    for row in read_pasted(text):
        assert row.faults or (row.waybill_no and row.weight_g is not None)


@given(st.lists(st.tuples(st.integers(30, 20_000), st.integers(0, 50_000)), min_size=1, max_size=9))
def test_what_is_written_in_grams_and_yuan_is_read_to_the_gram_and_fen(
    figures_: list[tuple[int, int]]
) -> None:
    lines = [f"77300000000{n:04d} {grams} {fen / 100:.2f}"
             for n, (grams, fen) in enumerate(figures_)]
    rows = read_pasted("\n".join(lines))
    assert [(row.weight_g, row.price_fen) for row in rows] == figures_


# --- Taking ---------------------------------------------------------------------------------------


@pytest.fixture
def pile(open_shop: Shop) -> tuple[Shop, int, list[Any]]:
    """Three sealed parcels of 620 g, the first two scanned."""
    open_shop.stock_goods("X1-红-L")
    parcels = [open_shop.seal(f"24500000000000011{n:02d}", JEANS, grams=620, buyer=f"b{n}")
               for n in range(3)]
    key = open_shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id)
    for parcel in parcels[:2]:
        scan(open_shop, key, parcel)
    return open_shop, key, parcels


def scan(shop: Shop, key: int, parcel: Any) -> HandoverLine:
    return shop.write(
        handover.scan, key, parcel.waybill_no, rules=shop.rules, who="仓管")


def take(shop: Shop, key: int, text: str, **facts: Any) -> courier_told.ListAnswer:
    return shop.write(
        courier_told.take_list, key, read_pasted(text), name="粘贴",
        sha256=courier_told.digest(text.encode()), rules=shop.rules, who="仓管", **facts)


def states(shop: Shop, key: int) -> list[str]:
    return shop.read(lambda s: list(s.scalars(
        select(HandoverLine.state).where(HandoverLine.handover_id == key)
        .order_by(HandoverLine.id))))


def tellings(shop: Shop) -> int:
    return shop.read(lambda s: s.scalar(select(func.count()).select_from(CourierFigure)))


@pytest.mark.rule("D6")
def test_each_row_gets_its_own_answer(pile: tuple[Shop, int, list[Any]]) -> None:
    shop, key, (one, two, three) = pile
    shop.receive_numbers(CarrierCode.SF)
    express = shop.seal("2450000000000001190", JEANS, buyer="x", buyer_message="发顺丰")
    text = "\n".join([
        f"{one.waybill_no} 0.63 5", f"{two.waybill_no} 1.2 6", f"{three.waybill_no} 0.62 5",
        "773999999999999 0.5 5", f"{express.waybill_no} 0.6 20", f"{one.waybill_no} 0.63 5",
    ])
    answer = take(shop, key, text)
    assert [row.code for row in answer.rows] == [
        "list.agreed", "list.differs", "list.waits", str(Code.WAYBILL_UNKNOWN),
        str(Code.HANDOVER_OTHER_CARRIER), "list.repeated"]
    assert courier_told.counted(answer.rows) == {
        "agreed": 1, "differs": 1, "waits": 1, "repeated": 1, "others": 2}
    assert states(shop, key) == ["agreed", "differs"]


@pytest.mark.rule("D6")
def test_figures_that_came_before_the_scan_are_compared_by_it(
    pile: tuple[Shop, int, list[Any]]
) -> None:
    shop, key, (_, _, three) = pile
    take(shop, key, f"{three.waybill_no} 0.62 9")
    line = scan(shop, key, three)
    assert (line.state, line.finding) == ("differs", str(Code.HANDOVER_PRICE_DIFFERS))


@pytest.mark.parametrize(
    "wrong", ["{two} 八百 5", "{two} 0.82 五块", "{one} 0.8 5", "{two} 99999 5"])
def test_one_row_that_cannot_be_taken_takes_nothing(
    pile: tuple[Shop, int, list[Any]], wrong: str
) -> None:
    shop, key, (one, two, _) = pile
    bad = wrong.format(one=one.waybill_no, two=two.waybill_no)
    answer = take(shop, key, f"{one.waybill_no} 0.63 5\n{bad}")
    assert answer.refusal is not None
    assert answer.refusal.code == Code.LIST_UNREADABLE
    assert answer.rows[0].code == "list.held_back"
    assert (states(shop, key), tellings(shop)) == (["scanned", "scanned"], 0)
    assert shop.read(lambda s: s.scalars(select(ImportedFile)).all()) == []


def test_the_same_list_twice_is_told_and_taken_only_when_asked(
    pile: tuple[Shop, int, list[Any]]
) -> None:
    shop, key, (one, *_) = pile
    text = f"{one.waybill_no} 0.63 5"
    take(shop, key, text)
    shop.later(minutes=3)
    again = take(shop, key, text)
    assert again.refusal is not None
    assert (again.refusal.code, again.refusal.facts["at"]) == (
        Code.LIST_TOLD_BEFORE, "2026-11-23 10:00")
    assert tellings(shop) == 1
    assert take(shop, key, text, again=True).refusal is None
    assert tellings(shop) == 2


def test_an_empty_list_and_a_closed_hand_over_take_nothing(
    pile: tuple[Shop, int, list[Any]]
) -> None:
    shop, key, _ = pile
    refusal = take(shop, key, "谢谢老板").refusal
    assert refusal is not None
    assert refusal.code == Code.LIST_EMPTY


@pytest.mark.rule("D6")
def test_a_parcel_refunded_meanwhile_is_named_and_takes_no_figures(
    pile: tuple[Shop, int, list[Any]]
) -> None:
    shop, key, (one, *_) = pile
    shop.refund("2450000000000001100", RefundKind.REFUNDED)
    (row,) = take(shop, key, f"{one.waybill_no} 0.63 5").rows
    assert row.code == str(Code.HANDOVER_STOPPED)


def test_every_telling_keeps_what_it_replaced_who_and_where_from(
    pile: tuple[Shop, int, list[Any]]
) -> None:
    shop, key, (one, *_) = pile
    take(shop, key, f"谢谢\n{one.waybill_no} 6.3 5")
    shop.write(handover.enter_figures, key, one.id, weight_g=630, price_fen=500,
               rules=shop.rules, who="老周")
    first, second = shop.read(figures_told.tellings, key, one.waybill_no)
    assert (first.source, first.list_name, first.row, first.before_weight_g) == (
        "list", "粘贴", 2, None)
    assert (second.source, second.who, second.before_weight_g, second.before_price_fen) == (
        "touch", "老周", 6300, 500)
    assert shop.read(figures_told.tellings, key, "773999999999999") == ()


def test_a_list_without_prices_leaves_the_price_that_was_typed(
    pile: tuple[Shop, int, list[Any]]
) -> None:
    shop, key, (one, *_) = pile
    shop.write(handover.enter_figures, key, one.id, weight_g=6300, price_fen=500,
               rules=shop.rules, who="老周")
    take(shop, key, f"{one.waybill_no} 0.63")
    line = shop.read(lambda s: handover.line_of(s, key, one.id))
    assert (line.state, line.courier_weight_g, line.courier_price_fen) == ("agreed", 630, 500)


def test_a_list_is_limited(sqlite_shop: Shop) -> None:
    rows = read_pasted("\n".join(f"77300000{n:07d} 0.5" for n in range(courier_list.MOST_ROWS + 5)))
    assert len(rows) == courier_list.MOST_ROWS
