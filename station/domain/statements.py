"""A carrier's monthly statement line by line, and the parcels it should be about (D12).

Both are plain tuples of text and whole numbers, because a month may have a million of each and they
are put aside on disk while they wait for each other. Days are written 2026-11-23, months 2026-11,
both in the shop's zone; "" is not known.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from station.domain.tariffs import Dimensions
from station.domain.vocabulary import Fen, Grams
from station.domain.written_numbers import mother

LineKind = Literal["freight", "insurance", "surcharge", "credit", "return"]
"""What a line of a statement charges for; a credit gives money back."""

Trouble = Literal["", "lost", "damaged", "unreachable", "returned"]
"""What became of a parcel so that its freight is not owed (D8, D9); "" where it arrived."""


class StatementLine(NamedTuple):
    """One amount of a statement.

    ``row`` counts as a spreadsheet does, in ``source`` (file, or file and sheet). ``fee_fen`` is
    None where the statement tells weights and no prices; ``gross_fen`` is the price before a
    discount, where it is told too. ``charged_g`` is the weight that is charged for, ``actual_g``
    the carrier's own weight, ``size_mm`` the carrier's size. ``trouble`` is what the statement
    itself says became of the parcel, ``return_of`` the number whose return this is. ``damaged``
    says that the number could not be read and ``waybill_no`` is what stands there. ``remark`` is
    the type and the remark as written; other cells are not kept, because they name people.
    """

    row: int
    waybill_no: str
    fee_fen: Fen | None
    kind: LineKind = "freight"
    day: str = ""
    province: str = ""
    city: str = ""
    charged_g: Grams | None = None
    source: str = ""
    actual_g: Grams | None = None
    gross_fen: Fen | None = None
    size_mm: Dimensions | None = None
    trouble: Trouble = ""
    return_of: str = ""
    damaged: bool = False
    remark: str = ""

    @property
    def about(self) -> str:
        """The number of the parcel that the line is about: the first parcel's for a return.

        Of a part (773…-1) the shipment's.
        """
        return mother(self.return_of or self.waybill_no)


class ReviewRow(NamedTuple):
    """A cell of a statement that a person must look at: ``code`` says what is wrong with it."""

    row: int
    code: str
    column: str
    value: str
    source: str = ""


class Statement(NamedTuple):
    """A whole statement. ``total_fen`` is the total that it states, None where it states none.

    ``carrier`` and ``month`` are "" where nothing in the file names them.
    """

    carrier: str
    month: str
    lines: tuple[StatementLine, ...]
    total_fen: Fen | None = None
    review: tuple[ReviewRow, ...] = ()


class Shipment(NamedTuple):
    """One parcel as we handed it over, with the evidence for its weight.

    ``handed_on`` is "" for a number that is ours but never left. ``accepted`` says that the
    courier's weight was accepted at the hand-over. ``billed_in`` is the month of an earlier
    statement that has charged for it already.
    """

    waybill_no: str
    carrier: str
    province: str
    city: str
    district: str = ""
    weight_g: Grams | None = None
    handed_on: str = ""
    courier_g: Grams | None = None
    courier_fen: Fen | None = None
    accepted: bool = False
    size_mm: Dimensions | None = None
    trouble: Trouble = ""
    billed_in: str = ""
    weighed_at: str = ""
    packer: str = ""
    handover_no: str = ""
    courier: str = ""
