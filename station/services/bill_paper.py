"""A kept bill on paper: XLSX and PDF for the carrier's clerk, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from station.bills.told import KINDS, Told, write_json, write_xlsx
from station.carriers import CARRIERS
from station.domain.bill_findings import REASONS, Finding, Totals
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.paper.pdf import write_pdf
from station.services import bill_reports
from station.services.bill_reports import BillView

_MOST_ROWS = 2000  # differences in one PDF; the XLSX has all


def write(
    session: Session, bill_id: int, kind: str, path: Path, *, now: datetime,
    fonts: Sequence[Path] = (),
) -> None:
    """Write a bill's report as "xlsx", "pdf" or "json". ``fonts`` go before the system's own."""
    bill = bill_reports.bill(session, bill_id)
    if bill is None:
        raise LookupError(bill_id)
    if kind == "pdf":
        closing = bill_reports.month(session, bill.carrier, bill.month)
        found = bill_reports.all_findings(session, bill_id, matched=False)
        write_pdf(path, "bill_report", _paper(bill, closing, found, now), now=now, fonts=fonts)
        return
    told = Told(bill.carrier, bill.month, bill.totals, ((bill.name, bill.sha256),), bill.review)
    findings = bill_reports.all_findings(session, bill_id, matched=kind == "json")
    if kind == "json":
        write_json(path, told, findings)
    else:
        write_xlsx(path, told, findings, now=now)


def write_disputes(session: Session, carrier: str, path: Path, *, now: datetime) -> None:
    """Write what is disputed with a carrier and still standing, as XLSX."""
    totals = Totals()
    for finding in bill_reports.disputed_findings(session, carrier):
        totals.add(finding)
    told = Told(carrier, "", totals, notes={"争议清单 disputes": f"{now.astimezone(SHOP_ZONE):%F}"})
    write_xlsx(path, told, bill_reports.disputed_findings(session, carrier), now=now)


def _paper(
    bill: BillView, month: bill_reports.MonthView | None, findings: Iterator[Finding],
    now: datetime,
) -> dict[str, Any]:
    """What the PDF's template is filled with: texts and amounts, nothing to be computed."""
    rows: list[dict[str, Any]] = []
    left_out = 0
    for finding in findings:
        if len(rows) < _MOST_ROWS:
            rows.append(_line(finding))
        else:
            left_out += 1
    totals = bill.totals
    signed = next((one for one in month.closings if not one.reopened_at), None) if month else None
    return {
        "carrier": CARRIERS[CarrierCode(bill.carrier)].name, "month": bill.month,
        "file": bill.name, "sha256": bill.sha256, "made": f"{now.astimezone(SHOP_ZONE):%Y-%m-%d}",
        "lines": totals.lines, "billed": yuan(totals.billed_fen), "owed": yuan(totals.owed_fen),
        "stated": "—" if totals.stated_fen is None else yuan(totals.stated_fen),
        "difference": yuan(totals.difference_fen), "disputed": yuan(bill.disputed_fen),
        "kinds": [
            {"name": KINDS[kind][0], "count": totals.count[kind],
             "fen": yuan(totals.fen.get(kind, 0)), "part": _part(totals.fen, kind)}
            for kind in KINDS if totals.count.get(kind)
        ],
        "rows": rows, "left_out": left_out,
        "signed": "" if signed is None else
            f"{signed.closed_by}　{signed.closed_at.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M}",
    }


def _part(fen: dict[Any, int], kind: str) -> int:
    """The kind's share of the largest difference, in hundredths, for its bar."""
    most = max((abs(one) for one in fen.values()), default=0) or 1
    return 100 * abs(fen.get(kind, 0)) // most


def _line(one: Finding) -> dict[str, Any]:
    return {
        "row": one.row or "", "waybill": one.waybill_no or "—", "kind": KINDS[one.finding][0],
        "theirs": yuan(one.theirs), "ours": yuan(one.ours), "fen": yuan(one.fen),
        "reason": REASONS[one.reason][0], "evidence": "；".join(_evidence(one)),
    }


def _evidence(one: Finding) -> Iterator[str]:
    """What both sides say, in words that the clerk can check."""
    if one.theirs_g is not None or one.ours_g is not None:
        yield f"重量 账单 {_kilos(one.theirs_g)} / 我方 {_kilos(one.ours_g)}"
    if one.finding == "other_destination":
        yield f"目的地 账单 {one.theirs_place} / 面单 {one.ours_place}"
    if one.handed_on:
        yield f"{one.handed_on} 交接" + (f" {one.handover_no}" if one.handover_no else "")
    if one.courier:
        yield f"快递员 {one.courier}"
    if one.remark:
        yield f"备注 {one.remark}"


def _kilos(grams: int | None) -> str:
    return "—" if grams is None else f"{grams / 1000:g} kg"


def yuan(fen: int | None) -> str:
    """Fen as yuan with two decimals; "—" where there is none."""
    if fen is None:
        return "—"
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
