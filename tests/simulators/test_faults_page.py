"""The page about faults names every one of them, in the simulators' own words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulators.camera_feed import CameraFault
from simulators.printer_faults import PrinterFault
from simulators.scale_faults import ScaleFault
from simulators.scanner_faults import ScannerFault

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
DEVICES = {"The printer": PrinterFault, "The scanner": ScannerFault, "The camera": CameraFault}


def rows(heading: str) -> dict[str, tuple[str, str]]:
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", part, re.MULTILINE)
    return {name: (means, does) for name, means, does in found}


@pytest.mark.parametrize("heading", DEVICES)
def test_every_fault_is_on_the_page_with_what_it_means_and_what_is_done(heading: str):
    kind = DEVICES[heading]
    assert {name: means for name, (means, _) in rows(heading).items()} == {
        fault.value: fault.sentence for fault in kind}
    assert all(len(does) > 10 for _, does in rows(heading).values())


LANGUAGES = ("escpos", "tspl", "zpl", "cpcl", "epl")
COUNTS_PAGES = frozenset({
    PrinterFault.ECHO_LOST, PrinterFault.WRONG_ECHO, PrinterFault.TALKS_UNASKED,
})
"""Faults of what only ESC/POS can do: to number its pages, and to speak unasked."""


@pytest.mark.parametrize("kind", [ScaleFault, *DEVICES.values()])
def test_there_are_enough_of_each(kind: type[PrinterFault]):
    assert len({fault.sentence for fault in kind}) >= 25


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_in_each_printer_language(language: str):
    """Beside them there are the ten of the wire, which every device has."""
    is_counting = language == "escpos"
    assert len(set(PrinterFault) - (set() if is_counting else COUNTS_PAGES)) >= 25
