"""显示个人信息: a buyer's name, phone, address and pictures in clear, on a page that nobody keeps.

Only a POST shows them, with a reason from the list, and it leaves a row in the parcel's history.
A program cannot: there must be a person to answer for it.
"""

from __future__ import annotations

from base64 import b64encode

from flask import Blueprint, abort, render_template, request

from station.domain.rights import Right
from station.domain.sight import RevealWhy
from station.services import reveals
from web import once
from web.door import station
from web.signin import needs, person

blueprint = Blueprint("reveals", __name__, url_prefix="/parcels")


@blueprint.post("/<int:parcel_id>/reveal")
@needs(Right.REVEAL)
def reveal(parcel_id: int) -> str:
    """Everything personal of one parcel, this once."""
    try:
        why = RevealWhy(request.form.get("why", ""))
    except ValueError:
        abort(400, "why")
    door = station()
    found = door.write(reveals.reveal, parcel_id, why, who=_named(), most=_most())
    if found is None:
        abort(404, "number")
    once.keep_nothing()
    pictures = [(each.what, f"data:{each.mime};base64,{b64encode(each.data).decode()}")
                for each in found.pictures]
    return render_template("reveal.html", clear=found, why=why, pictures=pictures)


def noted(parcel_id: int, why: RevealWhy, what: str) -> None:
    """Record that the present answer shows this parcel's buyer, and keep it nowhere."""
    station().write(reveals.note, parcel_id, why, what=what, who=_named(), most=_most())
    once.keep_nothing()


def _named() -> str:
    """The name of the person who asks; a program is refused."""
    if not person().staff_id:
        abort(403, "person")
    return person().name


def _most() -> int:
    return station().config.privacy.reveals_an_hour
