"""Lists of goods that go to a supplier (I2, P7): their states, and the moves between, as one table.

Faulty goods are listed in two copies, handed to whoever takes them to the supplier, and come back
exchanged, paid for, or refused, piece by piece. What is still out stays on the supplier's account.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from station.domain.parcel import Sentence


class ListState(StrEnum):
    """How far a list is."""

    LISTED = "listed"
    HANDED = "handed"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


class ListMove(StrEnum):
    """What may happen to a list."""

    HAND = "hand"
    BACK = "back"
    SETTLE = "settle"
    WITHDRAW = "withdraw"


STATES: dict[ListState, Sentence] = {
    ListState.LISTED: Sentence("已列清单，货还在店里", "Listed; the goods are set apart"),
    ListState.HANDED: Sentence("货已交出，等供应商换", "Out; the supplier must exchange them"),
    ListState.SETTLED: Sentence("每件都有着落", "Every piece came back or was paid for"),
    ListState.WITHDRAWN: Sentence("已撤销，货放回次品架", "Withdrawn; back with the defects"),
}

MOVES: dict[ListMove, tuple[tuple[ListState, ...], ListState]] = {
    ListMove.HAND: ((ListState.LISTED,), ListState.HANDED),
    ListMove.BACK: ((ListState.HANDED,), ListState.HANDED),
    ListMove.SETTLE: ((ListState.HANDED,), ListState.SETTLED),
    ListMove.WITHDRAW: ((ListState.LISTED,), ListState.WITHDRAWN),
}

OPEN = frozenset({ListState.LISTED, ListState.HANDED})
"""States in which pieces stand on the supplier's account."""


def may(state: ListState, move: ListMove) -> bool:
    """Whether the table has this move from here."""
    return state in MOVES[move][0]


@dataclass(frozen=True, slots=True)
class CameBack:
    """What a supplier did with some pieces of a line: new ones, money for them, or neither.

    Refused ones come back as they went. ``waists_mm`` are those of new pieces that are measured.
    """

    exchanged: int = 0
    credited: int = 0
    refused: int = 0
    credited_fen: int = 0
    waists_mm: tuple[int, ...] = ()

    @property
    def pieces(self) -> int:
        """How many pieces that settles."""
        return self.exchanged + self.credited + self.refused

    @property
    def is_sound(self) -> bool:
        """Whether the numbers can be meant: at least one piece, and money only for some."""
        each = (self.exchanged, self.credited, self.refused, self.credited_fen)
        return min(each) >= 0 and self.pieces > 0 and bool(self.credited_fen) <= bool(self.credited)
