"""One order of the Taobao export: taken, ignored, or left to a person, with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from station.domain.orders import (
    Consignee,
    NeedsReview,
    OrderLine,
    PaidOrder,
    RefundKind,
    RefundNotice,
)
from station.domain.vocabulary import SHOP_ZONE, Flag
from station.domain.waists import with_waists
from station.orders.address import UnclearAddress, parse_address, without_contact
from station.orders.attributes import item_no_of, parse_attributes
from station.orders.cells import (
    Damaged,
    is_scientific,
    moment,
    money,
    narrow,
    one_line,
    whole,
    without_controls,
)
from station.orders.table import Row

PLATFORM = "taobao"
MOST_PIECES = 9999


class Status(StrEnum):
    """What an order's or a line's status text means to the bench."""

    UNPAID = "unpaid"
    PAID = "paid"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "already_shipped"
    FINISHED = "finished"
    CLOSED = "closed"


_STATUS = {
    "等待买家付款": Status.UNPAID,
    "没有创建外部交易": Status.UNPAID,
    "付款确认中": Status.UNPAID,
    "买家已付款": Status.PAID,
    "买家已付款,等待卖家发货": Status.PAID,
    "等待卖家发货": Status.PAID,
    "卖家部分发货": Status.PARTLY_SHIPPED,
    "部分发货": Status.PARTLY_SHIPPED,
    "卖家已发货": Status.SHIPPED,
    "卖家已发货,等待买家确认": Status.SHIPPED,
    "卖家已发货,等待买家确认收货": Status.SHIPPED,
    "等待买家确认收货": Status.SHIPPED,
    "买家已签收": Status.SHIPPED,
    "交易成功": Status.FINISHED,
    "交易关闭": Status.CLOSED,
    "交易被淘宝关闭": Status.CLOSED,
}
_FLAGS = {
    "红": Flag.RED,
    "黄": Flag.YELLOW,
    "绿": Flag.GREEN,
    "蓝": Flag.BLUE,
    "紫": Flag.PURPLE,
    "粉": Flag.PURPLE,
}
_NO_FLAG = r"(?![袍渠])"  # words of their own: 红旗袍, 红旗渠
_FLAG = re.compile(
    rf"\s*[\[【(（「]?\s*(?:已?[标插改])?([红黄绿蓝紫粉])(?:色|红)?旗{_NO_FLAG}"
    rf"(?:\s*(?:已?改[为成]?|转|换成?|变|→|-+>)\s*([红黄绿蓝紫粉])(?:色|红)?旗{_NO_FLAG})?"
)
_NOT_CLOSED = ("", "订单未关闭", "未关闭", "无", "-")
_STAGE = re.compile(r"(?:第?[一二三1-9]阶段|阶段[一二三1-9])\s*[::]?\s*([^,;\s]+)")
_PRESALE_DAY = re.compile(
    r"预[售定订计][^\]】]{0,10}?(?:(20\d\d)年)?(\d{1,2})月(\d{1,2})[日号]?(?!前|之前|以前)"
    r"(?:起|开始|后|左右|陆续|统一)*(?:发|出货|寄)"
)
_STREET_MASK = re.compile(r"\*{2,}|\*\s*(?:\([0-9]*\)\s*)?$")


class _Doubt(Exception):
    """This order must be looked at by a person: a code and facts without personal data."""

    def __init__(self, code: str, row: Row | None = None, **facts: str) -> None:
        super().__init__(code)
        self.code, self.row, self.facts = code, row, facts


@dataclass(frozen=True, slots=True)
class Verdict:
    """Exactly one of an order, an entry for review, or a reason to ignore; refunds beside it."""

    order: PaidOrder | None = None
    review: NeedsReview | None = None
    ignored: str = ""
    refunds: tuple[RefundNotice, ...] = ()


def status_of(text: str) -> Status | None:
    """What a status text means; None for one never seen, which nobody may guess."""
    return _STATUS.get("".join(narrow(text).split()))


def judge(order_no: str, row: Row, lines: Sequence[Row], stamp: str = "") -> Verdict:
    """What becomes of one order. ``stamp`` is the time in the file's name, YYYYMMDDhhmmss or ""."""
    refunds: tuple[RefundNotice, ...] = ()
    try:
        status = _status(row)
        refunds = _refunds(order_no, row, lines, status, stamp)
        reason = _ignored(row, status, refunds)
        if reason:
            return Verdict(ignored=reason, refunds=refunds)
        return Verdict(order=_order(order_no, row, lines), refunds=refunds)
    except (_Doubt, Damaged, UnclearAddress) as doubt:
        facts = {"order_no": order_no} | getattr(doubt, "facts", {})
        where = getattr(doubt, "row", None) or row
        return Verdict(review=where.review(doubt.code, **facts), refunds=refunds)


