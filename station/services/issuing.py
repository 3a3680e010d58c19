"""Number and print job: the last step of the intake, and its undoing.

``issue`` binds a waybill number to a parcel and writes its print job; ``reissue`` voids both and
takes new ones; ``stop`` and ``cancel`` end a parcel whose money goes back. Whatever a former number
led to is undone with it: its paper, the platform's call that was not made yet, its place in an open
hand-over, the bag that was chosen but not sealed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import (
    Handover,
    HandoverLine,
    Parcel,
    PrintJob,
    WaybillNumber,
)
from station.db.session import notice
from station.domain.cases import CaseKind
from station.domain.parcel import Move, ParcelState, after
from station.domain.refusals import Code
from station.domain.vocabulary import CarrierCode
from station.services import consumables, numbers, outbox, stock
from station.services.alarms import raise_alarm
from station.services.cases import open_case
from station.services.couriers import who_took
from station.services.history import record
from station.services.holds import hold, open_holds, tell
from station.services.rules import Rules

UNFINISHED = ("waiting", "sending", "sent", "in_doubt")


def locked(session: Session, parcel_id: int) -> Parcel:
    """The parcel, its row locked until the transaction ends and read anew. Raises NoResultFound."""
    return session.scalars(
        select(Parcel).where(Parcel.id == parcel_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()


def move(parcel: Parcel, step: Move) -> None:
    """Make one move of the table; every move counts the version up."""
    parcel.state = str(after(ParcelState(parcel.state), step))
    parcel.version += 1


def issue(session: Session, parcel: Parcel, rules: Rules, *, now: datetime) -> bool:
    """Take a number and write the print job, if nothing holds the parcel. True if done."""
    if open_holds(parcel) or parcel.state != ParcelState.WAITING:
        return False
    if not _bind_number(session, parcel, rules, now=now):
        return False
    move(parcel, Move.RESERVE)
    _write_job(session, parcel, reason="", now=now)
    return True


def _bind_number(session: Session, parcel: Parcel, rules: Rules, *, now: datetime) -> bool:
    number = numbers.take(
        session, CarrierCode(parcel.carrier), parcel_id=parcel.id, low_at=rules.low_pool, now=now
    )
    if number is None:
        hold(session, parcel, Code.ORDER_POOL_EMPTY, {"carrier": parcel.carrier}, now=now)
        return False
    parcel.waybill_no = number
    return True


def _write_job(session: Session, parcel: Parcel, *, reason: str, now: datetime) -> None:
    parcel.copies = 1
    session.add(
        PrintJob(
            kind="waybill", parcel_id=parcel.id, waybill_no=parcel.waybill_no or "",
            created_at=now, copy=0, reason=reason,
        )
    )
    record(
        session, f"parcel:{parcel.id}", "number_taken",
        {"carrier": parcel.carrier, "waybill_no": parcel.waybill_no or "", "reason": reason},
        now=now,
    )
    notice(session, "print_jobs")
    tell(session, parcel)


def reissue(
    session: Session, parcel: Parcel, rules: Rules, *, reason: str, now: datetime, who: str = ""
) -> bool:
    """Void the present number and its paper, start over with a new one (S11).

    What was scanned into the parcel comes out again. If the pool is empty the parcel waits on
    hold without a number; False then.
    """
    _withdraw(session, parcel, now=now, who=who)
    move(parcel, Move.REISSUE)
    record(
        session, f"parcel:{parcel.id}", "reissued",
        {"voided": parcel.waybill_no or "", "reason": reason}, now=now, who=who,
    )
    parcel.waybill_no = None
    if not _bind_number(session, parcel, rules, now=now):
        parcel.state = str(ParcelState.WAITING)
        return False
    _write_job(session, parcel, reason=reason, now=now)
    return True


def _withdraw(session: Session, parcel: Parcel, *, now: datetime, who: str) -> None:
    """Undo what the parcel's present number and packing led to."""
    outbox.withdraw(session, parcel.orders)
    _void_paper(session, parcel, now=now)
    _leave_pile(session, parcel, now=now, who=who)
    _unpack(session, parcel, now=now, who=who)


def _leave_pile(session: Session, parcel: Parcel, *, now: datetime, who: str) -> None:
    """Out of a hand-over that is still open: what the courier wrote was for other paper."""
    lines = session.scalars(
        select(HandoverLine).join(Handover)
        .where(HandoverLine.parcel_id == parcel.id, Handover.state == "open")
    ).all()
    for line in lines:
        chain = f"handover:{line.handover_id}"
        record(session, chain, "taken_back", {"waybill_no": parcel.waybill_no or ""},
               now=now, who=who)
        notice(session, chain)
        session.delete(line)


