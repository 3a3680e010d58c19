"""Piece by piece into the open parcel: right ones counted, wrong ones refused at once (D4).

What is refused is in the history too: a parcel's record shows the mistakes that were caught as
well as what went in. An item's scan is the shop's most frequent act and is kept to a handful of
statements; it tells no screen by itself, because the bench shows its own view once the commit has
returned.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from station.db.models import History, Parcel, ParcelLine, Sku, SkuBarcode
from station.db.session import notice
from station.domain.element_strings import gtin_in
from station.domain.parcel import Move, ParcelState, after
from station.domain.refusals import Code, Refusal
from station.domain.verification import (
    Article,
    Line,
    complete,
    judge,
    judge_waist,
    to_measure,
)
from station.domain.vocabulary import Millimetres
from station.services import stock
from station.services.contents import OpenParcel, guard, lock
from station.services.history import record
from station.services.holds import hold
from station.services.issuing import move
from station.services.rules import Rules

_CODE_KEPT = 64  # of a scanned code, in the history: enough to recognise it


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a right scan did: the line it filled, and the parcel as it is now."""

    line: Line
    quantity: int
    parcel: OpenParcel

    @property
    def completed(self) -> bool:
        """True if this was the last piece that was missing."""
        return self.parcel.state is ParcelState.PACKED


_L = ParcelLine.__table__
_SET_LINE = (
    update(ParcelLine.__table__)  # type: ignore[arg-type]
    .where(_L.c.id == bindparam("line_id"))
    .values(packed=bindparam("new_packed"), measured_mm=bindparam("new_measured"))
)
_P = Parcel.__table__
_COMPLETE = (
    update(Parcel.__table__)  # type: ignore[arg-type]
    .where(_P.c.id == bindparam("parcel_id"))
    .values(
        state=str(after(ParcelState.PACKING, Move.COMPLETE)), version=_P.c.version + 1,
        packed_at=bindparam("at"),
    )
)
_S = Sku.__table__
_ARTICLE = select(_S.c.id, _S.c.code, _S.c.item_no, _S.c.color, _S.c.size)
_BY_BARCODE = _ARTICLE.join(SkuBarcode.__table__, SkuBarcode.__table__.c.sku_id == _S.c.id).where(
    or_(
        SkuBarcode.__table__.c.barcode == bindparam("code"),
        SkuBarcode.__table__.c.barcode == bindparam("other"),
    )
)
_BY_CODE = _ARTICLE.where(_S.c.code == bindparam("code"))


def scan_item(
    session: Session,
    parcel_id: int,
    code: str,
    *,
    quantity: int = 1,
    bench: str,
    who: str,
    now: datetime,
) -> Scanned | Refusal:
    """Put ``quantity`` pieces of the scanned code into the open parcel, or say why not.

    The last missing piece closes the content by itself.
    """
    parcel = lock(session, parcel_id)
    found = _why_not_now(parcel, bench) or _line_for(session, parcel, code, quantity)
    if isinstance(found, Refusal) or parcel is None:
        refusal = found if isinstance(found, Refusal) else Refusal(Code.PARCEL_NONE_OPEN)
        _note_refused(session, parcel_id, code, refusal, bench=bench, who=who, now=now)
        return refusal
    for line in found:
        _store(session, line)
        parcel = parcel.with_line(line)
    line = found[-1]
    record(
        session, f"parcel:{parcel_id}", "item",
        {"code": code[:_CODE_KEPT], "line": line.id, "sku": line.article.code,
         "quantity": quantity, "packed": line.packed},
        now=now, who=who, bench=bench,
    )
    return Scanned(line, quantity, _close_if_full(session, parcel, now=now))


def _why_not_now(parcel: OpenParcel | None, bench: str) -> Refusal | None:
    refusal = guard(parcel, bench)
    if refusal is not None or parcel is None:
        return refusal
    if parcel.note_due:
        return Refusal(Code.PARCEL_NOTE_UNREAD)
    pending = to_measure(parcel.lines)
    if pending is not None:
        return Refusal(Code.MEASURE_NEEDED, {
            "sku": pending.article.code, "item_no": pending.article.item_no,
            "size": pending.article.size,
        })
    return None


