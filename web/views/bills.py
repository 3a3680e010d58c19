"""The carriers' monthly bills: brought, mapped, looked through, disputed, closed (D12)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from station.bills.layouts import FIELDS
from station.bills.told import KINDS
from station.domain.bill_findings import REASONS
from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.vocabulary import CarrierCode
from station.services import (
    bill_files,
    bill_months,
    bill_paper,
    bill_reports,
    bills,
    disputes,
    loose_credits,
)
from web import charts, words
from web.door import station
from web.guard import largest_body, row_id
from web.signin import accepting, needs, person
from web.views.bench import strokes
from web.views.handover import fen

blueprint = Blueprint("bills", __name__, url_prefix="/bills")

LARGEST_UPLOAD = 62 * 1024 * 1024
_PAPERS = ("xlsx", "pdf", "json")


@blueprint.get("")
@needs(Right.BILLS)
def page() -> str:
    """Every carrier's months, what waits, and the form that brings a file."""
    return _list(None)


def _list(refused: Refusal | None) -> str:
    door = station()
    found = door.read(bill_reports.months)
    latest = [one for one in reversed(found[:8]) if one.billed_fen]
    chart = charts.standing([
        (f"{words.say(f'carrier.{one.carrier}').zh} {one.month[2:]}", one.billed_fen, one.owed_fen)
        for one in latest
    ])
    return render_template(
        "bills/list.html", months=found, waiting=door.read(bill_reports.waiting), chart=chart,
        refused=words.say(refused) if refused else None, carriers=list(CarrierCode),
    )


@blueprint.post("")
@needs(Right.BILLS)
@largest_body(LARGEST_UPLOAD)
def bring() -> str | AnyResponse:
    """Take the files; the loop works on them, and the page follows it."""
    files = [file for file in request.files.getlist("files") if file.filename]
    carrier, month = _form("carrier", 8), _form("month", 7)
    if not files or len(files) > 20 or (carrier and carrier not in CarrierCode):
        abort(400, "file")
    taken = [_take(file, carrier, month) for file in files]
    refused = next((one for one in taken if isinstance(one, Refusal)), None)
    if refused is not None:
        return _list(refused)
    if len(taken) == 1 and isinstance(taken[0], int):
        return redirect(url_for(".one", bill_id=taken[0]), 303)
    return redirect(url_for(".page"), 303)


def _take(file: FileStorage, carrier: str, month: str) -> int | Refusal:
    """Put one file into the bills' folder by its digest, and let it wait there."""
    door = station()
    digest = bill_files.take_in(door.config.data_dir / "bills", door.db.keys, file.stream)
    name = (file.filename or "?").rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    bill = door.write(
        bills.take, digest, name, carrier=carrier, month=month, who=_who())
    return bill if isinstance(bill, Refusal) else int(bill.id)


@blueprint.get("/<int:bill_id>")
@needs(Right.BILLS)
def one(bill_id: int) -> str:
    """One bill: how far it is, its columns to be mapped, or its report."""
    return _one(bill_id, None)


def _one(bill_id: int, refused: Refusal | None) -> str:
    door = station()
    bill = _bill(bill_id)
    kind, number = request.args.get("finding", ""), request.args.get("number", "").strip()[-40:]
    after = request.args.get("after", 0, type=row_id)
    rows = door.read(bill_reports.findings, bill_id, kind, number=number, after=after)
    found = [one for one in KINDS if bill.totals.count.get(one)]
    chart = charts.lying([
        (one, KINDS[one][0], bill.totals.fen.get(one, 0)) for one in found if one != "matched"
    ])
    return render_template(
        "bills/bill.html", bill=bill, rows=rows, kind=kind, number=number, found=found,
        chart=chart, kinds=KINDS, reasons=REASONS, page_size=bill_reports.PAGE, fields=list(FIELDS),
        carriers=list(CarrierCode), refused=words.say(refused) if refused else None,
        history=door.read(bill_reports.history, f"bill:{bill_id}"), header=_likely_header(bill),
    )


