"""A station that is killed (kill -9) at every step and at random, beside a printer that survives.

Each life is a process with the real intake, print loop and bench on one SQLite file; it answers on
a pipe, and only answers count. The printer is a process of its own that counts paper. After each
death the records are compared with what was answered and with the paper: no answered order, scan
or signature lost, no page twice, nothing called printed without paper, every doubt told; then a
person settles the doubts by looking, and the next life begins.

    python campaigns/kill.py --kills 1000 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from metal import BARCODES, GOODS, HandBench, reading
from oracles import Violation, must, whole_history
from sqlalchemy import event, select, text

from drivers.interfaces import Bitmap, MaybeSent, NotSent, PaperState, PrinterStatus, Proof
from station.bench import BenchSettings
from station.db import schema
from station.db.keys import Keyring
from station.db.models import Alarm, Packaging, Parcel, ParcelLine, PrintJob, Sku, SkuBarcode
from station.db.session import Database
from station.domain.orders import Consignee, OrderLine, PaidOrder
from station.domain.screen import Step
from station.domain.vocabulary import CarrierCode
from station.paper.sheet import LabelSize
from station.print_jobs import PrinterPlace, PrintLoop
from station.services import intake, numbers, printing, staff, stock
from station.services.live import Hub
from station.services.rules import Rules
from station.services.staff import Role

SHOWS = ("F9", "F17", "1", "3", "5", "6", "44")

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PAGE = Bitmap(64, 64, bytes(512))
HOME = Consignee("林小满", "13900000101", "浙江省", "台州市", "温岭市", "试验路1号")
SHIRT = "TS-W-M"


# --- The printer, which nobody kills --------------------------------------------------------------


def print_for_ever(door: socket.socket, ledger: Path) -> None:
    """Print what comes over one connection after another; note every page, whole or torn."""
    with ledger.open("ab", buffering=0) as paper:
        while True:
            line, _ = door.accept()
            with line:
                got = b""
                while piece := _received(line):
                    got = _printed(got + piece, line, paper)
                if got:
                    paper.write(f"{got.split()[1].decode()} torn\n".encode())


def _received(line: socket.socket) -> bytes:
    """What the station sent; nothing once it is dead."""
    while True:
        try:
            return line.recv(4096)
        except ConnectionResetError:  # told once; what was sent before it is still to be read
            continue
        except OSError:
            return b""


def _printed(got: bytes, line: socket.socket, paper: Any) -> bytes:
    """Print and answer every page that is whole; what is left over."""
    while True:
        heading, end, rest = got.partition(b"\n")
        if not end or len(rest) < int(heading.split()[2]):
            return got
        what, job, size = heading.decode().split()
        if what == "PAGE":
            paper.write(f"{job} whole\n".encode())
        with suppress(OSError):
            line.sendall(b"printed\n")
        got = rest[int(size):]


@contextmanager
def printer(folder: Path) -> Iterator[Path]:
    """A printer in a process of its own; the address of its port."""
    address = folder / "printer"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen(8)
        process = os.fork()
        if process == 0:
            try:
                print_for_ever(door, folder / "paper")
            finally:
                os._exit(1)
        try:
            yield address
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


class WirePrinter:
    """The child's end of the line: bytes in pieces, then the printer's own word."""

    name = "1-printer"

    def __init__(self, address: Path, beat: Any) -> None:
        self._beat = beat
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(address))

    def status(self) -> PrinterStatus:
        return PrinterStatus(PaperState.READY)

    def print_page(self, page: Bitmap, *, job_id: int) -> Proof:
        """Send the page in pieces; a death may come before, between and after them."""
        self._beat()
        try:
            self._line.sendall(f"PAGE {job_id} {len(page.rows)}\n".encode())
        except OSError as error:
            raise NotSent(self.name, "unix", "gone") from error
        for start in range(0, len(page.rows), 128):
            self._line.sendall(page.rows[start:start + 128])
            self._beat()
        if self._line.recv(64) != b"printed\n":
            raise MaybeSent(self.name, "unix", "no answer")
        self._beat()
        return Proof.PRINTED if job_id % 2 else Proof.NONE

    def close(self) -> None:
        self._line.close()


# --- One life -------------------------------------------------------------------------------------


class _PrintLoop(PrintLoop):
    def _pages(self, session: Any, due: printing.Due) -> list[Bitmap]:  # noqa: ARG002 - blank
        return [PAGE]


class Life:
    """What one process does until it is killed, answering on a pipe."""

    def __init__(self, url: str, address: Path, answers: int, number: int, die_at: int) -> None:
        self._left, self._answers, self._number = die_at, answers, number
        self._turns = 1 if die_at else 50
        self._rules = Rules(low_pool=0)
        self._db = Database(url)
        writer = self._db._writer
        assert writer is not None
        for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(writer._engine, moment, lambda *_: self._beat())
        self._db.on_commit = lambda _topics: self._beat()
        self._mono = 1000.0
        place = PrinterPlace("1", WirePrinter(address, self._beat), "unix", LabelSize.L100X150)
        fonts: Any = None  # the pages are blank
        self._loop = _PrintLoop(
            place, self._db, fonts, self._rules, now=lambda: NOW, emit=lambda _event: None)
        self._bench = HandBench(
            "1", self._db, Hub(), self._rules, BenchSettings(scale="1-scale"),
            clock=lambda: NOW, monotonic=lambda: self._mono)

    def _beat(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _answer(self, *words: object) -> None:
        os.write(self._answers, (" ".join(map(str, words)) + "\n").encode())

    def live(self) -> None:
        """Recover, then pay, print, pack, weigh and sign one parcel after another."""
        self._db.write(partial(printing.recover, printer="1-printer", now=NOW))
        self._bench.start()
        self._scan("PBID-0001")
        self._finish()
        for turn in range(self._turns):
            order_no = f"2450{self._number:08d}{turn:07d}"
            line = OrderLine("1", SHIRT, "衣", "", "", "", 2)
            order = PaidOrder("taobao", order_no, order_no, NOW, HOME, (line,))
            taken = self._take(order)
            self._answer("order", order_no, taken.waybill_no)
            while self._loop.step():  # what former lives left behind comes first
                pass
            if taken.waybill_no:
                self._scan(taken.waybill_no)
            self._finish()

    def _take(self, order: PaidOrder) -> intake.Taken:
        return self._db.write(lambda session: intake.take_orders(
            session, [order], self._rules, source="x", now=NOW))[0]

    def _scan(self, code: str) -> Any:
        self._mono += 1
        return self._bench.scan(code)

    def _finish(self) -> None:
        """Do what the screen asks for until the parcel is sealed."""
        for _ in range(30):
            view = self._bench.view()
            if view.locked:
                self._scan("PBCMD-OK")
            elif view.step is Step.ITEMS:
                view = self._scan(BARCODES[SHIRT])
                packed = sum(item.packed for item in view.parcel.items)
                self._answer("scan", view.parcel.id, packed)
            elif view.step is Step.WEIGH:
                self._weigh(view.parcel.id)
            elif view.step is Step.SIGN:
                parcel = view.parcel.id
                self._bench.touch("sign", strokes=[[[1, 1], [900, 900]]])
                self._answer("signed", parcel)
            elif view.step in (Step.NOTE, Step.MATERIAL, Step.CHECKLIST):
                self._scan("PBCMD-OK" if view.step is Step.NOTE else "PBCMD-DONE")
            else:
                return

    def _weigh(self, parcel: int) -> None:
        for grams in (0, 0, 0, 0, 0, 320, 320, 320, 320, 320):
            self._mono += 0.4
            self._bench.give(reading(grams, self._mono))
        if self._bench.view().step is Step.SIGN:
            self._answer("weighed", parcel)


# --- The deaths, and what is true after each ------------------------------------------------------


@cache
def keys_of(url: str) -> Keyring | None:
    """The keys of a campaign's database: beside a file, in a folder of their own for a server."""
    if url.startswith("sqlite"):
        return None
    keys = Keyring(Path(tempfile.mkdtemp(prefix="campaign-")) / "packbench.key")
    keys.make()
    return keys


