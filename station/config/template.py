"""The commented station.toml that `station init` writes, and the table of settings for the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from decimal import Decimal
from typing import Any

from station.config.about import About
from station.config.reading import Entry, entries
from station.config.settings import Config

_HEAD = """\
# Packbench 打包台的设置。以 # 开头紧跟设置名的行是默认值，去掉 # 即可修改。
# Settings of this packing bench. A line "#name = value" shows a default; remove # to change it.
# 改好后运行 station doctor 检查。When done, run: station doctor
"""


@dataclass(frozen=True, slots=True)
class _Line:
    """One place in the settings tree: a table's header, or a setting in it."""

    path: str
    entry: Entry
    optional: bool

    @property
    def header(self) -> str:
        return f"[[{self.path}]]" if self.entry.listed else f"[{self.path}]"


def commented_template(given: Mapping[str, object] | None = None) -> str:
    """The text of a new station.toml; ``given`` maps dotted keys to values to be set at once."""
    chosen = dict(given or {})
    lines = [_HEAD]
    for line in _walk(Config, "", optional=False):
        words = f"{line.entry.about.zh} / {line.entry.about.en}"
        if line.entry.is_table:
            lines += ["", f"# ── {words}", ("#" if line.optional else "") + line.header]
            continue
        lines.append(f"# {words}{_allowed(line.entry.about)}")
        if line.path in chosen:
            lines.append(f"{line.entry.key} = {toml(chosen[line.path])}")
        else:
            lines.append(f"#{line.entry.key} = {_example(line.entry)}")
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """Every setting as Markdown, a table per section: key, default, meaning, allowed values."""
    lines: list[str] = []
    for line in _walk(Config, "", optional=False):
        about = line.entry.about
        if line.entry.is_table:
            lines += ["", f"### `{line.header}`", "", f"{about.zh} · {about.en}", "",
                      "| setting | default | meaning |", "| --- | --- | --- |"]
            continue
        default = line.entry.item.default
        shown = "" if default in (None, "", ()) else f"`{toml(default)}`"
        meaning = f"{about.zh}<br>{about.en}{_allowed(about)}"
        lines.append(f"| `{line.entry.key}` | {shown} | {meaning} |")
    return "\n".join(lines).strip() + "\n"


def setting_paths() -> list[str]:
    """The dotted name of every setting ("bench.scale.port")."""
    return [line.path for line in _walk(Config, "", optional=False) if not line.entry.is_table]


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _walk(settings: type[Any], where: str, *, optional: bool) -> Iterator[_Line]:
    """Settings of a table before the tables inside it, as TOML asks."""
    for entry in sorted(entries(settings), key=lambda entry: entry.is_table):
        path = f"{where}.{entry.key}" if where else entry.key
        loose = optional or (entry.is_table and entry.item.default_factory is MISSING)
        yield _Line(path, entry, loose)
        if entry.is_table:
            yield from _walk(entry.kind, path, optional=loose)


def _example(entry: Entry) -> str:
    return entry.about.example or toml(entry.item.default)


def _allowed(about: About) -> str:
    if about.choices:
        return " [" + ", ".join(toml(choice) for choice in about.choices) + "]"
    if about.low is not None:
        return f" [{about.low}–{about.high}]"
    return ""
