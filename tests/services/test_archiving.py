"""Day 15: a day's stubs are sealed, signed for, proven anywhere, and open to those who may look."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, update

from station.archive_jobs import ArchiveLoop, archive_due
from station.archives import container
from station.archives.container import ArchiveError
from station.db.models import Archive, ArchivedStub, Case, Destruction, History, Parcel, Stub
from station.domain.cases import CaseKind
from station.domain.refusals import Code, Refusal
from station.services import archiving, cases, handover, history
from station.services.archive_proof import prove_archive, stubs_of

if TYPE_CHECKING:
    from conftest import Shop

JEANS, SHIRT = "JN8801-黑色-32", "TS1103-白色-M"
STROKES = [[[100, 100], [500, 400]], [[200, 500], [700, 500]]]


def hand_over(shop: Shop, *parcels: Parcel) -> None:
    def whole(session: Any, *, now: Any) -> None:
        pile = handover.open_session(session, parcels[0].carrier, who="老周", now=now).id
        for parcel in parcels:
            handover.scan(session, pile, parcel.waybill_no, who="老周", now=now)
            handover.enter_figures(session, pile, parcel.id, weight_g=parcel.weight_g,
                                   price_fen=500, rules=shop.rules, who="老周", now=now)
            handover.accept(session, pile, parcel.id, manager="陈姐", reason="价", now=now)
        closed = handover.close(session, pile, courier="小吴", strokes=STROKES, who="老周",
                                rules=shop.rules, now=now)
        assert not isinstance(closed, Refusal), closed

    shop.write(whole)


@pytest.fixture
def gone(open_shop: Shop) -> list[Parcel]:
    """Two parcels that left on one day, two weeks and a day ago."""
    parcels = [open_shop.seal("1001", JEANS), open_shop.seal("1002", SHIRT, buyer="tb_b")]
    hand_over(open_shop, *parcels)
    open_shop.later(days=15)
    return parcels


def archive(shop: Shop, folder: Path) -> list[int]:
    return archive_due(shop.db, folder, shop="甲店", after_days=15, now=shop.now)


def row(shop: Shop, archive_id: int) -> Archive:
    return shop.read(lambda session: session.get_one(Archive, archive_id))


def file_of(shop: Shop, folder: Path, archive_id: int) -> Path:
    return folder / row(shop, archive_id).file


@pytest.mark.rule("D7")
def test_the_stubs_of_a_day_are_sealed_on_the_fifteenth_day_and_not_before(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    open_shop.now -= timedelta(days=1)
    assert archive(open_shop, tmp_path) == []
    open_shop.later(days=1)
    (made,) = archive(open_shop, tmp_path)
    proof = prove_archive(file_of(open_shop, tmp_path, made))
    assert (proof.carrier, proof.day, proof.part) == ("STO", "2026-11-23", 1)
    assert proof.waybills == tuple(parcel.waybill_no for parcel in gone)
    assert proof.sha256 == row(open_shop, made).sha256
    assert len(proof.fingerprint.replace(" ", "")) == 16
    assert archive(open_shop, tmp_path) == []


@pytest.mark.rule("D7")
def test_what_is_personal_cannot_be_read_without_its_key(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    (made,) = archive(open_shop, tmp_path)
    path = file_of(open_shop, tmp_path, made)
    with zipfile.ZipFile(path) as packed:
        clear = b"".join(packed.read(name) for name in packed.namelist())
    for personal in ("林小满", "13900000101", "试验路", "tb_lin", "tb_b"):
        assert personal.encode() not in clear + path.read_bytes()
    number = gone[0].waybill_no or ""
    key = open_shop.write(archiving.take_out, row(open_shop, made).sha256, number, who="王经理")
    opened = dict(stubs_of(path, number))
    sealed = next(name for name in opened if "consignee" in name)
    told = json.loads(container.unseal(key, sealed, opened[sealed]))
    assert (told["name"], told["phone"], told["buyers"]) == ("林小满", "13900000101", ["tb_lin"])
    label = next(name for name in opened if "waybill-" in name)
    assert container.unseal(key, label, opened[label]) == b"png"


def test_whoever_takes_a_stub_out_is_on_record(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    (made,) = archive(open_shop, tmp_path)
    digest, number = row(open_shop, made).sha256, gone[0].waybill_no or ""
    assert open_shop.write(archiving.take_out, digest, number, who="王经理") is not None
    assert open_shop.write(archiving.take_out, digest, "770000000", who="王经理") is None
    assert open_shop.write(archiving.take_out, "0" * 64, number, who="王经理") is None
    kept = open_shop.read(lambda s: s.execute(
        select(History.kind, History.who).where(History.chain == f"archive:{made}")
        .order_by(History.seq)).all())
    assert kept == [("archived", "station"), ("taken_out", "王经理")]


@pytest.mark.rule("D7")
def test_an_open_case_stays_out_and_follows_in_a_second_part(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    case = open_shop.write(cases.begin, gone[1].id, CaseKind.LOST, open_shop.rules, who="客服")
    (first,) = archive(open_shop, tmp_path)
    path = file_of(open_shop, tmp_path, first)
    index = json.loads(container.read(path, ["index.json"])["index.json"])
    assert index["left_out_for_open_cases"] == [gone[1].waybill_no]
    assert [stub["waybill_no"] for stub in index["stubs"]] == [gone[0].waybill_no]
    assert archive(open_shop, tmp_path) == []
    assert open_shop.read(archiving.waiting_days, after_days=15, now=open_shop.now) != []

    def close(session: Any, *, now: Any) -> None:
        session.execute(update(Case).where(Case.id == case.id).values(closed_at=now))

    open_shop.write(close)
    (second,) = archive(open_shop, tmp_path)
    assert row(open_shop, second).part == 2
    proof = prove_archive(file_of(open_shop, tmp_path, second))
    assert proof.waybills == (gone[1].waybill_no,)


def test_each_carrier_and_each_day_has_its_own_file(open_shop: Shop, tmp_path: Path):
    first = open_shop.seal("1001", JEANS)
    hand_over(open_shop, first)
    open_shop.later(days=1)
    hand_over(open_shop, open_shop.seal("1002", SHIRT))
    open_shop.later(days=15)
    made = archive(open_shop, tmp_path)
    assert [row(open_shop, one).file for one in made] == [
        "2026-11/STO-2026-11-23-1.zip", "2026-11/STO-2026-11-24-1.zip"]


@pytest.mark.rule("D7")
def test_the_manager_signs_for_exactly_the_file_that_was_shown(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    (made,) = archive(open_shop, tmp_path)
    assert "archive_waiting" in open_shop.alarms()
    digest = row(open_shop, made).sha256
    other = open_shop.write(archiving.receive, made, "0" * 64, who="王经理")
    assert other.code is Code.ARCHIVE_OTHER_FILE
    assert open_shop.write(
        archiving.receive, made, digest, who="王经理", how="drawn", strokes=STROKES) is None
    signed = row(open_shop, made)
    assert (signed.received_by, signed.received_at) == ("王经理", open_shop.now)
    assert "archive_waiting" not in open_shop.alarms()
    again = open_shop.write(archiving.receive, made, digest, who="别人")
    assert again.code is Code.ARCHIVE_NOT_WAITING
    assert open_shop.write(archiving.receive, 999, digest, who="x").code is Code.ARCHIVE_NOT_WAITING


@pytest.mark.fault("F31")
def test_a_crash_between_file_and_record_leaves_nothing_half_done(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def crash(*_args: Any, **_facts: Any) -> None:
        raise RuntimeError("pulled the plug")

    with monkeypatch.context() as broken:
        broken.setattr(archiving, "enter", crash)
        with pytest.raises(RuntimeError):
            archive(open_shop, tmp_path)
    assert open_shop.read(lambda s: s.scalar(select(func.count()).select_from(Archive))) == 0
    (made,) = archive(open_shop, tmp_path)
    assert len(list(tmp_path.rglob("*.zip"))) == 1
    prove_archive(file_of(open_shop, tmp_path, made))


def test_two_stations_that_archive_at_once_make_one(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    (due,) = open_shop.read(archiving.due, after_days=15, now=open_shop.now)
    keys = archiving.new_keys(due)
    written = container.Written("0" * 64, 1)
    assert open_shop.write(archiving.enter, due, keys, written) is not None
    assert open_shop.write(archiving.enter, due, keys, written) is None
    assert open_shop.read(
        lambda s: s.scalar(select(func.count()).select_from(ArchivedStub))) == len(gone)


@pytest.mark.fault("F33")
def test_a_history_that_was_changed_inside_a_well_made_archive_is_named(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    (made,) = archive(open_shop, tmp_path)
    path = file_of(open_shop, tmp_path, made)
    proven = container.prove(path)
    members = container.read(path, proven.names)
    record = next(name for name in members if name.endswith("record.json"))
    told = json.loads(members[record])
    told["history"][1]["who"] = "别人"
    members[record] = container.as_json(told)
    index = json.loads(members["index.json"])
    for entry in index["stubs"][0]["files"]:
        if entry["name"] == record:
            entry["sha256"] = sha256(members[record]).hexdigest()
    members["index.json"] = container.as_json(index)
    container.write(tmp_path / "forged.zip", members.items(), Ed25519PrivateKey.generate())
    with pytest.raises(ArchiveError) as refused:
        prove_archive(tmp_path / "forged.zip")
    assert (refused.value.code, refused.value.what) == ("history", f"{gone[0].waybill_no} 2")


@pytest.mark.parametrize(
    "index", [b"{}", b"nonsense", b'{"format": "other", "stubs": []}', b"[]"]
)
def test_a_signed_file_that_is_no_archive_of_stubs_is_refused(tmp_path: Path, index: bytes):
    path = tmp_path / "x.zip"
    container.write(path, [("index.json", index)], Ed25519PrivateKey.generate())
    with pytest.raises(ArchiveError, match="index"):
        prove_archive(path)
    container.write(path, [("a.txt", b"")], Ed25519PrivateKey.generate())
    with pytest.raises(ArchiveError, match="index"):
        prove_archive(path)


def test_the_loop_seals_what_is_due_and_then_rests(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    loop = ArchiveLoop(open_shop.db, tmp_path, shop="甲店", after_days=15,
                       now=lambda: open_shop.now)
    assert loop.step() is False
    (shown,) = open_shop.read(archiving.listed)
    assert (shown.parcels, shown.shredded, shown.received_by) == (2, 0, "")
    assert open_shop.read(archiving.listed, carrier="SF") == ()
    assert open_shop.read(archiving.listed, month="2026-11") == (shown,)
    assert open_shop.read(archiving.listed, month="2026-1%") == ()


def test_a_stub_is_filed_with_what_it_is_found_by(open_shop: Shop, gone: list[Parcel]):
    stub = open_shop.read(lambda s: s.scalars(select(Stub).order_by(Stub.parcel_id)).first())
    assert (stub.packer, stub.courier) == ("阿明", "小吴")
    assert stub.backwards == (gone[0].waybill_no or "")[::-1]


def test_after_three_years_what_is_personal_fades_and_the_archive_is_still_proven(
    open_shop: Shop, gone: list[Parcel], tmp_path: Path
):
    (made,) = archive(open_shop, tmp_path)
    number = gone[0].waybill_no or ""
    loop = ArchiveLoop(open_shop.db, tmp_path, shop="甲店", after_days=15,
                       now=lambda: open_shop.now)
    open_shop.later(days=3 * 365 - 20)
    loop.step()
    assert open_shop.parcel(gone[0].id).name == "林小满"
    case = open_shop.write(cases.begin, gone[1].id, CaseKind.LOST, open_shop.rules, who="客服")
    assert not isinstance(case, Refusal)
    open_shop.later(days=10)
    assert loop.step() is False
    assert open_shop.parcel(gone[0].id).name == ""
    assert open_shop.parcel(gone[1].id).name == "林小满"  # a claim is still open
    (shown,) = open_shop.read(archiving.listed)
    assert shown.shredded == 1
    proof = prove_archive(file_of(open_shop, tmp_path, made))
    assert number in proof.waybills
    assert open_shop.write(archiving.take_out, proof.sha256, number, who="王经理") is None
    record = open_shop.read(lambda s: s.scalars(select(Destruction)).one())
    assert (record.who, record.reason, record.counts["archived"]) == ("station", "retention", 1)
    assert open_shop.read(lambda s: list(history.verify(s))) == []
