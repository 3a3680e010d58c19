"""出单: the print job's way from waiting to confirmed, and everything that may go wrong on it.

The states are honest: ``waiting -> sending -> sent -> confirmed``, or ``in_doubt``. ``sending`` is
committed before the first byte leaves, so that a crash is seen afterwards. A page that may be on
paper is never sent again by itself: a person scans the label, or says that none came out.

Fresh labels go first: the stubs of a big hand-over never keep a paid order from printing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import Handover, PageImage, Parcel, PrintJob
from station.db.session import notice
from station.domain.labels import WaybillLabel
from station.domain.parcel import Move, ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import CarrierCode
from station.services import consumables, numbers
from station.services.alarms import raise_alarm
from station.services.history import record
from station.services.holds import hold, open_holds, tell
from station.services.issuing import locked, move
from station.services.outbox import tell_platform
from station.services.printing_facts import consignee_of, goods_of
from station.services.rules import Rules
from station.services.slips import KIND, chain_of, no_longer_waits, under_way

_RETRYABLE = (ParcelState.PRINTED, ParcelState.PACKING, ParcelState.PACKED, ParcelState.WEIGHED,
              ParcelState.SIGNED, ParcelState.RESERVED)
_NEVER_SO_LONG = timedelta(minutes=10)  # no label takes this long: whoever sent it is gone
_FIRST_WAYBILLS = (PrintJob.kind != "waybill", PrintJob.kind != "manifest")
_MAY_NOT_PRINT = and_(
    PrintJob.kind == "waybill",
    or_(
        Parcel.held_since.is_not(None),
        Parcel.state.in_([str(ParcelState.STOPPED), str(ParcelState.VOID)]),
    ),
)


@dataclass(frozen=True, slots=True)
class Due:
    """A job that may be printed now; ``parcel_version`` tells whether the facts still hold.

    It is None where the paper belongs to no parcel.
    """

    job_id: int
    kind: str
    parcel_id: int | None
    parcel_version: int | None
    handover_id: int | None
    copy: int
    about: str = ""


def next_due(
    session: Session, *, bench: str, also: Sequence[str] = (), slips: bool | None = None
) -> Due | None:
    """The job to print next at this bench: waybills first, each kind in the order it was written.

    A waybill of a parcel that something holds is passed over; what a stub says has happened
    already, whatever its parcel's state. ``also`` are benches that have no printer of their own.
    ``slips`` True asks for slips alone, False for all but slips.
    """
    row = session.execute(
        select(PrintJob, Parcel.version)
        .outerjoin(Parcel, Parcel.id == PrintJob.parcel_id)
        .where(PrintJob.state == "waiting", PrintJob.bench.in_(("", bench, *also)))
        .where(or_(PrintJob.parcel_id.is_(None), ~_MAY_NOT_PRINT), *_only(slips))
        .order_by(*_FIRST_WAYBILLS, PrintJob.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    job, version = row
    return Due(
        job.id, job.kind, job.parcel_id, version, job.handover_id, job.copy, job.about)


def _only(slips: bool | None) -> list[ColumnElement[bool]]:
    if slips is None:
        return []
    return [PrintJob.kind == KIND if slips else PrintJob.kind != KIND]


def oldest_due(session: Session) -> datetime | None:
    """Since when the oldest waiting job that may be printed waits; None if none does."""
    return session.scalar(
        select(func.min(PrintJob.created_at))
        .outerjoin(Parcel, Parcel.id == PrintJob.parcel_id)
        .where(PrintJob.state == "waiting", or_(PrintJob.parcel_id.is_(None), ~_MAY_NOT_PRINT)))


def _locked_job(session: Session, job_id: int) -> PrintJob:
    """The job, locked after its parcel, both read anew. Raises NoResultFound."""
    parcel_id = session.scalars(select(PrintJob.parcel_id).where(PrintJob.id == job_id)).one()
    if parcel_id is not None:
        locked(session, parcel_id)
    return session.scalars(
        select(PrintJob).where(PrintJob.id == job_id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()


def waybill_label(session: Session, due: Due, rules: Rules, *, now: datetime) -> WaybillLabel:
    """What the parcel's label says (D1): every item in pick order, the note, the deadline."""
    parcel = session.get_one(Parcel, due.parcel_id)
    carrier = CARRIERS[CarrierCode(parcel.carrier)]
    consignee = consignee_of(parcel)
    return WaybillLabel(
        carrier=carrier.code, carrier_name=carrier.name, waybill_no=parcel.waybill_no or "",
        sorting_code=carrier.sorting_code(consignee), consignee=consignee, sender=rules.sender,
        goods=goods_of(parcel), note=parcel.note, deadline=parcel.deadline, job=f"P{due.job_id}",
        copy=due.copy, orders=len(parcel.orders), parcel_no=str(parcel.id), printed_at=now,
        masked=rules.mask,
    )


