"""A real Chromium on a real server: skipped loudly where there is no Chromium."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from station.services.sessions import Life
from web.app import create_app
from web.serve import Server

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_MS = 40_000  # a page is waited for this long, whatever the machine does beside
expect.set_options(timeout=PATIENCE_MS)
KEPT = frozenset({"bench", "bench-wrong", "bill", "cases", "handover", "pictures"})
"""The pictures that docs/ and the README show."""
_MISSING = pytest.StashKey[str]()


def _load(name: str) -> Any:
    """The fixtures of the neighbouring folder: one shop for the pages and for the browser."""
    path = Path(__file__).parents[1] / name / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"{name}_fixtures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys  # noqa: PLC0415 - dataclasses look their module up by name

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_web = _load("web")
_web.SETTINGS = _web.SETTINGS.replace("<b>", "")  # the pictures of docs/ are of a plain shop
settings, shop, open_shop = _web.settings, _web.shop, _web.open_shop


def chromium() -> str | None:
    """The installed Chromium, or the one that CHROMIUM names."""
    found = (shutil.which(name) for name in (os.environ.get("CHROMIUM", ""), *_NAMES) if name)
    return next((path for path in found if path), None)


@pytest.fixture(scope="session")
def chrome(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    path = chromium()
    if path is None:
        reason = "no Chromium is installed (Debian: apt-get install chromium)"
        request.config.stash[_MISSING] = reason
        pytest.skip(reason)
    arguments = [
        "--no-sandbox", "--autoplay-policy=no-user-gesture-required",
        "--host-resolver-rules=MAP evil.example 127.0.0.1",  # a name server that lies
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=arguments
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chrome: Browser, server: Server, shop: Any) -> Iterator[Page]:
    """A fresh page on the bench's screen size, where a manager is signed in.

    A mistake in our scripts fails the test.
    """
    context = chrome.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.add_cookies([session_cookie(server, shop, _web.KEEPER, "manager")])
    page = context.new_page()
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda said: mistakes.append(said.text) if _is_ours(said) else None)
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()
    assert not mistakes, mistakes


@pytest.fixture
def page_of(chrome: Browser, server: Server, shop: Any) -> Iterator[Callable[[str], Page]]:
    """A fresh page for somebody of a role: ``page_of("packer")``."""
    contexts = []

    def opened(role: str) -> Page:
        context = chrome.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        contexts.append(context)
        context.add_cookies([session_cookie(server, shop, f"某{role}", role)])
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def session_cookie(server: Server, shop: Any, name: str, role: str) -> Any:
    """What the browser of somebody who is signed in keeps."""
    return {
        "name": f"packbench-session-{server.port}", "value": shop.session_of(name, role),
        "url": server.url, "httpOnly": True, "sameSite": "Strict",
    }


def _is_ours(said: Any) -> bool:
    """A refusal of the content policy or an error; a refused request is often what is tested."""
    return said.type == "error" and "Failed to load resource" not in said.text


@pytest.fixture
def server(shop: Any) -> Iterator[Server]:
    """The pages of the shop's station on a free port."""
    threads = shop.station.config.web.threads
    server = Server(create_app(shop.station), "127.0.0.1", 0, threads)
    # Nobody is signed out by the clock, which tests move by days.
    server.app.extensions["doorkeeper"].life = Life(timedelta(days=3650), timedelta(days=3650))
    server.start()
    yield server
    server.close()


@pytest.fixture
def picture_of(tmp_path: Path) -> Callable[[str], Path]:
    """Where a picture goes: those of docs/ into the folder that SCREENSHOTS names, if it is set.

    ``SCREENSHOTS=docs pytest tests/browser`` draws them anew; look at them before keeping them.
    """
    folder = os.environ.get("SCREENSHOTS", "")

    def place(name: str) -> Path:
        return (Path(folder) if folder and name in KEPT else tmp_path) / f"{name}.png"

    return place


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly what this machine could not test."""
    if reason := config.stash.get(_MISSING, ""):
        terminalreporter.section("NOT TESTED IN A BROWSER", red=True)
        terminalreporter.write_line(reason)
