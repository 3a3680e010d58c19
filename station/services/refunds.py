"""A refund or cancellation, told at any moment: it stops the parcel wherever it is, loudly.

News about money has its own time: what is older than what is known already changes nothing, except
that money which is gone counts whenever it is told.
"""

from __future__ import annotations

from dataclasses import replace
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
from station.services.issuing import cancel, is_on_paper, locked, reissue, stop
from station.services.orderbook import GONE, real_lines, shadows, tombstone
from station.services.reserving import advance
from station.services.rules import Rules

SETTLED = "settled"
"""A shadow's refund after a person said what becomes of it: told again, it is known."""


def tell_refund(
    session: Session, notice_: RefundNotice, rules: Rules, *, now: datetime
) -> ShopOrder:
    """Take a refund notice in. Told twice, or before the payment, it means the same."""
    order = tombstone(session, notice_.platform, notice_.order_no, now=now)
    row = order if notice_.line_no is None else _line_meant(order, notice_.line_no)
    if _is_old(session, row, order, notice_, now=now) or not _note(row, notice_):
        return order
    if order.parcel_id is not None:
        parcel = locked(session, order.parcel_id)
        if isinstance(row, ShopOrderLine) and not row.quantity:
            _unclear(session, parcel, order, notice_.kind, rules, now=now)
        else:
            _apply(session, parcel, order, notice_.kind, rules, now=now)
    return order


def _line_meant(order: ShopOrder, line_no: str) -> ShopOrderLine:
    """The line of this number; the only line, whatever its number; else the refund's shadow."""
    known = [line for line in order.lines if line.line_no == line_no]
    lines = real_lines(order)
    if known or len(lines) == 1:
        return (known or lines)[0]
    shadow = ShopOrderLine(
        line_no=line_no, sku_code="", quantity=0, price_fen=0, refund="", title="", item_no="",
        color="", size="",
    )
    order.lines.append(shadow)
    return shadow


def _is_old(
    session: Session, row: ShopOrder | ShopOrderLine, order: ShopOrder, notice_: RefundNotice, *,
    now: datetime,
) -> bool:
    """News from before the last. A request is still told to a person: his clock may be wrong."""
    if row.refund_at is None or notice_.at >= row.refund_at or notice_.kind in GONE:
        return False
    if notice_.kind == RefundKind.REFUND_REQUESTED and row.refund == "":
        _ask(session, order.parcel, order, now=now)
    return True


def _note(row: ShopOrder | ShopOrderLine, notice_: RefundNotice) -> bool:
    """Write it down; False if it was known, or if the money is gone and does not come again."""
    told = "" if notice_.kind == RefundKind.REFUND_CLOSED else str(notice_.kind)
    row.refund_at = max(row.refund_at or notice_.at, notice_.at)
    if row.refund in GONE or row.refund in (notice_.kind, SETTLED):
        return False
    row.refund = told
    return True


def _ask(session: Session, parcel: Parcel | None, order: ShopOrder, *, now: datetime) -> None:
    subject = f"order:{order.id}" if parcel is None else f"parcel:{parcel.id}"
    number = (parcel.waybill_no if parcel is not None else "") or ""
    raise_alarm(
        session, "refund_asked", subject, {"waybill_no": number, "order_no": order.order_no},
        now=now,
    )


def _unclear(
    session: Session, parcel: Parcel, order: ShopOrder, kind: RefundKind, rules: Rules, *,
    now: datetime,
) -> None:
    """A refund of a line that nobody knows: nothing goes on before a person has said which."""
    if kind == RefundKind.REFUND_CLOSED or parcel.state == ParcelState.HANDED_OVER:
        _apply(session, parcel, order, kind, rules, now=now)
    elif parcel.state != ParcelState.VOID:
        hold_for_refund(session, parcel, order, now=now)


def hold_for_refund(
    session: Session, parcel: Parcel, order: ShopOrder, *, now: datetime
) -> None:
    """The parcel waits for a person to settle a refund, and somebody is told."""
    hold(session, parcel, Code.ORDER_REFUND_ASKED, {"order_no": order.order_no}, now=now)
    _ask(session, parcel, order, now=now)


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
        if not is_asked(parcel):
            release(session, parcel, Code.ORDER_REFUND_ASKED, now=now, reason="closed")
            advance(session, parcel, rules, now=now)
    elif kind == RefundKind.REFUND_REQUESTED:
        hold_for_refund(session, parcel, order, now=now)
    else:
        _take_out(session, parcel, kind, rules, now=now)


