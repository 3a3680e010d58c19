"""`station privacy`: what is known of one buyer, given out and destroyed from the command line."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from station.cli.command import FOUND, OK, USAGE
from station.config import load
from station.db.keys import Keyring
from station.db.models import Parcel, ShopOrder, Signature
from station.db.session import Database
from station.services import erasure, signing
from station.services.history import record

NOW = datetime.now(UTC)


@pytest.fixture
def place(station, tmp_path: Path) -> tuple[str, Path]:
    station("init", tmp_path)
    path = tmp_path / "station.toml"
    station("db", "upgrade", "-c", path)
    config = load(path)
    database = Database(config.database_url, keys=Keyring(config.key_file))
    old = NOW - erasure.RETENTION - timedelta(days=1)

    def rows(session) -> None:
        for number, (phone, state) in enumerate(
                [("13912345678", "handed_over"), ("13800000001", "printed")], 1):
            person = {"name": "张测试甲", "phone": phone, "street": "暗号路8号"}
            parcel = Parcel(
                state=state, carrier="STO", merge_key="m", province="浙江省", city="台州市",
                district="", paid_at=old, deadline=old, created_at=old,
                handed_over_at=old if number == 1 else None, **person)
            parcel.orders.append(ShopOrder(
                platform="taobao", order_no=f"C{number}", buyer="tb", received_at=old, **person))
            session.add(parcel)
            session.flush()
            record(session, f"parcel:{parcel.id}", "paid", {"order_no": f"C{number}"}, now=old)
            if state == "handed_over":
                seal(session, parcel, now=old)

    database.write(rows)
    database.close()
    return "-c", path


def seal(session, parcel: Parcel, *, now: datetime) -> None:
    """As the packer's signature left it."""
    parcel.packer, parcel.signed_at, parcel.weight_g = "阿明", now, 342
    parcel.content_hash = signing.content_hash(session, parcel)
    session.add(Signature(parcel_id=parcel.id, role="packer", who="阿明", how="badge", strokes=[],
                          signed_hash=parcel.content_hash, at=now))
    record(session, f"parcel:{parcel.id}", "signed", {"content": parcel.content_hash}, now=now)


def names(place: tuple[str, Path]) -> list[str]:
    config = load(place[1])
    database = Database(config.database_url, keys=Keyring(config.key_file))
    found = database.read(lambda s: [row.name for row in s.query(Parcel).order_by(Parcel.id)])
    database.close()
    return found


ERASE = ("privacy", "erase", "--order", "C1", "--who", "王经理", "--reason", "本人要求")


@pytest.mark.fault("F27", "F14")
def test_who_was_erased_does_not_come_back_with_an_older_copy(station, place) -> None:
    assert station("backup", *place)[0] == OK
    copy = next((place[1].parent / "var" / "backups").glob("*.db"))
    assert station(*ERASE, *place)[0] == OK
    assert names(place) == ["", "张测试甲"]
    code, said = station("restore", copy.name, *place)
    assert (code, "已重新销毁" in said) == (OK, True), said
    assert names(place) == ["", "张测试甲"]
    assert station("verify", *place)[0] == OK
    newer = station("backup", *place)[1]
    code, said = station("restore", Path(newer.split(": ")[1].split("\n")[0]).name, *place)
    assert (code, "重新销毁" in said) == (OK, False), said


@pytest.mark.fault("F27")
def test_a_copy_of_another_shop_loses_nobody_by_our_records(station, place, tmp_path: Path) -> None:
    station("backup", *place)
    copy = next((tmp_path / "var" / "backups").glob("*.db"))
    station(*ERASE, *place)
    with closing(sqlite3.connect(copy)) as other:
        other.execute("UPDATE shop_order SET order_no = 'X' || order_no")
        other.commit()
    assert station("restore", copy.name, *place)[0] == OK
    assert names(place) == ["张测试甲", "张测试甲"]


def test_records_of_erasures_that_cannot_be_read_are_told(station, place, tmp_path: Path) -> None:
    station("backup", *place)
    copy = next((tmp_path / "var" / "backups").glob("*.db"))
    database = Path(str(make_url(load(place[1]).database_url).database))
    database.write_bytes(b"\xff" * 50_000)
    code, said = station("restore", copy.name, *place)
    assert (code, "must be erased again" in said) == (OK, True), said


def test_a_person_is_exported_into_a_new_file_for_one_reader(station, place, tmp_path: Path):
    file = tmp_path / "his.json"
    code, said = station("privacy", "export", "--phone", "13912345678", file, *place)
    assert (code, "1 个包裹" in said) == (OK, True)
    (parcel,) = json.loads(file.read_text("utf-8"))["parcels"]
    assert (parcel["name"], parcel["orders"][0]["order_no"]) == ("张测试甲", "C1")
    assert file.stat().st_mode & 0o077 == 0
    code, said = station("privacy", "export", "--phone", "13912345678", file, *place)
    assert (code, "已存在" in said) == (FOUND, True)


def test_a_person_is_erased_with_a_record_and_found_no_more(station, place, tmp_path: Path):
    who = ("--who", "王经理", "--reason", "本人要求")
    code, said = station("privacy", "erase", "--order", "C1", *who, *place)
    assert (code, "销毁记录" in said, "parcels 1" in said) == (OK, True, True)
    code, said = station("privacy", "erase", "--phone", "13912345678", *who, *place)
    assert (code, "没有找到" in said) == (FOUND, True)
    assert station("verify", *place)[0] == OK


def test_what_is_under_way_is_refused_in_words(station, place):
    code, said = station(
        "privacy", "erase", "--order", "C2", "--who", "王", "--reason", "x", *place)
    assert (code, "还没有交给快递" in said) == (FOUND, True)


def test_nobody_named_is_a_misuse(station, place, tmp_path: Path):
    assert station("privacy", "export", tmp_path / "x.json", *place)[0] == USAGE
    assert not (tmp_path / "x.json").exists()


@pytest.mark.rule("D5")
@pytest.mark.fault("F33")
def test_a_parcel_changed_after_its_signature_is_named_though_its_buyer_is_forgotten(
    station, place
) -> None:
    assert station(*ERASE, *place)[0] == OK
    with closing(sqlite3.connect(make_url(load(place[1]).database_url).database)) as kept, kept:
        kept.execute("UPDATE parcel SET weight_g = 343 WHERE weight_g = 342")
    code, said = station("verify", *place)
    assert (code, "parcel:1" in said, "与打包员签名时不同" in said) == (FOUND, True, True), said
