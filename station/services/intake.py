"""付款 to 备货: a paid order becomes a parcel, all or nothing, with no hand touching anything.

One transaction enters the order, reserves its goods, chooses the carrier, merges it with the
buyer's other paid orders to the same address, takes a waybill number, sets the deadline and writes
the print job (D2, S9, S10, S12). What cannot go on is held, with its reason, and the rest goes on.

Orders travel together only while none of them makes another wait: a presale, a refund that is
asked for or goods that are short go alone, unless a note names how many belong together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Parcel, ParcelLine, ShopOrder
from station.domain.deadlines import deadline
from station.domain.orders import PaidOrder
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode, Flag
from station.domain.waists import with_waists
from station.domain.wishes import (
    CarrierWish,
    carrier_wish,
    choose_carrier,
    expected_order_count,
)
from station.services import numbers, refunds, stock
from station.services.alarms import raise_alarm
from station.services.history import record
from station.services.holds import hold, open_holds, release, tell
from station.services.issuing import intercept, is_on_paper, locked, reissue
from station.services.orderbook import (
    GONE,
    STOPPING,
    Entry,
    consignee_of,
    enter,
    live_lines,
    merge_key,
    shadows,
)
from station.services.reserving import advance, find_sku, unknown_in, wanted_of
from station.services.retelling import (
    check_bundle,
    check_reach,
    expected_orders,
    flag_of,
    look_again,
    note_of,
)
from station.services.rules import Rules

_JOINABLE = (ParcelState.WAITING, ParcelState.RESERVED, ParcelState.PRINTED)
_ALONE = frozenset({
    Code.ORDER_REFUND_ASKED, Code.ORDER_BY_HAND, Code.ORDER_TOLD_DIFFERENTLY,
    Code.ORDER_FLAG_YELLOW, Code.ORDER_MASKED, Code.ORDER_PRESALE, Code.PRINT_UNPRINTABLE,
    Code.ITEM_DEFECT,
})
"""Holds that an order would share if it joined their parcel, though nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one told order. ``outcome``: new, merged, known, changed, refunded."""

    order_no: str
    outcome: str
    parcel_id: int | None
    waybill_no: str | None = None
    holds: tuple[str, ...] = ()


def take_orders(
    session: Session, orders: Iterable[PaidOrder], rules: Rules, *, source: str, now: datetime
) -> list[Taken]:
    """Take paid orders in; orders of one buyer to one address become one parcel.

    Numbers and print jobs are taken after all of them are entered, so that orders which arrive
    together print together on one label.
    """
    entries = [
        enter(session, _with_waists(told), source=source, now=now)
        for told in sorted(orders, key=lambda told: (told.paid_at, told.order_no))
    ]
    outcomes = [_place(session, entry, rules, now=now) for entry in entries]
    touched = {entry.order.parcel_id: entry.order.parcel for entry in entries if entry.fresh}
    parcels = [parcel for parcel in touched.values() if parcel is not None]
    # All goods at once and by ascending id: two imports that share articles never wait in a circle.
    stock.locked(session, {line.sku_id or 0 for parcel in parcels for line in parcel.lines})
    for parcel in parcels:
        advance(session, parcel, rules, now=now)
    return [_taken(entry, outcome) for entry, outcome in zip(entries, outcomes, strict=True)]


def _with_waists(told: PaidOrder) -> PaidOrder:
    """The buyer's confirmed waist travels with the order line (S8)."""
    return replace(told, lines=with_waists(told.lines, told.seller_memo, told.buyer_message))


def _taken(entry: Entry, outcome: str) -> Taken:
    parcel = entry.order.parcel
    if parcel is None:
        return Taken(entry.order.order_no, outcome, None)
    codes = tuple(row.code for row in open_holds(parcel))
    return Taken(entry.order.order_no, outcome, parcel.id, parcel.waybill_no, codes)


def _place(session: Session, entry: Entry, rules: Rules, *, now: datetime) -> str:
    """Give a fresh order its parcel; look at what changed in one that was told again."""
    if not entry.fresh:
        return look_again(session, entry, rules, now=now)
    order = entry.order
    if order.refund in GONE or not live_lines(order):
        return "refunded"
    parcel = _parcel_to_join(session, order, rules, now=now)
    if parcel is not None:
        _join(session, parcel, order, rules, now=now)
        return "merged"
    open_parcel(session, order, rules, now=now)
    return "new"


# --- Which parcel ---------------------------------------------------------------------------------


