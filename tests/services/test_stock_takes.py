"""The month's stock-take: blind, place by place; what differs is explained, then booked (I9)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from station.db.models import Alarm, History, Parcel, Sku, StockMove, StockTake
from station.domain.refusals import Code, Refusal
from station.domain.stock_takes import SheetState, TakeState, is_due, month_of
from station.domain.vocabulary import Message
from station.jobs import ClockLoop
from station.paper.fonts import Fonts
from station.services import (
    history,
    stock,
    stock_take_paper,
    stock_take_scans,
    stock_take_watch,
    stock_takes,
)

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.rule("I9")
JEANS, SHIRT, SOCKS = "JN8801-黑色-32", "TS1103-白色-M", "SK01-灰-均码"


class Counter:
    """The keeper who walks from place to place with a scanner."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        shop.stock_goods(SOCKS, 4, location="B-02")
        self.barcode = {
            code: f"69{sku_id:011d}" for code, sku_id in shop.skus.items()}
        self.take = self.begin()

    def begin(self) -> StockTake:
        take = self.shop.write(stock_takes.begin, who="仓管")
        assert isinstance(take, StockTake), take
        return take

    def open(self, place: str) -> Any:
        return self.shop.write(stock_takes.open_place, self.take.id, place, who="仓管")

    def scan(self, code: str, sheet_id: int | None = None) -> stock_take_scans.Said:
        return self.shop.write(
            stock_take_scans.scan, self.barcode.get(code, code), take_id=self.take.id,
            sheet_id=sheet_id, who="仓管")

    def count(self, place: str, pieces: dict[str, int]) -> Any:
        """Open a place, scan this many pieces of each, and finish it."""
        sheet_id = self.open(place).id
        for code, times in pieces.items():
            for _ in range(times):
                assert isinstance(self.scan(code, sheet_id).words, Message)
        return self.shop.write(stock_takes.finish, sheet_id, who="仓管")

    def explain(self, **reasons: str) -> Any:
        named = {self.shop.skus[code]: words for code, words in reasons.items()}
        return self.shop.write(stock_takes.explain, self.take.id, named, who="仓管")

    def book(self) -> Any:
        return self.shop.write(stock_takes.book, self.take.id, who="陈姐")

    def found(self) -> dict[str, int]:
        rows = self.shop.read(stock_takes.found, self.take.id)
        return {one.sku.code: one.difference.pieces for one in rows}

    def sheet(self, sheet_id: int) -> Any:
        return self.shop.read(stock_takes.sheet_of, sheet_id)

    def kinds(self) -> list[str]:
        chain = stock_takes.subject(self.take.id)
        return self.shop.read(lambda session: list(session.scalars(
            select(History.kind).where(History.chain == chain).order_by(History.seq))))


@pytest.fixture
def counter(open_shop: Shop) -> Counter:
    return Counter(open_shop)


def put(shop: Shop, code: str, **facts: Any) -> None:
    def change(session: Any, *, now: Any) -> None:
        for name, value in facts.items():
            setattr(session.get(Sku, shop.skus[code]), name, value)

    shop.write(change)


def test_every_place_that_goods_have_gets_a_sheet(counter: Counter):
    assert [sheet.location for sheet in counter.shop.read(
        stock_takes.one, counter.take.id).sheets] == ["A-01", "B-02"]
    assert (counter.take.month, counter.take.state) == ("2026-11", TakeState.COUNTING)


def test_only_one_count_goes_on_at_a_time(counter: Counter):
    again = counter.shop.write(stock_takes.begin, who="x")
    assert again == Refusal(Code.COUNT_ANOTHER_OPEN, {"take": counter.take.id})


def test_a_shop_without_goods_has_nothing_to_count(shop: Shop):
    assert shop.write(stock_takes.begin, who="x") == Refusal(Code.COUNT_NO_GOODS)


def test_what_was_counted_right_changes_nothing(counter: Counter):
    before = counter.shop.sku(SHIRT).on_hand
    counter.count("A-01", {JEANS: counter.shop.sku(JEANS).on_hand, SHIRT: before})
    counter.count("B-02", {SOCKS: 4})
    assert counter.found() == {}
    assert isinstance(counter.book(), StockTake)
    assert counter.shop.sku(SHIRT).on_hand == before
    assert counter.kinds()[-1] == "count_booked"


