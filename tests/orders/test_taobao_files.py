"""The export as files: encodings, header generations, quoting, damage, several files at once."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.orders import SourceReading
from station.orders.taobao import read_export

ID = "2450000000000000001"
OTHER = "2450000000000000002"


def codes(reading):
    return [entry.code for entry in reading.review]


@pytest.mark.parametrize("generation", [30, 46, 56, 61])
def test_every_header_generation_gives_the_same_order(taobao, generation):
    reading = read_export(taobao.Export(generation).both(ID, 收货人姓名="王二").files())
    (order,) = reading.orders
    assert (order.order_no, order.consignee.name) == (ID, "王二")
    assert order.lines[0].sku == "JN-8801-BK-32"
    assert not reading.review


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig"])
def test_every_encoding_gives_the_same_order(taobao, encoding):
    (order,) = read_export(taobao.Export(encoding=encoding).both(ID).files()).orders
    assert order.consignee.street == "城东街道万昌路8号"
    assert order.shop == "牛仔小铺"


def test_a_rare_character_in_a_name_survives(taobao):
    reading = read_export(taobao.Export().both(ID, 收货人姓名="㛃𬱖").files())
    assert reading.orders[0].consignee.name == "㛃𬱖"


def test_columns_may_stand_in_any_order(taobao):
    header = list(taobao.GENERATIONS[61])
    random.Random(7).shuffle(header)
    details = list(reversed(taobao.DETAIL))
    export = taobao.Export(order_header=header, detail_header=details).both(ID)
    assert read_export(export.files()) == read_export(taobao.Export().both(ID).files())


def test_the_files_may_come_in_any_order_and_several_pairs_at_once(taobao):
    one = taobao.Export(generation=46, stamp="202611201000").both(ID)
    two = taobao.Export(stamp="202611201100").both(OTHER)
    expected = {ID, OTHER}
    for files in itertools.permutations(one.files() + two.files()):
        reading = read_export(files)
        assert {order.order_no for order in reading.orders} == expected
        assert not reading.review


def test_bytes_that_are_no_text_put_the_whole_file_under_review_with_its_line(taobao):
    name, data = taobao.Export().order(ID).order(OTHER).order_file()
    position = data.rindex(b"2026-11-20")
    broken = data[:position] + b"\xff\xff" + data[position:]
    reading = read_export([(name, broken)])
    assert not reading.orders
    (entry,) = reading.review
    assert (entry.code, entry.source, entry.where) == ("undecodable", name, "line 3")


def test_a_quote_that_never_closes_puts_the_whole_file_under_review(taobao):
    name, data = taobao.Export().order(ID).order(OTHER).order_file()
    cut = data[: data.rindex(b"2026-11-20")]
    reading = read_export([(name, cut)])
    assert codes(reading) == ["broken_quotes"]
    assert not reading.orders


@pytest.mark.parametrize(
    "column", ["订单编号", "订单状态", "收货人姓名", "收货地址", "订单付款时间"]
)
def test_a_missing_column_of_the_order_list_is_named(taobao, column):
    header = [name for name in taobao.GENERATIONS[56] if name != column]
    reading = read_export(taobao.Export(order_header=header).both(ID).files())
    missing = [entry for entry in reading.review if entry.code == "missing_column"]
    assert [entry.facts["column"] for entry in missing] == [column]
    assert not reading.orders


@pytest.mark.parametrize("column", ["订单编号", "标题", "购买数量"])
def test_a_missing_column_of_the_detail_list_is_named(taobao, column):
    header = [name for name in taobao.DETAIL if name != column]
    reading = read_export(taobao.Export(detail_header=header).both(ID).files())
    missing = [entry for entry in reading.review if entry.code == "missing_column"]
    assert [entry.facts["column"] for entry in missing] == [column]
    assert not reading.orders


def test_one_of_the_two_phone_columns_is_enough(taobao):
    header = [name for name in taobao.GENERATIONS[56] if name != "联系手机"]
    export = taobao.Export(order_header=header).both(ID, 联系电话="'0576-86200000")
    assert read_export(export.files()).orders[0].consignee.phone == "0576-86200000"


def test_a_column_that_was_copied_is_read_as_one(taobao):
    header = [*taobao.GENERATIONS[56], "收货地址"]
    reading = read_export(taobao.Export(order_header=header).both(ID).files())
    assert not reading.review
    assert reading.orders[0].consignee.street


def test_a_file_that_is_no_export_is_said_to_be_unknown():
    (entry,) = read_export([("猫.csv", "名字,年龄\n咪咪,3\n".encode())]).review
    assert entry.code == "unknown_file"


def test_a_spreadsheet_is_told_apart_from_a_csv(taobao):
    (entry,) = read_export([("订单报表.xlsx", b"PK\x03\x04rest")]).review
    assert entry.code == "spreadsheet_not_csv"


@pytest.mark.parametrize("data", [b"", b"\r\n", b'"",""\r\n', "\ufeff".encode()])
def test_an_empty_file_is_said_to_be_empty(data):
    assert codes(read_export([("ExportOrderList.csv", data)])) == ["empty_file"]


def test_an_order_list_alone_is_told_and_its_paid_orders_wait(taobao):
    export = taobao.Export().order(ID).order(OTHER, 订单状态="等待买家付款")
    reading = read_export([export.order_file()])
    assert sorted(codes(reading)) == ["detail_list_missing", "no_lines"]
    assert reading.ignored == {"unpaid": 1}


def test_a_detail_list_alone_is_told_once(taobao):
    reading = read_export([taobao.Export().line(ID).line(OTHER).detail_file()])
    assert codes(reading) == ["order_list_missing"]
    assert reading.ignored == {"line_without_order": 2}


def test_a_line_whose_order_is_in_no_list_is_under_review(taobao):
    reading = read_export(taobao.Export().both(ID).line(OTHER).files())
    (entry,) = reading.review
    assert (entry.code, entry.where) == ("line_without_order", "row 3")


def test_nothing_given_gives_nothing():
    reading = read_export([])
    assert reading == SourceReading()


@pytest.mark.parametrize(
    "number",
    [
        "2.45E+18",
        "2.45e18",
        "24500000000000OOOO1",
        "２４５０００００００１",
        "12-34567890",
        "1234",
    ],
)
def test_a_damaged_order_number_is_never_guessed(taobao, number):
    reading = read_export(taobao.Export().both(number).files())
    assert not reading.orders
    assert codes(reading) == ["damaged_order_no", "damaged_order_no"]


def test_an_empty_order_number_is_told_apart_from_a_damaged_one(taobao):
    reading = read_export(taobao.Export().both("").files())
    assert codes(reading) == ["missing_order_no", "missing_order_no"]


@pytest.mark.parametrize(
    "number",
    [
        "35153131473293579",
        "2450000000000000000",
        "245000000000000000100",
    ],
)
def test_order_numbers_of_any_length_stay_strings(taobao, number):
    (order,) = read_export(taobao.Export().both(number).files()).orders
    assert order.order_no == number


def test_a_row_with_too_few_fields_is_under_review(taobao):
    export = taobao.Export().both(ID).both(OTHER)
    export.orders[1] = ",".join(export.orders[1].split(",")[:20])
    reading = read_export(export.files())
    assert [order.order_no for order in reading.orders] == [ID]
    assert codes(reading) == ["field_count", "line_without_order"]


def test_a_row_with_content_beyond_the_header_is_under_review(taobao):
    export = taobao.Export().both(ID)
    export.details[0] += '"mehr",'
    assert codes(read_export(export.files())) == ["field_count", "no_lines"]


def test_blank_rows_are_counted_and_left(taobao):
    export = taobao.Export().both(ID)
    export.orders.append(",,,")
    reading = read_export(export.files())
    assert len(reading.orders) == 1
    assert reading.ignored == {"blank_row": 1}


def test_newlines_and_quotes_inside_fields_do_not_shift_the_row_numbers(taobao):
    export = taobao.Export().both(ID, 买家留言='说"快点"\n第二行,再一行').both(OTHER, 收货人姓名="")
    reading = read_export(export.files())
    assert reading.orders[0].buyer_message == '说"快点"\n第二行,再一行'
    (entry,) = reading.review
    assert (entry.code, entry.where) == ("no_name", "row 3")


def test_the_same_files_twice_are_the_same_orders_once(taobao, accounted):
    export = taobao.Export().both(ID).line(ID, 商家编码="JN-8801-BL-31")
    reading = read_export(export.files() * 3)
    (order,) = reading.orders
    assert len(order.lines) == 2
    assert reading.ignored == {"repeated_line": 4, "repeated_order": 2}
    assert accounted(reading) == 9


def test_the_newer_export_is_believed_whatever_the_order_of_files(taobao):
    old = taobao.Export(stamp="202611201000").both(ID, 订单状态="等待买家付款", 订单付款时间="")
    new = taobao.Export(stamp="202611201100").both(ID, 订单备注="红旗：送袜子")
    for files in (old.files() + new.files(), new.files() + old.files()):
        reading = read_export(files)
        assert reading.orders[0].seller_memo == "红旗：送袜子"
        assert reading.ignored == {"repeated_line": 1, "repeated_order": 1}


def test_two_exports_that_differ_without_a_time_are_left_to_a_person(taobao):
    one, two = taobao.Export(stamp="").both(ID), taobao.Export(stamp="").both(ID, 收货人姓名="别人")
    reading = read_export(one.files() + two.files())
    assert codes(reading) == ["conflicting_rows"]
    assert not reading.orders


def test_one_order_twice_in_one_file_with_different_content_is_left_to_a_person(taobao):
    export = taobao.Export().both(ID).order(ID, 收货人姓名="别人")
    assert codes(read_export(export.files())) == ["conflicting_rows"]


def test_an_older_header_and_a_newer_one_agree_in_what_both_say(taobao):
    old, new = taobao.Export(30, stamp="").both(ID), taobao.Export(61, stamp="").both(ID)
    reading = read_export(old.files() + new.files())
    assert [order.order_no for order in reading.orders] == [ID]


STATUSES = [
    "等待买家付款",
    "买家已付款，等待卖家发货",
    "买家已付款,等待卖家发货",
    "卖家已发货，等待买家确认",
    "卖家部分发货",
    "交易成功",
    "交易关闭",
    "某种新状态",
    "",
]
ROWS = st.lists(
    st.tuples(
        st.sampled_from([ID, OTHER, "2450000000000000003", "2.45E+18", "", "123"]),
        st.sampled_from(["order", "line", "both", "blank", "torn"]),
        st.sampled_from(STATUSES),
        st.sampled_from(["1", "0", "2", "一", "1.0"]),
        st.sampled_from(["0.00", "128.00", "5元", "很多"]),
        st.sampled_from(["陈小明", "吴**", ""]),
    ),
    max_size=12,
)


@given(rows=ROWS, generation=st.sampled_from([30, 46, 56, 61]), twice=st.booleans())
def test_every_row_is_an_order_a_line_under_review_or_counted(
    taobao, accounted, rows, generation, twice
):
    export = taobao.Export(generation)
    for number, kind, status, quantity, refund, name in rows:
        if kind in ("order", "both"):
            export.order(number, 订单状态=status, 退款金额=refund, 收货人姓名=name)
        if kind in ("line", "both"):
            export.line(number, 购买数量=quantity, 订单状态=status)
        if kind == "blank":
            export.orders.append('"",""')
        if kind == "torn":
            export.details.append('="2450000000000000001","裤子"')
    reading = read_export(export.files() * (2 if twice else 1))
    assert accounted(reading) == (len(export.orders) + len(export.details)) * (2 if twice else 1)
    assert len({order.order_no for order in reading.orders}) == len(reading.orders)


@given(data=st.binary(max_size=300))
def test_no_bytes_whatever_make_the_reader_fall(data):
    assert not read_export([("ExportOrderList.csv", data)]).orders


@given(cut=st.integers(0, 4000))
def test_a_file_cut_anywhere_gives_no_order_that_the_whole_file_does_not(taobao, cut):
    export = taobao.Export().both(ID).both(OTHER, 买家留言="长\n留言")
    (name, data), details = export.files()
    whole = set(read_export([(name, data), details]).orders)
    assert set(read_export([(name, data[:cut]), details]).orders) <= whole
