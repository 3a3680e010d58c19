"""Server-sent events and the server that carries them."""

from __future__ import annotations

import http.client
import queue
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from station.services.live import Hub
from web.app import create_app
from web.serve import Server
from web.stream import HEARTBEAT_S, Streams


class Ticks:
    """A clock that goes on by ``step`` at every look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a listener who left a hundred times a second instead of once."""
    monkeypatch.setattr("web.stream.LOOK_S", 0.01)


@pytest.fixture
def hub() -> Hub:
    return Hub()


def stay() -> bool:
    return False


def test_a_stream_greets_and_then_tells_its_topics_only(hub: Hub) -> None:
    streams = Streams(hub, 1)
    stream = streams.open(frozenset({"bench:1", "parcels"}), stay)
    assert stream is not None
    assert b"event: hello" in next(stream)
    hub.tell(["bench:2"])
    hub.tell(["bench:1", "parcels", "bench:1"])
    assert next(stream) == b"data: bench:1\n\ndata: parcels\n\n"
    stream.close()


def test_a_quiet_stream_beats_every_five_seconds(hub: Hub) -> None:
    ticks = Ticks(HEARTBEAT_S / 3)
    stream = Streams(hub, 1, ticks).open(frozenset({"x"}), stay)
    assert stream is not None
    next(stream)
    assert next(stream) == b"event: beat\ndata: \n\n"
    assert ticks.now <= 3 * HEARTBEAT_S
    stream.close()


def test_a_listener_who_left_gives_the_place_back(hub: Hub) -> None:
    streams = Streams(hub, 1)
    left: list[bool] = [False]
    stream = streams.open(frozenset({"x"}), lambda: left[0])
    assert stream is not None
    next(stream)
    assert streams.open(frozenset({"x"}), stay) is None
    left[0] = True
    assert list(stream) == []
    stream.close()
    again = streams.open(frozenset({"x"}), stay)
    assert again is not None
    again.close()


def test_a_stream_closed_before_its_first_event_gives_the_place_back_once(hub: Hub) -> None:
    streams = Streams(hub, 1)
    for _ in range(3):
        stream = streams.open(frozenset({"x"}), stay)
        assert stream is not None
        stream.close()
        stream.close()


def test_a_stream_that_ends_stops_listening(hub: Hub) -> None:
    stream = Streams(hub, 1).open(frozenset({"x"}), stay)
    assert stream is not None
    next(stream)
    assert len(hub._listeners) == 1
    stream.close()
    assert not hub._listeners


def test_closing_ends_every_stream_and_opens_none(hub: Hub) -> None:
    streams = Streams(hub, 3)
    stream = streams.open(frozenset({"x"}), stay)
    assert stream is not None
    next(stream)
    streams.close()
    assert list(stream) == []
    stream.close()
    assert streams.open(frozenset({"x"}), stay) is None


# --- Over a real server -------------------------------------------------------------------------


@pytest.fixture
def server(shop: Any) -> Iterator[Server]:
    server = Server(create_app(shop.station), "127.0.0.1", 0, threads=8)
    server.start()
    yield server
    server.close()


def listen(server: Server, topics: str) -> tuple[http.client.HTTPConnection, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"/events?topics={topics}")
    return connection, connection.getresponse()


def test_a_scan_is_heard_at_once_by_a_screen(open_shop: Any, server: Server) -> None:
    connection, answer = listen(server, "bench:1")
    assert answer.getheader("Content-Type").startswith("text/event-stream")
    assert b"retry" in answer.readline()
    while answer.readline().strip():
        continue
    open_shop.station.benches["1"].scan("PBID-7")
    assert answer.readline() == b"data: bench:1\n"
    answer.close()
    connection.close()


def test_streams_never_take_the_last_threads(open_shop: Any, server: Server) -> None:
    held = [listen(server, "parcels") for _ in range(2)]  # 8 threads, 6 of them reserved
    connection, answer = listen(server, "parcels")
    assert answer.status == 503
    assert answer.getheader("Retry-After")
    answer.read()
    connection.request("GET", "/api/v1/health")
    assert connection.getresponse().read()
    for each in [*held, (connection, answer)]:
        each[1].close()
        each[0].close()


def test_a_screen_that_vanished_frees_its_thread(open_shop: Any, server: Server) -> None:
    hub = open_shop.station.hub
    before = len(hub._listeners)
    for _ in range(6):  # three times as many as there are places
        connection, answer = until_open(server)
        answer.close()
        connection.close()
    until(lambda: len(hub._listeners) == before)


def until_open(server: Server) -> tuple[http.client.HTTPConnection, Any]:
    """A stream, asked for until a place is free."""
    while True:
        connection, answer = listen(server, "parcels")
        if answer.status == 200:
            return connection, answer
        answer.close()
        connection.close()


def until(condition: Any) -> None:
    """Wait, at most some seconds, for another thread to get there."""
    waiting: queue.Queue[None] = queue.Queue()
    for _ in range(500):
        if condition():
            return
        with pytest.raises(queue.Empty):
            waiting.get(timeout=0.01)
    raise AssertionError("it never happened")


def test_a_server_stops_with_screens_still_listening(shop: Any) -> None:
    server = Server(create_app(shop.station), "127.0.0.1", 0, threads=8)
    server.start()
    port = server.port
    connection, answer = listen(server, "parcels")
    server.close()
    server.close()
    assert b"hello" in answer.read()
    answer.close()
    connection.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_server_that_never_ran_lets_go_of_its_port(shop: Any) -> None:
    server = Server(create_app(shop.station), "127.0.0.1", 0, threads=4)
    assert server.url == f"http://127.0.0.1:{server.port}/"
    server.close()


def test_a_server_runs_in_the_callers_thread_until_closed(shop: Any) -> None:
    server = Server(create_app(shop.station), "127.0.0.1", 0, threads=4)
    runner = threading.Thread(target=server.run)
    runner.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/api/v1/health")
    assert connection.getresponse().read()
    connection.close()
    server.close()
    runner.join(60)
    assert not runner.is_alive()


def test_a_settings_file_decides_how_many_screens_may_listen(shop: Any) -> None:
    config = replace(shop.station.config, web=replace(shop.station.config.web, threads=4))
    shop.station.config = config
    streams = create_app(shop.station).extensions["streams"]
    stream = streams.open(frozenset({"x"}), stay)
    assert stream is not None
    assert streams.open(frozenset({"x"}), stay) is None
    stream.close()
