"""Every page ends as exactly one of NotSent, MaybeSent or a Proof, and NotSent means no byte."""

from __future__ import annotations

import re

import pytest

from drivers.interfaces import (
    Bitmap,
    DeviceError,
    DeviceGone,
    MaybeSent,
    NotSent,
    PaperState,
    PortBusy,
    Printer,
    Proof,
)
from simulators.printer import PrinterFault

SMALL = (96, 64)
PAGE_START = re.compile(rb"\x1b@|SIZE ")


def page_bytes(bench):
    """What the printer heard of a page: all but its status questions."""
    questions = re.compile(rb"\x10\x04[\x01-\x04]|\x1b![?S]|READSTA \r\n")
    return questions.sub(b"", bytes(bench.heard))


def small(make_page, seed=0):
    rows = make_page(*SMALL, seed).rows.replace(b"\x10", b"\x11")
    return Bitmap(*SMALL, rows)


def short_label(make_bench, language):
    return make_bench(language, width=SMALL[0], label_rows=SMALL[1])


@pytest.fixture
def small_bench(make_bench, language):
    return short_label(make_bench, language)


@pytest.fixture
def page(make_page):
    return small(make_page)


def test_a_label_printer_is_what_the_station_calls_a_printer(small_bench):
    printer: Printer = small_bench.printer()
    assert printer.name == "front"


def test_nothing_is_opened_before_the_first_use(small_bench):
    small_bench.printer()
    assert small_bench.opened == 0


def test_a_page_comes_out_and_is_proven_printed(small_bench, page):
    printer = small_bench.printer()
    assert printer.print_page(page, job_id=7) is Proof.PRINTED
    (paper,) = small_bench.device.pages
    assert paper.whole
    assert paper.rows == page.rows
    printer.close()
    assert small_bench.open_wires == 0


def test_ten_pages_use_one_connection_and_come_out_in_order(small_bench, make_page):
    printer = small_bench.printer()
    pages = [small(make_page, seed) for seed in range(10)]
    proofs = {printer.print_page(page, job_id=job) for job, page in enumerate(pages, 1)}
    assert proofs == {Proof.PRINTED}
    assert [paper.rows for paper in small_bench.device.pages] == [page.rows for page in pages]
    assert small_bench.opened == 1
    assert not small_bench.device.mechanism.complaints


def test_a_whole_waybill_in_either_size_comes_out_dot_for_dot(make_bench, language, make_page):
    for width, height in ((800, 1200), (608, 1040)):
        bench = make_bench(language, width=width, label_rows=height)
        page = make_page(width, height)
        page = Bitmap(width, height, page.rows.replace(b"\x10", b"\x30"))
        assert bench.printer().print_page(page, job_id=1) is Proof.PRINTED
        (paper,) = bench.device.pages
        assert (paper.width, paper.height, paper.rows) == (width, height, page.rows)


@pytest.mark.parametrize("chunk_bytes", [64, 1000, 4096, 1 << 20])
def test_the_piece_size_changes_nothing_on_paper(small_bench, page, chunk_bytes):
    printer = small_bench.printer(chunk_bytes=chunk_bytes)
    assert printer.print_page(page, job_id=1) is Proof.PRINTED
    assert max(map(len, small_bench.writes)) <= chunk_bytes
    assert small_bench.device.pages[0].rows == page.rows


def test_a_pause_is_made_after_each_block(make_bench, make_page):
    bench = short_label(make_bench, "escpos")
    waited = []
    real = bench.time.pass_by
    printer = bench.printer(chunk_rows=16, pause_ms=50)
    printer._pause = lambda seconds: (waited.append(seconds), real(seconds))
    printer.print_page(small(make_page), job_id=1)
    assert waited == [0.05] * (1 + 64 // 16 + 1)


# --- Refused before the page --------------------------------------------------------------------


def open_cover(bench):
    bench.device.mechanism.open_cover(bench.time.now, is_open=True)


def no_paper(bench):
    bench.device.mechanism.leave_paper(0, bench.time.now)


def fault(name):
    return lambda bench: bench.device.set_fault(name, on=True, now=bench.time.now)


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("trouble", "wanted"),
    [
        (open_cover, {"escpos": PaperState.COVER_OPEN, "tspl": PaperState.COVER_OPEN}),
        (no_paper, {"escpos": PaperState.PAPER_OUT, "tspl": PaperState.PAPER_OUT}),
        (fault("jam"), {"escpos": PaperState.JAM, "tspl": PaperState.JAM}),
        (fault("hot"), {"escpos": PaperState.HOT, "tspl": PaperState.ERROR}),
    ],
)
@pytest.mark.parametrize("automatic", [False, True])
def test_a_printer_in_trouble_gets_no_byte_of_the_page(
    small_bench, page, trouble, wanted, automatic
):
    trouble(small_bench)
    small_bench.device._asb = automatic
    printer = small_bench.printer()
    wanted = wanted[small_bench.device.language]
    with pytest.raises(NotSent) as refused:
        printer.print_page(page, job_id=1)
    assert refused.value.reason == wanted.value
    assert "front" in str(refused.value)
    assert page_bytes(small_bench) == b""
    assert printer.status().state is wanted


