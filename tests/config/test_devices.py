"""The device tables of station.toml speak the drivers' own words."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.camera.settings import CAMERA_SETTINGS
from drivers.camera.settings import read_settings as read_camera
from drivers.printer import MODELS, PRINTERS, of_model
from drivers.printer.settings import (
    CpclSettings,
    Delivery,
    EplSettings,
    EscPosSettings,
    TsplSettings,
    ZplSettings,
    read_settings,
)
from drivers.registry import SCALE_SETTINGS, SCALES, SCANNER_SETTINGS, scale_worker, scanner_worker
from drivers.scanner.commands import BEEPING
from station.config import ConfigError, parse
from station.config.devices import Camera, Device, Printer, Scale, Scanner, SlipPrinter
from station.config.reading import Entry, entries

OURS = {"name", "port", "protocol", "language", "role", "division_g", "codes", "beeps", "paper_mm"}
CAMERA = """
[[bench]]
[bench.camera]
port = "0"
region = [0.2, 0.1, 0.6, 0.8]
looks_per_second = 4
"""
LANGUAGES = {
    "tspl": TsplSettings, "escpos": EscPosSettings, "zpl": ZplSettings, "cpcl": CpclSettings,
    "epl": EplSettings,
}


def for_the_driver(kind: type[Device]) -> dict[str, Entry]:
    return {entry.item.name: entry for entry in entries(kind) if entry.item.name not in OURS}


def known_to_printers() -> dict[str, list]:
    known: dict[str, list] = {}
    for settings in (Delivery, *LANGUAGES.values()):
        for item in fields(settings):
            known.setdefault(item.name, []).append(item)
    return known


def test_every_scale_setting_is_known_to_the_driver():
    options = set().union(*(protocol.options for protocol in SCALES.values()))
    assert for_the_driver(Scale).keys() <= SCALE_SETTINGS | options


def test_every_scanner_setting_is_known_to_the_driver():
    assert for_the_driver(Scanner).keys() <= SCANNER_SETTINGS


def test_a_cameras_settings_are_those_of_its_driver_but_what_it_reads_follows_from_its_role():
    assert for_the_driver(Camera).keys() == CAMERA_SETTINGS - {"reads"}


def test_a_cameras_region_reaches_its_driver_as_plain_numbers():
    camera = parse(CAMERA, Path()).benches[0].camera
    assert camera is not None
    assert camera.settings() == {"region": [0.2, 0.1, 0.6, 0.8], "looks_per_second": 4.0}
    assert read_camera("1-camera", camera.settings()).region == (0.2, 0.1, 0.6, 0.8)


def test_a_camera_shares_no_port_with_another_device():
    with pytest.raises(ConfigError, match=r"bench\[1\].camera.port"):
        parse(CAMERA + '[[bench.scanner]]\nport = "0"\n', Path())


def test_every_make_that_can_beep_can_be_chosen():
    (beeps,) = (entry for entry in entries(Scanner) if entry.item.name == "beeps")
    assert set(beeps.about.choices) == BEEPING


def test_a_printers_settings_are_those_of_its_driver():
    both = for_the_driver(Printer).keys() | for_the_driver(SlipPrinter).keys()
    assert both == known_to_printers().keys() | {"model"}
    assert for_the_driver(SlipPrinter).keys() - for_the_driver(Printer).keys() \
        == {"characters", "barcodes"}


def test_every_model_can_be_chosen():
    assert set(for_the_driver(Printer)["model"].about.choices) == MODELS.keys()


def test_every_printer_language_can_be_chosen():
    (language,) = (entry for entry in entries(Printer) if entry.item.name == "language")
    assert set(language.about.choices) == LANGUAGES.keys() == PRINTERS.keys()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_setting_of_a_language_reaches_its_driver(language: str):
    usual = {item.name: getattr(kind(), item.name)
             for kind in (Delivery, LANGUAGES[language]) for item in fields(kind)
             if item.name not in ("characters", "barcodes")}  # of slips, which are drawn on labels
    given = Printer(language=language, port="COM1", **usual).settings()
    assert given.keys() == usual.keys()
    assert read_settings("p", given, Delivery, LANGUAGES[language]) == (
        Delivery(), LANGUAGES[language]())


@pytest.mark.parametrize("name", sorted(for_the_driver(Printer).keys() - {"model"}))
def test_what_a_printer_setting_allows_is_what_the_driver_allows(name: str):
    about = for_the_driver(Printer)[name].about
    drivers = [item.metadata for item in known_to_printers()[name]]
    if about.choices:
        assert set(about.choices) == {
            choice for metadata in drivers for choice in metadata["choices"]}
    elif "low" in drivers[0]:
        # Where languages differ, each of them still refuses what it does not know.
        assert Decimal(about.low) == min(Decimal(str(metadata["low"])) for metadata in drivers)
        assert Decimal(about.high) == max(Decimal(str(metadata["high"])) for metadata in drivers)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_printer_that_says_nothing_more_gets_its_languages_usual_values(language: str):
    given = Printer(language=language, port="COM1").settings()
    assert read_settings("p", given, Delivery, LANGUAGES[language]) == (
        Delivery(), LANGUAGES[language]())


SLIPS = """
[[bench]]
[bench.slip_printer]
port = "COM5"
"""


def slip_settings(more: str = "") -> tuple[Delivery, EscPosSettings]:
    printer = parse(SLIPS + more, Path()).benches[0].slip_printer
    assert printer is not None
    given = of_model("slips", "escpos", printer.settings())
    return read_settings("slips", given, Delivery, EscPosSettings)


def test_a_slip_printer_that_says_nothing_more_is_an_80_mm_one_with_a_knife():
    _, told = slip_settings()
    assert (told.head_dots, told.feed, told.feed_dots, told.cut) == (576, "dots", 0, "feed")
    assert (told.characters, told.status, told.proof) == ("gb18030", "dle_eot", "barrier")


def test_a_58_mm_one_feeds_to_its_tear_bar_and_has_no_knife():
    _, told = slip_settings("paper_mm = 58")
    assert (told.head_dots, told.cut, told.feed_dots) == (384, "none", 160)


@pytest.mark.parametrize(("more", "cut", "dots"), [
    ('cut = "none"', "none", 160), ('cut = "full"\nfeed_dots = 40', "full", 40),
    ('paper_mm = 58\ncut = "partial"', "partial", 0), ('paper_mm = 58\nfeed_dots = 0', "none", 0),
])
def test_what_is_written_of_its_knife_stays(more: str, cut: str, dots: int):
    _, told = slip_settings(more)
    assert (told.cut, told.feed_dots) == (cut, dots)


def test_a_slip_printers_model_completes_it_and_its_own_words_stay():
    delivery, told = slip_settings('model = "escpos-clone"\npause_ms = 5')
    assert (told.proof, told.chunk_rows) == ("barrier", 128)
    assert (delivery.chunk_bytes, delivery.pause_ms) == (1024, 5)
    assert slip_settings('model = "epson"')[1].proof == "process_id"


def test_a_slip_printer_without_chinese_is_no_matter_of_its_driver():
    assert slip_settings('characters = "none"')[1].characters == "gb18030"
    assert slip_settings('characters = "gb2312"')[1].characters == "gb2312"


@pytest.mark.parametrize("name", sorted(for_the_driver(SlipPrinter).keys() - {"model"}))
def test_what_a_slip_printer_setting_allows_the_driver_allows(name: str):
    about = for_the_driver(SlipPrinter)[name].about
    (metadata,) = (item.metadata for kind in (Delivery, EscPosSettings) for item in fields(kind)
                   if item.name == name)
    if about.choices:
        assert set(about.choices) - {"none"} <= set(metadata["choices"])
    elif "low" in metadata:
        assert (Decimal(about.low), Decimal(about.high)) == (
            Decimal(str(metadata["low"])), Decimal(str(metadata["high"])))


def test_a_slip_printer_shares_no_port_with_the_label_printer():
    with pytest.raises(ConfigError, match=r"bench\[1\].slip_printer.port"):
        parse(SLIPS + '[bench.printer]\nport = "COM5"\n', Path())


def test_a_scale_and_a_scanner_are_built_from_their_tables():
    scale = Scale(protocol="toledo-8217", port="socket://127.0.0.1:9", unit="kg", baudrate=4800)
    scanner = Scanner(port="socket://127.0.0.1:9", suffix="cr", prefix="$", idle_ms=90)
    assert scale_worker("s", scale.protocol, scale.port, settings=scale.settings(), emit=print)
    assert scanner_worker("g", scanner.port, settings=scanner.settings(), emit=print)
