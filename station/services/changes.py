"""What customer service changes after the payment: address, carrier, which orders go together.

Before printing a change is simply taken; after printing the old waybill is void, its number is
never used again, and a new label prints (S11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Parcel, ShopOrder
from station.domain.orders import Consignee
from station.domain.parcel import ENDED, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode
from station.domain.wishes import CarrierWish, carrier_wish, choose_carrier
from station.services import outbox, stock
from station.services.history import record
from station.services.holds import open_holds, release, tell
from station.services.intake import open_parcel
from station.services.issuing import is_on_paper, locked, reissue
from station.services.orderbook import merge_key
from station.services.printing_facts import consignee_of
from station.services.reserving import advance
from station.services.retelling import BY_HAND, flag_of, note_of, take_carrier
from station.services.rules import Rules
from station.services.screens import receiver

_TOO_LATE = (*ENDED, ParcelState.STOPPED)
_MOVABLE = (ParcelState.WAITING, ParcelState.RESERVED, ParcelState.PRINTED)
_SETTLED_BY_ADDRESS = (
    Code.ORDER_TOLD_DIFFERENTLY, Code.ORDER_MASKED, Code.PRINT_UNPRINTABLE,
)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change led to; ``reprinted`` if paper that was out became void."""

    parcel_id: int
    reprinted: bool


@dataclass(frozen=True, slots=True)
class Changeable:
    """A parcel for the page that changes it: its orders with their ids, and whether it is too late.

    ``receiver`` is masked.
    """

    id: int
    waybill_no: str
    carrier: str
    state: str
    receiver: str
    orders: tuple[tuple[int, str], ...]
    too_late: bool
    can_split: bool


def changeable(session: Session, parcel_id: int) -> Changeable | None:
    """What customer service may change of a parcel; None if there is none."""
    parcel = session.get(Parcel, parcel_id)
    if parcel is None:
        return None
    return Changeable(
        parcel.id, parcel.waybill_no or "", parcel.carrier, parcel.state, receiver(parcel),
        tuple((order.id, order.order_no) for order in parcel.orders),
        parcel.state in _TOO_LATE, len(parcel.orders) > 1 and parcel.state in _MOVABLE,
    )


def change_address(
    session: Session, parcel_id: int, consignee: Consignee, rules: Rules, *, who: str, reason: str,
    now: datetime,
) -> Changed | Refusal:
    """Send the parcel elsewhere. The carrier is chosen anew, for it may not reach the new place."""
    parcel = _with_orders(session, parcel_id)
    if parcel.state in _TOO_LATE:
        return Refusal(Code.PARCEL_CHANGED, {"state": parcel.state})
    on_paper = is_on_paper(session, parcel)
    for order in parcel.orders:
        _send_to(order, consignee)
    _send_to(parcel, consignee)
    parcel.merge_key = merge_key(session, parcel.orders[0].buyer, consignee_of(parcel))
    parcel.version += 1
    record(
        session, f"parcel:{parcel.id}", "address_changed", {"reason": reason}, now=now, who=who,
    )
    number = parcel.waybill_no
    _choose_carrier(session, parcel, rules, who=who, now=now)
    for code in _SETTLED_BY_ADDRESS:
        release(session, parcel, code, now=now, who=who, reason=reason)
    if on_paper and parcel.waybill_no == number:
        reissue(session, parcel, rules, reason="address", now=now, who=who)
    advance(session, parcel, rules, now=now)
    tell(session, parcel)
    return Changed(parcel.id, on_paper)


def _with_orders(session: Session, parcel_id: int) -> Parcel:
    """The parcel with its orders, all locked in the order that everybody locks them in."""
    session.scalars(
        select(ShopOrder).where(ShopOrder.parcel_id == parcel_id)
        .order_by(ShopOrder.id).with_for_update(key_share=True)
    ).all()
    return locked(session, parcel_id)