def furnish(url: str, pool: int = 20_000) -> None:
    """A shop with shirts, bags, numbers and one packer."""
    schema.upgrade(url, keys=keys_of(url))
    database = Database(url, keys=keys_of(url))

    def fill(session: Any) -> None:
        item, color, size, grams, _ = GOODS[SHIRT]
        sku = Sku(code=SHIRT, item_no=item, color=color, size=size, weight_g=grams,
                  location="A", measure_waist=False, on_hand=0, reserved=0, defect=0)
        session.add(sku)
        session.flush()
        session.add(SkuBarcode(barcode=BARCODES[SHIRT], sku_id=sku.id))
        stock.receive(session, sku.id, 200_000, now=NOW)
        session.add(Packaging(code="BAG", name="袋", kind="bag", weight_g=0, stock=90_000,
                              low_at=5, carrier="", checklist=["压出空气"]))
        staff.add_staff(session, "阿明", Role.PACKER, "0001", "", now=NOW)
        numbers.receive(session, [(CarrierCode.STO, f"7731{n:011d}") for n in range(pool)],
                        batch="x", now=NOW)

    database.write(fill)
    database.close()


class Deaths:
    """Many lives on one database; counts what was seen."""

    def __init__(self, folder: Path, address: Path, seed: int) -> None:
        self.url, self.folder, self.address = f"sqlite:///{folder / 'station.db'}", folder, address
        self.chance = random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.orders: dict[str, str] = {}
        self.packed: dict[int, int] = {}
        self.signed: set[int] = set()
        self.settled: set[int] = set()

    def one(self, number: int, *, die_at: int = 0, after_s: float = 0.0) -> bool:
        """One life, killed at a beat or after some time; False if it lived to its end."""
        ears, answers = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.close(ears)
                Life(self.url, self.address, answers, number, die_at).live()
                code = 0
            finally:
                os._exit(code)
        os.close(answers)
        if after_s:
            time.sleep(after_s)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with os.fdopen(ears, "rb") as file:
            self._hear(file.read().decode())
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        must(killed or os.WEXITSTATUS(status) == 0, f"life {number} ended by itself: {status}")
        self.seen["kills"] += killed
        self.check()
        return killed

    def _hear(self, said: str) -> None:
        for line in said.splitlines():
            what, *facts = line.split()
            self.seen[f"answered {what}"] += 1
            if what == "order":
                self.orders[facts[0]] = facts[1]
            elif what == "scan":
                self.packed[int(facts[0])] = int(facts[1])
            elif what == "signed":
                self.signed.add(int(facts[0]))

    def _paper(self) -> Counter[int]:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.address))
            line.sendall(b"SYNC 0 0\n")
            line.recv(64)  # everything that came before is in the ledger now
        whole: Counter[int] = Counter()
        for entry in (self.folder / "paper").read_text().splitlines():
            job, how = entry.split()
            whole[int(job)] += how == "whole"
        return whole

    def check(self) -> None:
        """The records against the answers and the paper; then the doubts are settled."""
        whole = self._paper()
        database = Database(self.url)
        try:
            database.write(partial(printing.recover, printer="1-printer", now=NOW))
            database.read(lambda session: self._compare(session, whole))
            for job in database.read(lambda s: list(s.scalars(
                    select(PrintJob.id).where(PrintJob.state == "in_doubt")))):
                self.seen["doubts"] += 1
                came_out = bool(whole[job])
                database.write(lambda s, job=job, came_out=came_out: printing.settle_doubt(
                    s, job, came_out=came_out, rules=Rules(low_pool=0), who="阿明",
                    now=NOW + timedelta(minutes=1)))
        finally:
            database.close()

    def _compare(self, session: Any, whole: Counter[int]) -> None:
        must(max(whole.values(), default=0) <= 1, "a label came out twice")
        stored = dict(session.execute(text("SELECT order_no, p.waybill_no FROM shop_order o "
                                           "JOIN parcel p ON p.id = o.parcel_id")).all())
        for order_no, waybill_no in self.orders.items():
            must(stored.get(order_no) == waybill_no, f"order {order_no} was answered and is lost")
        for parcel, packed in self.packed.items():
            now = session.scalar(select(ParcelLine.packed).where(ParcelLine.parcel_id == parcel))
            must(now >= packed, f"scans of parcel {parcel}: {packed} answered, {now} stored")
        for parcel in self.signed:
            state = session.scalar(select(Parcel.state).where(Parcel.id == parcel))
            must(state == "signed", f"parcel {parcel} was signed and is {state}")
        told = set(session.scalars(select(Alarm.subject).where(Alarm.code == "print_in_doubt")))
        labels: Counter[int] = Counter()
        for job in session.scalars(select(PrintJob)):
            claims = job.state in ("sent", "confirmed")
            must(not claims or whole[job.id], f"job {job.id} is {job.state} without paper")
            must(job.state != "waiting" or not whole[job.id], f"job {job.id} would print again")
            must(job.state != "in_doubt" or f"job:{job.id}" in told, f"doubt {job.id} not told")
            labels[job.parcel_id or 0] += bool(whole[job.id]) and job.state != "void"
        must(max(labels.values(), default=0) <= 1, "a parcel has two labels")


def run(kills: int, seed: int) -> Counter[str]:
    """Kill at every beat of a life first, then at random, until so many are dead."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        furnish(f"sqlite:///{folder / 'station.db'}")
        with printer(folder) as address:
            deaths = Deaths(folder, address, seed)
            number, beat = 0, 1
            while deaths.seen["kills"] < kills and deaths.one(number, die_at=beat):
                number, beat = number + 1, beat + 1
            deaths.seen["steps killed at"] = beat - 1
            while deaths.seen["kills"] < kills:
                number += 1
                deaths.one(number, after_s=deaths.chance.uniform(0.002, 0.25))
            deaths.seen["lives"] = number + 1
        database = Database(f"sqlite:///{folder / 'station.db'}")
        database.read(whole_history)
        deaths.seen["orders"] = database.read(lambda s: s.scalar(
            text("SELECT count(*) FROM shop_order")))
        database.close()
    return deaths.seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        seen = run(options.kills, options.seed)
    except Violation as broken:
        print(f"seed {options.seed}: {broken}")
        return 1
    print("; ".join(f"{what} {many}" for what, many in sorted(seen.items())))
    print(f"{seen['kills']} kills, 0 answers lost, 0 labels doubled, 0 printed claims without paper"
          f" in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
