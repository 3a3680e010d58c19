"""Carriers and couriers (D11): whom to call, who comes, what was noted; what they brought (D10)."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.domain.couriers import Incident
from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.vocabulary import CarrierCode
from station.services import consumables, couriers
from web.door import station
from web.guard import row_id
from web.signin import needs, person

blueprint = Blueprint("couriers", __name__, url_prefix="/couriers")


@blueprint.get("")
@needs(Right.HANDOVER)
def page() -> str:
    """Every carrier with its couriers, what was noted last, and the consumables."""
    door = station()
    asked = request.args.get("courier", type=row_id)
    return render_template(
        "couriers.html", carriers=door.read(couriers.directory), kinds=tuple(Incident),
        incidents=door.read(couriers.incidents, courier_id=asked), asked=asked,
        consumables=door.read(consumables.kept),
    )


@blueprint.post("/<carrier>")
@needs(Right.HANDOVER)
def contact(carrier: str) -> Response:
    """Whom to call at a carrier."""
    station().write(
        couriers.save_contact, _carrier(carrier), contact=_field("contact"),
        phone=_field("phone"), account=_field("account"), note=_field("note"), who=person().name,
    )
    return redirect(url_for(".page"), 303)


@blueprint.post("/<carrier>/people")
@needs(Right.HANDOVER)
def courier(carrier: str) -> Response:
    """A courier, new or changed."""
    saved = station().write(
        couriers.save_courier, request.form.get("courier", type=row_id), carrier=_carrier(carrier),
        name=_field("name"), phone=_field("phone"), active=bool(request.form.get("active")),
        who=person().name,
    )
    if saved is None:
        abort(400, "name")
    return redirect(url_for(".page"), 303)


@blueprint.post("/incidents")
@needs(Right.HANDOVER)
def incident() -> Response:
    """Something that a courier did."""
    try:
        kind = Incident(_field("kind"))
    except ValueError:
        abort(400, "missing")
    noted = station().write(
        couriers.note_incident, request.form.get("courier", 0, type=row_id), kind=kind,
        waybill_no=_field("waybill_no"), note=_field("note"), who=person().name,
    )
    if noted is None:
        abort(404)
    return redirect(url_for(".page"), 303)


@blueprint.post("/consumables")
@needs(Right.HANDOVER)
def delivery() -> Response:
    """Bags, labels or tape that came."""
    booked = station().write(
        consumables.deliver, _field("code"), request.form.get("quantity", 0, type=row_id),
        who=person().name,
    )
    if isinstance(booked, Refusal):
        abort(400, "quantity")
    return redirect(url_for(".page", _anchor="consumables"), 303)


def _carrier(code: str) -> CarrierCode:
    try:
        return CarrierCode(code)
    except ValueError:
        abort(404, "carrier")


def _field(name: str) -> str:
    return request.form.get(name, "").strip()
