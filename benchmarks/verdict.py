"""Scan to durable verdict over HTTP: one and sixteen clients, few and many parcels behind it.

``python benchmarks/verdict.py [--parcels 10000 1000000] [--rounds N] [--json FILE]``
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import clients  # noqa: E402 - the scripts run from anywhere
import psutil  # noqa: E402
import seeding  # noqa: E402

BENCHES = 16

TOML = """
[station]
shop = "benchmark"
[web]
port = {port}
threads = 40
[packing]
bounce_ms = 0
"""


def measure(folder: Path, parcels: int, rounds: int) -> dict[str, float]:
    """Medians and 99th percentiles in ms at this many stored parcels."""
    plan = seeding.seed(folder / "packbench.db", parcels, BENCHES)
    port = clients.free_port()
    text = TOML.format(port=port)
    text += "".join(f'[[bench]]\nname = "{n + 1}"\n' for n in range(BENCHES))
    (folder / "station.toml").write_text(text, "utf-8")
    command = ("-c", "from web.cli import main; main()", "serve", "--config",
               str(folder / "station.toml"))
    with clients.process(*command, port=port, cwd=ROOT) as (pid, ready):
        one = _scan(port, plan[:1], rounds)
        sixteen = _scan(port, plan, max(rounds // 4, 100), skip_first=True)
        memory = psutil.Process(pid).memory_info().rss / 1e6
    return {
        "ready_s": ready, "memory_mb": memory,
        "one_p50_ms": clients.percentile(one, 0.5), "one_p99_ms": clients.percentile(one, 0.99),
        "sixteen_p50_ms": clients.percentile(sixteen, 0.5),
        "sixteen_p99_ms": clients.percentile(sixteen, 0.99),
    }


def _scan(
    port: int, plan: list[tuple[str, list[str]]], rounds: int, *, skip_first: bool = False
) -> list[float]:
    def worker(bench: int, waybill: str, codes: list[str]) -> list[float]:
        client = clients.Client(port)
        path = f"/api/v1/bench/{bench}/scan"
        if not (skip_first and bench == 1):  # the first bench has its parcel open already
            client.post(path, {"code": waybill})
        took = []
        for number in range(rounds):
            seconds, view = client.post(path, {"code": codes[number % len(codes)]})
            if view["verdict"]["mood"] != "good":
                raise RuntimeError(f"not a right scan: {view['verdict']}")
            took.append(seconds)
        client.close()
        return took[rounds // 10 :]

    return clients.in_turn([
        lambda n=n, row=row: worker(n, *row) for n, row in enumerate(plan, 1)
    ])


def run(parcels: list[int], rounds: int) -> dict[str, object]:
    """Measure every size, beside the floors of the same run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        empty = clients.empty_request(1, rounds)
        empty_16 = clients.empty_request(16, max(rounds // 4, 100))
        bare = clients.bare_transaction(Path(home), rounds)
        sizes = {}
        for count in parcels:
            folder = Path(home) / str(count)
            folder.mkdir()
            sizes[str(count)] = measure(folder, count, rounds)
    floor = clients.percentile(empty, 0.5) + bare
    first, last = sizes[str(parcels[0])], sizes[str(parcels[-1])]
    return {
        "floor_empty_request_ms": clients.percentile(empty, 0.5),
        "floor_empty_request_16_p99_ms": clients.percentile(empty_16, 0.99),
        "floor_bare_transaction_ms": bare,
        "sizes": sizes,
        "verdict_to_floor": first["one_p50_ms"] / floor,
        "most_parcels_to_fewest": last["one_p50_ms"] / first["one_p50_ms"],
    }


def main() -> None:
    """Print the figures, and write them to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.parcels, options.rounds)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
