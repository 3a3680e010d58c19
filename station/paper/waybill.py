"""The waybill (快递单) as 1-bit pages: D1's fields in the zones that GB/T 41833 names.

From top to bottom: carrier and deadline, 码号区 the number as a barcode, 目的地信息区 the sorting
code, 收件人信息区, 寄件人信息区, 内件信息区 the goods with the note, and at the foot the number a
second time beside 签收区. What does not fit goes on a continuation label, which carries the number
as text only: two barcodes of one parcel on two papers would look like a duplicate at hand-over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from drivers.interfaces import Bitmap
from station.domain.labels import GoodsLine, WaybillLabel
from station.domain.vocabulary import SHOP_ZONE
from station.paper.fonts import Fonts, Unprintable, clean
from station.paper.masking import masked_name, masked_phone
from station.paper.sheet import Box, LabelSize, Sheet, Style, module_for
from station.paper.waybill_continued import continue_waybill
from station.paper.waybill_form import Form, blank_form

Fields = dict[str, str | tuple[str, ...]]
Rest = dict[str, tuple[str, ...]]


def render_waybill(label: WaybillLabel, size: LabelSize, fonts: Fonts) -> list[Bitmap]:
    """The pages of a waybill, the one with the barcodes first.

    Raises Unprintable when a name, address or article holds a character that no font has;
    DoesNotFit or Unencodable when the number cannot be a barcode on this paper.
    """
    return [sheet.bitmap() for sheet in lay_out_waybill(label, size, fonts)]


def lay_out_waybill(label: WaybillLabel, size: LabelSize, fonts: Fonts) -> list[Sheet]:
    """As render_waybill, with the record of what was drawn where."""
    fields = printed_fields(label, fonts)
    if missing := _unprintable(fields, fonts):
        raise Unprintable(set().union(*missing.values()), missing)
    note = bool(fields["note"])
    form, background = blank_form(size, fonts, note=note)
    sheet = Sheet(size, fonts, background)
    rest = _first_page(sheet, form, label, fields)
    if any(field.startswith("consignee") for field in rest):
        # The courier reads the first page: the whole address there matters more than the goods.
        form, background = blank_form(size, fonts, note=note, tall=True)
        sheet = Sheet(size, fonts, background)
        rest = _first_page(sheet, form, label, fields)
    pages = [sheet, *continue_waybill(label, size, fonts, rest)]
    for number, page in enumerate(pages, 1):
        _page_mark(page, form, number, len(pages))
    return pages


def printed_fields(label: WaybillLabel, fonts: Fonts) -> Fields:
    """Every field's text as it goes on the paper, cleaned, and masked if the label says so."""
    to, sender = label.consignee, label.sender
    name, phone = clean(to.name), clean(to.phone)
    return {
        "consignee.name": masked_name(name) if label.masked else name,
        "consignee.phone": masked_phone(phone) if label.masked else phone,
        "consignee.company": clean(to.company),
        "consignee.address": clean(to.address),
        "consignee.postcode": clean(to.postcode),
        "sender.who": "  ".join(filter(None, map(clean, (
            sender.name, sender.phone, sender.company)))),
        "sender.address": clean(sender.address),
        "goods": goods_parts(label.goods),
        "note": fonts.marked(label.note),
        "sorting": clean(label.sorting_code) or _by_name(label),
        "carrier": clean(label.carrier_name) or label.carrier,
        "foot": _foot(label),
    }


def goods_parts(goods: Iterable[GoodsLine]) -> tuple[str, ...]:
    """The goods field (D1), one unbreakable part an article: place, 货号/颜色/尺码×n and ``;``."""
    return tuple(f"{goods_text(line)}; " for line in goods)


def goods_text(line: GoodsLine) -> str:
    """One article as 货号/颜色/尺码×n, after its place in brackets if it has one (I3)."""
    article = "/".join(filter(None, map(clean, (line.item_no, line.color, line.size))))
    place = f"[{clean(line.location)}] " if clean(line.location) else ""
    return f"{place}{article}×{line.quantity}"


def shop_time(moment: datetime, pattern: str = "%m-%d %H:%M") -> str:
    """A moment as the shop's clock shows it."""
    return moment.astimezone(SHOP_ZONE).strftime(pattern)


def _by_name(label: WaybillLabel) -> str:
    """Where there is no sorting code, the destination in words sorts the parcel."""
    to = label.consignee
    return clean(" ".join(filter(None, (to.province, to.city, to.district))))


def _foot(label: WaybillLabel) -> str:
    marks = [f"任务 {clean(label.job)}"]
    if label.parcel_no:
        marks.append(f"包裹 {clean(label.parcel_no)}")
    if label.printed_at:
        marks.append(f"打印 {shop_time(label.printed_at, '%Y-%m-%d %H:%M')}")
    return "  ".join(marks)


def _unprintable(fields: Fields, fonts: Fonts) -> dict[str, set[str]]:
    found = {field: fonts.unprintable("".join(text)) for field, text in fields.items()}
    return {field: characters for field, characters in found.items() if characters}


