"""What stops a page before its first byte: trouble told, silence, nonsense."""

from __future__ import annotations

import re

import pytest

from drivers.interfaces import (
    DeviceGone,
    NotSent,
    PaperState,
    PortBusy,
)

PAGE_START = re.compile(rb"\x1b@|SIZE |~SD15\r\n\^XA|! 0 |\r\nN\r\n")

OTHERWISE = {("tspl", "hot"): PaperState.ERROR, ("cpcl", "jam"): PaperState.PAPER_OUT}
"""What a language makes of a trouble for which it has no word of its own."""


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("trouble", "wanted"),
    [
        ("open_cover", PaperState.COVER_OPEN),
        ("no_paper", PaperState.PAPER_OUT),
        ("jam", PaperState.JAM),
        ("hot", PaperState.HOT),
    ],
)
@pytest.mark.parametrize("automatic", [False, True])
def test_a_printer_in_trouble_gets_no_byte_of_the_page(
    small_bench, page, trouble, wanted, automatic
):
    if (small_bench.device.language, trouble) == ("cpcl", "hot"):
        return  # shown below: CPCL has no word for it
    small_bench.trouble(trouble)
    small_bench.device._asb = automatic
    printer = small_bench.printer()
    wanted = OTHERWISE.get((small_bench.device.language, trouble), wanted)
    with pytest.raises(NotSent) as refused:
        printer.print_page(page, job_id=1)
    assert refused.value.reason == wanted.value
    assert "front" in str(refused.value)
    assert small_bench.page_bytes() == b""
    assert printer.status().state is wanted


def test_a_hot_cpcl_printer_is_busy_and_proves_nothing(short_bench, small_page):
    bench = short_bench("cpcl")
    bench.fault("hot")
    printer = bench.printer(proof_seconds=3.0)
    assert printer.status().state is PaperState.PRINTING
    assert bench.outcome(printer, small_page()) == "none"


@pytest.mark.fault("F8")
def test_the_same_printer_prints_once_the_paper_is_back(small_bench, page, proven):
    small_bench.no_paper()
    printer = small_bench.printer()
    assert small_bench.outcome(printer, page) == "not_sent"
    small_bench.device.mechanism.reload(small_bench.time.now)
    assert small_bench.outcome(printer, page) == proven.value
    assert len(small_bench.device.pages) == 1


@pytest.mark.parametrize(
    ("language", "settings"), [("escpos", {}), ("zpl", {}), ("cpcl", {"status": "esc_hi"})]
)
def test_low_paper_is_told_and_still_prints(short_bench, small_page, language, settings):
    bench = short_bench(language)
    bench.device.mechanism.leave_paper(200, bench.time.now)
    printer = bench.printer(**settings)
    assert printer.status().state is PaperState.PAPER_LOW
    assert bench.outcome(printer, small_page()) == "printed"


def test_a_page_that_cannot_be_said_is_not_sent(small_bench, page):
    printer = small_bench.printer(head_dots=80)
    with pytest.raises(NotSent, match="96 dots wide"):
        printer.print_page(page, job_id=1)
    assert small_bench.opened == 0


@pytest.mark.parametrize("error", [DeviceGone, PortBusy])
def test_a_port_that_does_not_open_means_not_sent(small_bench, page, error):
    printer = small_bench.printer()

    def refused():
        raise error("front", "memory://", "no such port")

    printer._open_wire = refused
    with pytest.raises(NotSent, match="no such port"):
        printer.print_page(page, job_id=1)
    with pytest.raises(error):
        printer.status()


def test_a_bare_oserror_of_a_port_becomes_one_of_ours(small_bench, page):
    printer = small_bench.printer()

    def broken():
        raise OSError(5, "Input/output error")

    printer._open_wire = broken
    with pytest.raises(NotSent, match="Input/output error"):
        printer.print_page(page, job_id=1)
    with pytest.raises(DeviceGone, match="Input/output error"):
        printer.status()


def test_silence_is_unknown_prints_and_proves_nothing(small_bench, page):
    small_bench.fault("silent")
    printer = small_bench.printer()
    assert printer.status().state is PaperState.UNKNOWN
    assert small_bench.outcome(printer, page) == "none"
    assert b"\x1d(H" not in small_bench.heard, "a mute clone would print the question"
    small_bench.settle()
    assert small_bench.device.pages[0].rows == page.rows


def test_a_silent_printer_costs_a_bounded_time(small_bench, page):
    small_bench.fault("silent")
    start = small_bench.time.now
    small_bench.outcome(small_bench.printer(), page)
    assert small_bench.time.now - start < 2.0


def test_a_printer_configured_as_mute_is_not_asked_and_costs_no_time(small_bench, page):
    start = small_bench.time.now
    printer = small_bench.printer(status="none")
    assert small_bench.outcome(printer, page) == "none"
    assert PAGE_START.match(small_bench.heard)
    assert small_bench.time.now == start
    assert printer.status().state is PaperState.UNKNOWN


def test_garbage_status_bytes_are_never_ready(small_bench):
    small_bench.fault("garbage_status")
    printer = small_bench.printer()
    for _ in range(30):
        assert printer.status().state not in (PaperState.READY, PaperState.PRINTING)


def test_garbage_status_bytes_end_in_one_of_the_honest_outcomes(small_bench, page):
    small_bench.fault("garbage_status")
    printer = small_bench.printer()
    for job in range(1, 11):
        outcome = small_bench.outcome(printer, page, job)
        assert outcome in ("not_sent", "none")
        if outcome == "not_sent":
            assert small_bench.page_bytes() == b""


def test_a_printer_that_never_reports_a_page_proves_nothing(short_bench, small_page):
    bench = short_bench("escpos")
    bench.fault("echo_lost")
    start = bench.time.now
    assert bench.outcome(bench.printer(proof_seconds=3.0), small_page()) == "none"
    assert bench.time.now - start < 6.0
    assert len(bench.device.pages) == 1


def test_a_stale_answer_is_not_taken_for_a_fresh_one(small_bench):
    printer = small_bench.printer()
    assert printer.status().state is PaperState.READY
    small_bench.open_cover()
    printer._wire._answers = b"\x12" if small_bench.device.language == "escpos" else b"\x00"
    assert printer.status().state is PaperState.COVER_OPEN


def test_automatic_status_between_the_answers_disturbs_nothing(short_bench, small_page):
    bench = short_bench("escpos")

    def babble(bench):
        bench.device._asb, bench.device._last_asb = True, b""

    bench.on_read = babble
    printer = bench.printer()
    assert printer.status().state is PaperState.READY
    assert bench.outcome(printer, small_page()) == "printed"
    bench.open_cover()
    assert printer.status().state is PaperState.COVER_OPEN
