"""The pages of product pictures: scanned to, taken, brought, measured, and closed to others."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from station import picture_jobs
from station.services import pictures
from web.views import pictures as views

pytestmark = pytest.mark.rule("M2", "M11")
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


def photo(shade: int = 90, width: int = 710, **facts: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 200), (shade, 120, 160)).save(file, "JPEG", **facts)
    return file.getvalue()


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def work(shop: Any) -> None:
    """What the station's own loop does beside the pages."""
    (loop,) = shop.station.loops[pictures.TOPIC]
    assert isinstance(loop, picture_jobs.PictureLoop)
    loop.step()


@pytest.fixture
def folder(open_shop: Any) -> Path:
    return open_shop.station.config.pictures_dir


@pytest.fixture
def page(open_shop: Any) -> str:
    """The address of the jeans."""
    return f"/pictures/{open_shop.skus[JEANS]}"


def upload(browser: Any, page: str, *files: bytes, name: str = "../IMG 1.jpg") -> Any:
    return browser.form(f"{page}/upload", files=[(io.BytesIO(data), name) for data in files])


def scanned(browser: Any, page: str, *codes: str) -> str:
    answers = [browser.send(f"{page}/scan", {"code": code}) for code in codes]
    assert {answer.status_code for answer in answers} == {200}, answers[-1].text
    return str(answers[-1].text)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def see(shop: Any, monkeypatch: pytest.MonkeyPatch, *benches: str, data: bytes | None) -> None:
    """Cameras at these benches that see this."""
    monkeypatch.setattr(shop.station, "witnesses", dict.fromkeys(benches, lambda *_: None))
    monkeypatch.setattr(shop.station, "snapshot", lambda _: data)


def test_a_telephone_s_pictures_become_the_shop_s(
    open_shop: Any, browser: Any, page: str, folder: Path
) -> None:
    assert "第一张就是主图" in browser.text(page)
    assert upload(browser, page, photo(1), photo(120)).status_code == 303
    assert "正在做" in browser.text(page)
    assert browser.get("/pictures/files/1.jpg").status_code == 404
    work(open_shop)
    assert files(folder) == [
        "edited/JN8801-1.png", "edited/JN8801-2.png", "jpg/JN8801-1.jpg", "jpg/JN8801-2.jpg",
        "originals/JN8801-1.jpg", "originals/JN8801-2.jpg"]
    with browser.get("/pictures/files/1.jpg") as answer:
        assert answer.mimetype == "image/jpeg"
        assert Image.open(io.BytesIO(answer.data)).width == 710
    shown = text(browser.text(page))
    assert "★ 主图" in shown
    assert "下一张 next JN8801-3" in shown
    assert "✓ 2 张" in text(browser.text("/pictures"))


def test_scanning_leads_from_the_overview_to_an_article_and_on_to_another(
    open_shop: Any, browser: Any, page: str
) -> None:
    assert f'data-go="{page}"' in scanned(browser, "/pictures", JEANS)
    assert f'data-go="/pictures/{open_shop.skus[SHIRT]}"' in scanned(browser, page, SHIRT)
    assert "data-go" not in scanned(browser, page, JEANS)
    assert "NO-SUCH" in text(scanned(browser, "/pictures", "NO-SUCH"))
    assert browser.send(f"{page}/scan", {"code": 7}).status_code == 400


