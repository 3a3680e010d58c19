"""``python -m simulators``: devices without hardware, a shop without buyers."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from simulators import household
from simulators.bench import Bench, Plan, items_from, secret_for
from simulators.catalogue import CARRIERS, catalogue, goods_csv, numbers_csv
from simulators.clock import WallClock
from simulators.control import ControlServer
from simulators.day import Day, Places
from simulators.day_bill import write_bills
from simulators.export import seller_export
from simulators.mechanism import Paper
from simulators.printer import READERS
from simulators.shop import SHANGHAI, make_orders
from simulators.statement_files import LAYOUTS, write_all
from simulators.statements import HARMLESS, MISTAKES, make_month

ABOUT = """\
模拟设备 · Simulated devices that speak the real bytes, and a simulated shop.

  bench    一整张打包台 · a whole packing bench: scale, scanner, printer, shop, courier
  scale    只有电子秤 · a scale alone          scanner  只有扫码枪 · a scanner alone
  printer  只有打印机 · a printer alone        shop     只有平台 · the shop platform alone
  files    写文件 · write what a station imports: goods, waybill numbers, a Taobao export
  bills    写一天的账单 · write each carrier's bill over the parcels of a day
  statement 写月账单 · write a carrier's monthly statement with planted mistakes, and the truth
  day      机器人打包一整天 · a robot packs a whole day at a station and its simulated bench

Each prints one JSON line with its URLs and runs until Ctrl-C. A device is reached by the pyserial
URL printed there (socket://, rfc2217:// or a pty's path), a hand reaches in by the control door:

  curl localhost:PORT/state
  curl localhost:PORT/scale/put     --json '{"item":"box","grams":980}'
  curl localhost:PORT/scanner/scan  --json '{"code":"6901234567892"}'
  curl localhost:PORT/printer/paper --json '{"mm":40}'
  curl localhost:PORT/faults        --json '{"scale":{"gone":true}}'

GET /faults lists every device fault in words; / is a page for the hand.
"""
DEVICES = ("scale", "scanner", "printer")
WIRES = ("tcp", "pty", "rfc2217")


def main(arguments: Sequence[str] | None = None, *, until: threading.Event | None = None) -> int:
    """Run the command line; ``until`` ends a bench instead of Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "files":
            return _write_files(options)
        if options.command == "statement":
            return _write_statement(options)
        if options.command == "bills":
            written = write_bills(options.parcels, options.folder, seed=options.seed)
            print(json.dumps(written, ensure_ascii=False))
            return 0
        if options.command == "day":
            return _work(options)
        return _run(options, until)
    except (OSError, ValueError) as wrong:
        print(f"simulators: {wrong}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("bench", *DEVICES, "shop"):
        command = commands.add_parser(name, help=f"run {name} until Ctrl-C")
        _common_options(command)
        if name in ("bench", "scale"):
            _scale_options(command)
        if name in ("bench", "scanner"):
            _scanner_options(command)
        if name in ("bench", "printer"):
            _printer_options(command)
        if name == "bench":
            _camera_options(command)
        if name in ("bench", "shop"):
            _shop_options(command)
    files = commands.add_parser("files", help="write goods, waybill numbers and orders, then end")
    files.add_argument("folder", type=Path, help="where to write")
    files.add_argument("--orders", type=int, default=20, help="how many paid orders (20)")
    files.add_argument("--numbers", type=int, default=500, help="waybill numbers per carrier (500)")
    files.add_argument("--at", type=datetime.fromisoformat, help="when exported (now)")
    files.add_argument("--seed", type=int, default=0, help="the same seed, the same files (0)")
    _statement_options(commands.add_parser("statement", help="write a month's bill, then end"))
    bills = commands.add_parser("bills", help="write the bills of parcels handed over, then end")
    bills.add_argument("folder", type=Path, help="where to write")
    bills.add_argument("--parcels", type=Path, required=True, help="JSON of what was handed over")
    bills.add_argument("--seed", type=int, default=0, help="the same seed, the same files (0)")
    _day_options(commands.add_parser("day", help="pack, weigh, sign and hand over, then end"))
    return parser


def _statement_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="where to write")
    command.add_argument("--layout", choices=LAYOUTS, default="STO", help="whose form (STO)")
    command.add_argument("--month", default="2026-11", help="the month (2026-11)")
    command.add_argument("--parcels", type=int, default=200, help="parcels billed rightly (200)")
    command.add_argument("--mistakes", type=int, default=2, help="mistakes of each kind (2)")
    command.add_argument("--seed", type=int, default=0, help="the same seed, the same files (0)")
    command.add_argument("--xlsx", action="store_true", help="a spreadsheet instead of a CSV")


def _day_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--station", required=True, help="URL of the station")
    command.add_argument("--control", required=True, help="URL of the bench's control door")
    command.add_argument("--bench", default="1", help="the bench's name at the station (1)")
    command.add_argument("--secret", default="", help="webhook secret, whsec_… (from the seed)")
    command.add_argument("--key", default="", help="the robot's key (station key add)")
    command.add_argument("--exported", type=Path, help="orders.json of what was imported before")
    command.add_argument("--orders", type=int, default=12, help="orders told by webhook (12)")
    command.add_argument("--seed", type=int, default=0, help="seed of all chance (0)")
    command.add_argument("--json", type=Path, help="where the account of the day goes")


def _common_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, default=0, help="port of the control door (any)")
    command.add_argument("--announce", type=Path, help="also write the URLs to this JSON file")
    command.add_argument("--speed", type=float, default=1.0, help="times real time (1)")
    command.add_argument("--seed", type=int, default=0, help="seed of all chance (0)")
    command.add_argument("--items", type=Path, help="JSON file of the goods that can be handled")
    command.add_argument("--folder", type=Path, default=Path("simulated"), help="where ptys go")


