"""A sealed archive opens anywhere, and no byte of it can be another one."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from station.archives import container
from station.archives.container import ArchiveError

MEMBERS = [("index.json", b"{}"), ("说明.txt", "底单".encode()), ("a/b.sealed", bytes(range(256)))]


@pytest.fixture(scope="module")
def signer() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def archive(tmp_path: Path, signer: Ed25519PrivateKey) -> Path:
    path = tmp_path / "2026-11" / "STO.zip"
    container.write(path, MEMBERS, signer)
    return path


@pytest.mark.rule("D7")
def test_an_archive_is_proven_by_its_digest_and_its_signature(
    archive: Path, signer: Ed25519PrivateKey
):
    proven = container.prove(archive)
    assert proven.sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert proven.public_key == signer.public_key().public_bytes_raw().hex()
    assert proven.names == tuple(name for name, _ in MEMBERS)
    assert container.read(archive, ["index.json"]) == {"index.json": b"{}"}


def test_the_same_content_is_the_same_file(tmp_path: Path, signer: Ed25519PrivateKey):
    first = container.write(tmp_path / "a.zip", MEMBERS, signer)
    second = container.write(tmp_path / "b.zip", MEMBERS, signer)
    assert first == second
    assert (tmp_path / "a.zip").stat().st_size == first.size


@pytest.mark.rule("D7")
@pytest.mark.fault("F33")
def test_no_byte_can_be_changed_lost_or_added(archive: Path):
    whole = archive.read_bytes()
    for at in range(len(whole)):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ArchiveError):
            container.prove(archive)
    for torn in (whole[:-1], whole[1:], whole + b"\0", b"", whole[: len(whole) // 2]):
        archive.write_bytes(torn)
        with pytest.raises(ArchiveError):
            container.prove(archive)


def rewritten(path: Path, **changes: bytes | None) -> None:
    """The archive packed anew with other members and a digest that fits: a careful forger's."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members |= {name: content for name, content in changes.items() if content is not None}
    with path.open("w+b") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                if name not in changes or changes[name] is not None:
                    archive.writestr(name, content)
            archive.comment = b"packbench-archive-1 sha256:" + b"0" * 64
        size = file.seek(0, 2)
        file.seek(0)
        digest = hashlib.sha256(file.read(size - 64)).hexdigest()
        file.seek(size - 64)
        file.write(digest.encode())


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"index.json": b"{ }"}, "member"), ({"more.txt": b""}, "members"),
     ({"index.json": None}, "members"), ({"seal.json": b"{}"}, "seal"),
     ({"seal.json": b'{"public_key": "00", "signature": 5}'}, "seal"),
     ({"SHA256SUMS": b""}, "members"), ({"SHA256SUMS": b"\xff  x\n"}, "members")],
)
def test_a_forger_who_packs_it_anew_is_named_by_what_he_changed(
    archive: Path, changes: dict[str, bytes | None], code: str
):
    rewritten(archive, **changes)
    with pytest.raises(ArchiveError) as refused:
        container.prove(archive)
    assert refused.value.code == code


def test_a_forger_who_mends_the_list_too_fails_at_the_signature(archive: Path):
    content = b'{"parcels": []}'
    with zipfile.ZipFile(archive) as old:
        sums = old.read("SHA256SUMS").decode().splitlines()
    sums[0] = f"{hashlib.sha256(content).hexdigest()}  index.json"
    rewritten(archive, **{"index.json": content, "SHA256SUMS": "\n".join(sums).encode()})
    with pytest.raises(ArchiveError) as refused:
        container.prove(archive)
    assert refused.value.code == "seal"


def test_another_station_can_sign_but_shows_another_key(tmp_path: Path, archive: Path):
    container.write(tmp_path / "x.zip", MEMBERS, Ed25519PrivateKey.generate())
    assert container.prove(tmp_path / "x.zip").public_key != container.prove(archive).public_key


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"%PDF-1.7", b"x" * 4096])
def test_any_other_file_is_no_archive(tmp_path: Path, data: bytes):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="no_archive"):
        container.prove(path)


def test_an_archive_whose_zip_is_broken_inside_a_right_digest_is_refused(tmp_path: Path):
    body = b"PK\x03\x04 not a zip " + b"packbench-archive-1 sha256:"
    path = tmp_path / "a.zip"
    path.write_bytes(body + hashlib.sha256(body).hexdigest().encode())
    with pytest.raises(ArchiveError, match="no_archive"):
        container.prove(path)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here to agree with")
def test_another_program_agrees_with_the_list(archive: Path, tmp_path: Path):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "out")
        assert json.loads(packed.read("seal.json")).keys() == {"public_key", "signature"}
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "out", check=False,
                          capture_output=True)
    assert done.returncode == 0


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside(
    archive: Path, signer: Ed25519PrivateKey
):
    def members():
        yield "index.json", b"new"
        raise OSError("disk full")

    before = archive.read_bytes()
    with pytest.raises(OSError, match="disk full"):
        container.write(archive, members(), signer)
    assert archive.read_bytes() == before
    assert list(archive.parent.iterdir()) == [archive]


@settings(max_examples=30)
@given(st.binary(max_size=300), st.text(min_size=1, max_size=20))
def test_what_is_personal_opens_with_its_key_under_its_name_alone(clear: bytes, name: str):
    key = container.new_key()
    sealed = container.seal(key, name, clear)
    assert container.unseal(key, name, sealed) == clear
    for wrong_key, wrong_name in ((container.new_key(), name), (key, name + "x")):
        with pytest.raises(ArchiveError, match="unsealed"):
            container.unseal(wrong_key, wrong_name, sealed)
    with pytest.raises(ArchiveError, match="unsealed"):
        container.unseal(key, name, sealed[:5])
