"""What every test gets: leak checks, no network but loopback, and a fresh database of each kind."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Machines are noisy: how long an example takes says nothing about whether it is right.
settings.register_profile(
    "station", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("station")

_FDS = Path("/proc/self/fd")
_LENT = ("/usr/", "/dev/null", "/dev/urandom")  # fonts and the like, kept open by caches
_JOIN_S = 60.0  # how long threads may take, on a busy machine, to notice that they were told
_MISSING = pytest.StashKey[str]()
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


# --- In which order, on how many processes, and what is measured ---------------------------------

_TESTS = Path(__file__).parent
_WHOLE_STATION = ("campaigns", "browser", "day")
_LONG = (*_WHOLE_STATION, "services", "bench", "cli")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process ends alone with one of them.

    Tests that go a way for the second time are not measured: tracing costs more than half of what
    it traces. A whole station runs what is tested piece by piece elsewhere, and a test of a
    service on PostgreSQL is the one on SQLite once more. ``make/covered.py`` looks whether what is
    measured is enough.
    """
    many = Counter(item.path for item in items)
    first = {path: at for at, path in reversed(list(enumerate(item.path for item in items)))}
    items.sort(key=lambda item: (
        _folder(item) not in _LONG, -many[item.path], first[item.path]))
    for item in items:
        twice = _folder(item) in ("services", "bench") and item.get_closest_marker("postgres")
        if twice or _folder(item) in _WHOLE_STATION:
            item.add_marker("no_cover")


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0] if item.path.is_relative_to(_TESTS) else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: some test always waits, for a line, a thread or a browser."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 2


# --- Nothing is left behind ---------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread running, or a socket, pipe, port or file open."""
    if request.node.get_closest_marker("browser"):
        yield  # the browser's driver keeps pipes of its own from test to test
        return
    threads, files = set(threading.enumerate()), _open_files()
    yield
    left = [thread.name for thread in _threads_beside(threads)]
    assert not left, f"threads left running: {', '.join(left)}"
    if opened := _files_beside(files):
        gc.collect()  # what only a reference cycle holds is let go here, with its ResourceWarning
        opened = _files_beside(files)
    assert not opened, f"left open: {', '.join(opened)}"


def _threads_beside(known: set[threading.Thread]) -> list[threading.Thread]:
    new = [thread for thread in threading.enumerate() if thread not in known]
    end = time.monotonic() + _JOIN_S
    for thread in new:
        thread.join(max(0, end - time.monotonic()))
    return [thread for thread in new if thread.is_alive()]


def _open_files() -> dict[str, str]:
    """Descriptor to what it names; empty where the system has no /proc."""
    found: dict[str, str] = {}
    if _FDS.is_dir():
        for name in os.listdir(_FDS):  # noqa: PTH208 - a tenth of the cost, before and after each test
            try:
                found[name] = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115 - the same
            except FileNotFoundError:
                continue  # the listing's own descriptor
    return found


def _files_beside(known: dict[str, str]) -> list[str]:
    return sorted(target for name, target in _open_files().items()
                  if known.get(name) != target and not target.startswith(_LENT))


# --- No network ---------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this computer."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    def guard(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise RuntimeError(f"a test may talk to this computer only, not to {address[0]}")
        return method(self, *args)
    return guard


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in {"localhost", "ip6-localhost"}


# --- Databases ----------------------------------------------------------------------------------