def _void_paper(session: Session, parcel: Parcel, *, now: datetime) -> None:
    if parcel.waybill_no:
        numbers.void(session, parcel.waybill_no, now=now)
    jobs = session.scalars(
        select(PrintJob).where(
            PrintJob.parcel_id == parcel.id, PrintJob.kind == "waybill",
            PrintJob.state.in_((*UNFINISHED, "confirmed")),
        )
    )
    for job in jobs:
        job.state = "void"


def _unpack(session: Session, parcel: Parcel, *, now: datetime, who: str) -> None:
    """Everything comes out. A bag that was sealed is torn and used up; another one goes back."""
    for line in parcel.lines:
        line.packed, line.measured_mm = 0, []
    if parcel.signed_at is None:
        consumables.give_back(session, parcel, who=who, now=now)
    parcel.packaging_id = None
    parcel.bench = parcel.content_hash = parcel.packer = parcel.checklist_by = ""
    parcel.note_read_by = ""
    parcel.weight_g = None
    parcel.packed_at = parcel.weighed_at = parcel.signed_at = None


def stop(session: Session, parcel: Parcel, *, kind: str, now: datetime) -> None:
    """Money goes back: whatever the parcel's state, it goes no further, and somebody is told."""
    if parcel.state in (ParcelState.VOID, ParcelState.STOPPED):
        return
    if parcel.state == ParcelState.HANDED_OVER:
        intercept(session, parcel, kind=kind, now=now)
    elif not is_on_paper(session, parcel):
        cancel(session, parcel, reason=kind, now=now)
    else:
        move(parcel, Move.STOP)
        _shout(session, "stopped", parcel, kind, now)
    record(session, f"parcel:{parcel.id}", "stopped", {"kind": kind}, now=now)
    tell(session, parcel)


def intercept(session: Session, parcel: Parcel, *, kind: str, now: datetime) -> None:
    """News that comes when the courier has the parcel: to be called back, and acknowledged."""
    parcel.intercept, parcel.intercept_acknowledged_by = kind, ""
    open_case(session, parcel, CaseKind.INTERCEPTED, note=kind, now=now)
    courier, phone = who_took(session, parcel.id)
    _shout(session, "intercept", parcel, kind, now, courier=courier, phone=phone)


def is_on_paper(session: Session, parcel: Parcel) -> bool:
    """True if a label of the present number is, or may be, out in the world."""
    if parcel.state == ParcelState.WAITING or parcel.waybill_no is None:
        return False
    if parcel.state != ParcelState.RESERVED:
        return True
    begun = select(PrintJob.id).where(
        PrintJob.parcel_id == parcel.id, PrintJob.waybill_no == parcel.waybill_no,
        PrintJob.state.in_(("sending", "sent", "in_doubt", "confirmed")),
    )
    return session.scalar(begun.limit(1)) is not None


def _shout(
    session: Session, code: str, parcel: Parcel, kind: str, now: datetime, **more: str
) -> None:
    facts = {
        "waybill_no": parcel.waybill_no or "", "carrier": parcel.carrier, "kind": kind, **more}
    raise_alarm(session, code, f"parcel:{parcel.id}", facts, now=now)


def cancel(
    session: Session, parcel: Parcel, *, reason: str, now: datetime, who: str = ""
) -> None:
    """End a parcel that will not be shipped: goods and number are let go, its paper is void."""
    give_back(session, parcel, now=now)
    _withdraw(session, parcel, now=now, who=who)
    move(parcel, Move.CANCEL)
    parcel.held_since = None
    for row in open_holds(parcel):
        row.released_at, row.released_by, row.reason = now, who, reason
    record(session, f"parcel:{parcel.id}", "cancelled", {"reason": reason}, now=now, who=who)
    tell(session, parcel)


def give_back(session: Session, parcel: Parcel, *, now: datetime) -> None:
    """Let go of every piece set aside for the parcel."""
    pieces: dict[int, int] = {}
    for line in parcel.lines:
        if line.sku_id is not None and line.reserved:
            pieces[line.sku_id] = pieces.get(line.sku_id, 0) + line.reserved
            line.reserved = 0
    if pieces:
        stock.release(session, pieces, parcel_id=parcel.id, now=now)


def number_owner(session: Session, waybill_no: str) -> Parcel | None:
    """The parcel a number was bound to, also after it was voided."""
    row = session.scalar(select(WaybillNumber).where(WaybillNumber.number == waybill_no))
    return session.get(Parcel, row.parcel_id) if row is not None and row.parcel_id else None
