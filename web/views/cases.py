"""售后: the list of cases by deadline, a parcel's cases, one case; by scanning and by touch.

The scanner's answers come as the panel that is drawn anew, or lead to another page; what needs
words or amounts are plain forms. The one address of a case shows everything about it.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from station.domain.cases import KINDS, CaseKind, CaseMove
from station.domain.commands import case_code
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right
from station.domain.screen import Mood
from station.domain.sight import RevealWhy
from station.domain.vocabulary import Message
from station.services import (
    case_desk,
    case_scans,
    cases,
    evidence,
    replacements,
    returns,
    tracking,
)
from station.services.photographs import Moment
from station.services.replacements import Wanted
from web import guard, words
from web.door import station
from web.evidence import chinese, fonts_of
from web.signin import needs, person
from web.views.bench import scanned, strokes
from web.views.handover import fen
from web.views.reveals import noted

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

_LOUD = frozenset({Code.CASE_NOT_IN_PARCEL, Code.CASE_TOO_MANY_BACK})
_WANTED = re.compile(
    r"(?P<code>[^\s;；,，]+?)(?:[*×xX](?P<count>\d{1,2}))?(?:@(?P<waist>\d{3,4}))?"
)


@blueprint.get("")
@needs(Right.CASES)
def page() -> str:
    """The list, the soonest first."""
    return render_template("cases.html", verdict=None, **_board())


@blueprint.get("/panel")
@needs(Right.CASES)
def panel() -> str:
    """The list alone, for a page that heard a notice."""
    return render_template("cases_panel.html", verdict=None, **_board())


@blueprint.get("/find")
@needs(Right.CASES)
def find() -> Response:
    """Go to what a typed number stands for."""
    number = request.args.get("number", "").strip()
    if not number:
        return redirect(url_for(".page"))
    found = station().read(case_desk.find, number)
    if found is None:
        abort(404, "number")
    return redirect(_address(found.case_id, found.parcel_id, found.order_no))


@blueprint.post("/scan")
@needs(Right.CASES)
def scan() -> str:
    """One barcode at the list."""
    said = _scan(case_scans.Place(who=person().name))
    if target := _target(said):
        return _away(target, said)
    return _answered("cases_panel.html", said, _board())


# --- A parcel without a case, or with several -----------------------------------------------------


@blueprint.get("/parcels/<int:parcel_id>")
@needs(Right.CASES)
def parcel(parcel_id: int) -> str:
    """Its cases, and the kinds that can be opened."""
    return render_template("case_parcel.html", verdict=None, **_parcel(parcel_id))


@blueprint.post("/parcels/<int:parcel_id>/scan")
@needs(Right.CASES)
def scan_at_parcel(parcel_id: int) -> str:
    """A kind's barcode opens its case; another number leads away."""
    body = request.get_json()
    said = _scan(case_scans.Place(
        parcel_id=parcel_id, order_no=_text(body, "order_no"), who=person().name))
    if target := _target(said):
        return _away(target, said)
    return _answered("case_parcel_panel.html", said, _parcel(parcel_id))


@blueprint.post("/parcels/<int:parcel_id>")
@needs(Right.CASES)
def begin(parcel_id: int) -> Response | tuple[str, int]:
    """Open a case by hand, or go on with the one that is open."""
    door = station()
    try:
        kind = CaseKind(request.form.get("kind", ""))
    except ValueError:
        abort(400, "missing")
    case = door.write(
        cases.begin, parcel_id, kind, door.rules, who=person().name, note=_field("note"),
        return_no=_field("return_no"), order_no=_field("order_no"),
    )
    if isinstance(case, Refusal):
        facts = _parcel(parcel_id)
        return render_template("case_parcel.html", verdict=_refused(case), **facts), 409
    return redirect(url_for(".case", case_id=case.id), 303)


@blueprint.post("/parcels/<int:parcel_id>/dismiss")
@needs(Right.CASES)
def dismiss(parcel_id: int) -> Response:
    """No case after all: a person knows better than the carrier's silence."""
    station().write(tracking.dismiss, parcel_id, who=person().name)
    return redirect(url_for(".page"), 303)


# --- One case -------------------------------------------------------------------------------------


@blueprint.get("/<int:case_id>")
@needs(Right.CASES)
def case(case_id: int) -> str:
    """Everything about one case, and what can be done next."""
    return render_template("case.html", verdict=None, **_case(case_id))


