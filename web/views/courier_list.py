"""The courier's list taken into a hand-over, and figures put right after the van has left."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.bills.trouble import StatementError
from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.screen import Mood, Verdict
from station.domain.vocabulary import Message
from station.services import corrections, courier_list, courier_told, figures
from station.services.courier_told import ListAnswer
from web import words
from web.door import station
from web.guard import largest_body
from web.signin import needs, person
from web.views.bench import strokes
from web.views.handover import desk_of, fen, grams, keeper

blueprint = Blueprint("courier_list", __name__, url_prefix="/handover")

LARGEST_LIST = 20 * 1024 * 1024


@blueprint.get("/<int:handover_id>/list")
@needs(Right.PILE)
def page(handover_id: int) -> str:
    """Where a list is chosen or pasted."""
    return _page(handover_id, None)


@blueprint.post("/<int:handover_id>/list")
@largest_body(LARGEST_LIST)
@needs(Right.PILE)
def take(handover_id: int) -> str:
    """Take a file or pasted text; every row is answered."""
    name, content, rows = _given()
    if isinstance(rows, StatementError):
        return render_template(
            "courier_list.html", desk=desk_of(handover_id), answer=None, text="", counts={},
            trouble=str(rows))
    door = station()
    answer = door.write(
        courier_told.take_list, handover_id, rows, name=name,
        sha256=courier_told.digest(content), again=bool(request.form.get("again")),
        rules=door.rules, who=keeper(handover_id),
    )
    return _page(handover_id, answer, request.form.get("text", ""))


def _given() -> tuple[str, bytes, tuple[courier_list.ListRow, ...] | StatementError]:
    """The name, the bytes and the rows of what was sent; 400 if nothing was."""
    file = request.files.get("file")
    if file is not None and file.filename:
        data, name = file.read(), file.filename[:200]
        try:
            return name, data, courier_list.read_file(name, data)
        except StatementError as error:
            return name, data, error
    text = request.form.get("text", "")
    if not text.strip():
        abort(400, "file")
    return "粘贴 pasted", text.encode(), courier_list.read_pasted(text)


def _page(handover_id: int, answer: ListAnswer | None, text: str = "") -> str:
    counts = courier_told.counted(answer.rows) if answer is not None else {}
    return render_template(
        "courier_list.html", desk=desk_of(handover_id), answer=answer, text=text, counts=counts,
        trouble="")


@blueprint.get("/<int:handover_id>/lines/<waybill_no>")
@needs(Right.PILE)
def line(handover_id: int, waybill_no: str) -> str:
    """Everything that was told about one parcel, with what it replaced."""
    keeper(handover_id)
    told = station().read(figures.tellings, handover_id, waybill_no)
    return render_template(
        "courier_line.html", handover_id=handover_id, waybill_no=waybill_no, tellings=told)


@blueprint.get("/<int:handover_id>/correction")
@needs(Right.HANDOVER)
def correction(handover_id: int) -> str:
    """The form by which a parcel's figures are put right."""
    return _correction(handover_id, None)


@blueprint.post("/<int:handover_id>/correction")
@needs(Right.HANDOVER)
def correct(handover_id: int) -> str:
    """Put one parcel's figures right; the courier signs for it."""
    form = request.form
    price = form.get("price", "").strip()
    result = station().write(
        corrections.correct, handover_id, form.get("waybill_no", "").strip(),
        weight_g=grams(form.get("weight", "").strip(), "g"),
        price_fen=fen(price) if price else None, reason=form.get("reason", ""),
        courier=form.get("courier", ""), strokes=_drawn(), who=person().name,
    )
    if isinstance(result, Refusal):
        return _correction(
            handover_id, Verdict(Mood.BAD, Message(str(result.code), dict(result.facts)), 0))
    facts: dict[str, str | int] = {"waybill_no": form["waybill_no"].strip()}
    return _correction(handover_id, Verdict(Mood.DONE, Message("handover.corrected", facts), 0))


@blueprint.post("/<int:handover_id>/addendum")
@needs(Right.HANDOVER)
def addendum(handover_id: int) -> Response:
    """Print what was put right."""
    station().write(corrections.ask_for_addendum, handover_id, who=person().name)
    return redirect(url_for(".correction", handover_id=handover_id, printed=1), 303)


def _drawn() -> corrections.Strokes:
    """The strokes that the page drew; none where it drew nothing."""
    try:
        drawn = current_app.json.loads(request.form.get("strokes") or "[]")
    except ValueError:
        abort(400, "strokes")
    return strokes(drawn) if drawn else []


def _correction(handover_id: int, verdict: Verdict | None) -> str:
    names = ("waybill_no", "weight", "price", "reason", "courier")
    done = verdict is not None and verdict.mood is Mood.DONE
    given: dict[str, Any] = {
        name: "" if done else request.form.get(name, "") for name in names}
    if verdict is None and "printed" in request.args:
        verdict = Verdict(Mood.DONE, Message("handover.addendum"), 0)
    return render_template(
        "correction.html", desk=desk_of(handover_id), given=given,
        said=words.tell(verdict) if verdict is not None else None,
    )
