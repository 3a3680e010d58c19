"""A crash at any statement leaves all of a step or nothing, and the step can be done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select

from station.db.models import Base, Packaging, Parcel, PrintJob, Sku
from station.db.session import Database
from station.domain.orders import RefundKind
from station.domain.vocabulary import CarrierCode
from station.services import changes, handover, history, numbers, printing, refunds

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
FIRST, SECOND = "2450000000000010001", "2450000000000010002"


class PowerCut(BaseException):
    """The machine stops in the middle of a transaction."""


def everything(shop: Shop) -> dict[str, list[Any]]:
    """Every row of every table."""
    def look(session: Any) -> dict[str, list[Any]]:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
        }

    return shop.read(look)


def cut_at(shop: Shop, number: int, step: Callable[[], Any]) -> bool:
    """Run the step with the power cut before its statement ``number``; False if it has fewer."""
    engine = shop.db._writer._engine
    left = [number]

    def count(*_facts: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PowerCut

    event.listen(engine, "before_cursor_execute", count)
    try:
        step()
    except PowerCut:
        return True
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return False


def merged_and_printed(shop: Shop) -> int | None:
    shop.pay(FIRST, JEANS)
    taken = shop.pay(SECOND, SHIRT)
    shop.print_next()
    return taken.parcel_id


def _pay(shop: Shop) -> Callable[[], Any]:
    order = shop.order(FIRST, JEANS, SHIRT, seller_memo="腰围82cm")
    return lambda: shop.tell(order)


def _join(shop: Shop) -> Callable[[], Any]:
    shop.pay(FIRST, JEANS)
    shop.print_next()
    order = shop.order(SECOND, SHIRT)
    return lambda: shop.tell(order)


def _refund(shop: Shop) -> Callable[[], Any]:
    merged_and_printed(shop)
    return lambda: shop.refund(FIRST, RefundKind.REFUNDED)


def _apart(shop: Shop) -> Callable[[], Any]:
    parcel_id = shop.pay(FIRST, JEANS, SHIRT).parcel_id
    shop.print_next()
    shop.refund(FIRST, RefundKind.CANCELLED)
    return lambda: shop.write(
        refunds.take_apart, parcel_id, shop.rules, who="阿明", bench="1"
    )


def _retold(shop: Shop) -> Callable[[], Any]:
    merged_and_printed(shop)
    order = shop.order(FIRST, JEANS, seller_memo="改发顺丰，共3笔")
    moved = replace(order, consignee=replace(order.consignee, street="别处路9号"))
    return lambda: shop.tell(moved)


def _address(shop: Shop) -> Callable[[], Any]:
    parcel_id = merged_and_printed(shop)
    home = replace(shop.order(FIRST, JEANS).consignee, street="新路2号")
    return lambda: shop.write(
        changes.change_address, parcel_id, home, shop.rules, who="小美", reason="改地址"
    )


def _split(shop: Shop) -> Callable[[], Any]:
    parcel_id = merged_and_printed(shop)
    order_id = shop.parcel(parcel_id).orders[0].id
    return lambda: shop.write(
        changes.split_order, parcel_id, order_id, shop.rules, who="小美"
    )


def _sent(shop: Shop) -> Callable[[], Any]:
    roll = Packaging(code="R", name="卷", kind="label", stock=9)
    shop.db.write(lambda session: session.add(roll))
    shop.pay(FIRST, JEANS)
    due = shop.read(printing.next_due, bench="1")
    shop.write(printing.start_sending, due, printer="p", sha256="", pages=[b"png"])
    return lambda: shop.write(printing.sent, due.job_id, proof="printed", rules=shop.rules)


def _close(shop: Shop) -> Callable[[], Any]:
    parcels = [shop.seal(f"24500000000000101{n:02d}", JEANS, buyer=f"b{n}", grams=620)
               for n in range(3)]
    pile = shop.write(
        lambda s, *, now: handover.open_session(s, CarrierCode.STO, who="仓管", now=now).id
    )
    for parcel in parcels[:2]:
        shop.write(handover.scan, pile, parcel.waybill_no, who="仓管")
        shop.write(
            handover.enter_figures, pile, parcel.id, weight_g=620, price_fen=500,
            rules=shop.rules, who="仓管",
        )
    return lambda: shop.write(
        handover.close, pile, courier="王师傅", strokes=[[[1, 1], [9, 9]]], rules=shop.rules,
        who="仓管", missing=[handover.Missing(parcels[2].id, "明天发")],
    )


STEPS = {
    "pay": _pay, "join": _join, "refund": _refund, "apart": _apart, "retold": _retold,
    "address": _address, "split": _split, "sent": _sent, "close": _close,
}


@pytest.mark.fault("F9", "F31")
@pytest.mark.parametrize("name", list(STEPS))
def test_a_power_cut_before_any_statement_of_a_step_leaves_no_trace_of_it(
    sqlite_database: Database, new_shop: Any, name: str
) -> None:
    from station.carriers import example_tariffs, reach_table  # noqa: PLC0415 - only here
    from station.services.rules import Rules  # noqa: PLC0415 - only here

    rules = Rules(
        reach=reach_table(), tariffs=example_tariffs(), low_pool=3,
        platform_url="http://127.0.0.1:9",
    )
    shop: Shop = new_shop(sqlite_database, rules)
    shop.receive_numbers()
    shop.stock_goods(JEANS)
    shop.stock_goods(SHIRT)
    step = STEPS[name](shop)
    before, number = everything(shop), 1
    while cut_at(shop, number, step):
        assert everything(shop) == before, f"a trace was left by a cut at statement {number}"
        number += 1
    assert number > 10
    assert everything(shop) != before
    assert list(shop.read(lambda s: list(history.verify(s)))) == []


# --- A process that is killed ---------------------------------------------------------------------

_CHILD = """
import sys
from datetime import UTC, datetime
from station.db.session import Database
from station.domain.orders import Consignee, OrderLine, PaidOrder
from station.services import intake, printing
from station.services.rules import Rules

