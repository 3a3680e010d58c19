"""Single cells of a statement: amounts, weights, days, places and numbers as carriers write them.

Every function takes the text of one cell. "" means that nothing is there; a cell that means
nothing raises ``BadCell``. A statement repeats the same few texts a million times, so ``Memo``
remembers what each one meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, TypeVar

from station.domain.regions import PROVINCES, province_of, short_name
from station.domain.statements import Trouble
from station.domain.tariffs import Dimensions
from station.domain.vocabulary import Fen, Grams

_KEPT = 50_000
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_NOTHING = frozenset({"", "-", "--", "—", "/", "\\", "无", "null", "none", "n/a", "#n/a", "nan"})
_MONEY_MARKS = re.compile(r"人民币|rmb|cny|元整|[元¥￥$,\s]", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?", re.IGNORECASE)
_WEIGHT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?)([a-z一-鿿]*)", re.IGNORECASE)
_TIER = re.compile(r"^(?:≤|<=)|(?:\(含\))?(?:以内|以下)(?:\(含\))?$")
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{5,39}")
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_SHORT_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})(?:日|\b)")
_NAMED_DAY = re.compile(r"(\d{1,2})[-/. ]?([A-Za-z]{3})[a-z]*\.?[-/., ]*(20\d\d)(?!\d)")
_MONTHS = {name: number for number, name in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_SERIAL = re.compile(r"([345]\d{4})(?:\.\d+)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)[*x×](\d+(?:\.\d+)?)[*x×](\d+(?:\.\d+)?)(mm|cm|厘米|毫米)?")
_GRAMS = {
    "": 0, "kg": 1000, "kgs": 1000, "公斤": 1000, "千克": 1000, "k": 1000, "斤": 500, "市斤": 500,
    "g": 1, "克": 1, "t": 1_000_000, "吨": 1_000_000,
}  # fmt: skip
_TROUBLES: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    ("lost", re.compile(r"丢件|丢失|遗失|丢包|\blost\b", re.IGNORECASE)),
    ("damaged", re.compile(r"破损|损坏|损毁|污损|\bdamaged?\b", re.IGNORECASE)),
    ("returned", re.compile(r"退回|退件|退货|拒收|改退|退改|\breturned\b", re.IGNORECASE)),
    ("unreachable", re.compile(
        r"无法(?:送达|投递|派送|派件)|未妥投|超区|超(?:派送)?范围|不可达|派送失败|投递失败|查无此人|地址不详|"
        r"\bundeliver|\bunreachable\b", re.IGNORECASE)),
)  # fmt: skip
_DENIED = re.compile(r"(?:无|没有|未|非|不)(?:丢|遗|破|损|退|超)")

In = TypeVar("In")
Out = TypeVar("Out")


class BadCell(ValueError):
    """A cell that cannot be read; ``code`` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Memo(dict[In, Out]):
    """What a function said, by what it was asked; forgets everything when it grows too large."""

    def __init__(self, ask: Callable[[In], Out]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, key: In) -> Out:
        if len(self) >= _KEPT:
            self.clear()
        found = self[key] = self._ask(key)
        return found


class Written(NamedTuple):
    """A cell's value, or why it has none."""

    value: int | None
    fault: str = ""


def clean(cell: str) -> str:
    """The text of a cell on one line, without blanks around it, ``="…"`` or a leading ``'``."""
    if cell.isalnum() and cell.isascii():
        return cell
    text = unicodedata.normalize("NFKC", " ".join(cell.split())).strip(_INVISIBLE + " ")
    if match := _FORMULA.fullmatch(text):
        text = match[1].strip()
    return text.removeprefix("'").strip()


def is_blank(text: str) -> bool:
    """Whether a cell holds nothing, or one of the signs for nothing."""
    return text.lower() in _NOTHING


def money(text: str) -> Fen | None:
    """Fen of "5", "¥5.00", "5.00元", "(6.00)", "－6", "6.00-"; None for nothing.

    More than two decimals, which spreadsheets compute, are rounded half up.
    """
    bare = _MONEY_MARKS.sub("", clean(text)).replace("−", "-").replace("–", "-")
    if is_blank(bare):
        return None
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1].lstrip("-")
    elif bare.endswith("-") and bare[0].isdigit():
        bare = "-" + bare[:-1]
    if not _AMOUNT.fullmatch(bare):
        raise BadCell("bad_money")
    fen = _rounded(Decimal(bare) * 100)
    if abs(fen) > 10**12:
        raise BadCell("bad_money")
    return fen


def weight(text: str, unit_g: int = 1000) -> Grams | None:
    """Grams of "1", "1kg", "0.62 公斤", "620g"; a bare number counts in units of ``unit_g`` grams.

    A tier (1kg以内, ≤1kg) counts as its upper end.

    None for nothing and for 0, which is how a missing weight is written.
    """
    bare = clean(text).replace(",", "").replace(" ", "")
    if is_blank(bare):
        return None
    match = _WEIGHT.fullmatch(_TIER.sub("", bare))
    factor = _GRAMS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise BadCell("bad_weight")
    grams = _rounded(Decimal(match[1]) * (factor or unit_g))
    if not 0 <= grams <= 10**7:
        raise BadCell("bad_weight")
    return grams or None


