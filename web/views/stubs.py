"""底单: stubs found by whatever is remembered of them, and the sealed archives they end in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.vocabulary import SHOP_ZONE
from station.services import archiving, stub_search
from web import words
from web.door import station
from web.signin import needs, person

blueprint = Blueprint("stubs", __name__, url_prefix="/stubs")

_ASKED = ("q", "carrier", "day", "number")


@blueprint.get("")
@needs(Right.STUBS)
def page() -> str:
    """The search and what it found."""
    text = " ".join(request.args.get(name, "").strip()[: stub_search.LONGEST] for name in _ASKED)
    door = station()
    found = door.read(stub_search.search, text.strip(), now=door.now())
    today = door.now().astimezone(SHOP_ZONE).date()
    return render_template("stubs.html", found=found, today=today)


@blueprint.get("/archives")
@needs(Right.STUBS)
def archives() -> str:
    """The sealed archives, those that wait for a signature first."""
    return _archives()


@blueprint.get("/archives/<int:archive_id>.zip")
@needs(Right.ARCHIVE)
def download(archive_id: int) -> AnyResponse:
    """The sealed file, to be kept elsewhere."""
    door = station()
    row = door.read(archiving.one, archive_id)
    path = None if row is None else door.config.archive_dir / row.file
    if row is None or path is None or not path.is_file():
        abort(404)
    return send_file(path, "application/zip", as_attachment=True,
                     download_name=row.file.rpartition("/")[2])


@blueprint.post("/archives/<int:archive_id>")
@needs(Right.ARCHIVE)
def receive(archive_id: int) -> AnyResponse:
    """The manager who is signed in takes the archive over, in his own name."""
    refusal: Refusal | None = station().write(
        archiving.receive, archive_id, request.form.get("sha256", ""), who=person().name,
        how="signed_in",
    )
    if refusal is not None:
        return Response(_archives(words.say(refusal)), 409)
    return redirect(url_for(".archives"), 303)


def _archives(refused: words.Words | None = None) -> str:
    door = station()
    asked = {name: request.args.get(name, "").strip()[:10] for name in ("carrier", "month")}
    return render_template(
        "archives.html", rows=door.read(archiving.listed, **asked), asked=asked, refused=refused,
        days=door.read(
            archiving.waiting_days, door.config.archive.after_days, now=door.now()),
        after_days=door.config.archive.after_days,
    )
