"""Power cuts replayed: every write and sync of a station's disk, cut off after each of them.

A life of the real intake, print loop and bench runs under strace, which records each write, sync,
truncation and removal of the SQLite file and its log with its bytes, and between them what was
answered. Then the disk is built anew as a cut could leave it: what was synced, and of what was not
nothing, all, or any part, torn at sectors of 512 bytes. In each state the database must be whole,
every answer must be there, and no label that was begun may wait to be printed again.

The model: a sync that returned is kept, a sector is written whole or not at all, and the shared
index (-shm) is gone. ``--synchronous NORMAL`` shows what the setting FULL is for.

    python campaigns/power_cut.py --states 100000 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import kill
from oracles import Violation, must, whole_history
from sqlalchemy import event, exc, text

from station.db.session import Database
from station.services import numbers, printing

SHOWS = ("F9", "F12", "44")

DATABASE = "station.db"
FILES = (DATABASE, f"{DATABASE}-wal")
ANSWERS = "answers"
SECTOR = 512
WHOLE = -1  # of a write: all of its sectors
DEEP = 25  # every so many states are read through and written by the station itself
CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,unlink"


# --- The life that is recorded --------------------------------------------------------------------


class Life(kill.Life):
    """A life as kill.py's, with what reaches the paper among its answers."""

    def __init__(self, folder: Path, address: Path, parcels: int, synchronous: str) -> None:
        answers = os.open(folder / ANSWERS, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        super().__init__(f"sqlite:///{folder / DATABASE}", address, answers, 1, -1)
        self._turns = parcels
        writer = self._db._writer
        assert writer is not None
        event.listen(writer._engine, "connect", partial(_conditions, synchronous))
        device: Any = self._loop._place.printer
        self._print_page, device.print_page = device.print_page, self._page

    def _page(self, page: Any, *, job_id: int) -> Any:
        self._answer("begun", job_id)  # ink on paper is an answer, too
        return self._print_page(page, job_id=job_id)


def _conditions(synchronous: str, connection: Any, _record: Any) -> None:
    if synchronous != "FULL":  # FULL is what the station asks for itself
        connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint=100")  # several turns of the log in a short life


# --- What strace heard ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that happened: a write, a cut, a sync of a file, or an answer."""

    kind: str
    file: str
    offset: int = 0
    data: bytes = b""


_CALL = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


def _raw(quoted: str) -> bytes:
    return bytes.fromhex(quoted.replace("\\x", ""))


def _calls(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Each call that succeeded with its arguments; one that was interrupted is put together."""
    begun: dict[str, str] = {}
    for line in lines:
        pid, _, said = line.rstrip("\n").partition(" ")
        if said.endswith("<unfinished ...>"):
            begun[pid] = said.removesuffix("<unfinished ...>")
            continue
        if _RESUMED.search(said):
            said = begun.pop(pid, "") + _RESUMED.sub("", said.strip(), count=1)
        call = _CALL.match(f"{pid} {said.strip()}")
        if call is not None and int(call[4]) >= 0:
            yield call[2], call[3]


def read_trace(path: Path) -> list[Op]:
    """The operations on the recorded files, in their order. Violation if bytes are missing."""
    with path.open(encoding="ascii") as lines:
        return [op for name, said in _calls(lines) if (op := _operation(name, said)) is not None]


def _operation(name: str, said: str) -> Op | None:
    where = re.match(r"\d+<([^>]*)>", said)
    shown = where[1] if where else said.strip('"')
    file = (_raw(shown).decode() if shown.startswith("\\x") else shown).rpartition("/")[2]
    if file not in (*FILES, ANSWERS):
        return None
    if name in ("fsync", "fdatasync"):
        return Op("sync", file)
    if name == "unlink":
        return Op("cut", file)  # to SQLite an empty log is no log
    if name == "ftruncate":
        return Op("cut", file, int(said.rpartition(",")[2]))
    string = _STRING.search(said)
    must(string is not None and not string[2], f"a write was not recorded whole: {said[:80]}")
    data = _raw(string[1]) if string else b""
    if file == ANSWERS:
        return Op("answer", file, data=data)
    must(name == "pwrite64", f"{file} was written without an offset")
    return Op("write", file, int(said.rpartition(",")[2]), data)


@dataclass(frozen=True)
class Record:
    """The disk before a life, and everything that happened to it."""

    images: dict[str, bytes]
    key: bytes
    ops: list[Op]


def record(folder: Path, parcels: int, synchronous: str) -> Record:
    """Run one life under strace."""
    kill.furnish(f"sqlite:///{folder / DATABASE}", pool=2 * parcels + 20)
    images = {name: _content(folder / name) for name in FILES}
    with kill.printer(folder) as address:
        strace = ["strace", "-f", "-qq", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}",
                  "-o", str(folder / "trace")]
        life = [sys.executable, __file__, "--live", str(folder), "--parcels", str(parcels),
                "--synchronous", synchronous, "--printer", str(address)]
        done = subprocess.run([*strace, *life], capture_output=True, text=True, check=False)
    must(done.returncode == 0, f"the life that was to be recorded failed: {done.stderr[-400:]}")
    return Record(images, (folder / "station.key").read_bytes(), read_trace(folder / "trace"))


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


# --- The disk after a cut -------------------------------------------------------------------------

Choice = tuple[int, ...]
"""Of each write that was not synced: the sectors that reached the disk, as bits; WHOLE for all."""


class Disk:
    """What is safe, and what is on its way."""

    def __init__(self, images: dict[str, bytes]) -> None:
        self.safe = {name: bytearray(image) for name, image in images.items()}
        self.pending: list[Op] = []

    def feed(self, op: Op) -> None:
        """Let one operation happen."""
        if op.kind in ("write", "cut"):
            self.pending.append(op)
        elif op.kind == "sync":
            for one in self.pending:
                if one.file == op.file:
                    _apply(self.safe[op.file], one, WHOLE)
            self.pending = [one for one in self.pending if one.file != op.file]

    def after(self, choice: Choice) -> dict[str, bytearray]:
        """The files as a cut leaves them."""
        images = dict(self.safe)
        for name in {one.file for one in self.pending}:
            images[name] = bytearray(self.safe[name])
        for one, sectors in zip(self.pending, choice, strict=True):
            if sectors:
                _apply(images[one.file], one, sectors)
        return images


def _apply(image: bytearray, op: Op, sectors: int) -> None:
    if op.kind == "cut":
        del image[op.offset:]
        image.extend(bytes(op.offset - len(image)))
        return
    end, first = op.offset + len(op.data), op.offset // SECTOR
    for number in range(first, (end - 1) // SECTOR + 1) if sectors != WHOLE else ():
        if sectors >> (number - first) & 1:
            start, stop = max(op.offset, number * SECTOR), min(end, (number + 1) * SECTOR)
            _put(image, start, op.data[start - op.offset:stop - op.offset])
    if sectors == WHOLE:
        _put(image, op.offset, op.data)


def _put(image: bytearray, start: int, data: bytes) -> None:
    image.extend(bytes(max(0, start - len(image))))
    image[start:start + len(data)] = data


def choose(pending: list[Op], turn: int, chance: random.Random) -> Choice:
    """What reaches the disk: nothing, all, all but a torn end, the end alone; then by chance."""
    many = len(pending)
    if not many or turn == 0:
        return (0,) * many
    if turn == 1:
        return (WHOLE,) * many
    if turn == 2:
        return (*(WHOLE,) * (many - 1), _torn(pending[-1], chance))
    if turn == 3:
        return (*(0,) * (many - 1), WHOLE)
    share, tears = chance.random(), chance.random() < 0.5
    return tuple(
        0 if chance.random() > share
        else _torn(op, chance) if tears and chance.random() < 0.3 else WHOLE
        for op in pending
    )


def _torn(op: Op, chance: random.Random) -> int:
    """A beginning of the write, or any sectors of it."""
    count = (op.offset + len(op.data) - 1) // SECTOR - op.offset // SECTOR + 1
    if op.kind == "cut" or count < 2:
        return WHOLE * chance.randrange(2)
    if chance.random() < 0.5:
        return int((1 << chance.randrange(1, count)) - 1)
    return chance.randrange(1, (1 << count) - 1)


# --- What must be true ----------------------------------------------------------------------------


@dataclass
class Answers:
    """What the world was told, or saw on paper, before the cut."""

    orders: dict[str, str] = field(default_factory=dict)
    packed: dict[int, int] = field(default_factory=dict)
    weighed: set[int] = field(default_factory=set)
    signed: set[int] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)

    def hear(self, op: Op) -> None:
        """Take one answer."""
        what, *facts = op.data.decode().split()
        if what == "order":
            self.orders[facts[0]] = facts[1]
        elif what == "scan":
            self.packed[int(facts[0])] = int(facts[1])
        else:
            {"weighed": self.weighed, "signed": self.signed, "begun": self.begun}[what].add(
                int(facts[0]))

    def check(self, db: sqlite3.Connection) -> None:
        """Every answer against the records. Violation for one that is lost."""
        orders = dict(db.execute("SELECT order_no, p.waybill_no FROM shop_order o JOIN parcel p"
                                 " ON p.id = o.parcel_id"))
        meant = {row[0] for row in db.execute(
            "SELECT p.waybill_no FROM print_job j JOIN parcel p ON p.id = j.parcel_id")}
        for order_no, waybill_no in self.orders.items():
            must(orders.get(order_no) == waybill_no, "lost: an order")
            must(waybill_no in meant, "lost: a label that was to be printed")
        packed = dict(db.execute("SELECT parcel_id, sum(packed) FROM parcel_line GROUP BY 1"))
        must(all(packed.get(one, 0) >= many for one, many in self.packed.items()), "lost: a scan")
        weighed = {row[0] for row in db.execute("SELECT parcel_id FROM weighing")}
        must(self.weighed <= weighed, "lost: a weight")
        signed = {row[0] for row in db.execute("SELECT id FROM parcel WHERE state = 'signed'")}
        must(self.signed <= signed, "lost: a signature")
        again = {row[0] for row in db.execute("SELECT id FROM print_job WHERE state = 'waiting'")}
        jobs = {row[0] for row in db.execute("SELECT id FROM print_job")}
        must(self.begun <= jobs - again, "doubled: a label that was begun would print again")


_UNNUMBERED = (
    "SELECT count(*) FROM parcel p LEFT JOIN waybill_number w ON w.number = p.waybill_no"
    " WHERE p.waybill_no IS NOT NULL AND p.state != 'void'"
    " AND (w.parcel_id IS NOT p.id OR w.state NOT IN ('taken', 'printed'))"
)


def check(folder: Path, images: dict[str, bytearray], answers: Answers, *, deep: bool) -> None:
    """Lay the files down, let SQLite recover, and look. Violation for what must not be."""
    for name in (*FILES, f"{DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
    for name, image in images.items():
        if image:
            (folder / name).write_bytes(image)
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as db:
            must(db.execute("PRAGMA quick_check").fetchone() == ("ok",), "damaged: quick_check")
            must(db.execute(_UNNUMBERED).fetchone() == (0,), "numbers: a parcel without its own")
            answers.check(db)
        if deep:
            go_on(f"sqlite:///{folder / DATABASE}")
    except (sqlite3.DatabaseError, exc.DatabaseError) as error:
        raise Violation(f"damaged: {error}") from error


def go_on(url: str) -> None:
    """The station itself starts on what is left: it recovers, and its records hold."""
    database = Database(url)
    try:
        database.write(partial(printing.recover, printer="1-printer", now=kill.NOW))
        whole = database.read(lambda s: s.execute(text("PRAGMA integrity_check")).scalar())
        must(whole == "ok", "damaged: integrity_check")
        database.read(whole_history)
        for one in database.read(numbers.ledger).values():
            total = one["unused"] + one["taken"] + one["printed"] + one["voided"]
            must(one["received"] == total, "numbers: the ledger does not add up")
    finally:
        database.close()


# --- The campaign ---------------------------------------------------------------------------------


def replay(told: Record, folder: Path, states: int, seed: int) -> Counter[str]:
    """Build and look at so many states; what was seen, violations by their words."""
    key = folder / "station.key"
    key.touch(0o600)
    key.write_bytes(told.key)
    chance = random.Random(seed)
    all_points = range(len(told.ops) + 1)
    points = set(chance.sample(all_points, min(len(all_points), max(states // 3, 1))))
    known: set[tuple[int, Choice]] = set()
    seen = Counter({"operations": len(told.ops), "crash points": len(points), "states": 0})
    turn, idle = 0, 0
    while seen["states"] < states and idle < 6:
        before = seen["states"]
        for images, answers in _round(told, points, known, turn, chance):
            seen["states"] += 1
            deep = seen["states"] % DEEP == 0
            seen["started by the station"] += deep
            try:
                check(folder, images, answers, deep=deep)
            except Violation as broken:
                seen["violations"] += 1
                seen[f"violation {broken}"] += 1
            if seen["states"] == states:
                break
        turn, idle = turn + 1, 0 if seen["states"] > before else idle + 1
    return seen


def _round(
    told: Record, points: set[int], known: set[tuple[int, Choice]], turn: int,
    chance: random.Random,
) -> Iterator[tuple[dict[str, bytearray], Answers]]:
    """One more state of each point where there is another; the disk runs along."""
    disk, answers = Disk(told.images), Answers()
    for point in range(len(told.ops) + 1):
        if point in points:
            choice = choose(disk.pending, turn, chance)
            if (point, choice) not in known:
                known.add((point, choice))
                yield disk.after(choice), answers
        if point < len(told.ops):
            op = told.ops[point]
            answers.hear(op) if op.kind == "answer" else disk.feed(op)


def run(states: int, seed: int, *, parcels: int = 6, synchronous: str = "FULL") -> Counter[str]:
    """Record one life, then cut its power in so many ways."""
    memory = Path("/dev/shm")  # noqa: S108 - only where the states are laid down
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        (folder / "life").mkdir()
        (folder / "cut").mkdir()
        told = record(folder / "life", parcels, synchronous)
        seen = replay(told, folder / "cut", states, seed)
        seen.update(f"answered {op.data.split()[0].decode()}"
                    for op in told.ops if op.kind == "answer")
        seen["syncs"] = sum(op.kind == "sync" for op in told.ops)
        seen["written to the database file"] = sum(
            op.kind == "write" and op.file == DATABASE for op in told.ops)
        return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--states", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parcels", type=int, default=6)
    parser.add_argument("--synchronous", choices=("FULL", "NORMAL", "OFF"), default="FULL")
    parser.add_argument("--live", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--printer", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.live:
        life = Life(asked.live, asked.printer, asked.parcels, asked.synchronous)
        life.live()
        life._db.close()
        return 0
    if shutil.which("strace") is None:
        print("strace is needed to record the disk: apt-get install strace (Linux only)")
        return 2
    begin = time.monotonic()
    seen = run(asked.states, asked.seed, parcels=asked.parcels, synchronous=asked.synchronous)
    took = time.monotonic() - begin
    print("; ".join(f"{what} {many}" for what, many in sorted(seen.items())))
    print(f"{seen['states']} states, {seen['violations']} violations in {took:.0f} s"
          f" ({seen['states'] / took:.0f} a second, seed {asked.seed})")
    return int(seen["violations"] > 0)


if __name__ == "__main__":
    sys.exit(main())
