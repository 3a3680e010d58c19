"""客服: what is changed after the payment — address, carrier, orders apart, a hold (S10, S11)."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.domain.orders import Consignee
from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.vocabulary import CarrierCode
from station.services import changes, intake
from station.services.changes import Changed
from web import words
from web.door import station
from web.guard import row_id
from web.signin import needs, person

blueprint = Blueprint("changes", __name__, url_prefix="/changes")

_PLACE = ("name", "phone", "province", "city", "district", "street", "postcode", "company")
_NEEDED = _PLACE[:6]
_LONGEST = 200


@blueprint.get("/<int:parcel_id>")
@needs(Right.SETTLE)
def page(parcel_id: int) -> str:
    """Everything that may be changed of a parcel."""
    return _page(parcel_id)


@blueprint.post("/<int:parcel_id>/address")
@needs(Right.SETTLE)
def address(parcel_id: int) -> Response:
    """Send it elsewhere; a label that is out becomes void and a new one prints."""
    given = {name: _field(name) for name in _PLACE}
    if not all(given[name] for name in _NEEDED if name != "district"):
        abort(400, "missing")
    door = station()
    return _done(parcel_id, door.write(
        changes.change_address, parcel_id, Consignee(**given), door.rules, who=person().name,
        reason=_reason(),
    ))


@blueprint.post("/<int:parcel_id>/carrier")
@needs(Right.SETTLE)
def carrier(parcel_id: int) -> Response:
    """Give it to another carrier, whatever the rule says."""
    try:
        chosen = CarrierCode(request.form.get("carrier", ""))
    except ValueError:
        abort(400, "missing")
    door = station()
    return _done(parcel_id, door.write(
        changes.change_carrier, parcel_id, chosen, door.rules, who=person().name,
        reason=_reason(),
    ))


@blueprint.post("/<int:parcel_id>/split")
@needs(Right.SETTLE)
def split(parcel_id: int) -> Response:
    """Take one order out into a parcel of its own."""
    order_id = request.form.get("order", type=row_id)
    if order_id is None:
        abort(400, "missing")
    door = station()
    return _done(parcel_id, door.write(
        changes.split_order, parcel_id, order_id, door.rules, who=person().name))


@blueprint.post("/<int:parcel_id>/hold")
@needs(Right.SETTLE)
def hold(parcel_id: int) -> Response:
    """Hold it wherever it is; one that left is called back."""
    door = station()
    if door.read(changes.changeable, parcel_id) is None:
        abort(404, "number")
    door.write(intake.hold_by_hand, parcel_id, who=person().name, reason=_reason())
    return redirect(url_for(".page", parcel_id=parcel_id), 303)


def _done(parcel_id: int, result: Changed | Refusal) -> Response:
    if isinstance(result, Refusal):
        return Response(_page(parcel_id, words.say(result)), 409)
    return redirect(url_for(".page", parcel_id=result.parcel_id), 303)


def _page(parcel_id: int, refused: words.Words | None = None) -> str:
    found = station().read(changes.changeable, parcel_id)
    if found is None:
        abort(404, "number")
    return render_template(
        "changes.html", parcel=found, carriers=list(CarrierCode), refused=refused)


def _reason() -> str:
    """Why: every change says so."""
    reason = _field("reason")
    if not reason:
        abort(400, "missing")
    return reason


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:_LONGEST]
