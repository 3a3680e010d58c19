"""The four carriers: numbers, reach, sorting text, and what their examples cost."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import station.carriers
from station.carriers import CARRIERS, example_tariffs, number_doubts, reach_table
from station.domain.orders import Consignee
from station.domain.regions import PROVINCES, Region
from station.domain.tariffs import PRICE_CLASS, charge, tariff_for
from station.domain.vocabulary import CarrierCode
from station.domain.wishes import carrier_wish, choose_carrier

STO, YTO, EMS, SF = CarrierCode.STO, CarrierCode.YTO, CarrierCode.EMS, CarrierCode.SF
WENLING = Region("浙江省", "台州市", "温岭市")


def test_every_carrier_of_the_handbook_is_there_under_its_code():
    assert set(CARRIERS) == set(CarrierCode)
    assert all(carrier.code is code for code, carrier in CARRIERS.items())


@pytest.mark.parametrize("code", list(CarrierCode))
def test_a_carrier_has_a_chinese_name_and_a_number_to_call(code):
    carrier = CARRIERS[code]
    assert re.search(r"[\u4e00-\u9fff]{2}", carrier.name)
    assert re.fullmatch(r"[0-9]{5}", carrier.hotline)


@pytest.mark.parametrize("code", list(CarrierCode))
def test_a_carriers_own_name_is_heard_as_a_wish_for_it(code):
    assert carrier_wish(f"请发{CARRIERS[code].name}").carrier is code


@pytest.mark.rule("S9")
def test_sto_and_yto_share_a_price_and_so_do_ems_and_sf():
    assert {STO: STO, YTO: STO, EMS: EMS, SF: EMS} == PRICE_CLASS


@pytest.mark.rule("S9")
@pytest.mark.parametrize("pair", [(STO, YTO), (EMS, SF)])
@pytest.mark.parametrize("grams", [300, 1000, 1001, 2600])
@pytest.mark.parametrize("province", ["浙江省", "北京", "新疆维吾尔自治区"])
def test_the_example_prices_of_a_pair_are_equal(pair, grams, province):
    tariffs = example_tariffs()
    prices = set()
    for code in pair:
        tariff = tariff_for(tariffs, code, date(2026, 11, 20))
        prices.add(charge(tariff, Region(province), grams).fen)
    assert len(prices) == 1


@pytest.mark.parametrize("province", PROVINCES)
def test_every_province_has_an_example_price(province):
    for tariff in example_tariffs():
        assert charge(tariff, Region(province), 500).fen > 0


def test_nobody_can_change_an_example_by_accident():
    with pytest.raises(TypeError):
        CARRIERS[STO].example_tariff["carrier"] = "SF"


@pytest.mark.parametrize(
    ("code", "number", "doubt"),
    [
        (STO, "770000000000001", None),
        (STO, "7712345678901234", None),
        (STO, "268123456789", None),
        (STO, "STO1234567890", None),
        (STO, "SF1234567890123", "unusual"),
        (YTO, "YT0000000000001", None),
        (YTO, "D01234567890", None),
        (YTO, "YT1", "unusual"),
        (SF, "SF1234567890123", None),
        (SF, "SFA123456789012", None),
        (SF, "550281136794", None),
        (SF, "YT0000000000001", "unusual"),
        (EMS, "9812345678901", None),
        (EMS, "1112345678901", None),
        (EMS, "EA123456785CN", None),
        (EMS, "EA123456786CN", "check_digit"),
        (EMS, "EA123456785XX", "country"),
        (EMS, "77", "unusual"),
    ],
)
def test_a_number_is_only_doubted_never_told_by_its_shape(code, number, doubt):
    assert number_doubts(code, number) == doubt


@pytest.mark.rule("S9")
@pytest.mark.parametrize("province", PROVINCES)
def test_ems_reaches_everywhere(province):
    assert reach_table()[EMS].reaches(Region(province, "某市", "某区"))


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("place", "code"),
    [
        (WENLING, STO),
        (Region("西藏自治区", "拉萨市"), STO),
        (Region("西藏自治区", "那曲市"), EMS),
        (Region("青海省", "玉树藏族自治州"), EMS),
        (Region("新疆维吾尔自治区", "和田地区", "于田县"), EMS),
        (Region("海南省", "三沙市", "西沙区"), EMS),
        (Region("香港特别行政区"), EMS),
    ],
)
def test_where_ordinary_express_does_not_go_ems_does(place, code):
    assert choose_carrier(place, None, reach_table()).carrier is code


def test_the_configurations_places_replace_a_carriers_own():
    table = reach_table({STO: ("浙江 台州",), YTO: ()})
    assert not table[STO].reaches(WENLING)
    assert table[STO].reaches(Region("西藏", "那曲市"))
    assert table[YTO] == CARRIERS[YTO].reach


def test_a_wrong_place_in_the_configuration_is_named():
    with pytest.raises(ValueError, match="火星"):
        reach_table({STO: ("火星",)})


@pytest.mark.parametrize("code", list(CarrierCode))
@pytest.mark.parametrize(
    ("place", "text"),
    [
        (WENLING, "浙江 台州 温岭"),
        (Region("北京", "北京市", "朝阳区"), "北京 朝阳"),
        (Region("河南省", "", "济源市"), "河南 济源"),
        (Region("广东省", "中山市", "其它区"), "广东 中山"),
        (Region("新疆维吾尔自治区", "乌鲁木齐市", "天山区"), "新疆 乌鲁木齐 天山"),
        (Consignee("陈", "1", "吉林省", "吉林市", "船营区", "街"), "吉林 吉林 船营"),
    ],
)
def test_the_sorting_text_names_the_destination_large(code, place, text):
    assert CARRIERS[code].sorting_code(place) == text


def test_carriers_do_not_know_each_other():
    folder = Path(station.carriers.__file__).parent
    for name in ("sto", "yto", "ems", "sf"):
        source = (folder / f"{name}.py").read_text(encoding="utf-8")
        others = {"sto", "yto", "ems", "sf"} - {name}
        assert not any(f"station.carriers.{other}" in source for other in others)
