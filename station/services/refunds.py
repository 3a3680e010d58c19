"""A refund or cancellation, told at any moment: it stops the parcel wherever it is, loudly."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import Parcel, ParcelLine, ShopOrder, ShopOrderLine
from station.domain.orders import RefundKind, RefundNotice
from station.domain.parcel import ENDED, ParcelState
from station.domain.refusals import Code
from station.services import stock
from station.services.alarms import raise_alarm
from station.services.history import record
from station.services.holds import hold, release
from station.services.intake import advance
from station.services.issuing import cancel, is_on_paper, reissue, stop
from station.services.orderbook import tombstone
from station.services.rules import Rules

_GONE = (RefundKind.REFUNDED, RefundKind.CANCELLED)


def tell_refund(
    session: Session, notice_: RefundNotice, rules: Rules, *, now: datetime
) -> ShopOrder:
    """Take a refund notice in. Told twice, or before the payment, it means the same."""
    order = tombstone(session, notice_.platform, notice_.order_no, now=now)
    if notice_.line_no is None:
        _tell_order(session, order, notice_.kind, rules, now=now)
    else:
        _tell_line(session, order, notice_, rules, now=now)
    return order


def _tell_order(
    session: Session, order: ShopOrder, kind: RefundKind, rules: Rules, *, now: datetime
) -> None:
    if order.refund in _GONE or order.refund == kind:
        return  # money that went back does not come again
    order.refund = "" if kind == RefundKind.REFUND_CLOSED else str(kind)
    if order.parcel is not None:
        _apply(session, order.parcel, order, kind, rules, now=now)


def _tell_line(
    session: Session, order: ShopOrder, notice_: RefundNotice, rules: Rules, *, now: datetime
) -> None:
    line = next((row for row in order.lines if row.line_no == notice_.line_no), None)
    if line is None:
        line = ShopOrderLine(
            line_no=notice_.line_no or "", sku_code="", quantity=0, refund="", title=""
        )
        order.lines.append(line)
    if line.refund in _GONE or line.refund == notice_.kind:
        return
    line.refund = "" if notice_.kind == RefundKind.REFUND_CLOSED else str(notice_.kind)
    if order.parcel is not None:
        _apply(session, order.parcel, order, notice_.kind, rules, now=now)


def _apply(
    session: Session, parcel: Parcel, order: ShopOrder, kind: RefundKind, rules: Rules, *,
    now: datetime,
) -> None:
    """Carry the news to the parcel: asked for = hold, closed = go on, gone = take out or stop."""
    if parcel.state == ParcelState.VOID:
        return
    if parcel.state == ParcelState.HANDED_OVER:
        if kind != RefundKind.REFUND_CLOSED:
            stop(session, parcel, kind=str(kind), now=now)
        return
    if kind == RefundKind.REFUND_CLOSED:
        if not _still_asked(parcel) and release(
            session, parcel, Code.ORDER_REFUND_ASKED, now=now, reason="closed"
        ):
            advance(session, parcel, rules, now=now)
        return
    if kind == RefundKind.REFUND_REQUESTED:
        hold(session, parcel, Code.ORDER_REFUND_ASKED, {"order_no": order.order_no}, now=now)
        raise_alarm(
            session, "refund_asked", f"parcel:{parcel.id}",
            {"waybill_no": parcel.waybill_no or "", "order_no": order.order_no}, now=now,
        )
        return
    _take_out(session, parcel, kind, rules, now=now)


def _still_asked(parcel: Parcel) -> bool:
    asked = str(RefundKind.REFUND_REQUESTED)
    return any(
        order.refund == asked or any(line.refund == asked for line in order.lines)
        for order in parcel.orders
    )


def _take_out(
    session: Session, parcel: Parcel, kind: RefundKind, rules: Rules, *, now: datetime
) -> None:
    """Money is gone for some or all of the content."""
    gone = [line for line in parcel.lines if _is_gone(line) and line.quantity]
    staying = [line for line in parcel.lines if not _is_gone(line) and line.quantity]
    if not staying:
        stop(session, parcel, kind=str(kind), now=now)
        return
    if parcel.state not in (
        ParcelState.WAITING, ParcelState.RESERVED, ParcelState.PRINTED
    ):
        stop(session, parcel, kind=str(kind), now=now)  # taken apart first, then issued anew
        return
    on_paper = is_on_paper(session, parcel)
    drop_lines(session, parcel, gone, now=now)
    if not _still_asked(parcel):
        release(session, parcel, Code.ORDER_REFUND_ASKED, now=now, reason="settled")
    if on_paper:
        reissue(session, parcel, rules, reason="partly_refunded", now=now)
    else:
        advance(session, parcel, rules, now=now)


def _is_gone(line: ParcelLine) -> bool:
    row = line.order_line
    return row is not None and (row.refund in _GONE or row.order.refund in _GONE)


def drop_lines(
    session: Session, parcel: Parcel, gone: list[ParcelLine], *, now: datetime
) -> None:
    """Take refunded lines out of the parcel and let their goods go; the rows stay, with 0."""
    pieces: dict[int, int] = {}
    for line in gone:
        if line.sku_id is not None and line.reserved:
            pieces[line.sku_id] = pieces.get(line.sku_id, 0) + line.reserved
        line.quantity = line.reserved = line.packed = 0
    if pieces:
        stock.release(session, pieces, parcel_id=parcel.id, now=now)
    parcel.version += 1
    record(session, f"parcel:{parcel.id}", "lines_refunded", {"lines": len(gone)}, now=now)


def take_apart(
    session: Session, parcel_id: int, rules: Rules, *, who: str, bench: str, now: datetime
) -> str:
    """A stopped parcel was taken apart at the bench: "cancelled", or "reissued" with the rest."""
    parcel = session.get_one(Parcel, parcel_id)
    if parcel.state in ENDED:
        return str(parcel.state)
    record(session, f"parcel:{parcel.id}", "taken_apart", {}, now=now, who=who, bench=bench)
    gone = [line for line in parcel.lines if _is_gone(line) and line.quantity]
    if len(gone) == len([line for line in parcel.lines if line.quantity]):
        cancel(session, parcel, reason="refunded", now=now, who=who)
        return "cancelled"
    drop_lines(session, parcel, gone, now=now)
    reissue(session, parcel, rules, reason="partly_refunded", now=now, who=who)
    return "reissued"
