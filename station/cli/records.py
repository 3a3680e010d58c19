"""`station import`, `station waybill` and `station staff`: what goes in, and what can be shown."""

from __future__ import annotations

import argparse
import getpass
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from drivers.interfaces import Bitmap
from station.bootstrap import rules_of, utc_now
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
from station.cli.database import make_ready
from station.config import Config
from station.db.models import Parcel, PrintJob, Staff
from station.domain.parcel import STATES, ParcelState
from station.jobs import draw
from station.paper.fonts import Fonts
from station.paper.png import from_png, to_png
from station.paper.sheet import LabelSize
from station.services import imports, printing, screens, staff

_SHOWN = 20  # rows that need a person, shown in the terminal; the page has all of them


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="文件或文件夹 · files, or folders of CSV files")


def _import(options: argparse.Namespace) -> int:
    config = settings_of(options)
    files = [(path.name, path.read_bytes()) for path in _named(options.files)]
    make_ready(config)
    with opened(config) as database:
        report = imports.take_files(database, files, rules_of(config), now=utc_now())
    for one in report.files:
        print(_outcome(one))
    rows = [*report.review, *(row for one in report.files for row in one.warnings)]
    for row in rows[:_SHOWN]:
        print(f"  {row.source} {row.where}: {options.say(f'review.{row.code}', row.facts)}")
    if len(rows) > _SHOWN:
        print(f"  … 还有 {len(rows) - _SHOWN} 条，见页面 and more, see the page")
    return FOUND if report.review else OK


def _named(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.iterdir() if file.suffix.lower() in imports.SUFFIXES
            )
        elif path.is_file():
            yield path
        else:
            raise Problem(f"{path}: 没有这个文件 / there is no such file")


def _outcome(one: imports.FileReport) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in one.counts.items())
    again = " (以前导入过 imported before)" if one.known else ""
    if one.review and not counts:
        counts = "有误，整份未导入 nothing of this file was booked"
    return f"{one.name}: {one.kind}{again} {counts}".rstrip()


def _waybill_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(metavar="STEP", required=True)
    show = steps.add_parser("show", help="查看一张面单 · show one waybill", allow_abbrev=False)
    takes_config(show)
    show.add_argument("number", metavar="NO", help="运单号 · the waybill number")
    show.add_argument("--png", type=Path, metavar="FILE",
                      help="把面单图片存到文件 · keep the label's picture in a file")
    show.add_argument("--size", choices=[str(size) for size in LabelSize], metavar="MM",
                      help="尺寸 · paper if it is not printed yet: 100x150 or 76x130")


def _waybill(options: argparse.Namespace) -> int:
    config = settings_of(options)
    with opened(config) as database:
        pages = database.read(partial(_show, options=options, config=config))
    for number, page in enumerate(pages, 1):
        print(_keep(page, options.png, number))
    return OK


def _show(session: Session, *, options: argparse.Namespace, config: Config) -> list[bytes]:
    """Print what is known of the waybill; the pages of its newest label if they are asked for."""
    job = session.scalar(
        select(PrintJob).where(PrintJob.waybill_no == options.number, PrintJob.kind == "waybill")
        .order_by(PrintJob.id.desc()).limit(1)
    )
    if job is None or job.parcel is None:
        raise Problem(f"没有运单号 {options.number} / no parcel has this waybill number")
    for line in _lines(job.parcel, job, options.number):
        print(line)
    if options.png is None:
        return []
    return [image.png for image in job.images] or _drawn(session, job, options.size, config)


def _lines(parcel: Parcel, job: PrintJob, number: str) -> Iterator[str]:
    state = STATES[ParcelState(parcel.state)]
    yield f"{number}  {parcel.carrier}  {state.zh} / {state.en}"
    yield f"{screens.receiver(parcel)}  {'；'.join(screens.goods(line) for line in parcel.lines)}"
    if parcel.waybill_no != number:
        yield f"已作废，现用 void; now {parcel.waybill_no or '-'}"
    yield f"打印 print: {job.state} {job.trouble}".rstrip()


