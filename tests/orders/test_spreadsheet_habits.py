"""Exports that went through a spreadsheet: other encodings, delimiters, titles, rounded numbers."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.orders.recognise import recognise
from station.orders.table import Unreadable, header_of, read_table
from station.orders.taobao import read_export

NUMBER = "2450000000000000001"


@pytest.fixture(scope="module")
def texts(taobao):
    """The two lists of one paid order as text, by file name."""
    return {name: data.decode("gb18030") for name, data in taobao.Export().both(NUMBER).files()}


@pytest.fixture(scope="module")
def plain(texts):
    """What the untouched export says."""
    return read_export([(name, text.encode()) for name, text in texts.items()])


def again(texts, change):
    """The export read once more after something was done to both files; both must be known."""
    files = [(name, change(text)) for name, text in texts.items()]
    assert {recognise(name, data) for name, data in files} == {"taobao_orders", "taobao_details"}
    return read_export(files)


def saved_with(delimiter):
    def change(text):
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text, newline="")))
        return out.getvalue()

    return change


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_an_export_saved_again_says_the_same(texts, plain, encoding, delimiter):
    reading = again(texts, lambda text: saved_with(delimiter)(text).encode(encoding))
    assert reading.orders == plain.orders
    assert not reading.review


def test_utf_16_of_the_other_byte_order_is_read_by_its_mark(texts, plain):
    reading = again(texts, lambda text: b"\xfe\xff" + text.encode("utf-16-be"))
    assert reading.orders == plain.orders


@pytest.mark.parametrize(
    "above",
    ["\r\n\r\n", "订单报表 2026-11\r\n", "订单报表,,,\r\n,,,\r\n", "sep=,\r\n", "SEP=,\n\n"],
)
def test_blank_rows_titles_and_a_named_delimiter_may_stand_above_the_header(texts, plain, above):
    reading = again(texts, lambda text: (above + text).encode())
    assert reading.orders == plain.orders
    assert not reading.review


def test_rows_under_a_title_are_numbered_from_the_top_of_the_sheet():
    table = read_table("a.csv", "客户对账单\n\n甲,乙,丙\n1,2,3\n".encode())
    assert [(row.where, row.text("丙")) for row in table.rows] == [("row 4", "3")]
    assert header_of("a.csv", "客户对账单\n\n甲,乙,丙\n1,2,3\n".encode()) == ("甲", "乙", "丙")


def test_a_list_of_one_column_has_its_header_in_its_first_row():
    assert [row.text("sku") for row in read_table("a.csv", b"sku\nA\nB\n").rows] == ["A", "B"]


def test_the_delimiter_named_in_the_file_is_the_one():
    (row,) = read_table("a.csv", b"sep=;\na;b,c\n1;2,5\n").rows
    assert dict(row.cells) == {"a": "1", "b,c": "2,5"}


@pytest.mark.parametrize(("second", "third", "joined"), [
    ("1,2,1", "3,4,3", [("1", "2"), ("3", "4")]),  # copied
    ("1,2,", "3,4,", [("1", "2"), ("3", "4")]),  # left empty
    (",2,1", "3,4,", [("1", "2"), ("3", "4")]),  # each says a part
])
def test_two_columns_of_one_name_are_one_where_they_agree(
    second: str, third: str, joined: list[tuple[str, str]]
):
    data = f"甲,乙,甲\n{second}\n甲,乙,甲\n{third}\n".encode()
    table = read_table("a.csv", data)
    assert header_of("a.csv", data) == table.header == ("甲", "乙", "")
    assert [(row.text("甲"), row.text("乙")) for row in table.rows] == joined
    assert (table.blank, table.torn) == (1, ())


def test_two_columns_of_one_name_that_differ_are_named_by_their_letters():
    names = [*(f"n{place}" for place in range(27)), "n1"]
    rows = [names, ["x"] * 28, ["y", "1", *["z"] * 25, "2"]]
    with pytest.raises(Unreadable) as refused:
        read_table("a.csv", "\n".join(map(",".join, rows)).encode())
    (entry,) = refused.value.review
    assert (entry.code, entry.where) == ("column_twice", "row 3")
    assert entry.facts == {"column": "n1", "columns": "B、AB"}


@pytest.mark.parametrize("end", ["\0\0", "\x1a", "\r\n\x1a", "\t\r\n"])
def test_marks_at_the_end_of_old_files_are_no_rows(texts, plain, end):
    reading = again(texts, lambda text: (text + end).encode())
    assert reading.orders == plain.orders
    assert not reading.review


def test_blanks_behind_a_closing_quote_and_before_an_opening_one_do_no_harm(texts, plain):
    reading = again(texts, lambda text: text.replace('","', '"\t , "').encode())
    assert reading.orders == plain.orders
    assert not reading.review


@given(st.tuples(*[st.text(st.sampled_from(' "\t,;\r\na陈'), max_size=6)] * 3))
@settings(max_examples=200)
def test_a_quoted_cell_is_read_as_it_was_written_whatever_stands_in_it(cells):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c", "d"], [*cells, "x"]])
    (read,) = read_table("a.csv", out.getvalue().encode()).rows
    assert ["".join(cell.split()) for cell in read.cells.values()] == [
        *("".join(cell.split()) for cell in cells), "x"]


def test_the_header_once_more_between_the_rows_is_no_order(taobao):
    export = taobao.Export().both(NUMBER).both("2450000000000000002")
    files = []
    for name, data in export.files():
        head, first, rest = data.split(b"\r\n", 2)
        files.append((name, b"\r\n".join([head, first, head, rest])))
    reading = read_export(files)
    assert [order.order_no for order in reading.orders] == [NUMBER, "2450000000000000002"]
    assert not reading.review
    assert reading.ignored["blank_row"] == 2


@pytest.mark.parametrize(
    "rounded", ["2450000000000000000", "24500000000000100", "245000000000002000"]
)
def test_a_bare_number_that_a_spreadsheet_rounded_is_never_guessed(texts, rounded):
    reading = again(texts, lambda text: text.replace(f'="{NUMBER}"', rounded).encode())
    assert not reading.orders
    assert [row.code for row in reading.review] == ["damaged_order_no", "damaged_order_no"]


@pytest.mark.parametrize(
    "cell", ['="2450000000000000000"', "'2450000000000000000", '"2450000000000000000\t"',
             "2450000000000000100", "245000000000000"],  # not what fifteen digits would leave
)
def test_a_number_kept_as_text_may_end_in_zeros(texts, cell):
    reading = again(texts, lambda text: text.replace(f'="{NUMBER}"', cell).encode())
    assert [order.order_no for order in reading.orders] == [cell.strip("='\"\t")]
    assert not reading.review


def test_an_address_over_several_lines_comes_apart_like_one_on_a_single_line(taobao):
    where = "浙江省\r\n台州市\n温岭市 城东街道\n万昌路8号(317500)"
    (order,) = read_export(taobao.Export().both(NUMBER, 收货地址=where).files()).orders
    consignee = order.consignee
    assert (consignee.city, consignee.district) == ("台州市", "温岭市")
    assert (consignee.street, consignee.postcode) == ("城东街道 万昌路8号", "317500")
