"""装箱: the waybill's scan opens the parcel; it is filled, left, given up or taken apart (D4).

Every function is one transaction and answers with the parcel as it is then, or with a refusal.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import HandoverLine, Parcel, ParcelLine, PrintJob, WaybillNumber
from station.domain.parcel import OPENED, Move, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.verification import complete
from station.services import consumables, printing, refunds, stock
from station.services.contents import OpenParcel, guard, lock, open_at, read, why_held
from station.services.history import record
from station.services.holds import hold, tell
from station.services.issuing import move, number_owner
from station.services.items import reopen
from station.services.rules import Rules

_CODE_KEPT = 64
_BY_STATE = {
    ParcelState.VOID: Code.WAYBILL_VOID,
    ParcelState.STOPPED: Code.WAYBILL_STOPPED,
    ParcelState.HANDED_OVER: Code.WAYBILL_SHIPPED,
    ParcelState.SIGNED: Code.WAYBILL_SEALED,
    ParcelState.WAITING: Code.WAYBILL_NOT_PRINTED,
    ParcelState.RESERVED: Code.WAYBILL_NOT_PRINTED,
}


def open_parcel(
    session: Session, waybill_no: str, *, rules: Rules, bench: str, who: str, now: datetime
) -> OpenParcel | Refusal:
    """Open the parcel of a scanned waybill at this bench, or give the answer that fits its state.

    The scan proves that the label exists, so it also confirms the print. Of two benches that
    scan one parcel at once exactly one gets it: the second waits for the row, then reads whose.
    A stopped parcel is refused loudly and stays at this bench to be taken apart.
    """
    parcel = _by_number(session, waybill_no)
    if parcel is None:
        refusal = _not_a_parcel(session, waybill_no)
        record(session, f"bench:{bench}", "waybill_refused",
               {"code": waybill_no[:_CODE_KEPT], "why": str(refusal.code)},
               now=now, who=who, bench=bench)
        return refusal
    if parcel.state not in (ParcelState.STOPPED, ParcelState.VOID):
        printing.confirm_by_scan(
            session, waybill_no, rules=rules, who=who, bench=bench, now=now
        )
    here = open_at(session, bench)
    busy_with = here.waybill_no if here is not None and here.id != parcel.id else ""
    refusal_ = _why_not(session, parcel, bench, busy_with, now=now)
    if refusal_ is not None:
        _refused(session, parcel, refusal_, busy=bool(busy_with), bench=bench, who=who, now=now)
        return refusal_
    if parcel.bench != bench:
        _claim(session, parcel, bench=bench, who=who, now=now)
    return _now(session, parcel.id)


def _by_number(session: Session, waybill_no: str) -> Parcel | None:
    return session.scalar(
        select(Parcel).where(Parcel.waybill_no == waybill_no)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def _not_a_parcel(session: Session, waybill_no: str) -> Refusal:
    """Old paper, of which the number was voided, names its parcel's present number."""
    owner = number_owner(session, waybill_no)
    if owner is None:
        return Refusal(Code.WAYBILL_UNKNOWN, {"code": waybill_no[:_CODE_KEPT]})
    return Refusal(
        Code.WAYBILL_VOID, {"waybill_no": waybill_no, "new": owner.waybill_no}
        if owner.waybill_no else {"waybill_no": waybill_no},
    )


def number_state(session: Session, code: str) -> str | None:
    """What the pool says of a waybill number (unused, taken, printed, voided); None if unknown."""
    return session.scalar(select(WaybillNumber.state).where(WaybillNumber.number == code))


