"""Forty labels with all that a postal sorter fears: told to all five languages, read off the paper.

The paper is the simulated printers', whose interpreters share no line with the encoders. Every dot
is the layout's, ZXing and ZBar read the number and nothing else, every character stands on the
label, and what no font has is a mark that is seen (of a remark) or stops the label (of a name).
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageOps
from pyzbar import pyzbar

from drivers.interfaces import Bitmap
from drivers.printer import PRINTERS
from simulators.mechanism import Page, Paper
from simulators.printer import Printer
from station.domain.labels import GoodsLine, Sender, WaybillLabel
from station.domain.orders import Consignee
from station.domain.vocabulary import CarrierCode
from station.paper.fonts import MARK, Fonts, Unprintable
from station.paper.sheet import LabelSize
from station.paper.waybill import lay_out_waybill

LANGUAGES = ("escpos", "tspl", "zpl", "cpcl", "epl")
COMMANDS = ("^XA^FO0,0^GFA", "~DGR:X.GRF", "SIZE 1 mm\r\nCLS",
            '"\r\nPRINT 9,9\r\n', "! 0 200 200 1 9", "\nP9\n", "^FD\\&_5E", "<script>", "'; DROP")
UNSEEN = ("\u200b", "\u200d", "\ufeff", "\u202e", "\u2066", "\u00ad", "\t", "\r\n")
NAMES = ("买买提·吐尔逊", "阿依古丽", "欧阳𠮷䶮", "O'Connor-Smith Ltd.", "José Müller",
         "Łukasz Żółć", "㐂🈂", "李 明", "ＡＢＣ有限公司", "Nguyễn Văn")
WORDS = ("浙江省台州市温岭市", "城东街道虚构路", "No.8 Room 1203 ",
         "新疆维吾尔自治区伊犁哈萨克自治州", "①号楼【东】", "𠮷祥里",
         "Supercalifragilisticexpialidocious", "３单元", "㛃甪犇淼", "#09-01")
STRANGE = ("བཀྲ་ཤིས", "ئۇيغۇر", "שלום", "مرحبا", "👗👖", "🧵", "한글", "ไทย",
           "\x1b@", "\x1dV\x00", "\x10\x04\x01", "\U0003134a", "\ue000")
PAID = datetime(2026, 11, 23, 3, 2, tzinfo=UTC)
NUMBERS = ("773112345678901", "YT1234567890123", "SF1234567890123", "EA123456785CN")


def hostile(seed: int) -> WaybillLabel:
    """A label by number: long, foreign, invisible and full of commands."""
    chance = random.Random(seed)

    def text(least: int, most: int, *pools: tuple[str, ...]) -> str:
        pool = [word for words in pools for word in words]
        return "".join(chance.choices(pool, k=chance.randint(least, most)))

    items = (1, 6, 60)[seed % 3]
    goods = tuple(
        GoodsLine(text(1, 2, WORDS, COMMANDS), text(1, 1, WORDS), "XL", 1 + at % 9, "A-01")
        for at in range(items))
    where = text(3, (6, 40)[seed % 2], WORDS, COMMANDS, UNSEEN)
    to = Consignee(
        NAMES[seed % len(NAMES)] + text(0, 2, UNSEEN, COMMANDS), "13900000011", "浙江省", "台州市",
        "温岭市", where, "317500", text(0, 3, WORDS, UNSEEN))
    return WaybillLabel(
        list(CarrierCode)[seed % 4], "快递", NUMBERS[seed % 4], "310-03A 021", to,
        Sender("样衣铺", "0576-80000000", text(1, 4, WORDS)), goods,
        text(0, 12, STRANGE, COMMANDS, WORDS, UNSEEN), PAID, f"P{seed}", parcel_no=str(seed))


def on_paper(language: Any, page: Bitmap, **settings: Any) -> Page:
    _, spoken = PRINTERS[language]("p", settings, lambda _: None)
    device = Printer(language, paper=Paper(width=page.width, label_rows=page.height))
    for block in spoken.page(page):
        device.hear(block, 0.0)
    device.speak(60.0)
    (paper,) = device.pages
    assert paper.whole
    assert not device.mechanism.complaints
    return paper


def seen_by_both(paper: Page) -> tuple[set[str], set[str]]:
    dots = Image.frombytes("1", (paper.width, paper.height), paper.rows)
    picture = ImageOps.invert(dots.convert("L"))
    return ({found.text for found in zxingcpp.read_barcodes(picture)},
            {found.data.decode() for found in pyzbar.decode(picture)})


@pytest.mark.fault("F21")
@pytest.mark.rule("D1")
@pytest.mark.parametrize("seed", range(40))
def test_a_hostile_label_comes_out_dot_for_dot_with_its_number_in_every_language(
    seed: int, fonts: Fonts
) -> None:
    label = hostile(seed)
    size = (LabelSize.L100X150, LabelSize.L76X130)[seed // 2 % 2]
    sheets = lay_out_waybill(label, size, fonts)
    pages = [sheet.bitmap() for sheet in sheets]
    everything = "".join(placed.text for sheet in sheets for placed in sheet.placed)
    assert everything.count("A-01") >= len(label.goods), "no item fell off"
    for language in LANGUAGES:
        paper = on_paper(language, pages[0])
        assert paper.rows == pages[0].rows or (language == "escpos" and near(paper, pages[0]))
        if language == LANGUAGES[seed % 5]:
            assert seen_by_both(paper) == ({label.waybill_no}, {label.waybill_no})
    note = "".join(placed.text for sheet in sheets for placed in sheet.placed
                   if placed.field == "note")
    assert (MARK in note) == bool(fonts.unprintable(label.note)), "what is missing is seen"
    for page in pages[1:4]:
        paper = on_paper(LANGUAGES[seed % 5], page)
        assert seen_by_both(paper) == (set(), set()), "a page that goes on opens no parcel"


def near(paper: Page, page: Bitmap) -> bool:
    """ESC/POS gives a dot for each real-time command that the picture would spell."""
    return sum((a ^ b).bit_count() for a, b in zip(paper.rows, page.rows, strict=True)) <= 3


@pytest.mark.rule("D1")
@pytest.mark.parametrize("field", ["name", "address", "goods"])
@pytest.mark.parametrize("stray", STRANGE)
def test_what_no_font_has_of_a_name_stops_the_label_and_is_named(
    stray: str, field: str, fonts: Fonts
) -> None:
    """A box in the place of a letter sends the parcel to somebody else."""
    missing = fonts.unprintable(stray)
    label = replace(hostile(3), masked=False)
    if field == "goods":
        label = replace(label, goods=(*label.goods, GoodsLine(stray, "黑色", "M", 1)))
    elif field == "name":
        label = replace(label, consignee=replace(label.consignee, name=f"王{stray}"))
    else:
        label = replace(label, consignee=replace(label.consignee, street=f"某路{stray}1号"))
    for size in LabelSize:
        if not missing:
            assert lay_out_waybill(label, size, fonts)
            continue
        with pytest.raises(Unprintable) as refused:
            lay_out_waybill(label, size, fonts)
        assert set(refused.value.characters) == missing
