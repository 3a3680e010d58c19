"""Packer, customer service and manager before one parcel: who sees what, and what it takes."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from drivers.interfaces import Photograph
from station.db.models import PageImage
from station.domain.orders import Consignee
from station.services import erasure, photographs

pytestmark = [pytest.mark.browser, pytest.mark.fault("F27")]

WHO = Consignee("张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "新华路88号9幢", "317500")


@cache
def drawn(kind: str) -> bytes:
    content = io.BytesIO()
    picture = Image.new("RGB", (240, 360), "white")
    ImageDraw.Draw(picture).rectangle((20, 20, 220, 120), outline="black", width=6)
    picture.save(content, kind)
    return content.getvalue()


@pytest.fixture
def two(open_shop: Any) -> tuple[str, str]:
    """One parcel at the bench, one that left; both with a label and words of the buyer."""
    facts = {"consignee": WHO, "buyer_message": "张测试甲收，放新华路88号门口，加急"}
    here = open_shop.printed("C1", "JN8801-黑色-32", **facts, buyer="tb_one")
    gone = open_shop.seal("C2", "TS1103-白色-M", **facts, buyer="tb_two")

    def pictures(session: Any, *, now: Any) -> None:
        for page in session.query(PageImage):
            page.png = drawn("PNG")
        photographs.keep(session, 2, "open", Photograph(drawn("JPEG"), 240, 360, 0.0),
                         camera="1-camera", now=now)

    open_shop.write(pictures)
    open_shop.hand_over(gone)
    return here, gone


def shown_pictures(page: Page) -> int:
    """Pictures that are really drawn, not only asked for."""
    return page.evaluate("[...document.images].filter(one => one.naturalWidth > 0).length")


def test_a_packer_sees_the_label_while_he_packs_and_not_when_it_left(
    page_of: Any, server: Any, two: tuple[str, str], picture_of: Any
) -> None:
    page = page_of("packer")
    page.goto(f"{server.url}parcels/{two[0]}")
    expect(page.locator(".gallery img")).to_have_count(1)
    assert shown_pictures(page) == 1
    expect(page.locator("main")).to_contain_text("***收，放***门口，加急")
    page.screenshot(path=picture_of("privacy-packer-here"), full_page=True)
    page.goto(f"{server.url}parcels/{two[1]}")
    expect(page.locator(".gallery img")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("图片要显示个人信息后才能看")
    expect(page.get_by_role("button", name="显示")).to_have_count(0)
    page.screenshot(path=picture_of("privacy-packer-gone"), full_page=True)


def test_customer_service_shows_a_buyer_for_a_reason_and_the_page_is_gone_behind_her(
    page_of: Any, server: Any, two: tuple[str, str], picture_of: Any
) -> None:
    page = page_of("service")
    mistakes: list[str] = []
    page.on("console", lambda said: mistakes.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.url}parcels/{two[1]}")
    expect(page.locator("main")).not_to_contain_text("张测试甲")
    page.screenshot(path=picture_of("privacy-service"), full_page=True)
    page.get_by_role("button", name="显示（会记录）").click()
    assert page.url.endswith(two[1]), "without a reason the form is not even sent"
    page.get_by_label("显示个人信息").select_option("call")
    page.get_by_role("button", name="显示（会记录）").click()
    expect(page.locator("main")).to_contain_text("张测试甲")
    expect(page.locator("main")).to_contain_text("13912345678")
    assert shown_pictures(page) == 2
    page.screenshot(path=picture_of("privacy-reveal"), full_page=True)
    page.get_by_role("link", name="看完了").click()
    expect(page.locator(".timeline")).to_contain_text("看了买家信息（包裹）：联系买家")
    expect(page.locator("main")).not_to_contain_text("张测试甲")
    assert mistakes == []


def test_the_manager_finds_a_buyer_hands_him_his_file_and_forgets_him(
    page: Page, server: Any, open_shop: Any, two: tuple[str, str], picture_of: Any
) -> None:
    open_shop.clock.later(days=erasure.RETENTION.days + 1)
    page.goto(f"{server.url}privacy")
    page.get_by_label("电话").fill("139 1234 5678")
    page.get_by_role("button", name="查").click()
    expect(page.get_by_role("heading", name="2 个包裹")).to_be_visible()
    expect(page.locator("main")).to_contain_text("还没有交给快递，不能删除")
    page.screenshot(path=picture_of("privacy-found"), full_page=True)
    with page.expect_download() as saved:
        page.get_by_role("button", name="导出勾选的").click()
    assert "13912345678" in saved.value.path().read_text("utf-8")
    page.get_by_label("原因").select_option("asked")
    page.get_by_role("button", name="销毁勾选的").click()
    expect(page.get_by_role("alert").first).to_contain_text("还没有交给快递")
    page.get_by_label(two[0]).uncheck()
    page.get_by_label("原因").select_option("asked")
    page.get_by_role("button", name="销毁勾选的").click()
    expect(page.get_by_role("status")).to_contain_text("已销毁，销毁记录 1 号")
    page.screenshot(path=picture_of("privacy-erased"), full_page=True)
