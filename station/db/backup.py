"""Copies of the database while it is in use, looked at after writing, and the way back.

SQLite is copied by its own online copy, PostgreSQL by `pg_dump`. A copy gets its name only when it
is whole, on the disk and was read again; what is restored over stays aside under another name.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

_STAMP = "%Y%m%dT%H%M%SZ"
_DUMPED = ".dump"
_COPIED = ".db"
_PART = ".part"
_LONGEST_COPY = timedelta(hours=1)
SCHEDULED = "packbench"
"""How the names of copies made by the clock begin; only these are ever cleared away."""


class BackupError(Exception):
    """A copy could not be made, read or restored; one line for a person, Chinese first."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of the database: where it is, and when it was made."""

    path: Path
    at: datetime


def is_file(url: str) -> bool:
    """True if the database is one file of SQLite."""
    return make_url(url).get_backend_name() == "sqlite"


def copies(folder: Path, *, kind: str = "") -> list[Copy]:
    """The copies in this folder, newest first; of one ``kind`` only if one is given."""
    found = []
    for path in folder.glob(f"{kind or '*'}-*Z.*") if folder.is_dir() else ():
        if path.suffix in (_COPIED, _DUMPED):
            at = _stamp_of(path)
            if at is not None:
                found.append(Copy(path, at))
    return sorted(found, key=lambda copy: (copy.at, copy.path.name), reverse=True)


