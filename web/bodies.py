"""Which bodies are kept, said by a request's head, before they come.

waitress puts a whole body on the disk before the application hears of the request. Whoever may
connect could so fill the disk with bodies that are refused afterwards. So each body is measured
against what its own view takes, and one larger than a form is kept only from somebody whom the
doorkeeper has met. What is not kept is let go as it comes: its sender is still told why, in words.
"""

from __future__ import annotations

import io
from http.cookies import CookieError, SimpleCookie
from typing import Any

from flask import Flask
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from werkzeug.exceptions import HTTPException

from web import guard, signin


class Bodies:
    """What the views of one application take."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._rules = app.url_map.bind("localhost")

    def room(self, method: str, path: str, headers: dict[str, str]) -> int:
        """Bytes of this request's body that are kept."""
        try:
            endpoint, _ = self._rules.match(path, method=method)
        except HTTPException:
            return guard.MAX_BODY
        most = int(getattr(self._app.view_functions[endpoint], "largest_body", guard.MAX_BODY))
        return most if self._knows(headers) else min(most, guard.MAX_BODY)

    def _knows(self, headers: dict[str, str]) -> bool:
        keeper: signin.Doorkeeper = self._app.extensions["doorkeeper"]
        secrets = [headers.get("AUTHORIZATION", "").removeprefix("Bearer ").strip()]
        try:
            secrets += [each.value for each in SimpleCookie(headers.get("COOKIE", "")).values()]
        except CookieError:
            return False
        return any(keeper.has_met(secret) for secret in secrets if secret)


class _LetGo:
    """Where a body goes that nobody keeps, in waitress's own shape of a buffer."""

    def append(self, data: bytes) -> None:
        """Forget them."""

    def getfile(self) -> io.BytesIO:
        """Nothing to be read."""
        return io.BytesIO()

    def close(self) -> None:
        """Nothing to be closed."""

    def __len__(self) -> int:
        return 0


class _Bounded(OverflowableBuffer):  # type: ignore[misc]  # waitress carries no types
    """A body in pieces, whose size nobody told: what is too much is let go, with all before it."""

    buf: Any
    strbuf: bytes

    def __init__(self, overflow: int, most: int) -> None:
        super().__init__(overflow)
        self._most, self._come = most, 0

    @property
    def is_over(self) -> bool:
        """True once more has come than is kept."""
        return self._come > self._most

    def append(self, data: bytes) -> None:
        """Keep them if there is room."""
        self._come += len(data)
        if not self.is_over:
            super().append(data)
        elif self.buf is not None:
            self.buf.close()
            self.buf, self.overflowed, self.strbuf = None, False, b""


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress carries no types
    """A request that keeps as much of its body as it may."""

    body_rcv: Any

    def __init__(self, adj: Any, bodies: Bodies | None) -> None:
        super().__init__(adj)
        self._bodies, self._let_go = bodies, False

    @property
    def is_unkept(self) -> bool:
        """True if its body was let go."""
        return self._let_go or getattr(getattr(self.body_rcv, "buf", None), "is_over", False)

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head, and choose where the body goes."""
        super().parse_header(header_plus)
        if self._bodies is None or self.body_rcv is None:
            return
        room = self._bodies.room(self.command, self.path, self.headers)
        if self.chunked:
            self.body_rcv.buf = _Bounded(self.adj.inbuf_overflow, room)
        elif self.content_length > room:
            self._let_go = True
            self.body_rcv.buf = _LetGo()
            if getattr(self, "expect_continue", False):
                # Whoever asks first is told no, and need not send it.
                self.expect_continue, self.body_rcv = False, None
                self.headers["CONNECTION"] = "close"


class Task(WSGITask):  # type: ignore[misc]  # waitress carries no types
    """Tells the application of a body that was let go."""

    def get_environment(self) -> dict[str, Any]:
        """What the application is told of the request."""
        environ: dict[str, Any] = super().get_environment()
        environ[guard.UNKEPT] = self.request.is_unkept
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress carries no types
    """A connection whose requests keep what they may."""

    task_class = Task

    def parser_class(self, adj: Any) -> Parser:
        """The next request of this connection."""
        return Parser(adj, getattr(self.server, "bodies", None))
