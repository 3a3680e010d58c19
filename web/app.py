"""The pages: one Flask application over one station."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask.json.provider import DefaultJSONProvider
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from station.domain.parcel import ParcelState
from station.domain.screen import Mood, Step
from station.domain.vocabulary import Message
from station.services.trouble import Trouble, trouble_of
from web import guard, navigation, once, show, signin, stream, words
from web.door import StationDoor
from web.views import (
    api,
    bench,
    bills,
    case_statistics,
    cases,
    changes,
    commands,
    courier_list,
    couriers,
    devices,
    finding,
    handover,
    home,
    imports,
    metrics,
    orders,
    parcel,
    people,
    pictures,
    privacy,
    receiving,
    reveals,
    slips,
    stock_takes,
    stubs,
    suppliers,
    tariffs,
    webhook,
)

_log = logging.getLogger(__name__)

_AGAIN_S = "30"  # when a program may tell again what a failing database did not take

_BLUEPRINTS = (
    home, bench, orders, imports, metrics, handover, courier_list, couriers, stubs, bills, devices,
    finding, parcel, people, commands, api, webhook, stream, cases, case_statistics, tariffs,
    changes, pictures, privacy, receiving, reveals, stock_takes, suppliers, slips,
)


def create_app(station: StationDoor) -> Flask:
    """The application for this station: guarded, in words, with every page."""
    app = Flask(__name__)
    app.extensions["station"] = station
    places = station.config.web.threads - stream.RESERVED_THREADS
    app.extensions["streams"] = stream.Streams(station.hub, places)
    app.config["MAX_FORM_MEMORY_SIZE"] = guard.MAX_BODY
    app.config["MAX_FORM_PARTS"] = 200
    app.json = _Json(app)
    app.url_map.converters["int"] = _Id
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(_globals(station))
    app.jinja_env.filters.update(_filters())
    guard.install(app, station.config)
    app.extensions["say_no"] = _say_no
    signin.install(app, station)
    once.install(app)
    metrics.install(app)
    app.register_error_handler(HTTPException, _say_no)
    app.register_error_handler(Exception, _say_sorry)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    app.register_blueprint(handover.programs)
    app.register_blueprint(webhook.carriers)
    return app


class _Json(DefaultJSONProvider):
    """Flask's JSON, with Chinese as it is, and a body nested too deep no more than a wrong one."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a JSON text. ValueError for what is none."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


class _Id(IntegerConverter):
    """A row's number in an address: no larger than a database keeps, else there is no such page."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - werkzeug's own name
        super().__init__(map, max=2**31 - 1)


def _globals(station: StationDoor) -> dict[str, Any]:
    return {
        "shop": station.config.station.shop, "now": station.now, "say": words.say,
        "tell": words.tell,
        "unsaid": words.unsaid, "known": words.known, "Step": Step, "Mood": Mood,
        "ParcelState": ParcelState, "bench_names": lambda: list(station.benches),
        "device_says": words.device_says, "device_help": words.device_help,
        "menu": navigation.menu, "page_title": navigation.title, "opens": navigation.opens,
    }


def _filters() -> dict[str, Any]:
    return {
        "grams": show.grams, "kilos": show.kilos, "cm": show.centimetres, "yuan": show.yuan,
        "size": show.size, "clock": show.clock, "folded": show.folded,
        "second": show.second, "until": show.until, "grouped": show.grouped,
        "swatch": show.swatch, "message": _message,
    }


def _say_no(error: HTTPException) -> Response:
    """A refused request in words: which, why, and what to do."""
    status = error.code or 500
    reason = error.description if words.known(f"http.{error.description}") else str(status)
    code = f"http.{reason}" if words.known(f"http.{reason}") else "http.400"
    said = words.say(Message(code, getattr(error, "facts", None)))
    answer: Response
    if request.path.startswith("/api/") or request.mimetype == "application/json":
        answer = jsonify(error={"code": code, "zh": said.zh, "en": said.en})
    else:
        answer = Response(render_template("error.html", status=status, said=said))
    answer.status_code = status
    return answer


def _say_sorry(error: Exception) -> Response:
    """A mistake of the program, or a database that fails: noted, said in words, nothing changed."""
    # The path's rule, not the path: a waybill number in a log is nobody's business.
    rule = request.url_rule.rule if request.url_rule else "?"
    trouble = trouble_of(error)
    failure = HTTPException("500")
    failure.code = 500
    if trouble is Trouble.OTHER:
        _log.error("%s %s failed", request.method, rule, exc_info=error)
        return _say_no(failure)
    _log.error("%s %s failed: the database is %s", request.method, rule, trouble)
    failure.code, failure.description = 503, f"database_{trouble}"
    answer = _say_no(failure)
    answer.headers["Retry-After"] = _AGAIN_S
    return answer


def _message(parts: dict[str, Any]) -> Message:
    """A stored code with its facts as a message, for the templates."""
    return Message(parts["code"], dict(parts["facts"]))
