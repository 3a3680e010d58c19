"""The OpenAPI 3.1 document of the programs' door and of the signed webhook."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from station.domain.screen import Mood, Step
from station.orders import schema
from web.health import REASONS

Document = dict[str, Any]


def document() -> Document:
    """The whole document, as plain values."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Packbench station", "version": _version(),
            "description": "Paid orders come in signed; a bench is driven by barcodes.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "orders"}, {"name": "bench"}, {"name": "handover"}, {"name": "station"},
        ],
        "paths": {
            **_webhook_paths(), **_bench_paths(), **_handover_paths(), **_station_paths(),
        },
        "security": [{"key": []}, {}],
        "components": {
            "schemas": {**schema.schemas(), **_SCHEMAS},
            "securitySchemes": {"key": {
                "type": "http", "scheme": "bearer",
                "description": "A program's key (station key add). On the bench's own computer the "
                               "benches need none.",
            }},
        },
    }


def _version() -> str:
    try:
        return version("packbench")
    except PackageNotFoundError:
        return "0"


def _webhook_paths() -> Document:
    return {
        "/api/v1/orders/paid": {"post": _signed("PaidOrder", "Tell a paid order")},
        "/api/v1/orders/refunded": {"post": _signed("RefundNotice", "Tell a refund")},
        "/api/v1/carriers/packageweight": {
            "post": _signed("PackageWeight", "Tell the weight that a carrier read"),
        },
        "/api/v1/carriers/tracking": {"post": _signed("Tracking", "Tell where a parcel is")},
    }


def _signed(body: str, summary: str) -> Document:
    return {
        "tags": ["orders"], "summary": summary, "operationId": f"tell{body}",
        "description": "Signed after Standard Webhooks over the raw body. The same event id is "
                       "taken once; telling it again is answered alike.",
        "parameters": list(schema.SIGNATURE_HEADERS),
        "requestBody": {"required": True, "content": _json(body)},
        "responses": {
            "200": _answer("Taken, now or before", "EventAnswer"),
            "400": _answer("The body is wrong; each place is named", "FieldErrors"),
            "401": _answer("The signature or its time does not hold", "Error"),
            "409": _answer("This event id was used for another body", "Error"),
            "413": _answer("The body is too large", "Error"),
            "415": _answer("The body is not JSON", "Error"),
            "503": _answer("No secret is configured", "Error"),
        },
    }


def _bench_paths() -> Document:
    name = {
        "name": "bench", "in": "path", "required": True, "schema": {"type": "string"},
        "description": "The bench's name in station.toml.",
    }
    base = "/api/v1/bench/{bench}"
    return {
        base: {"parameters": [name], "get": _operation("bench", "The bench as it is", "view")},
        f"{base}/scan": {
            "parameters": [name], "post": _operation("bench", "Scan one barcode", "scan", "Scan"),
        },
        f"{base}/sign": {
            "parameters": [name],
            "post": _operation("bench", "Sign with a pen", "sign", "Signature"),
        },
    }


_HANDOVER_STEPS = {
    "scan": ("Scan one parcel of the pile", "Scan"),
    "figures": ("Enter the courier's weight and price", "Figures"),
    "accept": ("A manager accepts what differs", "Acceptance"),
    "back": ("Take a parcel out of the pile", "ParcelOfPile"),
    "close": ("The courier signs for all", "Closing"),
}


def _handover_paths() -> Document:
    base = "/api/v1/handover"
    number = {
        "name": "handover", "in": "path", "required": True, "schema": {"type": "integer"},
        "description": "The hand-over's id.",
    }
    paths: Document = {
        base: {
            "get": _desk_operation("Every carrier's pile", "piles", answer="Piles"),
            "post": _desk_operation("Open a carrier's hand-over", "open", "Opening"),
        },
        f"{base}/{{handover}}": {
            "parameters": [number], "get": _desk_operation("The hand-over as it is", "desk"),
        },
    }
    for step, (summary, body) in _HANDOVER_STEPS.items():
        paths[f"{base}/{{handover}}/{step}"] = {
            "parameters": [number], "post": _desk_operation(summary, step, body),
        }
    return paths


def _desk_operation(summary: str, name: str, body: str = "", answer: str = "Desk") -> Document:
    """One operation at the courier's door; ``body`` names what it takes."""
    found = _operation("handover", summary, f"{name}Handover", body)
    found["responses"]["200"] = _answer("The hand-over after it, durable", answer)
    found["responses"]["404"] = _answer("No such hand-over", "Error")
    return found


def _station_paths() -> Document:
    health = {
        "tags": ["station"], "summary": "Is it well?", "operationId": "health",
        "responses": {
            "200": _answer("Work goes on", "Health"),
            "503": _answer("The records cannot be read or written", "Health"),
        },
    }
    document = {
        "tags": ["station"], "summary": "This document", "operationId": "document",
        "responses": {"200": {
            "description": "OpenAPI 3.1", "content": {"application/json": {"schema": {
                "type": "object"}}},
        }},
    }
    return {"/api/v1/health": {"get": health}, "/api/openapi.json": {"get": document}}


