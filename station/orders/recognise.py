"""Which kind of file this is, by the names in its header."""

from __future__ import annotations

from typing import Literal

from station.orders import goods, numbers, people_and_packaging, taobao, taobao_sheets
from station.orders.lists import Columns
from station.orders.table import header_of

Kind = Literal[
    "taobao_orders",
    "taobao_details",
    "taobao_consignees",
    "goods",
    "waybill_numbers",
    "packaging",
    "staff",
    "couriers",
]


def recognise(name: str, data: bytes) -> Kind | None:
    """The kind of a file, None for one that the station does not know how to read."""
    header = set(header_of(name, data))
    if taobao_sheets.is_consignee_list(header) and "收货人姓名" in header:
        return "taobao_consignees"
    if taobao.is_detail_list(header):
        return "taobao_details"
    if taobao.is_order_list(header):
        return "taobao_orders"
    return _own_list(header)


def _own_list(header: set[str]) -> Kind | None:
    def has(columns: Columns, *fields: str) -> bool:
        return all(header.intersection(columns[field]) for field in fields)

    people = people_and_packaging
    number_fields = (("carrier", "number"), ("carrier", "first", "last"))
    if any(has(numbers.COLUMNS, *fields) for fields in number_fields):
        return "waybill_numbers"
    if has(people.STAFF_COLUMNS, "name", "role") or has(people.STAFF_COLUMNS, "name", "badge"):
        return "staff"
    if has(people.PACKAGING_COLUMNS, "code", "name", "kind"):
        return "packaging"
    if has(goods.COLUMNS, "sku"):
        return "goods"
    return "couriers" if has(people.COURIER_COLUMNS, "name", "carrier") else None
