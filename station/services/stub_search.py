"""底单: one box that finds a stub by whatever somebody remembers of it (D6).

Every word is tried as a waybill or order number or its end, a hand-over, a carrier, a day or month,
a packer, a courier, an article, a buyer, a name or a phone; what it can be, it is, and all words
must hold. Names and phones are found by their digests, since the records keep them sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import (
    Archive,
    ArchivedStub,
    Handover,
    Parcel,
    ParcelLine,
    PrintJob,
    ShopOrder,
    Sku,
    SkuBarcode,
    Stub,
)
from station.db.models.findable import buyer_digest, name_digest, phone4_digest, phone_digest
from station.db.sealed import keys_for
from station.domain.vocabulary import SHOP_ZONE

SHOWN = 100
MOST_WORDS = 6
LONGEST = 100
_SHORTEST_END = 4
_NEWEST = 2000  # lines of an article that are looked at where no day is named
_DAY = re.compile(r"(?:(\d{4})[-/.年]?)?(\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_KIND = re.compile(r"快递$|速递$|速运$")
_NUMBER = re.compile(r"[0-9A-Z]+")

Meaning = tuple[str, ColumnElement[bool]]
"""What a word can be ("waybill", "packer", …), and the condition that says so."""


@dataclass(frozen=True, slots=True)
class StubRow:
    """One stub (底单), with the print job whose page can be shown and the archive that holds it."""

    waybill_no: str
    carrier: str
    day: str
    handover_id: int
    filed_at: datetime
    weight_g: int | None
    packer: str
    courier: str
    job_id: int | None
    archive: str


@dataclass(frozen=True, slots=True)
class StubSearch:
    """What was asked for, what each word was taken for, and the newest stubs that answer it."""

    text: str = ""
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rows: tuple[StubRow, ...] = ()
    more: bool = False


def search(session: Session, text: str, *, now: datetime) -> StubSearch:
    """The newest stubs for which every word of the text holds; all where nothing is asked."""
    words = text[:LONGEST].split()[:MOST_WORDS]
    found = [(word, _meanings(session, word, now, dated=_names_a_day(words, now)))
             for word in words]
    holds = [or_(*(condition for _, condition in meanings)) if meanings else false()
             for _, meanings in found]
    rows = _rows(session, holds)
    return StubSearch(
        text, tuple((word, tuple(kind for kind, _ in meanings)) for word, meanings in found),
        rows[:SHOWN], len(rows) > SHOWN,
    )


def _rows(session: Session, holds: Sequence[ColumnElement[bool]]) -> tuple[StubRow, ...]:
    newest = (
        select(Stub.parcel_id).where(*holds)
        .order_by(Stub.day.desc(), Stub.parcel_id.desc()).limit(SHOWN + 1).subquery()
    )  # what lies beside a stub is looked up for those that are shown, not for all that fit
    found = session.execute(
        select(Stub, Parcel.weight_g, Archive.file)
        .join(newest, newest.c.parcel_id == Stub.parcel_id)
        .join(Parcel, Parcel.id == Stub.parcel_id)
        .outerjoin(ArchivedStub, ArchivedStub.parcel_id == Stub.parcel_id)
        .outerjoin(Archive, Archive.id == ArchivedStub.archive_id)
        .order_by(Stub.day.desc(), Stub.parcel_id.desc())
    ).all()
    pictures = _pictures(session, [stub.parcel_id for stub, _, _ in found])
    return tuple(
        StubRow(
            stub.waybill_no, stub.carrier, stub.day, stub.handover_id, stub.filed_at, weight,
            stub.packer, stub.courier, pictures.get(stub.parcel_id), file or "",
        )
        for stub, weight, file in found
    )


def _pictures(session: Session, parcel_ids: list[int]) -> dict[int, int]:
    """The newest stub job of each parcel that has a page to show."""
    jobs = session.execute(
        select(PrintJob.parcel_id, func.max(PrintJob.id))
        .where(PrintJob.parcel_id.in_(parcel_ids), PrintJob.kind == "stub", PrintJob.images.any())
        .group_by(PrintJob.parcel_id)
    )
    return {parcel_id: job_id for parcel_id, job_id in jobs if parcel_id is not None}


# --- What a word can be ---------------------------------------------------------------------------


def _meanings(session: Session, word: str, now: datetime, *, dated: bool) -> list[Meaning]:
    """Everything the word is; one that names a day or a carrier is nothing else."""
    said = [*_day(word, now), *_carrier(word)]
    if said:
        return said
    ways: tuple[Callable[[Session, str], Iterator[Meaning]], ...] = (
        _number, _order, _handover, _person, partial(_article, dated=dated), _buyer,
    )
    return [meaning for way in ways for meaning in way(session, word)]


def _names_a_day(words: Sequence[str], now: datetime) -> bool:
    return any(True for word in words for _ in _day(word, now))


def _day(word: str, now: datetime) -> Iterator[Meaning]:
    """2026-11-23, 20261123, 11月23日, 11-23 (the last one there was), or a month: 2026-11."""
    month = _MONTH.fullmatch(word)
    if month is not None and 1 <= int(month[2]) <= 12:
        start = f"{month[1]}-{int(month[2]):02d}-"
        yield "month", Stub.day.between(f"{start}01", f"{start}31")
        return
    match = _DAY.fullmatch(word)
    day = None if match is None else _date(match, now.astimezone(SHOP_ZONE).date())
    if day is not None:
        yield "day", Stub.day == day.isoformat()


def _date(match: re.Match[str], today: date) -> date | None:
    year, month, day = match[1] or match[4], match[2] or match[5], match[3] or match[6]
    try:
        found = date(int(year or today.year), int(month), int(day))
        return found if year or found <= today else found.replace(year=today.year - 1)
    except ValueError:
        return None


def _carrier(word: str) -> Iterator[Meaning]:
    for carrier in CARRIERS.values():
        names = {carrier.name, _KIND.sub("", carrier.name)}
        if word in names or word.upper() == carrier.code:
            yield "carrier", Stub.carrier == str(carrier.code)


def _number(session: Session, word: str) -> Iterator[Meaning]:
    """A waybill's number, or its end from four digits on."""
    number = word.upper()
    if len(number) < _SHORTEST_END or _NUMBER.fullmatch(number) is None:
        return
    backwards = number[::-1]
    ends = and_(Stub.backwards >= backwards, Stub.backwards < _after(backwards))
    if _is_any(session, Stub.waybill_no == number):
        yield "waybill", Stub.waybill_no == number
    elif _is_any(session, ends):
        yield "waybill_end", ends


