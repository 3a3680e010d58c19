"""Backups, restores and upgrades killed at each of their steps: nothing half done counts as whole.

A copy and a way back die (kill -9) before each line of `station/db/backup.py`, an upgrade of the
first version's database before each statement, on SQLite and on PostgreSQL (``server``). After
every death the records are all there, in the old state or the new one and nothing between, the same
command runs to its end, and what the upgrade sealed is in no file any more.

    python campaigns/killed_midway.py [--what states upgrade server …] [--every 1] [--kills 0]
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Engine, MetaData, create_engine, event, text
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from oracles import Violation, must
from postgres_crash import Server

from station.db import backup, schema
from station.db.keys import Keyring
from station.db.models import Courier
from station.db.session import Database

SHOWS = ("F31",)

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
SECRET = "大王暗号"  # noqa: S105 - nobody's
"""What people typed in clear once."""
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


@dataclass(frozen=True, slots=True)
class Size:
    """Which steps are killed: from ``first`` on, every so many-th, ``kills`` at most (0: all)."""

    every: int = 1
    first: int = 1
    kills: int = 0

    def steps(self) -> Iterator[int]:
        """The numbers of the steps, until nobody asks for more."""
        numbers = itertools.count(self.first, self.every)
        return itertools.islice(numbers, self.kills) if self.kills else numbers


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


def backups(home: Path, size: Size) -> int:
    """Kill a copy at each step; how many deaths."""
    source, folder = filled(home / "station.db", NEWER), home / "copies"
    url, deaths = f"sqlite:///{source}", 0
    for at in size.steps():
        if not dies(lambda: backup.make(url, folder, now=NOW), at_lines, at):
            break
        deaths += 1
        must(names(source) == NEWER, f"step {at}: the database itself")
        for copy in backup.copies(folder):
            backup.verify(copy.path)
            must(names(copy.path) == NEWER, f"step {at}: a copy that is not whole")
        later = backup.make(url, folder, now=NOW + timedelta(hours=2))
        must(names(later.path) == NEWER, f"step {at}: the next copy")
        must(not list(folder.glob("*.part")), f"step {at}: half a copy was left for ever")
        shutil.rmtree(folder)
    return deaths


def restores(home: Path, size: Size) -> int:
    """Kill a way back at each step; how many deaths."""
    copy = home / "packbench-20261101T000000Z.db"
    shutil.copy(filled(home / "old.db", EARLIER), copy)
    newer, deaths = filled(home / "newer.db", NEWER), 0
    for at in size.steps():
        shop = home / "shop"
        shop.mkdir()
        database = shop / "station.db"
        shutil.copy(newer, database)
        url = f"sqlite:///{database}"
        if not dies(partial(backup.restore, url, copy, shop, now=NOW), at_lines, at):
            break
        deaths += 1
        must(database.exists(), f"step {at}: no database at all, an empty one would be begun")
        must(names(database) in (EARLIER, NEWER), f"step {at}: neither the old one nor the new")
        backup.restore(url, copy, shop, now=NOW + timedelta(minutes=1))
        must(names(database) == EARLIER, f"step {at}: the second try")
        aside = [names(one) for one in shop.glob("*.before-*Z")]
        must(NEWER in aside, f"step {at}: what was restored over is gone")
        shutil.rmtree(shop)
    return deaths


def upgrades(home: Path, size: Size) -> int:
    """Kill an upgrade of the first version's database at each statement; how many deaths."""
    return _upgrades(_Files(home), home, size)


def states(home: Path, size: Size) -> int:
    """One upgrade on SQLite, and at each statement the files as a kill there would leave them.

    What was written is in the files, what was not is lost: a copy of them is the same death without
    the dying, a thousand times faster. Where the old state comes back byte for byte, the second try
    is the first one again; where it does not, it is made.
    """
    first, keys = schema.revisions()[0], Keyring(home / "station.key")
    keys.make()
    places, asked = _Files(home), size.steps()
    schema.upgrade(places.first, first)
    _fill_roughly(places.first, "courier", "parcel", "hold")
    before = _couriers(places.first)
    made, found = (home / "first.db").read_bytes(), 0
    wanted, at, looking = next(asked, 0), 0, False

    def look() -> None:
        nonlocal at, wanted, looking, found
        if looking:
            return
        at += 1
        if at != wanted:
            return
        looking, wanted = True, next(asked, 0)
        state = home / "state"
        shutil.copytree(home / "shop", state)
        _as_before_or_whole(state / "station.db", keys, made, before, at)
        shutil.rmtree(state)
        found += 1
        looking = False

    with places.copied() as url:
        at_statements(look)
        schema.upgrade(url, keys=keys)
        looking = True
    return found


def _as_before_or_whole(
    file: Path, keys: Keyring, made: bytes, before: list[str], at: int
) -> None:
    url = f"sqlite:///{file}"
    standing = schema.standing(url)
    must(_couriers(url) == before, f"step {at}: rows are gone")
    if file.read_bytes() == made:
        return
    must(standing.is_current, f"step {at}: neither the old state nor the new, {standing}")
    schema.upgrade(url, keys=keys)
    must(not _chores(url), f"step {at}: what was sealed lingers in the files")
    must(_couriers(url) == before, f"step {at}: rows are gone after the second try")
    for path in file.parent.iterdir():
        must(SECRET.encode() not in path.read_bytes(), f"step {at}: {path.name} remembers")


