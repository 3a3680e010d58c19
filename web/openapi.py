"""The OpenAPI 3.1 document of the programs' door and of the signed webhook."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from station.domain.screen import Mood, Step
from station.orders import schema

Document = dict[str, Any]


@cache
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
        "tags": [{"name": "orders"}, {"name": "bench"}, {"name": "station"}],
        "paths": {**_webhook_paths(), **_bench_paths(), **_station_paths()},
        "components": {"schemas": {**schema.SCHEMAS, **_SCHEMAS}},
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


def _station_paths() -> Document:
    health = {
        "tags": ["station"], "summary": "Is it well?", "operationId": "health",
        "responses": {"200": _answer("The records can be read", "Health")},
    }
    return {"/api/v1/health": {"get": health}}


def _operation(tag: str, summary: str, name: str, body: str = "") -> Document:
    found: Document = {
        "tags": [tag], "summary": summary, "operationId": name,
        "responses": {
            "200": _answer("The bench after it; what was scanned is durable", "BenchView"),
            "404": _answer("No such bench", "Error"),
        },
    }
    if body:
        found["requestBody"] = {"required": True, "content": _json(body)}
        found["responses"]["400"] = _answer("The body is wrong", "Error")
        found["responses"]["403"] = _answer("Not from our own page, nor a local program", "Error")
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
    }),
    "EventAnswer": _object({
        "outcome": {"type": "string", "enum": ["taken", "known"]}, "result": {"type": "object"},
    }),
    "Health": _object({
        "status": _TEXT, "queue": {"type": "object"},
        "devices": {"type": "array", "items": {"type": "object"}},
    }),
    "Error": _object({"error": _object({"code": _TEXT}, {"zh": _TEXT, "en": _TEXT})}),
}
