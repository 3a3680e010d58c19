"""Days at a simulated warehouse: platform, benches, devices and couriers through a fault schedule.

One seed is one day: shop, benches, print loops, outbox and clock are the real ones on a real
SQLite file; paper, pans, bags and the platform's ledger are the truth beside it (``metal``). Any
step may meet a printer that fails before, within or after a page, a statement that fails for a full
disk, a power cut before any statement or between a commit and its answer, a clock that jumps, a
webhook that comes late, twice, never or before its payment, a refund at any moment. What is rare
(a clock that jumps, a full disk, a label in doubt) comes at least once in every day, at a step that
the seed chooses. After every step everything is compared (``oracles``); the first violation ends
the day and names its seed.

    python campaigns/warehouse_day.py --days 500 --seed 1 [--steps 160]
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from bench_hands import BenchHands
from metal import BARCODES, GOODS, WEIGHTS, Bag, Fuse, HandBench, PaperPrinter, PowerOff
from office_hands import OfficeHands
from oracles import Ears, Violation, Watch, must, whole_history
from sqlalchemy import Engine

from drivers.interfaces import Bitmap, Proof
from station.bench import BenchSettings
from station.carriers import example_tariffs, reach_table
from station.db import schema
from station.db.models import Packaging, Parcel, Sku, SkuBarcode
from station.db.session import Database
from station.domain.vocabulary import CarrierCode
from station.jobs import ClockLoop, OutboxLoop
from station.paper.fonts import Fonts
from station.paper.sheet import LabelSize
from station.print_jobs import PrinterPlace, PrintLoop
from station.services import numbers, outbox, printing, staff, stock
from station.services.live import Hub
from station.services.rules import Rules
from station.services.staff import Role

SHOWS = ("F4", "F5", "F7", "F8", "F9", "F10", "F11", "F15", "F16", "F17", "F27",
         "1", "3", "5", "6", "13", "16", "17", "25", "41", "42", "44")

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BENCHES = ("1", "2", "3")
PIN = "246810"
BLANK = Bitmap(8, 8, bytes(8))
YESTERDAY = 5  # orders that were paid in the evening before and lie printed in the morning
RARE = ("clock", "full", "doubt")
MEMORY = Path("/dev/shm")  # noqa: S108 - a day's file is looked at by nobody else


@cache
def pin_hash() -> str:
    """The one PIN of the shop, hashed once and quickly: nobody guesses here."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)


