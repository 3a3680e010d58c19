"""An order told again: what people changed meanwhile reaches the parcel, or a person who decides.

A flag is followed. A note is passed on and must be read again; where its parcel is full or sealed
already, the parcel waits for a person. Another carrier is taken as long as no paper is out; once
it is, a person decides, because the label in the world may be on its parcel already. Another
address or content is never taken by itself: which telling is newer cannot be known (S10, S11).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import Parcel, ShopOrder
from station.domain.orders import OrderLine
from station.domain.parcel import ParcelState
from station.domain.refusals import Code
from station.domain.vocabulary import Flag
from station.domain.wishes import (
    CarrierChoice,
    CarrierReason,
    carrier_wish,
    choose_carrier,
    expected_order_count,
)
from station.services import refunds
from station.services.history import record
from station.services.holds import hold, open_holds, release, tell
from station.services.issuing import intercept, is_on_paper, locked, reissue
from station.services.orderbook import Entry, Words, consignee_of, real_lines
from station.services.reserving import advance
from station.services.rules import Rules

BY_HAND = "by_hand"
"""The reason of a carrier that a person chose: no note chooses another one after that."""

_FILLED = (ParcelState.PACKED, ParcelState.WEIGHED, ParcelState.SIGNED)


def look_again(session: Session, entry: Entry, rules: Rules, *, now: datetime) -> str:
    """Follow what changed; "changed" if there was anything new, else "known"."""
    order = entry.order
    if order.parcel_id is None:
        return "known"
    refunds.tell_lines(
        session, order, [line.line_no for line in entry.told.lines if line.refunded], rules,
        now=now,
    )
    parcel = locked(session, order.parcel_id)
    if parcel.state == ParcelState.VOID:
        return "known"
    if order.flag != entry.before.flag:
        _follow_flag(session, parcel, rules, now=now)
    if parcel.state == ParcelState.HANDED_OVER:
        return "known"
    return _follow_words(session, parcel, entry, rules, now=now)


def flag_of(parcel: Parcel) -> int:
    """The parcel's flag: yellow if any of its orders is, else the highest."""
    flags = [order.flag for order in parcel.orders]
    return int(Flag.YELLOW) if Flag.YELLOW in flags else max(flags, default=0)


def _follow_flag(session: Session, parcel: Parcel, rules: Rules, *, now: datetime) -> None:
    parcel.flag = flag_of(parcel)
    if parcel.state == ParcelState.HANDED_OVER:
        if parcel.flag == Flag.YELLOW:
            intercept(session, parcel, kind="flag_yellow", now=now)
    elif parcel.flag == Flag.YELLOW:
        hold(session, parcel, Code.ORDER_FLAG_YELLOW, now=now)
    elif release(session, parcel, Code.ORDER_FLAG_YELLOW, now=now, reason="flag"):
        advance(session, parcel, rules, now=now)
    tell(session, parcel)


def _follow_words(
    session: Session, parcel: Parcel, entry: Entry, rules: Rules, *, now: datetime
) -> str:
    order, asked = entry.order, list(entry.differs)
    changed = note_of(parcel) != parcel.note
    if changed and _new_note(session, parcel, order, now=now):
        asked.append("note")
    if _new_waists(parcel, order, entry.told.lines):
        asked.append("waist")
    if _words(order) != entry.before and _new_carrier(session, parcel, entry, rules, now=now):
        asked.append("carrier")
    check_bundle(session, parcel, now=now)
    if asked:
        _ask(session, parcel, order, asked, now=now)
    advance(session, parcel, rules, now=now)
    return "changed" if asked or changed else "known"


def _words(order: ShopOrder) -> Words:
    return Words(order.flag, order.seller_memo, order.buyer_message, order.shipping_wish)


def _ask(
    session: Session, parcel: Parcel, order: ShopOrder, asked: list[str], *, now: datetime
) -> None:
    """Hold for a person to compare; what was asked before and is still open stays asked."""
    code = Code.ORDER_TOLD_DIFFERENTLY
    before = [str(row.facts.get("what", "")) for row in open_holds(parcel) if row.code == code]
    parts = [part for text in before for part in text.split(",") if part]
    what = ",".join(dict.fromkeys([*parts, *asked]))
    hold(session, parcel, code, {"what": what, "order_no": order.order_no}, now=now)


def note_of(parcel: Parcel) -> str:
    """What seller and buyer wrote, each once, the seller's first (S10)."""
    words = [order.seller_memo.strip() for order in parcel.orders]
    words += [order.buyer_message.strip() for order in parcel.orders]
    return "\n".join(dict.fromkeys(word for word in words if word))


