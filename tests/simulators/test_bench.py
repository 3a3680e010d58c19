"""The bench: every action of the hand, and what it refuses in words."""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from simulators.bench import Bench, Plan, items_from, secret_for
from simulators.camera_feed import CameraFault
from simulators.catalogue import catalogue
from simulators.clock import HandClock
from simulators.doors import PtyDoor, Rfc2217Door, TcpDoor
from simulators.mechanism import Page
from simulators.printer_faults import PrinterFault
from simulators.scale import ScaleFault
from simulators.scanner_faults import ScannerFault
from simulators.shop import key_of
from simulators.snapshots import code_dots


@pytest.fixture
def bench(clock) -> Bench:
    """A bench whose lines are not opened: models only."""
    return Bench(Plan(), clock)


def test_a_parcel_is_put_on_the_scale_and_taken_off(bench, clock):
    assert bench.do("scale/put", {"item": "box", "grams": 980})["load"] == 980
    clock.advance(10)
    assert bench.state()["scale"]["shown_grams"] == "980"
    assert bench.do("scale/remove", {"item": "box"}) == {"grams": 980, "load": 0}
    bench.do("scale/put", {"item": "bag", "grams": 100})
    bench.do("scale/clear", {})
    assert bench.scale.pan.load == 0


def test_known_goods_have_their_own_weight_by_sku_or_barcode(bench):
    item = bench.items[0]
    assert bench.do("scale/put", {"item": item.sku})["grams"] == item.grams
    assert bench.do("scale/put", {"item": item.barcode})["load"] == 2 * item.grams


def test_two_equal_things_may_lie_on_the_pan(bench):
    item = bench.items[0]
    bench.do("scale/put", {"item": item.sku})
    second = bench.do("scale/put", {"item": item.sku})
    assert second["item"] == f"{item.sku} #2"
    assert bench.scale.pan.load == 2 * item.grams


def test_the_scales_keys_are_pressed(bench, clock):
    bench.do("scale/put", {"item": "tray", "grams": 300})
    assert bench.do("scale/tare", {}) == {"done": False}, "it still moves"
    clock.advance(10)
    assert bench.do("scale/tare", {}) == {"done": True}
    assert bench.state()["scale"]["net"]
    assert bench.do("scale/tare", {"clear": True}) == {"done": True}
    assert bench.do("scale/zero", {}) == {"done": True}
    assert bench.state()["scale"]["shown_grams"] == "0"
    bench.do("scale/power", {})
    assert bench.scale.speak(clock.now() + 1) == b""


def test_codes_are_scanned_singly_and_in_bursts(bench, clock):
    assert bench.do("scanner/scan", {"code": "773"}) == {"scanned": 1}
    bench.do("scanner/burst", {"codes": ["1", "2"], "within": 0.1})
    clock.advance(1)
    assert bench.scanner.speak(clock.now()) == b"773\r1\r2\r"


def label_page(bench: Bench, number: str) -> None:
    """Print a page that bears this number, through the printer's own bytes."""
    barcode = zxingcpp.create_barcode(number, zxingcpp.BarcodeFormat.Code128)
    page = Image.new("L", (800, 1200), 255)
    page.paste(Image.fromarray(barcode.to_image(scale=3, add_quiet_zones=True)), (40, 200))
    dots = page.point(lambda level: 255 * (level < 128)).convert("1").tobytes()
    raster = b"\x1dv0\x00" + (100).to_bytes(2, "little") + (1200).to_bytes(2, "little")
    bench.printer.hear(raster + dots + b"\x0c", bench.clock.now())
    bench.clock.advance(5)


def test_the_scanner_reads_the_number_off_the_newest_label(bench):
    label_page(bench, "773000000000001")
    label_page(bench, "YT0000000000002")
    assert [page["codes"] for page in bench.pages()] == [["773000000000001"], ["YT0000000000002"]]
    assert bench.do("scanner/page", {}) == {"code": "YT0000000000002"}
    assert bench.do("scanner/page", {"number": 1}) == {"code": "773000000000001"}
    assert bench.scanner.scanned == ["YT0000000000002", "773000000000001"]


