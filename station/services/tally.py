"""A day in numbers: how many orders, labels, parcels and caught mistakes the records hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from station.db.models import History, Parcel, PrintJob, ShopOrder, Weighing
from station.domain.parcel import ParcelState
from station.services import history, numbers


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of orders, labels (by waybill number), parcels by step, and mistakes by kind.

    ``unfinished`` are print jobs that wait, are being sent, or are in doubt.
    """

    paid: int
    printed: int
    confirmed: int
    packed: int
    weighed: int
    signed: int
    handed_over: int
    held: int
    stopped: int
    wrong_items_caught: int
    weight_alarms: int
    courier_mismatches: int
    unfinished: int
    ledger_ok: bool
    chain_ok: bool


def tally(session: Session) -> Tally:
    """Count everything, and walk every chain of the history."""
    return Tally(
        paid=_count(session, ShopOrder.id, ShopOrder.paid_at.is_not(None)),
        printed=_labels(session, PrintJob.sent_at.is_not(None)),
        confirmed=_labels(session, PrintJob.confirmed_at.is_not(None)),
        packed=_chains(session, "complete"),
        weighed=_count(session, Parcel.id, Parcel.weighed_at.is_not(None)),
        signed=_chains(session, "signed"),
        handed_over=_count(session, Parcel.id, Parcel.state == str(ParcelState.HANDED_OVER)),
        held=_count(session, Parcel.id, Parcel.held_since.is_not(None)),
        stopped=_chains(session, "taken_apart"),
        wrong_items_caught=_said(session, "item_refused", "why", "item."),
        weight_alarms=_count(session, Weighing.id, Weighing.agrees.is_(False)),
        courier_mismatches=_said(session, "figures", "finding", "handover."),
        unfinished=_count(
            session, PrintJob.id, PrintJob.state.in_(("waiting", "sending", "in_doubt"))
        ),
        ledger_ok=all(map(_balances, numbers.ledger(session).values())),
        chain_ok=not list(history.verify(session)),  # to its end: it holds a cursor
    )


def _count(
    session: Session, what: InstrumentedAttribute[int], condition: ColumnElement[bool]
) -> int:
    return session.scalar(select(func.count(what)).where(condition)) or 0


def _labels(session: Session, condition: ColumnElement[bool]) -> int:
    """Waybill numbers with a label of which this holds; copies count once, void ones too."""
    return session.scalar(
        select(func.count(PrintJob.waybill_no.distinct()))
        .where(PrintJob.kind == "waybill", condition)
    ) or 0


def _chains(session: Session, kind: str) -> int:
    """Subjects to which this happened, however often."""
    return session.scalar(
        select(func.count(History.chain.distinct())).where(History.kind == kind)
    ) or 0


def _said(session: Session, kind: str, fact: str, prefix: str) -> int:
    """Rows of this kind of which a fact begins so."""
    rows = session.scalars(select(History.data).where(History.kind == kind))
    return sum(str(json.loads(data).get(fact, "")).startswith(prefix) for data in rows)


def _balances(counts: Mapping[str, int]) -> bool:
    ends = ("unused", "taken", "printed", "voided")
    return counts["received"] == sum(counts[end] for end in ends)


@dataclass(frozen=True, slots=True)
class Label:
    """One waybill label as it was sent to a printer: its pages as PNG, and its copy number."""

    job_id: int
    waybill_no: str
    copy: int
    pages: tuple[bytes, ...]


def labels(session: Session) -> tuple[Label, ...]:
    """Every waybill label of which at least a byte was sent, oldest first."""
    jobs = session.scalars(
        select(PrintJob)
        .where(PrintJob.kind == "waybill", PrintJob.images.any())
        .order_by(PrintJob.id)
    )
    return tuple(
        Label(job.id, job.waybill_no, job.copy, tuple(image.png for image in job.images))
        for job in jobs
    )
