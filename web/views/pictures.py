"""商品图片: taken by the bench's camera or brought from a telephone; sizes measured (M2, M6)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.garments import millimetres
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.domain.screen import Mood
from station.domain.vocabulary import Message
from station.paper import picture_files
from station.paper.pictures import LARGEST_FILE, NoPicture, look
from station.services import garment_sizes, picture_scans, pictures
from web import words
from web.door import station
from web.guard import largest_body
from web.signin import needs, person
from web.views.bench import scanned

blueprint = Blueprint("pictures", __name__, url_prefix="/pictures")

MOST_FILES = 20
LARGEST_UPLOAD = 4 * LARGEST_FILE


@blueprint.get("")
@needs(Right.PICTURES)
def page() -> str:
    """The articles: those without a picture first."""
    return render_template("pictures.html", verdict=None, **_overview())


@blueprint.get("/panel")
@needs(Right.PICTURES)
def panel() -> str:
    """The overview's panel alone, for a page that heard a notice."""
    return render_template("pictures_panel.html", verdict=None, **_overview())


@blueprint.post("/scan")
@needs(Right.PICTURES)
def scan() -> str:
    """An article's barcode leads to its pictures."""
    said = station().write(
        picture_scans.scan, scanned(request.get_json()), who=person().name)
    if said.sku_id is not None:
        return _away(said)
    return render_template(
        "pictures_panel.html", verdict=_verdict(said.words), **_overview())


@blueprint.post("/copy-again")
@needs(Right.PICTURES)
def copy_again() -> AnyResponse:
    """Compare the whole second copy with what is there."""
    station().write(pictures.copy_again, who=person().name)
    return redirect(url_for(".page"), 303)


@blueprint.get("/<int:sku_id>")
@needs(Right.PICTURES)
def article(sku_id: int) -> str:
    """An article's pictures and its size table, for the SKU that was scanned."""
    return render_template("picture_article.html", verdict=None, **_facts(sku_id))


@blueprint.get("/<int:sku_id>/panel")
@needs(Right.PICTURES)
def article_panel(sku_id: int) -> str:
    """Its panel alone."""
    return render_template("picture_article_panel.html", verdict=None, **_facts(sku_id))


@blueprint.post("/<int:sku_id>/scan")
@needs(Right.PICTURES)
def article_scan(sku_id: int) -> str:
    """A digit, a command, the command that takes a picture, or another article."""
    facts, code = _facts(sku_id), scanned(request.get_json())
    if picture_scans.takes_picture(code):
        cameras = facts["cameras"]
        said = _shot(facts["sku"], cameras[0]) if len(cameras) == 1 else Refusal(
            Code.PICTURE_WHICH_CAMERA if cameras else Code.PICTURE_NO_CAMERA)
        return _panel(sku_id, said)
    answer = station().write(picture_scans.scan, code, sku_id=sku_id, who=person().name)
    return _away(answer) if answer.sku_id is not None else _panel(sku_id, answer.words)


@blueprint.post("/<int:sku_id>/take")
@needs(Right.PICTURES)
def take(sku_id: int) -> str | AnyResponse:
    """A picture of what lies under a bench's camera now."""
    facts, bench = _facts(sku_id), request.form.get("bench", "")
    if bench not in facts["cameras"]:
        abort(404, "bench")
    return _stepped(sku_id, _shot(facts["sku"], bench))


@blueprint.post("/<int:sku_id>/upload")
@needs(Right.PICTURES)
@largest_body(LARGEST_UPLOAD)
def upload(sku_id: int) -> str | AnyResponse:
    """Pictures from a telephone or a camera's card; the first that cannot be used is said."""
    sku = _facts(sku_id)["sku"]
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files or len(files) > MOST_FILES:
        abort(400, "file")
    said: Message | Refusal = Refusal(Code.PICTURE_UNREADABLE)
    for file in files:
        said = _entered(sku, file.read(LARGEST_FILE + 1), pictures.UPLOADED)
        if isinstance(said, Refusal):
            break
    return _stepped(sku_id, said)


