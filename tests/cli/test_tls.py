"""`station tls`, and serving other computers only with it or against advice."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from station.cli.command import FOUND, OK
from station.config import parse
from web import cli

EVERYWHERE = "0.0.0.0"  # noqa: S104 - refused in these tests, never bound


def test_a_certificate_and_its_key_are_written_for_the_owner_only(
    station: Any, shop: Path
) -> None:
    code, said = station("tls", "-c", shop / "station.toml", "bench.lan", "192.168.1.20")
    assert code == OK
    assert "tls_cert" in said
    assert "bench.lan, 192.168.1.20" in said
    assert stat.S_IMODE((shop / "station.key").stat().st_mode) == 0o600
    again = station("tls", "-c", shop / "station.toml")
    assert again[0] == FOUND
    assert "已存在" in again[1]


@pytest.mark.parametrize("host", [EVERYWHERE, "192.168.1.20", "::", "bench.lan"])
def test_the_lan_is_not_served_without_tls(station: Any, shop: Path, host: str) -> None:
    code, said = station("serve", "-c", shop / "station.toml", "--host", host, "--port", "0")
    assert code == FOUND
    assert "station tls" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_computer_needs_none(host: str, tmp_path: Path) -> None:
    assert cli._lan(parse(f'[web]\nhost = "{host}"', tmp_path)) is None


def test_against_advice_it_goes_plain(tmp_path: Path) -> None:
    assert cli._lan(parse('[web]\nhost = "0.0.0.0"\nplain_lan = true', tmp_path)) is None


def test_a_certificate_that_is_none_is_told_in_one_line(station: Any, shop: Path) -> None:
    for name in ("a.crt", "a.key"):
        (shop / name).write_text("nothing", encoding="ascii")
    text = (shop / "station.toml").read_text(encoding="utf-8").replace(
        "[web]", '[web]\ntls_cert = "a.crt"\ntls_key = "a.key"', 1)
    (shop / "station.toml").write_text(text, encoding="utf-8")
    code, said = station("serve", "-c", shop / "station.toml", "--host", EVERYWHERE)
    assert code == FOUND
    assert "a.crt" in said


def test_the_doctor_looks_at_the_certificate(station: Any, shop: Path) -> None:
    station("tls", "-c", shop / "station.toml", "bench.lan")
    text = (shop / "station.toml").read_text(encoding="utf-8").replace(
        "[web]", '[web]\ntls_cert = "station.crt"\ntls_key = "station.key"', 1)
    (shop / "station.toml").write_text(text, encoding="utf-8")

    def line() -> str:
        said = station("doctor", "-c", shop / "station.toml")[1]
        return next(one for one in said.splitlines() if "TLS" in one)

    assert "[ ok ]" in line()
    (shop / "station.key").chmod(0o644)
    assert "chmod 600" in line()
    (shop / "station.key").chmod(0o600)
    (shop / "station.key").write_text("nothing", encoding="ascii")
    assert "[ !! ]" in line()