@pytest.mark.fault("F8")
def test_the_same_printer_prints_once_the_paper_is_back(small_bench, page):
    no_paper(small_bench)
    printer = small_bench.printer()
    assert small_bench.outcome(printer, page) == "not_sent"
    small_bench.device.mechanism.reload(small_bench.time.now)
    assert small_bench.outcome(printer, page) == "printed"
    assert len(small_bench.device.pages) == 1


def test_low_paper_is_told_and_still_prints(make_bench, make_page):
    bench = short_label(make_bench, "escpos")
    bench.device.mechanism.leave_paper(200, bench.time.now)
    printer = bench.printer()
    assert printer.status().state is PaperState.PAPER_LOW
    assert bench.outcome(printer, small(make_page)) == "printed"


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


# --- Silence and nonsense -----------------------------------------------------------------------


def test_silence_is_unknown_prints_and_proves_nothing(small_bench, page):
    fault("silent")(small_bench)
    printer = small_bench.printer()
    assert printer.status().state is PaperState.UNKNOWN
    assert small_bench.outcome(printer, page) == "none"
    assert b"\x1d(H" not in small_bench.heard, "a mute clone would print the question"
    small_bench.settle()
    assert small_bench.device.pages[0].rows == page.rows


def test_a_silent_printer_costs_a_bounded_time(small_bench, page):
    fault("silent")(small_bench)
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


def test_garbage_status_bytes_are_never_ready(small_bench, page):
    fault("garbage_status")(small_bench)
    printer = small_bench.printer()
    for _ in range(30):
        assert printer.status().state not in (PaperState.READY, PaperState.PRINTING)


def test_garbage_status_bytes_end_in_one_of_the_honest_outcomes(small_bench, page):
    fault("garbage_status")(small_bench)
    printer = small_bench.printer()
    for job in range(1, 11):
        outcome = small_bench.outcome(printer, page, job)
        assert outcome in ("not_sent", "none")
        if outcome == "not_sent":
            assert page_bytes(small_bench) == b""


def test_a_printer_that_never_reports_a_page_proves_nothing(make_bench, make_page):
    bench = short_label(make_bench, "escpos")
    fault("echo_lost")(bench)
    start = bench.time.now
    assert bench.outcome(bench.printer(proof_seconds=3.0), small(make_page)) == "none"
    assert bench.time.now - start < 6.0
    assert len(bench.device.pages) == 1


def test_a_stale_answer_is_not_taken_for_a_fresh_one(small_bench, page):
    printer = small_bench.printer()
    assert printer.status().state is PaperState.READY
    open_cover(small_bench)
    printer._wire._answers = b"\x12" if small_bench.device.language == "escpos" else b"\x00"
    assert printer.status().state is PaperState.COVER_OPEN


def test_automatic_status_between_the_answers_disturbs_nothing(make_bench, make_page):
    bench = short_label(make_bench, "escpos")

    def babble(bench):
        bench.device._asb, bench.device._last_asb = True, b""

    bench.on_read = babble
    printer = bench.printer()
    assert printer.status().state is PaperState.READY
    assert bench.outcome(printer, small(make_page)) == "printed"
    open_cover(bench)
    assert printer.status().state is PaperState.COVER_OPEN


# --- Trouble while the page is under way --------------------------------------------------------


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("trouble", "state"), [(open_cover, PaperState.COVER_OPEN), (fault("jam"), PaperState.JAM)]
)
def test_trouble_while_printing_means_maybe_sent_and_says_which(small_bench, page, trouble, state):
    printer = small_bench.printer()
    printer.status()

    def later(bench):
        if bench.device.mechanism.busy:
            trouble(bench)

    small_bench.device.mechanism.rows_per_second = 100.0
    small_bench.on_read = later
    with pytest.raises(MaybeSent) as torn:
        printer.print_page(page, job_id=1)
    assert torn.value.reason == state.value
    assert small_bench.open_wires == 0


