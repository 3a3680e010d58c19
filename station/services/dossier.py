"""A parcel's whole history, for the page that shows it: everything that is kept, in order."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import (
    HandoverLine,
    History,
    Hold,
    PageImage,
    Parcel,
    PrintJob,
    ShopOrder,
    Signature,
    WaybillNumber,
    Weighing,
)
from station.domain.parcel import ParcelState
from station.domain.rights import Right
from station.domain.sight import Known, masked_words, may_see_pictures, may_see_words
from station.domain.tariffs import Dimensions
from station.services.figures import dims_of
from station.services.photographs import PhotographView, of_parcel
from station.services.screens import goods, receiver
from station.services.sight import known_of

IN_SHOP = [str(state) for state in ParcelState
           if state not in (ParcelState.HANDED_OVER, ParcelState.VOID)]
SHORTEST_END = 4
"""Digits at the end of a number by which a parcel can be asked for."""


@dataclass(frozen=True, slots=True)
class JobView:
    """One print job with the pages that can be shown."""

    id: int
    kind: str
    state: str
    waybill_no: str
    copy: int
    reason: str
    trouble: str
    proof: str
    confirmed_by: str
    created_at: datetime
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WeighingView:
    """One weight that was taken, with the scale's own bytes."""

    grams: int
    expected_g: int | None
    tolerance_g: int | None
    agrees: bool
    scale: str
    at: datetime
    frames: tuple[str, ...]
    accepted_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class SignatureView:
    """One signature: whose, in which role, as strokes of points from 0 to 1000 where drawn."""

    role: str
    who: str
    how: str
    at: datetime
    strokes: tuple[tuple[tuple[int, int], ...], ...]
    signed_hash: str


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold, open or released."""

    code: str
    facts: Mapping[str, str | int]
    since: datetime
    by: str
    released_at: datetime | None
    released_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One row of the history; ``data`` is as it was hashed, ``subject`` "parcel" or "handover"."""

    seq: int
    kind: str
    at: datetime
    who: str
    bench: str
    data: Mapping[str, Any]
    subject: str = "parcel"


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one parcel. ``numbers`` are its waybill numbers with their states.

    Whoever asks sees labels, photographs and strokes if ``pictures``, and the note if ``words``.
    """

    id: int
    waybill_no: str
    carrier: str
    state: str
    receiver: str
    deadline: datetime
    paid_at: datetime
    note: str
    flag: int
    goods: tuple[str, ...]
    orders: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[str, str], ...]
    weight_g: int | None
    packaging: str
    size_mm: Dimensions | None
    packer: str
    content_hash: str
    intercept: str
    handover: tuple[int, str] | None
    jobs: tuple[JobView, ...]
    weighings: tuple[WeighingView, ...]
    signatures: tuple[SignatureView, ...]
    holds: tuple[HoldRow, ...]
    photographs: tuple[PhotographView, ...]
    history: tuple[Happened, ...]
    pictures: bool
    words: bool


def dossier(
    session: Session, waybill_no: str, rights: Collection[Right] = frozenset()
) -> Dossier | None:
    """The parcel that this number belongs or once belonged to, or that holds this order.

    Shown as somebody with these rights may see it.
    """
    parcel = find(session, waybill_no)
    return None if parcel is None else _tell(session, parcel, rights)


def find(session: Session, number: str) -> Parcel | None:
    """A parcel by its waybill number, by one that was voided, or by an order's number."""
    parcel = session.scalar(select(Parcel).where(Parcel.waybill_no == number))
    if parcel is not None:
        return parcel
    owner = select(WaybillNumber.parcel_id).where(WaybillNumber.number == number)
    order = select(ShopOrder.parcel_id).where(ShopOrder.order_no == number).limit(1)
    key = session.scalar(owner) or session.scalar(order)
    return None if key is None else session.get(Parcel, key)


def meant(session: Session, text: str) -> str:
    """The number of the one parcel in the shop whose number ends so; else the text as it is.

    Customers name the last digits, and who types with gloves does, too.
    """
    end = text.strip().upper()
    if not (SHORTEST_END <= len(end) <= 14 and end.isascii() and end.isalnum()):
        return text
    if find(session, end) is not None:
        return end
    found = session.scalars(
        select(Parcel.waybill_no)
        .where(Parcel.state.in_(IN_SHOP), Parcel.waybill_no.endswith(end)).limit(2)
    ).all()
    return found[0] or text if len(found) == 1 else text


