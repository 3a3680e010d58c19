"""Who asks, and whether he may: the one place where a request is given a person and his rights.

Every view names the right it needs with ``@needs(Right.X)``, or ``@open_to_all`` where it shows and
changes nothing that belongs to anybody. A view that names none needs ``Right.LOOK`` to be read and
the manager's ``Right.MANAGE`` to change anything, so what was forgotten is closed, not open.

A person is known by the session's cookie, a program by ``Authorization: Bearer pbkey_…``. The
bench's own computer may pack without either (``SEAT``): a scanner at its cable may as well. Views
and templates ask ``person()``.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from station.domain.commands import ONE_TIME_PREFIX
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.services import overrides, people, pins, sessions, staff
from station.services.sessions import AT_THE_SEAT, NOBODY, Life, Somebody
from web import guard
from web.door import StationDoor, station

View = TypeVar("View", bound=Callable[..., Any])

_TRUSTED_FOR = timedelta(seconds=2)
"""How long a session is believed without looking at the records: another process may end it."""
_TOUCH_EVERY = timedelta(minutes=1)
_NOTE_EVERY = timedelta(minutes=1)
_REMEMBERED = 4096
_PROGRAM = "Bearer "


class NeedsSignIn(Unauthorized):
    """Nobody said who he is, and this needs somebody."""

    description = "sign_in"


class NeedsRight(Forbidden):
    """He who asks may not do this; ``facts`` name the right."""

    description = "right"

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.facts: dict[str, str | int] = {"right": str(right)}


def needs(right: Right) -> Callable[[View], View]:
    """Mark a view with the right that it takes."""
    def mark(view: View) -> View:
        view.right = right  # type: ignore[attr-defined]
        return view
    return mark


def open_to_all(view: View) -> View:
    """Mark a view that anybody may ask: it shows nobody's data, or checks by itself who asks."""
    view.right = None  # type: ignore[attr-defined]
    return view


def person() -> Somebody:
    """Who asks: his name, role and rights; ``NOBODY``'s where nobody is signed in."""
    return cast(Somebody, g.get("person", NOBODY))


def accepting(badge: str, pin: str) -> str | Refusal:
    """The name of the person with the right to accept whose badge and PIN these are. Slow.

    A manager's one-time code in the badge's place stands for both.
    """
    door = station()
    if badge.startswith(ONE_TIME_PREFIX) or (overrides.is_code(badge) and not pin):
        redeemed = overrides.redeem(door.db, badge, place=place(), now=door.now())
        return redeemed if isinstance(redeemed, Refusal) else redeemed.name
    found = door.read(staff.find, badge)
    if isinstance(found, Refusal):
        return found
    refusal = pins.prove(door.db, found, pin, place=place(), now=door.now())
    if refusal is not None:
        return refusal
    if not found.may(Right.ACCEPT):
        return Refusal(Code.SIGN_MANAGER_NEEDED)
    return found.name


def place() -> str:
    """Where this request comes from, for counting wrong tries."""
    return f"page {request.remote_addr or '?'}"


