"""Places: short names, paths, and where a carrier does not go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.orders import Consignee
from station.domain.regions import (
    PROVINCES,
    Reach,
    Region,
    lies_in,
    place_path,
    province_of,
    short_name,
    written_path,
)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("浙江省", "浙江"),
        ("浙江", "浙江"),
        ("温岭市", "温岭"),
        ("朝阳区", "朝阳"),
        ("赵县", "赵县"),
        ("北京市", "北京"),
        ("内蒙古自治区", "内蒙古"),
        ("内蒙古", "内蒙古"),
        ("新疆维吾尔自治区", "新疆"),
        ("广西壮族自治区", "广西"),
        ("宁夏回族自治区", "宁夏"),
        ("西藏自治区", "西藏"),
        ("香港特别行政区", "香港"),
        ("恩施土家族苗族自治州", "恩施"),
        ("延边朝鲜族自治州", "延边"),
        ("巴音郭楞蒙古自治州", "巴音郭楞"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
        ("伊犁哈萨克自治州", "伊犁"),
        ("白沙黎族自治县", "白沙"),
        ("锡林郭勒盟", "锡林郭勒"),
        ("大兴安岭地区", "大兴安岭"),
        ("神农架林区", "神农架"),
        ("浦东新区", "浦东"),
        (" 浙江省 ", "浙江"),
    ],
)
def test_places_lose_their_suffix(name, short):
    assert short_name(name) == short


@given(province=st.sampled_from(PROVINCES), suffix=st.sampled_from(["", "省", "市", "自治区"]))
def test_every_province_is_known_with_and_without_suffix(province, suffix):
    assert province_of(province + suffix) == province


@pytest.mark.parametrize("name", ["", "温岭市", "浙江省台州市", "California", "省"])
def test_what_is_no_province_is_none(name):
    assert province_of(name) is None


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Region("浙江省", "台州市", "温岭市"), ("浙江", "台州", "温岭")),
        (Region("北京", "北京市", "朝阳区"), ("北京", "朝阳")),
        (Region("上海市", "", "浦东新区"), ("上海", "浦东")),
        (Region("重庆市", "县", "云阳县"), ("重庆", "云阳")),
        (Region("河南省", "", "济源市"), ("河南", "济源")),
        (Region("河南省", "济源市", "济源市"), ("河南", "济源")),
        (Region("吉林省", "吉林市", "船营区"), ("吉林", "吉林", "船营")),
        (Region("辽宁省", "朝阳市", "朝阳县"), ("辽宁", "朝阳", "朝阳")),
        (Region("广东省", "中山市", "其它区"), ("广东", "中山")),
        (Region("浙江"), ("浙江",)),
    ],
)
def test_a_path_names_every_level_once(place, path):
    assert place_path(place) == path


def test_a_consignee_is_a_place():
    consignee = Consignee("陈", "1", "浙江省", "台州市", "温岭市", "万昌路8号")
    assert place_path(consignee) == ("浙江", "台州", "温岭")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("西藏", ("西藏",)),
        ("新疆 和田", ("新疆", "和田")),
        ("新疆维吾尔自治区 和田地区", ("新疆", "和田")),
        ("浙江/台州/温岭", ("浙江", "台州", "温岭")),
    ],
)
def test_a_configuration_writes_places_from_large_to_small(text, path):
    assert written_path(text) == path


@pytest.mark.parametrize("text", ["", "和田", "浙江 台州 温岭 城东", "火星"])
def test_a_place_that_begins_with_no_province_is_refused_by_name(text):
    with pytest.raises(ValueError, match="not a place"):
        written_path(text)


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("place", "reached"),
    [
        (Region("西藏自治区", "拉萨市", "城关区"), False),
        (Region("西藏"), False),
        (Region("新疆", "和田地区", "和田市"), False),
        (Region("新疆", "乌鲁木齐市", "天山区"), True),
        (Region("新疆"), True),
        (Region("浙江", "台州市", "温岭市"), False),
        (Region("浙江", "", "温岭市"), True),
        (Region("浙江", "台州市", "椒江区"), True),
        (Region("江苏省", "台州市", "温岭市"), True),
        (Region("海南省", "三沙市", "西沙区"), False),
    ],
)
def test_a_gap_covers_everything_inside_it_and_nothing_beside(place, reached):
    reach = Reach.without(["西藏", "新疆 和田", "浙江 台州 温岭", "海南 三沙"])
    assert reach.reaches(place) is reached


def test_a_district_is_found_where_the_gap_leaves_out_its_city():
    reach = Reach.without(["浙江 温岭"])
    assert not reach.reaches(Region("浙江", "台州市", "温岭市"))


def test_everything_lies_everywhere():
    assert lies_in(("浙江", "台州"), ())
    assert not lies_in(("浙江",), ("浙江", "台州"))


def test_an_empty_reach_goes_everywhere():
    assert Reach().reaches(Region("西藏", "那曲市"))
