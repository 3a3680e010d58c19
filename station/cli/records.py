"""`station import` and `station waybill`: what goes in, and what can be shown."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from drivers.interfaces import Bitmap
from station.bootstrap import rules_of, utc_now
from station.cli.command import (
    FOUND,
    OK,
    Command,
    Problem,
    Say,
    opened,
    settings_of,
    takes_config,
)
from station.cli.database import make_ready
from station.config import Config
from station.db.models import Parcel, PrintJob
from station.domain.orders import NeedsReview
from station.domain.parcel import STATES, ParcelState
from station.paper.fonts import Fonts
from station.paper.png import from_png, to_png
from station.paper.sheet import DoesNotFit, LabelSize
from station.print_jobs import draw
from station.services import imports, printing, screens

_SHOWN = 20  # rows that need a person, shown in the terminal; the page has all of them


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="文件或文件夹 · files, or folders of CSV files")
    parser.add_argument("--json", type=Path, metavar="OUT",
                        help="结果写进文件 · write what became of each file and doubtful row")


def _import(options: argparse.Namespace) -> int:
    config = settings_of(options)
    if options.json and (options.json.is_dir() or not options.json.absolute().parent.is_dir()):
        raise Problem(f"--json {options.json}: 没有这个文件夹，或这是文件夹"
                      " / there is no such folder, or it is one itself")
    files = [(path.name, _bytes(path)) for path in _named(options.files)]
    make_ready(config)
    with opened(config) as database:
        report = imports.take_files(database, files, rules_of(config), now=utc_now())
    for one in report.files:
        print(_outcome(one, options.say))
    if options.json:
        told = [_as_json(one, options.say) for one in report.files]
        options.json.write_text(
            json.dumps({"files": told}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    rows = [*report.review, *(row for one in report.files for row in one.warnings)]
    for row in rows[:_SHOWN]:
        print(f"  {row.source} {row.where}: {options.say(f'review.{row.code}', row.facts)}")
    if len(rows) > _SHOWN:
        print(f"  … 还有 {len(rows) - _SHOWN} 条，见页面 and more, see the page")
    return FOUND if report.review else OK


def _as_json(one: imports.FileReport, say: Say) -> dict[str, object]:
    """One file's outcome for a program: codes and facts as they are, each in words beside."""
    def row(found: NeedsReview) -> dict[str, object]:
        return {"code": found.code, "where": found.where, "facts": dict(found.facts),
                "words": say(f"review.{found.code}", found.facts)}

    return {"name": one.name, "kind": one.kind, "known": one.known, "counts": dict(one.counts),
            "review": list(map(row, one.review)), "warnings": list(map(row, one.warnings))}


def _named(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(
                file for file in path.iterdir() if file.suffix.lower() in imports.SUFFIXES
            )
            if not found:
                raise Problem(f"{path}: 文件夹里没有 CSV 或表格文件"
                              " / there is no CSV file and no workbook in this folder")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise Problem(f"{path}: 没有这个文件 / there is no such file")


def _bytes(path: Path) -> bytes:
    """The file, as far as it could be taken: of a larger one just enough to say so."""
    with path.open("rb") as file:
        return file.read(imports.LARGEST_FILE + 1)


def _outcome(one: imports.FileReport, say: Say) -> str:
    def word(group: str, name: str) -> str:
        return say(f"{group}.{name}", {}).removeprefix(f"{group}.")

    counts = " · ".join(f"{word('counts', name)} {count}" for name, count in one.counts.items())
    again = " (以前导入过 imported before)" if one.known else ""
    if one.review and not counts:
        counts = "有误，整份未导入 nothing of this file was booked"
    return f"{one.name}: {word('import_kind', one.kind)}{again} {counts}".rstrip()


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
    fonts = Fonts.find(config.font_files)
    try:
        pages: list[Bitmap] = draw(
            session, due, rules_of(config), LabelSize(size or usual), fonts, utc_now())
    except DoesNotFit:
        raise Problem(f"单号 {job.waybill_no} 太长，{size or usual} 的纸上放不下条码"
                      " / the number is too long for a barcode on this paper") from None
    return [to_png(page) for page in pages]


def _keep(page: bytes, path: Path, number: int) -> str:
    """Write one page; the second and further ones get their number in the name."""
    target = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
    target.write_bytes(page)
    bitmap = from_png(page)
    return f"{target}: {bitmap.width} × {bitmap.height}"


COMMANDS = (
    Command("import", "导入订单、商品、单号、耗材、员工 · import orders, goods, numbers, staff",
            _import_arguments, _import,
            "station import ExportOrderList.csv ExportOrderDetailList.csv\n"
            "station import folder/ --json result.json\n"
            "station import folder/    种类由表头认出 · each file is known by its header"),
    Command("waybill", "查看面单 · look at a waybill", _waybill_arguments, _waybill,
            "station waybill show 7701234567890 --png label.png"),
)
