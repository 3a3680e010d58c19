"""The barcodes of the shop's own records: each stands for one record, and fits a narrow roll."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.commands import is_private
from station.domain.record_codes import record_code, record_of
from station.services.slip_content import kinds

KINDS = sorted(set(kinds()) - {"day", "shift"})
DAYS = st.dates(min_value=date(2020, 1, 1),
                max_value=date(2099, 12, 31)).map(str)
RECORDS = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(KINDS), st.integers(1, 999_999_999)),
    st.builds("day:{}".format, DAYS),
    st.builds("shift:{}:{}".format, DAYS, st.integers(1, 99_999)),
)


@pytest.mark.parametrize(
    ("about", "code"),
    [("handover:3", "PBS-H3"), ("addendum:3", "PBS-A3"), ("supplier:12", "PBS-S12"),
     ("case:7", "PBS-C7"), ("archive:1", "PBS-F1"), ("receipt:44", "PBS-R44"),
     ("count:5", "PBS-N5"), ("day:2026-11-28", "PBS-D261128"),
     ("shift:2026-11-28:4", "PBS-W2611284")])
def test_each_kind_of_record_has_a_letter(about: str, code: str) -> None:
    assert (record_code(about), record_of(code)) == (code, about)


def test_every_slip_that_can_be_asked_for_has_a_code() -> None:
    for kind in kinds():
        key = {"day": "2026-11-28", "shift": "2026-11-28:1"}.get(kind, "1")
        assert record_of(record_code(f"{kind}:{key}")) == f"{kind}:{key}"


@given(RECORDS)
def test_a_code_leads_back_to_its_record_and_to_no_other(about: str) -> None:
    code = record_code(about)
    assert record_of(code) == about
    assert re.fullmatch("[A-Z0-9-]{6,20}", code), "typed alike on every keyboard"
    assert is_private(code), "never goods, never a waybill"


@pytest.mark.parametrize(
    "code", ["", "PBS-", "PBS-H", "PBS-X1", "pbs-h1", "PBS-H1 ", "PBS-H-1", "PBS-H１", "PBS-D26112",
             "PBS-D2611281", "PBS-W261128", "PBS-D261128 ", "XPBS-H1", "773112345678901", "DD:",
             "PBCMD-DONE", "PBS-H" + "1" * 30])
def test_anything_else_stands_for_no_record(code: str) -> None:
    assert record_of(code) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    record_of(text)
    record_of("PBS-" + text)
    record_code(text)


def test_a_stub_s_code_stands_for_the_stub_and_not_for_the_parcel() -> None:
    assert record_of("DD:773112345678901") == "stub:773112345678901"


@pytest.mark.parametrize("about", ["", "handover", "handover:", "handover:x", "waybill:1",
                                   "day:1999-01-01", "handover:１"])
def test_what_is_no_record_has_no_code(about: str) -> None:
    assert record_code(about) == ""