def start_sending(
    session: Session,
    due: Due,
    *,
    printer: str,
    sha256: str,
    pages: Sequence[bytes],
    now: datetime,
) -> bool:
    """Commit that the first byte is about to leave. False if the job is no longer as it was.

    This is the look at refunds right before printing: a parcel that changed since its label was
    drawn has another version, and the job is looked at afresh.
    """
    job = _locked_job(session, due.job_id)
    if job.state != "waiting":
        return False
    if job.parcel is not None and job.parcel.version != due.parcel_version:
        return False
    job.state, job.sending_at, job.printer, job.sha256 = "sending", now, printer, sha256
    job.pages, job.trouble = len(pages), ""
    if job.about:
        no_longer_waits(session, job.id, now=now)
    for number, png in enumerate(pages, 1):
        session.add(PageImage(job_id=job.id, page=number, png=png))
    _note(session, job, "sending", {"sha256": sha256, "copy": job.copy}, now=now)
    return True


def _note(
    session: Session, job: PrintJob, what: str, facts: dict[str, str | int], *, now: datetime,
    who: str = "", bench: str = "",
) -> None:
    """A job's step, in its subject's history; the screens that show jobs hear it.

    It wakes no printer: a job that waits again must not make its own loop spin.
    """
    notice(session, "parcels")
    notice(session, "slips")
    chain = _chain_of(job)
    if chain:
        record(
            session, chain, f"print_{what}", {"job": job.id, **facts},
            now=now, who=who, bench=bench,
        )


def _chain_of(job: PrintJob) -> str:
    if job.about:
        return chain_of(job.about)
    subject, key = ("parcel", job.parcel_id) if job.parcel_id else ("handover", job.handover_id)
    return f"{subject}:{key}" if key is not None else ""


def sent(
    session: Session, job_id: int, *, proof: str, rules: Rules, labels: bool = True, now: datetime
) -> None:
    """Every page left the computer; ``proof`` "printed" is the printer's word that it came out.

    ``labels`` False: it came off a receipt roll, of which nobody keeps count.
    """
    job = _locked_job(session, job_id)
    if labels and job.state in ("void", "sending", "confirmed"):
        _use_paper(session, job, job.pages, now=now)
    if job.state == "void":  # the parcel was stopped meanwhile: this paper is refused when scanned
        job.pages_sent = job.pages
        return
    if job.state != "sending":
        return
    job.state, job.sent_at, job.pages_sent, job.proof = "sent", now, job.pages, proof
    _note(session, job, "sent", {"proof": proof, "pages": job.pages}, now=now)
    _on_paper(session, job, rules, now=now)
    if proof == "printed":
        _confirm(session, job, by="printer", bench=job.bench, now=now)


def _use_paper(session: Session, job: PrintJob, pages: int, *, now: datetime) -> None:
    """Labels left the roll (D10), whatever became of the job meanwhile."""
    carrier = job.parcel.carrier if job.parcel is not None else ""
    if pages:
        consumables.use_label(session, carrier, pages, parcel_id=job.parcel_id, now=now)


def _on_paper(session: Session, job: PrintJob, rules: Rules, *, now: datetime) -> None:
    """The label exists: the parcel moves on, its number is used, the platform is told (D3)."""
    if job.kind != "waybill" or job.parcel_id is None:
        return
    parcel = session.get_one(Parcel, job.parcel_id)
    if parcel.state != ParcelState.RESERVED:
        return
    move(parcel, Move.PRINT)
    numbers.printed(session, job.waybill_no, now=now)
    tell_platform(session, parcel, "printed", rules, now=now)
    tell(session, parcel)


def not_sent(
    session: Session, job_id: int, *, trouble: str, labels: bool = True, now: datetime
) -> None:
    """No byte of this page left: the job waits again, or is in doubt for its pages before it."""
    job = _locked_job(session, job_id)
    if job.state != "sending":
        return
    if job.pages_sent:
        maybe_sent(session, job_id, trouble=trouble, labels=labels, now=now)
        return
    job.state, job.trouble, job.sending_at = "waiting", trouble[:40], None
    for image in list(job.images):
        session.delete(image)
    _note(session, job, "not_sent", {"trouble": trouble}, now=now)


