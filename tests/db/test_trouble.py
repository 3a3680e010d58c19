"""A database that fails is told apart by what can be done, and a failing disk ends the writing."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, exc, func, select, text
from sqlalchemy.orm import Session

from station.db.backup import damage
from station.db.models import Courier
from station.db.session import Database
from station.db.trouble import Trouble, WritesStoppedError, trouble_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def add(name: str) -> Any:
    return lambda session: session.add(Courier(carrier="STO", name=name, phone=""))


def count(database: Database) -> int:
    return int(database.read(lambda s: s.scalar(select(func.count()).select_from(Courier))))


def sqlite_error(code: int) -> exc.OperationalError:
    cause = sqlite3.OperationalError("as SQLite says it")
    cause.sqlite_errorcode = code
    return exc.OperationalError("INSERT", {}, cause)


@pytest.mark.parametrize(("code", "trouble"), [
    (sqlite3.SQLITE_FULL, Trouble.FULL), (sqlite3.SQLITE_IOERR_SHMSIZE, Trouble.FULL),
    (sqlite3.SQLITE_IOERR_FSYNC, Trouble.IO), (sqlite3.SQLITE_IOERR_WRITE, Trouble.IO),
    (sqlite3.SQLITE_CORRUPT, Trouble.DAMAGED), (sqlite3.SQLITE_CORRUPT_INDEX, Trouble.DAMAGED),
    (sqlite3.SQLITE_NOTADB, Trouble.DAMAGED), (sqlite3.SQLITE_BUSY, Trouble.LOCKED),
    (sqlite3.SQLITE_BUSY_SNAPSHOT, Trouble.LOCKED), (sqlite3.SQLITE_CANTOPEN, Trouble.GONE),
    (sqlite3.SQLITE_READONLY, Trouble.GONE), (sqlite3.SQLITE_ERROR, Trouble.OTHER),
    (sqlite3.SQLITE_CONSTRAINT, Trouble.OTHER),
])
def test_each_answer_of_sqlite_has_its_kind(code: int, trouble: Trouble) -> None:
    assert trouble_of(sqlite_error(code)) is trouble


@pytest.mark.parametrize(("state", "trouble"), [
    ("53100", Trouble.FULL), ("58030", Trouble.IO), ("XX001", Trouble.DAMAGED),
    ("55P03", Trouble.LOCKED), ("57P01", Trouble.GONE), ("08006", Trouble.GONE),
    (None, Trouble.GONE), ("42601", Trouble.OTHER),
])
def test_each_answer_of_postgresql_has_its_kind(state: str | None, trouble: Trouble) -> None:
    class SaidError(Exception):
        sqlstate = state

    assert trouble_of(exc.OperationalError("INSERT", {}, SaidError())) is trouble


def test_what_is_no_trouble_of_a_database_is_none_of_these() -> None:
    assert trouble_of(ValueError("x")) is Trouble.OTHER
    assert trouble_of(WritesStoppedError(Trouble.IO)) is Trouble.IO


# --- The disk -------------------------------------------------------------------------------------


def failing(database: Database, code: int, *, on: str) -> list[int]:
    """Let the writer's next statement or commit fail with this code; counts what was tried."""
    assert database._writer is not None
    tried: list[int] = []

    def fail(*_: Any) -> None:
        tried.append(code)
        raise sqlite_error(code)

    event.listen(database._writer._engine, on, fail)
    return tried


@pytest.mark.fault("F12")
@pytest.mark.parametrize("on", ["before_cursor_execute", "commit"])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_CORRUPT])
def test_a_failing_disk_ends_the_writing_and_is_never_asked_again(
    sqlite_url: str, on: str, code: int
) -> None:
    database = Database(sqlite_url)
    database.write(add("王"))
    tried = failing(database, code, on=on)
    with pytest.raises(exc.OperationalError):
        database.write(add("李"))
    for _ in range(3):
        with pytest.raises(WritesStoppedError):
            database.write(add("赵"))
    with pytest.raises(WritesStoppedError):
        database.probe()
    assert len(tried) == 1
    assert count(database) == 1, "what is there stays readable"
    database.close()


