"""Two desks at one parcel in one moment: one case, one booking, one new parcel."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from station.db.models import Case, CasePayment, CasePiece, Parcel, StockMove
from station.domain.cases import CaseKind, PieceVerdict
from station.domain.refusals import Refusal
from station.services import cases, history, replacements, returns, stock

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


@pytest.fixture
def gone(open_shop: Shop) -> Parcel:
    """A parcel of one pair of jeans that left."""
    parcel = open_shop.seal("A1", JEANS)

    def leave(session: Any, *, now: Any) -> None:
        row = session.get(Parcel, parcel.id)
        row.state, row.handed_over_at = "handed_over", now
        pieces = {line.sku_id: line.quantity for line in row.lines}
        for line in row.lines:
            line.reserved = 0
        stock.ship(session, [stock.Leaving(row.id, row.waybill_no, pieces, pieces)], now=now)

    open_shop.write(leave)
    return open_shop.parcel(parcel.id)


def together(step: Callable[[], Any], times: int = 8) -> list[Any]:
    """Do one thing in many threads that start at one moment; what each heard."""
    start, heard = threading.Barrier(times), []

    def run() -> None:
        start.wait(60)
        try:
            heard.append(step())
        except Exception as error:  # noqa: BLE001 - a thread's end: told to the test
            heard.append(error)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [one for one in heard if isinstance(one, Exception)], heard
    return heard


def count(shop: Shop, *conditions: Any) -> int:
    return int(shop.read(lambda session: session.scalar(
        select(func.count()).where(*conditions))) or 0)


def begin(shop: Shop, gone: Parcel, kind: CaseKind) -> Any:
    return shop.write(cases.begin, gone.id, kind, shop.rules, who="李")


def test_a_case_that_many_open_is_one_case(open_shop: Shop, gone: Parcel):
    heard = together(lambda: begin(open_shop, gone, CaseKind.RETURN).id)
    assert len(set(heard)) == 1
    assert count(open_shop, Case.id > 0) == 1


@pytest.mark.rule("I8")
def test_a_piece_that_many_judge_is_booked_once(open_shop: Shop, gone: Parcel):
    case_id = begin(open_shop, gone, CaseKind.RETURN).id
    scanned = together(lambda: open_shop.write(
        returns.scan_piece, case_id, JEANS, open_shop.rules, who="周"))
    assert sum(not isinstance(one, Refusal) for one in scanned) == 1
    judged = together(lambda: open_shop.write(
        returns.judge, case_id, PieceVerdict.GOOD, who="周"))
    assert sum(not isinstance(one, Refusal) for one in judged) == 1
    assert count(open_shop, CasePiece.verdict == "good") == 1
    assert count(open_shop, StockMove.kind == "return") == 1
    assert open_shop.sku(JEANS).on_hand == 10


@pytest.mark.rule("S21")
def test_a_replacement_that_many_ask_for_is_one_parcel(open_shop: Shop, gone: Parcel):
    case_id = begin(open_shop, gone, CaseKind.LOST).id
    wanted = [replacements.Wanted(SHIRT)]
    together(lambda: open_shop.write(
        replacements.replace, case_id, wanted, open_shop.rules, who="李"))
    assert count(open_shop, Parcel.id > 0) == 2
    assert open_shop.sku(SHIRT).reserved == 1


@pytest.mark.rule("D8")
def test_payments_that_arrive_together_all_count(open_shop: Shop, gone: Parcel):
    case_id = begin(open_shop, gone, CaseKind.LOST).id
    open_shop.write(cases.claim, case_id, open_shop.rules, fen=800, who="李")
    together(lambda: open_shop.write(cases.pay, case_id, open_shop.rules, fen=100, who="李"))
    case = open_shop.read(lambda session: session.get(Case, case_id))
    assert (case.paid_fen, case.state) == (800, "settled")
    assert count(open_shop, CasePayment.fen == 100) == 8
    assert open_shop.read(lambda session: list(history.verify(session))) == []
