"""`station keys` and `station privacy`: what seals personal data, and what is known of a buyer."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from station.cli.command import (
    FOUND,
    OK,
    Command,
    Misuse,
    Problem,
    opened,
    run_step,
    settings_of,
    steps_of,
)
from station.db import schema
from station.db.keys import Keyring
from station.domain.refusals import Refusal
from station.services import bill_files, chores, erasure, requests, sealing


def _keys_arguments(parser: argparse.ArgumentParser) -> None:
    step = steps_of(parser)
    step("check", "核对密钥与数据 · compare the keys with what they seal", _check)
    rotate = step("rotate", "换新密钥，全部重新加密 · seal everything anew", _rotate)
    rotate.add_argument(
        "--forget", action="store_true",
        help="删除旧密钥：旧备份中的个人信息从此打不开"
             " · let the old keys go: personal data in old backups can never be opened again")


def _check(options: argparse.Namespace) -> int:
    config = settings_of(options)
    with opened(config) as database:
        Keyring(config.key_file).check()
        found = database.read(sealing.standing)
    for key, count in found.by_key.items():
        print(f"密钥 key {key}: {count} 项 values")
    clear = found.clear + len(bill_files.in_clear(config.data_dir / "bills"))
    if clear:
        print(f"未加密 in clear: {clear}；请运行 run: station keys rotate")
    return FOUND if clear else OK


def _rotate(options: argparse.Namespace) -> int:
    config = settings_of(options)
    with opened(config) as database:
        keys = database.keys or Keyring(config.key_file)
        count = sealing.seal_anew(database, keys, forget=False)
        files = bill_files.seal_anew(config.data_dir / "bills", keys)
        if options.forget:
            keys.forget_others()
    schema.wipe(config.database_url)
    print(f"已重新加密 sealed anew: {count} 项 values, {files} 个文件 files,"
          f" 密钥 key {keys.active}")
    print(f"请另存新的副本 keep a new copy: {config.key_file}")
    return OK


def _privacy_arguments(parser: argparse.ArgumentParser) -> None:
    step = steps_of(parser)
    export = step("export", "导出一个人的信息 · write what is known of a person", _export)
    export.add_argument("file", type=Path, metavar="FILE", help="新的 JSON 文件 · a new JSON file")
    erase = step("erase", "销毁一个人的信息 · destroy what is known of a person", _erase)
    erase.add_argument("--who", required=True, metavar="NAME", help="经办人 · who does it")
    erase.add_argument("--reason", required=True, metavar="TEXT", help="原因 · why")
    for each in (export, erase):
        each.add_argument("--phone", default="", metavar="PHONE", help="他的电话 · his phone")
        each.add_argument("--order", default="", metavar="NO", help="他的订单号 · his order")


def _export(options: argparse.Namespace) -> int:
    with opened(settings_of(options)) as database:
        ids = database.read(_person(options))
        try:
            descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Problem(f"{options.file} 已存在，未改动 / is there already") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            told = database.write(partial(
                requests.hand_out, parcel_ids=ids, who="station", now=datetime.now(UTC)))
            json.dump(told, file, ensure_ascii=False, indent=1)
    print(f"已导出 exported: {len(ids)} 个包裹 parcels, {options.file}")
    return OK


def _erase(options: argparse.Namespace) -> int:
    with opened(settings_of(options)) as database:
        ids = database.read(_person(options))
        done = database.write(partial(
            erasure.erase, parcel_ids=ids, who=options.who, reason=options.reason,
            now=datetime.now(UTC)))
        if isinstance(done, Refusal):
            raise Problem(options.say(str(done.code), done.facts))
        emptied = chores.empty_log(database)
    counts = ", ".join(f"{name} {count}" for name, count in done.counts.items())
    print(f"已销毁，销毁记录 destroyed, record {done.id}: {counts}")
    if not emptied:
        print("数据库日志正被使用，运行中的打包台会再清 · the database's log is in use:"
              " the running station empties it")
    print("旧备份里的还在 · older backups still hold it: station keys rotate --forget")
    return OK


def _person(options: argparse.Namespace) -> partial[list[int]]:
    if not options.phone and not options.order:
        raise Misuse("要写 --phone 或 --order / give --phone or --order")
    return partial(erasure.parcels_of, phone=options.phone, order_no=options.order)


COMMANDS = (
    Command("privacy", "一个买家的个人信息 · one buyer's personal data", _privacy_arguments,
            run_step,
            "station privacy export --phone 13900000101 his.json\n"
            "station privacy erase --order 2617 --who 王经理 --reason 本人要求"),
    Command("keys", "个人信息的密钥 · the keys that seal personal data", _keys_arguments, run_step,
            "station keys check\nstation keys rotate      先停打包台 · stop the station first"),
)