_KEY: Document = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "The same key with the same body is done once and answered alike for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


def _operation(tag: str, summary: str, name: str, body: str = "") -> Document:
    found: Document = {
        "tags": [tag], "summary": summary, "operationId": name,
        "responses": {
            "200": _answer("The bench after it; what was scanned is durable", "BenchView"),
            "401": _answer("Nobody said who he is: send a key, or sign in", "Error"),
            "403": _answer("He who asks has not the right, or the request came from a foreign page",
                           "Error"),
            "404": _answer("No such bench", "Error"),
        },
    }
    if body:
        found["requestBody"] = {"required": True, "content": _json(body)}
        found["responses"]["400"] = _answer("The body is wrong", "Error")
        found["responses"]["409"] = _answer("Done before; its answer is lost", "Error")
        found["responses"]["413"] = _answer("The body is too large", "Error")
        found["responses"]["415"] = _answer("The body is not JSON", "Error")
        found["responses"]["422"] = _answer("This key was used for another body", "Error")
        found["parameters"] = [_KEY]
    return found


def _json(name: str) -> Document:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _answer(description: str, name: str) -> Document:
    return {"description": description, "content": _json(name)}


def _object(needed: Document, optional: Document | None = None) -> Document:
    properties = {**needed, **(optional or {})}
    return {"type": "object", "required": list(needed), "properties": properties}


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_FACTS = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
_MESSAGE = _object({"code": _TEXT}, {"facts": _FACTS, "zh": _TEXT, "en": _TEXT})
_VERDICT = _object(
    {"mood": {"type": "string", "enum": [str(mood) for mood in Mood]}, "message": _MESSAGE,
     "seq": _NUMBER},
)

_SCHEMAS: Document = {
    "Scan": _object(
        {"code": {"type": "string", "minLength": 1, "maxLength": 512}},
        {"aim": {"type": ["string", "null"], "maxLength": 8}, "touch": {"type": "boolean"}},
    ),
    "Signature": _object({
        "strokes": {
            "type": "array", "maxItems": 200,
            "items": {"type": "array", "items": {
                "type": "array", "minItems": 2, "maxItems": 2,
                "items": {"type": "integer", "minimum": 0, "maximum": 1000},
            }},
        },
    }),
    "Message": _MESSAGE,
    "BenchView": _object({
        "bench": _TEXT, "revision": _NUMBER,
        "step": {"type": "string", "enum": [str(step) for step in Step]},
        "prompt": _MESSAGE, "locked": {"type": "boolean"},
        "verdict": {"oneOf": [_VERDICT, {"type": "null"}]},
        "parcel": {"type": ["object", "null"]}, "packer": _TEXT, "entry": _TEXT,
        "weight": _object({"state": _TEXT, "grams": {"type": ["integer", "null"]}}),
        "devices": {"type": "array", "items": {"type": "object"}},
        "recent": {"type": "array", "items": _VERDICT},
        "held": {"oneOf": [_VERDICT, {"type": "null"}]},
    }),
    "Opening": _object({"carrier": _TEXT}, {"who": _TEXT}),
    "Figures": _object({
        "parcel_id": _NUMBER, "weight": _TEXT, "unit": {"type": "string", "enum": ["kg", "g"]},
        "price": {"type": "string", "description": "Yuan, at most two decimals."},
    }),
    "Acceptance": _object(
        {"parcel_id": _NUMBER, "badge": _TEXT, "pin": _TEXT, "reason": _TEXT}
    ),
    "ParcelOfPile": _object({"parcel_id": _NUMBER}),
    "Closing": _object(
        {"courier": _TEXT, "strokes": {"type": "array"}, "missing": {
            "type": "array", "items": _object({"parcel_id": _NUMBER, "reason": _TEXT}),
        }},
        {"phone": _TEXT},
    ),
    "Piles": _object({"piles": {"type": "array", "items": _object(
        {"carrier": _TEXT, "parcels": _NUMBER},
        {"handover_id": {"type": ["integer", "null"]}, "number": _TEXT},
    )}}),
    "Desk": _object(
        {"desk": _object({
            "id": _NUMBER, "number": _TEXT, "carrier": _TEXT, "state": _TEXT,
            "lines": {"type": "array"}, "absent": {"type": "array"},
        })},
        {"verdict": _VERDICT},
    ),
    "EventAnswer": _object({
        "outcome": {"type": "string", "enum": ["taken", "known"]}, "result": {"type": "object"},
    }),
    "Health": _object({
        "status": {"type": "string", "enum": ["ok", "degraded", "down"]},
        "reasons": {"type": "array", "items": {"type": "string", "enum": list(REASONS)}},
    }, {
        "queue": {"type": "object"},
        "devices": {"type": "array", "items": {"type": "object"}},
    }),
    "Error": _object({"error": _object({"code": _TEXT}, {"zh": _TEXT, "en": _TEXT})}),
}
