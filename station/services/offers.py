"""What arrives is offered to who waits for it (S20): goods, numbers, a presale's day, an article.

Looking is cheap and blocks nobody; only parcels that could go on are written, a few at a time, so
that thousands of held ones never keep the bench waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

_TOGETHER = 2  # parcels that share one transaction: a scan may have to wait for it
_LOOKED_AT = 500  # parcels that are read at once
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


@dataclass
class _Shelf:
    """What there is to give, growing less while it is given out in thought."""

    goods: dict[int, int]
    pools: dict[str, int]

    def gives(self, wanted: Mapping[int, int]) -> bool:
        """Give these pieces, all of them or none."""
        if any(self.goods.get(key, 0) < pieces for key, pieces in wanted.items()):
            return False
        for key, pieces in wanted.items():
            self.goods[key] -= pieces
        return True

    def numbers(self, carrier: str) -> bool:
        """Give a number of the carrier."""
        self.pools[carrier] = self.pools.get(carrier, 0) - 1
        return self.pools[carrier] >= 0


def likely(session: Session, *, now: datetime) -> list[int]:
    """The waiting parcels for which something is there by now, nearest deadline first.

    What there is is given out in thought, so that one piece that came is not offered to a
    thousand parcels which wait for it. Changes nothing.
    """
    ids = waiting_ids(session)
    parcels = [one for start in range(0, len(ids), _LOOKED_AT)
               for one in _load(session, ids[start : start + _LOOKED_AT])]
    shelf = _shelf(session, parcels)
    return [one.id for one in parcels if _could_go_on(session, one, shelf, now)]


def _load(session: Session, ids: Sequence[int]) -> list[Parcel]:
    rows = session.scalars(
        select(Parcel).where(Parcel.id.in_(ids)).options(
            selectinload(Parcel.lines).selectinload(ParcelLine.order_line),
            selectinload(Parcel.holds), selectinload(Parcel.orders),
        )
    )
    found = {parcel.id: parcel for parcel in rows}
    return [found[one] for one in ids if one in found]


def _shelf(session: Session, parcels: Sequence[Parcel]) -> _Shelf:
    wanted = {key for parcel in parcels for key in wanted_of(parcel)}
    goods = session.execute(select(Sku.id, Sku.on_hand - Sku.reserved).where(Sku.id.in_(wanted)))
    carriers = {parcel.carrier for parcel in parcels if is_held_for(parcel, Code.ORDER_POOL_EMPTY)}
    pools = {
        carrier: numbers.unused(session, CarrierCode(carrier), at_most=len(parcels))
        for carrier in carriers
    }
    return _Shelf({key: int(left) for key, left in goods}, pools)


def _could_go_on(session: Session, parcel: Parcel, shelf: _Shelf, now: datetime) -> bool:
    checks: dict[Code, Callable[[], bool]] = {
        Code.ORDER_PRESALE: lambda: _day_has_come(parcel, now),
        Code.ORDER_POOL_EMPTY: lambda: shelf.numbers(parcel.carrier),
        Code.ORDER_UNKNOWN_SKU: lambda: _is_known(session, parcel),
        Code.ORDER_NO_STOCK: lambda: shelf.gives(wanted_of(parcel)),
    }
    # Each one is asked, also behind a yes: what this parcel takes is not there for the next.
    answers = [is_held_for(parcel, code) and check() for code, check in checks.items()]
    return any(answers)


def _day_has_come(parcel: Parcel, now: datetime) -> bool:
    return all(order.ship_after is None or order.ship_after <= now for order in parcel.orders)


def _is_known(session: Session, parcel: Parcel) -> bool:
    return all(
        line.order_line is not None and find_sku(session, line.order_line) is not None
        for line in unknown_in(parcel)
    )


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
    ids = db.read(partial(likely, now=now))
    done = 0
    for start in range(0, len(ids), _TOGETHER):
        part = ids[start : start + _TOGETHER]
        done += db.write(partial(offer, parcel_ids=part, rules=rules, now=now))
    return done
