"""Tariffs in the records: dated versions, and the prices of every day (D6, D12).

A version that priced a parcel of a hand-over is never changed, removed or slipped under: it is
followed by a new one. What the settings name (or the examples) is valid only until a carrier's
first version in the records begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import combinations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from station.db.models import Handover, HandoverLine, Parcel, TariffVersion
from station.db.session import notice
from station.domain.refusals import Code, Refusal
from station.domain.regions import Region
from station.domain.tariff_table import load_tariffs, written
from station.domain.tariffs import (
    NoZone,
    Tariff,
    is_valid,
    price_class,
    tariff_for,
    zone_of,
)
from station.domain.vocabulary import SHOP_ZONE, CarrierCode, Grams
from station.services.history import canonical, record

CHAIN = "tariffs"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One kept version, with the last day on which it priced a hand-over (None: never)."""

    tariff: Tariff
    source: str
    entered_at: datetime
    entered_by: str
    used_until: date | None

    @property
    def version(self) -> int:
        """Its number in the records."""
        return self.tariff.version


def price_book(session: Session, fallback: Iterable[Tariff]) -> tuple[Tariff, ...]:
    """The tariffs of every day: the kept versions, and ``fallback`` before their first days."""
    kept = tuple(_tariff(row) for row in session.scalars(
        select(TariffVersion).order_by(TariffVersion.carrier, TariffVersion.valid_from)
    ))
    return kept + tuple(_until_kept(fallback, kept))


def _until_kept(fallback: Iterable[Tariff], kept: tuple[Tariff, ...]) -> Iterator[Tariff]:
    """What the settings say, each until a kept version of its carrier or class begins."""
    first: dict[CarrierCode, date] = {}
    for tariff in kept:
        first[tariff.carrier] = min(first.get(tariff.carrier, date.max), tariff.valid_from)
    for tariff in fallback:
        ends = min(
            first.get(code, date.max) for code in (tariff.carrier, price_class(tariff.carrier)))
        if ends == date.max:
            yield tariff
        elif tariff.valid_from < ends:
            yield replace(tariff, valid_until=_earlier(tariff.valid_until, ends))


def _earlier(until: date | None, next_from: date) -> date:
    last = next_from - timedelta(days=1)
    return last if until is None else min(until, last)


def _tariff(row: TariffVersion) -> Tariff:
    return _read(row.id, row.sha256, canonical(row.document))


@lru_cache(maxsize=256)
def _read(version: int, _sha256: str, document: str) -> Tariff:
    """A kept document, read once: the same few versions price every parcel."""
    (tariff,) = load_tariffs({"tariff": [json.loads(document)]})
    return replace(tariff, version=version)


def versions(session: Session) -> tuple[VersionRow, ...]:
    """Every kept version: by carrier, the newest first."""
    rows = session.scalars(
        select(TariffVersion).order_by(TariffVersion.carrier, TariffVersion.valid_from.desc())
    ).all()
    used = _used_until(session)
    return tuple(
        VersionRow(_tariff(row), row.source, row.entered_at, row.entered_by, used.get(row.id))
        for row in rows
    )


def _used_until(session: Session) -> dict[int, date]:
    """The last day of each version that priced a line of a hand-over."""
    newest = session.execute(
        select(HandoverLine.tariff_id, func.max(HandoverLine.handover_id))
        .where(HandoverLine.tariff_id.is_not(None)).group_by(HandoverLine.tariff_id)
    ).all()
    days = {
        row.id: (row.closed_at or row.opened_at).astimezone(SHOP_ZONE).date()
        for row in session.scalars(
            select(Handover).where(Handover.id.in_([row[1] for row in newest])))
    }
    return {row[0]: days[row[1]] for row in newest if row[0] is not None}


def why_not(session: Session, tariff: Tariff) -> Refusal | None:
    """Why this version cannot be taken: it overlaps another, or prices days that are over."""
    for row in versions(session):
        other = row.tariff
        if other.carrier is not tariff.carrier:
            continue
        if other.valid_from == tariff.valid_from and row.used_until is None:
            continue  # it takes the place of one that priced nothing
        if row.used_until is not None and _slips_under(tariff, other, row.used_until):
            return _in_use(other, row.used_until)
        if _overlap(tariff, other):
            return _overlapping(other)
    return None


def _in_use(tariff: Tariff, used_until: date) -> Refusal:
    after = (used_until + timedelta(days=1)).isoformat()
    return Refusal(Code.TARIFF_IN_USE, {**_named(tariff), "after": after})


def _overlapping(tariff: Tariff) -> Refusal:
    return Refusal(Code.TARIFF_OVERLAPS, _named(tariff))


def _named(tariff: Tariff) -> dict[str, str | int]:
    return {"carrier": str(tariff.carrier), "valid_from": tariff.valid_from.isoformat()}


