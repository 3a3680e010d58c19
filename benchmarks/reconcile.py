"""A million-line bill against a million parcels: seconds and peak memory, beside a pandas merge.

``python benchmarks/reconcile.py [--lines 1000000] [--pandas PYTHON] [--json OUT]``: PYTHON is an
interpreter that has pandas; without one, or where ours has none either, pandas is left out and the
output says so. Both read the same two files in the same run, join them by number, compute every
price and write a finding per line.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from simulators.statement_files import yuan  # noqa: E402 - found by the line above
from simulators.statements import MISTAKES, make_month, shipments  # noqa: E402 - the same

SHARD = 20_000
HEADER = ("业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量", "运费", "备注")
PANDAS = '''
import sys, numpy as np, pandas as pd
bill, ours, out = sys.argv[1:]
a = pd.read_csv(bill, encoding="gb18030", dtype=str, skiprows=1, keep_default_na=False)
b = pd.read_json(ours, lines=True, dtype={"waybill": str})
a = a[a["业务时间"] != "合计"]
a["fen"] = (a["运费"].astype(float) * 100).round().astype("int64")
a["kg"] = pd.to_numeric(a["结算重量"], errors="coerce")
a["again"] = a.duplicated("运单号") & (a["运单号"] != "")
m = a.merge(b, how="outer", left_on="运单号", right_on="waybill", indicator=True)
near = m["province"].fillna("").str.slice(0, 2).isin(["上海", "江苏", "浙江", "安徽"])
steps = np.ceil((m["station_g"] - 1000).clip(lower=0) / 1000)
m["owed"] = np.where(near, 500 + 100 * steps, 800 + 500 * steps)
billed_steps = (m["kg"] - 1).clip(lower=0)
m["finding"] = np.select(
    [m["运单号"] == "", m["_merge"] == "left_only", m["_merge"] == "right_only",
     m["again"].eq(True), m["trouble"].notna(), m["备注"].fillna("") != "",
     ~m["handed_at"].astype(str).str.startswith("2026-11"),
     m["订单目的省份"].str.slice(0, 2) != m["province"].str.slice(0, 2), billed_steps > steps,
     m["fen"] != m["owed"]],
    ["credit", "not_ours", "missing", "twice", "trouble", "trouble", "month", "place", "heavier",
     "price"], "matched")
m["over"] = m["fen"].fillna(0) - m["owed"].fillna(0)
m[["运单号", "finding", "owed", "fen", "over", "station_g", "handed_at"]].to_json(
    out, orient="records", lines=True, force_ascii=False)
print(m["finding"].value_counts().to_dict())
'''


def write_files(folder: Path, lines: int) -> tuple[Path, Path, dict[str, int]]:
    """A statement and its parcels, of about this many lines; how many of each finding there are."""
    bill, ours = folder / "bill.csv", folder / "ours.jsonl"
    planted: dict[str, int] = {}
    total = after = 0
    mistakes = {name: SHARD // 1000 for name in MISTAKES if name != "total_differs"}
    with bill.open("w", encoding="gb18030", newline="") as out, ours.open("w") as parcels:
        writer = csv.writer(out)
        writer.writerows([["申通快递 2026年11月 对账单"], HEADER])
        for seed in range(max(1, lines // SHARD)):
            month = make_month(
                "STO", "2026-11", SHARD - 13 * (SHARD // 1000), seed=seed, mistakes=mistakes,
                after=after)
            after += SHARD + 20 * (SHARD // 1000)
            writer.writerows(_row(line) for line in month.billed)
            parcels.writelines(json.dumps(one) + "\n" for one in shipments(month))
            total += month.stated_fen
            for one in month.truth:
                planted[one.finding] = planted.get(one.finding, 0) + 1
        writer.writerow(["合计", "", "", "", "", yuan(total)])
    return bill, ours, planted


def _row(line) -> list[str]:
    weight = "" if line.charged_g is None else f"{line.charged_g / 1000:g}"
    return [f"{line.at:%Y-%m-%d %H:%M:%S}", line.waybill, line.province, line.city, weight,
            yuan(line.fen), line.remark]


def measured(command: list[str]) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processors, and peak MiB of memory."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise SystemExit(f"failed: {command[:4]}")
    spent = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - start, spent, usage.ru_maxrss / 1024


def has_pandas(python: str) -> bool:
    """Whether this interpreter can import pandas."""
    return subprocess.run([python, "-c", "import pandas"], capture_output=True, check=False
                          ).returncode == 0


def main() -> None:
    """Write the files, run both, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--pandas", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        bill, ours, planted = write_files(folder, options.lines)
        out = folder / "found.json"
        seconds, spent, mib = measured([
            sys.executable, "-m", "web.cli", "reconcile", str(bill), "--shipments", str(ours),
            "--json", str(out), "--config", str(folder / "none.toml"),
        ])
        with out.open(encoding="utf-8") as file:
            head = json.loads(file.readline().rpartition(', "lines"')[0] + "}")
        found = {kind: one["count"] for kind, one in head["totals"]["by_finding"].items()}
        figures = {
            "lines": head["totals"]["lines"], "bill_mib": bill.stat().st_size / 2**20,
            "ours_s": seconds, "ours_cpu_s": spent, "ours_mib": mib,
            "processors": os.cpu_count(), "every_mistake_found": found == planted,
        }
        if has_pandas(options.pandas):
            script = folder / "merge.py"
            script.write_text(PANDAS, encoding="utf-8")
            figures["pandas_s"], figures["pandas_cpu_s"], figures["pandas_mib"] = measured(
                [options.pandas, str(script), str(bill), str(ours), str(folder / "merged.json")])
            figures["time_to_pandas"] = seconds / figures["pandas_s"]
            figures["memory_to_pandas"] = mib / figures["pandas_mib"]
        else:
            figures["pandas"] = "not installed; name an interpreter that has it with --pandas"
    for name, value in figures.items():
        print(f"{name:<24}{value:10.2f}" if isinstance(value, float) else f"{name:<24}{value}")
    if options.json:
        options.json.write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
