"""A body is kept only if its view takes so much, and a large one only from somebody known."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from waitress.adjustments import Adjustments

from web import bodies, guard, limits
from web.serve import Server
from web.views import imports

MIB = 1 << 20
LARGE = b"x" * MIB


def head(length: int | None, path: str = "/import", method: str = "POST", **more: str) -> bytes:
    size = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", size,
             *(f"{name}: {value}" for name, value in more.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def fed(app: Flask, *data: bytes) -> bodies.Parser:
    """A request of which so much has come, as the server reads it."""
    parser = bodies.Parser(
        Adjustments(max_request_body_size=limits.LARGEST_UPLOAD), bodies.Bodies(app))
    for piece in data:
        parser.received(piece)
    return parser


def kept(parser: bodies.Parser) -> int:
    return len(parser.body_rcv) if parser.body_rcv is not None else 0


@pytest.fixture
def cookie(app: Flask, shop: Any) -> str:
    """The cookie of somebody who has opened a page since the start."""
    token = shop.session_of("老周")
    client = app.test_client()
    client.set_cookie("packbench-session-80", token)
    assert client.get("/import").status_code == 200
    return f"packbench-session-80={token}"


@pytest.mark.fault("F22")
@pytest.mark.parametrize(("path", "method", "size"), [
    ("/import", "POST", MIB), ("/bills", "POST", MIB), ("/nowhere", "POST", MIB),
    ("/import", "GET", MIB), ("/import", "BREW", MIB),
    ("/api/v1/orders/paid", "POST", guard.MAX_BODY + 1),
])
def test_nothing_large_of_a_stranger_is_kept(
    app: Flask, path: str, method: str, size: int
) -> None:
    parser = fed(app, head(size, path, method), LARGE[:size // 2])
    assert parser.is_unkept
    assert kept(parser) == 0
    assert not parser.completed
    parser.received(LARGE[size // 2:size])
    assert parser.completed
    assert parser.error is None


@pytest.mark.fault("F22")
def test_in_pieces_it_is_let_go_once_it_is_too_much(app: Flask) -> None:
    parser = fed(app, head(None), b"40000\r\n" + b"x" * 0x40000 + b"\r\n")
    assert (kept(parser), parser.is_unkept) == (guard.MAX_BODY, False)
    parser.received(b"80000\r\n" + b"x" * 0x80000 + b"\r\n")
    assert (kept(parser), parser.is_unkept) == (0, True)
    parser.received(b"0\r\n\r\n")
    assert parser.completed


def test_what_was_let_go_in_pieces_lies_in_no_file(app: Flask, cookie: str) -> None:
    piece = b"100000\r\n" + LARGE + b"\r\n"
    parser = fed(app, head(None, "/suppliers/1/count", Cookie=cookie), *[piece] * 3)
    assert parser.is_unkept
    assert parser.body_rcv.buf.buf is None


@pytest.mark.parametrize("most", [imports.LARGEST_UPLOAD])
def test_who_was_met_is_taken_at_his_views_word_and_no_further(
    app: Flask, cookie: str, most: int
) -> None:
    parser = fed(app, head(most, Cookie=f"other=1; {cookie}"), LARGE)
    assert (kept(parser), parser.is_unkept) == (MIB, False)
    parser.close()
    assert fed(app, head(most + 1, Cookie=cookie), LARGE).is_unkept
    assert fed(app, head(MIB, "/sign-in", Cookie=cookie), LARGE).is_unkept


def test_a_program_is_known_by_its_key(app: Flask, program: Any, shop: Any) -> None:
    assert program.get("/api/v1/stock").status_code in (200, 404)
    given = program.environ_base["HTTP_AUTHORIZATION"]
    parser = fed(app, head(MIB, Authorization=given), LARGE)
    assert not parser.is_unkept
    parser.close()
    assert fed(app, head(MIB, Authorization="Bearer pbkey_wrong"), LARGE).is_unkept


def test_who_signed_out_is_a_stranger_again(app: Flask, cookie: str) -> None:
    client = app.test_client()
    name, _, token = cookie.partition("=")
    client.set_cookie(name, token)
    app.extensions["station"].write(_end_all)
    app.extensions["doorkeeper"].forget()
    client.get("/import")
    assert fed(app, head(MIB, Cookie=cookie), LARGE).is_unkept


def _end_all(session: Any, *, now: Any) -> None:
    from station.db.models import SignIn  # noqa: PLC0415 - one use

    for row in session.query(SignIn):
        row.ended_at, row.ended_how = now, "out"


@pytest.mark.parametrize("junk", ["a=\"b; ;;=", "=" * 2000, ""])
def test_a_cookie_that_is_none_is_nobodys(app: Flask, junk: str) -> None:
    assert fed(app, head(MIB, Cookie=junk), LARGE).is_unkept


# --- What its sender is told, over a real line ---------------------------------------------------


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    server = Server(app, "127.0.0.1", 0, 4)
    server.start()
    yield server
    server.close()


def answer(server: Server, *data: bytes) -> str:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        for piece in data:
            line.sendall(piece)
        came = b""
        while chunk := line.recv(65536):
            came += chunk
    return came.decode()


OURS = {"Origin": "http://localhost", "Connection": "close"}


@pytest.mark.fault("F22")
def test_a_stranger_with_a_large_file_is_told_to_sign_in(server: Server) -> None:
    said = answer(server, head(MIB, **OURS), LARGE)
    assert said.startswith("HTTP/1.1 401")
    assert "请先登录" in said


def test_too_large_a_file_is_told_so_in_words(server: Server, cookie: str) -> None:
    said = answer(server, head(MIB, "/first-steps", **OURS, Cookie=cookie), LARGE)
    assert said.startswith(("HTTP/1.1 413", "HTTP/1.1 404"))
    said = answer(server, head(MIB, "/sign-in", **OURS, Cookie=cookie), LARGE)
    assert said.startswith("HTTP/1.1 413")
    assert "文件太大" in said


def test_who_was_not_met_since_the_start_is_asked_to_send_it_again(
    server: Server, shop: Any
) -> None:
    cookie = f"packbench-session-{server.port}={shop.session_of('老周')}"
    told = {"Host": f"localhost:{server.port}", "Connection": "close", "Cookie": cookie}
    first = answer(server, head(MIB, **told).replace(b"Host: localhost\r\n", b""), LARGE)
    assert first.startswith("HTTP/1.1 503")
    assert "请再发一次" in first
    second = answer(server, head(MIB, **told).replace(b"Host: localhost\r\n", b""), LARGE)
    assert second.startswith("HTTP/1.1 403")  # taken, and looked at: it has no token


@pytest.mark.fault("F24")
def test_a_foreign_pages_large_body_changes_nothing_either(server: Server, cookie: str) -> None:
    foreign = {"Origin": "http://evil.example", "Connection": "close", "Cookie": cookie}
    assert answer(server, head(MIB, "/sign-in", **foreign), LARGE).startswith("HTTP/1.1 403")


@pytest.mark.fault("F24")
def test_who_asks_before_he_sends_is_told_no_and_what_follows_is_no_request(
    server: Server, shop: Any
) -> None:
    """The body that was never read must not be taken for a request of its own."""
    hidden = (b"POST /api/v1/bench/1/scan HTTP/1.1\r\nHost: localhost\r\n"
              b"Content-Type: application/json\r\nContent-Length: 16\r\n\r\n"
              b'{"code": "PBX"}\n')
    said = answer(server, head(MIB, Origin="http://localhost", Expect="100-continue") + hidden * 3)
    assert said.startswith("HTTP/1.1 401")
    assert said.count("HTTP/1.1") == 1
