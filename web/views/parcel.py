"""A waybill's whole history: rows in words, labels, weighings, signatures, holds."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from station.domain.rights import Right
from station.services import dossier, photographs
from web.door import station
from web.signin import needs

blueprint = Blueprint("parcel", __name__, url_prefix="/parcels")


@blueprint.get("/<waybill_no>")
@needs(Right.LOOK)
def page(waybill_no: str) -> str:
    """Everything that is kept of one parcel."""
    found = station().read(dossier.dossier, waybill_no)
    if found is None:
        abort(404, "number")
    return render_template("parcel.html", parcel=found)


@blueprint.get("/labels/<int:job_id>/<int:number>.png")
@needs(Right.LOOK)
def label(job_id: int, number: int) -> Response:
    """One printed page as it came out."""
    png = station().read(dossier.page_image, job_id, number)
    if png is None:
        abort(404)
    return Response(png, mimetype="image/png")


@blueprint.get("/photographs/<int:photograph_id>.jpg")
@needs(Right.LOOK)
def photograph(photograph_id: int) -> Response:
    """One picture that the camera took of a parcel."""
    found = station().read(photographs.jpeg, photograph_id)
    if found is None:
        abort(404)
    return Response(found, mimetype="image/jpeg")
