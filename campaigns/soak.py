"""Scan after scan at one bench: memory and descriptors stay flat, and no scan gets slow.

Pieces go into a parcel and come out again; every sixty scans the next parcel is begun.

    python campaigns/soak.py --scans 1000000
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from kill import HOME, SHIRT, furnish
from metal import BARCODES, HandBench
from oracles import Violation, must

from station.bench import BenchSettings
from station.db.session import Database
from station.domain.orders import OrderLine, PaidOrder
from station.services import intake, printing
from station.services.live import Hub
from station.services.rules import Rules

SHOWS = ("F34", "43")

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
GROWTH = 24 * 2**20  # bytes: allocators breathe
PARCEL = 60  # scans, then the next one
TELLS = 10  # so often a long run says where it is: it may be stopped
WARM = 5  # the first fifth fills caches and is not looked at


def run(scans: int) -> dict[str, float]:
    """Put pieces in and take them out again; what grew. Raises Violation."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/station.db"
        furnish(url)
        db, rules, seconds = Database(url), Rules(low_pool=0), iter(range(1000, 10**10, 2))
        bench = HandBench("1", db, Hub(), rules, BenchSettings(), clock=lambda: NOW,
                          monotonic=lambda: float(next(seconds)))
        bench.start()
        try:
            return _scan_on(bench, scans, lambda number: _printed(db, rules, str(number)))
        finally:
            db.close()


def _printed(db: Database, rules: Rules, order_no: str) -> str:
    line = OrderLine("1", SHIRT, "衣", "", "", "", 6)
    order = PaidOrder("taobao", order_no, order_no, NOW, HOME, (line,))
    taken = db.write(lambda s: intake.take_orders(s, [order], rules, source="x", now=NOW))[0]
    due = db.read(lambda s: printing.next_due(s, bench="1"))
    assert due is not None
    db.write(lambda s: printing.start_sending(
        s, due, printer="p", sha256="", pages=[b"x"], now=NOW))
    db.write(lambda s: printing.sent(s, due.job_id, proof="none", rules=rules, now=NOW))
    return taken.waybill_no or ""


def _scan_on(
    bench: HandBench, scans: int, fresh: Callable[[int], str]
) -> dict[str, float]:
    process = psutil.Process()
    shirt = BARCODES[SHIRT]
    turn = (shirt, shirt, "PBCMD-UNDO", "6900000000000", "PBCMD-OK", "PBCMD-UNDO")
    memory = descriptors = 0
    early = late = 0.0
    fifth = max(scans // WARM, 1)
    for number in range(scans):
        if number == fifth:
            gc.collect()
            memory, descriptors = process.memory_info().rss, process.num_fds()
        if number and number % (scans // TELLS or 1) == 0:
            print(f"{number} scans: {process.memory_info().rss >> 20} MB, "
                  f"{process.num_fds()} descriptors", flush=True)
        if number % PARCEL == 0:
            for code in ("PBCMD-OK", "PBCMD-CANCEL", "PBCMD-OK", fresh(number)):
                bench.scan(code)
        begin = time.perf_counter()
        view = bench.scan(turn[number % len(turn)])
        took = time.perf_counter() - begin
        early += took if fifth <= number < 2 * fifth else 0
        late += took if number >= scans - fifth else 0
        must(view.verdict and view.verdict.message.code != "bench.trouble", f"scan {number} failed")
    gc.collect()
    grown, opened = process.memory_info().rss - memory, process.num_fds() - descriptors
    must(grown < GROWTH, f"memory grew by {grown >> 20} MB in {scans} scans")
    must(opened <= 0, f"{opened} descriptors were left open")
    return {"grown_kb": grown / 1024, "descriptors": opened, "early_ms": early / fifth * 1000,
            "late_ms": late / fifth * 1000}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=20_000)
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        seen = run(options.scans)
    except Violation as broken:
        print(broken)
        return 1
    print(f"{options.scans} scans: memory {seen['grown_kb']:+.0f} KiB, descriptors"
          f" {seen['descriptors']:+.0f}, {seen['early_ms']:.2f} ms a scan early,"
          f" {seen['late_ms']:.2f} ms late, in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
