"""The command line: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import socket
import threading
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from simulators.__main__ import ABOUT, _parser, label_size, main, plan_of
from simulators.mechanism import Paper


def test_help_names_every_command_in_both_languages(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    for command in ("bench", "scale", "scanner", "printer", "shop", "files"):
        assert f"  {command}" in said
        assert command in ABOUT
    assert "电子秤" in said


@pytest.mark.parametrize("command", ["bench", "scale", "scanner", "printer", "shop", "files"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "--seed" in capsys.readouterr().out


def test_without_a_command_it_says_how_to_call(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "devices"),
    [
        (["bench"], ("scale", "scanner", "printer")),
        (["scale"], ("scale",)),
        (["scanner"], ("scanner",)),
        (["printer"], ("printer",)),
        (["shop"], ()),
    ],
)
def test_each_command_plans_its_devices(arguments, devices):
    assert plan_of(_parser().parse_args(arguments)).devices == devices


def test_options_reach_the_plan():
    plan = plan_of(_parser().parse_args(
        ["bench", "--scale-dialect", "yaohua", "--division", "0.5", "--scanner-aim",
         "--printer-language", "tspl", "--label", "76x130", "--station", "http://s", "--seed", "4"]
    ))  # fmt: skip
    assert (plan.scale_dialect, str(plan.division), plan.scanner_aim) == ("yaohua", "0.5", True)
    assert (plan.printer_language, plan.paper.width, plan.paper.label_rows) == ("tspl", 608, 1040)
    assert (plan.station, plan.seed) == ("http://s", 4)
    assert plan.secret.startswith("whsec_")


def test_a_given_secret_is_kept():
    assert plan_of(_parser().parse_args(["shop", "--secret", "whsec_AA=="])).secret == "whsec_AA=="


def test_label_sizes_are_millimetres():
    assert label_size("100x150") == Paper(width=800, label_rows=1200)
    assert label_size("80x0").kind == "roll"


@pytest.mark.parametrize("text", ["100", "axb", "0x150", "100x", "100 x 150"])
def test_a_label_size_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="for example 100x150"):
        label_size(text)


def test_a_wrong_value_ends_with_one_clear_line(capsys):
    assert main(["printer", "--label", "big"]) == 2
    assert capsys.readouterr().err.startswith("simulators: --label 'big'")
    assert main(["scale", "--speed", "0"]) == 2
    assert "greater than 0" in capsys.readouterr().err


def test_a_port_that_is_taken_ends_with_one_clear_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["bench", "--scale-port", str(port)], until=threading.Event()) == 2
    assert "in use" in capsys.readouterr().err


def test_a_bench_announces_its_urls_and_ends_cleanly(tmp_path, capsys):
    ended = threading.Event()
    ended.set()
    announced = tmp_path / "urls.json"
    assert main(["bench", "--announce", str(announced)], until=ended) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads(announced.read_text("utf-8"))
    assert set(said) == {"scale", "scanner", "printer", "control", "secret"}
    assert said["scale"].startswith("socket://127.0.0.1:")


def test_a_running_bench_speaks_and_listens(tmp_path):
    ended, announced = threading.Event(), tmp_path / "urls.json"
    codes: list[int] = []
    thread = threading.Thread(
        target=lambda: codes.append(
            main(["bench", "--announce", str(announced), "--speed", "20"], until=ended)
        )
    )
    thread.start()
    try:
        urls = _announced(announced, thread)
        where = urlsplit(urls["scale"])
        with socket.create_connection((where.hostname, where.port), timeout=60) as host:
            assert b"ST,GS,+000.000kg" in host.recv(4096) + host.recv(4096)
        with urlopen(urls["control"] + "/state", timeout=60) as answer:  # noqa: S310 - loopback
            assert json.load(answer)["wires"]["scale"]["hosts"] >= 1
    finally:
        ended.set()
        thread.join()
    assert codes == [0]


def _announced(path, thread: threading.Thread) -> dict[str, str]:
    """The file's content as soon as it is whole."""
    for _ in range(3000):
        if path.exists() and path.read_text("utf-8").endswith("\n"):
            return dict(json.loads(path.read_text("utf-8")))
        thread.join(0.02)
    raise AssertionError("the bench did not announce itself within a minute")


def test_files_are_written_for_a_station_to_import(tmp_path, capsys):
    folder = tmp_path / "day"
    arguments = ["files", str(folder), "--orders", "5", "--numbers", "7",
                 "--at", "2026-11-23T16:30:00"]  # fmt: skip
    assert main(arguments) == 0
    written = json.loads(capsys.readouterr().out)["files"]
    assert written == sorted(path.name for path in folder.iterdir())
    assert "ExportOrderList202611231630.csv" in written
    assert "waybills-STO.csv" in written
    assert len(json.loads((folder / "orders.json").read_text("utf-8"))) == 5
    assert (folder / "waybills-SF.csv").read_text("utf-8-sig").count("\n") == 8


def test_the_same_seed_writes_the_same_files(tmp_path, capsys):
    for name in ("one", "two"):
        main(["files", str(tmp_path / name), "--at", "2026-11-23T16:30:00+08:00", "--seed", "8"])
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
