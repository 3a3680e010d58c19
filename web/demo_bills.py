"""The demo's month end: each carrier's bill over the day's parcels, reconciled and looked at.

The carriers' child process plants mistakes and writes down the truth; the station works on the
files as on any other, and every finding must be the planted one.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from station.bills.told import KINDS
from station.bootstrap import Station
from station.domain.refusals import Refusal
from station.services import bill_files, bill_reports, billing, bills

_PATIENCE_S = 60.0


@dataclass(slots=True)
class Ended:
    """What came of the bills: how many of each finding, the money, and what was not as planted."""

    findings: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    difference_fen: int = 0
    pages: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def numbers(self) -> dict[str, Any]:
        """As the demo's JSON has it."""
        return {
            "bills": len(self.pages), "bill_lines": self.lines,
            "bill_findings": dict(self.findings), "bill_difference_fen": self.difference_fen,
        }


def month_end(
    station: Station, folder: Path, write: Callable[[Path, Path], None]
) -> Ended:
    """Let the carriers write (``write(parcels, folder)``), bring their bills in, and compare."""
    ended = Ended()
    folder.mkdir(parents=True, exist_ok=True)
    told = station.read(billing.handed_over)
    if not told:
        return ended
    parcels = folder / "handed-over.json"
    parcels.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    write(parcels, folder)
    brought = [
        (path, _bring(station, path)) for path in sorted(folder.glob("*.xlsx"))
    ]
    for path, bill_id in brought:
        _compare(ended, _done(station, bill_id), path, station)
    return ended


def _bring(station: Station, path: Path) -> int:
    with path.open("rb") as file:
        digest = bill_files.take_in(station.config.data_dir / "bills", station.db.keys, file)
    bill = station.write(bills.take, digest, path.name, carrier="", month="", who="demo")
    if isinstance(bill, Refusal):
        raise TypeError(f"{path.name}: {bill.code}")  # its content is new: it cannot be known
    return bill.id


def _done(station: Station, bill_id: int) -> bill_reports.BillView:
    """The bill when the station has worked on it."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        bill = station.read(bill_reports.bill, bill_id)
        if bill is None or bill.state not in ("waiting", "working") or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert bill is not None  # noqa: S101 - it was taken in just now
    return bill


def _compare(
    ended: Ended, bill: bill_reports.BillView, path: Path, station: Station
) -> None:
    """Every finding against the truth beside the file."""
    truth = json.loads(path.with_name(f"{path.stem}-truth.json").read_text("utf-8"))
    planted = Counter((one["waybill"], one["finding"], one["fen"]) for one in truth)
    found = Counter(station.read(_findings, bill.id))
    for label, left in (("planted, not found", planted - found), ("found, not planted",
                                                                  found - planted)):
        ended.wrong += [f"{bill.name} {number} {kind} {fen}: {label}" for number, kind, fen in left]
    if bill.state != "done":
        ended.wrong.append(f"{bill.name}: {bill.state} {' '.join(bill.said)}")
    ended.findings.update(bill.totals.count)
    ended.lines += bill.totals.lines
    ended.difference_fen += bill.totals.difference_fen
    ended.pages.append(bill.id)


def _findings(session: Any, bill_id: int) -> list[tuple[str, str, int]]:
    return [
        (one.waybill_no, one.finding, one.fen)
        for one in bill_reports.all_findings(session, bill_id)
    ]


def in_words(ended: Ended, address: str) -> str:
    """The bills in a few lines, with where to look at them."""
    if not ended.pages:
        return ""
    kinds = [
        f"{KINDS[kind][0]} {KINDS[kind][1]} {ended.findings[kind]}"
        for kind in KINDS if kind != "matched" and ended.findings[kind]
    ]
    sign = "-" if ended.difference_fen < 0 else ""
    fen = abs(ended.difference_fen)
    return (
        f"  月账单 bills {len(ended.pages)} · 行 lines {ended.lines}"
        f" · 多收 asked too much {sign}¥{fen // 100}.{fen % 100:02d}\n"
        f"  账单里的错 found in them: {'，'.join(kinds)}\n"
        f"  逐件依据 evidence: {address}/bills/{ended.pages[0]}"
        "（经理登录 as the manager: PBID-1009, PIN 904127）"
    )
