"""Consumables (耗材): chosen per parcel, used up by every label, called for when low (D10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import CarrierContact, Packaging, PackagingMove, Parcel
from station.db.session import notice
from station.domain.parcel import ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode
from station.services.alarms import close_alarm, raise_alarm
from station.services.contents import OpenParcel, guard, lock, read
from station.services.history import record
from station.services.holds import tell

WRAPPING = ("bag", "box")
"""The kinds that a parcel is packed in; labels and tape are used up beside them."""

LOW = "consumable_low"
"""The alarm of what has to be called for."""

MOST_DELIVERED = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A consumable and how much of it is left; ``low`` where it has to be called for."""

    code: str
    name: str
    carrier: str
    stock: int
    low: bool


def choose(
    session: Session, parcel_id: int, code: str, *, bench: str, who: str, now: datetime
) -> OpenParcel | Refusal:
    """Pack the parcel in this bag or box: taken off stock once, the former choice given back.

    Another choice makes the checklist due again.
    """
    content = lock(session, parcel_id)
    refusal = guard(content, bench) or _not_due(content)
    wrapping = _wrapping(session, code) if refusal is None else None
    if refusal is None and wrapping is None:
        refusal = Refusal(Code.BENCH_UNKNOWN_CODE, {"code": code[:64]})
    if refusal is not None or wrapping is None:
        return refusal or Refusal(Code.BENCH_UNKNOWN_CODE)
    parcel = session.get_one(Parcel, parcel_id, populate_existing=True)
    if wrapping.carrier not in ("", parcel.carrier):
        return Refusal(Code.PARCEL_WRONG_MATERIAL,
                       {"code": wrapping.code, "of": wrapping.carrier, "carrier": parcel.carrier})
    if parcel.packaging_id != wrapping.id:
        give_back(session, parcel, who=who, now=now)
        _use(session, wrapping, 1, parcel_id=parcel_id, who=who, now=now)
        parcel.packaging_id, parcel.checklist_by = wrapping.id, ""
        parcel.packed_at = now  # a weight taken in the former packaging counts no more
        parcel.version += 1
        record(session, f"parcel:{parcel_id}", "material", {"code": wrapping.code},
               now=now, who=who, bench=bench)
        tell(session, parcel)
    session.flush()
    return read(session, parcel_id) or Refusal(Code.PARCEL_NONE_OPEN)


def _not_due(content: OpenParcel | None) -> Refusal | None:
    """Material and checklist come between the last item and the scale."""
    if content is None or content.state is ParcelState.PACKING:
        return Refusal(Code.PARCEL_INCOMPLETE)
    return None if content.state is ParcelState.PACKED else Refusal(Code.BENCH_NOT_NOW)


def _wrapping(session: Session, code: str) -> Packaging | None:
    return session.scalar(
        select(Packaging).where(Packaging.code == code, Packaging.kind.in_(WRAPPING))
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def give_back(session: Session, parcel: Parcel, *, who: str, now: datetime) -> None:
    """The parcel's bag or box was not used after all."""
    if parcel.packaging_id is None:
        return
    chosen = _locked(session, parcel.packaging_id)
    chosen.stock += 1
    _book(session, chosen, "return", 1, parcel_id=parcel.id, who=who, now=now)
    parcel.packaging_id, parcel.checklist_by = None, ""


def _locked(session: Session, packaging_id: int) -> Packaging:
    return session.get_one(
        Packaging, packaging_id, with_for_update={"key_share": True}, populate_existing=True
    )


def confirm_checklist(
    session: Session, parcel_id: int, *, bench: str, who: str, now: datetime
) -> OpenParcel | Refusal:
    """Every point of the packing standard was done (D5)."""
    content = lock(session, parcel_id)
    refusal = guard(content, bench) or _not_due(content)
    if refusal is not None:
        return refusal
    parcel = session.get_one(Parcel, parcel_id, populate_existing=True)
    whole = read(session, parcel_id)
    if whole is None or (whole.material is None and whole.proposed is not None):
        return Refusal(Code.PARCEL_NO_MATERIAL)
    parcel.checklist_by = who or f"@{bench}"
    parcel.version += 1
    record(session, f"parcel:{parcel_id}", "checklist", {"points": list(whole.checklist)},
           now=now, who=who, bench=bench)
    tell(session, parcel)
    session.flush()
    return read(session, parcel_id) or Refusal(Code.PARCEL_NONE_OPEN)


def use_label(
    session: Session, carrier: str, pages: int, *, parcel_id: int | None, now: datetime
) -> None:
    """Labels left the roll: the carrier's own, else the shop's common one; nothing if untracked."""
    rows = session.scalars(
        select(Packaging)
        .where(Packaging.kind == "label", Packaging.carrier.in_((carrier, "")))
        .order_by(Packaging.carrier.desc(), Packaging.id).limit(1).with_for_update(key_share=True)
    ).all()
    for roll in rows:
        _use(session, roll, pages, parcel_id=parcel_id, who="", now=now)


def kept(session: Session) -> tuple[Kept, ...]:
    """Every consumable, what runs low first."""
    rows = session.scalars(select(Packaging).order_by(Packaging.code))
    found = [
        Kept(row.code, row.name, row.carrier, row.stock, row.stock <= row.low_at) for row in rows]
    return tuple(sorted(found, key=lambda one: not one.low))


def deliver(
    session: Session, code: str, quantity: int, *, who: str, now: datetime
) -> Packaging | Refusal:
    """Record a delivery (D10); what is no longer low need not be called for."""
    row = session.scalar(
        select(Packaging).where(Packaging.code == code).with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None or not 0 < quantity <= MOST_DELIVERED:
        return Refusal(Code.BENCH_UNKNOWN_CODE, {"code": code[:64], "quantity": quantity})
    row.stock += quantity
    _book(session, row, "deliver", quantity, parcel_id=None, who=who, now=now)
    if row.stock > row.low_at:
        close_alarm(session, LOW, row.code, now=now)
    return row


def _use(
    session: Session, row: Packaging, quantity: int, *, parcel_id: int | None, who: str,
    now: datetime,
) -> None:
    """Take off stock; the count may fall below zero, because the bag in the hand is real."""
    before, row.stock = row.stock, row.stock - quantity
    _book(session, row, "use", -quantity, parcel_id=parcel_id, who=who, now=now)
    if before > row.low_at >= row.stock:
        raise_alarm(
            session, LOW, row.code,
            {"code": row.code, "name": row.name, "stock": row.stock, "carrier": row.carrier,
             **_whom_to_call(session, row)},
            now=now,
        )


def _whom_to_call(session: Session, row: Packaging) -> dict[str, str]:
    """The consumable's own contact, else its carrier's out of the directory (D10, D11)."""
    if row.phone or not row.carrier:
        return {"contact": row.contact, "phone": row.phone}
    known = session.get(CarrierContact, row.carrier)
    if known is None:
        return {"contact": row.contact, "phone": CARRIERS[CarrierCode(row.carrier)].hotline}
    return {"contact": row.contact or known.contact, "phone": known.phone}


def _book(
    session: Session, row: Packaging, kind: str, quantity: int, *, parcel_id: int | None,
    who: str, now: datetime,
) -> None:
    session.add(PackagingMove(
        packaging_id=row.id, kind=kind, quantity=quantity, parcel_id=parcel_id, who=who, at=now,
    ))
    notice(session, "consumables")
