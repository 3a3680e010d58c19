"""A printer from its configuration: unknown words and wild values are refused by name."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import DeviceGone, PaperState, PrinterStatus
from drivers.printer import MODELS, PRINTERS, SettingError, build_printer, for_line, of_model
from drivers.printer.label_printer import LabelPrinter
from drivers.printer.pages import WORST_FIRST, worst
from drivers.printer.settings import (
    CpclSettings,
    Delivery,
    EplSettings,
    EscPosSettings,
    TsplSettings,
    ZplSettings,
    read_settings,
)
from drivers.printer.wire import DRAIN_SECONDS, Conversation


def test_every_language_is_built_by_name():
    assert set(PRINTERS) == {"escpos", "tspl", "zpl", "cpcl", "epl"}
    for language in PRINTERS:
        printer = build_printer("front", "socket://127.0.0.1:9100", language, {})
        assert isinstance(printer, LabelPrinter)
        assert (printer.name, printer.url) == ("front", "socket://127.0.0.1:9100")
        printer.close()


@pytest.mark.parametrize(("language", "near"), [("tspl2", "tspl"), ("esc/pos", "escpos")])
def test_an_unknown_language_names_the_nearest(language, near):
    with pytest.raises(SettingError, match=near):
        build_printer("front", "COM3", language, {})


@pytest.mark.parametrize(
    ("word", "settings", "said"),
    [
        ("epos", {}, "try escpos"),
        ("zspl", {}, "try zpl"),  # and not TSPL, which is somewhat like it, too
        ("brother", {}, "try escpos, tspl, zpl, cpcl, epl"),
        ("tspl", {"model": "xprintr"}, "try xprinter"),
        ("tspl", {"model": "7"}, "try " + ", ".join(MODELS)),
    ],
)
def test_the_nearest_word_is_told_alone_and_all_where_none_is_near(word, settings, said):
    with pytest.raises(SettingError) as refused:
        build_printer("front", "COM3", word, settings)
    assert str(refused.value).endswith(said)


def test_an_unknown_setting_names_the_printer_and_the_nearest_setting():
    with pytest.raises(SettingError, match=r"front.*'densty'.*density"):
        build_printer("front", "COM3", "tspl", {"densty": 3})
    with pytest.raises(SettingError, match="chunk_rows"):
        build_printer("front", "COM3", "escpos", {"chunkrows": 100})


def test_a_setting_of_another_language_is_unknown():
    with pytest.raises(SettingError, match="chunk_rows"):
        build_printer("front", "COM3", "tspl", {"chunk_rows": 100})


def test_an_unknown_setting_like_no_other_lists_all():
    with pytest.raises(SettingError, match="gap_mm, density"):
        build_printer("front", "COM3", "tspl", {"zzz": 1})


@pytest.mark.parametrize(
    ("language", "key", "value"),
    [
        ("escpos", "chunk_rows", 0),
        ("escpos", "chunk_rows", 4096),
        ("escpos", "chunk_rows", "240"),
        ("escpos", "chunk_rows", 24.0),
        ("escpos", "chunk_rows", True),
        ("escpos", "cut", "half"),
        ("escpos", "cut", 1),
        ("escpos", "feed_dots", 256),
        ("escpos", "answer_seconds", float("nan")),
        ("escpos", "answer_seconds", float("inf")),
        ("escpos", "answer_seconds", "soon"),
        ("escpos", "answer_seconds", None),
        ("tspl", "density", 16),
        ("tspl", "density", -1),
        ("tspl", "speed", 0),
        ("tspl", "gap_mm", "wide"),
        ("tspl", "gap_mm", 30),
        ("tspl", "direction", 90),
        ("tspl", "direction", True),
        ("tspl", "baudrate", 12),
        ("tspl", "chunk_bytes", 1),
        ("tspl", "route", "fast"),
        ("zpl", "density", 31),
        ("zpl", "speed", 2.5),
        ("zpl", "speed", 15),
        ("zpl", "ending", "none"),
        ("cpcl", "speed", "2.5"),
        ("cpcl", "density", 201),
        ("cpcl", "status", "byte"),
        ("epl", "speed", 0),
        ("epl", "gap_mm", -1),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(language, key, value):
    with pytest.raises(SettingError, match=key) as refused:
        build_printer("front", "COM3", language, {key: value})
    assert "one of" in str(refused.value) or "from" in str(refused.value)


def test_values_come_as_toml_writes_them():
    delivery, tspl = read_settings(
        "front", {"gap_mm": 2.5, "speed": 5, "pause_ms": 20, "proof_seconds": 8}, Delivery,
        TsplSettings,
    )  # fmt: skip
    assert (tspl.gap_mm, tspl.speed) == (Decimal("2.5"), Decimal(5))
    assert delivery.pause_ms == 20
    assert delivery.proof_seconds == 8.0


@pytest.mark.parametrize(
    "settings",
    [Delivery, EscPosSettings, TsplSettings, ZplSettings, CpclSettings, EplSettings],
)
def test_every_default_is_within_its_own_range_and_every_setting_is_described(settings):
    given_back = {item.name: item.default for item in fields(settings)}
    other = EscPosSettings if settings is Delivery else Delivery
    assert read_settings("front", given_back, settings, other)[0] == settings()
    for item in fields(settings):
        named = item.name in str(settings.__doc__)
        assert named or item.name in ("baudrate", "bytesize", "parity", "stopbits"), item.name


def test_a_speed_in_whole_numbers_may_be_written_with_a_point():
    _, zpl = read_settings("front", {"speed": 4.0}, Delivery, ZplSettings)
    assert zpl.speed == 4
    with pytest.raises(SettingError, match="a whole number from 1 to 14"):
        read_settings("front", {"speed": 4.5}, Delivery, ZplSettings)


@given(st.text(max_size=12), st.one_of(st.none(), st.booleans(), st.integers(), st.floats()))
def test_no_setting_whatever_passes_unnoticed(key, value):
    known = {item.name for kind in (Delivery, TsplSettings) for item in fields(kind)}
    if key in known:
        return
    with pytest.raises(SettingError):
        build_printer("front", "COM3", "tspl", {key: value})


def test_a_printer_that_cannot_answer_is_not_asked_whatever_is_configured(tmp_path):
    url = f"escpos+file://{tmp_path}/lp0"
    printer = build_printer("front", url, "tspl", {"status": "byte"})
    (tmp_path / "lp0").touch()
    assert printer.status().state is PaperState.UNKNOWN
    assert (tmp_path / "lp0").read_bytes() == b""
    printer.close()


# --- States and conversations -------------------------------------------------------------------


SERIAL = ("/dev/ttyUSB0", "COM3", "rfc2217://h:1", "escpos+serial:///dev/ttyS0", "hwgrep://x")
QUICK = ("socket://h:9100", "file:///dev/usb/lp0", "escpos+usb://04b8:0202", "escpos+network://h")


@pytest.mark.parametrize("url", SERIAL)
@pytest.mark.parametrize("language", ["escpos", "tspl", "cpcl", "epl"])
def test_a_slow_line_gets_only_what_is_black_and_the_time_that_a_page_needs(url, language):
    usual = for_line(url, language, {})
    assert usual["route"] == "inked"
    assert 150 < usual["page_seconds"] < 200
    assert for_line(url, language, {"baudrate": 38_400})["route"] == "inked"
    assert "route" not in for_line(url, language, {"baudrate": 57_600})
    assert for_line(url, language, {"baudrate": 1200})["page_seconds"] == 600
    assert for_line(url, language, {"baudrate": 115_200})["page_seconds"] == 60


def test_what_counts_as_slow_and_how_long_a_page_may_take_there():
    assert "route" not in for_line("COM3", "tspl", {"baudrate": 38_401})
    assert for_line("COM3", "zpl", {"baudrate": 9600}) == {"baudrate": 9600, "page_seconds": 187.5}


def test_a_port_is_opened_as_it_is_configured_and_listens_for_a_moment_only():
    asked = {}

    def opener(url, **facts):
        asked.update(facts, url=url)
        raise DeviceGone("front", url, "nobody there")

    line = {"baudrate": 19_200, "bytesize": 7, "parity": "E", "stopbits": 2, "write_seconds": 3}
    printer = build_printer("front", "COM3", "tspl", line, opener=opener)
    with pytest.raises(DeviceGone):
        printer.status()
    assert asked == {
        "url": "COM3", "device": "front", "baudrate": 19_200, "bytesize": 7, "parity": "E",
        "stopbits": 2, "read_timeout": 0.005, "write_timeout": 3,
    }


@pytest.mark.parametrize("url", QUICK)
def test_a_quick_line_gets_the_page_as_it_is(url):
    assert for_line(url, "tspl", {"baudrate": 9600}) == {"baudrate": 9600}


def test_what_is_configured_is_not_decided_again():
    given_back = {"route": "whole", "page_seconds": 30, "baudrate": 9600}
    assert for_line("COM3", "tspl", given_back) == given_back
    assert for_line("COM3", "tspl", {"route": "auto"})["route"] == "inked"
    assert "route" not in for_line("socket://h:9100", "tspl", {"route": "auto"})
    assert "route" not in for_line("COM3", "zpl", {}), "a ZPL page is small as it is"


@pytest.mark.parametrize("baudrate", ["fast", 0, -9600, None])
def test_a_wrong_baud_rate_is_refused_by_its_own_name(baudrate):
    with pytest.raises(SettingError, match="baudrate"):
        build_printer("front", "COM3", "tspl", {"baudrate": baudrate})


def test_every_state_has_its_place_in_the_order():
    assert set(WORST_FIRST) == set(PaperState) - {PaperState.UNKNOWN}


def test_what_stops_printing_is_worse_than_what_does_not():
    stops = [not PrinterStatus(state).may_print for state in WORST_FIRST]
    assert stops == sorted(stops, reverse=True)


@given(st.sets(st.sampled_from(PaperState)))
def test_the_worst_state_is_one_of_those_told(states):
    assert worst(states) in (states or {PaperState.UNKNOWN})


def test_a_printer_that_babbles_is_drained_for_a_bounded_time(virtual_time):
    class Babbling:
        def read_some(self):
            virtual_time.pass_by(0.01)
            return b"x" * 100

        def write(self, data):
            """Deaf."""

        def close(self):
            """Never."""

    start = virtual_time.now
    talk = Conversation(Babbling(), clock=virtual_time, answer_seconds=1.0)
    talk.drain()
    assert virtual_time.now - start <= DRAIN_SECONDS + 0.02
    assert talk.ask(b"?", lambda _data: None) is None
    assert virtual_time.now - start <= DRAIN_SECONDS + 1.05


def test_a_printer_that_babbles_costs_a_fifth_of_a_second(virtual_time):
    class Babbling:
        def read_some(self):
            virtual_time.pass_by(0.1)
            return b"x"

    start = virtual_time.now = 0.0
    Conversation(Babbling(), clock=virtual_time, answer_seconds=1.0).drain()
    assert virtual_time.now - start == 0.2


def test_an_answer_in_pieces_is_waited_for(virtual_time, scripted):
    wire = scripted(virtual_time, {b"?": [b"", b"a", b"", b"b", b"c"]})
    heard = bytearray()

    def feed(data):
        heard.extend(data)
        return bytes(heard) if heard.endswith(b"b") else None

    talk = Conversation(wire, clock=virtual_time, answer_seconds=1.0)
    assert talk.ask(b"?", feed) == b"ab"
    assert wire.waiting == [b"c"]
    talk.drain()
    assert wire.waiting == []


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}, PaperState.READY),
        ({}, PaperState.UNKNOWN),
        ({1: 0x12}, PaperState.UNKNOWN),
        ({1: 0x12, 2: 0x12, 3: 0x12}, PaperState.UNKNOWN),
        ({1: 0x1A}, PaperState.OFFLINE),
        ({1: 0x1A, 2: 0x16}, PaperState.COVER_OPEN),
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x1E}, PaperState.PAPER_LOW),
        ({1: 0x12, 2: 0x12, 3: 0x52, 4: 0x12}, PaperState.HOT),
        ({1: 0x1A, 2: 0x56, 3: 0x52, 4: 0x72}, PaperState.COVER_OPEN),
        ({1: 0xFF, 2: 0x12, 3: 0x12, 4: 0x12}, PaperState.UNKNOWN),
    ],
)
def test_half_an_answer_is_never_ready_and_bad_news_is_believed(
    virtual_time, scripted, answers, state
):
    script = {bytes([0x10, 4, number]): [bytes([value])] for number, value in answers.items()}
    wire = scripted(virtual_time, script)
    printer = build_printer("front", "memory://", "escpos", {}, clock=virtual_time)
    printer._open_wire = lambda: wire
    assert printer.status().state is state


def test_a_kuaimai_word_without_a_line_end_is_read_at_the_end_of_the_wait(virtual_time, scripted):
    wire = scripted(virtual_time, {b"READSTA \r\n": [b"1,", b"PAPEREND"]})
    printer = build_printer("front", "memory://", "tspl", {"status": "readsta"}, clock=virtual_time)
    printer._open_wire = lambda: wire
    assert printer.status() == PrinterStatus(PaperState.PAPER_OUT, b"1,PAPEREND\r\n")


# --- Models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_every_models_settings_are_settings_of_its_language(name):
    model = MODELS[name]
    printer = build_printer("front", "socket://far:9100", model.language, {"model": name})
    for setting, value in model.settings.items():
        holders = (printer._delivery, printer._language._settings)
        assert value in [getattr(holder, setting) for holder in holders if hasattr(holder, setting)]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_prints_on_a_printer_of_its_language(short_bench, small_page, name):
    model, page = MODELS[name], small_page()
    bench = short_bench(model.language)
    settings = of_model("front", model.language, {"model": name, "head_dots": 0})
    assert bench.outcome(bench.printer(**settings), page) in ("printed", "consumed", "none")
    bench.settle()
    assert [paper.rows for paper in bench.device.pages] == [page.rows]


def test_what_is_written_down_goes_before_the_model():
    settings = of_model("front", "tspl", {"model": "kuaimai", "chunk_bytes": 512})
    assert settings == {
        "dialect": "kuaimai", "chunk_bytes": 512, "status": "readsta", "font": "tss32"}
    assert of_model("front", "tspl", {"density": 9}) == {"density": 9}


def test_a_model_of_another_language_or_none_is_refused_with_what_to_write():
    with pytest.raises(SettingError, match='language = "zpl"'):
        build_printer("front", "socket://far", "tspl", {"model": "zebra"})
    with pytest.raises(SettingError, match="try kuaimai"):
        build_printer("front", "socket://far", "tspl", {"model": "kuaimay"})


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_on_the_page_with_its_settings(name):
    page = (Path(__file__).parents[3] / "docs" / "protocols" / "escpos.md").read_text("utf-8")
    (line,) = re.findall(rf"^\| `{name}` \| {MODELS[name].language} \|.*\| (.*) \|$", page, re.M)
    written = tomllib.loads("\n".join(re.findall(r"`([^`]*)`", line)))
    assert of_model("front", MODELS[name].language, {"model": name}) == written