def _why_not(
    session: Session, parcel: Parcel, bench: str, busy_with: str, *, now: datetime
) -> Refusal | None:
    facts: dict[str, str | int] = {
        "waybill_no": parcel.waybill_no or "", "parcel_id": parcel.id,
    }
    by_state = _BY_STATE.get(ParcelState(parcel.state))
    if by_state is Code.WAYBILL_NOT_PRINTED:
        facts["job"] = _job_state(session, parcel)
    if by_state is not None:
        return Refusal(by_state, facts)
    if parcel.state in OPENED and parcel.bench not in ("", bench):
        return Refusal(Code.WAYBILL_OPEN_ELSEWHERE, {**facts, "bench": parcel.bench})
    if busy_with:
        return Refusal(Code.WAYBILL_OTHER_OPEN, {**facts, "waybill_no": busy_with})
    _complete_stock(session, parcel, now=now)
    if parcel.held_since is not None:
        return Refusal(Code.WAYBILL_HELD, {**facts, "why": why_held(session, parcel.id)})
    return None


def _job_state(session: Session, parcel: Parcel) -> str:
    """How far the label's print job is: waiting, sending, in_doubt … or "none"."""
    job = select(PrintJob.state).where(
        PrintJob.parcel_id == parcel.id, PrintJob.kind == "waybill", PrintJob.state != "void"
    )
    return session.scalar(job.order_by(PrintJob.id.desc()).limit(1)) or "none"


def _complete_stock(session: Session, parcel: Parcel, *, now: datetime) -> None:
    """Set the replacement of a defective piece aside, or hold the parcel for it."""
    short = [line for line in parcel.lines if line.sku_id and line.reserved < line.quantity]
    for line in short:
        wanted = {line.sku_id or 0: line.quantity - line.reserved}
        missing = stock.reserve(session, wanted, parcel_id=parcel.id, now=now)
        if missing:
            facts: dict[str, str | int] = {"skus": ";".join(row.sku for row in missing)}
            hold(session, parcel, Code.ORDER_NO_STOCK, facts, now=now)
        else:
            line.reserved = line.quantity
    session.flush()


def _refused(
    session: Session, parcel: Parcel, refusal: Refusal, *, busy: bool, bench: str, who: str,
    now: datetime,
) -> None:
    if refusal.code is Code.WAYBILL_STOPPED and not busy:
        tell(session, parcel)  # the bench that had it until now
        parcel.bench = bench
    record(session, f"parcel:{parcel.id}", "waybill_refused", {"why": str(refusal.code)},
           now=now, who=who, bench=bench)
    tell(session, parcel)


def _claim(
    session: Session, parcel: Parcel, *, bench: str, who: str, now: datetime
) -> None:
    """The parcel is this bench's. One that was full when it was left is weighed afresh."""
    move(parcel, Move.OPEN)
    parcel.bench = bench
    parcel.weight_g = parcel.packed_at = parcel.weighed_at = None
    record(session, f"parcel:{parcel.id}", "opened", {"waybill_no": parcel.waybill_no or ""},
           now=now, who=who, bench=bench)
    session.flush()
    content = lock(session, parcel.id)
    if content is not None and complete(content.lines):
        move(parcel, Move.COMPLETE)
        parcel.packed_at = now
    tell(session, parcel)


def _now(session: Session, parcel_id: int) -> OpenParcel:
    session.flush()
    content = read(session, parcel_id)
    assert content is not None  # noqa: S101 - its row is locked by this transaction
    return content


# --- What happens to the parcel as a whole ------------------------------------------------------


def acknowledge_note(
    session: Session, parcel_id: int, *, bench: str, who: str, now: datetime
) -> OpenParcel | Refusal:
    """The packer has read the note, the flag and how many orders are inside (S10)."""
    parcel = _mine(session, parcel_id, bench)
    if isinstance(parcel, Refusal):
        return parcel
    parcel.note_read_by = who or f"@{bench}"
    parcel.version += 1
    record(session, f"parcel:{parcel_id}", "note_read", {"flag": parcel.flag},
           now=now, who=who, bench=bench)
    tell(session, parcel)
    return _now(session, parcel_id)


def _mine(session: Session, parcel_id: int, bench: str) -> Parcel | Refusal:
    """The row, locked, if this bench may change it."""
    refusal = guard(lock(session, parcel_id), bench)
    if refusal is not None:
        return refusal
    return session.get_one(Parcel, parcel_id, populate_existing=True)


