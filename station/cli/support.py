"""`station support`: one file for whoever helps from afar, with nothing personal in it.

Settings are shown only where they are numbers, switches or one of a list: what somebody typed may
be a name, a path with one in it, or a secret. All other text goes through the log's redaction.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Annotated, Any, get_origin, get_type_hints

from sqlalchemy.exc import SQLAlchemyError

from drivers.port import shown
from station import log
from station.bootstrap import utc_now
from station.cli import doctor
from station.cli.command import LOG_NAME, OK, Command, opened, settings_of, takes_config
from station.config import Config
from station.config.about import About
from station.db import schema
from station.db.keys import KeyTrouble
from station.services import gauges

_LINES = 5000
_PLACES = ("loop://", "com", "/dev/tty", "/dev/hid", "/dev/usb", "/dev/video")
"""How the addresses begin that name a place at the computer and nothing else."""

_NAMES_OF_OURS = ("protocol", "model")
_SET = "(set)"
Shown = bool | int | str | list[Any] | dict[str, Any] | None


def bundle(config: Config, *, now: datetime) -> Iterator[tuple[str, str]]:
    """The files of the bundle by their names, each made when it is asked for."""
    yield "about.json", _json(_about(now))
    yield "settings.json", _json(settings(config))
    yield "database.json", _json(_database(config))
    yield "log.txt", _text(config, log.last_lines(config.data_dir, _LINES))
    yield "errors.txt", _text(config, _errors(config))
    yield "doctor.txt", _text(config, [str(finding) for finding in doctor.examine(config)])


def settings(part: Any) -> dict[str, Shown]:
    """Every setting by its name: what is a default, chosen or counted as it is, else only if any.

    A device's address is shown where it names a place at this computer, else by its kind.
    """
    hints = get_type_hints(type(part), include_extras=True)
    found: dict[str, Shown] = {}
    for field in fields(part):
        if get_origin(hints[field.name]) is Annotated:
            about: About = hints[field.name].__metadata__[0]
            value = getattr(part, field.name)
            found[about.key or field.name] = (
                value if value == field.default and isinstance(value, str)
                else _shown(field.name, value, about))
    return found


def _shown(name: str, value: Any, about: About) -> Shown:
    if is_dataclass(value):
        return settings(value)
    if isinstance(value, tuple):
        return [_shown(name, each, about) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal) or value in about.choices or name in _NAMES_OF_OURS:
        return str(value)
    return _place(str(value)) if name == "port" else _SET if value else ""


def _place(address: str) -> str:
    """An address of a device without names, passwords and serial numbers."""
    if address.lower().startswith(_PLACES):
        return log.redact(address.partition("?")[0])
    scheme, mark, _ = address.partition("://")
    return f"{scheme}{mark}…" if mark else "…"


def _about(now: datetime) -> dict[str, Any]:
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    return {
        "at": now.isoformat(timespec="seconds"), "python": sys.version,
        "system": platform.system(), "release": platform.release(),
        "machine": platform.machine(), "sqlite": sqlite3.sqlite_version,
        "packages": dict(sorted(packages.items())),
    }


def _database(config: Config) -> dict[str, Any]:
    """How the tables stand to this version, and how many rows each has; or what went wrong."""
    try:
        if schema.is_empty(config.database_url):
            return {"tables": {}}
        found = schema.standing(config.database_url)
        told: dict[str, Any] = {
            "revision": found.revision, "head": found.head, "differences": found.differences,
        }
        with opened(config) as database:
            told["tables"] = database.read(gauges.rows_of_tables)
            told["kind"] = database.engine.dialect.name
            told["gauges"] = asdict(database.read(partial(gauges.measure, now=utc_now())))
    except (SQLAlchemyError, KeyTrouble, OSError) as error:
        return {"trouble": type(error).__name__}
    return told


def _errors(config: Config) -> list[str]:
    """What commands noted of their own mistakes: kinds and places in the code."""
    path = config.base_dir / LOG_NAME
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:]


def _text(config: Config, lines: list[str]) -> str:
    """Lines without anything personal: phones, secrets, folders and ports with names."""
    names = {str(config.base_dir.absolute()): ".", str(Path.home()): "~", **_ports(config)}
    return "".join(f"{log.redact(_without(line, names))}\n" for line in lines)


def _ports(config: Config) -> dict[str, str]:
    found: dict[str, str] = {}
    for bench in config.benches:
        for device in (
            bench.scale, bench.printer, bench.slip_printer, bench.camera, *bench.scanners
        ):
            if device is not None:
                found |= {name: _place(device.port) for name in (device.port, shown(device.port))}
    return found


def _without(line: str, names: Mapping[str, str]) -> str:
    for name, short in names.items():
        line = line.replace(name, short) if len(name) > 1 else line
    return line


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _support_arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="存到文件 · the file to write")


def _support(options: argparse.Namespace) -> int:
    config, now = settings_of(options), datetime.now(UTC)
    path = options.out or Path(f"packbench-support-{now:%Y%m%dT%H%M%SZ}.zip")
    doctor.quiet()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(
            file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in bundle(config, now=now):
            made.writestr(name, text)
            print(f"{name}: {len(text.encode())} bytes", flush=True)
    print(f"已写好，里面没有顾客信息 written, with nothing of any customer in it: {path}")
    return OK


COMMANDS = (
    Command("support", "打包诊断信息，不含个人信息 · one file for a helper, nobody's data in it",
            _support_arguments, _support, "station support\nstation support --out help.zip"),
)
