"""The promise's clock while a parcel is held, and goods, numbers and articles offered to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from station.db.models import Alarm, Hold, Parcel, PrintJob
from station.domain.deadlines import deadline
from station.domain.refusals import Code
from station.domain.vocabulary import Flag
from station.services import changes, intake, offers, promises, stock

if TYPE_CHECKING:
    from conftest import Shop

    from station.services.intake import Taken

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
ORDER = "2450000000000007001"


@pytest.mark.rule("S9")
def test_a_presales_clock_starts_on_its_day_and_the_wait_before_is_not_added(
    open_shop: Shop,
) -> None:
    day = open_shop.now + timedelta(days=10)
    taken = open_shop.tell(replace(open_shop.order(ORDER, JEANS), ship_after=day))[0]
    due = deadline(open_shop.now, ship_after=day)
    assert open_shop.parcel(taken.parcel_id).deadline == due
    open_shop.now = day + timedelta(seconds=30)
    open_shop.write(offers.retry_held, open_shop.rules)
    parcel = open_shop.parcel(taken.parcel_id)
    assert parcel.state == "reserved"
    assert parcel.deadline - due == timedelta(seconds=30)


@pytest.mark.rule("S9", "S20")
def test_a_presale_that_also_waits_for_goods_is_moved_by_the_wait_after_its_day(
    open_shop: Shop,
) -> None:
    day = open_shop.now + timedelta(days=10)
    order = replace(open_shop.order(ORDER, *[JEANS] * 11), ship_after=day)
    taken = open_shop.tell(order)[0]
    open_shop.now = day + timedelta(hours=5)
    open_shop.write(stock.receive, open_shop.skus[JEANS], 1)
    open_shop.write(offers.retry_held, open_shop.rules)
    moved = open_shop.parcel(taken.parcel_id).deadline - deadline(order.paid_at, ship_after=day)
    assert moved == timedelta(hours=5)


@pytest.mark.rule("S9")
def test_two_holds_at_once_stop_the_clock_once(open_shop: Shop) -> None:
    order = replace(open_shop.order(ORDER, *[JEANS] * 11), flag=Flag.YELLOW)
    taken = open_shop.tell(order)[0]
    before = open_shop.parcel(taken.parcel_id).deadline
    open_shop.later(hours=1)
    open_shop.write(stock.receive, open_shop.skus[JEANS], 1)
    open_shop.write(offers.retry_held, open_shop.rules)
    assert open_shop.parcel(taken.parcel_id).deadline == before
    open_shop.later(hours=1)
    open_shop.tell(replace(order, flag=Flag.RED))
    assert open_shop.parcel(taken.parcel_id).deadline == before + timedelta(hours=2)


@pytest.mark.rule("S20")
def test_a_parcel_that_is_let_go_wakes_the_printer(shop: Shop) -> None:
    shop.receive_numbers()
    shop.stock_goods(JEANS)
    taken = shop.pay(ORDER, JEANS)
    shop.write(intake.hold_by_hand, taken.parcel_id, who="小美", reason="等等")
    heard: list[str] = []
    shop.db.on_commit = heard.extend
    shop.write(
        intake.release_by_hand, taken.parcel_id, Code.ORDER_BY_HAND, shop.rules, who="小美",
        reason="好了",
    )
    assert "print_jobs" in heard


# --- Offers ---------------------------------------------------------------------------------------


def held(shop: Shop, count: int) -> list[Taken]:
    return [shop.pay(f"24500000000000071{n:02d}", JEANS, buyer=f"b{n}") for n in range(count)]


@pytest.mark.rule("S20")
def test_what_comes_goes_to_the_nearest_deadlines_in_short_transactions(shop: Shop) -> None:
    shop.receive_numbers(count=60)
    shop.stock_goods(JEANS, 0)
    taken = held(shop, 50)
    shop.write(stock.receive, shop.skus[JEANS], 45)
    assert offers.offer_held(shop.db, shop.rules, now=shop.now) == 45
    waiting = {row.parcel_id for row in taken if shop.holds(row.parcel_id)}
    assert waiting == {row.parcel_id for row in taken[45:]}
    assert (shop.sku(JEANS).reserved, len(shop.jobs())) == (45, 45)


def test_offering_writes_nothing_while_nothing_came(shop: Shop) -> None:
    shop.receive_numbers()
    shop.stock_goods(JEANS, 0)
    held(shop, 5)
    written: list[str] = []
    shop.db.on_commit = written.extend
    assert offers.offer_held(shop.db, shop.rules, now=shop.now) == 0
    assert written == []


@pytest.mark.rule("S20")
def test_one_piece_that_came_is_offered_to_one_of_many(shop: Shop) -> None:
    shop.receive_numbers()
    shop.stock_goods(JEANS, 0)
    taken = held(shop, 6)
    shop.write(stock.receive, shop.skus[JEANS], 2)
    likely = shop.read(lambda session: offers.likely(session, now=shop.now))
    assert likely == [row.parcel_id for row in taken[:2]]


@pytest.mark.rule("D10")
def test_two_numbers_that_came_are_offered_to_two_of_many(shop: Shop) -> None:
    shop.stock_goods(JEANS)
    taken = held(shop, 6)
    shop.receive_numbers(count=2)
    likely = shop.read(lambda session: offers.likely(session, now=shop.now))
    assert likely == [row.parcel_id for row in taken[:2]]
    assert offers.offer_held(shop.db, shop.rules, now=shop.now) == 2


def test_an_alarm_that_was_seen_is_not_raised_again_by_every_new_try(shop: Shop) -> None:
    shop.receive_numbers()
    shop.stock_goods(JEANS, 0)
    held(shop, 1)
    assert shop.alarms() == ["no_stock"]
    shop.acknowledge_all()
    for _ in range(3):
        shop.later(minutes=1)
        shop.write(offers.retry_held, shop.rules)
    assert shop.alarms() == []


@pytest.mark.rule("D4", "S20")
def test_a_parcel_that_lost_a_faulty_piece_gets_the_next_one_that_comes(shop: Shop) -> None:
    shop.receive_numbers()
    shop.stock_goods(JEANS, 1)
    taken = shop.pay(ORDER, JEANS)
    shop.print_next()

    def faulty(session: Any, *, now: Any) -> None:
        from station.services.holds import hold  # noqa: PLC0415 - only here
        from station.services.issuing import locked  # noqa: PLC0415 - only here

        parcel = locked(session, taken.parcel_id)
        stock.to_defect(session, shop.skus[JEANS], parcel_id=parcel.id, who="阿明", note="",
                        now=now)
        parcel.lines[0].reserved = 0
        hold(session, parcel, Code.ORDER_NO_STOCK, {"skus": JEANS}, now=now)

    shop.write(faulty)
    shop.write(stock.receive, shop.skus[JEANS], 1)
    offers.offer_held(shop.db, shop.rules, now=shop.now)
    assert shop.holds(taken.parcel_id) == []
    assert (shop.parcel(taken.parcel_id).state, shop.sku(JEANS).reserved) == ("printed", 1)


# --- Articles without a code ----------------------------------------------------------------------


@pytest.mark.rule("S8", "D1")
@pytest.mark.parametrize("code", ["", "JN8801", "一个新编码"])
@pytest.mark.parametrize("look", [("黑色", "32"), (" 黑色 ", "３２")])
def test_a_line_without_a_known_code_is_the_one_article_of_that_look(
    open_shop: Shop, code: str, look: tuple[str, str]
) -> None:
    order = open_shop.order(ORDER, JEANS)
    line = replace(order.lines[0], sku=code, color=look[0], size=look[1])
    taken = open_shop.tell(replace(order, lines=(line,)))[0]
    assert taken.holds == ()
    assert open_shop.parcel(taken.parcel_id).lines[0].sku.code == JEANS


@pytest.mark.parametrize(
    "look", [{"color": "蓝色"}, {"size": "33"}, {"color": "", "size": ""}, {"item_no": "XX"},
             {"item_no": ""}],
)
def test_a_line_that_no_article_fits_is_held_and_never_guessed(
    open_shop: Shop, look: dict[str, str]
) -> None:
    order = open_shop.order(ORDER, JEANS)
    line = replace(order.lines[0], sku="", **look)
    assert open_shop.tell(replace(order, lines=(line,)))[0].holds == (Code.ORDER_UNKNOWN_SKU,)


def test_a_line_that_two_articles_fit_is_held(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS)

    def twin(session: Any, *, now: Any) -> None:
        from station.db.models import Sku  # noqa: PLC0415 - only here

        session.add(Sku(code="JN8801-旧码", item_no="JN8801", color="黑色", size="32", on_hand=5))

    open_shop.write(twin)
    line = replace(order.lines[0], sku="")
    assert open_shop.tell(replace(order, lines=(line,)))[0].holds == (Code.ORDER_UNKNOWN_SKU,)


# --- The pace of it at a million parcels ----------------------------------------------------------


def plans(shop: Shop, look: Any) -> list[str]:
    """How SQLite would find the rows of every statement that ``look`` runs."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        statements.append((statement, parameters))

    event.listen(shop.db.engine, "before_cursor_execute", note)
    try:
        shop.read(look)
    finally:
        event.remove(shop.db.engine, "before_cursor_execute", note)

    def explain(session: Any) -> list[str]:
        connection = session.connection()
        return [
            str(row[3])
            for statement, parameters in statements if statement.lstrip().startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    return shop.read(explain)


@pytest.fixture
def old_shop(sqlite_database: Any, new_shop: Any) -> Shop:
    """A shop with thousands of parcels, jobs and alarms behind it."""
    from station.services.rules import Rules  # noqa: PLC0415 - only here

    shop: Shop = new_shop(sqlite_database, Rules(low_pool=0))

    def age(session: Any, *, now: Any) -> None:
        for n in range(1, 501):
            parcel = Parcel(
                id=n, state="handed_over", version=1, carrier="STO", merge_key=f"k{n}", name="",
                phone="", province="", city="", district="", street="", paid_at=now, deadline=now,
                created_at=now,
            )
            session.add(parcel)
            session.flush()
            session.add_all([
                Hold(parcel_id=n, code="order.no_stock", since=now, released_at=now),
                PrintJob(kind="waybill", state="confirmed", parcel_id=n, created_at=now),
                Alarm(code="no_stock", subject=f"parcel:{n}", at=now, acknowledged_at=now),
            ])

    shop.write(age)
    return shop


@pytest.mark.pain("43")
@pytest.mark.parametrize("what", ["offers", "late", "waits"])
def test_looking_for_what_to_do_reads_no_whole_table(old_shop: Shop, what: str) -> None:
    looks = {
        "offers": offers.waiting_ids,
        "late": lambda session: promises.unsaid(session, now=old_shop.now),
        "waits": lambda session: promises._waiting_long(session, now=old_shop.now),
    }
    found = plans(old_shop, looks[what])
    assert found
    assert [line for line in found if line.startswith("SCAN")] == []


def test_the_next_job_is_found_by_index(old_shop: Shop) -> None:
    from station.services import printing  # noqa: PLC0415 - only here

    found = plans(old_shop, lambda session: printing.next_due(session, bench="1"))
    assert [line for line in found if line.startswith("SCAN")] == []


def test_a_corrected_address_releases_what_only_the_address_held(open_shop: Shop) -> None:
    order = open_shop.order(ORDER, JEANS)
    masked = replace(order, consignee=replace(order.consignee, street="***路"))
    taken = open_shop.tell(masked)[0]
    open_shop.write(
        changes.change_address, taken.parcel_id, order.consignee, open_shop.rules, who="小美",
        reason="补全地址",
    )
    assert open_shop.holds(taken.parcel_id) == []
