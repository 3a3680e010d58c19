"""A shop's records go through every upgrade since the first version, and none is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, MetaData, Table, create_engine, func, select

from station.db import schema
from station.db.keys import Keyring

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
ROWS = 3


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def first_url(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A database as the first version made it."""
    cluster = name = None
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        name = cluster.create("template0")
        url = cluster.url(name)
    schema.upgrade(url, schema.revisions()[0])
    yield url
    if cluster is not None:
        cluster.drop(name)


def value_of(column: Any, n: int) -> Any:
    """Something that fits into the column, another in each row."""
    if column.foreign_keys:
        return n
    if isinstance(column.type, JSON):
        return [n]
    kind = column.type.python_type
    if kind is str:
        return f"{n}{column.name}"[: getattr(column.type, "length", None) or 40]
    return {int: n, bool: True, datetime: NOW, date: NOW.date(), bytes: b"x", float: 1.0}[kind]


def fill(url: str) -> dict[str, int]:
    """Rows in every table of the first version; how many each has."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            for n in range(1, ROWS + 1):
                row = {column.name: value_of(column, n) for column in table.columns
                       if not _is_own_number(column)}
                connection.execute(table.insert().values(**row))
    engine.dispose()
    return count(url)


def _is_own_number(column: Any) -> bool:
    return bool(column.primary_key and not column.foreign_keys
                and column.type.python_type is int)


def count(url: str) -> dict[str, int]:
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                 for name, table in tables.tables.items() if name != "alembic_version"}
    engine.dispose()
    return found


def kept(url: str, table: str, column: str) -> list[Any]:
    engine = create_engine(url)
    found = Table(table, MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        rows = list(connection.execute(select(found.c[column]).order_by(found.c.id)).scalars())
    engine.dispose()
    return rows


@pytest.mark.fault("F31")
def test_records_of_the_first_version_are_all_there_after_every_upgrade(
    first_url: str, tmp_path: Path
) -> None:
    keys = Keyring(tmp_path / "keys.toml")
    before = fill(first_url)
    assert min(before.values()) == ROWS
    for revision in schema.revisions()[1:]:
        schema.upgrade(first_url, revision, keys=keys)
        after = count(first_url)
        lost = {name: rows for name, rows in before.items() if after.get(name, 0) < rows}
        assert lost == {}, f"lost by {revision}"
    assert schema.standing(first_url).is_current
    assert kept(first_url, "parcel", "waybill_no") == [f"{n}waybill_no" for n in range(1, ROWS + 1)]
    assert kept(first_url, "history", "kind") == [f"{n}kind" for n in range(1, ROWS + 1)]
