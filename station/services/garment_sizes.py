"""量尺寸: each size of an article is measured once, by scanner or by hand (M6).

Measures come in their order; digits and 完成 enter one. A value that differs by more than a
centimetre from the one that stands there is doubted: measured again and entered once more, it
counts. ⌫ takes the last digit back, or the last measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.db.models import GarmentSize, ProductPicture, Sku
from station.db.session import notice
from station.domain.garments import (
    MAY_DIFFER_MM,
    Measure,
    measures_of,
    size_order,
)
from station.domain.refusals import Code, Refusal
from station.domain.vocabulary import Message, Millimetres
from station.paper.pictures import SizeRow, SizeTable
from station.services.history import record
from station.services.pictures import TABLE, TOPIC, ask_table

_DIGITS = 4


def type_digit(session: Session, sku_id: int, digit: str) -> Message | Refusal:
    """One more digit of the measure whose turn it is."""
    row, _, measure = _turn(session, sku_id)
    digits = (row.digits + digit).lstrip("0")
    if len(digits) > _DIGITS:
        row.digits = ""
        return Refusal(Code.PICTURE_IMPLAUSIBLE, _named(measure, row.size))
    row.digits = digits
    notice(session, TOPIC)
    return Message("picture.said_digits", {**_named(measure, row.size), "digits": digits or "0"})


def undo(session: Session, sku_id: int) -> Message | Refusal:
    """Take the last digit back, or the measure before."""
    row, measures, measure = _turn(session, sku_id)
    if row.digits:
        row.digits, row.doubted = row.digits[:-1], None
    else:
        row.at = (row.at - 1) % len(measures)
        measure = measures[row.at]
        row.measures = {key: mm for key, mm in row.measures.items() if key != measure.key}
    notice(session, TOPIC)
    return Message("picture.said_measure", _named(measure, row.size))


def enter(session: Session, sku_id: int, *, who: str, now: datetime) -> Message | Refusal:
    """The digits are the measure whose turn it is; the next one's turn comes."""
    row, measures, measure = _turn(session, sku_id)
    mm = measure.scanned(int(row.digits or "0"))
    if mm is None:
        row.digits = ""
        return Refusal(Code.PICTURE_IMPLAUSIBLE, _named(measure, row.size))
    before = row.measures.get(measure.key)
    if before is not None and abs(before - mm) > MAY_DIFFER_MM and mm != row.doubted:
        row.digits, row.doubted = "", mm
        return Refusal(Code.PICTURE_MEASURE_DIFFERS, {
            **_named(measure, row.size), "was_mm": before, "measured_mm": mm})
    _keep(session, row, {measure.key: mm}, sku_id, who=who, now=now)
    row.at = (row.at + 1) % len(measures)
    facts = {**_named(measure, row.size), "measured_mm": mm}
    if row.at == 0:
        return Message("picture.said_measured_all", facts)
    return Message("picture.said_measured", {**facts, "next": f"garment.{measures[row.at].key}"})


def enter_all(
    session: Session, sku_id: int, values: Mapping[str, Millimetres | None], *, who: str,
    now: datetime,
) -> Message | Refusal:
    """What somebody typed for one size; None takes a measure away."""
    row, measures, _ = _turn(session, sku_id)
    for measure in measures:
        mm = values.get(measure.key)
        if mm is not None and not measure.fits(mm):
            return Refusal(Code.PICTURE_IMPLAUSIBLE, _named(measure, row.size))
    given = {measure.key: values.get(measure.key) for measure in measures}
    _keep(session, row, given, sku_id, who=who, now=now)
    return Message("picture.said_sizes", {"size": row.size})


def _turn(session: Session, sku_id: int) -> tuple[GarmentSize, tuple[Measure, ...], Measure]:
    """The row of the SKU's size, its measures, and the one whose turn it is."""
    sku = session.get_one(Sku, sku_id, with_for_update={"key_share": True})
    measures = measures_for(session, sku.item_no)
    row = session.scalar(select(GarmentSize).where(
        GarmentSize.item_no == sku.item_no, GarmentSize.size == sku.size))
    if row is None:
        row = GarmentSize(item_no=sku.item_no, size=sku.size, measures={}, digits="", at=0)
        session.add(row)
        session.flush()
    row.at %= len(measures)
    return row, measures, measures[row.at]


def _keep(
    session: Session, row: GarmentSize, given: Mapping[str, Millimetres | None], sku_id: int, *,
    who: str, now: datetime,
) -> None:
    before = dict(row.measures)
    row.measures = {key: mm for key, mm in {**before, **given}.items() if mm is not None}
    row.digits, row.doubted, row.measured_at, row.measured_by = "", None, now, who
    if row.measures == before:
        return
    ask_table(session, session.get_one(Sku, sku_id), who=who, now=now)
    changed = {key: [before.get(key), mm] for key, mm in given.items() if before.get(key) != mm}
    facts = {"item_no": row.item_no, "size": row.size, "changed": changed}
    record(session, f"garment_size:{row.id}", "garment_measured", facts, now=now, who=who)
    notice(session, TOPIC)


def _named(measure: Measure, size: str) -> dict[str, str | int]:
    return {"measure": f"garment.{measure.key}", "size": size}


# --- What pages and the table's picture show ------------------------------------------------------


def row_of(session: Session, sku: Sku) -> GarmentSize | None:
    """What the SKU's size measures, and what is being entered."""
    return session.scalar(select(GarmentSize).where(
        GarmentSize.item_no == sku.item_no, GarmentSize.size == sku.size))


def measures_for(session: Session, item_no: str) -> tuple[Measure, ...]:
    """What is measured of an article: its category says, or its title."""
    rows = session.execute(
        select(Sku.category, Sku.title).where(Sku.item_no == item_no).order_by(Sku.id)).all()
    return measures_of(*(row[0] for row in rows), *(row[1] for row in rows))


def table(session: Session, item_no: str) -> SizeTable:
    """Every size of an article as it stands, with what its picture says is sold out."""
    sizes = set(session.scalars(select(Sku.size).where(Sku.item_no == item_no)))
    measures = measures_for(session, item_no)
    rows = session.scalars(select(GarmentSize).where(GarmentSize.item_no == item_no)).all()
    known = {row.size: row.measures for row in rows if row.measures}
    sold = session.scalar(select(ProductPicture.marked).where(
        ProductPicture.item_no == item_no, ProductPicture.number == TABLE)) or []
    return SizeTable(item_no, measures, tuple(
        SizeRow(size, tuple(known.get(size, {}).get(one.key) for one in measures), size in sold)
        for size in sorted(sizes | known.keys(), key=size_order)))
