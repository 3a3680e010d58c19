"""From words in the configuration to devices; a mistake names the nearest word."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.interfaces import DeviceEvent, Reading, Scan
from drivers.registry import SCALES, SettingsError, scale_worker, scanner_stream, scanner_worker
from drivers.scale.yaohua import check


class Door:
    """Stands for ``open_port``: remembers what was asked for and gives a scripted port."""

    def __init__(self, desk: Any, *steps: Any) -> None:
        self._desk, self._steps = desk, steps
        self.url = ""
        self.line: dict[str, Any] = {}
        self.port: Any = None
        self.worker: Any = None

    def __call__(self, url: str, **line: Any) -> Any:
        if self.port is not None:
            self.worker.request_stop()
        self.url, self.line = url, line
        self.port = self._desk.port(*([] if self.port is not None else self._steps))
        return self.port


def nowhere(_: object) -> None:
    """Emit to nobody, and wait for nothing."""


def run(door: Door, build: Any, *words: str, settings: dict[str, Any], clock: Any) -> list[Any]:
    told: list[DeviceEvent] = []
    worker = build(*words, settings=settings, emit=told.append, clock=clock, opener=door)
    door.worker = worker
    worker._wait = nowhere
    worker.run()
    return told


FRAMES = {
    "toledo-8217": b"\x0201.230\r",
    "st-gs": b"ST,GS,+001.230kg\r\n",
    "and-standard": b"ST,+0001.230 kg\r\n",
    "and-csv": b"LAB-7,2024/05/01,09:30:00,ST,+0001.230, kg\r\n",
    "cas-22": b"ST,GS,1\xc4,+001.230 kg\r\n",
    "cas-ap1": b"\x01\x02S  1.230kg\x71\x03\x04",
    "toledo-continuous": b"\x02-0   1230     0\r\x1e",
    "toledo-continuous-plain": b"\x02-0   1230     0\r",
    "toledo-p05": b"\x0201230\x03",
    "mt-sics": b"S S      1.230 kg\r\n",
    "nci-scp01": b"\n 01.230KG\r\n00\r\x03",
    "nci-ecr": b"\n 01.230KG\r\n00\r\x03",
    "fedex": b"\n 01.230KG\r00\x03",
    "sma": b"\n 1G       1.230kg \r",
    "sartorius-sbi22": b"N     +    1.230 kg \r\n",
    "adam-cpw": b"G + 1.230 kg\r\n",
    "rinstrum": b"\x02   1.230G\x03",
    "dibal": b"990012300000000" + b"0" + b"\r\n",
    "elicom": bytes.fromhex("00123042"),
    "sterling": b"WGross   1.230 kg\r\n",
    "jik-ticket": (
        b"^KJIK000\r\n2024-05-01\r\n09:30:00\r\n  0.100 kg\r\n  1.330 kg\r\n0\r\n0\r\n"
        b"  1.230 kg\r\n  1.230 kg\r\n    0 pcs\r\n \r\n \r\nE\r\n~P1\r\n"),
    "bcd-ff": b"\xff\x44\x30\x12\x00",
    "hid-pos": b"\x03\x04\x03\xfd\xce\x04",
    "hiddev": bytes.fromhex("41008d00fdffffff40008d00ce040000"),
    # Lines without a word of their own are believed from the second on.
    "mettler-print": b"     N       1.230 kg  \r\n" * 2,
    "ups-worldship": b"  1.230 kg. GR  \r\n\x03" * 2,
    "keli": b"001.230(kg)\r\n" * 2,
    "keli-asked": b"\x02GW:001.230(kg)\x03" * 2,
    "shuangjie": b"+   1.230 kg\r\n" * 2,
    "ohaus-defender": b"   1.230 kg    G\r\n" * 2,
    "ohaus-print": b"       1.230 kg    \r\n" * 2,
    "sartorius-sbi16": b"+    1.230 kg \r\n" * 2,
    "kern": b"       1.230 kg \r\n" * 2,
    "adam-16": b"        1.230 kg\r\n" * 2,
    "shinko": b"+001.230KG S\r\n" * 2,
    "radwag": b"SI        1.230 kg \r\n",
    "dollar": b"$001230\r",
    "yaohua-continuous": b"\x02+0012303" + check(b"+0012303") + b"\x03",
    "yaohua-command": b"\x02AB+0012303" + check(b"AB+0012303") + b"\x03",
    "yaohua-equals": b"=0001.230",
    "yaohua-equals-reversed": b"=032.1000",
    "yaohua-a12-ww": b"ww001.230kg",
    "yaohua-a12-wg": b"WG001.230kg" + check(b"WG001.230kg") + b"\r\n",
}


def test_every_protocol_is_tried_here() -> None:
    assert set(FRAMES) == set(SCALES)


@pytest.mark.parametrize("protocol", SCALES)
def test_every_protocol_reads_its_own_frame(desk: Any, protocol: str) -> None:
    unit = "g" if protocol == "dollar" else "kg"
    settings = {"unit": unit} if "unit" in SCALES[protocol].options else {}
    door = Door(desk, FRAMES[protocol])
    told = run(door, scale_worker, "bench", protocol, "COM3", settings=settings, clock=desk.clock)
    assert [event.grams for event in told if isinstance(event, Reading)] == [1230]
    assert door.url == "COM3"
    assert door.line["device"] == "bench"


def test_a_toledo_is_read_at_seven_bits_with_even_parity_and_asked_with_w(desk: Any) -> None:
    door = Door(desk, 0.1)
    run(door, scale_worker, "bench", "toledo-8217", "x", settings={}, clock=desk.clock)
    assert (door.line["bytesize"], door.line["parity"]) == (7, "E")


def test_a_yaohua_in_command_mode_is_asked_by_its_address(desk: Any) -> None:
    door = Door(desk, 0.1)
    first = desk.ports
    run(door, scale_worker, "bench", "yaohua-command", "x", settings={"address": "C"},
        clock=desk.clock)
    assert first[0].written[0][1] == b"\x02CB01\x03"


def test_the_settings_of_the_line_are_passed_on_and_win(desk: Any) -> None:
    door = Door(desk, 0.1)
    settings = {"baudrate": 1200, "bytesize": 8, "parity": "N", "stopbits": 2}
    run(door, scale_worker, "bench", "toledo-8217", "x", settings=settings, clock=desk.clock)
    assert {word: door.line[word] for word in settings} == settings


def test_a_scale_asked_often_is_read_with_a_short_timeout(desk: Any) -> None:
    door = Door(desk, 0.1)
    run(door, scale_worker, "bench", "toledo-8217", "x", settings={"ask_every": 0.1},
        clock=desk.clock)
    assert door.line["read_timeout"] == 0.1


def test_how_long_a_scale_may_be_silent_can_be_set(desk: Any) -> None:
    door = Door(desk, *[0.2] * 40)
    told = run(door, scale_worker, "bench", "st-gs", "x", settings={"silent_after": 60},
               clock=desk.clock)
    assert "silent" not in [getattr(event, "state", None) for event in told]


def test_a_scanner_is_built_by_its_settings(desk: Any) -> None:
    door = Door(desk, b"#]C0A1\t#NOREAD\t", 0.06, b"#A1\t")
    told = run(
        door, scanner_worker, "left", "COM4", clock=desk.clock,
        settings={"suffix": "tab", "prefix": "#", "no_read": "NOREAD", "idle_ms": 60,
                  "bounce_ms": 50, "baudrate": 115200},
    )
    assert [(event.data, event.device) for event in told if isinstance(event, Scan)] == [
        ("A1", "left"), ("A1", "left")]
    assert (door.line["baudrate"], door.line["read_timeout"]) == (115200, 0.06)


def test_a_scanner_without_settings_takes_what_comes(desk: Any) -> None:
    door = Door(desk, b"A1\r\nA2\t")
    told = run(door, scanner_worker, "left", "COM4", settings={}, clock=desk.clock)
    assert [event.data for event in told if isinstance(event, Scan)] == ["A1", "A2"]
    assert door.line["read_timeout"] == 0.08


def test_a_scale_without_settings_is_asked_five_times_a_second_and_silent_after_three(
    desk: Any
) -> None:
    door = Door(desk, *[0.2001] * 20)
    told = run(door, scale_worker, "bench", "toledo-8217", "x", settings={}, clock=desk.clock)
    asked = [round(at - 1000, 2) for at, _ in desk.ports[0].written[:3]]
    assert asked == [0.0, 0.2, 0.4]
    (silent,) = [event for event in told if getattr(event, "detail", "") == "no_frames"]
    assert silent.facts == {"seconds": "3"}
    assert door.line["read_timeout"] == 0.2


def test_a_scale_that_speaks_by_itself_is_read_with_the_usual_timeout(desk: Any) -> None:
    door = Door(desk, 0.1)
    run(door, scale_worker, "bench", "st-gs", "x", settings={"ask_every": 0.05}, clock=desk.clock)
    assert door.line["read_timeout"] == 0.2


@pytest.mark.parametrize(("settings", "apart", "codes"), [
    ({}, 0.2998, 1), ({}, 0.3002, 2), ({"bounce_ms": 500}, 0.5, 1), ({"bounce_ms": 500}, 0.502, 2),
    ({"bounce_ms": 0}, 0.0, 2),
])
def test_a_code_counts_again_after_300_ms_or_what_is_set(
    settings: dict[str, Any], apart: float, codes: int
) -> None:
    stream = scanner_stream("left", "COM4", settings)
    assert len([*stream.feed(b"A1\r", 10.0), *stream.feed(b"A1\r", 10.0 + apart)]) == codes


def build_scale(protocol: str = "st-gs", **settings: Any) -> None:
    scale_worker("bench", protocol, "x", settings=settings, emit=nowhere)


def build_scanner(**settings: Any) -> None:
    scanner_worker("left", "x", settings=settings, emit=nowhere)


@pytest.mark.parametrize(("protocol", "settings", "words"), [
    ("st-gz", {}, "bench: unknown scale protocol 'st-gz'; did you mean st-gs?"),
    ("avery", {}, "known are adam-16, adam-cpw, and-csv"),
    ("st-gs", {"baudrat": 1}, "bench: unknown setting 'baudrat'; did you mean baudrate?"),
    ("st-gs", {"parity_bit": True}, "unknown setting 'parity_bit'"),
    ("yaohua-a12-ww", {"unit": "kg"}, "unknown setting 'unit'"),
    ("st-gs", {"decimal_comma": "yes"}, "bench: decimal_comma must be true or false"),
    ("sma", {"decimal_comma": True}, "unknown setting 'decimal_comma'"),
    ("toledo-8217", {"decimals": 5}, "bench: decimals must be from 0 to 4, not 5"),
    ("st-gs", {"unit": "公斤"}, "bench: unknown unit '公斤'; write kg"),
    ("st-gs", {"unit": "gr"}, "bench: unknown unit 'gr'; known are ct, dwt, g, kg"),
    ("st-gs", {"unit": "stone"}, "bench: unknown unit 'stone'; known are"),
    ("st-gs", {"silent_after": "3"}, "silent_after must be a number that is not negative"),
    ("st-gs", {"silent_after": True}, "silent_after must be a number"),
    ("toledo-8217", {"ask_every": -1}, "ask_every must be a number"),
    ("yaohua-command", {"address": "a"}, "address must be one letter from A to Z, not 'a'"),
    ("yaohua-command", {"address": 5}, "address must be one letter"),
])
def test_a_mistake_in_a_scales_settings_is_named(
    protocol: str, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError) as mistake:
        build_scale(protocol, **settings)
    assert words in str(mistake.value)


@pytest.mark.parametrize(("settings", "words"), [
    ({"sufix": "cr"}, "left: unknown setting 'sufix'; did you mean suffix?"),
    ({"suffix": "crl"}, "left: unknown suffix 'crl'; did you mean crlf?"),
    ({"code_id": "zebar"}, "left: unknown code_id 'zebar'; did you mean zebra?"),
    ({"bounce_ms": "300"}, "left: bounce_ms must be a number"),
    ({"idle_ms": None}, "left: idle_ms must be a number"),
])
def test_a_mistake_in_a_scanners_settings_is_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as mistake:
        build_scanner(**settings)
    assert words in str(mistake.value)


def test_building_opens_nothing() -> None:
    build_scale()
    build_scanner()
