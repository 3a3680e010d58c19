"""Single cells: what a spreadsheet did to them, addresses in one cell, articles in one cell."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from station.domain.regions import PROVINCES
from station.orders.address import Address, UnclearAddress, parse_address
from station.orders.attributes import item_no_of, parse_attributes
from station.orders.cells import (
    Damaged,
    clean,
    is_scientific,
    moment,
    money,
    one_line,
    whole,
    without_controls,
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="2450000000000000001"', "2450000000000000001"),
        ('=""', ""),
        ("'13900000001", "13900000001"),
        ('="\'13900000001"', "13900000001"),
        (" 收货地址 ", "收货地址"),
        ("\t2450000000000000001\t", "2450000000000000001"),
        ("\ufeff订单编号", "订单编号"),
        ("\u3000陈小明\u3000", "陈小明"),
        ("\u200b陈", "陈"),
        ('=" 123 "', "123"),
        ("=1+1", "=1+1"),
        ("", ""),
    ],
)
def test_the_exports_wrapping_is_taken_off(cell, text):
    assert clean(cell) == text


@given(text=st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once_for_wrapped_text(text):
    once = clean(f'="{text}"')
    assert once in text.strip() or once == ""


@pytest.mark.parametrize("text", ["2.45E+18", "2.45e18", "6E+12", "1.39E10"])
def test_scientific_notation_is_recognised(text):
    assert is_scientific(text)


@pytest.mark.parametrize("text", ["2450000000000000001", "JE12", "E12", "1.5", "", "12E"])
def test_codes_and_plain_numbers_are_not_scientific(text):
    assert not is_scientific(text)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("128.00", 12800),
        ("128", 12800),
        ("0元", 0),
        ("0.00元", 0),
        ("", 0),
        ("￥1,280.5", 128050),
        ("¥59.9", 5990),
        ("１２．５０", 1250),
        ("-3.00", -300),
    ],
)
def test_money_is_whole_fen(text, fen):
    assert money(text) == fen


@pytest.mark.parametrize("text", ["abc", "1.234", "nan", "inf", "1e30", "1.2.3", "十元"])
def test_what_is_no_money_is_damaged(text):
    with pytest.raises(Damaged, match="bad_money"):
        money(text)


@given(fen=st.integers(0, 10**9))
def test_money_written_with_two_places_reads_back(fen):
    assert money(f"{fen // 100}.{fen % 100:02d}") == fen


@pytest.mark.parametrize("text", ["1", "1.0", "1.00", " 1 ", "１"])
def test_one_piece_is_written_in_many_ways(text):
    assert whole(text, 1, 9) == 1


@pytest.mark.parametrize("text", ["", "0", "10", "1.5", "-1", "one", "1,0", "٣"])
def test_what_is_no_number_within_limits_is_damaged(text):
    with pytest.raises(Damaged, match="bad_number"):
        whole(text, 1, 9)


@pytest.mark.parametrize("text", ["08-Nov-2026 10:11", "8-nov-2026 10:11:00", "2026/11/08 10:11"])
def test_a_time_is_read_as_spreadsheets_write_it(text):
    assert moment(text).isoformat() == "2026-11-08T02:11:00+00:00"


def test_a_time_has_a_year_that_a_shop_has_seen():
    with pytest.raises(Damaged, match="bad_time"):
        moment("1899-12-31 00:00:00")


def test_text_on_one_line_has_single_blanks():
    assert one_line("  城东\n街道\t 8号\u3000楼 ") == "城东 街道 8号 楼"


def test_control_characters_go_and_line_breaks_stay():
    assert without_controls("a\x00b\r\nc\rd\x1b") == "ab\nc\nd"


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        (
            "浙江省 台州市 温岭市 城东街道某某路1号(317500)",
            ("浙江省", "台州市", "温岭市", "城东街道某某路1号", "317500"),
        ),
        (
            "北京 北京市 朝阳区 建国路6号院(100020)",
            ("北京", "北京市", "朝阳区", "建国路6号院", "100020"),
        ),
        (
            "北京市 北京市 海淀区 学院路1号（100083）",
            ("北京市", "北京市", "海淀区", "学院路1号", "100083"),
        ),
        ("上海 浦东新区 世纪大道1号(200120)", ("上海", "", "浦东新区", "世纪大道1号", "200120")),
        (
            "重庆 重庆市 万州区 江南新区1号(404000)",
            ("重庆", "重庆市", "万州区", "江南新区1号", "404000"),
        ),
        ("重庆市 县 云阳县 人民路2号(404500)", ("重庆市", "县", "云阳县", "人民路2号", "404500")),
        ("河南省  济源市 济水大街3号(459000)", ("河南省", "", "济源市", "济水大街3号", "459000")),
        ("河南省 济源市 济水大街3号(459000)", ("河南省", "", "济源市", "济水大街3号", "459000")),
        ("河南省 济源市 济源市 济水大街3号", ("河南省", "", "济源市", "济水大街3号", "")),
        ("湖北省  仙桃市 干河街道5号(433000)", ("湖北省", "", "仙桃市", "干河街道5号", "433000")),
        ("海南省 澄迈县 金江镇6号(571900)", ("海南省", "", "澄迈县", "金江镇6号", "571900")),
        (
            "新疆维吾尔自治区 石河子市 北三路7号(832000)",
            ("新疆维吾尔自治区", "", "石河子市", "北三路7号", "832000"),
        ),
        (
            "广东省 东莞市 长安镇 振安路8号(523850)",
            ("广东省", "东莞市", "长安镇", "振安路8号", "523850"),
        ),
        (
            "广东省 中山市 其它区 石岐9号(528400)",
            ("广东省", "中山市", "其它区", "石岐9号", "528400"),
        ),
        (
            "广东省 东莞市  东城街道某路10号(523000)",
            ("广东省", "东莞市", "", "东城街道某路10号", "523000"),
        ),
        (
            "江苏省 苏州市 工业园区 星湖街11号(215000)",
            ("江苏省", "苏州市", "工业园区", "星湖街11号", "215000"),
        ),
        (
            "湖南省 长沙市 岳麓区 某某路8号(000000)",
            ("湖南省", "长沙市", "岳麓区", "某某路8号", ""),
        ),
        ("湖南省 长沙市 岳麓区 某某路8号()", ("湖南省", "长沙市", "岳麓区", "某某路8号", "")),
        ("湖南省 长沙市 岳麓区 某某路8号", ("湖南省", "长沙市", "岳麓区", "某某路8号", "")),
        (
            "广东省 广州市 越秀区 环市路50号（近地铁）31楼(510180)",
            ("广东省", "广州市", "越秀区", "环市路50号（近地铁）31楼", "510180"),
        ),
        (
            "广东省 广州市 越秀区 环市路50号(近地铁)",
            ("广东省", "广州市", "越秀区", "环市路50号(近地铁)", ""),
        ),
        (
            "浙江省 台州市 温岭市 城东街道 万昌路 1号 (317500)",
            ("浙江省", "台州市", "温岭市", "城东街道 万昌路 1号", "317500"),
        ),
        (
            "浙江省  台州市 温岭市 万昌路1号",
            ("浙江省", "台州市", "温岭市", "万昌路1号", ""),
        ),
        (
            "内蒙古自治区 锡林郭勒盟 二连浩特市 某街1号",
            ("内蒙古自治区", "锡林郭勒盟", "二连浩特市", "某街1号", ""),
        ),
        (
            "浙江省 杭州市 阳光小区 3幢(310000)",
            ("浙江省", "杭州市", "", "阳光小区 3幢", "310000"),
        ),
        (
            "香港特别行政区 香港岛 中西区 皇后大道1号",
            ("香港特别行政区", "香港岛", "中西区", "皇后大道1号", ""),
        ),
    ],
)
def test_addresses_come_apart_at_their_blanks(cell, parts):
    assert parse_address(cell) == Address(*parts)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "unclear_address"),
        ("浙江省台州市温岭市万昌路1号", "unclear_address"),
        ("台州市 温岭市 万昌路1号", "unclear_address"),
        ("加利福尼亚 旧金山 1 Main St", "unclear_address"),
        ("浙江省", "no_street"),
        ("浙江省 台州市", "no_street"),
        ("浙江省 台州市 温岭市", "no_street"),
        ("浙江省 台州市 温岭市 (317500)", "no_street"),
        ("浙江省   ", "no_street"),
    ],
)
def test_an_address_without_province_or_street_is_not_guessed(cell, code):
    with pytest.raises(UnclearAddress) as raised:
        parse_address(cell)
    assert raised.value.code == code


WORD = st.text("一二三四五六七八九路街号幢室ABC12", min_size=1, max_size=8)


@given(
    province=st.sampled_from([p for p in PROVINCES if p not in "北京天津上海重庆"]),
    city=WORD,
    district=WORD,
    street=st.lists(WORD, min_size=1, max_size=3),
    postcode=st.from_regex(r"[1-9][0-9]{5}", fullmatch=True),
)
def test_a_written_address_reads_back_whole(province, city, district, street, postcode):
    written = Address(f"{province}省", f"{city}市", f"{district}区", " ".join(street), postcode)
    cell = (
        f"{written.province} {written.city} {written.district} {written.street}({written.postcode})"
    )
    assert parse_address(cell) == written


@given(cell=st.text(max_size=60))
@example("浙江省 " * 9)
def test_no_address_makes_the_reader_fall_and_no_character_is_lost(cell):
    try:
        address = parse_address(cell)
    except UnclearAddress:
        return
    parts = (address.province, address.city, address.district, address.street)
    assert "".join("".join(parts).split()) in "".join(one_line(cell).split())


# --- articles -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "color", "size"),
    [
        ("颜色分类：黑色;尺码：32", "黑色", "32"),
        ("颜色分类:黑色;尺码:32", "黑色", "32"),
        ("颜色分类：黑色；尺码：32", "黑色", "32"),
        ("尺码：32;颜色分类：黑色", "黑色", "32"),
        ("颜色：深蓝;尺寸：L", "深蓝", "L"),
        ("颜色分类：浅蓝[加长款];尺码：27", "浅蓝[加长款]", "27"),
        ("尺码：M[腰围:82;裤长:100];颜色:红", "红", "M[腰围:82;裤长:100]"),
        ("颜色分类：20厘米锅-不含盖", "20厘米锅-不含盖", ""),
        ("颜色分类： 黑 色 ;尺码： 32 ;", "黑 色", "32"),
        ("颜色分类：黑[缺括号;尺码：32", "黑[缺括号", "32"),
        ("规格:均码", "", "均码"),
        ("", "", ""),
    ],
)
def test_colour_and_size_are_read_from_one_cell(cell, color, size):
    said = parse_attributes(cell)
    assert (said.color, said.size) == (color, size)


def test_an_article_number_among_the_attributes_is_used():
    assert parse_attributes("货号:JN-1;颜色:黑").item_no == "JN-1"


def test_attributes_without_a_field_of_their_own_are_kept():
    said = parse_attributes("颜色:黑;款式:加绒;颜色:白;特别")
    assert said.color == "黑"
    assert said.rest == ("款式:加绒", "颜色:白", "特别")


@given(cell=st.text("颜色分类尺码:：;；[]【】黑白32LM ", max_size=40))
def test_no_attribute_is_lost(cell):
    said = parse_attributes(cell)
    kept = "".join([said.color, said.size, said.item_no, *said.rest])
    for char in "黑白32LM":
        assert kept.count(char) == cell.count(char)


@pytest.mark.parametrize(
    ("code", "item_no"),
    [
        ("JN-8801-BK-32", "JN-8801"),
        ("JN8801-BK-32", "JN8801"),
        ("TS-1103-WT-M", "TS-1103"),
        ("8801_黑_32", "8801"),
        ("A-BC-RED-L", "A-BC"),
        ("AB-RED-L", "AB"),
        ("AB-L", "AB-L"),
        ("88", "88"),
        ("", ""),
    ],
)
def test_an_article_number_is_the_stem_of_the_merchant_code(code, item_no):
    assert item_no_of(code) == item_no


@given(cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1))
def test_what_a_csv_writer_writes_is_read_with_the_same_number_of_fields(cells):
    out = io.StringIO()
    csv.writer(out).writerow([*cells, "end"])
    (record,) = csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True)
    assert len(record) == len(cells) + 1