def test_a_page_that_is_not_there_or_not_readable_cannot_be_scanned(bench):
    with pytest.raises(ValueError, match="no page 0 has come out"):
        bench.do("scanner/page", {})
    bench.printer.hear(b"\x0c", 0.0)
    with pytest.raises(ValueError, match="no readable number on page 1"):
        bench.do("scanner/page", {})


def test_the_printers_paper_and_lid(bench):
    assert bench.do("printer/paper", {"mm": 60}) == {"mm_left": 60}
    assert bench.do("printer/paper", {"rows": 80}) == {"mm_left": 10}
    assert bench.do("printer/paper", {"mm": 0}) == {"mm_left": 0}
    assert bench.state()["printer"]["paper_out"]
    assert bench.do("printer/paper", {"reload": True}) == {"mm_left": 100_000}
    assert bench.do("printer/cover", {"open": True}) == {"cover_open": True}
    assert bench.do("printer/cover", {"open": False}) == {"cover_open": False}


def test_a_label_is_torn_at_a_row_or_by_power(bench, clock):
    bench.do("printer/tear", {"at_row": 200})
    label_page(bench, "773000000000001")
    assert (bench.pages()[0]["height"], bench.pages()[0]["torn"]) == (200, "power")
    bench.printer.hear(b"\x1dv0\x00\x64\x00\xb0\x04" + b"\xff" * 120_000 + b"\x0c", clock.now())
    clock.advance(0.25)
    bench.do("printer/power", {})
    assert bench.pages()[1]["torn"] == "power"


def test_the_printer_vanishes_after_so_many_bytes(bench):
    assert bench.do("printer/vanish", {"after_bytes": 4000}) == {"cut_in": 4000}
    assert bench.lines["printer"].faults.cut_in == 4000


def test_wire_faults_are_set_per_device_and_mended_by_null(bench):
    bench.do("faults", {"scale": {"gone": True}, "printer": {"slow": 960}})
    assert bench.lines["scale"].faults.gone
    assert bench.state()["wires"]["printer"]["faults"]["slow"] == 960
    bench.do("faults", {"scale": None})
    assert not bench.lines["scale"].faults.gone


def test_device_faults_are_switched_and_everything_is_mended(bench):
    assert bench.do("scale/fault", {"name": "frozen"}) == {"faults": ["frozen"]}
    assert bench.do("scanner/fault", {"name": "bounce", "on": True}) == {"faults": ["bounce"]}
    assert bench.do("printer/fault", {"name": "hot"}) == {"faults": ["hot"]}
    assert bench.do("scale/fault", {"name": "frozen", "on": False}) == {"faults": []}
    bench.do("faults", {"scanner": {"lossy": 0.5}})
    bench.do("mend", {})
    assert not bench.scanner.faults
    assert not bench.printer.faults
    assert not bench.printer.mechanism.hot
    assert bench.lines["scanner"].faults.lossy == 0


def test_the_menu_lists_every_fault_in_words(bench):
    menu = bench.menu()
    assert set(menu["scale"]) == {fault.value for fault in ScaleFault}
    assert set(menu["scanner"]) == {fault.value for fault in ScannerFault}
    assert set(menu["printer"]) == {fault.value for fault in PrinterFault}
    assert min(len(faults) for kind, faults in menu.items() if kind != "camera") >= 8


@pytest.mark.parametrize(
    ("action", "body", "words"),
    [
        ("scale/put", {}, "item: a text is needed"),
        ("scale/put", {"item": "box"}, "grams: a number is needed"),
        ("scale/put", {"item": "box", "grams": "heavy"}, "grams: a number"),
        ("scale/put", {"item": "box", "grams": -5}, "-5 is below zero"),
        ("scale/remove", {"item": "box"}, "'box' is not on the pan"),
        ("scale/fault", {"name": "x"}, "no scale fault 'x'"),
        ("scale/fault", {"name": "frozen", "on": 1}, "on: true or false"),
        ("scanner/scan", {"code": ""}, "code: a text is needed"),
        ("scanner/burst", {"codes": "1"}, "codes: a list"),
        ("scanner/burst", {"codes": [1]}, "codes: a list"),
        ("printer/paper", {}, "mm: a number is needed"),
        ("printer/tear", {"at_row": True}, "at_row: a number"),
        ("faults", {"kettle": {}}, "no device 'kettle'; there are scale, scanner, printer"),
        ("faults", {"scale": 3}, "an object of wire faults"),
        ("faults", {"scale": {"x": 1}}, "no wire fault 'x'"),
        ("shop/refund", {"order_no": "1"}, "the shop knows no order '1'"),
        ("courier/weigh", {}, "parcels: a list"),
        ("courier/weigh", {"parcels": [1]}, "each parcel is an object"),
        ("courier/weigh", {"parcels": [{"waybill_no": "1"}]}, "grams: a number"),
    ],
)
def test_a_wrong_body_is_refused_in_words(bench, action, body, words):
    with pytest.raises(ValueError, match=words):
        bench.do(action, body)


