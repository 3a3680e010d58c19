"""The file of one sealed archive: a ZIP that betrays any byte that was changed.

Any program opens it. Inside, ``SHA256SUMS`` names every other member (``sha256sum -c`` agrees),
``seal.json`` signs that list with the station's Ed25519 key, and the ZIP's own comment is the
SHA-256 of all bytes before it: even what no member holds, a time stamp or a flag, is covered. What
is personal is sealed with AES-256-GCM, one key a parcel; those keys stay in the station's database,
so that a person can be forgotten and the archive still be proven.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUMS, SEAL = "SHA256SUMS", "seal.json"
LARGEST_MEMBER = 64 * 1024 * 1024
MOST_MEMBERS = 200_000
KEY_BYTES = 32
_NONCE_BYTES = 12
_PROMISE = b"packbench archive 1\n"
_MARK = b"packbench-archive-1 sha256:"
_COMMENT = len(_MARK) + 64
_STAMP = (1980, 1, 1, 0, 0, 0)  # the file is the same whenever it is written
_CHUNK = 1 << 20


class ArchiveError(Exception):
    """The file is no archive of ours, or not what was sealed. ``code`` says how, ``what`` where.

    ``code``: no_archive, changed, members, member, seal, unsealed.
    """

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code} {what}".strip())
        self.code, self.what = code, what


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file: the SHA-256 of all its bytes, and its size."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Proven:
    """A file that is whole: its digest, the key that signed it (hex), and the members' names."""

    sha256: str
    public_key: str
    names: tuple[str, ...]


def write(path: Path, members: Iterable[tuple[str, bytes]], signer: Ed25519PrivateKey) -> Written:
    """Write the archive beside its place, then move it there; nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("w+b") as file:
            _fill(file, members, signer)
            _close_with_digest(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            written = Written(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return written


def _fill(
    file: IO[bytes], members: Iterable[tuple[str, bytes]], signer: Ed25519PrivateKey
) -> None:
    sums: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            _add(archive, name, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        listed = "".join(sums).encode()
        _add(archive, SUMS, listed)
        seal = {"public_key": signer.public_key().public_bytes_raw().hex(),
                "signature": signer.sign(_PROMISE + listed).hex()}
        _add(archive, SEAL, json.dumps(seal, sort_keys=True).encode())
        archive.comment = _MARK + b"0" * 64


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    packed = not name.endswith(".sealed")  # ciphertext does not shrink
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    archive.writestr(entry, content)


def _close_with_digest(file: IO[bytes]) -> None:
    size = file.seek(0, os.SEEK_END)
    digest = _digest_before(file, size)
    file.seek(size - 64)
    file.write(digest.encode())


def _digest_before(file: IO[bytes], size: int) -> str:
    """The SHA-256 of everything but the 64 digits at the end."""
    file.seek(0)
    digest, left = hashlib.sha256(), size - 64
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


# --- Reading it again -----------------------------------------------------------------------------


def prove(path: Path) -> Proven:
    """Look at every byte of an archive. Raises ArchiveError with the first thing that is wrong."""
    with _opened(path) as (file, archive):
        names = _proven_members(archive)
        public_key = _proven_seal(archive)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Proven(digest, public_key, names)


def read(path: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The named members of an archive that was proven."""
    with _opened(path) as (_, archive):
        return {name: _member(archive, name) for name in names}


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BufferedReader, zipfile.ZipFile]]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _COMMENT))
        comment = file.read()
        if not comment.startswith(_MARK):
            raise ArchiveError("no_archive", path.name)
        if comment[len(_MARK):].decode("ascii", "replace") != _digest_before(file, size):
            raise ArchiveError("changed", path.name)
        try:
            with zipfile.ZipFile(file) as archive:
                yield file, archive
        except zipfile.BadZipFile:
            raise ArchiveError("no_archive", path.name) from None


def _proven_members(archive: zipfile.ZipFile) -> tuple[str, ...]:
    """Every member is on the list, and each is what the list says."""
    listed = _listed(archive)
    names = [entry.filename for entry in archive.infolist()]
    if len(names) > MOST_MEMBERS or sorted(names) != sorted([*listed, SUMS, SEAL]):
        raise ArchiveError("members")
    for name, digest in listed.items():
        if hashlib.sha256(_member(archive, name)).hexdigest() != digest:
            raise ArchiveError("member", name)
    return tuple(listed)


def _listed(archive: zipfile.ZipFile) -> dict[str, str]:
    rows = _member(archive, SUMS).decode("utf-8", "replace").splitlines()
    return {name: digest for digest, _, name in (row.partition("  ") for row in rows)}


def _proven_seal(archive: zipfile.ZipFile) -> str:
    try:
        seal = json.loads(_member(archive, SEAL))
        public_key = str(seal["public_key"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(seal["signature"]), _PROMISE + _member(archive, SUMS))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        raise ArchiveError("seal", SEAL) from None
    return public_key


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        if archive.getinfo(name).file_size > LARGEST_MEMBER:
            raise ArchiveError("member", name)
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise ArchiveError("member", name) from None


# --- What is personal -----------------------------------------------------------------------------


def new_key() -> bytes:
    """A key for what is personal of one parcel."""
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def seal(key: bytes, name: str, clear: bytes) -> bytes:
    """Encrypted for the member ``name``; it opens under no other name."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, name.encode())


def unseal(key: bytes, name: str, sealed: bytes) -> bytes:
    """What was sealed. Raises ArchiveError("unsealed") for another key or another name."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError):
        raise ArchiveError("unsealed", name) from None


def as_json(content: Mapping[str, object]) -> bytes:
    """A record as UTF-8 JSON that a person can read, with one spelling."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
