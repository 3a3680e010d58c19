"""`station backup` and `station restore`: copies of the database, and the way back to one."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from station.cli.command import OK, Command, refuse_empty, settings_of, takes_config
from station.config import Config
from station.db import backup, schema


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
    aside = backup.restore(config.database_url, path, config.backup_dir, now=datetime.now(UTC))
    print(f"已恢复 restored: {path}")
    if aside.exists():
        print(f"原来的留在 the former one is kept: {aside}")
    if not schema.standing(config.database_url).is_current:
        print("备份来自旧版本，请运行 / the copy is of an older version, run: station db upgrade")
    return OK


def _named(config: Config, file: Path) -> Path:
    return file if file.exists() else config.backup_dir / file.name


COMMANDS = (
    Command("backup", "备份数据库，不用停 · copy the database while it is in use",
            _backup_arguments, _backup, "station backup\nstation backup --list"),
    Command("restore", "从备份恢复；先停打包台 · go back to a copy; stop the station first",
            _restore_arguments, _restore, "station restore packbench-20261128T020000Z.db"),
)
