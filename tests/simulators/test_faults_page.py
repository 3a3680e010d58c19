"""The page about faults names every one of them, in the simulators' own words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulators.camera_feed import CameraFault
from simulators.printer_faults import PrinterFault
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


@pytest.mark.parametrize("kind", DEVICES.values())
def test_there_are_enough_of_each(kind: type[PrinterFault]):
    assert len(kind) >= 25
