"""From text to `Config`: every key and value is looked at, and every complaint says what would do."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from station.config.settings import About, Bench, Config

CONFIG_NAME = "station.toml"

_KINDS: dict[type, tuple[str, str]] = {
    bool: ("true 或 false", "true or false"),
    int: ("整数", "a whole number"),
    Decimal: ("数字", "a number"),
    str: ("引号中的文字", "text in quotes"),
}


class ConfigError(Exception):
    """station.toml cannot be used. ``where`` is the key's dotted path; the message is one line."""

    def __init__(self, where: str, zh: str, en: str, source: str = CONFIG_NAME) -> None:
        place = f"{source}: {where}: " if where else f"{source}: "
        super().__init__(f"{place}{zh} / {en}")
        self.where, self.zh, self.en, self.source = where, zh, en, source


def about(item: Field[Any]) -> About | None:
    """The description of a field, or None for a field that is not a setting."""
    return cast("About | None", item.metadata.get("about"))


def key_of(item: Field[Any]) -> str:
    """The name that a field has in station.toml."""
    known = about(item)
    return (known.key if known else "") or item.name


def load(path: Path) -> Config:
    """Read the file at ``path``. Raises ConfigError if it is not there or not right."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("", "没有这个文件；先运行 station init", "no such file; run station init first",
                          str(path)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError("", f"无法读取（须为 UTF-8）：{problem}", f"cannot be read as UTF-8: {problem}",
                          str(path)) from None
    return parse(text, path.absolute().parent, source=str(path))


def parse(text: str, base_dir: Path, source: str = CONFIG_NAME) -> Config:
    """Read the text of a station.toml; relative paths start at ``base_dir``."""
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError("", f"格式不对：{problem}", f"is not TOML: {problem}", source) from None
    try:
        config = replace(cast("Config", _read_table(Config, tree, "")), base_dir=base_dir)
        _check_secret(config)
        _check_benches(config.benches)
    except ConfigError as problem:
        raise ConfigError(problem.where, problem.zh, problem.en, source) from None
    return config


def _read_table(kind: type[Any], tree: Mapping[str, Any], where: str) -> Any:
    known = {key_of(item): item for item in fields(kind) if about(item)}
    for key in tree:
        if key not in known:
            raise _unknown(_dotted(where, key), key, list(known))
    hints = get_type_hints(kind)
    found = {item.name: _read_value(hints[item.name], about(item), tree[key], _dotted(where, key))
             for key, item in known.items() if key in tree}
    for key, item in known.items():
        description = about(item)
        if key not in tree and description and description.filled and item.default == "":
            raise ConfigError(_dotted(where, key), "缺少此项", f"is missing: {description.en}")
    return kind(**found)


def _unknown(where: str, key: str, known: list[str]) -> ConfigError:
    near = difflib.get_close_matches(key.lower(), [name.lower() for name in known], 1, 0.5)
    if near:
        name = next(name for name in known if name.lower() == near[0])
        return ConfigError(where, f"没有这个设置，是否要写 {name}？", f"no such setting; did you mean {name}?")
    listed = ", ".join(known)
    return ConfigError(where, f"没有这个设置，这里可以写：{listed}", f"no such setting; here may stand: {listed}")


def _read_value(hint: Any, description: About | None, value: Any, where: str) -> Any:
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        return _read_list(get_args(hint)[0], description, value, where)
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(where, f"应为表格 [{where}]", f"must be a table [{where}]")
        return _read_table(cast("type[Any]", hint), value, where)
    return _read_plain(hint, description, value, where)


def _read_list(hint: Any, description: About | None, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        if is_dataclass(hint):
            raise ConfigError(where, f"每个写成一段 [[{where}]]", f"write each as a block [[{where}]]")
        raise ConfigError(where, "应为列表 [\"…\", \"…\"]", "must be a list [\"…\", \"…\"]")
    return tuple(_read_value(hint, description, item, f"{where}[{number}]")
                 for number, item in enumerate(value, 1))


def _read_plain(hint: type, description: About | None, value: Any, where: str) -> Any:
    if hint is Decimal and type(value) is int:
        value = Decimal(value)
    if type(value) is not hint:
        zh, en = _KINDS[hint]
        raise ConfigError(where, f"应为{zh}", f"must be {en}, not {_shown(value)}")
    if description:
        _check_plain(description, value, where)
    return value


def _check_plain(allowed: About, value: Any, where: str) -> None:
    if allowed.choices and value not in allowed.choices:
        listed = ", ".join(_shown(choice) for choice in allowed.choices)
        raise ConfigError(where, f"可选：{listed}", f"must be one of {listed}, not {_shown(value)}")
    if allowed.filled and not value.strip():
        raise ConfigError(where, "不能为空", "must not be empty")
    if isinstance(value, str) and not value.isprintable():
        raise ConfigError(where, "不能含控制字符", "must not hold control characters")
    if allowed.low is not None and not _within(allowed, value):
        raise ConfigError(where, f"范围 {allowed.low}–{allowed.high}",
                          f"must be from {allowed.low} to {allowed.high}, not {value}")


def _within(allowed: About, value: Any) -> bool:
    if isinstance(value, Decimal) and not value.is_finite():
        return False
    return bool(allowed.low <= value <= allowed.high)  # type: ignore[operator]


def _check_secret(config: Config) -> None:
    if config.webhook.secret and config.webhook.secret_file:
        raise ConfigError("webhook.secret", "secret 与 secret_file 只能写一个",
                          "give secret or secret_file, not both")


def _check_benches(benches: tuple[Bench, ...]) -> None:
    names: dict[str, str] = {}
    ports: dict[str, str] = {}
    for number, bench in enumerate(benches, 1):
        where = f"bench[{number}]"
        _once(names, bench.name, f"{where}.name", "名称重复", "the same name as")
        scanners: dict[str, str] = {}
        for place, scanner in enumerate(bench.scanners, 1):
            at = f"{where}.scanner[{place}]"
            _once(scanners, scanner.name, f"{at}.name", "名称重复", "the same name as")
            _once(ports, scanner.port, f"{at}.port", "端口已被占用", "the same port as")
        for kind, device in (("scale", bench.scale), ("printer", bench.printer)):
            if device:
                _once(ports, device.port, f"{where}.{kind}.port", "端口已被占用", "the same port as")


def _once(seen: dict[str, str], value: str, where: str, zh: str, en: str) -> None:
    if value in seen:
        raise ConfigError(where, f"{zh}：{seen[value]}", f"{en} {seen[value]}: {_shown(value)}")
    seen[value] = where


def _dotted(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    return str(value)
