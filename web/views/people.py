"""People at the door: signing in and out, the first start, and the staff as the manager keeps it.

A badge's scan fills the badge's field, and the PIN can be scanned digit by digit from the command
sheet or touched, so nobody needs the keyboard.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.domain.refusals import Code, Refusal
from station.domain.rights import RIGHTS, Right, Role
from station.paper.one_time_codes import bars_svg, square_svg
from station.services import overrides, people, pins, sessions, staff
from web import signin, words
from web.door import station
from web.signin import needs, open_to_all

blueprint = Blueprint("people", __name__)


# --- In and out ---------------------------------------------------------------------------------


@blueprint.get("/sign-in")
@open_to_all
def sign_in() -> str | Response:
    """The form; where nobody manages the station yet, the first start instead."""
    if not signin.doorkeeper().is_claimed():
        return redirect(url_for(".first_start"))
    return _form(None)


@blueprint.post("/sign-in")
@open_to_all
def signed_in() -> str | Response:
    """Badge and PIN: a new session, and on to the page that was asked for."""
    door = station()
    found = door.read(staff.find, request.form.get("badge", "").strip()[:64])
    refusal = found if isinstance(found, Refusal) else None
    if isinstance(found, staff.Person):
        pin = request.form.get("pin", "")[:12]
        refusal = pins.prove(door.db, found, pin, place=signin.place(), now=door.now())
    if refusal is not None or isinstance(found, Refusal):
        return _form(refusal)
    signin.sign_in(found.id)
    return redirect(_back(request.form.get("to", "")), 303)


@blueprint.post("/sign-out")
@open_to_all
def sign_out() -> Response:
    """Out on this browser, or everywhere."""
    signin.sign_out(everywhere=request.form.get("everywhere") == "yes")
    return redirect(url_for(".sign_in"), 303)


def _form(refusal: Refusal | None) -> str:
    to = request.form.get("to", "") or request.args.get("to", "")
    return render_template(
        "sign_in.html", to=_back(to) if to else "", refusal=refusal and words.say(refusal)
    )


def _back(to: str) -> str:
    """Where to go after signing in: a path of this station, never another site."""
    plain = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if plain else url_for("home.page")


# --- The first start ----------------------------------------------------------------------------


@blueprint.get("/first-start")
@open_to_all
def first_start() -> str | Response:
    """The manager names himself and chooses a PIN: there is no default one."""
    if signin.doorkeeper().is_claimed():
        return redirect(url_for(".sign_in"))
    return _first(None)


@blueprint.post("/first-start")
@open_to_all
def claim() -> str | Response:
    """The first manager; only from the station's own computer, and only once."""
    if not signin.is_this_computer(request.remote_addr):
        abort(403, "first_start")
    pin_hash = _new_pin()
    name, badge = _field("name"), _field("badge")
    if isinstance(pin_hash, Refusal) or not name or not badge:
        return _first(pin_hash if isinstance(pin_hash, Refusal) else Refusal(Code.SIGN_NOBODY))
    made = station().write(people.first_manager, name, badge, pin_hash)
    if isinstance(made, Refusal):
        return _first(made)
    signin.sign_in(made)
    return redirect(url_for("home.page"), 303)


def _first(refusal: Refusal | None) -> str:
    here = signin.is_this_computer(request.remote_addr)
    return render_template(
        "first_start.html", here=here, refusal=refusal and words.say(refusal)
    )


# --- The manager's one-time code ----------------------------------------------------------------


@blueprint.get("/override")
@needs(Right.ACCEPT)
def override() -> str:
    """The code that stands for the manager's badge and PIN, as bars and as digits."""
    return _override(None)


@blueprint.post("/override/phone")
@needs(Right.ACCEPT)
def override_phone() -> str:
    """The square for the manager's phone, after his PIN: who has it accepts in his name."""
    who, door = signin.person(), station()
    found = door.read(people.as_person, who.staff_id)
    refusal = pins.prove(
        door.db, found, request.form.get("pin", "")[:12], place=signin.place(), now=door.now()
    )
    if refusal is not None:
        return _override(refusal)
    if request.form.get("renew") == "yes":
        door.write(overrides.renew, who.staff_id, who=who.name)
    uri = door.read(overrides.phone_uri, who.staff_id, door.config.station.shop)
    return render_template("override_phone.html", square=_as_picture(square_svg(uri)), uri=uri)


