"""The devices' health: which cable, which lid, and what to do. Also the pictures of items."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask import send_from_directory as send_from
from werkzeug.wrappers import Response

from station.domain.rights import Right
from station.services import scale_checks
from web import drift
from web.door import bench, station
from web.signin import needs

blueprint = Blueprint("devices", __name__, url_prefix="/devices")

SHOWN = 20
"""Recordings that are listed; the others lie in the folder."""

TOLD = frozenset({"", "zero_sent", "tare_sent", "no_command"})


@blueprint.get("")
@needs(Right.PACK)
def page() -> str:
    """Every device of every bench, with its recordings."""
    door = station()
    told = request.args.get("told", "")
    return render_template(
        "devices.html", benches=[b.view() for b in door.benches.values()],
        places=door.desk.places, flights=door.desk.flights()[:SHOWN], checks=_standings(),
        lessons=door.lessons(), told=told if told in TOLD else "",
    )


@blueprint.post("/<name>/save")
@needs(Right.DEVICES)
def save(name: str) -> Response:
    """Put the last minutes of one device into a file."""
    try:
        station().desk.save(
            name, why="by hand", with_content=request.form.get("content") == "yes")
    except KeyError:
        abort(404)
    return redirect(url_for(".page") + "#flights", 303)


@blueprint.get("/flights/<name>")
@needs(Right.DEVICES)
def flight(name: str) -> Response:
    """One recording, as a file to keep or to send to whoever helps."""
    path = station().desk.flight(name)
    if path is None:
        abort(404)
    return send_file(path.absolute(), mimetype="application/jsonl", as_attachment=True)


@blueprint.post("/<name>/tell")
@needs(Right.DEVICES)
def tell(name: str) -> Response:
    """Tell a scale to zero or to tare."""
    word = request.form.get("word", "")
    if name not in station().desk.places or word not in ("zero", "tare"):
        abort(404)
    said = station().desk.tell(name, word)
    return redirect(url_for(".page", told=f"{word}_sent" if said else "no_command"), 303)


@blueprint.get("/<name>/checks")
@needs(Right.PACK)
def checks(name: str) -> str:
    """What known weights showed of one scale, newest first, with the chart."""
    points = _points(name)
    return render_template("checks.html", name=name, points=points[::-1])


@blueprint.get("/<name>/drift.svg")
@needs(Right.PACK)
def drift_chart(name: str) -> Response:
    """How far off the scale was, as a picture."""
    points = [
        drift.Off(point.at, point.shown.off_g, point.tolerance_g, point.shown.passed)
        for point in _points(name)
    ]
    picture = render_template(
        "drift.svg", chart=drift.chart(points), name=name, width=drift.WIDTH,
        height=drift.HEIGHT, left=drift.LEFT, right=drift.RIGHT)
    return Response(picture, mimetype="image/svg+xml")


@blueprint.post("/learn/<name>")
@needs(Right.DEVICES)
def teach(name: str) -> Response:
    """Let a scanner's next three scans teach what it sends around each code."""
    if not station().teach(name):
        abort(404)
    return redirect(url_for("devices.page"), 303)


@blueprint.get("/<name>/camera.jpg")
@needs(Right.PACK)
def camera(name: str) -> Response:
    """What the bench's camera sees now; 404 while it sees nothing."""
    bench(name)
    jpeg = station().snapshot(name)
    if jpeg is None:
        abort(404)
    return Response(jpeg, mimetype="image/jpeg")


@blueprint.get("/pictures/<path:name>")
@needs(Right.PACK)
def picture(name: str) -> Response:
    """A picture of an item; nothing outside the folder can be named."""
    return send_from(station().config.pictures_dir.absolute(), name)


def _points(name: str) -> tuple[scale_checks.DriftPoint, ...]:
    door = station()
    if name not in door.desk.places or door.desk.places[name].about.kind != "scale":
        abort(404)
    return door.read(scale_checks.drift, name, now=door.now())


def _standings() -> dict[str, Any]:
    """Today's check of each scale, by its name."""
    door = station()
    return {
        name: door.read(scale_checks.standing, name, door.rules.scale_checks, now=door.now())
        for name, place in door.desk.places.items() if place.about.kind == "scale"
    }
