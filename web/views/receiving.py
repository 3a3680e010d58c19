"""入库: what suppliers bring is counted, checked and booked; and what is owed for it (I1, P6)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.goods_receipts import STATES
from station.domain.refusals import Refusal
from station.domain.rights import Right
from station.domain.screen import Mood
from station.domain.vocabulary import SHOP_ZONE, Message
from station.paper.fonts import Fonts
from station.services import receiving, receiving_paper, receiving_scans, supplier_ledger
from station.services.receiving import LineFacts, NewArticle
from web import words
from web.door import station
from web.evidence import fonts_of
from web.signin import needs, person
from web.views.bench import scanned
from web.views.handover import fen

blueprint = Blueprint("receiving", __name__, url_prefix="/receiving")


@blueprint.get("")
@needs(Right.STOCK)
def page() -> str:
    """Open slips and those before; a new one; labels for goods that lost theirs."""
    return _page(None)


@blueprint.post("")
@needs(Right.STOCK)
def begin() -> str | AnyResponse:
    """Goods stand at the door."""
    made = station().write(receiving.begin, _form("supplier"), who=person().name)
    if isinstance(made, Refusal):
        return _page(made)
    return redirect(url_for(".one", receipt_id=made.id), 303)


@blueprint.get("/labels.pdf")
@needs(Right.STOCK)
def labels() -> str | Response:
    """Labels for one article, whose size nobody can read any more (I5)."""
    sku_id = station().read(receiving_paper.of_code, request.args.get("code", "").strip()[:128])
    pieces = _count(request.args.get("count", "1"))
    if sku_id is None or not pieces:
        abort(404, "number")
    return _pdf(station().read(receiving_paper.labels, [(sku_id, pieces)], fonts=_fonts()),
                "labels")


@blueprint.get("/<int:receipt_id>")
@needs(Right.STOCK)
def one(receipt_id: int) -> str:
    """One slip."""
    return render_template("receipt.html", verdict=None, **_facts(receipt_id))


@blueprint.get("/<int:receipt_id>/panel")
@needs(Right.STOCK)
def panel(receipt_id: int) -> str:
    """Its panel alone, for a page that heard a notice."""
    return render_template("receipt_panel.html", verdict=None, **_facts(receipt_id))


@blueprint.get("/<int:receipt_id>.pdf")
@needs(Right.STOCK)
def paper(receipt_id: int) -> Response:
    """The slip that both sign."""
    _receipt(receipt_id)
    door = station()
    pdf = door.read(receiving_paper.slip, receipt_id, shop=door.config.station.shop, fonts=_fonts())
    return _pdf(pdf, f"receipt-{receipt_id}")


@blueprint.get("/<int:receipt_id>/labels.pdf")
@needs(Right.STOCK)
def all_labels(receipt_id: int) -> Response:
    """A label for every piece of the slip."""
    receipt = _receipt(receipt_id)
    wanted = [(line.sku_id, line.pieces) for line in receipt.lines]
    if not sum(pieces for _, pieces in wanted):
        abort(404, "number")
    return _pdf(station().read(receiving_paper.labels, wanted, fonts=_fonts()),
                f"labels-{receipt_id}")


@blueprint.post("/<int:receipt_id>/scan")
@needs(Right.STOCK)
def scan(receipt_id: int) -> str:
    """One piece, a digit, or a command."""
    said = station().write(receiving_scans.scan, scanned(request.get_json()),
                           receipt_id=receipt_id, who=person().name)
    return render_template("receipt_panel.html", verdict=_verdict(said), **_facts(receipt_id))


@blueprint.post("/<int:receipt_id>/article")
@needs(Right.STOCK)
def enter_article(receipt_id: int) -> str | AnyResponse:
    """Goods that nobody knew get their item number."""
    article = NewArticle(**{
        name: _form(name)[:64] for name in ("item_no", "color", "size", "title", "category",
                                            "barcode")}, location=_form("location")[:32])
    return _stepped(receipt_id, station().write(
        receiving.enter_article, receipt_id, article, who=person().name))


@blueprint.post("/<int:receipt_id>/lines/<int:number>")
@needs(Right.STOCK)
def tell(receipt_id: int, number: int) -> str | AnyResponse:
    """Put a line right."""
    price = _form("price")
    facts = LineFacts(_count(_form("pieces") or "0"), _count(_form("faulty") or "0"),
                      fen(price) if price else None, _form("batch_note"))
    return _stepped(receipt_id, station().write(
        receiving.tell, number, facts, who=person().name))


@blueprint.post("/<int:receipt_id>/check")
@needs(Right.STOCK)
def check(receipt_id: int) -> str | AnyResponse:
    """Counted; now both look through the slip."""
    freight = _form("freight")
    return _stepped(receipt_id, station().write(
        receiving.check, receipt_id, freight_fen=fen(freight) if freight else 0,
        who=person().name))


@blueprint.post("/<int:receipt_id>/<any(reopen, withdraw):step>")
@needs(Right.STOCK)
def step(receipt_id: int, step: str) -> str | AnyResponse:
    """Count again, or send it all away."""
    steps = {"reopen": receiving.reopen, "withdraw": receiving.withdraw}
    return _stepped(receipt_id, station().write(steps[step], receipt_id, who=person().name))


@blueprint.post("/<int:receipt_id>/book")
@needs(Right.STOCK)
def book(receipt_id: int) -> str | AnyResponse:
    """Both signed: the goods are stock."""
    return _stepped(receipt_id, station().write(
        receiving.book, receipt_id, _form("brought_by"), who=person().name))


# --- What is owed ---------------------------------------------------------------------------------


@blueprint.get("/ledgers")
@needs(Right.BILLS)
def ledgers() -> str:
    """What every supplier brought, got, and is owed."""
    return _ledgers(None)


@blueprint.post("/ledgers")
@needs(Right.BILLS)
def pay() -> str | AnyResponse:
    """A supplier got money."""
    try:
        day = date.fromisoformat(_form("day"))
    except ValueError:
        abort(400, "missing")
    amount = _form("yuan")
    sign = -1 if amount.startswith("-") else 1
    said = station().write(
        supplier_ledger.pay, _form("supplier"), sign * fen(amount.removeprefix("-")), day=day,
        note=_form("note"), who=person().name)
    if isinstance(said, Refusal):
        return _ledgers(said)
    return redirect(url_for(".ledgers"), 303)


@blueprint.get("/ledgers.csv")
@needs(Right.BILLS)
def ledger() -> Response:
    """One supplier's papers as a table."""
    supplier = request.args.get("supplier", "")
    if supplier not in station().read(supplier_ledger.suppliers):
        abort(404, "number")
    book = station().read(supplier_ledger.ledger, supplier)
    return Response(
        supplier_ledger.as_csv(book), mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="supplier-ledger.csv"'})


def _page(refused: Refusal | None) -> str:
    door = station()
    return render_template(
        "receiving.html", receipts=door.read(receiving.newest), states=STATES,
        known=door.read(supplier_ledger.suppliers),
        refused=words.say(refused) if refused else None)


def _ledgers(refused: Refusal | None) -> str:
    door = station()
    return render_template(
        "ledgers.html", ledgers=door.read(supplier_ledger.ledgers),
        today=door.now().astimezone(SHOP_ZONE).date(),
        refused=words.say(refused) if refused else None)


def _facts(receipt_id: int) -> dict[str, Any]:
    return {"receipt": _receipt(receipt_id), "states": STATES}


def _receipt(receipt_id: int) -> Any:
    receipt = station().read(receiving.one, receipt_id)
    if receipt is None:
        abort(404)
    return receipt


def _stepped(receipt_id: int, said: Any) -> str | AnyResponse:
    if isinstance(said, Refusal):
        return render_template("receipt.html", verdict=_verdict(said), **_facts(receipt_id))
    return redirect(url_for(".one", receipt_id=receipt_id), 303)


def _verdict(said: Message | Refusal) -> words.Told:
    mood = Mood.BAD if isinstance(said, Refusal) else Mood.GOOD
    return words.tell(words.numbered(mood, said))


def _fonts() -> Fonts:
    return fonts_of(station().config.font_files)


def _pdf(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text.strip(), re.ASCII):
        abort(400, "figures")
    return int(text)


def _form(name: str) -> str:
    return request.form.get(name, "").strip()[:200]
