"""Thousands of generated statements against their known truth: every finding right, none extra.

``python campaigns/statements.py [--statements 2000] [--seed 0]`` writes months of every carrier's
layout with each mistake and each harmless oddity in them, reads them back as files, and compares
every finding with what was planted, to the fen. Exits with 1 at the first statement that differs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from simulators import statement_files, statements
from station.bills.shipments import shipment
from station.bills.statement import read_statement
from station.carriers import example_tariffs
from station.domain.bill_findings import Totals
from station.domain.bill_prices import Prices
from station.domain.reconciliation import Terms, match

PLANTED = dict.fromkeys((*statements.MISTAKES, *statements.HARMLESS), 1)
Told = tuple[int, str, str, int | None, int | None, int]


def differences(folder: Path, layout: str, seed: int, prices: Prices) -> tuple[int, set[Told]]:
    """How many findings one statement has, and those that only one side tells."""
    carrier = layout.partition("_")[0]
    month = statements.make_month(carrier, "2026-11", 25, seed=seed, mistakes=PLANTED)
    written = statement_files.write(month, layout, seed=seed)
    path = folder / written.name
    path.write_bytes(written.data)
    statement = read_statement(path)
    sent = [shipment(one) for one in statements.shipments(month)]
    totals = Totals()
    found = list(match(statement.lines, sent, Terms("2026-11", prices, statement.carrier)))
    for one in found:
        totals.add(one)
    closed = totals.close(statement.total_fen)
    found += [closed] if closed else []
    told = [(one.row, one.waybill_no, one.finding, one.ours, one.theirs, one.fen) for one in found]
    true = [
        (one["row"] or 0, one["waybill"], one["finding"], one["ours"], one["theirs"], one["fen"])
        for one in statement_files.truth(month, written)
    ]
    return len(told), set(told) ^ set(true) if sorted(told) != sorted(true) else set()


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 1 where a statement was not read as it was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    prices, findings = Prices(example_tariffs()), 0
    turns = zip(itertools.cycle(statement_files.LAYOUTS), range(options.statements), strict=False)
    with tempfile.TemporaryDirectory() as home:
        for layout, number in turns:
            count, wrong = differences(Path(home), layout, options.seed + number, prices)
            findings += count
            if wrong:
                print(f"{layout} seed {options.seed + number}: {sorted(wrong, key=str)}")
                return 1
    print(f"{options.statements} statements, {findings} findings, none wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
