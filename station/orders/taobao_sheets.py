"""The seller's workbook of 2026: the same facts in three sheets, brought into the older two lists.

订单报表 has the order without its consignee, 发货报表 the consignee, 销售明细 the lines and notes.
A column that has another name here is found under the old one; what a row lacks is filled from
the sheet that has it: a consignee where that sheet names just one, and the notes of all lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from station.orders.table import Row, Table

_OTHER_NAMES = {
    "主订单编号": "订单编号",
    "商品标题": "标题",
    "卖家备注": "订单备注",
    "买家实付金额": "买家实际支付金额",
}
_CONSIGNEE = ("收货人姓名", "联系手机", "联系电话", "收货地址", "修改后的收货地址")
_NOTES = ("订单备注", "买家留言")


def renamed(table: Table) -> Table:
    """The table with the older lists' names for its columns, where it lacks the old ones."""
    names = {new: old for new, old in _OTHER_NAMES.items()
             if new in table.header and old not in table.header}
    if not names:
        return table
    header = tuple(names.get(column, column) for column in table.header)
    rows = tuple(_with(row, {names.get(key, key): cell for key, cell in row.cells.items()})
                 for row in table.rows)
    return replace(table, header=header, rows=rows)


def is_consignee_list(header: Iterable[str]) -> bool:
    """Whether these columns say where orders go and nothing else of them: 发货报表."""
    columns = set(header)
    return {"订单编号", "收货地址"} <= columns and not {"订单状态", "订单付款时间"} & columns


def completed(
    orders: Sequence[Table], consignees: Sequence[Table], details: Sequence[Table]
) -> list[Table]:
    """The order lists, each row with the consignee and the notes that other sheets have of it."""
    told = {
        number: {column: texts[0] for column, texts in cells.items() if len(texts) == 1}
        for number, cells in _said(consignees, _CONSIGNEE).items()
    }
    noted = {
        number: {column: "\n".join(texts) for column, texts in cells.items()}
        for number, cells in _said(details, _NOTES).items()
    }
    columns = [name for others, names in ((consignees, _CONSIGNEE), (details, _NOTES))
               for name in names if any(name in table.header for table in others)]
    return [_completed(table, told, noted, columns) for table in orders]


def _completed(
    table: Table, told: Mapping[str, Mapping[str, str]], noted: Mapping[str, Mapping[str, str]],
    columns: Sequence[str],
) -> Table:
    rows = []
    for row in table.rows:
        number = row.text("订单编号")
        others = {**noted.get(number, {}), **told.get(number, {})}
        known = {key: cell for key, cell in row.cells.items() if cell}
        rows.append(_with(row, {**row.cells, **others, **known}))
    header = (*table.header, *(column for column in columns if column not in table.header))
    return replace(table, header=header, rows=tuple(rows))


def _said(tables: Iterable[Table], columns: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """What the tables say of each order in these columns, each text once."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table in tables:
        for row in table.rows:
            texts = said[row.text("订单编号")]
            for column in columns:
                text = row.text(column)
                if text and text not in texts[column]:
                    texts[column].append(text)
    return said


def _with(row: Row, cells: dict[str, str]) -> Row:
    return replace(row, cells=MappingProxyType(cells))
