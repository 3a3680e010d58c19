"""A waybill's whole history: rows in words, labels, weighings, signatures, holds."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.sight import RevealWhy
from station.services import dossier, sight
from web import signin
from web.door import station
from web.signin import needs, person

blueprint = Blueprint("parcel", __name__, url_prefix="/parcels")


@blueprint.get("/<waybill_no>")
@needs(Right.LOOK)
def page(waybill_no: str) -> str:
    """Everything that is kept of one parcel."""
    found = station().read(dossier.dossier, waybill_no, person().rights)
    if found is None:
        abort(404, "number")
    return render_template("parcel.html", parcel=found, whys=list(RevealWhy))


@blueprint.get("/labels/<int:job_id>/<int:number>.png")
@needs(Right.LOOK)
def label(job_id: int, number: int) -> Response:
    """One printed page as it came out."""
    return _picture(
        station().read(sight.label, job_id, number, person().rights), "image/png")


@blueprint.get("/photographs/<int:photograph_id>.jpg")
@needs(Right.LOOK)
def photograph(photograph_id: int) -> Response:
    """One picture that the camera took of a parcel."""
    return _picture(
        station().read(sight.photograph, photograph_id, person().rights), "image/jpeg")


def _picture(found: bytes | Refusal | None, kind: str) -> Response:
    """The picture, or why it is not shown here: who may not reveal it is noted for having asked."""
    if found is None:
        abort(404)
    if isinstance(found, Refusal):
        if not person().may(Right.REVEAL):
            signin.refuse(Right.REVEAL)
        abort(403, "picture")
    return Response(found, mimetype=kind)
