"""A disk that fails: the database's writes, syncs and reads answer with errors, once or for good.

A small C library (`bad_disk.c`, made with gcc) stands before the system's own calls. Orders are
told until one is refused; then the disk is whole again. What was answered must be there, with the
same numbers; what was refused may be there whole, or not at all; the trouble must be told as an I/O
error or a full disk; after an I/O error nothing more may be written by that station; what can be
read is read; and a station that is started again must go on. Some faults nobody is told of: as
SQLite's documents say, the log keeps every page until one emptying into the file has written and
synced all of them, so that a failed one is only tried again. Nothing may be lost after these.

    python campaigns/bad_disk.py [--every 1]
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from kill import furnish
from oracles import Violation, must, whole_history
from postgres_crash import tell
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from station.db import backup
from station.db.session import Database
from station.db.trouble import Trouble, WritesStoppedError, trouble_of

SHOWS = ("F11", "F12")

ORDERS = 6  # told before the disk fails, and as many afterwards until one is refused
_INSIDE = "PACKBENCH_BAD_DISK"
_TOLD = {errno.EIO: Trouble.IO, errno.ENOSPC: Trouble.FULL}


@dataclass(frozen=True, slots=True)
class Fault:
    """The ``nth`` call of a kind (w, s, r) fails, and all after it if ``lasting``."""

    kind: str
    nth: int
    error: int
    lasting: bool

    def __str__(self) -> str:
        name = {"w": "write", "s": "sync", "r": "read"}[self.kind]
        return f"{errno.errorcode[self.error]} at {name} {self.nth}{' and on' * self.lasting}"


def _often(connection: Any, _record: Any) -> None:
    """The log is emptied into the file every few pages, so that the file fails too."""
    connection.execute("PRAGMA wal_autocheckpoint=16")


def round_(first: Path, folder: Path, fault: Fault, disk: Any) -> Counter[str]:
    """One shop and one fault. Raises Violation."""
    shutil.copytree(first, folder)
    url, seen = f"sqlite:///{folder / 'station.db'}", Counter[str]()
    db = Database(url)
    answered = {f"before{n}": tell(db, f"before{n}") for n in range(ORDERS)}
    disk.bad_disk_arm(ord(fault.kind), fault.nth, fault.error, int(fault.lasting))
    doubtful, said = _tell_on(db, answered)
    seen["failed calls"] += disk.bad_disk_hits()
    disk.bad_disk_arm(0, 0, 0, 0)
    if said is None:
        seen["not noticed" if seen["failed calls"] else "not reached"] += 1
    else:
        seen[f"told as {said}"] += 1
        must(said is _TOLD[fault.error], f"{fault}: told as {said}")
        seen["nothing more written"] += _writes_end(db, fault, said)
    _there(db, answered, doubtful, fault)
    db.close()
    must(backup.damage(url) == "", f"{fault}: the database is damaged")
    again = Database(url)
    answered["after"] = tell(again, "after")
    _there(again, answered, doubtful, fault)
    again.read(whole_history)
    again.close()
    shutil.rmtree(folder)
    seen["rounds"] += 1
    return seen


def _tell_on(db: Database, answered: dict[str, str]) -> tuple[str, Trouble | None]:
    for number in range(ORDERS):
        order_no = f"while{number}"
        try:
            answered[order_no] = tell(db, order_no)
        except (SQLAlchemyError, WritesStoppedError) as error:
            return order_no, trouble_of(error)
    return "", None


def _writes_end(db: Database, fault: Fault, said: Trouble) -> bool:
    """Whether the station writes no more, which it must not after an I/O error."""
    try:
        db.write(lambda session: session.execute(text("UPDATE sku SET title = 'x'")))
    except WritesStoppedError:
        return True
    must(said is not Trouble.IO, f"{fault}: it was written to again")
    return False


def _there(db: Database, answered: dict[str, str], doubtful: str, fault: Fault) -> None:
    stored = dict(db.read(lambda s: s.execute(text(
        "SELECT o.order_no, p.waybill_no FROM shop_order o"
        " JOIN parcel p ON p.id = o.parcel_id")).all()))
    must(bool(stored.pop(doubtful, "whole")), f"{fault}: half of {doubtful} is there")
    must(stored == answered, f"{fault}: {len(answered)} answered, {len(stored)} are there")


def faults(first: Path, folder: Path, disk: Any, every: int) -> list[Fault]:
    """Every fault of this work, as a run without any counts it."""
    shutil.copytree(first, folder)
    db = Database(f"sqlite:///{folder / 'station.db'}")
    for number in range(ORDERS):
        tell(db, f"before{number}")
    disk.bad_disk_arm(0, 0, 0, 0)
    _tell_on(db, {})
    counts = {kind: disk.bad_disk_calls(ord(kind)) for kind in "wsr"}
    db.close()
    shutil.rmtree(folder)
    return [
        Fault(kind, nth, error, lasting)
        for kind, errors in (("w", (errno.EIO, errno.ENOSPC)), ("s", (errno.EIO,)),
                             ("r", (errno.EIO,)))
        for error in errors for lasting in (False, True) for nth in range(1, counts[kind] + 1)
    ][::every]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so many-th fault")
    options = parser.parse_args()
    if not os.environ.get(_INSIDE):
        return _behind_the_library()
    disk, seen, begin = ctypes.CDLL(os.environ[_INSIDE]), Counter[str](), time.monotonic()
    logging.disable()  # that nothing is written any more is what is asked for
    event.listen(Engine, "connect", _often)
    with tempfile.TemporaryDirectory(prefix="bad-disk-") as name:
        home = Path(name)
        (home / "first").mkdir()
        furnish(f"sqlite:///{home / 'first' / 'station.db'}", pool=500)
        try:
            for fault in faults(home / "first", home / "shop", disk, options.every):
                seen += round_(home / "first", home / "shop", fault, disk)
        except Violation as broken:
            print(broken)
            return 1
    told = ", ".join(f"{count} {what}" for what, count in sorted(seen.items()) if what != "rounds")
    print(f"{seen['rounds']} faults, 0 answers lost, 0 damaged: {told};"
          f" {time.monotonic() - begin:.0f} s")
    return 0


def _behind_the_library() -> int:
    """Run again with the library before the system's; 2 where it cannot be made."""
    compiler = shutil.which("gcc")
    if sys.platform != "linux" or compiler is None:
        print("没有 gcc no gcc on this computer, or no Linux")
        return 2
    with tempfile.TemporaryDirectory(prefix="bad-disk-") as name:
        library = Path(name) / "bad_disk.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library),
                        str(Path(__file__).with_suffix(".c")), "-ldl"], check=True)
        return subprocess.run(
            [sys.executable, *sys.argv], check=False,
            env={**os.environ, "LD_PRELOAD": str(library), _INSIDE: str(library)}).returncode


if __name__ == "__main__":
    sys.exit(main())
