"""``make bench``: every figure of the station beside its floor or its rival, in one run.

``python benchmarks/run.py [--quick]``: ``--quick`` stores 100,000 parcels instead of a million.
Machines are noisy: trust the ratios.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import table

HERE = Path(__file__).resolve().parent

SCRIPTS = {
    "verdict": "from a scan to its answer at one bench and at sixteen, in a small shop and a big"
               " one; floor: a handler that only looks its label up",
    "paid": "from the message of a payment to the first byte at the printer",
    "label": "a label drawn and put into a printer's words; rival: python-escpos' own picture path",
    "camera": "a code found on a picture: recall of those that are there, false readings",
    "camera live": "what a camera at work costs, and what a scan takes beside it",
    "stub search": "an old waybill found by what is remembered; floor: by its number alone",
    "routes": "one waybill by each way to a printer, and how long a serial line carries it",
    "scales": "frames of scales read",
}
"""What each script measures."""
FILES = {"scales": "fuzz_scale"}
"""Which file it is, if not the one of that name."""

AIMS = (
    ("verdict", "verdict_to_floor", 2.5),
    ("verdict", "sixteen_p99_ms", 25.0),
    ("verdict", "most_parcels_to_fewest", 1.3),
    ("verdict", "ready_s", 3.0),
    ("verdict", "memory_mb", 200.0),
    ("stub search", "worst_p99_ms", 50.0),
)
"""Of which script, which figure, and how much it may be at most."""


_FAILED = "gave no figures"


def _run(name: str, *arguments: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        out = Path(home) / "figures.json"
        subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), "--json", str(out), *arguments],
            check=False, stdout=subprocess.DEVNULL,
        )
        if not out.exists():
            return {_FAILED: True}  # its own words went to the screen; the others are run
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def aims(figures: dict[str, dict[str, Any]]) -> Iterator[tuple[bool, str]]:
    """Each aim that has a figure: whether it is met, and the figure beside it."""
    for script, wanted, most in AIMS:
        for where, value in _named(figures[script], wanted):
            met = value <= most
            said = "met  " if met else "SHORT"
            yield met, f"  {said}  {value:10,.2f}  at most {most:>6}  {script}: {where}"


def _named(found: dict[str, Any], wanted: str, prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _named(value, wanted, f"{prefix}{name} ")
        elif name == wanted and isinstance(value, float):
            yield (prefix + name).replace("_", " "), value


def main() -> None:
    """Run all, print what each measured, and then how far that is from its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 parcels, not a million")
    options = parser.parse_args()
    most = "100000" if options.quick else "1000000"
    arguments = {
        "verdict": ("--parcels", "10000", most),
        "camera": ("--pictures", "240", "--hd", "60"),
        "stub search": ("--parcels", most),
    }
    figures: dict[str, dict[str, Any]] = {}
    print("All of it takes five minutes or more on a machine that does nothing else.")
    for script, what in SCRIPTS.items():
        print(f"\n{script}: {what}", flush=True)
        name = FILES.get(script, script.replace(" ", "_"))
        figures[script] = _run(name, *arguments.get(script, ()))
        print("\n".join(table.lines(figures[script])), flush=True)
    print("\naims")
    judged = list(aims(figures))
    for _, line in judged:
        print(line)
    failed = [name for name, found in figures.items() if _FAILED in found]
    if failed:
        print(f"{_FAILED}: {', '.join(failed)}")
    elif all(met for met, _ in judged):
        print("every aim is met")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
