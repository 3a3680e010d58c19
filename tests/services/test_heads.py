"""Signed heads: a cut tail, a rewritten chain and a lost head are found, by row."""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from station.db.keys import Keyring
from station.db.models import Chain, History, SignedHead
from station.db.session import Database
from station.head_jobs import HeadLoop, append, last_in, read_lines
from station.services import heads, history

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


Row = namedtuple("Row", "chain seq kind at who bench data previous hash")


@pytest.fixture(scope="module")
def thousand() -> list[Row]:
    rows, previous = [], history.GENESIS
    for seq in range(1, 1001):
        facts = ("parcel:1", seq, "scan", NOW, "阿明", "1", f'{{"n":{seq}}}')
        rows.append(Row(*facts, previous, history.row_hash(previous, *facts)))
        previous = rows[-1].hash
    return rows


def write(database: Database, chain: str, rows: int) -> None:
    def work(session: Any) -> None:
        for number in range(rows):
            history.record(session, chain, "scan", {"n": number}, now=NOW, who="阿明", bench="1")

    database.write(work)


def sign(database: Database, occasion: str = "hour", now: datetime = NOW) -> int:
    return database.write(lambda s: len(heads.sign(s, occasion, now=now)))


def lines(database: Database) -> list[str]:
    return database.read(lambda s: [head.line for head in heads.since(s, 0)])


def found(
    database: Database, outside: list[str] | None = None, printed: str = ""
) -> list[tuple[str, int, str]]:
    def look(session: Any) -> list[history.Break]:
        proven = heads.prove(session, lines_ if outside is None else outside, printed=printed)
        return [*proven.breaks, *history.verify(session, None, proven.claims)]

    lines_ = lines(database)
    return [(one.chain, one.seq, one.problem) for one in database.read(look)]


def forge(database: Database, chain: str, length: int, rows: list[dict[str, Any]]) -> None:
    """Do what somebody with all rights on the database, but no key, would do: hash all anew."""
    def work(session: Any) -> None:
        kept = session.execute(
            select(History).where(History.chain == chain).order_by(History.seq)).scalars().all()
        previous = history.GENESIS
        for row in kept[:length]:
            for name, value in rows[row.seq - 1].items():
                setattr(row, name, value)
            row.previous = previous
            row.hash = previous = history.row_hash(
                previous, chain, row.seq, row.kind, row.at, row.who, row.bench, row.data)
        session.flush()
        session.execute(delete(History).where(History.chain == chain, History.seq > length))
        session.execute(update(Chain).where(Chain.name == chain).values(
            length=length, head=previous))

    database.write(work)


def test_what_was_signed_verifies(database: Database):
    write(database, "parcel:1", 5)
    assert sign(database) == 1
    write(database, "parcel:2", 3)
    write(database, "parcel:1", 1)
    assert sign(database, "handover:1") == 1
    assert found(database) == []
    assert [len(heads.read_line(line).chains) for line in lines(database)] == [1, 2]


def test_nothing_new_is_not_signed_again(database: Database):
    write(database, "parcel:1", 1)
    assert (sign(database), sign(database)) == (1, 0)


def test_where_nothing_ever_happened_nothing_is_signed(sqlite_database: Database):
    assert sqlite_database.write(partial(heads.sign_if_due, now=NOW)) is False
    assert sign(sqlite_database) == 0
    assert found(sqlite_database) == []


def test_a_head_is_due_every_hour(database: Database):
    write(database, "parcel:1", 1)
    due = partial(heads.sign_if_due, now=NOW)
    assert (database.write(due), database.write(due)) == (1, 0)
    write(database, "parcel:1", 1)
    assert database.write(partial(heads.sign_if_due, now=NOW + timedelta(minutes=59))) == 0
    assert database.write(partial(heads.sign_if_due, now=NOW + timedelta(minutes=60))) == 1


@pytest.mark.fault("F33")
@pytest.mark.parametrize("length", range(10))
def test_a_cut_tail_is_found_though_the_chains_own_length_was_written_anew(
    database: Database, length: int
):
    write(database, "parcel:1", 10)
    sign(database)
    if length:
        forge(database, "parcel:1", length, [{}] * 10)
    else:
        database.write(lambda s: (s.execute(delete(History)), s.execute(delete(Chain))))
    expected = "cut" if length else "missing"
    assert found(database) == [("parcel:1", length + 1, expected)]