def _scale_options(command: argparse.ArgumentParser) -> None:
    names = ("toledo_8217", "st_gs", "st_gs_bison", "st_gs_tscale", "yaohua")
    command.add_argument("--scale-dialect", choices=names, default="st_gs")
    command.add_argument("--scale-wire", choices=WIRES, default="tcp")
    command.add_argument("--scale-port", type=int, default=0)
    command.add_argument("--capacity", type=int, default=30000, help="grams (30000)")
    command.add_argument("--division", type=Decimal, default=Decimal(5), help="grams (5)")
    command.add_argument("--noise", type=float, default=0.0, help="grams, one sigma (0)")


def _scanner_options(command: argparse.ArgumentParser) -> None:
    suffixes = ("cr", "crlf", "lf", "tab", "none")
    command.add_argument("--scanner-suffix", choices=suffixes, default="cr")
    command.add_argument("--scanner-aim", action="store_true", help="send AIM identifiers")
    command.add_argument("--scanner-wire", choices=WIRES, default="tcp")
    command.add_argument("--scanner-port", type=int, default=0)


def _printer_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--printer-language", choices=tuple(READERS), default="escpos")
    command.add_argument("--printer-wire", choices=WIRES, default="tcp")
    command.add_argument("--printer-port", type=int, default=0)
    command.add_argument("--label", default="100x150", help="label in mm, or WIDTHx0 for a roll")
    command.add_argument("--print-mm-s", type=float, default=150.0, help="print speed (150)")


def _shop_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--station", default="", help="URL of the station, for orders and page")
    command.add_argument("--page", default="", help="the station's page to show, as /bench/1")
    command.add_argument("--secret", default="", help="webhook secret, whsec_… (from the seed)")
    command.add_argument("--platform-errors", type=float, default=0.0, help="chance of a 500")
    command.add_argument("--platform-lost-answers", type=float, default=0.0, help="chance")