def _likely_header(bill: bill_reports.BillView) -> int:
    """The preview's row with most words in it: that is where a header usually stands."""
    def weight(row: tuple[str, ...]) -> int:
        return sum(bool(cell) and not any(map(str.isdigit, cell)) for cell in row)

    return max(range(len(bill.preview)), key=lambda at: weight(bill.preview[at]), default=0)


@blueprint.post("/<int:bill_id>/columns")
@needs(Right.BILLS)
def map_columns(bill_id: int) -> str | AnyResponse:
    """Remember what the columns of an unknown layout mean."""
    meanings = {
        at: meaning for at in range(len(max(_bill(bill_id).preview, key=len, default=())))
        if (meaning := request.form.get(f"column-{at}", ""))
    }
    header, unit = request.form.get("header", -1, type=int), request.form.get("unit_g", 0, type=int)
    return _stepped(
        bill_id, bills.map_columns, header, meanings, _form("carrier", 8), unit, who=_who())


@blueprint.post("/<int:bill_id>/again")
@needs(Right.BILLS)
def again(bill_id: int) -> str | AnyResponse:
    """Reconcile it anew."""
    return _stepped(bill_id, bills.again, who=_who())


@blueprint.post("/<int:bill_id>/withdraw")
@needs(Right.BILLS)
def withdraw(bill_id: int) -> str | AnyResponse:
    """Take it out of its month."""
    return _stepped(bill_id, bills.withdraw, reason=_form("reason", 200), who=_who())


@blueprint.post("/<int:bill_id>/disputes")
@needs(Right.BILLS)
def dispute(bill_id: int) -> str | AnyResponse:
    """Put the ticked differences, or all of a kind, on the list of disputes."""
    chosen = request.form.getlist("finding", type=row_id)
    return _stepped(bill_id, disputes.dispute, chosen, kind=_form("kind", 24), who=_who())


def _stepped(bill_id: int, step: Callable[..., Any], *args: Any, **facts: Any) -> str | AnyResponse:
    _bill(bill_id)
    said = station().write(step, bill_id, *args, **facts)
    if isinstance(said, Refusal):
        return _one(bill_id, said)
    return redirect(url_for(".one", bill_id=bill_id), 303)


@blueprint.get("/<int:bill_id>/report.<kind>")
@needs(Right.BILLS)
def report(bill_id: int, kind: str) -> Response:
    """The report for the carrier's clerk as XLSX or PDF, or every line as JSON."""
    bill, door = _bill(bill_id), station()
    if kind not in _PAPERS or bill.state not in ("done", "withdrawn"):
        abort(404)
    with tempfile.TemporaryDirectory(prefix="station-bill-") as home:
        path = Path(home) / f"report.{kind}"
        door.read(
            bill_paper.write, bill_id, kind, path, now=door.now(),
            fonts=door.config.font_files,
        )
        # Opened before the folder goes; the answer reads what is open.
        file = path.open("rb")
    return send_file(
        file, as_attachment=kind != "pdf", mimetype=_MIME[kind],
        download_name=f"{bill.carrier}-{bill.month}-{bill_id}.{kind}",
    )


_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf", "json": "application/json",
}


# --- Disputes -------------------------------------------------------------------------------------


@blueprint.get("/disputes")
@needs(Right.BILLS)
def disputed() -> str:
    """The list of disputes, with what became of them."""
    return _disputed(None)


def _disputed(refused: Refusal | None) -> str:
    door = station()
    carrier, state = request.args.get("carrier", ""), request.args.get("state", "")
    return render_template(
        "bills/disputes.html", rows=door.read(bill_reports.disputes, carrier, state),
        sums=door.read(bill_reports.dispute_sums), carrier=carrier, state=state,
        states=("open", "told", "credited", "dropped"), kinds=KINDS,
        open_for=door.read(bill_reports.carriers_with_disputes),
        refused=words.say(refused) if refused else None, loose=door.read(loose_credits.loose),
    )