def test_the_command_next_takes_a_picture_with_the_bench_s_camera(
    open_shop: Any, browser: Any, page: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(open_shop, monkeypatch, "1", data=photo())
    assert 'data-code="PBCMD-NEXT"' in browser.text(page)
    assert "拍好了：JN8801-1" in text(scanned(browser, page, "PBCMD-NEXT"))
    assert "这张图已经有了：JN8801-1" in text(scanned(browser, page, "PBCMD-NEXT"))
    work(open_shop)
    assert (folder / "originals/JN8801-1.jpg").read_bytes() == photo()
    (row,) = open_shop.read(pictures.of_item, "JN8801")
    assert (row.source, row.taken_by) == ("1-camera", "老周")


def test_a_picture_is_taken_at_the_bench_that_is_touched(
    open_shop: Any, browser: Any, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(open_shop, monkeypatch, "1", "2", data=photo())
    assert "有几个摄像头" in text(scanned(browser, page, "PBCMD-NEXT"))
    assert browser.form(f"{page}/take", bench="9").status_code == 404
    assert browser.form(f"{page}/take", bench="2").status_code == 303
    (row,) = open_shop.read(pictures.of_item, "JN8801")
    assert row.source == "2-camera"


def test_a_camera_that_sees_nothing_and_none_at_all_are_said(
    open_shop: Any, browser: Any, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "没有摄像头" in text(scanned(browser, page, "PBCMD-NEXT"))
    see(open_shop, monkeypatch, "1", data=None)
    assert "没有摄像头" in text(scanned(browser, page, "PBCMD-NEXT"))
    see(open_shop, monkeypatch, "1", data=photo(width=640))
    assert "710" in text(scanned(browser, page, "PBCMD-NEXT"))
    assert open_shop.read(pictures.of_item, "JN8801") == []


def test_a_waybill_under_the_camera_stays_out_of_the_shop_s_pictures(
    open_shop: Any, browser: Any, page: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = open_shop.printed("A1", JEANS)
    bars = zxingcpp.create_barcode(number, zxingcpp.BarcodeFormat.Code128).to_image(scale=2)
    picture = Image.new("L", (1280, 720), 90)
    picture.paste(Image.fromarray(bars), (200, 200))
    file = io.BytesIO()
    picture.save(file, "JPEG")
    see(open_shop, monkeypatch, "1", data=file.getvalue())
    assert "图上有面单" in text(scanned(browser, page, "PBCMD-NEXT"))
    assert "图上有面单" in text(upload(browser, page, file.getvalue()).text)
    assert not folder.exists()


@pytest.mark.parametrize(("data", "said"), [
    (b"<script>", "不是图片"), (photo()[:900], "不是图片"), (photo(width=700), "太窄"),
])
def test_what_is_no_picture_for_the_shop_is_refused_and_nothing_is_kept(
    open_shop: Any, browser: Any, page: str, folder: Path, data: bytes, said: str
) -> None:
    answer = upload(browser, page, data)
    assert answer.status_code == 200
    assert said in text(answer.text)
    assert not folder.exists()
    assert open_shop.read(pictures.of_item, "JN8801") == []


def test_of_several_files_the_good_ones_before_a_bad_one_are_kept(
    open_shop: Any, browser: Any, page: str
) -> None:
    assert "不是图片" in text(upload(browser, page, photo(), b"x", photo(200)).text)
    assert [row.file for row in open_shop.read(pictures.of_item, "JN8801")] == ["JN8801-1"]
    assert "这张图已经有了" in text(upload(browser, page, photo(), photo(200)).text)


def test_an_upload_without_files_or_with_too_many_is_refused(
    open_shop: Any, browser: Any, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.form(f"{page}/upload").status_code == 400
    monkeypatch.setattr(views, "MOST_FILES", 1)
    assert upload(browser, page, photo(), photo(9)).status_code == 400
    monkeypatch.setattr(views, "LARGEST_FILE", 100)
    assert "不是图片" in text(upload(browser, page, photo()).text)


def test_a_form_that_is_sent_twice_takes_its_pictures_once(
    open_shop: Any, browser: Any, page: str
) -> None:
    (key,) = set(re.findall(r'upload".*?name="once" value="([^"]+)"', browser.text(page)))
    for _ in range(2):
        files = [(io.BytesIO(photo(shade)), "a.jpg") for shade in (1, 200)]
        answer = browser.form(f"{page}/upload", once=key, files=files)
    assert "这张图已经有了：JN8801-1" in text(answer.text)
    assert [row.number for row in open_shop.read(pictures.of_item, "JN8801")] == [1, 2]


def test_where_a_picture_was_taken_never_leaves_the_shop(
    open_shop: Any, browser: Any, page: str
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRETPHONE"
    upload(browser, page, photo(exif=exif))
    work(open_shop)
    with browser.get("/pictures/files/1.jpg") as answer:
        assert b"SECRETPHONE" not in answer.data


# --- Measuring ----------------------------------------------------------------------------------


@pytest.mark.rule("M6")
def test_a_size_is_measured_with_digits_and_its_table_becomes_a_picture(
    open_shop: Any, browser: Any, page: str, folder: Path
) -> None:
    assert "裤长" in browser.text(page)
    assert "32 码 裤长：10" in text(scanned(browser, page, "PBCMD-1", "PBCMD-0"))
    said = text(scanned(browser, page, "PBCMD-2", "PBCMD-DONE"))
    assert "裤长 102.0 cm；下一个量腰围" in said
    work(open_shop)
    assert files(folder) == ["jpg/JN8801-0.jpg"]
    shown = text(browser.text(page))
    assert "102.0 cm" in shown
    assert "JN8801-0 尺码表" in shown
    assert "PBCMD-UNDO" in browser.text(page)
    assert "再量 32 码 裤长" in text(scanned(browser, page, "PBCMD-UNDO"))


@pytest.mark.rule("M6")
def test_a_size_is_typed_in_centimetres(open_shop: Any, browser: Any, page: str) -> None:
    typed = browser.form(f"{page}/sizes", trousers="102.5", waist="82", hips="")
    assert typed.status_code == 303
    shown = browser.text(page)
    assert 'name="trousers" size="6" inputmode="decimal" value="102.5"' in shown
    assert browser.form(f"{page}/sizes", trousers="10m").status_code == 400
    assert "不可能是这个数" in text(browser.form(f"{page}/sizes", waist="8").text)
    assert "82.0 cm" in text(browser.text(f"{page}/panel"))


# --- What else the page does --------------------------------------------------------------------


def test_a_bad_picture_is_withdrawn_and_one_edited_by_hand_drawn_anew(
    open_shop: Any, browser: Any, page: str, folder: Path
) -> None:
    upload(browser, page, photo())
    work(open_shop)
    assert browser.form(f"{page}/files/1/redraw").status_code == 303
    assert browser.form(f"{page}/files/1/withdraw").status_code == 303
    assert "现在不能这样做" in text(browser.form(f"{page}/files/1/withdraw").text)
    work(open_shop)
    assert files(folder) == ["originals/JN8801-1.jpg"]
    assert browser.get("/pictures/files/1.jpg").status_code == 404
    assert browser.form(f"{page}/files/1/burn").status_code == 404


def test_the_first_picture_that_stands_is_the_main_one(
    open_shop: Any, browser: Any, page: str
) -> None:
    upload(browser, page, photo(1), photo(200))
    browser.form(f"{page}/sizes", waist="82")
    assert "JN8801-1 黑色 ★ 主图" in text(browser.text(page))
    browser.form(f"{page}/files/1/withdraw")
    assert "JN8801-2 黑色 ★ 主图" in text(browser.text(page))
    browser.form(f"{page}/files/2/withdraw")
    assert "主图" not in text(browser.text(page)).replace("第一张就是主图", "")


def test_a_picture_whose_file_is_gone_is_said_beside_its_name(
    open_shop: Any, browser: Any, page: str, folder: Path
) -> None:
    upload(browser, page, photo())
    (folder / "originals").rename(folder / "away")
    work(open_shop)
    assert "磁盘读写不了" in text(browser.text(page))
    home = text(browser.text("/"))
    assert "商品图片 JN8801-1 做不出来：磁盘读写不了" in home


def test_the_second_copy_is_asked_for_and_told(
    open_shop: Any, browser: Any, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "没有第二份" in text(browser.text("/pictures"))
    upload(browser, page, photo())
    work(open_shop)
    assert browser.form("/pictures/copy-again").status_code == 303
    assert "没有图片 1" in text(browser.text("/pictures/panel"))


def test_the_bench_s_picture_is_the_one_without_marks(
    open_shop: Any, browser: Any, page: str
) -> None:
    upload(browser, page, photo())
    work(open_shop)
    with browser.get("/devices/pictures/edited/JN8801-1.png") as answer:
        assert answer.status_code == 200
    assert browser.get("/devices/pictures/../../station.toml").status_code == 404


def test_names_from_outside_are_text_on_the_page(open_shop: Any, browser: Any) -> None:
    open_shop.stock_goods("<b>x-红-S", title="<script>alert(1)</script>")
    shown = browser.text(f"/pictures/{open_shop.skus['<b>x-红-S']}")
    assert "<script>alert" not in shown
    assert "%3Cb%3Ex-1" in shown
    assert "&lt;b&gt;x" in browser.text("/pictures")


@pytest.mark.parametrize("path", ["/pictures/999", "/pictures/999/panel", "/pictures/files/9.jpg"])
def test_what_is_not_there_is_no_page(open_shop: Any, browser: Any, path: str) -> None:
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("role", ["packer", "courier", "service"])
def test_the_pages_are_closed_to_whoever_has_no_right_to_them(
    open_shop: Any, browser_of: Any, page: str, role: str
) -> None:
    other = browser_of(role)
    for path in ("/pictures", page, f"{page}/panel", "/pictures/files/1.jpg"):
        assert other.get(path).status_code == 403, path
    assert "/pictures" not in re.findall(r'href="(/[a-z]*)"', other.text("/"))


def test_a_keeper_may(open_shop: Any, browser_of: Any, page: str) -> None:
    assert 'href="/pictures"' in browser_of("keeper").text("/")
    assert browser_of("keeper").get(page).status_code == 200


def test_nobody_else_s_page_can_make_it_take_a_picture(
    open_shop: Any, browser: Any, page: str
) -> None:
    answer = browser.client.post(f"{page}/take", data={"bench": "1"}, headers=browser.headers())
    assert answer.status_code == 403
