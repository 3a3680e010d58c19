"""The Taobao seller's export: an order list and a detail list, joined on 订单编号 (S9 to S12, D1).

Columns are found by their stripped names, because the header has at least four generations. Every
row ends in exactly one place: an order, one of its lines, an entry for review, or a count of rows
ignored for a reason. What was damaged on the way is never guessed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from station.domain.orders import NeedsReview, PaidOrder, RefundNotice, SourceReading
from station.orders.cells import Damaged, digits_only
from station.orders.table import Row, Table, Unreadable, read_table, require
from station.orders.taobao_order import Verdict, judge
from station.orders.taobao_sheets import completed, is_consignee_list, renamed

ORDER_COLUMNS = (
    ("订单编号",),
    ("订单状态",),
    ("收货人姓名",),
    ("收货地址",),
    ("联系手机", "联系电话"),
    ("订单付款时间",),
)
DETAIL_COLUMNS = (
    ("订单编号",),
    ("标题",),
    ("购买数量",),
    ("商家编码", "外部系统编号", "商品属性"),
)
_ORDER_MARKS = {"收货地址", "收货人姓名", "订单付款时间", "买家会员名", "运送方式", "宝贝总数量"}
_DETAIL_MARKS = {"购买数量", "外部系统编号", "商品属性", "套餐信息"}
_ORDER_NUMBERS = {"订单编号", "主订单编号"}
_STAMP = re.compile(r"(20[0-9]{10,12})")


@dataclass(slots=True)
class _Account:
    """Where every row went."""

    orders: list[PaidOrder] = field(default_factory=list)
    refunds: list[RefundNotice] = field(default_factory=list)
    review: list[NeedsReview] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)

    def reading(self) -> SourceReading:
        ignored = {reason: count for reason, count in self.ignored.items() if count}
        return SourceReading(
            tuple(self.orders),
            tuple(self.refunds),
            tuple(self.review),
            dict(sorted(ignored.items())),
        )


Grouped = dict[str, dict[int, list[Row]]]


def is_order_list(header: Iterable[str]) -> bool:
    """Whether these columns are an order list's, even with one of the needed ones missing."""
    return len(_ORDER_MARKS & set(header)) >= 2 and not is_detail_list(header)


def is_detail_list(header: Iterable[str]) -> bool:
    """Whether these columns are a detail list's, even with one of the needed ones missing."""
    return len(_DETAIL_MARKS & set(header)) >= 2


def read_export(files: Sequence[tuple[str, bytes]]) -> SourceReading:
    """Everything the given export files say, in any order and any number of pairs.

    Files are (name, bytes). Where the same order stands in several files with different content,
    the newest by the time in the file's name is believed; without such a time it goes to review.
    Refund notices bear the time in the file's name, or else the order's own time.
    """
    account = _Account()
    found = list(_tables(files, account))
    lines = [table for table in found if is_detail_list(table.header)]
    places = [table for table in found if is_consignee_list(table.header)]
    lists = list(_whole([t for t in found if t not in [*lines, *places]], places, lines, account))
    orders, details = _group(lists, account), _group(lines, account)
    _note_missing_half(lists, lines, places, account)
    taken = {number: _newest(groups) for number, groups in details.items()}
    for number, groups in orders.items():
        _read_order(number, _newest(groups), taken.pop(number, None), account)
    for choice in taken.values():
        _leave_lines(choice, account, orphans=bool(orders))
    return account.reading()


def _tables(files: Sequence[tuple[str, bytes]], account: _Account) -> Iterable[Table]:
    for name, data in files:
        try:
            table = renamed(read_table(name, data))
            if is_detail_list(table.header):
                require(table, *DETAIL_COLUMNS)
            elif not (is_order_list(table.header) or is_consignee_list(table.header)):
                raise Unreadable(NeedsReview("unknown_file", name, "row 1"))
        except Unreadable as unreadable:
            account.review += unreadable.review
            continue
        account.review += table.torn
        account.ignored["blank_row"] += table.blank
        yield table


