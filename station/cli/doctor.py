"""`station doctor` and `station devices`: one line for each thing that has to work."""

from __future__ import annotations

import argparse
import logging
import os
import queue
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from drivers.interfaces import (
    DeviceError,
    DeviceEvent,
    DeviceGone,
    DeviceState,
    Health,
    PortBusy,
    PrinterStatus,
)
from drivers.port import found_ports, open_port, shown
from drivers.printer import build_printer
from drivers.printer.settings import SettingError
from drivers.registry import scale_worker, scanner_worker
from drivers.scale.search import Search, report
from drivers.scanner.learning import SCANS, NotLearned, learn, scans_from
from drivers.worker import DeviceWorker
from station.cli.command import (
    FOUND,
    OK,
    Command,
    Misuse,
    Problem,
    opened,
    settings_of,
    takes_config,
)
from station.config import (
    Bench,
    Camera,
    Config,
    ConfigError,
    Printer,
    Scale,
    Scanner,
    webhook_secret,
)
from station.db import schema
from station.db.keys import Keyring, KeyTrouble
from station.paper.fonts import Fonts, NoChineseFont

_PATIENCE_S = 10.0  # a scale that must be asked and answers slowly has answered by then

_PAUSE_S = 0.3  # of quiet that ends a scan while a scanner's suffix is not known yet

_SILENCE = logging.NullHandler()

_ADVICE = {
    DeviceState.SILENT:
        "没有数据：检查电源、接线、秤的发送方式"
        " / no data: check power, cable and the scale's transmit setting",
    DeviceState.MISCONFIGURED:
        "有数据但看不懂：检查波特率、校验、协议"
        " / bytes that make no sense: check baud rate, parity, protocol",
    DeviceState.GONE:
        "找不到：检查接线，station devices 列出端口"
        " / not there: check the cable; station devices lists the ports",
    DeviceState.BUSY:
        "被别的程序占用（打包台正在运行？）"
        " / held by another program (is the station running?)",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: what was looked at, whether it works, and what to do.

    A hint is no fault, but something that a shop will want to look at before it works.
    """

    what: str
    is_right: bool
    words: str
    is_hint: bool = False

    def __str__(self) -> str:
        mark = "--" if self.is_hint else "ok" if self.is_right else "!!"
        return f"[ {mark} ] {self.what}: {self.words}"


def examine(config: Config) -> Iterator[Finding]:
    """Look at everything that the settings name, the slow things last."""
    yield _looked("数据文件夹 data", _folder, config)
    yield _looked("数据库 database", _tables, config)
    yield _looked("密钥 keys", _keys, config)
    yield _looked("字体 fonts", _fonts, config)
    yield _looked("付款通知密钥 webhook", _secret, config)
    yield _sender(config)
    if not config.benches:
        yield Finding("工作台 bench", is_right=True, is_hint=True,
                      words="一台也没有：在 station.toml 写 [[bench]]"
                            " / none yet: write a [[bench]] block in station.toml")
    for bench in config.benches:
        yield from examine_bench(bench)


def examine_bench(bench: Bench) -> Iterator[Finding]:
    """Look at every device of one bench."""
    if bench.scale:
        yield _worker_finding(f"{bench.name} 秤 scale", bench.scale)
    for scanner in bench.scanners:
        yield _worker_finding(f"{bench.name} 扫码枪 scanner {scanner.name}", scanner)
    if bench.camera:
        yield _worker_finding(f"{bench.name} 摄像头 camera", bench.camera)
    if bench.printer:
        yield _printer_finding(f"{bench.name} 打印机 printer", bench.printer)


class _WrongError(Exception):
    """A thing does not work; the message says what to do."""


def _looked(what: str, look: Callable[[Config], str], config: Config) -> Finding:
    try:
        return Finding(what, is_right=True, words=look(config))
    except (_WrongError, ConfigError, KeyTrouble, NoChineseFont, OSError) as error:
        return Finding(what, is_right=False, words=" ".join(str(error).split()))
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        return Finding(what, is_right=False, words=f"{said}; 检查地址 check [station] database")


def _folder(config: Config) -> str:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(config.data_dir, os.W_OK):
        raise _WrongError(f"{config.data_dir} 不能写入 / cannot be written to")
    return str(config.data_dir)


def _tables(config: Config) -> str:
    if schema.is_empty(config.database_url):
        return ("还没有，第一次 serve 或 import 时建立"
                " / not there yet, made by the first serve or import")
    found = schema.standing(config.database_url)
    if found.revision is None:
        raise _WrongError("里面是别的程序的数据表，请换一个"
                          " / it holds another program's tables: name another database")
    if not found.is_current:
        raise _WrongError("数据表不是最新：运行 station db upgrade / run: station db upgrade")
    return f"正常 right ({found.revision})"


def _keys(config: Config) -> str:
    """The key file's rights and form, and whether it is the one that sealed the rows."""
    path = config.key_file
    if not schema.is_empty(config.database_url) and schema.standing(config.database_url).is_current:
        with opened(config):
            pass
    if not path.exists():
        return f"还没有，第一次使用时建立 / made by the first use: {path}"
    Keyring(path).check()
    return f"{path}；请另存一份副本 / keep a copy elsewhere"


def _fonts(config: Config) -> str:
    report = Fonts.find([config.resolve(path) for path in config.paper.fonts]).check()
    return f"{report.primary.name} (+{len(report.fallbacks)})"


def _secret(config: Config) -> str:
    if not webhook_secret(config):
        raise _WrongError("没有设置，不接收付款通知 / not set: paid orders over HTTP are refused")
    return "已设置 set"


def _sender(config: Config) -> Finding:
    sender = config.paper.sender
    if sender.name.strip() and sender.address.strip():
        return Finding("寄件人 sender", is_right=True, words="已填写 filled in")
    return Finding("寄件人 sender", is_right=True, is_hint=True,
                   words="缺姓名或地址，面单“寄”栏会空着：填写 [paper.sender]"
                         " / no name or address, a blank on every waybill: fill in [paper.sender]")


def _worker_finding(what: str, device: Scale | Scanner | Camera) -> Finding:
    events: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
    try:
        worker = _worker(what, device, events)
    except ValueError as error:  # the drivers' errors about their settings
        return Finding(what, is_right=False, words=str(error))
    health = _first_word(worker, events)
    words = f"{shown(device.port)}: {_ADVICE.get(health.state, '') or health.state}"
    return Finding(what, is_right=health.state is DeviceState.READY, words=words)


def _worker(
    name: str, device: Scale | Scanner | Camera, events: queue.SimpleQueue[DeviceEvent]
) -> DeviceWorker:
    if isinstance(device, Scale):
        return scale_worker(name, device.protocol, device.port, settings=device.settings(),
                            emit=events.put)
    if isinstance(device, Camera):
        from drivers.camera import camera_worker  # noqa: PLC0415 - most shops have none

        return camera_worker(name, device.port, settings=device.settings(), emit=events.put)
    return scanner_worker(name, device.port, settings=device.settings(), emit=events.put)


def _first_word(worker: DeviceWorker, events: queue.SimpleQueue[DeviceEvent]) -> Health:
    """The first state that a device settles in."""
    worker.start()
    try:
        while True:
            event = events.get(timeout=_PATIENCE_S)
            if isinstance(event, Health) and event.state is not DeviceState.STARTING:
                return event
    except queue.Empty:
        return worker.health
    finally:
        worker.stop()


def _printer_finding(what: str, device: Printer) -> Finding:
    try:
        with closing(build_printer(what, device.port, device.language, device.settings())) as made:
            status: PrinterStatus = made.status()
    except SettingError as error:
        return Finding(what, is_right=False, words=str(error))
    except DeviceError as error:
        return Finding(what, is_right=False, words=f"{device.port}: {_advice(error)}")
    return Finding(what, is_right=status.may_print, words=f"{device.port}: {status.state}")


def _advice(error: DeviceError) -> str:
    """What to do about a port that did not open; its own reason where that says more."""
    if isinstance(error, PortBusy):
        return _ADVICE[DeviceState.BUSY]
    return _ADVICE[DeviceState.GONE] if isinstance(error, DeviceGone) else error.reason


def _doctor(options: argparse.Namespace) -> int:
    config = settings_of(options)
    # What a driver logs is in its line already; without a handler Python prints it beside.
    logging.getLogger("drivers").addHandler(_SILENCE)
    print(Finding("设置 settings", is_right=True, words=str(options.config)))
    all_right = True
    for finding in examine(config):
        print(finding, flush=True)
        all_right = all_right and finding.is_right
    return OK if all_right else FOUND


def _devices_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step", nargs="?", choices=("find", "learn"),
                        help="find: 找秤的协议 · listen and ask, and name a scale's protocol;"
                             " learn: 学扫码枪的结尾字符 · learn a scanner's suffix and prefix")
    parser.add_argument("--port", metavar="URL", help="只看这个端口 · find on this port only")
    takes_config(parser)


