"""Files of a shop are recognised by their headers, and booked without being guessed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from station.db.models import Packaging, Parcel, Review, Sku, Staff, StockMove
from station.services import imports, numbers, price_questions, printing, screens

if TYPE_CHECKING:
    from conftest import Shop

GOODS = """商家编码,货号,颜色,尺码,标题,条码,重量克,库位,类目,库存,量腰围
JN-1-BK-32,JN-1,黑色,32,牛仔裤,6901234567892,520,A-01,牛仔裤,5,是
JN-1-BL-31,JN-1,蓝色,31,牛仔裤,,510,A-02,牛仔裤,5,是
"""
ORDERS = (
    '"订单编号","买家会员名","订单状态","买家留言","收货人姓名","收货地址 ","联系手机",'
    '"订单创建时间","订单付款时间 ","订单备注","宝贝总数量","退款金额","订单关闭原因"\r\n'
    '="2450000000000002001","tb_a","买家已付款，等待卖家发货","","林小满",'
    '"浙江省 台州市 温岭市 城东街道试验路1号(317500)","\'13900000101",'
    '"2026-11-23 09:00:00","2026-11-23 09:00:10","","1","0.00","订单未关闭"\r\n'
    '2.45E+18,"tb_b","买家已付款，等待卖家发货","","陈某",'
    '"浙江省 台州市 温岭市 城东街道试验路2号(317500)","\'13900000102",'
    '"2026-11-23 09:00:00","2026-11-23 09:00:10","","1","0.00","订单未关闭"\r\n'
)
DETAILS = (
    '"订单编号","标题","价格","购买数量","外部系统编号","商品属性","套餐信息","备注","订单状态",'
    '"商家编码"\r\n'
    '="2450000000000002001","牛仔裤","128.00","1","","颜色分类：黑色;尺码：32","","",'
    '"买家已付款，等待卖家发货","JN-1-BK-32",\r\n'
)


def take(shop: Shop, **files: str | bytes) -> imports.Report:
    given = [
        (f"{name}.csv", text if isinstance(text, bytes) else text.encode("gb18030"))
        for name, text in files.items()
    ]
    return imports.take_files(shop.db, given, shop.rules, now=shop.now)


def count(shop: Shop, table: type) -> int:
    return shop.read(lambda s: s.scalar(select(func.count()).select_from(table)))


def test_a_goods_list_brings_articles_with_stock_barcodes_and_places(shop: Shop) -> None:
    report = take(shop, goods=GOODS)
    assert report.files[0].counts == {"added": 2, "updated": 0}
    sku = shop.read(lambda s: s.scalars(select(Sku).where(Sku.code == "JN-1-BK-32")).one())
    assert (sku.on_hand, sku.location, sku.measure_waist, sku.weight_g) == (5, "A-01", True, 520)


def test_the_same_list_again_changes_no_stock(shop: Shop) -> None:
    take(shop, goods=GOODS)
    report = take(shop, goods=GOODS)
    assert report.files[0].known
    assert report.files[0].counts == {"added": 0, "updated": 0, "known": 2}
    assert count(shop, StockMove) == 2


def test_a_list_with_one_new_place_updates_that_article_alone(shop: Shop) -> None:
    take(shop, goods=GOODS)
    report = take(shop, goods=GOODS.replace("A-01", "B-07", 1))
    assert report.files[0].counts == {"added": 0, "updated": 1, "known": 1}


def test_a_list_with_one_wrong_cell_books_nothing_and_names_row_and_column(shop: Shop) -> None:
    report = take(shop, goods=GOODS + "JN-1-BK-33,JN-1,黑色,33,牛仔裤,,重,A-03,牛仔裤,5,是\n")
    assert count(shop, Sku) == 0
    fault = report.review[0]
    assert "4" in fault.where
    assert fault.facts["column"] == "重量克"


@pytest.mark.rule("D2", "S12")
def test_an_export_becomes_parcels_and_damaged_ids_go_to_a_person(shop: Shop) -> None:
    take(shop, goods=GOODS, numbers="承运商,单号\n申通,773100000000001\n")
    report = take(shop, ExportOrderList=ORDERS, ExportOrderDetailList=DETAILS)
    assert report.files[0].counts["new"] == 1
    assert [row.code for row in report.review] == ["damaged_order_no"]
    parcel = shop.read(lambda s: s.scalars(select(Parcel)).one())
    assert (parcel.state, parcel.waybill_no) == ("reserved", "773100000000001")


@pytest.mark.fault("F32")
def test_reading_the_export_again_keeps_one_parcel_and_one_review(shop: Shop) -> None:
    take(shop, goods=GOODS)
    for _ in range(3):
        report = take(shop, ExportOrderList=ORDERS, ExportOrderDetailList=DETAILS)
    assert report.files[0].counts["known"] == 1
    assert (count(shop, Parcel), count(shop, Review)) == (1, 1)


def test_numbers_that_arrive_print_what_waited_for_them(shop: Shop) -> None:
    take(shop, goods=GOODS)
    take(shop, ExportOrderList=ORDERS, ExportOrderDetailList=DETAILS)
    assert shop.jobs() == []
    take(shop, segment="承运商,起号,止号\nSTO,773100000000001,773100000000003\n")
    assert len(shop.jobs()) == 1
    assert shop.read(numbers.ledger)["STO"]["received"] == 3


def test_packaging_staff_and_couriers_are_entered(shop: Shop) -> None:
    report = take(
        shop,
        packaging="编码,名称,种类,重量克,库存,警戒,承运商,联系人,电话\n"
                  "BAG-M,中号袋,袋,19,100,20,申通,老王,13900000009\n",
        staff="姓名,角色,工号牌,PIN\n阿明,打包员,A01,2468\n",
        couriers="姓名,承运商,电话\n王师傅,申通,13900000008\n",
    )
    assert report.review == []
    assert (count(shop, Packaging), count(shop, Staff)) == (1, 1)
    pin = shop.read(lambda s: s.scalars(select(Staff.pin_hash)).one())
    assert pin.startswith("$argon2")
    take(shop, staff="姓名,角色,工号牌,PIN\n阿明,管理人员,A01,13579\n")
    assert shop.read(lambda s: s.scalars(select(Staff.role)).one()) == "manager"


@pytest.mark.rule("D6")
def test_a_packagings_size_is_taken_and_a_list_without_sizes_forgets_none(shop: Shop) -> None:
    sized = "编码,名称,种类,长cm,宽cm,高cm\nBOX,大箱,纸箱,40,30,15\n"
    assert take(shop, packaging=sized).review == []
    take(shop, packaging="编码,名称,种类\nBOX,新大箱,纸箱\n")
    sizes = shop.read(price_questions.packaging_sizes)
    assert sizes == {"BOX": ("新大箱", (400, 300, 150))}
    (shown,) = shop.read(screens.packagings, "STO")
    assert shown.size_mm == (400, 300, 150)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty_file"),
        (b"\x00\x01\x02", "unknown_file"),
        (b"a,b\n1,2\n", "unknown_file"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "undecodable"),
        (b'a,b\n"1,2\n', "broken_quotes"),
        ("客户对账单\n\n运单号,结算重量,运费\n773000000000001,1,5\n".encode(), "carrier_bill"),
    ],
)
def test_a_file_nobody_knows_is_told_and_changes_nothing(
    shop: Shop, data: bytes, why: str
) -> None:
    report = take(shop, thing=data)
    assert report.is_rejected("thing.csv")
    assert [row.code for row in report.review] == [why]
    assert count(shop, Parcel) == 0


@pytest.mark.rule("S9")
def test_long_lists_of_numbers_are_booked_in_short_transactions(shop: Shop) -> None:
    commits: list[list[str]] = []
    shop.db.on_commit = lambda topics: commits.append(list(topics))
    take(shop, segment="承运商,起号,止号\nSTO,773100000000001,773100000002600\n")
    assert len([topics for topics in commits if "numbers" in topics]) == 6
    assert shop.read(numbers.ledger)["STO"]["received"] == 2600


def test_a_number_that_another_carrier_brought_is_counted_and_left(shop: Shop) -> None:
    take(shop, first="承运商,单号\n申通,773100000000001\n")
    report = take(shop, second="承运商,单号\n圆通,773100000000001\n圆通,YT1000000000001\n")
    assert report.files[0].counts == {"added": 1, "known": 0, "conflicts": 1}
    assert shop.read(numbers.ledger)["STO"]["unused"] == 1


@pytest.mark.rule("D2")
def test_a_refund_in_the_same_file_comes_before_its_order(shop: Shop) -> None:
    from dataclasses import replace  # noqa: PLC0415 - only here

    from station.domain.orders import (  # noqa: PLC0415 - only here
        RefundKind,
        RefundNotice,
        SourceReading,
    )

    shop.receive_numbers()
    shop.stock_goods("JN-1-BK")
    order = shop.order("2450000000000002009", "JN-1-BK", "JN-1-BK")
    notice = RefundNotice("taobao", order.order_no, RefundKind.REFUND_REQUESTED, shop.now, "2")
    due: list[object] = []
    shop.db.on_commit = lambda _topics: due.append(shop.read(printing.next_due, bench="1"))
    reading = SourceReading(orders=(replace(order, seller_memo=""),), refunds=(notice,))
    imports.book_reading(shop.db, reading, shop.rules, source="export", now=shop.now, counts={})
    assert due
    assert set(due) == {None}


@pytest.mark.parametrize("field", ["color", "size", "title", "item_no"])
def test_words_of_a_platform_are_as_long_as_they_like(shop: Shop, field: str) -> None:
    from dataclasses import replace  # noqa: PLC0415 - only here

    order = shop.order("2450000000000002010", "JN-1-BK")
    line = replace(order.lines[0], **{field: "很长" * 400})
    long = replace(order, lines=(line,), shipping_wish="快递" * 300)
    assert shop.tell(long)[0].outcome == "new"
