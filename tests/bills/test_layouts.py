"""Headers: which column means what, in every carrier's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.statement_files import SF_FULL, SF_SHORT
from station.bills.layouts import (
    FIELDS,
    ToldLayout,
    apply,
    carrier_in,
    plain,
    read_mapping,
    recognise,
    seen,
)
from station.bills.trouble import StatementError

STO = ("业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量")


@pytest.mark.parametrize(("name", "found"), [
    ("计费重量\n(公斤)", "计费重量"), ("费用\r\n（元）", "费用"), (" 运单号 ", "运单号"),
    ("运 单 号", "运单号"),
    ("目的地(省)", "目的地省"), ("目的地（城市）", "目的地市"), ("Waybill_ID", "waybill_id"),
    ("轻抛尺寸\n（长×宽×高）", "轻抛尺寸"), ("运费：", "运费"), ("费用_x000D_\n(元)", "费用"),
    ("*运单号", "运单号"), ("【运费】", ""),
])
def test_header_names_are_compared_without_breaks_units_and_blanks(name: str, found: str):
    assert plain(name) == found


def test_an_sto_header_is_known_by_its_columns():
    layout = recognise(STO)
    assert layout is not None
    assert layout.carrier == "STO"
    assert layout.at == {"day": 0, "waybill": 1, "province": 2, "city": 3, "charged": 4}
    assert not layout.tells_prices


def test_the_48_columns_of_sf_are_known_with_both_weights_and_the_discount():
    layout = recognise(SF_FULL)
    assert layout is not None
    assert (layout.carrier, len(layout.columns)) == ("SF", 48)
    names = {meaning: SF_FULL[index] for meaning, index in layout.at.items()}
    assert names["charged"].startswith("计费重量")
    assert names["actual"] == "实际重量"
    assert names["total"] == "应收费用"
    assert names["fee"].startswith("费用")
    assert names["province"] == "目的地省名"
    assert names["return_of"] == "退回件关联原运单号"


def test_the_short_form_of_sf_has_insurance_beside_the_freight():
    layout = recognise(SF_SHORT)
    assert layout is not None
    assert layout.carrier == "SF"
    assert [SF_SHORT[index] for index in layout.many["insurance"]] == ["保费"]
    assert SF_SHORT[layout.at["total"]] == "应付金额"


@pytest.mark.parametrize("waybill", FIELDS["waybill"])
def test_every_known_name_of_the_number_is_found(waybill: str):
    layout = recognise((waybill, "重量", "运费"))
    assert layout is not None
    assert layout.at["waybill"] == 0


@pytest.mark.parametrize("meaning", [one for one in FIELDS if one not in ("waybill", "charged")])
def test_every_known_name_of_every_meaning_is_found(meaning: str):
    for name in FIELDS[meaning]:
        layout = recognise(("运单号", "计费重量", name))
        assert layout is not None, name
        assert 2 in (layout.at.get(meaning), *layout.many.get(meaning, ())), name


def test_no_name_has_two_meanings():
    names = [name for names in FIELDS.values() for name in names]
    assert len(names) == len(set(names))


def test_of_two_columns_with_one_meaning_the_surer_name_wins():
    layout = recognise(("下单时间", "业务时间", "重量", "结算重量", "运单号", "运费"))
    assert layout is not None
    assert (layout.at["day"], layout.at["charged"]) == (1, 3)


@pytest.mark.parametrize("record", [
    (), ("运单号",), ("运单号", "日期"), ("重量", "运费"), ("773000000000000", "1kg", "5.00"),
    ("申通快递 2026年11月 对账单",),
])
def test_a_row_without_number_and_charge_is_no_header(record: tuple[str, ...]):
    assert recognise(record) is None


@pytest.mark.parametrize(("name", "unit"), [
    ("重量(克)", 1), ("重量（g）", 1), ("重量(kg)", 1000), ("重量", 0), ("重量(公斤)", 1000),
    ("重量(斤)", 500), ("重量/克", 1), ("重量KG", 1000),
])
def test_the_weights_unit_stands_in_its_header(name: str, unit: int):
    layout = recognise(("运单号", name, "运费"))
    assert layout is not None
    assert layout.unit_g == unit


def test_headings_merged_over_two_rows_are_joined():
    upper = ("时间", "快递单号", "目的地", "", "重量", "", "费用", "", "")
    lower = ("", "", "省", "市", "计费", "实际", "运费", "保价费", "合计")
    layout = recognise(upper, lower)
    assert layout is not None
    assert layout.height == 2
    assert layout.at == {
        "day": 0, "waybill": 1, "province": 2, "city": 3, "charged": 4, "actual": 5, "fee": 6,
        "total": 8,
    }  # fmt: skip
    assert layout.many["insurance"] == (7,)


def test_a_heading_over_the_number_itself_is_joined_too():
    layout = recognise(("快件信息", "", "费用", ""), ("运单号", "重量", "运费", "附加费"))
    assert layout is not None
    assert (layout.at["waybill"], layout.at["fee"], layout.height) == (0, 2, 2)


@pytest.mark.parametrize("below", [
    ("2026-11-01", "773000000000000", "江苏省", "苏州市", "1kg"), ("", "", "", "", ""),
    ("备注：", "", "", "", ""), ("", "773000000000001", "", "", ""),
])
def test_a_row_of_data_is_no_second_row_of_headings(below: tuple[str, ...]):
    layout = recognise(STO, below)
    assert layout is not None
    assert layout.height == 1


@pytest.mark.parametrize(("text", "carrier"), [
    ("申通快递 客户对账单", "STO"), ("圆通速递", "YTO"), ("顺丰速运账单", "SF"),
    ("中国邮政EMS", "EMS"),
    ("sto-202611.csv", "STO"), ("SF_2026.xlsx", "SF"), ("中国邮政", "EMS"), ("store.csv", ""),
    ("申通顺丰合并", ""), ("", ""), ("systems", ""),
])
def test_a_title_names_its_carrier_or_nobody(text: str, carrier: str):
    assert carrier_in(text) == carrier


def test_what_was_seen_names_columns_and_no_data():
    rows = [("张三", "13900000000", "x"), ("单子", "多少钱", "几斤", "哪天"), ("1", "2", "3", "4")]
    assert seen(rows) == "单子、多少钱、几斤、哪天"
    assert seen([("13900000000",)]) == "—"
    assert seen([tuple("甲乙丙丁戊己庚辛壬癸子丑寅卯")]).endswith("…")


def test_a_told_layout_needs_all_of_its_columns():
    told = ToldLayout({"单子": "waybill", "多少钱": "fee", "附加": "surcharge"}, "YTO", 500)
    layout = apply(told, ("哪天", "单子", "多少 钱", "附加"))
    assert layout is not None
    assert layout.at == {"waybill": 1, "fee": 2}
    assert (layout.many["surcharge"], layout.carrier, layout.unit_g) == ((3,), "YTO", 500)
    assert apply(told, ("单子", "多少钱")) is None


@pytest.mark.parametrize("text", [
    '{"carrier": "YTO", "columns": {"单子": "waybill", "多少钱": "fee"}}',
    'carrier = "YTO"\n[columns]\n"单子" = "waybill"\n"多少钱" = "fee"\n',
])
def test_a_mapping_is_read_from_json_or_toml(tmp_path: Path, text: str):
    path = tmp_path / "map"
    path.write_text(text, encoding="utf-8")
    assert read_mapping(path) == ToldLayout({"单子": "waybill", "多少钱": "fee"}, "YTO")


@pytest.mark.parametrize(("text", "what"), [
    ("{", "JSON"), ("= 1", "TOML"), ("{}", "columns"), ('{"columns": {}}', "columns"),
    ('{"columns": {"a": "price"}}', "price"), ('{"columns": {"a": "fee"}}', "waybill"),
    ('{"columns": {"a": "waybill"}, "carrier": "DHL"}', "DHL"),
    ('{"columns": {"a": "waybill"}, "unit_g": 0}', "unit_g"),
    ('{"columns": {"a": "waybill"}, "colour": 1}', "colour"),
])
def test_a_wrong_mapping_says_what_is_wrong(tmp_path: Path, text: str, what: str):
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StatementError) as wrong:
        read_mapping(path)
    assert wrong.value.code == "bad_mapping"
    assert what in str(wrong.value)
