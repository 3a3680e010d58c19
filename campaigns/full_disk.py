"""A disk that is really full: orders, copies and reading on a small file system of their own.

A few megabytes of memory are mounted where nobody else sees them (Linux; root, or a kernel that
lets users do it). A ballast leaves a little room, orders are told until none fits any more, a copy
is tried, and the ballast goes. Each time the trouble must be told as a full disk, everything that
was answered must be there and be read, no half copy may stay, and the work must go on afterwards.

    python campaigns/full_disk.py [--rounds 40] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from kill import NOW, furnish
from oracles import Violation, must, whole_history
from postgres_crash import tell
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from station.db import backup
from station.db.session import Database
from station.db.trouble import Trouble, trouble_of

SHOWS = ("F11", "F12")

SIZE, MORE = 12 * 2**20, 2**18  # bytes of the file system, and more for each round
_INSIDE = "PACKBENCH_FULL_DISK"
_MOST = 400  # orders in one round


def rounds(folder: Path, many: int, seed: int) -> Counter[str]:
    """Fill the disk so often. Raises Violation."""
    chance, seen = random.Random(seed), Counter[str]()
    url, answered = f"sqlite:///{folder / 'station.db'}", dict[str, str]()
    furnish(url, pool=5000)
    db = Database(url)
    try:
        answered["before"] = tell(db, "before")
        for number in range(many):
            _round(db, folder, number, chance, answered, seen)
        db.read(whole_history)
    finally:
        db.close()
    must(backup.damage(url) == "", "the database is damaged")
    return seen


def _round(  # noqa: PLR0917 - what a round works on
    db: Database, folder: Path, number: int, chance: random.Random, answered: dict[str, str],
    seen: Counter[str],
) -> None:
    ballast = folder / "ballast"
    room = chance.choice((0, 1, 4096, chance.randrange(400_000)))
    ballast.write_bytes(b"x" * max(0, shutil.disk_usage(folder).free - room))
    said = _until_full(db, number, answered)
    must(said is Trouble.FULL, f"round {number}: with {room} bytes left it was told as {said}")
    _all_there(db, answered, number)
    seen[_reads_or_says_why(db.url, answered, number)] += 1
    _no_half_copy(db, folder, number)
    ballast.unlink()
    order_no = f"{number:04d}after"
    answered[order_no] = tell(db, order_no)
    _all_there(db, answered, number)
    seen["orders"] = len(answered)
    seen["full"] += 1


def _until_full(db: Database, number: int, answered: dict[str, str]) -> Trouble | None:
    for turn in range(_MOST):
        order_no = f"{number:04d}{turn:06d}"
        try:
            answered[order_no] = tell(db, order_no)
        except SQLAlchemyError as error:
            return trouble_of(error)
    return None


def _all_there(db: Database, answered: dict[str, str], number: int) -> None:
    stored = dict(db.read(lambda s: s.execute(text(
        "SELECT o.order_no, p.waybill_no FROM shop_order o"
        " JOIN parcel p ON p.id = o.parcel_id")).all()))
    must(stored == answered, f"round {number}: {len(answered)} answered, {len(stored)} are there")


def _reads_or_says_why(url: str, answered: dict[str, str], number: int) -> str:
    """Another station that is started now: SQLite needs a little room even to look."""
    other = Database(url)
    try:
        _all_there(other, answered, number)
    except SQLAlchemyError as error:
        must(trouble_of(error) is Trouble.FULL, f"round {number}: a start was told {error}")
        return "starts refused"
    finally:
        other.close()
    return "starts"


def _no_half_copy(db: Database, folder: Path, number: int) -> None:
    copies = folder / "copies"
    try:
        backup.make(db.url, copies, now=NOW + timedelta(minutes=number))
    except (backup.BackupError, OSError, sqlite3.Error):
        must(not copies.exists() or not list(copies.iterdir()), "half a copy stayed")
        return
    raise Violation(f"round {number}: a copy was made on a full disk")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not os.environ.get(_INSIDE):
        return _inside_a_room_of_its_own()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="full-disk-") as name:
        size = SIZE + MORE * options.rounds
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", name],
                       check=True)
        try:
            seen = rounds(Path(name), options.rounds, options.seed)
        except Violation as broken:
            print(broken)
            return 1
        finally:
            subprocess.run(["/bin/umount", "-l", name], check=False)
    print(f"{seen['full']} times full, {seen['orders']} orders answered, 0 lost, 0 half copies"
          f" in {time.monotonic() - begin:.0f} s")
    return 0


def _inside_a_room_of_its_own() -> int:
    """Run again where mounting is nobody else's business; 2 where the system does not let us."""
    room = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if shutil.which("unshare") is None or subprocess.run([*room, "true"], check=False).returncode:
        print("本机不允许挂载 this computer lets nobody mount a file system of his own")
        return 2
    return subprocess.run([*room, sys.executable, *sys.argv], check=False,
                          env={**os.environ, _INSIDE: "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
