"""The migrations and the models say the same, on both databases, up and down."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from station.db import schema
from station.db.models import Base


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'empty.db'}"
        return
    cluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create("template0")
    yield cluster.url(name)
    cluster.drop(name)


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_the_newest_migration_makes_exactly_the_tables_of_the_models(empty_url: str):
    assert schema.upgrade(empty_url) is None
    assert schema.standing(empty_url).differences == ()
    assert schema.standing(empty_url).is_current
    assert tables(empty_url) == {*Base.metadata.tables, "alembic_version"}


def test_every_migration_can_be_taken_back(empty_url: str):
    schema.upgrade(empty_url)
    schema.downgrade(empty_url)
    assert tables(empty_url) == {"alembic_version"}
    schema.upgrade(empty_url)
    assert schema.standing(empty_url).is_current


def test_each_step_goes_up_and_down_alone(empty_url: str):
    for revision in schema.revisions():
        schema.upgrade(empty_url, revision)
        assert schema.standing(empty_url).revision == revision
    for revision in reversed([schema.BASE, *schema.revisions()[:-1]]):
        schema.downgrade(empty_url, revision)
    assert schema.standing(empty_url).revision is None


def test_upgrading_twice_changes_nothing(empty_url: str):
    schema.upgrade(empty_url)
    assert schema.upgrade(empty_url) == schema.standing(empty_url).head


def test_a_database_that_lacks_a_column_is_named(empty_url: str):
    schema.upgrade(empty_url)
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE courier DROP COLUMN phone"))
    engine.dispose()
    found = schema.standing(empty_url)
    assert not found.is_current
    assert "courier" in found.differences[0]
    assert "phone" in found.differences[0]


def test_a_database_before_any_migration_is_behind_and_not_broken(empty_url: str, tmp_path: Path):
    (tmp_path / "new").mkdir()
    found = schema.standing(empty_url)
    assert (found.revision, found.differences, found.is_current) == (None, (), False)


def test_tables_of_another_program_are_left_alone(empty_url: str, tmp_path: Path):
    (tmp_path / "new").mkdir()
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (id INTEGER)"))
    engine.dispose()
    with pytest.raises(schema.SchemaError, match="somebody_elses"):
        schema.upgrade(empty_url)
    assert tables(empty_url) == {"somebody_elses"}


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
):
    def fail(connection):
        raise schema.SchemaError("stopped at the last moment")

    monkeypatch.setattr(schema, "_check_references", fail)
    with pytest.raises(schema.SchemaError, match="last moment"):
        schema.upgrade(empty_url)
    assert tables(empty_url) == set()


def test_two_stations_that_start_together_migrate_once(empty_url: str):
    before: list[str | None] = []
    starters = [threading.Thread(target=lambda: before.append(schema.upgrade(empty_url)))
                for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert sorted(before, key=str) == sorted([None, *[schema.standing(empty_url).head] * 2],
                                             key=str)


def test_references_broken_in_sqlite_are_found_before_the_commit(tmp_path: Path):
    path = tmp_path / "station.db"
    url = f"sqlite:///{path}"
    schema.upgrade(url)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO sku_barcode (barcode, sku_id) VALUES ('690', 999)")
    connection.commit()
    connection.close()
    with pytest.raises(schema.SchemaError, match="sku_barcode"):
        schema.upgrade(url)
