"""Find my scale in the pages: look, prove with a known weight, write, and weigh with it at once."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drivers.scale.search import Search
from station import config as configuration
from station.bootstrap import build
from station.config import load
from web.app import create_app
from web.signin import Life

TOML = """# my shop
[station]
shop = "店"            # the name
database = "{url}"

[[bench]]
name = "1"

[bench.scale]
protocol = "mt-sics"   # the old one
port = "socket://127.0.0.1:{port}"
division_g = 1

[[bench]]
name = "2"
"""


class Speaker:
    """A scale behind a serial server: says the same line ten times a second to whoever listens."""

    def __init__(self, line: bytes) -> None:
        self.line = line
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._door.settimeout(0.05)
        while not self._stop.is_set():
            try:
                peer, _ = self._door.accept()
            except TimeoutError:
                continue
            with peer:
                self._speak(peer)

    def _speak(self, peer: socket.socket) -> None:
        while not self._stop.wait(0.02):
            try:
                peer.sendall(self.line)
            except OSError:
                return

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._door.close()


@pytest.fixture
def speaker() -> Iterator[Speaker]:
    speaker = Speaker(b"=0000.500")
    yield speaker
    speaker.stop()


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, speaker: Speaker) -> configuration.Config:
    path = tmp_path / "station.toml"
    path.write_text(TOML.replace("{url}", sqlite_url).replace("{port}", str(speaker.port)))
    return load(path)


@pytest.fixture
def station(settings: configuration.Config) -> Iterator[Any]:
    station = build(settings)
    station.start()
    yield station
    station.stop()


@pytest.fixture
def app(station: Any) -> Any:
    made = create_app(station)
    made.extensions["doorkeeper"].life = Life(timedelta(days=3650), timedelta(days=3650))
    return made


@pytest.mark.timeout(60)
def test_a_scale_is_found_proven_written_down_and_used_without_a_restart(
    station: Any, browser: Any, settings: configuration.Config, speaker: Speaker,
) -> None:
    port = f"socket://127.0.0.1:{speaker.port}"
    page = browser.text("/devices/find")
    assert port in page
    assert "1-scale" in page  # whose port it is, is said

    assert browser.form("/devices/find", port=port).status_code == 303
    assert station.finder.wait(60)
    page = browser.text("/devices/find")
    assert "有秤，协议有几种可能" in page  # straight or reversed: not guessed
    assert "写进设置" not in page

    page = browser.form("/devices/find/0/prove", known_g=500).text
    assert "yaohua-equals</b>：0.500 kg" in page
    assert page.count("写进设置") == 1

    refused = browser.form("/devices/find/0/adopt", protocol="yaohua-equals-reversed", bench="1")
    assert refused.status_code == 409
    answer = browser.form("/devices/find/0/adopt", protocol="yaohua-equals", bench="1")
    assert answer.location.endswith("told=taken")

    scale = load(settings.path).benches[0].scale
    assert (scale.protocol, scale.unit, scale.port) == ("yaohua-equals", "kg", port)
    text = settings.path.read_text("utf-8")
    assert 'protocol = "yaohua-equals"   # the old one' in text
    assert '"mt-sics"' in settings.path.with_name("station.toml.good").read_text("utf-8")

    weight = until(lambda: station.benches["1"].view().weight.grams)
    assert weight == 500


def until(look: Any) -> Any:
    """What ``look`` finds within ten seconds; it waits for threads, not for time."""
    pause = threading.Event()
    for _ in range(200):
        if found := look():
            return found
        pause.wait(0.05)
    raise AssertionError("it never came")


@pytest.mark.timeout(60)
def test_a_bench_without_a_scale_is_told_to_start_anew(
    station: Any, browser: Any, settings: configuration.Config, speaker: Speaker,
) -> None:
    browser.form("/devices/find", port=f"socket://127.0.0.1:{speaker.port}")
    station.finder.wait(60)
    browser.form("/devices/find/0/prove", known_g=500)
    text = settings.path.read_text("utf-8").replace(
        f'port = "socket://127.0.0.1:{speaker.port}"', 'port = "loop://"')
    settings.path.write_text(text)
    answer = browser.form("/devices/find/0/adopt", protocol="yaohua-equals", bench="2")
    assert answer.location.endswith("told=restart")
    assert "请重开 station" in browser.text(answer.location)
    assert load(settings.path).benches[1].scale.protocol == "yaohua-equals"


@pytest.mark.timeout(60)
def test_a_weight_that_is_not_the_known_one_proves_nothing(
    station: Any, browser: Any, speaker: Speaker,
) -> None:
    browser.form("/devices/find", port=f"socket://127.0.0.1:{speaker.port}")
    station.finder.wait(60)
    page = browser.form("/devices/find/0/prove", known_g=2000).text
    assert "和砝码不符" in page
    assert "写进设置" not in page


def test_a_file_that_cannot_be_changed_says_so_and_stays(
    station: Any, browser: Any, settings: configuration.Config, speaker: Speaker,
) -> None:
    browser.form("/devices/find", port=f"socket://127.0.0.1:{speaker.port}")
    station.finder.wait(60)
    browser.form("/devices/find/0/prove", known_g=500)
    broken = settings.path.read_text("utf-8") + "[[["
    settings.path.write_text(broken)
    page = browser.form("/devices/find/0/adopt", protocol="yaohua-equals", bench="1").text
    assert "cannot be changed by the program" in page
    assert settings.path.read_text("utf-8") == broken


def test_what_was_not_found_can_be_neither_proven_nor_written(browser: Any) -> None:
    assert browser.form("/devices/find/7/prove", known_g=500).status_code == 404
    assert browser.form("/devices/find/0/prove", known_g="x").status_code == 400
    assert browser.form("/devices/find/0/prove", known_g=0).status_code == 400
    assert browser.form("/devices/find/0/adopt", protocol="st-gs", bench="1").status_code == 409


def test_a_port_that_nobody_answers_at_is_told(station: Any, browser: Any) -> None:
    browser.form("/devices/find", port="socket://127.0.0.1:1")
    station.finder.wait(60)
    page = browser.text("/devices/find")
    assert "打不开" in page
    assert re.search(r"nobody answers", page)


def test_bytes_that_nothing_explains_are_shown_as_they_are_and_as_text_only(
    station: Any, browser: Any, speaker: Speaker
) -> None:
    speaker.line = b"W? 0.500 <b>kg</b> !!\r\n"
    station.finder._search = partial(Search, listen_seconds=0.1)
    browser.form("/devices/find", port=f"socket://127.0.0.1:{speaker.port}")
    station.finder.wait(60)
    page = browser.text("/devices/find")
    assert "有数据，但都读不懂" in page
    assert "W? 0.500 &lt;b&gt;kg&lt;/b&gt; !!" in page
    assert "<b>kg</b>" not in page
