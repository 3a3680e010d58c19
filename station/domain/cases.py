"""After the hand-over (售后): the kinds of cases, their states and the moves between, as one table.

Every kind goes through the same states: what is lost is claimed, what comes back is inspected piece
by piece, what is exchanged is sent again. Every state has a sentence and says who owes what next;
every move has a sentence; an impossible move raises. A replacement parcel and payments are facts
beside the state: a claim stays a claim while the buyer's new parcel is on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from station.domain.parcel import ImpossibleMove, Sentence
from station.domain.statements import Trouble
from station.domain.vocabulary import Flag


class CaseKind(StrEnum):
    """What went wrong, or what the buyer wants."""

    LOST = "lost"
    CARRIER_DAMAGE = "carrier_damage"
    PACKING_DAMAGE = "packing_damage"
    UNREACHABLE = "unreachable"
    RETURN = "return"
    EXCHANGE = "exchange"
    INTERCEPTED = "intercepted"
    SHORT = "short"
    WRONG = "wrong"


class CaseState(StrEnum):
    """How far a case is."""

    OPEN = "open"
    COMING = "coming"
    INSPECTING = "inspecting"
    INSPECTED = "inspected"
    CLAIMED = "claimed"
    PROMISED = "promised"
    REFUSED = "refused"
    REPLACING = "replacing"
    AT_SUPPLIER = "at_supplier"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


class CaseMove(StrEnum):
    """What may happen to a case."""

    EXPECT = "expect"
    ARRIVE = "arrive"
    INSPECT = "inspect"
    CLAIM = "claim"
    ANSWER = "answer"
    REFUSE = "refuse"
    PAID = "paid"
    REPLACE = "replace"
    SEND_BACK = "send_back"
    SETTLE = "settle"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


class Party(StrEnum):
    """Who has to do the next thing."""

    SHOP = "shop"
    CARRIER = "carrier"
    BUYER = "buyer"
    SUPPLIER = "supplier"
    NOBODY = "nobody"


class PieceVerdict(StrEnum):
    """What a piece that came back is (I8)."""

    GOOD = "good"
    DEFECTIVE = "defective"
    WRONG = "wrong"


KINDS: dict[CaseKind, Sentence] = {
    CaseKind.LOST: Sentence("丢件", "Lost by the carrier"),
    CaseKind.CARRIER_DAMAGE: Sentence("快递破损", "Damaged by the carrier"),
    CaseKind.PACKING_DAMAGE: Sentence("包装破损", "Damaged through our packing"),
    CaseKind.UNREACHABLE: Sentence("无法送达", "Could not be delivered"),
    CaseKind.RETURN: Sentence("退货", "Return"),
    CaseKind.EXCHANGE: Sentence("换货", "Exchange"),
    CaseKind.INTERCEPTED: Sentence("拦截", "Called back after the hand-over"),
    CaseKind.SHORT: Sentence("少件", "A piece was missing"),
    CaseKind.WRONG: Sentence("错发", "A wrong piece was in it"),
}

STATES: dict[CaseState, Sentence] = {
    CaseState.OPEN: Sentence("已登记，等店里处理", "Noted; the shop decides what to do"),
    CaseState.COMING: Sentence("货在回来的路上", "The goods are on their way back"),
    CaseState.INSPECTING: Sentence("货已回来，逐件验收", "The goods are here, piece by piece"),
    CaseState.INSPECTED: Sentence("验收完，等退款或补发", "Inspected; money or new goods are due"),
    CaseState.CLAIMED: Sentence("已索赔，等快递答复", "Claimed; the carrier must answer"),
    CaseState.PROMISED: Sentence("快递答应赔，等到账", "The carrier agreed; its money is due"),
    CaseState.REFUSED: Sentence("快递拒赔，等店里决定", "The carrier refused; the shop decides"),
    CaseState.REPLACING: Sentence("补发的包裹还没交给快递", "The new parcel has not left yet"),
    CaseState.AT_SUPPLIER: Sentence("次品退供应商，等换货", "The supplier must exchange the goods"),
    CaseState.SETTLED: Sentence("已了结", "Settled"),
    CaseState.WITHDRAWN: Sentence("已撤销", "Opened by mistake, or no longer wanted"),
}

_S = CaseState
_CLAIM = (_S.CLAIMED, _S.PROMISED, _S.REFUSED)
_UNDER_WAY = (
    _S.OPEN, _S.COMING, _S.INSPECTING, _S.INSPECTED, *_CLAIM, _S.REPLACING, _S.AT_SUPPLIER,
)

MOVES: dict[CaseMove, tuple[tuple[CaseState, ...], CaseState, Sentence]] = {
    CaseMove.EXPECT: (
        (_S.OPEN,), _S.COMING, Sentence("货会退回来", "The goods are sent back to us"),
    ),
    CaseMove.ARRIVE: (
        (_S.OPEN, _S.COMING, *_CLAIM), _S.INSPECTING,
        Sentence("退回的货到了，开始验收", "The goods arrived; the inspection begins"),
    ),
    CaseMove.INSPECT: (
        (_S.INSPECTING,), _S.INSPECTED, Sentence("每一件都验过了", "Every piece was looked at"),
    ),
    CaseMove.CLAIM: (
        (_S.OPEN, _S.COMING, _S.INSPECTED, _S.REFUSED), _S.CLAIMED,
        Sentence("向快递索赔", "The carrier is asked for the money"),
    ),
    CaseMove.ANSWER: (
        (_S.CLAIMED, _S.REFUSED), _S.PROMISED, Sentence("快递答应赔付", "The carrier agrees"),
    ),
    CaseMove.REFUSE: (
        (_S.CLAIMED, _S.PROMISED), _S.REFUSED, Sentence("快递拒绝赔付", "The carrier refuses"),
    ),
    CaseMove.PAID: (
        _CLAIM, _S.SETTLED, Sentence("赔款到齐", "All of the money has arrived"),
    ),
    CaseMove.REPLACE: (
        (_S.OPEN, _S.INSPECTED), _S.REPLACING, Sentence("补发一个包裹", "A new parcel is packed"),
    ),
    CaseMove.SEND_BACK: (
        (_S.INSPECTED,), _S.AT_SUPPLIER,
        Sentence("次品交供应商换", "Faulty goods go to their supplier"),
    ),
    CaseMove.SETTLE: (_UNDER_WAY, _S.SETTLED, Sentence("了结", "Nothing is owed any more")),
    CaseMove.WITHDRAW: (
        (_S.OPEN, _S.COMING, _S.CLAIMED, _S.REFUSED), _S.WITHDRAWN,
        Sentence("撤销", "It was a mistake, or came to nothing"),
    ),
    CaseMove.REOPEN: (
        (_S.SETTLED, _S.WITHDRAWN), _S.OPEN, Sentence("重新打开", "It goes on after all"),
    ),
}

UNDER_WAY = frozenset(_UNDER_WAY)
ENDED = frozenset(CaseState) - UNDER_WAY

CLAIMABLE = frozenset({
    CaseKind.LOST, CaseKind.CARRIER_DAMAGE, CaseKind.UNREACHABLE, CaseKind.SHORT,
})
"""Kinds for which a carrier may owe money."""

BY_CARRIER = frozenset({
    CaseKind.LOST, CaseKind.CARRIER_DAMAGE, CaseKind.UNREACHABLE, CaseKind.INTERCEPTED,
})
"""Kinds whose goods, if any, the carrier brings back; with the others it is the buyer."""

FLAGS: dict[CaseKind, Flag] = {CaseKind.EXCHANGE: Flag.BLUE, CaseKind.RETURN: Flag.PURPLE}
"""The platform's flag of a kind (S21)."""