def leave(session: Session, parcel_id: int, *, bench: str, who: str, now: datetime) -> bool:
    """Free the bench; the parcel stays where it stands. False if it was not at this bench."""
    lock(session, parcel_id)
    parcel = session.get(Parcel, parcel_id, populate_existing=True)
    if parcel is None or parcel.bench != bench:
        return False
    tell(session, parcel)
    parcel.bench = ""
    parcel.version += 1
    record(session, f"parcel:{parcel_id}", "left", {"state": parcel.state},
           now=now, who=who, bench=bench)
    return True


def put_back(
    session: Session, parcel_id: int, *, bench: str, who: str, now: datetime
) -> OpenParcel | Refusal:
    """Give packing up: the items come out, the packaging goes back, the label stays good."""
    parcel = _mine(session, parcel_id, bench)
    if isinstance(parcel, Refusal):
        return parcel
    _empty(session, parcel)
    consumables.give_back(session, parcel, who=who, now=now)
    tell(session, parcel)
    move(parcel, Move.PUT_BACK)
    parcel.bench = parcel.note_read_by = parcel.checklist_by = ""
    parcel.weight_g = parcel.packed_at = parcel.weighed_at = None
    record(session, f"parcel:{parcel_id}", "put_back", {}, now=now, who=who, bench=bench)
    return _now(session, parcel_id)


def _empty(session: Session, parcel: Parcel) -> None:
    lines = session.scalars(
        select(ParcelLine).where(ParcelLine.parcel_id == parcel.id)
        .execution_options(populate_existing=True)
    )
    for line in lines:
        line.packed, line.measured_mm = 0, []


def repack(
    session: Session, parcel_id: int, *, bench: str, who: str, now: datetime
) -> OpenParcel | Refusal:
    """Open a packed, weighed or signed parcel again; every piece is scanned once more.

    A signed one is opened from a free bench, as long as no hand-over has scanned it.
    """
    content = lock(session, parcel_id)
    refusal = _why_not_again(session, content, bench)
    if refusal is not None:
        return refusal
    parcel = session.get_one(Parcel, parcel_id, populate_existing=True)
    reopen(session, parcel)
    _empty(session, parcel)
    parcel.bench = bench
    record(session, f"parcel:{parcel_id}", "repacked", {}, now=now, who=who, bench=bench)
    tell(session, parcel)
    return _now(session, parcel_id)


def _why_not_again(
    session: Session, content: OpenParcel | None, bench: str
) -> Refusal | None:
    if content is None or content.state is not ParcelState.SIGNED:
        refusal = guard(content, bench)
        if refusal is None and content is not None and content.state is ParcelState.PACKING:
            return Refusal(Code.BENCH_NOT_NOW)
        return refusal
    scanned = select(HandoverLine.id).where(
        HandoverLine.parcel_id == content.id, HandoverLine.state != "missing"
    )
    if session.scalar(scanned.limit(1)) is not None:
        return Refusal(Code.HANDOVER_TWICE, {"waybill_no": content.waybill_no})
    here = open_at(session, bench)
    if here is not None:
        return Refusal(Code.WAYBILL_OTHER_OPEN, {"waybill_no": here.waybill_no})
    return None


def take_apart(
    session: Session, parcel_id: int, *, rules: Rules, bench: str, who: str, now: datetime
) -> str:
    """A stopped parcel was taken apart and its goods are back: "cancelled", or "reissued".

    Its packaging goes back too unless it was sealed: a torn bag is used up.
    """
    lock(session, parcel_id)
    parcel = session.get_one(Parcel, parcel_id, populate_existing=True)
    if parcel.signed_at is None:
        consumables.give_back(session, parcel, who=who, now=now)
    tell(session, parcel)
    ended = refunds.take_apart(session, parcel_id, rules, who=who, bench=bench, now=now)
    parcel.bench = ""
    return ended
