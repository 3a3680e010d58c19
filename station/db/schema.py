"""Bring a database's tables up to this version, and say where they differ from it.

A migration runs whole or not at all: in one transaction, alone on its database, with SQLite's
foreign keys looked at once at the end (a table that is rebuilt would break them on the way).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import make_url

from station.db.keys import Keyring
from station.db.models import Base, Chore
from station.db.models.records import WRITE_ANEW
from station.db.session import keys_beside

_LOCK = 7_205_121  # any number, the same in every station: one migration at a time
_PATIENCE_MS = 60_000  # another station that starts beside this one may be changing the tables
HEAD = "head"
BASE = "base"
_SEALED_SINCE = "0003"
_CHORE = cast("Table", Chore.__table__)


class SchemaError(Exception):
    """A database cannot be brought to the version asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a database stands to this version: its revision, ours, and every difference in words."""

    revision: str | None
    head: str | None
    differences: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """True when the station may work on it."""
        return self.revision == self.head and not self.differences


def upgrade(url: str, revision: str = HEAD, *, keys: Keyring | None = None) -> str | None:
    """Make or change the tables up to ``revision``; the revision that was there before.

    ``keys`` seal what older tables hold in clear; a SQLite file has its own beside it.
    """
    before = _migrate(url, revision, command.upgrade, keys)
    if _is_asked(url):
        wipe(url)
        with transaction(url) as connection:
            connection.execute(_CHORE.delete().where(_CHORE.c.name == WRITE_ANEW))
    return before


def _is_asked(url: str) -> bool:
    """True while this upgrade's own wiping waits, or one that was killed before it."""
    with _engine(url) as engine, engine.connect() as connection:
        if not inspect(connection).has_table(_CHORE.name):
            return False
        return connection.execute(
            select(_CHORE.c.name).where(_CHORE.c.name == WRITE_ANEW)).first() is not None


def downgrade(url: str, revision: str = BASE, *, keys: Keyring | None = None) -> str | None:
    """Take changes back down to ``revision``; the revision that was there before."""
    return _migrate(url, revision, command.downgrade, keys)


def wipe(url: str) -> None:
    """Write the tables anew, so that nothing deleted or replaced lingers in the database's files.

    Nobody else may be at work on them meanwhile; it takes as long as copying the database.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _plain_transactions)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.exec_driver_sql("VACUUM FULL")
    finally:
        engine.dispose()


def revisions() -> list[str]:
    """Every revision there is, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [step.revision for step in script.walk_revisions()][::-1]


def standing(url: str) -> Standing:
    """Compare the database with this version and change nothing."""
    with _engine(url) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        head = ScriptDirectory.from_config(alembic_config()).get_current_head()
        revision = context.get_current_revision()
        if revision != head:
            return Standing(revision, head, ())
        found = compare_metadata(context, Base.metadata)
        return Standing(revision, head, tuple(_in_words(difference) for difference in found))


def is_empty(url: str) -> bool:
    """True for a database that has no tables yet, or a file that is not there; makes neither."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite" and not Path(target.database or "").exists():
        return True
    with _engine(url) as engine, engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return revision is None and not names


def _migrate(url: str, revision: str, step: Any, keys: Keyring | None) -> str | None:
    _make_folder(url)
    with transaction(url) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        _refuse_foreign_tables(connection, before)
        config = alembic_config()
        config.attributes["connection"] = connection
        config.attributes["keys"] = keys or keys_beside(url)
        step(config, revision)
        _check_references(connection)
        if before is not None and before < _SEALED_SINCE:
            _ask_to_write_anew(connection)
    return before


def _ask_to_write_anew(connection: Connection) -> None:
    """What stood in clear was sealed; a kill before the tables are written anew must not matter."""
    if inspect(connection).has_table(_CHORE.name) and connection.execute(
            select(_CHORE.c.name).where(_CHORE.c.name == WRITE_ANEW)).first() is None:
        connection.execute(insert(_CHORE).values(
            name=WRITE_ANEW, asked=1, since=datetime.now(UTC)))


def _refuse_foreign_tables(connection: Connection, revision: str | None) -> None:
    names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if revision is None and names:
        listed = ", ".join(sorted(names)[:5])
        raise SchemaError(f"the database holds tables that this station did not make: {listed}")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SchemaError(f"references broken by the migration: {broken[:3]}")


def _make_folder(url: str) -> None:
    target = make_url(url)
    if target.get_backend_name() == "sqlite" and target.database:
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def transaction(url: str) -> Iterator[Connection]:
    """One transaction with no other migration beside it; kept if nothing raises."""
    with _engine(url) as engine, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield connection


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        # The driver would commit before each CREATE TABLE; our own BEGIN keeps them together.
        event.listen(engine, "connect", _plain_transactions)
        event.listen(engine, "begin", _begin_immediate)
    try:
        yield engine
    finally:
        engine.dispose()


def _plain_transactions(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def alembic_config() -> Config:
    """Alembic's settings; a caller adds the connection of a running transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _in_words(difference: Any) -> str:
    """One of alembic's difference tuples (or lists of them) as a short sentence."""
    if isinstance(difference, list):
        return "; ".join(_in_words(part) for part in difference)
    kind, *rest = difference
    return f"{kind} {' '.join(str(part) for part in rest if part is not None)}"
