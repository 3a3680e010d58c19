"""Tariffs: the versions, new ones checked and shown before they are taken, and the what-if."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from station.domain.refusals import Refusal
from station.domain.regions import PROVINCES, Region
from station.domain.rights import Right
from station.domain.tariff_table import KeyFault, TariffError
from station.domain.tariffs import Basis, Dimensions, Extras, Rounding, Tariff, tariff_for
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.services import price_questions, tariff_form, tariff_sheets, tariffs
from web.door import station
from web.guard import largest_body
from web.signin import needs, person

blueprint = Blueprint("tariffs", __name__, url_prefix="/tariffs")

LARGEST = 2 * 1024 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LARGEST_MM, _LARGEST_G = 5000, 100_000


@blueprint.get("")
@needs(Right.BILLS)
def page() -> str:
    """Every version, and the form for a new one."""
    return _page("", (), ())


@blueprint.get("/tariffs.toml")
@needs(Right.BILLS)
def export() -> Response:
    """Every tariff that is valid at some time, as one file that can be read again."""
    door = station()
    book = door.read(tariffs.price_book, door.rules.tariffs)
    answer = Response(price_questions.write_toml(book), mimetype="application/toml")
    answer.headers["Content-Disposition"] = 'attachment; filename="tariffs.toml"'
    return answer


@blueprint.get("/tariffs.<any(csv, xlsx):kind>")
@needs(Right.BILLS)
def export_sheet(kind: str) -> Response:
    """The tariffs that a sheet can say, a row for each zone."""
    door = station()
    book = door.read(tariffs.price_book, door.rules.tariffs)
    if kind == "csv":
        answer = Response(tariff_sheets.write_csv(book), mimetype="text/csv")
    else:
        answer = Response(tariff_sheets.write_xlsx(book), mimetype=_XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="tariffs.{kind}"'
    return answer


@blueprint.post("/check")
@largest_body(LARGEST)
@needs(Right.BILLS)
def check() -> str:
    """Read a text or file and show what it would change; nothing is taken yet."""
    text, found, faults = _brought()
    door = station()
    drafts = door.read(price_questions.drafts, door.rules.tariffs, found)
    return _page(text, faults, drafts)


@blueprint.post("")
@largest_body(LARGEST)
@needs(Right.BILLS)
def take() -> str | AnyResponse:
    """Take what was shown."""
    text = _given()
    found, faults = _read(text)
    if faults or not found:
        return _page(text, faults, ())
    door = station()
    result = door.write(tariffs.take, found, source="page", who=person().name)
    if isinstance(result, Refusal):
        return _page(text, (), door.read(price_questions.drafts, door.rules.tariffs, found))
    return redirect(url_for(".page"), 303)


@blueprint.get("/edit/<carrier>")
@needs(Right.BILLS)
def edit(carrier: str) -> str:
    """The cells of a new version, copied from the one that holds today, valid from tomorrow."""
    door, code = station(), _carrier(carrier)
    tomorrow = _today() + timedelta(days=1)
    book = door.read(tariffs.price_book, door.rules.tariffs)
    now = tariff_for(book, code, _today()) or tariff_for(book, code, tomorrow)
    cells = tariff_form.cells_of(now) if now else {}
    cells.pop("valid_until", None)
    return _cells(code, tariff_form.Form({**cells, "valid_from": tomorrow.isoformat()}), {})


@blueprint.post("/edit/<carrier>")
@largest_body(LARGEST)
@needs(Right.BILLS)
def edited(carrier: str) -> str:
    """Check the cells and show what they would change, or one more row; nothing is taken yet."""
    code = _carrier(carrier)
    cells = {name: text for name, text in request.form.items()
             if name not in ("more", "token", "once")}
    more = request.form.get("more", "")
    if more:
        return _cells(code, tariff_form.Form(cells), {more: 2 if "." not in more else 1})
    return _cells(code, tariff_form.read(code, cells), {})


def _carrier(code: str) -> CarrierCode:
    if code not in CarrierCode:
        abort(404)
    return CarrierCode(code)


def _cells(code: CarrierCode, form: tariff_form.Form, spare: dict[str, int]) -> str:
    door, found = station(), (form.tariff,) if form.tariff else ()
    drafts = door.read(price_questions.drafts, door.rules.tariffs, found)
    return render_template(
        "tariff_edit.html", carrier=code, form=form, spare=spare, roundings=list(Rounding),
        bases=list(Basis), draft=drafts[0] if drafts else None,
        text=price_questions.write_toml(found),
    )


@blueprint.post("/<int:number>/withdraw")
@needs(Right.BILLS)
def withdraw(number: int) -> AnyResponse:
    """Take a version out again that has priced nothing."""
    refusal = station().write(tariffs.withdraw, number, who=person().name)
    if refusal is not None:
        abort(409)
    return redirect(url_for(".page"), 303)


@blueprint.get("/what-if")
@needs(Right.BILLS)
def what_if() -> str:
    """This parcel, every carrier: the price with its working-out."""
    asked = {name: request.args.get(name, "").strip()[:40] for name in (
        "province", "city", "weight_g", "length_mm", "width_mm", "height_mm", "value", "day",
        "packaging")}
    sizes = station().read(price_questions.packaging_sizes)
    offers = _offers(asked, sizes) if asked["province"] else ()
    return render_template(
        "what_if.html", asked=asked, offers=offers, provinces=PROVINCES, sizes=sizes,
        today=_today().isoformat())


def _offers(
    asked: dict[str, str], sizes: Mapping[str, tuple[str, Dimensions]]
) -> tuple[price_questions.Offer, ...]:
    door = station()
    length, width, height = (
        _whole(asked[name], _LARGEST_MM) for name in ("length_mm", "width_mm", "height_mm"))
    box = sizes[asked["packaging"]][1] if asked["packaging"] in sizes else None
    grams = _whole(asked["weight_g"], _LARGEST_G)
    if not grams:
        abort(400, "figures")
    try:
        day = date.fromisoformat(asked["day"]) if asked["day"] else _today()
    except ValueError:
        abort(400, "figures")
    return door.read(
        price_questions.what_if, door.rules.tariffs, place=Region(asked["province"], asked["city"]),
        day=day, weight_g=grams,
        dims_mm=(length, width, height) if length and width and height else box,
        extras=Extras(value_fen=100 * _whole(asked["value"], 10**6)),
    )


def _whole(text: str, most: int) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > most:
        abort(400, "figures")
    return int(text)


def _today() -> date:
    return station().now().astimezone(SHOP_ZONE).date()


def _brought() -> tuple[str, tuple[Tariff, ...], tuple[KeyFault, ...]]:
    """What was given, as text to go on with, as tariffs, and what is wrong with it."""
    file = request.files.get("file")
    if file is not None and (file.filename or "").lower().endswith((".csv", ".xlsx", ".xls")):
        try:
            found = tariff_sheets.read_upload(file.filename or "", file.read())
        except TariffError as error:
            return "", (), error.faults
        return price_questions.write_toml(found), found, ()
    text = _given()
    return text, *_read(text)


def _given() -> str:
    """The text that was typed, or the file's; 400 if there is none."""
    file = request.files.get("file")
    try:
        text = file.read().decode("utf-8-sig") if file is not None and file.filename else (
            request.form.get("text", ""))
    except UnicodeDecodeError:
        abort(400, "file")
    if not text.strip():
        abort(400, "file")
    return text


def _read(text: str) -> tuple[tuple[Tariff, ...], tuple[KeyFault, ...]]:
    try:
        return price_questions.read_toml(text), ()
    except TariffError as error:
        return (), error.faults
    except tomllib.TOMLDecodeError as error:
        return (), (KeyFault("TOML", str(error)),)


def _page(text: str, faults: tuple[KeyFault, ...], drafts: Any) -> str:
    door = station()
    return render_template(
        "tariffs.html", text=text, faults=faults, drafts=drafts,
        versions=door.read(tariffs.versions), settings=door.rules.tariffs,
        carriers=list(CarrierCode),
        only_toml=tariff_sheets.left_out(door.read(tariffs.price_book, door.rules.tariffs)),
    )
