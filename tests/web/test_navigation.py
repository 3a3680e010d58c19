"""The menu: each role sees the doors that open for it, all of them, and where it stands."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from station.domain.rights import Role
from web import navigation, words

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
