"""`station backup` and `station restore`: copies of the database, and the way back to one."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from station.cli.command import (
    OK,
    Command,
    opened,
    refuse_empty,
    settings_of,
    takes_config,
)
from station.config import Config
from station.db import backup, schema
from station.db.keys import KeyTrouble
from station.services import chores, erasure


def _backup_arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("--list", action="store_true",
                        help="只列出已有的备份 · only list the copies there are")


def _backup(options: argparse.Namespace) -> int:
    config = settings_of(options)
    if not options.list:
        refuse_empty(config)
        made = backup.make(config.database_url, config.backup_dir, now=datetime.now(UTC))
        print(f"已备份并核对 copied and read again: {made.path}")
        print(f"密钥另存一份，没有它备份打不开 keep its key elsewhere, too: {config.key_file}")
        backup.prune(config.backup_dir, config.backup.keep)
        return OK
    for copy in backup.copies(config.backup_dir):
        print(f"{copy.at:%Y-%m-%d %H:%M:%S}Z  {copy.path.stat().st_size:>12,}  {copy.path}")
    return OK


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("file", type=Path,
                        help="备份文件，或它在备份文件夹里的名字"
                             " · the copy, or its name in the backup folder")


def _restore(options: argparse.Namespace) -> int:
    config = settings_of(options)
    path = _named(config, options.file)
    before = _forgotten(config)
    aside = backup.restore(config.database_url, path, config.backup_dir, now=datetime.now(UTC))
    print(f"已恢复 restored: {path}")
    if aside.exists():
        print(f"原来的留在 the former one is kept: {aside}")
    if not schema.standing(config.database_url).is_current:
        print("备份来自旧版本，请运行 / the copy is of an older version, run: station db upgrade")
        if before:
            print(f"升级后请重新销毁 then erase again: {_orders(before)}")
        return OK
    if before is None:
        print("原来的销毁记录读不出来：备份之后销毁过的人，请重新销毁"
              " · the former records of erasures cannot be read: whoever was erased after the copy"
              " must be erased again")
    else:
        _forget_again(config, before)
    return OK


def _forgotten(config: Config) -> list[erasure.Forgotten] | None:
    """The destructions on record in the database that is about to go; None if nobody can tell."""
    try:
        if schema.is_empty(config.database_url):
            return []
        with opened(config) as database:
            return database.read(erasure.forgotten)
    except (SQLAlchemyError, KeyTrouble, UnicodeDecodeError, ValueError):
        return None


def _forget_again(config: Config, before: list[erasure.Forgotten]) -> None:
    """Nobody who was erased comes back with an older copy."""
    if not before:
        return
    with opened(config) as database:
        count = database.write(
            partial(erasure.forget_again, records=before, now=datetime.now(UTC)))
        chores.empty_log(database)
    if count:
        print(f"备份之后销毁过的 {count} 个包裹，已重新销毁"
              f" · {count} parcels that were erased after the copy were erased again")


def _orders(records: list[erasure.Forgotten]) -> str:
    return ", ".join(sorted({order for each in records for order in each.orders}))


def _named(config: Config, file: Path) -> Path:
    return file if file.exists() else config.backup_dir / file.name


COMMANDS = (
    Command("backup", "备份数据库，不用停 · copy the database while it is in use",
            _backup_arguments, _backup, "station backup\nstation backup --list"),
    Command("restore", "从备份恢复；先停打包台 · go back to a copy; stop the station first",
            _restore_arguments, _restore, "station restore packbench-20261128T020000Z.db"),
)