def _slips_under(tariff: Tariff, other: Tariff, used_until: date) -> bool:
    """Whether the new version would price days that the other one has priced already."""
    return other.valid_from <= tariff.valid_from <= used_until


def _overlap(one: Tariff, other: Tariff) -> bool:
    """Whether a day has two prices: one begins before the stated end of an earlier one."""
    earlier, later = sorted((one, other), key=lambda tariff: tariff.valid_from)
    if earlier.valid_from == later.valid_from:
        return True
    return earlier.valid_until is not None and is_valid(earlier, later.valid_from)


def take(
    session: Session, tariffs: Iterable[Tariff], *, source: str, who: str, now: datetime
) -> tuple[int, ...] | Refusal:
    """Keep new versions, all or none; one that never priced anything gives up its day to them."""
    given = tuple(tariffs)
    refusals = [refusal for one in given if (refusal := why_not(session, one)) is not None]
    refusals += [
        _overlapping(one) for one, other in combinations(given, 2)
        if one.carrier is other.carrier and _overlap(one, other)
    ]
    if refusals:
        return refusals[0]
    return tuple(_keep(session, one, source=source, who=who, now=now) for one in given)


def _keep(session: Session, tariff: Tariff, *, source: str, who: str, now: datetime) -> int:
    document = written(tariff)
    digest = sha256(canonical(document).encode()).hexdigest()
    replaced = session.scalar(select(TariffVersion).where(
        TariffVersion.carrier == str(tariff.carrier),
        TariffVersion.valid_from == tariff.valid_from.isoformat(),
    ))
    if replaced is not None:
        session.delete(replaced)
        session.flush()
    row = TariffVersion(
        carrier=str(tariff.carrier), valid_from=tariff.valid_from.isoformat(),
        valid_until=tariff.valid_until.isoformat() if tariff.valid_until else "",
        name=tariff.name[:100], document=document, sha256=digest, source=source[:200],
        entered_at=now, entered_by=who,
    )
    session.add(row)
    session.flush()
    facts: Mapping[str, object] = {
        "version": row.id, "carrier": row.carrier, "valid_from": row.valid_from,
        "sha256": digest, "replaced": replaced.sha256 if replaced else "",
    }
    record(session, CHAIN, "taken", facts, now=now, who=who)
    notice(session, CHAIN)
    return row.id


def withdraw(session: Session, version: int, *, who: str, now: datetime) -> Refusal | None:
    """Take a version out again that has priced nothing yet."""
    row = session.get(TariffVersion, version)
    if row is None:
        return None
    used = _used_until(session).get(version)
    if used is not None:
        return _in_use(_tariff(row), used)
    session.delete(row)
    record(session, CHAIN, "tariff_withdrawn", {"version": version, "sha256": row.sha256}, now=now,
           who=who)  # fmt: skip
    notice(session, CHAIN)
    return None


def averages_about(
    session: Session, carrier: str, month: str, book: tuple[Tariff, ...]
) -> Mapping[tuple[str, str], Grams]:
    """The averages of a month and its neighbours, whose parcels a month's bill may name too."""
    if carrier not in CarrierCode:
        return {}
    middle = datetime(int(month[:4]), int(month[5:7]), 15, tzinfo=SHOP_ZONE)
    months = [f"{middle + timedelta(days=days):%Y-%m}" for days in (-30, 0, 30)]
    found = {
        (carrier, one): _average(session, CarrierCode(carrier), one, book) for one in months}
    return {key: grams for key, grams in found.items() if grams}


def _average(
    session: Session, carrier: CarrierCode, month: str, book: tuple[Tariff, ...]
) -> Grams | None:
    if not any(zone.average for tariff in book for zone in tariff.zones):
        return None
    first = datetime(int(month[:4]), int(month[5:7]), 1, tzinfo=SHOP_ZONE)
    after = (first + timedelta(days=31)).replace(day=1)
    rows = session.execute(
        select(Parcel.handed_over_at, Parcel.province, Parcel.city, Parcel.district,
               Parcel.weight_g)
        .where(Parcel.carrier == str(carrier), Parcel.handed_over_at >= first,
               Parcel.handed_over_at < after, Parcel.weight_g > 0)
        .execution_options(yield_per=5000)
    )
    count = total = 0
    for at, province, city, district, grams in rows:
        place = Region(province, city, district)
        if at and grams and _counts(book, carrier, at, place, grams):
            count, total = count + 1, total + grams
    return -(-total // count) if count else None


def _counts(
    book: tuple[Tariff, ...], carrier: CarrierCode, at: datetime, place: Region, grams: Grams
) -> bool:
    tariff = tariff_for(book, carrier, at.astimezone(SHOP_ZONE).date())
    try:
        average = zone_of(tariff, place).average if tariff else None
    except NoZone:
        return False
    return average is not None and grams <= average.upto_g
