"""Files in, labels out, and the staff: the whole of it by the command line."""

import getpass
import io
import json
import warnings
from pathlib import Path

import pytest
from PIL import Image
from pyzbar.pyzbar import decode

from station.cli.command import FOUND, OK, USAGE

GOODS = """商家编码,货号,颜色,尺码,标题,条码,重量克,库位,类目,库存,量腰围
JN-1-BK-30,JN-1,黑色,30,直筒牛仔裤,6900000000017,540,A-01,牛仔裤,5,是
"""
NUMBERS = "承运商,单号\n" + "".join(f"STO,77000000000{n:02d}\n" for n in range(20))
ORDERS = (
    "订单编号,买家会员名,买家应付货款,买家实际支付金额,订单状态,收货人姓名,收货地址 ,联系手机,"
    "订单付款时间 ,宝贝标题 \n"
    '="2450000000000000001",tb_one,128.00,128.00,"买家已付款,等待卖家发货",林小满,'
    '浙江省 台州市 温岭市 太平街道万昌路1号(317500),13900000001,2026-11-20 10:00:00,直筒牛仔裤\n'
)
DETAILS = (
    "订单编号,标题,价格,购买数量,外部系统编号,商品属性,商家编码,订单状态\n"
    '="2450000000000000001",直筒牛仔裤,128.00,1,JN-1-BK-30,颜色分类:黑色;尺码:30,JN-1-BK-30,'
    '"买家已付款,等待卖家发货"\n'
)


@pytest.fixture
def files(shop: Path) -> Path:
    """The shop's lists and one paid order, as files in a folder."""
    folder = shop / "files"
    folder.mkdir()
    for name, text in (("goods.csv", GOODS), ("numbers.csv", NUMBERS),
                       ("ExportOrderList.csv", ORDERS), ("ExportOrderDetailList.csv", DETAILS)):
        (folder / name).write_bytes(text.encode("gb18030"))
    return folder


@pytest.mark.rule("D2")
def test_a_folder_of_files_becomes_a_parcel_with_its_label(station, shop: Path, files: Path):
    config = ("-c", shop / "station.toml")
    code, said = station("import", files, *config)
    assert (code, "goods.csv: 商品 / Goods 新增 / added 1" in said) == (OK, True), said
    assert "Waybill numbers 新增 / added 20" in said
    assert "新包裹 / new parcels 1" in said
    number = "7700000000000"
    code, said = station("waybill", "show", number, "--png", shop / "label.png", *config)
    assert (code, "800 × 1200" in said) == (OK, True), said
    assert "林小满" not in said
    label = Image.open(io.BytesIO((shop / "label.png").read_bytes()))
    assert {code.data.decode() for code in decode(label.convert("L"))} == {number}
    assert station("verify", *config)[0] == OK


def test_what_became_of_an_import_can_be_written_down_for_a_program(
    station, shop: Path, files: Path
):
    config, out = ("-c", shop / "station.toml"), shop / "result.json"
    (files / "goods.csv").write_text(GOODS.replace("540", "halb"), encoding="utf-8")
    code, said = station("import", files, "--json", out, *config)
    assert code == FOUND
    told = {one["name"]: one for one in json.loads(out.read_text("utf-8"))["files"]}
    assert told["numbers.csv"]["counts"]["added"] == 20
    (row,) = told["goods.csv"]["review"]
    assert (row["code"], row["where"]) == ("bad_number", "row 2")
    assert "数字不对" in row["words"]
    code, said = station("import", files, "--json", shop / "no" / "such.json", *config)
    assert (code, "没有这个文件夹" in said) == (FOUND, True)


def test_a_label_that_is_not_printed_can_be_shown_on_other_paper(
    station, shop: Path, files: Path
):
    config = ("-c", shop / "station.toml")
    station("import", files, *config)
    code, said = station("waybill", "show", "7700000000000", "--size", "76x130",
                         "--png", shop / "small.png", *config)
    assert (code, "608 × 1040" in said) == (OK, True), said


def test_a_chain_that_never_was_is_not_called_unbroken(station, shop: Path, files: Path):
    config = ("-c", shop / "station.toml")
    station("import", files, *config)
    assert station("verify", "--chain", "parcel:1", *config)[0] == OK
    code, said = station("verify", "--chain", "parcel:999", *config)
    assert code == FOUND
    assert "没有这条记录 parcel:999" in said


def test_a_number_too_long_for_the_paper_is_said_in_words(station, shop: Path, files: Path):
    config, number = ("-c", shop / "station.toml"), "JT" + "1234567890" * 3
    (files / "numbers.csv").write_text(f"承运商,单号\nSTO,{number}\n", encoding="utf-8")
    station("import", files, *config)
    png = shop / "label.png"
    assert station("waybill", "show", number, "--png", png, *config)[0] == OK
    code, said = station("waybill", "show", number, "--png", png, "--size", "76x130", *config)
    assert code == FOUND
    assert "放不下条码" in said
    assert "too long for a barcode" in said


def test_the_same_files_again_change_nothing_and_say_so(station, shop: Path, files: Path):
    config = ("-c", shop / "station.toml")
    station("import", files, *config)
    code, said = station("import", files, *config)
    assert code == OK
    assert "以前导入过" in said
    assert "new" not in said


def test_rows_that_need_a_person_are_told_with_their_place_and_exit_code_one(
    station, shop: Path, files: Path
):
    path = files / "ExportOrderList.csv"
    damaged = ORDERS.replace('="2450000000000000001"', "2.45E+18")
    path.write_bytes(damaged.encode("gb18030"))
    code, said = station("import", files, "-c", shop / "station.toml")
    assert code == FOUND
    assert "ExportOrderList.csv row 2" in said
    assert "林小满" not in said


