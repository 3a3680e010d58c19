"""Single cells of exported tables: what a spreadsheet did to them, undone where that is certain."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from station.domain.vocabulary import SHOP_ZONE, Fen

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S",
                 "%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M")
_INVISIBLE = "\0\x1a\ufeff\u200b\u200e\u200f\u2060"  # the first two end some old files
_NO_MONEY = ("", "-", "--", "无", "无退款", "无退款申请")
_MONEY_MARKS = re.compile(r"[元¥,\s]")


class Damaged(ValueError):
    """A cell that cannot be read; ``code`` says how ("damaged_number", "bad_time", …)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean(cell: str) -> str:
    """The cell without the export's wrapping: ``="245…"``, a leading apostrophe, blanks around.

    A cell that says null, as newer exports write it, holds nothing.
    """
    text = _bare(cell)
    if match := _FORMULA.fullmatch(text):
        text = _bare(match[1])
    text = _bare(text.removeprefix("'"))
    return "" if text == "null" else text


def one_line(text: str) -> str:
    """The text on one line, runs of blanks made one, control characters dropped."""
    return " ".join(without_controls(text).split())


def without_controls(text: str) -> str:
    """The text without control characters; line breaks stay, as a line feed."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def narrow(text: str) -> str:
    """The text with full-width letters, digits and punctuation made narrow (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def digits_only(text: str) -> str:
    """An order number: ASCII digits, 6 to 32 of them.

    Raises Damaged: "missing_order_no", or "damaged_order_no" for anything a spreadsheet rounded
    (2.45E+18) or cut; a damaged number is never guessed.
    """
    if not text:
        raise Damaged("missing_order_no")
    if not re.fullmatch(r"[0-9]{6,32}", text):
        raise Damaged("damaged_order_no")
    return text


def is_scientific(text: str) -> bool:
    """Whether a spreadsheet turned a long number into 2.45E+18."""
    return _SCIENTIFIC.fullmatch(text) is not None


def money(text: str) -> Fen:
    """Fen of "128.00", "0元", "¥1,280"; "" and 无退款申请 are 0. Raises Damaged("bad_money")."""
    bare = _MONEY_MARKS.sub("", narrow(text))
    if bare in _NO_MONEY:
        return 0
    try:
        fen = Decimal(bare) * 100
    except InvalidOperation:
        raise Damaged("bad_money") from None
    if not fen.is_finite() or fen != fen.to_integral_value() or abs(fen) > 10**12:
        raise Damaged("bad_money")
    return int(fen)


def whole(text: str, low: int, high: int) -> int:
    """A whole number within limits; "1.0" and "1.00" count as 1. Raises Damaged("bad_number")."""
    match = re.fullmatch(r"([0-9]{1,12})(?:\.0{1,4})?", narrow(text).strip())
    if match is None or not low <= int(match[1]) <= high:
        raise Damaged("bad_number")
    return int(match[1])


def moment(text: str) -> datetime:
    """The UTC time of a local time of the shop, in any of the exports' formats.

    Raises Damaged("bad_time").
    """
    bare = " ".join(narrow(text).split())
    for pattern in _TIME_FORMATS:
        try:
            local = datetime.strptime(bare, pattern).replace(tzinfo=SHOP_ZONE)
        except ValueError:
            continue
        if 2000 <= local.year <= 2100:
            return local.astimezone(UTC)
    raise Damaged("bad_time")


def _bare(text: str) -> str:
    return text.strip().strip(_INVISIBLE).strip()
