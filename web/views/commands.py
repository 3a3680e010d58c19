"""The command barcodes as a sheet to print and hang at the bench."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, render_template

from station.domain.cases import KINDS
from station.domain.commands import (
    COMMAND_PREFIX,
    REASON_PREFIX,
    REASONS,
    Command,
    case_code,
)
from station.domain.labels import CommandCode
from station.paper import png
from station.paper.command_sheet import render_command_sheet
from station.paper.fonts import Fonts
from station.paper.sheet import LabelSize
from web import words
from web.door import station
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
    """Every command, reason and kind of case with its words."""
    commands = [_code(COMMAND_PREFIX + command, f"command.{command}") for command in Command]
    reasons = [
        CommandCode(REASON_PREFIX + name, zh, en) for name, (zh, en) in REASONS.items()
    ]
    kinds = [CommandCode(case_code(kind), said.zh, said.en) for kind, said in KINDS.items()]
    return (*commands, *reasons, *kinds)


def _code(code: str, word: str) -> CommandCode:
    said = words.say(word)
    return CommandCode(code, said.zh, said.en)


def _sheet() -> tuple[bytes, ...]:
    config = station().config
    return _drawn(config.font_files)


@cache
def _drawn(fonts: tuple[Path, ...]) -> tuple[bytes, ...]:
    pages = render_command_sheet(codes(), LabelSize.L100X150, Fonts.find(fonts))
    return tuple(png.to_png(page) for page in pages)
