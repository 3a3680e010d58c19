"""付款 to 备货: a paid order becomes a parcel, all or nothing, with no hand touching anything.

One transaction enters the order, reserves its goods, chooses the carrier, merges it with the
buyer's other paid orders to the same address, takes a waybill number, sets the deadline and writes
the print job (D2, S9, S10, S12). What cannot go on is held, with its reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Hold, Parcel, ParcelLine, ShopOrder, ShopOrderLine
from station.domain.deadlines import deadline
from station.domain.orders import PaidOrder, RefundKind
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode, Flag
from station.domain.waists import with_waists
from station.domain.wishes import carrier_wish, choose_carrier, expected_order_count
from station.services import numbers, stock
from station.services.alarms import raise_alarm
from station.services.history import record
from station.services.holds import hold, open_holds, release, tell
from station.services.issuing import issue, reissue
from station.services.orderbook import Entry, consignee_of, enter, merge_key
from station.services.rules import Rules

_MERGEABLE = (ParcelState.WAITING, ParcelState.RESERVED, ParcelState.PRINTED)
_RETRIED = (Code.ORDER_NO_STOCK, Code.ORDER_POOL_EMPTY, Code.ORDER_UNKNOWN_SKU, Code.ORDER_PRESALE)


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
    for parcel in touched.values():
        if parcel is not None:
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
        return _look_again(session, entry, rules, now=now)
    order = entry.order
    if order.refund in (RefundKind.REFUNDED, RefundKind.CANCELLED) or not _live_lines(order):
        return "refunded"
    parcel = _parcel_to_join(session, order, rules)
    if parcel is not None:
        _join(session, parcel, order, rules, now=now)
        return "merged"
    open_parcel(session, order, rules, now=now)
    return "new"


def _live_lines(order: ShopOrder) -> list[ShopOrderLine]:
    gone = (RefundKind.REFUNDED, RefundKind.CANCELLED)
    return [line for line in order.lines if line.refund not in gone]


def _look_again(session: Session, entry: Entry, rules: Rules, *, now: datetime) -> str:
    parcel = entry.order.parcel
    if parcel is None:
        return "known"
    if entry.order.flag != entry.flag_before:
        _follow_flag(session, parcel, entry.order.flag, rules, now=now)
    if entry.differs and parcel.state not in (ParcelState.HANDED_OVER, ParcelState.VOID):
        # Which of the two tellings is newer cannot be known from them: a person decides.
        hold(
            session, parcel, Code.ORDER_TOLD_DIFFERENTLY,
            {"what": ",".join(entry.differs), "order_no": entry.order.order_no}, now=now,
        )
        return "changed"
    return "known"


def _follow_flag(
    session: Session, parcel: Parcel, flag: int, rules: Rules, *, now: datetime
) -> None:
    parcel.flag = flag
    if flag == Flag.YELLOW:
        hold(session, parcel, Code.ORDER_FLAG_YELLOW, now=now)
    elif release(session, parcel, Code.ORDER_FLAG_YELLOW, now=now, reason="flag"):
        advance(session, parcel, rules, now=now)


def _parcel_to_join(session: Session, order: ShopOrder, rules: Rules) -> Parcel | None:
    """A parcel of the same buyer and address, paid within the window, not yet opened (S10)."""
    if rules.merge_window.total_seconds() <= 0 or order.paid_at is None:
        return None
    wish = carrier_wish(order.buyer_message, order.seller_memo, order.shipping_wish).carrier
    query = select(Parcel).where(
        Parcel.merge_key == merge_key(order.buyer, consignee_of(order)),
        Parcel.state.in_([str(state) for state in _MERGEABLE]),
        Parcel.split.is_(False),
        Parcel.paid_at >= order.paid_at - rules.merge_window,
        Parcel.paid_at <= order.paid_at + rules.merge_window,
    )
    if wish is not None:  # another carrier was asked for: the wish outweighs one label saved
        query = query.where(Parcel.carrier == str(wish))
    return session.scalar(query.order_by(Parcel.id).limit(1).with_for_update())


def _join(
    session: Session, parcel: Parcel, order: ShopOrder, rules: Rules, *, now: datetime
) -> None:
    """Add the order to a parcel; paper that is out already becomes void and is replaced."""
    parcel.orders.append(order)
    _add_lines(session, parcel, order)
    if order.paid_at is not None:
        parcel.paid_at = min(parcel.paid_at, order.paid_at)
    parcel.deadline = min(parcel.deadline, _deadline(order))
    parcel.note = _note_of(parcel)
    parcel.flag = max(parcel.flag, order.flag)
    parcel.version += 1
    record(
        session, f"parcel:{parcel.id}", "merged", {"order_no": order.order_no}, now=now
    )
    if parcel.state != ParcelState.WAITING:
        reissue(session, parcel, rules, reason="merged", now=now)
    _hold_if_needed(session, parcel, order, now=now)


def open_parcel(
    session: Session, order: ShopOrder, rules: Rules, *, now: datetime
) -> Parcel:
    """A new parcel of one order, waiting; ``advance`` takes it further."""
    consignee = consignee_of(order)
    wish = carrier_wish(order.buyer_message, order.seller_memo, order.shipping_wish)
    carrier, why = choose_carrier(consignee, wish, rules.reach, rules.default_carrier)
    paid_at = order.paid_at or now
    parcel = Parcel(
        state=str(ParcelState.WAITING), version=1, carrier=str(carrier), carrier_reason=str(why),
        merge_key=merge_key(order.buyer, consignee), name=order.name, phone=order.phone,
        company=order.company, province=order.province, city=order.city, district=order.district,
        street=order.street, postcode=order.postcode, paid_at=paid_at, deadline=_deadline(order),
        created_at=now, flag=order.flag, bench="", intercept="", split=False, copies=0, note="",
        note_read_by="", checklist_by="", packer="", content_hash="",
    )
    session.add(parcel)
    parcel.orders.append(order)
    session.flush()
    parcel.note = _note_of(parcel)
    _add_lines(session, parcel, order)
    record(
        session, f"parcel:{parcel.id}", "paid",
        {"order_no": order.order_no, "carrier": str(carrier), "why": str(why),
         "deadline": parcel.deadline.isoformat()}, now=now,
    )
    _hold_if_needed(session, parcel, order, now=now)
    return parcel


def _deadline(order: ShopOrder) -> datetime:
    assert order.paid_at is not None  # noqa: S101 - only fresh, paid orders get here
    return deadline(order.paid_at, ship_after=order.ship_after)


def _note_of(parcel: Parcel) -> str:
    """What seller and buyer wrote, each once, the seller's first (S10)."""
    words = [order.seller_memo.strip() for order in parcel.orders]
    words += [order.buyer_message.strip() for order in parcel.orders]
    return "\n".join(dict.fromkeys(word for word in words if word))