@pytest.mark.fault("F33")
def test_a_chain_whose_hashes_were_all_made_anew_is_found_from_the_first_row_not_proven(
    database: Database,
):
    write(database, "parcel:1", 4)
    sign(database)
    write(database, "parcel:1", 4)
    sign(database)
    write(database, "parcel:1", 2)
    forge(database, "parcel:1", 10, [{"who": "别人"} if n == 5 else {} for n in range(10)])
    assert found(database) == [("parcel:1", 5, "rewritten")]
    forge(database, "parcel:1", 10, [{"who": "阿明"} if n == 5 else {} for n in range(10)])
    assert found(database) == []


@pytest.mark.fault("F33")
@pytest.mark.parametrize("seq", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [{"digest": "0" * 64}, {"signature": "0" * 128}, {"previous": "1" * 64}, {"occasion": "x"},
     {"upto": 99}, {"chains": [["parcel:1", 1, "0" * 64]]}, {"public": "0" * 64},
     {"at": NOW + timedelta(days=1)}],
)
def test_any_changed_field_of_a_head_is_named(
    sqlite_database: Database, seq: int, change: dict[str, Any]
):
    for _ in range(3):
        write(sqlite_database, "parcel:1", 2)
        sign(sqlite_database)
    before = lines(sqlite_database)
    sqlite_database.write(lambda s: s.execute(
        update(SignedHead).where(SignedHead.seq == seq).values(**change)))
    first, *_ = found(sqlite_database, before)
    assert first == ("heads", seq, "head_differs")
    alone = found(sqlite_database, [])
    assert alone[0] in {("heads", seq, "head_changed"), ("heads", seq + 1, "head_changed")}


def test_a_line_of_the_file_that_cannot_be_read_is_named_by_its_number(
    sqlite_database: Database
):
    for _ in range(3):
        write(sqlite_database, "parcel:1", 1)
        sign(sqlite_database)
    first, second, third = lines(sqlite_database)
    assert found(sqlite_database, [first, "", "{", second, " \n", third]) == [
        ("heads", 3, "head_unreadable")]
    assert found(sqlite_database, [first, "[]", third]) == [
        ("heads", 2, "head_unreadable"), ("heads", 2, "head_not_in_file")]


@pytest.mark.fault("F33")
def test_what_the_file_says_of_a_chain_counts_more_than_what_the_database_says(
    sqlite_database: Database
):
    """Whoever has the database and a key of his own may sign anew, and not what left it."""
    write(sqlite_database, "parcel:1", 3)
    sign(sqlite_database)
    kept = lines(sqlite_database)
    forge(sqlite_database, "parcel:1", 3, [{}, {"who": "别人"}, {}])
    sqlite_database.write(lambda s: s.execute(delete(SignedHead)))
    sign(sqlite_database)
    assert found(sqlite_database, []) == [], "the new head is signed, and fits what was forged"
    assert found(sqlite_database, kept) == [
        ("heads", 1, "head_differs"), ("parcel:1", 1, "rewritten")]


@pytest.mark.fault("F33")
@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_head_that_only_the_file_or_only_the_database_still_has_is_named(
    database: Database, seq: int
):
    for _ in range(3):
        write(database, "parcel:1", 2)
        sign(database)
    kept = lines(database)
    short = [line for number, line in enumerate(kept, 1) if number != seq]
    in_file = [("heads", seq, "head_not_in_file")] if seq < 3 else []
    assert found(database, short) == in_file
    database.write(lambda s: s.execute(delete(SignedHead).where(SignedHead.seq == seq)))
    assert found(database, kept) == [("heads", seq, "head_cut")]
    if seq < 3:
        assert ("heads", seq, "head_missing") in found(database, short)


def test_a_head_signed_by_another_key_is_no_head(database: Database, tmp_path: Path):
    write(database, "parcel:1", 2)
    sign(database)
    signer = Keyring(tmp_path / "other.key").signer
    head = database.read(lambda s: heads.since(s, 0)[0])
    forged = replace(head, signature=signer.sign(head.digest.encode()).hex(),
                     public=signer.public_key().public_bytes_raw().hex())
    database.write(lambda s: s.execute(
        update(SignedHead).values(signature=forged.signature, public=forged.public)))
    assert found(database) == [("heads", 1, "head_changed")]


