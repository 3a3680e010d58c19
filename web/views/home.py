"""The first page: the shop at one glance, with a door to everything."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.services import alarms, screens
from web.door import station

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def page() -> str:
    """Counts, alarms, numbers left, benches."""
    door = station()
    shop = door.read(screens.home, now=door.now())
    benches = [bench.view() for bench in door.benches.values()]
    return render_template("home.html", home=shop, benches=benches)


@blueprint.post("/alarms/<int:alarm_id>")
def acknowledge(alarm_id: int) -> Response:
    """Somebody saw this alarm."""
    who = request.form.get("who", "")[:64]
    station().write(alarms.acknowledge, alarm_id, who=who)
    return redirect(url_for("home.page"), 303)