def _override(refusal: Refusal | None) -> str:
    door = station()
    code = door.read(overrides.shown, signin.person().staff_id, now=door.now())
    return render_template(
        "override.html", code=code, bars=_as_picture(bars_svg(code.barcode)),
        refusal=refusal and words.say(refusal),
    )


def _as_picture(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode('ascii')}"


# --- The staff ----------------------------------------------------------------------------------


@blueprint.get("/staff")
@needs(Right.STAFF)
def staff_page() -> str:
    """Everybody, what each role may do, and the programs that have a key."""
    return _staff(None)


@blueprint.post("/staff")
@needs(Right.STAFF)
def hire() -> str | Response:
    """Take somebody in."""
    pin_hash = _new_pin()
    name, badge = _field("name"), _field("badge")
    if isinstance(pin_hash, Refusal) or not name or not badge:
        return _staff(pin_hash if isinstance(pin_hash, Refusal) else Refusal(Code.SIGN_NOBODY))
    made = station().write(
        people.hire, name, _role(), badge, pin_hash, who=signin.person().name
    )
    return _after(made if isinstance(made, Refusal) else None)


@blueprint.post("/staff/<int:staff_id>/<step>")
@needs(Right.STAFF)
def change(staff_id: int, step: str) -> str | Response:
    """Another role or PIN, unlock, sign out everywhere, or leave."""
    act = _STEPS.get(step)
    if act is None:
        abort(404)
    return _after(act(staff_id))


@blueprint.post("/pin")
@open_to_all
def own_pin() -> str | Response:
    """One's own new PIN, after the old one; signs out everywhere, and in again here."""
    who, door = signin.person(), station()
    if not who.staff_id:
        raise signin.NeedsSignIn
    found = door.read(people.as_person, who.staff_id)
    refusal = pins.prove(
        door.db, found, request.form.get("old", "")[:12], place=signin.place(), now=door.now()
    )
    pin_hash = refusal or _new_pin()
    if isinstance(pin_hash, Refusal):
        return render_template("own_pin.html", refusal=words.say(pin_hash))
    door.write(people.give_pin, who.staff_id, pin_hash, who=who.name)
    signin.sign_in(who.staff_id)
    return redirect(url_for("home.page"), 303)


@blueprint.get("/pin")
@open_to_all
def own_pin_page() -> str:
    """The form for one's own new PIN."""
    if not signin.person().staff_id:
        raise signin.NeedsSignIn
    return render_template("own_pin.html", refusal=None)


def _give_role(staff_id: int) -> Refusal | None:
    done: Refusal | None = station().write(
        people.give_role, staff_id, _role(), who=signin.person().name
    )
    return done


def _give_pin(staff_id: int) -> Refusal | None:
    pin_hash = _new_pin()
    if isinstance(pin_hash, Refusal):
        return pin_hash
    station().write(people.give_pin, staff_id, pin_hash, who=signin.person().name)
    return None


def _unlock(staff_id: int) -> None:
    station().write(pins.unlock, staff_id, who=signin.person().name)


def _end_sessions(staff_id: int) -> None:
    station().write(sessions.end_all, staff_id, who=signin.person().name)


def _leave(staff_id: int) -> Refusal | None:
    done: Refusal | None = station().write(people.leave, staff_id, who=signin.person().name)
    return done


_STEPS = {
    "role": _give_role, "pin": _give_pin, "unlock": _unlock, "out": _end_sessions,
    "leave": _leave,
}


def _after(refusal: Refusal | None) -> str | Response:
    signin.doorkeeper().forget()
    return _staff(refusal) if refusal is not None else redirect(url_for(".staff_page"), 303)


def _staff(refusal: Refusal | None) -> str:
    door = station()
    facts: dict[str, Any] = {
        "people": door.read(people.listed, now=door.now()), "keys": door.read(sessions.keys),
        "roles": list(Role), "rights": RIGHTS,
    }
    return render_template("staff.html", refusal=refusal and words.say(refusal), **facts)


def _new_pin() -> str | Refusal:
    """The hash of the new PIN that was given twice alike."""
    pin = request.form.get("pin", "")
    if pin != request.form.get("again", ""):
        return Refusal(Code.SIGN_BAD_PIN)
    try:
        return staff.hash_pin(pin)
    except ValueError:
        return Refusal(Code.SIGN_BAD_PIN)


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        abort(400)


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:64]
