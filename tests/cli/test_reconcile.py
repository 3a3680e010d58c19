"""`station reconcile`: a month's bill from files to reports, with and without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from simulators.day_bill import write_bills
from simulators.household import tariffs_toml
from simulators.statement_files import LAYOUTS, truth, write
from simulators.statements import HARMLESS, MISTAKES, make_month, shipments
from station.cli.command import FOUND, OK

pytestmark = pytest.mark.rule("D12")
HEADER = "业务时间,运单号,订单目的省份,订单目的城市,结算重量,运费,备注\n"
LINE = "2026-11-02 18:05:00,773000000000001,浙江省,杭州市,{weight},{fee},{remark}\n"
OURS = [{"waybill": "773000000000001", "carrier": "STO", "province": "浙江省", "city": "杭州市",
         "station_g": 720, "handed_at": "2026-11-02 17:30:00"}]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with one parcel's list and a bill that charges a step too much for it."""
    (tmp_path / "ours.json").write_text(json.dumps(OURS), encoding="utf-8")
    line = LINE.format(weight="2", fee="6.00", remark="=1+1")
    (tmp_path / "bill.csv").write_bytes((HEADER + line).encode("gb18030"))
    return tmp_path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("spreadsheet", [False, True])
def test_every_carriers_month_is_told_as_it_is(
    station, tmp_path: Path, layout: str, spreadsheet: bool
):
    month = make_month(layout.partition("_")[0], "2026-11", 30, seed=5,
                       mistakes=dict.fromkeys((*MISTAKES, *HARMLESS), 2))
    written = write(month, layout, seed=5, spreadsheet=spreadsheet)
    (tmp_path / written.name).write_bytes(written.data)
    (tmp_path / "ours.json").write_text(json.dumps(list(shipments(month))), encoding="utf-8")
    out = tmp_path / "out.json"
    code, said = station(
        "reconcile", tmp_path / written.name, "--shipments", tmp_path / "ours.json", "--json", out,
        "-c", tmp_path / "none.toml")
    assert code == OK, said
    told = json.loads(out.read_text(encoding="utf-8"))
    keys = ("row", "waybill", "finding", "ours", "theirs", "fen")
    found = sorted(json.dumps({key: line[key] for key in keys}) for line in told["lines"])
    assert found == sorted(json.dumps({key: one[key] for key in keys})
                           for one in truth(month, written))
    totals = told["totals"]
    assert totals["stated_fen"] - totals["owed_fen"] == totals["difference_fen"] == sum(
        line["fen"] for line in told["lines"])


def test_both_reports_and_the_words_on_the_terminal_say_the_same(station, files: Path):
    code, said = station(
        "reconcile", files / "bill.csv", "--shipments", files / "ours.json", "-c", files / "no",
        "--json", files / "out.json", "--xlsx", files / "out.xlsx")
    assert code == OK
    assert "STO 2026-11: 1 行 lines" in said
    assert "773000000000001 计费重量偏高 1.00" in said
    book = CalamineWorkbook.from_path(str(files / "out.xlsx"))
    row = book.get_sheet_by_name("差异 differences").to_python()[1]
    assert row[1:6] == ["773000000000001", "计费重量偏高", 6.0, 5.0, 1.0]
    assert "=1+1" in row


def test_the_same_file_twice_is_told_and_counted_once(station, files: Path):
    again = files / "copy.csv"
    again.write_bytes((files / "bill.csv").read_bytes())
    code, said = station("reconcile", files / "bill.csv", again, "--shipments",
                         files / "ours.json", "-c", files / "no")
    assert code == OK
    assert "copy.csv: 与 bill.csv 内容相同" in said
    assert "重复收费" not in said


def test_prices_may_come_from_a_file(station, files: Path):
    (files / "prices.toml").write_text(
        '[[tariff]]\ncarrier = "STO"\nvalid_from = 2026-01-01\n[[tariff.zones]]\nplaces = ["*"]\n'
        "first_g = 2000\nfirst_fen = 600\nbands = [{ step_g = 1000, step_fen = 100 }]\n",
        encoding="utf-8")
    code, said = station("reconcile", files / "bill.csv", "--shipments", files / "ours.json",
                         "-c", files / "no", "--tariffs", files / "prices.toml")
    assert (code, "相符 / matched: 1" in said) == (OK, True), said


def test_an_unknown_layout_is_read_with_a_mapping(station, files: Path):
    (files / "odd.csv").write_text("哪天,单子,多少钱,几斤\n2026-11-02,773000000000001,5,1kg\n",
                                   encoding="utf-8")
    arguments = ("reconcile", files / "odd.csv", "--shipments", files / "ours.json", "-c",
                 files / "no")
    code, said = station(*arguments)
    assert code == FOUND
    assert "哪天、单子、多少钱、几斤" in said
    (files / "map.toml").write_text(
        'carrier = "STO"\n[columns]\n"哪天" = "day"\n"单子" = "waybill"\n"多少钱" = "fee"\n'
        '"几斤" = "charged"\n', encoding="utf-8")
    code, said = station(*arguments, "--mapping", files / "map.toml")
    assert (code, "相符 / matched: 1" in said) == (OK, True), said


