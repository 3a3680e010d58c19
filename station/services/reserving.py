"""备货: set a parcel's goods aside and take it as far as it can go (D2, S12, S20).

``advance`` may be called whenever something changed that a parcel could have waited for: it does
what can be done now, and holds the parcel for what cannot.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from station.db.models import Parcel, ParcelLine, ShopOrderLine, Sku
from station.domain.parcel import ENDED, ParcelState
from station.domain.refusals import Code
from station.services import stock
from station.services.alarms import raise_alarm
from station.services.holds import hold, is_held_for, release
from station.services.issuing import issue
from station.services.rules import Rules


def advance(session: Session, parcel: Parcel, rules: Rules, *, now: datetime) -> bool:
    """Set goods aside, then take a number and write the print job. True if it will print.

    A parcel that is on paper already only gets the goods that it still lacks.
    """
    if parcel.state in ENDED or parcel.state == ParcelState.STOPPED:
        return False
    _reserve(session, parcel, now=now)
    return issue(session, parcel, rules, now=now)


def find_sku(session: Session, line: ShopOrderLine) -> Sku | None:
    """What an order's line means in the catalogue, None where that is not certain."""
    return stock.find_article(
        session, code=line.sku_code, item_no=line.item_no, color=line.color, size=line.size
    )


def wanted_of(parcel: Parcel) -> dict[int, int]:
    """The pieces of each SKU that the parcel still lacks."""
    wanted: dict[int, int] = {}
    for line in parcel.lines:
        if line.sku_id is not None and line.quantity > line.reserved:
            wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.quantity - line.reserved
    return wanted


def unknown_in(parcel: Parcel) -> list[ParcelLine]:
    """The lines of which nobody knows yet what they are."""
    return [
        line for line in parcel.lines
        if line.sku_id is None and line.quantity and line.order_line is not None
    ]


def _reserve(session: Session, parcel: Parcel, *, now: datetime) -> None:
    unknown = [_name(line) for line in unknown_in(parcel) if not _resolve(session, line)]
    if unknown:
        facts: dict[str, str | int] = {"skus": ";".join(unknown)}
        hold(session, parcel, Code.ORDER_UNKNOWN_SKU, facts, now=now)
        return
    release(session, parcel, Code.ORDER_UNKNOWN_SKU, now=now, reason="known")
    wanted = wanted_of(parcel)
    short = stock.reserve(session, wanted, parcel_id=parcel.id, now=now) if wanted else []
    if short:
        _no_stock(session, parcel, short, now=now)
        return
    for line in parcel.lines:
        if line.sku_id is not None:
            line.reserved = line.quantity
    release(session, parcel, Code.ORDER_NO_STOCK, now=now, reason="stock")


def _name(line: ParcelLine) -> str:
    row = line.order_line
    return "" if row is None else row.sku_code or row.title


def _resolve(session: Session, line: ParcelLine) -> bool:
    """Look the SKU up again: the catalogue may have learned it since."""
    sku = find_sku(session, line.order_line) if line.order_line is not None else None
    if sku is not None:
        line.sku_id = sku.id
    return sku is not None


def _no_stock(
    session: Session, parcel: Parcel, short: list[stock.Shortage], *, now: datetime
) -> None:
    """S20: yellow, and somebody is told, once: who has seen it need not hear of every new try."""
    facts: dict[str, str | int] = {
        "skus": ";".join(f"{row.sku}×{row.wanted - row.available}" for row in short)
    }
    if not is_held_for(parcel, Code.ORDER_NO_STOCK):
        raise_alarm(session, "no_stock", f"parcel:{parcel.id}", facts, now=now)
    hold(session, parcel, Code.ORDER_NO_STOCK, facts, now=now)
