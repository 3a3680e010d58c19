"""Files brought by hand: exports, goods, waybill numbers, packaging, staff; told in words."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from station.domain.rights import Right
from station.services import imports, screens
from web.door import station
from web.guard import largest_body
from web.signin import needs, person

blueprint = Blueprint("imports", __name__, url_prefix="/import")

LARGEST_UPLOAD = 40 * 1024 * 1024
MOST_FILES = 20


@blueprint.get("")
@needs(Right.IMPORT)
def page() -> str:
    """The form, and what was read last."""
    return _page(None)


@blueprint.post("")
@needs(Right.IMPORT)
@largest_body(LARGEST_UPLOAD)
def upload() -> str:
    """Read the files together: an order list and its detail list belong to each other."""
    files = [
        (file.filename or "?", file.read())
        for file in request.files.getlist("files") if file.filename
    ]
    if not files or len(files) > MOST_FILES:
        abort(400, "file")
    door = station()
    closed = () if person().may(Right.STAFF) else ("staff",)
    return _page(imports.take_files(door.db, files, door.rules, now=door.now(), closed=closed))


def _page(report: imports.Report | None) -> str:
    return render_template("imports.html", report=report, past=station().read(screens.imports))