def _add_lines(session: Session, parcel: Parcel, order: ShopOrder) -> None:
    for line in _live_lines(order):
        sku = stock.find_by_code(session, line.sku_code) if line.sku_code else None
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
    if order.refund == RefundKind.REFUND_REQUESTED:
        hold(session, parcel, Code.ORDER_REFUND_ASKED, {"order_no": order.order_no}, now=now)
    if order.ship_after is not None and order.ship_after > now:
        hold(
            session, parcel, Code.ORDER_PRESALE, {"ship_after": order.ship_after.isoformat()},
            now=now,
        )
    if "*" in order.name + order.phone + order.street:
        hold(session, parcel, Code.ORDER_MASKED, {"order_no": order.order_no}, now=now)
    _check_bundle(session, parcel, now=now)


def _check_bundle(session: Session, parcel: Parcel, *, now: datetime) -> None:
    """A note that names N orders keeps the parcel open until all N are in it (S10)."""
    expected = max(
        (expected_order_count(order.seller_memo, order.buyer_message) or 0
         for order in parcel.orders), default=0,
    )
    present = len(parcel.orders)
    if expected > present and not parcel.split:
        facts: dict[str, str | int] = {"expected": expected, "present": present}
        hold(session, parcel, Code.ORDER_BUNDLE_INCOMPLETE, facts, now=now)
    else:
        release(session, parcel, Code.ORDER_BUNDLE_INCOMPLETE, now=now, reason="complete")


