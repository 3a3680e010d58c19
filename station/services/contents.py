"""The parcel at a bench as values: what belongs in, what is in, and whether it may be touched.

One statement reads a parcel with all its lines, because that is what every scan has to do: loading
the same as objects costs more than the rest of a scan together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text
from sqlalchemy.orm import Session

from station.db.models import (
    Hold,
    Packaging,
    Parcel,
    ParcelLine,
    ShopOrder,
    ShopOrderLine,
    Sku,
    Weighing,
)
from station.domain.parcel import OPENED, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.verification import STOPPING_REFUNDS, Article, Line
from station.domain.vocabulary import Flag, Grams
from station.services.sight import masked

DEFAULT_CHECKLIST = (
    "排出空气 Press the air out",
    "胶带封牢 Seal with tape",
    "面单贴正面 Waybill on the front",
)
"""The packing standard (D5), for packaging that has no checklist of its own."""


@dataclass(frozen=True, slots=True)
class Material:
    """A bag or box: its code, name, weight in grams and checklist."""

    code: str
    name: str
    weight_g: Grams = 0
    checklist: tuple[str, ...] = DEFAULT_CHECKLIST


@dataclass(frozen=True, slots=True)
class OffWeight:
    """The last weight taken, where it did not agree and nobody accepted it."""

    grams: Grams
    expected_g: Grams | None
    tolerance_g: Grams | None


@dataclass(frozen=True, slots=True)
class OpenParcel:
    """One parcel as its bench knows it. ``receiver`` is masked; ``held`` is the open hold's code.

    ``proposed`` is the packaging to take if nothing speaks against it; None where none is known.
    """

    id: int
    state: ParcelState
    bench: str
    waybill_no: str
    carrier: str
    note: str
    flag: int
    orders: int
    note_read: bool
    held: bool
    deadline: datetime
    lines: tuple[Line, ...] = ()
    receiver: str = ""
    material: Material | None = None
    proposed: Material | None = None
    checklist_done: bool = False
    weight_g: Grams | None = None
    off: OffWeight | None = None

    @property
    def checklist(self) -> tuple[str, ...]:
        """What to do before it is weighed (D5)."""
        return self.material.checklist if self.material is not None else DEFAULT_CHECKLIST

    @property
    def note_due(self) -> bool:
        """True while the note, the red flag or the number of orders is to be acknowledged (S10)."""
        if self.note_read:
            return False
        return bool(self.note.strip()) or self.flag == Flag.RED or self.orders > 1

    def with_line(self, changed: Line) -> OpenParcel:
        """The same parcel with one line changed."""
        lines = tuple(changed if line.id == changed.id else line for line in self.lines)
        return replace(self, lines=lines)


_P, _L, _S, _O = (model.__table__ for model in (Parcel, ParcelLine, Sku, ShopOrderLine))
_ORDERS = (
    select(func.count()).select_from(ShopOrder.__table__)
    .where(ShopOrder.__table__.c.parcel_id == _P.c.id).scalar_subquery()
)
_READ = (
    select(
        _P.c.id, _P.c.state, _P.c.bench, _P.c.waybill_no, _P.c.carrier, _P.c.note, _P.c.flag,
        _P.c.note_read_by, _P.c.held_since, _P.c.deadline, _ORDERS.label("orders"),
        _L.c.id.label("line_id"), _L.c.sku_id, _L.c.quantity, _L.c.packed, _L.c.waist_mm,
        _L.c.measured_mm, _S.c.code, _S.c.item_no, _S.c.color, _S.c.size, _S.c.title,
        _S.c.location, _S.c.picture, _S.c.batch_note, _S.c.measure_waist, _S.c.weight_g,
        _O.c.refund, _O.c.sku_code, _O.c.title.label("order_title"),
    )
    .select_from(
        _P.outerjoin(_L, _L.c.parcel_id == _P.c.id)
        .outerjoin(_S, _S.c.id == _L.c.sku_id)
        .outerjoin(_O, _O.c.id == _L.c.order_line_id)
    )
    .where(_P.c.id == bindparam("parcel_id"))
    .order_by(_L.c.id)
)
_ROW = select(_P.c.id).where(_P.c.id == bindparam("parcel_id")).with_for_update(key_share=True)


def lock(session: Session, parcel_id: int) -> OpenParcel | None:
    """The parcel with its lines, its row locked until the transaction ends; None if unknown.

    PostgreSQL takes the lock in a statement of its own: one that waits for a row goes on to see
    the other tables as they were before it waited. SQLite's writers are alone anyway.
    """
    connection, facts = session.connection(), {"parcel_id": parcel_id}
    if connection.dialect.name != "sqlite":
        connection.execute(_ROW, facts)
    return _parcel(connection.execute(_READ, facts).all())


def _parcel(rows: Any) -> OpenParcel | None:
    if not rows:
        return None
    first = rows[0]
    return OpenParcel(
        id=first.id, state=ParcelState(first.state), bench=first.bench,
        waybill_no=first.waybill_no or "", carrier=first.carrier, note=first.note,
        flag=first.flag, orders=first.orders, note_read=first.note_read_by != "",
        held=first.held_since is not None, deadline=first.deadline,
        lines=tuple(_line(row) for row in rows if row.line_id is not None and row.quantity),
    )


def _line(row: Row[Any]) -> Line:
    article = Article(
        row.sku_id, row.code or row.sku_code or "", row.item_no or "", row.color or "",
        row.size or "",
    )
    return Line(
        row.line_id, article, row.quantity, row.packed, row.refund in STOPPING_REFUNDS,
        bool(row.measure_waist), row.waist_mm, tuple(row.measured_mm or ()), row.weight_g,
        row.title or row.order_title or "", row.location or "", row.picture or "",
        row.batch_note or "",
    )


def guard(parcel: OpenParcel | None, bench: str) -> Refusal | None:
    """Why the bench may not touch this parcel now: stopped, held, or not open here."""
    if parcel is None:
        return Refusal(Code.PARCEL_NONE_OPEN)
    facts = {"waybill_no": parcel.waybill_no}
    if parcel.state is ParcelState.STOPPED:
        return Refusal(Code.WAYBILL_STOPPED, facts)
    if parcel.state not in OPENED or parcel.bench not in ("", bench):
        return Refusal(Code.PARCEL_NONE_OPEN, {**facts, "bench": parcel.bench})
    if parcel.bench == "":
        return Refusal(Code.PARCEL_NONE_OPEN, facts)
    if parcel.held:
        return Refusal(Code.WAYBILL_HELD, facts)
    return None


def why_held(session: Session, parcel_id: int) -> str:
    """The code of the parcel's oldest open hold, "" if there is none."""
    code = select(Hold.code).where(Hold.parcel_id == parcel_id, Hold.released_at.is_(None))
    return session.scalar(code.order_by(Hold.id).limit(1)) or ""