def _line_for(
    session: Session, parcel: OpenParcel | None, code: str, quantity: int
) -> tuple[Line, ...] | Refusal:
    lines = parcel.lines if parcel is not None else ()
    verdict = judge(lines, article_of(session, lines, code), quantity)
    if isinstance(verdict, Refusal) and verdict.code is Code.ITEM_UNKNOWN:
        return Refusal(Code.ITEM_UNKNOWN, {"code": code[:_CODE_KEPT]})
    return verdict


def article_of(session: Session, lines: tuple[Line, ...], code: str) -> Article | None:
    """The article that a scanned code stands for.

    A merchant code, a piece's barcode, or a GS1 element string that holds the barcode's number.
    """
    for line in lines:
        if line.article.code == code and line.article.sku_id is not None:
            return line.article
    connection = session.connection()
    facts = {"code": code, "other": _other_spelling(code)}
    row = connection.execute(_BY_BARCODE, facts).first()
    if row is None:
        row = connection.execute(_BY_CODE, {"code": code}).first()
    if row is None and (gtin := gtin_in(code)) is not None:
        facts = {"code": gtin, "other": _other_spelling(gtin)}
        row = connection.execute(_BY_BARCODE, facts).first()
    return None if row is None else Article(*row)


def sku_of(session: Session, code: str) -> Sku | None:
    """The SKU that a scanned code stands for, read whole; None where nobody knows the code."""
    article = article_of(session, (), code)
    return None if article is None else session.get(Sku, article.sku_id)


def is_article(session: Session, code: str) -> bool:
    """True if the code stands for something we sell."""
    return article_of(session, (), code) is not None


def goods_first(session: Session, code: str) -> dict[str, str] | None:
    """For goods scanned before a waybill: the ends of the three most urgent numbers that want them.

    None where the code is no goods' code.
    """
    article = article_of(session, (), code)
    if article is None:
        return None
    numbers = session.scalars(
        select(Parcel.waybill_no).join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
        .where(ParcelLine.sku_id == article.sku_id, ParcelLine.packed < ParcelLine.quantity,
               Parcel.state == ParcelState.PRINTED, Parcel.held_since.is_(None))
        .order_by(Parcel.deadline, Parcel.id).limit(3))
    ends = "、".join(f"…{number[-4:]}" for number in numbers if number)
    return {"code": code[:64], "wanted": ends}


def _other_spelling(code: str) -> str:
    """A UPC-A is read as 12 digits by some scanners, and as 13 with a leading 0 by others."""
    if not code.isascii() or not code.isdigit():
        return code
    if len(code) == 12:
        return "0" + code
    return code[1:] if len(code) == 13 and code.startswith("0") else code


def _store(session: Session, line: Line) -> None:
    session.connection().execute(_SET_LINE, {
        "line_id": line.id, "new_packed": line.packed, "new_measured": list(line.measured_mm),
    })


def _close_if_full(session: Session, parcel: OpenParcel, *, now: datetime) -> OpenParcel:
    if parcel.state is not ParcelState.PACKING or not complete(parcel.lines):
        return parcel
    session.connection().execute(_COMPLETE, {"parcel_id": parcel.id, "at": now})
    record(
        session, f"parcel:{parcel.id}", "complete",
        {"lines": [[line.article.code, line.packed] for line in parcel.lines]}, now=now,
        bench=parcel.bench,
    )
    notice(session, "parcels")
    return replace(parcel, state=ParcelState.PACKED)


def _note_refused(
    session: Session, parcel_id: int, code: str, refusal: Refusal, *, bench: str, who: str,
    now: datetime,
) -> None:
    record(
        session, f"parcel:{parcel_id}", "item_refused",
        {**refusal.facts, "code": code[:_CODE_KEPT], "why": str(refusal.code)},
        now=now, who=who, bench=bench,
    )


def note_scan(
    session: Session, parcel_id: int | None, code: str, why: Code, *, bench: str, who: str,
    now: datetime,
) -> None:
    """Keep a scan that meant nothing here and now, with the open parcel or with the bench."""
    chain = f"bench:{bench}" if parcel_id is None else f"parcel:{parcel_id}"
    record(session, chain, "scan_refused", {"code": code[:_CODE_KEPT], "why": str(why)},
           now=now, who=who, bench=bench)


