"""找秤: which scale is on which port, proven with a known weight, written into station.toml."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station import devices
from station.config import ConfigError
from station.domain.rights import Right
from web.door import station
from web.signin import needs

blueprint = Blueprint("finding", __name__, url_prefix="/devices/find")

LONGEST_PORT = 200
TOLD = frozenset({"", "taken", "restart", "running"})


@blueprint.get("")
@needs(Right.DEVICES)
def page() -> str:
    """The ports, what was found on them, and what a known weight proved."""
    told = request.args.get("told", "")
    return _page(told if told in TOLD else "")


@blueprint.post("")
@needs(Right.DEVICES)
def start() -> Response:
    """Look at one port, or at all."""
    port = request.form.get("port", "").strip()[:LONGEST_PORT]
    begun = station().finder.start([port] if port else [])
    return redirect(url_for(".page", told="" if begun else "running"), 303)


@blueprint.post("/<int:number>/prove")
@needs(Right.DEVICES)
def prove(number: int) -> str:
    """Read the known weight that lies on the scale now; answered in about three seconds."""
    known_g = request.form.get("known_g", type=int)
    if known_g is None or not 1 <= known_g <= 300_000:
        abort(400)
    if station().finder.progress:
        return _page("running")  # the search has the ports
    if station().finder.prove(number, known_g) is None:
        abort(404)
    return _page("")


@blueprint.post("/<int:number>/adopt")
@needs(Right.DEVICES)
def adopt(number: int) -> Response | str:
    """Write down the scale that the known weight has proven, and use it."""
    door = station()
    scale = door.finder.settings_of(number, request.form.get("protocol", ""))
    if scale is None:
        abort(409)
    try:
        in_use = devices.adopt(door.desk, door.config, request.form.get("bench", ""), scale)
    except ConfigError as error:
        return _page("", trouble=error)
    return redirect(url_for(".page", told="taken" if in_use else "restart"), 303)


def _page(told: str, trouble: ConfigError | None = None) -> str:
    finder = station().finder
    return render_template(
        "find.html", findings=finder.findings, progress=finder.progress, told=told,
        trouble=trouble, known_g=next(iter(station().rules.scale_checks.weights_g), 500),
    )
