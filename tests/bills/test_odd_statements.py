"""Statements as carriers' clerks really make them, each reconciled: every line its right finding.

Each statement is about the same eight parcels; what is written into it beside them is what must be
found, and nothing else.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from station.bills.statement import StatementFile
from station.bills.trouble import StatementError
from station.carriers import example_tariffs
from station.services import billing

pytestmark = pytest.mark.rule("D12")
Found = tuple[str, str, int]
Rows = Sequence[Sequence[object]]
Reconciled = Callable[..., Counter[Found]]
SENT = (
    ("浙江省", "杭州市", 720, 500), ("江苏省", "苏州市", 540, 500), ("广东省", "广州市", 890, 800),
    ("四川省", "成都市", 1500, 1300), ("上海", "上海市", 300, 500),
    ("湖北省", "武汉市", 2300, 1800), ("山东省", "青岛市", 950, 800),
    ("安徽省", "合肥市", 400, 500),
)  # fmt: skip
TOTAL = sum(fen for *_, fen in SENT)
HEADER = ("业务时间", "运单号", "目的省", "目的市", "结算重量", "运费", "备注")


def number(index: int) -> str:
    """The number of a parcel."""
    return str(773100000001230 + 7 * index)


def yuan(fen: int) -> str:
    """An amount as text."""
    return f"{fen / 100:.2f}"


def row(index: int, **other: object) -> list[object]:
    """The line of a parcel, with some cells otherwise."""
    province, city, grams, fen = SENT[index]
    cells: dict[str, object] = {
        "day": f"2026-11-{index + 2:02d}", "no": number(index), "province": province, "city": city,
        "weight": grams / 1000, "fee": yuan(fen), "remark": "",
    }  # fmt: skip
    return list((cells | other).values())


def all_rows() -> list[list[object]]:
    """A line for each parcel."""
    return [row(index) for index in range(len(SENT))]


def found(*besides: Found, but: dict[int, tuple[str, int]] | None = None) -> Counter[Found]:
    """Each parcel's line as it should be found, and what is found besides."""
    kinds = dict.fromkeys(range(len(SENT)), ("matched", 0)) | (but or {})
    return Counter([(number(index), *kind) for index, kind in kinds.items()] + list(besides))


