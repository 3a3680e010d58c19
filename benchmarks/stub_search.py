"""Finding a stub among a million by each thing that people remember (aim: p99 of 50 ms).

``python benchmarks/stub_search.py [--parcels 1000000] [--rounds 200] [--json FILE]``
The floor beside it is one look-up of a parcel by its whole number in the same database.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import clients  # noqa: E402 - the scripts run from anywhere
import seeding  # noqa: E402
from sqlalchemy import select  # noqa: E402

from station.db import schema  # noqa: E402
from station.db.keys import Keyring  # noqa: E402
from station.db.models import Parcel  # noqa: E402
from station.db.session import Database  # noqa: E402
from station.services.stub_search import search  # noqa: E402

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
SKUS, DAYS, PACKERS = 2000, 365, 8
_NUMBER = "printf('7790%011d', i)"
_DAY = f"date('2025-11-28', '+' || (i * {DAYS} / MAX_I) || ' days')"
PAST = {
    "sku": {"id": "i", "code": "'SKU' || i", "item_no": "'ITEM' || (i / 6)"},
    "shop_order": {"id": "i", "platform": "'taobao'", "order_no": "printf('245%016d', i)",
                   "parcel_id": "i", "buyer_digest": "printf('%032x', i / 2)",
                   "phone_digest": "printf('%032x', i / 2)"},
    "parcel": {"id": "i", "state": "'handed_over'", "carrier": "'STO'", "waybill_no": _NUMBER,
               "merge_key": "printf('%064x', i)", "name_digest": "printf('%032x', i)",
               "phone_digest": "printf('%032x', i / 2)",
               "phone4_digest": "printf('%032x', i % 10000)", "weight_g": "600"},
    "parcel_line": {"id": "i", "parcel_id": "i", "sku_id": f"i * 7919 % {SKUS} + 1",
                    "quantity": "1", "packed": "1"},
    "handover": {"id": "i", "number": "'STO-' || i", "carrier": "'STO'", "state": "'closed'"},
    "stub": {"parcel_id": "i", "handover_id": "i / 500 + 1",
             "carrier": "CASE i % 4 WHEN 0 THEN 'SF' ELSE 'STO' END", "day": _DAY,
             "waybill_no": _NUMBER,
             # The number backwards, digit by digit: SQLite has no function for it.
             "backwards": " || ".join(f"substr({_NUMBER}, {at}, 1)" for at in range(15, 0, -1)),
             "packer": f"'打包员' || (i % {PACKERS})", "courier": "'快递员' || (i % 12)"},
}
_FEW = {"sku": SKUS}


def seed(path: Path, parcels: int) -> Keyring:
    """A year's stubs of a shop."""
    keys = Keyring(path.with_suffix(".keys"))
    schema.upgrade(f"sqlite:///{path}", keys=keys)
    for table, own in PAST.items():
        rows = {name: sql.replace("MAX_I", str(parcels)) for name, sql in own.items()}
        count = _FEW.get(table, parcels // 500 + 2 if table == "handover" else parcels)
        seeding.fill(path, {table: rows}, count)
    return keys


def questions(parcels: int, rng: random.Random) -> dict[str, Callable[[], str]]:
    """What is asked, by what it is."""
    def any_day() -> str:
        return f"2026-{rng.randint(1, 11):02d}-{rng.randint(1, 28):02d}"

    return {
        "whole number": lambda: f"7790{rng.randint(1, parcels):011d}",
        "last six digits": lambda: f"{rng.randint(0, 999_999):06d}",
        "order number": lambda: f"245{rng.randint(1, parcels):016d}",
        "article": lambda: f"SKU{rng.randint(1, SKUS)}",
        "item number": lambda: f"ITEM{rng.randint(1, SKUS // 6)}",
        "day and carrier": lambda: f"{any_day()} 申通",
        "packer": lambda: f"打包员{rng.randint(0, PACKERS - 1)}",
        "packer, day, article": lambda: f"打包员1 {any_day()} ITEM{rng.randint(1, SKUS // 6)}",
        "month and courier": lambda: f"2026-{rng.randint(1, 11):02d} 快递员3",
        "nothing at all": lambda: "",
        "a word that is none": lambda: f"没有{rng.randint(1, 99)}",
    }


def run(parcels: int, rounds: int) -> dict[str, object]:
    """Median and p99 in ms of each kind of question."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        path = Path(home) / "station.db"
        keys = seed(path, parcels)
        db, rng = Database(f"sqlite:///{path}", keys=keys), random.Random(7)
        try:
            found: dict[str, object] = {"parcels": parcels}
            found["floor"] = _timed(rounds, lambda: db.read(lambda s: s.execute(select(
                Parcel.weight_g).where(Parcel.waybill_no == f"7790{rng.randint(1, parcels):011d}")
            ).one()))
            for name, ask in questions(parcels, rng).items():
                text = [ask() for _ in range(rounds + 1)]
                found[name] = _timed(rounds, partial(_ask, db, iter(text)))
        finally:
            db.close()
    found["worst_p99_ms"] = max(v["p99_ms"] for v in found.values() if isinstance(v, dict))
    return found


def _ask(db: Database, asked: Iterator[str]) -> None:
    db.read(lambda session: search(session, next(asked), now=NOW))


def _timed(rounds: int, act: Callable[[], object]) -> dict[str, float]:
    act()  # the first of its kind is compiled
    took = []
    for _ in range(rounds):
        begin = time.perf_counter()
        act()
        took.append(time.perf_counter() - begin)
    return {"p50_ms": clients.percentile(took, 0.5), "p99_ms": clients.percentile(took, 0.99)}


def main() -> None:
    """Print the figures, and write them to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.parcels, options.rounds)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
