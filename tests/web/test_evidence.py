"""The evidence sheet: one PDF that proves a trade, the same for the same records."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from drivers.interfaces import Photograph
from station.db.models import Weighing
from station.domain.cases import CaseKind
from station.services import cases, evidence, handover, history, photographs
from web.cli import COMMANDS
from web.evidence import chinese

pytestmark = pytest.mark.rule("D8")
JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 600], [200, 200], [300, 700]], [[420, 300], [600, 300]], [[700, 500]]]


@pytest.fixture
def proven(open_shop: Any) -> str:
    """A parcel that left with its weight, signatures, label and hand-over: its number."""
    shop = open_shop
    number = str(shop.seal("2450000000000000901", JEANS, SHIRT))
    parcel_id = shop.parcel_id(number)

    def whole(session: Any, *, now: Any) -> None:
        parcel = session.get(handover.Parcel, parcel_id)
        parcel.content_hash = "ab" * 32
        for line in parcel.lines:
            line.packed = line.quantity
        session.add(Weighing(
            parcel_id=parcel_id, grams=600, expected_g=680, tolerance_g=100, agrees=True,
            frames=[b"ST,GS,+000600 g\r".hex()] * 5, scale="1-scale", at=now))
        session.add(handover.Signature(
            parcel_id=parcel_id, role="packer", who="阿明", how="drawn", strokes=STROKES,
            signed_hash="cd" * 32, at=now))
        history.record(session, f"parcel:{parcel_id}", "item", {"code": JEANS}, now=now,
                       who="阿明", bench="1")
        job = session.query(evidence.PrintJob).filter_by(parcel_id=parcel_id).first()
        job.images[0].png = label()

    shop.write(whole)
    shop.hand_over(number)
    return number


@cache
def label() -> bytes:
    return picture("PNG")


@cache
def picture(kind: str) -> bytes:
    content = io.BytesIO()
    Image.effect_noise((120, 180), 80).save(content, kind)
    return content.getvalue()


def claim(shop: Any, number: str, kind: CaseKind = CaseKind.LOST) -> int:
    rules = shop.station.rules
    case = shop.write(cases.begin, shop.parcel_id(number), kind, rules, who="小李",
                      note="五天没有物流")
    shop.write(cases.claim, case.id, rules, fen=25_600, ticket="T-20261123", who="小李")
    return int(case.id)


def read(pdf: bytes) -> tuple[str, PdfReader]:
    reader = PdfReader(io.BytesIO(pdf))
    return "\n".join(page.extract_text() for page in reader.pages), reader


def sheet(browser: Any, path: str) -> bytes:
    """The sheet with everything, which is a reveal."""
    answer = browser.form(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    return bytes(answer.data)


def test_the_sheet_tells_trade_content_weight_handover_and_claim(
    browser: Any, open_shop: Any, proven: str
):
    case_id = claim(open_shop, proven)
    text, reader = read(sheet(browser, f"/cases/{case_id}/evidence.pdf"))
    for wanted in ("丢件证据单", proven, "申通快递", "2450000000000000901", "¥128.00",
                   "合计 ¥256.00", "JN8801", "600 g", "640 g", "¥8.50", "小吴", "阿明", "¥256.00",
                   "T-20261123", "五天没有物流", "已索赔，等快递答复", "ST,GS,+000600 g·", "封签"):
        assert wanted in text, wanted
    assert reader.metadata is not None
    assert reader.metadata.title == "丢件证据单"


def test_personal_data_goes_no_further_than_the_carriers_own_paper(
    browser: Any, open_shop: Any, proven: str
):
    text, _ = read(sheet(browser, f"/cases/{claim(open_shop, proven)}/evidence.pdf"))
    assert "林**" in text
    assert "139****0101" in text
    for hidden in ("林小满", "13900000101", "试验路", "tb_2450"):
        assert hidden not in text


def test_equal_records_make_equal_bytes_whenever_it_is_asked(
    browser: Any, open_shop: Any, proven: str
):
    path = f"/cases/{claim(open_shop, proven)}/evidence.pdf"
    first = browser.get(path).data
    open_shop.clock.later(days=3)
    assert browser.get(path).data == first


def test_the_chains_are_walked_and_their_rows_attached_to_be_checked_elsewhere(
    browser: Any, open_shop: Any, proven: str
):
    case_id = claim(open_shop, proven)
    text, reader = read(sheet(browser, f"/cases/{case_id}/evidence.pdf"))
    assert "逐行验算无误" in text
    attached = json.loads(reader.attachments["evidence.json"][0])
    rows = attached[f"case:{case_id}"]
    assert [row["kind"] for row in rows] == ["case_opened", "case_claim"]
    previous = history.GENESIS
    for row in rows:
        at = history.datetime.fromisoformat(row["at"])
        assert row["previous"] == previous
        previous = history.row_hash(previous, row["chain"], row["seq"], row["kind"], at,
                                    row["who"], row["bench"], row["data"])
        assert row["hash"] == previous
    assert previous in "".join(text.split())


def test_a_row_that_was_changed_is_told_on_the_sheet(browser: Any, open_shop: Any, proven: str):
    case_id = claim(open_shop, proven)

    def tamper(session: Any, *, now: Any) -> None:
        row = session.query(evidence.History).filter_by(
            chain=f"case:{case_id}", kind="case_claim").one()
        row.data = row.data.replace("25600", "99900")

    open_shop.write(tamper)
    text, _ = read(sheet(browser, f"/cases/{case_id}/evidence.pdf"))
    assert "第 2 行起对不上" in text


def test_label_signatures_and_photographs_are_pictures_in_it(
    browser: Any, open_shop: Any, proven: str
):
    case_id = claim(open_shop, proven)
    open_shop.write(
        photographs.keep, open_shop.parcel_id(proven), "open",
        Photograph(picture("JPEG"), 120, 180, 0.0), camera="1-camera")
    text, reader = read(sheet(browser, f"/cases/{case_id}/evidence.pdf"))
    assert "面单（打印原图）" in text
    assert "手写签名" in text
    images = [image for page in reader.pages for image in page.images]
    assert len(images) == 2


@pytest.mark.fault("F27")
def test_without_a_record_the_sheet_shows_no_label_no_strokes_and_no_words_of_a_buyer(
    browser: Any, browser_of: Any, open_shop: Any, proven: str
):
    parcel_id, rules = open_shop.parcel_id(proven), open_shop.station.rules
    case = open_shop.write(cases.begin, parcel_id, CaseKind.LOST, rules, who="小李",
                           note="林小满 13900000101 说放在试验路1号门口")
    open_shop.write(photographs.keep, parcel_id, "open", Photograph(picture("JPEG"), 12, 18, 0.0),
                    camera="1-camera")
    path = f"/cases/{case.id}/evidence.pdf"
    text, reader = read(browser_of("keeper").get(path).data)
    assert [image for page in reader.pages for image in page.images] == []
    assert "手写签名、" not in text
    assert "另出" in "".join(text.split())
    assert not [word for word in ("林小满", "13900000101", "试验路") if word in text]
    assert browser_of("keeper").form(path).status_code == 403
    clear, _ = read(sheet(browser_of("service"), path))
    assert "13900000101" in clear
    with pytest.raises(AssertionError):
        sheet(browser_of("packer"), path)
    kept = open_shop.read(lambda session: [
        (row.who, row.data) for row in session.query(evidence.History).filter_by(
            chain=f"parcel:{parcel_id}", kind="revealed")])
    assert kept == [("某service", '{"what":"evidence","why_reveal":"claim"}')]


def test_a_picture_that_is_damaged_stops_no_sheet(browser: Any, open_shop: Any, proven: str):
    for content in (b"\xff\xd8\xff not a picture \xff\xd9", picture("JPEG")[:900] + b"\xff\xd9"):
        open_shop.write(photographs.keep, open_shop.parcel_id(proven), "open",
                        Photograph(content, 1, 1, 0.0), camera="1-camera")
    text, _ = read(sheet(browser, f"/cases/{claim(open_shop, proven)}/evidence.pdf"))
    assert "丢件证据单" in text


def test_what_a_person_wrote_is_never_markup(browser: Any, open_shop: Any, proven: str):
    rules, parcel_id = open_shop.station.rules, open_shop.parcel_id(proven)
    evil = '#image("/etc/passwd") *粗* $x$ @a <b> = 标题 \\'
    case = open_shop.write(cases.begin, parcel_id, CaseKind.LOST, rules, who="=1+1", note=evil)
    text, _ = read(sheet(browser, f"/cases/{case.id}/evidence.pdf"))
    assert '#image("/etc/passwd") *粗* $x$ @a <b> = 标题' in text


def test_a_character_that_no_font_has_is_marked_and_stops_nothing(
    browser: Any, open_shop: Any, proven: str
):
    rules, parcel_id = open_shop.station.rules, open_shop.parcel_id(proven)
    case = open_shop.write(cases.begin, parcel_id, CaseKind.LOST, rules, who="李",
                           note="破损\U000e0041了")
    text, _ = read(sheet(browser, f"/cases/{case.id}/evidence.pdf"))
    assert "破损" in text


def test_a_parcel_without_a_case_has_its_sheet_too(browser: Any, open_shop: Any, proven: str):
    path = f"/cases/parcels/{open_shop.parcel_id(proven)}/evidence.pdf"
    text, _ = read(sheet(browser, path))
    assert "快件证据单" in text
    assert "索赔金额" not in text


# --- The command ----------------------------------------------------------------------------------


@pytest.fixture
def command(open_shop: Any, tmp_path: Path, settings: Any) -> Any:
    """`station evidence` on the shop's database: (exit code, file)."""
    url = open_shop.station.db.url
    config = tmp_path / "station.toml"
    config.write_text(f'[station]\ndatabase = "{url}"\nshop = "海风小店"\n', encoding="utf-8")

    def run(*arguments: str) -> tuple[int, Path]:
        from station import cli  # noqa: PLC0415 - as the program itself does

        target = tmp_path / "sheet.pdf"
        code = cli.run(COMMANDS, ["evidence", *arguments, "--pdf", str(target), "-c", str(config)])
        return code, target

    return run


