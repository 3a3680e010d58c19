"""Paid orders, refunds and weights told by other machines: signed, taken once, answered in JSON.

These requests come from another machine, so the guard lets them pass; here the signature over
the raw bytes is checked before anything is read.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, jsonify, request

from station.config import ConfigError, webhook_secret
from station.orders import webhook
from station.orders.fields import FieldError
from station.orders.package_weight import parse_package_weight
from station.orders.tracking import parse_tracking
from station.services import events
from web.door import station
from web.guard import signed_by_sender
from web.signin import open_to_all

blueprint = Blueprint("webhook", __name__, url_prefix="/api/v1/orders")
carriers = Blueprint("carrier_webhook", __name__, url_prefix="/api/v1/carriers")


@blueprint.post("/paid")
@signed_by_sender
@open_to_all
def paid() -> Response:
    """A paid order."""
    return _checked() or _book(webhook.parse_paid(request.get_data()), events.take_paid)


@blueprint.post("/refunded")
@signed_by_sender
@open_to_all
def refunded() -> Response:
    """A refund or a cancellation."""
    return _checked() or _book(webhook.parse_refunded(request.get_data()), events.take_refund)


@carriers.post("/packageweight")
@signed_by_sender
@open_to_all
def package_weight() -> Response:
    """The weight that a carrier's own scale read, in the shape of ``packageweight.sync``."""
    return _checked() or _book(parse_package_weight(request.get_data()), events.take_weight)


@carriers.post("/tracking")
@signed_by_sender
@open_to_all
def tracking() -> Response:
    """Where a parcel is, as its carrier or a tracking service tells."""
    return _checked() or _book(parse_tracking(request.get_data()), events.take_tracking)


def _checked() -> Response | None:
    """Why this message is not believed; None if it is."""
    try:
        secret = webhook_secret(station().config)
    except ConfigError:  # the file was taken away, or opened to others; doctor says which
        secret = ""
    if not secret:
        return _no(503, "webhook_not_configured")
    if request.mimetype != "application/json":
        return _no(415, "content_type")
    verdict = webhook.verify_signature(
        secret, dict(request.headers), request.get_data(), station().now()
    )
    return None if verdict is webhook.SignatureCheck.OK else _no(401, str(verdict))


def _book(read: Any, take: Any) -> Response:
    if isinstance(read, tuple):
        return _wrong(read)
    door = station()
    event_id = request.headers["webhook-id"]
    digest = sha256(request.get_data()).hexdigest()
    answer = door.write(take, event_id, digest, read, door.rules)
    if answer.outcome == "conflict":
        return _no(409, "event_id_reused")
    return jsonify(outcome=answer.outcome, result=answer.facts)


def _wrong(errors: tuple[FieldError, ...]) -> Response:
    rows = [{"path": e.path, "what": e.what, "facts": dict(e.facts)} for e in errors]
    answer = jsonify(errors=rows)
    answer.status_code = 400
    return answer


def _no(status: int, what: str) -> Response:
    answer = jsonify(error={"code": what})
    answer.status_code = status
    return answer
