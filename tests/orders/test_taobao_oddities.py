"""Small oddities of exports that a careful clerk reads rightly and a hasty program does not."""

from __future__ import annotations

import pytest

from station.domain.vocabulary import Flag
from station.orders.address import parse_address
from station.orders.attributes import parse_attributes


def only(reading):
    assert not reading.review
    (order,) = reading.orders
    return order


@pytest.mark.rule("S20")
@pytest.mark.parametrize(
    ("memo", "flag"),
    [
        ("【黄旗】缺货", Flag.YELLOW),
        ("（黄旗）等货", Flag.YELLOW),
        ("标黄旗，缺货", Flag.YELLOW),
        ("黄旗改红旗", Flag.RED),
        ("黄旗 → 红旗：可发", Flag.RED),
        ("已改红旗", Flag.RED),
        ("粉红旗 退货", Flag.PURPLE),
        ("红旗渠路", Flag.NONE),
        ("客户要红旗袍", Flag.NONE),
    ],
)
def test_a_memo_names_its_flag_in_brackets_and_after_a_change(read, memo, flag):
    assert only(read(订单备注=memo)).flag is flag


@pytest.mark.parametrize("reason", ["退款", "买家未付款", "缺货"])
def test_a_paid_order_with_a_closing_reason_is_shown_to_a_person(read, reason):
    reading = read(订单关闭原因=reason)
    assert not reading.orders
    assert [entry.code for entry in reading.review] == ["paid_but_closed"]


@pytest.mark.parametrize("reason", ["订单未关闭", "", "null", " 订单未关闭 "])
def test_an_order_that_is_not_closed_is_taken(read, reason):
    assert only(read(订单关闭原因=reason))


@pytest.mark.parametrize("amount", ["无退款申请", "null", "0元", "--", ""])
def test_no_refund_is_said_in_many_ways(read, amount):
    reading = read(退款金额=amount)
    assert only(reading)
    assert not reading.refunds


def test_a_cell_that_says_null_says_nothing(read):
    order = only(read(订单备注="null", 买家留言="'null", 分阶段订单信息="null"))
    assert (order.seller_memo, order.buyer_message) == ("", "")


def test_a_phone_that_a_spreadsheet_made_a_number_of_loses_its_decimals(read):
    assert only(read(联系手机="13900000011.0")).consignee.phone == "13900000011"


@pytest.mark.parametrize(
    "cell",
    [
        "河南省 省直辖县级行政区划 济源市 沁园街道某路1号(459000)",
        "河南省 省直辖县级行政单位 济源市 沁园街道某路1号(459000)",
        "河南省  济源市 沁园街道某路1号(459000)",
        "河南省 济源市 沁园街道某路1号(459000)",
    ],
)
def test_a_place_directly_under_its_province_has_no_city(cell):
    found = parse_address(cell)
    assert (found.province, found.city, found.district) == ("河南省", "", "济源市")
    assert (found.street, found.postcode) == ("沁园街道某路1号", "459000")


def test_a_region_directly_under_an_autonomous_region_has_no_city():
    found = parse_address("新疆维吾尔自治区 自治区直辖县级行政区划 石河子市 某路1号")
    assert (found.city, found.district, found.street) == ("", "石河子市", "某路1号")


@pytest.mark.parametrize(
    ("cell", "color", "size"),
    [
        ("颜色分类：黑色，尺码：32", "黑色", "32"),
        ("颜色分类：黑色,尺码:32", "黑色", "32"),
        ("颜色分类：黑色 尺码：32", "黑色", "32"),
        ("颜色分类：黑，白;尺码：32", "黑，白", "32"),
        ("颜色分类：浅蓝[偏小，尺码：拍大];尺码：32", "浅蓝[偏小，尺码：拍大]", "32"),
    ],
)
def test_a_comma_parts_attributes_only_before_a_known_name(cell, color, size):
    said = parse_attributes(cell)
    assert (said.color, said.size) == (color, size)
