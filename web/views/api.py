"""The programs' door: the bench as JSON, the station's health, and the document that says so.

A local program needs no browser and no token: it sends ``Content-Type: application/json`` and no
``Origin`` (web/guard.py).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify, request

from station.domain.screen import BenchView
from station.services import screens
from web import door, openapi, words
from web.views.bench import scanned, strokes

_ATOMS = frozenset({int, bool, float})

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/v1/health")
def health() -> Response:
    """Whether the records can be read, and how every device is."""
    station = door.station()
    counts = station.read(screens.queue_counts, now=station.now())
    devices = [
        {"bench": name, "name": each.name, "kind": each.kind, "state": each.state}
        for name, bench in station.benches.items() for each in bench.view().devices
    ]
    return jsonify(status="ok", queue=counts, devices=devices)


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document of this door and of the webhook."""
    return jsonify(openapi.document())


@blueprint.get("/v1/bench/<name>")
def view(name: str) -> Response:
    """The bench as it is now."""
    return jsonify(as_json(door.bench(name).view()))


@blueprint.post("/v1/bench/<name>/scan")
def scan(name: str) -> Response:
    """One barcode; answered when its verdict is durable."""
    body = request.get_json()
    aim = body.get("aim") if isinstance(body, dict) else None
    source = "touch" if isinstance(body, dict) and body.get("touch") is True else "page"
    bench = door.bench(name)
    aim = aim if isinstance(aim, str) and len(aim) <= 8 else None
    return jsonify(as_json(bench.scan(scanned(body), aim=aim, source=source)))


@blueprint.post("/v1/bench/<name>/sign")
def sign(name: str) -> Response:
    """A drawn signature."""
    body = request.get_json()
    drawn = strokes(body.get("strokes") if isinstance(body, dict) else None)
    return jsonify(as_json(door.bench(name).touch("sign", strokes=drawn)))


def as_json(view: BenchView) -> dict[str, Any]:
    """A bench's view with the words of its messages; times in ISO 8601."""
    plain: dict[str, Any] = _plain(view)
    plain["prompt"] = _said(view.prompt)
    if view.verdict is not None:
        plain["verdict"]["message"] = _said(view.verdict.message)
    return plain


def _said(message: Any) -> dict[str, Any]:
    said = words.say(message)
    return {"code": said.code, "facts": message.facts or {}, "zh": said.zh, "en": said.en}


def _plain(value: Any) -> Any:
    """The value as JSON knows it. ``dataclasses.asdict`` copies every leaf: half a scan's time."""
    kind: Any = type(value)
    if value is None or kind in _ATOMS or isinstance(value, str):
        return value
    if kind is tuple:
        return [_plain(item) for item in value]
    if kind is dict:
        return {name: _plain(item) for name, item in value.items()}
    if kind is datetime:
        return value.isoformat()
    return {name: _plain(getattr(value, name)) for name in _names(kind)}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