def _whole(
    orders: list[Table], places: list[Table], lines: list[Table], account: _Account
) -> Iterable[Table]:
    """The order lists with what other sheets know of their orders; one that lacks more is told."""
    for table in completed(orders, places, lines):
        try:
            require(table, *ORDER_COLUMNS)
        except Unreadable as unreadable:
            account.review += unreadable.review
        else:
            yield table


def _note_missing_half(
    orders: list[Table], details: list[Table], places: list[Table], account: _Account
) -> None:
    """One list without the other makes no orders: said once, for the whole import."""
    if orders and not details:
        account.review.append(NeedsReview("detail_list_missing", orders[0].name, "file"))
    if (others := details or places) and not orders:
        account.review.append(NeedsReview("order_list_missing", others[0].name, "file"))


def _group(tables: list[Table], account: _Account) -> Grouped:
    """Rows by order number, then by file, in the files' order."""
    grouped: Grouped = defaultdict(lambda: defaultdict(list))
    for index, table in enumerate(tables):
        for row in table.rows:
            try:
                if row.rounded & _ORDER_NUMBERS:
                    raise Damaged("damaged_order_no")
                grouped[digits_only(row.text("订单编号"))][index].append(row)
            except Damaged as damage:
                account.review.append(row.review(damage.code))
    return grouped


@dataclass(frozen=True, slots=True)
class _Choice:
    """The rows to believe of one order number, and those that only repeat or precede them."""

    rows: list[Row]
    others: list[Row]
    conflict: bool = False


def _newest(groups: dict[int, list[Row]]) -> _Choice:
    """The newest file's rows. Different content without different times is a conflict."""
    stamped = sorted(groups.values(), key=lambda rows: _stamp(rows[0].source))
    newest, older = stamped[-1], stamped[:-1]
    others = [row for rows in older for row in rows]
    stamp = _stamp(newest[0].source)
    rivals = [rows for rows in older if not stamp or _stamp(rows[0].source) in ("", stamp)]
    return _Choice(newest, others, not all(_agree(newest, rows) for rows in rivals))


def _agree(one: Sequence[Row], other: Sequence[Row]) -> bool:
    """Whether two files say the same of an order, in the columns that both have."""
    return len(one) == len(other) and all(
        a.cells[name] == b.cells[name]
        for a, b in zip(one, other, strict=True)
        for name in a.cells.keys() & b.cells.keys()
    )


def _stamp(name: str) -> str:
    """The time in a file's name (ExportOrderList202611201630.csv) as sortable text, or ""."""
    match = _STAMP.search(name)
    return match[1].ljust(14, "0") if match else ""


def _read_order(number: str, order: _Choice, lines: _Choice | None, account: _Account) -> None:
    """Puts one order's rows and its lines' rows where they belong."""
    row, *again = order.rows
    same = all(_agree([row], [other]) for other in again)
    line_rows = lines.rows if lines else []
    account.ignored["repeated_order"] += len(order.others) + len(again)
    account.ignored["repeated_line"] += len(lines.others) if lines else 0
    if order.conflict or not same or (lines is not None and lines.conflict):
        verdict = Verdict(review=row.review("conflicting_rows", order_no=number))
    else:
        verdict = judge(number, row, line_rows, _stamp(row.source))
    _book(verdict, len(line_rows), account)


def _book(verdict: Verdict, line_count: int, account: _Account) -> None:
    account.refunds += verdict.refunds
    if verdict.order is not None:
        account.orders.append(verdict.order)
        return
    if verdict.review is not None:
        account.review.append(verdict.review)
        account.ignored["line_of_reviewed_order"] += line_count
        return
    account.ignored[verdict.ignored] += 1
    account.ignored["line_of_ignored_order"] += line_count


def _leave_lines(choice: _Choice, account: _Account, *, orphans: bool) -> None:
    """Lines whose order is in no list: each for review, unless there was no order list at all."""
    account.ignored["repeated_line"] += len(choice.others)
    if orphans:
        account.review += [row.review("line_without_order") for row in choice.rows]
    else:
        account.ignored["line_without_order"] += len(choice.rows)
