"""Every page ends as exactly one of NotSent, MaybeSent or a Proof; NotSent means no byte."""

from __future__ import annotations

import pytest

from drivers.interfaces import (
    DeviceGone,
    MaybeSent,
    NotSent,
    PaperState,
)

HALF_QUESTIONS = {
    question[:length]
    for question in (b"\x10\x04\x01", b"\x1b!?", b"~HQES\r\n", b"~HS\r\n", b"\x1bh", b"\r\n^ee\r\n")
    for length in range(len(question))
}


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("trouble", "state"), [("open_cover", PaperState.COVER_OPEN), ("jam", PaperState.JAM)]
)
def test_trouble_while_printing_means_maybe_sent_and_says_which(
    small_bench, page, language, trouble, state
):
    printer = small_bench.printer()
    printer.status()

    def later(bench):
        if bench.device.mechanism.busy:
            bench.trouble(trouble)

    small_bench.device.mechanism.rows_per_second = 100.0
    small_bench.on_read = later
    with pytest.raises(MaybeSent) as torn:
        printer.print_page(page, job_id=1)
    # CPCL has no bit for a jam: no paper comes, says the printer.
    told = "paper_out" if (language, trouble) == ("cpcl", "jam") else state.value
    assert torn.value.reason == told
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
@pytest.mark.parametrize("language", ["tspl", "zpl", "cpcl"])
def test_nothing_is_repeated_after_paper_out_and_reload(short_bench, small_page, language):
    bench = short_bench(language)
    printer = bench.printer()
    assert bench.outcome(printer, small_page(1)) == "printed"
    bench.device.mechanism.leave_paper(30, bench.time.now)
    assert bench.outcome(printer, small_page(2)) == "maybe_sent"
    bench.device.mechanism.reload(bench.time.now)
    bench.settle()
    assert bench.outcome(printer, small_page(3)) == "printed"
    whole = [paper.rows for paper in bench.device.pages if paper.whole]
    assert whole == [small_page(1).rows, small_page(3).rows]


@pytest.mark.fault("F8")
def test_an_epl_printer_repeats_a_torn_label_by_itself_so_nobody_else_may(short_bench, small_page):
    """EPL2 has no command against it: the reason why a person has to look first."""
    bench = short_bench("epl")
    bench.device.mechanism.leave_paper(30, bench.time.now)
    assert bench.outcome(bench.printer(), small_page()) == "maybe_sent"
    bench.device.mechanism.reload(bench.time.now)
    bench.settle()
    assert [paper.whole for paper in bench.device.pages] == [False, True]


def test_a_paused_printer_is_waited_for_and_then_in_doubt(short_bench, small_page):
    bench = short_bench("tspl")
    bench.on_read = lambda bench: setattr(
        bench.device.mechanism, "paused", bench.device.mechanism.busy
    )
    with pytest.raises(MaybeSent, match="paused"):
        bench.printer(proof_seconds=2.0).print_page(small_page(), job_id=1)


def test_a_paused_printer_that_goes_on_has_printed(short_bench, small_page):
    bench = short_bench("tspl")
    start, bench.device.mechanism.rows_per_second = bench.time.now, 100.0

    def pause_two_seconds(bench):
        machine = bench.device.mechanism
        machine.paused = machine.busy and bench.time.now < start + 2.0

    bench.on_read = pause_two_seconds
    assert bench.outcome(bench.printer(), small_page()) == "printed"


