"""The weight that a carrier's own people read, told by the carrier (D6).

The body has the shape of TOP's ``taobao.logistics.express.packageweight.sync``: numbers are
strings, weights count in grams, sizes in centimetres. It comes signed like the orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from station.domain.tariffs import Dimensions
from station.domain.vocabulary import CarrierCode, Grams
from station.orders.fields import Choice, FieldError, Record, Text
from station.orders.webhook import read_body

_DECIMAL = r"[0-9]{1,7}(\.[0-9]{1,4})?"
_CENTIMETRES = Text(12, pattern=_DECIMAL, about="Centimetres.")

_REQUEST = Record(
    needed={
        "mail_no": Text(40, 6, pattern=r"[A-Za-z0-9-]+"),
        "weight": Text(12, 1, pattern=_DECIMAL, about="Grams, as the carrier's scale read."),
    },
    optional={
        "tms_cp_code": Choice(CarrierCode),
        "charging_weight": Text(12, pattern=_DECIMAL, about="Grams that are charged for."),
        "throwing_weight": Text(12, pattern=_DECIMAL, about="Grams that the size counts for."),
        "length": _CENTIMETRES,
        "width": _CENTIMETRES,
        "height": _CENTIMETRES,
        "abnormal_type": Text(16),
    },
)
PACKAGE_WEIGHT = Record(needed={"tms_package_weight_request": _REQUEST}, optional={})


@dataclass(frozen=True, slots=True)
class PackageWeight:
    """One parcel's weight as its carrier tells it. ``carrier`` is None where it is not named."""

    waybill_no: str
    carrier: CarrierCode | None
    weight_g: Grams
    charged_g: Grams | None
    dims_mm: Dimensions | None


def parse_package_weight(body: bytes) -> PackageWeight | tuple[FieldError, ...]:
    """The weight in a body, or everything that is wrong with it."""
    found, errors = read_body(PACKAGE_WEIGHT, body)
    if errors:
        return tuple(errors)
    told = found["tms_package_weight_request"]
    weight_g = _whole(told["weight"])
    if not weight_g:
        return (FieldError("tms_package_weight_request.weight", "out_of_range"),)
    charged = max(_whole(told.get(name, "")) for name in ("charging_weight", "throwing_weight"))
    length, width, height = (
        _whole(told.get(name, ""), 10) for name in ("length", "width", "height"))
    carrier = told.get("tms_cp_code")
    return PackageWeight(
        told["mail_no"].upper(), CarrierCode(carrier) if carrier else None, weight_g,
        charged or None, (length, width, height) if length and width and height else None,
    )


def _whole(text: str, factor: int = 1) -> int:
    """The number in a text, times ``factor``, rounded half up; 0 for an empty one."""
    if not text:
        return 0
    return int((Decimal(text) * factor).to_integral_value(ROUND_HALF_UP))
