"""The key file: made once, read by its owner only, and the only way back to what it sealed."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.db.keys import Keyring, KeyTrouble, is_sealed

PLACE = "parcel.name"


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "station.key")


def test_a_key_file_is_made_when_first_needed_and_only_its_owner_may_read_it(keys: Keyring):
    assert not keys.path.exists()
    sealed = keys.seal(PLACE, "张测试")
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert list(keys.path.parent.iterdir()) == [keys.path]
    assert Keyring(keys.path).open(PLACE, sealed) == "张测试"


def test_the_same_text_is_sealed_otherwise_each_time_and_shows_nothing_of_itself(keys: Keyring):
    sealed = [keys.seal(PLACE, "13912345678") for _ in range(50)]
    assert len(set(sealed)) == 50
    assert all(is_sealed(one) and "13912345678" not in one for one in sealed)
    assert {len(one) for one in sealed} == {len(sealed[0])}


@pytest.fixture(scope="module")
def some_keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keys") / "station.key")


@given(st.text(st.characters(exclude_categories=())), st.binary())
def test_whatever_is_sealed_comes_back_whole(some_keys: Keyring, text: str, raw: bytes):
    assert some_keys.open(PLACE, some_keys.seal(PLACE, text)) == text
    assert some_keys.open_bytes("x.y", some_keys.seal_bytes("x.y", raw)) == raw


@pytest.mark.fault("F14")
def test_no_changed_character_of_a_sealed_value_ever_opens_as_something_else(keys: Keyring):
    sealed = keys.seal(PLACE, "林小满")
    unnoticed = 0
    for place in range(4, len(sealed)):
        other = "B" if sealed[place] != "B" else "C"
        try:
            assert keys.open(PLACE, sealed[:place] + other + sealed[place + 1:]) == "林小满"
            unnoticed += 1  # the colon, and the spare bits of base64's last letter, carry nothing
        except KeyTrouble:
            continue
    assert unnoticed <= 2
    for length in range(13, len(sealed)):
        with pytest.raises(KeyTrouble):
            keys.open(PLACE, sealed[:length])


def test_no_changed_byte_of_a_sealed_picture_goes_unnoticed(keys: Keyring):
    sealed = keys.seal_bytes("page_image.png", b"\x89PNG")
    for place in range(13, len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1
        with pytest.raises(KeyTrouble):
            keys.open_bytes("page_image.png", bytes(damaged))


def test_a_value_carried_into_another_column_does_not_open(keys: Keyring):
    with pytest.raises(KeyTrouble, match=r"parcel\.street"):
        keys.open("parcel.street", keys.seal(PLACE, "林小满"))


def test_what_is_not_sealed_comes_back_as_it_is(keys: Keyring):
    assert keys.open(PLACE, "林小满") == "林小满"
    assert keys.open_bytes(PLACE, b"png") == b"png"


def test_digests_are_equal_for_equal_texts_and_differ_by_purpose_and_key(
    keys: Keyring, tmp_path: Path
):
    assert keys.digest("phone", "139") == keys.digest("phone", "139") != keys.digest("phone", "138")
    assert keys.digest("phone", "139") != keys.digest("name", "139")
    assert Keyring(tmp_path / "other.key").digest("phone", "139") != keys.digest("phone", "139")


def test_a_new_key_seals_and_the_old_one_still_opens_until_it_is_let_go(keys: Keyring):
    old, before = keys.active, keys.seal(PLACE, "旧")
    new = keys.add_key()
    after = keys.seal(PLACE, "新")
    assert keys.active == new != old
    again = Keyring(keys.path)
    assert (again.open(PLACE, before), again.open(PLACE, after)) == ("旧", "新")
    digest = again.digest("phone", "139")
    assert again.forget_others() == [old]
    assert again.digest("phone", "139") == digest
    with pytest.raises(KeyTrouble, match=old):
        Keyring(keys.path).open(PLACE, before)


def test_a_key_that_is_not_in_the_file_is_named_in_words(keys: Keyring, tmp_path: Path):
    sealed = Keyring(tmp_path / "lost.key").seal(PLACE, "林小满")
    with pytest.raises(KeyTrouble, match=r"没有密钥 .*put the old key file back"):
        keys.open(PLACE, sealed)


@pytest.mark.skipif(os.name != "posix", reason="rights are another matter there")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o644])
def test_a_key_file_that_others_may_read_is_refused(keys: Keyring, mode: int):
    keys.make()
    keys.path.chmod(mode)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        Keyring(keys.path).seal(PLACE, "x")


def damaged_trees(tree: dict) -> list[object]:
    return [
        {}, [], None, {**tree, "active": "ffffffff"}, {**tree, "index": "AAAA"},
        {**tree, "sign": "not base64"}, {**tree, "seal": {}},
        {**tree, "seal": dict.fromkeys(tree["seal"], tree["index"])}, {**tree, "seal": 5},
    ]


@pytest.mark.parametrize("number", range(9))
def test_a_damaged_key_file_is_told_and_left_alone(keys: Keyring, number: int):
    keys.make()
    text = json.dumps(damaged_trees(json.loads(keys.path.read_text()))[number])
    keys.path.write_text(text)
    with pytest.raises(KeyTrouble, match="damaged"):
        Keyring(keys.path).seal(PLACE, "x")
    assert keys.path.read_text() == text
    keys.path.write_text(text[: len(text) // 2] + "\x7f")
    with pytest.raises(KeyTrouble, match="damaged"):
        Keyring(keys.path).check()


def test_many_that_start_at_once_agree_on_one_key_file(tmp_path: Path):
    path, sealed = tmp_path / "station.key", []
    threads = [threading.Thread(target=lambda: sealed.append(Keyring(path).seal(PLACE, "同")))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Keyring(path).open(PLACE, one) for one in sealed] == ["同"] * 8
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_an_error_and_no_silent_clear_text(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Keyring(tmp_path / "file" / "station.key").seal(PLACE, "x")
