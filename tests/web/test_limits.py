"""What one connection may cost: too large, too slow or too many, over a real socket."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

import pytest

from station.services.live import Hub
from web import limits, tls
from web.app import create_app
from web.limits import Bell, Limits
from web.serve import Server
from web.stream import Streams

HEALTH = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
Serve = Callable[[Limits], Server]


@pytest.fixture
def serve(open_shop: Any) -> Iterator[Serve]:
    servers: list[Server] = []

    def start(within: Limits) -> Server:
        server = Server(create_app(open_shop.station), "127.0.0.1", 0, 4, within=within)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve(Limits())


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def everything(line: socket.socket) -> bytes:
    """What comes until the other side ends."""
    came = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := line.recv(65536):
            came += chunk
    return came


def status_of_next(line: socket.socket) -> int:
    """Take the next answer whole, in however many pieces it comes, and leave the line open."""
    answer = HTTPResponse(line)
    answer.begin()
    answer.read()
    return answer.status


def asked(server: Server, request: bytes) -> bytes:
    with connect(server) as line:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(request)
        return everything(line)


def post(path: str, kind: str, body: bytes) -> bytes:
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def is_served(server: Server) -> bool:
    return asked(server, HEALTH).startswith(b"HTTP/1.1 200")


# --- Too large ----------------------------------------------------------------------------------


@pytest.mark.fault("F22")
@pytest.mark.parametrize("head", [
    b"GET /",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
], ids=["address", "header"])
def test_a_request_with_too_large_a_head_is_refused_and_the_next_is_served(
    server: Server, head: bytes
) -> None:
    # Not a byte more: what a server has not read when it closes takes its answer away again.
    assert b" 431 " in asked(server, head.ljust(limits.LARGEST_HEADER, b"a")).split(b"\r\n")[0]
    assert is_served(server)


def test_a_head_just_small_enough_is_served(server: Server) -> None:
    head = HEALTH.replace(b"\r\n\r\n", b"\r\nX: " + b"a" * (limits.LARGEST_HEADER - 200))
    assert asked(server, head + b"\r\n\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.fault("F22")
def test_a_body_larger_than_its_view_takes_is_refused(server: Server) -> None:
    body = b'{"code": "' + b"1" * 300_000 + b'"}'
    request = post("/api/v1/bench/1/scan", "application/json", body)
    assert b" 413 " in asked(server, request).split(b"\r\n")[0]
    assert is_served(server)


@pytest.mark.fault("F22")
def test_a_body_that_says_it_is_huge_is_refused_before_it_comes(server: Server) -> None:
    head = (b"POST /import HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
            % (limits.LARGEST_UPLOAD + 1))
    assert asked(server, head).startswith(b"HTTP/1.1 413")
    assert is_served(server)


@pytest.mark.fault("F22")
@pytest.mark.parametrize("pieces", [
    b"f" * (limits.LARGEST_MARK + 1),
    b"1;" + b"x" * limits.LARGEST_MARK,
    b"0\r\n" + b"X: y\r\n" * limits.LARGEST_MARK,
], ids=["size", "words", "trailer"])
def test_a_body_in_pieces_whose_marks_have_no_end_is_cut_off(
    server: Server, pieces: bytes
) -> None:
    head = b"POST /import HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert not asked(server, head + pieces).startswith(b"HTTP/1.1 2")
    assert is_served(server)


def test_a_body_in_pieces_is_taken_as_a_whole_one(server: Server) -> None:
    head = (b"POST /api/v1/bench/1/scan HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    answer = asked(server, head + b'9\r\n{"code":"\r\n7\r\nPBID-7"\r\n1\r\n}\r\n0\r\n\r\n')
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.fault("F22")
@pytest.mark.parametrize("nested", [
    b"[" * 100_000, b'{"a":' * 30_000, b"[" * 50_000 + b"]" * 50_000,
], ids=["lists", "objects", "closed"])
def test_json_nested_too_deep_is_a_wrong_body(server: Server, nested: bytes) -> None:
    answer = asked(server, post("/api/v1/bench/1/scan", "application/json", nested))
    assert answer.startswith(b"HTTP/1.1 400")
    assert is_served(server)


@pytest.mark.fault("F22")
def test_a_form_of_more_parts_than_any_page_has_is_refused(browser: Any) -> None:
    many = {f"field{n}": "x" for n in range(300)}
    answer = browser.client.post("/import", data=many, content_type="multipart/form-data",
                                 headers={"Origin": "http://localhost"})
    assert answer.status_code == 413


def test_a_form_of_very_many_fields_is_answered_without_an_error_of_ours(browser: Any) -> None:
    answer = browser.client.post(
        "/import", data=b"a=1&" * 60_000, content_type="application/x-www-form-urlencoded",
        headers={"Origin": "http://localhost"})
    assert 400 <= answer.status_code < 500


# --- Too slow -----------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [
    b"G",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    b"POST /import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nabc",
    b"POST /import HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
], ids=["line", "head", "body", "pieces"])
def test_a_request_that_does_not_come_to_its_end_is_cut_off(serve: Serve, begun: bytes) -> None:
    server = serve(Limits(request_s=0.1))
    with connect(server) as line:
        line.sendall(begun)
        assert everything(line) == b""
    assert is_served(server)


def test_one_byte_now_and_then_does_not_buy_time(serve: Serve) -> None:
    server = serve(Limits(request_s=0.5))
    with connect(server) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        line.settimeout(0.05)
        for _ in range(1200):  # a minute at most
            try:
                line.sendall(b"X: y\r\n")
                if line.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            raise AssertionError("a byte now and then kept the line for ever")


def test_a_large_body_has_time_for_its_size(serve: Serve) -> None:
    server = serve(Limits(request_s=5.0))
    with connect(server) as line:
        line.sendall(b"POST /import HTTP/1.1\r\nHost: localhost\r\n"
                     b"Content-Length: 655360\r\n\r\na")
        channel = _only_channel(server)
        begun = channel._since
    assert not channel.is_late(begun + 14.9, 5.0)  # 10 s more for 640 KiB
    assert channel.is_late(begun + 15.1, 5.0)


def _only_channel(server: Server) -> Any:
    """The server's one connection, once its head has been read."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for channel in list(server._listening[0].active_channels.values()):
            if channel.request is not None and channel.request.headers_finished:
                return channel
    raise AssertionError("the head never came")


