"""The waybill: every field on the paper, once, whole; held when a character cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from station.domain.labels import GoodsLine, Sender, WaybillLabel
from station.domain.orders import Consignee
from station.domain.vocabulary import CarrierCode
from station.paper.code128 import Unencodable
from station.paper.fonts import MARK, Fonts, Unprintable
from station.paper.sheet import DoesNotFit, LabelSize, Sheet
from station.paper.waybill import (
    lay_out_waybill,
    render_waybill,
)

Build = Callable[..., WaybillLabel]
Drawn = Callable[[Sequence[Sheet], str], str]
SIZES = pytest.mark.parametrize("size", list(LabelSize))
TEXT = st.text(st.sampled_from("温岭市样例路虚构小区𠮷䶮，。（）ABC abc 0123-#/"), max_size=300)


@SIZES
def test_a_common_waybill_is_one_page_of_the_label_size(
    size: LabelSize, fonts: Fonts, waybill_label: Build
) -> None:
    (page,) = render_waybill(waybill_label(), size, fonts)
    assert (page.width, page.height) == (size.width, size.height)
    assert len(page.rows) == page.stride * page.height


@SIZES
def test_the_same_label_gives_the_same_dots(
    size: LabelSize, fonts: Fonts, waybill_label: Build
) -> None:
    first = render_waybill(waybill_label(), size, fonts)
    assert render_waybill(waybill_label(), size, Fonts.find()) == first


@pytest.mark.rule("D1")
@SIZES
def test_address_company_name_phone_postcode_and_goods_are_on_it(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    sheets = lay_out_waybill(waybill_label(masked=False), size, fonts)
    assert drawn(sheets, "consignee.name") == "样小明"
    assert drawn(sheets, "consignee.phone") == "13900000011"
    assert drawn(sheets, "consignee.company") == "样例科技有限公司"
    assert drawn(sheets, "consignee.address") == "浙江省 杭州市 样例区 虚构路100号8幢301室"
    assert drawn(sheets, "consignee.postcode") == "邮编 310000"
    assert drawn(sheets, "goods") == "[A-03-2] 8012/深蓝/31×1; 8015/黑色/L×2; "
    assert drawn(sheets, "counts") == "共 3 件"
    assert drawn(sheets, "sorting") == "310-03A 021"
    assert drawn(sheets, "carrier") == "申通快递 STO"
    assert drawn(sheets, "note") == "要系带"
    assert drawn(sheets, "sender.who") == "样衣铺  0576-80000000"
    assert drawn(sheets, "sender.address") == "浙江省台州市温岭市示范街道1号"
    assert drawn(sheets, "waybill_no") == "773000000000017" * 2


@pytest.mark.rule("S9")
@SIZES
def test_the_deadline_is_told_by_the_shops_clock(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    label = waybill_label(deadline=datetime(2026, 11, 23, 16, 30, tzinfo=UTC))
    assert drawn(lay_out_waybill(label, size, fonts), "deadline") == "最迟 11-24 00:30"


def test_the_foot_names_job_parcel_and_print_time(
    fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    sheets = lay_out_waybill(waybill_label(), LabelSize.L100X150, fonts)
    assert drawn(sheets, "foot") == "任务 J-000123  包裹 P-000045  打印 2026-11-23 11:02"
    bare = waybill_label(parcel_no="", printed_at=None)
    assert drawn(lay_out_waybill(bare, LabelSize.L100X150, fonts), "foot") == "任务 J-000123"


@pytest.mark.rule("S10")
def test_merged_orders_are_counted_on_the_paper(
    fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    sheets = lay_out_waybill(waybill_label(orders=3), LabelSize.L100X150, fonts)
    assert drawn(sheets, "counts") == "共 3 件 · 3 笔合并"


def test_goods_without_colour_or_size_leave_no_empty_stroke(
    fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    label = waybill_label(goods=(GoodsLine("8012", "", "", 2), GoodsLine("8013", "红", "", 1)))
    assert drawn(lay_out_waybill(label, LabelSize.L100X150, fonts), "goods") == (
        "8012×2; 8013/红×1; "
    )


@pytest.mark.rule("D2", "S11")
@SIZES
@pytest.mark.parametrize(("copy", "words"), [(0, ""), (1, "补打 1"), (12, "补打 12")])
def test_a_reprint_says_so_in_white_on_black(
    size: LabelSize, copy: int, words: str, fonts: Fonts, waybill_label: Build, drawn: Drawn,
    picture: Callable[..., Image.Image],
) -> None:
    (sheet,) = lay_out_waybill(waybill_label(copy=copy), size, fonts)
    assert drawn([sheet], "copy") == words
    for placed in (placed for placed in sheet.placed if placed.field == "copy"):
        box = placed.box
        mark = picture(sheet.bitmap()).crop((box.x, box.y, box.right, box.bottom))
        black, white = mark.histogram()[0], mark.histogram()[255]
        assert black > white > 0


@pytest.mark.parametrize("copy", [1, 2])
def test_every_page_of_a_reprint_carries_the_copy_mark(
    copy: int, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    sheets = lay_out_waybill(waybill_label(copy=copy, note="长" * 900), LabelSize.L76X130, fonts)
    assert len(sheets) > 1
    assert all(drawn([sheet], "copy") == f"补打 {copy}" for sheet in sheets)


def test_name_and_phone_are_masked_and_the_address_is_not(
    fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    sheets = lay_out_waybill(waybill_label(masked=True), LabelSize.L100X150, fonts)
    assert drawn(sheets, "consignee.name") == "样**"
    assert drawn(sheets, "consignee.phone") == "139****0011"
    assert drawn(sheets, "consignee.address").endswith("虚构路100号8幢301室")
    assert "小明" not in "".join(placed.text for sheet in sheets for placed in sheet.placed)


def test_our_own_address_is_never_masked(fonts: Fonts, waybill_label: Build, drawn: Drawn) -> None:
    sheets = lay_out_waybill(waybill_label(masked=True), LabelSize.L100X150, fonts)
    assert "0576-80000000" in drawn(sheets, "sender.who")


@SIZES
def test_without_a_sorting_code_the_destination_stands_there(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    sheets = lay_out_waybill(waybill_label(sorting_code=""), size, fonts)
    assert drawn(sheets, "sorting") == "浙江省 杭州市 样例区"


@SIZES
def test_the_sorting_code_is_the_largest_type(
    size: LabelSize, fonts: Fonts, waybill_label: Build
) -> None:
    (sheet,) = lay_out_waybill(waybill_label(), size, fonts)
    sizes = {placed.field: placed.size for placed in sheet.placed}
    assert sizes["sorting"] == max(sizes.values()) >= 72


@SIZES
def test_a_waybill_without_a_note_gives_its_room_to_the_goods(
    size: LabelSize, fonts: Fonts, waybill_label: Build
) -> None:
    goods = tuple(GoodsLine(f"80{at:02d}", "深灰蓝", "31", 1, f"A-{at:02d}") for at in range(14))
    noted = lay_out_waybill(waybill_label(goods=goods), size, fonts)
    plain = lay_out_waybill(waybill_label(goods=goods, note=""), size, fonts)
    assert lines_of(plain[0], "goods") >= lines_of(noted[0], "goods")


def lines_of(sheet: Sheet, field: str) -> int:
    return sum(placed.field == field for placed in sheet.placed)


@pytest.mark.rule("D1")
@SIZES
def test_long_fields_continue_on_a_page_without_a_barcode(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    goods = tuple(GoodsLine(f"8{at:03d}", "深灰蓝水洗", "31", 1) for at in range(90))
    first, *others = lay_out_waybill(waybill_label(goods=goods), size, fonts)
    assert others
    assert len(first.codes) == 2
    for sheet in others:
        assert sheet.codes == []
        assert drawn([sheet], "waybill_no") == "773000000000017"
    total = len(others) + 1
    marks = [drawn([sheet], "page") for sheet in (first, *others)]
    assert marks[0] == f"见续页 1/{total}"
    assert marks[-1] == f"{total}/{total}"


@pytest.mark.rule("D1")
@SIZES
def test_a_long_address_takes_room_from_the_goods_before_it_takes_a_page(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    to = replace(waybill_label().consignee, street="虚构路很长的街道" * 10, company="样" * 30)
    (sheet,) = lay_out_waybill(waybill_label(consignee=to), size, fonts)
    assert drawn([sheet], "consignee.address").endswith("虚构路很长的街道" * 10)
    assert drawn([sheet], "goods").endswith("8015/黑色/L×2; ")


@SIZES
def test_one_page_says_one_of_one(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    assert drawn(lay_out_waybill(waybill_label(), size, fonts), "page") == "1/1"


@SIZES
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_fields_say_all_of_it_is_on_the_paper(
    size: LabelSize, data: st.DataObject, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    name, phone, street, company, note, job = (data.draw(TEXT) for _ in range(6))
    goods = data.draw(st.lists(st.builds(
        GoodsLine, TEXT, TEXT, TEXT, st.integers(1, 99), TEXT), max_size=12))
    label = waybill_label(
        consignee=Consignee(name, phone, "浙江省", "", "", street, data.draw(TEXT), company),
        sender=Sender(data.draw(TEXT), data.draw(TEXT), data.draw(TEXT), data.draw(TEXT)),
        goods=tuple(goods), note=note, job=job, sorting_code=data.draw(TEXT), masked=False,
        carrier_name=data.draw(TEXT),
    )
    sheets = lay_out_waybill(label, size, fonts)
    for field, text in (("consignee.name", name), ("consignee.phone", phone),
                        ("consignee.company", company), ("note", note)):
        assert squeezed(drawn(sheets, field)) == squeezed(text)
    assert squeezed(drawn(sheets, "consignee.address")) == squeezed("浙江省" + street)
    for line in goods:
        for text in (line.item_no, line.color, line.size, line.location):
            assert squeezed(text) in squeezed(drawn(sheets, "goods"))


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.rule("D1")
@SIZES
def test_rare_names_are_drawn(
    size: LabelSize, fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    to = replace(waybill_label().consignee, name="𠮷䶮㐂", street="①号【样】·路—…")
    sheets = lay_out_waybill(waybill_label(consignee=to, masked=False), size, fonts)
    assert drawn(sheets, "consignee.name") == "𠮷䶮㐂"
    assert drawn(sheets, "consignee.address").endswith("①号【样】·路—…")


@pytest.mark.rule("D1")
@pytest.mark.parametrize(("field", "change"), [
    ("consignee.name", {"name": "样\ue863"}),
    ("consignee.name", {"name": "张\ufffd"}),
    ("consignee.phone", {"phone": "139\x000000011"}),
    ("consignee.address", {"street": "虚构路\ue000号"}),
    ("consignee.company", {"company": "样\U0010fffd"}),
    ("consignee.postcode", {"postcode": "3\ue001"}),
])
def test_an_unprintable_character_holds_the_parcel(
    field: str, change: dict[str, str], fonts: Fonts, waybill_label: Build
) -> None:
    to = replace(waybill_label().consignee, **change)
    label = waybill_label(consignee=to, masked=False)
    with pytest.raises(Unprintable) as held:
        render_waybill(label, LabelSize.L100X150, fonts)
    assert held.value.fields == (field,)
    assert len(held.value.characters) == 1


def test_unprintable_goods_hold_the_parcel_too(fonts: Fonts, waybill_label: Build) -> None:
    label = waybill_label(goods=(GoodsLine("8012", "\ue123", "31", 1),))
    with pytest.raises(Unprintable) as held:
        render_waybill(label, LabelSize.L100X150, fonts)
    assert (held.value.fields, held.value.characters) == (("goods",), frozenset("\ue123"))


def test_what_masking_hides_need_not_be_printable(fonts: Fonts, waybill_label: Build) -> None:
    to = replace(waybill_label().consignee, name="样\ue863")
    assert lay_out_waybill(waybill_label(consignee=to, masked=True), LabelSize.L100X150, fonts)


@pytest.mark.rule("S10")
def test_a_note_with_pictures_prints_with_a_mark_and_holds_nothing(
    fonts: Fonts, waybill_label: Build, drawn: Drawn
) -> None:
    label = waybill_label(note="快发\U0001fae0\n谢谢\u200d\ufe0f！\x07")
    sheets = lay_out_waybill(label, LabelSize.L76X130, fonts)
    assert drawn(sheets, "note") == f"快发{MARK} 谢谢！{MARK}"


@SIZES
@pytest.mark.parametrize("number", ["7" * 60, "A" * 40])
def test_a_number_too_long_for_the_paper_is_refused(
    size: LabelSize, number: str, fonts: Fonts, waybill_label: Build
) -> None:
    with pytest.raises(DoesNotFit):
        render_waybill(waybill_label(waybill_no=number), size, fonts)


@pytest.mark.parametrize("number", ["", "快递123", "77３"])
def test_a_number_that_no_barcode_carries_is_refused(
    number: str, fonts: Fonts, waybill_label: Build
) -> None:
    with pytest.raises(Unencodable):
        render_waybill(waybill_label(waybill_no=number), LabelSize.L100X150, fonts)


@SIZES
@pytest.mark.parametrize("number", [
    "773000000000017", "YT1000000000017", "SF1000000000017", "EA123456789CN", "1000000000017",
    "JDVB00000000017", "DPK300000000017",
])
def test_every_carriers_number_fits_both_papers(
    size: LabelSize, number: str, fonts: Fonts, waybill_label: Build,
    picture: Callable[..., Image.Image], zxing: Callable[[Image.Image], list[str]],
) -> None:
    (page,) = render_waybill(waybill_label(waybill_no=number), size, fonts)
    assert zxing(picture(page)) == [number, number]


@pytest.mark.parametrize("number", ["773000000000017", "YT1000000000017", "EA123456789CN"])
def test_on_the_large_paper_the_module_is_three_dots(
    number: str, fonts: Fonts, waybill_label: Build
) -> None:
    (sheet,) = lay_out_waybill(waybill_label(waybill_no=number), LabelSize.L100X150, fonts)
    assert [code.module for code in sheet.codes] == [3, 3]


@SIZES
def test_a_waybill_of_empty_fields_still_prints(size: LabelSize, fonts: Fonts) -> None:
    label = WaybillLabel(
        CarrierCode.STO, "", "773000000000017", "", Consignee("", "", "", "", "", ""),
        Sender("", "", ""), (), "", datetime(2026, 11, 23, tzinfo=UTC), "",
    )
    assert len(render_waybill(label, size, fonts)) == 1


@SIZES
def test_the_packer_has_a_white_place_to_sign(
    size: LabelSize, fonts: Fonts, waybill_label: Build, picture: Callable[..., Image.Image]
) -> None:
    (page,) = render_waybill(waybill_label(), size, fonts)
    image = picture(page)
    margin, foot = (16, 34) if size is LabelSize.L100X150 else (12, 30)
    bottom = page.height - margin - foot
    place = (page.width - margin - 180, bottom - 108, page.width - margin - 4, bottom - 82)
    assert image.crop(place).getextrema() == (255, 255)