class Doorkeeper:
    """Knows the people behind tokens and keys, and remembers them for a moment."""

    def __init__(self, door: StationDoor, life: Life, *, open_seat: bool) -> None:
        self._door, self.life, self._open_seat = door, life, open_seat
        self._known: dict[str, tuple[Somebody, datetime]] = {}
        self._met: set[str] = set()
        self._noted: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()
        self._claimed = False

    def who(self, token: str, authorization: str, address: str | None) -> Somebody:
        """The person of a session, the program of a key, the seat, or nobody."""
        if authorization.startswith(_PROGRAM):
            return self._program(authorization.removeprefix(_PROGRAM).strip()) or NOBODY
        found = self._session(token) if token else None
        if found is not None:
            return found
        return AT_THE_SEAT if self._open_seat and is_this_computer(address) else NOBODY

    def is_claimed(self) -> bool:
        """True once the station has a manager; looked up until it has."""
        self._claimed = self._claimed or self._door.read(people.has_manager)
        return self._claimed

    def has_met(self, secret: str) -> bool:
        """Whether this was somebody's token or key lately; looks nothing up."""
        return sessions.digest_of(secret) in self._met

    def forget(self) -> None:
        """After a sign-in or sign-out: look everything up anew."""
        with self._lock:
            self._known.clear()

    def _program(self, key: str) -> Somebody | None:
        if not key.startswith(sessions.KEY_PREFIX) or len(key) > 128:
            return None
        return self._looked_up(key, sessions.key_owner)

    def _session(self, token: str) -> Somebody | None:
        found = self._looked_up(token, sessions.look) if len(token) <= 128 else None
        if found is None or found.since is None or found.seen_at is None:
            return None
        now = self._door.now()
        if self.life.is_over(found.since, found.seen_at, now):
            self._door.write(sessions.end, found, "idle")
            self.forget()
            return None
        return found

    def _looked_up(
        self, secret: str, look: Callable[..., Somebody | None]
    ) -> Somebody | None:
        digest, now = sessions.digest_of(secret), self._door.now()
        known = self._known.get(digest)
        if known is not None and abs(now - known[1]) < _TRUSTED_FOR:
            return known[0]
        found = self._door.read(look, secret)
        with self._lock:
            self._meet(digest, known=found is not None)
            if found is None or len(self._known) > _REMEMBERED:
                self._known.pop(digest, None)
            else:
                self._known[digest] = (self._latest(found, known), now)
        return None if found is None else self._known.get(digest, (found, now))[0]

    def _meet(self, digest: str, *, known: bool) -> None:
        if len(self._met) > _REMEMBERED:
            self._met.clear()
        self._met.add(digest) if known else self._met.discard(digest)

    @staticmethod
    def _latest(found: Somebody, known: tuple[Somebody, datetime] | None) -> Somebody:
        """The session with its last sign of life, which may not be in the records yet."""
        if known is None or known[0].seen_at is None or found.seen_at is None:
            return found
        return _seen(found, max(found.seen_at, known[0].seen_at))

    def saw(self, token: str, who: Somebody, *, may_write: bool) -> None:
        """A person did something: the session lives on. Looking alone is written by nobody."""
        if not who.sign_in or who.seen_at is None:
            return
        now = self._door.now()
        if may_write and now - who.seen_at >= _TOUCH_EVERY:
            self._door.write(sessions.touch, who.sign_in, seen_at=now)
        digest = sessions.digest_of(token)
        with self._lock:
            if digest in self._known:
                self._known[digest] = (_seen(who, now), self._known[digest][1])

    def refused(self, who: Somebody, right: Right, door: str) -> None:
        """Keep a refusal in the history, the same one once a minute at most."""
        now, key = self._door.now(), (who.name, door)
        with self._lock:
            before = self._noted.get(key)
            if before is not None and abs(now - before) < _NOTE_EVERY:
                return
            if len(self._noted) > _REMEMBERED:
                self._noted.clear()
            self._noted[key] = now
        self._door.write(sessions.note_refused, who, right, door)


def _seen(who: Somebody, at: datetime) -> Somebody:
    # Written out: dataclasses.replace takes ten times as long, and every click pays it.
    return Somebody(who.name, who.role, who.rights, who.staff_id, who.sign_in, who.since, at)


@lru_cache(1024)  # every request asks it of its sender
def is_this_computer(address: str | None) -> bool:
    """True for an address of the loopback interface."""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


# --- In the application -------------------------------------------------------------------------


def install(app: Flask, door: StationDoor) -> None:
    """Put the doorkeeper behind the guard: each request gets its person, or is turned away."""
    web = door.config.web
    life = Life(timedelta(minutes=web.idle_minutes), timedelta(hours=web.shift_hours))
    app.extensions["doorkeeper"] = Doorkeeper(door, life, open_seat=web.open_benches)
    app.before_request(_admit)
    app.after_request(_hand_cookie)
    app.context_processor(lambda: {"person": person(), "Right": Right})
    app.register_error_handler(NeedsSignIn, _ask_who)


