"""The order book: each shop order kept once, however often and by whichever road it is told."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.keys import Keyring
from station.db.models import ShopOrder, ShopOrderLine
from station.db.sealed import keys_for
from station.domain.orders import Consignee, OrderLine, PaidOrder, RefundKind

STOPPING = frozenset({RefundKind.REFUNDED, RefundKind.CANCELLED, RefundKind.REFUND_REQUESTED})
GONE = frozenset({RefundKind.REFUNDED, RefundKind.CANCELLED})
"""Money that went back, and does not come again."""


@dataclass(frozen=True, slots=True)
class Words:
    """What buyer and seller wrote, and the flag: everything that may still change by hand."""

    flag: int = 0
    memo: str = ""
    message: str = ""
    wish: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What telling an order changed: ``fresh`` if its payment was news.

    ``differs`` names what was told otherwise for the first time ("address", "lines"); ``before``
    is what was written until now.
    """

    order: ShopOrder
    told: PaidOrder
    fresh: bool
    differs: tuple[str, ...] = ()
    before: Words = Words()


def find(session: Session, platform: str, order_no: str) -> ShopOrder | None:
    """The order by the platform's number, locked for this transaction."""
    return session.scalar(
        select(ShopOrder)
        .where(ShopOrder.platform == platform, ShopOrder.order_no == order_no)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def enter(session: Session, told: PaidOrder, *, source: str, now: datetime) -> Entry:
    """Enter a paid order, or count that it was told again and say what differs now."""
    order = find(session, told.platform, told.order_no)
    if order is None:
        order = _new(session, told.platform, told.order_no, source=source, now=now)
        order.flag = int(told.flag)
    order.told += 1
    if order.paid_at is not None:
        return _told_again(session, order, told)
    _fill(session, order, told, source)
    session.flush()
    return Entry(order, told, fresh=True)


def tombstone(session: Session, platform: str, order_no: str, *, now: datetime) -> ShopOrder:
    """The order, or one of which only a refund is known yet: paid later, it will not ship."""
    order = find(session, platform, order_no)
    if order is None:
        order = _new(session, platform, order_no, source="refund", now=now)
        session.flush()
    return order


def _new(
    session: Session, platform: str, order_no: str, *, source: str, now: datetime
) -> ShopOrder:
    order = ShopOrder(
        platform=platform, order_no=order_no, buyer="", received_at=now, source=source,
        refund="", told=0, flag=0, seen=[],
    )
    session.add(order)
    return order


def _fill(session: Session, order: ShopOrder, told: PaidOrder, source: str) -> None:
    consignee = told.consignee
    order.buyer, order.shop, order.source = told.buyer, told.shop, source
    order.paid_at, order.ship_after = told.paid_at, told.ship_after
    order.name, order.phone, order.company = consignee.name, consignee.phone, consignee.company
    order.province, order.city = consignee.province, consignee.city
    order.district, order.street = consignee.district, consignee.street
    order.postcode = consignee.postcode
    order.buyer_message, order.seller_memo = told.buyer_message, told.seller_memo
    order.shipping_wish, order.flag = told.shipping_wish, int(told.flag)
    for line in told.lines:
        _enter_line(order, line)
    order.seen = list(_digests(session, told).values())
    _settle_only_line(session, order)


def _enter_line(order: ShopOrder, line: OrderLine) -> None:
    row = next((known for known in order.lines if known.line_no == line.line_no), None)
    if row is None:
        row = ShopOrderLine(line_no=line.line_no, refund="")
        order.lines.append(row)
    row.sku_code, row.title, row.item_no = line.sku, line.title, line.item_no
    row.color, row.size, row.quantity = line.color, line.size, line.quantity
    row.price_fen, row.waist_mm = line.price_fen, line.waist_mm
    if line.refunded and row.refund not in GONE:
        row.refund = str(RefundKind.REFUNDED)


def real_lines(order: ShopOrder) -> list[ShopOrderLine]:
    """The order's lines as it was told, without the shadows of refunds that fit none."""
    return [line for line in order.lines if line.quantity]


def live_lines(order: ShopOrder) -> list[ShopOrderLine]:
    """The lines that are to be shipped."""
    return [line for line in real_lines(order) if line.refund not in GONE]


def shadows(order: ShopOrder) -> list[ShopOrderLine]:
    """Refunds of line numbers that no telling of the order has: roads number lines differently."""
    return [line for line in order.lines if not line.quantity]


def _settle_only_line(session: Session, order: ShopOrder) -> None:
    """A refund told before the payment meant the only line, whatever number it gave."""
    lines = real_lines(order)
    if len(lines) != 1:
        return
    for shadow in shadows(order):
        if lines[0].refund not in GONE:
            lines[0].refund, lines[0].refund_at = shadow.refund, shadow.refund_at
        order.lines.remove(shadow)
        session.delete(shadow)


# --- Told again -----------------------------------------------------------------------------------


def _told_again(session: Session, order: ShopOrder, told: PaidOrder) -> Entry:
    """What is new in it. A road that knows no flag, memo or message does not clear one.

    Content and address that were told before are no news, even if they are not the present ones:
    a person was asked about them already.
    """
    differing = []
    if _plain(consignee_of(order)) != _plain(told.consignee):
        differing.append("address")
    if not _same_goods(real_lines(order), told.lines):
        differing.append("lines")
    digests = _digests(session, told)
    news = tuple(what for what in differing if digests[what] not in order.seen)
    if news:
        order.seen = [*order.seen, *(digests[what] for what in news)]
    before = Words(order.flag, order.seller_memo, order.buyer_message, order.shipping_wish)
    order.flag = int(told.flag) or order.flag
    order.seller_memo = told.seller_memo or order.seller_memo
    order.buyer_message = told.buyer_message or order.buyer_message
    order.shipping_wish = told.shipping_wish or order.shipping_wish
    return Entry(order, told, fresh=False, differs=news, before=before)


def _digests(session: Session, told: PaidOrder) -> dict[str, str]:
    """A short keyed digest of the address and of the content, to be recognised by."""
    keys = keys_for(session)
    goods = sorted((line.sku, line.item_no, line.color, line.size, line.quantity)
                   for line in told.lines)
    return {
        "address": _digest(keys, "address", _plain(told.consignee)),
        "lines": _digest(keys, "lines", repr(goods)),
    }


def _digest(keys: Keyring, *parts: str) -> str:
    """Over the plain digest, so that digests from before the keys could be brought along."""
    plain = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return keys.digest("seen", plain)[:24]


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


def _same_goods(lines: Iterable[ShopOrderLine], told: Iterable[OrderLine]) -> bool:
    """Whether both name the same pieces, by the most exact name that both of them have.

    One road may know merchant codes and another only colours and sizes, or nothing but how many.
    """
    ours = [(line.sku_code, (line.color, line.size), line.quantity) for line in lines]
    theirs = [(line.sku, (line.color, line.size), line.quantity) for line in told]
    if all(code for code, _, _ in (*ours, *theirs)):
        return _count((code, n) for code, _, n in ours) == _count((c, n) for c, _, n in theirs)
    if all(any(look) for _, look, _ in (*ours, *theirs)):
        return _count((look, n) for _, look, n in ours) == _count((k, n) for _, k, n in theirs)
    return sum(n for _, _, n in ours) == sum(n for _, _, n in theirs)


def _count(pieces: Iterable[tuple[object, int]]) -> Counter[object]:
    counts: Counter[object] = Counter()
    for name, quantity in pieces:
        counts[name] += quantity
    return counts


def same_receiver(buyer: str, consignee: Consignee) -> str:
    """What is equal for the same buyer at the same address."""
    return f"{buyer}\0{_plain(consignee)}"


def merge_key(session: Session, buyer: str, consignee: Consignee) -> str:
    """A keyed digest that is equal for the same buyer at the same address, and tells neither."""
    text = same_receiver(buyer, consignee).encode("utf-8", "surrogatepass")
    return keys_for(session).digest("merge", hashlib.sha256(text).hexdigest())
