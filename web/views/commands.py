"""The command barcodes as a sheet to print and hang at the bench."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, render_template

from station.domain.cases import KINDS
from station.domain.commands import (
    COMMAND_PREFIX,
    PACKAGING_PREFIX,
    REASON_PREFIX,
    REASONS,
    Command,
    case_code,
)
from station.domain.labels import CommandCode
from station.paper import png
from station.paper.command_sheet import has_room, render_command_sheet
from station.paper.sheet import LabelSize
from station.services import screens
from web import words
from web.door import station
from web.evidence import fonts_of
from web.signin import open_to_all

blueprint = Blueprint("commands", __name__, url_prefix="/commands")


@blueprint.get("")
@open_to_all
def page() -> str:
    """All commands, with pictures of the sheet."""
    return render_template("commands.html", codes=codes(), pages=len(_sheet()))


@blueprint.get("/sheet-<int:number>.png")
@open_to_all
def sheet(number: int) -> Response:
    """One page of the sheet, counted from 1, ready for a label printer or an office printer."""
    pages = _sheet()
    if not 1 <= number <= len(pages):
        abort(404)
    return Response(pages[number - 1], mimetype="image/png")


def codes() -> tuple[CommandCode, ...]:
    """Every command, reason, packaging and kind of case with its words."""
    commands = [_code(COMMAND_PREFIX + command, f"command.{command}") for command in Command]
    reasons = [
        CommandCode(REASON_PREFIX + name, zh, en) for name, (zh, en) in REASONS.items()
    ]
    kinds = [CommandCode(case_code(kind), said.zh, said.en) for kind, said in KINDS.items()]
    bags = [
        CommandCode(PACKAGING_PREFIX + one.code, one.name, one.code)
        for one in station().read(screens.packagings)
    ]
    return (*commands, *reasons, *bags, *kinds)


def _code(code: str, word: str) -> CommandCode:
    said = words.say(word)
    return CommandCode(code, said.zh, said.en)


def _sheet() -> tuple[bytes, ...]:
    return _drawn(codes(), station().config.font_files)


@lru_cache(maxsize=2)
def _drawn(codes: tuple[CommandCode, ...], files: tuple[Path, ...]) -> tuple[bytes, ...]:
    size, fonts = LabelSize.L100X150, fonts_of(files)
    fitting = [one for one in codes if has_room(one.code, size, fonts)]
    return tuple(png.to_png(page) for page in render_command_sheet(fitting, size, fonts))
