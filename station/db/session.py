"""The database's two doors: ``read`` for looking, ``write`` for one transaction.

SQLite has one owner of the writes at a time: the caller who finds nobody writing leads, commits
the pieces that wait together with his own, answers each only after the commit, and passes the lead
on. A session per thread costs ten times the waiting under load, and a writing thread of its own
two hand-overs per scan (docs/decisions/0007). PostgreSQL does its own queueing: there, work runs
where it is called, in a pooled connection, and is run again from its beginning when it lost a race:
against a deadlock, a row that somebody else entered first, or a parcel that changed meanwhile. So
work must change nothing but the session, and a caller never hears of a race.

A disk that fails, or a file that is damaged, ends the writing: what a failed fsync did not keep is
lost silently by the next that succeeds. Reading goes on, and a new start looks at the file first.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar, cast

from prometheus_client import Histogram
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from station.db import sealed
from station.db.keys import Keyring
from station.db.trouble import LASTING, Trouble, WritesStoppedError, trouble_of

logger = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Session], T]
Listener = Callable[[Iterable[str]], None]

_BATCH = 32  # pieces of work that share one commit at most
_TRIES = 12  # PostgreSQL: work that lost a race is run this often at most
_BUCKETS = (.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)  # seconds
_SOMEBODY = -1  # the lead was passed on, and its taker has not woken up yet
_LOST = frozenset({"40001", "40P01", "23505"})  # serialization failure, deadlock, unique violation


def notice(session: Session, topic: str) -> None:
    """Tell the screens after the commit that ``topic`` changed; lossy, carries no work."""
    session.info.setdefault("notices", []).append(topic)


class Database:
    """One database by URL. Close it when done.

    ``keys`` seal and open personal data; without them, a SQLite file has its own beside it.
    """

    def __init__(
        self, url: str, *, keys: Keyring | None = None, on_commit: Listener | None = None
    ) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.keys = keys or keys_beside(url)
        self.on_commit = on_commit
        self.engine = _sqlite_engine(url, readers=True) if self.is_sqlite else _pooled_engine(url)
        self._writer = _Writer(url, self._tell) if self.is_sqlite else None
        if self.keys is not None:
            sealed.use(self.engine, self.keys)
            if self._writer is not None:
                self._writer.seal_with(self.keys)
        self.write_seconds = Histogram(
            "packbench_write_seconds", "How long a transaction takes until it is durable",
            registry=None, buckets=_BUCKETS)
        self._views = self.engine if self.is_sqlite else _views(self.engine)
        self._writing = threading.local()

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in one transaction; durable when this returns, undone if it raises."""
        begun = monotonic()
        try:
            return self._written(work)
        finally:
            self.write_seconds.observe(monotonic() - begun)

    def probe(self) -> None:
        """Raise what a write would raise now: takes the pen, and writes nothing with it."""
        self._written(_may_write)

    def _written(self, work: Work[T]) -> T:
        if self._writer is not None:
            return self._writer.submit(work)
        return self._write_pooled(work)

    def read(self, work: Work[T]) -> T:
        """Run ``work`` on a consistent view; nothing it changes is kept."""
        with Session(self._views, expire_on_commit=False) as session:
            return work(session)  # closing the session ends the view; what was loaded stays usable

    def empty_log(self) -> bool:
        """Let SQLite's log forget what was overwritten; False if somebody was at work in it.

        PostgreSQL forgets by its own vacuum.
        """
        file = make_url(self.url).database
        if not self.is_sqlite or not file or file == ":memory:":
            return True
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Finish the waiting work and let go of every connection."""
        if self._writer is not None:
            self._writer.close()
        self.engine.dispose()

    def _write_pooled(self, work: Work[T]) -> T:
        if getattr(self._writing, "now", False):
            raise RuntimeError("a transaction cannot start another one")
        self._writing.now = True
        try:
            result, topics = self._won(work)
        finally:
            self._writing.now = False
        self._tell(topics)
        return result

    def _won(self, work: Work[T]) -> tuple[T, list[str]]:
        """Run work until it commits; what is wrong in itself raises at once or at the last try."""
        for attempt in range(1, _TRIES + 1):
            with Session(self.engine, expire_on_commit=False) as session:
                try:
                    result = work(session)
                    session.commit()
                except (exc.DBAPIError, StaleDataError) as error:
                    session.rollback()
                    if attempt == _TRIES or not _lost_a_race(error):
                        raise
                else:
                    return result, session.info.get("notices", [])
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _tell(self, topics: Iterable[str]) -> None:
        """The work is durable by now: a listener that fails must neither undo nor stop anything."""
        if self.on_commit is None:
            return
        try:
            self.on_commit(topics)
        except Exception:
            # The caller's own work is done, whatever a screen makes of it.
            logger.exception("a listener to commits failed")


def keys_beside(url: str) -> Keyring | None:
    """The keys of a SQLite file: ``station.key`` beside ``station.db``. A server has no beside."""
    target = make_url(url)
    if target.get_backend_name() != "sqlite" or target.database in {None, "", ":memory:"}:
        return None
    return Keyring(Path(str(target.database)).with_suffix(".key"))


def _may_write(session: Session) -> None:
    """SQLite gives the pen with the transaction; a PostgreSQL that follows another has none."""
    if session.connection().dialect.name != "sqlite" and session.scalar(
            text("SELECT pg_is_in_recovery()")):
        raise WritesStoppedError(Trouble.GONE)


def _lost_a_race(error: Exception) -> bool:
    if isinstance(error, exc.DBAPIError):
        return getattr(error.orig, "sqlstate", "") in _LOST
    return True  # a row's version was another one than was read


def _views(engine: Engine) -> Engine:
    """PostgreSQL's engine for looking: one snapshot for all statements, and nothing changes."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _pooled_engine(url: str) -> Engine:
    return create_engine(url, pool_size=16, max_overflow=32, pool_pre_ping=True,
                         hide_parameters=True)