def refund_told(session: Session, parcel_id: int) -> bool:
    """True if money goes back for any order in the parcel: looked at again before sealing."""
    told = select(ShopOrder.id).where(
        ShopOrder.parcel_id == parcel_id,
        ShopOrder.refund.in_([str(kind) for kind in STOPPING_REFUNDS]),
    )
    return session.scalar(told.limit(1)) is not None


def read(session: Session, parcel_id: int) -> OpenParcel | None:
    """The parcel with everything that the bench's screen shows of it."""
    rows = session.connection().execute(_READ, {"parcel_id": parcel_id}).all()
    parcel = _parcel(rows)
    row = session.get(Parcel, parcel_id, populate_existing=True)
    if parcel is None or row is None:
        return None
    chosen = session.get(Packaging, row.packaging_id) if row.packaging_id else None
    return replace(
        parcel,
        note=masked(row, parcel.note),
        receiver=_receiver(row),
        material=_material(chosen),
        proposed=_proposed(session, row.carrier),
        checklist_done=row.checklist_by != "",
        weight_g=row.weight_g,
        off=_off(session, row),
    )


_AT_A_BENCH = text("parcel.bench <> ''")  # literally the index's own condition, else it is not used


def open_at(session: Session, bench: str) -> OpenParcel | None:
    """The parcel that is open at this bench, after a restart too."""
    states = [str(state) for state in (*OPENED, ParcelState.STOPPED)]
    parcel_id = session.scalar(
        select(Parcel.id).where(Parcel.bench == bench, _AT_A_BENCH, Parcel.state.in_(states))
        .order_by(Parcel.id).limit(1)
    )
    return None if parcel_id is None else read(session, parcel_id)


def _receiver(row: Parcel) -> str:
    """The first character of the name, and the city: enough to tell two parcels apart."""
    name = f"{row.name[:1]}**" if row.name else ""
    return " ".join(part for part in (name, row.city or row.province) if part)


def _material(row: Packaging | None) -> Material | None:
    if row is None:
        return None
    return Material(row.code, row.name, row.weight_g, tuple(row.checklist) or DEFAULT_CHECKLIST)


def _proposed(session: Session, carrier: str) -> Material | None:
    """The carrier's own bag, else the first bag or box that fits every carrier (D5)."""
    row = session.scalar(
        select(Packaging)
        .where(Packaging.kind.in_(("bag", "box")), Packaging.carrier.in_((carrier, "")))
        .order_by(Packaging.carrier.desc(), Packaging.kind, Packaging.id).limit(1)
    )
    return _material(row)


def _off(session: Session, row: Parcel) -> OffWeight | None:
    """The last weighing of this packing, if it disagreed and nobody accepted it."""
    if row.state != ParcelState.PACKED or row.packed_at is None:
        return None
    last = session.scalar(
        select(Weighing)
        .where(Weighing.parcel_id == row.id, Weighing.at >= row.packed_at)
        .order_by(Weighing.id.desc()).limit(1)
    )
    if last is None or last.agrees or last.accepted_by:
        return None
    return OffWeight(last.grams, last.expected_g, last.tolerance_g)
