"""The rows below a header, one after the other: lines, totals, notes, and what nobody can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from station.bills.cells import (
    BadCell,
    Memo,
    Written,
    clean,
    day,
    is_blank,
    money,
    place,
    size,
    trouble,
    waybill_no,
    weight,
)
from station.bills.layouts import Layout, another_header, plain
from station.domain.statements import LineKind, ReviewRow, StatementLine, Trouble
from station.domain.vocabulary import Fen
from station.domain.written_numbers import lost_digits

_TOTAL = re.compile(
    r"(?:本月|本期|本账期|月度|费用|总)?(?:合计|总计|共计|累计|总额|总金额|应付总额|应付合计|应付金额|total)"
    r"(?:金额|费用|应付|运费)?(?:\((?:元|rmb)\))?[::]?",
    re.IGNORECASE,
)
_THIS_MONTHS = re.compile(r"本[期月](?:应[付收])?(?:费用|运费|快递费|应付|应收|账单金额)[::]?$")
_IN_CAPITALS = re.compile(r"大写")
_NOT_A_NAME = re.compile(r"件|票|大写")  # behind 合计 in its own cell
_OVERVIEW = re.compile(r"票数|件数|单量|数量|项目|占比|均价|类别|科目")
_SUBTOTAL = re.compile(r"小计|本页|[承接][前上]页|[过转][次下]页|subtotal", re.IGNORECASE)
_WORDS = re.compile(r"[\u4e00-\u9fff]|[:：]")
_AMOUNT_BEHIND = re.compile(r"[^\d.¥￥-]{0,12}[¥￥]?(-?[\d,]+(?:\.\d+)?)元?$")
_INSURANCE = re.compile(r"保价|保费|保险|insurance", re.IGNORECASE)
_WAY_BACK = re.compile(r"退(?:件|回|货)?(?:件)?(?:运|派)?费|返程", re.IGNORECASE)
_SURCHARGE = re.compile(
    r"附加|加收|偏远|超区费|超长|超重|包装|操作费|签回单|回单费|补收|补差|材料费|仓储|上楼|surcharge",
    re.IGNORECASE,
)


ShortLine = tuple[int, str, Fen, LineKind, str, str, str, int, str]
"""The first cells of a StatementLine, where the others say nothing."""
MOST_REVIEWED = 10_000
"""Rows of one table that a person is shown at most."""


class _Money(NamedTuple):
    """The amounts of one row. ``freight`` is None where the statement tells no prices."""

    freight: Fen | None
    gross: Fen | None = None
    insurance: Fen = 0
    surcharge: Fen = 0
    back: Fen = 0  # what is given back beside the freight, below zero


class Below(NamedTuple):
    """The header of another table below the one that is read: its row, and the words above it."""

    row: int
    record: list[str]
    layout: Layout
    title: str


class Rows:
    """Reads the rows of one table. ``review`` and ``total_fen`` are complete when the rows are.

    ``kind`` is what lines charge for that do not say it themselves. ``below`` is where another
    table begins, at whose header the reading ends.
    """

    def __init__(
        self, layout: Layout, source: str, *, month: str = "", kind: LineKind = "freight"
    ) -> None:
        self.review: list[ReviewRow] = []
        self.total_fen: Fen | None = None
        self.below: Below | None = None
        self._kind, self._title = kind, ""
        self._aside = False  # in an overview (票数, 占比) below the table
        self._layout, self._source = layout, source
        self._width = max(
            [*layout.at.values(), *(index for each in layout.many.values() for index in each)]
        ) + 1
        self._money: Memo[str, Written] = Memo(_written_money)
        self._weights: Memo[str, Written] = Memo(
            lambda text: _written_weight(text, layout.unit_g or 1000))
        self._days: Memo[str, tuple[str, str]] = Memo(lambda text: _written_day(text, month))
        self._places: Memo[tuple[str, str], tuple[str, str]] = Memo(lambda texts: place(*texts))
        self._kinds: Memo[str, LineKind] = Memo(_kind)
        self._troubles: Memo[str, Trouble] = Memo(trouble)
        self._header = tuple(plain(cell) for cell in layout.columns)
        self._find = {name: layout.at.get(name, -1) for name in (
            "waybill", "day", "province", "city", "place", "charged", "actual", "total", "fee",
            "kind", "product", "remark", "size", "return_of")}  # fmt: skip
        self._above = (0, "")  # the last row about a number, and that number
        self._simple = () if layout.rounded or kind != "freight" else _simple(layout)
        parts = layout.many.get("fee_part", ())
        self._tells_first = any("首重" in layout.columns[index] for index in parts)

    def lines(
        self, rows: Iterable[tuple[int, list[str]]], header: int
    ) -> Iterator[ShortLine | StatementLine]:
        """The amounts of all rows below the header's last row.

        What has nothing behind its first cells comes as these alone: nearly all rows of a month.
        """
        number_at = self._find["waybill"]
        waybill: str | None
        for number, record in rows:
            if number <= header:
                continue
            plainly = self._plainly(number, record) if self._simple else None
            if plainly is not None:
                yield plainly
                continue
            if len(record) < self._width:
                record.extend([""] * (self._width - len(record)))
            try:
                waybill = waybill_no(record[number_at])
            except BadCell:
                waybill = None
            if waybill and self._layout.rounded and lost_digits(waybill):
                waybill = None
            if not waybill or len(waybill) < 9 or not record[0].isascii():
                yield from self._odd(number, record, waybill)
                if self.below is not None:
                    return
            else:
                yield from self._line(number, record, waybill)

    def _plainly(self, number: int, record: list[str]) -> ShortLine | None:
        """A row of a simple layout with nothing special in it: the short way of nearly all rows."""
        if len(record) < self._width or not record[0].isascii():
            return None
        waybill_at, day_at, province_at, city_at, charged_at, fee_at, remark_at = self._simple
        waybill, text = record[waybill_at], record[day_at]
        fee, charged = self._money[record[fee_at]].value, self._weights[record[charged_at]].value
        if not fee or fee < 0 or charged is None or record[remark_at] or not (
            8 < len(waybill) < 41 and waybill.isascii() and (waybill.isdigit() or (
                waybill.isalnum() and waybill[-1].isdigit() and waybill == waybill.upper()))
        ):
            return None
        when, fault = self._days[text[:10] if text[10:11] == " " and text[4:5] in "-/" else text]
        if fault:
            return None
        province, city = self._places[record[province_at], record[city_at]]
        return number, waybill, fee, "freight", when, province, city, charged, self._source

    def _odd(
        self, number: int, record: list[str], waybill: str | None
    ) -> Iterator[StatementLine]:
        """A row that may be no line: empty, a total, a note, a repeated header, a credit."""
        cells = [clean(cell) for cell in record]
        filled = [cell for cell in cells if cell]
        if not filled or tuple(map(plain, record[: len(self._header)])) == self._header:
            return
        if self._is_total(number, cells):
            return
        if waybill:
            self._aside = False
            yield from self._line(number, record, waybill)
            return
        if (layout := another_header(record, self._layout)) is not None:
            self.below = Below(number, record, layout, self._title)
            return
        self._aside = self._aside or _is_overview(filled)
        if self._aside or self._is_note(record, filled, waybill):
            self._title = " ".join(filled)
            return
        yield from self._without_number(number, record, cells, waybill)

    def _without_number(
        self, number: int, record: list[str], cells: list[str], waybill: str | None
    ) -> Iterator[StatementLine]:
        """An amount whose number is missing or cannot be read; it counts, and a person sees it."""
        text = cells[self._find["waybill"]]
        if waybill is not None and self._belongs_above(number, cells):
            yield from self._line(number, record, self._above[1])
            return
        amounts = self._amounts(number, record)
        if waybill is None:
            self._see(number, "damaged_number", "waybill", text)
        elif (amounts.freight or 0) >= 0:
            self._see(number, "missing_number", "waybill", "")
        for line in self._made(number, record, text[:40], amounts):
            yield line._replace(damaged=waybill is None)

    def _belongs_above(self, number: int, cells: list[str]) -> bool:
        """Whether a row names only what is charged beside the freight, as below a merged number."""
        row, waybill = self._above
        kind, blank = self._find["kind"], [self._find[name] for name in ("day", "charged")]
        return (
            bool(waybill) and row == number - 1 and kind >= 0
            and self._kinds[cells[kind]] not in ("freight", "return")
            and all(is_blank(cells[index]) for index in blank if index >= 0)
        )

    def _is_note(self, record: list[str], filled: list[str], waybill: str | None) -> bool:
        """Whether a row without a number holds words only: no amount, and no weight.

        What stands in the number's column is a damaged number only if it has a digit, and no
        words: an account number below the table is nobody's parcel.
        """
        amounts = [record[index] for name in ("total", "fee") if (index := self._find[name]) >= 0]
        if any(self._money[text].value is not None for text in amounts):
            return False
        if waybill is None:
            text = clean(record[self._find["waybill"]])
            if lost_digits(text):
                return False
            return _WORDS.search(text) is not None or not any(map(str.isdigit, text))
        weight_at = self._find["charged"]
        return len(filled) <= 2 or weight_at < 0 or not self._weights[record[weight_at]].value

    def _is_total(self, number: int, cells: list[str]) -> bool:
        """Whether this is a row of totals; keeps its amount. The last one counts."""
        for index, cell in enumerate(cells[: self._width + 1]):
            bare = "".join(cell.split())
            if _SUBTOTAL.match(bare):
                return True
            match = _TOTAL.match(bare) or _THIS_MONTHS.match(bare)
            if match is None:
                continue
            rest = bare[match.end() :]
            amount = _behind(rest) if rest else None
            if rest and amount is None and not _NOT_A_NAME.search(rest):
                continue
            self._keep_total(number, cells, index, amount)
            return True
        return False

    def _keep_total(self, number: int, cells: list[str], at: int, amount: Fen | None) -> None:
        if self._aside or not self._layout.tells_prices:
            return
        for name in ("total", "fee"):
            index = self._find[name]
            if amount is None and index >= 0 and index != at:
                amount = self._money[cells[index]].value
        if amount is None:
            weights = {self._find["charged"], self._find["actual"]}
            amounts = [self._money[cells[index]].value for index in range(at + 1, len(cells))
                       if index not in weights]
            amount = next((fen for fen in reversed(amounts) if fen is not None), None)
        if amount is None and any(map(_IN_CAPITALS.search, cells)):
            return
        if amount is None:
            self._see(number, "unreadable_total", "total", " ".join(filter(None, cells))[:40])
        else:
            self.total_fen = amount

    def _line(self, number: int, record: list[str], waybill: str) -> Iterator[StatementLine]:
        self._above = (number, waybill)
        return self._made(number, record, waybill, self._amounts(number, record))

    def _made(
        self, number: int, record: list[str], waybill: str, amounts: _Money
    ) -> Iterator[StatementLine]:
        """The line of a row, and one more for each amount that stands beside the freight."""
        remark = self._text(record, "remark")
        charged = self._weight(number, record, "charged")
        kind, told = self._charged_for(record, weighs=charged is not None)
        fee, return_of = amounts.freight, self._return_of(record)
        if fee is not None and (fee < 0 or kind == "credit"):
            fee, kind = -abs(fee), "credit"
        elif return_of and return_of != waybill:
            kind = "return"
        province, city = self._place(record)
        line = StatementLine(
            number, waybill, fee, kind, self._day(number, record), province, city, charged,
            self._source, self._weight(number, record, "actual"), amounts.gross, self._size(record),
            self._troubles[remark] if remark and kind == "freight" else "", return_of,
            remark=" ".join(dict.fromkeys(clean(f"{told} {remark}").split()))[:200],
        )
        if fee != 0 or not (any(amounts[2:]) or self._layout.only_beside):
            yield line
        beside: tuple[tuple[Fen, LineKind], ...] = (
            (amounts.insurance, "insurance"), (amounts.surcharge, "surcharge"),
            (amounts.back, "credit"),
        )
        for fen, what in beside:
            if fen:
                yield line._replace(
                    fee_fen=fen, kind="credit" if fen < 0 else what, gross_fen=None, trouble=""
                )

    def _charged_for(self, record: list[str], *, weighs: bool) -> tuple[LineKind, str]:
        """What a row charges for, and the words that say so."""
        told = self._text(record, "kind")
        kind = self._kinds[told] if told else "freight"
        if kind == "freight" and not weighs and self._find["charged"] >= 0:
            # Product and remark name what is charged only where the row weighs nothing.
            told = " ".join(self._text(record, name) for name in ("kind", "product", "remark"))
            told = told.strip()
            kind = self._kinds[told] if told else "freight"
        return self._kind if kind == "freight" else kind, told

    def _text(self, record: list[str], name: str) -> str:
        """What stands in this column, "" where the table has none."""
        index = self._find[name]
        return record[index] if index >= 0 else ""

    def _amounts(self, number: int, record: list[str]) -> _Money:
        """Freight, insurance and the rest of a row; the total column decides their sum."""
        layout = self._layout
        if not layout.tells_prices:
            return _Money(None)
        total, fee = self._fen(number, record, "total"), self._fen(number, record, "fee")
        if total is None and fee is None and not layout.many:
            self._miss_amount(number, record)
        if layout.many:
            return self._parted(number, record, total, fee)
        if total is None or fee is None:
            return _Money((total if fee is None else fee) or 0)
        if total >= fee >= 0 and total != fee:
            return _Money(fee, surcharge=total - fee)
        return _Money(total, fee if fee != total else None)

    def _miss_amount(self, number: int, record: list[str]) -> None:
        """Tell of a row whose price is missing, as where a formula was never computed."""
        meaning = "total" if "total" in self._layout.at else "fee"
        if is_blank(clean(record[self._find[meaning]])):
            self._see(number, "missing_amount", meaning, "")

    def _parted(
        self, number: int, record: list[str], total: Fen | None, fee: Fen | None
    ) -> _Money:
        insurance = self._sum(number, record, "insurance")
        surcharge = self._sum(number, record, "surcharge")
        back = -abs(self._sum(number, record, "deduction"))
        fee, gross = self._with_parts(fee, self._sum(number, record, "fee_part"))
        if total is None:
            return _Money(fee or 0, gross, insurance, surcharge, back)
        if total == fee:
            return _Money(total, gross)  # what stands beside it is in it already, or not charged
        rest = total - insurance - surcharge - back
        if fee is not None and rest > fee >= 0:
            return _Money(fee, gross, insurance, surcharge + rest - fee, back)
        before = fee if gross is None and fee != rest else gross
        return _Money(rest, before, insurance, surcharge, back)

    def _with_parts(self, fee: Fen | None, parts: Fen) -> tuple[Fen | None, Fen | None]:
        """The freight with first and further weight, and what these come to if it is less or more.

        Beside 首重费 a column 运费 is the sum of them, perhaps less a discount; without it 续重费
        adds to 运费.
        """
        if not parts:
            return fee, None
        if fee and self._tells_first:
            return fee, parts if parts != fee else None
        return (fee or 0) + parts, None

    def _fen(self, number: int, record: list[str], meaning: str) -> Fen | None:
        index = self._find[meaning]
        if index < 0:
            return None
        return self._kept(number, self._money[record[index]], index, record)

    def _sum(self, number: int, record: list[str], meaning: str) -> Fen:
        return sum(
            self._kept(number, self._money[record[index]], index, record) or 0
            for index in self._layout.many.get(meaning, ())
        )

    def _weight(self, number: int, record: list[str], meaning: str) -> int | None:
        index = self._find[meaning]
        if index < 0:
            return None
        return self._kept(number, self._weights[record[index]], index, record)

    def _kept(self, number: int, cell: Written, index: int, record: list[str]) -> int | None:
        if cell.fault:
            self._note(ReviewRow(
                number, cell.fault, self._layout.columns[index], clean(record[index])[:40],
                self._source,
            ))  # fmt: skip
        return cell.value

    def _day(self, number: int, record: list[str]) -> str:
        index = self._find["day"]
        if index < 0:
            return ""
        text = record[index]
        # A time of day makes every cell another one; its day alone is what is remembered.
        found, fault = self._days[text[:10] if text[10:11] == " " and text[4:5] in "-/" else text]
        if fault:
            self._see(number, fault, "day", clean(text)[:40])
        return found

    def _place(self, record: list[str]) -> tuple[str, str]:
        province, city = self._text(record, "province"), self._text(record, "city")
        if self._find["place"] >= 0 and not province.strip():
            province = self._text(record, "place")
        return self._places[province, city]

    def _size(self, record: list[str]) -> tuple[int, int, int] | None:
        text = self._text(record, "size")
        return size(text) if text else None

    def _return_of(self, record: list[str]) -> str:
        text = self._text(record, "return_of")
        try:
            return waybill_no(text) if text else ""
        except BadCell:
            return ""

    def _see(self, number: int, code: str, meaning: str, value: str) -> None:
        self._note(ReviewRow(number, code, self._layout.name(meaning), value, self._source))

    def _note(self, row: ReviewRow) -> None:
        """Keep what a person must see; a file that is nothing else is cut where nobody reads on."""
        if len(self.review) < MOST_REVIEWED:
            self.review.append(row)


def _simple(layout: Layout) -> tuple[int, ...]:
    """Where the seven columns of a simple layout stand; () for a layout that has others, too."""
    price = "total" if "total" in layout.at else "fee"
    wanted = ("waybill", "day", "province", "city", "charged", price, "remark")
    if layout.many or set(layout.at) != set(wanted):
        return ()
    return tuple(layout.at[meaning] for meaning in wanted)


def _written_money(text: str) -> Written:
    try:
        return Written(money(text))
    except BadCell as error:
        return Written(None, error.code)


def _written_weight(text: str, unit_g: int) -> Written:
    try:
        return Written(weight(text, unit_g))
    except BadCell as error:
        return Written(None, error.code)


def _written_day(text: str, month: str) -> tuple[str, str]:
    try:
        return day(text, month), ""
    except BadCell as error:
        return "", error.code


def _is_overview(filled: list[str]) -> bool:
    """Whether a row is the header of an overview: words only, and one of them counts things."""
    words = not any(any(map(str.isdigit, cell)) for cell in filled)
    return words and len(filled) > 1 and any(map(_OVERVIEW.search, filled))


def _behind(text: str) -> Fen | None:
    """The amount behind a label in the same cell: "：321.00元"."""
    match = _AMOUNT_BEHIND.fullmatch(text)
    return money(match[1]) if match else None


def _kind(told: str) -> LineKind:
    """What a row charges for, by the words of its type."""
    text = clean(told)
    if _WAY_BACK.search(text):
        return "return"
    if _INSURANCE.search(text):
        return "insurance"
    return "surcharge" if _SURCHARGE.search(text) else "freight"