def page_sent(session: Session, job_id: int, page: int) -> None:
    """Page ``page`` (from 1) of a job with several pages left the computer."""
    job = _locked_job(session, job_id)
    job.pages_sent = max(job.pages_sent, page)


def maybe_sent(
    session: Session, job_id: int, *, trouble: str, labels: bool = True, now: datetime
) -> None:
    """Some bytes left: nobody knows what is on paper, and only a person can look."""
    job = _locked_job(session, job_id)
    if job.state == "sending":
        if labels:
            _use_paper(session, job, max(job.pages_sent, 1), now=now)
        _doubt(session, job, trouble, now=now)


def _doubt(session: Session, job: PrintJob, trouble: str, *, now: datetime) -> None:
    job.state, job.trouble = "in_doubt", trouble[:40]
    _note(session, job, "in_doubt", {"trouble": trouble}, now=now)
    facts: dict[str, str | int] = {"trouble": trouble, "job": job.id}
    if job.about:
        _alarm_slip(session, job, "slip_in_doubt", facts, now=now)
        return
    raise_alarm(session, "print_in_doubt", f"job:{job.id}",
                {"waybill_no": job.waybill_no, **facts}, now=now)


def _alarm_slip(
    session: Session, job: PrintJob, code: str, facts: Mapping[str, str | int], *, now: datetime
) -> None:
    kind = job.about.partition(":")[0]
    raise_alarm(session, code, f"job:{job.id}",
                {"about": job.about, "slip_kind": kind, **facts}, now=now)


def recover(session: Session, *, printer: str, labels: bool = True, now: datetime) -> int:
    """After a restart: what was being sent to this printer is in doubt. Returns how many."""
    mine = select(PrintJob.id).where(PrintJob.state == "sending", PrintJob.printer == printer)
    return _all_in_doubt(session, session.scalars(mine).all(), labels=labels, now=now)


def never_ending(session: Session, *, now: datetime) -> Sequence[int]:
    """The jobs that have been sending for ever: their printer is not configured any more, say."""
    return session.scalars(
        select(PrintJob.id)
        .where(PrintJob.state == "sending", PrintJob.sending_at < now - _NEVER_SO_LONG)
    ).all()


def give_up_sending(session: Session, *, now: datetime) -> int:
    """Put the jobs that have been sending for ever in doubt; how many."""
    return _all_in_doubt(session, never_ending(session, now=now), labels=True, now=now)


def _all_in_doubt(
    session: Session, job_ids: Sequence[int], *, labels: bool, now: datetime
) -> int:
    for job_id in job_ids:
        maybe_sent(session, job_id, trouble="restart", labels=labels, now=now)
    return len(job_ids)


def unprintable(
    session: Session, job_id: int, *, characters: str, now: datetime
) -> None:
    """No font has these characters of a name or address: the parcel is held, nothing prints."""
    points = " ".join(f"U+{ord(character):04X}" for character in characters)
    _set_aside(session, job_id, {"characters": points}, now=now)


def not_drawn(session: Session, job_id: int, *, trouble: str, now: datetime) -> None:
    """Its paper cannot be laid out at all: it is set aside, so that others print, and told."""
    _set_aside(session, job_id, {"characters": trouble}, now=now)


def _set_aside(
    session: Session, job_id: int, facts: dict[str, str | int], *, now: datetime
) -> None:
    """A waybill waits with its parcel for a person; other paper is void until asked for again."""
    job = _locked_job(session, job_id)
    job.trouble = "unprintable"
    if job.kind == "waybill" and job.parcel is not None:
        hold(session, job.parcel, Code.PRINT_UNPRINTABLE, facts, now=now)
    elif job.state == "waiting":
        job.state = "void"
        _note(session, job, "not_drawn", {}, now=now)
    if job.about:
        _alarm_slip(session, job, "slip_failed", {"job": job.id, **facts}, now=now)
        return
    raise_alarm(
        session, "print_failed", f"job:{job.id}",
        {"waybill_no": job.waybill_no, "job": job.id, **facts}, now=now,
    )


def _confirm(
    session: Session, job: PrintJob, *, by: str, bench: str, now: datetime
) -> None:
    job.state, job.confirmed_at, job.confirmed_by = "confirmed", now, by[:64]
    _note(session, job, "confirmed", {"by": by}, now=now, bench=bench)