def is_asked(parcel: Parcel) -> bool:
    """True while a refund of anything in the parcel is asked for, or means nobody knows which."""
    asked = str(RefundKind.REFUND_REQUESTED)
    return any(
        order.refund == asked
        or any(line.refund == asked for line in real_lines(order))
        or any(line.refund not in ("", SETTLED) for line in shadows(order))
        for order in parcel.orders
    )


def let_go(parcel: Parcel, *, now: datetime) -> None:
    """A named person ships although a refund is asked for: what was asked counts as closed.

    The same request told again is old news; a newer one holds the parcel again.
    """
    for order in parcel.orders:
        rows: list[ShopOrder | ShopOrderLine] = [order, *order.lines]
        for row in rows:
            if row.refund == RefundKind.REFUND_REQUESTED:
                row.refund, row.refund_at = "", now
            elif isinstance(row, ShopOrderLine) and not row.quantity and row.refund:
                row.refund = SETTLED


def tell_lines(
    session: Session, order: ShopOrder, refunded: list[str], rules: Rules, *, now: datetime
) -> None:
    """Lines that an order told again calls refunded."""
    gone = RefundNotice(order.platform, order.order_no, RefundKind.REFUNDED, now)
    for line_no in refunded:
        tell_refund(session, replace(gone, line_no=line_no), rules, now=now)


def _take_out(
    session: Session, parcel: Parcel, kind: RefundKind, rules: Rules, *, now: datetime
) -> None:
    """Money is gone for some or all of the content."""
    gone = [line for line in parcel.lines if _is_gone(line) and line.quantity]
    staying = [line for line in parcel.lines if not _is_gone(line) and line.quantity]
    if not staying:
        stop(session, parcel, kind=str(kind), now=now)
        return
    if not gone:
        return
    if parcel.state not in (
        ParcelState.WAITING, ParcelState.RESERVED, ParcelState.PRINTED
    ):
        stop(session, parcel, kind=str(kind), now=now)  # taken apart first, then issued anew
        return
    on_paper = is_on_paper(session, parcel)
    drop_lines(session, parcel, gone, now=now)
    if not is_asked(parcel):
        release(session, parcel, Code.ORDER_REFUND_ASKED, now=now, reason="settled")
    if on_paper:
        reissue(session, parcel, rules, reason="partly_refunded", now=now)
    advance(session, parcel, rules, now=now)


def _is_gone(line: ParcelLine) -> bool:
    row = line.order_line
    return row is not None and (row.refund in GONE or row.order.refund in GONE)


def drop_lines(
    session: Session, parcel: Parcel, gone: list[ParcelLine], *, now: datetime
) -> None:
    """Take refunded lines out of the parcel and let their goods go; the rows stay, with 0."""
    pieces: dict[int, int] = {}
    for line in gone:
        if line.sku_id is not None and line.reserved:
            pieces[line.sku_id] = pieces.get(line.sku_id, 0) + line.reserved
        line.quantity = line.reserved = line.packed = 0
        line.measured_mm = []
    if pieces:
        stock.release(session, pieces, parcel_id=parcel.id, now=now)
    parcel.version += 1
    record(session, f"parcel:{parcel.id}", "lines_refunded", {"lines": len(gone)}, now=now)


def take_apart(
    session: Session, parcel_id: int, rules: Rules, *, who: str, bench: str, now: datetime
) -> str:
    """A stopped parcel was taken apart at the bench: "cancelled", or "reissued" with the rest."""
    parcel = locked(session, parcel_id)
    if parcel.state in ENDED:
        return str(parcel.state)
    record(session, f"parcel:{parcel.id}", "taken_apart", {}, now=now, who=who, bench=bench)
    gone = [line for line in parcel.lines if _is_gone(line) and line.quantity]
    if len(gone) == len([line for line in parcel.lines if line.quantity]):
        cancel(session, parcel, reason="refunded", now=now, who=who)
        return "cancelled"
    drop_lines(session, parcel, gone, now=now)
    if not is_asked(parcel):
        release(session, parcel, Code.ORDER_REFUND_ASKED, now=now, who=who, reason="settled")
    reissue(session, parcel, rules, reason="partly_refunded", now=now, who=who)
    advance(session, parcel, rules, now=now)
    return "reissued"
