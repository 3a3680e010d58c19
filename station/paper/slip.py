"""A plain slip on label paper: hand-over, returns, defects, the day. One layout for all.

A slip in several copies (I2, P7: two) says on each which copy it is. A receipt printer sets the
same slip in its own type (slip_text.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from drivers.interfaces import Bitmap
from station.paper.document import Column
from station.paper.fonts import Fonts
from station.paper.record_page import finish, numbered, record
from station.paper.sheet import LabelSize, Sheet
from station.paper.waybill import shop_time


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip says. ``facts`` stand above the table, ``totals`` below, ``signers`` sign.

    Each row has as many cells as there are columns. ``holders`` says of each copy whose it is, and
    without any there is one copy. ``again`` counts the earlier printings of the same slip.
    ``code`` is the barcode by which its record is found again.
    """

    title: str
    number: str
    at: datetime
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    facts: tuple[tuple[str, str], ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    signers: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    again: int = 0
    code: str = ""

    @property
    def copies(self) -> int:
        """How many copies there are."""
        return max(1, len(self.holders))

    def head_of(self, copy: int) -> list[tuple[str, str]]:
        """The facts at the head of a copy, from 1: what it is one of, and the slip's time."""
        return [
            ("补打 Printed again", f"{self.again}" if self.again else ""),
            ("留存 Kept by", self.holders[copy - 1] if self.holders else ""),
            ("时间 Time", shop_time(self.at, "%Y-%m-%d %H:%M")), *self.facts,
        ]

    def which(self, copy: int) -> str:
        """Which of the copies this is, "" where there is one alone."""
        return f"第{copy}联/共{self.copies}联" if self.copies > 1 else ""


def render_slip(slip: Slip, size: LabelSize, fonts: Fonts) -> list[Bitmap]:
    """The pages of all copies of a slip, copy after copy."""
    return [sheet.bitmap() for sheet in lay_out_slip(slip, size, fonts)]


def lay_out_slip(slip: Slip, size: LabelSize, fonts: Fonts) -> list[Sheet]:
    """As render_slip, with the record of what was drawn where."""
    copies = range(1, slip.copies + 1)
    return [sheet for copy in copies for sheet in _one_copy(slip, copy, size, fonts)]


def _one_copy(slip: Slip, copy: int, size: LabelSize, fonts: Fonts) -> list[Sheet]:
    document = record(fonts.marked(slip.title), slip.which(copy), size, fonts)
    numbered(document, slip.code, fonts.marked(slip.number))
    document.facts("facts", _marked(slip.head_of(copy), fonts), size=24)
    rows = [tuple(fonts.marked(cell) for cell in row) for row in slip.rows]
    if rows:
        document.table("rows", slip.columns, rows, 22 if size is LabelSize.L100X150 else 18)
    document.facts("totals", _marked(slip.totals, fonts), size=24)
    if slip.signers:
        document.signatures([(fonts.marked(signer), ()) for signer in slip.signers], height=150)
    return finish(document)


def _marked(facts: Sequence[tuple[str, str]], fonts: Fonts) -> list[tuple[str, str]]:
    return [(fonts.marked(name), fonts.marked(value)) for name, value in facts]