def as_csv(rows: Rows, encoding: str = "gb18030", delimiter: str = ",") -> bytes:
    """Rows as a CSV's bytes."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


@pytest.fixture
def reconciled(tmp_path: Path) -> Reconciled:
    """What is found about an STO statement of November 2026, told line by line."""

    def act(data: bytes | Rows, name: str = "申通2026年11月.csv", *,
            more: Sequence[dict[str, object]] = ()) -> Counter[Found]:
        ours = [{
            "waybill": number(index), "carrier": "STO", "province": province, "city": city,
            "station_g": grams, "handed_at": f"2026-11-{index + 2:02d} 17:30:00",
        } for index, (province, city, grams, _) in enumerate(SENT)]
        (tmp_path / "ours.json").write_text(json.dumps([*ours, *more]), encoding="utf-8")
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else as_csv(data))
        book = billing.ListedBook(tmp_path / "ours.json")
        with StatementFile(path) as file, billing.reconcile(
            [file], book, billing.Asked(example_tariffs())
        ) as done:
            assert (done.carrier, done.month) == ("STO", "2026-11")
            return Counter((one.waybill_no, one.finding, one.fen) for one in done.findings())

    return act


def test_titles_units_a_serial_column_and_a_total_with_separators(reconciled: Reconciled):
    header = ("序号", "业务时间", "运单号", "目的省", "目的市", "结算重量(克)", "运费(元)")
    rows = [(index + 1, f"2026/11/{index + 2} 18:00", number(index), f" {province}", city,
             f"{grams:,}", f"¥{yuan(fen)}") for index, (province, city, grams, fen)
            in enumerate(SENT)]
    weighed = sum(grams for _, _, grams, _ in SENT)
    total = ("合计", "", "8票", "", "", f"{weighed:,}", f"¥{TOTAL / 100:,.2f}")
    assert reconciled([
        ("申通快递月结账单",), ("客户：某某服饰", "", "账期：2026年11月"), (), header, *rows, total,
    ]) == found()


def test_tabs_wide_letters_and_a_title_for_every_page(reconciled: Reconciled):
    header = ("　运 单 号　", "揽收日期", "收件省份", "收件城市", "计费重量（ＫＧ）",
              "应收金额（元）")
    rows = [("\t" + number(index), f"2026.11.{index + 2}", province, city, f"{grams / 1000:.2f}",
             yuan(fen)) for index, (province, city, grams, fen) in enumerate(SENT)]
    page = [("本页小计", "", "", "", "", "31.00"), ("申通 2026年11月 第2页",), header,
            ("承前页", "", "", "", "", "31.00")]
    data = as_csv([header, *rows[:4], *page, *rows[4:], ("总计：", "", "", "", "", yuan(TOTAL))],
                  delimiter="\t")
    assert reconciled(data, "申通2026年11月.txt") == found()


DAYS = ("2026-11-02T18:05:00+08:00", "46329.75", "2026/11/4 下午 6:05:00", "2026年11月05日18时05分",
        "20261106180500", "2026-11-7", "2026.11.08 18:00", "11-09")


def test_every_line_may_write_its_day_in_another_way(reconciled: Reconciled):
    rows = [row(index, day=day) for index, day in enumerate(DAYS)]
    assert reconciled([HEADER, *rows]) == found()


FEES = ("￥ 5.00", "5.00 元", "8.00CNY", "人民币13.00", "+5.0", "18", "8", "５．００")


def test_every_line_may_write_its_fee_in_another_way(reconciled: Reconciled):
    rows = [row(index, fee=fee) for index, fee in enumerate(FEES)]
    assert reconciled([HEADER, *rows]) == found()


@pytest.mark.parametrize("fee", [
    "-5.00", "-¥5.00", "￥-5.00", "(5.00)", "（5.00）", "5.00-", "－5",
])
def test_money_back_is_told_however_its_sign_is_written(reconciled: Reconciled, fee: str):
    back = row(1, weight="", fee=fee, remark="丢件赔付")
    total = ("合计", "", "", "", "", yuan(TOTAL - 500), "")
    assert reconciled([HEADER, *all_rows(), back, total]) == found((number(1), "credit", -500))


def test_insurance_and_packaging_may_be_lines_of_their_own(reconciled: Reconciled):
    header = ("日期", "运单号", "省份", "城市", "重量", "费用类型", "金额")
    lines: list[list[object]] = []
    for index in range(len(SENT)):
        day, no, province, city, weight, fee, _ = row(index)
        lines.append([day, no, province, city, weight, "运费", fee])
        if index == 3:
            lines += [["", "", "", "", "", "保价", "1.00"],
                      [day, no, "", "", "", "包装服务", "2.00"]]
    assert reconciled([header, *lines, ("", "", "", "", "", "合计：", yuan(TOTAL + 300))]) == found(
        (number(3), "insurance_line", 100), (number(3), "price_not_by_tariff", 200))


def test_moments_and_numbers_of_a_spreadsheet(reconciled: Reconciled, put: Callable[..., Path]):
    rows = [row(index, day=datetime(2026, 11, index + 2, 18, 30),  # noqa: DTZ001 - a cell's
                no=int(number(index)), fee=SENT[index][3] / 100) for index in range(len(SENT))]
    path = put([HEADER, *rows, ("小计", None, None, None, None, TOTAL / 100)], "in.xlsx")
    assert reconciled(path.read_bytes(), "申通2026年11月.xlsx") == found()


def test_zones_in_the_place_column_name_no_other_place(reconciled: Reconciled):
    rows = [(number(index), f"2026-11-{index + 2:02d}", "省外" if index else "省内", grams / 1000,
             yuan(fen)) for index, (_, _, grams, fen) in enumerate(SENT)]
    assert reconciled([("运单号", "揽收时间", "目的地", "结算重量", "金额"), *rows]) == found()


def test_parts_of_a_shipment_are_told_by_its_own_number(reconciled: Reconciled):
    rows = [one for index, one in enumerate(all_rows()) if index not in (3, 5)]
    parts = [
        row(3, no=f"{number(3)}-1", fee="8.00", weight=1), row(3, no=f"{number(3)}-2", fee="5.00",
                                                               weight=0.5),
        row(5, no=f"{number(5)}-001"), row(0, no=f"{number(0)}-2"),
    ]
    assert reconciled([HEADER, *rows, *parts]) == found(
        (number(3), "matched", 0), (number(0), "billed_twice", 500))


def test_two_equal_parts_are_one_price_where_they_add_up_to_it(reconciled: Reconciled):
    rows = [one for index, one in enumerate(all_rows()) if index != 2]
    parts = [row(2, no=f"{number(2)}-{part}", fee="4.00") for part in (1, 2)]
    assert reconciled([HEADER, *rows, *parts]) == found((number(2), "matched", 0))


def test_a_parcel_whose_own_number_has_a_dash_is_found_by_it(reconciled: Reconciled):
    dashed = {"waybill": "JDX012345678901-1-1-", "carrier": "STO", "province": "浙江省",
              "city": "杭州市", "station_g": 500, "handed_at": "2026-11-12 17:30:00"}
    line = row(0, no="JDX012345678901-1-1-", weight=0.5)
    assert reconciled([HEADER, *all_rows(), line], more=[dashed]) == found(
        ("JDX012345678901-1-1-", "matched", 0))


def test_a_number_that_lost_its_digits_is_no_parcel_and_no_stranger(reconciled: Reconciled):
    long = [{"waybill": no, "carrier": "STO", "province": "浙江省", "city": "杭州市",
             "station_g": 500, "handed_at": "2026-11-12 17:30:00"}
            for no in ("810012345678901111", "810012345678901148")]
    lines = [row(0, no="810012345678901000", weight=0.5),
             row(0, no="810012345678901148", weight=0.5), row(7, no="7.731E+14")]
    rows = [one for index, one in enumerate(all_rows()) if index != 7]
    assert reconciled([HEADER, *rows, *lines], more=long) == found(
        ("810012345678901000", "not_ours", 500), ("810012345678901148", "matched", 0),
        ("810012345678901111", "missing_from_bill", -500), ("7.731E+14", "not_ours", 500),
        but={7: ("missing_from_bill", -500)})


def test_a_balance_brought_forward_is_a_charge_that_somebody_must_explain(reconciled: Reconciled):
    tail = [("上期欠款", "", "", "", "", "12.00"), ("本期费用", "", "", "", "", yuan(TOTAL)),
            ("应付合计", "", "", "", "", yuan(TOTAL + 1200))]
    assert reconciled([HEADER, *all_rows(), *tail]) == found(("", "not_ours", 1200))


@pytest.mark.parametrize("title", ["中通快递 2026年11月 对账单", "韵达速递月结账单 2026-11"])
def test_a_bill_of_a_carrier_that_is_none_of_ours_is_told(reconciled: Reconciled, title: str):
    strangers = [row(0, no="75412345678901"), row(1, no="75412345678902")]
    with pytest.raises(StatementError) as said:
        reconciled([(title,), HEADER, *strangers], "账单.csv")
    assert said.value.code == "other_carrier"
    assert title[:2] in str(said.value)


def test_our_own_records_outweigh_a_strangers_name_in_a_title(reconciled: Reconciled):
    rows = [("原中通网点代收 2026年11月",), HEADER, *all_rows()]
    assert reconciled(rows, "账单.csv") == found()
