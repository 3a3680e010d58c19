"""小票: a slip as it will come out, its printings, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.config import Config
from station.domain.record_codes import record_of
from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.screen import DeviceView
from station.paper.sheet import LabelSize
from station.paper.slip import Slip
from station.paper.slip_text import Roll, slip_pictures
from station.services import printing, slip_content, slips
from web import words
from web.door import station
from web.evidence import fonts_of
from web.signin import needs, person, refuse

blueprint = Blueprint("slips", __name__, url_prefix="/slips")

RIGHTS: Mapping[str, Right] = {
    "handover": Right.HANDOVER, "addendum": Right.HANDOVER, "supplier": Right.CASES,
    "case": Right.CASES, "archive": Right.STUBS, "day": Right.STUBS, "shift": Right.STUBS,
    "receipt": Right.STOCK, "count": Right.STOCK,
}
"""Who may see and print which slip: whoever may see what it tells of."""


@blueprint.post("")
@needs(Right.HOME)
def ask() -> AnyResponse:
    """Print the slip of something."""
    about = f"{request.form.get('kind', '')}:{request.form.get('key', '')}"
    _admit(about)
    said = station().write(slips.request, about, who=person().name)
    if isinstance(said, Refusal):
        return Response(_page(about, said), 409)
    return redirect(url_for(".page", about=about), 303)


@blueprint.get("/<about>")
@needs(Right.HOME)
def page(about: str) -> str:
    """One slip and its printings."""
    _admit(about)
    return _page(about, None)


@blueprint.get("/<about>/<int:number>.png")
@needs(Right.HOME)
def picture(about: str, number: int) -> Response:
    """One copy as it would come out now, counted from 1."""
    _admit(about)
    copies = _drawn(_slip(about))
    if not 1 <= number <= len(copies):
        abort(404)
    return Response(copies[number - 1], mimetype="image/png")


@blueprint.get("/codes/<code>")
@needs(Right.HOME)
def open_code(code: str) -> AnyResponse:
    """The page of what a paper tells of, by the code on the paper."""
    about = record_of(code)
    if about is None:
        abort(404)
    kind, _, key = about.partition(":")
    return redirect(_back(kind, key))


@blueprint.post("/jobs/<int:job_id>")
@needs(Right.PRINTS)
def settle(job_id: int) -> AnyResponse:
    """A person looked at the printer: the slip is there whole, or it is not."""
    door = station()
    about, came_out = door.read(slips.subject_of, job_id), request.form.get("came_out", "")
    if about is None:
        abort(404)
    if came_out not in ("yes", "no"):
        abort(400, "missing")
    _admit(about)
    door.write(printing.settle_doubt, job_id, came_out=came_out == "yes", rules=door.rules,
               who=person().name)
    return redirect(url_for(".page", about=about), 303)


@blueprint.post("/jobs/<int:job_id>/label")
@needs(Right.HOME)
def move(job_id: int) -> AnyResponse:
    """Print a slip that waits for its printer on the label printer instead."""
    door = station()
    about = door.read(slips.subject_of, job_id)
    if about is None or _printer(door.config) != "roll" or not _has_labels(door.config):
        abort(404)
    _admit(about)
    said = door.write(slips.move_to_label, job_id, who=person().name)
    if isinstance(said, Refusal):
        return Response(_page(about, said), 409)
    return redirect(url_for(".page", about=about), 303)


def _admit(about: str) -> None:
    """404 for what no slip tells of, and away with whoever may not see it."""
    needed = RIGHTS.get(about.partition(":")[0])
    if needed is None:
        abort(404)
    if not person().may(needed):
        refuse(needed)


def _slip(about: str) -> Slip:
    door = station()
    found = door.read(slip_content.slip_of, about, now=door.now())
    if found is None:
        abort(404)
    return found


def _page(about: str, refused: Refusal | None) -> str:
    kind, _, key = about.partition(":")
    door = station()
    found = door.read(slip_content.slip_of, about, now=door.now())
    if found is None and refused is None:
        abort(404)
    return render_template(
        "slip.html", about=about, kind=kind, key=key, slip=found,
        copies=len(_drawn(found)) if found is not None else 0,
        jobs=door.read(slips.of_subject, about), back=_back(kind, key),
        printer=_printer(door.config), movable=_printer(door.config) == "roll"
        and _has_labels(door.config), sick=_sick(), refused=words.say(refused) if refused else None)


def _back(kind: str, key: str) -> str:
    """The page that a slip is from."""
    number = int(key) if key.isascii() and key.isdigit() else 0
    places: dict[str, tuple[str, dict[str, Any]]] = {
        "handover": ("handover.desk", {"handover_id": number}),
        "addendum": ("handover.desk", {"handover_id": number}),
        "supplier": ("suppliers.one", {"list_id": number}),
        "case": ("cases.case", {"case_id": number}),
        "archive": ("stubs.archives", {}),
        "receipt": ("receiving.one", {"receipt_id": number}),
        "count": ("stock_takes.sheet", {"sheet_id": number}),
        "stub": ("parcel.page", {"waybill_no": key}),
    }
    endpoint, facts = places.get(kind, ("stubs.page", {}))
    return url_for(endpoint, **facts)


def _drawn(slip: Slip) -> list[bytes]:
    """Every page of every copy, on the paper that it will come out on."""
    config = station().config
    fonts = fonts_of(config.font_files)
    size = next((bench.size for bench in config.benches if bench.printer), LabelSize.L100X150)
    return slip_pictures(
        slip, _roll(config) or LabelSize(size), fonts, shop=config.station.shop)


def _roll(config: Config) -> Roll | None:
    """The paper of the first slip printer; None where slips are drawn on labels."""
    for bench in config.benches:
        if bench.slip_printer is not None:
            return Roll(bench.slip_printer.head_dots, bench.slip_printer.characters)
    return None


def _printer(config: Config) -> str:
    """Where slips come out: "roll", "label", or "none"."""
    if _roll(config) is not None:
        return "roll"
    return "label" if _has_labels(config) else "none"


def _has_labels(config: Config) -> bool:
    return any(bench.printer for bench in config.benches)


def _sick() -> list[DeviceView]:
    """The receipt printers that take nothing now, as their benches know them."""
    return [
        device for bench in station().benches.values() for device in bench.view().devices
        if device.kind == "slip_printer" and device.state not in ("ready", "starting")]
