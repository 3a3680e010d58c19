"""`station keys`: what seals personal data, and sealing everything anew."""

from __future__ import annotations

import argparse

from station.cli.command import FOUND, OK, Command, opened, settings_of, takes_config
from station.db import schema
from station.db.keys import Keyring
from station.services import sealing


def _keys_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(metavar="STEP", required=True)
    check = steps.add_parser("check", help="核对密钥与数据 · compare the keys with what they seal",
                             allow_abbrev=False)
    check.set_defaults(step=_check)
    rotate = steps.add_parser("rotate", help="换新密钥，全部重新加密 · seal everything anew",
                              allow_abbrev=False)
    rotate.add_argument(
        "--forget", action="store_true",
        help="删除旧密钥：旧备份中的个人信息从此打不开"
             " · let the old keys go: personal data in old backups can never be opened again")
    rotate.set_defaults(step=_rotate)
    for step in (check, rotate):
        takes_config(step)


def _keys(options: argparse.Namespace) -> int:
    return int(options.step(options))


def _check(options: argparse.Namespace) -> int:
    config = settings_of(options)
    with opened(config) as database:
        Keyring(config.key_file).check()
        found = database.read(sealing.standing)
    for key, count in found.by_key.items():
        print(f"密钥 key {key}: {count} 项 values")
    if found.clear:
        print(f"未加密 in clear: {found.clear}；请运行 run: station keys rotate")
    return FOUND if found.clear else OK


def _rotate(options: argparse.Namespace) -> int:
    config = settings_of(options)
    with opened(config) as database:
        keys = database.keys or Keyring(config.key_file)
        count = sealing.seal_anew(database, keys, forget=options.forget)
    schema.wipe(config.database_url)
    print(f"已重新加密 sealed anew: {count} 项 values, 密钥 key {keys.active}")
    print(f"请另存新的副本 keep a new copy: {config.key_file}")
    return OK


COMMANDS = (
    Command("keys", "个人信息的密钥 · the keys that seal personal data", _keys_arguments, _keys,
            "station keys check\nstation keys rotate      先停打包台 · stop the station first"),
)
