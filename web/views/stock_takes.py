"""盘点: the month's count of all goods, place by place and blind; what differs, and why (I9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.screen import Mood
from station.domain.stock_takes import SHEET_STATES, TAKE_STATES
from station.domain.vocabulary import Message
from station.services import stock_take_paper, stock_take_scans, stock_take_watch, stock_takes
from web import words
from web.door import station
from web.evidence import fonts_of
from web.signin import needs, person
from web.views.bench import scanned

blueprint = Blueprint("stock_takes", __name__, url_prefix="/stock-takes")


@blueprint.get("")
@needs(Right.STOCK)
def page() -> str:
    """The count that is going on, those before, and whether one is due."""
    return _page(None)


@blueprint.post("")
@needs(Right.STOCK)
def begin() -> str | AnyResponse:
    """Open the month's count."""
    take = station().write(stock_takes.begin, who=person().name)
    if isinstance(take, Refusal):
        return _page(take)
    return redirect(url_for(".take", take_id=take.id), 303)


@blueprint.get("/<int:take_id>")
@needs(Right.STOCK)
def take(take_id: int) -> str:
    """One count: its places; when all are counted, what differs."""
    return render_template("stock_take.html", verdict=None, **_take(take_id))


@blueprint.get("/<int:take_id>/panel")
@needs(Right.STOCK)
def panel(take_id: int) -> str:
    """Its panel alone, for a page that heard a notice."""
    return render_template("stock_take_panel.html", verdict=None, **_take(take_id))


@blueprint.get("/<int:take_id>.pdf")
@needs(Right.STOCK)
def paper(take_id: int) -> Response:
    """A blank sheet for every place, to be counted by hand."""
    door = station()
    if door.read(stock_takes.one, take_id) is None:
        abort(404)
    config = door.config
    pdf = door.read(
        stock_take_paper.pdf, take_id, shop=config.station.shop,
        fonts=fonts_of(config.font_files))
    headers = {"Content-Disposition": f'inline; filename="stock-take-{take_id}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


@blueprint.post("/<int:take_id>/scan")
@needs(Right.STOCK)
def scan(take_id: int) -> str:
    """A place's barcode leads to its sheet."""
    said = _scan(take_id, None)
    if said.sheet_id:
        return _away(said, url_for(".sheet", sheet_id=said.sheet_id))
    return render_template("stock_take_panel.html", verdict=_verdict(said.words), **_take(take_id))


@blueprint.post("/<int:take_id>/place")
@needs(Right.STOCK)
def open_place(take_id: int) -> str | AnyResponse:
    """A place's button does the same."""
    sheet = station().write(
        stock_takes.open_place, take_id, request.form.get("place", "")[:32], who=person().name)
    if isinstance(sheet, Refusal):
        return _refused(take_id, sheet)
    return redirect(url_for(".sheet", sheet_id=sheet.id), 303)


@blueprint.post("/<int:take_id>/explain")
@needs(Right.STOCK)
def explain(take_id: int) -> str | AnyResponse:
    """Why pieces are missing, or too many."""
    reasons = dict(_numbered("reason-"))
    said = station().write(stock_takes.explain, take_id, reasons, who=person().name)
    return _stepped(take_id, said)


@blueprint.post("/<int:take_id>/book")
@needs(Right.ACCEPT)
def book(take_id: int) -> str | AnyResponse:
    """A manager books the differences."""
    return _stepped(take_id, station().write(stock_takes.book, take_id, who=person().name))


@blueprint.post("/<int:take_id>/withdraw")
@needs(Right.STOCK)
def withdraw(take_id: int) -> str | AnyResponse:
    """The count is given up."""
    return _stepped(take_id, station().write(stock_takes.withdraw, take_id, who=person().name))


@blueprint.get("/places/<int:sheet_id>")
@needs(Right.STOCK)
def sheet(sheet_id: int) -> str:
    """The count of one place."""
    return render_template("count_sheet.html", verdict=None, sheet=_sheet(sheet_id))


@blueprint.get("/places/<int:sheet_id>/panel")
@needs(Right.STOCK)
def sheet_panel(sheet_id: int) -> str:
    """Its panel alone."""
    return render_template("count_sheet_panel.html", verdict=None, sheet=_sheet(sheet_id))


@blueprint.post("/places/<int:sheet_id>/scan")
@needs(Right.STOCK)
def scan_here(sheet_id: int) -> str:
    """One piece, a digit, or a command; another place's barcode leads there."""
    take_id = _sheet(sheet_id).take_id
    said = _scan(take_id, sheet_id)
    if said.sheet_id is not None:
        target = (url_for(".sheet", sheet_id=said.sheet_id) if said.sheet_id
                  else url_for(".take", take_id=take_id))
        return _away(said, target)
    return render_template(
        "count_sheet_panel.html", verdict=_verdict(said.words), sheet=_sheet(sheet_id))


@blueprint.post("/places/<int:sheet_id>/typed")
@needs(Right.STOCK)
def typed(sheet_id: int) -> str | AnyResponse:
    """The numbers of a sheet that was counted on paper."""
    counted = {number: _count(text) for number, text in _numbered("counted-") if text.strip()}
    said = station().write(stock_takes.count_typed, sheet_id, counted, who=person().name)
    if isinstance(said, Refusal):
        return render_template(
            "count_sheet.html", verdict=_verdict(said), sheet=_sheet(sheet_id))
    return redirect(url_for(".sheet", sheet_id=sheet_id), 303)


def _scan(take_id: int, sheet_id: int | None) -> stock_take_scans.Said:
    code = scanned(request.get_json())
    return station().write(
        stock_take_scans.scan, code, take_id=take_id, sheet_id=sheet_id, who=person().name)


def _page(refused: Refusal | None) -> str:
    door = station()
    return render_template(
        "stock_takes.html", takes=door.read(stock_takes.newest), states=TAKE_STATES,
        due=door.read(stock_take_watch.reminder, now=door.now()),
        refused=words.say(refused) if refused else None)


def _take(take_id: int) -> dict[str, Any]:
    door = station()
    take = door.read(stock_takes.one, take_id)
    if take is None:
        abort(404)
    return {"take": take, "states": TAKE_STATES, "sheet_states": SHEET_STATES,
            "found": door.read(stock_takes.found, take_id)}


def _sheet(sheet_id: int) -> Any:
    sheet = station().read(stock_takes.sheet_of, sheet_id)
    if sheet is None:
        abort(404)
    return sheet


def _stepped(take_id: int, said: Any) -> str | AnyResponse:
    if isinstance(said, Refusal):
        return _refused(take_id, said)
    return redirect(url_for(".take", take_id=take_id), 303)


def _refused(take_id: int, refusal: Refusal) -> str:
    return render_template("stock_take.html", verdict=_verdict(refusal), **_take(take_id))


def _away(said: stock_take_scans.Said, target: str) -> str:
    return render_template("case_away.html", target=target, verdict=_verdict(said.words))


def _verdict(said: Message | Refusal) -> words.Told:
    elsewhere = said.code == stock_take_scans.ELSEWHERE
    mood = Mood.BAD if isinstance(said, Refusal) else Mood.WARN if elsewhere else Mood.GOOD
    return words.tell(words.numbered(mood, said))


def _numbered(prefix: str) -> Iterator[tuple[int, str]]:
    """The form's fields of this prefix, by the number behind it."""
    for name, text in request.form.items():
        number = name.removeprefix(prefix)
        if name.startswith(prefix) and number.isascii() and number.isdigit() and len(number) < 10:
            yield int(number), text[:200]


def _count(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        abort(400, "figures")
    return int(text)
