"""Simulated months: the same seed the same files, and a truth that agrees with itself."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from simulators.__main__ import main
from simulators.sheets import column_name, xlsx
from simulators.statement_files import LAYOUTS, SF_FULL, truth, write, yuan
from simulators.statements import HARMLESS, MISTAKES, make_month, price, shipments

EVERYTHING = dict.fromkeys((*MISTAKES, *HARMLESS), 2)


@pytest.mark.parametrize(("carrier", "province", "grams", "fen"), [
    ("STO", "浙江省", 1, 500), ("STO", "浙江省", 1000, 500), ("STO", "浙江省", 1001, 600),
    ("YTO", "广东省", 1000, 800), ("YTO", "广东省", 2500, 1800), ("SF", "浙江省", 500, 2000),
    ("SF", "浙江省", 501, 2600), ("EMS", "广东省", 1200, 3800), ("EMS", "西藏自治区", 600, 3500),
])
def test_prices_are_those_of_the_example_contract(
    carrier: str, province: str, grams: int, fen: int
):
    assert price(carrier, province, grams) == fen


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_seed_writes_the_same_file(layout: str):
    def written(seed: int) -> bytes:
        month = make_month("STO", "2026-11", 20, seed=seed, mistakes=EVERYTHING)
        return write(month, layout, seed=seed).data

    assert written(1) == written(1)
    assert written(1) != written(2)


def test_the_truth_names_every_line_once_and_adds_up():
    month = make_month("SF", "2026-11", 30, seed=3, mistakes=EVERYTHING)
    lines = [one.line for one in month.truth if one.line is not None]
    assert sorted(lines) == list(range(len(month.billed)))
    assert sum(line.fen for line in month.billed) == sum(
        one.theirs for one in month.truth if one.line is not None)
    owed = sum(one.ours for one in month.truth if one.finding != "total_differs")
    assert sum(one.fen for one in month.truth) == month.stated_fen - owed


def test_every_mistake_is_planted_as_often_as_asked():
    month = make_month("YTO", "2026-11", 5, seed=4, mistakes=EVERYTHING)
    count = Counter(one.finding for one in month.truth)
    for name in MISTAKES:
        assert count[name] == (1 if name == "total_differs" else 2), name


def test_parts_of_one_month_share_no_number():
    first = make_month("STO", "2026-11", 20, seed=1, mistakes=EVERYTHING)
    last = max(int(one.waybill[3:]) for one in first.billed if one.waybill)
    second = make_month("STO", "2026-11", 20, seed=2, mistakes=EVERYTHING, after=last)
    numbers = [{one.waybill for one in part.billed} - {""} for part in (first, second)]
    assert not numbers[0] & numbers[1]


def test_the_shops_list_tells_cases_and_accepted_weights():
    month = make_month("STO", "2026-11", 1, seed=1,
                       mistakes={"accepted": 1, "spared": 1, "missing_from_bill": 1})
    told = list(shipments(month))
    assert Counter(len(one) for one in told) == {6: 2, 7: 1, 8: 1}
    assert next(one for one in told if one.get("accepted"))["courier_g"] > 1000
    assert all(one["carrier"] == "STO" for one in told)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_line_stands_in_the_row_that_the_truth_names(layout: str):
    month = make_month(layout.partition("_")[0], "2026-11", 20, seed=9, mistakes=EVERYTHING)
    written = write(month, layout, seed=9)
    table = list(csv.reader(io.StringIO(written.data.decode("gb18030"), newline="")))
    for one in truth(month, written):
        if one["row"] is not None and one["waybill"]:
            assert any(str(one["waybill"]) in cell for cell in table[one["row"] - 1])


def test_a_clean_file_has_no_dirt():
    month = make_month("STO", "2026-11", 20, seed=9, mistakes={})
    text = write(month, "STO", clean=True, states_total=False).data.decode("gb18030")
    assert len(text.splitlines()) == 23
    assert not any(dirt in text for dirt in ("¥", "元", "kg", '="', "\t", "合计"))


def test_sf_writes_its_48_columns_with_breaks_in_their_names():
    month = make_month("SF", "2026-11", 1, seed=1, mistakes={})
    table = list(csv.reader(io.StringIO(write(month, "SF").data.decode("gb18030"), newline="")))
    assert table[1] == list(SF_FULL)
    assert len(SF_FULL) == 48
    assert sum("\n" in name for name in SF_FULL) == 3


@pytest.mark.parametrize(("fen", "text"),
    [(0, "0.00"), (5, "0.05"), (-650, "-6.50"), (12345, "123.45")])
def test_fen_are_written_as_yuan(fen: int, text: str):
    assert yuan(fen) == text


@pytest.mark.parametrize(("column", "name"),
    [(0, "A"), (25, "Z"), (26, "AA"), (47, "AV"), (702, "AAA")])
def test_columns_are_lettered_as_spreadsheets_do(column: int, name: str):
    assert column_name(column) == name


def test_a_spreadsheet_by_hand_is_well_formed_and_holds_its_cells():
    moment = datetime(2026, 11, 2, 18, 0)  # noqa: DTZ001 - a cell's local time
    data = xlsx([("明<细", [["a & <b>", 1, 2.5, moment, None], [], ["x"]], ("A1:B1",))])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        trees = {
            name: ElementTree.fromstring(archive.read(name))  # noqa: S314 - written just above
            for name in archive.namelist()
        }
    cells = [cell for cell in trees["xl/worksheets/sheet1.xml"].iter() if cell.tag.endswith("}c")]
    assert [cell.get("r") for cell in cells] == ["A1", "B1", "C1", "D1", "A3"]
    assert ["".join(cell.itertext()) for cell in cells] == ["a & <b>", "1", "2.5", "46328.75", "x"]
    (sheet,) = [one for one in trees["xl/workbook.xml"].iter() if one.tag.endswith("}sheet")]
    assert sheet.get("name") == "明<细"


@pytest.mark.parametrize("flags", [(), ("--xlsx",)])
def test_the_command_writes_statement_parcels_and_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
):
    assert main(["statement", str(tmp_path), "--parcels", "5", "--mistakes", "1", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    statement = Path(told["statement"])
    assert statement.suffix == (".xlsx" if flags else ".csv")
    parcels, found = (
        json.loads((tmp_path / f"{statement.stem}-{name}.json").read_text(encoding="utf-8"))
        for name in ("shipments", "truth"))
    assert len(parcels) == told["parcels"]
    assert len([one for one in found if one["row"]]) == told["lines"]