def upgrades_of_a_server(home: Path, size: Size) -> int:
    """The same on PostgreSQL, which undoes what a lost connection had begun."""
    server = Server(home, "server")
    server.make()
    server.start()
    try:
        return _upgrades(_Databases(server), home, size)
    finally:
        server.crash()


def _upgrades(places: _Files | _Databases, home: Path, size: Size) -> int:
    first, keys = schema.revisions()[0], Keyring(home / "station.key")
    keys.make()
    schema.upgrade(places.first, first)
    _fill_roughly(places.first, "courier", "parcel", "hold")
    before, deaths = _couriers(places.first), 0
    must(len(before) > 1, "nothing to lose")
    for at in size.steps():
        with places.copied() as url:
            if not dies(partial(schema.upgrade, url, keys=keys), at_statements, at):
                break
            deaths += 1
            standing = schema.standing(url)
            must(standing.revision in (first, standing.head), f"step {at}: at {standing.revision}")
            must(_couriers(url) == before, f"step {at}: rows are gone")
            schema.upgrade(url, keys=keys)
            must(schema.standing(url).is_current, f"step {at}: the second try")
            must(_couriers(url) == before, f"step {at}: rows are gone after the second try")
            must(not _chores(url), f"step {at}: what was sealed lingers in the files")
            places.look(at)
    return deaths


class _Files:
    """SQLite: the first version's database, and copies of it."""

    def __init__(self, home: Path) -> None:
        self._made, self._shop = home / "first.db", home / "shop"
        self.first = f"sqlite:///{self._made}"

    @contextmanager
    def copied(self) -> Iterator[str]:
        """The URL of a fresh copy."""
        self._shop.mkdir()
        shutil.copy(self._made, self._shop / "station.db")
        yield f"sqlite:///{self._shop / 'station.db'}"
        shutil.rmtree(self._shop)

    def look(self, at: int) -> None:
        """No file remembers what stood in clear."""
        for path in self._shop.iterdir():
            must(SECRET.encode() not in path.read_bytes(), f"step {at}: {path.name} remembers")


class _Databases:
    """PostgreSQL: the first version's database in a server of its own, and copies of it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        server.ask("CREATE DATABASE first")
        self.first = self._url("first")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://station@/{name}?host={self._server.home}"

    @contextmanager
    def copied(self) -> Iterator[str]:
        """The URL of a fresh copy."""
        self._server.ask("CREATE DATABASE shop TEMPLATE first STRATEGY FILE_COPY")
        yield self._url("shop")
        self._server.ask("DROP DATABASE shop WITH (FORCE)")

    def look(self, _at: int) -> None:
        """What a server's files remember is its own vacuum's business."""


def _rows(url: str, statement: str) -> list[str]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(text(statement))]


def _couriers(url: str) -> list[str]:
    return _rows(url, "SELECT name FROM courier ORDER BY id")


def _chores(url: str) -> list[str]:
    return _rows(url, "SELECT name FROM chore")


def _fill_roughly(url: str, *tables: str) -> None:
    """Two rows of whatever these tables want, words in clear among them."""
    engine, found = create_engine(url, poolclass=NullPool), MetaData()
    found.reflect(engine)
    with engine.begin() as connection:
        for table in tables:
            for n in (1, 2):
                columns = [column for column in found.tables[table].columns
                           if column.name != "id" and not column.nullable]
                connection.execute(found.tables[table].insert().values(
                    {column.name: _anything(column.type, f"{n}{column.name}{_typed(column)}", n)
                     for column in columns}))


def _typed(column: Any) -> str:
    return SECRET if column.name in {"reason", "facts", "note", "street"} else ""


def _anything(kind: Any, words: str, n: int) -> Any:
    values = {int: n, bool: True, datetime: NOW, dict: {"said": words}, list: [words]}
    if isinstance(kind, JSON):
        return {"said": words}
    return values.get(kind.python_type, words[: getattr(kind, "length", None) or 40])


WHAT = {"backup": backups, "restore": restores, "states": states, "upgrade": upgrades,
        "server": upgrades_of_a_server}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", nargs="*", choices=list(WHAT), default=list(WHAT))
    parser.add_argument("--every", type=int, default=1, help="step over so many")
    parser.add_argument("--first", type=int, default=1, help="begin with this step")
    parser.add_argument("--kills", type=int, default=0, help="so many at most; 0 for all")
    asked = parser.parse_args()
    for what in asked.what:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as home:
            try:
                deaths = WHAT[what](
                    Path(home), Size(asked.every, asked.first, asked.kills))
            except Violation as broken:
                print(f"{what}: {broken}")
                return 1
        print(f"{what}: {deaths} kills, 0 violations in {time.monotonic() - begin:.0f} s",
              flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
