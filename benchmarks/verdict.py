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
    """Medians and 99th percentiles in ms at this many stored parcels, beside the floor's.

    One client's scans take turns with the floor's requests, so that both feel the same machine.
    """
    plan = seeding.seed(folder / "packbench.db", parcels, BENCHES)
    port = clients.free_port()
    text = TOML.format(port=port)
    text += "".join(f'[[bench]]\nname = "{n + 1}"\n' for n in range(BENCHES))
    (folder / "station.toml").write_text(text, "utf-8")
    command = ("-c", "from web.cli import main; main()", "serve", "--config",
               str(folder / "station.toml"))
    floor = clients.floor(clients.DURABLE, str(folder / "floor.db"))
    with clients.process(*command, port=port, cwd=ROOT) as (pid, ready), floor as beside:
        one, bare = _take_turns(port, beside, plan[0], rounds)
        few = max(rounds // 4, 100)
        sixteen = _sixteen(port, plan, few)
        bare_16 = clients.empty_requests(beside, BENCHES, few)
        memory = psutil.Process(pid).memory_info().rss / 1e6
    shown = {"one": one, "floor_one": bare, "sixteen": sixteen, "floor_sixteen": bare_16}
    found = {"ready_s": ready, "memory_mb": memory}
    for name, took in shown.items():
        found |= {f"{name}_p50_ms": clients.percentile(took, 0.5),
                  f"{name}_p99_ms": clients.percentile(took, 0.99)}
    found["verdict_to_floor"] = found["one_p50_ms"] / found["floor_one_p50_ms"]
    return found


def _take_turns(
    port: int, beside: int, row: tuple[str, list[str]], rounds: int
) -> tuple[list[float], list[float]]:
    ours, floor = clients.Client(port), clients.Client(beside)
    one, bare = [], []
    ours.post("/api/v1/bench/1/scan", {"code": row[0]})
    for number in range(rounds):
        one.append(_right(ours, 1, row[1], number))
        bare.append(floor.post("/empty", {"code": "x"})[0])
    ours.close()
    floor.close()
    return one[rounds // 10 :], bare[rounds // 10 :]


def _sixteen(port: int, plan: list[tuple[str, list[str]]], rounds: int) -> list[float]:
    def worker(bench: int, waybill: str, codes: list[str]) -> list[float]:
        client = clients.Client(port)
        if bench != 1:  # the first bench has its parcel open already
            client.post(f"/api/v1/bench/{bench}/scan", {"code": waybill})
        took = [_right(client, bench, codes, number) for number in range(rounds)]
        client.close()
        return took[rounds // 10 :]

    return clients.in_turn([
        lambda n=n, row=row: worker(n, *row) for n, row in enumerate(plan, 1)
    ])


def _right(client: clients.Client, bench: int, codes: list[str], number: int) -> float:
    """Seconds of one right scan."""
    seconds, view = client.post(
        f"/api/v1/bench/{bench}/scan", {"code": codes[number % len(codes)]}
    )
    if view["verdict"]["mood"] != "good":
        raise RuntimeError(f"not a right scan: {view['verdict']}")
    return seconds


def run(parcels: list[int], rounds: int) -> dict[str, object]:
    """Measure every size; beside it what an empty request and a bare transaction cost alone."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        with clients.floor(clients.EMPTY) as port:
            empty = clients.empty_requests(port, 1, rounds)
        bare = clients.bare_transaction(Path(home), rounds)
        sizes = {}
        for count in parcels:
            folder = Path(home) / str(count)
            folder.mkdir()
            sizes[str(count)] = measure(folder, count, rounds)
    first, last = sizes[str(parcels[0])], sizes[str(parcels[-1])]
    return {
        "empty_request_ms": clients.percentile(empty, 0.5),
        "bare_transaction_ms": bare,
        "sizes": sizes,
        "verdict_to_floor": first["verdict_to_floor"],
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
