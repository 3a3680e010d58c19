"""The history can be verified: any changed, removed, inserted or cut row is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update

from station.db.models import Case, Chain, History, Parcel
from station.services import history
from tests.services.conftest import HOME

if TYPE_CHECKING:
    from station.db.session import Database

NOW = datetime(2026, 11, 23, 2, 0, 0, 123456, tzinfo=UTC)


def write(database: Database, chain: str, rows: int) -> None:
    for number in range(rows):
        database.write(
            lambda s, n=number: history.record(
                s, chain, "scan", {"code": f"690{n}", "verdict": "item.right"},
                now=NOW, who="阿明", bench="1",
            )
        )


def breaks(database: Database, chain: str | None = None) -> list[tuple[str, int, str]]:
    found = database.read(lambda s: list(history.verify(s, chain)))
    return [(one.chain, one.seq, one.problem) for one in found]


def test_what_was_recorded_verifies(database: Database) -> None:
    write(database, "parcel:1", 5)
    write(database, "parcel:2", 3)
    assert breaks(database) == []
    assert breaks(database, "parcel:2") == []


@pytest.mark.fault("F33")
@pytest.mark.parametrize(
    "change",
    [{"data": '{"code":"6909"}'}, {"who": "别人"}, {"kind": "undo"}, {"bench": "2"},
     {"at": datetime(2026, 11, 24, tzinfo=UTC)}, {"hash": "0" * 64}, {"previous": "0" * 64}],
)
@pytest.mark.parametrize("seq", [2, 5])
def test_any_changed_field_of_any_row_is_named(
    database: Database, seq: int, change: dict[str, Any]
) -> None:
    write(database, "parcel:1", 5)
    write(database, "parcel:2", 2)
    row = (History.chain == "parcel:1", History.seq == seq)
    database.write(lambda s: s.execute(update(History).where(*row).values(**change)))
    assert breaks(database) == [("parcel:1", seq, "changed")]


@pytest.mark.fault("F33")
@pytest.mark.parametrize(("seq", "named"), [(1, (1, "missing")), (3, (3, "missing")),
                                             (5, (5, "cut"))])
def test_a_removed_row_is_named_and_so_is_a_cut_tail(
    database: Database, seq: int, named: tuple[int, str]
) -> None:
    write(database, "parcel:1", 5)
    row = (History.chain == "parcel:1", History.seq == seq)
    database.write(lambda s: s.execute(delete(History).where(*row)))
    assert breaks(database) == [("parcel:1", *named)]


@pytest.mark.fault("F33")
def test_a_whole_chain_that_vanished_or_came_from_nowhere_is_named(database: Database) -> None:
    write(database, "parcel:1", 2)
    write(database, "parcel:2", 2)
    database.write(lambda s: s.execute(delete(History).where(History.chain == "parcel:1")))
    database.write(lambda s: s.execute(delete(Chain).where(Chain.name == "parcel:2")))
    assert breaks(database) == [("parcel:2", 1, "unknown_chain"), ("parcel:1", 1, "missing")]


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_chain_whose_recorded_length_was_changed_is_named(
    database: Database, length: int
) -> None:
    write(database, "parcel:1", 2)
    database.write(lambda s: s.execute(update(Chain).values(length=length)))
    assert breaks(database) == [("parcel:1", 3, "cut")]


def test_a_row_put_at_the_end_by_another_hand_is_named(database: Database) -> None:
    write(database, "parcel:1", 2)
    head = database.read(lambda s: s.scalars(select(Chain.head)).one())
    forged = {"chain": "parcel:1", "seq": 3, "kind": "scan", "at": NOW, "who": "", "bench": "",
              "data": "{}", "previous": head, "hash": "f" * 64}
    database.write(lambda s: s.execute(insert(History).values(**forged)))
    assert breaks(database) == [("parcel:1", 3, "changed")]


def test_the_same_place_of_a_chain_cannot_be_taken_twice(database: Database) -> None:
    write(database, "parcel:1", 1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        database.write(lambda s: s.execute(text(
            "INSERT INTO history (chain, seq, kind, at, who, bench, data, previous, hash)"
            " SELECT chain, seq, kind, at, who, bench, data, previous, hash FROM history")))


facts = st.dictionaries(
    st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=20), st.booleans(), st.none())
)


@given(facts, st.text(max_size=10), st.text(max_size=10))
def test_no_two_different_rows_share_a_hash_by_sliding_text_between_fields(
    data: dict[str, Any], who: str, bench: str
) -> None:
    text_of = history.canonical(data)
    one = history.row_hash("0" * 64, "parcel:1", 1, "scan", NOW, who, bench, text_of)
    slid = history.row_hash("0" * 64, "parcel:1", 1, "scan", NOW, who + bench, "", text_of)
    assert (one == slid) == (bench == "")
    assert history.canonical(dict(reversed(list(data.items())))) == text_of


@pytest.mark.fault("F27")
def test_a_phone_that_was_scanned_is_starred_and_the_chain_still_verifies(
    database: Database,
) -> None:
    data = {"code": "tel:13912345678", "waybill_no": "13912345678", "why": "item.unknown",
            "sha256": "a13912345678b", "count": 3}
    database.write(lambda session: history.record(
        session, "bench:1", "scan_refused", data, now=NOW))
    kept = database.read(lambda session: session.scalars(select(History)).one().data)
    assert json.loads(kept) == {"code": "tel:***", "waybill_no": "***", "why": "item.unknown",
                                "sha256": "a13912345678b", "count": 3}
    assert breaks(database) == []


def kept_words(shop: Any, chain: str, **facts: str) -> dict[str, str]:
    """What the history keeps of these facts, newest row."""
    shop.db.write(lambda session: history.record(session, chain, "note", facts, now=NOW))
    row: str = shop.db.read(lambda session: session.scalars(
        select(History.data).order_by(History.id.desc()).limit(1)).one())
    words: dict[str, str] = json.loads(row)
    return words


@pytest.mark.fault("F27")
@pytest.mark.parametrize("where", ["parcel", "case", "waybill"])
def test_a_buyer_in_typed_words_is_starred_wherever_it_is_known_whose_parcel_it_is(
    open_shop: Any, where: str
) -> None:
    names = {number: HOME.name if number == 1 else "欧阳若溪" for number in (1, 2)}
    taken = {number: open_shop.pay(
        f"245000000000000000{number}", "JN8801-黑色-32", buyer=f"tb_{number}",
        consignee=replace(HOME, name=name)) for number, name in names.items()}
    for number, name in names.items():
        other = names[3 - number]
        parcel = open_shop.parcel(taken[number].parcel_id)
        case = open_shop.db.write(lambda s, of=parcel: added(s, Case(
            kind="lost", state="open", parcel_id=of.id, carrier=of.carrier,
            waybill_no=of.waybill_no, deadline=NOW, opened_at=NOW)))
        chain, more = {
            "parcel": (f"parcel:{parcel.id}", {}), "case": (f"case:{case}", {}),
            "waybill": ("handover:1", {"waybill_no": parcel.waybill_no}),
        }[where]
        kept = kept_words(open_shop, chain, note=f"{name}说外包装破了，{other}作证",
                          reason="damaged", **more)
        assert kept == {"note": f"***说外包装破了，{other}作证", "reason": "damaged", **more}
    assert breaks(open_shop.db) == []


@pytest.mark.fault("F27")
@pytest.mark.parametrize("field", ["reason", "note", "how"])
def test_a_strangers_address_in_typed_words_is_starred_and_a_shelf_is_not(
    database: Database, field: str
) -> None:
    said = "邻居李姐代收：温岭市泽国镇下街村3组12号；货放3号货架，5号前发"
    database.write(lambda session: history.record(
        session, "case:1", "note", {field: said}, now=NOW))
    kept = database.read(lambda session: session.scalars(select(History.data)).one())
    assert json.loads(kept) == {field: "邻居李姐代收：***；货放3号货架，5号前发"}
    assert breaks(database) == []


def added(session: Any, row: Any) -> int:
    session.add(row)
    session.flush()
    return int(row.id)


@pytest.mark.parametrize(("chain", "more"), [
    ("bench:1", {}), ("handover:1", {"waybill_no": "773199999999999"}), ("parcel:99", {}),
    ("case:99", {}),
])
def test_words_about_nobody_we_know_stay_as_they_are_but_for_phones(
    open_shop: Any, chain: str, more: dict[str, str]
) -> None:
    open_shop.pay("2450000000000000001", "JN8801-黑色-32")
    assert kept_words(open_shop, chain, reason="林小满在催 13900000101", **more) == {
        "reason": "林小满在催 ***", **more}


def test_a_chain_is_known_by_its_first_row(database: Database) -> None:
    write(database, "parcel:1", 1)
    known = database.read(lambda s: [history.is_chain(s, f"parcel:{n}") for n in (1, 2)])
    assert known == [True, False]


# --- What signed heads say ------------------------------------------------------------------------


def claimed(database: Database, claims: dict[int, str]) -> list[history.Break]:
    return database.read(lambda s: list(history.verify(s, claims={"parcel:1": claims})))


def hashes(database: Database) -> list[str]:
    return database.read(lambda s: list(s.scalars(
        select(History.hash).where(History.chain == "parcel:1").order_by(History.seq))))


def test_the_first_row_follows_sixty_four_zeros_and_each_answer_is_its_rows_hash(
    database: Database
) -> None:
    answered = database.write(lambda s: history.record(s, "parcel:1", "scan", {}, now=NOW))
    assert hashes(database) == [answered]
    first = database.read(lambda s: s.scalars(select(History.previous)).one())
    assert first == "0" * 64


@pytest.mark.fault("F33")
def test_a_head_that_is_right_says_nothing_wherever_it_was_signed(database: Database) -> None:
    write(database, "parcel:1", 5)
    made = hashes(database)
    for seq in range(1, 6):
        assert claimed(database, {seq: made[seq - 1]}) == []
    assert claimed(database, dict(enumerate(made, 1))) == []


@pytest.mark.fault("F33")
def test_a_chain_made_anew_is_named_from_the_last_proven_row_to_the_head(
    database: Database
) -> None:
    write(database, "parcel:1", 5)
    made = hashes(database)
    assert claimed(database, {2: "0" * 64}) == [history.Break("parcel:1", 1, "rewritten", 2)]
    assert claimed(database, {2: made[1], 4: "0" * 64}) == [
        history.Break("parcel:1", 3, "rewritten", 4)]
    assert claimed(database, {2: "0" * 64, 4: "1" * 64, 5: "2" * 64}) == [
        history.Break("parcel:1", 1, "rewritten", 2)], "a chain is named once"


@pytest.mark.fault("F33")
def test_a_head_of_a_row_that_is_not_there_tells_of_a_cut_tail(database: Database) -> None:
    write(database, "parcel:1", 5)
    assert claimed(database, {6: "0" * 64}) == [history.Break("parcel:1", 6, "cut")]
    (cut,) = claimed(database, {6: "0" * 64})
    assert cut.until == 0, "no row of it is said to be rewritten"


def test_a_rows_text_is_plain_sorted_and_without_blanks() -> None:
    assert history.canonical({"b": 1, "a": "甲 "}) == '{"a":"甲 ","b":1}'


@pytest.mark.rule("D6")
@pytest.mark.parametrize("gone", [1, 2])
def test_a_parcel_whose_chain_was_wiped_out_of_both_tables_is_named_before_any_head_was_signed(
    open_shop: Any, gone: int
) -> None:
    for number in ("2450000000000000001", "2450000000000000002"):
        open_shop.pay(number, "JN8801-黑色-32", buyer=f"tb_{number}")
    database = open_shop.db
    names = database.read(lambda s: list(s.scalars(select(Chain.name).order_by(Chain.name))))
    parcels = [name for name in names if name.startswith("parcel:")]
    assert len(parcels) == 2
    for table, column in ((History, History.chain), (Chain, Chain.name)):
        database.write(lambda s, t=table, c=column: s.execute(
            delete(t).where(c.in_(parcels[:gone]))))
    assert breaks(database) == [(name, 1, "missing") for name in parcels[:gone]]
    assert breaks(database, parcels[0]) == [(parcels[0], 1, "missing")]
    other = parcels[0].replace("parcel", "bench")
    assert breaks(database, other) == [], "a bench of the same number has nothing to miss"


def test_the_longest_number_a_parcel_may_have_is_looked_for_too(open_shop: Any) -> None:
    parcel = open_shop.parcel(
        open_shop.pay("2450000000000000001", "JN8801-黑色-32").parcel_id)
    facts = {column.key: getattr(parcel, column.key) for column in Parcel.__table__.columns}
    last = Parcel(**{**facts, "id": 999_999_999, "waybill_no": "773199999999999"})
    open_shop.db.write(lambda session: session.add(last))
    assert breaks(open_shop.db, "parcel:999999999") == [("parcel:999999999", 1, "missing")]


@pytest.mark.parametrize("name", [
    "", "parcel", "parcel:", "parcel:x", "parcel:²", "parcel:-1", "parcel:1:1", "bench:x",
    f"parcel:{'9' * 18}", f"parcel:{'9' * 19}", f"parcel:{'9' * 400}",
])
def test_a_chain_that_cannot_be_is_neither_missing_nor_an_error(
    database: Database, name: str
) -> None:
    assert breaks(database, name) == []
