"""The barcodes that are not goods: commands, digits, badges, packaging, reasons.

All carry a private prefix that no carrier, GTIN or merchant code uses, and match as whole codes
only: a note that happens to contain "PBCMD-DONE" is not a command. Capital letters, digits and
the hyphen alone, so that a keyboard-wedge scanner types them alike on every keyboard layout.
"""

from __future__ import annotations

from enum import StrEnum

from station.domain.cases import CaseKind
from station.domain.record_codes import RECORD_PREFIX

COMMAND_PREFIX = "PBCMD-"
BADGE_PREFIX = "PBID-"
PACKAGING_PREFIX = "PBMAT-"
REASON_PREFIX = "PBWHY-"
ONE_TIME_PREFIX = "PBOTP-"
CASE_PREFIX = "PBCASE-"


class Command(StrEnum):
    """What a command barcode asks for; the value follows ``COMMAND_PREFIX`` on the sheet."""

    DONE = "DONE"  # 完成: enter the digits, confirm the checklist, go on
    OK = "OK"  # 知道了: acknowledge a mistake or a note
    UNDO = "UNDO"  # 撤销: take the last item out again, or the last digit
    CANCEL = "CANCEL"  # 放弃: give up packing this parcel; its items come out
    REPRINT = "REPRINT"  # 补打: this parcel's label again; asks for a reason
    SLIP = "SLIP"  # 打小票: the packer's day so far; elsewhere the record that lies open
    WEIGH = "WEIGH"  # 称重: take the weight now
    NEXT = "NEXT"  # 下一个: leave this parcel where it stands
    HELP = "HELP"  # 帮助: say again what to do
    QUANTITY = "QTY"  # 数量: the digits that follow are the count of the next item
    DEFECT = "DEFECT"  # 次品: the next item scanned is defective
    GOOD = "GOOD"  # 完好: the piece that came back goes on the shelf again
    WRONG = "WRONG"  # 不符: the piece that came back is not what left
    REPACK = "REPACK"  # 重装: open a packed or weighed parcel again
    ACCEPT = "ACCEPT"  # 接受: a manager accepts a weight that is off
    CHECK = "CHECK"  # 校秤: the daily check of the scale with a known weight
    ZERO = "ZERO"  # 归零: the empty scale shows zero
    SIGN_OUT = "OUT"  # 下班: the packer leaves the bench
    D0 = "0"
    D1 = "1"
    D2 = "2"
    D3 = "3"
    D4 = "4"
    D5 = "5"
    D6 = "6"
    D7 = "7"
    D8 = "8"
    D9 = "9"


REASONS: dict[str, tuple[str, str]] = {
    "TORN": ("面单破损", "The label is torn or smeared"),
    "LOST": ("面单丢失", "The label is lost"),
    "NOPAPER": ("没有打出来", "No label came out"),
    "CHECKED": ("已逐件核对", "Every piece was checked by hand"),
    "SCALE": ("秤有误差", "The scale is off"),
    "GIFT": ("加了赠品", "A gift was added"),
    "DAMAGED": ("货物有瑕疵", "The item is faulty"),
    "CUSTOMER": ("买家要求", "The buyer asked for it"),
}
"""Reasons that can be scanned (PBWHY-TORN …), so that nobody needs a keyboard to give one."""

APT: dict[str, tuple[str, ...]] = {
    "reprint": ("TORN", "LOST", "NOPAPER", "CUSTOMER"),
    "accept": ("CHECKED", "SCALE", "GIFT", "DAMAGED", "CUSTOMER"),
}
"""The reasons that are offered for each question; any of ``REASONS`` can be scanned."""


def command_of(code: str) -> Command | None:
    """The command that ``code`` is, None if it is none or an unknown one."""
    if not code.startswith(COMMAND_PREFIX):
        return None
    try:
        return Command(code.removeprefix(COMMAND_PREFIX))
    except ValueError:
        return None


def case_code(kind: CaseKind) -> str:
    """The barcode that opens a case of this kind: "PBCASE-CARRIER-DAMAGE"."""
    return CASE_PREFIX + kind.upper().replace("_", "-")


def case_kind_of(code: str) -> CaseKind | None:
    """The kind of case that ``code`` opens, None if it is no such barcode."""
    return next((kind for kind in CaseKind if case_code(kind) == code), None)


def is_private(code: str) -> bool:
    """True if ``code`` carries one of our prefixes: never goods, never a waybill."""
    return code.startswith((
        COMMAND_PREFIX, BADGE_PREFIX, PACKAGING_PREFIX, REASON_PREFIX, CASE_PREFIX, ONE_TIME_PREFIX,
        RECORD_PREFIX,
    ))
