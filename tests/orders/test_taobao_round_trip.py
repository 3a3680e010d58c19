"""Orders written as exports and read back: whatever is in them, the same comes out."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from station.domain.vocabulary import SHOP_ZONE
from station.orders.cells import clean, one_line
from station.orders.taobao import read_export

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=8)
PLACES = st.sampled_from(
    [
        ("浙江省", "台州市", "温岭市"),
        ("北京", "北京市", "朝阳区"),
        ("河南省", "", "济源市"),
        ("广东省", "中山市", "其它区"),
        ("新疆维吾尔自治区", "和田地区", "和田市"),
    ]
)
PRINTABLE = st.characters(
    codec="gb18030", exclude_categories=["Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp"]
)
MESSAGES = st.text(st.one_of(PRINTABLE, st.sampled_from('",\n;：，')), max_size=60)
SECONDS = st.integers(0, 10 * 365 * 24 * 3600)
START = datetime(2020, 1, 1, tzinfo=UTC)
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "color": HAN,
            "size": st.sampled_from(["28", "32", "XL", "均码"]),
            "quantity": st.integers(1, 9999),
            "fen": st.integers(0, 10_000_000),
            "sku": st.from_regex(r"[A-Z]{2}-[0-9]{4}-[A-Z]{2}-[0-9]{2}", fullmatch=True),
            "title": MESSAGES,
        }
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def written_orders(draw):
    return {
        "number": str(draw(st.integers(10**16, 10**19))),
        "name": draw(HAN),
        "phone": draw(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)),
        "place": draw(PLACES),
        "street": draw(HAN) + "路" + str(draw(st.integers(1, 999))) + "号",
        "postcode": draw(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)),
        "paid_at": START + timedelta(seconds=draw(SECONDS)),
        "message": draw(MESSAGES),
        "lines": draw(LINES),
    }


def write(taobao, generation, encoding, orders):
    export = taobao.Export(generation, encoding=encoding)
    for order in orders:
        export.order(
            order["number"],
            收货人姓名=order["name"],
            联系手机=f"'{order['phone']}",
            收货地址=f"{' '.join(order['place'])} {order['street']}({order['postcode']})",
            订单付款时间=f"{order['paid_at'].astimezone(SHOP_ZONE):%Y-%m-%d %H:%M:%S}",
            买家留言=order["message"],
            宝贝总数量=str(sum(line["quantity"] for line in order["lines"])),
        )
        for line in order["lines"]:
            export.line(
                order["number"],
                标题=line["title"],
                价格=f"{line['fen'] // 100}.{line['fen'] % 100:02d}",
                购买数量=str(line["quantity"]),
                商品属性=f"颜色分类：{line['color']};尺码：{line['size']}",
                商家编码=line["sku"],
                外部系统编号=line["sku"],
            )
    return export.files()


@given(
    orders=st.lists(written_orders(), max_size=3, unique_by=lambda order: order["number"]),
    generation=st.sampled_from([30, 46, 56, 61]),
    encoding=st.sampled_from(["gb18030", "utf-8-sig", "utf-8"]),
)
def test_what_was_written_is_read_back(taobao, accounted, orders, generation, encoding):
    reading = read_export(write(taobao, generation, encoding, orders))
    assert not reading.review
    assert not reading.ignored
    assert [order.order_no for order in reading.orders] == [order["number"] for order in orders]
    for order, wanted in zip(reading.orders, orders, strict=True):
        same_consignee(order.consignee, wanted)
        assert order.paid_at == wanted["paid_at"]
        assert order.buyer_message == clean(wanted["message"])
        same_lines(order.lines, wanted["lines"])


def same_consignee(consignee, wanted):
    assert (consignee.name, consignee.phone) == (wanted["name"], wanted["phone"])
    place = (consignee.province, consignee.city, consignee.district)
    assert place == wanted["place"]
    assert (consignee.street, consignee.postcode) == (wanted["street"], wanted["postcode"])


def same_lines(lines, wanted):
    assert len(lines) == len(wanted)
    for line, given_line in zip(lines, wanted, strict=True):
        assert (line.color, line.size) == (given_line["color"], given_line["size"])
        assert (line.quantity, line.price_fen) == (given_line["quantity"], given_line["fen"])
        assert line.sku == given_line["sku"]
        assert line.item_no == given_line["sku"][:7]
        assert line.title == one_line(clean(given_line["title"]))


@given(message=MESSAGES, memo=MESSAGES)
def test_words_of_people_come_through_whatever_they_write(taobao, message, memo):
    export = taobao.Export().both("2450000000000000001", 买家留言=message, 订单备注=memo)
    (order,) = read_export(export.files()).orders
    assert order.buyer_message == clean(message)
    assert order.seller_memo == clean(memo)
    assert all(unicodedata.category(char) != "Cc" or char in "\n\t" for char in order.seller_memo)