def test_the_printed_digest_must_be_among_the_heads(database: Database):
    write(database, "parcel:1", 2)
    sign(database, "handover:1")
    printed = database.read(partial(heads.short_digest, occasion="handover:1"))
    number, digest = printed.split()
    assert (number, len(digest)) == ("#1", 16)
    assert found(database, printed=digest) == []
    assert found(database, printed=digest.upper()) == []
    assert found(database, printed="0" * 16) == [("heads", 2, "not_printed")]
    write(database, "parcel:1", 1)
    sign(database, "handover:1")
    assert database.read(partial(heads.short_digest, occasion="handover:1")).startswith("#2 ")
    assert found(database, printed=digest) == [], "the older one is true as well"
    database.write(lambda s: s.execute(delete(SignedHead)))
    assert found(database, [], printed=digest) == [("heads", 1, "not_printed")]
    assert found(database, [""], printed="") == []
    assert database.read(partial(heads.short_digest, occasion="handover:2")) == ""


def test_many_rows_are_signed_in_several_heads(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(heads, "_ROWS_TOGETHER", 10)
    for number in range(12):
        write(sqlite_database, f"parcel:{number}", 3)
    assert sign(sqlite_database) == 4
    assert found(sqlite_database) == []


def test_rows_that_piled_up_are_signed_a_head_at_a_time_without_waiting_for_the_hour(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(heads, "_ROWS_TOGETHER", 10)
    for number in range(12):
        write(sqlite_database, f"parcel:{number}", 3)
    due = partial(heads.sign_if_due, now=NOW)
    assert [sqlite_database.write(due) for _ in range(5)] == [True, True, True, False, False]
    assert sqlite_database.write(partial(heads.sign_if_due, now=NOW + timedelta(hours=1)))
    assert [head.upto for head in sqlite_database.read(lambda s: heads.since(s, 0))] == [
        10, 20, 30, 36]
    assert found(sqlite_database) == []


def test_a_head_covers_2000_rows_and_the_next_one_the_rest(
    sqlite_database: Database, thousand: list[Row]
):
    rows = [{**row._asdict(), "chain": f"parcel:{number}"}
            for number in (1, 2, 3) for row in thousand[:667]]  # 2,001: ids alone are counted
    sqlite_database.write(lambda s: s.execute(insert(History), rows))
    due = partial(heads.sign_if_due, now=NOW)
    assert [sqlite_database.write(due) for _ in range(2)] == [True, False]
    sqlite_database.write(lambda s: s.execute(insert(History), [
        {**row, "chain": f"more:{row['chain']}"} for row in rows[:1998]]))
    assert sqlite_database.write(due) is False, "1,999 wait"
    sqlite_database.write(lambda s: s.execute(insert(History), [{**rows[0], "chain": "last:1"}]))
    assert sqlite_database.write(due) is True, "2,000 do not"
    assert [head.upto for head in sqlite_database.read(lambda s: heads.since(s, 0))] == [
        2000, 4000]


def test_a_head_lists_what_moved_since_the_one_before_and_nothing_else(
    sqlite_database: Database
):
    for number in (1, 2, 3):
        write(sqlite_database, f"parcel:{number}", 2)
        sign(sqlite_database)
    made = sqlite_database.read(lambda s: heads.since(s, 0))
    assert [[(name, length) for name, length, _ in head.chains] for head in made] == [
        [("parcel:1", 2)], [("parcel:2", 2)], [("parcel:3", 2)]]
    assert [(head.seq, head.upto) for head in made] == [(1, 2), (2, 4), (3, 6)]
    assert [head.previous for head in made] == [history.GENESIS, made[0].digest, made[1].digest]


def test_ten_heads_are_told_at_once_the_oldest_first(sqlite_database: Database):
    assert sqlite_database.read(heads.newest) == 0
    for _ in range(12):
        write(sqlite_database, "parcel:1", 1)
        sign(sqlite_database, "o" * 65)
    told = sqlite_database.read(partial(heads.since, seq=1))
    assert [head.seq for head in told] == list(range(2, 12))
    assert {head.occasion for head in told} == {"o" * 64}
    assert sqlite_database.read(heads.newest) == 12
    assert sqlite_database.read(lambda s: heads.prove(s, [])).count == 12


def test_an_hour_in_which_nothing_happened_needs_no_head(database: Database):
    write(database, "parcel:1", 1)
    sign(database)
    assert not database.write(partial(heads.sign_if_due, now=NOW + timedelta(days=2)))


# --- Exhaustively ---------------------------------------------------------------------------------

def walked(rows: list[Row], whole: list[Row]) -> list[tuple[int, str]]:
    """What is found when the chain's own record was made to agree, as far as it can be."""
    chains = {"parcel:1": (len(rows), rows[-1].hash)} if rows else {}
    claims = {"parcel:1": {len(whole): whole[-1].hash}}
    return [(one.seq, one.problem) for one in history.walk(rows, chains, claims)]


@pytest.mark.fault("F33")
@pytest.mark.parametrize("fault", ["changed", "removed", "cut", "swapped"])
def test_every_single_row_of_a_thousand_is_named(thousand: list[Row], fault: str):
    assert walked(thousand, thousand) == []
    act: dict[str, Callable[[int], list[Row]]] = {
        "changed": lambda n: [*thousand[:n], thousand[n]._replace(who="别人"), *thousand[n + 1:]],
        "removed": lambda n: [*thousand[:n], *thousand[n + 1:]],
        "cut": lambda n: thousand[:n],
        "swapped": lambda n: [*thousand[:n],
                              thousand[n + 1]._replace(seq=n + 1), thousand[n]._replace(seq=n + 2),
                              *thousand[n + 2:]],
    }
    named = {"changed": "changed", "removed": "missing", "cut": "cut", "swapped": "changed"}
    for n in range(1000 if fault != "swapped" else 999):
        problem = named[fault]
        if fault == "removed" and n == 999:
            problem = "cut"
        if fault == "cut" and n == 0:
            problem = "missing"
        assert walked(act[fault](n), thousand) == [(n + 1, problem)]


# --- The file -------------------------------------------------------------------------------------


@pytest.fixture
def loop(sqlite_database: Database, tmp_path: Path) -> HeadLoop:
    return HeadLoop(sqlite_database, tmp_path / "station.heads", now=lambda: NOW)


def open_alarms(database: Database) -> list[str]:
    from station.db.models import Alarm  # noqa: PLC0415 - one use

    return database.read(lambda s: list(s.scalars(
        select(Alarm.code).where(Alarm.acknowledged_at.is_(None)))))


def test_heads_follow_into_the_file_once_each_also_after_a_restart(
    sqlite_database: Database, loop: HeadLoop, tmp_path: Path
):
    path = tmp_path / "station.heads"
    write(sqlite_database, "parcel:1", 2)
    while loop.step():
        pass
    write(sqlite_database, "parcel:1", 2)
    sign(sqlite_database, "handover:1")
    again = HeadLoop(sqlite_database, path, now=lambda: NOW)
    while again.step():
        pass
    assert [line.strip() for line in read_lines(path)] == lines(sqlite_database)
    assert path.stat().st_mode & 0o077 == 0
    assert found(sqlite_database, list(read_lines(path))) == []


def test_a_file_that_knows_more_than_the_database_is_kept_and_told(
    sqlite_database: Database, loop: HeadLoop, tmp_path: Path
):
    path = tmp_path / "station.heads"
    for _ in range(3):
        write(sqlite_database, "parcel:1", 1)
        sign(sqlite_database)
    append(path, lines(sqlite_database))
    sqlite_database.write(lambda s: s.execute(delete(SignedHead).where(SignedHead.seq == 3)))
    loop.step()
    assert open_alarms(sqlite_database) == ["history_cut"]
    assert last_in(path) == 3
    assert ("heads", 3, "head_cut") in found(sqlite_database, list(read_lines(path)))


def test_a_line_that_a_crash_cut_short_is_named_and_harms_no_later_one(
    sqlite_database: Database, loop: HeadLoop, tmp_path: Path
):
    path = tmp_path / "station.heads"
    write(sqlite_database, "parcel:1", 1)
    sign(sqlite_database)
    path.write_text(lines(sqlite_database)[0][:70])
    while loop.step():
        pass
    kept = list(read_lines(path))
    assert len(kept) == 2
    assert found(sqlite_database, kept) == [("heads", 1, "head_unreadable")]


@pytest.mark.parametrize("line", ["", "{}", "[]", "nonsense", '{"seq": 1}', "\ufffd", "null", "5"])
def test_a_line_that_is_no_head_is_refused(line: str):
    with pytest.raises(ValueError, match=r"signed head|JSON|Expecting|Unexpected"):
        heads.read_line(line)
