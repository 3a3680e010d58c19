"""Statements written here by hand, read back, and looked at line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from simulators.sheets import Cell, xlsx
from station.bills.layouts import ToldLayout
from station.bills.statement import read_statement
from station.domain.statements import Statement

HEADER = ("业务时间", "运单号", "订单目的省份", "订单目的城市", "结算重量", "运费", "备注")


@pytest.fixture
def header() -> tuple[str, ...]:
    """The seven columns of an STO statement."""
    return HEADER


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as CSV, bytes as they are, or rows as XLSX where the name says so."""

    def write(
        rows: Sequence[Sequence[Cell]] | bytes, name: str = "bill.csv", encoding: str = "utf-8",
        merged: Sequence[str] = (),
    ) -> Path:
        path = tmp_path / name
        if isinstance(rows, bytes):
            path.write_bytes(rows)
        elif name.endswith(".xlsx"):
            path.write_bytes(xlsx([("明细", rows, merged)]))
        else:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write


@pytest.fixture
def read(put: Callable[..., Path]) -> Callable[..., Statement]:
    """Write and read in one go."""

    def act(
        rows: Sequence[Sequence[Cell]] | bytes, name: str = "bill.csv", *,
        told: ToldLayout | None = None, **facts: object,
    ) -> Statement:
        return read_statement(put(rows, name, **facts), told=told)

    return act


@pytest.fixture
def sto(read: Callable[..., Statement]) -> Callable[..., Statement]:
    """Read an STO statement of these rows below the usual header."""

    def act(*rows: Sequence[Cell], **facts: object) -> Statement:
        return read([HEADER, *rows], **facts)

    return act