_CLAIM_MOVES = frozenset({CaseMove.CLAIM, CaseMove.ANSWER, CaseMove.REFUSE, CaseMove.PAID})

_TROUBLES: dict[CaseKind, Trouble] = {
    CaseKind.LOST: "lost", CaseKind.CARRIER_DAMAGE: "damaged", CaseKind.UNREACHABLE: "unreachable",
}


def after(kind: CaseKind, state: CaseState, move: CaseMove) -> CaseState:
    """The state that ``move`` leads to; ImpossibleMove if the table has no such move."""
    if not may(kind, state, move):
        raise ImpossibleMove(f"a case ({kind}) that is {state} cannot {move}")
    return MOVES[move][1]


def may(kind: CaseKind, state: CaseState, move: CaseMove) -> bool:
    """Whether the table has this move from here; only some kinds can be claimed."""
    return state in MOVES[move][0] and (move not in _CLAIM_MOVES or kind in CLAIMABLE)


def moves_of(kind: CaseKind, state: CaseState) -> tuple[CaseMove, ...]:
    """Every move from here, in the table's order."""
    return tuple(move for move in CaseMove if may(kind, state, move))


def owes(kind: CaseKind, state: CaseState) -> Party:
    """Who has to do the next thing."""
    if state in ENDED:
        return Party.NOBODY
    if state in (_S.CLAIMED, _S.PROMISED):
        return Party.CARRIER
    if state is _S.COMING:
        return Party.CARRIER if kind in BY_CARRIER else Party.BUYER
    return Party.SUPPLIER if state is _S.AT_SUPPLIER else Party.SHOP


