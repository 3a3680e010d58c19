"""Carriers' statements on the disk: sealed while they come, opened for who works on them (D12).

Some carriers name the consignee of every parcel. A file is kept in the bills' folder under the
SHA-256 of what it says, in sealed pieces, each bound to its place in the file: after ``pbfile1``,
a line of its own, come each piece with its length in four bytes, and at the end a sealed nothing.

A statement that was written anew without somebody (``bill_stars``) is named by both digests, what
came and what is there.

Files that earlier versions kept in clear are read as they are, and sealed one by one.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from station.bills.trouble import StatementError
from station.db.keys import Keyring, KeyTrouble
from station.services.sealing import key_id

_MARK = b"pbfile1\n"
_PIECE = 1 << 20
_LENGTH = 4
_COMING, _AT_WORK = "coming-", "at-work"
_KEPT = re.compile("[0-9a-f]{64}(?:-[0-9a-f]{64})?")


def take_in(folder: Path, keys: Keyring | None, stream: IO[bytes]) -> str:
    """Keep what comes, sealed; the digest of its content, which is its name from now."""
    folder.mkdir(parents=True, exist_ok=True)
    coming, digest = _brought(folder, keys, stream)
    coming.replace(folder / digest)
    return digest


def _brought(folder: Path, keys: Keyring | None, stream: IO[bytes]) -> tuple[Path, str]:
    """What comes, sealed under a name that nobody looks for, and the digest of its content."""
    digest = sha256()

    def read() -> Iterator[bytes]:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            yield piece

    return _sealed(folder, _known(keys), read()), digest.hexdigest()


@contextmanager
def opened(path: Path, keys: Keyring | None, *, name: str) -> Iterator[Path]:
    """A kept file in clear, for as long as somebody reads it; its clear copy is gone afterwards.

    Raises StatementError if it is gone, or is not what was brought.
    """
    path = _newest(path)
    if not path.is_file():
        raise StatementError("no_file", name=name)
    with tempfile.TemporaryDirectory(prefix="station-bill-") as home:
        clear, digest = Path(home) / "statement", sha256()
        try:
            with clear.open("wb") as target:
                for piece in _pieces(path, keys):
                    digest.update(piece)
                    target.write(piece)
        except KeyTrouble as error:
            raise StatementError("sealed_shut", name=name, why=str(error)) from None
        if digest.hexdigest() != path.name[-64:]:
            raise StatementError("other_content", name=name)
        yield clear


def replace(path: Path, keys: Keyring | None, by: Path) -> str:
    """Keep other content in a file's place, under the former name and its own digest; the digest.

    What was there is gone. A kill between leaves both, and the former one counts.
    """
    with by.open("rb") as content:
        coming, new = _brought(path.parent, keys, content)
    target = path.with_name(f"{path.name}-{new}")
    coming.replace(target)
    for each in (path, *path.parent.glob(f"{path.name}-*")):
        if each != target:
            each.unlink(missing_ok=True)
    return new


def _newest(path: Path) -> Path:
    """Where a file's content lies: as it came, or written anew since."""
    if path.is_file():
        return path
    anew = sorted(path.parent.glob(f"{path.name}-*"), key=lambda one: one.stat().st_mtime)
    return anew[-1] if anew else path


def fresh_workplace(folder: Path) -> Path:
    """An empty folder for clear copies; what a work that was killed left there is gone."""
    place = folder / _AT_WORK
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def clear_left(folder: Path) -> None:
    """Let go of what was being brought or worked on when the station was killed."""
    fresh_workplace(folder)
    for path in folder.glob(f"{_COMING}*"):
        path.unlink(missing_ok=True)


def in_clear(folder: Path) -> list[Path]:
    """The files that an earlier version kept as they came."""
    return [path for path in _kept(folder) if not _is_sealed(path)]


def seal_one(folder: Path, keys: Keyring | None) -> bool:
    """Seal one file that is kept in clear; True if there was one. May be killed at any moment."""
    left = in_clear(folder)
    if left:
        _seal_again(left[0], _known(keys))
    return bool(left)


def seal_anew(folder: Path, keys: Keyring) -> int:
    """Seal every file with the key that seals now; how many had another, or none."""
    count = 0
    for path in _kept(folder):
        if not _is_sealed(path) or _key_of(path) != keys.active:
            _seal_again(path, keys)
            count += 1
    return count


def _kept(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir()
                  if _KEPT.fullmatch(path.name) and path.is_file())


def _seal_again(path: Path, keys: Keyring) -> None:
    _sealed(path.parent, keys, _pieces(path, keys)).replace(path)


def _known(keys: Keyring | None) -> Keyring:
    if keys is None:
        raise KeyTrouble("没有给数据库指定密钥文件 / no key file was named for this database")
    return keys


def _place(number: int, *, is_last: bool = False) -> str:
    return f"bill_file.{number}{'.last' if is_last else ''}"


def _sealed(folder: Path, keys: Keyring, pieces: Iterable[bytes]) -> Path:
    """Write the pieces down beside the others, durable when this returns."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=_COMING)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_MARK)
            number = 0
            for piece in pieces:
                _put(file, keys.seal_bytes(_place(number), piece))
                number += 1
            # The end is sealed, too: nothing can be cut off unseen.
            _put(file, keys.seal_bytes(_place(number, is_last=True), b""))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _put(file: IO[bytes], body: bytes) -> None:
    file.write(len(body).to_bytes(_LENGTH, "big"))
    file.write(body)


def _is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


def _key_of(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(len(_MARK) + _LENGTH)
        return key_id(file.read(16))


def _pieces(path: Path, keys: Keyring | None) -> Iterator[bytes]:
    """The content of a file, sealed or not. Raises KeyTrouble."""
    with path.open("rb") as file:
        if file.read(len(_MARK)) != _MARK:
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece
            return
        number = 0
        while (body := _taken(file)) is not None:
            try:
                yield _known(keys).open_bytes(_place(number), body)
            except KeyTrouble:
                if file.read(1):
                    raise
                _known(keys).open_bytes(_place(number, is_last=True), body)
                return
            number += 1
        raise KeyTrouble("文件被截断 / the file was cut off")


def _taken(file: IO[bytes]) -> bytes | None:
    """The next sealed piece; None where there is no whole one."""
    size = int.from_bytes(file.read(_LENGTH), "big")
    body = file.read(min(size, 2 * _PIECE))
    return body if size and len(body) == size else None
