"""The control door: the bench's hand over HTTP, on loopback only.

It answers nobody but pages it served itself and programs on this computer: a foreign Host (DNS
rebinding) or Origin (another site's page) is refused, and a POST must say that it is JSON, which a
foreign form cannot.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from simulators.bench import Bench

log = logging.getLogger(__name__)
MAX_BODY = 1 << 20
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
KINDS = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}  # fmt: skip
PAGE = re.compile(r"/printer/pages/(\d+)\.png")
ASSET = re.compile(r"/pages/([a-z]+\.(?:css|js))")


class _Server(ThreadingHTTPServer):
    """Threads are joined at the end, so that none outlives the bench."""

    daemon_threads = False
    block_on_close = True
    bench: Bench

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up in mid word is no news; everything else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class ControlServer:
    """Serve one bench's control door. ``port`` 0 lets the system choose."""

    def __init__(self, bench: Bench, port: int = 0) -> None:
        self.bench = bench
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.bench = bench
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the door is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> str:
        """Serve from a thread; return the url."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulated-control", daemon=True
        )
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop serving, join every thread, close the port."""
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 5  # seconds that an idle connection may keep its thread

    def do_GET(self) -> None:
        if not self._is_ours():
            return
        path = urlsplit(self.path).path
        bench = self.server.bench
        answers: dict[str, Callable[[], object]] = {
            "/state": bench.state,
            "/faults": bench.menu,
            "/printer/pages": bench.pages,
            "/items": lambda: [item.as_json() for item in bench.items],
            "/courier/truth": lambda: [slip.as_json() for slip in bench.courier.truth],
            "/platform/shipped": lambda: bench.platform.shipped,
            "/platform/memos": lambda: bench.platform.memos,
        }
        if path in answers:
            self._json(HTTPStatus.OK, answers[path]())
        elif path in ("/", "/bench"):
            self._page("desk.html" if path == "/" and bench.plan.station else "bench.html")
        elif match := ASSET.fullmatch(path):
            self._page(match[1])
        elif match := PAGE.fullmatch(path):
            self._picture(int(match[1]))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"nothing is at {path}")

    def do_POST(self) -> None:
        if not self._is_ours():
            return
        body = self._body()
        if body is None:
            return
        action = urlsplit(self.path).path.strip("/")
        if action in ("platform/shipped", "platform/memo"):
            self._told(action, body)
            return
        if action not in self.server.bench.actions:
            known = ", ".join(self.server.bench.actions)
            self._refuse(HTTPStatus.NOT_FOUND, f"no action {action!r}; known are {known}")
            return
        try:
            self._json(HTTPStatus.OK, self.server.bench.do(action, body))
        except (ValueError, TypeError, OSError) as wrong:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(wrong))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        log.debug(format, *args)

    def _is_ours(self) -> bool:
        """True for this computer's programs and for the pages served from here."""
        host = urlsplit("//" + (self.headers.get("Host") or ""))
        port = self.server.server_address[1]
        if host.hostname not in LOOPBACK or host.port != port:
            self._refuse(HTTPStatus.FORBIDDEN, "this door answers to its loopback name only")
            return False
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            self._refuse(HTTPStatus.FORBIDDEN, "this door answers no other site's page")
            return False
        return True

    def _body(self) -> Mapping[str, object] | None:
        if self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
            return None
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > MAX_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_BODY} bytes")
            return None
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._refuse(HTTPStatus.BAD_REQUEST, "the body is not a JSON object")
            return None
        return body

    def _told(self, action: str, body: Mapping[str, object]) -> None:
        platform = self.server.bench.platform
        take = platform.take_memo if action == "platform/memo" else platform.take_shipped
        status, answer = take(dict(body))
        if status:
            self._json(HTTPStatus(status), answer)
        else:
            self.close_connection = True  # taken, and hung up on without a word

    def _page(self, name: str) -> None:
        content = resources.files("simulators").joinpath("pages", name).read_bytes()
        if name.endswith(".html"):
            plan = self.server.bench.plan
            station = json.dumps(plan.station + plan.page).replace("<", "\\u003c")
            content = content.replace(b"__STATION__", station.encode())
        self._send(HTTPStatus.OK, KINDS[name.rpartition(".")[2]], content)

    def _picture(self, number: int) -> None:
        png = self.server.bench.page_png(number)
        if png is None:
            self._refuse(HTTPStatus.NOT_FOUND, f"no page {number} has come out")
        else:
            self._send(HTTPStatus.OK, "image/png", png)

    def _refuse(self, status: HTTPStatus, words: str) -> None:
        self.close_connection = True
        self._json(status, {"error": words})

    def _json(self, status: HTTPStatus, answer: object) -> None:
        content = json.dumps(answer, ensure_ascii=False).encode()
        self._send(status, "application/json; charset=utf-8", content)

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
