"""The devices' health: which cable, which lid, and what to do. Also the pictures of items."""

from __future__ import annotations

from flask import Blueprint, render_template, send_from_directory
from werkzeug.wrappers import Response

from web.door import station

blueprint = Blueprint("devices", __name__, url_prefix="/devices")

PICTURES = "pictures"
"""The folder of item pictures inside the data folder."""


@blueprint.get("")
def page() -> str:
    """Every device of every bench."""
    return render_template("devices.html", benches=[b.view() for b in station().benches.values()])


@blueprint.get("/pictures/<path:name>")
def picture(name: str) -> Response:
    """A picture of an item; nothing outside the folder can be named."""
    folder = (station().config.data_dir / PICTURES).absolute()
    return send_from_directory(folder, name)
