"""The protocol pages name every protocol, every setting and every state."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from drivers.interfaces import DeviceState
from drivers.printer import PRINTERS
from drivers.printer.settings import (
    CpclSettings,
    Delivery,
    EplSettings,
    EscPosSettings,
    TsplSettings,
    ZplSettings,
)
from drivers.registry import SCALE_SETTINGS, SCALES, SCANNER_SETTINGS
from drivers.scanner.framing import Suffix

PAGES = Path(__file__).parents[2] / "docs" / "protocols"


LANGUAGES = {
    "escpos": EscPosSettings, "tspl": TsplSettings, "zpl": ZplSettings, "cpcl": CpclSettings,
    "epl": EplSettings,
}
LINE = {"baudrate", "bytesize", "parity", "stopbits"}


def quoted(page: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", (PAGES / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", SCALES)
def test_every_scale_protocol_is_on_its_page(name: str) -> None:
    assert name in quoted("scales.md")


def test_every_setting_of_a_scale_is_on_its_page() -> None:
    options = frozenset().union(*(protocol.options for protocol in SCALES.values()))
    assert quoted("scales.md") >= SCALE_SETTINGS | options


def test_every_setting_and_suffix_of_a_scanner_is_on_its_page() -> None:
    assert quoted("scanners.md") >= SCANNER_SETTINGS
    assert quoted("scanners.md") >= {word.lower() for word in Suffix.__members__}


@pytest.mark.parametrize("state", sorted(set(DeviceState) - {DeviceState.ATTENTION}))
def test_every_state_of_a_scale_is_explained(state: DeviceState) -> None:
    assert state.value in quoted("scales.md")


@pytest.mark.parametrize("language", PRINTERS)
def test_every_setting_of_a_printer_language_is_on_its_page(language: str) -> None:
    page = (PAGES / f"{language}.md").read_text(encoding="utf-8")
    missing = [item.name for item in fields(LANGUAGES[language]) if f"`{item.name}`" not in page]
    assert missing == []


def test_what_every_language_shares_is_on_the_page_that_the_others_name() -> None:
    assert quoted("escpos.md") >= {item.name for item in fields(Delivery)} - LINE


@pytest.mark.parametrize("language", PRINTERS)
def test_a_printer_languages_page_says_how_it_can_be_configured(language: str) -> None:
    page = (PAGES / f"{language}.md").read_text(encoding="utf-8")
    assert f'language = "{language}"' in page
    for heading in ("## What is sent", "## What is read", "## Proof", "## Settings", "## Sources"):
        assert heading in page
