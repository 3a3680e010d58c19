"""Rows put aside on disk come back as they were, in their order, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.bills.spool import PARTS, Spool
from station.domain.statements import StatementLine


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def spool(temp: Path) -> Iterator[Spool]:
    with Spool() as spool:
        yield spool


def test_a_few_rows_never_reach_the_disk(spool: Spool, temp: Path):
    spool.extend(3, [(1, "a", None)])
    spool.extend(3, [(2, "申通", True)])
    assert list(spool.rows(3)) == [(1, "a", None), (2, "申通", True)]
    assert list(spool.rows(4)) == []
    assert list(temp.iterdir()) == []


def test_many_rows_come_back_in_their_order(spool: Spool, temp: Path):
    rows = [(number, "行", (number, ("x", -number))) for number in range(5000)]
    for row in rows:
        spool.extend(0, [row])
    assert list(temp.iterdir()) != []
    assert list(spool.rows(0)) == rows
    assert list(spool.rows(0)) == rows


def test_named_rows_come_back_as_plain_ones(spool: Spool):
    line = StatementLine(2, "773", 500, size_mm=(1, 2, 3))
    for _ in range(2000):
        spool.extend(1, [line])
    assert {StatementLine(*row) for row in spool.rows(1)} == {line}


def test_a_dropped_part_gives_its_space_back(spool: Spool, temp: Path):
    for number in range(3000):
        spool.extend(number % 2, [(number,)])
    spool.drop(0)
    assert list(spool.rows(0)) == []
    assert len(list(spool.rows(1))) == 1500
    (folder,) = temp.iterdir()
    assert [path.name for path in folder.iterdir()] == ["1"]


def test_nothing_is_left_behind(temp: Path):
    with Spool() as spool:
        for number in range(3000):
            spool.extend(5, [(number,)])
    assert list(temp.iterdir()) == []


@given(st.lists(st.tuples(
    st.integers(0, PARTS - 1), st.integers(-(2**70), 2**70), st.text(max_size=5),
    st.one_of(st.none(), st.booleans()))))
def test_whatever_is_put_aside_comes_back(rows: list[tuple[int, int, str, bool | None]]):
    with Spool() as spool:
        for row in rows:
            spool.extend(row[0], [row])
        for part in range(PARTS):
            assert list(spool.rows(part)) == [row for row in rows if row[0] == part]
