"""Other computers come in by TLS, are never this computer, and take nobody's thread for long."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.cli.tls import make_certificate
from web import tls
from web.app import create_app
from web.serve import Server


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for "bench.shop.lan" and its key, as `station tls` writes them."""
    certificate, key = make_certificate(["bench.shop.lan", "127.0.0.1"], 30)
    (tmp_path / "c.pem").write_bytes(certificate)
    (tmp_path / "k.pem").write_bytes(key)
    return tmp_path / "c.pem", tmp_path / "k.pem"


@pytest.fixture
def served(open_shop: Any, pair: tuple[Path, Path]) -> Iterator[Server]:
    """The pages on a plain port for this computer and a TLS port for others."""
    lan = tls.Lan("127.0.0.1", 0, tls.context_of(*pair))
    server = Server(create_app(open_shop.station), "127.0.0.1", 0, 8, lan)
    server.start()
    yield server
    server.close()


def trusting(pair: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pair[0])


def ask(
    server: Server, pair: tuple[Path, Path], method: str, path: str, body: Any = None,
    **headers: str,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request by TLS; status, headers, body."""
    line = http.client.HTTPSConnection(
        "127.0.0.1", server.lan_port, context=trusting(pair), timeout=60)
    about = {"Host": f"bench.shop.lan:{server.lan_port}", **headers}
    if body is not None:
        about["Content-Type"] = "application/json"
    try:
        line.request(method, path, None if body is None else json.dumps(body), about)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


def test_pages_come_by_tls_with_cookies_for_tls_alone(
    served: Server, pair: tuple[Path, Path]
) -> None:
    status, headers, body = ask(served, pair, "GET", "/sign-in")
    assert status == 200
    assert "登录" in body.decode()
    cookie = headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-packbench-{served.lan_port}=")
    assert "Secure" in cookie


def test_who_comes_by_tls_has_his_own_address_or_none() -> None:
    """The front passes on from 127.0.0.1: that must give nobody the bench's own seat."""
    peers = tls.Peers()
    seen: list[dict[str, Any]] = []

    def pages(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.append(environ)
        return []

    app = tls.behind(pages, peers, 4711)
    for server_port, address in (("4711", tls.UNKNOWN), ("8321", "127.0.0.1")):
        app({"SERVER_PORT": server_port, "REMOTE_PORT": "5", "REMOTE_ADDR": "127.0.0.1"}, None)
        assert seen[-1]["REMOTE_ADDR"] == address
    peers.note(5, "192.168.1.7")
    app({"SERVER_PORT": "4711", "REMOTE_PORT": "5", "REMOTE_ADDR": "127.0.0.1"}, None)
    assert seen[-1]["REMOTE_ADDR"] == "192.168.1.7"
    assert seen[-1]["wsgi.url_scheme"] == "https"
    peers.forget(5)
    assert peers.address("5") == peers.address("") == tls.UNKNOWN


def test_the_inner_port_gives_nobody_a_seat(served: Server) -> None:
    inner = served._listening[1].effective_port
    line = http.client.HTTPConnection("127.0.0.1", inner, timeout=60)
    line.request("POST", "/api/v1/bench/1/scan", '{"code": "PBID-7"}',
                 {"Content-Type": "application/json"})
    assert line.getresponse().status == 401
    line.close()


def test_this_computer_keeps_its_plain_port_and_its_seat(served: Server) -> None:
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    line.request("POST", "/api/v1/bench/1/scan", '{"code": "PBID-7"}',
                 {"Content-Type": "application/json"})
    assert line.getresponse().status == 200
    line.close()


def test_a_key_scans_by_tls_and_big_bodies_go_through(
    served: Server, pair: tuple[Path, Path], open_shop: Any
) -> None:
    key = {"Authorization": f"Bearer {open_shop.key_of('far')}"}
    status, _, body = ask(served, pair, "POST", "/api/v1/bench/1/scan", {"code": "PBID-7"}, **key)
    assert (status, json.loads(body)["packer"]) == (200, "阿明")
    big = {"strokes": [[[n % 1000, n % 997] for n in range(7000)]]}
    assert ask(served, pair, "POST", "/api/v1/bench/1/sign", big, **key)[0] == 200


def test_plain_bytes_and_old_tls_are_turned_away(
    served: Server, pair: tuple[Path, Path]
) -> None:
    with socket.create_connection(("127.0.0.1", served.lan_port), timeout=60) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"200" not in line.recv(100)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", served.lan_port), timeout=60) as line,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        old.wrap_socket(line)
    assert ask(served, pair, "GET", "/api/v1/health")[0] == 200


def test_many_at_once_are_all_answered(served: Server, pair: tuple[Path, Path]) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(
            ask(served, pair, "GET", "/api/v1/health")[0]))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12


def test_a_certificate_names_what_it_was_made_for(pair: tuple[Path, Path]) -> None:
    from cryptography import x509  # noqa: PLC0415 - one use

    made = x509.load_pem_x509_certificate(pair[0].read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bench.shop.lan"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert made.issuer == made.subject
