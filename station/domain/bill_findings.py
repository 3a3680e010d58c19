"""What a statement's lines may be found to be, why, and what it all comes to (D12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from station.domain.vocabulary import Fen, Grams

FindingKind = Literal[
    "matched", "not_ours", "missing_from_bill", "billed_twice", "heavier_step", "lighter_step",
    "price_not_by_tariff", "other_destination", "other_month", "lost_but_billed",
    "damaged_but_billed", "unreachable_but_billed", "returned_but_billed", "insurance_line",
    "credit", "total_differs",
]  # fmt: skip
FINDINGS: tuple[FindingKind, ...] = get_args(FindingKind)

CHARGES_FREIGHT: tuple[FindingKind, ...] = (
    "matched", "heavier_step", "lighter_step", "price_not_by_tariff", "other_destination",
    "other_month",
)
"""Findings of lines that charge a parcel's freight for the first time."""

REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "split": ("一件分几行计费，合计相符", "several lines that add up to the price"),
    "discount": ("折前价与价目表相符", "the price before the discount is the tariff's"),
    "accepted_at_handover": ("交接时已认可快递员的重量", "the courier's weight was accepted"),
    "same_fee": ("重量档不同，金额相符", "another weight step, the right price"),
    "unknown_number": ("没有这个单号", "no parcel of ours has this number"),
    "no_number": ("收费行没有单号", "a charge without a number"),
    "damaged_number": ("单号已损坏，无法辨认", "the number cannot be read"),
    "other_carrier": ("这个单号属于别家快递", "the number belongs to another carrier"),
    "never_handed_over": ("这个单号从未交出", "the parcel was never handed over"),
    "again": ("本账单已收过一次", "this statement has charged for it already"),
    "billed_before": ("以前的账单已收过", "an earlier statement has charged for it"),
    "our_case": ("我方有此件的异常记录", "we have a case about this parcel"),
    "their_remark": ("账单备注写明", "the statement itself says so"),
    "return_trip": ("退回件的运费", "the freight of the way back"),
    "handed_over_then": ("在别的月份交出", "handed over in another month"),
    "dated_then": ("账单日期不在本月", "its own date lies in another month"),
    "before_our_records": ("日期早于或晚于我方记录", "dated outside the months of our records"),
    "above_the_step": ("计费重量高一档以上", "charged in a heavier step than our weight"),
    "near_the_edge": ("接近分档线，双方都可能对", "close to a step's edge: both may be right"),
    "by_their_size": ("按对方尺寸计泡重，我方无尺寸", "volume weight by a size we do not have"),
    "below_the_step": ("计费重量低一档以上", "charged in a lighter step than our weight"),
    "not_the_tariff": ("金额不按价目表", "the price is not the tariff's"),
    "surcharge": ("价目表没有的附加费", "a surcharge that the tariff does not have"),
    "no_tariff": ("没有当日当地的价目表", "no tariff covers that day and place"),
    "other_place": ("目的地与面单不同", "another destination than on the waybill"),
    "insurance": ("保价费", "insurance"),
    "money_back": ("退款或返点", "money back"),
    "not_billed": ("已交出，账单没有", "handed over, and not on the statement"),
    "end_of_month": ("月末交出，可能在下月账单", "handed over on the last day: maybe next month"),
    "sum": ("账单合计与各行之和不符", "the stated total is not the sum of the lines"),
}
"""Every reason in Chinese and English."""


class Finding(NamedTuple):
    """What was found about one line, or about one parcel that no line is about (``row`` 0).

    ``ours`` is what we owe for it, None where no tariff tells; ``theirs`` what is asked for, and
    ``fen`` theirs minus ours. ``also`` are further findings of the same line with their share of
    ``fen``. The rest is the evidence: both weights, both places, and the parcel's own record; a
    line that is simply right brings none.
    """

    row: int
    waybill_no: str
    finding: FindingKind
    ours: Fen | None
    theirs: Fen | None
    fen: Fen
    reason: str = ""
    also: tuple[tuple[FindingKind, Fen], ...] = ()
    ours_g: Grams | None = None
    theirs_g: Grams | None = None
    ours_place: str = ""
    theirs_place: str = ""
    day: str = ""
    handed_on: str = ""
    weighed_at: str = ""
    packer: str = ""
    handover_no: str = ""
    courier: str = ""
    courier_g: Grams | None = None
    remark: str = ""
    source: str = ""


@dataclass(slots=True)
class Totals:
    """What a statement comes to. ``stated_fen`` is None where it states no total.

    stated (or billed) minus owed is the sum of ``fen`` over all findings.
    """

    lines: int = 0
    billed_fen: Fen = 0
    owed_fen: Fen = 0
    stated_fen: Fen | None = None
    count: dict[FindingKind, int] = field(default_factory=dict)
    fen: dict[FindingKind, Fen] = field(default_factory=dict)
    unbilled_rightly: int = 0

    @property
    def difference_fen(self) -> Fen:
        """What is asked for beyond what is owed."""
        return sum(self.fen.values())

    def add(self, found: Finding) -> None:
        """Take one finding in."""
        if found.finding == "matched":
            self.add_matched(found.theirs or 0)
            return
        kind = found.finding
        self.count[kind] = self.count.get(kind, 0) + 1
        self.fen[kind] = self.fen.get(kind, 0) + found.fen
        self.owed_fen += found.ours or 0
        if found.row:
            self.lines += 1
            self.billed_fen += found.theirs or 0

    def add_matched(self, fen: Fen, count: int = 1) -> None:
        """Take in so many lines of that sum with which nothing is wrong."""
        if not count:
            return
        self.count["matched"] = self.count.get("matched", 0) + count
        self.fen.setdefault("matched", 0)
        self.owed_fen += fen
        self.billed_fen += fen
        self.lines += count

    def join(self, other: Totals) -> None:
        """Take in all that another part of the same month comes to."""
        self.lines += other.lines
        self.billed_fen += other.billed_fen
        self.owed_fen += other.owed_fen
        self.unbilled_rightly += other.unbilled_rightly
        for kind, count in other.count.items():
            self.count[kind] = self.count.get(kind, 0) + count
            self.fen[kind] = self.fen.get(kind, 0) + other.fen.get(kind, 0)

    def close(self, stated_fen: Fen | None) -> Finding | None:
        """Compare the sum of the lines with the stated total; the finding where they differ."""
        self.stated_fen = stated_fen
        if stated_fen is None or stated_fen == self.billed_fen:
            return None
        over = stated_fen - self.billed_fen
        self.count["total_differs"], self.fen["total_differs"] = 1, over
        return Finding(0, "", "total_differs", self.billed_fen, stated_fen, over, "sum")