def _status(row: Row) -> Status:
    status = status_of(row.text("订单状态"))
    if status is None:
        raise _Doubt("unknown_status", row, status=row.text("订单状态")[:40])
    return status


def _line_status(line: Row, order: Status) -> Status:
    return _status(line) if line.text("订单状态") else order


def _ignored(row: Row, status: Status, refunds: tuple[RefundNotice, ...]) -> str:
    """Why this order is not to be packed, "" if it is."""
    if status is Status.PARTLY_SHIPPED:
        raise _Doubt("partly_shipped", row)
    if status is not Status.PAID:
        return str(status)
    if any(notice.line_no is None and notice.kind is RefundKind.REFUNDED for notice in refunds):
        return "refunded"
    if row.text("订单关闭原因") not in _NOT_CLOSED:
        raise _Doubt("paid_but_closed", row)
    if "虚拟" in row.text("运送方式"):
        return "nothing_to_ship"
    return "" if _presale_is_paid(row) else "presale_not_paid_up"


def _presale_is_paid(row: Row) -> bool:
    """Whether all stages of a presale are paid; an order without stages is no presale."""
    text = narrow(row.text("分阶段订单信息"))
    if not text:
        return True
    stages = _STAGE.findall(text)
    if any(re.search(r"未付|待付|等待|未支付|待支付", stage) for stage in stages):
        return False
    if len(stages) < 2 or not all(re.search(r"已付|已支付|付款成功", stage) for stage in stages):
        raise _Doubt("presale_unclear", row)
    return True


# --- refunds ------------------------------------------------------------------------------------


def _refunds(
    order_no: str, row: Row, lines: Sequence[Row], status: Status, stamp: str
) -> tuple[RefundNotice, ...]:
    """Money that went back. Shipped orders too, since shops mark a parcel shipped at printing."""
    if status in (Status.UNPAID, Status.FINISHED):
        return ()
    if status is Status.CLOSED:
        kinds = _closed_kind(row)
    else:
        kinds = _partial_kinds(order_no, row, lines, status)
    if not kinds:
        return ()
    at = _told_at(row, stamp)
    return tuple(RefundNotice(PLATFORM, order_no, kind, at, line_no) for line_no, kind in kinds)


def _closed_kind(row: Row) -> list[tuple[str | None, RefundKind]]:
    """A closed order that was paid has been refunded or cancelled; one never paid says nothing."""
    if money(row.text("退款金额")) > 0:
        return [(None, RefundKind.REFUNDED)]
    return [(None, RefundKind.CANCELLED)] if row.text("订单付款时间") else []


def _partial_kinds(
    order_no: str, row: Row, lines: Sequence[Row], status: Status
) -> list[tuple[str | None, RefundKind]]:
    """Closed lines are refunded; an amount that names no line asks for a person before packing."""
    closed = [_line_status(line, status) is Status.CLOSED for line in lines]
    amount = money(row.text("退款金额"))
    paid = money(row.text("买家实际支付金额", "买家实付金额", "总金额"))
    if (closed and all(closed)) or 0 < paid <= amount:
        return [(None, RefundKind.REFUNDED)]
    if any(closed):
        numbers = _line_numbers(order_no, lines)
        return [(no, RefundKind.REFUNDED) for no, gone in zip(numbers, closed, strict=True) if gone]
    if amount > 0 and status is not Status.SHIPPED:
        return [(None, RefundKind.REFUND_REQUESTED)]
    return []