def _tell(session: Session, parcel: Parcel, rights: Collection[Right]) -> Dossier:
    known, state = known_of(parcel), ParcelState(parcel.state)
    pictures, may_read = may_see_pictures(rights, state), may_see_words(rights, state)
    line = session.scalar(
        select(HandoverLine).where(HandoverLine.parcel_id == parcel.id)
        .order_by(HandoverLine.id.desc()).limit(1)
    )
    taken = session.scalars(
        select(WaybillNumber).where(WaybillNumber.parcel_id == parcel.id).order_by(WaybillNumber.id)
    )
    return Dossier(
        id=parcel.id, waybill_no=parcel.waybill_no or "", carrier=parcel.carrier,
        state=parcel.state, receiver=receiver(parcel), deadline=parcel.deadline,
        paid_at=parcel.paid_at, note=masked_words(parcel.note, known) if may_read else "",
        flag=parcel.flag,
        goods=tuple(goods(row) for row in parcel.lines if row.quantity),
        orders=tuple((order.platform, order.order_no) for order in parcel.orders),
        numbers=tuple((row.number, row.state) for row in taken),
        weight_g=parcel.weight_g, packaging=parcel.packaging.name if parcel.packaging else "",
        size_mm=dims_of(parcel), packer=parcel.packer, content_hash=parcel.content_hash,
        intercept=parcel.intercept,
        handover=(line.handover_id, line.handover.number) if line else None,
        jobs=_jobs(session, parcel.id), weighings=_weighings(session, parcel.id),
        signatures=_signatures(session, Signature.parcel_id == parcel.id, drawn=pictures),
        holds=tuple(_hold(row, known) for row in parcel.holds),
        photographs=of_parcel(session, parcel.id), history=happened(session, parcel.id),
        pictures=pictures, words=may_read or not parcel.note,
    )


def _jobs(session: Session, parcel_id: int) -> tuple[JobView, ...]:
    jobs = session.scalars(
        select(PrintJob).where(PrintJob.parcel_id == parcel_id).order_by(PrintJob.id)
    ).all()
    images = session.execute(
        select(PageImage.job_id, PageImage.page)
        .where(PageImage.job_id.in_([job.id for job in jobs])).order_by(PageImage.page)
    ).all()
    return tuple(
        JobView(
            job.id, job.kind, job.state, job.waybill_no, job.copy, job.reason, job.trouble,
            job.proof, job.confirmed_by, job.created_at,
            tuple(page for job_id, page in images if job_id == job.id),
        )
        for job in jobs
    )


def _weighings(session: Session, parcel_id: int) -> tuple[WeighingView, ...]:
    rows = session.scalars(
        select(Weighing).where(Weighing.parcel_id == parcel_id).order_by(Weighing.id)
    )
    return tuple(
        WeighingView(
            row.grams, row.expected_g, row.tolerance_g, row.agrees, row.scale, row.at,
            tuple(str(frame) for frame in row.frames), row.accepted_by, row.reason,
        )
        for row in rows
    )


def _signatures(session: Session, condition: Any, *, drawn: bool) -> tuple[SignatureView, ...]:
    rows = session.scalars(select(Signature).where(condition).order_by(Signature.id))
    views = (signature_view(row) for row in rows)
    return tuple(view if drawn else replace(view, strokes=()) for view in views)


def signature_view(row: Signature) -> SignatureView:
    """A signature as the pages draw it."""
    strokes = tuple(tuple((int(x), int(y)) for x, y, *_ in stroke) for stroke in row.strokes)
    return SignatureView(row.role, row.who, row.how, row.at, strokes, row.signed_hash)


def _hold(row: Hold, known: Known) -> HoldRow:
    facts = {name: masked_words(fact, known) if isinstance(fact, str) else fact
             for name, fact in row.facts.items()}
    return HoldRow(
        row.code, facts, row.since, row.by, row.released_at, row.released_by,
        masked_words(row.reason, known),
    )


def happened(session: Session, parcel_id: int) -> tuple[Happened, ...]:
    """What happened to the parcel, oldest first, at the hand-over too.

    Of a hand-over's chain only the rows that name one of the parcel's own numbers.
    """
    chains = [_rows(session, f"parcel:{parcel_id}")]
    numbers = frozenset(session.scalars(
        select(WaybillNumber.number).where(WaybillNumber.parcel_id == parcel_id)
    )) | {session.scalar(select(Parcel.waybill_no).where(Parcel.id == parcel_id))}
    handovers = session.scalars(
        select(HandoverLine.handover_id).where(HandoverLine.parcel_id == parcel_id)
    )
    for key in sorted(set(handovers)):
        rows = _rows(session, f"handover:{key}")
        chains.append(row for row in rows if row.data.get("waybill_no") in numbers)
    # Merged, not sorted: a clock that was set back must not turn a chain's own order around.
    return tuple(merge(*chains, key=lambda row: row.at))


def steps_of(session: Session, case_id: int) -> tuple[Happened, ...]:
    """What happened to a case, oldest first."""
    return tuple(_rows(session, f"case:{case_id}"))


def _rows(session: Session, chain: str) -> Iterator[Happened]:
    rows = session.scalars(select(History).where(History.chain == chain).order_by(History.seq))
    subject = chain.partition(":")[0]
    for row in rows:
        data = json.loads(row.data)
        yield Happened(row.seq, row.kind, row.at, row.who, row.bench, data, subject)
