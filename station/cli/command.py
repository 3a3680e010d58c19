"""What a command is, and the one place where its outcome becomes lines and an exit code.

Exit codes: 0 all right, 1 a problem was found and said, 2 the command was written wrongly.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from drivers.interfaces import DeviceError
from drivers.printer.settings import SettingError
from drivers.registry import SettingsError
from station.carriers import add_further
from station.config import CONFIG_NAME, Config, ConfigError, load
from station.db.backup import BackupError
from station.db.keys import Keyring, KeyTrouble
from station.db.schema import SchemaError, is_empty
from station.db.session import Database
from station.paper.fonts import NoChineseFont, Unprintable
from station.services import couriers
from station.services.sealing import check_keys

OK, FOUND, USAGE = 0, 1, 2
_INTERRUPTED = 130  # what shells expect after Ctrl-C
LOG_NAME = "station-error.log"

Facts = Mapping[str, str | int]
Say = Callable[[str, Facts], str]
"""A code and its facts to one line for people."""

Arguments = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]


class Problem(Exception):
    """Something that a person must know and can mend; one line, Chinese first."""


class Misuse(Problem):
    """The command lacks something that it must be given; exit code 2, as for a wrong word."""


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `station`: what it does, what it takes, and how it is done."""

    name: str
    words: str
    arguments: Arguments
    run: Run
    example: str = ""


_SYSTEM = {
    errno.ENOENT: "没有这个文件或文件夹 / no such file or folder",
    errno.EACCES: "没有权限 / permission denied",
    errno.EPERM: "不允许 / not permitted",
    errno.EROFS: "只读，写不进去 / read-only",
    errno.ENOSPC: "磁盘满了 / the disk is full",
    errno.EISDIR: "这是文件夹，不是文件 / a folder, not a file",
    errno.ENOTDIR: "路径中有一段不是文件夹 / part of the path is not a folder",
    errno.EEXIST: "已经有了 / is there already",
}
"""What goes wrong with files, by the system's numbers."""

_KNOWN = (Problem, ConfigError, KeyTrouble, SchemaError, BackupError, DeviceError, SettingError,
          SettingsError,
          NoChineseFont, Unprintable, OSError)


def bare(code: str, facts: Facts) -> str:
    """A code without words: as it is, with its facts."""
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    return f"{code} ({told})" if told else code


