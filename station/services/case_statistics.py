"""What cases say about carriers, couriers, packers and articles (D11, S22): counts, rates, money.

The rate is cases per thousand parcels that left in the same days: of the carrier, by the courier's
hand, by the packer; of an article, cases of parcels that held it per thousand of its pieces.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from station.db.models import Case, Handover, Parcel, ParcelLine, Sku, Stub
from station.domain.cases import CaseKind, CaseState
from station.domain.vocabulary import SHOP_ZONE, Fen

GROUPS = ("carrier", "courier", "packer", "sku")
"""By whom cases are counted."""

_OF_COURIERS = (CaseKind.LOST, CaseKind.CARRIER_DAMAGE, CaseKind.UNREACHABLE, CaseKind.SHORT)
_OF_PACKERS = (CaseKind.PACKING_DAMAGE, CaseKind.SHORT, CaseKind.WRONG)


@dataclass(slots=True)
class Tally:
    """One name's cases: by kind, parcels that left, and the money of its claims."""

    name: str
    kinds: Counter[str] = field(default_factory=Counter)
    parcels: int = 0
    claimed_fen: Fen = 0
    paid_fen: Fen = 0

    @property
    def count(self) -> int:
        """All of its cases."""
        return sum(self.kinds.values())

    @property
    def per_thousand(self) -> int | None:
        """Cases per thousand parcels, in tenths; None where no parcel is known."""
        return None if not self.parcels else round(self.count * 10_000 / self.parcels)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the shop, both ends included."""

    first: date
    last: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment, and the first one after it."""
        return (datetime.combine(self.first, time(0), SHOP_ZONE),
                datetime.combine(self.last + timedelta(days=1), time(0), SHOP_ZONE))


def tallies(session: Session, group: str, period: Period) -> list[Tally]:
    """Every name of the group with its cases that were opened in the period, the most first.

    Withdrawn cases do not count. A courier answers for what he carried, a packer for what he
    packed; a case without a known name is counted under "".
    """
    found: dict[str, Tally] = {}
    for name, kind, claimed, paid in _cases(session, group, period):
        tally = found.setdefault(name, Tally(name))
        tally.kinds[kind] += 1
        tally.claimed_fen += claimed
        tally.paid_fen += paid
    for name, parcels in _left(session, group, period):
        if name in found:
            found[name].parcels = parcels
    return sorted(found.values(), key=lambda one: (-one.count, one.name))


def _cases(
    session: Session, group: str, period: Period
) -> Iterator[tuple[str, str, Fen, Fen]]:
    first, after = period.bounds
    query: Select[str, str, Fen, Fen]
    if group == "sku":
        held = (
            select(ParcelLine.parcel_id, Sku.code).join(Sku, Sku.id == ParcelLine.sku_id)
            .where(ParcelLine.quantity > 0).distinct().subquery()
        )
        query = select(held.c.code, Case.kind, Case.claimed_fen, Case.paid_fen).join(
            held, held.c.parcel_id == Case.parcel_id)
    else:
        column = {"carrier": Case.carrier, "courier": Case.courier, "packer": Case.packer}[group]
        query = select(column, Case.kind, Case.claimed_fen, Case.paid_fen)
    kinds = {"courier": _OF_COURIERS, "packer": _OF_PACKERS}.get(group)
    if kinds is not None:
        query = query.where(Case.kind.in_([str(kind) for kind in kinds]))
    query = query.where(
        Case.opened_at >= first, Case.opened_at < after,
        Case.state != str(CaseState.WITHDRAWN))
    return (tuple(row) for row in session.execute(query))  # type: ignore[misc]


def _left(session: Session, group: str, period: Period) -> Iterable[tuple[str, int]]:
    """Parcels (of an article: pieces) that were handed over in the period, by name."""
    first, after = period.bounds
    count = func.count()
    if group == "carrier":
        query = select(Parcel.carrier, count).group_by(Parcel.carrier)
    elif group == "packer":
        query = select(Parcel.packer, count).group_by(Parcel.packer)
    elif group == "courier":
        query = (
            select(Handover.courier, count).select_from(Parcel)
            .join(Stub, Stub.parcel_id == Parcel.id)
            .join(Handover, Handover.id == Stub.handover_id).group_by(Handover.courier)
        )
    else:
        query = (
            select(Sku.code, func.sum(ParcelLine.quantity)).select_from(Parcel)
            .join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
            .join(Sku, Sku.id == ParcelLine.sku_id).group_by(Sku.code)
        )
    rows = session.execute(
        query.where(Parcel.handed_over_at >= first, Parcel.handed_over_at < after))
    return ((name, int(number)) for name, number in rows)


# --- As a file ------------------------------------------------------------------------------------


def header(kinds: Mapping[str, str]) -> list[str]:
    """The columns of the exported table; ``kinds`` are the kinds' words by their codes."""
    return ["名称 name", "合计 cases", *kinds.values(), "包裹 parcels", "每千件 per 1000",
            "索赔 claimed 元", "到账 paid 元"]


def rows(found: Sequence[Tally], kinds: Mapping[str, str]) -> Iterator[list[str | int | float]]:
    """The table's rows: names as text, the rest as numbers."""
    for one in found:
        rate = one.per_thousand
        yield [one.name, one.count, *(one.kinds[kind] for kind in kinds), one.parcels,
               "" if rate is None else rate / 10, one.claimed_fen / 100, one.paid_fen / 100]


def as_csv(found: Sequence[Tally], kinds: Mapping[str, str]) -> bytes:
    """The table as CSV for a spreadsheet: UTF-8 with its mark, and no name is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header(kinds))
    for name, *numbers in rows(found, kinds):
        writer.writerow([harmless(str(name)), *numbers])
    return text.getvalue().encode("utf-8-sig")


def harmless(name: str) -> str:
    """A text that no spreadsheet takes for a formula; some read full width signs as plain ones."""
    return f"'{name}" if name[:1] in tuple("=+-@＝＋－＠\t\r\n") else name


def as_xlsx(tables: Mapping[str, Sequence[Tally]], kinds: Mapping[str, str]) -> bytes:
    """All groups as one workbook, a sheet each (``tables`` by the sheet's name); text is text."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for title, found in tables.items():
            sheet = book.add_worksheet(title[:31])
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 0, 20)
            sheet.set_column(1, len(header(kinds)), 11)
            for column, name in enumerate(header(kinds)):
                sheet.write_string(0, column, name, bold)
            for number, row in enumerate(rows(found, kinds), 1):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(number, column, value)
                    else:
                        sheet.write_number(number, column, value)
    return content.getvalue()
