"""The courier is here: scan the pile, enter his figures, compare, let him sign.

Each step has two doors: the page's, which answers with the panel, and the programs' under
``/api/v1/handover``, which answers with the same desk and verdict as JSON.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.handover import AMBER
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.domain.screen import Mood, Verdict
from station.domain.vocabulary import CarrierCode, Message
from station.services import courier_desk, handover
from station.services import door as door_scans
from web import guard, signin, words
from web.door import station
from web.guard import row_id
from web.signin import needs
from web.views.bench import scanned, strokes

blueprint = Blueprint("handover", __name__, url_prefix="/handover")
programs = Blueprint("handover_api", __name__, url_prefix="/api/v1/handover")

_LOUD = frozenset({Code.HANDOVER_STOPPED, Code.HANDOVER_TWICE})


@blueprint.get("")
@needs(Right.PILE)
def page() -> str:
    """The carriers' piles, and the hand-overs closed last."""
    door = station()
    return render_template(
        "handovers.html", piles=door.read(courier_desk.piles), closed=door.read(courier_desk.closed)
    )


@blueprint.post("")
@needs(Right.HANDOVER)
def open_one() -> AnyResponse:
    """Open the carrier's hand-over, or go on with the one that is open."""
    try:
        carrier = CarrierCode(request.form.get("carrier", ""))
    except ValueError:
        abort(400, "carrier")
    row = station().write(handover.open_session, carrier, who=signin.person().name)
    return redirect(url_for(".desk", handover_id=row.id), 303)


@blueprint.get("/<int:handover_id>")
@needs(Right.PILE)
def desk(handover_id: int) -> str:
    """One hand-over: the whole page."""
    return render_template(
        "handover.html", verdict=None, all="all" in request.args, **_facts(handover_id))


@blueprint.get("/<int:handover_id>/panel")
@needs(Right.PILE)
def panel(handover_id: int) -> str:
    """Its panel alone, for a page that heard a notice, with what was read at the door."""
    seen = station().read(door_scans.last_scan, handover_id, now=station().now())
    verdict = None if seen is None else words.tell(_at_the_door(seen))
    return render_template("handover_panel.html", verdict=verdict, **_facts(handover_id))


def _at_the_door(seen: door_scans.DoorScan) -> Verdict:
    facts = {"waybill_no": seen.waybill_no, "code": seen.waybill_no, **seen.facts}
    if not seen.code:
        return Verdict(Mood.GOOD, Message("handover.scanned", facts), seen.seq)
    mood = Mood.ALARM if seen.code in _LOUD else Mood.BAD
    return Verdict(mood, Message(seen.code, facts), seen.seq)


@blueprint.post("/<int:handover_id>/scan")
@programs.post("/<int:handover_id>/scan")
@needs(Right.HANDOVER)
def scan(handover_id: int) -> str | Response:
    """One parcel of the pile."""
    code = scanned(request.get_json())
    door = station()
    result = door.write(
        handover.scan, handover_id, code, rules=door.rules, who=keeper(handover_id))
    if isinstance(result, Refusal):
        return _told(handover_id, result)
    if result.state == "differs":  # his list or his company told its figures before
        return _told(handover_id, Refusal(Code(result.finding)))
    said = "handover.scanned_agreed" if result.state == "agreed" else "handover.scanned"
    return _told(handover_id, Message(said, {"waybill_no": code}), Mood.GOOD)


@blueprint.post("/<int:handover_id>/figures")
@programs.post("/<int:handover_id>/figures")
@needs(Right.PILE)
def figures(handover_id: int) -> str | Response:
    """The courier's weight and price of one parcel, as they stand on the waybill."""
    body = body_of()
    door = station()
    parcel_id = number_of(body, "parcel_id")
    result = door.write(
        handover.enter_figures, handover_id, parcel_id,
        weight_g=grams(body.get("weight"), body.get("unit")), price_fen=fen(body.get("price")),
        rules=door.rules, who=keeper(handover_id),
    )
    if isinstance(result, Refusal):
        return _told(handover_id, result)
    if result.finding is None:
        return _told(handover_id, Message("handover.agreed"), Mood.GOOD)
    facts: dict[str, str | int] = {"difference_g": result.difference_g}
    if result.edge and result.finding is Code.HANDOVER_STEP_DIFFERS:
        return _told(handover_id, Message("handover.near_edge", facts))
    mood = Mood.WARN if result.finding in AMBER else Mood.BAD
    return _told(handover_id, Message(str(result.finding), facts), mood)


@blueprint.post("/<int:handover_id>/accept")
@programs.post("/<int:handover_id>/accept")
@needs(Right.PILE)
def accept(handover_id: int) -> str | Response:
    """A manager lets a parcel go although the figures differ."""
    body = body_of()
    manager = signin.accepting(text_of(body, "badge", 64), text_of(body, "pin", 12))
    if isinstance(manager, Refusal):
        return _told(handover_id, manager)
    result = station().write(
        handover.accept, handover_id, number_of(body, "parcel_id"),
        manager=manager, reason=text_of(body, "reason", 200),
    )
    return _told(handover_id, result or Message("handover.accepted"), Mood.DONE)


@blueprint.post("/<int:handover_id>/back")
@programs.post("/<int:handover_id>/back")
@needs(Right.HANDOVER)
def take_back(handover_id: int) -> str | Response:
    """One parcel stays in the house after all."""
    parcel_id = number_of(body_of(), "parcel_id")
    station().write(handover.take_back, handover_id, parcel_id, who=keeper(handover_id))
    return _told(handover_id, Message("handover.taken_back"), Mood.INFO)