# --- Measuring (D4: a waist is measured, never guessed) -----------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measurement did. ``confirmed_mm`` is None where the buyer confirmed no waist."""

    line: Line
    waist_mm: Millimetres
    confirmed_mm: Millimetres | None
    parcel: OpenParcel

    @property
    def completed(self) -> bool:
        """True if this was the last thing that was missing."""
        return self.parcel.state is ParcelState.PACKED


def measure(
    session: Session,
    parcel_id: int,
    waist_mm: Millimetres,
    *,
    rules: Rules,
    bench: str,
    who: str,
    now: datetime,
) -> Measured | Refusal:
    """Note the measured waist of the piece scanned last, if it is what the buyer confirmed."""
    parcel = lock(session, parcel_id)
    refusal = guard(parcel, bench)
    pending = to_measure(parcel.lines) if parcel is not None else None
    if refusal is None and pending is None:
        refusal = Refusal(Code.BENCH_NOT_NOW)
    if refusal is not None or parcel is None or pending is None:
        return refusal or Refusal(Code.PARCEL_NONE_OPEN)
    found = judge_waist(parcel.lines, pending, waist_mm, rules.waist_tolerance_mm)
    facts = {"mm": waist_mm, "sku": pending.article.code, "from": pending.id}
    if isinstance(found, Refusal):
        record(session, f"parcel:{parcel_id}", "measure_refused",
               {**found.facts, **facts, "why": str(found.code)}, now=now, who=who, bench=bench)
        return found
    parcel, line = _place_measured(session, parcel, pending, found, waist_mm)
    record(session, f"parcel:{parcel_id}", "measured", {**facts, "line": line.id},
           now=now, who=who, bench=bench)
    parcel = _close_if_full(session, parcel, now=now)
    return Measured(line, waist_mm, line.waist_mm, parcel)


def _place_measured(
    session: Session, parcel: OpenParcel, pending: Line, found: Line, waist_mm: Millimetres
) -> tuple[OpenParcel, Line]:
    """Count the piece on the line whose waist it has: two lines may be of one SKU."""
    if found.id != pending.id:
        left = replace(pending, packed=pending.packed - 1)
        _store(session, left)
        parcel, found = parcel.with_line(left), replace(found, packed=found.packed + 1)
    line = replace(found, measured_mm=(*found.measured_mm, waist_mm))
    _store(session, line)
    return parcel.with_line(line), line


# --- Taking out again ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undone:
    """What came out again."""

    line: Line
    quantity: int
    parcel: OpenParcel


def undo_last(
    session: Session, parcel_id: int, *, bench: str, who: str, now: datetime
) -> Undone | Refusal:
    """Take the last scan's pieces out again; a parcel that was full by then is open once more."""
    parcel = lock(session, parcel_id)
    refusal = guard(parcel, bench)
    if refusal is not None or parcel is None:
        return refusal or Refusal(Code.PARCEL_NONE_OPEN)
    last = _last_scan(session, parcel_id)
    if parcel.state is ParcelState.WEIGHED or last is None:
        return Refusal(Code.BENCH_NOT_NOW)
    line_id, quantity = last
    if parcel.state is ParcelState.PACKED:
        reopen(session, session.get_one(Parcel, parcel_id, populate_existing=True))
        session.flush()
        parcel = replace(parcel, state=ParcelState.PACKING)
    for _ in range(quantity):
        parcel = _take_one_out(session, parcel, line_id)
    line = next(line for line in parcel.lines if line.id == line_id)
    record(session, f"parcel:{parcel_id}", "undone",
           {"line": line.id, "sku": line.article.code, "quantity": quantity},
           now=now, who=who, bench=bench)
    return Undone(line, quantity, parcel)


def reopen(session: Session, parcel: Parcel) -> None:
    """A packed, weighed or signed parcel is open again: what was agreed of it counts no more."""
    move(parcel, Move.REPACK)
    parcel.checklist_by = parcel.packer = parcel.content_hash = ""
    parcel.weight_g = parcel.expected_g = None
    parcel.packed_at = parcel.weighed_at = parcel.signed_at = None
    notice(session, "parcels")


