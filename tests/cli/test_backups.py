"""`station backup` and `station restore`, and what a start says of a database that is not sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from station.cli.command import FOUND, OK
from station.db import backup, schema
from station.db.models import Courier
from station.db.session import Database

Station = Callable[..., tuple[int, str]]


@pytest.fixture
def url(shop: Path) -> str:
    path = f"sqlite:///{shop / 'packbench.db'}"
    schema.upgrade(path)
    database = Database(path)
    for n in range(300):
        database.write(lambda s, n=n: s.add(Courier(carrier="STO", name=f"{n}", phone="")))
    database.close()
    return path


def copies(shop: Path) -> list[Path]:
    return [copy.path for copy in backup.copies(shop / "var" / "backups")]


def damage(shop: Path) -> None:
    path = shop / "packbench.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:5000] + b"\xff" * 30000 + whole[35000:])


@pytest.mark.fault("F14")
def test_a_shop_goes_from_damage_to_its_copy_by_the_commands_that_it_is_told(
    station: Station, shop: Path, url: str
) -> None:
    config = ("-c", shop / "station.toml")
    code, said = station("backup", *config)
    assert code == OK
    assert copies(shop)[0].name in said
    damage(shop)
    code, said = station("serve", *config)
    assert (code, said.count("\n")) == (FOUND, 1)
    assert f"station restore {copies(shop)[0]}" in said
    code, said = station("doctor", *config)
    assert code == FOUND
    assert "station restore" in said
    code, said = station("restore", copies(shop)[0].name, *config)
    assert code == OK
    assert "before-" in said
    assert backup.damage(url) == ""
    assert schema.standing(url).is_current


@pytest.mark.fault("F14")
@pytest.mark.parametrize("harm", ["gone", "empty"])
def test_a_database_that_vanished_is_not_begun_anew_by_surprise(
    station: Station, shop: Path, url: str, harm: str
) -> None:
    config = ("-c", shop / "station.toml")
    station("backup", *config)
    path = shop / "packbench.db"
    for each in shop.glob("packbench.db*"):
        each.unlink()
    if harm == "empty":
        path.touch()
    code, said = station("serve", *config)
    assert code == FOUND
    assert "station restore" in said
    assert station("db", "upgrade", *config)[0] == OK, "whoever wants to begin anew may"
    assert schema.standing(url).is_current


def test_copies_are_listed_newest_first(station: Station, shop: Path, url: str) -> None:
    assert station("backup", "-c", shop / "station.toml", "--list") == (OK, "")
    station("backup", "-c", shop / "station.toml")
    backup.make(url, shop / "var" / "backups", now=copies_at(shop), kind="before-upgrade-0001")
    code, said = station("backup", "-c", shop / "station.toml", "--list")
    assert code == OK
    assert [line.split()[-1] for line in said.splitlines()] == [str(one) for one in copies(shop)]


def copies_at(shop: Path):
    return backup.copies(shop / "var" / "backups")[0].at


def test_a_copy_that_is_not_there_is_one_line(station: Station, shop: Path, url: str) -> None:
    code, said = station("restore", "none.db", "-c", shop / "station.toml")
    assert (code, said.count("\n")) == (FOUND, 1)
    assert "none.db" in said


def test_an_upgrade_makes_a_copy_first_and_only_if_there_is_something_to_change(
    station: Station, shop: Path
) -> None:
    config = ("-c", shop / "station.toml")
    url = f"sqlite:///{shop / 'packbench.db'}"
    schema.upgrade(url, schema.revisions()[0])
    code, said = station("db", "upgrade", *config)
    assert code == OK
    (made,) = copies(shop)
    assert made.name.startswith(f"before-upgrade-{schema.revisions()[0]}-")
    assert str(made) in said
    assert schema.standing(f"sqlite:///{made}").revision == schema.revisions()[0]
    station("db", "upgrade", *config)
    assert copies(shop) == [made]
    code, said = station("restore", made, *config)
    assert code == OK
    assert "station db upgrade" in said


def test_the_doctor_tells_of_the_newest_copy_and_of_a_broken_one(
    station: Station, shop: Path, url: str
) -> None:
    config = ("-c", shop / "station.toml")
    assert "none yet" in station("doctor", *config)[1]
    station("backup", *config)
    assert copies(shop)[0].name in station("doctor", *config)[1]
    whole = copies(shop)[0].read_bytes()
    copies(shop)[0].write_bytes(whole[:5000] + b"\xff" * 9000 + whole[14000:])
    code, said = station("doctor", *config)
    assert code == FOUND
    assert "the backup is damaged" in said
    text = (shop / "station.toml").read_text(encoding="utf-8")
    (shop / "station.toml").write_text(
        text.replace("[backup]", "[backup]\nevery_hours = 0"), encoding="utf-8")
    assert "switched off" in station("doctor", *config)[1]


@pytest.mark.fault("F11")
def test_the_doctor_tells_when_the_disk_is_nearly_full(
    station: Station, shop: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 100 * 2**20

    monkeypatch.setattr("station.services.health.shutil.disk_usage", lambda _place: Usage)
    code, said = station("doctor", "-c", shop / "station.toml")
    assert code == FOUND
    assert "only 100 MB left" in said