@blueprint.post("/<int:handover_id>/close")
@programs.post("/<int:handover_id>/close")
@needs(Right.PILE)
def close(handover_id: int) -> str | Response:
    """The courier signs for all of it. One who comes for the first time leaves his number."""
    body = body_of()
    door = station()
    result = door.write(
        handover.close, handover_id, courier=text_of(body, "courier", 64),
        courier_phone=text_of(body, "phone", 64), strokes=strokes(body.get("strokes")),
        needs_phone=request.blueprint == blueprint.name,
        missing=_missing(body.get("missing")), rules=door.rules, who=keeper(handover_id),
    )
    if isinstance(result, Refusal):
        return _told(handover_id, result)
    return _told(handover_id, Message("handover.done", {"number": result.number}), Mood.DONE)


def grams(text: Any, unit: Any) -> int:
    """A weight as typed, in "kg" or "g", as whole grams; 400 if it is none."""
    number = _decimal(text)
    value = number * 1000 if unit == "kg" else number
    if unit not in ("kg", "g") or value != value.to_integral_value():
        abort(400, "figures")
    return int(value)


def fen(text: Any) -> int:
    """A price as typed in yuan, as fen; 400 if it is none, or finer than a fen."""
    value = _decimal(text) * 100
    if value != value.to_integral_value():
        abort(400, "figures")
    return int(value)


def _decimal(text: Any) -> Decimal:
    if not isinstance(text, str) or not 0 < len(text) <= 12:
        abort(400, "figures")
    try:
        value = Decimal(text)
    except InvalidOperation:
        abort(400, "figures")
    if not value.is_finite() or value < 0 or value >= 10**6:
        abort(400, "figures")
    return value


def _missing(given: Any) -> list[handover.Missing]:
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        abort(400, "missing")
    return [
        handover.Missing(number_of(row, "parcel_id"), text_of(row, "reason", 200))
        for row in given
    ]


def body_of() -> dict[str, Any]:
    """The request's JSON object; 400 if it is none."""
    body = request.get_json()
    if not isinstance(body, dict):
        abort(400)
    return body


def text_of(body: dict[str, Any], name: str, longest: int) -> str:
    """A text field, "" where it is left out; 400 if it is none or cannot be kept."""
    value = body.get(name, "")
    if not isinstance(value, str) or guard.unkeepable(value):
        abort(400)
    return value[:longest]


def number_of(body: dict[str, Any], name: str) -> int:
    """A whole number; 400 if it is none."""
    value = body.get(name)
    if type(value) is not int or not 0 <= value < 2**31:
        abort(400, "number")
    return value


def keeper(handover_id: int) -> str:
    """Who does this: the person who is signed in. 404 if there is no such hand-over."""
    if station().read(courier_desk.keeper, handover_id) is None:
        abort(404)
    return signin.person().name


def desk_of(
    handover_id: int, *, whole: bool = False, picked: int | None = None
) -> courier_desk.Desk:
    """The hand-over as its screen shows it; 404 if there is none."""
    door = station()
    found = door.read(
        courier_desk.desk, handover_id, door.rules, whole=whole, picked=picked, now=door.now())
    if found is None:
        abort(404)
    return found


def _facts(handover_id: int) -> dict[str, Any]:
    picked = request.args.get("line", type=row_id)
    found = desk_of(handover_id, whole="all" in request.args, picked=picked)
    return {"desk": found, "line": found.line(picked)}


def _told(
    handover_id: int, said: Message | Refusal, mood: Mood = Mood.BAD
) -> str | Response:
    """The panel with a verdict on top: a refusal is bad, or an alarm where nobody may miss it."""
    if isinstance(said, Refusal):
        mood = Mood.ALARM if said.code in _LOUD else Mood.BAD
    verdict = words.numbered(mood, said)
    if request.blueprint == programs.name:
        return jsonify(**_desk_as_json(desk_of(handover_id)), verdict=asdict(verdict))
    facts = _facts(handover_id)
    return render_template("handover_panel.html", verdict=words.tell(verdict), **facts)


# --- The programs' own doors --------------------------------------------------------------------


@programs.get("")
@needs(Right.PILE)
def piles() -> Response:
    """Every carrier's pile, and the hand-over that is under way."""
    return jsonify(piles=[asdict(pile) for pile in station().read(courier_desk.piles)])


@programs.post("")
@needs(Right.HANDOVER)
def begin() -> Response:
    """Open the carrier's hand-over, or go on with the one that is open."""
    body = body_of()
    try:
        carrier = CarrierCode(str(body.get("carrier", "")))
    except ValueError:
        abort(400, "carrier")
    row = station().write(handover.open_session, carrier, who=signin.person().name)
    return jsonify(_desk_as_json(desk_of(row.id, whole=True)))


@programs.get("/<int:handover_id>")
@needs(Right.PILE)
def look(handover_id: int) -> Response:
    """One hand-over: its lines, and the parcels that nobody has scanned yet."""
    return jsonify(_desk_as_json(desk_of(handover_id, whole=True)))


def _desk_as_json(desk: courier_desk.Desk) -> dict[str, Any]:
    found = asdict(desk)
    del found["signature"], found["corrections"]  # strokes are for paper and page
    return {"desk": {name: _plain(value) for name, value in found.items()}}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
