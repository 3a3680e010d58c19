"""Words that somebody typed beside a parcel, in columns that stand in clear: the buyer is starred
out of them before they are written, whoever writes them. Codes are let through as they are.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, event, inspect, select
from sqlalchemy.orm import Mapper

from station.db.models.base import Base
from station.db.models.cases import CasePayment
from station.db.models.handovers import HandoverCorrection, HandoverLine
from station.db.models.paper import PrintJob
from station.db.models.parcels import Hold, Weighing
from station.db.models.people import CourierIncident
from station.domain.sight import Known, masked_words

_TYPED = {
    Hold: ("reason", "facts"), Weighing: ("reason",), PrintJob: ("reason",),
    HandoverLine: ("reason",), HandoverCorrection: ("reason",), CasePayment: ("how",),
    CourierIncident: ("note",),
}
"""Columns of words, by their tables."""

_CODE = re.compile(r"[A-Za-z_.:-]*")


def is_code(text: str) -> bool:
    """True for a word of ours, which names nobody."""
    return _CODE.fullmatch(text) is not None


def _mask(_mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    attributes = inspect(row).attrs
    for column in _TYPED[type(row)]:
        value = getattr(row, column)
        if not attributes[column].history.has_changes() or not _has_words(value):
            continue
        shown = _shown(value, _known(connection, row))
        if shown != value:
            setattr(row, column, shown)


def _has_words(value: Any) -> bool:
    texts = value.values() if isinstance(value, dict) else (value,)
    return any(isinstance(text, str) and not is_code(text) for text in texts)


def _shown(value: Any, known: Known) -> Any:
    if isinstance(value, dict):
        return {name: _shown(each, known) for name, each in value.items()}
    return masked_words(value, known) if isinstance(value, str) else value


def _known(connection: Connection, row: Any) -> Known:
    """What the records know of the buyer whose parcel the row is about."""
    tables = Base.metadata.tables
    parcel, order = tables["parcel"].c, tables["shop_order"].c
    key = _parcel_of(connection, row)
    people = connection.execute(
        select(parcel.name, parcel.phone, parcel.company, parcel.street)
        .where(parcel.id == key)).all()
    buyers = connection.execute(
        select(order.name, order.phone, order.company, order.street, order.buyer)
        .where(order.parcel_id == key)).all()
    names = [text for each in (*people, *buyers) for text in each[:3]]
    return Known.of(
        [*names, *(each.buyer for each in buyers)], [each.street for each in (*people, *buyers)])


def _parcel_of(connection: Connection, row: Any) -> int | None:
    tables = Base.metadata.tables
    if isinstance(row, CasePayment):
        case = tables["after_sale"].c
        return connection.scalar(select(case.parcel_id).where(case.id == row.case_id))
    if isinstance(row, CourierIncident):
        number = tables["waybill_number"].c
        return connection.scalar(
            select(number.parcel_id).where(number.number == row.waybill_no))
    found: int | None = row.parcel_id
    return found


def mask_typed_words() -> None:
    """From now on, star buyers out of typed words as they are written."""
    for model in _TYPED:
        event.listen(model, "before_insert", _mask)
        event.listen(model, "before_update", _mask)
