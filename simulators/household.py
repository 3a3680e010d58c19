"""Who works in the simulated shop, what parcels are packed in, and what its carriers charge.

The files tell a station; the robot knows the same from here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from simulators.catalogue import CARRIERS
from simulators.courier import Tariff


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody with a badge. ``badge`` is without the private prefix of badges."""

    name: str
    role: str
    badge: str
    pin: str

    @property
    def code(self) -> str:
        """What a scanner reads on the badge."""
        return f"PBID-{self.badge}"


PACKER = Worker("张小青", "打包员", "1001", "258013")
KEEPER = Worker("赵仓", "仓管", "1002", "370214")
MANAGER = Worker("王经理", "管理人员", "1009", "904127")
STAFF = (PACKER, KEEPER, MANAGER)
COURIERS = {"STO": "申师傅", "YTO": "袁师傅", "EMS": "尤师傅", "SF": "冯师傅"}


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A bag or box: grams, and the carrier whose own it is ("" fits all)."""

    code: str
    name: str
    kind: str
    grams: int
    stock: int
    carrier: str = ""


WRAPPINGS = (
    *(Wrapping(f"BAG-{code}", f"{code} 快递袋", "袋", 28, 300, code) for code in CARRIERS),
    Wrapping("BOX-M", "中号纸箱", "箱", 160, 80),
    Wrapping("LABEL", "100×150 标签", "面单", 0, 2000),
)
GRAMS_OF = {wrapping.code: wrapping.grams for wrapping in WRAPPINGS}

ORDINARY = Tariff(first_grams=1000, first_fen=500, step_grams=1000, step_fen=150)
EXPRESS = Tariff(first_grams=500, first_fen=1200, step_grams=500, step_fen=250)
TARIFFS = {"STO": ORDINARY, "YTO": ORDINARY, "EMS": EXPRESS, "SF": EXPRESS}


def staff_csv() -> bytes:
    """The staff as a station imports it."""
    rows = [(one.name, one.role, one.badge, one.pin) for one in STAFF]
    return _csv(("姓名", "角色", "工号牌", "PIN"), rows)


def packaging_csv() -> bytes:
    """Bags, boxes and labels as a station imports them."""
    rows = [
        (one.code, one.name, one.kind, one.grams, one.stock, 10, one.carrier) for one in WRAPPINGS
    ]
    return _csv(("编码", "名称", "种类", "重量克", "库存", "警戒", "承运商"), rows)


def couriers_csv() -> bytes:
    """The couriers as a station imports them."""
    rows = [(name, code, "13900009999") for code, name in COURIERS.items()]
    return _csv(("姓名", "承运商", "电话"), rows)


def tariffs_toml() -> bytes:
    """What the carriers charge, as a station's file of tariffs; one price for every place."""
    return "\n".join(_tariff(code, tariff) for code, tariff in TARIFFS.items()).encode()


def _tariff(carrier: str, tariff: Tariff) -> str:
    step = f"{{ step_g = {tariff.step_grams}, step_fen = {tariff.step_fen} }}"
    return (
        f'[[tariff]]\ncarrier = "{carrier}"\nvalid_from = 2020-01-01\n'
        f'[[tariff.zones]]\nplaces = ["*"]\nfirst_g = {tariff.first_grams}\n'
        f"first_fen = {tariff.first_fen}\nbands = [{step}]\n"
    )


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")
