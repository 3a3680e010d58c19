"""The database's two doors: durable when it returns, undone when it raises, one owner of writes."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from station.db.models import Alarm, Courier
from station.db.session import Database, notice

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def add(name: str) -> Any:
    def work(session: Session) -> str:
        session.add(Courier(carrier="STO", name=name, phone=""))
        return name

    return work


def somebody_waits(database: Database) -> None:
    """Return once another thread stands in the line of the writers."""
    late = time.monotonic() + 60
    while not database._writer._waiting:
        assert time.monotonic() < late
        threading.Event().wait(0.001)


def names(database: Database) -> list[str]:
    return database.read(lambda s: list(s.scalars(select(Courier.name).order_by(Courier.id))))


def test_what_was_written_is_there_for_the_next_reader(database: Database) -> None:
    assert database.write(add("王")) == "王"
    assert names(database) == ["王"]


def test_work_that_raises_leaves_nothing_and_tells_its_caller(database: Database) -> None:
    def broken(session: Session) -> None:
        add("王")(session)
        session.flush()
        raise LookupError("no such bag")

    with pytest.raises(LookupError, match="no such bag"):
        database.write(broken)
    assert names(database) == []
    database.write(add("李"))
    assert names(database) == ["李"]


def test_reading_keeps_nothing(database: Database) -> None:
    def sneaky(session: Session) -> None:
        add("王")(session)
        session.flush()

    with pytest.raises(DBAPIError, match=r"read-?only"):
        database.read(sneaky)
    assert names(database) == []


@pytest.mark.fault("F13")
def test_many_threads_write_and_each_piece_stands_or_falls_alone(database: Database) -> None:
    failed: list[int] = []

    def write(number: int) -> None:
        def work(session: Session) -> None:
            add(str(number))(session)
            session.flush()
            if number % 5 == 0:
                raise ValueError("every fifth")

        try:
            database.write(work)
        except ValueError:
            failed.append(number)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(failed) == list(range(0, 40, 5))
    assert sorted(map(int, names(database))) == [n for n in range(40) if n % 5]


def test_pieces_that_wait_together_are_committed_together(sqlite_database: Database) -> None:
    commits: list[int] = []
    first_is_in, may_go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        add("first")(session)
        first_is_in.set()
        may_go_on.wait(60)

    def counted(name: str) -> Any:
        def work(session: Session) -> None:
            add(name)(session)
            session.flush()
            commits.append(id(session.connection()))

        return work

    starter = threading.Thread(target=sqlite_database.write, args=(slow,))
    starter.start()
    first_is_in.wait(60)
    threads = [
        threading.Thread(target=sqlite_database.write, args=(counted(str(n)),)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    may_go_on.set()
    for thread in [starter, *threads]:
        thread.join()
    assert len(names(sqlite_database)) == 9
    assert len(set(commits)) == 1


def test_who_comes_while_others_are_run_goes_with_their_commit(sqlite_url: str) -> None:
    commits: list[list[str]] = []
    database = Database(sqlite_url, on_commit=lambda topics: commits.append(list(topics)))
    late: list[threading.Thread] = []

    def early(session: Session) -> None:
        notice(session, "early")
        late.append(threading.Thread(
            target=database.write, args=(lambda s: notice(s, "late"),)))
        late[0].start()
        somebody_waits(database)

    database.write(early)
    late[0].join()
    database.close()
    assert commits == [["early", "late"]]


def test_one_that_fails_takes_nobody_along_who_came_late(sqlite_database: Database) -> None:
    late: list[threading.Thread] = []

    def early(session: Session) -> None:
        add("early")(session)
        if not late:  # run again alone after the late one failed, it calls nobody
            late.append(threading.Thread(target=failing))
            late[0].start()
            somebody_waits(sqlite_database)

    def failing() -> None:
        def work(session: Session) -> None:
            add("late")(session)
            raise LookupError

        with pytest.raises(LookupError):
            sqlite_database.write(work)

    sqlite_database.write(early)
    late[0].join()
    assert names(sqlite_database) == ["early"]


def test_notices_are_told_after_the_commit_and_never_for_undone_work(
    sqlite_url: str,
) -> None:
    told: list[str] = []
    database = Database(sqlite_url, on_commit=told.extend)

    def work(session: Session, topic: str, *, fail: bool) -> None:
        notice(session, topic)
        if fail:
            raise LookupError

    database.write(lambda s: work(s, "parcels", fail=False))
    with pytest.raises(LookupError):
        database.write(lambda s: work(s, "never", fail=True))
    database.close()
    assert told == ["parcels"]


@pytest.mark.fault("F9")
def test_every_connection_to_sqlite_waits_for_the_disk(sqlite_database: Database) -> None:
    def settings(session: Session) -> tuple[Any, ...]:
        return tuple(
            session.scalar(text(f"PRAGMA {name}"))
            for name in ("synchronous", "journal_mode", "foreign_keys")
        )

    assert sqlite_database.write(settings) == (2, "wal", 1)
    assert sqlite_database.read(settings) == (2, "wal", 1)


def test_a_transaction_cannot_start_another(database: Database) -> None:
    with pytest.raises(RuntimeError, match="cannot start another"):
        database.write(lambda _: database.write(add("王")))
    assert database.write(add("李")) == "李"
    assert names(database) == ["李"]


def test_a_view_shows_one_moment_however_much_is_written_beside_it(database: Database) -> None:
    def look(session: Session) -> tuple[int, int]:
        before = session.scalar(select(func.count()).select_from(Courier)) or 0
        writer = threading.Thread(target=database.write, args=(add("王"),))
        writer.start()
        writer.join()
        return before, session.scalar(select(func.count()).select_from(Courier)) or 0

    assert database.read(look) == (0, 0)
    assert names(database) == ["王"]


def test_a_listener_that_fails_stops_no_writing(database: Database) -> None:
    def broken(_topics: Any) -> None:
        raise LookupError("a screen went away")

    database.on_commit = broken
    for name in "王李":
        assert database.write(lambda s, name=name: (notice(s, "x"), add(name)(s))[1]) == name
    assert names(database) == ["王", "李"]


def test_a_row_that_two_enter_at_once_is_entered_once_and_nobody_hears_of_the_race(
    database: Database,
) -> None:
    tries: list[int] = []
    both_looked = threading.Barrier(1 if database.is_sqlite else 2)

    def enter(session: Session) -> str:
        tries.append(1)
        known = session.scalar(select(Alarm.code).where(Alarm.subject == "pool"))
        if known is not None:
            return "known"
        if len(tries) <= 2:
            both_looked.wait(60)
        session.add(Alarm(code="x", subject="pool", facts={}, at=NOW))
        return "new"

    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(database.write(enter)))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["known", "new"]


@pytest.mark.postgres
def test_a_row_that_is_there_already_is_an_error_after_some_tries(postgres_url: str) -> None:
    database = Database(postgres_url)
    tries: list[int] = []

    def twice(session: Session) -> None:
        tries.append(1)
        for _ in range(2):
            session.add(Alarm(code="x", subject="pool", facts={}, at=NOW))
        session.flush()

    with pytest.raises(DBAPIError, match="uq_alarm_open"):
        database.write(twice)
    database.close()
    assert 1 < len(tries) < 30


def test_a_closed_database_says_so(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.write(add("王"))
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write(add("李"))


def test_a_naive_time_is_refused_and_an_aware_one_comes_back_as_utc(database: Database) -> None:
    def alarm(at: datetime) -> Any:
        return lambda s: s.add(Alarm(code="x", subject="", facts={}, at=at))

    with pytest.raises(StatementError, match="aware"):
        database.write(alarm(datetime(2026, 11, 23)))  # noqa: DTZ001 - the very thing refused
    database.write(alarm(NOW))
    assert database.read(lambda s: s.scalars(select(Alarm.at)).one()) == NOW


@pytest.mark.fault("F11")
def test_a_full_disk_fails_the_work_and_keeps_what_was_there(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    database.write(add("王"))
    pages = database.read(lambda s: s.scalar(text("PRAGMA page_count")))

    def fill(session: Session) -> None:
        session.execute(text(f"PRAGMA max_page_count={pages}"))
        for n in range(2000):
            add(f"{n:064d}")(session)
        session.flush()

    with pytest.raises(DBAPIError, match="full"):
        database.write(fill)
    assert database.read(lambda s: s.scalar(select(func.count()).select_from(Courier))) == 1
    database.close()


def test_the_pen_is_asked_for_without_writing_and_without_being_timed(database: Database) -> None:
    def timed() -> float:
        return next(sample.value for family in database.write_seconds.collect()
                    for sample in family.samples if sample.name.endswith("_count"))

    database.write(add("王"))
    before = timed()
    database.probe()
    database.probe()
    assert timed() == before == 1
    assert names(database) == ["王"]


def test_whoever_asks_for_the_pen_of_a_closed_database_hears_so(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.probe()
