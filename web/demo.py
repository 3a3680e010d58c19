"""`station demo`: a whole day at a simulated bench, then a bench for a newcomer's own hands.

The station runs here as it would in a shop; the devices, the shop platform, the couriers and the
robot that packs are children (`python -m simulators`), reached over sockets and HTTP only.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from PIL import Image

from station import cli
from station.bootstrap import Station, build
from station.config import CONFIG_NAME, load
from station.domain.rights import Role
from station.services import imports, sessions, tally
from web import demo_bills, demo_slips
from web.app import create_app
from web.serve import Server

SPEED = 4
"""How much faster than real time the simulated scale settles and the simulated printer prints."""
_NEWCOMER = 3
_DRAIN_S = 60.0
_CHILD_S = 10.0

_SETTINGS = """\
[station]
shop = "示范小店 Demo"
database = "sqlite:///station.db"

[web]
port = {port}
frame_ancestors = ["{control}"]

[webhook]
secret = "{secret}"

[[bench]]
name = "1"
[bench.scale]
protocol = "st-gs"
port = "{scale}"
division_g = 5
[[bench.scanner]]
port = "{scanner}"
[bench.printer]
language = "escpos"
port = "{printer}"
[bench.slip_printer]
port = "{slips}"
[bench.camera]
port = "{camera}"
role = "witness"

[orders]
platform_url = "{control}/platform"

[paper.sender]
name = "示范小店"
phone = "13900001111"
address = "浙江省台州市温岭市城东街道示范路1号"
company = "示范服饰"

[weighing]
settle_s = 0.3

[tariffs]
file = "shop/tariffs.toml"
"""

_HELLO = """\
打包台和模拟设备 the station and its simulated bench: {page}
只看打包台 the station alone:                      {station}
机器人正在打包一整天… a robot is packing a whole day…"""

_BY_HAND = """
现在轮到您。还有 {orders} 个订单没有打包。 Your turn: {orders} orders are still to be packed.
打开 open  {page}
1. 右边「打印机」里选最新一张面单，按「扫这张」。 At the printer, take the newest label: "Scan".
2. 照左边大字做；货在右边「货架」里找，按「扫」。 Do what the big words say; goods are on the shelf.
3. 命令条码也可以点左边的按钮。装好后把屏幕上的应重填进「放上包裹」。
   Buttons stand for the command barcodes. When all is in, put a parcel of the expected weight
   on the scale, then sign with the mouse.
4. 故意扫错、拔线、开盖、抽纸，看会怎样。 Scan something wrong, pull a cable, open the lid.
   工牌 badge PBID-1001, PIN 258013
