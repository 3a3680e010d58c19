"""`station doctor`: one line for each thing that has to work."""

from __future__ import annotations

import argparse
import logging
import os
import queue
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError

from drivers.interfaces import (
    DeviceError,
    DeviceEvent,
    DeviceGone,
    DeviceState,
    Health,
    PortBusy,
    PrinterStatus,
    Reading,
    ReadingStatus,
)
from drivers.port import shown
from drivers.printer import build_printer
from drivers.printer.settings import SettingError
from drivers.registry import scale_worker, scanner_worker
from drivers.worker import DeviceWorker
from station.bootstrap import SLIP_LANGUAGE, utc_now
from station.cli.command import FOUND, OK, Command, opened, settings_of, takes_config
from station.config import (
    Bench,
    Camera,
    Config,
    ConfigError,
    Printer,
    Scale,
    Scanner,
    SlipPrinter,
    webhook_secret,
)
from station.db import backup, schema
from station.db.keys import Keyring, KeyTrouble
from station.paper.fonts import Fonts, NoChineseFont
from station.services import bill_stars, chores, slips
from station.services.health import LITTLE_ROOM, free_bytes

_RENEW_BEFORE = timedelta(days=14)
_PATIENCE_S = 10.0  # a scale that must be asked and answers slowly has answered by then

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


