"""A program's way to a station and to a control door: JSON over HTTP, and waiting for a state.

No cookie, no Origin: a station lets a local program in that sends ``application/json``, and for
more than the bench the key that it was given.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
LOOK_EVERY_S = 0.01


class Refused(OSError):
    """The other side answered with an error; ``status`` is its HTTP status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status


class Caller:
    """One address that is asked and told in JSON. Every call is a connection of its own."""

    def __init__(self, url: str, *, timeout: float = 20.0, key: str = "") -> None:
        where = urlsplit(url)
        self.url = url.rstrip("/")
        self._host, self._port = where.hostname or "127.0.0.1", where.port or 80
        self._timeout = timeout
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str) -> Any:
        """What is at ``path``. Refused for an error, OSError if nobody answers."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Tell ``body`` to ``path`` and return the answer. Refused or OSError as for ``get``."""
        return self._call("POST", path, json.dumps(dict(body or {})))

    def _call(self, method: str, path: str, body: str | None) -> Any:
        line = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            line.request(method, path, body, self._headers)
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        if answer.status >= 400:
            raise Refused(answer.status, f"{path}: {content[:200].decode('utf-8', 'replace')}")
        return json.loads(content)


def until(look: Callable[[], T | None], what: str, seconds: float = 60.0) -> T:
    """Look again and again until something is seen. TimeoutError says what never came."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= end:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(LOOK_EVERY_S)
