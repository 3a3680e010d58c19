"""`station db` and `station verify`: the tables, and the chains of history."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.engine import make_url

from station.cli.command import (
    FOUND,
    OK,
    Command,
    Problem,
    opened,
    settings_of,
    takes_config,
)
from station.config import Config
from station.db import backup, schema
from station.db.keys import Keyring
from station.head_jobs import read_lines
from station.services import heads, history, photographs, signing

_SHORTEST = 8  # digits of a digest on paper
_PROBLEMS = {
    "changed": "被改动 changed",
    "missing": "缺少 missing",
    "cut": "末尾被截 its end is cut off",
    "unknown_chain": "没有登记 not on the list of chains",
    "rewritten": "整段被重写，与签名不符 all written anew: not what was signed",
    "head_missing": "链头缺失 a signed head is missing",
    "head_cut": "数据库丢了已签名的链头 the database has lost a signed head that the file has",
    "head_not_in_file": "文件里没有这个链头 the file lacks this signed head",
    "head_differs": "数据库与文件的链头不同 database and file differ",
    "head_changed": "链头被改动 a signed head was changed",
    "head_unreadable": "文件里的这一行读不懂 this line of the file cannot be read",
    "not_printed": "没有以此开头的链头 no signed head begins like the one on paper",
}


def make_ready(config: Config) -> None:
    """Look at the file, make tables and keys of a new database, look whether an old one will do.

    Raises Problem if the tables must be upgraded first, KeyTrouble if the keys are not theirs.
    """
    refuse_damaged(config)
    found = schema.standing(config.database_url)
    keys = Keyring(config.key_file)
    if found.revision is None:
        schema.upgrade(config.database_url, keys=keys)
        keys.make()
    elif not found.is_current:
        raise Problem("数据表不是最新：运行 station db upgrade（会先备份）"
                      " / the tables are of another version: run station db upgrade,"
                      " which makes a backup first")
    with opened(config):
        keys.check()


def refuse_damaged(config: Config) -> None:
    """Raise Problem if the file is damaged, or gone while copies of it are there."""
    last = next((copy.path for copy in backup.copies(config.backup_dir)), None)
    way = f"station restore {last}" if last else "station restore FILE"
    wrong = backup.damage(config.database_url)
    if wrong:
        raise Problem(f"数据库文件损坏，用备份恢复：{way}"
                      f" / the database is damaged ({wrong}): {way}")
    if last and last.name.startswith(backup.SCHEDULED) and schema.is_empty(config.database_url):
        raise Problem(f"数据库不见了，但有备份：{way}；要从头开始，先运行 station db upgrade"
                      f" / the database is gone and there are copies of it: {way};"
                      " to begin anew: station db upgrade")


def _db_arguments(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(metavar="STEP", required=True)
    for name, words, step in (
        ("upgrade", "建立或升级数据表 · make or upgrade the tables", _upgrade),
        ("check", "核对数据表，不改动 · compare the tables and change nothing", _check),
    ):
        sub = steps.add_parser(name, help=words, description=words, allow_abbrev=False)
        takes_config(sub)
        sub.set_defaults(step=step)


def _db(options: argparse.Namespace) -> int:
    return int(options.step(settings_of(options)))


def _upgrade(config: Config) -> int:
    _copy_before(config)
    before = schema.upgrade(config.database_url, keys=Keyring(config.key_file))
    after = schema.standing(config.database_url).revision
    change = f"{before or '-'} -> {after}" if before != after else f"已是最新 up to date ({after})"
    print(f"{_shown(config)}: {change}")
    return OK


def _copy_before(config: Config) -> None:
    """A copy of what is about to be changed, unless there is nothing to change."""
    if schema.is_empty(config.database_url):
        return
    found = schema.standing(config.database_url)
    if found.revision is None or found.is_current:
        return
    made = backup.make(config.database_url, config.backup_dir, now=datetime.now(UTC),
                       kind=f"before-upgrade-{found.revision}")
    print(f"备份 backup: {made.path}")


def _check(config: Config) -> int:
    found = schema.standing(config.database_url)
    if found.is_current:
        print(f"{_shown(config)}: 正常 right ({found.revision})")
        return OK
    if found.revision != found.head:
        print(f"{_shown(config)}: {found.revision or '-'}, 需要 needs {found.head}; "
              "请运行 run: station db upgrade")
    for difference in found.differences:
        print(f"{_shown(config)}: {difference}")
    return FOUND


def _shown(config: Config) -> str:
    return make_url(config.database_url).render_as_string(hide_password=True)


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("--chain", metavar="NAME",
                        help="只查一条 · only this one, such as parcel:12 or handover:3")
    parser.add_argument("--head", metavar="DIGEST", type=_printed,
                        help="交接单上“签”后的号码 · the digest behind 签 on a hand-over's list")


def _printed(text: str) -> str:
    """The digest as it stands on paper, with or without its number: "#12 ab12cd34…"."""
    digest = text.rsplit(maxsplit=1)[-1].lower() if text.split() else ""
    if len(digest) < _SHORTEST or not set(digest) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError("至少 8 位，只有 0-9 a-f · 8 or more of 0-9 a-f")
    return digest


def _verify(options: argparse.Namespace) -> int:
    config = settings_of(options)
    with opened(config) as database:
        proven = database.read(partial(
            heads.prove, outside=read_lines(config.heads_file), printed=options.head or ""))
        breaks = [*(proven.breaks if options.chain is None else ()), *database.read(
            lambda session: list(history.verify(session, options.chain, proven.claims)))]
        if options.chain and not breaks and not database.read(
                partial(history.is_chain, name=options.chain)):
            raise Problem(f"没有这条记录 {options.chain} / there is no chain of this name")
        altered, unsealed = ([], []) if options.chain else database.read(lambda session: (
            list(photographs.damaged(session)), list(signing.broken_seals(session))))
    for broken in breaks:
        words = _PROBLEMS.get(broken.problem, broken.problem)
        rows = f"{broken.seq}–{broken.until}" if broken.until > broken.seq else str(broken.seq)
        print(f"{broken.chain} 第 {rows} 条 row {rows}: {words}")
    for shot in altered:
        print(f"照片 photograph {shot.id} (parcel:{shot.parcel_id}):"
              " 与拍摄时不同 / is not what was taken")
    for parcel, number in unsealed:
        print(f"parcel:{parcel} 运单 waybill {number}: 内容与打包员签名时不同"
              " / is not what its packer signed")
    if not breaks:
        print(f"{options.chain or '全部记录 all chains'}: 完整 unbroken")
    if proven.count and not breaks and options.chain is None:
        print(f"签名的链头 signed heads: {proven.count}")
    return FOUND if breaks or altered or unsealed else OK


COMMANDS = (
    Command("db", "数据表 · the database's tables", _db_arguments, _db,
            "station db upgrade\nstation db check"),
    Command("verify", "核对历史记录未被改动 · prove that no record of the history was changed",
            _verify_arguments, _verify, "station verify\nstation verify --chain parcel:12"),
)