def test_a_list_with_a_torn_row_says_that_nothing_of_it_was_booked(
    station, shop: Path, files: Path
):
    config = ("-c", shop / "station.toml")
    (files / "goods.csv").write_bytes((GOODS + "JN-1-BK-31,JN-1,黑").encode("gb18030"))
    code, said = station("import", files / "goods.csv", *config)
    assert code == FOUND
    assert "goods.csv: 商品 / Goods 有误，整份未导入 nothing of this file was booked" in said
    (files / "goods.csv").write_bytes(GOODS.encode("gb18030"))
    assert "商品 / Goods 新增 / added 1" in station("import", files / "goods.csv", *config)[1]


def test_a_file_of_no_known_kind_is_named(station, shop: Path):
    (shop / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, said = station("import", shop / "x.csv", "-c", shop / "station.toml")
    assert code == FOUND
    assert "x.csv" in said


def test_why_a_file_cannot_be_read_is_said_and_a_carriers_bill_is_known(station, shop: Path):
    config = ("-c", shop / "station.toml")
    for name, data, words in (
        ("empty.csv", b"", "空文件 / Empty file"),
        ("torn.csv", "订单编号,订单状态\n1,".encode() + b"\xff\xff\n", "line 2: 文字编码看不懂"),
        ("open.csv", b'a,b\n"1,2\n', "引号没有配对"),
        ("bill.csv", "运单号,计费重量,应收费用\n7730000000001,1,5\n".encode(), "station reconcile"),
        ("goods.pdf", b"%PDF-1.7\n1 0 obj\n", "不认识这种文件"),
    ):
        (shop / name).write_bytes(data)
        code, said = station("import", shop / name, *config)
        assert code == FOUND
        assert words in said, name


def test_a_folder_without_files_is_told(station, shop: Path):
    (shop / "空").mkdir()
    code, said = station("import", shop / "空", "-c", shop / "station.toml")
    assert code == FOUND
    assert "没有 CSV" in said
    assert "no CSV file" in said


def test_a_file_that_is_not_there_is_one_line_and_nothing_is_read(station, shop: Path, files: Path):
    code, said = station("import", files, shop / "no.csv", "-c", shop / "station.toml")
    assert code == FOUND
    assert said.count("\n") == 1
    assert "no.csv" in said


def test_an_unknown_number_is_told(station, shop: Path, files: Path):
    station("import", files, "-c", shop / "station.toml")
    code, said = station("waybill", "show", "123", "-c", shop / "station.toml")
    assert code == FOUND
    assert "没有运单号 123" in said


def test_somebody_is_taken_in_with_a_pin_that_is_nowhere_to_be_seen(
    station, shop: Path, monkeypatch: pytest.MonkeyPatch
):
    config = ("-c", shop / "station.toml")
    monkeypatch.setattr("sys.stdin", io.StringIO("482913\n"))
    code, said = station("staff", "add", "张三", "--badge", "007", "--role", "manager",
                         "--pin-from-input", *config)
    assert (code, "张三 (manager)" in said) == (OK, True), said
    assert station("staff", "list", *config) == (OK, "张三  manager\n")
    assert b"482913" not in b"".join(
        path.read_bytes() for path in shop.iterdir() if path.is_file())


@pytest.mark.parametrize(("pins", "hint"), [
    (["1234", "1235"], "两次"), (["12", "12"], "4"), (["abcd", "abcd"], "PIN"),
])
def test_a_pin_that_is_mistyped_or_too_short_is_refused(
    station, shop: Path, monkeypatch: pytest.MonkeyPatch, pins: list[str], hint: str
):
    answers = iter(pins)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    code, said = station("staff", "add", "张三", "--badge", "7", "-c", shop / "station.toml")
    assert code == FOUND
    assert hint in said


def _no_terminal(_prompt: str) -> str:
    warnings.warn("echo", getpass.GetPassWarning, stacklevel=1)
    return ""


def _end_of_input(_prompt: str) -> str:
    raise EOFError


@pytest.mark.parametrize("typing", [_no_terminal, _end_of_input])
def test_without_a_keyboard_no_pin_is_asked_for(
    station, shop: Path, monkeypatch: pytest.MonkeyPatch, typing
):
    monkeypatch.setattr("getpass.getpass", typing)
    code, said = station("staff", "add", "张三", "--badge", "7", "-c", shop / "station.toml")
    assert (code, said.count("\n")) == (USAGE, 1)
    assert "--pin-from-input" in said
    assert not (shop / "station-error.log").exists()


@pytest.mark.parametrize("given", [io.StringIO(""), None])
def test_an_input_without_a_pin_is_told(
    station, shop: Path, monkeypatch: pytest.MonkeyPatch, given
):
    monkeypatch.setattr("sys.stdin", given)
    code, said = station("staff", "add", "张三", "--badge", "7", "--pin-from-input",
                         "-c", shop / "station.toml")
    assert (code, said.count("\n")) == (USAGE, 1)


def test_a_badge_belongs_to_one_person(
    station, shop: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "482913")
    config = ("-c", shop / "station.toml")
    assert station("staff", "add", "张三", "--badge", "7", *config)[0] == OK
    code, said = station("staff", "add", "李四", "--badge", "7", *config)
    assert code == FOUND
    assert "已有人使用" in said