def make(url: str, folder: Path, *, now: datetime, kind: str = SCHEDULED) -> Copy:
    """Copy the database into ``folder`` and read the copy again. Raises BackupError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _clear_left(folder, now)
    ending = _COPIED if is_file(url) else _DUMPED
    path = folder / f"{kind}-{now.astimezone(UTC):{_STAMP}}{ending}"
    part = path.with_name(path.name + _PART)
    try:
        if is_file(url):
            _copy_file(Path(make_url(url).database or ""), part)
        else:
            _dump(make_url(url), part)
        os.chmod(part, 0o600)  # noqa: PTH101 - it holds what the database holds
        _verify(part, is_copy=is_file(url))
        _keep(part, path)
    finally:
        part.unlink(missing_ok=True)
    return Copy(path, now)


def _clear_left(folder: Path, now: datetime) -> None:
    """Clear away what a copy left that was killed on its way: it holds what the database holds."""
    for part in folder.glob(f"*Z.*{_PART}"):
        at = _stamp_of(part.with_suffix(""))
        if at is not None and now - at > _LONGEST_COPY:
            part.unlink(missing_ok=True)


def _stamp_of(path: Path) -> datetime | None:
    """When the copy of this name was begun; None if it is no copy's name."""
    try:
        return datetime.strptime(path.stem.rpartition("-")[2], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def prune(folder: Path, keep: int) -> list[Path]:
    """Clear away all but the newest ``keep`` copies that the clock made; what went."""
    gone = [copy.path for copy in copies(folder, kind=SCHEDULED)[keep:]]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def verify(path: Path) -> None:
    """Read a copy from end to end. Raises BackupError that says what is wrong with it."""
    if not path.is_file():
        raise BackupError(f"没有这个备份 no such backup: {path.name}")
    _verify(path, is_copy=path.suffix == _COPIED)


def restore(url: str, path: Path, folder: Path, *, now: datetime) -> Path:
    """Put a copy in the database's place; where the former one lies now. Raises BackupError."""
    verify(path)
    if (path.suffix == _COPIED) != is_file(url):
        raise BackupError(f"{path.name} 是另一种数据库的备份 / is of another kind of database")
    if is_file(url):
        return _restore_file(Path(make_url(url).database or ""), path, now)
    return _restore_dump(url, path, folder, now)


def damage(url: str) -> str:
    """What is wrong with the database's file, "" if it is sound or not there; reads all of it.

    PostgreSQL looks at its own pages.
    """
    path = Path(make_url(url).database or "")
    if not is_file(url) or not path.exists() or not path.stat().st_size:
        return ""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as looked_at:
            (said,) = looked_at.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # its words may quote the damage
        return str(error) if isinstance(error, sqlite3.Error) else "malformed text"
    return "" if said == "ok" else str(said).splitlines()[-1]


# --- SQLite ---------------------------------------------------------------------------------------


def _copy_file(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupError(f"还没有数据库 no database yet: {source.name}")
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old, closing(
        sqlite3.connect(target)
    ) as new:
        old.backup(new)
        # One plain file that needs nothing beside it, wherever somebody carries it.
        new.execute("PRAGMA journal_mode=DELETE")


def _verify(path: Path, *, is_copy: bool) -> None:
    if not is_copy:
        _run("pg_restore", "--list", str(path))
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
            copy.execute("SELECT count(*) FROM history").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        said = str(error) if isinstance(error, sqlite3.Error) else "malformed text"
    if said != "ok":
        raise BackupError(f"备份坏了 the backup is damaged: {path.name}: {said.splitlines()[0]}")


def _keep(part: Path, path: Path) -> None:
    """On the disk first, then under its name."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _restore_file(database: Path, path: Path, now: datetime) -> Path:
    if database.exists():
        _refuse_while_open(database)
    database.parent.mkdir(parents=True, exist_ok=True)
    part = database.with_name(database.name + _PART)
    shutil.copyfile(path, part)
    os.chmod(part, 0o600)  # noqa: PTH101 - it holds people's addresses
    _verify(part, is_copy=True)
    aside = database.with_name(f"{database.name}.before-{now.astimezone(UTC):{_STAMP}}")
    for ending in ("-wal", "-shm"):
        old = database.with_name(database.name + ending)
        if old.exists():
            old.replace(aside.with_name(aside.name + ending))
    if database.exists():
        _also_named(database, aside)  # never without a file: an empty one would be begun anew
    _keep(part, database)
    return aside


def _also_named(database: Path, aside: Path) -> None:
    """A second name for the file that is about to be replaced; a copy where there is no such."""
    aside.unlink(missing_ok=True)
    try:
        aside.hardlink_to(database)
    except OSError:  # a stick's file system knows one name for each file
        shutil.copy2(database, aside)


def _refuse_while_open(database: Path) -> None:
    """Only one who is alone with a file may change its journal; a running station is there, too."""
    with closing(sqlite3.connect(database, timeout=0.2)) as alone:
        try:
            (mode,) = alone.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                return  # too damaged to be open anywhere
            mode = "wal"
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return
    if mode != "delete":
        raise BackupError("打包台正在运行，请先关闭 / the station is running: close it first")


# --- PostgreSQL -----------------------------------------------------------------------------------


def _dump(url: URL, target: Path) -> None:
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", url=url)


def _restore_dump(url: str, path: Path, folder: Path, now: datetime) -> Path:
    engine = create_engine(url, hide_parameters=True)
    with engine.connect() as connection:
        others = connection.execute(text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()")).scalar_one()
    engine.dispose()
    if others:
        raise BackupError("打包台正在运行，请先关闭 / the station is running: close it first")
    aside = make(url, folder, now=now, kind="before-restore")
    _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error",
         "--single-transaction", f"--dbname={make_url(url).database}", str(path), url=make_url(url))
    return aside.path


def _run(tool: str, *arguments: str, url: URL | None = None) -> None:
    found = shutil.which(tool)
    if found is None:
        raise BackupError(f"找不到 {tool}，请安装 PostgreSQL 客户端"
                          f" / {tool} is missing: install PostgreSQL's client tools")
    done = subprocess.run(  # noqa: S603 - a fixed tool, its arguments from our own settings
        [found, *arguments], env={**os.environ, **_login(url)}, capture_output=True, text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise BackupError(f"{tool}: {said[0]}")


def _login(url: URL | None) -> dict[str, str]:
    """How PostgreSQL's own tools are told whom to ask; a password is not for the process list."""
    if url is None:
        return {}
    asked: dict[str, Any] = {
        "PGHOST": url.host or url.query.get("host"), "PGPORT": url.port, "PGUSER": url.username,
        "PGPASSWORD": url.password, "PGDATABASE": url.database,
    }
    return {name: str(value) for name, value in asked.items() if value}
