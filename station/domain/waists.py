"""The waist a buyer confirmed, read out of free words (S8): 腰围82, 82cm, 2尺5, 实量82.5.

Only a number said to be a waist, or carrying a unit of length, is one: never a size (尺码32), a
price, a phone number, a height or another measure of the garment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from station.domain.orders import OrderLine
from station.domain.vocabulary import Millimetres

SMALLEST_MM, LARGEST_MM = 450, 1500
_GLANCE = 24  # how many characters around a number can say what it measures

_NUMERAL = "[一二两三四五六七八九]"
_LENGTH = re.compile(
    # 2尺5, 2.5尺, 二尺五寸, 两尺半 (1 尺 is a third of a metre, 1 寸 a tenth of it)
    rf"(?P<chi>(?<![\d.])[1-4](?:\.\d{{1,2}})?|{_NUMERAL})\s*尺(?!码|寸)\s*"
    rf"(?P<cun>\d{{1,2}}(?![\d.])|\d\.\d(?![\d.])|{_NUMERAL}|半)?"
    rf"(?:寸(?P<fen>[1-9](?!\d)|{_NUMERAL}|半)?|(?P<half>半))?"
    r"|(?<![\d.A-Z¥-])(?P<number>\d{2,4}(?:\.\d)?)(?![\d.])\s*"
    r"(?P<unit>CM|厘米|公分|MM|毫米)?"
)
_WAIST = r"腰围|腰圍|裤腰|腰|实量|实测|实际测量|净量"
_OTHER = (
    r"身高|体重|裤长|衣长|内长|内缝|臀围|胸围|臀|胸|大腿|小腿|腿围|腿|肩宽|袖长|脚口|裤脚|前裆|后裆|"
    r"直裆|横裆|裆|高|长|宽|尺码|码数|电话|手机|价"
)
_MEASURE = re.compile(rf"(?P<waist>{_WAIST})|(?P<other>{_OTHER})")
_NEARBY = re.compile(rf"(?:{_WAIST})(?:[^\d]){{0,8}}$")
_DENIED = re.compile(r"(?:不是|并非|不要|不是要)\s*$")
# A bound (不超过80, 80以上) or a waist that did not fit (80的太大) is nobody's wish.
_BOUND_BEFORE = re.compile(r"(?:超过|超|大于|小于|低于|高于|至少|至多|最大|最小|最多|最少)\s*$")
_BOUND_AFTER = re.compile(
    r"\s*(?:以上|以下|以内|之内|之间|的?(?:太|偏|嫌|穿不)[^,]{0,2}[大小紧松上下])"
)
_NOT_A_LENGTH = re.compile(
    r"\s*(?:元|块|折|号|楼|岁|斤|公斤|KG|G|件|条|码|年|月|日|弄|幢|栋|室|层|%|分|寸|英寸|天|点|个|[-~到至]\s*\d)"
)
_OTHER_AFTER = re.compile(r"\s*的?(?:身高|高|裤长|臀围|臀|胸围|长)(?!\s*[:是]?\s*\d)")
_WAIST_AFTER = re.compile(r"\s*的?(?:裤腰|腰[围圍]?)(?![围圍]|\s*[:是=]?\s*\d)")
_RANGE_BEFORE = re.compile(r"\d\s*(?:CM|厘米|公分)?\s*[-~到至]\s*$")
_SIZE = re.compile(
    r"(?:尺码|码数|码)\s*[:是为]?\s*(?P<a>[2-9]?X{0,4}[SML]|\d{2,3})(?![\dA-Z.])"
    r"|(?<![\dA-Z.])(?P<b>[2-9]?X{0,4}[SML]|\d{2,3})\s*码"
)
_BRACKETS = re.compile(r"[\[【(].*?[\])】]")


@dataclass(frozen=True, slots=True)
class WaistWish:
    """One waist that was named, and the size it was named for, "" where none was."""

    waist_mm: Millimetres
    size: str = ""


def normal(text: str) -> str:
    """The text with full-width letters, digits and punctuation made narrow (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def confirmed_waist_mm(text: str) -> list[WaistWish]:
    """Every waist the text names, in order. A range (80-82) or a denied one (不是82) is none."""
    found: list[WaistWish] = []
    sizes: list[str] = []
    fresh = False
    for clause in re.split(r"[,;。!?\n]", normal(text).upper()):
        here = [match["a"] or match["b"] for match in _SIZE.finditer(clause)]
        if here:
            sizes = here if fresh else sizes + here
            fresh = False
        waists = _waists_in(clause)
        if waists:
            found += [WaistWish(waist, _only(sizes, here)) for waist in waists]
            fresh = True
    return found


def with_waists(
    lines: Sequence[OrderLine], seller_memo: str, buyer_message: str
) -> tuple[OrderLine, ...]:
    """The lines with the waists that the memo, or else the message, names for them.

    A waist named for a size goes to the lines of that size, a single waist without a size to all
    lines; anything less clear is left for a person. A line that has its waist keeps it.
    """
    wishes = confirmed_waist_mm(seller_memo) or confirmed_waist_mm(buyer_message)
    return tuple(
        line if line.waist_mm is not None else replace(line, waist_mm=_waist_for(line, wishes))
        for line in lines
    )


def plain_size(size: str) -> str:
    """A size as it is compared: without notes in brackets and 码, in capitals."""
    return _BRACKETS.sub("", normal(size).upper()).replace("码", "").strip()


def _waist_for(line: OrderLine, wishes: list[WaistWish]) -> Millimetres | None:
    sized = {wish.waist_mm for wish in wishes if wish.size and wish.size == plain_size(line.size)}
    if len(sized) == 1:
        return sized.pop()
    every = {wish.waist_mm for wish in wishes}
    if len(every) == 1 and not any(wish.size for wish in wishes):
        return every.pop()
    return None


def _only(sizes: list[str], here: list[str]) -> str:
    """The one size meant: the clause's own if it names one, else the only one named before."""
    meant = set(here or sizes)
    return meant.pop() if len(meant) == 1 else ""


def _waists_in(clause: str) -> list[Millimetres]:
    waists, last = [], 0
    for match in _LENGTH.finditer(clause):
        length = _length(match)
        before = clause[last : match.start()]
        after = clause[match.end() : match.end() + _GLANCE]
        if SMALLEST_MM <= length <= LARGEST_MM and _is_waist(match, before, after):
            waists.append(length)
        last = match.end()
    return waists


def _length(match: re.Match[str]) -> Millimetres:
    """The length in whole millimetres, half a millimetre counting up."""
    if match["chi"]:
        fen = _tenths(match["fen"] or match["half"]) / 10
        length = _number(match["chi"]) + _tenths(match["cun"]) + fen
        length = length * 1000 / 3
    else:
        length = Decimal(match["number"]) * (1 if match["unit"] in ("MM", "毫米") else 10)
    return int(length.quantize(Decimal(1), ROUND_HALF_UP))


def _is_waist(match: re.Match[str], before: str, after: str) -> bool:
    """Whether a length is the waist, by its unit and by the nearest measure named around it."""
    named = list(_MEASURE.finditer(before))
    said = bool(named and named[-1]["waist"]) or _WAIST_AFTER.match(after) is not None
    if (named and not said) or _OTHER_AFTER.match(after) or _doubtful(match, after):
        return False
    if match["unit"] or match["chi"]:
        return True
    return _NEARBY.search(before) is not None or _WAIST_AFTER.match(after) is not None


def _doubtful(match: re.Match[str], after: str) -> bool:
    """Half of a range, a bound, denied, or a number of something that is no length."""
    text, start = match.string, match.start()
    near = max(0, start - _GLANCE)
    denied = _DENIED.search(text, near, start) or _RANGE_BEFORE.search(text, near, start)
    bound = _BOUND_BEFORE.search(text, near, start) or _BOUND_AFTER.match(after)
    return bool(denied or bound or _NOT_A_LENGTH.match(after))


def _number(text: str) -> Decimal:
    return Decimal("一二三四五六七八九".find(text) + 1 or text.replace("两", "2"))


def _tenths(cun: str | None) -> Decimal:
    """What stands after 尺: 5 or 五 is five tenths, 55 fifty-five hundredths, 半 a half."""
    if not cun:
        return Decimal(0)
    if cun == "半":
        return Decimal("0.5")
    return _number(cun) / (100 if len(cun) == 2 else 10)
