"""Changing one bench's scale in station.toml: comments stay, a broken file is never written.

The new text is read back before it takes the old one's place: it must say exactly what the old one
said, but for the scale. It is written beside the file, flushed to the disk and renamed over it;
the text before stays as ``station.toml.good``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from station.config.reading import ConfigError, parse

GOOD = ".good"
"""What is put behind the file's name for the last text that was good."""

SCALE_KEYS = ("protocol", "port", "baudrate", "bytesize", "parity", "stopbits", "unit",
              "decimal_comma", "decimals")
"""The settings of a scale that finding it decides; the others stay as they are."""

_HEADER = re.compile(r"\s*\[{1,2}\s*([A-Za-z0-9_.-]+)\s*\]{1,2}\s*(?:#.*)?")
_BENCH = "bench"
_SCALE = "bench.scale"

Value = str | int


def set_scale(path: Path, bench: int, values: Mapping[str, Value]) -> None:
    """Write the scale of the bench with this number, counted from 0, into the file at ``path``.

    Keys of ``SCALE_KEYS`` that are not among ``values`` are taken out. Raises ConfigError, and then
    the file is as it was.
    """
    old = path.read_text(encoding="utf-8-sig")
    new = with_scale(old, bench, values, source=str(path))
    parse(new, path.parent, source=str(path))
    _put(path.with_name(path.name + GOOD), old, path)
    _put(path, new, path)


def with_scale(text: str, bench: int, values: Mapping[str, Value], source: str = "") -> str:
    """The text of a station.toml with another scale at one bench, all else as it stands.

    Raises ConfigError where the file is written in a way that cannot be changed line by line.
    """
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    new = "".join(_changed(lines, bench, values))
    if not _says_the_same(text, new, bench, values):
        raise ConfigError(
            "bench.scale", "这个文件不能自动改，请照着手写",
            "cannot be changed by the program here; write it by hand", source)
    return new


def _changed(lines: list[str], bench: int, values: Mapping[str, Value]) -> list[str]:
    heads = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.fullmatch(
        line.rstrip("\n")))]
    benches = [at for at, name in heads if name == _BENCH]
    if bench >= len(benches):
        return lines
    start = benches[bench]
    end = next((at for at, name in heads if at > start and not name.startswith("bench.")),
               len(lines))
    inner = [(at, name) for at, name in heads if start < at < end]
    scale = next((at for at, name in inner if name == _SCALE), None)
    if scale is None:
        place = _before_blanks(lines, start, inner[0][0] if inner else end)
        return [*lines[:place], "\n", "[bench.scale]\n", *_rows(values), *lines[place:]]
    stop = next((at for at, _ in inner if at > scale), end)
    return [*lines[:scale + 1], *_body(lines[scale + 1:stop], values), *lines[stop:]]


def _body(lines: list[str], values: Mapping[str, Value]) -> list[str]:
    """The lines of a scale's table, its managed keys set anew in their places."""
    left = dict(values)
    kept: list[str] = []
    for line in lines:
        key = line.partition("=")[0].strip()
        if "=" not in line or key not in SCALE_KEYS:
            kept.append(line)
        elif key in left:
            kept.append(_row(key, left.pop(key), _comment(line)))
    place = _before_blanks(kept, 0, len(kept))
    return [*kept[:place], *_rows(left), *kept[place:]]


def _before_blanks(lines: list[str], first: int, last: int) -> int:
    """Where a line is put in at the end of a block: before its blank and comment lines."""
    while last > first and (not lines[last - 1].strip() or lines[last - 1].lstrip()[:1] == "#"):
        last -= 1
    return last


def _comment(line: str) -> str:
    """The comment behind a value, if the value is plain enough to tell."""
    found = re.fullmatch(r'[^=]*=\s*(?:"[^"\\]*"|[\w.+-]+)(\s*#.*)\n', line)
    return found[1] if found else ""


def _rows(values: Mapping[str, Value]) -> list[str]:
    return [_row(key, values[key]) for key in SCALE_KEYS if key in values]


def _row(key: str, value: Value, comment: str = "") -> str:
    if isinstance(value, int):
        return f"{key} = {str(value).lower()}{comment}\n"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key} = "{quoted}"{comment}\n'


def _says_the_same(old: str, new: str, bench: int, values: Mapping[str, Value]) -> bool:
    """True if the new text differs from the old one in this scale's settings and nothing else."""
    try:
        before, after = _tree(old), _tree(new)
        wanted = before["bench"][bench].setdefault("scale", {})
        for key in SCALE_KEYS:
            wanted.pop(key, None)
        wanted.update(values)
    except (tomllib.TOMLDecodeError, KeyError, IndexError, TypeError, AttributeError):
        return False
    return before == after


def _tree(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _put(path: Path, text: str, like: Path) -> None:
    """Write a file whole or not at all, readable by whom ``like`` is."""
    half = path.with_name(path.name + ".part")
    with half.open("w", encoding="utf-8", newline="") as file:
        half.chmod(like.stat().st_mode & 0o777)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
