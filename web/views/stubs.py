"""底单: stubs found by carrier, day and number, with their pictures."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from station.domain.rights import Right
from station.domain.vocabulary import CarrierCode
from station.services import courier_desk
from web.door import station
from web.signin import needs

blueprint = Blueprint("stubs", __name__, url_prefix="/stubs")


@blueprint.get("")
@needs(Right.STUBS)
def page() -> str:
    """The search and what it found."""
    asked = {name: request.args.get(name, "").strip()[:64] for name in ("carrier", "day", "number")}
    found = station().read(courier_desk.stubs, **asked)
    return render_template("stubs.html", found=found, carriers=list(CarrierCode))