按 Ctrl-C 结束。 Ctrl-C ends it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What lies in the simulated printer's tray, compared with what was sent there.

    ``found`` counts waybill numbers whose newest label came out whole; ``duplicates`` labels that
    came out more than once; ``lost`` names numbers whose newest label did not come out.
    """

    found: int
    duplicates: int
    lost: tuple[str, ...]


def add_demo(parser: argparse.ArgumentParser) -> None:
    """The words that `station demo` takes."""
    parser.add_argument("--headless", action="store_true",
                        help="只跑一天就结束 · run the day and end; no page stays up")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="把一天的数字写进文件 · write the day's numbers to a file")
    parser.add_argument("--seed", type=int, default=1, help="随机种子 · seed of all chance (1)")
    parser.add_argument("--parcels", type=int, default=24, metavar="N",
                        help="多少个订单 · how many orders (24)")
    parser.add_argument("--port", type=int, default=0, metavar="N",
                        help="网页端口 · port of the pages (any free one)")
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="保留数据的文件夹 · a new folder that keeps everything")


def run_demo(options: argparse.Namespace) -> int:
    """Run the day; 1 if anything that was planted was not caught, or paper and records differ."""
    if options.parcels < 1:
        raise cli.Problem(f"--parcels {options.parcels}: 至少一个 at least one")
    if options.json and (options.json.is_dir() or not options.json.absolute().parent.is_dir()):
        raise cli.Problem(f"--json {options.json}: 没有这个文件夹，或这是文件夹"
                          " / there is no such folder, or it is one itself")
    with ExitStack() as stack:
        stack.enter_context(_ending_on_sigterm())
        folder = stack.enter_context(_folder(options.keep))
        demo = Demo(folder, options, stack)
        demo.open()
        wrong = demo.day()
        if not options.headless:
            demo.stay()
    return cli.FOUND if wrong else cli.OK


class Demo:
    """The stage: a folder, the children, the station and its pages. ``stack`` ends them all."""

    def __init__(self, folder: Path, options: argparse.Namespace, stack: ExitStack) -> None:
        self._folder, self._options, self._stack = folder, options, stack
        self._exported = max(1, options.parcels // 2)
        self._urls: dict[str, str] = {}
        self._station: Station | None = None
        self._address = self._roll_door = ""

    def open(self) -> None:
        """Write the shop's files, start devices and station, and bring the shop's lists in."""
        shop = self._folder / "shop"
        self._stack.enter_context(_logging_to(self._folder / "demo.log"))
        _run("files", str(shop), "--orders", self._exported, "--numbers", 300,
             "--seed", self._options.seed)
        port = self._options.port or _free_port()
        self._address = f"http://127.0.0.1:{port}"
        self._urls = {**self._devices(shop), "slips": self._roll()["printer"]}
        path = self._folder / CONFIG_NAME
        path.write_text(_SETTINGS.format(port=port, **self._urls), "utf-8")
        self._serve(path)
        print(_HELLO.format(page=self._urls["control"], station=self._address), flush=True)
        self._bring_in(shop)

    def day(self) -> list[str]:
        """Let the robot work; print the numbers, and return what did not agree."""
        began = time.monotonic()
        account = self._robot()
        counted, paper = self._drained(), self._paper()
        on_roll = demo_slips.print_slips(self._running(), self._on_roll)
        ended = self._bills()
        wrong = [*disagreements(account, counted, paper), *on_roll.wrong, *ended.wrong]
        numbers = {
            **asdict(counted), "labels_on_paper": paper.found,
            "duplicate_labels": paper.duplicates, "slips": on_roll.whole,
            "planted": account["planted"],
            "reprints": account["reprints"], "missing": account["missing"], **ended.numbers(),
            "seconds": round(time.monotonic() - began, 1), "wrong": wrong,
        }
        if self._options.json:
            text = json.dumps(numbers, ensure_ascii=False, indent=1) + "\n"
            self._options.json.write_text(text, "utf-8")
        print(_in_words(numbers), demo_bills.in_words(ended, self._address), sep="\n", flush=True)
        for one in wrong:
            print(f"station demo: 不符 does not agree: {one}", file=sys.stderr)
        return wrong

    def stay(self) -> None:
        """Leave some orders for a newcomer, say how to pack them, and wait for Ctrl-C."""
        _post(f"{self._urls['control']}/shop/pay", {"count": _NEWCOMER})
        print(_BY_HAND.format(orders=_NEWCOMER, page=self._urls["control"]), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)

    def _devices(self, shop: Path) -> dict[str, str]:
        return self._simulated(
            "bench", "--station", self._address, "--page", "/bench/1",
            "--items", shop / "items.json", "--camera",
        )

    def _roll(self) -> dict[str, str]:
        """The receipt printer, which stands beside the bench with a control door of its own."""
        urls = self._simulated("printer", "--label", "72x0")
        self._roll_door = urls["control"]
        return urls

    def _on_roll(self) -> list[tuple[str, ...]]:
        """The lines of each slip that came out whole."""
        pages = json.loads(_get(f"{self._roll_door}/printer/pages"))
        return [tuple(page["notes"]) for page in pages if page["whole"]]

    def _simulated(self, *words: object) -> dict[str, str]:
        """Start simulated devices; their addresses."""
        child = self._stack.enter_context(
            _child(*words, "--speed", SPEED, "--seed", self._options.seed))
        assert child.stdout is not None  # noqa: S101 - it was opened with a pipe
        line = child.stdout.readline()
        if not line:
            raise cli.Problem("模拟设备没有启动 / the simulated devices did not start")
        return dict(json.loads(line))

    def _serve(self, path: Path) -> None:
        config = load(path)
        cli.make_ready(config)
        station = self._station = build(config)
        self._stack.callback(station.stop)
        try:
            server = Server(
                create_app(station), config.web.host, config.web.port, config.web.threads
            )
        except OSError as error:
            raise cli.Problem(
                f"端口 port {config.web.port}: 打不开 cannot be opened: {error.strerror}"
            ) from error
        self._stack.callback(server.close)
        station.start()
        server.start()

    def _bring_in(self, shop: Path) -> None:
        """Import the lists, then the seller's export: from then on labels print."""
        station = self._running()
        files = [(path.name, path.read_bytes()) for path in sorted(shop.glob("*.csv"))]
        report = imports.take_files(station.db, files, station.rules, now=station.now())
        if report.review:
            raise cli.Problem(f"{len(report.review)} 行读不懂 rows could not be read")

    def _robot(self) -> dict[str, Any]:
        """One robot's day; its account."""
        child = self._stack.enter_context(_child(
            "day", "--station", self._address, "--control", self._urls["control"],
            "--secret", self._urls["secret"], "--key", self._key(),
            "--seed", self._options.seed, "--exported", self._folder / "shop" / "orders.json",
            "--orders", self._options.parcels - self._exported,
        ))
        assert child.stdout is not None  # noqa: S101 - it was opened with a pipe
        told = child.stdout.read().strip()
        if child.wait() != 0 or not told:
            raise cli.Problem("机器人没有做完 / the robot did not finish its day")
        return dict(json.loads(told.splitlines()[-1]))

    def _key(self) -> str:
        """The robot's key to the hand-over, as `station key add` makes one."""
        made = self._running().write(sessions.make_key, "robot", Role.KEEPER)
        assert isinstance(made, str)  # noqa: S101 - a keeper's key is never refused
        return made

    def _drained(self) -> tally.Tally:
        """The day's numbers once the last manifest and stub are printed."""
        station, end = self._running(), time.monotonic() + _DRAIN_S
        while True:
            counted = station.read(tally.tally)
            if not counted.unfinished or time.monotonic() > end:
                return counted
            time.sleep(0.2)

    def _paper(self) -> Paper:
        """Compare every whole page in the tray, dot by dot, with the labels that were sent."""
        control = self._urls["control"]
        pages = json.loads(_get(f"{control}/printer/pages"))
        tray = Counter(dots(_get(control + page["url"])) for page in pages if page["whole"])
        return compare_paper(self._running().read(tally.labels), tray)

    def _bills(self) -> demo_bills.Ended:
        """The month's end: the carriers' bills over what they took today."""
        def write(parcels: Path, folder: Path) -> None:
            _run("bills", folder, "--parcels", parcels, "--seed", self._options.seed)

        return demo_bills.month_end(self._running(), self._folder / "bills", write)

    def _running(self) -> Station:
        assert self._station is not None  # noqa: S101 - open() has set it
        return self._station