@blueprint.get("/<int:case_id>/panel")
@needs(Right.CASES)
def case_panel(case_id: int) -> str:
    """Its panel alone, for a page that heard a notice."""
    return render_template("case_panel.html", verdict=None, **_case(case_id))


@blueprint.post("/<int:case_id>/scan")
@needs(Right.CASES)
def scan_at_case(case_id: int) -> str:
    """A piece, a verdict, a digit; another parcel's number leads away."""
    _case(case_id)
    said = _scan(case_scans.Place(case_id=case_id, who=person().name))
    target = _target(said)
    if target and said.case_id != case_id:
        return _away(target, said)
    return _answered("case_panel.html", said, _case(case_id))


@blueprint.post("/<int:case_id>/sign")
@needs(Right.CASES)
def sign(case_id: int) -> str:
    """The courier signs for the damage."""
    body = request.get_json()
    result = station().write(
        cases.sign_damage, case_id, courier=_text(body, "courier"),
        strokes=strokes(body.get("strokes")), who=person().name,
    )
    if isinstance(result, Refusal):
        verdict = _refused(result)
    else:
        verdict = _tell(Mood.DONE, Message("case_said.signed"))
    return render_template("case_panel.html", verdict=verdict, **_case(case_id))


@blueprint.post("/<int:case_id>/photograph")
@needs(Right.CASES)
def photograph(case_id: int) -> Response:
    """A picture of what lies before a bench's camera, kept with the parcel (S22)."""
    found = _case(case_id)["case"]
    take = station().witnesses.get(_field("bench"))
    if take is None:
        abort(404, "bench")
    take(Moment.DAMAGE, found.parcel.id, person().name)
    return redirect(url_for(".case", case_id=case_id), 303)


@blueprint.post("/<int:case_id>/step")
@needs(Right.CASES)
def step(case_id: int) -> Response | tuple[str, int]:
    """One move of the table, with the amount or words that it needs."""
    door = station()
    try:
        move = CaseMove(request.form.get("move", ""))
    except ValueError:
        abort(400, "missing")
    takes, facts = _facts_of(move)
    return _stepped(case_id, door.write(takes, case_id, *facts[0], who=person().name, **facts[1]))


def _facts_of(move: CaseMove) -> tuple[Any, tuple[tuple[Any, ...], dict[str, Any]]]:
    """The service that makes a move, with what its form says."""
    rules = station().rules
    amounts: dict[CaseMove, tuple[Any, dict[str, str]]] = {
        CaseMove.CLAIM: (cases.claim, {"ticket": _field("ticket")}),
        CaseMove.ANSWER: (cases.answer, {}),
        CaseMove.PAID: (cases.pay, {"how": _field("how")}),
    }
    if move in amounts:
        takes, facts = amounts[move]
        return takes, ((rules,), {**facts, "fen": fen(request.form.get("amount"))})
    if move is CaseMove.EXPECT:
        return cases.expect, ((rules,), {"return_no": _field("return_no")})
    if move is CaseMove.INSPECT:
        return returns.finish, ((rules,), {"unsigned": _field("reason")})
    return cases.go_on, ((move, rules), {"reason": _field("reason")})


@blueprint.post("/<int:case_id>/replace")
@needs(Right.CASES)
def replace(case_id: int) -> Response | tuple[str, int]:
    """Send goods again in a parcel of their own."""
    door = station()
    wanted = [
        Wanted(part["code"], int(part["count"] or 1), int(part["waist"]) if part["waist"] else None)
        for text in re.split(r"[\s;；,，]+", _field("goods", 400)) if text
        if (part := _WANTED.fullmatch(text))
    ]
    result = door.write(replacements.replace, case_id, wanted, door.rules, who=person().name)
    return _stepped(case_id, result)


def _stepped(case_id: int, result: Any) -> Response | tuple[str, int]:
    if isinstance(result, Refusal):
        return render_template("case.html", verdict=_refused(result), **_case(case_id)), 409
    return redirect(url_for(".case", case_id=case_id), 303)


@blueprint.get("/<int:case_id>/evidence.pdf")
@needs(Right.CASES)
def evidence_pdf(case_id: int) -> Response:
    """The evidence sheet, to be sent to the carrier, printed or kept."""
    found = _case(case_id)["case"]
    return evidence_response(found.parcel.id, case_id, f"evidence-{case_id}")