@pytest.mark.parametrize("counts_bytes", [True, False])
@pytest.mark.parametrize("stall_seconds", [0.0, 5.0])
def test_a_wire_that_fails_after_any_byte_ends_honestly(
    short_bench, language, small_page, counts_bytes, stall_seconds, proven
):
    page = small_page()
    reference = short_bench(language)
    reference.printer().print_page(page, job_id=1)
    length, seen = len(reference.heard), set()
    for taken in [*range(60), *range(60, length, 37), length]:
        bench = short_bench(language)
        bench.takes, bench.counts_bytes = taken, counts_bytes
        bench.stall_seconds = stall_seconds
        outcome = bench.outcome(bench.printer(chunk_bytes=100, proof_seconds=2.0), page)
        seen.add(outcome)
        if outcome == "not_sent":
            # A language's own question cut in half is no page either.
            assert bench.page_bytes() in HALF_QUESTIONS
        elif outcome in ("printed", "consumed"):
            bench.settle()
            assert [paper.whole for paper in bench.device.pages] == [True]
        assert bench.open_wires in (0, 1)
    assert {"not_sent", "maybe_sent", proven.value} <= seen <= {
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


def test_the_time_for_a_page_is_over_when_it_is_over(small_bench, page):
    printer = small_bench.printer(chunk_bytes=64, page_seconds=2.0, status="none")
    wire = small_bench.open()
    write, taken = wire.write, []

    def slow(data):
        taken.append(data)
        small_bench.time.pass_by(0.5)
        write(data)

    wire.write, small_bench.time.now = slow, 64.0
    printer._open_wire = lambda: wire
    assert small_bench.outcome(printer, page) == "maybe_sent"
    assert len(taken) == 4


def test_a_write_that_took_nothing_of_the_page_means_not_sent(small_bench, page):
    printer = small_bench.printer()
    printer.status()
    small_bench.takes = len(small_bench.heard) * 2
    small_bench.stall_seconds = 5.0
    with pytest.raises(NotSent):
        printer.print_page(page, job_id=1)
    assert small_bench.page_bytes() == b""


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


def test_a_connection_that_died_while_idle_is_opened_again_without_losing_the_page(
    small_bench, page, proven
):
    printer = small_bench.printer()
    printer.status()
    wire = printer._wire

    def reset(_data=b""):
        raise DeviceGone("front", "memory://", "reset by peer")

    wire.read_some = wire.write = reset
    assert printer.print_page(page, job_id=1) is proven
    assert small_bench.opened == 2
    assert len(small_bench.device.pages) == 1


def test_a_half_open_connection_is_given_up_before_the_page(small_bench, page, proven):
    printer = small_bench.printer()
    assert printer.status().state is PaperState.READY
    small_bench.half_open = True
    open_again = small_bench.open

    def reopened():
        small_bench.half_open = False
        return open_again()

    printer._open_wire = reopened
    assert printer.print_page(page, job_id=1) is proven
    assert small_bench.opened == 2


def test_a_printer_that_is_gone_for_good_is_not_sent_and_unreachable(small_bench, page, proven):
    printer = small_bench.printer()
    printer.status()
    small_bench.gone = True
    assert small_bench.outcome(printer, page) == "not_sent"
    with pytest.raises(DeviceGone):
        printer.status()
    small_bench.gone = False
    assert small_bench.outcome(printer, page) == proven.value


@pytest.mark.parametrize("taken", [25, 60, 200, 400, 700])
def test_a_page_cut_off_does_not_swallow_the_next_one(
    short_bench, language, small_page, taken, monkeypatch, proven
):
    """A serial or USB printer does not notice a new connection: it still waits for the rest."""
    bench = short_bench(language)
    monkeypatch.setattr(bench.device, "hung_up", lambda _now: None)
    printer = bench.printer(chunk_bytes=64)
    bench.takes, bench.stall_seconds = taken, 5.0
    assert bench.outcome(printer, small_page(1)) == "maybe_sent"
    bench.takes = None
    assert bench.outcome(printer, small_page(2), 2) == proven.value
    assert bench.device.pages[-1].rows == small_page(2).rows
    assert [paper.rows for paper in bench.device.pages].count(small_page(1).rows) == 0
    assert bench.outcome(printer, small_page(3), 3) == proven.value


def test_a_recovery_that_fails_is_not_sent_and_tried_again(
    short_bench, language, small_page, proven
):
    bench = short_bench(language)
    printer = bench.printer(chunk_bytes=64)
    bench.takes, bench.stall_seconds = 200, 5.0
    assert bench.outcome(printer, small_page(1)) == "maybe_sent"
    bench.takes = len(bench.heard) + 5
    assert bench.outcome(printer, small_page(2), 2) == "not_sent"
    bench.takes = None
    # A CPCL printer may still be moving the paper to a fresh label: that is no proof of this page.
    assert bench.outcome(printer, small_page(2), 2) in (proven.value, "consumed")
    assert bench.device.pages[-1].rows == small_page(2).rows


def test_a_port_that_fails_in_the_systems_own_words_is_gone_with_them(small_bench):
    printer = small_bench.printer()
    printer._open_wire = lambda: (_ for _ in ()).throw(OSError(5, "Input/output error"))
    with pytest.raises(DeviceGone, match=r"front \(memory://\): .*Input/output error"):
        printer.status()


def test_a_port_that_was_closed_is_opened_once_for_a_printer_that_is_silent_now(small_bench):
    printer = small_bench.printer()
    assert printer.status().state is PaperState.READY
    printer.close()
    small_bench.half_open = True
    assert printer.status().state is PaperState.UNKNOWN
    assert small_bench.opened == 2


def test_a_page_that_stops_between_two_pieces_is_begun(small_bench, page):
    """Not one byte of the second piece left, and the port says so: the first one did."""
    small_bench.takes, small_bench.stall_seconds = 64, 5.0
    printer = small_bench.printer(chunk_bytes=64, status="none")
    blocks = printer._language.page(page)
    small_bench.takes = min(64, len(blocks[0]))
    assert small_bench.outcome(printer, page) == "maybe_sent"
    assert len(small_bench.heard) == small_bench.takes


def test_what_was_missing_is_filled_to_the_byte(short_bench, small_page):
    """The band has 8 bytes of head and 768 of dots; the port gives up in its third piece."""
    bench = short_bench("escpos")
    bench.takes, bench.stall_seconds = 2 + 2 * 64 + 10, 5.0
    printer = bench.printer(chunk_bytes=64, status="none")
    assert bench.outcome(printer, small_page()) == "maybe_sent"
    bench.takes = None
    assert bench.outcome(printer, small_page(), 2) == "none"
    assert bytes(bench.heard[2 + 2 * 64 + 10 :]).startswith(bytes(8 + 768 - 2 * 64) + b"\x1b@")


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