def compare_paper(labels: tuple[tally.Label, ...], tray: Counter[bytes]) -> Paper:
    """Look for each label's pages among those in the tray; of copies the newest must be there."""
    newest: dict[str, bool] = {}
    duplicates = 0
    for label in labels:
        counts = [tray[dots(png)] for png in label.pages]
        newest[label.waybill_no] = min(counts) > 0
        duplicates += max(0, max(counts) - 1)
    lost = tuple(number for number, there in newest.items() if not there)
    return Paper(len(newest) - len(lost), duplicates, lost)


def disagreements(account: dict[str, Any], counted: tally.Tally, paper: Paper) -> list[str]:
    """Every way in which robot, records and paper do not tell the same day."""
    planted = Counter(account["planted"])
    kinds = ("wrong_item", "wrong_colour", "wrong_size", "too_many", "unknown")
    pairs = {
        "paid": (account["paid"], counted.paid),
        "held": (account["held"], counted.held),
        "printed": (counted.printed, paper.found),
        "confirmed": (counted.printed, counted.confirmed),
        "signed": (account["signed"], counted.signed),
        "stopped": (account["apart"], counted.stopped),
        "handed_over": (account["handed_over"], counted.handed_over),
        "missing": (account["signed"] - account["handed_over"], account["missing"]),
        "wrong_items_caught": (sum(planted[kind] for kind in kinds), counted.wrong_items_caught),
        "weight_alarms": (planted["left_out"] + planted["gift"], counted.weight_alarms),
        "courier_mismatches": (account["courier_mismatches"], counted.courier_mismatches),
        "duplicate_labels": (0, paper.duplicates),
        "unfinished": (0, counted.unfinished),
        "chain_ok": (True, counted.chain_ok),
        "ledger_ok": (True, counted.ledger_ok),
    }
    wrong = [
        f"{name}: 应为 should be {should}, 实为 is {found}"
        for name, (should, found) in pairs.items() if should != found
    ]
    wrong += [f"{number}: 没有打出来 its label did not come out" for number in paper.lost]
    return wrong + list(account["surprises"])


