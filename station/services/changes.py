"""What customer service changes after the payment: the address, and which orders go together.

Before printing a change is simply taken; after printing the old waybill is void, its number is
never used again, and a new label prints (S11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import Parcel, ShopOrder
from station.domain.orders import Consignee
from station.domain.parcel import ENDED, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.wishes import carrier_wish, choose_carrier
from station.services import stock
from station.services.history import record
from station.services.holds import release, tell
from station.services.intake import advance, open_parcel
from station.services.issuing import is_on_paper, reissue
from station.services.orderbook import merge_key
from station.services.printing_facts import consignee_of
from station.services.rules import Rules

_TOO_LATE = (*ENDED, ParcelState.STOPPED)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change led to; ``reprinted`` if paper that was out became void."""

    parcel_id: int
    reprinted: bool


def change_address(
    session: Session, parcel_id: int, consignee: Consignee, rules: Rules, *, who: str, reason: str,
    now: datetime,
) -> Changed | Refusal:
    """Send the parcel elsewhere. The carrier is chosen anew, for it may not reach the new place."""
    parcel = session.get_one(Parcel, parcel_id)
    if parcel.state in _TOO_LATE:
        return Refusal(Code.PARCEL_CHANGED, {"state": parcel.state})
    on_paper = is_on_paper(session, parcel)
    bound = parcel.waybill_no is not None
    for order in parcel.orders:
        _send_to(order, consignee)
    _send_to(parcel, consignee)
    parcel.merge_key = merge_key(parcel.orders[0].buyer, consignee_of(parcel))
    before = parcel.carrier
    _choose_carrier(parcel, rules)
    parcel.version += 1
    record(
        session, f"parcel:{parcel.id}", "address_changed",
        {"reason": reason, "carrier_before": before, "carrier": parcel.carrier}, now=now, who=who,
    )
    release(session, parcel, Code.ORDER_TOLD_DIFFERENTLY, now=now, who=who, reason=reason)
    release(session, parcel, Code.ORDER_MASKED, now=now, who=who, reason=reason)
    release(session, parcel, Code.PRINT_UNPRINTABLE, now=now, who=who, reason=reason)
    if on_paper or (bound and parcel.carrier != before):
        reissue(session, parcel, rules, reason="address", now=now, who=who)
    else:
        advance(session, parcel, rules, now=now)
    tell(session, parcel)
    return Changed(parcel.id, on_paper)


def _send_to(row: ShopOrder | Parcel, consignee: Consignee) -> None:
    row.name, row.phone, row.company = consignee.name, consignee.phone, consignee.company
    row.province, row.city, row.district = consignee.province, consignee.city, consignee.district
    row.street, row.postcode = consignee.street, consignee.postcode


def _choose_carrier(parcel: Parcel, rules: Rules) -> None:
    order = parcel.orders[0]
    wish = carrier_wish(order.buyer_message, order.seller_memo, order.shipping_wish)
    carrier, why = choose_carrier(
        consignee_of(parcel), wish, rules.reach, rules.default_carrier
    )
    parcel.carrier, parcel.carrier_reason = str(carrier), str(why)


def split_order(
    session: Session, parcel_id: int, order_id: int, rules: Rules, *, who: str, now: datetime
) -> Changed | Refusal:
    """Take one order out of a merged parcel into a parcel of its own (S10)."""
    parcel = session.get_one(Parcel, parcel_id)
    order = next((one for one in parcel.orders if one.id == order_id), None)
    movable = (ParcelState.WAITING, ParcelState.RESERVED, ParcelState.PRINTED)
    if order is None or len(parcel.orders) < 2 or parcel.state not in movable:
        return Refusal(Code.PARCEL_CHANGED, {"state": parcel.state})
    on_paper = is_on_paper(session, parcel)
    _take_out(session, parcel, order, now=now)
    parcel.split = True
    record(
        session, f"parcel:{parcel.id}", "split", {"order_no": order.order_no}, now=now, who=who
    )
    if parcel.state != ParcelState.WAITING:
        reissue(session, parcel, rules, reason="split", now=now, who=who)
    fresh = open_parcel(session, order, rules, now=now)
    fresh.split = True
    release(session, fresh, Code.ORDER_BUNDLE_INCOMPLETE, now=now, who=who, reason="split")
    release(session, parcel, Code.ORDER_BUNDLE_INCOMPLETE, now=now, who=who, reason="split")
    advance(session, fresh, rules, now=now)
    advance(session, parcel, rules, now=now)
    return Changed(fresh.id, on_paper)


def _take_out(session: Session, parcel: Parcel, order: ShopOrder, *, now: datetime) -> None:
    """Let go of the order's lines and goods, and of its words in the note."""
    pieces: dict[int, int] = {}
    for line in list(parcel.lines):
        if line.order_line is None or line.order_line.order_id != order.id:
            continue
        if line.sku_id is not None and line.reserved:
            pieces[line.sku_id] = pieces.get(line.sku_id, 0) + line.reserved
        parcel.lines.remove(line)
        session.delete(line)
    if pieces:
        stock.release(session, pieces, parcel_id=parcel.id, now=now)
    parcel.orders.remove(order)
    words = [one.seller_memo.strip() for one in parcel.orders]
    words += [one.buyer_message.strip() for one in parcel.orders]
    parcel.note = "\n".join(dict.fromkeys(word for word in words if word))
    session.flush()
