"""What one item's scan costs, without HTTP: the service, and the bench around it.

    python benchmarks/scan_service.py [--parcels 10000] [--scans 2000]

Beside each figure stands its floor of the same run: a bare durable SQLite transaction that does
one insert. The parcels stored beforehand show whether a scan gets slower as the shop grows old.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, insert

from station.bench import Bench, BenchSettings
from station.db import sealed
from station.db.models import Base, Parcel, ParcelLine, ShopOrder, ShopOrderLine, Sku, SkuBarcode
from station.db.session import Database, keys_beside
from station.services import items, packing
from station.services.live import Hub
from station.services.rules import Rules

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_CHUNK = 20_000


def fill(url: str, parcels: int, pieces: int) -> None:
    """A shop with ``parcels`` parcels handed over long ago, and one to be packed."""
    engine = create_engine(url)
    sealed.use(engine, keys_beside(url))
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Sku), [
            {"id": n, "code": f"SKU{n}", "item_no": f"I{n // 6}", "color": "黑", "size": str(n % 6),
             "title": "", "category": "", "measure_waist": False, "weight_g": 200,
             "on_hand": 10**9, "reserved": 0, "defect": 0, "location": "A-01", "picture": "",
             "batch_note": ""} for n in range(1, 2001)])
        connection.execute(insert(SkuBarcode), [
            {"barcode": f"69{n:011d}", "sku_id": n} for n in range(1, 2001)])
        for start in range(1, parcels + 2, _CHUNK):
            ids = range(start, min(start + _CHUNK, parcels + 2))
            _fill_some(connection, ids, parcels + 1, pieces)
    engine.dispose()


def _fill_some(connection, ids: range, last: int, pieces: int) -> None:  # type: ignore[no-untyped-def]
    connection.execute(insert(Parcel), [_parcel(n, "printed" if n == last else "handed_over")
                                        for n in ids])
    connection.execute(insert(ShopOrder), [
        {"id": n, "platform": "taobao", "order_no": str(n), "buyer": "b", "received_at": NOW,
         "parcel_id": n} for n in ids])
    lines = [(n * 3 + k, n, (n * 7 + k) % 2000 + 1) for n in ids for k in range(3)]
    connection.execute(insert(ShopOrderLine), [
        {"id": key, "order_id": n, "line_no": str(key), "sku_code": f"SKU{sku}", "quantity": 1}
        for key, n, sku in lines])
    connection.execute(insert(ParcelLine), [
        {"id": key, "parcel_id": n, "order_line_id": key, "sku_id": sku,
         "quantity": pieces if n == last else 1, "packed": 0 if n == last else 1,
         "reserved": 1, "measured_mm": []} for key, n, sku in lines])


def _parcel(n: int, state: str) -> dict[str, object]:
    return {
        "id": n, "state": state, "carrier": "STO", "waybill_no": f"7731{n:011d}", "merge_key": "m",
        "name": "n", "phone": "", "province": "p", "city": "c", "district": "d", "street": "s",
        "paid_at": NOW, "deadline": NOW, "created_at": NOW, "split": False,
    }


def timed(act: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each call, after a tenth of them as a warm-up."""
    for _ in range(times // 10):
        act()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1000)
    return found


def floor(folder: str, times: int) -> list[float]:
    """A bare durable transaction: one insert, WAL, synchronous=FULL."""
    connection = sqlite3.connect(f"{folder}/floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (a TEXT)")

    def once() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES ('scan')")
        connection.execute("COMMIT")

    found = timed(once, times)
    connection.close()
    return found


def show(name: str, found: list[float]) -> float:
    """Print p50 and p99; return p50."""
    found.sort()
    p50 = statistics.median(found)
    print(f"{name:<42} p50 {p50:6.3f} ms   p99 {found[int(len(found) * 0.99)]:6.3f} ms")
    return p50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=10_000)
    parser.add_argument("--scans", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'station.db'}"
        fill(url, options.parcels, options.scans * 10)
        bare = show("bare durable transaction", floor(folder, options.scans))
        measure(url, options, bare)


def measure(url: str, options: argparse.Namespace, bare: float) -> None:
    """The service alone, then the whole bench, right and wrong scans."""
    last = options.parcels + 1
    right, wrong = f"69{last * 7 % 2000 + 1:011d}", "6900000000999"
    db = Database(url)
    bench = Bench("1", db, Hub(), Rules(), BenchSettings(bounce_s=0), clock=lambda: NOW)
    try:
        opened = db.write(lambda session: packing.open_parcel(
            session, f"7731{last:011d}", rules=Rules(), bench="1", who="", now=NOW))
        print("opened:", type(opened).__name__, "of", f"{options.parcels:,} parcels")

        def service() -> object:
            return db.write(lambda session: items.scan_item(
                session, last, right, bench="1", who="阿明", now=NOW))

        p50 = show("scan_item through Database.write", timed(service, options.scans))
        print(f"{'':<42} {p50 / bare:.2f}x the bare transaction")
        bench.start()
        show("Bench.scan, right item", timed(lambda: bench.scan(right), options.scans))

        def refused() -> None:
            bench.scan(wrong)
            bench.scan("PBCMD-OK")

        show("Bench.scan, wrong item and OK", timed(refused, options.scans // 4))
    finally:
        bench.stop()
        db.close()


if __name__ == "__main__":
    main()