def _send_to(row: ShopOrder | Parcel, consignee: Consignee) -> None:
    row.name, row.phone, row.company = consignee.name, consignee.phone, consignee.company
    row.province, row.city, row.district = consignee.province, consignee.city, consignee.district
    row.street, row.postcode = consignee.street, consignee.postcode


def _choose_carrier(
    session: Session, parcel: Parcel, rules: Rules, *, who: str, now: datetime
) -> None:
    """By rule S9 for the new place, unless a person chose a carrier that goes there, too."""
    order = parcel.orders[0]
    wish: CarrierWish | CarrierCode = carrier_wish(
        order.buyer_message, order.seller_memo, order.shipping_wish
    )
    if parcel.carrier_reason == BY_HAND:
        wish = CarrierCode(parcel.carrier)
    choice = choose_carrier(consignee_of(parcel), wish, rules.reach, rules.default_carrier)
    if str(choice.carrier) != parcel.carrier or parcel.carrier_reason != BY_HAND:
        take_carrier(session, parcel, choice, rules, now=now, who=who)


def change_carrier(
    session: Session, parcel_id: int, carrier: CarrierCode, rules: Rules, *, who: str, reason: str,
    now: datetime,
) -> Changed | Refusal:
    """A named person gives the parcel to this carrier, whatever the rule says (S11)."""
    parcel = _with_orders(session, parcel_id)
    if parcel.state in _TOO_LATE:
        return Refusal(Code.PARCEL_CHANGED, {"state": parcel.state})
    on_paper, number = is_on_paper(session, parcel), parcel.waybill_no
    take_carrier(session, parcel, (str(carrier), BY_HAND), rules, now=now, who=who)
    if _asks_only_for_the_carrier(parcel):
        release(
            session, parcel, Code.ORDER_TOLD_DIFFERENTLY, now=now, who=who, reason=reason[:200]
        )
    advance(session, parcel, rules, now=now)
    tell(session, parcel)
    return Changed(parcel.id, on_paper and parcel.waybill_no != number)


def _asks_only_for_the_carrier(parcel: Parcel) -> bool:
    asked = [row.facts.get("what") for row in open_holds(parcel)
             if row.code == Code.ORDER_TOLD_DIFFERENTLY]
    return asked == ["carrier"]


def split_order(
    session: Session, parcel_id: int, order_id: int, rules: Rules, *, who: str, now: datetime
) -> Changed | Refusal:
    """Take one order out of a merged parcel into a parcel of its own (S10).

    Both must have something to ship: what was refunded stays where its record is.
    """
    parcel = _with_orders(session, parcel_id)
    order = next((one for one in parcel.orders if one.id == order_id), None)
    if order is None or parcel.state not in _MOVABLE or not _parts(parcel, order):
        return Refusal(Code.PARCEL_CHANGED, {"state": parcel.state})
    on_paper = is_on_paper(session, parcel)
    outbox.withdraw(session, [order])
    _take_out(session, parcel, order, now=now)
    parcel.split = True
    record(
        session, f"parcel:{parcel.id}", "split", {"order_no": order.order_no}, now=now, who=who
    )
    if on_paper:
        reissue(session, parcel, rules, reason="split", now=now, who=who)
    fresh = open_parcel(session, order, rules, now=now)
    fresh.split = True
    release(session, fresh, Code.ORDER_BUNDLE_INCOMPLETE, now=now, who=who, reason="split")
    release(session, parcel, Code.ORDER_BUNDLE_INCOMPLETE, now=now, who=who, reason="split")
    advance(session, fresh, rules, now=now)
    advance(session, parcel, rules, now=now)
    return Changed(fresh.id, on_paper)


def _parts(parcel: Parcel, order: ShopOrder) -> bool:
    """Whether the parcel holds pieces of this order and of another one."""
    owners = {
        line.order_line.order_id
        for line in parcel.lines if line.quantity and line.order_line is not None
    }
    return order.id in owners and len(owners) > 1


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
    parcel.note, parcel.flag = note_of(parcel), flag_of(parcel)
    parcel.version += 1
    session.flush()
