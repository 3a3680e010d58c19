"""Stub, hand-over list, slips and command sheet: whole, readable, and never taken for a waybill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from PIL import Image

from station.domain.labels import CommandCode, GoodsLine, Manifest, ManifestRow, StubLabel
from station.domain.orders import Consignee
from station.domain.vocabulary import CarrierCode
from station.paper.command_sheet import lay_out_command_sheet, render_command_sheet
from station.paper.document import Column
from station.paper.fonts import MARK, Fonts
from station.paper.manifest import lay_out_manifest, render_manifest
from station.paper.record_page import yuan
from station.paper.sheet import Box, DoesNotFit, LabelSize, Sheet
from station.paper.slip import Slip, lay_out_slip, render_slip
from station.paper.stub import STUB_PREFIX, lay_out_stub, render_stub

SIZES = pytest.mark.parametrize("size", list(LabelSize))
Drawn = Callable[[Sequence[Sheet], str], str]
Read = Callable[[Image.Image], list[str]]
Picture = Callable[..., Image.Image]
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

STUB = StubLabel(
    carrier=CarrierCode.STO, carrier_name="申通快递", waybill_no="773000000000017",
    parcel_no="P-1", consignee=Consignee("样小明", "13900000011", "浙江省", "杭州市", "样例区",
                                         "虚构路1号", "310000", "样例公司"),
    goods=(GoodsLine("8012", "蓝", "31", 2, "A-1"),), weight_g=1260, packaging="快递袋 M",
    packer="小样", signed_at=NOON, content_hash="ab" * 32,
)
MANIFEST = Manifest(
    carrier=CarrierCode.STO, carrier_name="申通快递", number="HO-20261123-1", code="PBS-H7",
    opened_at=NOON, closed_at=NOON,
    rows=(ManifestRow("773000000000017", "杭州", 400, 410, 650, "改重"),),
    missing=(), courier="样师傅", keeper="样仓管", chain_head="cd" * 32,
)
SLIP = Slip(
    title="入库单 Receiving", number="RK-1", at=NOON,
    columns=(Column("货号", 2), Column("数量", 1, "right")), rows=(("8012", "12"), ("8015", "3")),
    facts=(("供应商", "样例制衣"),), totals=(("合计", "15 件"),), signers=("交货", "收货"),
)
SIGNATURE = (((0, 0), (1000, 1000)), ((0, 1000), (1000, 0)))


def ink(page: Image.Image, box: Box | None = None) -> int:
    crop = page if box is None else page.crop((box.x, box.y, box.right, box.bottom))
    return crop.histogram()[0]


# --- The stub -----------------------------------------------------------------------------------


@pytest.mark.rule("D5", "D6")
@SIZES
def test_a_stub_tells_parcel_content_weight_and_packer(
    size: LabelSize, fonts: Fonts, drawn: Drawn
) -> None:
    sheets = lay_out_stub(STUB, size, fonts)
    assert len(sheets) == 1
    assert drawn(sheets, "consignee") == (
        "样** 139****0011 样例公司 浙江省 杭州市 样例区 虚构路1号 310000"
    )
    assert drawn(sheets, "goods") == "[A-1] 8012/蓝/31×2; "
    assert drawn(sheets, "facts") == "包裹 Parcel P-1重量 Weight 1260 g包装 Packaging 快递袋 M"
    assert drawn(sheets, "signers") == "打包员签名 Packer: 小样 2026-11-23 12:00:00"
    assert drawn(sheets, "seal") == f"封印 Seal {'ab' * 32}"
    assert drawn(sheets, "number") == "773000000000017"


@pytest.mark.rule("D6")
def test_a_handed_over_stub_tells_the_couriers_weight_and_price(fonts: Fonts, drawn: Drawn) -> None:
    stub = replace(STUB, courier_weight_g=1300, courier_price_fen=850, handed_over_at=NOON)
    told = drawn(lay_out_stub(stub, LabelSize.L100X150, fonts), "facts")
    assert "快递员 Courier 1300 g 8.50 元" in told
    assert "交接 Handed over 2026-11-23 12:00:00" in told


def test_a_stub_can_show_the_whole_name(fonts: Fonts, drawn: Drawn) -> None:
    sheets = lay_out_stub(replace(STUB, masked=False), LabelSize.L100X150, fonts)
    assert drawn(sheets, "consignee").startswith("样小明 13900000011")


@pytest.mark.rule("D6")
@SIZES
def test_a_stub_cannot_be_scanned_as_its_parcel(
    size: LabelSize, fonts: Fonts, picture: Picture, zbar: Read, zxing: Read
) -> None:
    (page,) = render_stub(STUB, size, fonts)
    assert zxing(picture(page)) == zbar(picture(page)) == [STUB_PREFIX + STUB.waybill_no]
    assert STUB_PREFIX


@pytest.mark.rule("D5")
@SIZES
def test_the_packers_signature_is_on_the_stub(
    size: LabelSize, fonts: Fonts, picture: Picture
) -> None:
    (plain,) = render_stub(STUB, size, fonts)
    (signed,) = render_stub(replace(STUB, signature=SIGNATURE), size, fonts)
    assert ink(picture(signed)) > ink(picture(plain)) + 1500


@SIZES
def test_a_stub_of_many_goods_goes_on_with_all_of_them(
    size: LabelSize, fonts: Fonts, drawn: Drawn
) -> None:
    goods = tuple(GoodsLine(f"8{at:03d}", "深灰蓝水洗", "31", 1) for at in range(80))
    sheets = lay_out_stub(replace(STUB, goods=goods), size, fonts)
    assert len(sheets) > 1
    assert drawn(sheets, "goods") == "".join(f"8{at:03d}/深灰蓝水洗/31×1; " for at in range(80))
    assert sum(len(sheet.codes) for sheet in sheets) == 1


# --- The hand-over list -------------------------------------------------------------------------


@pytest.mark.rule("D6")
@SIZES
def test_a_hand_over_list_tells_every_parcel_and_the_totals(
    size: LabelSize, fonts: Fonts, drawn: Drawn
) -> None:
    (sheet,) = lay_out_manifest(MANIFEST, size, fonts)
    cells = [drawn([sheet], f"rows.{at}") for at in range(7)]
    assert cells == ["1", "773000000000017", "杭州", "400", "410", "6.50", "改重"]
    assert drawn([sheet], "totals") == (
        "合计 Total 1 件 parcels我方 Ours 400 g快递 Courier 410 g 6.50 元"
    )
    assert drawn([sheet], "signers") == "快递员 Courier: 样师傅仓管 Keeper: 样仓管"
    assert drawn([sheet], "chain") == f"链 Chain {'cd' * 32}"


@pytest.mark.rule("D6")
def test_what_the_courier_did_not_say_is_a_dash_and_counted(fonts: Fonts, drawn: Drawn) -> None:
    rows = (MANIFEST.rows[0], ManifestRow("773000000000025", "上海", 300, None, None))
    sheets = lay_out_manifest(replace(MANIFEST, rows=rows), LabelSize.L100X150, fonts)
    assert drawn(sheets, "rows.4") == "410—"
    assert drawn(sheets, "rows.5") == "6.50—"
    assert drawn(sheets, "totals").endswith("缺 Without courier's weight or price 1 件")


@pytest.mark.rule("D6")
@pytest.mark.pain("45")
@SIZES
def test_a_long_list_runs_over_pages_and_loses_no_row(
    size: LabelSize, fonts: Fonts, drawn: Drawn
) -> None:
    rows = tuple(
        ManifestRow(f"77300000{at:07d}", "杭州" * (1 + at % 9), 400 + at, 400 + at, 600)
        for at in range(150)
    )
    sheets = lay_out_manifest(replace(MANIFEST, rows=rows), size, fonts)
    assert len(sheets) > 3
    assert drawn(sheets, "rows.1") == "".join(row.waybill_no for row in rows)
    assert drawn(sheets, "rows.2") == "".join(row.destination for row in rows)
    for sheet in sheets:
        assert all(placed.box.bottom <= size.height - 8 for placed in sheet.placed)


@pytest.mark.rule("D6")
def test_the_missing_are_named_apart(fonts: Fonts, drawn: Drawn) -> None:
    missing = (ManifestRow("773000000000099", "苏州", 520, None, None, "改次日"),)
    sheets = lay_out_manifest(replace(MANIFEST, missing=missing), LabelSize.L76X130, fonts)
    assert drawn(sheets, "missing.1") == "773000000000099"
    assert drawn(sheets, "missing.6") == "改次日"
    assert "773000000000099" not in drawn(sheets, "rows.1")


def test_a_remark_longer_than_a_page_is_not_cut(fonts: Fonts, drawn: Drawn) -> None:
    remark = "".join(chr(0x4E00 + at) for at in range(900))
    rows = (replace(MANIFEST.rows[0], remark=remark), MANIFEST.rows[0])
    sheets = lay_out_manifest(replace(MANIFEST, rows=rows), LabelSize.L76X130, fonts)
    assert drawn(sheets, "rows.6") == fonts.marked(remark) + "改重"


@pytest.mark.rule("D6")
@SIZES
def test_the_couriers_signature_is_on_the_list(
    size: LabelSize, fonts: Fonts, picture: Picture
) -> None:
    (plain,) = render_manifest(MANIFEST, size, fonts)
    (signed,) = render_manifest(replace(MANIFEST, signature=SIGNATURE), size, fonts)
    assert ink(picture(signed)) > ink(picture(plain)) + 1000


@SIZES
def test_only_the_lists_own_number_is_a_barcode(
    size: LabelSize, fonts: Fonts, picture: Picture, zbar: Read, zxing: Read
) -> None:
    (page,) = render_manifest(MANIFEST, size, fonts)
    assert zxing(picture(page)) == zbar(picture(page)) == ["PBS-H7"]


@pytest.mark.parametrize("code", ["交接单-1", "HO-" + "X" * 70, ""])
@pytest.mark.parametrize("number", ["交接单-1", "HO-" + "X" * 70, ""])
def test_a_list_without_a_code_that_fits_has_its_number_written_out(
    number: str, code: str, fonts: Fonts, drawn: Drawn
) -> None:
    told = replace(MANIFEST, number=number, code=code)
    sheets = lay_out_manifest(told, LabelSize.L76X130, fonts)
    assert sum(len(sheet.codes) for sheet in sheets) == 0
    assert number in drawn(sheets, "number")


def test_an_empty_list_still_has_its_totals(fonts: Fonts, drawn: Drawn) -> None:
    sheets = lay_out_manifest(replace(MANIFEST, rows=()), LabelSize.L100X150, fonts)
    assert drawn(sheets, "totals").startswith("合计 Total 0 件")


@pytest.mark.parametrize(("fen", "words"), [
    (0, "0.00"), (5, "0.05"), (850, "8.50"), (123456, "1234.56"), (-850, "-8.50"), (None, "—"),
])
def test_money_is_yuan_with_two_places(fen: int | None, words: str) -> None:
    assert yuan(fen) == words


# --- Slips --------------------------------------------------------------------------------------


@pytest.mark.rule("I1")
@SIZES
def test_a_slip_tells_its_facts_rows_totals_and_signers(
    size: LabelSize, fonts: Fonts, drawn: Drawn
) -> None:
    (sheet,) = lay_out_slip(SLIP, size, fonts)
    assert drawn([sheet], "title") == "入库单 Receiving"
    assert drawn([sheet], "facts") == "时间 Time 2026-11-23 12:00供应商 样例制衣"
    assert drawn([sheet], "rows.0") == "80128015"
    assert drawn([sheet], "rows.1") == "123"
    assert drawn([sheet], "totals") == "合计 15 件"
    assert drawn([sheet], "signers") == "交货收货"
    assert drawn([sheet], "aside") == ""


@pytest.mark.rule("I2")
def test_a_slip_in_two_copies_says_which_is_which(fonts: Fonts, drawn: Drawn) -> None:
    slip = replace(SLIP, holders=("仓库留存", "供应商留存"))
    first, second = lay_out_slip(slip, LabelSize.L100X150, fonts)
    assert drawn([first], "aside") == "第1联/共2联"
    assert drawn([second], "aside") == "第2联/共2联"
    assert "供应商留存" in drawn([second], "facts")
    assert drawn([first], "rows.0") == drawn([second], "rows.0")


def test_a_slip_without_signers_has_no_boxes_to_sign(fonts: Fonts, drawn: Drawn) -> None:
    sheets = lay_out_slip(replace(SLIP, signers=()), LabelSize.L76X130, fonts)
    assert drawn(sheets, "signers") == ""


@SIZES
@pytest.mark.parametrize("number", ["入库单-1", "2026-11 没有货位", "7"])
def test_a_slip_bears_its_record_s_code_whatever_its_number_says(
    number: str, size: LabelSize, fonts: Fonts, picture: Picture, zxing: Read, zbar: Read
) -> None:
    (page,) = render_slip(replace(SLIP, number=number, code="PBS-R7"), size, fonts)
    assert zxing(picture(page)) == zbar(picture(page)) == ["PBS-R7"]


def test_records_show_a_mark_where_a_character_is_missing(fonts: Fonts, drawn: Drawn) -> None:
    slip = replace(SLIP, rows=(("8012\ue000", "1"),))
    assert drawn(lay_out_slip(slip, LabelSize.L76X130, fonts), "rows.0") == f"8012{MARK}"


# --- The command sheet --------------------------------------------------------------------------


def commands(count: int) -> list[CommandCode]:
    return [
        CommandCode(f"%PB-COMMAND{at:02d}%", f"指令{at}", f"command {at}") for at in range(count)
    ]


@SIZES
@pytest.mark.parametrize("per_page", [4, 6])
def test_both_readers_read_every_command(
    size: LabelSize, per_page: int, fonts: Fonts, picture: Picture, zbar: Read, zxing: Read
) -> None:
    codes = commands(9)
    pages = [picture(page) for page in render_command_sheet(codes, size, fonts, per_page)]
    assert len(pages) == -(-9 // per_page)
    expected = sorted(code.code for code in codes)
    assert sorted(code for page in pages for code in zxing(page)) == expected
    assert sorted({code for page in pages for code in zbar(page)}) == expected


@SIZES
def test_every_command_has_its_words_in_both_languages(
    size: LabelSize, fonts: Fonts, drawn: Drawn
) -> None:
    sheets = lay_out_command_sheet(commands(7), size, fonts)
    assert drawn(sheets, "zh") == "".join(f"指令{at}" for at in range(7))
    assert drawn(sheets, "en") == "".join(f"command {at}" for at in range(7))


def test_commands_stand_apart_so_that_the_one_meant_is_hit(fonts: Fonts) -> None:
    (sheet,) = lay_out_command_sheet(commands(6), LabelSize.L76X130, fonts)
    bars = [code.bars for code in sheet.codes]
    assert all(lower.y - upper.bottom >= 64 for upper, lower in pairwise(bars))


def test_a_command_too_long_for_the_paper_is_refused(fonts: Fonts) -> None:
    with pytest.raises(DoesNotFit):
        render_command_sheet([CommandCode("%" + "X" * 60, "长", "long")], LabelSize.L76X130, fonts)
