"""The shop's words as types: carriers, and the whole numbers that weigh, measure and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

Grams = int
Millimetres = int
Fen = int

SHOP_ZONE = ZoneInfo("Asia/Shanghai")


class _Listed(type):
    """The type of CarrierCode: it holds every carrier that is known."""

    def __iter__(cls) -> Iterator[CarrierCode]:
        return iter(_CARRIERS.values())

    def __contains__(cls, code: object) -> bool:
        return code in _CARRIERS


class CarrierCode(str, metaclass=_Listed):
    """A carrier's code, as platforms write it: one of the handbook's four (S9), or of the shop's.

    Made of a text it is that carrier; ValueError if there is none of this code. Not an Enum: a
    shop's settings add carriers to the four (name_further).
    """

    __slots__ = ()
    STO: ClassVar[CarrierCode]
    YTO: ClassVar[CarrierCode]
    EMS: ClassVar[CarrierCode]
    SF: ClassVar[CarrierCode]

    def __new__(cls, code: str) -> Self:
        """The one object of this code."""
        found = _CARRIERS.get(code)
        if not isinstance(found, cls):
            raise ValueError(f"{code!r} is no carrier: {', '.join(_CARRIERS)}")
        return found


_CARRIERS: dict[str, CarrierCode] = {}


def _carrier(code: str) -> CarrierCode:
    """A code that is known from now on."""
    return _CARRIERS.setdefault(code, str.__new__(CarrierCode, code))


CarrierCode.STO, CarrierCode.YTO = _carrier("STO"), _carrier("YTO")
CarrierCode.EMS, CarrierCode.SF = _carrier("EMS"), _carrier("SF")


@dataclass(frozen=True, slots=True)
class Further:
    """A carrier that the settings add to the four: its names, the first one shown, and its prices.

    ``price_class`` is the code of the carrier whose tariff counts where it has none of its own.
    """

    names: tuple[str, ...]
    price_class: str = ""


FURTHER: dict[CarrierCode, Further] = {}
"""The shop's carriers beside the four; filled by name_further alone."""


def name_further(further: Mapping[str, Further]) -> None:
    """Let the carriers be the four and these, by code, in this whole process.

    Called before anything of the station is built: what listed the carriers earlier keeps four.
    """
    for gone in FURTHER:
        del _CARRIERS[gone]
    FURTHER.clear()
    FURTHER.update({_carrier(code): about for code, about in further.items()})


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