def _sqlite_engine(url: str, *, readers: bool) -> Engine:
    engine = create_engine(
        url, pool_size=8, max_overflow=64, hide_parameters=True,
        connect_args={"timeout": 10, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" below says BEGIN itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL: with NORMAL a power cut loses acknowledged scans.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # In KiB. Readers are many, and have the system's cache behind them: each keeps little.
        cursor.execute(f"PRAGMA cache_size=-{2_000 if readers else 16_000}")
        if readers:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return engine


class _Piece:
    """One piece of work on its way through a commit, and what became of it."""

    __slots__ = ("error", "leads", "ready", "result", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.ready = threading.Lock()
        self.ready.acquire()  # released when the piece is done, or when its caller is to lead
        self.leads = False
        self.result: Any = None
        self.error: BaseException | None = None

    def outcome(self) -> Any:
        """What the work returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.result


class _Writer:
    """The one connection that writes to a SQLite file, and whose turn it is to use it."""

    def __init__(self, url: str, tell: Callable[[Iterable[str]], None]) -> None:
        self._engine = _sqlite_engine(url, readers=False)
        self._tell = tell
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._waiting: deque[_Piece] = deque()
        self._idle = threading.Event()
        self._idle.set()
        self._leader = 0  # the leading thread's identity, 0 while nobody writes
        self._closed = False
        self._stopped: Trouble | None = None  # why nothing is written any more

    def seal_with(self, keys: Keyring) -> None:
        sealed.use(self._engine, keys)

    def submit(self, work: Work[T]) -> T:
        piece = _Piece(work)
        if not self._may_lead(piece):
            self._wait(piece)
            if not piece.leads:
                return cast("T", piece.outcome())
        self._lead(piece)
        return cast("T", piece.outcome())

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._idle.wait()
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()

    def _may_lead(self, piece: _Piece) -> bool:
        """True if nobody writes; else the piece waits in line."""
        with self._lock:
            if self._leader == threading.get_ident():
                raise RuntimeError("a transaction cannot start another one")
            if self._closed:
                raise RuntimeError("the database is closed")
            if self._stopped is not None:
                raise WritesStoppedError(self._stopped)
            if self._leader:
                self._waiting.append(piece)
                return False
            self._leader = threading.get_ident()
            self._idle.clear()
            return True

    def _wait(self, piece: _Piece) -> None:
        try:
            piece.ready.acquire()
        except BaseException:
            # Interrupted while waiting: leave the line, and do not take the lead along.
            with self._lock:
                if piece in self._waiting:
                    self._waiting.remove(piece)
            if piece.leads:
                self._pass_on()
            raise

    def _lead(self, piece: _Piece) -> None:
        with self._lock:
            self._leader = threading.get_ident()
        batch, topics = [piece], list[str]()
        try:
            topics = self._commit_batch(batch, room=_BATCH)
        finally:
            self._pass_on()
            for done in batch[1:]:
                done.ready.release()
        self._tell(topics)

    def _pass_on(self) -> None:
        """Let the first who waits lead; nobody waiting, the next who comes will."""
        with self._lock:
            if not self._waiting:
                self._leader = 0
                self._idle.set()
                return
            following = self._waiting.popleft()
            following.leads = True
            self._leader = _SOMEBODY
        following.ready.release()

    def _joined_by(self, batch: list[_Piece], room: int) -> Iterator[_Piece]:
        """Each piece of the batch, and each that comes while they run, as long as there is room.

        Who comes a moment late so waits for one commit, and not for two.
        """
        for piece in batch:  # grows while it is walked
            yield piece
            with self._lock:
                if self._waiting and len(batch) < room:
                    batch.append(self._waiting.popleft())

    def _commit_batch(self, batch: list[_Piece], *, room: int = 1) -> list[str]:
        """Run and commit the pieces together; the topics that they gave notice of.

        If one fails, nothing of the batch was kept, and each is run again alone: a savepoint
        around every piece would cost all of them what only a failing one needs.
        """
        topics: list[str] = []
        try:
            if self._stopped is not None:
                raise WritesStoppedError(self._stopped)
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                for piece in self._joined_by(batch, room):
                    _run_one(self._connection, piece, topics)
        except BaseException as error:  # noqa: BLE001 - whatever stops the commit must reach callers
            self._undo(error)
            if len(batch) == 1 or self._stopped is not None:
                for piece in batch:
                    piece.error = error
                return []
            return [topic for piece in batch for topic in self._commit_batch([piece])]
        return topics

    def _undo(self, error: BaseException) -> None:
        """A COMMIT that failed may leave its transaction open; a failing disk ends the writing."""
        trouble = trouble_of(error)
        if trouble in LASTING:
            logger.critical("the database fails (%s): nothing is written any more", trouble)
            self._stopped = trouble
        raw: Any = self._connection.connection.dbapi_connection if self._connection else None
        if raw is not None and raw.in_transaction:
            with suppress(sqlite3.Error):  # the error before this one is the one to tell
                raw.rollback()


def _run_one(connection: Connection, piece: _Piece, topics: list[str]) -> None:
    session = Session(
        connection, join_transaction_mode="rollback_only", expire_on_commit=False, autoflush=True,
    )
    try:
        piece.result = piece.work(session)
        session.flush()
        topics += session.info.get("notices", ())
    finally:
        session.close()
