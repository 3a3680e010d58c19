"""Garments measured by scanner and by hand, within a centimetre, into the size table (M6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from station.db.models import GarmentSize, History, ProductPicture
from station.domain.garments import measures_of
from station.domain.refusals import Code, Refusal
from station.services import garment_sizes, history, picture_scans, pictures
from station.services.pictures import Shot
from web import words

pytestmark = pytest.mark.rule("M6")
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"


@pytest.fixture
def shop(open_shop: Any) -> Any:
    """A shop whose jeans are known to be trousers."""
    open_shop.stock_goods("JN8801-黑色-33", category="牛仔裤")
    return open_shop


def scan(shop: Any, *codes: str, sku: str | None = JEANS) -> Any:
    """The answer to the last of these scans on a SKU's page, or on the overview."""
    said = None
    for code in codes:
        is_command = code in ("DONE", "UNDO", "ZERO") or len(code) == 1
        said = shop.write(
            picture_scans.scan, f"PBCMD-{code}" if is_command else code,
            sku_id=shop.skus[sku] if sku else None, who="老周")
    return said.words if said.sku_id is None else said


def measure(shop: Any, number: int, sku: str = JEANS) -> Any:
    return scan(shop, *str(number), "DONE", sku=sku)


def measured(shop: Any, size: str = "32", item_no: str = "JN8801") -> dict[str, int]:
    query = select(GarmentSize.measures).where(
        GarmentSize.item_no == item_no, GarmentSize.size == size)
    return shop.read(lambda session: session.scalar(query))


def tables(shop: Any) -> list[tuple[str, int]]:
    query = select(ProductPicture.file, ProductPicture.asked).order_by(ProductPicture.id)
    return shop.read(lambda session: [tuple(row) for row in session.execute(query)])


def test_five_measures_of_trousers_follow_each_other(shop: Any) -> None:
    said = [measure(shop, number) for number in (102, 825, 98, 58, 370)]
    assert [one.facts.get("next") for one in said] == [
        "garment.waist", "garment.hips", "garment.thigh", "garment.hem", None]
    assert said[-1].code == "picture.said_measured_all"
    assert measured(shop) == {
        "trousers": 1020, "waist": 825, "hips": 980, "thigh": 580, "hem": 370}
    assert measured(shop, "33") is None


def test_every_colour_of_a_size_shares_its_measures(shop: Any) -> None:
    shop.stock_goods("JN8801-蓝色-32")
    measure(shop, 102)
    measure(shop, 82, "JN8801-蓝色-32")
    assert measured(shop) == {"trousers": 1020, "waist": 820}


def test_a_shirt_has_the_measures_of_a_shirt(shop: Any) -> None:
    for number in (70, 104, 44, 615):
        measure(shop, number, SHIRT)
    assert measured(shop, "M", "TS1103") == {
        "length": 700, "chest": 1040, "shoulder": 440, "sleeve": 615}


def test_the_size_table_is_asked_for_with_the_first_measure_and_at_each_change(shop: Any) -> None:
    assert tables(shop) == []
    measure(shop, 102)
    assert tables(shop) == [("JN8801-0", 1)]
    measure(shop, 82)
    assert tables(shop) == [("JN8801-0", 2)]
    shop.write(garment_sizes.enter_all, shop.skus[JEANS], measured(shop), who="老周")
    assert tables(shop) == [("JN8801-0", 2)]
    shot = Shot("a" * 64, ".jpg")
    taken = shop.write(pictures.enter, shop.skus[JEANS], shot, source="", who="老周")
    assert taken.file == "JN8801-1"


def test_a_second_measurement_within_a_centimetre_counts_at_once(shop: Any) -> None:
    for number in (102, 82, 98, 58, 370):
        measure(shop, number)
    assert measure(shop, 1030).code == "picture.said_measured"
    assert measured(shop)["trousers"] == 1030


def test_more_than_a_centimetre_apart_is_doubted_until_it_is_measured_again(shop: Any) -> None:
    for number in (102, 82, 98, 58, 370):
        measure(shop, number)
    refused = Refusal(Code.PICTURE_MEASURE_DIFFERS, {
        "measure": "garment.trousers", "size": "32", "was_mm": 1020, "measured_mm": 1031})
    assert measure(shop, 1031) == refused
    assert measured(shop)["trousers"] == 1020
    assert measure(shop, 1032).code is Code.PICTURE_MEASURE_DIFFERS  # another one is doubted anew
    assert measure(shop, 1031) == refused
    assert measure(shop, 1031).code == "picture.said_measured"
    assert measured(shop)["trousers"] == 1031


