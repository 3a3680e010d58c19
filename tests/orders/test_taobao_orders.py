"""What one order of the export says: status, lines, consignee, presale, refunds, changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from station.domain.vocabulary import Flag
from station.orders.taobao import read_export
from station.orders.taobao_order import Status, status_of

ID = "2450000000000000001"
CLOSED = "交易关闭"


@pytest.fixture
def doubt(read):
    """The one entry for review that comes out instead of the order."""

    def doubt(*lines, **cells):
        reading = read(*lines, **cells)
        assert not reading.orders
        (entry,) = reading.review
        return entry

    return doubt


# --- status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("等待买家付款", Status.UNPAID),
        ("没有创建外部交易", Status.UNPAID),
        ("买家已付款，等待卖家发货", Status.PAID),
        ("买家已付款,等待卖家发货", Status.PAID),
        (" 买家已付款， 等待卖家发货 ", Status.PAID),
        ("等待卖家发货", Status.PAID),
        ("卖家部分发货", Status.PARTLY_SHIPPED),
        ("卖家已发货，等待买家确认", Status.SHIPPED),
        ("等待买家确认收货", Status.SHIPPED),
        ("买家已签收", Status.SHIPPED),
        ("交易成功", Status.FINISHED),
        ("交易关闭", Status.CLOSED),
        ("交易被淘宝关闭", Status.CLOSED),
        ("明天再说", None),
        ("", None),
    ],
)
def test_status_texts_mean_one_thing_each(text, status):
    assert status_of(text) is status


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("等待买家付款", "unpaid"),
        ("卖家已发货，等待买家确认", "already_shipped"),
        ("交易成功", "finished"),
        ("交易关闭", "closed"),
    ],
)
def test_an_order_that_is_not_to_be_packed_is_counted_with_its_reason(read, text, reason):
    reading = read(订单状态=text)
    assert not reading.orders
    assert reading.ignored == {"line_of_ignored_order": 1, reason: 1}


def test_an_unknown_status_is_shown_to_a_person(doubt):
    entry = doubt(订单状态="买家在考虑")
    assert (entry.code, entry.facts["status"]) == ("unknown_status", "买家在考虑")


def test_a_partly_shipped_order_is_shown_to_a_person(doubt):
    assert doubt(订单状态="卖家部分发货").code == "partly_shipped"


def test_a_line_that_has_left_already_stops_its_order(doubt):
    entry = doubt({}, {"订单状态": "卖家已发货，等待买家确认"})
    assert entry.code == "line_status_differs"
    assert (entry.source[:21], entry.where) == ("ExportOrderDetailList", "row 3")


def test_a_line_without_a_status_follows_its_order(take):
    assert take({"订单状态": ""}).lines[0].refunded is False


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["2026-11-20 15:59:59", "2026/11/20 15:59:59", "２０２６-11-20 15:59:59"]
)
def test_payment_time_is_the_shops_time_stored_in_utc(take, text):
    assert take(订单付款时间=text).paid_at == datetime(2026, 11, 20, 7, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026/11/20 8:05", "2026-11-20 08:05", "2026/11/20 08:05"])
def test_a_spreadsheets_time_without_seconds_is_read(take, text):
    assert take(订单付款时间=text).paid_at == datetime(2026, 11, 20, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["20.11.2026 08:05", "46346.33", "昨天", "2026-13-01 00:00:00"])
def test_a_time_that_cannot_be_read_is_shown_to_a_person(doubt, text):
    assert doubt(订单付款时间=text).code == "bad_time"


def test_a_paid_order_without_a_payment_time_is_shown_to_a_person(doubt):
    assert doubt(订单付款时间="").code == "no_payment_time"


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.rule("D1")
def test_lines_carry_article_colour_size_and_price_in_fen(take):
    order = take({"购买数量": "2", "价格": "59.90"})
    (line,) = order.lines
    assert (line.item_no, line.color, line.size) == ("JN-8801", "黑色", "32")
    assert (line.quantity, line.price_fen, line.sku) == (2, 5990, "JN-8801-BK-32")


def test_a_single_line_bears_the_orders_number_as_on_the_platform(take):
    assert take().lines[0].line_no == ID


def test_several_lines_are_numbered_in_their_order(take):
    assert [line.line_no for line in take({}, {}, {}).lines] == ["1", "2", "3"]


def test_sub_order_numbers_are_used_where_the_list_has_them(taobao):
    export = taobao.Export(detail_header=["子订单编号", *taobao.DETAIL]).order(ID)
    export.line(ID, 子订单编号="2450000000000000101").line(ID, 子订单编号="2450000000000000102")
    (order,) = read_export(export.files()).orders
    assert [line.line_no[-3:] for line in order.lines] == ["101", "102"]


@pytest.mark.parametrize(
    ("merchant", "outer", "sku", "item_no"),
    [
        ("JN-8801-BK-32", "JN-8801-BK-32", "JN-8801-BK-32", "JN-8801"),
        ("", "JN-8801-BK-32", "JN-8801-BK-32", "JN-8801"),
        ("JN-8801-BK-32", "", "JN-8801-BK-32", "JN-8801"),
        ("JN-8801", "JN-8801-BK-32", "JN-8801-BK-32", "JN-8801"),
        ("JN-8801-BK-32", "JN-8801", "JN-8801-BK-32", "JN-8801"),
        ("A1", "B2", "A1", "A1"),
        ("", "", "", ""),
    ],
)
def test_the_longer_code_names_the_piece_and_the_shorter_the_article(
    take, merchant, outer, sku, item_no
):
    (line,) = take({"商家编码": merchant, "外部系统编号": outer}).lines
    assert (line.sku, line.item_no) == (sku, item_no)


def test_a_merchant_code_that_a_spreadsheet_rounded_is_not_guessed(doubt):
    assert doubt({"商家编码": "6.9E+12"}).code == "damaged_sku"


@pytest.mark.parametrize("quantity", ["0", "-1", "一", "1.5", "", "99999", "1e3"])
def test_a_quantity_that_is_none_is_shown_with_its_row_in_the_detail_list(doubt, quantity):
    entry = doubt({"购买数量": quantity})
    assert entry.code == "bad_number"
    assert entry.source.startswith("ExportOrderDetailList")


@pytest.mark.parametrize("price", ["十元", "1.234", "NaN", "Infinity", "1e99"])
def test_a_price_that_is_none_is_shown(doubt, price):
    assert doubt({"价格": price}).code == "bad_money"


@pytest.mark.parametrize("counted", ["", "0", "3"])
def test_the_order_lists_count_agrees_or_says_nothing(take, counted):
    assert len(take({"购买数量": "2"}, {}, 宝贝总数量=counted).lines) == 2


@pytest.mark.rule("D4")
@pytest.mark.parametrize("counted", ["2", "4"])
def test_a_count_that_differs_from_the_lines_is_shown_because_nothing_may_be_short(doubt, counted):
    entry = doubt({"购买数量": "2"}, {}, 宝贝总数量=counted)
    assert entry.code == "quantity_differs"
    assert entry.facts["detail_list"] == "3"


def test_bundle_and_other_attributes_stay_with_the_title(take):
    (line,) = take({"商品属性": "颜色分类:黑;尺码:M;款式:加绒", "套餐信息": "官方标配"}).lines
    assert line.title == "直筒牛仔裤 [款式:加绒;官方标配]"


@pytest.mark.rule("S8")
def test_the_waist_in_the_message_travels_with_the_lines(take):
    order = take(买家留言="腰围要实量82cm，不要按尺码")
    assert order.lines[0].waist_mm == 820


@pytest.mark.rule("S8")
def test_the_sellers_memo_outweighs_the_buyers_message_about_the_waist(take):
    assert take(买家留言="腰围82", 订单备注="已确认腰围84").lines[0].waist_mm == 840


@pytest.mark.rule("S10")
@pytest.mark.parametrize(
    ("memo", "flag"),
    [
        ("红旗：32码黑色", Flag.RED),
        ("黄旗 缺货", Flag.YELLOW),
        ("绿旗", Flag.GREEN),
        ("蓝旗:换货", Flag.BLUE),
        ("紫旗", Flag.PURPLE),
        ("粉旗", Flag.PURPLE),
        ("红色旗", Flag.RED),
        ("请看红旗", Flag.NONE),
        ("", Flag.NONE),
    ],
)
def test_a_flag_named_first_in_the_memo_is_the_orders_flag(take, memo, flag):
    assert take(订单备注=memo).flag is flag


def test_messages_keep_their_lines_and_lose_their_control_characters(take):
    order = take(买家留言="快点\r\n谢谢\x07", 订单备注="第一行\n第二行")
    assert order.buyer_message == "快点\n谢谢"
    assert order.seller_memo == "第一行\n第二行"


# --- consignee ----------------------------------------------------------------------------------


def test_the_leading_apostrophe_of_a_phone_is_no_part_of_it(take):
    assert take(联系手机="'13912345678").consignee.phone == "13912345678"


def test_the_landline_serves_where_there_is_no_mobile(take):
    assert take(联系手机="", 联系电话="'020-81234567").consignee.phone == "020-81234567"


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        ({"收货人姓名": "吴**"}, "name"),
        ({"收货人姓名": "吴*"}, "name"),
        ({"收货人姓名": "吴＊＊"}, "name"),
        ({"联系手机": "'*******0019"}, "phone"),
        ({"联系手机": "138****1111"}, "phone"),
        ({"收货地址": "浙江省 杭州市 西湖区 某某街道***(310000)"}, "address"),
        ({"收货地址": "浙江省 杭州市 西湖区 某某街道*(310000)"}, "address"),
        ({"收货地址": "浙江省 杭州市 西湖区 文**路3号(310000)"}, "address"),
        ({"收货人姓名": "吴**", "联系手机": "*******0019"}, "name,phone"),
    ],
)
def test_a_waybill_cannot_be_made_of_asterisks(doubt, cells, fields):
    entry = doubt(**cells)
    assert entry.code == "masked_consignee"
    assert entry.facts["fields"] == fields


def test_an_asterisk_inside_a_street_is_writing(take):
    where = "浙江省 杭州市 西湖区 文三路3*2号楼(310000)"
    assert take(收货地址=where).consignee.street == "文三路3*2号楼"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"收货人姓名": ""}, "no_name"),
        ({"联系手机": "", "联系电话": ""}, "no_phone"),
        ({"联系手机": "无"}, "no_phone"),
        ({"联系手机": "1.39E+10"}, "damaged_phone"),
        ({"收货地址": ""}, "unclear_address"),
        ({"收货地址": "火星 环形山 3号"}, "unclear_address"),
        ({"收货地址": "浙江省 台州市 温岭市 (317500)"}, "no_street"),
    ],
)
def test_a_consignee_nobody_could_deliver_to_is_shown_to_a_person(doubt, cells, code):
    assert doubt(**cells).code == code


def test_entries_for_review_hold_no_personal_data(doubt):
    entry = doubt(收货人姓名="吴**", 联系手机="138****1111", 买家留言="秘密")
    told = str(entry)
    assert "吴" not in told
    assert "1111" not in told
    assert "秘密" not in told


@pytest.mark.rule("S11")
def test_a_changed_address_is_the_one_that_counts(take):
    consignee = take(修改后的收货地址="江苏省 苏州市 吴中区 新街9号(215100)").consignee
    assert (consignee.province, consignee.street) == ("江苏省", "新街9号")
    assert consignee.postcode == "215100"


@pytest.mark.rule("S11")
@pytest.mark.parametrize("cell", [
    "江苏省 苏州市 吴中区 新街9号 李四 13900000002",
    "江苏省 苏州市 吴中区 新街9号,李四,13900000002",
    "李四 13900000002 江苏省 苏州市 吴中区 新街9号",
    "13900000002 李四 江苏省 苏州市 吴中区 新街9号",
    "李四，139 0000 0002，江苏省 苏州市 吴中区 新街9号",
    "江苏省 苏州市 吴中区 新街9号 13900000002 李四",
    "收货人：李四 电话：+86 139-0000-0002 地址：江苏省 苏州市 吴中区 新街9号",
    "江苏省 苏州市 吴中区 新街9号；收件人:李四；手机:13900000002",
])
def test_name_and_phone_in_a_changed_address_are_the_new_ones(take, cell: str):
    consignee = take(修改后的收货地址=cell).consignee
    assert (consignee.name, consignee.phone) == ("李四", "13900000002")
    assert (consignee.district, consignee.street) == ("吴中区", "新街9号")


@pytest.mark.rule("S11")
@pytest.mark.parametrize("cell", [
    "江苏省 苏州市 吴中区 新街9号 13900000002", "13900000002 江苏省 苏州市 吴中区 新街9号",
    "江苏省 苏州市 吴中区 新街9号 0576-86123456",
])
def test_a_changed_phone_alone_keeps_the_name(take, cell: str):
    before, consignee = take().consignee, take(修改后的收货地址=cell).consignee
    assert consignee.name == before.name
    assert consignee.phone in cell
    assert consignee.street == "新街9号"


@pytest.mark.rule("S11")
@pytest.mark.parametrize("cell", [
    "江苏省 苏州市 吴中区 新街9号 阳光水岸 13900000002",  # a name, or where the buyer lives
    "李四 13900000002 王五 江苏省 苏州市 吴中区 新街9号",
    "江苏省 苏州市 吴中区 新街9号 李四 13900000002 13900000003",
])
def test_what_may_be_a_name_or_a_place_is_left_to_a_person(doubt, cell: str):
    assert doubt(修改后的收货地址=cell).code == "unclear_address"


def test_a_changed_address_that_cannot_be_read_is_not_replaced_by_the_old_one(doubt):
    assert doubt(修改后的收货地址="新地址见留言").code == "unclear_address"


# --- a changed article --------------------------------------------------------------------------


@pytest.mark.rule("S11")
def test_a_changed_size_drops_the_old_merchant_code(take):
    (line,) = take(修改后的sku="颜色分类：黑色;尺码：33").lines
    assert (line.color, line.size, line.sku, line.item_no) == ("黑色", "33", "", "JN-8801")


def test_a_change_that_changes_nothing_keeps_the_code(take):
    assert take(修改后的sku="颜色分类:黑色;尺码:32").lines[0].sku == "JN-8801-BK-32"


def test_a_changed_colour_alone_keeps_the_size(take):
    (line,) = take(修改后的sku="颜色分类:蓝色").lines
    assert (line.color, line.size) == ("蓝色", "32")


def test_a_change_that_could_mean_either_line_is_shown_to_a_person(doubt):
    assert doubt({}, {}, 修改后的sku="尺码:33").code == "changed_sku_unclear"


def test_a_change_that_says_neither_colour_nor_size_is_shown_to_a_person(doubt):
    assert doubt(修改后的sku="JN-8801-BK-33").code == "changed_sku_unclear"


# --- presale ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stages",
    [
        "阶段1：已付款，阶段2：已付款",
        "阶段1:已付款;阶段2:已付款",
        "第一阶段：已付款 第二阶段：已付款",
        "",
    ],
)
def test_a_presale_with_both_stages_paid_is_an_order(take, stages):
    assert take(分阶段订单信息=stages).order_no == ID


@pytest.mark.parametrize(
    "stages",
    ["阶段1：已付款，阶段2：未付款", "阶段1：未付款，阶段2：未付款", "阶段1:已付款,阶段2:等待付款"],
)
def test_a_presale_that_is_not_paid_up_is_not_packed(read, stages):
    reading = read(分阶段订单信息=stages)
    assert not reading.orders
    assert reading.ignored["presale_not_paid_up"] == 1


@pytest.mark.parametrize("stages", ["阶段1：已付款", "定金已付", "阶段1：已付款，阶段2：奇怪"])
def test_a_presale_whose_stages_are_unclear_is_shown_to_a_person(doubt, stages):
    assert doubt(分阶段订单信息=stages).code == "presale_unclear"


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("【预售11月30日发】羊毛大衣", (2026, 11, 29)),
        ("[预售 12月5号起陆续发货]大衣", (2026, 12, 4)),
        ("预售2027年1月3日发货", (2027, 1, 2)),
        ("【预售1月3日发】大衣", (2027, 1, 2)),
        ("【预售：11月１日发】大衣", (2026, 10, 31)),
    ],
)
def test_a_promised_day_begins_at_the_shops_midnight(take, title, day):
    order = take({"标题": title})
    assert order.ship_after == datetime(*day, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "title",
    [
        "羊毛大衣",
        "【预售】大衣",
        "【预售11月30日前发】大衣",
        "【预售2月30日发】",
        "11月30日发布的新款",
    ],
)
def test_a_title_that_promises_no_day_gives_none(take, title):
    assert take({"标题": title}).ship_after is None


def test_the_latest_of_several_promised_days_counts(take):
    lines = [{"标题": "【预售11月30日发】衣"}, {"标题": "【预售12月2日发】裤"}]
    assert take(*lines).ship_after == datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