def _last_scan(session: Session, parcel_id: int) -> tuple[int, int] | None:
    """Line and quantity of the last scan that still counts, as the history tells."""
    undone = 0
    rows = session.execute(
        select(History.kind, History.data)
        .where(History.chain == f"parcel:{parcel_id}")
        .order_by(History.seq.desc())
    )
    for kind, data in rows:
        if kind in _STARTS_OVER:
            return None
        if kind == "undone":
            undone += 1
        elif kind == "item" and undone:
            undone -= 1
        elif kind == "item":
            facts = json.loads(data)
            return int(facts["line"]), int(facts["quantity"])
    return None


_STARTS_OVER = frozenset({"put_back", "repacked", "reissued", "defect"})


def _take_one_out(session: Session, parcel: OpenParcel, line_id: int) -> OpenParcel:
    """One piece out of ``line_id``, or of the line of the same SKU that its waist moved it to."""
    scanned = next(line for line in parcel.lines if line.id == line_id)
    same = [line for line in parcel.lines if line.article.sku_id == scanned.article.sku_id]
    same.sort(key=lambda line: (not line.unmeasured, line.id != line_id))
    line = next((line for line in same if line.packed), None)
    if line is None:
        return parcel
    kept = line.measured_mm if line.unmeasured else line.measured_mm[: line.packed - 1]
    changed = replace(line, packed=line.packed - 1, measured_mm=kept)
    _store(session, changed)
    return parcel.with_line(changed)


# --- A defective piece --------------------------------------------------------------------------


def defect(
    session: Session, parcel_id: int, code: str, *, bench: str, who: str, now: datetime
) -> Line | Refusal:
    """A piece is faulty: it goes to the defect shelf and the parcel waits, freed from its bench.

    A replacement is set aside at once where there is one; where not, the parcel is not opened
    again before goods have come. What is packed already stays in.
    """
    parcel = lock(session, parcel_id)
    refusal = guard(parcel, bench)
    if refusal is not None or parcel is None:
        return refusal or Refusal(Code.PARCEL_NONE_OPEN)
    line = _faulty_line(session, parcel, code)
    if isinstance(line, Refusal):
        _note_refused(session, parcel_id, code, line, bench=bench, who=who, now=now)
        return line
    if not line.missing or line.unmeasured:
        parcel = _take_one_out(session, parcel, line.id)
    row = session.get_one(Parcel, parcel_id, populate_existing=True)
    _to_shelf(session, row, line, who=who, now=now)
    hold(session, row, Code.ITEM_DEFECT, {"sku": line.article.code}, now=now, who=who)
    record(session, f"parcel:{parcel_id}", "defect", {"line": line.id, "sku": line.article.code},
           now=now, who=who, bench=bench)
    row.bench = ""
    return line


def _faulty_line(session: Session, parcel: OpenParcel, code: str) -> Line | Refusal:
    if parcel.state is not ParcelState.PACKING:
        return Refusal(Code.BENCH_NOT_NOW)
    article = article_of(session, parcel.lines, code)
    same = [line for line in parcel.lines
            if article is not None and line.article.sku_id == article.sku_id and line.needed]
    if not same:
        verdict = judge(parcel.lines, article)
        return verdict if isinstance(verdict, Refusal) else Refusal(Code.ITEM_WRONG)
    same.sort(key=lambda line: (not line.unmeasured, not line.missing))
    return same[0]


def _to_shelf(session: Session, row: Parcel, line: Line, *, who: str, now: datetime) -> None:
    sku_id = line.article.sku_id or 0
    stored = session.get_one(ParcelLine, line.id, populate_existing=True)
    set_aside = stored.reserved > 0
    stock.to_defect(
        session, sku_id, parcel_id=row.id if set_aside else None, who=who,
        note=row.waybill_no or "", now=now,
    )
    if set_aside and stock.reserve(session, {sku_id: 1}, parcel_id=row.id, now=now):
        stored.reserved -= 1
