"""ESC/POS answers: told apart by Epson's fixed bits, in any chunking, through any noise."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import PaperState
from drivers.printer.escpos_replies import ReplyReader, is_automatic, is_status, meaning

READY_ASB = bytes.fromhex("10 00 00 00")
STATUS_BYTES = [value for value in range(256) if is_status(value)]


def read(data):
    reader = ReplyReader()
    reader.feed(data)
    return reader


def test_a_status_byte_has_bits_one_and_four_set_and_zero_and_seven_clear():
    """Epson reference, DLE EOT: 0xx1xx10b in all four answers."""
    assert [f"{value:08b}" for value in STATUS_BYTES] == [
        f"0{high:02b}1{low:02b}10" for high in range(4) for low in range(4)
    ]


def test_no_byte_is_both_an_answer_and_an_automatic_status():
    assert not [value for value in range(256) if is_status(value) and is_automatic(value)]


@pytest.mark.parametrize(
    ("number", "value", "wrong"),
    [
        (1, 0x12, set()),
        (1, 0x16, set()),  # the drawer's pin
        (1, 0x1A, {PaperState.OFFLINE}),
        (2, 0x12, set()),
        (2, 0x16, {PaperState.COVER_OPEN}),
        (2, 0x1A, set()),  # the feed button is held
        (2, 0x32, {PaperState.PAPER_OUT}),
        (2, 0x52, {PaperState.ERROR}),
        (3, 0x1A, {PaperState.JAM}),
        (3, 0x32, {PaperState.ERROR}),
        (3, 0x52, {PaperState.HOT}),
        (4, 0x1E, {PaperState.PAPER_LOW}),
        (4, 0x72, {PaperState.PAPER_OUT}),
        (4, 0x7E, {PaperState.PAPER_LOW, PaperState.PAPER_OUT}),
    ],
)
def test_each_bit_of_each_answer_means_what_the_manual_says(number, value, wrong):
    """Epson reference, DLE EOT 1 to 4; TM-T88III manual p.84."""
    assert meaning(number, value) == wrong


@pytest.mark.parametrize(
    ("frame", "wrong"),
    [
        ("10 00 00 00", set()),
        ("18 00 00 00", {PaperState.OFFLINE}),
        ("38 00 00 00", {PaperState.OFFLINE, PaperState.COVER_OPEN}),
        ("18 08 00 00", {PaperState.OFFLINE, PaperState.JAM}),
        ("18 20 00 00", {PaperState.OFFLINE, PaperState.ERROR}),
        ("18 40 00 00", {PaperState.OFFLINE, PaperState.HOT}),
        ("10 00 03 00", {PaperState.PAPER_LOW}),
        ("18 00 0c 0f", {PaperState.OFFLINE, PaperState.PAPER_OUT}),
    ],
)
def test_automatic_status_is_read_from_its_four_bytes(frame, wrong):
    """Epson reference, GS a."""
    assert read(bytes.fromhex(frame)).automatic == wrong


def test_a_status_answer_in_the_middle_of_an_automatic_status_is_still_an_answer():
    reader = read(bytes.fromhex("18 00 12 0c 00"))
    assert list(reader.statuses) == [0x12]
    assert reader.automatic == {PaperState.OFFLINE, PaperState.PAPER_OUT}


def test_the_newest_automatic_status_counts():
    assert read(bytes.fromhex("38 00 00 00") + READY_ASB).automatic == set()


def test_a_process_id_is_taken_whole():
    """Epson reference, GS ( H function 48: 37 22 d1 d2 d3 d4 00; 32 also looks like a status."""
    reader = read(bytes.fromhex("12 37 22 30 32 36 32 00 16"))
    assert list(reader.process_ids) == [b"0262"]
    assert list(reader.statuses) == [0x12, 0x16]


def test_a_broken_process_id_gives_its_bytes_back():
    assert list(read(bytes.fromhex("37 12 16")).statuses) == [0x12, 0x16]
    assert list(read(bytes.fromhex("37 22 12 16 12 16 12")).statuses) == [0x12, 0x16] * 2 + [0x12]
    assert list(read(bytes.fromhex("37 37 22 30 30 30 31 00")).process_ids) == [b"0001"]


def test_a_sensor_answer_is_no_status():
    """Epson reference, GS r: 0xx0xxxxb."""
    reader = read(b"\x00\x03")
    assert list(reader.sensors) == [0, 3]
    assert not reader.statuses


@pytest.mark.parametrize("noise", [b"\xff", b"\x80\x9c", b"\x11", b"\x13", b"\x92\x93\xf2", b"2"])
def test_noise_is_dropped_or_takes_a_valid_shape(noise):
    reader = read(noise)
    assert list(reader.statuses) == [value for value in noise if is_status(value)]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_chunking_changes_nothing(data, cuts):
    whole, pieces = read(data), ReplyReader()
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        pieces.feed(data[start:end])
    for name in ("statuses", "sensors", "process_ids", "automatic"):
        assert getattr(whole, name) == getattr(pieces, name)


@given(st.binary(max_size=2000))
def test_any_bytes_are_survived_in_bounded_memory(data):
    reader = read(data)
    assert all(map(is_status, reader.statuses))
    assert all(len(name) == 4 for name in reader.process_ids)
    kept = [reader.statuses, reader.sensors, reader.process_ids]
    assert max(map(len, kept)) <= 16


def test_of_answers_that_nobody_asked_for_the_newest_sixteen_are_kept():
    reader = read(bytes(STATUS_BYTES) + b"\x12\x16" + bytes(range(16)) + b"\x60" * 4)
    for number in range(20):
        reader.feed(b"\x37\x22%04d\x00" % number)
    assert list(reader.statuses) == [*STATUS_BYTES[2:], 0x12, 0x16]
    assert list(reader.sensors) == [*range(4, 16), *[0x60] * 4]
    assert list(reader.process_ids) == [b"%04d" % number for number in range(4, 20)]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(STATUS_BYTES).map(lambda value: bytes([value])),
            st.tuples(
                st.sampled_from([value for value in range(256) if is_automatic(value)]),
                *[st.integers(0, 255).map(lambda value: value & 0x6F)] * 3,
            ).map(bytes),
            st.integers(0, 9999).map(lambda job: b"\x37\x22%04d\x00" % job),
        ),
        max_size=12,
    )
)
def test_well_formed_answers_of_all_kinds_are_sorted_without_loss(answers):
    reader = read(b"".join(answers))
    assert list(reader.statuses) == [answer[0] for answer in answers if len(answer) == 1]
    assert list(reader.process_ids) == [answer[2:6] for answer in answers if len(answer) == 7]
    assert not reader.sensors


def test_taking_gives_one_answer_at_a_time():
    reader = ReplyReader()
    assert reader.take_status(b"\xff") is None
    assert reader.take_status(b"\x12\x16") == 0x12
    assert reader.take_status(b"") == 0x16
    assert reader.take_sensor(b"\x03") == 3
    assert reader.take_sensor(b"") is None
    assert reader.take_process_id(b"\x37\x220001\x00", b"0002") is None
    assert reader.take_process_id(b"\x37\x220002\x00", b"0002") is True
