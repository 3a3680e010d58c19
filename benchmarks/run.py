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
from pathlib import Path

HERE = Path(__file__).resolve().parent

AIMS = (
    ("verdict", "verdict_to_floor", 2.5),
    ("verdict", "sixteen_p99_ms", 25.0),
    ("verdict", "most_parcels_to_fewest", 1.3),
    ("verdict", "ready_s", 3.0),
    ("verdict", "memory_mb", 200.0),
    ("stub search", "worst_p99_ms", 50.0),
)


_FAILED = "gave no figures"


def _run(name: str, *arguments: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as home:
        out = Path(home) / "figures.json"
        subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), "--json", str(out), *arguments],
            check=False, stdout=subprocess.DEVNULL,
        )
        if not out.exists():
            return {_FAILED: True}  # its own words went to the screen; the others are run
        return json.loads(out.read_text())


def _flat(found: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name} ")
        else:
            flat[prefix + name] = value
    return flat


def main() -> None:
    """Run all and print a table, then what is short of its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    most = "100000" if options.quick else "1000000"
    figures = {
        "verdict": _flat(_run("verdict", "--parcels", "10000", most)),
        "paid": _flat(_run("paid")),
        "label": _flat(_run("label")),
        "camera": _flat(_run("camera", "--pictures", "240", "--hd", "60")),
        "camera live": _flat(_run("camera_live")),
        "stub search": _flat(_run("stub_search", "--parcels", most)),
        "routes": _flat(_run("routes")),
        "scales": _flat(_run("fuzz_scale")),
    }
    for script, found in figures.items():
        print(f"\n{script}")
        for name, value in found.items():
            shown = f"{value:12.2f}" if isinstance(value, float) else f"{value!s:>12}"
            print(f"  {name:<44}{shown}")
    short = [
        f"{name} {value:.2f} (aim {aim})"
        for script, wanted, aim in AIMS
        for name, value in figures[script].items()
        if name.endswith(wanted) and isinstance(value, float) and value > aim
    ]
    failed = [name for name, found in figures.items() if _FAILED in found]
    short += [f"{name} {_FAILED}" for name in failed]
    print("\nshort of its aim: " + "; ".join(short) if short else "\nevery aim is met")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
