"""What every command shares: exit codes, one line of trouble, help, and no traceback for people."""

import argparse
import errno
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from drivers.interfaces import DeviceGone
from station.cli import COMMANDS, Command, Problem, run
from station.cli.command import FOUND, OK, USAGE, grammar, takes_config


def command(outcome: int | BaseException) -> list[Command]:
    def act(options: argparse.Namespace) -> int:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return [Command("try", "words", takes_config, act)]


@pytest.mark.parametrize("code", [OK, FOUND])
def test_a_commands_own_code_is_the_exit_code(code: int):
    assert run(command(code), ["try"]) == code


@pytest.mark.parametrize("error", [
    Problem("缺纸\nno paper"),
    DeviceGone("秤", "COM3", "unplugged"),
    FileNotFoundError(2, "No such file or directory", "orders.csv"),
    OperationalError("SELECT 张三", {}, Exception("no such table: sku\nmore")),
])
def test_known_trouble_is_one_line_and_exit_code_one(error, capsys: pytest.CaptureFixture[str]):
    assert run(command(error), ["try"]) == FOUND
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("station: ")
    assert said.err.count("\n") == 1
    assert "张三" not in said.err


@pytest.mark.parametrize(("number", "words"), [
    (errno.ENOENT, "没有这个文件或文件夹 / no such"), (errno.EACCES, "没有权限 / permission"),
    (errno.EISDIR, "这是文件夹"), (errno.ENOSPC, "磁盘满了 / the disk is full"),
])
def test_the_systems_own_trouble_is_said_in_both_languages_with_its_path(
    number: int, words: str, capsys: pytest.CaptureFixture[str]
):
    assert run(command(OSError(number, "as the system says it", "面单.png")), ["try"]) == FOUND
    said = capsys.readouterr().err
    assert said.startswith(f"station: 面单.png: {words}")
    assert "as the system" not in said
    assert run(command(OSError(number, "as the system says it")), ["try"]) == FOUND
    assert words in capsys.readouterr().err


def test_a_reader_who_has_enough_is_no_trouble(capsys: pytest.CaptureFixture[str]):
    assert run(command(BrokenPipeError(errno.EPIPE, "Broken pipe")), ["try"]) != OK
    assert capsys.readouterr().err == ""


def test_each_misspelt_setting_is_a_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "station.toml"
    path.write_text("[web]\nprot = 1\nhots = 2\n", encoding="utf-8")
    assert run(COMMANDS, ["doctor", "-c", str(path)]) == FOUND
    lines = capsys.readouterr().err.splitlines()
    assert [("web.prot" in line, "web.hots" in line) for line in lines] == [
        (True, False), (False, True)]


@pytest.mark.fault("F27")
def test_an_unexpected_error_is_one_line_and_a_file_without_its_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    person = "三张"[::-1]  # the log quotes lines of code, so the name must not stand in one
    try:
        raise KeyError(person)
    except KeyError as error:
        cause = error
    failure = ZeroDivisionError(person)
    failure.__cause__ = cause
    config = str(tmp_path / "station.toml")
    assert run(command(failure), ["try", "-c", config]) == FOUND
    said = capsys.readouterr().err
    log = (tmp_path / "station-error.log").read_text(encoding="utf-8")
    assert said.count("\n") == 1
    assert "ZeroDivisionError" in said
    assert str(tmp_path / "station-error.log") in said
    assert "KeyError" in log
    assert "test_command.py" in log
    assert person not in log + said


def test_the_log_goes_to_the_temporary_folder_where_the_settings_folder_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    run(command(ZeroDivisionError()), ["try", "-c", str(tmp_path / "no" / "station.toml")])
    assert (tmp_path / "station-error.log").exists()


def test_ctrl_c_ends_quietly(capsys: pytest.CaptureFixture[str]):
    assert run(command(KeyboardInterrupt()), ["try"]) == 130
    assert capsys.readouterr().err == ""


def test_no_command_shows_the_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]):
    assert run(COMMANDS, []) == USAGE
    assert "doctor" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["dcotor"], ["doctor", "--conf", "x"], ["db"]])
def test_a_wrongly_written_command_is_a_usage_error(wrong, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        run(COMMANDS, wrong)
    assert caught.value.code == USAGE
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_help_in_both_languages(name, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        run(COMMANDS, [name, "--help"])
    assert caught.value.code == OK
    words = next(command.words for command in COMMANDS if command.name == name)
    chinese, _, english = words.partition(" · ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    assert english.isascii()
    assert chinese in capsys.readouterr().out


def test_no_two_commands_have_the_same_name():
    names = [command.name for command in COMMANDS]
    assert len(names) == len(set(names))
    assert grammar(COMMANDS).prog == "station"
