"""What was destroyed leaves the database's files: now, or as soon as nobody stands in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from station.db import schema
from station.db.models import Hold, PageImage, Parcel
from station.domain.orders import Consignee
from station.jobs import ClockLoop
from station.services import chores, erasure, health, printing

WHO = Consignee("张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "暗号路8号", "317500")


def ended(shop: Any) -> int:
    """A parcel that ended so long ago that its buyer may be forgotten."""
    taken = shop.pay("E1", "JN8801-黑色-32", consignee=WHO)

    def end(session: Any, *, now: Any) -> None:
        session.get(Parcel, taken.parcel_id).state = "void"

    shop.write(end)
    shop.later(days=erasure.RETENTION.days + 1)
    return int(taken.parcel_id)


def forget(shop: Any) -> None:
    shop.write(erasure.erase, [ended(shop)], who="王经理", reason="asked")


def log_of(shop: Any) -> Path:
    return Path(str(make_url(shop.db.url).database) + "-wal")


@contextmanager
def old_view(shop: Any) -> Iterator[None]:
    """Somebody who reads the records as they were, and goes on reading."""
    file = make_url(shop.db.url).database
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM parcel").fetchone()
        yield
        reader.execute("ROLLBACK")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever empties the log does not wait for readers."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **facts: connect(
        *args, **{**facts, "timeout": 0.01}))


@pytest.mark.fault("F27")
def test_a_log_that_somebody_reads_is_emptied_when_he_has_gone(
    sqlite_shop: Any, hasty: None
) -> None:
    shop = sqlite_shop
    parcel_id = ended(shop)
    clock = ClockLoop(shop.db, shop.rules, now=lambda: shop.now)
    with old_view(shop):
        shop.write(erasure.erase, [parcel_id], who="王经理", reason="asked")
        assert not chores.empty_log(shop.db)
        assert log_of(shop).stat().st_size
        clock.step()
        assert shop.read(chores.waiting) == {chores.EMPTY_LOG}
        shop.later(minutes=16)
        assert shop.read(health.late, now=shop.now) == ("traces_left",)
    clock.step()
    assert shop.read(chores.waiting) == frozenset()
    assert shop.read(health.late, now=shop.now) == ()


@pytest.mark.fault("F27")
def test_a_log_that_cannot_be_emptied_for_any_reason_is_tried_again(
    sqlite_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(sqlite_shop)

    def fail() -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_shop.db, "empty_log", fail)
        assert not chores.empty_log(sqlite_shop.db)
    assert chores.empty_log(sqlite_shop.db)
    assert sqlite_shop.read(chores.waiting) == frozenset()


def test_what_is_destroyed_while_the_log_is_emptied_asks_for_it_once_more(
    sqlite_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(sqlite_shop)
    ask = partial(chores.ask, name=chores.EMPTY_LOG, now=sqlite_shop.now)
    monkeypatch.setattr(sqlite_shop.db, "empty_log", lambda: sqlite_shop.db.write(ask) or True)
    assert chores.empty_log(sqlite_shop.db)
    assert sqlite_shop.read(chores.waiting) == {chores.EMPTY_LOG}


def test_a_server_forgets_by_its_own_vacuum_and_has_no_such_chore(open_shop: Any) -> None:
    forget(open_shop)
    asked = {chores.EMPTY_LOG} if open_shop.db.is_sqlite else set()
    assert open_shop.read(chores.waiting) == asked
    assert chores.empty_log(open_shop.db)
    assert open_shop.read(chores.waiting) == frozenset()


@pytest.mark.fault("F27")
def test_a_label_that_was_drawn_before_he_was_forgotten_is_not_kept_afterwards(
    open_shop: Any
) -> None:
    shop = open_shop
    taken = shop.pay("E1", "JN8801-黑色-32", consignee=WHO)
    due = shop.read(printing.next_due, bench="1")
    shop.write(erasure.destroy, [taken.parcel_id], who="王经理", reason="asked")
    assert not shop.write(
        printing.start_sending, due, printer="p1", sha256="0" * 64, pages=[b"his name"])
    assert shop.read(lambda session: session.query(PageImage).count()) == 0
    assert shop.read(printing.next_due, bench="1") is None


# --- What an upgrade sealed ----------------------------------------------------------------------

SPOKEN = "客人暗号大王说放门口"


def with_old_words(shop: Any) -> None:
    """A hold whose reason and facts stand in clear, as the version before wrote them."""
    taken = shop.pay("W1", "JN8801-黑色-32")
    shop.db.write(lambda session: session.add(Hold(
        parcel_id=taken.parcel_id, code="x", since=shop.now, reason="x", facts={"a": "b"})))
    with schema.transaction(shop.db.url) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"),
                           {"head": schema.revisions()[-1]})
    schema.downgrade(shop.db.url, BEFORE, keys=shop.db.keys)
    with schema.transaction(shop.db.url) as connection:
        connection.execute(text("UPDATE hold SET reason = :words, facts = :facts"),
                           {"words": SPOKEN, "facts": f'{{"said": "{SPOKEN}"}}'})


BEFORE = schema.revisions()[schema.revisions().index("0014") - 1]


def rows(shop: Any) -> list[tuple[str, Any]]:
    return [(row.reason, row.facts) for row in shop.read(lambda s: s.query(Hold).all())]


@pytest.mark.fault("F27", "F31")
def test_words_of_an_earlier_version_are_sealed_and_leave_the_files(open_shop: Any) -> None:
    with_old_words(open_shop)
    schema.upgrade(open_shop.db.url, keys=open_shop.db.keys)
    kept = open_shop.read(lambda s: s.execute(text("SELECT reason, facts FROM hold")).one())
    assert all(str(value).strip('"').startswith("pb1:") for value in kept)
    assert rows(open_shop) == [(SPOKEN, {"said": SPOKEN})]
    assert open_shop.read(chores.waiting) == frozenset()
    if open_shop.db.is_sqlite:
        open_shop.db.close()
        file = Path(str(make_url(open_shop.db.url).database))
        for path in file.parent.glob(f"{file.name}*"):
            assert SPOKEN.encode() not in path.read_bytes(), path.name


@pytest.mark.fault("F31")
def test_an_upgrade_killed_before_it_wrote_the_tables_anew_does_it_at_the_next(
    open_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_old_words(open_shop)

    class KilledError(BaseException):
        pass

    def die(url: str) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(schema, "wipe", die)
        with pytest.raises(KilledError):
            schema.upgrade(open_shop.db.url, keys=open_shop.db.keys)
    assert schema.standing(open_shop.db.url).is_current
    assert open_shop.read(chores.waiting) == {chores.WRITE_ANEW}
    open_shop.later(days=20)
    assert "traces_left" in open_shop.read(
        health.late, now=open_shop.now + timedelta(days=3650))
    wiped: list[str] = []
    wipe = schema.wipe
    monkeypatch.setattr(schema, "wipe", lambda url: (wiped.append(url), wipe(url)))
    schema.upgrade(open_shop.db.url, keys=open_shop.db.keys)
    schema.upgrade(open_shop.db.url, keys=open_shop.db.keys)
    assert len(wiped) == 1
    assert open_shop.read(chores.waiting) == frozenset()
