"""Where product pictures lie: names that no disk misreads, files that appear whole (M11)."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.paper import picture_files

pytestmark = pytest.mark.rule("M11")


@pytest.mark.parametrize(("item_no", "name"), [
    ("JN8801", "JN8801-3"), ("连衣裙_05-a", "连衣裙_05-a-3"), ("../../etc/passwd", None),
    ("a/b", "a%2Fb-3"), ("a\\b", "a%5Cb-3"), (".hidden", "%2Ehidden-3"), ("CON.x", "CON%2Ex-3"),
    ("100%", "100%25-3"), ("a b", "a%20b-3"), ("C:", "C%3A-3"), ("*?\"<>|", None), ("👗", None),
])
def test_a_name_is_item_number_and_running_number(item_no: str, name: str | None) -> None:
    made = picture_files.name(item_no, 3)
    assert name is None or made == name
    assert not set(made) & set('/\\:*?"<>|. \0')


@given(st.text(max_size=64), st.integers(0, 99))
def test_any_item_number_is_one_safe_name_of_bounded_length(item_no: str, number: int) -> None:
    made = picture_files.name(item_no, number)
    assert PurePosixPath(made).name == PureWindowsPath(made).name == made
    assert not made.startswith(".")
    assert len(made.encode()) <= 160
    assert made.endswith(f"-{number}")
    assert made.isprintable()


@given(st.text(max_size=64), st.text(max_size=64), st.integers(0, 99), st.integers(0, 99))
def test_two_pictures_never_share_a_name(one: str, two: str, first: int, second: int) -> None:
    same = (unicodedata.normalize("NFC", one).encode("utf-8", "replace"), first) == (
        unicodedata.normalize("NFC", two).encode("utf-8", "replace"), second)
    assert (picture_files.name(one, first) == picture_files.name(two, second)) == same


def test_long_item_numbers_that_differ_at_the_end_differ_in_their_names() -> None:
    names = {picture_files.name("货" * 63 + end, 1) for end in "甲乙"}
    assert len(names) == 2
    assert all(len(name.encode()) <= 160 for name in names)


def test_a_file_appears_whole_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.jpg"
    picture_files.keep(path, b"one")
    picture_files.keep(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["a.jpg"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    picture_files.keep(path, b"one")

    def full(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(picture_files.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        picture_files.keep(path, b"two")
    assert path.read_bytes() == b"one"
    assert [each.name for each in tmp_path.iterdir()] == ["a.jpg"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert picture_files.read(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        picture_files.read(tmp_path / "a", 4)


def test_a_size_table_has_no_original() -> None:
    assert [str(path) for path in picture_files.places("A-0", "")] == [
        "edited/A-0.png", "jpg/A-0.jpg"]


def test_a_copy_that_is_there_already_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    picture_files.keep(one / "jpg/A-0.jpg", b"x")
    picture_files.copy(one, two, "A-0", "", 10)
    monkeypatch.setattr(picture_files, "keep", None)
    picture_files.copy(one, two, "A-0", "", 10)
    assert (two / "jpg/A-0.jpg").read_bytes() == b"x"