def test_our_own_records_say_whose_statement_it_is_and_of_which_month(station, files: Path):
    (files / "b.csv").write_text("运单号,运费\n773000000000001,5\n", encoding="utf-8")
    code, said = station("reconcile", files / "b.csv", "--shipments", files / "ours.json", "-c",
                         files / "no")
    assert (code, said.startswith("STO 2026-11: 1 行")) == (OK, True), said


@pytest.mark.parametrize(("name", "text", "told"), [
    ("bill.csv", "", "文件是空的"), ("bill.pdf", "%PDF-1.7", "PDF"),
    ("bill.csv", "a,b\n1,2\n", "认不出表头"),
    ("bill.csv", "运单号,运费\n773999999999999,5\n", "--carrier"),
    ("申通.csv", "运单号,运费\n773999999999999,5\n", "--month"),
])
def test_a_wrong_file_is_one_line_with_what_to_do(
    station, files: Path, name: str, text: str, told: str
):
    (files / name).write_text(text, encoding="utf-8")
    out = files / "out.json"
    code, said = station("reconcile", files / name, "--shipments", files / "ours.json", "--json",
                         out, "-c", files / "no")
    assert (code, told in said, out.exists()) == (FOUND, True, False), said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("wrong", [
    ("--month", "11"), ("--month", "2026-13"), ("--tariffs", "ours.json"),
    ("--mapping", "none.toml"),
    ("--shipments", "bill.csv"), ("--shipments", "none.json"),
])
def test_a_wrong_argument_is_told(station, files: Path, wrong: tuple[str, str]):
    option, value = wrong
    given = ["--shipments", files / "ours.json"] if option != "--shipments" else []
    value = str(files / value) if "." in value else value
    code, said = station("reconcile", files / "bill.csv", *given, option, value, "-c", files / "no")
    assert (code, len(said.strip().splitlines())) == (FOUND, 1), said


def test_against_the_database_a_file_is_remembered(station, shop: Path):
    bill = shop / "bill.csv"
    bill.write_bytes((HEADER + LINE.format(weight="1", fee="5", remark="")).encode("gb18030"))
    arguments = ("reconcile", bill, "-c", shop / "station.toml", "--json", shop / "out.json")
    code, said = station(*arguments)
    assert (code, "非我方快件 / not ours: 1" in said) == (OK, True), said
    assert "已对过账" not in said
    code, said = station(*arguments)
    assert (code, "已对过账" in said) == (OK, True)


def test_a_long_list_of_differences_is_cut_on_the_terminal_only(station, files: Path):
    lines = "".join(
        LINE.format(weight="1", fee="5", remark="").replace("000001", f"9{n:05d}")
        for n in range(50))
    (files / "bill.csv").write_bytes((HEADER + lines).encode("gb18030"))
    code, said = station("reconcile", files / "bill.csv", "--shipments", files / "ours.json",
                         "--json", files / "out.json", "-c", files / "no")
    assert code == OK
    assert said.count("没有这个单号") == 20
    assert "其余见" in said
    assert len(json.loads((files / "out.json").read_text(encoding="utf-8"))["lines"]) == 51


def test_cells_that_nobody_can_read_are_shown_with_row_and_column(station, files: Path):
    (files / "bill.csv").write_text(
        HEADER + LINE.format(weight="重", fee="面议", remark=""), encoding="utf-8")
    _, said = station("reconcile", files / "bill.csv", "--shipments", files / "ours.json", "-c",
                      files / "no")
    assert "bill.csv 第 2 行 row: 运费 bad_money 面议" in said
    assert "结算重量 bad_weight 重" in said


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("carrier", ["STO", "YTO", "EMS", "SF"])
def test_a_days_bill_holds_what_was_planted_and_nothing_else(
    station, tmp_path: Path, carrier: str, seed: int
):
    start = {"STO": "7730000000", "YTO": "YT80000000", "EMS": "98100000", "SF": "SF10000000"}
    ours = [
        {"waybill": f"{start[carrier]}{n:05d}", "carrier": carrier, "province": "浙江省",
         "city": "台州市", "station_g": 300 + 137 * n, "handed_at": "2026-11-23 17:30:00",
         "courier_g": None, "accepted": False}
        for n in range(20)
    ]
    (tmp_path / "ours.json").write_text(json.dumps(ours), encoding="utf-8")
    (tmp_path / "tariffs.toml").write_bytes(tariffs_toml())
    (written,) = write_bills(tmp_path / "ours.json", tmp_path / "bills", seed=seed)
    out = tmp_path / "out.json"
    code, said = station(
        "reconcile", written["statement"], "--shipments", tmp_path / "ours.json", "--json", out,
        "--tariffs", tmp_path / "tariffs.toml", "-c", tmp_path / "none.toml")
    assert code == OK, said
    keys = ("waybill", "finding", "ours", "theirs", "fen")
    found = json.loads(out.read_text(encoding="utf-8"))["lines"]
    truth_ = json.loads(Path(written["truth"]).read_text(encoding="utf-8"))
    assert sorted(str([one[key] for key in keys]) for one in found) == sorted(
        str([one[key] for key in keys]) for one in truth_)
