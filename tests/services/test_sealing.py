"""Personal data lies sealed in the database, is found again by digests, and can be sealed anew."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from station.db import schema
from station.db.keys import Keyring, KeyTrouble
from station.db.models import Base, Courier, Outbox, Parcel, Review, ShopOrder
from station.db.models.findable import phone4_digest, phone_digest, phone_digits
from station.db.sealed import SEALED
from station.db.session import Database
from station.domain.orders import Consignee, NeedsReview
from station.services import imports, sealing

CANARY = Consignee(
    "张测试甲", "13912345678", "浙江省", "台州市", "温岭市", "城东街道暗号路77弄8号", "317500",
    "暗号服饰公司",
)
SECRETS = ("张测试甲", "13912345678", "5678", "暗号", "tb_secret_buyer", "放门卫老李处")


def everything(shop: Any) -> str:
    """Every value of every table as the database keeps it."""
    def look(session: Any) -> str:
        rows = [str(tuple(row)) for table in Base.metadata.tables
                for row in session.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 - our own names
        return "\n".join(rows)

    return shop.read(look)


def pay_canary(shop: Any, order_no: str = "C1", **facts: Any) -> Any:
    return shop.pay(order_no, "JN8801-黑色-32", consignee=CANARY, buyer="tb_secret_buyer",
                    buyer_message="放门卫老李处", **facts)


@pytest.mark.fault("F27")
def test_nothing_personal_stands_in_clear_in_any_table(open_shop: Any):
    taken = pay_canary(open_shop)
    open_shop.print_next()
    open_shop.db.write(lambda session: session.add(
        Courier(carrier="STO", name="小王", phone="13912345678")))
    row = NeedsReview("odd_row", "file.csv", "row 2", {"row": "张测试甲 13912345678"})
    open_shop.write(imports.note_review, [row])
    kept = everything(open_shop)
    assert not [secret for secret in SECRETS if secret in kept and secret != "5678"]
    parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.name, parcel.phone, parcel.street) == (
        CANARY.name, CANARY.phone, CANARY.street)
    assert "老李" in parcel.note
    assert open_shop.read(lambda s: s.scalar(select(Review.facts))) == dict(row.facts)
    assert open_shop.read(lambda s: s.scalar(select(Courier.phone))) == "13912345678"


@pytest.mark.fault("F27")
def test_the_bytes_of_the_sqlite_files_hold_nothing_personal(sqlite_shop: Any, tmp_path: Path):
    pay_canary(sqlite_shop)
    sqlite_shop.db.close()
    files = [path for path in tmp_path.iterdir() if path.suffix != ".key"]
    assert files
    for path in files:
        kept = path.read_bytes()
        for secret in SECRETS:
            assert secret == "5678" or secret.encode() not in kept, path.name


def test_what_must_be_asked_of_the_database_stays_clear(open_shop: Any):
    pay_canary(open_shop)
    row = open_shop.read(lambda s: s.execute(
        text("SELECT province, city, district, postcode FROM parcel")).one())
    assert tuple(row) == ("浙江省", "台州市", "温岭市", "317500")


def test_a_parcel_is_found_by_phone_last_four_and_name_through_digests(open_shop: Any):
    taken = pay_canary(open_shop)
    keys = open_shop.db.keys

    def ids(column: Any, digest: str) -> list[int]:
        return open_shop.read(lambda s: list(s.scalars(select(Parcel.id).where(column == digest))))

    for phone in ("13912345678", "+86 139-1234-5678", "8613912345678", "１３９１２３４５６７８"):
        assert ids(Parcel.phone_digest, phone_digest(keys, phone)) == [taken.parcel_id]
        assert ids(Parcel.phone4_digest, phone4_digest(keys, phone)) == [taken.parcel_id]
    assert ids(Parcel.phone4_digest, phone4_digest(keys, "5678")) == [taken.parcel_id]
    assert ids(Parcel.phone_digest, phone_digest(keys, "13912345679")) == []


@pytest.mark.parametrize(("written", "digits"), [
    ("0576-86100000转123", "057686100000"), ("139 1234 5678", "13912345678"),
    ("+86-0576-8610000", "05768610000"), ("13912345678#4567", "13912345678"), ("", ""), ("无", ""),
])
def test_a_phone_is_the_same_however_it_is_written(written: str, digits: str):
    assert phone_digits(written) == digits


def test_digests_follow_when_the_address_is_changed(open_shop: Any):
    taken = pay_canary(open_shop)

    def move(session: Any, *, now: Any) -> None:
        session.get(Parcel, taken.parcel_id).phone = "13800000001"

    before = open_shop.parcel(taken.parcel_id).phone_digest
    open_shop.write(move)
    after = open_shop.parcel(taken.parcel_id)
    assert after.phone_digest == phone_digest(open_shop.db.keys, "13800000001") != before
    assert after.name_digest


def test_merging_works_through_keyed_digests(open_shop: Any):
    first, second = pay_canary(open_shop), pay_canary(open_shop, "C2")
    assert first.parcel_id == second.parcel_id
    other = open_shop.pay("C3", "TS1103-白色-M", consignee=replace(CANARY, phone="13912345679"))
    assert other.parcel_id != first.parcel_id


def test_sealing_anew_turns_every_value_to_the_new_key_and_loses_none(open_shop: Any):
    taken = pay_canary(open_shop)
    open_shop.print_next()
    keys = open_shop.db.keys
    old = keys.active
    assert open_shop.read(sealing.standing).by_key.keys() == {old}
    count = sealing.seal_anew(open_shop.db, keys, forget=True)
    found = open_shop.read(sealing.standing)
    assert (set(found.by_key), found.clear) == ({keys.active}, 0)
    assert old not in keys.ids
    assert count >= sum(found.by_key.values())
    parcel = open_shop.parcel(taken.parcel_id)
    assert (parcel.name, parcel.phone, parcel.note) == (
        CANARY.name, CANARY.phone, "放门卫老李处")
    assert pay_canary(open_shop, "C2").parcel_id == taken.parcel_id


def test_clear_values_are_counted_and_sealed_when_sealed_anew(open_shop: Any):
    taken = pay_canary(open_shop)
    open_shop.db.write(lambda session: session.execute(
        text("UPDATE parcel SET street = '明文路1号'")))
    assert open_shop.read(sealing.standing).clear == 1
    assert open_shop.parcel(taken.parcel_id).street == "明文路1号"
    sealing.seal_anew(open_shop.db, open_shop.db.keys, forget=False)
    assert open_shop.read(sealing.standing).clear == 0
    assert open_shop.parcel(taken.parcel_id).street == "明文路1号"


def test_a_lost_key_file_and_one_of_another_database_are_told_in_words(
    open_shop: Any, tmp_path: Path
):
    pay_canary(open_shop)
    open_shop.read(sealing.check_keys, open_shop.db.keys)
    other = Keyring(tmp_path / "other.key")
    with pytest.raises(KeyTrouble, match=r"不见了.*is gone"):
        open_shop.read(sealing.check_keys, other)
    assert not other.path.exists()
    other.make()
    with pytest.raises(KeyTrouble, match="does not belong to this database"):
        open_shop.read(sealing.check_keys, other)


def test_an_empty_database_needs_no_old_key(shop: Any, tmp_path: Path):
    shop.read(sealing.check_keys, Keyring(tmp_path / "other.key"))


@pytest.mark.postgres
def test_a_server_without_a_key_file_is_told_and_nothing_is_written_in_clear(postgres_url: str):
    database = Database(postgres_url)
    with pytest.raises(Exception, match="no key file was named"):
        database.write(lambda session: session.add(
            Courier(carrier="STO", name="小王", phone="13912345678")))
    assert database.read(lambda s: s.scalars(select(Courier.id)).all()) == []
    database.close()


# --- From a database of before -------------------------------------------------------------------

OLD = {
    "phone": "13912345678", "name": "张测试甲", "street": "暗号路8号", "company": "",
    "buyer": "tb_x", "note": "放门卫老李处",
}


def old_database(url: str) -> None:
    schema.upgrade(url, "0002")
    with schema.transaction(url) as connection:
        def insert(table: str, **values: Any) -> None:
            columns = Base.metadata.tables[table].columns
            late = {"name_digest", "phone_digest", "phone4_digest", "buyer_digest"}
            row = {column.name: _any_value(column) for column in columns
                   if column.name not in late and not column.nullable} | values
            names = [name for name in row if name in known(connection, table)]
            marks = ", ".join(f":{name}" for name in names)
            connection.execute(
                text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"), row)  # noqa: S608 - our own names

        parts = ("name", "phone", "street", "company", "note")
        insert("parcel", id=1, **{name: OLD[name] for name in parts},
               province="浙江省", city="台州市", district="温岭市", merge_key="m" * 64)
        insert("shop_order", id=1, parcel_id=1, order_no="C1", seen='["abc"]',
               **{k: OLD[k] for k in ("name", "phone", "street", "company", "buyer")})
        insert("review", id=1, facts='{"row": "张测试甲"}', digest="d" * 64)
        insert("outbox", id=1, payload='{"order_no": "C1"}', key="k")
        insert("courier", id=1, name="小王", phone="13800000002")
        insert("signature", id=1, strokes="[[[1, 2], [3, 4]]]")
        insert("print_job", id=1)
        insert("page_image", id=1, job_id=1, png=b"\x89PNG secret")


def known(connection: Any, table: str) -> set[str]:
    from sqlalchemy import inspect  # noqa: PLC0415 - one use

    return {column["name"] for column in inspect(connection).get_columns(table)}


def _any_value(column: Any) -> Any:
    if isinstance(column.type, SEALED) or column.type.python_type in (str, bytes):
        return "" if "png" not in column.name else b""
    return {int: 0, bool: False, list: "[]", dict: "{}"}.get(
        column.type.python_type, "2026-11-23 02:00:00.000000+00:00"
        if "postgres" in str(column) else "2026-11-23 02:00:00.000000")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    cluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create("template0")
    yield cluster.url(name)
    cluster.drop(name)


def test_an_older_database_is_sealed_on_its_way_up_and_opened_on_its_way_down(
    empty_url: str, tmp_path: Path
):
    old_database(empty_url)
    keys = Keyring(tmp_path / "old.key")
    schema.upgrade(empty_url, "0003", keys=keys)
    with schema.transaction(empty_url) as connection:
        parcel = connection.execute(text("SELECT * FROM parcel")).mappings().one()
        for name in ("name", "phone", "street", "note"):
            assert keys.open(f"parcel.{name}", parcel[name]) == OLD[name] != parcel[name]
        assert parcel["company"] == ""
        assert parcel["phone_digest"] == phone_digest(keys, OLD["phone"])
        assert parcel["merge_key"] == keys.digest("merge", "m" * 64)
        seen = connection.execute(text("SELECT seen FROM shop_order")).scalar_one()
        assert keys.digest("seen", "abc")[:24] in str(seen)
        png = connection.execute(text("SELECT png FROM page_image")).scalar_one()
        assert keys.open_bytes("page_image.png", bytes(png)) == b"\x89PNG secret"
    schema.downgrade(empty_url, "0002", keys=keys)
    with schema.transaction(empty_url) as connection:
        parcel = connection.execute(text("SELECT * FROM parcel")).mappings().one()
        assert {name: parcel[name] for name in ("name", "phone", "street", "note")} == {
            name: OLD[name] for name in ("name", "phone", "street", "note")}
        facts = connection.execute(text("SELECT facts FROM review")).scalar_one()
        assert "张测试甲" in str(facts) or "\\u5f20" in str(facts)
        assert connection.execute(text("SELECT phone FROM courier")).scalar_one() == "13800000002"
        assert len(parcel["merge_key"]) == 64


@pytest.mark.fault("F27")
def test_after_the_upgrade_no_file_of_the_database_remembers_the_clear_rows(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'old.db'}"
    old_database(url)
    assert OLD["name"].encode() in (tmp_path / "old.db").read_bytes()
    schema.upgrade(url)
    for path in tmp_path.iterdir():
        for secret in ("张测试甲", "13912345678", "暗号路", "PNG secret", "老李"):
            assert secret.encode() not in path.read_bytes(), path.name


def test_rows_that_came_up_are_read_by_the_station(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'old.db'}"
    old_database(url)
    schema.upgrade(url)
    database = Database(url)
    order = database.read(lambda s: s.get(ShopOrder, 1))
    assert (order.buyer, order.name) == ("tb_x", "张测试甲")
    assert database.read(lambda s: s.scalar(select(Outbox.payload))) == {"order_no": "C1"}
    database.close()


