"""The blank waybill form of each label size: where the zones lie, and the lines that rule them.

Drawn once for each size and kept: filling it in is all that a waybill costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from station.paper.fonts import Fonts
from station.paper.sheet import Box, LabelSize, Sheet, Style


@dataclass(frozen=True, slots=True)
class Measures:
    """The heights in dots of the zones of a form, from the top; the goods take what is left.

    ``more`` is what a long address may take of the goods' room.
    """

    margin: int
    head: int
    code: int
    sorting: int
    consignee: int
    sender: int
    note: int
    tail: int
    foot: int
    tab: int
    second_code_width: int
    more: int


MEASURES = {
    LabelSize.L100X150: Measures(
        margin=16, head=76, code=172, sorting=108, consignee=208, sender=76, note=96, tail=156,
        foot=34, tab=56, second_code_width=536, more=112,
    ),
    LabelSize.L76X130: Measures(
        margin=12, head=64, code=148, sorting=88, consignee=184, sender=68, note=84, tail=140,
        foot=30, tab=48, second_code_width=384, more=96,
    ),
}


@dataclass(frozen=True, slots=True)
class Form:
    """Where each field goes on a form, and how its text is set."""

    carrier: Box
    deadline: Box
    code: Box
    sorting: Box
    consignee: Box
    sender_who: Box
    sender_address: Box
    counts: Box
    goods: Box
    note: Box | None
    second_code: Box
    foot: Box
    page: Box
    name_height: int
    company_height: int
    carrier_type: Style
    deadline_type: Style
    code_type: Style
    sorting_type: Style
    name_type: Style
    company_type: Style
    address_type: Style
    small_type: Style
    counts_type: Style
    goods_type: Style
    note_type: Style
    second_type: Style
    foot_type: Style
    page_type: Style


@dataclass(frozen=True, slots=True)
class Zones:
    """The ruled zones of a form, whole, before anything is inset."""

    head: Box
    code: Box
    sorting: Box
    consignee: Box
    sender: Box
    goods: Box
    note: Box | None
    tail: Box
    foot: Box


Blank = tuple[Form, Sheet]
_blanks: WeakKeyDictionary[Fonts, dict[tuple[LabelSize, bool, bool], Blank]]
_blanks = WeakKeyDictionary()


def blank_form(size: LabelSize, fonts: Fonts, *, note: bool, tall: bool = False) -> Blank:
    """The form of a size, with or without a note's zone, and its ruled sheet (do not draw on it).

    A ``tall`` form gives the consignee more room and the goods less.
    """
    drawn = _blanks.setdefault(fonts, {})
    if (size, note, tall) not in drawn:
        zones = _zones(size, note=note, tall=tall)
        form = _form(size, zones)
        if tall:
            form = replace(form, company_height=form.company_height + 22)  # two lines
        drawn[size, note, tall] = (form, _ruled(size, fonts, zones))
    return drawn[size, note, tall]


def _zones(size: LabelSize, *, note: bool, tall: bool) -> Zones:
    measures = MEASURES[size]
    inner = Box(0, 0, size.width, size.height).inset(measures.margin)
    below = inner.bottom - measures.foot - measures.tail - (measures.note if note else 0)
    head = inner.top_part(measures.head)
    code = _next(head, measures.code)
    sorting = _next(code, measures.sorting)
    consignee = _next(sorting, measures.consignee + (measures.more if tall else 0))
    sender = _next(consignee, measures.sender)
    goods = _next(sender, below - sender.bottom)
    noted = _next(goods, measures.note) if note else None
    tail = _next(noted or goods, measures.tail)
    return Zones(head, code, sorting, consignee, sender, goods, noted, tail,
                 _next(tail, measures.foot))


def _next(above: Box, height: int) -> Box:
    """The zone of a height that lies directly under another."""
    return Box(above.x, above.bottom, above.w, height)


def _form(size: LabelSize, zones: Zones) -> Form:
    large = size is LabelSize.L100X150
    measures = MEASURES[size]
    to, sender, head = _text_of(zones.consignee, size), _text_of(zones.sender, size), zones.head
    split = head.w * 9 // 20
    head_line = 46  # one line: a deadline in two would be misread
    page = 150 if large else 130
    return Form(
        carrier=head.left_part(split).inset(8, 2),
        deadline=head.beside(split).inset(8, (head.h - head_line) // 2),
        code=Box(zones.code.x + 4, zones.code.y + 14, zones.code.w - 8, zones.code.h - 18),
        sorting=zones.sorting.inset(8, 2),
        consignee=to,
        sender_who=sender.top_part(sender.h // 2 - 2),
        sender_address=sender.under(sender.h // 2 - 2),
        counts=zones.goods.top_part(40).inset(10, 2),
        goods=zones.goods.under(42).inset(10, 4),
        note=_text_of(zones.note, size) if zones.note else None,
        second_code=Box(zones.tail.x, zones.tail.y + 12, measures.second_code_width,
                        zones.tail.h - 14),
        foot=zones.foot.left_part(zones.foot.w - page).inset(8, 4),
        page=zones.foot.beside(zones.foot.w - page).inset(0, 3),
        name_height=54 if large else 46,
        company_height=34 if large else 30,
        carrier_type=Style(48 if large else 40, 20, bold=True, middle=True),
        deadline_type=Style(34 if large else 26, 16, bold=True, align="right", middle=True),
        code_type=Style(32 if large else 28, 16, bold=True),
        sorting_type=Style(92 if large else 72, 28, bold=True, align="center", middle=True),
        name_type=Style(42 if large else 34, 28 if large else 26, bold=True),
        company_type=Style(28 if large else 24, 18),
        address_type=Style(36 if large else 30, 20, bold=True),
        small_type=Style(24 if large else 22, 18, middle=True),
        counts_type=Style(28 if large else 24, 16, bold=True, align="right", middle=True),
        goods_type=Style(36 if large else 30, 22, bold=True),
        note_type=Style(32 if large else 28, 20),
        second_type=Style(26 if large else 22, 14, bold=True),
        foot_type=Style(20 if large else 18, 14, middle=True),
        page_type=Style(20 if large else 18, 14),
    )


def _text_of(zone: Box, size: LabelSize) -> Box:
    """The room beside the black tab of a zone."""
    return zone.beside(MEASURES[size].tab).inset(10, 4)


def _ruled(size: LabelSize, fonts: Fonts, zones: Zones) -> Sheet:
    sheet = Sheet(size, fonts)
    measures = MEASURES[size]
    sheet.frame(sheet.box.inset(measures.margin - 3), 3)
    for zone in (zones.head, zones.code, zones.sorting, zones.consignee, zones.sender,
                 zones.goods, zones.tail):
        sheet.rule(zone.x, zone.bottom - 2, zone.w)
    if zones.note:
        sheet.rule(zones.note.x, zones.note.bottom - 2, zones.note.w)
        _tab(sheet, zones.note, "备注", measures.tab, ink=1)
    _tab(sheet, zones.consignee, "收", measures.tab, ink=0)
    _tab(sheet, zones.sender, "寄", measures.tab, ink=1)
    _goods_head(sheet, zones.goods)
    _signing(sheet, zones.tail, measures.second_code_width)
    return sheet


def _tab(sheet: Sheet, zone: Box, words: str, width: int, *, ink: int) -> None:
    """A strip at a zone's left edge with its word downwards: white on black, or black on white."""
    if ink:
        sheet.upright(zone.x + width - 2, zone.y, zone.h)
    else:
        sheet.fill(Box(zone.x, zone.y, width, zone.h))
    size = min(width - 10, (zone.h - 8) // len(words) - 4)
    y = zone.y + (zone.h - len(words) * (size + 4)) // 2
    style = Style(size, size, bold=True, ink=ink)
    for char in words:
        x = zone.x + (width - sheet.width(char, size, bold=True)) // 2
        sheet.write("", char, x, y, style)
        y += size + 4


def _goods_head(sheet: Sheet, zone: Box) -> None:
    style = Style(26, 26, bold=True, ink=0)
    words = "内件 货号/颜色/尺码"
    room = sheet.width(words, 26, bold=True) + 24
    sheet.fill(Box(zone.x, zone.y, room, 38))
    sheet.write("", words, zone.x + 12, zone.y + 5, style)
    sheet.rule(zone.x, zone.y + 38, zone.w, thickness=1)


def _signing(sheet: Sheet, zone: Box, left: int) -> None:
    """The packer's place to sign, and the consignee's."""
    sheet.upright(zone.x + left, zone.y, zone.h - 2)
    right = zone.beside(left)
    half = zone.h // 2
    sheet.rule(right.x, zone.y + half, right.w, thickness=1)
    style = Style(20, 20)
    sheet.write("", "打包员签名", right.x + 10, zone.y + 6, style)
    sheet.write("", "收件人签收", right.x + 10, zone.y + half + 6, style)
