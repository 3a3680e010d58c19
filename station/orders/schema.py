"""The JSON Schemas of the webhook's bodies, for the OpenAPI document that the web serves."""

from __future__ import annotations

from station.orders.package_weight import PACKAGE_WEIGHT
from station.orders.tracking import TRACKING
from station.orders.webhook import PAID_ORDER, REFUND

PAID_ORDER_SCHEMA = PAID_ORDER.schema()
REFUND_SCHEMA = REFUND.schema()
FIELD_ERRORS_SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "what"],
                "properties": {
                    "path": {"type": "string", "description": "lines[0].sku"},
                    "what": {"type": "string", "description": "missing, too_long, …"},
                    "facts": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        }
    },
}
SIGNATURE_HEADERS: tuple[dict[str, object], ...] = tuple(
    {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": description,
    }
    for name, description in (
        ("webhook-id", "The event's id, the same when it is told again."),
        ("webhook-timestamp", "Unix seconds, at most five minutes from now."),
        ("webhook-signature", "v1,<base64 of HMAC-SHA256 over id.timestamp.body>, or several."),
    )
)


def schemas() -> dict[str, dict[str, object]]:
    """All of them by name; where a carrier is named, those of the shop's settings are known."""
    return {
        "PaidOrder": PAID_ORDER_SCHEMA,
        "RefundNotice": REFUND_SCHEMA,
        "PackageWeight": PACKAGE_WEIGHT.schema(),
        "Tracking": TRACKING.schema(),
        "FieldErrors": FIELD_ERRORS_SCHEMA,
    }
