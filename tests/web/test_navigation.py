"""The menu: each role sees the doors that open for it, all of them, and where it stands."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from station.db.models import Alarm
from station.domain import rights
from station.domain.rights import Role
from station.domain.vocabulary import CarrierCode
from station.services import handover
from web import navigation, signin, words

ROLES = [str(role) for role in Role]
WITHIN = {
    "orders.find", "orders.page", "cases.find", "people.own_pin_page", "people.sign_in",
    "people.first_start",
}
"""Pages that are reached from others: searches, one's own PIN, the way in."""


def doors(page: str) -> list[str]:
    """The addresses in a page's menu."""
    found = re.search(r'<nav aria-label="主菜单.*?</nav>', page, re.DOTALL)
    assert found
    return [unescape(href) for href in re.findall(r'<a href="([^"]+)"', found[0])]


def marked(page: str) -> list[tuple[str, str]]:
    """The doors that are marked as the present page, with their marks."""
    return re.findall(r'<a href="([^"]+)" aria-current="(\w+)"', page)


@pytest.mark.rule("D6")
@pytest.mark.parametrize("role", ROLES)
def test_every_door_that_is_shown_opens(open_shop: Any, browser_of: Any, role: str) -> None:
    browser = browser_of(role)
    for path in doors(browser.text("/")):
        assert browser.get(path).status_code == 200, path


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_may_be_opened_has_a_door(
    open_shop: Any, app: Any, browser_of: Any, role: str
) -> None:
    browser = browser_of(role)
    shown = set(doors(browser.text("/")))
    for path in plain_pages(app):
        with browser.get(path) as answer:
            is_page = answer.status_code == 200 and b"</nav>" in answer.data
            assert (path in shown) == is_page, path


def plain_pages(app: Any) -> list[str]:
    """Every address without facts in it that may be a page of its own."""
    return [
        rule.rule for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
        and rule.endpoint not in WITHIN - {"orders.page"}
        and rule.endpoint.partition(".")[0] not in ("api", "metrics", "stream")
    ]


def test_a_stranger_at_the_bench_sees_the_bench_and_little_more(
    open_shop: Any, stranger: Any
) -> None:
    assert doors(stranger.text("/")) == [
        "/bench/1", "/bench/2", "/", "/devices", "/commands",
    ]


def test_a_courier_sees_the_pile_and_no_orders(open_shop: Any, browser_of: Any) -> None:
    shown = doors(browser_of("courier").text("/"))
    assert "/handover" in shown
    assert not {"/orders", "/bills", "/staff", "/bench/1"} & set(shown)


@pytest.mark.parametrize(("path", "door", "mark"), [
    ("/orders", "/orders", "page"), ("/parcels/{number}", "/orders", "true"),
    ("/stubs/archives", "/stubs/archives", "page"), ("/bills/disputes", "/bills/disputes", "page"),
    ("/tariffs/what-if", "/tariffs/what-if", "page"), ("/staff", "/staff", "page"),
    ("/devices/1-scale/checks", "/devices", "true"),
])
def test_the_present_page_is_marked_once(
    open_shop: Any, browser: Any, path: str, door: str, mark: str
) -> None:
    page = browser.text(path.format(number=open_shop.printed("A1", "JN8801-黑色-32")))
    menu = page[:page.index("</nav>")]
    assert marked(menu) == [(door, mark)]
    assert menu.count("nav-here") == 1


def test_every_page_names_itself_in_its_title(open_shop: Any, browser: Any) -> None:
    titles = {}
    for path in doors(browser.text("/")):
        found = re.search(r"<title>(.*?)</title>", browser.text(path))
        assert found
        titles[path] = found[1]
    assert len(set(titles.values())) == len(titles), titles


def test_a_page_that_is_not_there_is_said_under_ones_own_doors(
    open_shop: Any, browser: Any, stranger: Any
) -> None:
    lost = browser.get("/nowhere")
    assert lost.status_code == 404
    assert "/staff" in doors(lost.text)
    assert "/staff" not in doors(stranger.get("/nowhere").text)


def test_many_benches_fold_into_a_group(
    open_shop: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = open_shop.station.benches["1"]
    monkeypatch.setattr(open_shop.station, "benches", {str(n): bench for n in range(1, 10)})
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        app.preprocess_request()
        first = navigation.menu()[0]
        assert (first.name, len(first.doors)) == ("benches", 9)


def test_every_door_and_group_has_words() -> None:
    for name, entries in navigation.GROUPS:
        assert words.known(f"nav.{name}")
        assert all(words.known(f"nav.{entry.endpoint}") for entry in entries)


@pytest.mark.rule("D6")
@pytest.mark.parametrize("role", [role for role in ROLES if role != Role.MANAGER])
def test_no_link_or_button_on_any_page_leads_to_a_closed_door(
    open_shop: Any, app: Any, browser_of: Any, role: str
) -> None:
    """Whoever follows every link from the first page is never told that he may not."""
    shop, browser = open_shop, browser_of(role)
    left, seen, closed = ["/", *busy(shop)], set(), []
    begin = set(left)
    while left:
        path = left.pop()
        seen.add(path)
        with browser.get(path, follow_redirects=True) as answer:
            if answer.status_code != 200 and path not in begin:
                closed.append(path)
            page = answer.text if "html" in answer.mimetype and answer.status_code == 200 else ""
        closed += [f"{path}: {form}" for form in closed_forms(app, page, Role(role))]
        found = {unescape(href) for href in re.findall(r'href="(/[^"#]*)', page)}
        left += sorted(one for one in found - seen - set(left) if not DRAWN.search(one))
    assert sorted(closed) == []
    assert len(seen) > 5


DRAWN = re.compile(r"\.(pdf|png|xlsx)")
"""Files that take long to make; tests of their own ask for them."""


def busy(shop: Any) -> list[str]:
    """Parcels in many states, a hand-over, alarms of all kinds: the parcels' own pages."""
    number = shop.printed("A1", "JN8801-黑色-32")
    shop.pay("A2", "NO-SUCH-SKU")
    gone, sealed = shop.seal("B1", "TS1103-白色-M"), shop.seal("B2", "TS1103-白色-M")
    shop.hand_over(gone)
    shop.write(handover.open_session, CarrierCode.STO, who="老周")
    facts = {"carrier": "STO", "count": 3, "bench": "1", "waybill_no": sealed}
    for code in ("stopped", "no_stock", "print_waits", "pool_low", "print_in_doubt", "intercept"):
        shop.add(Alarm(code=code, subject=code, facts=facts, at=shop.clock.now))
    return [f"/parcels/{one}" for one in (number, gone, sealed)]


def closed_forms(app: Any, page: str, role: Role) -> list[str]:
    """The actions of a page's forms that this role may not take."""
    asked = app.url_map.bind("localhost")
    found = []
    for form in re.findall(r'<form[^>]*method="post"[^>]*>', page):
        action = re.search(r'action="(/[^"?]*)', form)
        if action is not None:
            view = app.view_functions[asked.match(unescape(action[1]), method="POST")[0]]
            right = signin.right_of(view, "POST")
            if right is not None and not rights.may(role, right):
                found.append(action[1])
    return found
