"""Backups, restores and upgrades killed at each of their steps: nothing half done counts as whole.

A copy and a way back die (kill -9) before each line of `station/db/backup.py`, an upgrade of the
first version's database before each statement. After every death the records are all there, in
the old state or the new one and nothing between, and the same command runs to its end.

    python campaigns/killed_midway.py [--what backup restore upgrade] [--every 1]
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from oracles import Violation, must

from station.db import backup, schema
from station.db.models import Courier
from station.db.session import Database

SHOWS = ("F31",)

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
EARLIER, NEWER = ["王", "李"], ["王", "李", "赵"]


# --- Dying --------------------------------------------------------------------------------------


def dies(work: Callable[[], object], arm: Callable[[Callable[[], None]], None], at: int) -> bool:
    """Run work in a child that is killed at its ``at``-th step; False if it ended before that."""
    child = os.fork()
    if child == 0:
        left = at

        def step() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        try:
            arm(step)
            work()
            code = 0
        finally:
            sys.settrace(None)
            os._exit(code)
    _, status = os.waitpid(child, 0)
    must(os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {at}: the work failed")
    return os.WIFSIGNALED(status)


def at_lines(step: Callable[[], None]) -> None:
    """Every line of backup.py that runs is a step."""
    here = backup.__file__

    def trace(frame: Any, what: str, _: Any) -> Any:
        if frame.f_code.co_filename != here:
            return None
        if what == "line":
            step()
        return trace

    sys.settrace(trace)


def at_statements(step: Callable[[], None]) -> None:
    """Every statement that goes to a database is a step, and every commit."""
    event.listen(Engine, "before_cursor_execute", lambda *_: step())
    event.listen(Engine, "commit", lambda _: step())


# --- What must be true afterwards ---------------------------------------------------------------


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        return [name for (name,) in file.execute("SELECT name FROM courier ORDER BY id")]


def filled(path: Path, people: list[str]) -> Path:
    """A database of this version with these couriers."""
    schema.upgrade(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    for name in people:
        database.write(lambda s, name=name: s.add(Courier(carrier="STO", name=name, phone="")))
    database.close()
    return path


def backups(home: Path, every: int) -> int:
    """Kill a copy at each step; how many deaths."""
    source, folder = filled(home / "station.db", NEWER), home / "copies"
    url, at = f"sqlite:///{source}", 1
    while dies(lambda: backup.make(url, folder, now=NOW), at_lines, at):
        must(names(source) == NEWER, f"step {at}: the database itself")
        for copy in backup.copies(folder):
            backup.verify(copy.path)
            must(names(copy.path) == NEWER, f"step {at}: a copy that is not whole")
        later = backup.make(url, folder, now=NOW + timedelta(hours=2))
        must(names(later.path) == NEWER, f"step {at}: the next copy")
        must(not list(folder.glob("*.part")), f"step {at}: half a copy was left for ever")
        shutil.rmtree(folder)
        at += every
    return (at - 1) // every


def restores(home: Path, every: int) -> int:
    """Kill a way back at each step; how many deaths."""
    copy = home / "packbench-20261101T000000Z.db"
    shutil.copy(filled(home / "old.db", EARLIER), copy)
    newer, at = filled(home / "newer.db", NEWER), 1
    while True:
        shop = home / "shop"
        shop.mkdir()
        database = shop / "station.db"
        shutil.copy(newer, database)
        url = f"sqlite:///{database}"
        if not dies(partial(backup.restore, url, copy, shop, now=NOW), at_lines, at):
            return (at - 1) // every
        must(database.exists(), f"step {at}: no database at all, an empty one would be begun")
        must(names(database) in (EARLIER, NEWER), f"step {at}: neither the old one nor the new")
        backup.restore(url, copy, shop, now=NOW + timedelta(minutes=1))
        must(names(database) == EARLIER, f"step {at}: the second try")
        aside = [names(one) for one in shop.glob("*.before-*Z")]
        must(NEWER in aside, f"step {at}: what was restored over is gone")
        shutil.rmtree(shop)
        at += every


def upgrades(home: Path, every: int) -> int:
    """Kill an upgrade of the first version's database at each statement; how many deaths."""
    first = schema.revisions()[0]
    made = home / "first.db"
    schema.upgrade(f"sqlite:///{made}", first)
    with closing(sqlite3.connect(made)) as file:
        _fill_roughly(file, "courier")
        file.commit()
    before, at = names(made), 1
    must(before, "nothing to lose")
    while True:
        shop = home / "shop"
        shop.mkdir()
        database = shop / "station.db"
        shutil.copy(made, database)
        url = f"sqlite:///{database}"
        if not dies(partial(schema.upgrade, url), at_statements, at):
            return (at - 1) // every
        standing = schema.standing(url)
        must(standing.revision in (first, standing.head), f"step {at}: at {standing.revision}")
        must(names(database) == before, f"step {at}: rows are gone")
        schema.upgrade(url)
        must(schema.standing(url).is_current, f"step {at}: the second try")
        must(names(database) == before, f"step {at}: rows are gone after the second try")
        shutil.rmtree(shop)
        at += every


def _fill_roughly(file: sqlite3.Connection, table: str) -> None:
    """Two rows of whatever this table wants."""
    columns = [(name, kind) for _, name, kind, *_ in file.execute(f"PRAGMA table_info({table})")
               if name != "id"]
    for n in (1, 2):
        values = [n if kind.startswith(("INT", "BOOL")) else f"{n}{name}"[:20]
                  for name, kind in columns]
        file.execute(f"INSERT INTO {table} ({', '.join(name for name, _ in columns)})"  # noqa: S608
                     f" VALUES ({', '.join('?' * len(columns))})", values)


WHAT = {"backup": backups, "restore": restores, "upgrade": upgrades}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", nargs="*", choices=list(WHAT), default=list(WHAT))
    parser.add_argument("--every", type=int, default=1, help="step over so many")
    asked = parser.parse_args()
    for what in asked.what:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as home:
            try:
                deaths = WHAT[what](Path(home), asked.every)
            except Violation as broken:
                print(f"{what}: {broken}")
                return 1
        print(f"{what}: {deaths} kills, 0 violations in {time.monotonic() - begin:.0f} s",
              flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
