"""Carriers' statements lie sealed on the disk, whoever brought them and whenever."""

from __future__ import annotations

import io
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from station.bills.trouble import StatementError
from station.db.keys import Keyring, KeyTrouble
from station.services import bill_files

WORDS = "运单号,收件人,运费\n773100000000001,张测试甲 13912345678,4.50\n".encode()
LARGE = WORDS * 40_000  # some three pieces of a file


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "station.key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bills"


def brought(folder: Path, keys: Keyring, data: bytes = WORDS) -> Path:
    return folder / bill_files.take_in(folder, keys, io.BytesIO(data))


def read(path: Path, keys: Keyring | None) -> bytes:
    with bill_files.opened(path, keys, name="11月.csv") as clear:
        data = clear.read_bytes()
    assert not clear.parent.exists()
    return data


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.fault("F27")
@pytest.mark.parametrize("data", [WORDS, LARGE, b"", b"x" * (1 << 20)],
                         ids=["small", "large", "empty", "one whole piece"])
def test_what_is_brought_lies_sealed_and_is_read_as_it_was(
    folder: Path, keys: Keyring, data: bytes
) -> None:
    path = brought(folder, keys, data)
    assert path.name == sha256(data).hexdigest()
    assert read(path, keys) == data
    assert "张测试甲".encode() not in everything(folder)
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in folder.iterdir()] == [path.name]


@pytest.mark.fault("F27")
def test_what_breaks_off_on_its_way_in_leaves_nothing(folder: Path, keys: Keyring) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the line is gone")
            return super().read(size)

    with pytest.raises(OSError, match="line is gone"):
        bill_files.take_in(folder, keys, Broken(LARGE))
    assert list(folder.iterdir()) == []


def _swapped(data: bytes) -> bytes:
    """The first two pieces change places."""
    start = len(b"pbfile1\n")
    size = int.from_bytes(data[start:start + 4], "big") + 4
    return data[:start] + data[start + size:start + 2 * size] + data[start:start + size] + data[
        start + 2 * size:]


@pytest.mark.fault("F14")
@pytest.mark.parametrize("spoil", [
    lambda data: data[:-1], lambda data: data[:-50], lambda data: data[:1_100_000],
    lambda data: data[:500_000] + b"!" + data[500_001:], _swapped,
    lambda data: data + b"x", lambda data: data[:8], lambda data: data[:8] + b"\xff" * 40,
], ids=["a byte off", "no end", "cut", "a byte changed", "swapped", "more behind", "nothing",
        "a huge length"])
def test_a_kept_file_that_was_changed_is_told_in_words(
    folder: Path, keys: Keyring, spoil: Callable[[bytes], bytes]
) -> None:
    path = brought(folder, keys, LARGE)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(StatementError) as told:
        read(path, keys)
    assert told.value.code in ("sealed_shut", "other_content")
    assert "11月.csv" in str(told.value)


def test_two_files_that_changed_places_are_not_taken_for_each_other(
    folder: Path, keys: Keyring
) -> None:
    first, second = brought(folder, keys), brought(folder, keys, b"other")
    second.replace(first)
    with pytest.raises(StatementError, match="不一样"):
        read(first, keys)


def test_without_its_key_a_file_stays_shut(folder: Path, keys: Keyring, tmp_path: Path) -> None:
    path = brought(folder, keys)
    for other in (Keyring(tmp_path / "other.key"), None):
        with pytest.raises(StatementError, match="打不开保存的文件"):
            read(path, other)
    with pytest.raises(KeyTrouble):
        bill_files.take_in(folder, None, io.BytesIO(WORDS))
    with pytest.raises(StatementError, match="没有这个文件"):
        read(folder / "gone", keys)


@pytest.mark.fault("F27", "F31")
def test_files_of_an_earlier_version_are_read_and_sealed_one_by_one(
    folder: Path, keys: Keyring
) -> None:
    folder.mkdir()
    old = [folder / sha256(data).hexdigest() for data in (WORDS, LARGE)]
    for path, data in zip(old, (WORDS, LARGE), strict=True):
        path.write_bytes(data)
    (folder / "readme.txt").write_text("mine")
    assert read(old[0], keys) == WORDS
    assert sorted(bill_files.in_clear(folder)) == sorted(old)
    assert [bill_files.seal_one(folder, keys) for _ in range(3)] == [True, True, False]
    assert bill_files.in_clear(folder) == []
    assert [read(path, keys) for path in old] == [WORDS, LARGE]
    assert (folder / "readme.txt").read_text() == "mine"
    assert "张测试甲".encode() not in everything(folder)


def test_a_new_key_seals_the_files_too_and_the_old_one_may_go(
    folder: Path, keys: Keyring
) -> None:
    path = brought(folder, keys)
    keys.add_key()
    newer = brought(folder, keys, LARGE)
    assert bill_files.seal_anew(folder, keys) == 1
    assert bill_files.seal_anew(folder, keys) == 0
    keys.forget_others()
    assert (read(path, keys), read(newer, keys)) == (WORDS, LARGE)


@pytest.mark.fault("F27", "F31")
def test_clear_copies_that_a_kill_left_behind_are_gone_at_the_next_start(
    folder: Path, keys: Keyring
) -> None:
    kept = brought(folder, keys)
    place = bill_files.fresh_workplace(folder)
    (place / "station-bill-x").mkdir()
    (place / "station-bill-x" / "statement").write_bytes(WORDS)
    (folder / "coming-abc").write_bytes(b"half")
    bill_files.clear_left(folder)
    assert sorted(path.name for path in folder.rglob("*")) == sorted([kept.name, "at-work"])
    assert (folder / "at-work").stat().st_mode & 0o077 == 0