def test_a_quiet_line_between_two_requests_is_not_late(serve: Serve) -> None:
    server = serve(Limits(request_s=0.1))
    with connect(server) as line:
        for _ in range(2):
            line.sendall(HEALTH.replace(b"Connection: close\r\n", b""))
            assert status_of_next(line) == 200
            assert not any(channel.is_late(time.monotonic() + 1000, 0.1)
                           for channel in list(server._listening[0].active_channels.values()))


def test_slow_askers_take_nobodys_thread(server: Server) -> None:
    with contextlib.ExitStack() as lines:
        for _ in range(30):  # of four threads
            line = lines.enter_context(connect(server))
            line.sendall(b"POST /import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        assert is_served(server)


# --- Too many -----------------------------------------------------------------------------------


def test_who_holds_every_connection_keeps_nobody_out_for_long(serve: Serve) -> None:
    server = serve(Limits(connections=16, request_s=1.0))
    with contextlib.ExitStack() as lines:
        held = [lines.enter_context(connect(server)) for _ in range(40)]
        for line in held:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert is_served(server)  # waits in the queue until the slow ones are cut off
        assert all(everything(line) == b"" for line in held)


def test_another_computer_gets_a_quarter_of_the_streams_and_the_benches_the_rest() -> None:
    streams = Streams(Hub(), 20)
    topics = frozenset({"x"})
    theirs = [streams.open(topics, lambda: False, "192.168.1.9") for _ in range(6)]
    assert [stream is not None for stream in theirs] == [True] * 5 + [False]
    other = streams.open(topics, lambda: False, "192.168.1.10")
    ours = [streams.open(topics, lambda: False) for _ in range(15)]
    assert [stream is not None for stream in ours] == [True] * 14 + [False]
    assert theirs[0] is not None
    theirs[0].close()
    theirs[0].close()  # gives its place back once
    again = streams.open(topics, lambda: False, "192.168.1.9")
    assert again is not None
    for stream in [*theirs, other, *ours, again]:
        if stream is not None:
            stream.close()
    assert not streams._held


def test_one_address_holds_so_many_lines_of_tls_and_no_more(
    open_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody speaks TLS here: a line counts from its first moment, not from a handshake on."""
    monkeypatch.setattr(tls, "EACH", 2)
    with socket.create_server(("127.0.0.1", 0)) as inner:
        lan = tls.Lan("127.0.0.1", 0, tls.ssl.create_default_context(tls.ssl.Purpose.CLIENT_AUTH))
        front = tls.Front(lan, inner.getsockname()[1], tls.Peers())
        front.start()
        try:
            lines = [socket.create_connection(("127.0.0.1", front.port), timeout=60)
                     for _ in range(3)]
            assert everything(lines[2]) == b""
            for line in lines:
                line.sendall(b"no TLS\r\n") if line is not lines[2] else None
                everything(line)
                line.close()
            until_free(front)
            with socket.create_connection(("127.0.0.1", front.port), timeout=60) as next_one:
                next_one.sendall(b"no TLS\r\n")
                everything(next_one)  # listened to, and ended for what it said
            until_free(front)
        finally:
            front.close()


def until_free(front: tls.Front) -> None:
    end = time.monotonic() + 60
    while front._held and time.monotonic() < end:
        for thread in list(front._serving):
            thread.join(1)
    assert not front._held


# --- The bell -----------------------------------------------------------------------------------


def test_an_answer_that_ends_after_the_server_rings_no_bell(serve: Serve) -> None:
    server = serve(Limits())
    bell = server._listening[0].trigger
    server.close()
    bell.pull_trigger()
    server.close()


def test_a_late_ring_never_writes_into_a_file_that_has_the_number_now() -> None:
    for _ in range(100):
        bell = Bell({})
        numbers = list(bell._fds)
        stop = threading.Event()

        def ring(bell: Bell = bell, stop: threading.Event = stop) -> None:
            while not stop.is_set():
                bell.pull_trigger()

        ringer = threading.Thread(target=ring)
        ringer.start()
        bell.close()
        reader, writer = os.pipe()  # takes the numbers that are free again
        os.set_blocking(reader, False)
        bell.pull_trigger()
        stop.set()
        ringer.join()
        assert {reader, writer} & set(numbers)
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
        os.close(reader)
        os.close(writer)
