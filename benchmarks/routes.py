"""A label's bytes and its seconds on the line, per printer language, route and link speed.

``python benchmarks/routes.py [--json FILE]``: the sample waybill of either size, encoded as the
printer would get it. A byte on a serial line is 10 bits; the raw dots are the floor to beat.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drivers.interfaces import Bitmap
from drivers.printer import PRINTERS
from station.paper.fonts import Fonts
from station.paper.samples import sample_waybill
from station.paper.sheet import LabelSize
from station.paper.waybill import render_waybill

BAUDS = (9600, 115_200)
ROUNDS = 15
DRAWN: dict[str, dict[str, object]] = {"whole": {"route": "whole"}, "inked": {"route": "inked"}}
ROUTES: dict[str, dict[str, dict[str, object]]] = {
    "tspl": DRAWN | {"barcodes": {"route": "native"}}
    | {font: {"route": "native", "font": font} for font in ("tss24", "tss32")},
    "zpl": {"compressed": {}, "barcodes": {"route": "native"},
            "simsun": {"route": "native", "font": "simsun"}},
    "cpcl": DRAWN | {font: {"route": "native", "font": font} for font in ("gbunsg", "hprt")},
    "epl": DRAWN | {"barcodes": {"route": "native"}},
}
"""The ways that a language has: as dots, with its barcodes told, and with a font of its own."""


def encoder(language: str, settings: dict[str, object]) -> Callable[[Bitmap], list[bytes]]:
    _, spoken = PRINTERS[language]("bench", settings, lambda _seconds: None)
    return lambda page: list(spoken.page(page))


def measured(page: Bitmap, encode: Callable[[Bitmap], list[bytes]]) -> dict[str, float]:
    seconds, size = [], 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        size = sum(map(len, encode(page)))
        seconds.append(time.perf_counter() - start)
    figures: dict[str, float] = {"bytes": size, "ms": statistics.median(seconds) * 1000}
    return figures | {f"s_{baud}": size * 10 / baud for baud in BAUDS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    fonts, found = Fonts.find(), {}
    for size in LabelSize:
        page = render_waybill(sample_waybill(), size, fonts)[0]
        raw = len(page.rows)
        rows = {"dots": {"bytes": raw, "ms": 0.0} | {f"s_{b}": raw * 10 / b for b in BAUDS}}
        for language in PRINTERS:
            for name, settings in ROUTES.get(language, DRAWN).items():
                rows[f"{language} {name}"] = measured(page, encoder(language, settings))
        found[size.value] = rows
        for name, row in rows.items():
            print(f"{size.value} {name:<15}{row['bytes']:>8.0f} B {row['ms']:6.1f} ms"
                  + "".join(f"{row[f's_{baud}']:8.1f} s at {baud}" for baud in BAUDS))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2), "utf-8")


if __name__ == "__main__":
    main()
