"""The figures on slips: what is counted, summed, left out, and told as unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from station.carriers import example_tariffs, reach_table
from station.db.models import (
    Alarm,
    Archive,
    Case,
    CasePiece,
    CountSheet,
    GoodsReceipt,
    GoodsReceiptLine,
    Handover,
    HandoverLine,
    Parcel,
    PrintJob,
    Staff,
    StockTake,
    Stub,
    SupplierLine,
    SupplierList,
)
from station.domain.refusals import Code, Refusal
from station.paper.slip import Slip
from station.services import corrections, counting, slip_content, slips
from station.services.rules import Rules

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in the shop
NOTHING: tuple[tuple[str, ...], ...] = ()


@pytest.fixture
def shop(sqlite_database: Any, new_shop: type[Shop]) -> Shop:
    made = new_shop(sqlite_database, Rules(
        reach=reach_table(), tariffs=example_tariffs(), low_pool=0))
    made.receive_numbers()
    made.stock_goods(JEANS)
    made.stock_goods(SHIRT, weight_g=180)
    return made


def slip(shop: Shop, about: str) -> Slip:
    found = shop.read(slip_content.slip_of, about, now=shop.now)
    assert isinstance(found, Slip), about
    assert sum(column.share for column in found.columns) in {0, 100}, "shares of the paper's width"
    return found


def is_none(shop: Shop, about: str) -> bool:
    return shop.read(slip_content.slip_of, about, now=shop.now) is None


def add(shop: Shop, *rows: Any) -> None:
    shop.db.write(lambda session: session.add_all(rows))


def taken(shop: Shop, *figures: tuple[int | None, int | None]) -> list[Parcel]:
    """Parcels that one courier took, with what he wrote of each: grams and fen."""
    parcels = [shop.seal(f"A{number}", JEANS, buyer=f"b{number}", grams=500 + number)
               for number, _ in enumerate(figures)]
    shop.hand_over(*parcels)

    def write(session: Any) -> None:
        lines = session.scalars(select(HandoverLine).order_by(HandoverLine.id)).all()
        for line, (weight_g, price_fen) in zip(lines, figures, strict=True):
            line.courier_weight_g, line.courier_price_fen = weight_g, price_fen

    shop.db.write(write)
    return parcels


# --- The hand-over --------------------------------------------------------------------------------


@pytest.mark.rule("D6")
@pytest.mark.parametrize(("figures", "his"), [
    ([(600, 500), (700, 805)], "1300 g 13.05 元"),
    ([(600, 500), (700, None)], "1300 g 5.00 元，1 件没有数 without"),
    ([(None, 500), (700, None)], "700 g 5.00 元，2 件没有数 without"),
    ([(None, None), (0, 0)], "0 g 0.00 元，1 件没有数 without"),
])
def test_what_the_courier_wrote_is_summed_and_what_he_did_not_write_is_counted(
    shop: Shop, figures: list[tuple[int | None, int | None]], his: str
) -> None:
    taken(shop, *figures)
    found = slip(shop, "handover:1")
    assert [row[0] for row in found.rows] == ["1", "2"]
    assert [row[4:6] for row in found.rows] == [
        ("—" if grams is None else str(grams), "—" if fen is None else f"{fen / 100:.2f}")
        for grams, fen in figures]
    totals = dict(found.totals)
    assert totals["快递 Courier"] == his
    assert (totals["合计 Total"], totals["我方 Ours"], totals["未交 Missing"]) == (
        "2 件 parcels", "1001 g", "")
    assert totals["已签名 Signed"] == "小吴 2026-11-23 10:00:00"
    assert dict(found.facts)["结束 Closed"] == "2026-11-23 10:00:00"
    assert found.signers == ("仓管 Keeper 老周",)


def test_an_addendum_numbers_what_was_put_right_and_bears_the_time_of_the_last(shop: Shop) -> None:
    first, second = taken(shop, (600, 500), (700, None))
    for parcel, weight_g in ((first, 650), (second, 750)):
        shop.later(hours=1)
        done = shop.write(
            corrections.correct, 1, parcel.waybill_no, weight_g=weight_g, price_fen=600,
            reason="看错秤", courier="小吴", strokes=STROKES, who="陈姐")
        assert not isinstance(done, Refusal), done
    found = slip(shop, "addendum:1")
    assert [row[:4] for row in found.rows] == [
        ("1", first.waybill_no, "600 g 5.00", "650 g 6.00"),
        ("2", second.waybill_no, "700 g —", "750 g 6.00")]
    assert [row[5] for row in found.rows] == ["小吴 11-23 11:00", "小吴 11-23 12:00"]
    assert (found.at, found.signers) == (shop.now, ("仓管 Keeper 陈姐",))


# --- Suppliers, cases, archives -------------------------------------------------------------------


@pytest.mark.rule("I2")
def test_goods_for_a_supplier_are_summed_and_an_article_without_a_number_goes_by_its_code(
    shop: Shop
) -> None:
    shop.stock_goods("-", location="")
    lines = [SupplierLine(sku_id=sku, quantity=pieces, reason=reason, exchanged=0, credited=0,
                          refused=0, credited_fen=0)
             for sku, pieces, reason in ((shop.skus[JEANS], 2, "开线"), (shop.skus["-"], 3, ""))]
    add(shop, SupplierList(supplier="甲厂", state="handed", listed_at=NOON, listed_by="老周",
                           handed_to="小陈", lines=lines))
    found = slip(shop, "supplier:1")
    assert found.rows == (("JN8801", "黑色 32", "2", "开线"), ("-", "", "3", ""))
    assert found.totals == (("合计 Total", "5 件 pieces"),)
    facts = dict(found.facts)
    assert (facts["状态 State"], facts["退货 Return"]) == ("货已交出，等供应商换", "")
    assert found.signers == ("仓管 Keeper 老周", "接收 Taken by 小陈")


def case_of(shop: Shop, kind: str, **facts: Any) -> str:
    parcel = taken(shop, (600, 500))[0]
    add(shop, Case(id=7, kind=kind, state="open", parcel_id=parcel.id, carrier="STO",
                   waybill_no=parcel.waybill_no, opened_at=NOON, **facts))
    return "case:7"


@pytest.mark.rule("I8")
def test_a_case_tells_waists_in_centimetres_and_counts_its_verdicts(shop: Shop) -> None:
    about = case_of(shop, "return", arrived_at=NOON)
    add(shop, *(CasePiece(case_id=7, sku_id=shop.skus[JEANS], verdict=verdict, waist_mm=waist,
                          at=NOON)
                for verdict, waist in (("good", 785), ("good", 780), ("wrong", None))))
    found = slip(shop, about)
    assert found.rows == (("JN8801", "黑色 32", "完好 good", "78.5"),
                          ("JN8801", "黑色 32", "完好 good", "78"),
                          ("JN8801", "黑色 32", "不符 wrong", ""))
    assert found.totals == (
        ("发出 Left", "1 件 pieces"), ("退回 Came back", "完好 good 2 不符 wrong 1"),
        ("索赔 Claimed", ""), ("工单 Ticket", ""), ("到账 Paid", ""))
    assert dict(found.facts)["到货 Arrived"] == "2026-11-23 12:00:00"
    assert found.signers == ("验收 Inspected by",)


@pytest.mark.rule("S22")
def test_a_claim_s_slip_tells_what_is_asked_for_and_what_came_of_it(shop: Shop) -> None:
    about = case_of(shop, "lost", claimed_fen=12800, paid_fen=0, ticket="T-9", courier="小吴")
    found = slip(shop, about)
    assert found.totals[2:] == (
        ("索赔 Claimed", "128.00 元"), ("工单 Ticket", "T-9"), ("到账 Paid", "0.00 元"))
    assert dict(found.facts)["到货 Arrived"] == ""
    assert found.signers == ("快递员 Courier 小吴", "验收 Inspected by")


@pytest.mark.rule("D7")
@pytest.mark.parametrize(("part", "number"), [
    (1, "STO-2026-11-23"), (2, "STO-2026-11-23-2"), (3, "STO-2026-11-23-3")])
def test_the_parts_of_a_day_s_archive_are_numbered_from_the_second(
    shop: Shop, part: int, number: str
) -> None:
    add(shop, Archive(carrier="STO", day="2026-11-23", part=part, file="f.pbarc", sha256="0" * 64,
                      size=2048, parcels=12, made_at=NOON, received_at=NOON, received_by="王经理"))
    found = slip(shop, "archive:1")
    facts = dict(found.facts)
    assert (found.number, facts["底单 Stubs"], facts["大小 Size"]) == (number, "12 张", "2048 B")
    assert facts["签收 Signed for"] == "王经理 2026-11-23 12:00:00"


# --- The day and the shift ------------------------------------------------------------------------


def test_the_day_s_report_sums_by_carrier_and_counts_what_is_not_settled(shop: Shop) -> None:
    first, _ = taken(shop, (600, 500), (None, None))
    day = slips.today(shop.now)

    def other(session: Any) -> None:
        session.execute(update(Stub).where(Stub.parcel_id == first.id).values(
            carrier="YTO", packer=""))
        session.add_all([
            *(PrintJob(kind="stub", state=state, created_at=NOON)
              for state in ("in_doubt", "in_doubt", "sent")),
            Alarm(code="a", subject="1", at=NOON, facts={}),
            Alarm(code="b", subject="2", at=NOON, facts={}, acknowledged_at=NOON),
            *(Case(kind=kind, state="closed", parcel_id=first.id, carrier="STO", waybill_no="7",
                   opened_at=NOON, closed_at=closed)
              for kind, closed in (("lost", None), ("short", None), ("wrong", NOON))),
        ])
        session.execute(update(Alarm).where(Alarm.code.not_in(("a",))).values(
            acknowledged_at=NOON))

    shop.db.write(other)
    found = slip(shop, day)
    assert found.rows == (
        ("申通快递", "1", "501", "—", "—"), ("圆通速递", "1", "500", "600", "5.00"))
    assert found.facts == (("交出 Left", "2 件 parcels"),)
    assert found.totals == (
        ("打包 —", "1 件"), ("打包 阿明", "1 件"), ("等交接 Waiting", "0"),
        ("面单不明 Labels in doubt", "2"), ("售后未结 Open cases", "2"), ("警报 Alarms", "1"))
    yesterday = slip(shop, slips.today(shop.now - timedelta(days=1)))
    assert (yesterday.rows, yesterday.facts) == ((), (("交出 Left", "0 件 parcels"),))


@pytest.mark.parametrize(("at", "day"), [
    ("2026-11-22T15:59:59", "2026-11-22"), ("2026-11-22T16:00:00", "2026-11-23"),
    ("2026-11-23T15:59:59", "2026-11-23"), ("2026-11-23T16:00:00", "2026-11-24")])
def test_a_day_ends_at_midnight_in_the_shop(shop: Shop, at: str, day: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert slips.today(moment) == f"day:{day}"
    assert slips.shift(3, moment) == f"shift:{day}:3"
    add(shop, Staff(id=3, name="阿明", role="packer", badge="B", pin_hash="x"))
    parcel = shop.seal("A1", JEANS)
    shop.db.write(lambda s: s.execute(
        update(Parcel).where(Parcel.id == parcel.id).values(signed_at=moment)))
    rows = {each: slip(shop, f"shift:2026-11-{each}:3").rows for each in (22, 23, 24)}
    assert {f"2026-11-{each}" for each, found in rows.items() if found} == {day}
    assert rows[int(day[-2:])] == (("申通快递", "0", "1"),)


def test_a_shift_names_the_carriers_that_took_or_will_take_something(shop: Shop) -> None:
    add(shop, Staff(id=3, name="阿明", role="packer", badge="B", pin_hash="x"))
    taken(shop, (600, 500), (600, 500))
    waiting = shop.seal("B1", SHIRT, buyer="tb_z")
    shop.db.write(lambda s: setattr(s.get(Parcel, waiting.id), "carrier", "SF"))
    found = slip(shop, slips.shift(3, shop.now))
    assert set(found.rows) == {("申通快递", "2", "0"), ("顺丰速运", "0", "1")}
    assert found.totals == (("合计 Total", "3 件 parcels"),)


# --- Goods in, and goods counted ------------------------------------------------------------------


@pytest.mark.rule("I1")
@pytest.mark.parametrize(("price", "amount", "faulty", "freight", "totals"), [
    (2550, "25.50", 1, 1200, ("5 件 pieces", "1 件", "102.00 元", "12.00 元")),
    (None, "", 0, 0, ("5 件 pieces", "", "0.00 元", "")),
    (0, "0.00", 5, 1, ("5 件 pieces", "5 件", "0.00 元", "0.01 元")),
])
def test_goods_received_are_summed_and_the_faulty_are_not_paid_for(
    shop: Shop, price: int | None, amount: str, faulty: int, freight: int,
    totals: tuple[str, ...],
) -> None:
    line = GoodsReceiptLine(sku_id=shop.skus[JEANS], pieces=5, faulty=faulty, price_fen=price,
                            batch_note="色浅")
    add(shop, GoodsReceipt(supplier="甲厂", state="counted", begun_at=NOON, begun_by="老周",
                           brought_by="小陈", freight_fen=freight, lines=[line]))
    found = slip(shop, "receipt:1")
    assert found.rows == (("JN8801", "黑色 32", "5", str(faulty or ""), amount, "色浅"),)
    assert tuple(value for _, value in found.totals) == totals
    assert found.signers == ("送货 Brought by 小陈", "收货 Received by 老周")


@pytest.mark.rule("I9")
def test_a_count_sheet_lists_the_goods_of_its_place_alone_in_the_order_of_their_numbers(
    shop: Shop
) -> None:
    for code, where in (("B2-红-M", "B-02"), ("A9-红-S", "B-02"), ("A1-红-S", "")):
        shop.stock_goods(code, location=where)
    take = StockTake(month="2026-11", state="counting", begun_at=NOON)
    add(shop, *(CountSheet(take=take, location=where, state="open") for where in ("B-02", "")))
    ids = dict(shop.read(lambda s: s.execute(select(CountSheet.location, CountSheet.id)).all()))
    found, nowhere = slip(shop, f"count:{ids['B-02']}"), slip(shop, f"count:{ids['']}")
    assert [row[0] for row in found.rows] == ["A9", "B2"]
    assert (found.number, found.facts) == ("2026-11 B-02", (("货位 Place", "B-02"),))
    assert [row[0] for row in nowhere.rows] == ["A1"]
    assert (nowhere.number, nowhere.facts) == (
        "2026-11 没有货位", (("货位 Place", "没有货位 none"),))


# --- Subjects and their printings -----------------------------------------------------------------


def test_a_key_may_have_nine_digits_and_no_more(shop: Shop) -> None:
    add(shop, Handover(id=999_999_999, number="N", carrier="STO", state="closed", opened_at=NOON))
    assert slip(shop, "handover:999999999").number == "N"
    for key in ("0999999999", "9999999990", "٣", "+1", "1 "):
        assert is_none(shop, f"handover:{key}"), "ten digits are more than a database's integer"


def test_what_is_no_subject_is_refused_by_its_beginning(shop: Shop) -> None:
    refused = shop.write(slips.request, "day:" + "9" * 60, who="老周")
    assert refused == Refusal(Code.SLIP_NOTHING, {"about": "day:" + "9" * 44})


def test_every_kind_of_subject_is_told_and_none_is_there_in_an_empty_shop(shop: Shop) -> None:
    assert set(slip_content.kinds()) == {
        "handover", "addendum", "supplier", "case", "archive", "day", "shift", "receipt", "count"}
    assert all(is_none(shop, f"{kind}:1") for kind in slip_content.kinds())


def test_the_printings_of_a_slip_are_shown_newest_first_and_not_without_end(shop: Shop) -> None:
    day = slips.today(shop.now)
    add(shop, *(PrintJob(id=number, kind="slip", about=day, state="sent", copy=number - 1,
                         who="老周", printer="1-slips", trouble="", pages=2, pages_sent=1,
                         created_at=NOON)
                for number in range(1, 23)),
        PrintJob(id=30, kind="slip", about="day:2020-01-01", created_at=NOON),
        PrintJob(id=31, kind="stub", created_at=NOON))
    found = shop.read(slips.of_subject, day)
    assert [one.id for one in found] == list(range(22, 2, -1))
    assert found[0] == slips.SlipJob(22, "slip", "sent", 21, "老周", "1-slips", "", 2, 1, NOON)
    assert not shop.read(slips.under_way, day)
    assert shop.read(slips.under_way, "day:2020-01-01")
    assert [shop.read(slips.subject_of, job) for job in (22, 30, 31, 99)] == [
        day, "day:2020-01-01", None, None]
    asked = shop.write(slips.request, day, who="老周", bench="2")
    assert (asked.copy, asked.bench, asked.pages, asked.pages_sent) == (22, "2", 0, 0)


# --- Counting with a scanner ----------------------------------------------------------------------


@dataclass
class Place:
    digits: str = ""
    last_line_id: int | None = None
    last_pieces: int = 0


@pytest.mark.parametrize(("typed", "already", "pieces"), [
    ("", 0, 1), ("1", 0, 1), ("0", 0, 1), ("007", 0, 7), ("12", 0, 12), ("9999", 0, 9999),
    ("9999", 1, None), ("9998", 1, 9998), ("", 9998, 1), ("", 9999, None),
])
def test_digits_before_a_piece_say_how_many_up_to_all_that_a_place_holds(
    typed: str, already: int, pieces: int | None
) -> None:
    place = Place(last_line_id=4, last_pieces=2)
    assert [counting.type_digit(place, digit) for digit in typed] == [None] * len(typed)
    too_many = Refusal(Code.COUNT_TOO_MANY, {"most": 9999})
    assert counting.next_pieces(place, already) == (too_many if pieces is None else pieces)
    assert (place.last_line_id, place.last_pieces) == (4, 2), "nothing is counted yet"
    counting.remember(place, 8, 5)
    assert (place.digits, place.last_line_id, place.last_pieces) == ("", 8, 5)
    counting.remember(place)
    assert (place.last_line_id, place.last_pieces) == (None, 0)


def test_a_fifth_digit_is_refused_and_forgotten() -> None:
    place = Place()
    for digit in "01234":
        assert counting.type_digit(place, digit) is None
    assert counting.type_digit(place, "5") == Refusal(Code.COUNT_TOO_MANY, {"most": 9999})
    assert (place.digits, counting.next_pieces(place, 0)) == ("1234", 1234)