@dataclass
class PostgresCluster:
    """A private PostgreSQL on a unix socket; every test gets a database of its own in it."""

    sockets: Path
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def url(self, name: str) -> str:
        """The URL of one of the cluster's databases."""
        return f"postgresql+psycopg://station@/{name}?host={self.sockets}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction, as the cluster's owner."""
        import psycopg  # noqa: PLC0415 - only tests that need this database pay for it

        with psycopg.connect(host=str(self.sockets), user="station", dbname="postgres",
                             autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str) -> str:
        """A new database, a copy of ``template``; its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever still looks at it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_cluster(request: pytest.FixtureRequest) -> Iterator[PostgresCluster]:
    """A PostgreSQL started from the installed binaries; skips, and says so at the end, if none."""
    binaries = _postgres_binaries()
    if binaries is None:
        reason = "no PostgreSQL is installed (Debian: apt-get install postgresql)"
        request.config.stash[_MISSING] = reason
        pytest.skip(reason)
    home = Path(tempfile.mkdtemp(prefix="station-pg-"))
    try:
        yield from _running_cluster(binaries, home)
    finally:
        shutil.rmtree(home)


def _running_cluster(binaries: Path, home: Path) -> Iterator[PostgresCluster]:
    owner = _server_owner()
    if "user" in owner:
        os.chown(home, owner["user"], owner["group"])
    data, log = home / "data", home / "log"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home, **owner)

    run(binaries / "initdb", "-D", data, "-U", "station", "-A", "trust", "-E", "UTF8",
        "--locale=C", "--no-sync")
    options = (f"-k {home} -c listen_addresses= -c fsync=off -c synchronous_commit=off"
               " -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB")
    pg_ctl = [binaries / "pg_ctl", "-D", data, "-w", "-s", "-t", "60"]
    run(*pg_ctl, "-l", log, "-o", options, "start")
    try:
        yield PostgresCluster(home)
    finally:
        run(*pg_ctl, "-m", "immediate", "stop")


def _postgres_binaries() -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                      key=lambda path: float(path.parent.parent.name))
    found = versions[-1] if versions else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _server_owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; whom to run it as there."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 - there is none on Windows

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("neither postgres nor nobody is a user here: PostgreSQL cannot run as root")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "station.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres_cluster: PostgresCluster) -> str:
    name = postgres_cluster.create("template0")
    _create_tables(postgres_cluster.url(name))
    return name


def _create_tables(url: str) -> None:
    from sqlalchemy import create_engine  # noqa: PLC0415 - only tests with a database pay for it

    from station.db.models import Base  # noqa: PLC0415 - the same

    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


@pytest.fixture(scope="module", params=KINDS)
def standing_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """As `database`, but one of each kind for a whole file: for tests that only look.

    Who asks for it fills it once and hands out what cannot write.
    """
    folder = tmp_path_factory.mktemp("standing")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_template"), folder / "station.db")
        yield from _opened(f"sqlite:///{folder / 'station.db'}", folder)
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create(request.getfixturevalue("_postgres_template"))
    yield from _opened(cluster.url(name), folder)
    cluster.drop(name)


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with every table, for tests that need any database at all."""
    shutil.copy(_sqlite_template, tmp_path / "station.db")
    return f"sqlite:///{tmp_path / 'station.db'}"


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster, _postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database with every table."""
    name = postgres_cluster.create(_postgres_template)
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with every table, once of each kind."""
    kind = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(kind))


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """An open `station.db.session.Database`, once on SQLite and once on PostgreSQL."""
    yield from _opened(database_url, tmp_path)


@pytest.fixture
def sqlite_database(sqlite_url: str, tmp_path: Path) -> Iterator[Any]:
    """An open Database on SQLite only, for what does not depend on the kind of database."""
    yield from _opened(sqlite_url, tmp_path)


def _opened(url: str, folder: Path) -> Iterator[Any]:
    # Only tests with a database pay for these.
    from station.db.keys import Keyring  # noqa: PLC0415
    from station.db.session import Database  # noqa: PLC0415

    # A SQLite file has its keys beside it; a server has none, so they lie where a station looks.
    keys = None if url.startswith("sqlite") else Keyring(folder / "packbench.key")
    database = Database(url, keys=keys)
    yield database
    database.close()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly what this machine could not test."""
    if reason := config.stash.get(_MISSING, ""):
        terminalreporter.section("NOT TESTED ON POSTGRESQL", red=True)
        terminalreporter.write_line(reason)
