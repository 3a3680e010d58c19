"""A few hundred cuts of `campaigns/power_cut.py`, and that it sees what it is there to see."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def power(campaign: Callable[[str], ModuleType]) -> ModuleType:
    return campaign("power_cut")


needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="strace is not here: no power cut was replayed (apt-get install strace, on Linux)",
)


@needs_strace
@pytest.mark.fault("F9", "F12")
@pytest.mark.pain("44")
def test_no_power_cut_loses_what_was_answered_or_prints_a_label_again(power: ModuleType) -> None:
    seen = power.run(300, 1, parcels=2)
    assert seen["states"] == 300
    assert seen["violations"] == 0, seen
    assert seen["started by the station"] == 12
    assert seen["written to the database file"] > 0, "no checkpoint was among the operations"
    for kind in ("order", "begun", "scan", "weighed", "signed"):
        assert seen[f"answered {kind}"] > 0, kind


@needs_strace
@pytest.mark.fault("F9")
def test_with_fewer_syncs_the_same_cuts_lose_answers(power: ModuleType) -> None:
    seen = power.run(120, 1, parcels=2, synchronous="NORMAL")
    assert seen["violations"] > 0
    assert any(what.startswith("violation lost") for what in seen)


def test_only_what_was_synced_is_safe(power: ModuleType) -> None:
    disk = power.Disk({"station.db": b"old", "station.db-wal": b""})
    disk.feed(power.Op("write", "station.db", 0, b"new"))
    disk.feed(power.Op("write", "station.db-wal", 2, b"log"))
    disk.feed(power.Op("sync", "station.db"))
    assert disk.after((0,)) == {"station.db": b"new", "station.db-wal": b""}
    assert disk.after((power.WHOLE,))["station.db-wal"] == b"\0\0log"
    disk.feed(power.Op("cut", "station.db-wal"))
    assert disk.after((power.WHOLE, power.WHOLE))["station.db-wal"] == b""
    assert disk.after((power.WHOLE, 0))["station.db-wal"] == b"\0\0log"


@given(offset=st.integers(0, 2000), size=st.integers(1, 5000), seed=st.integers(0, 999))
def test_a_write_is_torn_only_between_sectors(
    power: ModuleType, offset: int, size: int, seed: int
) -> None:
    disk = power.Disk({"station.db": bytes(8192)})
    disk.feed(power.Op("write", "station.db", offset, b"x" * size))
    torn = power._torn(disk.pending[0], random.Random(seed))
    image = disk.after((torn,))["station.db"]
    for start in range(0, 8192, power.SECTOR):
        begin, end = max(start, offset), min(start + power.SECTOR, offset + size)
        if begin < end:
            assert image[begin:end] in (b"x" * (end - begin), bytes(end - begin))
    assert not image[:offset].strip(b"\0")
    assert not image[offset + size:].strip(b"\0")


def test_the_trace_is_read_with_calls_that_were_interrupted(
    power: ModuleType, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    trace.write_text(
        '10 pwrite64(5</x/station.db-wal>, "\\x61\\x62", 2, 24 <unfinished ...>\n'
        '11 write(3</x/answers>, "\\x73\\x20\\x31\\x0a", 4) = 4\n'
        '10 <... pwrite64 resumed>) = 2\n'
        '10 fdatasync(5</x/station.db-wal>) = 0\n'
        '10 pwrite64(5</x/station.db>, "\\x61", 1, 0) = -1 ENOSPC (No space left on device)\n'
        '10 ftruncate(5</x/station.db>, 4096) = 0\n'
        '10 unlink("\\x2f\\x78\\x2f\\x73\\x74\\x61\\x74\\x69\\x6f\\x6e\\x2e\\x64\\x62'
        '\\x2d\\x77\\x61\\x6c") = 0\n'
        '10 write(1</x/elsewhere>, "\\x61", 1) = 1\n'
    )
    assert power.read_trace(trace) == [
        power.Op("answer", "answers", data=b"s 1\n"),
        power.Op("write", "station.db-wal", 24, b"ab"),
        power.Op("sync", "station.db-wal"),
        power.Op("cut", "station.db", 4096),
        power.Op("cut", "station.db-wal"),
    ]
    trace.write_text('10 pwrite64(5</x/station.db>, "\\x61"..., 9, 0) = 9\n')
    with pytest.raises(power.Violation, match="not recorded whole"):
        power.read_trace(trace)


@pytest.mark.parametrize(("lie", "said"), [
    ("UPDATE shop_order SET order_no = 'x' || order_no", "an order"),
    ("DELETE FROM print_job", "a label that was to be printed"),
    ("UPDATE parcel_line SET packed = 0", "a scan"),
    ("DELETE FROM weighing", "a weight"),
    ("UPDATE parcel SET state = 'packed'", "a signature"),
    ("UPDATE print_job SET state = 'waiting'", "would print again"),
])
def test_each_loss_that_is_planted_is_seen(power: ModuleType, lie: str, said: str) -> None:
    answers = power.Answers()
    for line in (b"order 1 W", b"begun 7", b"scan 3 2", b"weighed 3", b"signed 3"):
        answers.hear(power.Op("answer", "answers", data=line))
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript("""
            CREATE TABLE shop_order (order_no, parcel_id);
            CREATE TABLE parcel (id, waybill_no, state);
            CREATE TABLE parcel_line (parcel_id, packed);
            CREATE TABLE weighing (parcel_id);
            CREATE TABLE print_job (id, parcel_id, state);
            INSERT INTO shop_order VALUES ('1', 3);
            INSERT INTO parcel VALUES (3, 'W', 'signed');
            INSERT INTO parcel_line VALUES (3, 2);
            INSERT INTO weighing VALUES (3);
            INSERT INTO print_job VALUES (7, 3, 'confirmed');
        """)
        answers.check(db)
        db.execute(lie)
        with pytest.raises(power.Violation, match=said):
            answers.check(db)


def test_a_damaged_page_is_seen(power: ModuleType, tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    with closing(sqlite3.connect(whole)) as db:
        db.execute("CREATE TABLE one (a)")
        db.executemany("INSERT INTO one VALUES (?)", [("x" * 500,)] * 100)
        db.commit()
    image = bytearray(whole.read_bytes())
    image[4096:8192] = b"\xff" * 4096
    with pytest.raises(power.Violation, match="damaged"):
        power.check(tmp_path, {"station.db": image}, power.Answers(), deep=False)