def _after(text: str) -> str:
    """The first text behind all that begin with ``text``, which is digits and capitals."""
    return text[:-1] + chr(ord(text[-1]) + 1)


def _order(session: Session, word: str) -> Iterator[Meaning]:
    yield from _of_parcels(
        session, "order",
        select(ShopOrder.parcel_id).where(ShopOrder.order_no == word),
    )


def _handover(session: Session, word: str) -> Iterator[Meaning]:
    found = session.scalar(select(Handover.id).where(Handover.number == word.upper()))
    if found is not None:
        yield "handover", Stub.handover_id == found


def _person(session: Session, word: str) -> Iterator[Meaning]:
    for kind, column in (("packer", Stub.packer), ("courier", Stub.courier)):
        if _is_any(session, column == word):
            yield kind, column == word


def _article(session: Session, word: str, *, dated: bool) -> Iterator[Meaning]:
    """A SKU, an article number or a barcode; without a day, in the newest parcels that have it."""
    skus = session.scalars(
        select(Sku.id).where(or_(Sku.code == word, Sku.item_no == word)).limit(500)
    ).all() or session.scalars(select(SkuBarcode.sku_id).where(SkuBarcode.barcode == word)).all()
    if not skus:
        return
    if dated:
        inside = exists().where(
            ParcelLine.parcel_id == Stub.parcel_id, ParcelLine.sku_id.in_(skus)
        )
        yield "article", inside
        return
    newest = (
        select(ParcelLine.parcel_id).where(ParcelLine.sku_id.in_(skus))
        .order_by(ParcelLine.parcel_id.desc()).limit(_NEWEST).subquery()
    )
    yield "article", Stub.parcel_id.in_(select(newest.c.parcel_id))


def _buyer(session: Session, word: str) -> Iterator[Meaning]:
    keys = keys_for(session)
    by_buyer = buyer_digest(keys, word)
    yield from _of_parcels(
        session, "buyer", select(ShopOrder.parcel_id).where(ShopOrder.buyer_digest == by_buyer)
    )
    asked = {
        "name": (Parcel.name_digest, name_digest(keys, word)),
        "phone": (Parcel.phone_digest, phone_digest(keys, word)),
    }
    if word.isascii() and word.isdigit() and len(word) == _SHORTEST_END:
        asked["phone_end"] = (Parcel.phone4_digest, phone4_digest(keys, word))
    for kind, (column, digest) in asked.items():
        if digest:
            yield from _of_parcels(session, kind, select(Parcel.id).where(column == digest))


def _of_parcels(session: Session, kind: str, query: Any) -> Iterator[Meaning]:
    """The meaning "these parcels", if there are any; the newest where there are very many."""
    found = session.scalars(query.limit(_NEWEST)).all()
    if found:
        yield kind, Stub.parcel_id.in_([parcel_id for parcel_id in found if parcel_id is not None])


def _is_any(session: Session, condition: ColumnElement[bool]) -> bool:
    return session.scalar(select(Stub.parcel_id).where(condition).limit(1)) is not None