def _wish(order: ShopOrder) -> CarrierWish:
    return carrier_wish(order.buyer_message, order.seller_memo, order.shipping_wish)


def _parcel_to_join(
    session: Session, order: ShopOrder, rules: Rules, *, now: datetime
) -> Parcel | None:
    """A parcel of the same buyer and address, paid within the window, not yet opened (S10)."""
    if rules.merge_window.total_seconds() <= 0 or order.paid_at is None:
        return None
    wish = _wish(order)
    query = (
        select(Parcel)
        .where(
            Parcel.merge_key == merge_key(session, order.buyer, consignee_of(order)),
            Parcel.state.in_([str(state) for state in _JOINABLE]),
            Parcel.split.is_(False),
            Parcel.paid_at >= order.paid_at - rules.merge_window,
            Parcel.paid_at <= order.paid_at + rules.merge_window,
            Parcel.carrier.not_in([str(code) for code in wish.refused]),
        )
        .order_by(Parcel.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if wish.carrier is not None:  # another carrier was asked for: that outweighs one label saved
        query = query.where(Parcel.carrier == str(wish.carrier))
    candidates = session.scalars(query).all()
    return next((one for one in candidates if _may_join(session, one, order, now=now)), None)


def _may_join(session: Session, parcel: Parcel, order: ShopOrder, *, now: datetime) -> bool:
    """Whether neither makes the other wait, or a note says that they belong together."""
    named = expected_order_count(order.seller_memo, order.buyer_message) or 0
    if expected_orders(parcel) > len(parcel.orders) or named > 1:
        return True
    if _waits(order, now) or any(row.code in _ALONE for row in open_holds(parcel)):
        return False
    if _lacks_goods(session, parcel) and not _can_go(session, {}, order):
        return True  # both wait for goods: they wait, and leave, together
    return _can_go_together(session, parcel, order)


def _lacks_goods(session: Session, parcel: Parcel) -> bool:
    """Whether the parcel cannot leave by itself: an article nobody knows, or too few pieces."""
    if unknown_in(parcel):
        return True
    wanted = wanted_of(parcel)
    skus = stock.locked(session, wanted)
    return any(skus[key].available < pieces for key, pieces in wanted.items())


def _waits(order: ShopOrder, now: datetime) -> bool:
    """Whether the order has a reason of its own to wait."""
    return (
        order.flag == Flag.YELLOW
        or (order.ship_after is not None and order.ship_after > now)
        or _is_masked(order)
        or _refund_asked(order)
    )


def _is_masked(order: ShopOrder) -> bool:
    return "*" in order.name + order.phone + order.street


def _refund_asked(order: ShopOrder) -> bool:
    """Whether money may go back: for the order, one of its lines, or a line that nobody knows."""
    rows = [order.refund, *(line.refund for line in order.lines if line.refund not in GONE)]
    return any(row in STOPPING for row in (*rows, *(line.refund for line in shadows(order))))


def _can_go_together(session: Session, parcel: Parcel, order: ShopOrder) -> bool:
    """Whether there are goods for both, and a new number if the parcel's paper is out already."""
    if unknown_in(parcel):
        return False
    pool = CarrierCode(parcel.carrier)
    if is_on_paper(session, parcel) and not numbers.has_unused(session, pool):
        return False
    return _can_go(session, wanted_of(parcel), order)


def _can_go(session: Session, wanted: dict[int, int], order: ShopOrder) -> bool:
    """Whether the shelf has the order's goods beside those that are ``wanted`` already."""
    for line in live_lines(order):
        sku = find_sku(session, line)
        if sku is None:
            return False
        wanted[sku.id] = wanted.get(sku.id, 0) + line.quantity
    skus = stock.locked(session, wanted)
    return all(skus[key].available >= pieces for key, pieces in wanted.items())


def _join(
    session: Session, parcel: Parcel, order: ShopOrder, rules: Rules, *, now: datetime
) -> None:
    """Add the order to a parcel; paper that is out already becomes void and is replaced."""
    on_paper = is_on_paper(session, parcel)
    parcel.orders.append(order)
    _add_lines(session, parcel, order)
    if order.paid_at is not None:
        parcel.paid_at = min(parcel.paid_at, order.paid_at)
    parcel.deadline = min(parcel.deadline, _deadline(order))
    parcel.note, parcel.flag, parcel.note_read_by = note_of(parcel), flag_of(parcel), ""
    parcel.version += 1  # a label that was drawn without it is drawn anew
    record(
        session, f"parcel:{parcel.id}", "merged", {"order_no": order.order_no}, now=now
    )
    if on_paper:
        reissue(session, parcel, rules, reason="merged", now=now)
    _hold_if_needed(session, parcel, order, now=now)


def open_parcel(
    session: Session, order: ShopOrder, rules: Rules, *, now: datetime
) -> Parcel:
    """A new parcel of one order, waiting; ``advance`` takes it further."""
    consignee = consignee_of(order)
    carrier, why = choose_carrier(consignee, _wish(order), rules.reach, rules.default_carrier)
    paid_at = order.paid_at or now
    parcel = Parcel(
        state=str(ParcelState.WAITING), version=1, carrier=str(carrier), carrier_reason=str(why),
        merge_key=merge_key(session, order.buyer, consignee), name=order.name, phone=order.phone,
        company=order.company, province=order.province, city=order.city, district=order.district,
        street=order.street, postcode=order.postcode, paid_at=paid_at, deadline=_deadline(order),
        created_at=now, flag=order.flag, bench="", intercept="", split=False, copies=0, note="",
        note_read_by="", checklist_by="", packer="", content_hash="",
    )
    session.add(parcel)
    parcel.orders.append(order)
    session.flush()
    parcel.note = note_of(parcel)
    _add_lines(session, parcel, order)
    record(
        session, f"parcel:{parcel.id}", "paid",
        {"order_no": order.order_no, "carrier": str(carrier), "why": str(why),
         "deadline": parcel.deadline.isoformat()}, now=now,
    )
    check_reach(session, parcel, now=now)
    _hold_if_needed(session, parcel, order, now=now)
    return parcel


def _deadline(order: ShopOrder) -> datetime:
    assert order.paid_at is not None  # noqa: S101 - only fresh, paid orders get here
    return deadline(order.paid_at, ship_after=order.ship_after)


def _add_lines(session: Session, parcel: Parcel, order: ShopOrder) -> None:
    for line in live_lines(order):
        sku = find_sku(session, line)
        parcel.lines.append(
            ParcelLine(
                order_line_id=line.id, sku_id=sku.id if sku else None, quantity=line.quantity,
                packed=0, reserved=0, waist_mm=line.waist_mm, measured_mm=[],
            )
        )
    session.flush()


def _hold_if_needed(session: Session, parcel: Parcel, order: ShopOrder, *, now: datetime) -> None:
    """The reasons that lie in the order itself; stock and numbers are looked at by ``advance``."""
    if order.flag == Flag.YELLOW:
        hold(session, parcel, Code.ORDER_FLAG_YELLOW, now=now)
    if _refund_asked(order):
        refunds.hold_for_refund(session, parcel, order, now=now)
    if order.ship_after is not None and order.ship_after > now:
        hold(
            session, parcel, Code.ORDER_PRESALE, {"ship_after": order.ship_after.isoformat()},
            now=now,
        )
    if _is_masked(order):
        hold(session, parcel, Code.ORDER_MASKED, {"order_no": order.order_no}, now=now)
    if _wish(order).needs_a_person:
        # The words did not decide: the rule's carrier goes, and somebody reads them meanwhile.
        facts = {"order_no": order.order_no, "waybill_no": parcel.waybill_no or ""}
        raise_alarm(session, "carrier_unclear", f"parcel:{parcel.id}", facts, now=now)
    check_bundle(session, parcel, now=now)


# --- By hand --------------------------------------------------------------------------------------


def release_by_hand(
    session: Session, parcel_id: int, code: Code, rules: Rules, *, who: str, reason: str,
    now: datetime,
) -> bool:
    """A named person lets one hold go; a parcel that is free then prints at once (S20)."""
    parcel = locked(session, parcel_id)
    if code == Code.ORDER_BUNDLE_INCOMPLETE:
        parcel.split = True
    if code == Code.ORDER_REFUND_ASKED:
        refunds.let_go(parcel, now=now)
    release(session, parcel, code, now=now, who=who, reason=reason[:200])
    return advance(session, parcel, rules, now=now)


def hold_by_hand(
    session: Session, parcel_id: int, *, who: str, reason: str, now: datetime
) -> None:
    """A named person holds a parcel, wherever it is; one that left is to be called back."""
    parcel = locked(session, parcel_id)
    if parcel.state == ParcelState.HANDED_OVER:
        intercept(session, parcel, kind="by_hand", now=now)
    elif parcel.state != ParcelState.VOID:
        hold(session, parcel, Code.ORDER_BY_HAND, {"reason": reason[:200]}, now=now, who=who)
    tell(session, parcel)
