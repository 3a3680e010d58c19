"""A scanner that beeps itself at a mistake, over a line of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.clock import WallClock
from simulators.doors import TcpDoor
from simulators.scanner import Scanner
from simulators.wire import Line
from station import config as configuration
from station.bootstrap import build

SETTINGS = """
[station]
database = "{database}"
[[bench]]
name = "1"
[[bench.scanner]]
port = "{port}"
suffix = "cr"
{more}
"""


@pytest.mark.rule("D4")
@pytest.mark.parametrize(("more", "beeps"), [('beeps = "metrologic"', ["beep"]), ("", [])])
def test_a_wrong_scan_sounds_in_the_packers_hand(
    sqlite_url: str, tmp_path: Path, more: str, beeps: list[str]
):
    scanner = Scanner(suffix="cr")
    line = Line(scanner, TcpDoor(0), WallClock(), name="scanner")
    text = SETTINGS.format(database=sqlite_url, port=line.start(), more=more)
    station = build(configuration.parse(text, tmp_path))
    station.start()
    bench = station.benches["1"]

    def scan(code: str) -> None:
        with scanner.lock:
            scanner.scan(code, line.clock.now())

    try:
        wait_for(lambda: bench.view().devices[0].state == "ready")
        scan("PBCMD-HELP")  # nothing wrong: no beep
        wait_for(lambda: bench.view().verdict)
        scan("773112345678901")
        wait_for(lambda: bench.view().locked)
        scan("PBCMD-OK")  # said after the beep on the same line, so that one has been heard
        wait_for(lambda: not bench.view().locked)
        if beeps:
            wait_for(lambda: scanner.beeps)
        assert scanner.beeps == beeps
    finally:
        station.stop()
        line.stop()


def wait_for(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
