"""Pages as PDF: a template of ours, filled with data that is never markup (typst).

The data reach the template as one JSON text, so that no word of a statement or an order can become
a command of the page. Chinese is drawn with the fonts that the labels are drawn with. Equal data
give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst
from PIL import Image

from station.paper import code128
from station.paper.fonts import Fonts


def write_pdf(
    path: Path, template: str, data: Mapping[str, Any], *, now: datetime,
    fonts: Sequence[Path] = (),
) -> None:
    """Fill the template of this name ("bill_report") with data, and write the PDF.

    ``now`` is its date, so that the same data give the same bytes. Raises NoChineseFont.
    """
    face = Fonts.find(list(fonts)).check().primary
    told = {**data, "font": _family(face.name)}
    path.write_bytes(typst.compile(
        _source(template), font_paths=_found(face.path.parent),
        sys_inputs={"data": json.dumps(told)}, format="pdf", timestamp=int(now.timestamp()),
    ))


def illustrated(
    template: str, data: Mapping[str, Any], pictures: Mapping[str, bytes], fonts: Fonts
) -> bytes:
    """The PDF of a template that reads ``data.json``; ``pictures`` are files that the data names.

    It bears no date of its own, and embeds the fonts of the labels with their fallbacks alone.
    """
    used = fonts.check()
    faces = [used.primary, *used.fallbacks]
    told = {**data, "fonts": list(dict.fromkeys(_family(face.name) for face in faces))}
    paths = tuple(dict.fromkeys(face.path.parent for face in (*faces, used.bold)))
    with TemporaryDirectory(prefix="packbench-") as name:
        folder = Path(name)
        (folder / "sheet.typ").write_bytes(_source(template))
        (folder / "bars.typ").write_bytes(_source("bars"))
        (folder / "data.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        for picture, content in pictures.items():
            (folder / picture).write_bytes(content)
        return typst.compile(
            folder / "sheet.typ", root=folder, format="pdf", font_paths=_only(paths))


def coded(code: str) -> dict[str, object]:
    """A record's barcode as templates draw it (bars.typ): its letters and its widths."""
    return {"text": code, "bars": list(code128.widths(code)) if code else []}


def is_picture(content: bytes) -> bool:
    """Whether the bytes are a whole PNG or JPEG file; another would stop the sheet."""
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def _source(template: str) -> bytes:
    return files("station.paper").joinpath("templates").joinpath(f"{template}.typ").read_bytes()


@cache
def _only(folders: tuple[Path, ...]) -> typst.Fonts:
    """The fonts of these folders and no others; looked for once."""
    return typst.Fonts(include_system_fonts=False, font_paths=list(folders))


@cache
def _found(folder: Path) -> typst.Fonts:
    """The fonts of a folder beside the system's; looked for once."""
    return typst.Fonts(font_paths=[folder])


def _family(name: str) -> str:
    """The family of a font's full name: "Noto Sans CJK SC Regular" is of "Noto Sans CJK SC"."""
    for weight in (" Regular", " Bold", " Medium"):
        name = name.removesuffix(weight)
    return name
