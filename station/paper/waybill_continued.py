"""The continuation label (续页) of a waybill: all that found no room, and no barcode."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from station.domain.labels import WaybillLabel
from station.paper.document import Document
from station.paper.fonts import Fonts, clean
from station.paper.sheet import Box, LabelSize, Sheet, Style
from station.paper.waybill_form import MEASURES

TITLES = {
    "consignee.name": "收件人（续）",
    "consignee.phone": "收件电话（续）",
    "consignee.company": "收件单位（续）",
    "consignee.postcode": "邮编（续）",
    "consignee.address": "收件地址（续）",
    "sorting": "目的地（续）",
    "sender.who": "寄件人（续）",
    "sender.address": "寄件地址（续）",
    "goods": "内件（续）",
    "note": "备注（续）",
    "carrier": "快递公司（续）",
    "foot": "标记（续）",
}


def continue_waybill(
    label: WaybillLabel, size: LabelSize, fonts: Fonts, rest: dict[str, tuple[str, ...]]
) -> list[Sheet]:
    """The sheets that carry the rest of each field; none when there is no rest."""
    if not rest:
        return []
    document = Document(size, fonts, partial(_open_page, label))
    for field, title in TITLES.items():
        if field in rest:
            document.heading(title)
            document.paragraph(field, rest[field], Style(30, 30, bold=field == "goods"))
    return document.sheets


def _open_page(label: WaybillLabel, sheet: Sheet) -> Box:
    """The head that says whose page this is, in words alone."""
    measures = MEASURES[sheet.size]
    inner = sheet.box.inset(measures.margin)
    sheet.frame(sheet.box.inset(measures.margin - 3), 3)
    words = Style(34, 16, bold=True, middle=True)
    head = inner.top_part(60)
    sheet.fill(head)
    title, copy = head.left_part(head.w * 3 // 4), head.beside(head.w * 3 // 4)
    sheet.flow("", f"续页 {clean(label.carrier_name)}", title.inset(12, 2), replace(words, ink=0))
    if label.copy:
        sheet.flow("copy", f"补打 {label.copy}", copy.inset(12, 2),
                   replace(words, ink=0, align="right"))
    sheet.flow("waybill_no", label.waybill_no, inner.under(64).top_part(46).inset(12, 0), words)
    sheet.rule(inner.x, inner.y + 112, inner.w)
    sheet.rule(inner.x, inner.bottom - measures.foot, inner.w)
    return Box(inner.x + 10, inner.y + 122, inner.w - 20, inner.h - 130 - measures.foot)
