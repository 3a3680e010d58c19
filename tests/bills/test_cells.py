"""Single cells: what carriers write, and what it means."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.bills.cells import (
    BadCell,
    Memo,
    clean,
    day,
    money,
    place,
    size,
    trouble,
    waybill_no,
    weight,
)

WIDE = {ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789.-"}


@pytest.mark.parametrize(("text", "fen"), [
    ("5", 500), ("5.00", 500), ("¥5.00", 500), ("￥5", 500), ("5.00元", 500), (" 5.0 ", 500),
    ("1,234.50", 123450), ("(6.00)", -600), ("-6.00", -600), ("−6", -600), ("－６.5", -650),
    ("RMB 5", 500), ("CNY5.5", 550), ("人民币5元", 500), (".5", 50), ("5.", 500), ("+5", 500),
    ("0.30000000000000004", 30), ("17.605", 1761), ("-17.605", -1761), ("1e2", 10000), ("0", 0),
    ('="5.00"', 500), ("'5.00", 500), ("\ufeff5", 500), ("5.00元整", 500), ("8.00-", -800),
    ("¥1,008.00-", -100800),
])
def test_an_amount_is_read_however_it_is_written(text: str, fen: int):
    assert money(text) == fen


@pytest.mark.parametrize("text", ["", " ", "-", "—", "/", "无", "NULL", "n/a", "nan"])
def test_a_sign_for_nothing_is_no_amount(text: str):
    assert money(text) is None


@pytest.mark.parametrize("text", [
    "免费", "5.00.1", "1e30", "9" * 20, "5kg", "=1+1", "inf", "0x10", "5 6元7角", "--5",
])
def test_what_is_no_amount_is_said_to_be_bad(text: str):
    with pytest.raises(BadCell) as bad:
        money(text)
    assert bad.value.code == "bad_money"


@given(st.integers(-(10**10), 10**10), st.sampled_from(("{}", "¥{}", "{}元", " {} ", "={}")))
def test_every_amount_is_read_back(fen: int, form: str):
    sign = "-" if fen < 0 else ""
    text = f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
    written = f'="{text}"' if form == "={}" else form.format(text)
    assert money(written) == fen
    assert money(written.translate(WIDE)) == fen


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers_of_cells(text: str):
    for read in (money, weight, day, waybill_no):
        with suppress(BadCell):
            read(text)
    assert isinstance(clean(text), str)
    assert all(isinstance(part, str) for part in place(text, ""))
    size(text)
    trouble(text)


@pytest.mark.parametrize(("text", "grams"), [
    ("1", 1000), ("1kg", 1000), ("1 KG", 1000), ("0.62 公斤", 620), ("620g", 620), ("620克", 620),
    ("1.5千克", 1500), ("2斤", 1000), ("0.001t", 1000), ("1,000g", 1000), ("２kg", 2000),
    ("1.0005", 1001), (".5", 500), ("1e-1", 100), ("1kg以内", 1000), ("≤2kg", 2000),
    ("0.5公斤(含)以内", 500), ("3以下", 3000),
])
def test_a_weight_is_read_in_whatever_unit(text: str, grams: int):
    assert weight(text) == grams


def test_a_bare_weight_counts_in_the_unit_of_its_column():
    assert weight("620", unit_g=1) == 620
    assert weight("0.5kg", unit_g=1) == 500


@pytest.mark.parametrize("text", ["", "-", "0", "0.00"])
def test_a_weight_of_nothing_is_no_weight(text: str):
    assert weight(text) is None


@pytest.mark.parametrize("text", ["重", "1lb", "-1", "100000", "1.2.3kg", "kg"])
def test_what_is_no_weight_is_said_to_be_bad(text: str):
    with pytest.raises(BadCell, match="bad_weight"):
        weight(text)


@pytest.mark.parametrize("text", [
    "2026-11-02", "2026-11-02 18:05:00", "2026/11/2 8:05", "2026.11.02", "2026年11月2日",
    "2026年11月2日 18时", "20261102", "20261102180500", "46328", "46328.753", "2026-11-02T18:05:00",
    "02-Nov-2026", "2-nov-2026 18:05", "02 November 2026", "2 Nov. 2026", "02Nov2026",
])
def test_a_day_is_read_however_it_is_written(text: str):
    assert day(text) == "2026-11-02"


def test_a_day_without_its_year_takes_the_statements():
    assert day("11-02", "2026-11") == day("11月2日", "2026-11") == "2026-11-02"
    with pytest.raises(BadCell, match="bad_day"):
        day("11-02")


@pytest.mark.parametrize("text", ["31-Feb-2026", "02-Xyz-2026", "0-Nov-2026"])
def test_a_day_with_a_month_by_its_name_must_be_one(text: str):
    with pytest.raises(BadCell, match="bad_day"):
        day(text)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "昨天", "12345678901", "1026-01-01"])
def test_what_is_no_day_is_said_to_be_bad(text: str):
    with pytest.raises(BadCell, match="bad_day"):
        day(text)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)),
       st.sampled_from(("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S")))
def test_every_day_is_read_back(when: date, form: str):
    assert day(when.strftime(form)) == when.isoformat()


@given(st.integers(36526, 59999))
def test_the_numbers_that_spreadsheets_count_days_with_are_days(serial: int):
    assert day(str(serial)) == (date(1899, 12, 30) + timedelta(days=serial)).isoformat()


@pytest.mark.parametrize(("text", "number"), [
    ("773000000000000", "773000000000000"), ("  773000000000019 ", "773000000000019"),
    ("773 0000 0000 0019", "773000000000019"), ("sf1385628700001", "SF1385628700001"),
    ("773000000000017.0", "773000000000017"), ('="773000000000019"', "773000000000019"),
    ("'773000000000019", "773000000000019"), ("７７３000000000019", "773000000000019"),
    ("EE123456785CN", "EE123456785CN"), ("SF1385628700001-002", "SF1385628700001-002"),
])
def test_a_waybill_number_is_read_however_it_is_written(text: str, number: str):
    assert waybill_no(text) == number


@pytest.mark.parametrize("text",
    ["7.73E+14", "7.73e14", "42票", "申通", "ABCDEFGHIJ", "12345", "#REF!"])
def test_a_damaged_number_is_never_guessed(text: str):
    with pytest.raises(BadCell, match="damaged_number"):
        waybill_no(text)


@given(st.integers(10**8, 10**15 - 1))
def test_a_number_kept_as_a_spreadsheets_number_stays_itself(number: int):
    assert waybill_no(str(number)) == waybill_no(f"{number}.0") == str(number)


@pytest.mark.parametrize(("province", "city", "found"), [
    ("广东省", "广州市", ("广东省", "广州市")), ("广东省广州市", "", ("广东省", "广州市")),
    ("广东广州", "", ("广东", "广州")), ("广东-广州", "", ("广东", "广州")),
    ("广东 广州 天河", "", ("广东", "广州")), ("广州", "", ("", "广州")),
    ("广东省广州市天河区", "", ("广东省", "广州市")), ("", "广州市", ("", "广州市")),
    ("北京", "北京市", ("北京", "北京市")), ("上海市浦东新区", "", ("上海市", "浦东新区")),
    ("吉林省吉林市", "", ("吉林省", "吉林市")), ("广东", "", ("广东", "")),
    ("新疆维吾尔自治区乌鲁木齐市", "", ("新疆维吾尔自治区", "乌鲁木齐市")),
    ("内蒙古自治区呼和浩特市", "", ("内蒙古自治区", "呼和浩特市")), ("", "", ("", "")),
    ("广东省广州市", "广东省广州市", ("广东省", "广州市")),
    (" 浙江 ", " 杭州市", ("浙江", "杭州市")),
])
def test_province_and_city_are_told_apart(province: str, city: str, found: tuple[str, str]):
    assert place(province, city) == found


@pytest.mark.parametrize(("text", "found"), [
    ("50×40×15", (500, 400, 150)), ("50*40*15cm", (500, 400, 150)),
    ("500x400x150mm", (500, 400, 150)),
    ("50.5 X 40 X 15", (505, 400, 150)), ("50×40", None), ("", None), ("0×1×1", None),
])
def test_a_size_counts_in_centimetres_unless_it_says_otherwise(text: str, found: object):
    assert size(text) == found


@pytest.mark.parametrize(("text", "found"), [
    ("丢件", "lost"), ("快件遗失", "lost"), ("破损", "damaged"), ("外包装损坏", "damaged"),
    ("退回件", "returned"), ("客户拒收", "returned"), ("超区无法送达", "unreachable"),
    ("未妥投", "unreachable"), ("无破损", ""), ("没有丢件", ""), ("优惠返点", ""), ("", ""),
])
def test_a_remark_says_what_became_of_a_parcel(text: str, found: str):
    assert trouble(text) == found


def test_a_memory_that_grows_too_large_forgets_and_asks_again():
    asked: list[int] = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    memo: Memo[int, int] = Memo(double)
    assert [memo[2], memo[2], memo[3]] == [4, 4, 6]
    assert asked == [2, 3]
    for number in range(60_000):
        assert memo[number] == 2 * number
    assert len(memo) <= 50_000


def test_sums_of_computed_decimals_are_rounded_half_up():
    assert money(str(Decimal("0.005"))) == 1
    assert money("0.0049999") == 0
