"""What the simulated shop sells, and the files that tell a station about it.

Goods are jeans and other clothes with SKU, weight, EAN-13 barcode, bin and stock; waybill number
lists follow the carriers' present shapes (STO 77 + 13 digits, YTO YT + 13, SF SF + 13, EMS 13
digits that begin with 98 or 11).
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from simulators.scanner import ean13_check

GOODS_COLUMNS = (
    "商家编码", "货号", "颜色", "尺码", "标题", "条码", "重量克", "库位", "类目", "库存", "量腰围",
)  # fmt: skip
NUMBER_COLUMNS = ("承运商", "单号")
CARRIERS = ("STO", "YTO", "EMS", "SF")
COLOURS = {"BK": "黑色", "BL": "蓝色", "LB": "浅蓝", "GY": "灰色", "WT": "白色", "PK": "粉色",
           "CM": "驼色", "NV": "藏青"}  # fmt: skip
LETTERS = ("S", "M", "L", "XL", "XXL")


@dataclass(frozen=True, slots=True)
class Item:
    """One SKU. Weight in grams, price in fen; ``measured`` goods have their waist measured."""

    sku: str
    item_no: str
    title: str
    category: str
    colour: str
    size: str
    barcode: str
    grams: int
    price_fen: int
    location: str
    stock: int
    measured: bool

    def as_json(self) -> dict[str, object]:
        """The item as the bench page reads it."""
        return asdict(self)


# item number, title, category, colours, sizes, grams of the smallest, grams per size, fen, measured
ARTICLES = (
    ("JN-8801", "直筒牛仔裤男秋冬,修身", "牛仔裤", "BK BL", range(28, 37), 540, 14, 12800, 1),
    ("JN-6602", "小脚牛仔裤女高腰显瘦", "牛仔裤", "LB BK", range(25, 32), 420, 11, 12800, 1),
    ("JN-9903", "加绒牛仔裤男加厚保暖", "牛仔裤", "BK GY", range(29, 37), 760, 18, 19900, 1),
    ("TS-1103", "纯棉T恤女短袖宽松", "T恤", "WT BK PK", LETTERS[:4], 150, 9, 5900, 0),
    ("SH-2210", "牛津纺衬衫男长袖", "衬衫", "WT BL", LETTERS[1:], 260, 12, 9900, 0),
    ("HD-3307", "连帽卫衣男加绒", "卫衣", "GY BK NV", LETTERS[1:], 610, 25, 13900, 0),
    ("CT-2201", "羊毛大衣女中长款", "大衣", "GY CM", LETTERS[:3], 1320, 60, 16800, 0),
    ("SK-4405", "百褶裙女学院风", "裙子", "BK GY", LETTERS[:3], 310, 14, 7900, 0),
)


def catalogue(*, seed: int = 0, stock: int = 40) -> list[Item]:
    """Every SKU of the shop; the same for the same seed. Stock varies around ``stock``."""
    chance = random.Random(seed)
    items: list[Item] = []
    for aisle, article in enumerate(ARTICLES):
        number, title, category, colours, sizes, grams, step, fen, measured = article
        for colour in colours.split():
            for place, size in enumerate(sizes):
                digits = f"6901{len(items) + 100000:06d}{chance.randrange(100):02d}"
                items.append(
                    Item(
                        sku=f"{number}-{colour}-{size}",
                        item_no=number,
                        title=title,
                        category=category,
                        colour=COLOURS[colour],
                        size=str(size),
                        barcode=digits + ean13_check(digits),
                        grams=grams + step * place,
                        price_fen=fen,
                        location=f"{chr(65 + aisle)}-{len(items) % 12 + 1:02d}-{place + 1:02d}",
                        stock=max(0, stock + chance.randrange(-stock // 4, stock // 4 + 1)),
                        measured=bool(measured),
                    )
                )
    return items


def goods_csv(items: list[Item]) -> bytes:
    """The catalogue as the station imports it: UTF-8 with BOM, Chinese headers."""
    rows = [
        (i.sku, i.item_no, i.colour, i.size, i.title, i.barcode, i.grams, i.location, i.category,
         i.stock, "是" if i.measured else "否")
        for i in items
    ]  # fmt: skip
    return _csv(GOODS_COLUMNS, rows)


def waybill_numbers(carrier: str, count: int, *, seed: int = 0) -> list[str]:
    """A running block of numbers as a carrier hands it out. ValueError for an unknown carrier."""
    if carrier not in CARRIERS:
        raise ValueError(f"no carrier {carrier!r}; known are {', '.join(CARRIERS)}")
    chance = random.Random(f"{carrier}:{seed}")
    if carrier == "EMS":
        head, length = chance.choice(("98", "11")), 11
    else:
        head, length = {"STO": "77", "YTO": "YT", "SF": "SF"}[carrier], 13
    first = chance.randrange(10 ** (length - 1), 9 * 10 ** (length - 1))
    return [f"{head}{first + number:0{length}d}" for number in range(count)]


def numbers_csv(carrier: str, count: int, *, seed: int = 0) -> bytes:
    """The same block as a file: 承运商, 单号."""
    numbers = waybill_numbers(carrier, count, seed=seed)
    return _csv(NUMBER_COLUMNS, [(carrier, number) for number in numbers])


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")
