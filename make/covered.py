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


def shortfalls(report: dict[str, Any]) -> list[str]:
    """What is missing in coverage's JSON report, one line for each."""
    totals = report["totals"]
    found = []
    for what, covered, all_of_them, least in (
        ("lines", "covered_lines", "num_statements", LINES),
        ("branches", "covered_branches", "num_branches", BRANCHES),
    ):
        if 100 * totals[covered] < least * totals[all_of_them]:
            share = 100 * totals[covered] / totals[all_of_them]
            found.append(f"{share:.1f} % of all {what}, and it should be {least} %")
    for name, facts in sorted(report["files"].items()):
        if any(fnmatch(name, pattern) for pattern in WHOLE):
            found += [f"{name}:{line} was never run" for line in facts["missing_lines"]]
            found += [f"{name}:{start} never went on to {'its end' if end < 0 else end}"
                      for start, end in facts["missing_branches"]]
    return found


def main() -> int:
    import coverage  # noqa: PLC0415 - the test of this file has one at work already

    measured = coverage.Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(written))
        report = json.loads(written.read_text(encoding="utf-8"))
    missing = shortfalls(report)
    for line in missing:
        print(line)
    if not missing:
        print(f"covered: {LINES} % of all lines, {BRANCHES} % of all branches, "
              "and all of drivers, printing, weighing and history")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
