"""What arrives is offered to who waits for it (S20): goods, numbers, a presale's day, an article.

Looking is cheap and blocks nobody; only parcels that could go on are written, a few at a time, so
that thousands of held ones never keep the bench waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from station.db.models import Hold, Parcel, ParcelLine, Sku
from station.db.session import Database
from station.domain.parcel import ENDED, ParcelState
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode
from station.services import numbers
from station.services.holds import is_held_for, release
from station.services.issuing import locked
from station.services.reserving import advance, find_sku, unknown_in, wanted_of
from station.services.rules import Rules

WAITED_FOR = (
    Code.ORDER_NO_STOCK, Code.ORDER_POOL_EMPTY, Code.ORDER_UNKNOWN_SKU, Code.ORDER_PRESALE,
)
"""The holds that end by themselves once what they wait for is there."""

_TOGETHER = 20  # parcels that share one transaction
_OVER = [str(state) for state in (*ENDED, ParcelState.STOPPED)]


def waiting_ids(session: Session) -> list[int]:
    """The parcels that wait for something to arrive, nearest deadline first."""
    rows = session.execute(
        select(Parcel.id, Parcel.deadline)
        .join(Hold)
        .where(Hold.released_at.is_(None), Hold.code.in_([str(code) for code in WAITED_FOR]))
        .where(Parcel.state.not_in(_OVER))
        .distinct()
        .order_by(Parcel.deadline, Parcel.id)
    )
    return [parcel_id for parcel_id, _ in rows]


def could_go_on(session: Session, parcel_id: int, *, now: datetime) -> bool:
    """Whether anything that the parcel waits for is there by now. Changes nothing."""
    parcel = session.get(
        Parcel, parcel_id,
        options=[selectinload(Parcel.lines).selectinload(ParcelLine.order_line)],
    )
    if parcel is None:
        return False
    checks: dict[Code, Callable[[], bool]] = {
        Code.ORDER_PRESALE: lambda: _day_has_come(parcel, now),
        Code.ORDER_POOL_EMPTY: lambda: numbers.has_unused(session, CarrierCode(parcel.carrier)),
        Code.ORDER_UNKNOWN_SKU: lambda: _is_known(session, parcel),
        Code.ORDER_NO_STOCK: lambda: _is_in_stock(session, parcel),
    }
    return any(is_held_for(parcel, code) and check() for code, check in checks.items())


def _day_has_come(parcel: Parcel, now: datetime) -> bool:
    return all(order.ship_after is None or order.ship_after <= now for order in parcel.orders)


def _is_known(session: Session, parcel: Parcel) -> bool:
    return all(
        line.order_line is not None and find_sku(session, line.order_line) is not None
        for line in unknown_in(parcel)
    )


def _is_in_stock(session: Session, parcel: Parcel) -> bool:
    wanted = wanted_of(parcel)
    available = session.execute(
        select(Sku.id, Sku.on_hand - Sku.reserved).where(Sku.id.in_(wanted))
    )
    return all(left >= wanted[sku_id] for sku_id, left in available)


def offer(session: Session, parcel_ids: Sequence[int], rules: Rules, *, now: datetime) -> int:
    """Take these parcels as far as they can go; how many of them will print now."""
    return sum(_offer_one(session, parcel_id, rules, now=now) for parcel_id in parcel_ids)


def _offer_one(session: Session, parcel_id: int, rules: Rules, *, now: datetime) -> bool:
    parcel = locked(session, parcel_id)
    was_held = parcel.held_since is not None
    if numbers.has_unused(session, CarrierCode(parcel.carrier)):
        release(session, parcel, Code.ORDER_POOL_EMPTY, now=now, reason="numbers")
    if _day_has_come(parcel, now):
        release(session, parcel, Code.ORDER_PRESALE, now=now, reason="day")
    issued = advance(session, parcel, rules, now=now)
    prints = parcel.state == ParcelState.RESERVED and parcel.held_since is None
    return issued or (was_held and prints)


def retry_held(session: Session, rules: Rules, *, now: datetime) -> int:
    """Offer everything to every waiting parcel in one transaction; how many will print now."""
    return offer(session, waiting_ids(session), rules, now=now)


def offer_held(db: Database, rules: Rules, *, now: datetime) -> int:
    """The same in short transactions, and only for parcels that could go on."""
    ids = db.read(partial(_likely, now=now))
    done = 0
    for start in range(0, len(ids), _TOGETHER):
        part = ids[start : start + _TOGETHER]
        done += db.write(partial(offer, parcel_ids=part, rules=rules, now=now))
    return done


def _likely(session: Session, *, now: datetime) -> list[int]:
    return [one for one in waiting_ids(session) if could_go_on(session, one, now=now)]
