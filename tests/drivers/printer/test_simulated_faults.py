"""Every fault of the simulated printer: what the station says of the page, in every language.

Docs: docs/faults.md says the same in words.
"""

from __future__ import annotations

import pytest

from drivers.interfaces import PaperState
from simulators.printer_faults import PrinterFault

LANGUAGES = ("escpos", "tspl", "zpl", "cpcl", "epl")
NOT_SENT = ("not_sent",) * 5
UNPROVEN = ("none",) * 5
AS_WELL = ("printed", "printed", "printed", "printed", "consumed")
"""What a healthy printer proves; EPL2 knows no "printed"."""

WORD: dict[PrinterFault, tuple[str, ...]] = {
    PrinterFault.SILENT: UNPROVEN,
    PrinterFault.GARBAGE_STATUS: ("none", "not_sent", "none", "none", "none"),
    PrinterFault.LYING_READY: ("printed", *["consumed"] * 4),
    PrinterFault.ECHO_LOST: ("none", *AS_WELL[1:]),
    PrinterFault.BLANK: AS_WELL,
    PrinterFault.DOUBLE: AS_WELL,
    PrinterFault.DEAD_DOTS: AS_WELL,
    PrinterFault.REISSUE_LAST: AS_WELL,
    PrinterFault.HOT: ("not_sent", "not_sent", "not_sent", "none", "not_sent"),
    PrinterFault.JAM: NOT_SENT,
    PrinterFault.KEEPS_WAITING: AS_WELL,
    PrinterFault.COVER_OPEN: NOT_SENT,
    PrinterFault.PAPER_OUT: NOT_SENT,
    PrinterFault.PAPER_LOW: AS_WELL,
    PrinterFault.PAUSED: ("not_sent", "not_sent", "not_sent", "none", "not_sent"),
    PrinterFault.STUCK_BUSY: ("printed", "none", "none", "none", "consumed"),
    PrinterFault.LATE_ANSWERS: UNPROVEN,
    PrinterFault.HALF_ANSWERS: UNPROVEN,
    PrinterFault.TALKS_UNASKED: AS_WELL,
    PrinterFault.WRONG_ECHO: ("none", *AS_WELL[1:]),
    PrinterFault.EATS_JOBS: ("printed", *["consumed"] * 4),
    PrinterFault.SMALL_BUFFER: AS_WELL,
    PrinterFault.SHIFTED: AS_WELL,
    PrinterFault.FADED: AS_WELL,
    PrinterFault.SKIPS_LABEL: AS_WELL,
    PrinterFault.REBOOTS: ("printed", *["consumed"] * 4),
}
"""The word about a page by language: none of these is more than the printer itself has said."""

BY_CHANCE = (PrinterFault.CHATTER, PrinterFault.DROPS_BYTES)
ON_THE_WIRE = (PrinterFault.STALL,)  # tests/drivers/printer/test_in_flight.py

MISSING_ON_PAPER = (
    PrinterFault.BLANK, PrinterFault.DEAD_DOTS, PrinterFault.SHIFTED, PrinterFault.FADED,
    PrinterFault.EATS_JOBS, PrinterFault.REBOOTS,
)
"""The printer vouches for a label that is not right: only reading it back shows that."""


def after_a_page(short_bench, page, fault, language):
    bench = short_bench(language)
    bench.fault(fault)
    word = bench.outcome(bench.printer(proof_seconds=3.0), page)
    bench.settle()
    return bench, word, [paper for paper in bench.device.pages if paper.rows == page.rows]


def test_every_fault_has_its_answer():
    assert set(WORD) | set(BY_CHANCE) | set(ON_THE_WIRE) == set(PrinterFault)
    assert len(PrinterFault) >= 25


@pytest.mark.parametrize(("language", "place"), [(word, n) for n, word in enumerate(LANGUAGES)])
@pytest.mark.parametrize("fault", WORD)
def test_the_word_about_a_page_is_what_the_printer_lets_know(
    short_bench, page, fault, language, place
):
    bench, word, right = after_a_page(short_bench, page, fault, language)
    assert word == WORD[fault][place]
    if word == "not_sent":
        assert bench.page_bytes() == b""
        assert bench.device.pages == []
    elif fault in MISSING_ON_PAPER:
        assert right == []
    elif fault is PrinterFault.DOUBLE:
        assert len(right) == 2  # the printer's own doing: the station has sent one
    elif bench.device.mechanism.halted:
        assert right == []  # it waits, and prints once it may
    else:
        assert len(right) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", BY_CHANCE)
def test_noise_either_way_ends_in_an_honest_word(short_bench, page, fault, language):
    bench, word, right = after_a_page(short_bench, page, fault, language)
    assert word in ("not_sent", "maybe_sent", "printed", "consumed", "none")
    assert len(right) == (fault is PrinterFault.CHATTER)
    if word == "not_sent":
        assert bench.page_bytes() == b""


SAID: dict[PrinterFault, set[PaperState]] = {
    PrinterFault.SILENT: {PaperState.UNKNOWN},
    PrinterFault.HALF_ANSWERS: {PaperState.UNKNOWN},
    PrinterFault.LATE_ANSWERS: {PaperState.UNKNOWN},
    PrinterFault.COVER_OPEN: {PaperState.COVER_OPEN},
    PrinterFault.PAPER_OUT: {PaperState.PAPER_OUT},
    PrinterFault.PAPER_LOW: {PaperState.PAPER_LOW, PaperState.READY},  # where it can be told
    PrinterFault.JAM: {PaperState.JAM, PaperState.ERROR, PaperState.PAPER_OUT},
    PrinterFault.HOT: {PaperState.HOT, PaperState.ERROR, PaperState.PRINTING},
    PrinterFault.PAUSED: {PaperState.PAUSED, PaperState.OFFLINE, PaperState.PRINTING},
    PrinterFault.STUCK_BUSY: {PaperState.PRINTING, PaperState.READY},
    PrinterFault.LYING_READY: {PaperState.READY},
}
"""The normalised states; a language that cannot say one says the nearest worse one."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", SAID)
def test_states_are_the_same_words_in_every_language(short_bench, fault, language):
    bench = short_bench(language)
    bench.fault(fault)
    assert bench.printer().status().state in SAID[fault]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", [
    PrinterFault.SILENT, PrinterFault.HALF_ANSWERS, PrinterFault.GARBAGE_STATUS,
])
def test_silence_and_nonsense_are_never_ready(short_bench, fault, language):
    bench = short_bench(language)
    bench.fault(fault)
    printer = bench.printer()
    for _ in range(5):
        assert printer.status().state not in (PaperState.READY, PaperState.PAPER_LOW)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", [f for f in PrinterFault if f not in ON_THE_WIRE])
def test_a_mended_printer_prints_the_next_page_once(short_bench, small_page, fault, language):
    bench = short_bench(language)
    bench.fault(fault)
    printer = bench.printer(proof_seconds=1.0)
    bench.outcome(printer, small_page(1))
    bench.device.set_fault(fault, on=False, now=bench.time.now)
    bench.settle()
    if fault in (PrinterFault.DROPS_BYTES, PrinterFault.REBOOTS):
        bench.device.power_cycle(bench.time.now)  # what a person does with a printer that is lost
    page = small_page(2)
    assert bench.outcome(printer, page) in ("printed", "consumed", "none")
    bench.settle()
    assert sum(paper.rows == page.rows for paper in bench.device.pages) == 1