def test_an_unknown_action_is_a_key_error(bench):
    with pytest.raises(KeyError):
        bench.do("scale/eat", {})


def test_the_courier_weighs_a_pile(clock):
    bench = Bench(Plan(courier_wrong=0.0), clock)
    tariff = {"first_grams": 1000, "first_fen": 1000, "step_grams": 500, "step_fen": 300}
    slips = bench.do(
        "courier/weigh",
        {"parcels": [{"waybill_no": "1", "grams": 1204, "tariff": tariff},
                     {"waybill_no": "2", "grams": 500}]},
    )["slips"]  # fmt: skip
    assert [(slip["grams"], slip["fen"]) for slip in slips] == [(1200, 1300), (500, 600)]
    assert len(bench.courier.truth) == 2


def test_only_the_planned_devices_stand_on_the_bench(clock):
    bench = Bench(Plan(devices=("scanner",)), clock)
    assert list(bench.lines) == ["scanner"]
    assert "scale" not in bench.state()
    assert "printer" not in bench.state()


@pytest.mark.parametrize(
    ("wire", "kind"), [("tcp", TcpDoor), ("pty", PtyDoor), ("rfc2217", Rfc2217Door)]
)
def test_each_device_may_stand_behind_each_kind_of_door(wire, kind, clock, tmp_path):
    plan = Plan(scale_wire=wire, scale_dialect="toledo_8217", folder=tmp_path)
    door = Bench(plan, clock).lines["scale"].door
    assert type(door) is kind
    if isinstance(door, Rfc2217Door):
        assert str(door.wanted) == "9600 7E1"


def test_a_continuous_scale_is_8n1_on_rfc2217(clock):
    door = Bench(Plan(scale_wire="rfc2217"), clock).lines["scale"].door
    assert isinstance(door, Rfc2217Door)
    assert str(door.wanted) == "9600 8N1"


def test_the_goods_come_from_a_file_if_there_is_one(tmp_path):
    path: Path = tmp_path / "items.json"
    items = catalogue()[:3]
    path.write_text(json.dumps([item.as_json() for item in items]), "utf-8")
    assert items_from(path) == items


def test_the_demonstration_secret_is_the_same_on_both_sides():
    assert secret_for(3) == secret_for(3)
    assert secret_for(3) != secret_for(4)
    assert len(key_of(secret_for(3))) == 24


def test_a_payment_without_a_station_is_only_made(bench):
    told = bench.do("shop/pay", {"count": 2})["orders"]
    assert [entry["status"] for entry in told] == [0, 0]
    bench.do("shop/pay", {})
    assert len(bench.orders) == 3


