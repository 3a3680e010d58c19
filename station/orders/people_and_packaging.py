"""The lists of staff, couriers and packaging material that a shop starts with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from station.domain.tariffs import Dimensions
from station.domain.vocabulary import FURTHER, CarrierCode, Grams
from station.orders.cells import narrow
from station.orders.lists import Fields, ListReading, read_list

CARRIER_WORDS = {
    **{str(code): str(code) for code in CarrierCode},
    "申通": "STO",
    "申通快递": "STO",
    "圆通": "YTO",
    "圆通速递": "YTO",
    "圆通快递": "YTO",
    "顺丰": "SF",
    "顺丰速运": "SF",
    "顺丰快递": "SF",
    "邮政": "EMS",
    "邮政EMS": "EMS",
    "中国邮政": "EMS",
    "邮政速递": "EMS",
}
ROLES = {
    "打包员": "packer",
    "仓管": "keeper",
    "仓库": "keeper",
    "客服": "service",
    "卖家": "service",
    "进货员": "keeper",
    "快递员": "courier",
    "管理人员": "manager",
    "管理员": "manager",
    "经理": "manager",
    **{code: code for code in ("packer", "keeper", "service", "manager")},
}
KINDS = {
    "袋": "bag",
    "塑料袋": "bag",
    "快递袋": "bag",
    "箱": "box",
    "纸箱": "box",
    "盒": "box",
    "面单": "label",
    "标签": "label",
    "快递单": "label",
    "胶带": "tape",
    "透明胶带": "tape",
    **{code: code for code in ("bag", "box", "label", "tape")},
}
STAFF_COLUMNS = {
    "name": ("姓名", "name"),
    "role": ("角色", "role"),
    "badge": ("工号牌", "badge"),
    "pin": ("PIN", "pin", "密码"),
}
COURIER_COLUMNS = {
    "name": ("姓名", "快递员", "name"),
    "carrier": ("承运商", "carrier"),
    "phone": ("电话", "phone"),
}
PACKAGING_COLUMNS = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "kind": ("种类", "kind"),
    "weight_g": ("重量克", "weight_g"),
    "stock": ("库存", "stock"),
    "low_at": ("警戒", "low_at"),
    "carrier": ("承运商", "carrier"),
    "contact": ("联系人", "contact"),
    "phone": ("电话", "phone"),
    **{
        f"{side}_{unit}": tuple(
            name for word in words
            for name in (f"{zh}{word}", f"{zh}({word})", f"{zh}（{word}）", f"{side}_{unit}"))
        for side, zh in (("length", "长"), ("width", "宽"), ("height", "高"))
        for unit, words in (("mm", ("mm", "毫米")), ("cm", ("cm", "厘米")))
    },
    "length": ("长", "length"),
    "width": ("宽", "width"),
    "height": ("高", "height"),
}
"""A size tells its unit in its header (长cm, 宽(mm)); a bare 长 is asked about, not guessed."""
_SIDES = ("length", "width", "height")
_LONGEST_MM = 5000


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Somebody who works here. ``role``: packer, keeper, service, manager. The PIN stays unseen."""

    name: str
    role: str
    badge: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CourierRow:
    """A courier of one carrier (D11)."""

    name: str
    carrier: CarrierCode | None
    phone: str


@dataclass(frozen=True, slots=True)
class PackagingRow:
    """A consumable (D5, D10). ``kind``: bag, box, label, tape; ``low_at`` is when to call whom."""

    code: str
    name: str
    kind: str
    weight_g: Grams
    stock: int
    low_at: int
    carrier: CarrierCode | None
    contact: str
    phone: str
    size_mm: Dimensions | None = None


def read_staff(name: str, data: bytes) -> ListReading[StaffRow]:
    """The staff in a CSV file; a PIN has four to twelve digits."""
    return read_list(
        name, data, STAFF_COLUMNS, ("name", "role", "badge", "pin"), _staff, unique=_staff_keys
    )


def read_couriers(name: str, data: bytes) -> ListReading[CourierRow]:
    """The couriers in a CSV file."""
    return read_list(name, data, COURIER_COLUMNS, ("name", "carrier"), _courier)


def read_packaging(name: str, data: bytes) -> ListReading[PackagingRow]:
    """The packaging material in a CSV file."""
    needed = ("code", "name", "kind")
    return read_list(name, data, PACKAGING_COLUMNS, needed, _packaging, unique=_packaging_keys)


def carrier_in(fields: Fields, *, needed: bool = True) -> CarrierCode | None:
    """The carrier that a row's 承运商 names by code or in Chinese, None where it names none."""
    further = {name: str(code) for code, one in FURTHER.items() for name in one.names}
    code = fields.choice("carrier", {**further, **CARRIER_WORDS}, None if needed else "")
    return CarrierCode(code) if code else None


def _staff(fields: Fields) -> StaffRow:
    pin = fields.raw("pin")
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 12):
        fields.fault("pin", "bad_pin")
    return StaffRow(
        name=fields.text("name", 64, needed=True),
        role=fields.choice("role", ROLES),
        badge=fields.code("badge", 64, needed=True),
        pin=pin,
    )


def _staff_keys(row: StaffRow) -> Iterable[tuple[str, str]]:
    return (("name", row.name), ("badge", row.badge))


def _courier(fields: Fields) -> CourierRow:
    return CourierRow(
        name=fields.text("name", 64, needed=True),
        carrier=carrier_in(fields),
        phone=fields.text("phone", 64),
    )


def _packaging(fields: Fields) -> PackagingRow:
    return PackagingRow(
        code=fields.code("code", 32, needed=True),
        name=fields.text("name", 64, needed=True),
        kind=fields.choice("kind", KINDS),
        weight_g=fields.whole("weight_g", 0, 100_000, unit="g 克") or 0,
        stock=fields.whole("stock", 0, 10_000_000) or 0,
        low_at=fields.whole("low_at", 0, 10_000_000) or 0,
        carrier=carrier_in(fields, needed=False),
        contact=fields.text("contact", 64),
        phone=fields.text("phone", 64),
        size_mm=_size(fields),
    )


def _size(fields: Fields) -> Dimensions | None:
    """Length, width and height, all or none of them."""
    sides = [_side(fields, side) for side in _SIDES]
    if not any(sides):
        return None
    for side, length in zip(_SIDES, sides, strict=True):
        if length is None:
            in_cm = any(name in fields.row.cells for name in fields.columns[f"{side}_cm"])
            fields.fault(f"{side}_{'cm' if in_cm else 'mm'}", "size_incomplete")
    length, width, height = (side or 0 for side in sides)
    return (length, width, height)


def _side(fields: Fields, side: str) -> int | None:
    """One side in whole millimetres, None where its cells are empty."""
    if fields.raw(side):
        fields.fault(side, "size_without_unit")
        return 1
    for unit, factor in (("mm", 1), ("cm", 10)):
        text = narrow(fields.raw(f"{side}_{unit}")).strip().lower().removesuffix(unit).strip()
        if not text:
            continue
        try:
            millimetres = Decimal(text) * factor
        except InvalidOperation:
            millimetres = Decimal("nan")
        fits = millimetres.is_finite() and 1 <= millimetres <= _LONGEST_MM
        if not fits or millimetres != int(millimetres):
            fields.fault(f"{side}_{unit}", "bad_size", longest=str(_LONGEST_MM // factor))
            return 1
        return int(millimetres)
    return None


def _packaging_keys(row: PackagingRow) -> Iterable[tuple[str, str]]:
    return (("code", row.code),)