def test_what_no_garment_can_measure_is_refused_and_changes_nothing(shop: Any) -> None:
    for number in (0, 9, 9999):
        assert measure(shop, number) == Refusal(
            Code.PICTURE_IMPLAUSIBLE, {"measure": "garment.trousers", "size": "32"})
    assert scan(shop, *"12345").code is Code.PICTURE_IMPLAUSIBLE
    assert scan(shop, "DONE").code is Code.PICTURE_IMPLAUSIBLE  # nothing is left of them
    assert measured(shop) == {}
    assert tables(shop) == []


def test_digits_and_measures_are_taken_back(shop: Any) -> None:
    assert scan(shop, "8", "3").facts["digits"] == "83"
    assert scan(shop, "UNDO").code == "picture.said_measure"
    scan(shop, "5", "DONE")
    assert measured(shop) == {"trousers": 850}
    assert scan(shop, "UNDO").facts["measure"] == "garment.trousers"
    assert measured(shop) == {}
    measure(shop, 102)
    assert measured(shop) == {"trousers": 1020}


def test_measures_are_typed_by_hand_and_a_typing_mistake_is_put_right(shop: Any) -> None:
    sku_id = shop.skus[JEANS]
    said = shop.write(garment_sizes.enter_all, sku_id, {"waist": 820, "hips": 980}, who="老周")
    assert said.code == "picture.said_sizes"
    shop.write(garment_sizes.enter_all, sku_id, {"waist": 720, "hips": None}, who="老周")
    assert measured(shop) == {"waist": 720}
    refused = shop.write(garment_sizes.enter_all, sku_id, {"waist": 72}, who="老周")
    assert refused == Refusal(
        Code.PICTURE_IMPLAUSIBLE, {"measure": "garment.waist", "size": "32"})
    assert measured(shop) == {"waist": 720}


def test_each_change_is_in_the_history_with_what_it_was(shop: Any) -> None:
    measure(shop, 102)
    shop.write(garment_sizes.enter_all, shop.skus[JEANS], {"trousers": 1000}, who="陈姐")
    rows = shop.read(lambda session: list(session.execute(
        select(History.who, History.data).where(History.kind == "garment_measured")
        .order_by(History.seq))))
    assert [row.who for row in rows] == ["老周", "陈姐"]
    assert '"trousers":[1020,1000]' in rows[1].data


def test_the_table_hangs_sizes_as_a_shop_does_and_leaves_gaps_visible(shop: Any) -> None:
    shop.stock_goods("JN8801-黑色-9")
    measure(shop, 102)
    table = shop.read(garment_sizes.table, "JN8801")
    assert [row.size for row in table.rows] == ["9", "32", "33"]
    assert table.rows[1].values == (1020, None, None, None, None)
    assert table.rows[0].values == (None,) * 5


def test_an_article_s_code_leads_to_it_from_anywhere(shop: Any) -> None:
    said = scan(shop, SHIRT)
    assert said.sku_id == shop.skus[SHIRT]
    assert said.words.facts == {"item_no": "TS1103", "color": "白色", "size": "M"}
    assert scan(shop, f"69{shop.skus[SHIRT]:011d}", sku=None).sku_id == shop.skus[SHIRT]
    assert scan(shop, JEANS).code == "picture.said_article"  # it is this one: stay
    assert picture_scans.takes_picture(" PBCMD-NEXT\r")
    assert not picture_scans.takes_picture(JEANS)


@pytest.mark.parametrize("code", ["PBID-7", "PBMAT-BAG1", "PBCMD-DONE", "PBWHY-TORN"])
def test_other_barcodes_of_ours_mean_nothing_on_the_overview(shop: Any, code: str) -> None:
    assert scan(shop, code, sku=None).code is Code.BENCH_NOT_NOW


def test_unknown_codes_are_said(shop: Any) -> None:
    assert scan(shop, "NO-SUCH").code is Code.ITEM_UNKNOWN
    assert scan(shop, "ZERO").code is Code.BENCH_NOT_NOW
    shop.stock_goods("-红-S")
    assert scan(shop, "-红-S", sku=None).code is Code.PICTURE_NO_ARTICLE


KEYS = st.sampled_from([*"0123456789", "DONE", "UNDO", "ZERO", SHIRT, "NO-SUCH"])


def test_whatever_is_scanned_only_measures_of_a_garment_are_kept(sqlite_shop: Any) -> None:
    """Any keys in any order: every answer has words, every value could be a garment's."""
    sqlite_shop.stock_goods(SHIRT)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(KEYS, min_size=1, max_size=12))
    def press(keys: list[str]) -> None:
        for key in keys:
            said = scan(sqlite_shop, key)
            assert words.known(str(getattr(said, "words", said).code))
        row = sqlite_shop.read(
            lambda session: session.scalar(select(GarmentSize).where(GarmentSize.size == "32")))
        for measure in measures_of() if row else ():
            mm = row.measures.get(measure.key)
            assert mm is None or measure.fits(mm)
        assert row is None or len(row.digits) <= 4

    press()
    assert sqlite_shop.read(lambda session: list(history.verify(session))) == []
