"""Pages as PDF: a template of ours, filled with data that is never markup (typst).

The data reach the template as one JSON text, so that no word of a statement or an order can become
a command of the page. Chinese is drawn with the fonts that the labels are drawn with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from station.paper.fonts import Fonts


def write_pdf(
    path: Path, template: str, data: Mapping[str, Any], *, now: datetime,
    fonts: Sequence[Path] = (),
) -> None:
    """Fill the template of this name ("bill_report") with data, and write the PDF.

    ``now`` is its date, so that the same data give the same bytes. Raises NoChineseFont.
    """
    face = Fonts.find(list(fonts)).check().primary
    source = files("station.paper").joinpath("templates").joinpath(f"{template}.typ").read_bytes()
    told = {**data, "font": _family(face.name)}
    path.write_bytes(typst.compile(
        source, font_paths=_found(face.path.parent), sys_inputs={"data": json.dumps(told)},
        format="pdf", timestamp=int(now.timestamp()),
    ))


@cache
def _found(folder: Path) -> typst.Fonts:
    """The fonts of a folder beside the system's; looked for once."""
    return typst.Fonts(font_paths=[folder])


def _family(name: str) -> str:
    """The family of a font's full name: "Noto Sans CJK SC Regular" is of "Noto Sans CJK SC"."""
    for weight in (" Regular", " Bold", " Medium"):
        name = name.removesuffix(weight)
    return name
