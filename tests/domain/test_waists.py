"""Waists in free words, and the lines they belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.orders import OrderLine
from station.domain.waists import WaistWish, confirmed_waist_mm, plain_size, with_waists


def line(size="32", waist=None, line_no="1"):
    return OrderLine(
        line_no=line_no,
        sku=f"JN-8801-BK-{size}",
        title="牛仔裤",
        item_no="JN-8801",
        color="黑色",
        size=size,
        quantity=1,
        waist_mm=waist,
    )


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("text", "waist"),
    [
        ("腰围82", 820),
        ("腰围 82", 820),
        ("腰围：82", 820),
        ("腰围：８２ＣＭ", 820),
        ("腰围是82", 820),
        ("腰围要实量82cm，不要按尺码", 820),
        ("82cm", 820),
        ("82CM", 820),
        ("82厘米", 820),
        ("82公分", 820),
        ("腰围820mm", 820),
        ("实量82.5", 825),
        ("腰围82.5cm", 825),
        ("82的腰围", 820),
        ("82cm腰围", 820),
        ("2尺5", 833),
        ("2尺5寸", 833),
        ("2.5尺", 833),
        ("二尺五", 833),
        ("二尺五寸", 833),
        ("两尺五", 833),
        ("两尺半", 833),
        ("腰围2尺4", 800),
        ("2尺", 667),
        ("二尺六寸五", 883),
        ("2尺55", 850),
        ("身高175腰围82", 820),
        ("身高175cm,体重70kg,腰围82cm", 820),
        ("腰 82 裤长 102", 820),
        ("32码 腰围82", 820),
        ("JN-8801-BK-32 腰围82", 820),
    ],
)
def test_a_confirmed_waist_is_read_in_millimetres(text, waist):
    assert [wish.waist_mm for wish in confirmed_waist_mm(text)] == [waist]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "尺码32",
        "尺码82",
        "32码",
        "腰围32",
        "腰围按尺码",
        "128元",
        "腰围好的话给82元",
        "￥82",
        "13900000011",
        "电话 0576-86200082",
        "317500",
        "身高175cm",
        "裤长100cm",
        "臀围95cm",
        "裤长3尺",
        "82岁",
        "住82号楼",
        "82斤",
        "腰围80-82",
        "腰围80~82cm",
        "腰围80到82",
        "腰围不是82",
        "不要82cm的",
        "尺寸82",
        "买82条",
        "3cm",
        "200cm",
        "2026年11月20日",
        "订单2450000000000000001",
    ],
)
def test_other_numbers_are_no_waist(text):
    assert confirmed_waist_mm(text) == []


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("32码腰围82", [WaistWish(820, "32")]),
        ("尺码32 腰围82", [WaistWish(820, "32")]),
        ("32码,腰围82", [WaistWish(820, "32")]),
        ("32码腰围82，31码腰围80", [WaistWish(820, "32"), WaistWish(800, "31")]),
        ("32码：82cm;31码：80cm", [WaistWish(820, "32"), WaistWish(800, "31")]),
        ("xl码腰围82", [WaistWish(820, "XL")]),
        ("32码,31码,腰围82", [WaistWish(820)]),
        ("腰围82，腰围84", [WaistWish(820), WaistWish(840)]),
        ("腰围82的32码", [WaistWish(820, "32")]),
    ],
)
def test_a_waist_named_for_a_size_keeps_it(text, wishes):
    assert confirmed_waist_mm(text) == wishes


@given(waist=st.integers(500, 1400))
def test_every_plausible_waist_in_centimetres_reads_back(waist):
    text = f"腰围{waist // 10}.{waist % 10}cm"
    assert [wish.waist_mm for wish in confirmed_waist_mm(text)] == [waist]


@given(chi=st.integers(2, 4), cun=st.integers(0, 9))
def test_chinese_feet_read_as_thirds_of_a_metre(chi, cun):
    numeral = "零一二三四五六七八九"
    arabic = confirmed_waist_mm(f"{chi}尺{cun or ''}")
    written = confirmed_waist_mm(f"{numeral[chi]}尺{numeral[cun] if cun else ''}")
    assert arabic == written
    expected = round((chi * 10 + cun) * 100 / 3)
    assert [wish.waist_mm for wish in arabic] == ([expected] if expected <= 1500 else [])


@given(text=st.text("腰围码尺寸二五半32.8cmCM-,。 身高裤长不是", max_size=30))
def test_whatever_is_written_a_waist_stays_within_what_people_measure(text):
    assert all(450 <= wish.waist_mm <= 1500 for wish in confirmed_waist_mm(text))


# --- lines --------------------------------------------------------------------------------------


def waists(lines, memo="", message=""):
    return [one.waist_mm for one in with_waists(lines, memo, message)]


@pytest.mark.rule("S8")
def test_a_single_waist_belongs_to_all_lines():
    assert waists([line("32"), line("31")], message="腰围82") == [820, 820]


@pytest.mark.rule("S8")
def test_waists_named_for_sizes_go_to_the_lines_of_those_sizes():
    text = "32码腰围82，31码腰围80"
    assert waists([line("31"), line("32"), line("33")], text) == [800, 820, None]


def test_a_size_is_found_behind_its_notes():
    assert waists([line("32码[加长]")], "32码腰围82") == [820]
    assert plain_size("xl（宽松）") == "XL"


def test_the_memo_outweighs_the_message():
    assert waists([line()], "腰围84", "腰围82") == [840]
    assert waists([line()], "红旗 发圆通", "腰围82") == [820]


@pytest.mark.parametrize("text", ["腰围82或84cm", "腰围82，腰围84", "33码腰围82", ""])
def test_what_is_not_clear_for_a_line_is_left_open(text):
    assert waists([line("32")], text) == [None]


def test_a_line_that_has_its_waist_keeps_it():
    assert waists([line(waist=833), line()], "腰围82") == [833, 820]


def test_nothing_else_of_a_line_changes():
    (before,) = (line(),)
    (after,) = with_waists([before], "", "不相干")
    assert after == before


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("text", "waist"),
    [
        ("腰围2尺3.5", 783),
        ("2尺3.5寸", 783),
        ("2尺3半", 783),
        ("裤长102cm腰围82", 820),
        ("臀围98腰82", 820),
        ("臀围98cm裤腰82cm", 820),
        ("82的腰", 820),
    ],
)
def test_a_waist_between_other_measures_and_with_half_a_cun(text, waist):
    assert confirmed_waist_mm(text) == [WaistWish(waist, "")]


@pytest.mark.parametrize(
    "text",
    [
        "腰围不超过80cm",
        "腰围至少80",
        "腰围80cm以上",
        "腰围2尺4以内",
        "上次腰围80cm的太大了",
        "腰围80穿不下",
    ],
)
def test_a_bound_and_a_waist_that_did_not_fit_are_no_wish(text):
    assert confirmed_waist_mm(text) == []


@pytest.mark.parametrize("text", ["上次80cm的太大，这次要腰围78cm", "最大腰围78cm", "腰围78左右"])
def test_the_waist_wanted_beside_them_is_one(text):
    assert confirmed_waist_mm(text) == [WaistWish(780, "")]