def doorkeeper() -> Doorkeeper:
    """The present application's doorkeeper."""
    return cast(Doorkeeper, current_app.extensions["doorkeeper"])


def right_of(view: object, method: str) -> Right | None:
    """The right that a view asks for; what names none is closed."""
    closed = Right.LOOK if method in guard.SAFE else Right.MANAGE
    return cast("Right | None", getattr(view, "right", closed))


def _admit() -> None:
    """Find out who asks, and turn away whoever may not."""
    if request.endpoint == "static":
        return
    keeper, token = doorkeeper(), request.cookies.get(cookie_name(), "")
    who = g.person = keeper.who(
        token, request.headers.get("Authorization", ""), request.remote_addr
    )
    if request.endpoint is None:
        return  # there is no such page; it is said so under the doors of who asks
    view = current_app.view_functions.get(request.endpoint)
    right = right_of(view, request.method)
    if right is not None and not who.may(right):
        _turn_away(keeper, who, right)
    if request.environ.get(guard.UNKEPT):
        _tell_why_unkept(view)
    if who.sign_in and _is_a_person_acting():
        keeper.saw(token, who, may_write=request.method not in guard.SAFE)


def _tell_why_unkept(view: object) -> NoReturn:
    """A body too large for its view, or from somebody not met since the start, who is met now."""
    if (request.content_length or guard.LARGER_THAN_ANY) > getattr(view, "largest_body", 0):
        abort(413)
    abort(503, "again")


def refuse(right: Right) -> NoReturn:
    """Turn away who asks, for want of a right that his view alone does not tell."""
    _turn_away(doorkeeper(), person(), right)


def _turn_away(keeper: Doorkeeper, who: Somebody, right: Right) -> NoReturn:
    changes = request.method not in guard.SAFE
    if who.role is not None or changes:
        rule = request.url_rule.rule if request.url_rule else "?"
        keeper.refused(who, right, f"{request.method} {rule}")
    raise NeedsSignIn if who.role is None else NeedsRight(right)


def _is_a_person_acting() -> bool:
    """True for a click or a form; a page that reads itself anew is no sign of life."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method not in guard.SAFE or mode == "navigate"


def _ask_who(error: NeedsSignIn) -> AnyResponse:
    """A browser that opens a page is led to the sign-in; everything else is told in words."""
    opens = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    wants_page = "text/html" in request.headers.get("Accept", "")
    if request.method == "GET" and opens and wants_page:
        return redirect(url_for("people.sign_in", to=request.full_path.rstrip("?")))
    handle: Any = current_app.extensions["say_no"]
    return cast(AnyResponse, handle(error))


# --- The cookie ---------------------------------------------------------------------------------


def cookie_name() -> str:
    """The session's cookie, one for each port; under TLS one that only TLS can set."""
    return guard.cookie_name("session")


def sign_in(staff_id: int) -> None:
    """Sign somebody in on this browser, under a new id; the old one is worth nothing from now."""
    before = request.cookies.get(cookie_name(), "")
    g.new_session = station().write(sessions.begin, staff_id, place=place(), before=before)
    guard.renew_token()
    doorkeeper().forget()


def sign_out(*, everywhere: bool) -> None:
    """Sign the present person out here, or everywhere."""
    who = person()
    if everywhere and who.staff_id:
        station().write(sessions.end_all, who.staff_id)
    elif who.sign_in:
        station().write(sessions.end, who, "out")
    g.new_session = ""
    guard.renew_token()
    doorkeeper().forget()


def _hand_cookie(response: Response) -> Response:
    token = g.get("new_session")
    if token:
        guard.set_cookie(response, cookie_name(), token)
    elif token == "":
        response.delete_cookie(cookie_name(), path="/")
    return response
