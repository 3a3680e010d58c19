"""底单: the kept copy of every parcel handed over, filed by carrier and day (D6)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import Handover, HandoverLine, History, Parcel, Signature, Stub
from station.domain.labels import Addendum, AddendumRow, Manifest, ManifestRow, StubLabel
from station.domain.record_codes import record_code
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.services import corrections, heads
from station.services.printing_facts import consignee_of, goods_of
from station.services.rules import Rules

Strokes = tuple[tuple[tuple[int, int], ...], ...]


def file(session: Session, parcel: Parcel, handover: Handover, *, now: datetime) -> None:
    """File the parcel's stub under its carrier and the day of the hand-over."""
    session.add(
        Stub(
            parcel_id=parcel.id, handover_id=handover.id, carrier=parcel.carrier,
            day=now.astimezone(SHOP_ZONE).date().isoformat(),
            waybill_no=parcel.waybill_no or "", backwards=(parcel.waybill_no or "")[::-1],
            packer=parcel.packer, courier=handover.courier, filed_at=now,
        )
    )


def stub_label(session: Session, parcel_id: int, rules: Rules) -> StubLabel:
    """What the stub says: content, weight, who packed it, what the courier wrote."""
    parcel = session.get_one(Parcel, parcel_id)
    carrier = CARRIERS[CarrierCode(parcel.carrier)]
    line = session.scalar(
        select(HandoverLine)
        .where(HandoverLine.parcel_id == parcel_id, HandoverLine.state != "missing")
        .order_by(HandoverLine.id.desc()).limit(1)
    )
    return StubLabel(
        carrier=carrier.code, carrier_name=carrier.name, waybill_no=parcel.waybill_no or "",
        parcel_no=str(parcel.id), consignee=consignee_of(parcel), goods=goods_of(parcel),
        weight_g=parcel.weight_g or 0,
        packaging=parcel.packaging.name if parcel.packaging else "",
        packer=parcel.packer, signed_at=parcel.signed_at or parcel.created_at,
        content_hash=parcel.content_hash, signature=_strokes(session, parcel_id=parcel_id),
        courier_weight_g=line.courier_weight_g if line else None,
        courier_price_fen=line.courier_price_fen if line else None,
        handed_over_at=parcel.handed_over_at, masked=rules.mask,
    )


def _strokes(
    session: Session, *, parcel_id: int | None = None, handover_id: int | None = None
) -> Strokes:
    query = select(Signature).order_by(Signature.id.desc()).limit(1)
    if parcel_id is not None:
        query = query.where(Signature.parcel_id == parcel_id, Signature.role == "packer")
    else:
        query = query.where(Signature.handover_id == handover_id, Signature.role == "courier")
    row = session.scalar(query)
    if row is None:
        return ()
    return tuple(tuple((int(x), int(y)) for x, y, *_ in stroke) for stroke in row.strokes)


def manifest(session: Session, handover_id: int) -> Manifest:
    """The closed hand-over as its list: what went, what was missing, and the courier's name."""
    handover = session.get_one(Handover, handover_id)
    carrier = CARRIERS[CarrierCode(handover.carrier)]
    head = _head_at(session, handover_id, ("closed", "missing"))
    rows = [(line.state == "missing", _row(line)) for line in handover.lines]
    return Manifest(
        carrier=carrier.code, carrier_name=carrier.name, number=handover.number,
        opened_at=handover.opened_at, closed_at=handover.closed_at or handover.opened_at,
        rows=tuple(row for absent, row in rows if not absent),
        missing=tuple(row for absent, row in rows if absent),
        courier=handover.courier, keeper=handover.opened_by, chain_head=head,
        signature=_strokes(session, handover_id=handover_id),
        courier_phone=handover.courier_phone,
        signed_head=heads.short_digest(session, f"handover:{handover_id}"),
        code=record_code(f"handover:{handover_id}"),
    )


def addendum(session: Session, handover_id: int) -> Addendum:
    """What was put right after the hand-over was closed."""
    handover = session.get_one(Handover, handover_id)
    carrier = CARRIERS[CarrierCode(handover.carrier)]
    rows = corrections.of_handover(session, handover_id)
    return Addendum(
        carrier=carrier.code, carrier_name=carrier.name, number=handover.number,
        closed_at=handover.closed_at or handover.opened_at,
        rows=tuple(
            AddendumRow(
                row.waybill_no, row.before_weight_g, row.before_price_fen, row.weight_g,
                row.price_fen, row.reason, row.courier, row.at,
                row.signature.strokes if row.signature else (),
            )
            for row in rows
        ),
        keeper=rows[-1].who if rows else handover.opened_by,
        chain_head=_head_at(session, handover_id, ("corrected",)),
        code=record_code(f"addendum:{handover_id}"),
    )


def _head_at(session: Session, handover_id: int, kinds: tuple[str, ...]) -> str:
    """The history's hash as the courier signed: printing adds to the chain, not to it."""
    last = (
        select(History.hash)
        .where(History.chain == f"handover:{handover_id}",
               History.kind.in_(kinds))
        .order_by(History.seq.desc()).limit(1)
    )
    return session.scalar(last) or ""


def _row(line: HandoverLine) -> ManifestRow:
    parcel = line.parcel
    return ManifestRow(
        waybill_no=parcel.waybill_no or "", destination=f"{parcel.province} {parcel.city}".strip(),
        our_weight_g=parcel.weight_g or 0, courier_weight_g=line.courier_weight_g,
        courier_price_fen=line.courier_price_fen, remark=line.reason,
    )
