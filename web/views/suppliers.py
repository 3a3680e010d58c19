"""退换: faulty goods go to their suppliers on a list in two copies, and come back exchanged."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.supplier_lists import STATES, CameBack
from station.services import supplier_ledger, supplier_paper, suppliers
from web import words
from web.door import station
from web.evidence import fonts_of
from web.guard import row_id
from web.signin import needs, person
from web.views.handover import fen

blueprint = Blueprint("suppliers", __name__, url_prefix="/suppliers")

_LONGEST_COUNT = 4  # digits


@blueprint.get("")
@needs(Right.CASES)
def page() -> str:
    """The defect shelf, the open lists, and every supplier's account."""
    return _page(None)


@blueprint.post("")
@needs(Right.CASES)
def make() -> str | AnyResponse:
    """List the goods that were chosen; they leave the shelf with it."""
    wanted: Counter[str] = Counter()
    for name, text in request.form.items():
        if name.startswith("pieces-") and text.strip():
            wanted[name.removeprefix("pieces-")[:64]] += _count(text)
    if extra := request.form.get("code", "").strip()[:64]:
        wanted[extra] += _count(request.form.get("count", "1") or "1")
    case_id = request.form.get("case", type=row_id)
    made = station().write(
        suppliers.make, _form("supplier"), dict(wanted), station().rules, reason=_form("reason"),
        from_shelf=request.form.get("from") == "shelf", case_id=case_id, who=person().name)
    if isinstance(made, Refusal):
        return _page(made)
    return redirect(url_for(".one", list_id=made.id), 303)


@blueprint.get("/<int:list_id>")
@needs(Right.CASES)
def one(list_id: int) -> str:
    """One list: what is on it, what came back, and the next step."""
    return _one(list_id, None)


@blueprint.get("/<int:list_id>.pdf")
@needs(Right.CASES)
def paper(list_id: int) -> Response:
    """The list in two copies, each marked with whose it is."""
    door = station()
    if door.read(suppliers.one, list_id) is None:
        abort(404)
    config = door.config
    pdf = door.read(
        supplier_paper.pdf, list_id, shop=config.station.shop,
        fonts=fonts_of(config.font_files))
    headers = {"Content-Disposition": f'inline; filename="supplier-{list_id}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


@blueprint.post("/<int:list_id>/hand")
@needs(Right.CASES)
def hand(list_id: int) -> str | AnyResponse:
    """The goods are out."""
    said = station().write(suppliers.hand_over, list_id, _form("taker"), who=person().name)
    return _stepped(list_id, said)


@blueprint.post("/<int:list_id>/back/<int:number>")
@needs(Right.CASES)
def back(list_id: int, number: int) -> str | AnyResponse:
    """Pieces of one line are exchanged, paid for, or refused."""
    money = _form("yuan")
    waists = tuple(int(text) for text in re.findall(r"\d{3,4}", _form("waists")))
    told = CameBack(
        _count(_form("exchanged") or "0"), _count(_form("credited") or "0"),
        _count(_form("refused") or "0"), fen(money) if money else 0, waists)
    said = station().write(
        suppliers.come_back, number, told, station().rules, who=person().name)
    return _stepped(list_id, said)


@blueprint.post("/<int:list_id>/withdraw")
@needs(Right.CASES)
def withdraw(list_id: int) -> str | AnyResponse:
    """The goods stay after all."""
    return _stepped(
        list_id, station().write(suppliers.withdraw, list_id, who=person().name))


def _stepped(list_id: int, said: Any) -> str | AnyResponse:
    if isinstance(said, Refusal):
        return _one(list_id, said)
    return redirect(url_for(".one", list_id=list_id), 303)


def _page(refused: Refusal | None) -> str:
    door = station()
    case_id = request.values.get("case", type=row_id)
    case = None if case_id is None else door.read(suppliers.case_waits, case_id)
    goods, accounts = door.read(suppliers.defective), door.read(suppliers.accounts)
    lists, ended = door.read(suppliers.lists), door.read(suppliers.lists, ended=True)
    known = {row.supplier for rows in (accounts, lists, ended) for row in rows}
    known.update(door.read(supplier_ledger.suppliers))
    return render_template(
        "suppliers.html", goods=goods, open=lists, ended=ended, accounts=accounts,
        known_suppliers=sorted(known),
        states=STATES, case=case, refused=words.say(refused) if refused else None,
    )


def _one(list_id: int, refused: Refusal | None) -> str:
    found = station().read(suppliers.one, list_id)
    if found is None:
        abort(404)
    return render_template(
        "supplier.html", list=found, states=STATES,
        refused=words.say(refused) if refused else None)


def _count(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_COUNT:
        abort(400, "figures")
    return int(text)


def _form(name: str) -> str:
    return request.form.get(name, "").strip()[:200]
