"""补发 (S21): the new parcel of a case is a parcel of its own, through the whole intake at once.

Its goods are set aside, a number is taken and the print job written in one transaction; what is
short is held like any other parcel. Once it is in the courier's hand, carrier and number go into
the note of the original order. It belongs to no order, so no platform is told twice of a shipping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import Case, Parcel, ParcelLine, Sku
from station.db.session import notice
from station.domain.cases import FLAGS, CaseKind, CaseMove, CaseState, may
from station.domain.deadlines import deadline
from station.domain.parcel import ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode, Flag, Millimetres
from station.services import cases
from station.services.history import record
from station.services.items import sku_of
from station.services.memos import write_memo
from station.services.reserving import advance
from station.services.rules import Rules

REASON = "replacement"
"""Why a replacement travels with its carrier: the first parcel did."""
_MOST_PIECES = 99


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces of one article that go out again, by its code or barcode."""

    code: str
    quantity: int = 1
    waist_mm: Millimetres | None = None


def replace(
    session: Session, case_id: int, wanted: Sequence[Wanted], rules: Rules, *, who: str,
    now: datetime,
) -> Case | Refusal:
    """Send ``wanted`` to the same consignee in a new parcel, linked to the case.

    A second one is refused while the first is under way or gone.
    """
    case = cases.locked(session, case_id)
    if case is None:
        return Refusal(Code.CASE_NO_PARCEL)
    goods = _goods(session, case, wanted)
    if isinstance(goods, Refusal):
        return goods
    parcel = _parcel(session, case, now=now)
    for sku, each in goods:
        parcel.lines.append(ParcelLine(
            sku_id=sku.id, sku=sku, quantity=each.quantity, packed=0, reserved=0,
            waist_mm=each.waist_mm, measured_mm=[],
        ))
    session.flush()
    _link(session, case, parcel, rules, who=who, now=now)
    advance(session, parcel, rules, now=now)
    return case


def _goods(
    session: Session, case: Case, wanted: Sequence[Wanted]
) -> list[tuple[Sku, Wanted]] | Refusal:
    """The articles, or why no parcel can be made of them."""
    if case.closed_at is not None:
        return Refusal(Code.CASE_NOT_NOW, {
            "case_kind": case.kind, "case_state": case.state, "case_move": "replace"})
    if case.replacement is not None and case.replacement.state != ParcelState.VOID:
        return Refusal(Code.CASE_REPLACED, {"waybill_no": case.replacement.waybill_no or ""})
    if not wanted or not all(0 < each.quantity <= _MOST_PIECES for each in wanted):
        return Refusal(Code.CASE_NO_GOODS)
    found = []
    for each in wanted:
        sku = sku_of(session, each.code)
        if sku is None:
            return Refusal(Code.ITEM_UNKNOWN, {"code": each.code[:64]})
        found.append((sku, each))
    return found


def _parcel(session: Session, case: Case, *, now: datetime) -> Parcel:
    """A waiting parcel to the first one's consignee; ``split``: no order ever joins it."""
    first = case.parcel
    parcel = Parcel(
        state=str(ParcelState.WAITING), version=1, carrier=first.carrier, carrier_reason=REASON,
        merge_key=first.merge_key, name=first.name, phone=first.phone, company=first.company,
        province=first.province, city=first.city, district=first.district, street=first.street,
        postcode=first.postcode, paid_at=now, deadline=deadline(now), created_at=now,
        flag=int(FLAGS.get(CaseKind(case.kind), Flag.NONE)), split=True, bench="", intercept="",
        copies=0, note=f"补发 原单号 {case.waybill_no}", note_read_by="", checklist_by="",
        packer="", content_hash="",
    )
    session.add(parcel)
    session.flush()
    return parcel


def _link(
    session: Session, case: Case, parcel: Parcel, rules: Rules, *, who: str, now: datetime
) -> None:
    case.replacement_id, case.replacement = parcel.id, parcel
    case.version += 1
    record(session, f"parcel:{parcel.id}", "replacement",
           {"case": case.id, "carrier": parcel.carrier, "replaces": case.waybill_no}, now=now,
           who=who)
    if may(CaseKind(case.kind), CaseState(case.state), CaseMove.REPLACE):
        cases.step(session, case, CaseMove.REPLACE, rules, who=who, facts={"parcel": parcel.id},
                   now=now)
    else:  # a claim stays a claim while the buyer's new parcel is on its way
        record(session, cases.subject(case.id), "case_replace", {"parcel": parcel.id}, now=now,
               who=who)
    notice(session, cases.TOPIC)


def replacements_left(
    session: Session, parcels: Sequence[Parcel], rules: Rules, *, now: datetime
) -> None:
    """The courier has them: note carrier and number on the first orders, end what waited for it."""
    found = session.scalars(
        select(Case).where(Case.replacement_id.in_([parcel.id for parcel in parcels]))
        .order_by(Case.id).with_for_update(key_share=True)
    ).all()
    for case in found:
        parcel = session.get_one(Parcel, case.replacement_id)
        name = CARRIERS[CarrierCode(parcel.carrier)].name
        flag = FLAGS.get(CaseKind(case.kind), Flag.NONE)
        write_memo(session, case.parcel.orders, f"补发 {name} {parcel.waybill_no}", rules,
                   flag=flag, now=now)
        case.version += 1
        record(session, cases.subject(case.id), "case_replaced",
               {"carrier": parcel.carrier, "waybill_no": parcel.waybill_no or ""}, now=now)
        if case.state == CaseState.REPLACING:
            cases.step(session, case, CaseMove.SETTLE, rules, who="station", now=now)
        notice(session, cases.TOPIC)