def _share_statements(engines: dict[str, Engine], db: Database) -> None:
    """Let a restarted station use the SQL text that an earlier one made: it is always the same."""
    for name, engine in (("read", db.engine), ("write", db._writer._engine)):  # type: ignore[union-attr]
        first = engines.setdefault(name, engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache


_ENGINES: dict[str, Engine] = {}


@cache
def fonts() -> Fonts:
    return Fonts.find()


class _PrintLoop(PrintLoop):
    """The real loop; its pages are blank, for a day is not about letters."""

    def _pages(self, session: Any, due: printing.Due) -> list[Bitmap]:
        if due.kind == "waybill":
            printing.waybill_label(session, due, self._rules, now=self._now())
        return [BLANK] * (2 if due.job_id % 9 == 0 else 1)


class _OutboxLoop(OutboxLoop):
    """The real loop, with the simulated platform at the other end of its line."""

    day: Day

    def _post(self, call: outbox.Call) -> tuple[str, bool]:
        return self.day.platform_hears(call)


@dataclass
class Day:
    """A day, its people and its things."""

    seed: int
    path: Path
    chance: random.Random = field(init=False)
    wall: datetime = MORNING
    mono: float = 1000.0
    fuse: Fuse = field(default_factory=Fuse)
    watch: Watch = field(default_factory=Watch)
    bags: dict[int, Bag] = field(default_factory=dict)
    pans: dict[str, Bag | None] = field(default_factory=dict)
    printers: dict[str, PaperPrinter] = field(default_factory=dict)
    skus: dict[str, int] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    looked: tuple[int, ...] = ()  # what there was when everything was compared last
    rare: dict[int, str] = field(default_factory=dict)  # what is still to come, at this step

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.rules = Rules(
            reach=reach_table(), tariffs=example_tariffs(), low_pool=0,
            platform_url="http://127.0.0.1:9",
            ship_call_at=self.chance.choice(("printed", "packed", "handed_over")),
        )
        for name in BENCHES:
            proof = self.chance.choice(list(Proof))
            self.printers[name] = PaperPrinter(f"{name}-printer", self.chance, proof)
            self.pans[f"{name}-scale"] = None
        self._build()
        self._furnish()
        self.office = OfficeHands(self)
        self.hands = {name: BenchHands(self, name) for name in BENCHES}
        self.rare = dict(zip(self.chance.sample(range(5, 45), len(RARE)), RARE, strict=True))

    # --- The station, and its deaths --------------------------------------------------------------

    def _build(self) -> None:
        """What a start of the program makes out of the database."""
        hub = Hub()
        self.db = Database(f"sqlite:///{self.path}", on_commit=self._told)
        _share_statements(_ENGINES, self.db)
        self.hub = hub
        self.fuse.wire(self.db)
        clock: Callable[[], datetime] = lambda: self.wall  # noqa: E731 - one clock for all
        self.benches = {
            name: HandBench(
                name, self.db, hub, self.rules, BenchSettings(scale=f"{name}-scale"),
                clock=clock, monotonic=lambda: self.mono,
            ) for name in BENCHES
        }
        self.loops = {}
        for name, printer in self.printers.items():
            place = PrinterPlace(name, printer, "virtual", LabelSize.L100X150)
            self.loops[name] = _PrintLoop(
                place, self.db, fonts(), self.rules, now=clock, emit=self.benches[name].give,
                monotonic=lambda: self.mono,
            )
        self.clock_loop = ClockLoop(self.db, self.rules, now=clock)
        self.outbox_loop = _OutboxLoop(self.db, self.rules.platform_url, now=clock)
        self.outbox_loop.day = self

    def _told(self, topics: Any) -> None:
        for topic in topics:
            for bench in self.benches.values():
                bench.tell(topic)

    def start(self) -> None:
        """As `Station.start`: recover what was being printed, find the open parcels."""
        for name in BENCHES:
            self.write(printing.recover, printer=f"{name}-printer")
            self.benches[name].start()

    def open(self) -> None:
        """The morning: what was paid in the evening lies printed, and no fault has come yet."""
        self.start()
        for _ in range(YESTERDAY):
            self.office.pay()
        for printer, loop in zip(self.printers.values(), self.loops.values(), strict=True):
            faults, printer.faults = printer.faults, 0
            for _ in range(YESTERDAY):
                loop.step()
            printer.faults = faults
        self.look()

    def restart(self) -> None:
        """The process is gone; another one starts from what is on the disk."""
        self.happened["restarts"] += 1
        self.fuse.kind = ""
        self.db.close()
        self._build()
        self.start()
        for hands in self.hands.values():
            hands.find_again()

    def write(self, step: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        """One service step, now."""
        now = self.wall
        return self.db.write(lambda session: step(session, *args, now=now, **facts))

    def read(self, look: Callable[..., Any], *args: Any, **facts: Any) -> Any:
        return self.db.read(lambda session: look(session, *args, **facts))

    def _furnish(self) -> None:
        def fill(session: Any, *, now: datetime) -> None:
            for code, (item, color, size, grams, measured) in GOODS.items():
                sku = Sku(code=code, item_no=item, color=color, size=size, weight_g=grams,
                          location="A-01", measure_waist=measured, on_hand=0, reserved=0, defect=0)
                session.add(sku)
                session.flush()
                self.skus[code] = sku.id
                session.add(SkuBarcode(barcode=BARCODES[code], sku_id=sku.id))
                stock.receive(session, sku.id, 6, now=now)
                self.watch.received[code] += 6
            session.add(Packaging(code="BAG", name="袋", kind="bag", weight_g=20, stock=500,
                                  low_at=5, carrier="", checklist=["压出空气"]))
            for n, (name, role) in enumerate((("阿明", Role.PACKER), ("小李", Role.PACKER),
                                              ("阿芳", Role.PACKER), ("老王", Role.MANAGER)), 1):
                staff.add_staff(session, name, role, f"{n:04d}", pin_hash(), now=now)

        self.write(fill)
        self.more_numbers(CarrierCode.STO, 20)

    def more_numbers(self, carrier: CarrierCode, many: int) -> None:
        """The carrier brings a list."""
        rows = [(carrier, f"{carrier}{self.watch.pool + n:012d}") for n in range(many)]
        self.write(numbers.receive, rows, batch=str(self.watch.pool))
        self.watch.pool += many

    # --- The platform's end of the line -----------------------------------------------------------

    def platform_hears(self, call: outbox.Call) -> tuple[str, bool]:
        """It hears, or does not, or hears and its answer is lost; or we die beside it."""
        how = self.chance.choice(("heard",) * 7 + ("away", "lost", "off", "off_heard"))
        if how in ("heard", "lost", "off_heard"):
            keys = self.watch.heard.setdefault(call.payload["order_no"], {})
            keys[call.key] = call.kind
        if how.startswith("off"):
            raise PowerOff
        return ("", False) if how == "heard" else ("TimeoutError", False)

    # --- A day ------------------------------------------------------------------------------------

    def step(self) -> None:
        """Something happens, perhaps with a fault in its midst; then everything is looked at."""
        rare = self._rare_now()
        if not rare and self.chance.random() < 0.06:
            kind = self.chance.choice(("power", "power", "unheard", "full"))
            self.fuse.arm(kind, self.chance.randint(1, 14))
        name, act = self._rarely(rare) if rare else self._choose()
        self.trace.append(name)
        try:
            act()
        except PowerOff:
            self.trace.append("power off")
            self.restart()
        except Exception as error:
            if "disk is full" not in str(error):
                raise
            self.happened["disk full"] += 1
        self.fuse.kind = ""
        self.look()

    def _rare_now(self) -> str:
        due = [at for at in self.rare if at <= len(self.trace)]
        return self.rare.pop(due[0]) if due else ""

    def _rarely(self, what: str) -> tuple[str, Callable[[], None]]:
        acts = {"clock": self.office.jump, "full": self.full_disk, "doubt": self.doubt}
        return what, acts[what]

    def _choose(self) -> tuple[str, Callable[[], None]]:
        roll = self.chance.random()
        if roll < 0.62:
            name = self.chance.choice(BENCHES)
            return f"bench {name}", self.hands[name].move
        if roll < 0.74:
            return "print", self.print_one
        return self.office.choose()

    def print_one(self) -> None:
        """One printer's loop takes one step."""
        name = self.chance.choice(BENCHES)
        printer = self.printers[name]
        printer.pages.clear()
        self.mono += 16  # any pause of the loop is over
        self.loops[name].step()

    def full_disk(self) -> None:
        """The carrier brings numbers, and there is no room to write them down."""
        self.fuse.arm("full", 1)
        self.office.numbers()

    def doubt(self) -> None:
        """A label comes out and its printer is gone before it says so; somebody looks for it."""
        for printer, loop in zip(self.printers.values(), self.loops.values(), strict=True):
            printer.planned = "whole"
            while printer.planned and not self.office.doubts():
                self.office.goods()
                self.office.pay()
                self.mono += 16
                loop.step()
            printer.planned = ""
        self.office.tray()

    def look(self) -> None:
        """Compare the records with the truth, unless neither has changed since."""
        papers = [paper for printer in self.printers.values() for paper in printer.papers]
        self.settle()
        told = sum(len(keys) for keys in self.watch.heard.values())
        torn = sum(paper.destroyed for paper in papers)
        now = (self.fuse.commits, len(papers), torn, told, len(self.watch.gone))
        if now == self.looked:
            return
        self.looked = now
        self.db.read(lambda session: self.watch.look(session, papers, self.pans, WEIGHTS))

    def settle(self) -> None:
        """A job whose end could not be written is settled at the loop's next step; do it now."""
        for loop in self.loops.values():
            loop._settle()

    def end(self) -> None:
        """The evening: everything outstanding is told, and the whole day looked at once more."""
        self.restart()
        self.office.catch_up()
        self.looked = ()
        self.look()
        self.db.read(whole_history)
        known = self.read(self.office.known)
        must(known == set(self.office.orders), "orders: paid and never told to anybody")
        states = self.read(lambda s: Counter(s.query(Parcel.state).all()))
        self.happened.update({f"parcels {state}": many for (state,), many in states.items()})

    def close(self) -> None:
        self.db.close()


@cache
def _template(folder: str) -> Path:
    path = Path(folder) / "empty.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@contextmanager
def listening() -> Iterator[Ears]:
    """All that the station logs, heard and not shown."""
    ears, loggers = Ears(), [logging.getLogger(name) for name in ("station", "drivers")]
    for logger in loggers:
        logger.addHandler(ears)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield ears
    finally:
        for logger in loggers:
            logger.removeHandler(ears)
            logger.setLevel(logging.NOTSET)
            logger.propagate = True


def one_day(seed: int, steps: int, folder: str) -> Day:
    """Run the day of this seed. Raises Violation, its message beginning with seed and step."""
    path = Path(folder) / "day.db"
    for old in Path(folder).glob("day.db*"):
        old.unlink()
    shutil.copy(_template(folder), path)
    with listening() as ears:
        day = Day(seed, path)
        try:
            ears.planted = day.office.planted
            day.open()
            for _ in range(steps):
                day.step()
                must(not ears.told, f"log: {ears.told[:1]}")
            day.end()
        except Exception as error:
            last = ", ".join(day.trace[-6:])
            raise Violation(f"seed {seed}, step {len(day.trace)} ({last}): "
                            f"{type(error).__name__}: {error}") from error
        finally:
            day.close()
    day.happened["log lines"] += ears.lines
    return day


def run(days: int, seed: int, steps: int) -> Counter[str]:
    """So many days from this seed on; what happened in them. Raises Violation."""
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        for number in range(seed, seed + days):
            total += one_day(number, steps, folder).happened
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=160, help="steps of each day")
    options = parser.parse_args()
    begin = time.monotonic()
    total: Counter[str] = Counter()
    failed = []
    for number in range(options.seed, options.seed + options.days):
        try:
            total += run(1, number, options.steps)
        except Violation as broken:
            failed.append(number)
            print(broken, flush=True)
    for what, many in sorted(total.items()):
        print(f"{many:8} {what}")
    print(f"{options.days} days, {options.days * options.steps} steps: {len(failed)} violations "
          f"in {time.monotonic() - begin:.0f} s")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