db, rules = Database(sys.argv[1]), Rules(low_pool=0)
home = Consignee("林小满", "13900000101", "浙江省", "台州市", "温岭市", "试验路1号")
start, now = int(sys.argv[2]), datetime(2026, 11, 23, 2, tzinfo=UTC)
for n in range(start, start + 100_000):
    line = OrderLine("1", "JN8801-黑色-32", "牛仔裤", "JN8801", "黑色", "32", 1)
    order = PaidOrder("taobao", f"2450{n:015d}", f"b{n}", now, home, (line,))
    taken = db.write(lambda s: intake.take_orders(s, [order], rules, source="x", now=now))[0]
    due = db.read(lambda s: printing.next_due(s, bench="1"))
    begun = due and db.write(lambda s: printing.start_sending(
        s, due, printer="p", sha256="", pages=[b"png"], now=now))
    if begun:
        db.write(lambda s: printing.sent(s, due.job_id, proof="none", rules=rules, now=now))
    print(taken.waybill_no, flush=True)
"""


@pytest.mark.fault("F9")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows knows no kill -9")
def test_a_station_that_is_killed_again_and_again_loses_and_doubles_nothing(
    sqlite_url: str, new_shop: Any
) -> None:
    from station.services.rules import Rules  # noqa: PLC0415 - only here

    db = Database(sqlite_url)
    shop: Shop = new_shop(db, Rules(low_pool=0))
    shop.receive_numbers(count=5000)
    shop.stock_goods(JEANS, 5000)
    db.close()
    acknowledged: list[str] = []
    for life in range(3):
        command = [sys.executable, "-c", _CHILD, sqlite_url, str(life * 1_000_000)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        ) as child:
            assert child.stdout is not None
            acknowledged += [child.stdout.readline().strip() for _ in range(3 + 4 * life)]
            child.kill()
            acknowledged += child.stdout.read().split()
    db = Database(sqlite_url)
    try:
        facts = db.read(_facts)
        assert db.write(
            lambda s: printing.recover(s, printer="p", now=shop.now)
        ) == facts["sending"] <= 3
    finally:
        db.close()
    assert set(filter(None, acknowledged)) <= set(facts["numbers"])
    assert len(facts["numbers"]) == len(set(facts["numbers"])) == facts["reserved"]
    assert facts["jobs"] == facts["parcels"]
    assert facts["breaks"] == []
    ledger = facts["ledger"]
    assert ledger["taken"] + ledger["printed"] == facts["parcels"]
    assert ledger["received"] == 5000 == ledger["unused"] + facts["parcels"]


def _facts(session: Any) -> dict[str, Any]:
    def count(*where: Any) -> int:
        return int(session.scalar(select(func.count()).select_from(PrintJob).where(*where)))

    return {
        "numbers": list(session.scalars(select(Parcel.waybill_no))),
        "parcels": session.scalar(select(func.count()).select_from(Parcel)),
        "jobs": count(), "sending": count(PrintJob.state == "sending"),
        "reserved": session.scalars(select(Sku)).one().reserved,
        "breaks": list(history.verify(session)), "ledger": numbers.ledger(session)["STO"],
    }
