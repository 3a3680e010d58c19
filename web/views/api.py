"""The programs' door: the bench as JSON, the station's health, and the document that says so.

A local program needs no browser and no token: it sends ``Content-Type: application/json`` and no
``Origin`` (web/guard.py). On this computer it may use the benches as it is; for more, and from
elsewhere, it sends ``Authorization: Bearer`` and its key (``station key``).
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request

from station.domain.rights import Right
from station.domain.screen import BenchView
from station.services import screens
from web import door, once, openapi, words
from web import health as found
from web.signin import needs, open_to_all, person
from web.views.bench import scanned, strokes

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/v1/health")
@open_to_all
def health() -> Response:
    """Whether the station is well, in codes; the queue and the devices for those who may pack."""
    station = door.station()
    reasons = found.reasons(station)
    status = found.status_of(reasons)
    told: dict[str, Any] = {"status": status, "reasons": list(reasons)}
    if status != "down" and person().may(Right.PACK):
        told["queue"] = station.read(screens.queue_counts, now=station.now())
        told["devices"] = [
            {"bench": name, "name": each.name, "kind": each.kind, "state": each.state}
            for name, bench in station.benches.items() for each in bench.view().devices
        ]
    answer = jsonify(told)
    answer.status_code = 503 if status == "down" else 200
    return answer


@blueprint.get("/openapi.json")
@open_to_all
def document() -> Response:
    """The OpenAPI document of this door and of the webhook."""
    return jsonify(openapi.document())


@blueprint.get("/v1/bench/<name>")
@needs(Right.PACK)
def view(name: str) -> Response:
    """The bench as it is now."""
    return _view(door.bench(name).view())


@blueprint.post("/v1/bench/<name>/scan")
@needs(Right.PACK)
def scan(name: str) -> Response:
    """One barcode; answered when its verdict is durable."""
    body = request.get_json()
    aim = body.get("aim") if isinstance(body, dict) else None
    source = "touch" if isinstance(body, dict) and body.get("touch") is True else "page"
    bench = door.bench(name)
    aim = aim if isinstance(aim, str) and len(aim) <= 8 else None
    return _view(bench.scan(scanned(body), aim=aim, source=source, once=once.present()))


@blueprint.post("/v1/bench/<name>/sign")
@needs(Right.PACK)
def sign(name: str) -> Response:
    """A drawn signature."""
    body = request.get_json()
    drawn = strokes(body.get("strokes") if isinstance(body, dict) else None)
    return _view(door.bench(name).touch("sign", strokes=drawn, once=once.present()))


def as_json(view: BenchView) -> bytes:
    """A bench's view with the words of its messages; times in ISO 8601.

    Every scan is answered with one, and the standard library takes four times as long for it.
    """
    plain = _shallow(view)
    plain["prompt"] = _said(view.prompt)
    if view.verdict is not None:
        plain["verdict"] = _shallow(view.verdict) | {"message": _said(view.verdict.message)}
    return orjson.dumps(plain)


def _view(view: BenchView) -> Response:
    return Response(as_json(view), mimetype="application/json")


def _shallow(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _names(value.__class__)}


def _said(message: Any) -> dict[str, Any]:
    said = words.say(message)
    return {"code": said.code, "facts": message.facts or {}, "zh": said.zh, "en": said.en}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
