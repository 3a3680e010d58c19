"""All the simulated devices of one packing bench, and what a hand can do to them.

``Bench`` builds them from a ``Plan``, runs their lines, and obeys named actions: the control door
(control.py) only carries these over HTTP.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from simulators.bars import read_codes
from simulators.bench_camera import MENU, BenchCamera
from simulators.catalogue import Item, catalogue
from simulators.clock import Clock, WallClock
from simulators.courier import Courier, Parcel, Tariff
from simulators.doors import LineSettings, PtyDoor, Rfc2217Door, TcpDoor
from simulators.mechanism import DOTS_PER_MM, Paper
from simulators.pan import Pan
from simulators.printer import LanguageName, Printer
from simulators.printer_faults import PrinterFault
from simulators.scale import Scale, ScaleFault, dialect_named
from simulators.scanner import Scanner
from simulators.scanner_faults import ScannerFault
from simulators.shop import (
    SHANGHAI,
    Order,
    Platform,
    deliver,
    make_orders,
    paid_event,
    refund_event,
)
from simulators.wire import Device, Door, Line

WireKind = Literal["tcp", "pty", "rfc2217"]
Body = Mapping[str, object]
_A_WAYBILL = 11  # signs that a waybill number has at least; commands and most goods have fewer
SEVEN_EVEN = LineSettings(9600, 7, "E", 1)


@dataclass(frozen=True)
class Plan:
    """What stands on the bench. Ports of 0 are chosen by the system; ptys live in ``folder``."""

    devices: tuple[str, ...] = ("scale", "scanner", "printer")
    scale_dialect: str = "st_gs"
    scale_wire: WireKind = "tcp"
    scale_port: int = 0
    capacity: int = 30000
    division: Decimal = Decimal(5)
    noise: float = 0.0
    scanner_suffix: str = "cr"
    scanner_aim: bool = False
    scanner_wire: WireKind = "tcp"
    scanner_port: int = 0
    printer_language: LanguageName = "escpos"
    printer_wire: WireKind = "tcp"
    printer_port: int = 0
    camera: bool = False
    camera_port: int = 0
    paper: Paper = field(default_factory=Paper)
    print_mm_s: float = 150.0
    folder: Path = Path("simulated")
    station: str = ""
    page: str = ""
    secret: str = ""
    platform_errors: float = 0.0
    platform_lost_answers: float = 0.0
    courier_wrong: float = 0.1
    seed: int = 0


class Bench:
    """The devices, their lines, the shop and the courier. Every action takes a JSON object."""

    def __init__(
        self, plan: Plan, clock: Clock | None = None, items: list[Item] | None = None
    ) -> None:
        self.plan = plan
        self.clock = clock or WallClock()
        self.items = items if items is not None else catalogue(seed=plan.seed)
        pan = Pan(
            capacity=plan.capacity, division=plan.division, noise=plan.noise, seed=plan.seed
        )
        self.scale = Scale(pan, dialect_named(plan.scale_dialect), seed=plan.seed)
        self.scanner = Scanner(suffix=plan.scanner_suffix, aim=plan.scanner_aim, seed=plan.seed)
        self.printer = Printer(
            plan.printer_language, paper=plan.paper, speed_mm=plan.print_mm_s, seed=plan.seed
        )
        self.camera = (
            BenchCamera(port=plan.camera_port, seed=plan.seed) if plan.camera else None
        )
        self.platform = Platform(plan.platform_errors, plan.platform_lost_answers, plan.seed)
        self.courier = Courier(seed=plan.seed, wrong=plan.courier_wrong)
        self.orders: dict[str, Order] = {}
        self._codes: dict[int, list[str]] = {}
        self.lines: dict[str, Line] = {}
        self._add("scale", self.scale, plan.scale_wire, plan.scale_port)
        self._add("scanner", self.scanner, plan.scanner_wire, plan.scanner_port)
        self._add("printer", self.printer, plan.printer_wire, plan.printer_port)
        self.actions: dict[str, Callable[[Body], object]] = {
            "scale/put": self._put, "scale/remove": self._remove, "scale/clear": self._clear,
            "scale/tare": self._tare, "scale/zero": self._zero, "scale/power": self._scale_power,
            "scale/fault": self._scale_fault, "scale/script": self._scale_script,
            "scanner/scan": self._scan, "scanner/page": self._scan_page,
            "scanner/burst": self._burst, "scanner/fault": self._scanner_fault,
            "printer/paper": self._paper, "printer/cover": self._cover,
            "printer/tear": self._tear, "printer/vanish": self._vanish,
            "printer/power": self._printer_power, "printer/fault": self._printer_fault,
            "camera/page": self._lay, "camera/clear": self._lay_nothing,
            "camera/fault": self._camera_fault,
            "faults": self._wire_faults, "mend": self._mend, "chance": self._chance,
            "shop/pay": self._pay, "shop/refund": self._refund,
            "courier/weigh": self._courier_weigh,
        }  # fmt: skip

    def start(self) -> dict[str, str]:
        """Run every line; return device name to url."""
        urls = {name: line.start() for name, line in self.lines.items()}
        if self.camera is not None:
            urls["camera"] = self.camera.start()
        return urls

    def stop(self) -> None:
        """Stop every line and close every port."""
        for line in self.lines.values():
            line.stop()
        if self.camera is not None:
            self.camera.stop()

    def do(self, action: str, body: Body) -> object:
        """Obey one action. KeyError for an unknown one, ValueError for a body that is wrong."""
        return self.actions[action](body)

    def state(self) -> dict[str, object]:
        """Everything a page or a test may want to see."""
        now = self.clock.now()
        state: dict[str, object] = {"now": round(now, 3), "station": self.plan.station}
        if "scale" in self.lines:
            with self.scale.lock:
                state["scale"] = self.scale.state(now)
        if "scanner" in self.lines:
            with self.scanner.lock:
                state["scanner"] = self.scanner.state()
        if "printer" in self.lines:
            with self.printer.lock:
                state["printer"] = self.printer.state(now)
        if self.camera is not None:
            state["camera"] = self.camera.state()
        state["shop"] = {"orders": len(self.orders), **self.platform.state()}
        state["wires"] = {name: _wire_state(line) for name, line in self.lines.items()}
        return state

    def menu(self) -> dict[str, dict[str, str]]:
        """Every device fault with its sentence."""
        return {
            "scale": {fault.value: fault.sentence for fault in ScaleFault},
            "scanner": {fault.value: fault.sentence for fault in ScannerFault},
            "printer": {fault.value: fault.sentence for fault in PrinterFault},
            "camera": MENU if self.camera is not None else {},
        }

    def pages(self) -> list[dict[str, object]]:
        """What came out of the printer, oldest first, without the dots."""
        with self.printer.lock:
            self.printer.mechanism.advance(self.clock.now())
            pages = list(self.printer.pages)
        return [
            {
                "number": page.number, "width": page.width, "height": page.height,
                "torn": page.torn, "whole": page.whole, "blank": page.blank,
                "sha256": page.sha256, "at": round(page.at, 3), "notes": list(page.notes),
                "codes": self.codes_on(page.number),
                "url": f"/printer/pages/{page.number}.png",
            }
            for page in pages
        ]  # fmt: skip

    def codes_on(self, number: int) -> list[str]:
        """The numbers that can be scanned from page ``number``, read from its dots once."""
        if number not in self._codes:
            self._codes[number] = read_codes(self.printer.pages[number - 1])
        return self._codes[number]

    def page_png(self, number: int) -> bytes | None:
        """One page as PNG, None if there is no such page."""
        pages = self.printer.pages
        return pages[number - 1].png() if 1 <= number <= len(pages) else None

    def _add(self, name: str, device: Device, kind: WireKind, port: int) -> None:
        if name not in self.plan.devices:
            return
        self.lines[name] = Line(
            device, self._door(name, kind, port), self.clock, seed=self.plan.seed, name=name
        )

    def _door(self, name: str, kind: WireKind, port: int) -> Door:
        if kind == "pty":
            return PtyDoor(self.plan.folder.absolute() / name)
        if kind == "rfc2217":
            toledo = name == "scale" and self.plan.scale_dialect == "toledo_8217"
            wanted = SEVEN_EVEN if toledo else LineSettings()
            return Rfc2217Door(port, wanted=wanted, seed=self.plan.seed)
        return TcpDoor(port)

    def _put(self, body: Body) -> object:
        name = _text(body, "item")
        known = {item.sku: item.grams for item in self.items}
        known |= {item.barcode: item.grams for item in self.items}
        grams = _number(body, "grams", known.get(name))
        with self.scale.lock:
            if name in self.scale.pan.items:
                name = f"{name} #{len(self.scale.pan.items) + 1}"
            self.scale.pan.put(name, int(grams), self.clock.now())
        return {"item": name, "grams": int(grams), "load": self.scale.pan.load}

    def _remove(self, body: Body) -> object:
        with self.scale.lock:
            grams = self.scale.pan.remove(_text(body, "item"), self.clock.now())
        return {"grams": grams, "load": self.scale.pan.load}

    def _clear(self, body: Body) -> object:  # noqa: ARG002 - says all by its name
        with self.scale.lock:
            self.scale.pan.clear(self.clock.now())
        return {"load": 0}

    def _tare(self, body: Body) -> object:
        with self.scale.lock:
            if body.get("clear"):
                self.scale.pan.preset_tare(Decimal(0))
                return {"done": True}
            return {"done": self.scale.pan.press_tare(self.clock.now())}

    def _zero(self, body: Body) -> object:  # noqa: ARG002
        with self.scale.lock:
            return {"done": self.scale.pan.press_zero(self.clock.now())}

    def _scale_power(self, body: Body) -> object:  # noqa: ARG002
        with self.scale.lock:
            self.scale.power_cycle(self.clock.now())
        return {"done": True}

    def _scale_fault(self, body: Body) -> object:
        with self.scale.lock:
            self.scale.set_fault(_text(body, "name"), on=_on(body), now=self.clock.now())
            return {"faults": sorted(self.scale.faults)}

    def _scale_script(self, body: Body) -> object:
        """A bad day by its seed: faults come and go for so many seconds."""
        seed, seconds = int(_number(body, "seed")), _number(body, "seconds")
        with self.scale.lock:
            self.scale.begin_script(seed, seconds, self.clock.now())
            return {"seed": seed, "seconds": seconds}

    def _scan(self, body: Body) -> object:
        code = _text(body, "code")
        self._under_the_camera(code)  # it lies there before its code is read
        with self.scanner.lock:
            self.scanner.scan(code, self.clock.now())
        return {"scanned": len(self.scanner.scanned)}

    def _scan_page(self, body: Body) -> object:
        """Point the scanner at a printed page (the newest), at its first readable number."""
        pages = self.printer.pages
        number = int(_number(body, "number", len(pages)))
        if not 1 <= number <= len(pages):
            raise ValueError(f"no page {number} has come out of the printer")
        codes = self.codes_on(number)
        if not codes:
            raise ValueError(f"there is no readable number on page {number}")
        if self.camera is not None:
            self.camera.lay(pages[number - 1])
        with self.scanner.lock:
            self.scanner.scan(codes[0], self.clock.now())
        return {"code": codes[0]}

    def _under_the_camera(self, code: str) -> None:
        """A waybill that is scanned lies on the bench, and the camera sees it."""
        if self.camera is None or len(code) < _A_WAYBILL:
            return
        for page in reversed(self.printer.pages):
            if page.whole and code in self.codes_on(page.number):
                self.camera.lay(page)
                return

    def _lay(self, body: Body) -> object:
        """Put a printed page (the newest) under the camera, without scanning it."""
        pages = self.printer.pages
        number = int(_number(body, "number", len(pages)))
        if not 1 <= number <= len(pages):
            raise ValueError(f"no page {number} has come out of the printer")
        camera = self._camera()
        camera.lay(pages[number - 1])
        return {"lying": camera.lying}

    def _lay_nothing(self, body: Body) -> object:  # noqa: ARG002
        self._camera().clear()
        return {"lying": None}

    def _camera_fault(self, body: Body) -> object:
        return {"faults": self._camera().set_fault(_text(body, "name"), on=_on(body))}

    def _camera(self) -> BenchCamera:
        if self.camera is None:
            raise ValueError("no camera stands over this bench")
        return self.camera

    def _burst(self, body: Body) -> object:
        codes = body.get("codes")
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ValueError("codes: a list of barcodes is needed")
        with self.scanner.lock:
            self.scanner.burst(codes, self.clock.now(), within=_number(body, "within", 0.2))
        return {"scanned": len(self.scanner.scanned)}

    def _scanner_fault(self, body: Body) -> object:
        with self.scanner.lock:
            self.scanner.set_fault(_text(body, "name"), on=_on(body))
            return {"faults": sorted(self.scanner.faults)}

    def _paper(self, body: Body) -> object:
        now = self.clock.now()
        with self.printer.lock:
            if body.get("reload"):
                self.printer.mechanism.reload(now)
            elif "rows" in body:
                self.printer.mechanism.leave_paper(int(_number(body, "rows")), now)
            else:
                rows = int(_number(body, "mm") * DOTS_PER_MM)
                self.printer.mechanism.leave_paper(rows, now)
            return {"mm_left": self.printer.mechanism.paper.rows_left // DOTS_PER_MM}

    def _cover(self, body: Body) -> object:
        with self.printer.lock:
            self.printer.mechanism.open_cover(self.clock.now(), is_open=_on(body, "open"))
            return {"cover_open": self.printer.mechanism.cover_open}

    def _tear(self, body: Body) -> object:
        with self.printer.lock:
            self.printer.mechanism.advance(self.clock.now())
            self.printer.mechanism.tear_at = int(_number(body, "at_row"))
        return {"tear_at": self.printer.mechanism.tear_at}

    def _vanish(self, body: Body) -> object:
        after = int(_number(body, "after_bytes"))
        self._line("printer").faults.change({"cut_in": after})
        return {"cut_in": after}

    def _printer_power(self, body: Body) -> object:  # noqa: ARG002
        with self.printer.lock:
            self.printer.power_cycle(self.clock.now())
        return {"done": True}

    def _printer_fault(self, body: Body) -> object:
        with self.printer.lock:
            self.printer.set_fault(_text(body, "name"), on=_on(body), now=self.clock.now())
            return {"faults": sorted(self.printer.faults)}

    def _wire_faults(self, body: Body) -> object:
        """``{"scale": {"split": 1}}``; null mends that wire."""
        for name, changes in body.items():
            line = self._line(name)
            if changes is None:
                line.faults.clear()
            elif isinstance(changes, dict):
                line.faults.change(changes)
            else:
                raise ValueError(f"{name}: an object of wire faults is needed, or null")
        return {name: _wire_state(line) for name, line in self.lines.items()}

    def _mend(self, body: Body) -> object:  # noqa: ARG002
        """Switch every fault of every device and wire off."""
        now = self.clock.now()
        for line in self.lines.values():
            line.faults.clear()
        with self.scale.lock:
            for fault in list(self.scale.faults):
                self.scale.set_fault(fault, on=False, now=now)
        with self.scanner.lock:
            self.scanner.faults.clear()
        with self.printer.lock:
            for printer_fault in list(self.printer.faults):
                self.printer.set_fault(printer_fault, on=False, now=now)
        if self.camera is not None:
            self.camera.mend()
        return {"done": True}

    def _chance(self, body: Body) -> object:
        """Switch ``count`` faults of a device on, drawn by ``seed``, and all its others off."""
        device = _text(body, "device")
        known = sorted(self.menu().get(device, ()))
        count = int(_number(body, "count", 1))
        if not 0 <= count <= len(known):
            raise ValueError(f"{device}: it has {len(known)} faults, not {count}")
        drawn = random.Random(int(_number(body, "seed"))).sample(known, count)
        for name in known:
            self.actions[f"{device}/fault"]({"name": name, "on": name in drawn})
        return {"faults": drawn}

    def _line(self, name: str) -> Line:
        if name not in self.lines:
            raise ValueError(f"no device {name!r}; there are {', '.join(self.lines)}")
        return self.lines[name]

    def _pay(self, body: Body) -> object:
        """Buyers pay ``count`` orders now; told to the station if there is one."""
        count = int(_number(body, "count", 1))
        made = make_orders(
            self.items, count, datetime.now(SHANGHAI).replace(microsecond=0),
            seed=self.plan.seed * 1000 + len(self.orders) + 1, every=1.0,
        )  # fmt: skip
        told = []
        for order in made:
            self.orders[order.order_no] = order
            answer = self._tell(order) if self.plan.station else 0
            told.append({"order_no": order.order_no, "status": answer})
        return {"orders": told}

    def _refund(self, body: Body) -> object:
        order_no = _text(body, "order_no")
        if order_no not in self.orders:
            raise ValueError(f"the shop knows no order {order_no!r}")
        moment = datetime.now(SHANGHAI)
        event = refund_event(self.orders[order_no], "refund_requested", moment)
        status, _ = deliver(event, self.plan.station, self.plan.secret, int(moment.timestamp()))
        return {"status": status}

    def _tell(self, order: Order) -> int:
        stamp = int(datetime.now(SHANGHAI).timestamp())
        try:
            return deliver(paid_event(order), self.plan.station, self.plan.secret, stamp)[0]
        except OSError:
            return 0  # the station is not there; the page shows 0

    def _courier_weigh(self, body: Body) -> object:
        parcels = body.get("parcels")
        if not isinstance(parcels, list):
            raise ValueError("parcels: a list of {waybill_no, grams, tariff} is needed")
        pile = [_parcel(entry) for entry in parcels]
        return {"slips": [slip.as_json() for slip in self.courier.write(pile)]}


def items_from(path: Path) -> list[Item]:
    """A catalogue out of a JSON file: a list of objects with Item's fields."""
    return [Item(**entry) for entry in json.loads(path.read_text("utf-8"))]


def secret_for(seed: int) -> str:
    """A webhook secret that both sides of a demonstration can compute from the seed."""
    return "whsec_" + base64.b64encode(random.Random(seed).randbytes(24)).decode()


def _parcel(entry: object) -> Parcel:
    if not isinstance(entry, dict):
        raise ValueError("each parcel is an object")
    tariff = entry.get("tariff")
    return Parcel(
        _text(entry, "waybill_no"),
        int(_number(entry, "grams")),
        Tariff(**tariff) if isinstance(tariff, dict) else Tariff(),
    )


def _wire_state(line: Line) -> dict[str, object]:
    return {
        "url": line.url, "connected": line.connected, "hosts": line.hosts,
        "heard": line.heard, "sent": line.sent,
        "faults": vars(line.faults).copy(),
    }  # fmt: skip


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name}: a text is needed")
    return value


def _number(body: Body, name: str, default: float | None = None) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: a number is needed")
    if value < 0:
        raise ValueError(f"{name}: {value} is below zero")
    return value


def _on(body: Body, name: str = "on") -> bool:
    value = body.get(name, True)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: true or false is needed")
    return value
