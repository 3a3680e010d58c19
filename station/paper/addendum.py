"""What was put right after a hand-over was closed (更正单): before, after, why, and who signed."""

from __future__ import annotations

from drivers.interfaces import Bitmap
from station.domain.labels import Addendum, AddendumRow
from station.domain.vocabulary import Fen, Grams
from station.paper.document import Column
from station.paper.fonts import Fonts
from station.paper.record_page import finish, grams, numbered, record, yuan
from station.paper.sheet import LabelSize, Sheet
from station.paper.waybill import shop_time

_COLUMNS = (
    Column("#", 6, "right"), Column("运单号 Waybill", 25), Column("原来 Before", 19, "right"),
    Column("更正 After", 19, "right"), Column("原因 Why", 31),
)
_TYPE = {LabelSize.L100X150: 20, LabelSize.L76X130: 16}


def render_addendum(addendum: Addendum, size: LabelSize, fonts: Fonts) -> list[Bitmap]:
    """The pages of the addendum, one signature per correction behind the rows."""
    return [sheet.bitmap() for sheet in lay_out_addendum(addendum, size, fonts)]


def lay_out_addendum(addendum: Addendum, size: LabelSize, fonts: Fonts) -> list[Sheet]:
    """As render_addendum, with the record of what was drawn where."""
    document = record("更正单 Addendum", fonts.marked(addendum.carrier_name), size, fonts)
    numbered(document, addendum.code, fonts.marked(addendum.number), "交接单 Hand-over")
    closed = shop_time(addendum.closed_at, "%Y-%m-%d %H:%M:%S")
    document.facts("facts", [("交接于 Closed", closed)], size=24)
    document.take(8)
    cells = [_cells(number, row, fonts) for number, row in enumerate(addendum.rows, 1)]
    document.table("rows", _COLUMNS, cells, _TYPE[size])
    document.facts("chain", [("链 Chain", fonts.marked(addendum.chain_head))], size=18)
    for number, row in enumerate(addendum.rows, 1):
        signed = shop_time(row.at, "%m-%d %H:%M")
        document.signatures([
            (fonts.marked(f"#{number} 快递员 Courier: {row.courier} {signed}"), row.signature),
            (fonts.marked(f"仓管 Keeper: {addendum.keeper}"), ()),
        ])
    return finish(document)


def _cells(number: int, row: AddendumRow, fonts: Fonts) -> tuple[str, ...]:
    return (
        str(number), row.waybill_no, _figures(row.before_weight_g, row.before_price_fen),
        _figures(row.weight_g, row.price_fen), fonts.marked(row.reason),
    )


def _figures(weight_g: Grams | None, price_fen: Fen | None) -> str:
    return f"{grams(weight_g)} g {yuan(price_fen)}"
