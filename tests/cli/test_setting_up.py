"""`station init`, then the database's first steps, as a newcomer runs them."""

from pathlib import Path

import pytest

from station.cli.command import FOUND, OK
from station.config import load, webhook_secret
from station.db import schema


def test_init_writes_settings_that_are_read_and_a_secret(station, tmp_path: Path):
    code, said = station("init", tmp_path / "shop", "--shop", "甲店")
    config = load(tmp_path / "shop" / "station.toml")
    assert code == OK
    for step in ("[paper.sender]", "[[bench]]", "station doctor -c", "station serve -c"):
        assert step in said
    assert station("doctor", "-c", tmp_path / "shop" / "station.toml")[0] == OK
    assert config.station.shop == "甲店"
    assert webhook_secret(config).startswith("whsec_")


def test_init_never_replaces_what_is_there(station, tmp_path: Path):
    (tmp_path / "station.toml").write_text("[web]\nport = 1\n", encoding="utf-8")
    code, said = station("init", tmp_path)
    assert code == FOUND
    assert "已存在" in said
    assert (tmp_path / "station.toml").read_text(encoding="utf-8") == "[web]\nport = 1\n"
    assert not (tmp_path / "webhook.secret").exists()


def test_init_keeps_a_secret_that_the_shop_already_has(station, tmp_path: Path):
    station("init", tmp_path)
    secret = (tmp_path / "webhook.secret").read_bytes()
    (tmp_path / "station.toml").unlink()
    assert station("init", tmp_path)[0] == OK
    assert (tmp_path / "webhook.secret").read_bytes() == secret


def test_init_can_name_the_database(station, tmp_path: Path):
    station("init", tmp_path, "--database", "postgresql+psycopg://u@h/d")
    assert load(tmp_path / "station.toml").database_url == "postgresql+psycopg://u@h/d"


def test_a_command_before_init_says_what_to_do(station, tmp_path: Path):
    code, said = station("verify", "-c", tmp_path / "station.toml")
    assert code == FOUND
    assert "station init" in said


def test_the_tables_are_made_checked_and_verified(station, tmp_path: Path):
    station("init", tmp_path)
    config = ("-c", tmp_path / "station.toml")
    code, said = station("db", "check", *config)
    assert (code, "station db upgrade" in said) == (FOUND, True)
    code, said = station("db", "upgrade", *config)
    assert (code, f"- -> {schema.revisions()[-1]}" in said) == (OK, True)
    code, said = station("db", "upgrade", *config)
    assert (code, "已是最新" in said) == (OK, True)
    assert station("db", "check", *config)[0] == OK
    assert station("verify", *config) == (OK, "全部记录 all chains: 完整 unbroken\n")


def test_a_password_is_never_shown(station, tmp_path: Path):
    url = "postgresql+psycopg://station:secretword@127.0.0.1:1/packbench"
    station("init", tmp_path, "--database", url)
    for words in (["db", "check"], ["db", "upgrade"], ["verify"], ["doctor"]):
        code, said = station(*words, "-c", tmp_path / "station.toml")
        assert code == FOUND
        assert "secretword" not in said


def test_a_file_without_tables_is_told_in_one_line(station, tmp_path: Path):
    station("init", tmp_path)
    (tmp_path / "packbench.db").touch()
    code, said = station("verify", "-c", tmp_path / "station.toml")
    assert code == FOUND
    assert said.count("\n") == 1
    assert "还没有数据库" in said


def test_a_photograph_that_was_exchanged_is_named(station, tmp_path: Path):
    station("init", tmp_path)
    config = ("-c", tmp_path / "station.toml")
    station("db", "upgrade", *config)
    with schema.transaction(load(tmp_path / "station.toml").database_url) as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql(
            "INSERT INTO photograph (parcel_id, moment, camera, bench, who, taken_at, width,"
            " height, size, sha256, jpeg, kept_for) VALUES (7, 'open', '1-camera', '1', '',"
            " '2026-11-23 02:00:00', 1, 1, 3, 'abc', x'ffd8ff', '')")
    code, said = station("verify", *config)
    assert (code, "photograph 1 (parcel:7)" in said) == (FOUND, True)


@pytest.mark.parametrize("command", [
    ("verify",), ("waybill", "show", "773000000000001"), ("backup",), ("staff", "list"),
    ("key", "list"), ("keys", "check"), ("evidence", "773000000000001", "--pdf", "x.pdf"),
])
def test_a_command_before_there_is_a_database_says_what_makes_one(
    station, tmp_path: Path, command: tuple[str, ...]
):
    station("init", tmp_path)
    code, said = station(*command, "-c", tmp_path / "station.toml")
    assert code == FOUND
    assert "station import" in said
    assert "no such table" not in said
    assert not (tmp_path / "packbench.db").exists()
