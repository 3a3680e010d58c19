"""`station reconcile`: a carrier's monthly statement against what was handed over (D12)."""

from __future__ import annotations

import argparse
import gc
import hashlib
import re
import sys
import tomllib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from station.bills.layouts import FIELDS, ToldLayout, read_mapping
from station.bills.statement import StatementFile
from station.bills.told import KINDS, Told, write_json, write_xlsx
from station.bills.trouble import StatementError
from station.bootstrap import rules_of, utc_now
from station.carriers import example_tariffs
from station.cli.command import OK, Command, Problem, opened, settings_of, takes_config
from station.cli.database import make_ready
from station.config import Config
from station.domain.bill_findings import REASONS, FindingKind
from station.domain.tariff_table import TariffError, load_tariffs
from station.domain.tariffs import Tariff
from station.domain.vocabulary import CarrierCode
from station.services import billing
from station.services.tariffs import price_book

_SHOWN = 20  # differences and unreadable cells shown in the terminal; the files have all
_STAGES = {"lines": "账单行 lines", "parcels": "包裹 parcels", "matched": "已核对 matched"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="账单 CSV 或 XLSX，可分几个文件 · the statement, maybe in parts")
    parser.add_argument("--carrier", type=str.upper, default="",
                        help="哪家快递（默认看表头和标题）· whose it is, if the file says nothing")
    parser.add_argument("--month", default="", metavar="2026-11",
                        help="账期（默认看标题和日期）· the month, where the file does not tell")
    parser.add_argument("--shipments", type=Path, metavar="JSON",
                        help="交接记录，不用数据库 · what was handed over, instead of the database")
    parser.add_argument("--tariffs", type=Path, metavar="TOML",
                        help="价目表（默认用设置里的）· prices, instead of the settings' own")
    parser.add_argument("--mapping", type=Path, metavar="FILE",
                        help="列名对照 TOML/JSON · what the columns of an unknown layout mean: "
                             + ", ".join(FIELDS))
    parser.add_argument("--json", type=Path, metavar="OUT", help="逐行结果 · every line's finding")
    parser.add_argument("--xlsx", type=Path, metavar="OUT",
                        help="给快递公司的差异表 · the differences, for the carrier's clerk")


def _reconcile(options: argparse.Namespace) -> int:
    if options.month and not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", options.month):
        raise Problem(f"--month {options.month}: 应为 2026-11 这样 / is not like 2026-11")
    # Millions of rows and no cycle among them: looking for garbage would take a third of the time.
    gc.disable()
    try:
        return _against_list(options) if options.shipments else _against_database(options)
    except StatementError as error:
        raise Problem(str(error)) from None
    finally:
        gc.enable()


def _check_carrier(code: str) -> None:
    if code and code not in CarrierCode:
        known = ", ".join(CarrierCode)
        raise Problem(f"--carrier {code}: 可选 {known} / must be one of {known}")


def _against_list(options: argparse.Namespace) -> int:
    """Reconcile with parcels out of a file; settings are used if they are there."""
    config = settings_of(options) if options.config.is_file() else None
    _check_carrier(options.carrier)
    asked = billing.Asked(_tariffs(options, config), options.carrier, options.month)
    _told(options, billing.ListedBook(options.shipments), asked, _once(options.files))
    return OK


def _against_database(options: argparse.Namespace) -> int:
    config = settings_of(options)
    _check_carrier(options.carrier)
    make_ready(config)
    asked = billing.Asked(
        _tariffs(options, config), options.carrier, options.month,
        max(20, config.weighing.scale_error_g),
    )
    files = _once(options.files)
    digests = {digest: path.name for path, digest in files}
    with opened(config) as database:
        known = database.read(partial(billing.told_before, digests=list(digests)))
        for digest, at in known.items():
            print(f"{digests[digest]}: {at:%Y-%m-%d} 已对过账 / was reconciled before")
        counts = database.read(partial(_from_database, options, asked, files))
        database.write(partial(billing.remember, files=digests, counts=counts, now=utc_now()))
    return OK


def _from_database(
    options: argparse.Namespace, asked: billing.Asked, files: Sequence[tuple[Path, str]],
    session: Session,
) -> dict[FindingKind, int]:
    if options.tariffs is None:
        asked = replace(asked, tariffs=price_book(session, asked.tariffs))
    return _told(options, billing.StationBook(session), asked, files)