def test_the_command_writes_the_sheet_of_the_newest_case(
    command: Any, open_shop: Any, proven: str, capsys: Any
):
    claim(open_shop, proven)
    code, path = command(proven)
    assert code == 0
    assert "丢件证据单" in read(path.read_bytes())[0]
    assert str(path) in capsys.readouterr().out
    kept = open_shop.read(lambda session: [
        row.who for row in session.query(evidence.History).filter_by(kind="revealed")])
    assert kept == ["station"]
    assert command("2450000000000000901", "--case", "1")[0] == 0


def test_the_command_says_what_it_does_not_know(
    command: Any, open_shop: Any, proven: str, capsys: Any
):
    assert command("7799")[0] == 1
    assert command(proven, "--case", "5")[0] == 1
    assert "7799" in capsys.readouterr().err


def test_every_word_of_the_sheet_is_chinese_and_not_a_code(open_shop: Any, proven: str):
    parcel_id, case_id = open_shop.parcel_id(proven), claim(open_shop, proven)
    found = open_shop.read(
        evidence.gather, parcel_id, case_id, shop="海风小店", say=chinese, clear=True)
    told = [cell for section in found.sections if section["kind"] == "table"
            and section["title"].startswith("记录链") for _, _, cell, _ in section["rows"]]
    assert told
    assert all(any("\u4e00" <= char <= "\u9fff" for char in cell) for cell in told), told
    assert found.pictures.keys() >= {"waybill.png"}
