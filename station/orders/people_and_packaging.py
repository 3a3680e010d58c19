"""The lists of staff, couriers and packaging material that a shop starts with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from station.domain.vocabulary import CarrierCode, Grams
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
}


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
    code = fields.choice("carrier", CARRIER_WORDS, None if needed else "")
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
    )


def _packaging_keys(row: PackagingRow) -> Iterable[tuple[str, str]]:
    return (("code", row.code),)
