"""`station keys`, and a station whose key file is lost or belongs elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from station.cli.command import FOUND, OK
from station.config import load
from station.db.keys import Keyring
from station.db.models import Courier, PageImage, PrintJob
from station.db.session import Database

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def place(station, tmp_path: Path) -> Path:
    station("init", tmp_path)
    station("db", "upgrade", "-c", tmp_path / "station.toml")
    return tmp_path


def config_of(place: Path) -> tuple[str, Path]:
    return "-c", place / "station.toml"


def enter(place: Path) -> None:
    config = load(place / "station.toml")
    database = Database(config.database_url, keys=Keyring(config.key_file))

    def rows(session) -> None:
        session.add(Courier(carrier="STO", name="小王", phone="13912345678"))
        session.add(PrintJob(kind="waybill", created_at=NOW, images=[PageImage(page=1, png=b"x")]))

    database.write(rows)
    database.close()


def test_the_keys_lie_beside_the_database_and_are_checked(station, place: Path):
    enter(place)
    assert (place / "packbench.key").exists()
    code, said = station("keys", "check", *config_of(place))
    assert (code, "2 项 values" in said) == (OK, True)


def test_rotating_seals_everything_anew_and_the_old_key_can_be_let_go(station, place: Path):
    enter(place)
    old = (place / "packbench.key").read_text()
    code, said = station("keys", "rotate", "--forget", *config_of(place))
    assert (code, "sealed anew: 3 项 values, 0 个文件 files" in said) == (OK, True)
    database = Database(load(place / "station.toml").database_url)
    assert database.read(lambda s: s.scalar(select(Courier.phone))) == "13912345678"
    assert database.read(lambda s: s.scalar(select(PageImage.png))) == b"x"
    database.close()
    (place / "packbench.key").write_text(old)
    code, said = station("keys", "check", *config_of(place))
    assert (code, "does not belong to this database" in said) == (FOUND, True)


def test_a_lost_key_file_is_told_before_anything_is_written_and_none_is_made(
    station, place: Path
):
    enter(place)
    (place / "packbench.key").rename(place / "elsewhere")
    for command in ("verify", "doctor", "staff list"):
        code, said = station(*command.split(), *config_of(place))
        assert (code, "is gone" in said) == (FOUND, True), said
    assert not (place / "packbench.key").exists()
    (place / "elsewhere").rename(place / "packbench.key")
    assert station("verify", *config_of(place))[0] == OK


def test_a_key_file_that_others_may_read_is_told_by_the_doctor(station, place: Path):
    enter(place)
    (place / "packbench.key").chmod(0o644)
    code, said = station("doctor", *config_of(place))
    assert (code, "chmod 600" in said) == (FOUND, True)


def test_the_key_file_may_lie_elsewhere(station, place: Path, tmp_path: Path):
    text = (place / "station.toml").read_text()
    (place / "station.toml").write_text(
        text.replace('#key_file = "/etc/packbench/packbench.key"', 'key_file = "safe/k.key"'))
    enter(place)
    assert (place / "safe" / "k.key").exists()
    assert not (place / "packbench.key").exists()
    assert station("keys", "check", *config_of(place))[0] == OK


def test_a_printed_digest_is_compared_and_a_mistyped_one_is_a_misuse(station, place: Path):
    code, said = station("verify", "--head", "#12 ABCDEF12", *config_of(place))
    assert (code, "no signed head begins" in said) == (FOUND, True)
    assert station("verify", "--head", "not hex", *config_of(place))[0] == 2