def _tariffs(options: argparse.Namespace, config: Config | None) -> tuple[Tariff, ...]:
    if options.tariffs is None:
        return rules_of(config).tariffs if config else example_tariffs()
    try:
        text = options.tariffs.read_text(encoding="utf-8-sig")
        return load_tariffs(tomllib.loads(text))
    except (TariffError, ValueError) as error:
        raise StatementError("bad_tariffs", name=options.tariffs.name, what=str(error)) from None


def _once(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file with its SHA-256; the same content again is told and left out."""
    kept: dict[str, Path] = {}
    for path in paths:
        if not path.is_file():
            raise StatementError("no_file", name=str(path))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest in kept:
            print(f"{path.name}: 与 {kept[digest].name} 内容相同，只算一次 / the same file twice")
        kept.setdefault(digest, path)
    return [(path, digest) for digest, path in kept.items()]


def _told(
    options: argparse.Namespace, book: billing.Book, asked: billing.Asked,
    files: Sequence[tuple[Path, str]],
) -> dict[FindingKind, int]:
    """Reconcile and write the reports; how many of each finding there are."""
    told = read_mapping(options.mapping) if options.mapping else None
    with ExitStack() as opened_files:
        sheets = [opened_files.enter_context(_file(path, told)) for path, _ in files]
        with billing.reconcile(sheets, book, asked, progress=_progress()) as found:
            _write(options, found, tuple((path.name, digest) for path, digest in files))
            return dict(found.totals.count)


def _file(path: Path, told: ToldLayout | None) -> StatementFile:
    return StatementFile(path, told=told)


def _write(
    options: argparse.Namespace, found: billing.Reconciliation,
    files: tuple[tuple[str, str], ...],
) -> None:
    report = Told(found.carrier, found.month, found.totals, files, found.review)
    if options.json:
        write_json(options.json, report, found.findings())
    if options.xlsx and (
        left := write_xlsx(options.xlsx, report, found.findings(), now=utc_now())
    ):
        print(f"{options.xlsx}: 表格已满，{left} 条未写 / the sheet is full, {left} are left out")
    _summary(found)


def _summary(found: billing.Reconciliation) -> None:
    totals = found.totals
    print(f"{found.carrier} {found.month}: {totals.lines} 行 lines, "
          f"账单 billed {_yuan(totals.billed_fen)}, 应付 owed {_yuan(totals.owed_fen)}, "
          f"差额 difference {_yuan(totals.difference_fen)}")
    for kind, (zh, en) in KINDS.items():
        if count := totals.count.get(kind):
            print(f"  {zh} / {en}: {count}, {_yuan(totals.fen.get(kind, 0))}")
    for row in found.review[:_SHOWN]:
        print(f"  {row.source} 第 {row.row} 行 row: {row.column} {row.code} {row.value}")
    _differences(found)


def _differences(found: billing.Reconciliation) -> None:
    shown = 0
    for finding in found.findings():
        if finding.finding == "matched":
            continue
        shown += 1
        if shown > _SHOWN:
            print("  … 其余见 --json 和 --xlsx / the rest is in the files")
            return
        zh, en = REASONS[finding.reason]
        where = f"第 {finding.row} 行 row" if finding.row else "-"
        print(f"  {where} {finding.waybill_no} {KINDS[finding.finding][0]} "
              f"{_yuan(finding.fen)}: {zh} / {en}")


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _progress() -> billing.Progress | None:
    """Words on the terminal while a long month is read; none where nobody looks."""
    if not sys.stderr.isatty():
        return None
    return _say


def _say(what: str, done: int) -> None:
    print(f"\r{_STAGES[what]} {done}   ", end="", file=sys.stderr, flush=True)


COMMANDS = (
    Command("reconcile", "核对快递公司月账单 · check a carrier's monthly statement",
            _arguments, _reconcile,
            "station reconcile 申通2026年11月.xlsx --json out.json --xlsx differences.xlsx\n"
            "station reconcile bill.csv --carrier STO --month 2026-11 --shipments ours.json "
            "--json out.json"),
)
