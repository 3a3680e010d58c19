"""A database with as many parcels behind it as asked for, and some open at benches."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Boolean, Integer

from station.carriers import example_tariffs, reach_table
from station.db import schema
from station.db.models import Base, Sku
from station.db.session import Database
from station.domain.orders import Consignee, OrderLine, PaidOrder
from station.domain.vocabulary import CarrierCode
from station.services import intake, numbers, printing, stock
from station.services.rules import Rules

SKUS = 5
PIECES = 4000  # of each SKU in the open parcel: more than any run scans
STAMP = "'2026-10-01 02:00:00.000000'"


def seed(path: Path, parcels: int, benches: int) -> list[tuple[str, list[str]]]:
    """Fill a new SQLite file; returns per bench the waybill to open and the codes to scan."""
    url = f"sqlite:///{path}"
    schema.upgrade(url)
    fill(path, _PAST, parcels)
    database = Database(url)
    try:
        return [_open_parcel(database, bench) for bench in range(benches)]
    finally:
        database.close()


def fill(path: Path, past: dict[str, dict[str, str]], rows: int) -> None:
    """Fill tables with ``rows`` rows each; ``past`` says what differs, in SQL of the number i."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, own in past.items():
            connection.execute(_insert(table, own), (rows,))
        connection.execute("ANALYZE")
    connection.close()
    with path.open("rb") as file:  # else the first durable scan waits for all of this to be written
        os.fsync(file.fileno())


_PAST = {
    "parcel": {
        "id": "i", "state": "'handed_over'", "carrier": "'STO'",
        "waybill_no": "printf('7790%011d', i)", "merge_key": "printf('%064x', i)",
    },
    "waybill_number": {
        "id": "i", "carrier": "'STO'", "number": "printf('7790%011d', i)", "state": "'printed'",
        "parcel_id": "i",
    },
    "print_job": {
        "id": "i", "kind": "'waybill'", "state": "'confirmed'", "parcel_id": "i",
        "waybill_no": "printf('7790%011d', i)", "handover_id": "NULL",
    },
    "chain": {"name": "'parcel:' || i", "length": "1", "head": "printf('%064x', i)"},
    "history": {
        "id": "i", "chain": "'parcel:' || i", "seq": "1", "kind": "'paid'",
        "data": "'{}'", "hash": "printf('%064x', i)",
    },
}
"""The tables that a shop's past fills, with what is not the same in every row."""


def _insert(table: str, own: dict[str, str]) -> str:
    columns = Base.metadata.tables[table].columns
    values = ", ".join(own.get(column.name, _filler(column)) for column in columns)
    names = ", ".join(column.name for column in columns)
    past = "WITH RECURSIVE past(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM past WHERE i < ?)"
    return f"{past} INSERT INTO {table} ({names}) SELECT {values} FROM past"  # noqa: S608 - ours


def _filler(column: object) -> str:
    if column.nullable and column.name != "at":
        return "NULL"
    if isinstance(column.type, Integer | Boolean):
        return "0"
    if "DateTime" in type(column.type).__name__:
        return STAMP
    return "'[]'" if "JSON" in type(column.type).__name__ else "''"


def _open_parcel(database: Database, bench: int) -> tuple[str, list[str]]:
    """One printed parcel with plenty of pieces, for one bench."""
    now = datetime.now(UTC)
    rules = Rules(reach=reach_table(), tariffs=example_tariffs(), low_pool=0)
    codes = [f"BM{bench:02d}-{n}-M" for n in range(SKUS)]

    def prepare(session: object) -> None:
        numbers.receive(
            session, [(CarrierCode.STO, f"7731{bench:011d}")], batch="bench", now=now
        )
        for code in codes:
            sku = Sku(code=code, item_no=code, on_hand=0, reserved=0, defect=0, weight_g=200)
            session.add(sku)
            session.flush()
            stock.receive(session, sku.id, PIECES, now=now)

    database.write(prepare)
    lines = tuple(
        OrderLine(str(n), code, "T恤", code, "白色", "M", PIECES)
        for n, code in enumerate(codes, 1)
    )
    consignee = Consignee("样例", "13900000001", "浙江省", "台州市", "温岭市", f"样例路{bench}号")
    order = PaidOrder("taobao", f"24500000000000{bench:05d}", f"b{bench}", now, consignee, lines)
    taken = database.write(
        lambda s: intake.take_orders(s, [order], rules, source="bench", now=now)
    )[0]
    due = database.read(lambda s: printing.next_due(s, bench=""))
    database.write(lambda s: printing.start_sending(
        s, due, printer="p", sha256="", pages=[b""], now=now))
    database.write(lambda s: printing.sent(s, due.job_id, proof="none", rules=rules, now=now))
    return taken.waybill_no or "", codes