@pytest.mark.fault("F12")
def test_pieces_that_wait_while_the_disk_fails_each_hear_of_it(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    failing(database, sqlite3.SQLITE_IOERR_WRITE, on="commit")
    heard: list[type[BaseException]] = []

    def write(n: int) -> None:
        try:
            database.write(add(str(n)))
        except (exc.OperationalError, WritesStoppedError) as error:
            heard.append(type(error))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 16
    assert count(database) == 0
    database.close()


@pytest.mark.fault("F11", "F13")
def test_a_commit_that_fails_leaves_no_transaction_open(sqlite_database: Database) -> None:
    def broken(session: Session) -> None:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))  # looked at only by the commit
        session.execute(text("INSERT INTO sku_barcode (barcode, sku_id) VALUES ('690', 999)"))

    with pytest.raises(exc.IntegrityError):
        sqlite_database.write(broken)
    sqlite_database.write(add("王"))
    assert count(sqlite_database) == 1


@pytest.mark.fault("F13")
def test_a_file_that_another_program_holds_is_told_and_taken_up_again(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.write(add("王"))
    assert database._writer is not None
    with database._writer._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    database._writer._connection.exec_driver_sql("PRAGMA busy_timeout=50")
    database._writer._connection.commit()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(exc.OperationalError) as told:
            database.write(add("李"))
        other.rollback()
    assert trouble_of(told.value) is Trouble.LOCKED
    database.write(add("赵"))
    assert count(database) == 2
    database.close()


_FULL = """
import resource, signal, sys
from station.db.models import Courier
from station.db.session import Database
from station.db.trouble import trouble_of

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
database = Database(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
kept, told = 0, ""
while not told:
    try:
        database.write(lambda s: s.add(Courier(carrier="STO", name="x" * 3000, phone="")))
        kept += 1
    except Exception as error:
        told = str(trouble_of(error))
from sqlalchemy import func, select
print(kept, told, database.read(lambda s: s.scalar(select(func.count()).select_from(Courier))))
"""


@pytest.mark.fault("F11", "F12")
@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on files to set there")
def test_a_file_that_may_not_grow_loses_nothing_that_was_answered(sqlite_url: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _FULL, sqlite_url], cwd=ROOT, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout.split()
    kept, told, readable = int(said[0]), said[1], int(said[2])
    assert kept > 10
    assert told in ("io", "full")
    assert readable == kept
    database = Database(sqlite_url)
    assert count(database) == kept
    database.write(add("后来"))
    database.close()
    assert damage(sqlite_url) == ""


# --- Damaged files --------------------------------------------------------------------------------


@pytest.fixture
def filled(sqlite_url: str) -> Iterator[Path]:
    database = Database(sqlite_url)
    for n in range(200):
        database.write(add(f"{n:04d}" * 20))
    database.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as last:
        last.execute("PRAGMA journal_mode=DELETE")
    return path


@pytest.mark.fault("F14")
def test_random_damage_is_found_or_harms_nothing(filled: Path) -> None:
    whole, chance = filled.read_bytes(), random.Random(20261128)
    found = 0
    for _ in range(300):
        broken = bytearray(whole)
        at = chance.randrange(len(broken))
        length = chance.choice((1, 16, 512, 4096))
        broken[at:at + length] = chance.randbytes(len(broken[at:at + length]))
        filled.write_bytes(broken)
        found += bool(damage(f"sqlite:///{filled}"))
    assert found > 20, "a changed letter of a name is for the history to find"


@pytest.mark.fault("F14")
@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 8192])
def test_a_file_that_is_no_database_is_found(filled: Path, content: bytes) -> None:
    filled.write_bytes(content)
    assert damage(f"sqlite:///{filled}") != ""


@pytest.mark.fault("F14")
def test_a_file_that_was_cut_off_is_found(filled: Path) -> None:
    filled.write_bytes(filled.read_bytes()[: filled.stat().st_size // 2])
    assert damage(f"sqlite:///{filled}") != ""


def test_a_sound_file_an_empty_one_and_none_have_no_damage(filled: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    for path in (filled, empty, tmp_path / "none.db"):
        assert damage(f"sqlite:///{path}") == ""
    assert damage("postgresql+psycopg://a@/b") == ""
