"""Labels to print, and readers of paper that share nothing with what drew it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from drivers.interfaces import Bitmap
from station.domain.labels import GoodsLine, Sender, WaybillLabel
from station.domain.orders import Consignee
from station.domain.vocabulary import CarrierCode
from station.paper.fonts import Fonts
from station.paper.sheet import LabelSize, Placed, PrintedCode, Sheet
from station.paper.waybill import lay_out_waybill

PAID = datetime(2026, 11, 23, 3, 2, tzinfo=UTC)

_HAN = "温岭市样例路虚构小区幢单元室镇街道新疆维吾尔自治区哈萨克伊犁察布查尔锡伯深蓝黑白灰绣花松紧"
_RARE = "䶮㐂𠮷①【】（）·—…〇々喆堃犇淼燚㛃甪"
_LATIN = "Room 1203 Building B-12 No.8 ABCxyz #09-01 "
_NUMBERS = {
    CarrierCode.STO: ("申通快递 STO", lambda chance: f"773{chance.randrange(10**12):012d}"),
    CarrierCode.YTO: ("圆通速递 YTO", lambda chance: f"YT{chance.randrange(10**13):013d}"),
    CarrierCode.SF: ("顺丰速运 SF", lambda chance: f"SF{chance.randrange(10**13):013d}"),
    CarrierCode.EMS: ("中国邮政 EMS", lambda chance: f"EA{chance.randrange(10**9):09d}CN"),
}


@pytest.fixture(scope="session")
def fonts() -> Fonts:
    """The fonts of this machine."""
    return Fonts.find()


@pytest.fixture(scope="session")
def waybill_label() -> Callable[..., WaybillLabel]:
    """A plain waybill with the changes given."""

    def build(**changes: Any) -> WaybillLabel:
        facts: dict[str, Any] = {
            "carrier": CarrierCode.STO, "carrier_name": "申通快递 STO",
            "waybill_no": "773000000000017", "sorting_code": "310-03A 021",
            "consignee": Consignee("样小明", "13900000011", "浙江省", "杭州市", "样例区",
                                   "虚构路100号8幢301室", "310000", "样例科技有限公司"),
            "sender": Sender("样衣铺", "0576-80000000", "浙江省台州市温岭市示范街道1号"),
            "goods": (GoodsLine("8012", "深蓝", "31", 1, "A-03-2"),
                      GoodsLine("8015", "黑色", "L", 2)),
            "note": "要系带", "deadline": PAID + timedelta(hours=5), "job": "J-000123",
            "parcel_no": "P-000045", "printed_at": PAID,
        }
        return WaybillLabel(**(facts | changes))

    return build


@pytest.fixture(scope="session")
def generated_label() -> Callable[[int], WaybillLabel]:
    """A waybill by number, the same each time: from short to far too long in every field."""

    def build(seed: int) -> WaybillLabel:
        chance = random.Random(seed)
        long = chance.choice((1, 1, 4, 12))

        def text(least: int, most: int, pool: str = _HAN + _RARE + _LATIN) -> str:
            return "".join(chance.choices(pool, k=chance.randint(least, most * long))) + "尾"

        carrier = chance.choice(list(CarrierCode))
        name, number = _NUMBERS[carrier]
        goods = tuple(
            GoodsLine(text(3, 8), text(1, 6, _HAN), chance.choice(("31", "XL", "均码")),
                      chance.randint(1, 9), chance.choice(("", f"A-{at:02d}-{at % 9 + 1}")))
            for at in range(chance.randint(1, 6 * long))
        )
        to = Consignee(
            text(1, 4), chance.choice(("13900000011", "0576-80000000", "13900000011-1234")),
            text(2, 4, _HAN), text(2, 4, _HAN), text(0, 4, _HAN), text(5, 60),
            chance.choice(("", "317500")), chance.choice(("", text(3, 12))),
        )
        return WaybillLabel(
            carrier, name, number(chance), chance.choice(("310-03A 021", "", text(2, 10))), to,
            Sender(text(2, 6), "0576-80000000", text(4, 30), chance.choice(("", text(2, 9)))),
            goods, chance.choice(("", text(2, 80))), PAID + timedelta(hours=seed), f"J-{seed}",
            copy=chance.choice((0, 0, 1, 12)), orders=chance.choice((1, 3)),
            parcel_no=chance.choice(("", f"P-{seed:06d}")),
            printed_at=chance.choice((None, PAID)), masked=chance.choice((True, False)),
        )

    return build


@dataclass(frozen=True)
class Page:
    """What is worth keeping of a laid-out sheet: its records, and of the first pages the dots."""

    placed: Sequence[Placed]
    codes: Sequence[PrintedCode]
    bitmap: Bitmap | None


@pytest.fixture(scope="session")
def generated_pages(
    fonts: Fonts, generated_label: Callable[[int], WaybillLabel]
) -> Callable[[int, LabelSize], list[Page]]:
    """The pages of a generated waybill, laid out once however many tests look at them."""

    @cache
    def pages(seed: int, size: LabelSize) -> list[Page]:
        sheets = lay_out_waybill(generated_label(seed), size, fonts)
        return [
            Page(sheet.placed, sheet.codes, sheet.bitmap() if at < 2 else None)
            for at, sheet in enumerate(sheets)
        ]

    return pages


@pytest.fixture(scope="session")
def drawn() -> Callable[[Sequence[Sheet], str], str]:
    """All the text of a field as it was drawn, over all sheets, in order."""

    def joined(sheets: Sequence[Sheet], field: str) -> str:
        return "".join(
            placed.text for sheet in sheets for placed in sheet.placed if placed.field == field
        )

    return joined


@pytest.fixture(scope="session")
def picture() -> Callable[[Bitmap], Image.Image]:
    """A page as grey picture, black on white, made from the bytes by the text of ``Bitmap``."""

    def grey(page: Bitmap) -> Image.Image:
        assert len(page.rows) == page.stride * page.height
        light = page.rows.translate(bytes(range(255, -1, -1)))
        return Image.frombytes("1", (page.width, page.height), light).convert("L")

    return grey


@pytest.fixture(scope="session")
def zxing() -> Callable[[Image.Image], list[str]]:
    """What zxing-cpp reads on a picture, every symbol."""
    return lambda image: [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.fixture(scope="session")
def zbar() -> Callable[[Image.Image], list[str]]:
    """What zbar reads on a picture. It tells equal symbols once, so each half is read alone."""

    def read(image: Image.Image) -> list[str]:
        middle = image.height // 2
        halves = ((0, 0, image.width, middle), (0, middle, image.width, image.height))
        return [
            symbol.data.decode() for half in halves for symbol in pyzbar.decode(image.crop(half))
        ]

    return read


@pytest.fixture(scope="session")
def runs() -> Callable[[Image.Image, int, int, int], list[tuple[int, int]]]:
    """The runs of black (1) and white (0) of a row of a grey picture from x to x: (ink, dots)."""

    def measure(image: Image.Image, y: int, start: int, end: int) -> list[tuple[int, int]]:
        row = image.crop((start, y, end, y + 1)).tobytes()
        return [(int(value == 0), len(list(same))) for value, same in groupby(row)]

    return measure