def trouble_of(kind: CaseKind, *, back: bool = False) -> Trouble:
    """What the kind means for the carrier's bill: freight that is not owed (D9, D12), or "".

    A parcel that was called back counts as returned once its goods are here (``back``).
    """
    if kind is CaseKind.INTERCEPTED:
        return "returned" if back else ""
    return _TROUBLES.get(kind, "")


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """What a carrier promised: days to answer a complaint, days until a parcel counts as lost."""

    answer_days: int = 7
    lost_days: int = 10


_DAYS: dict[CaseState, int] = {
    _S.OPEN: 2, _S.COMING: 15, _S.INSPECTING: 2, _S.INSPECTED: 7, _S.PROMISED: 15,
    _S.REFUSED: 7, _S.REPLACING: 1, _S.AT_SUPPLIER: 30,
}
"""Days within which the next step is due. Damage is reported within two days of the delivery; a
buyer's money goes back within seven days of the goods."""


def due(
    kind: CaseKind, state: CaseState, *, since: datetime, gone_at: datetime | None,
    terms: ClaimTerms,
) -> datetime | None:
    """When the next step is due, for a case in this state ``since``; None for one that ended.

    A parcel that nobody has seen counts as lost some days after it left (``gone_at``), and is
    claimed then; one that is missed later than that is claimed within a day.
    """
    if state in ENDED:
        return None
    if state is _S.OPEN and kind is CaseKind.LOST and gone_at is not None:
        counted = gone_at + timedelta(days=terms.lost_days)
        return max(counted, since + timedelta(days=1))
    days = terms.answer_days if state is _S.CLAIMED else _DAYS[state]
    if state is _S.OPEN and kind is CaseKind.INTERCEPTED:
        days = 1  # the van is still in town
    return since + timedelta(days=days)


def may_come_back(shipped: Mapping[int, int], back: Mapping[int, int], sku_id: int) -> str:
    """Whether one more piece of a SKU can come back: "", "not_in_parcel" or "too_many_back".

    ``shipped`` and ``back`` are pieces by SKU: what left, and what was booked in again.
    """
    if not shipped.get(sku_id):
        return "not_in_parcel"
    return "too_many_back" if back.get(sku_id, 0) >= shipped[sku_id] else ""


def diagram() -> str:
    """The table as a Mermaid state diagram, for docs/cases.md."""
    lines = ["stateDiagram-v2", "    [*] --> open"]
    for move, (sources, target, _) in MOVES.items():
        lines += [f"    {source} --> {target}: {move}" for source in sources]
    lines += [f"    {state} --> [*]" for state in sorted(ENDED)]
    return "\n".join(lines) + "\n"
