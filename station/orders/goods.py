"""The goods catalogue (商品目录): one row per piece that can be told apart by colour and size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from station.domain.vocabulary import Grams
from station.orders.attributes import item_no_of
from station.orders.lists import Fields, ListReading, read_list

COLUMNS = {
    "sku": ("商家编码", "sku"),
    "item_no": ("货号", "item_no"),
    "color": ("颜色", "color"),
    "size": ("尺码", "size"),
    "title": ("标题", "title"),
    "barcode": ("条码", "barcode"),
    "weight_g": ("重量克", "weight_g"),
    "location": ("库位", "location"),
    "category": ("类目", "category"),
    "stock": ("库存", "stock"),
    "measure_waist": ("量腰围", "measure_waist"),
}
NEEDED = ("sku",)


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One SKU. ``weight_g`` None: nobody weighed one yet; ``stock`` None: not told by this file.

    ``barcode`` is "" where pieces carry only their own label.
    """

    sku: str
    item_no: str
    color: str
    size: str
    title: str
    barcode: str
    weight_g: Grams | None
    location: str
    category: str
    stock: int | None
    measure_waist: bool


def read_goods(name: str, data: bytes) -> ListReading[GoodsRow]:
    """The catalogue in a CSV file. A missing 货号 is taken from the merchant code.

    Two rows of one code, or one barcode on two pieces, are refused: a scan could not tell them.
    """
    return read_list(name, data, COLUMNS, NEEDED, _row, unique=_keys)


def ean13_is_right(barcode: str) -> bool:
    """Whether thirteen digits end in their check digit (weights 1 and 3, modulo 10; GS1)."""
    digits = [int(char) for char in barcode]
    return (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _row(fields: Fields) -> GoodsRow:
    sku = fields.code("sku", 64, needed=True)
    barcode = fields.code("barcode", 128)
    if len(barcode) == 13 and barcode.isdecimal() and not ean13_is_right(barcode):
        fields.warn("barcode", "barcode_check_digit")
    return GoodsRow(
        sku=sku,
        item_no=fields.text("item_no", 64) or item_no_of(sku),
        color=fields.text("color", 64),
        size=fields.text("size", 64),
        title=fields.text("title", 200),
        barcode=barcode,
        weight_g=fields.whole("weight_g", 1, 100_000, unit="g 克"),
        location=fields.text("location", 32),
        category=fields.text("category", 64),
        stock=fields.whole("stock", 0, 10_000_000),
        measure_waist=fields.yes("measure_waist"),
    )


def _keys(row: GoodsRow) -> Iterable[tuple[str, str]]:
    return (("sku", row.sku), ("barcode", row.barcode))
