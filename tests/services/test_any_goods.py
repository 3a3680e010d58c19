"""Whatever keepers, packers and suppliers do in whatever order, no piece is lost and none is made.

Beside the station a shelf of its own is kept: real pieces that people put and take. What the
station is told is what lies there, so that in the end both must say the same.
"""

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
from station.db.models import (
    CountLine,
    GoodsReceipt,
    GoodsReceiptLine,
    Parcel,
    ParcelLine,
    Sku,
    StockMove,
    SupplierLine,
)
from station.db.session import Database
from station.domain.cases import CaseKind, CaseMove, PieceVerdict
from station.domain.parcel import ENDED
from station.domain.refusals import Code, Refusal
from station.domain.supplier_lists import CameBack
from station.services import (
    cases,
    history,
    receiving,
    returns,
    stock,
    stock_takes,
    supplier_ledger,
    suppliers,
)
from station.services.receiving import LineFacts
from station.services.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

SHIRT, SOCKS = "TS1103-白色-M", "SK01-灰-均码"
CODES = st.sampled_from([SHIRT, SOCKS])
FEW = st.integers(0, 3)
ANY = st.integers(0, 9)
MILL = "温岭针织厂"


class AnyGoods(RuleBasedStateMachine):
    """Two articles, a courier, two suppliers' people and a keeper who may be wrong but not lie."""

    def __init__(self, shop: Any) -> None:
        super().__init__()
        self.shop = shop
        shop.receive_numbers(count=200)
        for code in (SHIRT, SOCKS):
            shop.stock_goods(code, 8, location="A-01" if code == SHIRT else "B-02")
        self.shelf = {SHIRT: 8, SOCKS: 8}  # good pieces in the house, those in parcels too
        self.faulty = {SHIRT: 0, SOCKS: 0}
        self.orders = count(1)
        self.owed = 0

    def teardown(self) -> None:
        self.shop.db.close()

    def do(self, step: Any, *args: Any, **facts: Any) -> Any:
        return self.shop.write(step, *args, who="老周", **facts)

    def ids(self, query: Any) -> list[Any]:
        return list(self.shop.read(lambda session: session.scalars(query).all()))

    def pick(self, query: Any, at: int) -> Any:
        """One of the rows there are, 0 where there is none."""
        found = self.ids(query)
        return found[at % len(found)] if found else 0

    # --- Goods come -------------------------------------------------------------------------------

    @rule()
    def a_supplier_comes(self) -> None:
        self.do(receiving.begin, MILL)

    @rule(at=ANY, code=CODES, pieces=st.integers(1, 9))
    def count_some(self, at: int, code: str, pieces: int) -> None:
        receipt = self.pick(select(GoodsReceipt.id).order_by(GoodsReceipt.id), at)
        self.shop.db.write(lambda session: receiving.type_digit(session, receipt, str(pieces)))
        self.shop.db.write(lambda session: receiving.count(session, receipt, code))

    @rule(at=ANY, pieces=st.integers(-1, 12), faulty=st.integers(-1, 5), price=st.integers(-1, 900))
    def put_right(self, at: int, pieces: int, faulty: int, price: int) -> None:
        line = self.pick(select(GoodsReceiptLine.id).order_by(GoodsReceiptLine.id), at)
        self.do(receiving.tell, line, LineFacts(pieces, faulty, price))

    @rule(at=ANY)
    def undo_or_reopen(self, at: int) -> None:
        receipt = self.pick(select(GoodsReceipt.id).order_by(GoodsReceipt.id), at)
        if isinstance(self.do(receiving.reopen, receipt), Refusal):
            self.shop.db.write(lambda session: receiving.undo(session, receipt))

    @rule(at=ANY, freight=st.integers(-1, 50), again=st.booleans())
    def book(self, at: int, freight: int, again: bool) -> None:
        receipt = self.pick(select(GoodsReceipt.id).order_by(GoodsReceipt.id), at)
        self.do(receiving.check, receipt, freight_fen=freight)
        for _ in range(1 + again):  # pressed twice: the second does nothing
            booked = self.do(receiving.book, receipt, "老李")
            if isinstance(booked, Refusal):
                continue
            for line in self.shop.read(receiving.one, receipt).lines:
                self.shelf[line.sku.code] += line.pieces - line.faulty
                self.faulty[line.sku.code] += line.faulty
                self.owed += line.amount_fen
            self.owed += booked.freight_fen

    @rule(at=ANY)
    def send_it_away(self, at: int) -> None:
        self.do(receiving.withdraw, self.pick(
            select(GoodsReceipt.id).order_by(GoodsReceipt.id), at))

    @rule(fen=st.integers(-500, 500))
    def pay(self, fen: int) -> None:
        said = self.do(supplier_ledger.pay, MILL, fen, day=self.shop.now.date())
        self.owed -= 0 if isinstance(said, Refusal) else fen

    # --- Goods go ---------------------------------------------------------------------------------

    @rule(codes=st.lists(CODES, min_size=1, max_size=3), leaves=st.booleans())
    def sell(self, codes: list[str], leaves: bool) -> None:
        number = f"24500000000000{next(self.orders):04d}"
        taken = self.shop.pay(number, *codes, buyer=f"tb_{number}")
        if taken.holds or not leaves:
            return
        self.shop.print_next()

        def go(session: Any, *, now: Any) -> None:
            parcel = session.get(Parcel, taken.parcel_id)
            pieces: dict[int, int] = {}
            for line in parcel.lines:
                pieces[line.sku_id] = pieces.get(line.sku_id, 0) + line.quantity
                line.packed, line.reserved = line.quantity, 0
            parcel.state, parcel.handed_over_at = "handed_over", now
            stock.ship(session, [stock.Leaving(parcel.id, "", pieces, pieces)], now=now)

        self.shop.write(go)
        for code in codes:
            self.shelf[code] -= 1

    @rule(code=CODES)
    def find_one_faulty(self, code: str) -> None:
        if self.shop.sku(code).available > 0:
            self.do(stock.to_defect, self.shop.skus[code], parcel_id=None, note="破洞")
            self.shelf[code] -= 1
            self.faulty[code] += 1

    @rule(at=ANY, verdict=st.sampled_from(PieceVerdict))
    def one_comes_back(self, at: int, verdict: PieceVerdict) -> None:
        parcel = self.pick(
            select(Parcel.id).where(Parcel.state == "handed_over").order_by(Parcel.id), at)
        case = parcel and self.do(cases.begin, parcel, CaseKind.RETURN, self.shop.rules)
        if not case or isinstance(case, Refusal):
            return
        code = self.shop.parcel(parcel).lines[0].sku.code
        self.do(returns.scan_piece, case.id, code, self.shop.rules)
        if not isinstance(self.do(returns.judge, case.id, verdict), Refusal):
            self.shelf[code] += verdict is PieceVerdict.GOOD
            self.faulty[code] += verdict is PieceVerdict.DEFECTIVE
        self.do(returns.finish, case.id, self.shop.rules)
        self.do(cases.go_on, case.id, CaseMove.SETTLE, self.shop.rules)

    # --- Goods go back to who made them -----------------------------------------------------------

    @rule(code=CODES, pieces=st.integers(-1, 9), from_shelf=st.booleans())
    def list_for_supplier(self, code: str, pieces: int, from_shelf: bool) -> None:
        made = self.do(suppliers.make, MILL, {code: pieces}, self.shop.rules, from_shelf=from_shelf)
        if not isinstance(made, Refusal):
            (self.shelf if from_shelf else self.faulty)[code] -= pieces

    @rule(at=ANY, back=st.tuples(FEW, FEW, FEW), again=st.booleans())
    def supplier_settles(self, at: int, back: tuple[int, int, int], again: bool) -> None:
        line = self.pick(select(SupplierLine.id).order_by(SupplierLine.id), at)
        code, listed = self.listed(line)
        self.do(suppliers.hand_over, listed, "小王")
        for _ in range(1 + again):
            said = self.do(suppliers.come_back, line, CameBack(*back), self.shop.rules)
            if not isinstance(said, Refusal):
                self.shelf[code] += back[0]
                self.faulty[code] += back[2]

    @rule(at=ANY)
    def the_list_is_withdrawn(self, at: int) -> None:
        line = self.pick(select(SupplierLine.id).order_by(SupplierLine.id), at)
        code, listed = self.listed(line)
        if not isinstance(self.do(suppliers.withdraw, listed), Refusal):
            self.faulty[code] += self.shop.read(
                lambda session: session.get(SupplierLine, line).quantity)

    def listed(self, line: int) -> tuple[str, int]:
        found = self.shop.read(lambda session: session.get(SupplierLine, line))
        if found is None:
            return "", 0
        codes = {key: code for code, key in self.shop.skus.items()}
        return codes[found.sku_id], found.list_id

    # --- Goods are counted ------------------------------------------------------------------------

    @rule()
    def begin_a_count(self) -> None:
        self.do(stock_takes.begin)

    @rule(code=CODES, slip=st.sampled_from([0, 0, 0, 1, -1]), stolen=st.sampled_from([0, 0, 1]))
    def count_a_place(self, code: str, slip: int, stolen: int) -> None:
        """What lies there is counted; now and then a piece was stolen, or somebody miscounts."""
        take = self.shop.read(stock_takes.open_one)
        if take is None:
            return
        place = "A-01" if code == SHIRT else "B-02"
        sheet = self.do(stock_takes.open_place, take.id, place)
        lies = max(self.on_the_shelf(code) - stolen, 0)
        self.lost(code, self.on_the_shelf(code) - lies)
        counted = {self.shop.skus[code]: max(lies + slip, 0)}
        if not self.shop.read(stock_takes.sheet_of, sheet.id).lines and lies + slip > 0:
            self.shop.db.write(lambda session: stock_takes.count(session, sheet.id, code))
        self.do(stock_takes.count_typed, sheet.id, counted)
        if isinstance(self.do(stock_takes.finish, sheet.id), Refusal):
            return
        # Who miscounts finds it out at once, or the pieces turn up: the shelf is what was counted.
        self.lost(code, lies - counted[self.shop.skus[code]])

    def on_the_shelf(self, code: str) -> int:
        """Good pieces in the house that lie in no parcel."""
        packed = self.shop.read(lambda session: session.scalar(
            select(func.coalesce(func.sum(ParcelLine.packed), 0)).join(Parcel)
            .where(ParcelLine.sku_id == self.shop.skus[code],
                   Parcel.state.not_in([str(state) for state in ENDED]))))
        return self.shelf[code] - int(packed)

    def lost(self, code: str, pieces: int) -> None:
        self.shelf[code] -= pieces

    @rule()
    def book_the_count(self) -> None:
        take = self.shop.read(stock_takes.open_one)
        if take is None:
            return
        self.do(stock_takes.explain, take.id, dict.fromkeys(self.shop.skus.values(), "清点"))
        said = self.do(stock_takes.book, take.id)
        if isinstance(said, Refusal):
            assert said.code is Code.COUNT_NOT_DONE
            return
        assert isinstance(self.do(stock_takes.book, take.id), Refusal)

    # --- What must hold ---------------------------------------------------------------------------

    @invariant()
    def the_books_say_what_lies_there(self) -> None:
        def look(session: Any) -> None:
            waiting = self.waiting(session)
            for sku in session.scalars(select(Sku)):
                assert sku.on_hand + waiting.get(sku.id, 0) == self.shelf[sku.code], sku.code
                assert sku.defect == self.faulty[sku.code] >= 0, sku.code
                moves = dict(session.execute(
                    select(StockMove.kind, func.sum(StockMove.quantity))
                    .where(StockMove.sku_id == sku.id).group_by(StockMove.kind)).all())
                assert sku.on_hand == sum(moves.get(kind, 0) for kind in (
                    "receive", "adjust", "exchanged", "return")) - sum(
                    moves.get(kind, 0) for kind in ("ship", "defect"))
                assert sku.reserved == moves.get("reserve", 0) - moves.get("release", 0) - sum(
                    session.scalars(select(StockMove.quantity).where(
                        StockMove.sku_id == sku.id, StockMove.kind == "ship")))
            assert list(history.verify(session)) == []

        self.shop.read(look)

    @staticmethod
    def waiting(session: Any) -> dict[int, int]:
        """Differences that a finished sheet found and nobody booked: the books cannot know yet."""
        take = stock_takes.open_one(session)
        if take is None:
            return {}
        done = {sheet.id for sheet in take.sheets if sheet.state == "counted"}
        found: dict[int, int] = {}
        for line in session.scalars(select(CountLine).where(CountLine.sheet_id.in_(done))):
            found[line.sku_id] = found.get(line.sku_id, 0) + line.counted - (line.expected or 0)
        return found

    @invariant()
    def what_is_owed_is_what_came_less_what_was_paid(self) -> None:
        assert sum(book.owed_fen for book in self.shop.read(supplier_ledger.ledgers)) == self.owed


@pytest.mark.rule("I1", "I2", "I7", "I8", "I9", "P6")
def test_whatever_happens_to_goods_the_books_say_what_lies_there(
    sqlite_url: str, tmp_path: Path, new_shop: Any
) -> None:
    places, empty = count(), tmp_path / "empty.db"
    (tmp_path / "station.db").rename(empty)
    rules = Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0)

    def fresh() -> AnyGoods:
        path = tmp_path / f"{next(places)}.db"
        shutil.copy(empty, path)
        return AnyGoods(new_shop(Database(f"sqlite:///{path}"), rules))

    run_state_machine_as_test(fresh, settings=settings(
        max_examples=6, stateful_step_count=40, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    ))
