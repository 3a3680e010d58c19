"""One waybill, from facts to printer bytes, beside python-escpos' image path in the same run.

``python benchmarks/label.py [--json FILE]`` prints medians in milliseconds. Ours is measured from
the label's facts to ESC/POS bytes. ``ratio_whole`` lets python-escpos encode what our layout draws;
``ratio_image_path_alone`` gives it the finished picture for nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image, ImageChops  # noqa: E402 - the script runs from anywhere

from drivers.interfaces import Bitmap  # noqa: E402
from drivers.printer.escpos import encode_page  # noqa: E402
from drivers.printer.settings import EscPosSettings  # noqa: E402
from station.domain.labels import WaybillLabel  # noqa: E402
from station.paper.fonts import Fonts  # noqa: E402
from station.paper.png import to_image  # noqa: E402
from station.paper.samples import sample_waybill  # noqa: E402
from station.paper.sheet import LabelSize  # noqa: E402
from station.paper.waybill import render_waybill  # noqa: E402

ROUNDS = 60
AIM_MS, AIM_RATIO = 25.0, 2.5


def median_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median time of a call in milliseconds, after three calls that warm the caches."""
    for _ in range(3):
        work()
    gc.collect()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def their_encode(picture: Image.Image) -> bytes:
    """A page through python-escpos' raster image, as its documentation does it."""
    from escpos.printer import Dummy  # noqa: PLC0415 - 0.3 s to import, not part of the measure

    printer = Dummy()
    with contextlib.redirect_stdout(io.StringIO()):  # it prints a hint for every image
        printer.image(picture, impl="bitImageRaster")
    return bytes(printer.output)


def stranger(seed: int) -> WaybillLabel:
    """The sample with a name, street and note that no label had before."""
    chance = random.Random(seed)
    words = "".join(chr(chance.randrange(0x4E00, 0x8000)) for _ in range(60))
    label = sample_waybill()
    consignee = replace(label.consignee, name=words[:3], street=words[3:35])
    return replace(label, consignee=consignee, note=words[35:])


def measure(size: LabelSize, fonts: Fonts) -> dict[str, float]:
    """All medians for one paper, in milliseconds, and the ratios."""
    label, settings = sample_waybill(), EscPosSettings(head_dots=size.width)
    page = render_waybill(label, size, fonts)[0]
    picture = ImageChops.invert(to_image(page))

    def ours() -> list[bytes]:
        return encode_page(render_waybill(label, size, fonts)[0], settings)

    def drawn_then_theirs() -> bytes:
        drawn: Bitmap = render_waybill(label, size, fonts)[0]
        return their_encode(ImageChops.invert(to_image(drawn)))

    strangers = iter([stranger(at) for at in range(ROUNDS + 3)])
    cold_start = time.perf_counter()
    render_waybill(label, size, Fonts.find())
    found = {
        "first_label_ms": (time.perf_counter() - cold_start) * 1000,
        "render_new_text_ms": median_ms(lambda: render_waybill(next(strangers), size, fonts)),
        "render_ms": median_ms(lambda: render_waybill(label, size, fonts)),
        "encode_ms": median_ms(lambda: encode_page(page, settings)),
        "render_encode_ms": median_ms(ours),
        "escpos_image_ms": median_ms(lambda: their_encode(picture)),
        "render_escpos_image_ms": median_ms(drawn_then_theirs),
    }
    found["ratio_whole"] = found["render_escpos_image_ms"] / found["render_encode_ms"]
    found["ratio_image_path_alone"] = found["escpos_image_ms"] / found["render_encode_ms"]
    return found


def main() -> int:
    """Print both papers' figures; 1 if an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    fonts = Fonts.find()
    with tempfile.TemporaryDirectory() as folder:  # python-escpos leaves a pickle at each import
        os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"] = folder
        figures = {size.value: measure(size, fonts) for size in LabelSize}
    for paper, found in figures.items():
        print(f"label {paper} mm")
        for name, value in found.items():
            print(f"  {name:<24}{value:8.2f}")
    if options.json:
        options.json.write_text(json.dumps({"label": figures}, indent=2), "utf-8")
    large = figures[LabelSize.L100X150.value]
    return int(large["render_encode_ms"] > AIM_MS or large["ratio_image_path_alone"] < AIM_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
