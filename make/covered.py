"""Is what the tests ran enough? Reads .coverage, which `make test` leaves behind.

All lines together 95 %, all branches 90 %; and not one line or branch open where a mistake would
be a wrong weight, a wrong paper or a history that proves nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

LINES, BRANCHES = 95, 90
WHOLE = (
    "drivers/*", "station/services/printing*.py", "station/services/weighing.py",
    "station/services/scale_checks.py", "station/services/history.py",
    "station/domain/weights.py", "station/domain/scale_checks.py",
)


BY_CHANCE = 3
"""So many places may be open in one run: which turn a race between two threads takes is chance."""


def thin(report: dict[str, Any]) -> list[str]:
    """Which share of coverage's JSON report is too small, one line for each."""
    totals = report["totals"]
    found = []
    for what, covered, all_of_them, least in (
        ("lines", "covered_lines", "num_statements", LINES),
        ("branches", "covered_branches", "num_branches", BRANCHES),
    ):
        if 100 * totals[covered] < least * totals[all_of_them]:
            share = 100 * totals[covered] / totals[all_of_them]
            found.append(f"{share:.1f} % of all {what}, and it should be {least} %")
    return found


def open_places(report: dict[str, Any]) -> list[str]:
    """The lines and branches never run in the files that should be whole, one line for each."""
    found = []
    for name, facts in sorted(report["files"].items()):
        if any(fnmatch(name, pattern) for pattern in WHOLE):
            found += [f"{name}:{line} was never run" for line in facts["missing_lines"]]
            found += [f"{name}:{start} never went on to {'its end' if end < 0 else end}"
                      for start, end in facts["missing_branches"]]
    return found


def measured() -> dict[str, Any]:
    """Coverage's JSON report of the run before this."""
    import coverage  # noqa: PLC0415 - the test of this file has one at work already

    kept = coverage.Coverage()
    kept.load()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "coverage.json"
        kept.json_report(outfile=str(written))
        report: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return report


def main() -> int:
    """Print what is open; 1 if it is too much."""
    report = measured()
    missing, places = thin(report), open_places(report)
    for line in (*missing, *places):
        print(line)
    if missing or len(places) > BY_CHANCE:
        return 1
    print(f"covered: {LINES} % of all lines, {BRANCHES} % of all branches; drivers, printing, "
          f"weighing and history but for {len(places)} places")
    return 0


if __name__ == "__main__":
    sys.exit(main())
