"""What the shop's pages show: the queue, what waits for a person, the home page's figures.

Read models only: nothing here changes anything. A name is shown with its first character alone,
and of an address only the city: whoever looks at a screen needs no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from station.db.models import (
    Alarm,
    Handover,
    ImportedFile,
    Packaging,
    Parcel,
    ParcelLine,
    PrintJob,
    Review,
    WaybillNumber,
)
from station.domain.parcel import ParcelState
from station.domain.regions import place_path
from station.domain.sight import without_phones
from station.domain.tariffs import Dimensions
from station.services.figures import size_of
from station.services.sight import masked, masked_facts

TABS = ("due", "late", "held", "review", "stopped")
"""The queue's tabs: in time, past the promise, held (yellow), unclear rows, stopped parcels."""

_LIMIT = 200
_OPEN = tuple(
    str(state) for state in ParcelState
    if state not in (ParcelState.HANDED_OVER, ParcelState.VOID, ParcelState.STOPPED)
)


@dataclass(frozen=True, slots=True)
class HoldView:
    """One open hold: why, with which facts, since when and by whom."""

    code: str
    facts: Mapping[str, str | int]
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One parcel of the queue. ``receiver`` is masked; ``trouble`` is why it is not on paper."""

    id: int
    waybill_no: str
    carrier: str
    state: str
    receiver: str
    pieces: int
    goods: str
    orders: int
    flag: int
    note: str
    deadline: datetime
    bench: str
    intercept: str
    holds: tuple[HoldView, ...] = ()
    print_state: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One row of a source that nobody may guess: where it stands and what is odd about it."""

    id: int
    code: str
    source: str
    place: str
    facts: Mapping[str, str | int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """One tab of the queue, with the counts of all. ``rows`` holds at most 200, soonest first."""

    tab: str
    counts: Mapping[str, int]
    rows: tuple[QueueRow, ...] = ()
    reviews: tuple[ReviewRow, ...] = ()


def order_queue(session: Session, *, tab: str = "due", now: datetime) -> Queue:
    """The queue's tab; an unknown tab is "due"."""
    tab = tab if tab in TABS else "due"
    counts = queue_counts(session, now=now)
    if tab == "review":
        return Queue(tab, counts, reviews=reviews(session))
    return Queue(tab, counts, rows=_rows(session, _in_tab(tab, now)))


def queue_counts(session: Session, *, now: datetime) -> dict[str, int]:
    """How many parcels, and rows to review, each tab holds."""
    counts = {
        tab: session.scalar(select(func.count(Parcel.id)).where(_in_tab(tab, now))) or 0
        for tab in TABS if tab != "review"
    }
    unsettled = select(func.count(Review.id)).where(Review.settled_at.is_(None))
    return counts | {"review": session.scalar(unsettled) or 0}


def _in_tab(tab: str, now: datetime) -> ColumnElement[bool]:
    held = Parcel.held_since.is_not(None)
    under_way = Parcel.state.in_(_OPEN)
    conditions: dict[str, ColumnElement[bool]] = {
        "due": and_(under_way, Parcel.deadline > now, ~held),
        "late": and_(under_way, Parcel.deadline <= now, ~held),
        "held": and_(under_way, held),
        "stopped": or_(
            Parcel.state == str(ParcelState.STOPPED),
            and_(Parcel.intercept != "", Parcel.intercept_acknowledged_by == ""),
        ),
    }
    return conditions[tab]


def _rows(session: Session, condition: ColumnElement[bool]) -> tuple[QueueRow, ...]:
    parcels = session.scalars(
        select(Parcel)
        .where(condition)
        .order_by(Parcel.deadline, Parcel.id)
        .limit(_LIMIT)
        .options(
            selectinload(Parcel.holds),
            selectinload(Parcel.orders),
            selectinload(Parcel.lines).selectinload(ParcelLine.sku),
            selectinload(Parcel.lines).selectinload(ParcelLine.order_line),
        )
    ).all()
    jobs = _print_jobs(session, [parcel.id for parcel in parcels])
    return tuple(_row(parcel, jobs.get(parcel.id)) for parcel in parcels)


def _print_jobs(session: Session, parcel_ids: Sequence[int]) -> dict[int, PrintJob]:
    """The newest label job of each parcel."""
    newest = (
        select(func.max(PrintJob.id))
        .where(PrintJob.parcel_id.in_(parcel_ids), PrintJob.kind == "waybill")
        .group_by(PrintJob.parcel_id)
    )
    jobs = session.scalars(select(PrintJob).where(PrintJob.id.in_(newest)))
    return {job.parcel_id: job for job in jobs if job.parcel_id is not None}


def _row(parcel: Parcel, job: PrintJob | None) -> QueueRow:
    return QueueRow(
        id=parcel.id,
        waybill_no=parcel.waybill_no or "",
        carrier=parcel.carrier,
        state=parcel.state,
        receiver=receiver(parcel),
        pieces=sum(line.quantity for line in parcel.lines),
        goods="；".join(goods(line) for line in parcel.lines),
        orders=len(parcel.orders),
        flag=parcel.flag,
        note=masked(parcel, parcel.note),
        deadline=parcel.deadline,
        bench=parcel.bench,
        intercept="" if parcel.intercept_acknowledged_by else parcel.intercept,
        holds=tuple(
            HoldView(hold.code, masked_facts(parcel, hold.facts), hold.since, hold.by)
            for hold in parcel.holds if hold.released_at is None
        ),
        print_state=job.state if job else "",
        trouble=job.trouble if job else "",
    )


def receiver(parcel: Parcel) -> str:
    """The consignee as a screen may show him: "张** 浙江 温岭", no phone, no street."""
    name = f"{parcel.name[:1]}**" if parcel.name else ""
    return " ".join(part for part in (name, *place_path(parcel)[:2]) if part)


def goods(line: ParcelLine) -> str:
    """One line of a parcel as "JN-8801/黑色/32×2", from the catalogue or else from the order."""
    source: Any = line.sku or line.order_line
    if source is None:
        return f"?×{line.quantity}"
    return "/".join(p for p in (source.item_no, source.color, source.size) if p) + (
        f"×{line.quantity}" if line.quantity > 1 else ""
    )


def reviews(session: Session) -> tuple[ReviewRow, ...]:
    """The rows that a person must look at, newest first, at most 200."""
    rows = session.scalars(
        select(Review).where(Review.settled_at.is_(None)).order_by(Review.id.desc()).limit(_LIMIT)
    )
    return tuple(
        ReviewRow(row.id, row.code, row.source, row.place, _without_phones(row.facts), row.at)
        for row in rows
    )


def _without_phones(facts: Mapping[str, str | int]) -> Mapping[str, str | int]:
    return {name: without_phones(fact) if isinstance(fact, str) else fact
            for name, fact in facts.items()}


@dataclass(frozen=True, slots=True)
class AlarmView:
    """Something that somebody must notice, open until acknowledged."""

    id: int
    code: str
    subject: str
    facts: Mapping[str, str | int]
    at: datetime


@dataclass(frozen=True, slots=True)
class PoolView:
    """How many waybill numbers of a carrier are left."""

    carrier: str
    unused: int


@dataclass(frozen=True, slots=True)
class Home:
    """The shop at one glance."""

    counts: Mapping[str, int]
    states: Mapping[str, int]
    alarms: tuple[AlarmView, ...]
    pools: tuple[PoolView, ...]
    handovers: tuple[tuple[int, str, str], ...] = field(default_factory=tuple)


def home(session: Session, *, now: datetime) -> Home:
    """Counts per tab and state, open alarms, numbers left, hand-overs under way."""
    by_state = session.execute(
        select(Parcel.state, func.count(Parcel.id))
        .where(Parcel.state.in_(_OPEN)).group_by(Parcel.state)
    )
    under_way = session.scalars(select(Handover).where(Handover.state == "open"))
    return Home(
        counts=queue_counts(session, now=now),
        states={row.state: row[1] for row in by_state},
        alarms=alarms(session),
        pools=pools(session),
        handovers=tuple((row.id, row.carrier, row.number) for row in under_way),
    )


def alarms(session: Session) -> tuple[AlarmView, ...]:
    """The open alarms, newest first, at most 200."""
    rows = session.scalars(
        select(Alarm).where(Alarm.acknowledged_at.is_(None)).order_by(Alarm.id.desc()).limit(_LIMIT)
    )
    return tuple(AlarmView(row.id, row.code, row.subject, row.facts, row.at) for row in rows)


def pools(session: Session) -> tuple[PoolView, ...]:
    """Numbers left per carrier that ever received any."""
    carriers = session.scalars(select(WaybillNumber.carrier).distinct()).all()
    left = select(func.count(WaybillNumber.id)).where(WaybillNumber.state == "unused")
    return tuple(
        PoolView(name, session.scalar(left.where(WaybillNumber.carrier == name)) or 0)
        for name in sorted(carriers)
    )


@dataclass(frozen=True, slots=True)
class PackagingView:
    """One packaging to choose at the bench."""

    code: str
    name: str
    kind: str
    stock: int
    low: bool
    size_mm: Dimensions | None = None


def packagings(session: Session, carrier: str | None = None) -> tuple[PackagingView, ...]:
    """The bags and boxes, by code; of a carrier those that a parcel of his can go into."""
    found = select(Packaging).where(Packaging.kind.in_(("bag", "box"))).order_by(Packaging.code)
    if carrier is not None:
        found = found.where(Packaging.carrier.in_(("", carrier)))
    rows = session.scalars(found)
    return tuple(
        PackagingView(
            row.code, row.name, row.kind, row.stock, row.stock <= row.low_at, size_of(row))
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class ImportView:
    """A file that was read."""

    name: str
    kind: str
    at: datetime
    counts: Mapping[str, int]


def imports(session: Session) -> tuple[ImportView, ...]:
    """The files read last, newest first, at most 20."""
    rows = session.scalars(select(ImportedFile).order_by(ImportedFile.at.desc()).limit(20))
    return tuple(ImportView(row.name, row.kind, row.at, row.counts) for row in rows)