def _camera_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--camera", action="store_true", help="a camera stands over the bench")
    command.add_argument("--camera-port", type=int, default=0)


def label_size(text: str) -> Paper:
    """``100x150`` or ``80x0`` in mm as paper. ValueError says how to write it."""
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width)):
        raise ValueError(f"--label {text!r}: write width x height in mm, for example 100x150")
    if int(height) == 0:
        return Paper(width=int(width) * 8, kind="roll")
    return Paper(width=int(width) * 8, label_rows=int(height) * 8)


def plan_of(options: argparse.Namespace) -> Plan:
    """The bench that the options describe."""
    values = vars(options)
    names = Plan.__dataclass_fields__.keys() & values.keys()
    chosen = {name: values[name] for name in names}
    if options.command in DEVICES:
        chosen["devices"] = (options.command,)
    elif options.command == "shop":
        chosen["devices"] = ()
    if "label" in values:
        chosen["paper"] = label_size(options.label)
    chosen["secret"] = chosen.get("secret") or secret_for(options.seed)
    return Plan(**chosen)


def _run(options: argparse.Namespace, until: threading.Event | None) -> int:
    items = items_from(options.items) if options.items else None
    bench = Bench(plan_of(options), WallClock(options.speed), items)
    control = ControlServer(bench, options.port)
    try:
        urls = bench.start()
        urls["control"] = control.start()
        announcement = json.dumps({**urls, "secret": bench.plan.secret})
        print(announcement, flush=True)
        if options.announce:
            options.announce.write_text(announcement + "\n", "utf-8")
        _wait(until)
    finally:
        control.stop()
        bench.stop()
    return 0


def _wait(until: threading.Event | None) -> None:
    if until is not None:
        until.wait()
        return
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


def _write_statement(options: argparse.Namespace) -> int:
    """Write statement, shipments and truth; their paths as JSON."""
    month = make_month(
        options.layout.partition("_")[0], options.month, options.parcels, seed=options.seed,
        mistakes=dict.fromkeys((*MISTAKES, *HARMLESS), options.mistakes),
    )
    path = write_all(
        options.folder, month, options.layout, seed=options.seed, spreadsheet=options.xlsx)
    told = {"statement": str(path), "lines": len(month.billed), "parcels": len(month.sent)}
    print(json.dumps(told, ensure_ascii=False))
    return 0


def _write_files(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    items = catalogue(seed=options.seed)
    at = (options.at or datetime.now(SHANGHAI)).replace(microsecond=0)
    at = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    orders = make_orders(items, options.orders, at - timedelta(hours=2), seed=options.seed)
    export = seller_export(orders, at)
    files = {
        "goods.csv": goods_csv(items),
        "staff.csv": household.staff_csv(),
        "packaging.csv": household.packaging_csv(),
        "couriers.csv": household.couriers_csv(),
        "tariffs.toml": household.tariffs_toml(),
        "items.json": json.dumps([i.as_json() for i in items], ensure_ascii=False).encode(),
        "orders.json": json.dumps([o.as_json() for o in orders], ensure_ascii=False).encode(),
        export.list_name: export.list_bytes,
        export.detail_name: export.detail_bytes,
        **{
            f"waybills-{carrier}.csv": numbers_csv(carrier, options.numbers, seed=options.seed)
            for carrier in CARRIERS
        },
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    print(json.dumps({"folder": str(folder), "files": sorted(files)}, ensure_ascii=False))
    return 0


def _work(options: argparse.Namespace) -> int:
    exported = json.loads(options.exported.read_text("utf-8")) if options.exported else []
    day = Day(
        Places(options.station, options.control, options.bench, options.key),
        options.secret or secret_for(options.seed),
        exported=[str(order["order_no"]) for order in exported], orders=options.orders,
        seed=options.seed,
    )
    account = json.dumps(day.work(), ensure_ascii=False)
    print(account, flush=True)
    if options.json:
        options.json.write_text(account + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