@pytest.mark.fault("F8")
@pytest.mark.parametrize("rows", [1, 20, 63])
def test_paper_out_at_any_row_means_maybe_sent(small_bench, page, rows):
    small_bench.device.mechanism.leave_paper(rows, small_bench.time.now)
    with pytest.raises(MaybeSent) as torn:
        small_bench.printer().print_page(page, job_id=1)
    assert torn.value.reason == PaperState.PAPER_OUT.value
    assert [paper.whole for paper in small_bench.device.pages] == [False]


@pytest.mark.fault("F8")
def test_nothing_is_repeated_after_paper_out_and_reload(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    printer = bench.printer()
    assert bench.outcome(printer, small(make_page, 1)) == "printed"
    bench.device.mechanism.leave_paper(30, bench.time.now)
    assert bench.outcome(printer, small(make_page, 2)) == "maybe_sent"
    bench.device.mechanism.reload(bench.time.now)
    bench.settle()
    assert bench.outcome(printer, small(make_page, 3)) == "printed"
    whole = [paper.rows for paper in bench.device.pages if paper.whole]
    assert whole == [small(make_page, 1).rows, small(make_page, 3).rows]


def test_a_paused_printer_is_waited_for_and_then_in_doubt(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    bench.on_read = lambda bench: setattr(
        bench.device.mechanism, "paused", bench.device.mechanism.busy
    )
    with pytest.raises(MaybeSent, match="paused"):
        bench.printer(proof_seconds=2.0).print_page(small(make_page), job_id=1)


def test_a_paused_printer_that_goes_on_has_printed(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    start, bench.device.mechanism.rows_per_second = bench.time.now, 100.0

    def pause_two_seconds(bench):
        machine = bench.device.mechanism
        machine.paused = machine.busy and bench.time.now < start + 2.0

    bench.on_read = pause_two_seconds
    assert bench.outcome(bench.printer(), small(make_page)) == "printed"


@pytest.mark.parametrize("counts_bytes", [True, False])
@pytest.mark.parametrize("stall_seconds", [0.0, 5.0])
def test_a_wire_that_fails_after_any_byte_ends_honestly(
    make_bench, language, make_page, counts_bytes, stall_seconds
):
    page = small(make_page)
    reference = short_label(make_bench, language)
    reference.printer().print_page(page, job_id=1)
    length, seen = len(reference.heard), set()
    for taken in [*range(60), *range(60, length, 37), length]:
        bench = short_label(make_bench, language)
        bench.takes, bench.counts_bytes = taken, counts_bytes
        bench.stall_seconds = stall_seconds
        outcome = bench.outcome(bench.printer(chunk_bytes=100, proof_seconds=1.0), page)
        seen.add(outcome)
        if outcome == "not_sent":
            # A language's own question cut in half is no page either.
            assert page_bytes(bench) in (b"", b"\x10", b"\x10\x04", b"\x1b", b"\x1b!")
        elif outcome == "printed":
            bench.settle()
            assert [paper.whole for paper in bench.device.pages] == [True]
        assert bench.open_wires in (0, 1)
    assert {"not_sent", "maybe_sent", "printed"} <= seen <= {
        "not_sent", "maybe_sent", "printed", "consumed", "none",
    }  # fmt: skip


@pytest.mark.fault("F29")
def test_a_printer_that_stops_reading_is_given_up_after_the_write_timeout(small_bench, page):
    small_bench.takes, small_bench.stall_seconds = 120, 5.0
    start = small_bench.time.now
    with pytest.raises(MaybeSent, match="takes no more bytes"):
        small_bench.printer(chunk_bytes=64).print_page(page, job_id=1)
    assert small_bench.time.now - start < 8.0
    assert small_bench.open_wires == 0


@pytest.mark.fault("F29")
def test_a_printer_that_dribbles_is_given_up_after_the_page_timeout(small_bench, page):
    printer = small_bench.printer(chunk_bytes=64, page_seconds=3.0)
    wire = small_bench.open()
    write = wire.write

    def slow(data):
        small_bench.time.pass_by(0.4)
        write(data)

    wire.write = slow
    printer._open_wire = lambda: wire
    with pytest.raises(MaybeSent, match="longer than 3 s"):
        printer.print_page(page, job_id=1)


def test_a_write_that_took_nothing_of_the_page_means_not_sent(small_bench, page):
    printer = small_bench.printer()
    printer.status()
    small_bench.takes = len(small_bench.heard) * 2
    small_bench.stall_seconds = 5.0
    with pytest.raises(NotSent):
        printer.print_page(page, job_id=1)
    assert page_bytes(small_bench) == b""


def test_the_same_write_without_a_count_of_bytes_means_maybe_sent(small_bench, page):
    printer = small_bench.printer()
    printer.status()
    small_bench.takes, small_bench.counts_bytes = len(small_bench.heard) * 2, False
    small_bench.stall_seconds = 5.0
    with pytest.raises(MaybeSent):
        printer.print_page(page, job_id=1)


def test_a_cable_pulled_while_waiting_for_proof_means_maybe_sent(small_bench, page):
    small_bench.device.mechanism.rows_per_second = 20.0

    def pull(bench):
        if bench.device.mechanism.busy:
            bench.gone = True

    small_bench.on_read = pull
    printer = small_bench.printer()
    with pytest.raises(MaybeSent):
        printer.print_page(page, job_id=1)


# --- Coming back --------------------------------------------------------------------------------


def test_a_connection_that_died_while_idle_is_opened_again_without_losing_the_page(
    small_bench, page
):
    printer = small_bench.printer()
    printer.status()
    wire = printer._wire

    def reset(_data=b""):
        raise DeviceGone("front", "memory://", "reset by peer")

    wire.read_some = wire.write = reset
    assert printer.print_page(page, job_id=1) is Proof.PRINTED
    assert small_bench.opened == 2
    assert len(small_bench.device.pages) == 1


def test_a_half_open_connection_is_given_up_before_the_page(small_bench, page):
    printer = small_bench.printer()
    assert printer.status().state is PaperState.READY
    small_bench.half_open = True
    open_again = small_bench.open

    def reopened():
        small_bench.half_open = False
        return open_again()

    printer._open_wire = reopened
    assert printer.print_page(page, job_id=1) is Proof.PRINTED
    assert small_bench.opened == 2


def test_a_printer_that_is_gone_for_good_is_not_sent_and_unreachable(small_bench, page):
    printer = small_bench.printer()
    printer.status()
    small_bench.gone = True
    assert small_bench.outcome(printer, page) == "not_sent"
    with pytest.raises(DeviceGone):
        printer.status()
    small_bench.gone = False
    assert small_bench.outcome(printer, page) == "printed"


@pytest.mark.parametrize("taken", [25, 60, 200, 400, 700])
def test_a_page_cut_off_does_not_swallow_the_next_one(
    make_bench, language, make_page, taken, monkeypatch
):
    """A serial or USB printer does not notice a new connection: it still waits for the rest."""
    bench = short_label(make_bench, language)
    monkeypatch.setattr(bench.device, "hung_up", lambda _now: None)
    printer = bench.printer(chunk_bytes=64)
    bench.takes, bench.stall_seconds = taken, 5.0
    assert bench.outcome(printer, small(make_page, 1)) == "maybe_sent"
    bench.takes = None
    assert bench.outcome(printer, small(make_page, 2), 2) == "printed"
    assert bench.device.pages[-1].rows == small(make_page, 2).rows
    assert [paper.rows for paper in bench.device.pages].count(small(make_page, 1).rows) == 0
    assert bench.outcome(printer, small(make_page, 3), 3) == "printed"


def test_a_recovery_that_fails_is_not_sent_and_tried_again(make_bench, language, make_page):
    bench = short_label(make_bench, language)
    printer = bench.printer(chunk_bytes=64)
    bench.takes, bench.stall_seconds = 200, 5.0
    assert bench.outcome(printer, small(make_page, 1)) == "maybe_sent"
    bench.takes = len(bench.heard) + 5
    assert bench.outcome(printer, small(make_page, 2), 2) == "not_sent"
    bench.takes = None
    assert bench.outcome(printer, small(make_page, 2), 2) == "printed"
    assert bench.device.pages[-1].rows == small(make_page, 2).rows


def test_closing_a_vanished_port_is_no_error(small_bench):
    printer = small_bench.printer()
    printer.status()

    def fails():
        raise OSError(9, "Bad file descriptor")

    close = printer._wire.close
    printer._wire.close = fails
    printer.close()
    close()
    printer.close()


# --- Proof --------------------------------------------------------------------------------------


def test_the_barrier_proves_that_the_bytes_were_read(make_bench, make_page):
    bench = short_label(make_bench, "escpos")
    assert bench.outcome(bench.printer(proof="barrier"), small(make_page)) == "consumed"


def test_a_barrier_behind_an_open_cover_means_maybe_sent(make_bench, make_page):
    bench = short_label(make_bench, "escpos")
    bench.device.mechanism.rows_per_second = 100.0
    bench.on_read = lambda bench: bench.device.mechanism.busy and open_cover(bench)
    assert bench.outcome(bench.printer(proof="barrier"), small(make_page)) == "maybe_sent"


def test_a_barrier_that_is_never_answered_proves_nothing(make_bench, make_page):
    bench = short_label(make_bench, "escpos")
    bench.device._answer_in_turn = lambda _ask: None
    bench.device.mechanism.on_ask = lambda _ask: None
    printer = bench.printer(proof="barrier", proof_seconds=2.0)
    assert bench.outcome(printer, small(make_page)) == "none"


def test_no_proof_is_awaited_where_none_is_wanted(small_bench, page):
    start = small_bench.time.now
    assert small_bench.outcome(small_bench.printer(proof="none"), page) == "none"
    assert small_bench.time.now - start < 0.5


@pytest.mark.parametrize("status", ["byte", "frame"])
def test_tspl_sees_the_page_print_in_both_status_dialects(make_bench, make_page, status):
    bench = short_label(make_bench, "tspl")
    assert bench.outcome(bench.printer(status=status), small(make_page)) == "printed"


def test_the_kuaimai_words_with_the_mileage_prove_that_the_page_was_read(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    printer = bench.printer(status="readsta", dialect="kuaimai")
    assert bench.outcome(printer, small(make_page)) == "consumed"
    open_cover(bench)
    assert printer.status().state is PaperState.COVER_OPEN


def test_a_printer_never_seen_printing_is_asked_for_its_mileage(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    fault("lying_ready")(bench)
    assert bench.outcome(bench.printer(), small(make_page)) == "consumed"
    assert bench.heard.endswith(b"~!@\r\n")


def test_without_a_mileage_nothing_is_proven(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    fault("lying_ready")(bench)
    bench.device.mechanism.on_ask = lambda _ask: None
    assert bench.outcome(bench.printer(), small(make_page)) == "none"


def test_printing_that_began_before_the_page_is_no_proof_of_it(make_bench, make_page):
    bench = short_label(make_bench, "tspl")
    bench.device.mechanism.rows_per_second = 40.0
    first = bench.printer(proof="none")
    assert bench.outcome(first, small(make_page, 1)) == "none"
    first.close()
    printer = bench.printer()
    assert printer.status().state is PaperState.PRINTING
    assert bench.outcome(printer, small(make_page, 2), 2) == "consumed"


# --- Slips --------------------------------------------------------------------------------------


def test_a_plain_slip_prints_its_text(make_bench):
    bench = make_bench("escpos", width=384, label_rows=400)
    assert bench.printer().print_slip("申通交接单\n12 件", job_id=1) is Proof.PRINTED
    assert any("申通交接单" in note for page in bench.device.pages for note in page.notes)
    assert not bench.device.mechanism.complaints


def test_a_tspl_printer_refuses_plain_text_before_opening(make_bench):
    bench = make_bench("tspl")
    with pytest.raises(NotSent, match="no plain text"):
        bench.printer().print_slip("x", job_id=1)
    assert bench.opened == 0


def test_every_fault_of_the_simulator_ends_in_an_honest_outcome(make_bench, language, make_page):
    for name in PrinterFault:
        bench = short_label(make_bench, language)
        if name is PrinterFault.STALL:
            continue  # the wire's fault, shown above
        fault(name)(bench)
        outcome = bench.outcome(bench.printer(proof_seconds=3.0), small(make_page))
        assert outcome in ("not_sent", "maybe_sent", "printed", "consumed", "none"), name
        if outcome == "not_sent":
            assert page_bytes(bench) == b"", name


def test_errors_name_the_device_and_the_port(small_bench, page):
    no_paper(small_bench)
    with pytest.raises(DeviceError, match=r"front \(memory://\): paper_out"):
        small_bench.printer().print_page(page, job_id=1)