def confirm_by_scan(
    session: Session, waybill_no: str, *, rules: Rules, who: str, bench: str, now: datetime
) -> bool:
    """The bench read a label back: its job is confirmed, whatever was in doubt. True if it was.

    A hand may be faster than a printer's proof: a label of which the bytes are still said to be
    leaving exists as well. Only a label's first page bears the barcode: where it is not known that
    the pages after it came out, the parcel goes on and the job stays in doubt.
    """
    parcel_id = session.scalar(select(Parcel.id).where(Parcel.waybill_no == waybill_no))
    if parcel_id is not None:
        locked(session, parcel_id)
    jobs = session.scalars(
        select(PrintJob)
        .where(PrintJob.waybill_no == waybill_no, PrintJob.kind == "waybill")
        .where(PrintJob.state.in_(("sending", "sent", "in_doubt")))
        .order_by(PrintJob.id)
        .with_for_update(key_share=True).execution_options(populate_existing=True)
    ).all()
    for job in jobs:
        _on_paper(session, job, rules, now=now)
        if job.state != "sent" and job.pages_sent < job.pages > 1:
            continue
        job.sent_at, job.pages_sent = job.sent_at or now, job.pages
        _confirm(session, job, by=f"scan:{who}" if who else "scan", bench=bench, now=now)
    return bool(jobs)


def settle_doubt(
    session: Session, job_id: int, *, came_out: bool, rules: Rules, who: str, now: datetime
) -> Refusal | None:
    """A person looked: the label is there, or it is not and a 补打 is written."""
    job = _locked_job(session, job_id)
    if job.state not in ("in_doubt", "sent"):
        return Refusal(Code.PRINT_NOTHING, {"state": job.state})
    if came_out:
        job.sent_at = job.sent_at or now
        _on_paper(session, job, rules, now=now)
        _confirm(session, job, by=f"word:{who}", bench="", now=now)
        return None
    if job.about and under_way(session, job.about):  # asked for anew meanwhile
        job.state = "void"
        _note(session, job, "given_up", {}, now=now, who=who)
        return None
    _again(session, job, reason="NOPAPER", who=who, bench=job.bench, now=now)
    return None


def request_reprint(
    session: Session, parcel_id: int, *, reason: str, who: str, bench: str, now: datetime
) -> PrintJob | Refusal:
    """Write a 补打 of the parcel's present label; asks why, and the paper says so."""
    parcel = locked(session, parcel_id)
    if not reason.strip():
        return Refusal(Code.PRINT_REASON_NEEDED)
    if parcel.state not in _RETRYABLE or parcel.waybill_no is None or open_holds(parcel):
        return Refusal(Code.PRINT_NOTHING, {"state": parcel.state})
    job = session.scalar(
        select(PrintJob)
        .where(PrintJob.parcel_id == parcel_id, PrintJob.waybill_no == parcel.waybill_no)
        .where(PrintJob.kind == "waybill", PrintJob.state != "void")
        .order_by(PrintJob.id.desc())
    )
    if job is None or job.state in ("waiting", "sending"):
        return Refusal(Code.PRINT_NOTHING, {"state": job.state if job else "none"})
    return _again(session, job, reason=reason, who=who, bench=bench, now=now)


def _again(
    session: Session, job: PrintJob, *, reason: str, who: str, bench: str, now: datetime
) -> PrintJob:
    """A new job for the same number with the next copy mark; the one before it is void."""
    if job.state in ("in_doubt", "sent"):
        job.state = "void"
    parcel = session.get_one(Parcel, job.parcel_id) if job.parcel_id else None
    copy = job.copy + 1
    if parcel is not None:
        copy = parcel.copies
        parcel.copies += 1
        # The label that was drawn for the former copy must not be printed for this one.
        parcel.version += 1
    fresh = PrintJob(
        kind=job.kind, parcel_id=job.parcel_id, handover_id=job.handover_id,
        waybill_no=job.waybill_no, about=job.about, bench=bench, copy=copy, reason=reason[:200],
        who=who, created_at=now,
    )
    session.add(fresh)
    session.flush()
    _note(
        session, fresh, "again", {"copy": copy, "reason": reason[:200]}, now=now, who=who,
        bench=bench,
    )
    notice(session, "print_jobs")
    return fresh


def request_manifest(session: Session, handover: Handover, *, bench: str, now: datetime) -> None:
    """Write the print jobs of a closed hand-over: its manifest, then a stub for each parcel."""
    session.add(PrintJob(kind="manifest", handover_id=handover.id, bench=bench, created_at=now))
    for line in handover.lines:
        if line.state in ("agreed", "accepted"):
            session.add(
                PrintJob(
                    kind="stub", parcel_id=line.parcel_id, handover_id=handover.id, bench=bench,
                    waybill_no=line.parcel.waybill_no or "", created_at=now,
                )
            )
    notice(session, "print_jobs")
