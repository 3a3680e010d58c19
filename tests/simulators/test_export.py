"""The seller centre's export, with the habits that importers stumble over."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from simulators.catalogue import catalogue
from simulators.export import CLOSED, DETAIL_COLUMNS, LIST_COLUMNS, PAID, UNPAID, seller_export
from simulators.shop import SHANGHAI, make_orders

AT = datetime(2026, 11, 23, 16, 30, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def orders():
    return make_orders(catalogue(), 60, datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI), seed=2)


@pytest.fixture(scope="module")
def export(orders):
    return seller_export(orders, AT)


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("gb18030"))))


def test_the_files_are_named_after_shanghai_time(orders):
    export = seller_export(orders[:1], datetime(2026, 11, 23, 8, 30, tzinfo=UTC))
    assert export.list_name == "ExportOrderList202611231630.csv"
    assert export.detail_name == "ExportOrderDetailList202611231630.csv"


def test_the_list_has_sixty_one_columns_and_the_known_blanks(export):
    header = rows(export.list_bytes)[0]
    assert tuple(header) == LIST_COLUMNS
    assert len(header) == 61
    assert [name for name in header if name.endswith(" ")] == [
        "收货地址 ", "联系电话 ", "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 ",
    ]  # fmt: skip


def test_every_list_row_is_as_long_as_its_header(export, orders):
    body = rows(export.list_bytes)[1:]
    assert len(body) == len(orders)
    assert {len(row) for row in body} == {61}


def test_detail_rows_are_one_field_longer_than_their_header(export, orders):
    header, *body = rows(export.detail_bytes)
    assert tuple(header) == DETAIL_COLUMNS
    assert {len(row) for row in body} == {11}
    assert len(body) == sum(len(order.lines) for order in orders)


def test_ids_are_written_for_excel_and_outside_quotes(export, orders):
    text = export.list_bytes.decode("gb18030")
    first = orders[0].order_no
    assert f'\r\n="{first}",' in text
    assert rows(export.list_bytes)[1][0] == f"={first}" or f'="{first}"' in text
    assert f',="{first}"\r\n' in text, "the main order number closes the row"
    assert ',="",' in text


def test_phones_stand_behind_an_apostrophe(export, orders):
    place = LIST_COLUMNS.index("联系手机")
    assert rows(export.list_bytes)[1][place] == f"'{orders[0].consignee.phone}"


def test_addresses_are_separated_by_single_blanks_with_the_postcode_in_brackets(export, orders):
    place = LIST_COLUMNS.index("收货地址 ")
    person = orders[0].consignee
    shown = rows(export.list_bytes)[1][place]
    assert shown.split(" ")[:3] == [person.province, person.city, person.district]
    assert shown.endswith(f"({person.postcode})")


def test_attributes_use_the_full_width_colon(export, orders):
    item = orders[0].lines[0].item
    attributes = rows(export.detail_bytes)[1][DETAIL_COLUMNS.index("商品属性")]
    assert attributes == f"颜色分类：{item.colour};尺码：{item.size}"


def test_unpaid_and_closed_orders_say_so(orders):
    export = seller_export(
        orders[:3], AT, unpaid=frozenset({orders[0].order_no}),
        closed=frozenset({orders[1].order_no}),
    )  # fmt: skip
    body = [dict(zip(LIST_COLUMNS, row, strict=True)) for row in rows(export.list_bytes)[1:]]
    assert [row["订单状态"] for row in body] == [UNPAID, CLOSED, PAID]
    assert body[0]["订单付款时间 "] == ""
    assert body[1]["订单关闭原因"] == "买家未付款"
    assert body[2]["订单付款时间 "].startswith("2026-11-23 09:")


def test_a_damaged_id_has_lost_its_digits_in_both_files(orders):
    export = seller_export(orders[:2], AT, damaged=frozenset({orders[0].order_no}))
    assert rows(export.list_bytes)[1][0] == "2.45E+18"
    assert rows(export.detail_bytes)[1][0] == "2.45E+18"
    assert orders[0].order_no not in export.list_bytes.decode("gb18030")


def test_plain_chinese_is_gbk_and_rare_names_are_gb18030(orders):
    plain = seller_export(orders[:1], AT)
    assert plain.detail_bytes.decode("gbk")
    assert "2.45" not in plain.list_bytes.decode("gb18030")


def test_money_is_yuan_with_two_decimals(export, orders):
    row = dict(zip(LIST_COLUMNS, rows(export.list_bytes)[1], strict=True))
    assert row["买家实际支付金额"] == f"{orders[0].total_fen / 100:.2f}"
    assert row["买家服务费"] == "0元"