def _in_words(numbers: dict[str, Any]) -> str:
    """The day in five lines."""
    return (
        "\n一天结束 The day is over ({seconds} s)\n"
        "  付款 paid {paid} · 出单 printed {printed} · 扫描确认 confirmed {confirmed}"
        " · 扣留 held {held}\n"
        "  装箱 packed {packed} · 称重 weighed {weighed} · 签名 signed {signed}"
        " · 交接 handed over {handed_over}\n"
        "  拦下扫错 wrong items caught {wrong_items_caught} · 重量报警 weight alarms"
        " {weight_alarms} · 快递写错 courier mismatches {courier_mismatches}\n"
        "  面单 labels on paper {labels_on_paper} · 重复 duplicates {duplicate_labels}"
        " · 补打 reprints {reprints} · 小票 slips {slips} · 记录完整 chain {chain_ok}"
    ).format(**numbers)


# --- Children, folders, ports -------------------------------------------------------------------


@contextlib.contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Make SIGTERM end the demo as Ctrl-C does, so that no child is left behind."""
    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="packbench-demo-") as name:
            yield Path(name)
        return
    if keep.exists() and any(keep.iterdir()):
        raise cli.Problem(f"{keep} 不是空的 is not empty")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.absolute()


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """What the planted troubles make the drivers say goes into a log, not among the numbers."""
    handler = logging.FileHandler(path, encoding="utf-8")
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _command(words: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "simulators", *map(str, words)]


def _run(*words: object) -> None:
    """Run a simulators' command that ends by itself."""
    done = subprocess.run(_command(words), stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise cli.Problem(f"simulators {words[0]}: 失败 failed ({done.returncode})")


@contextlib.contextmanager
def _child(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A child that is told to end, then made to, when the block is left.

    It has a session of its own: Ctrl-C reaches only us, and we end things in their order.
    """
    child = subprocess.Popen(  # noqa: S603 - our own words
        _command(words), stdout=subprocess.PIPE, text=True, encoding="utf-8",
        start_new_session=True,
    )
    try:
        with child:
            try:
                yield child
            finally:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_CHILD_S)
    finally:
        if child.poll() is None:
            child.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - a child's own address
        return bytes(answer.read())


def _post(url: str, body: dict[str, object]) -> None:
    request = urllib.request.Request(  # noqa: S310 - a child's own address
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - the same
        answer.read()


def dots(png: bytes) -> bytes:
    """A picture's size and dots, however it was packed."""
    with Image.open(io.BytesIO(png)) as picture:
        return b"%dx%d:" % picture.size + picture.convert("1").tobytes()


COMMAND = cli.Command(
    "demo", "在模拟设备上打包一整天 · a whole day at simulated devices", add_demo, run_demo,
    "station demo                       看完再自己打包 · watch, then pack by hand\n"
    "station demo --headless --json day.json",
)
