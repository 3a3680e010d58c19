"""Settings of what is kept from others: the keys of personal data, and what the log looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from station.config.about import About


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """The keys that seal names, phones, addresses and signatures; and how often they are shown."""

    key_file: Annotated[str, About(
        "密钥文件；空为放在数据库旁边。请另存一份副本，丢失后个人信息无法打开",
        "File of the keys; empty for beside the database. Keep a copy elsewhere: without it"
        " personal data cannot be opened", example='"/etc/packbench/packbench.key"',
    )] = ""
    reveals_an_hour: Annotated[int, About(
        "一个人一小时内显示买家信息超过几次就报警",
        "An alarm is raised when one person reveals more buyers than this within an hour",
        low=1, high=1000,
    )] = 20
    keep_files_days: Annotated[int, About(
        "自动导入的文件在 done、rejected 里保留多少天；里面有买家信息；0 为一直保留",
        "Days a file of the drop folder stays in done or rejected: it names buyers; 0 for ever",
        low=0, high=3660,
    )] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is written while the station runs. Phones, names and secrets are always taken out."""

    format: Annotated[str, About(
        "格式：给人看的文字，或每行一个 JSON", "Lines for people, or one JSON object per line",
        choices=("text", "json"),
    )] = "text"
    level: Annotated[str, About(
        "记录哪些", "How much is written", choices=("debug", "info", "warning", "error"),
    )] = "info"
    files: Annotated[int, About(
        "数据文件夹里保留几个日志文件（每个最多 5 MB）；0 为不写文件",
        "How many log files of at most 5 MB are kept in the data folder; 0 writes none",
        low=0, high=100,
    )] = 5
