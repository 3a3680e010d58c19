"""Cases counted per carrier, courier, packer and article: bars on a page, and files (D11)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from station.domain.cases import KINDS
from station.domain.rights import Right
from station.domain.vocabulary import SHOP_ZONE
from station.services import case_statistics
from station.services.case_statistics import GROUPS, Period, Tally
from web import words
from web.door import station
from web.signin import needs

blueprint = Blueprint("case_statistics", __name__, url_prefix="/cases/statistics")

_USUAL = timedelta(days=89)
_LONGEST = timedelta(days=3 * 366)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("")
@needs(Right.CASES)
def page() -> str:
    """Bars of every group for the chosen days."""
    period = _period()
    tables = {group: _tallies(group, period) for group in GROUPS}
    most = {group: max((one.count for one in found), default=1) for group, found in tables.items()}
    return render_template(
        "case_statistics.html", tables=tables, most=most, period=period, kinds=list(KINDS),
        hatches={kind: f"k{number}" for number, kind in enumerate(KINDS)},
    )


@blueprint.get("/<group>.csv")
@needs(Right.CASES)
def as_csv(group: str) -> Response:
    """One group as CSV."""
    if group not in GROUPS:
        abort(404)
    content = case_statistics.as_csv(_tallies(group, _period()), _kinds())
    return _file(content, "text/csv; charset=utf-8", f"cases-{group}.csv")


@blueprint.get("/all.xlsx")
@needs(Right.CASES)
def as_xlsx() -> Response:
    """All groups as one workbook."""
    period = _period()
    tables = {words.say(f"case_group.{group}").zh: _tallies(group, period) for group in GROUPS}
    return _file(case_statistics.as_xlsx(tables, _kinds()), _XLSX, "cases.xlsx")


def _tallies(group: str, period: Period) -> list[Tally]:
    return station().read(case_statistics.tallies, group, period)


def _kinds() -> dict[str, str]:
    return {str(kind): f"{said.zh} {kind}" for kind, said in KINDS.items()}


def _period() -> Period:
    """The days asked for; the last ninety where none are, 400 for what are no days."""
    today = station().now().astimezone(SHOP_ZONE).date()
    last = _day("until", today)
    first = _day("from", last - _USUAL)
    if not timedelta(0) <= last - first <= _LONGEST:
        abort(400, "days")
    return Period(first, last)


def _day(name: str, usual: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else usual
    except ValueError:
        abort(400, "days")


def _file(content: bytes, kind: str, name: str) -> Response:
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=kind, headers=headers)
