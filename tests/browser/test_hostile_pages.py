"""Pages from elsewhere, in the shop's own browser: they read nothing and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.fault("F24")]

ATTACK = """
async (station) => {
  const tries = [
    ["scan", { method: "POST", mode: "no-cors", credentials: "include",
               headers: { "Content-Type": "text/plain" }, body: '{"code": "PBID-7"}' }],
    ["scan", { method: "POST", credentials: "include",
               headers: { "Content-Type": "application/json" }, body: '{"code": "PBID-7"}' }],
    ["", { credentials: "include" }],
    ["", { mode: "no-cors", credentials: "include" }],
  ];
  const seen = [];
  for (const [path, facts] of tries) {
    try {
      const answer = await fetch(`${station}api/v1/bench/1${path && "/" + path}`, facts);
      seen.push(await answer.text());
    } catch { seen.push(""); }
  }
  const form = document.createElement("form");
  form.method = "POST"; form.target = "inner"; form.enctype = "text/plain";
  form.action = `${station}api/v1/bench/1/scan`;
  const field = document.createElement("input");
  field.name = '{"code": "PBID-7", "x": "'; field.value = '"}';
  form.append(field);
  const frame = document.createElement("iframe");
  frame.name = "inner";
  document.body.append(form, frame);
  await new Promise((done) => { frame.onload = done; form.submit(); });
  return seen;
}
"""


@pytest.fixture
def stranger(chrome: Any, server: Any) -> Any:
    """A tab that knows our station's cookie, on a page of somebody else."""
    context: BrowserContext = chrome.new_context()
    page = context.new_page()
    page.goto(server.url)
    page.route("http://evil.example/**", lambda route: route.fulfill(
        body="<!doctype html><title>evil</title><body>", content_type="text/html"))
    page.goto("http://evil.example/")
    yield page
    context.close()


def test_a_foreign_page_neither_scans_nor_reads(
    stranger: Page, server: Any, open_shop: Any
) -> None:
    seen = stranger.evaluate(ATTACK, server.url)
    assert seen == [""] * len(seen)
    assert open_shop.station.benches["1"].view().packer == ""


def test_a_page_that_borrows_our_address_is_turned_away(
    chrome: Any, server: Any, open_shop: Any
) -> None:
    """DNS rebinding: the foreign name suddenly means this computer."""
    context = chrome.new_context()
    page = context.new_page()
    answer = page.goto(f"http://evil.example:{server.port}/")
    assert answer is not None
    assert answer.status == 421
    status = page.evaluate("""async () => (await fetch("/api/v1/bench/1/scan", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: '{"code": "PBID-7"}' })).status""")
    assert status == 421
    assert open_shop.station.benches["1"].view().packer == ""
    context.close()


def test_no_foreign_page_shows_us_in_a_frame(stranger: Page, server: Any) -> None:
    stranger.evaluate("""(station) => {
      const frame = document.createElement("iframe");
      frame.src = `${station}bench/1`;
      document.body.append(frame);
    }""", server.url)
    expect(stranger.frame_locator("iframe").locator(".panel")).to_have_count(0)


def test_our_own_page_works_all_the_while(page: Page, server: Any, open_shop: Any) -> None:
    page.goto(f"{server.url}bench/1")
    page.keyboard.type("PBID-7")
    page.keyboard.press("Enter")
    expect(page.locator(".top")).to_contain_text("阿明")


SIGNED_IN_ATTACK = """
async (station) => {
  const send = (path, fields, enctype) => new Promise((done) => {
    const form = document.createElement("form");
    const frame = document.createElement("iframe");
    frame.name = `f${Math.random()}`;
    form.method = "POST"; form.action = station + path; form.target = frame.name;
    if (enctype) form.enctype = enctype;
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement("input");
      field.name = name; field.value = value;
      form.append(field);
    }
    document.body.append(frame, form);
    frame.onload = () => done();
    form.submit();
  });
  const person = { name: "坏人", badge: "666", role: "manager", pin: "1234", again: "1234" };
  await send("staff", person);
  await send("staff", { ...person, token: "x".repeat(43) });
  await send("sign-out", { everywhere: "yes" });
  await send("first-start", person, "multipart/form-data");
  for (const mode of ["no-cors", "cors"]) {
    for (const path of ["staff", "sign-out", "override"]) {
      await fetch(station + path, { method: "POST", mode, credentials: "include",
        body: new URLSearchParams(person) }).catch(() => {});
    }
  }
  const read = await fetch(`${station}override`, { credentials: "include" })
    .then((answer) => answer.text()).catch(() => "");
  const socket = await new Promise((done) => {
    const line = new WebSocket(`${station.replace("http", "ws")}events`);
    line.onopen = () => done("open");
    line.onerror = () => done("refused");
  });
  return [read, socket];
}
"""


def test_a_foreign_page_borrows_no_session(
    stranger: Page, server: Any, shop: Any, open_shop: Any
) -> None:
    """The manager is signed in in the next tab: the foreign page gets nothing out of that."""
    from station.db.models import SignIn, Staff  # noqa: PLC0415 - looked at by this test alone

    stranger.context.add_cookies([{
        "name": f"packbench-session-{server.port}", "value": shop.session_of("老周"),
        "url": server.url, "httpOnly": True, "sameSite": "Strict",
    }])
    assert stranger.evaluate(SIGNED_IN_ATTACK, server.url) == ["", "refused"]
    names, open_sessions = shop.read(lambda session: (
        [name for (name,) in session.query(Staff.name)],
        session.query(SignIn).filter(SignIn.ended_at.is_(None)).count(),
    ))
    assert "坏人" not in names
    assert open_sessions == 1


def test_the_session_is_out_of_reach_of_a_page_s_scripts(page: Page, server: Any) -> None:
    page.goto(f"{server.url}orders")
    assert page.evaluate("document.cookie") == ""
    kept = {cookie["name"]: cookie for cookie in page.context.cookies(server.url)}
    session = kept[f"packbench-session-{server.port}"]
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"


def test_a_badge_and_scanned_digits_sign_in_without_a_keyboard(
    stranger: Page, server: Any, open_shop: Any
) -> None:
    stranger.goto(f"{server.url}sign-in")
    for code in ("PBID-1", *(f"PBCMD-{digit}" for digit in "246810"), "PBCMD-DONE"):
        stranger.keyboard.type(code)
        stranger.keyboard.press("Enter")
    expect(stranger.locator(".nav-who")).to_contain_text("陈姐")
