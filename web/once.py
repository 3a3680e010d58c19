"""Requests that may be told twice: ``Idempotency-Key``, or a form's hidden field.

The same key with the same body is given the same answer and nothing is done again; with another
body it is refused (422); while the first is under way, or if its answer was lost, the repeat is
told so (409). Keys belong to who sends them and to the address they are sent to.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any, cast

from flask import Flask, Response, abort, current_app, g, request
from werkzeug.exceptions import HTTPException

from station.services import repeats
from station.services.repeats import Answer, Once, Repeated
from web import guard, signin
from web.door import StationDoor, station

HEADER = "Idempotency-Key"
FIELD = "once"
_LONGEST = 128
_PLAIN = frozenset({guard.JSON, "application/x-www-form-urlencoded"})
"""Files are known by their own digests; a key beside them is not looked at."""


def install(app: Flask) -> None:
    """Look at each request's key after its sender is known, and keep each answer."""
    app.before_request(_look)
    app.after_request(_keep)
    app.register_error_handler(Repeated, _repeated)
    app.jinja_env.globals["new_key"] = lambda: secrets.token_urlsafe(16)


def present() -> Once | None:
    """The present request's key, for what does not change the records by ``station().write``."""
    return cast("Once | None", g.get("once"))


def keep_nothing() -> None:
    """Let the present answer be kept nowhere; a repeat is told that it was done already."""
    g.once = None


def _look() -> Response | None:
    if request.method in guard.SAFE or request.mimetype not in _PLAIN or request.endpoint is None:
        return None
    key = request.headers.get(HEADER, "")
    if not key and request.mimetype != guard.JSON:
        key = request.form.get(FIELD, "")
    if not key:
        return None
    if len(key) > _LONGEST or not key.isascii() or not key.isprintable():
        abort(400, "once")
    who = signin.person()
    sender = f"{who.staff_id or who.name}\0{request.method} {request.path}\0{key}"
    once = Once(_digest(sender.encode()), _digest(_asked()))
    before = station().read(repeats.known, once.key, now=station().now())
    if before is not None:
        return _again(before, once)
    g.once = once
    g.door = _Marking(station(), once)
    return None


def _asked() -> bytes:
    """What is asked, without what changes from one sending to the next."""
    if request.mimetype == guard.JSON:
        return request.get_data()
    fields = [(name, value) for name, value in request.form.items(multi=True)
              if name != guard.TOKEN_FIELD]
    return repr(sorted(fields)).encode("utf-8", "surrogatepass")


class _Marking:
    """The station's door for one request: its first change carries the key with it."""

    def __init__(self, door: StationDoor, once: Once) -> None:
        self._door, self._once, self._marked = door, once, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    def write(self, step: Any, /, *args: Any, **facts: Any) -> Any:
        """As the station's own, with the key's row in the first one's transaction."""
        if self._marked:
            return self._door.write(step, *args, **facts)
        result = self._door.write(repeats.marking(step, self._once), *args, **facts)
        self._marked = True
        return result


def _keep(response: Response) -> Response:
    once = present()
    if once is None or response.status_code >= 400 or response.is_streamed:
        return response
    g.door = None  # the key is with its change by now, or goes with the answer
    body = response.get_data()
    if len(body) <= repeats.LARGEST_ANSWER:
        station().write(
            repeats.answered, once, response.status_code, response.mimetype or "",
            response.headers.get("Location", ""), body,
        )
    return response


def _repeated(error: Repeated) -> Response:
    """Two of one key came at once: this one was second, and did nothing."""
    once = present()
    g.once = None
    before = station().read(repeats.known, error.key, now=station().now())
    try:
        if once is None or before is None:
            abort(409, "once_lost")
        return _again(before, once)
    except HTTPException as refused:  # raised in a handler, it would find no other
        return cast(Response, current_app.extensions["say_no"](refused))


def _again(before: Answer, once: Once) -> Response:
    """The answer that was given before, or why there is none."""
    if before.asked != once.asked:
        abort(422, "once_other")
    if before.status == 0:
        abort(409, "once_lost")
    response = Response(before.body, before.status, mimetype=before.kind or None)
    response.headers["Idempotent-Replayed"] = "true"
    if before.location:
        response.headers["Location"] = before.location
    return response


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