def test_a_missing_and_a_surplus_piece_are_booked_with_their_reasons(counter: Counter):
    jeans, shirts = (counter.shop.sku(code).on_hand for code in (JEANS, SHIRT))
    counter.count("A-01", {JEANS: jeans - 1, SHIRT: shirts + 2})
    counter.count("B-02", {SOCKS: 4})
    assert counter.found() == {JEANS: -1, SHIRT: 2}
    refusal = counter.book()
    assert (refusal.code, refusal.facts["skus"]) == (Code.COUNT_UNEXPLAINED, 2)
    counter.explain(**{JEANS: "丢失"})
    assert counter.book().facts == {"skus": 1, "sku": SHIRT}
    counter.explain(**{SHIRT: "入库漏记", JEANS: "  "})
    assert counter.book().state == TakeState.BOOKED
    assert counter.shop.sku(JEANS).on_hand == jeans - 1
    assert counter.shop.sku(SHIRT).on_hand == shirts + 2
    moves = counter.shop.read(lambda session: session.execute(
        select(StockMove.quantity, StockMove.who, StockMove.note)
        .where(StockMove.kind == "adjust").order_by(StockMove.id)).all())
    note = stock_takes.subject(counter.take.id)
    assert [tuple(row) for row in moves] == [(-1, "陈姐", note), (2, "陈姐", note)]
    assert counter.kinds()[-3:] == ["count_difference", "count_difference", "count_booked"]
    assert counter.shop.read(lambda session: list(history.verify(session))) == []


def test_nothing_is_booked_before_every_place_is_counted(counter: Counter):
    counter.count("A-01", {})
    assert counter.book() == Refusal(Code.COUNT_NOT_DONE, {"places": 1, "place": "B-02"})


def test_the_sheet_does_not_tell_what_should_be_there(counter: Counter):
    sheet_id = counter.open("B-02").id
    said = counter.scan(SOCKS, sheet_id)
    assert said.words == Message("count.said_counted", {
        "item_no": "SK01", "color": "灰", "size": "均码", "pieces": 1})


def test_goods_on_the_wrong_place_are_no_difference_but_named(counter: Counter):
    jeans, shirts = (counter.shop.sku(code).on_hand for code in (JEANS, SHIRT))
    counter.count("A-01", {JEANS: jeans, SHIRT: shirts - 1})
    sheet_id = counter.open("B-02").id
    said = counter.scan(SHIRT, sheet_id)
    assert isinstance(said.words, Message)
    assert (said.words.code, said.words.facts["place"]) == ("count.said_elsewhere", "A-01")
    for _ in range(4):
        counter.scan(SOCKS, sheet_id)
    counter.shop.write(stock_takes.finish, sheet_id, who="仓管")
    assert counter.found() == {}


def test_pieces_in_parcels_that_stand_in_the_house_are_not_on_the_shelf(counter: Counter):
    counter.shop.receive_numbers()
    counter.shop.seal("A1", SOCKS)
    assert counter.shop.sku(SOCKS).on_hand == 4
    counter.count("A-01", {code: counter.shop.sku(code).on_hand for code in (JEANS, SHIRT)})
    counter.count("B-02", {SOCKS: 3})
    assert counter.found() == {}


def test_goods_that_moved_while_they_were_counted_are_counted_again(counter: Counter):
    sheet_id = counter.open("B-02").id
    for _ in range(4):
        counter.scan(SOCKS, sheet_id)
    counter.shop.write(stock.receive, counter.shop.skus[SOCKS], 2)
    refusal = counter.shop.write(stock_takes.finish, sheet_id, who="仓管")
    assert refusal.code is Code.COUNT_MOVED
    assert refusal.facts == {"place": "B-02", "skus": SOCKS, "count": 1}
    assert counter.sheet(sheet_id).state == SheetState.COUNTING
    assert counter.sheet(sheet_id).lines[0].counted == 0
    for _ in range(6):
        counter.scan(SOCKS, sheet_id)
    assert counter.shop.write(stock_takes.finish, sheet_id, who="仓管").state == "counted"
    assert counter.kinds()[-2:] == ["count_moved", "count_place_done"]


def test_goods_that_came_to_an_empty_place_while_it_was_counted_are_not_overlooked(
    counter: Counter
):
    counter.shop.write(stock.adjust, counter.shop.skus[SOCKS], -4, who="x", note="")
    sheet_id = counter.open("B-02").id
    counter.shop.write(stock.receive, counter.shop.skus[SOCKS], 2)
    refusal = counter.shop.write(stock_takes.finish, sheet_id, who="仓管")
    assert (refusal.code, refusal.facts["skus"]) == (Code.COUNT_MOVED, SOCKS)


