"""`station serve` as its own process: opens, answers, and ends cleanly when it is told to."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from station.cli import alone
from station.cli.command import FOUND
from station.db import schema

ROOT = Path(__file__).parents[2]
PATIENCE = 60


@contextmanager
def serving(shop: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "web.cli", "serve", "-c", str(shop / "station.toml"),
               "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"}) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "http://" in line, process.stderr.read() if process.stderr else ""
            yield process, line.split()[-1]
        finally:
            process.kill()


def status_of(url: str, path: str = "/") -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM kills at once there")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_new_shop_opens_answers_and_closes_cleanly(shop: Path, how: signal.Signals):
    with serving(shop) as (process, url):
        assert process.stdout is not None
        assert "[[bench]]" in process.stdout.readline()
        assert status_of(url) in (200, 302)
        process.send_signal(how)
        assert process.wait(PATIENCE) == 0
    assert schema.standing(f"sqlite:///{shop / 'packbench.db'}").is_current


def test_a_port_that_is_taken_is_told_in_one_line(station: Callable[..., tuple[int, str]],
                                                 shop: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = station("serve", "-c", shop / "station.toml",
                             "--port", taken.getsockname()[1])
    assert code == FOUND
    assert said.count("\n") == 1
    assert "已在运行" in said


@pytest.mark.fault("F7", "F9")
def test_a_second_station_on_one_folder_is_refused_until_the_first_has_ended(
    station: Callable[..., tuple[int, str]], shop: Path
):
    """It would put in doubt what the first one is printing, and clear away what it works on."""
    with alone(shop / "var"):
        code, said = station("serve", "-c", shop / "station.toml", "--port", "0")
    assert (code, said.count("\n")) == (FOUND, 1)
    assert "另一个 data_dir" in said
    with alone(shop / "var"), alone(shop / "other"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_station_that_was_killed_holds_its_folder_no_longer(tmp_path: Path):
    script = (f"import pathlib, os\nfrom station.cli import alone\n"
              f"with alone(pathlib.Path({str(tmp_path)!r})):\n    os.kill(os.getpid(), 9)")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -9
    with alone(tmp_path):
        pass


def test_a_database_of_another_version_is_not_upgraded_by_surprise(
    station: Callable[..., tuple[int, str]], shop: Path
):
    url = f"sqlite:///{shop / 'packbench.db'}"
    schema.upgrade(url)
    with schema.transaction(url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    code, said = station("serve", "-c", shop / "station.toml")
    assert code == FOUND
    assert "station db upgrade" in said