def _told_at(row: Row, stamp: str) -> datetime:
    """When the refund was seen: the export's own time, or the order's if the name has none."""
    if stamp:
        try:
            local = datetime.strptime(stamp[:14], "%Y%m%d%H%M%S").replace(tzinfo=SHOP_ZONE)
            return local.astimezone(UTC)
        except ValueError:
            pass  # twelve digits that are no time: the order's own time serves
    return moment(row.text("订单付款时间", "订单创建时间"))


# --- the order ------------------------------------------------------------------------------------


def _order(order_no: str, row: Row, lines: Sequence[Row]) -> PaidOrder:
    """The paid order; raises _Doubt, Damaged or UnclearAddress for what a person must see."""
    if not row.text("订单付款时间"):
        raise _Doubt("no_payment_time", row)
    paid_at = moment(row.text("订单付款时间"))
    memo = without_controls(row.text("订单备注"))
    message = without_controls(row.text("买家留言"))
    packed = _with_changed_sku(row, _lines(order_no, row, lines))
    if _refund_names_no_line(row, packed):
        raise _Doubt("refund_names_no_line", row)
    return PaidOrder(
        platform=PLATFORM,
        order_no=order_no,
        buyer=one_line(row.text("买家会员名", "买家会员")),
        paid_at=paid_at,
        consignee=_consignee(row),
        lines=with_waists(packed, memo, message),
        buyer_message=message,
        seller_memo=memo,
        flag=_flag(memo),
        shipping_wish=one_line(row.text("运送方式")),
        shop=one_line(row.text("店铺名称")),
        ship_after=_ship_after([line.title for line in packed], paid_at),
    )


def _refund_names_no_line(row: Row, lines: tuple[OrderLine, ...]) -> bool:
    return money(row.text("退款金额")) > 0 and not any(line.refunded for line in lines)


def _lines(order_no: str, row: Row, lines: Sequence[Row]) -> tuple[OrderLine, ...]:
    if not lines:
        raise _Doubt("no_lines", row)
    numbers = _line_numbers(order_no, lines)
    built = tuple(_line(no, line) for no, line in zip(numbers, lines, strict=True))
    counted = row.text("宝贝总数量")
    pieces = sum(line.quantity for line in built)
    if counted.isdigit() and int(counted) not in (0, pieces):
        raise _Doubt("quantity_differs", row, order_list=counted, detail_list=str(pieces))
    return built


def _line_numbers(order_no: str, lines: Sequence[Row]) -> list[str]:
    """The sub-order's number where the list has one; the platform gives a single line the order's.

    Otherwise lines are numbered in the list's order, which stays the same between exports.
    """
    if all(line.text("子订单编号").isdigit() for line in lines):
        return [line.text("子订单编号") for line in lines]
    return [order_no] if len(lines) == 1 else [str(n) for n in range(1, len(lines) + 1)]


def _line(line_no: str, row: Row) -> OrderLine:
    status = _line_status(row, Status.PAID)
    if status not in (Status.PAID, Status.CLOSED):
        raise _Doubt("line_status_differs", row, status=str(status))
    try:
        quantity = whole(row.text("购买数量"), 1, MOST_PIECES)
        price = money(row.text("价格"))
    except Damaged as damage:
        raise _Doubt(damage.code, row) from None
    sku, item_no = _codes(row)
    said = parse_attributes(row.text("商品属性"))
    return OrderLine(
        line_no=line_no,
        sku=sku,
        title=_title(row, said.rest),
        item_no=said.item_no or item_no,
        color=said.color,
        size=said.size,
        quantity=quantity,
        price_fen=price,
        refunded=status is Status.CLOSED,
    )


