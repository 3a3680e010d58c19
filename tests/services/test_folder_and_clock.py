"""Dropped files are read once, and what only time brings is done when it is time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from station.db.models import Alarm, Review
from station.jobs import ClockLoop, FolderLoop
from station.services import printing

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

JEANS = "JN8801-黑色-32"


GOODS = "商家编码,货号,颜色,尺码,标题,条码,重量克,库位,类目,库存,量腰围\n"


def test_a_dropped_file_is_read_once_it_stopped_growing(open_shop: Shop, tmp_path: Path) -> None:
    loop = FolderLoop(open_shop.db, tmp_path / "inbox", open_shop.rules, now=lambda: open_shop.now)
    loop.step()
    dropped = tmp_path / "inbox" / "goods.csv"
    dropped.write_text(GOODS, "utf-8")
    loop.step()
    dropped.write_text(GOODS + "ZZ-1,ZZ,红,M,裙子,,300,B-01,裙,5,否\n", "utf-8")
    loop.step()
    assert dropped.exists()
    loop.step()
    assert [path.parent.name for path in (tmp_path / "inbox").rglob("*.csv")] == ["done"]


def test_a_file_nobody_can_read_is_put_aside_and_told(open_shop: Shop, tmp_path: Path) -> None:
    loop = FolderLoop(open_shop.db, tmp_path, open_shop.rules, now=lambda: open_shop.now)
    (tmp_path / "holiday.csv").write_bytes(b"\xff\xfe\x00nonsense")
    loop.step()
    loop.step()
    assert [path.parent.name for path in tmp_path.rglob("*.csv")] == ["rejected"]


def test_two_files_of_one_name_in_one_second_are_both_kept(
    open_shop: Shop, tmp_path: Path
) -> None:
    loop = FolderLoop(open_shop.db, tmp_path, open_shop.rules, now=lambda: open_shop.now)
    for code in ("ZZ-1", "ZZ-2"):
        rows = f"{code},ZZ,红,M,裙子,,300,B-01,裙,5,否\n"
        (tmp_path / "goods.csv").write_text(GOODS + rows, "utf-8")
        loop.step()
        loop.step()
    assert len(list((tmp_path / "done").iterdir())) == 2


@pytest.mark.fault("F27")
def test_files_that_were_read_go_when_their_time_is_over_and_nothing_else_does(
    open_shop: Shop, tmp_path: Path
) -> None:
    def loop(days: int) -> FolderLoop:
        return FolderLoop(open_shop.db, tmp_path, open_shop.rules, now=lambda: open_shop.now,
                          keep=timedelta(days=days))

    (tmp_path / "goods.csv").write_text(GOODS + "ZZ-1,ZZ,红,M,裙子,,300,B-01,裙,5,否\n", "utf-8")
    (tmp_path / "holiday.csv").write_bytes(b"\xff\xfe\x00nonsense")
    keep = loop(30)
    keep.step()
    keep.step()
    (tmp_path / "done" / "notes of mine.csv").write_text("kept", "utf-8")
    open_shop.later(days=30)
    keep.step()
    assert len(list(tmp_path.rglob("*.csv"))) == 3
    open_shop.later(seconds=1)
    loop(0).step()
    assert len(list(tmp_path.rglob("*.csv"))) == 3
    keep.step()
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["notes of mine.csv"]


def test_a_file_that_another_program_holds_waits_and_the_others_are_read(
    open_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from station import jobs  # noqa: PLC0415 - only here

    loop = FolderLoop(open_shop.db, tmp_path, open_shop.rules, now=lambda: open_shop.now)
    (tmp_path / "goods.csv").write_text(GOODS + "ZZ-1,ZZ,红,M,裙子,,300,B-01,裙,5,否\n", "utf-8")
    (tmp_path / "held.csv").write_text("x", "utf-8")
    read = jobs._content
    monkeypatch.setattr(
        jobs, "_content", lambda path: None if path.name == "held.csv" else read(path)
    )
    loop.step()
    loop.step()
    assert (tmp_path / "held.csv").exists()
    assert len(list((tmp_path / "done").iterdir())) == 1


@pytest.mark.rule("S9")
def test_late_and_nearly_late_are_said_once_per_parcel(open_shop: Shop) -> None:
    taken = open_shop.pay("2450000000000001040", JEANS)  # due at midnight
    held = open_shop.pay("2450000000000001041", *[JEANS] * 20, buyer="tb_b")
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    clock.step()
    open_shop.later(hours=12, minutes=1)
    said = []
    for hours in (0, 0, 2, 2, 2):
        open_shop.later(hours=hours)
        clock.step()
        said.append([code for code in open_shop.alarms() if "late" in code])
        open_shop.acknowledge_all()
    assert said == [["nearly_late"], [], ["late"], [], []]
    subjects = open_shop.read(lambda s: set(s.scalars(
        select(Alarm.subject).where(Alarm.code.in_(("late", "nearly_late"))))))
    assert subjects == {f"parcel:{taken.parcel_id}"} != {f"parcel:{held.parcel_id}"}


@pytest.mark.pain("4")
def test_labels_that_nobody_prints_are_told(open_shop: Shop) -> None:
    open_shop.pay("2450000000000001042", JEANS)
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    clock.step()
    assert open_shop.alarms() == []
    open_shop.later(minutes=11)
    clock.step()
    assert open_shop.alarms() == ["print_waits"]
    open_shop.acknowledge_all()
    clock.step()
    assert open_shop.alarms() == []


@pytest.mark.fault("F9")
@pytest.mark.pain("4")
def test_what_has_been_sending_for_ever_is_in_doubt(open_shop: Shop) -> None:
    open_shop.pay("2450000000000001043", JEANS)
    due = open_shop.read(printing.next_due, bench="1")
    open_shop.write(
        printing.start_sending, due, printer="a printer of long ago", sha256="", pages=[b"png"]
    )
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    clock.step()
    assert [job.state for job in open_shop.jobs()] == ["sending"]
    open_shop.later(minutes=11)
    clock.step()
    assert [job.state for job in open_shop.jobs()] == ["in_doubt"]


def test_the_clock_prints_a_presale_when_its_day_has_come(open_shop: Shop) -> None:
    from datetime import timedelta  # noqa: PLC0415 - only here

    order = open_shop.order("2450000000000001011", JEANS)
    open_shop.tell(replace(order, ship_after=open_shop.now + timedelta(days=2)))
    clock = ClockLoop(open_shop.db, open_shop.rules, now=lambda: open_shop.now)
    clock.step()
    assert open_shop.jobs() == []
    open_shop.later(days=3)
    clock.step()
    assert len(open_shop.jobs()) == 1
    assert open_shop.read(lambda s: s.scalars(select(Review)).all()) == []
