"""The hand-over list (交接单) of one carrier on label paper: rows, totals, both names (D6)."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.interfaces import Bitmap
from station.domain.labels import Manifest, ManifestRow
from station.paper.document import Column, Document
from station.paper.fonts import Fonts
from station.paper.record_page import finish, grams, numbered, record, yuan
from station.paper.sheet import LabelSize, Sheet
from station.paper.waybill import shop_time

_COLUMNS = (
    Column("#", 7, "right"), Column("运单号 Waybill", 27), Column("目的地 To", 17),
    Column("我方 g", 12, "right"), Column("快递 g", 12, "right"), Column("运费 元", 13, "right"),
    Column("备注 Note", 16),
)
_TYPE = {LabelSize.L100X150: 20, LabelSize.L76X130: 16}


def render_manifest(manifest: Manifest, size: LabelSize, fonts: Fonts) -> list[Bitmap]:
    """The pages of a hand-over list, the signatures after the last row."""
    return [sheet.bitmap() for sheet in lay_out_manifest(manifest, size, fonts)]


def lay_out_manifest(manifest: Manifest, size: LabelSize, fonts: Fonts) -> list[Sheet]:
    """As render_manifest, with the record of what was drawn where."""
    document = record("交接单 Hand-over", fonts.marked(manifest.carrier_name), size, fonts)
    numbered(document, manifest.code, fonts.marked(manifest.number))
    document.facts("facts", _facts(manifest), size=24)
    document.take(8)
    _table(document, "rows", manifest.rows, fonts)
    document.facts("totals", _totals(manifest), size=24)
    if manifest.missing:
        document.heading(f"未交 Missing · {len(manifest.missing)} 件")
        _table(document, "missing", manifest.missing, fonts)
    document.facts("chain", _proof(manifest, fonts), size=18)
    document.signatures([
        (fonts.marked(_courier(manifest)), manifest.signature),
        (fonts.marked(f"仓管 Keeper: {manifest.keeper}"), ()),
    ])
    return finish(document)


def _courier(manifest: Manifest) -> str:
    phone = f" {manifest.courier_phone}" if manifest.courier_phone else ""
    return f"快递员 Courier: {manifest.courier}{phone}"


def _facts(manifest: Manifest) -> list[tuple[str, str]]:
    opened, closed = (
        shop_time(at, "%Y-%m-%d %H:%M:%S") for at in (manifest.opened_at, manifest.closed_at)
    )
    return [("开始 Opened", opened), ("结束 Closed", closed)]


def _proof(manifest: Manifest, fonts: Fonts) -> list[tuple[str, str]]:
    """The hand-over's own hash, and the signed head that covers the station's whole history."""
    facts = [("链 Chain", fonts.marked(manifest.chain_head))]
    if manifest.signed_head:
        facts.append(("签 Head", manifest.signed_head))
    return facts


def _totals(manifest: Manifest) -> list[tuple[str, str]]:
    """Sums of what is known; how many rows lack the courier's word is said, never hidden."""
    rows = manifest.rows
    theirs = [row.courier_weight_g for row in rows if row.courier_weight_g is not None]
    prices = [row.courier_price_fen for row in rows if row.courier_price_fen is not None]
    totals = [
        ("合计 Total", f"{len(rows)} 件 parcels"),
        ("我方 Ours", f"{sum(row.our_weight_g for row in rows)} g"),
        ("快递 Courier", f"{sum(theirs)} g {yuan(sum(prices))} 元"),
    ]
    if unknown := len(rows) - min(len(theirs), len(prices)):
        totals.append(("缺 Without courier's weight or price", f"{unknown} 件"))
    return totals


def _table(document: Document, field: str, rows: Iterable[ManifestRow], fonts: Fonts) -> None:
    cells = [
        (
            str(number), row.waybill_no, fonts.marked(row.destination), grams(row.our_weight_g),
            grams(row.courier_weight_g), yuan(row.courier_price_fen), fonts.marked(row.remark),
        )
        for number, row in enumerate(rows, 1)
    ]
    document.table(field, _COLUMNS, cells, _TYPE[document.size])
