"""The shop's words as types: carriers, and the whole numbers that weigh, measure and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

Grams = int
Millimetres = int
Fen = int

SHOP_ZONE = ZoneInfo("Asia/Shanghai")


class CarrierCode(StrEnum):
    """The four carriers of the handbook (S9), by the codes that platforms use.

    A shop's further carriers become members like them when its settings are read (name_further).
    """

    STO = "STO"
    YTO = "YTO"
    EMS = "EMS"
    SF = "SF"


@dataclass(frozen=True, slots=True)
class Further:
    """A carrier that the settings add to the four: its names, the first one shown, and its prices.

    ``price_class`` is the code of the carrier whose tariff counts where it has none of its own.
    """

    names: tuple[str, ...]
    price_class: str = ""


FURTHER: dict[CarrierCode, Further] = {}
"""The shop's carriers beside the four; filled by name_further alone."""
_MADE: dict[str, CarrierCode] = {}


def name_further(further: Mapping[str, Further]) -> None:
    """Let the carriers be the four and these, by code, in this whole process.

    Called before anything of the station is built: what was made of CarrierCode earlier keeps four.
    """
    for gone in map(str, FURTHER):
        CarrierCode._member_names_.remove(gone)
        del CarrierCode._member_map_[gone], CarrierCode._value2member_map_[gone]
    FURTHER.clear()
    for code, about in further.items():
        member = _MADE.setdefault(code, str.__new__(CarrierCode, code))
        vars(member).update(_name_=code, _value_=code)  # as EnumType makes them
        CarrierCode._member_names_.append(code)
        CarrierCode._member_map_[code] = CarrierCode._value2member_map_[code] = member
        FURTHER[member] = about


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