def run(
    commands: Sequence[Command], arguments: Sequence[str] | None = None, *, say: Say = bare
) -> int:
    """Do what the command line says; the exit code. Known troubles are one line, no traceback.

    ``say`` puts codes into words; commands find it in their options.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console of another code page must not stop us
    parser = grammar(commands)
    options = parser.parse_args(arguments, argparse.Namespace(say=say))
    if not hasattr(options, "run"):
        parser.print_help()
        return USAGE
    return _done(options)


def _done(options: argparse.Namespace) -> int:
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our lines has enough, as `station … | head` does
        with suppress(OSError, ValueError):  # standing in for a terminal, it may be no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _INTERRUPTED
    except Misuse as error:
        _say(error)
        return USAGE
    except _KNOWN as error:
        for each in (error, *getattr(error, "more", ())):
            _say(_in_both(each))
    except SQLAlchemyError as error:
        _say(_database_trouble(error))
    except Exception as error:  # noqa: BLE001 - the one door where a mistake of ours meets a person
        kind, path = type(error).__name__, _note(error, options)
        _say(f"程序出错 {kind}，详情见 {path} / unexpected {kind}; details are in {path}")
    return FOUND


def grammar(commands: Sequence[Command]) -> argparse.ArgumentParser:
    """The command line's grammar, with every command's own help."""
    parser = argparse.ArgumentParser(
        prog="station", allow_abbrev=False,
        description="打包台：订单、面单、扫描、称重、签名、交接\n"
                    "The packing bench: orders, waybills, scans, weights, signatures, hand-over.",
        epilog="station COMMAND --help 查看各命令 / tells about one command",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words = parser.add_subparsers(metavar="COMMAND", title="commands")
    for command in commands:
        sub = words.add_parser(
            command.name, help=command.words, description=command.words, allow_abbrev=False,
            epilog=command.example, formatter_class=argparse.RawDescriptionHelpFormatter)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def takes_config(parser: argparse.ArgumentParser) -> None:
    """Let a command say which station.toml it means."""
    parser.add_argument("-c", "--config", type=Path, default=Path(CONFIG_NAME), metavar="FILE",
                        help=f"设置文件 · the settings (default: {CONFIG_NAME} here)")


def steps_of(
    parser: argparse.ArgumentParser,
) -> Callable[[str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]:
    """How a command of several steps takes one more: its name, its words and what it does."""
    steps = parser.add_subparsers(metavar="STEP", required=True)

    def step(
        name: str, words: str, run_it: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        made = steps.add_parser(name, help=words, allow_abbrev=False)
        takes_config(made)
        made.set_defaults(step=run_it)
        return made

    return step


def run_step(options: argparse.Namespace) -> int:
    """Do the step that was asked for."""
    return int(options.step(options))


def settings_of(options: argparse.Namespace) -> Config:
    """The settings that the command line names, with their carriers. Raises ConfigError."""
    config = load(options.config)
    add_further(config.carriers.other)
    return config


def refuse_empty(config: Config) -> None:
    """Raise Problem where no database was made yet, which a file without tables is, too."""
    if is_empty(config.database_url):
        raise Problem("还没有数据库：先 station import 或 station serve，它会建立"
                      " / there is no database yet: station import or station serve makes it")


def refuse_strangers(codes: Sequence[str]) -> None:
    """Raise ConfigError where parcels go with carriers whom the settings do not name any more."""
    if codes:
        named = ", ".join(codes)
        raise ConfigError("carriers.other", f"缺少 {named}：还有它的包裹或单号，请写回来",
                          f"{named} is missing: parcels or numbers of it are kept; name it again")


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The station's database while a command works on it. Raises Problem where none is yet."""
    refuse_empty(config)
    keys = Keyring(config.key_file)
    database = Database(config.database_url, keys=keys)
    try:
        database.read(partial(check_keys, keys=keys))
        refuse_strangers(database.read(couriers.strangers))
        yield database
    finally:
        database.close()


def _say(trouble: object) -> None:
    """One line to the error stream, whatever the message's shape."""
    print("station:", " ".join(str(trouble).split()), file=sys.stderr)


def _in_both(trouble: object) -> object:
    """The system's own troubles in both languages, with the path; every other as it is."""
    words = _SYSTEM.get(trouble.errno or 0) if isinstance(trouble, OSError) else None
    if words is None or not isinstance(trouble, OSError):
        return trouble
    return f"{trouble.filename}: {words}" if trouble.filename else words


def _database_trouble(error: SQLAlchemyError) -> str:
    """The database's own first line, without the statement and its (maybe personal) values."""
    if isinstance(error, DBAPIError):
        said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        return f"数据库出错 database: {said[0]}; 请运行 run: station db check"
    return f"数据库出错 database: {type(error).__name__}"


def _note(error: Exception, options: argparse.Namespace) -> Path:
    """Write where an unexpected error arose, beside station.toml or in the temporary folder.

    Messages of exceptions may quote rows, so only their types and the places in the code go in.
    """
    lines = [f"{datetime.now(UTC).isoformat(timespec='seconds')} {getattr(options, 'run', '')}\n"]
    link: BaseException | None = error
    while link is not None:
        lines += [f"{type(link).__name__}\n", *traceback.format_tb(link.__traceback__)]
        link = link.__cause__ or link.__context__
    beside = getattr(options, "config", Path(CONFIG_NAME)).parent
    for folder in (beside, Path(tempfile.gettempdir())):
        path = (folder / LOG_NAME).absolute()
        try:
            with path.open("a", encoding="utf-8") as log:
                log.writelines(lines)
        except OSError:
            continue
        return path
    return Path("?")
