"""Free words about carriers and about orders that travel together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.regions import Reach, Region
from station.domain.vocabulary import CarrierCode
from station.domain.wishes import (
    CarrierReason,
    CarrierWish,
    carrier_wish,
    choose_carrier,
    expected_order_count,
)

STO, YTO, EMS, SF = CarrierCode.STO, CarrierCode.YTO, CarrierCode.EMS, CarrierCode.SF
WENLING = Region("浙江省", "台州市", "温岭市")
LHASA = Region("西藏自治区", "拉萨市", "城关区")


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("顺丰", SF),
        ("要顺丰,急用\n谢谢", SF),
        ("麻烦发顺丰快递！", SF),
        ("请用顺丰速运，谢谢老板", SF),
        ("SF", SF),
        ("发sf吧", SF),
        ("ＳＦ快递", SF),
        ("順豐", SF),
        ("发顺风", SF),
        ("顺风快递", SF),
        ("顺丰到付", SF),
        ("只发顺丰", SF),
        ("别忘了发顺丰", SF),
        ("不要急,发顺丰", SF),
        ("不要急发顺丰", SF),
        ("顺丰不要放驿站", SF),
        ("顺丰请勿折叠，别压坏", SF),
        ("圆通", YTO),
        ("圓通", YTO),
        ("YTO", YTO),
        ("换圆通发", YTO),
        ("不要中通,圆通吧", YTO),
        ("发EMS", EMS),
        ("邮政ems", EMS),
        ("走邮政", EMS),
        ("E邮宝", EMS),
        ("乡下只有邮政能到", EMS),
        ("申通就好", STO),
        ("要顺丰，要顺丰，一定要顺丰", SF),
        ("不发顺丰发圆通", YTO),
        ("不要圆通要顺丰", SF),
        ("不要圆通 发顺丰", SF),
        ("申通不到,发EMS", EMS),
    ],
)
def test_a_clear_wish_picks_its_carrier(text, carrier):
    assert carrier_wish(text).carrier is carrier


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("不要顺丰", {SF}),
        ("不要发顺丰", {SF}),
        ("不要给我发顺丰快递", {SF}),
        ("别发顺丰", {SF}),
        ("别给我发顺丰", {SF}),
        ("请勿用顺丰", {SF}),
        ("勿圆通", {YTO}),
        ("不发圆通", {YTO}),
        ("拒收顺丰", {SF}),
        ("顺丰拒收", {SF}),
        ("顺丰快递一律拒收", {SF}),
        ("除了顺丰都可以", {SF}),
        ("除顺丰外都行", {SF}),
        ("圆通除外", {YTO}),
        ("顺丰不要", {SF}),
        ("顺丰太贵", {SF}),
        ("圆通不到我们这里", {YTO}),
        ("不接受圆通", {YTO}),
        ("千万不要用圆通", {YTO}),
        ("不要圆通和申通", {YTO, STO}),
        ("不要顺丰、圆通", {SF, YTO}),
        ("不要圆通或者申通", {YTO, STO}),
        ("别发EMS", {EMS}),
        ("不要 顺丰", {SF}),
        ("无法收圆通", {YTO}),
    ],
)
def test_a_refusal_never_picks(text, refused):
    wish = carrier_wish(text)
    assert wish.carrier is None
    assert wish.refused == refused


@pytest.mark.parametrize(
    "text",
    [
        "能发顺丰吗",
        "可以发圆通么？",
        "顺丰要加多少钱",
        "顺丰几天到",
        "顺丰?",
        "发圆通或者顺丰",
        "顺丰和EMS都行",
        "非顺丰不收",
        "不是顺丰拒收",
        "要顺丰，还是不要顺丰了",
    ],
)
def test_what_is_unclear_picks_nothing_and_asks_for_a_person(text):
    wish = carrier_wish(text)
    assert wish.carrier is None
    assert wish.needs_a_person


@pytest.mark.parametrize(
    "text",
    [
        "",
        "谢谢老板",
        "邮政编码317500",
        "祝一路顺风",
        "放圆通驿站",
        "菜鸟驿站或顺丰代收点",
        "已发 申通 7730012345678",
        "顺丰单号SF1234567890123",
        "SF1234567890123",
        "尺码SFX",
        "TEMSA",
        "快递",
    ],
)
def test_words_that_only_look_like_a_wish_say_nothing(text):
    assert carrier_wish(text) == CarrierWish()


def test_a_carrier_we_do_not_have_is_noted_for_a_person():
    wish = carrier_wish("发中通或韵达")
    assert (wish.carrier, wish.unsupported) == (None, ("中通", "韵达"))
    assert wish.needs_a_person


def test_refusing_a_carrier_we_do_not_have_changes_nothing():
    assert carrier_wish("不要中通") == CarrierWish()


def test_a_carrier_we_have_beside_one_we_have_not_is_taken_quietly():
    wish = carrier_wish("中通或者圆通")
    assert wish.carrier is YTO
    assert not wish.needs_a_person


@pytest.mark.parametrize(
    ("message", "memo", "line", "carrier"),
    [
        ("发顺丰", "发圆通", "EMS", YTO),
        ("发顺丰", "", "EMS", SF),
        ("", "", "EMS", EMS),
        ("", "", "快递", None),
        ("不要圆通", "客户同意发圆通", "", YTO),
        ("发顺丰", "32码 黑色", "", SF),
        ("顺丰?", "发顺丰", "", SF),
    ],
)
def test_the_memo_outweighs_the_buyer_and_he_the_shipping_line(message, memo, line, carrier):
    assert carrier_wish(message, memo, line).carrier is carrier


@pytest.mark.parametrize(
    ("message", "memo"), [("发顺丰", "不要顺丰"), ("发顺丰", "顺丰还是圆通，待确认，发圆通？")]
)
def test_a_memo_that_speaks_against_the_buyer_leaves_it_to_a_person(message, memo):
    wish = carrier_wish(message, memo)
    assert wish.carrier is None
    assert wish.contradictory


@given(
    no=st.sampled_from(
        ["不要", "别发", "请勿发", "不发", "拒收", "除了", "千万别用", "不要再给我发"]
    ),
    name=st.sampled_from(["顺丰", "圆通", "EMS", "申通", "邮政", "SF"]),
    tail=st.sampled_from(["", "快递", "，谢谢", "!", "\n谢谢"]),
    head=st.sampled_from(["", "老板，", "你好 ", "包装好点。"]),
)
def test_no_refusal_in_any_dress_picks(no, name, tail, head):
    wish = carrier_wish(f"{head}{no}{name}{tail}")
    assert wish.carrier is None
    assert wish.refused


@given(
    texts=st.lists(
        st.text("顺丰圆通申EMS不要别发和或,。吗?12 ", max_size=25), min_size=3, max_size=3
    )
)
def test_a_carrier_is_never_both_chosen_and_refused(texts):
    wish = carrier_wish(*texts)
    assert wish.carrier not in wish.refused
    assert wish.carrier is None or not wish.contradictory


# --- choosing -----------------------------------------------------------------------------------

REACH = {
    STO: Reach.without(["西藏"]),
    YTO: Reach.without(["西藏", "新疆"]),
    EMS: Reach(),
    SF: Reach.without(["西藏 那曲"]),
}


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("place", "wish", "carrier", "reason"),
    [
        (WENLING, None, STO, CarrierReason.DEFAULT),
        (LHASA, None, EMS, CarrierReason.DEFAULT_UNREACHED),
        (WENLING, YTO, YTO, CarrierReason.WISH),
        (WENLING, SF, SF, CarrierReason.WISH),
        (WENLING, EMS, EMS, CarrierReason.WISH),
        (WENLING, STO, STO, CarrierReason.WISH),
        (LHASA, SF, SF, CarrierReason.WISH),
        (LHASA, YTO, EMS, CarrierReason.WISH_UNREACHED),
        (Region("新疆", "和田地区"), YTO, STO, CarrierReason.WISH_UNREACHED),
        (Region("西藏", "那曲市"), SF, EMS, CarrierReason.WISH_UNREACHED),
        (WENLING, CarrierWish(refused=frozenset({STO})), YTO, CarrierReason.DEFAULT_REFUSED),
        (WENLING, CarrierWish(refused=frozenset({STO, YTO})), EMS, CarrierReason.DEFAULT_REFUSED),
        (WENLING, CarrierWish(refused=frozenset({SF})), STO, CarrierReason.DEFAULT),
        (LHASA, CarrierWish(refused=frozenset({EMS})), EMS, CarrierReason.NONE_REACHES),
    ],
)
def test_the_carrier_follows_wish_then_reach(place, wish, carrier, reason):
    assert choose_carrier(place, wish, REACH) == (carrier, reason)


def test_another_default_is_followed():
    assert choose_carrier(WENLING, None, REACH, default=SF) == (SF, CarrierReason.DEFAULT)


def test_ems_that_does_not_go_there_either_leaves_nobody():
    reach = REACH | {EMS: Reach.without(["西藏"])}
    assert choose_carrier(LHASA, None, reach).reason is CarrierReason.NONE_REACHES


def test_a_carrier_without_a_reach_goes_everywhere():
    assert choose_carrier(LHASA, None, {}) == (STO, CarrierReason.DEFAULT)


@given(
    wish=st.sampled_from([None, STO, YTO, EMS, SF]),
    refused=st.frozensets(st.sampled_from(list(CarrierCode))),
    place=st.sampled_from([WENLING, LHASA, Region("新疆")]),
)
def test_no_refused_carrier_and_none_that_does_not_go_there_is_chosen(wish, refused, place):
    choice = choose_carrier(place, CarrierWish(wish, refused - {wish}), REACH)
    if choice.reason is not CarrierReason.NONE_REACHES:
        assert choice.carrier not in refused - {wish}
        assert REACH[choice.carrier].reaches(place)


# --- orders that travel together ----------------------------------------------------------------


@pytest.mark.rule("S10")
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("共3笔", 3),
        ("共３笔", 3),
        ("共 3 笔", 3),
        ("一共三笔订单", 3),
        ("总共4个订单", 4),
        ("合计2单", 2),
        ("共有5笔交易", 5),
        ("3笔一起", 3),
        ("3笔一起发", 3),
        ("三笔合并", 3),
        ("两单一起", 2),
        ("2单,一起发", 2),
        ("十二笔一起发", 12),
        ("二十笔合并", 20),
        ("合并3单发货", 3),
        ("一起发3单", 3),
        ("拍了2单，麻烦一起发", 2),
        ("另外两单一起发", 3),
        ("还有1笔一起", 2),
        ("2笔一起，共3笔", 3),
        ("共1笔", 1),
    ],
)
def test_a_named_count_of_orders_is_expected(text, count):
    assert expected_order_count(text) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "共3件",
        "第3笔",
        "2单元302室",
        "3笔",
        "买3条裤子一起发",
        "共2单元",
        "订单尽快",
        "2020单",
        "一起发",
    ],
)
def test_other_counts_are_not_orders(text):
    assert expected_order_count(text) is None


def test_the_memos_count_outweighs_the_messages():
    assert expected_order_count("共2笔", "共3笔") == 2
    assert expected_order_count("32码黑色", "共3笔") == 3


@given(count=st.integers(2, 99))
def test_every_count_in_digits_is_read(count):
    assert expected_order_count(f"共{count}笔，一起发") == count


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("text", "carrier", "refused"),
    [
        ("申通、圆通都不要", None, {STO, YTO}),
        ("申通圆通一律不要，发EMS", EMS, {STO, YTO}),
        ("申通和圆通不要", None, {STO, YTO}),
        ("发顺丰 圆通不要", SF, {YTO}),
        ("发申通、圆通不要", STO, {YTO}),
        ("如果申通不到发EMS", EMS, {STO}),
        ("申通到不了，请发邮政", EMS, {STO}),
        ("圆通停运", None, {YTO}),
        ("上次圆通丢件了", None, {YTO}),
        ("申通爆仓了，换EMS", EMS, {STO}),
        ("发货用顺豐", SF, set()),
        ("圆通取件点在楼下", None, set()),
        ("申通不要圆通也不要", None, {STO, YTO}),
        ("申通圆通除外", None, {STO, YTO}),
        ("收不到申通，请发EMS", EMS, {STO}),
        ("申通送不到发EMS", EMS, {STO}),
        ("顺丰不要到付", SF, set()),
        ("非要顺丰", SF, set()),
        ("顺丰不要圆通", SF, {YTO}),
    ],
)
def test_who_is_refused_and_who_is_asked_for_in_one_breath(text, carrier, refused):
    wish = carrier_wish(text)
    assert (wish.carrier, wish.refused) == (carrier, refused)


@pytest.mark.parametrize("text", ["可不可以发顺丰", "能不能发圆通", "顺丰行不行", "圆通到不到"])
def test_a_question_that_doubles_its_verb_is_no_refusal(text):
    wish = carrier_wish(text)
    assert not wish.refused
    assert wish.contradictory


@pytest.mark.parametrize("text", ["总计：3笔", "合计:3笔", "全部3笔"])
def test_a_count_behind_a_colon_is_a_count(text):
    assert expected_order_count(text) == 3


def test_a_refusal_of_all_but_one_is_left_to_a_person():
    assert carrier_wish("请不要发除了顺丰以外的快递").contradictory
