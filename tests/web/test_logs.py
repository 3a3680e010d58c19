"""Every line of the log goes through one place, and nothing personal comes out of it."""

import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from station import log as logs
from station.config import Log

SECRETS = ("张测试甲", "13912345678", "暗号路77弄8号", "whsec_abcDEF123", "482913")


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    yield from _log("text")


@pytest.fixture
def written_json() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    yield from _log("json")


def _log(form: str) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    root, before = logging.getLogger(), logging.getLogger().level
    stream = io.StringIO()
    handler = logs.start(Log(format=form), stream)
    yield logging.getLogger("station.test"), stream
    root.removeHandler(handler)
    root.setLevel(before)
    logging.captureWarnings(capture=False)


@pytest.mark.fault("F27")
@pytest.mark.parametrize("phone", [
    "13912345678", "139 1234 5678", "139-1234-5678", "+8613912345678", "0086 13912345678",
    "86-139-1234-5678", "0576-86100000", "057686100000", "１３９１２３４5678", "电话13912345678。",
])
def test_a_phone_is_starred_however_it_is_written(phone: str):
    said = logs.redact(f"for {phone} now")
    assert "5678" not in said
    assert "86100000" not in said
    assert "***" in said


@pytest.mark.fault("F27")
@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("订单, x\n/=", max_size=9),
       st.text("订单, x\n/=", max_size=9))
def test_no_mobile_phone_ever_passes(phone: str, before: str, after: str):
    assert phone not in logs.redact(before + phone + after)


@pytest.mark.fault("F27")
def test_an_address_is_starred_and_a_shelf_is_not():
    assert logs.redact("no road to 台州市 江城南路88号5幢301 from 3号货架") == (
        "no road to *** from 3号货架")


@pytest.mark.parametrize("text", [
    "waybill 773100000000001 printed", "order 1234567890123456789", "12 parcels in 345 ms",
    "bench-1-scale: COM4", "2026-11-23T02:00:00", "db.py:13912",
])
def test_what_is_not_personal_stays(text: str):
    assert logs.redact(text) == text


@pytest.mark.parametrize("text", [
    "pin=482913", "PIN: 482913", "{'pin': '482913'}", '"token": "482913"', "badge = 482913 x",
    "whsec_482913==", "Authorization: 482913", "postgresql://shop:482913@host/db",
    "Bearer 482913482913", "$argon2id$v=19$m=1$482913", "key pbkey_482913abc said no",
    "scan of PBID-482913", "PBOTP-482913-7 was used", "pin code: 482913", "密码：482913",
])
def test_secrets_are_starred(text: str):
    assert "482913" not in logs.redact(text)


@pytest.mark.fault("F27")
def test_of_an_exception_only_kinds_and_places_are_written(
    written: tuple[logging.Logger, io.StringIO],
):
    logger, stream = written
    try:
        try:
            raise ValueError(f"row {SECRETS}")
        except ValueError as error:
            raise LookupError(f"while {SECRETS}") from error
    except LookupError:
        logger.exception("a job failed for name=%s, %s", *SECRETS[:2])
    said = stream.getvalue()
    assert not [secret for secret in SECRETS if secret in said]
    assert "LookupError" in said
    assert "ValueError" in said
    assert "test_logs.py:" in said


@pytest.mark.fault("F27")
def test_json_lines_are_one_object_each_and_hold_nothing_personal(
    written_json: tuple[logging.Logger, io.StringIO],
):
    logger, stream = written_json
    logger.warning("收件人：%s\n电话 %s", "张测试甲", "13912345678")
    try:
        raise KeyError(SECRETS)
    except KeyError:
        logger.exception("failed")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("warning", "station.test")
    assert not any(secret in str(first) + str(second) for secret in SECRETS)
    assert "KeyError" in second["trace"]


def test_a_message_that_does_not_fit_its_arguments_is_still_written():
    record = logging.LogRecord("x", logging.INFO, "f.py", 1, "%d parcels", ("13912345678",), None)
    assert logs.Redacting().format(record).endswith("x: %d parcels")


def test_the_level_that_is_set_holds():
    stream = io.StringIO()
    root, before = logging.getLogger(), logging.getLogger().level
    handler = logs.start(Log(level="error"), stream)
    logging.getLogger("station.test").warning("not this")
    logging.getLogger("station.test").error("but this")
    root.removeHandler(handler)
    root.setLevel(before)
    logging.captureWarnings(capture=False)
    assert "not this" not in stream.getvalue()
    assert "but this" in stream.getvalue()


def test_a_line_is_one_line_whatever_a_message_holds(
    written: tuple[logging.Logger, io.StringIO],
):
    logger, stream = written
    logger.warning("first\r\n2026-01-01 forged line")
    assert len(stream.getvalue().splitlines()) == 1


# --- The files ----------------------------------------------------------------------------------


@pytest.mark.fault("F27")
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_kept_in_the_file_is_redacted_and_for_its_owner_only(tmp_path: Path, form: str):
    with logs.kept(Log(format=form), tmp_path / "var"):
        logging.getLogger("station.test").error("收件人：%s %s", *SECRETS[:2])
        logging.getLogger("station.test").error("the printer is out of paper")
    path = tmp_path / "var" / logs.FILE_NAME
    said = path.read_text("utf-8")
    assert "out of paper" in said
    assert not [secret for secret in SECRETS if secret in said]
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_files_take_turns_and_no_more_are_kept_than_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(logs, "_FILE_BYTES", 500)
    with logs.kept(Log(files=3), tmp_path):
        for number in range(60):
            logging.getLogger("station.test").error("line %d", number)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["station.log", "station.log.1", "station.log.2"]
    assert all(path.stat().st_size <= 500 for path in tmp_path.iterdir())
    lines = logs.last_lines(tmp_path, 8)
    assert [line.rpartition(" ")[2] for line in lines] == [str(n) for n in range(52, 60)]


def test_no_files_are_written_where_none_are_wanted(tmp_path: Path):
    with logs.kept(Log(files=0), tmp_path / "var"):
        logging.getLogger("station.test").error("x")
    assert not (tmp_path / "var").exists()
    assert logs.last_lines(tmp_path / "var", 10) == []


def test_lines_of_an_older_program_are_redacted_when_they_are_read_again(tmp_path: Path):
    (tmp_path / logs.FILE_NAME).write_bytes("电话 13912345678\n".encode() + b"\xff\n")
    assert "13912345678" not in "".join(logs.last_lines(tmp_path, 10))


@pytest.mark.fault("F27")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is full by nature")
def test_a_line_that_cannot_be_written_costs_the_line_and_tells_nobody_its_arguments(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    (tmp_path / logs.FILE_NAME).symlink_to("/dev/full")
    with logs.kept(Log(), tmp_path):
        logging.getLogger("station.test").error("for %s", SECRETS[0])
    said = capsys.readouterr()
    assert SECRETS[0] not in said.out + said.err


@pytest.mark.fault("F27")
def test_the_databases_errors_do_not_carry_the_values(sqlite_database: object):
    with pytest.raises(Exception, match="no such table") as told:
        sqlite_database.read(lambda session: session.execute(  # type: ignore[attr-defined]
            text("SELECT * FROM nowhere WHERE name = :name"), {"name": SECRETS[0]}))
    assert SECRETS[0] not in str(told.value)
    assert "hidden" in str(told.value)
