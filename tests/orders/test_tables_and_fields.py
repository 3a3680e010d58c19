"""Tables of any CSV file, and single fields of a JSON body."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.orders.fields import Choice, Many, Moment, Record, Text, Whole, YesNo
from station.orders.lists import read_list
from station.orders.table import Unreadable, decode, header_of, read_table, require

# --- tables -------------------------------------------------------------------------------------


def test_rows_are_numbered_as_a_spreadsheet_numbers_them():
    table = read_table("a.csv", '甲,乙\n1,"x\ny"\n\n2,z\n'.encode())
    assert [(row.number, row.where) for row in table.rows] == [(2, "row 2"), (4, "row 4")]
    assert table.blank == 1


def test_a_row_knows_its_first_cell_with_content_among_several_columns():
    (row,) = read_table("a.csv", "甲,乙,丙\n,2,3\n".encode()).rows
    assert row.text("甲", "乙", "丙") == "2"
    assert row.text("丁") == ""


def test_an_unnamed_tail_of_the_header_is_dropped():
    table = read_table("a.csv", "甲,乙,,\n1,2,,\n".encode())
    assert table.header == ("甲", "乙")
    assert table.has("甲", "乙")
    assert not table.has("甲", "丙")


def test_an_unnamed_column_between_others_is_passed_over():
    (row,) = read_table("a.csv", "甲,,丙\n1,2,3\n".encode()).rows
    assert dict(row.cells) == {"甲": "1", "丙": "3"}


def test_rows_cannot_be_changed():
    (row,) = read_table("a.csv", b"a\n1\n").rows
    with pytest.raises(TypeError):
        row.cells["a"] = "2"


def test_torn_rows_are_told_with_their_field_counts():
    table = read_table("a.csv", b"a,b,c\n1,2\n1,2,3,4\n1,2,3,\n")
    assert [entry.facts["fields"] for entry in table.torn] == ["2", "4"]
    assert [row.number for row in table.rows] == [4]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_serves(ending):
    data = ending.join(["a,b", "1,2", "3,4", ""]).encode()
    assert [row.cells["b"] for row in read_table("a.csv", data).rows] == ["2", "4"]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"\xff\xfea", "line 1"),
        ("名\n".encode("gbk") + b"\x80\x80\n", "line 2"),
        ("名\n\n\n".encode("gbk") + b"a\xff", "line 4"),
    ],
)
def test_bytes_that_are_no_text_are_told_with_their_line(data, where):
    with pytest.raises(Unreadable) as raised:
        decode("a.csv", data)
    assert raised.value.review[0].where == where


@pytest.mark.parametrize("data", [b"PK\x03\x04...", b"\xd0\xcf\x11\xe0..."])
def test_spreadsheets_old_and_new_are_told_apart_from_text(data):
    with pytest.raises(Unreadable, match="spreadsheet_not_csv"):
        decode("a.xlsx", data)
    assert header_of("a.xlsx", data) == ()


def test_a_field_larger_than_any_export_holds_is_refused():
    with pytest.raises(Unreadable, match="broken_quotes"):
        read_table("a.csv", b"a\n" + b"x" * 200_000)


def test_all_missing_columns_are_named_at_once():
    table = read_table("a.csv", b"a\n1\n")
    with pytest.raises(Unreadable) as raised:
        require(table, ("a",), ("b", "B"), ("c",))
    assert [entry.facts["column"] for entry in raised.value.review] == ["b/B", "c"]


@given(text=st.text(max_size=80))
def test_the_header_alone_is_the_header_of_the_whole(text):
    data = text.encode("utf-8", "ignore")
    try:
        whole = read_table("a.csv", data).header
    except Unreadable:
        return
    assert header_of("a.csv", data) == whole


def test_a_list_with_only_torn_rows_says_so():
    reading = read_list("a.csv", b"a,b\n1\n", {"a": ("a",)}, ("a",), lambda fields: fields.raw("a"))
    assert [entry.code for entry in reading.review] == ["field_count"]


# --- fields -------------------------------------------------------------------------------------


def faults(description, value):
    errors = []
    description.read(value, "x", errors)
    return [(error.path, error.what) for error in errors]


@pytest.mark.parametrize(
    ("description", "value", "what"),
    [
        (Text(3), "abcd", "too_long"),
        (Text(3, 1), " ", "empty"),
        (Text(3), 5, "not_a_string"),
        (Text(3), None, "not_a_string"),
        (Text(9), "a\tb", "control_character"),
        (Text(9, pattern="[a-z]+"), "A", "wrong_form"),
        (Text(9, may_be_masked=False), "a**", "masked"),
        (Whole(1, 5), 6, "out_of_range"),
        (Whole(1, 5), 1.0, "not_a_whole_number"),
        (Whole(1, 5), False, "not_a_whole_number"),
        (Whole(1, 2**60), 2**53, "number_too_large"),
        (Moment(), "x", "not_a_time"),
        (Moment(), "2026-01-01T00:00:00", "time_without_zone"),
        (Choice(("a", "b")), "c", "unknown_choice"),
        (Choice(("a", "b")), ["a"], "not_a_string"),
        (YesNo(), "true", "not_true_or_false"),
        (Many(Whole(0, 9), 2), [], "empty"),
        (Many(Whole(0, 9), 2), [1, 2, 3], "too_many"),
        (Many(Whole(0, 9), 2), "12", "not_a_list"),
        (Record({"a": Whole(0, 9)}), [], "not_an_object"),
    ],
)
def test_a_value_that_breaks_its_rule_is_told(description, value, what):
    assert faults(description, value) == [("x", what)]


@pytest.mark.parametrize(
    ("description", "value", "kept"),
    [
        (Text(3), " ab ", "ab"),
        (Text(9, lines=True), "a\nb", "a\nb"),
        (Text(9, pattern="[a-z]+"), "", ""),
        (Text(9, may_be_masked=False), "3*2", "3*2"),
        (Whole(0, 2**53), 2**53 - 1, 2**53 - 1),
        (Moment(), "2026-01-01T08:00:00+08:00", datetime(2026, 1, 1, tzinfo=UTC)),
        (Choice(("a", "b")), "b", "b"),
        (YesNo(), True, True),
        (Many(Whole(0, 9), 2), [1, 2], [1, 2]),
        (Record({"a": Whole(0, 9)}, {"b": Text(3)}), {"a": 1, "b": None, "c": 2}, {"a": 1}),
    ],
)
def test_a_value_that_keeps_its_rule_is_read(description, value, kept):
    errors = []
    assert description.read(value, "x", errors) == kept
    assert errors == []


def test_paths_lead_through_lists_and_objects():
    nested = Record({"lines": Many(Record({"n": Whole(1, 2)}), 5)})
    errors = []
    nested.read({"lines": [{"n": 1}, {"n": 3}, {}]}, "", errors)
    assert [(error.path, error.what) for error in errors] == [
        ("lines[1].n", "out_of_range"),
        ("lines[2].n", "missing"),
    ]


@pytest.mark.parametrize(
    ("description", "schema"),
    [
        (Text(3), {"type": "string", "maxLength": 3}),
        (
            Text(3, 1, pattern="a+"),
            {"type": "string", "maxLength": 3, "minLength": 1, "pattern": "^a+$"},
        ),
        (Text(3, about="why"), {"type": "string", "maxLength": 3, "description": "why"}),
        (Whole(1, 5), {"type": "integer", "minimum": 1, "maximum": 5}),
        (Moment(), {"type": "string", "format": "date-time"}),
        (Choice(("a",)), {"type": "string", "enum": ["a"]}),
        (YesNo(), {"type": "boolean"}),
    ],
)
def test_each_rule_is_written_as_schema(description, schema):
    assert description.schema() == schema


def test_what_is_optional_may_be_null_in_the_schema():
    schema = Record({"a": YesNo()}, {"b": Choice(("x",)), "c": Whole(0, 1)}).schema()
    assert schema["required"] == ["a"]
    assert schema["properties"]["b"] == {"type": ["string", "null"], "enum": ["x", None]}
    assert schema["properties"]["c"]["type"] == ["integer", "null"]