def test_what_moves_between_count_and_booking_stays_right(counter: Counter):
    counter.count("A-01", {code: counter.shop.sku(code).on_hand for code in (JEANS, SHIRT)})
    counter.count("B-02", {SOCKS: 3})
    counter.shop.write(stock.receive, counter.shop.skus[SOCKS], 10)
    counter.explain(**{SOCKS: "丢失"})
    counter.book()
    assert counter.shop.sku(SOCKS).on_hand == 13


def test_more_promised_than_there_is_is_loud(counter: Counter):
    counter.shop.receive_numbers()
    for number in range(4):
        counter.shop.pay(f"A{number}", SOCKS)
    counter.count("A-01", {code: counter.shop.sku(code).on_hand for code in (JEANS, SHIRT)})
    counter.count("B-02", {SOCKS: 1})
    counter.explain(**{SOCKS: "丢失"})
    counter.book()
    alarm = counter.shop.read(lambda session: session.scalar(
        select(Alarm).where(Alarm.code == "oversold")))
    assert alarm.facts == {"sku": SOCKS, "pieces": 3}


def test_a_place_may_be_counted_again_from_nothing(counter: Counter):
    counter.count("B-02", {SOCKS: 1})
    sheet = counter.open("B-02")
    assert (sheet.state, counter.sheet(sheet.id).lines[0].counted) == ("counting", 0)
    assert counter.book().code is Code.COUNT_NOT_DONE
    assert counter.open("B-02").id == sheet.id


def test_a_place_that_got_its_first_goods_meanwhile_can_be_counted_too(counter: Counter):
    assert counter.open("Z-09") == Refusal(Code.COUNT_NOT_NOW)
    put(counter.shop, JEANS, location="Z-09")
    assert counter.scan("Z-09").sheet_id == counter.open("Z-09").id


def test_a_count_that_was_given_up_changes_nothing_and_may_be_begun_again(counter: Counter):
    sheet_id = counter.open("B-02").id
    counter.scan(SOCKS, sheet_id)
    gone = counter.shop.write(stock_takes.withdraw, counter.take.id, who="仓管")
    assert gone.state == TakeState.WITHDRAWN
    for refused in (counter.book(), counter.explain(), counter.open("B-02"),
                    counter.scan(SOCKS, sheet_id).words,
                    counter.shop.write(stock_takes.withdraw, counter.take.id, who="x")):
        assert refused == Refusal(Code.COUNT_NOT_NOW)
    assert counter.begin().id != counter.take.id


# --- By scanning ----------------------------------------------------------------------------------


def test_digits_before_a_piece_count_a_whole_stack(counter: Counter):
    sheet_id = counter.open("B-02").id
    counter.scan("PBCMD-1", sheet_id)
    assert counter.scan("PBCMD-2", sheet_id).words == Message("count.said_digits", {"digits": "12"})
    counter.scan(SOCKS, sheet_id)
    assert counter.sheet(sheet_id).lines[0].counted == 12
    counter.scan(SOCKS, sheet_id)
    assert counter.sheet(sheet_id).lines[0].counted == 13


def test_undo_takes_back_a_digit_first_then_the_last_scan_and_no_more(counter: Counter):
    sheet_id = counter.open("B-02").id
    for code in ("PBCMD-3", SOCKS, SOCKS, "PBCMD-5", "PBCMD-UNDO"):
        counter.scan(code, sheet_id)
    assert counter.sheet(sheet_id).lines[0].counted == 4
    counter.scan("PBCMD-UNDO", sheet_id)
    assert counter.sheet(sheet_id).lines[0].counted == 3
    assert counter.scan("PBCMD-UNDO", sheet_id).words == Refusal(Code.COUNT_NOT_NOW)


def test_more_than_anybody_stores_is_a_slip(counter: Counter):
    sheet_id = counter.open("B-02").id
    for digit in "9999":
        counter.scan(f"PBCMD-{digit}", sheet_id)
    assert counter.scan("PBCMD-9", sheet_id).words.code == Code.COUNT_TOO_MANY
    counter.scan(SOCKS, sheet_id)
    assert counter.scan(SOCKS, sheet_id).words.code == Code.COUNT_TOO_MANY
    typed = counter.shop.write(
        stock_takes.count_typed, sheet_id, {counter.shop.skus[SOCKS]: 10_000}, who="x")
    assert typed.code is Code.COUNT_TOO_MANY
    assert counter.sheet(sheet_id).lines[0].counted == 9999


