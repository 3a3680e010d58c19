"""Product pictures: named, drawn, marked as the stock goes, and kept twice (M2, M6, M11, M14)."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from station.db.models import History, ProductPicture, Sku
from station.domain.orders import RefundKind
from station.domain.refusals import Code, Refusal
from station.paper import picture_files
from station.paper import pictures as drawing
from station.paper.fonts import Fonts
from station.picture_jobs import PictureLoop, Studio
from station.services import garment_sizes, history, pictures, stock

pytestmark = [pytest.mark.rule("M2", "M11")]
JEANS = "JN8801-黑色-32"


def photo(shade: int = 90, size: tuple[int, int] = (710, 200)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (shade, 120, 160)).save(file, "JPEG")
    return file.getvalue()


@cache
def fonts() -> Fonts:
    return Fonts.find()


class Bench:
    """A shop with a pictures' folder, and the loop that works there when told to."""

    def __init__(self, shop: Any, folder: Path) -> None:
        self.shop, self.folder, self.second = shop, folder / "pictures", folder / "second"
        self.second.mkdir(exist_ok=True)
        self.loop = self.with_second(self.second)

    def with_second(self, second: Path | None) -> PictureLoop:
        studio = Studio(self.folder, second, "海风小店", fonts())
        return PictureLoop(self.shop.db, studio, now=lambda: self.shop.now)

    def take(self, data: bytes, sku: str = JEANS, who: str = "老周") -> Any:
        shot = pictures.Shot(sha256(data).hexdigest(), ".jpg")
        picture_files.keep(picture_files.staged(self.folder, shot.sha256), data)
        return self.shop.write(
            pictures.enter, self.shop.skus[sku], shot, source="1-camera", who=who)

    def work(self) -> None:
        assert self.loop.step() is False

    def files(self, folder: Path | None = None) -> list[str]:
        top = folder or self.folder
        return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())

    def shown(self, file: str) -> Image.Image:
        with Image.open(self.folder / "jpg" / f"{file}.jpg") as picture:
            picture.load()
            return picture

    def is_marked(self, file: str) -> bool:
        """Whether the band is there: the middle of the left edge is dark."""
        picture = self.shown(file)
        return sum(picture.getpixel((5, picture.height // 2))) < 240

    def row(self, file: str) -> ProductPicture:
        return self.shop.read(lambda session: session.scalar(
            select(ProductPicture).where(ProductPicture.file == file)))

    def history(self, file: str) -> list[str]:
        chain = pictures.subject(self.row(file).id)
        return self.shop.read(lambda session: list(session.scalars(
            select(History.kind).where(History.chain == chain).order_by(History.seq))))


@pytest.fixture
def bench(open_shop: Any, tmp_path: Path) -> Bench:
    return Bench(open_shop, tmp_path)


def test_a_picture_is_named_drawn_and_copied(bench: Bench) -> None:
    taken = bench.take(photo())
    assert (taken.file, taken.number, taken.color, taken.taken_by) == (
        "JN8801-1", 1, "黑色", "老周")
    assert bench.take(photo(40)).file == "JN8801-2"
    bench.work()
    expected = ["edited/JN8801-1.png", "edited/JN8801-2.png", "jpg/JN8801-1.jpg",
                "jpg/JN8801-2.jpg", "originals/JN8801-1.jpg", "originals/JN8801-2.jpg"]
    assert bench.files() == expected
    assert bench.files(bench.second) == expected
    assert (bench.folder / "originals/JN8801-1.jpg").read_bytes() == photo()
    for name in expected:
        assert (bench.second / name).read_bytes() == (bench.folder / name).read_bytes()
    shown = bench.shown("JN8801-1")
    assert (shown.format, shown.width) == ("JPEG", 710)
    assert bench.history("JN8801-1") == ["picture_taken"]
    assert bench.shop.read(pictures.to_draw) == []


def test_each_article_counts_its_own_pictures_and_all_colours_share_the_count(
    bench: Bench
) -> None:
    bench.shop.stock_goods("JN8801-蓝色-32")
    names = [bench.take(photo(40 * at), sku).file for at, sku in
             enumerate([JEANS, "TS1103-白色-M", "JN8801-蓝色-32", JEANS])]
    assert names == ["JN8801-1", "TS1103-1", "JN8801-2", "JN8801-3"]


def test_the_same_picture_is_not_taken_twice(bench: Bench) -> None:
    bench.take(photo())
    assert bench.take(photo()) == Refusal(Code.PICTURE_KNOWN, {"file": "JN8801-1"})
    bench.work()
    assert bench.take(photo()) == Refusal(Code.PICTURE_KNOWN, {"file": "JN8801-1"})


def test_an_article_without_an_item_number_or_with_too_many_pictures_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(session: Any, *, now: Any) -> None:
        session.get(Sku, bench.shop.skus["TS1103-白色-M"]).item_no = ""

    bench.shop.write(forget)
    assert bench.take(photo(), "TS1103-白色-M").code is Code.PICTURE_NO_ARTICLE
    monkeypatch.setattr(pictures, "MOST", 1)
    bench.take(photo(1))
    assert bench.take(photo(2)) == Refusal(Code.PICTURE_MANY, {"most": 1})


@pytest.mark.parametrize(("codes", "goes"), [
    (("773100000000000",), False), (("YT1234567890",), False),
    ((JEANS,), True), (("690000000000" + "1",), True), (("A-01-2",), True), ((), True),
    ((JEANS, "773100000000000"), False),
])
def test_a_picture_that_shows_a_waybill_is_not_taken_and_an_article_s_label_may_be_seen(
    bench: Bench, codes: tuple[str, ...], goes: bool
) -> None:
    shot = pictures.Shot("c" * 64, ".jpg", codes)
    said = bench.shop.write(
        pictures.enter, bench.shop.skus[JEANS], shot, source="1-camera", who="老周")
    assert (said == Refusal(Code.PICTURE_WAYBILL)) == (not goes)


def test_names_that_a_disk_may_take_for_one_get_numbers_of_their_own(bench: Bench) -> None:
    bench.shop.stock_goods("ab1-红-S")
    bench.shop.stock_goods("AB1-红-S")
    assert bench.take(photo(1), "ab1-红-S").file == "ab1-1"
    assert bench.take(photo(2), "AB1-红-S").file == "AB1-2"


def test_a_stop_between_the_name_and_the_files_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.take(photo())
    kept, calls = picture_files.keep, []

    def breaks(path: Path, data: bytes) -> None:
        calls.append(path.name)
        if len(calls) == 2:  # the edited picture is written, the finished one is not
            raise KeyboardInterrupt
        kept(path, data)

    monkeypatch.setattr(picture_files, "keep", breaks)
    with pytest.raises(KeyboardInterrupt):
        bench.loop.step()
    monkeypatch.undo()
    assert bench.row("JN8801-1").drawn == 0
    Bench(bench.shop, bench.folder.parent).work()
    assert bench.files(bench.second) == [
        "edited/JN8801-1.png", "jpg/JN8801-1.jpg", "originals/JN8801-1.jpg"]


# --- Sold out -----------------------------------------------------------------------------------


@pytest.mark.rule("M14")
def test_sold_out_is_marked_under_the_same_name_and_taken_away_again(bench: Bench) -> None:
    bench.take(photo(250))
    bench.work()
    clean = (bench.folder / "jpg/JN8801-1.jpg").read_bytes()
    assert not bench.is_marked("JN8801-1")
    bench.shop.write(stock.reserve, {bench.shop.skus[JEANS]: 10}, parcel_id=None)
    bench.work()
    assert bench.is_marked("JN8801-1")
    assert (bench.second / "jpg/JN8801-1.jpg").read_bytes() != clean
    assert bench.row("JN8801-1").marked == ["*"]
    bench.shop.write(stock.receive, bench.shop.skus[JEANS], 1)
    bench.work()
    assert (bench.folder / "jpg/JN8801-1.jpg").read_bytes() == clean
    assert (bench.second / "jpg/JN8801-1.jpg").read_bytes() == clean
    assert bench.history("JN8801-1") == [
        "picture_taken", "picture_sold_out", "picture_on_sale"]
    assert [name for name in bench.files() if name.startswith("jpg/")] == ["jpg/JN8801-1.jpg"]


@pytest.mark.rule("M14")
def test_a_colour_is_sold_out_when_its_last_size_is_and_other_colours_stay(bench: Bench) -> None:
    bench.shop.stock_goods("JN8801-黑色-33", 1)
    bench.shop.stock_goods("JN8801-蓝色-32", 1)
    bench.take(photo(250))
    bench.take(photo(251), "JN8801-蓝色-32")
    bench.shop.write(stock.reserve, {bench.shop.skus[JEANS]: 10}, parcel_id=None)
    bench.work()
    assert not bench.is_marked("JN8801-1")
    bench.shop.write(stock.reserve, {bench.shop.skus["JN8801-黑色-33"]: 1}, parcel_id=None)
    bench.work()
    assert bench.is_marked("JN8801-1")
    assert not bench.is_marked("JN8801-2")


@pytest.mark.rule("M6", "M14")
def test_a_size_that_is_sold_out_is_told_in_the_size_table(bench: Bench) -> None:
    bench.shop.stock_goods("JN8801-黑色-33", 1, category="牛仔裤")
    bench.shop.write(garment_sizes.enter_all, bench.shop.skus[JEANS], {"waist": 820}, who="老周")
    bench.work()
    before = (bench.folder / "jpg/JN8801-0.jpg").read_bytes()
    bench.shop.write(stock.reserve, {bench.shop.skus["JN8801-黑色-33"]: 1}, parcel_id=None)
    bench.work()
    assert bench.row("JN8801-0").marked == ["33"]
    assert (bench.folder / "jpg/JN8801-0.jpg").read_bytes() != before
    table = bench.shop.read(garment_sizes.table, "JN8801")
    assert [(row.size, row.is_sold_out) for row in table.rows] == [("32", False), ("33", True)]


@pytest.mark.rule("M14")
def test_orders_sell_a_colour_out_and_a_refund_brings_it_back(bench: Bench) -> None:
    shop = bench.shop
    shop.stock_goods("JN8801-灰色-32", 2)
    bench.take(photo(250), "JN8801-灰色-32")
    for number in ("A1", "A2"):
        shop.pay(number, "JN8801-灰色-32", buyer=f"tb_{number}")
    bench.work()
    assert bench.is_marked("JN8801-1")
    shop.refund("A1", RefundKind.REFUNDED)
    bench.work()
    assert not bench.is_marked("JN8801-1")


def test_a_picture_of_the_whole_article_is_sold_out_with_its_last_colour(bench: Bench) -> None:
    bench.shop.stock_goods("JN8801-蓝色-32", 1)
    taken = bench.take(photo())

    def of_all(session: Any, *, now: Any) -> None:
        session.get(ProductPicture, taken.id).color = ""

    bench.shop.write(of_all)
    bench.shop.write(stock.reserve, {bench.shop.skus[JEANS]: 10}, parcel_id=None)
    assert bench.shop.read(pictures.stale) == {}
    bench.shop.write(stock.reserve, {bench.shop.skus["JN8801-蓝色-32"]: 1}, parcel_id=None)
    assert bench.shop.read(pictures.stale) == {taken.id: ["*"]}


def test_nothing_is_drawn_or_written_while_nothing_changed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.take(photo())
    bench.work()
    monkeypatch.setattr(bench.shop.db, "write", None)
    bench.work()


# --- Edited by hand, withdrawn ------------------------------------------------------------------


def test_a_picture_edited_by_hand_is_what_the_jpeg_is_made_from(bench: Bench) -> None:
    taken = bench.take(photo())
    bench.work()
    Image.new("RGB", (1420, 710), "#ff0000").save(bench.folder / "edited/JN8801-1.png")
    bench.work()
    assert bench.shown("JN8801-1").height == 200  # not asked for yet
    bench.shop.write(pictures.redraw, taken.id, who="老周")
    bench.work()
    shown = bench.shown("JN8801-1")
    assert shown.size == (710, 355)
    assert shown.getpixel((20, 20))[0] > 240
    assert (bench.second / "edited/JN8801-1.png").read_bytes() == (
        bench.folder / "edited/JN8801-1.png").read_bytes()


def test_a_withdrawn_picture_leaves_the_shop_s_folders_and_its_original_stays(
    bench: Bench
) -> None:
    taken = bench.take(photo())
    bench.work()
    assert bench.shop.sku(JEANS).picture == "edited/JN8801-1.png"
    bench.shop.write(pictures.withdraw, taken.id, who="老周")
    bench.work()
    for folder in (bench.folder, bench.second):
        assert bench.files(folder) == ["originals/JN8801-1.jpg"]
    assert bench.shop.sku(JEANS).picture == ""
    assert bench.shop.read(pictures.of_item, "JN8801") == []
    assert bench.take(photo()).file == "JN8801-2"
    again = bench.shop.write(pictures.withdraw, taken.id, who="老周")
    assert again == Refusal(Code.PICTURE_NOT_NOW)
    assert bench.shop.write(pictures.redraw, 99, who="老周") == Refusal(Code.PICTURE_NOT_NOW)


def test_the_bench_shows_a_colour_s_first_picture_unless_the_list_named_one(
    bench: Bench
) -> None:
    bench.shop.stock_goods("JN8801-黑色-33", picture="own.jpg")
    bench.shop.stock_goods("JN8801-蓝色-32")
    bench.take(photo(1))
    bench.work()
    bench.take(photo(2))
    bench.work()
    seen = [bench.shop.sku(code).picture
            for code in (JEANS, "JN8801-黑色-33", "JN8801-蓝色-32")]
    assert seen == ["edited/JN8801-1.png", "own.jpg", ""]


def test_what_is_asked_for_while_a_picture_is_drawn_is_drawn_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = bench.take(photo())
    draw, calls = drawing.finished, []

    def asked_meanwhile(*facts: Any, **more: Any) -> bytes:
        calls.append(1)
        if len(calls) == 1:
            bench.shop.write(pictures.redraw, taken.id, who="老周")
        return draw(*facts, **more)

    monkeypatch.setattr(drawing, "finished", asked_meanwhile)
    bench.work()
    assert [row.id for row in bench.shop.read(pictures.to_draw)] == [taken.id]
    bench.work()
    assert bench.shop.read(pictures.to_draw) == []
    bench.work()
    assert len(calls) == 2


def test_every_step_is_in_a_history_that_holds(bench: Bench) -> None:
    taken = bench.take(photo())
    bench.shop.write(garment_sizes.enter_all, bench.shop.skus[JEANS], {"chest": 900}, who="老周")
    bench.work()
    bench.shop.write(pictures.redraw, taken.id, who="陈姐")
    bench.shop.write(pictures.copy_again, who="陈姐")
    bench.shop.write(pictures.withdraw, taken.id, who="陈姐")
    assert bench.history("JN8801-1") == ["picture_taken", "picture_redrawn", "picture_withdrawn"]
    assert bench.shop.read(lambda session: list(history.verify(session))) == []


def test_two_who_take_a_picture_at_one_moment_get_two_names(bench: Bench) -> None:
    start, names = threading.Barrier(2), []

    def take(shade: int) -> None:
        start.wait(60)
        names.append(bench.take(photo(shade)).file)

    both = [threading.Thread(target=take, args=(shade,)) for shade in (10, 200)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(names) == ["JN8801-1", "JN8801-2"]


# --- What fails ---------------------------------------------------------------------------------


def test_a_picture_that_cannot_be_drawn_is_loud_once_and_holds_no_other_up(bench: Bench) -> None:
    bench.take(photo(1))
    bench.take(photo(2))
    bench.work()
    broken = bench.folder / "edited/JN8801-1.png"
    good = broken.read_bytes()
    broken.write_bytes(b"no picture")
    for file in ("JN8801-1", "JN8801-2"):
        bench.shop.write(pictures.redraw, bench.row(file).id, who="老周")
    bench.work()
    bench.work()
    assert bench.shop.alarms() == ["picture_failed"]
    assert bench.row("JN8801-1").trouble == "no_picture"
    assert bench.row("JN8801-2").drawn == bench.row("JN8801-2").asked
    broken.write_bytes(good)
    bench.work()
    assert bench.shop.alarms() == []
    assert bench.row("JN8801-1").trouble == ""


def test_a_second_disk_that_is_away_is_an_alarm_until_the_copies_are_made(bench: Bench) -> None:
    bench.second.rmdir()  # its disk is not connected
    bench.take(photo())
    bench.work()
    assert bench.shop.alarms() == ["pictures_not_copied"]
    assert bench.files() != []
    assert not bench.second.exists()  # a folder on this disk would be no second copy
    bench.shop.acknowledge_all()
    bench.work()
    assert bench.shop.alarms() == []  # it was seen, and is not told every half minute
    bench.second.mkdir()
    bench.take(photo(9))
    bench.work()
    assert bench.shop.alarms() == []
    assert bench.files(bench.second) == bench.files()


def test_another_second_folder_gets_everything_and_none_asks_for_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    bench.take(photo())
    bench.with_second(None).step()
    assert bench.files(bench.second) == []
    bench.work()
    (tmp_path / "third").mkdir()
    bench.with_second(tmp_path / "third").step()
    assert bench.files(tmp_path / "third") == bench.files()


def test_copies_that_somebody_deleted_come_back_when_asked_for(bench: Bench) -> None:
    bench.take(photo())
    bench.work()
    (bench.second / "originals/JN8801-1.jpg").unlink()
    (bench.second / "jpg/JN8801-1.jpg").write_bytes(b"other")
    bench.shop.write(pictures.copy_again, who="老周")
    bench.work()
    assert (bench.second / "jpg/JN8801-1.jpg").read_bytes() == (
        bench.folder / "jpg/JN8801-1.jpg").read_bytes()
    assert bench.files(bench.second) == bench.files()


def test_copies_that_were_made_before_the_disk_was_full_count(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.take(photo(1))
    bench.take(photo(200))
    bench.with_second(None).step()
    kept = picture_files.keep

    def fills(path: Path, data: bytes) -> None:
        if path.name == "JN8801-2.png":
            raise OSError(28, "no space")
        kept(path, data)

    monkeypatch.setattr(picture_files, "keep", fills)
    bench.work()
    assert [bench.row(name).copied for name in ("JN8801-1", "JN8801-2")] == [1, 0]
    assert bench.shop.alarms() == ["pictures_not_copied"]
    monkeypatch.undo()
    bench.work()
    assert bench.shop.alarms() == []
    assert bench.files(bench.second) == bench.files()


def test_a_copy_that_is_not_what_was_written_is_no_copy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.take(photo())
    bench.with_second(None).step()
    kept = picture_files.keep
    monkeypatch.setattr(picture_files, "keep", lambda path, data: kept(path, data[:-1]))
    bench.work()
    assert bench.shop.alarms() == ["pictures_not_copied"]
    assert bench.row("JN8801-1").copied == 0


def test_the_overview_begins_with_what_has_no_picture(bench: Bench) -> None:
    bench.take(photo())
    bench.work()
    rows = bench.shop.read(pictures.articles)
    assert [(row.item_no, row.pictures, row.first and row.first.file) for row in rows] == [
        ("TS1103", 0, None), ("JN8801", 1, "JN8801-1")]
    assert replace(rows[0], title="").first is None
