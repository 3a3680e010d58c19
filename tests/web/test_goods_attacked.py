"""入库, 盘点, 退换 and 小票 as an enemy meets them: no right, no number, no words open them."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import pypdf
import pytest

from station.db.models import GoodsReceipt, History, PrintJob, StockMove, SupplierPayment
from station.domain.rights import RIGHTS, Role
from station.services import stock
from web import signin
from web.views import slips

SHIRT = "TS1103-白色-M"
ROOMS = {"receiving", "stock_takes", "suppliers", "slips"}


def doors(app: Any) -> list[tuple[str, Any]]:
    """Every POST of these rooms with an address of it, and the right that it takes."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in ROOMS and "POST" in rule.methods:
            values = {name: "reopen" if name == "step" else 1 for name in rule.arguments}
            path = adapter.build(rule.endpoint, values, method="POST")
            found.append((path, signin.right_of(app.view_functions[rule.endpoint], "POST")))
    return found


def changes(shop: Any) -> int:
    """How many rows these rooms wrote, whatever was refused."""
    return sum(shop.read(lambda session, table=table: session.query(table).count())
               for table in (GoodsReceipt, SupplierPayment, StockMove, PrintJob)) + shop.read(
        lambda session: session.query(History).filter(History.kind != "refused").count())


@pytest.mark.parametrize("role", [*Role, None])
def test_each_post_of_these_rooms_opens_to_its_right_alone_and_changes_nothing_else(
    open_shop: Any, app: Any, browser_of: Any, stranger: Any, role: Role | None
) -> None:
    browser = stranger if role is None else browser_of(role)
    found = doors(app)
    assert len(found) == 23
    browser.client.get("/")
    held = frozenset() if role is None else RIGHTS[role]
    before = changes(open_shop)
    for path, right in found:
        assert right is not None, path
        if right in held:
            continue
        cookie = browser.client.get_cookie("packbench-80")
        answer = browser.client.post(
            path, data={"token": cookie.value, "supplier": "厂", "brought_by": "x", "yuan": "1",
                        "day": "2026-11-24", "kind": "day", "key": "2026-11-23"},
            headers=browser.headers())
        refused = {401, 303} if role is None else {403}
        if role is None and path == "/slips/jobs/1/label":  # which slip it is decides the right
            refused = {404}  # and there is none
        assert answer.status_code in refused, (path, role)
    assert changes(open_shop) == before


@pytest.mark.parametrize("role", Role)
def test_a_slip_is_printed_by_who_may_see_its_paper_alone(
    open_shop: Any, browser_of: Any, role: Role
) -> None:
    browser = browser_of(role)
    for kind, right in slips.RIGHTS.items():
        browser.client.get("/")
        token = browser.client.get_cookie("packbench-80").value
        answer = browser.client.post("/slips", headers=browser.headers(),
                                     data={"token": token, "kind": kind, "key": "999"})
        assert (answer.status_code == 403) is (right not in RIGHTS[role]), (kind, role)
    assert open_shop.read(lambda session: session.query(PrintJob).count()) == 0


NUMBERS = ["9" * 20, "3000000000", "9" * 5000, "１２", "", "1E9999999"]


@pytest.mark.parametrize("number", NUMBERS)
def test_whatever_number_is_given_there_is_an_answer(
    open_shop: Any, browser: Any, number: str
) -> None:
    slip = browser.form("/receiving", supplier="厂").headers["Location"]
    browser.send(f"{slip}/scan", {"code": SHIRT})
    before = open_shop.read(stock.find_by_code, SHIRT).on_hand
    given = [
        browser.get("/suppliers", query_string={"case": number}),
        browser.get("/receiving/labels.pdf", query_string={"code": SHIRT, "count": number}),
        browser.form("/suppliers", supplier="厂", case=number, code=SHIRT, count="0"),
        browser.form("/suppliers", supplier="厂", **{f"pieces-{SHIRT}": number}),
        browser.form("/suppliers/1/back/1", exchanged=number, yuan=number, waists=number),
        browser.form("/stock-takes/places/1/typed", **{"counted-1": number, number: "1"}),
        browser.form(f"{slip}/lines/1", pieces=number, faulty=number, price=number),
        browser.form(f"{slip}/check", freight=number),
        browser.form("/receiving/ledgers", supplier="厂", yuan=number, day="2026-11-24"),
        browser.form("/receiving/ledgers", supplier="厂", yuan="1", day=number),
        browser.get("/couriers", query_string={"courier": number}),
        browser.form("/couriers/incidents", courier=number, kind="rude"),
        browser.get("/tariffs", query_string={"weight_g": number}),
    ]
    assert all(answer.status_code < 500 for answer in given), [
        (answer.request.path, answer.status_code) for answer in given]
    assert open_shop.read(stock.find_by_code, SHIRT).on_hand == before


NAMES = ["=HYPERLINK(\"http://x\")", "-2+3", "＝1", "<script>alert(1)</script>",
         "'; DROP TABLE sku; --", "#panic(){{7*7}}"]


@pytest.mark.fault("F19", "F20", "F28")
@pytest.mark.parametrize("name", NAMES)
def test_a_suppliers_words_stay_words_on_pages_paper_and_in_tables(
    open_shop: Any, browser: Any, name: str
) -> None:
    slip = browser.form("/receiving", supplier=name).headers["Location"]
    browser.send(f"{slip}/scan", {"code": SHIRT})
    browser.form(f"{slip}/lines/1", pieces="2", price="10", batch_note=name)
    browser.form(f"{slip}/check")
    assert browser.form(f"{slip}/book", brought_by=name).status_code == 303
    assert browser.form("/receiving/ledgers", supplier=name, yuan="5", day="2026-11-24",
                        note=name).status_code == 303
    for page in (slip, "/receiving", "/receiving/ledgers", f"/slips/receipt:{slip[-1]}"):
        assert "<script>alert" not in browser.text(page)
    paper = pypdf.PdfReader(BytesIO(browser.get(f"{slip}.pdf").data)).pages[0].extract_text()
    kept = name[:8]
    assert kept in paper
    table = browser.get("/receiving/ledgers.csv", query_string={"supplier": name})
    cells = [cell for row in csv.reader(StringIO(table.get_data(as_text=True).lstrip("\ufeff")))
             for cell in row]
    assert any(kept in cell for cell in cells)
    assert not [cell for cell in cells if (cell[:1] in "=+@＝\t\r" and cell)
                or (cell[:1] == "-" and not cell[1:].replace(".", "").isdigit())]


def test_a_payment_that_is_sent_twice_is_paid_once_and_another_under_its_key_never(
    open_shop: Any, browser: Any
) -> None:
    slip = browser.form("/receiving", supplier="厂").headers["Location"]
    browser.send(f"{slip}/scan", {"code": SHIRT})
    browser.form(f"{slip}/check")
    browser.form(f"{slip}/book", brought_by="老李")
    paid = {"supplier": "厂", "day": "2026-11-24", "once": "one-key"}
    first = browser.form("/receiving/ledgers", yuan="50", **paid)
    again = browser.form("/receiving/ledgers", yuan="50", **paid)
    assert (first.status_code, again.status_code) == (303, 303)
    assert browser.form("/receiving/ledgers", yuan="60", **paid).status_code == 422
    assert open_shop.read(lambda session: [
        row.amount_fen for row in session.query(SupplierPayment)]) == [5000]
