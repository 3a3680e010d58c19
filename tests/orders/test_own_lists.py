"""The shop's own lists (goods, numbers, packaging, staff, couriers), and telling files apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.carriers import number_doubts
from station.domain import s10
from station.domain.vocabulary import CarrierCode
from station.orders.goods import GoodsRow, ean13_is_right, read_goods
from station.orders.numbers import expand, read_numbers
from station.orders.people_and_packaging import read_couriers, read_packaging, read_staff
from station.orders.recognise import recognise

GOODS = "商家编码,货号,颜色,尺码,标题,条码,重量克,库位,类目,库存,量腰围"
JEANS = "JN-8801-BK-32,JN-8801,黑色,32,直筒牛仔裤,6901234567892,620,A-01-3,牛仔裤,12,是"


def faults(reading):
    return [(entry.code, entry.where, entry.facts.get("column")) for entry in reading.review]


# --- goods --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_catalogue_row_is_read_in_every_encoding(csv_file, encoding):
    (row,) = read_goods("goods.csv", csv_file(GOODS, JEANS, encoding=encoding)).rows
    assert row == GoodsRow(
        sku="JN-8801-BK-32",
        item_no="JN-8801",
        color="黑色",
        size="32",
        title="直筒牛仔裤",
        barcode="6901234567892",
        weight_g=620,
        location="A-01-3",
        category="牛仔裤",
        stock=12,
        measure_waist=True,
    )


def test_english_column_names_serve_too(csv_file):
    data = csv_file("sku,color,size,weight_g,measure_waist", "TS-1103-WT-M,white,M,180g,no")
    (row,) = read_goods("goods.csv", data).rows
    assert (row.item_no, row.weight_g, row.measure_waist) == ("TS-1103", 180, False)
    assert row.stock is None


@pytest.mark.parametrize(
    ("header", "cell", "fault"),
    [
        ("重量克", "重", ("bad_number", "row 2", "重量克")),
        ("重量克", "0", ("bad_number", "row 2", "重量克")),
        ("重量克", "0.62", ("bad_number", "row 2", "重量克")),
        ("库存", "-1", ("bad_number", "row 2", "库存")),
        ("量腰围", "也许", ("not_yes_or_no", "row 2", "量腰围")),
        ("条码", "6.9E+12", ("damaged_number", "row 2", "条码")),
        ("标题", "长" * 201, ("too_long", "row 2", "标题")),
    ],
)
def test_a_wrong_cell_is_named_with_row_and_column(csv_file, header, cell, fault):
    reading = read_goods("goods.csv", csv_file(f"商家编码,{header}", f"A-1,{cell}"))
    assert faults(reading) == [fault]


def test_one_wrong_row_keeps_the_whole_file_out(csv_file):
    reading = read_goods("goods.csv", csv_file(GOODS, JEANS, ",,,,,,,,,,"[:-1], ",x" * 10))
    assert not reading.rows
    assert {entry.where for entry in reading.review} == {"row 4"}


def test_all_faults_of_a_row_are_told_at_once(csv_file):
    reading = read_goods("goods.csv", csv_file("sku,weight_g,stock", ",x,y"))
    assert [code for code, _, _ in faults(reading)] == ["missing_value", "bad_number", "bad_number"]


def test_two_rows_of_one_code_are_refused_and_the_first_is_named(csv_file):
    reading = read_goods("goods.csv", csv_file("sku", "A-1", "A-2", "A-1"))
    (entry,) = reading.review
    assert (entry.code, entry.where, entry.facts["first"]) == ("twice", "row 4", "row 2")


@pytest.mark.rule("D4")
def test_one_barcode_on_two_pieces_is_refused_because_a_scan_could_not_tell_them(csv_file):
    reading = read_goods("goods.csv", csv_file("sku,barcode", "A-1,123456", "A-2,123456"))
    assert faults(reading) == [("twice", "row 3", "barcode")]


def test_many_pieces_may_have_no_barcode(csv_file):
    assert len(read_goods("goods.csv", csv_file("sku,barcode", "A-1,", "A-2,")).rows) == 2


def test_a_barcode_with_a_wrong_check_digit_only_warns(csv_file):
    reading = read_goods("goods.csv", csv_file("sku,barcode", "A-1,6901234567890"))
    assert len(reading.rows) == 1
    assert [entry.code for entry in reading.warnings] == ["barcode_check_digit"]


@given(digits=st.lists(st.integers(0, 9), min_size=12, max_size=12), wrong=st.integers(1, 9))
def test_the_check_digit_of_a_barcode_catches_every_single_wrong_digit(digits, wrong):
    stem = "".join(map(str, digits))
    (right,) = [d for d in "0123456789" if ean13_is_right(stem + d)]
    assert not ean13_is_right(stem + str((int(right) + wrong) % 10))


def test_a_catalogue_without_its_key_column_names_it(csv_file):
    (entry,) = read_goods("goods.csv", csv_file("颜色,尺码", "黑,32")).review
    assert (entry.code, entry.facts) == ("missing_column", {"column": "商家编码/sku"})


def test_a_catalogue_with_no_row_is_empty(csv_file):
    assert faults(read_goods("goods.csv", csv_file(GOODS))) == [("empty_file", "file", None)]


# --- waybill numbers ----------------------------------------------------------------------------


def numbers_of(data, doubts=number_doubts):
    reading = read_numbers("numbers.csv", data, doubts)
    return [number for row in reading.rows for number in row.numbers], reading


def test_single_numbers_are_read_with_their_carrier(csv_file):
    data = csv_file("承运商,单号", "申通,7712345678901", "STO,773000000000001")
    reading = read_numbers("n.csv", data)
    assert [row.carrier for row in reading.rows] == [CarrierCode.STO, CarrierCode.STO]
    assert [row.numbers for row in reading.rows] == [("7712345678901",), ("773000000000001",)]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("申通快递", CarrierCode.STO),
        ("圆通", CarrierCode.YTO),
        ("yto", CarrierCode.YTO),
        ("EMS", CarrierCode.EMS),
        ("邮政", CarrierCode.EMS),
        ("顺丰速运", CarrierCode.SF),
        ("ＳＦ", CarrierCode.SF),
    ],
)
def test_carriers_are_known_by_code_and_by_name(csv_file, word, code):
    (row,) = read_numbers("n.csv", csv_file("承运商,单号", f"{word},1234567890")).rows
    assert row.carrier is code


def test_an_unknown_carrier_is_named(csv_file):
    reading = read_numbers("n.csv", csv_file("承运商,单号", "中通,75300000000001"))
    assert faults(reading) == [("unknown_choice", "row 2", "承运商")]


def test_a_segment_gives_every_number_from_first_to_last(csv_file):
    data = csv_file("承运商,起号,止号", "圆通,YT0000000000098,YT0000000000102")
    numbers, _ = numbers_of(data)
    assert numbers == [f"YT{n:013d}" for n in range(98, 103)]


def test_numbers_and_segments_may_stand_in_one_file(csv_file):
    data = csv_file(
        "承运商,单号,起号,止号", "STO,771234567890001,,", "STO,,771234567890002,771234567890004"
    )
    numbers, reading = numbers_of(data)
    assert len(numbers) == 4
    assert not reading.warnings


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("YT0000000000005", "YT0000000000004", "segment_backwards"),
        ("YT0000000000005", "YA0000000000009", "segment_differs"),
        ("YT0000000000005", "YT000000000009", "segment_differs"),
        ("YT0000000000005", "YT0000000999999", "segment_too_long"),
        ("ABCD", "ABCE", "segment_differs"),
        ("EA123456785CN", "EA123456780CN", "segment_check_digit"),
        ("EA123456785CN", "EB123456785CN", "segment_differs"),
    ],
)
def test_a_segment_that_is_none_is_refused_with_its_reason(csv_file, first, last, code):
    reading = read_numbers("n.csv", csv_file("承运商,起号,止号", f"EMS,{first},{last}"))
    assert not reading.rows
    assert reading.review[0].code == code


def test_all_segments_of_a_file_together_stay_within_the_limit(csv_file):
    rows = [f"STO,77{n}0000000000,77{n}0000099999" for n in range(3)]
    reading = read_numbers("n.csv", csv_file("承运商,起号,止号", *rows))
    assert [(entry.code, entry.where) for entry in reading.review] == [
        ("segment_too_long", "row 4")
    ]
    assert len(expand("7700000000000", "7700000199999")) == 200_000


def test_a_postal_segment_has_the_right_check_digits(csv_file):
    first, last = "EA123456785CN", s10.number_after("EA123456785CN", 250)
    numbers, reading = numbers_of(csv_file("承运商,起号,止号", f"EMS,{first},{last}"))
    assert len(numbers) == 251
    assert not reading.warnings
    assert all(s10.fault(number) is None for number in numbers)


def test_a_postal_number_with_a_wrong_check_digit_is_refused(csv_file):
    _, reading = numbers_of(csv_file("承运商,单号", "EMS,EA123456786CN"))
    assert faults(reading) == [("check_digit", "row 2", "单号")]


def test_an_unusual_number_warns_and_is_taken(csv_file):
    numbers, reading = numbers_of(csv_file("承运商,单号", "SF,AB-77"))
    assert numbers == ["AB-77"]
    assert [entry.code for entry in reading.warnings] == ["unusual_number"]


@pytest.mark.parametrize(
    "rows",
    [
        ("STO,7712345678901,,", "STO,7712345678901,,"),
        ("STO,7712345678901,,", "YTO,7712345678901,,"),
        ("STO,7712345678901,,", "STO,,7712345678900,7712345678909"),
        ("STO,,7712345678900,7712345678905", "STO,,7712345678905,7712345678909"),
    ],
)
def test_a_number_twice_in_a_file_is_refused(csv_file, rows):
    reading = read_numbers("n.csv", csv_file("承运商,单号,起号,止号", *rows))
    assert not reading.rows
    assert [(entry.code, entry.where) for entry in reading.review] == [("twice", "row 3")]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("7.71E+14,,", "damaged_number"),
        (",,", "number_or_segment"),
        ("7712345678901,7712345678901,7712345678902", "number_or_segment"),
        (",7712345678901,", "number_or_segment"),
        ("77号1234,,", "not_a_number"),
        ("77,,", "not_a_number"),
    ],
)
def test_a_row_that_gives_no_clear_number_is_refused(csv_file, cells, code):
    reading = read_numbers("n.csv", csv_file("承运商,单号,起号,止号", f"STO,{cells}"))
    assert [entry.code for entry in reading.review] == [code]


def test_numbers_are_taken_in_capitals_and_without_blanks(csv_file):
    assert numbers_of(csv_file("承运商,单号", "YTO, yt 0000000000001"))[0] == ["YT0000000000001"]


def test_a_wrapped_number_from_a_spreadsheet_is_unwrapped(csv_file):
    assert numbers_of(csv_file("承运商,单号", 'STO,="771234567890123"'))[0] == ["771234567890123"]


@given(start=st.integers(0, 9_000_000), count=st.integers(1, 300), head=st.sampled_from(["", "YT"]))
def test_a_segment_is_as_long_as_it_says_and_holds_no_number_twice(start, count, head):
    first, last = f"{head}{start:08d}", f"{head}{start + count - 1:08d}"
    numbers = expand(first, last)
    assert (numbers[0], numbers[-1], len(set(numbers))) == (first, last, count)


# --- people and packaging -----------------------------------------------------------------------


def test_staff_are_read_with_roles_in_both_languages(csv_file):
    data = csv_file("姓名,角色,工号牌,PIN", "小李,打包员,B001,0042", "老王,manager,B002,123456")
    rows = read_staff("staff.csv", data).rows
    assert [(row.name, row.role, row.badge) for row in rows] == [
        ("小李", "packer", "B001"),
        ("老王", "manager", "B002"),
    ]
    assert rows[0].pin == "0042"


def test_a_pin_is_never_shown_by_the_row_or_by_a_fault(csv_file):
    row = read_staff("staff.csv", csv_file("姓名,角色,工号牌,PIN", "小李,仓管,B1,9876")).rows[0]
    assert "9876" not in repr(row)
    reading = read_staff("staff.csv", csv_file("姓名,角色,工号牌,PIN", "小李,仓管,B1,98x6"))
    assert faults(reading) == [("bad_pin", "row 2", "PIN")]
    assert "98x6" not in repr(reading)


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12 4", "１２３４"])
def test_a_pin_has_four_to_twelve_plain_digits(csv_file, pin):
    reading = read_staff("staff.csv", csv_file("姓名,角色,工号牌,PIN", f"小李,客服,B1,{pin}"))
    assert faults(reading) == [("bad_pin", "row 2", "PIN")]


def test_two_people_with_one_badge_are_refused(csv_file):
    data = csv_file("姓名,角色,工号牌,PIN", "小李,打包员,B1,1111", "小张,打包员,B1,2222")
    assert faults(read_staff("staff.csv", data)) == [("twice", "row 3", "工号牌")]


def test_an_unknown_role_is_told(csv_file):
    data = csv_file("姓名,角色,工号牌,PIN", "小李,舞者,B1,1111")
    assert faults(read_staff("staff.csv", data)) == [("unknown_choice", "row 2", "角色")]


def test_couriers_belong_to_a_carrier(csv_file):
    (row,) = read_couriers("c.csv", csv_file("姓名,承运商,电话", "赵师傅,圆通,13811112222")).rows
    assert (row.name, row.carrier, row.phone) == ("赵师傅", CarrierCode.YTO, "13811112222")


@pytest.mark.rule("D10")
def test_packaging_says_when_to_call_whom(csv_file):
    data = csv_file(
        "编码,名称,种类,重量克,库存,警戒,承运商,联系人,电话",
        "BAG-M,中号快递袋,快递袋,22,500,100,申通,赵师傅,13811112222",
        "TAPE,透明胶带,胶带,,30,5,,,",
    )
    bag, tape = read_packaging("p.csv", data).rows
    assert (bag.kind, bag.weight_g, bag.low_at, bag.carrier) == ("bag", 22, 100, CarrierCode.STO)
    assert (bag.contact, bag.phone) == ("赵师傅", "13811112222")
    assert (tape.kind, tape.weight_g, tape.carrier) == ("tape", 0, None)


def test_an_unknown_kind_of_packaging_is_told(csv_file):
    reading = read_packaging("p.csv", csv_file("编码,名称,种类", "X,桶,木桶"))
    assert faults(reading) == [("unknown_choice", "row 2", "种类")]


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("header", "cells", "size"),
    [
        ("长cm,宽cm,高cm", "40,30,15.5", (400, 300, 155)),
        ("长mm,宽mm,高mm", "400,300,155", (400, 300, 155)),
        ("长(mm),宽（厘米）,高毫米", "400,30,155", (400, 300, 155)),
        ("length_cm,width_cm,height_cm", "40cm,30 cm,１５", (400, 300, 150)),
        ("长cm,宽cm,高cm", ",,", None),
    ],
)
def test_packaging_may_tell_its_size_in_either_unit(csv_file, header, cells, size):
    data = csv_file(f"编码,名称,种类,{header}", f"BOX,大箱,纸箱,{cells}")
    (box,) = read_packaging("p.csv", data).rows
    assert box.size_mm == size


@pytest.mark.parametrize(
    ("header", "cells", "fault"),
    [
        ("长,宽cm,高cm", "40,30,15", ("size_without_unit", "row 2", "长")),
        ("长cm,宽cm,高cm", "40,30,", ("size_incomplete", "row 2", "高cm")),
        ("长cm,宽cm,高cm", "40,30,-1", ("bad_size", "row 2", "高cm")),
        ("长cm,宽cm,高cm", "40,30,15.55", ("bad_size", "row 2", "高cm")),
        ("长mm,宽mm,高mm", "400,300,5001", ("bad_size", "row 2", "高mm")),
        ("长mm,宽mm,高mm", "400,nan,1", ("bad_size", "row 2", "宽mm")),
        ("长mm,宽mm,高mm", "Infinity,1,1", ("bad_size", "row 2", "长mm")),
    ],
)
def test_a_size_that_is_none_is_told_and_no_packaging_is_taken(csv_file, header, cells, fault):
    reading = read_packaging(
        "p.csv", csv_file(f"编码,名称,种类,{header}", f"BOX,大箱,纸箱,{cells}"))
    assert faults(reading) == [fault]
    assert reading.rows == ()


# --- telling files apart ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (GOODS, "goods"),
        ("sku,color,size", "goods"),
        ("承运商,单号", "waybill_numbers"),
        ("承运商,起号,止号", "waybill_numbers"),
        ("carrier,number", "waybill_numbers"),
        ("编码,名称,种类,重量克,库存,警戒,承运商,联系人,电话", "packaging"),
        ("姓名,角色,工号牌,PIN", "staff"),
        ("姓名,承运商,电话", "couriers"),
        ("名字,年龄", None),
        ("", None),
    ],
)
def test_files_are_recognised_by_their_headers(csv_file, header, kind):
    assert recognise("x.csv", csv_file(header, "")) == kind


@pytest.mark.parametrize("generation", [30, 46, 56, 61])
def test_the_sellers_lists_are_recognised_in_every_generation(taobao, generation):
    export = taobao.Export(generation).both("2450000000000000001")
    assert [recognise(*file) for file in export.files()] == ["taobao_orders", "taobao_details"]


@given(data=st.binary(max_size=200))
def test_no_bytes_make_recognition_fall(data):
    recognise("x.csv", data)
