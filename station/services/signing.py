"""签名: the packer's signature seals content, weight and packaging, and betrays later changes (D5).

What is signed is one canonical text of the parcel; its SHA-256 stands in the parcel, in the
signature and in the history. The stub is filed and printed with the manifest at the hand-over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from station.db.models import History, Parcel, ParcelLine, Signature
from station.domain.parcel import Move, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.verification import complete
from station.services.contents import guard, lock, refund_told
from station.services.history import canonical, record
from station.services.holds import tell
from station.services.issuing import move
from station.services.outbox import tell_platform
from station.services.rules import Rules

Stroke = Sequence[Sequence[int]]

_INK = 100  # of the 1000 units of the box's width: a shorter trace is a slip, not a name


def sign(
    session: Session,
    parcel_id: int,
    *,
    who: str,
    how: str,
    strokes: Sequence[Stroke] = (),
    rules: Rules,
    bench: str,
    now: datetime,
) -> str | Refusal:
    """Seal the weighed parcel in the packer's name; the hash of what was signed.

    ``how`` is "drawn", with strokes of (x, y) from 0 to 1000, or "badge" after a right PIN.
    """
    content = lock(session, parcel_id)
    refusal = guard(content, bench) or _no_signature(who, how, strokes)
    if refusal is None and content is not None:
        refusal = _not_ready(session, content.state, parcel_id, full=complete(content.lines))
    if refusal is not None:
        return refusal
    parcel = session.get_one(Parcel, parcel_id, populate_existing=True)
    tell(session, parcel)
    move(parcel, Move.SIGN)
    parcel.packer, parcel.signed_at, parcel.bench = who, now, ""
    session.flush()
    parcel.content_hash = content_hash(session, parcel)
    kept = [[[int(x), int(y)] for x, y, *_ in stroke] for stroke in strokes]
    session.add(Signature(
        parcel_id=parcel_id, role="packer", who=who, how=how, strokes=kept,
        signed_hash=parcel.content_hash, at=now,
    ))
    record(
        session, f"parcel:{parcel_id}", "signed",
        {"how": how, "content": parcel.content_hash,
         "strokes": sha256(canonical({"strokes": kept}).encode()).hexdigest()},
        now=now, who=who, bench=bench,
    )
    tell_platform(session, parcel, "packed", rules, now=now)
    return parcel.content_hash


def _no_signature(who: str, how: str, strokes: Sequence[Stroke]) -> Refusal | None:
    if not who:
        return Refusal(Code.SIGN_NOBODY)
    if how == "drawn" and _ink(strokes) < _INK:
        return Refusal(Code.SIGN_EMPTY)
    return None


def _ink(strokes: Sequence[Stroke]) -> int:
    """How far the pen went, in thousandths of the box."""
    return sum(
        abs(a[0] - b[0]) + abs(a[1] - b[1])
        for stroke in strokes for a, b in pairwise(stroke)
    )


def _not_ready(
    session: Session, state: ParcelState, parcel_id: int, *, full: bool
) -> Refusal | None:
    """The look before sealing: weighed, full, and no money going back."""
    if state is not ParcelState.WEIGHED:
        return Refusal(Code.PARCEL_NOT_WEIGHED)
    if refund_told(session, parcel_id):
        return Refusal(Code.WAYBILL_STOPPED)
    return None if full else Refusal(Code.PARCEL_INCOMPLETE)


def content_hash(session: Session, parcel: Parcel) -> str:
    """SHA-256 of the canonical text of what a parcel's signature covers, as it is stored now."""
    lines = session.scalars(
        select(ParcelLine).where(ParcelLine.parcel_id == parcel.id)
        .order_by(ParcelLine.id).execution_options(populate_existing=True)
    )
    return _digest(parcel, lines.all())


def _digest(parcel: Parcel, lines: Sequence[ParcelLine]) -> str:
    signed_at = parcel.signed_at.astimezone(UTC).isoformat() if parcel.signed_at else ""
    return sha256(canonical({
        "waybill_no": parcel.waybill_no,
        "lines": [
            [line.sku.code if line.sku else "", line.packed, list(line.measured_mm)]
            for line in lines if line.packed > 0
        ],
        "weight_g": parcel.weight_g,
        "packaging": parcel.packaging.code if parcel.packaging else "",
        "packer": parcel.packer,
        "signed_at": signed_at,
    }).encode()).hexdigest()


def broken_seals(session: Session) -> Iterator[tuple[int, str]]:
    """Id and waybill number of each signed parcel that is no longer what its packer signed.

    What he signed stands in the signature, and in the history, which nobody changes unseen.
    """
    rows = session.scalars(
        select(Parcel).where(Parcel.state.in_((ParcelState.SIGNED, ParcelState.HANDED_OVER)))
        .options(selectinload(Parcel.lines).joinedload(ParcelLine.sku),
                 joinedload(Parcel.packaging))
        .order_by(Parcel.id).execution_options(yield_per=500, populate_existing=True)
    )
    for parcels in rows.partitions():
        told = (_in_signatures(session, parcels), _in_history(session, parcels))
        for parcel in parcels:
            now = _digest(parcel, parcel.lines)
            if {parcel.content_hash, *(hashes.get(parcel.id, "") for hashes in told)} != {now}:
                yield parcel.id, parcel.waybill_no or ""
        session.expunge_all()


def _in_signatures(session: Session, parcels: Sequence[Parcel]) -> Mapping[int | None, str]:
    """What each parcel's newest signature of a packer covers."""
    rows = session.execute(
        select(Signature.parcel_id, Signature.signed_hash).order_by(Signature.id)
        .where(Signature.parcel_id.in_([one.id for one in parcels]), Signature.role == "packer")
    )
    return dict(rows.all())


def _in_history(session: Session, parcels: Sequence[Parcel]) -> Mapping[int | None, str]:
    """What each parcel's history says was signed last."""
    of: dict[str, int | None] = {f"parcel:{one.id}": one.id for one in parcels}
    rows = session.execute(
        select(History.chain, History.data).order_by(History.seq)
        .where(History.chain.in_(of), History.kind == "signed")
    )
    return {of[chain]: str(json.loads(data).get("content", "")) for chain, data in rows}