@blueprint.post("/<int:case_id>/evidence.pdf")
@needs(Right.REVEAL)
def clear_evidence_pdf(case_id: int) -> Response:
    """The same with the label, photographs and drawn signatures; who took it is recorded."""
    found = _case(case_id)["case"]
    return evidence_response(found.parcel.id, case_id, f"evidence-{case_id}", clear=True)


@blueprint.get("/parcels/<int:parcel_id>/evidence.pdf")
@needs(Right.CASES)
def parcel_evidence_pdf(parcel_id: int) -> Response:
    """The same of a parcel without a case."""
    _parcel(parcel_id)
    return evidence_response(parcel_id, None, f"evidence-parcel-{parcel_id}")


@blueprint.post("/parcels/<int:parcel_id>/evidence.pdf")
@needs(Right.REVEAL)
def clear_parcel_evidence_pdf(parcel_id: int) -> Response:
    """The same with the label, photographs and drawn signatures; who took it is recorded."""
    _parcel(parcel_id)
    return evidence_response(parcel_id, None, f"evidence-parcel-{parcel_id}", clear=True)


def evidence_response(
    parcel_id: int, case_id: int | None, name: str, *, clear: bool = False
) -> Response:
    """The sheet as the browser shows it, with a name to keep it by; a clear one is a reveal."""
    door = station()
    config = door.config
    pdf = door.read(
        evidence.evidence_pdf, parcel_id, case_id, shop=config.station.shop, say=chinese,
        fonts=fonts_of(config.font_files), clear=clear,
    )
    if clear:
        noted(parcel_id, RevealWhy.CLAIM, "evidence")
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


# --- What the templates need ----------------------------------------------------------------------


def _board() -> dict[str, Any]:
    door = station()
    found = door.read(case_desk.board, tab=request.args.get("tab", "open"), now=door.now())
    return {"board": found, "tabs": case_desk.SHOWN, "proposals": door.read(tracking.proposals)}


def _parcel(parcel_id: int) -> dict[str, Any]:
    door = station()
    found = door.read(case_desk.parcel_cases, parcel_id, now=door.now())
    if found is None:
        abort(404, "number")
    kinds = [(kind, case_code(kind)) for kind in KINDS]
    return {"parcel": found, "kinds": kinds, "order_no": request.args.get("order", "")[:64]}


def _case(case_id: int) -> dict[str, Any]:
    door = station()
    found = door.read(case_desk.case_view, case_id, now=door.now())
    if found is None:
        abort(404)
    return {"case": found, "cameras": list(door.witnesses), "whys": list(RevealWhy)}


def _scan(place: case_scans.Place) -> case_scans.Said:
    door = station()
    code = scanned(request.get_json())
    return door.write(case_scans.scan, code, place, door.rules)


def _target(said: case_scans.Said) -> str:
    if said.case_id is None and said.parcel_id is None:
        return ""
    return _address(said.case_id, said.parcel_id, said.order_no)


def _address(case_id: int | None, parcel_id: int | None, order_no: str = "") -> str:
    if case_id is not None:
        return url_for(".case", case_id=case_id)
    return url_for(".parcel", parcel_id=parcel_id, order=order_no or None)


def _answered(template: str, said: case_scans.Said, facts: dict[str, Any]) -> str:
    """The panel with what was said on top."""
    return render_template(template, verdict=_verdict(said), **facts)


def _away(target: str, said: case_scans.Said) -> str:
    return render_template("case_away.html", target=target, verdict=_verdict(said))


def _verdict(said: case_scans.Said) -> words.Told:
    if isinstance(said.words, Refusal):
        return _refused(said.words)
    return _tell(Mood.GOOD, said.words)


def _refused(refusal: Refusal) -> words.Told:
    mood = Mood.ALARM if refusal.code in _LOUD else Mood.BAD
    return _tell(mood, refusal)


def _tell(mood: Mood, said: Message | Refusal) -> words.Told:
    return words.tell(words.numbered(mood, said))


def _field(name: str, longest: int = 200) -> str:
    return request.form.get(name, "").strip()[:longest]


def _text(body: Any, name: str) -> str:
    """A text field of a JSON body, "" where it is left out; 400 if it cannot be kept."""
    value = body.get(name, "") if isinstance(body, dict) else None
    if not isinstance(value, str) or guard.unkeepable(value):
        abort(400)
    return value.strip()[:64]
