"""The courier's slips as he sends them: a CSV, a workbook, a chat message, or his company's call.

The mistakes that lists have beside wrong figures are planted by seed and told as the truth: a
number that is nobody's, a row written twice, a weight that cannot be read.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import xlsxwriter

from simulators.courier import Slip

HEADER = ("运单号", "重量kg", "价格")


class ListMistake(StrEnum):
    """What may be wrong with a list as a list."""

    STRANGER = "stranger"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list, with the mistake that was planted in it ("" for none)."""

    waybill_no: str
    weight: str
    price: str
    mistake: str = ""


class CourierList:
    """A list of slips; ``mistakes`` are planted at places that the seed chooses."""

    def __init__(
        self, slips: Sequence[Slip], *, seed: int = 0, mistakes: Sequence[ListMistake] = ()
    ) -> None:
        chance = random.Random(seed)
        self.entries = [
            Entry(slip.waybill_no, f"{slip.grams / 1000:.3f}", f"{slip.fen / 100:.2f}")
            for slip in slips
        ]
        for mistake in mistakes:
            self._plant(mistake, chance)

    def as_csv(self, encoding: str = "gb18030") -> bytes:
        """The list as his own computer exports it."""
        lines = [",".join(HEADER)]
        lines += [f"{one.waybill_no},{one.weight},{one.price}" for one in self.entries]
        return "\r\n".join(lines).encode(encoding)

    def as_workbook(self) -> bytes:
        """The list as XLSX, below a title."""
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            sheet = book.add_worksheet("揽收")
            sheet.write_string(0, 0, "今日揽收明细")
            for number, row in enumerate((HEADER, *self._rows()), 1):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell)
        return buffer.getvalue()

    def as_message(self) -> str:
        """The list as he writes it into a chat."""
        rows = [f"{number} {weight}kg {price}元" for number, weight, price in self._rows()]
        return "\n".join(["老板，今天的", *rows])

    def as_calls(self, carrier: str) -> list[bytes]:
        """What his company's system tells about each readable row: ``packageweight.sync``."""
        return [
            json.dumps({"tms_package_weight_request": {
                "mail_no": one.waybill_no, "tms_cp_code": carrier,
                "weight": str(round(float(one.weight) * 1000)),
            }}).encode()
            for one in self.entries if one.mistake != ListMistake.UNREADABLE
        ]

    def _rows(self) -> list[tuple[str, str, str]]:
        return [(one.waybill_no, one.weight, one.price) for one in self.entries]

    def _plant(self, mistake: ListMistake, chance: random.Random) -> None:
        place = chance.randrange(len(self.entries))
        victim = self.entries[place]
        if mistake is ListMistake.STRANGER:
            number = f"779{chance.randrange(10**12):012d}"
            self.entries.insert(place, Entry(number, victim.weight, victim.price, str(mistake)))
        elif mistake is ListMistake.REPEATED:
            self.entries.append(
                Entry(victim.waybill_no, victim.weight, victim.price, str(mistake)))
        else:
            self.entries[place] = Entry(victim.waybill_no, "半斤多", victim.price, str(mistake))
