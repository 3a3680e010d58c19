"""From text to `Config`: every key and value is checked; each complaint says what would do."""

from __future__ import annotations

import base64
import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast, get_args, get_origin, get_type_hints

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from station.config.about import About
from station.config.settings import Bench, Carriers, Config

CONFIG_NAME = "station.toml"

_DATABASES = ("sqlite", "postgresql+psycopg")

_KINDS: dict[type, tuple[str, str]] = {
    bool: ("true 或 false", "true or false"),
    int: ("整数", "a whole number"),
    Decimal: ("数字", "a number"),
    str: ("引号中的文字", "text in quotes"),
}


class ConfigError(Exception):
    """station.toml cannot be used. ``where`` is the key's dotted path; the message is one line.

    ``more`` holds the complaints about other keys of the same file, each a line of its own.
    """

    more: tuple[ConfigError, ...] = ()

    def __init__(self, where: str, zh: str, en: str, source: str = CONFIG_NAME) -> None:
        place = f"{source}: {where}: " if where else f"{source}: "
        super().__init__(f"{place}{zh} / {en}")
        self.where, self.zh, self.en, self.source = where, zh, en, source


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting or table of a settings class, as its field declares it.

    ``kind`` is the type of a plain value, of a list's members, or a table's settings class.
    """

    item: Field[Any]
    about: About
    kind: type[Any]
    listed: bool

    @property
    def key(self) -> str:
        """The name in station.toml."""
        return self.about.key or self.item.name

    @property
    def is_table(self) -> bool:
        """True for a table or a list of tables."""
        return is_dataclass(self.kind)


def entries(settings: type[Any]) -> list[Entry]:
    """The settings of one class in their order, those without a default of their own last."""
    hints = get_type_hints(settings, include_extras=True)
    found = []
    for item in fields(settings):
        hint, *extras = get_args(hints[item.name]) or (None,)
        if not extras or not isinstance(extras[0], About):
            continue
        listed = get_origin(hint) is tuple
        kind = next(part for part in get_args(hint) or (hint,) if part is not type(None))
        found.append(Entry(item, extras[0], kind, listed))
    return sorted(found, key=lambda entry: entry.item.default is None)


def load(path: Path) -> Config:
    """Read the file at ``path``. Raises ConfigError if it is not there or not right."""
    config = parse(_text(path), path.absolute().parent, source=str(path))
    return replace(config, path=path.absolute())


def parse(text: str, base_dir: Path, source: str = CONFIG_NAME) -> Config:
    """Read the text of a station.toml; relative paths start at ``base_dir``."""
    tree = _tree(text, source)
    _refuse_strangers(list(_strangers(Config, tree, "")), source)
    try:
        config = replace(cast("Config", _read_table(Config, tree, "")), base_dir=base_dir)
        _check_database(config.station.database)
        _check_secret(config)
        _check_benches(config.benches)
        _check_carriers(config.carriers)
    except ConfigError as problem:
        raise ConfigError(problem.where, problem.zh, problem.en, source) from None
    return config


def read_toml(path: Path) -> dict[str, Any]:
    """Read another TOML file that a setting names, numbers with a point as Decimal."""
    return _tree(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        hint = ("；先运行 station init", "; run station init first")
        zh, en = hint if path.name == CONFIG_NAME else ("", "")
        raise ConfigError("", f"没有这个文件{zh}", f"no such file{en}", str(path)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError("", f"无法读取（须为 UTF-8）：{problem}",
                          f"cannot be read as UTF-8: {problem}", str(path)) from None


def _tree(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError("", f"格式不对：{problem}", f"is not TOML: {problem}", source) from None


def _read_table(settings: type[Any], tree: Mapping[str, Any], where: str) -> Any:
    known = {entry.key: entry for entry in entries(settings)}
    for key, entry in known.items():
        if entry.about.filled and entry.item.default == "" and key not in tree:
            raise ConfigError(_dotted(where, key), "缺少此项", f"is missing: {entry.about.en}")
    return settings(**{known[key].item.name: _read_value(known[key], value, _dotted(where, key))
                       for key, value in tree.items()})


def _refuse_strangers(found: list[ConfigError], source: str) -> None:
    """Tell every misspelt key at once, so that a file is mended in one go."""
    if found:
        named = [ConfigError(one.where, one.zh, one.en, source) for one in found]
        first = named[0]
        first.more = tuple(named[1:])
        raise first


def _strangers(settings: type[Any], tree: Mapping[str, Any], where: str) -> Iterator[ConfigError]:
    """A complaint about each key, at any depth, that no settings class knows."""
    known = {entry.key: entry for entry in entries(settings)}
    for key, value in tree.items():
        path = _dotted(where, key)
        if key not in known:
            yield _unknown(path, key, list(known))
        elif known[key].is_table:
            for inner, place in _tables_in(value, path):
                yield from _strangers(known[key].kind, inner, place)


def _tables_in(value: Any, where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The tables of a value with their places; a value of another kind is told when it is read."""
    if isinstance(value, dict):
        yield value, where
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            if isinstance(item, dict):
                yield item, f"{where}[{number}]"


