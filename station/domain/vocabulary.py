"""The shop's words as types: carriers, and the whole numbers that weigh, measure and cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

Grams = int
Millimetres = int
Fen = int

SHOP_ZONE = ZoneInfo("Asia/Shanghai")


class CarrierCode(StrEnum):
    """The four carriers of the handbook (S9), by the codes that platforms use."""

    STO = "STO"
    YTO = "YTO"
    EMS = "EMS"
    SF = "SF"


class Flag(IntEnum):
    """The platform's one coloured flag (旗帜), read and written, never the station's own state."""

    NONE = 0
    RED = 1  # 红旗: a note to read
    YELLOW = 2  # 黄旗: cannot ship now
    GREEN = 3  # 绿旗: bank money arrived
    BLUE = 4  # 蓝旗: exchange
    PURPLE = 5  # 紫旗 (pink in some interfaces): return


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to be said in the operator's language: a word code and the facts that fill it.

    The words live in web/translations; the station never formats prose.
    """

    code: str
    facts: dict[str, str | int] | None = None
