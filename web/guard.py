"""The guard at the door: every request passes it, because this computer's browser is no friend.

A page from elsewhere can make the shop's browser send requests to 127.0.0.1, and a hostile name
server can make a foreign page look like ours (DNS rebinding). So, for every request:

* the ``Host`` must be a name of this computer or one that the settings allow, else 421;
* a request that changes something must come from our own pages (``Origin`` and ``Sec-Fetch-Site``
  agree) and carry the token of the page's cookie, else 403;
* a local program (robots, scripts) sends neither of those two headers; it may change things with
  ``Content-Type: application/json``, which no foreign page can send without asking first, and we
  never answer such asking (no CORS);
* another site may link to us, and no more: it cannot use our answers as pictures or scripts;
* ``GET`` never changes anything.

The one exception is a view marked ``signed_by_sender``: its body is signed, and the view checks it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from hmac import compare_digest
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request

from station.config import Config

View = TypeVar("View", bound=Callable[..., Any])

TOKEN_HEADER = "X-Packbench-Token"  # noqa: S105 - the header's name
TOKEN_FIELD = "token"  # noqa: S105 - the form field's name
MAX_BODY = 256 * 1024
"""Bytes that a request may carry unless its view allows more."""

UNKEPT = "packbench.unkept"
"""Says in a request's environment that its body was let go: web/bodies.py."""

LARGER_THAN_ANY = 1 << 62
"""Bytes; a body in pieces never says how many it has."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
JSON = "application/json"
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - recognised, never bound here


def signed_by_sender(view: View) -> View:
    """Mark a view whose requests come from other machines and are signed: the view checks them."""
    view.signed_by_sender = True  # type: ignore[attr-defined]
    return view


def largest_body(size: int) -> Callable[[View], View]:
    """Mark a view that takes bodies of up to ``size`` bytes, for uploads."""
    def mark(view: View) -> View:
        view.largest_body = size  # type: ignore[attr-defined]
        return view
    return mark


def install(app: Flask, config: Config) -> None:
    """Put the guard before every request and the strict headers behind every answer."""
    hosts = allowed_hosts(config)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.before_request(lambda: _check(hosts))
    headers = security_headers(config.web.frame_ancestors)
    app.after_request(lambda response: _dress(response, headers))
    app.jinja_env.globals["csrf_token"] = token


def allowed_hosts(config: Config) -> frozenset[str]:
    """The names under which this station answers, without ports, in small letters."""
    named = {*config.web.allowed_hosts, config.web.host} - ANY_ADDRESS
    return _LOOPBACK | {name.lower().strip("[]") for name in named}


def security_headers(frame_ancestors: tuple[str, ...]) -> dict[str, str]:
    """What every answer says to the browser: run only our own scripts, and tell nobody."""
    ancestors = " ".join(frame_ancestors) or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; "
        f"base-uri 'none'; object-src 'none'; frame-src 'none'; frame-ancestors {ancestors}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        # Not "no-referrer": under it our own forms would say "Origin: null", as strangers do.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers


def token() -> str:
    """The token of this browser: from its cookie, or a new one that the answer will set."""
    if "csrf" not in g:
        known = request.cookies.get(cookie_name(), "")
        g.csrf = known if _plausible(known) else secrets.token_urlsafe(32)
        g.csrf_is_new = g.csrf != known
    return str(g.csrf)


def renew_token() -> None:
    """Another token for this browser, as at every sign-in and sign-out."""
    g.csrf, g.csrf_is_new = secrets.token_urlsafe(32), True


def _check(hosts: frozenset[str]) -> None:
    if host_name(request.headers.get("Host", "")) not in hosts:
        abort(421, "host")
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "largest_body", MAX_BODY)
    if getattr(view, "signed_by_sender", False):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if request.method in SAFE:
        _check_reader(site)
        _check_text()
    elif site is not None or "Origin" in request.headers:
        _check_browser(site)
        _check_form(by_token=True)
    else:
        _check_form(by_token=request.mimetype != JSON)


def _check_form(*, by_token: bool) -> None:
    """What the body says; of one that was let go, who asks is told below why (web/signin.py)."""
    if request.environ.get(UNKEPT):
        return
    if by_token:
        _check_token()
    _check_text()


def unkeepable(text: str) -> bool:
    """True for text that no database keeps: with a NUL in it, or half a surrogate pair."""
    return _UNKEEPABLE.search(text) is not None


def row_id(text: str) -> int:
    """A row's number that a form or an address told; ValueError for one that no database keeps."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text[:16])
    return int(text)


def _check_text() -> None:
    """Nobody types what no database keeps; JSON bodies are looked at by their views."""
    given = [request.path, *request.args.values()]
    if request.mimetype != JSON:
        given += request.form.values()
    if any(unkeepable(text) for text in given):
        abort(400)


def _check_reader(site: str | None) -> None:
    """Foreign sites may link to our pages, not use our answers inside theirs."""
    if site in ("cross-site", "same-site") and request.headers.get("Sec-Fetch-Mode") != "navigate":
        abort(403, "site")


def _check_browser(site: str | None) -> None:
    origin = request.headers.get("Origin")
    if site not in (None, "same-origin"):
        abort(403, "site")
    if origin is not None and not _is_ours(origin):
        abort(403, "origin")


def _is_ours(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == request.host.lower()


def _check_token() -> None:
    known = request.cookies.get(cookie_name(), "")
    given = request.headers.get(TOKEN_HEADER) or request.form.get(TOKEN_FIELD, "")
    if not _plausible(known) or not compare_digest(known.encode(), given.encode()):
        abort(403, "token")


def _plausible(value: str) -> bool:
    return len(value) == 43 and value.isascii()


def host_name(host: str) -> str:
    """The name in a ``Host`` header, without its port; "" if the header cannot be one."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return "" if parts.path or parts.query or parts.fragment or "@" in host else name.rstrip(".")


def cookie_name(kind: str = "") -> str:
    """One cookie per port: two stations on one computer share the browser's cookie jar.

    Under TLS its name lets no page without TLS and no neighbouring name set it.
    """
    port = urlsplit(f"//{request.host}").port or (443 if request.is_secure else 80)
    name = f"packbench-{kind}-{port}" if kind else f"packbench-{port}"
    return f"__Host-{name}" if request.is_secure else name


def set_cookie(response: Response, name: str, value: str) -> None:
    """Hand a cookie out that no script reads and no other site sends."""
    response.set_cookie(
        name, value, httponly=True, samesite="Strict", path="/", secure=request.is_secure
    )


def _dress(response: Response, headers: dict[str, str]) -> Response:
    given = {name.lower() for name, _ in response.headers}
    response.headers.extend(
        (name, value) for name, value in headers.items() if name.lower() not in given)
    if request.endpoint != "static" and "cache-control" not in given:
        response.headers["Cache-Control"] = "no-store"
    if g.get("csrf_is_new", False):
        set_cookie(response, cookie_name(), g.csrf)
    return response