def advance(session: Session, parcel: Parcel, rules: Rules, *, now: datetime) -> bool:
    """Do what can be done: set goods aside, then number and print job. True if it will print."""
    if parcel.state not in (ParcelState.WAITING, ParcelState.RESERVED):
        return False
    _reserve(session, parcel, now=now)
    return issue(session, parcel, rules, now=now)


def _reserve(session: Session, parcel: Parcel, *, now: datetime) -> None:
    unknown = [
        line.order_line.sku_code or line.order_line.title
        for line in parcel.lines
        if line.sku_id is None and line.order_line is not None and not _resolve(session, line)
    ]
    if unknown:
        facts: dict[str, str | int] = {"skus": ";".join(unknown)}
        hold(session, parcel, Code.ORDER_UNKNOWN_SKU, facts, now=now)
        return
    release(session, parcel, Code.ORDER_UNKNOWN_SKU, now=now, reason="known")
    wanted: dict[int, int] = {}
    for line in parcel.lines:
        if line.sku_id is not None and line.quantity > line.reserved:
            wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.quantity - line.reserved
    short = stock.reserve(session, wanted, parcel_id=parcel.id, now=now) if wanted else []
    if short:
        _no_stock(session, parcel, short, now=now)
        return
    for line in parcel.lines:
        line.reserved = line.quantity
    release(session, parcel, Code.ORDER_NO_STOCK, now=now, reason="stock")


def _resolve(session: Session, line: ParcelLine) -> bool:
    """Look the SKU up again: the catalogue may have learned it since."""
    assert line.order_line is not None  # noqa: S101 - the caller looked
    sku = stock.find_by_code(session, line.order_line.sku_code)
    if sku is not None:
        line.sku_id = sku.id
    return sku is not None


def _no_stock(
    session: Session, parcel: Parcel, short: list[stock.Shortage], *, now: datetime
) -> None:
    """S20: yellow, and somebody is told."""
    facts: dict[str, str | int] = {
        "skus": ";".join(f"{row.sku}×{row.wanted - row.available}" for row in short)
    }
    hold(session, parcel, Code.ORDER_NO_STOCK, facts, now=now)
    raise_alarm(session, "no_stock", f"parcel:{parcel.id}", facts, now=now)


def retry_held(session: Session, rules: Rules, *, now: datetime) -> int:
    """Offer stock, numbers and new days to the held parcels, nearest deadline first (S20).

    Returns how many of them will print now.
    """
    waiting = session.scalars(
        select(Parcel)
        .join(Hold)
        .where(Hold.released_at.is_(None), Hold.code.in_([str(code) for code in _RETRIED]))
        .where(Parcel.state == str(ParcelState.WAITING))
        .order_by(Parcel.deadline, Parcel.id)
        .distinct()
    ).all()
    return sum(_retry(session, parcel, rules, now=now) for parcel in waiting)


def _retry(session: Session, parcel: Parcel, rules: Rules, *, now: datetime) -> bool:
    if numbers.has_unused(session, CarrierCode(parcel.carrier)):
        release(session, parcel, Code.ORDER_POOL_EMPTY, now=now, reason="numbers")
    days = [order.ship_after for order in parcel.orders if order.ship_after is not None]
    if all(day <= now for day in days):
        release(session, parcel, Code.ORDER_PRESALE, now=now, reason="day")
    return advance(session, parcel, rules, now=now)


def release_by_hand(
    session: Session, parcel_id: int, code: Code, rules: Rules, *, who: str, reason: str,
    now: datetime,
) -> bool:
    """A named person lets one hold go; a parcel that is free then prints at once (S20)."""
    parcel = session.get_one(Parcel, parcel_id)
    if code == Code.ORDER_BUNDLE_INCOMPLETE:
        parcel.split = True
    release(session, parcel, code, now=now, who=who, reason=reason)
    return advance(session, parcel, rules, now=now)


def hold_by_hand(
    session: Session, parcel_id: int, *, who: str, reason: str, now: datetime
) -> None:
    """A named person holds a parcel, wherever it is."""
    parcel = session.get_one(Parcel, parcel_id)
    hold(session, parcel, Code.ORDER_BY_HAND, {"reason": reason}, now=now, who=who)
    tell(session, parcel)
