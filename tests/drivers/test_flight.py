"""The flight recorder keeps the last minutes of the wire, and a saved flight is a test."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.flight import (
    MOMENT_COST,
    About,
    Flight,
    FlightRecorder,
    Moment,
    NotAFlight,
    digest,
    read_flight,
    write_flight,
)
from drivers.interfaces import DeviceGone, Reading, Scan
from drivers.replay import NothingToDecode, readings, replay

SCALE = About("1-scale", "scale", "/dev/scale", "st-gs", {"baudrate": 9600})
SCANNER = About("1-gun", "scanner", "/dev/gun")
PRINTER = About("1-printer", "printer", "file:///dev/usb/lp0", "tspl")
FRAME = b"ST,GS,+000.820kg\r\n"


def recorder(about: About, clock: Any, port: Any = None, **bounds: Any) -> FlightRecorder:
    def opener(_url: str, **_line: Any) -> Any:
        if port is None:
            raise DeviceGone("x", "x", "not there")
        return port

    return FlightRecorder(
        about, opener=opener, clock=clock, keeps_output=about.kind != "printer", **bounds)


def save(tmp_path: Path, kept: FlightRecorder, **how: Any) -> Path:
    path = tmp_path / "flight.jsonl"
    write_flight(path, kept.about, kept.moments(), saved_at="2026-11-28", why="test", **how)
    return path


def test_bytes_both_ways_are_kept_with_their_times(desk: Any, clock: Any) -> None:
    port = desk.port(FRAME)
    kept = recorder(SCALE, clock, port)
    opened = kept.open("/dev/scale", device="1-scale")
    opened.write(b"SI\r\n")
    assert opened.read_some() == FRAME
    opened.close()
    assert [(m.direction, m.data or m.note) for m in kept.moments()] == [
        ("note", "opened"), ("out", b"SI\r\n"), ("in", FRAME), ("note", "closed")]
    assert kept.moments()[2].at > kept.moments()[1].at
    assert port.is_closed


def test_a_break_and_a_port_that_does_not_open_are_moments_too(desk: Any, clock: Any) -> None:
    kept = recorder(SCALE, clock, desk.port())
    with pytest.raises(DeviceGone):
        kept.open("/dev/scale", device="1-scale").read_some()
    with pytest.raises(DeviceGone):
        recorder(SCALE, clock).open("/dev/scale", device="1-scale")
    assert [m.note for m in kept.moments()] == ["opened", "lost: DeviceGone"]


def test_a_write_that_fails_is_told_and_put_on_record(desk: Any, clock: Any) -> None:
    port = desk.port()
    port.write_fault = OSError("pulled")
    kept = recorder(SCALE, clock, port)
    opened = kept.open("/dev/scale", device="1-scale")
    with pytest.raises(DeviceGone):
        opened.write(b"W")
    assert kept.moments()[-1].note == "not written: WriteFailed"


@given(st.lists(st.binary(max_size=300), max_size=200), st.integers(500, 4000))
def test_the_ring_never_grows_beyond_its_bound(pieces: list[bytes], bound: int) -> None:
    kept = FlightRecorder(SCALE, clock=lambda: 0.0, most_bytes=bound)
    for piece in pieces:
        kept.heard(piece)
    cost = sum(len(m.data) + MOMENT_COST for m in kept.moments())
    assert cost <= bound
    assert [m.data for m in kept.moments()] == pieces[len(pieces) - len(kept.moments()):]


def test_the_ring_holds_all_that_fits_into_its_bound_to_the_byte() -> None:
    for bound, left in ((2 * (MOMENT_COST + 10), 2), (2 * (MOMENT_COST + 10) - 1, 1)):
        kept = FlightRecorder(SCALE, clock=lambda: 0.0, most_bytes=bound)
        kept.heard(b"0123456789")
        kept.note("9876543210")  # words count as bytes do
        assert len(kept.moments()) == left


def test_what_is_older_than_the_last_minutes_is_forgotten(clock: Any) -> None:
    kept = FlightRecorder(SCALE, clock=clock, most_seconds=60)
    kept.heard(b"old")
    clock.pass_by(60)
    kept.heard(b"new")
    assert [m.data for m in kept.moments()] == [b"old", b"new"]
    clock.pass_by(1)
    kept.heard(b"newest")
    assert [m.data for m in kept.moments()] == [b"new", b"newest"]


def test_a_recorder_keeps_ten_minutes_and_a_quarter_of_a_megabyte(clock: Any) -> None:
    kept = FlightRecorder(SCALE, clock=clock)
    kept.heard(b"x" * (256 * 1024 - 2 * MOMENT_COST))
    clock.pass_by(600)
    kept.heard(b"")
    assert len(kept.moments()) == 2
    kept.heard(b"")
    assert [m.data for m in kept.moments()] == [b"", b""]
    clock.pass_by(600.5)
    kept.heard(b"late")
    assert [m.data for m in kept.moments()] == [b"late"]


def test_a_printers_page_is_never_kept_and_its_status_is(clock: Any) -> None:
    """A page holds a name and an address, as dots or as text."""
    kept = recorder(PRINTER, clock)
    text = "TEXT 林小满 13900000101".encode()
    kept.said(text)
    kept.said(b"\x1b!?")
    page, status = kept.moments()
    assert (page.data, page.size, page.digest) == (b"", len(text), digest(text))
    assert status.data == b"\x1b!?"


def test_a_question_is_sixteen_bytes_at_most(clock: Any) -> None:
    kept = recorder(PRINTER, clock)
    for size in (16, 17):
        kept.said(b"\x1b" * size)
    assert [(m.data, m.size) for m in kept.moments()] == [(b"\x1b" * 16, 16), (b"", 17)]


def test_a_digest_is_the_beginning_of_the_known_one() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea"  # FIPS 180-2, appendix B.1


@given(st.binary(max_size=16))
def test_the_short_end_of_a_page_is_no_question(end: bytes) -> None:
    """A long piece is cut where the chunk ends: what is left may be three letters of a name."""
    kept = recorder(PRINTER, lambda: 1.0)
    kept.said("林小满".encode("gb2312"))
    kept.said(b"13900000101")
    kept.said(end)
    *page, last = kept.moments()
    assert not any(moment.data for moment in page)
    assert not last.data or last.data[:1] in b"\x1b\x10\x1d~\rR"


def test_what_a_scanner_read_is_left_out_of_the_file_unless_asked_for(
    clock: Any, tmp_path: Path,
) -> None:
    kept = recorder(SCANNER, clock)
    kept.heard("收件人林小满\r".encode())
    text = save(tmp_path, kept, with_content=False).read_text("utf-8")
    assert "收件人林小满".encode().hex() not in text
    assert digest("收件人林小满\r".encode()) in text
    assert [e.data for e in readings(read_flight(save(tmp_path, kept))) if isinstance(e, Scan)] \
        == ["收件人林小满"]


def test_a_saved_flight_is_read_back_as_it_was(clock: Any, tmp_path: Path) -> None:
    kept = recorder(SCALE, clock)
    kept.note("opened")
    kept.heard(FRAME)
    kept.said(b"W")
    flight = read_flight(save(tmp_path, kept))
    assert (flight.about, flight.saved_at, flight.why) == (SCALE, "2026-11-28", "test")
    assert [(m.direction, m.data, m.note) for m in flight.moments] == [
        ("note", b"", "opened"), ("in", FRAME, ""), ("out", b"W", "")]


def test_times_are_told_from_the_first_moment_on_to_a_tenth_of_a_millisecond(
    tmp_path: Path,
) -> None:
    path = tmp_path / "times.jsonl"
    moments = [Moment(at, "in", b"x") for at in (1000.0, 1000.25, 1000.56789)]
    write_flight(path, SCALE, moments, saved_at="", why="")
    assert [moment.at for moment in read_flight(path).moments] == [0.0, 0.25, 0.5679]


def test_what_is_written_in_chinese_can_be_read_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "words.jsonl"
    write_flight(path, About("左边的秤", "scale", "COM3"), [], saved_at="", why="读数不对")
    assert "左边的秤" in path.read_text("utf-8")
    assert "读数不对" in path.read_text("utf-8")


def test_a_flight_replays_to_the_readings_that_the_station_had(clock: Any, tmp_path: Path) -> None:
    kept = recorder(SCALE, clock)
    kept.note("opened")
    kept.heard(b"0kg\r\n" + FRAME[:7])
    clock.pass_by(0.1)
    kept.heard(FRAME[7:])
    found = readings(read_flight(save(tmp_path, kept)))
    assert [(r.value, r.grams) for r in found if isinstance(r, Reading)] == [
        (Decimal("0.820"), Decimal(820))]


def scanned(*moments: Moment) -> list[str]:
    flight = Flight(SCANNER, "", "", (*moments, Moment(9.0, "note", note="a new shift")))
    return [event.data for event in readings(flight) if isinstance(event, Scan)]


def test_a_pause_ends_a_code_that_has_no_suffix_as_it_did_at_the_bench() -> None:
    for pause, codes in ((0.15, ["6901234"]), (0.1525, ["690", "1234"])):
        assert scanned(Moment(0.0, "in", b"690"), Moment(pause, "in", b"1234")) == codes
    assert scanned(Moment(5.0, "in", b"690"), Moment(5.125, "in", b"1234")) == ["6901234"]


def test_what_was_sent_to_the_device_is_no_end_of_its_pause() -> None:
    assert scanned(Moment(1.0, "in", b"690"), Moment(1.125, "out", b"W"),
                   Moment(1.25, "in", b"1234")) == ["690", "1234"]


@pytest.mark.parametrize("note", ["opened", "lost: DeviceGone", "closed"])
def test_half_a_frame_before_a_break_is_not_joined_with_the_half_after_it(
    note: str, clock: Any, tmp_path: Path,
) -> None:
    kept = recorder(SCALE, clock)
    kept.heard(FRAME[:9])
    kept.note(note)
    kept.heard(FRAME[9:])
    assert readings(read_flight(save(tmp_path, kept))) == []


def test_a_printers_flight_can_only_be_looked_at(clock: Any, tmp_path: Path) -> None:
    flight = read_flight(save(tmp_path, recorder(PRINTER, clock)))
    with pytest.raises(NothingToDecode):
        list(replay(flight))


def test_a_recording_that_lies_in_the_repository_is_a_test() -> None:
    """Saved from a simulated T-Scale: a tare left on, the pan cleared, then a parcel of 820 g."""
    flight = read_flight(Path(__file__).parent / "flights" / "tare-then-parcel.jsonl")
    found = [event for event in readings(flight) if isinstance(event, Reading)]
    steady = list(dict.fromkeys(one.grams for one in found if one.stable))
    assert steady == [Decimal(-250), Decimal(0), Decimal(820)]
    assert {one.mode for one in found if one.grams == -250} == {"net"}


@pytest.mark.parametrize(("text", "where"), [
    ("", "empty"), ("hello\n", "line 1"), ("[]\n", "line 1"), ('{"flight": 9}\n', "line 1"),
    ('{"flight": 1}\n{"at": 0, "in": "zz"}\n', "line 2"),
    ('{"flight": 1}\n{"in": "00"}\n', "line 2"),
    ('{"flight": 1}\n\n{"at": 0}\n', "line 3"),
    ('{"flight": 1}\n{"at": 0, "in": {}}\n', "line 2"),
    ('{"flight": 1}\n{"at": 0, "in": 7}\n', "line 2"),
])
def test_what_is_no_flight_says_which_line(text: str, where: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(NotAFlight, match=where):
        read_flight(path)


@pytest.mark.parametrize(("size", "words"), [
    (8 * 1024 * 1024, "line 1"), (8 * 1024 * 1024 + 1, "larger than any recording"),
])
def test_a_file_of_more_than_eight_megabytes_is_not_even_read(
    size: int, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        file.truncate(size)  # zeros that take no room
    with pytest.raises(NotAFlight, match=words):
        read_flight(path)


def test_bytes_that_are_no_text_are_no_flight(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotAFlight, match="no text"):
        read_flight(path)


@given(st.lists(st.one_of(
    st.builds(Moment, st.floats(0, 600), st.sampled_from(["in", "out"]), st.binary(min_size=1)),
    st.builds(lambda at, note: Moment(at, "note", note=note), st.floats(0, 600), st.text()),
)))
def test_any_moments_survive_the_file(
    tmp_path_factory: pytest.TempPathFactory, moments: list[Moment],
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    write_flight(path, SCALE, moments, saved_at="", why="")
    back = read_flight(path).moments
    assert [(m.direction, m.data, m.note) for m in back] == [
        (m.direction, m.data, m.note) for m in moments]
    for line in path.read_text("utf-8").rstrip("\n").split("\n"):
        assert isinstance(json.loads(line), dict)
