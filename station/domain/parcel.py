"""The states of a parcel and the moves between them, as one table.

Every state has a sentence, every move has one; an impossible move raises. Holds (扣留) are not
states: a parcel in any state may carry open holds, and none of the moves in ``FORWARD`` may be
made while it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ParcelState(StrEnum):
    """Where a parcel stands on its way from payment to the courier's hand."""

    WAITING = "waiting"
    RESERVED = "reserved"
    PRINTED = "printed"
    PACKING = "packing"
    PACKED = "packed"
    WEIGHED = "weighed"
    SIGNED = "signed"
    HANDED_OVER = "handed_over"
    STOPPED = "stopped"
    VOID = "void"


class Move(StrEnum):
    """What may happen to a parcel."""

    RESERVE = "reserve"
    PRINT = "print"
    OPEN = "open"
    PUT_BACK = "put_back"
    COMPLETE = "complete"
    REPACK = "repack"
    WEIGH = "weigh"
    SIGN = "sign"
    HAND_OVER = "hand_over"
    STOP = "stop"
    REISSUE = "reissue"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A state or move in words: 中文 first, English beside."""

    zh: str
    en: str


STATES: dict[ParcelState, Sentence] = {
    ParcelState.WAITING: Sentence("已付款，还不能出单", "Paid, but it cannot be printed yet"),
    ParcelState.RESERVED: Sentence("已备货，等待出单", "Goods set aside, number taken, print due"),
    ParcelState.PRINTED: Sentence("已出单，等待装箱", "The waybill is on paper, packing is due"),
    ParcelState.PACKING: Sentence("正在装箱", "Open at a bench, items are being scanned"),
    ParcelState.PACKED: Sentence("已装齐，等待称重", "Every item is in; weighing is due"),
    ParcelState.WEIGHED: Sentence("已称重，等待签名", "Weighed and agreed; the signature is due"),
    ParcelState.SIGNED: Sentence("已签名，等待交接", "Sealed and signed, the courier is due"),
    ParcelState.HANDED_OVER: Sentence("已交接给快递", "In the courier's hands"),
    ParcelState.STOPPED: Sentence("已拦下，等待拆包", "Stopped; it must be taken apart"),
    ParcelState.VOID: Sentence("已作废", "Ended without being shipped"),
}

_S = ParcelState
_OPENED = (_S.PACKING, _S.PACKED, _S.WEIGHED)
_ON_PAPER = (_S.PRINTED, *_OPENED, _S.SIGNED)

MOVES: dict[Move, tuple[tuple[ParcelState, ...], ParcelState, Sentence]] = {
    Move.RESERVE: (
        (_S.WAITING,), _S.RESERVED,
        Sentence("备货、取单号、写打印任务", "Goods, number and print job are taken together"),
    ),
    Move.PRINT: ((_S.RESERVED,), _S.PRINTED, Sentence("面单已打印", "The label was printed")),
    Move.OPEN: (
        (_S.PRINTED, *_OPENED), _S.PACKING,
        Sentence("扫描面单，打开包裹", "The waybill's scan opens the parcel"),
    ),
    Move.PUT_BACK: (
        _OPENED, _S.PRINTED,
        Sentence("放弃装箱，货物取出", "Packing is given up; the items come out again"),
    ),
    Move.COMPLETE: (
        (_S.PACKING,), _S.PACKED, Sentence("最后一件扫对", "The last right item was scanned"),
    ),
    Move.REPACK: (
        (_S.PACKED, _S.WEIGHED, _S.SIGNED), _S.PACKING,
        Sentence("重新打开检查", "Opened again to be checked"),
    ),
    Move.WEIGH: (
        (_S.PACKED, _S.WEIGHED), _S.WEIGHED,
        Sentence("重量已取并相符", "A weight was taken and agrees, or was accepted with a reason"),
    ),
    Move.SIGN: ((_S.WEIGHED,), _S.SIGNED, Sentence("打包员签名", "The packer signs")),
    Move.HAND_OVER: (
        (_S.SIGNED,), _S.HANDED_OVER, Sentence("快递员签收", "The courier signs for it"),
    ),
    Move.STOP: (
        (_S.RESERVED, *_ON_PAPER), _S.STOPPED,
        Sentence("退款或取消，包裹拦下", "Refunded or cancelled: stopped wherever it is"),
    ),
    Move.REISSUE: (
        (_S.RESERVED, *_ON_PAPER, _S.STOPPED), _S.RESERVED,
        Sentence("旧单号作废，换新面单", "The old number is void and a new label is due"),
    ),
    Move.CANCEL: (
        (_S.WAITING, _S.RESERVED, _S.STOPPED), _S.VOID,
        Sentence("作废，货物放回", "Ended; goods go back on the shelf"),
    ),
}

FORWARD = frozenset({
    Move.RESERVE, Move.PRINT, Move.OPEN, Move.COMPLETE, Move.WEIGH, Move.SIGN, Move.HAND_OVER,
})
"""Moves that bring a parcel nearer to the courier: none of them past an open hold."""

OPENED = frozenset(_OPENED)
ENDED = frozenset({_S.HANDED_OVER, _S.VOID})


class ImpossibleMove(Exception):
    """The table has no such move from this state: a mistake in the program, not of a person."""


def after(state: ParcelState, move: Move) -> ParcelState:
    """The state that ``move`` leads to from ``state``; ImpossibleMove if the table has none."""
    sources, target, _ = MOVES[move]
    if state not in sources:
        raise ImpossibleMove(f"a parcel that is {state} cannot {move}")
    return target


def diagram() -> str:
    """The table as a Mermaid state diagram, for docs/parcel.md."""
    lines = ["stateDiagram-v2", "    [*] --> waiting"]
    for move, (sources, target, _) in MOVES.items():
        lines += [f"    {source} --> {target}: {move}" for source in sources]
    lines += [f"    {state} --> [*]" for state in sorted(ENDED)]
    return "\n".join(lines) + "\n"
