"""The queue by deadline: what is due, late, held, unclear or stopped, and what to do about it."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.domain.refusals import Code
from station.domain.rights import Right
from station.services import dossier, imports, intake, printing, screens
from web.door import station
from web.signin import needs, person

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


@blueprint.get("")
@needs(Right.LOOK)
def page() -> str:
    """One tab of the queue."""
    door = station()
    queue = door.read(screens.order_queue, tab=request.args.get("tab", "due"), now=door.now())
    return render_template("orders.html", queue=queue, tabs=screens.TABS)


@blueprint.get("/find")
@needs(Right.LOOK)
def find() -> Response:
    """Go to the parcel whose number, or its end, was typed or scanned."""
    number = request.args.get("number", "").strip()
    number = station().read(dossier.meant, number)
    return redirect(url_for("parcel.page", waybill_no=number) if number else url_for(".page"))


@blueprint.post("/<int:parcel_id>/release")
@needs(Right.SETTLE)
def release(parcel_id: int) -> Response:
    """A named person lets one hold go; a parcel that is free then prints at once."""
    door = station()
    try:
        code = Code(request.form.get("code", ""))
    except ValueError:
        abort(400, "missing")
    door.write(
        intake.release_by_hand, parcel_id, code, door.rules, who=person().name,
        reason=request.form.get("reason", "")[:200],
    )
    return redirect(url_for(".page", tab="held"), 303)


@blueprint.post("/review/<int:review_id>")
@needs(Right.SETTLE)
def settle(review_id: int) -> Response:
    """A person dealt with an unclear row."""
    station().write(imports.settle_review, review_id, who=person().name)
    return redirect(url_for(".page", tab="review"), 303)


@blueprint.post("/jobs/<int:job_id>")
@needs(Right.PRINTS)
def settle_doubt(job_id: int) -> Response:
    """A person looked at the printer: the label is there, or it is not."""
    door = station()
    came_out = request.form.get("came_out", "")
    if came_out not in ("yes", "no"):
        abort(400, "missing")
    door.write(
        printing.settle_doubt, job_id, came_out=came_out == "yes", rules=door.rules,
        who=person().name,
    )
    return redirect(url_for("parcel.page", waybill_no=request.form.get("back", "-")), 303)
