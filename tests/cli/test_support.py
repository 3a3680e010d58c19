"""`station support`: one file for whoever helps, and nobody is named in it."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from station import config as configuration
from station import log
from station.cli import support
from station.cli.command import FOUND, LOG_NAME, OK

SETTINGS = """
[station]
shop = "张测试甲的小店"
database = "postgresql+psycopg://shop:geheim482913@db.lan/packbench"
[web]
port = 9000
tls_key = "/srv/zhangsan/station.key"
[webhook]
secret = "whsec_geheim482913"
[orders]
platform_url = "https://shop.example/api?token=geheim482913"
ship_call_at = "packed"
[paper.sender]
name = "张测试甲"
phone = "13912345678"
address = "新华路88号9幢"
[carriers.STO]
contact = "张测试甲"
phone = "13912345678"
[[bench]]
name = "1"
[bench.scale]
protocol = "st-gs"
port = "/dev/serial/by-id/usb-geheim482913"
[[bench.scanner]]
name = "left"
port = "COM4"
[bench.camera]
port = "http://shop:geheim482913@camera.lan/video"
"""
SECRETS = ("张测试甲", "13912345678", "新华路", "geheim", "482913", "zhangsan")


@pytest.fixture
def told(tmp_path: Path) -> dict[str, object]:
    return support.settings(configuration.parse(SETTINGS, tmp_path))


@pytest.mark.fault("F27")
def test_of_what_somebody_typed_only_that_he_did_is_shown(told: dict[str, object]):
    said = json.dumps(told, ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in said]
    assert told["webhook"] == {"secret": "(set)", "secret_file": ""}


def test_numbers_switches_and_choices_are_shown_as_they_are(told: dict[str, dict[str, object]]):
    assert told["web"]["port"] == 9000
    assert told["orders"]["ship_call_at"] == "packed"
    assert told["weighing"]["tolerance_percent"] == "2.0"
    assert told["weighing"]["check_weights_g"] == [500]
    bench = told["bench"][0]  # type: ignore[index]
    assert bench["scale"]["protocol"] == "st-gs"
    assert (bench["scale"]["port"], bench["camera"]["port"]) == ("…", "http://…")
    assert bench["scanner"][0]["port"] == "COM4"


@pytest.mark.parametrize(("address", "place"), [
    ("COM12", "COM12"), ("/dev/ttyUSB0", "/dev/ttyUSB0"), ("loop://left?logging=debug",
    "loop://left"), ("socket://10.0.0.9:4001", "socket://…"), ("lp://Zhang", "lp://…"),
    ("/srv/zhang/pipe", "…"),
])
def test_an_address_is_shown_where_it_names_a_place_at_the_computer(address: str, place: str):
    assert support._place(address) == place


def unpacked(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as made:
        return {name: made.read(name).decode() for name in made.namelist()}


@pytest.mark.fault("F27")
def test_the_file_holds_what_a_helper_needs_and_nothing_else(
    station: Callable[..., tuple[int, str]], shop: Path
):
    (shop / "var").mkdir(exist_ok=True)
    (shop / "var" / log.FILE_NAME).write_text("old line for 13912345678\n", encoding="utf-8")
    (shop / LOG_NAME).write_text(f"KeyError\n  {shop}/x.py:12\n", encoding="utf-8")
    assert station("db", "upgrade", "-c", shop / "station.toml")[0] == OK
    path = shop / "help.zip"
    code, said = station("support", "-c", shop / "station.toml", "--out", path)
    assert (code, "help.zip" in said) == (OK, True), said
    found = unpacked(path)
    assert list(found) == ["about.json", "settings.json", "database.json", "log.txt",
                           "errors.txt", "doctor.txt"]
    assert all(name in said for name in found), "what is in it is told"
    about, database = json.loads(found["about.json"]), json.loads(found["database.json"])
    assert "SQLAlchemy" in about["packages"]
    assert database["revision"] == database["head"]
    assert database["tables"]["parcel"] == 0
    assert "数据库 database" in found["doctor.txt"]
    assert found["log.txt"] == "old line for ***\n"
    assert found["errors.txt"] == "KeyError\n  ./x.py:12\n"
    assert str(shop) not in "".join(found.values())
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_is_never_written_over(
    station: Callable[..., tuple[int, str]], shop: Path
):
    path = shop / "help.zip"
    path.write_text("mine", encoding="utf-8")
    code, said = station("support", "-c", shop / "station.toml", "--out", path)
    assert (code, "help.zip" in said) == (FOUND, True)
    assert path.read_text("utf-8") == "mine"


def test_a_damaged_database_is_told_and_the_file_is_made_all_the_same(
    station: Callable[..., tuple[int, str]], shop: Path
):
    (shop / "packbench.db").write_bytes(b"SQLite format 3\0" + b"\7" * 9000)
    path = shop / "help.zip"
    assert station("support", "-c", shop / "station.toml", "--out", path)[0] == OK
    found = unpacked(path)
    assert json.loads(found["database.json"]) == {"trouble": "DatabaseError"}
    assert "[ !! ] 数据库 database" in found["doctor.txt"]
