"""The database's two doors: ``read`` for looking, ``write`` for one transaction.

SQLite has one owner of the writes per process: a thread that takes work from a queue, commits
several waiting pieces together and answers each only after the commit. A session per thread
costs ten times the waiting under load. PostgreSQL does its own queueing: there, work runs where it
is called, in a pooled connection, and is run again from its beginning when it lost a race: against
a deadlock, a row that somebody else entered first, or a parcel that changed meanwhile. So work must
change nothing but the session, and a caller never hears of a race.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

logger = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Session], T]
Listener = Callable[[Iterable[str]], None]

_BATCH = 32  # pieces of work that share one commit at most
_TRIES = 12  # PostgreSQL: work that lost a race is run this often at most
_LOST = frozenset({"40001", "40P01", "23505"})  # serialization failure, deadlock, unique violation


def notice(session: Session, topic: str) -> None:
    """Tell the screens after the commit that ``topic`` changed; lossy, carries no work."""
    session.info.setdefault("notices", []).append(topic)


class Database:
    """One database by URL, with its owner thread where SQLite needs one. Close it when done."""

    def __init__(self, url: str, *, on_commit: Listener | None = None) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.on_commit = on_commit
        self.engine = _sqlite_engine(url, readers=True) if self.is_sqlite else _pooled_engine(url)
        self._writer = _Writer(url, self._tell) if self.is_sqlite else None
        self._views = self.engine if self.is_sqlite else _views(self.engine)
        self._writing = threading.local()

    def write(self, work: Work[T]) -> T:
        """Run ``work`` in one transaction; durable when this returns, undone if it raises."""
        if self._writer is not None:
            return self._writer.submit(work)
        return self._write_pooled(work)

    def read(self, work: Work[T]) -> T:
        """Run ``work`` on a consistent view; nothing it changes is kept."""
        with Session(self._views, expire_on_commit=False) as session:
            return work(session)  # closing the session ends the view; what was loaded stays usable

    def close(self) -> None:
        """Finish the waiting work, stop the owner thread and let go of every connection."""
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
            # It may run in the thread that owns the writes, and that one must not end.
            logger.exception("a listener to commits failed")


def _lost_a_race(error: Exception) -> bool:
    if isinstance(error, exc.DBAPIError):
        return getattr(error.orig, "sqlstate", "") in _LOST
    return True  # a row's version was another one than was read


def _views(engine: Engine) -> Engine:
    """PostgreSQL's engine for looking: one snapshot for all statements, and nothing changes."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _pooled_engine(url: str) -> Engine:
    return create_engine(url, pool_size=16, max_overflow=32, pool_pre_ping=True)


def _sqlite_engine(url: str, *, readers: bool) -> Engine:
    engine = create_engine(
        url, pool_size=8, max_overflow=64, connect_args={"timeout": 10, "check_same_thread": False},
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
        cursor.execute("PRAGMA cache_size=-16000")
        if readers:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return engine


class _Writer:
    """The one thread that writes to a SQLite file."""

    def __init__(self, url: str, tell: Callable[[Iterable[str]], None]) -> None:
        self._engine = _sqlite_engine(url, readers=False)
        self._tell = tell
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Work[T]) -> T:
        if threading.current_thread() is self._thread:
            raise RuntimeError("a transaction cannot start another one")
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._own, name="database-writer")
                self._thread.start()
            self._queue.put((work, future))
        return future.result()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join()
        self._engine.dispose()

    def _own(self) -> None:
        with self._engine.connect() as connection:
            while (batch := self._next_batch()) is not None:
                self._commit_batch(connection, batch)

    def _next_batch(self) -> list[tuple[Work[Any], Future[Any]]] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < _BATCH:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._queue.put(None)  # seen too early: leave it for the next round
                break
            batch.append(following)
        return batch

    def _commit_batch(
        self, connection: Connection, batch: list[tuple[Work[Any], Future[Any]]]
    ) -> None:
        done: list[tuple[Future[Any], Any]] = []
        topics: list[str] = []
        try:
            with connection.begin():
                for work, future in batch:
                    _run_one(connection, work, future, done, topics, alone=len(batch) == 1)
        except BaseException as error:  # noqa: BLE001 - whatever stops the commit must reach callers
            _fail_all(batch, error)
            return
        for future, result in done:
            future.set_result(result)
        self._tell(topics)


def _run_one(
    connection: Connection,
    work: Work[Any],
    future: Future[Any],
    done: list[tuple[Future[Any], Any]],
    topics: list[str],
    *,
    alone: bool,
) -> None:
    """Run one piece of work; in company it has a savepoint, so that it fails alone."""
    savepoint = None if alone else connection.begin_nested()
    session = Session(
        connection, join_transaction_mode="rollback_only", expire_on_commit=False, autoflush=True,
    )
    try:
        result = work(session)
        session.flush()
    except BaseException as error:
        session.close()
        if savepoint is None:
            raise
        savepoint.rollback()
        future.set_exception(error)
        return
    topics += session.info.get("notices", ())
    session.close()
    if savepoint is not None:
        savepoint.commit()
    done.append((future, result))


def _fail_all(batch: list[tuple[Work[Any], Future[Any]]], error: BaseException) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
