"""The seller's workbook of three sheets, and every other list, also as XLSX."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import openpyxl
import pytest
from sqlalchemy import select

from station.db.models import Parcel, Review, ShopOrder, Sku
from station.services import imports

if TYPE_CHECKING:
    from conftest import Shop

NO = "2450000000000002001"
PAID = "买家已付款，等待卖家发货"
Rows = Sequence[Sequence[object]]

REPORT: Rows = [
    ["订单编号", "收货地址", "物流公司", "物流单号", "买家应付货款", "买家实付金额", "订单状态",
     "订单创建时间", "订单付款时间", "打款商家金额", "卖家服务费", "退款金额", "买家应付邮费",
     "发货时间", "确认收货时间", "店铺名称"],
    [NO, "浙江省 台州市 温岭市 城东街道试验路1号(317500)", "", "", "256.00", "256.00", PAID,
     "2026-11-23 09:00:00", "2026-11-23 09:00:10", "", "", "0.00", "0.00", "", "", "牛仔小铺"],
]
LINES: Rows = [
    ["子订单编号", "主订单编号", "商品标题", "商品属性", "商家编码", "外部系统编号", "skuId",
     "购买数量", "买家应付货款", "买家留言", "卖家备注"],
    ["2450000000000002002", NO, "直筒牛仔裤", "颜色分类：黑色;尺码：32", "JN-1-BK-32", "", "1",
     "1", "128.00", "请发申通", "红旗：黑32"],
    ["2450000000000002003", NO, "直筒牛仔裤", "颜色分类：蓝色;尺码：31", "JN-1-BL-31", "", "2",
     "1", "128.00", "请发申通", ""],
]
SHIPPING: Rows = [
    ["订单编号", "收货人姓名", "联系手机", "联系电话", "收货地址"],
    [NO, "林小满", "13900000101", "", "浙江省 台州市 温岭市 城东街道试验路1号(317500)"],
]
GOODS: Rows = [
    ["商家编码", "货号", "颜色", "尺码", "重量克", "库存"],
    ["JN-1-BK-32", "JN-1", "黑色", 32, 520, 5],
    ["JN-1-BL-31", "JN-1", "蓝色", 31, 510, 5],
]


def workbook(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def changed(rows: Rows, **cells: object) -> Rows:
    """The rows with other cells in the first row below the header."""
    header, first, *rest = rows
    return [header, [cells.get(str(name), cell) for name, cell in zip(header, first, strict=True)],
            *rest]


def take(shop: Shop, *files: tuple[str, bytes]) -> imports.Report:
    return imports.take_files(shop.db, files, shop.rules, now=shop.now)


def whole(order: Rows = REPORT, lines: Rows = LINES, shipping: Rows = SHIPPING) -> bytes:
    return workbook(订单报表=order, 销售明细=lines, 发货报表=shipping)


@pytest.mark.rule("D1")
def test_three_sheets_of_one_workbook_are_one_order(shop: Shop) -> None:
    take(shop, ("goods.xlsx", workbook(Sheet1=GOODS)))
    report = take(shop, ("千牛订单.xlsx", whole()))
    assert report.review == []
    parcel = shop.read(lambda s: s.scalars(select(Parcel)).one())
    assert (parcel.name, parcel.phone, parcel.city) == ("林小满", "13900000101", "台州市")
    order = shop.read(lambda s: s.scalars(select(ShopOrder)).one())
    assert (order.order_no, order.seller_memo, order.buyer_message) == (
        NO, "红旗：黑32", "请发申通")
    lines = shop.read(lambda s: [(line.line_no, line.sku_code, line.quantity)
                                 for line in s.scalars(select(ShopOrder)).one().lines])
    assert lines == [("2450000000000002002", "JN-1-BK-32", 1),
                     ("2450000000000002003", "JN-1-BL-31", 1)]


def test_the_sheets_may_come_as_three_files_in_any_order(shop: Shop) -> None:
    take(shop, ("goods.xlsx", workbook(Sheet1=GOODS)))
    report = take(
        shop, ("c.xlsx", workbook(发货报表=SHIPPING)), ("a.xlsx", workbook(销售明细=LINES)),
        ("b.xlsx", workbook(订单报表=REPORT)),
    )
    assert report.review == []
    assert shop.read(lambda s: s.scalars(select(Parcel.name)).all()) == ["林小满"]


def test_two_consignees_for_one_order_are_for_a_person(shop: Shop) -> None:
    two = [*SHIPPING, [NO, "陈某", "13900000102", "", "浙江省 台州市 温岭市 城东街道试验路2号"]]
    report = take(shop, ("a.xlsx", whole(shipping=two)))
    assert [row.code for row in report.review] == ["no_name"]


@pytest.mark.parametrize(
    ("sheets", "code"),
    [({"订单报表": REPORT, "销售明细": LINES}, "missing_column"),
     ({"发货报表": SHIPPING}, "order_list_missing"),
     ({"订单报表": REPORT, "发货报表": SHIPPING}, "detail_list_missing"),
     ({"销售明细": LINES}, "order_list_missing")],
)
def test_a_sheet_that_lacks_its_partner_is_named(
    shop: Shop, sheets: dict[str, Rows], code: str
) -> None:
    report = take(shop, ("a.xlsx", workbook(**sheets)))
    assert code in {row.code for row in report.review}
    assert shop.read(lambda s: s.scalars(select(Parcel)).all()) == []


def test_an_order_number_kept_as_a_number_was_rounded_and_is_never_guessed(shop: Shop) -> None:
    order = changed(REPORT, 订单编号=int(NO))
    report = take(shop, ("a.xlsx", whole(order=order)))
    assert "damaged_order_no" in {row.code for row in report.review}
    assert shop.read(lambda s: s.scalars(select(Parcel)).all()) == []


def test_a_paid_time_kept_as_a_date_is_the_shops_time(shop: Shop) -> None:
    take(shop, ("goods.xlsx", workbook(Sheet1=GOODS)))
    text = workbook(订单报表=changed(REPORT, 订单付款时间="2026/11/23 09:00"), 销售明细=LINES,
                    发货报表=SHIPPING)
    assert take(shop, ("a.xlsx", text)).review == []
    paid = shop.read(lambda s: s.scalars(select(ShopOrder.paid_at)).one())
    assert f"{paid:%H:%M}" == "01:00"


@pytest.mark.parametrize("name", ["收货人姓名", "联系手机"])
def test_masked_consignees_are_for_a_person(shop: Shop, name: str) -> None:
    hidden = changed(SHIPPING, **{name: "林**" if name == "收货人姓名" else "139****0101"})
    report = take(shop, ("a.xlsx", whole(shipping=hidden)))
    assert [row.code for row in report.review] == ["masked_consignee"]


def test_other_lists_come_as_workbooks_too(shop: Shop) -> None:
    report = take(shop, ("商品.xlsx", workbook(Sheet1=GOODS, 说明=[])))
    assert [(one.kind, one.counts["added"]) for one in report.files] == [("goods", 2)]
    assert shop.read(lambda s: s.scalars(select(Sku.size).order_by(Sku.id)).all()) == ["32", "31"]


@pytest.mark.fault("F22")
@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0" + b"x" * 600])
def test_a_workbook_that_cannot_be_opened_is_said_in_words(shop: Shop, data: bytes) -> None:
    report = take(shop, ("坏.xlsx", data))
    (row,) = report.review
    assert row.code == "unreadable_workbook"
    assert "坏.xlsx" in row.facts["why"]
    assert report.is_rejected("坏.xlsx")
    assert shop.read(lambda s: s.scalars(select(Review)).all()) == []


def test_a_workbook_counts_as_read_if_any_sheet_was(shop: Shop) -> None:
    report = take(shop, ("a.xlsx", workbook(Sheet1=GOODS, 其它=[["名字"], ["咪咪"]])),
                  ("b.xlsx", workbook(其它=[["名字"], ["咪咪"]])))
    assert not report.is_rejected("a.xlsx")
    assert report.is_rejected("b.xlsx")