def _new_note(session: Session, parcel: Parcel, order: ShopOrder, *, now: datetime) -> bool:
    """Pass the note on, to be read again. True if the parcel is full and a person must look.

    A memo that only gained this parcel's own number was written because of the parcel.
    """
    parcel.note = note_of(parcel)
    own_number = parcel.waybill_no is not None and parcel.waybill_no in order.seller_memo
    if not own_number:
        parcel.note_read_by = ""
    parcel.version += 1  # a label that was drawn with the former note is drawn anew
    record(session, f"parcel:{parcel.id}", "note_changed", {"order_no": order.order_no}, now=now)
    tell(session, parcel)
    return parcel.state in _FILLED and not own_number


def _new_waists(parcel: Parcel, order: ShopOrder, told: tuple[OrderLine, ...]) -> bool:
    """Pass a newly confirmed waist on. True if pieces were measured for the former one."""
    waists = {line.line_no: line.waist_mm for line in told}
    rows, too_late = real_lines(order), False
    for row in rows:
        waist = waists.get(row.line_no)
        if waist is None and len(rows) == len(told) == 1:
            waist = told[0].waist_mm
        if waist is None or waist == row.waist_mm:
            continue
        row.waist_mm = waist
        for line in parcel.lines:
            if line.order_line_id == row.id:
                line.waist_mm = waist
                too_late = too_late or line.packed > 0
        parcel.version += 1
    return too_late


def choose_for(order: ShopOrder, words: Words, rules: Rules) -> CarrierChoice:
    """The carrier by rule S9 for what these words ask."""
    wish = carrier_wish(words.message, words.memo, words.wish)
    return choose_carrier(consignee_of(order), wish, rules.reach, rules.default_carrier)


def _new_carrier(
    session: Session, parcel: Parcel, entry: Entry, rules: Rules, *, now: datetime
) -> bool:
    """Take another carrier that is asked for now. True if a person must decide instead."""
    order = entry.order
    choice = choose_for(order, _words(order), rules)
    if choice == choose_for(order, entry.before, rules) or parcel.carrier_reason == BY_HAND:
        return False
    if choice.carrier == parcel.carrier and choice.reason != CarrierReason.NONE_REACHES:
        return False
    if len(parcel.orders) > 1 or is_on_paper(session, parcel):
        return True
    take_carrier(session, parcel, choice, rules, now=now)
    return False


def take_carrier(
    session: Session, parcel: Parcel, choice: CarrierChoice | tuple[str, str], rules: Rules, *,
    now: datetime, who: str = "",
) -> None:
    """Let another carrier have the parcel; a number of the former one becomes void."""
    before, (parcel.carrier, parcel.carrier_reason) = parcel.carrier, map(str, choice)
    parcel.version += 1
    record(
        session, f"parcel:{parcel.id}", "carrier_changed",
        {"carrier_before": before, "carrier": parcel.carrier, "why": parcel.carrier_reason},
        now=now, who=who,
    )
    check_reach(session, parcel, now=now, who=who)
    if parcel.carrier != before:
        release(session, parcel, Code.ORDER_POOL_EMPTY, now=now, who=who, reason="carrier")
    if parcel.waybill_no is not None and parcel.carrier != before:
        reissue(session, parcel, rules, reason="carrier", now=now, who=who)


def check_reach(session: Session, parcel: Parcel, *, now: datetime, who: str = "") -> None:
    """Hold a parcel that no carrier takes, or that every carrier was refused for (S9)."""
    if parcel.carrier_reason == CarrierReason.NONE_REACHES:
        facts = {"order_no": parcel.orders[0].order_no if parcel.orders else ""}
        hold(session, parcel, Code.ORDER_NONE_REACHES, facts, now=now)
    else:
        release(session, parcel, Code.ORDER_NONE_REACHES, now=now, who=who, reason="carrier")


def expected_orders(parcel: Parcel) -> int:
    """How many orders the notes want together; 0 where they name no number (S10)."""
    return max(
        (expected_order_count(order.seller_memo, order.buyer_message) or 0
         for order in parcel.orders), default=0,
    )


def check_bundle(session: Session, parcel: Parcel, *, now: datetime) -> None:
    """A note that names N orders keeps the parcel open until all N are in it (S10)."""
    expected, present = expected_orders(parcel), len(parcel.orders)
    if expected > present and not parcel.split:
        facts: dict[str, str | int] = {"expected": expected, "present": present}
        hold(session, parcel, Code.ORDER_BUNDLE_INCOMPLETE, facts, now=now)
    else:
        release(session, parcel, Code.ORDER_BUNDLE_INCOMPLETE, now=now, reason="complete")