_GUESSES = {
    "protocol":
        "速度对，协议不对：station devices find 看是哪种"
        " / the speed is right, the protocol is not: station devices find names it",
    "parity":
        "秤发 7 位带校验：写 bytesize = 7 和 parity = \"E\"（或 \"O\"）"
        " / it sends 7 bits with parity: write bytesize = 7 and parity = \"E\" (or \"O\")",
    "speed":
        "波特率不对：station devices find 每种速度听一遍"
        " / the baud rate is wrong: station devices find listens at each",
    "still":
        "只有一个不变的字节：线接错，或秤没有开发送"
        " / one byte that never changes: a wrong cable, or the scale does not send",
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
    yield _looked("痕迹 traces", _traces, config)
    if any(bench.slip_printer for bench in config.benches):
        yield _looked("小票 slips", _slips, config)
    yield _copies(config)
    yield _looked("磁盘空间 room on the disk", _room, config)
    if config.second_pictures_dir is not None:
        yield _looked("图片第二份 second copy of pictures", _second, config)
    yield _looked("字体 fonts", _fonts, config)
    yield _looked("付款通知密钥 webhook", _secret, config)
    if config.web.tls_cert or config.web.tls_key:
        yield _looked("局域网证书 TLS", _certificate, config)
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
        yield _printer_finding(
            f"{bench.name} 打印机 printer", bench.printer, bench.printer.language)
    if bench.slip_printer:
        found = _printer_finding(
            f"{bench.name} 小票打印机 slip printer", bench.slip_printer, SLIP_LANGUAGE)
        yield found if found.is_right else replace(found, words=f"{found.words}{_INSTEAD}")


_INSTEAD = ("；修不好就在小票的页上改用面单打印机打"
            " / if it cannot be mended, print them on the label printer, on each slip's page")


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


def _second(config: Config) -> str:
    """The other disk is there; what is missing there would only be copied onto this one."""
    folder = config.second_pictures_dir
    if folder is None or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise _WrongError(f"{folder} 不在或不能写入：先建好文件夹，另一块盘要接上"
                          " / is not there or cannot be written to: make it, connect its disk")
    return str(folder)


def _tables(config: Config) -> str:
    wrong = backup.damage(config.database_url)
    if wrong:
        raise _WrongError(f"文件损坏，用备份恢复：station restore FILE"
                          f" / damaged ({wrong}): station restore FILE")
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


def _slips(config: Config) -> str:
    """Whether slips wait for their printer."""
    if schema.is_empty(config.database_url) or not schema.standing(config.database_url).is_current:
        return "没有 none"
    with opened(config) as database:
        left = len(database.read(partial(slips.waiting_long, now=utc_now())))
    if left:
        raise _WrongError(f"{left} 张等了很久没打出来 / {left} have waited long{_INSTEAD}")
    return "没有等着的 none waits long"


def _traces(config: Config) -> str:
    """Whether what was destroyed or sealed is out of the database's files, too."""
    if schema.is_empty(config.database_url) or not schema.standing(config.database_url).is_current:
        return "没有 none"
    with opened(config) as database:
        left = database.read(chores.waiting)
    if chores.WRITE_ANEW in left:
        raise _WrongError("升级后旧的明文还在文件里：先停打包台，再运行 station db upgrade"
                          " / what stood in clear before an upgrade lingers in the files:"
                          " stop the station, run station db upgrade")
    if chores.EMPTY_LOG in left:
        raise _WrongError("已销毁的信息还在数据库日志里，打开打包台后会清；"
                          "一直不消失，找谁在读数据库"
                          " / what was destroyed lingers in the database's log; the running station"
                          " empties it. If this stays: who keeps reading the database?")
    if waiting := sorted(name for name in left if name.startswith(bill_stars.CHORE)):
        raise _WrongError(
            f"对账单原件里还有已销毁的人：{', '.join(waiting)}；索赔了结后，打开打包台就会改写"
            " / these statements still name somebody who was forgotten; the running station writes"
            " them anew once the claims about his parcels are settled")
    return "没有 none"


def _copies(config: Config) -> Finding:
    """The newest copy of the database; a shop without one is told, though nothing is broken."""
    what = "备份 backup"
    made = backup.copies(config.backup_dir, kind=backup.SCHEDULED)
    if not config.backup.every_hours:
        return Finding(what, is_right=True, is_hint=True,
                       words="没有开启：[backup] every_hours / switched off: [backup] every_hours")
    if not made:
        return Finding(what, is_right=True, is_hint=True,
                       words="还没有，打开后自动备份 / none yet, the running station makes it")
    try:
        backup.verify(made[0].path)
    except backup.BackupError as error:
        return Finding(what, is_right=False, words=str(error))
    return Finding(what, is_right=True, words=f"{made[0].path} ({made[0].at:%Y-%m-%d %H:%M}Z)")


def _room(config: Config) -> str:
    free = free_bytes(
        (config.data_dir, config.backup_dir, config.pictures_dir, config.base_dir))
    if free < LITTLE_ROOM:
        raise _WrongError(f"只剩 {free // 2**20} MB，请腾出空间 / only {free // 2**20} MB left:"
                          " make room")
    return f"{free // 2**30} GB"


def _fonts(config: Config) -> str:
    report = Fonts.find(config.font_files).check()
    return f"{report.primary.name} (+{len(report.fallbacks)})"


def _secret(config: Config) -> str:
    if not webhook_secret(config):
        raise _WrongError("没有设置，不接收付款通知 / not set: paid orders over HTTP are refused")
    return "已设置 set"


def _certificate(config: Config) -> str:
    """The certificate for other computers: whole, its key for the owner only, still good."""
    cert, key = config.resolve(config.web.tls_cert), config.resolve(config.web.tls_key)
    if os.name == "posix" and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _WrongError(f"{key}: 其他人可以读取：chmod 600 / others may read it: chmod 600")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
        until = x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc
    except (ssl.SSLError, ValueError):
        raise _WrongError(f"{cert}, {key}: 不是一对，或不是 PEM / not a pair, or not PEM") from None
    if until - utc_now() < _RENEW_BEFORE:
        raise _WrongError(f"{cert}: {until:%Y-%m-%d} 到期，请重新生成 / ends then: make a new one")
    return f"到 until {until:%Y-%m-%d}"


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
    health, reading = _first_word(worker, events, wants_reading=isinstance(device, Scale))
    is_right, words = health.state is DeviceState.READY, _words(health)
    if reading is not None:
        is_right, words = _weighs(reading)
    return Finding(what, is_right=is_right, words=f"{shown(device.port)}: {words}")


def _words(health: Health) -> str:
    """What a state means and what to do; the bytes that made no sense, for whoever helps."""
    if health.state is not DeviceState.MISCONFIGURED or health.detail != "unreadable":
        reason = health.facts.get("reason", "")
        more = f" ({reason})" if reason and health.state is DeviceState.MISCONFIGURED else ""
        return (_ADVICE.get(health.state, "") or str(health.state)) + more
    advice = _GUESSES.get(health.facts.get("guess", ""), _ADVICE[health.state])
    return f"{advice} [{health.facts.get('bytes', '')}]"


def _weighs(reading: Reading) -> tuple[bool, str]:
    """Whether a scale's reading can be a weight, and what it shows."""
    if reading.value is not None and reading.unit is None:
        return False, (f"读到 reads {reading.value}，但不知道单位：放已知重量，再写 unit = \"kg\""
                       " / but its unit is not sent: put a known weight on, then write unit")
    if reading.status is ReadingStatus.AMBIGUOUS:
        return False, ("读数看不出小数点在哪：用“找秤”放已知重量，或写 decimal_comma、decimals"
                       " / its number does not tell where its point is: find it with a known"
                       " weight, or write decimal_comma or decimals")
    if reading.grams is None:
        return True, f"ready, {reading.status}"
    return True, f"ready, {reading.value} {reading.unit}"


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


def _first_word(
    worker: DeviceWorker, events: queue.SimpleQueue[DeviceEvent], *, wants_reading: bool
) -> tuple[Health, Reading | None]:
    """The first state that a device settles in, and a ready scale's first reading."""
    worker.start()
    try:
        while True:
            event = events.get(timeout=_PATIENCE_S)
            if isinstance(event, Reading):
                return worker.health, event
            if isinstance(event, Health) and _is_settled(event, wants_reading=wants_reading):
                return event, None
    except queue.Empty:
        return worker.health, None
    finally:
        worker.stop()


def _is_settled(health: Health, *, wants_reading: bool) -> bool:
    if health.state is DeviceState.READY:
        return not wants_reading
    return health.state is not DeviceState.STARTING


def _printer_finding(what: str, device: Printer | SlipPrinter, language: str) -> Finding:
    try:
        with closing(build_printer(what, device.port, language, device.settings())) as made:
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


def quiet() -> None:
    """What a driver logs is in its line already; without a handler Python prints it beside."""
    logging.getLogger("drivers").addHandler(_SILENCE)


def _doctor(options: argparse.Namespace) -> int:
    config = settings_of(options)
    quiet()
    print(Finding("设置 settings", is_right=True, words=str(options.config)))
    all_right = True
    for finding in examine(config):
        print(finding, flush=True)
        all_right = all_right and finding.is_right
    return OK if all_right else FOUND


COMMANDS = (
    Command("doctor", "逐项检查设备、数据库、字体 · look at every device, the database, the fonts",
            takes_config, _doctor, "每项一行，[ !! ] 须处理，[ -- ] 请留意"
            " · one line each, [ !! ] must be mended, [ -- ] wants a look"),
)