def _unknown(where: str, key: str, known: list[str]) -> ConfigError:
    near = difflib.get_close_matches(key.lower(), [name.lower() for name in known], 1, 0.5)
    if near:
        name = next(name for name in known if name.lower() == near[0])
        zh, en = f"没有这个设置，是否要写 {name}？", f"no such setting; did you mean {name}?"
    else:
        listed = ", ".join(known)
        zh, en = f"没有这个设置，这里可以写：{listed}", f"no such setting; here may stand: {listed}"
    return ConfigError(where, zh, en)


def _read_value(entry: Entry, value: Any, where: str) -> Any:
    if not entry.listed:
        return _read_one(entry, value, where)
    if not isinstance(value, list):
        if entry.is_table:
            raise ConfigError(where, f"应写成 [[{where}]] 段", f"write each as a block [[{where}]]")
        raise ConfigError(where, '应为列表 ["…", "…"]', 'must be a list ["…", "…"]')
    return tuple(_read_one(entry, item, f"{where}[{number}]")
                 for number, item in enumerate(value, 1))


def _read_one(entry: Entry, value: Any, where: str) -> Any:
    if not entry.is_table:
        return _read_plain(entry, value, where)
    if not isinstance(value, dict):
        raise ConfigError(where, f"应为表格 [{where}]", f"must be a table [{where}]")
    return _read_table(entry.kind, value, where)


def _read_plain(entry: Entry, value: Any, where: str) -> Any:
    if entry.kind is Decimal and type(value) is int:
        value = Decimal(value)
    if type(value) is not entry.kind:
        zh, en = _KINDS[entry.kind]
        raise ConfigError(where, f"应为{zh}", f"must be {en}, not {_shown(value)}")
    _check_plain(entry.about, value, where)
    return value


def _check_plain(allowed: About, value: Any, where: str) -> None:
    if allowed.choices and value not in allowed.choices:
        listed = ", ".join(_shown(choice) for choice in allowed.choices)
        raise ConfigError(where, f"可选：{listed}",
                          f"must be one of {listed}, not {_shown(value)}")
    if allowed.filled and not value.strip():
        raise ConfigError(where, "不能为空", "must not be empty")
    if isinstance(value, str) and not value.isprintable():
        raise ConfigError(where, "不能含控制字符", "must not hold control characters")
    if allowed.low is not None and not _within(allowed.low, allowed.high, value):
        raise ConfigError(where, f"范围 {allowed.low}–{allowed.high}",
                          f"must be from {allowed.low} to {allowed.high}, not {value}")


def _within(low: Any, high: Any, value: Any) -> bool:
    """Whether a number lies in its range; inf and nan lie in none."""
    return Decimal(value).is_finite() and low <= value <= high


def _check_database(url: str) -> None:
    try:
        driver = make_url(url).drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver not in _DATABASES:
        raise ConfigError(
            "station.database", "应为 sqlite:///文件 或 postgresql+psycopg://用户@主机/库名",
            "must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME")


def _check_carriers(carriers: Carriers) -> None:
    known = ["STO", "YTO", "EMS", "SF"]
    for number, one in enumerate(carriers.other, 1):
        where = f"carriers.other[{number}].code"
        if not re.fullmatch(r"[A-Z][A-Z0-9]{1,7}", one.code):
            raise ConfigError(where, "应为 2–8 个大写字母或数字，字母开头",
                              "must be 2 to 8 capital letters or digits, a letter first")
        if one.code in known:
            raise ConfigError(where, f"已经有 {one.code}", f"{one.code} is there already")
        known.append(one.code)
    if carriers.default not in known:
        raise ConfigError("carriers.default", f"可选：{', '.join(known)}",
                          f"must be one of {', '.join(known)}")


def _check_secret(config: Config) -> None:
    if config.webhook.secret and config.webhook.secret_file:
        raise ConfigError("webhook.secret", "secret 与 secret_file 只能写一个",
                          "give secret or secret_file, not both")
    if config.webhook.secret:
        check_secret_form(config.webhook.secret, "webhook.secret")


def check_secret_form(secret: str, where: str) -> None:
    """Raise ConfigError, which does not repeat the secret, unless it is whsec_ and base64."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ConfigError(where, "密钥应为 whsec_ 加 base64；station init 会写一个",
                          "the secret must be whsec_ and base64; station init writes one")


def _check_benches(benches: tuple[Bench, ...]) -> None:
    names: dict[str, str] = {}
    ports: dict[str, str] = {}
    for number, bench in enumerate(benches, 1):
        _name_once(names, bench.name, f"bench[{number}].name")
        scanners: dict[str, str] = {}
        for place, scanner in enumerate(bench.scanners, 1):
            _name_once(scanners, scanner.name, f"bench[{number}].scanner[{place}].name")
            _port_once(ports, scanner.port, f"bench[{number}].scanner[{place}].port")
        for kind, device in (
            ("scale", bench.scale), ("printer", bench.printer),
            ("slip_printer", bench.slip_printer), ("camera", bench.camera),
        ):
            if device:
                _port_once(ports, device.port, f"bench[{number}].{kind}.port")


def _name_once(seen: dict[str, str], name: str, where: str) -> None:
    if name in seen:
        raise ConfigError(where, f"名称与 {seen[name]} 重复", f"the same name as {seen[name]}")
    seen[name] = where


def _port_once(seen: dict[str, str], port: str, where: str) -> None:
    if port in seen:
        raise ConfigError(where, f"端口已用于 {seen[port]}", f"the same port as {seen[port]}")
    seen[port] = where


def _dotted(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return str(value)
