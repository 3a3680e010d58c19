"""`station archive`: made from a database, proven without one, opened by a named person."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.archives import container
from station.cli.command import FOUND, OK
from station.services.archive_proof import prove_archive
from station.services.archiving import ABOUT, FORMAT, INDEX


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of one stub without history, as another station might have made it."""
    name, record = "stubs/773100000000001/record.json", container.as_json({"history": []})
    sealed = "stubs/773100000000001/consignee.json.sealed"
    secret = container.seal(container.new_key(), sealed, b"{}")
    digests = {name: sha256(record).hexdigest(),
               sealed: sha256(secret).hexdigest()}
    index = {"format": FORMAT, "carrier": "STO", "day": "2026-11-23", "part": 1, "stubs": [{
        "waybill_no": "773100000000001", "parcel": 1,
        "files": [{"name": one, "sha256": digest} for one, digest in digests.items()]}]}
    path = tmp_path / "STO.zip"
    container.write(path, [(ABOUT, b""), (name, record), (sealed, secret),
                           (INDEX, container.as_json(index))], Ed25519PrivateKey.generate())
    return path


@pytest.mark.rule("D7")
def test_an_archive_is_proven_without_a_shop(station: Any, archive: Path):
    code, said = station("archive", "verify", archive)
    proof = prove_archive(archive)
    assert code == OK
    assert "STO 2026-11-23, 1 张" in said
    assert proof.fingerprint in said
    assert station("archive", "verify", archive, "--sha256", proof.sha256.upper(),
                   "--key", proof.fingerprint)[0] == OK


def test_another_file_or_key_than_was_signed_for_is_said(station: Any, archive: Path):
    code, said = station("archive", "verify", archive, "--sha256", "00", "--key", "0000 0000")
    assert code == FOUND
    assert "校验值不同" in said
    assert "密钥不同" in said


def test_a_changed_archive_is_named_and_the_others_are_still_looked_at(
    station: Any, archive: Path, tmp_path: Path
):
    bad = tmp_path / "bad.zip"
    data = bytearray(archive.read_bytes())
    data[100] ^= 1
    bad.write_bytes(data)
    code, said = station("archive", "verify", bad, archive)
    assert code == FOUND
    assert f"✗ {bad}: 文件被改动过" in said
    assert f"✓ {archive}" in said


def test_a_file_that_is_not_there_is_said_in_words(station: Any, tmp_path: Path):
    code, said = station("archive", "verify", tmp_path / "none.zip")
    assert code == FOUND
    assert "Traceback" not in said


def test_a_new_shop_has_nothing_to_archive(station: Any, shop: Path):
    station("db", "upgrade", "-c", shop / "station.toml")
    code, said = station("archive", "make", "-c", shop / "station.toml")
    assert (code, "没有到期的底单" in said) == (OK, True)


def test_another_station_takes_out_the_record_and_nothing_personal(
    station: Any, shop: Path, archive: Path, tmp_path: Path
):
    station("db", "upgrade", "-c", shop / "station.toml")
    out = tmp_path / "out"
    code, said = station("archive", "open", archive, "773100000000001", "--out", out,
                         "--who", "王经理", "-c", shop / "station.toml")
    assert (code, "密钥已销毁" in said) == (OK, True)
    assert [path.name for path in out.iterdir()] == ["record.json"]
    code, said = station("archive", "open", archive, "1", "--out", out, "--who", "王经理",
                         "-c", shop / "station.toml")
    assert (code, "归档里没有" in said) == (FOUND, True)
