"""Reading barcodes off pictures: the ladder beside each reader alone, on the same seeded album.

``python benchmarks/camera.py [--pictures N] [--hd N] [--seed N] [--json FILE]`` prints for every
reader the share of codes read, the pictures with a false read (any text accepted, and only expected
ones accepted), and what a picture costs. The album is drawn by simulators/snapshots.py: nothing in
it was photographed. Readers take turns on each picture, so that a busy machine is unfair to none.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - the script runs from anywhere
from numpy.typing import NDArray  # noqa: E402

from drivers.camera.reader import Expected, Reader  # noqa: E402
from drivers.camera.steps import Read as Decoded  # noqa: E402
from drivers.camera.steps import read_zbar, read_zxing  # noqa: E402
from drivers.camera.vision import load_all  # noqa: E402
from simulators.camera import HD  # noqa: E402
from simulators.snapshots import SIZE, SYMBOLOGIES, Snapshot, album, text_for  # noqa: E402

OTHERS = 10_000
"""Codes that the bench expects beside the album's own: other parcels', other articles'."""

Picture = NDArray[np.uint8]
Read = Callable[[Picture, Expected], Sequence[str]]
WITHOUT_LIMIT = 1e9


@dataclass
class Score:
    """What one reader did to an album."""

    read: int = 0
    false_any: int = 0
    false_expected: int = 0
    easy_ms: list[float] = field(default_factory=list)
    all_ms: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)


def alone(decode: Callable[[Picture], Sequence[Decoded]]) -> Read:
    """A decoder as most programs use it: on the whole picture, once."""
    def read(seen: Picture, expected: Expected) -> Sequence[str]:
        texts = [one[0] for one in decode(seen)]
        return [text for text in texts if not isinstance(expected, set) or text in expected]
    return read


def ladder(budget_ms: float) -> Read:
    """Our reader within a budget."""
    reader = Reader(budget_ms=budget_ms)
    return lambda seen, expected: reader.look(seen, expected).texts


READERS: dict[str, Callable[[], Read]] = {
    "pyzbar alone": lambda: alone(read_zbar),
    "zxing-cpp alone": lambda: alone(lambda seen: read_zxing(seen, turned=True, thorough=True)),
    "ladder, 40 ms": lambda: ladder(40),
    "ladder, 100 ms": lambda: ladder(100),
    "ladder, no limit": lambda: ladder(WITHOUT_LIMIT),
}


def is_easy(one: Snapshot) -> bool:
    """True for a label as a person holds it out: nearly upright, sharp and lit."""
    return one.is_upright and one.trouble == "clean" and bool(one.text)


def judge(score: Score, read: Read, one: Snapshot, expected: set[str]) -> None:
    """Let a reader look at one picture twice: with any text accepted, and with expected ones."""
    begun = time.perf_counter()
    accepted = read(one.seen, expected)
    took = (time.perf_counter() - begun) * 1000
    if one.text and one.text in accepted:
        score.read += 1
        score.troubles[one.trouble] += 1
    score.false_expected += any(text != one.text for text in accepted)
    score.false_any += any(text != one.text for text in read(one.seen, None))
    score.all_ms.append(took)
    if is_easy(one):
        score.easy_ms.append(took)


def measure(pictures: int, size: tuple[int, int], seed: int) -> dict[str, dict[str, float]]:
    """Every reader over an album; name to figures."""
    chance = random.Random(seed)
    others = {text_for(chance.choice(list(SYMBOLOGIES)), chance) for _ in range(OTHERS)}
    shots = list(album(pictures, seed=seed, size=size))
    expected = others | {one.text for one in shots if one.text}
    readers = {name: build() for name, build in READERS.items()}
    scores = {name: Score() for name in readers}
    for one in shots:
        for name, read in readers.items():
            judge(scores[name], read, one, expected)
    codes = sum(bool(one.text) for one in shots)
    return {name: figures(score, codes) for name, score in scores.items()}


def figures(score: Score, codes: int) -> dict[str, float]:
    """A score in numbers."""
    return {
        "recall": score.read / max(codes, 1),
        "false_any": float(score.false_any), "false_expected": float(score.false_expected),
        "easy_median_ms": float(np.median(score.easy_ms)) if score.easy_ms else 0.0,
        "median_ms": float(np.median(score.all_ms)),
        "p95_ms": float(np.percentile(score.all_ms, 95)), "worst_ms": max(score.all_ms),
    }


def shown(title: str, found: dict[str, dict[str, float]]) -> None:
    """Print one album's table."""
    print(f"\n{title}")
    columns = list(next(iter(found.values())))
    print(" " * 18 + "".join(f"{name:>16}" for name in columns))
    for name, row in found.items():
        print(f"{name:<18}" + "".join(f"{row[column]:16.3f}" for column in columns))


def main() -> int:
    """Print the tables; 1 if the ladder does not beat every reader alone, or misreads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=480)
    parser.add_argument("--hd", type=int, default=120, help="pictures of 1280x720 beside them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    load_all()
    found = {}
    for title, count, size in (("640x480", options.pictures, SIZE), ("1280x720", options.hd, HD)):
        if count:
            found[title] = measure(count, size, options.seed)
            shown(f"{count} pictures of {title}", found[title])
    if options.json:
        options.json.write_text(json.dumps({"camera": found}, indent=2), "utf-8")
    return int(any(is_short(table) for table in found.values()))


def is_short(table: dict[str, dict[str, float]]) -> bool:
    """True if the bounded ladder is no better than a reader alone, or has accepted a misread."""
    ours = table["ladder, 40 ms"]
    best_alone = max(table[name]["recall"] for name in ("pyzbar alone", "zxing-cpp alone"))
    return ours["recall"] <= best_alone or ours["false_expected"] > 0


if __name__ == "__main__":
    raise SystemExit(main())
