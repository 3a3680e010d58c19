"""称重: the parcel's own weight, compared with what its content should weigh (D6).

The raw frames of the scale are kept with every weight that was taken, also with those that did
not agree. A parcel that is off goes no further until it was repacked or weighed again and agrees,
or until a manager accepts it and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import Parcel, Sku, Weighing
from station.domain.parcel import Move, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.verification import Article, Line
from station.domain.vocabulary import Grams, Message
from station.domain.weights import Expected, TakenWeight, WeightRules, expected, explain
from station.services import scale_checks
from station.services.contents import OpenParcel, guard, lock, read
from station.services.history import record
from station.services.holds import tell
from station.services.issuing import move
from station.services.rules import Rules
from station.services.staff import Person, Role


@dataclass(frozen=True, slots=True)
class Weighed:
    """A weight that agrees, or that nothing could be compared with (``expected.grams`` None)."""

    grams: Grams
    expected: Expected
    parcel: OpenParcel


def expected_of(parcel: OpenParcel, rules: Rules) -> Expected:
    """What this parcel should weigh, with the shop's tolerance."""
    packaging_g = parcel.material.weight_g if parcel.material else 0
    return expected(parcel.lines, packaging_g, WeightRules(
        rules.weight_tolerance_g, rules.weight_tolerance_percent, rules.scale_error_g,
    ))


def weigh(
    session: Session,
    parcel_id: int,
    taken: TakenWeight,
    *,
    rules: Rules,
    bench: str,
    who: str,
    now: datetime,
) -> Weighed | Refusal:
    """Book the weight taken of this parcel: it agrees and is weighed, or is off and waits."""
    content = _opened(session, parcel_id, bench)
    if isinstance(content, Refusal):
        return content
    refusal = _not_ready(content, taken) or scale_checks.refusal(
        session, taken.scale, rules.scale_checks, now=now)
    if refusal is not None:
        return refusal
    should = expected_of(content, rules)
    diff = 0 if should.grams is None else taken.grams - should.grams
    agrees = abs(diff) <= (should.tolerance_g or 0)
    session.add(Weighing(
        parcel_id=parcel_id, grams=taken.grams, expected_g=should.grams,
        tolerance_g=should.tolerance_g, agrees=agrees, scale=taken.scale, at=now,
        frames=[frame.hex() for frame in taken.frames],
    ))
    record(
        session, f"parcel:{parcel_id}", "weighed" if agrees else "weight_off",
        {"grams": taken.grams, "expected_g": should.grams, "tolerance_g": should.tolerance_g,
         "scale": taken.scale, "frames": [frame.hex() for frame in taken.frames]},
        now=now, who=who, bench=bench,
    )
    parcel = session.get_one(Parcel, parcel_id)
    if not agrees:
        return _off(session, parcel, should, taken.grams)
    _agree(parcel, taken.grams, should.grams, now=now)
    tell(session, parcel)
    session.flush()
    return Weighed(taken.grams, should, read(session, parcel_id) or content)


def _opened(session: Session, parcel_id: int, bench: str) -> OpenParcel | Refusal:
    """The parcel, locked, if it is open at this bench."""
    lock(session, parcel_id)
    content = read(session, parcel_id)
    if content is None:
        return Refusal(Code.PARCEL_NONE_OPEN)
    return guard(content, bench) or content


def _not_ready(content: OpenParcel, taken: TakenWeight) -> Refusal | None:
    if content.state is ParcelState.PACKING:
        return Refusal(Code.PARCEL_NOT_PACKED)
    if taken.grams <= 0:
        return Refusal(Code.WEIGHT_EMPTY)
    if content.material is None and content.proposed is not None:
        return Refusal(Code.PARCEL_NO_MATERIAL)
    return None if content.checklist_done else Refusal(Code.BENCH_NOT_NOW)


def _agree(parcel: Parcel, grams: Grams, expected_g: Grams | None, *, now: datetime) -> None:
    move(parcel, Move.WEIGH)
    parcel.weight_g, parcel.expected_g, parcel.weighed_at = grams, expected_g, now


def _off(session: Session, parcel: Parcel, should: Expected, grams: Grams) -> Refusal:
    """Weighed again and now off: the former weight counts no more."""
    if parcel.state == ParcelState.WEIGHED:
        move(parcel, Move.REPACK)
        move(parcel, Move.COMPLETE)
        parcel.weight_g = parcel.weighed_at = None
    tell(session, parcel)
    return Refusal(Code.WEIGHT_OFF, {
        "diff_g": grams - (should.grams or 0), "expected_g": should.grams or 0,
        "tolerance_g": should.tolerance_g or 0, "weight_g": grams,
    })


def accept(
    session: Session,
    parcel_id: int,
    *,
    manager: Person,
    reason: str,
    bench: str,
    now: datetime,
) -> Weighed | Refusal:
    """A manager accepts the last weight although it is off, and says why."""
    if manager.role is not Role.MANAGER:
        return Refusal(Code.SIGN_MANAGER_NEEDED)
    if not reason.strip():
        return Refusal(Code.SIGN_REASON_NEEDED)
    content = _opened(session, parcel_id, bench)
    if isinstance(content, Refusal):
        return content
    if content.off is None:
        return Refusal(Code.PARCEL_NOT_WEIGHED)
    last = session.scalars(
        select(Weighing).where(Weighing.parcel_id == parcel_id)
        .order_by(Weighing.id.desc()).limit(1)
    ).one()
    last.accepted_by, last.reason = manager.name, reason[:200]
    parcel = session.get_one(Parcel, parcel_id)
    _agree(parcel, last.grams, last.expected_g, now=now)
    record(
        session, f"parcel:{parcel_id}", "weight_accepted",
        {"grams": last.grams, "expected_g": last.expected_g, "reason": reason[:200]},
        now=now, who=manager.name, bench=bench,
    )
    tell(session, parcel)
    session.flush()
    should = Expected(last.expected_g, last.tolerance_g)
    return Weighed(last.grams, should, read(session, parcel_id) or content)


def explanations(session: Session, parcel: OpenParcel, rules: Rules) -> tuple[Message, ...]:
    """What would explain the weight that is off, best first; nothing if none is off."""
    if parcel.off is None or parcel.off.expected_g is None:
        return ()
    return explain(
        parcel.off.grams - parcel.off.expected_g, parcel.lines,
        tolerance_g=parcel.off.tolerance_g or rules.weight_tolerance_g,
        packaging_g=parcel.material.weight_g if parcel.material else 0,
        siblings=_siblings(session, parcel),
    )


def _siblings(session: Session, parcel: OpenParcel) -> list[Line]:
    """The other colours and sizes of the parcel's items."""
    items = {line.article.item_no for line in parcel.lines if line.article.item_no}
    rows = session.scalars(
        select(Sku).where(Sku.item_no.in_(items), Sku.weight_g.is_not(None))
        .order_by(Sku.id)
    )
    return [
        Line(0, Article(row.id, row.code, row.item_no, row.color, row.size), 1,
             weight_g=row.weight_g)
        for row in rows
    ]


def last_weight(session: Session, scale: str) -> Grams | None:
    """The last weight taken from this scale, None if none ever was."""
    rows = select(Weighing.grams).where(Weighing.scale == scale).order_by(Weighing.id.desc())
    return session.scalar(rows.limit(1))