def _rounded(number: Decimal) -> int:
    """The nearest whole number, half up; a huge one stands for all that are larger."""
    return int(number.to_integral_value(ROUND_HALF_UP)) if abs(number) < 10**20 else 10**20


def day(text: str, month: str = "") -> str:
    """The day of a date or time: "2026-11-02 18:05" and "2026年11月2日" are "2026-11-02".

    Knows 02-Nov-2026, the numbers that spreadsheets count days with, and 11-02 where the month
    gives the year.
    "" for nothing.
    """
    bare = clean(text)
    if is_blank(bare):
        return ""
    try:
        return _day(bare, month).isoformat()
    except ValueError:
        raise BadCell("bad_day") from None


def _day(bare: str, month: str) -> date:
    if match := _DAY.match(bare):
        return _sensible(date(int(match[1]), int(match[2]), int(match[3])))
    if re.match(r"20\d{6}(?!\d)", bare):
        return _sensible(date(int(bare[:4]), int(bare[4:6]), int(bare[6:8])))
    if re.match(r"20\d{12}(?!\d)", bare):
        return _sensible(date(int(bare[:4]), int(bare[4:6]), int(bare[6:8])))
    if match := _NAMED_DAY.match(bare):
        return date(int(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1]))
    if match := _SERIAL.fullmatch(bare):
        return _sensible(date(1899, 12, 30) + timedelta(days=int(match[1])))
    match = _SHORT_DAY.match(bare)
    if match is None or not month:
        raise ValueError(bare)
    return date(int(month[:4]), int(match[1]), int(match[2]))


def _sensible(found: date) -> date:
    if not 2000 <= found.year <= 2100:
        raise ValueError(found)
    return found


def waybill_no(text: str) -> str:
    """A waybill number in capitals without blanks; "" for nothing.

    A number that a spreadsheet rounded (7.73E+14) is damaged, and nobody guesses what it was.
    """
    if text.isascii() and text.isdigit() and 9 <= len(text) <= 40:
        return text
    bare = "".join(clean(text).split()).upper()
    if is_blank(bare):
        return ""
    if match := _WHOLE_FLOAT.fullmatch(bare):
        bare = match[1]
    has_digit = any(letter.isdigit() for letter in bare)
    if _SCIENTIFIC.fullmatch(bare) or not _NUMBER.fullmatch(bare) or not has_digit:
        raise BadCell("damaged_number")
    return bare


def size(text: str) -> Dimensions | None:
    """Length, width and height in whole mm of "50×40×15", which counts in cm; None if unknown."""
    match = _SIZE.fullmatch(clean(text).lower().replace(" ", "").replace("厘米", "cm"))
    if match is None:
        return None
    factor = 1 if match[4] in ("mm", "毫米") else 10
    length, width, height = (_rounded(Decimal(match[part]) * factor) for part in (1, 2, 3))
    return (length, width, height) if min(length, width, height) > 0 else None


def place(province: str, city: str) -> tuple[str, str]:
    """Province and city of two cells, of which one may hold both: "广东省广州市", "" and "广州"."""
    first, second = clean(province), clean(city)
    if not second or second == first:
        return _parted(first)
    if province_of(first) is None and province_of(second) is None:
        written, rest = _parted(first)
        return (written, rest) if written else ("", second)
    return first, second


def _parted(text: str) -> tuple[str, str]:
    parts = [part for part in re.split(r"[\s,/\\|·>-]+", text) if part]
    if len(parts) > 1:
        return (parts[0], parts[1]) if province_of(parts[0]) else ("", parts[0])
    if province_of(text):
        return text, ""
    for name in PROVINCES:
        if text.startswith(name):
            return _tail(name, text)
    return "", text


def _tail(name: str, text: str) -> tuple[str, str]:
    """The province that ``text`` begins with, as far as it is its name, and the city behind it.

    吉林市 and 重庆市区 begin with a province's name, too; alone they stay what they are.
    """
    best = name
    for end in range(len(name), len(text) + 1):
        if short_name(text[:end]) == name:
            best = text[:end]
    rest = text[len(best) :]
    return best, _first_city(rest)


def _first_city(rest: str) -> str:
    """广州市天河区 -> 广州市; what has no 市 stays whole."""
    match = re.match(r"(.{1,9}?(?:市|自治州|地区|盟))(?=.)", rest)
    return match[1] if match else rest


def trouble(text: str) -> Trouble:
    """What a remark says became of the parcel; "" if it says nothing of that kind."""
    if not text or _DENIED.search(text):
        return ""
    return next((kind for kind, words in _TROUBLES if words.search(text)), "")
