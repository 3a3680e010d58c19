"""The bench's screen: one thing to do next, and what the last scan was told.

The page shows ``panel.html``, made of parts; every answer and every notice brings the panel
anew, and the browser swaps the parts that changed. Buttons send the same barcodes as the command
sheet, so that a finger and a scanner are one road.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, render_template, request

from station.domain.commands import APT, REASONS
from station.domain.refusals import Code
from station.domain.rights import Right
from station.domain.screen import BenchView, ItemView, Step
from station.domain.vocabulary import Message
from station.services import screens
from web import door, guard, once, words
from web.signin import needs

blueprint = Blueprint("bench", __name__, url_prefix="/bench")

MAX_CODE = 512
"""Characters that a barcode may have; a longer one is no barcode."""

_STROKES = 200
_POINTS = 8000

STAGES: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("open", (Step.IDLE, Step.NOTE)),
    ("items", (Step.ITEMS, Step.MEASURE)),
    ("material", (Step.MATERIAL, Step.CHECKLIST)),
    ("weigh", (Step.WEIGH, Step.WEIGHT_OFF)),
    ("sign", (Step.SIGN,)),
)
"""The five stages of a parcel at the bench, for the strip that shows how far it is."""


@blueprint.get("/<name>")
@needs(Right.PACK)
def page(name: str) -> str:
    """The whole page."""
    view = door.bench(name).view()
    return render_template("bench.html", **_facts(view))


@blueprint.get("/<name>/panel")
@needs(Right.PACK)
def panel(name: str) -> str:
    """The panel alone, for a page that heard a notice."""
    return _panel(door.bench(name).view())


@blueprint.post("/<name>/scan")
@needs(Right.PACK)
def scan(name: str) -> str:
    """One barcode from the page's keyboard door or from a button; answered when durable."""
    body = request.get_json()
    code = scanned(body)
    source = "touch" if body.get("touch") is True else "page"
    return _panel(door.bench(name).scan(code, source=source, once=once.present()))


@blueprint.post("/<name>/sign")
@needs(Right.PACK)
def sign(name: str) -> str:
    """The packer's signature as drawn: strokes of points from 0 to 1000."""
    drawn = strokes(request.get_json().get("strokes"))
    return _panel(door.bench(name).touch("sign", strokes=drawn, once=once.present()))


def scanned(body: Any) -> str:
    """The code of a scan's JSON body; 400 if it cannot be one. What it means is not judged here."""
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(code, str) or not 0 < len(code) <= MAX_CODE or guard.unkeepable(code):
        abort(400, "code")
    return code


def strokes(drawn: Any) -> tuple[tuple[tuple[int, int], ...], ...]:
    """A drawn signature, checked point by point; 400 if it is none. Empty strokes are dropped."""
    if not isinstance(drawn, list) or len(drawn) > _STROKES:
        abort(400, "strokes")
    if not all(isinstance(stroke, list) for stroke in drawn):
        abort(400, "strokes")
    if sum(map(len, drawn)) > _POINTS:
        abort(400, "strokes")
    return tuple(tuple(_point(point) for point in stroke) for stroke in drawn if stroke)


def _point(point: Any) -> tuple[int, int]:
    if not isinstance(point, list) or len(point) != 2:
        abort(400, "strokes")
    x, y = point
    if type(x) is not int or type(y) is not int or not (0 <= x <= 1000 and 0 <= y <= 1000):
        abort(400, "strokes")
    return x, y


def _panel(view: BenchView) -> str:
    return render_template("panel.html", **_facts(view))


def _facts(view: BenchView) -> dict[str, Any]:
    """What the templates need beside the view itself."""
    return {
        "view": view,
        **_said(view),
        "prompt": words.say(view.prompt),
        "stages": _stages(view.step),
        "packagings": _packagings(view),
        "reasons": _reasons(view),
        "todo": _todo(view),
        "next_item": _next_item(view),
    }


def _said(view: BenchView) -> dict[str, Any]:
    """The verdict, and the "no" that only asks to acknowledge another one first.

    Then the other one stays big on the screen: whoever scans on has not read it yet.
    """
    verdict, held = view.verdict, view.held
    if verdict is None:
        return {"verdict": None, "first": None}
    told = words.tell(verdict)
    if held is None or verdict.message.code != Code.BENCH_ACKNOWLEDGE_FIRST:
        return {"verdict": told, "first": None}
    kept = replace(words.tell(held), seq=told.seq, sound=told.sound)
    return {"verdict": kept, "first": told.words}


def _reasons(view: BenchView) -> dict[str, tuple[str, str]]:
    """The reasons that fit what is asked; any other can still be scanned."""
    if view.step is not Step.REASON:
        return {}
    apt = APT.get(str((view.prompt.facts or {}).get("why", "")), tuple(REASONS))
    return {name: REASONS[name] for name in apt}


def _todo(view: BenchView) -> words.Words | None:
    """What to do about the "no" on a locked screen, with the place of the right piece."""
    if view.held is None or not words.known(f"do.{view.held.message.code}"):
        return None
    facts = dict(view.held.message.facts or {})
    item = _meant(view, facts)
    if item is not None:
        facts["next"] = " ".join(filter(None, (item.item_no, item.color, item.size)))
        facts["place"] = item.location
    return words.say(Message(f"do.{view.held.message.code}", facts))


def _meant(view: BenchView, facts: dict[str, str | int]) -> ItemView | None:
    """The piece that should have been scanned: the one that the "no" names, or the next."""
    wanted = (facts.get("wanted_color"), facts.get("wanted_size"))
    items = view.parcel.items if view.parcel else ()
    named = (item for item in items
             if item.item_no == facts.get("item_no") and (item.color, item.size) == wanted)
    return next(named, _next_item(view))


def _packagings(view: BenchView) -> tuple[screens.PackagingView, ...]:
    if view.step is not Step.MATERIAL or view.parcel is None:
        return ()
    return door.station().read(screens.packagings, view.parcel.carrier)


def _stages(step: Step) -> list[tuple[str, str]]:
    """Each stage with "past", "now" or "ahead"; all are ahead while a question is asked."""
    at = next((index for index, (_, steps) in enumerate(STAGES) if step in steps), -1)
    names = [name for name, _ in STAGES]
    return [
        (name, "past" if index < at else "now" if index == at else "ahead")
        for index, name in enumerate(names)
    ]


def _next_item(view: BenchView) -> ItemView | None:
    """The item to fetch next: the first that is still missing, in the order of places."""
    if view.parcel is None:
        return None
    missing = [item for item in view.parcel.items if item.missing > 0]
    return min(missing, key=lambda item: (item.location == "", item.location), default=None)