@blueprint.post("/<int:sku_id>/sizes")
@needs(Right.PICTURES)
def sizes(sku_id: int) -> str | AnyResponse:
    """What was measured of this size, in centimetres."""
    values: dict[str, int | None] = {}
    for measure in _facts(sku_id)["table"].measures:
        text = request.form.get(measure.key, "").strip()
        values[measure.key] = millimetres(text)
        if text and values[measure.key] is None:
            abort(400, "figures")
    return _stepped(sku_id, station().write(
        garment_sizes.enter_all, sku_id, values, who=person().name))


@blueprint.post("/<int:sku_id>/files/<int:picture_id>/<any(redraw, withdraw):step>")
@needs(Right.PICTURES)
def step(sku_id: int, picture_id: int, step: str) -> str | AnyResponse:
    """Draw it anew from the edited file, or take it out of the shop's folder."""
    steps = {"redraw": pictures.redraw, "withdraw": pictures.withdraw}
    return _stepped(sku_id, station().write(steps[step], picture_id, who=person().name))


@blueprint.get("/files/<int:picture_id>.jpg")
@needs(Right.PICTURES)
def jpeg(picture_id: int) -> Response:
    """A finished picture."""
    door = station()
    row = door.read(pictures.one, picture_id)
    if row is None or not row.drawn:
        abort(404)
    path = door.config.pictures_dir / picture_files.FINISHED / f"{row.file}.jpg"
    if not path.is_file():
        abort(404)
    return send_file(path.absolute(), mimetype="image/jpeg")


def _shot(sku: Any, bench: str) -> Message | Refusal:
    data = station().snapshot(bench)
    if data is None:
        return Refusal(Code.PICTURE_NO_CAMERA)
    return _entered(sku, data, f"{bench}-camera"[:64])


def _entered(sku: Any, data: bytes, source: str) -> Message | Refusal:
    """Look at a picture, stage it, and give it its name."""
    door = station()
    try:
        seen = look(data)
    except NoPicture as error:
        return Refusal(Code(f"picture.{error.why}"))
    shot = pictures.Shot(sha256(data).hexdigest(), seen.suffix, seen.codes)
    no = door.read(pictures.refused, sku.item_no, shot)
    if no is not None:
        return no
    picture_files.keep(picture_files.staged(door.config.pictures_dir, shot.sha256), data)
    row = door.write(pictures.enter, sku.id, shot, source=source, who=person().name)
    if isinstance(row, Refusal):
        return row
    return Message("picture.said_taken", {"file": row.file})


def _overview() -> dict[str, Any]:
    door = station()
    return {"articles": door.read(pictures.articles), "second": door.config.pictures.second_folder}


def _facts(sku_id: int) -> dict[str, Any]:
    """Everything of the SKU's article; 404 where there is none with an item number."""
    door = station()
    sku = door.read(pictures.article, sku_id)
    if sku is None:
        abort(404)
    return {
        "sku": sku, "pictures": door.read(pictures.of_item, sku.item_no),
        "next": door.read(pictures.next_name, sku.item_no)[1],
        "table": door.read(garment_sizes.table, sku.item_no),
        "entry": door.read(garment_sizes.row_of, sku), "cameras": list(door.witnesses),
        "second": door.config.pictures.second_folder,
    }


def _panel(sku_id: int, said: Message | Refusal) -> str:
    return render_template(
        "picture_article_panel.html", verdict=_verdict(said), **_facts(sku_id))


def _stepped(sku_id: int, said: Any) -> str | AnyResponse:
    if isinstance(said, Refusal):
        return render_template(
            "picture_article.html", verdict=_verdict(said), **_facts(sku_id))
    return redirect(url_for(".article", sku_id=sku_id), 303)


def _away(said: picture_scans.Said) -> str:
    target = url_for(".article", sku_id=said.sku_id)
    return render_template("case_away.html", target=target, verdict=_verdict(said.words))


def _verdict(said: Message | Refusal) -> words.Told:
    mood = Mood.BAD if isinstance(said, Refusal) else Mood.GOOD
    return words.tell(words.numbered(mood, said))