class _Station(BaseHTTPRequestHandler):
    """Takes what the platform tells."""

    told: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).told.append((self.path, dict(self.headers), body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, format, *args):  # noqa: A002 - the base's own name
        """Stay quiet."""


@pytest.fixture
def station():
    """A station that answers 202, and what it was told."""
    _Station.told = []
    with HTTPServer(("127.0.0.1", 0), _Station) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", _Station.told
        server.shutdown()
        thread.join()


def test_payments_and_refunds_are_told_to_the_station_signed(station):
    url, told = station
    bench = Bench(Plan(station=url, secret=secret_for(0)), HandClock())
    order = bench.do("shop/pay", {"count": 1})["orders"][0]
    assert order["status"] == 202
    assert bench.do("shop/refund", {"order_no": order["order_no"]}) == {"status": 202}
    assert [path for path, _, _ in told] == ["/api/v1/orders/paid", "/api/v1/orders/refunded"]
    headers = {name.lower(): value for name, value in told[0][1].items()}
    assert headers["webhook-signature"].startswith("v1,")
    assert json.loads(told[0][2])["order_no"] == order["order_no"]


def test_a_station_that_is_away_is_shown_as_status_zero(station):
    bench = Bench(Plan(station="http://127.0.0.1:1", secret=secret_for(0)), HandClock())
    assert bench.do("shop/pay", {})["orders"][0]["status"] == 0


# --- The camera over the bench ------------------------------------------------------------------


@pytest.fixture
def watched(clock) -> Bench:
    return Bench(Plan(camera=True), clock)


def print_label(bench: Bench, number: int = 1) -> None:
    dots = code_dots("code128", f"77311234567890{number}")
    width, height = 800, 200
    page = np.zeros((height, width), bool)
    page[20 : 20 + min(120, dots.shape[0]), 100 : 100 + dots.shape[1]] = dots[:120]
    rows = np.packbits(page, axis=1).tobytes()
    bench.printer.pages.append(Page(number, width, height, rows, "", 0.0))


def test_a_waybill_that_is_scanned_lies_under_the_camera(watched):
    print_label(watched)
    assert watched.state()["camera"]["lying"] is None
    watched.do("scanner/page", {})
    assert watched.state()["camera"]["lying"] == 1
    print_label(watched, 2)
    watched.do("scanner/scan", {"code": "773112345678902"})
    assert watched.state()["camera"]["lying"] == 2
    watched.do("scanner/scan", {"code": "6901234567892"})
    assert watched.state()["camera"]["lying"] == 2
    seen = watched.camera.camera.shot()
    assert [found.text for found in zxingcpp.read_barcodes(seen)] == ["773112345678902"]
    watched.do("camera/clear", {})
    assert not zxingcpp.read_barcodes(watched.camera.camera.shot())
    assert watched.do("camera/page", {"number": 1}) == {"lying": 1}


def test_the_cameras_faults_are_switched_and_mended(watched):
    assert set(watched.menu()["camera"]) == set(CameraFault)
    assert watched.do("camera/fault", {"name": "dark"}) == {"faults": ["dark"]}
    watched.do("mend", {})
    assert watched.state()["camera"]["faults"] == []
    with pytest.raises(ValueError, match="no camera fault"):
        watched.do("camera/fault", {"name": "haunted"})


def test_a_bench_without_a_camera_says_so(bench):
    assert bench.menu()["camera"] == {}
    assert "camera" not in bench.state()
    for action in ("camera/page", "camera/clear", "camera/fault"):
        with pytest.raises(ValueError, match=r"camera|page"):
            bench.do(action, {"name": "dark"})


def test_the_camera_is_announced_and_watched_by_its_url(clock):
    watched = Bench(Plan(devices=(), camera=True), clock)
    urls = watched.start()
    try:
        assert urls["camera"].startswith("http://127.0.0.1:")
        with urllib.request.urlopen(urls["camera"], timeout=60) as answer:  # noqa: S310 - its own
            assert b"image/jpeg" in answer.read(200)
    finally:
        watched.stop()


@pytest.mark.parametrize("device", ["scale", "scanner", "printer", "camera"])
def test_faults_are_drawn_by_seed(watched, device):
    known = watched.menu()[device]
    first = watched.do("chance", {"device": device, "seed": 5, "count": 3})["faults"]
    assert len(set(first)) == 3
    assert set(first) <= set(known)
    assert sorted(first) == watched.state()[device]["faults"]
    assert watched.do("chance", {"device": device, "seed": 5, "count": 3})["faults"] == first
    others = [watched.do("chance", {"device": device, "seed": n, "count": 3})["faults"]
              for n in range(9)]
    assert len({tuple(each) for each in others}) > 3
    assert watched.do("chance", {"device": device, "seed": 1, "count": 0}) == {"faults": []}
    assert watched.state()[device]["faults"] == []
    with pytest.raises(ValueError, match="faults"):
        watched.do("chance", {"device": device, "seed": 1, "count": 999})


def test_chance_knows_only_the_devices_that_are_there(bench):
    for device in ("kettle", "camera"):
        with pytest.raises(ValueError, match="it has 0 faults"):
            bench.do("chance", {"device": device, "seed": 1})