def test_a_leading_zero_is_no_digit(counter: Counter):
    sheet_id = counter.open("B-02").id
    for code in ("PBCMD-0", "PBCMD-0", SOCKS):
        counter.scan(code, sheet_id)
    assert counter.sheet(sheet_id).lines[0].counted == 1


def test_done_leads_back_to_the_places_and_a_place_leads_on(counter: Counter):
    sheet_id = counter.scan("B-02").sheet_id
    assert sheet_id
    counter.scan(SOCKS, sheet_id)
    other = counter.scan("A-01", sheet_id)
    assert other.sheet_id not in (None, sheet_id)
    assert counter.scan("B-02", other.sheet_id).sheet_id == sheet_id
    done = counter.scan("PBCMD-DONE", sheet_id)
    assert (done.sheet_id, done.words.facts) == (0, {"place": "B-02", "pieces": 1})


@pytest.mark.parametrize(("code", "why"), [
    ("NOSUCH", Code.ITEM_UNKNOWN), ("PBCMD-WEIGH", Code.BENCH_NOT_NOW),
    ("PBID-007", Code.BENCH_NOT_NOW), ("PBCMD-NOSUCH", Code.BENCH_NOT_NOW),
])
def test_what_means_nothing_here_says_so(counter: Counter, code: str, why: Code):
    sheet_id = counter.open("B-02").id
    assert counter.scan(code, sheet_id).words.code == why
    assert counter.scan(code).words.code == why


def test_a_piece_scanned_before_any_place_counts_nowhere(counter: Counter):
    assert counter.scan(SOCKS).words.code == Code.ITEM_UNKNOWN


def test_nothing_counts_where_the_place_is_done(counter: Counter):
    sheet = counter.count("B-02", {})
    assert counter.scan(SOCKS, sheet.id).words == Refusal(Code.COUNT_NOT_NOW)
    assert counter.scan("PBCMD-DONE", sheet.id).words == Refusal(Code.COUNT_NOT_NOW)
    assert counter.scan("PBCMD-1", sheet.id).words == Refusal(Code.COUNT_NOT_NOW)
    assert counter.scan("PBCMD-UNDO", 999).words == Refusal(Code.COUNT_NOT_NOW)
    typed = counter.shop.write(stock_takes.count_typed, sheet.id, {}, who="x")
    assert typed.code is Code.COUNT_NOT_NOW


def test_a_paper_sheet_s_numbers_stand_in_place_of_what_was_scanned(counter: Counter):
    sheet_id = counter.open("A-01").id
    counter.scan(JEANS, sheet_id)
    counter.scan(SHIRT, sheet_id)
    counter.shop.write(stock_takes.count_typed, sheet_id, {counter.shop.skus[JEANS]: 7, 99: 3},
                       who="仓管")
    counted = {line.sku.code: line.counted for line in counter.sheet(sheet_id).lines}
    assert (counted[JEANS], counted[SHIRT]) == (7, 1)


def test_the_blank_sheets_name_goods_and_places_and_no_numbers(counter: Counter):
    fonts = Fonts.find()
    pdf = counter.shop.read(
        stock_take_paper.pdf, counter.take.id, shop="小店", fonts=fonts)
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]
    assert len(pages) == 2
    assert "A-01" in pages[0]
    assert "JN8801" in pages[0]
    assert "SK01" in pages[1]
    with pytest.raises(LookupError):
        counter.shop.read(stock_take_paper.pdf, 99, shop="", fonts=fonts)


# --- When it is due -------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "month", "due"), [
    (date(2026, 11, 27), "2026-11", False), (date(2026, 11, 28), "2026-11", True),
    (date(2026, 11, 30), "2026-11", True), (date(2026, 12, 1), "2026-11", False),
    (date(2026, 12, 14), "2026-11", False), (date(2026, 12, 15), "2026-12", False),
    (date(2027, 1, 3), "2026-12", False), (date(2028, 2, 29), "2028-02", True),
])
def test_which_month_a_count_is_for_and_when_it_is_due(day: date, month: str, due: bool):
    assert (month_of(day), is_due(day)) == (month, due)


