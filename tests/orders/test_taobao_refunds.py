"""What the export says of money that went back, whole or in part."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from station.domain.orders import RefundKind
from station.orders.taobao import read_export

ID = "2450000000000000001"
CLOSED = "交易关闭"

def notices(reading):
    return [(notice.kind, notice.line_no) for notice in reading.refunds]


def test_a_closed_paid_order_with_money_back_is_refunded(read):
    reading = read(订单状态=CLOSED, 退款金额="128.00", 订单关闭原因="退款")
    assert notices(reading) == [(RefundKind.REFUNDED, None)]
    assert reading.refunds[0].at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def test_a_closed_paid_order_without_money_back_is_cancelled(read):
    assert notices(read(订单状态=CLOSED)) == [(RefundKind.CANCELLED, None)]


@pytest.mark.rule("S18")
def test_an_order_closed_before_it_was_paid_says_nothing(read):
    reading = read(订单状态=CLOSED, 订单付款时间="", 订单关闭原因="买家未付款")
    assert not reading.refunds
    assert reading.ignored["closed"] == 1


def test_a_closed_line_is_refunded_and_the_others_are_packed(read):
    reading = read({}, {"订单状态": CLOSED}, 退款金额="128.00", 买家实际支付金额="256.00")
    (order,) = reading.orders
    assert [line.refunded for line in order.lines] == [False, True]
    assert notices(reading) == [(RefundKind.REFUNDED, "2")]


def test_an_order_whose_lines_are_all_closed_is_refunded_whole(read):
    reading = read({"订单状态": CLOSED}, {"订单状态": CLOSED})
    assert not reading.orders
    assert notices(reading) == [(RefundKind.REFUNDED, None)]
    assert reading.ignored == {"line_of_ignored_order": 2, "refunded": 1}


def test_a_refund_of_all_the_money_is_a_refund_of_the_order(read):
    reading = read({}, {}, 退款金额="128.00", 买家实际支付金额="128.00")
    assert notices(reading) == [(RefundKind.REFUNDED, None)]
    assert not reading.orders


def test_an_amount_that_names_no_line_stops_the_order_until_a_person_has_looked(read):
    reading = read({}, {}, 退款金额="20.00", 买家实际支付金额="256.00")
    assert not reading.orders
    assert [entry.code for entry in reading.review] == ["refund_names_no_line"]
    assert notices(reading) == [(RefundKind.REFUND_REQUESTED, None)]


def test_a_refund_of_a_shipped_order_is_told_because_it_may_still_lie_on_the_bench(read):
    reading = read({}, {"订单状态": CLOSED}, 订单状态="卖家已发货，等待买家确认", 退款金额="128")
    assert notices(reading) == [(RefundKind.REFUNDED, None)]
    reading = read(
        {"订单状态": "卖家已发货，等待买家确认"},
        {"订单状态": CLOSED},
        订单状态="卖家已发货，等待买家确认",
        买家实际支付金额="256.00",
        退款金额="128.00",
    )
    assert notices(reading) == [(RefundKind.REFUNDED, "2")]


def test_a_finished_trade_tells_the_bench_no_refund(read):
    assert not read(订单状态="交易成功", 退款金额="128.00").refunds


def test_a_file_without_a_time_in_its_name_gives_refunds_the_orders_time(taobao):
    export = taobao.Export(stamp="").both(ID, 订单状态=CLOSED)
    (notice,) = read_export(export.files()).refunds
    assert notice.at == datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def test_a_name_with_impossible_digits_is_no_time(taobao):
    export = taobao.Export(stamp="209999999999").both(ID, 订单状态=CLOSED)
    (notice,) = read_export(export.files()).refunds
    assert notice.at == datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("amount", ["0元", "0.00", "", "¥0", "0.00元"])
def test_no_money_back_is_no_refund(read, amount):
    reading = read(退款金额=amount)
    assert len(reading.orders) == 1
    assert not reading.refunds


def test_virtual_goods_are_not_packed(read):
    assert read(运送方式="虚拟物品").ignored["nothing_to_ship"] == 1


@pytest.mark.rule("S9")
def test_the_shipping_line_travels_as_a_wish(take):
    assert take(运送方式="EMS").shipping_wish == "EMS"