def _drawn(session: Session, job: PrintJob, size: str | None, config: Config) -> list[bytes]:
    """The label as it would be printed now."""
    if job.parcel is None or job.parcel.waybill_no != job.waybill_no:
        raise Problem("这个单号已作废，从未打印 / this number is void and was never printed")
    usual = config.benches[0].size if config.benches else str(LabelSize.L100X150)
    due = printing.Due(job.id, job.kind, job.parcel_id, 0, job.handover_id, job.copy)
    fonts = Fonts.find([config.resolve(path) for path in config.paper.fonts])
    pages: list[Bitmap] = draw(
        session, due, rules_of(config), LabelSize(size or usual), fonts, utc_now())
    return [to_png(page) for page in pages]


def _keep(page: bytes, path: Path, number: int) -> str:
    """Write one page; the second and further ones get their number in the name."""
    target = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
    target.write_bytes(page)
    bitmap = from_png(page)
    return f"{target}: {bitmap.width} × {bitmap.height}"


def _staff_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(metavar="STEP", required=True)
    add = steps.add_parser("add", help="添加员工 · take somebody in", allow_abbrev=False)
    takes_config(add)
    add.add_argument("name", metavar="NAME", help="姓名 · the name")
    add.add_argument("--role", choices=[str(role) for role in staff.Role], default="packer",
                     help="角色 · what they may do (default: packer)")
    add.add_argument("--badge", required=True, metavar="CODE", help="工号牌条码 · the badge's code")
    add.add_argument("--pin-from-input", action="store_true",
                     help="从标准输入读 PIN · read the PIN from standard input, not the keyboard")
    add.set_defaults(step=_add_staff)
    listed = steps.add_parser("list", help="列出员工 · list the staff", allow_abbrev=False)
    takes_config(listed)
    listed.set_defaults(step=_list_staff)


def _staff(options: argparse.Namespace) -> int:
    return int(options.step(options))


def _add_staff(options: argparse.Namespace) -> int:
    config = settings_of(options)
    try:
        pin_hash = staff.hash_pin(_pin(asked=not options.pin_from_input))
    except ValueError as error:
        raise Problem(str(error)) from None
    make_ready(config)
    with opened(config) as database:
        try:
            database.write(partial(
                staff.add_staff, name=options.name, role=staff.Role(options.role),
                badge=options.badge, pin_hash=pin_hash, now=utc_now()))
        except IntegrityError:
            raise Problem("这个姓名或工号牌已有人使用 / this name or badge is taken") from None
        active = database.read(lambda session: session.scalar(
            select(func.count()).select_from(Staff).where(Staff.active)))
    print(f"已添加 added: {options.name} ({options.role}); 共 {active} 人 in all")
    return OK


def _pin(*, asked: bool) -> str:
    if not asked:
        line = sys.stdin.readline() if sys.stdin else ""
        if not line:
            raise Misuse("标准输入里没有 PIN / standard input holds no PIN")
        return line.strip()
    first = _typed("PIN: ")
    if _typed("再输一次 again: ") != first:
        raise Problem("两次输入不一样 / the two PINs differ")
    return first


def _typed(prompt: str) -> str:
    """What is typed unseen; a place where it would be seen, or without keys, is refused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (EOFError, getpass.GetPassWarning):
        raise Misuse("没有输入 PIN：请在终端里运行，或用 --pin-from-input"
                     " / no PIN was typed: run it in a terminal, or use --pin-from-input") from None


def _list_staff(options: argparse.Namespace) -> int:
    with opened(settings_of(options)) as database:
        people = database.read(lambda session: session.execute(
            select(Staff.name, Staff.role, Staff.active).order_by(Staff.id)).all())
    for name, role, active in people:
        print(f"{name}  {role}{'' if active else '  已离开 left'}")
    return OK


COMMANDS = (
    Command("import", "导入订单、商品、单号、耗材、员工 · import orders, goods, numbers, staff",
            _import_arguments, _import,
            "station import ExportOrderList.csv ExportOrderDetailList.csv\n"
            "station import folder/    种类由表头认出 · each file is known by its header"),
    Command("waybill", "查看面单 · look at a waybill", _waybill_arguments, _waybill,
            "station waybill show 7701234567890 --png label.png"),
    Command("staff", "员工与 PIN · who works here", _staff_arguments, _staff,
            "station staff add 张三 --badge 007 --role manager"),
)