def _find(only: str | None) -> int:
    """Look for scales; held ports say so. The station must be stopped to let go of its own."""
    ports = [only] if only else [port.stable for port in found_ports()]
    outcome = FOUND
    for found in map(Search().look, ports):
        print("\n".join(report(found)), flush=True)
        outcome = OK if found.verdict.matches else outcome
    return outcome


def _learn(port: str | None) -> int:
    """Take three scans of a scanner and print its lines for station.toml."""
    if port is None:
        raise Misuse("learn 需要 --port / learn wants --port")
    print(f"请扫 {SCANS} 个不同的条码 scan {SCANS} different labels", flush=True)
    try:
        with closing(open_port(port, device="scanner", read_timeout=_PAUSE_S)) as opened:
            learned = learn(list(scans_from(opened)))
    except (NotLearned, DeviceError) as trouble:
        raise Problem(str(trouble)) from trouble
    print("\n".join(learned.rows(port)))
    return OK


def _devices(options: argparse.Namespace) -> int:
    if options.step == "learn":
        return _learn(options.port)
    if options.step == "find":
        return _find(options.port)
    for port in found_ports():
        print(f"{port.stable}  ({port.system})  {port.words}")
    config = settings_of(options) if options.config.exists() else Config()
    for bench in config.benches:
        for line in _configured(bench):
            print(f"[{bench.name}] {line}")
    return OK


def _configured(bench: Bench) -> Iterator[str]:
    if bench.scale:
        yield f"秤 scale  {bench.scale.protocol}  {bench.scale.port}"
    for scanner in bench.scanners:
        yield f"扫码枪 scanner {scanner.name}  {scanner.port}"
    if bench.camera:
        yield f"摄像头 camera  {shown(bench.camera.port)}"
    if bench.printer:
        yield f"打印机 printer  {bench.printer.language}  {bench.printer.port}"


COMMANDS = (
    Command("doctor", "逐项检查设备、数据库、字体 · look at every device, the database, the fonts",
            takes_config, _doctor, "每项一行，[ !! ] 须处理，[ -- ] 请留意"
            " · one line each, [ !! ] must be mended, [ -- ] wants a look"),
    Command("devices", "列出串口和已设置的设备 · list serial ports and configured devices",
            _devices_arguments, _devices,
            "station devices find   找秤 · name the protocol of a scale, with the evidence\n"
            "station devices learn --port /dev/serial/by-id/…   三次扫描学会扫码枪的设置"
            " · a scanner's settings from three scans"),
)
