"""Thirty-two benches on one database at once: who gets a parcel, a number, a print job.

On SQLite they are threads of one process, as in the station; on PostgreSQL threads of several
processes. Each bench pays, prints, and packs whatever waybill it gets hold of, and all reach for
the same parcels. Afterwards no parcel was opened by two benches, no number and no job taken twice,
and the busiest bench did less than three times what the idlest did.

    python campaigns/many_hands.py --benches 32 --seconds 10 [--database postgresql+psycopg://…]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from kill import HOME, SHIRT, furnish, keys_of
from metal import BARCODES
from oracles import Violation, must, whole_history
from sqlalchemy import select, text

from station.db.models import Parcel
from station.db.session import Database
from station.domain.orders import OrderLine, PaidOrder
from station.domain.refusals import Refusal
from station.services import intake, items, numbers, packing, printing
from station.services.rules import Rules

SHOWS = ("F7", "F13", "2", "28")

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
RULES = Rules(low_pool=0)


class Hand:
    """One bench that works as fast as it can."""

    def __init__(self, db: Database, name: str) -> None:
        self._db, self.name, self._chance = db, name, random.Random(name)
        self.opened: list[int] = []
        self.printed: list[int] = []
        self.numbers: list[str] = []
        self.scans = 0

    def turn(self, turn: int) -> None:
        """Pay one order, print one job, pack one parcel of those that everybody reaches for."""
        order_no = f"{self.name}-{turn}"
        order = PaidOrder("taobao", order_no, order_no, NOW, HOME,
                          (OrderLine("1", SHIRT, "衣", "", "", "", 1),))
        taken = self._db.write(lambda s: intake.take_orders(
            s, [order], RULES, source="x", now=NOW))[0]
        if taken.waybill_no:
            self.numbers.append(taken.waybill_no)
        self._print()
        self._pack()

    def _print(self) -> None:
        for _ in range(4):  # everybody reaches for the same job; one gets it
            due = self._db.read(lambda s: printing.next_due(s, bench=self.name))
            if due is not None and self._db.write(lambda s, due=due: printing.start_sending(
                    s, due, printer=self.name, sha256="", pages=[b"png"], now=NOW)):
                self.printed.append(due.job_id)
                self._db.write(lambda s, due=due: printing.sent(
                    s, due.job_id, proof="none", rules=RULES, now=NOW))
                return

    def _pack(self) -> None:
        free = self._db.read(lambda s: s.execute(
            select(Parcel.id, Parcel.waybill_no)
            .where(Parcel.state == "printed", Parcel.bench == "")
            .order_by(Parcel.id).limit(4)).all())
        if not free:
            return
        _, number = self._chance.choice(free)
        at: dict[str, Any] = {"bench": self.name, "who": self.name, "now": NOW}
        opened = self._db.write(lambda s: packing.open_parcel(s, number, rules=RULES, **at))
        if isinstance(opened, Refusal):
            return
        self.opened.append(opened.id)
        scanned = self._db.write(lambda s: items.scan_item(
            s, opened.id, BARCODES[SHIRT], quantity=1, **at))
        must(not isinstance(scanned, Refusal), f"a scan was refused: {scanned}")
        self.scans += 1
        self._db.write(lambda s: packing.leave(s, opened.id, **at))


def work(url: str, names: list[str], seconds: float) -> list[Hand]:
    """Let these benches work in threads of this process until the time is over."""
    db = Database(url, keys=keys_of(url))
    hands, failed = [Hand(db, name) for name in names], list[BaseException]()
    end = time.monotonic() + seconds

    def run(hand: Hand) -> None:
        turn = 0
        try:
            while time.monotonic() < end:
                hand.turn(turn)
                turn += 1
        except Exception as error:  # noqa: BLE001 - a thread's end: told below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(hand,)) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.close()
    if failed:
        raise failed[0]
    return hands


def apart(url: str, names: list[str], seconds: float, processes: int) -> list[Hand]:
    """The same in several processes; each writes down what its benches got."""
    children = []
    for place in range(processes):
        ears, mouth = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.close(ears)
                for hand in work(url, names[place::processes], seconds):
                    got = [hand.name, ",".join(map(str, hand.opened)),
                           ",".join(map(str, hand.printed)), ",".join(hand.numbers)]
                    os.write(mouth, (";".join(got) + "\n").encode())
                code = 0
            except Exception:  # noqa: BLE001 - a process ends here
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(mouth)
        children.append((child, ears))
    told = [_told(child, ears) for child, ears in children]
    must(all(status == 0 for _, status in told), "a process of benches failed")
    return [hand for hands, _ in told for hand in hands]


def _told(child: int, ears: int) -> tuple[list[Hand], int]:
    hands = []
    with os.fdopen(ears) as file:
        for line in file:
            name, opened, printed, taken = line.rstrip("\n").split(";")
            hand = Hand(None, name)  # type: ignore[arg-type]  # only its notes are wanted
            hand.opened = [int(one) for one in opened.split(",") if one]
            hand.printed = [int(one) for one in printed.split(",") if one]
            hand.numbers = [one for one in taken.split(",") if one]
            hand.scans = len(hand.opened)
            hands.append(hand)
    _, status = os.waitpid(child, 0)
    return hands, status


def run(url: str, benches: int, seconds: float, processes: int = 1) -> Counter[str]:
    """Furnish, work, compare. Raises Violation."""
    furnish(url)
    names = [f"b{n:03d}" for n in range(benches)]
    hands = work(url, names, seconds) if processes == 1 else apart(url, names, seconds, processes)
    for what in ("opened", "printed", "numbers"):
        got = Counter(one for hand in hands for one in getattr(hand, what))
        twice = [one for one, many in got.items() if many > 1]
        must(not twice, f"{what}: got by two: {twice[:5]}")
    busy = [len(hand.numbers) for hand in hands]
    must(min(busy) > 0, f"a bench starved: {busy}")
    must(max(busy) / min(busy) < 3, f"the busiest {max(busy)}, the idlest {min(busy)}")
    seen = Counter(turns=sum(busy), least=min(busy), most=max(busy),
                   packed=sum(hand.scans for hand in hands))
    db = Database(url, keys=keys_of(url))
    try:
        db.read(lambda session: _compare(session, seen))
    finally:
        db.close()
    return seen


def _compare(session: Any, seen: Counter[str]) -> None:
    stored = session.scalar(text("SELECT sum(packed) FROM parcel_line"))
    must(stored == seen["packed"], f"{seen['packed']} scans answered, {stored} stored")
    for one in numbers.ledger(session).values():
        must(one["received"] == one["unused"] + one["taken"] + one["printed"] + one["voided"],
             "numbers do not balance")
        must(one["taken"] + one["printed"] == seen["turns"], "numbers taken twice or never")
    whole_history(session)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benches", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--database", help="an empty PostgreSQL; default a new SQLite file")
    parser.add_argument("--processes", type=int, default=4, help="on PostgreSQL")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/station.db"
        try:
            seen = run(url, options.benches, options.seconds,
                       options.processes if options.database else 1)
        except Violation as broken:
            print(broken)
            return 1
    print(f"{options.benches} benches, {options.seconds:.0f} s: {seen['turns']} orders paid,"
          f" {seen['packed']} parcels packed, none twice; busiest/idlest bench"
          f" {seen['most']}/{seen['least']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
