"""What was handed over, out of JSON files of several shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from station.bills.shipments import read_shipments, shipment
from station.bills.trouble import StatementError
from station.domain.statements import Shipment

ENTRY = {
    "waybill": "773000000000000", "carrier": "STO", "province": "江苏省", "city": "苏州市",
    "station_g": 720, "handed_at": "2026-11-01 17:30:00",
}  # fmt: skip
SENT = Shipment("773000000000000", "STO", "江苏省", "苏州市", weight_g=720, handed_on="2026-11-01")


@pytest.mark.parametrize("text", [
    json.dumps([ENTRY, ENTRY]), json.dumps([ENTRY, ENTRY], indent=2, ensure_ascii=False),
    json.dumps(ENTRY) + "\n" + json.dumps(ENTRY) + "\n", json.dumps({"shipments": [ENTRY, ENTRY]}),
    "\ufeff" + json.dumps([ENTRY, ENTRY]), "  \n" + json.dumps([ENTRY, ENTRY]) + "\n\n",
])
def test_a_list_is_read_in_every_shape(tmp_path: Path, text: str):
    path = tmp_path / "ours.json"
    path.write_text(text, encoding="utf-8")
    assert list(read_shipments(path)) == [SENT, SENT]


@pytest.mark.parametrize("text", ["[]", "", "\n"])
def test_an_empty_list_has_no_parcels(tmp_path: Path, text: str):
    path = tmp_path / "ours.json"
    path.write_text(text, encoding="utf-8")
    assert list(read_shipments(path)) == []


def test_a_long_list_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("station.bills.shipments._CHUNK", 7)
    path = tmp_path / "ours.json"
    for text in (json.dumps([ENTRY] * 20), "\n".join([json.dumps(ENTRY)] * 20)):
        path.write_text(text, encoding="utf-8")
        assert list(read_shipments(path)) == [SENT] * 20


@pytest.mark.parametrize(("facts", "changed"), [
    ({"waybill": 773000000000000}, {}), ({"waybill": " 773000000000000 "}, {}),
    ({"waybill": "sf1385628700001"}, {"waybill_no": "SF1385628700001"}),
    ({"station_g": "720"}, {}), ({"station_g": 720.0}, {}),
    ({"station_g": None}, {"weight_g": None}),
    ({"station_g": 0}, {"weight_g": None}), ({"handed_at": "2026-11-01"}, {}),
    ({"handed_at": "2026-10-31T17:30:00Z"}, {}), ({"handed_at": "2026-11-01T00:10:00+08:00"}, {}),
    ({"handed_at": ""}, {"handed_on": ""}), ({"handed_at": None}, {"handed_on": ""}),
    ({"district": "吴中区"}, {"district": "吴中区"}), ({"courier_g": 800}, {"courier_g": 800}),
    ({"courier_fen": 500, "accepted": True}, {"courier_fen": 500, "accepted": True}),
    ({"size_mm": [400, 300, 200]}, {"size_mm": (400, 300, 200)}),
    ({"trouble": "lost"}, {"trouble": "lost"}),
    ({"status": "lost"}, {"trouble": "lost"}), ({"status": "signed"}, {}),
    ({"billed_in": "2026-10"}, {"billed_in": "2026-10"}), ({"trouble": None, "colour": "red"}, {}),
    ({"weighed_at": "x", "packer": "阿明", "handover": "H-1", "courier": "王"},
     {"weighed_at": "x", "packer": "阿明", "handover_no": "H-1", "courier": "王"}),
])
def test_each_fact_of_a_parcel_is_taken(facts: dict[str, Any], changed: dict[str, Any]):
    assert shipment({**ENTRY, **facts}) == SENT._replace(**changed)


@pytest.mark.parametrize(("facts", "key"), [
    ({"waybill": "7.73E+14"}, "waybill"), ({"waybill": ""}, "waybill"),
    ({"station_g": -1}, "station_g"),
    ({"station_g": 1.5}, "station_g"), ({"station_g": True}, "station_g"),
    ({"handed_at": "gestern"}, "handed_at"), ({"trouble": "stolen"}, "trouble"),
    ({"size_mm": [1, 2]}, "size_mm"), ({"size_mm": [1, 2, 0]}, "size_mm"),
    ({"courier_g": 10**12}, "courier_g"),
])
def test_a_wrong_entry_is_named_by_its_number_and_key(
    tmp_path: Path, facts: dict[str, Any], key: str
):
    path = tmp_path / "ours.json"
    path.write_text(json.dumps([ENTRY, {**ENTRY, **facts}]), encoding="utf-8")
    with pytest.raises(StatementError) as wrong:
        list(read_shipments(path))
    assert (wrong.value.code, wrong.value.facts["row"]) == ("bad_shipments", 2)
    assert key in str(wrong.value)


@pytest.mark.parametrize("missing", ["waybill", "carrier"])
def test_a_missing_key_is_named(tmp_path: Path, missing: str):
    path = tmp_path / "ours.json"
    entry = {key: value for key, value in ENTRY.items() if key != missing}
    path.write_text(json.dumps([entry]), encoding="utf-8")
    with pytest.raises(StatementError, match=missing):
        list(read_shipments(path))


@pytest.mark.parametrize("text", ["[1]", "[null]", '["x"]', "nonsense", "[{", '{"a": 1', "[{}}"])
def test_what_is_no_list_of_parcels_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "ours.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StatementError) as wrong:
        list(read_shipments(path))
    assert wrong.value.code == "bad_shipments"


def test_a_list_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(StatementError, match=r"ours\.json"):
        list(read_shipments(tmp_path / "ours.json"))


def test_what_a_wrong_entry_says_of_people_is_not_repeated(tmp_path: Path):
    path = tmp_path / "ours.json"
    path.write_text(json.dumps([{**ENTRY, "station_g": "张测试 13912345678"}]), encoding="utf-8")
    with pytest.raises(StatementError) as wrong:
        list(read_shipments(path))
    assert "张测试" not in str(wrong.value)