def test_the_reminder_stands_from_the_28th_until_the_count_is_booked(counter: Counter):
    shop = counter.shop
    shop.now = datetime(2026, 11, 27, 15, 59, tzinfo=UTC)  # 23:59 of the 27th in the shop
    assert shop.read(stock_take_watch.reminder, now=shop.now) == ""
    shop.later(minutes=1)
    assert shop.read(stock_take_watch.reminder, now=shop.now) == "2026-11"
    counter.count("A-01", {code: shop.sku(code).on_hand for code in (JEANS, SHIRT)})
    counter.count("B-02", {SOCKS: 4})
    counter.book()
    assert shop.read(stock_take_watch.reminder, now=shop.now) == ""


def missed_alarms(shop: Shop) -> list[Alarm]:
    return shop.read(lambda session: list(session.scalars(
        select(Alarm).where(Alarm.code == "stock_take_missed").order_by(Alarm.id))))


def test_a_month_without_a_count_is_loud_on_the_first_once_until_it_is_made_up(counter: Counter):
    shop = counter.shop
    loop = ClockLoop(shop.db, shop.rules, now=lambda: shop.now)
    shop.now = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    loop.step()
    assert missed_alarms(shop) == []
    shop.later(minutes=1)
    loop.step()
    loop.step()
    (alarm,) = missed_alarms(shop)
    assert alarm.facts == {"month": "2026-11"}
    counter.count("A-01", {code: shop.sku(code).on_hand for code in (JEANS, SHIRT)})
    counter.count("B-02", {SOCKS: 4})
    counter.book()
    (alarm,) = missed_alarms(shop)
    assert alarm.acknowledged_by == "station"
    loop.step()
    assert len(missed_alarms(shop)) == 1


def test_a_shop_that_opened_this_month_missed_nothing(open_shop: Shop):
    open_shop.now = datetime(2026, 11, 29, tzinfo=UTC)
    assert open_shop.read(stock_take_watch.missed, now=open_shop.now) == ""
    assert open_shop.read(
        stock_take_watch.missed, now=datetime(2026, 12, 1, tzinfo=UTC)) == "2026-11"
    empty = datetime(2026, 11, 29, tzinfo=UTC)
    assert not stock_take_watch.watch(open_shop.db, now=empty)


# --- Whatever is scanned --------------------------------------------------------------------------

SCANS = st.sampled_from([SOCKS, JEANS, "PBCMD-1", "PBCMD-4", "PBCMD-UNDO", "NOSUCH", "sold", "in"])


@given(st.lists(SCANS, max_size=14))
@settings(max_examples=15, deadline=None, suppress_health_check=[
    HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_books_agree_with_the_shelf_after_any_count(counter: Counter, scans: list[str]):
    """Whatever was scanned and moved, the ledger's sum is the stock, and the count is booked."""
    shop, socks = counter.shop, counter.shop.skus[SOCKS]
    shop.write(stock_takes.withdraw, counter.take.id, who="x")
    counter.take = counter.begin()
    sheet_id = counter.open("B-02").id
    for code in scans:
        if code in ("sold", "in"):
            shop.write(stock.adjust, socks, 1 if code == "in" else -1, who="x", note="")
        else:
            counter.scan(code, sheet_id)
    last = shop.write(stock_takes.finish, sheet_id, who="仓管")
    if isinstance(last, Refusal):
        assert last.code is Code.COUNT_MOVED
        last = shop.write(stock_takes.finish, sheet_id, who="仓管")
    counted = {line.sku.code: line.counted for line in counter.sheet(sheet_id).lines}
    counter.count("A-01", {})
    counter.explain(**dict.fromkeys((JEANS, SHIRT, SOCKS), "清点"))
    assert counter.book().state == TakeState.BOOKED
    assert shop.sku(SOCKS).on_hand == counted.get(SOCKS, 0)
    assert shop.sku(JEANS).on_hand == counted.get(JEANS, 0)
    total = shop.read(lambda session: session.scalar(
        select(func.sum(StockMove.quantity)).where(
            StockMove.sku_id == socks, StockMove.kind.in_(["receive", "adjust"]))))
    assert total == shop.sku(SOCKS).on_hand
    assert shop.read(lambda session: session.scalar(select(func.count(Parcel.id)))) == 0