def _first_page(sheet: Sheet, form: Form, label: WaybillLabel, fields: Fields) -> Rest:
    """Fill the form; return what found no room, by field."""
    _number(sheet, label.waybill_no, form.code, form.code_type)
    rest = {
        "carrier": sheet.flow("carrier", fields["carrier"], form.carrier, form.carrier_type),
        "sorting": sheet.flow("sorting", fields["sorting"], form.sorting, form.sorting_type),
        **_consignee(sheet, form, fields),
        "sender.who": sheet.flow("sender.who", fields["sender.who"], form.sender_who,
                                 form.small_type),
        "sender.address": sheet.flow("sender.address", fields["sender.address"],
                                     form.sender_address, form.small_type),
        "goods": sheet.flow("goods", fields["goods"], form.goods, form.goods_type),
        "foot": sheet.flow("foot", fields["foot"], form.foot, form.foot_type),
    }
    if form.note:
        rest["note"] = sheet.flow("note", fields["note"], form.note, form.note_type)
    _deadline_and_copy(sheet, form, label)
    _counts(sheet, form, label)
    _number(sheet, label.waybill_no, form.second_code, form.second_type)
    return {field: parts for field, parts in rest.items() if parts}


def _number(sheet: Sheet, number: str, box: Box, style: Style) -> None:
    """The waybill number as bars, and under them to be read by people."""
    words = style.largest + 6
    bars = box.top_part(box.h - words)
    sheet.barcode(number, bars, module_for(number, bars.w))
    sheet.spaced("waybill_no", number, box.under(box.h - words + 4), style)


def _deadline_and_copy(sheet: Sheet, form: Form, label: WaybillLabel) -> None:
    """The promise (S9), and in white on black that this paper is not the first of its number."""
    box = form.deadline
    if label.copy:
        style = Style(form.deadline_type.largest, 16, bold=True, ink=0, align="center", middle=True)
        words = f"补打 {label.copy}"
        width = sheet.width(words, style.largest, bold=True) + 28
        mark = Box(box.right - width, box.y, width, box.h)
        sheet.fill(mark)
        sheet.flow("copy", words, mark, style)
        box = box.left_part(box.w - width - 12)
    sheet.flow("deadline", f"最迟 {shop_time(label.deadline)}", box, form.deadline_type)


def _consignee(sheet: Sheet, form: Form, fields: Fields) -> Rest:
    """Name and phone on one line where they fit, then company, address and postcode."""
    rest: Rest = {}
    room = _name_and_phone(sheet, form, fields, rest)
    if fields["consignee.postcode"]:
        corner = Box(room.x, room.bottom - 30, room.w, 30)
        style = Style(24, 16, align="right")
        words = f"邮编 {fields['consignee.postcode']}"
        rest["consignee.postcode"] = sheet.flow("consignee.postcode", words, corner, style)
        room = room.top_part(room.h - 30)
    if fields["consignee.company"]:
        style, line = form.company_type, room.top_part(form.company_height)
        rest["consignee.company"] = sheet.flow(
            "consignee.company", fields["consignee.company"], line, style)
        room = room.under(form.company_height)
    rest["consignee.address"] = sheet.flow(
        "consignee.address", fields["consignee.address"], room, form.address_type)
    return rest


def _name_and_phone(sheet: Sheet, form: Form, fields: Fields, rest: Rest) -> Box:
    """Draw both; return the room under them."""
    name, phone = str(fields["consignee.name"]), str(fields["consignee.phone"])
    room, line = form.consignee, form.name_height
    for size in form.name_type.sizes:
        style = Style(size, size, bold=True)
        gap = sheet.width(name, size, bold=True) + size
        if gap + sheet.width(phone, size, bold=True) <= room.w:
            top = room.y + (line - size) // 2
            sheet.write("consignee.name", name, room.x, top, style)
            sheet.write("consignee.phone", phone, room.x + gap, top, style)
            return room.under(line)
    small = Style(form.name_type.smallest, form.name_type.smallest - 6, bold=True)
    for field, text in (("consignee.name", name), ("consignee.phone", phone)):
        rest[field] = sheet.flow(field, text, room.top_part(line * 3 // 4), small)
        room = room.under(line * 3 // 4)
    return room


def _counts(sheet: Sheet, form: Form, label: WaybillLabel) -> None:
    pieces = sum(line.quantity for line in label.goods)
    words = f"共 {pieces} 件"
    if label.orders > 1:
        words += f" · {label.orders} 笔合并"
    sheet.flow("counts", words, form.counts, form.counts_type)


def _page_mark(sheet: Sheet, form: Form, number: int, total: int) -> None:
    words = f"见续页 {number}/{total}" if number < total else f"{number}/{total}"
    box = form.page
    if total > 1:
        width = sheet.width(words, form.page_type.largest, bold=True) + 12
        sheet.fill(Box(box.right - width, box.y, width, box.h))
    style = Style(form.page_type.largest, form.page_type.smallest, bold=True, align="right",
                  middle=True, ink=0 if total > 1 else 1)
    sheet.flow("page", words, Box(box.x, box.y, box.w - 6, box.h), style)
