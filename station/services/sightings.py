"""What a camera may count as a scan: it sees all that lies there, and nobody pointed it at that."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Parcel, WaybillNumber
from station.domain.parcel import OPENED, ParcelState
from station.services.items import is_article

_WAITED_FOR = frozenset({
    ParcelState.RESERVED, ParcelState.PRINTED, *OPENED, ParcelState.STOPPED,
})


def is_expected(session: Session, code: str, *, with_items: bool) -> bool:
    """True for a waybill that somebody must see to, and for goods we sell if they count.

    A sealed parcel that lies about is no news; paper that is void or stopped is, wherever it turns
    up. Commands and badges count only where a hand points a scanner at them: a whole sheet of them
    may lie in sight.
    """
    row = session.execute(
        select(WaybillNumber.state, Parcel.state)
        .outerjoin(Parcel, Parcel.id == WaybillNumber.parcel_id)
        .where(WaybillNumber.number == code)
    ).first()
    if row is None:
        return with_items and is_article(session, code)
    number, parcel = row
    return number == "voided" or parcel in _WAITED_FOR
