"""`station staff` and `station key`: who works here, and which programs may ask for things."""

from __future__ import annotations

import argparse
import getpass
import sys
import warnings
from functools import partial
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from station.bootstrap import utc_now
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
from station.cli.database import make_ready
from station.config import write_secret
from station.db.models import Staff
from station.db.session import Database
from station.domain.refusals import Refusal
from station.domain.rights import Role
from station.services import people, pins, sessions, staff


def _staff_arguments(parser: argparse.ArgumentParser) -> None:
    step = steps_of(parser)
    add = step("add", "添加员工 · take somebody in", _add_staff)
    add.add_argument("name", metavar="NAME", help="姓名 · the name")
    add.add_argument("--role", choices=[str(role) for role in staff.Role], default="packer",
                     help="角色 · what they may do (default: packer)")
    add.add_argument("--badge", required=True, metavar="CODE", help="工号牌条码 · the badge's code")
    _takes_pin(add)
    step("list", "列出员工 · list the staff", _list_staff)
    freed = step("unlock", "解锁 PIN · let somebody try again", _unlock)
    freed.add_argument("name", metavar="NAME", help="姓名 · the name")
    renewed = step("pin", "换 PIN · give somebody a new PIN", _give_pin)
    renewed.add_argument("name", metavar="NAME", help="姓名 · the name")
    _takes_pin(renewed)


def _takes_pin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pin-from-input", action="store_true",
                        help="从标准输入读 PIN · read the PIN from standard input")


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


def _unlock(options: argparse.Namespace) -> int:
    with opened(settings_of(options)) as database:
        staff_id = _named(database, options.name)
        database.write(partial(pins.unlock, staff_id=staff_id, now=utc_now(), who="station"))
    print(f"已解锁 unlocked: {options.name}")
    return OK


def _give_pin(options: argparse.Namespace) -> int:
    try:
        pin_hash = staff.hash_pin(_pin(asked=not options.pin_from_input))
    except ValueError as error:
        raise Problem(str(error)) from None
    with opened(settings_of(options)) as database:
        staff_id = _named(database, options.name)
        database.write(partial(
            people.give_pin, staff_id=staff_id, pin_hash=pin_hash, now=utc_now(), who="station"))
    print(f"已换 PIN，所有电脑上已退出 a new PIN, signed out everywhere: {options.name}")
    return OK


def _named(database: Database, name: str) -> int:
    """The id of the person of this name."""
    found = database.read(lambda session: session.scalar(
        select(Staff.id).where(Staff.name == name, Staff.active)))
    if found is None:
        raise Problem(f"没有这个员工 nobody of this name works here: {name}")
    return found


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    step = steps_of(parser)
    add = step("add", "给程序一把密钥 · give a program a key", _add_key)
    add.add_argument("name", metavar="NAME", help="程序名 · the program's name")
    add.add_argument("--role", choices=[str(role) for role in sessions.PROGRAM_ROLES],
                     default="packer", help="权限同哪个角色 · whose rights it has (packer)")
    add.add_argument("--file", type=Path, metavar="FILE",
                     help="写进新文件（只有本人可读） · write it to a new file, for its owner only")
    end = step("end", "收回密钥 · make a key worthless", _end_key)
    end.add_argument("name", metavar="NAME", help="程序名 · the program's name")
    step("list", "列出密钥 · list the keys", _list_keys)


def _add_key(options: argparse.Namespace) -> int:
    config = settings_of(options)
    if options.file is not None and options.file.exists():
        raise Problem(f"{options.file} 已存在，未改动 / is there already; nothing was changed")
    make_ready(config)
    with opened(config) as database:
        key = database.write(lambda session: sessions.make_key(
            session, options.name, Role(options.role), now=utc_now(), who="station"))
    assert not isinstance(key, Refusal)  # noqa: S101 - the roles offered are those that may
    if options.file is None:
        print(key)
        return OK
    write_secret(options.file, key)
    print(f"已写入 written: {options.file} ({options.role})")
    return OK


def _end_key(options: argparse.Namespace) -> int:
    with opened(settings_of(options)) as database:
        ended = database.write(lambda session: sessions.end_key(
            session, options.name, now=utc_now(), who="station"))
    words = "已收回 ended" if ended else "没有这把密钥 there is no key of this name"
    print(f"{words}: {options.name}")
    return OK if ended else FOUND


def _list_keys(options: argparse.Namespace) -> int:
    with opened(settings_of(options)) as database:
        for name, role, at in database.read(sessions.keys):
            print(f"{name}  {role}  {at:%Y-%m-%d}")
    return OK


COMMANDS = (
    Command("staff", "员工与 PIN · who works here", _staff_arguments, run_step,
            "station staff add 张三 --badge 007 --role manager\n"
            "station staff unlock 张三   PIN 错得太多时 · after too many wrong PINs"),
    Command("key", "程序的密钥 · keys of programs", _key_arguments, run_step,
            "station key add robot --role keeper --file robot.key\n"
            "程序发送 the program sends: Authorization: Bearer pbkey_…"),
)
