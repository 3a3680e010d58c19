"""入库: the states of a receiving slip, the moves between, and a supplier's ledger (I1, P6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from station.domain.parcel import Sentence
from station.domain.vocabulary import Fen


class ReceiptState(StrEnum):
    """How far the goods that somebody brought are."""

    COUNTING = "counting"
    CHECKING = "checking"
    BOOKED = "booked"
    WITHDRAWN = "withdrawn"


class ReceiptMove(StrEnum):
    """What may happen to a receiving slip."""

    COUNT = "count"
    CHECK = "check"
    REOPEN = "reopen"
    BOOK = "book"
    WITHDRAW = "withdraw"


_S = ReceiptState

STATES: dict[ReceiptState, Sentence] = {
    _S.COUNTING: Sentence("正在清点", "Being counted"),
    _S.CHECKING: Sentence("等送货人核对签字", "To be checked with whoever brought it"),
    _S.BOOKED: Sentence("已入库", "Booked"),
    _S.WITHDRAWN: Sentence("已撤销，没有入库", "Withdrawn; nothing was booked"),
}

MOVES: dict[ReceiptMove, tuple[tuple[ReceiptState, ...], ReceiptState]] = {
    ReceiptMove.COUNT: ((_S.COUNTING,), _S.COUNTING),
    ReceiptMove.CHECK: ((_S.COUNTING,), _S.CHECKING),
    ReceiptMove.REOPEN: ((_S.CHECKING,), _S.COUNTING),
    ReceiptMove.BOOK: ((_S.CHECKING,), _S.BOOKED),
    ReceiptMove.WITHDRAW: ((_S.COUNTING, _S.CHECKING), _S.WITHDRAWN),
}


def may(state: ReceiptState, move: ReceiptMove) -> bool:
    """Whether the table has this move from here."""
    return state in MOVES[move][0]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One paper of a supplier: goods that came (a debt), or money that went (P6).

    ``receipt_id`` is None for a payment; ``goods_fen`` is what the good pieces cost.
    """

    day: date
    receipt_id: int | None
    pieces: int
    goods_fen: Fen
    freight_fen: Fen
    paid_fen: Fen
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A supplier's papers, the oldest first; ``unpriced`` lines have no price yet."""

    supplier: str
    rows: tuple[LedgerRow, ...]
    unpriced: int = 0

    @property
    def owed_fen(self) -> Fen:
        """What the shop still owes; negative if it paid more."""
        return sum(row.goods_fen + row.freight_fen - row.paid_fen for row in self.rows)


IN_STORE = "21"
"""A prefix that GS1 leaves to each shop for its own EAN-13 (General Specifications: 20 to 29 are
for restricted circulation)."""


def own_barcode(sku_id: int) -> str:
    """The EAN-13 that the shop gives to goods without a barcode: 21, the SKU's number, check digit.

    Raises ValueError for a number of more than ten digits.
    """
    body = f"{IN_STORE}{sku_id:010d}"
    if len(body) != 12:
        raise ValueError(f"{sku_id} has no place in an EAN-13")
    weighed = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(body))
    return f"{body}{-weighed % 10}"
