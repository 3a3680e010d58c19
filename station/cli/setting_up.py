"""`station init`: a commented station.toml and the webhook's secret beside it."""

from __future__ import annotations

import argparse
from pathlib import Path

from station.cli.command import OK, Command, Problem
from station.config import CONFIG_NAME, commented_template, new_webhook_secret, write_secret

_SECRET_NAME = "webhook.secret"  # noqa: S105 - a file's name


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(),
                        help="放在哪里 · where (default: here)")
    parser.add_argument("--shop", metavar="NAME", help="店铺名称 · the shop's name")
    parser.add_argument("--database", metavar="URL", help="数据库 · SQLite or PostgreSQL")


def _init(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    path = folder / CONFIG_NAME
    if path.exists():
        raise Problem(f"{path} 已存在，未改动 / is there already; nothing was changed")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _SECRET_NAME).exists():
        write_secret(folder / _SECRET_NAME, new_webhook_secret())
    given = {"station.shop": options.shop, "station.database": options.database,
             "webhook.secret_file": _SECRET_NAME}
    text = commented_template({key: value for key, value in given.items() if value})
    path.write_text(text, encoding="utf-8", newline="\n")
    where = "" if folder == Path() else f" -c {path}"
    print(f"已写好 written: {path}, {folder / _SECRET_NAME}")
    print("下一步 next: 填写 fill in [paper.sender] 寄件人 · [[bench]] 工作台")
    print(f"然后 then: station doctor{where} · station staff add{where} · station serve{where}")
    return OK


COMMANDS = (
    Command("init", "写一份带说明的设置文件 · write a commented station.toml", _arguments, _init,
            "station init                     在当前文件夹 · here\n"
            "station init shop --shop 我的小店  在 shop 文件夹 · in the folder shop"),
)
