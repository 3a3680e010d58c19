"""The commented station.toml that `station init` writes, and the table of settings for the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from decimal import Decimal
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from station.config.reading import about, key_of
from station.config.settings import About, Config

_HEAD = """\
# Packbench 打包台的设置。以 # 开头紧跟设置名的行是默认值，去掉 # 即可修改。
# Settings of this packing bench. A line "#name = value" shows the default; take the # away to change it.
# 改好后运行 station doctor 检查。When done, run: station doctor
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the settings tree: a table's header (``item`` None) or a setting in it."""

    path: str
    header: str
    about: About
    item: Field[Any] | None = None
    optional: bool = False


def commented_template(given: Mapping[str, object] | None = None) -> str:
    """The text of a new station.toml; ``given`` maps dotted keys to values that are not defaults."""
    chosen = dict(given or {})
    lines = [_HEAD]
    for entry in _walk(Config, "", optional=False):
        if entry.item is None:
            mark = "#" if entry.optional else ""
            lines += ["", f"# ── {entry.about.zh} · {entry.about.en}", f"{mark}{entry.header}"]
            continue
        lines.append(f"# {entry.about.zh} / {entry.about.en}{_allowed(entry.about)}")
        if entry.path in chosen:
            lines.append(f"{key_of(entry.item)} = {toml(chosen[entry.path])}")
        else:
            lines.append(f"#{key_of(entry.item)} = {_example(entry)}")
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """Every setting as Markdown: one table per section, key, default, meaning, allowed values."""
    lines: list[str] = []
    for entry in _walk(Config, "", optional=False):
        if entry.item is None:
            lines += ["", f"### `{entry.header}`", "", f"{entry.about.zh} · {entry.about.en}", "",
                      "| setting | default | meaning |", "| --- | --- | --- |"]
            continue
        default = entry.item.default
        shown = "" if default is None or default == "" else f"`{toml(default)}`"
        meaning = f"{entry.about.zh}<br>{entry.about.en}{_allowed(entry.about)}".replace("|", "\\|")
        lines.append(f"| `{key_of(entry.item)}` | {shown} | {meaning} |")
    return "\n".join(lines).strip() + "\n"


def setting_paths() -> list[str]:
    """The dotted name of every setting ("bench.scale.port")."""
    return [entry.path for entry in _walk(Config, "", optional=False) if entry.item]


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, ensure_ascii=False)


def _walk(kind: type[Any], where: str, *, optional: bool) -> Iterator[_Entry]:
    """Settings of a table before the tables inside it, as TOML asks."""
    hints = get_type_hints(kind)
    known = [(item, description) for item in fields(kind) if (description := about(item))]
    tables = []
    for item, description in known:
        inner = _table_in(hints[item.name])
        path = f"{where}.{key_of(item)}" if where else key_of(item)
        if inner is None:
            yield _Entry(path, "", description, item)
        else:
            tables.append((item, description, path, inner))
    for item, description, path, inner in tables:
        listed = get_origin(hints[item.name]) is tuple
        loose = optional or item.default_factory is MISSING
        yield _Entry(path, f"[[{path}]]" if listed else f"[{path}]", description, optional=loose)
        yield from _walk(inner, path, optional=loose)


def _table_in(hint: Any) -> type[Any] | None:
    """The dataclass of a table, list of tables or optional table; None for a plain setting."""
    for part in (hint, *get_args(hint)) if get_origin(hint) in (tuple, UnionType) else (hint,):
        if is_dataclass(part) and isinstance(part, type):
            return part
    return None


def _example(entry: _Entry) -> str:
    if entry.about.example:
        return entry.about.example
    return toml(entry.item.default) if entry.item else ""


def _allowed(description: About) -> str:
    if description.choices:
        return " [" + ", ".join(toml(choice) for choice in description.choices) + "]"
    if description.low is not None:
        return f" [{description.low}–{description.high}]"
    return ""
