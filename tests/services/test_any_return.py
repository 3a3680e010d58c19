"""Whatever comes back in whatever order: no piece is booked twice and the ledger always agrees."""

from __future__ import annotations

import shutil
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from station.carriers import example_tariffs, reach_table
from station.db.models import Case, CasePiece, Parcel, Sku, StockMove
from station.db.session import Database
from station.domain.cases import ENDED, CaseKind, CaseMove, CaseState, PieceVerdict, moves_of
from station.services import cases, history, replacements, returns, stock
from station.services.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

JEANS, SHIRT, OTHER = "JN8801-黑色-32", "TS1103-白色-M", "TS1103-黑色-L"
LEFT = {JEANS: 2, SHIRT: 1}
KINDS = (CaseKind.RETURN, CaseKind.EXCHANGE, CaseKind.LOST)


class AnyReturn(RuleBasedStateMachine):
    """One parcel that left, its cases, and people who scan and press whatever they like."""

    def __init__(self, shop: Any) -> None:
        super().__init__()
        self.shop = shop
        for code in (JEANS, SHIRT, OTHER):
            shop.stock_goods(code, 5, measure_waist=code == JEANS)
        shop.receive_numbers()
        parcel = shop.seal("A1", JEANS, JEANS, SHIRT)

        def leave(session: Any, *, now: Any) -> None:
            row = session.get(Parcel, parcel.id)
            row.state, row.handed_over_at = "handed_over", now
            pieces = {line.sku_id: 0 for line in row.lines}
            for line in row.lines:
                pieces[line.sku_id] += line.quantity
                line.reserved = 0
            going = stock.Leaving(row.id, row.waybill_no, pieces, pieces)
            stock.ship(session, [going], now=now)

        shop.write(leave)
        self.parcel_id = parcel.id

    def do(self, step: Any, *args: Any, **facts: Any) -> Any:
        return self.shop.write(step, *args, who="老周", **facts)

    def newest(self) -> int:
        return self.shop.read(lambda session: session.scalar(select(func.max(Case.id)))) or 0

    def teardown(self) -> None:
        self.shop.db.close()

    # --- What people do ---------------------------------------------------------------------------

    @rule(kind=st.sampled_from(KINDS))
    def open(self, kind: CaseKind) -> None:
        self.do(cases.begin, self.parcel_id, kind, self.shop.rules)

    @rule(code=st.sampled_from([JEANS, JEANS, SHIRT, OTHER, "XX"]))
    def scan(self, code: str) -> None:
        self.do(returns.scan_piece, self.newest(), code, self.shop.rules)

    @rule(verdict=st.sampled_from(PieceVerdict), digits=st.sampled_from(["", "82", "815", "32"]))
    def judge(self, verdict: PieceVerdict, digits: str) -> None:
        case_id = self.newest()
        for figure in digits:
            self.shop.db.write(lambda session, figure=figure: returns.digit(
                session, case_id, int(figure)))
        self.do(returns.judge, case_id, verdict)

    @rule()
    def undo(self) -> None:
        self.do(returns.undo, self.newest())

    @rule()
    def finish(self) -> None:
        self.do(returns.finish, self.newest(), self.shop.rules)

    @rule(fen=st.integers(-5, 300))
    def claim_and_pay(self, fen: int) -> None:
        self.do(cases.claim, self.newest(), self.shop.rules, fen=fen)
        self.do(cases.pay, self.newest(), self.shop.rules, fen=fen // 2)

    @rule(move=st.sampled_from(CaseMove))
    def say(self, move: CaseMove) -> None:
        self.do(cases.go_on, self.newest(), move, self.shop.rules)

    @rule(code=st.sampled_from([JEANS, OTHER]), pieces=st.integers(1, 7))
    def send_again(self, code: str, pieces: int) -> None:
        wanted = [replacements.Wanted(code, pieces)]
        self.do(replacements.replace, self.newest(), wanted, self.shop.rules)

    @rule(skus=st.lists(st.sampled_from([JEANS, SHIRT]), min_size=1, max_size=3))
    def sell(self, skus: list[str]) -> None:
        self.shop.pay(f"B{self.shop.now.timestamp()}", *skus, buyer="tb_b")
        self.shop.later(minutes=1)

    # --- What must hold ---------------------------------------------------------------------------

    @invariant()
    def no_more_is_booked_than_left(self) -> None:
        back = self.shop.read(returns.came_back, self.parcel_id)
        for code, left in LEFT.items():
            assert back.get(self.shop.skus[code], 0) <= left
        assert self.shop.skus[OTHER] not in back

    @invariant()
    def stock_is_what_left_and_what_came_back(self) -> None:
        def look(session: Any) -> None:
            for sku in session.scalars(select(Sku)):
                verdicts = list(session.scalars(
                    select(CasePiece.verdict).where(CasePiece.sku_id == sku.id)))
                assert sku.on_hand == 5 - LEFT.get(sku.code, 0) + verdicts.count("good")
                assert sku.defect == verdicts.count("defective")
                assert 0 <= sku.reserved <= sku.on_hand
                moves = dict(session.execute(select(
                    StockMove.kind, func.sum(StockMove.quantity)).where(
                    StockMove.sku_id == sku.id).group_by(StockMove.kind)).all())
                assert sku.on_hand == (moves.get("receive", 0) + moves.get("return", 0)
                                       - moves.get("ship", 0) - moves.get("defect", 0))
                assert sku.defect == moves.get("defect", 0)

        self.shop.read(look)

    @invariant()
    def every_pair_on_the_shelf_was_measured(self) -> None:
        waists = self.shop.read(lambda session: session.scalars(select(CasePiece.waist_mm).where(
            CasePiece.verdict == "good", CasePiece.sku_id == self.shop.skus[JEANS])).all())
        assert all(waist and 400 <= waist <= 1600 for waist in waists)

    @invariant()
    def a_case_is_closed_if_and_only_if_it_has_ended(self) -> None:
        def look(session: Any) -> None:
            for case in session.scalars(select(Case)):
                assert (case.closed_at is not None) == (CaseState(case.state) in ENDED)
                assert (case.deadline is None) == (case.closed_at is not None)
                assert case.paid_fen == sum(row.fen for row in case.payments)
                assert moves_of(CaseKind(case.kind), CaseState(case.state))
                assert sum(not piece.verdict for piece in case.pieces) <= 1
            assert list(history.verify(session)) == []

        self.shop.read(look)


@pytest.mark.rule("I8", "I6", "I2")
def test_any_return_leaves_goods_and_ledger_whole(
    sqlite_url: str, tmp_path: Path, new_shop: Any
) -> None:
    places, empty = count(), tmp_path / "empty.db"
    (tmp_path / "station.db").rename(empty)
    rules = Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0)

    def fresh() -> AnyReturn:
        path = tmp_path / f"{next(places)}.db"
        shutil.copy(empty, path)
        return AnyReturn(new_shop(Database(f"sqlite:///{path}"), rules))

    run_state_machine_as_test(fresh, settings=settings(
        max_examples=12, stateful_step_count=40, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    ))
