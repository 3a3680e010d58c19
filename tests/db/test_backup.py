"""Copies of a database in use, and the way back to one."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from station.db import backup, schema
from station.db.backup import BackupError
from station.db.models import Courier
from station.db.session import Database

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = f"sqlite:///{tmp_path / 'shop' / 'packbench.db'}"
    schema.upgrade(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def add(url: str, *names: str) -> None:
    database = Database(url)
    for name in names:
        database.write(lambda s, name=name: s.add(Courier(carrier="STO", name=name, phone="")))
    database.close()


def names(url: str) -> list[str]:
    database = Database(url)
    try:
        return list(database.read(lambda s: list(s.scalars(
            select(Courier.name).order_by(Courier.id)))))
    finally:
        database.close()


def test_a_copy_holds_what_was_answered_and_is_for_its_owner_only(
    url: str, folder: Path
) -> None:
    add(url, "王", "李")
    made = backup.make(url, folder, now=NOW)
    assert made.path.name == "packbench-20261123T023000Z.db"
    assert names(f"sqlite:///{made.path}") == ["王", "李"]
    if sys.platform != "win32":
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []


@pytest.mark.fault("F31")
def test_copies_made_while_everybody_writes_are_whole(url: str, folder: Path) -> None:
    database, stopping = Database(url), threading.Event()
    answered: list[int] = []

    def work() -> None:
        while not stopping.is_set():
            one = Courier(carrier="STO", name=str(len(answered)), phone="")
            database.write(lambda s, one=one: s.add(one))
            answered.append(1)

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for n in range(8):
            before = len(answered)
            made = backup.make(url, folder, now=NOW + timedelta(hours=n))
            copied = names(f"sqlite:///{made.path}")
            assert len(copied) >= before
            assert copied == [str(k) for k in range(len(copied))]
    finally:
        stopping.set()
        writer.join()
        database.close()


def test_the_newest_copies_stay_and_those_of_an_upgrade_always_do(
    url: str, folder: Path
) -> None:
    for day in range(5):
        backup.make(url, folder, now=NOW + timedelta(days=day))
    backup.make(url, folder, now=NOW, kind="before-upgrade-0001")
    gone = backup.prune(folder, 2)
    assert len(gone) == 3
    kept = [copy.path.name for copy in backup.copies(folder)]
    assert kept == ["packbench-20261127T023000Z.db", "packbench-20261126T023000Z.db",
                    "before-upgrade-0001-20261123T023000Z.db"]


def test_other_files_in_the_folder_are_no_copies(folder: Path) -> None:
    folder.mkdir()
    for name in ("notes.txt", "packbench-yesterday.db", "packbench-20261123T023000Z.db.part"):
        (folder / name).touch()
    assert backup.copies(folder) == []
    assert backup.copies(folder / "none") == []


@pytest.mark.fault("F14", "F31")
def test_a_restored_copy_is_the_database_and_the_former_one_is_kept(
    url: str, folder: Path
) -> None:
    add(url, "王")
    made = backup.make(url, folder, now=NOW)
    add(url, "李")
    aside = backup.restore(url, made.path, folder, now=NOW)
    assert names(url) == ["王"]
    assert names(f"sqlite:///{aside}") == ["王", "李"]
    assert schema.standing(url).is_current
    add(url, "赵")
    assert names(url) == ["王", "赵"]


@pytest.mark.fault("F14")
@pytest.mark.parametrize("harm", ["gone", "empty", "damaged", "cut", "text"])
def test_whatever_happened_to_the_database_a_copy_brings_it_back(
    url: str, folder: Path, harm: str
) -> None:
    add(url, *(str(n) for n in range(300)))
    made = backup.make(url, folder, now=NOW)
    path = Path(url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    {
        "gone": path.unlink,
        "empty": lambda: path.write_bytes(b""),
        "damaged": lambda: path.write_bytes(whole[:5000] + os.urandom(20000) + whole[25000:]),
        "cut": lambda: path.write_bytes(whole[:9999]),
        "text": lambda: path.write_bytes(b"hello" * 1000),
    }[harm]()
    backup.restore(url, made.path, folder, now=NOW)
    assert names(url) == [str(n) for n in range(300)]


def test_a_running_station_is_not_pulled_out_from_under_its_feet(url: str, folder: Path) -> None:
    add(url, "王")
    made = backup.make(url, folder, now=NOW)
    running = Database(url)
    running.write(lambda s: s.add(Courier(carrier="STO", name="李", phone="")))
    try:
        with pytest.raises(BackupError, match="running"):
            backup.restore(url, made.path, folder, now=NOW)
        assert running.read(lambda s: s.scalar(select(func.count()).select_from(Courier))) == 2
        running.write(lambda s: s.add(Courier(carrier="STO", name="赵", phone="")))
    finally:
        running.close()
    assert names(url) == ["王", "李", "赵"]


@pytest.mark.fault("F14")
def test_a_damaged_copy_is_never_restored(url: str, folder: Path) -> None:
    add(url, *(str(n) for n in range(300)))
    made = backup.make(url, folder, now=NOW)
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:5000] + b"\xff" * 9000 + whole[14000:])
    with pytest.raises(BackupError, match="damaged"):
        backup.restore(url, made.path, folder, now=NOW)
    with pytest.raises(BackupError, match="damaged"):
        backup.verify(made.path)
    assert len(names(url)) == 300


def test_a_copy_that_is_not_there_or_of_another_kind_is_told(url: str, folder: Path) -> None:
    with pytest.raises(BackupError, match="no such"):
        backup.restore(url, folder / "none.db", folder, now=NOW)
    made = backup.make(url, folder, now=NOW)
    with pytest.raises(BackupError, match="another kind"):
        backup.restore("postgresql+psycopg://a@/b", made.path, folder, now=NOW)


def test_a_database_that_is_not_there_is_not_copied(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BackupError, match="no database yet"):
        backup.make(f"sqlite:///{tmp_path / 'none.db'}", folder, now=NOW)
    assert list(folder.iterdir()) == []


@pytest.mark.fault("F11")
def test_a_copy_that_cannot_be_written_leaves_nothing_half_done(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_part: Path, _path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_keep", full)
    with pytest.raises(OSError, match="No space"):
        backup.make(url, folder, now=NOW)
    assert list(folder.iterdir()) == []


def test_a_copy_needs_no_other_file_beside_it(url: str, folder: Path, tmp_path: Path) -> None:
    add(url, "王")
    made = backup.make(url, folder, now=NOW)
    elsewhere = tmp_path / "stick.db"
    elsewhere.write_bytes(made.path.read_bytes())
    with closing(sqlite3.connect(f"file:{elsewhere}?mode=ro", uri=True)) as carried:
        assert carried.execute("SELECT name FROM courier").fetchall() == [("王",)]


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.fault("F14", "F31")
def test_a_postgresql_goes_back_to_its_dump(postgres_cluster: Any, folder: Path) -> None:
    name = postgres_cluster.create("template0")
    url = postgres_cluster.url(name)
    schema.upgrade(url)
    add(url, "王")
    made = backup.make(url, folder, now=NOW)
    assert made.path.suffix == ".dump"
    add(url, "李")
    running = Database(url)
    running.read(lambda s: s.scalar(select(func.count()).select_from(Courier)))
    with pytest.raises(BackupError, match="running"):
        backup.restore(url, made.path, folder, now=NOW)
    running.close()
    aside = backup.restore(url, made.path, folder, now=NOW)
    assert names(url) == ["王"]
    backup.restore(url, aside, folder, now=NOW + timedelta(minutes=1))
    assert names(url) == ["王", "李"]
    made.path.write_bytes(b"PGDMP broken")
    with pytest.raises(BackupError, match="pg_restore"):
        backup.restore(url, made.path, folder, now=NOW)
    postgres_cluster.drop(name)


def test_missing_tools_of_postgresql_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(BackupError, match="pg_dump is missing"):
        backup.make("postgresql+psycopg://a@/b", folder, now=NOW)


@pytest.mark.postgres
def test_what_the_tools_say_is_told_in_one_line(postgres_cluster: Any, folder: Path) -> None:
    with pytest.raises(BackupError, match=r"pg_dump: .*none_such") as told:
        backup.make(postgres_cluster.url("none_such"), folder, now=NOW)
    assert "\n" not in str(told.value)