def _codes(row: Row) -> tuple[str, str]:
    """Merchant code of the piece and article number.

    Where the two code columns differ and one begins with the other, the longer names the piece and
    the shorter the article.
    """
    merchant, outer = one_line(row.text("商家编码")), one_line(row.text("外部系统编号"))
    for code in (merchant, outer):
        if is_scientific(code):
            raise _Doubt("damaged_sku", row)
    if merchant and outer.startswith(merchant) and outer != merchant:
        return outer, merchant
    if outer and merchant.startswith(outer) and outer != merchant:
        return merchant, outer
    sku = merchant or outer
    return sku, item_no_of(sku)


def _title(row: Row, rest: tuple[str, ...]) -> str:
    """The title, with the attributes and bundle that have no field of their own behind it."""
    extras = [*rest, one_line(row.text("套餐信息"))]
    noted = ";".join(extra for extra in extras if extra)
    title = one_line(row.text("标题"))
    return f"{title} [{noted}]" if noted else title


def _with_changed_sku(row: Row, lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
    """The buyer changed colour or size after ordering: certain only where there is one line.

    The old merchant code then names the wrong piece, so it is dropped unless nothing changed.
    """
    text = row.text("修改后的sku", "修改后的SKU")
    if not text:
        return lines
    said = parse_attributes(text)
    if len(lines) != 1 or not (said.color or said.size):
        raise _Doubt("changed_sku_unclear", row)
    (line,) = lines
    color, size = said.color or line.color, said.size or line.size
    if (color, size) == (line.color, line.size):
        return lines
    return (replace(line, color=color, size=size, sku=""),)


def _consignee(row: Row) -> Consignee:
    name = one_line(row.text("收货人姓名"))
    phone = re.sub(r"(?<=\d{7})\.0+$", "", one_line(row.text("联系手机", "联系电话")))
    where = row.text("修改后的收货地址", "收货地址")
    if row.text("修改后的收货地址"):
        where, told = without_contact(where, name)
        name, phone = told.name or name, told.phone or phone
    _refuse_masks(row, name, phone, where)
    if not name:
        raise _Doubt("no_name", row)
    if is_scientific(phone):
        raise _Doubt("damaged_phone", row)
    if sum(char.isdigit() for char in phone) < 7:
        raise _Doubt("no_phone", row)
    address = parse_address(where)
    return Consignee(
        name=name,
        phone=phone,
        province=address.province,
        city=address.city,
        district=address.district,
        street=address.street,
        postcode=address.postcode,
    )


def _refuse_masks(row: Row, name: str, phone: str, where: str) -> None:
    """A waybill cannot be made of asterisks. One asterisk inside a street (3*2) is writing."""
    masked = {
        "name": "*" in narrow(name),
        "phone": "*" in narrow(phone),
        "address": _STREET_MASK.search(narrow(where)) is not None,
    }
    fields = ",".join(field for field, hidden in masked.items() if hidden)
    if fields:
        raise _Doubt("masked_consignee", row, fields=fields)


def _flag(memo: str) -> Flag:
    """The flag that a memo begins with (红旗, 【黄旗】, 黄旗改红旗); no column has it."""
    match = _FLAG.match(memo)
    return _FLAGS[match[2] or match[1]] if match else Flag.NONE


def _ship_after(titles: Sequence[str], paid_at: datetime) -> datetime | None:
    """The last day that a title promises (【预售11月30日发】), as that day's beginning in UTC.

    The year, where it is not written, is the one that brings the day closest to the payment.
    """
    found = (match for title in titles for match in _PRESALE_DAY.finditer(narrow(title)))
    paid_on = paid_at.astimezone(SHOP_ZONE).date()
    days = [day for match in found if (day := _day(match, paid_on)) is not None]
    if not days:
        return None
    return datetime.combine(max(days), time(0), SHOP_ZONE).astimezone(UTC)


def _day(match: re.Match[str], near: date) -> date | None:
    years = [int(match[1])] if match[1] else [near.year - 1, near.year, near.year + 1]
    days = []
    for year in years:
        try:
            days.append(date(year, int(match[2]), int(match[3])))
        except ValueError:
            continue
    return min(days, key=lambda day: abs(day - near), default=None)