@blueprint.get("/disputes/<carrier>.xlsx")
@needs(Right.BILLS)
def dispute_list(carrier: str) -> Response:
    """What is disputed with one carrier and still standing, as a table for its clerk."""
    if carrier not in CarrierCode:
        abort(404)
    door = station()
    with tempfile.TemporaryDirectory(prefix="station-bill-") as home:
        path = Path(home) / "disputes.xlsx"
        door.read(bill_paper.write_disputes, carrier, path, now=door.now())
        file = path.open("rb")
    return send_file(
        file, as_attachment=True, mimetype=_MIME["xlsx"],
        download_name=f"{carrier}-disputes-{door.now():%Y%m%d}.xlsx",
    )


@blueprint.post("/disputes/told")
@needs(Right.BILLS)
def told() -> AnyResponse:
    """The carrier has been given the open list."""
    station().write(disputes.tell_carrier, _form("carrier", 8), who=_who())
    return redirect(url_for(".disputed"), 303)


@blueprint.post("/disputes/<int:dispute_id>")
@needs(Right.BILLS)
def settle(dispute_id: int) -> str | AnyResponse:
    """End one by hand."""
    money = _form("yuan", 12)
    said = station().write(
        disputes.settle, dispute_id, _form("state", 12), fen(money) if money else 0,
        _form("reason", 200), who=_who())
    if isinstance(said, Refusal):
        return _disputed(said)
    return redirect(url_for(".disputed"), 303)


@blueprint.post("/credits/<int:finding_id>")
@needs(Right.BILLS)
def link_credit(finding_id: int) -> str | AnyResponse:
    """Say which disputes a credit without a number settles."""
    chosen = request.form.getlist("dispute", type=row_id)
    said = station().write(loose_credits.link, finding_id, chosen, who=_who())
    return _disputed(said) if isinstance(said, Refusal) else redirect(url_for(".disputed"), 303)


# --- Months ---------------------------------------------------------------------------------------


@blueprint.get("/months/<carrier>/<name>")
@needs(Right.BILLS)
def month(carrier: str, name: str) -> str:
    """One carrier's month: its bills, its closings, and the manager's signature."""
    return _month(carrier, name, None)


def _month(carrier: str, name: str, refused: Refusal | None) -> str:
    door = station()
    found = door.read(bill_reports.month, carrier, name)
    if found is None:
        abort(404)
    return render_template(
        "bills/month.html", month=found, kinds=KINDS,
        history=door.read(bill_reports.history, f"month:{carrier}:{name}"),
        refused=words.say(refused) if refused else None,
    )


@blueprint.post("/months/<carrier>/<name>/close")
@needs(Right.BILLS)
def close(carrier: str, name: str) -> str | AnyResponse:
    """A manager signs for the month."""
    who = accepting(_form("badge", 64), _form("pin", 12))
    if isinstance(who, Refusal):
        return _month(carrier, name, who)
    said = station().write(bill_months.close, carrier, name, who=who, strokes=_drawn())
    return _closed(carrier, name, said)


@blueprint.post("/months/<carrier>/<name>/reopen")
@needs(Right.BILLS)
def reopen(carrier: str, name: str) -> str | AnyResponse:
    """A manager opens a closed month again, and says why."""
    who = accepting(_form("badge", 64), _form("pin", 12))
    if isinstance(who, Refusal):
        return _month(carrier, name, who)
    said = station().write(
        bill_months.reopen, carrier, name, reason=_form("reason", 200), who=who)
    return _closed(carrier, name, said)


def _closed(carrier: str, name: str, said: Any) -> str | AnyResponse:
    if isinstance(said, Refusal):
        return _month(carrier, name, said)
    return redirect(url_for(".month", carrier=carrier, name=name), 303)


def _drawn() -> Any:
    """The strokes that the page put into its form; none where nobody drew."""
    text = request.form.get("strokes", "")
    try:
        return strokes(current_app.json.loads(text)) if text else ()
    except ValueError:
        abort(400)


def _bill(bill_id: int) -> bill_reports.BillView:
    found = station().read(bill_reports.bill, bill_id)
    if found is None:
        abort(404)
    return found


def _form(name: str, longest: int) -> str:
    return request.form.get(name, "").strip()[:longest]


def _who() -> str:
    return person().name
