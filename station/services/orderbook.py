"""The order book: each shop order kept once, however often and by whichever road it is told."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import ShopOrder, ShopOrderLine
from station.domain.orders import Consignee, OrderLine, PaidOrder, RefundKind

STOPPING = frozenset({RefundKind.REFUNDED, RefundKind.CANCELLED, RefundKind.REFUND_REQUESTED})


@dataclass(frozen=True, slots=True)
class Entry:
    """What telling an order changed: ``fresh`` if its payment was news."""

    order: ShopOrder
    fresh: bool
    differs: tuple[str, ...] = ()  # "address", "lines": told otherwise than before
    flag_before: int = 0


def find(session: Session, platform: str, order_no: str) -> ShopOrder | None:
    """The order by the platform's number, locked for this transaction."""
    return session.scalar(
        select(ShopOrder)
        .where(ShopOrder.platform == platform, ShopOrder.order_no == order_no)
        .with_for_update()
    )


def enter(session: Session, told: PaidOrder, *, source: str, now: datetime) -> Entry:
    """Enter a paid order, or count that it was told again and say what differs now."""
    order = find(session, told.platform, told.order_no)
    if order is None:
        order = ShopOrder(
            platform=told.platform, order_no=told.order_no, buyer=told.buyer, received_at=now,
            source=source, refund="", told=0, flag=int(told.flag),
        )
        session.add(order)
    order.told += 1
    if order.paid_at is not None:
        return _told_again(order, told)
    _fill(order, told, source)
    session.flush()
    return Entry(order, fresh=True, flag_before=int(told.flag))


def tombstone(session: Session, platform: str, order_no: str, *, now: datetime) -> ShopOrder:
    """An order of which only a refund is known yet: a payment told later will not ship it."""
    order = find(session, platform, order_no)
    if order is None:
        order = ShopOrder(
            platform=platform, order_no=order_no, buyer="", received_at=now, source="refund",
            refund="", told=0, flag=0,
        )
        session.add(order)
        session.flush()
    return order


def _fill(order: ShopOrder, told: PaidOrder, source: str) -> None:
    consignee = told.consignee
    order.buyer, order.shop, order.source = told.buyer, told.shop, source
    order.paid_at, order.ship_after = told.paid_at, told.ship_after
    order.name, order.phone, order.company = consignee.name, consignee.phone, consignee.company
    order.province, order.city = consignee.province, consignee.city
    order.district, order.street = consignee.district, consignee.street
    order.postcode = consignee.postcode
    order.buyer_message, order.seller_memo = told.buyer_message, told.seller_memo
    order.shipping_wish, order.flag = told.shipping_wish, int(told.flag)
    refunded_before = {line.line_no: line.refund for line in order.lines}
    for line in told.lines:
        _enter_line(order, line, refunded_before.get(line.line_no, ""))


def _enter_line(order: ShopOrder, line: OrderLine, refund: str) -> None:
    row = next((known for known in order.lines if known.line_no == line.line_no), None)
    if row is None:
        row = ShopOrderLine(line_no=line.line_no)
        order.lines.append(row)
    row.sku_code, row.title, row.item_no = line.sku, line.title[:200], line.item_no
    row.color, row.size, row.quantity = line.color, line.size, line.quantity
    row.price_fen, row.waist_mm = line.price_fen, line.waist_mm
    row.refund = refund or (str(RefundKind.REFUNDED) if line.refunded else "")


def _told_again(order: ShopOrder, told: PaidOrder) -> Entry:
    differs: list[str] = []
    if _plain(consignee_of(order)) != _plain(told.consignee):
        differs.append("address")
    if _content(order) != _told_content(told):
        differs.append("lines")
    flag_before = order.flag
    order.flag = int(told.flag) or order.flag  # a road that knows no flags does not clear one
    order.seller_memo = told.seller_memo or order.seller_memo
    return Entry(order, fresh=False, differs=tuple(differs), flag_before=flag_before)


def consignee_of(order: ShopOrder) -> Consignee:
    """Whom the order goes to, as the common form."""
    return Consignee(
        order.name, order.phone, order.province, order.city, order.district, order.street,
        order.postcode, order.company,
    )


def _plain(consignee: Consignee) -> str:
    """Name, phone and address without what two roads write differently (blanks, 省, 市)."""
    text = consignee.name + consignee.phone + consignee.address
    return re.sub(r"[\s'省市（）()\-]|自治区|壮族|回族|维吾尔", "", text)


def _content(order: ShopOrder) -> dict[str, int]:
    totals: dict[str, int] = {}
    for line in order.lines:
        totals[line.sku_code] = totals.get(line.sku_code, 0) + line.quantity
    return totals


def _told_content(told: PaidOrder) -> dict[str, int]:
    totals: dict[str, int] = {}
    for line in told.lines:
        totals[line.sku] = totals.get(line.sku, 0) + line.quantity
    return totals


def merge_key(buyer: str, consignee: Consignee) -> str:
    """A digest that is equal for the same buyer at the same address, and tells neither."""
    return hashlib.sha256(f"{buyer}\0{_plain(consignee)}".encode()).hexdigest()
